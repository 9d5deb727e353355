package stack

import (
	"net/netip"

	"smoltcp/dissect"
)

// ipv6 processes a received packet (RFC 8200).
func (s *Stack) ipv6(ip dissect.IPv6, in arrival) {
	ifc := in.ifc
	if ip.CheckWhole() != nil {
		s.drop(ifc, &s.counters.IPv6Malformed)
		return
	}
	n, _ := ip.Len()
	ip = ip[:n] // Ethernet's padding ends here
	p := inbound{
		arrival: in, packet: ip, src: ip.Src(), dst: ip.Dst(), proto: ip.NextHeader(), ttl: ip.HopLimit(), class: ip.TrafficClass(),
	}
	if !s.validSource6(p.src, ifc) || !ifc.loopback && (p.dst.IsLoopback() || staysInside(p.dst)) || p.dst.Is4In6() || p.dst.IsUnspecified() {
		s.drop(ifc, &s.counters.IPv6Martian)
		return
	}
	if p.dst.IsMulticast() {
		if !ifc.joined(p.dst) {
			s.drop(ifc, &s.counters.IPv6NotOurs)
			return
		}
		p.broadcast = true
	} else {
		if !s.ours6(p.dst, ifc) {
			s.drop(ifc, &s.counters.IPv6NotOurs)
			return
		}
		if p.broadcast {
			s.drop(ifc, &s.counters.IPv6LinkMulticast)
			return
		}
	}
	if p.proto.IsIPv6Extension() && !s.headers6(&p) {
		return
	}
	if p.payload == nil {
		p.next, p.payload = 6, ip[dissect.IPv6HeaderLen:]
	}
	if p.src.IsUnspecified() && p.proto != dissect.ProtoICMPv6 {
		s.drop(ifc, &s.counters.IPv6Martian)
		return
	}
	raw := len(s.raws) > 0 && s.rawInput(&p)
	switch p.proto {
	case dissect.ProtoTCP:
		s.tcpInput(&p)
	case dissect.ProtoUDP:
		s.udpInput(&p)
	case dissect.ProtoICMPv6:
		s.icmp6(&p)
	case dissect.ProtoNoNext:
		s.drop(ifc, &s.counters.IPv6NoNext) // RFC 8200 section 4.7
	default:
		if raw {
			s.counters.RawReceived++
			return
		}
		s.drop(ifc, &s.counters.IPv6UnknownProto)
		s.badPacket6(&p, dissect.ICMPv6UnknownHeader, p.next)
	}
}

// validSource6 reports whether a packet from src may come by ifc: not if src cannot be one other host (RFC 4291 sections 2.5.3
// and 2.7). An IPv4 address in IPv6's clothes has no business on a wire (RFC 4291 section 2.5.5.2), and here it would be
// taken for that host. The unspecified address is what a host has that has none yet.
func (s *Stack) validSource6(src netip.Addr, ifc *Interface) bool {
	if ifc.loopback {
		return src.IsLoopback() || s.local(src) != nil
	}
	return !src.IsMulticast() && !src.IsLoopback() && !src.Is4In6() && s.local(src) == nil
}

// ours6 reports whether packets to the unicast address dst that come by ifc are for us. A link-local address is
// another one on each link.
func (s *Stack) ours6(dst netip.Addr, ifc *Interface) bool {
	owner := s.local(dst)
	if owner == nil {
		return false
	}
	if ifc.loopback || owner == ifc && dst != loopback6 {
		return true
	}
	return !isLinkLocal(dst) && !owner.loopback
}

// maxHeaders6 is how many extension headers of one packet are walked. RFC 8200 knows four kinds, of which one may come
// twice.
const maxHeaders6 = 16

// headers6 walks the extension headers of p (RFC 8200 section 4), in whatever order they come, and reports whether what
// follows them is to be delivered. Fragments are put together on the way.
func (s *Stack) headers6(p *inbound) bool {
	at, off := 6, dissect.IPv6HeaderLen // where the next header's number is, and where it begins
	for n := 0; p.proto.IsIPv6Extension() && p.proto != dissect.ProtoAH; n++ {
		if n == maxHeaders6 {
			s.drop(p.ifc, &s.counters.IPv6TooManyHeaders)
			return false
		}
		h, rest, err := dissect.NextIPv6Header(p.proto, p.packet[off:])
		if err != nil {
			s.drop(p.ifc, &s.counters.IPv6BadHeader)
			return false
		}
		switch p.proto {
		case dissect.ProtoHopByHop:
			if at != 6 { // it must be the first (RFC 8200 section 4.1)
				s.drop(p.ifc, &s.counters.IPv6BadHeader)
				s.badPacket6(p, dissect.ICMPv6UnknownHeader, at)
				return false
			}
			fallthrough
		case dissect.ProtoDestOpts:
			if !s.options6(p, dissect.IPv6Options(h), off) {
				return false
			}
		case dissect.ProtoRouting:
			// We forward nothing; with no segments left the header is of no interest (RFC 8200 section 4.4, RFC 5095).
			const routingType = 2
			if dissect.IPv6Routing(h).SegmentsLeft() != 0 {
				s.drop(p.ifc, &s.counters.IPv6SourceRoute)
				s.badPacket6(p, dissect.ICMPv6ErroneousHeader, off+routingType)
				return false
			}
		case dissect.ProtoFragment:
			f := dissect.IPv6Fragment(h)
			if f.IsAtomic() {
				break // a packet in one piece, whatever else has its ID (RFC 6946 section 4)
			}
			switch {
			case p.fragments: // what was put together is a fragment itself
				s.drop(p.ifc, &s.counters.FragmentBad)
				return false
			case f.Offset() == 0 && f.NextHeader() == dissect.ProtoHopByHop: // not the first, though it would be once put together
				s.drop(p.ifc, &s.counters.IPv6BadHeader)
				s.badPacket6(p, dissect.ICMPv6UnknownHeader, off)
				return false
			case f.Offset() == 0 && !wholeChain6(f.NextHeader(), rest):
				s.drop(p.ifc, &s.counters.FragmentBad)
				s.badPacket6(p, dissect.ICMPv6IncompleteHeader, 0) // RFC 7112 section 5
				return false
			}
			if at, off = s.reassembly.add6(p, at, off, f, rest); off == 0 {
				return false
			}
			s.counters.Reassembled++
			p.fragments = true
			p.proto = dissect.IPProto(p.packet[at])
			continue // what stood behind the Fragment header stands here now
		}
		p.proto, at, off = h.NextHeader(), off, off+len(h)
	}
	p.next, p.payload = at, p.packet[off:]
	return true
}

// options6 acts on the options of the header at off of p, and reports whether the packet is to be processed further.
func (s *Stack) options6(p *inbound, h dissect.IPv6Options, off int) bool {
	b := h.Options()
	for at := off + 2; len(b) > 0; {
		o, rest, err := dissect.NextIPv6Option(b)
		if err != nil {
			s.drop(p.ifc, &s.counters.IPv6BadOption)
			s.badPacket6(p, dissect.ICMPv6ErroneousHeader, at)
			return false
		}
		switch t := o.Type(); {
		case t == dissect.IPv6OptPad1 || t == dissect.IPv6OptPadN:
		case t == dissect.IPv6OptRouterAlert && p.proto == dissect.ProtoHopByHop:
			p.alert = true
		case t.Action() != dissect.IPv6OptSkip: // RFC 8200 section 4.2
			s.drop(p.ifc, &s.counters.IPv6BadOption)
			if a := t.Action(); a == dissect.IPv6OptReject || a == dissect.IPv6OptRejectUnicast && !p.dst.IsMulticast() {
				s.badPacket6(p, dissect.ICMPv6UnknownOption, at)
			}
			return false
		}
		at += len(o)
		b = rest
	}
	return true
}

// wholeChain6 reports whether a first fragment holds all headers up to the transport's (RFC 7112): b, from a header of kind
// proto on.
func wholeChain6(proto dissect.IPProto, b []byte) bool {
	for n := 0; proto.IsIPv6Extension() && n < maxHeaders6; n++ {
		h, rest, err := dissect.NextIPv6Header(proto, b)
		if err != nil {
			return false
		}
		proto, b = h.NextHeader(), rest
	}
	switch proto {
	case dissect.ProtoTCP:
		return len(b) >= dissect.TCPMinHeaderLen
	case dissect.ProtoUDP, dissect.ProtoICMPv6:
		return len(b) >= dissect.UDPHeaderLen
	}
	return true
}

// transport6 finds the transport header of an IPv6 packet of which b is the beginning, behind all extension headers. ok is false
// if it is not there: cut off, in another fragment, or behind what nothing here reads.
func transport6(ip dissect.IPv6) (proto dissect.IPProto, b []byte, ok bool) {
	proto, b = ip.NextHeader(), ip[dissect.IPv6HeaderLen:]
	for n := 0; proto.IsIPv6Extension(); n++ {
		h, rest, err := dissect.NextIPv6Header(proto, b)
		if err != nil || n == maxHeaders6 || proto == dissect.ProtoFragment && dissect.IPv6Fragment(h).Offset() != 0 {
			return proto, nil, false
		}
		proto, b = h.NextHeader(), rest
	}
	return proto, b, true
}
