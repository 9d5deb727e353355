package tcp

// Disrupted is an ICMP error that says that the network or the host of the peer cannot be reached now, about the segment at seq.
// If that is the one being repeated, it got lost by a broken link and not by congestion: one doubling of the timeout is taken back
// (RFC 6069 section 4.2).
func (c *Conn) Disrupted(now Time, seq Seq) {
	c.tick(now)
	if !c.synchronized() || c.state == TimeWait || seq != c.sndUna || c.sndUna == c.sndNxt ||
		c.backoff == 0 || c.rec.phase != PhaseLoss || c.timers[timerRetransmit] == Never {
		return
	}
	c.backoff--
	c.timers[timerRetransmit] = max(c.now, c.lastSent.Add(c.rtoNow()))
	c.arm()
}

// Reconnected says that the link that the connection uses was down and is up again: what is being repeated got lost by that, so that all
// doublings of the timeout are taken back, and it is mostly due at once (in the spirit of RFC 6069, which has ICMP errors for a sign).
func (c *Conn) Reconnected(now Time) {
	c.tick(now)
	if !c.synchronized() || c.state == TimeWait || c.sndUna == c.sndNxt || c.backoff == 0 || c.timers[timerRetransmit] == Never {
		return
	}
	c.backoff = 0
	c.timers[timerRetransmit] = max(c.now, c.lastSent.Add(c.rtoNow()))
	c.arm()
}
