package tcp

import (
	"math"
	"testing"
	"time"
)

func TestMulDiv(t *testing.T) {
	for _, c := range [][4]uint64{
		{0, 5, 7, 0}, {10, 10, 3, 33}, {1 << 40, 1 << 40, 1 << 30, 1 << 50},
		{math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64}, {1 << 40, 1 << 40, 1, math.MaxUint64},
	} {
		if got := mulDiv(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%d * %d / %d: %d", c[0], c[1], c[2], got)
		}
	}
}

// Segments leave in quanta whose rate is the one that was asked for, whatever it is, on time or with every poll late
// by less than a quantum (draft-ietf-ccwg-bbr-05 sections 5.6.2 and 5.6.3).
func TestPacer(t *testing.T) {
	for _, rate := range []uint64{1000, 125_000, 12_500_000, 1_250_000_000} {
		quantum := paceQuantum(rate, 1448)
		takes := time.Duration(uint64(quantum) * 1e9 / rate)
		for _, late := range []time.Duration{0, takes / 2} {
			p, now, sent, wakes := pacer{on: true}, Time(1e9), 0, 0
			begin := now
			for wakes < 1000 {
				burst := 0
				for p.allows(now) {
					p.sent(now, 1448, rate, 1448)
					burst += 1448
				}
				if sent += burst; burst > quantum+1448+quantum {
					t.Fatalf("rate %d: a burst of %d", rate, burst)
				}
				if p.next <= now {
					t.Fatalf("rate %d: blocked, with the next time %v in the past", rate, p.next)
				}
				now = p.next.Add(late)
				wakes++
			}
			got := float64(sent) / now.Sub(begin).Seconds()
			if math.Abs(got-float64(rate)) > 0.02*float64(rate) {
				t.Errorf("rate %d, late by %v: %.0f", rate, late, got)
			}
			if each := float64(sent) / float64(wakes); each < float64(quantum)*0.9 {
				t.Errorf("rate %d: %.0f bytes for each time the timer fires, a quantum is %d", rate, each, quantum)
			}
		}
	}
	// After a pause there is one quantum, not all that might have been sent meanwhile.
	p := pacer{on: true}
	p.sent(0, 1448, 1_448_000, 1448)
	sent := 0
	for p.allows(3600e9) {
		p.sent(3600e9, 1448, 1_448_000, 1448)
		sent++
	}
	if sent > 4 {
		t.Errorf("%d segments at once after an hour", sent)
	}
}

// A paced connection says when the next segment leaves, sends nothing before and something then: Output and Deadline
// ask the same plan. The window is spread over the round trip.
func TestPacedConnection(t *testing.T) {
	for _, a := range everyAlgorithm {
		g := &Config{SndBuf: 1 << 20, RcvBuf: 1 << 20, Congestion: a, Pacing: true}
		var c Conn
		c.Connect(0, g, 100, 1)
		var out Out
		c.Output(0, &out)
		s := Segment{Seq: 500, Ack: 101, Flags: 0x12, Window: 65535}
		s.Options.MSS = 1460
		s.Options.HasWindowScale, s.Options.WindowScale = true, 7
		now := Time(100e6) // a round trip of 100 ms
		c.Input(now, &s)
		s = Segment{Seq: 501, Ack: 101, Flags: 0x10, Window: 4000}
		c.Input(now, &s)
		c.rec.cwnd = 100 * 1460
		c.Write(now, make([]byte, 1<<20))
		sent, times, last := 0, 0, now
		for now < 195e6 && sent < int(c.rec.cwnd) {
			burst := 0
			for c.Output(now, &out) {
				burst += out.PayloadLen()
			}
			if burst == 0 && now > 100e6 {
				t.Fatalf("%v: nothing to send at %v, which was the deadline", a, now)
			}
			sent, times, last = sent+burst, times+1, now
			next := c.Deadline()
			if next <= now {
				t.Fatalf("%v: deadline %v at %v, and nothing is sent", a, next, now)
			}
			if c.rec.pace.next > now {
				if c.Output(next-1, &out) {
					t.Fatalf("%v: sent before the deadline", a)
				}
			}
			now = next
		}
		if times < 20 || last < 130e6 || sent < 99*1460 {
			t.Errorf("%v: %d bytes at %d times until %v", a, sent, times, last)
		}
	}
}

// A poll that comes late does not lower the rate, as long as something waited for it; who had nothing to send gets one quantum.
func TestLatePace(t *testing.T) {
	for _, waits := range []bool{false, true} {
		p := pacer{on: true}
		p.sent(0, 2000, 1_000_000, 1000) // two segments take 2 ms
		p.waits = waits
		now, n := Time(20*ms), 0
		for p.allows(now) {
			p.sent(now, 1000, 1_000_000, 1000)
			n++
		}
		if want := map[bool]int{false: 2, true: 20}[waits]; n != want {
			t.Errorf("waiting %v: %d segments after 20 ms, want %d", waits, n, want)
		}
		p.waits = waits
		p.sent(Time(time.Second), 1000, 1_000_000, 1000)
		if p.next < Time(time.Second) {
			t.Errorf("waiting %v: a second is made up for", waits)
		}
	}
}
