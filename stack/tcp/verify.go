package tcp

import (
	"fmt"
	"time"
)

// Verify reports the first of the rules that a connection has to keep and does not, nil if it keeps them all. It recomputes
// what is counted as it goes, so that it takes longer the more is in flight. It changes nothing. For tests and simulations,
// which ask it after every step; settled says that Output was called until there was nothing more to send.
func (c *Conn) Verify(settled bool) error {
	if c.state == Closed {
		return c.verifyClosed()
	}
	for _, verify := range verifiers {
		if err := verify(c); err != nil {
			return err
		}
	}
	d := c.Deadline()
	if settled && d <= c.now {
		return fmt.Errorf("nothing to send at %v, but the deadline is %v; timers %v", c.now, d, c.timers)
	}
	return c.verifyTimers(d)
}

// verifiers are the rules of an open connection. Each may rely on those before it.
var verifiers = [...]func(*Conn) error{
	(*Conn).verifySequence, (*Conn).verifyMemory, (*Conn).verifySent, (*Conn).verifyReceived, (*Conn).verifyCongestion,
}

// verifyClosed: nothing is kept but what can still be read.
func (c *Conn) verifyClosed() error {
	if c.snd.mem != nil || c.sent.n != 0 || c.asm.n != 0 || c.loss != nil {
		return fmt.Errorf("closed, with memory")
	}
	for i, t := range c.timers {
		if t != Never && c.cfg != nil {
			return fmt.Errorf("closed, with timer %d at %v", i, t)
		}
	}
	return nil
}

// verifySequence: the sequence variables are in order (RFC 9293 section 3.4), and nothing was sent beyond the largest window that
// the peer ever offered, one octet of a probe and the text of a SYN apart.
func (c *Conn) verifySequence() error {
	end := c.sndEnd
	if c.finQueued {
		end++
	}
	flight := uint32(c.sndNxt - c.sndUna)
	switch {
	case c.sndNxt.Less(c.sndUna) || end.Less(c.sndNxt):
		return fmt.Errorf("SND.UNA %d SND.NXT %d end %d not in order", c.sndUna-c.iss, c.sndNxt-c.iss, end-c.iss)
	case c.sent.una != c.sndUna || c.sent.nxt != c.sndNxt:
		return fmt.Errorf("scoreboard %d-%d, SND.UNA %d SND.NXT %d", c.sent.una-c.iss, c.sent.nxt-c.iss, c.sndUna-c.iss, c.sndNxt-c.iss)
	case c.synchronized() && flight > max(c.maxSndWnd+1, uint32(c.cfg.mss())+1):
		return fmt.Errorf("%d in flight, the largest window was %d", flight, c.maxSndWnd)
	case c.state == SynSent:
		return nil
	case c.rcvNxt.Less(c.ackSent):
		return fmt.Errorf("acknowledged %d, RCV.NXT %d", c.ackSent-c.irs, c.rcvNxt-c.irs)
	case c.finKnown && c.finSeq.Less(c.rcvNxt) != c.finRcvd, c.finRcvd && c.rcvNxt != c.finSeq+1:
		return fmt.Errorf("FIN at %d, received %v, RCV.NXT %d", c.finSeq-c.irs, c.finRcvd, c.rcvNxt-c.irs)
	}
	return nil
}

// verifyMemory: buffers, scoreboard and the ranges out of order stay within what the configuration allows, and what is empty has
// no memory.
func (c *Conn) verifyMemory() error {
	promised := int(int32(c.rcvAdv - c.rcvNxt))
	switch {
	case c.snd.n > c.cfg.sndBufMax() || c.rcv.extent > c.rcvSize():
		return fmt.Errorf("buffers hold %d and %d", c.snd.n, c.rcv.extent)
	case c.rcv.n == 0 && c.asm.empty() && c.rcv.mem != nil || c.snd.n == 0 && c.snd.mem != nil:
		return fmt.Errorf("an empty ring has memory")
	case c.rcv.mem != nil && len(c.rcv.mem.s) >= 2*max(c.rcvSize(), 64), c.snd.mem != nil && len(c.snd.mem.s) >= 2*max(c.cfg.sndBufMax(), 64):
		return fmt.Errorf("rings have %d and %d", len(c.rcv.mem.s), len(c.snd.mem.s))
	case c.cfg.Memory != nil && int(c.tune.counted) != c.rcv.memory()+c.snd.memory():
		return fmt.Errorf("rings have %d and %d bytes, %d counted", c.rcv.memory(), c.snd.memory(), c.tune.counted)
	case c.sent.n > 2*c.runLimit()+64:
		return fmt.Errorf("%d runs", c.sent.n)
	case c.sndUna == c.sndNxt && (c.sent.n != 0 || c.sent.mem != nil || c.sent.again != nil):
		return fmt.Errorf("nothing in flight, and a scoreboard of %d runs", c.sent.n)
	case c.synchronized() && !c.finRcvd && promised > c.rcvSize()-c.rcv.n:
		return fmt.Errorf("window %d with room for %d", promised, c.rcvSize()-c.rcv.n)
	}
	return nil
}

// verifyCongestion: the congestion window lets one segment out at least, what is believed to be in the network is what the
// scoreboard says, and the timeout stays within its bounds.
func (c *Conn) verifyCongestion() error {
	flight := uint32(c.sndNxt - c.sndUna)
	gone := c.rec.renoSacked + c.sent.sacked + c.sent.lost // verifySent has counted them
	least := min(c.cfg.minRTO(), c.cfg.initRTO())
	switch rto := c.rtoNow(); {
	case c.pipe() != flight-min(gone, flight):
		return fmt.Errorf("pipe %d, of %d in flight %d are gone", c.pipe(), flight, gone)
	case c.rec.renoSacked > flight || c.sackOK && c.rec.renoSacked > 0:
		return fmt.Errorf("duplicate ACKs for %d bytes, %d in flight, SACK %v", c.rec.renoSacked, flight, c.sackOK)
	case c.synchronized() && (int(c.rec.cwnd) < c.smss() || c.rec.cwnd > cwndLimit):
		return fmt.Errorf("cwnd %d, SMSS %d", c.rec.cwnd, c.smss())
	case rto < least || rto > c.cfg.maxRTO():
		return fmt.Errorf("RTO %v", rto)
	case c.path != nil && c.synchronized() && (c.mss > c.path.top || c.mss < minMSS):
		return fmt.Errorf("segments of %d, at most %d", c.mss, c.path.top)
	}
	return nil
}

// verifyTimers: what is to be delivered has a timer that is not too far away (RFC 9293 MUST-36), and no state lasts for ever
// because of us.
func (c *Conn) verifyTimers(deadline Time) error {
	first := min(c.timers[timerRetransmit], c.timers[timerPersist])
	if c.loss != nil {
		first = min(first, c.loss.probeAt)
	}
	// An RTO, or a PTO on a path with a round trip of minutes; behind what the pacer or a mark holds back (RFC 3168 section 6.1.2).
	longest := max(c.cfg.maxRTO(), 2*c.rtt.srtt+maxAckDelay, time.Second)
	held := max(c.rec.pace.next.Sub(c.now), 0)
	switch undelivered := c.undelivered(); {
	case undelivered && c.state != TimeWait && deadline == Never:
		return fmt.Errorf("undelivered data and no deadline")
	case undelivered && c.synchronized() && c.state != TimeWait && (held > longest || first > c.now.Add(held+longest)) && deadline > c.now:
		return fmt.Errorf("undelivered data, and nothing is tried until %v", first)
	case c.state == TimeWait && c.timers[timerClose] > c.now.Add(c.cfg.timeWait()):
		return fmt.Errorf("TIME-WAIT until %v", c.timers[timerClose])
	case c.state == FinWait2 && c.orphan && c.timers[timerClose] > c.now.Add(c.cfg.finWait2()):
		return fmt.Errorf("nobody reads, and FIN-WAIT-2 lasts until %v", c.timers[timerClose])
	case c.timers[timerDelayedAck] != Never && c.timers[timerDelayedAck] > c.now.Add(maxDelayedAck):
		return fmt.Errorf("ACK delayed until %v", c.timers[timerDelayedAck]) // MUST-40
	}
	return nil
}

// verifyReceived: the ranges out of order are disjoint, in order, behind RCV.NXT and as far as the ring holds them.
func (c *Conn) verifyReceived() error {
	rs := c.asm.ranges()
	for i, r := range rs {
		if !r.left.Less(r.right) || !c.rcvNxt.Less(r.left) || i > 0 && !rs[i-1].right.Less(r.left) {
			return fmt.Errorf("ranges %v with RCV.NXT %d", rs, c.rcvNxt)
		}
	}
	if len(rs) > 0 && int(rs[len(rs)-1].right-c.rcvNxt)+c.rcv.n != c.rcv.extent {
		return fmt.Errorf("ring up to %d, ranges %v", c.rcv.extent, rs)
	}
	if len(rs) == 0 && c.rcv.extent != c.rcv.n {
		return fmt.Errorf("ring up to %d with %d in order", c.rcv.extent, c.rcv.n)
	}
	return nil
}

func (c *Conn) verifySent() error { return c.sent.verify() }

// verify recomputes what the scoreboard counts, and that whatever may be lost will be judged.
func (b *scoreboard) verify() error {
	at, runs := b.una, 0
	reach := b.una // how far the SACKed runs up to here say that they reach
	var sacked, lost uint32
	for i := range b.n {
		r := b.run(i)
		size := uint32(r.end - at)
		switch state := r.flags & (runLost | runSacked); {
		case int32(size) <= 0:
			return fmt.Errorf("run %d is empty", i)
		case state == runSacked:
			sacked += size
			runs++
			if r.reach != r.end {
				if !b.endsBehind(r, r.reach) {
					return fmt.Errorf("run %d reaches into another", i)
				}
				reach = laterSeq(reach, r.reach)
			}
		case at.Less(reach):
			return fmt.Errorf("a run before run %d reaches too far", i)
		case state == runLost:
			lost += size
			if at.Less(b.firstLost) {
				return fmt.Errorf("lost run before the first")
			}
		case state != 0:
			return fmt.Errorf("run %d is lost and SACKed", i)
		case b.ordered && at.Less(b.judged) && r.flags&runResent == 0:
			return fmt.Errorf("run %d will not be judged", i)
		}
		at = r.end
	}
	if runs != int(b.sackedRuns) {
		return fmt.Errorf("%d SACKed runs, not %d", runs, b.sackedRuns)
	}
	if at != b.nxt || at.Less(reach) || sacked != b.sacked || lost != b.lost {
		return fmt.Errorf("scoreboard: %d runs end at %d of %d, sacked %d of %d, lost %d of %d", b.n, at, b.nxt, sacked, b.sacked, lost, b.lost)
	}
	return nil
}

// endsBehind says whether a run behind r ends at s.
func (b *scoreboard) endsBehind(r *sentRun, s Seq) bool {
	i := b.find(s - 1)
	return r.end.Less(s) && i < b.n && b.run(i).end == s
}
