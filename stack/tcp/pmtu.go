package tcp

import (
	"cmp"
	"time"
)

// pathState is what a connection knows of how large a segment its path takes. Sizes are of text and options together,
// as MSS counts them. Most connections never learn anything and have none.
//
// Segments become smaller by an ICMP error (RFC 1191, RFC 8201) or by timeouts that look like a black hole (RFC 4821
// section 7.7), and larger by probes: one segment of the size in question, whose loss says nothing of congestion
// (section 7.3).
type pathState struct {
	top   uint16 // what both ends take, whatever the path
	known uint16 // what the owner said last, 0 nothing

	// A claim that what was acknowledged contradicts waits for a timeout to agree (RFC 5927 section 7.2).
	claim    uint16 // 0: none
	claimSeq Seq

	// The search upwards: low gets through, above high nothing does. It goes on at searchAt.
	low, high uint16
	next      uint16 // the size to try, 0 for high
	searchAt  Time

	probe              uint16 // in flight, 0: none
	probeLost          bool
	probeSeq, probeEnd Seq
}

const (
	// basePathMSS is tried first when segments vanish: what RFC 4821 section 7.2 suggests, an MTU of 1024.
	basePathMSS = 1024 - 40

	// A search ends when it is this near.
	pathSearchStep = 16

	// blackHoleTimeouts are as many as make R1 (RFC 9293 section 3.8.3): it may be the size.
	blackHoleTimeouts = 3

	// maxOptions is how much less text than SMSS a full segment may have, for its SACK blocks.
	maxOptions = 40

	defaultPathAge    = 10 * time.Minute // RFC 1191 section 6.3, RFC 8201 section 4
	defaultMinPathMSS = 552 - 40
)

func (g *Config) pathAge() time.Duration { return cmp.Or(g.PathAge, defaultPathAge) }
func (g *Config) minPathMSS() uint16 {
	return uint16(min(max(cmp.Or(g.MinPathMSS, defaultMinPathMSS), minMSS), maxMSS))
}

// SetPathMSS says how large a segment the owner believes the path to take, text and options together: what its
// interface and its table of path MTUs allow. A smaller value takes effect at once, a larger one is tried by a probe.
func (c *Conn) SetPathMSS(now Time, mss int) {
	c.tick(now)
	size := uint16(min(max(mss, minMSS), maxMSS))
	if c.path == nil {
		if c.cfg == nil || c.state == Closed || c.synchronized() && size >= c.mss || size >= uint16(c.cfg.mss()) {
			return
		}
		c.learnPath()
	}
	p := c.path
	grew := size > p.known && p.known > 0
	p.known = size
	if !c.synchronized() {
		return
	}
	switch {
	case size < c.mss:
		c.shrinkPath(size, maxMSS)
		p.searchAt = Never // the owner says when
	case grew && c.mss < p.top:
		p.low, p.high, p.next, p.searchAt = c.mss, min(p.top, size), 0, c.now
	}
	c.arm()
}

// PathMSS is the limit that the path puts on segments, 0 if there is none or it is not known.
func (c *Conn) PathMSS() int {
	if c.path == nil || !c.synchronized() || c.mss >= c.path.top {
		return 0
	}
	return int(c.mss)
}

// TooBig is the ICMP error that says that the segment which began at seq was too large, and that one of mss bytes, text
// and options together, would have passed. It reports whether that is believed. Then what was too large is cut anew and
// sent again, which says nothing of congestion (RFC 1191 section 6.5, RFC 8201 section 5.4).
//
// It is not believed of what is not in flight (RFC 5927 section 4.1), if that segment was not larger, and, as long as
// nothing times out, if segments larger than mss were acknowledged (section 7.2).
func (c *Conn) TooBig(now Time, seq Seq, mss int) bool {
	c.tick(now)
	if !c.synchronized() || !c.Outstanding(seq) || mss < minMSS || mss > maxMSS {
		return false
	}
	refused := c.sent.segmentAt(seq)
	if refused == 0 || int(refused)+maxOptions <= mss {
		return false
	}
	if p := c.path; p != nil && p.probe > 0 && p.probeSeq == seq && mss >= int(c.mss) {
		// A probe upwards was refused, and better than by silence: the size to try is known.
		c.loseProbe()
		p.high, p.next, p.searchAt = uint16(mss), 0, c.now
		c.resendLong(refused)
		c.arm()
		return true
	}
	floor := c.cfg.minPathMSS()
	size := max(uint16(mss), floor)
	if size >= c.mss && (mss >= int(floor) || c.mss > floor) {
		return false
	}
	if size < c.ackedSize {
		c.learnPath()
		c.path.claim, c.path.claimSeq = size, seq
		return false
	}
	if size < c.mss {
		c.shrinkPath(size, refused)
	} else {
		c.sent.markFirstLost(true) // already at the floor: the owner may let it be fragmented
		c.rec.hurry, c.rec.why = true, PathTooSmall
	}
	c.arm()
	return true
}

// learnPath makes the state that most connections need not have.
func (c *Conn) learnPath() {
	if c.path == nil {
		c.path = &pathState{top: c.mss, searchAt: Never}
	}
}

// pathEstablished takes what both ends agreed on, and what was known of the path before.
func (c *Conn) pathEstablished() {
	if p := c.path; p != nil {
		p.top = c.mss
		c.mss = min(c.mss, p.known)
		p.low, p.high = c.mss, p.top
	}
}

// shrinkPath makes segments smaller; refused is how much text there was in one that was refused. In ten minutes the path may
// have become better.
func (c *Conn) shrinkPath(size uint16, refused uint32) {
	c.learnPath()
	p := c.path
	c.mss = size
	c.ackedSize = min(c.ackedSize, size)
	p.claim, p.probe = 0, 0
	p.low, p.high, p.next, p.searchAt = size, p.top, 0, c.now.Add(c.cfg.pathAge())
	c.pathEvent()
	c.resendLong(refused)
}

// resendLong has what is longer than a segment may be now, or as long as what was refused, cut anew and sent again, as far as cwnd goes, which stays as
// it is. What the timer waited for was never going to come.
func (c *Conn) resendLong(refused uint32) {
	if !c.sent.markLong(min(uint32(c.smss()), refused-1)) {
		return
	}
	c.rec.renoSacked, c.rec.hurry, c.rec.why = 0, true, PathTooSmall
	c.rec.recover = laterSeq(c.rec.recover, c.sndNxt) // duplicate ACKs for these are no sign of congestion
	c.stop(timerRetransmit)
}

// markLong declares the runs of more than n bytes lost, and reports whether there are any.
func (b *scoreboard) markLong(n uint32) (any bool) {
	for i := range b.n {
		if b.run(i).flags&(runSacked|runLost) == 0 && b.size(i) > n {
			b.markLost(i)
			any = true
		}
	}
	return any
}

// segmentAt is how much text the segment had that began at s: what was sent again in one piece counts as one, 0 if nothing that
// is outstanding holds s.
func (b *scoreboard) segmentAt(s Seq) (n uint32) {
	i := b.find(s)
	if i == b.n {
		return 0
	}
	at, again := b.run(i).at, b.run(i).flags&runResent != 0
	for n = b.size(i); again && n < maxMSS; n += b.size(i) {
		if i++; i == b.n || b.run(i).at != at || b.run(i).flags&runResent == 0 {
			break
		}
	}
	return n
}

// pathTimeout is what a timeout says about the path: a claim that was doubted is right, or segments of full size vanish
// in a black hole, a router that says nothing.
func (c *Conn) pathTimeout() {
	if p := c.path; p != nil {
		if p.probe > 0 {
			c.loseProbe()
		}
		if p.claim > 0 && p.claim < c.mss && c.Outstanding(p.claimSeq) {
			c.shrinkPath(p.claim, maxMSS)
			return
		}
	}
	full := int(c.sent.segmentAt(c.sndUna))+maxOptions > c.smss()
	if c.cfg.NoPathProbing || c.backoff < blackHoleTimeouts || !full {
		return
	}
	floor := c.cfg.minPathMSS()
	size := max(basePathMSS, floor)
	if c.mss <= size {
		size = floor
	}
	if c.mss <= size {
		return
	}
	c.shrinkPath(size, maxMSS)
	// That the peer is gone for a while looks the same. As soon as anything gets through the old size is tried.
	p := c.path
	p.searchAt = c.now
	if p.known > size {
		p.high = min(p.high, p.known)
	}
}

// pathAcked looks at an acknowledgment before the scoreboard forgets what it is for.
func (c *Conn) pathAcked(ack Seq) {
	if c.sent.n > 0 && c.sent.run(0).end.LessEq(ack) {
		c.ackedSize = uint16(max(int(c.ackedSize), min(int(c.sent.size(0))+c.tsLen(), int(c.mss))))
	}
	p := c.path
	if p == nil {
		return
	}
	if p.claim > 0 && p.claimSeq.Less(ack) {
		p.claim = 0 // what it quoted got through
	}
	if p.probe == 0 || ack.Less(p.probeEnd) {
		return
	}
	size := p.probe
	p.probe = 0
	if p.probeLost {
		return
	}
	c.mss, p.low = size, size
	// RFC 5681 section 3.1: one segment and two are the least, and they are larger now.
	c.rec.cwnd, c.rec.ssthresh = max(c.rec.cwnd, uint32(c.smss())), max(c.rec.ssthresh, 2*uint32(c.smss()))
	c.ackedSize = max(c.ackedSize, size)
	p.next = 0
	if c.mss >= p.high {
		p.high, p.searchAt = p.top, c.now.Add(c.cfg.pathAge())
		if c.mss >= p.top {
			p.searchAt = Never
		}
	} else {
		c.nextProbe()
	}
	c.pathEvent()
}

// loseProbe notes that the probe did not get through.
func (c *Conn) loseProbe() {
	p := c.path
	if p.probe == 0 || p.probeLost {
		return
	}
	p.probeLost = true
	p.high = p.probe - 1
	c.nextProbe()
	p.probe = 0
}

// nextProbe halves the interval, until that is not worth a segment any more.
func (c *Conn) nextProbe() {
	p := c.path
	if int(p.high)-int(p.low) < pathSearchStep {
		p.high, p.next, p.searchAt = p.top, 0, c.now.Add(c.cfg.pathAge())
		return
	}
	p.next = p.low + (p.high-p.low+1)/2
}

// planPathProbe is how much text the next segment has if it is to be a probe of the path, 0 if not: there is
// enough to send, and nothing else is in doubt.
func (c *Conn) planPathProbe(queued, usable int) int {
	p := c.path
	if p == nil || p.probe > 0 || c.now < p.searchAt || c.cfg.NoPathProbing || c.uto.due ||
		c.rec.phase != PhaseOpen || c.sent.lost > 0 {
		return 0
	}
	size := cmp.Or(p.next, p.high)
	n := int(size) - c.tsLen()
	if size <= c.mss || n > queued || n > usable || !c.cwndAllows(n) {
		return 0
	}
	return n
}

// pathProbeSent notes that the segment from seq to end is the probe.
func (c *Conn) pathProbeSent(seq, end Seq) {
	p := c.path
	p.probe, p.probeLost = uint16(int(end-seq)+c.tsLen()), false
	p.probeSeq, p.probeEnd = seq, end
}

// pathResent notes that the numbers from start to end go out again: had the probe got through, they would not.
func (c *Conn) pathResent(start, end Seq) {
	if p := c.path; p != nil && p.probe > 0 && start.Less(p.probeEnd) && p.probeSeq.Less(end) {
		c.loseProbe()
	}
}

// pathProbeLost reports whether the loss that was just found is that of a probe and of nothing else. Then it is sent
// again, and cwnd stays (RFC 4821 section 7.5).
func (c *Conn) pathProbeLost() bool {
	p := c.path
	if p == nil || p.probe == 0 || c.sndUna != p.probeSeq || c.sent.lost > uint32(p.probeEnd-p.probeSeq) {
		return false
	}
	c.loseProbe()
	c.resendLong(maxMSS)
	return true
}

func (c *Conn) pathEvent() {
	if c.cfg.Events != nil {
		c.event(Event{Kind: PathMSSChange, N: int(c.mss)})
	}
}
