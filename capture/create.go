package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// errWriterClosed is what writing to a capture file gives after Close.
var errWriterClosed = errors.New("capture file is closed")

// FileOptions says what a capture file is to hold besides packets.
type FileOptions struct {
	// Nano asks for nanoseconds in a pcap file; pcapng always has them.
	Nano bool
	// Application, Hardware and OS go into a pcapng file: the program that wrote it and the machine it ran on. Filter is the
	// expression that the packets of every interface have passed, Comment is whatever a person has to say.
	Application, Hardware, OS, Filter, Comment string
}

// Create makes the capture file called name, or empties it, for packets of the given interfaces, of which there
// must be one at least. A name that ends in .pcapng makes a PcapngWriter, any other a PcapWriter, which
// needs all interfaces to have one link type; .gz or .zst behind that compresses.
func Create(name string, interfaces []Interface, o FileOptions) (Writer, error) {
	return createAs(name, name, replaceFile, interfaces, o)
}

// creation says what is done with a file that is there already.
type creation bool

const (
	replaceFile creation = false // it is emptied
	newFile     creation = true  // it is left as it is, for an error fs.ErrExist, unless it is empty or no regular file
)

// errWritten says that two programs would write to one file, which neither could read then.
var errWritten = errors.New("another capture is being written to it")

// open opens a file to be written, which is this program's alone until it is closed.
func (c creation) open(name string) (*os.File, error) {
	if c == newFile {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			lock(f)
		}
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
		if st, statErr := os.Stat(name); statErr != nil || st.Mode().IsRegular() && st.Size() > 0 {
			return nil, err
		}
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return f, nil // a pipe, or a device
	}
	if !lock(f) {
		err = errWritten
	} else {
		err = f.Truncate(0)
	}
	if err != nil {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return f, nil
}

// createAs is Create for a file whose kind another name tells.
func createAs(kind, name string, c creation, interfaces []Interface, o FileOptions) (Writer, error) {
	base, packing := splitCompression(kind)
	ng := strings.HasSuffix(base, ".pcapng")
	if len(interfaces) == 0 {
		return nil, fmt.Errorf("create %s: no interface to write packets of", name)
	}
	link, snaplen := interfaces[0].Link, 0
	for _, i := range interfaces {
		if i.Link != link && !ng {
			return nil, fmt.Errorf("create %s: a pcap file cannot mix link types %v and %v: use a name that ends in .pcapng", name, link, i.Link)
		}
		if i.Snaplen == 0 {
			snaplen = maxRecord // no limit
		}
		snaplen = max(snaplen, i.Snaplen)
	}
	f, err := c.open(name)
	if err != nil {
		return nil, err
	}
	out := output{w: f, file: f}
	if packing != Plain {
		out.packed = &countingWriter{w: f}
		if out.pack, err = compress(packing, out.packed); err != nil {
			f.Close()
			return nil, err
		}
		out.w = out.pack
	}
	var w Writer
	if ng {
		w, err = newPcapngWriter(out, interfaces, o)
	} else {
		w, err = newPcapWriter(out, link, snaplen, o.Nano)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return w, nil
}
