package netsim_test

import (
	"testing"
	"time"

	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// trap asks.3: larger buffers do not make a transfer slower: what they overflow on the way is found, and no more is sent again than
// was lost.
func TestLargerBuffers(t *testing.T) {
	for _, a := range []tcp.Algorithm{tcp.Cubic, tcp.NewReno, tcp.BBR} {
		best := 0.0
		for _, buf := range []int{64 << 10, 256 << 10, 1 << 20, 4 << 20} {
			link := netsim.LinkConfig{Rate: 50e6, Delay: 10 * time.Millisecond, Queue: 100} // 125 kB on the way, 150 kB in the queue
			n := newNetwork(t, link, tcp.Config{RcvBuf: buf, SndBuf: buf, Congestion: a})
			f := n.flow(t, 9, nil)
			n.Run(time.Second)
			share := n.measure(3*time.Second, f)[0]
			t.Logf("%s, %d KiB: %.1f %%, %d frames overflowed", a, buf>>10, share, n.a.Stats.Overflowed)
			if lost, again := n.a.Stats.Overflowed, f.from.Info().Retransmits; again > uint64(lost)*11/10+10 {
				t.Errorf("%s: with %d KiB %d segments sent again, %d lost", a, buf>>10, again, lost)
			}
			if st := n.a.Stats; st.Overflowed > st.Sent*3/100 {
				t.Errorf("%s: with %d KiB %d of %d frames were too much for the queue", a, buf>>10, st.Overflowed, st.Sent)
			}
			if share < best*0.9 {
				t.Errorf("%s: with %d KiB %.1f %% of the link, with less memory %.1f %%", a, buf>>10, share, best)
			}
			best = max(best, share)
		}
		if best < 90 {
			t.Errorf("%s: %.1f %% of the link at best", a, best)
		}
	}
}
