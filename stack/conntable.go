package stack

import (
	"hash/maphash"
	"net/netip"
)

// connTable finds a connection by its two ends: a hash table with open addressing whose slots are a word of the hash and
// a pointer, 16 to 24 bytes for each connection. It is cut into shards that grow and shrink one by one, so that no segment waits
// for all to be moved. Whom a peer meets in it it cannot choose: the hash has a key of this process. Nothing else
// depends on the key, since nobody asks for the order of the slots.
type connTable struct {
	seed   maphash.Seed
	shards [16]connShard
	n      int
}

// connShard is one part of the table. A connection stands at its home or behind it, with no free slot between.
type connShard struct {
	groups []connGroup
	n      int
}

// connGroup is a few slots together, so that a hash and its connection are near each other in memory.
type connGroup struct {
	tags  [groupSlots]uint32 // the hash of each connection, 0 where there is none
	socks [groupSlots]*TCPSocket
}

const groupSlots = 8

func (t *connTable) init() { t.seed = maphash.MakeSeed() }

// len is how many connections there are.
func (t *connTable) len() int { return t.n }

// place gives the shard of a connection, and its hash there, which is not 0.
func (t *connTable) place(local, remote netip.AddrPort) (*connShard, uint32) {
	key := makeTuple(local, remote)
	h := maphash.Bytes(t.seed, key[:])
	return &t.shards[h>>60], uint32(h) | 1
}

// find gives the connection between two ends, nil if there is none.
func (t *connTable) find(local, remote netip.AddrPort) *TCPSocket {
	s, tag := t.place(local, remote)
	if s.n == 0 {
		return nil
	}
	for i := s.home(tag); *s.tag(i) != 0; i = s.after(i) {
		if *s.tag(i) == tag {
			if c := *s.sock(i); c.local == local && c.remote == remote {
				return c
			}
		}
	}
	return nil
}

// add puts a connection in, in the place of one between the same ends if there is one.
func (t *connTable) add(c *TCPSocket) {
	s, tag := t.place(c.local, c.remote)
	if (s.n+1)*4 > s.slots()*3 {
		s.resize(len(s.groups) + max(len(s.groups)/2, 1))
	}
	i := s.home(tag)
	for ; *s.tag(i) != 0; i = s.after(i) {
		if o := *s.sock(i); *s.tag(i) == tag && o.local == c.local && o.remote == c.remote {
			*s.sock(i) = c
			return
		}
	}
	*s.tag(i), *s.sock(i) = tag, c
	s.n++
	t.n++
}

// remove takes a connection out, if it is in.
func (t *connTable) remove(c *TCPSocket) {
	s, tag := t.place(c.local, c.remote)
	if s.n == 0 {
		return
	}
	i := s.home(tag)
	for *s.sock(i) != c {
		if *s.tag(i) == 0 {
			return
		}
		i = s.after(i)
	}
	t.n--
	if s.n--; s.n == 0 {
		*s = connShard{}
		return
	}
	s.vacate(i)
	if s.n*8 < s.slots() {
		s.resize((2*s.n + groupSlots - 1) / groupSlots)
	}
}

// vacate frees slot i. What stands behind it moves up, unless it would come before its home.
func (s *connShard) vacate(i int) {
	for k := s.after(i); *s.tag(k) != 0; k = s.after(k) {
		if s.distance(s.home(*s.tag(k)), k) >= s.distance(i, k) {
			*s.tag(i), *s.sock(i) = *s.tag(k), *s.sock(k)
			i = k
		}
	}
	*s.tag(i), *s.sock(i) = 0, nil
}

func (s *connShard) slots() int             { return groupSlots * len(s.groups) }
func (s *connShard) tag(i int) *uint32      { return &s.groups[i/groupSlots].tags[i%groupSlots] }
func (s *connShard) sock(i int) **TCPSocket { return &s.groups[i/groupSlots].socks[i%groupSlots] }

// home is where a connection with that hash would like to stand.
func (s *connShard) home(tag uint32) int { return int(uint64(tag) * uint64(s.slots()) >> 32) }

// after is the slot behind i, the first behind the last.
func (s *connShard) after(i int) int {
	if i++; i < s.slots() {
		return i
	}
	return 0
}

// distance is how many steps lead from slot i to slot k.
func (s *connShard) distance(i, k int) int {
	if k < i {
		k += s.slots()
	}
	return k - i
}

// resize moves everything into n groups.
func (s *connShard) resize(n int) {
	old := *s
	s.groups = make([]connGroup, n)
	for k := range old.slots() {
		tag := *old.tag(k)
		if tag == 0 {
			continue
		}
		i := s.home(tag)
		for *s.tag(i) != 0 {
			i = s.after(i)
		}
		*s.tag(i), *s.sock(i) = tag, *old.sock(k)
	}
}
