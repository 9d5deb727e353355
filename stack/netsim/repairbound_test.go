package netsim_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// The simulation that Rust's smoltcp publishes figures for: one way, a round trip of 100 ms, no limit to the rate, 32 KiB of
// buffers. Without congestion control, and sending all of the buffer again upon a loss, it gets 322945, 266384 and 74126 B/s at 0,
// 1 and 10 %.
//
// Beside what is reached stands the bound for any sender, see repairBound: about 290 and 185 kB/s at 1 and 10 %. A hole stops the
// window for a round trip, whatever the algorithm. CUBIC stays below it as section 4.3 of RFC 9438 has it: by the square root of
// 1.5/p segments in a round trip, 12 and 4. BBR does not mind losses as long as they are fewer than its threshold of 2 %
// (draft-ietf-ccwg-bbr-05 section 2.7), nor a few more while the program's buffer is what limits it; at 10 % it takes them for
// congestion.
func TestRepairBound(t *testing.T) {
	const seeds = 4
	for _, c := range []struct {
		loss float64
		cc   tcp.Algorithm
		min  float64 // B/s: a floor, not a goal
	}{
		{0, tcp.Cubic, 300e3},
		{0, tcp.BBR, 300e3},
		{0.01, tcp.Cubic, 130e3},
		{0.01, tcp.BBR, 250e3},
		{0.05, tcp.BBR, 150e3},
		{0.10, tcp.Cubic, 20e3},
		{0.10, tcp.BBR, 60e3},
	} {
		const lasts = 20 * time.Second
		rate, bound := 0.0, 0.0
		for seed := range uint64(seeds) {
			rate += lossyRate(t, seed+1, c.loss, c.cc, lasts) / seeds
			bound += repairBound(seed+1, c.loss, lasts) / seeds
		}
		t.Logf("loss %2.0f %%, %-5s: %6.0f B/s of at most %6.0f", 100*c.loss, c.cc, rate, bound)
		if rate < c.min {
			t.Errorf("loss %v, %s: less than %.0f", c.loss, c.cc, c.min)
		}
		if rate > 1.1*bound {
			t.Errorf("loss %v, %s: the bound is wrong", c.loss, c.cc)
		}
	}
}

// lossyBuffer is the size of the buffers, in bytes.
const lossyBuffer = 32 << 10

// lossyRate is what one connection reaches in that simulation, in bytes a second.
func lossyRate(t testing.TB, seed uint64, loss float64, cc tcp.Algorithm, lasts time.Duration) float64 {
	n := newNetworkFrom(t, seed, netsim.LinkConfig{Delay: 50 * time.Millisecond, Loss: loss}, tcp.Config{RcvBuf: lossyBuffer})
	f := n.flow(t, 9, &tcp.Config{SndBuf: lossyBuffer, RcvBuf: lossyBuffer, Congestion: cc})
	n.Run(lasts)
	return float64(f.received) / lasts.Seconds()
}

// BenchmarkLoss shows the goodput in that simulation, in virtual time, and its ratio to the bound for any sender. An operation is a
// minute of one connection, of another seed each.
func BenchmarkLoss(b *testing.B) {
	const lasts = time.Minute
	for _, loss := range []float64{0, 0.01, 0.10} {
		for _, cc := range []tcp.Algorithm{tcp.Cubic, tcp.NewReno, tcp.BBR} {
			b.Run(fmt.Sprintf("%v/%s", loss, cc), func(b *testing.B) {
				rate, bound := 0.0, 0.0
				for i := range b.N {
					rate += lossyRate(b, uint64(i)+1, loss, cc, lasts)
					bound += repairBound(uint64(i)+1, loss, lasts)
				}
				b.ReportMetric(rate/float64(b.N), "B/s")
				b.ReportMetric(rate/bound, "of-bound")
			})
		}
	}
}

// repairBound is what a sender without congestion control would reach that knows of each loss after exactly one round trip, and
// repairs it at once; no ACK is ever lost. The window holds what fits in the buffer, and does not pass a hole.
func repairBound(seed uint64, loss float64, lasts time.Duration) float64 {
	const mss, rtt = 1448, 0.1
	r := rand.New(rand.NewPCG(seed, 0))
	known := make([]float64, (lossyBuffer+mss-1)/mss) // for each of the last window: when the sender knows that all up to it have arrived
	now, n := 0.0, 0
	for ; now < lasts.Seconds()-1.5*rtt; n++ { // with the handshake
		at := known[n%len(known)] + rtt
		for r.Float64() < loss {
			at += rtt
		}
		now = max(now, at)
		known[n%len(known)] = now
	}
	return float64(n*mss) / lasts.Seconds()
}
