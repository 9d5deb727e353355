package stack

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// A connection over IPv6, opened from either side: the MSS leaves room for the larger header, and a peer that names none is
// assumed to take 1220 (RFC 9293 section 3.7.1, MUST-15).
func TestTCPOverIPv6(t *testing.T) {
	h := newBench6(t, Config{})
	h.knowPeer6()
	l := h.listen("[::]:80", TCPOptions{})
	c, synack, seg := h.open6(l, 5000)
	if mss := mssOf(synack); mss != 1440 {
		t.Errorf("MSS %d", mss)
	}
	if c.LocalAddr() != ap("[fdaa::1]:80") || c.RemoteAddr() != ap("[fdaa::64]:5000") {
		t.Errorf("%s %s", c.LocalAddr(), c.RemoteAddr())
	}
	h.rx(tcp6Frame(dissect.IPv6Header{}, seg, "question"))
	var buf [100]byte
	if n, err := c.Read(buf[:]); err != nil || string(buf[:n]) != "question" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	h.sent()
	_, _ = c.Write(make([]byte, 3000))
	h.poll()
	if got, want := h.sent(), "tcp fdaa::1>fdaa::64 80>5000 ACK len 1220"; !strings.HasPrefix(got, want) {
		t.Errorf("sent %s, want %s", got, want)
	}
	d, err := h.DialTCP(netip.AddrPortFrom(peerIP6, 81), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h.poll()
	syn := dissect.TCP(dissect.IPv6(h.dev.out[0][14:]).Payload())
	if mssOf(syn) != 1440 || d.LocalAddr().Addr() != ourIP6 {
		t.Errorf("MSS %d from %s", mssOf(syn), d.LocalAddr())
	}
	h.rx(tcp6Frame(dissect.IPv6Header{}, dissect.TCPHeader{SrcPort: 81, DstPort: syn.SrcPort(), Seq: 9, Ack: syn.Seq() + 1, Flags: dissect.SYN | dissect.ACK}, ""))
	if d.State() != tcp.Established {
		t.Errorf("state %s", d.State())
	}
}

func mssOf(t dissect.TCP) int {
	for b := t.Options(); len(b) > 0; {
		o, rest, err := dissect.NextTCPOption(b)
		if err != nil {
			break
		}
		if o.Kind() == dissect.TCPOptMSS {
			d := o.Data()
			return int(d[0])<<8 | int(d[1])
		}
		b = rest
	}
	return 0
}

// Packet Too Big has segments resent at once, smaller, if the number that it quotes is outstanding (RFC 8201 section 4, RFC
// 5927 section 4.1, X-012, X-030, X-352).
func TestTCPPacketTooBig(t *testing.T) {
	h := newBench6(t, Config{})
	h.knowPeer6()
	l := h.listen("[::]:80", TCPOptions{})
	seg := dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1000, Flags: dissect.SYN}
	seg.Options.AddMSS(1440)
	h.rx(tcp6Frame(dissect.IPv6Header{}, seg, ""))
	synack := dissect.TCP(dissect.IPv6(h.dev.out[0][14:]).Payload())
	seg.Options = dissect.TCPOptions{}
	seg.Seq, seg.Ack, seg.Flags = 1001, synack.Seq()+1, dissect.ACK
	h.rx(tcp6Frame(dissect.IPv6Header{}, seg, ""))
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	h.sent()
	_, _ = c.Write(make([]byte, 2000))
	h.poll()
	quote := slices.Clone(h.dev.out[0][14:])
	h.expect("tcp fdaa::1>fdaa::64 80>5000 ACK len 1440", "tcp fdaa::1>fdaa::64 80>5000 PSH|ACK len 560")
	wrong := slices.Clone(quote)
	wrong[40+4] ^= 0x55
	h.rx(error6Frame(dissect.ICMPv6PacketTooBig, 0, 1280, wrong), error6Frame(dissect.ICMPv6PacketTooBig, 0, 1279, quote))
	h.expect("")
	h.rx(error6Frame(dissect.ICMPv6PacketTooBig, 0, 1280, quote))
	if got := h.sent(); !strings.HasPrefix(got, "tcp fdaa::1>fdaa::64 80>5000 ACK len 1220") {
		t.Errorf("sent %s", got)
	}
}

// A listener on "::" takes both IP versions, one on 0.0.0.0 or with V6Only takes one.
func TestDualStack(t *testing.T) {
	h := newBench6(t, Config{})
	if err := h.ifc.AddAddr(netip.PrefixFrom(ourIP, 24)); err != nil {
		t.Fatal(err)
	}
	h.wait(10 * time.Second)
	h.sent()
	h.knowPeer()
	h.knowPeer6()
	syn := dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1000, Flags: dissect.SYN}
	for _, c := range []struct {
		local string
		opt   TCPOptions
		both  string
	}{
		{"[::]:80", TCPOptions{}, "46"}, {"0.0.0.0:80", TCPOptions{}, "4"}, {"[::]:80", TCPOptions{V6Only: true}, "6"},
		{"[fdaa::1]:80", TCPOptions{}, "6"}, {"192.168.69.1:80", TCPOptions{}, "4"}, {"[::ffff:192.168.69.1]:80", TCPOptions{}, "4"},
		{"[fe80::1%eth0]:80", TCPOptions{}, ""}, {"[fe80::1]:80", TCPOptions{}, ""},
	} {
		l, err := h.ListenTCP(ap(c.local), c.opt)
		if err != nil {
			t.Errorf("%s: %v", c.local, err)
			continue
		}
		got := ""
		syn.Seq += 100000
		syn.SrcPort++
		h.rx(tcpFrame(dissect.IPv4Header{}, syn, ""))
		if strings.Contains(h.sent(), "SYN|ACK") {
			got += "4"
		}
		h.rx(tcp6Frame(dissect.IPv6Header{}, syn, ""))
		if strings.Contains(h.sent(), "SYN|ACK") {
			got += "6"
		}
		if got != c.both {
			t.Errorf("%s takes %q, want %q", c.local, got, c.both)
		}
		l.Close()
		h.poll()
		h.sent()
	}
	u := h.openUDP("[::]:7", UDPOptions{})
	h.rx(udpFrame(dissect.IPv4Header{}, 9, 7, "four"), udp6Frame(dissect.IPv6Header{}, 9, 7, "six"))
	for _, want := range []struct{ text, remote, local string }{
		{"four", "192.168.69.100:9", "192.168.69.1:7"}, {"six", "[fdaa::64]:9", "[fdaa::1]:7"},
	} {
		var buf [9]byte
		n, m, err := u.Recv(buf[:])
		if err != nil || string(buf[:n]) != want.text || m.Remote != ap(want.remote) || m.Local != ap(want.local) {
			t.Errorf("%q %+v %v", buf[:n], m, err)
		}
		if err := u.Send([]byte("back"), m); err != nil {
			t.Error(err)
		}
	}
	h.poll()
	h.expect(`udp 192.168.69.1>192.168.69.100 7>9 "back"`, `udp fdaa::1>fdaa::64 7>9 "back"`)
	for _, c := range []struct{ local, to string }{{"0.0.0.0:0", "[fdaa::64]:9"}, {"192.168.69.1:0", "[fdaa::64]:9"}, {"[fdaa::1]:0", "192.168.69.100:9"}} {
		if err := h.openUDP(c.local, UDPOptions{}).SendTo(nil, ap(c.to)); err != ErrInvalidAddr {
			t.Errorf("from %s to %s: %v", c.local, c.to, err)
		}
	}
}

// A link-local peer is reached by the interface that its zone names, answered by the one it came from, and refused without a zone
// if there are several (RFC 4007 sections 6, 7 and 11, X-060).
func TestZones(t *testing.T) {
	h := newBench6(t, Config{})
	u := h.openUDP("[::]:7", UDPOptions{})
	if err := u.SendTo(nil, ap("[fe80::64]:9")); err != nil {
		t.Errorf("with one link no zone is needed: %v", err)
	}
	second := &wire{room: 100, mtu: 1500}
	ifc, err := h.AddInterface(second, InterfaceConfig{Name: "eth1", HardwareAddr: ourMAC, Addrs: prefixes("fe80::2/64", "fdbb::1/64")})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(10 * time.Second)
	h.dev.out, second.out = nil, nil
	if err := u.SendTo(nil, ap("[fe80::64]:9")); err != ErrInvalidAddr {
		t.Errorf("with two links a zone is needed: %v", err)
	}
	if _, err := h.DialTCP(ap("[fe80::64]:9"), TCPOptions{}); err != ErrInvalidAddr {
		t.Errorf("TCP: %v", err)
	}
	for _, zone := range []string{"eth2", "3", "-1", "0"} {
		if err := u.SendTo(nil, netip.AddrPortFrom(peerLink.WithZone(zone), 9)); err != ErrInvalidAddr {
			t.Errorf("zone %s: %v", zone, err)
		}
	}
	// The peer has the same address on both links, and is another host there.
	for _, zone := range []string{"eth1", "2"} {
		if err := u.SendTo([]byte("x"), netip.AddrPortFrom(peerLink.WithZone(zone), 9)); err != nil {
			t.Fatal(err)
		}
		h.poll()
		if len(second.out) != 1 || len(h.dev.out) != 0 {
			t.Errorf("zone %s: %d and %d frames", zone, len(h.dev.out), len(second.out))
		}
		second.out = nil
		h.wait(10 * time.Second)
		h.dev.out, second.out = nil, nil
	}
	second.in = append(second.in, udp6Frame(dissect.IPv6Header{Src: peerLink, Dst: ip6("fe80::2")}, 9, 7, "hi"))
	h.poll()
	var buf [9]byte
	var m UDPMessage
	for err = errors.New("errors of before"); err != nil && err != ErrWouldBlock; {
		_, m, err = u.Recv(buf[:])
	}
	if err != nil || m.Remote != ap("[fe80::64%eth1]:9") || m.Interface != ifc {
		t.Fatalf("%+v, %v", m, err)
	}
	_ = u.SendTo([]byte("back"), m.Remote)
	h.poll()
	if len(second.out) != 1 || len(h.dev.out) != 0 {
		t.Errorf("%d and %d frames", len(h.dev.out), len(second.out))
	}
	// Our address on the other link is not ours on this one.
	h.rx(udp6Frame(dissect.IPv6Header{Src: peerLink, Dst: ip6("fe80::2")}, 9, 7, "hi"))
	h.counted("IPv6NotOurs", 1)
	l := h.listen("[::]:80", TCPOptions{})
	second.out = nil
	second.in = append(second.in, nsFrame(peerLink, ip6("fe80::2"), ip6("fe80::2"), peerMAC),
		tcp6Frame(dissect.IPv6Header{Src: peerLink, Dst: ip6("fe80::2")}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Flags: dissect.SYN}, ""),
		tcp6Frame(dissect.IPv6Header{Src: peerLink, Dst: ip6("fe80::2")}, dissect.TCPHeader{SrcPort: 5000, DstPort: 81, Flags: dissect.SYN}, ""))
	h.poll()
	var got []string
	for _, f := range second.out {
		got = append(got, describe(t, f, false))
	}
	if s := strings.Join(got, "\n"); !strings.Contains(s, "80>5000 SYN|ACK") || !strings.Contains(s, "81>5000 RST|ACK") || len(h.dev.out) != 0 {
		t.Errorf("sent\n%s", s)
	}
	for c := range h.TCPSockets() {
		if c.RemoteAddr() != ap("[fe80::64%eth1]:5000") || c.LocalAddr() != ap("[fe80::2%eth1]:80") {
			t.Errorf("%s %s", c.LocalAddr(), c.RemoteAddr())
		}
	}
	l.Close()
}

// Packets to our own IPv6 addresses stay inside, and so do those to ff01::/16; ::1 never leaves.
func TestIPv6Loopback(t *testing.T) {
	h := newBench6(t, Config{})
	for _, a := range []string{"::1", "fdaa::1", "fe80::1", "fe80::1%eth0"} {
		l := h.listen("[::]:80", TCPOptions{})
		c, err := h.DialTCP(netip.AddrPortFrom(ip6(a), 80), TCPOptions{})
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		h.poll()
		d, err := l.Accept()
		if err != nil || c.State() != tcp.Established {
			t.Fatalf("%s: %v, %s", a, err, c.State())
		}
		_, _ = c.Write([]byte("inside"))
		h.poll()
		if d.Readable() != 6 || d.RemoteAddr().Addr().WithZone("") != ip6(a).WithZone("") {
			t.Errorf("%s: %d bytes from %s", a, d.Readable(), d.RemoteAddr())
		}
		c.Abort()
		d.Abort()
		l.Close()
		h.poll()
	}
	u := h.openUDP("[::]:7", UDPOptions{})
	if err := u.SendTo([]byte("x"), ap("[ff01::1]:7")); err != nil {
		t.Error(err)
	}
	h.poll()
	if _, m, err := u.Recv(nil); err != nil || m.Remote != ap("[::1]:7") || m.Interface != h.interfaces[0] {
		t.Errorf("%+v, %v", m, err)
	}
	if err := h.openUDP("[::1]:9", UDPOptions{}).SendTo(nil, netip.AddrPortFrom(peerIP6, 9)); err != ErrNoRoute {
		t.Errorf("from ::1: %v", err)
	}
	h.expect("")
	if h.ifc.RemoveAddr(ourIP6); !errors.Is(u.SendTo(nil, ap("[2001:db8::1]:9")), ErrNoRoute) {
		t.Error("a packet with no route")
	}
}

// Routes of IPv6: by the longest prefix, by a gateway with a link-local address, and not without a zone if there are several
// links.
func TestIPv6Routes(t *testing.T) {
	h := newBench6(t, Config{})
	for _, c := range []struct {
		prefix, gateway string
		on              *Interface
		err             error
	}{
		{"::/0", "fe80::64", nil, nil}, {"2001:db8::/32", "fdaa::65", nil, nil}, {"2001:db8:1::/48", "fe80::66%eth0", nil, nil},
		{"2001:db8:2::/48", "", h.ifc, nil}, {"2001:db8::/32", "192.168.69.1", nil, ErrBadRoute}, {"::/0", "fdaa::1", nil, ErrBadRoute},
		{"::/0", "ff02::1", nil, ErrBadRoute}, {"::/0", "fdbb::1", nil, ErrBadRoute}, {"::/0", "fe80::1%eth9", nil, ErrBadRoute},
	} {
		r := Route{Prefix: netip.MustParsePrefix(c.prefix), Interface: c.on}
		if c.gateway != "" {
			r.Gateway = ip6(c.gateway)
		}
		if err := h.AddRoute(r); !errors.Is(err, c.err) {
			t.Errorf("%s by %s: %v, want %v", c.prefix, c.gateway, err, c.err)
		}
	}
	u := h.openUDP("[::]:7", UDPOptions{})
	for _, c := range []struct{ to, ask string }{
		{"2600::1", "ns fe80::64 fdaa::1>ff02::1:ff00:64"}, {"2001:db8::1", "ns fdaa::65 fdaa::1>ff02::1:ff00:65"},
		{"2001:db8:1::1", "ns fe80::66 fdaa::1>ff02::1:ff00:66"}, {"2001:db8:2::67", "ns 2001:db8:2::67 fdaa::1>ff02::1:ff00:67"},
		{"fdaa::68", "ns fdaa::68 fdaa::1>ff02::1:ff00:68"}, {"fe80::69", "ns fe80::69 fe80::1>ff02::1:ff00:69"},
	} {
		if err := u.SendTo(nil, netip.AddrPortFrom(ip6(c.to), 9)); err != nil {
			t.Errorf("%s: %v", c.to, err)
		}
		h.poll()
		h.expect(c.ask)
	}
	_ = u.SendTo([]byte("x"), ap("[ff02::5]:9"))
	_ = u.SendTo([]byte("x"), ap("[ff0e::5]:9"))
	h.poll()
	h.expect(`udp fe80::1>ff02::5 7>9 "x"`, `udp fdaa::1>ff0e::5 7>9 "x"`)
	if !h.RemoveRoute(Route{Prefix: netip.MustParsePrefix("2001:db8:1::/48"), Gateway: ip6("fe80::66%eth0"), Interface: h.ifc}) {
		t.Error("RemoveRoute")
	}
}

// Each rule of RFC 6724 section 5, with the addresses of its examples (section 10.1) where it has some.
func TestSourceSelection(t *testing.T) {
	for _, c := range []struct {
		addrs, dst, want string
	}{
		{"2001:db8:3::1 fe80::1", "2001:db8:1::1", "2001:db8:3::1"},
		{"2001:db8:3::1 fe80::1", "ff05::1", "2001:db8:3::1"},
		{"2001:db8:3::1 fe80::1", "fe80::9", "fe80::1"},
		{"fe80::1 2001:db8:2::1", "2001:db8:1::1", "2001:db8:2::1"},
		{"2001:db8:1::1 2001:db8:3::5", "2001:db8:3::5", "2001:db8:3::5"},             // rule 1
		{"2001:db8:1::2 2001:db8:3::2", "2001:db8:3::5", "2001:db8:3::2"},             // rule 8
		{"2001:db8:3::2 2001:db8:1::2", "2001:db8:1::5", "2001:db8:1::2"},             // rule 8
		{"2002:c633:6401::2 2001:db8:1::2", "2002:c633:6401::3", "2002:c633:6401::2"}, // rule 6
		{"2002:c633:6401::2 2001:db8:1::2", "2001:db8:5::1", "2001:db8:1::2"},         // rule 6
		{"fd00::2 2001:db8:1::2", "fd12::1", "fd00::2"},                               // rule 6: unique local to unique local
		{"fd00::2 2001:db8:1::2", "64:ff9b::1", "2001:db8:1::2"},                      // a global one
		{"2001:db8::2 2001:db8::3", "2600::1", "2001:db8::2"},                         // no rule decides: the first
		{"fe80::1", "2001:db8::1", "fe80::1"},
	} {
		h := startBench6(t, Config{DADTransmits: -1}, InterfaceConfig{})
		for _, a := range strings.Fields(c.addrs) {
			if err := h.ifc.AddAddr(netip.PrefixFrom(ip6(a), 64)); err != nil {
				t.Fatal(err)
			}
		}
		if got := h.ifc.source6(ip6(c.dst)); got != ip6(c.want) {
			t.Errorf("from %s to %s: %s, want %s", c.addrs, c.dst, got, c.want)
		}
	}
	if scopeOf(ip6("febf::1")) != scopeLink || scopeOf(ip6("fec0::1")) != scopeGlobal || scopeOf(ip6("::1")) != scopeLink ||
		scopeOf(ip6("ff05::1")) != 5 || scopeOf(ip6("64:ff9b::1")) != scopeGlobal {
		t.Error("scopes")
	}
}
