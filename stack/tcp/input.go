package tcp

import (
	"time"

	"smoltcp/dissect"
)

// arrival is the segment being processed: what is left of it after each step.
type arrival struct {
	Segment
	wnd    uint32 // SEG.WND, scaled
	newest bool   // its timestamp is the one to echo, if its ACK is acceptable
}

// fin reports whether the FIN is still part of the segment.
func (s *arrival) fin() bool { return s.Flags.Has(dissect.FIN) }

// end is the number behind the text.
func (s *arrival) end() Seq { return s.Seq + Seq(len(s.Payload)) }

// Input takes a segment that arrived for the connection: SEGMENT ARRIVES of RFC 9293 section 3.10.7. What is to
// be answered comes from Output.
func (c *Conn) Input(now Time, segment *Segment) {
	c.tick(now)
	s := arrival{Segment: *segment, wnd: uint32(segment.Window)}
	if !s.Flags.Has(dissect.SYN) {
		s.wnd <<= c.sndScale // RFC 7323 section 2.3: a SYN's window is never scaled
	}
	switch c.state {
	case Closed:
		c.inputClosed(&s)
	case SynSent:
		c.inputSynSent(&s)
	default:
		c.inputOther(&s)
	}
	c.arm()
}

// inputClosed is section 3.10.7.1.
func (c *Conn) inputClosed(s *arrival) {
	c.dropped(NoConnection, 0)
	if r := resetFor(&s.Segment); r.due {
		c.reset = r
	}
}

// inputSynSent is section 3.10.7.3.
func (c *Conn) inputSynSent(s *arrival) {
	// First, the ACK bit.
	hasAck := s.Flags.Has(dissect.ACK)
	if hasAck && (s.Ack.LessEq(c.iss) || c.sndNxt.Less(s.Ack)) {
		c.dropped(AckUnsent, 0)
		c.replyReset(s)
		return
	}
	// Second, the RST bit. Only one that acknowledges our SYN is believed (RFC 5961 section 3.2).
	if s.Flags.Has(dissect.RST) {
		if hasAck {
			c.end(ErrRefused)
		} else {
			c.dropped(ResetNotExact, 0)
		}
		return
	}
	// Third, security: RFC 9293 leaves it to those who need it.
	// Fourth, the SYN bit; fifth, neither SYN nor RST.
	if !s.Flags.Has(dissect.SYN) {
		c.dropped(NotASyn, 0)
		return
	}
	offered := Seq(c.synWindow())
	c.receiveSyn(&s.Segment)
	c.rcvAdv = c.rcvNxt + offered // what our SYN advertised
	if !hasAck {
		// Simultaneous open.
		c.holdSynText(&s.Segment)
		c.ecnTakeSyn(&s.Segment)
		c.setState(SynReceived)
		c.synDue = true
		return
	}
	c.ackDue = true
	c.stop(timerRetransmit)
	c.takeAck(s.Ack, s.Options)
	c.synText = c.fast != nil && c.iss+1 != s.Ack && s.Ack == c.sndNxt
	c.ecnTakeSynAck(&s.Segment)
	c.establish(s)
	c.synTextRefused()
	// What came with the SYN begins behind it.
	s.Seq++
	s.Flags &^= dissect.SYN
	c.trim(s)
	c.checkUrgent(s)
	c.segmentText(s)
	c.checkFin(s)
}

// receiveSyn takes the peer's number and options from its SYN.
func (c *Conn) receiveSyn(s *Segment) {
	o := &s.Options
	c.irs, c.rcvNxt, c.rcvAdv = s.Seq, s.Seq+1, s.Seq+1
	c.rcvUp, c.ackSent = c.rcvNxt, c.rcvNxt
	c.sndWnd, c.maxSndWnd = uint32(s.Window), uint32(s.Window)
	c.sndWl1, c.sndWl2 = s.Seq, s.Ack

	mss := c.cfg.defaultMSS()
	if o.MSS != 0 {
		mss = max(int(o.MSS), minMSS)
	}
	c.mss = uint16(min(mss, c.cfg.mss()))
	c.sackOK = o.SACKPermitted && !c.cfg.NoSACK
	c.takeUserTimeout(o)
	if c.scaleOK = o.HasWindowScale && !c.cfg.NoWindowScale; c.scaleOK {
		c.sndScale = min(o.WindowScale, maxScale)
		c.rcvScale = c.cfg.rcvScale()
	}
	if c.tsOK = o.HasTimestamps && !c.cfg.NoTimestamps; c.tsOK {
		c.tsRecent, c.tsRecentAt = o.TSVal, c.now
	}
}

// establish enters ESTABLISHED, with the window of the segment that acknowledged our SYN.
func (c *Conn) establish(s *arrival) {
	c.sndWnd = s.wnd
	c.maxSndWnd = max(c.maxSndWnd, s.wnd)
	c.sndWl1, c.sndWl2 = s.Seq, s.Ack
	c.backoff = 0
	c.ackDue = c.ackDue || c.synDue && !c.passive // the peer of a simultaneous open waits for a SYN-ACK not sent yet
	c.synDue = false
	if c.synMissed {
		c.rtt.rto = max(c.rtt.rto, 3*time.Second) // RFC 6298 (5.7)
	}
	c.pathEstablished()
	c.userTimeoutOpened()
	c.sent.ordered = c.sackOK
	if !c.early() {
		c.startCongestion()
	}
	c.fast = nil
	c.lastSent, c.progress = c.now, c.now
	c.setState(Established)
	if c.finQueued {
		c.enterClosing()
	}
}

// inputOther is section 3.10.7.4: the steps that every other state has in common, in the order of the text. A step
// that gives false is the last.
func (c *Conn) inputOther(s *arrival) {
	_ = c.checkSequence(s) && // first
		c.checkReset(s) && // second; third is security
		c.checkSyn(s) && // fourth
		c.checkAck(s) && // fifth
		c.takeOptions(s) &&
		c.checkECN(s) && // RFC 3168
		c.checkUrgent(s) && // sixth
		c.segmentText(s) && // seventh
		c.checkFin(s) // eighth
}

// checkSequence lets segments pass that have something in the receive window, and cuts off the rest of them.
func (c *Conn) checkSequence(s *arrival) bool {
	if s.Flags.Has(dissect.RST) {
		return true // has rules of its own, and does not need a timestamp
	}
	if c.state == SynReceived && s.Flags.Has(dissect.SYN) && s.Seq == c.irs {
		if c.passive || !s.Flags.Has(dissect.ACK) {
			// Our SYN-ACK got lost, or is slow: the peer wants it again.
			c.dropped(SynRepeated, 0)
			c.synDue = true
			if c.passive && !c.ecnTakeSynAgain(&s.Segment) {
				c.abort(ErrReset, ECNConflict)
			}
			return false
		}
		// The SYN-ACK of a simultaneous open (figure 8): its SYN is known already.
		s.Seq++
		s.Flags &^= dissect.SYN
	}
	if c.tsOK && !c.checkTimestamp(s) {
		return false
	}

	// A segment is acceptable if any of it lies in the window. The right edge counts as inside: there may stand an
	// ACK of a peer that filled the window, and ACK, URG and RST count also when it is closed.
	wnd := c.rcvWnd()
	inside := uint32(s.Seq-c.rcvNxt) <= wnd
	if !inside && s.Seq.Less(c.rcvNxt) {
		inside = c.rcvNxt.Less(s.Seq + Seq(s.Len()))
	}
	if !inside && c.besideWindow(s) {
		c.replyAck(s, OutOfWindow)
		return true
	}
	if !inside {
		c.dropped(OutOfWindow, 0)
		if c.state == TimeWait && s.fin() {
			c.enterTimeWait() // the FIN again: our ACK got lost
		}
		if n := Seq(len(s.Payload)); n > 0 && c.sackOK && s.Seq.Less(c.rcvNxt) {
			c.asm.dup = seqRange{s.Seq, s.Seq + n}
		}
		c.replyAck(s, OutOfWindow)
		return false
	}
	// RFC 7323 section 4.3 (2): what the next ACK echoes is the timestamp of the earliest segment that it answers.
	s.newest = c.tsOK && s.Options.HasTimestamps && s.Seq.LessEq(c.ackSent)
	if !s.Flags.Has(dissect.SYN) {
		c.trim(s)
	}
	return true
}

// takeOptions believes the options of a segment whose number and ACK are acceptable. A timestamp that was believed before that would
// have whoever guesses a number in the window turn PAWS against the peer (RFC 5961 section 5).
func (c *Conn) takeOptions(s *arrival) bool {
	if s.newest {
		c.tsRecent, c.tsRecentAt = s.Options.TSVal, c.now
	}
	c.takeUserTimeout(&s.Options)
	return true
}

// besideWindow reports whether a segment without text, one number off, is the ACK of a peer that probes our closed
// window: whether its octet was taken is what neither side knows. When both probe, and nobody looked at such ACKs,
// none would ever get through.
func (c *Conn) besideWindow(s *arrival) bool {
	if s.Len() > 0 || !c.synchronized() {
		return false
	}
	probing := c.sndWnd == 0 && c.sndUna != c.sndNxt
	return s.Seq == c.rcvNxt-1 && probing || s.Seq == c.rcvNxt+1 && c.rcvWnd() == 0
}

// checkTimestamp is PAWS (RFC 7323 section 5), and drops what has no timestamp (section 3.2). A SYN passes without,
// to be challenged; so does the ACK that ends the handshake, since there are peers that forget it there.
func (c *Conn) checkTimestamp(s *arrival) bool {
	if !s.Options.HasTimestamps {
		if c.state == SynReceived || s.Flags.Has(dissect.SYN) || c.cfg.TolerateMissingTimestamps {
			return true
		}
		c.dropped(MissingTimestamp, 0)
		return false
	}
	const outdated = 24 * 24 * time.Hour
	if int32(s.Options.TSVal-c.tsRecent) >= 0 || c.now.Sub(c.tsRecentAt) > outdated {
		return true
	}
	c.dropped(OldTimestamp, 0)
	c.replyAck(s, OldTimestamp)
	return false
}

// trim cuts off what lies outside of the receive window. A FIN outside, or behind text that is, goes too.
func (c *Conn) trim(s *arrival) {
	if s.Seq.Less(c.rcvNxt) {
		old := min(int(c.rcvNxt-s.Seq), len(s.Payload))
		if s.Flags.Has(dissect.URG) {
			s.Urgent -= min(s.Urgent, uint16(min(c.rcvNxt-s.Seq, 65535)))
		}
		if old > 0 {
			c.ackDue = true
			if c.sackOK {
				c.asm.dup = seqRange{s.Seq, s.Seq + Seq(old)}
			}
		}
		s.Payload = s.Payload[old:]
		s.Seq = c.rcvNxt
	}
	if excess := int(int32(s.end() - (c.rcvNxt + Seq(c.rcvWnd())))); excess > 0 {
		excess = min(excess, len(s.Payload))
		if excess > 0 {
			c.dropped(OutOfWindow, excess)
			s.Payload = s.Payload[:len(s.Payload)-excess]
			s.Flags &^= dissect.FIN
			c.ackDue = true // also the answer to a window probe
		}
	}
}

// checkReset believes a RST at exactly RCV.NXT (RFC 5961 section 3.2).
func (c *Conn) checkReset(s *arrival) bool {
	if !s.Flags.Has(dissect.RST) {
		return true
	}
	switch ahead := uint32(s.Seq - c.rcvNxt); {
	case ahead == 0 && c.state == TimeWait:
		c.dropped(ResetTimeWait, 0)
	case ahead == 0 && c.state == SynReceived && !c.passive:
		c.end(ErrRefused)
	case ahead == 0:
		c.end(ErrReset)
	case ahead < c.rcvWnd():
		c.dropped(ResetNotExact, 0)
		c.challenge(ResetNotExact)
	default:
		c.dropped(OutOfWindow, 0)
	}
	return false
}

// checkSyn answers a SYN with an ACK whatever its number: a peer that has restarted replies with a RST
// (RFC 5961 section 4.2).
func (c *Conn) checkSyn(s *arrival) bool {
	if !s.Flags.Has(dissect.SYN) {
		return true
	}
	c.dropped(SynInWindow, 0)
	if c.state == SynReceived && c.passive {
		c.end(ErrReset) // back to LISTEN
		return false
	}
	c.challenge(SynInWindow)
	return false
}

func (c *Conn) checkAck(s *arrival) bool {
	if !s.Flags.Has(dissect.ACK) {
		c.dropped(MissingAck, 0)
		return false
	}
	if c.state == SynReceived {
		if s.Ack.LessEq(c.sndUna) || c.sndNxt.Less(s.Ack) {
			c.dropped(AckUnsent, 0)
			c.replyReset(s)
			return false
		}
		c.stop(timerRetransmit)
		c.takeAck(s.Ack, s.Options)
		held, early := c.fast, c.early()
		c.establish(s)
		if early && s.Options.NumSACK > 0 {
			c.processAck(s) // text is in flight already, and some of it arrived
		}
		return c.takeHeldText(held, s)
	}
	// RFC 5961 section 5: an ACK far in the past is as suspect as one of what was never sent.
	if c.sndNxt.Less(s.Ack) {
		c.dropped(AckUnsent, 0)
		c.replyAck(s, AckUnsent)
		return false
	}
	if s.Ack.Less(c.sndUna - Seq(c.maxSndWnd)) {
		c.dropped(AckTooOld, 0)
		c.replyAck(s, AckTooOld)
		return false
	}
	c.heard()
	if c.state == TimeWait {
		return true
	}
	c.processAck(s)
	return c.ackOfFin()
}

// processAck is what ESTABLISHED does with an acceptable ACK, and every later state too.
func (c *Conn) processAck(s *arrival) {
	flight := uint32(c.sndNxt - c.sndUna)
	if flight == 0 && s.wnd == c.sndWnd && s.Ack == c.sndUna && s.Options.NumSACK == 0 {
		c.sndWl1, c.sndWl2 = laterSeq(c.sndWl1, s.Seq), laterSeq(c.sndWl2, s.Ack)
		return // nothing to learn
	}
	n := ackNews{view: c.ackView(&s.Options), ack: s.Ack, flight: flight, marked: c.ecn.feedback == ecnClassic && s.Flags.Has(dissect.ECE)}
	var news, sacks acked
	if c.sndUna.Less(s.Ack) {
		news = c.takeAck(s.Ack, s.Options)
	}
	if c.sackOK {
		n.findDuplicate(&s.Options)
		for _, b := range s.Options.SACK[:min(s.Options.NumSACK, len(s.Options.SACK))] {
			a := c.sent.sack(Seq(b.Left), Seq(b.Right), &n.view, c.runLimit())
			sacks.bytes += a.bytes
			sacks.combine(a)
			if a.timed && !sacks.timed {
				sacks.timed, sacks.sentAt = true, a.sentAt
			}
		}
		if sacks.timed {
			c.lossState().min.sample(c.now, c.now.Sub(sacks.sentAt))
		}
		if sacks.timed && news.bytes == 0 {
			c.sampleRTT(c.now.Sub(sacks.sentAt))
		}
	}
	// RFC 5681 section 2. With SACK, an ACK that reports something new is one whatever else it brings (RFC 6675
	// section 2).
	dup := news.bytes == 0 && s.Ack == c.sndUna && c.sndUna != c.sndNxt &&
		(sacks.bytes > 0 || len(s.Payload) == 0 && !s.fin() && s.wnd == c.sndWnd && s.Options.NumSACK == 0)

	opened := c.updateWindow(s, news.bytes > 0)
	if c.sndUna == s.Ack && c.sndWnd == 0 && !c.orphan {
		c.progress = c.now // it answers our probes: MUST-37. What no program waits for cannot be held up so.
	}
	n.news, n.sacks, n.dup, n.all = news, sacks, dup, news
	n.all.combine(sacks)
	c.recoverAcked(&n)
	if opened && c.sndUna != c.sndNxt {
		c.recoverWindow()
	}
}

// takeAck advances SND.UNA, lets go of what the peer has, and measures the round trip.
func (c *Conn) takeAck(ack Seq, o dissect.TCPOptionValues) (a acked) {
	flight := int(c.sndNxt - c.sndUna)
	c.pathAcked(ack)
	v := c.ackView(&o)
	a = c.sent.ack(ack, &v)
	if start := c.dataStart(); start.Less(ack) {
		c.snd.drop(min(int(ack-start), c.snd.n))
	}
	c.sndUna = ack
	c.urgentAcked()
	c.userTimeoutAcked()
	c.progress = c.now
	// Marks that were passed keep up, so that they never seem to lie ahead when the numbers wrap.
	c.sndShort = laterSeq(c.sndShort, ack)
	c.rec.limitedUntil = laterSeq(c.rec.limitedUntil, ack-Seq(a.bytes))
	c.rec.recover = laterSeq(c.rec.recover, ack-1)
	c.rec.ecnUntil = laterSeq(c.rec.ecnUntil, ack-1)
	c.stop(timerRetransmit) // RFC 6298 (5.2), (5.3): arm starts it again for what is left
	c.lossState().probeAt, c.lossState().rack.probeDue = Never, false

	switch {
	case a.timed:
		c.lossState().min.sample(c.now, c.now.Sub(a.sentAt))
		c.sampleRTTIn(c.now.Sub(a.sentAt), flight)
	case c.tsOK && o.HasTimestamps && o.TSEcr != 0:
		// Something was sent twice, but the echo says which of the two arrived (RFC 7323 section 4.1). Where it
		// names the first it proves little: more likely the ACK for it got lost, and this one answers a duplicate.
		if ms := int32(c.tsNow() - o.TSEcr); ms >= 0 && int32(o.TSEcr-c.tsAt(a.resentAt)) >= 0 {
			c.sampleRTTIn(time.Duration(ms)*time.Millisecond, flight)
		}
	}
	return a
}

func (c *Conn) sampleRTT(r time.Duration) { c.sampleRTTIn(r, int(c.sndNxt-c.sndUna)) }

func (c *Conn) sampleRTTIn(r time.Duration, flight int) {
	c.rtt.sample(r, flight, c.smss(), c.cfg)
	c.backoff = 0 // Karn: until here the doubled time was kept
}

// updateWindow takes the send window from a segment that is no older than the one before (SND.WL1, SND.WL2). It
// reports whether a closed window opened. One that acknowledges more than all before it is newer than they, whatever its
// number: it holds text that was sent again, and its window is what the peer promises beyond SND.UNA.
func (c *Conn) updateWindow(s *arrival, news bool) (opened bool) {
	if s.Ack.Less(c.sndUna) || !news && (s.Seq.Less(c.sndWl1) || s.Seq == c.sndWl1 && s.Ack.Less(c.sndWl2)) {
		return false
	}
	opened = c.sndWnd == 0 && s.wnd > 0
	c.sndWnd, c.sndWl1, c.sndWl2 = s.wnd, s.Seq, s.Ack
	c.maxSndWnd = max(c.maxSndWnd, s.wnd)
	if opened {
		c.stop(timerPersist)
		c.probes, c.probeDue = 0, false
	}
	return opened
}

// ackOfFin moves on when our FIN is acknowledged.
func (c *Conn) ackOfFin() bool {
	if !c.finSent() || c.sndUna != c.sndNxt {
		return true
	}
	switch c.state {
	case FinWait1:
		c.setState(FinWait2)
		if c.orphan {
			c.timers[timerClose] = c.now.Add(c.cfg.finWait2())
		}
	case Closing:
		c.enterTimeWait()
	case LastAck:
		c.end(nil)
		return false
	}
	return true
}

// checkUrgent notes where the peer's urgent data ends: before SEG.SEQ + SEG.UP (section 3.8.5). It comes in line.
func (c *Conn) checkUrgent(s *arrival) bool {
	if !s.Flags.Has(dissect.URG) {
		return true
	}
	switch c.state {
	case Established, FinWait1, FinWait2:
		if up := s.Seq + Seq(s.Urgent); c.rcvNxt.Less(up) && (!c.rcvUrg || c.rcvUp.Less(up)) {
			c.rcvUp, c.rcvUrg = up, true
			if c.cfg.Events != nil {
				c.event(Event{Kind: UrgentData, Seq: up})
			}
		}
	}
	return true
}

// segmentText moves text to the receive ring, in order or not.
func (c *Conn) segmentText(s *arrival) bool {
	c.noteFin(s)
	if c.finKnown && c.finSeq.Less(s.end()) {
		past := min(int(s.end()-c.finSeq), len(s.Payload))
		if past > 0 {
			c.dropped(PastFin, past)
			s.Payload = s.Payload[:len(s.Payload)-past]
			s.Flags &^= dissect.FIN
			c.ackDue = true
		}
	}
	if len(s.Payload) == 0 {
		return true
	}
	switch c.state {
	case Established, FinWait1, FinWait2:
	default:
		return true
	}
	if c.orphan {
		// RFC 9293 section 3.6.1: nobody will read it, and the peer has to know.
		c.abort(ErrClosed, UnreadData)
		return false
	}
	if c.fitMemory(s); len(s.Payload) == 0 {
		return true
	}
	if s.Seq == c.rcvNxt {
		c.textInOrder(s)
	} else {
		c.textOutOfOrder(s)
	}
	return true
}

func (c *Conn) textInOrder(s *arrival) {
	c.rcv.push(s.Payload)
	c.rcvNxt = s.end()
	if !c.asm.empty() {
		// RFC 5681 section 4.2: what fills a gap is acknowledged at once.
		c.ackDue = true
		// If its front came twice, too, that is the part which is reported (RFC 2883 section 4.2.3).
		if front := c.asm.dup; c.sackOK && (front.left == front.right || front.right != s.Seq) {
			c.asm.noteDuplicate(s.Seq, s.end(), c.asm.ranges())
		}
		next := c.asm.take(c.rcvNxt)
		c.rcv.extend(int(next - c.rcvNxt))
		c.rcvNxt = next
	}
	if c.dupAcks > 0 {
		c.dupAcks, c.ackDue = 0, true
	}
	if c.tsOK && s.Options.HasTimestamps {
		c.tuneEcho(s.Options.TSEcr)
	}
	// RFC 9293 section 3.8.6.3: an ACK for every second full segment at least. A peer that has filled half of a small
	// buffer cannot send two.
	if waiting := int(c.rcvNxt - c.ackSent); waiting >= min(2*c.rmss(), (c.rcvSize()+1)/2) || c.cfg.delayedAck() < 0 || c.quickAck() {
		c.ackDue = true
	} else {
		c.start(timerDelayedAck, c.cfg.delayedAck())
	}
}

// textOutOfOrder keeps text at its place in the ring and asks for what is missing by an ACK for each segment
// (RFC 5681 section 4.2). A peer with SACK reads everything from one.
func (c *Conn) textOutOfOrder(s *arrival) {
	if c.sackOK {
		c.ackDue = true
	} else {
		c.dupAcks = min(c.dupAcks+1, 8)
	}
	if !c.asm.add(s.Seq, s.end(), c.rangeLimit()) {
		c.dropped(NoRoom, len(s.Payload))
		return
	}
	c.rcv.put(c.rcv.n+int(s.Seq-c.rcvNxt), s.Payload)
}

// noteFin remembers where the peer's text ends, before the text of the same segment joins what came out of order: nothing past
// the FIN counts, also if it was here before.
func (c *Conn) noteFin(s *arrival) {
	if !s.fin() || c.finKnown {
		return
	}
	c.finSeq, c.finKnown = s.end(), true
	c.asm.cut(c.finSeq)
	keep := c.rcv.n
	if !c.asm.empty() {
		keep += int(c.asm.end() - c.rcvNxt)
	}
	c.rcv.cut(keep)
}

// checkFin acts upon a FIN when everything before it has arrived.
func (c *Conn) checkFin(s *arrival) bool {
	if s.fin() {
		c.ackDue = true
		if c.state == TimeWait {
			c.enterTimeWait()
		}
	}
	if !c.finKnown || c.finRcvd || c.rcvNxt != c.finSeq {
		return true
	}
	c.finRcvd = true
	c.rcvNxt++
	c.ackDue = true
	switch c.state {
	case Established:
		c.setState(CloseWait)
	case FinWait1:
		// Had our FIN been acknowledged, the fifth step would have left this state.
		c.setState(Closing)
	case FinWait2:
		c.enterTimeWait()
	}
	return true
}

// replyAck answers an unacceptable segment with <SEQ=SND.NXT><ACK=RCV.NXT>: always if it has text or FIN or is a
// keep-alive probe, since a peer waits for that; within the limit of challenge ACKs otherwise, so that two
// confused ends do not answer each other for ever.
func (c *Conn) replyAck(s *arrival, why Reason) {
	if len(s.Payload) > 0 || s.fin() || s.Seq == c.rcvNxt-1 {
		c.ackDue = true
		return
	}
	c.challenge(why)
}

// challenge sends an ACK that a peer which did not send this segment ignores: ten in 5 s at most (RFC 5961 section
// 7).
func (c *Conn) challenge(why Reason) {
	const limit, period = 10, 5 * time.Second
	if c.challenges == 0 || c.now.Sub(c.challengedAt) >= period {
		c.challenges, c.challengedAt = 0, c.now
	}
	if c.challenges >= limit {
		return
	}
	c.challenges++
	c.ackDue = true
	if c.cfg.Events != nil {
		c.event(Event{Kind: ChallengeAck, Reason: why, Seq: c.sndNxt})
	}
}

// replyReset answers an unacceptable ACK with <SEQ=SEG.ACK><CTL=RST>. The connection goes on.
func (c *Conn) replyReset(s *arrival) {
	if s.Flags.Has(dissect.RST) {
		return
	}
	c.reset = resetSegment{due: true, seq: s.Ack, flags: dissect.RST}
	if c.cfg.Events != nil {
		c.event(Event{Kind: ResetSent, Reason: NotAcked, Seq: s.Ack})
	}
}

// dropped counts a segment, or n bytes of its text.
func (c *Conn) dropped(why Reason, n int) {
	if c.cfg == nil {
		return
	}
	if c.cfg.Counters != nil {
		c.cfg.Counters.Dropped[why]++
	}
	if c.cfg.Events != nil {
		c.event(Event{Kind: Drop, Reason: why, N: n})
	}
}
