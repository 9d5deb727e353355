package netsim_test

import (
	"testing"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// Whoever drives the stack comes late: timers of the system are coarse, and programs have other things to do. That costs no more than
// it must, paced or not, and breaks nothing.
func TestLatePolls(t *testing.T) {
	for _, late := range []time.Duration{time.Millisecond, 5 * time.Millisecond} {
		for _, g := range []tcp.Config{{}, {Pacing: true}, {Congestion: tcp.BBR}} {
			g.RcvBuf, g.SndBuf = 4<<20, 4<<20
			n := newNetwork(t, netsim.LinkConfig{Rate: 50e6, Delay: 20 * time.Millisecond, Queue: 350}, g)
			n.Late = late
			f := n.flow(t, 9, nil)
			n.Run(time.Second)
			share, i := n.measure(3*time.Second, f)[0], f.from.Info()
			t.Logf("%v late, %s, paced %v: %.1f %%, %d of %d sent again", late, g.Congestion, g.Pacing, share, i.Retransmits, n.a.Stats.Sent)
			if share < 85 {
				t.Errorf("%v late, %s, paced %v: %.1f %% of the link", late, g.Congestion, g.Pacing, share)
			}
		}
		sim := netsim.New(3)
		sim.Late = late
		a, b := sim.Link(netsim.LinkConfig{Delay: 5 * time.Millisecond, Rate: 10e6, Loss: 0.02, Reorder: 0.02, Duplicate: 0.02, Corrupt: 0.02, TxRing: 4})
		exchange(t, sim, host(t, sim, a, 1, stack.Config{}), host(t, sim, b, 2, stack.Config{}), 5, 200<<10, time.Hour)
	}
}
