package netsim

import (
	"net/netip"

	"smoltcp/dissect"
)

// Router is a router on the way of what an end sends, whose next link carries less than the end's: IPv4 packets that are
// too large are cut up, or refused if they have DF set (RFC 791, RFC 1191), those of IPv6 refused (RFC 8201). Nobody sees it
// otherwise.
type Router struct {
	MTU    int        // of the next link, in bytes
	Addr   netip.Addr // whom its ICMP errors come from; 192.0.2.254 if not valid, and 2001:db8::254 in IPv6
	Silent bool       // it refuses without an ICMP error: a black hole
	Old    bool       // its errors name no MTU, as before RFC 1191

	Refused, Fragmented int // packets
}

// route gives the frames that leave the router for one that came from e: none if it was refused.
func (r *Router) route(e *End, frame []byte) [][]byte {
	link := 0
	if !e.cfg.RawIP {
		link = dissect.EthernetHeaderLen
		if len(frame) < link {
			return [][]byte{frame}
		}
		if t := dissect.Ethernet(frame).Type(); t != dissect.EtherTypeIPv4 && t != dissect.EtherTypeIPv6 {
			return [][]byte{frame}
		}
	}
	if len(frame) > link && frame[link]>>4 == 6 {
		return r.route6(e, frame, link)
	}
	ip := dissect.IPv4(frame[link:])
	if ip.CheckWhole() != nil || ip.TotalLen() <= r.MTU {
		return [][]byte{frame}
	}
	ip = ip[:ip.TotalLen()]
	if ip.DontFragment() {
		r.Refused++
		if !r.Silent {
			r.refuse(e, frame[:link], ip)
		}
		return nil
	}
	r.Fragmented++
	h := ip.Header()
	base, more, left := h.FragmentOffset, h.MoreFragments, ip.Payload()
	var out [][]byte
	for off := 0; len(left) > 0; {
		n := min((r.MTU-h.HeaderLen())&^7, len(left))
		h.FragmentOffset, h.MoreFragments, h.TotalLen = base+off, more || n < len(left), h.HeaderLen()+n
		b := h.Append(append([]byte(nil), frame[:link]...))
		out = append(out, append(b, left[:n]...))
		left, off = left[n:], off+n
	}
	return out
}

// route6 is route for IPv6, where routers cut up nothing.
func (r *Router) route6(e *End, frame []byte, link int) [][]byte {
	ip := dissect.IPv6(frame[link:])
	if ip.CheckWhole() != nil || dissect.IPv6HeaderLen+ip.PayloadLen() <= r.MTU {
		return [][]byte{frame}
	}
	r.Refused++
	if r.Silent {
		return nil
	}
	src := netip.AddrFrom16([16]byte{0: 0x20, 1: 0x01, 2: 0x0d, 3: 0xb8, 14: 0x02, 15: 0x54})
	icmp := dissect.ICMPv6Header{Type: dissect.ICMPv6PacketTooBig, MTU: uint32(r.MTU)}
	m := dissect.ICMPv6(icmp.Append(nil))
	quote := ip[:min(len(ip), 1280-dissect.IPv6HeaderLen-len(m))] // as much as fits in the smallest MTU (RFC 4443 section 3.2)
	m = append(m, quote...)
	m.FillChecksum(dissect.PseudoHeaderSum(src, ip.Src(), dissect.ProtoICMPv6, len(m)))
	h := dissect.IPv6Header{PayloadLen: len(m), HopLimit: 64, NextHeader: dissect.ProtoICMPv6, Src: src, Dst: ip.Src()}
	r.answer(e, frame[:link], append(h.Append(nil), m...))
	return nil
}

// answer sends a packet back to who sent a frame with that link header, which takes the end's delay.
func (r *Router) answer(e *End, link, packet []byte) {
	frame := append([]byte(nil), link...)
	if len(link) > 0 {
		copy(frame, link[6:12])
		copy(frame[6:], link[:6])
	}
	frame = append(frame, packet...)
	e.sim.After(2*e.cfg.Delay, func() { e.Inject(frame) })
}

// refuse sends Fragmentation Needed back.
func (r *Router) refuse(e *End, link []byte, ip dissect.IPv4) {
	mtu := r.MTU
	if r.Old {
		mtu = 0
	}
	src := r.Addr
	if !src.IsValid() {
		src = netip.AddrFrom4([4]byte{192, 0, 2, 254})
	}
	quote := ip[:min(len(ip), ip.HeaderLen()+8)] // no more than RFC 792 asks for
	icmp := dissect.ICMPv4Header{Type: dissect.ICMPv4Unreachable, Code: dissect.ICMPv4FragNeeded, MTU: uint16(mtu)}
	m := dissect.ICMPv4(icmp.Append(nil))
	m.FillChecksum(quote)
	m = append(m, quote...)
	h := dissect.IPv4Header{
		TotalLen: dissect.IPv4MinHeaderLen + len(m), TTL: 64, Protocol: dissect.ProtoICMP, Src: src, Dst: ip.Src(),
	}
	r.answer(e, link, append(h.Append(nil), m...))
}
