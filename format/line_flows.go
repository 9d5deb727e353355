package format

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
)

// DefaultMaxFlows is how many TCP connections a Line remembers, unless SetMaxFlows says otherwise.
const DefaultMaxFlows = 1 << 17

// flowTable remembers where the sequence numbers of each TCP connection began, both directions in one entry. It holds a
// bounded number of them and forgets one that was not looked at for long.
//
// A flow is found by its hash: index has at the places from there on, round the end, the flows with such hashes, up to the first place
// that is empty. There are at least as many empty places as others.
type flowTable struct {
	index  []int32 // places in flows; 0 is empty
	flows  []flow  // from 1 on
	limit  int
	recent int32 // the flow found last, 0 if none
	hand   int32 // the flow that is next to be forgotten, unless it was looked at
}

// flowKey names a connection. The end with the lower port, or of equal ports the lower address, comes first.
type flowKey struct {
	addr [2][16]byte
	port [2]uint16
	v6   bool
}

// flow is what is known of a connection.
type flow struct {
	key  flowKey
	used bool // looked at since it was new, or since the hand passed
	hash uint32
	base [2]uint32 // what is subtracted from the sequence numbers of either end
}

// use notes that a flow is looked at. It writes only if that is news: processors take turns, and each has the flow in its cache.
func (f *flow) use() {
	if !f.used {
		f.used = true
	}
}

// flowSeed makes hashes that nobody who writes a capture can foresee.
var flowSeed = maphash.MakeSeed()

func (t *flowTable) init(limit int) {
	*t = flowTable{index: make([]int32, 64), flows: make([]flow, 1), limit: limit, hand: 1}
}

// flowSegment is what a segment with ACK tells about its connection.
type flowSegment struct {
	key      flowKey
	hash     uint32
	from     uint8 // the end of the key that has sent it
	syn      bool
	seq, ack uint32
}

// relate gives what has to be subtracted from the numbers of a segment so that they count from the first of their connection, for
// gapSeq, gapAck and gapOther. The segment that begins a connection, the first that is seen or one with SYN, keeps its own.
func (t *flowTable) relate(s *flowSegment) (minus [3]uint32) {
	f, found := t.find(s)
	own, other := s.from&1, 1-s.from&1
	if !found || s.syn {
		f.base[own], f.base[other] = s.seq, s.ack-1
	} else {
		minus[gapSeq], minus[gapAck] = f.base[own], f.base[other]
	}
	minus[gapOther] = f.base[other]
	return minus
}

// fill sets the key of a segment, its hash, and which of the key's ends has sent it.
func (s *flowSegment) fill(c *ipContext, src, dst uint16) {
	k, h := &s.key, c.header
	s.from = 0
	if k.v6 = c.v6(); k.v6 {
		if src > dst || src == dst && bytes.Compare(h[8:24], h[24:40]) > 0 {
			s.from = 1
		}
		k.addr[s.from], k.addr[1-s.from] = [16]byte(h[8:]), [16]byte(h[24:])
	} else {
		a, b := be32(h, 12), be32(h, 16)
		if src > dst || src == dst && a > b {
			s.from = 1
		}
		binary.BigEndian.PutUint32(k.addr[s.from][:], a)
		binary.BigEndian.PutUint32(k.addr[1-s.from][:], b)
	}
	k.port[s.from], k.port[1-s.from] = src, dst
	s.hash = uint32(maphash.Comparable(flowSeed, *k))
}

// find gives the flow of a segment, and makes it if there is none yet. The pointer is good until the next call.
func (t *flowTable) find(s *flowSegment) (f *flow, found bool) {
	if f := &t.flows[t.recent]; t.recent != 0 && f.hash == s.hash && f.key == s.key {
		f.use()
		return f, true
	}
	at := t.place(s.hash)
	for ; t.index[at] != 0; at = t.after(at) {
		if f := &t.flows[t.index[at]]; f.hash == s.hash && f.key == s.key {
			f.use()
			t.recent = t.index[at]
			return f, true
		}
	}
	i := int32(len(t.flows))
	if len(t.flows) <= t.limit {
		t.flows = append(t.flows, flow{})
		if 2*len(t.flows) > len(t.index) {
			t.grow()
		}
	} else {
		i = t.forget()
	}
	f = &t.flows[i]
	*f = flow{key: s.key, hash: s.hash}
	t.enter(i)
	t.recent = i
	return f, false
}

// place is where the search for a hash begins, and after the place behind another.
func (t *flowTable) place(hash uint32) int { return int(hash) & (len(t.index) - 1) }
func (t *flowTable) after(at int) int      { return (at + 1) & (len(t.index) - 1) }

// enter puts flow i into the index.
func (t *flowTable) enter(i int32) {
	at := t.place(t.flows[i].hash)
	for t.index[at] != 0 {
		at = t.after(at)
	}
	t.index[at] = i
}

// grow makes a larger index of all flows but the last, which is new.
func (t *flowTable) grow() {
	t.index = make([]int32, 2*len(t.index))
	for i := range t.flows[1 : len(t.flows)-1] {
		t.enter(int32(i + 1))
	}
}

// forget takes a flow out of the index that was not looked at since the hand passed it last.
func (t *flowTable) forget() int32 {
	for ; t.flows[t.hand].used; t.turn() {
		t.flows[t.hand].used = false
	}
	i := t.hand
	t.turn()
	at := t.place(t.flows[i].hash)
	for t.index[at] != i {
		at = t.after(at)
	}
	// Those behind it move up, unless they are where their search begins or nearer to that than the gap is.
	for next := t.after(at); t.index[next] != 0; next = t.after(next) {
		home := t.place(t.flows[t.index[next]].hash)
		mask := len(t.index) - 1
		if (next-home)&mask >= (next-at)&mask {
			t.index[at] = t.index[next]
			at = next
		}
	}
	t.index[at] = 0
	return i
}

// turn moves the hand to the next flow.
func (t *flowTable) turn() {
	if t.hand++; int(t.hand) == len(t.flows) {
		t.hand = 1
	}
}
