package dissect

import "encoding/binary"

// NullHeaderLen is the length of a BSD loopback header in bytes.
const NullHeaderLen = 4

// Null is a view of a packet from a BSD loopback interface: the address family as a number of 32 bits, in the byte
// order of the machine that captured (LINKTYPE_NULL) or of the network (LINKTYPE_LOOP).
//
//	 0                                                            31
//	+---------------------------------------------------------------+
//	|                        Address Family                         |
//	+---------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type Null []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (h Null) Check() error {
	if len(h) < NullHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (h Null) CheckWhole() error { return h.Check() }

// Family is the address family. The byte order is known from the number itself: families are
// small, so in the wrong order they exceed 16 bits.
func (h Null) Family() NullFamily {
	if v := binary.BigEndian.Uint32(h); v <= 0xffff {
		return NullFamily(v)
	}
	return NullFamily(binary.LittleEndian.Uint32(h))
}

// Payload is what follows the header.
func (h Null) Payload() []byte { return h[NullHeaderLen:] }

var (
	nullFamilyField = Field{Name: "null.family", Label: "family", Title: "Family", Rank: 1}
	nullTypeField   = Field{Name: "null.type", Label: "type", Title: "Type", Rank: 1, Base: Hex}
)

// Fields describes the header to s.
func (h Null) Fields(s Sink) {
	f := h.Family()
	if t, ok := f.etherType(); ok {
		s.Enum(&nullTypeField, 0, NullHeaderLen, uint64(t), t.Name())
		return
	}
	s.Enum(&nullFamilyField, 0, NullHeaderLen, uint64(f), f.Name())
}

func decodeNull(p *Packet, l *Layer, b []byte) LayerType {
	h := Null(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + NullHeaderLen
	return h.Family().layer()
}

func nullFields(p *Packet, l *Layer, s Sink) { Null(p.Bytes(l)).Fields(s) }

// NullHeader is a BSD loopback header as a value.
type NullHeader struct{ Family NullFamily }

// Header gives the header as a value.
func (h Null) Header() NullHeader { return NullHeader{h.Family()} }

// Append appends the wire form of h in network byte order to b and returns the extended slice.
func (h NullHeader) Append(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(h.Family))
}

// NullFamily is an address family of the BSDs, which agree on IPv4 but not on IPv6. Some systems write an EtherType.
type NullFamily uint32

const (
	NullIPv4         NullFamily = 2
	NullOSI          NullFamily = 7
	NullIPv6OpenBSD  NullFamily = 24 // NetBSD's too
	NullIPv6FreeBSD  NullFamily = 28
	NullIPv6Darwin   NullFamily = 30
	nullMinEtherType NullFamily = 0x600
)

// etherType gives the EtherType that stands in the place of a family.
func (f NullFamily) etherType() (EtherType, bool) {
	return EtherType(f), f >= nullMinEtherType && f <= 0xffff
}

// Name is the family's name, or "".
func (f NullFamily) Name() string {
	switch f {
	case NullIPv4:
		return "IPv4"
	case NullOSI:
		return "OSI"
	case NullIPv6OpenBSD, NullIPv6FreeBSD, NullIPv6Darwin:
		return "IPv6"
	}
	if t, ok := f.etherType(); ok {
		return t.Name()
	}
	return ""
}

// String is the name, or the number.
func (f NullFamily) String() string { return nameOrNumber(f.Name(), uint64(f)) }

// layer is what reads the bytes behind a header that names f.
func (f NullFamily) layer() LayerType {
	switch f {
	case NullIPv4:
		return LayerIPv4
	case NullIPv6OpenBSD, NullIPv6FreeBSD, NullIPv6Darwin:
		return LayerIPv6
	}
	if t, ok := f.etherType(); ok {
		return t.layer()
	}
	return LayerData
}

// decodeRaw reads no header: the version in the first four bits tells IPv4 and IPv6 apart.
func decodeRaw(p *Packet, l *Layer, b []byte) LayerType {
	l.Payload = l.Start
	if len(b) == 0 {
		return l.fail(ErrTruncated)
	}
	switch b[0] >> 4 {
	case 4:
		return LayerIPv4
	case 6:
		return LayerIPv6
	}
	return LayerData
}

// rawFields has nothing to describe.
func rawFields(*Packet, *Layer, Sink) {}
