package tcp

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
	congestionWindow
	cc congestionControl

	phase   CongestionPhase
	hurry   bool // the first lost segment goes out whatever cwnd says
	why     Reason
	dupAcks uint8
	recover Seq // SND.NXT when the loss was found

	// renoSacked stands for SACK where there is none: each duplicate ACK says that a segment has
	// left the network.
	renoSacked uint32

	// What is sent before this was sent with cwnd as the limit: only its acknowledgment makes cwnd grow.
	limitedUntil Seq

	resent uint32 // segments
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

// recoverAcked is loss detection and congestion control upon an acceptable ACK. news is what it acknowledged,
// sacks what its SACK blocks reported for the first time, dup whether it is a duplicate. flight is what was
// unacknowledged before.
func (c *Conn) recoverAcked(news, sacks acked, dup bool, flight uint32) {
	r, smss := &c.rec, uint32(c.smss())
	before := c.sndUna - Seq(news.bytes)
	wasLimited := before.Less(r.limitedUntil)

	if dup {
		r.dupAcks = min(r.dupAcks+1, 200)
		if !c.sackOK && r.phase != PhaseLoss {
			// At least the segment that is missing is still out there.
			r.renoSacked = min(r.renoSacked+smss, uint32(c.sndNxt-c.sndUna)-min(smss, uint32(c.sndNxt-c.sndUna)))
		}
	}
	if news.bytes > 0 {
		// The segment that filled the hole was not among those that duplicate ACKs stood for.
		if gone := news.bytes - min(smss, news.bytes); r.renoSacked > gone {
			r.renoSacked -= gone
		} else {
			r.renoSacked = 0
		}
		r.renoSacked = min(r.renoSacked, uint32(c.sndNxt-c.sndUna))
	}
	phase := r.phase
	newLoss := c.sackOK && sacks.bytes > 0 && c.sent.judge(int(smss))

	switch {
	case r.phase != PhaseOpen && news.bytes > 0 && r.recover.LessEq(c.sndUna):
		if r.phase == PhaseRecovery {
			r.cc.recovered(&r.congestionWindow, uint32(c.sndNxt-c.sndUna), smss)
			c.cwndEvent(Recovered)
		}
		r.phase, r.dupAcks, r.renoSacked, r.hurry = PhaseOpen, 0, 0, false

	case r.phase == PhaseRecovery && news.bytes > 0:
		// RFC 6582 section 3.2 step 3: a partial ACK shows the next hole.
		c.sent.markFirstLost(!c.sackOK)
		r.hurry, r.why = r.hurry || c.sent.lost > 0, PartialAck
		r.dupAcks = 0

	case r.phase == PhaseOpen:
		if news.bytes > 0 {
			r.dupAcks, r.renoSacked = 0, 0
		}
		// RFC 6582 section 3.2 step 1: duplicate ACKs that an earlier recovery caused start no new one.
		if (r.dupAcks >= dupThresh || newLoss) && c.sndUna != c.sndNxt && (r.recover.Less(c.sndUna) || newLoss) {
			c.enterRecovery(flight)
		}
	}
	if news.bytes > 0 && wasLimited && phase != PhaseRecovery && r.phase != PhaseRecovery {
		cwnd := r.cwnd
		r.cc.acked(&r.congestionWindow, ccAck{now: c.now, bytes: news.bytes, smss: smss, timeout: phase == PhaseLoss})
		if r.cwnd != cwnd {
			c.cwndEvent(Acknowledged)
		}
	}
}

func (c *Conn) enterRecovery(flight uint32) {
	r := &c.rec
	r.phase, r.recover, r.hurry, r.why = PhaseRecovery, c.sndNxt, true, DuplicateAcks
	c.sent.markFirstLost(true)
	r.cc.lost(&r.congestionWindow, flight, uint32(c.smss()))
	c.cwndEvent(DuplicateAcks)
}

// recoverTimeout is RFC 5681 section 3.1 and RFC 6675 section 5.1: everything unacknowledged counts as lost, and one
// segment goes out.
func (c *Conn) recoverTimeout() {
	r := &c.rec
	again := c.backoff > 1
	r.cc.timeout(&r.congestionWindow, uint32(c.sndNxt-c.sndUna), uint32(c.smss()), again)
	r.phase, r.recover, r.dupAcks, r.renoSacked = PhaseLoss, c.sndNxt, 0, 0
	r.why = TimedOut
	c.sent.markAllLost()
	c.cwndEvent(TimedOut)
}

// recoverWindow sends again what went to a window that was closed: the peer had no room for it. This is not
// congestion.
func (c *Conn) recoverWindow() {
	c.sent.markAllLost()
	c.rec.renoSacked, c.rec.hurry, c.rec.why = 0, true, WindowOpened
}

// resumeIdle is RFC 5681 section 4.1: after an idle time cwnd says nothing about the network.
func (c *Conn) resumeIdle() {
	if iw := initialWindow(uint32(c.smss()), false); c.rec.cwnd > iw && c.now.Sub(c.lastSent) > c.rtoNow() {
		c.rec.cwnd = iw
		c.cwndEvent(Idle)
	}
}

func (c *Conn) cwndEvent(why Reason) {
	if c.cfg.Events != nil {
		c.event(Event{Kind: CwndChange, Reason: why, Seq: c.sndUna, N: int(c.rec.cwnd), Ssthresh: int(c.rec.ssthresh)})
	}
}
