package dissect

import (
	"bytes"
	"net/netip"
	"testing"
)

func init() {
	addSample("udp/empty", LinkEthernet, "eth ip udp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP
	`)

	addSample("udp/odd-payload", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("udp/no-checksum", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000d0000 68656c6c 6f # UDP, no checksum
	`)

	addSample("udp/bad-checksum", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000d1234 68656c6c 6f # UDP, wrong checksum
	`)

	addSample("udp/partial-checksum", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000d0bd5 68656c6c 6f # UDP, checksum of the pseudo-header only
	`)

	addSample("udp/checksum-ffff", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001e 1c464000 401112d3 c0a84564 c0a84501 # IPv4
		b8c51b39 000affff 2025 # UDP, checksum that computes to zero
	`)

	addSample("udp/shorter-than-ip", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000c2b3f 68656c6c 6f # UDP, one byte behind its Length
	`)

	addSample("udp/longer-than-ip", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 00141111 68656c6c 6f # UDP, Length beyond the packet
	`)

	addSample("udp/length-7", LinkEthernet, "eth ip udp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 00071111 68656c6c 6f # UDP, Length below the header
	`)

	addSample("udp/length-0", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 00001111 68656c6c 6f # UDP, Length 0
	`)

	addSample("udp/truncated", LinkEthernet, "eth ip udp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001b 1c464000 401112d6 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc # UDP, a byte is missing
	`)

	addSample("udp/first-fragment", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000024 1c462000 401132cd c0a84564 c0a84501 # IPv4, more fragments
		b8c51b39 03e81111 31323334 35363738 # UDP, its start
	`)

	addSample("udp/later-fragment", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c460002 401152d6 c0a84564 c0a84501 # IPv4, offset 16
		68656c6c 6f # the rest
	`)

	addSample("ipv6/udp", LinkEthernet, "eth ipv6 udp data", `
		02000000 0001aa64 4735a4bd 86dd # Ethernet
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000ded9c 68656c6c 6f # UDP
	`)

	addSample("ipv6/udp-no-checksum", LinkEthernet, "eth ipv6 udp data", `
		02000000 0001aa64 4735a4bd 86dd # Ethernet
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000d0000 68656c6c 6f # UDP, no checksum
	`)

	addSample("ipv6/udp-length-0", LinkEthernet, "eth ipv6 udp data", `
		02000000 0001aa64 4735a4bd 86dd # Ethernet
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 00001111 68656c6c 6f # UDP, Length 0
	`)
}

// TestUDPVerdicts: what is said of each kind of checksum.
func TestUDPVerdicts(t *testing.T) {
	for _, c := range []struct {
		sample string
		want   ChecksumResult
	}{
		{"udp/odd-payload", ChecksumResult{ChecksumGood, 0xdc4c}},
		{"udp/bad-checksum", ChecksumResult{ChecksumBad, 0xdc4c}},
		{"udp/partial-checksum", ChecksumResult{ChecksumPartial, 0xdc4c}},
		{"udp/no-checksum", ChecksumResult{State: ChecksumAbsent}},
		{"udp/checksum-ffff", ChecksumResult{ChecksumGood, 0xffff}},
		{"udp/first-fragment", ChecksumResult{State: ChecksumUnverified}},
		{"udp/longer-than-ip", ChecksumResult{State: ChecksumUnverified}},
		{"ipv6/udp", ChecksumResult{ChecksumGood, 0xed9c}},
		{"ipv6/udp-no-checksum", ChecksumResult{ChecksumBad, 0xed9c}},
		{"ipv4/source-route", ChecksumResult{ChecksumGood, 0xd7ed}}, // covers the last address of the route
	} {
		s := findSample(c.sample)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		l := &p.Layers()[2]
		if got := p.udpVerdict(l, UDP(p.Bytes(l))); l.Type != LayerUDP || got != c.want {
			t.Errorf("%s: %v: %v %#04x, want %v %#04x", c.sample, l.Type, got.State, got.Want, c.want.State, c.want.Want)
		}
	}
}

// TestUDPZeroIsWanted: where the right checksum computes to zero, 0xffff is what is asked for.
func TestUDPZeroIsWanted(t *testing.T) {
	s := findSample("udp/checksum-ffff")
	b := bytes.Clone(s.data)
	UDP(b[34:]).SetChecksum(0x1234)
	var p Packet
	p.Decode(s.link, b, len(b))
	l := &p.Layers()[2]
	if got, want := p.udpVerdict(l, UDP(p.Bytes(l))), (ChecksumResult{ChecksumBad, 0xffff}); got != want {
		t.Errorf("%v %#04x, want %v %#04x", got.State, got.Want, want.State, want.Want)
	}
}

// TestUDPLength: what Length says counts, as far as there are bytes, and zero means all of them.
func TestUDPLength(t *testing.T) {
	for _, c := range []struct {
		sample           string
		payload, claimed int
		check, whole     error
	}{
		{"udp/empty", 0, 0, nil, nil},
		{"udp/odd-payload", 5, 5, nil, nil},
		{"udp/shorter-than-ip", 4, 4, nil, nil},
		{"udp/longer-than-ip", 5, 12, nil, ErrTruncated},
		{"udp/length-0", 5, 5, nil, ErrMalformed},
		{"udp/length-7", 0, 0, ErrMalformed, ErrMalformed},
		{"udp/truncated", 0, 0, ErrTruncated, ErrTruncated},
	} {
		s := findSample(c.sample)
		u := UDP(s.data[34:])
		if u.Check() != c.check || u.CheckWhole() != c.whole {
			t.Errorf("%s: Check %v, CheckWhole %v, want %v, %v", c.sample, u.Check(), u.CheckWhole(), c.check, c.whole)
		}
		if c.check != nil {
			continue
		}
		if got := len(u.Payload()); got != c.payload {
			t.Errorf("%s: %d bytes of payload, want %d", c.sample, got, c.payload)
		}
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		if l := p.Layers()[2]; l.End-l.Payload != c.payload || l.Wire-UDPHeaderLen != c.claimed {
			t.Errorf("%s: the layer has %d bytes of %d, want %d of %d", c.sample, l.End-l.Payload, l.Wire-UDPHeaderLen, c.payload, c.claimed)
		}
	}
}

// TestUDPChecksum: what FillChecksum writes is right for every payload and every cut, and never zero.
func TestUDPChecksum(t *testing.T) {
	payload := []byte("an odd payload.")
	src, dst := netip.MustParseAddr("192.168.69.100"), netip.MustParseAddr("192.168.69.1")
	n := UDPHeaderLen + len(payload)
	pseudo := PseudoHeaderSum(src, dst, ProtoUDP, n)
	for cut := range payload {
		for v := range 256 {
			payload[0] = byte(v)
			u := UDP(UDPHeader{SrcPort: 47301, DstPort: 6969, Length: uint16(n), Checksum: 0xdead}.Append(nil))
			u.FillChecksum(pseudo, payload[:cut], payload[cut:])
			u = append(u, payload...)
			u = append(u, 0xee) // padding, which Length leaves out
			if !u.ChecksumOK(pseudo) || u.Checksum() == 0 {
				t.Fatalf("cut at %d, first byte %d: checksum %#04x", cut, v, u.Checksum())
			}
		}
	}
	zero := findSample("udp/checksum-ffff").data[34:]
	u := UDP(bytes.Clone(zero))
	u.FillChecksum(PseudoHeaderSum(src, dst, ProtoUDP, len(u)))
	if u.Checksum() != 0xffff {
		t.Errorf("a checksum of zero was written as %#04x", u.Checksum())
	}
	u.SetChecksum(0)
	if u.ChecksumOK(PseudoHeaderSum(src, dst, ProtoUDP, len(u))) {
		t.Error("no checksum passes for a right one")
	}
}

func TestUDPSetters(t *testing.T) {
	u := UDP(bytes.Repeat([]byte{0xa5}, 8))
	u.SetSrcPort(1)
	u.SetDstPort(65535)
	u.SetLength(8)
	u.SetChecksum(0xbeef)
	if got, want := u.Header(), (UDPHeader{1, 65535, 8, 0xbeef}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
