package filter

// Opcodes of classic BPF: a class, and fields that depend on it.
const (
	classLd   = 0x00
	classLdx  = 0x01
	classSt   = 0x02
	classStx  = 0x03
	classALU  = 0x04
	classJmp  = 0x05
	classRet  = 0x06
	classMisc = 0x07

	sizeW = 0x00
	sizeH = 0x08
	sizeB = 0x10

	modeImm = 0x00
	modeAbs = 0x20
	modeInd = 0x40
	modeMem = 0x60
	modeLen = 0x80
	modeMsh = 0xa0

	aluAdd = 0x00
	aluSub = 0x10
	aluMul = 0x20
	aluDiv = 0x30
	aluOr  = 0x40
	aluAnd = 0x50
	aluLsh = 0x60
	aluRsh = 0x70
	aluNeg = 0x80
	aluMod = 0x90
	aluXor = 0xa0

	jmpJa  = 0x00
	jmpEq  = 0x10
	jmpGt  = 0x20
	jmpGe  = 0x30
	jmpSet = 0x40

	srcK = 0x00
	srcX = 0x08
	retK = 0x00
	retA = 0x10

	opLdImm  = classLd | modeImm
	opLdMem  = classLd | modeMem
	opLdLen  = classLd | modeLen
	opLdxImm = classLdx | modeImm
	opLdxMem = classLdx | modeMem
	opLdxMsh = classLdx | modeMsh | sizeB
	opSt     = classSt
	opStx    = classStx
	opTax    = classMisc
	opTxa    = classMisc | 0x80
	opNeg    = classALU | aluNeg
	opJa     = classJmp | jmpJa
	opJeqK   = classJmp | jmpEq | srcK
	opJeqX   = classJmp | jmpEq | srcX
	opJsetK  = classJmp | jmpSet | srcK
	opAddK   = classALU | aluAdd | srcK
	opAddX   = classALU | aluAdd | srcX
	opSubX   = classALU | aluSub | srcX
	opSubK   = classALU | aluSub | srcK
	opAndK   = classALU | aluAnd | srcK
	opRetK   = classRet | retK

	// opNop is no opcode of the machine: the optimiser puts it in the place of what it takes out.
	opNop = 0xffff
)

// memWords is how many words of scratch memory the machine has.
const memWords = 16

func class(code uint16) uint16 { return code & 0x07 }

func size(code uint16) uint16 { return code & 0x18 }

func mode(code uint16) uint16 { return code & 0xe0 }

func aluOp(code uint16) uint16 { return code & 0xf0 }

func jmpOp(code uint16) uint16 { return code & 0xf0 }

func usesX(code uint16) bool { return code&srcX != 0 }

// stmt is an instruction within a block. A few jump, to others of the same list; a target that is a nop stands for
// whatever comes behind it.
type stmt struct {
	code   uint16
	k      uint32
	jt, jf *stmt
}

// block is a node of the control flow: statements that are executed together, and a test, or a return, at their end. The
// optimiser's part is in opt.go.
type block struct {
	stmts  []*stmt
	code   uint16
	k      uint32
	jt, jf *block // nil at a return

	level int // 1 more than the highest of the successors

	optimised
}

func (b *block) isReturn() bool { return class(b.code) == classRet }

// cond is a condition before it knows where to go: a tree of tests.
type cond struct {
	op   condOp
	a, b *cond
	test *block
}

type condOp uint8

const (
	condTest condOp = iota
	condAnd
	condOr
	condNot
)

// and gives the condition that all of list hold, tested in this order. nil elements count for nothing.
func and(list ...*cond) *cond { return join(condAnd, list) }

// or gives the condition that one of list holds, tested in this order.
func or(list ...*cond) *cond { return join(condOr, list) }

func join(op condOp, list []*cond) (c *cond) {
	for _, next := range list {
		switch {
		case next == nil:
		case c == nil:
			c = next
		default:
			c = &cond{op: op, a: c, b: next}
		}
	}
	return c
}

func not(c *cond) *cond { return &cond{op: condNot, a: c} }

// test makes a condition of statements and a jump.
func test(stmts []*stmt, code uint16, k uint32) *cond {
	return &cond{test: &block{stmts: stmts, code: code, k: k}}
}

// tests counts the tests in c.
func (c *cond) tests() int {
	switch c.op {
	case condTest:
		return 1
	case condNot:
		return c.a.tests()
	}
	return c.a.tests() + c.b.tests()
}

// lower links the tests of c into a graph that goes to yes or no, and gives its first.
func (c *cond) lower(yes, no *block) *block {
	switch c.op {
	case condAnd:
		return c.a.lower(c.b.lower(yes, no), no)
	case condOr:
		return c.a.lower(yes, c.b.lower(yes, no))
	case condNot:
		return c.a.lower(no, yes)
	}
	c.test.jt, c.test.jf = yes, no
	return c.test
}

// does makes a list of statements out of opcodes and operands by turns.
func does(codes ...uint32) []*stmt {
	list := make([]*stmt, 0, len(codes)/2)
	for i := 0; i < len(codes); i += 2 {
		list = append(list, &stmt{code: uint16(codes[i]), k: codes[i+1]})
	}
	return list
}
