package stack

import (
	"net/netip"

	"smoltcp/dissect"
)

// ipv4 processes a received packet (RFC 791, RFC 1122 section 3.2.1).
func (s *Stack) ipv4(ip dissect.IPv4, in arrival) {
	if ip.CheckWhole() != nil {
		s.drop(in.ifc, &s.counters.IPv4Malformed)
		return
	}
	if !ip.ChecksumOK() {
		s.drop(in.ifc, &s.counters.IPv4Checksum)
		return
	}
	ip = ip[:ip.TotalLen()] // Ethernet's padding ends here
	src, dst := ip.Src(), ip.Dst()
	// Queriers and members of groups may have no address yet (RFC 3376 section 4.2.13).
	nobody := src.IsUnspecified() && dst.IsMulticast() && ip.Protocol() == dissect.ProtoIGMP && !in.ifc.loopback
	if !nobody && !s.validSource(src, in.ifc) || dst.IsLoopback() && !in.ifc.loopback {
		s.drop(in.ifc, &s.counters.IPv4Martian)
		return
	}
	group := false
	switch {
	case s.local(dst) != nil || in.ifc.loopback && dst.IsLoopback():
		if in.broadcast {
			s.drop(in.ifc, &s.counters.IPv4LinkBroadcast) // RFC 1122 section 3.3.6
			return
		}
	case dst == broadcast4 || dst.IsUnspecified() || in.ifc.isBroadcast(dst) || dst.IsMulticast() && in.ifc.joined(dst):
		group = true
	case in.ifc.dhcp.expects(ip, in):
	default:
		s.drop(in.ifc, &s.counters.IPv4NotOurs)
		return
	}
	in.broadcast = in.broadcast || group
	if len(ip.Options()) > 0 && !s.options(ip, in) {
		return
	}
	if ip.IsFragment() {
		if ip = s.reassembly.add4(ip, in); ip == nil {
			return
		}
		s.counters.Reassembled++
		in.fragments = true
	}
	p := inbound{
		arrival: in, packet: ip, src: src, dst: dst, proto: ip.Protocol(), payload: ip.Payload(), ttl: ip.TTL(),
		class: ip.DSCP()<<2 | uint8(ip.ECN()),
	}
	raw := len(s.raws) > 0 && s.rawInput(&p)
	switch p.proto {
	case dissect.ProtoICMP:
		s.icmp(ip, in)
	case dissect.ProtoIGMP:
		s.igmp(&p)
	case dissect.ProtoUDP:
		s.udpInput(&p)
	case dissect.ProtoTCP:
		s.tcpInput(&p)
	default:
		if raw {
			s.counters.RawReceived++
			return
		}
		s.drop(in.ifc, &s.counters.IPv4UnknownProto)
		s.icmpError(ip, in, unreachable(dissect.ICMPv4ProtocolUnreachable))
	}
}

// validSource reports whether a packet from src may come by ifc: not if src cannot be one other host (RFC 1122 section
// 3.2.1.3). 0.0.0.0 is what a DHCP server hears; this host is none.
func (s *Stack) validSource(src netip.Addr, ifc *Interface) bool {
	if ifc.loopback {
		return src.IsLoopback() || s.local(src) != nil
	}
	return isHost(src) && !s.isAnyBroadcast(src) && s.local(src) == nil
}
