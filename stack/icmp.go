package stack

import (
	"encoding/binary"
	"net/netip"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// maxQuote is how much of a packet an error quotes: the error is then 576 bytes long (RFC 1812 section 4.3.2.3).
const maxQuote = 576 - dissect.IPv4MinHeaderLen - dissect.ICMPv4HeaderLen

// errorDSCP is the class of errors: internetwork control (RFC 1812 section 4.3.2.5).
const errorDSCP = 48

// icmp processes a received message.
func (s *Stack) icmp(ip dissect.IPv4, in arrival) {
	m := dissect.ICMPv4(ip.Payload())
	if m.CheckWhole() != nil {
		s.drop(in.ifc, &s.counters.ICMPMalformed)
		return
	}
	if !m.ChecksumOK() {
		s.drop(in.ifc, &s.counters.ICMPChecksum)
		return
	}
	switch m.Type() {
	case dissect.ICMPv4EchoRequest, dissect.ICMPv4Timestamp:
		s.icmpRequest(ip, m, in)
	case dissect.ICMPv4EchoReply:
		s.echoReply(&inbound{arrival: in, src: ip.Src(), dst: ip.Dst(), ttl: ip.TTL(), class: ip.DSCP() << 2}, m.ID(), m.Seq(), m.Data())
	case dissect.ICMPv4Unreachable, dissect.ICMPv4TimeExceeded, dissect.ICMPv4ParameterProblem:
		if in.broadcast {
			s.drop(in.ifc, &s.counters.ICMPIgnored)
			return
		}
		h := m.Header()
		if s.echoError(m.Quote(), EchoMessage{
			Remote: ip.Src(), Interface: in.ifc, TTL: ip.TTL(), DSCP: ip.DSCP(),
			Type: uint8(h.Type), Code: h.Code, Word: uint32(h.MTU) | uint32(h.Pointer),
		}) {
			return
		}
		if m.Type() == dissect.ICMPv4Unreachable && m.Code() == dissect.ICMPv4FragNeeded {
			if s.tooBig(int(m.MTU()), m.Quote()) {
				s.counters.ICMPReceived++
			} else {
				s.drop(in.ifc, &s.counters.ICMPUnmatched)
			}
			return
		}
		// It is believed only if we may have sent what it quotes (RFC 5927).
		if err, hard := icmpErr(m.Type(), m.Code()); s.blame(m.Quote(), err, hard, netip.Addr{}) {
			s.counters.ICMPReceived++
		} else {
			s.drop(in.ifc, &s.counters.ICMPUnmatched)
		}
	case dissect.ICMPv4Redirect:
		if s.cfg.Redirects && !in.broadcast && in.ifc.redirect4(ip.Src(), m) {
			s.counters.ICMPReceived++
			return
		}
		fallthrough
	default:
		// Among these: Source Quench, which does nothing at all (RFC 6633).
		s.drop(in.ifc, &s.counters.ICMPIgnored)
	}
}

// icmpRequest answers an echo request, with all of its data (RFC 1122 section 3.2.2.6), or a timestamp request (section 3.2.2.8). Options that
// record the way go on recording it; one that came by a source route would have to be answered by that, and is not.
func (s *Stack) icmpRequest(ip dissect.IPv4, m dissect.ICMPv4, in arrival) {
	echo := m.Type() == dissect.ICMPv4EchoRequest
	if !echo && s.cfg.NoTimestamps || in.broadcast && !(echo && s.cfg.EchoBroadcast) {
		s.drop(in.ifc, &s.counters.ICMPIgnored)
		return
	}
	if sourceRouted(ip) {
		s.drop(in.ifc, &s.counters.IPv4SourceRoute)
		return
	}
	s.counters.ICMPReceived++
	src, on := ip.Dst(), (*Interface)(nil)
	if in.broadcast {
		src, on = netip.Addr{}, in.ifc
	}
	path, err := s.route(ip.Src(), src, on)
	if err != nil {
		s.drop(in.ifc, &s.counters.TxNoRoute)
		return
	}
	h, data := dissect.ICMPv4(append(s.transport[:0], m[:dissect.ICMPv4HeaderLen]...)), m.Data()
	if echo {
		h.SetType(dissect.ICMPv4EchoReply)
		s.counters.EchoReplies++
	} else {
		// Its time stays; when it was received and when it is answered is the same to us.
		now := s.timestamp()
		h = append(h, data[:4]...)
		h = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(h, now), now)
		data = nil
		h.SetType(dissect.ICMPv4TimestampReply)
		s.counters.ICMPTimestamps++
	}
	h.FillChecksum(data)
	p := packet{
		path: path, dst: ip.Src(), proto: dissect.ProtoICMP, ttl: s.cfg.TTL, dscp: ip.DSCP(),
		transport: h, payload: [2][]byte{data},
	}
	if len(ip.Options()) > 0 {
		p.options = s.answerOptions(ip, path.src)
	}
	s.sendControl(&p)
}

// icmpError answers ip by an error, if RFC 1122 section 3.2.2 allows it: not to an ICMP error, not to what was sent to
// more than one host, not to fragments but the first. The source is one host, since others were dropped.
func (s *Stack) icmpError(ip dissect.IPv4, in arrival, e dissect.ICMPv4Header) {
	if in.broadcast || ip.FragmentOffset() != 0 {
		return
	}
	if ip.Protocol() == dissect.ProtoICMP {
		// Only what is known to be no error is answered.
		if p := ip.Payload(); len(p) == 0 || !isEcho(dissect.ICMPv4Type(p[0])) {
			return
		}
	}
	if !s.icmpLimit.allow(ip.Src()) {
		s.counters.ICMPLimited++
		return
	}
	path, err := s.route(ip.Src(), ip.Dst(), nil)
	if err != nil {
		s.drop(in.ifc, &s.counters.TxNoRoute)
		return
	}
	h := dissect.ICMPv4(e.Append(s.transport[:0]))
	quote := ip[:min(len(ip), maxQuote)]
	h.FillChecksum(quote)
	s.counters.ICMPErrorsSent++
	s.sendControl(&packet{
		path: path, dst: ip.Src(), proto: dissect.ProtoICMP, ttl: s.cfg.TTL, dscp: errorDSCP,
		transport: h, payload: [2][]byte{quote},
	})
}

// unreachable is the header of a Destination Unreachable.
func unreachable(code uint8) dissect.ICMPv4Header {
	return dissect.ICMPv4Header{Type: dissect.ICMPv4Unreachable, Code: code}
}

func isEcho(t dissect.ICMPv4Type) bool {
	return t == dissect.ICMPv4EchoRequest || t == dissect.ICMPv4EchoReply
}

// icmpErr gives the meaning of a received error, and whether it ends a connection that is being opened (RFC 1122 section
// 4.2.3.9).
func icmpErr(t dissect.ICMPv4Type, code uint8) (err error, hard bool) {
	switch t {
	case dissect.ICMPv4TimeExceeded:
		return ErrTimeExceeded, false
	case dissect.ICMPv4ParameterProblem:
		return ErrParameter, false
	}
	switch code {
	case dissect.ICMPv4NetUnreachable, 6, 11: // unknown, not for this type of service
		return ErrNetUnreachable, false
	case 9, 10, 13: // network, host, communication prohibited (RFC 1812 section 5.2.7.1): by somebody's will, so it will not pass
		return ErrProhibited, true
	case dissect.ICMPv4ProtocolUnreachable:
		return ErrProtoUnreach, true
	case dissect.ICMPv4PortUnreachable:
		return ErrRefused, true
	}
	return ErrHostUnreachable, false
}

// portUnreachable answers a datagram for a port that nobody has.
func (s *Stack) portUnreachable(p *inbound) {
	if p.src.Is4() {
		s.icmpError(p.packet, p.arrival, unreachable(dissect.ICMPv4PortUnreachable))
		return
	}
	s.icmp6Error(p, dissect.ICMPv6Header{Type: dissect.ICMPv6Unreachable, Code: dissect.ICMPv6PortUnreachable})
}

// unsent tells the sender of an IP packet that the neighbor next did not take it.
func (s *Stack) unsent(b []byte, next netip.Addr) { s.blame(b, ErrHostUnreachable, true, next) }

// blame gives err to the socket that sent the packet that quote is the beginning of, and reports whether there is
// one. next, if valid, is the neighbor that failed: the error comes from this host and not from somebody who may have made
// it up, and a connection that has another way by now goes on.
func (s *Stack) blame(quote []byte, err error, hard bool, next netip.Addr) bool {
	certain := next.IsValid()
	f, ok := s.quotedFlow(quote)
	if !ok {
		return false
	}
	raw := s.rawError(f, err)
	switch f.proto {
	case dissect.ProtoTCP:
		c := s.tcp.conns.find(f.local, f.remote)
		if c == nil || !certain && !c.conn.Outstanding(f.seq) {
			return raw
		}
		if !certain && (err == ErrNetUnreachable || err == ErrHostUnreachable) {
			c.conn.Disrupted(s.now, f.seq)
		}
		if certain {
			other, err := s.route(f.remote.Addr(), f.local.Addr(), c.on)
			hard = err != nil || other.next == next
		}
		c.networkError(err, hard)
		return true
	case dissect.ProtoUDP:
		return s.udpError(f.local, f.remote, err) || raw
	case dissect.ProtoICMP, dissect.ProtoICMPv6:
		return certain && s.echoUnsent(f) || raw
	}
	return raw
}

// flow says of which flow a quoted packet is, and how long that was.
type flow struct {
	proto         dissect.IPProto
	local, remote netip.AddrPort
	seq           tcp.Seq // TCP only
	len           int     // bytes, with the IP header
	whole         bool    // routers must not fragment it
}

// quotedFlow reads a packet of ours, of which quote is the beginning: the IP header, and eight bytes of the transport's.
func (s *Stack) quotedFlow(quote []byte) (f flow, ok bool) {
	var src, dst netip.Addr
	var b []byte
	if ip := dissect.IPv4(quote); ip.Check() == nil {
		if ip.FragmentOffset() != 0 {
			return f, false
		}
		f.proto, f.len, f.whole = ip.Protocol(), ip.TotalLen(), ip.DontFragment()
		src, dst, b = ip.Src(), ip.Dst(), ip.Payload()
	} else {
		ip := dissect.IPv6(quote)
		if ip.Check() != nil {
			return f, false
		}
		if f.proto, b, ok = transport6(ip); !ok {
			return f, false
		}
		f.len, f.whole = dissect.IPv6HeaderLen+ip.PayloadLen(), true
		src, dst = ip.Src(), ip.Dst()
	}
	if len(b) < 8 || s.local(src) == nil {
		return f, false
	}
	f.local = netip.AddrPortFrom(src, binary.BigEndian.Uint16(b))
	f.remote = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:]))
	f.seq = tcp.Seq(binary.BigEndian.Uint32(b[4:]))
	return f, true
}

// icmpLimiter limits the errors sent, to all and to each peer (RFC 1812 section 4.3.2.8).
type icmpLimiter struct {
	stack *Stack
	all   rateLimit
	peers [256]rateLimit // peers that share a place share the limit
}

func (l *icmpLimiter) init(s *Stack) { l.stack = s }

func (l *icmpLimiter) allow(peer netip.Addr) bool {
	c := &l.stack.cfg
	p := &l.peers[l.stack.random.slot(peer, len(l.peers))]
	return p.allow(l.stack.now, c.ICMPPeerRate, c.ICMPPeerBurst) && l.all.allow(l.stack.now, c.ICMPRate, c.ICMPBurst)
}

// rateLimit is a token bucket, kept as the time at which it will be full.
type rateLimit struct{ full Time }

// allow takes a token, if there is one, from a bucket that gets rate tokens a second and holds burst.
func (r *rateLimit) allow(now Time, rate, burst int) bool {
	interval := Time(time.Second) / Time(rate)
	full := max(r.full, now) + interval
	if full > now+interval*Time(burst) {
		return false
	}
	r.full = full
	return true
}
