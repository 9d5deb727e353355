package dissect

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
)

func init() {
	addSample("arp/request", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
	`)

	addSample("arp/reply", LinkEthernet, "eth arp", `
		aa644735 a4bd0200 00000001 0806 # Ethernet
		00010800 06040002 02000000 0001c0a8 4501aa64 # ARP
		4735a4bd c0a84564
		00000000 00000000 00000000 00000000 0000 # padding
	`)

	addSample("arp/probe", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bd0000 00000000 # ARP
		00000000 c0a84501
	`)

	addSample("arp/announcement", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84564
	`)

	addSample("arp/gratuitous-request", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 4564ffff # ARP
		ffffffff c0a84564
	`)

	addSample("arp/gratuitous-reply", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040002 aa644735 a4bdc0a8 4564aa64 # ARP
		4735a4bd c0a84564
	`)

	addSample("arp/reverse-request", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 8035 # Ethernet
		00010800 06040003 aa644735 a4bd0000 0000aa64 # RARP
		4735a4bd 00000000
	`)

	addSample("arp/reverse-reply", LinkEthernet, "eth arp", `
		aa644735 a4bd0200 00000001 8035 # Ethernet
		00010800 06040004 02000000 0001c0a8 4501aa64 # RARP
		4735a4bd c0a84564
	`)

	addSample("arp/unknown-op", LinkEthernet, "eth arp", `
		02000000 0001aa64 4735a4bd 0806 # Ethernet
		00010800 0604004d aa644735 a4bdc0a8 45640200 # ARP
		00000001 c0a84501
	`)

	addSample("arp/eight-byte-hardware", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 08040001 aa644735 a4bd0102 c0a84564 # ARP
		00000000 00000000 c0a84501
	`)

	addSample("arp/ipv6-lengths", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06100001 aa644735 a4bdfd00 00000000 # ARP
		00000000 00000000 00640000 00000000 fd000000
		00000000 00000000 00000001
	`)

	addSample("arp/ipv6-type", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		000186dd 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
	`)

	addSample("arp/ieee802", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00060800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
	`)

	addSample("arp/frame-relay", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		000f0800 02040008 1841c0a8 45640000 c0a84501 # InARP
	`)

	addSample("arp/no-addresses", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 00000001 # ARP
	`)

	addSample("arp/no-protocol-addresses", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06000001 aa644735 a4bd0000 00000000 # ARP
	`)

	addSample("arp/longest", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 ffff0001 # ARP, 255 bytes for each address
		00010203 04050607 08090a0b 0c0d0e0f 10111213
		14151617 18191a1b 1c1d1e1f 20212223 24252627
		28292a2b 2c2d2e2f 30313233 34353637 38393a3b
		3c3d3e3f 40414243 44454647 48494a4b 4c4d4e4f
		50515253 54555657 58595a5b 5c5d5e5f 60616263
		64656667 68696a6b 6c6d6e6f 70717273 74757677
		78797a7b 7c7d7e7f 80818283 84858687 88898a8b
		8c8d8e8f 90919293 94959697 98999a9b 9c9d9e9f
		a0a1a2a3 a4a5a6a7 a8a9aaab acadaeaf b0b1b2b3
		b4b5b6b7 b8b9babb bcbdbebf c0c1c2c3 c4c5c6c7
		c8c9cacb cccdcecf d0d1d2d3 d4d5d6d7 d8d9dadb
		dcdddedf e0e1e2e3 e4e5e6e7 e8e9eaeb ecedeeef
		f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff 00010203
		04050607 08090a0b 0c0d0e0f 10111213 14151617
		18191a1b 1c1d1e1f 20212223 24252627 28292a2b
		2c2d2e2f 30313233 34353637 38393a3b 3c3d3e3f
		40414243 44454647 48494a4b 4c4d4e4f 50515253
		54555657 58595a5b 5c5d5e5f 60616263 64656667
		68696a6b 6c6d6e6f 70717273 74757677 78797a7b
		7c7d7e7f 80818283 84858687 88898a8b 8c8d8e8f
		90919293 94959697 98999a9b 9c9d9e9f a0a1a2a3
		a4a5a6a7 a8a9aaab acadaeaf b0b1b2b3 b4b5b6b7
		b8b9babb bcbdbebf c0c1c2c3 c4c5c6c7 c8c9cacb
		cccdcecf d0d1d2d3 d4d5d6d7 d8d9dadb dcdddedf
		e0e1e2e3 e4e5e6e7 e8e9eaeb ecedeeef f0f1f2f3
		f4f5f6f7 f8f9fafb fcfdfeff 00010203 04050607
		08090a0b 0c0d0e0f 10111213 14151617 18191a1b
		1c1d1e1f 20212223 24252627 28292a2b 2c2d2e2f
		30313233 34353637 38393a3b 3c3d3e3f 40414243
		44454647 48494a4b 4c4d4e4f 50515253 54555657
		58595a5b 5c5d5e5f 60616263 64656667 68696a6b
		6c6d6e6f 70717273 74757677 78797a7b 7c7d7e7f
		80818283 84858687 88898a8b 8c8d8e8f 90919293
		94959697 98999a9b 9c9d9e9f a0a1a2a3 a4a5a6a7
		a8a9aaab acadaeaf b0b1b2b3 b4b5b6b7 b8b9babb
		bcbdbebf c0c1c2c3 c4c5c6c7 c8c9cacb cccdcecf
		d0d1d2d3 d4d5d6d7 d8d9dadb dcdddedf e0e1e2e3
		e4e5e6e7 e8e9eaeb ecedeeef f0f1f2f3 f4f5f6f7
		f8f9fafb fcfdfeff 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
	`)

	addSample("arp/truncated", LinkEthernet, "eth arp!", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 45640000 # a byte is missing
		00000000 c0a845
	`)
}

// TestARPKinds: the derived flags are those of RFC 5227, and those that tshark shows; TestTshark compares.
func TestARPKinds(t *testing.T) {
	for _, c := range []struct{ sample, flags string }{
		{"arp/request", ""},
		{"arp/reply", ""},
		{"arp/probe", "arp.isprobe"},
		{"arp/announcement", "arp.isgratuitous arp.isannouncement"},
		{"arp/gratuitous-request", "arp.isgratuitous"},
		{"arp/gratuitous-reply", "arp.isgratuitous"},
		{"arp/reverse-request", ""}, // both addresses are 0.0.0.0, but the operation is another
		{"arp/unknown-op", ""},
		{"arp/no-addresses", ""}, // no address equals no address, which says nothing
		{"arp/no-protocol-addresses", ""},
	} {
		s := findSample(c.sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		r := record(&p, 1)
		var found []string
		for _, name := range []string{"arp.isgratuitous", "arp.isprobe", "arp.isannouncement"} {
			if _, ok := r.find(name); ok {
				found = append(found, name)
			}
		}
		if got := strings.Join(found, " "); got != c.flags {
			t.Errorf("%s: %q, want %q", c.sample, got, c.flags)
		}
	}
}

// TestARPLengths: addresses of other lengths are shown as they are, and never taken for Ethernet's or IPv4's.
func TestARPLengths(t *testing.T) {
	for _, c := range []struct{ sample, field, value string }{
		{"arp/request", "arp.src.hw_mac", "aa-64-47-35-a4-bd"},
		{"arp/request", "arp.dst.proto_ipv4", "192.168.69.1"},
		{"arp/eight-byte-hardware", "arp.src.hw", "aa644735a4bd0102"},
		{"arp/eight-byte-hardware", "arp.src.proto_ipv4", "192.168.69.100"},
		{"arp/eight-byte-hardware", "arp.dst.hw", "0000000000000000"},
		{"arp/eight-byte-hardware", "arp.dst.proto_ipv4", "192.168.69.1"},
		{"arp/ipv6-lengths", "arp.src.hw_mac", "aa-64-47-35-a4-bd"},
		{"arp/ipv6-lengths", "arp.dst.proto", "fd000000000000000000000000000001"},
		{"arp/ipv6-type", "arp.src.proto", "c0a84564"},
		{"arp/frame-relay", "arp.src.hw", "1841"},
		{"arp/frame-relay", "arp.dst.proto_ipv4", "192.168.69.1"},
	} {
		s := findSample(c.sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		if got, ok := record(&p, 1).find(c.field); !ok || got != c.value {
			t.Errorf("%s: %s is %q, want %q", c.sample, c.field, got, c.value)
		}
		a := ARP(p.Bytes(&p.Layers()[1]))
		h, err := a.Header()
		if whole := a.IsEthernetIPv4(); whole != (err == nil) || !whole && h != (ARPHeader{}) {
			t.Errorf("%s: Ethernet and IPv4: %v, the value %+v, %v", c.sample, whole, h, err)
		}
	}
	longest := findSample("arp/longest")
	a := ARP(longest.data[14:])
	if a.Check() != nil || a.Len() != 8+4*255 || &a.TargetProtocol()[254] != &a[len(a)-1] || cap(a.SenderHardware()) != 255 {
		t.Errorf("addresses of 255 bytes: length %d, %v", a.Len(), a.Check())
	}
}

// TestARPHeader: the three packets that a host sends.
func TestARPHeader(t *testing.T) {
	mac := MAC{0xaa, 0x64, 0x47, 0x35, 0xa4, 0xbd}
	us, them := netip.MustParseAddr("192.168.69.100"), netip.MustParseAddr("192.168.69.1")
	request := NewARPRequest(mac, us, them)
	for _, c := range []struct {
		sample string
		h      ARPHeader
	}{
		{"arp/request", request},
		{"arp/probe", NewARPRequest(mac, netip.IPv4Unspecified(), them)},
		{"arp/announcement", NewARPRequest(mac, us, us)},
		{"arp/reply", request.Reply(MAC{0x02, 0, 0, 0, 0, 0x01})},
	} {
		want := findSample(c.sample).data[14:][:ARPEthernetIPv4Len]
		if got := c.h.Append(nil); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", c.sample, got, want)
		}
	}
}

func TestARPNames(t *testing.T) {
	for got, want := range map[string]string{
		ARPRequest.String(): "Request", ARPOp(0).String(): "0", ARPOp(11).String(): "11", ARPNAK.String(): "NAK",
		ARPEthernet.String(): "Ethernet", ARPHardware(999).String(): "999", arphrdNone.String(): "None",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
