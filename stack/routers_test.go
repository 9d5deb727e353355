package stack

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

var routerLink = netip.MustParseAddr("fe80::99")

// newAutoBench is a bench whose interface configures itself, with fe80::1/64 and routers found already or not.
func newAutoBench(t testing.TB, cfg Config, ifc InterfaceConfig) *bench {
	t.Helper()
	ifc.Autoconf, ifc.Addrs = true, prefixes("fe80::1/64")
	h := startBench6(t, cfg, ifc)
	h.wait(20 * time.Second)
	h.sent()
	return h
}

// raFrame is an advertisement of routerLink: the message, then options.
func raFrame(h dissect.RouterAdvertisementHeader, options ...[]byte) []byte {
	return icmp6Frame(dissect.IPv6Header{Src: routerLink, Dst: allNodes6, HopLimit: 255}, append(h.Append(nil), slices.Concat(options...)...))
}

func prefixOption(p dissect.NDPPrefix) []byte {
	var o dissect.NDPOptions
	o.AddPrefix(p)
	return slices.Clone(o.Bytes())
}

func mtuOption(n uint32) []byte {
	var o dissect.NDPOptions
	o.AddMTU(n)
	return slices.Clone(o.Bytes())
}

func sourceOption(m dissect.MAC) []byte {
	var o dissect.NDPOptions
	o.AddSourceAddr(m)
	return slices.Clone(o.Bytes())
}

// routeOption is a Route Information option with n bytes of prefix.
func routeOption(p netip.Prefix, preference dissect.RouterPreference, seconds uint32, n int) []byte {
	b := []byte{24, byte(1 + n/8), byte(p.Bits()), byte(preference) << 3}
	a := p.Addr().As16()
	return append(binary.BigEndian.AppendUint32(b, seconds), a[:n]...)
}

func dnsOption(seconds uint32, servers ...string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{25, byte(1 + 2*len(servers)), 0, 0}, seconds)
	for _, s := range servers {
		a := ip6(s).As16()
		b = append(b, a[:]...)
	}
	return b
}

var usual = dissect.NDPPrefix{Addr: ip6("2001:db8::"), Bits: 64, OnLink: true, Autonomous: true, Valid: 86400, Preferred: 14400}

// The first solicitation waits up to a second, there are three, four seconds apart; an advertisement ends them only if its router
// lifetime is not 0 (RFC 4861 section 6.3.7, X-178, X-179).
func TestRouterSolicitation(t *testing.T) {
	for _, c := range []struct {
		name     string
		lifetime int // of an advertisement after the first solicitation, -1 for none
		want     int
	}{{"no router", -1, 3}, {"a router that forwards", 1800, 1}, {"one that does not", 0, 3}} {
		h := startBench6(t, Config{}, InterfaceConfig{Autoconf: true, Addrs: prefixes("fe80::1/64")})
		n, first := 0, Never
		for range 300 {
			h.wait(100 * time.Millisecond)
			for _, line := range strings.Split(h.sent(), "\n") {
				if strings.HasPrefix(line, "rs ") {
					if n++; n == 1 {
						first = h.at
						if c.lifetime >= 0 {
							h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: uint16(c.lifetime)}))
						}
					}
				}
			}
		}
		if n != c.want || first > Time(1100*time.Millisecond) {
			t.Errorf("%s: %d solicitations, the first at %v", c.name, n, first)
		}
	}
	h := startBench6(t, Config{}, InterfaceConfig{Addrs: prefixes("fdaa::1/64")})
	h.wait(time.Minute)
	if s := h.sent(); strings.Contains(s, "rs ") {
		t.Errorf("without Autoconf: %s", s)
	}
}

// What an advertisement says takes effect; what is not for it to say does not.
func TestRouterAdvertisement(t *testing.T) {
	h := newAutoBench(t, Config{}, InterfaceConfig{})
	good := dissect.RouterAdvertisementHeader{Lifetime: 1800, HopLimit: 70, ReachableTime: 10000, RetransTimer: 500}
	bad := raFrame(good)
	put(bad, 14+8, 0x20, 1) // from a global address
	h.rx(icmp6Frame(dissect.IPv6Header{Src: ip6("2001:db8::99"), Dst: allNodes6, HopLimit: 255}, good.Append(nil)))
	h.counted("NDPInvalid", 1)
	if len(h.Routes()) != 0 {
		t.Fatal("an invalid one was used")
	}
	h.rx(raFrame(good, sourceOption(otherMAC), mtuOption(1400), prefixOption(usual), dnsOption(600, "2001:db8::53", "fe80::53")))
	h.wait(5 * time.Second)
	h.sent()
	c := &h.ifc.neighbors6
	if h.ifc.mtu6 != 1400 || h.ifc.hopLimit6 != 70 || c.limit.interval != 500*time.Millisecond || c.trust.base != 10*time.Second {
		t.Errorf("MTU %d, hop limit %d, retrans %v, reachable %v", h.ifc.mtu6, h.ifc.hopLimit6, c.limit.interval, c.trust.base)
	}
	if got := fmt.Sprint(h.ifc.DNSServers()); got != "[2001:db8::53 fe80::53%eth0]" {
		t.Errorf("name servers %s", got)
	}
	if n := c.entries[routerLink]; n == nil || n.state != stale || n.mac != otherMAC || !n.router {
		t.Errorf("the router's entry: %+v", n)
	}
	if len(h.ifc.Addrs()) != 2 || !usualPrefix.Contains(h.ifc.Addrs()[1].Addr()) {
		t.Errorf("addresses %v", h.ifc.Addrs())
	}
	u := h.openUDP("[::]:7", UDPOptions{})
	_ = u.SendTo([]byte("x"), ap("[2600::1]:9"))
	h.poll()
	if len(h.dev.out) != 1 || dissect.Ethernet(h.dev.out[0]).Dst() != otherMAC || dissect.IPv6(h.dev.out[0][14:]).HopLimit() != 70 {
		t.Errorf("not by the router: %s", h.sent())
	}
	h.dev.out = nil
	// An identical one refreshes lifetimes and changes nothing else.
	gen, routes := h.routeGen, len(h.Routes())
	h.rx(raFrame(good, sourceOption(otherMAC), mtuOption(1400), prefixOption(usual), dnsOption(600, "2001:db8::53", "fe80::53")))
	if h.routeGen != gen || len(h.Routes()) != routes || len(h.ifc.addrs6) != 2 || h.sent() != "" {
		t.Error("the same again changes something")
	}
	// An MTU that cannot be is ignored, and zero says nothing.
	h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 1800}, mtuOption(1279), mtuOption(1501), mtuOption(0)))
	if h.ifc.mtu6 != 1400 || h.ifc.hopLimit6 != 70 || c.trust.base != 10*time.Second {
		t.Error("unspecified values took effect")
	}
	// TCP announces what is left of the MTU.
	if _, err := h.DialTCP(ap("[2001:db8::64]:80"), TCPOptions{Local: netip.AddrPortFrom(h.ifc.Addrs()[1].Addr(), 0)}); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.dev.out = nil
	h.rx(icmp6Frame(dissect.IPv6Header{Src: ip6("2001:db8::64"), Dst: h.ifc.Addrs()[1].Addr(), HopLimit: 255},
		func() []byte {
			n := dissect.NeighborAdvertisementHeader{Solicited: true, Override: true, Target: ip6("2001:db8::64")}
			n.Options.AddTargetAddr(peerMAC)
			return n.Append(nil)
		}()))
	if mss := mssOf(dissect.TCP(dissect.IPv6(h.dev.out[0][14:]).Payload())); mss != 1340 {
		t.Errorf("MSS %d", mss)
	}
	// Lifetimes end by themselves.
	h.wait(601 * time.Second)
	if len(h.ifc.DNSServers()) != 0 {
		t.Error("name servers are kept")
	}
	h.wait(1200 * time.Second)
	if err := u.SendTo(nil, ap("[2600::1]:9")); err != ErrNoRoute {
		t.Errorf("by a router whose lifetime is over: %v", err)
	}
	if err := u.SendTo(nil, ap("[2001:db8::1]:9")); err != nil {
		t.Errorf("on the link: %v", err)
	}
}

var usualPrefix = netip.MustParsePrefix("2001:db8::/64")

// Which prefix gives an address, and which is on the link: L=1 alone makes it that; prefixes are the same when their
// bits are; one that cannot form an address takes no slot.
func TestPrefixes(t *testing.T) {
	with := func(f func(p *dissect.NDPPrefix)) []byte { p := usual; f(&p); return prefixOption(p) }
	for _, c := range []struct {
		name   string
		option []byte
		addrs  int
		onLink bool
	}{
		{"both", prefixOption(usual), 1, true},
		{"A only", with(func(p *dissect.NDPPrefix) { p.OnLink = false }), 1, false},
		{"L only", with(func(p *dissect.NDPPrefix) { p.Autonomous = false }), 0, true},
		{"host bits", with(func(p *dissect.NDPPrefix) { p.Addr = ip6("2001:db8::1234") }), 1, true},
		{"63 bits", with(func(p *dissect.NDPPrefix) { p.Bits = 63 }), 0, true},
		{"129 bits", with(func(p *dissect.NDPPrefix) { p.Bits = 129 }), 0, false},
		{"preferred above valid", with(func(p *dissect.NDPPrefix) { p.Preferred = p.Valid + 1 }), 0, true},
		{"preferred for ever, valid not (X-319)", with(func(p *dissect.NDPPrefix) { p.Preferred = 0xffffffff }), 0, true},
		{"both for ever", with(func(p *dissect.NDPPrefix) { p.Preferred, p.Valid = 0xffffffff, 0xffffffff }), 1, true},
		{"valid 0", with(func(p *dissect.NDPPrefix) { p.Preferred, p.Valid = 0, 0 }), 0, false},
		{"link-local", with(func(p *dissect.NDPPrefix) { p.Addr = ip6("fe80::") }), 0, false},
		{"multicast", with(func(p *dissect.NDPPrefix) { p.Addr = ip6("ff02::") }), 0, false},
	} {
		h := newAutoBench(t, Config{}, InterfaceConfig{})
		for range 3 {
			h.rx(raFrame(dissect.RouterAdvertisementHeader{}, c.option))
		}
		h.wait(5 * time.Second)
		if n := len(h.ifc.Addrs()) - 1; n != c.addrs {
			t.Errorf("%s: %d addresses", c.name, n)
		}
		p, err := h.route(ip6("2001:db8::77"), netip.Addr{}, nil)
		if onLink := err == nil && p.next == ip6("2001:db8::77"); onLink != c.onLink {
			t.Errorf("%s: on link %v", c.name, onLink)
		}
		if n := len(h.ifc.auto.prefixes); n != c.addrs {
			t.Errorf("%s: %d slots", c.name, n)
		}
		h.wait(30 * 24 * time.Hour)
		if c.name == "both for ever" != (len(h.ifc.Addrs()) == 2) {
			t.Errorf("%s: after 30 days: %v", c.name, h.ifc.Addrs())
		}
		if c.name == "both" && (len(h.Routes()) != 0 || h.NextPoll() != Never) {
			t.Errorf("after 30 days: %v, next poll %v", h.Routes(), h.NextPoll())
		}
	}
}

// Valid lifetimes of two hours or less cut the rest to two hours at most (RFC 4862 section 5.5.3 e, X-038).
func TestTwoHourRule(t *testing.T) {
	const hour = uint32(3600)
	for _, c := range []struct{ left, advertised, want uint32 }{
		{24 * hour, 0, 2 * hour}, {24 * hour, hour, 2 * hour}, {24 * hour, 3 * hour, 3 * hour}, {24 * hour, 48 * hour, 48 * hour},
		{hour, 0, hour}, {hour, hour / 2, hour}, {hour, hour + 60, hour + 60}, {3 * hour, 2 * hour, 2 * hour}, {hour, 3 * hour, 3 * hour},
	} {
		h := newAutoBench(t, Config{}, InterfaceConfig{})
		p := usual
		p.Valid, p.Preferred = c.left, c.left
		h.rx(raFrame(dissect.RouterAdvertisementHeader{}, prefixOption(p)))
		p.Valid, p.Preferred = c.advertised, 0
		h.rx(raFrame(dissect.RouterAdvertisementHeader{}, prefixOption(p)))
		a := h.ifc.addrs6[1]
		if left := a.valid.Sub(h.now); left != time.Duration(c.want)*time.Second {
			t.Errorf("%d s left, %d advertised: %v", c.left, c.advertised, left)
		}
		if !a.deprecated(h.now) {
			t.Error("not deprecated")
		}
		h.wait(5 * time.Second)
		h.wait(a.valid.Sub(h.now) - time.Second)
		if len(h.ifc.Addrs()) != 2 {
			t.Errorf("%d s left, %d advertised: gone too early", c.left, c.advertised)
		}
		h.wait(time.Second)
		if len(h.ifc.Addrs()) != 1 {
			t.Errorf("%d s left, %d advertised: still there", c.left, c.advertised)
		}
	}
}

// A deprecated address keeps its connections and gets no new ones if there is another; an expired one is not used even between
// polls (RFC 4862 section 5.5.4, X-215).
func TestDeprecated(t *testing.T) {
	h := newAutoBench(t, Config{}, InterfaceConfig{})
	first, second := usual, usual
	first.Preferred, first.Valid = 100, 10000
	second.Addr = ip6("2001:db8:0:1::")
	h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 9000}, prefixOption(first), sourceOption(peerMAC)))
	h.wait(5 * time.Second)
	h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 9000}, prefixOption(second)))
	h.wait(5 * time.Second)
	old := h.ifc.addrs6[1].addr()
	u := h.openUDP("[::]:7", UDPOptions{})
	source := func() netip.Addr {
		h.dev.out = nil
		if err := u.SendTo(nil, ap("[2001:db8::77]:9")); err != nil {
			return netip.Addr{}
		}
		p, _ := h.route(ip6("2001:db8::77"), netip.Addr{}, nil)
		return p.src
	}
	if source() != old {
		t.Errorf("source %s, want %s", source(), old)
	}
	c, err := h.DialTCP(ap("[2001:db8::77]:80"), TCPOptions{Local: netip.AddrPortFrom(old, 0)})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(100 * time.Second)
	if s := source(); s == old || !s.IsValid() {
		t.Errorf("source %s after it is deprecated", s)
	}
	if c.LocalAddr().Addr() != old {
		t.Errorf("the connection moved")
	}
	h.Advance(h.at.Add(10000 * time.Second))
	if _, err := h.DialTCP(ap("[2001:db8::77]:80"), TCPOptions{Local: netip.AddrPortFrom(old, 0)}); err != ErrNotOurs {
		t.Errorf("an expired address is used before the next poll: %v", err)
	}
}

// Identifiers are stable, opaque and differ between prefixes (RFC 7217 section 5, X-340), and a conflict leads to another one.
func TestStableAddresses(t *testing.T) {
	second := usual
	second.Addr = ip6("2001:db8:0:1::")
	start := func(secret string) *bench {
		h := startBench6(t, Config{StableSecret: []byte(secret)}, InterfaceConfig{Autoconf: true})
		h.wait(10 * time.Second)
		h.rx(raFrame(dissect.RouterAdvertisementHeader{}, prefixOption(usual), prefixOption(second)))
		h.wait(10 * time.Second)
		return h
	}
	id := func(a netip.Addr) uint64 { b := a.As16(); return binary.BigEndian.Uint64(b[8:]) }
	a, b, other := start("secret"), start("secret"), start("another")
	seen := make(map[uint64]bool)
	for i := range 3 {
		x := a.ifc.addrs6[i].addr()
		if x != b.ifc.addrs6[i].addr() || x == other.ifc.addrs6[i].addr() || seen[id(x)] || id(x)>>24&0xffff == 0xfffe {
			t.Errorf("%s, %s, %s", x, b.ifc.addrs6[i].addr(), other.ifc.addrs6[i].addr())
		}
		seen[id(x)] = true
	}
	if !linkLocalPrefix.Contains(a.ifc.addrs6[0].addr()) {
		t.Errorf("link-local address %s", a.ifc.addrs6[0].addr())
	}
	// Somebody has the first four.
	h := startBench6(t, Config{StableSecret: []byte("secret")}, InterfaceConfig{Autoconf: true})
	tried := make(map[netip.Addr]bool)
	for range 400 {
		h.wait(50 * time.Millisecond)
		for _, o := range h.ifc.addrs6 {
			if o.state == tentative && o.probes > 0 && len(tried) < 5 {
				tried[o.addr()] = true
				h.rx(naFrame(allNodes6, o.addr(), "O", otherMAC))
			}
		}
	}
	if len(tried) != 1+idgenRetries || len(h.ifc.Addrs()) != 0 {
		t.Errorf("%d tried, addresses %v", len(tried), h.ifc.Addrs())
	}
}

// Temporary addresses are random, preferred for what we open, and replaced before they are deprecated (RFC 8981).
func TestTemporaryAddresses(t *testing.T) {
	h := newAutoBench(t, Config{}, InterfaceConfig{Temporary: true})
	long := usual
	long.Valid, long.Preferred = 0xffffffff, 0xffffffff
	h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 9000}, prefixOption(long), sourceOption(peerMAC)))
	h.wait(5 * time.Second)
	if len(h.ifc.Addrs()) != 3 {
		t.Fatalf("addresses %v", h.ifc.Addrs())
	}
	seen := make(map[netip.Addr]bool)
	for range 24 * 10 {
		h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 9000}, prefixOption(long), sourceOption(peerMAC)))
		h.wait(time.Hour)
		p, err := h.route(ip6("2600::1"), netip.Addr{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		a := h.ifc.find6(p.src)
		if a.origin != AddrTemporary || a.deprecated(h.now) {
			t.Fatalf("source %s at %v", p.src, h.at)
		}
		seen[p.src] = true
		if len(h.ifc.addrs6) > 7 {
			t.Fatalf("%d addresses", len(h.ifc.addrs6))
		}
	}
	if len(seen) < 10 || len(seen) > 17 {
		t.Errorf("%d temporary addresses in ten days", len(seen))
	}
	// With a prefix that is no more preferred there are no new ones, and the old ones end with it.
	long.Preferred, long.Valid = 0, 7200
	h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 9000}, prefixOption(long)))
	h.wait(2*time.Hour + time.Second)
	if len(h.ifc.Addrs()) != 1 {
		t.Errorf("addresses %v", h.ifc.Addrs())
	}
}

// More specific routes and preferences (RFC 4191).
func TestAdvertisedRoutes(t *testing.T) {
	h := newAutoBench(t, Config{DADTransmits: -1}, InterfaceConfig{})
	p := netip.MustParsePrefix
	from := func(src string, m dissect.RouterAdvertisementHeader, options ...[]byte) {
		h.rx(icmp6Frame(dissect.IPv6Header{Src: ip6(src), Dst: allNodes6, HopLimit: 255}, append(m.Append(nil), slices.Concat(options...)...)))
	}
	next := func(dst string) string {
		r, err := h.route(ip6(dst), netip.Addr{}, nil)
		if err != nil {
			return err.Error()
		}
		return r.next.String()
	}
	check := func(what, dst, want string) {
		t.Helper()
		if got := next(dst); got != want {
			t.Errorf("%s: %s by %s, want %s", what, dst, got, want)
		}
	}
	from("fe80::a", dissect.RouterAdvertisementHeader{Lifetime: 1800}, prefixOption(usual))
	from("fe80::b", dissect.RouterAdvertisementHeader{Lifetime: 1800, Preference: dissect.PreferenceHigh})
	from("fe80::c", dissect.RouterAdvertisementHeader{Lifetime: 1800, Preference: dissect.PreferenceLow},
		routeOption(p("2001:db8:5::/48"), dissect.PreferenceMedium, 600, 8), routeOption(p("2001:db8:6::/48"), dissect.PreferenceReserved, 600, 8),
		routeOption(p("2001:db8:7:1::/72"), dissect.PreferenceMedium, 600, 8))
	check("the preferred router", "2600::1", "fe80::b")
	check("a more specific route", "2001:db8:5::1", "fe80::c")
	check("a reserved preference", "2001:db8:6::1", "fe80::b")
	check("a prefix that is cut off", "2001:db8:7:1::1", "fe80::b")
	from("fe80::b", dissect.RouterAdvertisementHeader{Lifetime: 1800, Preference: dissect.PreferenceLow})
	check("less preferred now", "2600::1", "fe80::a")
	from("fe80::a", dissect.RouterAdvertisementHeader{Lifetime: 0})
	check("a router that ends", "2600::1", "fe80::c")
	from("fe80::d", dissect.RouterAdvertisementHeader{Lifetime: 0}, routeOption(p("::/0"), dissect.PreferenceHigh, 600, 0))
	check("::/0 as an option", "2600::1", "fe80::d")
	h.wait(601 * time.Second)
	check("it ends", "2600::1", "fe80::c")
	check("and the more specific one", "2001:db8:5::1", "fe80::c")
	// Routes of the program come first.
	_ = h.AddRoute(Route{Prefix: p("::/0"), Gateway: ip6("fe80::e"), Interface: h.ifc, Metric: 5})
	check("the program's", "2600::1", "fe80::e")
}

// A router that does not answer is passed over for one that does, and one that says it is none any more is none.
func TestRouterGone(t *testing.T) {
	h := newAutoBench(t, Config{}, InterfaceConfig{})
	h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 1800, Preference: dissect.PreferenceHigh}, prefixOption(usual)))
	h.rx(icmp6Frame(dissect.IPv6Header{Src: ip6("fe80::b"), Dst: allNodes6, HopLimit: 255},
		(&dissect.RouterAdvertisementHeader{Lifetime: 1800}).Append(nil)))
	h.wait(5 * time.Second)
	u := h.openUDP("[::]:7", UDPOptions{})
	next := func() string { p, _ := h.route(ip6("2600::1"), netip.Addr{}, nil); return p.next.String() }
	if next() != "fe80::99" {
		t.Fatalf("by %s", next())
	}
	_ = u.SendTo(nil, ap("[2600::1]:9"))
	h.wait(4 * time.Second)
	if next() != "fe80::b" {
		t.Errorf("the dead router is used: %s", next())
	}
	_ = u.SendTo(nil, ap("[2600::1]:9"))
	h.poll()
	h.rx(naFrame(ourLink, ip6("fe80::b"), "RSO", peerMAC))
	h.rx(naFrame(ourLink, ip6("fe80::b"), "O", peerMAC))
	if next() == "fe80::b" || len(h.ifc.auto.gateways) != 2 {
		t.Errorf("what is no router any more is used: %s", next())
	}
}

// A Redirect is believed from the router in use only, and until its target fails (RFC 4861 sections 8.1 and 8.3).
func TestRedirect(t *testing.T) {
	start := func() *bench {
		h := newAutoBench(t, Config{DADTransmits: -1}, InterfaceConfig{})
		h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 9000}, prefixOption(usual)))
		h.sent()
		return h
	}
	message := func(src, dst, target string) []byte {
		t, d := ip6(target).As16(), ip6(dst).As16()
		m := append(append([]byte{137, 0, 0, 0, 0, 0, 0, 0}, t[:]...), d[:]...)
		m = append(m, 2, 1, otherMAC[0], otherMAC[1], otherMAC[2], otherMAC[3], otherMAC[4], otherMAC[5])
		return icmp6Frame(dissect.IPv6Header{Src: ip6(src), Dst: ourLink, HopLimit: 255}, m)
	}
	next := func(h *bench) string { p, _ := h.route(ip6("2600::1"), netip.Addr{}, nil); return p.next.String() }
	for _, c := range []struct {
		name, src, dst, target string
		want                   string
	}{
		{"to another router", "fe80::99", "2600::1", "fe80::b", "fe80::b"},
		{"to the link", "fe80::99", "2600::1", "2600::1", "2600::1"},
		{"by somebody else", "fe80::98", "2600::1", "fe80::b", "fe80::99"},
		{"by a global address", "2001:db8::99", "2600::1", "fe80::b", "fe80::99"},
		{"of another destination", "fe80::99", "2600::2", "fe80::b", "fe80::99"},
		{"of a group", "fe80::99", "ff0e::1", "fe80::b", "fe80::99"},
		{"to a global address that is not the destination", "fe80::99", "2600::1", "2001:db8::b", "fe80::99"},
		{"to ourselves", "fe80::99", "2600::1", "fe80::1", "fe80::99"},
	} {
		h := start()
		h.rx(message(c.src, c.dst, c.target))
		if got := next(h); got != c.want {
			t.Errorf("%s: by %s, want %s", c.name, got, c.want)
		}
	}
	h := start()
	for i := range 1000 {
		h.rx(message("fe80::99", fmt.Sprintf("2600::%x", i+1), "fe80::b"))
	}
	if len(h.ifc.redirects) != maxRedirects || len(h.Routes()) > maxRedirects+2 {
		t.Errorf("%d redirections, %d routes", len(h.ifc.redirects), len(h.Routes()))
	}
	h = start()
	h.rx(message("fe80::99", "2600::1", "fe80::b"))
	u := h.openUDP("[::]:7", UDPOptions{})
	for range 4 {
		_ = u.SendTo(nil, ap("[2600::1]:9"))
		h.wait(5 * time.Second)
	}
	if next(h) != "fe80::99" {
		t.Errorf("the target does not answer, and is used: %s", next(h))
	}
	h = start()
	h.rx(message("fe80::99", "2600::1", "fe80::b"))
	h.wait(11 * time.Minute)
	if next(h) != "fe80::99" {
		t.Errorf("for ever by %s", next(h))
	}
}

// 1000 prefixes, routers, routes and name servers leave tables at their limits and old entries intact.
func TestRouterFlood(t *testing.T) {
	h := newAutoBench(t, Config{Neighbors: 32}, InterfaceConfig{Temporary: true})
	h.rx(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 9000}, prefixOption(usual), sourceOption(peerMAC)))
	h.wait(5 * time.Second)
	honest := h.ifc.Addrs()
	for i := range 1000 {
		a := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 5: 7, 6: byte(i >> 8), 7: byte(i)})
		p := usual
		p.Addr = a
		m := dissect.RouterAdvertisementHeader{Lifetime: 9000}
		src := netip.AddrFrom16([16]byte{0xfe, 0x80, 14: byte(i>>8) | 0x40, 15: byte(i)})
		h.rx(icmp6Frame(dissect.IPv6Header{Src: src, Dst: allNodes6, HopLimit: 255}, append(m.Append(nil), slices.Concat(
			prefixOption(p), sourceOption(dissect.MAC{2, 1, 1, 1, byte(i >> 8), byte(i)}),
			routeOption(netip.PrefixFrom(a, 64), dissect.PreferenceMedium, 600, 8), dnsOption(600, fmt.Sprintf("2600::%x", i+1)))...)))
	}
	c := h.ifc.auto
	if len(c.routes) > maxAdvertised || len(c.prefixes) > maxAutoPrefix || len(c.servers) > maxDNSServers || len(h.Routes()) > maxAdvertised ||
		len(h.ifc.addrs6) > 1+2*maxAutoPrefix || h.ifc.neighbors6.known.len > 32 {
		t.Errorf("%d routes, %d prefixes, %d servers, %d addresses", len(c.routes), len(c.prefixes), len(c.servers), len(h.ifc.addrs6))
	}
	h.wait(10 * time.Second)
	for _, a := range honest {
		if !slices.Contains(h.ifc.Addrs(), a) {
			t.Errorf("%s is gone", a)
		}
	}
	if p, err := h.route(ip6("2600::1"), netip.Addr{}, nil); err != nil || p.next != routerLink {
		t.Errorf("by %s, %v", p.next, err)
	}
	h.wait(30 * 24 * time.Hour)
	if len(c.routes) != 0 || len(h.Routes()) != 0 || len(h.ifc.Addrs()) != 1 || h.NextPoll() != Never {
		t.Errorf("%d routes, addresses %v, next poll %v", len(c.routes), h.ifc.Addrs(), h.NextPoll())
	}
}
