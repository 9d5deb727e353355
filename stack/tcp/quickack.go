package tcp

import (
	"cmp"
	"time"
)

// ackPace decides which segments are acknowledged at once although a delayed ACK would do (RFC 5681 section 4.2 sets the
// upper bounds only). A peer in slow start, at the beginning and after idle times, grows by the number of ACKs. Where the
// program answers what it gets, the answer brings the ACK, and another before it is waste.
type ackPace struct {
	left     uint8  // segments still to be acknowledged at once
	chat     bool   // the program answers
	text     bool   // text came, at lastText
	lastText uint32 // in milliseconds, modulo 2^32
}

// sinceText is how long ago text came last, up to 49 days.
func (c *Conn) sinceText() time.Duration {
	return time.Duration(uint32(c.now/1e6)-c.pace.lastText) * time.Millisecond
}

func (g *Config) quickAcks() uint8 { return uint8(min(max(cmp.Or(g.QuickAcks, 16), 0), 255)) }

// quickAck reports whether text in order that has just arrived is acknowledged at once.
func (c *Conn) quickAck() bool {
	a := &c.pace
	if a.text && c.sinceText() > c.rtoNow() {
		a.left = c.cfg.quickAcks()
	}
	a.text, a.lastText = true, uint32(c.now/1e6)
	if a.left == 0 || a.chat {
		return false
	}
	a.left--
	return true
}

// answered notes that new text goes out: if soon after text came, as its answer.
func (c *Conn) answered() {
	if c.pace.text && c.sinceText() < c.cfg.delayedAck() {
		c.pace.chat = true
	}
}
