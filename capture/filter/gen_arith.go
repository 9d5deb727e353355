package filter

// operand is a number that the program computes: the statements that do, the word of memory where they leave it, and the
// condition that the packet has what they look at; nil if any packet has.
type operand struct {
	stmts []*stmt
	word  uint32
	has   *cond
}

// relation makes the test that compares two numbers.
func (g *generator) relation(r relation) *cond {
	a := g.number(r.a)
	b := g.number(r.b)
	g.pos = r.pos
	s := append(append(a.stmts, b.stmts...), does(opLdxMem, b.word, opLdMem, a.word)...)
	var c *cond
	switch r.op {
	case "=":
		c = test(append(s, does(opSubX, 0)...), opJeqK, 0)
	case "!=":
		c = not(test(append(s, does(opSubX, 0)...), opJeqK, 0))
	case ">":
		c = test(s, classJmp|jmpGt|srcX, 0)
	case ">=":
		c = test(s, classJmp|jmpGe|srcX, 0)
	case "<":
		c = not(test(s, classJmp|jmpGe|srcX, 0))
	case "<=":
		c = not(test(s, classJmp|jmpGt|srcX, 0))
	}
	g.free(a.word)
	g.free(b.word)
	return and(a.has, b.has, c)
}

// aluOps are the operations of the arithmetic.
var aluOps = map[string]uint32{
	"+": aluAdd, "-": aluSub, "*": aluMul, "/": aluDiv, "%": aluMod, "&": aluAnd, "|": aluOr, "^": aluXor, "<<": aluLsh, ">>": aluRsh,
}

// number makes the statements that compute a number.
func (g *generator) number(n number) operand {
	switch n := n.(type) {
	case constant:
		return g.keep(operand{stmts: does(opLdImm, n.value)})
	case length:
		return g.keep(operand{stmts: does(opLdLen, 0)})
	case minus:
		o := g.number(n.x)
		o.stmts = append(o.stmts, does(opLdMem, o.word, opNeg, 0, opSt, o.word)...)
		return o
	case operation:
		return g.operation(n)
	case load:
		return g.loadBytes(n)
	}
	panic("filter: unknown number") // parse makes no other
}

// keep stores A in a new word of memory.
func (g *generator) keep(o operand) operand {
	o.word = g.word()
	o.stmts = append(o.stmts, does(opSt, o.word)...)
	return o
}

// operation makes the statements of an operation. What the right-hand side looks at need not be in the packet: only the left-hand
// side is asked for, as in libpcap; a load beyond the packet rejects it all the same.
func (g *generator) operation(n operation) operand {
	a := g.number(n.a)
	b := g.number(n.b)
	g.pos = n.pos
	if v, ok := firstConstant(n.b); ok {
		switch {
		case v == 0 && (n.op == "/" || n.op == "%"):
			g.fail("division by zero")
		case v > 31 && (n.op == "<<" || n.op == ">>"):
			g.fail("a shift by more than 31 bits")
		}
	}
	a.stmts = append(append(a.stmts, b.stmts...), does(opLdxMem, b.word, opLdMem, a.word, classALU|srcX|aluOps[n.op], 0)...)
	g.free(a.word)
	g.free(b.word)
	return g.keep(a)
}

// firstConstant gives the constant that a number is, or that its calculation starts from. That is what libpcap looks at before it
// divides or shifts, and so len / ip[0] is a division by zero for it.
func firstConstant(n number) (uint32, bool) {
	for {
		switch x := n.(type) {
		case constant:
			return x.value, true
		case minus:
			n = x.x
		case operation:
			n = x.a
		case load:
			n = x.index
		default:
			return 0, false
		}
	}
}

// loadBytes makes the statements that load bytes of a header.
func (g *generator) loadBytes(n load) operand {
	index := g.number(n.index)
	g.pos = n.pos
	word := g.word()
	size := map[uint32]uint32{1: sizeB, 2: sizeH, 4: sizeW}[n.size]
	sum := func(base []*stmt) []*stmt { // X becomes base plus the index
		return append(base, does(opLdMem, index.word, opAddX, 0, opTax, 0)...)
	}
	from := func(p *position, offset uint32) {
		s := g.varies(p)
		if s == nil {
			s = does(opLdxMem, index.word)
		} else {
			s = sum(s)
		}
		index.stmts = append(append(index.stmts, s...), does(classLd|modeInd|size, p.at+offset)...)
	}
	switch n.proto {
	case protoRadio:
		if !isWLAN(g.outerLink) || g.outerLink == linkWLAN {
			g.fail("radio is for 802.11 frames behind a header of the driver, which these are not (link type %s)", g.link)
		}
		from(&g.outerStart, 0)
	case protoLink:
		from(&g.linkHeader, 0)
	case protoIP, protoARP, protoRARP, protoATalk, protoDECnet, protoLAT, protoSCA, protoMOPRC, protoMOPDL, protoIPv6:
		from(&g.payload, g.net)
		index.has = and(index.has, g.protocol(n.proto))
	case protoSCTP, protoTCP, protoUDP, protoICMP, protoIGMP, protoIGRP, protoPIM, protoVRRP, protoCARP:
		index.stmts = append(append(index.stmts, sum(g.ipv4HeaderLen())...), does(classLd|modeInd|size, g.payload.at+g.net)...)
		index.has = and(g.etherType(etherTypeIP), index.has, g.protocol(n.proto), g.firstFragment())
	case protoICMPv6:
		index.has = and(index.has, g.etherType(etherTypeIPv6), g.equal(fromNet, 6, sizeB, ipICMPv6))
		from(&g.payload, g.net+40)
	default:
		g.fail("%s[...] cannot be read: expected ether, ip, ip6, arp, tcp, udp, icmp or another header's name", n.proto)
	}
	g.free(index.word)
	index.word = word
	index.stmts = append(index.stmts, does(opSt, word)...)
	return index
}
