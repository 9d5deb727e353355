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
)

// ext is an extension header of eight bytes or more: what follows it, then data behind the length.
func ext(next dissect.IPProto, data ...byte) []byte {
	n := (2 + len(data) + 7) &^ 7
	b := make([]byte, n)
	b[0], b[1] = byte(next), byte(n/8-1)
	copy(b[2:], data)
	return b
}

// chain puts extension headers before an echo request of 4 bytes. Each element is the kind of a header and its data behind
// Next Header and length.
type header6 struct {
	kind dissect.IPProto
	data []byte
}

func chained(h dissect.IPv6Header, headers ...header6) []byte {
	def(&h.Src, peerIP6)
	def(&h.Dst, ourIP6)
	m := echo6Message(4)
	m.FillChecksum(dissect.PseudoHeaderSum(h.Src, h.Dst, dissect.ProtoICMPv6, len(m)))
	b, next := []byte(m), dissect.ProtoICMPv6
	for _, e := range slices.Backward(headers) {
		if e.kind == dissect.ProtoFragment {
			f := dissect.IPv6FragmentHeader{NextHeader: next, ID: 7} // atomic
			b = append(f.Append(nil), b...)
		} else {
			b = append(ext(next, e.data...), b...)
		}
		next = e.kind
	}
	h.NextHeader = next
	return frame6(h, b)
}

// What becomes of a packet: what is sent in answer, and which counter says why. of the traps.
func TestIPv6Ingress(t *testing.T) {
	const pong = "icmp6 fdaa::1>fdaa::64 129/0 len 12"
	from := func(a string) dissect.IPv6Header { return dissect.IPv6Header{Src: ip6(a)} }
	to := func(a string) dissect.IPv6Header { return dissect.IPv6Header{Dst: ip6(a)} }
	hbh, dst, rt, frag := dissect.ProtoHopByHop, dissect.ProtoDestOpts, dissect.ProtoRouting, dissect.ProtoFragment
	opt := func(kind dissect.IPProto, data ...byte) header6 { return header6{kind, data} }
	pad := []byte{1, 4, 0, 0, 0, 0}
	plain := dissect.IPv6Header{}
	problem := func(code, at, n int) string {
		return fmt.Sprintf("icmp6 fdaa::1>fdaa::64 4/%d at %d len %d", code, at, n)
	}
	for _, c := range []struct {
		name    string
		frame   []byte
		answer  string
		counter string
	}{
		{"ping", echo6Frame(plain, 4), pong, "ICMPReceived"},
		{"ping of the link-local address", echo6Frame(dissect.IPv6Header{Src: peerLink, Dst: ourLink}, 4), "icmp6 fe80::1>fe80::64 129/0 len 12", "ICMPReceived"},
		{"padding of the frame is cut off", echo6Frame(plain, 0), "icmp6 fdaa::1>fdaa::64 129/0 len 8", "ICMPReceived"},
		{"ping of all nodes", echo6Frame(to("ff02::1"), 4), pong, "ICMPReceived"},
		{"ping of our solicited-node group", echo6Frame(to("ff02::1:ff00:1"), 4), pong, "ICMPReceived"},
		{"version 4 under EtherType IPv6", put(echo6Frame(plain, 4), 14, 0x45), "", "IPv6Malformed"},
		{"payload length beyond the frame", put(echo6Frame(plain, 4), 18, 1, 0), "", "IPv6Malformed"},
		{"payload length 0", put(echo6Frame(plain, 4), 18, 0, 0), "", "IPv6Malformed"},
		{"cut off header", frame6(dissect.IPv6Header{NextHeader: 59}, nil)[:50], "", "IPv6Malformed"},
		{"to another host", echo6Frame(to("fdaa::2"), 4), "", "IPv6NotOurs"},
		{"to a group that nobody joined", ethFrame(peerMAC, ourMAC, dissect.EtherTypeIPv6, echo6Frame(to("ff02::5"), 4)[14:66]), "", "IPv6NotOurs"},
		{"unicast packet in a group's frame", put(echo6Frame(plain, 4), 0, 0x33, 0x33, 0, 0, 0, 1), "", "IPv6LinkMulticast"},
		{"from ::1", echo6Frame(from("::1"), 4), "", "IPv6Martian"},
		{"to ::1", echo6Frame(to("::1"), 4), "", "IPv6Martian"},
		{"to ::", echo6Frame(to("::"), 4), "", "IPv6Martian"},
		{"from ::", echo6Frame(from("::"), 4), "", "IPv6Martian"},
		{"datagram from ::", udp6Frame(from("::"), 9, 7, "x"), "", "IPv6Martian"},
		{"from a group", echo6Frame(from("ff02::1"), 4), "", "IPv6Martian"},
		{"to a group of this host's", ethFrame(peerMAC, ourMAC, dissect.EtherTypeIPv6, echo6Frame(to("ff01::1"), 4)[14:66]), "", "IPv6Martian"},
		{"to a reserved group", ethFrame(peerMAC, ourMAC, dissect.EtherTypeIPv6, echo6Frame(to("ff00::1"), 4)[14:66]), "", "IPv6Martian"},
		{"from an IPv4 address in disguise", echo6Frame(from("::ffff:10.0.0.1"), 4), "", "IPv6Martian"},
		{"to one", echo6Frame(to("::ffff:10.0.0.1"), 4), "", "IPv6Martian"},
		{"from ourselves", echo6Frame(from("fdaa::1"), 4), "", "IPv6Martian"},

		{"Hop-by-Hop", chained(plain, opt(hbh, pad...)), pong, "ICMPReceived"},
		{"Destination Options", chained(plain, opt(dst, pad...)), pong, "ICMPReceived"},
		{"Routing with no segments left", chained(plain, opt(rt, 0, 0)), pong, "ICMPReceived"},
		{"an atomic fragment (RFC 6946)", chained(plain, opt(frag)), pong, "ICMPReceived"},
		{"all of them", chained(plain, opt(hbh, pad...), opt(dst, pad...), opt(rt, 0, 0), opt(frag), opt(dst, pad...)), pong, "ICMPReceived"},
		{"in another order", chained(plain, opt(frag), opt(dst, pad...), opt(frag), opt(rt, 4, 0), opt(dst, pad...)), pong, "ICMPReceived"},
		{"too many", chained(plain, slices.Repeat([]header6{opt(dst, pad...)}, 17)...), "", "IPv6TooManyHeaders"},
		{"Hop-by-Hop that is not the first", chained(plain, opt(dst, pad...), opt(hbh, pad...)), problem(1, 40, 76), "IPv6BadHeader"},
		{"Hop-by-Hop in a fragment", fragments6(plain, 7, hbh, nil, append(ext(58, pad...), echo6Message(12)...), 16)[0], problem(1, 40, 72), "IPv6BadHeader"},
		{"segments left", chained(plain, opt(rt, 0, 1)), problem(0, 42, 68), "IPv6SourceRoute"},
		{"a header that is cut off", put(chained(plain, opt(dst, pad...)), 55, 9), "", "IPv6BadHeader"},
		{"an option that is cut off", chained(plain, opt(dst, 0x1e, 9, 0, 0, 0, 0)), problem(0, 42, 68), "IPv6BadOption"},

		{"unknown option 00 in Hop-by-Hop", chained(plain, opt(hbh, 0x1e, 4, 1, 2, 3, 4)), pong, "ICMPReceived"},
		{"unknown option 01", chained(plain, opt(hbh, 0x5e, 4, 1, 2, 3, 4)), "", "IPv6BadOption"},
		{"unknown option 10", chained(plain, opt(hbh, 0, 0x9e, 3, 1, 2, 3)), problem(2, 43, 68), "IPv6BadOption"},
		{"unknown option 11", chained(plain, opt(hbh, 0xde, 4, 1, 2, 3, 4)), problem(2, 42, 68), "IPv6BadOption"},
		{"unknown option 00 in Destination Options", chained(plain, opt(dst, 0x1e, 4, 1, 2, 3, 4)), pong, "ICMPReceived"},
		{"unknown option 01", chained(plain, opt(dst, 0x5e, 4, 1, 2, 3, 4)), "", "IPv6BadOption"},
		{"unknown option 10", chained(plain, opt(dst, 0x9e, 4, 1, 2, 3, 4)), problem(2, 42, 68), "IPv6BadOption"},
		{"unknown option 11", chained(plain, opt(dst, 0xde, 4, 1, 2, 3, 4)), problem(2, 42, 68), "IPv6BadOption"},
		{"unknown option 10 to a group", chained(to("ff02::1"), opt(dst, 0x9e, 4, 1, 2, 3, 4)), problem(2, 42, 68), "IPv6BadOption"},
		{"unknown option 11 to a group", chained(to("ff02::1"), opt(dst, 0xde, 4, 1, 2, 3, 4)), "", "IPv6BadOption"},

		{"nothing follows", frame6(dissect.IPv6Header{NextHeader: 59}, []byte("rest")), "", "IPv6NoNext"},
		{"an unknown protocol", frame6(dissect.IPv6Header{NextHeader: 200}, []byte("data")), problem(1, 6, 52), "IPv6UnknownProto"},
		{"an unknown protocol behind options", frame6(dissect.IPv6Header{NextHeader: 60}, ext(200, pad...)), problem(1, 40, 56), "IPv6UnknownProto"},
		{"an Authentication Header", frame6(dissect.IPv6Header{NextHeader: 51}, ext(6, make([]byte, 14)...)), problem(1, 6, 64), "IPv6UnknownProto"},
		{"an unknown protocol to a group", frame6(dissect.IPv6Header{NextHeader: 200, Dst: ip6("ff02::1")}, []byte("data")), "", "IPv6UnknownProto"},

		{"UDP with checksum 0 (X-302)", put(udp6Frame(plain, 9, 7, "x"), 60, 0, 0), "", "UDPChecksum"},
		{"UDP to a closed port", udp6Frame(plain, 9, 7, "x"), "icmp6 fdaa::1>fdaa::64 1/4 len 57", "UDPNoSocket"},
		{"UDP to a closed port of a group", udp6Frame(to("ff02::1"), 9, 7, "x"), "", "UDPNoSocket"},
		{"TCP to a closed port", tcp6Frame(plain, dissect.TCPHeader{SrcPort: 9, DstPort: 7, Flags: dissect.SYN}, ""), "tcp fdaa::1>fdaa::64 7>9 RST|ACK len 0", "TCPNoSocket"},
		{"TCP to a group", tcp6Frame(to("ff02::1"), dissect.TCPHeader{SrcPort: 9, DstPort: 7, Flags: dissect.SYN}, ""), "", "TCPNotUnicast"},
		{"an ICMPv6 checksum", put(echo6Frame(plain, 4), 56, 0, 1), "", "ICMPChecksum"},
		{"ICMPv6 cut off", frame6(dissect.IPv6Header{NextHeader: 58}, []byte{128, 0}), "", "ICMPMalformed"},
		{"an unknown informational message", icmp6Frame(plain, dissect.ICMPv6{200, 0, 0, 0, 0, 0, 0, 0}), "", "ICMPIgnored"},
		{"an echo reply", icmp6Frame(plain, dissect.ICMPv6{129, 0, 0, 0, 0, 0, 0, 0}), "", "ICMPIgnored"},
		{"an error about nothing of ours", error6Frame(1, 4, 0, frame6(dissect.IPv6Header{Src: ourIP6, Dst: peerIP6, NextHeader: 17}, make([]byte, 8))[14:]), "", "ICMPUnmatched"},
		{"an error of an unknown type about nothing of ours (X-140)", error6Frame(99, 0, 0, frame6(dissect.IPv6Header{Src: ourIP6, Dst: peerIP6, NextHeader: 17}, make([]byte, 8))[14:]), "", "ICMPUnmatched"},
		{"an error is not answered", chainedError(opt(dst, 0xde, 4, 1, 2, 3, 4)), "", "IPv6BadOption"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newBench6(t, Config{})
			h.knowPeer6()
			before := ended(h)
			h.rx(c.frame)
			h.expect(strings.Split(c.answer, "\n")...)
			if got := ended(h); got[c.counter] != before[c.counter]+1 {
				t.Errorf("%s did not count it:\n%v", c.counter, h.Counters())
			}
			checkAccounts(t, h.Stack)
		})
	}
}

// chainedError is an ICMPv6 error behind an extension header.
func chainedError(e header6) []byte {
	m := dissect.ICMPv6(append([]byte{1, 4, 0, 0, 0, 0, 0, 0}, make([]byte, 48)...))
	return frame6(dissect.IPv6Header{NextHeader: e.kind}, append(ext(dissect.ProtoICMPv6, e.data...), m...))
}

func ended(h *bench) map[string]uint64 {
	m := make(map[string]uint64)
	h.Counters().Each(func(name string, n uint64) { m[name] = n })
	return m
}

// The Ethernet filter has the groups that were joined and no others (RFC 2464 section 7).
func TestIPv6Groups(t *testing.T) {
	h := newBench6(t, Config{Groups: 2})
	frame := func(a string) []byte { return udp6Frame(dissect.IPv6Header{Dst: ip6(a)}, 9, 7, "x") }
	h.rx(frame("ff02::1:ff00:2"), frame("ff15::7"))
	h.counted("RxNotForUs", 2)
	u := h.openUDP("[::]:7", UDPOptions{})
	if err := h.ifc.JoinGroup(ip6("ff15::7")); err != nil {
		t.Fatal(err)
	}
	h.rx(frame("ff15::7"))
	var buf [9]byte
	if _, m, err := u.Recv(buf[:]); err != nil || !m.Broadcast || m.Local.Addr() != ip6("ff15::7") {
		t.Errorf("%+v, %v", m, err)
	}
	for _, c := range []struct {
		a   string
		err error
	}{{"ff15::7", nil}, {"ff15::8", nil}, {"ff15::9", ErrTooManyGroups}, {"ff01::9", ErrBadGroup}, {"ff00::9", ErrBadGroup}, {"fdaa::9", ErrBadGroup}, {"192.0.2.9", ErrBadGroup}} {
		if err := h.ifc.JoinGroup(ip6(c.a)); err != c.err {
			t.Errorf("%s: %v, want %v", c.a, err, c.err)
		}
	}
	h.ifc.LeaveGroup(ip6("ff15::7"))
	h.rx(frame("ff15::7"))
	if _, _, err := u.Recv(buf[:]); err != nil {
		t.Errorf("joined twice, left once: %v", err)
	}
	if !h.ifc.LeaveGroup(ip6("ff15::7")) || h.ifc.LeaveGroup(ip6("ff15::7")) || h.ifc.LeaveGroup(allNodes6) {
		t.Error("LeaveGroup")
	}
	h.rx(frame("ff15::7"))
	if _, _, err := u.Recv(buf[:]); err != ErrWouldBlock {
		t.Errorf("left: %v", err)
	}
	// The stack's own groups have places of their own.
	if err := h.ifc.AddAddr(netip.MustParsePrefix("fdaa::1:2/64")); err != nil {
		t.Fatal(err)
	}
	h.wait(3 * time.Second)
	if !h.ifc.joined(solicitedNode(ip6("fdaa::1:2"))) {
		t.Error("no solicited-node group")
	}
}

// Errors quote as much as fits 1280 bytes, and are limited.
func TestIPv6ErrorSize(t *testing.T) {
	h := newBench6(t, Config{})
	h.knowPeer6()
	h.rx(udp6Frame(dissect.IPv6Header{}, 9, 7, strings.Repeat("x", 1400)))
	h.expect("icmp6 fdaa::1>fdaa::64 1/4 len 1240")
	for range 100 {
		h.rx(udp6Frame(dissect.IPv6Header{}, 9, 7, "x"))
	}
	if n := strings.Count(h.sent(), "1/4"); n != 19 {
		t.Errorf("%d errors sent of 100", n)
	}
}

// Fragments in any order; bounded, and as RFC 5722, 6946, 7112 and 8200 section 4.5 want it.
func TestIPv6Reassembly(t *testing.T) {
	m := echo6Message(100)
	m.FillChecksum(dissect.PseudoHeaderSum(peerIP6, ourIP6, dissect.ProtoICMPv6, len(m)))
	const pong = "icmp6 fdaa::1>fdaa::64 129/0 len 108"
	plain := dissect.IPv6Header{}
	f := fragments6(plain, 1, dissect.ProtoICMPv6, nil, m, 40)
	dst := ext(dissect.ProtoFragment, 1, 4, 0, 0, 0, 0)
	behind := fragments6(dissect.IPv6Header{NextHeader: dissect.ProtoDestOpts}, 1, dissect.ProtoICMPv6, dst, m, 40)
	options := append(ext(dissect.ProtoICMPv6, 1, 4, 0, 0, 0, 0), m...)
	inside := fragments6(plain, 1, dissect.ProtoDestOpts, nil, options, 40)
	overlap := frame6(dissect.IPv6Header{NextHeader: 44}, append((&dissect.IPv6FragmentHeader{NextHeader: 58, Offset: 32, MoreFragments: true, ID: 1}).Append(nil), make([]byte, 16)...))
	odd := frame6(dissect.IPv6Header{NextHeader: 44}, append((&dissect.IPv6FragmentHeader{NextHeader: 58, MoreFragments: true, ID: 1}).Append(nil), m[:41]...))
	far := frame6(dissect.IPv6Header{NextHeader: 44}, append((&dissect.IPv6FragmentHeader{NextHeader: 58, Offset: 65528, ID: 1}).Append(nil), m[:40]...))
	short := frame6(dissect.IPv6Header{NextHeader: 44}, append((&dissect.IPv6FragmentHeader{NextHeader: 6, MoreFragments: true, ID: 1}).Append(nil), make([]byte, 16)...))
	bare := frame6(dissect.IPv6Header{NextHeader: 44}, append((&dissect.IPv6FragmentHeader{NextHeader: 60, MoreFragments: true, ID: 1}).Append(nil), ext(dissect.ProtoUDP, 1, 4, 0, 0, 0, 0)...))
	atomic := chained(plain, header6{kind: dissect.ProtoFragment})
	for _, c := range []struct {
		name    string
		frames  [][]byte
		answer  string
		counter string
		n       uint64
	}{
		{"in order", f, pong, "Reassembled", 1},
		{"backwards", [][]byte{f[2], f[1], f[0]}, pong, "Reassembled", 1},
		{"twice the same", [][]byte{f[1], f[1], f[0], f[2]}, pong, "FragmentDuplicate", 1},
		{"behind Destination Options", behind, pong, "Reassembled", 1},
		{"different headers before the Fragment header", [][]byte{behind[2], f[0], f[1]}, pong, "Reassembled", 1},
		{"Destination Options inside", inside, pong, "Reassembled", 1},
		{"an overlap spoils the packet and what comes later (RFC 5722, X-201)", [][]byte{f[0], overlap, f[1], f[2]}, "", "FragmentOverlap", 3},
		{"a length that is no multiple of 8", [][]byte{odd}, "icmp6 fdaa::1>fdaa::64 4/0 at 4 len 97", "FragmentBad", 1},
		{"beyond 65535", [][]byte{far}, "icmp6 fdaa::1>fdaa::64 4/0 at 42 len 96", "FragmentBad", 1},
		{"a header chain that is not whole (RFC 7112)", [][]byte{short}, "icmp6 fdaa::1>fdaa::64 4/3 at 0 len 72", "FragmentBad", 1},
		{"options with nothing behind (RFC 7112)", [][]byte{bare}, "icmp6 fdaa::1>fdaa::64 4/3 at 0 len 64", "FragmentBad", 1},
		{"an atomic fragment with the same ID (RFC 6946)", [][]byte{f[0], fragments6(plain, 7, dissect.ProtoICMPv6, nil, m, 40)[0], atomic, f[1], f[2]}, "icmp6 fdaa::1>fdaa::64 129/0 len 12\n" + pong, "Reassembled", 1},
		{"an empty fragment", [][]byte{frame6(dissect.IPv6Header{NextHeader: 44}, (&dissect.IPv6FragmentHeader{NextHeader: 58, Offset: 8, ID: 1}).Append(nil))}, "", "FragmentBad", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newBench6(t, Config{})
			h.knowPeer6()
			h.rx(c.frames...)
			h.expect(strings.Split(c.answer, "\n")...)
			h.counted(c.counter, c.n)
			checkAccounts(t, h.Stack)
		})
	}
	t.Run("timeout", func(t *testing.T) {
		h := newBench6(t, Config{})
		h.knowPeer6()
		h.rx(f[0], f[1], fragments6(plain, 2, dissect.ProtoICMPv6, nil, m, 40)[1])
		h.wait(59 * time.Second)
		h.sent()
		h.knowPeer6()
		h.wait(2 * time.Second)
		h.expect("icmp6 fdaa::1>fdaa::64 3/1 len 96") // for the one whose first fragment came
		h.counted("ReassemblyTimeout", 2)
		if h.reassembly.cost != 0 {
			t.Error("memory is left")
		}
	})
	t.Run("a nested fragment is refused", func(t *testing.T) {
		h := newBench6(t, Config{})
		h.knowPeer6()
		inner := append((&dissect.IPv6FragmentHeader{NextHeader: 58, MoreFragments: true, ID: 9}).Append(nil), m[:40]...)
		h.rx(fragments6(plain, 1, dissect.ProtoFragment, nil, inner, 24)...)
		h.expect("")
		h.counted("FragmentBad", 1)
	})
	t.Run("memory", func(t *testing.T) {
		h := newBench6(t, Config{ReassemblyMemory: 4096})
		for id := range uint32(200) {
			h.rx(fragments6(plain, id, dissect.ProtoICMPv6, nil, m, 40)[1])
		}
		if h.reassembly.cost > 4096 {
			t.Errorf("%d bytes", h.reassembly.cost)
		}
	})
}

// What exceeds the MTU leaves in fragments, and comes back whole.
func TestIPv6Fragmentation(t *testing.T) {
	h := newBench6(t, Config{})
	h.knowPeer6()
	u := h.openUDP("[::]:7", UDPOptions{})
	data := string(bytesOf(3000))
	if err := u.SendTo([]byte(data), netip.AddrPortFrom(peerIP6, 9)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	frames := h.dev.out
	h.expect("fragment fdaa::1>fdaa::64 1448@0+", "fragment fdaa::1>fdaa::64 1448@1448+", "fragment fdaa::1>fdaa::64 112@2896")
	// The peer puts them together.
	p := startBench6(t, Config{DADTransmits: -1}, InterfaceConfig{Addrs: prefixes("fdaa::64/64")})
	v := p.openUDP("[fdaa::64]:9", UDPOptions{})
	for _, f := range frames {
		copy(f, ourMAC[:])
		copy(f[6:], peerMAC[:])
	}
	p.rx(frames...)
	buf := make([]byte, 4000)
	if n, m, err := v.Recv(buf); err != nil || string(buf[:n]) != data || m.Remote != netip.AddrPortFrom(ourIP6, 7) {
		t.Errorf("%d bytes from %s, %v", n, m.Remote, err)
	}
	if err := u.SendTo(make([]byte, 65528), netip.AddrPortFrom(peerIP6, 9)); err != ErrMessageSize {
		t.Errorf("65528 bytes: %v", err)
	}
	d := h.openUDP("[::]:8", UDPOptions{DontFragment: true})
	if err := d.SendTo(make([]byte, 1453), netip.AddrPortFrom(peerIP6, 9)); err != ErrMessageSize {
		t.Errorf("DontFragment: %v", err)
	}
}

// Packet Too Big: TCP resends, UDP fragments, echo replies too; below 1280 it is not believed (RFC 8201 section 4), and nothing
// makes us send atomic fragments (RFC 8021).
func TestIPv6PacketTooBig(t *testing.T) {
	h := newBench6(t, Config{})
	h.knowPeer6()
	u := h.openUDP("[::]:7", UDPOptions{ReportErrors: true})
	data := make([]byte, 1400)
	send := func() []byte {
		t.Helper()
		if err := u.SendTo(data, netip.AddrPortFrom(peerIP6, 9)); err != nil {
			t.Fatal(err)
		}
		h.poll()
		return h.dev.out[0][14:]
	}
	quote := send()
	whole := h.sent()
	for _, mtu := range []uint32{0, 68, 1279, 1448, 1500, 1 << 31} {
		h.rx(error6Frame(dissect.ICMPv6PacketTooBig, 0, mtu, quote))
		if send(); h.sent() != whole {
			t.Errorf("MTU %d is believed", mtu)
		}
	}
	h.rx(error6Frame(dissect.ICMPv6PacketTooBig, 0, 1280, quote))
	send()
	h.expect("fragment fdaa::1>fdaa::64 1232@0+", "fragment fdaa::1>fdaa::64 176@1232")

	h.rx(echo6Frame(dissect.IPv6Header{}, 1400))
	quote = h.dev.out[0][14:]
	h.expect("icmp6 fdaa::1>fdaa::64 129/0 len 1408")
	h.rx(error6Frame(dissect.ICMPv6PacketTooBig, 0, 1300, quote), echo6Frame(dissect.IPv6Header{}, 1400))
	h.expect("fragment fdaa::1>fdaa::64 1248@0+", "fragment fdaa::1>fdaa::64 160@1248")
	h.wait(11 * time.Minute)
	h.sent()
	h.knowPeer6()
	if send(); h.sent() != whole {
		t.Error("it is remembered for ever")
	}
}

// The label is the same for all packets of a flow, differs between flows and is not 0 (RFC 6437 section 3, X-350).
func TestFlowLabels(t *testing.T) {
	h := newBench6(t, Config{})
	h.knowPeer6()
	seen := make(map[uint32]bool)
	for port := range uint16(50) {
		u := h.openUDP("[::]:0", UDPOptions{})
		for range 2 {
			_ = u.SendTo([]byte("x"), netip.AddrPortFrom(peerIP6, 1+port))
		}
		h.poll()
		first, second := dissect.IPv6(h.dev.out[0][14:]).FlowLabel(), dissect.IPv6(h.dev.out[1][14:]).FlowLabel()
		if first != second || first == 0 {
			t.Errorf("labels %#x and %#x", first, second)
		}
		seen[first] = true
		h.dev.out = nil
	}
	if len(seen) < 48 {
		t.Errorf("%d labels for 50 flows", len(seen))
	}
}

// Every error that a host can hear reaches the socket that it is about.
func TestIPv6ErrorsDelivered(t *testing.T) {
	for _, c := range []struct {
		typ  dissect.ICMPv6Type
		code uint8
		err  error
	}{
		{1, 0, ErrNetUnreachable}, {1, 1, ErrProhibited}, {1, 2, ErrHostUnreachable}, {1, 3, ErrHostUnreachable}, {1, 4, ErrRefused},
		{1, 5, ErrProhibited}, {1, 6, ErrProhibited}, {3, 0, ErrTimeExceeded}, {4, 0, ErrParameter}, {4, 1, ErrProtoUnreach}, {99, 0, ErrHostUnreachable},
	} {
		h := newBench6(t, Config{})
		h.knowPeer6()
		u, err := h.DialUDP(netip.AddrPortFrom(peerIP6, 9), UDPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if u.LocalAddr().Addr() != ourIP6 {
			t.Errorf("local address %s", u.LocalAddr())
		}
		_ = u.Write([]byte("x"))
		h.poll()
		quote := h.dev.out[0][14:]
		// The transport header is found behind extension headers too.
		long := slices.Concat(quote[:40], ext(dissect.ProtoUDP, 1, 4, 0, 0, 0, 0), quote[40:])
		long[6] = byte(dissect.ProtoDestOpts)
		for _, q := range [][]byte{quote, long} {
			h.rx(error6Frame(c.typ, c.code, 0, q))
			if _, _, err := u.Recv(nil); err != c.err {
				t.Errorf("type %d code %d: %v, want %v", c.typ, c.code, err, c.err)
			}
		}
		// A connection that is being opened ends by a hard one.
		k, err := h.DialTCP(netip.AddrPortFrom(peerIP6, 80), TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		h.dev.out = nil
		h.poll()
		h.rx(error6Frame(c.typ, c.code, 0, h.dev.out[0][14:]))
		if got := k.Err(); c.err == ErrRefused || c.err == ErrProtoUnreach || c.err == ErrProhibited {
			if !errors.Is(got, c.err) {
				t.Errorf("type %d code %d ends a connection with %v", c.typ, c.code, got)
			}
		} else if got != nil || k.SoftError() != c.err {
			t.Errorf("type %d code %d: %v", c.typ, c.code, got)
		}
	}
}
