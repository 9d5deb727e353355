package commands

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/capture/filter"
)

// dumpOptions is what a dump command line asks for.
type dumpOptions struct {
	out    outputOptions
	save   saveOptions
	filter filterOptions
	live   capture.LiveOptions
}

func dumpCommand(env Env) *cli.Command {
	const capturing = "Capture:"
	return &cli.Command{
		Name:      "dump",
		Usage:     "print the packets that pass an interface",
		ArgsUsage: "[interface] [filter]",
		Description: "Captures on the interface named, on the first that is up if none is, or on all of them (any).\n" +
			"It needs the right to open packet sockets: root, or CAP_NET_RAW. Ctrl-C ends it and prints counts.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Category: capturing, Name: "i", Aliases: []string{"interface"}, Usage: "capture on `INTERFACE`, instead of naming it as an argument; any is all of them"},
			&cli.StringFlag{Category: capturing, Name: "r", Usage: "read packets from `FILE` instead of an interface, as decode does"},
			&cli.IntFlag{Category: capturing, Name: "s", Aliases: []string{"snapshot-length"}, Usage: fmt.Sprintf("keep the first `BYTES` of each packet; 0 means %d", capture.DefaultSnaplen)},
			&cli.BoolFlag{Category: capturing, Name: "p", Aliases: []string{"no-promiscuous-mode"}, Usage: "leave the interface's address filter as it is"},
			&cli.StringFlag{Category: capturing, Name: "Q", Aliases: []string{"direction"}, Value: "inout", Usage: "keep packets that go `DIRECTION`: in, out or inout"},
			&cli.BoolFlag{Category: capturing, Name: "immediate-mode", Usage: "get each packet as soon as it has come, at a higher cost: always so on a terminal"},
			&cli.IntFlag{Category: capturing, Name: "B", Aliases: []string{"buffer-size"}, Usage: "size of the kernel's buffer in `KIB`"},
			&cli.BoolFlag{Category: capturing, Name: "D", Aliases: []string{"list-interfaces"}, Usage: "list the interfaces and exit"},
		}, slices.Concat(saveFlags(), filterFlags(), outputFlags())...),
		Action: func(c *cli.Context) error {
			if c.Bool("D") {
				return listInterfaces(env)
			}
			if c.String("r") != "" {
				o, err := readDecode(c, env)
				if err != nil {
					return err
				}
				return decode(c.Context, env, o)
			}
			o, err := readDump(c, env)
			if err != nil {
				return err
			}
			return dump(c.Context, env, o)
		},
	}
}

func readDump(c *cli.Context, env Env) (o dumpOptions, err error) {
	if o.out, err = readOutput(c, env.Stdout); err != nil {
		return o, err
	}
	if o.save, err = readSave(c); err != nil {
		return o, err
	}
	o.live = capture.LiveOptions{
		Interface:      c.String("i"),
		Snaplen:        c.Int("s"),
		NotPromiscuous: c.Bool("p"),
		Buffer:         c.Int("B") << 10,
		Immediate:      c.Bool("immediate-mode") || o.save.file == "" && isTerminal(env.Stdout),
	}
	if o.live.Snaplen < 0 || o.live.Snaplen > capture.DefaultSnaplen {
		return o, usagef("-s %d: want 0 to %d bytes", o.live.Snaplen, capture.DefaultSnaplen)
	}
	if kib := c.Int("B"); kib < 0 || kib > 1<<20 || c.IsSet("B") && kib == 0 {
		return o, usagef("-B %d: want 1 to %d KiB", kib, 1<<20)
	}
	switch d := c.String("Q"); d {
	case "in":
		o.live.Direction = capture.DirIn
	case "out":
		o.live.Direction = capture.DirOut
	case "inout":
	default:
		return o, usagef("-Q %s: want in, out or inout", d)
	}
	args := c.Args().Slice()
	if o.live.Interface == "" && len(args) > 0 {
		o.live.Interface, args = args[0], args[1:]
	}
	o.filter, err = readFilter(c, args)
	return o, err
}

func dump(ctx context.Context, env Env, o dumpOptions) error {
	if o.live.Interface == "" {
		name, err := firstInterface()
		if err != nil {
			return err
		}
		o.live.Interface = name
	}
	if o.filter.dump > 0 {
		link, err := capture.InterfaceLink(o.live.Interface)
		if err != nil {
			return err
		}
		return o.filter.printProgram(env.Stdout, filter.Options{
			Link: link, Snaplen: o.live.Snaplen, Kernel: true, Netmask: netmaskOf(o.live.Interface),
		})
	}
	wanted, err := o.filter.liveFilter(&o.live, env.Stderr)
	if err != nil {
		return err
	}
	src, err := capture.NewLive(o.live)
	if err != nil {
		return err
	}
	defer src.Close()
	v, err := newViewer(env, src, o.out, o.save, capture.FileOptions{Nano: o.out.Nano})
	if err != nil {
		return err
	}
	if v.filter = wanted; wanted != nil {
		wanted.indexOf = func(i int) uint32 { return uint32(src.Interfaces()[i].Index) }
	}
	v.names = o.live.Interface == capture.AnyInterface
	first := src.Interfaces()[0]
	fmt.Fprintf(env.Stderr, "listening on %s, link-type %s (%s), snapshot length %d bytes\n",
		o.live.Interface, first.Link, first.Link.Description(), first.Snaplen)
	err = v.run(ctx, src)
	reportCounts(env.Stderr, v.seen, src)
	return err
}

// reportCounts prints what tcpdump prints when a capture ends.
func reportCounts(w io.Writer, seen int, src capture.Statser) {
	fmt.Fprintf(w, "%s captured\n", plural(uint64(seen), "packet"))
	stats, err := src.Stats()
	if err != nil {
		fmt.Fprintf(w, "smoltcp: dump: the kernel's counts are not to be had: %v\n", err)
		return
	}
	fmt.Fprintf(w, "%s received by filter\n", plural(stats.Received, "packet"))
	fmt.Fprintf(w, "%s dropped by kernel\n", plural(stats.Dropped, "packet"))
}

// firstInterface picks the interface that a person would most likely mean.
func firstInterface() (string, error) {
	all, err := capture.ListInterfaces()
	if err != nil {
		return "", err
	}
	for _, i := range all {
		if i.Up && !i.Loopback && i.Name != capture.AnyInterface {
			return i.Name, nil
		}
	}
	return capture.AnyInterface, nil
}

// listInterfaces prints a line for each interface: its number, its name, what it is and its addresses.
func listInterfaces(env Env) error {
	all, err := capture.ListInterfaces()
	if err != nil {
		return err
	}
	var b strings.Builder
	for n, i := range all {
		fmt.Fprintf(&b, "%d.%s", n+1, i.Name)
		if i.Description != "" {
			fmt.Fprintf(&b, " (%s)", i.Description)
		}
		var flags []string
		for _, f := range []struct {
			set  bool
			name string
		}{
			{i.Up, "Up"}, {i.Running, "Running"}, {i.Loopback, "Loopback"}, {i.Wireless, "Wireless"},
			{i.CarrierKnown && i.Carrier && !i.Loopback, "Connected"}, {i.CarrierKnown && !i.Carrier, "Disconnected"},
		} {
			if f.set {
				flags = append(flags, f.name)
			}
		}
		if flags == nil {
			flags = []string{"none"}
		}
		fmt.Fprintf(&b, " [%s]", strings.Join(flags, ", "))
		for _, a := range i.Addrs {
			fmt.Fprintf(&b, " %s", a)
		}
		b.WriteByte('\n')
	}
	_, err = io.WriteString(env.Stdout, b.String())
	return err
}
