package tcp

import (
	"testing"
	"time"
)

// trap: the right edge never moves left, scaling's rounding included (SHLD-14, RFC 7323 2.4, X-080).
// trap: text within any edge ever advertised is accepted (RFC 7323 2.4, X-080).
func TestRightEdgeWithScale(t *testing.T) {
	x := negotiated(t, func(g *Config) { g.RcvBuf = 1 << 20 }) // units of 32
	edge := 0
	next := 1
	for i := range 600 {
		n := 1 + i*37%1400
		x.input(x.now, x.line(".", Seq(next), n, 1)+" win 2500 <TS val 100 ecr 5000>")
		next += n
		x.c.ackDue = true
		x.drain()
		for _, s := range x.sent {
			e := int(s.out.Ack-traceIRS) + int(s.out.Window)<<5
			if e < edge {
				t.Fatalf("edge moves from %d to %d", edge, e)
			}
			edge = e
		}
		x.sent = nil
	}
	if edge > 1+1<<20 {
		t.Errorf("edge %d is beyond the buffer", edge)
	}
	// Up to the edge everything is taken, and nothing more.
	for next < edge {
		n := min(1000, edge-next)
		x.input(x.now, x.line(".", Seq(next), n, 1)+" win 2500 <TS val 100 ecr 5000>")
		next += n
	}
	x.sent = nil
	if got := x.c.Readable(); got != edge-1 {
		t.Errorf("%d bytes to read, the edge is %d", got, edge)
	}
	x.input(x.now, x.line(".", Seq(next), 10, 1)+" win 2500 <TS val 100 ecr 5000>")
	if got := x.c.Readable(); got != edge-1 {
		t.Errorf("%d bytes to read, the edge is %d", got, edge)
	}
}

// trap: the window in SYN and SYN-ACK is never scaled, neither as sent nor as remembered (RFC 7323 2.2, X-002).
func TestSynWindowRemembered(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.RcvBuf, g.NoWindowScale = 1<<20, false })
	x.accept(0, "S 0:0(0) win 10000 <mss 1000,wscale 3>")
	x.expect(0, "S. 0:0(0) ack 1 win 65535")
	x.input(0, ". 1:1(0) ack 1 win 1000")
	if i := x.c.Info(); i.RcvWnd != 65535 || i.SndWnd != 8000 {
		t.Errorf("%+v", i)
	}
	x.input(0, ". 65001:66001(1000) ack 1 win 1000") // half of it is inside
	if n := x.c.Info().OutOfOrder; n != 535 {
		t.Errorf("%d bytes out of order", n)
	}
}

// trap: the window opens by at least the smaller of one segment and half the buffer (3.8.6.2.2, MUST-39, X-089).
// trap: a reader that frees that much sends an update without waiting for a probe (3.8.6.2.2).
func TestReceiverSillyWindow(t *testing.T) {
	for _, c := range []struct{ buf, step int }{{64, 32}, {1, 1}, {3, 2}, {1500, 750}, {2000, 1000}, {10_000, 1000}} {
		x := established(t, func(g *Config) { g.RcvBuf = c.buf })
		next := 1
		for next <= c.buf {
			n := min(1000, c.buf+1-next)
			x.input(0, x.line(".", Seq(next), n, 1)+" win 10000")
			next += n
		}
		x.drain()
		x.sent = nil
		if w := x.c.Info().RcvWnd; w != 0 {
			t.Fatalf("buffer %d: window %d when full", c.buf, w)
		}
		if c.step > 1 {
			x.read(0, c.step-1)
			x.quiet(time.Second)
			x.input(time.Second, x.line(".", Seq(next), 1, 1)+" win 10000") // a probe learns nothing
			x.expect(time.Second, x.line(".", 1, 0, next)+" win 0")
		}
		x.read(time.Second, 1)
		s := x.line(".", 1, 0, next) + " win "
		x.expect(time.Second, s+itoa(c.step))
	}
}

// With plenty of window left an update can wait for the next ACK.
func TestNoNeedlessUpdates(t *testing.T) {
	x := established(t, func(g *Config) { g.RcvBuf = 65535 })
	x.input(0, ". 1:2001(2000) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 2001 win 63535")
	x.read(0, 2000)
	x.quiet(time.Second)
	x.input(time.Second, ". 2001:4001(2000) ack 1 win 10000")
	x.expect(time.Second, ". 1:1(0) ack 4001 win 63535")
}

// trap: every second full segment, by the MSS that we announced, is acknowledged at once (3.8.6.3, SHLD-19, X-276).
func TestDelayedAck(t *testing.T) {
	x := established(t, nil)
	x.input(0, ". 1:1001(1000) ack 1 win 10000")
	x.quiet(39 * ms)
	x.expect(40*ms, ". 1:1(0) ack 1001")
	x.input(50*ms, ". 1001:2001(1000) ack 1 win 10000")
	x.input(60*ms, ". 2001:3001(1000) ack 1 win 10000")
	x.expect(60*ms, ". 1:1(0) ack 3001")
	x.quiet(time.Second)
	x.input(time.Second, ". 3001:3501(500) ack 1 win 10000")
	x.input(time.Second, ". 3501:4001(500) ack 1 win 10000")
	x.input(time.Second, ". 4001:4501(500) ack 1 win 10000")
	x.quiet(time.Second)
	x.input(time.Second, ". 4501:5001(500) ack 1 win 10000")
	x.expect(time.Second, ". 1:1(0) ack 5001")
	x.input(2*time.Second, ". 5001:5501(500) ack 1 win 10000")
	x.write(2*time.Second, 10) // takes the ACK along
	x.expect(2*time.Second, "P. 1:11(10) ack 5501")
	x.input(2*time.Second, ". 5501:5501(0) ack 11 win 10000")
	x.quiet(3 * time.Second)

	// A peer that announces a small MSS still sends segments of ours.
	x = newTrace(t, nil)
	x.accept(0, "S 0:0(0) win 1000 <mss 100>")
	x.expect(0, "S. 0:0(0) ack 1 <mss 1000>")
	x.input(0, ". 1:201(200) ack 1 win 1000")
	x.quiet(39 * ms)
	x.expect(40*ms, ". 1:1(0) ack 201")

	// Timestamps make full segments shorter.
	x = negotiated(t, nil)
	x.input(0, ". 1:989(988) ack 1 win 1000 <TS val 100 ecr 5000>")
	x.input(0, ". 989:1977(988) ack 1 win 1000 <TS val 100 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 1977")

	// Half of a small buffer is not waited with either.
	x = established(t, func(g *Config) { g.RcvBuf = 64 })
	x.input(0, ". 1:33(32) ack 1 win 1000")
	x.expect(0, ". 1:1(0) ack 33")
}

// trap: no setting makes a delayed ACK wait 0.5 s or more (3.8.6.3, MUST-40, X-281).
func TestDelayedAckLimit(t *testing.T) {
	x := established(t, func(g *Config) { g.DelayedAck = time.Minute })
	x.input(0, ". 1:101(100) ack 1 win 10000")
	x.expect(499*ms, ". 1:1(0) ack 101")
	x = established(t, func(g *Config) { g.DelayedAck = -1 })
	x.input(0, ". 1:101(100) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 101")
}

// RFC 5681 4.2: out of order and filling a gap are acknowledged at once. Without SACK each segment gets an ACK of its own,
// also when they come in one batch and while data goes the other way.
func TestDuplicateAcksSent(t *testing.T) {
	x := established(t, nil)
	x.write(0, 10)
	for i := range 3 {
		x.input(0, x.line(".", Seq(1001+1000*i), 1000, 1)+" win 10000")
	}
	for range 3 {
		x.expect(0, ". 1:1(0) ack 1")
	}
	x.expect(0, "P. 1:11(10) ack 1")
	x.input(0, ". 1:1001(1000) ack 11 win 10000")
	x.expect(0, ". 11:11(0) ack 4001")
	// Part of a gap.
	x.input(0, ". 6001:7001(1000) ack 11 win 10000")
	x.expect(0, ". 11:11(0) ack 4001")
	x.input(0, ". 4001:5001(1000) ack 11 win 10000")
	x.expect(0, ". 11:11(0) ack 5001")
	x.read(0, 5000)
	x.quiet(time.Second)
}

// RFC 2018 section 4: the block that grew last comes first; RFC 2883: what came twice comes before.
func TestSACKSent(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.NoSACK = false })
	x.accept(0, "S 0:0(0) win 10000 <mss 1000,sackOK>")
	x.expect(0, "S. 0:0(0) ack 1 <mss 1000,sackOK>")
	x.input(0, ". 1:1(0) ack 1 win 10000")
	for _, c := range []struct{ in, out string }{
		{"1001:2001(1000)", "ack 1 <sack 1001:2001>"},
		{"3001:4001(1000)", "ack 1 <sack 3001:4001 1001:2001>"},
		{"5001:6001(1000)", "ack 1 <sack 5001:6001 3001:4001 1001:2001>"},
		{"7001:8001(1000)", "ack 1 <sack 7001:8001 5001:6001 3001:4001 1001:2001>"},
		{"9001:9002(1)", "ack 1 <sack 9001:9002 7001:8001 5001:6001 3001:4001>"},
		{"2001:3001(1000)", "ack 1 <sack 1001:4001 9001:9002 7001:8001 5001:6001>"},
		{"7001:7501(500)", "ack 1 <sack 7001:7501 7001:8001 1001:4001 9001:9002>"},
		{"1:1001(1000)", "ack 4001 <sack 7001:8001 9001:9002 5001:6001>"},
		{"1:1001(1000)", "ack 4001 <sack 1:1001 7001:8001 9001:9002 5001:6001>"},
		{"4001:5001(1000)", "ack 6001 <sack 7001:8001 9001:9002>"},
		{"6001:9001(3000)", "ack 9002 <sack 7001:8001>"}, // RFC 2883 section 4: part of it was here
	} {
		x.input(0, ". "+c.in+" ack 1 win 10000")
		x.expect(0, ". 1:1(0) "+c.out)
	}
	x.read(0, 9001)
}

// SACK blocks go with text, within the size of a segment.
func TestSACKBesideText(t *testing.T) {
	x := negotiated(t, nil)
	for i := range 5 {
		x.input(0, x.line(".", Seq(1001+2000*i), 1000, 1)+" win 2500 <TS val 100 ecr 5000>")
	}
	x.write(0, 3000)
	x.drain()
	if len(x.sent) == 0 {
		t.Fatal("nothing sent")
	}
	for _, s := range x.sent {
		if n := len(s.out.Payload) + 12; s.out.Options.NumSACK == 0 || n+4+8*s.out.Options.NumSACK > 1000 {
			t.Errorf("%d bytes of text with %d SACK blocks", len(s.out.Payload), s.out.Options.NumSACK)
		}
	}
}

// A bounded list of ranges: what does not fit is dropped and comes again.
func TestManyRanges(t *testing.T) {
	x := established(t, nil)
	for i := range 2 * minRanges {
		x.input(0, x.line(".", Seq(3+2*i), 1, 1)+" win 10000")
	}
	x.drain()
	x.sent = nil
	x.wantDropped(NoRoom, minRanges)
	if n := x.c.Info().OutOfOrder; n != minRanges {
		t.Errorf("%d bytes out of order", n)
	}
	for i := range 2 * minRanges {
		x.input(0, x.line(".", Seq(1+2*i), 2, 1)+" win 10000")
		x.drain()
	}
	x.sent = nil
	x.read(0, 4*minRanges)
}
