package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in the two headers of Linux cooked captures, and their lengths, in bytes.
const (
	sllPacketType = 0
	sllHardware   = 2
	sllAddrLen    = 4
	sllAddr       = 6
	sllProtocol   = 14

	SLLHeaderLen = 16

	sll2Protocol   = 0
	sll2Reserved   = 2
	sll2Index      = 4
	sll2Hardware   = 8
	sll2PacketType = 10
	sll2AddrLen    = 11
	sll2Addr       = 12

	SLL2HeaderLen = 20

	sllAddrSpace = 8 // bytes that both headers have for the address
)

// SLL is a view of a frame with the header that Linux puts in the place of the link layer's when it captures on "any"
// or on a device without one (LINKTYPE_LINUX_SLL). Numbers are big-endian.
//
//	 0                              15 16                           31
//	+--------------------------------+-------------------------------+
//	|          Packet Type           |        Hardware Type          |
//	+--------------------------------+-------------------------------+
//	|         Address Length         |                               |
//	+--------------------------------+                               |
//	|              Source Address, 8 bytes, padded                   |
//	|                                +-------------------------------+
//	|                                |        Protocol Type          |
//	+--------------------------------+-------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type SLL []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (h SLL) Check() error {
	if len(h) < SLLHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (h SLL) CheckWhole() error { return h.Check() }

func (h SLL) PacketType() SLLPacketType {
	return SLLPacketType(binary.BigEndian.Uint16(h[sllPacketType:]))
}
func (h SLL) Hardware() ARPHardware { return ARPHardware(binary.BigEndian.Uint16(h[sllHardware:])) }

// AddrLen is the length of the sender's address in bytes, as the kernel has it: the header keeps 8 at most.
func (h SLL) AddrLen() int { return int(binary.BigEndian.Uint16(h[sllAddrLen:])) }

// Addr is the sender's link-layer address, cut to the 8 bytes that there is room for.
func (h SLL) Addr() []byte { return h[sllAddr:][:min(h.AddrLen(), sllAddrSpace):sllAddrSpace] }

// Protocol is the EtherType of the payload, or a number below 0x600 for what has none.
func (h SLL) Protocol() SLLProtocol { return SLLProtocol(binary.BigEndian.Uint16(h[sllProtocol:])) }

// Payload is what follows the header.
func (h SLL) Payload() []byte { return h[SLLHeaderLen:] }

// Header gives the header as a value. The interface's index is zero, since this version has none.
func (h SLL) Header() SLLHeader {
	return SLLHeader{
		PacketType: h.PacketType(), Hardware: h.Hardware(), AddrLen: h.AddrLen(),
		Addr: [sllAddrSpace]byte(h[sllAddr:]), Protocol: h.Protocol(),
	}
}

// SLL2 is a view of a frame with the header that replaced SLL's (LINKTYPE_LINUX_SLL2): it names the interface.
//
//	 0                              15 16                           31
//	+--------------------------------+-------------------------------+
//	|         Protocol Type          |           Reserved            |
//	+--------------------------------+-------------------------------+
//	|                         Interface Index                        |
//	+--------------------------------+---------------+---------------+
//	|         Hardware Type          |  Packet Type  |Address Length |
//	+--------------------------------+---------------+---------------+
//	|                Source Address, 8 bytes, padded                 |
//	|                                                                |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type SLL2 []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (h SLL2) Check() error {
	if len(h) < SLL2HeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (h SLL2) CheckWhole() error { return h.Check() }

// Protocol is the EtherType of the payload, or a number below 0x600 for what has none.
func (h SLL2) Protocol() SLLProtocol { return SLLProtocol(binary.BigEndian.Uint16(h[sll2Protocol:])) }

// Index is the number of the interface on the machine that captured.
func (h SLL2) Index() uint32 { return binary.BigEndian.Uint32(h[sll2Index:]) }

func (h SLL2) Hardware() ARPHardware     { return ARPHardware(binary.BigEndian.Uint16(h[sll2Hardware:])) }
func (h SLL2) PacketType() SLLPacketType { return SLLPacketType(h[sll2PacketType]) }

// AddrLen is the length of the sender's address in bytes, as the kernel has it: the header keeps 8 at most.
func (h SLL2) AddrLen() int { return int(h[sll2AddrLen]) }

// Addr is the sender's link-layer address, cut to the 8 bytes that there is room for.
func (h SLL2) Addr() []byte { return h[sll2Addr:][:min(h.AddrLen(), sllAddrSpace):sllAddrSpace] }

// Payload is what follows the header.
func (h SLL2) Payload() []byte { return h[SLL2HeaderLen:] }

// Header gives the header as a value.
func (h SLL2) Header() SLLHeader {
	return SLLHeader{
		PacketType: h.PacketType(), Hardware: h.Hardware(), AddrLen: h.AddrLen(),
		Addr: [sllAddrSpace]byte(h[sll2Addr:]), Protocol: h.Protocol(), Index: h.Index(),
	}
}

var (
	sllPacketTypeField = Field{Name: "sll.pkttype", Label: "pkt", Title: "Packet type", Rank: 1, Form: FormBare}
	sllHardwareField   = Field{Name: "sll.hatype", Label: "link", Title: "Link-layer address type", Rank: 3}
	sllAddrLenField    = Field{Name: "sll.halen", Label: "halen", Title: "Link-layer address length"}
	sllMACField        = Field{Name: "sll.src.eth", Label: "src", Title: "Source", Rank: 4}
	sllIPv4Field       = Field{Name: "sll.src.ipv4", Label: "src", Title: "Source", Rank: 4}
	sllOtherField      = Field{Name: "sll.src.other", Label: "src", Title: "Source", Rank: 4}
	sllUnusedField     = Field{Name: "sll.unused", Label: "unused", Title: "Unused"}
	sllEtypeField      = Field{Name: "sll.etype", Label: "type", Title: "Protocol", Rank: 5, Base: Hex}
	sllGREField        = Field{Name: "sll.gretype", Label: "type", Title: "Protocol", Rank: 5, Base: Hex}
	sllLtypeField      = Field{Name: "sll.ltype", Label: "type", Title: "Protocol", Rank: 5, Base: Hex}
	sllReservedField   = Field{Label: "reserved", Title: "Reserved", Base: Hex}
	sllIndexField      = Field{Name: "sll.ifindex", Label: "ifindex", Title: "Interface index", Rank: 2}
	sllTrailerField    = Field{Name: "sll.trailer", Label: "trailer", Title: "Trailer"}
)

// Fields describes the header to s.
func (h SLL) Fields(s Sink) {
	s.Enum(&sllPacketTypeField, sllPacketType, 2, uint64(h.PacketType()), h.PacketType().Name())
	s.Enum(&sllHardwareField, sllHardware, 2, uint64(h.Hardware()), h.Hardware().Name())
	s.Uint(&sllAddrLenField, sllAddrLen, 2, uint64(h.AddrLen()))
	sllAddrFields(s, sllAddr, h.AddrLen(), h[sllAddr:][:sllAddrSpace])
	sllProtocolField(s, sllProtocol, h.Hardware(), h.Protocol())
}

// Fields describes the header to s.
func (h SLL2) Fields(s Sink) {
	sllProtocolField(s, sll2Protocol, h.Hardware(), h.Protocol())
	s.Uint(&sllReservedField, sll2Reserved, 2, uint64(binary.BigEndian.Uint16(h[sll2Reserved:])))
	s.Uint(&sllIndexField, sll2Index, 4, uint64(h.Index()))
	s.Enum(&sllHardwareField, sll2Hardware, 2, uint64(h.Hardware()), h.Hardware().Name())
	s.Enum(&sllPacketTypeField, sll2PacketType, 1, uint64(h.PacketType()), h.PacketType().Name())
	s.Uint(&sllAddrLenField, sll2AddrLen, 1, uint64(h.AddrLen()))
	sllAddrFields(s, sll2Addr, h.AddrLen(), h[sll2Addr:][:sllAddrSpace])
}

// sllAddrFields describes the address of length n at off, and what it leaves of its space. Like Wireshark it goes by
// the length alone, whatever the hardware type.
func sllAddrFields(s Sink, off, n int, space []byte) {
	n = min(n, sllAddrSpace)
	switch {
	case n == 6:
		s.MAC(&sllMACField, off, n, MAC(space))
	case n == 4:
		s.Addr(&sllIPv4Field, off, n, netip.AddrFrom4([4]byte(space)))
	case n > 0:
		s.Bytes(&sllOtherField, off, n, space[:n])
	}
	if n < sllAddrSpace {
		s.Bytes(&sllUnusedField, off+n, sllAddrSpace-n, space[n:])
	}
}

func sllProtocolField(s Sink, off int, hw ARPHardware, proto SLLProtocol) {
	f := &sllEtypeField
	switch {
	case hw == arphrdIPGRE:
		f = &sllGREField
	case !proto.isEtherType(hw):
		f = &sllLtypeField
	}
	s.Enum(f, off, 2, uint64(proto), proto.Name())
}

func decodeSLL(p *Packet, l *Layer, b []byte) LayerType {
	h := SLL(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + SLLHeaderLen
	return h.Protocol().layer(h.Hardware())
}

func decodeSLL2(p *Packet, l *Layer, b []byte) LayerType {
	h := SLL2(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + SLL2HeaderLen
	return h.Protocol().layer(h.Hardware())
}

func sllFields(p *Packet, l *Layer, s Sink) {
	SLL(p.Bytes(l)).Fields(s)
	p.trailerFields(l, s, &sllTrailerField, nil)
}

func sll2Fields(p *Packet, l *Layer, s Sink) {
	SLL2(p.Bytes(l)).Fields(s)
	p.trailerFields(l, s, &sllTrailerField, nil)
}

// SLLHeader is a Linux cooked header of either version as a value.
type SLLHeader struct {
	PacketType SLLPacketType
	Hardware   ARPHardware
	AddrLen    int // of the sender's address; more than 8 if Addr does not hold all of it
	Addr       [sllAddrSpace]byte
	Protocol   SLLProtocol
	Index      uint32 // the interface's; version 2 only
}

// Append appends the wire form of version 1 to b and returns the extended slice.
func (h *SLLHeader) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(h.PacketType))
	b = binary.BigEndian.AppendUint16(b, uint16(h.Hardware))
	b = binary.BigEndian.AppendUint16(b, uint16(h.AddrLen))
	b = append(b, h.Addr[:]...)
	return binary.BigEndian.AppendUint16(b, uint16(h.Protocol))
}

// Append2 appends the wire form of version 2 to b and returns the extended slice. Packet type and address length
// have one byte there.
func (h *SLLHeader) Append2(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(h.Protocol))
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint32(b, h.Index)
	b = binary.BigEndian.AppendUint16(b, uint16(h.Hardware))
	b = append(b, byte(h.PacketType), byte(h.AddrLen))
	return append(b, h.Addr[:]...)
}

// SLLPacketType says how a frame came to the machine that captured it.
type SLLPacketType uint16

const (
	SLLHost      SLLPacketType = 0 // sent to this machine
	SLLBroadcast SLLPacketType = 1
	SLLMulticast SLLPacketType = 2
	SLLOtherHost SLLPacketType = 3 // sent to another machine, seen in promiscuous mode
	SLLOutgoing  SLLPacketType = 4 // sent by this machine
)

var sllPacketTypeNames = [...]string{"in", "broadcast", "multicast", "other-host", "out"}

// Name is the type in a word, or "".
func (t SLLPacketType) Name() string {
	if int(t) < len(sllPacketTypeNames) {
		return sllPacketTypeNames[t]
	}
	return ""
}

// String is the word, or the number.
func (t SLLPacketType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// SLLProtocol is Linux's number for a frame's payload: an EtherType, or below 0x600 one of its own.
type SLLProtocol uint16

const (
	SLLNovell   SLLProtocol = 1 // IPX in 802.3 without LLC
	SLLEthernet SLLProtocol = 3 // an Ethernet frame behind the cooked header
	SLLLLC      SLLProtocol = 4
	SLLCAN      SLLProtocol = 12
)

// isEtherType reports whether the number is an EtherType: on some kinds of link it is something else altogether.
func (t SLLProtocol) isEtherType(hw ARPHardware) bool {
	switch hw {
	case arphrdNetlink, arphrdRadiotap, arphrdFRAD:
		return false
	}
	return t >= 0x600
}

// Name is the protocol's name, or "".
func (t SLLProtocol) Name() string {
	switch t {
	case SLLNovell:
		return "Novell"
	case SLLEthernet:
		return "Ethernet"
	case SLLLLC:
		return "LLC"
	case SLLCAN:
		return "CAN"
	}
	return EtherType(t).Name()
}

// String is the name, or the number in hexadecimal.
func (t SLLProtocol) String() string { return nameOrHex(t.Name(), uint64(t), 4) }

// layer is what reads the bytes behind a header that names t on a link of type hw.
func (t SLLProtocol) layer(hw ARPHardware) LayerType {
	switch {
	case t.isEtherType(hw):
		return EtherType(t).layer()
	case hw == arphrdNetlink || hw == arphrdRadiotap || hw == arphrdFRAD:
		return LayerData
	case t == SLLEthernet:
		return LayerEthernet
	case t == SLLLLC:
		return LayerLLC
	}
	return LayerData
}
