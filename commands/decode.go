package commands

import (
	"context"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/capture/filter"
)

// decodeOptions is what a decode command line asks for.
type decodeOptions struct {
	out    outputOptions
	save   saveOptions
	filter filterOptions
	needs  needs
	files  []string // "-" is standard input
}

func decodeCommand(env Env) *cli.Command {
	return &cli.Command{
		Name:      "decode",
		Usage:     "print what a capture file holds",
		ArgsUsage: "file [filter]",
		Description: "Reads pcap and pcapng, as they are or compressed with gzip or zstd; - is standard input.\n" +
			"A damaged file is printed as far as it can be read; then the place of the damage is named.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "r", Usage: "read packets from `FILE`, instead of naming it as an argument"},
			filesFlag(""),
			&cli.IntFlag{Name: "s", Aliases: []string{"snapshot-length"}, Usage: "accepted for tcpdump's sake: a file keeps what it has of each packet (`BYTES`)"},
		}, slices.Concat(saveFlags(), filterFlags(), outputFlags(), tallyFlags(), privilegeFlags(), compatFlags(), fileCompatFlags())...),
		Action: func(c *cli.Context) error {
			if c.Bool("version") {
				cli.ShowVersion(c)
				return nil
			}
			o, err := readDecode(c, env)
			if err != nil {
				return err
			}
			return decode(c.Context, env, o)
		},
	}
}

func readDecode(c *cli.Context, env Env) (o decodeOptions, err error) {
	if o.out, err = readOutput(c, env.Stdout); err != nil {
		return o, err
	}
	o.out.waitForNames(c)
	if c.Bool("f") {
		return o, usagef("-f: only while packets are captured: a file does not tell which network the interface was on")
	}
	if s := c.Int("s"); s < 0 || s > capture.DefaultSnaplen {
		return o, usagef("-s %d: want 0 to %d bytes", s, capture.DefaultSnaplen)
	}
	if o.save, err = readSave(c); err != nil {
		return o, err
	}
	if c.Bool("process") {
		return o, usagef("--process: only while packets are captured: a file does not tell whose sockets they were")
	}
	o.needs = needsOf(c, o.save)
	if o.out.tally, err = readTally(c); err != nil {
		return o, err
	}
	args := c.Args().Slice()
	switch file, list := c.String("r"), c.String("V"); {
	case file != "" && list != "":
		return o, usagef("-V and -r both say what to read")
	case list != "":
		if o.files, err = readFileList(env, list); err != nil {
			return o, err
		}
	case file != "":
		o.files = []string{file}
	case len(args) == 0:
		return o, usagef("which file? (smoltcp decode FILE, or - for standard input)")
	default:
		o.files, args = args[:1], args[1:]
	}
	warnCompat(c, env.Stderr)
	o.filter, err = readFilter(c, args)
	return o, err
}

func decode(ctx context.Context, env Env, o decodeOptions) error {
	for _, file := range o.files {
		if err := checkOverwrite(file, o.save.file); err != nil {
			return err
		}
	}
	if o.filter.dump > 0 {
		src, err := openFile(ctx, env, o.files[0])
		if err != nil {
			return err
		}
		defer src.Close()
		return o.filter.printProgram(env.Stdout, filter.Options{Link: src.Info().Link, File: true, BigEndian: src.Info().BigEndian})
	}
	var (
		v               *viewer
		wanted          *packetFilter // of the current file
		matched, missed = false, uint64(0)
	)
	count := func() {
		if wanted != nil {
			matched, missed = matched || wanted.matched, missed+wanted.missed
		}
	}
	begin := func(r *capture.Reader, name string) (err error) {
		count()
		if wanted, err = o.filter.fileFilter(r, env.Stderr); err != nil {
			return err
		}
		fmt.Fprintf(env.Stderr, "reading from file %s, %s\n", name, r.Info())
		if v != nil {
			v.filter = wanted
		}
		return nil
	}
	src, err := o.open(ctx, env, begin)
	if ctx.Err() != nil {
		return nil // interrupted before anything came
	}
	if err != nil {
		return err
	}
	defer src.Close()
	o.needs.read = o.files[1:]
	privileges, err := env.relinquish(o.needs)
	if err != nil {
		return err
	}
	if v, err = newViewer(env, src, o.out, o.save, capture.FileOptions{Nano: src.Info().Nano}); err != nil {
		return err
	}
	v.filter = wanted
	if err := privileges.finish(); err != nil {
		return err
	}
	stopAnswers := answerSignals(env.Stderr, v, nil, false)
	err = v.run(ctx, src)
	stopAnswers()
	if count(); !matched {
		warnUnseen(env.Stderr, "decode", missed)
	}
	return err
}

// fileSource is a source of the packets of files.
type fileSource interface {
	capture.Source
	Info() capture.FileInfo // of the current file
}

// open opens the files and begins the first.
func (o *decodeOptions) open(ctx context.Context, env Env, begin func(r *capture.Reader, name string) error) (fileSource, error) {
	if len(o.files) == 1 {
		r, err := openFile(ctx, env, o.files[0])
		if err != nil {
			return nil, err
		}
		if err := begin(r, o.files[0]); err != nil {
			r.Close()
			return nil, err
		}
		return r, nil
	}
	s, err := openFiles(ctx, env, o.files)
	if err != nil {
		return nil, err
	}
	s.begin = begin
	if err := s.open(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// openFile opens a capture file, or standard input for "-".
func openFile(ctx context.Context, env Env, name string) (*capture.Reader, error) {
	if name == "-" {
		return capture.NewReader(newInterruptible(ctx, env.Stdin), "standard input")
	}
	return capture.Open(name)
}
