package tcp

import (
	"io"
	"math"
	"testing"
	"time"

	"smoltcp/dissect"
)

// Traps that no other test stands for; ../testdata/traps.txt lists them all.

// trap segment.14: ECE, CWR, AE and the reserved bits of a SYN, or of any other segment, change nothing where ECN is off (RFC
// 9293 3.1).
func TestReservedBits(t *testing.T) {
	const reserved = dissect.TCPFlags(0x0e00)
	all := reserved | dissect.ECE | dissect.CWR | dissect.AE
	x := newTrace(t, func(g *Config) { g.ECN = ECNOff })
	syn, _ := x.parse(plainSyn, true)
	syn.Flags |= all
	x.c.Accept(0, &x.cfg, traceISS, tsBase, &syn)
	x.expect(0, "S. 0:0(0) ack 1")
	s, _ := x.parse("P. 1:4(3) ack 1 win 10000", true)
	s.Flags |= all
	x.c.Input(0, &s)
	x.wantState(Established)
	x.read(0, 3)
	x.expect(40*ms, ". 1:1(0) ack 4")

	x = synSent(t, func(g *Config) { g.ECN = ECNOff })
	s, _ = x.parse("S. 0:0(0) ack 1 win 10000 <mss 1000>", true)
	s.Flags |= all
	x.c.Input(0, &s)
	x.wantState(Established)
	x.expect(0, ". 1:1(0) ack 1")
	s, _ = x.parse("R 1:1(0) win 0", true)
	s.Flags |= all
	x.c.Input(0, &s)
	x.wantErr(ErrReset)
}

// trap handshake.2: our own receive window is full before the connection is open, and it opens and sends all the same (RFC 9293
// 3.4, X-001). A buffer of no bytes cannot be asked for: 0 is the default size; text of the SYN fills a small one.
func TestNoRoomFromTheStart(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.RcvBuf = 3 })
	x.accept(0, "S 0:3(3) win 10000 <mss 1000>")
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(0, ". 1:1(0) ack 1 win 10000")
	x.wantState(Established)
	x.expect(0, ". 1:1(0) ack 4 win 0")
	x.write(0, 10)
	x.expect(0, "P. 1:11(10) ack 4 win 0")
	x.input(10*ms, ". 4:4(0) ack 11 win 10000")
	if i := x.c.Info(); i.Unacked != 0 || i.RcvWnd != 0 {
		t.Errorf("%+v", i)
	}
	x.read(20*ms, 3)
	x.expect(20*ms, ". 11:11(0) ack 4 win 3")
}

// trap sockets.1: Peek gives what Read gives, and nothing where Read gives an error: before the connection is open, behind the end,
// after a reset, and when the program has closed.
func TestPeekAsRead(t *testing.T) {
	both := func(x *trace, want int, end error) {
		t.Helper()
		a, b := x.c.Peek()
		if n := len(a) + len(b); n != want || n != x.c.Readable() {
			t.Errorf("%v: %d bytes to peek at, %d readable, expected %d", x.c.State(), n, x.c.Readable(), want)
		}
		if want > 0 {
			x.read(x.now, want)
		}
		if n, err := x.c.Read(x.time(), make([]byte, 9)); n != 0 || err != end {
			t.Errorf("%v: read %d, %v, expected %v", x.c.State(), n, err, end)
		}
	}
	x := newTrace(t, nil)
	x.accept(0, "SP 0:5(5) win 10000 <mss 1000>")
	x.expect(0, "S. 0:0(0) ack 1")
	both(x, 0, ErrWouldBlock) // the text of the SYN is here, and not to be seen yet
	x.input(0, ". 1:1(0) ack 1 win 10000")
	both(x, 5, ErrWouldBlock)
	x.input(0, "PF. 6:9(3) ack 1 win 10000")
	both(x, 3, io.EOF)
	both(x, 0, io.EOF)

	x = established(t, nil)
	x.input(0, "P. 1:4(3) ack 1 win 10000")
	x.input(0, ". 9:12(3) ack 1 win 10000") // out of order: not to be seen either
	x.input(0, "R 4:4(0) win 0")
	both(x, 3, ErrReset)
	both(x, 0, ErrReset)

	x = finWait2(t)
	x.c.Close(x.time()) // the peer's direction is open still
	both(x, 0, ErrClosed)

	x = finWait2(t)
	x.input(0, "P. 1:4(3) ack 2 win 10000")
	both(x, 3, ErrWouldBlock)
	x.input(0, "P. 4:7(3) ack 2 win 10000")
	x.c.Abort(x.time())
	both(x, 0, ErrClosed)
}

// trap wire.6: numbers 2^31 apart have one fixed order, and no distance is too large to compare (RFC 9293 3.4, X-325).
func TestOrderOfNumbers(t *testing.T) {
	for _, a := range []Seq{0, 1, 5, 1 << 30, 1<<31 - 1, 1 << 31, 1<<31 + 1, math.MaxUint32} {
		for _, d := range []Seq{1, 2, 1 << 20, 1<<31 - 1} {
			if b := a + d; !a.Less(b) || b.Less(a) || !a.LessEq(b) || b.LessEq(a) {
				t.Errorf("%d and %d are not in order", a, b)
			}
		}
		if a.Less(a) || !a.LessEq(a) {
			t.Errorf("%d comes before itself", a)
		}
		if b := a + 1<<31; a.Less(b) == b.Less(a) || a.LessEq(b) == b.LessEq(a) {
			t.Errorf("%d and %d: neither or both come first", a, b)
		}
	}
}

// trap asks.4: the smallest retransmission timeout can be set: on a fast link with a peer that has no SACK, a lost tail need not
// cost 200 ms, let alone 1 s.
func TestSmallestTimeout(t *testing.T) {
	for _, c := range []struct{ min, want time.Duration }{{0, 200 * ms}, {10 * ms, 10 * ms}, {time.Second, time.Second}} {
		x := newTrace(t, func(g *Config) { g.MinRTO = c.min })
		x.accept(0, plainSyn)
		x.expect(0, "S. 0:0(0) ack 1")
		x.input(time.Millisecond/10, ". 1:1(0) ack 1 win 10000")
		x.write(ms, 100)
		x.expect(ms, "P. 1:101(100) ack 1")
		x.expect(ms+c.want, "P. 1:101(100) ack 1")
	}
}

// trap asks.13: round trips far below the granularity of the clock, as on a virtual link that is polled every few milliseconds,
// measure as nothing, but for those that cross a tick. Nothing is sent twice for that, with any congestion control, and the flow does not
// stop.
func TestCoarseClock(t *testing.T) {
	const tick, ticks, exchanges = 4 * time.Millisecond, 200, 6
	for _, alg := range everyAlgorithm {
		cfg := &Config{Congestion: alg, RcvBuf: 1 << 18, SndBuf: 1 << 18}
		var a, b Conn
		var toA, toB []Segment
		received, data := 0, make([]byte, 1<<14) // less than a window, so that a tail waits at each tick
		now := Time(time.Second)
		poll := func(c *Conn, wire *[]Segment) {
			var out Out
			for n := 0; n < 40 && c.Output(now, &out); n++ {
				s := segmentFrom(&out)
				s.Payload = append([]byte(nil), s.Payload...)
				*wire = append(*wire, s)
			}
		}
		a.Connect(now, cfg, 1000, 1)
		for range ticks {
			poll(&a, &toB) // it has not heard of what is on its way since the last tick
			for range exchanges {
				for _, s := range toB {
					if b.State() == Closed {
						b.Accept(now, cfg, 5000, 2, &s)
					} else {
						b.Input(now, &s)
					}
				}
				toB = toB[:0]
				p, q := b.Peek()
				received += len(p) + len(q)
				b.Discard(now, len(p)+len(q))
				poll(&b, &toA)
				for _, s := range toA {
					a.Input(now, &s)
				}
				toA = toA[:0]
				if _, err := a.Write(now, data); err != nil && err != ErrWouldBlock {
					t.Fatal(err)
				}
				poll(&a, &toB)
			}
			now = now.Add(tick)
		}
		i := a.Info()
		if i.Retransmits != 0 || i.Backoff != 0 {
			t.Errorf("%v: %d segments sent again, %d timeouts", alg, i.Retransmits, i.Backoff)
		}
		if received < 4<<20 { // 5 MB/s: far less than what the buffers allow
			t.Errorf("%v: %d bytes in %v", alg, received, tick*ticks)
		}
	}
}

// trap closing.5: in CLOSING and LAST-ACK what the peer acknowledges in part is done with, its window counts, and its duplicate ACKs
// have the segment sent again that it waits for (RFC 9293 3.10.7.4, X-085).
func TestAcksInClosingStates(t *testing.T) {
	for _, state := range []State{Closing, LastAck} {
		x := established(t, nil)
		x.write(0, 6000)
		for i := range 6 {
			flags := "."
			if i == 5 {
				flags = "P."
			}
			x.expect(0, x.line(flags, Seq(1+1000*i), 1000, 1))
		}
		if state == Closing {
			x.c.CloseWrite(0)
			x.expect(0, "F. 6001:6001(0) ack 1")
			x.input(10*ms, "F. 1:1(0) ack 1 win 10000")
			x.expect(10*ms, ". 6002:6002(0) ack 2")
		} else {
			x.input(10*ms, "F. 1:1(0) ack 1 win 10000")
			x.expect(10*ms, ". 6001:6001(0) ack 2")
			x.c.CloseWrite(x.time())
			x.expect(10*ms, "F. 6001:6001(0) ack 2")
		}
		x.wantState(state)
		x.input(20*ms, ". 2:2(0) ack 1001 win 9000")
		if i := x.c.Info(); i.Unacked != 5001 || i.SndWnd != 9000 {
			t.Errorf("%v: %d unacknowledged, window %d", state, i.Unacked, i.SndWnd)
		}
		for range 3 {
			x.input(30*ms, ". 2:2(0) ack 1001 win 9000")
		}
		x.expect(30*ms, ". 1001:2001(1000) ack 2")
		x.input(40*ms, ". 2:2(0) ack 6001 win 9000")
		if i := x.c.Info(); i.Unacked != 1 {
			t.Errorf("%v: %d unacknowledged", state, i.Unacked)
		}
		x.wantState(state)
		x.input(50*ms, ". 2:2(0) ack 6002 win 9000")
		if x.c.State() == state {
			t.Errorf("still in %v", state)
		}
	}
}

// trap send.6: an ACK that is due does not let a second short segment go (RFC 9293 3.7.4, X-282).
func TestNagleWhileAckIsDue(t *testing.T) {
	x := established(t, nil)
	x.write(0, 10)
	x.expect(0, "P. 1:11(10) ack 1")
	x.write(1*ms, 10)
	x.quiet(1 * ms)
	x.input(2*ms, ". 1:1001(1000) ack 1 win 10000")
	x.input(2*ms, ". 1001:2001(1000) ack 1 win 10000")
	x.expect(2*ms, ". 11:11(0) ack 2001")
	x.quiet(2 * ms)
	x.input(3*ms, ". 2001:2101(100) ack 1 win 10000") // this ACK is delayed
	x.expect(43*ms, ". 11:11(0) ack 2101")
	x.quiet(43 * ms)
	x.input(50*ms, ". 2101:2101(0) ack 11 win 10000")
	x.expect(50*ms, "P. 11:21(10) ack 2101")
}

// trap timers.7: what was sent twice says how long the round trip is by its timestamp, in recovery too, and says nothing without
// (RFC 6298 3, RFC 7323 4.1, MUST-18, X-256).
func TestSamplesThroughRecovery(t *testing.T) {
	for _, timestamps := range []bool{true, false} {
		x := negotiated(t, func(g *Config) { g.NoSACK = true })
		if !timestamps {
			x = established(t, nil)
		}
		stamp := func(val, ecr int) string {
			if !timestamps {
				return ""
			}
			return " <TS val " + itoa(val) + " ecr " + itoa(ecr) + ">"
		}
		before := x.c.Info().SRTT
		x.write(0, 100)
		x.expect(0, "P. 1:101(100) ack 1")
		x.expect(200*ms, "P. 1:101(100) ack 1")
		x.input(280*ms, ". 1:1(0) ack 101 win 2500"+stamp(350, tsBase+200))
		i := x.c.Info()
		if sampled := i.SRTT > before+5*ms && i.SRTT < before+15*ms && i.Backoff == 0; sampled != timestamps {
			t.Errorf("timestamps %v: SRTT %v after %v, %d timeouts", timestamps, i.SRTT, before, i.Backoff)
		}
		if !timestamps && (i.SRTT != before || i.Backoff != 1) {
			t.Errorf("SRTT %v after %v, %d timeouts", i.SRTT, before, i.Backoff)
		}
	}
	// Nor does a segment that was sent once, when its ACK had to wait for one that was sent twice.
	x := established(t, nil)
	x.write(0, 2000)
	x.expect(0, ". 1:1001(1000) ack 1")
	x.expect(0, "P. 1001:2001(1000) ack 1")
	x.expect(200*ms, ". 1:1001(1000) ack 1")
	x.input(280*ms, ". 1:1(0) ack 2001 win 10000")
	if i := x.c.Info(); i.SRTT > ms || i.Backoff != 1 {
		t.Errorf("SRTT %v, %d timeouts", i.SRTT, i.Backoff)
	}
}

// trap congestion.6: CUBIC's K is how long it takes from the window with which congestion avoidance begins, not from where the cut
// left it, and the time in which the program had nothing to send does not count (RFC 9438 4.2, 5.8, X-076).
func TestCubicTime(t *testing.T) {
	r := newCubicRun(1000, 500*time.Millisecond)
	r.lose()
	r.w.cwnd = 800 * cubicSMSS // slow start has gone beyond ssthresh
	k := math.Cbrt(200 / 0.4)  // 7.9 s, and not 9.1 as from 700
	for _, at := range []float64{2, 5, k, 11} {
		r.until(Time(at*1e9), true)
		got, want := float64(r.w.cwnd)/cubicSMSS, 0.4*math.Pow(at-k, 3)+1000
		if math.Abs(got-want) > 0.01*want {
			t.Errorf("after %.2f s: %.1f segments, want %.1f", at, got, want)
		}
	}

	var grown [2]uint32
	for i, pause := range []time.Duration{0, 97 * time.Second} {
		r := newCubicRun(1000, 500*time.Millisecond)
		r.lose()
		r.until(Time(3*time.Second), true)
		end := Time(3 * time.Second).Add(pause)
		r.until(end, false)
		r.until(end.Add(2*time.Second), true)
		grown[i] = r.w.cwnd
	}
	if d := math.Abs(float64(grown[0]) - float64(grown[1])); d > 0.01*float64(grown[0]) {
		t.Errorf("%d bytes without a pause, %d with one of 97 s", grown[0], grown[1])
	}
}
