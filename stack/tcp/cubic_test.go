package tcp

import (
	"math"
	"testing"
	"time"
)

const cubicSMSS = 1000

// cubicRun drives CUBIC as a full window does: ACKs for two segments each, a window of them in a round trip.
type cubicRun struct {
	cc  *cubic
	w   congestionWindow
	was ccSaved
	now Time
	rtt time.Duration
}

func newCubicRun(segments uint32, rtt time.Duration) *cubicRun {
	return &cubicRun{cc: &cubic{}, w: congestionWindow{segments * cubicSMSS, cwndLimit}, rtt: rtt}
}

func (r *cubicRun) state() ccState {
	return ccState{now: r.now, smss: cubicSMSS, flight: r.w.cwnd, pipe: r.w.cwnd, srtt: r.rtt}
}

// ack acknowledges n segments at once.
func (r *cubicRun) ack(n uint32, limited bool) {
	a := ccAck{ccState: r.state(), bytes: n * cubicSMSS, delivered: n * cubicSMSS, rtt: r.rtt, limited: limited, grow: limited}
	r.cc.acked(&r.w, a)
	r.now = r.now.Add(time.Duration(float64(r.rtt) * float64(n) * cubicSMSS / float64(r.w.cwnd)))
}

func (r *cubicRun) lose() {
	r.cc.lost(&r.w, r.state(), &r.was)
	r.w.cwnd = r.w.ssthresh
}

func (r *cubicRun) until(t Time, limited bool) {
	for r.now < t {
		r.ack(2, limited)
	}
}

// RFC 9438 figure 1 and section 4.2: after a cut W_cubic is C (t-K)^3 + W_max, with K the cube root of
// (W_max - cwnd_epoch) / C.
// trap: K comes from cwnd at the start of congestion avoidance, and cwnd_prior is cwnd before the cut (RFC 9438 4.1.2, 4.2, X-076).
func TestCubicCurve(t *testing.T) {
	r := newCubicRun(1000, 500*time.Millisecond)
	r.lose()
	if r.w.cwnd != 700*cubicSMSS || r.cc.wMax != 1000*cubicSMSS || r.cc.prior != 1000*cubicSMSS {
		t.Fatalf("%+v %+v", r.w, r.cc)
	}
	k := math.Cbrt(300 / 0.4) // 9.09 s
	for _, at := range []float64{1, 3, 5, k, 12, 15, 18} {
		r.until(Time(at*1e9), true)
		got, want := float64(r.w.cwnd)/cubicSMSS, 0.4*math.Pow(at-k, 3)+1000
		if math.Abs(got-want) > 0.01*want {
			t.Errorf("after %.2f s: %.1f segments, want %.1f", at, got, want)
		}
	}
}

// RFC 9438 section 5.1: the average window under deterministic loss, in the region of CUBIC and in that of Reno.
func TestCubicResponse(t *testing.T) {
	for _, c := range []struct {
		p, rtt, want float64
	}{
		{1e-5, 0.1, math.Pow(0.4*3.7/1.2, 0.25) * math.Pow(0.1/1e-5, 0.75)}, // 1054
		{1e-4, 0.3, math.Pow(0.4*3.7/1.2, 0.25) * math.Pow(0.3/1e-4, 0.75)}, // 427
		{1e-3, 0.01, math.Sqrt(3 / 2e-3)},                                   // 39: as Reno
	} {
		r := newCubicRun(uint32(c.want), time.Duration(c.rtt*1e9))
		r.lose()
		var packets, began float64
		for loss := range 60 {
			if loss == 20 {
				packets, began = 0, float64(r.now)
			}
			for sent := 0.0; sent < 1/c.p; sent += 2 {
				r.ack(2, true)
				packets += 2
			}
			r.lose()
		}
		got := packets * c.rtt * 1e9 / (float64(r.now) - began)
		if math.Abs(got-c.want) > 0.12*c.want {
			t.Errorf("p %v, RTT %v: %.1f segments, want %.1f", c.p, c.rtt, got, c.want)
		}
	}
}

// trap: t counts without app-limited time (RFC 9438 5.8, X-076).
func TestCubicLimitedTime(t *testing.T) {
	r := newCubicRun(1000, 500*time.Millisecond)
	r.lose()
	r.until(3e9, true)
	before := r.w.cwnd
	r.until(100e9, false)
	if r.w.cwnd != before {
		t.Errorf("cwnd %d grew from %d while it was not the limit", r.w.cwnd, before)
	}
	r.ack(2, true)
	if grown := r.w.cwnd - before; grown > cubicSMSS {
		t.Errorf("cwnd jumped by %d", grown)
	}
	// What was idle does not count either.
	s := r.state()
	s.now = s.now.Add(time.Hour)
	r.cc.resumed(&r.w, s)
	r.now, before = s.now, r.w.cwnd
	r.ack(2, true)
	if grown := r.w.cwnd - before; grown > cubicSMSS {
		t.Errorf("cwnd jumped by %d after an idle hour", grown)
	}
}

// trap: W_est counts every segment acknowledged (RFC 9438 4.3, X-253).
func TestCubicEstimate(t *testing.T) {
	for _, stretch := range []uint32{1, 2, 8} {
		r := newCubicRun(100, 10*time.Millisecond)
		r.lose()
		for acked := uint32(0); acked < 70; acked += stretch {
			r.ack(stretch, true)
		}
		// alpha is 3 (1 - 0.7) / (1 + 0.7): 0.53 segments for each window.
		if grown := float64(r.w.cwnd)/cubicSMSS - 70; math.Abs(grown-0.53) > 0.06 {
			t.Errorf("ACKs for %d segments: %.2f segments in a round trip", stretch, grown)
		}
		for r.cc.wEst < 100*cubicSMSS {
			r.ack(stretch, true)
		}
		before := r.w.cwnd
		for acked := uint32(0); acked < 100; acked += stretch {
			r.ack(stretch, true)
		}
		if grown := float64(r.w.cwnd-before) / cubicSMSS; grown < 0.9 || grown > 1.3 {
			t.Errorf("ACKs for %d segments: %.2f segments in a round trip beyond cwnd_prior", stretch, grown)
		}
	}
}

// RFC 9438 section 4.7: a flow that is cut before it is back makes room for others.
func TestCubicFastConvergence(t *testing.T) {
	r := newCubicRun(1000, 100*time.Millisecond)
	r.lose()
	r.ack(2, true)
	cwnd := r.w.cwnd
	r.lose()
	if want := uint32(float64(cwnd) * 0.85); r.cc.wMax > want+1 || r.cc.wMax < want-1 || r.w.cwnd != cwnd*7/10 {
		t.Errorf("W_max %d, want %d; cwnd %d of %d", r.cc.wMax, want, r.w.cwnd, cwnd)
	}
}

// RFC 9438 section 4.8: after a timeout one segment, ssthresh by 0.7, and the curve begins with K = 0.
func TestCubicTimeout(t *testing.T) {
	r := newCubicRun(1000, 100*time.Millisecond)
	r.lose()
	r.until(1e9, true)
	cwnd := r.w.cwnd
	s := r.state()
	r.cc.timeout(&r.w, s, false, &r.was)
	if r.w.cwnd != cubicSMSS || r.w.ssthresh != cwnd*7/10 {
		t.Fatalf("%+v of %d", r.w, cwnd)
	}
	s.flight = cubicSMSS
	r.cc.timeout(&r.w, s, true, &r.was)
	if r.w.ssthresh != cwnd*7/10 {
		t.Errorf("ssthresh %d after the second", r.w.ssthresh)
	}
	for r.w.cwnd < r.w.ssthresh {
		r.ack(2, true)
	}
	r.ack(2, true)
	if r.cc.k != 0 || r.cc.wMax > r.w.cwnd {
		t.Errorf("%+v", r.cc)
	}
}

// RFC 9438 section 4.9: a loss that was none is taken back whole.
func TestCubicSpurious(t *testing.T) {
	for _, timeout := range []bool{false, true} {
		r := newCubicRun(1000, 100*time.Millisecond)
		r.lose()
		r.until(2e9, true)
		w, state := r.w, r.cc.cubicState
		if timeout {
			r.cc.timeout(&r.w, r.state(), false, &r.was)
			r.ack(1, true)
		} else {
			r.lose()
			r.ack(1, false)
		}
		r.cc.undo(&r.w, r.state(), &r.was)
		if r.w != w || r.cc.cubicState != state {
			t.Errorf("timeout %v: %+v %+v, want %+v %+v", timeout, r.w, r.cc.cubicState, w, state)
		}
	}
}

// hystartRun sends rounds of segments whose round-trip time the test says.
type hystartRun struct {
	h   hystart
	w   congestionWindow
	una Seq
}

func newHystartRun() *hystartRun {
	return &hystartRun{h: hystart{begun: true, end: 20_000}, w: congestionWindow{10_000, cwndLimit}}
}

// acks are so many, for a segment each; 20 are a round.
func (r *hystartRun) acks(n int, rtt time.Duration) (grown uint32) {
	before := r.w.cwnd
	for range n {
		r.una += 1000
		a := ccAck{ccState: ccState{una: r.una, nxt: r.una + 20_000, smss: 1000}, bytes: 1000, rtt: rtt, limited: true, grow: true}
		r.h.acked(&r.w, &a)
	}
	return r.w.cwnd - before
}

// RFC 9406 section 4.2: the threshold is an eighth of the round-trip time between 4 and 16 ms, on eight samples; then
// a quarter of the growth for five rounds; then congestion avoidance.
func TestHyStartRounds(t *testing.T) {
	for _, c := range []struct {
		base, below, above time.Duration
	}{{10 * ms, 13900 * time.Microsecond, 14 * ms}, {80 * ms, 89 * ms, 90 * ms}, {500 * ms, 515 * ms, 516 * ms}} {
		r := newHystartRun()
		r.acks(20, c.base)
		if got := r.acks(40, c.below); got != 40_000 {
			t.Errorf("%v: ended at %v", c.base, c.below)
		}
		r = newHystartRun()
		r.acks(20, c.base)
		if got := r.acks(20, c.above); got != 8_000+12*250 {
			t.Errorf("%v: %d in the round in which it began", c.base, got)
		}
		for range 4 {
			if r.w.ssthresh != cwndLimit {
				t.Errorf("%v: ended too early", c.base)
			}
			if got := r.acks(20, c.above); got != 5_000 {
				t.Errorf("%v: %d in conservative slow start", c.base, got)
			}
		}
		if r.w.ssthresh != r.w.cwnd {
			t.Errorf("%v: not ended after five rounds: %+v", c.base, r.w)
		}
	}
	// The round-trip time came down again: it was no queue.
	r := newHystartRun()
	r.acks(20, 80*ms)
	r.acks(20, 100*ms)
	r.acks(20, 80*ms)
	if got := r.acks(20, 80*ms); got != 20_000 || r.w.ssthresh != cwndLimit {
		t.Errorf("%d, %+v", got, r.w)
	}
}

// RFC 9406 section 4.3: L is 8 segments for an ACK, without limit where segments are paced.
func TestHyStartLimit(t *testing.T) {
	for paced, want := range map[bool]uint32{false: 8_000, true: 20_000} {
		r := newHystartRun()
		a := ccAck{ccState: ccState{una: 20_000, nxt: 60_000, smss: 1000, bursts: paced}, bytes: 20_000, rtt: 10 * ms, limited: true, grow: true}
		if r.h.acked(&r.w, &a); r.w.cwnd != 10_000+want {
			t.Errorf("paced %v: %d", paced, r.w.cwnd)
		}
	}
}
