package tcp

import (
	"time"
)

// Algorithm is a congestion control.
type Algorithm uint8

const (
	Cubic   Algorithm = iota // RFC 9438 with HyStart++ (RFC 9406); the default
	NewReno                  // RFC 5681, RFC 6582
	BBR                      // version 3, draft-ietf-ccwg-bbr-05
	numAlgorithms
)

var algorithmNames = [numAlgorithms]string{"cubic", "newreno", "bbr"}

func (a Algorithm) String() string {
	if int(a) < len(algorithmNames) {
		return algorithmNames[a]
	}
	return "?"
}

// AlgorithmNames are the names that ParseAlgorithm knows, the default first.
func AlgorithmNames() []string { return algorithmNames[:] }

// ParseAlgorithm gives the congestion control with that name, as String has it.
func ParseAlgorithm(name string) (a Algorithm, ok bool) {
	for i, n := range algorithmNames {
		if n == name {
			return Algorithm(i), true
		}
	}
	return 0, false
}

// control makes the state of the algorithm for one connection. seed is for what it decides by chance.
func (a Algorithm) control(abe bool, seed uint32) congestionControl {
	switch a {
	case NewReno:
		return &newReno{abe: abe}
	case BBR:
		return newBBR(seed)
	}
	return &cubic{abe: abe}
}

// cwndLimit keeps cwnd far from overflow: no window is larger.
const cwndLimit = 1 << 30

// congestionWindow is what congestion control decides. Both are bytes.
type congestionWindow struct {
	cwnd, ssthresh uint32
}

func (w *congestionWindow) grow(n uint32) { w.cwnd = min(w.cwnd+min(n, cwndLimit), cwndLimit) }

// controller is an algorithm's state on a connection, which may be at rest while nothing is in flight: in less memory, if it has
// much. awake gives it for use.
type controller interface {
	awake(now Time) congestionControl
}

// congestionControl moves the congestion window. It is told what happened; what is lost, when it is sent again, and
// how cwnd comes down to ssthresh during recovery (PRR) is the business of recovery.go, whatever the algorithm.
//
// recovery.go and output.go do not call it themselves but ccAcked, ccLost, ccMarked, ccRecovered, ccTimeout, ccUndo
// and ccSent, which gather the arguments.
type congestionControl interface {
	controller

	// acked: an ACK reported that something arrived, or other runs were declared lost.
	acked(w *congestionWindow, a ccAck)

	// lost: the first loss of a window was found. Sets both, ssthresh to what recovery ends with. saved takes what undo needs.
	lost(w *congestionWindow, s ccState, saved *ccSaved)

	// marked: the peer echoed congestion experienced, for the first time in this window (RFC 3168 section 6.1.2).
	marked(w *congestionWindow, s ccState)

	// recovered: everything sent before the loss was found has arrived; from is PhaseRecovery, or PhaseLoss after a
	// timeout.
	recovered(w *congestionWindow, s ccState, from CongestionPhase)

	// timeout: the retransmission timer expired; again if not for the first time on this segment. Then saved is not touched.
	timeout(w *congestionWindow, s ccState, again bool, saved *ccSaved)

	// undo: the latest lost or timeout, of which saved is, was for nothing. What it did is taken back.
	undo(w *congestionWindow, s ccState, saved *ccSaved)

	// resumed: something is about to be sent and nothing is in flight.
	resumed(w *congestionWindow, s ccState)

	// rate is how fast to send, in bytes a second; 0 if the algorithm has no opinion.
	rate() uint64

	// sent: n bytes went out; s.pipe has them. Called only if congestion.model.
	sent(w *congestionWindow, s ccState, n uint32)

	// exhausted: there is nothing more to send, though cwnd would allow it. Called only if congestion.model.
	exhausted(s ccState)

	// rest: nothing is in flight, after exhausted, and nothing can be undone. Gives what is kept instead. Called only if
	// congestion.model.
	rest() controller
}

// ccSaved is what a loss may have to give back (RFC 4015). It is kept with lossState, not by those who have nothing in flight.
type ccSaved struct {
	congestionWindow
	cubic cubicState
}

// ccState is the connection as a congestion control sees it. Lengths are bytes.
type ccState struct {
	now      Time
	una, nxt Seq
	smss     uint32
	flight   uint32        // unacknowledged: FlightSize of RFC 5681. With an ACK, before it.
	pipe     uint32        // believed to be in the network, after the ACK
	srtt     time.Duration // 0: never measured
	sack     bool
	bursts   bool // are no worry: paced, or Config.NoSlowStartLimit
}

// ccAck is what a congestion control learns from an acknowledgment.
type ccAck struct {
	ccState
	bytes     uint32          // newly acknowledged
	delivered uint32          // newly acknowledged or SACKed
	lost      uint32          // declared lost since the ACK before
	lostAt    Time            // when the latest of that had been sent
	newest    Time            // when what was sent last among the delivered had been sent
	rtt       time.Duration   // of that, negative if it was sent more than once
	phase     CongestionPhase // before the ACK
	limited   bool            // cwnd was what limited sending when this was in flight (RFC 7661)
	grow      bool            // cwnd may grow: bytes > 0, limited, and nothing is recovered
}

// congestion is the part of a connection that has to do with congestion control.
type congestion struct {
	congestionWindow
	cc    controller // nil while nothing was sent; see control
	pace  pacer
	model bool // BBR: cwnd comes from a model of the path, in recovery, too, so that PRR leaves it alone; always paced

	markedSeen  uint32 // scoreboard.marked, as far as told to cc
	ecnUntil    Seq    // marks of what was sent before this were answered
	flight      uint32 // what was unacknowledged before the latest ACK
	validatedAt Time   // when cwnd was last known to be made use of (RFC 7661)
}

// initialWindow is RFC 6928 section 2, or one segment if our SYN was lost, more than once (RFC 5681 section 3.1).
func initialWindow(smss uint32, synLost bool) uint32 {
	if synLost {
		return smss
	}
	return min(10*smss, max(2*smss, 14600))
}

// startCongestion begins congestion control when the connection is established.
func (c *Conn) startCongestion() {
	r := &c.rec
	r.cwnd, r.ssthresh = initialWindow(uint32(c.smss()), c.synMissed && r.resent > 1), cwndLimit
	r.model = c.cfg.Congestion == BBR
	r.pace = pacer{on: c.cfg.Pacing || r.model}
	r.ecnUntil, r.validatedAt = c.sndUna-1, c.now
}

// control gives the algorithm's state, which a connection has that sends something.
func (c *Conn) control() congestionControl {
	if c.rec.cc == nil {
		c.rec.cc = c.cfg.Congestion.control(c.cfg.ABE, uint32(c.iss))
	}
	cc := c.rec.cc.awake(c.now)
	if c.rec.model {
		c.rec.cc = cc
	}
	return cc
}

func (c *Conn) ccState(flight uint32) ccState {
	return ccState{
		now: c.now, una: c.sndUna, nxt: c.sndNxt, smss: uint32(c.smss()), flight: flight, pipe: c.pipe(),
		srtt: c.rtt.srtt, sack: c.sackOK, bursts: c.rec.pace.on || c.cfg.NoSlowStartLimit,
	}
}

// ccAcked tells of an acceptable ACK; phase and limited are as they were before it. To be called for each one
// with which anything arrived or was declared lost, after the scoreboard knows and after a change of phase.
func (c *Conn) ccAcked(n *ackNews, phase CongestionPhase, limited bool) {
	r, news, sacks := &c.rec, n.news, n.sacks
	a := ccAck{
		ccState: c.ccState(n.flight), bytes: news.bytes, delivered: news.fresh + sacks.fresh,
		lost: c.sent.marked - r.markedSeen, lostAt: c.sent.markedAt, phase: phase, limited: limited, rtt: -1,
	}
	r.markedSeen = c.sent.marked
	if a.bytes == 0 && a.delivered == 0 && a.lost == 0 {
		return
	}
	if a.delivered > 0 {
		news.combine(sacks)
		if a.newest = news.newest; !news.newestResent {
			a.rtt = c.now.Sub(a.newest)
		}
	}
	a.grow = news.bytes > 0 && limited && !n.marked && phase != PhaseRecovery && r.phase != PhaseRecovery
	c.validate(n.flight)
	cwnd := r.cwnd
	c.control().acked(&r.congestionWindow, a)
	if r.cwnd != cwnd {
		c.cwndEvent(Acknowledged)
	}
}

// ccLost tells of the first loss of a window, found with flight bytes unacknowledged.
func (c *Conn) ccLost(flight uint32) {
	c.control().lost(&c.rec.congestionWindow, c.ccState(flight), &c.lossState().saved)
	c.ecnReduced()
}

// ccRecovered tells that recovery is over.
func (c *Conn) ccRecovered(from CongestionPhase) {
	c.control().recovered(&c.rec.congestionWindow, c.ccState(uint32(c.sndNxt-c.sndUna)), from)
}

// ccTimeout tells that the retransmission timer expired; again if not for the first time in a row.
func (c *Conn) ccTimeout(again bool) {
	flight := uint32(c.sndNxt - c.sndUna)
	if c.rec.phase == PhaseRecovery && !c.rec.model {
		flight = min(flight, c.rec.ssthresh) // what is SACKed has left the network, and this window was reduced already
	} else {
		flight = c.withinCwnd(flight)
	}
	c.control().timeout(&c.rec.congestionWindow, c.ccState(flight), again, &c.lossState().saved)
	c.ecnReduced()
}

// ccUndo tells that what ccLost or ccTimeout was called for last did not happen: nothing was lost.
func (c *Conn) ccUndo() {
	c.control().undo(&c.rec.congestionWindow, c.ccState(uint32(c.sndNxt-c.sndUna)), &c.lossState().saved)
}

// ccMarked tells that the peer echoes congestion experienced. It counts once in each window of data, and not while a
// loss is answered already (RFC 3168 section 6.1.2). It reports whether it did, so that CWR is to be set.
func (c *Conn) ccMarked() bool {
	r := &c.rec
	// The ACK that reaches ecnUntil is for text of that window, and CWR has not come to the peer before what is behind it.
	flight := max(uint32(c.sndNxt-c.sndUna), r.flight)
	if c.sndUna.LessEq(r.ecnUntil) || r.phase != PhaseOpen || flight == 0 {
		return false
	}
	r.ecnUntil = c.sndNxt
	c.undoNever()
	if !r.model {
		r.limitedUntil = c.sndUna // what went out under a larger cwnd makes this one grow no more
		if r.cwnd <= uint32(c.smss()) {
			// It cannot become smaller: the next segment waits as long as a timeout takes.
			c.stop(timerRetransmit)
			r.pace.hold(c.now.Add(c.rtoNow()))
		}
	}
	c.control().marked(&r.congestionWindow, c.ccState(flight))
	c.cwndEvent(CongestionExperienced)
	return true
}

// ccSent tells that n bytes of text went out, for the first time or again.
func (c *Conn) ccSent(n int) {
	r := &c.rec
	if r.model {
		c.control().sent(&r.congestionWindow, c.ccState(uint32(c.sndNxt-c.sndUna)), uint32(n))
	}
	if r.pace.on {
		r.pace.sent(c.now, n, c.paceRate(), c.smss())
	}
}

// noteLimited notes whether cwnd is made use of, when something was sent: only then its acknowledgment makes cwnd grow. There is
// no room for another segment, whether one waits or not (RFC 9438 section 5.8); in slow start half is enough (RFC 7661 section
// 4.2), since cwnd would have to double first.
func (c *Conn) noteLimited() {
	r, pipe := &c.rec, c.pipe()
	if pipe+uint32(c.smss()) > r.cwnd || !r.model && r.cwnd < r.ssthresh && pipe >= r.cwnd/2 {
		r.limitedUntil = c.sndNxt
	}
}

// ccIdle is told when Output finds nothing to send.
func (c *Conn) ccIdle(p *plan) {
	c.rec.pace.waits = p.paced
	switch {
	case p.cwndLimited:
		if c.rec.phase != PhaseOpen || c.pipe() <= c.rec.cwnd { // else a mark has brought it down since
			c.rec.limitedUntil = c.sndNxt
		}
	case c.rec.model && !p.paced && c.unsent() == 0 && c.sent.lost == 0 && c.synchronized():
		cc, awake := c.rec.cc.(congestionControl)
		if !awake {
			break
		}
		cc.exhausted(c.ccState(uint32(c.sndNxt - c.sndUna)))
		if c.loss == nil {
			c.rec.cc = cc.rest()
		}
	}
}

// resumeIdle is RFC 5681 section 4.1: after an idle time cwnd says nothing about the network. It is called when
// something is about to be sent and nothing is in flight. ssthresh keeps the memory of what there was (RFC 7661
// section 4.3).
func (c *Conn) resumeIdle() {
	r := &c.rec
	if r.model {
		c.control().resumed(&r.congestionWindow, c.ccState(0))
		return
	}
	iw := initialWindow(uint32(c.smss()), false)
	switch {
	case c.cfg.KeepCwnd:
		c.validate(0)
	case r.cwnd > iw && c.now.Sub(c.lastSent) > c.rtoNow():
		r.ssthresh = max(r.ssthresh, r.cwnd/4*3)
		r.cwnd = iw
		r.validatedAt = c.now
		c.cwndEvent(Idle)
	}
	c.control().resumed(&r.congestionWindow, c.ccState(0))
}

// nonValidated is how long a window that is not made use of may be kept (RFC 7661 section 4.4).
const nonValidated = 5 * time.Minute

// validate is RFC 7661 for a window of which less than half has been in flight for a long time: it is halved, down to
// the initial window, and ssthresh remembers.
func (c *Conn) validate(flight uint32) {
	r := &c.rec
	iw := initialWindow(uint32(c.smss()), false)
	if r.model || flight >= r.cwnd/2 || r.cwnd <= iw {
		r.validatedAt = c.now
		return
	}
	before := r.cwnd
	for r.cwnd > iw && c.now.Sub(r.validatedAt) > nonValidated {
		r.ssthresh = max(r.ssthresh, r.cwnd/4*3)
		r.cwnd = max(r.cwnd/2, iw)
		r.validatedAt = r.validatedAt.Add(nonValidated)
	}
	if r.cwnd != before {
		c.cwndEvent(Idle)
	}
}

func (c *Conn) cwndEvent(why Reason) {
	if c.cfg.Events != nil {
		c.event(Event{Kind: CwndChange, Reason: why, Seq: c.sndUna, N: int(c.rec.cwnd), Ssthresh: int(c.rec.ssthresh)})
	}
}
