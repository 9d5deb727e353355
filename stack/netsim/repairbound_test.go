package netsim_test

import (
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
	const seeds, buf = 4, 32 << 10
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
			n := newNetworkFrom(t, seed+1, netsim.LinkConfig{Delay: 50 * time.Millisecond, Loss: c.loss}, tcp.Config{RcvBuf: buf})
			f := n.flow(t, 9, &tcp.Config{SndBuf: buf, RcvBuf: buf, Congestion: c.cc})
			n.Run(lasts)
			rate += float64(f.received) / lasts.Seconds() / seeds
			bound += repairBound(seed+1, buf, c.loss, lasts) / seeds
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

// repairBound is what a sender without congestion control would reach that knows of each loss after exactly one round trip, and
// repairs it at once; no ACK is ever lost. The window holds what fits in the buffer, and does not pass a hole.
func repairBound(seed uint64, buf int, loss float64, lasts time.Duration) float64 {
	const mss, rtt = 1448, 0.1
	r := rand.New(rand.NewPCG(seed, 0))
	known := make([]float64, (buf+mss-1)/mss) // for each of the last window: when the sender knows that all up to it have arrived
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
