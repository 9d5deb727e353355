package filter

import "fmt"

// DumpStyle is a way to write a program down.
type DumpStyle uint8

const (
	DumpText    DumpStyle = iota // for people: tcpdump -d
	DumpC                        // the inside of an array in C: tcpdump -dd
	DumpDecimal                  // numbers, their count first: tcpdump -ddd
)

// Dump gives the program line by line, without line ends.
func (p *Program) Dump(style DumpStyle) []string {
	lines := make([]string, 0, len(p.raw)+1)
	if style == DumpDecimal {
		lines = append(lines, fmt.Sprint(len(p.raw)))
	}
	for n, i := range p.raw {
		switch style {
		case DumpC:
			lines = append(lines, fmt.Sprintf("{ 0x%x, %d, %d, 0x%08x },", i.Op, i.Jt, i.Jf, i.K))
		case DumpDecimal:
			lines = append(lines, fmt.Sprintf("%d %d %d %d", i.Op, i.Jt, i.Jf, i.K))
		default:
			lines = append(lines, text(n, i.Op, i.Jt, i.Jf, i.K))
		}
	}
	return lines
}

var loadNames = map[uint16]string{classLd | sizeW: "ld", classLd | sizeH: "ldh", classLd | sizeB: "ldb", classLdx | sizeW: "ldx", classLdx | sizeB: "ldxb"}

var aluNames = map[uint16]string{
	aluAdd: "add", aluSub: "sub", aluMul: "mul", aluDiv: "div", aluMod: "mod", aluAnd: "and", aluOr: "or", aluXor: "xor",
	aluLsh: "lsh", aluRsh: "rsh", aluNeg: "neg",
}

var jmpNames = map[uint16]string{jmpEq: "jeq", jmpGt: "jgt", jmpGe: "jge", jmpSet: "jset"}

var auxNames = map[uint32]string{
	skfAdOff + skfAdPktType: "type", skfAdOff + skfAdIfIndex: "ifidx",
	skfAdOff + skfAdVLANTag: "vlan_tci", skfAdOff + skfAdVLANTagPresent: "vlanp",
}

// text writes instruction n as tcpdump -d does.
func text(n int, code uint16, jt, jf uint8, k uint32) string {
	name, operand := loadNames[code&^uint16(0xe0)], ""
	switch class(code) {
	case classRet:
		name, operand = "ret", fmt.Sprintf("#%d", int32(k))
		if code&0x18 == retA {
			operand = ""
		}
	case classLd, classLdx:
		switch mode(code) {
		case modeAbs:
			operand = fmt.Sprintf("[%d]", int32(k))
			if aux, ok := auxNames[k]; ok {
				operand = "[" + aux + "]"
			}
		case modeInd:
			operand = fmt.Sprintf("[x + %d]", int32(k))
		case modeImm:
			operand = fmt.Sprintf("#0x%x", k)
		case modeMem:
			operand = fmt.Sprintf("M[%d]", k)
		case modeLen:
			operand = "#pktlen"
		case modeMsh:
			operand = fmt.Sprintf("4*([%d]&0xf)", k)
		}
	case classSt:
		name, operand = "st", fmt.Sprintf("M[%d]", k)
	case classStx:
		name, operand = "stx", fmt.Sprintf("M[%d]", k)
	case classMisc:
		name = "tax"
		if code == opTxa {
			name = "txa"
		}
	case classALU:
		op := aluOp(code)
		name = aluNames[op]
		switch {
		case op == aluNeg:
		case usesX(code):
			operand = "x"
		case op == aluAnd || op == aluOr || op == aluXor:
			operand = fmt.Sprintf("#0x%x", k)
		default:
			operand = fmt.Sprintf("#%d", int32(k))
		}
	case classJmp:
		if code == opJa {
			return fmt.Sprintf("(%03d) %-8s %d", n, "ja", n+1+int(int32(k)))
		}
		name, operand = jmpNames[jmpOp(code)], fmt.Sprintf("#0x%x", k)
		if usesX(code) {
			operand = "x"
		}
		return fmt.Sprintf("(%03d) %-8s %-16s jt %d\tjf %d", n, name, operand, n+1+int(jt), n+1+int(jf))
	}
	return fmt.Sprintf("(%03d) %-8s %s", n, name, operand)
}
