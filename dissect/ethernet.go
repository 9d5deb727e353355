package dissect

import (
	"encoding/binary"
	"strconv"
)

// Offsets in an Ethernet header, its length, and the shortest frame without FCS, in bytes.
const (
	ethDst  = 0
	ethSrc  = 6
	ethType = 12

	EthernetHeaderLen = 14
	EthernetMinLen    = 60
)

// Ethernet is a view of an Ethernet frame, from the destination address on and without FCS: DIX Ethernet II
// when the last two bytes of the header are at least 0x600, IEEE 802.3 when they are a length.
//
//	+-------------------------+-------------------------+-------------+
//	| Destination (6 octets)  |    Source (6 octets)    | Type/Length |
//	+-------------------------+-------------------------+-------------+
//
// The getters trust the slice; call Check once before the first of them.
type Ethernet []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (e Ethernet) Check() error {
	if len(e) < EthernetHeaderLen {
		return ErrTruncated
	}
	return nil
}

func (e Ethernet) Dst() MAC { return MAC(e[ethDst:]) }
func (e Ethernet) Src() MAC { return MAC(e[ethSrc:]) }

// Type is the EtherType; below 0x600 it is the length of an 802.3 frame's payload.
func (e Ethernet) Type() EtherType { return EtherType(binary.BigEndian.Uint16(e[ethType:])) }

// Payload is what follows the header, padding included.
func (e Ethernet) Payload() []byte { return e[EthernetHeaderLen:] }

var (
	ethDstField  = Field{Name: "eth.dst", Label: "dst", Title: "Destination", Rank: 2}
	ethSrcField  = Field{Name: "eth.src", Label: "src", Title: "Source", Rank: 1}
	ethTypeField = Field{Name: "eth.type", Label: "type", Title: "Type", Rank: 3, Base: Hex}
	ethLenField  = Field{Name: "eth.len", Label: "len", Title: "Length", Rank: 3}
)

// Fields describes the header to s.
func (e Ethernet) Fields(s Sink) {
	s.MAC(&ethDstField, ethDst, 6, e.Dst())
	s.MAC(&ethSrcField, ethSrc, 6, e.Src())
	if t := e.Type(); t.IsLength() {
		s.Uint(&ethLenField, ethType, 2, uint64(t))
	} else {
		s.Enum(&ethTypeField, ethType, 2, uint64(t), t.Name())
	}
}

func decodeEthernet(p *Packet, l *Layer) LayerType {
	e := Ethernet(p.Bytes(l))
	if err := e.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + EthernetHeaderLen
	t := e.Type()
	if t.IsLength() {
		// An 802.3 length cuts off the padding, as TotalLen does in IP. One that promises more than the
		// frame has is left to show as truncation.
		p.limit(l, EthernetHeaderLen+int(t))
	}
	return t.layer()
}

func ethernetFields(p *Packet, l *Layer, s Sink) { Ethernet(p.Bytes(l)).Fields(s) }

// EthernetHeader is an Ethernet header as a value.
type EthernetHeader struct {
	Dst, Src MAC
	Type     EtherType
}

// Header gives the header as a value.
func (e Ethernet) Header() EthernetHeader { return EthernetHeader{e.Dst(), e.Src(), e.Type()} }

// Append appends the wire form of h to b and returns the extended slice.
func (h *EthernetHeader) Append(b []byte) []byte {
	b = append(b, h.Dst[:]...)
	b = append(b, h.Src[:]...)
	return binary.BigEndian.AppendUint16(b, uint16(h.Type))
}

// EtherType says what a frame carries (IEEE 802 numbers); below 0x600 it is a length.
type EtherType uint16

const (
	EtherTypeIPv4  EtherType = 0x0800
	EtherTypeARP   EtherType = 0x0806
	EtherTypeRARP  EtherType = 0x8035
	EtherTypeVLAN  EtherType = 0x8100
	EtherTypeIPv6  EtherType = 0x86dd
	EtherTypeMPLS  EtherType = 0x8847
	EtherTypePPPoE EtherType = 0x8864
	EtherTypeEAPOL EtherType = 0x888e
	EtherTypeQinQ  EtherType = 0x88a8
	EtherTypeLLDP  EtherType = 0x88cc
	EtherTypeQinQ1 EtherType = 0x9100 // service tags before IEEE 802.1ad
)

// IsLength reports whether t is the length field of an 802.3 frame.
func (t EtherType) IsLength() bool { return t < 0x600 }

// Name is the protocol's name, or "".
func (t EtherType) Name() string {
	switch t {
	case EtherTypeIPv4:
		return "IPv4"
	case EtherTypeARP:
		return "ARP"
	case EtherTypeRARP:
		return "RARP"
	case EtherTypeVLAN:
		return "VLAN"
	case EtherTypeIPv6:
		return "IPv6"
	case EtherTypeMPLS:
		return "MPLS"
	case EtherTypePPPoE:
		return "PPPoE"
	case EtherTypeEAPOL:
		return "EAPOL"
	case EtherTypeQinQ, EtherTypeQinQ1:
		return "QinQ"
	case EtherTypeLLDP:
		return "LLDP"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (t EtherType) String() string {
	if n := t.Name(); n != "" {
		return n
	}
	return "0x" + string(strconv.AppendUint(nil, 0x10000+uint64(t), 16)[1:])
}

// layer is what reads the bytes behind a field that holds t.
func (t EtherType) layer() LayerType {
	switch t {
	case EtherTypeIPv4:
		return LayerIPv4
	case EtherTypeIPv6:
		return LayerIPv6
	case EtherTypeARP, EtherTypeRARP:
		return LayerARP
	case EtherTypeVLAN, EtherTypeQinQ, EtherTypeQinQ1:
		return LayerVLAN
	}
	if t.IsLength() {
		return LayerLLC
	}
	return LayerData
}
