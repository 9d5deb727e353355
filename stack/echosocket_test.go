package stack

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

// echoBench is a bench with both IP versions, whose neighbor is known, and an echo socket.
func echoBench(t *testing.T, cfg Config, opt EchoOptions) (*bench, *EchoSocket) {
	t.Helper()
	h := startBench6(t, cfg, InterfaceConfig{Addrs: prefixes("192.168.69.1/24", "fdaa::1/64", "fe80::1/64")})
	h.wait(10 * time.Second)
	h.knowPeer6AndAll()
	e, err := h.OpenEcho(opt)
	if err != nil {
		t.Fatal(err)
	}
	return h, e
}

// knowPeer6AndAll has all addresses of the peer in the neighbor caches.
func (h *bench) knowPeer6AndAll() {
	h.t.Helper()
	h.sent()
	h.rx(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP))
	h.sent()
	h.knowPeer6()
}

// request sends an echo request and gives the IP packet that left.
func (h *bench) request(e *EchoSocket, dst netip.Addr, seq uint16, data []byte) []byte {
	h.t.Helper()
	if err := e.Send(dst, seq, data); err != nil {
		h.t.Fatal(err)
	}
	h.poll()
	if len(h.dev.out) != 1 {
		h.t.Fatalf("%d frames left", len(h.dev.out))
	}
	f := h.dev.out[0]
	p := slices.Clone(f[dissect.EthernetHeaderLen:])
	want := fmt.Sprintf("icmp 192.168.69.1>%s 8/0 len %d", dst, 8+len(data))
	if src, err := e.Source(dst); err != nil {
		h.t.Error(err)
	} else if dst.Is6() {
		want = fmt.Sprintf("icmp6 %s>%s 128/0 len %d", src.WithZone(""), dst.WithZone(""), 8+len(data))
	}
	h.expect(want)
	return p
}

// replyTo makes the frame with which src answers a request of ours.
func replyTo(request []byte, src netip.Addr, ttl uint8) []byte {
	if src.Is4() {
		ip := dissect.IPv4(request)
		ip = ip[:ip.TotalLen()]
		m := dissect.ICMPv4(slices.Clone(ip.Payload()))
		m.SetType(dissect.ICMPv4EchoReply)
		m.SetChecksum(0)
		m.FillChecksum()
		return ipFrame(dissect.IPv4Header{Src: src, TTL: ttl, Protocol: dissect.ProtoICMP}, m)
	}
	ip := dissect.IPv6(request)
	m := dissect.ICMPv6(slices.Clone(ip[dissect.IPv6HeaderLen : dissect.IPv6HeaderLen+ip.PayloadLen()]))
	m.SetType(dissect.ICMPv6EchoReply)
	m.SetChecksum(0)
	return icmp6Frame(dissect.IPv6Header{Src: src, Dst: ip.Src(), HopLimit: ttl}, m)
}

// echoed gives what the socket has, with its data.
func echoed(t *testing.T, e *EchoSocket) (string, EchoMessage) {
	t.Helper()
	b := make([]byte, 70000)
	n, m, err := e.Recv(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n]), m
}

// Echo over both versions: the reply comes with its source, number, TTL, time and data, and wakes the handler.
func TestEchoSocket(t *testing.T) {
	for _, c := range []struct{ us, peer, zoned netip.Addr }{
		{ourIP, peerIP, peerIP}, {ourIP6, peerIP6, peerIP6}, {ourLink, peerLink, peerLink.WithZone("eth0")},
	} {
		h, e := echoBench(t, Config{}, EchoOptions{})
		woken := 0
		e.SetHandler(func() { woken++ })
		h.poll()
		woken = 0
		p := h.request(e, c.zoned, 7, []byte("hello"))
		if _, _, err := e.Recv(nil); err != ErrWouldBlock || e.Readable() {
			t.Errorf("%s: before the reply: %v", c.peer, err)
		}
		h.wait(3 * time.Millisecond)
		h.rx(replyTo(p, c.peer, 55))
		data, m := echoed(t, e)
		if data != "hello" || m.Remote != c.zoned || m.Local.WithZone("") != c.us || m.Seq != 7 || m.TTL != 55 || m.IsError() || m.At != h.at || m.Interface != h.ifc {
			t.Errorf("%s: %q %+v", c.peer, data, m)
		}
		if woken != 1 {
			t.Errorf("%s: the handler ran %d times", c.peer, woken)
		}
		h.counted("EchoRequests", 1)
		h.counted("ICMPReceived", 1)
	}
}

// What is nobody's reply is no reply: another identifier, a broadcast, a closed socket, a wrong checksum.
func TestEchoSocketIgnores(t *testing.T) {
	h, e := echoBench(t, Config{}, EchoOptions{})
	p := h.request(e, peerIP, 1, nil)
	good := replyTo(p, peerIP, 64)
	other := slices.Clone(p)
	other[dissect.IPv4MinHeaderLen+4] ^= 1
	bad := slices.Clone(good)
	bad[dissect.EthernetHeaderLen+dissect.IPv4MinHeaderLen+2] ^= 1
	all := slices.Clone(good)
	copy(all, dissect.BroadcastMAC[:])
	h.rx(replyTo(other, peerIP, 64), bad, all)
	if e.Readable() {
		t.Error("something was taken for a reply")
	}
	h.counted("ICMPIgnored", 1)
	h.counted("ICMPChecksum", 1)
	e.Close()
	h.rx(good)
	h.counted("ICMPIgnored", 2)
	if _, _, err := e.Recv(nil); err != ErrClosed {
		t.Errorf("Recv: %v", err)
	}
	if err := e.Send(peerIP, 1, nil); err != ErrClosed {
		t.Errorf("Send: %v", err)
	}
	if len(h.echoes) != 0 {
		t.Error("the socket is still there")
	}
}

// Errors that quote a request come with their type, code and sender; those that quote none that was sent are not believed (RFC
// 5927).
func TestEchoSocketErrors(t *testing.T) {
	for _, c := range []struct {
		peer       netip.Addr
		typ, code  uint8
		word, want uint32
	}{
		{peerIP, 3, 0, 0, 0}, {peerIP, 3, 1, 0, 0}, {peerIP, 3, 13, 0, 0}, {peerIP, 11, 0, 0, 0}, {peerIP, 12, 0, 20 << 24, 20},
		{peerIP, 3, 4, 1400, 1400},
		{peerIP6, 1, 0, 0, 0}, {peerIP6, 1, 4, 0, 0}, {peerIP6, 2, 0, 1300, 1300}, {peerIP6, 3, 0, 0, 0}, {peerIP6, 4, 1, 40, 40},
	} {
		h, e := echoBench(t, Config{}, EchoOptions{})
		p := h.request(e, c.peer, 3, []byte("abcdefgh"))
		router := ip6("fdaa::99")
		frame := func(quote []byte) []byte {
			if !c.peer.Is4() {
				return error6Frame(dissect.ICMPv6Type(c.typ), c.code, c.word, quote)
			}
			m := dissect.ICMPv4(append([]byte{c.typ, c.code, 0, 0, byte(c.word >> 24), byte(c.word >> 16), byte(c.word >> 8), byte(c.word)}, quote...))
			m.FillChecksum()
			return ipFrame(dissect.IPv4Header{Src: netip.MustParseAddr("192.168.69.99"), Protocol: dissect.ProtoICMP}, m)
		}
		at := dissect.IPv6HeaderLen
		if c.peer.Is4() {
			at, router = dissect.IPv4MinHeaderLen, netip.MustParseAddr("192.168.69.99")
		}
		for _, i := range []int{0, 5, 7} { // not a request, another identifier, another number
			forged := slices.Clone(p)
			forged[at+i] ^= 1
			h.rx(frame(forged))
			if e.Readable() {
				t.Errorf("%s %d/%d: byte %d of the quote was not looked at", c.peer, c.typ, c.code, i)
			}
		}
		h.counted("ICMPReceived", 0)
		h.rx(frame(p))
		data, m := echoed(t, e)
		if data != "" || !m.IsError() || m.Remote != router || m.Dst != c.peer || m.Seq != 3 || m.Type != c.typ || m.Code != c.code || m.Word != c.want {
			t.Errorf("%s %d/%d: %q %+v", c.peer, c.typ, c.code, data, m)
		}
		h.counted("ICMPReceived", 1)
	}
}

// A neighbor that does not answer is reported as by a router: each request that waited for it, from our own address.
func TestEchoSocketNeighborFails(t *testing.T) {
	for _, c := range []struct {
		us, dst   netip.Addr
		typ, code uint8
	}{{ourIP, netip.MustParseAddr("192.168.69.7"), 3, 1}, {ourIP6, ip6("fdaa::7"), 1, 3}} {
		h, e := echoBench(t, Config{}, EchoOptions{})
		for seq := range uint16(3) {
			if err := e.Send(c.dst, seq, nil); err != nil {
				t.Fatal(err)
			}
		}
		h.wait(20 * time.Second)
		for seq := range uint16(3) {
			if _, m := echoed(t, e); m.Seq != seq || m.Type != c.typ || m.Code != c.code || m.Remote != c.us || m.Dst != c.dst {
				t.Errorf("%s: %+v", c.dst, m)
			}
		}
	}
}

// With DontFragment a request must fit the path, of which errors tell; else it leaves in fragments.
func TestEchoSocketPathMTU(t *testing.T) {
	h, e := echoBench(t, Config{}, EchoOptions{DontFragment: true})
	if err := e.Send(peerIP, 1, make([]byte, 1473)); err != ErrMessageSize {
		t.Errorf("1501 bytes: %v", err)
	}
	p := h.request(e, peerIP, 2, make([]byte, 1472))
	if !dissect.IPv4(p).DontFragment() {
		t.Error("DF is not set")
	}
	m := dissect.ICMPv4(append([]byte{3, 4, 0, 0, 0, 0, 1000 >> 8, 1000 & 255}, p[:28]...))
	m.FillChecksum()
	h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, m))
	if mtu := e.PathMTU(peerIP); mtu != 1000 {
		t.Errorf("path MTU %d", mtu)
	}
	if err := e.Send(peerIP, 3, make([]byte, 973)); err != ErrMessageSize {
		t.Errorf("1001 bytes: %v", err)
	}
	h.request(e, peerIP, 4, make([]byte, 972))

	h, e = echoBench(t, Config{}, EchoOptions{})
	if err := e.Send(peerIP, 1, make([]byte, 3000)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.expect("fragment 192.168.69.1>192.168.69.100 1480@0+", "fragment 192.168.69.1>192.168.69.100 1480@1480+",
		"fragment 192.168.69.1>192.168.69.100 48@2960")
	for _, c := range []struct {
		dst netip.Addr
		n   int
	}{{peerIP, 65507}, {peerIP6, 65527}} {
		if err := e.Send(c.dst, 1, make([]byte, c.n)); err != nil {
			t.Errorf("%s: %d bytes: %v", c.dst, c.n, err)
		}
		if err := e.Send(c.dst, 1, make([]byte, c.n+1)); err != ErrMessageSize {
			t.Errorf("%s: %d bytes: %v", c.dst, c.n+1, err)
		}
	}
}

// What waits is bounded in both directions, and a socket that had no room to send is told when it has.
func TestEchoSocketBounded(t *testing.T) {
	h, e := echoBench(t, Config{}, EchoOptions{RcvBuf: 2000, SndBuf: 2000})
	p := h.request(e, peerIP, 1, []byte("x"))
	f := replyTo(p, peerIP, 64)
	for range 100 {
		h.rx(f)
	}
	n := 0
	for ; e.Readable(); n++ {
		echoed(t, e)
	}
	if n == 0 || n*datagramSize(1) > 2000 || e.Dropped() != uint64(100-n) || e.rcvBytes != 0 {
		t.Errorf("%d of 100 were kept, %d dropped", n, e.Dropped())
	}
	h.counted("ICMPQueueFull", uint64(100-n))

	woken := 0
	e.SetHandler(func() { woken++ })
	h.poll()
	woken = 0
	var err error
	for n = 0; err == nil && n < 100; n++ {
		err = e.Send(peerIP, uint16(n), []byte("x"))
	}
	if err != ErrWouldBlock {
		t.Errorf("after %d: %v", n, err)
	}
	h.poll()
	if woken != 1 || e.sndBytes != 0 || !e.Writable(1) {
		t.Errorf("the handler ran %d times; %d bytes wait", woken, e.sndBytes)
	}
}

// Addresses without a way, and those that are none.
func TestEchoSocketNoWay(t *testing.T) {
	_, e := echoBench(t, Config{}, EchoOptions{})
	for _, c := range []struct {
		dst  string
		want error
	}{{"10.0.0.1", ErrNoRoute}, {"2001:db8::1", ErrNoRoute}, {"0.0.0.0", ErrInvalidAddr}, {"::", ErrInvalidAddr}, {"fe80::1%eth9", ErrInvalidAddr}} {
		if _, err := e.Source(netip.MustParseAddr(c.dst)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.dst, err, c.want)
		}
		if err := e.Send(netip.MustParseAddr(c.dst), 0, nil); !errors.Is(err, c.want) {
			t.Errorf("Send %s: %v, want %v", c.dst, err, c.want)
		}
	}
	if err := e.Send(netip.Addr{}, 0, nil); err != ErrInvalidAddr {
		t.Errorf("no address: %v", err)
	}
}

// A host answers itself, also by its addresses on the wire.
func TestEchoSocketToOurselves(t *testing.T) {
	for _, dst := range []netip.Addr{ourIP, ourIP6, ourLink.WithZone("eth0"), netip.MustParseAddr("127.0.0.1"), ip6("::1")} {
		h, e := echoBench(t, Config{}, EchoOptions{Interface: nil})
		if err := e.Send(dst, 9, []byte("me")); err != nil {
			t.Fatalf("%s: %v", dst, err)
		}
		h.poll()
		h.expect("")
		if data, m := echoed(t, e); data != "me" || m.Remote.WithZone("") != dst.WithZone("") || m.Seq != 9 {
			t.Errorf("%s: %q %+v", dst, data, m)
		}
	}
}
