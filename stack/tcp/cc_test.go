package tcp

import (
	"math/rand/v2"
	"testing"
	"time"
)

var everyAlgorithm = []Algorithm{Cubic, NewReno, BBR}

func TestAlgorithmNames(t *testing.T) {
	if (&Config{}).Congestion != Cubic {
		t.Error("CUBIC is not the default")
	}
	for i, name := range []string{"cubic", "newreno", "bbr"} {
		if a, ok := ParseAlgorithm(name); !ok || a.String() != name || AlgorithmNames()[i] != name {
			t.Errorf("%s: %v %v", name, a, ok)
		}
	}
	if _, ok := ParseAlgorithm("vegas"); ok {
		t.Error("there is no vegas")
	}
}

// trap: cwnd arithmetic holds at the largest window times the largest MSS, on 32 bits too.
func TestCwndLimit(t *testing.T) {
	for _, a := range []Algorithm{Cubic, NewReno} {
		cc := a.control(false, 1)
		w, saved := congestionWindow{cwnd: cwndLimit - 5, ssthresh: cwndLimit}, ccSaved{}
		s := ccState{smss: maxMSS, flight: cwndLimit, srtt: time.Second}
		ack := ccAck{ccState: s, bytes: maxMSS, delivered: maxMSS, rtt: time.Second, limited: true, grow: true}
		for range 100_000 {
			ack.now = ack.now.Add(10 * time.Millisecond)
			ack.una += maxMSS
			ack.nxt = ack.una + cwndLimit
			cc.acked(&w, ack)
			if w.cwnd > cwndLimit || w.cwnd < cwndLimit/2 {
				t.Fatalf("%v: cwnd %d", a, w.cwnd)
			}
		}
		cc.lost(&w, s, &saved)
		if w.ssthresh < cwndLimit/2 || w.ssthresh > cwndLimit {
			t.Errorf("%v: %+v", a, w)
		}
		cc.recovered(&w, s, PhaseRecovery)
		cc.timeout(&w, s, false, &saved)
		if w.cwnd != maxMSS || w.ssthresh < cwndLimit/2 {
			t.Errorf("%v: %+v", a, w)
		}
	}
}

// Whatever happens, in whatever order: cwnd is a segment at least and never above the limit, ssthresh is two, and the
// same events give the same windows.
func TestAnyEvents(t *testing.T) {
	run := func(a Algorithm, seed uint64) (sum uint64) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		smss := []uint32{28, 536, 1448, 8960, maxMSS}[rnd.IntN(5)]
		cc := a.control(rnd.IntN(2) == 0, uint32(seed))
		w := congestionWindow{cwnd: initialWindow(smss, rnd.IntN(4) == 0), ssthresh: cwndLimit}
		s := ccState{smss: smss, sack: rnd.IntN(2) == 0, bursts: rnd.IntN(2) == 0}
		saved := ccSaved{congestionWindow: w}
		phase := PhaseOpen
		for step := range 3000 {
			s.now = s.now.Add(time.Duration(rnd.Int64N(int64(1) << rnd.IntN(38))))
			s.srtt = time.Duration(rnd.Int64N(int64(1) << rnd.IntN(36)))
			s.flight = uint32(rnd.Int64N(int64(2*w.cwnd) + 1))
			s.pipe = uint32(rnd.Int64N(int64(s.flight) + 1))
			s.una += Seq(rnd.Uint32N(w.cwnd))
			s.nxt = s.una + Seq(s.flight)
			what := rnd.IntN(40)
			switch what {
			case 0:
				cc.lost(&w, s, &saved)
				phase = PhaseRecovery
			case 1:
				cc.timeout(&w, s, rnd.IntN(2) == 0, &saved)
				phase = PhaseLoss
			case 2:
				cc.recovered(&w, s, phase)
				phase = PhaseOpen
			case 3:
				cc.undo(&w, s, &saved)
				phase = PhaseOpen
			case 4:
				cc.marked(&w, s)
			case 5:
				s.flight, s.pipe = 0, 0
				cc.resumed(&w, s)
			case 6:
				cc.exhausted(s)
			case 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20:
				s.pipe = max(s.pipe, smss)
				cc.sent(&w, s, smss)
			default:
				k := ccAck{ccState: s, phase: phase, rtt: -1, limited: rnd.IntN(4) > 0}
				k.delivered = rnd.Uint32N(20 * smss)
				k.bytes = min(k.delivered, rnd.Uint32N(20*smss))
				if rnd.IntN(5) == 0 {
					k.lost, k.lostAt = rnd.Uint32N(5*smss), s.now-Time(rnd.Int64N(int64(s.now)+1))
				}
				k.newest = s.now - Time(rnd.Int64N(min(int64(s.now), 1e9)+1))
				if rnd.IntN(3) > 0 {
					k.rtt = s.now.Sub(k.newest)
				}
				k.grow = k.bytes > 0 && k.limited && phase != PhaseRecovery
				cc.acked(&w, k)
			}
			if w.cwnd < smss || w.cwnd > cwndLimit || w.ssthresh < 2*smss || w.ssthresh > cwndLimit {
				t.Fatalf("%v, seed %d, step %d, event %d: %+v with segments of %d", a, seed, step, what, w, smss)
			}
			if a == BBR && step > 100 && cc.rate() == 0 {
				t.Fatalf("%v, seed %d, step %d, event %d: rate 0", a, seed, step, what)
			}
			sum = sum*31 + uint64(w.cwnd) + uint64(w.ssthresh)<<32 + cc.rate()
		}
		return sum
	}
	for _, a := range everyAlgorithm {
		for seed := range uint64(100) {
			if one, two := run(a, seed), run(a, seed); one != two {
				t.Errorf("%v, seed %d: two runs differ", a, seed)
			}
		}
	}
}

// RFC 3168 section 6.1.2: a mark reduces cwnd as a loss does, once in a window of data; RFC 8511: less, if so configured.
func TestMarked(t *testing.T) {
	for _, c := range []struct {
		a    Algorithm
		abe  bool
		want uint32
	}{{NewReno, false, 20000}, {NewReno, true, 32000}, {Cubic, false, 28000}, {Cubic, true, 34000}} {
		x := newTrace(t, func(g *Config) { g.Congestion, g.ABE = c.a, c.abe })
		x.accept(0, plainSyn)
		x.expect(0, "S. 0:0(0) ack 1")
		x.input(0, ". 1:1(0) ack 1 win 60000")
		x.c.rec.cwnd = 40_000
		x.c.Write(0, pattern(60_000, 1))
		x.drain()
		if !x.c.ccMarked() || x.c.ccMarked() {
			t.Errorf("%v: not once in a window", c.a)
		}
		if x.c.rec.cwnd != c.want || x.c.rec.ssthresh != c.want {
			t.Errorf("%v, ABE %v: %+v, want %d", c.a, c.abe, x.c.rec.congestionWindow, c.want)
		}
		x.input(10*ms, ". 1:1(0) ack 40001 win 60000")
		x.drain()
		if x.c.ccMarked() {
			t.Errorf("%v: twice in a window, whose last ACK has the mark too", c.a)
		}
		x.input(20*ms, ". 1:1(0) ack 41001 win 60000")
		x.drain()
		if !x.c.ccMarked() {
			t.Errorf("%v: no mark in the following window", c.a)
		}
	}
}

// RFC 3168 section 6.1.2: an ACK with ECE does not make cwnd grow, whether it is answered or comes in a window that was; nor
// does what had been sent before.
func TestMarkedDoesNotGrow(t *testing.T) {
	x := newTrace(t, func(g *Config) { g.ECN = ECNPassive })
	x.accept(0, "SEW 0:0(0) win 10000 <mss 1000>")
	x.drain()
	x.sent = nil
	x.input(0, ". 1:1(0) ack 1 win 60000")
	x.c.Write(0, pattern(60_000, 1))
	x.drain()
	for acked := 1001; acked <= 10001; acked += 1000 {
		flags := "E."
		if acked > 8000 {
			flags = "." // the peer has seen CWR
		}
		x.input(10*ms, x.line(flags, 1, 0, acked)+" win 60000")
		if i := x.c.Info(); i.Cwnd != 5000 || i.Ssthresh != 5000 {
			t.Fatalf("ack %d: %+v", acked, i)
		}
	}
}

// RFC 7661 section 4.4: a window that is kept through idle times is halved every five minutes, down to the initial
// window, and ssthresh remembers. RFC 5681 section 4.1 is TestCwndValidation.
func TestKeepCwnd(t *testing.T) {
	for _, c := range []struct {
		idle time.Duration
		want int
	}{{time.Minute, 80_000}, {6 * time.Minute, 40_000}, {11 * time.Minute, 20_000}, {24 * time.Hour, 10_000}} {
		x := established(t, func(g *Config) { g.KeepCwnd, g.Congestion = true, Cubic })
		x.c.rec.cwnd = 80_000
		x.advance(c.idle)
		x.write(x.now, 1000)
		x.drain()
		if i := x.c.Info(); i.Cwnd != c.want || c.want < 80_000 && i.Ssthresh < c.want {
			t.Errorf("%v: cwnd %d, want %d", c.idle, i.Cwnd, c.want)
		}
	}
}

// A program that sends little on a large window loses it in the same way (RFC 7661 section 4.4).
func TestUnusedCwnd(t *testing.T) {
	x := established(t, nil)
	x.c.rec.cwnd = 80_000
	for i := range 3100 {
		x.write(x.now, 1000)
		x.drain()
		x.sent = nil
		x.input(x.now+100*ms, x.line(".", 1, 0, 1001+1000*i)+" win 10000")
		if i == 2900 && x.c.Info().Cwnd != 80_000 {
			t.Errorf("cwnd %d after %v", x.c.Info().Cwnd, x.now)
		}
	}
	if i := x.c.Info(); i.Cwnd != 40_000 || i.Ssthresh < 60_000 {
		t.Errorf("cwnd %d, ssthresh %d", i.Cwnd, i.Ssthresh)
	}
}

// Nothing is allocated for a segment, whatever the algorithm.
func TestCongestionAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget at random")
	}
	for _, a := range everyAlgorithm {
		g := &Config{RcvBuf: 256 << 10, SndBuf: 256 << 10, Congestion: a, Pacing: true}
		p := newPair(g, g)
		chunk, sink := make([]byte, 32_000), make([]byte, 64_000)
		moved := 0
		round := func() {
			p.a.Write(p.now, chunk)
			for range 30 {
				p.exchange()
				for {
					n, err := p.b.Read(p.now, sink)
					moved += n
					if err != nil {
						break
					}
				}
				p.now += 1e5
			}
		}
		for range 100 {
			round()
		}
		moved = 0
		if allocs := testing.AllocsPerRun(200, round); allocs != 0 {
			t.Errorf("%v: %v allocations for a round", a, allocs)
		}
		if moved < 100_000 {
			t.Errorf("%v: only %d bytes moved", a, moved)
		}
	}
}
