package stack

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

var otherMAC = dissect.MAC{0xaa, 0, 0, 0, 0, 0x77}

// An address is ours only after its own solicitation stayed unanswered for RetransTimer (RFC 4862 section 5.4).
func TestDAD(t *testing.T) {
	const report = "mld to-exclude ff02::1:ff00:1 ::>ff02::16"
	const probe = "ns fdaa::1 ::>ff02::1:ff00:1"
	start := func() *bench {
		h := startBench6(t, Config{}, InterfaceConfig{Addrs: prefixes("fdaa::1/64")})
		for range 100 { // until the probe is out
			if h.wait(20 * time.Millisecond); strings.Contains(fmt.Sprint(len(h.dev.out)), "2") {
				break
			}
		}
		h.expect(report, probe)
		return h
	}
	usable := func(h *bench) bool {
		_, err := h.ListenUDP(ap("[fdaa::1]:99"), UDPOptions{Shared: true})
		return err == nil
	}
	t.Run("unanswered", func(t *testing.T) {
		h := start()
		if h.at > Time(time.Second) {
			t.Errorf("the first solicitation is sent after %v", h.at)
		}
		h.rx(nsFrame(peerIP6, ip6("ff02::1:ff00:1"), ourIP6, peerMAC), echo6Frame(dissect.IPv6Header{}, 4))
		h.expect("") // nobody is answered, and nobody remembered
		if len(h.ifc.neighbors6.entries) != 0 {
			t.Error("an entry for who asked")
		}
		h.wait(900 * time.Millisecond)
		if usable(h) {
			t.Error("usable too early")
		}
		h.wait(100 * time.Millisecond)
		if !usable(h) || len(h.ifc.Tentative()) != 0 {
			t.Error("not usable")
		}
		h.wait(5 * time.Second)
		// The report comes again; routers learn of the address (RFC 9131).
		h.expect(report, "na fdaa::1 fdaa::1>ff02::2")
	})
	conflict := func(name string, frame []byte) {
		t.Run(name, func(t *testing.T) {
			h := start()
			h.rx(frame)
			h.wait(time.Minute)
			if usable(h) || len(h.ifc.Duplicate()) != 1 {
				t.Error("the address is used")
			}
			h.rx(nsFrame(any6, ip6("ff02::1:ff00:1"), ourIP6, dissect.MAC{}))
			if s := h.sent(); strings.Contains(s, "na ") {
				t.Errorf("defended: %s", s)
			}
			if !h.ifc.RemoveAddr(ourIP6) || h.ifc.AddAddr(netip.MustParsePrefix("fdaa::1/64")) != nil {
				t.Error("it cannot be tried again")
			}
		})
	}
	conflict("another has it", naFrame(allNodes6, ourIP6, "O", otherMAC))
	conflict("another wants it too", nsFrame(any6, ip6("ff02::1:ff00:1"), ourIP6, dissect.MAC{}))
	t.Run("our own question comes back", func(t *testing.T) { // RFC 7527
		h := startBench6(t, Config{}, InterfaceConfig{Addrs: prefixes("fdaa::1/64")})
		for len(h.dev.out) < 2 {
			h.wait(10 * time.Millisecond)
		}
		h.rx(h.dev.out[1])
		h.wait(time.Minute)
		if !usable(h) {
			t.Error("a reflection took the address away")
		}
	})
	t.Run("none", func(t *testing.T) {
		h := startBench6(t, Config{DADTransmits: -1}, InterfaceConfig{Addrs: prefixes("fdaa::1/64")})
		if !usable(h) {
			t.Error("not usable at once")
		}
	})
	t.Run("three times", func(t *testing.T) {
		h := startBench6(t, Config{DADTransmits: 3}, InterfaceConfig{Addrs: prefixes("fdaa::1/64")})
		h.wait(time.Minute)
		if n := strings.Count(h.sent(), probe); n != 3 || !usable(h) {
			t.Errorf("%d solicitations", n)
		}
	})
}

// A solicitation from :: for our address is answered to all nodes with Solicited clear.
func TestDefendAddress(t *testing.T) {
	h := newBench6(t, Config{})
	h.rx(nsFrame(any6, ip6("ff02::1:ff00:1"), ourIP6, dissect.MAC{}))
	h.expect("na fdaa::1 O fdaa::1>ff02::1")
	h.rx(naFrame(allNodes6, ourIP6, "O", otherMAC)) // from our address: no packet of another's
	h.counted("IPv6Martian", 1)
	if len(h.ifc.Addrs()) != 2 {
		t.Error("the address was given up")
	}
}

// What makes a message invalid, and what does not (RFC 4861 sections 7.1.1, 7.1.2).
func TestNDPValidation(t *testing.T) {
	option := func(f []byte, o ...byte) []byte { // appends an option
		ip := dissect.IPv6(f[14:])
		return icmp6Frame(dissect.IPv6Header{Src: ip.Src(), Dst: ip.Dst(), HopLimit: 255}, append(dissect.ICMPv6(ip.Payload()), o...))
	}
	ns := func(mac dissect.MAC) []byte { return nsFrame(peerIP6, ourIP6, ourIP6, mac) }
	rehop := func(f []byte, hops byte) []byte { return put(f, 14+7, hops) }
	recode := func(f []byte) []byte {
		m := append(dissect.ICMPv6{}, dissect.IPv6(f[14:]).Payload()...)
		m[1] = 1
		return icmp6Frame(dissect.IPv6Header{HopLimit: 255}, m)
	}
	const answer = "na fdaa::1 SO fdaa::1>fdaa::64"
	for _, c := range []struct {
		name    string
		frame   []byte
		answer  string
		counter string
	}{
		{"valid", ns(peerMAC), answer, "NDPReceived"},
		{"hop limit 254", rehop(ns(peerMAC), 254), "", "NDPInvalid"},
		{"code 1", recode(ns(peerMAC)), "", "NDPInvalid"},
		{"an unknown option is skipped (X-235, X-242)", option(ns(peerMAC), 200, 1, 0, 0, 0, 0, 0, 0), answer, "NDPReceived"},
		{"one out of place", option(ns(peerMAC), 5, 1, 0, 0, 0, 0, 5, 220), answer, "NDPReceived"},
		{"one too short for its type (X-318)", option(ns(peerMAC), 3, 1, 64, 0, 0, 0, 0, 0), answer, "NDPReceived"},
		{"an option of length 0 (X-320)", option(ns(peerMAC), 200, 0, 0, 0, 0, 0, 0, 0), "", "ICMPMalformed"},
		{"target of a group", nsFrame(peerIP6, ourIP6, allNodes6, peerMAC), "", "NDPInvalid"},
		{"from :: with a hardware address", nsFrame(any6, ip6("ff02::1:ff00:1"), ourIP6, peerMAC), "", "NDPInvalid"},
		{"from :: to one host", nsFrame(any6, ourIP6, ourIP6, dissect.MAC{}), "", "NDPInvalid"},
		{"in a fragment (RFC 6980)", chained(dissect.IPv6Header{HopLimit: 255}), "", "ICMPReceived"},
		{"a solicited advertisement to a group", naFrame(allNodes6, peerIP6, "S", peerMAC), "", "NDPInvalid"},
		{"an advertisement that nobody waits for", naFrame(allNodes6, peerIP6, "O", peerMAC), "", "NDPReceived"},
		{"a router solicitation", icmp6Frame(dissect.IPv6Header{Dst: allNodes6, HopLimit: 255}, dissect.ICMPv6{133, 0, 0, 0, 0, 0, 0, 0}), "", "NDPReceived"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newBench6(t, Config{})
			if c.name == "in a fragment (RFC 6980)" {
				h.knowPeer6()
				m := dissect.IPv6(ns(otherMAC)[14:]).Payload()
				h.rx(fragments6(dissect.IPv6Header{HopLimit: 255}, 1, dissect.ProtoICMPv6, nil, m, 24)...)
				h.expect("")
				h.counted("NDPInvalid", 1)
				return
			}
			h.rx(c.frame)
			h.expect(c.answer)
			h.counted(c.counter, 1)
			checkAccounts(t, h.Stack)
		})
	}
	t.Run("a target that is not ours changes nothing (X-241)", func(t *testing.T) {
		h := newBench6(t, Config{})
		h.rx(nsFrame(peerIP6, ip6("ff02::1:ff00:1"), ip6("fdaa::9:0:1"), peerMAC))
		if h.expect(""); len(h.ifc.neighbors6.entries) != 0 {
			t.Error("an entry was made")
		}
	})
}

// state is what the cache says of the peer.
func (h *bench) state() string {
	n := h.ifc.neighbors6.entries[peerIP6]
	if n == nil {
		return "none"
	}
	s := []string{resolving: "resolving", reachable: "reachable", probing: "probing", stale: "stale", delaying: "delaying"}[n.state]
	switch n.mac {
	case peerMAC:
		s += " peer"
	case otherMAC:
		s += " other"
	}
	return s
}

// The table of RFC 4861 appendix C: what an advertisement or a solicitation makes of an entry.
func TestNeighborStates(t *testing.T) {
	start := map[string]func(h *bench){
		"none":      func(h *bench) {},
		"resolving": func(h *bench) { h.sendTo6("x") },
		"reachable": func(h *bench) { h.sendTo6("x"); h.rx(naFrame(ourIP6, peerIP6, "SO", peerMAC)) },
		"stale":     func(h *bench) { h.rx(nsFrame(peerIP6, ourIP6, ourIP6, peerMAC)) },
		"delaying":  func(h *bench) { h.rx(nsFrame(peerIP6, ourIP6, ourIP6, peerMAC)) }, // our answer uses it
		"probing": func(h *bench) {
			h.rx(nsFrame(peerIP6, ourIP6, ourIP6, peerMAC))
			h.wait(5500 * time.Millisecond)
		},
	}
	na := func(flags string, mac dissect.MAC) []byte { return naFrame(ourIP6, peerIP6, flags, mac) }
	un := func(flags string, mac dissect.MAC) []byte { return naFrame(allNodes6, peerIP6, flags, mac) }
	none := dissect.MAC{}
	for _, c := range []struct {
		from  string
		name  string
		frame []byte
		want  string
	}{
		{"none", "advertisement", un("O", peerMAC), "none"},
		{"none", "solicited advertisement", na("SO", peerMAC), "none"},
		{"none", "solicitation with an address", nsFrame(peerIP6, ourIP6, ourIP6, peerMAC), "delaying peer"}, // our answer uses it
		{"resolving", "solicited", na("S", peerMAC), "reachable peer"},
		{"resolving", "unsolicited; what waits uses it", un("O", peerMAC), "delaying peer"},
		{"resolving", "without an address", na("SO", none), "resolving"},
		{"resolving", "the address of a group", na("SO", dissect.BroadcastMAC), "resolving"},
		{"reachable", "solicited, same", na("S", peerMAC), "reachable peer"},
		{"reachable", "solicited, other, no override", na("S", otherMAC), "stale peer"},
		{"reachable", "unsolicited, other, no override", un("", otherMAC), "stale peer"},
		{"reachable", "unsolicited, other, override", un("O", otherMAC), "stale other"},
		{"reachable", "solicited, other, override", na("SO", otherMAC), "reachable other"},
		{"reachable", "unsolicited, same", un("O", peerMAC), "reachable peer"},
		{"delaying", "solicited, same", na("S", peerMAC), "reachable peer"},
		{"delaying", "without an address", na("S", none), "reachable peer"},
		{"delaying", "solicited, other, no override", na("S", otherMAC), "delaying peer"},
		{"delaying", "unsolicited, other, override", un("O", otherMAC), "stale other"},
		{"probing", "solicited, same", na("S", peerMAC), "reachable peer"},
		{"probing", "unsolicited, same", un("", peerMAC), "probing peer"},
		{"probing", "unsolicited, other, no override", un("", otherMAC), "probing peer"},
		{"probing", "solicited, other, override", na("SO", otherMAC), "reachable other"},
		{"reachable", "solicitation from the same station", nsFrame(peerIP6, ourIP6, ourIP6, peerMAC), "reachable peer"},
		{"reachable", "solicitation from another station; our answer uses it", nsFrame(peerIP6, ourIP6, ourIP6, otherMAC), "delaying other"},
	} {
		t.Run(c.from+", "+c.name, func(t *testing.T) {
			h := newBench6(t, Config{})
			start[c.from](h)
			h.dev.out = nil
			h.rx(c.frame)
			h.dev.out = nil
			if got := h.state(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// sendTo6 sends a datagram to the peer's port 9.
func (h *bench) sendTo6(text string) {
	h.t.Helper()
	u := h.openUDP("[::]:0", UDPOptions{Shared: true})
	if err := u.SendTo([]byte(text), netip.AddrPortFrom(peerIP6, 9)); err != nil {
		h.t.Fatal(err)
	}
	h.poll()
	u.Close()
}

// lines is what was sent, without what UDP datagrams were like.
func (h *bench) lines() string {
	var out []string
	for _, l := range strings.Split(h.sent(), "\n") {
		if f := strings.Fields(l); len(f) > 0 && f[0] == "udp" {
			l = "udp"
		}
		out = append(out, l)
	}
	return strings.Join(out, ", ")
}

// A neighbor is asked for by multicast from the address of the packet that needs it, three times, once a second; what
// waits is told. The next packet after that starts anew, not before a second has passed.
func TestNeighborSolicited(t *testing.T) {
	const ask = "ns fdaa::64 fdaa::1>ff02::1:ff00:64"
	h := newBench6(t, Config{})
	u, err := h.DialUDP(netip.AddrPortFrom(peerIP6, 9), UDPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		_ = u.Write([]byte{byte('a' + i)})
	}
	h.poll()
	h.expect(ask)
	h.wait(999 * time.Millisecond)
	h.expect("")
	h.wait(time.Millisecond)
	h.expect(ask)
	h.wait(time.Second)
	h.expect(ask)
	h.wait(time.Second)
	if _, _, err := u.Recv(nil); err != ErrHostUnreachable {
		t.Errorf("%v", err)
	}
	h.counted("NeighborUnsent", 3)
	_ = u.Write([]byte("d"))
	h.poll()
	h.expect(ask)
	h.rx(naFrame(ourIP6, peerIP6, "SO", peerMAC))
	if got := h.lines(); got != "udp" {
		t.Errorf("sent %s", got)
	}
	// Two addresses: the source is that of the packet.
	_ = h.ifc.AddAddr(netip.MustParsePrefix("fdaa::2/64"))
	h.wait(10 * time.Second)
	h.sent()
	v := h.openUDP("[fdaa::2]:5", UDPOptions{})
	_ = v.SendTo([]byte("x"), ap("[fdaa::77]:9"))
	h.poll()
	h.expect("ns fdaa::77 fdaa::2>ff02::1:ff00:77")
}

// A reachable entry becomes stale by time, a stale one is used at once and probed by unicast after five seconds, and one that does
// not answer three times is asked for anew (RFC 4861 section 7.3.3, X-230).
func TestNeighborUnreachability(t *testing.T) {
	h := newBench6(t, Config{})
	h.sendTo6("x")
	h.rx(naFrame(ourIP6, peerIP6, "SO", peerMAC))
	h.sent()
	h.wait(14 * time.Second) // less than the least reachable time
	if h.sendTo6("x"); h.state() != "reachable peer" || h.lines() != "udp" {
		t.Errorf("%s", h.state())
	}
	h.wait(time.Hour)
	h.sendTo6("x")
	if got := h.lines(); got != "udp" || h.state() != "delaying peer" {
		t.Errorf("%s, sent %s", h.state(), got)
	}
	h.wait(5 * time.Second)
	h.expect("ns fdaa::64 fdaa::1>fdaa::64")
	h.wait(time.Second)
	h.expect("ns fdaa::64 fdaa::1>fdaa::64")
	h.sendTo6("x")
	h.wait(time.Second)
	if got := h.lines(); got != "udp, ns fdaa::64 fdaa::1>fdaa::64" {
		t.Errorf("sent %s", got)
	}
	h.wait(time.Second)
	if h.state() != "none" {
		t.Errorf("%s", h.state())
	}
	if h.NextPoll() != Never {
		t.Errorf("next poll %v", h.NextPoll())
	}
	h.sendTo6("x")
	h.expect("ns fdaa::64 fdaa::1>ff02::1:ff00:64")
}

// New data acknowledged by TCP confirms the neighbor: it is never asked (RFC 4861 section 7.3.1, X-230).
func TestNeighborForwardProgress(t *testing.T) {
	h := newBench6(t, Config{})
	l := h.listen("[::]:80", TCPOptions{})
	h.knowPeer6()
	c, _, seg := h.open6(l, 5000)
	h.dev.out = nil
	for range 20 {
		_, _ = c.Write([]byte("data"))
		h.poll()
		h.wait(4 * time.Second)
		seg.Ack += 4
		h.rx(tcp6Frame(dissect.IPv6Header{}, seg, ""))
	}
	for _, line := range strings.Split(h.sent(), "\n") {
		if strings.HasPrefix(line, "ns fdaa::64") {
			t.Fatalf("sent %s", line)
		}
	}
	if h.state() != "reachable peer" {
		t.Errorf("%s", h.state())
	}
}

// open6 opens a connection from the peer to l, and gives the header of the peer's next segment.
func (h *bench) open6(l *TCPListener, port uint16) (*TCPSocket, dissect.TCP, dissect.TCPHeader) {
	h.t.Helper()
	seg := dissect.TCPHeader{SrcPort: port, DstPort: l.Addr().Port(), Seq: 1000, Flags: dissect.SYN}
	h.dev.out = nil
	h.rx(tcp6Frame(dissect.IPv6Header{}, seg, ""))
	if len(h.dev.out) != 1 {
		h.t.Fatalf("sent %s", h.sent())
	}
	synack := dissect.TCP(dissect.IPv6(h.dev.out[0][14:]).Payload())
	seg.Seq, seg.Ack, seg.Flags = 1001, synack.Seq()+1, dissect.ACK
	h.rx(tcp6Frame(dissect.IPv6Header{}, seg, ""))
	c, err := l.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	return c, synack, seg
}

// The cache and what it remembers are bounded, and a flood does not push out who is in use.
func TestNeighborFlood6(t *testing.T) {
	h := newBench6(t, Config{Neighbors: 16})
	h.sendTo6("x")
	h.rx(naFrame(ourIP6, peerIP6, "SO", peerMAC))
	for i := range 1000 {
		src := netip.AddrFrom16([16]byte{0xfd, 0xaa, 8: 1, 14: byte(i >> 8), 15: byte(i)})
		h.rx(nsFrame(src, ourIP6, ourIP6, dissect.MAC{2, 9, 9, 9, byte(i >> 8), byte(i)}), echo6Frame(dissect.IPv6Header{Src: src.Next()}, 4))
		if i%10 == 0 {
			h.sendTo6("x")
		}
	}
	if h.state() != "reachable peer" {
		t.Errorf("the peer is %s", h.state())
	}
	c := &h.ifc.neighbors6
	if c.known.len > 16 || c.pending.len > 16 || len(c.entries) > 32 || c.waiting > h.cfg.NeighborQueueBytes || len(c.limit.last) > requestsPerSecond {
		t.Errorf("%d known, %d pending, %d bytes", c.known.len, c.pending.len, c.waiting)
	}
	h.wait(time.Minute)
	if c.pending.len != 0 || c.waiting != 0 {
		t.Error("something waits for ever")
	}
}

// A packet that waits with a source that is not ours any more is not sent.
func TestWaitingSourceRemoved(t *testing.T) {
	h := newBench6(t, Config{})
	h.sendTo6("x")
	h.sent()
	h.ifc.RemoveAddr(ourIP6)
	_ = h.ifc.AddAddr(netip.MustParsePrefix("fdaa::2/64"))
	h.rx(naFrame(ourLink, peerIP6, "SO", peerMAC))
	h.counted("NeighborUnsent", 1)
	if s := h.sent(); strings.Contains(s, "udp") {
		t.Errorf("sent %s", s)
	}
}
