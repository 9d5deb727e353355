package dissect

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// Offsets in an ARP packet, the length of the part before the addresses and of the whole for Ethernet and
// IPv4, in bytes.
const (
	arpHardwareType = 0
	arpProtocolType = 2
	arpHardwareLen  = 4
	arpProtocolLen  = 5
	arpOp           = 6

	ARPFixedLen        = 8
	ARPEthernetIPv4Len = 28
)

// ARP is a view of an ARP packet (RFC 826), or one of its relatives with the same form: RARP (RFC 903), InARP (RFC 2390).
//
//	 0              7 8             15 16                           31
//	+--------------------------------+-------------------------------+
//	|         Hardware Type          |         Protocol Type         |
//	+----------------+---------------+-------------------------------+
//	|  Hardware Len  | Protocol Len  |           Operation           |
//	+----------------+---------------+-------------------------------+
//	|    Sender's hardware address, then its protocol address,       |
//	|    target's hardware address, then its protocol address:       |
//	|    of Hardware Len and Protocol Len bytes each                 |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type ARP []byte

// Check reports whether the packet can be read: ErrTruncated if bytes of it are missing, addresses of
// whatever length included. Whether it is about Ethernet and IPv4 is a question for IsEthernetIPv4.
func (a ARP) Check() error {
	if len(a) < ARPFixedLen || len(a) < a.Len() {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: there is nothing behind the addresses.
func (a ARP) CheckWhole() error { return a.Check() }

func (a ARP) HardwareType() ARPHardware {
	return ARPHardware(binary.BigEndian.Uint16(a[arpHardwareType:]))
}
func (a ARP) ProtocolType() EtherType {
	return EtherType(binary.BigEndian.Uint16(a[arpProtocolType:]))
}

// HardwareLen and ProtocolLen are the lengths of each address in bytes.
func (a ARP) HardwareLen() int { return int(a[arpHardwareLen]) }
func (a ARP) ProtocolLen() int { return int(a[arpProtocolLen]) }

func (a ARP) Op() ARPOp { return ARPOp(binary.BigEndian.Uint16(a[arpOp:])) }

// Len is the length of the packet in bytes, by the lengths of its addresses.
func (a ARP) Len() int { return ARPFixedLen + 2*(a.HardwareLen()+a.ProtocolLen()) }

// The four addresses as they are on the wire, of HardwareLen and ProtocolLen bytes.

func (a ARP) SenderHardware() []byte { return a.address(0, a.HardwareLen()) }
func (a ARP) SenderProtocol() []byte { return a.address(a.HardwareLen(), a.ProtocolLen()) }
func (a ARP) TargetHardware() []byte {
	return a.address(a.HardwareLen()+a.ProtocolLen(), a.HardwareLen())
}
func (a ARP) TargetProtocol() []byte {
	return a.address(2*a.HardwareLen()+a.ProtocolLen(), a.ProtocolLen())
}

func (a ARP) address(off, n int) []byte { return a[ARPFixedLen+off:][:n:n] }

// hasMAC reports whether the hardware addresses are MAC-48 ones, hasIPv4 whether the protocol addresses are IPv4.
func (a ARP) hasMAC() bool {
	t := a.HardwareType()
	return a.HardwareLen() == 6 && (t == ARPEthernet || t == ARPIEEE802)
}
func (a ARP) hasIPv4() bool { return a.ProtocolLen() == 4 && a.ProtocolType() == EtherTypeIPv4 }

// IsEthernetIPv4 reports whether the packet maps IPv4 addresses to Ethernet's, in type and in length: only then
// does Header mean anything.
func (a ARP) IsEthernetIPv4() bool { return a.hasMAC() && a.hasIPv4() }

// IsGratuitous reports whether sender and target of a request or reply have one protocol address: the
// sender tells its neighbors about itself.
func (a ARP) IsGratuitous() bool {
	return (a.Op() == ARPRequest || a.Op() == ARPReply) && a.ProtocolLen() > 0 &&
		bytes.Equal(a.SenderProtocol(), a.TargetProtocol())
}

// IsProbe reports whether the packet asks if anybody uses an address that the sender would like to
// have (RFC 5227 section 2.1.1).
func (a ARP) IsProbe() bool {
	return a.asksNobody() && isZero(a.SenderProtocol()) && !isZero(a.TargetProtocol())
}

// IsAnnouncement reports whether the packet claims an address for the sender (RFC 5227 section 2.3).
func (a ARP) IsAnnouncement() bool { return a.asksNobody() && a.IsGratuitous() }

// asksNobody reports whether the packet is a request that leaves the target's hardware address empty. One to a
// known address only checks that it is still there.
func (a ARP) asksNobody() bool {
	return a.Op() == ARPRequest && a.HardwareLen() > 0 && isZero(a.TargetHardware())
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// SetOp writes the operation.
func (a ARP) SetOp(op ARPOp) { binary.BigEndian.PutUint16(a[arpOp:], uint16(op)) }

var (
	arpHWTypeField    = Field{Name: "arp.hw.type", Label: "type", Title: "Hardware type", Rank: 1}
	arpProtoTypeField = Field{Name: "arp.proto.type", Label: "+", Title: "Protocol type", Rank: 1, Form: FormJoined, Base: Hex}
	arpHWLenField     = Field{Name: "arp.hw.size", Label: "hwlen", Title: "Hardware size"}
	arpProtoLenField  = Field{Name: "arp.proto.size", Label: "plen", Title: "Protocol size"}
	arpOpField        = Field{Name: "arp.opcode", Label: "op", Title: "Opcode", Rank: 4}
	arpSrcMACField    = Field{Name: "arp.src.hw_mac", Label: "src", Title: "Sender MAC address", Rank: 2}
	arpSrcHWField     = Field{Name: "arp.src.hw", Label: "src", Title: "Sender hardware address", Rank: 2}
	arpSrcIPField     = Field{Name: "arp.src.proto_ipv4", Label: "/", Title: "Sender IP address", Rank: 2, Form: FormJoined}
	arpSrcProtoField  = Field{Name: "arp.src.proto", Label: "/", Title: "Sender protocol address", Rank: 2, Form: FormJoined}
	arpDstMACField    = Field{Name: "arp.dst.hw_mac", Label: "tgt", Title: "Target MAC address", Rank: 3}
	arpDstHWField     = Field{Name: "arp.dst.hw", Label: "tgt", Title: "Target hardware address", Rank: 3}
	arpDstIPField     = Field{Name: "arp.dst.proto_ipv4", Label: "/", Title: "Target IP address", Rank: 3, Form: FormJoined}
	arpDstProtoField  = Field{Name: "arp.dst.proto", Label: "/", Title: "Target protocol address", Rank: 3, Form: FormJoined}
	arpGratuitousFld  = Field{Name: "arp.isgratuitous", Label: "gratuitous", Title: "Is gratuitous", Rank: 5, Form: FormFlag}
	arpProbeField     = Field{Name: "arp.isprobe", Label: "probe", Title: "Is probe", Rank: 5, Form: FormFlag}
	arpAnnounceField  = Field{Name: "arp.isannouncement", Label: "announcement", Title: "Is announcement", Rank: 5, Form: FormFlag}
)

// Fields describes the packet to s. The last three are derived, and there only when they hold.
func (a ARP) Fields(s Sink) {
	s.Enum(&arpHWTypeField, arpHardwareType, 2, uint64(a.HardwareType()), a.HardwareType().Name())
	s.Enum(&arpProtoTypeField, arpProtocolType, 2, uint64(a.ProtocolType()), a.ProtocolType().Name())
	s.Uint(&arpHWLenField, arpHardwareLen, 1, uint64(a.HardwareLen()))
	s.Uint(&arpProtoLenField, arpProtocolLen, 1, uint64(a.ProtocolLen()))
	s.Enum(&arpOpField, arpOp, 2, uint64(a.Op()), a.Op().Name())

	srcHW, dstHW := &arpSrcHWField, &arpDstHWField
	if a.hasMAC() {
		srcHW, dstHW = &arpSrcMACField, &arpDstMACField
	}
	srcProto, dstProto := &arpSrcProtoField, &arpDstProtoField
	if a.hasIPv4() {
		srcProto, dstProto = &arpSrcIPField, &arpDstIPField
	}
	off := ARPFixedLen
	off = a.hardwareField(s, srcHW, off, a.SenderHardware())
	off = a.protocolField(s, srcProto, off, a.SenderProtocol())
	off = a.hardwareField(s, dstHW, off, a.TargetHardware())
	a.protocolField(s, dstProto, off, a.TargetProtocol())

	if a.IsGratuitous() {
		s.Bool(&arpGratuitousFld, 0, 0, true)
	}
	if a.IsProbe() {
		s.Bool(&arpProbeField, 0, 0, true)
	}
	if a.IsAnnouncement() {
		s.Bool(&arpAnnounceField, 0, 0, true)
	}
}

// hardwareField and protocolField describe an address at off and return the offset behind it.
func (a ARP) hardwareField(s Sink, f *Field, off int, b []byte) int {
	if a.hasMAC() {
		s.MAC(f, off, 6, MAC(b))
	} else if len(b) > 0 {
		s.Bytes(f, off, len(b), b)
	}
	return off + len(b)
}

func (a ARP) protocolField(s Sink, f *Field, off int, b []byte) int {
	if a.hasIPv4() {
		s.Addr(f, off, 4, netip.AddrFrom4([4]byte(b)))
	} else if len(b) > 0 {
		s.Bytes(f, off, len(b), b)
	}
	return off + len(b)
}

func decodeARP(p *Packet, l *Layer, b []byte) LayerType {
	a := ARP(b)
	if err := a.Check(); err != nil {
		return l.fail(err)
	}
	p.limit(l, a.Len())
	l.Payload = l.End
	return LayerNone
}

func arpFields(p *Packet, l *Layer, s Sink) { ARP(p.Bytes(l)).Fields(s) }

// ARPHeader is an ARP packet for Ethernet and IPv4 as a value.
type ARPHeader struct {
	Op        ARPOp
	SenderMAC MAC
	SenderIP  netip.Addr
	TargetMAC MAC
	TargetIP  netip.Addr
}

// NewARPRequest asks who has target. A sender address of 0.0.0.0 makes it a probe, target itself an
// announcement (RFC 5227).
func NewARPRequest(mac MAC, sender, target netip.Addr) ARPHeader {
	return ARPHeader{Op: ARPRequest, SenderMAC: mac, SenderIP: sender, TargetIP: target}
}

// Reply is the answer to request h by the station mac that has the address asked for.
func (h *ARPHeader) Reply(mac MAC) ARPHeader {
	return ARPHeader{Op: ARPReply, SenderMAC: mac, SenderIP: h.TargetIP, TargetMAC: h.SenderMAC, TargetIP: h.SenderIP}
}

// Header gives the packet as a value, or ErrUnsupported if it is about anything but Ethernet and IPv4.
func (a ARP) Header() (ARPHeader, error) {
	if !a.IsEthernetIPv4() {
		return ARPHeader{}, ErrUnsupported
	}
	return ARPHeader{
		Op:        a.Op(),
		SenderMAC: MAC(a.SenderHardware()), SenderIP: netip.AddrFrom4([4]byte(a.SenderProtocol())),
		TargetMAC: MAC(a.TargetHardware()), TargetIP: netip.AddrFrom4([4]byte(a.TargetProtocol())),
	}, nil
}

// Append appends the wire form of h, 28 bytes of hardware type Ethernet, to b and returns the extended slice.
// Both IP addresses must be IPv4.
func (h *ARPHeader) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(ARPEthernet))
	b = binary.BigEndian.AppendUint16(b, uint16(EtherTypeIPv4))
	b = append(b, 6, 4)
	b = binary.BigEndian.AppendUint16(b, uint16(h.Op))
	sender, target := h.SenderIP.As4(), h.TargetIP.As4()
	b = append(b, h.SenderMAC[:]...)
	b = append(b, sender[:]...)
	b = append(b, h.TargetMAC[:]...)
	return append(b, target[:]...)
}

// ARPOp is the operation of an ARP packet (IANA "ARP Parameters").
type ARPOp uint16

const (
	ARPRequest        ARPOp = 1
	ARPReply          ARPOp = 2
	ARPReverseRequest ARPOp = 3 // RFC 903
	ARPReverseReply   ARPOp = 4 // RFC 903
	ARPDRARPRequest   ARPOp = 5 // RFC 1931
	ARPDRARPReply     ARPOp = 6 // RFC 1931
	ARPDRARPError     ARPOp = 7 // RFC 1931
	ARPInverseRequest ARPOp = 8 // RFC 2390
	ARPInverseReply   ARPOp = 9 // RFC 2390
	ARPNAK            ARPOp = 10
)

var arpOpNames = [...]string{
	ARPRequest: "Request", ARPReply: "Reply", ARPReverseRequest: "ReverseRequest", ARPReverseReply: "ReverseReply",
	ARPDRARPRequest: "DRARPRequest", ARPDRARPReply: "DRARPReply", ARPDRARPError: "DRARPError",
	ARPInverseRequest: "InverseRequest", ARPInverseReply: "InverseReply", ARPNAK: "NAK",
}

// Name is the operation's name, or "".
func (o ARPOp) Name() string {
	if int(o) < len(arpOpNames) {
		return arpOpNames[o]
	}
	return ""
}

// String is the name, or the number.
func (o ARPOp) String() string { return nameOrNumber(o.Name(), uint64(o)) }

// ARPHardware is the kind of link that an ARP packet's hardware addresses are for (IANA "ARP Parameters"), which
// Linux cooked captures use as well, with numbers of Linux's own.
type ARPHardware uint16

const (
	ARPEthernet   ARPHardware = 1
	ARPIEEE802    ARPHardware = 6
	ARPARCNET     ARPHardware = 7
	ARPFrameRelay ARPHardware = 15
	ARPATM        ARPHardware = 16 // RFC 1577; its packets have another form in spite of it
	ARPFireWire   ARPHardware = 24 // RFC 2734
	ARPInfiniBand ARPHardware = 32 // RFC 4391

	arphrdCAN      ARPHardware = 280
	arphrdPPP      ARPHardware = 512
	arphrdTunnel   ARPHardware = 768
	arphrdTunnel6  ARPHardware = 769
	arphrdFRAD     ARPHardware = 770
	arphrdLoopback ARPHardware = 772
	arphrdSIT      ARPHardware = 776
	arphrdIPGRE    ARPHardware = 778
	arphrdWiFi     ARPHardware = 801
	arphrdRadiotap ARPHardware = 803
	arphrdIP6GRE   ARPHardware = 823
	arphrdNetlink  ARPHardware = 824
	arphrdNone     ARPHardware = 65534
)

// Name is the link's name, or "".
func (t ARPHardware) Name() string {
	switch t {
	case ARPEthernet:
		return "Ethernet"
	case ARPIEEE802:
		return "IEEE802"
	case ARPARCNET:
		return "ARCNET"
	case ARPFrameRelay:
		return "FrameRelay"
	case ARPATM:
		return "ATM"
	case ARPFireWire:
		return "FireWire"
	case ARPInfiniBand:
		return "InfiniBand"
	case arphrdCAN:
		return "CAN"
	case arphrdPPP:
		return "PPP"
	case arphrdTunnel:
		return "IPIP"
	case arphrdTunnel6:
		return "IP6IP6"
	case arphrdFRAD:
		return "FRAD"
	case arphrdLoopback:
		return "Loopback"
	case arphrdSIT:
		return "SIT"
	case arphrdIPGRE:
		return "GRE"
	case arphrdWiFi:
		return "802.11"
	case arphrdRadiotap:
		return "Radiotap"
	case arphrdIP6GRE:
		return "GRE6"
	case arphrdNetlink:
		return "Netlink"
	case arphrdNone:
		return "None"
	}
	return ""
}

// String is the name, or the number.
func (t ARPHardware) String() string { return nameOrNumber(t.Name(), uint64(t)) }
