package tcp

import (
	"testing"
	"time"
)

// establishedWith has a peer with that window and MSS.
func establishedWith(t *testing.T, win uint16, mss int, change func(*Config)) *trace {
	t.Helper()
	x := newTrace(t, change)
	s, _ := x.parse("S 0:0(0)", true)
	s.Window, s.Options.MSS = win, uint16(mss)
	x.c.Accept(0, &x.cfg, traceISS, tsBase, &s)
	x.expect(0, "S. 0:0(0) ack 1")
	a, _ := x.parse(". 1:1(0) ack 1", true)
	a.Window = win
	x.c.Input(0, &a)
	x.wantState(Established)
	return x
}

// trap: with Nagle on, one short segment at most is unacknowledged, also when an ACK is due; it can be switched off
// (3.7.4, MUST-17, X-282).
func TestNagle(t *testing.T) {
	x := established(t, nil)
	x.write(0, 10)
	x.expect(0, "P. 1:11(10) ack 1")
	x.write(1*ms, 10)
	x.quiet(1 * ms)
	x.input(2*ms, ". 5:6(1) ack 1 win 10000") // makes an ACK due at once
	x.expect(2*ms, ". 11:11(0) ack 1")
	x.write(3*ms, 985)
	x.quiet(3 * ms)
	x.write(4*ms, 10) // now it is more than a full segment
	x.expect(4*ms, ". 11:1011(1000) ack 1")
	x.quiet(4 * ms)
	x.input(5*ms, ". 1:1(0) ack 11 win 10000")
	x.expect(5*ms, "P. 1011:1016(5) ack 1")
	x.write(6*ms, 10)
	x.quiet(6 * ms)
	x.c.SetNoDelay(x.time(), true)
	x.expect(6*ms, "P. 1016:1026(10) ack 1")
	x.write(6*ms, 10)
	x.expect(6*ms, "P. 1026:1036(10) ack 1")
	x.c.SetNoDelay(x.time(), false)
	x.write(6*ms, 10)
	x.quiet(6 * ms)
	x.c.CloseWrite(x.time()) // nothing can join it any more
	x.expect(6*ms, "FP. 1036:1046(10) ack 1")
}

// A send buffer smaller than a segment: half of it counts as full.
func TestNagleSmallBuffer(t *testing.T) {
	x := established(t, func(g *Config) { g.SndBuf = 64 })
	x.write(0, 32)
	x.expect(0, "P. 1:33(32) ack 1")
	x.write(0, 10)
	x.expect(0, "P. 33:43(10) ack 1")
	x.write(0, 10)
	x.quiet(0)
	x.write(0, 12)
	x.quiet(0)
	x.input(10*ms, ". 1:1(0) ack 43 win 1000")
	x.expect(10*ms, "P. 43:65(22) ack 1")
}

// trap: less than a full segment is sent only if it is all there is, half the largest window, or the 0.1-1 s override is over
// (3.8.6.2.1, MUST-38, X-092).
func TestSenderSillyWindow(t *testing.T) {
	x := establishedWith(t, 4000, 1000, nil)
	x.write(0, 6000)
	for i := range 4 {
		x.expect(0, x.line(".", Seq(1+1000*i), 1000, 1))
	}
	x.input(10*ms, ". 1:1(0) ack 4001 win 500")
	x.quiet(200 * ms)
	x.expect(210*ms, ". 4001:4501(500) ack 1") // the override
	x.input(220*ms, ". 1:1(0) ack 4501 win 700")
	x.quiet(300 * ms)
	x.input(310*ms, ". 1:1(0) ack 4501 win 1499")
	x.expect(310*ms, ". 4501:5501(1000) ack 1") // full
	x.input(320*ms, ". 1:1(0) ack 5501 win 499")
	x.quiet(320 * ms)
	x.input(330*ms, ". 1:1(0) ack 5501 win 500")
	x.expect(330*ms, "P. 5501:6001(500) ack 1") // all there is

	// Half the largest window.
	x = establishedWith(t, 300, 1000, nil)
	x.write(0, 1000)
	x.expect(0, ". 1:301(300) ack 1")
	x.input(10*ms, ". 1:1(0) ack 301 win 149")
	x.quiet(10 * ms)
	x.input(20*ms, ". 1:1(0) ack 301 win 150")
	x.expect(20*ms, ". 301:451(150) ack 1")
}

// trap: a window that shrinks below what is in flight stops new data, and what it still allows is retransmitted
// (3.8.6, MUST-34, SHLD-15, SHLD-16, X-087).
func TestWindowShrinks(t *testing.T) {
	x := establishedWith(t, 5000, 1000, nil)
	x.write(0, 6000)
	for i := range 5 {
		x.expect(0, x.line(".", Seq(1+1000*i), 1000, 1))
	}
	x.input(10*ms, ". 1:1(0) ack 1001 win 1500") // had promised up to 5001
	x.quiet(209 * ms)
	x.expect(210*ms, ". 1001:2001(1000) ack 1")
	x.input(220*ms, ". 1:1(0) ack 2001 win 500")
	x.expect(220*ms, ". 2001:2501(500) ack 1")
	x.input(230*ms, ". 1:1(0) ack 2501 win 10000")
	x.expect(230*ms, ". 2501:3501(1000) ack 1")
	x.expect(230*ms, ". 3501:4501(1000) ack 1")
}

// trap: a probe's new octet counts as sent (3.8.6.1): when both ends probed, each dropped the other's ACKs for ever.
// trap, timers: probing goes on while the peer answers (MUST-37), backs off, and stops with the last queued byte.
func TestZeroWindowProbes(t *testing.T) {
	x := establishedWith(t, 100, 1000, func(g *Config) { g.UserTimeout = 10 * time.Second })
	x.write(0, 110)
	x.expect(0, ". 1:101(100) ack 1")
	x.input(0, ". 1:1(0) ack 101 win 0")
	at := 200 * ms
	x.expect(at, ". 101:102(1) ack 1")
	for _, gap := range []time.Duration{400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 102400, 120000, 120000} {
		x.input(at+10*ms, ". 1:1(0) ack 101 win 0") // far longer than the user timeout
		at += gap * ms
		x.expect(at, ". 101:102(1) ack 1")
		if d := x.c.Deadline(); d == Never {
			t.Fatal("no timer")
		}
		if gap == 3200 {
			x.c.SetUserTimeout(x.time(), 10*time.Minute)
		}
	}
	if x.c.Info().Unacked != 1 {
		t.Error("the probe's octet does not count as sent")
	}
	// An ACK of ours now lies where the peer looks at it: its window is closed, it expects 101.
	x.input(at, ". 1:1001(1000) ack 101 win 0")
	x.input(at, ". 1001:2001(1000) ack 101 win 0")
	x.expect(at, ". 101:101(0) ack 2001")
	x.input(at, ". 2001:2001(0) ack 102 win 0") // it took the octet, and has no more room
	at += 120 * time.Second
	x.expect(at, ". 102:103(1) ack 2001")
	x.input(at+300*ms, ". 2001:2001(0) ack 111 win 0") // and all the rest, of which only one octet was sent
	x.expect(at+300*ms, ". 102:102(0) ack 2001")
	x.input(at+300*ms, ". 2001:2001(0) ack 103 win 50")
	x.expect(at+300*ms, "P. 103:111(8) ack 2001")
	x.input(at+400*ms, ". 2001:2001(0) ack 111 win 0")
	x.quiet(at + time.Hour)
}

// Both ends have probed, and both octets were taken, but no ACK arrived: each has 1 byte of room, which the
// other's octet has filled again.
func TestBothProbe(t *testing.T) {
	for _, peer := range []string{
		". 1:1(0) ack 2 win 0", // a peer like us: at the edge of the window that it knows
		". 2:2(0) ack 2 win 0", // one that goes by the letter: at its SND.NXT, which we have
		". 3:3(0) ack 2 win 0", // the same, when our window is closed and its octet was not taken
	} {
		x := establishedWith(t, 0, 1000, func(g *Config) { g.RcvBuf = 1 })
		x.write(0, 5)
		x.input(0, "P. 1:2(1) ack 1 win 0")
		x.expect(0, ". 1:1(0) ack 2 win 0")
		x.expect(200*ms, ". 1:2(1) ack 2 win 0")
		x.input(210*ms, peer)
		if i := x.c.Info(); i.Unacked != 0 {
			t.Errorf("%s: the ACK of the probe is ignored", peer)
		}
	}
}

// trap: a retransmission timeout under a zero window goes on as probing (3.8.6, MUST-35, X-090).
// trap: when the window opens, data that was in flight is retransmitted (3.8.6, X-087, X-090).
func TestWindowClosesOverFlight(t *testing.T) {
	x := establishedWith(t, 3000, 1000, nil)
	x.write(0, 3000)
	for i := range 2 {
		x.expect(0, x.line(".", Seq(1+1000*i), 1000, 1))
	}
	x.expect(0, "P. 2001:3001(1000) ack 1")
	x.input(10*ms, ". 1:1(0) ack 1001 win 0")
	x.expect(210*ms, ". 1001:1002(1) ack 1")
	x.expect(610*ms, ". 1001:1002(1) ack 1")
	x.input(700*ms, ". 1:1(0) ack 1001 win 3000")
	x.expect(700*ms, ". 1001:2001(1000) ack 1")
	x.expect(700*ms, "P. 2001:3001(1000) ack 1")
	x.input(710*ms, ". 1:1(0) ack 3001 win 3000")
	x.quiet(time.Hour)
}

// A FIN behind a closed window is the probe (trap, MUST-36: while FIN is queued behind a zero window a probe timer runs).
func TestFinBehindZeroWindow(t *testing.T) {
	x := establishedWith(t, 0, 1000, nil)
	x.c.CloseWrite(0)
	x.expect(200*ms, "F. 1:1(0) ack 1")
	x.input(300*ms, ". 1:1(0) ack 1 win 0")
	x.expect(600*ms, "F. 1:1(0) ack 1")
	x.input(700*ms, ". 1:1(0) ack 2 win 0")
	x.wantState(FinWait2)
	x.quiet(time.Minute)
}

// The peer takes the probe's octet and only the rest is sent: nothing is sent twice.
func TestProbeTaken(t *testing.T) {
	x := establishedWith(t, 0, 1000, nil)
	x.write(0, 1500)
	x.expect(200*ms, ". 1:2(1) ack 1")
	x.input(210*ms, ". 1:1(0) ack 2 win 2000")
	x.expect(210*ms, ". 2:1002(1000) ack 1")
	x.expect(210*ms, "P. 1002:1501(499) ack 1")

	// It did not: the octet goes again, in a full segment.
	x = establishedWith(t, 0, 1000, nil)
	x.write(0, 1500)
	x.expect(200*ms, ". 1:2(1) ack 1")
	x.input(210*ms, ". 1:1(0) ack 1 win 2000")
	x.expect(210*ms, ". 1:1001(1000) ack 1")
	x.expect(210*ms, "P. 1001:1501(500) ack 1")
}

// What is sent is what was written, whatever the ring does: growth, wrap, retransmission, options.
func TestSentBytes(t *testing.T) {
	x := established(t, func(g *Config) { g.SndBuf = 5000 })
	want := pattern(40_000, 9)
	sent, acked := 0, 0
	for acked < len(want) {
		n, _ := x.c.Write(x.time(), want[sent:min(sent+1777, len(want))])
		sent += n
		var out Out
		for x.c.Output(x.time(), &out) {
			s := segmentFrom(&out)
			at := int(s.Seq - traceISS - 1)
			for i, b := range s.Payload {
				if want[at+i] != b {
					t.Fatalf("byte %d is %d, want %d", at+i, b, want[at+i])
				}
			}
			if at+len(s.Payload) > acked && len(s.Payload) > 0 {
				acked = at + len(s.Payload)
			}
		}
		x.input(x.now+ms, x.ackLine(acked))
	}
}

func (x *trace) ackLine(acked int) string {
	return x.line(".", 1, 0, 1+acked) + " win 10000"
}

// trap: an ACK that the device or the pool refused stays due: Output is simply not asked, and nothing is forgotten.
func TestAckStaysDue(t *testing.T) {
	x := established(t, nil)
	s, _ := x.parse(". 1:2001(2000) ack 1 win 10000", true)
	x.c.Input(0, &s)
	for range 3 {
		if d := x.c.Deadline(); d != 0 {
			t.Fatalf("deadline %v", d)
		}
	}
	x.expect(0, ". 1:1(0) ack 2001")
}
