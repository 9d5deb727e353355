package filter

// values numbers the values that a program computes: equal numbers mean equal values, whatever computed them. Zero is
// the value that nothing is known of.
type values struct {
	known     map[computation]int
	constants map[int]uint32
}

const unknown = 0

// computation is an operation and the values, or the numbers, that it works on.
type computation struct {
	code uint16
	a, b int
}

func (v *values) reset() {
	v.known = make(map[computation]int)
	v.constants = make(map[int]uint32)
}

// of gives the value of a computation.
func (v *values) of(code uint16, a, b int) int {
	c := computation{code, a, b}
	n, ok := v.known[c]
	if !ok {
		n = len(v.known) + 1
		v.known[c] = n
		if mode(code) == modeImm && (class(code) == classLd || class(code) == classLdx) {
			v.constants[n] = uint32(a)
		}
	}
	return n
}

// constant gives the value of a number.
func (v *values) constant(k uint32) int { return v.of(opLdImm, int(k), 0) }

// block finds the values at the end of a block, and simplifies it on the way: its statements only if asked for.
func (o *optimizer) block(b *block, statements bool) {
	for i, e := range b.in {
		if i == 0 {
			b.val = e.pred.val
			continue
		}
		for atom := range b.val {
			if b.val[atom] != e.pred.val[atom] {
				b.val[atom] = unknown
			}
		}
	}
	if len(b.in) == 0 {
		b.val = [atoms]int{}
	}
	a, x := b.val[atomA], b.val[atomX]
	for _, s := range b.stmts {
		o.statement(s, &b.val, statements)
	}
	idle := b.outUse == 0 && a != unknown && b.val[atomA] == a && (!usesX(b.code) || x != unknown && b.val[atomX] == x)
	if statements && (idle || b.isReturn()) {
		// What it computes is there already, or of no use.
		if len(b.stmts) > 0 {
			b.stmts = nil
			o.change()
		}
	} else {
		o.peephole(b)
		o.deadStores(b)
	}
	b.operand = b.val[atomX]
	if !usesX(b.code) {
		b.operand = o.values.constant(b.k)
	}
	b.then.code, b.otherwise.code = b.code, b.code
}

// store notes that a place gets a value; the statement goes if the value is there already.
func (o *optimizer) store(s *stmt, place *int, value int, alter bool) {
	if alter && value != unknown && *place == value {
		s.code = opNop
		return
	}
	*place = value
}

// statement computes what a statement does to the values and, if alter, makes it simpler where they are known.
func (o *optimizer) statement(s *stmt, val *[atoms]int, alter bool) {
	v := &o.values
	a, x := &val[atomA], &val[atomX]
	if s.code == opNop {
		return
	}
	switch class(s.code) {
	case classLd:
		var value int
		switch mode(s.code) {
		case modeAbs:
			value = v.of(s.code, int(s.k), 0)
		case modeInd:
			if k, ok := v.constants[*x]; ok && alter {
				s.code, s.k = classLd|modeAbs|size(s.code), s.k+k
				value = v.of(s.code, int(s.k), 0)
				o.change()
			} else {
				value = v.of(s.code, int(s.k), *x)
			}
		case modeLen:
			value = v.of(s.code, 0, 0)
		case modeImm:
			value = v.constant(s.k)
		case modeMem:
			value = val[s.k]
			if k, ok := v.constants[value]; ok && alter {
				s.code, s.k = opLdImm, k
				o.change()
			}
		}
		o.store(s, a, value, alter)
	case classLdx:
		var value int
		switch mode(s.code) {
		case modeImm:
			value = v.constant(s.k)
		case modeMsh:
			value = v.of(s.code, int(s.k), 0)
		case modeMem:
			value = val[s.k]
			if k, ok := v.constants[value]; ok && alter {
				s.code, s.k = opLdxImm, k
				o.change()
			}
		}
		o.store(s, x, value, alter)
	case classSt:
		o.store(s, &val[s.k], *a, alter)
	case classStx:
		o.store(s, &val[s.k], *x, alter)
	case classMisc:
		if s.code == opTxa {
			o.store(s, a, *x, alter)
		} else {
			o.store(s, x, *a, alter)
		}
	case classALU:
		o.calculate(s, val, alter)
	}
}

// calculate does for statement what belongs to arithmetic.
func (o *optimizer) calculate(s *stmt, val *[atoms]int, alter bool) {
	v := &o.values
	a, x := &val[atomA], &val[atomX]
	op := aluOp(s.code)
	ka, knownA := v.constants[*a]
	switch {
	case op == aluNeg:
		if alter && knownA {
			s.code, s.k = opLdImm, -ka
			*a = v.constant(s.k)
			return
		}
		*a = v.of(s.code, *a, 0)
	case !usesX(s.code):
		if alter {
			if s.k == 0 {
				switch op {
				case aluAdd, aluSub, aluLsh, aluRsh, aluOr, aluXor:
					s.code = opNop
					return
				case aluMul, aluAnd:
					s.code = opLdImm
					*a = v.constant(0)
					return
				}
			}
			if knownA {
				o.fold(s, op, ka, s.k)
				*a = v.constant(s.k)
				return
			}
		}
		*a = v.of(s.code, *a, v.constant(s.k))
	default:
		kx, knownX := v.constants[*x]
		if alter && knownX {
			if knownA {
				o.fold(s, op, ka, kx)
				*a = v.constant(s.k)
				return
			}
			if (op == aluLsh || op == aluRsh) && kx > 31 {
				o.fail("a shift by more than 31 bits")
			}
			if (op == aluDiv || op == aluMod) && kx == 0 {
				o.fail("division by zero")
			}
			s.code, s.k = classALU|srcK|op, kx
			o.change()
			*a = v.of(s.code, *a, v.constant(kx))
			return
		}
		if alter && knownA && ka == 0 {
			switch op {
			case aluAdd, aluOr, aluXor:
				s.code = opTxa
				o.store(s, a, *x, alter)
				return
			case aluMul, aluDiv, aluMod, aluAnd, aluLsh, aluRsh:
				s.code, s.k = opLdImm, 0
				o.store(s, a, v.constant(0), alter)
				return
			}
		}
		*a = v.of(s.code, *a, *x)
	}
}

// fold makes a calculation with known operands the loading of its result.
func (o *optimizer) fold(s *stmt, op uint16, a, b uint32) {
	if b == 0 && (op == aluDiv || op == aluMod) {
		o.fail("division by zero")
	}
	s.code, s.k = opLdImm, calculate(op, a, b)
	o.change()
}

// calculate gives the result of an operation as the machine does it; b is not zero in a division.
func calculate(op uint16, a, b uint32) uint32 {
	switch op {
	case aluAdd:
		return a + b
	case aluSub:
		return a - b
	case aluMul:
		return a * b
	case aluDiv:
		return a / b
	case aluMod:
		return a % b
	case aluAnd:
		return a & b
	case aluOr:
		return a | b
	case aluXor:
		return a ^ b
	case aluLsh: // Go's shifts, unlike C's, give 0 by more than 31
		return a << b
	}
	return a >> b
}

// peephole simplifies what stands next to each other in a block, and its test where values are known.
func (o *optimizer) peephole(b *block) {
	list := b.stmts
	if len(list) == 0 {
		return
	}
	last := list[0]
	for i := skipNops(list, 0); i < len(list); {
		s := list[i]
		j := skipNops(list, i+1)
		if j == len(list) {
			break
		}
		next := list[j]
		last = next
		switch {
		case s.code == opSt && next.code == opLdxMem && s.k == next.k:
			next.code = opTax
			o.change()
		case s.code == opLdImm && next.code == opTax:
			s.code, next.code = opLdxImm, opTxa
			o.change()
		}
		if s.code == opLdImm && !b.outUse.has(atomX) {
			o.mergeOffset(list, i)
		}
		i = j
	}
	if b.code == opJeqK && !b.outUse.has(atomA) {
		switch last.code {
		case opSubX:
			if k, ok := o.values.constants[b.val[atomX]]; ok {
				b.k += k
				last.code = opNop
				o.change()
			} else if b.k == 0 {
				b.code = opJeqX
				last.code = opNop
				o.change()
			}
		case opSubK:
			b.k += last.k
			last.code = opNop
			o.change()
		case opAndK:
			if b.k == 0 {
				b.code, b.k = opJsetK, last.k
				b.jt, b.jf = b.jf, b.jt
				last.code = opNop
				o.change()
			}
		}
	}
	o.test(b)
}

// mergeOffset simplifies what tcp[k] comes to: load k, add the length of the header in X, and load from there becomes
// one load.
func (o *optimizer) mergeOffset(list []*stmt, i int) {
	at := func(i int) (int, uint16) {
		if i = skipNops(list, i); i < len(list) {
			return i, list[i].code
		}
		return i, opNop
	}
	add, code := at(i + 1)
	if code == opLdxMsh {
		add, code = at(add + 1)
	}
	if code != opAddX {
		return
	}
	tax, code := at(add + 1)
	if code != opTax {
		return
	}
	load, code := at(tax + 1)
	if class(code) != classLd || mode(code) != modeInd {
		return
	}
	list[load].k += list[i].k
	list[i].code, list[add].code, list[tax].code = opNop, opNop, opNop
	o.change()
}

// test simplifies the test at the end of a block.
func (o *optimizer) test(b *block) {
	if b.isReturn() {
		return
	}
	if b.code == opJsetK {
		switch b.k {
		case 0:
			b.jt = b.jf
		case 0xffffffff:
			b.jf = b.jt
		}
	}
	if k, ok := o.values.constants[b.val[atomX]]; ok && usesX(b.code) {
		b.code, b.k = b.code&^srcX, k
	}
	a, ok := o.values.constants[b.val[atomA]]
	if !ok || usesX(b.code) {
		return
	}
	holds := false
	switch jmpOp(b.code) {
	case jmpEq:
		holds = a == b.k
	case jmpGt:
		holds = a > b.k
	case jmpGe:
		holds = a >= b.k
	case jmpSet:
		holds = a&b.k != 0
	}
	if b.jt != b.jf {
		o.change()
	}
	if holds {
		b.jf = b.jt
	} else {
		b.jt = b.jf
	}
}

// deadStores takes out the statements whose results nobody reads.
func (o *optimizer) deadStores(b *block) {
	var last [atoms]*stmt
	visit := func(code uint16, k uint32) {
		for r, atom := reads(code, k), 0; r != 0; r, atom = r>>1, atom+1 {
			if r&1 != 0 {
				last[atom] = nil
			}
		}
	}
	for _, s := range b.stmts {
		visit(s.code, s.k)
		if atom, ok := writes(s.code, s.k); ok {
			if last[atom] != nil {
				last[atom].code = opNop
				o.change()
			}
			last[atom] = s
		}
	}
	visit(b.code, b.k)
	for atom, s := range last {
		if s != nil && !b.outUse.has(atom) {
			s.code = opNop
			b.val[atom] = unknown
			o.change()
		}
	}
}
