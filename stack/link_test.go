package stack

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// linkWire is a wire that knows about its link, and has a filter.
type linkWire struct {
	wire
	up      bool
	changes uint64
	mac     dissect.MAC
	refuse  error
}

func (w *linkWire) Link() (bool, uint64) { return w.up, w.changes }
func (w *linkWire) SetHardwareAddr(mac dissect.MAC) error {
	if w.refuse == nil {
		w.mac = mac
	}
	return w.refuse
}

// A link that went down and came up between two polls is noticed as both.
func TestLinkBetweenPolls(t *testing.T) {
	var events []string
	s := New(Config{Events: func(e Event) {
		if e.Kind == EventLink {
			events = append(events, e.String())
		}
	}})
	dev := &linkWire{wire: wire{room: 1 << 30, mtu: 1500}, up: true}
	ifc, err := s.AddInterface(dev, InterfaceConfig{HardwareAddr: ourMAC})
	if err != nil {
		t.Fatal(err)
	}
	watched := 0
	s.Watch(func() { watched++ })
	s.Poll(1)
	if len(events) != 0 || !ifc.Link() || watched != 0 {
		t.Errorf("events %q, watched %d", events, watched)
	}
	dev.changes += 2
	s.Poll(2)
	if want := []string{"if1: link is down", "if1: link is up"}; !slices.Equal(events, want) || ifc.LinkChanges() != 2 || watched != 1 {
		t.Errorf("events %q, %d changes, watched %d", events, ifc.LinkChanges(), watched)
	}
	dev.changes++
	dev.up = false
	s.Poll(3)
	s.Poll(4)
	if ifc.Link() || len(events) != 3 || ifc.LinkChanges() != 3 {
		t.Errorf("events %q", events)
	}
	dev.changes += 2
	s.Poll(5)
	if ifc.Link() || len(events) != 5 || ifc.LinkChanges() != 5 {
		t.Errorf("events %q", events)
	}
}

// A link that comes up may be another one: neighbors are asked for anew, addresses announced or probed, routers asked, groups told.
// What waits for the device is sent.
func TestLinkUp(t *testing.T) {
	h := newInterface(t, InterfaceConfig{
		Addrs: []netip.Prefix{netip.PrefixFrom(ourIP, 24), netip.MustParsePrefix("fdaa::1/64")}, Autoconf: true,
	})
	if err := h.ifc.JoinGroup(netip.MustParseAddr("224.5.5.5")); err != nil {
		t.Fatal(err)
	}
	h.wait(30 * time.Second)
	h.sent()
	h.knowPeer()
	h.ifc.SetLink(true)
	if h.ifc.LinkChanges() != 0 {
		t.Error("up already")
	}
	h.ifc.SetLink(false)
	h.poll()
	h.expect()
	u, err := h.DialUDP(netip.AddrPortFrom(peerIP, 7), UDPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h.ifc.SetLink(true)
	_ = u.Write([]byte("x"))
	h.wait(5 * time.Second)
	got := h.sent()
	for _, want := range []string{"arp announce 192.168.69.1", "arp request 192.168.69.100", "rs", "na fdaa::1", "igmp", "mld"} {
		if !strings.Contains(strings.ToLower(got), want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	// One that was taken on the old link is probed again.
	if err := h.ifc.AddAddrWith(netip.PrefixFrom(peer(9), 24), AddrOptions{Probe: true}); err != nil {
		t.Fatal(err)
	}
	h.wait(2 * time.Second)
	h.rx(arpFrame(dissect.ARPReply, peerMAC, peer(9), ourMAC, any4))
	if len(h.ifc.Duplicate()) != 1 {
		t.Fatal("not taken")
	}
	h.ifc.SetLink(false)
	h.ifc.SetLink(true)
	h.wait(10 * time.Second)
	if len(h.ifc.Duplicate()) != 0 || !h.ifc.has(peer(9)) {
		t.Errorf("duplicate %v, ours %v", h.ifc.Duplicate(), h.ifc.Addrs())
	}
}

// With the link of a route's interface down another route is used, and what is bound to nothing leaves by an interface that is up.
func TestLinkDownRoutes(t *testing.T) {
	h := newBench(t, Config{})
	two, err := h.AddInterface(&wire{room: 1 << 30, mtu: 1500}, InterfaceConfig{
		Name: "eth1", HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 2}, Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24")},
	})
	if err != nil {
		t.Fatal(err)
	}
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	for _, r := range []Route{{Prefix: everywhere, Gateway: peerIP}, {Prefix: everywhere, Gateway: netip.MustParseAddr("10.0.0.7"), Metric: 5}} {
		if err := h.AddRoute(r); err != nil {
			t.Fatal(err)
		}
	}
	for _, dst := range []string{"8.8.8.8", "255.255.255.255", "224.0.0.5"} {
		for _, down := range []bool{false, true} {
			h.ifc.SetLink(!down)
			want := h.ifc
			if down {
				want = two
			}
			if p, err := h.route(netip.MustParseAddr(dst), netip.Addr{}, nil); err != nil || p.ifc != want {
				t.Errorf("%s with eth0 down %v: by %v, %v", dst, down, p.ifc, err)
			}
		}
	}
	two.SetLink(false)
	if p, err := h.route(netip.MustParseAddr("8.8.8.8"), netip.Addr{}, nil); err != nil || p.ifc == nil {
		t.Errorf("with all down: %v, %v", p.ifc, err) // a link that is away for a moment ends nothing
	}
}

// A new hardware address forms the link-local and SLAAC addresses anew, is announced, and reaches the device; the same again changes
// nothing (RFC 4862 section 5.3; ).
func TestSetHardwareAddr(t *testing.T) {
	dev := &linkWire{wire: wire{room: 1 << 30, mtu: 1500}, up: true}
	h := &bench{t: t, dev: &dev.wire}
	h.Stack = New(Config{StableSecret: []byte("key")})
	manual := []netip.Prefix{netip.PrefixFrom(ourIP, 24), netip.MustParsePrefix("fdaa::1/64")}
	var err error
	h.ifc, err = h.AddInterface(dev, InterfaceConfig{Name: "eth0", HardwareAddr: ourMAC, Addrs: manual, Autoconf: true, Temporary: true})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(4 * time.Second)
	h.ifc.auto.prefix(dissect.NDPPrefix{Addr: netip.MustParseAddr("2001:db8::"), Bits: 64, OnLink: true, Autonomous: true, Valid: 86400, Preferred: 86400})
	h.wait(30 * time.Second)
	dev.out = nil
	before := h.ifc.Addrs()
	if len(before) != 5 {
		t.Fatalf("addresses %v", before)
	}
	if err := h.ifc.SetHardwareAddr(ourMAC); err != nil {
		t.Fatal(err)
	}
	h.wait(10 * time.Second)
	if len(dev.out) != 0 || !slices.Equal(h.ifc.Addrs(), before) || dev.mac != (dissect.MAC{}) {
		t.Error("the same address changes something")
	}
	for _, bad := range []dissect.MAC{{}, {1, 0, 0x5e, 0, 0, 1}, dissect.BroadcastMAC} {
		if err := h.ifc.SetHardwareAddr(bad); !errors.Is(err, ErrBadInterface) || h.ifc.HardwareAddr() != ourMAC {
			t.Errorf("%v: %v", bad, err)
		}
	}
	mac := dissect.MAC{2, 0, 0, 0, 0, 77}
	dev.refuse = errDevice
	if err := h.ifc.SetHardwareAddr(mac); !errors.Is(err, errDevice) || h.ifc.HardwareAddr() != ourMAC {
		t.Errorf("refused: %v", err)
	}
	dev.refuse = nil
	if err := h.ifc.SetHardwareAddr(mac); err != nil || dev.mac != mac {
		t.Fatalf("%v, device has %v", err, dev.mac)
	}
	h.wait(10 * time.Second)
	after := h.ifc.Addrs()
	var kept []netip.Prefix
	for _, a := range after {
		if slices.Contains(before, a) {
			kept = append(kept, a)
		}
	}
	if len(after) != 5 || !slices.Equal(kept, manual) {
		t.Errorf("addresses %v, before %v", after, before)
	}
	announced := map[string]int{}
	for _, f := range dev.out {
		eth := dissect.Ethernet(f)
		if eth.Src() != mac {
			t.Fatalf("frame from %v", eth.Src())
		}
		switch p := eth.Payload(); eth.Type() {
		case dissect.EtherTypeARP:
			if a, err := dissect.ARP(p).Header(); err == nil && a.SenderIP == ourIP && a.TargetIP == ourIP && a.SenderMAC == mac {
				announced["arp"]++
			}
		case dissect.EtherTypeIPv6:
			ip := dissect.IPv6(p)
			if m := dissect.ICMPv6(ip.Payload()); ip.NextHeader() == dissect.ProtoICMPv6 && m.Check() == nil && m.Type() == dissect.ICMPv6NeighborAdvertisement {
				na := dissect.NeighborAdvertisement(m)
				if to, ok := linkAddrOption(na.Options(), dissect.NDPOptTargetAddr); ok && to == mac && na.Override() && ip.Dst() == allNodes6 {
					announced[na.Target().String()]++
				}
			}
		}
	}
	if announced["arp"] != 2 || announced["fdaa::1"] != 1 {
		t.Errorf("announced %v", announced)
	}
	h.poll()
	h.dev.in = append(h.dev.in, ethFrame(peerMAC, ourMAC, dissect.EtherTypeARP, nil))
	h.poll()
	h.counted("RxNotForUs", 1)
}

// An interface that is removed takes its addresses, routes, neighbors and groups along; who waits for something on it is told; what is
// bound to it does not come to life with another of its name; a new one gets an index of its own.
func TestRemoveInterface(t *testing.T) {
	h := newBench(t, Config{})
	dev := &wire{room: 1 << 30, mtu: 1500}
	cfg := InterfaceConfig{
		Name: "eth1", HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 2}, Autoconf: true, Temporary: true, LinkLocal4: LinkLocalAlways,
		Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fdaa::1/64")},
	}
	two, err := h.AddInterface(dev, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.AddInterface(dev, InterfaceConfig{Name: "eth1", HardwareAddr: ourMAC}); !errors.Is(err, ErrBadInterface) {
		t.Errorf("a second eth1: %v", err)
	}
	vlan, err := two.AddVLAN(5, InterfaceConfig{Addrs: []netip.Prefix{netip.MustParsePrefix("10.5.0.1/24")}})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(15 * time.Second)
	h.sent()
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	for _, r := range []Route{{Prefix: everywhere, Gateway: netip.MustParseAddr("10.0.0.7")}, {Prefix: everywhere, Gateway: peerIP, Metric: 7}} {
		if err := h.AddRoute(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := two.ProbeAddr(netip.MustParseAddr("10.0.0.9"), func(bool, dissect.MAC) { t.Error("answered") }); err != nil {
		t.Fatal(err)
	}
	// Users of the interface, and what they are told.
	woken := map[string]int{}
	noErr := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	bound, err := h.ListenUDP(netip.MustParseAddrPort("0.0.0.0:1000"), UDPOptions{Interface: two})
	noErr(err)
	noErr(bound.JoinGroup(netip.MustParseAddr("224.5.5.5"), nil))
	free, err := h.ListenUDP(netip.MustParseAddrPort("0.0.0.0:1001"), UDPOptions{})
	noErr(err)
	noErr(free.JoinGroup(netip.MustParseAddr("224.5.5.5"), two))
	listener, err := h.ListenTCP(netip.MustParseAddrPort("0.0.0.0:80"), TCPOptions{Interface: two})
	noErr(err)
	dialed, err := h.DialTCP(netip.MustParseAddrPort("10.0.0.8:80"), TCPOptions{})
	noErr(err)
	inVLAN, err := h.DialTCP(netip.MustParseAddrPort("10.5.0.8:80"), TCPOptions{})
	noErr(err)
	other, err := h.DialTCP(netip.AddrPortFrom(peerIP, 80), TCPOptions{})
	noErr(err)
	waiting, err := h.DialUDP(netip.MustParseAddrPort("10.0.0.9:9"), UDPOptions{})
	noErr(err)
	noErr(waiting.Write([]byte("waits for a neighbor")))
	h.poll()
	dev.room = 0 // and these for the device
	noErr(bound.SendTo([]byte("x"), netip.MustParseAddrPort("10.0.0.255:9")))
	h.poll()
	noErr(bound.SendTo([]byte("y"), netip.MustParseAddrPort("10.0.0.255:9")))
	h.poll()
	h.sent()
	for name, k := range map[string]interface{ SetHandler(func()) }{"bound": bound, "free": free, "listener": listener, "dialed": dialed, "vlan": inVLAN, "other": other, "waiting": waiting} {
		k.SetHandler(func() { woken[name]++ })
	}
	h.poll()
	clear(woken)

	if !h.RemoveInterface(two) || h.RemoveInterface(two) || h.RemoveInterface(vlan) || h.RemoveInterface(h.interfaces[0]) {
		t.Error("removed what was not there, or not")
	}
	h.poll()
	if fmt.Sprint(woken) != fmt.Sprint(map[string]int{"bound": 1, "listener": 1, "dialed": 1, "vlan": 1, "waiting": 1}) {
		t.Errorf("woken %v", woken)
	}
	for _, c := range []*TCPSocket{dialed, inVLAN} {
		if c.State() != tcp.Closed || c.Err() != ErrInterfaceGone {
			t.Errorf("connection %v: %v", c.State(), c.Err())
		}
	}
	if other.Err() != nil {
		t.Errorf("a connection elsewhere: %v", other.Err())
	}
	if _, err := listener.Accept(); err != ErrClosed {
		t.Errorf("accept: %v", err)
	}
	if _, _, err := bound.Recv(nil); err != ErrInterfaceGone {
		t.Errorf("bound: %v", err)
	}
	if _, _, err := waiting.Recv(nil); err != ErrHostUnreachable && err != ErrInterfaceGone {
		t.Errorf("waiting: %v", err)
	}
	if len(h.Interfaces()) != 2 || len(h.Routes()) != 1 || len(two.Addrs()) != 0 || len(two.groups) != 0 ||
		len(two.neighbors.entries)+len(two.neighbors6.entries) != 0 || two.txq.len() != 0 || two.ready.len() != 0 {
		t.Errorf("left: %v, %v, %v, %v", h.Interfaces(), h.Routes(), two.Addrs(), two.groups)
	}
	for _, e := range h.timers.heap {
		if !strings.HasPrefix(fmt.Sprintf("%T", e.t.owner), "*stack.TCPSocket") && e.t.at != Never {
			if n, ok := e.t.owner.(*neighbor); !ok || n.cache.ifc != h.ifc {
				t.Errorf("timer of a %T is left", e.t.owner)
			}
		}
	}
	dev.room = 1 << 30
	sentBefore := len(dev.out)
	// Nothing can be done with it any more.
	for name, err := range map[string]error{
		"address": two.AddAddr(netip.MustParsePrefix("10.0.0.1/24")), "group": two.JoinGroup(netip.MustParseAddr("224.7.7.7")),
		"route": h.AddRoute(Route{Prefix: everywhere, Gateway: netip.MustParseAddr("10.0.0.7"), Interface: two}),
		"send":  bound.SendTo([]byte("x"), netip.MustParseAddrPort("10.0.0.255:9")), "mac": two.SetHardwareAddr(peerMAC),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	two.SetLink(false)
	// One of the same name.
	again, err := h.AddInterface(dev, cfg)
	noErr(err)
	if again.Index() <= two.Index() || h.interfaceNamed("eth1") != again || h.interfaceNamed(fmt.Sprint(again.Index())) != again {
		t.Errorf("index %d", again.Index())
	}
	h.wait(10 * time.Second)
	dev.in = append(dev.in, ethFrame(peerMAC, cfg.HardwareAddr, dissect.EtherTypeIPv4, ipPacket(dissect.IPv4Header{
		Src: netip.MustParseAddr("10.0.0.8"), Dst: netip.MustParseAddr("10.0.0.1"), Protocol: dissect.ProtoUDP,
	}, udpDatagram(netip.MustParseAddr("10.0.0.8"), netip.MustParseAddr("10.0.0.1"), 9, 1000, "z"))))
	h.poll()
	if bound.Readable() {
		t.Error("what was bound to the old one receives from the new one")
	}
	if err := bound.SendTo([]byte("x"), netip.MustParseAddrPort("10.0.0.255:9")); err != ErrNoRoute {
		t.Errorf("send: %v", err)
	}
	if len(dev.out) == sentBefore {
		t.Error("the new one says nothing")
	}
	h.sent()
}

// With the device full, every queue full and nobody to read, frames are still taken from the device, and dropped by name; the stack does not spin
//
func TestFramesReadWhenFull(t *testing.T) {
	h := newBench(t, Config{TxQueue: 5, UDPRcvBuf: 4096, NeighborQueueBytes: 4096})
	h.knowPeer()
	u, err := h.ListenUDP(netip.AddrPortFrom(ourIP, 1000), UDPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h.dev.room = 0
	for i := range 500 {
		stranger := netip.AddrFrom4([4]byte{192, 168, 69, byte(101 + i%100)})
		h.dev.in = append(h.dev.in, echoFrame(dissect.IPv4Header{}, 1000), echoFrame(dissect.IPv4Header{Src: stranger}, 1000),
			udpFrame(dissect.IPv4Header{}, 7, 1000, strings.Repeat("x", 1000)))
	}
	h.poll() // fails if there is something to do at once for ever
	if len(h.dev.in) != 0 || h.NextPoll() <= h.at {
		t.Errorf("%d frames left, next poll at %v of %v", len(h.dev.in), h.NextPoll(), h.at)
	}
	if c := h.Counters(); c.TxQueueFull == 0 || c.UDPQueueFull == 0 || u.Dropped() == 0 {
		t.Errorf("counters:\n%v", c)
	}
	checkAccounts(t, h.Stack)
}

// A link that is away for a minute and comes back ends no connection that is open, whatever its neighbor is found to be meanwhile; what
// waited for a full device leaves at once.
func TestConnectionOutlivesLink(t *testing.T) {
	for _, full := range []bool{false, true} {
		h := newBench(t, Config{})
		h.knowPeer()
		l := h.listen("0.0.0.0:80", TCPOptions{})
		h.open(5000)
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		h.ifc.SetLink(false)
		if full {
			h.dev.room = 0
		} else {
			h.dev.sendErr = errDevice
		}
		if _, err := c.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		h.wait(time.Minute)
		if len(h.dev.out) != 0 {
			t.Fatal("sent on no link")
		}
		h.dev.room, h.dev.sendErr = 1<<30, nil
		h.ifc.SetLink(true)
		h.wait(1500 * time.Millisecond)
		if got := h.sent(); !strings.Contains(got, "arp request 192.168.69.100") {
			t.Errorf("full %v: sent\n%s", full, got)
		}
		h.rx(arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP))
		h.wait(time.Second)
		if got := h.sent(); c.State() != tcp.Established || !strings.Contains(got, "80>5000") {
			t.Errorf("full %v: state %s, sent\n%s", full, c.State(), got)
		}
	}
}

// Addresses are not asked about on no link, since silence would prove nothing there; they are when there is one.
func TestProbesWaitForLink(t *testing.T) {
	h := newInterface(t, InterfaceConfig{})
	ours := []netip.Prefix{netip.PrefixFrom(ourIP, 24), netip.MustParsePrefix("fdaa::1/64")}
	add := func() {
		t.Helper()
		if err := h.ifc.AddAddrWith(ours[0], AddrOptions{Probe: true}); err != nil {
			t.Fatal(err)
		}
		if err := h.ifc.AddAddr(ours[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, before := range []bool{false, true} {
		if before { // the link goes while they are being asked about
			add()
			h.wait(500 * time.Millisecond)
			h.ifc.SetLink(false)
		} else {
			h.ifc.SetLink(false)
			add()
		}
		h.sent()
		h.wait(time.Minute)
		if got := h.sent(); len(h.ifc.Addrs()) != 0 || len(h.ifc.Tentative()) != 2 || strings.Contains(got, "arp") {
			t.Errorf("ours %v, tentative %v, sent\n%s", h.ifc.Addrs(), h.ifc.Tentative(), got)
		}
		h.ifc.SetLink(true)
		h.wait(10 * time.Second)
		if got := h.sent(); len(h.ifc.Addrs()) != 2 || strings.Count(got, "arp request 192.168.69.1 from 0.0.0.0") != probeNum {
			t.Errorf("ours %v, sent\n%s", h.ifc.Addrs(), got)
		}
		for _, a := range ours {
			h.ifc.RemoveAddr(a.Addr())
		}
	}
}

// What waits in one socket behind a datagram for an interface that was removed still leaves, by its own interface.
func TestRemovedFromTheMiddle(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	two, err := h.AddInterface(&wire{room: 1 << 30, mtu: 1500}, InterfaceConfig{
		Name: "eth1", HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 2}, Addrs: prefixes("10.0.0.1/24"),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(10 * time.Second)
	h.sent()
	u, k := h.openUDP("0.0.0.0:1000", UDPOptions{}), h.openRaw("0.0.0.0", 200, RawOptions{})
	e, err := h.OpenEcho(EchoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, to := range []netip.Addr{peerIP, netip.MustParseAddr("10.0.0.255"), peerIP} {
		for _, err := range []error{u.SendTo([]byte("x"), netip.AddrPortFrom(to, 9)), k.SendTo([]byte("x"), to), e.Send(to, uint16(i), nil)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	h.RemoveInterface(two)
	h.poll()
	if got := h.sent(); strings.Count(got, "\n") != 5 || u.snd.len()+k.snd.len()+e.snd.len() != 0 {
		t.Errorf("%d, %d and %d wait; sent\n%s", u.snd.len(), k.snd.len(), e.snd.len(), got)
	}
	h.counted("TxErrors", 3)
	checkAccounts(t, h.Stack)
}

// The group in which an address is asked for is left with the address, also where the link came back while it was being asked for.
func TestLinkUpLeavesNoGroup(t *testing.T) {
	h := newInterface(t, InterfaceConfig{})
	a := netip.MustParsePrefix("fdaa::1/64")
	if err := h.ifc.AddAddr(a); err != nil {
		t.Fatal(err)
	}
	h.wait(1100 * time.Millisecond)
	if h.ifc.groupOf(solicitedNode(a.Addr())) == nil {
		t.Fatal("not being asked for")
	}
	h.ifc.SetLink(false)
	h.ifc.SetLink(true)
	h.ifc.RemoveAddr(a.Addr())
	if h.ifc.groupOf(solicitedNode(a.Addr())) != nil {
		t.Error("the group stays")
	}
}
