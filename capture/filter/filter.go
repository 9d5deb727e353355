// Package filter is the language of pcap-filter(7): it compiles expressions such as "tcp port 80 and not host
// 192.0.2.1" to classic BPF, for the kernel and for an interpreter of its own.
//
// An expression goes through these stages, each in files of its own:
//
//	lex.go, words.go     characters to tokens
//	parse.go, ast.go     tokens to a tree, qualifiers repeated where they are left out
//	gen*.go, ir.go       the tree to blocks of statements, each with a test at its end that leads to two others
//	opt*.go              blocks to fewer and shorter ones
//	link.go              blocks to a row of instructions
//	vm.go                instructions checked, and run on packets
//
// The standard is libpcap: the same packets match, down to the cases where a load beyond the captured bytes rejects a packet
// whatever comes after, or where "vlan" moves all that is looked for behind it. Its compiler's order of tests and its
// optimiser's way of working are kept for that reason, since on packets cut short they show.
package filter

import (
	"fmt"
	"strings"

	"golang.org/x/net/bpf"

	"smoltcp/dissect"
)

// Options say for what packets an expression is compiled.
type Options struct {
	Link dissect.LinkType

	// Snaplen is what the program returns for packets that match: how much of them the kernel is to keep, in bytes.
	// Zero stands for 262144.
	Snaplen int

	// Netmask is the IPv4 netmask of the interface, for "ip broadcast"; zero where there is none, as in a file. With that of a
	// single host, 255.255.255.255, there is no broadcast, and asking for it is an error.
	Netmask uint32

	// BigEndian says that the packets of a LinkNull capture were written by a machine of that byte order.
	BigEndian bool

	// File says that packets come from a file, which holds nothing but their bytes: then inbound, outbound and ifindex are
	// errors, except where a cooked header tells.
	File bool

	// Kernel makes a program for Linux, which takes the outer VLAN tag out of a packet before the filter sees it and
	// keeps it beside. Without it, tags are looked for where they are in files.
	Kernel bool

	// ThroughTags finds packets with up to two VLAN tags as if they had none, in frames of Ethernet and behind cooked headers,
	// unless the expression has the word vlan and so says itself what it looks for.
	ThroughTags bool

	// NoOptimize leaves the program as it was generated.
	NoOptimize bool

	// Resolver finds names. Nil stands for [System].
	Resolver Resolver
}

// Program is a compiled expression. It may be used from any number of goroutines.
type Program struct {
	raw     []bpf.RawInstruction
	program []inst
	nothing bool
}

// defaultSnaplen is what a program returns unless it was told, in bytes.
const defaultSnaplen = 262144

// Compile compiles an expression. The empty expression matches every packet. The error is an [*Error], with the place in the
// expression. Names are looked up, which may take as long as the resolver waits.
func Compile(expression string, o Options) (p *Program, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			p, err = nil, r
		default:
			panic(r)
		}
	}()
	if o.Resolver == nil {
		o.Resolver = System{}
	}
	if o.Snaplen <= 0 {
		o.Snaplen = defaultSnaplen
	}
	if len(expression) > maxExpression {
		return nil, &Error{Msg: fmt.Sprintf("the expression is longer than %d bytes", maxExpression)}
	}
	src := &source{expression}
	accept := &block{code: opRetK, k: uint32(o.Snaplen)}
	reject := &block{code: opRetK}
	root := accept
	if e := parse(src); e != nil {
		g := &generator{source: src, Options: &o}
		g.start(o.Link)
		root = g.root(e).lower(accept, reject)
		root.stmts = append(g.preamble(), root.stmts...)
		if !g.unoptimisable && !o.NoOptimize {
			root = optimise(root, func(format string, args ...any) { src.raise(0, format, args...) })
		}
	}
	p = &Program{raw: linearise(root), nothing: root.isReturn() && root.k == 0}
	if p.program, err = verify(p.raw); err != nil {
		return nil, err
	}
	return p, nil
}

// root makes the tests of the whole expression.
func (g *generator) root(e expr) *cond {
	tags := g.link == dissect.LinkEthernet || g.link == dissect.LinkSLL || g.link == dissect.LinkSLL2
	if g.ThroughTags && tags && !mentions(e, kVLAN) {
		return g.throughTags(e, 2)
	}
	return g.expr(e)
}

// maxExpression bounds the length of an expression, in bytes.
const maxExpression = 1 << 18

// maxTests bounds how many tests an expression may come to, and with them memory and time: a short word such as "l1", or a port
// that is repeated in a list, stands for a dozen.
const maxTests = 1 << 18

// Match reports whether the program accepts a packet of which data was captured and which had wire bytes. It does
// not allocate.
func (p *Program) Match(data []byte, wire int) bool {
	return run(p.program, data, uint32(wire), nil) != 0
}

// MatchAux is Match for a program that also looks at what is not in the packet: one of a live capture with inbound, outbound,
// ifindex, or compiled for the kernel.
func (p *Program) MatchAux(data []byte, wire int, aux *Aux) bool {
	return run(p.program, data, uint32(wire), aux) != 0
}

// MatchesNothing reports whether no packet at all can match: the conditions contradict each other. (Not every such expression
// is found out.)
func (p *Program) MatchesNothing() bool { return p.nothing }

// Raw gives the program as the kernel takes it. It belongs to the caller.
func (p *Program) Raw() []bpf.RawInstruction { return append([]bpf.RawInstruction(nil), p.raw...) }

// maxKernel is how many instructions Linux accepts (BPF_MAXINSNS).
const maxKernel = 4096

// KernelProblem says why the kernel would not run the program, or nil if it would.
func (p *Program) KernelProblem() error {
	if len(p.raw) > maxKernel {
		return fmt.Errorf("the program has %d instructions, and the kernel takes %d", len(p.raw), maxKernel)
	}
	for _, i := range p.program {
		if i.op == vmBack {
			return fmt.Errorf("protochain is a loop, and the kernel takes none")
		}
	}
	return nil
}

// String gives the program as text, in the form of DumpText.
func (p *Program) String() string {
	var b strings.Builder
	for _, line := range p.Dump(DumpText) {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}
