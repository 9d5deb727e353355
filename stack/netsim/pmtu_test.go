package netsim_test

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/netsim"
)

// A router with a smaller MTU on the way, both ways: every transfer arrives, whatever the router says about it (RFC 1191, RFC
// 4821, trap X-012: DF was set and the answers ignored).
func TestSmallMTU(t *testing.T) {
	for _, c := range []struct {
		name    string
		router  netsim.Router
		refused int // at most, by each router
		within  time.Duration
		rawIP   bool
		cut     bool // packets may be fragmented on the way
		ipv6    bool
	}{
		{name: "says its MTU", router: netsim.Router{MTU: 1300}, refused: 12, within: time.Second},
		{name: "raw IP", router: netsim.Router{MTU: 1300}, refused: 12, within: time.Second, rawIP: true},
		{name: "IPv6", router: netsim.Router{MTU: 1300}, refused: 12, within: time.Second, ipv6: true},
		{name: "IPv6, the smallest MTU", router: netsim.Router{MTU: 1280}, refused: 12, within: time.Second, ipv6: true},
		{name: "IPv6, black hole", router: netsim.Router{MTU: 1300, Silent: true}, refused: 40, within: 30 * time.Second, ipv6: true},
		{name: "before RFC 1191", router: netsim.Router{MTU: 1300, Old: true}, refused: 45, within: 2 * time.Second},
		{name: "black hole", router: netsim.Router{MTU: 1300, Silent: true}, refused: 40, within: 30 * time.Second},
		{name: "small black hole", router: netsim.Router{MTU: 576, Silent: true}, refused: 60, within: time.Minute},
		{name: "less than is believed", router: netsim.Router{MTU: 296}, refused: 30, within: 3 * time.Second, cut: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := netsim.New(1)
			there, back := c.router, c.router
			link := netsim.LinkConfig{Delay: 10 * time.Millisecond, RawIP: c.rawIP, Router: &there}
			other := link
			other.Router = &back
			x, y := sim.Path(link, other)
			a, b := host(t, sim, x, 1, stack.Config{}), host(t, sim, y, 2, stack.Config{})
			at := addr(2)
			if c.ipv6 {
				at = addr6(t, a, b)
			}
			took := exchangeAt(t, sim, a, b, at, 1, 200_000, 2*time.Minute)
			for _, r := range []*netsim.Router{&there, &back} {
				if r.Refused == 0 || r.Refused > c.refused || r.Fragmented > 0 != c.cut {
					t.Errorf("%d refused, %d fragmented", r.Refused, r.Fragmented)
				}
			}
			if took > c.within {
				t.Errorf("took %v", took)
			}
			if got := a.Counters().ICMPUnmatched; c.name == "says its MTU" && got > 12 {
				t.Errorf("%d errors not believed", got)
			}
			t.Logf("%v, refused %d and %d, cut %d", took, there.Refused, back.Refused, there.Fragmented)

			// What one connection has found out serves the next ones.
			there.Refused, back.Refused = 0, 0
			exchangeAt(t, sim, a, b, at, 3, 50_000, time.Minute)
			if c.cut {
				return
			}
			if there.Refused > 3 || back.Refused > 3 {
				t.Errorf("%d and %d refused of the next connections", there.Refused, back.Refused)
			}
		})
	}
}

// RFC 1191 section 6.3: a path that has become better is found out, by an open connection and by a new one.
func TestPathImproves(t *testing.T) {
	for _, silent := range []bool{false, true} {
		sim := netsim.New(1)
		router := netsim.Router{MTU: 1000, Silent: silent}
		x, y := sim.Path(netsim.LinkConfig{Delay: 10 * time.Millisecond, Router: &router}, netsim.LinkConfig{Delay: 10 * time.Millisecond})
		a, b := host(t, sim, x, 1, stack.Config{}), host(t, sim, y, 2, stack.Config{})
		l, err := b.ListenTCP(netip.AddrPortFrom(addr(2), 7), stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 32<<10)
		l.SetHandler(func() {
			if s, err := l.Accept(); err == nil {
				s.SetHandler(func() {
					for s.Readable() > 0 {
						_, _ = s.Read(buf)
					}
				})
			}
		})
		c, err := a.DialTCP(netip.AddrPortFrom(addr(2), 7), stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		send := func() int {
			t.Helper()
			if _, err := c.Write(buf[:20_000]); err != nil {
				t.Fatal(err)
			}
			if !sim.Until(func() bool { i := c.Info(); return i.Unacked+i.Unsent == 0 }, time.Minute) {
				t.Fatal("stuck")
			}
			return c.Info().SndMSS
		}
		sim.Run(time.Second)
		small := send()
		for range 8 { // until the search is over
			small = send()
		}
		if small > 960 {
			t.Errorf("silent %v: MSS %d behind a router with MTU 1000", silent, small)
		}
		router.MTU = 1500
		refused := router.Refused
		sim.Run(5 * time.Minute)
		if got := send(); got != small {
			t.Errorf("silent %v: MSS %d after 5 minutes", silent, got)
		}
		sim.Run(11 * time.Minute)
		for range 5 {
			send()
		}
		if got := send(); got != 1448 {
			t.Errorf("silent %v: MSS %d after 16 minutes", silent, got)
		}
		if router.Refused != refused {
			t.Errorf("silent %v: %d refused", silent, router.Refused-refused)
		}
	}
}

// A link that was gone for a while looks like a black hole, and is not taken for one for long (RFC 4821 section 7.7).
func TestOutageIsNoBlackHole(t *testing.T) {
	sim := netsim.New(1)
	x, y := sim.Link(netsim.LinkConfig{Delay: 10 * time.Millisecond, Rate: 2_000_000})
	a, b := host(t, sim, x, 1, stack.Config{}), host(t, sim, y, 2, stack.Config{})
	for _, end := range []*netsim.End{x, y} {
		sim.After(time.Second, func() { end.Configure(func(c *netsim.LinkConfig) { c.Loss = 1 }) })
		sim.After(30*time.Second, func() { end.Configure(func(c *netsim.LinkConfig) { c.Loss = 0 }) })
	}
	full := 0
	x.Tap = func(now stack.Time, frame []byte) {
		if now > stack.Time(62*time.Second) && len(frame) == 1514 {
			full++
		}
	}
	exchange(t, sim, a, b, 1, 10_000_000, 5*time.Minute)
	if full < 100 {
		t.Errorf("%d full segments after the outage", full)
	}
}

// Packets with DF that arrive as a whole have no need of an ID, and others get one that does not repeat (RFC 6864 section 4).
func TestPacketIDs(t *testing.T) {
	sim := netsim.New(1)
	x, y := sim.Link(netsim.LinkConfig{Delay: time.Millisecond})
	a, b := host(t, sim, x, 1, stack.Config{}), host(t, sim, y, 2, stack.Config{})
	segments := 0
	x.Tap = func(_ stack.Time, frame []byte) {
		if dissect.Ethernet(frame).Type() != dissect.EtherTypeIPv4 {
			return
		}
		if ip := dissect.IPv4(frame[14:]); ip.Protocol() == dissect.ProtoTCP {
			segments++
			if !ip.DontFragment() || ip.ID() != 0 {
				t.Fatalf("DF %v, ID %d", ip.DontFragment(), ip.ID())
			}
		}
	}
	exchange(t, sim, a, b, 2, 100_000, time.Minute)
	if segments == 0 {
		t.Error("no segments")
	}
}
