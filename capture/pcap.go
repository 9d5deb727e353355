package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"time"

	"smoltcp/dissect"
)

// Lengths in a pcap file, in bytes. A file header is followed by records, each a record header and the
// captured bytes:
//
//	 0      3 4     7 8     11 12    15 16    19 20    23
//	+--------+---+---+--------+--------+--------+--------+
//	| Magic  |Maj|Min|reserved|reserved|Snaplen |LinkType|  file header
//	+--------+---+---+--------+--------+--------+--------+
//	|Seconds |Fraction| Caplen |  Len   |                    record header
//	+--------+--------+--------+--------+
const (
	pcapFileHeaderLen   = 24
	pcapRecordHeaderLen = 16

	// The records of Alexey Kuznetzov's modified format go on with an interface index, a
	// protocol number and a Linux packet type.
	kuznetzovRecordHeaderLen = 24
)

// Magic numbers of pcap files: they tell the byte order, the unit of the fractions and the record header.
const (
	pcapMicros    = 0xa1b2c3d4
	pcapNanos     = 0xa1b23c4d
	pcapKuznetzov = 0xa1b2cd34
)

// pcapFile is what the file header says about every record.
type pcapFile struct {
	big       bool // numbers are in big endian
	unit      uint32
	headerLen int
	lens      pcapLens
	snaplen   int // longer packets are cut
	limit     int // longer packets are damage
	link      dissect.LinkType
}

// pcapLens says in which order a record has its two lengths.
type pcapLens uint8

const (
	capturedFirst pcapLens = iota
	wireFirst              // before version 2.3
	smallerFirst           // version 2.3 was written both ways
)

// detect recognises a pcap file by its first four bytes.
func (f *pcapFile) detect(head magicBytes) bool {
	for _, f.big = range []bool{false, true} {
		f.headerLen = pcapRecordHeaderLen
		switch f.uint32(head[:]) {
		case pcapMicros:
			f.unit = 1000
		case pcapNanos:
			f.unit = 1
		case pcapKuznetzov:
			f.unit, f.headerLen = 1000, kuznetzovRecordHeaderLen
		default:
			continue
		}
		return true
	}
	return false
}

func (f *pcapFile) uint32(b []byte) uint32 {
	v := binary.LittleEndian.Uint32(b)
	if f.big {
		v = bits.ReverseBytes32(v)
	}
	return v
}

func (f *pcapFile) uint16(b []byte) uint16 {
	v := binary.LittleEndian.Uint16(b)
	if f.big {
		v = bits.ReverseBytes16(v)
	}
	return v
}

// startPcap reads the file header.
func (r *Reader) startPcap() error {
	f := &r.pcap
	b, err := r.in.peek(pcapFileHeaderLen)
	if err != nil {
		return r.ended(0, "", len(b), pcapFileHeaderLen, err)
	}
	major, minor := f.uint16(b[4:]), f.uint16(b[6:])
	switch {
	case major == 2 && minor == 4:
	case major == 2 && minor < 3, major == 543 && minor == 0: // 543 is what AIX writes
		f.lens = wireFirst
	case major == 2 && minor == 3:
		f.lens = smallerFirst
	default:
		return r.damage(0, "", "pcap version %d.%d is not supported", major, minor)
	}
	// The upper half of the link type tells the length of an Ethernet FCS, if known, and is otherwise reserved.
	f.link = canonicalLink(dissect.LinkType(f.uint32(b[20:])))
	f.snaplen, f.limit = snapLimits(f.link, f.uint32(b[16:]))
	if f.headerLen == kuznetzovRecordHeaderLen {
		// Those kernels did not count the link-layer header.
		f.snaplen = min(f.snaplen, math.MaxInt32-dissect.EthernetHeaderLen) + dissect.EthernetHeaderLen
	}
	r.info.BigEndian, r.info.Major, r.info.Minor = f.big, major, minor
	r.info.Link, r.info.Snaplen, r.info.Nano = f.link, f.snaplen, f.unit == 1
	r.interfaces = []Interface{{Link: f.link, Snaplen: f.snaplen, Nano: r.info.Nano}}
	r.in.take(pcapFileHeaderLen)
	r.started = true
	return nil
}

// nextPcap reads one record.
func (r *Reader) nextPcap(p *Packet) error {
	f := &r.pcap
	b, err := r.in.peek(f.headerLen)
	if err != nil {
		return r.ended(r.in.offset(), "", len(b), int64(f.headerLen), err)
	}
	caplen, wire := f.lengths(b)
	if caplen > uint32(f.limit) {
		return r.damage(r.in.offset(), "", "record of %d bytes exceeds the limit of %d", caplen, f.limit)
	}
	n := f.headerLen + int(caplen)
	if len(b) < n {
		if b, err = r.in.peek(n); err != nil {
			return r.ended(r.in.offset(), "", len(b), int64(n), err)
		}
	}
	f.record(b[:n], wireLen(wire), p)
	r.in.take(n)
	return nil
}

// wireLen is a length on the wire as a file has it: one that an int of 32 bits cannot hold is the largest that it can.
func wireLen(n uint32) int { return int(min(uint64(n), math.MaxInt)) }

// lengths reads the two lengths of a record header.
func (f *pcapFile) lengths(b []byte) (caplen, wire uint32) {
	caplen, wire = f.uint32(b[8:]), f.uint32(b[12:])
	if f.lens == wireFirst || f.lens == smallerFirst && caplen > wire {
		caplen, wire = wire, caplen
	}
	return caplen, wire
}

// record makes a packet of one whole record, whose bytes it lends. It depends on nothing but f and b.
func (f *pcapFile) record(b []byte, wire int, p *Packet) {
	data := b[f.headerLen:]
	sec, frac := f.uint32(b), f.uint32(b[4:])
	p.Time = int64(sec)*int64(time.Second) + int64(frac)*int64(f.unit)
	p.Odd = nil
	if sec > math.MaxInt32 || int64(frac)*int64(f.unit) >= int64(time.Second) {
		p.Odd = &OddTime{Sec: int32(sec), Frac: int32(frac), Nano: f.unit == 1}
	}
	p.Len = wire
	p.Data = data[:min(len(data), f.snaplen):len(data)]
	p.Link = f.link
	if f.headerLen == kuznetzovRecordHeaderLen {
		p.Direction = linuxDirection(b[22])
	}
}

// linuxDirection reads a packet type of a Linux packet socket: 4 is PACKET_OUTGOING, smaller ones were received.
func linuxDirection(packetType byte) Direction {
	if packetType == 4 {
		return DirOut
	}
	return DirIn
}

// PcapWriter is a Writer of a pcap file: one link type, no interfaces, no comments.
type PcapWriter struct {
	out     output
	link    dissect.LinkType
	snaplen int
	nano    bool
}

// NewPcapWriter writes the header of a pcap file for packets of one link type to w, and gives the Writer of
// what follows. snaplen, in bytes, is where packets are cut; 0 is DefaultSnaplen. nano asks for time stamps in
// nanoseconds, which everything but very old programs reads; otherwise they are cut to microseconds. Close
// leaves w open.
func NewPcapWriter(w io.Writer, link dissect.LinkType, snaplen int, nano bool) (*PcapWriter, error) {
	return newPcapWriter(output{w: w}, link, snaplen, nano)
}

func newPcapWriter(out output, link dissect.LinkType, snaplen int, nano bool) (*PcapWriter, error) {
	limit := maxCaplen(link)
	if snaplen <= 0 || snaplen > limit {
		snaplen = limit
	}
	w := &PcapWriter{out: out, link: link, snaplen: snaplen, nano: nano}
	w.out.whole = wholeRecords
	magic := uint32(pcapMicros)
	if nano {
		magic = pcapNanos
	}
	b := make([]byte, pcapFileHeaderLen)
	binary.LittleEndian.PutUint32(b, magic)
	binary.LittleEndian.PutUint16(b[4:], 2)
	binary.LittleEndian.PutUint16(b[6:], 4)
	binary.LittleEndian.PutUint32(b[16:], uint32(snaplen))
	binary.LittleEndian.PutUint32(b[20:], uint32(link))
	return w, w.out.start(b)
}

// Write appends a packet, which must have the file's link type. A time outside 1970 to 2106 becomes the
// nearest that the format can say.
func (w *PcapWriter) Write(p *Packet) error {
	if p.Link != w.link {
		return fmt.Errorf("packet of link type %v in a pcap file of link type %v: pcapng can mix them", p.Link, w.link)
	}
	data := p.Data[:min(len(p.Data), w.snaplen)]
	b, err := w.out.room(pcapRecordHeaderLen + len(data))
	if err != nil {
		return err
	}
	sec, frac := pcapTime(p.Time)
	if !w.nano {
		frac /= 1000
	}
	binary.LittleEndian.PutUint32(b, sec)
	binary.LittleEndian.PutUint32(b[4:], frac)
	binary.LittleEndian.PutUint32(b[8:], uint32(len(data)))
	binary.LittleEndian.PutUint32(b[12:], uint32(p.Len))
	copy(b[pcapRecordHeaderLen:], data)
	return nil
}

// pcapTime splits nanoseconds since 1970 into seconds and the rest.
func pcapTime(t int64) (sec, nanos uint32) {
	const end = int64(1) << 32 * int64(time.Second) // overflows nothing: 2^32 s are 136 years of 292
	t = min(max(t, 0), end-1)
	return uint32(t / int64(time.Second)), uint32(t % int64(time.Second))
}

// Flush hands everything written so far to the underlying writer.
func (w *PcapWriter) Flush() error { return w.out.flush() }

// Close flushes, and closes the file if Create made it.
func (w *PcapWriter) Close() error { return w.out.close() }

// wholeRecords is the length of the whole pcap records at the start of b.
func wholeRecords(b []byte) int {
	n := 0
	for len(b)-n >= pcapRecordHeaderLen {
		size := pcapRecordHeaderLen + int(binary.LittleEndian.Uint32(b[n+8:]))
		if size > len(b)-n {
			break
		}
		n += size
	}
	return n
}
