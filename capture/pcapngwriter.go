package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"smoltcp/dissect"
)

// PcapngWriter is a Writer of a pcapng file: one section in little endian, any number of interfaces with link
// types of their own, nanoseconds, directions and comments.
type PcapngWriter struct {
	out        output
	filter     string
	interfaces []ngWritten
}

// ngWritten is an interface that has been described in the file.
type ngWritten struct {
	link    dissect.LinkType
	snaplen int   // where packets are cut
	cut     int   // the same as the file says it: 0 is no limit
	last    int64 // time of the last packet
	stats   *Stats
	// start and end of the capture, nanoseconds since 1970; zero if not known.
	start, end int64
}

// NewPcapngWriter writes the header of a pcapng file and the descriptions of interfaces to w, and gives the
// Writer of what follows. Packet.Interface indexes interfaces; more can be added with AddInterface. Close
// leaves w open.
func NewPcapngWriter(w io.Writer, interfaces []Interface, o FileOptions) (*PcapngWriter, error) {
	return newPcapngWriter(output{w: w}, interfaces, o)
}

func newPcapngWriter(out output, interfaces []Interface, o FileOptions) (*PcapngWriter, error) {
	w := &PcapngWriter{out: out, filter: o.Filter}
	w.out.whole = wholeBlocks
	b, at := beginBlock(nil, ngSection)
	b = binary.LittleEndian.AppendUint32(b, ngByteOrderMagic)
	b = binary.LittleEndian.AppendUint16(b, 1)              // major version
	b = binary.LittleEndian.AppendUint16(b, 0)              // minor version
	b = binary.LittleEndian.AppendUint64(b, math.MaxUint64) // the section's length is not known
	options := len(b)
	for _, opt := range []struct {
		code  uint16
		value string
	}{
		{ngOptComment, o.Comment}, {ngSectionHardware, o.Hardware}, {ngSectionOS, o.OS}, {ngSectionApplication, o.Application},
	} {
		if opt.value != "" {
			b = appendOption(b, opt.code, opt.value)
		}
	}
	if len(b) > options {
		b = appendOption(b, ngOptEnd, "")
	}
	b = endBlock(b, at)
	for _, i := range interfaces {
		b = w.describe(b, i)
	}
	return w, w.out.start(b)
}

// AddInterface describes another interface and gives its index.
func (w *PcapngWriter) AddInterface(i Interface) (int, error) {
	n := len(w.interfaces)
	b := w.describe(nil, i)
	to, err := w.out.room(len(b))
	if err != nil {
		w.interfaces = w.interfaces[:n]
		return 0, err
	}
	copy(to, b)
	return n, nil
}

// describe appends an Interface Description Block.
func (w *PcapngWriter) describe(b []byte, i Interface) []byte {
	limit := maxCaplen(i.Link)
	s := ngWritten{link: i.Link, snaplen: limit}
	if i.Snaplen > 0 {
		s.cut = min(i.Snaplen, limit)
		s.snaplen = s.cut
	}
	w.interfaces = append(w.interfaces, s)
	b, at := beginBlock(b, ngInterface)
	b = binary.LittleEndian.AppendUint16(b, uint16(i.Link))
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(s.cut))
	if i.Name != "" {
		b = appendOption(b, ngInterfaceName, i.Name)
	}
	if i.Description != "" {
		b = appendOption(b, ngInterfaceDescription, i.Description)
	}
	if w.filter != "" {
		b = appendOption(b, ngInterfaceFilter, "\x00"+w.filter) // 0: in the pcap-filter language
	}
	b = appendOption(b, ngInterfaceResolution, "\x09") // 10^-9 s
	b = appendOption(b, ngOptEnd, "")
	return endBlock(b, at)
}

// Write appends a packet, which must have the link type of its interface. A time before 1970 becomes 1970. A
// packet without a time becomes a Simple Packet Block if that can hold it.
func (w *PcapngWriter) Write(p *Packet) error {
	if p.Interface < 0 || p.Interface >= len(w.interfaces) {
		return fmt.Errorf("packet of interface %d in a pcapng file with %d", p.Interface, len(w.interfaces))
	}
	i := &w.interfaces[p.Interface]
	if p.Link != i.link {
		return fmt.Errorf("packet of link type %v on interface %d of link type %v", p.Link, p.Interface, i.link)
	}
	data := p.Data[:min(len(p.Data), i.snaplen)]
	wire := p.Len
	if p.Time == NoTime && p.Interface == 0 && p.Direction == DirUnknown && len(p.Comment) == 0 && len(data) == i.simpleLen(wire) {
		return w.simple(data, wire)
	}
	return w.enhanced(i, p, data, wire)
}

// simpleLen is how much of a packet of wire bytes a Simple Packet Block holds.
func (i *ngWritten) simpleLen(wire int) int {
	if i.cut == 0 {
		return wire
	}
	return min(wire, i.cut)
}

func (w *PcapngWriter) simple(data []byte, wire int) error {
	b, err := w.out.room(ngMinBlock + 4 + pad4(len(data)))
	if err != nil {
		return err
	}
	frameBlock(b, ngSimplePacket)
	binary.LittleEndian.PutUint32(b[8:], uint32(wire))
	padded(b[12:], data)
	return nil
}

func (w *PcapngWriter) enhanced(i *ngWritten, p *Packet, data []byte, wire int) error {
	comment := p.Comment[:min(len(p.Comment), math.MaxUint16)]
	options := 0
	if p.Direction != DirUnknown {
		options += 8
	}
	if len(comment) > 0 {
		options += 4 + pad4(len(comment))
	}
	if options > 0 {
		options += 4
	}
	b, err := w.out.room(ngMinBlock + 20 + pad4(len(data)) + options)
	if err != nil {
		return err
	}
	time := uint64(max(p.Time, 0))
	i.last = int64(time)
	frameBlock(b, ngEnhancedPacket)
	binary.LittleEndian.PutUint32(b[8:], uint32(p.Interface))
	binary.LittleEndian.PutUint32(b[12:], uint32(time>>32))
	binary.LittleEndian.PutUint32(b[16:], uint32(time))
	binary.LittleEndian.PutUint32(b[20:], uint32(len(data)))
	binary.LittleEndian.PutUint32(b[24:], uint32(wire))
	o := b[28+padded(b[28:], data):]
	if p.Direction != DirUnknown {
		flags := uint32(1) // inbound
		if p.Direction == DirOut {
			flags = 2
		}
		binary.LittleEndian.PutUint16(o, ngPacketFlags)
		binary.LittleEndian.PutUint16(o[2:], 4)
		binary.LittleEndian.PutUint32(o[4:], flags)
		o = o[8:]
	}
	if len(comment) > 0 {
		binary.LittleEndian.PutUint16(o, ngOptComment)
		binary.LittleEndian.PutUint16(o[2:], uint16(len(comment)))
		o = o[4+padded(o[4:], comment):]
	}
	if options > 0 {
		binary.LittleEndian.PutUint32(o, ngOptEnd)
	}
	return nil
}

// SetStats says what was counted on interface i. Close writes it into the file.
func (w *PcapngWriter) SetStats(i int, s Stats) error {
	if i < 0 || i >= len(w.interfaces) {
		return fmt.Errorf("statistics of interface %d in a pcapng file with %d", i, len(w.interfaces))
	}
	w.interfaces[i].stats = &s
	return nil
}

// SetSpan says when the capture on interface i began and ended, in nanoseconds since 1970-01-01 UTC. It goes with the statistics.
func (w *PcapngWriter) SetSpan(i int, start, end int64) error {
	if i < 0 || i >= len(w.interfaces) {
		return fmt.Errorf("times of interface %d in a pcapng file with %d", i, len(w.interfaces))
	}
	w.interfaces[i].start, w.interfaces[i].end = start, end
	return nil
}

// Flush hands everything written so far to the underlying writer.
func (w *PcapngWriter) Flush() error { return w.out.flush() }

// Close writes the interfaces' statistics, flushes, and closes the file if Create made it. The statistics bear
// the time of the capture's end, or else of the interface's last packet.
func (w *PcapngWriter) Close() error {
	for n := range w.interfaces {
		i := &w.interfaces[n]
		if i.stats == nil {
			continue
		}
		b, begin := beginBlock(nil, ngStatistics)
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
		at := max(i.last, i.end)
		b = binary.LittleEndian.AppendUint32(b, uint32(uint64(at)>>32))
		b = binary.LittleEndian.AppendUint32(b, uint32(at))
		var v [8]byte
		for _, opt := range []struct {
			code  uint16
			value int64
		}{{ngStatsStart, i.start}, {ngStatsEnd, i.end}} {
			if opt.value > 0 { // the upper half of a time comes first
				binary.LittleEndian.PutUint32(v[:], uint32(uint64(opt.value)>>32))
				binary.LittleEndian.PutUint32(v[4:], uint32(opt.value))
				b = appendOption(b, opt.code, string(v[:]))
			}
		}
		for _, opt := range []struct {
			code  uint16
			value uint64
		}{
			// What the interface itself has received and dropped is not known. Wireshark shows these two, and its own
			// dumpcap writes them so: what came to the capture, and what was lost on the way.
			{ngStatsReceived, i.stats.Received}, {ngStatsDropped, i.stats.Dropped + i.stats.Missed},
			{ngStatsAccepted, i.stats.Received}, {ngStatsOSDrops, i.stats.Dropped},
		} {
			binary.LittleEndian.PutUint64(v[:], opt.value)
			b = appendOption(b, opt.code, string(v[:]))
		}
		b = appendOption(b, ngOptEnd, "")
		b = endBlock(b, begin)
		i.stats = nil
		to, err := w.out.room(len(b))
		if err != nil {
			break // out remembers
		}
		copy(to, b)
	}
	return w.out.close()
}

// beginBlock appends the start of a block to b, and gives where it is for endBlock.
func beginBlock(b []byte, kind uint32) (block []byte, at int) {
	at = len(b)
	b = binary.LittleEndian.AppendUint32(b, kind)
	return binary.LittleEndian.AppendUint32(b, 0), at
}

// endBlock completes the block that starts at at.
func endBlock(b []byte, at int) []byte {
	size := uint32(len(b) - at + 4)
	binary.LittleEndian.PutUint32(b[at+4:], size)
	return binary.LittleEndian.AppendUint32(b, size)
}

// frameBlock writes the frame of a block that takes up all of b.
func frameBlock(b []byte, kind uint32) {
	binary.LittleEndian.PutUint32(b, kind)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)))
	binary.LittleEndian.PutUint32(b[len(b)-4:], uint32(len(b)))
}

// appendOption appends an option; a value longer than an option can be is cut.
func appendOption(b []byte, code uint16, value string) []byte {
	value = value[:min(len(value), math.MaxUint16)]
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	return append(b, make([]byte, pad4(len(value))-len(value))...)
}

// pad4 rounds a length up to a multiple of 4.
func pad4(n int) int { return (n + 3) &^ 3 }

// padded copies data to b, fills up with zeros to a multiple of 4, and gives that length.
func padded(b, data []byte) int {
	n := pad4(len(data))
	clear(b[copy(b, data):n])
	return n
}

// wholeBlocks is the length of the whole pcapng blocks at the start of b.
func wholeBlocks(b []byte) int {
	n := 0
	for len(b)-n >= ngMinBlock {
		size := int(binary.LittleEndian.Uint32(b[n+4:]))
		if size > len(b)-n {
			break
		}
		n += size
	}
	return n
}
