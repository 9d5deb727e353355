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
	file   string // "-" is standard input
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
			&cli.IntFlag{Name: "s", Aliases: []string{"snapshot-length"}, Usage: "accepted for tcpdump's sake: a file keeps what it has of each packet (`BYTES`)"},
		}, slices.Concat(saveFlags(), filterFlags(), outputFlags())...),
		Action: func(c *cli.Context) error {
			o, err := readDecode(c, env)
			if err != nil {
				return err
			}
			return decode(c.Context, env, o)
		},
	}
}

func readDecode(c *cli.Context, env Env) (o decodeOptions, err error) {
	o.file = c.String("r")
	if o.out, err = readOutput(c, env.Stdout); err != nil {
		return o, err
	}
	if o.save, err = readSave(c); err != nil {
		return o, err
	}
	args := c.Args().Slice()
	if o.file == "" {
		if len(args) == 0 {
			return o, usagef("which file? (smoltcp decode FILE, or - for standard input)")
		}
		o.file, args = args[0], args[1:]
	}
	o.filter, err = readFilter(c, args)
	return o, err
}

func decode(ctx context.Context, env Env, o decodeOptions) error {
	if err := checkOverwrite(o.file, o.save.file); err != nil {
		return err
	}
	src, err := openFile(ctx, env, o.file)
	if ctx.Err() != nil {
		return nil // interrupted before anything came
	}
	if err != nil {
		return err
	}
	defer src.Close()
	if o.filter.dump > 0 {
		return o.filter.printProgram(env.Stdout, filter.Options{Link: src.Info().Link, File: true, BigEndian: src.Info().BigEndian})
	}
	wanted, err := o.filter.fileFilter(src, env.Stderr)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, "reading from file %s, %s\n", o.file, src.Info())
	v, err := newViewer(env, src, o.out, o.save, capture.FileOptions{Nano: src.Info().Nano})
	if err != nil {
		return err
	}
	v.filter = wanted
	return v.run(ctx, src)
}

// openFile opens a capture file, or standard input for "-".
func openFile(ctx context.Context, env Env, name string) (*capture.Reader, error) {
	if name == "-" {
		return capture.NewReader(newInterruptible(ctx, env.Stdin), "standard input")
	}
	return capture.Open(name)
}
