package tcp

import (
	"cmp"
	"time"

	"smoltcp/dissect"
)

// utoState is the User Timeout Option (RFC 5482): each side says how long it is ready to wait for acknowledgments,
// so that the other does not give up sooner. It is used only if Config.UserTimeoutOption is on.
type utoState struct {
	remote uint16 // what the peer advertised, as on the wire; 0: nothing
	fixed  bool   // the program has chosen its timeout: the peer's does not count
	due    bool   // ours changed: text carries it until some that does is acknowledged
	sent   bool
	until  Seq // the end of the first such text, if sent
}

const (
	// RFC 5482 section 3.1: L_LIMIT is what RFC 1122 asks of R2 at least.
	minUserTimeout        = 100 * time.Second
	defaultMaxUserTimeout = time.Hour

	utoMinutes = 1 << 15 // the granularity bit
	utoLen     = 4
)

func (g *Config) maxUserTimeout() time.Duration {
	return max(cmp.Or(g.MaxUserTimeout, defaultMaxUserTimeout), minUserTimeout)
}

// utoValue is d as the option writes it, in seconds or else in minutes, rounded up (RFC 5482 section 3.2).
func utoValue(d time.Duration) uint16 {
	up := func(unit time.Duration) time.Duration { return (max(d, 1)-1)/unit + 1 }
	if s := up(time.Second); s < utoMinutes {
		return uint16(s)
	}
	return utoMinutes | uint16(min(up(time.Minute), utoMinutes-1))
}

// utoDuration is what the option says; 0 is reserved and says nothing (section 3.2).
func utoDuration(v uint16) time.Duration {
	if v&utoMinutes != 0 {
		return time.Duration(v&^utoMinutes) * time.Minute
	}
	return time.Duration(v) * time.Second
}

// adopt gives the timeout that a peer's advertisement makes of ours (section 3.1).
func (c *Conn) adopt(own time.Duration) time.Duration {
	remote := utoDuration(c.uto.remote)
	if remote == 0 || c.uto.fixed {
		return own
	}
	return min(c.cfg.maxUserTimeout(), max(own, remote, minUserTimeout))
}

// aliveIdle is the silence before the first keep-alive probe: longer than the user timeout that the ends agreed on, or keep-alive would
// end what they wanted to survive (RFC 5482 section 4.2).
func (c *Conn) aliveIdle() time.Duration {
	d := c.alive().idle()
	if c.cfg.UserTimeoutOption {
		d = max(d, c.adopt(cmp.Or(c.userTimeout, defaultUserTimeout))+time.Second)
	}
	return d
}

// takeUserTimeout notes what the peer advertises.
func (c *Conn) takeUserTimeout(o *dissect.TCPOptionValues) {
	if c.cfg.UserTimeoutOption && utoDuration(o.UserTimeout) > 0 {
		c.uto.remote = o.UserTimeout
	}
}

// userTimeoutOpened has the first text after our SYN tell the peer once more, since one that answered with a SYN cookie has
// forgotten the SYN's options.
func (c *Conn) userTimeoutOpened() { c.uto.due = c.cfg.UserTimeoutOption && !c.passive }

// userTimeoutChanged has the peer told of what the program chose; 0 leaves it to both ends.
func (c *Conn) userTimeoutChanged() {
	c.uto.fixed = c.userTimeout > 0
	if c.cfg != nil && c.cfg.UserTimeoutOption && c.synchronized() {
		c.uto.due, c.uto.sent = true, false
	}
}

// addUserTimeout adds the option to a SYN, if there is room, or to the text that is to end at end.
func (c *Conn) addUserTimeout(h *dissect.TCPHeader, end Seq) {
	v := utoValue(cmp.Or(c.userTimeout, defaultUserTimeout))
	if h.Options.Room() < utoLen || !h.Options.Add(dissect.TCPOptUserTimeout, uint8(v>>8), uint8(v)) {
		return
	}
	if c.uto.due && !c.uto.sent {
		c.uto.sent, c.uto.until = true, end
	}
}

// userTimeoutAcked ends the telling when the peer must have heard.
func (c *Conn) userTimeoutAcked() {
	if c.uto.due && c.uto.sent && c.uto.until.LessEq(c.sndUna) {
		c.uto.due = false
	}
}

// utoRoom is what the option takes from a segment's text.
func (c *Conn) utoRoom() int {
	if c.uto.due {
		return utoLen
	}
	return 0
}
