package tcp

import "time"

// undoState watches whether what recovery sends again was needed. If not, what the loss did to cwnd is taken
// back: by Eifel (RFC 3522) where there are timestamps, by D-SACK (RFC 3708) and, after a timeout, by F-RTO (RFC 5682).
type undoState struct {
	at    Time // when something was sent again for the first time
	start Seq  // what that was

	una   Seq    // SND.UNA when the loss was found
	bytes uint32 // sent again and not reported as duplicate

	on     bool
	sent   bool // at and start count
	asking bool // no ACK for start came yet: it will say which transmission it answers

	frto frtoStep
	news uint8 // segments of new text that F-RTO still may send
}

// frtoStep is how far F-RTO has come.
type frtoStep uint8

const (
	frtoOff    frtoStep = iota
	frtoFirst           // step 2: the first segment was sent again
	frtoSecond          // step 3: the first ACK has come, and new text went out
)

// undoStart begins to watch a loss. One upon another goes on with what is watched already; the first of them is what
// would be undone.
func (c *Conn) undoStart(again bool) {
	u := &c.lossState().undo
	if again && u.on {
		u.frto = frtoOff
		return
	}
	bytes := uint32(0)
	if c.rec.phase != PhaseOpen {
		bytes = u.bytes // still under way
	}
	*u = undoState{on: true, una: c.sndUna, bytes: bytes}
}

// undoNever ends the watch: cwnd came down for another reason since.
func (c *Conn) undoNever() {
	if c.loss != nil {
		c.loss.undo.on = false
	}
}

// undoSent notes that the numbers from start to end went out again.
func (c *Conn) undoSent(start, end Seq) {
	u := &c.lossState().undo
	if !u.on {
		return
	}
	u.bytes += uint32(end - start)
	if !u.sent {
		u.sent, u.asking, u.at, u.start = true, true, c.now, start
	}
}

// undoAcked reports whether an ACK shows that nothing was lost.
func (c *Conn) undoAcked(a *ackNews) bool {
	u := &c.lossState().undo
	if !u.on || !u.sent {
		return false
	}
	if a.duplicate && u.una.LessEq(a.dupLeft) && u.bytes > 0 {
		// Each retransmission that found its original there already was one too many.
		if u.bytes -= min(u.bytes, uint32(a.dupRight-a.dupLeft)); u.bytes == 0 {
			return true
		}
	}
	if u.asking && u.start.Less(a.ack) {
		u.asking = false
		// With a D-SACK it was the ACKs that got lost (RFC 3522 section 3.2, step 5).
		if a.view.echoes && !a.duplicate && int32(a.view.echo-c.tsAt(u.at)) < 0 {
			return true
		}
	}
	return c.frtoAcked(a)
}

// frtoAcked is RFC 5682 section 2.1, and 3.1 with SACK: the first ACK after the timeout lets new text out instead of
// what seems lost, and the second tells whether anything that was not sent again has arrived meanwhile.
func (c *Conn) frtoAcked(a *ackNews) bool {
	u := &c.lossState().undo
	switch {
	case u.frto == frtoOff:
	case c.rec.phase != PhaseLoss || c.rec.recover.LessEq(a.ack):
		u.frto = frtoOff
	case u.frto == frtoFirst && a.news.bytes > 0:
		if smss := c.smss(); c.unsent() < smss || int(int32(c.sndUna+Seq(c.sndWnd)-c.sndNxt)) < smss {
			u.frto = frtoOff
			return false
		}
		u.frto, u.news = frtoSecond, 2
	case u.frto == frtoFirst && a.dup && !c.sackOK:
		u.frto = frtoOff
	case u.frto == frtoSecond && (c.sackOK && a.all.original || !c.sackOK && a.news.bytes > 0):
		return true
	case u.frto == frtoSecond && (a.dup || a.sacks.fresh > 0):
		u.frto = frtoOff
		c.rec.cwnd = 3 * uint32(c.smss())
	}
	return false
}

// frtoHolds reports whether F-RTO keeps back what seems lost.
func (c *Conn) frtoHolds() bool { return c.loss != nil && c.loss.undo.frto == frtoSecond }

// undoLoss takes a loss back (RFC 4015).
func (c *Conn) undoLoss(a *ackNews) {
	r, u := &c.rec, &c.lossState().undo
	switch r.phase {
	case PhaseLoss:
		// Section 3.3: the path is slower than the timeout. What was measured last counts whole.
		if u.frto != frtoOff && a.all.timed {
			c.rtt.slower(c.now.Sub(a.all.sentAt), c.cfg)
		} else if ms := int32(c.tsNow() - a.view.echo); a.view.echoes && !a.duplicate && ms >= 0 {
			c.rtt.slower(time.Duration(ms)*time.Millisecond, c.cfg)
		}
		c.backoff = 0
	default:
		r.reordering = true
	}
	if r.phase != PhaseOpen {
		c.sent.unmark()
		r.phase, r.dupAcks, r.hurry = PhaseOpen, 0, false
	}
	*u = undoState{}
	c.ccUndo()
	c.cwndEvent(Spurious)
}
