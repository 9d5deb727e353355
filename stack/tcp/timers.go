package tcp

import (
	"cmp"
	"math"
	"time"
)

// The timers. Each is the instant when it fires, Never if it does not run; arm sets them, expire fires them and
// Deadline reports the first.
const (
	timerRetransmit = iota // RFC 6298; also for SYN and FIN
	timerPersist           // probes of a closed window, and the override of silly window avoidance
	timerDelayedAck        // RFC 9293 section 3.8.6.3
	timerKeepAlive         // section 3.8.4
	timerUser              // R2 of section 3.8.3
	timerClose             // end of TIME-WAIT, of an orphan's FIN-WAIT-2, and of lingering
	numTimers
)

// Deadline is when Output has to be called if nothing else is called before: the latest time that the connection
// knows when there is something to send, Never when only a segment or the program can bring news.
func (c *Conn) Deadline() Time {
	p := c.plan()
	if p.kind != planNone {
		return c.now
	}
	first := c.nextTimer()
	if p.paced {
		first = min(first, c.rec.pace.next)
	}
	return first
}

// Expire fires the timers that are due and gives the instant of the next, Never if none runs. It is for an owner whose link
// takes nothing: what the timers want to be sent waits for Output, and the connection gives up when its time is over all the same.
func (c *Conn) Expire(now Time) Time {
	c.tick(now)
	c.expire()
	return c.nextTimer()
}

// nextTimer is when the first of the timers fires.
func (c *Conn) nextTimer() Time {
	if c.state == Closed {
		return Never
	}
	first := c.timers[0]
	for _, t := range c.timers[1:] {
		first = min(first, t)
	}
	if c.loss != nil {
		first = min(first, c.loss.probeAt)
		if c.sndUna == c.sndNxt {
			first = min(first, c.lastSent.Add(c.rtt.rto+1)) // restLoss gives it back then
		}
	}
	return first
}

// outageTimeouts is how many timeouts without a word from the peer are an outage: R1 of RFC 9293 section 3.8.3.
const outageTimeouts = 3

// start starts a timer unless it runs.
func (c *Conn) start(timer int, d time.Duration) {
	if c.timers[timer] == Never {
		c.timers[timer] = c.now.Add(d)
	}
}

func (c *Conn) stop(timer int) { c.timers[timer] = Never }

// arm starts and stops the timers that follow from the state alone. Every call that may change it ends here.
func (c *Conn) arm() {
	c.count()
	if c.state == Closed {
		return
	}
	undelivered := c.undelivered()
	if c.loss != nil {
		c.loss.probeAt = c.keptProbe()
		c.restLoss()
	}
	switch {
	case c.state == TimeWait || !undelivered:
		c.stop(timerRetransmit)
		c.stop(timerPersist)
		c.probes, c.probeDue = 0, false
	case c.synchronized() && c.sndWnd == 0:
		c.stop(timerRetransmit)
		c.start(timerPersist, c.backedOff(c.probes))
	case c.sndUna != c.sndNxt:
		c.stop(timerPersist)
		c.probes, c.probeDue = 0, false
		c.start(timerRetransmit, c.rtoNow())
		c.armProbe()
	case c.synchronized():
		// Nothing is in flight that an ACK could answer: what the silly window rules hold back goes out by
		// override (RFC 9293 section 3.8.6.2.1).
		// What is paced goes out before that.
		wait := min(max(c.rtt.rto, 100*time.Millisecond), time.Second)
		if !c.rec.pace.allows(c.now) {
			wait += c.rec.pace.next.Sub(c.now)
		}
		c.start(timerPersist, wait)
	}

	c.stop(timerUser)
	if undelivered {
		c.timers[timerUser] = c.progress.Add(c.patience())
	}
	switch c.state {
	case Established, CloseWait, FinWait2:
		if c.alive().Enabled {
			c.start(timerKeepAlive, c.aliveIdle())
			break
		}
		fallthrough
	default:
		c.stop(timerKeepAlive)
	}
}

// patience is how long the peer may take nothing before the connection ends.
func (c *Conn) patience() time.Duration {
	d := cmp.Or(c.userTimeout, defaultUserTimeout)
	if c.synchronized() {
		return c.adopt(d)
	}
	limit, retries := c.cfg.synTimeout(), c.synRetries()
	if c.passive {
		limit = c.cfg.synAckTimeout()
	}
	if retries > 0 { // the count is the bound, beside the times that were given
		d = cmp.Or(c.userTimeout, math.MaxInt64)
		if limit = c.cfg.SynTimeout; c.passive {
			limit = c.cfg.SynAckTimeout
		}
		limit = cmp.Or(limit, math.MaxInt64)
	}
	return min(d, limit)
}

// synRetries is how often our SYN, or SYN-ACK, is sent again; 0 if the time decides.
func (c *Conn) synRetries() int {
	if c.passive {
		return c.cfg.SynAckRetries
	}
	return c.cfg.SynRetries
}

// rtoNow is the retransmission timeout with its back-off.
func (c *Conn) rtoNow() time.Duration { return c.backedOff(c.backoff) }

func (c *Conn) backedOff(times uint8) time.Duration {
	d, limit := c.rtt.rto, c.cfg.maxRTO()
	for ; times > 0 && d < limit; times-- {
		d *= 2
	}
	return min(d, limit)
}

// expired reports whether a timer fires, and stops it.
func (c *Conn) expired(timer int) bool {
	if c.timers[timer] > c.now {
		return false
	}
	c.stop(timer)
	return true
}

// expire does what the timers that are due stand for.
func (c *Conn) expire() {
	if c.state == Closed {
		return
	}
	if c.expired(timerClose) {
		c.closeTimeout()
		return
	}
	if c.expired(timerUser) {
		c.giveUp()
		return
	}
	if c.loss != nil && c.loss.probeAt <= c.now.Add(stampSlack) {
		c.loss.probeAt = Never
		c.probeExpired() // before the retransmission timer, which a probe puts off
	}
	if c.expired(timerRetransmit) {
		c.retransmitTimeout()
	}
	if c.expired(timerPersist) {
		c.probeDue = true
		if c.sndWnd == 0 {
			c.probes = min(c.probes+1, 64)
		}
	}
	if c.expired(timerDelayedAck) {
		c.ackDue, c.pace.chat = true, false
	}
	if c.expired(timerKeepAlive) {
		c.keepAliveTimeout()
	}
	c.arm()
}

// retransmitTimeout is RFC 6298 (5.4) to (5.6). The timer runs again from here, with twice the time.
func (c *Conn) retransmitTimeout() {
	c.backoff = min(c.backoff+1, 64)
	c.rec.silent = c.rec.silent || c.backoff == 1
	if c.cfg.Events != nil {
		c.event(Event{Kind: RetransmitTimeout, Seq: c.sndUna, N: int(c.backoff)})
	}
	if !c.synchronized() {
		if n := c.synRetries(); n > 0 && int(c.backoff) > n {
			c.giveUp()
			return
		}
		c.synDue, c.synMissed = true, true
		return
	}
	c.pathTimeout()
	c.recoverTimeout()
}

func (c *Conn) keepAliveTimeout() {
	switch {
	case c.undelivered():
		// The retransmission or persist timer looks after the peer; start again afterwards.
		c.start(timerKeepAlive, c.aliveIdle())
	case int(c.aliveSent) >= c.alive().count():
		c.giveUp()
	default:
		c.aliveSent++
		c.aliveDue = true
		c.start(timerKeepAlive, c.alive().interval())
	}
}

// heard notes that the peer lives. If it was silent through several timeouts an outage is over: what was to be sent again after a
// long back-off goes out as if there had been none. Once, so that a peer which can be heard, but does not hear us, changes
// nothing about the back-off.
func (c *Conn) heard() {
	if c.rec.silent && c.backoff >= outageTimeouts && c.timers[timerRetransmit] != Never {
		c.timers[timerRetransmit] = min(c.timers[timerRetransmit], max(c.lastSent.Add(c.rtt.rto), c.now))
	}
	c.rec.silent = false
	c.aliveSent, c.aliveDue = 0, false
	if c.timers[timerKeepAlive] != Never {
		c.timers[timerKeepAlive] = c.now.Add(c.aliveIdle())
	}
}

// enterTimeWait starts the 2 MSL timer, and restarts it.
func (c *Conn) enterTimeWait() {
	c.setState(TimeWait)
	c.timers[timerClose] = c.now.Add(c.cfg.timeWait())
}
