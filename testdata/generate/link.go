package main

import (
	"net/netip"

	"smoltcp/dissect"
)

// arp shows what ARP is used for, then packets of odd lengths and types.
func arp() *trace {
	t := newTrace("arp.pcap")
	all := end{mac: dissect.BroadcastMAC}
	ask := func(p path, h dissect.ARPHeader) []byte { return p.ether(dissect.EtherTypeARP, h.Append(nil)) }
	request := dissect.NewARPRequest(aliceMAC, alice4.ip, bob4.ip)
	t.add(
		pad(ask(path{alice4, all}, request)),
		pad(ask(path{bob4, alice4}, request.Reply(bobMAC))),
		// Unicast: does the neighbor still answer?
		ask(path{alice4, bob4}, dissect.ARPHeader{Op: dissect.ARPRequest, SenderMAC: aliceMAC, SenderIP: alice4.ip, TargetMAC: bobMAC, TargetIP: bob4.ip}),
		// A probe, an announcement (RFC 5227) and a gratuitous reply.
		ask(path{alice4, all}, dissect.NewARPRequest(aliceMAC, netip.IPv4Unspecified(), alice4.ip)),
		ask(path{alice4, all}, dissect.NewARPRequest(aliceMAC, alice4.ip, alice4.ip)),
		ask(path{alice4, all}, dissect.ARPHeader{Op: dissect.ARPReply, SenderMAC: aliceMAC, SenderIP: alice4.ip, TargetMAC: aliceMAC, TargetIP: alice4.ip}),
		ask(path{alice4, all}, dissect.ARPHeader{Op: dissect.ARPReply, SenderMAC: aliceMAC, SenderIP: alice4.ip, TargetMAC: dissect.BroadcastMAC, TargetIP: alice4.ip}),
		// Two stations want one address.
		ask(path{bob4, alice4}, dissect.ARPHeader{Op: dissect.ARPReply, SenderMAC: bobMAC, SenderIP: alice4.ip, TargetMAC: aliceMAC, TargetIP: alice4.ip}),
	)
	for op := dissect.ARPReverseRequest; op <= dissect.ARPNAK+1; op++ {
		t.add(ask(path{alice4, bob4}, dissect.ARPHeader{Op: op, SenderMAC: aliceMAC, SenderIP: alice4.ip, TargetMAC: bobMAC, TargetIP: bob4.ip}))
	}
	// RARP has a type of its own.
	t.add(path{alice4, all}.ether(dissect.EtherTypeRARP, (&dissect.ARPHeader{
		Op: dissect.ARPReverseRequest, SenderMAC: aliceMAC, SenderIP: netip.IPv4Unspecified(), TargetMAC: aliceMAC, TargetIP: netip.IPv4Unspecified()}).Append(nil)))
	for _, body := range []string{
		"0006 0800 06 04 0001 020000000064 c0a84564 000000000000 c0a84501",         // IEEE 802
		"0018 0800 08 04 0001 0200000000000064 c0a84564 0000000000000000 c0a84501", // 8 bytes of hardware address
		"0001 86dd 06 10 0001 020000000064 20010db8000000000000000000000064 000000000000 20010db8000000000000000000000001",
		"0001 0800 00 04 0001 c0a84564 c0a84501",         // no hardware addresses
		"0001 0800 06 00 0001 020000000064 000000000000", // no protocol addresses
		"0001 0800 00 00 0002",                                           // neither
		"0001 0800 ff ff 0001 020000000064 c0a84564",                     // much longer than the frame
		"0001 0800 06 04 0001 020000000064 c0a84564 000000000000 c0a845", // a byte is missing
		"0001 0800 06 04",
		"00",
		"",
		"0001 0800 06 04 0001 020000000064 c0a84564 000000000000 c0a84501 6d6f72650000000000", // a trailer
	} {
		t.add(path{alice4, all}.ether(dissect.EtherTypeARP, hexBytes(body)))
	}
	return t
}

// llc shows 802.3 frames: a length in the place of the type, LLC behind it, and SNAP.
func llc() *trace {
	t := newTrace("ethernet-llc-snap.pcap")
	p := path{alice4, bob4}
	sized := func(body []byte) []byte { return p.ether(dissect.EtherType(len(body)), body) }
	inLLC := func(h dissect.LLCHeader, body []byte) []byte { return sized(append(h.Append(nil), body...)) }
	inSNAP := func(oui dissect.OUI, pid uint16, body []byte) []byte {
		snap := dissect.SNAPHeader{OUI: oui, PID: pid}
		return inLLC(dissect.LLCHeader{DSAP: dissect.SAPSNAP, SSAP: dissect.SAPSNAP, Control: dissect.LLCUnnumberedInfo}, append(snap.Append(nil), body...))
	}
	ping := p.ip(dissect.ProtoICMP, p.icmp4(dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: 7, Seq: 1}, []byte("over SNAP")))
	request := dissect.NewARPRequest(aliceMAC, alice4.ip, bob4.ip)
	t.add(
		inSNAP(dissect.OUIEthernet, uint16(dissect.EtherTypeIPv4), ping),
		pad(inSNAP(dissect.OUIEthernet, uint16(dissect.EtherTypeARP), request.Append(nil))),
		inSNAP(dissect.OUIBridgeTunnel, uint16(dissect.EtherTypeARP), request.Append(nil)),
		inSNAP(dissect.OUIEthernet, 0x1234, []byte("an unknown type")),
		inSNAP(0x123456, 0x0001, []byte("an unknown organization")),
		inLLC(dissect.LLCHeader{DSAP: dissect.SAPIPv4, SSAP: dissect.SAPIPv4, Control: dissect.LLCUnnumberedInfo}, ping),
		inLLC(dissect.LLCHeader{DSAP: 0x70, SSAP: 0x72, Control: dissect.LLCUnnumberedInfo}, []byte("unknown access points")),
		inLLC(dissect.LLCHeader{DSAP: 0x70, SSAP: 0x72, Control: dissect.LLCTest}, []byte("test")),
		inLLC(dissect.LLCHeader{DSAP: 0x70, SSAP: 0x72, Control: dissect.LLCExchangeID}, hexBytes("81 01 00")),
		inLLC(dissect.LLCHeader{DSAP: 0x70, SSAP: 0x73, Control: dissect.LLCExchangeID}, hexBytes("81 01 00")), // a response
	)
	// Supervisory and information frames have a control field of two bytes; each unnumbered kind has one.
	for _, body := range []string{
		"7072 0102", "7073 0503", "7072 0904", "7072 0204 696e666f", "7073 0305 70",
		"7072 0f", "7072 43", "7072 63", "7072 6f", "7073 87 010203", "7072 7f", "7072",
		"70", "", "aaaa03 000000", "aaaa03 000000 08", "aaaa03",
	} {
		t.add(sized(hexBytes(body)))
	}
	t.add(
		p.ether(1400, hexBytes("707203 73686f7274")),    // the frame is shorter than its length
		pad(p.ether(8, hexBytes("707203 70616464 69"))), // and padded
		p.ether(0, nil),
		p.ether(1501, []byte("neither a length nor a type")),
		p.ether(0x5ff, []byte("neither")),
		p.ether(0x88b5, []byte("a type for experiments")),
		p.ether(dissect.EtherTypeIPv4, nil),
	)
	return t
}

// vlan shows 802.1Q tags, tags in tags, and what may be inside.
func vlan() *trace {
	t := newTrace("vlan-qinq.pcap")
	p := path{alice4, bob4}
	tag := func(h dissect.VLANHeader, body []byte) []byte { return append(h.Append(nil), body...) }
	ip := p.ip(dissect.ProtoUDP, p.udp(40000, 6969, []byte("tagged")))
	p6 := path{alice6, bob6}
	request := dissect.NewARPRequest(aliceMAC, alice4.ip, bob4.ip)
	t.add(
		p.ether(dissect.EtherTypeVLAN, tag(dissect.VLANHeader{ID: 69, Type: dissect.EtherTypeIPv4}, ip)),
		p.ether(dissect.EtherTypeVLAN, tag(dissect.VLANHeader{ID: 0, Priority: 5, Type: dissect.EtherTypeIPv4}, ip)),
		p.ether(dissect.EtherTypeVLAN, tag(dissect.VLANHeader{ID: 4095, Priority: 7, DropEligible: true, Type: dissect.EtherTypeIPv4}, ip)),
		pad(p.ether(dissect.EtherTypeVLAN, tag(dissect.VLANHeader{ID: 69, Type: dissect.EtherTypeARP}, request.Append(nil)))),
		p.ether(dissect.EtherTypeVLAN, tag(dissect.VLANHeader{ID: 69, Type: dissect.EtherTypeIPv6},
			p6.ip(dissect.ProtoUDP, p6.udp(40000, 6969, []byte("tagged"))))),
		p.ether(dissect.EtherTypeQinQ, tag(dissect.VLANHeader{ID: 100, Type: dissect.EtherTypeVLAN},
			tag(dissect.VLANHeader{ID: 69, Priority: 1, Type: dissect.EtherTypeIPv4}, ip))),
		p.ether(dissect.EtherTypeQinQ1, tag(dissect.VLANHeader{ID: 100, Type: dissect.EtherTypeVLAN},
			tag(dissect.VLANHeader{ID: 69, Type: dissect.EtherTypeIPv4}, ip))),
		p.ether(dissect.EtherTypeVLAN, tag(dissect.VLANHeader{ID: 1, Type: dissect.EtherTypeVLAN},
			tag(dissect.VLANHeader{ID: 2, Type: dissect.EtherTypeVLAN}, tag(dissect.VLANHeader{ID: 3, Type: dissect.EtherTypeIPv4}, ip)))),
		// LLC behind a tag, an unknown type, and tags that are cut off.
		p.ether(dissect.EtherTypeVLAN, tag(dissect.VLANHeader{ID: 69, Type: 7}, hexBytes("707203 74657374"))),
		p.ether(dissect.EtherTypeVLAN, tag(dissect.VLANHeader{ID: 69, Type: 0x88b5}, []byte("unknown"))),
		p.ether(dissect.EtherTypeVLAN, hexBytes("0045 08")),
		p.ether(dissect.EtherTypeVLAN, nil),
		p.ether(dissect.EtherTypeQinQ, hexBytes("0064 8100 00")),
	)
	return t
}

// cooked adds the packets that sll and sll2 show, behind headers that header makes.
func cooked(t *trace, header func(dissect.SLLHeader) []byte) {
	p, p6 := path{alice4, bob4}, path{alice6, bob6}
	addr := func(m dissect.MAC) (a [8]byte) { copy(a[:], m[:]); return a }
	ip := p.ip(dissect.ProtoUDP, p.udp(40000, 6969, []byte("cooked")))
	request := dissect.NewARPRequest(aliceMAC, alice4.ip, bob4.ip)
	in := dissect.SLLHeader{Hardware: dissect.ARPEthernet, AddrLen: 6, Addr: addr(aliceMAC), Protocol: dissect.SLLProtocol(dissect.EtherTypeIPv4), Index: 2}
	put := func(h dissect.SLLHeader, body []byte) { t.add(append(header(h), body...)) }
	for kind := dissect.SLLHost; kind <= dissect.SLLOutgoing+1; kind++ {
		h := in
		h.PacketType = kind
		put(h, ip)
	}
	h := in
	h.PacketType, h.Protocol = dissect.SLLBroadcast, dissect.SLLProtocol(dissect.EtherTypeARP)
	put(h, request.Append(nil))
	h.PacketType, h.Protocol = dissect.SLLHost, dissect.SLLProtocol(dissect.EtherTypeIPv6)
	put(h, p6.ip(dissect.ProtoUDP, p6.udp(40000, 6969, []byte("cooked"))))
	h.Protocol = dissect.SLLProtocol(dissect.EtherTypeVLAN)
	put(h, append((&dissect.VLANHeader{ID: 69, Type: dissect.EtherTypeIPv4}).Append(nil), ip...))
	h.Protocol = dissect.SLLLLC
	put(h, hexBytes("707203 74657374"))
	h.Protocol = 0x88b5
	put(h, []byte("an unknown type"))
	// The loopback interface, a tunnel without addresses, and an address of 20 bytes (InfiniBand).
	put(dissect.SLLHeader{Hardware: 772, AddrLen: 6, Protocol: dissect.SLLProtocol(dissect.EtherTypeIPv4), Index: 1}, ip)
	put(dissect.SLLHeader{PacketType: dissect.SLLOutgoing, Hardware: 65534, Protocol: dissect.SLLProtocol(dissect.EtherTypeIPv4), Index: 3}, ip)
	put(dissect.SLLHeader{Hardware: dissect.ARPInfiniBand, AddrLen: 20, Addr: [8]byte{1, 2, 3, 4, 5, 6, 7, 8}, Protocol: dissect.SLLProtocol(dissect.EtherTypeIPv4), Index: 4}, ip)
	whole := header(in)
	for _, n := range []int{len(whole), len(whole) - 1, 7, 1, 0} {
		t.add(whole[:n])
	}
}

// sll shows the first Linux cooked header, of captures on any interface.
func sll() *trace {
	t := newTrace("sll.pcap")
	t.link = dissect.LinkSLL
	cooked(t, func(h dissect.SLLHeader) []byte { return h.Append(nil) })
	return t
}

// sll2 shows the second, which knows the interface.
func sll2() *trace {
	t := newTrace("sll2.pcap")
	t.link = dissect.LinkSLL2
	cooked(t, func(h dissect.SLLHeader) []byte { return h.Append2(nil) })
	return t
}

// null shows BSD loopback packets in both byte orders.
func null() *trace {
	t := newTrace("null.pcap")
	t.link = dissect.LinkNull
	p, p6 := path{alice4, bob4}, path{alice6, bob6}
	ip, ip6 := p.ip(dissect.ProtoUDP, p.udp(40000, 6969, []byte("loop"))), p6.ip(dissect.ProtoUDP, p6.udp(40000, 6969, []byte("loop")))
	for _, head := range []string{"02000000", "00000002"} {
		t.add(append(hexBytes(head), ip...))
	}
	for _, head := range []string{"18000000", "1c000000", "1e000000", "0000001e"} {
		t.add(append(hexBytes(head), ip6...))
	}
	for _, frame := range []string{"07000000 01020304", "63000000 75", "02000000", "0200", ""} {
		t.add(hexBytes(frame))
	}
	return t
}

// rawIP shows packets without any link header.
func rawIP() *trace {
	t := newTrace("raw.pcap")
	t.link = dissect.LinkRaw
	p, p6 := path{alice4, bob4}, path{alice6, bob6}
	t.add(
		p.ip(dissect.ProtoUDP, p.udp(40000, 6969, []byte("raw"))),
		p6.ip(dissect.ProtoUDP, p6.udp(40000, 6969, []byte("raw"))),
		hexBytes("50 00 00 14"),
		hexBytes("45"),
		nil,
	)
	return t
}
