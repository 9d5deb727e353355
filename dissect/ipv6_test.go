package dissect

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
)

func init() {
	addSample("ipv6/class-and-flow", LinkIPv6, "ipv6 udp data", `
		6b9abcde 000c11ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/no-next-header", LinkIPv6, "ipv6", `
		60000000 00003bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
	`)

	addSample("ipv6/no-next-header-data", LinkIPv6, "ipv6 data", `
		60000000 00063bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		61626364 6566 # to be ignored
	`)

	addSample("ipv6/no-next-header-padded", LinkEthernet, "eth ipv6", `
		02000000 00010200 00000002 86dd # Ethernet
		60000000 00003bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		00000000 0000 # padding
	`)

	addSample("ipv6/zero-length", LinkIPv6, "ipv6 udp data", `
		60000000 000011ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6, payload length 0
		00000000 00000002
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/too-long", LinkIPv6, "ipv6 udp data", `
		60000000 006411ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6, longer than the frame
		00000000 00000002
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/version-5", LinkIPv6, "ipv6!", `
		50000000 000c11ff fe800000 00000000 00000000 00000001 fe800000 00000000 # version 5
		00000000 00000002
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/truncated", LinkIPv6, "ipv6!", `
		60000000 000c11ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6, a byte is missing
		00000000 000000
	`)

	addSample("ipv6/unknown-next-header", LinkIPv6, "ipv6 data", `
		60000000 0006fdff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		61626364 6566
	`)

	addSample("ipv6/in-ipv6", LinkIPv6, "ipv6 ipv6 udp data", `
		60000000 003429ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		60000000 000c11ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6 in IPv6
		00000000 00000002
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/hop-by-hop", LinkIPv6, "ipv6 ipv6.hopopts udp data", `
		60000000 001400ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000502 00010000 # Router Alert RSVP, Pad1, Pad1
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/destination-options", LinkIPv6, "ipv6 ipv6.dstopts udp data", `
		60000000 003c3cff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11051e02 0102c910 20010db8 00000000 00000000 0000000c 04010900 0000e304 # many options, a home address among them
		01020304 8b020102 01040000 00000100
		03e807d0 000c0310 61626364 # UDP
	`)

	addSample("ipv6/option-overrun", LinkIPv6, "ipv6 ipv6.hopopts udp data", `
		60000000 001400ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000502 00019909 # the second option is too long
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/option-half", LinkIPv6, "ipv6 ipv6.hopopts udp data", `
		60000000 001400ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000103 00000099 # the second option lacks its length
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/option-odd-lengths", LinkIPv6, "ipv6 ipv6.hopopts udp data", `
		60000000 001c00ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11010501 07c20201 020400c9 01050100 # Router Alert, Jumbo, TunnelLimit, HomeAddress
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/option-other", LinkIPv6, "ipv6 ipv6.dstopts udp data", `
		60000000 00143cff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11008b04 01020304 # ILNP nonce
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/hop-by-hop-short", LinkIPv6, "ipv6 ipv6.hopopts!", `
		60000000 000800ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11010104 00000000 # says 16 bytes
	`)

	addSample("ipv6/jumbo-too-small", LinkIPv6, "ipv6 ipv6.hopopts udp data", `
		60000000 000000ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6, payload length 0
		00000000 00000002
		1100c204 00000014 # Jumbo, 20 bytes
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/jumbo-cut", LinkIPv6, "ipv6 ipv6.hopopts udp data", `
		60000000 000000ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6, payload length 0
		00000000 00000002
		1100c204 00010000 # Jumbo, 65536 bytes
		03e807d0 00001234 61626364 # UDP, length 0
	`)

	addSample("ipv6/jumbo-malformed", LinkIPv6, "ipv6 ipv6.hopopts udp data", `
		60000000 000000ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6, payload length 0
		00000000 00000002
		11003e05 00010000 # an option too long
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/jumbo-missing", LinkIPv6, "ipv6 ipv6.hopopts udp data", `
		60000000 000000ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6, payload length 0
		00000000 00000002
		11000104 00000000 # no Jumbo
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/jumbo-short", LinkIPv6, "ipv6 ipv6.hopopts!", `
		60000000 000000ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6, payload length 0
		00000000 00000002
		1100c204 # half a header
	`)

	addSample("ipv6/routing-source", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00342bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11040001 00000000 20010db8 00000000 00000000 0000000a 20010db8 00000000 # Routing
		00000000 0000000b
		03e807d0 000c0312 61626364 # UDP
	`)

	addSample("ipv6/routing-source-done", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00342bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11040000 00000000 20010db8 00000000 00000000 0000000a 20010db8 00000000 # Routing
		00000000 0000000b
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/routing-source-odd", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 002c2bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11030009 00000000 20010db8 00000000 00000000 0000000a 00000000 00000000 # Routing
		03e807d0 000c0313 61626364 # UDP
	`)

	addSample("ipv6/routing-source-empty", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00142bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000003 00000000 # Routing
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/routing-mobile", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00242bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11020201 00000000 20010db8 00000000 00000000 0000000a # Routing
		03e807d0 000c0313 61626364 # UDP
	`)

	addSample("ipv6/routing-mobile-two", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00342bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11040202 00000000 20010db8 00000000 00000000 0000000a 20010db8 00000000 # Routing
		00000000 0000000b
		03e807d0 000c0313 61626364 # UDP
	`)

	addSample("ipv6/routing-rpl", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00242bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11020301 88000000 61626364 65666768 31323334 35363738 # Routing
		03e807d0 000c6180 61626364 # UDP
	`)

	addSample("ipv6/routing-rpl-pad", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 001c2bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11010302 fe500007 03000470 70707070 # Routing
		03e807d0 000c3251 61626364 # UDP
	`)

	addSample("ipv6/routing-rpl-too-short", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00142bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000301 00000000 # Routing
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/routing-segments", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00342bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11040401 01000009 20010db8 00000000 00000000 0000000a 20010db8 00000000 # Routing
		00000000 0000000b
		03e807d0 000c0313 61626364 # UDP
	`)

	addSample("ipv6/routing-segments-tlv", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 003c2bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11050400 01800009 20010db8 00000000 00000000 0000000a 20010db8 00000000 # Routing
		00000000 0000000b 04066161 61616161
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/routing-segments-last-beyond", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00242bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11020401 07000009 20010db8 00000000 00000000 0000000a # Routing
		03e807d0 000c0313 61626364 # UDP
	`)

	addSample("ipv6/routing-unknown", LinkIPv6, "ipv6 ipv6.routing udp data", `
		60000000 00142bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000901 61626364 # Routing
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/routing-short", LinkIPv6, "ipv6 ipv6.routing!", `
		60000000 00102bff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11020001 00000000 00000000 00000000 # says 24 bytes
	`)

	addSample("ipv6/fragment-first", LinkIPv6, "ipv6 ipv6.fraghdr udp data", `
		60000000 00182cff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000001 0000004d # Fragment, more follow
		03e807d0 03e81234 78787878 78787878 # UDP
	`)

	addSample("ipv6/fragment-later", LinkIPv6, "ipv6 ipv6.fraghdr data", `
		60000000 00102cff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		110305ae 0000004d # Fragment at 1448, reserved bits set
		78787878 78787878
	`)

	addSample("ipv6/fragment-atomic", LinkIPv6, "ipv6 ipv6.fraghdr udp data", `
		60000000 00142cff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000000 0000004d # Fragment, the only one
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/fragment-short", LinkIPv6, "ipv6 ipv6.fraghdr!", `
		60000000 00072cff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000000 000000 # a byte is missing
	`)

	addSample("ipv6/ah", LinkIPv6, "ipv6 ah udp data", `
		60000000 002433ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11040000 00001234 00000005 69696969 69696969 69696969 # AH
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/ah-no-icv", LinkIPv6, "ipv6 ah udp data", `
		60000000 001833ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11010000 00001234 00000005 # AH without a value
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/ah-too-small", LinkIPv6, "ipv6 ah!", `
		60000000 001833ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		11000000 00001234 00000005 # AH of 8 bytes
		03e807d0 000c3253 61626364 # UDP
	`)

	addSample("ipv6/chain", LinkIPv6, "ipv6 ipv6.hopopts ipv6.dstopts ipv6.routing ipv6.fraghdr ah ipv6.dstopts udp data", `
		60000000 005c00ff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		3c000104 00000000 # Hop-by-Hop
		2b000104 00000000 # Destination Options
		2c020001 00000000 20010db8 00000000 00000000 0000000a # Routing
		33000000 0000004d # Fragment, atomic
		3c040000 00000001 00000002 69696969 69696969 69696969 # AH
		11000104 00000000 # Destination Options
		03e807d0 000c0313 61626364 # UDP
	`)

	addSample("ipv6/ah-in-ipv4", LinkIPv4, "ip ah udp data", `
		45000038 00010000 40336690 0a000001 0a000002 # IPv4
		11040000 00001234 00000005 69696969 69696969 69696969 # AH
		03e807d0 000c1b55 61626364 # UDP
	`)
}

func FuzzIPv6(f *testing.F)     { fuzzView(f, LayerIPv6) }
func FuzzHopByHop(f *testing.F) { fuzzView(f, LayerHopByHop) }
func FuzzDestOpts(f *testing.F) { fuzzView(f, LayerDestOpts) }
func FuzzRouting(f *testing.F)  { fuzzView(f, LayerRouting) }
func FuzzFragment(f *testing.F) { fuzzView(f, LayerFragment) }
func FuzzAH(f *testing.F)       { fuzzView(f, LayerAH) }

// checkAppend appends a header to a buffer that is not clean, and looks at what is written and what is left alone.
func checkAppend(t *testing.T, name string, h interface{ Append([]byte) []byte }, wire []byte) {
	t.Helper()
	const before, after = 5, 7
	dirty := bytes.Repeat([]byte{0xa5}, before+len(wire)+after)
	got := h.Append(dirty[:before])
	if !bytes.Equal(got[before:], wire) {
		t.Errorf("%s: appended %x, want %x", name, got[before:], wire)
	}
	clean := bytes.Repeat([]byte{0xa5}, before)
	if !bytes.Equal(got[:before], clean) || !bytes.Equal(dirty[before+len(wire):], bytes.Repeat(clean[:1], after)) {
		t.Errorf("%s: bytes around the header changed: %x", name, dirty)
	}
	if n := testing.AllocsPerRun(10, func() { h.Append(dirty[:before]) }); n != 0 {
		t.Errorf("%s: Append allocates %v times", name, n)
	}
}

func TestIPv6Header(t *testing.T) {
	for _, c := range []struct {
		name string
		h    IPv6Header
		wire string
	}{
		{"plain", IPv6Header{
			PayloadLen: 20, NextHeader: ProtoTCP, HopLimit: 64,
			Src: netip.MustParseAddr("fd00::1"), Dst: netip.MustParseAddr("fd00::2"),
		}, `
			60000000 # version, class, flow
			0014 06 40 # length, next header, hop limit
			fd000000 00000000 00000000 00000001
			fd000000 00000000 00000000 00000002
		`},
		{"every bit", IPv6Header{
			DSCP: 63, ECN: CE, FlowLabel: 0xfffff, PayloadLen: 65535, NextHeader: 255, HopLimit: 255,
			Src: netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
			Dst: netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
		}, `
			6fffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff
		`},
		{"class and flow", IPv6Header{
			DSCP: 46, ECN: ECT1, FlowLabel: 0xabcde, NextHeader: ProtoNoNext,
			Src: netip.IPv6Unspecified(), Dst: netip.MustParseAddr("::1"),
		}, `
			6b9abcde 0000 3b 00
			00000000 00000000 00000000 00000000
			00000000 00000000 00000000 00000001
		`},
	} {
		wire := unhex(c.wire)
		if err := IPv6(wire).Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := IPv6(wire).Header(); got != c.h {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.h)
		}
		if c.h.HeaderLen() != len(wire) {
			t.Errorf("%s: HeaderLen is %d", c.name, c.h.HeaderLen())
		}
		checkAppend(t, c.name, &c.h, wire)
	}
	// What does not fit stays out of the neighboring fields.
	h := IPv6Header{DSCP: 0xff, ECN: 0xff, FlowLabel: 0xffffffff, Src: netip.IPv6Unspecified(), Dst: netip.IPv6Unspecified()}
	if got := IPv6(h.Append(nil)); got.Version() != 6 || got.PayloadLen() != 0 {
		t.Errorf("excess bits spill: %x", got)
	}
}

func TestIPv6Setters(t *testing.T) {
	ip := IPv6(bytes.Clone(findSample("ipv6/class-and-flow").data))
	want := ip.Header()
	want.PayloadLen, want.NextHeader, want.HopLimit = 0xfedc, ProtoSCTP, 7
	ip.SetPayloadLen(0xfedc)
	ip.SetNextHeader(ProtoSCTP)
	ip.SetHopLimit(7)
	if got := ip.Header(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestIPv6Len: how long a packet is by its own word, what a host makes of it, and what follows the header.
func TestIPv6Len(t *testing.T) {
	for _, c := range []struct {
		name    string
		n       int
		ok      bool
		whole   error
		payload int
	}{
		{"ipv6/class-and-flow", 52, true, nil, 12},
		{"ipv6/no-next-header", 40, true, nil, 0},
		{"ipv6/no-next-header-data", 46, true, nil, 6},
		{"ipv6/too-long", 140, true, ErrTruncated, 12},
		{"ipv6/zero-length", 0, false, ErrMalformed, 12},
		{"ipv6/jumbo-cut", 40 + 65536, true, ErrTruncated, 20},
		{"ipv6/jumbo-too-small", 60, false, ErrMalformed, 20},
		{"ipv6/jumbo-malformed", 0, false, ErrMalformed, 20},
		{"ipv6/jumbo-missing", 0, false, ErrMalformed, 20},
		{"ipv6/jumbo-short", 0, false, ErrMalformed, 4},
	} {
		ip := IPv6(findSample(c.name).data)
		n, ok := ip.Len()
		if ok != c.ok || ok && n != c.n {
			t.Errorf("%s: length %d, %v, want %d, %v", c.name, n, ok, c.n, c.ok)
		}
		if err := ip.CheckWhole(); err != c.whole {
			t.Errorf("%s: CheckWhole says %v, want %v", c.name, err, c.whole)
		}
		if got := len(ip.Payload()); got != c.payload {
			t.Errorf("%s: %d bytes of payload, want %d", c.name, got, c.payload)
		}
	}
	padded := append(IPv6(findSample("ipv6/no-next-header").data), 0, 0, 0)
	if err := padded.CheckWhole(); err != nil || len(padded.Payload()) != 0 {
		t.Errorf("padding: %v, payload of %d bytes", err, len(padded.Payload()))
	}
}

// TestJumbogram: a packet longer than PayloadLen can say is read whole, to the last byte and no further.
func TestJumbogram(t *testing.T) {
	const length = 70000
	var o IPv6OptionList
	o.AddJumbo(length)
	src, dst := netip.MustParseAddr("fd00::1"), netip.MustParseAddr("fd00::2")
	ip := IPv6Header{NextHeader: ProtoHopByHop, HopLimit: 64, Src: src, Dst: dst}
	hbh := IPv6OptionsHeader{ProtoTCP, o}
	b := hbh.Append(ip.Append(nil))
	if len(b) != 48 {
		t.Fatalf("headers of %d bytes, want 48", len(b))
	}
	segment := make([]byte, length-8)
	tcp := TCPHeader{SrcPort: 1, DstPort: 2, Flags: ACK}
	tcp.Append(segment[:0])
	TCP(segment).FillChecksum(PseudoHeaderSum(src, dst, ProtoTCP, len(segment)))
	b = append(append(b, segment...), 0xee, 0xee) // and padding

	var p Packet
	p.Decode(LinkIPv6, b, len(b))
	if got := layerNames(p.Layers()); got != "ipv6 ipv6.hopopts tcp data" {
		t.Fatalf("layers %s", got)
	}
	for _, l := range p.Layers() {
		if l.End != 40+length || l.Truncated() {
			t.Errorf("%v ends at %d of %d, wire %d", l.Type, l.End, 40+length, l.Wire)
		}
	}
	if err := IPv6(b).CheckWhole(); err != nil {
		t.Error(err)
	}
	if got, _ := record(&p, 2).find("tcp.checksum"); !strings.Contains(got, "correct") || strings.Contains(got, "in") {
		t.Errorf("TCP checksum %s", got)
	}
}

// TestNextIPv6Header: the loop of its comment walks a chain of all kinds.
func TestNextIPv6Header(t *testing.T) {
	ip := IPv6(findSample("ipv6/chain").data)
	want := []IPProto{ProtoHopByHop, ProtoDestOpts, ProtoRouting, ProtoFragment, ProtoAH, ProtoDestOpts}
	lengths := []int{8, 8, 24, 8, 24, 8}
	proto, b := ip.NextHeader(), ip.Payload()
	for i := 0; proto.IsIPv6Extension(); i++ {
		h, rest, err := NextIPv6Header(proto, b)
		if err != nil || i >= len(want) || proto != want[i] || len(h) != lengths[i] || len(h)+len(rest) != len(b) {
			t.Fatalf("header %d: %v of %d bytes, %v", i, proto, len(h), err)
		}
		proto, b = h.NextHeader(), rest
	}
	if proto != ProtoUDP || len(b) != 12 || UDP(b).DstPort() != 2000 {
		t.Errorf("the chain ends at %v with %d bytes", proto, len(b))
	}

	for _, p := range []IPProto{ProtoTCP, ProtoUDP, ProtoICMPv6, ProtoNoNext, ProtoESP, ProtoIPv6, 255} {
		if p.IsIPv6Extension() {
			t.Errorf("%v is taken for an extension header", p)
		}
	}
	for _, c := range []struct {
		proto IPProto
		b     []byte
		err   error
	}{
		{ProtoHopByHop, nil, ErrTruncated},
		{ProtoDestOpts, make([]byte, 7), ErrTruncated},
		{ProtoRouting, append([]byte{17, 1}, make([]byte, 13)...), ErrTruncated},
		{ProtoRouting, append([]byte{17, 1}, make([]byte, 14)...), nil},
		{ProtoFragment, append([]byte{17, 255}, make([]byte, 6)...), nil},
		{ProtoAH, make([]byte, 12), ErrMalformed},
		{ProtoAH, append([]byte{17, 1}, make([]byte, 9)...), ErrTruncated},
		{ProtoAH, append([]byte{17, 1}, make([]byte, 10)...), nil},
		{ProtoAH, append([]byte{17, 255}, make([]byte, 1026)...), nil},
	} {
		h, rest, err := NextIPv6Header(c.proto, c.b)
		if err != c.err || err == nil && len(h)+len(rest) != len(c.b) {
			t.Errorf("%v, %x: %v, want %v", c.proto, c.b, err, c.err)
		}
	}
}

// TestIPv6Fragments: data follows a fragment from the middle, and only what comes behind a first one is part of something.
func TestIPv6Fragments(t *testing.T) {
	for name, want := range map[string]LayerFlags{
		"ipv6/fragment-first": Fragmented, "ipv6/fragment-later": 0, "ipv6/fragment-atomic": 0,
	} {
		s := findSample(name)
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		if l := p.Layers()[2]; l.Flags != want || l.Net != 0 {
			t.Errorf("%s: %v has flags %d and net %d, want %d and 0", name, l.Type, l.Flags, l.Net, want)
		}
		if h := IPv6Fragment(p.Bytes(&p.Layers()[1])); h.IsAtomic() != (name == "ipv6/fragment-atomic") {
			t.Errorf("%s: IsAtomic is %v", name, h.IsAtomic())
		}
	}
	for _, c := range []struct {
		h    IPv6FragmentHeader
		wire string
	}{
		{IPv6FragmentHeader{ProtoUDP, 0, false, 0}, "11000000 00000000"},
		{IPv6FragmentHeader{ProtoTCP, 1448, true, 0xfedcba98}, "060005a9 fedcba98"},
		{IPv6FragmentHeader{ProtoICMPv6, 65528, false, 1}, "3a00fff8 00000001"},
	} {
		if got := IPv6Fragment(unhex(c.wire)).Header(); got != c.h {
			t.Errorf("%s: %+v, want %+v", c.wire, got, c.h)
		}
		checkAppend(t, c.wire, &c.h, unhex(c.wire))
	}
}

func TestIPv6OptionsHeader(t *testing.T) {
	var none, alert, jumbo, odd IPv6OptionList
	alert.AddRouterAlert(RouterAlertMLD)
	jumbo.AddJumbo(0x12345678)
	odd.Add(IPv6OptTunnelLimit, 4)
	odd.Add(0x1e, 1, 2, 3, 4, 5, 6, 7)
	odd.Add(IPv6OptPadN)
	for _, c := range []struct {
		name string
		h    IPv6OptionsHeader
		wire string
		read IPv6OptionList // with the padding
	}{
		{"no option", IPv6OptionsHeader{ProtoUDP, none}, "1100 0104 00000000", MakeIPv6OptionList(unhex("0104 00000000"))},
		{"padded by PadN", IPv6OptionsHeader{ProtoICMPv6, alert}, "3a00 05020000 0100", MakeIPv6OptionList(unhex("05020000 0100"))},
		{"no padding", IPv6OptionsHeader{ProtoTCP, jumbo}, "0600 c204 12345678", jumbo},
		{"padded by Pad1", IPv6OptionsHeader{ProtoNoNext, MakeIPv6OptionList([]byte{4, 3, 1, 2, 3})}, "3b00 0403 01020300", MakeIPv6OptionList(unhex("0403 01020300"))},
		{"two words", IPv6OptionsHeader{ProtoUDP, odd}, "1101 0401 04 1e07 01020304 050607 0100", odd},
	} {
		wire := unhex(c.wire)
		if got := IPv6Options(wire).Header(); got != (IPv6OptionsHeader{c.h.NextHeader, c.read}) {
			t.Errorf("%s: %x", c.name, got.Options.Bytes())
		}
		if c.h.HeaderLen() != len(wire) {
			t.Errorf("%s: HeaderLen is %d, want %d", c.name, c.h.HeaderLen(), len(wire))
		}
		checkAppend(t, c.name, &c.h, wire)
		if err := IPv6Options(wire).CheckWhole(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := IPv6Options(unhex("1100 0105 00000000")).CheckWhole(); err != ErrMalformed {
		t.Errorf("an option too long: %v", err)
	}

	var full IPv6OptionList
	for full.Add(IPv6OptPadN, 0, 0, 0, 0) {
	}
	if len(full.Bytes()) != 60 || full.Add(IPv6OptPadN, 0) || !full.Add(IPv6OptPadN) || full.Add(IPv6OptPadN) {
		t.Errorf("%d bytes of options, want room for 62", len(full.Bytes()))
	}
	h := IPv6OptionsHeader{ProtoUDP, full}
	if b := h.Append(nil); len(b) != 64 || IPv6Options(b).Check() != nil {
		t.Errorf("a full header has %d bytes", len(b))
	}
}

func TestIPv6OptionType(t *testing.T) {
	for _, c := range []struct {
		t       IPv6OptionType
		name    string
		action  string
		mutable bool
	}{
		{IPv6OptRouterAlert, "RouterAlert", "skip", false},
		{IPv6OptJumbo, "Jumbo", "reject unless multicast", false},
		{0x5f, "0x5f", "discard", false},
		{0xbf, "0xbf", "reject", true},
	} {
		if c.t.String() != c.name || c.t.Action().String() != c.action || c.t.Mutable() != c.mutable {
			t.Errorf("%#x: %v, %v, %v", uint8(c.t), c.t, c.t.Action(), c.t.Mutable())
		}
	}
	alert, jumbo := IPv6Option(unhex("0502 0001")), IPv6Option(unhex("c204 00012345"))
	if v, ok := alert.RouterAlert(); !ok || v != RouterAlertRSVP || v.String() != "RSVP" {
		t.Errorf("Router Alert: %v, %v", v, ok)
	}
	if v, ok := jumbo.Jumbo(); !ok || v != 0x12345 {
		t.Errorf("Jumbo: %v, %v", v, ok)
	}
	_, ok1 := jumbo.RouterAlert()
	_, ok2 := alert.Jumbo()
	_, ok3 := IPv6Option(unhex("c203 000123")).Jumbo()
	_, ok4 := IPv6Option{0}.Jumbo()
	if ok1 || ok2 || ok3 || ok4 {
		t.Error("an option is read as another, or at a wrong length")
	}
}

// TestRoutingFinalDst: where a packet ends, by the type of its routing header and what is left of the way.
func TestRoutingFinalDst(t *testing.T) {
	here := netip.MustParseAddr("fe80::2")
	for name, want := range map[string]string{
		"ipv6/routing-source":        "2001:db8::b",
		"ipv6/routing-source-done":   "fe80::2",
		"ipv6/routing-source-empty":  "fe80::2",
		"ipv6/routing-mobile":        "2001:db8::a",
		"ipv6/routing-rpl":           "fe80::3132:3334:3536:3738",
		"ipv6/routing-rpl-pad":       "fe80::4",
		"ipv6/routing-rpl-too-short": "fe80::2",
		"ipv6/routing-segments":      "2001:db8::a",
		"ipv6/routing-segments-tlv":  "fe80::2",
		"ipv6/routing-unknown":       "fe80::2",
	} {
		h := IPv6Routing(findSample(name).data[IPv6HeaderLen:])
		if got := h.FinalDst(here); got.String() != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	for name, want := range map[string]error{
		"ipv6/routing-source": nil, "ipv6/routing-source-odd": ErrMalformed, "ipv6/routing-mobile-two": ErrMalformed,
		"ipv6/routing-unknown": nil, "ipv6/routing-segments-tlv": nil,
	} {
		if err := IPv6Routing(findSample(name).data[IPv6HeaderLen:]).CheckWhole(); err != want {
			t.Errorf("%s: CheckWhole says %v, want %v", name, err, want)
		}
	}
}

// TestIPv6Endpoints: the checksum behind extension headers covers the addresses at both ends.
func TestIPv6Endpoints(t *testing.T) {
	tested := 0
	for _, s := range samples {
		if !strings.HasPrefix(s.name, "ipv6/routing-") && s.name != "ipv6/destination-options" && s.name != "ipv6/chain" ||
			!strings.HasSuffix(s.want, " udp data") {
			continue
		}
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		i := len(p.Layers()) - 2
		got, _ := record(&p, i).find("udp.checksum")
		if !strings.Contains(got, " correct ") {
			t.Errorf("%s: %s", s.name, got)
		}
		tested++
	}
	if tested < 12 {
		t.Errorf("only %d samples", tested)
	}
}
