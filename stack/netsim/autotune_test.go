package netsim_test

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// A long fat path is filled by buffers that grow, and not by those that stay at 64 KiB.
func TestBuffersGrow(t *testing.T) {
	const rate, delay = 100e6, 50 * time.Millisecond
	const product = 1_250_000 // bytes: what it takes to fill it for a round trip
	link := netsim.LinkConfig{Rate: rate, Delay: delay, Queue: product / 1500}
	measure := func(g tcp.Config) (share float64, f *flow, n *network) {
		n = newNetwork(t, link, g)
		f = n.flow(t, 80, nil)
		n.Run(3 * time.Second)
		before := f.received
		n.Run(time.Second)
		return n.share(f.received-before, time.Second), f, n
	}
	fixed, _, _ := measure(tcp.Config{})
	both := tcp.Config{RcvBufMax: 16 << 20, SndBufMax: 16 << 20}
	tuned, f, n := measure(both)
	var to *stack.TCPSocket
	for c := range n.to.TCPSockets() {
		to = c
	}
	snd, rcv := f.from.Info().SndBuf, to.Info().RcvBuf
	t.Logf("%.0f %% of the rate with 64 KiB, %.0f %% tuned, by %d bytes of send and %d of receive buffer", fixed, tuned, snd, rcv)
	if fixed > 6 || tuned < 90 {
		t.Errorf("%.0f %% of the rate with 64 KiB, %.0f %% tuned", fixed, tuned)
	}
	// The path and its queue hold twice the product, and twice as much may be read in a round trip when a hole is filled.
	if snd < product || snd > 6*product || rcv < product || rcv > 9*product {
		t.Errorf("buffers of %d and %d bytes for a path of %d", snd, rcv, product)
	}

	for _, a := range []tcp.Algorithm{tcp.NewReno, tcp.BBR} {
		g := both
		g.Congestion = a
		if tuned, _, _ := measure(g); tuned < 90 {
			t.Errorf("%s: %.0f %% of the rate", a, tuned)
		}
	}

	// Either side alone is a limit.
	for name, g := range map[string]tcp.Config{"receiver only": {RcvBufMax: 16 << 20}, "sender only": {SndBufMax: 16 << 20}} {
		if one, _, _ := measure(g); one > 6 {
			t.Errorf("%s: %.0f %% of the rate", name, one)
		}
	}
}

// The receive buffer follows the program: one that reads slowly gets no more than it needs, whatever the path gives.
func TestBufferOfSlowReader(t *testing.T) {
	sim := netsim.New(1)
	a, b := sim.Link(netsim.LinkConfig{Rate: 100e6, Delay: 20 * time.Millisecond})
	g := stack.Config{TCP: tcp.Config{RcvBufMax: 16 << 20, SndBufMax: 16 << 20}}
	from, to := host(t, sim, a, 1, g), host(t, sim, b, 2, g)
	l, err := to.ListenTCP(netip.AddrPortFrom(addr(2), 80), stack.TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := from.DialTCP(netip.AddrPortFrom(addr(2), 80), stack.TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 64<<10)
	c.SetHandler(func() {
		for {
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
	})
	sim.Run(time.Second)
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	const each = 2000 // every 10 ms: 200 kB/s
	read := 0
	for range 500 {
		sim.Run(10 * time.Millisecond)
		n, _ := s.Read(chunk[:each])
		read += n
	}
	if read != 500*each {
		t.Errorf("%d bytes read", read)
	}
	if i := s.Info(); i.RcvBuf != 64<<10 || i.Unread > i.RcvBuf {
		t.Errorf("a buffer of %d bytes with %d unread for 200 kB/s over 40 ms", i.RcvBuf, i.Unread)
	}
}

// The buffers of all connections together stay within Config.TCPMemory, and all of them get done nevertheless, over a path
// that loses and reorders.
func TestMemoryBounded(t *testing.T) {
	sim := netsim.New(7)
	a, b := sim.Link(netsim.LinkConfig{Rate: 50e6, Delay: 20 * time.Millisecond, Loss: 0.01, Reorder: 0.02, Queue: 200})
	const limit, conns, size = 256 << 10, 40, 150_000
	cfg := stack.Config{TCPMemory: limit, TCP: tcp.Config{RcvBufMax: 1 << 20, SndBufMax: 1 << 20, UserTimeout: time.Hour}}
	from, to := host(t, sim, a, 1, cfg), host(t, sim, b, 2, cfg)
	most, scarce := 0, 0
	var look func()
	look = func() {
		for _, s := range []*stack.Stack{from, to} {
			used := s.TCPMemory()
			most = max(most, used)
			if used > limit/4*3 {
				scarce++
			}
		}
		sim.After(time.Millisecond, look)
	}
	look()
	took := exchange(t, sim, from, to, conns, size, time.Hour)
	t.Logf("%d connections with %d bytes each way took %v; at most %d KiB, over three quarters %d times", conns, size, took, most>>10, scarce)
	if bound := limit + conns*2*2048; most > bound {
		t.Errorf("%d bytes of buffers, more than %d", most, bound)
	}
	if scarce == 0 {
		t.Error("memory was never scarce")
	}
	sim.Run(time.Minute)
	for _, s := range []*stack.Stack{from, to} {
		if used := s.TCPMemory(); used != 0 {
			t.Errorf("%d bytes in use when all is over", used)
		}
	}
}
