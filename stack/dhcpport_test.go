package stack

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

var leasedIP = netip.MustParseAddr("192.168.69.57")

// received takes everything that the port has.
func (h *bench) received(p *DHCPPort) (list []string) {
	h.t.Helper()
	var b [64]byte
	for {
		n, m, err := p.Recv(b[:])
		if err != nil {
			if !errors.Is(err, ErrWouldBlock) {
				h.t.Errorf("Recv: %v", err)
			}
			return list
		}
		list = append(list, string(b[:n])+" to "+m.Local.String())
	}
}

// A host without an address sends from 0.0.0.0 to everybody, and hears what comes back whichever way the server sends it.
func TestDHCPPort(t *testing.T) {
	h := startBench6(t, Config{}, InterfaceConfig{})
	p, err := h.OpenDHCP(h.ifc)
	if err != nil {
		t.Fatal(err)
	}
	woken := 0
	p.SetHandler(func() { woken++ })
	if err := p.Send([]byte("discover"), any4, broadcast4); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.expect(`udp 0.0.0.0>255.255.255.255 68>67 "discover" to all`)

	to := func(dst netip.Addr, port uint16) []byte {
		return udpFrame(dissect.IPv4Header{Dst: dst}, 67, port, "offer")
	}
	all := func(f []byte) []byte { return put(f, 0, 255, 255, 255, 255, 255, 255) }
	for _, c := range []struct {
		name  string
		frame []byte
		want  string // "" if it is not received
	}{
		{"broadcast", all(to(broadcast4, 68)), "offer to 255.255.255.255:68"},
		{"an address that is to be ours", to(leasedIP, 68), "offer to 192.168.69.57:68"},
		{"that in a broadcast frame", all(to(leasedIP, 68)), ""},
		{"that to another station", put(to(leasedIP, 68), 0, 2, 0, 0, 0, 0, 9), ""},
		{"another port of it", to(leasedIP, 69), ""},
		{"another protocol", ipFrame(dissect.IPv4Header{Dst: leasedIP, Protocol: dissect.ProtoTCP}, make([]byte, 20)), ""},
		{"a fragment", udpFrame(dissect.IPv4Header{Dst: leasedIP, MoreFragments: true}, 67, 68, "offer+++"), ""},
		{"a header that ends early", ipFrame(dissect.IPv4Header{Dst: leasedIP, Protocol: dissect.ProtoUDP}, []byte{0, 67, 0}), ""},
		{"a wrong checksum", put(to(leasedIP, 68), 42, 'O'), ""},
		{"a loopback address", to(netip.MustParseAddr("127.0.0.1"), 68), ""},
		{"a group", to(netip.MustParseAddr("224.0.0.9"), 68), ""},
	} {
		woken = 0
		h.rx(c.frame)
		got := ""
		if list := h.received(p); len(list) > 0 {
			got = list[0]
		}
		if got != c.want || woken > 0 != (c.want != "") {
			t.Errorf("%s: %q, want %q; handler called %d times", c.name, got, c.want, woken)
		}
		h.expect("") // nothing of that is answered
	}

	p.Close()
	h.rx(to(leasedIP, 68))
	h.counted("IPv4NotOurs", 7) // all those above that came this far, and this one
	if err := p.Send(nil, any4, broadcast4); err != ErrClosed || !p.Closed() {
		t.Errorf("Send after Close: %v", err)
	}
}

func TestDHCPPortErrors(t *testing.T) {
	h := newBench(t, Config{})
	tun, err := h.AddInterface(&wire{rawIP: true, mtu: 1500}, InterfaceConfig{Name: "tun0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, ifc := range []*Interface{nil, tun, h.Interfaces()[0], New(Config{}).Interfaces()[0]} {
		if _, err := h.OpenDHCP(ifc); !errors.Is(err, ErrBadInterface) {
			t.Errorf("OpenDHCP: %v", err)
		}
	}
	p, err := h.OpenDHCP(h.ifc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.OpenDHCP(h.ifc); err != ErrAddrInUse {
		t.Errorf("a second port: %v", err)
	}
	for _, c := range []struct {
		src, dst string
		n        int
		want     error
	}{
		{"0.0.0.0", "192.168.69.100", 1, ErrInvalidAddr},
		{"0.0.0.0", "fe80::1", 1, ErrInvalidAddr},
		{"192.168.69.1", "0.0.0.0", 1, ErrInvalidAddr},
		{"192.168.69.2", "192.168.69.100", 1, ErrNotOurs},
		{"192.168.69.1", "10.0.0.1", 1, ErrNoRoute},
		{"0.0.0.0", "255.255.255.255", 1 << 16, ErrMessageSize},
		{"192.168.69.1", "192.168.69.100", 1, nil},
	} {
		if err := p.Send(make([]byte, c.n), netip.MustParseAddr(c.src), netip.MustParseAddr(c.dst)); err != c.want {
			t.Errorf("%d bytes from %s to %s: %v, want %v", c.n, c.src, c.dst, err, c.want)
		}
	}
	h.Shutdown()
	if !p.Closed() {
		t.Error("open after Shutdown")
	}
	if _, err := h.OpenDHCP(h.ifc); err != nil {
		t.Errorf("opened again: %v", err)
	}
}

// A renewal goes by the routes of the lease's own interface, whatever others have (trap dhcp.6; X-248).
func TestRenewalUsesItsInterface(t *testing.T) {
	h := newBench(t, Config{})
	other := &wire{room: 1 << 30, mtu: 1500}
	lan, err := h.AddInterface(other, InterfaceConfig{Name: "lan", HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.1/8")})
	if err != nil {
		t.Fatal(err)
	}
	server := netip.MustParseAddr("10.9.9.9") // on the other interface's link, were it asked
	for _, r := range []Route{
		{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr("10.0.0.2"), Interface: lan},
		{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: peerIP, Interface: h.ifc, Metric: 9},
	} {
		if err := h.AddRoute(r); err != nil {
			t.Fatal(err)
		}
	}
	h.wait(10 * time.Second)
	other.out = nil
	h.knowPeer()
	if err := h.ifc.AddLease(netip.PrefixFrom(leasedIP, 24), nil); err != nil {
		t.Fatal(err)
	}
	h.wait(10 * time.Second)
	h.sent()
	h.rx(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP))
	h.sent()
	p, err := h.OpenDHCP(h.ifc)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Send([]byte("request"), leasedIP, server); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.expect(`udp 192.168.69.57>10.9.9.9 68>67 "request"`)
	if len(other.out) > 0 {
		t.Errorf("the other interface sent % x", other.out)
	}
}

// What becomes of a lease is nothing to IPv6: its neighbors stay known, and packets go on waiting for those who are not (trap
// dhcp.11; ).
func TestLeaseLeavesIPv6Alone(t *testing.T) {
	h := newBench6(t, Config{})
	h.knowPeer6()
	u, err := h.ListenUDP(netip.AddrPortFrom(ourIP6, 5000), UDPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	unknown := ip6("fdaa::77")
	if err := u.SendTo([]byte("waits"), netip.AddrPortFrom(unknown, 7)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.sent()
	known := len(h.ifc.neighbors6.entries)
	waiting := h.ifc.neighbors6.waiting
	if waiting == 0 || known < 3 {
		t.Fatalf("%d bytes wait, %d neighbors", waiting, known)
	}
	check := func(when string) {
		t.Helper()
		h.poll()
		if n := len(h.ifc.neighbors6.entries); n != known || h.ifc.neighbors6.waiting != waiting {
			t.Errorf("%s: %d bytes wait, %d neighbors; want %d and %d", when, h.ifc.neighbors6.waiting, n, waiting, known)
		}
	}
	lease := func(s string) {
		t.Helper()
		if err := h.ifc.AddLease(netip.MustParsePrefix(s), nil); err != nil {
			t.Fatal(err)
		}
	}
	lease("192.168.69.57/24")
	check("a lease")
	lease("192.168.69.57/16")
	check("another prefix")
	if got := h.ifc.Addrs(); !slices.Contains(got, netip.MustParsePrefix("192.168.69.57/16")) {
		t.Errorf("addresses %v", got)
	}
	if err := h.ifc.SetMTU(1400); err != nil {
		t.Fatal(err)
	}
	check("another MTU")
	h.ifc.RemoveAddr(leasedIP)
	check("no lease")
	p, err := h.OpenDHCP(h.ifc)
	if err != nil {
		t.Fatal(err)
	}
	check("DHCP on")
	p.Close()
	check("DHCP off")
	h.sent()
	h.rx(naFrame(ourIP6, unknown, "SO", peerMAC))
	if got := h.sent(); got != `udp fdaa::1>fdaa::77 5000>7 "waits"` {
		t.Errorf("then: %s", got)
	}

	// And the other way round: what routers say changes nothing for IPv4.
	h = startBench6(t, Config{}, InterfaceConfig{Autoconf: true, Addrs: prefixes("192.168.69.1/24")})
	h.wait(10 * time.Second)
	h.sent()
	h.knowPeer()
	if u, err = h.ListenUDP(netip.AddrPortFrom(ourIP, 5000), UDPOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := u.SendTo([]byte("waits"), netip.MustParseAddrPort("192.168.69.77:7")); err != nil {
		t.Fatal(err)
	}
	h.poll()
	known, waiting = len(h.ifc.neighbors.entries), h.ifc.neighbors.waiting
	for _, life := range []uint32{60, 0} {
		h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 1800}, prefixOption(dissect.NDPPrefix{
			Addr: ip6("fd11::"), Bits: 64, OnLink: true, Autonomous: true, Valid: life, Preferred: life,
		})))
		if n := len(h.ifc.neighbors.entries); n != known || h.ifc.neighbors.waiting != waiting || waiting == 0 {
			t.Errorf("advertised for %d s: %d bytes wait, %d neighbors; want %d and %d", life, h.ifc.neighbors.waiting, n, waiting, known)
		}
	}
}

// An address that is added by hand, or taken away, is nothing to leased ones, and each says where it is from.
func TestLeaseBesideManual(t *testing.T) {
	h := newBench(t, Config{})
	if err := h.ifc.AddLease(netip.PrefixFrom(leasedIP, 24), nil); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.expect("arp announce 192.168.69.57")
	for _, c := range []struct {
		do   func() error
		want string
	}{
		{func() error { return h.ifc.AddAddr(netip.MustParsePrefix("10.0.0.1/8")) }, "192.168.69.1/24 manual, 192.168.69.57/24 leased, 10.0.0.1/8 manual"},
		{func() error { h.ifc.RemoveAddr(ourIP); return nil }, "192.168.69.57/24 leased, 10.0.0.1/8 manual"},
		{func() error { return h.ifc.SetAddrs(prefixes("10.0.0.2/8")) }, "192.168.69.57/24 leased, 10.0.0.2/8 manual"},
		{func() error { return h.ifc.AddLease(netip.PrefixFrom(leasedIP, 25), nil) }, "192.168.69.57/25 leased, 10.0.0.2/8 manual"},
		{func() error { h.ifc.RemoveAddr(leasedIP); return nil }, "10.0.0.2/8 manual"},
	} {
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, p := range h.ifc.Addrs() {
			o, ok := h.ifc.Origin(p.Addr())
			if !ok {
				t.Errorf("%s has no origin", p)
			}
			if got != "" {
				got += ", "
			}
			got += p.String() + " " + o.String()
		}
		if got != c.want {
			t.Errorf("%s; want %s", got, c.want)
		}
	}
	for _, p := range prefixes("10.0.0.2/8", "10.0.0.0/8", "127.0.0.1/8", "fdaa::1/64") {
		if err := h.ifc.AddLease(p, nil); !errors.Is(err, ErrBadAddr) {
			t.Errorf("lease of %s: %v", p, err)
		}
	}
	if _, ok := h.ifc.Origin(leasedIP); ok {
		t.Error("an address that is gone has an origin")
	}
}

// A leased address is given up when another station claims it twice, and the client hears of it.
func TestLeaseConflict(t *testing.T) {
	h := newBench(t, Config{})
	var by dissect.MAC
	if err := h.ifc.AddLease(netip.PrefixFrom(leasedIP, 24), func(m dissect.MAC) { by = m }); err != nil {
		t.Fatal(err)
	}
	h.wait(20 * time.Second)
	h.sent()
	claim := func() []byte { return arpFrame(dissect.ARPRequest, peerMAC, leasedIP, dissect.MAC{}, leasedIP) }
	h.rx(claim())
	h.expect("arp announce 192.168.69.57")
	if _, ok := h.ifc.Origin(leasedIP); !ok || by != (dissect.MAC{}) {
		t.Fatal("given up at the first claim")
	}
	h.wait(5 * time.Second)
	h.rx(claim())
	if _, ok := h.ifc.Origin(leasedIP); ok || by != peerMAC {
		t.Errorf("kept %v, claimed by %s", ok, by)
	}
}

func TestSetMTU(t *testing.T) {
	h := startBench6(t, Config{}, InterfaceConfig{Autoconf: true, Addrs: prefixes("192.168.69.1/24")})
	for _, c := range []struct {
		mtu, want, want6 int
		bad              bool
	}{
		{1400, 1400, 1400, false},
		{1000, 1000, 1280, false},
		{1500, 1500, 1500, false},
		{1501, 1500, 1500, true},
		{67, 1500, 1500, true},
		{68, 68, 1280, false},
		{1500, 1500, 1500, false},
	} {
		if err := h.ifc.SetMTU(c.mtu); errors.Is(err, ErrBadInterface) != c.bad {
			t.Errorf("%d: %v", c.mtu, err)
		}
		if h.ifc.MTU() != c.want || h.ifc.mtu6 != c.want6 {
			t.Errorf("%d: MTU %d, of IPv6 %d; want %d and %d", c.mtu, h.ifc.MTU(), h.ifc.mtu6, c.want, c.want6)
		}
	}
	h.ifc.setMTU6(1300) // a router says so
	for _, mtu := range []int{1400, 1500} {
		if err := h.ifc.SetMTU(mtu); err != nil || h.ifc.mtu6 != 1300 {
			t.Errorf("%d: of IPv6 %d, %v", mtu, h.ifc.mtu6, err)
		}
	}
}

func TestAlarm(t *testing.T) {
	h := newBench(t, Config{})
	var at []time.Duration
	var a *Alarm
	began := h.at
	a = h.NewAlarm(func() {
		at = append(at, h.Now().Sub(began))
		if len(at) < 3 {
			a.Set(h.Now().Add(time.Second))
		}
	})
	h.wait(time.Second)
	a.Set(h.at.Add(2 * time.Second))
	a.Set(h.at.Add(time.Second)) // the later call counts
	h.wait(10 * time.Second)
	if want := []time.Duration{2 * time.Second, 3 * time.Second, 4 * time.Second}; !slices.Equal(at, want) {
		t.Errorf("called at %v, want %v", at, want)
	}
	a.Set(h.at.Add(time.Second))
	a.Set(Never)
	h.wait(10 * time.Second)
	a.Set(h.at.Add(time.Second))
	a.Close()
	h.wait(10 * time.Second)
	if len(at) != 3 {
		t.Errorf("called %d times", len(at))
	}
}

// Whatever comes while a port is open is received whole or not at all, and never answered from an address that is not ours.
func FuzzDHCPPort(f *testing.F) {
	f.Add([]byte{}, byte(0))
	f.Add(udpDatagram(peerIP, leasedIP, 67, 68, "offer"), byte(0))
	f.Add(udpDatagram(peerIP, leasedIP, 67, 69, "offer"), byte(1))
	f.Add([]byte{0, 67, 0, 68, 0xff, 0xff, 0, 0}, byte(0x20))
	f.Fuzz(func(t *testing.T, payload []byte, how byte) {
		h := startBench6(t, Config{}, InterfaceConfig{})
		p, err := h.OpenDHCP(h.ifc)
		if err != nil {
			t.Fatal(err)
		}
		payload = payload[:min(len(payload), 1400)]
		ip := dissect.IPv4Header{Dst: leasedIP, Protocol: dissect.ProtoUDP, MoreFragments: how&0x20 != 0}
		if how&1 != 0 {
			ip.Protocol = dissect.IPProto(how >> 1)
		}
		h.rx(ipFrame(ip, payload))
		b := make([]byte, 1500)
		if n, m, err := p.Recv(b); err == nil && (n > len(payload)-dissect.UDPHeaderLen || m.Local.Port() != 68 || m.Local.Addr() != leasedIP) {
			t.Errorf("%d bytes to %s of %d", n, m.Local, len(payload))
		}
		if got := h.sent(); got != "" {
			t.Errorf("sent %s", got)
		}
	})
}
