package main

import (
	"encoding/binary"
	"net/netip"

	"smoltcp/dissect"
)

// withExtensions puts an extension structure (RFC 4884) with objects behind a quote of 128 bytes.
func withExtensions(quoted []byte, objects string) []byte {
	b := append(append([]byte(nil), quoted...), make([]byte, 128-len(quoted))...)
	ext := join([]byte{0x20, 0, 0, 0}, hexBytes(objects))
	binary.BigEndian.PutUint16(ext[2:], dissect.Sum(0).Add(ext).Checksum())
	return append(b, ext...)
}

// icmpv4 shows every type, the errors with what they quote.
func icmpv4() *trace {
	t := newTrace("icmpv4.pcap")
	p := path{alice4, bob4}
	back := p.back()
	echo := dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: 7, Seq: 1}
	t.add(p.icmp4Frame(echo, counting(56)))
	echo.Type = dissect.ICMPv4EchoReply
	t.add(back.icmp4Frame(echo, counting(56)), back.icmp4Frame(echo, nil))

	sent := p.udpFrame(40000, 7777, "who is there?")
	for code := uint8(0); code <= 16; code++ {
		h := dissect.ICMPv4Header{Type: dissect.ICMPv4Unreachable, Code: code}
		if code == dissect.ICMPv4FragNeeded {
			h.MTU = 1400
		}
		t.add(back.icmp4Frame(h, quote(sent, 8)))
	}
	t.add(back.icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4Unreachable, Code: dissect.ICMPv4FragNeeded}, quote(sent, 8))) // no MTU
	t.add(back.icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4SourceQuench}, quote(sent, 8)))
	for code := uint8(0); code <= 4; code++ {
		t.add(back.icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4Redirect, Code: code, Gateway: router4.ip}, quote(sent, 8)))
	}
	for code := uint8(0); code <= 2; code++ {
		t.add(back.icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4TimeExceeded, Code: code}, quote(sent, 8)))
		t.add(back.icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4ParameterProblem, Code: code, Pointer: 20}, quote(sent, 8)))
	}

	// Quotes: of segments short and long, of a ping, of an error (which nobody may send), of a fragment, of a packet with
	// options, of IPv6, of one byte and of none.
	unreachable := dissect.ICMPv4Header{Type: dissect.ICMPv4Unreachable, Code: dissect.ICMPv4HostUnreachable}
	syn := dissect.TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 1000, Flags: dissect.SYN, Window: 64240}
	syn.Options.AddMSS(1460)
	segment := p.tcpFrame(syn, "")
	ping := p.icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: 7, Seq: 1}, counting(16))
	late := p.frame(p.ip4(dissect.IPv4Header{Protocol: dissect.ProtoUDP, ID: 9, FragmentOffset: 1480}, counting(16)))
	first := p.frame(p.ip4(dissect.IPv4Header{Protocol: dissect.ProtoUDP, ID: 9, MoreFragments: true}, p.udp(40000, 7777, counting(16))[:16]))
	routed := p.frame(p.ip4(dissect.IPv4Header{Protocol: dissect.ProtoUDP, Options: dissect.MakeIPv4Options(hexBytes("94 04 0000"))}, p.udp(40000, 7777, nil)))
	gre := p.frame(p.ip(dissect.ProtoGRE, counting(16)))
	p6 := path{alice6, bob6}
	for _, q := range [][]byte{
		quote(segment, 8), quote(segment, 20), quote(segment, 64), quote(segment, 4), quote(ping, 8), quote(ping, 64),
		quote(back.icmp4Frame(unreachable, quote(sent, 8)), 64), quote(late, 8), quote(first, 16), quote(routed, 8), quote(gre, 8),
		p6.ip(dissect.ProtoUDP, p6.udp(40000, 7777, nil)), {0x45}, nil, quote(sent, 0)[:19], quote(sent, 0),
	} {
		t.add(back.icmp4Frame(unreachable, q))
	}

	// An MPLS label stack, an interface and an unknown object behind the quote; the length field says how long that is.
	mpls, iface := "0008 01 01 0064 7101", "0014 02 0e 00000003 00010000 c0a845fe 000005dc"
	for _, objects := range []string{mpls, iface, mpls + iface, "000c f7 00 0102030405060708", "0003 01 01", "00ff 01 01 00"} {
		h := dissect.ICMPv4Header{Type: dissect.ICMPv4TimeExceeded, QuoteLen: 32}
		t.add(back.icmp4Frame(h, withExtensions(quote(sent, 64), objects)))
	}
	t.add(back.icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4TimeExceeded}, withExtensions(quote(sent, 64), mpls))) // as before RFC 4884

	for _, m := range []struct {
		h    dissect.ICMPv4Header
		body string
	}{
		{dissect.ICMPv4Header{Type: dissect.ICMPv4RouterAdvertisement, Pointer: 2, QuoteLen: 2, MTU: 1800}, "c0a845fe 00000000 c0a84501 ffffffff"},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4RouterAdvertisement, Code: 16, Pointer: 1, QuoteLen: 2, MTU: 1800}, "c0a845fe 00000000"},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4RouterAdvertisement, Pointer: 9, QuoteLen: 1, MTU: 60}, "c0a845fe"}, // sizes that make no sense
		{dissect.ICMPv4Header{Type: dissect.ICMPv4RouterSolicitation}, ""},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4Timestamp, ID: 7, Seq: 2}, "00a8c0de 00000000 00000000"},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4TimestampReply, ID: 7, Seq: 2}, "00a8c0de 00a8c0df 80a8c0df"},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4Timestamp, ID: 7, Seq: 2}, "00a8c0de"},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4Information, ID: 7, Seq: 3}, ""},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4InformationReply, ID: 7, Seq: 3}, ""},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4Mask, ID: 7, Seq: 4}, "00000000"},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4MaskReply, ID: 7, Seq: 4}, "ffffff00"},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4Traceroute}, "00010002 00000000 00002710 000005dc"},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4Photuris, Code: 2}, ""},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4ExtendedEcho, ID: 7, Seq: 0x0101}, "2000 0000 0008 03 02 00000002"},
		{dissect.ICMPv4Header{Type: dissect.ICMPv4ExtendedEchoReply, ID: 7, Seq: 0x014e}, ""},
	} {
		t.add(p.icmp4Frame(m.h, hexBytes(m.body)))
	}
	for _, kind := range []dissect.ICMPv4Type{1, 2, 6, 7, 19, 31, 32, 33, 34, 35, 36, 37, 38, 39, 41, 44, 253, 255} {
		t.add(p.icmp4Frame(dissect.ICMPv4Header{Type: kind, Code: 3}, []byte("what is this?")))
	}
	for n := range dissect.ICMPv4HeaderLen {
		t.add(p.frame(p.ip(dissect.ProtoICMP, p.icmp4(echo, nil)[:n])))
	}
	return t
}

// icmpv6Errors shows the errors with what they quote, and the pings.
func icmpv6Errors() *trace {
	t := newTrace("icmpv6-errors.pcap")
	p := path{alice6, bob6}
	back := p.back()
	put := func(p path, h dissect.ICMPv6Header, body []byte) { t.add(p.icmp6Frame(64, p.icmp6(h, body))) }
	put(p, dissect.ICMPv6Header{Type: dissect.ICMPv6EchoRequest, ID: 7, Seq: 1}, counting(56))
	put(back, dissect.ICMPv6Header{Type: dissect.ICMPv6EchoReply, ID: 7, Seq: 1}, counting(56))
	put(back, dissect.ICMPv6Header{Type: dissect.ICMPv6EchoReply, ID: 7, Seq: 1}, nil)
	sent := p.ip(dissect.ProtoUDP, p.udp(40000, 7777, []byte("who is there?")))
	for code := uint8(0); code <= 9; code++ {
		put(back, dissect.ICMPv6Header{Type: dissect.ICMPv6Unreachable, Code: code}, sent)
	}
	put(back, dissect.ICMPv6Header{Type: dissect.ICMPv6PacketTooBig, MTU: 1400}, sent)
	put(back, dissect.ICMPv6Header{Type: dissect.ICMPv6PacketTooBig, Code: 1, MTU: 70000}, sent)
	for code := uint8(0); code <= 2; code++ {
		put(back, dissect.ICMPv6Header{Type: dissect.ICMPv6TimeExceeded, Code: code}, sent)
	}
	for code := uint8(0); code <= 4; code++ {
		put(back, dissect.ICMPv6Header{Type: dissect.ICMPv6ParameterProblem, Code: code, Pointer: 40}, sent)
	}
	syn := dissect.TCPHeader{SrcPort: 35692, DstPort: 6969, Seq: 1000, Flags: dissect.SYN, Window: 64240}
	syn.Options.AddMSS(1460)
	segment := p.ip(dissect.ProtoTCP, p.tcp(syn, nil))
	ping := p.ip(dissect.ProtoICMPv6, p.icmp6(dissect.ICMPv6Header{Type: dissect.ICMPv6EchoRequest, ID: 7, Seq: 1}, counting(16)))
	unreachable := dissect.ICMPv6Header{Type: dissect.ICMPv6Unreachable, Code: dissect.ICMPv6AddressUnreachable}
	late := dissect.IPv6FragmentHeader{NextHeader: dissect.ProtoUDP, Offset: 1448, ID: 9}
	p4 := path{alice4, bob4}
	for _, q := range [][]byte{
		segment, segment[:48], segment[:44], ping, ping[:48],
		p.ip(dissect.ProtoICMPv6, back.icmp6(unreachable, sent)),
		p.ip(dissect.ProtoFragment, append(late.Append(nil), counting(16)...)),
		p4.ip(dissect.ProtoUDP, p4.udp(40000, 7777, nil)), sent[:40], sent[:39], {0x60}, nil,
	} {
		put(back, unreachable, q)
	}
	padded := append(append([]byte(nil), sent...), make([]byte, 128-len(sent))...)
	ext := hexBytes("2000 0000 0008 01 01 0064 7101")
	binary.BigEndian.PutUint16(ext[2:], dissect.Sum(0).Add(ext).Checksum())
	put(back, dissect.ICMPv6Header{Type: dissect.ICMPv6TimeExceeded, QuoteLen: 16}, append(padded, ext...))
	for _, kind := range []dissect.ICMPv6Type{5, 100, 127, 138, 139, 140, 144, 145, 146, 147, 148, 151, 155, 157, 160, 161, 200, 255} {
		put(p, dissect.ICMPv6Header{Type: kind, Code: 1}, []byte("what is this?"))
	}
	whole := p.icmp6(dissect.ICMPv6Header{Type: dissect.ICMPv6EchoRequest, ID: 7, Seq: 1}, nil)
	for n := range len(whole) {
		t.add(p.icmp6Frame(64, whole[:n]))
	}
	return t
}

// icmpv6NDP shows neighbor discovery with its options.
func icmpv6NDP() *trace {
	t := newTrace("icmpv6-ndp.pcap")
	put := func(p path, message []byte) { t.add(p.icmp6Frame(255, p.icmp6Sum(message))) }
	unspecified := end{aliceMAC, netip.IPv6Unspecified()}

	// Is my address free? Where are routers? Here is one.
	dad := dissect.NeighborSolicitationHeader{Target: aliceLink6.ip}
	put(path{unspecified, solicited(aliceLink6.ip)}, dad.Append(nil))
	dad.Options.Add(dissect.NDPOptNonce, 1, 2, 3, 4, 5, 6)
	put(path{unspecified, solicited(aliceLink6.ip)}, dad.Append(nil))
	rs := dissect.RouterSolicitationHeader{}
	put(path{unspecified, allRouters}, rs.Append(nil))
	rs.Options.AddSourceAddr(aliceMAC)
	put(path{aliceLink6, allRouters}, rs.Append(nil))
	ra := dissect.RouterAdvertisementHeader{HopLimit: 64, Lifetime: 1800}
	ra.Options.AddSourceAddr(routerMAC)
	ra.Options.AddMTU(1500)
	ra.Options.AddPrefix(dissect.NDPPrefix{Addr: netip.MustParseAddr("2001:db8::"), Bits: 64, OnLink: true, Autonomous: true, Valid: 86400, Preferred: 14400})
	put(path{routerLink, allNodes}, ra.Append(nil))
	full := dissect.RouterAdvertisementHeader{HopLimit: 255, Managed: true, Other: true, HomeAgent: true, Proxy: true, Preference: 1,
		Lifetime: 9000, ReachableTime: 30000, RetransTimer: 1000}
	full.Options.AddPrefix(dissect.NDPPrefix{Addr: netip.MustParseAddr("2001:db8:1::1"), Bits: 64, OnLink: true, RouterAddr: true, Valid: 0xffffffff, Preferred: 0xffffffff})
	full.Options.Add(dissect.NDPOptRDNSS, hexBytes("0000 00000e10 20010db8000000000000000000000053")...)
	full.Options.Add(dissect.NDPOptDNSSL, hexBytes("0000 00000e10 07 6578616d706c65 03 6f7267 00")...)
	put(path{routerLink, allNodes}, full.Append(nil))
	for _, o := range []struct {
		kind dissect.NDPOptionType
		data string
	}{
		{dissect.NDPOptRoute, "20 08 00000708 20010db8"}, {dissect.NDPOptRoute, "00 18 00000708"}, {dissect.NDPOptAdvInterval, "0000 000003e8"},
		{dissect.NDPOptHomeAgent, "0000 0001 0708"}, {dissect.NDPOptFlags, "0000 00000000"}, {dissect.NDPOptCaptivePortal, "68747470733a2f2f6578616d706c652e6f7267"},
		{dissect.NDPOptPREF64, "0708 0064ff9b0000000000000000"}, {dissect.NDPOptMTU, "0000 00000000"}, {253, "010203040506"}, {99, "0102"},
	} {
		h := dissect.RouterAdvertisementHeader{HopLimit: 64, Lifetime: 1800, Preference: 3}
		h.Options.Add(o.kind, hexBytes(o.data)...)
		put(path{routerLink, allNodes}, h.Append(nil))
	}

	// Who has an address? I do. And the same without being asked, of a router, and to one host.
	ns := dissect.NeighborSolicitationHeader{Target: bob6.ip}
	ns.Options.AddSourceAddr(aliceMAC)
	put(path{alice6, solicited(bob6.ip)}, ns.Append(nil))
	na := dissect.NeighborAdvertisementHeader{Solicited: true, Override: true, Target: bob6.ip}
	na.Options.AddTargetAddr(bobMAC)
	put(path{bob6, alice6}, na.Append(nil))
	na.Solicited = false
	put(path{bob6, allNodes}, na.Append(nil))
	put(path{routerLink, alice6}, (&dissect.NeighborAdvertisementHeader{Router: true, Target: routerLink.ip}).Append(nil))
	put(path{alice6, bob6}, (&dissect.NeighborSolicitationHeader{Target: bob6.ip}).Append(nil))

	// There is a better way, with and without the packet it is about.
	p := path{alice6, away6}
	sent := p.ip(dissect.ProtoUDP, p.udp(40000, 7777, []byte("who is there?")))
	sent = append(sent, make([]byte, (8-len(sent)%8)%8)...)
	target, dst := bobLink6.ip.As16(), away6.ip.As16()
	redirect := join(hexBytes("89 00 0000 00000000"), target[:], dst[:])
	put(path{routerLink, alice6}, append([]byte(nil), redirect...))
	put(path{routerLink, alice6}, join(redirect, hexBytes("02 01"), bobMAC[:], []byte{4, byte(1 + len(sent)/8), 0, 0, 0, 0, 0, 0}, sent))

	// Options that make no sense: of length zero, longer than the message, cut off; hop limits that a router wrote.
	for _, options := range []string{"01 00 020000000064", "01 02 020000000064", "01", "05 02 0000 000005dc 0000000000000000", "03 01 40c0 00000000", "02 01 0203"} {
		put(path{alice6, solicited(bob6.ip)}, append((&dissect.NeighborSolicitationHeader{Target: bob6.ip}).Append(nil), hexBytes(options)...))
	}
	far := path{away6, bob6}
	t.add(far.icmp6Frame(63, far.icmp6Sum((&dissect.NeighborSolicitationHeader{Target: bob6.ip}).Append(nil))))
	// Messages shorter than their type asks for.
	for _, m := range []string{"85 00 0000", "86 00 0000 4000 0708", "87 00 0000 00000000 20010db8", "88 00 0000", "89 00 0000 00000000 fe80"} {
		put(path{alice6, bob6}, hexBytes(m))
	}
	return t
}

// icmpv6MLD shows multicast listener discovery, both versions, behind the router alert that it must have.
func icmpv6MLD() *trace {
	t := newTrace("icmpv6-mld.pcap")
	put := func(p path, message string) {
		m := hexBytes(message)
		alert := dissect.IPv6OptionsHeader{NextHeader: dissect.ProtoICMPv6, Options: dissect.MakeIPv6OptionList(hexBytes("05 02 0000"))}
		t.add(p.frame(p.ip6(dissect.IPv6Header{NextHeader: dissect.ProtoHopByHop, HopLimit: 1}, append(alert.Append(nil), p.icmp6Sum(m)...))))
	}
	const group = "ff020000000000000000000000000123"
	const none = "00000000000000000000000000000000"
	const source = "20010db8000000000000000000000064"
	query := path{routerLink, allNodes}
	report := path{aliceLink6, mldRouters}
	put(query, "82 00 0000 2710 0000"+none)
	put(path{routerLink, multicast("ff02::123")}, "82 00 0000 03e8 0000"+group)
	put(path{aliceLink6, multicast("ff02::123")}, "83 00 0000 0000 0000"+group)
	put(path{aliceLink6, allRouters}, "84 00 0000 0000 0000"+group)
	// Version 2: general, of a group, of sources; with the suppress flag, robustness and long times.
	put(query, "82 00 0000 2710 0000"+none+"02 7d 0000")
	put(query, "82 00 0000 03e8 0000"+group+"0a 7d 0000")
	put(query, "82 00 0000 8fff 0000"+group+"02 ff 0002"+source+source)
	put(query, "82 00 0000 03e8 0000"+group+"02 7d 0005"+source) // fewer sources than it says
	put(report, "8f 00 0000 0000 0001 04 00 0000"+group)
	put(report, "8f 00 0000 0000 0002 02 00 0000"+group+"01 00 0001"+group+source)
	for kind := range 8 {
		put(report, "8f 00 0000 0000 0001 0"+string(rune('0'+kind))+" 00 0001"+group+source)
	}
	put(report, "8f 00 0000 0000 0001 04 02 0000"+group+"0102030405060708") // auxiliary data
	put(report, "8f 00 0000 0000 0000")
	put(report, "8f 00 0000 0000 0003 04 00 0000"+group)        // fewer records than it says
	put(report, "8f 00 0000 0000 0001 04 00 ffff"+group+source) // fewer sources
	put(report, "8f 00 0000 0000 ffff 04 ff ffff"+group)
	put(report, "8f 00 0000 0000")
	put(query, "82 00 0000 2710 0000 ff02")
	put(report, "83 00 0000")
	put(path{aliceLink6, bobLink6}, "8f 00 0000 0000 0001 04 00 0000"+group)
	return t
}
