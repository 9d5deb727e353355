package netsim_test

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// flow is one connection that carries bytes one way.
type flow struct {
	from     *stack.TCPSocket
	received int
	chunk    []byte
}

// network is a pair of hosts and the link between them.
type network struct {
	*netsim.Sim
	a, b     *netsim.End
	from, to *stack.Stack
	mss      int
	rate     int
}

func newNetwork(t testing.TB, link netsim.LinkConfig, g tcp.Config) *network {
	t.Helper()
	return newNetworkFrom(t, 1, link, g)
}

func newNetworkFrom(t testing.TB, seed uint64, link netsim.LinkConfig, g tcp.Config) *network {
	t.Helper()
	n := &network{Sim: netsim.New(seed), rate: link.Rate, mss: 1448}
	if link.MTU > 0 {
		n.mss = link.MTU - 52
	}
	n.a, n.b = n.Link(link)
	cfg := stack.Config{TCP: g}
	n.from, n.to = host(t, n.Sim, n.a, 1, cfg), host(t, n.Sim, n.b, 2, cfg)
	return n
}

// flow opens a connection on port, with a configuration of its own unless nil, that carries text without end.
func (n *network) flow(t testing.TB, port uint16, g *tcp.Config) *flow {
	t.Helper()
	f := &flow{chunk: make([]byte, 64<<10)}
	at := netip.AddrPortFrom(addr(2), port)
	l, err := n.to.ListenTCP(at, stack.TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l.SetHandler(func() {
		s, err := l.Accept()
		if err != nil {
			return
		}
		s.SetHandler(func() {
			x, y := s.Peek()
			f.received += len(x) + len(y)
			s.Discard(len(x) + len(y))
		})
	})
	if f.from, err = n.from.DialTCP(at, stack.TCPOptions{Config: g}); err != nil {
		t.Fatal(err)
	}
	f.from.SetHandler(func() {
		for {
			if _, err := f.from.Write(f.chunk); err != nil {
				return
			}
		}
	})
	return f
}

// share is what part of the link n bytes of text in a time are, their headers counted.
func (n *network) share(bytes int, d time.Duration) float64 {
	frame := float64(n.mss+66) / float64(n.mss)
	return 100 * frame * float64(bytes) * 8 / d.Seconds() / float64(n.rate)
}

// measure gives what the flows carry in a time, each as a part of the link.
func (n *network) measure(d time.Duration, flows ...*flow) []float64 {
	parts := make([]float64, len(flows))
	for i, f := range flows {
		parts[i] = float64(f.received)
	}
	n.Run(d)
	for i, f := range flows {
		parts[i] = n.share(f.received-int(parts[i]), d)
	}
	return parts
}

// A queue that holds as much as the path does keeps the link busy through every reduction: CUBIC's 0.7 of twice that is more
// than the path (RFC 9438 section 4.6).
func TestQueueOfOneBDP(t *testing.T) {
	for _, rtt := range []time.Duration{10 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond} {
		const rate = 100e6
		link := netsim.LinkConfig{Rate: rate, Delay: rtt / 2, Queue: int(rate / 8 * rtt.Seconds() / 1514)}
		n := newNetwork(t, link, tcp.Config{RcvBuf: 16 << 20})
		f := n.flow(t, 9, &tcp.Config{SndBuf: 16 << 20})
		n.Run(40*rtt + 2*time.Second)
		share := n.measure(2*time.Second, f)[0]
		t.Logf("%v: %.1f %%, %d overflowed", rtt, share, n.a.Stats.Overflowed)
		if share < 95 || n.a.Stats.Overflowed == 0 {
			t.Errorf("%v: %.1f %% of the link, %d overflowed", rtt, share, n.a.Stats.Overflowed)
		}
	}
}

// Slow start that overflows a long path's queue loses every other segment of thousands. Each hole is reported, however many there
// are, and only what is missing is sent again (RFC 2018 section 4: a receiver drops nothing that it has room for).
func TestEveryOtherLost(t *testing.T) {
	var dropped tcp.Counters
	link := netsim.LinkConfig{Rate: 100e6, Delay: 150 * time.Millisecond, Queue: 2500}
	n := newNetwork(t, link, tcp.Config{RcvBuf: 16 << 20, Counters: &dropped})
	f := n.flow(t, 9, &tcp.Config{SndBuf: 16 << 20})
	n.Run(6 * time.Second)
	lost, again := n.a.Stats.Overflowed, int(f.from.Info().Retransmits)
	t.Logf("%d lost, %d sent again, %d not taken", lost, again, dropped.Dropped[tcp.NoRoom])
	if lost < 2000 || again > lost+lost/50 || dropped.Dropped[tcp.NoRoom] > 0 {
		t.Errorf("%d lost, %d sent again, %d not taken", lost, again, dropped.Dropped[tcp.NoRoom])
	}
}

// Segments that overtake each other are no loss: what is taken for one at first is taken back, and soon hardly anything is any
// more (RFC 8985 section 6.2, RFC 4015).
func TestReorderingIsNoLoss(t *testing.T) {
	for _, a := range []tcp.Algorithm{tcp.Cubic, tcp.NewReno, tcp.BBR} {
		for _, c := range []struct {
			part float64
			late time.Duration
		}{{0.05, 5 * time.Millisecond}, {0.2, 15 * time.Millisecond}} {
			link := netsim.LinkConfig{Rate: 50e6, Delay: 20 * time.Millisecond, Reorder: c.part, ReorderDelay: c.late}
			n := newNetwork(t, link, tcp.Config{RcvBuf: 1 << 20})
			cuts, undone, late := 0, 0, 0
			g := tcp.Config{SndBuf: 1 << 20, Congestion: a, Events: func(_ *tcp.Conn, e tcp.Event) {
				switch {
				case e.Kind == tcp.RetransmitTimeout:
					t.Errorf("%s, %v: a timeout", a, c)
				case e.Kind != tcp.CwndChange:
				case e.Reason == tcp.Spurious:
					undone++
				case e.Reason == tcp.DuplicateAcks:
					cuts++
					if e.Time > tcp.Time(2*time.Second) {
						late++
					}
				}
			}}
			f := n.flow(t, 9, &g)
			n.Run(2 * time.Second)
			share := n.measure(2*time.Second, f)[0]
			t.Logf("%s, %v of frames up to %v late: %.1f %%, %d reductions", a, c.part, c.late, share, cuts)
			if share < 95 || cuts != undone || late > 2 {
				t.Errorf("%s, %v: %.1f %%, %d reductions, %d of them late, %d taken back", a, c, share, cuts, late, undone)
			}
		}
	}
}

// HyStart++ (RFC 9406) ends slow start before the queue overflows, where Reno goes on until it does.
func TestHyStart(t *testing.T) {
	for _, a := range []tcp.Algorithm{tcp.Cubic, tcp.NewReno} {
		g := tcp.Config{RcvBuf: 16 << 20, SndBuf: 16 << 20, Congestion: a}
		n := newNetwork(t, netsim.LinkConfig{Rate: 100e6, Delay: 30 * time.Millisecond, Queue: 4500}, g)
		f := n.flow(t, 9, nil)
		n.Run(2 * time.Second)
		i := f.from.Info()
		t.Logf("%s: cwnd %d, ssthresh %d, %d overflowed", a, i.Cwnd, i.Ssthresh, n.a.Stats.Overflowed)
		if over := n.a.Stats.Overflowed > 0; over != (a == tcp.NewReno) || i.Ssthresh > 8<<20 {
			t.Errorf("%s: %d overflowed, %+v", a, n.a.Stats.Overflowed, i)
		}
	}
}

// jain is Jain's index of fairness: 1 if all have the same.
func jain(parts []float64) float64 {
	sum, squares := 0.0, 0.0
	for _, p := range parts {
		sum, squares = sum+p, squares+p*p
	}
	return sum * sum / squares / float64(len(parts))
}

// Flows of one algorithm come to share a link, one that begins later included.
func TestFairness(t *testing.T) {
	for _, a := range []tcp.Algorithm{tcp.Cubic, tcp.NewReno, tcp.BBR} {
		g := tcp.Config{RcvBuf: 1 << 20, SndBuf: 1 << 20, Congestion: a}
		n := newNetwork(t, netsim.LinkConfig{Rate: 20e6, Delay: 20 * time.Millisecond, Queue: 70}, g)
		flows := []*flow{n.flow(t, 9, nil)}
		n.Run(3 * time.Second)
		for i := range 2 {
			flows = append(flows, n.flow(t, uint16(10+i), nil))
		}
		n.Run(15 * time.Second)
		parts := n.measure(30*time.Second, flows...)
		t.Logf("%s: %.1f %%, fairness %.3f", a, parts, jain(parts))
		if jain(parts) < 0.9 {
			t.Errorf("%s: fairness %.3f", a, jain(parts))
		}
	}
}

// On a short round trip with losses by chance, the same for both, CUBIC gets what Reno gets: section 4.3 of RFC 9438 is
// made for that.
func TestRenoRegion(t *testing.T) {
	var share [2]float64
	for _, a := range []tcp.Algorithm{tcp.Cubic, tcp.NewReno} {
		g := tcp.Config{RcvBuf: 1 << 20, SndBuf: 1 << 20, Congestion: a}
		n := newNetwork(t, netsim.LinkConfig{Rate: 100e6, Delay: 5 * time.Millisecond, Loss: 0.005}, g)
		f := n.flow(t, 9, nil)
		n.Run(time.Second)
		share[a] = n.measure(time.Minute, f)[0]
	}
	t.Logf("%.1f", share)
	if ratio := share[tcp.Cubic] / share[tcp.NewReno]; ratio < 0.8 || ratio > 1.25 {
		t.Errorf("cubic %.1f %%, newreno %.1f %%", share[tcp.Cubic], share[tcp.NewReno])
	}
}

// Where the two fill one queue CUBIC takes no more than about twice as much, and BBR leaves Reno a good part. Whose
// segment meets the full queue is a matter of phase: so it is the mean over several delays.
func TestFriendly(t *testing.T) {
	const delays = 4
	for _, other := range []tcp.Algorithm{tcp.Cubic, tcp.BBR} {
		var mean [2]float64
		for d := range delays {
			link := netsim.LinkConfig{
				Rate: 20e6, Delay: 5*time.Millisecond + time.Duration(d)*130*time.Microsecond, Jitter: 100 * time.Microsecond, Queue: 20,
			}
			n := newNetwork(t, link, tcp.Config{RcvBuf: 1 << 20})
			var flows []*flow
			for i, a := range []tcp.Algorithm{tcp.NewReno, other} {
				g := &tcp.Config{RcvBuf: 1 << 20, SndBuf: 1 << 20, Congestion: a}
				flows = append(flows, n.flow(t, uint16(9+i), g))
			}
			n.Run(10 * time.Second)
			for i, part := range n.measure(20*time.Second, flows...) {
				mean[i] += part / delays
			}
		}
		t.Logf("newreno and %s: %.1f %%", other, mean)
		if ratio := mean[1] / mean[0]; other == tcp.Cubic && (ratio < 0.6 || ratio > 2) || mean[0] < 10 || mean[1] < 10 {
			t.Errorf("newreno and %s: %.1f %%", other, mean)
		}
	}
}

// Random loss of 1 % hardly slows BBR down, of which CUBIC makes little (draft-ietf-ccwg-bbr-05 section 1).
func TestBBRAgainstLoss(t *testing.T) {
	var share [3]float64
	for _, a := range []tcp.Algorithm{tcp.Cubic, tcp.BBR} {
		g := tcp.Config{RcvBuf: 4 << 20, SndBuf: 4 << 20, Congestion: a}
		n := newNetwork(t, netsim.LinkConfig{Rate: 50e6, Delay: 20 * time.Millisecond, Queue: 170, Loss: 0.01}, g)
		f := n.flow(t, 9, nil)
		n.Run(2 * time.Second)
		share[a] = n.measure(10*time.Second, f)[0]
	}
	t.Logf("%.1f", share)
	if share[tcp.BBR] < 70 || share[tcp.BBR] < 3*share[tcp.Cubic] {
		t.Errorf("%.1f %% of the link", share)
	}
}

// Pacing fills the link as well, and slow start's bursts no longer overflow a queue that is small.
func TestPacing(t *testing.T) {
	var early [2]int
	for i, paced := range []bool{false, true} {
		g := tcp.Config{RcvBuf: 4 << 20, SndBuf: 4 << 20, Pacing: paced}
		n := newNetwork(t, netsim.LinkConfig{Rate: 100e6, Delay: 20 * time.Millisecond, Queue: 60}, g)
		f := n.flow(t, 9, nil)
		for n.a.Stats.Overflowed == 0 && n.Now() < tcp.Time(5*time.Second) {
			n.Run(time.Millisecond)
		}
		early[i] = f.received
	}
	t.Logf("%d bytes before the first overflow, paced %d", early[0], early[1])
	if early[1] < 2*early[0] {
		t.Errorf("%d bytes before the first overflow, paced %d", early[0], early[1])
	}
}
