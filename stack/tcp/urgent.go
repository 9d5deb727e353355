package tcp

import "smoltcp/dissect"

// WriteFlags say how WriteWith writes.
type WriteFlags uint8

const (
	// More: the program has more to write at once. What does not fill a segment waits for it, or for a fraction of
	// a second.
	More WriteFlags = 1 << iota

	// Urgent: the peer's program is to know that there is urgent data up to the end of this (RFC 9293 section 3.8.5).
	// It travels in line. RFC 6093 advises against it.
	Urgent
)

// WriteWith is Write with flags, which count if anything is taken.
func (c *Conn) WriteWith(now Time, p []byte, f WriteFlags) (int, error) {
	n, err := c.Write(now, p)
	if n > 0 {
		c.held.more = f&More != 0
		if f&Urgent != 0 {
			c.sndUp, c.sndUrg = c.sndEnd, true
		}
		c.arm()
	}
	return n, err
}

// held is why short segments wait: flushed means that what was written so far does not.
type held struct{ cork, more, flushed bool }

// SetCork holds back what does not fill a segment, until it is turned off, the stream ends or nothing was in flight for
// as long as the override of silly window avoidance waits, at most a second.
func (c *Conn) SetCork(now Time, on bool) {
	c.tick(now)
	c.held = held{cork: on}
	c.arm()
}

// heldBack reports whether a short segment waits for the program to write more.
func (c *Conn) heldBack() bool { return (c.held.cork || c.held.more) && !c.held.flushed }

// urgentWaits reports whether there is urgent data that was never sent: it does not wait for company.
func (c *Conn) urgentWaits() bool { return c.sndUrg && c.sndNxt.Less(c.sndUp) }

// addUrgent marks a segment that begins at seq before the end of urgent data: the pointer is to what follows it, as far as
// the field reaches (RFC 9293 section 3.1).
func (c *Conn) addUrgent(h *dissect.TCPHeader, seq Seq) {
	if c.sndUrg && seq.Less(c.sndUp) {
		h.Flags |= dissect.URG
		h.Urgent = uint16(min(c.sndUp-seq, 65535))
	}
}

// urgentAcked forgets urgent data that arrived.
func (c *Conn) urgentAcked() { c.sndUrg = c.sndUrg && c.sndUna.Less(c.sndUp) }
