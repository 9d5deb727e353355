package stack

import (
	"net/netip"

	"smoltcp/dissect"
)

// icmp6HeaderLen is what an error or an echo message has before the quote or the data.
const icmp6HeaderLen = 8

// maxQuote6 is how much of a packet an error quotes: it then fits every link (RFC 4443 section 2.4 c).
const maxQuote6 = minMTU6 - dissect.IPv6HeaderLen - icmp6HeaderLen

// icmp6 processes a received message (RFC 4443).
func (s *Stack) icmp6(p *inbound) {
	ifc, m := p.ifc, dissect.ICMPv6(p.payload)
	if m.Check() != nil {
		s.drop(ifc, &s.counters.ICMPMalformed)
		return
	}
	if !m.ChecksumOK(dissect.PseudoHeaderSum(p.src, p.dst, dissect.ProtoICMPv6, len(m))) {
		s.drop(ifc, &s.counters.ICMPChecksum)
		return
	}
	if m.CheckWhole() != nil {
		s.drop(ifc, &s.counters.ICMPMalformed)
		return
	}
	t := m.Type()
	switch {
	case t >= dissect.ICMPv6RouterSolicitation && t <= dissect.ICMPv6Redirect:
		s.ndp(p, m)
		return
	case t == dissect.ICMPv6MLDQuery:
		s.mldQuery(p, m)
		return
	case t == dissect.ICMPv6MLDReport:
		s.mldReport(p, m)
		return
	case p.src.IsUnspecified():
		s.drop(ifc, &s.counters.IPv6Martian)
		return
	case t == dissect.ICMPv6EchoRequest:
		s.echo6(p, m)
		return
	case t == dissect.ICMPv6EchoReply:
		s.echoReply(p, m.ID(), m.Seq(), m.Data())
		return
	case !t.IsError() || p.broadcast:
		s.drop(ifc, &s.counters.ICMPIgnored)
		return
	}
	// Errors, also of types that nobody knows yet (RFC 4443 section 2.4 a), are believed if we may have sent what they quote.
	h := m.Header()
	if s.echoError(m.Quote(), EchoMessage{
		Remote: p.src, Interface: ifc, TTL: p.ttl, DSCP: p.dscp(), Type: uint8(t), Code: h.Code, Word: h.MTU | h.Pointer,
	}) {
		return
	}
	ours := false
	if quote := m.Quote(); t == dissect.ICMPv6PacketTooBig {
		ours = s.tooBig(int(min(m.MTU(), maxMTU)), quote)
	} else {
		err, hard := icmp6Err(t, m.Code())
		ours = s.blame(quote, err, hard, netip.Addr{})
	}
	if ours {
		s.counters.ICMPReceived++
	} else {
		s.drop(ifc, &s.counters.ICMPUnmatched)
	}
}

// icmp6Err gives the meaning of a received error, and whether it ends a connection that is being opened.
func icmp6Err(t dissect.ICMPv6Type, code uint8) (err error, hard bool) {
	switch t {
	case dissect.ICMPv6TimeExceeded:
		return ErrTimeExceeded, false
	case dissect.ICMPv6ParameterProblem:
		if code == dissect.ICMPv6UnknownHeader {
			return ErrProtoUnreach, true
		}
		return ErrParameter, false
	case dissect.ICMPv6Unreachable:
		const badSource, rejectRoute = 5, 6 // "more informative subsets" of prohibited (RFC 4443 section 3.1)
		switch code {
		case dissect.ICMPv6PortUnreachable:
			return ErrRefused, true
		case dissect.ICMPv6AdminProhibited, badSource, rejectRoute:
			return ErrProhibited, true
		case dissect.ICMPv6NoRoute:
			return ErrNetUnreachable, false
		}
	}
	return ErrHostUnreachable, false
}

// echo6 answers an echo request with all of its data (RFC 4443 section 4.2), one to a group from an address of the interface.
func (s *Stack) echo6(p *inbound, m dissect.ICMPv6) {
	path, err := s.answer6(p)
	if err != nil {
		s.drop(p.ifc, &s.counters.TxNoRoute)
		s.counters.ICMPReceived++
		return
	}
	s.counters.ICMPReceived++
	data := m.Data()
	h := dissect.ICMPv6(append(s.transport[:0], m[:icmp6HeaderLen]...))
	h.SetType(dissect.ICMPv6EchoReply)
	h.FillChecksum(dissect.PseudoHeaderSum(path.src, p.src, dissect.ProtoICMPv6, len(m)), data)
	s.counters.EchoReplies++
	s.sendControl(&packet{
		path: path, dst: p.src, proto: dissect.ProtoICMPv6, ttl: s.hopLimit(path.ifc), dscp: p.dscp(),
		flow: s.random.flowLabel(path.src, p.src, m.ID(), 0), transport: h, payload: [2][]byte{data},
	})
}

// answer6 is the path for what answers p: from where p was sent to if that is one host's address (RFC 4443 section 2.2).
func (s *Stack) answer6(p *inbound) (path, error) {
	src := p.dst
	on := p.ifc.wayBack(p.src, nil)
	if p.dst.IsMulticast() {
		src = netip.Addr{}
	}
	return s.route(p.src, src, on)
}

// badPacket6 answers p by a Parameter Problem about what is at offset at.
func (s *Stack) badPacket6(p *inbound, code uint8, at int) {
	s.icmp6Error(p, dissect.ICMPv6Header{Type: dissect.ICMPv6ParameterProblem, Code: code, Pointer: uint32(at)})
}

// icmp6Error answers p by an error, if RFC 4443 section 2.4 e allows it: not to an error or a redirect, not to what has no one
// sender, and not to what was sent to more than one host, but for an option that asks for it.
func (s *Stack) icmp6Error(p *inbound, e dissect.ICMPv6Header) {
	if p.src.IsUnspecified() || p.broadcast && (e.Type != dissect.ICMPv6ParameterProblem || e.Code != dissect.ICMPv6UnknownOption) {
		return
	}
	if proto, b, ok := transport6(p.packet); ok && proto == dissect.ProtoICMPv6 {
		// Only what is known to be no error is answered.
		if len(b) == 0 || dissect.ICMPv6Type(b[0]).IsError() || dissect.ICMPv6Type(b[0]) == dissect.ICMPv6Redirect {
			return
		}
	}
	if !s.icmpLimit.allow(p.src) {
		s.counters.ICMPLimited++
		return
	}
	path, err := s.answer6(p)
	if err != nil {
		s.drop(p.ifc, &s.counters.TxNoRoute)
		return
	}
	h := dissect.ICMPv6(e.Append(s.transport[:0]))
	quote := p.packet[:min(len(p.packet), maxQuote6)]
	h.FillChecksum(dissect.PseudoHeaderSum(path.src, p.src, dissect.ProtoICMPv6, len(h)+len(quote)), quote)
	s.counters.ICMPErrorsSent++
	s.sendControl(&packet{
		path: path, dst: p.src, proto: dissect.ProtoICMPv6, ttl: s.hopLimit(path.ifc),
		flow: s.random.flowLabel(path.src, p.src, 0, 0), transport: h, payload: [2][]byte{quote},
	})
}
