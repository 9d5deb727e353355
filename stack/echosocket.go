package stack

import (
	"net/netip"

	"smoltcp/dissect"
)

// EchoOptions say how to open an ICMP echo socket. The zero value is usual.
type EchoOptions struct {
	// Interface, if not nil, is the only one that the socket receives from and sends on.
	Interface *Interface

	RcvBuf, SndBuf int   // bytes that wait in the socket, counted as for UDP; Config.UDPRcvBuf and UDPSndBuf by default
	TTL            uint8 // of requests; Config.TTL if zero, 1 for multicast
	DSCP           uint8

	// DontFragment has Send refuse what the path is known not to take, with ErrMessageSize.
	DontFragment bool
}

// EchoMessage is what came for an echo socket: a reply, or an ICMP error that one of its requests caused.
type EchoMessage struct {
	Remote    netip.Addr // who sent it
	Local     netip.Addr // where a reply was sent to; where the request came from that an error quotes
	Interface *Interface // by which it came
	Seq       uint16     // of the request
	TTL       uint8      // as received
	DSCP      uint8      // as received
	At        Time       // when it came

	// Of an error: the message's type and code, which are those of ICMPv6 if Dst is an IPv6 address, where the request went, and
	// the error's MTU or Pointer. One that this host found out by itself, because a neighbor did not answer, comes from one of
	// our addresses. Dst is not valid for a reply.
	Dst        netip.Addr
	Type, Code uint8
	Word       uint32
}

// IsError reports whether m is an error, not a reply.
func (m *EchoMessage) IsError() bool { return m.Dst.IsValid() }

// EchoSocket sends ICMP and ICMPv6 echo requests of one identifier, and receives what they cause.
type EchoSocket struct {
	mailbox[EchoMessage, echoRequest]

	id   uint16
	opt  EchoOptions
	sent [256]echoRequest // the latest, by seq: what an error has to quote to be believed (RFC 5927)
}

// echoRequest is which request of its socket it is.
type echoRequest struct {
	dst netip.Addr
	seq uint16
}

// maxEcho is the most data that a request to a carries.
func maxEcho(a netip.Addr) int { return maxUDP(a) } // both headers have eight bytes

// OpenEcho opens an echo socket with an identifier of its own. The only error is ErrNoPorts.
func (s *Stack) OpenEcho(opt EchoOptions) (*EchoSocket, error) {
	id, ok := s.random.port(func(id uint16) bool { return s.echoes[id] == nil })
	if !ok {
		return nil, ErrNoPorts
	}
	e := &EchoSocket{id: id, opt: opt}
	e.init(s, e, opt.RcvBuf, opt.SndBuf)
	if s.echoes == nil {
		s.echoes = make(map[uint16]*EchoSocket)
	}
	s.echoes[id] = e
	return e, nil
}

// ID is the identifier of the socket's requests.
func (e *EchoSocket) ID() uint16 { return e.id }

// Send queues an echo request with the number seq, which carries data, for dst. Errors: ErrWouldBlock if the send queue is full,
// ErrMessageSize, ErrInvalidAddr, ErrNoRoute, ErrClosed. One that exceeds the MTU is fragmented, but for
// DontFragment.
func (e *EchoSocket) Send(dst netip.Addr, seq uint16, data []byte) error {
	if e.closed {
		return ErrClosed
	}
	s := e.stack
	dst, path, err := e.route(dst)
	switch {
	case err != nil:
		return err
	case len(data) > maxEcho(dst) ||
		e.opt.DontFragment && ipHeaderLen(dst)+icmp6HeaderLen+len(data) > s.pathMTU(dst, echoProto(dst), path.ifc):
		return ErrMessageSize
	}
	return e.queue(path, echoRequest{dst, seq}, data)
}

// PathMTU is the largest packet that the path to dst is known to take, in bytes with the IP header; 0 without a route.
func (e *EchoSocket) PathMTU(dst netip.Addr) int {
	dst, path, err := e.route(dst)
	if err != nil {
		return 0
	}
	return e.stack.pathMTU(dst, echoProto(dst), path.ifc)
}

// Source is the address of ours that requests to dst have. Errors: ErrInvalidAddr, ErrNoRoute.
func (e *EchoSocket) Source(dst netip.Addr) (netip.Addr, error) {
	_, path, err := e.route(dst)
	return path.ifc.zoned(path.src), err
}

// IsBroadcast reports whether dst is an IPv4 broadcast address, of whichever interface.
func (e *EchoSocket) IsBroadcast(dst netip.Addr) bool {
	return e.stack.isAnyBroadcast(dst)
}

func (e *EchoSocket) route(dst netip.Addr) (netip.Addr, path, error) {
	s := e.stack
	dst, on, err := s.unzone(dst, e.opt.Interface)
	if err != nil {
		return dst, path{}, err
	}
	if !dst.IsValid() || dst.IsUnspecified() {
		return dst, path{}, ErrInvalidAddr
	}
	p, err := s.routeOut(dst, netip.Addr{}, on)
	return dst, p, err
}

func echoProto(a netip.Addr) dissect.IPProto {
	if a.Is4() {
		return dissect.ProtoICMP
	}
	return dissect.ProtoICMPv6
}

// Recv takes the oldest message: a reply with its data, which is cut off if p is too short, or an error, which has none.
// Errors: ErrWouldBlock, ErrClosed.
func (e *EchoSocket) Recv(p []byte) (int, EchoMessage, error) {
	return e.take(p)
}

// Close gives the socket up. Queued requests are still sent; the handler is not called again.
func (e *EchoSocket) Close() {
	if e.shut() {
		delete(e.stack.echoes, e.id)
	}
}

func (s *Stack) closeEchoes() {
	for _, e := range s.echoes {
		e.Close()
	}
}

// transmit sends a request. Part of transmitter.
func (e *EchoSocket) transmit(r *outgoing[echoRequest]) {
	s, dst, seq := e.stack, r.msg.dst, r.msg.seq
	e.sent[seq%uint16(len(e.sent))] = r.msg
	p := packet{
		path: r.path, dst: dst, proto: echoProto(dst), ttl: s.chooseTTL(e.opt.TTL, r.path.ifc, dst), dscp: e.opt.DSCP & 63, df: e.opt.DontFragment,
		payload: [2][]byte{r.data},
	}
	if dst.Is4() {
		h := dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: e.id, Seq: seq}
		p.transport = h.Append(s.transport[:0])
		dissect.ICMPv4(p.transport).FillChecksum(r.data)
	} else {
		h := dissect.ICMPv6Header{Type: dissect.ICMPv6EchoRequest, ID: e.id, Seq: seq}
		p.transport = h.Append(s.transport[:0])
		dissect.ICMPv6(p.transport).FillChecksum(
			dissect.PseudoHeaderSum(p.src, p.dst, p.proto, len(p.transport)+len(r.data)), r.data)
		p.flow = s.random.flowLabel(p.src, p.dst, e.id, 0)
	}
	s.counters.EchoRequests++
	_ = s.send(&p) // counted where it failed
}

// deliver queues a message for the program, if there is room.
func (e *EchoSocket) deliver(m *EchoMessage, data []byte) bool {
	if !e.admits(len(data)) {
		return false
	}
	m.At = e.stack.now
	if !m.Interface.Loopback() {
		m.Remote, m.Local = m.Interface.zoned(m.Remote), m.Interface.zoned(m.Local)
	}
	e.accept(*m, data)
	return true
}

// echoReply gives a received echo reply, of whichever version, to its socket.
func (s *Stack) echoReply(p *inbound, id, seq uint16, data []byte) {
	e := s.echoes[id]
	if e == nil || p.broadcast || e.opt.Interface != nil && !p.ifc.serves(e.opt.Interface, p.dst) && !p.ifc.loopback {
		s.drop(p.ifc, &s.counters.ICMPIgnored)
		return
	}
	m := EchoMessage{Remote: p.src, Local: p.dst, Interface: p.ifc, Seq: seq, TTL: p.ttl, DSCP: p.dscp()}
	if e.deliver(&m, data) {
		s.counters.ICMPReceived++
	} else {
		s.drop(p.ifc, &s.counters.ICMPQueueFull)
	}
}

// echoError gives an error to the echo socket whose request quote is the beginning of, and reports whether there is one, which counts
// the packet then. Of m the interface, the type and what belongs to that is set, and who sent it.
func (s *Stack) echoError(quote []byte, m EchoMessage) bool {
	if len(s.echoes) == 0 {
		return false
	}
	f, ok := s.quotedFlow(quote)
	if !ok || f.proto != echoProto(f.remote.Addr()) {
		return false
	}
	e := s.echoOf(f)
	if e == nil {
		return false
	}
	m.Seq, m.Local, m.Dst = uint16(f.seq), f.local.Addr(), f.remote.Addr()
	if f.local.Addr().Is4() {
		if m.Type == uint8(dissect.ICMPv4Unreachable) && m.Code == dissect.ICMPv4FragNeeded {
			s.echoTooBig(f, int(m.Word), e)
		}
	} else if m.Type == uint8(dissect.ICMPv6PacketTooBig) {
		s.echoTooBig(f, int(min(m.Word, maxMTU)), e)
	}
	if !e.deliver(&m, nil) {
		s.drop(m.Interface, &s.counters.ICMPQueueFull)
	} else {
		s.counters.ICMPReceived++
	}
	return true
}

// echoOf is the socket that may have sent the request that f was read from, nil if there is none. What the flow takes for ports are the
// type, the code and the checksum, and for a sequence number the rest of the header.
func (s *Stack) echoOf(f flow) *EchoSocket {
	request := uint8(dissect.ICMPv4EchoRequest)
	if f.remote.Addr().Is6() {
		request = uint8(dissect.ICMPv6EchoRequest)
	}
	e, seq := s.echoes[uint16(f.seq>>16)], uint16(f.seq)
	if e == nil || f.local.Port() != uint16(request)<<8 || e.sent[seq%uint16(len(e.sent))] != (echoRequest{f.remote.Addr(), seq}) {
		return nil
	}
	return e
}

// echoTooBig notes what a router said of the path, for what follows.
func (s *Stack) echoTooBig(f flow, mtu int, e *EchoSocket) {
	dst := f.remote.Addr()
	if !f.whole || dst.Is4() && !e.opt.DontFragment {
		return
	}
	if mtu = refusedMTU(mtu, f.len, dst); mtu != 0 {
		s.learnPathMTU(dst, f.proto, mtu)
	}
}

// echoUnsent tells an echo socket that the neighbor of its request did not answer, as if this host were the router that says so.
func (s *Stack) echoUnsent(f flow) bool {
	e := s.echoOf(f)
	if e == nil {
		return false
	}
	m := EchoMessage{Remote: f.local.Addr(), Local: f.local.Addr(), Dst: f.remote.Addr(), Seq: uint16(f.seq)}
	if m.Dst.Is4() {
		m.Type, m.Code = uint8(dissect.ICMPv4Unreachable), dissect.ICMPv4HostUnreachable
	} else {
		m.Type, m.Code = uint8(dissect.ICMPv6Unreachable), dissect.ICMPv6AddressUnreachable
	}
	if m.Interface = s.local(m.Local); m.Interface == nil {
		return false
	}
	e.deliver(&m, nil)
	return true
}
