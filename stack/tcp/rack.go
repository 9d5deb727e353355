package tcp

import (
	"cmp"
	"time"
)

// rackState is RACK-TLP (RFC 8985), of a connection with SACK: a segment is lost when one that was sent sufficiently later
// has arrived, and when no ACK comes for the last ones, a probe asks for it.
type rackState struct {
	at   Time          // RACK.xmit_ts: of all that arrived, when what was sent last had been sent
	end  Seq           // RACK.end_seq
	rtt  time.Duration // RACK.rtt
	next Time          // when the next segment has been missing for long enough; 0 if none is

	round      Seq // RACK.dsack_round, if inRound
	inRound    bool
	known      bool
	probeDue   bool
	probing    bool // a probe is out
	probeAgain bool // TLP.is_retrans
	probeEnd   Seq  // TLP.end_seq
}

const (
	// RFC 8985 section 6.2 step 4.
	reorderPersist = 16
	maxReorderMult = 200

	// Section 7.2. A delayed ACK of a peer may take so long; drafts of the RFC had the minimum.
	maxAckDelay = 200 * time.Millisecond
	minPTO      = 10 * time.Millisecond
	initialPTO  = time.Second

	// What was sent at one instant has stamps a nanosecond apart, see stamp. It is lost at one instant, too.
	stampSlack = 10 * time.Microsecond
)

// rackAcked is steps 2 and 3 of section 6.2: what was sent last among that which has arrived, and whether segments
// overtake each other.
func (c *Conn) rackAcked(a *acked) {
	k := &c.lossState().rack
	c.rec.reordering = c.rec.reordering || a.reordered
	if !a.rackKnown {
		return
	}
	// Where something that was sent earlier came with what was sent last, but stands behind it, it was late and not lost: the
	// others of its flight get as long.
	k.rtt = c.now.Sub(a.rackLast)
	if !k.known || sentAfter(a.rackAt, a.rackEnd, k.at, k.end) {
		k.at, k.end, k.known = a.rackAt, a.rackEnd, true
	}
}

// rackDuplicate is the first half of step 4: each round trip with a D-SACK widens the reordering window.
func (c *Conn) rackDuplicate() {
	if k := &c.lossState().rack; !k.inRound || k.round.LessEq(c.sndUna) {
		k.inRound, k.round = true, c.sndNxt
		c.rec.reorderMult = min(c.rec.reorderMult+1, maxReorderMult)
		c.rec.reorderPersist = reorderPersist
	}
}

// rackRecovered is the other half: sixteen recoveries without a D-SACK take it back.
func (c *Conn) rackRecovered() {
	r := &c.rec
	if r.reorderPersist > 0 {
		if r.reorderPersist--; r.reorderPersist == 0 {
			r.reorderMult = 0
		}
	}
}

// reorderWindow is RACK.reo_wnd: how much later than expected a segment may come. Where none ever overtook another,
// three that have arrived mean that the one before them is lost (RFC 6675).
func (c *Conn) reorderWindow() time.Duration {
	if !c.rec.reordering && (c.rec.phase != PhaseOpen || c.sent.sackedRuns >= dupThresh) {
		return 0
	}
	return min(cmp.Or(c.lossState().min.get(), c.rtt.srtt)/4*time.Duration(1+int(c.rec.reorderMult)), c.rtt.srtt)
}

// rackDetect is step 5. It reports whether anything new is lost, and whether something that recovery had sent again is: since
// cwnd was reduced last, so that it counts once in a round trip. When more would be lost by and by, a timer waits for that: until
// the first of them, so that each is found in time.
func (c *Conn) rackDetect() (found, again bool) {
	l := c.lossState()
	k := &l.rack
	k.next = 0
	if !k.known {
		return false, false
	}
	found, resentAt, next := c.sent.judge(c.now.Add(stampSlack), k.at, k.end, k.rtt+c.reorderWindow())
	if next != Never {
		k.next = next
	}
	if found && c.rec.phase != PhaseLoss {
		// The timer begins with what is sent again (RFC 6675 section 6): one that is due at this very instant came too late.
		c.stop(timerRetransmit)
	}
	return found, resentAt != Never && resentAt >= l.prr.since
}

// armProbe sets the timer that RACK and TLP share: what is missing comes before a probe (sections 6.3 and 7.2).
func (c *Conn) armProbe() {
	if !c.sackOK || !c.synchronized() {
		return
	}
	l := c.lossState()
	switch {
	case l.rack.next != 0:
		l.probeAt = l.rack.next
	case c.rec.phase != PhaseOpen || c.sent.sacked > 0 || c.sent.lost > 0 || l.rack.probing || l.rack.probeDue:
		l.probeAt = Never
	default:
		if l.probeAt == Never {
			l.probeAt = c.now.Add(c.probeTimeout())
		}
		l.probeAt = min(l.probeAt, c.timers[timerRetransmit])
	}
}

// keptProbe is what armProbe keeps of its timer: nothing, unless something is in flight that a probe could ask for.
func (c *Conn) keptProbe() Time {
	if c.sndUna == c.sndNxt || c.sndWnd == 0 || !c.synchronized() || !c.sackOK {
		return Never
	}
	return c.loss.probeAt
}

// newTextSent puts the probe off.
func (c *Conn) newTextSent() {
	l := c.lossState()
	l.probeAt = Never
	l.undo.news -= min(l.undo.news, 1)
}

// probeTimeout is PTO of section 7.2.
func (c *Conn) probeTimeout() time.Duration {
	if c.rtt.srtt == 0 {
		return initialPTO
	}
	pto := max(2*c.rtt.srtt, minPTO)
	if c.sent.n <= 1 { // a second segment is acknowledged at once, as far as anybody knows
		pto += maxAckDelay
	}
	return pto
}

// probeExpired is what the timer of armProbe stands for.
func (c *Conn) probeExpired() {
	k := &c.lossState().rack
	if k.next == 0 {
		k.probeDue = true
		c.stop(timerRetransmit) // it starts again behind the probe
		return
	}
	flight := uint32(c.sndNxt - c.sndUna)
	found, again := c.rackDetect()
	if found && c.rec.phase == PhaseOpen || again && c.rec.phase == PhaseRecovery {
		c.enterRecovery(flight, again)
	}
	if found {
		c.prrAcked(0, false)
	}
}

// planTail is the probe (section 7.3): new text if there is some, else the segment sent last. It does not ask cwnd.
func (c *Conn) planTail() (p plan) {
	edge := c.sndUna + Seq(c.sndWnd)
	sacks := c.dataSACK()
	room := c.room(sacks)
	if n := min(int(int32(c.sndEnd-c.sndNxt)), int(int32(edge-c.sndNxt)), room); n > 0 {
		p = plan{kind: planTail, seq: c.sndNxt, n: n, sacks: sacks}
		p.fin = c.finQueued && p.seq+Seq(n) == c.sndEnd && p.seq+Seq(n) != edge
		return p
	}
	if c.sent.n == 0 {
		return p
	}
	p = plan{kind: planTail, seq: laterSeq(c.sent.lastRun(), c.sndNxt-Seq(room)), sacks: sacks}
	p.n = int(c.sndNxt - p.seq)
	if edge.Less(c.sndNxt) {
		return plan{}
	}
	return c.splitFin(p)
}

// sendTail notes that the probe went out.
func (c *Conn) sendTail(start, end Seq, n int) {
	k := &c.lossState().rack
	k.probeDue, k.probing, k.probeAgain = false, true, start != c.sndNxt
	if !k.probeAgain {
		c.sendNew(end, n)
	} else {
		if c.cfg.Events != nil {
			c.event(Event{Kind: Retransmit, Reason: TailProbe, Seq: start, N: int(end - start)})
		}
		c.sent.split(start)
		c.sent.resent(start, end, c.stamp(), c.runLimit())
		c.rec.resent++
		c.lastSent = c.now
		c.ccSent(n)
	}
	k.probeEnd = c.sndNxt
	c.lossState().probeAt = Never
}

// tailAcked is TLP_process_ack of section 7.4. It reports whether the probe has repaired a loss that nobody saw.
func (c *Conn) tailAcked(a *ackNews) (lost bool) {
	k := &c.lossState().rack
	if !k.probing || a.ack.Less(k.probeEnd) {
		return false
	}
	switch {
	case !k.probeAgain:
	case a.duplicate && a.dupRight == k.probeEnd: // both came
	case k.probeEnd.Less(a.ack):
		lost = true
	case a.dup && !a.reports: // both came, and the peer has no D-SACK
	default:
		return false
	}
	k.probing = false
	return lost
}
