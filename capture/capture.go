// Package capture moves frames in and out of the process: from packet sockets, TAP and TUN devices and capture
// files, and to devices and files.
//
// Two kinds of thing live here. A [Source] yields packets one after another, from a file or a wire, for
// people who look; a [Writer] takes them. A device ([TAP], [Raw]) carries frames both ways for a host; it has the
// method set that package stack asks for, without importing it, and decorators ([Fault], [Recorder], [Tracer]) have
// the same, so that they stack in any order.
//
// Bytes are lent, never given: what Next or Recv returns is good until the following call. The package
// interprets no protocol beyond what it needs to frame packets, and prints nothing.
package capture

import (
	"io"
	"time"

	"smoltcp/dissect"
)

// Direction says which way a packet passed the interface it was captured on.
type Direction uint8

const (
	DirUnknown Direction = iota
	DirIn                // received by the host
	DirOut               // sent by the host
)

func (d Direction) String() string { return [...]string{"", "In", "Out"}[d%3] }

// Packet is one captured frame and what the capture knows about it.
type Packet struct {
	Time      int64  // nanoseconds since 1970-01-01 UTC; NoTime if the source has none
	Data      []byte // the captured bytes, lent until the source's following Next
	Len       int    // length on the wire; a damaged file may say less than it has
	Link      dissect.LinkType
	Interface int // index into the source's interfaces
	Direction Direction

	// Comment is text that a pcapng file keeps beside the packet, lent like Data; usually empty.
	Comment []byte

	// Odd is the time stamp of a pcap record as it stands there if it is not of the ordinary kind, else nil.
	Odd *OddTime
}

// OddTime is a time stamp that a program which takes it as it stands would show differently: its fraction is a second or more, or its
// seconds, in 32 bits, look negative to one that takes them to have a sign, as they do from the year 2038 on.
type OddTime struct {
	Sec, Frac int32
	Nano      bool // Frac is in nanoseconds, not microseconds
}

// NoTime stands for the absence of a time stamp (a pcapng Simple Packet Block has none).
const NoTime = -1 << 63

// Timestamp is Time as a time.Time in UTC; the zero Time for NoTime.
func (p *Packet) Timestamp() time.Time {
	if p.Time == NoTime {
		return time.Time{}
	}
	return time.Unix(0, p.Time).UTC()
}

// Source yields packets. Next returns io.EOF after the last one, and after a damaged place in a file an
// error that says where it is; what was readable before it has been returned by then. Every later call
// returns the same error. Next may block until there is a packet or Close is called from another goroutine.
type Source interface {
	Next() (Packet, error)
	io.Closer
}

// Interface describes where packets came from. Fields that are not known are zero.
type Interface struct {
	Name        string
	Description string
	Link        dissect.LinkType
	Snaplen     int  // 0: not limited
	Nano        bool // time stamps are finer than microseconds
	Index       int  // the kernel's ifindex, for live captures
}

// Interfaces is implemented by sources that can describe their interfaces. Packet.Interface indexes the
// list; it may grow while a file is read.
type Interfaces interface {
	Interfaces() []Interface
}

// Stats counts what a live capture saw.
type Stats struct {
	Received uint64 // packets that the filter accepted
	Dropped  uint64 // of these, dropped by the kernel because the program was too slow
	Missed   uint64 // dropped by the interface itself, before any filter, for want of room
}

// Statser is implemented by sources that count.
type Statser interface {
	Stats() (Stats, error)
}

// Writer takes packets, in order. Write copies what it keeps. Flush hands everything written so far to the operating
// system; Close flushes first.
type Writer interface {
	Write(p *Packet) error
	Flush() error
	io.Closer
}
