package stack

import (
	"cmp"
	"net/netip"
	"slices"

	"smoltcp/dissect"
)

// UDPOptions say how to open a UDP socket. The zero value is usual.
type UDPOptions struct {
	// Interface, if not nil, is the only one that the socket receives from and sends on. The zone of a link-local address
	// sets it.
	Interface *Interface

	V6Only bool // "::" stands for the IPv6 addresses only

	RcvBuf, SndBuf int   // see Config.UDPRcvBuf, which is the default
	TTL            uint8 // of datagrams that name none; Config.TTL if zero, 1 for multicast
	DSCP           uint8
	ECN            dissect.ECN // of what is sent, for programs that react to congestion (RFC 8085 section 3.1.7)

	// Options are in the IPv4 header of what is sent; no source routes.
	Options dissect.IPv4Options

	// DontFragment sets the DF bit (RFC 1191), and in IPv6 sends no fragments: Send refuses what the path is known not to take with ErrMessageSize, which
	// is also reported when a router refuses a datagram. See PathMTU.
	DontFragment bool

	// Shared lets several sockets that all ask for it hold the same address and port: each gets every
	// broadcast, the last one opened gets the rest.
	Shared bool

	// NoLoop keeps what is sent to a group from the sockets of this host: else they get it too if the interface by which it leaves has
	// joined that group.
	NoLoop bool

	// ReportErrors has a socket that is not connected told of the ICMP errors that its datagrams cause. Anybody
	// can forge those (RFC 8085 section 5.2).
	ReportErrors bool
}

// UDPMessage is what comes with a received datagram. Given back to Send it makes the answer go where the
// datagram came from, by the way it came, also after a broadcast.
type UDPMessage struct {
	Remote    netip.AddrPort // the other end
	Local     netip.AddrPort // our end: where a received datagram was sent to, which may be a broadcast or multicast address
	Interface *Interface     // by which it came
	TTL       uint8          // as received; to be sent with, if not zero
	DSCP      uint8          // as received; to be sent with, if not zero
	ECN       dissect.ECN    // as received

	Broadcast bool                // sent to more than this host, at the IP or the link layer
	Options   dissect.IPv4Options // the IP header's, as received
}

// UDPSocket sends and receives datagrams.
type UDPSocket struct {
	mailbox[UDPMessage, UDPMessage]

	local   netip.AddrPort
	remote  netip.AddrPort // the only peer, if connected
	wild    bool           // bound to no address
	opt     UDPOptions
	options []byte       // opt.Options, padded
	groups  []membership // see JoinGroup
}

// maxUDP is the largest payload that a datagram to a carries: IPv4's length counts its own header.
func maxUDP(a netip.Addr) int {
	n := maxMTU - dissect.UDPHeaderLen
	if a.Is4() {
		n -= dissect.IPv4MinHeaderLen
	}
	return n
}

// ListenUDP opens a socket on local: an address of ours, a broadcast or multicast address to receive only what is
// sent there, 0.0.0.0 for all of IPv4, "::" or the zero Addr for everything. Port 0 has a free one chosen. As with package net, sending
// to broadcast addresses needs no leave. Errors: ErrInvalidAddr, ErrNotOurs, ErrAddrInUse, ErrNoPorts, ErrBadOptions.
func (s *Stack) ListenUDP(local netip.AddrPort, opt UDPOptions) (*UDPSocket, error) {
	a, on, err := s.unzone(local.Addr(), opt.Interface)
	if err != nil {
		return nil, err
	}
	if !a.IsValid() {
		a = any6
	}
	local, opt.Interface = netip.AddrPortFrom(a, local.Port()), on
	if !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && s.local(a) == nil && !s.isAnyBroadcast(a) {
		return nil, ErrNotOurs
	}
	u := &UDPSocket{opt: opt, wild: a.IsUnspecified()}
	if u.options, err = checkOptions(opt.Options); err != nil {
		return nil, err
	}
	u.init(s, u, opt.RcvBuf, opt.SndBuf)
	if local.Port() == 0 {
		port, ok := s.random.port(func(port uint16) bool { return len(s.udp.ports[port]) == 0 })
		if !ok {
			return nil, ErrNoPorts
		}
		local = netip.AddrPortFrom(a, port)
	}
	for _, o := range s.udp.ports[local.Port()] {
		if overlap(o.local.Addr(), o.opt.V6Only, a, opt.V6Only) && o.opt.Interface == opt.Interface && !(o.opt.Shared && opt.Shared) {
			return nil, ErrAddrInUse
		}
	}
	u.local = local
	s.udp.add(u)
	return u, nil
}

// DialUDP opens a socket on a port of its own that talks to remote alone.
func (s *Stack) DialUDP(remote netip.AddrPort, opt UDPOptions) (*UDPSocket, error) {
	any := any6
	if remote.Addr().Unmap().Is4() {
		any = any4
	}
	u, err := s.ListenUDP(netip.AddrPortFrom(any, 0), opt)
	if err != nil {
		return nil, err
	}
	if err := u.Connect(remote); err != nil {
		u.Close()
		return nil, err
	}
	return u, nil
}

// Connect makes remote the only peer: only its datagrams are received from now on, and ICMP errors about it are
// reported. What is queued from others is dropped. A socket that was bound to no address gets the one that packets
// to remote have.
func (u *UDPSocket) Connect(remote netip.AddrPort) error {
	if u.closed {
		return ErrClosed
	}
	dst, on, err := u.stack.unzone(remote.Addr(), u.opt.Interface)
	if err != nil {
		return err
	}
	remote = netip.AddrPortFrom(dst, remote.Port())
	if remote.Port() == 0 || !dst.IsValid() || dst.IsUnspecified() || !u.reaches(dst) {
		return ErrInvalidAddr
	}
	src := u.local.Addr()
	if u.wild || u.stack.local(src) == nil && !src.IsLoopback() {
		src = netip.Addr{}
	}
	p, err := u.stack.route(dst, src, on)
	if err != nil {
		return err
	}
	u.remote, u.opt.Interface = remote, on
	u.local = netip.AddrPortFrom(p.src, u.local.Port())
	u.err = nil
	u.keep(func(m *UDPMessage) bool {
		return m.Remote.Port() == remote.Port() && m.Remote.Addr().WithZone("") == dst
	})
	return nil
}

// LocalAddr and RemoteAddr are the socket's ends; the remote one is the zero AddrPort if the socket is not connected.
func (u *UDPSocket) LocalAddr() netip.AddrPort  { return u.opt.Interface.zonedPort(u.local) }
func (u *UDPSocket) RemoteAddr() netip.AddrPort { return u.opt.Interface.zonedPort(u.remote) }

// reaches reports whether the socket can send to addresses like a: of the IP version that it is bound to.
func (u *UDPSocket) reaches(a netip.Addr) bool {
	local := u.local.Addr()
	return a.Is4() == local.Is4() || u.wild && !local.Is4() && !u.opt.V6Only
}

// Recv takes the oldest datagram into p, cut off if p is too short. A pending ICMP error comes first, once. Errors:
// ErrWouldBlock, ErrClosed, ErrRefused, ErrHostUnreachable and the like.
func (u *UDPSocket) Recv(p []byte) (int, UDPMessage, error) {
	return u.take(p)
}

// Peek shows the oldest datagram without taking it, or a pending error without forgetting it. The bytes are lent until
// the following call on the socket.
func (u *UDPSocket) Peek() ([]byte, UDPMessage, error) {
	return u.peek()
}

// SendTo queues a datagram for to. Errors: ErrWouldBlock if the send queue is full, ErrMessageSize, ErrInvalidAddr,
// ErrIsConnected, ErrNoRoute, ErrClosed. A datagram that exceeds the MTU is fragmented.
func (u *UDPSocket) SendTo(p []byte, to netip.AddrPort) error {
	return u.Send(p, UDPMessage{Remote: to})
}

// Write queues a datagram for the connected peer; else ErrNotConnected.
func (u *UDPSocket) Write(p []byte) error {
	if !u.remote.IsValid() && !u.closed {
		return ErrNotConnected
	}
	return u.Send(p, UDPMessage{Remote: u.remote})
}

// Send queues a datagram for m.Remote, from m.Local if that is an address of ours, by m.Interface if that is not
// nil. Errors as for SendTo.
func (u *UDPSocket) Send(p []byte, m UDPMessage) error {
	if u.closed {
		return ErrClosed
	}
	s := u.stack
	on := u.opt.Interface
	if on == nil {
		on = m.Interface
	}
	dst, on, err := s.unzone(m.Remote.Addr(), on)
	if err != nil {
		return err
	}
	m.Remote = netip.AddrPortFrom(dst, m.Remote.Port())
	switch {
	case u.remote.IsValid() && m.Remote != u.remote:
		return ErrIsConnected
	case m.Remote.Port() == 0 || !dst.IsValid() || dst.IsUnspecified() || !u.reaches(dst):
		return ErrInvalidAddr
	case len(p) > maxUDP(dst)-u.optionsLen(dst):
		return ErrMessageSize
	}
	// The socket's own address comes first; then that of the datagram being answered, unless it was a broadcast.
	src := u.local.Addr()
	if u.wild && !u.remote.IsValid() || s.local(src) == nil && !src.IsLoopback() {
		src = m.Local.Addr().Unmap().WithZone("")
		if s.local(src) == nil && !src.IsLoopback() {
			src = netip.Addr{}
		}
	}
	path, err := s.routeOut(dst, src, on)
	if err != nil {
		return err
	}
	if u.opt.DontFragment && ipHeaderLen(dst)+u.optionsLen(dst)+dissect.UDPHeaderLen+len(p) > s.udpPathMTU(dst, path.ifc) {
		return ErrMessageSize
	}
	m.TTL = s.chooseTTL(cmp.Or(m.TTL, u.opt.TTL), path.ifc, dst)
	if m.DSCP == 0 {
		m.DSCP = u.opt.DSCP & 63
	}
	return u.queue(path, m, p)
}

// optionsLen is how long the IP options of datagrams to a are.
func (u *UDPSocket) optionsLen(a netip.Addr) int {
	if a.Is4() {
		return len(u.options)
	}
	return 0
}

// Close gives the socket up. Queued datagrams are still sent; the handler is not called again.
func (u *UDPSocket) Close() {
	if u.closed {
		return
	}
	u.leaveGroups()
	u.shut()
	u.stack.udp.remove(u)
}

// transmit sends a datagram. Part of transmitter.
func (u *UDPSocket) transmit(d *outgoing[UDPMessage]) {
	s, ifc, m := u.stack, d.path.ifc, &d.msg
	h := dissect.UDPHeader{
		SrcPort: u.local.Port(), DstPort: m.Remote.Port(), Length: uint16(dissect.UDPHeaderLen + len(d.data)),
	}
	p := packet{
		path: d.path, dst: m.Remote.Addr(), proto: dissect.ProtoUDP, ttl: m.TTL, dscp: m.DSCP,
		ecn: u.opt.ECN & 3, df: u.opt.DontFragment,
		transport: h.Append(s.transport[:0]), payload: [2][]byte{d.data},
	}
	if p.dst.Is4() {
		p.options = u.options
	} else {
		p.flow = s.random.flowLabel(p.src, p.dst, h.SrcPort, h.DstPort)
	}
	pseudo := dissect.PseudoHeaderSum(p.src, p.dst, p.proto, int(h.Length))
	if ifc.skipTx && p.len() <= ifc.mtu {
		dissect.UDP(p.transport).SetChecksum(pseudo.Fold())
	} else {
		dissect.UDP(p.transport).FillChecksum(pseudo, d.data)
	}
	s.counters.UDPSent++
	_ = s.send(&p) // counted where it failed
	u.loopGroup(d)
}

// udpInput processes a received datagram.
func (s *Stack) udpInput(p *inbound) {
	d, in := dissect.UDP(p.payload), p.arrival
	if d.CheckWhole() != nil || d.DstPort() == 0 {
		s.drop(in.ifc, &s.counters.UDPMalformed)
		return
	}
	src, dst := p.src, p.dst
	// IPv4 allows no checksum at all (RFC 1122 section 4.1.3.4), IPv6 does not, with whatever device (RFC 8200 section 8.1).
	if d.Checksum() == 0 && !src.Is4() {
		s.drop(in.ifc, &s.counters.UDPChecksum)
		return
	}
	if d.Checksum() != 0 && (!in.ifc.skipRx || in.fragments) &&
		!d.ChecksumOK(dissect.PseudoHeaderSum(src, dst, dissect.ProtoUDP, int(d.Length()))) {
		s.drop(in.ifc, &s.counters.UDPChecksum)
		return
	}
	m := UDPMessage{
		Remote: netip.AddrPortFrom(src, d.SrcPort()), Local: netip.AddrPortFrom(dst, d.DstPort()), Interface: in.ifc,
		TTL: p.ttl, DSCP: p.dscp(), ECN: p.ecn(), Broadcast: in.broadcast,
	}
	if src.Is4() {
		if o := dissect.IPv4(p.packet).Options(); len(o) > 0 {
			m.Options = dissect.MakeIPv4Options(o)
		}
	}
	var matches, delivered int
	if in.broadcast {
		matches, delivered = s.deliverAll(&m, d.Payload())
	} else {
		var best *UDPSocket
		bestScore := -1
		for _, u := range s.udp.ports[d.DstPort()] {
			if score := u.match(&m); score >= max(bestScore, 0) {
				best, bestScore = u, score
			}
		}
		if best != nil {
			matches++
			if best.deliver(&m, d.Payload()) {
				delivered++
			}
		}
	}
	switch {
	case delivered > 0:
		s.counters.UDPReceived++
	case matches > 0:
		s.drop(in.ifc, &s.counters.UDPQueueFull)
	default:
		s.drop(in.ifc, &s.counters.UDPNoSocket)
		s.portUnreachable(p)
	}
}

// deliverAll gives a broadcast or multicast to every socket that it fits: so many, and so many of them had room.
func (s *Stack) deliverAll(m *UDPMessage, data []byte) (matches, delivered int) {
	for _, u := range s.udp.ports[m.Local.Port()] {
		if u.match(m) < 0 {
			continue
		}
		matches++
		if u.deliver(m, data) {
			delivered++
		} else {
			s.counters.UDPSocketFull++
		}
	}
	return matches, delivered
}

// match says how well the socket fits a received datagram, -1 if not at all: bound to the interface before not
// bound, connected to the peer before not connected, bound to the address before not bound.
func (u *UDPSocket) match(m *UDPMessage) int {
	score := 0
	if u.opt.Interface != nil {
		if !m.Interface.serves(u.opt.Interface, m.Local.Addr()) {
			return -1
		}
		score += 4
	}
	if u.remote.IsValid() {
		if u.remote != m.Remote {
			return -1
		}
		score += 2
	}
	a := u.local.Addr()
	if !covers(a, u.opt.V6Only, m.Local.Addr()) {
		return -1
	}
	if !a.IsUnspecified() {
		score++
	}
	return score
}

// deliver queues a datagram for the program, if there is room.
func (u *UDPSocket) deliver(m *UDPMessage, data []byte) bool {
	if !u.admits(len(data)) {
		return false
	}
	d := *m
	if isLinkLocal(d.Remote.Addr()) && !d.Interface.loopback {
		d.Remote = d.Interface.zonedPort(d.Remote)
	}
	u.accept(d, data)
	return true
}

// udpError gives an error to the socket whose datagram from local to remote caused it, and reports whether there is one.
func (s *Stack) udpError(local, remote netip.AddrPort, err error) bool {
	u := s.udp.sender(local, remote)
	if u == nil {
		return false
	}
	u.fail(err)
	return true
}

// sender is the socket that is told of errors about datagrams from local to remote: the connected one, else one that
// asked for errors (RFC 8085 section 5.2).
func (t *udpTable) sender(local, remote netip.AddrPort) (found *UDPSocket) {
	for _, u := range t.ports[local.Port()] {
		switch {
		case u.remote == remote && u.local.Addr() == local.Addr():
			return u
		case !u.remote.IsValid() && u.opt.ReportErrors && (u.wild || u.local.Addr() == local.Addr()):
			found = u
		}
	}
	return found
}

// udpTable finds sockets by local port. Sockets of one port are in the order in which they were opened.
type udpTable struct {
	ports map[uint16][]*UDPSocket
}

func (t *udpTable) init() { t.ports = make(map[uint16][]*UDPSocket) }

func (t *udpTable) add(u *UDPSocket) {
	t.ports[u.local.Port()] = append(t.ports[u.local.Port()], u)
}

func (t *udpTable) remove(u *UDPSocket) {
	port := u.local.Port()
	if t.ports[port] = slices.DeleteFunc(t.ports[port], func(o *UDPSocket) bool { return o == u }); len(t.ports[port]) == 0 {
		delete(t.ports, port)
	}
}

func (t *udpTable) closeAll() {
	for _, list := range t.ports {
		for _, u := range slices.Clone(list) {
			u.Close()
		}
	}
}
