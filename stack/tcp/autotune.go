package tcp

import (
	"math"
	"time"
)

// tuning sizes the buffers of one connection.
//
// The receive buffer follows what the program reads (dynamic right-sizing, as Fisk and Feng have described it): a window that is
// twice what was read in a round trip lets a sender that doubles its own go on doing so, and one that does not fills no
// more than half of it. A program that does not read makes nothing grow. The buffer, and with it the right edge of the window,
// never shrinks.
//
// The send buffer needs no state: it is twice the congestion window, so that while one window is in the network the next is there
// to follow it.
type tuning struct {
	rcvSize uint32 // what the receive buffer may hold now
	most    uint32 // the most that was read in a round trip
	rtt     uint32 // by the echoes of timestamps, in milliseconds; 0: not measured, or less than one
	read    Seq    // how far the program had read at since
	since   Time

	counted uint32 // what Config.Memory was told of
	scarce  bool   // memory was scarce at the end of the latest call: others' changes since must not change what is to be sent
}

// slackSegments is what the receive buffer has beyond the window that was measured, in segments.
const slackSegments = 16

// rcvSize is how much the receive buffer may hold.
func (c *Conn) rcvSize() int { return int(c.tune.rcvSize) }

// sndSize is how much the send buffer may hold.
func (c *Conn) sndSize() int {
	size, most := c.cfg.sndBuf(), c.cfg.sndBufMax()
	if size >= most || c.cfg.Memory.scarce() {
		return size
	}
	return min(max(size, 2*int(min(c.rec.cwnd, c.maxSndWnd))), most)
}

// tuneEcho measures the round trip by an echo of our timestamps, which a connection that only receives has nothing else
// for (RFC 7323 section 4.1 is about the others). A sender that paused echoes what is old: the shortest counts, for a time.
func (c *Conn) tuneEcho(echo uint32) {
	ms := int32(c.tsNow() - echo)
	if echo == 0 || ms < 0 {
		return
	}
	if t := &c.tune; t.rtt == 0 || uint32(ms) < t.rtt {
		t.rtt = uint32(ms)
	} else {
		t.rtt += (uint32(ms) - t.rtt) / 8
	}
}

// tuneRead has the receive buffer grow with what the program reads. It is called after each reading.
func (c *Conn) tuneRead() {
	t := &c.tune
	if !c.synchronized() || c.rcvSize() >= c.cfg.rcvBufMax() {
		return
	}
	at := c.rcvNxt - Seq(c.rcv.n)
	if t.since < 0 {
		t.read, t.since = at, c.now
		return
	}
	trip := max(c.rtt.srtt, time.Duration(t.rtt)*time.Millisecond)
	if trip == 0 || c.now.Sub(t.since) < trip {
		return
	}
	copied := min(uint32(at-t.read), math.MaxInt32/8)
	t.read, t.since = at, c.now
	if copied <= t.most || c.cfg.Memory.scarce() {
		return
	}
	t.most = copied
	want := 2*int(copied) + slackSegments*c.rmss()
	t.rcvSize = max(t.rcvSize, uint32(min(want, c.cfg.rcvBufMax())))
}
