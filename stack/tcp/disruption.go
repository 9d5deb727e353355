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
