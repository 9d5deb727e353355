package stack

import (
	"net/netip"
	"testing"

	"smoltcp/dissect"
)

// Traps below TCP that no other test stands for; testdata/traps.txt lists them all.

// trap arp.14: a neighbor that is not resolved yet and has to make room fails at once: what waits for it is told, and holds no memory
// until a timer ends.
func TestEvictedNeighborFails(t *testing.T) {
	h := newBench(t, Config{Neighbors: 4})
	var socks []*UDPSocket
	for i := range 5 {
		u, err := h.DialUDP(netip.AddrPortFrom(peer(i), 9), UDPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := u.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		h.poll() // and no time passes
		socks = append(socks, u)
	}
	for i, u := range socks {
		want := ErrWouldBlock
		if i == 0 {
			want = ErrHostUnreachable
		}
		if _, _, err := u.Recv(nil); err != want {
			t.Errorf("socket %d: %v, want %v", i, err, want)
		}
	}
	h.counted("NeighborUnsent", 1)
	if n := h.ifc.neighbors.pending.len; n != 4 {
		t.Errorf("%d neighbors are being resolved", n)
	}
}

// trap ipv4.18: the source for what goes by a gateway is the address on the gateway's subnet, not the first (RFC 1122 3.3.4.3, X-173).
func TestSourceOnTheGatewaysSubnet(t *testing.T) {
	h := newBench(t, Config{})
	if err := h.ifc.AddAddr(netip.MustParsePrefix("10.1.0.1/24")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ gateway, src string }{{"10.1.0.254", "10.1.0.1"}, {"192.168.69.254", "192.168.69.1"}} {
		r := Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr(c.gateway), Interface: h.ifc}
		if err := h.AddRoute(r); err != nil {
			t.Fatal(err)
		}
		u, err := h.DialUDP(ap("8.8.8.8:53"), UDPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := h.DialTCP(ap("8.8.8.8:53"), TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if u.LocalAddr().Addr().String() != c.src || s.LocalAddr().Addr().String() != c.src {
			t.Errorf("by %s from %s and %s, want %s", c.gateway, u.LocalAddr(), s.LocalAddr(), c.src)
		}
		h.RemoveRoute(r)
	}
}

// trap ipv4.21: a multicast or broadcast of a socket that is bound to nothing leaves by an interface that has an address of the kind, not
// by the first.
func TestMulticastInterface(t *testing.T) {
	s := New(Config{})
	devs := [3]*wire{}
	for i, addr := range []string{"", "10.2.0.1/24", "10.3.0.1/24"} {
		devs[i] = &wire{mtu: 1500, rawIP: true, room: 9}
		var c InterfaceConfig
		if addr != "" {
			c.Addrs = []netip.Prefix{netip.MustParsePrefix(addr)}
		}
		if _, err := s.AddInterface(devs[i], c); err != nil {
			t.Fatal(err)
		}
	}
	u, err := s.ListenUDP(netip.AddrPort{}, UDPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"224.0.0.251:5353", "255.255.255.255:67"} {
		if err := u.SendTo([]byte("x"), ap(to)); err != nil {
			t.Fatal(err)
		}
	}
	for s.Poll(0) {
	}
	if len(devs[0].out) != 0 || len(devs[1].out) != 2 || len(devs[2].out) != 0 {
		t.Fatalf("%d, %d and %d packets", len(devs[0].out), len(devs[1].out), len(devs[2].out))
	}
	for _, p := range devs[1].out {
		if src := dissect.IPv4(p).Src(); src != netip.MustParseAddr("10.2.0.1") {
			t.Errorf("from %s", src)
		}
	}
}

// trap fragments.6: the checksum of a datagram is whole before it is cut, also when the device would fill in the checksums of whole
// packets (RFC 768, X-028).
func TestChecksumBeforeFragments(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.ifc.skipTx = true
	u := h.openUDP("192.168.69.1:7", UDPOptions{})
	if err := u.SendTo(bytesOf(4000), netip.AddrPortFrom(peerIP, 9)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	whole := make([]byte, 4008)
	n := 0
	for _, f := range h.dev.out {
		ip := dissect.IPv4(f[14:])
		n += copy(whole[ip.FragmentOffset():], ip[:ip.TotalLen()].Payload())
	}
	if n != len(whole) || !dissect.UDP(whole).ChecksumOK(dissect.PseudoHeaderSum(ourIP, peerIP, dissect.ProtoUDP, n)) {
		t.Errorf("%d bytes, checksum %#x", n, dissect.UDP(whole).Checksum())
	}
}
