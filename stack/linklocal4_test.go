package stack

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// The address comes from the hardware address, is probed, and is the same again for the same one (RFC 3927 sections 2.1 and 2.2).
func TestLinkLocal4(t *testing.T) {
	prefix := netip.MustParsePrefix("169.254.0.0/16")
	seen := map[netip.Addr]int{}
	for i := range 200 {
		cfg := InterfaceConfig{LinkLocal4: LinkLocalAlone, HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, byte(i)}}
		h := newInterface(t, cfg)
		h.Poll(h.at)
		list := h.ifc.Tentative()
		if len(list) != 1 || !prefix.Contains(list[0].Addr()) || list[0].Bits() != 16 {
			t.Fatalf("tentative %v", list)
		}
		a := list[0].Addr()
		if b := a.As4(); b[2] == 0 || b[2] == 255 {
			t.Errorf("%v is reserved", a)
		}
		seen[a]++
		again := newInterface(t, cfg)
		again.Poll(again.at)
		if got := again.ifc.Tentative(); len(got) != 1 || got[0] != list[0] {
			t.Errorf("%v, then %v", list, got)
		}
	}
	if len(seen) < 190 {
		t.Errorf("%d addresses of 200 hosts", len(seen))
	}
}

// One that is taken is given up for another; after ten conflicts a minute passes before the next (RFC 3927 section 2.2.1); one that
// is claimed twice in ten seconds later on, too (section 2.5).
func TestLinkLocal4Conflicts(t *testing.T) {
	h := newInterface(t, InterfaceConfig{LinkLocal4: LinkLocalAlways})
	seen := map[netip.Addr]bool{}
	claim := func(a netip.Addr) { h.rx(arpFrame(dissect.ARPReply, peerMAC, a, dissect.BroadcastMAC, a)) }
	for i := range maxConflicts + 1 {
		h.wait(1500 * time.Millisecond)
		list := h.ifc.Tentative()
		if len(list) != 1 || seen[list[0].Addr()] {
			t.Fatalf("conflict %d: tentative %v", i, list)
		}
		seen[list[0].Addr()] = true
		claim(list[0].Addr())
	}
	h.sent()
	h.wait(59 * time.Second)
	h.expect()
	h.wait(10 * time.Second)
	h.sent()
	a := h.ifc.linkLocal4.own
	if !h.ifc.has(a) {
		t.Fatalf("ours %v", h.ifc.Addrs())
	}
	if o, ok := h.ifc.Origin(a); !ok || o != AddrLinkLocal {
		t.Errorf("origin %v", o)
	}
	h.wait(time.Minute)
	h.sent()
	claim(a)
	h.expect("arp announce " + a.String())
	claim(a)
	h.wait(70 * time.Second)
	if now := h.ifc.linkLocal4.own; now == a || !h.ifc.has(now) || h.ifc.has(a) {
		t.Errorf("ours %v", h.ifc.Addrs())
	}
	h.ifc.SetLinkLocal4(LinkLocalOff)
	h.wait(time.Minute)
	if len(h.ifc.Addrs())+len(h.ifc.Tentative()) != 0 {
		t.Errorf("ours %v", h.ifc.Addrs())
	}
}

// While there is another address none is chosen, or kept unless connections use it (RFC 3927 section 1.9); a DHCP client has ten
// seconds first.
func TestLinkLocal4Alone(t *testing.T) {
	h := newInterface(t, InterfaceConfig{LinkLocal4: LinkLocalAlone, Addrs: []netip.Prefix{netip.PrefixFrom(ourIP, 24)}})
	h.wait(time.Minute)
	if got := h.ifc.Addrs(); len(got) != 1 {
		t.Errorf("ours %v", got)
	}
	h.ifc.RemoveAddr(ourIP)
	h.wait(8 * time.Second)
	own := h.ifc.linkLocal4.own
	if !h.ifc.has(own) {
		t.Fatalf("ours %v", h.ifc.Addrs())
	}
	far := netip.MustParseAddr("169.254.7.7")
	h.rx(arpFrame(dissect.ARPRequest, peerMAC, far, dissect.MAC{}, own))
	c, err := h.DialTCP(netip.AddrPortFrom(far, 80), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.ifc.AddAddr(netip.PrefixFrom(ourIP, 24)); err != nil {
		t.Fatal(err)
	}
	h.wait(5 * time.Second)
	if c.Err() != nil || !h.ifc.has(own) {
		t.Errorf("%v, ours %v", c.Err(), h.ifc.Addrs())
	}
	c.Abort()
	h.wait(linkLocalKept + time.Second)
	if h.ifc.has(own) || !h.ifc.has(ourIP) {
		t.Errorf("ours %v", h.ifc.Addrs())
	}

	h = newInterface(t, InterfaceConfig{LinkLocal4: LinkLocalAlone})
	if _, err := h.OpenDHCP(h.ifc); err != nil {
		t.Fatal(err)
	}
	h.wait(dhcpHeadStart - time.Second)
	if len(h.ifc.Tentative()) != 0 {
		t.Error("chosen at once")
	}
	h.wait(2 * time.Second)
	if len(h.ifc.Tentative()) != 1 {
		t.Error("not chosen")
	}
}

// ARP with such a sender is broadcast, answers too; nothing from or to such an address goes by a router (RFC 3927 sections 2.5, 2.6.2, 2.7).
func TestLinkLocal4StaysOnTheLink(t *testing.T) {
	h := newInterface(t, InterfaceConfig{LinkLocal4: LinkLocalAlways, Addrs: []netip.Prefix{netip.PrefixFrom(ourIP, 24)}})
	if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: peerIP}); err != nil {
		t.Fatal(err)
	}
	h.wait(15 * time.Second)
	h.sent()
	own, far, world := h.ifc.linkLocal4.own, netip.MustParseAddr("169.254.7.7"), netip.MustParseAddr("8.8.8.8")
	h.rx(arpFrame(dissect.ARPRequest, peerMAC, far, dissect.MAC{}, own))
	if len(h.dev.out) != 1 || dissect.Ethernet(h.dev.out[0]).Dst() != dissect.BroadcastMAC {
		t.Errorf("sent % x", h.dev.out)
	} else if a, err := dissect.ARP(dissect.Ethernet(h.dev.out[0]).Payload()).Header(); err != nil || a.SenderIP != own || a.TargetIP != far || a.TargetMAC != peerMAC {
		t.Errorf("sent %+v", a)
	}
	h.dev.out = nil
	for _, c := range []struct{ dst, src, next, from netip.Addr }{
		{far, netip.Addr{}, far, own},
		{far, ourIP, far, ourIP},
		{world, netip.Addr{}, peerIP, ourIP},
		{world, own, world, own},
		{peerIP, netip.Addr{}, peerIP, ourIP},
	} {
		if p, err := h.route(c.dst, c.src, nil); err != nil || p.next != c.next || p.src != c.from {
			t.Errorf("to %v from %v: by %v from %v, %v", c.dst, c.src, p.next, p.src, err)
		}
	}
	h.ifc.SetLinkLocal4(LinkLocalOff)
	h.wait(time.Second)
	if p, err := h.route(far, netip.Addr{}, nil); err != nil || p.next != far || p.src != ourIP {
		t.Errorf("without such an address: by %v from %v, %v", p.next, p.src, err)
	}
	if got := h.sent(); strings.Contains(got, own.String()) {
		t.Errorf("sent %s", got)
	}
}
