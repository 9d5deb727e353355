package stack

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
)

// redirectFrame is a redirect of what goes from quoted's source to its destination, by the neighbor gateway.
func redirectFrame(from netip.Addr, code uint8, gateway string, quoted dissect.IPv4Header) []byte {
	return redirectTo(ourIP, from, code, gateway, quoted)
}

func redirectTo(to, from netip.Addr, code uint8, gateway string, quoted dissect.IPv4Header) []byte {
	quoted.Protocol = dissect.ProtoUDP
	a := netip.MustParseAddr(gateway).As4()
	m := dissect.ICMPv4(append([]byte{5, code, 0, 0, a[0], a[1], a[2], a[3]}, ipPacket(quoted, make([]byte, 8))...))
	m.FillChecksum()
	return ipFrame(dissect.IPv4Header{Src: from, Dst: to, Protocol: dissect.ProtoICMP}, m)
}

// trap icmp.11: redirects are ignored unless enabled, then believed only from the router in use, for a neighbor, and for a while (RFC
// 1122 3.2.2.2, X-139, X-348).
func TestRedirect4(t *testing.T) {
	far := netip.MustParseAddr("8.8.8.8")
	ours := dissect.IPv4Header{Src: ourIP, Dst: far}
	const other = "192.168.69.101"
	for _, c := range []struct {
		name   string
		off    bool
		frame  []byte
		by     string // the gateway that is used then
		ignore bool
	}{
		{name: "believed", frame: redirectFrame(peerIP, 1, other, ours), by: other},
		{name: "for the network, which is for the host here", frame: redirectFrame(peerIP, 0, other, ours), by: other},
		{name: "for the class of traffic", frame: redirectFrame(peerIP, 3, other, ours), by: other},
		{name: "what is so already", frame: redirectFrame(peerIP, 1, peerIP.String(), ours), by: "192.168.69.100"},
		{name: "not enabled", off: true, frame: redirectFrame(peerIP, 1, other, ours), ignore: true},
		{name: "of an unknown code", frame: redirectFrame(peerIP, 4, other, ours), ignore: true},
		{name: "not from the router in use", frame: redirectFrame(netip.MustParseAddr("192.168.69.102"), 1, other, ours), ignore: true},
		{name: "to another net's router", frame: redirectFrame(peerIP, 1, "10.0.0.1", ours), ignore: true},
		{name: "to us", frame: redirectFrame(peerIP, 1, "192.168.69.1", ours), ignore: true},
		{name: "to a broadcast address", frame: redirectFrame(peerIP, 1, "192.168.69.255", ours), ignore: true},
		{name: "to nobody", frame: redirectFrame(peerIP, 1, "0.0.0.0", ours), ignore: true},
		{name: "of another's packet", frame: redirectFrame(peerIP, 1, other, dissect.IPv4Header{Src: netip.MustParseAddr("192.168.69.7"), Dst: far}), ignore: true},
		{name: "of what is on the link", frame: redirectFrame(peerIP, 1, other, dissect.IPv4Header{Src: ourIP, Dst: peerIP}), ignore: true},
		{name: "of a group", frame: redirectFrame(peerIP, 1, other, dissect.IPv4Header{Src: ourIP, Dst: netip.MustParseAddr("239.1.2.3")}), ignore: true},
		{name: "to all", frame: broadcastFrame(redirectTo(broadcast4, peerIP, 1, other, ours)), ignore: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newBench(t, Config{Redirects: !c.off})
			if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: peerIP}); err != nil {
				t.Fatal(err)
			}
			by := func() string {
				p, err := h.route(far, netip.Addr{}, nil)
				if err != nil {
					return err.Error()
				}
				return p.next.String()
			}
			if c.ignore {
				c.by = peerIP.String()
			}
			h.rx(c.frame)
			checkAccounts(t, h.Stack)
			if by() != c.by {
				t.Errorf("by %s, want %s", by(), c.by)
			}
			if ignored := h.counters.ICMPReceived == 0; ignored != c.ignore {
				t.Errorf("ignored %v:\n%v", ignored, &h.counters)
			}
			h.wait(redirectAge - time.Second)
			if by() != c.by {
				t.Errorf("by %s after a while, want %s", by(), c.by)
			}
			h.wait(2 * time.Second)
			if by() != peerIP.String() || len(h.Routes()) != 1 || len(h.ifc.redirects) != 0 {
				t.Errorf("by %s in the end, %d routes", by(), len(h.Routes()))
			}
		})
	}
}

// An open connection follows a redirect, and its end, and the failure of the neighbor that it names.
func TestRedirectedConnection(t *testing.T) {
	for _, fails := range []bool{false, true} {
		h := newBench(t, Config{Redirects: true, NeighborReachable: time.Hour})
		h.knowPeer()
		other := netip.MustParseAddr("192.168.69.101")
		if !fails {
			h.rx(arpFrame(dissect.ARPRequest, peerMACOf(7), other, dissect.MAC{}, ourIP))
			h.sent()
		}
		if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: peerIP}); err != nil {
			t.Fatal(err)
		}
		far := netip.MustParseAddrPort("8.8.8.8:80")
		c, err := h.DialTCP(far, TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		by := func() netip.Addr { c.findPath(); return c.route().next }
		h.poll()
		h.rx(redirectFrame(peerIP, 1, other.String(), dissect.IPv4Header{Src: ourIP, Dst: far.Addr()}))
		if by() != other {
			t.Errorf("by %s after the redirect", by())
		}
		if fails {
			h.wait(10 * time.Second) // the SYN is repeated, and nobody answers for the neighbor
		} else {
			h.wait(redirectAge)
		}
		if by() != peerIP {
			t.Errorf("fails %v: by %s in the end", fails, by())
		}
	}
}

// Forged redirects do not fill the table of routes.
func TestManyRedirects4(t *testing.T) {
	h := newBench(t, Config{Redirects: true})
	if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: peerIP}); err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxRedirects {
		dst := netip.MustParseAddr(fmt.Sprintf("10.0.%d.%d", i/100, 1+i%100))
		h.rx(redirectFrame(peerIP, 1, "192.168.69.101", dissect.IPv4Header{Src: ourIP, Dst: dst}))
	}
	if len(h.ifc.redirects) != maxRedirects || len(h.Routes()) != maxRedirects+1 {
		t.Errorf("%d redirections, %d routes", len(h.ifc.redirects), len(h.Routes()))
	}
}

// Gateways that forged redirects invent, and that do not answer, are not remembered for ever.
func TestRedirectsToNobody(t *testing.T) {
	h := newBench(t, Config{Redirects: true})
	if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: peerIP}); err != nil {
		t.Fatal(err)
	}
	u := h.openUDP("0.0.0.0:1000", UDPOptions{})
	for i := range 50 {
		dst, by := netip.AddrFrom4([4]byte{10, 0, 0, byte(1 + i)}), netip.AddrFrom4([4]byte{192, 168, 69, byte(110 + i)})
		h.knowPeer()
		h.rx(redirectFrame(peerIP, 1, by.String(), dissect.IPv4Header{Src: ourIP, Dst: dst}))
		if err := u.SendTo([]byte("x"), netip.AddrPortFrom(dst, 9)); err != nil {
			t.Fatal(err)
		}
		h.wait(5 * time.Second)
		h.sent()
	}
	if n := len(h.ifc.neighbors.failed); n != 0 || len(h.ifc.redirects) != 0 {
		t.Errorf("%d gateways, %d redirections", n, len(h.ifc.redirects))
	}
	// The same for those that had a route.
	for i := range 50 {
		r := Route{Prefix: netip.MustParsePrefix("10.0.0.0/8"), Gateway: netip.AddrFrom4([4]byte{192, 168, 69, byte(110 + i)})}
		if err := h.AddRoute(r); err != nil {
			t.Fatal(err)
		}
		if err := u.SendTo([]byte("x"), netip.MustParseAddrPort("10.0.0.1:9")); err != nil {
			t.Fatal(err)
		}
		h.wait(5 * time.Second)
		h.sent()
		r.Interface = h.ifc
		h.RemoveRoute(r)
	}
	if n := len(h.ifc.neighbors.failed); n == 0 || n > 8 {
		t.Errorf("%d gateways", n)
	}
}

// A redirection to where a route of the program's goes does not take that route along when it ends.
func TestRedirectLeavesRoutes(t *testing.T) {
	h := newBench(t, Config{Redirects: true})
	h.knowPeer()
	far, other := netip.MustParsePrefix("8.8.8.8/32"), netip.MustParseAddr("192.168.69.101")
	for _, r := range []Route{{Prefix: far, Gateway: peerIP, Metric: 1}, {Prefix: far, Gateway: other, Metric: 5}} {
		if err := h.AddRoute(r); err != nil {
			t.Fatal(err)
		}
	}
	h.rx(redirectFrame(peerIP, 1, other.String(), dissect.IPv4Header{Src: ourIP, Dst: far.Addr()}))
	h.wait(11 * time.Minute)
	if got := h.Routes(); len(got) != 2 || got[1].Gateway != other || got[1].Metric != 5 {
		t.Errorf("routes %v", got)
	}
}
