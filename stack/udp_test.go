package stack

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func (h *bench) openUDP(local string, o UDPOptions) *UDPSocket {
	h.t.Helper()
	u, err := h.ListenUDP(ap(local), o)
	if err != nil {
		h.t.Fatal(err)
	}
	return u
}

// recv says what a socket has, "" if nothing.
func recv(u *UDPSocket) string {
	var buf [100]byte
	n, _, err := u.Recv(buf[:])
	switch err {
	case nil:
		return string(buf[:n])
	case ErrWouldBlock:
		return ""
	}
	return err.Error()
}

func broadcastFrame(f []byte) []byte { return put(f, 0, dissect.BroadcastMAC[:]...) }

func TestUDPErrors(t *testing.T) {
	h := newBench(t, Config{})
	h.openUDP("192.168.69.1:7", UDPOptions{})
	for _, c := range []struct {
		local string
		opt   UDPOptions
		err   error
	}{
		{"192.168.69.1:7", UDPOptions{}, ErrAddrInUse},
		{"192.168.69.1:7", UDPOptions{Shared: true}, ErrAddrInUse},
		{"0.0.0.0:7", UDPOptions{}, nil},
		{"192.168.69.2:7", UDPOptions{}, ErrNotOurs},
		{"[::1]:7", UDPOptions{}, nil},
		{"[::]:7", UDPOptions{}, ErrAddrInUse},
		{"[::]:7", UDPOptions{V6Only: true}, nil},
		{"[fd00::1]:7", UDPOptions{}, ErrNotOurs},
		{"192.168.69.255:7", UDPOptions{}, nil},
		{"127.0.0.1:7", UDPOptions{}, nil},
	} {
		if _, err := h.ListenUDP(ap(c.local), c.opt); err != c.err {
			t.Errorf("listen %s: %v, want %v", c.local, err, c.err)
		}
	}
	u := h.openUDP("0.0.0.0:0", UDPOptions{})
	if u.LocalAddr().Port() < 1024 {
		t.Errorf("ephemeral port %s", u.LocalAddr())
	}
	for _, c := range []struct {
		to   string
		n    int
		from string
		err  error
	}{
		{"192.168.69.100:9", 65507, "", nil},
		{"192.168.69.100:9", 65508, "", ErrMessageSize},
		{"192.168.69.100:0", 1, "", ErrInvalidAddr},
		{"0.0.0.0:9", 1, "", ErrInvalidAddr},
		{"[fd00::1]:9", 1, "", ErrInvalidAddr},
		{"8.8.8.8:9", 1, "", ErrNoRoute},
		{"192.168.69.100:9", 1, "192.168.69.9:9", nil}, // not ours: as if none were given
	} {
		m := UDPMessage{Remote: ap(c.to)}
		if c.from != "" {
			m.Local = ap(c.from)
		}
		if err := u.Send(make([]byte, c.n), m); err != c.err {
			t.Errorf("send %d bytes to %s: %v, want %v", c.n, c.to, err, c.err)
		}
	}
	if err := u.Write(nil); err != ErrNotConnected {
		t.Errorf("Write: %v", err)
	}
	if _, err := h.DialUDP(ap("8.8.8.8:53"), UDPOptions{}); err != ErrNoRoute {
		t.Errorf("Dial: %v", err)
	}
	u.Close()
	u.Close()
	if err := u.SendTo(nil, ap("192.168.69.100:9")); err != ErrClosed {
		t.Errorf("send after close: %v", err)
	}
	if _, _, err := u.Recv(nil); err != ErrClosed {
		t.Errorf("receive after close: %v", err)
	}
}

// Which socket gets a datagram.
func TestUDPDemux(t *testing.T) {
	h := newBench(t, Config{})
	wild := h.openUDP("0.0.0.0:7", UDPOptions{})
	bound := h.openUDP("192.168.69.1:7", UDPOptions{})
	cast := h.openUDP("192.168.69.255:7", UDPOptions{})
	onIf := h.openUDP("0.0.0.0:7", UDPOptions{Interface: h.ifc})
	connected, err := h.ListenUDP(ap("192.168.69.1:8"), UDPOptions{Shared: true})
	if err != nil || connected.Connect(netip.AddrPortFrom(peerIP, 9)) != nil {
		t.Fatal(err)
	}
	lower := h.openUDP("192.168.69.1:8", UDPOptions{Shared: true})
	for _, c := range []struct {
		name  string
		frame []byte
		want  string
	}{
		{"unicast goes to the one on the interface", udpFrame(dissect.IPv4Header{}, 9, 7, "a"), "onIf"},
		{"a broadcast goes to all that it fits", broadcastFrame(udpFrame(dissect.IPv4Header{Dst: netip.MustParseAddr("192.168.69.255")}, 9, 7, "b")), "wild cast onIf"},
		{"the limited one too", broadcastFrame(udpFrame(dissect.IPv4Header{Dst: broadcast4}, 9, 7, "c")), "wild onIf"},
		{"the connected socket comes first", udpFrame(dissect.IPv4Header{}, 9, 8, "d"), "connected"},
		{"others' datagrams are not for it", udpFrame(dissect.IPv4Header{}, 10, 8, "e"), "lower"},
	} {
		h.rx(c.frame)
		var got []string
		for _, s := range []struct {
			name string
			u    *UDPSocket
		}{{"wild", wild}, {"bound", bound}, {"cast", cast}, {"onIf", onIf}, {"connected", connected}, {"lower", lower}} {
			if recv(s.u) != "" {
				got = append(got, s.name)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", c.name, got, c.want)
		}
	}
	onIf.Close()
	h.rx(udpFrame(dissect.IPv4Header{}, 9, 7, "f"))
	if recv(bound) != "f" {
		t.Error("bound before wild")
	}
	bound.Close()
	h.rx(udpFrame(dissect.IPv4Header{}, 9, 7, "g"))
	if recv(wild) != "g" {
		t.Error("wild is last")
	}
}

// What comes with a datagram, and that answering with it works, after a broadcast too.
func TestUDPReply(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	u := h.openUDP("0.0.0.0:7", UDPOptions{})
	u.SetHandler(func() {
		for {
			b, m, err := u.Peek()
			if err != nil {
				return
			}
			if err := u.Send(b, UDPMessage{Remote: m.Remote, Local: m.Local, Interface: m.Interface}); err != nil && m.Remote.Port() != 0 {
				t.Errorf("reply to %+v: %v", m, err)
			}
			_, _, _ = u.Recv(nil)
		}
	})
	h.rx(udpFrame(dissect.IPv4Header{TTL: 3, DSCP: 46}, 9, 7, "one"))
	h.rx(broadcastFrame(udpFrame(dissect.IPv4Header{Dst: netip.MustParseAddr("192.168.69.255")}, 9, 7, "two")))
	h.rx(broadcastFrame(udpFrame(dissect.IPv4Header{Dst: broadcast4}, 9, 7, "three")))
	h.rx(udpFrame(dissect.IPv4Header{}, 0, 7, "from port 0"))
	h.rx(put(udpFrame(dissect.IPv4Header{}, 9, 7, "no checksum"), 40, 0, 0))
	h.expect(`udp 192.168.69.1>192.168.69.100 7>9 "one"`, `udp 192.168.69.1>192.168.69.100 7>9 "two"`,
		`udp 192.168.69.1>192.168.69.100 7>9 "three"`, `udp 192.168.69.1>192.168.69.100 7>9 "no checksum"`)
	u.SetHandler(nil)
	h.rx(udpFrame(dissect.IPv4Header{TTL: 3, DSCP: 46, Options: ipOptions(1, 1, 1, 0)}, 9, 7, "x"))
	_, m, err := u.Peek()
	want := UDPMessage{Remote: netip.AddrPortFrom(peerIP, 9), Local: netip.AddrPortFrom(ourIP, 7), Interface: h.ifc, TTL: 3, DSCP: 46, Options: ipOptions(1, 1, 1, 0)}
	if err != nil || m != want {
		t.Errorf("got %+v, want %+v, %v", m, want, err)
	}
}

// TTL and DSCP of what is sent; multicast leaves with TTL 1 unless set.
func TestUDPHeaders(t *testing.T) {
	h := newBench(t, Config{TTL: 50})
	h.knowPeer()
	for _, c := range []struct {
		opt       UDPOptions
		to        string
		m         UDPMessage
		ttl, dscp uint8
		mac       string
	}{
		{UDPOptions{}, "192.168.69.100:9", UDPMessage{}, 50, 0, peerMAC.String()},
		{UDPOptions{TTL: 9, DSCP: 46}, "192.168.69.100:9", UDPMessage{}, 9, 46, peerMAC.String()},
		{UDPOptions{TTL: 9, DSCP: 46}, "192.168.69.100:9", UDPMessage{TTL: 8, DSCP: 10}, 8, 10, peerMAC.String()},
		{UDPOptions{}, "239.129.2.3:9", UDPMessage{}, 1, 0, "01-00-5e-01-02-03"},
		{UDPOptions{TTL: 4}, "239.129.2.3:9", UDPMessage{}, 4, 0, "01-00-5e-01-02-03"},
		{UDPOptions{}, "255.255.255.255:9", UDPMessage{}, 50, 0, "ff-ff-ff-ff-ff-ff"},
		{UDPOptions{}, "192.168.69.255:9", UDPMessage{}, 50, 0, "ff-ff-ff-ff-ff-ff"},
	} {
		u := h.openUDP("0.0.0.0:0", c.opt)
		c.m.Remote = ap(c.to)
		if err := u.Send([]byte("x"), c.m); err != nil {
			t.Fatal(err)
		}
		h.poll()
		if len(h.dev.out) != 1 {
			t.Fatalf("%s: %d frames", c.to, len(h.dev.out))
		}
		eth := dissect.Ethernet(h.dev.out[0])
		ip := dissect.IPv4(eth.Payload())
		if ip.TTL() != c.ttl || ip.DSCP() != c.dscp || eth.Dst().String() != c.mac {
			t.Errorf("%s: ttl %d dscp %d to %s, want %d %d %s", c.to, ip.TTL(), ip.DSCP(), eth.Dst(), c.ttl, c.dscp, c.mac)
		}
		h.sent()
		u.Close()
	}
}

// A checksum that computes to zero is sent as 0xffff.
func TestUDPZeroChecksum(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	u := h.openUDP("192.168.69.1:7", UDPOptions{})
	send := func(v uint16) dissect.UDP {
		if err := u.SendTo([]byte{byte(v >> 8), byte(v)}, netip.AddrPortFrom(peerIP, 9)); err != nil {
			t.Fatal(err)
		}
		h.poll()
		f := h.dev.out[0]
		h.sent() // checks it
		return dissect.UDP(dissect.IPv4(f[14:]).Payload())
	}
	if sum := send(send(0).Checksum()).Checksum(); sum != 0xffff {
		t.Errorf("checksum %#x", sum)
	}
}

// A socket that nobody reads holds its own limit and no more; the handler runs again when there is room to send.
func TestUDPQueues(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	u := h.openUDP("192.168.69.1:7", UDPOptions{RcvBuf: 1000, SndBuf: 1000})
	for range 100 {
		h.rx(udpFrame(dissect.IPv4Header{}, 9, 7, strings.Repeat("x", 136)))
	}
	if u.rcv.len() != 3 || u.rcvBytes != 960 || u.Dropped() != 97 {
		t.Errorf("%d datagrams, %d bytes, %d dropped", u.rcv.len(), u.rcvBytes, u.Dropped())
	}
	h.counted("UDPQueueFull", 97)
	checkAccounts(t, h.Stack)
	wakes := 0
	u.SetHandler(func() { wakes++ })
	h.poll()
	wakes = 0
	h.dev.room = 0
	n := 0
	for ; u.SendTo(make([]byte, 136), netip.AddrPortFrom(peerIP, 9)) == nil; n++ {
	}
	if n != 3 {
		t.Errorf("%d datagrams queued", n)
	}
	if err := u.SendTo(make([]byte, 1), netip.AddrPortFrom(peerIP, 9)); err != ErrWouldBlock {
		t.Errorf("full: %v", err)
	}
	h.poll()
	h.dev.room = 100
	h.poll()
	if wakes == 0 {
		t.Error("nobody was told of the room")
	}
	if got := strings.Count(h.sent(), "udp"); got != 3 {
		t.Errorf("%d sent", got)
	}
	// One datagram always fits.
	small := h.openUDP("192.168.69.1:8", UDPOptions{RcvBuf: 1, SndBuf: 1})
	h.rx(udpFrame(dissect.IPv4Header{}, 9, 8, "hello"))
	if recv(small) != "hello" || small.SendTo([]byte("hello"), netip.AddrPortFrom(peerIP, 9)) != nil {
		t.Error("a buffer of one byte takes nothing")
	}
}

// ICMP errors reach the connected socket that they quote, wildcard ones only if they asked, and nobody else.
func TestUDPErrorReports(t *testing.T) {
	quote := func(src, dst netip.Addr, sport, dport uint16) []byte {
		return ipPacket(dissect.IPv4Header{Src: src, Dst: dst, Protocol: 17}, udpDatagram(src, dst, sport, dport, ""))
	}
	frame := func(typ dissect.ICMPv4Type, code uint8, quote []byte) []byte {
		return ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(typ, code, quote))
	}
	for _, c := range []struct {
		name  string
		frame []byte
		want  string // of the connected socket, the wild one, and the wild one that asked
	}{
		{"port unreachable", frame(3, 3, quote(ourIP, peerIP, 1000, 9)), "connection refused||"},
		{"host unreachable", frame(3, 1, quote(ourIP, peerIP, 1000, 9)), "host is unreachable||"},
		{"net unreachable", frame(3, 0, quote(ourIP, peerIP, 1000, 9)), "network is unreachable||"},
		{"protocol unreachable", frame(3, 2, quote(ourIP, peerIP, 1000, 9)), "protocol not available||"},
		{"time exceeded", frame(11, 0, quote(ourIP, peerIP, 1000, 9)), "time to live exceeded in transit||"},
		{"another remote port", frame(3, 3, quote(ourIP, peerIP, 1000, 10)), "||"},
		{"another local port", frame(3, 3, quote(ourIP, peerIP, 1003, 9)), "||"},
		{"not from our address", frame(3, 3, quote(peerIP, ourIP, 1000, 9)), "||"},
		{"wildcard", frame(3, 3, quote(ourIP, peerIP, 1001, 9)), "||"},
		{"wildcard that asked", frame(3, 3, quote(ourIP, peerIP, 1002, 9)), "||connection refused"},
		{"a fragment is quoted", frame(3, 3, resumIP(put(quote(ourIP, peerIP, 1000, 9), 7, 1))), "||"},
	} {
		h := newBench(t, Config{})
		a := h.openUDP("192.168.69.1:1000", UDPOptions{})
		if err := a.Connect(netip.AddrPortFrom(peerIP, 9)); err != nil {
			t.Fatal(err)
		}
		b := h.openUDP("0.0.0.0:1001", UDPOptions{})
		d := h.openUDP("0.0.0.0:1002", UDPOptions{ReportErrors: true})
		h.rx(udpFrame(dissect.IPv4Header{}, 9, 1000, "data"), c.frame)
		if got := recvError(a) + "|" + recvError(b) + "|" + recvError(d); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if recv(a) != "data" {
			t.Errorf("%s: the queued datagram is lost", c.name)
		}
	}
}

func recvError(u *UDPSocket) string {
	if _, _, err := u.Peek(); err != nil && err != ErrWouldBlock {
		_, _, err = u.Recv(nil)
		return err.Error()
	}
	return ""
}

// resumIP makes the header checksum of a packet right again.
func resumIP(p []byte) []byte {
	dissect.IPv4(p).FillChecksum()
	return p
}

// Packets to our own addresses and to 127/8 are delivered inside; nothing of it leaves.
func TestUDPLoopback(t *testing.T) {
	h := newBench(t, Config{})
	for _, c := range []struct{ local, from, to, want string }{
		{"0.0.0.0:7", "0.0.0.0:8", "192.168.69.1:7", "192.168.69.1:8"},
		{"0.0.0.0:7", "0.0.0.0:8", "127.0.0.1:7", "127.0.0.1:8"},
		{"127.0.0.1:7", "0.0.0.0:8", "127.0.0.1:7", "127.0.0.1:8"},
		{"192.168.69.1:7", "192.168.69.1:8", "192.168.69.1:7", "192.168.69.1:8"},
	} {
		u, v := h.openUDP(c.local, UDPOptions{}), h.openUDP(c.from, UDPOptions{})
		big := strings.Repeat("x", 5000)
		if err := v.SendTo([]byte(big), ap(c.to)); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		h.poll()
		b, m, err := u.Peek()
		if err != nil || string(b) != big || m.Remote.String() != c.want {
			t.Errorf("%+v: %d bytes from %s, %v", c, len(b), m.Remote, err)
		}
		if err := u.Send(b, m); err != nil {
			t.Errorf("%+v: answer: %v", c, err)
		}
		h.poll()
		if b, _, err := v.Peek(); err != nil || string(b) != big {
			t.Errorf("%+v: answer: %d bytes, %v", c, len(b), err)
		}
		h.expect()
		u.Close()
		v.Close()
	}
	checkAccounts(t, h.Stack)
}

// A dead destination delays no datagram of the same socket to others.
func TestUDPDeadDestination(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	u := h.openUDP("192.168.69.1:7", UDPOptions{SndBuf: 500})
	for range 100 {
		if err := u.SendTo(make([]byte, 100), netip.AddrPortFrom(peer(5), 9)); err != nil {
			t.Fatal(err)
		}
		h.poll()
	}
	if err := u.SendTo([]byte("x"), netip.AddrPortFrom(peerIP, 9)); err != nil {
		t.Fatal(err)
	}
	h.sent()
	h.poll()
	h.expect(`udp 192.168.69.1>192.168.69.100 7>9 "x"`)
	h.wait(10 * time.Second)
	if h.ifc.neighbors.waiting != 0 {
		t.Error("datagrams wait for ever")
	}
}
