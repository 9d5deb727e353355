package commands

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"

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

// packetFilter selects packets by the expression, which means another program for each link type.
type packetFilter struct {
	opts    filter.Options
	expr    string
	link    dissect.LinkType // of last
	last    *filter.Program
	all     map[dissect.LinkType]*filter.Program
	indexOf func(i int) uint32 // the kernel's number of the source's interface i
}

// compile makes the program for a link type.
func (f *packetFilter) compile(link dissect.LinkType) (*filter.Program, error) {
	if p, ok := f.all[link]; ok {
		return p, nil
	}
	o := f.opts
	o.Link = link
	p, err := filter.Compile(f.expr, o)
	if err != nil {
		return nil, usagef("filter: %w", err)
	}
	if f.all == nil {
		f.all = make(map[dissect.LinkType]*filter.Program)
	}
	f.all[link] = p
	return p, nil
}

// match reports whether a packet is wanted.
func (f *packetFilter) match(p *capture.Packet) (bool, error) {
	if f.last == nil || f.link != p.Link {
		program, err := f.compile(p.Link)
		if err != nil {
			return false, err
		}
		f.last, f.link = program, p.Link
	}
	if f.opts.File {
		return f.last.Match(p.Data, p.Len), nil
	}
	aux := filter.Aux{IfIndex: f.indexOf(p.Interface)}
	if p.Direction == capture.DirOut {
		aux.PktType = 4 // PACKET_OUTGOING
	}
	return f.last.MatchAux(p.Data, p.Len, &aux), nil
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
		warnOfNothing(stderr, "decode", p)
	}
	return f, nil
}

// liveFilter makes the filter of a live capture: a program for the kernel in live.Filter where it can run there, or else
// the filter that packets pass here.
func (o *filterOptions) liveFilter(live *capture.LiveOptions, stderr io.Writer) (*packetFilter, error) {
	if strings.TrimSpace(o.expr) == "" {
		return nil, nil
	}
	link, err := capture.InterfaceLink(live.Interface)
	if err != nil {
		return nil, err
	}
	here := &packetFilter{expr: o.expr, opts: filter.Options{
		NoOptimize: o.noOptimize, ThroughTags: o.vlanAware, Netmask: netmaskOf(live.Interface),
	}}
	p, err := here.compile(link)
	if err != nil {
		return nil, err
	}
	warnOfNothing(stderr, "dump", p)
	if link == dissect.LinkSLL2 {
		return here, nil // the kernel sees the packets before they get this header
	}
	inKernel := here.opts
	inKernel.Link, inKernel.Kernel, inKernel.Snaplen = link, true, capture.DefaultSnaplen+256
	if p, err = filter.Compile(o.expr, inKernel); err != nil || p.KernelProblem() != nil {
		return here, nil
	}
	live.Filter = p.Raw()
	return nil, nil
}

func warnOfNothing(w io.Writer, command string, p *filter.Program) {
	if p.MatchesNothing() {
		fmt.Fprintf(w, "smoltcp: %s: filter: no packet can match: the conditions contradict each other\n", command)
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
