package dissect

import (
	"encoding/binary"
	"math"
	"net/netip"
)

// Offsets in an IPv6 header, its length, and the smallest MTU of a link that carries IPv6, in bytes.
const (
	ipv6VersionClass = 0
	ipv6PayloadLen   = 4
	ipv6NextHeader   = 6
	ipv6HopLimit     = 7
	ipv6Src          = 8
	ipv6Dst          = 24

	IPv6HeaderLen = 40
	IPv6MinMTU    = 1280
)

// IPv6 is a view of an IPv6 packet (RFC 8200 section 3): the header and whatever part of the payload the
// slice holds. Extension headers are payload; see NextIPv6Header.
//
//	 0      3 4           11 12                                   31
//	+--------+--------------+--------------------------------------+
//	|Version |Traffic Class |             Flow Label               |
//	+--------+--------------+-------+---------------+--------------+
//	|        Payload Length         |  Next Header  |  Hop Limit   |
//	+-------------------------------+---------------+--------------+
//	|                  Source Address (16 octets)                  |
//	+--------------------------------------------------------------+
//	|                Destination Address (16 octets)               |
//	+--------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type IPv6 []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported
// if the version is not 6. A payload cut short by the capture is not an error; see CheckWhole.
func (ip IPv6) Check() error {
	if len(ip) < 1 {
		return ErrTruncated
	}
	if ip[0]>>4 != 6 {
		return ErrUnsupported
	}
	if len(ip) < IPv6HeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the packet: the header must say how long the packet is, and every
// byte of that must be in the slice. Bytes behind it, such as Ethernet's padding, are allowed.
func (ip IPv6) CheckWhole() error {
	if err := ip.Check(); err != nil {
		return err
	}
	switch n, ok := ip.Len(); {
	case !ok:
		return ErrMalformed
	case n > len(ip):
		return ErrTruncated
	}
	return nil
}

// Version is 6 after Check.
func (ip IPv6) Version() uint8 { return ip[ipv6VersionClass] >> 4 }

// TrafficClass is the byte that DSCP and ECN share.
func (ip IPv6) TrafficClass() uint8 { return ip[0]<<4 | ip[1]>>4 }

// DSCP is the differentiated services code point (RFC 2474).
func (ip IPv6) DSCP() uint8 { return ip.TrafficClass() >> 2 }

// ECN is the congestion notification field (RFC 3168).
func (ip IPv6) ECN() ECN { return ECN(ip.TrafficClass() & 3) }

// FlowLabel has 20 bits (RFC 6437).
func (ip IPv6) FlowLabel() uint32 { return binary.BigEndian.Uint32(ip) & 0xfffff }

// PayloadLen is the length of all that follows the header, extension headers included, in bytes and as the sender
// wrote it. It is zero in a jumbogram, and in a packet too long for it that a device is to cut into segments.
func (ip IPv6) PayloadLen() int { return int(binary.BigEndian.Uint16(ip[ipv6PayloadLen:])) }

func (ip IPv6) NextHeader() IPProto { return IPProto(ip[ipv6NextHeader]) }
func (ip IPv6) HopLimit() uint8     { return ip[ipv6HopLimit] }
func (ip IPv6) Src() netip.Addr     { return netip.AddrFrom16([16]byte(ip[ipv6Src:])) }
func (ip IPv6) Dst() netip.Addr     { return netip.AddrFrom16([16]byte(ip[ipv6Dst:])) }

// Len is the length of the packet, its header included, in bytes. A PayloadLen of zero leaves it to the Jumbo
// Payload option (RFC 2675), which must stand in a Hop-by-Hop header right behind this one and say more than 65535;
// ok is false if that is not so and something follows all the same.
func (ip IPv6) Len() (n int, ok bool) {
	if n := ip.PayloadLen(); n != 0 || ip.NextHeader() == ProtoNoNext {
		return IPv6HeaderLen + n, true
	}
	if ip.NextHeader() != ProtoHopByHop {
		return 0, false
	}
	h := IPv6Options(ip[IPv6HeaderLen:])
	if h.Check() != nil {
		return 0, false
	}
	for b := h.Options(); len(b) > 0; {
		o, rest, err := NextIPv6Option(b)
		if err != nil {
			return 0, false
		}
		if v, ok := o.Jumbo(); ok {
			return IPv6HeaderLen + int(v), v > 0xffff && uint64(v) <= math.MaxInt-IPv6HeaderLen
		}
		b = rest
	}
	return 0, false
}

// Payload is what follows the header, as far as the slice and Len go.
func (ip IPv6) Payload() []byte {
	end := len(ip)
	if n, ok := ip.Len(); ok && n < end {
		end = n
	}
	return ip[IPv6HeaderLen:end]
}

func (ip IPv6) SetPayloadLen(n int)     { binary.BigEndian.PutUint16(ip[ipv6PayloadLen:], uint16(n)) }
func (ip IPv6) SetNextHeader(p IPProto) { ip[ipv6NextHeader] = uint8(p) }
func (ip IPv6) SetHopLimit(n uint8)     { ip[ipv6HopLimit] = n }

var (
	ipv6VersionField = Field{Name: "ipv6.version", Label: "version", Title: "Version", Mask: 0xf0000000}
	ipv6TClassField  = Field{Name: "ipv6.tclass", Label: "tclass", Title: "Traffic Class", Mask: 0x0ff00000, Base: Hex}
	ipv6DSCPField    = Field{Name: "ipv6.tclass.dscp", Label: "dscp", Title: "Differentiated Services Codepoint", Mask: 0x0fc00000, Rank: 5, Form: FormNonzero}
	ipv6ECNField     = Field{Name: "ipv6.tclass.ecn", Label: "ecn", Title: "Explicit Congestion Notification", Mask: 0x00300000, Rank: 6, Form: FormNonzero}
	ipv6FlowField    = Field{Name: "ipv6.flow", Label: "flow", Title: "Flow Label", Mask: 0x000fffff, Base: Hex}
	ipv6PlenField    = Field{Name: "ipv6.plen", Label: "len", Title: "Payload Length", Rank: 7}
	ipv6NextField    = Field{Name: "ipv6.nxt", Label: "next", Title: "Next Header", Rank: 3}
	ipv6HopField     = Field{Name: "ipv6.hlim", Label: "hop", Title: "Hop Limit", Rank: 4}
	ipv6SrcField     = Field{Name: "ipv6.src", Label: "src", Title: "Source Address", Rank: 1}
	ipv6DstField     = Field{Name: "ipv6.dst", Label: "dst", Title: "Destination Address", Rank: 2}
)

// Fields describes the header to s.
func (ip IPv6) Fields(s Sink) {
	s.Uint(&ipv6VersionField, ipv6VersionClass, 4, uint64(ip.Version()))
	s.Uint(&ipv6TClassField, ipv6VersionClass, 4, uint64(ip.TrafficClass()))
	s.Begin(&ipv6TClassField, ipv6VersionClass, 4)
	s.Enum(&ipv6DSCPField, ipv6VersionClass, 4, uint64(ip.DSCP()), dscpNames[ip.DSCP()])
	s.Enum(&ipv6ECNField, ipv6VersionClass, 4, uint64(ip.ECN()), ip.ECN().String())
	s.End()
	s.Uint(&ipv6FlowField, ipv6VersionClass, 4, uint64(ip.FlowLabel()))
	s.Uint(&ipv6PlenField, ipv6PayloadLen, 2, uint64(ip.PayloadLen()))
	s.Enum(&ipv6NextField, ipv6NextHeader, 1, uint64(ip.NextHeader()), ip.NextHeader().Name())
	s.Uint(&ipv6HopField, ipv6HopLimit, 1, uint64(ip.HopLimit()))
	s.Addr(&ipv6SrcField, ipv6Src, 16, ip.Src())
	s.Addr(&ipv6DstField, ipv6Dst, 16, ip.Dst())
}

// decodeIPv6 leads to the first extension header, or to the transport header if there is none.
func decodeIPv6(p *Packet, l *Layer, b []byte) LayerType {
	ip := IPv6(b)
	if err := ip.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + IPv6HeaderLen
	if n, ok := ip.Len(); ok {
		p.limit(l, n)
	}
	return ip.NextHeader().layer()
}

func ipv6Fields(p *Packet, l *Layer, s Sink) { IPv6(p.Bytes(l)).Fields(s) }

// endpoints gives the addresses that the checksum of layer l covers: ip's own, but for the last stop of a routing
// header between ip and l that the packet has yet to reach (RFC 8200 section 8.1), and for the home address of a
// mobile node that sends from abroad (RFC 6275 section 11.3.1).
func (p *Packet) endpoints(l *Layer, ip IPv6) (src, dst netip.Addr) {
	src, dst = ip.Src(), ip.Dst()
	for i := int(l.Net) + 1; i < p.n && p.layers[i].Start < l.Start; i++ {
		switch e := &p.layers[i]; e.Type {
		case LayerRouting:
			dst = IPv6Routing(p.Bytes(e)).FinalDst(dst)
		case LayerDestOpts:
			if home, ok := IPv6Options(p.Bytes(e)).HomeAddress(); ok {
				src = home
			}
		}
	}
	return src, dst
}

// IPv6Header is an IPv6 header as a value. PayloadLen counts all that follows it, extension headers included,
// in bytes.
type IPv6Header struct {
	DSCP       uint8
	ECN        ECN
	FlowLabel  uint32 // 20 bits
	PayloadLen int
	NextHeader IPProto
	HopLimit   uint8
	Src, Dst   netip.Addr
}

// Header gives the header as a value.
func (ip IPv6) Header() IPv6Header {
	return IPv6Header{
		DSCP: ip.DSCP(), ECN: ip.ECN(), FlowLabel: ip.FlowLabel(), PayloadLen: ip.PayloadLen(),
		NextHeader: ip.NextHeader(), HopLimit: ip.HopLimit(), Src: ip.Src(), Dst: ip.Dst(),
	}
}

// HeaderLen is the length of the header's wire form in bytes.
func (h *IPv6Header) HeaderLen() int { return IPv6HeaderLen }

// Append appends the wire form of h to b and returns the extended slice. Src and Dst must be valid; their zones
// are not sent. PayloadLen must be below 65536.
func (h *IPv6Header) Append(b []byte) []byte {
	class := uint32(h.DSCP)<<2 | uint32(h.ECN&3)
	b = binary.BigEndian.AppendUint32(b, 6<<28|class&0xff<<20|h.FlowLabel&0xfffff)
	b = binary.BigEndian.AppendUint16(b, uint16(h.PayloadLen))
	b = append(b, uint8(h.NextHeader), h.HopLimit)
	src, dst := h.Src.As16(), h.Dst.As16()
	b = append(b, src[:]...)
	return append(b, dst[:]...)
}
