package dissect

import "encoding/binary"

// Offsets in a GRE header, and the length of the part that every header has, in bytes.
const (
	greFlags = 0
	greType  = 2

	GREMinHeaderLen = 4
)

// GREFlags are the first sixteen bits of a GRE header, the version among them.
type GREFlags uint16

const (
	GREChecksum    GREFlags = 0x8000
	GRERouting     GREFlags = 0x4000 // RFC 1701
	GREKey         GREFlags = 0x2000
	GRESequence    GREFlags = 0x1000
	GREStrictRoute GREFlags = 0x0800 // RFC 1701
	GREAck         GREFlags = 0x0080 // version 1: RFC 2637

	greVersionMask   GREFlags = 0x0007
	greRecursionMask GREFlags = 0x0700
)

// GRE is a view of a Generic Routing Encapsulation header: version 0 (RFC 2784, RFC 2890, RFC 1701), or 1, which PPTP
// carries PPP in (RFC 2637).
//
//	 0                              15 16                           31
//	+--+--+--+--+--+-------+-+---+----+------------------------------+
//	| C| R| K| S| s| Recur |A|   | Ver|        Protocol Type         |
//	+--+--+--+--+--+-------+-+---+----+------------------------------+
//	|  Checksum, if C or R            |   Offset, if C or R          |
//	+---------------------------------+------------------------------+
//	|  Key, if K; in version 1 Payload Length and Call ID            |
//	+----------------------------------------------------------------+
//	|  Sequence Number, if S                                         |
//	+----------------------------------------------------------------+
//	|  Acknowledgment Number, if A and version 1                     |
//	+----------------------------------------------------------------+
//	|  Routing, if R: source route entries up to an empty one        |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type GRE []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of a
// version that does not exist.
func (g GRE) Check() error {
	if len(g) < GREMinHeaderLen {
		return ErrTruncated
	}
	if g.Version() > 1 {
		return ErrUnsupported
	}
	if len(g) < g.fixedLen() {
		return ErrTruncated
	}
	if g.HeaderLen() < 0 {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: a header promises nothing of what follows.
func (g GRE) CheckWhole() error { return g.Check() }

func (g GRE) Flags() GREFlags { return GREFlags(binary.BigEndian.Uint16(g[greFlags:])) }
func (g GRE) Version() uint8  { return g[1] & 7 }

// Type is the EtherType of what follows.
func (g GRE) Type() EtherType { return EtherType(binary.BigEndian.Uint16(g[greType:])) }

func (g GRE) has(f GREFlags) bool { return g.Flags()&f != 0 }

// hasChecksum reports whether there are a checksum and an offset, of which RFC 1701 needs the one for routing.
func (g GRE) hasChecksum() bool { return g.Version() == 0 && g.has(GREChecksum|GRERouting) }

func (g GRE) hasAck() bool { return g.Version() == 1 && g.has(GREAck) }

// keyAt, sequenceAt and so on are where the optional parts begin, whether they are there or not.
func (g GRE) keyAt() int {
	if g.hasChecksum() {
		return GREMinHeaderLen + 4
	}
	return GREMinHeaderLen
}

func (g GRE) sequenceAt() int {
	if g.has(GREKey) {
		return g.keyAt() + 4
	}
	return g.keyAt()
}

func (g GRE) ackAt() int {
	if g.has(GRESequence) {
		return g.sequenceAt() + 4
	}
	return g.sequenceAt()
}

// fixedLen is the length of the header without source route entries.
func (g GRE) fixedLen() int {
	if g.hasAck() {
		return g.ackAt() + 4
	}
	return g.ackAt()
}

// HeaderLen is the length of the header in bytes, or negative if source route entries go on behind the slice.
func (g GRE) HeaderLen() int {
	at := g.fixedLen()
	if g.Version() != 0 || !g.has(GRERouting) {
		return at
	}
	for at+4 <= len(g) {
		family, n := binary.BigEndian.Uint16(g[at:]), int(g[at+3])
		at += 4
		if family == 0 && n == 0 {
			return at
		}
		at += n
	}
	return -1
}

// Key is the key of version 0, and whether there is one; in version 1, the length of the payload in the upper half and the
// peer's call ID in the lower one.
func (g GRE) Key() (key uint32, ok bool) {
	if !g.has(GREKey) {
		return 0, false
	}
	return binary.BigEndian.Uint32(g[g.keyAt():]), true
}

// Seq is the sequence number, and whether there is one.
func (g GRE) Seq() (seq uint32, ok bool) {
	if !g.has(GRESequence) {
		return 0, false
	}
	return binary.BigEndian.Uint32(g[g.sequenceAt():]), true
}

// Ack is the number of the last packet that the sender received, and whether there is one.
func (g GRE) Ack() (ack uint32, ok bool) {
	if !g.hasAck() {
		return 0, false
	}
	return binary.BigEndian.Uint32(g[g.ackAt():]), true
}

// Payload is what follows the header.
func (g GRE) Payload() []byte { return g[g.HeaderLen():] }

var (
	greFlagsField     = Field{Name: "gre.flags_and_version", Label: "flags", Title: "Flags and Version", Base: Hex}
	greChecksumFlag   = Field{Name: "gre.flags.checksum", Label: "csum", Title: "Checksum Bit", Mask: 0x8000}
	greRoutingFlag    = Field{Name: "gre.flags.routing", Label: "routing", Title: "Routing Bit", Mask: 0x4000}
	greKeyFlag        = Field{Name: "gre.flags.key", Label: "key", Title: "Key Bit", Mask: 0x2000}
	greSequenceFlag   = Field{Name: "gre.flags.sequence_number", Label: "seq", Title: "Sequence Number Bit", Mask: 0x1000}
	greStrictFlag     = Field{Name: "gre.flags.strict_source_route", Label: "strict", Title: "Strict Source Route Bit", Mask: 0x0800}
	greRecursionField = Field{Name: "gre.flags.recursion_control", Label: "recursion", Title: "Recursion control", Mask: 0x0700}
	greAckFlag        = Field{Name: "gre.flags.ack", Label: "ack", Title: "Acknowledgment", Mask: 0x0080}
	greReserved0      = Field{Name: "gre.flags.reserved", Label: "reserved", Title: "Flags (Reserved)", Mask: 0x00f8}
	greReserved1      = Field{Name: "gre.flags.reserved", Label: "reserved", Title: "Flags (Reserved)", Mask: 0x0078}
	greVersionField   = Field{Name: "gre.flags.version", Label: "v", Title: "Version", Mask: 0x0007, Rank: 1}
	greTypeField      = Field{Name: "gre.proto", Label: "type", Title: "Protocol Type", Rank: 2, Base: Hex}
	greChecksumField  = Field{Name: "gre.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	greOffsetField    = Field{Name: "gre.offset", Label: "offset", Title: "Offset"}
	greKeyField       = Field{Name: "gre.key", Label: "key", Title: "Key", Rank: 3, Base: Hex}
	grePayloadField   = Field{Name: "gre.key.payload_length", Label: "len", Title: "Payload Length", Rank: 3}
	greCallField      = Field{Name: "gre.key.call_id", Label: "call", Title: "Call ID", Rank: 4}
	greSeqField       = Field{Name: "gre.sequence_number", Label: "seq", Title: "Sequence Number", Rank: 5}
	greAckField       = Field{Name: "gre.ack_number", Label: "ack", Title: "Acknowledgment Number", Rank: 6}
	greRouteField     = Field{Name: "gre.routing", Label: "route", Title: "Routing"}
	greFamilyField    = Field{Name: "gre.routing.address_family", Label: "family", Title: "Address Family"}
	greRouteOffField  = Field{Name: "gre.routing.sre_offset", Label: "offset", Title: "SRE Offset"}
	greRouteLenField  = Field{Name: "gre.routing.src_length", Label: "len", Title: "SRE Length"}
	greRouteInfoField = Field{Name: "gre.routing.information", Label: "info", Title: "Routing Information"}
)

// Fields describes the header to s. sum is the verdict on the checksum.
func (g GRE) Fields(s Sink, sum ChecksumResult) {
	f := g.Flags()
	s.Uint(&greFlagsField, greFlags, 2, uint64(f))
	s.Begin(&greFlagsField, greFlags, 2)
	s.Bool(&greChecksumFlag, greFlags, 2, f&GREChecksum != 0)
	s.Bool(&greRoutingFlag, greFlags, 2, f&GRERouting != 0)
	s.Bool(&greKeyFlag, greFlags, 2, f&GREKey != 0)
	s.Bool(&greSequenceFlag, greFlags, 2, f&GRESequence != 0)
	s.Bool(&greStrictFlag, greFlags, 2, f&GREStrictRoute != 0)
	s.Uint(&greRecursionField, greFlags, 2, uint64(f&greRecursionMask)>>8)
	if g.Version() == 1 {
		s.Bool(&greAckFlag, greFlags, 2, f&GREAck != 0)
		s.Uint(&greReserved1, greFlags, 2, uint64(f)>>3&0x0f)
	} else {
		s.Uint(&greReserved0, greFlags, 2, uint64(f)>>3&0x1f)
	}
	s.Uint(&greVersionField, greFlags, 2, uint64(f&greVersionMask))
	s.End()
	s.Enum(&greTypeField, greType, 2, uint64(g.Type()), g.Type().Name())
	if g.hasChecksum() {
		s.Checksum(&greChecksumField, GREMinHeaderLen, 2, binary.BigEndian.Uint16(g[GREMinHeaderLen:]), sum)
		s.Uint(&greOffsetField, GREMinHeaderLen+2, 2, uint64(binary.BigEndian.Uint16(g[GREMinHeaderLen+2:])))
	}
	if key, ok := g.Key(); ok && g.Version() == 0 {
		s.Uint(&greKeyField, g.keyAt(), 4, uint64(key))
	} else if ok {
		s.Uint(&grePayloadField, g.keyAt(), 2, uint64(key>>16))
		s.Uint(&greCallField, g.keyAt()+2, 2, uint64(key&0xffff))
	}
	if seq, ok := g.Seq(); ok {
		s.Uint(&greSeqField, g.sequenceAt(), 4, uint64(seq))
	}
	if ack, ok := g.Ack(); ok {
		s.Uint(&greAckField, g.ackAt(), 4, uint64(ack))
	}
	for at, end := g.fixedLen(), g.HeaderLen(); at < end; {
		n := int(g[at+3])
		s.Begin(&greRouteField, at, 4+n)
		s.Uint(&greFamilyField, at, 2, uint64(binary.BigEndian.Uint16(g[at:])))
		s.Uint(&greRouteOffField, at+2, 1, uint64(g[at+2]))
		s.Uint(&greRouteLenField, at+3, 1, uint64(n))
		if n > 0 {
			s.Bytes(&greRouteInfoField, at+4, n, g[at+4:at+4+n])
		}
		s.End()
		at += 4 + n
	}
}

func decodeGRE(p *Packet, l *Layer, b []byte) LayerType {
	g := GRE(b)
	if err := g.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + g.HeaderLen()
	if l.Payload == l.End {
		return LayerNone
	}
	switch t := g.Type(); t {
	case EtherTypeTEB:
		return LayerEthernet
	case EtherTypePPP:
		return LayerPPP
	case EtherTypeERSPAN3:
		return LayerERSPAN
	case EtherTypeERSPAN2:
		if !g.has(GRESequence) { // type I
			return LayerEthernet
		}
		return LayerERSPAN
	default:
		return t.layer()
	}
}

func greFields(p *Packet, l *Layer, s Sink) {
	g := GRE(p.Bytes(l))
	sum := ChecksumResult{}
	if g.has(GREChecksum) && g.hasChecksum() && !l.Truncated() && l.Flags&Fragmented == 0 {
		got := binary.BigEndian.Uint16(g[GREMinHeaderLen:])
		sum = ChecksumResult{ChecksumGood, got}
		if all := Sum(0).Add(g); all.Fold() != 0xffff {
			sum = ChecksumResult{ChecksumBad, all.AddUint16(^got).Checksum()}
		}
	}
	g.Fields(s, sum)
}

// GREHeader is a header of version 0 as a value: without routing, and with a checksum only when it is filled in afterwards.
type GREHeader struct {
	Flags    GREFlags // GREChecksum, GREKey and GRESequence say which of the following are written
	Type     EtherType
	Checksum uint16
	Key      uint32
	Seq      uint32
}

// Header gives a header of version 0 as a value, or ErrUnsupported for another, or one with routing.
func (g GRE) Header() (GREHeader, error) {
	if g.Version() != 0 || g.has(GRERouting) {
		return GREHeader{}, ErrUnsupported
	}
	h := GREHeader{Flags: g.Flags() & (GREChecksum | GREKey | GRESequence), Type: g.Type()}
	if g.has(GREChecksum) {
		h.Checksum = binary.BigEndian.Uint16(g[GREMinHeaderLen:])
	}
	h.Key, _ = g.Key()
	h.Seq, _ = g.Seq()
	return h, nil
}

// Append appends the wire form of h to b and returns the extended slice.
func (h *GREHeader) Append(b []byte) []byte {
	flags := h.Flags & (GREChecksum | GREKey | GRESequence)
	b = binary.BigEndian.AppendUint16(b, uint16(flags))
	b = binary.BigEndian.AppendUint16(b, uint16(h.Type))
	if flags&GREChecksum != 0 {
		b = binary.BigEndian.AppendUint32(b, uint32(h.Checksum)<<16)
	}
	if flags&GREKey != 0 {
		b = binary.BigEndian.AppendUint32(b, h.Key)
	}
	if flags&GRESequence != 0 {
		b = binary.BigEndian.AppendUint32(b, h.Seq)
	}
	return b
}
