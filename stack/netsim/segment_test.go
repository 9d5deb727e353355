package netsim_test

import (
	"net/netip"

	"smoltcp/dissect"
)

// segment is a TCP segment in a packet of either version of IP. Its slices are parts of the frame.
type segment struct {
	ip       []byte // the header with everything behind it
	tcp      dissect.TCP
	src, dst netip.Addr
	ecn      dissect.ECN
}

// segmentIn finds the whole segment in a frame, Ethernet or bare IP. What is in fragments is not found, but reported.
func segmentIn(frame []byte, ethernet bool) (s segment, found, fragment bool) {
	if ethernet {
		if dissect.Ethernet(frame).Check() != nil {
			return s, false, false
		}
		frame = dissect.Ethernet(frame).Payload()
	}
	if len(frame) == 0 {
		return s, false, false
	}
	switch frame[0] >> 4 {
	case 4:
		ip := dissect.IPv4(frame)
		if ip.CheckWhole() != nil || !ip.ChecksumOK() || ip.Protocol() != dissect.ProtoTCP {
			return s, false, false
		}
		if ip.IsFragment() {
			return s, false, true
		}
		s = segment{ip: ip[:ip.TotalLen()], tcp: dissect.TCP(ip.Payload()), src: ip.Src(), dst: ip.Dst(), ecn: ip.ECN()}
	case 6:
		ip := dissect.IPv6(frame)
		if ip.CheckWhole() != nil {
			return s, false, false
		}
		if ip.NextHeader() == dissect.ProtoFragment {
			return s, false, true
		}
		if ip.NextHeader() != dissect.ProtoTCP {
			return s, false, false
		}
		s = segment{ip: ip[:dissect.IPv6HeaderLen+ip.PayloadLen()], tcp: dissect.TCP(ip.Payload()), src: ip.Src(), dst: ip.Dst(), ecn: ip.ECN()}
	default:
		return s, false, false
	}
	return s, s.tcp.CheckWhole() == nil, false
}

func (s *segment) pseudo() dissect.Sum {
	return dissect.PseudoHeaderSum(s.src, s.dst, dissect.ProtoTCP, len(s.tcp))
}

// fix makes the checksums right again.
func (s *segment) fix() {
	if s.ip[0]>>4 == 4 {
		dissect.IPv4(s.ip).FillChecksum()
	}
	s.tcp.FillChecksum(s.pseudo())
}

// setECN changes the field of the IP header.
func (s *segment) setECN(v dissect.ECN) {
	if s.ip[0]>>4 == 4 {
		s.ip[1] = s.ip[1]&^3 | byte(v)
	} else {
		s.ip[1] = s.ip[1]&^0x30 | byte(v)<<4
	}
}

// header is the IP header for n bytes of another protocol between the same ends, the other way round if back is set.
func (s *segment) header(proto dissect.IPProto, n int, back bool) []byte {
	src, dst := s.src, s.dst
	if back {
		src, dst = dst, src
	}
	if src.Is4() {
		h := dissect.IPv4Header{TotalLen: dissect.IPv4MinHeaderLen + n, TTL: 64, Protocol: proto, Src: src, Dst: dst}
		return h.Append(nil)
	}
	h := dissect.IPv6Header{PayloadLen: n, HopLimit: 64, NextHeader: proto, Src: src, Dst: dst}
	return h.Append(nil)
}

// headerLen is how long the IP header is.
func (s *segment) headerLen() int { return len(s.ip) - len(s.tcp) }
