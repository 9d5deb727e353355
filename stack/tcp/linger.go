package tcp

import (
	"math"
	"time"
)

// SetLinger bounds what Close leaves behind: d is how long the peer may take to acknowledge what was written, then it is
// reset; 0 resets it at once, and what it has not got is lost. Off, the user timeout is the bound.
func (c *Conn) SetLinger(now Time, on bool, d time.Duration) {
	c.tick(now)
	switch {
	case !on:
		c.linger = 0
	case d <= 0:
		c.linger = noLinger
	default:
		c.linger = int32(min((d-1)/time.Millisecond+1, math.MaxInt32))
	}
}

// noLinger has Close abort.
const noLinger = -1

// closeTimeout is the end of TIME-WAIT, of an orphan's FIN-WAIT-2, or of the time to linger.
func (c *Conn) closeTimeout() {
	switch c.state {
	case TimeWait, FinWait2:
		c.end(nil)
	default:
		c.abort(ErrTimeout, GaveUp)
	}
}
