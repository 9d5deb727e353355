package tcp

import (
	"testing"
	"time"
)

// The receive buffer is twice what the program read in a round trip and some segments, once a round trip, up to the maximum; the
// window scale is that of the maximum from the beginning (RFC 7323 section 2.3).
func TestReceiveBufferFollowsTheReader(t *testing.T) {
	x := newTrace(t, func(g *Config) {
		g.NoTimestamps, g.NoWindowScale = false, false
		g.RcvBuf, g.RcvBufMax = 20_000, 100_000
	})
	x.accept(0, "S 0:0(0) win 10000 <mss 1000,TS val 100 ecr 0,wscale 2>")
	x.expect(0, "S. 0:0(0) ack 1 win 20000 <mss 1000,TS val 5000 ecr 100,wscale 1>")
	x.input(100*ms, ". 1:1(0) ack 1 win 2500 <TS val 200 ecr 5000>") // a round trip of 100 ms
	at, next := 100*ms, 1
	burst := func(segments int, read bool) {
		t.Helper()
		for range segments {
			x.input(at, ". "+itoa(next)+":"+itoa(next+988)+"(988) ack 1 win 2500 <TS val 200 ecr "+itoa(tsBase+int(at/ms)-100)+">")
			next += 988
			x.drain()
		}
		if read {
			x.read(at, segments*988)
		}
		x.drain()
		x.sent = nil
	}
	size := func(want int) {
		t.Helper()
		if got := x.c.Info().RcvBuf; got != want {
			t.Fatalf("%v: a buffer of %d bytes, want %d", at, got, want)
		}
	}
	const slack = 16 * 988
	burst(5, true) // the measurement begins
	size(20_000)
	at += 50 * ms
	burst(5, true) // half a round trip
	size(20_000)
	at += 50 * ms
	burst(5, true)
	size(2*10*988 + slack)
	at += 100 * ms
	burst(10, true) // no more than before
	size(2*10*988 + slack)
	at += 100 * ms
	burst(15, false) // not read
	size(2*10*988 + slack)
	x.read(at, 15*988)
	size(2*15*988 + slack)
	at += time.Hour
	for range 5 {
		burst(30, false)
		x.read(at, 30*988)
		at += 100 * ms
	}
	size(2*30*988 + slack)
	x.c.tune.most = 1
	burst(45, false)
	x.read(at, 45*988)
	size(100_000)
}

// A buffer that the program has fixed stays as it is, to the byte.
func TestFixedBuffers(t *testing.T) {
	for _, g := range []Config{{RcvBuf: 64, SndBuf: 64}, {RcvBuf: 64, SndBuf: 64, RcvBufMax: 10, SndBufMax: 63}} {
		g.NoDelay = true
		p := newPair(&g, &g)
		moved := 0
		for range 1000 {
			n, _ := p.a.Write(p.now, p.text[:100])
			moved += n
			p.exchange()
			p.b.Discard(p.now, 100)
			p.now += Time(50 * time.Millisecond)
			p.exchange()
			if a, b := p.a.Info().SndBuf, p.b.Info().RcvBuf; a != 64 || b != 64 {
				t.Fatalf("buffers of %d and %d bytes", a, b)
			}
		}
		if moved < 30_000 {
			t.Errorf("only %d bytes moved", moved)
		}
	}
}

// The send buffer is two congestion windows, of those that the peer has room for, and no smaller than it began.
func TestSendBufferFollowsTheWindow(t *testing.T) {
	x := established(t, func(g *Config) { g.SndBuf, g.SndBufMax = 4000, 50_000 })
	for _, c := range []struct{ cwnd, peer, want int }{
		{1000, 100_000, 4000}, {2001, 100_000, 4002}, {20_000, 100_000, 40_000}, {30_000, 100_000, 50_000}, {30_000, 3000, 6000},
	} {
		x.c.rec.cwnd, x.c.maxSndWnd = uint32(c.cwnd), uint32(c.peer)
		if n := x.c.Writable(); n != c.want || x.c.Info().SndBuf != c.want {
			t.Errorf("cwnd %d, peer %d: writable %d, want %d", c.cwnd, c.peer, n, c.want)
		}
	}
	// What was written when it was larger is kept, and nothing more is taken.
	x.c.rec.cwnd, x.c.maxSndWnd = 20_000, 60_000
	x.write(0, 40_000)
	x.c.rec.cwnd = 2000
	if n := x.c.Writable(); n != 0 {
		t.Errorf("writable %d", n)
	}
	if n, err := x.c.Write(0, []byte("x")); n != 0 || err != ErrWouldBlock {
		t.Errorf("write: %d, %v", n, err)
	}
}

func TestBufferLimits(t *testing.T) {
	for _, g := range []Config{{RcvBufMax: MaxBuffer + 1}, {SndBufMax: MaxBuffer + 1}} {
		if err := g.Check(); err != ErrBufferSize {
			t.Errorf("%+v: %v", g, err)
		}
	}
	// What a buffer begins with can be expressed in the units of the largest window (RFC 7323 section 2.3).
	g := Config{RcvBuf: 1, SndBuf: 1, RcvBufMax: MaxBuffer, SndBufMax: MaxBuffer}
	if g.Check() != nil || g.rcvScale() != maxScale || g.rcvBuf() != 16<<maxScale || g.rcvBufMax() != MaxBuffer || g.sndBuf() != 1 || g.sndBufMax() != MaxBuffer {
		t.Errorf("scale %d, buffers %d to %d and %d to %d", g.rcvScale(), g.rcvBuf(), g.rcvBufMax(), g.sndBuf(), g.sndBufMax())
	}
}

// While memory is scarce nothing grows.
func TestNoGrowthWhileMemoryIsScarce(t *testing.T) {
	m := &Memory{Limit: 1 << 20}
	x := established(t, func(g *Config) { g.SndBuf, g.SndBufMax, g.RcvBufMax, g.Memory = 4000, 50_000, 200_000, m })
	x.c.rec.cwnd = 20_000
	if n := x.c.Writable(); n != 20_000 { // the peer's window is 10000
		t.Errorf("writable %d", n)
	}
	grow := func() int {
		x.c.tune.since, x.c.tune.most, x.c.rtt.srtt = 0, 0, time.Millisecond
		x.c.tune.read = x.c.rcvNxt - 60_000
		x.c.now += Time(ms)
		x.c.tuneRead()
		return x.c.rcvSize()
	}
	m.used = 1 << 20 / 4 * 3
	if n := x.c.Writable(); n != 4000 {
		t.Errorf("writable %d while memory is scarce", n)
	}
	if n := grow(); n != defaultBuf {
		t.Errorf("a receive buffer of %d while memory is scarce", n)
	}
	m.used--
	if n := grow(); n <= defaultBuf {
		t.Errorf("a receive buffer of %d with memory", n)
	}
}
