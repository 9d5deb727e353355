package stack

import (
	"encoding/binary"
	"math/bits"
	"net/netip"

	"smoltcp/dissect"
)

// ipHeaderLen is the length of the header that packets to a get, without options or extension headers.
func ipHeaderLen(a netip.Addr) int {
	if a.Is4() {
		return dissect.IPv4MinHeaderLen
	}
	return dissect.IPv6HeaderLen
}

// flowLabel is the label of the flow between two ends: the same for all its packets, spread over flows, never 0 (RFC 6437
// section 3). Nobody can tell ports by it.
func (r *random) flowLabel(src, dst netip.Addr, sport, dport uint16) uint32 {
	mix := func(a, b uint64) uint64 {
		hi, lo := bits.Mul64(a, b)
		return hi ^ lo
	}
	a, b := src.As16(), dst.As16()
	h := mix(r.slotKey.k0^binary.LittleEndian.Uint64(a[:]), r.slotKey.k1^binary.LittleEndian.Uint64(a[8:]))
	h = mix(h^binary.LittleEndian.Uint64(b[:]), r.slotKey.k0^binary.LittleEndian.Uint64(b[8:]))
	h = mix(h^uint64(sport)<<16^uint64(dport), r.slotKey.k1)
	return max(uint32(h&0xfffff), 1)
}

// fragmentID is the ID of a packet that is cut into fragments: it must not be guessed, nor tell how many others there were
// (RFC 7739 section 5.1).
func (r *random) fragmentID() uint32 { return uint32(r.uint64()) }

// ttlFor is the TTL or hop limit of packets to a that leave by ifc and name none.
func (s *Stack) ttlFor(ifc *Interface, a netip.Addr) uint8 {
	if a.Is4() {
		return s.cfg.TTL
	}
	return s.hopLimit(ifc)
}

// chooseTTL is the TTL or hop limit of a packet to dst by ifc whose program asked for ttl, 0 if for none. One to a group stays on the
// link then (RFC 1112 section 6.1, RFC 3493 section 5.2).
func (s *Stack) chooseTTL(ttl uint8, ifc *Interface, dst netip.Addr) uint8 {
	switch {
	case ttl != 0:
		return ttl
	case dst.IsMulticast():
		return 1
	}
	return s.ttlFor(ifc, dst)
}

// hopLimit is what packets get that name none: what routers on the link say, else the default.
func (s *Stack) hopLimit(ifc *Interface) uint8 {
	if ifc.hopLimit6 != 0 {
		return ifc.hopLimit6
	}
	return s.cfg.TTL
}

// mtuFor is the MTU of the interface for packets to a. That of IPv6 may be lower (RFC 4861 section 6.3.4).
func (ifc *Interface) mtuFor(a netip.Addr) int {
	if a.Is4() {
		return ifc.mtu
	}
	return ifc.mtu6
}

// fragmentMTU6 is what the fragments of a packet may measure: every router on the path must take them, since none of them
// cuts them further.
func (s *Stack) fragmentMTU6(dst netip.Addr, proto dissect.IPProto, ifc *Interface) int {
	mtu := ifc.mtu6
	if e := s.paths.find(pathKey{dst, proto}); e != nil {
		mtu = min(mtu, e.mtu)
	}
	return mtu
}

// send6 is send for IPv6.
func (s *Stack) send6(p *packet) error {
	ifc, n := p.ifc, p.len()
	mtu := ifc.mtu6
	if !p.df && n > minMTU6 {
		mtu = s.fragmentMTU6(p.dst, p.proto, ifc)
	}
	if n > mtu && p.df || n-dissect.IPv6HeaderLen > maxMTU {
		s.drop(ifc, &s.counters.TxTooBig)
		return ErrMessageSize
	}
	ip := dissect.IPv6Header{
		DSCP: p.dscp, ECN: p.ecn, FlowLabel: p.flow, PayloadLen: n - dissect.IPv6HeaderLen, NextHeader: p.proto, HopLimit: p.ttl,
		Src: p.src, Dst: p.dst,
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
		eth := dissect.EthernetHeader{Dst: mac, Src: ifc.mac, Type: dissect.EtherTypeIPv6}
		b = eth.Append(b)
	}
	if n > mtu {
		ifc.fragment6(b, &ip, mtu, p.transport, p.payload[0], p.payload[1])
		return nil
	}
	b = append(ip.Append(b), p.transport...)
	ifc.push(b, p.payload[0], p.payload[1])
	return nil
}

// transmit6 sends a packet that waited in one piece. link is its Ethernet header. One whose source is not ours any more stays
// (RFC 4862 section 5.5.4).
func (ifc *Interface) transmit6(link []byte, b dissect.IPv6) {
	s := ifc.stack
	h := b.Header()
	if s.local(h.Src) == nil && !h.Src.IsUnspecified() {
		s.drop(ifc, &s.counters.NeighborUnsent)
		return
	}
	mtu := ifc.mtu6
	if len(b) > minMTU6 && h.NextHeader != dissect.ProtoTCP {
		mtu = s.fragmentMTU6(h.Dst, h.NextHeader, ifc)
	}
	if len(b) <= mtu {
		ifc.push(link, b)
		return
	}
	ifc.fragment6(link, &h, mtu, b.Payload())
}

// fragment6 sends a packet in pieces of up to mtu bytes (RFC 8200 section 4.5). link is the link header, payload what follows
// the IP header. One that fits has no Fragment header, whatever routers may say (RFC 8021).
func (ifc *Interface) fragment6(link []byte, ip *dissect.IPv6Header, mtu int, payload ...[]byte) {
	s := ifc.stack
	f := dissect.IPv6FragmentHeader{NextHeader: ip.NextHeader, ID: s.random.fragmentID()}
	left := ip.PayloadLen
	ip.NextHeader = dissect.ProtoFragment
	chunk := (mtu - dissect.IPv6HeaderLen - dissect.IPv6FragmentLen) &^ 7
	for off := 0; left > 0; off += chunk {
		n := min(chunk, left)
		left -= n
		f.Offset, f.MoreFragments, ip.PayloadLen = off, left > 0, dissect.IPv6FragmentLen+n
		frame := append(s.frame[:0], f.Append(ip.Append(link)))
		s.counters.TxFragments++
		ifc.push(slicePieces(frame, payload, off, n)...)
	}
}

// add6 takes a fragment of p, which is counted here: f is its Fragment header, at offset off of the packet, with the header's
// number at offset at, and data what follows it. If that completes the packet, p becomes the whole one, and the two
// offsets are those of the header that is in the place of the Fragment header; else off is 0.
func (r *reassembler) add6(p *inbound, at, off int, f dissect.IPv6Fragment, data []byte) (newAt, newOff int) {
	s := r.stack
	end := f.Offset() + len(data)
	switch {
	case len(data) == 0:
		s.drop(p.ifc, &s.counters.FragmentBad)
		return 0, 0
	case f.MoreFragments() && len(data)%8 != 0: // RFC 8200 section 4.5
		s.drop(p.ifc, &s.counters.FragmentBad)
		s.badPacket6(p, dissect.ICMPv6ErroneousHeader, 4) // the Payload Length
		return 0, 0
	case off-dissect.IPv6HeaderLen+end > maxMTU:
		s.drop(p.ifc, &s.counters.FragmentBad)
		s.badPacket6(p, dissect.ICMPv6ErroneousHeader, off+2) // the Fragment Offset
		return 0, 0
	}
	part := r.add(fragmentOf{
		key:   fragmentKey{p.src, p.dst, f.ID(), dissect.ProtoFragment},
		in:    p.arrival,
		start: f.Offset(), end: end, more: f.MoreFragments(), data: data,
		header: p.packet[:off+dissect.IPv6FragmentLen], nextAt: at,
		ecn: dissect.ECN(p.class & 3), most: dissect.IPv6HeaderLen + maxMTU + dissect.IPv6FragmentLen,
	})
	if part == nil {
		return 0, 0
	}
	// What is sent before the Fragment header is that of the first fragment.
	b := r.packet
	off = len(part.header) - dissect.IPv6FragmentLen
	b[part.nextAt] = b[off]
	copy(b[off:], b[off+dissect.IPv6FragmentLen:])
	b = b[:len(b)-dissect.IPv6FragmentLen]
	ip := dissect.IPv6(b)
	ip.SetPayloadLen(len(b) - dissect.IPv6HeaderLen)
	if part.ce && part.ecn != dissect.NotECT {
		v := binary.BigEndian.Uint16(b)
		binary.BigEndian.PutUint16(b, v|uint16(dissect.CE)<<4)
	}
	p.packet = b
	p.class = ip.TrafficClass()
	return part.nextAt, off
}
