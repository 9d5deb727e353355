package dissect

import (
	"bytes"
	"encoding/binary"
)

// NFLOGHeaderLen is the length of the fixed part of a netfilter log header in bytes.
const NFLOGHeaderLen = 4

// NFLOG is a view of a packet of Linux's netfilter log (LINKTYPE_NFLOG): the family, and attributes, of which one is the packet. The
// attributes' numbers are in the byte order of the machine that captured, which is taken to be little-endian.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|     Family     |    Version     |         Resource ID          |
//	+----------------+----------------+------------------------------+
//	|  Length                         |  Type                        |
//	+---------------------------------+------------------------------+
//	|  Value, filled up to a multiple of four bytes; and so on       |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type NFLOG []byte

// Attributes that lead on, and that have a form of their own.
const (
	nflogHeader  = 1
	nflogIndev   = 4
	nflogOutdev  = 5
	nflogPayload = 9
	nflogPrefix  = 10
	nflogUID     = 11
	nflogGID     = 14
)

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if an attribute is shorter than
// its own header, ErrUnsupported for another version.
func (h NFLOG) Check() error {
	if len(h) < NFLOGHeaderLen {
		return ErrTruncated
	}
	if h[1] != 0 {
		return ErrUnsupported
	}
	_, _, err := h.payload()
	return err
}

// CheckWhole is Check: the header promises nothing but itself.
func (h NFLOG) CheckWhole() error { return h.Check() }

// Family is the address family of the packet: 2 for IPv4, 10 for IPv6, 7 for a bridged frame.
func (h NFLOG) Family() uint8 { return h[0] }

// ResourceID is the number of the log.
func (h NFLOG) ResourceID() uint16 { return binary.BigEndian.Uint16(h[2:]) }

// payload finds the packet: where it begins, and its length as the attribute tells it. Without one it is empty and at the end.
func (h NFLOG) payload() (at, n int, err error) {
	for at = NFLOGHeaderLen; at < len(h); {
		if at+4 > len(h) {
			return 0, 0, ErrTruncated
		}
		size := int(binary.LittleEndian.Uint16(h[at:]))
		if size < 4 {
			return 0, 0, ErrMalformed
		}
		if binary.LittleEndian.Uint16(h[at+2:]) == nflogPayload {
			return at + 4, size - 4, nil
		}
		if at+size > len(h) {
			return 0, 0, ErrTruncated
		}
		at += (size + 3) &^ 3
	}
	return len(h), 0, nil
}

var (
	nflogFamilyField  = Field{Name: "nflog.family", Label: "family", Title: "Family", Rank: 1}
	nflogVersionField = Field{Name: "nflog.version", Label: "v", Title: "Version"}
	nflogResField     = Field{Name: "nflog.res_id", Label: "id", Title: "Resource ID", Rank: 2}
	nflogTLVField     = Field{Name: "nflog.tlv", Label: "attribute", Title: "Attribute"}
	nflogLenField     = Field{Name: "nflog.tlv_length", Label: "len", Title: "Length"}
	nflogTypeField    = Field{Name: "nflog.tlv_type", Label: "type", Title: "Type", Mask: 0xff7f}
	nflogNestedField  = Field{Label: "nested", Title: "Nested", Mask: 0x0080, Form: FormFlag}
	nflogValueField   = Field{Name: "nflog.tlv_value", Label: "value", Title: "Value"}
	nflogProtoField   = Field{Name: "nflog.protocol", Label: "proto", Title: "Hardware protocol", Base: Hex}
	nflogHookField    = Field{Name: "nflog.hook", Label: "hook", Title: "Netfilter hook", Rank: 3}
	nflogHookPad      = Field{Label: "pad", Title: "Padding"}
	nflogIndevField   = Field{Name: "nflog.ifindex_indev", Label: "in", Title: "Input interface", Rank: 4}
	nflogOutdevField  = Field{Name: "nflog.ifindex_outdev", Label: "out", Title: "Output interface", Rank: 5}
	nflogUIDField     = Field{Name: "nflog.uid", Label: "uid", Title: "User", Rank: 6}
	nflogGIDField     = Field{Name: "nflog.gid", Label: "gid", Title: "Group", Rank: 7}
	nflogPrefixField  = Field{Name: "nflog.prefix", Label: "prefix", Title: "Prefix", Rank: 8}
	nflogPadField     = Field{Label: "pad", Title: "Padding"}
)

// Fields describes the header to s.
func (h NFLOG) Fields(s Sink) {
	family := ""
	switch h.Family() {
	case 2:
		family = "IPv4"
	case 7:
		family = "bridge"
	case 10:
		family = "IPv6"
	}
	s.Enum(&nflogFamilyField, 0, 1, uint64(h.Family()), family)
	s.Uint(&nflogVersionField, 1, 1, uint64(h[1]))
	s.Uint(&nflogResField, 2, 2, uint64(h.ResourceID()))
	end, n, _ := h.payload()
	for at := NFLOGHeaderLen; at < end; {
		size := int(binary.LittleEndian.Uint16(h[at:]))
		t := binary.LittleEndian.Uint16(h[at+2:])
		next := min(at+(size+3)&^3, len(h))
		there := min(size, len(h)-at)
		s.Bytes(&nflogTLVField, at, there, h[at:at+there])
		s.Begin(&nflogTLVField, at, there)
		s.Uint(&nflogLenField, at, 2, uint64(size))
		s.Uint(&nflogTypeField, at+2, 2, uint64(t&0x7fff))
		s.Bool(&nflogNestedField, at+2, 2, t&0x8000 != 0)
		if t == nflogPayload {
			s.End()
			if rest := min(at+4+n, len(h)); rest < len(h) {
				s.Bytes(&nflogPadField, rest, len(h)-rest, h[rest:])
			}
			return
		}
		h.value(s, t, at+4, size-4)
		s.End()
		if at+size < next {
			s.Bytes(&nflogPadField, at+size, next-at-size, h[at+size:next])
		}
		at = next
	}
}

// value describes the n bytes of an attribute's value.
func (h NFLOG) value(s Sink, t uint16, at, n int) {
	v := h[at : at+n]
	var index *Field
	switch t {
	case nflogHeader:
		if n == 4 {
			s.Uint(&nflogProtoField, at, 2, uint64(binary.BigEndian.Uint16(v)))
			s.Uint(&nflogHookField, at+2, 1, uint64(v[2]))
			s.Bytes(&nflogHookPad, at+3, 1, v[3:])
			return
		}
	case nflogPrefix:
		if n > 0 {
			text, _, _ := bytes.Cut(v, []byte{0})
			s.Text(&nflogPrefixField, at, n, text)
			return
		}
	case nflogIndev:
		index = &nflogIndevField
	case nflogOutdev:
		index = &nflogOutdevField
	case nflogUID:
		index = &nflogUIDField
	case nflogGID:
		index = &nflogGIDField
	}
	switch {
	case index != nil && n == 4:
		s.Uint(index, at, 4, uint64(binary.BigEndian.Uint32(v)))
	case n > 0:
		s.Bytes(&nflogValueField, at, n, v)
	}
}

func decodeNFLOG(p *Packet, l *Layer, b []byte) LayerType {
	h := NFLOG(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	at, n, _ := h.payload()
	if at == len(b) || n == 0 {
		l.Payload = l.End
		return LayerNone
	}
	l.Payload = l.Start + at
	p.limitNext(n)
	switch h.Family() {
	case 2:
		return LayerIPv4
	case 10:
		return LayerIPv6
	}
	return LayerData
}

func nflogFields(p *Packet, l *Layer, s Sink) { NFLOG(p.Bytes(l)).Fields(s) }
