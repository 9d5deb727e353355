package tcp

import (
	"testing"
	"time"
)

// sendSegments has n segments of 1000 bytes in flight, and more queued.
func sendSegments(t *testing.T, n int, sack bool) *trace {
	t.Helper()
	x := newTrace(t, func(g *Config) { g.NoSACK = !sack })
	syn := plainSyn
	if sack {
		syn = "S 0:0(0) win 10000 <mss 1000,sackOK>"
	}
	x.accept(0, syn)
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(0, ". 1:1(0) ack 1 win 60000")
	x.c.rtt.srtt, x.c.lossState().min = 100*ms, minRTT{100 * ms, 100 * ms, 0} // not 0
	x.c.rec.cwnd = uint32(n) * 1000
	x.c.Write(0, pattern(60_000, 1))
	for i := range n {
		x.expect(0, x.line(".", Seq(1+1000*i), 1000, 1))
	}
	x.quiet(0)
	return x
}

// trap: the initial window is min(10 x MSS, max(2 x MSS, 14600)) (RFC 6928 2, X-075).
// trap: SMSS is the segment really sent, by both MSS values and options (RFC 5681 2, X-083).
func TestInitialWindow(t *testing.T) {
	for mss, want := range map[uint32]uint32{100: 1000, 536: 5360, 1000: 10000, 1460: 14600, 2000: 14600, 7300: 14600, 8960: 17920, 65535: 131070} {
		if got := initialWindow(mss, false); got != want {
			t.Errorf("MSS %d: %d, want %d", mss, got, want)
		}
	}
	x := newTrace(t, func(g *Config) { g.MSS, g.NoTimestamps = 1460, false })
	x.accept(0, "S 0:0(0) win 65535 <mss 8960,TS val 1 ecr 0>")
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(0, ". 1:1(0) ack 1 win 65535 <TS val 1 ecr 5000>")
	if i := x.c.Info(); i.SndMSS != 1448 || i.Cwnd != 14480 {
		t.Errorf("%+v", i)
	}
}

// trap: a duplicate ACK has no text, no SYN, no FIN, the same number and window, and data is outstanding (RFC 5681 2, X-273).
func TestNotDuplicateAcks(t *testing.T) {
	for _, line := range []string{
		"P. 1:2(1) ack 1 win 60000", "F. 1:1(0) ack 1 win 60000", ". 1:1(0) ack 0 win 60000",
	} {
		x := sendSegments(t, 10, false)
		for range 3 {
			x.input(10*ms, line)
		}
		x.drain()
		for _, s := range x.sent {
			if len(s.out.Payload) > 0 {
				t.Errorf("%s: taken for a duplicate, sent %s", line, x.show(&s.out, nil))
			}
		}
	}
	x := sendSegments(t, 10, false)
	for i := range 3 {
		x.input(10*ms, ". 1:1(0) ack 1 win "+itoa(50000+i)) // window updates
	}
	x.quiet(10 * ms)
}

// trap: the first two duplicate ACKs each let one new segment out (RFC 3042 2, X-086).
// trap: duplicate ACKs that come in one batch count one by one, before anything is sent (RFC 5681 3.2, X-274).
// trap: a partial ACK retransmits the next hole at once and recovery goes on (RFC 6582 3.2, X-086).
func TestNewReno(t *testing.T) {
	x := sendSegments(t, 10, false)
	dup := ". 1:1(0) ack 1 win 60000"
	x.input(10*ms, dup)
	x.expect(10*ms, ". 10001:11001(1000) ack 1")
	x.quiet(10 * ms)
	x.input(10*ms, dup)
	x.expect(10*ms, ". 11001:12001(1000) ack 1")
	x.quiet(10 * ms)
	x.input(11*ms, dup)
	x.expect(11*ms, ". 1:1001(1000) ack 1") // fast retransmit
	x.quiet(11 * ms)
	// RFC 5681 3.2 step 2: the two of limited transmit do not count in FlightSize.
	if i := x.c.Info(); i.Phase != PhaseRecovery || i.Ssthresh != 5000 || i.InFlight != 9000 || i.Cwnd != 9000 {
		t.Errorf("%+v", i)
	}
	// PRR: while the pipe comes down to ssthresh one goes out for two that arrive, the retransmission counted; then what
	// there is room for.
	for i, sends := range []bool{false, false, true, false, false, true, true} {
		x.input(12*ms, dup)
		if sends {
			x.expect(12*ms, x.line(".", Seq(12001+1000*(i/3)), 1000, 1))
		}
		x.quiet(12 * ms)
	}
	// The sixth segment is missing, too.
	x.input(20*ms, ". 1:1(0) ack 5001 win 60000")
	x.expect(20*ms, ". 5001:6001(1000) ack 1")
	if i := x.c.Info(); i.Phase != PhaseRecovery {
		t.Errorf("%+v", i)
	}
	x.sent = nil
	x.drain()
	x.sent = nil
	x.input(30*ms, ". 1:1(0) ack 12001 win 60000")
	if i := x.c.Info(); i.Phase != PhaseOpen || i.Cwnd > 5000 {
		t.Errorf("%+v", i)
	}
	x.drain()
	for _, s := range x.sent {
		if (s.out.Seq - 14001).Less(traceISS) {
			t.Errorf("sent again: %s", x.show(&s.out, nil))
		}
	}
}

// RFC 6582 3.2 step 1: duplicate ACKs of what an earlier recovery sent start no second one.
func TestNoSecondRecovery(t *testing.T) {
	x := sendSegments(t, 10, false)
	x.expect(200*ms, ". 1:1001(1000) ack 1") // timeout
	for range 5 {
		x.input(210*ms, ". 1:1(0) ack 1 win 60000")
	}
	x.quiet(210 * ms)
	x.input(220*ms, ". 1:1(0) ack 10001 win 60000")
	x.expect(220*ms, ". 10001:11001(1000) ack 1")
	for range 5 {
		x.input(230*ms, ". 1:1(0) ack 10001 win 60000")
	}
	if i := x.c.Info(); i.Ssthresh != 5000 {
		t.Errorf("%+v", i)
	}
}

// trap: after a timeout one segment is sent, and only what is missing is sent again (RFC 5681 3.1, RFC 6675 5.1, X-354).
func TestTimeoutSendsOne(t *testing.T) {
	x := sendSegments(t, 10, false)
	x.expect(200*ms, ". 1:1001(1000) ack 1")
	x.quiet(200 * ms)
	if i := x.c.Info(); i.Cwnd != 1000 || i.Ssthresh != 5000 || i.InFlight != 1000 {
		t.Errorf("%+v", i)
	}
	x.input(210*ms, ". 1:1(0) ack 8001 win 60000") // only the first and the last two were lost
	x.expect(210*ms, ". 10001:11001(1000) ack 1")  // F-RTO
	x.expect(210*ms, ". 11001:12001(1000) ack 1")
	x.quiet(210 * ms)
	x.input(220*ms, ". 1:1(0) ack 8001 win 60000")
	x.expect(220*ms, ". 8001:9001(1000) ack 1")
	x.quiet(220 * ms)
	x.input(225*ms, ". 1:1(0) ack 9001 win 60000")
	x.expect(225*ms, ". 9001:10001(1000) ack 1")
	x.expect(225*ms, ". 12001:13001(1000) ack 1")
	x.input(230*ms, ". 1:1(0) ack 12001 win 60000")
	if i := x.c.Info(); i.Retransmits != 3 {
		t.Errorf("%+v", i)
	}
}

// RFC 6675: only holes are sent again, and the rest of a timeout's work is spared, too.
func TestSACKRecovery(t *testing.T) {
	x := sendSegments(t, 10, true)
	x.input(10*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:2001>")
	x.expect(10*ms, ". 10001:11001(1000) ack 1")
	x.input(10*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:3001>")
	x.expect(10*ms, ". 11001:12001(1000) ack 1")
	x.input(10*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:4001>")
	x.expect(10*ms, ". 1:1001(1000) ack 1")
	x.quiet(10 * ms)
	x.input(11*ms, ". 1:1(0) ack 1 win 60000 <sack 6001:9001 1001:4001>") // 4001:6001 is lost, too
	x.expect(11*ms, ". 4001:5001(1000) ack 1")
	x.quiet(11 * ms) // the pipe has come to ssthresh, 5000 (RFC 5681 3.2 step 2: what limited transmit sent does not count)
	x.input(12*ms, ". 1:1(0) ack 1 win 60000 <sack 6001:12001 1001:4001>")
	x.expect(12*ms, ". 5001:6001(1000) ack 1")
	x.expect(12*ms, ". 12001:13001(1000) ack 1")
	x.expect(12*ms, ". 13001:14001(1000) ack 1")
	x.quiet(12 * ms)
	if i := x.c.Info(); i.Sacked != 9000 || i.InFlight != 5000 || i.Lost != 0 || i.Ssthresh != 5000 {
		t.Errorf("%+v", i)
	}
	x.input(20*ms, ". 1:1(0) ack 12001 win 60000")
	if i := x.c.Info(); i.Phase != PhaseOpen || i.Sacked != 0 {
		t.Errorf("%+v", i)
	}

	// After a timeout what was reported is not sent again.
	x = sendSegments(t, 10, true)
	x.input(10*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:3001>")
	x.drain()
	x.sent = nil
	x.c.rec.cwnd = 0    // what RACK finds, and more, is for the timeout
	x.advance(220 * ms) // RFC 6675 section 6: the timer began again with the retransmission
	x.drain()
	if i := x.c.Info(); i.Phase != PhaseLoss || i.Sacked != 2000 || i.InFlight != 1000 {
		t.Errorf("%+v", i)
	}
	x.sent = nil
	x.input(230*ms, ". 1:1(0) ack 3001 win 60000")
	x.expect(230*ms, ". 3001:4001(1000) ack 1")
	x.expect(230*ms, ". 4001:5001(1000) ack 1")
	x.quiet(230 * ms)
}

// trap: SACK blocks outside SND.UNA to SND.NXT, reversed or too many are ignored (RFC 2018 5).
func TestBadSACK(t *testing.T) {
	x := sendSegments(t, 10, true)
	for _, b := range []string{"10001:11001", "5001:20001", "3001:2001", "2001:2001", "-5:1001", "-2000000000:2000000000", "-500:-400", "2147483640:2147493700"} {
		x.input(10*ms, ". 1:1(0) ack 1 win 60000 <sack "+b+">")
		if i := x.c.Info(); i.Sacked != 0 || i.Lost != 0 {
			t.Errorf("%s: %+v", b, i)
		}
	}
	s, _ := x.parse(". 1:1(0) ack 1 win 60000 <sack 1001:2001>", true)
	s.Options.NumSACK = 9 // more than there is room for
	x.c.Input(x.time(), &s)
	if i := x.c.Info(); i.Sacked != 1000 {
		t.Errorf("%+v", i)
	}
	// Single bytes are not followed for ever.
	for i := range 9999 {
		b := 1 + (i*7919)%9998
		s.Options.SACK[0].Left, s.Options.SACK[0].Right = uint32(traceISS)+uint32(b), uint32(traceISS)+uint32(b)+1
		s.Options.NumSACK = 1
		x.c.Input(x.time(), &s)
		if i%100 == 0 {
			x.invariants()
		}
	}
	x.invariants()
}

// A peer that takes back what it reported (RFC 2018 section 8) still gets everything.
func TestReneging(t *testing.T) {
	x := sendSegments(t, 4, true)
	x.input(10*ms, ". 1:1(0) ack 1 win 4000 <sack 1001:4001>")
	x.expect(10*ms, ". 1:1001(1000) ack 1")
	x.input(20*ms, ". 1:1(0) ack 1001 win 3000") // and the others are gone
	x.quiet(20 * ms)
	at := 20*ms + x.c.Info().RTO
	x.expect(at, ". 1001:2001(1000) ack 1")
	x.input(at+10*ms, ". 1:1(0) ack 2001 win 2000")
	x.expect(at+10*ms, ". 2001:3001(1000) ack 1")
	x.expect(at+10*ms, ". 3001:4001(1000) ack 1")
}

// RFC 2018 section 8, RFC 6675 5.1: what lies behind a hole is thrown away, too. When the ACKs stop in front of what was reported,
// a timeout forgets all reports.
func TestRenegingBehindHole(t *testing.T) {
	x := sendSegments(t, 6, true)
	x.input(10*ms, ". 1:1(0) ack 1 win 6000 <sack 3001:6001>")
	x.expect(10*ms, ". 1:1001(1000) ack 1")
	x.drain()
	x.sent = nil
	x.input(110*ms, ". 1:1(0) ack 3001 win 3000") // the holes are filled, and nothing is reported any more
	x.quiet(110 * ms)
	if i := x.c.Info(); i.Sacked != 3000 {
		t.Errorf("%+v", i)
	}
	x.advance(110*ms + 2*x.c.Info().RTO)
	x.drain()
	if len(x.sent) == 0 || x.sent[0].out.Seq-traceISS != 3001 || x.c.Info().Sacked != 0 {
		t.Fatalf("sent %d, %+v", len(x.sent), x.c.Info())
	}
	x.sent = nil
	for acked := 4001; acked <= 6001; acked += 1000 {
		x.input(x.now+10*ms, x.line(".", 1, 0, acked)+" win 6000")
		x.drain()
	}
	if i := x.c.Info(); i.Unacked > 6000 || i.SndUna-traceISS != 6001 {
		t.Errorf("%+v", i)
	}
}

// RFC 6675 5.1: a timeout keeps what was reported, as long as the first segment is not among it.
func TestTimeoutKeepsReports(t *testing.T) {
	var b scoreboard
	b.init(0)
	for range 6 {
		b.push(b.nxt+100, Time(b.nxt), 100)
	}
	v := ackView{now: 1000}
	b.sack(300, 600, &v, 100)
	b.markOld(Never)
	if b.sacked != 300 || b.lost != 300 {
		t.Errorf("%d SACKed, %d lost", b.sacked, b.lost)
	}
	b.resent(0, 300, 2000, 100)
	b.ack(300, &v)
	b.markOld(Never)
	if b.sacked != 0 || b.lost != 300 || b.sackedRuns != 0 {
		t.Errorf("after reneging %d SACKed, %d lost", b.sacked, b.lost)
	}
}

// trap: after an idle time above the RTO cwnd is at most the initial window (RFC 5681 4.1, X-254).
// trap: cwnd does not grow while the program and not cwnd limits sending (RFC 9438 5.8, X-254).
func TestCwndValidation(t *testing.T) {
	x := established(t, nil)
	for i := range 100 {
		x.write(x.now, 1000)
		x.expect(x.now, x.line("P.", Seq(1+1000*i), 1000, 1))
		x.input(x.now+10*ms, x.line(".", 1, 0, 1001+1000*i)+" win 10000")
	}
	if i := x.c.Info(); i.Cwnd != 10000 {
		t.Errorf("cwnd %d grew without need", i.Cwnd)
	}
	x.c.rec.cwnd = 50_000
	x.advance(x.now + 100*ms) // less than the RTO
	x.write(x.now, 1000)
	x.drain()
	if i := x.c.Info(); i.Cwnd != 50_000 {
		t.Errorf("cwnd %d", i.Cwnd)
	}
	x.sent = nil
	x.input(x.now+10*ms, x.line(".", 1, 0, 101001)+" win 10000")
	x.advance(x.now + time.Hour)
	x.write(x.now, 1000)
	x.drain()
	if i := x.c.Info(); i.Cwnd != 10000 {
		t.Errorf("cwnd %d after an idle hour", i.Cwnd)
	}
}

// Slow start and congestion avoidance (RFC 5681 3.1, RFC 3465).
func TestCwndGrowth(t *testing.T) {
	x := sendSegments(t, 10, false)
	x.input(10*ms, ". 1:1(0) ack 2001 win 60000")
	x.drain()
	if i := x.c.Info(); i.Cwnd != 12000 || len(x.sent) != 4 {
		t.Errorf("cwnd %d, %d sent", i.Cwnd, len(x.sent))
	}
	x.input(10*ms, ". 1:1(0) ack 7001 win 60000") // stretched: at most two segments' worth
	x.drain()
	if i := x.c.Info(); i.Cwnd != 14000 {
		t.Errorf("cwnd %d", i.Cwnd)
	}
	x.c.rec.ssthresh = 14000
	for acked := 7001; acked < 21001; acked += 1000 {
		x.input(20*ms, x.line(".", 1, 0, acked+1000)+" win 60000")
		x.drain()
	}
	if i := x.c.Info(); i.Cwnd != 15000 {
		t.Errorf("cwnd %d after a round trip of congestion avoidance", i.Cwnd)
	}
}

// RFC 9438 5.8, RFC 7661 4.2: a flight that fills cwnd makes it grow, whether more waits to be sent or not; one that does not
// fill half of it does not.
func TestCwndFilledExactly(t *testing.T) {
	for _, c := range []struct {
		segments int
		grows    bool
	}{{10, true}, {5, true}, {4, false}} {
		x := lossy(t, c.segments)
		x.input(300*ms, ". 1:1(0) ack 2001 win 60000")
		if i := x.c.Info(); i.Cwnd > 10_000 != c.grows {
			t.Errorf("%d segments: cwnd %d", c.segments, i.Cwnd)
		}
		x = lossy(t, c.segments)
		x.c.rec.cwnd, x.c.rec.ssthresh = 10_000, 10_000 // congestion avoidance: half is not enough
		x.c.rec.limitedUntil = x.c.sndUna
		x.c.noteLimited()
		if got, want := x.c.sndUna.Less(x.c.rec.limitedUntil), c.segments == 10; got != want {
			t.Errorf("%d segments: cwnd is the limit: %v", c.segments, got)
		}
	}
}

// RFC 5681 4.3: retransmissions that are lost are a second sign of congestion, and a single one if they went out together, though
// found one by one.
func TestRetransmissionsLostTogether(t *testing.T) {
	x := lossy(t, 10)
	x.c.Write(x.time(), pattern(30_000, 1))
	x.drain()
	x.input(300*ms, ". 1:1(0) ack 1 win 60000 <sack 1001:5001>")
	x.drain()
	edge := int(x.c.Info().SndNxt - traceISS)
	x.input(310*ms, ". 1:1(0) ack 1 win 60000 <sack 6001:10001 1001:5001>")
	x.drain()
	first := x.c.Info()
	if first.Retransmits != 2 || edge == int(first.SndNxt-traceISS) {
		t.Fatalf("%+v", first)
	}
	x.events = nil
	x.input(401*ms, x.line(".", 1, 0, 1)+" win 60000 <sack 6001:"+itoa(edge)+" 1001:5001>") // the first is lost
	x.drain()
	x.input(411*ms, x.line(".", 1, 0, 1)+" win 60000 <sack 6001:"+itoa(int(first.SndNxt-traceISS))+" 1001:5001>") // the second
	x.drain()
	if i := x.c.Info(); i.Retransmits != 4 || i.Backoff != 0 {
		t.Errorf("%+v", i)
	}
	var reductions []int
	for _, e := range x.events {
		if e.Kind == CwndChange && e.Reason == DuplicateAcks {
			reductions = append(reductions, e.Ssthresh)
		}
	}
	if len(reductions) != 1 || reductions[0] >= first.Ssthresh {
		t.Errorf("reductions from %d to %v", first.Ssthresh, reductions)
	}
}

// RFC 5681 equation 4: a timeout during recovery reduces what recovery aimed at, not the little that PRR has in the network then.
func TestTimeoutInRecovery(t *testing.T) {
	x := sendSegments(t, 20, true)
	x.input(10*ms, ". 1:1(0) ack 1 win 60000 <sack 17001:20001>")
	x.drain()
	if i := x.c.Info(); i.Phase != PhaseRecovery || i.Ssthresh != 10_000 || i.Cwnd != 3000 {
		t.Fatalf("%+v", i)
	}
	x.advance(x.now + 2*x.c.Info().RTO)
	x.drain()
	if i := x.c.Info(); i.Phase != PhaseLoss || i.Ssthresh != 5000 || i.Cwnd != 1000 {
		t.Errorf("%+v", i)
	}
}

// An ACK that arrives at the instant when the retransmission timer is due has overtaken it.
func TestAckOvertakesTimeout(t *testing.T) {
	x := sendSegments(t, 10, true)
	x.c.lossState().rack.probing, x.c.lossState().probeAt = true, Never // no probe
	at := time.Duration(x.c.Deadline())
	x.advance(at - 1)
	s, _ := x.parse(". 1:1(0) ack 1 win 60000 <sack 1001:10001>", true)
	x.now = at
	x.c.Input(x.time(), &s)
	x.expect(at, ". 1:1001(1000) ack 1")
	if i := x.c.Info(); i.Phase != PhaseRecovery || i.Backoff != 0 {
		t.Errorf("%+v", i)
	}
}
