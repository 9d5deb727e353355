package dissect

import "testing"

func init() {
	addSample("sll/udp", LinkSLL, "sll ip udp data", `
		00000001 0006aa64 4735a4bd 00000800 # cooked, to us, Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("sll/outgoing-arp", LinkSLL, "sll arp", `
		00040304 0006aa64 4735a4bd 00000806 # cooked, from us, loopback
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
	`)

	addSample("sll/gre", LinkSLL, "sll ip udp data", `
		0000030a 0004c0a8 45640000 00000800 # cooked, GRE, IPv4 address
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("sll/infiniband", LinkSLL, "sll ip udp data", `
		00000020 00148000 0048fe80 00000800 # cooked, address of 20 bytes
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("sll/tunnel-no-address", LinkSLL, "sll ip udp data", `
		0000fffe 00000000 00000000 00000800 # cooked, no address
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("sll/llc", LinkSLL, "sll llc stp", `
		00020001 0006aa64 4735a4bd 00000004 # cooked, multicast, 802.2
		424203 # LLC
		00000202 0e800100 1906eab8 80000000 00800100 # Rapid STP
		1906eab8 80800c00 00140002 000f0000
	`)

	addSample("sll/novell", LinkSLL, "sll data", `
		00010001 0006aa64 4735a4bd 00000001 # cooked, broadcast, raw 802.3
		ffff001e # IPX, its start
	`)

	addSample("sll/ethernet", LinkSLL, "sll eth ip udp data", `
		00030001 0006aa64 4735a4bd 00000003 # cooked, other host, Ethernet
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("sll/can", LinkSLL, "sll data", `
		00090118 00000000 00000000 0000000c # cooked, unknown packet type, CAN
		00000123 # frame, its start
	`)

	addSample("sll/netlink", LinkSLL, "sll data", `
		00040338 00000000 00000000 00000800 # cooked, netlink: the protocol is no EtherType
		00000000 # ?
	`)

	addSample("sll/padded", LinkSLL, "sll ip udp", `
		00000001 0006aa64 4735a4bd 00000800 # cooked
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP
		00000000 00000000 00000000 00000000 0000 # padding
	`)

	addSample("sll/truncated", LinkSLL, "sll!", `
		00000001 0006aa64 4735a4bd 000008 # a byte is missing
	`)

	addSample("sll2/udp", LinkSLL2, "sll ip udp data", `
		08000000 00000003 00010406 aa644735 a4bd0000 # cooked v2, interface 3, from us
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("sll2/reserved-set", LinkSLL2, "sll data", `
		0001beef 00001092 000109ff 01020304 05060708 # cooked v2, address of 255 bytes
		00 # ?
	`)

	addSample("sll2/truncated", LinkSLL2, "sll!", `
		08000000 00000003 00010406 aa644735 a4bd00 # a byte is missing
	`)

	addSample("null/ipv4-little", LinkNull, "null ip udp data", `
		02000000 # AF_INET, little-endian
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("null/ipv4-big", LinkNull, "null ip udp data", `
		00000002 # AF_INET, big-endian
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("null/ipv6-openbsd", LinkNull, "null ipv6 udp data", `
		18000000 # AF_INET6, little-endian
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000ded9c 68656c6c 6f # UDP
	`)

	addSample("null/ipv6-freebsd", LinkNull, "null ipv6 udp data", `
		1c000000 # AF_INET6, little-endian
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000ded9c 68656c6c 6f # UDP
	`)

	addSample("null/ipv6-darwin", LinkNull, "null ipv6 udp data", `
		1e000000 # AF_INET6, little-endian
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000ded9c 68656c6c 6f # UDP
	`)

	addSample("null/loop", LinkLoop, "null ipv6 udp data", `
		00000018 # AF_INET6, network order
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000ded9c 68656c6c 6f # UDP
	`)

	addSample("null/ethertype", LinkNull, "null ip udp data", `
		00080000 # an EtherType
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("null/unknown", LinkNull, "null data", `
		63000000 # no family known
		00 # ?
	`)

	addSample("null/truncated", LinkNull, "null!", `
		020000 # a byte is missing
	`)

	addSample("raw/ipv4", LinkRaw, "raw ip udp data", `
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("raw/ipv6", LinkRaw, "raw ipv6 udp data", `
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000ded9c 68656c6c 6f # UDP
	`)

	addSample("raw/version-7", LinkRaw, "raw data", `
		75000000 # neither version
	`)

	addSample("raw/empty", LinkRaw, "raw!", ``)

	addSample("link/ipv4", LinkIPv4, "ip udp data", `
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("link/ipv6", LinkIPv6, "ipv6 udp data", `
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000ded9c 68656c6c 6f # UDP
	`)

	addSample("link/unknown", 9999, "data", `
		01020304 05 # a link type that nothing here reads
	`)

	addSample("link/unknown-empty", 9999, "data", ``)
}

// TestSLLAddr: the address is as long as the header says, and at most what it has room for.
func TestSLLAddr(t *testing.T) {
	for _, c := range []struct{ sample, field, value string }{
		{"sll/udp", "sll.src.eth", "aa-64-47-35-a4-bd"},
		{"sll/udp", "sll.unused", "0000"},
		{"sll/udp", "sll.etype", "2048 (IPv4)"},
		{"sll/gre", "sll.src.ipv4", "192.168.69.100"},
		{"sll/gre", "sll.gretype", "2048 (IPv4)"},
		{"sll/infiniband", "sll.src.other", "80000048fe800000"},
		{"sll/infiniband", "sll.halen", "20"},
		{"sll/tunnel-no-address", "sll.unused", "0000000000000000"},
		{"sll/llc", "sll.ltype", "4 (LLC)"},
		{"sll/netlink", "sll.ltype", "2048 (IPv4)"},
		{"sll2/udp", "sll.ifindex", "3"},
		{"sll2/udp", "sll.pkttype", "4 (out)"},
		{"sll2/reserved-set", "sll.src.other", "0102030405060708"},
		{"sll2/reserved-set", "sll.pkttype", "9 ()"},
	} {
		s := findSample(c.sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		if got, ok := record(&p, 0).find(c.field); !ok || got != c.value {
			t.Errorf("%s: %s is %q, want %q", c.sample, c.field, got, c.value)
		}
	}
	infiniband := SLL(findSample("sll/infiniband").data)
	if got := infiniband.Addr(); len(got) != 8 || cap(got) != 8 {
		t.Errorf("an address of 20 bytes is given as %d of %d", len(got), cap(got))
	}
}

// TestSLLVersions: the two headers say the same about the same frame.
func TestSLLVersions(t *testing.T) {
	h := SLLHeader{PacketType: SLLOutgoing, Hardware: ARPEthernet, AddrLen: 6, Addr: [8]byte{1, 2, 3, 4, 5, 6}, Protocol: 0x86dd, Index: 7}
	one, two := SLL(h.Append(nil)), SLL2(h.Append2(nil))
	if len(one) != SLLHeaderLen || len(two) != SLL2HeaderLen {
		t.Errorf("%d and %d bytes", len(one), len(two))
	}
	if got := two.Header(); got != h {
		t.Errorf("version 2: %+v, want %+v", got, h)
	}
	h.Index = 0
	if got := one.Header(); got != h {
		t.Errorf("version 1: %+v, want %+v", got, h)
	}
	for got, want := range map[string]string{
		SLLOutgoing.String(): "out", SLLPacketType(7).String(): "7", SLLLLC.String(): "LLC", SLLProtocol(0x800).String(): "IPv4",
		SLLProtocol(5).String(): "0x0005",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestNullFamily: the byte order is found from the number, for all families and EtherTypes.
func TestNullFamily(t *testing.T) {
	for family := NullFamily(1); family <= 0xffff; family++ {
		big := Null(NullHeader{family}.Append(nil))
		little := Null{big[3], big[2], big[1], big[0]}
		if big.Family() != family || little.Family() != family {
			t.Fatalf("%d is read as %d and %d", family, big.Family(), little.Family())
		}
	}
	for got, want := range map[string]string{
		NullIPv4.String(): "IPv4", NullIPv6Darwin.String(): "IPv6", NullOSI.String(): "OSI", NullFamily(99).String(): "99",
		NullFamily(0x800).String(): "IPv4", NullFamily(0x1234).String(): "4660",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLinkTypeNames(t *testing.T) {
	for _, c := range []struct {
		link              LinkType
		name, description string
	}{
		{LinkEthernet, "EN10MB", "Ethernet"},
		{LinkSLL2, "LINUX_SLL2", "Linux cooked v2"},
		{50, "PPP_SERIAL", "PPP over serial"},
		{220, "USB_LINUX_MMAPPED", "USB with padded Linux header"},
		{289, "ATSC_ALP", "ATSC Link-Layer Protocol packets"},
		{147, "147", ""}, // for private use
		{9999, "9999", ""},
	} {
		if c.link.String() != c.name || c.link.Description() != c.description {
			t.Errorf("%d: %q, %q", c.link, c.link.String(), c.link.Description())
		}
	}
}
