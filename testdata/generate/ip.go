package main

import (
	"encoding/binary"
	"net/netip"

	"smoltcp/dissect"
)

// ipv4Options shows every option that people have met, alone, and then what must not confuse a reader.
func ipv4Options() *trace {
	t := newTrace("ipv4-options.pcap")
	p := path{alice4, bob4}
	body := p.udp(40000, 6969, []byte("options"))
	for _, options := range []string{
		"01 01 01 00",                                     // no-ops and the end
		"07 0b 04 00000000 00000000 01",                   // record route: nothing recorded
		"07 0b 08 c0a84501 00000000 01",                   // one address
		"07 0b 0c c0a84501 c6336407 01",                   // full
		"83 0b 04 c0a845fe c6336407 01",                   // loose source route, at its start
		"83 0b 08 c0a845fe c6336407 01",                   // on its way
		"89 0b 0c c0a845fe c6336407 01",                   // strict, at its end
		"44 0c 05 00 00000000 00000000",                   // timestamps only
		"44 0c 0d 30 00a8c0de 00a8c0df",                   // full, three stations had no room
		"44 14 0d 01 c0a845fe 00a8c0de 00000000 00000000", // with addresses
		"44 14 05 03 c0a845fe 00000000 c6336407 00000000", // of given stations
		"44 0c 05 07 00000000 00000000",                   // an unknown flag
		"94 04 0000",                                      // router alert
		"94 04 1234",                                      // of an unknown kind
		"82 0b ab 01 0000 0000 000000 01",                 // security
		"85 04 0102",                                      // extended security
		"86 0a 00000001 01 04 0005 0000",                  // CIPSO
		"88 04 0021",                                      // stream ID
		"0b 04 05dc", "0c 04 05dc",                        // MTU probe and reply
		"19 08 02 40 11223344",                                     // quick start
		"52 0c 0001 0002 0003 c0a84564",                            // traceroute
		"9e 06 01020304",                                           // an experiment
		"07 07 04 00000000 94 04 0000 01",                          // two
		"94 04 0000 94 04 0000",                                    // twice the same
		"00 ff ff ff",                                              // bytes behind the end
		"07 00 04 00", "07 01 04 00", "07 02 01 01", "07 03 04 01", // lengths that make no sense
		"07 ff 04 00",                                  // longer than the header
		"01 01 01 07",                                  // no room for a length
		"07 07 03 00000000 01", "07 07 09 00000000 01", // pointers below and behind the addresses
		"44 04 04 00", "83 06 04 c0a8 01 01", "94 03 00 01", "88 03 00 01",
	} {
		h := dissect.IPv4Header{Protocol: dissect.ProtoUDP, Options: dissect.MakeIPv4Options(hexBytes(options))}
		t.add(p.frame(p.ip4(h, body)))
	}
	// All forty bytes, and a source route that moves the destination of the pseudo-header.
	t.add(p.frame(p.ip4(dissect.IPv4Header{Protocol: dissect.ProtoUDP,
		Options: dissect.MakeIPv4Options(hexBytes("07 27 14 c0a84501 c0a84502 c0a84503 c0a84504 00000000 00000000 00000000 00000000 00000000 00"))}, body)))
	via := path{alice4, router4}
	t.add(via.frame(via.ip4(dissect.IPv4Header{Protocol: dissect.ProtoUDP,
		Options: dissect.MakeIPv4Options(hexBytes("83 07 04 c0a84501 01"))}, body)))
	return t
}

// fragments4 cuts an upper layer into IPv4 packets of size bytes of it at most, a multiple of 8.
func (p path) fragments4(proto dissect.IPProto, id uint16, body []byte, size int) (frames [][]byte) {
	for off := 0; off < len(body); off += size {
		n := min(size, len(body)-off)
		frames = append(frames, p.frame(p.ip4(dissect.IPv4Header{Protocol: proto, ID: id, FragmentOffset: off, MoreFragments: off+n < len(body)}, body[off:off+n])))
	}
	return frames
}

// ipv4Fragments shows packets in pieces, also pieces that do not fit together.
func ipv4Fragments() *trace {
	t := newTrace("ipv4-fragments.pcap")
	p := path{alice4, bob4}
	datagram := p.udp(40000, 6969, counting(72))
	t.add(p.fragments4(dissect.ProtoUDP, 0x1001, datagram, 32)...)
	// Out of order, one twice, one missing.
	out := p.fragments4(dissect.ProtoUDP, 0x1002, datagram, 32)
	t.add(out[2], out[0], out[0])
	ping := p.icmp4(dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: 7, Seq: 1}, counting(40))
	t.add(p.fragments4(dissect.ProtoICMP, 0x1003, ping, 24)...)
	// A TCP header torn apart (RFC 1858), and whole in the first fragment.
	syn := dissect.TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 1000, Flags: dissect.SYN, Window: 64240}
	syn.Options.AddMSS(1460)
	t.add(p.fragments4(dissect.ProtoTCP, 0x1004, p.tcp(syn, nil), 16)...)
	t.add(p.fragments4(dissect.ProtoTCP, 0x1005, p.tcp(syn, counting(24)), 32)...)
	t.add(p.fragments4(dissect.ProtoUDP, 0x1006, p.udp(40000, 6969, counting(8)), 8)...)
	for _, h := range []dissect.IPv4Header{
		{ID: 0x1007, FragmentOffset: 16, MoreFragments: true},       // overlaps others
		{ID: 0x1008, FragmentOffset: 65528},                         // ends beyond 65535
		{ID: 0x1009, MoreFragments: true, DontFragment: true},       // contradicts itself
		{ID: 0x100a, FragmentOffset: 8, Protocol: dissect.ProtoGRE}, // of a protocol not read here
		{ID: 0x100b, DontFragment: true, Protocol: 253},             // whole, of none
		{DSCP: 46, ECN: dissect.CE, TTL: 1, DontFragment: true},     // no ID at all
		{DSCP: 10, ECN: dissect.ECT0, TTL: 255, ID: 0xffff},         // the largest
	} {
		if h.Protocol == 0 {
			h.Protocol = dissect.ProtoUDP
		}
		t.add(p.frame(p.ip4(h, p.udp(40000, 6969, []byte("12345678")))))
	}
	// Less than 8 bytes with more to come, none at all, and the reserved bit (RFC 3514).
	t.add(p.frame(p.ip4(dissect.IPv4Header{Protocol: dissect.ProtoUDP, ID: 0x100c, MoreFragments: true}, datagram[:13])))
	t.add(p.frame(p.ip4(dissect.IPv4Header{Protocol: dissect.ProtoUDP, ID: 0x100d, FragmentOffset: 80}, nil)))
	evil := p.udpFrame(40000, 6969, "evil")
	evil[dissect.EthernetHeaderLen+6] |= 0x80
	dissect.IPv4(evil[dissect.EthernetHeaderLen:]).FillChecksum()
	t.add(evil)
	return t
}

// ipv6Extensions shows each extension header, chains of them, and broken ones.
func ipv6Extensions() *trace {
	t := newTrace("ipv6-extensions.pcap")
	p := path{alice6, bob6}
	body := p.udp(40000, 6969, []byte("behind extensions"))
	put := func(next dissect.IPProto, packet []byte) {
		t.add(p.frame(p.ip6(dissect.IPv6Header{NextHeader: next}, packet)))
	}
	options := func(next dissect.IPProto, options string) []byte {
		h := dissect.IPv6OptionsHeader{NextHeader: next, Options: dissect.MakeIPv6OptionList(hexBytes(options))}
		return h.Append(nil)
	}
	t.add(p.frame(p.ip6(dissect.IPv6Header{NextHeader: dissect.ProtoUDP, DSCP: 46, ECN: dissect.ECT1, FlowLabel: 0xabcde, HopLimit: 1}, body)))
	for _, o := range []string{
		"",                                       // nothing but padding
		"00 00 00 00 00 00",                      // six Pad1
		"05 02 0000",                             // router alert: MLD
		"05 02 1234",                             // of an unknown kind
		"c2 04 00010000",                         // jumbogram, but the payload length is not zero
		"04 01 04 01 00",                         // tunnel limit
		"26 06 02 40 11223344",                   // quick start
		"63 04 80 01 0100",                       // RPL
		"1e 02 abcd",                             // unknown: skip
		"5e 02 abcd", "9e 02 abcd", "de 02 abcd", // unknown: discard, and say so
		"05 08 00000000",           // longer than the header
		"05 01 00", "c2 03 010203", // lengths that make no sense
	} {
		put(dissect.ProtoHopByHop, append(options(dissect.ProtoUDP, o), body...))
	}
	// A mobile node away from home: the checksum is of its home address (RFC 6275 section 11.3.1).
	home := path{end{ip: netip.MustParseAddr("2001:db8::99")}, bob6}
	put(dissect.ProtoDestOpts, join(options(dissect.ProtoUDP, "c9 10 20010db8000000000000000000000099"), home.udp(40000, 6969, []byte("not at home"))))
	for _, routing := range []string{
		"11 02 00 01 00000000" + "20010db8000000000000000000000001", // type 0 (deprecated), one address
		"11 02 00 00 00000000" + "20010db8000000000000000000000001", // visited
		"11 00 00 00 00000000", // none
		"11 02 02 01 00000000" + "20010db8000000000000000000000001",                                        // type 2: mobile
		"11 04 04 01 01 00 0007" + "20010db8000000000000000000000001" + "20010db8000000000000000000000064", // segments
		"11 00 fd 00 12345678", // an experiment
		"11 02 00 05 00000000" + "20010db8000000000000000000000001", // more left than there are
		"11 01 00 01 00000000 2001 0db8 0000 0000",                  // half an address
	} {
		put(dissect.ProtoRouting, append(hexBytes(routing), body...))
	}
	// Type 3, for RPL: two addresses of which eight bytes are left out. The last one counts for the checksum.
	last := path{alice6, end{ip: netip.MustParseAddr("2001:db8::2")}}
	put(dissect.ProtoRouting, append(hexBytes("11 02 03 01 88000000 0000000000000001 0000000000000002"), last.udp(40000, 6969, []byte("rooted"))...))
	for _, h := range []dissect.IPv6FragmentHeader{
		{MoreFragments: true, ID: 0xcafe0001}, {Offset: 16, MoreFragments: true, ID: 0xcafe0001}, {Offset: 24, ID: 0xcafe0001},
		{ID: 0xcafe0002}, // atomic (RFC 6946)
		{Offset: 65528, ID: 0xcafe0003},
	} {
		h.NextHeader = dissect.ProtoUDP
		piece := body
		switch {
		case h.MoreFragments:
			piece = body[:16]
		case h.Offset > 0:
			piece = body[24:]
		}
		put(dissect.ProtoFragment, append(h.Append(nil), piece...))
	}
	put(dissect.ProtoAH, append(hexBytes("11 04 0000 00001000 00000001 00112233 44556677 8899aabb"), body...))
	put(dissect.ProtoAH, append(hexBytes("11 00 0000 00001000"), body...)) // too short for a sequence number
	put(dissect.ProtoESP, counting(24))
	put(dissect.ProtoNoNext, nil)
	put(dissect.ProtoNoNext, []byte("ignored"))
	put(253, []byte("an experiment"))
	// The order that RFC 8200 section 4.1 recommends.
	first := dissect.IPv6FragmentHeader{NextHeader: dissect.ProtoDestOpts, ID: 0xcafe0004}
	put(dissect.ProtoHopByHop, join(
		options(dissect.ProtoDestOpts, "05 02 0000"), options(dissect.ProtoRouting, ""),
		hexBytes("2c 02 00 00 00000000 20010db8000000000000000000000001"), first.Append(nil), options(dissect.ProtoUDP, ""), body))
	// Hop-by-hop options that are not first, a chain that ends before its header, and TCP behind one.
	put(dissect.ProtoDestOpts, join(options(dissect.ProtoHopByHop, ""), options(dissect.ProtoUDP, ""), body))
	put(dissect.ProtoHopByHop, hexBytes("11 05 0502"))
	put(dissect.ProtoHopByHop, hexBytes("11"))
	put(dissect.ProtoFragment, hexBytes("11 00 0001"))
	put(dissect.ProtoUDP, nil)
	put(dissect.ProtoDestOpts, join(options(dissect.ProtoTCP, ""),
		p.tcp(dissect.TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 1, Flags: dissect.SYN, Window: 64240}, nil)))
	// A jumbogram: the length is in the option, the capture holds its beginning.
	jumbo := join(options(dissect.ProtoUDP, "c2 04 00011170"), body)
	h := dissect.IPv6Header{NextHeader: dissect.ProtoHopByHop, HopLimit: 64, Src: alice6.ip, Dst: bob6.ip}
	t.add(p.frame(append(h.Append(nil), jumbo...)))
	// Length zero without the option.
	h.NextHeader = dissect.ProtoUDP
	t.add(p.frame(append(h.Append(nil), body...)))
	return t
}

// udp shows the states of UDP's checksum and length, over both IP versions.
func udp() *trace {
	t := newTrace("udp.pcap")
	for _, p := range []path{{alice4, bob4}, {alice6, bob6}} {
		change := func(data string, f func(u dissect.UDP)) {
			b := p.udp(40000, 6969, []byte(data))
			f(b)
			t.add(p.frame(p.ip(dissect.ProtoUDP, b)))
		}
		refill := func(u dissect.UDP) { u.FillChecksum(p.sum(dissect.ProtoUDP, len(u))) }
		change("abcdefg", func(dissect.UDP) {})
		t.add(p.back().udpFrame(6969, 40000, "yo dawg"))
		change("", func(dissect.UDP) {})
		change("bad", func(u dissect.UDP) { u.SetChecksum(0xdead) })
		change("absent", func(u dissect.UDP) { u.SetChecksum(0) })
		change("partial", func(u dissect.UDP) { u.SetChecksum(p.sum(dissect.ProtoUDP, len(u)).Fold()) })
		change("length 0", func(u dissect.UDP) { u.SetLength(0); refill(u) })
		change("length 7", func(u dissect.UDP) { u.SetLength(7); refill(u) })
		change("length 12 and more", func(u dissect.UDP) {
			u.SetLength(12)
			u[:12].FillChecksum(p.sum(dissect.ProtoUDP, 12))
		})
		change("length 200", func(u dissect.UDP) { u.SetLength(200); refill(u) })
		change("port 0", func(u dissect.UDP) { u.SetSrcPort(0); refill(u) })
		// Data whose checksum computes to zero: it is sent as 0xffff.
		change("\x00\x00", func(u dissect.UDP) {
			refill(u)
			copy(u[8:], binary.BigEndian.AppendUint16(nil, binary.BigEndian.Uint16(u[6:])))
			refill(u)
		})
		for n := range dissect.UDPHeaderLen {
			t.add(p.frame(p.ip(dissect.ProtoUDP, p.udp(40000, 6969, nil)[:n])))
		}
	}
	return t
}

// checksums shows wrong and unfinished ones in every header that has one.
func checksums() *trace {
	t := newTrace("checksums.pcap")
	segment := dissect.TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 1000, Ack: 2000, Flags: dissect.PSH | dissect.ACK, Window: 502}
	for _, p := range []path{{alice4, bob4}, {alice6, bob6}} {
		b := p.tcp(segment, []byte("good"))
		t.add(p.frame(p.ip(dissect.ProtoTCP, b)))
		dissect.TCP(b).SetChecksum(0xdead)
		t.add(p.frame(p.ip(dissect.ProtoTCP, b)))
		dissect.TCP(b).SetChecksum(0)
		t.add(p.frame(p.ip(dissect.ProtoTCP, b)))
		dissect.TCP(b).SetChecksum(p.sum(dissect.ProtoTCP, len(b)).Fold())
		t.add(p.frame(p.ip(dissect.ProtoTCP, b)))
		u := p.udp(40000, 6969, []byte("flipped"))
		u[len(u)-1] ^= 1
		t.add(p.frame(p.ip(dissect.ProtoUDP, u)))
		dissect.UDP(u).SetChecksum(p.sum(dissect.ProtoUDP, len(u)).Fold())
		t.add(p.frame(p.ip(dissect.ProtoUDP, u)))
	}
	p, p6 := path{alice4, bob4}, path{alice6, bob6}
	m := p.icmp4(dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: 7, Seq: 1}, []byte("flipped"))
	m[len(m)-1] ^= 1
	t.add(p.frame(p.ip(dissect.ProtoICMP, m)))
	m6 := p6.icmp6(dissect.ICMPv6Header{Type: dissect.ICMPv6EchoRequest, ID: 7, Seq: 1}, []byte("flipped"))
	m6[len(m6)-1] ^= 1
	t.add(p6.frame(p6.ip(dissect.ProtoICMPv6, m6)))
	dissect.ICMPv6(m6).SetChecksum(p6.sum(dissect.ProtoICMPv6, len(m6)).Fold())
	t.add(p6.frame(p6.ip(dissect.ProtoICMPv6, m6)))
	// IPv4's own: wrong, zero, and 0xffff for zero.
	for _, v := range []uint16{0xdead, 0, 0xffff} {
		f := p.udpFrame(40000, 6969, "ip checksum")
		binary.BigEndian.PutUint16(f[dissect.EthernetHeaderLen+10:], v)
		t.add(f)
	}
	// All of them, and one that the capture cut too short to verify.
	f := p.tcpFrame(segment, "all wrong")
	f[dissect.EthernetHeaderLen+10] ^= 0xff
	f[len(f)-1] ^= 0xff
	t.add(f)
	t.add(p.tcpFrame(segment, "cut off: nobody can tell"))
	t.cut(60)
	return t
}

// everyLength has a frame of every length from 0 to 80 bytes: a UDP datagram, whole from 46 bytes on.
func everyLength() *trace {
	t := newTrace("frames-of-every-length.pcap")
	p := path{alice4, bob4}
	whole := p.udpFrame(40000, 6969, "Every length there is, from nothing on.")
	if len(whole) < 80 {
		whole = append(whole, make([]byte, 80-len(whole))...)
	}
	for n := range 81 {
		t.add(whole[:n])
	}
	return t
}

// truncated is what a small snaplen leaves: headers cut everywhere, of each protocol.
func truncated() *trace {
	t := newTrace("truncated.pcap")
	t.snaplen = 60
	p, p6 := path{alice4, bob4}, path{alice6, bob6}
	syn := dissect.TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 1000, Flags: dissect.SYN, Window: 64240}
	syn.Options.AddMSS(1460)
	syn.Options.AddSACKPermitted()
	syn.Options.AddTimestamps(1201, 0)
	syn.Options.AddNop()
	syn.Options.AddWindowScale(7)
	request := dissect.NewARPRequest(aliceMAC, alice4.ip, bob4.ip)
	data := string(counting(200))
	refused := p.back().icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4Unreachable, Code: dissect.ICMPv4PortUnreachable},
		quote(p.udpFrame(40000, 7777, data), 64))
	for _, f := range []struct {
		frame []byte
		cuts  []int
	}{
		{p.tcpFrame(syn, ""), []int{60, 54, 53, 48, 38, 34, 33, 24, 14, 13, 1, 0}},
		{p6.tcpFrame(syn, ""), []int{60, 58, 54, 53, 40, 15}},
		{p.udpFrame(40000, 6969, data), []int{60, 42, 41, 36}},
		{p6.udpFrame(40000, 6969, data), []int{60, 56}},
		{p.icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: 7, Seq: 1}, []byte(data)), []int{60, 42, 41, 35}},
		{p6.icmp6Frame(64, p6.icmp6(dissect.ICMPv6Header{Type: dissect.ICMPv6EchoRequest, ID: 7, Seq: 1}, []byte(data))), []int{60, 57, 55}},
		{refused, []int{60, 50, 44, 42}},
		{p.ether(dissect.EtherTypeARP, request.Append(nil)), []int{41, 30, 20, 15}},
		{p.ether(dissect.EtherTypeVLAN, append((&dissect.VLANHeader{ID: 69, Type: dissect.EtherTypeIPv4}).Append(nil), p.ip(dissect.ProtoUDP, p.udp(40000, 6969, []byte(data)))...)), []int{60, 40, 18, 17, 16}},
	} {
		for _, n := range f.cuts {
			t.add(f.frame)
			t.cut(n)
		}
	}
	return t
}
