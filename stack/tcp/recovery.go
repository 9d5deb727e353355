package tcp

import (
	"cmp"
	"sync"
	"time"

	"smoltcp/dissect"
)

// dupThresh is how many duplicate ACKs mean a loss (RFC 5681 section 3.2).
const dupThresh = 3

// CongestionPhase is what loss recovery is doing.
type CongestionPhase uint8

const (
	PhaseOpen     CongestionPhase = iota // nothing is known to be lost
	PhaseRecovery                        // fast recovery (RFC 6582, RFC 6675), until Recover is acknowledged
	PhaseLoss                            // after a timeout, until Recover is acknowledged
)

var phaseNames = [...]string{"open", "recovery", "loss"}

func (p CongestionPhase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "?"
}

// recovery decides what is lost and how much may be in the network.
type recovery struct {
	congestion

	phase   CongestionPhase
	hurry   bool // the first lost segment goes out whatever cwnd says
	why     Reason
	dupAcks uint8
	recover Seq // SND.NXT when the loss was found

	// renoSacked stands for SACK where there is none: each duplicate ACK says that a segment has
	// left the network.
	renoSacked uint32

	reordering     bool  // RACK.reordering_seen of RFC 8985
	reorderMult    uint8 // RACK.reo_wnd_mult - 1
	reorderPersist uint8 // RACK.reo_wnd_persist
	silent         bool  // nothing was heard since the first timeout of a row

	// What is sent before this was sent with cwnd as the limit: only its acknowledgment makes cwnd grow.
	limitedUntil Seq

	resent uint32 // segments
	minRTT micros // what lossState.min was when it was given back; 0: none
}

// ackNews is what an acceptable ACK brings.
type ackNews struct {
	view        ackView
	ack         Seq
	news, sacks acked // what it acknowledged, and what its SACK blocks reported for the first time
	all         acked // both, as far as they can be added
	dup         bool  // it is a duplicate (RFC 5681 section 2)
	reports     bool  // it has SACK blocks
	marked      bool  // it echoes congestion (RFC 3168)
	flight      uint32

	// Its first block says that this came twice (RFC 2883).
	duplicate         bool
	dupLeft, dupRight Seq
}

// ackView is what an ACK says about time.
func (c *Conn) ackView(o *dissect.TCPOptionValues) ackView {
	v := ackView{now: c.now, minRTT: c.lossState().min.get(), offset: c.tsAt(0), highest: c.sent.highest, before: c.sndUna}
	if c.tsOK && o.HasTimestamps && o.TSEcr != 0 {
		v.echoes, v.echo = true, o.TSEcr
	}
	if c.lossState().undo.frto != frtoOff {
		v.before = c.rec.recover
	}
	return v
}

// findDuplicate looks for a D-SACK: a first block that is below the ACK, or within the second (RFC 2883 section 4).
func (a *ackNews) findDuplicate(o *dissect.TCPOptionValues) {
	if a.reports = o.NumSACK > 0; !a.reports {
		return
	}
	l, r := Seq(o.SACK[0].Left), Seq(o.SACK[0].Right)
	if !l.Less(r) {
		return
	}
	if a.duplicate = r.LessEq(a.ack); !a.duplicate && o.NumSACK > 1 {
		a.duplicate = Seq(o.SACK[1].Left).LessEq(l) && r.LessEq(Seq(o.SACK[1].Right))
	}
	a.dupLeft, a.dupRight = l, r
}

// pipe is what is believed to be in the network, in bytes (RFC 6675 section 4).
func (c *Conn) pipe() uint32 {
	flight := uint32(c.sndNxt - c.sndUna)
	gone := c.sent.sacked + c.sent.lost + c.rec.renoSacked
	if gone >= flight {
		return 0
	}
	return flight - gone
}

// cwndAllows reports whether n bytes more may be in the network. One segment always may.
func (c *Conn) cwndAllows(n int) bool {
	pipe := c.pipe()
	return pipe == 0 || pipe+uint32(n) <= c.rec.cwnd
}

// recoverAcked is loss detection and congestion control upon an acceptable ACK.
func (c *Conn) recoverAcked(a *ackNews) {
	r, smss := &c.rec, uint32(c.smss())
	r.flight = a.flight
	news := a.news
	before := c.sndUna - Seq(news.bytes)
	wasLimited := before.Less(r.limitedUntil)
	delivered := a.all.fresh

	if !c.sackOK {
		delivered = c.renoAcked(news.bytes, a.dup)
	}
	if a.dup {
		r.dupAcks = min(r.dupAcks+1, 200)
	}
	phase := r.phase
	var newLoss, again bool
	if c.sackOK {
		c.rackAcked(&a.all)
		if a.duplicate && !(c.lossState().rack.probing && c.lossState().rack.probeAgain && a.dupRight == c.lossState().rack.probeEnd) {
			c.rackDuplicate()
		}
	}
	if c.undoAcked(a) {
		c.undoLoss(a)
	}
	tailLost := false
	if c.sackOK {
		tailLost = c.tailAcked(a)
		newLoss, again = c.rackDetect()
	}

	entered := false
	switch {
	case r.phase != PhaseOpen && news.bytes > 0 && r.recover.LessEq(c.sndUna):
		c.recovered()
		if c.sackOK && c.sent.lost > 0 {
			// Of what was sent since the loss was found. What was SACKed meanwhile is no measure: cwnd kept to ssthresh.
			c.enterRecovery(min(uint32(c.sndNxt-c.sndUna), r.ssthresh), false)
			entered = true
		}

	case r.phase == PhaseRecovery && again:
		// RFC 5681 section 4.3: the loss of a retransmission is a second sign of congestion.
		c.enterRecovery(a.flight, true)
		entered = true

	case r.phase == PhaseRecovery && news.bytes > 0:
		// RFC 6582 section 3.2 step 3: a partial ACK shows the next hole. With SACK, RACK knows.
		if !c.sackOK {
			c.sent.markFirstLost(true)
		}
		r.hurry, r.why = r.hurry || !c.sackOK && c.sent.lost > 0, PartialAck
		r.dupAcks = 0

	case r.phase == PhaseOpen:
		if news.bytes > 0 {
			r.dupAcks, r.renoSacked = 0, 0
		}
		// RFC 6582 section 3.2 step 1: duplicate ACKs that an earlier recovery caused start no new one.
		dups := r.dupAcks >= dupThresh && r.recover.Less(c.sndUna) && (!c.sackOK || c.sent.sacked == 0)
		if (dups || newLoss) && c.sndUna != c.sndNxt {
			if dups {
				c.sent.markFirstLost(true)
			}
			c.enterRecovery(a.flight, false)
			entered = true
		} else if tailLost {
			c.undoNever()
			c.ccLost(c.withinCwnd(a.flight))
			c.ccRecovered(PhaseRecovery) // the probe has repaired it
			c.cwndEvent(TailProbe)
		}
	}
	if delivered > 0 || entered {
		if entered {
			// RecoverFS of RFC 6937bis: what was reported before the loss was found is not what recovery delivers. Less than
			// ssthresh would mean to send more than arrives.
			known := min(uint32(c.sndNxt-c.sndUna), c.sent.sacked+r.renoSacked)
			c.lossState().prr.flight = max(uint32(c.sndNxt-c.sndUna)-known+delivered, r.ssthresh, smss)
		}
		c.prrAcked(delivered, news.bytes > 0 && !newLoss && !entered)
	}
	c.ccAcked(a, phase, wasLimited)
}

// renoAcked keeps count of what duplicate ACKs stand for, and gives how many bytes more have arrived.
func (c *Conn) renoAcked(news uint32, dup bool) (delivered uint32) {
	r, smss, flight := &c.rec, uint32(c.smss()), uint32(c.sndNxt-c.sndUna)
	was := r.renoSacked
	if dup && r.phase != PhaseLoss {
		// At least the segment that is missing is still out there.
		r.renoSacked = min(r.renoSacked+smss, flight-min(smss, flight))
	}
	if news > 0 {
		// The segment that filled the hole was not among those that duplicate ACKs stood for.
		if gone := news - min(smss, news); r.renoSacked > gone {
			r.renoSacked -= gone
		} else {
			r.renoSacked = 0
		}
		r.renoSacked = min(r.renoSacked, flight)
	}
	return uint32(max(int64(news)+int64(r.renoSacked)-int64(was), 0))
}

// enterRecovery begins fast recovery, found with flight bytes unacknowledged; again if it is the loss of a
// retransmission in one that goes on.
func (c *Conn) enterRecovery(flight uint32, again bool) {
	if c.pathProbeLost() {
		return
	}
	r := &c.rec
	// RFC 3168 section 6.1.2: a window of which a mark was answered already is not answered for again.
	marked := !again && c.sndUna.Less(r.ecnUntil)
	size := c.withinCwnd(flight)
	switch {
	case again:
		size = min(flight, r.ssthresh)
		c.undoNever() // that was no mistake
	case marked:
		c.undoNever()
	default:
		c.undoStart(false)
	}
	r.phase, r.recover, r.hurry, r.why = PhaseRecovery, c.sndNxt, true, DuplicateAcks
	c.prrStart(max(flight, c.pipe()))
	if !marked || r.model {
		c.ccLost(size)
	}
	c.cwndEvent(DuplicateAcks)
}

// withinCwnd is FlightSize without what limited transmit and probes sent beyond cwnd (RFC 5681 section 3.2 step 2).
func (c *Conn) withinCwnd(flight uint32) uint32 {
	return min(flight, max(c.rec.cwnd, uint32(c.smss())))
}

// recovered ends recovery: everything sent before the loss was found has arrived.
func (c *Conn) recovered() {
	r := &c.rec
	c.ccRecovered(r.phase)
	if r.phase == PhaseRecovery {
		c.cwndEvent(Recovered)
	}
	r.phase, r.dupAcks, r.renoSacked, r.hurry = PhaseOpen, 0, 0, false
	c.lossState().undo.frto = frtoOff
	c.rackRecovered()
}

// recoverTimeout is RFC 5681 section 3.1: one segment goes out. What SACK blocks reported is kept (RFC 6675 section
// 5.1), and where RACK knows the time that a segment needs, what was sent since is not lost yet (RFC 8985 section 6.3).
func (c *Conn) recoverTimeout() {
	r, k := &c.rec, &c.lossState().rack
	again := c.backoff > 1
	old := Never
	if rtt := cmp.Or(k.rtt, c.rtt.srtt); c.sackOK && rtt > 0 {
		old = c.now - Time(rtt+c.reorderWindow())
	}
	was := r.phase
	c.undoStart(again)
	if !again && was == PhaseOpen {
		c.lossState().undo.frto = frtoFirst
	}
	c.sent.markOld(old)
	r.renoSacked = 0
	c.ccTimeout(again)
	r.phase, r.recover, r.dupAcks = PhaseLoss, c.sndNxt, 0
	r.why, r.hurry = TimedOut, true
	k.next, k.probing, k.probeDue = 0, false, false
	c.cwndEvent(TimedOut)
}

// recoverWindow sends again what went to a window that was closed: the peer had no room for it. This is not
// congestion.
func (c *Conn) recoverWindow() {
	c.sent.markAllLost()
	c.rec.renoSacked, c.rec.hurry, c.rec.why = 0, true, WindowOpened
}

// lossState is what loss recovery knows while something is in flight. An idle connection has none.
type lossState struct {
	rack    rackState
	undo    undoState
	prr     prrState
	saved   ccSaved
	min     minRTT
	latest  Time // see stamp
	probeAt Time // timer of armProbe
}

var lossPool = sync.Pool{New: func() any { return new(lossState) }}

// lossState gives it, a new one if there is none.
func (c *Conn) lossState() *lossState {
	if c.loss == nil {
		c.loss = lossPool.Get().(*lossState)
		*c.loss = lossState{latest: -1, probeAt: Never}
		if least := c.rec.minRTT; least > 0 {
			c.loss.min.sample(c.now, time.Duration(least)*time.Microsecond)
		}
	}
	return c.loss
}

// restLoss gives it back when nothing is in flight, unless a D-SACK may still come that says something about what was.
func (c *Conn) restLoss() {
	l := c.loss
	if l == nil || c.sndUna != c.sndNxt {
		return
	}
	if recent := c.now.Sub(c.lastSent) <= c.rtt.rto; recent && (l.rack.probing && l.rack.probeAgain || l.undo.on && l.undo.sent) {
		return
	}
	c.dropLoss()
}

func (c *Conn) dropLoss() {
	if c.loss != nil {
		if least := c.loss.min.get(); least > 0 {
			c.rec.minRTT = toMicros(least)
		}
		lossPool.Put(c.loss)
		c.loss = nil
	}
}

// stamp makes the time of a transmission: what is sent at one instant is told apart, and ordered, by a nanosecond.
func (c *Conn) stamp() Time {
	l := c.lossState()
	l.latest = max(c.now, l.latest+1)
	return l.latest
}
