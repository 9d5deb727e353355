package commands

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/urfave/cli/v2"

	"smoltcp/format"
)

// outputOptions is how packets are shown: what dump, decode and serve --trace share.
type outputOptions struct {
	format.Options
	kind  string // tree, line, json
	count int    // stop after so many packets; 0: never
	line  bool   // -l: write each packet out at once
	names *resolver
	tally tallyOptions
}

// outputFlags are the flags that fill an outputOptions, with tcpdump's letters.
func outputFlags() []cli.Flag {
	const show = "Output:"
	return []cli.Flag{
		&cli.StringFlag{Category: show, Name: "format", Value: "tree", Usage: "`SHAPE` of the output: tree, line (as tcpdump prints), json (one object a line)"},
		&cli.StringFlag{Category: show, Name: "color", Value: "auto", Usage: "colours: `WHEN` is auto (on a terminal, unless NO_COLOR is set), always, never"},
		counter(&cli.BoolFlag{Category: show, Name: "v", Usage: "every field with its value; -vv also its name in words and its place"}),
		&cli.BoolFlag{Category: show, Name: "q", Usage: "less about each packet"},
		&cli.BoolFlag{Category: show, Name: "e", Usage: "show the link-level header (line; the tree always does)"},
		&cli.BoolFlag{Category: show, Name: "n", Usage: "addresses and ports as numbers: the default, accepted for tcpdump's sake"},
		&cli.BoolFlag{Category: show, Name: "resolve", Usage: "hosts and ports as names, from /etc/hosts, /etc/services and DNS (line; beside the numbers in the tree; never in JSON)"},
		&cli.StringFlag{Category: show, Name: "resolve-wait", Usage: "with --resolve, let a packet wait for a name no longer than `TIME`: 0 for dump, where a name that is late shows with a later packet, and 1s for decode, unless said"},
		&cli.BoolFlag{Category: show, Name: "N", Usage: "with --resolve, names of hosts up to the first dot"},
		&cli.BoolFlag{Category: show, Name: "f", Usage: "with --resolve, IPv4 hosts that are not on the interface's network as numbers"},
		&cli.StringFlag{Category: show, Name: "T", Usage: "take what UDP or TCP carries to be of `TYPE`, whatever its ports: " + strings.Join(format.PacketTypes(), ", ")},
		&cli.BoolFlag{Category: show, Name: "S", Aliases: []string{"absolute-tcp-sequence-numbers"}, Usage: "TCP sequence numbers as they are, not relative (line)"},
		&cli.StringFlag{Category: show, Name: "M", Usage: "verify TCP-MD5 digests with `SECRET` (line)"},
		&cli.BoolFlag{Category: show, Name: "K", Aliases: []string{"dont-verify-checksums"}, Usage: "do not judge checksums (line)"},
		counter(&cli.BoolFlag{Category: show, Name: "t", Usage: "time: -t none, -tt seconds since 1970, -ttt since the packet before, -tttt with the date, -ttttt since the first"}),
		&cli.BoolFlag{Category: show, Name: "nano", Usage: "time with nine digits"},
		&cli.BoolFlag{Category: show, Name: "micro", Usage: "time with six digits: the default"},
		&cli.StringFlag{Category: show, Name: "time-stamp-precision", Usage: "micro or nano, as `PRECISION`"},
		&cli.BoolFlag{Category: show, Name: "#", Aliases: []string{"number"}, Usage: "number the packets"},
		counter(&cli.BoolFlag{Category: show, Name: "x", Usage: "the packet in hexadecimal, without its link header; -xx with it"}),
		counter(&cli.BoolFlag{Category: show, Name: "X", Usage: "in hexadecimal and ASCII; -XX with the link header"}),
		counter(&cli.BoolFlag{Category: show, Name: "A", Usage: "in ASCII; -AA with the link header"}),
		&cli.BoolFlag{Category: show, Name: "l", Usage: "write each packet out at once, also into a pipe or a file"},
		&cli.IntFlag{Category: show, Name: "c", Usage: "stop after `COUNT` packets"},
	}
}

// counter makes a flag that counts how often it was given; read it with c.Count.
func counter(f *cli.BoolFlag) *cli.BoolFlag {
	f.Count = new(int)
	f.DisableDefaultText = true
	return f
}

// readOutput makes the options from the flags, or says what is wrong with them.
func readOutput(c *cli.Context, stdout io.Writer) (outputOptions, error) {
	o := outputOptions{kind: c.String("format"), count: c.Int("c"), line: c.Bool("l")}
	o.Verbose, o.Quiet, o.LinkHeader = c.Count("v"), c.Bool("q"), c.Bool("e")
	o.AbsoluteSeq, o.Number = c.Bool("S"), c.Bool("#")
	o.MD5Secret = c.String("M")
	o.NoChecksum, o.InterfaceName = c.Bool("K"), interfaceName()
	o.Time = format.TimeStyle(min(c.Count("t"), int(format.TimeOffset)))
	switch p := c.String("time-stamp-precision"); p {
	case "", "micro":
		o.Nano = c.Bool("nano")
	case "nano":
		o.Nano = true
	default:
		return o, usagef("--time-stamp-precision %s: want micro or nano", p)
	}
	switch o.kind {
	case "tree", "line", "json":
	default:
		return o, usagef("--format %s: want tree, line or json", o.kind)
	}
	if err := o.readNames(c); err != nil {
		return o, err
	}
	if o.PacketType = c.String("T"); c.IsSet("T") && !slices.Contains(format.PacketTypes(), o.PacketType) {
		what := "no such packet type"
		if format.KnownPacketType(o.PacketType) {
			what = "not supported here"
		}
		return o, usagef("-T %s: %s (have: %s)", o.PacketType, what, strings.Join(format.PacketTypes(), ", "))
	}
	if o.count < 0 || c.IsSet("c") && o.count == 0 {
		return o, usagef("-c %d: want a number of packets above 0", o.count)
	}
	switch {
	case c.Count("X") > 1:
		o.Hex = format.HexASCIIFrame
	case c.Count("X") == 1:
		o.Hex = format.HexASCIIPacket
	case c.Count("x") > 1:
		o.Hex = format.HexFrame
	case c.Count("x") == 1:
		o.Hex = format.HexPacket
	case c.Count("A") > 1:
		o.Hex = format.ASCIIFrame
	case c.Count("A") == 1:
		o.Hex = format.ASCIIPacket
	}
	switch when := c.String("color"); when {
	case "auto":
		if os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(stdout) {
			o.Theme = format.DefaultTheme()
		}
	case "always":
		o.Theme = format.DefaultTheme()
	case "never":
	default:
		return o, usagef("--color %s: want auto, always or never", when)
	}
	return o, nil
}

// printer gives the printer that the options ask for.
func (o *outputOptions) printer() format.Printer {
	switch o.kind {
	case "line":
		return format.NewLine(o.Options)
	case "json":
		return format.NewJSON(o.Options)
	}
	return format.NewTree(o.Options)
}

// interfaceName gives a function that names this machine's interfaces by their numbers, "" for one that it has not. Cooked
// captures hold numbers alone.
func interfaceName() func(index int) string {
	return rememberNames(func(index int) string {
		i, err := net.InterfaceByIndex(index)
		if err != nil {
			return ""
		}
		return i.Name
	})
}

// rememberNames makes a function that gives what lookup does, and asks it once for each number.
func rememberNames(lookup func(index int) string) func(index int) string {
	names := make(map[int]string)
	return func(index int) string {
		name, ok := names[index]
		if !ok {
			name = lookup(index)
			if len(names) < 1<<16 { // interfaces come and go, and a file may hold any number
				names[index] = name
			}
		}
		return name
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// textWriter gathers the text of packets into large writes. What is written reaches the reader at once on a
// terminal or with -l, and within a tenth of a second otherwise, so that a slow capture into a pipe
// is seen as it happens.
type textWriter struct {
	mu    sync.Mutex
	w     io.Writer
	buf   []byte
	err   error
	eager bool
	timer *time.Timer
	armed bool
}

const (
	textWriterSize  = 64 << 10
	textWriterDelay = 100 * time.Millisecond
)

func newTextWriter(w io.Writer, eager bool) *textWriter {
	t := &textWriter{w: w, eager: eager, buf: make([]byte, 0, textWriterSize+4096)}
	t.timer = time.AfterFunc(time.Hour, t.expire)
	t.timer.Stop()
	return t
}

// append lets f add text to the buffer and gives the error of the last write.
func (t *textWriter) append(f func(b []byte) []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = f(t.buf)
	switch {
	case t.eager || len(t.buf) >= textWriterSize:
		t.flush()
	case !t.armed:
		t.armed = true
		t.timer.Reset(textWriterDelay)
	}
	return t.err
}

// write writes text behind what is in the buffer, at once.
func (t *textWriter) write(text []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush()
	if t.err == nil && len(text) > 0 {
		_, t.err = t.w.Write(text)
	}
	return t.err
}

func (t *textWriter) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush()
}

func (t *textWriter) flush() {
	t.armed = false
	if t.err == nil && len(t.buf) > 0 {
		_, t.err = t.w.Write(t.buf)
	}
	t.buf = t.buf[:0]
}

// Flush writes out what is left and gives the first error of all writes.
func (t *textWriter) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer.Stop()
	t.flush()
	return t.err
}

// outputError says in one line why text could not be written.
func outputError(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return errors.New("standard output was closed by its reader")
	}
	return errors.New("standard output: " + strings.TrimPrefix(err.Error(), "write /dev/stdout: "))
}
