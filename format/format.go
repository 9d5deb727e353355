// Package format turns decoded packets into text, for people ([Tree], [Line], the hex dumps) and for programs ([JSON]).
//
// A printer appends one packet to a buffer that its caller owns and writes; it never writes itself. Tree
// and JSON are sinks of dissect's fields and know no protocol. Line is written by hand, protocol by protocol, since
// tcpdump's grammar mixes layers and remembers earlier packets.
//
// Every byte that came from the wire is escaped before it is appended, so that no capture can move a cursor or
// set a terminal's title. Colours are a [Theme], a pair of byte strings for each role; without one the
// text is the same, without them. The hot paths allocate nothing once their buffers have grown.
package format

import (
	"time"

	"smoltcp/dissect"
)

// Frame is one packet on its way to a printer.
type Frame struct {
	Num       int    // from 1, in the order of capture
	Time      int64  // nanoseconds since 1970-01-01 UTC; capture.NoTime if there is none
	Interface string // name of the interface, or ""
	Direction string // "In", "Out", or "" if not known
	Comment   []byte // from a pcapng file; usually empty
	Process   Process

	// Odd is the time of a packet as its capture file has it, where that is not of the ordinary kind; usually nil. The
	// line shows what tcpdump makes of it.
	Odd *OddTime

	// Packet is decoded: its bytes, its length on the wire and its layers.
	Packet *dissect.Packet
}

// OddTime is a time stamp with 32 bits of seconds, to be taken with their sign, and a fraction that may be a second or
// more; package capture has the same type.
type OddTime struct {
	Sec, Frac int32
	Nano      bool // Frac is in nanoseconds, not microseconds
}

// Printer appends the text of one packet, its final newline included, to b and returns the extended slice.
type Printer interface {
	Append(b []byte, f *Frame) []byte
}

// TimeStyle is how a packet's time is shown, in the order of tcpdump's -t, -tt, ...
type TimeStyle uint8

const (
	TimeOfDay  TimeStyle = iota // 12:00:00.000000
	TimeNone                    // -t
	TimeUnix                    // -tt: seconds since 1970
	TimeDelta                   // -ttt: since the packet before
	TimeDate                    // -tttt: 2026-01-02 12:00:00.000000
	TimeOffset                  // -ttttt: since the first packet
)

// HexStyle is how much of a packet is dumped behind its text.
type HexStyle uint8

const (
	HexNone        HexStyle = iota
	HexPacket               // -x: without the link header
	HexFrame                // -xx: with it
	HexASCIIPacket          // -X: with the characters beside it
	HexASCIIFrame           // -XX
	ASCIIPacket             // -A: characters alone
	ASCIIFrame              // -AA
)

// Options are the choices that printers share. The zero value prints what the commands print by default.
type Options struct {
	Verbose     int  // how often -v was given
	Quiet       bool // -q: less about each protocol
	LinkHeader  bool // -e: line only, the tree always shows it
	AbsoluteSeq bool // -S: line only, TCP sequence numbers as they are
	NoChecksum  bool // -K: line only, checksums are not verified
	Number      bool // -#
	Time        TimeStyle
	Nano        bool           // nine digits behind the point instead of six
	Location    *time.Location // of the times of day; nil means time.Local
	Hex         HexStyle
	Theme       *Theme // nil for plain text
	// InterfaceName gives the name of a network interface by the index that cooked captures record, "" for none. It is
	// called for each of their packets. The line shows "?" for all of them when it is nil.
	InterfaceName func(index int) string
	// Names gives names in place of numbers in the line, and beside them in the tree; nil for numbers alone.
	Names Names
	// PacketType is what every packet is taken to hold above UDP or TCP, one of PacketTypes, or "" to go by the ports.
	PacketType string
	// MD5Secret is the key of TCP-MD5 digests (RFC 2385), which are verified with it; "" is none. Line only.
	MD5Secret string
	Snaplen   int // line only: nothing changes below it but "[|proto]" marks
}

// Role is what a piece of coloured text means.
type Role uint8

const (
	RoleTime Role = iota
	RoleProto
	RoleLabel
	RoleAddress
	RolePort
	RoleNumber
	RoleName
	RoleFlag
	RoleText
	RoleError
	RoleDim
	NumRoles
)

// Theme holds, for each role, the bytes that switch its colour on. Off switches every colour off.
type Theme struct {
	On  [NumRoles]string
	Off string
}
