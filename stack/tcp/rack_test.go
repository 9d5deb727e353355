package tcp

import (
	"testing"
	"time"
)

// lossy is established with SACK, without timestamps, and a round trip of 100 ms.
func lossy(t *testing.T, n int) *trace {
	t.Helper()
	x := newTrace(t, func(g *Config) { g.NoSACK = false })
	x.accept(0, "S 0:0(0) win 10000 <mss 1000,sackOK>")
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(100*ms, ". 1:1(0) ack 1 win 60000")
	x.write(200*ms, 1000*n)
	for i := range n {
		flags := "."
		if i == n-1 {
			flags = "P."
		}
		x.expect(200*ms, x.line(flags, Seq(1+1000*i), 1000, 1))
	}
	return x
}

// nearly advances to just after at, and checks that one segment went out within a microsecond of it: times that RACK
// computes are a few nanoseconds apart for segments of one instant.
func (x *trace) nearly(at time.Duration, line string) {
	x.Helper()
	x.advance(at + time.Microsecond)
	x.drain()
	if len(x.sent) == 0 || (x.sent[0].at-at).Abs() > time.Microsecond {
		x.Fatalf("%v: sent %d segments, expected %s", at, len(x.sent), line)
	}
	want, named := x.parse(line, false)
	got := x.sent[0]
	x.sent = x.sent[1:]
	if text := x.show(&got.out, named); text != x.show(&want, named) {
		x.Fatalf("got %s, expected %s", text, line)
	}
}

// RFC 8985 7.2, 7.3: no ACK for two round trips, and the segment sent last goes out again, before the timeout would
// send the first. 7.4.2: what it repaired without anybody seeing a loss is answered as one.
func TestTailLossProbe(t *testing.T) {
	x := lossy(t, 5)
	x.input(300*ms, ". 1:1(0) ack 4001 win 60000") // the last one got lost
	// One segment in flight: 2 SRTT and time for a delayed ACK, but no later than the timeout.
	x.expect(300*ms+x.c.Info().RTO, "P. 4001:5001(1000) ack 1")
	if i := x.c.Info(); i.Backoff != 0 || i.Phase != PhaseOpen {
		t.Errorf("%+v", i)
	}
	x.input(700*ms, ". 1:1(0) ack 5001 win 60000")
	before := x.c.Info().Ssthresh
	x.write(710*ms, 1000)
	x.expect(710*ms, "P. 5001:6001(1000) ack 1")
	x.input(810*ms, ". 1:1(0) ack 6001 win 60000")
	if i := x.c.Info(); i.Ssthresh >= before {
		t.Errorf("the loss that the probe repaired went unnoticed: %+v", i)
	}

	// 7.4.2: a D-SACK for the probe says that nothing was lost.
	x = lossy(t, 5)
	x.input(300*ms, ". 1:1(0) ack 4001 win 60000")
	x.expect(300*ms+x.c.Info().RTO, "P. 4001:5001(1000) ack 1")
	x.input(610*ms, ". 1:1(0) ack 5001 win 60000")
	x.input(700*ms, ". 1:1(0) ack 5001 win 60000 <sack 4001:5001>")
	before = x.c.Info().Ssthresh
	x.write(710*ms, 1000)
	x.expect(710*ms, "P. 5001:6001(1000) ack 1")
	x.input(810*ms, ". 1:1(0) ack 6001 win 60000")
	if i := x.c.Info(); i.Ssthresh != before {
		t.Errorf("%+v", i)
	}
}

// RFC 8985 7.2: it is a single segment in flight whose ACK may be delayed, however short two of them are.
func TestTailLossProbeOfSmallSegments(t *testing.T) {
	for n, after := range []time.Duration{300 * ms, 200 * ms} { // the timeout comes first, or two round trips
		x := newTrace(t, func(g *Config) { g.NoSACK, g.NoDelay = false, true })
		x.accept(0, "S 0:0(0) win 10000 <mss 1000,sackOK>")
		x.expect(0, "S. 0:0(0) ack 1")
		x.input(100*ms, ". 1:1(0) ack 1 win 60000")
		last := ""
		for i := range n + 1 {
			x.write(200*ms, 100)
			last = x.line("P.", Seq(1+100*i), 100, 1)
			x.expect(200*ms, last)
		}
		x.expect(200*ms+after, last)
	}
}

// RFC 8985 7.3: new text is a better probe than old, and cwnd does not hold it back.
func TestTailLossProbeNewText(t *testing.T) {
	x := lossy(t, 4)
	x.c.rec.cwnd = 4000
	x.write(210*ms, 1000)
	x.quiet(399 * ms)
	x.expect(400*ms, "P. 4001:5001(1000) ack 1")
	// What it brings shows that the four before it are lost: RACK finds them without a timeout.
	x.input(500*ms, ". 1:1(0) ack 1 win 60000 <sack 4001:5001>")
	x.expect(500*ms, ". 1:1001(1000) ack 1")
	if i := x.c.Info(); i.Phase != PhaseRecovery || i.Backoff != 0 || i.Lost != 3000 {
		t.Errorf("%+v", i)
	}
}

// RFC 8985 6.2 step 5: fewer than three SACKed segments, and the reordering window, a quarter of the shortest round
// trip, decides; what comes within it was only late.
func TestReorderingWindow(t *testing.T) {
	x := lossy(t, 5)
	x.input(300*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:2001>")
	x.nearly(325*ms, ". 1:1001(1000) ack 1")

	x = lossy(t, 5)
	x.input(300*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:2001>")
	x.input(320*ms, ". 1:1(0) ack 2001 win 60000")
	x.quiet(340 * ms)
	if i := x.c.Info(); i.Retransmits != 0 || !x.c.rec.reordering {
		t.Errorf("%+v, reordering seen: %v", i, x.c.rec.reordering)
	}
	// Now that segments are known to overtake each other, three that do are no loss before their time (step 4).
	x.input(350*ms, ". 1:1(0) ack 2001 win 60000 <sack 3001:5001>")
	x.write(350*ms, 2000)
	x.drain()
	x.sent = nil
	x.input(450*ms, ". 1:1(0) ack 2001 win 60000 <sack 3001:7001>")
	if i := x.c.Info(); i.Phase == PhaseOpen && i.Lost > 0 {
		t.Errorf("%+v", i)
	}
}

// RFC 8985 6.2 step 4: each round trip with a D-SACK widens the reordering window, sixteen recoveries without one take it
// back.
func TestReorderingWindowAdapts(t *testing.T) {
	x := lossy(t, 5)
	x.input(300*ms, ". 1:1(0) ack 3001 win 60000")
	x.c.rec.reordering = true
	base := x.c.reorderWindow()
	for range 3 { // in one round trip
		x.input(301*ms, ". 1:1(0) ack 3001 win 60000 <sack 1001:2001>")
	}
	if w := x.c.reorderWindow(); w != 2*base {
		t.Errorf("window %v, was %v", w, base)
	}
	x.input(310*ms, ". 1:1(0) ack 4001 win 60000")
	for i := range reorderPersist {
		if w := x.c.reorderWindow(); w != 2*base {
			t.Errorf("window %v after %d recoveries", w, i)
		}
		x.c.rackRecovered()
	}
	if w := x.c.reorderWindow(); w != base {
		t.Errorf("window %v, was %v", w, base)
	}
}

// RFC 8985 6.2 step 2: RACK.rtt is of the segment delivered last, also when one that was sent later came with it: what went out
// together with the former has as long.
func TestRackRTT(t *testing.T) {
	x := lossy(t, 10)
	for _, b := range []string{"1001:2001", "1001:3001", "8001:9001 1001:3001"} {
		x.input(300*ms, ". 1:1(0) ack 1 win 60000 <sack "+b+">")
	}
	x.expect(300*ms, ". 1:1001(1000) ack 1")
	x.quiet(300 * ms)
	x.input(420*ms, ". 1:1(0) ack 4001 win 60000 <sack 8001:9001>") // 3001:4001 was only late
	if i := x.c.Info(); x.c.loss.rack.rtt.Round(ms) != 220*ms || i.Lost != 4000 {
		t.Errorf("RACK.rtt %v, %+v", x.c.loss.rack.rtt, i)
	}
}

// The shortest round trip is known again after an idle time (RFC 8985 6.2 step 1: of some minutes).
func TestMinRTTSurvivesIdle(t *testing.T) {
	x := lossy(t, 1)
	x.input(300*ms, ". 1:1(0) ack 1001 win 60000")
	x.advance(time.Minute)
	x.drain()
	if x.c.loss != nil {
		t.Fatal("an idle connection has a loss state")
	}
	x.write(time.Minute, 1000)
	x.drain()
	if got := x.c.loss.min.get(); got != 100*ms {
		t.Errorf("shortest round trip %v", got)
	}
}

// RFC 8985 6.2: a retransmission that is lost in its turn is found by what was sent after it, without a timeout; and RFC
// 5681 4.3: it is a second sign of congestion.
func TestLostRetransmission(t *testing.T) {
	x := lossy(t, 8)
	x.c.Write(x.time(), pattern(20_000, 1))
	x.drain()
	x.sent = nil
	x.input(300*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:5001>")
	x.expect(300*ms, ". 1:1001(1000) ack 1")
	x.drain()
	x.sent = nil
	first := x.c.Info()
	x.input(301*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:9001>")
	x.drain() // new text behind the retransmission
	next := x.c.Info().SndNxt - traceISS
	x.sent = nil
	x.input(401*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:"+itoa(int(next))+">")
	x.expect(401*ms, ". 1:1001(1000) ack 1")
	if i := x.c.Info(); i.Backoff != 0 || i.Ssthresh >= first.Ssthresh {
		t.Errorf("first %+v\nthen %+v", first, i)
	}
	// RFC 6937: no more goes out for what arrives than brings the pipe to ssthresh, although nearly all was SACKed before.
	if i := x.c.Info(); x.c.lossState().prr.flight < uint32(i.Ssthresh) || i.Cwnd > max(i.Ssthresh, i.InFlight)+1000 {
		t.Errorf("%+v %+v", i, x.c.lossState().prr)
	}
}

// RFC 8985 6.3: a timeout declares lost only what has been out long enough.
func TestTimeoutSparesYoungSegments(t *testing.T) {
	x := lossy(t, 4)
	x.input(300*ms, ". 1:1(0) ack 1001 win 60000")
	x.write(490*ms, 1000)
	x.drain()
	x.sent = nil
	x.c.lossState().probeAt = Never
	x.c.recoverTimeout()
	if i := x.c.Info(); i.Lost != 3000 || i.InFlight != 1000 {
		t.Errorf("%+v", i)
	}
}

// RFC 3522, RFC 4015: a timeout that a timestamp shows to be spurious is taken back with the first ACK, and the timer
// learns.
func TestEifel(t *testing.T) {
	x := negotiated(t, nil)
	x.write(0, 3000)
	x.drain()
	x.sent = nil
	before := x.c.Info()
	x.c.lossState().rack.probing, x.c.lossState().probeAt = true, Never // no probe
	x.advance(200 * ms)
	x.drain()
	if i := x.c.Info(); i.Phase != PhaseLoss || i.Cwnd >= before.Cwnd {
		t.Fatalf("%+v", i)
	}
	x.sent = nil
	x.input(300*ms, ". 1:1(0) ack 989 win 2500 <TS val 400 ecr 5000>")
	x.quiet(300 * ms)
	i := x.c.Info()
	if i.Phase != PhaseOpen || i.Cwnd < before.Cwnd || i.Ssthresh != before.Ssthresh || i.Lost != 0 || i.Backoff != 0 || i.RTO < 300*ms {
		t.Errorf("%+v", i)
	}
}

// RFC 3708, RFC 2883: D-SACKs for all that was sent again take a fast retransmit back.
func TestUndoByDSACK(t *testing.T) {
	x := lossy(t, 8)
	before := x.c.Info()
	x.input(300*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:5001>")
	x.expect(300*ms, ". 1:1001(1000) ack 1")
	if i := x.c.Info(); i.Phase != PhaseRecovery {
		t.Fatalf("%+v", i)
	}
	x.input(310*ms, ". 1:1(0) ack 8001 win 60000")
	if i := x.c.Info(); i.Ssthresh >= before.Ssthresh {
		t.Fatalf("%+v", i)
	}
	x.input(400*ms, ". 1:1(0) ack 8001 win 60000 <sack 1:1001>")
	if i := x.c.Info(); i.Ssthresh != before.Ssthresh || i.Cwnd < before.Cwnd {
		t.Errorf("before %+v\nafter %+v", before, i)
	}
}

// RFC 5682 2.1: after a timeout the first ACK lets new text out, and a second that advances shows that it was spurious.
func TestFRTO(t *testing.T) {
	x := sendSegments(t, 10, false)
	before := x.c.Info()
	x.expect(200*ms, ". 1:1001(1000) ack 1")
	x.input(210*ms, ". 1:1(0) ack 1001 win 60000")
	x.expect(210*ms, ". 10001:11001(1000) ack 1")
	x.expect(210*ms, ". 11001:12001(1000) ack 1")
	x.quiet(210 * ms)
	x.input(220*ms, ". 1:1(0) ack 2001 win 60000")
	i := x.c.Info()
	if i.Phase != PhaseOpen || i.Cwnd < before.Cwnd || i.Ssthresh != before.Ssthresh || i.Lost != 0 {
		t.Errorf("%+v", i)
	}
	x.drain()
	for _, s := range x.sent {
		if (s.out.Seq - 12001).Less(traceISS) {
			t.Errorf("sent again: %s", x.show(&s.out, nil))
		}
	}
}

// RFC 5682 3.1, the SACK variant: what was sent once, before the timeout, and arrives after it shows that the timeout was
// for nothing, by the ACK field or by a SACK block. What was sent after it shows nothing.
func TestFRTOWithSACK(t *testing.T) {
	for _, c := range []struct {
		second   string
		spurious bool
	}{
		{". 1:1(0) ack 2001 win 60000", true},
		{". 1:1(0) ack 1001 win 60000 <sack 5001:6001>", true},
		{". 1:1(0) ack 1001 win 60000 <sack 10001:11001>", false},
		{". 1:1(0) ack 1001 win 60000 <sack 1:1001>", true}, // RFC 3708: the original had come
	} {
		x := sendSegments(t, 10, true)
		before := x.c.Info()
		x.c.lossState().rack.probing, x.c.lossState().probeAt = true, Never // no probe
		x.expect(200*ms, ". 1:1001(1000) ack 1")
		x.input(210*ms, ". 1:1(0) ack 1001 win 60000")
		x.expect(210*ms, ". 10001:11001(1000) ack 1")
		x.expect(210*ms, ". 11001:12001(1000) ack 1")
		x.quiet(210 * ms)
		x.input(220*ms, c.second)
		i := x.c.Info()
		if spurious := i.Phase == PhaseOpen && i.Lost == 0 && i.Cwnd >= before.Cwnd && i.Ssthresh == before.Ssthresh; spurious != c.spurious {
			t.Errorf("%s: spurious %v, %+v", c.second, spurious, i)
		}
		x.drain()
		for _, s := range x.sent {
			if old := (s.out.Seq - 10001).Less(traceISS); old == c.spurious {
				t.Errorf("%s: sent %s", c.second, x.show(&s.out, nil))
			}
		}
	}
}

// RFC 5682 3.1 step 2: without new text to send, or room for it, recovery goes on in the conventional way.
func TestFRTOWithoutNewText(t *testing.T) {
	x := lossy(t, 5)
	x.c.lossState().rack.probing, x.c.lossState().probeAt = true, Never // no probe
	x.advance(200*ms + x.c.Info().RTO)
	x.drain()
	x.sent = nil
	x.input(x.now+100*ms, ". 1:1(0) ack 1001 win 60000")
	x.expect(x.now, ". 1001:2001(1000) ack 1")
	x.expect(x.now, ". 2001:3001(1000) ack 1")
	x.quiet(x.now)
	if i := x.c.Info(); i.Phase != PhaseLoss {
		t.Errorf("%+v", i)
	}
}

// An ACK costs the same for any window: what was reported before is passed over, and what is not lost yet is not looked
// at.
func BenchmarkSACK(b *testing.B) {
	for _, n := range []int{100, 12_000} {
		b.Run(itoa(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				var board scoreboard
				board.init(0)
				board.ordered = true
				for i := range n {
					board.push(board.nxt+1000, Time(i), 1<<20)
				}
				b.StartTimer()
				// The first is lost, and everything else is reported one by one, in one block; the first is judged each time.
				for i := 1; i < n; i++ {
					v := ackView{now: Time(n + i), highest: board.highest}
					a := board.sack(1000, Seq(1000*(i+1)), &v, 1<<20)
					board.judge(v.now, a.rackAt, a.rackEnd, time.Duration(n))
				}
				b.StopTimer()
				board.reset()
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/ACK")
		})
	}
}

// Loss recovery takes its memory from pools.
func TestRecoveryAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget at random")
	}
	p := newPair(&Config{}, &Config{})
	chunk := make([]byte, 20_000)
	lost := 0
	allocs := testing.AllocsPerRun(300, func() {
		p.a.Write(p.now, chunk)
		for i := 0; p.a.Output(p.now, &p.out); i++ {
			if i%5 == 1 {
				lost++
				continue
			}
			var s Segment
			p.received(&s)
			p.b.Input(p.now, &s)
		}
		for range 20 {
			p.exchange()
			p.b.Discard(p.now, p.b.Readable())
			p.now = max(p.now, min(p.a.Deadline(), p.b.Deadline(), p.now+Time(100*ms)))
		}
		if p.a.undelivered() {
			t.Fatalf("%+v", p.a.Info())
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a round", allocs)
	}
	if lost < 300 || p.a.loss != nil && p.a.sent.mem != nil {
		t.Errorf("%d lost", lost)
	}
}
