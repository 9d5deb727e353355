package tcp

import (
	"slices"
	"testing"
	"time"
)

// RFC 6298: the timeout from the first sample, its back-off, and R2. trap: retransmission ends after R2, at least 100 s by
// default and settable, with ETIMEDOUT; after R1 the route is doubted (3.8.3, MUST-20, MUST-21, X-016).
func TestRetransmissionTimeout(t *testing.T) {
	x := newTrace(t, nil)
	x.accept(0, plainSyn)
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(100*ms, ". 1:1(0) ack 1 win 10000")
	if i := x.c.Info(); i.SRTT != 100*ms || i.RTTVar != 50*ms || i.RTO != 300*ms {
		t.Fatalf("%+v", i)
	}
	x.write(time.Second, 100)
	x.expect(time.Second, "P. 1:101(100) ack 1")
	at, rto := time.Second, 300*ms
	for n := 1; at+rto < 301*time.Second; n++ {
		at += rto
		x.expect(at, "P. 1:101(100) ack 1")
		if got := x.c.RouteDoubtful(); got != (n >= 3) {
			t.Errorf("after %d timeouts the route is doubtful: %v", n, got)
		}
		rto = min(2*rto, 120*time.Second)
	}
	x.quiet(301*time.Second - 1)
	x.expect(301*time.Second, "R. 101:101(0) ack 1")
	x.wantErr(ErrTimeout)
}

func TestUserTimeoutChanged(t *testing.T) {
	x := established(t, nil)
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1")
	x.c.SetUserTimeout(0, 100*ms)
	x.expect(100*ms, "R. 101:101(0) ack 1")
	x.wantErr(ErrTimeout)

	// Progress, not the first transmission, is what it counts from.
	x = established(t, func(g *Config) { g.UserTimeout = 300 * ms })
	x.write(0, 2000)
	x.drain()
	x.sent = nil
	x.input(150*ms, ". 1:1(0) ack 1001 win 10000")
	x.advance(449 * ms)
	x.sent = nil
	x.wantState(Established)
	x.expect(450*ms, "R. 2001:2001(0) ack 1")
}

// A peer cannot hold what a program that is gone has left by a window that it never opens.
func TestOrphanBehindZeroWindow(t *testing.T) {
	x := establishedWith(t, 10, 1000, func(g *Config) { g.UserTimeout = 10 * time.Second })
	x.write(0, 20)
	x.c.Close(0)
	for at := 10 * ms; at < 10*time.Second; at += 500 * ms {
		x.input(at, ". 1:1(0) ack 11 win 0")
	}
	x.advance(11 * time.Second)
	if x.c.State() != Closed {
		t.Errorf("state %v", x.c.State())
	}
}

// After an outage of a minute the peer is heard of before the back-off is over: then what it misses goes out at once. One that is
// heard all the time, but acknowledges nothing, changes nothing (RFC 6298 5.5).
func TestOutageEnds(t *testing.T) {
	x := established(t, nil)
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1")
	x.advance(time.Minute)
	x.sent = nil
	if at := time.Duration(x.c.Deadline()); at < 100*time.Second {
		t.Fatalf("the next one at %v", at)
	}
	x.input(time.Minute, "P. 1:11(10) ack 1 win 10000")
	x.expect(time.Minute, "P. 1:101(100) ack 11")
	x.input(time.Minute+50*ms, "P. 11:21(10) ack 1 win 10000") // once
	x.advance(time.Minute + 30*time.Second)
	x.drain()
	for _, s := range x.sent {
		if len(s.out.Payload) > 0 {
			t.Errorf("%v: sent %s", s.at, x.show(&s.out, nil))
		}
	}

	var times [2][]time.Duration
	for i := range times {
		x := established(t, nil)
		x.write(0, 100)
		for at := time.Duration(0); at < 30*time.Second; at += 100 * ms {
			if i == 1 {
				x.input(at, x.line("P.", Seq(1+at/ms), 100, 1)+" win 10000")
				x.c.Discard(x.time(), 100)
			}
			x.advance(at)
			x.drain()
		}
		for _, s := range x.sent {
			if len(s.out.Payload) > 0 {
				times[i] = append(times[i], s.at)
			}
		}
	}
	if !slices.Equal(times[0], times[1]) || len(times[0]) != 8 {
		t.Errorf("sent at %v in silence, at %v otherwise", times[0], times[1])
	}
}

// trap: after a SYN timeout data starts with an RTO of 3 s (RFC 6298 5.7, X-257).
// trap, congestion control: a lost SYN makes the initial window one segment and leaves ssthresh high (RFC 5681 3.1, X-277): since
// RFC 6928 section 2 two of them do.
func TestAfterLostSyn(t *testing.T) {
	x := synSent(t, nil)
	x.expect(time.Second, "S 0:0(0)")
	x.expect(3*time.Second, "S 0:0(0)")
	x.input(3100*ms, "S. 0:0(0) ack 1 win 65535 <mss 1000>")
	x.expect(3100*ms, ". 1:1(0) ack 1")
	i := x.c.Info()
	if i.RTO != 3*time.Second || i.SRTT != 0 || i.Cwnd != 1000 || i.Ssthresh != cwndLimit {
		t.Errorf("%+v", i)
	}
	x.write(3100*ms, 3000)
	x.expect(3100*ms, ". 1:1001(1000) ack 1")
	x.expect(6100*ms, ". 1:1001(1000) ack 1")

	for n, cwnd := range []int{10_000, 10_000, 1000} {
		x = synReceived(t, nil)
		for again := range n {
			x.expect((1<<(again+1)-1)*time.Second, "S. 0:0(0) ack 1")
		}
		x.input(x.now+100*ms, ". 1:1(0) ack 1 win 10000")
		if i := x.c.Info(); i.Cwnd != cwnd || i.Ssthresh != cwndLimit || n > 0 && i.RTO != 3*time.Second {
			t.Errorf("%d lost: %+v", n, i)
		}
	}
}

// trap: with timestamps RTT is sampled through recovery, without them never from a retransmitted segment
// (RFC 6298 3, MUST-18, X-256).
func TestKarn(t *testing.T) {
	x := established(t, nil)
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1")
	x.expect(200*ms, "P. 1:101(100) ack 1")
	x.input(250*ms, ". 1:1(0) ack 101 win 10000")
	if i := x.c.Info(); i.RTO != 400*ms || i.Backoff != 1 {
		t.Errorf("%+v", i)
	}
	x.write(250*ms, 100) // the doubled time is kept until there is a sample
	x.expect(250*ms, "P. 101:201(100) ack 1")
	x.expect(650*ms, "P. 101:201(100) ack 1")
	x.input(660*ms, ". 1:1(0) ack 201 win 10000")
	x.write(700*ms, 100)
	x.expect(700*ms, "P. 201:301(100) ack 1")
	x.input(710*ms, ". 1:1(0) ack 301 win 10000")
	if i := x.c.Info(); i.RTO != 200*ms || i.Backoff != 0 {
		t.Errorf("%+v", i)
	}

	// The echo of the first transmission: the timeout was spurious, and the round trip counts (RFC 4015 section 3.3).
	x = negotiated(t, func(g *Config) { g.NoSACK = true })
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1 <TS val 5000 ecr 100>")
	x.expect(200*ms, "P. 1:101(100) ack 1 <TS val 5200 ecr 100>")
	x.input(250*ms, ". 1:1(0) ack 101 win 2500 <TS val 350 ecr 5000>")
	if i := x.c.Info(); i.SRTT != 250*ms || i.Backoff != 0 {
		t.Errorf("%+v", i)
	}

	x = negotiated(t, nil)
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1 <TS val 5000 ecr 100>")
	x.expect(200*ms, "P. 1:101(100) ack 1 <TS val 5200 ecr 100>")
	x.input(250*ms, ". 1:1(0) ack 101 win 2500 <TS val 350 ecr 5200>")
	if i := x.c.Info(); i.Backoff != 0 || i.SRTT > 50*ms || i.SRTT == 0 {
		t.Errorf("%+v", i)
	}
}

// RFC 6298 section 5: restarted by what is newly acknowledged, stopped when all is.
func TestRetransmissionTimerRestarts(t *testing.T) {
	x := established(t, nil)
	x.write(0, 2000)
	x.drain()
	x.sent = nil
	x.input(150*ms, ". 1:1(0) ack 1001 win 10000")
	x.quiet(200 * ms)
	x.input(160*ms+40*ms, ". 1:1(0) ack 1001 win 9000") // not new
	i := x.c.Info()
	x.expect(150*ms+i.RTO, "P. 1001:2001(1000) ack 1")
	x.input(x.now+10*ms, ". 1:1(0) ack 2001 win 9000")
	x.quiet(time.Hour)
	if x.c.Deadline() != Never {
		t.Errorf("deadline %v on an idle connection", x.c.Deadline())
	}
}

// trap: keep-alive is off by default, starts after 2 h, carries no data, and gives up only after several lost probes
// (3.8.4, MUST-25 to MUST-29, SHLD-12, X-356).
func TestKeepAlive(t *testing.T) {
	x := established(t, nil)
	if x.c.Deadline() != Never {
		t.Error("keep-alive runs by default")
	}
	x = established(t, func(g *Config) { g.KeepAlive.Enabled = true })
	at := 2 * time.Hour
	x.expect(at, ". 0:0(0) ack 1")
	x.input(at+ms, ". 1:1(0) ack 1 win 10000")
	at += ms + 2*time.Hour
	for range 9 {
		x.expect(at, ". 0:0(0) ack 1")
		at += 75 * time.Second
	}
	x.quiet(at - 1)
	x.wantState(Established)
	x.expect(at, "R. 1:1(0) ack 1")
	x.wantErr(ErrTimeout)
}

// trap: keep-alive switched on or changed on an idle connection counts from then (3.8.4, MUST-24, MUST-27, X-283).
func TestKeepAliveChanged(t *testing.T) {
	x := established(t, nil)
	x.advance(time.Hour)
	k := KeepAlive{Enabled: true, Idle: time.Minute, Interval: time.Second, Count: 2}
	x.c.SetKeepAlive(x.time(), k)
	x.quiet(time.Hour + 20*time.Second)
	k.Idle = 10 * time.Second
	x.c.SetKeepAlive(x.time(), k)
	x.expect(time.Hour+30*time.Second, ". 0:0(0) ack 1")
	x.expect(time.Hour+31*time.Second, ". 0:0(0) ack 1")
	x.c.SetKeepAlive(x.time(), KeepAlive{})
	x.quiet(100 * time.Hour)
	x.wantState(Established)
}

// While data is unacknowledged its own timer asks the peer. trap: probing stops with the last queued byte, and keep-alive runs again
// (3.8.4, X-355).
func TestKeepAliveBesideData(t *testing.T) {
	x := established(t, func(g *Config) {
		g.KeepAlive = KeepAlive{Enabled: true, Idle: time.Second, Interval: time.Second, Count: 2}
	})
	x.write(0, 10)
	x.expect(0, "P. 1:11(10) ack 1")
	x.input(10*ms, ". 1:1(0) ack 11 win 0")
	x.write(20*ms, 1)
	at := 20 * ms
	for _, gap := range []time.Duration{200, 400, 800, 1600, 3200} {
		at += gap * ms
		x.expect(at, "P. 11:12(1) ack 1")
		x.input(at, ". 1:1(0) ack 11 win 0")
	}
	x.input(at, ". 1:1(0) ack 12 win 0")
	x.expect(at+time.Second, ". 11:11(0) ack 1")
	x.expect(at+2*time.Second, ". 11:11(0) ack 1")
	x.expect(at+3*time.Second, "R. 12:12(0) ack 1")
}

// trap, time: deadlines and elapsed times hold for 30 idle days and for "for ever".
func TestLongIdle(t *testing.T) {
	const day = 24 * time.Hour
	x := negotiated(t, func(g *Config) { g.UserTimeout = 1<<63 - 1 })
	x.write(30*day, 100)
	x.expect(30*day, "P. 1:101(100) ack 1")
	// The peer's clock has wrapped to what looks older: PAWS does not apply after 24 days.
	x.input(30*day+ms, ". 1:1(0) ack 101 win 2500 <TS val 50 ecr 0>")
	x.quiet(300 * day)
	x.wantState(Established)
	if x.c.Info().Unacked != 0 {
		t.Error("the ACK was not taken")
	}
	x.c.SetKeepAlive(x.time(), KeepAlive{Enabled: true, Idle: 1<<63 - 1})
	x.quiet(3000 * day)
}

// Equal values of SetKeepAlive are one in memory, since an idle connection has little to spare, and those of Config hold until it is
// called.
func TestKeepAliveShared(t *testing.T) {
	cfg := &Config{KeepAlive: KeepAlive{Enabled: true, Idle: time.Minute}}
	var a, b Conn
	a.Connect(0, cfg, 1, 0)
	b.Connect(0, cfg, 2, 0)
	if a.alive() != cfg.KeepAlive {
		t.Errorf("%+v, want what Config has", a.alive())
	}
	own := KeepAlive{Enabled: true, Idle: time.Hour, Interval: time.Second, Count: 3}
	a.SetKeepAlive(0, own)
	b.SetKeepAlive(0, own)
	if a.alive() != own || a.keepAlive != b.keepAlive {
		t.Errorf("%+v and %+v, want %+v, shared", a.alive(), b.alive(), own)
	}
	a.SetKeepAlive(0, KeepAlive{})
	if a.alive().Enabled || b.alive() != own {
		t.Errorf("%+v and %+v after one was turned off", a.alive(), b.alive())
	}
	if n := testing.AllocsPerRun(100, func() { b.SetKeepAlive(0, own) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
