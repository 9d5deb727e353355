package tcp

import (
	"testing"
	"time"
)

// probing turns on what looks for black holes, which other traces do without.
func probing(g *Config) { g.NoPathProbing = false }

// RFC 1191 section 6.5: what was too large is cut anew and sent again at once, and cwnd stays as it is (trap pmtu.1, X-012, X-030,
//
func TestTooBig(t *testing.T) {
	for _, sack := range []bool{false, true} {
		x := newTrace(t, func(g *Config) { g.NoSACK = !sack })
		x.accept(0, "S 0:0(0) win 10000 <mss 1000,sackOK>")
		x.expect(0, "S. 0:0(0) ack 1")
		x.input(0, ". 1:1(0) ack 1 win 10000")
		x.c.rtt.srtt = 100 * ms // not 0: probes are not the subject
		x.write(0, 3500)
		for i, n := range []int{1000, 1000, 1000} {
			x.expect(0, x.line(".", Seq(1+1000*i), n, 1))
		}
		x.expect(0, "P. 3001:3501(500) ack 1")
		before := x.c.Info()
		x.advance(20 * ms)
		if !x.c.TooBig(x.time(), ours(1), 600) {
			t.Fatal("not believed")
		}
		x.expect(20*ms, ". 1:601(600) ack 1")
		for _, r := range [][2]int{{601, 600}, {1201, 600}, {1801, 600}, {2401, 600}} {
			x.expect(20*ms, x.line(".", Seq(r[0]), r[1], 1))
		}
		x.quiet(20 * ms)
		after := x.c.Info()
		if after.Cwnd != before.Cwnd || after.Ssthresh != before.Ssthresh || after.SndMSS != 600 || x.c.PathMSS() != 600 || after.Phase != PhaseOpen {
			t.Errorf("before %+v\nafter %+v", before, after)
		}
		if x.c.TooBig(x.time(), ours(1001), 600) {
			t.Error("believed a second time")
		}
		x.input(40*ms, ". 1:1(0) ack 3501 win 10000")
		x.quiet(time.Hour)
	}
}

// RFC 5927 sections 4.1 and 7.2, RFC 1191 section 3: which errors are not believed (trap pmtu.2, X-352).
func TestTooBigNotBelieved(t *testing.T) {
	x := established(t, nil)
	x.write(0, 1500)
	x.expect(0, ". 1:1001(1000) ack 1")
	x.expect(0, "P. 1001:1501(500) ack 1")
	for _, c := range []struct {
		what string
		seq  Seq
		mss  int
	}{
		{"sequence number before SND.UNA", 0, 600}, {"sequence number at SND.NXT", 1501, 600}, {"far away", 1 << 30, 600},
		{"not smaller", 1, 1000}, {"larger", 1, 1200}, {"segment was not larger", 1001, 600},
		{"less than every link carries", 1, 20}, {"negative", 1, -40},
	} {
		if x.c.TooBig(x.time(), traceISS+c.seq, c.mss) {
			t.Errorf("%s: believed", c.what)
		}
	}
	x.quiet(100 * ms)
	if x.c.path != nil {
		t.Error("a forged error took memory")
	}

	// Segments of 1000 got through: an error that says 600 has to wait for a timeout to agree.
	x.input(110*ms, ". 1:1(0) ack 1501 win 10000")
	x.write(110*ms, 1000)
	x.expect(110*ms, "P. 1501:2501(1000) ack 1")
	if x.c.TooBig(x.time(), ours(1501), 600) {
		t.Error("believed against evidence")
	}
	x.input(120*ms, ". 1:1(0) ack 2501 win 10000") // it was forged
	x.write(120*ms, 1000)
	x.expect(120*ms, "P. 2501:3501(1000) ack 1")
	x.expect(120*ms+x.c.Info().RTO, "P. 2501:3501(1000) ack 1")
	if x.c.TooBig(x.time(), ours(2501), 600) {
		t.Error("believed against evidence")
	}
	at := x.now + x.c.Info().RTO
	x.expect(at, ". 2501:3101(600) ack 1") // it was not

	x.c.Abort(x.time())
	x.drain()
	if x.c.TooBig(x.time(), ours(2501), 600) {
		t.Error("believed by a closed connection")
	}
	if y := synSent(t, nil); y.c.TooBig(0, traceISS, 40) {
		t.Error("believed of a SYN")
	}
}

// The smallest MSS that errors bring about is configured: less is for the owner, who lets packets be fragmented.
func TestTooBigFloor(t *testing.T) {
	x := established(t, nil)
	x.write(0, 1000)
	x.expect(0, "P. 1:1001(1000) ack 1")
	if !x.c.TooBig(0, ours(1), 100) {
		t.Fatal("not believed")
	}
	x.expect(0, ". 1:513(512) ack 1")
	x.expect(0, "P. 513:1001(488) ack 1")
	if !x.c.TooBig(0, ours(1), 100) || x.c.TooBig(0, ours(1), 512) {
		t.Error("at the floor")
	}
	x.expect(0, ". 1:513(512) ack 1")
	x = established(t, func(g *Config) { g.MinPathMSS = 28 })
	x.write(0, 1000)
	x.expect(0, "P. 1:1001(1000) ack 1")
	if !x.c.TooBig(0, ours(1), 100) {
		t.Fatal("not believed")
	}
	x.expect(0, ". 1:101(100) ack 1")
}

// The owner may know the path before the connection opens; what our SYN announces is the interface's all the same
// (RFC 1191 section 3.1).
func TestPathKnownBefore(t *testing.T) {
	x := newTrace(t, nil)
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	x.c.SetPathMSS(0, 700)
	x.expect(0, "S 0:0(0) <mss 1000>")
	x.input(ms, "S. 0:0(0) ack 1 win 10000 <mss 900>")
	x.expect(ms, ". 1:1(0) ack 1")
	if i := x.c.Info(); i.SndMSS != 700 || i.Cwnd != 7000 || x.c.PathMSS() != 700 {
		t.Errorf("%+v, path %d", i, x.c.PathMSS())
	}
	x.write(ms, 800)
	x.expect(ms, ". 1:701(700) ack 1")

	x = newTrace(t, nil)
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	x.c.SetPathMSS(0, 950)
	x.expect(0, "S 0:0(0) <mss 1000>")
	x.input(ms, "S. 0:0(0) ack 1 win 10000 <mss 900>")
	x.expect(ms, ". 1:1(0) ack 1")
	if i := x.c.Info(); i.SndMSS != 900 || x.c.PathMSS() != 0 {
		t.Errorf("%+v, path %d", i, x.c.PathMSS())
	}
}

// RFC 1191 section 6.3, RFC 4821 section 7.3: after ten minutes one larger segment is tried.
func TestPathProbe(t *testing.T) {
	start := func() *trace {
		x := established(t, probing)
		x.write(0, 1000)
		x.expect(0, "P. 1:1001(1000) ack 1")
		x.advance(10 * ms)
		if !x.c.TooBig(x.time(), ours(1), 600) {
			t.Fatal("not believed")
		}
		x.expect(10*ms, ". 1:601(600) ack 1")
		x.expect(10*ms, "P. 601:1001(400) ack 1")
		x.input(20*ms, ". 1:1(0) ack 1001 win 10000")
		x.write(9*time.Minute, 1200)
		x.expect(9*time.Minute, ". 1001:1601(600) ack 1")
		x.expect(9*time.Minute, "P. 1601:2201(600) ack 1")
		x.input(9*time.Minute+10*ms, ". 1:1(0) ack 2201 win 10000")
		x.write(11*time.Minute, 2200)
		x.expect(11*time.Minute, ". 2201:3201(1000) ack 1")
		x.expect(11*time.Minute, ". 3201:3801(600) ack 1")
		x.expect(11*time.Minute, "P. 3801:4401(600) ack 1")
		return x
	}
	x := start()
	x.input(11*time.Minute+10*ms, ". 1:1(0) ack 4401 win 10000")
	if i := x.c.Info(); i.SndMSS != 1000 || x.c.PathMSS() != 0 {
		t.Errorf("%+v", i)
	}
	x.write(11*time.Minute+10*ms, 1000)
	x.expect(11*time.Minute+10*ms, "P. 4401:5401(1000) ack 1")

	// It gets lost: sent again in pieces, and cwnd does not feel it (RFC 4821 section 7.5).
	x = start()
	before := x.c.Info()
	at := 11*time.Minute + 10*ms
	x.write(at, 3000)
	x.drain()
	x.sent = nil
	for range 3 {
		x.input(at, ". 1:1(0) ack 2201 win 10000")
	}
	x.drain()
	resent := x.sent
	if len(resent) < 2 || resent[0].out.Seq != ours(2201) || len(resent[0].out.Payload) != 600 || len(resent[1].out.Payload) != 400 {
		t.Fatalf("%d segments, first %d bytes", len(resent), len(resent[0].out.Payload))
	}
	if i := x.c.Info(); i.Cwnd < before.Cwnd || i.Phase != PhaseOpen || i.SndMSS != 600 {
		t.Errorf("before %+v\nafter %+v", before, i)
	}
	x.sent = nil
	// The next probe is half way between what passed and what did not.
	x.input(at+10*ms, ". 1:1(0) ack 7401 win 10000")
	x.write(at+10*ms, 2000)
	x.expect(at+10*ms, ". 7401:8201(800) ack 1")
	x.expect(at+10*ms, ". 8201:8801(600) ack 1")
	x.expect(at+10*ms, "P. 8801:9401(600) ack 1")
	// A router that answers a probe ends the search sooner.
	if !x.c.TooBig(x.time(), ours(7401), 700) {
		t.Error("not believed of a probe")
	}
	x.expect(at+10*ms, ". 7401:8001(600) ack 1")
	x.expect(at+10*ms, ". 8001:8201(200) ack 1")
	x.input(at+20*ms, ". 1:1(0) ack 9401 win 10000")
	x.write(at+20*ms, 1000)
	x.expect(at+20*ms, ". 9401:10101(700) ack 1")
	x.input(at+30*ms, ". 1:1(0) ack 10401 win 10000")
	if got := x.c.PathMSS(); got != 700 {
		t.Errorf("path MSS %d", got)
	}
}

// RFC 4821 section 7.7: segments of full size that vanish again and again become smaller.
func TestBlackHole(t *testing.T) {
	open := func(change func(*Config)) *trace {
		x := newTrace(t, func(g *Config) { g.MSS, g.NoPathProbing = 1460, false; change(g) })
		x.accept(0, "S 0:0(0) win 20000 <mss 1460>")
		x.expect(0, "S. 0:0(0) ack 1")
		x.input(0, ". 1:1(0) ack 1 win 20000")
		return x
	}
	x := open(func(*Config) {})
	x.write(0, 1460)
	x.expect(0, "P. 1:1461(1460) ack 1")
	x.expect(200*ms, "P. 1:1461(1460) ack 1")
	x.expect(600*ms, "P. 1:1461(1460) ack 1")
	x.expect(1400*ms, ". 1:985(984) ack 1")
	x.input(1410*ms, ". 1:1(0) ack 985 win 20000")
	x.expect(1410*ms, "P. 985:1461(476) ack 1")
	x.input(1420*ms, ". 1:1(0) ack 1461 win 20000")
	if x.c.PathMSS() != 984 {
		t.Errorf("path MSS %d", x.c.PathMSS())
	}
	// Was it the size, or was the peer gone? One segment of the old size tells.
	x.write(1500*ms, 5000)
	x.drain()
	if s := x.sent[0].out; s.Seq != ours(1461) || len(s.Payload) != 1460 || len(x.sent[1].out.Payload) != 984 {
		t.Fatalf("%d bytes, then %d", len(x.sent[0].out.Payload), len(x.sent[1].out.Payload))
	}
	x.sent = nil
	x.input(1510*ms, ". 1:1(0) ack 2921 win 20000")
	if x.c.PathMSS() != 0 || x.c.Info().SndMSS != 1460 {
		t.Errorf("path MSS %d, %+v", x.c.PathMSS(), x.c.Info())
	}

	// It gets still smaller, and ends at the floor.
	x = open(func(*Config) {})
	x.write(0, 1460)
	x.pass(20 * time.Second)
	smallest := 1460
	for _, s := range x.sent {
		smallest = min(smallest, len(s.out.Payload))
	}
	if smallest != 512 {
		t.Errorf("smallest segment %d", smallest)
	}

	// Short segments that vanish say nothing about size.
	x = open(func(*Config) {})
	x.write(0, 1000)
	x.pass(20 * time.Second)
	for _, s := range x.sent {
		if len(s.out.Payload) != 1000 {
			t.Errorf("%d bytes", len(s.out.Payload))
		}
	}
	x = open(func(g *Config) { g.NoPathProbing = true })
	x.write(0, 1460)
	x.pass(20 * time.Second)
	for _, s := range x.sent {
		if len(s.out.Payload) != 1460 {
			t.Errorf("%d bytes with NoPathProbing", len(s.out.Payload))
		}
	}
}

// pass lets time pass and keeps what is sent.
func (x *trace) pass(at time.Duration) {
	x.Helper()
	x.advance(at)
	x.drain()
}

// The owner's table of paths changes: smaller at once, larger by a probe, which the owner's silence does not bring about.
func TestSetPathMSS(t *testing.T) {
	x := established(t, probing)
	x.c.SetPathMSS(0, 1400) // larger than both ends take
	if x.c.path != nil {
		t.Error("took memory for nothing")
	}
	x.write(0, 2000)
	x.expect(0, ". 1:1001(1000) ack 1")
	x.expect(0, "P. 1001:2001(1000) ack 1")
	x.c.SetPathMSS(0, 700)
	x.expect(0, ". 1:701(700) ack 1")
	x.expect(0, ". 701:1401(700) ack 1")
	x.expect(0, "P. 1401:2001(600) ack 1")
	x.input(ms, ". 1:1(0) ack 2001 win 10000")
	x.write(time.Hour, 1400)
	x.expect(time.Hour, ". 2001:2701(700) ack 1")
	x.expect(time.Hour, "P. 2701:3401(700) ack 1")
	x.input(time.Hour+ms, ". 1:1(0) ack 3401 win 10000")
	x.c.SetPathMSS(x.time(), 900)
	x.write(time.Hour+ms, 1600)
	x.expect(time.Hour+ms, ". 3401:4301(900) ack 1")
	x.expect(time.Hour+ms, "P. 4301:5001(700) ack 1")
}

// ours is one of our sequence numbers.
func ours(n Seq) Seq { return traceISS + n }
