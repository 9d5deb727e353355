package netsim_test

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// RFC 9293 section 3.8.3: connections give up in time although the link takes nothing, and what they had to send is not lost on it:
// those that have more patience go on at once when it is there again.
func TestLinkDown(t *testing.T) {
	for _, a := range []tcp.Algorithm{tcp.Cubic, tcp.BBR} {
		n := newNetwork(t, netsim.LinkConfig{Rate: 10e6, Delay: 20 * time.Millisecond, TxRing: 8}, tcp.Config{Congestion: a})
		short := n.flow(t, 1, &tcp.Config{Congestion: a, UserTimeout: 10 * time.Second})
		long := n.flow(t, 2, nil)
		n.Run(500 * time.Millisecond)
		n.a.SetDown(true)
		n.Run(40 * time.Second)
		if short.from.Err() != tcp.ErrTimeout || short.from.State() != tcp.Closed || long.from.Err() != nil {
			t.Errorf("%s: %v and %v", a, short.from.Err(), long.from.Err())
		}
		if got := n.from.Counters().TxBlackhole; got != 1 { // the RST
			t.Errorf("%s: %d segments lost on the link", a, got)
		}
		conns := 0
		for range n.from.TCPSockets() {
			conns++
		}
		if conns != 1 {
			t.Errorf("%s: %d connections", a, conns)
		}
		before := long.received
		n.a.SetDown(false)
		n.Run(500 * time.Millisecond)
		if got := n.share(long.received-before, 500*time.Millisecond); got < 25 {
			t.Errorf("%s: %.1f %% of the link in the half second after it was down, %+v", a, got, long.from.Info())
		}
	}
}

// Nobody waits for ever for a peer that is cut off in the middle of anything, whatever state that leaves us in.
func TestPeerVanishes(t *testing.T) {
	for at := 5 * time.Millisecond; at < 150*time.Millisecond; at += 7 * time.Millisecond {
		sim := netsim.New(1)
		x, y := sim.Link(netsim.LinkConfig{Delay: 10 * time.Millisecond, Rate: 10e6})
		cfg := stack.Config{TCP: tcp.Config{KeepAlive: tcp.KeepAlive{Enabled: true, Idle: time.Minute}}}
		client, server := host(t, sim, x, 1, cfg), host(t, sim, y, 2, cfg)
		l, err := server.ListenTCP(netip.AddrPortFrom(addr(2), 7), stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var ends []*endpoint
		add := func(c *stack.TCPSocket, salt uint32) {
			e := &endpoint{c: c, size: 60_000, salt: salt, buf: make([]byte, 4096)}
			ends = append(ends, e)
			c.SetHandler(e.run)
		}
		l.SetHandler(func() {
			if c, err := l.Accept(); err == nil {
				add(c, 1)
			}
		})
		c, err := client.DialTCP(netip.AddrPortFrom(addr(2), 7), stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		add(c, 0)
		sim.Run(at)
		for _, e := range []*netsim.End{x, y} {
			e.Configure(func(l *netsim.LinkConfig) { l.Loss = 1 })
		}
		sim.Run(20 * time.Minute)
		for i, e := range ends {
			if !e.done() {
				t.Errorf("cut off at %v: end %d is in %s", at, i, e.c.State())
			}
		}
		for _, s := range []*stack.Stack{client, server} {
			for c := range s.TCPSockets() {
				t.Errorf("cut off at %v: still in %s", at, c.State())
			}
		}
	}
}
