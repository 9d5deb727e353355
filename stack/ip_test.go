package stack

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// What becomes of a frame: what is sent in answer, and which counter says why.
func TestIngress(t *testing.T) {
	ping := func(h dissect.IPv4Header) []byte { return echoFrame(h, 4) }
	const pong = "icmp 192.168.69.1>192.168.69.100 0/0 len 12"
	from := func(a string) dissect.IPv4Header { return dissect.IPv4Header{Src: netip.MustParseAddr(a)} }
	to := func(a string) dissect.IPv4Header { return dissect.IPv4Header{Dst: netip.MustParseAddr(a)} }
	snap := func(f []byte) []byte {
		payload := f[14:]
		n := dissect.IPv4(payload).TotalLen()
		return ethFrame(peerMAC, ourMAC, dissect.EtherType(8+n), append([]byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, payload[:n]...))
	}
	tagged := func(id uint16) []byte {
		return ethFrame(peerMAC, ourMAC, dissect.EtherTypeVLAN, append([]byte{byte(id >> 8), byte(id), 8, 0}, ping(dissect.IPv4Header{})[14:]...))
	}
	options := func(b ...byte) dissect.IPv4Header { return dissect.IPv4Header{Options: ipOptions(b...)} }
	proto := func(p dissect.IPProto, payload string) []byte {
		return ipFrame(dissect.IPv4Header{Protocol: p}, []byte(payload))
	}
	toMAC := func(m dissect.MAC, f []byte) []byte { return put(f, 0, m[:]...) }
	for _, c := range []struct {
		name    string
		frame   []byte
		answer  string
		counter string
	}{
		{"ping", ping(dissect.IPv4Header{}), pong, "ICMPReceived"},
		{"padding of the frame is cut off", echoFrame(dissect.IPv4Header{}, 0), "icmp 192.168.69.1>192.168.69.100 0/0 len 8", "ICMPReceived"},
		{"empty frame", []byte{}, "", "RxShort"},
		{"13 bytes", ping(dissect.IPv4Header{})[:13], "", "RxShort"},
		{"another station's", toMAC(dissect.MAC{2, 0, 0, 0, 0, 9}, ping(dissect.IPv4Header{})), "", "RxNotForUs"},
		{"a group that nobody joined", toMAC(dissect.MAC{1, 0, 0x5e, 0, 0, 5}, ping(dissect.IPv4Header{})), "", "RxNotForUs"},
		{"unicast packet in a broadcast frame", toMAC(dissect.BroadcastMAC, ping(dissect.IPv4Header{})), "", "IPv4LinkBroadcast"},
		{"EtherType of another protocol", ethFrame(peerMAC, ourMAC, 0x88b5, make([]byte, 40)), "", "RxUnknownType"},
		{"SNAP", snap(ping(dissect.IPv4Header{})), pong, "ICMPReceived"},
		{"LLC of something else", put(snap(ping(dissect.IPv4Header{})), 14, 0x42), "", "RxUnknownType"},
		{"VLAN 0 is no VLAN", tagged(0), pong, "ICMPReceived"},
		{"VLAN 5", tagged(5), "", "RxVLAN"},
		{"cut off tag", ethFrame(peerMAC, ourMAC, dissect.EtherTypeVLAN, nil)[:16], "", "RxShort"},

		{"version 6 under EtherType IPv4", put(ping(dissect.IPv4Header{}), 14, 0x65), "", "IPv4Malformed"},
		{"IHL below 5", put(ping(dissect.IPv4Header{}), 14, 0x44), "", "IPv4Malformed"},
		{"IHL beyond the packet", put(ping(dissect.IPv4Header{}), 14, 0x4f), "", "IPv4Malformed"},
		{"total length below the header", put(ping(dissect.IPv4Header{}), 16, 0, 19), "", "IPv4Malformed"},
		{"total length beyond the frame", put(ping(dissect.IPv4Header{}), 16, 1, 0), "", "IPv4Malformed"},
		{"header checksum", unsum(ping(dissect.IPv4Header{})), "", "IPv4Checksum"},
		{"to another host", ping(to("192.168.69.2")), "", "IPv4NotOurs"},
		{"to a multicast group", ping(to("224.0.0.5")), "", "IPv4NotOurs"},
		{"from 127.0.0.1", ping(from("127.0.0.1")), "", "IPv4Martian"},
		{"to 127.0.0.1", ping(to("127.0.0.1")), "", "IPv4Martian"},
		{"from 0.0.0.0", ping(from("0.0.0.0")), "", "IPv4Martian"},
		{"from 0.1.2.3", ping(from("0.1.2.3")), "", "IPv4Martian"},
		{"from 224.0.0.1", ping(from("224.0.0.1")), "", "IPv4Martian"},
		{"from 240.0.0.1", ping(from("240.0.0.1")), "", "IPv4Martian"},
		{"from 255.255.255.255", ping(from("255.255.255.255")), "", "IPv4Martian"},
		{"from the subnet's broadcast", ping(from("192.168.69.255")), "", "IPv4Martian"},
		{"from another interface's broadcast", ping(from("10.5.0.255")), "", "IPv4Martian"},
		{"from ourselves", ping(from("192.168.69.1")), "", "IPv4Martian"},

		{"echo to the subnet's broadcast", toMAC(dissect.BroadcastMAC, ping(to("192.168.69.255"))), "", "ICMPIgnored"},
		{"echo to its old form", toMAC(dissect.BroadcastMAC, ping(to("192.168.69.0"))), "", "ICMPIgnored"},
		{"echo to 255.255.255.255", toMAC(dissect.BroadcastMAC, ping(to("255.255.255.255"))), "", "ICMPIgnored"},
		{"echo to all hosts", toMAC(dissect.MAC{1, 0, 0x5e, 0, 0, 1}, ping(to("224.0.0.1"))), "", "ICMPIgnored"},

		{"record route and no-operation", ping(options(1, 7, 7, 4, 0, 0, 0, 0)), pong, "ICMPReceived"},
		{"an unknown option", ping(options(30, 4, 1, 2)), pong, "ICMPReceived"},
		{"option of length 0", ping(options(7, 0, 0, 0)), "icmp 192.168.69.1>192.168.69.100 12/0 len 44", "IPv4BadOption"},
		{"option beyond the header", ping(options(7, 20, 4, 0)), "icmp 192.168.69.1>192.168.69.100 12/0 len 44", "IPv4BadOption"},
		{"unfinished loose source route", ping(options(131, 7, 4, 10, 0, 0, 1, 0)), "icmp 192.168.69.1>192.168.69.100 3/5 len 48", "IPv4SourceRoute"},
		{"unfinished strict source route", ping(options(137, 7, 4, 10, 0, 0, 1, 0)), "icmp 192.168.69.1>192.168.69.100 3/5 len 48", "IPv4SourceRoute"},
		{"echo by a finished source route", ping(options(131, 7, 8, 10, 0, 0, 1, 0)), "", "IPv4SourceRoute"},
		{"source route without a pointer", ping(options(131, 2, 0, 0)), "icmp 192.168.69.1>192.168.69.100 12/0 len 44", "IPv4BadOption"},

		{"unknown protocol", proto(200, "12345678"), "icmp 192.168.69.1>192.168.69.100 3/2 len 36", "IPv4UnknownProto"},
		{"unknown protocol without payload", proto(200, ""), "icmp 192.168.69.1>192.168.69.100 3/2 len 28", "IPv4UnknownProto"},

		{"ICMP of 7 bytes", proto(dissect.ProtoICMP, "1234567"), "", "ICMPMalformed"},
		{"ICMP checksum", put(ping(dissect.IPv4Header{}), 36, 1, 2), "", "ICMPChecksum"},
		{"source quench", ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(4, 0, ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP}, make([]byte, 8)))), "", "ICMPIgnored"},
		{"timestamp request", ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(13, 0, make([]byte, 12))), "icmp 192.168.69.1>192.168.69.100 14/0 len 20", "ICMPReceived"},
		{"error that quotes nothing of ours", ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(3, 3, ipPacket(dissect.IPv4Header{Src: peerIP, Dst: ourIP, Protocol: 17}, make([]byte, 8)))), "", "ICMPUnmatched"},
		{"error whose quote is cut off", ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(3, 3, make([]byte, 12))), "", "ICMPMalformed"},

		{"UDP to a closed port", udpFrame(dissect.IPv4Header{}, 9, 10, "abc"), "icmp 192.168.69.1>192.168.69.100 3/3 len 39", "UDPNoSocket"},
		{"UDP to a closed port by broadcast", toMAC(dissect.BroadcastMAC, udpFrame(to("192.168.69.255"), 9, 10, "abc")), "", "UDPNoSocket"},
		{"UDP checksum", put(udpFrame(dissect.IPv4Header{}, 9, 10, "abc"), 40, 1, 2), "", "UDPChecksum"},
		{"UDP length below the header", put(udpFrame(dissect.IPv4Header{}, 9, 10, "abc"), 38, 0, 7), "", "UDPMalformed"},
		{"UDP length beyond the packet", put(udpFrame(dissect.IPv4Header{}, 9, 10, "abc"), 38, 1, 0), "", "UDPMalformed"},
		{"UDP to port 0", udpFrame(dissect.IPv4Header{}, 9, 0, "abc"), "", "UDPMalformed"},

		{"SYN to a closed port", tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 9, DstPort: 10, Flags: dissect.SYN}, ""), "tcp 192.168.69.1>192.168.69.100 10>9 RST|ACK len 0", "TCPNoSocket"},
		{"ACK to a closed port", tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 9, DstPort: 10, Flags: dissect.ACK}, "x"), "tcp 192.168.69.1>192.168.69.100 10>9 RST len 0", "TCPNoSocket"},
		{"RST to a closed port", tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 9, DstPort: 10, Flags: dissect.RST}, ""), "", "TCPNoSocket"},
		{"SYN by broadcast", toMAC(dissect.BroadcastMAC, tcpFrame(to("192.168.69.255"), dissect.TCPHeader{SrcPort: 9, DstPort: 10, Flags: dissect.SYN}, "")), "", "TCPNotUnicast"},
		{"TCP checksum", put(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 9, DstPort: 10, Flags: dissect.SYN}, ""), 50, 1, 2), "", "TCPChecksum"},
		{"TCP offset below 5", put(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 9, DstPort: 10, Flags: dissect.SYN}, ""), 46, 0x40), "", "TCPMalformed"},
		{"TCP from port 0", tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 0, DstPort: 10, Flags: dissect.SYN}, ""), "", "TCPMalformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newBench(t, Config{})
			if _, err := h.AddInterface(&wire{mtu: 1500, rawIP: true, room: 9}, InterfaceConfig{Addrs: []netip.Prefix{netip.MustParsePrefix("10.5.0.1/24")}}); err != nil {
				t.Fatal(err)
			}
			h.knowPeer()
			h.rx(c.frame)
			if got := h.sent(); got != c.answer {
				t.Errorf("sent %q, want %q", got, c.answer)
			}
			h.counted(c.counter, 1)
			h.counted("RxFrames", 2)
			checkAccounts(t, h.Stack)
		})
	}
}

// Without Ethernet, frames are IP packets and nobody is asked for by ARP.
func TestRawIP(t *testing.T) {
	h := &bench{t: t, dev: &wire{room: 100, mtu: 1500, rawIP: true}}
	h.Stack = New(Config{})
	if _, err := h.AddInterface(h.dev, InterfaceConfig{Addrs: []netip.Prefix{netip.PrefixFrom(ourIP, 24)}}); err != nil {
		t.Fatal(err)
	}
	h.rx(echoFrame(dissect.IPv4Header{}, 4)[14:], []byte{0x50}, []byte{})
	h.expect("icmp 192.168.69.1>192.168.69.100 0/0 len 12")
	h.counted("RxUnknownType", 1)
	h.counted("RxShort", 1)
	if h.Poll(h.at) || h.NextPoll() != Never {
		t.Error("an idle stack wants to be polled")
	}
}

func TestEchoBroadcastIfConfigured(t *testing.T) {
	h := newBench(t, Config{EchoBroadcast: true})
	h.knowPeer()
	h.rx(put(echoFrame(dissect.IPv4Header{Dst: netip.MustParseAddr("192.168.69.255")}, 4), 0, dissect.BroadcastMAC[:4]...))
	h.sent()
	f := echoFrame(dissect.IPv4Header{Dst: netip.MustParseAddr("192.168.69.255")}, 4)
	h.rx(put(f, 0, dissect.BroadcastMAC[:]...))
	h.expect("icmp 192.168.69.1>192.168.69.100 0/0 len 12")
}

// fragmentsOf cuts the payload of a packet into pieces of n bytes.
func fragmentsOf(h dissect.IPv4Header, payload []byte, n int) (frames [][]byte) {
	for off := 0; off < len(payload); off += n {
		end := min(off+n, len(payload))
		h.FragmentOffset, h.MoreFragments, h.TotalLen = off, end < len(payload), 0
		frames = append(frames, ipFrame(h, payload[off:end]))
	}
	return frames
}

func TestReassembly(t *testing.T) {
	payload := icmpMessage(dissect.ICMPv4EchoRequest, 0, bytesOf(100))
	head := dissect.IPv4Header{ID: 7, Protocol: dissect.ProtoICMP}
	const pong = "icmp 192.168.69.1>192.168.69.100 0/0 len 108"
	pieces := func() [][]byte { return fragmentsOf(head, payload, 40) } // three: 0-40, 40-80, 80-108
	part := func(off, end int, more bool, change byte) []byte {
		h := head
		h.FragmentOffset, h.MoreFragments = off, more
		f := ipFrame(h, payload[off:end])
		f[34] ^= change
		return f
	}
	for _, c := range []struct {
		name   string
		frames func() [][]byte
		answer string
		left   int // datagrams still waiting
	}{
		{"in order", pieces, pong, 0},
		{"reversed", func() [][]byte { p := pieces(); return [][]byte{p[2], p[1], p[0]} }, pong, 0},
		{"exact duplicates", func() [][]byte { p := pieces(); return [][]byte{p[0], p[0], p[2], p[2], p[1]} }, pong, 0},
		{"a missing one", func() [][]byte { p := pieces(); return p[:2] }, "", 1},
		{"an overlap discards the datagram", func() [][]byte { p := pieces(); return [][]byte{p[0], part(32, 48, true, 0), p[1], p[2]} }, "", 1},
		{"a duplicate with other bytes", func() [][]byte { p := pieces(); return [][]byte{p[0], part(0, 40, true, 1), p[1], p[2]} }, "", 1},
		{"the same start, longer", func() [][]byte { p := pieces(); return [][]byte{p[0], part(0, 48, true, 0), p[1], p[2]} }, "", 1},
		{"bytes behind the end", func() [][]byte { p := pieces(); return [][]byte{p[2], p[0], part(104, 112-4-4, true, 0)} }, "", 1},
		{"two ends", func() [][]byte { p := pieces(); return [][]byte{p[2], part(40, 80, false, 0), p[0]} }, "", 1},
		{"an end before what came", func() [][]byte { p := pieces(); return [][]byte{p[1], part(0, 40, false, 0)} }, "", 1},
		{"an odd length in the middle", func() [][]byte { return [][]byte{part(0, 36, true, 0)} }, "", 0},
		{"an empty one", func() [][]byte { return [][]byte{part(0, 0, true, 0)} }, "", 0},
		{"beyond 65535", func() [][]byte {
			h := head
			h.FragmentOffset, h.MoreFragments = 65528, true
			return [][]byte{ipFrame(h, make([]byte, 16))}
		}, "", 0},
		{"a stray one in between", func() [][]byte {
			p := pieces()
			h := head
			h.ID, h.MoreFragments = 8, true
			return [][]byte{p[0], ipFrame(h, make([]byte, 16)), p[1], p[2]}
		}, pong, 1},
		{"two datagrams interleaved", func() [][]byte {
			p := pieces()
			h := head
			h.ID = 9
			q := fragmentsOf(h, payload, 64)
			return [][]byte{p[0], q[1], p[1], q[0], p[2]}
		}, pong + "\n" + pong, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newBench(t, Config{})
			h.knowPeer()
			h.rx(c.frames()...)
			if got := h.sent(); got != c.answer {
				t.Errorf("sent %q, want %q", got, c.answer)
			}
			if n := len(h.reassembly.partials); n != c.left {
				t.Errorf("%d datagrams wait, want %d", n, c.left)
			}
			checkAccounts(t, h.Stack)
			h.wait(61 * time.Second)
			if h.reassembly.cost != 0 || len(h.reassembly.partials) != 0 || h.reassembly.oldest != nil {
				t.Errorf("%d bytes are held after a minute", h.reassembly.cost)
			}
		})
	}
}

// After 60 s the sender is told, if the first fragment came (RFC 1122 section 3.3.2).
func TestReassemblyTimeout(t *testing.T) {
	payload := icmpMessage(dissect.ICMPv4EchoRequest, 0, bytesOf(100))
	p := fragmentsOf(dissect.IPv4Header{ID: 7, Protocol: dissect.ProtoICMP}, payload, 40)
	h := newBench(t, Config{NeighborReachable: time.Hour})
	h.knowPeer()
	h.rx(p[0])
	h.wait(30 * time.Second)
	h.knowPeer()
	h.wait(29 * time.Second)
	h.expect()
	h.wait(2 * time.Second)
	h.expect("icmp 192.168.69.1>192.168.69.100 11/1 len 68")
	h.rx(p[1])
	h.wait(2 * time.Minute)
	h.expect()
	h.counted("ReassemblyTimeout", 2)
}

// What fragments hold is bounded, and the oldest make room.
func TestReassemblyMemory(t *testing.T) {
	h := newBench(t, Config{ReassemblyMemory: 10000})
	h.knowPeer()
	for id := range 1000 {
		h.rx(ipFrame(dissect.IPv4Header{ID: uint16(id), Protocol: 17, FragmentOffset: 64000, MoreFragments: true}, make([]byte, 800)))
		if h.reassembly.cost > 10000 {
			t.Fatalf("%d bytes after %d fragments", h.reassembly.cost, id)
		}
	}
	if n := len(h.reassembly.partials); n < 5 {
		t.Errorf("%d datagrams", n)
	}
	// A datagram of two fragments still gets through.
	h.rx(fragmentsOf(dissect.IPv4Header{ID: 7, Protocol: dissect.ProtoICMP}, icmpMessage(8, 0, bytesOf(100)), 64)...)
	h.expect("icmp 192.168.69.1>192.168.69.100 0/0 len 108")
}

// The header is that of fragment 0, options included; CE on any fragment survives.
func TestReassembledHeader(t *testing.T) {
	h := newBench(t, Config{})
	u, _ := h.ListenUDP(netip.AddrPortFrom(ourIP, 7), UDPOptions{})
	data := udpDatagram(peerIP, ourIP, 9, 7, string(bytesOf(200)))
	first := dissect.IPv4Header{ID: 1, Protocol: 17, ECN: dissect.ECT0, TTL: 33, MoreFragments: true, Options: ipOptions(30, 4, 1, 2)}
	second := dissect.IPv4Header{ID: 1, Protocol: 17, ECN: dissect.CE, TTL: 44, FragmentOffset: 104}
	h.rx(ipFrame(second, data[104:]), ipFrame(first, data[:104]))
	b, m, err := u.Peek()
	if err != nil || string(b) != string(bytesOf(200)) || m.TTL != 33 || m.ECN != dissect.CE || string(m.Options.Bytes()) != "\x1e\x04\x01\x02" {
		t.Errorf("%d bytes, %+v, %v", len(b), m, err)
	}
}

// The transport checksum of a reassembled datagram is verified whatever the device offloads.
func TestReassembledChecksum(t *testing.T) {
	h := newBench(t, Config{})
	h.ifc.skipRx = true
	u, _ := h.ListenUDP(netip.AddrPortFrom(ourIP, 7), UDPOptions{})
	data := udpDatagram(peerIP, ourIP, 9, 7, string(bytesOf(200)))
	data[100] ^= 1
	h.rx(ipFrame(dissect.IPv4Header{Protocol: 17}, data))
	if !u.Readable() {
		t.Error("a device that verifies is not believed")
	}
	_, _, _ = u.Recv(nil)
	h.rx(fragmentsOf(dissect.IPv4Header{ID: 3, Protocol: 17}, data, 64)...)
	if u.Readable() {
		t.Error("a wrong checksum passed")
	}
	h.counted("UDPChecksum", 1)
}

// An echo reply carries the request's data complete up to 65507 bytes, in fragments.
func TestEchoLarge(t *testing.T) {
	for _, n := range []int{1472, 1473, 5000, 65507} {
		h := newBench(t, Config{})
		h.knowPeer()
		msg := icmpMessage(dissect.ICMPv4EchoRequest, 0, bytesOf(n))
		h.rx(fragmentsOf(dissect.IPv4Header{ID: 5, Protocol: dissect.ProtoICMP}, msg, 1480)...)
		got := make([]byte, len(msg))
		id, have := -1, 0
		for _, f := range h.dev.out {
			ip := dissect.IPv4(f[14:])
			describe(t, f, false)
			if id < 0 {
				id = int(ip.ID())
			}
			if int(ip.ID()) != id || ip.TTL() != 64 || ip.DontFragment() {
				t.Errorf("fragment %+v", ip.Header())
			}
			have += copy(got[ip.FragmentOffset():], ip.Payload())
		}
		want := icmpMessage(dissect.ICMPv4EchoReply, 0, bytesOf(n))
		if have != len(want) || string(got) != string(want) {
			t.Errorf("%d bytes: reply of %d bytes differs", n, have)
		}
	}
}

// Fragments of one datagram leave whole when the device fills in the middle.
func TestFragmentsStall(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	u, _ := h.ListenUDP(netip.AddrPortFrom(ourIP, 7), UDPOptions{})
	h.dev.room = 1
	if err := u.SendTo(make([]byte, 4000), netip.AddrPortFrom(peerIP, 9)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	if !h.ifc.Stalled() || h.NextPoll() <= h.at {
		t.Error("a full device makes the owner poll in a loop")
	}
	for range 3 {
		h.dev.room = 1
		h.poll()
	}
	h.expect("fragment 192.168.69.1>192.168.69.100 1480@0+", "fragment 192.168.69.1>192.168.69.100 1480@1480+",
		"fragment 192.168.69.1>192.168.69.100 1048@2960")
	if h.ifc.Stalled() {
		t.Error("still stalled")
	}
}

// No error answers what RFC 1122 section 3.2.2 excludes.
func TestICMPRestraint(t *testing.T) {
	closed := udpFrame(dissect.IPv4Header{}, 9, 10, "abc")
	quoted := ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: 17}, make([]byte, 8))
	for name, f := range map[string][]byte{
		"an ICMP error with a bad option": ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP, Options: ipOptions(7, 0, 0, 0)}, icmpMessage(3, 3, quoted)),
		"an unknown ICMP type":            ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP, Options: ipOptions(7, 0, 0, 0)}, icmpMessage(200, 0, quoted)),
		"a fragment that is not the first": ipFrame(dissect.IPv4Header{Protocol: 17, FragmentOffset: 8, MoreFragments: true, Options: ipOptions(7, 0, 0, 0)},
			make([]byte, 8)),
		"IP broadcast":   put(udpFrame(dissect.IPv4Header{Dst: netip.MustParseAddr("192.168.69.255")}, 9, 10, "abc"), 0, dissect.BroadcastMAC[:]...),
		"link broadcast": put(closed, 0, dissect.BroadcastMAC[:]...),
	} {
		h := newBench(t, Config{})
		h.knowPeer()
		h.rx(f)
		if got := h.sent(); got != "" {
			t.Errorf("%s was answered: %s", name, got)
		}
	}
}

// The quote is at most 576 bytes in all.
func TestICMPQuote(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.rx(udpFrame(dissect.IPv4Header{}, 9, 10, strings.Repeat("x", 1400)))
	h.expect("icmp 192.168.69.1>192.168.69.100 3/3 len 556")
}

// Errors are limited in rate with a burst, for each peer and for all; a limited peer does not use up the others' tokens.
func TestICMPRateLimit(t *testing.T) {
	h := newBench(t, Config{ICMPPeerRate: 10, ICMPPeerBurst: 5, ICMPRate: 100, ICMPBurst: 8})
	h.knowPeer()
	second := netip.MustParseAddr("192.168.69.101")
	h.rx(arpFrame(dissect.ARPRequest, peerMAC, second, dissect.MAC{}, ourIP))
	h.sent()
	count := func(frames int, src netip.Addr) int {
		for range frames {
			h.rx(udpFrame(dissect.IPv4Header{Src: src}, 9, 10, "abc"))
		}
		return strings.Count(h.sent(), "3/3")
	}
	if n := count(100, peerIP); n != 5 {
		t.Errorf("burst of %d to one peer, want 5", n)
	}
	if n := count(100, second); n != 3 {
		t.Errorf("burst of %d more to another, want 3", n)
	}
	h.wait(100 * time.Millisecond)
	if n := count(100, peerIP); n != 1 {
		t.Errorf("%d in a tenth of a second, want 1", n)
	}
	h.wait(10 * time.Second)
	if n := count(100, peerIP); n != 5 {
		t.Errorf("burst of %d later, want 5", n)
	}
	h.counted("ICMPLimited", 95+97+99+95)
}

func TestInterfaceErrors(t *testing.T) {
	prefixes := func(s ...string) (p []netip.Prefix) {
		for _, s := range s {
			p = append(p, netip.MustParsePrefix(s))
		}
		return p
	}
	ether := func(mtu int) Device { return &wire{mtu: mtu, room: 9} }
	for _, c := range []struct {
		name string
		dev  Device
		cfg  InterfaceConfig
		err  error
	}{
		{"usual", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.1/24", "10.0.1.1/24")}, nil},
		{"/31, low", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.0/31")}, nil},
		{"/31, high", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.255/31")}, nil},
		{"/32", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.1/32")}, nil},
		{"mapped", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("::ffff:10.0.0.1/120")}, nil},
		{"zero MAC", ether(1500), InterfaceConfig{}, ErrBadInterface},
		{"group MAC", ether(1500), InterfaceConfig{HardwareAddr: dissect.MAC{1, 2, 3, 4, 5, 6}}, ErrBadInterface},
		{"MTU 68", ether(68), InterfaceConfig{HardwareAddr: ourMAC}, nil},
		{"MTU 67", ether(67), InterfaceConfig{HardwareAddr: ourMAC}, ErrBadInterface},
		{"MTU 0", ether(0), InterfaceConfig{HardwareAddr: ourMAC}, ErrBadInterface},
		{"MTU too large", ether(70000), InterfaceConfig{HardwareAddr: ourMAC}, ErrBadInterface},
		{"MTU above the device's", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, MTU: 1501}, ErrBadInterface},
		{"network", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.0/24")}, ErrBadAddr},
		{"broadcast", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.255/24")}, ErrBadAddr},
		{"limited broadcast", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("255.255.255.255/32")}, ErrBadAddr},
		{"multicast", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("224.0.0.1/24")}, ErrBadAddr},
		{"loopback", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("127.0.0.2/8")}, ErrBadAddr},
		{"unspecified", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("0.0.0.0/32")}, ErrBadAddr},
		{"duplicate", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.1/24", "10.0.0.1/16")}, ErrBadAddr},
		{"/0", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.1/0")}, ErrBadAddr},
		{"IPv6", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("fd00::1/64", "fe80::1/64")}, nil},
		{"IPv6 /0", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("fd00::1/0")}, ErrBadAddr},
		{"IPv6 anycast", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("fd00::/64")}, ErrBadAddr},
		{"IPv6 multicast", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("ff02::1/64")}, ErrBadAddr},
		{"IPv6 loopback", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("::1/128")}, ErrBadAddr},
		{"IPv6 unspecified", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("::/128")}, ErrBadAddr},
		{"IPv6 duplicate", ether(1500), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("10.0.0.1/24", "fd00::1/64", "fd00::1/48")}, ErrBadAddr},
		{"IPv6 on a link that is too narrow", ether(1279), InterfaceConfig{HardwareAddr: ourMAC, Addrs: prefixes("fd00::1/64")}, ErrBadAddr},
	} {
		s := New(Config{})
		_, err := s.AddInterface(c.dev, c.cfg)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
		if err != nil && (len(s.interfaces) != 1 || len(s.locals) != 2 || len(s.timers.heap) != 0) {
			t.Errorf("%s: something was left behind", c.name)
		}
	}
}

func TestRoutes(t *testing.T) {
	h := newBench(t, Config{})
	tun, err := h.AddInterface(&wire{mtu: 1400, rawIP: true, room: 9}, InterfaceConfig{Name: "tun0", Addrs: []netip.Prefix{netip.MustParsePrefix("10.5.0.1/24")}})
	if err != nil {
		t.Fatal(err)
	}
	add := func(prefix, gw string, ifc *Interface, metric int) error {
		r := Route{Prefix: netip.MustParsePrefix(prefix), Interface: ifc, Metric: metric}
		if gw != "" {
			r.Gateway = netip.MustParseAddr(gw)
		}
		return h.AddRoute(r)
	}
	for _, c := range []struct {
		prefix, gw string
		ifc        *Interface
		ok         bool
	}{
		{"10.1.2.3/0", "192.168.69.254", nil, true}, // the default route: prefixes are masked when stored
		{"10.6.0.0/16", "", tun, true},
		{"10.6.7.0/24", "192.168.69.253", nil, true},
		{"10.7.0.0/16", "172.16.0.1", h.ifc, true}, // a gateway outside our prefixes, as a /32 lease needs
		{"10.8.0.0/16", "172.16.0.1", nil, false},  // not if nobody says where it is
		{"10.8.0.0/16", "fe80::1", h.ifc, false},
		{"fd00::/64", "192.168.69.254", h.ifc, false},
		{"10.8.0.0/16", "192.168.69.255", h.ifc, false},
		{"10.8.0.0/16", "224.0.0.1", h.ifc, false},
		{"10.8.0.0/16", "192.168.69.1", h.ifc, false}, // ourselves
		{"10.8.0.0/16", "", nil, false},
		{"10.8.0.0/16", "", New(Config{}).interfaces[0], false},
	} {
		if err := add(c.prefix, c.gw, c.ifc, 0); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrBadRoute) {
			t.Errorf("%s by %q: %v", c.prefix, c.gw, err)
		}
	}
	for _, c := range []struct{ dst, want string }{
		{"192.168.69.7", "eth0 192.168.69.7 192.168.69.1"},
		{"10.5.0.9", "tun0 10.5.0.9 10.5.0.1"},
		{"10.6.1.1", "tun0 10.6.1.1 10.5.0.1"},
		{"10.6.7.1", "eth0 192.168.69.253 192.168.69.1"}, // the longest prefix
		{"10.7.1.1", "eth0 172.16.0.1 192.168.69.1"},
		{"8.8.8.8", "eth0 192.168.69.254 192.168.69.1"},
		{"192.168.69.1", "lo 192.168.69.1 192.168.69.1"},
		{"127.1.2.3", "lo 127.1.2.3 127.0.0.1"},
		{"255.255.255.255", "eth0 255.255.255.255 192.168.69.1"},
		{"224.0.0.9", "eth0 224.0.0.9 192.168.69.1"},
		{"192.168.69.255", "eth0 192.168.69.255 192.168.69.1"},
	} {
		p, err := h.route(netip.MustParseAddr(c.dst), netip.Addr{}, nil)
		if err != nil {
			t.Errorf("%s: %v", c.dst, err)
		} else if got := fmt.Sprint(p.ifc.name, " ", p.next, " ", p.src); got != c.want {
			t.Errorf("%s: %s, want %s", c.dst, got, c.want)
		}
	}
	for _, c := range []struct{ dst, src string }{{"8.8.8.8", "127.0.0.1"}, {"8.8.8.8", "1.2.3.4"}, {"127.0.0.1", "192.168.69.1"}} {
		if p, err := h.route(netip.MustParseAddr(c.dst), netip.MustParseAddr(c.src), nil); err == nil {
			t.Errorf("%s from %s leaves by %s", c.dst, c.src, p.ifc.name)
		}
	}
	// A lower metric wins; removing takes only the route named.
	if err := add("0.0.0.0/0", "10.5.0.2", tun, -1); err != nil {
		t.Fatal(err)
	}
	if p, _ := h.route(netip.MustParseAddr("8.8.8.8"), netip.Addr{}, nil); p.ifc != tun {
		t.Errorf("metric ignored")
	}
	if !h.RemoveRoute(Route{Prefix: netip.MustParsePrefix("9.9.9.9/0"), Gateway: netip.MustParseAddr("10.5.0.2"), Interface: tun}) {
		t.Error("not removed")
	}
	if p, _ := h.route(netip.MustParseAddr("8.8.8.8"), netip.Addr{}, nil); p.ifc != h.ifc {
		t.Errorf("the other default route is gone")
	}
	if h.RemoveRoute(Route{Prefix: netip.MustParsePrefix("9.9.9.0/24")}) {
		t.Error("removed what was not there")
	}
}

// Among equal routes one whose gateway answers is used, and when it fails another takes over.
func TestGatewayFailover(t *testing.T) {
	h := newBench(t, Config{})
	gw1, gw2 := netip.MustParseAddr("192.168.69.253"), netip.MustParseAddr("192.168.69.254")
	for _, gw := range []netip.Addr{gw1, gw2} {
		if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: gw}); err != nil {
			t.Fatal(err)
		}
	}
	u, _ := h.ListenUDP(netip.AddrPort{}, UDPOptions{})
	to := netip.MustParseAddrPort("8.8.8.8:53")
	_ = u.SendTo([]byte("x"), to)
	h.wait(4 * time.Second)
	if got := h.sent(); strings.Count(got, "arp request 192.168.69.253") != 3 {
		t.Errorf("sent %s", got)
	}
	_ = u.SendTo([]byte("x"), to)
	h.poll()
	h.expect("arp request 192.168.69.254 from 192.168.69.1 to all")
	h.rx(arpFrame(dissect.ARPReply, peerMACOf(2), gw2, ourMAC, ourIP), arpFrame(dissect.ARPReply, peerMACOf(1), gw1, ourMAC, ourIP))
	h.sent()
	_ = u.SendTo([]byte("x"), to)
	h.poll()
	if got := h.sent(); !strings.HasSuffix(got, "to aa-00-00-01-00-01") {
		t.Errorf("the first gateway is back and not used: %s", got)
	}
}

// IDs do not repeat for one source, destination and protocol, and look unrelated for others.
func TestPacketIDs(t *testing.T) {
	var r random
	r.init(zeroReader{})
	seen := map[uint16]bool{}
	for range 65536 {
		seen[r.packetID(ourIP, peerIP, dissect.ProtoUDP)] = true
	}
	if len(seen) != 65536 {
		t.Errorf("%d different IDs in 65536", len(seen))
	}
	steps := map[uint16]int{}
	last := r.packetID(ourIP, peerIP, dissect.ProtoTCP)
	for range 1000 {
		id := r.packetID(ourIP, peerIP, dissect.ProtoTCP)
		steps[id-last]++
		last = id
	}
	for step, n := range steps {
		if n > 100 {
			t.Errorf("step %d came %d times in 1000: IDs count packets", step, n)
		}
	}
}

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// SipHash-2-4 against the vectors of its paper's reference implementation.
func TestSipHash(t *testing.T) {
	k := sipKey{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	var in [15]byte
	for i := range in {
		in[i] = byte(i)
	}
	for n, want := range map[int]uint64{0: 0x726fdb47dd0e0e31, 1: 0x74f839c593dc67fd, 8: 0x93f5f5799a932462, 15: 0xa129ca6149be45e5} {
		if got := k.hash(in[:n]); got != want {
			t.Errorf("%d bytes: %#x, want %#x", n, got, want)
		}
	}
}

// Initial sequence numbers grow with a clock of 4 us for one pair of ends, and tell nothing of another's (trap security.1, X-014,
//
func TestInitialSequenceNumbers(t *testing.T) {
	h := newBench(t, Config{})
	a, b, c := netip.AddrPortFrom(ourIP, 1000), netip.AddrPortFrom(peerIP, 2000), netip.AddrPortFrom(peerIP, 2001)
	first := h.random.iss(0, a, b)
	if d := h.random.iss(Time(4*time.Millisecond), a, b) - first; d != 1000 {
		t.Errorf("4 ms later it is %d more, want 1000", d)
	}
	if d := int32(h.random.iss(0, a, c) - first); d > -1<<16 && d < 1<<16 {
		t.Errorf("another port's is %d away", d)
	}
	one, other := New(Config{}), New(Config{})
	if one.random.iss(0, a, b) == other.random.iss(0, a, b) {
		t.Error("two stacks have one number")
	}
}

// Devices' errors lose a frame and are counted; the stack goes on.
func TestDeviceErrors(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.dev.in = append(h.dev.in, errDevice, echoFrame(dissect.IPv4Header{}, 4), errDevice)
	h.poll()
	h.expect("icmp 192.168.69.1>192.168.69.100 0/0 len 12")
	h.counted("RxErrors", 2)
	for range 100 { // a device that only fails is not asked in a loop
		h.dev.in = append(h.dev.in, errDevice)
	}
	if h.Stack.Poll(h.at) {
		t.Error("a device in trouble makes the owner poll in a loop")
	}
	h.dev.in = nil
	h.dev.sendErr = errDevice
	h.rx(echoFrame(dissect.IPv4Header{}, 4))
	h.dev.sendErr = nil
	h.counted("TxErrors", 1)
	h.rx(echoFrame(dissect.IPv4Header{}, 4))
	h.expect("icmp 192.168.69.1>192.168.69.100 0/0 len 12")
}

// A poll takes a bounded number of frames and asks to be called again.
func TestPollIsBounded(t *testing.T) {
	h := newBench(t, Config{Burst: 10})
	h.knowPeer()
	for range 25 {
		h.dev.in = append(h.dev.in, echoFrame(dissect.IPv4Header{}, 4))
	}
	for i, want := range []struct {
		more bool
		sent int
	}{{true, 10}, {true, 10}, {false, 5}} {
		more := h.Stack.Poll(h.at)
		n := len(h.dev.out)
		h.sent()
		if more != want.more || n != want.sent {
			t.Errorf("poll %d: more %v, sent %d, want %+v", i, more, n, want)
		}
	}
}

// A full device loses nothing of what waits, up to the limit for what the stack itself sends.
func TestFullDevice(t *testing.T) {
	h := newBench(t, Config{TxQueue: 5})
	h.knowPeer()
	h.dev.room = 0
	for range 8 {
		h.rx(echoFrame(dissect.IPv4Header{}, 4))
	}
	h.counted("TxQueueFull", 3)
	h.counted("TxStalls", 1)
	h.dev.room = 3
	h.poll()
	h.dev.room = 100
	h.poll()
	if n := strings.Count(h.sent(), "0/0"); n != 5 {
		t.Errorf("%d replies, want 5", n)
	}
}

// checkAccounts checks that every frame ended in exactly one counter.
func checkAccounts(t testing.TB, s *Stack) {
	t.Helper()
	if in, out := s.counters.RxFrames+s.counters.Reassembled, accounted(&s.counters); in != out {
		t.Errorf("%d frames and reassembled packets, %d accounted for:\n%v", in, out, &s.counters)
	}
}
