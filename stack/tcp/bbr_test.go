package tcp

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
	"unsafe"
)

// bottleneck is BBR against a path: a queue that is served at a rate, behind it a round trip. Segments of 1000 bytes,
// an ACK for each.
type bottleneck struct {
	cc     congestionControl
	w      congestionWindow
	pace   pacer
	rate   float64 // bytes a second
	rtt    time.Duration
	queue  int // bytes that it holds; more are lost
	now    Time
	free   Time // when the queue is empty
	flying []flyingSegment
	pipe   uint32
	nxt    Seq
	quiet  bool // the program has nothing
	lost   int
	most   uint32 // in the network at one time
	loseIn int    // loses every so many; 0: none
	sent   int
}

type flyingSegment struct {
	at   Time // when its ACK arrives
	sent Time
	lost bool
}

func newBottleneck(rate float64, rtt time.Duration, queue int) *bottleneck {
	return &bottleneck{cc: newBBR(7), w: congestionWindow{10_000, cwndLimit}, pace: pacer{on: true}, rate: rate, rtt: rtt, queue: queue, now: 1e9}
}

func (n *bottleneck) bbr() *bbr { return n.cc.(*bbr) }

func (n *bottleneck) state() ccState {
	return ccState{now: n.now, una: n.nxt - Seq(n.pipe), nxt: n.nxt, smss: 1000, flight: n.pipe, pipe: n.pipe, srtt: n.rtt, sack: true, bursts: true}
}

func (n *bottleneck) send() {
	for !n.quiet && n.pipe+1000 <= n.w.cwnd && n.pace.allows(n.now) {
		if n.pipe == 0 {
			n.cc.resumed(&n.w, n.state())
		}
		n.pipe, n.nxt = n.pipe+1000, n.nxt+1000
		n.most = max(n.most, n.pipe)
		n.sent++
		n.cc.sent(&n.w, n.state(), 1000)
		n.pace.sent(n.now, 1000, n.cc.rate(), 1000)
		s := flyingSegment{sent: n.now}
		n.free = max(n.free, n.now)
		if waiting := n.free.Sub(n.now).Seconds() * n.rate; waiting > float64(n.queue) || n.loseIn > 0 && n.sent%n.loseIn == 0 {
			s.lost = true
			s.at = n.free.Add(n.rtt)
		} else {
			n.free = n.free.Add(time.Duration(1000 / n.rate * 1e9))
			s.at = n.free.Add(n.rtt)
		}
		n.flying = append(n.flying, s)
	}
	if n.quiet {
		n.cc.exhausted(n.state())
	}
}

// run goes on for d.
func (n *bottleneck) run(d time.Duration) (delivered float64) {
	end := n.now.Add(d)
	for {
		n.send()
		next := end
		if len(n.flying) > 0 {
			next = min(next, n.flying[0].at)
		}
		if !n.quiet && n.pipe+1000 <= n.w.cwnd && n.pace.next > n.now {
			next = min(next, n.pace.next)
		}
		n.now = max(n.now, next)
		if n.now >= end {
			return delivered
		}
		for len(n.flying) > 0 && n.flying[0].at <= n.now {
			s := n.flying[0]
			n.flying = n.flying[1:]
			n.pipe -= 1000
			a := ccAck{ccState: n.state(), rtt: -1, limited: n.pipe+2000 > n.w.cwnd}
			if s.lost {
				n.lost++
				n.cc.lost(&n.w, n.state(), nil)
				a.lost, a.lostAt = 1000, s.sent
			} else {
				delivered += 1000
				a.bytes, a.delivered, a.newest, a.rtt, a.grow = 1000, 1000, s.sent, n.now.Sub(s.sent), a.limited
			}
			n.cc.acked(&n.w, a)
			if s.lost {
				n.cc.recovered(&n.w, n.state(), PhaseRecovery)
			}
		}
	}
}

func near(got, want, part float64) bool { return math.Abs(got-want) <= part*want }

// draft-ietf-ccwg-bbr-05 sections 5.3.1 and 5.3.2: the rate doubles in each round until it is found, and the queue
// that this made is drained.
func TestBBRStartup(t *testing.T) {
	for _, rate := range []float64{125_000, 1_250_000, 125_000_000} {
		rtt := 40 * ms
		n := newBottleneck(rate, rtt, 1<<30)
		b, bdp := n.bbr(), rate*rtt.Seconds()
		rounds := 8 + int(math.Ceil(math.Log2(max(bdp/10_000, 1))))
		n.run(time.Duration(rounds+6) * (rtt + 20*ms))
		if !b.fullReached || b.phase == bbrStartup || b.phase == bbrDrain {
			t.Errorf("rate %v: phase %d after %d rounds: bw %d", rate, b.phase, b.rounds, b.bw)
		}
		if !near(float64(b.bw), rate, 0.05) || b.minRTT < rtt || b.minRTT > rtt+time.Duration(1.1e12/rate) {
			t.Errorf("rate %v: bw %d, smallest RTT %v", rate, b.bw, b.minRTT)
		}
		if float64(n.most) > 3*bdp+10_000 {
			t.Errorf("rate %v: %d in flight, the path holds %.0f", rate, n.most, bdp)
		}
		n.run(500 * ms)
		if float64(n.pipe) > 1.5*bdp+7000 {
			t.Errorf("rate %v: %d in flight after Drain, the path holds %.0f", rate, n.pipe, bdp)
		}
	}
}

// Section 5.3.1.3: Startup also ends when losses show that the queue is full; inflightLong remembers where.
func TestBBRStartupLoss(t *testing.T) {
	n := newBottleneck(1_250_000, 40*ms, 10_000)
	n.run(time.Second)
	if b := n.bbr(); !b.fullReached || n.lost == 0 {
		t.Errorf("phase %d, %d lost", b.phase, n.lost)
	}
	lost, got := n.lost, n.run(30*time.Second)/30
	if got < 0.88*1_250_000 {
		t.Errorf("%.0f bytes a second", got)
	}
	if more := n.lost - lost; more*50 > int(got*30/1000) {
		t.Errorf("%d lost", more)
	}
}

// Sections 5.3.3 and 5.5.6: ProbeBW goes round, in two or three seconds at most, and finds bandwidth that comes or goes.
func TestBBRProbeBW(t *testing.T) {
	n := newBottleneck(1_250_000, 40*ms, 1<<20)
	n.run(2 * time.Second)
	b := n.bbr()
	seen := map[bbrPhase]int{}
	for last := b.phase; n.now < 12e9; n.run(ms) {
		if b.phase != last {
			seen[b.phase]++
			last = b.phase
		}
	}
	for _, p := range []bbrPhase{bbrDown, bbrCruise, bbrRefill, bbrUp} {
		if seen[p] < 3 {
			t.Errorf("phase %d entered %d times in nine seconds: %v", p, seen[p], seen)
		}
	}
	n.rate *= 4
	n.run(10 * time.Second)
	if !near(float64(b.bw), n.rate, 0.1) {
		t.Errorf("bw %d when there was four times as much, %.0f", b.bw, n.rate)
	}
	n.rate /= 5
	n.run(40 * time.Second)
	if !near(float64(b.bw), n.rate, 0.1) {
		t.Errorf("bw %d when there was a fifth, %.0f", b.bw, n.rate)
	}
	if got := n.run(20*time.Second) / 20; got < 0.94*n.rate {
		t.Errorf("%.0f bytes a second of %.0f", got, n.rate)
	}
}

// Section 5.3.4: when the smallest round-trip time was not seen for 5 s, in flight comes down to half of the path for
// 200 ms; one that is longer than before is found in 10 s.
func TestBBRProbeRTT(t *testing.T) {
	n := newBottleneck(1_250_000, 40*ms, 1<<20)
	n.run(2 * time.Second)
	b := n.bbr()
	n.rtt = 60 * ms
	entered, least := Time(0), uint32(math.MaxUint32)
	var lasted time.Duration
	for n.now < 16e9 {
		n.run(ms)
		if b.phase == bbrProbeRTT {
			if entered == 0 {
				entered = n.now
			}
			least, lasted = min(least, n.pipe), lasted+ms
		} else if entered != 0 && lasted > 0 && n.now.Sub(entered) > time.Second {
			break
		}
	}
	if entered == 0 || entered > 9e9 {
		t.Fatalf("entered at %v", entered.Seconds())
	}
	if bdp := uint32(float64(b.bw) * 0.04); least > bdp*6/10 || least < 4000 || lasted < 200*ms || lasted > 500*ms {
		t.Errorf("%d in flight for %v, the path holds %d", least, lasted, bdp)
	}
	n.run(12 * time.Second)
	if b.minRTT < 60*ms || b.minRTT > 63*ms {
		t.Errorf("smallest RTT %v of 60 ms", b.minRTT)
	}
}

// Section 5.5.10.3: while it does not probe, a round with loss lowers the bounds to what was delivered, or by 0.7 at
// most; the following probe forgets them. A loss that was none is taken back (section 5.5.11).
func TestBBRLoss(t *testing.T) {
	n := newBottleneck(1_250_000, 40*ms, 1<<20)
	b := n.bbr()
	for n.run(2 * time.Second); b.phase != bbrCruise; {
		n.run(ms)
	}
	n.loseIn = 20
	n.run(100 * ms)
	if b.bwShort == bbrNone || b.inflightShort == bbrNone {
		t.Fatalf("no bounds after losses: %+v", b)
	}
	if n.w.cwnd > b.inflightShort {
		t.Errorf("cwnd %d above %d", n.w.cwnd, b.inflightShort)
	}
	n.loseIn = 0
	for b.phase != bbrUp {
		n.run(ms)
	}
	if b.bwShort != bbrNone || b.inflightShort != bbrNone {
		t.Error("bounds outlast a probe")
	}
	for b.phase != bbrCruise {
		n.run(ms)
	}
	cwnd := n.w.cwnd
	n.cc.lost(&n.w, n.state(), nil)
	s := n.state()
	s.pipe = 3000 // sent too lately to be lost (section 5.6.4.4)
	n.cc.timeout(&n.w, s, false, nil)
	if n.w.cwnd != 4000 {
		t.Errorf("cwnd %d after a timeout", n.w.cwnd)
	}
	n.cc.undo(&n.w, n.state(), nil)
	if n.w.cwnd != cwnd || b.bwShort != bbrNone {
		t.Errorf("cwnd %d of %d after undo", n.w.cwnd, cwnd)
	}
}

// Section 5.4: after an idle time BBR begins at its estimate, which the quiet time has not lowered (section 5.5.4).
func TestBBRIdle(t *testing.T) {
	n := newBottleneck(1_250_000, 40*ms, 1<<20)
	n.run(3 * time.Second)
	b := n.bbr()
	bw := b.bw
	n.quiet = true
	n.run(time.Minute)
	if b.log.mem != nil {
		t.Error("an idle connection keeps a log")
	}
	n.quiet = false
	n.most = 0
	n.run(30 * ms)
	if b.phase == bbrProbeRTT || !near(float64(b.rate0), float64(bw)*0.99, 0.03) {
		t.Errorf("phase %d, rate %d, bw was %d", b.phase, b.rate0, bw)
	}
	// A program that sends a little now and then does not lower the estimate either.
	for range 100 {
		n.quiet = false
		n.run(2 * ms)
		n.quiet = true
		n.run(60 * ms)
	}
	if b.bw < bw*95/100 {
		t.Errorf("bw %d after little traffic, was %d", b.bw, bw)
	}
}

// The log finds what held when a segment was sent, however many there are, and forgets the oldest first.
func TestSendLog(t *testing.T) {
	var l sendLog
	if l.find(5) != nil {
		t.Error("found in nothing")
	}
	for i := range 5000 {
		l.push(sendNote{from: Time(10 * i), delivered: uint64(i)})
		if n := l.find(Time(10*i + 3)); n == nil || n.delivered != uint64(i) {
			t.Fatalf("%d: %+v", i, n)
		}
		if i >= 100 {
			if n := l.find(Time(10*(i-100) + 9)); n == nil || n.delivered != uint64(i-100) {
				t.Fatalf("%d: %+v", i, n)
			}
		}
	}
	if l.n != 1<<maxNoteClass || l.find(Time(10*(5000-l.n)-1)) != nil {
		t.Errorf("%d notes", l.n)
	}
	l.reset()
	if l.find(49_990) != nil || l.mem != nil {
		t.Error("not forgotten")
	}
}

// Every byte arrives whatever the congestion control, paced or not, over bad networks: TestTransfer for the others.
func TestTransferAlgorithms(t *testing.T) {
	for seed := range 60 {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(uint64(seed), 9))
			config := func() *Config {
				return &Config{
					RcvBuf: 4096 << rnd.IntN(9), SndBuf: 4096 << rnd.IntN(9), Congestion: everyAlgorithm[rnd.IntN(3)],
					Pacing: rnd.IntN(2) == 0, KeepCwnd: rnd.IntN(2) == 0, NoSACK: rnd.IntN(3) == 0, NoTimestamps: rnd.IntN(3) == 0,
					TimeWait: time.Hour, UserTimeout: time.Hour, SynTimeout: time.Hour, SynAckTimeout: time.Hour,
				}
			}
			w := &wire{t: t, rnd: rnd, delay: time.Duration(1+rnd.IntN(100)) * ms, jitter: 20 * ms}
			if rnd.IntN(4) > 0 {
				w.loss, w.dup, w.reorder = rnd.Float64()*0.1, rnd.Float64()*0.05, rnd.Float64()*0.1
			}
			w.transfer(config(), config(), rnd.IntN(300_000), rnd.IntN(300_000))
		})
	}
}

// BBR that rests between bursts goes on as one that does not, and needs little memory meanwhile.
func TestBBRRest(t *testing.T) {
	if size := unsafe.Sizeof(bbrRest{}); size > 80 {
		t.Errorf("%d bytes", size)
	}
	var rates [2][]float64
	for i := range rates {
		n := newBottleneck(2.5e6, 40*time.Millisecond, 100_000)
		rnd := rand.New(rand.NewPCG(1, 2))
		for range 60 {
			n.quiet = false
			n.run(time.Duration(rnd.Int64N(int64(2 * time.Second))))
			n.quiet = true
			n.run(time.Duration(200+rnd.IntN(2000)) * time.Millisecond)
			if i == 1 && n.pipe == 0 {
				n.cc = n.cc.rest().awake(n.now)
			}
			rates[i] = append(rates[i], float64(n.cc.rate()), float64(n.w.cwnd))
		}
	}
	for i, a := range rates[0] {
		if b := rates[1][i]; math.Abs(a-b) > 0.02*a {
			t.Errorf("%d: %.0f at rest, %.0f awake", i, b, a)
		}
	}
	var end Time = 1 << 60
	q := bbrRest{minAt: toMillis(end - 5e9)}
	if age := end.Sub(q.minAt.before(end)); age < 5*time.Second || age > 5*time.Second+time.Millisecond {
		t.Errorf("an age of 5 s came out as %v", age)
	}
}

// What each phase needs outlasts a rest: the search for the full pipe where BBR climbs, the short-term bounds where it does not, and the
// time in ProbeRTT, which becomes no shorter.
func TestBBRRestByPhase(t *testing.T) {
	const now = Time(1 << 60)
	for phase := bbrStartup; phase <= bbrProbeRTT; phase++ {
		for _, bounded := range []bool{false, true} {
			b := newBBR(1).(*bbr)
			b.phase, b.fullCount, b.cycleAt = phase, 2, now-5e9
			climbs := phase == bbrStartup || phase == bbrUp
			switch {
			case climbs:
				b.fullBW, b.upCount = 1<<20, 12_345
			case bounded:
				b.bwShort, b.inflightShort = 1<<21, 54_321
			}
			if phase == bbrProbeRTT && bounded {
				b.probeDoneAt = now + 100e6 + 1
			}
			want := *b
			got := b.rest().awake(now).(*bbr)
			if got.phase != phase || got.fullCount != 2 || got.fullBW != want.fullBW || got.upCount != want.upCount ||
				got.bwShort != want.bwShort || got.inflightShort != want.inflightShort {
				t.Errorf("phase %d, bounded %v: %+v, want %+v", phase, bounded, got, want)
			}
			if phase != bbrProbeRTT {
				if early := want.cycleAt.Sub(got.cycleAt); early < 0 || early > time.Millisecond {
					t.Errorf("phase %d: the cycle began %v earlier", phase, early)
				}
				continue
			}
			if late := got.probeDoneAt.Sub(want.probeDoneAt); (got.probeDoneAt != 0) != bounded || late < 0 || late > time.Millisecond {
				t.Errorf("ProbeRTT until %d, want %d", got.probeDoneAt, want.probeDoneAt)
			}
		}
	}
}
