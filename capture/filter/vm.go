package filter

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/net/bpf"
)

// Aux is what is known of a packet besides its bytes: what Linux keeps beside it during a live capture.
type Aux struct {
	PktType uint8  // PACKET_HOST, PACKET_OUTGOING, ...
	IfIndex uint32 // of the interface
	VLANTCI uint16 // of a tag that was taken out of the packet
	VLAN    bool   // there is such a tag
}

// op is an instruction of the interpreter, which knows the addressing modes apart at once.
type op uint8

const (
	vmRetK op = iota
	vmRetA
	vmLdW
	vmLdH
	vmLdB
	vmLdIndW
	vmLdIndH
	vmLdIndB
	vmLdImm
	vmLdMem
	vmLdLen
	vmLdAux
	vmLdxImm
	vmLdxMem
	vmLdxLen
	vmLdxMsh
	vmSt
	vmStx
	vmTax
	vmTxa
	vmAddK
	vmAddX
	vmSubK
	vmSubX
	vmMulK
	vmMulX
	vmDivK
	vmDivX
	vmModK
	vmModX
	vmAndK
	vmAndX
	vmOrK
	vmOrX
	vmXorK
	vmXorX
	vmLshK
	vmLshX
	vmRshK
	vmRshX
	vmNeg
	vmJa
	vmBack
	vmEqK
	vmEqX
	vmGtK
	vmGtX
	vmGeK
	vmGeX
	vmSetK
	vmSetX

	// A load from a fixed place and a test of it, in one.
	vmLdWEq
	vmLdHEq
	vmLdBEq
)

// inst is a verified instruction. Targets are indices into the program.
type inst struct {
	op     op
	jt, jf uint32
	k      uint32
	at     uint32 // where to load from, of an instruction that also tests
}

// maxLoops bounds how often a program may jump backwards: in a protochain the packet steers the loop. No packet
// has as many headers, unless it goes in a circle.
const maxLoops = 1 << 16

// run executes a program on a packet of which data was captured and wire is the length, and gives what it returns. It behaves
// as the machine in the kernel: a load beyond the captured bytes ends the program with 0, and so does a division by zero.
func run(program []inst, data []byte, wire uint32, aux *Aux) uint32 {
	var a, x uint32
	var mem [memWords]uint32
	loops := 0
	n := uint32(len(data))
	for pc := uint32(0); pc < uint32(len(program)); pc++ {
		i := &program[pc]
		switch i.op {
		case vmRetK:
			return i.k
		case vmRetA:
			return a
		case vmLdW:
			if i.k > n || n-i.k < 4 {
				return 0
			}
			a = binary.BigEndian.Uint32(data[i.k:])
		case vmLdH:
			if i.k > n || n-i.k < 2 {
				return 0
			}
			a = uint32(binary.BigEndian.Uint16(data[i.k:]))
		case vmLdB:
			if i.k >= n {
				return 0
			}
			a = uint32(data[i.k])
		case vmLdIndW:
			at := uint64(x) + uint64(i.k)
			if at+4 > uint64(n) {
				return 0
			}
			a = binary.BigEndian.Uint32(data[at:])
		case vmLdIndH:
			at := uint64(x) + uint64(i.k)
			if at+2 > uint64(n) {
				return 0
			}
			a = uint32(binary.BigEndian.Uint16(data[at:]))
		case vmLdIndB:
			at := uint64(x) + uint64(i.k)
			if at >= uint64(n) {
				return 0
			}
			a = uint32(data[at])
		case vmLdImm:
			a = i.k
		case vmLdMem:
			a = mem[i.k&(memWords-1)]
		case vmLdLen:
			a = wire
		case vmLdAux:
			if aux == nil {
				return 0
			}
			a = aux.load(i.k)
		case vmLdxImm:
			x = i.k
		case vmLdxMem:
			x = mem[i.k&(memWords-1)]
		case vmLdxLen:
			x = wire
		case vmLdxMsh:
			if i.k >= n {
				return 0
			}
			x = uint32(data[i.k]&0xf) << 2
		case vmSt:
			mem[i.k&(memWords-1)] = a
		case vmStx:
			mem[i.k&(memWords-1)] = x
		case vmTax:
			x = a
		case vmTxa:
			a = x
		case vmAddK:
			a += i.k
		case vmAddX:
			a += x
		case vmSubK:
			a -= i.k
		case vmSubX:
			a -= x
		case vmMulK:
			a *= i.k
		case vmMulX:
			a *= x
		case vmDivK:
			a /= i.k // verify has seen to it that it is not zero
		case vmDivX:
			if x == 0 {
				return 0
			}
			a /= x
		case vmModK:
			a %= i.k
		case vmModX:
			if x == 0 {
				return 0
			}
			a %= x
		case vmAndK:
			a &= i.k
		case vmAndX:
			a &= x
		case vmOrK:
			a |= i.k
		case vmOrX:
			a |= x
		case vmXorK:
			a ^= i.k
		case vmXorX:
			a ^= x
		case vmLshK:
			a <<= i.k
		case vmLshX:
			a <<= x
		case vmRshK:
			a >>= i.k
		case vmRshX:
			a >>= x
		case vmNeg:
			a = -a
		case vmJa:
			pc = i.jt - 1
		case vmBack:
			if loops++; loops > maxLoops {
				return 0
			}
			pc = i.jt - 1
		case vmEqK:
			pc = i.jf - 1
			if a == i.k {
				pc = i.jt - 1
			}
		case vmEqX:
			pc = i.jf - 1
			if a == x {
				pc = i.jt - 1
			}
		case vmGtK:
			pc = i.jf - 1
			if a > i.k {
				pc = i.jt - 1
			}
		case vmGtX:
			pc = i.jf - 1
			if a > x {
				pc = i.jt - 1
			}
		case vmGeK:
			pc = i.jf - 1
			if a >= i.k {
				pc = i.jt - 1
			}
		case vmGeX:
			pc = i.jf - 1
			if a >= x {
				pc = i.jt - 1
			}
		case vmSetK:
			pc = i.jf - 1
			if a&i.k != 0 {
				pc = i.jt - 1
			}
		case vmSetX:
			pc = i.jf - 1
			if a&x != 0 {
				pc = i.jt - 1
			}
		case vmLdWEq:
			if i.at > n || n-i.at < 4 {
				return 0
			}
			a = binary.BigEndian.Uint32(data[i.at:])
			pc = i.jf - 1
			if a == i.k {
				pc = i.jt - 1
			}
		case vmLdHEq:
			if i.at > n || n-i.at < 2 {
				return 0
			}
			a = uint32(binary.BigEndian.Uint16(data[i.at:]))
			pc = i.jf - 1
			if a == i.k {
				pc = i.jt - 1
			}
		case vmLdBEq:
			if i.at >= n {
				return 0
			}
			a = uint32(data[i.at])
			pc = i.jf - 1
			if a == i.k {
				pc = i.jt - 1
			}
		}
	}
	return 0
}

// load gives what Linux has at an offset from skfAdOff.
func (a *Aux) load(what uint32) uint32 {
	switch what {
	case skfAdPktType:
		return uint32(a.PktType)
	case skfAdIfIndex:
		return a.IfIndex
	case skfAdVLANTag:
		return uint32(a.VLANTCI)
	case skfAdVLANTagPresent:
		if a.VLAN {
			return 1
		}
	}
	return 0
}

var errProgram = errors.New("not a BPF program")

// aluInst maps operations to instructions, of a constant; that of X is the following.
var aluInst = map[uint16]op{
	aluAdd: vmAddK, aluSub: vmSubK, aluMul: vmMulK, aluDiv: vmDivK, aluMod: vmModK, aluAnd: vmAndK, aluOr: vmOrK,
	aluXor: vmXorK, aluLsh: vmLshK, aluRsh: vmRshK,
}

var jmpInst = map[uint16]op{jmpEq: vmEqK, jmpGt: vmGtK, jmpGe: vmGeK, jmpSet: vmSetK}

var loadInst = map[uint16]op{
	classLd | modeAbs | sizeW: vmLdW, classLd | modeAbs | sizeH: vmLdH, classLd | modeAbs | sizeB: vmLdB,
	classLd | modeInd | sizeW: vmLdIndW, classLd | modeInd | sizeH: vmLdIndH, classLd | modeInd | sizeB: vmLdIndB,
	opLdImm: vmLdImm, opLdMem: vmLdMem, opLdLen: vmLdLen,
	opLdxImm: vmLdxImm, opLdxMem: vmLdxMem, classLdx | modeLen: vmLdxLen, opLdxMsh: vmLdxMsh,
	opSt: vmSt, opStx: vmStx, opTax: vmTax, opTxa: vmTxa,
	opRetK: vmRetK, classRet | retA: vmRetA, opNeg: vmNeg,
}

// verify checks a program and translates it for run: every instruction exists, every jump stays inside, memory is there, no
// constant divides by zero, and the end is never passed.
func verify(raw []bpf.RawInstruction) ([]inst, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("%w: it is empty", errProgram)
	}
	program := make([]inst, len(raw))
	for pc, r := range raw {
		i := inst{k: r.K}
		target := func(distance int64) (uint32, error) {
			to := int64(pc) + 1 + distance
			if to < 0 || to >= int64(len(raw)) {
				return 0, fmt.Errorf("%w: instruction %d jumps outside", errProgram, pc)
			}
			return uint32(to), nil
		}
		var err error
		known := true
		switch class(r.Op) {
		case classALU:
			if r.Op == opNeg {
				i.op = vmNeg
				break
			}
			i.op, known = aluInst[aluOp(r.Op)]
			if usesX(r.Op) {
				i.op++
			} else if (i.op == vmDivK || i.op == vmModK) && r.K == 0 {
				return nil, fmt.Errorf("%w: instruction %d divides by zero", errProgram, pc)
			}
		case classJmp:
			if r.Op == opJa {
				i.op = vmJa
				if int32(r.K) < 0 {
					i.op = vmBack
				}
				i.jt, err = target(int64(int32(r.K)))
				break
			}
			i.op, known = jmpInst[jmpOp(r.Op)]
			if usesX(r.Op) {
				i.op++
			}
			if i.jt, err = target(int64(r.Jt)); err == nil {
				i.jf, err = target(int64(r.Jf))
			}
		default:
			i.op, known = loadInst[r.Op]
			switch i.op {
			case vmLdMem, vmLdxMem, vmSt, vmStx:
				if known && r.K >= memWords {
					return nil, fmt.Errorf("%w: instruction %d uses memory that is not there", errProgram, pc)
				}
			case vmLdW, vmLdH, vmLdB:
				if r.K >= skfAdOff {
					i.op, i.k = vmLdAux, r.K-skfAdOff
				}
			}
		}
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, fmt.Errorf("%w: instruction %d has the unknown code %#x", errProgram, pc, r.Op)
		}
		program[pc] = i
	}
	if last := program[len(program)-1].op; last != vmRetK && last != vmRetA && last != vmJa && last != vmBack {
		return nil, fmt.Errorf("%w: the last instruction does not return", errProgram)
	}
	fuse(program)
	return program, nil
}

// fuse makes loads from fixed places do the test behind them too. The test stays, for those who jump to it.
func fuse(program []inst) {
	for pc := range len(program) - 1 {
		i, test := &program[pc], &program[pc+1]
		if test.op != vmEqK {
			continue
		}
		var both op
		switch i.op {
		case vmLdW:
			both = vmLdWEq
		case vmLdH:
			both = vmLdHEq
		case vmLdB:
			both = vmLdBEq
		default:
			continue
		}
		*i = inst{op: both, at: i.k, k: test.k, jt: test.jt, jf: test.jf}
	}
}
