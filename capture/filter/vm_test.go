package filter

import (
	"encoding/binary"
	"math/rand"
	"testing"

	"golang.org/x/net/bpf"

	"smoltcp/dissect"
)

// randomProgram makes a program that passes the checks of any machine: jumps forward, memory that is there, a return at the end.
func randomProgram(r *rand.Rand) []bpf.RawInstruction {
	var codes []uint16
	for code := range loadInst {
		if code != classLdx|modeLen && code != opNeg { // x/net takes the one for a load of A, and has not the other
			codes = append(codes, code)
		}
	}
	// Maps have no order, and a seed must make the same program again.
	for i := range codes {
		for j := i; j > 0 && codes[j] < codes[j-1]; j-- {
			codes[j], codes[j-1] = codes[j-1], codes[j]
		}
	}
	for op := uint16(0); op <= aluXor; op += 0x10 {
		if op != aluNeg {
			codes = append(codes, classALU|op|srcK, classALU|op|srcX)
		}
	}
	for _, op := range []uint16{jmpEq, jmpGt, jmpGe, jmpSet} {
		codes = append(codes, classJmp|op|srcK, classJmp|op|srcX)
	}
	codes = append(codes, opJa)
	n := 2 + r.Intn(30)
	program := make([]bpf.RawInstruction, n)
	for i := range program {
		c := codes[r.Intn(len(codes))]
		k := uint32(r.Intn(80))
		if r.Intn(8) == 0 {
			k = r.Uint32() & 0x7fffffff
		}
		left := n - i - 1
		in := bpf.RawInstruction{Op: c, K: k}
		switch {
		case class(c) == classRet && r.Intn(4) > 0: // not too many
			in = bpf.RawInstruction{Op: opLdImm, K: k}
		case c == opLdMem, c == opLdxMem, c == opSt, c == opStx:
			in.K %= memWords
		case class(c) == classALU && !usesX(c) && k == 0:
			in.K = 1
		case class(c) == classJmp && left < 2:
			in = bpf.RawInstruction{Op: opTax}
		case c == opJa:
			in.K %= uint32(left)
		case class(c) == classJmp:
			in.Jt, in.Jf = uint8(r.Intn(left)), uint8(r.Intn(left))
		}
		program[i] = in
	}
	program[n-1] = bpf.RawInstruction{Op: classRet | retA}
	return program
}

// TestMachine compares the interpreter with another on random programs.
func TestMachine(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	compared, kept := 0, 0
	for range 20000 {
		raw := randomProgram(r)
		program, err := verify(raw)
		if err != nil {
			t.Fatalf("%v: %v", raw, err)
		}
		decoded, all := bpf.Disassemble(raw)
		if !all {
			continue
		}
		machine, err := bpf.NewVM(decoded)
		if err != nil {
			continue // it refuses some that the kernel takes
		}
		data := make([]byte, r.Intn(90))
		r.Read(data)
		want, err := machine.Run(data)
		if err != nil {
			t.Fatal(err)
		}
		if got := run(program, data, uint32(len(data)), nil); got != uint32(want) {
			t.Fatalf("%d, x/net has %d\n%v\n% x", got, want, decoded, data)
		}
		compared++
		if want != 0 {
			kept++
		}
	}
	if compared < 10000 || kept < 2000 {
		t.Errorf("%d programs compared, %d returned something: that tests little", compared, kept)
	}
}

// TestArithmetic pins down what machines disagree about.
func TestArithmetic(t *testing.T) {
	for _, tt := range []struct {
		name    string
		program []bpf.RawInstruction
		want    uint32
	}{
		{"overflow", []bpf.RawInstruction{{Op: opLdImm, K: 0xffffffff}, {Op: opAddK, K: 2}, {Op: classRet | retA}}, 1},
		{"underflow", []bpf.RawInstruction{{Op: opLdImm, K: 1}, {Op: opSubK, K: 2}, {Op: classRet | retA}}, 0xffffffff},
		{"division by X = 0", []bpf.RawInstruction{{Op: opLdImm, K: 1}, {Op: classALU | aluDiv | srcX}, {Op: opRetK, K: 5}}, 0},
		{"remainder by X = 0", []bpf.RawInstruction{{Op: opLdImm, K: 1}, {Op: classALU | aluMod | srcX}, {Op: opRetK, K: 5}}, 0},
		{"shift by 32", []bpf.RawInstruction{{Op: opLdxImm, K: 32}, {Op: opLdImm, K: 1}, {Op: classALU | aluLsh | srcX}, {Op: opAddK, K: 7}, {Op: classRet | retA}}, 7},
		{"load far behind the end", []bpf.RawInstruction{{Op: classLd | modeAbs | sizeW, K: 0xfffffffe}, {Op: opRetK, K: 5}}, 0},
		{"index that wraps", []bpf.RawInstruction{{Op: opLdxImm, K: 4}, {Op: classLd | modeInd | sizeB, K: 0xfffffffc}, {Op: opRetK, K: 5}}, 0},
		{"length on the wire", []bpf.RawInstruction{{Op: opLdLen}, {Op: classRet | retA}}, 1000},
		{"memory is zero at first", []bpf.RawInstruction{{Op: opLdMem, K: 3}, {Op: classRet | retA}}, 0},
		{"what the packet has not, without any", []bpf.RawInstruction{{Op: classLd | modeAbs | sizeW, K: skfAdOff + skfAdIfIndex}, {Op: opRetK, K: 5}}, 0},
	} {
		program, err := verify(tt.program)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := run(program, []byte{1, 2, 3, 4, 5, 6, 7, 8}, 1000, nil); got != tt.want {
			t.Errorf("%s: %#x, want %#x", tt.name, got, tt.want)
		}
	}
}

// TestVerify gives programs that must not run.
func TestVerify(t *testing.T) {
	for name, raw := range map[string][]bpf.RawInstruction{
		"empty":              {},
		"no return":          {{Op: opLdImm}},
		"test at the end":    {{Op: opJeqK}},
		"jump behind it":     {{Op: opJa, K: 1}, {Op: opRetK}},
		"jump before it":     {{Op: opJa, K: 0xfffffff0}, {Op: opRetK}},
		"test jumps outside": {{Op: opJeqK, Jt: 1}, {Op: opRetK}},
		"memory":             {{Op: opSt, K: memWords}, {Op: opRetK}},
		"division by zero":   {{Op: classALU | aluDiv}, {Op: opRetK}},
		"remainder by zero":  {{Op: classALU | aluMod}, {Op: opRetK}},
		"unknown code":       {{Op: 0xfff}, {Op: opRetK}},
		"unknown operation":  {{Op: classALU | 0xf0}, {Op: opRetK}},
	} {
		if _, err := verify(raw); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	data := handMade()[0]
	aux := Aux{}
	for _, text := range []string{"tcp port 80", "host 192.0.2.1 and tcp[13] & 2 != 0", "ip6 protochain 6", "geneve and ip"} {
		p := compile(t, text, dissect.LinkEthernet)
		if n := testing.AllocsPerRun(100, func() { p.Match(data, len(data)); p.MatchAux(data, len(data), &aux) }); n != 0 {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, text := range []string{"tcp port 80", "ip6 protochain 6", "geneve and tcp", "len / ip[1] > 3"} {
		var b []byte
		for _, i := range compile(f, text, dissect.LinkEthernet).Raw() {
			b = binary.BigEndian.AppendUint16(b, i.Op)
			b = append(b, i.Jt, i.Jf)
			b = binary.BigEndian.AppendUint32(b, i.K)
		}
		f.Add(b, handMade()[0])
	}
	f.Fuzz(func(t *testing.T, code, data []byte) {
		var raw []bpf.RawInstruction
		for ; len(code) >= 8 && len(raw) < 100; code = code[8:] {
			raw = append(raw, bpf.RawInstruction{
				Op: binary.BigEndian.Uint16(code), Jt: code[2], Jf: code[3], K: binary.BigEndian.Uint32(code[4:]),
			})
		}
		program, err := verify(raw)
		if err != nil {
			return
		}
		run(program, data, uint32(len(data)), nil) // it ends, and stays inside
		run(program, data, uint32(len(data)), &Aux{VLAN: true})
	})
}

func BenchmarkMatch(b *testing.B) {
	data := handMade()[0]
	for _, text := range []string{"tcp port 80", "host 192.0.2.9", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "udp port 4711"} {
		p := compile(b, text, dissect.LinkEthernet)
		b.Run(text, func(b *testing.B) {
			for range b.N {
				p.Match(data, len(data))
			}
		})
		decoded, _ := bpf.Disassemble(p.Raw())
		machine, err := bpf.NewVM(decoded)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text+"/x-net", func(b *testing.B) {
			for range b.N {
				if _, err := machine.Run(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
