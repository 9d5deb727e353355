package capture

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// errWriterClosed is what writing to a capture file gives after Close.
var errWriterClosed = errors.New("capture file is closed")

// FileOptions says what a capture file is to hold besides packets.
type FileOptions struct {
	// Nano asks for nanoseconds in a pcap file; pcapng always has them.
	Nano bool
	// Application and Filter go into a pcapng file: the program that wrote it, and the filter expression that
	// the packets of every interface have passed.
	Application, Filter string
}

// Create makes the capture file called name, or empties it, for packets of the given interfaces, of which there
// must be one at least. A name that ends in .pcapng makes a PcapngWriter, any other a PcapWriter, which
// needs all interfaces to have one link type; .gz or .zst behind that compresses.
func Create(name string, interfaces []Interface, o FileOptions) (Writer, error) {
	return createAs(name, name, interfaces, o)
}

// createAs is Create for a file whose kind another name tells.
func createAs(kind, name string, interfaces []Interface, o FileOptions) (Writer, error) {
	base, c := splitCompression(kind)
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
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	out := output{w: f, file: f}
	if c != Plain {
		if out.pack, err = compress(c, f); err != nil {
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
