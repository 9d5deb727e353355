package tcp

// sentRun is a run of sequence numbers that were sent together. It starts where the run before it ends.
type sentRun struct {
	at    Time // when it was sent last
	end   Seq
	flags runFlags
}

type runFlags uint8

const (
	runSacked runFlags = 1 << iota // the peer reported it (RFC 2018)
	runLost                        // believed lost, not sent again yet
	runResent                      // sent more than once: gives no round-trip time (Karn)
)

// scoreboard knows what became of everything between SND.UNA and SND.NXT, SYN and FIN included: a queue of
// runs, one for each segment sent (RFC 6675 section 4). It costs the same for any window.
type scoreboard struct {
	mem  *block[sentRun] // used in a circle
	head int
	n    int

	una Seq // start of the first run
	nxt Seq // end of the last

	sacked, lost uint32 // bytes with that flag
	highSacked   Seq    // end of the highest SACKed run, una if there is none
	judged       Seq    // runs that end here or before were declared lost or not, by SACK
	firstLost    Seq    // no lost run starts before this
}

// A scoreboard keeps its smallest memory while it is empty.
const minRunClass = 2

func (b *scoreboard) init(iss Seq) {
	*b = scoreboard{una: iss, nxt: iss, highSacked: iss, judged: iss, firstLost: iss}
}

func (b *scoreboard) run(i int) *sentRun { return &b.mem.s[(b.head+i)&(len(b.mem.s)-1)] }

func (b *scoreboard) start(i int) Seq {
	if i == 0 {
		return b.una
	}
	return b.run(i - 1).end
}

func (b *scoreboard) size(i int) uint32 { return uint32(b.run(i).end - b.start(i)) }

// find gives the index of the run that holds s, n if none does.
func (b *scoreboard) find(s Seq) int {
	lo, hi := 0, b.n
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if b.run(mid).end.LessEq(s) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// push records that the numbers from nxt up to end were sent. When there are limit runs, the last one grows instead.
func (b *scoreboard) push(end Seq, at Time, limit int) {
	if b.n >= limit && b.n > 0 {
		if last := b.run(b.n - 1); last.flags == 0 {
			last.end, last.at, b.nxt = end, at, end
			return
		}
	}
	b.insert(b.n, sentRun{at: at, end: end})
	b.nxt = end
}

func (b *scoreboard) insert(i int, r sentRun) {
	switch {
	case b.mem == nil:
		b.mem, b.head = runPool.get(minRunClass), 0
	case b.n == len(b.mem.s):
		grown := runPool.get(classFor(2 * b.n))
		k := copy(grown.s, b.mem.s[b.head:])
		copy(grown.s[k:], b.mem.s[:b.head])
		runPool.put(b.mem)
		b.mem, b.head = grown, 0
	}
	b.n++
	for k := b.n - 1; k > i; k-- {
		*b.run(k) = *b.run(k - 1)
	}
	*b.run(i) = r
}

// split makes s a boundary between runs.
func (b *scoreboard) split(s Seq) {
	i := b.find(s)
	if i == b.n || b.start(i) == s {
		return
	}
	r := *b.run(i)
	r.end = s
	b.insert(i, r)
}

// acked is what an acknowledgment tells.
type acked struct {
	bytes     uint32 // newly acknowledged
	resentAt  Time   // when the latest of it was sent again, if ambiguous
	sentAt    Time   // when the earliest of it was sent
	timed     bool   // sentAt counts: nothing that was sent twice is among it
	ambiguous bool   // something that was sent twice is among it
}

// ack removes everything before una.
func (b *scoreboard) ack(una Seq) (a acked) {
	a.bytes = uint32(una - b.una)
	found := false
	for b.n > 0 && b.una.Less(una) {
		r := b.run(0)
		end := earlierSeq(r.end, una)
		size := uint32(end - b.una)
		switch {
		case r.flags&runSacked != 0:
			b.sacked -= size
		case r.flags&runResent == 0 && !found:
			a.sentAt, found = r.at, true
		}
		if r.flags&runLost != 0 {
			b.lost -= size
		}
		if r.flags&runResent != 0 && (!a.ambiguous || a.resentAt < r.at) {
			a.ambiguous, a.resentAt = true, r.at
		}
		b.una = end
		if end == r.end {
			b.head = (b.head + 1) & (len(b.mem.s) - 1)
			b.n--
		}
	}
	a.timed = found && !a.ambiguous
	b.highSacked = laterSeq(b.highSacked, b.una)
	b.judged = laterSeq(b.judged, b.una)
	b.firstLost = laterSeq(b.firstLost, b.una)
	if b.n == 0 && b.mem != nil && len(b.mem.s) > 1<<minRunClass {
		runPool.put(b.mem)
		b.mem = nil
	}
	return a
}

// sack marks what a SACK block reports. A block that does not lie between una and nxt is ignored (RFC 2018 section
// 5).
func (b *scoreboard) sack(left, right Seq, limit int) (a acked) {
	if !left.Less(right) || left.Less(b.una) || b.nxt.Less(right) || b.n == 0 {
		return a
	}
	if b.n < limit { // a peer that reports single bytes is not followed for ever
		b.split(left)
		b.split(right)
	}
	for i := b.find(left); i < b.n; i++ {
		r := b.run(i)
		if right.Less(r.end) {
			break
		}
		start := b.start(i)
		if r.flags&runSacked != 0 || start.Less(left) {
			continue
		}
		size := uint32(r.end - start)
		if r.flags&runLost != 0 {
			b.lost -= size
		}
		if r.flags&runResent != 0 {
			a.ambiguous = true
		} else if !a.timed {
			a.sentAt, a.timed = r.at, true
		}
		r.flags = r.flags&^runLost | runSacked
		b.sacked += size
		a.bytes += size
		b.highSacked = laterSeq(b.highSacked, r.end)
	}
	return a
}

// judge declares lost what RFC 6675 section 4 (IsLost) calls lost: runs with more than two segments' worth of SACKed
// bytes, or three SACKed pieces, above them. It reports whether any is new.
func (b *scoreboard) judge(smss int) bool {
	if b.sacked == 0 {
		return false
	}
	bytes, pieces, apart := uint32(0), 0, true
	i := b.find(b.highSacked - 1)
	for ; i >= 0; i-- {
		if b.run(i).flags&runSacked == 0 {
			apart = true
			if !b.judged.Less(b.run(i).end) {
				return false // this one and everything before it was judged
			}
			continue
		}
		if apart {
			pieces, apart = pieces+1, false
		}
		bytes += b.size(i)
		if pieces >= dupThresh || bytes > uint32((dupThresh-1)*smss) {
			break
		}
	}
	if i < 0 {
		return false
	}
	limit, any := b.start(i), false
	for k := b.find(b.judged); k < i; k++ {
		if r := b.run(k); r.flags&(runSacked|runLost|runResent) == 0 {
			b.markLost(k)
			any = true
		}
	}
	b.judged = laterSeq(b.judged, limit)
	return any
}

func (b *scoreboard) markLost(i int) {
	r := b.run(i)
	if r.flags&(runSacked|runLost) != 0 {
		return
	}
	r.flags |= runLost
	b.lost += b.size(i)
	b.firstLost = earlierSeq(b.firstLost, b.start(i))
}

// markFirstLost declares the first run lost. again says whether also if it was resent already.
func (b *scoreboard) markFirstLost(again bool) {
	if b.n > 0 && (again || b.run(0).flags&runResent == 0) {
		b.markLost(0)
	}
}

// markAllLost declares everything lost that is not SACKed. If the first run is, the peer has thrown away what it
// reported, and no report counts any more (RFC 2018 section 8).
func (b *scoreboard) markAllLost() {
	forget := b.n > 0 && b.run(0).flags&runSacked != 0
	for i := range b.n {
		if forget {
			b.run(i).flags &^= runSacked
		}
		b.markLost(i)
	}
	if forget {
		b.sacked, b.highSacked = 0, b.una
	}
}

// nextLost gives the first lost run together with the lost runs right behind it.
func (b *scoreboard) nextLost() (start, end Seq, ok bool) {
	if b.lost == 0 {
		return 0, 0, false
	}
	i := b.find(b.firstLost)
	for b.run(i).flags&runLost == 0 {
		i++
	}
	start = b.start(i)
	b.firstLost = start
	for ; i < b.n && b.run(i).flags&runLost != 0; i++ {
		end = b.run(i).end
		if uint32(end-start) >= maxMSS {
			break
		}
	}
	return start, end, true
}

// resent records that the numbers from start, the beginning of a run, up to end were sent again. Those behind nxt
// were sent for the first time, in the same segment.
func (b *scoreboard) resent(start, end Seq, at Time, limit int) {
	if b.nxt.Less(end) {
		b.run(b.n - 1).end = end
		if b.run(b.n-1).flags&runLost != 0 {
			b.lost += uint32(end - b.nxt)
		}
		b.nxt = end
	}
	if b.n < limit {
		b.split(end)
	}
	for i := b.find(start); i < b.n && b.start(i).Less(end); i++ {
		r := b.run(i)
		if r.flags&runLost != 0 {
			b.lost -= b.size(i)
		}
		r.flags = r.flags&^runLost | runResent
		r.at = at
	}
}

// reset forgets everything.
func (b *scoreboard) reset() {
	if b.mem != nil {
		runPool.put(b.mem)
	}
	b.init(b.nxt)
}
