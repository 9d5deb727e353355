package tcp

import (
	"sync"
	"time"
)

// sentRun is a run of sequence numbers that were sent together. It starts where the run before it ends.
type sentRun struct {
	at    Time // when it was sent last; no two are the same
	end   Seq
	reach Seq // of a SACKed run: everything up to here is SACKed
	flags runFlags
}

// resending is a retransmission. Those of a connection with SACK stand in a queue by time.
type resending struct {
	at         Time
	start, end Seq
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
	sackedRuns   int32
	highest      Seq // end of the highest run that was ever SACKed or acknowledged (RACK.fack of RFC 8985)
	firstLost    Seq // no lost run starts before this

	// What was sent once has its times in the order of its numbers; what was sent again has them in the order of
	// the queue. So what was sent before a given time is found without a look at the rest.
	judged  Seq               // nothing before this waits for judgment but what is in the queue
	again   *queue[resending] // nil while empty
	ordered bool              // the queue is kept

	marked   uint32 // bytes ever declared lost, modulo 2^32
	markedAt Time   // when the latest of them had been sent
}

// The smallest memory of a scoreboard has four runs. While it is empty it has none.
const minRunClass = 2

func (b *scoreboard) init(iss Seq) {
	*b = scoreboard{una: iss, nxt: iss, highest: iss, judged: iss, firstLost: iss}
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
	// Whichever side is shorter moves.
	b.n++
	if i < b.n/2 {
		b.head = (b.head - 1) & (len(b.mem.s) - 1)
		b.move(1, 0, i)
	} else {
		b.move(i, i+1, b.n-1-i)
	}
	*b.run(i) = r
}

// move moves n runs from index i to k.
func (b *scoreboard) move(i, k, n int) {
	mask := len(b.mem.s) - 1
	from, to := (b.head+i)&mask, (b.head+k)&mask
	switch {
	case from+n <= len(b.mem.s) && to+n <= len(b.mem.s):
		copy(b.mem.s[to:to+n], b.mem.s[from:from+n])
	case k < i:
		for d := range n {
			*b.run(k + d) = *b.run(i + d)
		}
	default:
		for d := n - 1; d >= 0; d-- {
			*b.run(k + d) = *b.run(i + d)
		}
	}
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
	if r.flags&runSacked != 0 {
		b.sackedRuns++
	}
}

// ackView is what is known about an ACK when the scoreboard is told of it.
type ackView struct {
	now    Time
	minRTT time.Duration // no round trip is shorter
	echoes bool          // it echoes a timestamp of ours: echo; offset is what our timestamps are at time 0
	echo   uint32
	offset uint32

	highest Seq // as it was before the ACK
	before  Seq // what was sent only once, before this, shows that a timeout was for nothing (RFC 5682)
}

// latest reports whether it may have been r's latest transmission that arrived (RFC 8985 section 6.2 step 2).
func (v *ackView) latest(r *sentRun) bool {
	return r.flags&runResent == 0 ||
		v.now.Sub(r.at) >= v.minRTT && (!v.echoes || int32(v.echo-v.offset-uint32(r.at/1e6)) >= 0)
}

// acked is what an acknowledgment tells.
type acked struct {
	bytes     uint32 // newly acknowledged, or newly reported by SACK
	resentAt  Time   // when the latest of it was sent again, if ambiguous
	sentAt    Time   // when the earliest of it was sent
	timed     bool   // sentAt counts: nothing that was sent twice is among it
	ambiguous bool   // something that was sent twice is among it

	// What congestion control measures with.
	fresh        uint32 // bytes, without those that were SACKed before
	newest       Time   // of the fresh, when what was sent last was sent
	newestResent bool   // and that was not for the first time

	// The same for RACK: where the fresh ends, and only of what may be that transmission which arrived.
	rackAt    Time
	rackEnd   Seq
	rackLast  Time // when what stands last among it, by number, was sent
	rackKnown bool

	original  bool // something that was sent once, before ackView.before, is among the fresh
	reordered bool // something that was sent once, and is below what had arrived before
}

// arrived notes that size bytes of r, up to end, arrived.
func (a *acked) arrived(r *sentRun, end Seq, size uint32, v *ackView) {
	again := r.flags&runResent != 0
	if a.fresh == 0 || a.newest <= r.at {
		a.newest, a.newestResent = r.at, again
	}
	a.fresh += size
	if v.latest(r) {
		if !a.rackKnown || sentAfter(r.at, end, a.rackAt, a.rackEnd) {
			a.rackAt, a.rackEnd = r.at, end
		}
		a.rackLast, a.rackKnown = r.at, true
	}
	if !again {
		a.original = a.original || end.LessEq(v.before)
		a.reordered = a.reordered || end.Less(v.highest)
	}
}

// combine adds what else b says has arrived.
func (a *acked) combine(b acked) {
	if b.fresh > 0 && (a.fresh == 0 || a.newest <= b.newest) {
		a.newest, a.newestResent = b.newest, b.newestResent
	}
	if b.rackKnown {
		if !a.rackKnown || sentAfter(b.rackAt, b.rackEnd, a.rackAt, a.rackEnd) {
			a.rackAt, a.rackEnd = b.rackAt, b.rackEnd
		}
		if !a.rackKnown {
			a.rackLast, a.rackKnown = b.rackLast, true
		}
	}
	a.fresh += b.fresh
	a.original = a.original || b.original
	a.reordered = a.reordered || b.reordered
}

// sentAfter is RACK_sent_after of RFC 8985 section 6.2: in a burst the higher number was sent later.
func sentAfter(t1 Time, end1 Seq, t2 Time, end2 Seq) bool {
	return t1 > t2 || t1 == t2 && end2.Less(end1)
}

// ack removes everything before una.
func (b *scoreboard) ack(una Seq, v *ackView) (a acked) {
	a.bytes = uint32(una - b.una)
	found := false
	for b.n > 0 && b.una.Less(una) {
		r := b.run(0)
		end := earlierSeq(r.end, una)
		size := uint32(end - b.una)
		if r.flags&runSacked != 0 {
			b.sacked -= size
			if end == r.end {
				b.sackedRuns--
			}
		} else {
			if r.flags&runResent == 0 && !found {
				a.sentAt, found = r.at, true
			}
			a.arrived(r, end, size, v)
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
	b.highest = laterSeq(b.highest, b.una)
	b.judged = laterSeq(b.judged, b.una)
	b.firstLost = laterSeq(b.firstLost, b.una)
	if b.n == 0 {
		if b.mem != nil {
			runPool.put(b.mem)
			b.mem = nil
		}
		b.dropAgain()
	}
	return a
}

// sack marks what a SACK block reports. A block that does not lie between una and nxt is ignored (RFC 2018 section
// 5). What was reported before is passed over in one step, however long it is.
func (b *scoreboard) sack(left, right Seq, v *ackView, limit int) (a acked) {
	// By distances: three numbers half of the space apart have no order.
	if l, r := uint32(left-b.una), uint32(right-b.una); l >= r || r > uint32(b.nxt-b.una) || b.n == 0 {
		return a
	}
	if b.n < limit { // a peer that reports single bytes is not followed for ever
		b.split(left)
		b.split(right)
	}
	i := b.find(left)
	if b.start(i).Less(left) {
		i++
	}
	first := i
	for i < b.n && !right.Less(b.run(i).end) {
		r := b.run(i)
		if r.flags&runSacked != 0 {
			i = b.find(r.reach)
			continue
		}
		size := b.size(i)
		if r.flags&runLost != 0 {
			b.lost -= size
		}
		if r.flags&runResent != 0 {
			a.ambiguous = true
		} else if !a.timed {
			a.sentAt, a.timed = r.at, true
		}
		a.arrived(r, r.end, size, v)
		r.flags = r.flags&^runLost | runSacked
		r.reach = r.end
		b.sacked += size
		b.sackedRuns++
		a.bytes += size
		b.highest = laterSeq(b.highest, r.end)
		i++
	}
	if i > first {
		r := b.run(first)
		r.reach = laterSeq(r.reach, b.run(i-1).end)
	}
	return a
}

// judge declares lost what was sent before the transmission of at and end, which arrived, and has been out for patience
// (RFC 8985 section 6.2 step 5). It reports whether any is new, when the latest among it that was sent again had been sent,
// Never if there is none, and when the next will be lost: Never if none is waiting.
func (b *scoreboard) judge(now, at Time, end Seq, patience time.Duration) (found bool, again, next Time) {
	again, next = Never, Never
	i := b.find(b.judged)
	for ; i < b.n; i++ {
		r := b.run(i)
		if r.flags&runSacked != 0 {
			i = b.find(r.reach) - 1
			continue
		}
		if r.flags&(runLost|runResent) != 0 {
			continue
		}
		if !sentAfter(at, end, r.at, r.end) {
			break
		}
		if due := r.at.Add(patience); due > now {
			next = due
			break
		}
		b.markLost(i)
		found = true
	}
	b.judged = laterSeq(b.judged, b.start(i))
	for b.again != nil {
		q := b.again.at(0)
		waiting := false
		for i := b.find(laterSeq(q.start, b.una)); i < b.n && b.start(i).Less(q.end); i++ {
			r := b.run(i)
			if r.flags&(runSacked|runLost) != 0 || r.at != q.at {
				continue
			}
			due := r.at.Add(patience)
			if !sentAfter(at, end, r.at, r.end) {
				waiting = true
				break
			}
			if due > now {
				next, waiting = min(next, due), true
				break
			}
			found, again = true, r.at
			b.markLost(i)
		}
		if waiting {
			break
		}
		b.popAgain()
	}
	return found, again, next
}

func (b *scoreboard) markLost(i int) {
	r := b.run(i)
	if r.flags&(runSacked|runLost) != 0 {
		return
	}
	r.flags |= runLost
	n := b.size(i)
	b.lost += n
	b.marked += n
	b.markedAt = max(b.markedAt, r.at)
	b.firstLost = earlierSeq(b.firstLost, b.start(i))
}

// markFirstLost declares the first run lost. again says whether also if it was resent already.
func (b *scoreboard) markFirstLost(again bool) {
	if b.n > 0 && (again || b.run(0).flags&runResent == 0) {
		b.markLost(0)
	}
}

// markOld declares lost the first run and all that were sent at that time or before. If the first run is SACKed, the peer
// has thrown away what it reported: no report counts any more (RFC 2018 section 8), and everything is lost.
func (b *scoreboard) markOld(at Time) {
	if b.n > 0 && b.run(0).flags&runSacked != 0 {
		for i := range b.n {
			b.run(i).flags &^= runSacked
		}
		b.sacked, b.sackedRuns = 0, 0
		at = Never
	}
	for i := 0; i < b.n; i++ {
		if r := b.run(i); r.flags&runSacked != 0 {
			i = b.find(r.reach) - 1
		} else if i == 0 || r.at <= at {
			b.markLost(i)
		}
	}
}

// markAllLost declares everything lost that is not SACKed.
func (b *scoreboard) markAllLost() { b.markOld(Never) }

// unmark takes back that anything is lost.
func (b *scoreboard) unmark() {
	if b.lost == 0 {
		return
	}
	for i := b.find(b.firstLost); i < b.n; i++ {
		r := b.run(i)
		if r.flags&runLost == 0 {
			continue
		}
		r.flags &^= runLost
		if r.flags&runResent == 0 {
			b.judged = earlierSeq(b.judged, b.start(i))
		} else if b.ordered {
			// Behind others that were sent later: it is judged with them.
			b.pushAgain(resending{r.at, b.start(i), r.end})
		}
	}
	b.lost = 0
}

// nextLost gives the first lost run together with the lost runs right behind it.
func (b *scoreboard) nextLost() (start, end Seq, ok bool) {
	if b.lost == 0 {
		return 0, 0, false
	}
	i := b.find(b.firstLost)
	for b.run(i).flags&runLost == 0 {
		if r := b.run(i); r.flags&runSacked != 0 {
			i = b.find(r.reach)
		} else {
			i++
		}
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
	if b.ordered {
		for b.again != nil && b.stale(b.again.at(0)) {
			b.popAgain()
		}
		b.pushAgain(resending{at, start, end})
	}
}

// stale reports whether nothing of a retransmission waits for judgment any more.
func (b *scoreboard) stale(q *resending) bool {
	for i := b.find(laterSeq(q.start, b.una)); i < b.n && b.start(i).Less(q.end); i++ {
		if r := b.run(i); r.at == q.at && r.flags&(runSacked|runLost) == 0 {
			return false
		}
	}
	return true
}

// lastRun is where the run with the highest numbers begins.
func (b *scoreboard) lastRun() Seq { return b.start(b.n - 1) }

// reset forgets everything.
func (b *scoreboard) reset() {
	if b.mem != nil {
		runPool.put(b.mem)
	}
	b.dropAgain()
	b.init(b.nxt)
}

func (b *scoreboard) pushAgain(q resending) {
	if b.again == nil {
		b.again = queuePool.Get().(*queue[resending])
	}
	b.again.push(q, &resendingPool)
}

func (b *scoreboard) popAgain() {
	if b.again.pop(&resendingPool); b.again.n == 0 {
		b.dropAgain()
	}
}

func (b *scoreboard) dropAgain() {
	if b.again != nil {
		b.again.reset(&resendingPool)
		queuePool.Put(b.again)
		b.again = nil
	}
}

var queuePool = sync.Pool{New: func() any { return new(queue[resending]) }}
