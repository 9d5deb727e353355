package stack

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// groupFrame is udpFrame to a group, by the group's address on Ethernet.
func groupFrame(h dissect.IPv4Header, sport, dport uint16, data string) []byte {
	mac := multicastMAC(h.Dst)
	return put(udpFrame(h, sport, dport, data), 0, mac[:]...)
}

// Which groups the interface receives: the filter of Ethernet takes the joined ones, and IP refuses those that share an address
// there (RFC 1112 sections 6.4, 7.2).
func TestIPv4Groups(t *testing.T) {
	h := newBench(t, Config{Groups: 2})
	u := h.openUDP("0.0.0.0:7", UDPOptions{})
	frame := func(a string) []byte { return groupFrame(dissect.IPv4Header{Dst: netip.MustParseAddr(a)}, 9, 7, a) }
	h.rx(frame("239.1.2.3"))
	h.counted("RxNotForUs", 1)
	for _, c := range []struct {
		a   string
		err error
	}{
		{"239.1.2.3", nil}, {"239.1.2.3", nil}, {"::ffff:239.1.2.4", nil}, {"239.1.2.5", ErrTooManyGroups}, {"ff15::7", ErrTooManyGroups},
		{"223.255.255.255", ErrBadGroup}, {"240.0.0.1", ErrBadGroup}, {"255.255.255.255", ErrBadGroup}, {"0.0.0.0", ErrBadGroup},
	} {
		if err := h.ifc.JoinGroup(netip.MustParseAddr(c.a)); err != c.err {
			t.Errorf("join %s: %v, want %v", c.a, err, c.err)
		}
	}
	if err := h.ifc.JoinGroup(netip.Addr{}); err != ErrBadGroup {
		t.Errorf("join nothing: %v", err)
	}
	var buf [99]byte
	h.rx(frame("239.1.2.3"))
	if n, m, err := u.Recv(buf[:]); err != nil || string(buf[:n]) != "239.1.2.3" || !m.Broadcast || m.Local != ap("239.1.2.3:7") || m.Interface != h.ifc || m.TTL != 64 {
		t.Errorf("received %q, %+v, %v", buf[:n], m, err)
	}
	// 01:00:5e:01:02:03 is that of 32 groups.
	h.rx(frame("225.129.2.3"), frame("224.1.2.3"))
	h.counted("IPv4NotOurs", 2)
	// The group in a frame for this station alone, or for all, is no other datagram for that.
	h.rx(udpFrame(dissect.IPv4Header{Dst: groupB}, 9, 7, "unicast"), broadcastFrame(udpFrame(dissect.IPv4Header{Dst: groupB}, 9, 7, "broadcast")))
	if a, b := recv(u), recv(u); a != "unicast" || b != "broadcast" {
		t.Errorf("received %q and %q", a, b)
	}
	if !h.ifc.LeaveGroup(groupA) {
		t.Error("leave 239.1.2.3")
	}
	h.rx(frame("239.1.2.3"))
	if got := recv(u); got != "239.1.2.3" {
		t.Errorf("joined twice, left once: received %q", got)
	}
	if !h.ifc.LeaveGroup(groupA) || h.ifc.LeaveGroup(groupA) || h.ifc.LeaveGroup(allHosts4) {
		t.Error("leave what is not joined")
	}
	h.rx(frame("239.1.2.3"))
	if got := recv(u); got != "" {
		t.Errorf("left: received %q", got)
	}
	h.counted("RxNotForUs", 2)
	// Nothing but datagrams is for a group: no echo, no RST, no error (RFC 1122 section 3.2.2).
	h.wait(time.Minute)
	h.sent()
	mac := multicastMAC(groupB)
	to := dissect.IPv4Header{Dst: groupB}
	for _, f := range [][]byte{
		echoFrame(to, 8), tcpFrame(to, dissect.TCPHeader{SrcPort: 9, DstPort: 10, Flags: dissect.SYN}, ""), udpFrame(to, 9, 10, "closed"),
		ipFrame(dissect.IPv4Header{Dst: groupB, Protocol: 200}, []byte("data")),
	} {
		h.rx(put(f, 0, mac[:]...))
	}
	h.wait(time.Second)
	h.expect("")
	checkAccounts(t, h.Stack)
}

// trap udp.3: what comes for a group reaches every socket whose address and port it fits.
func TestUDPGroups(t *testing.T) {
	for _, c := range []struct {
		name       string
		bench      *bench
		group      netip.Addr
		other      netip.Addr
		any, ours  string
		frame      func(dst netip.Addr, data string) []byte
		loopSource netip.Addr
	}{
		{"IPv4", newBench(t, Config{}), groupA, groupB, "0.0.0.0", "192.168.69.1",
			func(dst netip.Addr, data string) []byte { return groupFrame(dissect.IPv4Header{Dst: dst}, 9, 7, data) }, ourIP},
		{"IPv6", newBench6(t, Config{}), ip6("ff15::3"), ip6("ff15::4"), "::", "fdaa::1",
			func(dst netip.Addr, data string) []byte { return udp6Frame(dissect.IPv6Header{Dst: dst}, 9, 7, data) }, ourIP6},
	} {
		h := c.bench
		open := func(a string, o UDPOptions) *UDPSocket {
			t.Helper()
			u, err := h.ListenUDP(netip.AddrPortFrom(netip.MustParseAddr(a), 7), o)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		sockets := []struct {
			name string
			u    *UDPSocket
		}{
			{"any", open(c.any, UDPOptions{Shared: true})}, {"any2", open(c.any, UDPOptions{Shared: true})},
			{"group", open(c.group.String(), UDPOptions{Shared: true})}, {"group2", open(c.group.String(), UDPOptions{Shared: true})},
			{"other", open(c.other.String(), UDPOptions{Shared: true})}, {"ours", open(c.ours, UDPOptions{Shared: true})},
			{"onIf", open(c.any, UDPOptions{Shared: true, Interface: h.ifc})}, {"lo", open(c.any, UDPOptions{Shared: true, Interface: h.interfaces[0]})},
		}
		got := func(data string) string {
			var names []string
			for _, s := range sockets {
				for b := recv(s.u); b != ""; b = recv(s.u) {
					if b != data {
						t.Errorf("%s: %s received %q, want %q", c.name, s.name, b, data)
					}
					names = append(names, s.name)
				}
			}
			return strings.Join(names, " ")
		}
		first := sockets[0].u
		if err := first.JoinGroup(c.group, nil); err != nil {
			t.Fatal(err)
		}
		h.rx(c.frame(c.group, "one"))
		if names := got("one"); names != "any any2 group group2 onIf" {
			t.Errorf("%s: from a peer: %s", c.name, names)
		}
		h.rx(c.frame(c.other, "two"))
		if names := got("two"); names != "" {
			t.Errorf("%s: nobody is a member: %s", c.name, names)
		}
		// What we send ourselves: to the members here and, with TTL 1, to the wire (RFC 1112 sections 6.1, 7.1).
		h.wait(time.Minute)
		h.sent()
		sender, err := h.ListenUDP(netip.AddrPortFrom(netip.MustParseAddr(c.any), 9), UDPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := sender.SendTo([]byte("three"), netip.AddrPortFrom(c.group, 7)); err != nil {
			t.Fatal(err)
		}
		h.poll()
		if len(h.dev.out) != 1 {
			t.Fatalf("%s: %d frames", c.name, len(h.dev.out))
		}
		ttl := h.dev.out[0][14+8]
		if c.name == "IPv6" {
			ttl = h.dev.out[0][14+7]
		}
		mac := multicastMAC(c.group)
		if ttl != 1 || string(h.dev.out[0][:6]) != string(mac[:]) {
			t.Errorf("%s: TTL %d to % x", c.name, ttl, h.dev.out[0][:6])
		}
		h.sent()
		if _, m, err := first.Peek(); err != nil || m.Remote != netip.AddrPortFrom(c.loopSource, 9) || m.Local != netip.AddrPortFrom(c.group, 7) ||
			m.Interface != h.ifc || !m.Broadcast || m.TTL != 1 {
			t.Errorf("%s: %+v, %v", c.name, m, err)
		}
		if names := got("three"); names != "any any2 group group2 onIf" {
			t.Errorf("%s: from ourselves: %s", c.name, names)
		}
		h.counted("UDPLooped", 1)
		if err := sender.SendTo([]byte("four"), netip.AddrPortFrom(c.other, 7)); err != nil {
			t.Fatal(err)
		}
		h.poll()
		if names := got("four"); names != "" {
			t.Errorf("%s: from ourselves, and nobody is a member: %s", c.name, names)
		}
		quiet, _ := h.ListenUDP(netip.AddrPortFrom(netip.MustParseAddr(c.any), 10), UDPOptions{NoLoop: true, TTL: 9})
		if err := quiet.SendTo([]byte("five"), netip.AddrPortFrom(c.group, 7)); err != nil {
			t.Fatal(err)
		}
		h.poll()
		if names := got("five"); names != "" {
			t.Errorf("%s: with NoLoop: %s", c.name, names)
		}
		// A datagram that is longer than the MTU goes out in fragments and is looped in one piece.
		h.sent()
		if err := sender.SendTo(bytesOf(4000), netip.AddrPortFrom(c.group, 7)); err != nil {
			t.Fatal(err)
		}
		h.poll()
		var buf [5000]byte
		if n, _, err := first.Recv(buf[:]); err != nil || string(buf[:n]) != string(bytesOf(4000)) || len(h.dev.out) != 3 {
			t.Errorf("%s: looped %d bytes, %v; %d frames", c.name, n, err, len(h.dev.out))
		}
		h.sent()
		checkAccounts(t, h.Stack)

		// A socket that is closed is no member any more, and the last one ends the membership of the host.
		second := sockets[1].u
		if err := second.JoinGroup(c.group, h.ifc); err != nil {
			t.Fatal(err)
		}
		first.Close()
		if !h.ifc.joined(c.group) {
			t.Errorf("%s: the other socket's membership is gone", c.name)
		}
		second.Close()
		if h.ifc.joined(c.group) || h.ifc.LeaveGroup(c.group) {
			t.Errorf("%s: closed, and still a member", c.name)
		}
	}
}

// A socket whose queue is full loses its copy of what we send to a group, and nothing else.
func TestUDPLoopFull(t *testing.T) {
	h := newBench(t, Config{})
	u := h.openUDP("0.0.0.0:7", UDPOptions{RcvBuf: 1})
	if err := u.JoinGroup(groupA, nil); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := u.SendTo([]byte("x"), netip.AddrPortFrom(groupA, 7)); err != nil {
			t.Fatal(err)
		}
	}
	h.poll()
	h.counted("UDPLooped", 1)
	h.counted("UDPLoopFull", 2)
	h.counted("UDPSocketFull", 2)
	h.counted("UDPSent", 3)
	if u.Dropped() != 2 || recv(u) != "x" || recv(u) != "" {
		t.Errorf("dropped %d", u.Dropped())
	}
}

func TestJoinGroupErrors(t *testing.T) {
	h := newBench(t, Config{Groups: 1})
	u := h.openUDP("0.0.0.0:7", UDPOptions{})
	for _, c := range []struct {
		a   string
		on  *Interface
		err error
	}{
		{"239.1.2.3", h.ifc, nil}, {"239.1.2.3", h.ifc, ErrAddrInUse}, {"239.1.2.3", nil, ErrAddrInUse}, {"239.1.2.4", nil, ErrTooManyGroups},
		{"ff15::1", nil, ErrBadGroup}, {"192.168.69.7", nil, ErrBadGroup}, {"0.0.0.0", nil, ErrBadGroup},
	} {
		if err := u.JoinGroup(netip.MustParseAddr(c.a), c.on); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.a, err, c.err)
		}
	}
	six := h.openUDP("[::]:8", UDPOptions{V6Only: true})
	if err := six.JoinGroup(ip6("ff15::1"), nil); err != ErrNoRoute {
		t.Errorf("without an interface for it: %v", err)
	}
	if err := six.JoinGroup(ip6("ff15::1%eth1"), nil); err != ErrInvalidAddr {
		t.Errorf("with the zone of no interface: %v", err)
	}
	if u.LeaveGroup(groupB, nil) || !u.LeaveGroup(groupA, nil) || u.LeaveGroup(groupA, nil) {
		t.Error("LeaveGroup")
	}
	if err := six.JoinGroup(ip6("ff15::1%eth0"), nil); err != nil {
		t.Errorf("with a zone: %v", err)
	}
	if !six.LeaveGroup(ip6("ff15::1"), h.ifc) {
		t.Error("leave by the interface what was joined by its zone")
	}
	u.Close()
	if err := u.JoinGroup(groupA, nil); err != ErrClosed {
		t.Errorf("closed: %v", err)
	}
}

// What comes back from a group of IPv6 has no options of IPv4.
func TestLoopedOptions(t *testing.T) {
	h := newBench(t, Config{})
	if err := h.ifc.AddAddr(netip.MustParsePrefix("fdaa::1/64")); err != nil {
		t.Fatal(err)
	}
	h.wait(5 * time.Second)
	alert := dissect.MakeIPv4Options([]byte{148, 4, 0, 0})
	u := h.openUDP("[::]:1000", UDPOptions{Options: alert})
	for group, want := range map[netip.Addr]dissect.IPv4Options{groupA: alert, netip.MustParseAddr("ff02::1234"): {}} {
		if err := u.JoinGroup(group, h.ifc); err != nil {
			t.Fatal(err)
		}
		if err := u.SendTo([]byte("x"), netip.AddrPortFrom(group, 1000)); err != nil {
			t.Fatal(err)
		}
		h.poll()
		if _, m, err := u.Recv(nil); err != nil || m.Options != want {
			t.Errorf("%s: options % x, %v", group, m.Options.Bytes(), err)
		}
	}
}
