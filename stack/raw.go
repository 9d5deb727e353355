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
	socket
	proto    dissect.IPProto
	local    netip.Addr // 0.0.0.0 or "::" for all
	remote   netip.Addr // the only peer, if connected
	opt      RawOptions
	options  []byte
	rcv      fifo[rawReceived]
	snd      fifo[rawSending]
	rcvBytes int
	sndBytes int
	err      error // a pending error, for the following Recv
	readyOn  *Interface
	dropped  uint64
	closed   bool

	wantsRoom bool // a Send found the queue full
}

// rawReceived is a packet that waits for the program, rawSending one that waits to be sent.
type rawReceived struct {
	RawMessage
	data []byte // from the stack's pool
}

type rawSending struct {
	path path
	dst  netip.Addr
	data []byte // from the stack's pool
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
	def(&opt.RcvBuf, s.cfg.UDPRcvBuf)
	def(&opt.SndBuf, s.cfg.UDPSndBuf)
	k := &RawSocket{proto: proto, local: a, opt: opt}
	if k.options, err = checkOptions(opt.Options); err != nil {
		return nil, err
	}
	k.stack = s
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
	for n := k.rcv.len(); n > 0; n-- {
		r := k.rcv.pop()
		if r.Src.WithZone("") == dst {
			k.rcv.push(r)
		} else {
			k.release(&r)
		}
	}
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
	if s.local(dst) != nil || dst.IsLoopback() || on == s.interfaces[0] {
		on = nil
	}
	p, err := s.route(dst, src, on)
	return dst, p, err
}

// Protocol is what the socket was opened for. LocalAddr and RemoteAddr are its ends; the remote one is the zero Addr if it is not
// connected.
func (k *RawSocket) Protocol() dissect.IPProto { return k.proto }
func (k *RawSocket) LocalAddr() netip.Addr     { return k.opt.Interface.zoned(k.local) }
func (k *RawSocket) RemoteAddr() netip.Addr    { return k.opt.Interface.zoned(k.remote) }

// Dropped is how many packets were lost because the receive queue was full.
func (k *RawSocket) Dropped() uint64 { return k.dropped }

// Readable reports whether Recv has something: a packet or an error. Writable whether Send has room for n bytes.
func (k *RawSocket) Readable() bool { return k.err != nil || k.rcv.len() > 0 }
func (k *RawSocket) Writable(n int) bool {
	return k.snd.len() == 0 || k.sndBytes+datagramSize(n) <= k.opt.SndBuf
}

// Recv takes the oldest packet, from its IP header on, into p, cut off if p is too short. A pending ICMP error comes first, once.
// Errors: ErrWouldBlock, ErrClosed, ErrHostUnreachable and the like.
func (k *RawSocket) Recv(p []byte) (int, RawMessage, error) {
	b, m, err := k.Peek()
	if err != nil {
		k.err = nil
		return 0, RawMessage{}, err
	}
	n := copy(p, b)
	r := k.rcv.pop()
	k.release(&r)
	return n, m, nil
}

// Peek shows the oldest packet without taking it, or a pending error without forgetting it. The bytes are lent until the following call
// on the socket.
func (k *RawSocket) Peek() ([]byte, RawMessage, error) {
	switch {
	case k.closed:
		return nil, RawMessage{}, ErrClosed
	case k.err != nil:
		return nil, RawMessage{}, k.err
	case k.rcv.len() == 0:
		return nil, RawMessage{}, ErrWouldBlock
	}
	r := k.rcv.front()
	return r.data, r.RawMessage, nil
}

func (k *RawSocket) release(r *rawReceived) {
	k.rcvBytes -= datagramSize(len(r.data))
	k.stack.pool.put(r.data)
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
	case k.size(dst, len(p)) > maxPacket(dst) || k.opt.DontFragment && k.size(dst, len(p)) > k.pathMTU(dst, path.ifc):
		return ErrMessageSize
	}
	if !k.Writable(len(p)) {
		k.wantsRoom = true
		return ErrWouldBlock
	}
	s := k.stack
	k.snd.push(rawSending{path: path, dst: dst, data: append(s.pool.get(len(p)), p...)})
	k.sndBytes += datagramSize(len(p))
	k.markReady()
	return nil
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

// pathMTU is udpPathMTU for packets of the socket's protocol.
func (k *RawSocket) pathMTU(dst netip.Addr, ifc *Interface) int {
	mtu := ifc.mtuFor(dst)
	if e := k.stack.paths.find(pathKey{dst, k.proto}); e != nil {
		mtu = min(mtu, e.mtu)
	}
	return mtu
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
	if k.closed {
		return
	}
	k.closed = true
	k.handler = nil
	for k.rcv.len() > 0 {
		r := k.rcv.pop()
		k.release(&r)
	}
	s := k.stack
	s.raws = slices.DeleteFunc(s.raws, func(o *RawSocket) bool { return o == k })
}

// rawsRemoved tells the sockets that were bound to an interface that it is gone.
func (s *Stack) rawsRemoved(ifc *Interface) {
	for _, k := range s.raws {
		if k.opt.Interface == ifc {
			k.err = ErrInterfaceGone
			k.wake()
		}
	}
}

func (s *Stack) closeRaws() {
	for _, k := range slices.Clone(s.raws) {
		k.Close()
	}
}

// markReady has the packet at the head of the send queue sent in the following Poll.
func (k *RawSocket) markReady() {
	if k.snd.len() > 0 && k.readyOn == nil {
		k.readyOn = k.snd.front().path.ifc
		k.readyOn.enlist(k)
	}
}

// emit sends packets in the order in which they were queued. Part of sender.
func (k *RawSocket) emit(ifc *Interface) bool {
	for n := 0; n < quantum && k.snd.len() > 0 && k.snd.front().path.ifc == ifc && !ifc.Stalled(); n++ {
		r := k.snd.pop()
		k.sndBytes -= datagramSize(len(r.data))
		k.send(&r)
		k.stack.pool.put(r.data)
		if k.wantsRoom {
			k.wantsRoom = false
			k.wake()
		}
	}
	switch {
	case k.snd.len() == 0:
		k.readyOn = nil
	case k.snd.front().path.ifc != ifc:
		k.readyOn = nil
		k.markReady()
	default:
		return true
	}
	return false
}

func (k *RawSocket) send(r *rawSending) {
	s := k.stack
	p := packet{path: r.path, dst: r.dst, proto: k.proto, ttl: k.opt.TTL, dscp: k.opt.DSCP & 63, ecn: k.opt.ECN, df: k.opt.DontFragment}
	s.counters.RawSent++
	if k.opt.Header {
		s.sendWritten(&p, r.data)
		return
	}
	if p.ttl == 0 {
		if p.ttl = s.ttlFor(p.ifc, r.dst); r.dst.IsMulticast() {
			p.ttl = 1
		}
	}
	if r.dst.Is4() {
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
	if k.rcv.len() > 0 && k.rcvBytes+datagramSize(n) > k.opt.RcvBuf {
		k.dropped++
		return false
	}
	s := k.stack
	m := RawMessage{Src: p.src, Dst: p.dst, Interface: p.ifc, HeaderLen: n - len(p.payload), Broadcast: p.broadcast, At: s.now}
	if !p.ifc.loopback {
		m.Src, m.Dst = p.ifc.zoned(m.Src), p.ifc.zoned(m.Dst)
	}
	k.rcv.push(rawReceived{m, append(s.pool.get(n), p.packet...)})
	k.rcvBytes += datagramSize(n)
	k.wake()
	return true
}

// rawError tells the raw sockets that may have sent what an error quotes of it, and reports whether there are any: connected ones, and those that
// asked.
func (s *Stack) rawError(f flow, err error) (told bool) {
	for _, k := range s.raws {
		if k.sent(f) {
			k.err = err
			k.wake()
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
			k.err = ErrMessageSize
			k.wake()
			told = true
		}
	}
	if told {
		dst := f.remote.Addr()
		floor := s.minPathMTU(dst)
		s.paths.learn(pathKey{dst, f.proto}, max(mtu, floor), mtu < floor)
	}
	return told
}
