package filter

import "strings"

// parser reads tokens into a tree. There is no need to go back: a few tokens ahead always tell what comes.
type parser struct {
	*source
	tokens []token
	at     int
	depth  int

	// numeric tells of each token whether it is a parenthesis with a number in it rather than a condition.
	numeric []bool
}

// maxDepth bounds how deep parentheses, negations and indices nest, and with them the stack.
const maxDepth = 10000

// parse reads a whole expression. An empty one gives nil.
func parse(src *source) expr {
	p := &parser{source: src, tokens: lex(src)}
	if p.peek().kind == tEnd {
		return nil
	}
	p.findNumeric()
	e := p.expr(qualifiers{target: noTarget})
	if t := p.peek(); t.kind != tEnd {
		if t.is(")") {
			p.raise(t.pos, "this closes nothing")
		}
		p.raise(t.pos, "expected and, or, or the end")
	}
	return e
}

func (p *parser) peek() token { return p.tokens[p.at] }

// ahead looks n tokens further; behind the last it finds the last.
func (p *parser) ahead(n int) token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) take() token {
	t := p.tokens[p.at]
	if t.kind != tEnd {
		p.at++
	}
	return t
}

func (t token) is(op string) bool { return t.kind == tOp && t.text == op }

func (t token) isWord(w keyword) bool { return t.kind == tKeyword && t.word == w }

func (p *parser) accept(w keyword) bool {
	if p.peek().isWord(w) {
		p.at++
		return true
	}
	return false
}

func (p *parser) expectOp(op string) token {
	t := p.peek()
	if !t.is(op) {
		p.raise(t.pos, "expected %q", op)
	}
	return p.take()
}

func (p *parser) expect(k kind, what string) token {
	t := p.peek()
	if t.kind != k {
		p.raise(t.pos, "expected %s", what)
	}
	return p.take()
}

// nest enters a level of nesting; call the result to leave it.
func (p *parser) nest() func() {
	if p.depth++; p.depth > maxDepth {
		p.raise(p.peek().pos, "nested more than %d levels deep", maxDepth)
	}
	return func() { p.depth-- }
}

// junction takes "and" or "or" if one is there.
func (p *parser) junction() (or, ok bool) {
	switch {
	case p.accept(kAnd):
		return false, true
	case p.accept(kOr):
		return true, true
	}
	return false, false
}

// expr reads terms joined by "and" and "or". before are the qualifiers of what stands before it.
func (p *parser) expr(before qualifiers) expr {
	first, q := p.term(before)
	c := chain{first: first}
	for {
		or, ok := p.junction()
		if !ok {
			break
		}
		var e expr
		if p.bare() {
			e = p.bareTerm(q)
		} else {
			e, q = p.term(q)
		}
		c.rest = append(c.rest, chained{or, e})
	}
	if c.rest == nil {
		return first
	}
	return c
}

// bare reports whether what comes is a name or number that inherits its qualifiers, perhaps behind parentheses and
// negations. A number may be the beginning of a comparison instead: an operator behind it tells.
func (p *parser) bare() bool {
	n := 0
	for p.ahead(n).is("(") || p.ahead(n).isWord(kNot) {
		n++
	}
	switch p.ahead(n).kind {
	case tName, tDotted, tIPv6, tMAC, tARCnet:
		return true
	case tNumber:
		for n++; p.ahead(n).is(")"); n++ {
		}
		t := p.ahead(n)
		return t.kind != tOp || t.is("(") || t.is("[")
	}
	return false
}

// term reads one condition that brings its own qualifiers, and gives those that a bare name behind it repeats. Behind
// parentheses that are those of the term before them: what is inside stays there.
func (p *parser) term(before qualifiers) (expr, qualifiers) {
	defer p.nest()()
	if p.accept(kNot) {
		e, q := p.term(before)
		return negation{e}, q
	}
	t := p.peek()
	switch {
	case t.is("(") && !p.numeric[p.at]:
		p.take()
		e := p.expr(before)
		if t := p.peek(); !t.is(")") {
			p.raise(t.pos, "expected and, or, or )")
		}
		p.take()
		return e, before
	case t.kind == tNumber, t.is("("), t.is("-"), t.isWord(kLen):
		return p.relation(), qualifiers{target: noTarget}
	case t.kind == tKeyword:
		return p.primitive()
	case t.kind == tEnd:
		p.raise(t.pos, "expected a primitive, such as host, port or tcp")
	case t.kind == tName || t.kind == tDotted || t.kind == tIPv6 || t.kind == tMAC || t.kind == tARCnet:
		if _, ok := keywords[lower(t.text)]; ok {
			p.raise(t.pos, "keywords are written in lower case (%s)", lower(t.text))
		}
		p.raise(t.pos, "expected a keyword such as host, net or port before a name or address")
	}
	p.raise(t.pos, "expected a primitive, such as host, port or tcp")
	return nil, qualifiers{}
}

// findNumeric finds the parentheses that belong to numbers: inside, beyond any index, is neither a comparison nor anything else
// that only a condition has, and behind what closes them an operator comes.
func (p *parser) findNumeric() {
	p.numeric = make([]bool, len(p.tokens))
	var open []int
	condition := -1 // the last token that only a condition has
	index := 0      // how many brackets are open
	for i, t := range p.tokens {
		switch {
		case t.is("["):
			index++
		case t.is("]") && index > 0:
			index--
		case index > 0:
		case t.is("("):
			open = append(open, i)
		case t.is(")"):
			if len(open) == 0 {
				continue
			}
			last := open[len(open)-1]
			open = open[:len(open)-1]
			next := p.tokens[i+1] // there is the end at least
			p.numeric[last] = condition < last && next.kind == tOp && !next.is("(") && !next.is(")")
		case t.kind == tNumber, t.isWord(kLen), t.kind == tKeyword && t.word.isProto():
		case t.kind == tOp && (t.text == "<<" || t.text == ">>" || !strings.ContainsAny(t.text, "<>=!")):
		default:
			condition = i
		}
	}
}

// primitive reads a condition that begins with a keyword.
func (p *parser) primitive() (expr, qualifiers) {
	t := p.peek()
	q := qualifiers{}
	if t.word.isProto() {
		p.take()
		q.proto = t.word.proto()
		if p.peek().is("[") {
			p.at--
			return p.relation(), qualifiers{target: noTarget}
		}
	}
	w := p.peek()
	if w.kind == tKeyword {
		if d, ok := p.direction(); ok {
			q.dir = d
			switch {
			case p.accept(kHost):
				q.target = targetHost
			case p.accept(kNet):
				q.target = targetNet
			case p.accept(kPort):
				q.target = targetPort
			case p.accept(kPortRange):
				q.target = targetPortRange
			}
			return p.id(q), q
		}
		if target, ok := targets[w.word]; ok {
			p.take()
			q.target = target
			return p.id(q), q
		}
		if w.word.takesProto() || q.proto == anyProto {
			return p.special(q.proto), qualifiers{target: noTarget}
		}
	}
	if q.proto == anyProto {
		p.raise(t.pos, "expected a primitive, such as host, port or tcp")
	}
	return abbreviation{q.proto, t.pos}, qualifiers{target: noTarget}
}

// targets are the words that a name or number follows.
var targets = map[keyword]target{
	kHost: targetHost, kNet: targetNet, kPort: targetPort, kPortRange: targetPortRange,
	kGateway: targetGateway, kProto: targetProto, kProtoChain: targetProtoChain,
}

// direction takes a qualifier of direction if one is there.
func (p *parser) direction() (direction, bool) {
	t := p.peek()
	switch t.word {
	case kSrc, kDst:
		p.take()
		other, d := kDst, dirSrc
		if t.word == kDst {
			other, d = kSrc, dirDst
		}
		switch {
		case p.peek().isWord(kOr) && p.ahead(1).isWord(other):
			p.at += 2
			return dirEither, true
		case p.peek().isWord(kAnd) && p.ahead(1).isWord(other):
			p.at += 2
			return dirBoth, true
		}
		return d, true
	case kAddr1, kAddr2, kAddr3, kAddr4, kRA, kTA:
		p.take()
		return dirAddr1 + direction(t.word-kAddr1), true
	}
	return anyDir, false
}

// id reads what follows qualifiers: a name, number or address, a negated one, or several in parentheses.
func (p *parser) id(q qualifiers) expr {
	defer p.nest()()
	switch {
	case p.accept(kNot):
		return negation{p.id(q)}
	case p.peek().is("("):
		p.take()
		e := p.ids(q)
		p.expectOp(")")
		return e
	}
	return p.value(q)
}

// bareTerm reads an id that stands where a term may, with the qualifiers of the term before it.
func (p *parser) bareTerm(q qualifiers) expr {
	if q.target == noTarget {
		p.raise(p.peek().pos, "expected a primitive: there are no qualifiers before this to repeat")
	}
	return p.id(q)
}

// ids reads ids joined by "and" and "or". The first is not parenthesised, unless it is a number.
func (p *parser) ids(q qualifiers) expr {
	var c chain
	if p.peek().is("(") {
		c.first = p.parenthesised(q)
	} else {
		c.first = p.id(q)
	}
	for {
		or, ok := p.junction()
		if !ok {
			break
		}
		c.rest = append(c.rest, chained{or, p.id(q)})
	}
	if c.rest == nil {
		return c.first
	}
	return c
}

// parenthesised reads a number in parentheses.
func (p *parser) parenthesised(q qualifiers) expr {
	defer p.nest()()
	if p.peek().is("(") {
		p.take()
		e := p.parenthesised(q)
		p.expectOp(")")
		return e
	}
	if t := p.peek(); t.kind != tNumber {
		p.raise(t.pos, "expected a number: a list cannot begin with a list")
	}
	return p.value(q)
}

// value reads a single name, number or address.
func (p *parser) value(q qualifiers) expr {
	t := p.peek()
	switch t.kind {
	case tName, tMAC, tARCnet:
		return match{q, p.take(), nil}
	case tNumber:
		p.take()
		if next := p.peek(); next.is("/") {
			p.raise(next.pos, "a mask needs an address with a dot before it (10.0.0.0/8, or net 10)")
		}
		return match{q, t, nil}
	case tDotted, tIPv6:
		p.take()
		m := match{q, t, nil}
		switch {
		case p.peek().is("/"):
			p.take()
			mask := p.expect(tNumber, "the length of a mask in bits")
			m.mask = &mask
		case t.kind == tDotted && p.accept(kMask):
			mask := p.expect(tDotted, "a mask such as 255.255.255.0")
			m.mask = &mask
		}
		return m
	}
	if q.target == noTarget {
		p.raise(t.pos, "expected a primitive")
	}
	want := [...]string{"a host", "a host", "a network", "a port", "a range of ports such as 20-25", "the name of a host", "a protocol", "a protocol"}
	text := "expected " + want[q.target]
	if t.kind == tKeyword && (q.target == targetProto || q.target == targetProtoChain) {
		text += `: a keyword needs a backslash before it (\` + t.text + ")"
	}
	p.raise(t.pos, "%s", text)
	return nil
}

// special reads a primitive with a word of its own, behind the protocol pr.
func (p *parser) special(pr proto) expr {
	t := p.take()
	s := special{word: t.word, proto: pr, pos: t.pos}
	switch t.word {
	case kLess, kGreater, kIfIndex:
		s.args = append(s.args, p.expect(tNumber, "a number"))
	case kByte:
		s.args = append(s.args, p.expect(tNumber, "the offset of a byte"))
		op := p.peek()
		if op.kind != tOp || !strings.Contains("=<>&|", op.text) {
			p.raise(op.pos, "expected one of = < > & |")
		}
		s.args = append(s.args, p.take(), p.expect(tNumber, "a number"))
	case kVLAN, kMPLS, kPPPoES, kGeneve:
		if n, ok := p.parenthesisedNumber(); ok {
			s.args = append(s.args, n)
		}
	case kType:
		s.args = append(s.args, p.wlanName("a type of frame: mgt, ctl or data"))
		if p.accept(kSubtype) {
			s.args = append(s.args, p.wlanName("a subtype of frame"))
		}
	case kSubtype:
		s.args = append(s.args, p.expect(tName, "the name of a subtype of frame"))
	case kDir:
		s.args = append(s.args, p.wlanName("a direction: nods, tods, fromds or dstods"))
	case kLLC:
		switch n := p.peek(); {
		case n.kind == tName:
			s.args = append(s.args, p.take())
		case p.accept(kRNR):
			n.text = "rnr" // or rulenum, which is the same word elsewhere
			s.args = append(s.args, n)
		}
	case kATM:
		s.args = append(s.args, t)
		if name := lower(t.text); name == "vpi" || name == "vci" {
			s.args = append(s.args, p.atmValues()...)
		}
	case kBroadcast, kMulticast, kInbound, kOutbound, kPPPoED:
	default:
		if unsupported[t.word] == "" {
			p.raise(t.pos, "expected a primitive, such as host, port or tcp")
		}
	}
	return s
}

// atmValues reads what follows vpi or vci: a comparison with a number, a number alone, or several in parentheses with "or" between
// them. The first of the tokens is the operator.
func (p *parser) atmValues() []token {
	op := token{kind: tOp, text: "=", pos: p.peek().pos}
	if t := p.peek(); t.kind == tOp && strings.ContainsAny(t.text, "<>=!") {
		op = p.take()
	}
	list := []token{op}
	if !p.peek().is("(") {
		return append(list, p.expect(tNumber, "a number"))
	}
	p.take()
	for {
		list = append(list, p.expect(tNumber, "a number"))
		if !p.accept(kOr) {
			break
		}
	}
	p.expectOp(")")
	return list
}

func (p *parser) wlanName(what string) token {
	if t := p.peek(); t.kind != tName && t.kind != tNumber {
		p.raise(t.pos, "expected %s", what)
	}
	return p.take()
}

// parenthesisedNumber takes a number, in parentheses or not, if one is there.
func (p *parser) parenthesisedNumber() (token, bool) {
	n := 0
	for p.ahead(n).is("(") {
		n++
	}
	t := p.ahead(n)
	if t.kind != tNumber {
		return t, false
	}
	p.at += n + 1
	for ; n > 0; n-- {
		p.expectOp(")")
	}
	return t, true
}

// relation reads a comparison of two numbers.
func (p *parser) relation() expr {
	a := p.number()
	t := p.peek()
	if t.kind != tOp || !strings.Contains(" = != < <= > >= ", " "+t.text+" ") {
		p.raise(t.pos, "expected a comparison (= != < <= > >=) or an operator")
	}
	p.take()
	return relation{t.text, a, p.number(), t.pos}
}

// precedence of the operators. "%" and "^" have none: whatever stands behind such an operator belongs to its right-hand
// side, and whatever stands before one gives it its right-hand operand. libpcap's grammar is so by omission, and people's
// expressions mean what libpcap makes of them.
var precedence = map[string]int{"|": 1, "&": 2, "<<": 3, ">>": 3, "+": 4, "-": 4, "*": 5, "/": 5, "^": 0, "%": 0}

// number reads an arithmetic expression, up to something that cannot belong to one.
func (p *parser) number() number {
	defer p.nest()()
	const negate = "negate"
	type pending struct {
		op  string
		pos int
	}
	var values []number
	var ops []pending
	reduce := func() {
		op := ops[len(ops)-1]
		ops = ops[:len(ops)-1]
		last := len(values) - 1
		if op.op == negate {
			values[last] = minus{values[last]}
			return
		}
		values[last-1] = operation{op.op, values[last-1], values[last], op.pos}
		values = values[:last]
	}
	for {
		for p.peek().is("-") {
			ops = append(ops, pending{negate, p.take().pos})
		}
		values = append(values, p.operand())
		t := p.peek()
		prec, ok := precedence[t.text]
		if t.kind != tOp || !ok {
			break
		}
		for len(ops) > 0 && prec > 0 {
			top := precedence[ops[len(ops)-1].op]
			if ops[len(ops)-1].op == negate {
				top = 6
			}
			if top < prec {
				break
			}
			reduce()
		}
		if len(ops) > 10000 {
			p.raise(t.pos, "too long a calculation")
		}
		ops = append(ops, pending{t.text, p.take().pos})
	}
	for len(ops) > 0 {
		reduce()
	}
	return values[0]
}

// operand reads a number, a length, bytes of the packet or a calculation in parentheses.
func (p *parser) operand() number {
	t := p.peek()
	switch {
	case t.kind == tNumber:
		p.take()
		return constant{t.value}
	case t.isWord(kLen):
		p.take()
		return length{}
	case t.is("("):
		p.take()
		n := p.number()
		p.expectOp(")")
		return n
	case t.kind == tKeyword && t.word.isProto():
		p.take()
		p.expectOp("[")
		l := load{proto: t.word.proto(), pos: t.pos, size: 1}
		l.index = p.number()
		if p.peek().is(":") {
			p.take()
			size := p.expect(tNumber, "a size of 1, 2 or 4 bytes")
			if l.size = size.value; l.size != 1 && l.size != 2 && l.size != 4 {
				p.raise(size.pos, "a size must be 1, 2 or 4 bytes")
			}
		}
		p.expectOp("]")
		return l
	}
	p.raise(t.pos, "expected a number, len or bytes such as ip[0]")
	return nil
}
