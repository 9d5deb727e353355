package dissect

import "encoding/binary"

// MPLSHeaderLen is the length of an entry of a label stack in bytes.
const MPLSHeaderLen = 4

// MPLS is a view of an entry of a label stack (RFC 3032 section 2.1).
//
//	 0                                  19 20  22 23 24             31
//	+-------------------------------------+------+--+-----------------+
//	|               Label                 |  TC  |S |       TTL       |
//	+-------------------------------------+------+--+-----------------+
//
// The getters trust the slice; call Check once before the first of them.
type MPLS []byte

// Check reports whether the entry can be read: ErrTruncated if bytes of it are missing.
func (m MPLS) Check() error {
	if len(m) < MPLSHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: an entry promises nothing but itself.
func (m MPLS) CheckWhole() error { return m.Check() }

func (m MPLS) entry() uint32 { return binary.BigEndian.Uint32(m) }

// Label is the label, 20 bits; TrafficClass was called the experimental bits before RFC 5462.
func (m MPLS) Label() MPLSLabel    { return MPLSLabel(m.entry() >> 12) }
func (m MPLS) TrafficClass() uint8 { return uint8(m.entry() >> 9 & 7) }

// IsBottom reports whether the entry is the last of its stack.
func (m MPLS) IsBottom() bool { return m.entry()&0x100 != 0 }

func (m MPLS) TTL() uint8 { return uint8(m.entry()) }

// Payload is what follows the entry.
func (m MPLS) Payload() []byte { return m[MPLSHeaderLen:] }

var (
	mplsLabelField  = Field{Name: "mpls.label", Label: "label", Title: "MPLS Label", Mask: 0xfffff000, Rank: 1}
	mplsClassField  = Field{Name: "mpls.exp", Label: "tc", Title: "MPLS Experimental Bits", Mask: 0x00000e00, Rank: 2, Form: FormNonzero}
	mplsBottomField = Field{Name: "mpls.bottom", Label: "bottom", Title: "MPLS Bottom Of Label Stack", Mask: 0x00000100, Rank: 3, Form: FormFlag}
	mplsTTLField    = Field{Name: "mpls.ttl", Label: "ttl", Title: "MPLS TTL", Mask: 0x000000ff, Rank: 4}
)

// Fields describes the entry to s.
func (m MPLS) Fields(s Sink) {
	s.Enum(&mplsLabelField, 0, MPLSHeaderLen, uint64(m.Label()), m.Label().Name())
	s.Uint(&mplsClassField, 0, MPLSHeaderLen, uint64(m.TrafficClass()))
	s.Bool(&mplsBottomField, 0, MPLSHeaderLen, m.IsBottom())
	s.Uint(&mplsTTLField, 0, MPLSHeaderLen, uint64(m.TTL()))
}

// decodeMPLS reads an entry. Nothing in a stack says what follows its last entry; the first four bits tell IPv4 and IPv6 apart
// from all else (RFC 4928 section 3).
func decodeMPLS(p *Packet, l *Layer, b []byte) LayerType {
	m := MPLS(b)
	if err := m.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + MPLSHeaderLen
	switch {
	case l.Payload == l.End:
		return LayerNone
	case !m.IsBottom():
		return LayerMPLS
	}
	switch b[MPLSHeaderLen] >> 4 {
	case 4:
		return LayerIPv4
	case 6:
		return LayerIPv6
	}
	return LayerData
}

func mplsEntryFields(p *Packet, l *Layer, s Sink) { MPLS(p.Bytes(l)).Fields(s) }

// MPLSHeader is an entry of a label stack as a value.
type MPLSHeader struct {
	Label        MPLSLabel
	TrafficClass uint8 // 0 to 7
	Bottom       bool
	TTL          uint8
}

// Header gives the entry as a value.
func (m MPLS) Header() MPLSHeader {
	return MPLSHeader{Label: m.Label(), TrafficClass: m.TrafficClass(), Bottom: m.IsBottom(), TTL: m.TTL()}
}

// Append appends the wire form of h to b and returns the extended slice; bits that do not fit their fields are left out.
func (h MPLSHeader) Append(b []byte) []byte {
	entry := uint32(h.Label)<<12 | uint32(h.TrafficClass&7)<<9 | uint32(h.TTL)
	if h.Bottom {
		entry |= 0x100
	}
	return binary.BigEndian.AppendUint32(b, entry)
}

// MPLSLabel is a label; those up to 15 have meanings of their own (IANA "Special-Purpose MPLS Label Values").
type MPLSLabel uint32

const (
	MPLSIPv4Null     MPLSLabel = 0
	MPLSRouterAlert  MPLSLabel = 1
	MPLSIPv6Null     MPLSLabel = 2
	MPLSImplicitNull MPLSLabel = 3
	MPLSEntropy      MPLSLabel = 7
	MPLSGAL          MPLSLabel = 13
	MPLSOAMAlert     MPLSLabel = 14
	MPLSExtension    MPLSLabel = 15
)

// Name is the meaning of a special label, or "".
func (l MPLSLabel) Name() string {
	switch l {
	case MPLSIPv4Null:
		return "IPv4-ExplicitNull"
	case MPLSRouterAlert:
		return "RouterAlert"
	case MPLSIPv6Null:
		return "IPv6-ExplicitNull"
	case MPLSImplicitNull:
		return "ImplicitNull"
	case MPLSEntropy:
		return "EntropyIndicator"
	case MPLSGAL:
		return "GAL"
	case MPLSOAMAlert:
		return "OAMAlert"
	case MPLSExtension:
		return "Extension"
	}
	return ""
}

// String is the name, or the number.
func (l MPLSLabel) String() string { return nameOrNumber(l.Name(), uint64(l)) }
