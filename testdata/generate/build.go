package main

import (
	"encoding/hex"
	"net/netip"
	"strings"

	"smoltcp/dissect"
)

// end is one end of a conversation.
type end struct {
	mac dissect.MAC
	ip  netip.Addr
}

// The hosts of all captures: alice asks, bob answers, and a router stands by. The names end in the IP version, those with
// link in an address of the link.
var (
	aliceMAC  = dissect.MAC{0x02, 0, 0, 0, 0, 0x64}
	bobMAC    = dissect.MAC{0x02, 0, 0, 0, 0, 0x01}
	routerMAC = dissect.MAC{0x02, 0, 0, 0, 0, 0xfe}

	alice4  = end{aliceMAC, netip.MustParseAddr("192.168.69.100")}
	bob4    = end{bobMAC, netip.MustParseAddr("192.168.69.1")}
	router4 = end{routerMAC, netip.MustParseAddr("192.168.69.254")}
	away4   = end{routerMAC, netip.MustParseAddr("198.51.100.7")} // behind the router

	alice6     = end{aliceMAC, netip.MustParseAddr("2001:db8::64")}
	bob6       = end{bobMAC, netip.MustParseAddr("2001:db8::1")}
	away6      = end{routerMAC, netip.MustParseAddr("2001:db8:ffff::7")}
	aliceLink6 = end{aliceMAC, netip.MustParseAddr("fe80::ff:fe00:64")}
	bobLink6   = end{bobMAC, netip.MustParseAddr("fe80::ff:fe00:1")}
	routerLink = end{routerMAC, netip.MustParseAddr("fe80::ff:fe00:fe")}

	allNodes   = multicast("ff02::1")
	allRouters = multicast("ff02::2")
	mldRouters = multicast("ff02::16")
)

// multicast is an IPv6 group with the hardware address of RFC 2464 section 7.
func multicast(group string) end {
	ip := netip.MustParseAddr(group)
	b := ip.As16()
	return end{dissect.MAC{0x33, 0x33, b[12], b[13], b[14], b[15]}, ip}
}

// solicited is the group that the owner of ip listens to (RFC 4291 section 2.7.1).
func solicited(ip netip.Addr) end {
	b := ip.As16()
	group := netip.MustParseAddr("ff02::1:ff00:0").As16()
	copy(group[13:], b[13:])
	return multicast(netip.AddrFrom16(group).String())
}

// path is the direction of a packet.
type path struct{ src, dst end }

func (p path) back() path { return path{p.dst, p.src} }

// sum is the sum of the pseudo-header in front of n bytes.
func (p path) sum(proto dissect.IPProto, n int) dissect.Sum {
	return dissect.PseudoHeaderSum(p.src.ip, p.dst.ip, proto, n)
}

// ip wraps an upper layer in an IP header with the usual values.
func (p path) ip(proto dissect.IPProto, body []byte) []byte {
	if p.src.ip.Is4() {
		return p.ip4(dissect.IPv4Header{Protocol: proto}, body)
	}
	return p.ip6(dissect.IPv6Header{NextHeader: proto}, body)
}

// ip4 completes h: the addresses, TTL 64, an ID unless fragmenting is forbidden, TotalLen.
func (p path) ip4(h dissect.IPv4Header, body []byte) []byte {
	h.Src, h.Dst = p.src.ip, p.dst.ip
	if h.TTL == 0 {
		h.TTL = 64
	}
	if h.ID == 0 && !h.DontFragment {
		h.ID = 0x1c46
	}
	if h.TotalLen == 0 {
		h.TotalLen = h.HeaderLen() + len(body)
	}
	return append(h.Append(nil), body...)
}

// ip6 completes h: the addresses, HopLimit 64, PayloadLen.
func (p path) ip6(h dissect.IPv6Header, body []byte) []byte {
	h.Src, h.Dst = p.src.ip, p.dst.ip
	if h.HopLimit == 0 {
		h.HopLimit = 64
	}
	if h.PayloadLen == 0 {
		h.PayloadLen = len(body)
	}
	return append(h.Append(nil), body...)
}

// frame puts an Ethernet header before an IP packet.
func (p path) frame(packet []byte) []byte {
	if packet[0]>>4 == 6 {
		return p.ether(dissect.EtherTypeIPv6, packet)
	}
	return p.ether(dissect.EtherTypeIPv4, packet)
}

func (p path) ether(t dissect.EtherType, body []byte) []byte {
	h := dissect.EthernetHeader{Dst: p.dst.mac, Src: p.src.mac, Type: t}
	return append(h.Append(nil), body...)
}

// udp gives a datagram with a right checksum.
func (p path) udp(src, dst uint16, data []byte) []byte {
	h := dissect.UDPHeader{SrcPort: src, DstPort: dst, Length: uint16(dissect.UDPHeaderLen + len(data))}
	b := append(h.Append(nil), data...)
	dissect.UDP(b).FillChecksum(p.sum(dissect.ProtoUDP, len(b)))
	return b
}

// udpFrame is a whole frame with a datagram.
func (p path) udpFrame(src, dst uint16, data string) []byte {
	return p.frame(p.ip(dissect.ProtoUDP, p.udp(src, dst, []byte(data))))
}

// tcp gives a segment with a right checksum.
func (p path) tcp(h dissect.TCPHeader, data []byte) []byte {
	b := append(h.Append(nil), data...)
	dissect.TCP(b).FillChecksum(p.sum(dissect.ProtoTCP, len(b)))
	return b
}

// tcpFrame is a whole frame with a segment.
func (p path) tcpFrame(h dissect.TCPHeader, data string) []byte {
	return p.frame(p.ip(dissect.ProtoTCP, p.tcp(h, []byte(data))))
}

// icmp4 gives a message with a right checksum.
func (p path) icmp4(h dissect.ICMPv4Header, body []byte) []byte {
	b := append(h.Append(nil), body...)
	dissect.ICMPv4(b).FillChecksum()
	return b
}

// icmp4Frame is a whole frame with a message.
func (p path) icmp4Frame(h dissect.ICMPv4Header, body []byte) []byte {
	return p.frame(p.ip(dissect.ProtoICMP, p.icmp4(h, body)))
}

// icmp6 gives a message with a right checksum.
func (p path) icmp6(h dissect.ICMPv6Header, body []byte) []byte {
	return p.icmp6Sum(append(h.Append(nil), body...))
}

// icmp6Sum computes the checksum of a message.
func (p path) icmp6Sum(b []byte) []byte {
	dissect.ICMPv6(b).FillChecksum(p.sum(dissect.ProtoICMPv6, len(b)))
	return b
}

// icmp6Frame is a whole frame with a message. Hop limit 255 is what neighbor discovery asks for.
func (p path) icmp6Frame(hopLimit uint8, message []byte) []byte {
	return p.frame(p.ip6(dissect.IPv6Header{NextHeader: dissect.ProtoICMPv6, HopLimit: hopLimit}, message))
}

// quote is what an ICMPv4 error quotes of a frame: its IP header and at least 8 bytes more.
func quote(frame []byte, more int) []byte {
	packet := frame[dissect.EthernetHeaderLen:]
	return packet[:min(len(packet), dissect.IPv4(packet).HeaderLen()+more)]
}

// pad fills a frame up to the shortest that Ethernet carries.
func pad(frame []byte) []byte {
	for len(frame) < dissect.EthernetMinLen {
		frame = append(frame, 0)
	}
	return frame
}

// hexBytes reads hexadecimal with blanks.
func hexBytes(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

// counting gives n bytes: 0, 1, 2...
func counting(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// join joins bytes.
func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}
