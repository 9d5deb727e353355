package commands

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
)

// saveFlags are the flags that write packets to a file.
func saveFlags() []cli.Flag {
	const save = "Savefile:"
	return []cli.Flag{
		&cli.StringFlag{Category: save, Name: "w", Usage: "write the packets to `FILE` and print nothing: pcapng if it is called so, packed if it ends in .gz or .zst; - is standard output"},
		&cli.BoolFlag{Category: save, Name: "print", Usage: "print them as well"},
		&cli.BoolFlag{Category: save, Name: "U", Aliases: []string{"packet-buffered"}, Usage: "write each packet to the file at once"},
	}
}

// saveOptions is what saveFlags ask for.
type saveOptions struct {
	file  string // "" for none, "-" for standard output
	print bool   // print packets although they are saved
	flush bool   // each packet at once
}

func readSave(c *cli.Context) (saveOptions, error) {
	o := saveOptions{file: c.String("w"), print: c.Bool("print"), flush: c.Bool("U")}
	if o.file == "-" && o.print {
		return o, usagef("-w - --print: packets and text cannot both go to standard output")
	}
	return o, nil
}

// newViewer makes the viewer that shows packets of src, saves them, or both.
func newViewer(env Env, src capture.Source, out outputOptions, save saveOptions, file capture.FileOptions) (*viewer, error) {
	v := &viewer{out: out, file: save.file, flush: save.flush}
	if save.file != "" {
		w, err := createFile(env, save.file, interfacesOf(src), file)
		if err != nil {
			return nil, err
		}
		v.save, v.described = w, len(interfacesOf(src))
	}
	if save.file == "" || save.print {
		v.text = newTextWriter(env.Stdout, out.line || isTerminal(env.Stdout))
	}
	return v, nil
}

// createFile creates a savefile, or makes standard output one for "-".
func createFile(env Env, name string, interfaces []capture.Interface, o capture.FileOptions) (capture.Writer, error) {
	o.Application = "smoltcp " + version()
	if name != "-" {
		return capture.Create(name, interfaces, o)
	}
	if isTerminal(env.Stdout) {
		return nil, errors.New("-w -: standard output is a terminal, and packets are binary: name a file, or pipe them")
	}
	if len(interfaces) == 0 {
		return nil, errors.New("-w -: the packets come from no interface that is known, so there is nothing to write")
	}
	// The bytes must go through Write alone: a savefile would cut off a half-written packet, and close the stream.
	stdout := struct{ io.Writer }{env.Stdout}
	link, snaplen := interfaces[0].Link, interfaces[0].Snaplen
	for _, i := range interfaces[1:] {
		if i.Link != link {
			return capture.NewPcapngWriter(stdout, interfaces, o)
		}
	}
	return capture.NewPcapWriter(stdout, link, snaplen, o.Nano)
}

// checkOverwrite refuses to save packets in the file that they are read from, which would empty it.
func checkOverwrite(from, to string) error {
	a, errA := os.Stat(from)
	b, errB := os.Stat(to)
	if errA == nil && errB == nil && a.Mode().IsRegular() && os.SameFile(a, b) {
		return usagef("-w %s: that is the file being read, and writing would empty it", to)
	}
	return nil
}

// saveError names the file in an error of writing to it.
func saveError(name string, err error) error {
	if name == "-" {
		return outputError(err)
	}
	if strings.Contains(err.Error(), name) {
		return err
	}
	return fmt.Errorf("write %s: %w", name, err)
}
