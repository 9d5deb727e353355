package commands

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
)

// saveFlags are the flags that write packets to a file.
func saveFlags() []cli.Flag {
	const save = "Savefile:"
	return []cli.Flag{
		&cli.StringFlag{Category: save, Name: "w", Usage: "write the packets to `FILE` and print nothing: pcapng if it is called so, packed if it ends in .gz or .zst; - is standard output"},
		&cli.BoolFlag{Category: save, Name: "print", Usage: "print them as well"},
		&cli.StringFlag{Category: save, Name: "C", Usage: "begin another file when one is larger than `SIZE`: millions of bytes, or with k, m, g KiB, MiB, GiB. They are called FILE, FILE1, FILE2, ..., the number in front of .gz or .zst, and pass over files that are there already"},
		&cli.IntFlag{Category: save, Name: "G", Usage: "begin another file every `SECONDS`, by the packets' times; FILE is a strftime(3) format, like trace-%H%M%S.pcap"},
		&cli.IntFlag{Category: save, Name: "W", Usage: "with -C, keep `COUNT` files as a ring, FILE0, FILE1, ..., overwriting the oldest; with -G, stop after so many; with both, remove the oldest of more than so many"},
		&cli.StringFlag{Category: save, Name: "max-disk", Usage: "remove the oldest files of this capture before all together exceed `SIZE`, as for -C; without -C begin another when one has a quarter of that"},
		&cli.StringFlag{Category: save, Name: "z", Aliases: []string{"postrotate-command"}, Usage: "run `COMMAND` with the name of each finished file as its argument"},
		&cli.BoolFlag{Category: save, Name: "U", Aliases: []string{"packet-buffered"}, Usage: "write each packet to the file at once, and its text if it is printed"},
		&cli.StringFlag{Category: save, Name: "comment", Usage: "put `TEXT` at the beginning of a pcapng file"},
	}
}

// saveOptions is what saveFlags ask for.
type saveOptions struct {
	file  string // "" for none, "-" for standard output
	print bool   // print packets although they are saved
	flush bool   // each packet at once

	comment string // for a pcapng file; "" for none

	comments bool // packets will have comments, which only pcapng keeps

	rotation capture.Rotation
	command  string // -z; "" for none
}

func readSave(c *cli.Context) (o saveOptions, err error) {
	o = saveOptions{file: c.String("w"), print: c.Bool("print"), flush: c.Bool("U"), command: c.String("z"), comment: c.String("comment")}
	if o.rotation.Size, err = readSize(c, "C"); err != nil {
		return o, err
	}
	if o.rotation.DiskLimit, err = readSize(c, "max-disk"); err != nil {
		return o, err
	}
	o.rotation.Interval, o.rotation.Files = time.Duration(c.Int("G"))*time.Second, c.Int("W")
	r := &o.rotation
	switch {
	case o.file == "-" && o.print:
		return o, usagef("-w - --print: packets and text cannot both go to standard output")
	case c.IsSet("G") && (c.Int("G") <= 0 || c.Int("G") > 1<<31):
		return o, usagef("-G %d: want a number of seconds above 0", c.Int("G"))
	case c.IsSet("W") && (r.Files <= 0 || r.Files > 1<<20):
		return o, usagef("-W %d: want a number of files above 0", r.Files)
	case r.Files > 0 && r.Size == 0 && r.Interval == 0:
		return o, usagef("-W %d: only with -C or -G, which make more than one file", r.Files)
	case r.DiskLimit > 0 && r.DiskLimit < r.Size:
		return o, usagef("--max-disk %s: less than one file of -C %s", c.String("max-disk"), c.String("C"))
	case o.comment != "" && o.file == "":
		return o, usagef("--comment is for a pcapng file: name one with -w")
	case (r.Active() || o.command != "") && (o.file == "" || o.file == "-"):
		return o, usagef("-C, -G, --max-disk and -z are about files: name one with -w")
	}
	return o, nil
}

// readSize reads a size as tcpdump's -C has it: in millions of bytes, or in the binary unit of its suffix.
func readSize(c *cli.Context, flag string) (int64, error) {
	s := c.String(flag)
	if !c.IsSet(flag) {
		return 0, nil
	}
	digits, unit := s, int64(1_000_000)
	if n := len(s); n > 0 {
		switch s[n-1] | 0x20 {
		case 'k':
			digits, unit = s[:n-1], 1<<10
		case 'm':
			digits, unit = s[:n-1], 1<<20
		case 'g':
			digits, unit = s[:n-1], 1<<30
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || n > 1<<62/unit {
		return 0, usagef("%s %s: want a size above 0 in millions of bytes, or with k, m or g in KiB, MiB or GiB", dashed(flag), s)
	}
	return n * unit, nil
}

// postrotate gives the function that runs -z's command on a finished file, and does not wait for it.
func (o *saveOptions) postrotate(stdout, stderr io.Writer) func(name string) {
	if o.command == "" {
		return nil
	}
	return func(name string) {
		cmd := exec.Command(o.command, name)
		cmd.Stdout, cmd.Stderr = stdout, stderr
		if err := cmd.Start(); err != nil {
			fmt.Fprintf(stderr, "smoltcp: -z: %v\n", err)
			return
		}
		go func() {
			if err := cmd.Wait(); err != nil {
				fmt.Fprintf(stderr, "smoltcp: -z: %s %s: %v\n", o.command, name, err)
			}
		}()
	}
}

// newViewer makes the viewer that shows packets of src, saves them, or both.
func newViewer(env Env, src capture.Source, out outputOptions, save saveOptions, file capture.FileOptions) (*viewer, error) {
	v := &viewer{out: out, file: save.file, flush: save.flush}
	if save.file != "" {
		// Standard output has no name that tells its kind. A pcapng file may turn out to mix link types, which only pcapng
		// can hold; from several interfaces it keeps apart what came from which.
		ng := save.comments || save.comment != "" || len(interfacesOf(src)) > 1
		if file, ok := src.(interface{ Info() capture.FileInfo }); ok {
			ng = ng || file.Info().Format == capture.Pcapng
		}
		if (save.comments || save.comment != "") && save.file != "-" && !strings.Contains(save.file, ".pcapng") {
			fmt.Fprintf(env.Stderr, "smoltcp: -w %s: a pcap file has no place for comments; a name that ends in .pcapng keeps them\n", save.file)
		}
		file.Comment = save.comment
		w, err := save.create(env, interfacesOf(src), file, ng)
		if err != nil {
			return nil, err
		}
		while := timelyFile
		if save.file == "-" {
			while = timelyPipe
		}
		v.save, v.described = newTimelyWriter(w, while), len(interfacesOf(src))
	}
	if save.file == "" || save.print || out.tally.count {
		v.text = newTextWriter(env.Stdout, out.line || isTerminal(env.Stdout))
	}
	return v, nil
}

// create creates the savefile, or the first of many. ng asks for pcapng on standard output, which has no name that tells.
func (o *saveOptions) create(env Env, interfaces []capture.Interface, file capture.FileOptions, ng bool) (capture.Writer, error) {
	if !o.rotation.Active() && o.command == "" {
		return createFile(env, o.file, interfaces, file, ng)
	}
	file = describeFile(file)
	r := o.rotation
	r.Done = o.postrotate(env.Stdout, env.Stderr)
	told := false
	r.Taken = func(name, instead string) {
		if !told {
			fmt.Fprintf(env.Stderr, "smoltcp: -w %s: that file is there already and stays as it is; the first packets go to %s\n", name, instead)
		}
		told = true
	}
	return capture.NewRotator(o.file, interfaces, file, r)
}

// application is what savefiles say they were written by.
func application() string { return "smoltcp " + version() }

// describeFile adds what all savefiles say about who wrote them and where.
func describeFile(o capture.FileOptions) capture.FileOptions {
	o.Application = application()
	o.Hardware, o.OS = machine()
	return o
}

// createFile creates a savefile, or makes standard output one for "-".
func createFile(env Env, name string, interfaces []capture.Interface, o capture.FileOptions, ng bool) (capture.Writer, error) {
	o = describeFile(o)
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
	var w capture.Writer
	var err error
	if ng {
		w, err = capture.NewPcapngWriter(stdout, interfaces, o)
	} else {
		w, err = capture.NewPcapWriter(stdout, interfaces[0].Link, interfaces[0].Snaplen, o.Nano)
	}
	if err != nil {
		return nil, outputError(err)
	}
	return w, nil
}

// checkOverwrite refuses to save packets in the file that they are read from, which would empty it.
func checkOverwrite(from, to string) error {
	if from == "-" {
		from = "/dev/stdin"
	}
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
	var path *fs.PathError // of one of several files, perhaps
	if errors.As(err, &path) || strings.Contains(err.Error(), name) {
		return err
	}
	return fmt.Errorf("write %s: %w", name, err)
}
