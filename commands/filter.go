package commands

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/capture/filter"
	"smoltcp/dissect"
)

// filterFlags are the flags about filter expressions.
func filterFlags() []cli.Flag {
	const about = "Filter:"
	return []cli.Flag{
		&cli.StringFlag{Category: about, Name: "F", Usage: "read the filter expression from `FILE`; one in the arguments is ignored then"},
		counter(&cli.BoolFlag{Category: about, Name: "d", Usage: "print the compiled filter and stop; -dd as the inside of a C array, -ddd as numbers"}),
		&cli.BoolFlag{Category: about, Name: "vlan-aware", Usage: "find what the filter looks for also behind one or two VLAN tags, unless it has the word vlan itself"},
		&cli.BoolFlag{Category: about, Name: "O", Aliases: []string{"no-optimize"}, Usage: "do not optimise the compiled filter"},
	}
}

// filterOptions is what filterFlags and the words behind the file or interface ask for.
type filterOptions struct {
	expr       string
	dump       int // -d: how often
	noOptimize bool
	vlanAware  bool
}

func readFilter(c *cli.Context, words []string) (filterOptions, error) {
	o := filterOptions{expr: strings.Join(words, " "), dump: c.Count("d"), noOptimize: c.Bool("O"), vlanAware: c.Bool("vlan-aware")}
	if name := c.String("F"); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return o, usagef("-F: %w", err)
		}
		o.expr = stripComments(string(text))
	}
	return o, nil
}

// stripComments blanks out what stands behind "#" in the lines of a filter file; places in it stay the same.
func stripComments(s string) string {
	b := []byte(s)
	comment := false
	for i, c := range b {
		comment = c != '\n' && (comment || c == '#')
		if comment {
			b[i] = ' '
		}
	}
	return string(b)
}

// packetFilter selects packets of files by the expression, which means another program for each link type.
type packetFilter struct {
	opts filter.Options
	expr string
	link dissect.LinkType // of last
	last fileProgram
	all  map[dissect.LinkType]fileProgram

	matched bool
	missed  uint64 // packets that would have matched behind their tags, as long as nothing has matched
}

// fileProgram is the expression for one link type.
type fileProgram struct {
	*filter.Program
	behind *filter.Program // what Program misses behind VLAN tags; nil where that is nothing
}

// compile makes the program for a link type.
func (f *packetFilter) compile(link dissect.LinkType) (fileProgram, error) {
	if p, ok := f.all[link]; ok {
		return p, nil
	}
	o := f.opts
	o.Link = link
	var p fileProgram
	var err error
	if p.Program, err = filter.Compile(f.expr, o); err == nil {
		p.behind, err = filter.BehindTags(f.expr, o)
	}
	if err != nil {
		return p, usagef("filter: %w", err)
	}
	if f.all == nil {
		f.all = make(map[dissect.LinkType]fileProgram)
	}
	f.all[link] = p
	return p, nil
}

// match reports whether a packet is wanted.
func (f *packetFilter) match(p *capture.Packet) (bool, error) {
	if f.last.Program == nil || f.link != p.Link {
		program, err := f.compile(p.Link)
		if err != nil {
			return false, err
		}
		f.last, f.link = program, p.Link
	}
	if f.last.Match(p.Data, p.Len) {
		f.matched = true
		return true, nil
	}
	if !f.matched && f.last.behind != nil && tagged(p) && f.last.behind.Match(p.Data, p.Len) {
		f.missed++
	}
	return false, nil
}

// fileFilter makes the filter of a file's packets; nil if all are wanted. The program for the first link type is compiled at
// once, so that an error in the expression is found before anything is printed.
func (o *filterOptions) fileFilter(src *capture.Reader, stderr io.Writer) (*packetFilter, error) {
	if strings.TrimSpace(o.expr) == "" {
		return nil, nil
	}
	f := &packetFilter{expr: o.expr, opts: filter.Options{
		File: true, NoOptimize: o.noOptimize, ThroughTags: o.vlanAware, BigEndian: src.Info().BigEndian,
	}}
	if list := src.Interfaces(); len(list) > 0 {
		p, err := f.compile(list[0].Link)
		if err != nil {
			return nil, err
		}
		warnOfNothing(stderr, "decode", list[0].Link, p.Program)
	}
	return f, nil
}

// liveFilter sets the filter of a live capture on one interface: a program for the kernel where it can run there, or else one
// that packets pass in this process. Either sees packets as the kernel does. It gives the programs to fall back on if the
// kernel refuses. What the kernel cannot run is worth a warning only if it is the fault of the expression.
func (o *filterOptions) liveFilter(live *capture.LiveOptions, stderr io.Writer) (*liveProgram, error) {
	if strings.TrimSpace(o.expr) == "" {
		return nil, nil
	}
	link, err := capture.InterfaceLink(live.Interface)
	if err != nil {
		return nil, err
	}
	opts := filter.Options{
		Link: link, Kernel: true, Snaplen: capture.DefaultSnaplen + 256,
		NoOptimize: o.noOptimize, ThroughTags: o.vlanAware, Netmask: netmaskOf(live.Interface),
	}
	p := &liveProgram{}
	if p.wanted, err = filter.Compile(o.expr, opts); err != nil {
		return nil, usagef("filter: %w", err)
	}
	warnOfNothing(stderr, "dump", link, p.wanted)
	if p.behind, err = filter.BehindTags(o.expr, opts); err != nil {
		return nil, usagef("filter: %w", err)
	}
	problem := p.wanted.KernelProblem()
	if link == dissect.LinkSLL2 {
		// The kernel has packets with headers of their own kinds in the place of the one that the program knows.
		live.Accept = p.accept
		return p, nil
	}
	if problem != nil {
		p.fallBack(live, problem, stderr)
		return p, nil
	}
	live.Filter = p.wanted.Raw()
	return p, nil
}

// liveProgram is the filter of a live capture on one interface.
type liveProgram struct {
	wanted *filter.Program
	behind *filter.Program // what wanted misses behind VLAN tags; nil where that is nothing
	aux    filter.Aux

	tries  int           // packets that behind has been run on
	missed atomic.Uint64 // and accepted
}

// fallBack makes the filter run in this process, since the kernel will not have it.
func (p *liveProgram) fallBack(live *capture.LiveOptions, why error, stderr io.Writer) {
	fmt.Fprintf(stderr, "smoltcp: dump: %s: the filter runs here and not in the kernel, at a higher cost: %v\n", live.Interface, why)
	live.Filter, live.Accept = nil, p.accept
}

// accept is the filter as capture.LiveOptions takes it.
func (p *liveProgram) accept(s *capture.Seen) bool {
	p.aux = filter.Aux{PktType: s.PacketType, IfIndex: uint32(s.Index), VLAN: s.Tagged, VLANTCI: s.TCI}
	if p.wanted.MatchAux(s.Data, s.Len, &p.aux) {
		return true
	}
	if p.behind != nil && p.tries < behindTries {
		p.tries++
		if p.behind.MatchAux(s.Data, s.Len, &p.aux) {
			p.missed.Add(1)
		}
	}
	return false
}

// warnOfNothing warns of a filter that can match nothing: because of what it says, or of what the link carries.
func warnOfNothing(w io.Writer, command string, link dissect.LinkType, p *filter.Program) {
	switch {
	case !p.MatchesNothing():
	case link == dissect.LinkEthernet:
		fmt.Fprintf(w, "smoltcp: %s: filter: no packet can match: the conditions contradict each other\n", command)
	default:
		fmt.Fprintf(w, "smoltcp: %s: filter: no packet can match: the conditions contradict each other, or packets of link type %v are never so\n", command, link)
	}
}

// printProgram prints the program for a link type, as -d asks.
func (o *filterOptions) printProgram(w io.Writer, opts filter.Options) error {
	opts.NoOptimize, opts.ThroughTags = o.noOptimize, o.vlanAware
	p, err := filter.Compile(o.expr, opts)
	if err != nil {
		return usagef("filter: %w", err)
	}
	style := filter.DumpStyle(min(o.dump, 3) - 1)
	_, err = io.WriteString(w, strings.Join(p.Dump(style), "\n")+"\n")
	return err
}

// netmaskOf gives the netmask of an interface's first IPv4 address, for "ip broadcast"; zero if it has none.
func netmaskOf(name string) uint32 {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return 0
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return 0
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil {
			if ones, bits := n.Mask.Size(); bits > 0 {
				return ^uint32(0) << (32 - (ones - (bits - 32)))
			}
		}
	}
	return 0
}
