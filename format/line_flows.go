package format

import "bytes"

// DefaultMaxFlows is how many TCP connections a Line remembers, unless SetMaxFlows says otherwise.
const DefaultMaxFlows = 1 << 16

// flowTable remembers where the sequence numbers of each TCP connection began, both directions in one entry. It holds a
// bounded number of them and forgets the one that was not looked at for longest.
type flowTable struct {
	index  map[flowKey]int32
	flows  []flow // flows[0] is the head of the list
	limit  int
	recent int32 // the flow found last, 0 if none
}

// flowKey names a connection. The end with the lower port, or of equal ports the lower address, comes first.
type flowKey struct {
	addr [2][16]byte
	port [2]uint16
	v6   bool
}

// flow is what is known of a connection. next and prev link all of them in a ring, most recently used first.
type flow struct {
	key        flowKey
	base       [2]uint32 // what is subtracted from the sequence numbers of either end
	next, prev int32
}

func (t *flowTable) init(limit int) {
	*t = flowTable{index: make(map[flowKey]int32), flows: make([]flow, 1), limit: limit}
}

// flowSegment is what a segment with ACK tells about its connection.
type flowSegment struct {
	key      flowKey
	from     uint8 // the end of the key that has sent it
	syn      bool
	seq, ack uint32
}

// relate gives what has to be subtracted from the numbers of a segment so that they count from the first of their connection, for
// gapSeq, gapAck and gapOther. The segment that begins a connection, the first that is seen or one with SYN, keeps its own.
func (t *flowTable) relate(s *flowSegment) (minus [3]uint32) {
	f, found := t.find(&s.key)
	own, other := s.from&1, 1-s.from&1
	if !found || s.syn {
		f.base[own], f.base[other] = s.seq, s.ack-1
	} else {
		minus[gapSeq], minus[gapAck] = f.base[own], f.base[other]
	}
	minus[gapOther] = f.base[other]
	return minus
}

// fill sets the key of a segment and reports which of the key's ends has sent it.
func (k *flowKey) fill(c *ipContext, src, dst uint16) (from uint8) {
	var a, b []byte
	if k.v6 = c.v6(); k.v6 {
		a, b = c.header[8:24], c.header[24:40]
	} else {
		a, b = c.header[12:16], c.header[16:20]
	}
	if src > dst || src == dst && bytes.Compare(a, b) > 0 {
		a, b, src, dst, from = b, a, dst, src, 1
	}
	copy(k.addr[0][:], a)
	copy(k.addr[1][:], b)
	k.port = [2]uint16{src, dst}
	return from
}

// find gives the flow with the key, and makes it if there is none yet. The pointer is good until the next call.
func (t *flowTable) find(key *flowKey) (f *flow, found bool) {
	if t.recent != 0 && t.flows[t.recent].key == *key {
		return &t.flows[t.recent], true
	}
	i, found := t.index[*key]
	switch {
	case found:
		t.unlink(i)
	case len(t.flows) <= t.limit:
		i = int32(len(t.flows))
		t.flows = append(t.flows, flow{})
	default:
		i = t.flows[0].prev
		t.unlink(i)
		delete(t.index, t.flows[i].key)
	}
	f = &t.flows[i]
	if !found {
		f.key = *key
		t.index[*key] = i
	}
	t.link(i)
	t.recent = i
	return f, found
}

// link puts flow i at the front of the ring, and unlink takes it out.
func (t *flowTable) link(i int32) {
	head := &t.flows[0]
	t.flows[i].prev, t.flows[i].next = 0, head.next
	t.flows[head.next].prev = i
	head.next = i
}

func (t *flowTable) unlink(i int32) {
	f := &t.flows[i]
	t.flows[f.prev].next, t.flows[f.next].prev = f.next, f.prev
}
