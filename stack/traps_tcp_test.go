package stack

import (
	"crypto/rand"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// Traps of TCP that no other test stands for; testdata/traps.txt lists them all.

// connections is how many there are in all states.
func (h *bench) connections() (n int) {
	for range h.TCPSockets() {
		n++
	}
	return n
}

func synTo(ip dissect.IPv4Header, port uint16) []byte {
	return tcpFrame(ip, dissect.TCPHeader{SrcPort: 5000, DstPort: port, Seq: 1000, Flags: dissect.SYN}, "")
}

// trap segment.1: a segment to a broadcast or multicast address, or from an address that no host has, is dropped: no RST, and no
// place in the backlog of a listener (RFC 9293 3.9.2.3, MUST-57, MUST-63, X-013, X-066).
func TestSegmentsOfNobody(t *testing.T) {
	to := func(a string) dissect.IPv4Header { return dissect.IPv4Header{Dst: netip.MustParseAddr(a)} }
	from := func(a string) dissect.IPv4Header { return dissect.IPv4Header{Src: netip.MustParseAddr(a)} }
	group := dissect.MAC{1, 0, 0x5e, 0, 0, 1}
	for _, c := range []struct {
		name string
		ip   dissect.IPv4Header
		mac  dissect.MAC
	}{
		{"to the subnet's broadcast", to("192.168.69.255"), dissect.BroadcastMAC},
		{"to its old form", to("192.168.69.0"), dissect.BroadcastMAC},
		{"to the limited broadcast", to("255.255.255.255"), dissect.BroadcastMAC},
		{"to the limited broadcast in a frame for us", to("255.255.255.255"), ourMAC},
		{"to all hosts", to("224.0.0.1"), group},
		{"to us in a broadcast frame", dissect.IPv4Header{}, dissect.BroadcastMAC},
		{"from 0.0.0.0", from("0.0.0.0"), ourMAC},
		{"from 127.0.0.1", from("127.0.0.1"), ourMAC},
		{"from 224.0.0.1", from("224.0.0.1"), ourMAC},
		{"from 240.0.0.1", from("240.0.0.1"), ourMAC},
		{"from 255.255.255.255", from("255.255.255.255"), ourMAC},
		{"from the subnet's broadcast", from("192.168.69.255"), ourMAC},
		{"from our own address", from("192.168.69.1"), ourMAC},
	} {
		h := newBench(t, Config{})
		h.knowPeer()
		l := h.listen("0.0.0.0:80", TCPOptions{})
		for _, port := range []uint16{80, 81} { // open and closed
			h.rx(put(synTo(c.ip, port), 0, c.mac[:]...))
		}
		h.wait(5 * time.Second)
		if got := h.sent(); got != "" {
			t.Errorf("%s: sent %s", c.name, got)
		}
		if l.half.n != 0 || h.connections() != 0 {
			t.Errorf("%s: %d half open, %d connections", c.name, l.half.n, h.connections())
		}
	}
	// Nor does a connection that is open take them.
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(5000)
	c, _ := l.Accept()
	h.rx(put(tcpFrame(dissect.IPv4Header{}, s, "text"), 0, dissect.BroadcastMAC[:]...))
	s.Flags = dissect.RST
	h.rx(put(tcpFrame(dissect.IPv4Header{}, s, ""), 0, dissect.BroadcastMAC[:]...))
	if c.Readable() != 0 || c.State() != tcp.Established {
		t.Errorf("%d bytes, state %s", c.Readable(), c.State())
	}
}

// trap handshake.1: a simultaneous open works while our own SYN waits in a full device (RFC 9293 3.5, MUST-10, X-001).
func TestSimultaneousOpenOnFullDevice(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.dev.room = 0
	h.rx(echoFrame(dissect.IPv4Header{}, 4)) // the answer fills the queue, so that the SYN is not even made yet
	c, err := h.DialTCP(netip.AddrPortFrom(peerIP, 5000), TCPOptions{Local: netip.AddrPortFrom(ourIP, 80)})
	if err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.rx(synTo(dissect.IPv4Header{}, 80))
	if c.State() != tcp.SynReceived {
		t.Fatalf("state %s", c.State())
	}
	h.dev.room = 1 << 30
	h.wait(2 * time.Second)
	synAck := h.lastTCP()
	if synAck.Flags() != dissect.SYN|dissect.ACK || synAck.Ack() != 1001 {
		t.Fatalf("sent %s ack %d", synAck.Flags(), synAck.Ack())
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{
		SrcPort: 5000, DstPort: 80, Seq: 1000, Ack: synAck.Seq() + 1, Flags: dissect.SYN | dissect.ACK}, ""))
	if c.State() != tcp.Established {
		t.Errorf("state %s", c.State())
	}
}

// trap handshake.5: between two ends there is one connection. A SYN that comes again is the same one while it is half open, and
// gets a challenge ACK while it waits in the backlog and when the program has it (RFC 9293 3.4.1, X-096).
func TestSynAgain(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	one := func(when string, answer dissect.TCPFlags) {
		t.Helper()
		h.dev.out = nil
		h.rx(synTo(dissect.IPv4Header{}, 80))
		if f := h.lastTCP().Flags(); f != answer {
			t.Errorf("%s: answer %s", when, f)
		}
		if n := h.connections(); n != 1 || l.half.n+l.Pending() > 1 {
			t.Errorf("%s: %d connections, %d half open, %d pending", when, n, l.half.n, l.Pending())
		}
	}
	one("new", dissect.SYN|dissect.ACK)
	one("half open", dissect.SYN|dissect.ACK)
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1001, Ack: h.lastTCP().Seq() + 1, Flags: dissect.ACK}, ""))
	if l.Pending() != 1 {
		t.Fatal("not open")
	}
	one("in the backlog", dissect.ACK)
	c, _ := l.Accept()
	one("in the program", dissect.ACK)
	if c.State() != tcp.Established || l.Pending() != 0 {
		t.Errorf("%s, %d pending", c.State(), l.Pending())
	}
}

// twoWires has a second interface, 10.5.0.1/24, without Ethernet.
func twoWires(t *testing.T, cfg Config) (h *bench, tun *wire, ifc *Interface) {
	t.Helper()
	h = newBench(t, cfg)
	tun = &wire{mtu: 1400, rawIP: true, room: 1 << 30}
	ifc, err := h.AddInterface(tun, InterfaceConfig{Name: "tun0", Addrs: []netip.Prefix{netip.MustParsePrefix("10.5.0.1/24")}})
	if err != nil {
		t.Fatal(err)
	}
	h.knowPeer()
	return h, tun, ifc
}

// trap handshake.12 in part not met: the tables know a connection by its four numbers alone, so one bound to an interface and one
// not bound cannot have the same, and there is none to be found first: the second is refused. What comes by the wrong
// interface for the bound one is dropped without an answer.
func TestBoundToInterface(t *testing.T) {
	h, tun, ifc := twoWires(t, Config{})
	ends := TCPOptions{Local: ap("192.168.69.1:80"), Interface: h.ifc}
	c, err := h.DialTCP(ap("192.168.69.100:5000"), ends)
	if err != nil {
		t.Fatal(err)
	}
	for _, on := range []*Interface{nil, h.ifc} {
		ends.Interface = on
		if _, err := h.DialTCP(ap("192.168.69.100:5000"), ends); err != ErrAddrInUse {
			t.Errorf("a second one on %v: %v", on, err)
		}
	}
	h.poll()
	syn := h.lastTCP()
	h.dev.out = nil
	tun.in = append(tun.in, tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{
		SrcPort: 5000, DstPort: 80, Seq: 7, Ack: syn.Seq() + 1, Flags: dissect.SYN | dissect.ACK}, "")[14:])
	h.poll()
	if c.State() != tcp.SynSent || len(tun.out) != 0 || len(h.dev.out) != 0 {
		t.Errorf("%s, %d and %d frames sent", c.State(), len(tun.out), len(h.dev.out))
	}
	// Listeners can share a port: the one on the interface is found first, whichever was opened first.
	for _, boundFirst := range []bool{true, false} {
		var l [2]*TCPListener
		for i := range l {
			o := TCPOptions{}
			if (i == 0) == boundFirst {
				o.Interface = ifc
			}
			l[i] = h.listen("0.0.0.0:90", o)
		}
		tun.in = append(tun.in, tcpPacket("10.5.0.9", "10.5.0.1", dissect.TCPHeader{SrcPort: 6000, DstPort: 90, Flags: dissect.SYN}))
		h.poll()
		bound, other := l[0], l[1]
		if !boundFirst {
			bound, other = other, bound
		}
		if bound.half.n != 1 || other.half.n != 0 {
			t.Errorf("bound first %v: %d half open at the bound one, %d at the other", boundFirst, bound.half.n, other.half.n)
		}
		bound.Close()
		other.Close()
		h.poll()
	}
}

// tcpPacket is a segment in an IP packet without a link header.
func tcpPacket(src, dst string, h dissect.TCPHeader) []byte {
	def(&h.Window, 65535)
	s, d := netip.MustParseAddr(src), netip.MustParseAddr(dst)
	return ipPacket(dissect.IPv4Header{Src: s, Dst: d, Protocol: dissect.ProtoTCP}, tcpSegment(s, d, h, ""))
}

// trap send.7: an ACK for which the device has no room stays due and leaves when there is some.
func TestAckOnFullDevice(t *testing.T) {
	h := newBench(t, Config{TxQueue: 1})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(5000)
	c, _ := l.Accept()
	h.dev.room = 0
	h.rx(echoFrame(dissect.IPv4Header{}, 4)) // the device is full, and so is the queue before it
	for range 4 {
		h.rx(tcpFrame(dissect.IPv4Header{}, s, strings.Repeat("x", 1460)))
		s.Seq += 1460
	}
	h.wait(300 * time.Millisecond)
	if len(h.dev.out) != 0 {
		t.Fatalf("sent %s", h.sent())
	}
	h.dev.room = 1 << 30
	h.poll()
	if a := h.lastTCP(); a.Flags() != dissect.ACK || a.Ack() != s.Seq {
		t.Errorf("sent %s ack %d, expected an ACK of %d", a.Flags(), a.Ack(), s.Seq)
	}
	if c.Readable() != 4*1460 {
		t.Errorf("%d bytes", c.Readable())
	}
}

// trap send.8: what a connection answers at once (an ACK of old text, a challenge, a RST) leaves by the connection's interface,
// and with its TTL, DSCP and timestamps (RFC 9293 3.9.2, X-228, X-262).
func TestAnswersOfTheConnection(t *testing.T) {
	h, tun, ifc := twoWires(t, Config{})
	// The peer is on the Ethernet by its address, but this connection is bound to the other interface.
	if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("192.168.69.0/24"), Interface: ifc, Metric: 5}); err != nil {
		t.Fatal(err)
	}
	l, err := h.ListenTCP(ap("10.5.0.1:80"), TCPOptions{Interface: ifc, TTL: 9, DSCP: 46})
	if err != nil {
		t.Fatal(err)
	}
	receive := func(s dissect.TCPHeader) {
		tun.in = append(tun.in, tcpPacket("192.168.69.100", "10.5.0.1", s))
		h.poll()
	}
	s := dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1000, Flags: dissect.SYN}
	s.Options.AddMSS(1460)
	s.Options.AddTimestamps(100, 0)
	receive(s)
	check := func(what string, want dissect.TCPFlags, timestamps bool) dissect.TCP {
		t.Helper()
		if len(h.dev.out) != 0 {
			t.Errorf("%s: left by the wrong interface: %s", what, h.sent())
		}
		if len(tun.out) != 1 {
			t.Fatalf("%s: %d packets", what, len(tun.out))
		}
		ip := dissect.IPv4(tun.out[0])
		seg := dissect.TCP(ip.Payload())
		if seg.Flags() != want || ip.TTL() != 9 || ip.DSCP() != 46 || seg.OptionValues().HasTimestamps != timestamps {
			t.Errorf("%s: %s, TTL %d, DSCP %d, timestamps %v", what, seg.Flags(), ip.TTL(), ip.DSCP(), seg.OptionValues().HasTimestamps)
		}
		tun.out = nil
		return seg
	}
	synAck := check("SYN", dissect.SYN|dissect.ACK, true)
	s = dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1001, Ack: synAck.Seq() + 1, Flags: dissect.ACK}
	s.Options.AddTimestamps(100, synAck.OptionValues().TSVal)
	receive(s)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	old := s
	old.Seq--
	receive(old)
	check("a keep-alive", dissect.ACK, true)
	reset := s
	reset.Flags, reset.Seq = dissect.RST, s.Seq+9
	receive(reset)
	check("a RST in the window", dissect.ACK, true)
	syn := s
	syn.Flags, syn.Options = dissect.SYN, dissect.TCPOptions{}
	receive(syn)
	check("a SYN without timestamps", dissect.ACK, true)
	c.Abort()
	h.poll()
	check("abort", dissect.RST|dissect.ACK, true)
}

// trap timers.5: after R1, three timeouts in a row, the route is doubted: the neighbor is asked by unicast whether it is there, and
// when it does not answer, another gateway takes over (RFC 9293 3.8.3, MUST-20, RFC 1122 3.3.1.4).
func TestRouteDoubted(t *testing.T) {
	h := newBench(t, Config{NeighborReachable: time.Hour})
	gw1, gw2 := netip.MustParseAddr("192.168.69.253"), netip.MustParseAddr("192.168.69.254")
	for i, gw := range []netip.Addr{gw1, gw2} {
		if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: gw}); err != nil {
			t.Fatal(err)
		}
		h.rx(arpFrame(dissect.ARPReply, peerMACOf(i), gw, ourMAC, ourIP))
	}
	c, err := h.DialTCP(ap("8.8.8.8:53"), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(3500 * time.Millisecond) // SYNs at 0, 1 and 3 s
	if got := h.sent(); strings.Contains(got, "arp") || strings.Count(got, "SYN") != 3 || strings.Count(got, "to "+peerMACOf(0).String()) != 3 {
		t.Errorf("before R1: %s", got)
	}
	h.wait(10 * time.Second)
	if got := h.sent(); strings.Count(got, "arp request 192.168.69.253 from 192.168.69.1 to "+peerMACOf(0).String()) != 3 {
		t.Errorf("after R1: %s", got)
	}
	h.wait(60 * time.Second)
	if got := h.sent(); !strings.Contains(got, "SYN len 0 to "+peerMACOf(1).String()) {
		t.Errorf("by the other gateway: %s, state %s %v", got, c.State(), c.Err())
	}
}

// trap timers.6: the user timeout counts in SYN-SENT, also while the device takes nothing (RFC 9293 3.8.3).
func TestSynSentOnFullDevice(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.dev.room = 0
	c, err := h.DialTCP(netip.AddrPortFrom(peerIP, 80), TCPOptions{Config: &tcp.Config{UserTimeout: 5 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(4 * time.Second)
	if c.State() != tcp.SynSent {
		t.Errorf("%s after 4 s", c.State())
	}
	h.wait(3 * time.Second)
	if c.Err() != ErrTimeout || h.connections() != 0 {
		t.Errorf("%s, %v, %d in the table", c.State(), c.Err(), h.connections())
	}
}

// trap security.2: what must not be guessed comes from the cryptographic source, and each kind has a key of its own, so that none
// tells another (RFC 6528 3, RFC 6056 3.3, X-008, X-335).
func TestSecretsAreApart(t *testing.T) {
	if New(Config{}).cfg.Rand != rand.Reader {
		t.Error("the default source is not crypto/rand")
	}
	a, b := New(Config{}), New(Config{})
	keys := map[sipKey]string{}
	for i, s := range []*Stack{a, b} {
		for name, k := range map[string]sipKey{
			"sequence numbers": s.random.issKey, "timestamps": s.random.tsKey, "packet IDs": s.random.idKey, "slots": s.random.slotKey,
		} {
			if other, ok := keys[k]; ok || k == (sipKey{}) {
				t.Errorf("stack %d: the key of %s is also that of %s", i, name, other)
			}
			keys[k] = name
		}
	}
	// Two numbers that an attacker got for himself do not say what a third one is: over many tuples the difference to the neighbor
	// tuple takes as many values as there are tuples.
	at := func(s *Stack, port uint16) uint32 {
		return s.random.iss(0, netip.AddrPortFrom(ourIP, 80), netip.AddrPortFrom(peerIP, port))
	}
	steps := map[uint32]bool{}
	for port := range uint16(2000) {
		steps[at(a, port+1)-at(a, port)] = true
	}
	if len(steps) < 1990 {
		t.Errorf("%d different steps between the numbers of 2001 neighbor tuples", len(steps))
	}
}

// trap security.3: ephemeral ports are random over 1024 to 65535 (RFC 6056 3.2, X-343).
func TestEphemeralPorts(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	const n = 2000
	var least, most, low int
	least = 65536
	last, steps := 0, map[int]int{}
	for range n {
		c, err := h.DialTCP(netip.AddrPortFrom(peerIP, 80), TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		p := int(c.LocalAddr().Port())
		least, most = min(least, p), max(most, p)
		if p < 1024+64512/2 {
			low++
		}
		steps[p-last]++
		last = p
		c.Abort()
		h.poll()
		h.dev.out = nil
	}
	if least < 1024 || least > 2000 || most < 64500 || low < n*4/10 || low > n*6/10 {
		t.Errorf("ports from %d to %d, %d of %d in the lower half", least, most, low, n)
	}
	for step, k := range steps {
		if k > 5 {
			t.Errorf("the next port was %d further %d times", step, k)
		}
	}
}

// trap sockets.2: a soft error wakes whoever waits, and is there to be read, once (RFC 9293 3.9.1.8, MUST-47, X-353).
func TestSoftErrorWakes(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	h.open(5000)
	c, _ := l.Accept()
	_, _ = c.Write([]byte("data"))
	h.poll()
	calls := 0
	c.SetHandler(func() { calls++ })
	h.poll()
	calls = 0
	seg := append([]byte{}, h.lastTCP()[:8]...)
	h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4Unreachable, 1,
		ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: dissect.ProtoTCP}, seg))))
	if calls != 1 || c.State() != tcp.Established {
		t.Errorf("handler called %d times, state %s", calls, c.State())
	}
	if err := c.SoftError(); err != ErrHostUnreachable {
		t.Errorf("soft error %v", err)
	}
	if err := c.SoftError(); err != nil {
		t.Errorf("it is there again: %v", err)
	}
}

// trap sockets.4: a socket that the program kept after closing it never reaches another connection, also not one between the same
// ends.
func TestSocketKeptAfterClose(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	h.open(5000)
	old, _ := l.Accept()
	old.Abort()
	h.poll()
	s := h.open(5000)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, s, "text"))
	h.dev.out = nil
	if n, err := old.Read(make([]byte, 9)); n != 0 || err != ErrClosed {
		t.Errorf("read %d, %v", n, err)
	}
	if n, err := old.Write([]byte("x")); n != 0 || err != ErrClosed {
		t.Errorf("write %d, %v", n, err)
	}
	if a, b := old.Peek(); a != nil || b != nil {
		t.Error("the old socket has something to peek at")
	}
	old.Discard(4)
	_ = old.CloseWrite()
	old.Close()
	old.Abort()
	old.SetNoDelay(true)
	old.SetKeepAlive(tcp.KeepAlive{Enabled: true, Idle: time.Second})
	h.poll()
	if c.State() != tcp.Established || c.Readable() != 4 || h.connections() != 1 || len(h.dev.out) != 0 {
		t.Errorf("%s, %d bytes, %d connections, sent %s", c.State(), c.Readable(), h.connections(), h.sent())
	}
}

// trap sockets.6: a connection that waits for a full device goes on by another interface when routes change.
func TestRouteChangeUnblocks(t *testing.T) {
	h, tun, ifc := twoWires(t, Config{})
	l := h.listen("0.0.0.0:80", TCPOptions{})
	h.open(5000)
	c, _ := l.Accept()
	h.dev.room = 0
	for range 20 {
		_, _ = c.Write(bytesOf(2000))
	}
	h.poll()
	if !h.ifc.Stalled() || len(h.dev.out) != 0 {
		t.Fatal("the device is not full")
	}
	if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("192.168.69.100/32"), Interface: ifc}); err != nil {
		t.Fatal(err)
	}
	h.wait(5 * time.Second)
	if len(tun.out) == 0 || c.State() != tcp.Established {
		t.Errorf("%d packets by the new route, state %s", len(tun.out), c.State())
	}
}

// trap icmp.7: an error about a port or a connection that nobody has now is forgotten: whoever opens the same later is not told.
func TestErrorBeforeTheSocket(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	quote := func(proto dissect.IPProto, b []byte) []byte {
		return ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4Unreachable, 3,
			ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: proto}, b)))
	}
	h.rx(quote(dissect.ProtoUDP, udpDatagram(ourIP, peerIP, 1000, 9, "")),
		quote(dissect.ProtoTCP, tcpSegment(ourIP, peerIP, dissect.TCPHeader{SrcPort: 1000, DstPort: 9, Seq: 5}, "")))
	h.counted("ICMPUnmatched", 2)
	u, err := h.ListenUDP(netip.AddrPortFrom(ourIP, 1000), UDPOptions{ReportErrors: true})
	if err != nil || u.Connect(netip.AddrPortFrom(peerIP, 9)) != nil {
		t.Fatal(err)
	}
	c, err := h.DialTCP(netip.AddrPortFrom(peerIP, 9), TCPOptions{Local: netip.AddrPortFrom(ourIP, 1000)})
	if err != nil {
		t.Fatal(err)
	}
	h.poll()
	if got := recv(u); got != "" || c.SoftError() != nil || c.State() != tcp.SynSent {
		t.Errorf("the datagram socket got %q, the connection is in %s", got, c.State())
	}
}

// trap icmp.4: an error is believed only if it came to an address of ours alone and quotes a packet from one; icmp.5: and the beginning of
// it, where the ports are (RFC 5927 4.3, RFC 1122 3.2.2, X-067, X-236).
func TestErrorsNotBelieved(t *testing.T) {
	for _, c := range []struct {
		name     string
		outer    dissect.IPv4Header
		quote    dissect.IPv4Header
		mac      dissect.MAC
		believed bool
	}{
		{"as it should be", dissect.IPv4Header{}, dissect.IPv4Header{}, ourMAC, true},
		{"to the broadcast address", dissect.IPv4Header{Dst: netip.MustParseAddr("192.168.69.255")}, dissect.IPv4Header{}, dissect.BroadcastMAC, false},
		{"to all hosts", dissect.IPv4Header{Dst: netip.MustParseAddr("224.0.0.1")}, dissect.IPv4Header{}, dissect.MAC{1, 0, 0x5e, 0, 0, 1}, false},
		{"in a broadcast frame", dissect.IPv4Header{}, dissect.IPv4Header{}, dissect.BroadcastMAC, false},
		{"from nobody", dissect.IPv4Header{Src: netip.MustParseAddr("240.0.0.1")}, dissect.IPv4Header{}, ourMAC, false},
		{"quoting another host's packet", dissect.IPv4Header{}, dissect.IPv4Header{Src: netip.MustParseAddr("192.168.69.7")}, ourMAC, false},
		{"quoting a packet to another host", dissect.IPv4Header{}, dissect.IPv4Header{Dst: netip.MustParseAddr("192.168.69.7")}, ourMAC, false},
		{"quoting a later fragment", dissect.IPv4Header{}, dissect.IPv4Header{FragmentOffset: 8}, ourMAC, false},
		{"quoting another protocol", dissect.IPv4Header{}, dissect.IPv4Header{Protocol: dissect.ProtoUDP}, ourMAC, false},
	} {
		h := newBench(t, Config{})
		h.knowPeer()
		conn, err := h.DialTCP(netip.AddrPortFrom(peerIP, 80), TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		h.poll()
		def(&c.quote.Src, ourIP)
		def(&c.quote.Dst, peerIP)
		def(&c.quote.Protocol, dissect.ProtoTCP)
		c.outer.Protocol = dissect.ProtoICMP
		f := ipFrame(c.outer, icmpMessage(dissect.ICMPv4Unreachable, 3, ipPacket(c.quote, append([]byte{}, h.lastTCP()[:8]...))))
		h.rx(put(f, 0, c.mac[:]...))
		if got := conn.Err() == ErrRefused; got != c.believed || conn.SoftError() != nil {
			t.Errorf("%s: error %v, state %s", c.name, conn.Err(), conn.State())
		}
	}
}

// trap asks.16: of many full segments that one Poll takes from the device every second one is acknowledged (RFC 9293 3.8.6.3, SHLD-19),
// not all together by one ACK.
func TestAcksInABatch(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(5000)
	c, _ := l.Accept()
	c.SetHandler(func() {
		a, b := c.Peek()
		c.Discard(len(a) + len(b))
	})
	h.poll()
	const n = 20
	for range n {
		h.dev.in = append(h.dev.in, tcpFrame(dissect.IPv4Header{}, s, strings.Repeat("x", 1460)))
		s.Seq += 1460
	}
	h.poll()
	if acks := strings.Count(h.sent(), "ACK len 0"); acks < n/2-1 || acks > n/2+1 {
		t.Errorf("%d ACKs for %d segments", acks, n)
	}
	// What the device put together counts for none of them.
	for range 10 {
		h.dev.in = append(h.dev.in, tcpFrame(dissect.IPv4Header{}, s, strings.Repeat("x", 4*1460)))
		s.Seq += 4 * 1460
	}
	h.poll()
	all := h.lastTCP().Ack() == s.Seq
	if sent := h.sent(); !all || strings.Count(sent, "ACK len 0") != 1 {
		t.Errorf("for large segments: %s", sent)
	}
}
