package dissect

import "net/netip"

// Field describes one field of a protocol: a package-level value, so that handing a value to a Sink
// allocates nothing. Everything about a field that does not change from packet to packet is here.
type Field struct {
	// Name is Wireshark's display-filter name, "ip.ttl". Fields share one only if they stand for one another, such as
	// a number that is in use and one that is not. It is empty where Wireshark has no name: such a field is shown
	// by the tree and left out of JSON.
	Name  string
	Label string // short name in the tree's one-line form, "ttl"
	Title string // the name in words, "Time to live"

	// Bad is Wireshark's name for the mark of a checksum that is wrong, where that is not Name and ".status": it does not
	// verify by itself what network cards do.
	Bad string

	// Mask selects the bits of the span, read as one big-endian number, that belong to the
	// field; zero means all of them. Fields that share bytes have masks that do not overlap.
	Mask uint64

	// Rank is the field's place in the tree's one-line form, counted from 1; fields of equal rank
	// stand in the order in which they were pushed. Zero keeps a field out of that line.
	Rank uint8
	Form Form
	Base Base
}

// Form says how a field joins the tree's one-line form.
type Form uint8

const (
	FormPair    Form = iota // " ttl=64"
	FormBare                // " echo request": the value alone
	FormParen               // " (port unreachable)": the value in parentheses
	FormJoined              // "/0": glued to the value before it by Label, which is the separator
	FormFlag                // " df": the label alone, when the value is true
	FormNonzero             // like FormPair, left out when the value is zero or empty
)

// Base is the number system in which people know a field.
type Base uint8

const (
	Dec Base = iota
	Hex
	Signed // in two's complement of 64 bits
	Halves // counted in halves: 11 is 5.5
)

// A Sink receives the fields of one layer in the order of the wire. Each call names the field, where
// in the layer its bytes are (off and n, in bytes, from the start of the layer's header; n is zero for
// a value that is derived and not read), and what the value is. How it looks is the sink's affair.
//
// Slices are lent for the call.
type Sink interface {
	Uint(f *Field, off, n int, v uint64)
	Bool(f *Field, off, n int, v bool)
	// Enum is a number that may have a name; name is "" when it has none.
	Enum(f *Field, off, n int, v uint64, name string)
	Checksum(f *Field, off, n int, v uint16, r ChecksumResult)
	Addr(f *Field, off, n int, a netip.Addr)
	MAC(f *Field, off, n int, m MAC)
	// Bytes is opaque data. Text is data meant to be read; it is from the wire, so it may hold anything.
	Bytes(f *Field, off, n int, b []byte)
	Text(f *Field, off, n int, b []byte)
	// Begin and End bracket the fields of a group, such as one option or the bits of a flags byte. f names the
	// group; one that has a value of its own (the flags byte as a number) pushes it under the same f just before.
	Begin(f *Field, off, n int)
	End()
}
