package stack

import (
	"net/netip"
	"slices"

	"smoltcp/dissect"
)

// RawOptions say how to open a raw socket. The zero value is usual.
type RawOptions struct {
	// Interface, if not nil, is the only one that the socket receives from and sends on. The zone of a link-local address
	// sets it.
	Interface *Interface

	// Header has the program write whole packets, from the IP header on, which leave as they are: nothing is filled in, no checksum
	// computed, and none is cut into fragments. Without it the stack puts an IP header before what is sent.
	Header bool

	// Filter, if set, says which packets are wanted of those that the socket may have. It must not keep the packet, nor call the stack.
	Filter func(packet []byte) bool

	RcvBuf, SndBuf int // bytes that wait in the socket, counted as for UDP; Config.UDPRcvBuf and UDPSndBuf by default

	// Of packets without Header:
	TTL     uint8 // Config.TTL if zero, 1 for multicast
	DSCP    uint8
	ECN     dissect.ECN
	Options dissect.IPv4Options // in the header of IPv4; no source routes

	// DontFragment has Send refuse what the path is known not to take, with ErrMessageSize.
	DontFragment bool

	// ReportErrors has a socket that is not connected told of the ICMP errors that its packets cause. Anybody can forge those.
	ReportErrors bool
}

// RawNone is the protocol of raw sockets that only send, with RawOptions.Header, and packets of any protocol.
const RawNone dissect.IPProto = 255

// RawMessage is what comes with a received packet.
type RawMessage struct {
	Src, Dst  netip.Addr // link-local ones with their zone
	Interface *Interface // by which it came
	HeaderLen int        // bytes of the packet before what the protocol has: the IP header and extension headers
	Broadcast bool       // sent to more than this host, at the IP or the link layer
	At        Time       // when it came
}

// RawSocket sends and receives IP packets of one protocol. It gets a copy of each that is for this host, beside whatever the stack
// itself does with it: after reassembly, with all headers, checksums of the transport protocol unverified (see TapFrame). A protocol that
// only raw sockets know is not refused. Groups have to be joined on the interface, and what is sent to one does not come back to this host.
type RawSocket struct {
	mailbox[RawMessage, netip.Addr] // what is sent goes with its destination

	proto   dissect.IPProto
	local   netip.Addr // 0.0.0.0 or "::" for all
	remote  netip.Addr // the only peer, if connected
	opt     RawOptions
	options []byte
}

// ListenRaw opens a socket for packets of a protocol that are for local: an address of ours, a broadcast or multicast address, 0.0.0.0 for
// all of IPv4, "::" for all of IPv6. Any number of sockets may ask for the same. In IPv6 the protocol is that behind all
// extension headers, both ways. Errors: ErrInvalidAddr, ErrNotOurs, ErrBadOptions.
func (s *Stack) ListenRaw(local netip.Addr, proto dissect.IPProto, opt RawOptions) (*RawSocket, error) {
	a, on, err := s.unzone(local, opt.Interface)
	switch {
	case err != nil:
		return nil, err
	case !a.IsValid() || proto == RawNone && !opt.Header || !a.Is4() && proto.IsIPv6Extension():
		return nil, ErrInvalidAddr
	case !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && s.local(a) == nil && !s.isAnyBroadcast(a):
		return nil, ErrNotOurs
	}
	opt.Interface = on
	k := &RawSocket{proto: proto, local: a, opt: opt}
	if k.options, err = checkOptions(opt.Options); err != nil {
		return nil, err
	}
	k.init(s, k, opt.RcvBuf, opt.SndBuf)
	s.raws = append(s.raws, k)
	return k, nil
}

// Connect makes remote the only peer: only its packets are received from now on, Write sends to it, and ICMP errors about it are
// reported. What is queued from others is dropped. Errors: ErrInvalidAddr, ErrNoRoute, ErrNotOurs, ErrClosed.
func (k *RawSocket) Connect(remote netip.Addr) error {
	if k.closed {
		return ErrClosed
	}
	dst, p, err := k.route(remote)
	if err != nil {
		return err
	}
	if k.opt.Interface == nil && isLinkLocal(dst) && !p.ifc.loopback {
		k.opt.Interface = p.ifc
	}
	k.remote, k.err = dst, nil
	k.keep(func(m *RawMessage) bool { return m.Src.WithZone("") == dst })
	return nil
}

// route finds the way to dst, for packets from the address that the socket is bound to.
func (k *RawSocket) route(dst netip.Addr) (netip.Addr, path, error) {
	s := k.stack
	dst, on, err := s.unzone(dst, k.opt.Interface)
	switch {
	case err != nil:
		return dst, path{}, err
	case !dst.IsValid() || dst.IsUnspecified() || dst.Is4() != k.local.Is4():
		return dst, path{}, ErrInvalidAddr
	}
	src := k.local
	if s.local(src) == nil && !src.IsLoopback() {
		src = netip.Addr{}
	}
	p, err := s.routeOut(dst, src, on)
	return dst, p, err
}

// Protocol is what the socket was opened for. LocalAddr and RemoteAddr are its ends; the remote one is the zero Addr if it is not
// connected.
func (k *RawSocket) Protocol() dissect.IPProto { return k.proto }
func (k *RawSocket) LocalAddr() netip.Addr     { return k.opt.Interface.zoned(k.local) }
func (k *RawSocket) RemoteAddr() netip.Addr    { return k.opt.Interface.zoned(k.remote) }

// Recv takes the oldest packet, from its IP header on, into p, cut off if p is too short. A pending ICMP error comes first, once.
// Errors: ErrWouldBlock, ErrClosed, ErrHostUnreachable and the like.
func (k *RawSocket) Recv(p []byte) (int, RawMessage, error) {
	return k.take(p)
}

// Peek shows the oldest packet without taking it, or a pending error without forgetting it. The bytes are lent until the following call
// on the socket.
func (k *RawSocket) Peek() ([]byte, RawMessage, error) {
	return k.peek()
}

// Write is SendTo to the connected peer; else ErrNotConnected. With RawOptions.Header it is SendTo to the packet's own destination.
func (k *RawSocket) Write(p []byte) error {
	switch {
	case k.closed:
		return ErrClosed
	case k.opt.Header:
		return k.SendTo(p, netip.Addr{})
	case !k.remote.IsValid():
		return ErrNotConnected
	}
	return k.SendTo(p, k.remote)
}

// SendTo queues what follows the IP header of a packet for dst, or with RawOptions.Header a whole packet, which goes by the way to dst, or
// by that to its own destination if dst is the zero Addr. In ICMPv6 the checksum is filled in, as RFC 3542 section 3.1 asks, unless the
// program writes the header. Errors: ErrWouldBlock if the send queue is full, ErrMessageSize for what is longer than an IP packet
// can be, or (of a whole one) than the MTU, ErrBadPacket for a whole packet that is none of the socket's, ErrInvalidAddr, ErrNotOurs, ErrNoRoute,
// ErrIsConnected, ErrClosed.
func (k *RawSocket) SendTo(p []byte, dst netip.Addr) error {
	if k.closed {
		return ErrClosed
	}
	if k.opt.Header {
		own, err := k.checkPacket(p)
		if err != nil {
			return err
		}
		if !dst.IsValid() {
			dst = own
		}
	}
	dst, path, err := k.route(dst)
	switch {
	case err != nil:
		return err
	case k.remote.IsValid() && dst != k.remote:
		return ErrIsConnected
	case k.opt.Header:
		if len(p) > path.ifc.mtuFor(dst) {
			return ErrMessageSize
		}
	case k.size(dst, len(p)) > maxPacket(dst) || k.opt.DontFragment && k.size(dst, len(p)) > k.stack.pathMTU(dst, k.proto, path.ifc):
		return ErrMessageSize
	}
	return k.queue(path, dst, p)
}

// size is how long a packet to dst is that carries n bytes.
func (k *RawSocket) size(dst netip.Addr, n int) int {
	if dst.Is4() {
		n += len(k.options)
	}
	return ipHeaderLen(dst) + n
}

// maxPacket is how long packets to a can be: IPv6's length does not count its header.
func maxPacket(a netip.Addr) int {
	if a.Is4() {
		return maxMTU
	}
	return dissect.IPv6HeaderLen + maxMTU
}

// checkPacket looks at a packet that a program wrote, and gives its destination. It has to be whole, with nothing behind it, and of the socket's
// protocol; its source is an address of ours, or none. Checksums may be what they want.
func (k *RawSocket) checkPacket(b []byte) (dst netip.Addr, err error) {
	var src netip.Addr
	var proto dissect.IPProto
	if k.local.Is4() {
		ip := dissect.IPv4(b)
		if ip.CheckWhole() != nil || ip.TotalLen() != len(b) {
			return dst, ErrBadPacket
		}
		src, dst, proto = ip.Src(), ip.Dst(), ip.Protocol()
	} else {
		ip := dissect.IPv6(b)
		if ip.CheckWhole() != nil {
			return dst, ErrBadPacket
		}
		if n, _ := ip.Len(); n != len(b) {
			return dst, ErrBadPacket
		}
		src, dst = ip.Src(), ip.Dst()
		proto, _, _ = transport6(ip)
	}
	switch {
	case k.proto != RawNone && proto != k.proto:
		return dst, ErrBadPacket
	case !src.IsUnspecified() && !k.stack.canSendFrom(src):
		return dst, ErrNotOurs
	}
	return dst, nil
}

// Close gives the socket up. Queued packets are still sent; the handler is not called again.
func (k *RawSocket) Close() {
	if k.shut() {
		s := k.stack
		s.raws = slices.DeleteFunc(s.raws, func(o *RawSocket) bool { return o == k })
	}
}

// rawsRemoved tells the sockets that were bound to an interface that it is gone.
func (s *Stack) rawsRemoved(ifc *Interface) {
	for _, k := range s.raws {
		if k.opt.Interface == ifc {
			k.fail(ErrInterfaceGone)
		}
	}
}

func (s *Stack) closeRaws() {
	for _, k := range slices.Clone(s.raws) {
		k.Close()
	}
}

// transmit sends a packet. Part of transmitter.
func (k *RawSocket) transmit(r *outgoing[netip.Addr]) {
	s, dst := k.stack, r.msg
	p := packet{path: r.path, dst: dst, proto: k.proto, dscp: k.opt.DSCP & 63, ecn: k.opt.ECN, df: k.opt.DontFragment}
	s.counters.RawSent++
	if k.opt.Header {
		s.sendWritten(&p, r.data)
		return
	}
	p.ttl = s.chooseTTL(k.opt.TTL, p.ifc, dst)
	if dst.Is4() {
		p.options = k.options
	} else {
		p.flow = s.random.flowLabel(p.src, p.dst, uint16(k.proto), 0)
		if m := dissect.ICMPv6(r.data); k.proto == dissect.ProtoICMPv6 && m.Check() == nil {
			m.FillChecksum(dissect.PseudoHeaderSum(p.src, p.dst, k.proto, len(m)))
		}
	}
	p.payload[0] = r.data
	_ = s.send(&p) // counted where it failed
}

// sendWritten sends the packet b, which has its IP header, by the way of p, or lets it wait for its neighbor or its device.
func (s *Stack) sendWritten(p *packet, b []byte) {
	ifc := p.ifc
	if len(b) > ifc.mtuFor(p.dst) {
		s.drop(ifc, &s.counters.TxTooBig) // the MTU is another than when it was queued
		return
	}
	head := s.header[:0]
	if ifc.ethernet {
		mac := s.linkAddr(p)
		if mac == (dissect.MAC{}) {
			if !p.dst.Is4() && len(b) > s.fragmentMTU6(p.dst, dissect.IPv6(b).NextHeader(), ifc) {
				s.drop(ifc, &s.counters.TxTooBig) // what waits is cut to what the path takes, see transmit6
				return
			}
			p.neighbor.enqueue(append(s.pool.get(len(b)), b...))
			return
		}
		eth := dissect.EthernetHeader{Dst: mac, Src: ifc.mac, Type: dissect.EtherTypeIPv4}
		if !p.dst.Is4() {
			eth.Type = dissect.EtherTypeIPv6
		}
		head = eth.Append(head)
	}
	ifc.push(head, b)
}

// rawInput gives copies of a received packet to the raw sockets that it is for, and reports whether there are any.
func (s *Stack) rawInput(p *inbound) (wanted bool) {
	for _, k := range s.raws {
		if !k.match(p) {
			continue
		}
		wanted = true
		if k.deliver(p) {
			s.counters.RawCopies++
		} else {
			s.counters.RawFull++
		}
	}
	return wanted
}

// match reports whether a received packet is for the socket.
func (k *RawSocket) match(p *inbound) bool {
	return k.proto == p.proto && k.proto != RawNone && k.local.Is4() == p.dst.Is4() &&
		(k.local.IsUnspecified() || k.local == p.dst) && (!k.remote.IsValid() || k.remote == p.src) &&
		p.ifc.serves(k.opt.Interface, p.dst) && (k.opt.Filter == nil || k.opt.Filter(p.packet))
}

// deliver queues a packet for the program, if there is room.
func (k *RawSocket) deliver(p *inbound) bool {
	n := len(p.packet)
	if !k.admits(n) {
		return false
	}
	m := RawMessage{Src: p.src, Dst: p.dst, Interface: p.ifc, HeaderLen: n - len(p.payload), Broadcast: p.broadcast, At: k.stack.now}
	if !p.ifc.loopback {
		m.Src, m.Dst = p.ifc.zoned(m.Src), p.ifc.zoned(m.Dst)
	}
	k.accept(m, p.packet)
	return true
}

// rawError tells the raw sockets that may have sent what an error quotes of it, and reports whether there are any: connected ones, and those that
// asked.
func (s *Stack) rawError(f flow, err error) (told bool) {
	for _, k := range s.raws {
		if k.sent(f) {
			k.fail(err)
			told = true
		}
	}
	return told
}

// sent reports whether the socket may have sent a packet of f, and is to be told of errors about it.
func (k *RawSocket) sent(f flow) bool {
	return (k.proto == f.proto || k.proto == RawNone) && k.local.Is4() == f.remote.Addr().Is4() &&
		(k.remote == f.remote.Addr() || !k.remote.IsValid() && k.opt.ReportErrors) &&
		(k.local.IsUnspecified() || k.local == f.local.Addr())
}

// rawTooBig is tooBig for protocols that only raw sockets know.
func (s *Stack) rawTooBig(f flow, mtu int) bool {
	told := false
	for _, k := range s.raws {
		if k.sent(f) && (k.opt.DontFragment || k.opt.Header || !k.local.Is4()) {
			k.fail(ErrMessageSize)
			told = true
		}
	}
	if told {
		s.learnPathMTU(f.remote.Addr(), f.proto, mtu)
	}
	return told
}
