package stack

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

func (h *bench) openRaw(local string, proto dissect.IPProto, o RawOptions) *RawSocket {
	h.t.Helper()
	k, err := h.ListenRaw(netip.MustParseAddr(local), proto, o)
	if err != nil {
		h.t.Fatal(err)
	}
	return k
}

// recvRaw gives the packet that a socket has, nil if there is none.
func recvRaw(t testing.TB, k *RawSocket) ([]byte, RawMessage) {
	t.Helper()
	buf := make([]byte, 70000)
	n, m, err := k.Recv(buf)
	if err != nil {
		if err != ErrWouldBlock {
			t.Errorf("receive: %v", err)
		}
		return nil, m
	}
	return buf[:n], m
}

// Which sockets get a packet: all that it is for, whole as it came, beside what the stack does with it.
func TestRawReceived(t *testing.T) {
	h := newBench(t, Config{})
	tun, err := h.AddInterface(&wire{mtu: 1400, rawIP: true, room: 9}, InterfaceConfig{Addrs: prefixes("10.5.0.1/24")})
	if err != nil {
		t.Fatal(err)
	}
	h.knowPeer()
	second := netip.MustParseAddr("192.168.69.101")
	socks := []struct {
		name string
		k    *RawSocket
	}{
		{"any", h.openRaw("0.0.0.0", 200, RawOptions{})},
		{"twin", h.openRaw("0.0.0.0", 200, RawOptions{})},
		{"bound", h.openRaw("192.168.69.1", 200, RawOptions{})},
		{"elsewhere", h.openRaw("10.5.0.1", 200, RawOptions{})},
		{"onTun", h.openRaw("0.0.0.0", 200, RawOptions{Interface: tun})},
		{"onIf", h.openRaw("0.0.0.0", 200, RawOptions{Interface: h.ifc})},
		{"cast", h.openRaw("192.168.69.255", 200, RawOptions{})},
		{"filter", h.openRaw("0.0.0.0", 200, RawOptions{Filter: func(b []byte) bool { return b[20] == 'f' }})},
		{"connected", h.openRaw("0.0.0.0", 200, RawOptions{})},
		{"other", h.openRaw("0.0.0.0", 201, RawOptions{})},
		{"icmp", h.openRaw("0.0.0.0", dissect.ProtoICMP, RawOptions{})},
		{"udp", h.openRaw("0.0.0.0", dissect.ProtoUDP, RawOptions{})},
		{"six", h.openRaw("::", 200, RawOptions{})},
		{"none", h.openRaw("0.0.0.0", RawNone, RawOptions{Header: true})},
	}
	if err := socks[8].k.Connect(second); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		header dissect.IPv4Header
		data   string
		answer string
		want   string
	}{
		{"unicast", dissect.IPv4Header{Protocol: 200}, "abc", "", "any twin bound onIf"},
		{"nothing in it", dissect.IPv4Header{Protocol: 201}, "", "", "other"},
		{"options", dissect.IPv4Header{Protocol: 200, Options: ipOptions(7, 7, 4, 0, 0, 0, 0, 0)}, "abc", "", "any twin bound onIf"},
		{"from the one", dissect.IPv4Header{Protocol: 200, Src: second}, "abc", "", "any twin bound onIf connected"},
		{"what the filter wants", dissect.IPv4Header{Protocol: 200}, "f", "", "any twin bound onIf filter"},
		{"broadcast", dissect.IPv4Header{Protocol: 200, Dst: netip.MustParseAddr("192.168.69.255")}, "abc", "", "any twin onIf cast"},
		{"nobody's", dissect.IPv4Header{Protocol: 202}, "abc", "icmp 192.168.69.1>192.168.69.100 3/2 len 31", ""},
		{"255", dissect.IPv4Header{Protocol: 255}, "abc", "icmp 192.168.69.1>192.168.69.100 3/2 len 31", ""},
		{"ping", dissect.IPv4Header{Protocol: dissect.ProtoICMP}, string(icmpMessage(8, 0, bytesOf(4))), "icmp 192.168.69.1>192.168.69.100 0/0 len 12", "icmp"},
		{"an error", dissect.IPv4Header{Protocol: dissect.ProtoICMP}, string(icmpMessage(3, 3, ipPacket(dissect.IPv4Header{Protocol: 17}, make([]byte, 8)))), "", "icmp"},
		{"of a wrong checksum", dissect.IPv4Header{Protocol: dissect.ProtoUDP}, "\x00\x09\x00\x0a\x00\x08\x00\x01", "", "udp"},
	} {
		f := ipFrame(c.header, []byte(c.data))
		if c.name == "broadcast" {
			broadcastFrame(f)
		}
		h.rx(f)
		if got := h.sent(); got != c.answer {
			t.Errorf("%s: answered by %q, want %q", c.name, got, c.answer)
		}
		want := f[14:][:dissect.IPv4(f[14:]).TotalLen()]
		var got []string
		for _, o := range socks {
			b, m := recvRaw(t, o.k)
			if b == nil {
				continue
			}
			got = append(got, o.name)
			ip := dissect.IPv4(want)
			if string(b) != string(want) || m.Interface != h.ifc || m.Src != ip.Src() || m.Dst != ip.Dst() || m.HeaderLen != ip.HeaderLen() ||
				m.Broadcast != (c.name == "broadcast") || m.At != h.at {
				t.Errorf("%s: %s got % x, %+v", c.name, o.name, b, m)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", c.name, got, c.want)
		}
		checkAccounts(t, h.Stack)
	}
}

// A packet in fragments is received whole, and its header is the first one's.
func TestRawReassembled(t *testing.T) {
	h := newBench(t, Config{})
	k := h.openRaw("0.0.0.0", 200, RawOptions{})
	h.rx(fragmentsOf(dissect.IPv4Header{ID: 7, Protocol: 200}, bytesOf(3000), 1480)...)
	b, m := recvRaw(t, k)
	ip := dissect.IPv4(b)
	if len(b) != 3020 || !ip.ChecksumOK() || ip.IsFragment() || string(ip.Payload()) != string(bytesOf(3000)) || m.HeaderLen != 20 {
		t.Errorf("%d bytes, %+v", len(b), m)
	}
	checkAccounts(t, h.Stack)
}

// A socket that nobody reads holds its limit and no more, and the peer is not told that there is nobody (trap icmp.12).
func TestRawQueues(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	k := h.openRaw("0.0.0.0", 200, RawOptions{RcvBuf: 1000, SndBuf: 1000})
	for range 100 {
		h.rx(ipFrame(dissect.IPv4Header{Protocol: 200}, make([]byte, 136)))
	}
	if k.rcv.len() != 3 || k.rcvBytes != 960 || k.Dropped() != 97 {
		t.Errorf("%d packets, %d bytes, %d dropped", k.rcv.len(), k.rcvBytes, k.Dropped())
	}
	h.expect()
	h.counted("RawReceived", 100)
	h.counted("RawCopies", 3)
	h.counted("RawFull", 97)
	wakes := 0
	k.SetHandler(func() { wakes++ })
	h.poll()
	wakes = 0
	h.dev.room = 0
	n := 0
	for ; k.SendTo(make([]byte, 136), peerIP) == nil; n++ {
	}
	if err := k.SendTo(make([]byte, 1), peerIP); n != 3 || err != ErrWouldBlock {
		t.Errorf("%d packets queued, then %v", n, err)
	}
	h.poll()
	h.dev.room = 100
	h.poll()
	if got := strings.Count(h.sent(), "ip "); got != 3 || wakes == 0 {
		t.Errorf("%d sent, %d wakes", got, wakes)
	}
	if b, _ := recvRaw(t, k); len(b) != 156 {
		t.Errorf("%d bytes", len(b))
	}
	k.Close()
	k.Close()
	if _, _, err := k.Recv(nil); err != ErrClosed || k.SendTo(nil, peerIP) != ErrClosed || k.Connect(peerIP) != ErrClosed || k.Write(nil) != ErrClosed {
		t.Errorf("after close: %v", err)
	}
	h.rx(ipFrame(dissect.IPv4Header{Protocol: 200}, make([]byte, 4)))
	h.expect("icmp 192.168.69.1>192.168.69.100 3/2 len 32")
	k = h.openRaw("0.0.0.0", 200, RawOptions{})
	h.Stack.Close()
	if _, _, err := k.Recv(nil); err != ErrClosed || len(h.raws) != 0 {
		t.Errorf("after the stack's: %v", err)
	}
}

// A packet that the program wrote leaves as it is: TOS, ID, options, checksums that are wrong, also when the device would fill in checksums,
// and when it had to wait for its neighbor (trap sockets.7, X-050).
func TestRawAsWritten(t *testing.T) {
	h := newBench(t, Config{})
	h.ifc.skipTx = true
	written := func(h dissect.IPv4Header, payload []byte) []byte {
		h.Src, h.Dst = ourIP, peerIP
		return ipPacket(h, payload)
	}
	datagram := udpDatagram(ourIP, peerIP, 1, 2, "data")
	datagram[6] ^= 0x55
	badSum := written(dissect.IPv4Header{Protocol: 17, ID: 9}, datagram)
	badSum[10] ^= 0x77
	for name, p := range map[string][]byte{
		"everything set":  written(dissect.IPv4Header{Protocol: 17, ID: 0x1234, DSCP: 46, ECN: dissect.CE, TTL: 3, DontFragment: true, Options: ipOptions(131, 7, 4, 10, 0, 0, 1, 0)}, datagram),
		"wrong checksums": badSum,
		"a fragment":      written(dissect.IPv4Header{Protocol: 17, FragmentOffset: 800, MoreFragments: true}, make([]byte, 13)),
		"a whole MTU":     written(dissect.IPv4Header{Protocol: 17}, make([]byte, 1480)),
		"from nobody":     resumIP(put(written(dissect.IPv4Header{Protocol: 17}, datagram), 12, 0, 0, 0, 0)),
	} {
		for _, proto := range []dissect.IPProto{17, RawNone} {
			for _, known := range []bool{true, false} {
				k := h.openRaw("0.0.0.0", proto, RawOptions{Header: true})
				if known {
					h.knowPeer()
				} else {
					h.ifc.neighbors.entries[peerIP].remove()
				}
				if err := k.Write(p); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				h.poll()
				if !known {
					if got := h.sent(); got != "arp request 192.168.69.100 from 192.168.69.1 to all" {
						t.Errorf("%s: sent %s", name, got)
					}
					h.wait(time.Second)
					h.dev.out = nil
					h.rx(arpFrame(dissect.ARPReply, peerMAC, peerIP, ourMAC, ourIP))
				}
				if len(h.dev.out) != 1 {
					t.Fatalf("%s: %d frames", name, len(h.dev.out))
				}
				f := h.dev.out[0]
				h.dev.out = nil
				if dissect.Ethernet(f).Dst() != peerMAC || string(f[14:14+len(p)]) != string(p) {
					t.Errorf("%s, protocol %d: sent % x\nwant % x", name, proto, f[14:], p)
				}
				k.Close()
				h.wait(2 * time.Second) // requests are a second apart
				h.dev.out = nil
			}
		}
	}
}

// What is refused instead of being changed (trap sockets.8, X-199, X-200).
func TestRawRefused(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	good := ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: 200}, []byte("data"))
	with := func(change func(ip dissect.IPv4)) []byte {
		p := append([]byte{}, good...)
		change(p)
		return resumIP(p)
	}
	k := h.openRaw("0.0.0.0", 200, RawOptions{Header: true})
	for _, c := range []struct {
		name   string
		packet []byte
		err    error
	}{
		{"good", good, nil},
		{"nothing", nil, ErrBadPacket},
		{"cut off", good[:23], ErrBadPacket},
		{"bytes behind the end", append(append([]byte{}, good...), 0), ErrBadPacket},
		{"no length", with(func(ip dissect.IPv4) { ip.SetTotalLen(0) }), ErrBadPacket},
		{"of IPv6", append([]byte{0x60}, good[1:]...), ErrBadPacket},
		{"of another protocol", ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: 201}, nil), ErrBadPacket},
		{"beyond the MTU", ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: 200}, make([]byte, 1481)), ErrMessageSize},
		{"from another host", ipPacket(dissect.IPv4Header{Src: peerIP, Dst: peerIP, Protocol: 200}, nil), ErrNotOurs},
		{"to nobody", with(func(ip dissect.IPv4) { copy(ip[16:], []byte{0, 0, 0, 0}) }), ErrInvalidAddr},
		{"to where there is no way", with(func(ip dissect.IPv4) { copy(ip[16:], []byte{8, 8, 8, 8}) }), ErrNoRoute},
	} {
		if err := k.Write(c.packet); err != c.err {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
	}
	h.poll()
	h.expect("ip 192.168.69.1>192.168.69.100 proto 0xc8 len 4")
	// The MTU may change while it waits.
	if err := k.Write(ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: 200}, make([]byte, 1480))); err != nil {
		t.Fatal(err)
	}
	h.ifc.mtu = 1400
	h.poll()
	h.expect()
	h.counted("TxTooBig", 1)
	plain := h.openRaw("192.168.69.1", 200, RawOptions{})
	for _, c := range []struct {
		to  string
		n   int
		err error
	}{
		{"192.168.69.100", 65515, nil}, {"192.168.69.100", 65516, ErrMessageSize}, {"0.0.0.0", 1, ErrInvalidAddr}, {"fdaa::1", 1, ErrInvalidAddr}, {"8.8.8.8", 1, ErrNoRoute},
	} {
		if err := plain.SendTo(make([]byte, c.n), netip.MustParseAddr(c.to)); err != c.err {
			t.Errorf("%d bytes to %s: %v, want %v", c.n, c.to, err, c.err)
		}
	}
	if err := plain.Write(nil); err != ErrNotConnected {
		t.Errorf("Write: %v", err)
	}
	if err := plain.Connect(netip.Addr{}); err != ErrInvalidAddr {
		t.Errorf("Connect: %v", err)
	}
	if err := plain.Connect(peerIP); err != nil || plain.RemoteAddr() != peerIP || plain.LocalAddr() != ourIP || plain.Protocol() != 200 {
		t.Errorf("Connect: %v, %s to %s", err, plain.LocalAddr(), plain.RemoteAddr())
	}
	if err := plain.SendTo(nil, peer(3)); err != ErrIsConnected {
		t.Errorf("to another: %v", err)
	}
	for _, c := range []struct {
		local string
		proto dissect.IPProto
		opt   RawOptions
		err   error
	}{
		{"192.168.69.2", 200, RawOptions{}, ErrNotOurs},
		{"0.0.0.0", RawNone, RawOptions{}, ErrInvalidAddr},
		{"::", dissect.ProtoHopByHop, RawOptions{}, ErrInvalidAddr},
		{"0.0.0.0", dissect.ProtoHopByHop, RawOptions{}, nil},
		{"fe80::1%eth9", 200, RawOptions{}, ErrInvalidAddr},
	} {
		if _, err := h.ListenRaw(netip.MustParseAddr(c.local), c.proto, c.opt); err != c.err {
			t.Errorf("%s, %d: %v, want %v", c.local, c.proto, err, c.err)
		}
	}
}

// Without Header the stack writes the header, and cuts what is too long.
func TestRawHeaders(t *testing.T) {
	h := newBench(t, Config{TTL: 50})
	h.knowPeer()
	k := h.openRaw("0.0.0.0", 200, RawOptions{DSCP: 46, ECN: dissect.ECT0, Options: ipOptions(148, 4, 0, 0)})
	if err := k.Connect(peerIP); err != nil {
		t.Fatal(err)
	}
	if err := k.Write([]byte("data")); err != nil {
		t.Fatal(err)
	}
	h.poll()
	ip := h.lastPacket()
	want := dissect.IPv4Header{
		DSCP: 46, ECN: dissect.ECT0, TotalLen: 28, ID: ip.ID(), TTL: 50, Protocol: 200, Src: ourIP, Dst: peerIP, Options: ipOptions(148, 4, 0, 0),
	}
	if got := ip.Header(); got != want || string(ip.Payload()) != "data" {
		t.Errorf("%+v, want %+v", got, want)
	}
	if err := k.Write(make([]byte, 2000)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.expect("fragment 192.168.69.1>192.168.69.100 1472@0+", "fragment 192.168.69.1>192.168.69.100 528@1472")
	group := h.openRaw("0.0.0.0", 200, RawOptions{DontFragment: true})
	if err := group.SendTo(make([]byte, 1481), netip.MustParseAddr("239.1.2.3")); err != ErrMessageSize {
		t.Errorf("not to be cut: %v", err)
	}
	if err := group.SendTo(make([]byte, 1480), netip.MustParseAddr("239.1.2.3")); err != nil {
		t.Errorf("not to be cut: %v", err)
	}
	h.poll()
	if ip := h.lastPacket(); ip.TTL() != 1 || !ip.DontFragment() {
		t.Errorf("%+v", ip.Header())
	}
	// To ourselves.
	self := h.openRaw("127.0.0.1", 200, RawOptions{})
	if err := h.openRaw("0.0.0.0", 200, RawOptions{}).SendTo([]byte("self"), loopback4); err != nil {
		t.Fatal(err)
	}
	h.poll()
	if b, m := recvRaw(t, self); len(b) != 24 || string(b[20:]) != "self" || !m.Interface.Loopback() {
		t.Errorf("% x, %+v", b, m)
	}
	h.expect()
}

// ICMP errors reach connected sockets, others only if they asked, and a packet that the path does not take is refused from then on.
func TestRawErrors(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	connected, deaf, asked, other := h.openRaw("0.0.0.0", 200, RawOptions{DontFragment: true}), h.openRaw("0.0.0.0", 200, RawOptions{}),
		h.openRaw("192.168.69.1", 200, RawOptions{ReportErrors: true}), h.openRaw("0.0.0.0", 201, RawOptions{ReportErrors: true})
	if err := connected.Connect(peerIP); err != nil {
		t.Fatal(err)
	}
	errs := func() (got [4]error) {
		for i, k := range []*RawSocket{connected, deaf, asked, other} {
			if _, _, err := k.Peek(); err != ErrWouldBlock {
				_, _, got[i] = k.Recv(nil)
			}
		}
		return got
	}
	quote := ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: 200, DontFragment: true}, make([]byte, 1000))[:28]
	frame := func(typ dissect.ICMPv4Type, code uint8) []byte {
		return ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(typ, code, quote))
	}
	tooBig := icmpMessage(3, 4, quote)
	tooBig[6], tooBig[7] = 900>>8, 900&255
	dissect.ICMPv4(tooBig).FillChecksum()
	for _, c := range []struct {
		frame []byte
		want  [4]error
	}{
		{frame(3, 2), [4]error{ErrProtoUnreach, nil, ErrProtoUnreach, nil}},
		{frame(11, 0), [4]error{ErrTimeExceeded, nil, ErrTimeExceeded, nil}},
		{frame(12, 0), [4]error{ErrParameter, nil, ErrParameter, nil}},
		{ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, tooBig), [4]error{ErrMessageSize, nil, nil, nil}},
	} {
		h.rx(c.frame)
		if got := errs(); got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
	h.counted("ICMPReceived", 4)
	if err := connected.Write(make([]byte, 881)); err != ErrMessageSize {
		t.Errorf("beyond the path's MTU: %v", err)
	}
	if err := connected.Write(make([]byte, 880)); err != nil {
		t.Errorf("as long as the path's MTU: %v", err)
	}
	checkAccounts(t, h.Stack)
	// A neighbor that does not answer, also for ICMP.
	icmp := h.openRaw("0.0.0.0", dissect.ProtoICMP, RawOptions{})
	for _, k := range []*RawSocket{connected, icmp} {
		if err := k.Connect(peer(5)); err != nil {
			t.Fatal(err)
		}
		if err := k.Write(icmpMessage(8, 0, nil)); err != nil {
			t.Fatal(err)
		}
	}
	h.wait(10 * time.Second)
	if got := errs(); got[0] != ErrHostUnreachable || got[1] != nil {
		t.Errorf("no neighbor: %v", got)
	}
	if _, _, err := icmp.Recv(nil); !errors.Is(err, ErrHostUnreachable) {
		t.Errorf("no neighbor, ICMP: %v", err)
	}
}

// In IPv6 the protocol is that behind the extension headers, both ways: a socket that gets MLD can send it (trap sockets.9, X-197).
func TestRawIPv6(t *testing.T) {
	h := newBench6(t, Config{})
	h.knowPeer6()
	k := h.openRaw("::", dissect.ProtoICMPv6, RawOptions{Header: true})
	hop := []byte{58, 0, 5, 2, 0, 0, 1, 0} // Router Alert and PadN
	echo := echo6Message(20)
	echo.FillChecksum(dissect.PseudoHeaderSum(peerIP6, ourIP6, dissect.ProtoICMPv6, len(echo)))
	f := frame6(dissect.IPv6Header{NextHeader: dissect.ProtoHopByHop}, append(append([]byte{}, hop...), echo...))
	h.rx(f)
	h.expect("icmp6 fdaa::1>fdaa::64 129/0 len 28")
	b, m := recvRaw(t, k)
	if string(b) != string(f[14:14+40+8+28]) || m.HeaderLen != 48 || m.Src != peerIP6 || m.Dst != ourIP6 {
		t.Errorf("received % x, %+v", b, m)
	}
	// The same, the other way round.
	head := dissect.IPv6Header{NextHeader: dissect.ProtoHopByHop, PayloadLen: 36, HopLimit: 1, Src: ourIP6, Dst: peerIP6}
	p := append(append(head.Append(nil), hop...), echo...)
	if err := k.Write(p); err != nil {
		t.Fatal(err)
	}
	h.poll()
	if len(h.dev.out) != 1 || string(h.dev.out[0][14:]) != string(p) {
		t.Errorf("sent %d frames", len(h.dev.out))
	}
	h.dev.out = nil
	if err := k.Write(append(p, 0)); err != ErrBadPacket {
		t.Errorf("a byte behind the end: %v", err)
	}
	udp := dissect.IPv6Header{NextHeader: dissect.ProtoUDP, PayloadLen: 8, HopLimit: 1, Src: ourIP6, Dst: peerIP6}
	if err := k.Write(append(udp.Append(nil), make([]byte, 8)...)); err != ErrBadPacket {
		t.Errorf("UDP: %v", err)
	}

	// In fragments it is whole, without the Fragment header.
	any := h.openRaw("::", 200, RawOptions{})
	h.rx(fragments6(dissect.IPv6Header{}, 7, 200, nil, bytesOf(3000), 1440)...)
	if b, m := recvRaw(t, any); len(b) != 3040 || m.HeaderLen != 40 || b[6] != 200 || string(b[40:]) != string(bytesOf(3000)) {
		t.Errorf("%d bytes, %+v", len(b), m)
	}
	h.expect()
	h.counted("RawReceived", 1)
	checkAccounts(t, h.Stack)

	// Without Header the checksum of ICMPv6 is the stack's, and link-local addresses have zones.
	ping := h.openRaw("::", dissect.ProtoICMPv6, RawOptions{})
	if err := ping.Connect(netip.MustParseAddr("fe80::64%eth0")); err != nil {
		t.Fatal(err)
	}
	if err := ping.Write(echo6Message(4)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.expect("icmp6 fe80::1>fe80::64 128/0 len 12")
	h.rx(echo6Frame(dissect.IPv6Header{Src: peerLink, Dst: ourLink}, 4))
	h.sent()
	if b, m := recvRaw(t, ping); len(b) != 52 || m.Src.String() != "fe80::64%eth0" || ping.RemoteAddr().String() != "fe80::64%eth0" {
		t.Errorf("% x, %+v", b, m)
	}
}

// Raw sockets are told of errors about protocols that the stack speaks, too.
func TestRawErrorsOfEveryProtocol(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	for _, proto := range []dissect.IPProto{dissect.ProtoICMP, dissect.ProtoTCP, dissect.ProtoUDP, 200} {
		k := h.openRaw("0.0.0.0", proto, RawOptions{})
		if err := k.Connect(peerIP); err != nil {
			t.Fatal(err)
		}
		quote := ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: proto}, make([]byte, 100))[:28]
		h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(11, 0, quote)))
		if _, _, err := k.Recv(nil); err != ErrTimeExceeded {
			t.Errorf("%v: %v", proto, err)
		}
		k.Close()
	}
	h.counted("ICMPReceived", 4)
}

// What was written is not cut either where it waits for its neighbor, and the path takes less: routers would drop it, and so it is here.
func TestRawBeyondThePath(t *testing.T) {
	h := newBench6(t, Config{})
	k := h.openRaw("::", 200, RawOptions{Header: true})
	h.paths.learn(pathKey{peerIP6, 200}, 1300, false)
	head := dissect.IPv6Header{NextHeader: 200, PayloadLen: 1360, HopLimit: 9, Src: ourIP6, Dst: peerIP6}
	p := append(head.Append(nil), make([]byte, 1360)...)
	for _, known := range []bool{false, true} {
		if known {
			h.knowPeer6()
		}
		if err := k.Write(p); err != nil {
			t.Fatal(err)
		}
		h.poll()
		if known {
			if len(h.dev.out) != 1 || string(h.dev.out[0][14:]) != string(p) {
				t.Errorf("%d frames", len(h.dev.out))
			}
			h.dev.out = nil
			continue
		}
		h.dev.out = nil
		h.knowPeer6() // fails if anything else is sent
	}
	h.counted("TxTooBig", 1)
}
