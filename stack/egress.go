package stack

import (
	"net/netip"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// packet is an IP packet to be sent.
type packet struct {
	path
	dst       netip.Addr
	proto     dissect.IPProto
	ttl       uint8
	dscp      uint8
	ecn       dissect.ECN
	df        bool   // not to be fragmented
	flow      uint32 // IPv6: the flow label
	options   []byte // IPv4: padded to words
	transport []byte
	payload   [2][]byte // behind the transport header, in one or two pieces

	// neighbor, if it is there, is the entry of path.next that the socket used last.
	neighbor *neighbor
}

func (p *packet) len() int {
	return ipHeaderLen(p.dst) + len(p.options) + len(p.transport) + len(p.payload[0]) + len(p.payload[1])
}

// sendControl sends a packet of the stack's own, ICMP or RST: those go out of turn and may find a full device.
func (s *Stack) sendControl(p *packet) {
	if p.ifc.roomForControl() {
		_ = s.send(p) // counted where it failed
	}
}

// send sends p, or lets it wait for its neighbor or its device. The only error is ErrMessageSize.
func (s *Stack) send(p *packet) error {
	if !p.dst.Is4() {
		return s.send6(p)
	}
	ifc := p.ifc
	n := p.len()
	if n > ifc.mtu && p.df || n > maxMTU {
		s.drop(ifc, &s.counters.TxTooBig)
		return ErrMessageSize
	}
	ip := dissect.IPv4Header{
		DSCP: p.dscp, ECN: p.ecn, TotalLen: n, DontFragment: p.df, TTL: p.ttl, Protocol: p.proto, Src: p.src, Dst: p.dst,
	}
	if len(p.options) > 0 {
		ip.Options = dissect.MakeIPv4Options(p.options)
	}
	if !p.df {
		ip.ID = s.random.packetID(p.src, p.dst, p.proto)
	}
	b := s.header[:0]
	if ifc.ethernet {
		mac := s.linkAddr(p)
		if mac == (dissect.MAC{}) {
			b := ip.Append(s.pool.get(n))
			b = append(b, p.transport...)
			b = append(b, p.payload[0]...)
			p.neighbor.enqueue(append(b, p.payload[1]...))
			return nil
		}
		eth := dissect.EthernetHeader{Dst: mac, Src: ifc.mac, Type: dissect.EtherTypeIPv4}
		b = eth.Append(b)
	}
	if n > ifc.mtu {
		ifc.fragment(b, &ip, p.transport, p.payload[0], p.payload[1])
		return nil
	}
	b = append(ip.Append(b), p.transport...)
	ifc.push(b, p.payload[0], p.payload[1])
	return nil
}

// linkAddr gives the station that p goes to on an Ethernet. The zero address means that p.neighbor has to be waited for.
func (s *Stack) linkAddr(p *packet) dissect.MAC {
	switch {
	case p.neighbor != nil && p.neighbor.addr == p.next && p.neighbor.use(p.src):
	case p.next == broadcast4 || p.next.Is4() && p.ifc.isBroadcast(p.next):
		return dissect.BroadcastMAC
	case p.next.IsMulticast():
		return multicastMAC(p.next)
	default:
		p.neighbor = p.ifc.cacheFor(p.next).lookup(p.next, p.src)
	}
	if p.neighbor.state == resolving {
		return dissect.MAC{}
	}
	return p.neighbor.mac
}

// transmit sends an IP packet that waited in one piece to the station mac.
func (ifc *Interface) transmit(b []byte, mac dissect.MAC) {
	eth := dissect.EthernetHeader{Dst: mac, Src: ifc.mac, Type: dissect.EtherTypeIPv4}
	if b[0]>>4 == 6 {
		eth.Type = dissect.EtherTypeIPv6
	}
	head := eth.Append(ifc.stack.header[:0])
	if eth.Type == dissect.EtherTypeIPv6 {
		ifc.transmit6(head, b)
		return
	}
	if len(b) <= ifc.mtu {
		ifc.push(head, b)
		return
	}
	ip := dissect.IPv4(b)
	h := ip.Header()
	if h.DontFragment {
		ifc.stack.drop(ifc, &ifc.stack.counters.TxTooBig)
		return
	}
	ifc.fragment(head, &h, ip.Payload())
}

// fragment sends an IP packet in pieces that fit the MTU. link is the link header, payload what follows the IP header. The packet may be
// a fragment itself.
func (ifc *Interface) fragment(link []byte, ip *dissect.IPv4Header, payload ...[]byte) {
	s := ifc.stack
	left, base, more := ip.TotalLen-ip.HeaderLen(), ip.FragmentOffset, ip.MoreFragments
	for off := 0; left > 0; {
		n := min((ifc.mtu-ip.HeaderLen())&^7, left)
		left -= n
		ip.FragmentOffset, ip.MoreFragments, ip.TotalLen = base+off, more || left > 0, ip.HeaderLen()+n
		frame := append(s.frame[:0], ip.Append(link))
		s.counters.TxFragments++
		ifc.push(slicePieces(frame, payload, off, n)...)
		if off == 0 {
			ip.Options = copiedOptions(&ip.Options)
		}
		off += n
	}
}

// slicePieces appends to frame the n bytes of payload, which is in pieces, from off on.
func slicePieces(frame, payload [][]byte, off, n int) [][]byte {
	for _, b := range payload {
		if off >= len(b) {
			off -= len(b)
			continue
		}
		k := min(n, len(b)-off)
		frame = append(frame, b[off:off+k])
		if off, n = 0, n-k; n == 0 {
			break
		}
	}
	return frame
}

// padding fills short frames.
var padding [dissect.EthernetMinLen]byte

// push gives a frame to the device. When it is full the frame is kept and sent before all others; nothing is lost.
func (ifc *Interface) push(pieces ...[]byte) {
	s := ifc.stack
	frame, n := s.pieces[:0], 0
	for _, b := range pieces {
		if len(b) > 0 {
			frame, n = append(frame, b), n+len(b)
		}
	}
	if ifc.ethernet && n < dissect.EthernetMinLen {
		frame = append(frame, padding[n:])
	}
	if ifc.txq.len() == 0 {
		ok, err := ifc.dev.Send(frame)
		switch {
		case err != nil:
			s.drop(ifc, &s.counters.TxErrors)
			return
		case ok:
			s.counters.TxFrames++
			if len(s.taps) > 0 {
				ifc.tapPieces(true, frame...)
			}
			return
		}
		s.counters.TxStalls++
		ifc.stalledAt = s.now
	}
	ifc.txq.push(gather(&s.pool, frame))
}

// roomForControl reports whether the stack may send a packet of its own; if not, it is counted.
func (ifc *Interface) roomForControl() bool {
	if ifc.txq.len() < ifc.stack.cfg.TxQueue {
		return true
	}
	ifc.stack.drop(ifc, &ifc.stack.counters.TxQueueFull)
	return false
}

// flush sends the frames that waited for the device, as far as it takes them.
func (ifc *Interface) flush() {
	s := ifc.stack
	for ifc.txq.len() > 0 {
		s.pieces[0] = *ifc.txq.front()
		ok, err := ifc.dev.Send(s.pieces[:1])
		switch {
		case err != nil:
			s.drop(ifc, &s.counters.TxErrors)
		case ok:
			s.counters.TxFrames++
			if len(s.taps) > 0 {
				ifc.tap(s.pieces[0], true)
			}
		default:
			return
		}
		s.pool.put(ifc.txq.pop())
	}
	ifc.stalledAt = Never
}

// serve lets sockets send, in turn, for as long as the device has room and for about burst turns.
func (ifc *Interface) serve(burst int) {
	if ifc.reroutes() {
		ifc.reroute(burst)
	}
	for ; burst > 0 && ifc.ready.len() > 0 && !ifc.Stalled(); burst-- {
		k := ifc.ready.pop()
		if k.emit(ifc) {
			ifc.ready.push(k)
		}
	}
}

// reroutes reports whether routes have changed since sockets began to wait for the full device: some may have another way now.
func (ifc *Interface) reroutes() bool {
	return ifc.Stalled() && ifc.ready.len() > 0 && (ifc.rerouting > 0 || ifc.routeGen != ifc.stack.routeGen)
}

// reroute has about burst of the sockets that wait look for another interface.
func (ifc *Interface) reroute(burst int) {
	if ifc.routeGen != ifc.stack.routeGen {
		ifc.routeGen, ifc.rerouting = ifc.stack.routeGen, ifc.ready.len()
	}
	n := min(burst, ifc.rerouting, ifc.ready.len())
	ifc.rerouting -= n
	for range n {
		if k := ifc.ready.pop(); k.emit(ifc) { // sends nothing now, but leaves if this is not its interface any more
			ifc.ready.push(k)
		}
	}
	if ifc.ready.len() == 0 {
		ifc.rerouting = 0
	}
}

// sendSegment sends a segment of a connection, or for none.
func (s *Stack) sendSegment(p *packet, out *tcp.Out) {
	t := dissect.TCP(out.Header.Append(s.transport[:0]))
	p.proto, p.ecn, p.transport, p.payload = dissect.ProtoTCP, out.ECN, t, out.Payload
	if !p.dst.Is4() {
		p.flow = s.random.flowLabel(p.src, p.dst, out.Header.SrcPort, out.Header.DstPort)
	}
	s.fillTCP(p, t)
	s.counters.TCPSegmentsSent++
	_ = s.send(p) // counted where it failed; the connection repeats what matters
}

// fillTCP computes the checksum of a segment, or the part of it that a device with offload wants.
func (s *Stack) fillTCP(p *packet, t dissect.TCP) {
	pseudo := dissect.PseudoHeaderSum(p.src, p.dst, dissect.ProtoTCP, len(t)+len(p.payload[0])+len(p.payload[1]))
	if p.ifc.skipTx {
		t.SetChecksum(pseudo.Fold())
		return
	}
	t.SetChecksum(0)
	sum := pseudo.Add(t).Add(p.payload[0])
	if len(p.payload[0])%2 != 0 && len(p.payload[1]) > 0 {
		// The second piece starts in the middle of a 16-bit word: its sum with the bytes swapped (RFC 1071 section 2B).
		odd := dissect.Sum(0).Add(p.payload[1]).Fold()
		sum = sum.AddUint16(odd<<8 | odd>>8)
	} else {
		sum = sum.Add(p.payload[1])
	}
	t.SetChecksum(sum.Checksum())
}
