package tcp

import "smoltcp/dissect"

// Output fires the timers that are due and gives the segment to be sent next, false if there is none now. The
// caller sends it, or keeps it until it can. To be called until it gives false.
func (c *Conn) Output(now Time, out *Out) bool { return c.output(now, out) != planNone }

func (c *Conn) output(now Time, out *Out) planKind {
	c.tick(now)
	c.expire()
	p := c.plan()
	switch p.kind {
	case planNone:
		c.ccIdle(&p)
		return planNone
	case planReset:
		c.emitReset(out)
	case planSyn:
		c.emitSyn(out)
	default:
		c.emit(&p, out)
	}
	c.arm()
	return p.kind
}

// plan is what the next segment is.
type plan struct {
	kind        planKind
	cwndLimited bool // with planNone: something would be sent, did cwnd allow it
	paced       bool // with planNone: something will be sent when its time has come
	fin         bool
	pathProbe   bool
	seq         Seq
	n           int // bytes of text
	sacks       int // SACK blocks to send with it
}

type planKind uint8

const (
	planNone planKind = iota
	planReset
	planSyn
	planAck
	planRetransmit
	planData
	planProbe
	planTail
	planKeepAlive
)

// plan decides what may be sent now, and changes nothing.
func (c *Conn) plan() (p plan) {
	switch {
	case c.reset.due:
		return plan{kind: planReset}
	case c.state == Closed:
		return p
	case c.state == SynSent || c.state == SynReceived:
		if c.synDue {
			return plan{kind: planSyn}
		}
		if c.early() {
			break
		}
		if c.ackDue && c.state == SynReceived {
			return c.planAck()
		}
		return p
	}
	// A duplicate ACK counts at the peer only when it comes alone.
	if c.dupAcks > 0 {
		return c.planAck()
	}
	if c.undelivered() {
		if c.probeDue {
			return c.planProbe()
		}
		if c.loss != nil && c.loss.rack.probeDue {
			if p = c.planTail(); p.kind != planNone {
				return p
			}
		}
		if p = c.planRetransmit(); p.kind != planNone {
			return p
		}
		held := p
		if p = c.planData(); p.kind != planNone {
			return p
		}
		p.cwndLimited, p.paced = p.cwndLimited || held.cwndLimited, p.paced || held.paced
	}
	switch {
	case c.ackDue || c.windowUpdateDue():
		return c.planAck()
	case c.aliveDue:
		return plan{kind: planKeepAlive, seq: c.sndNxt - 1}
	}
	return p
}

func (c *Conn) planAck() plan {
	return plan{kind: planAck, seq: c.ackSeq(), sacks: c.sackBlocks(c.maxSACK())}
}

// ackSeq is the number of a segment without text: the highest sent, so that it is what the peer expects. If the
// peer's window does not reach so far, because a probe went out or the window shrank, the peer would not look at it:
// then the window's edge.
func (c *Conn) ackSeq() Seq {
	if edge := c.sndUna + Seq(c.sndWnd); c.synchronized() && edge.Less(c.sndNxt) {
		return edge
	}
	return c.sndNxt
}

// room is how much text fits in a segment with n SACK blocks.
func (c *Conn) room(sacks int) int {
	if sacks > 0 {
		return c.smss() - c.utoRoom() - 4 - 8*sacks
	}
	return c.smss() - c.utoRoom()
}

// maxSACK is how many SACK blocks fit beside the other options.
func (c *Conn) maxSACK() int {
	if c.tsOK {
		return 3
	}
	return 4
}

// dataSACK is how many SACK blocks go with text: no more than leave it half of the segment.
func (c *Conn) dataSACK() int {
	n := c.sackBlocks(c.maxSACK())
	for n > 0 && c.room(n) < c.smss()/2 {
		n--
	}
	return n
}

// sackBlocks is how many blocks, up to limit, there are to send.
func (c *Conn) sackBlocks(limit int) int {
	if !c.sackOK {
		return 0
	}
	n := int(c.asm.n)
	if c.asm.dup.left != c.asm.dup.right {
		n++
	}
	return min(n, limit)
}

// planRetransmit is the first segment that is lost, as far as the peer's window and the congestion window go.
func (c *Conn) planRetransmit() (p plan) {
	start, end, ok := c.sent.nextLost()
	if !ok || c.frtoHolds() {
		return p
	}
	// RFC 9293 section 3.8.6: old data beyond the window of a peer that shrank it is not sent again yet.
	usable := int(int32(c.sndUna + Seq(c.sndWnd) - start))
	if usable <= 0 {
		return p
	}
	sacks := c.dataSACK()
	n := min(int(end-start), c.room(sacks), usable)
	if end == c.sndNxt && n == int(end-start) && !c.finSent() {
		// The end of what was sent: text that was written since fills the segment up.
		n += min(int(c.sndEnd-end), c.room(sacks)-n, usable-n)
	}
	if !c.rec.hurry && !c.cwndAllows(n) {
		return plan{cwndLimited: true}
	}
	if !c.rec.hurry && !c.rec.pace.allows(c.now) {
		return plan{paced: true}
	}
	p = plan{kind: planRetransmit, seq: start, n: n, sacks: sacks}
	return c.splitFin(p)
}

// splitFin makes the last of p's numbers a FIN if it is ours.
func (c *Conn) splitFin(p plan) plan {
	if c.finQueued && c.sndEnd.Less(p.seq+Seq(p.n)) {
		p.n, p.fin = p.n-1, true
	}
	return p
}

// planData is text that was never sent, or our FIN.
func (c *Conn) planData() (p plan) {
	if c.finSent() {
		return p
	}
	queued := int(c.sndEnd - c.sndNxt)
	usable := int(int32(c.sndUna + Seq(c.sndWnd) - c.sndNxt))
	finDue := c.finQueued && c.synchronized()
	if usable <= 0 || queued == 0 && !finDue {
		return p
	}
	sacks := c.dataSACK()
	room := c.room(sacks)
	if n := c.planPathProbe(queued, usable); n > 0 && sacks == 0 && c.rec.pace.allows(c.now) {
		return plan{kind: planData, seq: c.sndNxt, n: n, pathProbe: true}
	}
	n := min(queued, usable, room)
	fin := finDue && n == queued && n < usable
	if !c.worthSending(n, queued, room, fin) {
		return p
	}
	if (c.loss == nil || c.loss.undo.news == 0) && !c.cwndAllows(n) {
		return plan{cwndLimited: true}
	}
	if !c.rec.pace.allows(c.now) {
		return plan{paced: true}
	}
	return plan{kind: planData, seq: c.sndNxt, n: n, fin: fin, sacks: sacks}
}

// worthSending is the sender's silly window avoidance (RFC 9293 section 3.8.6.2.1) and the Nagle algorithm (section
// 3.7.4), in Minshall's form: one short segment at most is unacknowledged. The override is planProbe.
func (c *Conn) worthSending(n, queued, room int, fin bool) bool {
	if n >= min(room, c.fullSize()) || fin {
		return true
	}
	if urgent := c.urgentWaits(); !urgent && (c.heldBack() || !c.noDelay && c.sndUna.Less(c.sndShort)) {
		return false
	}
	return n == queued || n >= int(c.maxSndWnd+1)/2
}

// fullSize is how much text makes a segment full. A send buffer that cannot hold two segments is the measure instead:
// waiting for more than half of it would stop the program until the peer's delayed ACK.
func (c *Conn) fullSize() int { return min(c.smss(), (c.cfg.sndBuf()+1)/2) }

// planProbe is what goes out when the persist timer fired: what the silly window rules held back, or one octet
// to a closed window (RFC 9293 section 3.8.6.1). A new octet counts as sent, since the peer may take it.
func (c *Conn) planProbe() plan {
	p := plan{kind: planProbe, seq: c.sndUna, n: 1}
	if c.sndUna == c.sndNxt {
		if n := min(int(c.sndEnd-c.sndNxt), int(c.sndWnd), c.room(0)); n > 0 {
			p.n = n
		}
	}
	return c.splitFin(p)
}

// emit writes a segment of a synchronized connection and notes that it is sent.
func (c *Conn) emit(p *plan, out *Out) {
	h := &out.Header
	*h = dissect.TCPHeader{Seq: uint32(p.seq), Ack: uint32(c.rcvNxt), Flags: dissect.ACK}
	out.ECN = dissect.NotECT
	out.Payload[0], out.Payload[1], out.Segment = nil, nil, 0
	if p.n > 0 {
		out.Payload[0], out.Payload[1] = c.snd.view(int(p.seq-c.dataStart()), p.n)
		if p.seq+Seq(p.n) == c.sndEnd {
			h.Flags |= dissect.PSH
		}
	}
	if p.fin {
		h.Flags |= dissect.FIN
	}
	h.Window = c.advertise()
	c.ecnMark(p.kind, p.n, out)
	c.addUrgent(h, p.seq)
	c.addTimestamps(h)
	if p.sacks > 0 {
		var blocks [4]dissect.SACKBlock
		n := c.asm.blocks(blocks[:p.sacks])
		h.Options.AddNop()
		h.Options.AddNop()
		h.Options.AddSACK(blocks[:n])
		c.asm.dup = seqRange{}
	}
	if c.uto.due && p.n > 0 {
		c.addUserTimeout(h, p.seq+Seq(p.n))
	}
	if p.kind == planAck {
		c.addMarkedBytes(h)
	}
	c.acknowledged(p.kind)

	end := p.seq + Seq(p.n)
	if p.fin {
		end++
	}
	switch p.kind {
	case planData:
		if c.sndUna == c.sndNxt {
			c.resumeIdle()
		}
		c.answered()
		c.sendNew(end, p.n)
		if p.pathProbe {
			c.pathProbeSent(p.seq, end)
		}
	case planRetransmit:
		c.sendAgain(p.seq, end, p.n)
	case planProbe:
		c.sendProbe(p.seq, end, p.n)
	case planTail:
		c.sendTail(p.seq, end, p.n)
	case planKeepAlive:
		c.aliveDue = false
		if c.cfg.Events != nil {
			c.event(Event{Kind: KeepAliveProbe, Seq: p.seq, N: int(c.aliveSent)})
		}
	}
}

// sendNew notes that n bytes of text, and a FIN perhaps, went out for the first time, up to end.
func (c *Conn) sendNew(end Seq, n int) {
	c.sent.push(end, c.stamp(), c.runLimit())
	c.sndNxt = end
	c.lastSent = c.now
	c.ccSent(n)
	c.prrSent(n)
	c.noteLimited()
	c.newTextSent()
	if n < c.fullSize() {
		c.sndShort = end
	}
}

func (c *Conn) sendAgain(start, end Seq, n int) {
	if c.cfg.Events != nil {
		c.event(Event{Kind: Retransmit, Reason: c.rec.why, Seq: start, N: int(end - start)})
	}
	c.pathResent(start, end)
	c.undoSent(start, end)
	c.prrSent(n)
	if c.sackOK && c.rec.phase == PhaseRecovery {
		c.stop(timerRetransmit) // RFC 6675 section 6: it starts again with each retransmission
	}
	c.sent.resent(start, end, c.stamp(), c.runLimit())
	c.sndNxt = laterSeq(c.sndNxt, end)
	switch short := n < c.fullSize(); {
	case short && end == c.sndNxt:
		c.sndShort = end
	case !short && start.Less(c.sndShort) && c.sndShort.LessEq(end):
		c.sndShort = c.sndUna // what was short is part of a full segment now
	}
	c.rec.resent++
	c.rec.hurry = false
	c.lastSent = c.now
	c.ccSent(n)
	if c.rec.phase == PhaseLoss {
		c.noteLimited() // also where nothing waits behind it: it fills a cwnd of one segment
	}
}

func (c *Conn) sendProbe(start, end Seq, n int) {
	c.probeDue = false
	if start == c.sndNxt && c.sndWnd > 0 { // the override: ordinary text
		c.sendNew(end, n)
		return
	}
	if c.cfg.Events != nil {
		c.event(Event{Kind: WindowProbe, Seq: start, N: int(c.probes)})
	}
	if start == c.sndNxt {
		c.sendNew(end, n)
		return
	}
	c.sent.resent(start, end, c.stamp(), c.runLimit())
}

// acknowledged notes that a segment with ACK and window goes out.
func (c *Conn) acknowledged(kind planKind) {
	c.ackSent = c.rcvNxt
	c.ackDue = false
	if c.dupAcks > 0 && kind == planAck {
		c.dupAcks--
	}
	c.stop(timerDelayedAck)
}

func (c *Conn) addTimestamps(h *dissect.TCPHeader) {
	if c.tsOK {
		h.Options.AddNop()
		h.Options.AddNop()
		h.Options.AddTimestamps(c.tsNow(), c.tsRecent)
	}
}

// tsAt is our timestamp clock: milliseconds (RFC 7323 section 5.4), from an offset that differs for each connection.
func (c *Conn) tsAt(t Time) uint32 { return c.tsOffset + uint32(t/1e6) }

func (c *Conn) tsNow() uint32 { return c.tsAt(c.now) }

// emitSyn writes our SYN, or SYN-ACK.
func (c *Conn) emitSyn(out *Out) {
	reply := c.state == SynReceived
	*out = Out{Header: dissect.TCPHeader{Seq: uint32(c.iss), Flags: dissect.SYN}}
	h := &out.Header
	if reply {
		h.Flags |= dissect.ACK | c.ecnSynAck()
		h.Ack = uint32(c.rcvNxt)
		c.acknowledged(planSyn)
	} else {
		h.Flags |= c.ecnSyn()
	}
	// The window of a SYN is never scaled (RFC 7323 section 2.2).
	h.Window = uint16(c.synWindow())
	if reply {
		c.rcvAdv = laterSeq(c.rcvAdv, c.rcvNxt+Seq(h.Window))
	}
	h.Options.AddMSS(uint16(c.cfg.mss()))
	sack := reply && c.sackOK || !reply && !c.cfg.NoSACK
	timestamps := reply && c.tsOK || !reply && !c.cfg.NoTimestamps
	if sack != timestamps { // both together are aligned
		h.Options.AddNop()
		h.Options.AddNop()
	}
	if sack {
		h.Options.AddSACKPermitted()
	}
	if timestamps {
		h.Options.AddTimestamps(c.tsNow(), c.tsRecent)
	}
	if reply && c.scaleOK || !reply && !c.cfg.NoWindowScale {
		h.Options.AddNop()
		h.Options.AddWindowScale(c.cfg.rcvScale())
	}
	if c.cfg.UserTimeoutOption {
		c.addUserTimeout(h, c.iss)
	}
	c.addFastOpen(out)
	if reply && !c.synMissed { // what may be the reason for a loss is not sent twice (RFC 9768 section 3.2.3.2.2)
		c.addMarkedBytes(h)
	}
	if c.sndNxt == c.iss {
		c.sndNxt = c.iss + 1
		c.sent.push(c.sndNxt, c.now, 1)
		if n := out.PayloadLen(); n > 0 {
			short := c.sndShort
			c.sendNew(c.sndNxt+Seq(n), n)
			if n < c.snd.n {
				c.sndShort = short // it is as full as it may be
			}
		}
	} else {
		c.sent.resent(c.iss, c.iss+1, c.now, c.runLimit())
		c.rec.resent++
		if c.cfg.Events != nil {
			why := SynRepeated
			if c.backoff > 0 {
				why = TimedOut
			}
			c.event(Event{Kind: Retransmit, Reason: why, Seq: c.iss, N: 1})
		}
	}
	c.synDue = false
}

// emitReset writes the RST that is due.
func (c *Conn) emitReset(out *Out) {
	*out = Out{}
	c.reset.fill(out)
	if c.reset.timestamps {
		c.addTimestamps(&out.Header)
	}
	c.reset = resetSegment{}
}

func (r *resetSegment) fill(out *Out) {
	*out = Out{Header: dissect.TCPHeader{Seq: uint32(r.seq), Ack: uint32(r.ack), Flags: r.flags}}
}

// ResetFor fills out with the answer to a segment for which there is no connection (RFC 9293 section 3.10.7.1);
// false if it gets none, being a RST.
func ResetFor(s *Segment, out *Out) bool {
	r := resetFor(s)
	if r.due {
		r.fill(out)
	}
	return r.due
}

func resetFor(s *Segment) resetSegment {
	switch {
	case s.Flags.Has(dissect.RST):
		return resetSegment{}
	case s.Flags.Has(dissect.ACK):
		return resetSegment{due: true, seq: s.Ack, flags: dissect.RST}
	}
	return resetSegment{due: true, ack: s.Seq + Seq(s.Len()), flags: dissect.RST | dissect.ACK}
}
