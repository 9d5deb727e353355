package dissect

import "encoding/binary"

// Offsets in an Ethernet header, its length, and the shortest frame without FCS, in bytes.
const (
	ethDst  = 0
	ethSrc  = 6
	ethType = 12

	EthernetHeaderLen = 14
	EthernetMinLen    = 60

	ethMaxLength = 1500 // the largest length of 802.3; numbers from there to 0x600 have no meaning
)

// Ethernet is a view of an Ethernet frame, from the destination address on and without FCS: DIX Ethernet II
// when the last two bytes of the header are a type (at least 0x600), IEEE 802.3 when they are a length (at most 1500).
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

// CheckWhole is Check for a host that received the frame: every byte that an 802.3 length promises must be in the slice.
func (e Ethernet) CheckWhole() error {
	if err := e.Check(); err != nil {
		return err
	}
	if t := e.Type(); t.IsLength() && int(t) > len(e)-EthernetHeaderLen {
		return ErrTruncated
	}
	return nil
}

// Type is the EtherType, or the length of an 802.3 frame's payload; see EtherType.IsLength.
func (e Ethernet) Type() EtherType { return EtherType(binary.BigEndian.Uint16(e[ethType:])) }

// Payload is what follows the header: without padding in an 802.3 frame, as far as the slice goes, and with
// it in an Ethernet II frame, since only the protocol inside knows where it ends.
func (e Ethernet) Payload() []byte {
	b := e[EthernetHeaderLen:]
	if t := e.Type(); t.IsLength() && int(t) < len(b) {
		b = b[:t]
	}
	return b
}

func (e Ethernet) SetDst(m MAC)        { copy(e[ethDst:], m[:]) }
func (e Ethernet) SetSrc(m MAC)        { copy(e[ethSrc:], m[:]) }
func (e Ethernet) SetType(t EtherType) { binary.BigEndian.PutUint16(e[ethType:], uint16(t)) }

var (
	ethDstField     = Field{Name: "eth.dst", Label: "dst", Title: "Destination", Rank: 2}
	ethSrcField     = Field{Name: "eth.src", Label: "src", Title: "Source", Rank: 1}
	ethTypeField    = Field{Name: "eth.type", Label: "type", Title: "Type", Rank: 3, Base: Hex}
	ethLenField     = Field{Name: "eth.len", Label: "len", Title: "Length", Rank: 3}
	ethInvalidField = Field{Name: "eth.invalid_lentype", Label: "type", Title: "Invalid length/type", Rank: 3, Base: Hex}
	ethPaddingField = Field{Name: "eth.padding", Label: "padding", Title: "Padding"}
	ethFCSField     = Field{Name: "eth.fcs", Label: "fcs", Title: "Frame Check Sequence (probably)", Base: Hex}
	ethCutField     = Field{Label: "fcs", Title: "Frame Check Sequence (cut short)"}
	ethTrailerField = Field{Name: "eth.trailer", Label: "trailer", Title: "Trailer"}
)

// Fields describes the header to s.
func (e Ethernet) Fields(s Sink) {
	s.MAC(&ethDstField, ethDst, 6, e.Dst())
	s.MAC(&ethSrcField, ethSrc, 6, e.Src())
	switch t := e.Type(); {
	case t.IsLength():
		s.Uint(&ethLenField, ethType, 2, uint64(t))
	case t < ethMinType:
		s.Uint(&ethInvalidField, ethType, 2, uint64(t))
	default:
		s.Enum(&ethTypeField, ethType, 2, uint64(t), t.Name())
	}
}

func decodeEthernet(p *Packet, l *Layer, b []byte) LayerType {
	e := Ethernet(b)
	if err := e.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + EthernetHeaderLen
	t := e.Type()
	if t.IsLength() {
		l.Type = Layer8023
		return p.lengthPayload(l, int(t))
	}
	return t.layer()
}

// lengthPayload gives what follows a layer l whose header ends in an 802.3 length. It bounds what follows, as TotalLen
// does in IP; l itself keeps the padding.
func (p *Packet) lengthPayload(l *Layer, n int) LayerType {
	p.limitNext(n)
	// NetWare's first frames have no LLC: an IPX header, with 0xffff for a checksum, follows the length.
	if b := p.Data[l.Payload:l.End]; len(b) >= 2 && b[0] == 0xff && b[1] == 0xff {
		return LayerData
	}
	return LayerLLC
}

func ethernetFields(p *Packet, l *Layer, s Sink) {
	Ethernet(p.Bytes(l)).Fields(s)
	p.trailerFields(l, s, &ethTrailerField, &ethFCSField)
}

// trailerFields describes the bytes of l behind the end of the layer inside it: zeros that fill the frame up to
// Ethernet's minimum are padding, all else is a trailer. The last four bytes of one are taken for an FCS, if the frame is long
// enough for one and fcs is not nil: some interfaces capture it, and nothing says so. Wireshark divides them in the same way.
func (p *Packet) trailerFields(l *Layer, s Sink, trailer, fcs *Field) {
	inner := p.inner(l)
	if inner == nil || inner.End == l.End {
		return
	}
	switch inner.Type {
	case LayerVLAN, LayerQinQ:
		return // the tag describes them
	}
	b, off := p.Data[inner.End:l.End], inner.End-l.Start
	if n := min(len(b), EthernetMinLen-inner.End); n > 0 && l.Start+l.Wire >= EthernetMinLen && isZero(b[:n]) {
		s.Bytes(&ethPaddingField, off, n, b[:n])
		b, off = b[n:], off+n
	}
	n := len(b)
	left := l.Wire - off // on the wire
	guess := fcs != nil && left >= ethFCSLen && l.Wire >= EthernetMinLen+ethFCSLen
	if guess {
		n = min(n, left-ethFCSLen)
	}
	if n > 0 {
		s.Bytes(trailer, off, n, b[:n])
	}
	switch rest := b[n:]; {
	case len(rest) == ethFCSLen && guess:
		s.Uint(fcs, off+n, ethFCSLen, uint64(binary.BigEndian.Uint32(rest)))
	case len(rest) > 0:
		s.Bytes(&ethCutField, off+n, len(rest), rest)
	}
}

const ethFCSLen = 4

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

// EtherType says what a frame carries (IEEE 802 numbers), or how much.
type EtherType uint16

const (
	ethMinType EtherType = 0x600

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

	EtherTypeTEB            EtherType = 0x6558 // Ethernet in a tunnel
	EtherTypePPP            EtherType = 0x880b
	EtherTypeMPLSMulticast  EtherType = 0x8848 // upstream-assigned labels (RFC 5332)
	EtherTypePPPoEDiscovery EtherType = 0x8863
	etherTypePTP            EtherType = 0x88f7 // time of IEEE 1588
	EtherTypeSlow           EtherType = 0x8809 // link aggregation and OAM
	EtherTypeMACsec         EtherType = 0x88e5
	EtherTypeLoopback       EtherType = 0x9000 // the configuration test protocol
	EtherTypeERSPAN2        EtherType = 0x88be // behind GRE only
	EtherTypeERSPAN3        EtherType = 0x22eb
)

// IsLength reports whether t is the length field of an 802.3 frame. Numbers between 1500 and 0x600 are neither
// length nor type.
func (t EtherType) IsLength() bool { return t <= ethMaxLength }

// Name is the protocol's name, or "".
func (t EtherType) Name() string {
	switch t {
	case etherTypePTP:
		return "PTP"
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
	case EtherTypeMPLS, EtherTypeMPLSMulticast:
		return "MPLS"
	case EtherTypePPPoE, EtherTypePPPoEDiscovery:
		return "PPPoE"
	case EtherTypePPP:
		return "PPP"
	case EtherTypeTEB:
		return "Ethernet"
	case EtherTypeEAPOL:
		return "EAPOL"
	case EtherTypeQinQ, EtherTypeQinQ1:
		return "QinQ"
	case EtherTypeLLDP:
		return "LLDP"
	case EtherTypeSlow:
		return "Slow"
	case EtherTypeMACsec:
		return "MACsec"
	case EtherTypeLoopback:
		return "Loopback"
	case EtherTypeERSPAN2, EtherTypeERSPAN3:
		return "ERSPAN"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (t EtherType) String() string { return nameOrHex(t.Name(), uint64(t), 4) }

// layer is what reads the bytes behind a field that holds t.
func (t EtherType) layer() LayerType {
	switch t {
	case etherTypePTP:
		return LayerPTP
	case EtherTypeIPv4:
		return LayerIPv4
	case EtherTypeIPv6:
		return LayerIPv6
	case EtherTypeARP, EtherTypeRARP:
		return LayerARP
	case EtherTypeVLAN, EtherTypeQinQ1:
		return LayerVLAN
	case EtherTypeQinQ:
		return LayerQinQ
	case EtherTypeMPLS, EtherTypeMPLSMulticast:
		return LayerMPLS
	case EtherTypePPPoEDiscovery:
		return LayerPPPoED
	case EtherTypePPPoE:
		return LayerPPPoES
	case EtherTypeLLDP:
		return LayerLLDP
	case EtherTypeEAPOL:
		return LayerEAPOL
	case EtherTypeSlow:
		return LayerSlow
	case EtherTypeMACsec:
		return LayerMACsec
	case EtherTypeLoopback:
		return LayerLoopback
	}
	return LayerData
}
