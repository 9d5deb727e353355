package stack

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// newInterface is a bench whose interface is as cfg says, at the moment when it was added.
func newInterface(t testing.TB, cfg InterfaceConfig) *bench {
	t.Helper()
	h := &bench{t: t, dev: &wire{room: 1 << 30, mtu: 1500}}
	h.Stack = New(Config{Rand: rand.NewChaCha8([32]byte{7})})
	def(&cfg.HardwareAddr, ourMAC)
	def(&cfg.Name, "eth0")
	var err error
	if h.ifc, err = h.AddInterface(h.dev, cfg); err != nil {
		t.Fatal(err)
	}
	return h
}

// frames gives the ARP packets and others that were sent since the last call, with the times of waiting from one to the next.
func (h *bench) until(end time.Duration) (list []string) {
	h.t.Helper()
	for h.at < Time(end) {
		h.at = min(max(h.at, h.NextPoll()), Time(end))
		h.poll()
		if got := h.sent(); got != "" {
			for line := range strings.Lines(got) {
				list = append(list, fmt.Sprintf("%v %s", time.Duration(h.at).Round(time.Millisecond), strings.TrimSpace(line)))
			}
		}
	}
	return list
}

func at(t *testing.T, line string) time.Duration {
	t.Helper()
	text, _, _ := strings.Cut(line, " ")
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Three probes at random times, two seconds of silence, two announcements (RFC 5227 sections 2.1.1 and 2.3); until then
// the address is tentative, does not answer and cannot be sent from.
func TestAddressProbe(t *testing.T) {
	ours := netip.PrefixFrom(ourIP, 24)
	waits := map[time.Duration]bool{}
	for seed := range 8 {
		h := newInterface(t, InterfaceConfig{Addrs: []netip.Prefix{ours}, ProbeAddrs: true, HardwareAddr: ourMAC})
		for range seed {
			h.random.uint64()
			h.Stack.now++ // another moment, other choices
		}
		if got := h.ifc.Tentative(); len(got) != 1 || got[0] != ours || len(h.ifc.Addrs()) != 0 {
			t.Fatalf("tentative %v, ours %v", got, h.ifc.Addrs())
		}
		if origin, ok := h.ifc.Origin(ourIP); !ok || origin != AddrManual {
			t.Errorf("origin %v %v", origin, ok)
		}
		h.rx(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP))
		u, err := h.ListenUDP(netip.AddrPortFrom(any4, 1000), UDPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := u.SendTo([]byte("x"), netip.AddrPortFrom(peerIP, 9)); err != ErrNoRoute {
			t.Errorf("send: %v", err)
		}
		got := h.until(12 * time.Second)
		want := []string{"arp request 192.168.69.1 from 0.0.0.0 to all", "arp request 192.168.69.1 from 0.0.0.0 to all",
			"arp request 192.168.69.1 from 0.0.0.0 to all", "arp announce 192.168.69.1", "arp announce 192.168.69.1"}
		if len(got) != len(want) {
			t.Fatalf("sent %q", got)
		}
		for i := range want {
			if !strings.HasSuffix(got[i], want[i]) {
				t.Errorf("frame %d: %s", i, got[i])
			}
		}
		limits := [][2]time.Duration{{0, time.Second}, {time.Second, 2 * time.Second}, {time.Second, 2 * time.Second},
			{2 * time.Second, 2 * time.Second}, {2 * time.Second, 2 * time.Second}}
		last := time.Duration(0)
		for i, l := range limits {
			now := at(t, got[i])
			if wait := now - last; wait < l[0]-time.Millisecond || wait > l[1]+time.Millisecond {
				t.Errorf("frame %d after %v, want %v to %v", i, wait, l[0], l[1])
			} else if i == 1 {
				waits[wait] = true
			}
			last = now
		}
		if got := h.ifc.Addrs(); len(got) != 1 || got[0] != ours || len(h.ifc.Tentative()) != 0 {
			t.Errorf("ours %v", got)
		}
	}
	if len(waits) < 4 {
		t.Errorf("waits %v are not random", waits)
	}
}

// A claim to an address that is being probed, or a probe for it at the same time, keeps it from being used (RFC 5227 section 2.1.1).
func TestAddressTaken(t *testing.T) {
	for name, frame := range map[string][]byte{
		"answer":        arpFrame(dissect.ARPReply, peerMAC, ourIP, ourMAC, any4),
		"gratuitous":    arpFrame(dissect.ARPRequest, peerMAC, ourIP, dissect.MAC{}, ourIP),
		"question":      arpFrame(dissect.ARPRequest, peerMAC, ourIP, dissect.MAC{}, peerIP),
		"another probe": arpFrame(dissect.ARPRequest, peerMAC, any4, dissect.MAC{}, ourIP),
	} {
		t.Run(name, func(t *testing.T) {
			var events []string
			h := newInterface(t, InterfaceConfig{})
			h.cfg.Events = func(e Event) {
				if e.Kind == EventConflict || e.Kind == EventAddr {
					events = append(events, e.String())
				}
			}
			var by []dissect.MAC
			ours := netip.PrefixFrom(ourIP, 24)
			err := h.ifc.AddAddrWith(ours, AddrOptions{Probe: true, Conflict: func(mac dissect.MAC) { by = append(by, mac) }})
			if err != nil {
				t.Fatal(err)
			}
			h.until(2 * time.Second)
			h.rx(frame)
			h.wait(20 * time.Second)
			h.expect()
			if got := h.ifc.Duplicate(); len(got) != 1 || got[0] != ours || len(h.ifc.Addrs()) != 0 {
				t.Errorf("duplicate %v, ours %v", got, h.ifc.Addrs())
			}
			if !slices.Equal(by, []dissect.MAC{peerMAC}) || !slices.Equal(events, []string{"eth0: address 192.168.69.1 is also claimed by aa-00-00-00-00-64"}) {
				t.Errorf("told %v, events %q", by, events)
			}
			h.counted("ARPConflicts", 1)
			// Our own probe, given back by a hub, and that of another address are no conflict.
			if !h.ifc.RemoveAddr(ourIP) {
				t.Error("nothing to remove")
			}
			if err := h.ifc.AddAddrWith(ours, AddrOptions{Probe: true}); err != nil {
				t.Fatal(err)
			}
			h.wait(2 * time.Second)
			h.rx(arpFrame(dissect.ARPRequest, ourMAC, any4, dissect.MAC{}, ourIP), arpFrame(dissect.ARPRequest, peerMAC, any4, dissect.MAC{}, peer(7)))
			h.wait(10 * time.Second)
			if len(h.ifc.Addrs()) != 1 {
				t.Error("not ours after all")
			}
		})
	}
}

// A claim to an address of ours is answered once in ten seconds. A second one within that time ends an address that is to be given up,
// with its connections.
func TestAddressGivenUp(t *testing.T) {
	claim := arpFrame(dissect.ARPReply, peerMAC, ourIP, ourMAC, ourIP)
	for _, giveUp := range []bool{false, true} {
		h := newInterface(t, InterfaceConfig{})
		told := 0
		opt := AddrOptions{Origin: AddrLeased, GiveUp: giveUp, Conflict: func(dissect.MAC) {
			told++
			h.ifc.RemoveAddr(ourIP) // any method may be called
		}}
		if err := h.ifc.AddAddrWith(netip.PrefixFrom(ourIP, 24), opt); err != nil {
			t.Fatal(err)
		}
		h.wait(5 * time.Second)
		h.sent()
		h.knowPeer()
		c, err := h.DialTCP(netip.AddrPortFrom(peerIP, 80), TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		h.poll()
		h.sent()
		h.rx(claim)
		h.expect("arp announce 192.168.69.1")
		h.wait(5 * time.Second)
		h.sent()
		h.knowPeer()
		h.wait(5 * time.Second)
		h.sent()
		h.rx(claim) // as good as the first
		if got := h.sent(); !strings.HasPrefix(got, "arp announce 192.168.69.1") {
			t.Errorf("sent %s", got)
		}
		h.wait(5 * time.Second)
		h.sent()
		h.knowPeer()
		h.wait(4 * time.Second)
		h.sent()
		h.rx(claim)
		if got := h.sent(); strings.Contains(got, "arp announce") {
			t.Errorf("sent %s", got)
		}
		if giveUp {
			if told != 1 || len(h.ifc.Addrs()) != 0 || c.Err() != ErrNotOurs {
				t.Errorf("told %d times, ours %v, connection: %v", told, h.ifc.Addrs(), c.Err())
			}
		} else if told != 0 || len(h.ifc.Addrs()) != 1 || c.Err() != nil {
			t.Errorf("told %d times, ours %v, connection: %v", told, h.ifc.Addrs(), c.Err())
		}
	}
}

// A program, DHCP, asks about an address without having it; after ten conflicts an interface slows down (RFC 5227 section 2.1.1).
func TestProbeAddr(t *testing.T) {
	h := newInterface(t, InterfaceConfig{})
	var answers []string
	ask := func() *AddrProbe {
		t.Helper()
		p, err := h.ifc.ProbeAddr(ourIP, func(taken bool, by dissect.MAC) { answers = append(answers, fmt.Sprint(taken, " ", by)) })
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	ask()
	if len(h.ifc.Tentative()) != 0 {
		t.Error("a question is no address")
	}
	h.wait(8 * time.Second)
	h.sent()
	if !slices.Equal(answers, []string{"false 00-00-00-00-00-00"}) || len(h.ifc.Addrs()) != 0 || len(h.ifc.addrs4) != 0 {
		t.Errorf("answers %q, addresses %v", answers, h.ifc.Addrs())
	}
	stopped := ask()
	h.wait(3 * time.Second)
	stopped.Stop()
	h.wait(8 * time.Second)
	if len(answers) != 1 {
		t.Error("answered after Stop")
	}
	for range maxConflicts + 1 {
		ask()
		h.wait(1500 * time.Millisecond)
		h.rx(arpFrame(dissect.ARPReply, peerMAC, ourIP, ourMAC, any4))
	}
	if len(answers) != 2+maxConflicts || answers[1] != "true "+peerMAC.String() {
		t.Errorf("answers %q", answers)
	}
	h.sent()
	ask()
	h.wait(59 * time.Second)
	h.expect()
	h.wait(2 * time.Second)
	if h.sent() == "" {
		t.Error("no probe")
	}
	for _, a := range []string{"::1", "fdaa::7", "224.0.0.1", "0.0.0.0", "127.0.0.1"} {
		if _, err := h.ifc.ProbeAddr(netip.MustParseAddr(a), nil); err == nil {
			t.Errorf("%s can be probed", a)
		}
	}
}

// Addresses that are set by hand leave leased and formed ones in place, and marked as what they are; what goes and what
// comes is what differs.
func TestAddressOrigins(t *testing.T) {
	prefix := netip.MustParsePrefix
	h := newInterface(t, InterfaceConfig{Addrs: []netip.Prefix{prefix("10.0.0.1/24"), prefix("fdaa::1/64"), prefix("10.0.1.1/24")}, Autoconf: true})
	if err := h.ifc.AddLease(prefix("192.168.69.9/24"), nil); err != nil {
		t.Fatal(err)
	}
	h.wait(5 * time.Second)
	h.sent()
	formed := h.ifc.linkLocal()
	h.rx(arpFrame(dissect.ARPRequest, peerMAC, netip.MustParseAddr("10.0.0.7"), dissect.MAC{}, netip.MustParseAddr("10.0.0.1")))
	c, err := h.DialTCP(netip.MustParseAddrPort("10.0.0.7:80"), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.ifc.SetAddrs([]netip.Prefix{prefix("10.0.0.1/16"), prefix("10.0.2.1/24"), prefix("fdaa::2/64")}); err != nil {
		t.Fatal(err)
	}
	h.wait(5 * time.Second)
	origins := map[string]AddrOrigin{}
	for _, a := range h.ifc.Addrs() {
		o, ok := h.ifc.Origin(a.Addr())
		if !ok {
			t.Errorf("no origin of %v", a)
		}
		origins[a.String()] = o
	}
	want := map[string]AddrOrigin{"10.0.0.1/16": AddrManual, "10.0.2.1/24": AddrManual, "fdaa::2/64": AddrManual,
		"192.168.69.9/24": AddrLeased, formed.String() + "/64": AddrStable}
	if fmt.Sprint(origins) != fmt.Sprint(want) {
		t.Errorf("addresses %v, want %v", origins, want)
	}
	if c.Err() != nil {
		t.Errorf("a longer network ended a connection: %v", c.Err())
	}
	if o := fmt.Sprint(AddrManual, AddrLeased, AddrLinkLocal); o != "manual leased link-local" {
		t.Error(o)
	}
	// Nothing changes if one of them cannot be.
	before := fmt.Sprint(h.ifc.Addrs())
	for _, bad := range []string{"10.0.3.0/24", "192.168.69.9/24", "224.0.0.1/24", "10.0.2.1/16"} {
		if err := h.ifc.SetAddrs([]netip.Prefix{prefix("10.0.2.1/24"), prefix(bad)}); err == nil || fmt.Sprint(h.ifc.Addrs()) != before {
			t.Errorf("%s: %v, addresses %v", bad, err, h.ifc.Addrs())
		}
	}
	// The lease, renewed with another network, keeps its connections.
	if err := h.ifc.AddLease(prefix("192.168.69.9/23"), nil); err != nil || !slices.Contains(h.ifc.Addrs(), prefix("192.168.69.9/23")) {
		t.Errorf("%v, %v", err, h.ifc.Addrs())
	}
}

// What another interface of ours says on the same link is no conflict.
func TestOwnClaim(t *testing.T) {
	mac, addr := dissect.MAC{2, 0, 0, 0, 0, 2}, netip.MustParseAddr("10.0.0.1")
	h := newBench(t, Config{})
	if _, err := h.AddInterface(&wire{room: 1 << 30, mtu: 1500}, InterfaceConfig{
		Name: "eth1", HardwareAddr: mac, Addrs: []netip.Prefix{netip.PrefixFrom(addr, 24)},
	}); err != nil {
		t.Fatal(err)
	}
	h.wait(10 * time.Second)
	claim := func(mac dissect.MAC) { h.rx(arpFrame(dissect.ARPRequest, mac, addr, dissect.MAC{}, addr)) }
	claim(mac)
	h.counted("ARPConflicts", 0)
	claim(peerMAC)
	h.counted("ARPConflicts", 1)
	h.sent()
}

// A lease may ask for less than IPv6 needs: that goes on, as long as there was IPv6 before.
func TestSmallMTULeavesIPv6(t *testing.T) {
	for _, c := range []struct {
		mtu int
		err bool
	}{{0, false}, {600, true}} {
		h := newInterface(t, InterfaceConfig{MTU: c.mtu})
		if err := h.ifc.SetMTU(576); err != nil {
			t.Fatal(err)
		}
		if err := h.ifc.JoinGroup(netip.MustParseAddr("ff02::fb")); (err != nil) != c.err {
			t.Errorf("MTU %d: %v", c.mtu, err)
		}
		if err := h.ifc.AddAddr(netip.MustParsePrefix("fdaa::1/64")); (err != nil) != c.err {
			t.Errorf("MTU %d: %v", c.mtu, err)
		}
	}
}
