package stack

import (
	"bytes"
	"net/netip"
	"slices"

	"smoltcp/dissect"
)

// fragmentKey says which datagram a fragment belongs to (RFC 791 section 3.2).
type fragmentKey struct {
	src, dst netip.Addr
	id       uint32
	proto    dissect.IPProto // IPv6: always Fragment (RFC 8200 section 4.5)
}

// fragment is a part of a datagram's payload.
type fragment struct {
	start, end int
	data       []byte
}

// fragmentCost is what a fragment counts for beyond its bytes.
const fragmentCost = 128

// partial is a datagram of which fragments are missing.
type partial struct {
	key       fragmentKey
	in        arrival
	deadline  Time
	fragments []fragment // by start, without overlaps
	header    []byte     // of fragment 0, options or headers up to the Fragment header included; nil until that has come
	nextAt    int        // IPv6: where in header the number of the Fragment header is
	total     int        // length of the payload; -1 until the last fragment has come
	have      int        // bytes of it
	cost      int
	bad       bool        // fragments overlapped: the rest is dropped as it comes (RFC 5722)
	ce        bool        // congestion was experienced by one of the fragments
	ecn       dissect.ECN // of fragment 0

	older, newer *partial
}

// reassembler puts fragments together. What it holds is bounded by Config.ReassemblyMemory: the oldest datagram
// makes room for the newest, so that a stray fragment blocks nobody.
type reassembler struct {
	stack          *Stack
	partials       map[fragmentKey]*partial
	oldest, newest *partial
	cost           int
	timer          timer
	packet         []byte // the last one put together
}

func (r *reassembler) init(s *Stack) {
	r.stack = s
	r.partials = make(map[fragmentKey]*partial)
	r.timer = makeTimer(r)
}

// fragmentOf is a fragment that has come: data is the part from start to end of the datagram's payload.
type fragmentOf struct {
	key        fragmentKey
	in         arrival
	start, end int
	more       bool // it is not the last
	data       []byte
	header     []byte // what precedes data
	nextAt     int
	ecn        dissect.ECN
	most       int // the longest that header and payload may be
}

// add4 takes a fragment, which is counted here, and returns the whole packet if that completes it. The packet is
// lent until the following fragment.
func (r *reassembler) add4(ip dissect.IPv4, in arrival) dissect.IPv4 {
	s := r.stack
	start, data, more := ip.FragmentOffset(), ip.Payload(), ip.MoreFragments()
	end := start + len(data)
	if len(data) == 0 || more && len(data)%8 != 0 || end+ip.HeaderLen() > maxMTU {
		s.drop(in.ifc, &s.counters.FragmentBad)
		return nil
	}
	p := r.add(fragmentOf{
		key: fragmentKey{ip.Src(), ip.Dst(), uint32(ip.ID()), ip.Protocol()}, in: in,
		start: start, end: end, more: more, data: data, header: ip[:ip.HeaderLen()], ecn: ip.ECN(), most: maxMTU,
	})
	if p == nil {
		return nil
	}
	whole := dissect.IPv4(r.packet)
	whole.SetTotalLen(len(whole))
	whole.SetFragment(0, false)
	if p.ce && p.ecn != dissect.NotECT {
		whole[1] |= byte(dissect.CE)
	}
	whole.FillChecksum()
	return whole
}

// add takes a fragment, which is counted here. If that completes the datagram, r.packet is fragment 0's header and the whole
// payload.
func (r *reassembler) add(f fragmentOf) *partial {
	s := r.stack
	p := r.partials[f.key]
	if p == nil {
		p = &partial{key: f.key, in: f.in, total: -1, deadline: s.now.Add(s.cfg.ReassemblyTimeout), cost: fragmentCost}
		r.insert(p)
	}
	if p.bad {
		s.drop(f.in.ifc, &s.counters.FragmentOverlap)
		return nil
	}
	at, dup := slices.BinarySearchFunc(p.fragments, f.start, func(f fragment, start int) int { return f.start - start })
	if dup && p.fragments[at].end == f.end && bytes.Equal(p.fragments[at].data, f.data) {
		s.drop(f.in.ifc, &s.counters.FragmentDuplicate)
		return nil
	}
	if dup || at > 0 && p.fragments[at-1].end > f.start || at < len(p.fragments) && p.fragments[at].start < f.end ||
		p.total >= 0 && (f.end > p.total || !f.more) || !f.more && len(p.fragments) > 0 && p.fragments[len(p.fragments)-1].end > f.end {
		r.spoil(p)
		s.drop(f.in.ifc, &s.counters.FragmentOverlap)
		return nil
	}
	if !f.more {
		p.total = f.end
	}
	if f.start == 0 {
		p.header, p.nextAt = bytes.Clone(f.header), f.nextAt
		p.ecn = f.ecn
		p.in.broadcast = f.in.broadcast
	}
	p.ce = p.ce || f.ecn == dissect.CE
	p.have += len(f.data)
	if p.have == p.total && p.header != nil && len(p.header)+p.total <= f.most {
		s.counters.Fragments++
		r.assemble(p, f.start, f.data)
		r.remove(p)
		return p
	}
	p.fragments = slices.Insert(p.fragments, at, fragment{f.start, f.end, bytes.Clone(f.data)})
	r.pay(p, len(f.data)+fragmentCost)
	for r.cost > s.cfg.ReassemblyMemory && r.oldest != p {
		s.counters.ReassemblyEvicted++
		r.remove(r.oldest)
	}
	if r.cost > s.cfg.ReassemblyMemory {
		s.counters.ReassemblyEvicted++
		r.remove(p)
	}
	s.counters.Fragments++
	return nil
}

// assemble writes the whole packet. data, from start on, is the fragment that was missing. The header is that of
// fragment 0; the caller sees to it that CE on any fragment survives (RFC 3168 section 5.3).
func (r *reassembler) assemble(p *partial, start int, data []byte) {
	hlen := len(p.header)
	r.packet = append(r.packet[:0], p.header...)
	r.packet = slices.Grow(r.packet, p.total)[:hlen+p.total]
	for _, f := range p.fragments {
		copy(r.packet[hlen+f.start:], f.data)
	}
	copy(r.packet[hlen+start:], data)
}

// spoil gives up a datagram whose fragments overlap, and remembers it until its time is over.
func (r *reassembler) spoil(p *partial) {
	p.bad, p.fragments, p.header = true, nil, nil
	r.pay(p, fragmentCost-p.cost)
}

func (r *reassembler) pay(p *partial, n int) {
	p.cost += n
	r.cost += n
}

func (r *reassembler) insert(p *partial) {
	r.partials[p.key] = p
	r.cost += p.cost
	p.older = r.newest
	if r.newest != nil {
		r.newest.newer = p
	} else {
		r.oldest = p
		r.stack.timers.set(&r.timer, p.deadline)
	}
	r.newest = p
}

func (r *reassembler) remove(p *partial) {
	delete(r.partials, p.key)
	r.cost -= p.cost
	if p.older != nil {
		p.older.newer = p.newer
	} else {
		r.oldest = p.newer
	}
	if p.newer != nil {
		p.newer.older = p.older
	} else {
		r.newest = p.older
	}
	if r.oldest == nil {
		r.stack.timers.set(&r.timer, Never)
	}
}

// expire drops the datagrams whose time is over. The sender of one whose first fragment came is told (RFC 1122 section
// 3.3.2).
func (r *reassembler) expire(now Time) {
	s := r.stack
	for r.oldest != nil && r.oldest.deadline <= now {
		p := r.oldest
		r.remove(p)
		s.drop(p.in.ifc, &s.counters.ReassemblyTimeout)
		if p.header != nil && len(p.fragments) > 0 {
			s.reassemblyExceeded(append(p.header, p.fragments[0].data...), p)
		}
	}
	if r.oldest != nil {
		s.timers.set(&r.timer, r.oldest.deadline)
	}
}

// reassemblyExceeded tells the sender of a datagram, of which quote is the first fragment, that others are missing.
func (s *Stack) reassemblyExceeded(quote []byte, p *partial) {
	if p.key.src.Is4() {
		s.icmpError(quote, p.in, dissect.ICMPv4Header{Type: dissect.ICMPv4TimeExceeded, Code: dissect.ICMPv4ReassemblyExceeded})
		return
	}
	whole := inbound{arrival: p.in, packet: quote, src: p.key.src, dst: p.key.dst}
	s.icmp6Error(&whole, dissect.ICMPv6Header{Type: dissect.ICMPv6TimeExceeded, Code: dissect.ICMPv6ReassemblyExceeded})
}
