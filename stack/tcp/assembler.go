package tcp

import (
	"sync"

	"smoltcp/dissect"
)

// minRanges bounds the list of out-of-order ranges: a peer that sends every other byte costs 2 KiB and no more. Of a large
// buffer every other segment may be missing, when slow start has overflowed a queue: see rangeLimit.
const minRanges = 256

// rangeLimit is how many ranges there may be: a range for two segments that the receive buffer holds, which takes 0.3 % of its
// memory.
func (c *Conn) rangeLimit() int { return max(minRanges, c.rcvSize()/(2*c.rmss())) }

// seqRange is the sequence numbers from left up to right, right not among them.
type seqRange struct{ left, right Seq }

// assembler knows which bytes ahead of RCV.NXT the receive ring holds: disjoint ranges that do not touch,
// in order of sequence number.
type assembler struct {
	mem *rangeMem // nil while empty
	n   int32

	// dup is what arrived twice and is not reported yet (RFC 2883); empty if left == right.
	dup seqRange
}

// rangeMem is what an assembler needs only while it is not empty.
type rangeMem struct {
	*block[seqRange]

	// recent has a number out of each of the ranges that grew most recently, the latest first: the order of
	// SACK blocks (RFC 2018 section 4). More than an option holds, since some of them join or go.
	recent  [8]Seq
	recents uint8
}

var rangeMemPool = sync.Pool{New: func() any { return new(rangeMem) }}

func (a *assembler) empty() bool { return a.n == 0 }

func (a *assembler) ranges() []seqRange {
	if a.mem == nil {
		return nil
	}
	return a.mem.s[:a.n]
}

// add records that left up to right arrived. It reports false, and records nothing, if that needs a range more
// than limit.
func (a *assembler) add(left, right Seq, limit int) bool {
	rs := a.ranges()

	// rs[i:j] overlap or touch the new range. What arrives is mostly behind everything else.
	i := len(rs)
	if i > 0 && left.LessEq(rs[i-1].right) {
		i = firstReaching(rs, left)
	}
	j := i
	for j < len(rs) && rs[j].left.LessEq(right) {
		j++
	}
	if i == j {
		if len(rs) >= limit {
			return false
		}
		a.insert(i, seqRange{left, right})
		a.touch(seqRange{left, right})
		return true
	}
	a.noteDuplicate(left, right, rs[i:j])
	rs[i] = seqRange{earlierSeq(left, rs[i].left), laterSeq(right, rs[j-1].right)}
	a.n = int32(i + 1 + copy(rs[i+1:], rs[j:]))
	a.touch(rs[i])
	return true
}

// firstReaching gives the index of the first range that does not end before s.
func firstReaching(rs []seqRange, s Seq) int {
	lo, hi := 0, len(rs)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if rs[mid].right.Less(s) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// noteDuplicate notes the first part of left up to right that one of the ranges has already (RFC 2883 section 4).
func (a *assembler) noteDuplicate(left, right Seq, rs []seqRange) {
	for _, r := range rs {
		if l, h := laterSeq(left, r.left), earlierSeq(right, r.right); l.Less(h) {
			a.dup = seqRange{l, h}
			return
		}
	}
}

func (a *assembler) insert(i int, r seqRange) {
	switch {
	case a.mem == nil:
		a.mem = rangeMemPool.Get().(*rangeMem)
		*a.mem = rangeMem{block: rangePool.get(3)}
	case int(a.n) == len(a.mem.s):
		grown := rangePool.get(classFor(2 * int(a.n)))
		copy(grown.s, a.mem.s)
		rangePool.put(a.mem.block)
		a.mem.block = grown
	}
	a.n++
	rs := a.ranges()
	copy(rs[i+1:], rs[i:])
	rs[i] = r
}

// touch notes that r is the range that grew latest. The others keep their order.
func (a *assembler) touch(r seqRange) {
	m := a.mem
	before, n := m.recent, 1
	m.recent[0] = r.left
	for _, s := range before[:m.recents] {
		if inside := r.left.LessEq(s) && s.Less(r.right); !inside && n < len(m.recent) {
			m.recent[n] = s
			n++
		}
	}
	m.recents = uint8(n)
}

// take returns how far the bytes from next on are complete, and forgets the ranges up to there.
func (a *assembler) take(next Seq) Seq {
	rs := a.ranges()
	i := 0
	for i < len(rs) && rs[i].left.LessEq(next) {
		next = laterSeq(next, rs[i].right)
		i++
	}
	if i > 0 {
		a.n = int32(copy(rs, rs[i:]))
		a.settle()
	}
	return next
}

// cut forgets everything from s on.
func (a *assembler) cut(s Seq) {
	rs := a.ranges()
	for len(rs) > 0 && s.Less(rs[len(rs)-1].right) {
		last := &rs[len(rs)-1]
		if last.left.Less(s) {
			last.right = s
			break
		}
		rs = rs[:len(rs)-1]
	}
	a.n = int32(len(rs))
	a.settle()
}

// end is the number behind the last range; there must be one.
func (a *assembler) end() Seq { return a.mem.s[a.n-1].right }

// bytes is how many bytes the ranges hold.
func (a *assembler) bytes() (n int) {
	for _, r := range a.ranges() {
		n += int(r.right - r.left)
	}
	return n
}

// settle, after ranges went at an end, forgets what recent has of them, and gives the memory back when nothing is left.
func (a *assembler) settle() {
	m := a.mem
	if m == nil {
		return
	}
	if a.n == 0 {
		rangePool.put(m.block)
		m.block, m.recents = nil, 0
		rangeMemPool.Put(m)
		a.mem = nil
		return
	}
	rs, n := a.ranges(), uint8(0)
	for _, s := range m.recent[:m.recents] {
		if rs[0].left.LessEq(s) && s.Less(rs[len(rs)-1].right) {
			m.recent[n] = s
			n++
		}
	}
	m.recents = n
}

// reset forgets everything.
func (a *assembler) reset() {
	a.n, a.dup = 0, seqRange{}
	a.settle()
}

// blocks fills b with SACK blocks and returns how many: what came twice, then the ranges that grew most recently,
// then the others from the left (RFC 2018 section 4, RFC 2883 section 4).
func (a *assembler) blocks(b []dissect.SACKBlock) int {
	n := 0
	if a.dup.left != a.dup.right && n < len(b) {
		b[0] = dissect.SACKBlock{Left: uint32(a.dup.left), Right: uint32(a.dup.right)}
		n = 1
	}
	first := n
	add := func(r seqRange) {
		block := dissect.SACKBlock{Left: uint32(r.left), Right: uint32(r.right)}
		for _, have := range b[first:n] {
			if have == block {
				return
			}
		}
		b[n] = block
		n++
	}
	rs := a.ranges()
	if a.mem == nil {
		return n
	}
	for _, s := range a.mem.recent[:a.mem.recents] {
		for _, r := range rs {
			if n < len(b) && r.left.LessEq(s) && s.Less(r.right) {
				add(r)
				break
			}
		}
	}
	for _, r := range rs {
		if n == len(b) {
			break
		}
		add(r)
	}
	return n
}

func laterSeq(a, b Seq) Seq {
	if a.Less(b) {
		return b
	}
	return a
}

func earlierSeq(a, b Seq) Seq {
	if b.Less(a) {
		return b
	}
	return a
}
