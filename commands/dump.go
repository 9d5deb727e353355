package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/capture/filter"
	"smoltcp/dissect"
)

// dumpOptions is what a dump command line asks for.
type dumpOptions struct {
	out    outputOptions
	save   saveOptions
	filter filterOptions
	live   capture.LiveOptions // what the captures on all interfaces have in common

	interfaces []string      // with -d there may be none
	netns      string        // "" for the process's own
	duration   time.Duration // 0: until it is stopped
	link       *dissect.LinkType
	needs      needs

	process bool // --process
}

func dumpCommand(env Env) *cli.Command {
	const capturing = "Capture:"
	return &cli.Command{
		Name:      "dump",
		Usage:     "print the packets that pass an interface",
		ArgsUsage: "[interface...] [filter]",
		Description: "Captures on the interfaces named, on the first that is up if none is, or on all of them (any).\n" + interfaceRule + "\n" +
			"It needs the right to open packet sockets: root, or CAP_NET_RAW. Ctrl-C ends it and prints counts; SIGUSR1\n" +
			"prints them and goes on, SIGUSR2 writes out what is buffered of the savefile.\n" +
			"If a filter misses packets only because of their VLAN tags, a line says so within ten seconds.",
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Category: capturing, Name: "i", Aliases: []string{"interface"}, Usage: "capture on `INTERFACE`, instead of naming it as an argument: a name, any for all, or a number of -D; may be repeated"},
			&cli.StringFlag{Category: capturing, Name: "netns", Usage: "capture in the network namespace `NAME`, one of ip netns or a path such as /proc/PID/ns/net"},
			&cli.StringFlag{Category: capturing, Name: "r", Usage: "read packets from `FILE` instead of an interface, as decode does"},
			filesFlag(capturing),
			&cli.IntFlag{Category: capturing, Name: "s", Aliases: []string{"snapshot-length"}, Usage: fmt.Sprintf("keep the first `BYTES` of each packet; 0 means %d", capture.DefaultSnaplen)},
			&cli.BoolFlag{Category: capturing, Name: "p", Aliases: []string{"no-promiscuous-mode"}, Usage: "leave the interface's address filter as it is"},
			&cli.StringFlag{Category: capturing, Name: "Q", Aliases: []string{"direction"}, Value: "inout", Usage: "keep packets that go `DIRECTION`: in, out or inout"},
			&cli.BoolFlag{Category: capturing, Name: "immediate-mode", Usage: "get each packet as soon as it has come, at a higher cost: always so on a terminal"},
			&cli.IntFlag{Category: capturing, Name: "B", Aliases: []string{"buffer-size"}, Usage: "size of the kernel's buffer in `KIB`"},
			processFlag(capturing),
			&cli.StringFlag{Category: capturing, Name: "duration", Usage: "end after `TIME`, also if nothing comes: seconds, or with a unit like 90s, 5m, 1h30m"},
			&cli.BoolFlag{Category: capturing, Name: "D", Aliases: []string{"list-interfaces"}, Usage: "list the interfaces and exit"},
			&cli.BoolFlag{Category: capturing, Name: "L", Aliases: []string{"list-data-link-types"}, Usage: "list the link types of the interfaces and exit"},
			&cli.StringFlag{Category: capturing, Name: "y", Aliases: []string{"linktype"}, Usage: "capture packets of link type `NAME`, which must be one of -L; with -d, compile for it"},
			&cli.BoolFlag{Category: capturing, Name: "J", Aliases: []string{"list-time-stamp-types"}, Usage: "list the types of time stamps and exit"},
			&cli.StringFlag{Category: capturing, Name: "j", Aliases: []string{"time-stamp-type"}, Usage: "type of time stamps: the kernel's, `host`, is the only one"},
			&cli.BoolFlag{Category: capturing, Name: "I", Aliases: []string{"monitor-mode"}, Usage: "refused: it says how to set monitor mode"},
			versionFlag(),
		}, slices.Concat(saveFlags(), filterFlags(), outputFlags(), tallyFlags(), privilegeFlags(), compatFlags())...),
		Action: func(c *cli.Context) error {
			if c.Bool("version") {
				cli.ShowVersion(c)
				return nil
			}
			if c.Bool("D") {
				return listInterfaces(env, c.String("netns"))
			}
			if c.String("r") != "" || c.String("V") != "" {
				for _, flag := range []string{"duration", "netns"} {
					if c.IsSet(flag) {
						return usagef("--%s: only while packets are captured, and these come from a file", flag)
					}
				}
				o, err := readDecode(c, env)
				if err != nil {
					return err
				}
				return decode(c.Context, env, o)
			}
			o, err := readDump(c, env)
			switch {
			case err != nil:
				return err
			case c.Bool("L"):
				return o.listLinkTypes(env)
			case c.Bool("J"):
				return o.listTimeStampTypes(env)
			}
			warnCompat(c, env.Stderr)
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
	o.needs, o.process = needsOf(c, o.save), c.Bool("process")
	o.live = capture.LiveOptions{
		Snaplen:        c.Int("s"),
		NotPromiscuous: c.Bool("p"),
		Buffer:         c.Int("B") << 10,
		Immediate:      c.Bool("immediate-mode") || o.process || o.save.file == "" && isTerminal(env.Stdout),
	}
	if o.out.tally, err = readTally(c); err != nil {
		return o, err
	}
	if c.Bool("U") && (o.save.file == "" || o.save.print) {
		o.out.line = true
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
	o.netns = c.String("netns")
	if c.IsSet("duration") {
		if o.duration, err = readSpan("--duration", c.String("duration")); err != nil {
			return o, err
		}
	}
	if name := c.String("y"); name != "" {
		link, err := linkTypeByName(name)
		if err != nil {
			return o, err
		}
		o.link = &link
	}
	if c.Bool("I") {
		return o, usagef("-I: set monitor mode first: sudo ip link set IFACE down; sudo iw dev IFACE set type monitor; sudo ip link set IFACE up")
	}
	if err := checkTimeStampType(c.String("j"), env.Stderr); err != nil {
		return o, err
	}
	o.filter.dump = c.Count("d") // with -d no interface need be there
	words, err := o.chooseInterfaces(c.StringSlice("i"), c.Args().Slice())
	if err != nil {
		return o, err
	}
	if c.Bool("f") && o.netns == "" {
		o.out.foreignTo(o.interfaces)
	}
	o.filter, err = readFilter(c, words)
	return o, err
}

func dump(ctx context.Context, env Env, o dumpOptions) error {
	if o.filter.dump > 0 {
		return o.printProgram(env)
	}
	src, missed, err := o.open(env)
	if err != nil {
		return err
	}
	defer src.Close()
	defer missed.stop()
	var process *processFinder
	if o.process {
		if process, err = newProcessFinder(env, o.netns, o.needs); err != nil {
			return err
		}
		defer process.close()
		o.save.comments = true
	}
	privileges, err := env.relinquish(o.needs)
	if err != nil {
		return err
	}
	o.out.InterfaceName = rememberNames(src.InterfaceName)
	v, err := newViewer(env, src, o.out, o.save, capture.FileOptions{Nano: o.out.Nano, Filter: strings.TrimSpace(o.filter.expr)})
	if err != nil {
		return err
	}
	v.process = process
	v.names = len(o.interfaces) > 1 || o.interfaces[0] == capture.AnyInterface
	if err := privileges.finish(); err != nil {
		return err
	}
	stopAnswers := answerSignals(env.Stderr, v, src, o.out.Verbose > 0 && v.text == nil)
	for _, i := range src.Interfaces() {
		fmt.Fprintf(env.Stderr, "listening on %s, link-type %s (%s), snapshot length %d bytes\n",
			i.Name, i.Link, i.Link.Description(), i.Snaplen)
	}
	if o.duration > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, o.duration)
		defer stop()
	}
	missed.run(env.Stderr)
	ctx, leave := context.WithCancelCause(ctx)
	if v.text != nil || o.save.file == "-" {
		go func() {
			if awaitReaderGone(env.Stdout, ctx.Done()) {
				leave(syscall.EPIPE)
			}
		}()
	}
	err = v.run(ctx, src)
	if err == nil && context.Cause(ctx) == syscall.EPIPE {
		err = outputError(syscall.EPIPE)
	}
	leave(nil)
	stopAnswers()
	missed.stop()
	reportCounts(env.Stderr, v.seen, src)
	return err
}

// liveSource is a live capture on one interface or more.
type liveSource interface {
	capture.Source
	capture.Interfaces
	capture.Statser
	InterfaceName(index int) string
	Stop() error
}

// open starts the captures, each with its filter, and the watch for what the filters miss.
func (o *dumpOptions) open(env Env) (src liveSource, missed *unseen, err error) {
	var lives []*capture.Live
	defer func() {
		if err != nil {
			for _, l := range lives {
				l.Close()
			}
		}
	}()
	err = capture.InNamespace(o.netns, func() error {
		options := make([]capture.LiveOptions, len(o.interfaces))
		programs := make([]*liveProgram, len(o.interfaces))
		for i, name := range o.interfaces {
			options[i] = o.live
			options[i].Interface = name
			link, err := capture.InterfaceLink(name)
			if err != nil {
				return err
			}
			if o.link != nil && *o.link != link {
				return usagef("-y %v: packets of %s are captured as %v", *o.link, name, link)
			}
			if programs[i], err = o.filter.liveFilter(&options[i], env.Stderr); err != nil {
				return err
			}
		}
		for i := range options {
			l, err := capture.NewLive(options[i])
			if errors.Is(err, capture.ErrFilterRefused) {
				programs[i].fallBack(&options[i], err, env.Stderr)
				l, err = capture.NewLive(options[i])
			}
			if err != nil {
				return err
			}
			lives = append(lives, l)
		}
		missed = watchUnseen(options, programs)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(lives) == 1 {
		return lives[0], missed, nil
	}
	all := capture.Merge(lives)
	all.Lost = func(err error) { fmt.Fprintf(env.Stderr, "smoltcp: dump: %v; the capture goes on\n", err) }
	return all, missed, nil
}

// printProgram prints the compiled filter for the link type of -y, or that of the first interface, or else Ethernet.
func (o *dumpOptions) printProgram(env Env) error {
	opts := filter.Options{Link: dissect.LinkEthernet, Snaplen: o.live.Snaplen, Kernel: true}
	if len(o.interfaces) > 0 {
		links, err := o.links()
		if err != nil {
			return err
		}
		opts.Link = links[0]
		if err := capture.InNamespace(o.netns, func() error {
			opts.Netmask = netmaskOf(o.interfaces[0])
			return nil
		}); err != nil {
			return err
		}
	}
	if o.link != nil {
		opts.Link = *o.link
	}
	return o.filter.printProgram(env.Stdout, opts)
}
