package capture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/klauspost/compress/zstd"

	"smoltcp/dissect"
)

// DefaultSnaplen is the snaplen that tcpdump uses unless told otherwise, and the longest packet that a file of a
// common link type may hold.
const DefaultSnaplen = 262144

// maxRecord bounds a packet of any link type and a pcapng block that is interpreted, in bytes. (libpcap would read
// up to 128 MiB of USB and D-Bus; what is met of them is far below this.)
const maxRecord = 16 << 20

// maxCaplen is the longest packet that a file of link type t may hold; a length above it is damage. The numbers are
// libpcap's, as far as maxRecord goes.
func maxCaplen(t dissect.LinkType) int {
	switch t {
	case 189, 220, 231, 249, 266: // USB as Linux (two forms), Windows and macOS capture it, and D-Bus
		return maxRecord
	case 279: // EBHSCR, an automotive logger
		return 8 << 20
	}
	return DefaultSnaplen
}

// snapLimits gives the length at which packets were cut, as a file says it for link type t, and the
// length above which a packet is damage. A snaplen that is zero, or that is no positive number of 32 bits, means none.
func snapLimits(t dissect.LinkType, snaplen uint32) (cut, limit int) {
	limit = maxCaplen(t)
	if snaplen == 0 || snaplen > math.MaxInt32 {
		return limit, limit
	}
	return int(snaplen), max(limit, min(int(snaplen), maxRecord))
}

// Format is a kind of capture file.
type Format uint8

const (
	Pcap Format = iota
	Pcapng
)

// String is the format's name.
func (f Format) String() string { return [...]string{"pcap", "pcapng"}[f%2] }

// FileInfo describes a capture file. For pcapng, which may mix all of it, it is about the first section and
// the first interface, as far as they come before the first packet.
type FileInfo struct {
	Format       Format
	Compression  Compression
	BigEndian    bool
	Major, Minor uint16 // version of the format
	Link         dissect.LinkType
	Snaplen      int  // bytes; never zero: where the file sets no limit it is the link type's
	Nano         bool // time stamps are finer than microseconds
}

// String is what tcpdump says of a file: "link-type EN10MB (Ethernet), snapshot length 262144".
func (i FileInfo) String() string {
	if d := i.Link.Description(); d != "" {
		return fmt.Sprintf("link-type %v (%s), snapshot length %d", i.Link, d, i.Snaplen)
	}
	return fmt.Sprintf("link-type %v, snapshot length %d", i.Link, i.Snaplen)
}

// Reader is a Source that reads a capture file: pcap with microseconds or nanoseconds, or pcapng, in
// either byte order, plain or packed with gzip or zstd. It implements Interfaces and Statser.
//
// It holds one buffer of 256 KiB, which grows only for a single packet that is larger; 16 MiB is the most.
// A packet is lent out of that buffer and is returned as soon as the file has all of it, so that a pipe can be
// followed.
//
// Damage that leaves it clear where the next packet starts (in the options of a pcapng block, for
// instance) is stepped over and reported at the end of the file in place of io.EOF; any other ends the
// reading. Either way there is one error, a *FormatError.
type Reader struct {
	name   string
	in     input
	closer io.Closer // what Open opened
	info   FileInfo

	regular bool
	shared  *sharing // nil until Share

	started bool         // the beginning of the file has been understood
	packets int64        // returned so far
	err     error        // what every further Next returns
	skipped *FormatError // the first damage that was stepped over

	interfaces []Interface
	pcap       pcapFile
	ng         ngFile
}

// Open opens the capture file called name. See NewReader for the errors.
func Open(name string) (*Reader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	r, err := NewReader(f, name)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.closer = f
	return r, nil
}

// NewReader reads a capture file from src, which remains the caller's to close; name stands for it in
// errors. The beginning of the file is read here, up to the first interface of a pcapng file: the error is a
// *FormatError if that is no capture file. Damage further on is left for Next.
func NewReader(src io.Reader, name string) (*Reader, error) {
	r := &Reader{name: name, in: input{src: src}}
	if f, ok := src.(*os.File); ok {
		st, err := f.Stat()
		r.regular = err == nil && st.Mode().IsRegular()
	}
	head, err := r.in.peek(len(magicBytes{}))
	if c := detectCompression(head); c != Plain {
		r.info.Compression = c
		rest := io.MultiReader(bytes.NewReader(head), src)
		unpacked, unpackErr := decompress(c, bufio.NewReaderSize(rest, packedBlock))
		if unpackErr != nil {
			return nil, r.ended(0, "", 0, 0, unpackErr)
		}
		r.in = input{src: unpacked}
		head, err = r.in.peek(len(magicBytes{}))
	}
	switch {
	case len(head) == 0 && err == io.EOF:
		return nil, r.damage(0, "", "empty file: not a pcap or pcapng capture")
	case len(head) < len(magicBytes{}) && err == io.EOF:
		return nil, r.damage(0, "", "file of %d bytes: too short for a pcap or pcapng capture", len(head))
	case len(head) < len(magicBytes{}):
		return nil, r.ended(0, "", len(head), int64(len(magicBytes{})), err)
	}
	switch magic := magicBytes(head); {
	case magic == ngMagic:
		r.info.Format = Pcapng
		err = r.startPcapng()
	case r.pcap.detect(magic):
		err = r.startPcap()
	default:
		err = r.damage(0, "", "%s", notACapture(head))
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// magicBytes are the first bytes of a file, by which its format is known.
type magicBytes [4]byte

// Next gives the following packet. Its bytes and comment are good until the call after this one. After Close the
// error wraps fs.ErrClosed, once what is buffered has been read.
func (r *Reader) Next() (p Packet, err error) {
	if r.err != nil {
		return p, r.err
	}
	if r.info.Format == Pcap {
		err = r.nextPcap(&p)
	} else {
		err = r.nextPcapng(&p)
	}
	if err != nil {
		r.err = r.last(err)
		return Packet{}, r.err
	}
	r.packets++
	return p, nil
}

// Regular reports whether all of it is there already: it is a regular file, which keeps no reader waiting.
func (r *Reader) Regular() bool { return r.regular }

// Info describes the file.
func (r *Reader) Info() FileInfo { return r.info }

// Interfaces gives the interfaces described so far. A pcap file has one, which has no name. In a pcapng file of
// several sections an interface that is described again, in the same place, remains the same. The slice is
// the reader's own.
func (r *Reader) Interfaces() []Interface { return r.interfaces }

// Stats gives what the file says about its capture, as far as it has been read: the interface statistics and drop
// counts of pcapng. Where the file does not say how many packets were received, those that were read count.
func (r *Reader) Stats() (Stats, error) {
	s := r.ng.stats()
	if s.Received == 0 {
		s.Received = uint64(r.packets)
	}
	return s, nil
}

// Close closes the file if Open opened it. It may be called while Next waits in another goroutine.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// last is the error that ends the reading, given what did: at the end of the file, the damage that was stepped over.
func (r *Reader) last(err error) error {
	if r.skipped == nil {
		return err
	}
	if err == io.EOF {
		return r.skipped
	}
	if e, ok := err.(*FormatError); ok {
		e.Others = 1 + r.skipped.Others
	}
	return err
}

// damage makes the error for a record or block that starts at offset at.
func (r *Reader) damage(at int64, block, format string, args ...any) *FormatError {
	e := &FormatError{
		Name: r.name, Offset: at, Block: block, Unpacked: r.info.Compression != Plain,
		Reason: fmt.Sprintf(format, args...),
	}
	if r.started {
		e.Packet = r.packets + 1
	}
	return e
}

// stepOver records damage that does not keep the rest of the file from being read.
func (r *Reader) stepOver(at int64, block, format string, args ...any) {
	if r.skipped == nil {
		r.skipped = r.damage(at, block, format, args...)
	} else {
		r.skipped.Others++
	}
}

// ended makes the error for a record or block that starts at offset at, of which err left only got bytes of want.
func (r *Reader) ended(at int64, block string, got int, want int64, err error) error {
	var path *fs.PathError
	c := r.info.Compression
	var e *FormatError
	switch {
	case errors.Is(err, fs.ErrClosed):
		return fmt.Errorf("read %s: %w", r.name, fs.ErrClosed)
	case err == io.EOF && got == 0 && r.started:
		return io.EOF
	case err == io.EOF && r.started:
		e = r.damage(at, block, "file ends in the middle of it: %d of %d bytes", got, want)
		err = io.ErrUnexpectedEOF
	case err == io.EOF:
		e = r.damage(at, block, "file ends in the middle of its header: %d of %d bytes", got, want)
		err = io.ErrUnexpectedEOF
	case err == io.ErrUnexpectedEOF && c != Plain:
		e = r.damage(at, block, "the %v data ends in the middle", c)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		e = r.damage(at, block, "the zstd data needs a window of more than %d MiB: unpack it first", maxZstdWindow>>20)
	case errors.As(err, &path):
		e = r.damage(at, block, "%s: %v", path.Op, path.Err)
	case c != Plain:
		e = r.damage(at, block, "the %v data is damaged: %v", c, err)
	default:
		e = r.damage(at, block, "read: %v", err)
	}
	e.Err = err
	return e
}
