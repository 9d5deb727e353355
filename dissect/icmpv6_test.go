package dissect

import (
	"bytes"
	"testing"
)

func init() {
	addSample("icmpv6/no-route", LinkIPv6, "ipv6 icmpv6 ipv6 udp data", `
		60000000 00403aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		01009051 00000000 # no route
		60000000 00101140 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e807d0 0010e5f7 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv6/port-unreachable", LinkIPv6, "ipv6 icmpv6 ipv6 udp data", `
		60000000 00403aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		0104904d 00000000 # port unreachable
		60000000 00101140 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e807d0 0010e5f7 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv6/unknown-code", LinkIPv6, "ipv6 icmpv6 ipv6 tcp", `
		60000000 00383aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		01636893 00000000 # unreachable, code 99
		60000000 01900640 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e80050 0000004d # quoted TCP, cut short
	`)

	addSample("icmpv6/extensions", LinkIPv6, "ipv6 icmpv6 ipv6 tcp data", `
		60000000 00983aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		0101b43c 10000000 # prohibited, 16 words quoted
		60000000 01900640 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e80050 0000004d 00000000 50022000 12340000 79797979 79797979 79797979 # quoted TCP
		79797979 79797979 79797979 79797979 79797979 79797979 79797979 79797979
		79797979 79797979 79797979 79797979 79797979 79797979
		2000abe0 000c0101 00010205 00063106 # extensions
	`)

	addSample("icmpv6/extensions-interface", LinkIPv6, "ipv6 icmpv6 ipv6 udp data", `
		60000000 00b43aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		03007ddd 10000000 # hop limit exceeded, 16 words quoted
		60000000 00101140 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e807d0 0010e5f7 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000
		20002c90 0028020f 00000003 00020000 fe800000 00000000 00000000 00000009 # extensions
		08657468 30000000 000005dc
	`)

	addSample("icmpv6/quote-len-beyond", LinkIPv6, "ipv6 icmpv6 ipv6 udp data", `
		60000000 00403aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		03007e51 10000000 # hop limit exceeded, 16 words quoted
		60000000 00101140 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e807d0 0010e5f7 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv6/packet-too-big", LinkIPv6, "ipv6 icmpv6 ipv6 udp data", `
		60000000 00403aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		02008a51 00000500 # packet too big, MTU 1280
		60000000 00101140 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e807d0 0010e5f7 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv6/reassembly", LinkIPv6, "ipv6 icmpv6 ipv6 ipv6.fraghdr data", `
		60000000 00403aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		03014e5f 00000000 # reassembly time exceeded
		60000000 00102c40 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		110005a8 00000009 # quoted Fragment
		78787878 78787878
	`)

	addSample("icmpv6/parameter-problem", LinkIPv6, "ipv6 icmpv6 ipv6 udp data", `
		60000000 00403aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		04018d28 00000028 # unrecognized next header at 40
		60000000 00101140 fe800000 00000000 00000000 00000002 20010db8 00000000 # quoted IPv6
		00000000 00000001
		03e807d0 0010e5f7 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv6/quote-nothing", LinkIPv6, "ipv6 icmpv6", `
		60000000 00083aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		010401b5 00000000 # port unreachable, nothing quoted
	`)

	addSample("icmpv6/error-short", LinkIPv6, "ipv6 icmpv6", `
		60000000 00063aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		010401b7 0000 # unreachable, cut short
	`)

	addSample("icmpv6/error-unknown", LinkIPv6, "ipv6 icmpv6", `
		60000000 000c3aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		64030d1c 61626364 65666768 # private experiment
	`)

	addSample("icmpv6/unknown-type", LinkIPv6, "ipv6 icmpv6", `
		60000000 000c3aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		fa03771b 61626364 65666768 # type 250
	`)

	addSample("icmpv6/header-only", LinkIPv6, "ipv6 icmpv6", `
		60000000 00043aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		fa0008bc # type 250, nothing else
	`)

	addSample("icmpv6/echo-request", LinkIPv6, "ipv6 icmpv6 data", `
		60000000 000d3aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		80002cab 12340002 # echo request
		68656c6c 6f
	`)

	addSample("icmpv6/echo-reply", LinkIPv6, "ipv6 icmpv6 data", `
		60000000 000d3aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		81002bab 12340002 # echo reply
		68656c6c 6f
	`)

	addSample("icmpv6/echo-bad-checksum", LinkIPv6, "ipv6 icmpv6 data", `
		60000000 000d3aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		80012dab 12340002 # echo request with a code
		68656c6c 6f
	`)

	addSample("icmpv6/echo-short", LinkIPv6, "ipv6 icmpv6", `
		60000000 00063aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		800082b3 0007 # echo request, cut short
	`)

	addSample("icmpv6/node-query", LinkIPv6, "ipv6 icmpv6", `
		60000000 00203aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		8b00a80b 0003003a 31323334 35363738 fe800000 00000000 00000000 00000002 # node information query
	`)

	addSample("icmpv6/node-query-ipv4", LinkIPv6, "ipv6 icmpv6", `
		60000000 00143aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		8b029cd0 00040000 31323334 35363738 0a000001 # node information query
	`)

	addSample("icmpv6/node-query-name", LinkIPv6, "ipv6 icmpv6", `
		60000000 00163aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		8b0133f6 00090000 31323334 35363738 03666f6f 0000 # node information query
	`)

	addSample("icmpv6/node-reply", LinkIPv6, "ipv6 icmpv6", `
		60000000 001a3aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		8c0032ac 00020045 31323334 35363738 00000009 03666f6f 0000 # node information reply
	`)

	addSample("icmpv6/node-short", LinkIPv6, "ipv6 icmpv6", `
		60000000 000b3aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		8c001281 00020000 313233 # node information reply, cut short
	`)

	addSample("icmpv6/router-discovery", LinkIPv6, "ipv6 icmpv6", `
		60000000 00083aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		97146b25 007d0002 # multicast router advertisement
	`)

	addSample("icmpv6/router-discovery-ask", LinkIPv6, "ipv6 icmpv6", `
		60000000 00043aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		98006abc # multicast router solicitation
	`)

	addSample("icmpv6/extended-echo", LinkIPv6, "ipv6 icmpv6", `
		60000000 00183aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		a0005aa0 00070801 # extended echo request
		20000f4e 000c0301 65746830 00000000 # interface
	`)

	addSample("icmpv6/extended-echo-reply", LinkIPv6, "ipv6 icmpv6", `
		60000000 00083aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		a100596a 00070847 # extended echo reply
	`)

	addSample("icmpv6/renumbering", LinkIPv6, "ipv6 icmpv6", `
		60000000 000c3aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		8aff77ae 00000007 00000000 # router renumbering
	`)

	addSample("icmpv6/rpl", LinkIPv6, "ipv6 icmpv6", `
		60000000 00063aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		9b0067ba 0000 # RPL DIS, shorter than eight bytes
	`)

	addSample("icmpv6/truncated", LinkIPv6, "ipv6 icmpv6!", `
		60000000 00033aff fe800000 00000000 00000000 00000001 fe800000 00000000 # IPv6
		00000000 00000002
		800000 # a byte is missing
	`)
}

func FuzzICMPv6(f *testing.F) { fuzzView(f, LayerICMPv6) }

func TestICMPv6Header(t *testing.T) {
	for _, c := range []struct {
		name string
		h    ICMPv6Header
		wire string
	}{
		{"echo request", ICMPv6Header{Type: ICMPv6EchoRequest, Checksum: 0xabcd, ID: 0x1234, Seq: 0x5678}, "8000abcd 12345678"},
		{"echo reply", ICMPv6Header{Type: ICMPv6EchoReply, ID: 1, Seq: 2}, "81000000 00010002"},
		{"port unreachable", ICMPv6Header{Type: ICMPv6Unreachable, Code: ICMPv6PortUnreachable, QuoteLen: 16}, "01040000 10000000"},
		{"packet too big", ICMPv6Header{Type: ICMPv6PacketTooBig, MTU: 0x12345678}, "02000000 12345678"},
		{"time exceeded", ICMPv6Header{Type: ICMPv6TimeExceeded, Code: ICMPv6ReassemblyExceeded}, "03010000 00000000"},
		{"parameter problem", ICMPv6Header{Type: ICMPv6ParameterProblem, Code: ICMPv6UnknownOption, Pointer: 42}, "04020000 0000002a"},
		{"unknown", ICMPv6Header{Type: 250, Code: 7}, "fa070000 00000000"},
	} {
		wire := unhex(c.wire)
		if got := ICMPv6(wire).Header(); got != c.h {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.h)
		}
		checkAppend(t, c.name, &c.h, wire)
	}
}

// TestICMPv6Checksum: computed over a message in one piece and in several, and found again.
func TestICMPv6Checksum(t *testing.T) {
	ip := IPv6(findSample("icmpv6/echo-request").data)
	want := ICMPv6(ip.Payload())
	h := ICMPv6Header{Type: ICMPv6EchoRequest, ID: 0x1234, Seq: 2}
	pseudo := PseudoHeaderSum(ip.Src(), ip.Dst(), ProtoICMPv6, len(want))
	whole := ICMPv6(append(h.Append(nil), "hello"...))
	whole.FillChecksum(pseudo)
	head := ICMPv6(h.Append(nil))
	head.FillChecksum(pseudo, []byte("hell"), []byte("o"))
	if !bytes.Equal(whole, want) || head.Checksum() != want.Checksum() || !whole.ChecksumOK(pseudo) {
		t.Errorf("checksums %#x, %#x, want %#x", whole.Checksum(), head.Checksum(), want.Checksum())
	}
	whole.SetType(ICMPv6EchoReply)
	if whole.ChecksumOK(pseudo) || whole.Type() != ICMPv6EchoReply {
		t.Errorf("a changed message still has a right checksum: %x", whole)
	}
}

// TestICMPv6Verdicts: one checksum of the samples is wrong, those of quotes cut short cannot be judged, the rest are right.
func TestICMPv6Verdicts(t *testing.T) {
	seen := 0
	for _, s := range samples {
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		for i, l := range p.Layers() {
			if l.Type != LayerICMPv6 || l.Err != nil {
				continue
			}
			want := ChecksumGood
			if s.name == "icmpv6/echo-bad-checksum" {
				want = ChecksumBad
			}
			for _, f := range record(&p, i).all {
				if f.f.Name == "icmpv6.checksum" && f.verdict != want {
					t.Errorf("%s: %v, want %v", s.name, f.verdict, want)
				}
			}
			seen++
		}
	}
	if seen < 50 {
		t.Errorf("only %d messages", seen)
	}
}

// TestICMPv6CutShort: getters of a message without its body give zero, and Fields the bytes that there are.
func TestICMPv6CutShort(t *testing.T) {
	for n := ICMPv6HeaderLen; n < icmp6Data; n++ {
		m := ICMPv6(bytes.Repeat([]byte{1}, n))
		if m.ID() != 0 || m.Seq() != 0 || m.MTU() != 0 || m.Pointer() != 0 || m.QuoteLen() != 0 || len(m.Data())+len(m.Quote()) != 0 {
			t.Errorf("%x has values behind its end", []byte(m))
		}
	}
	got, _ := record(decodeSample("icmpv6/echo-short"), 1).find("icmpv6.echo.identifier")
	if got != "" {
		t.Errorf("an identifier of two bytes that are half there: %s", got)
	}
}

func TestICMPv6CheckWhole(t *testing.T) {
	for name, want := range map[string]error{
		"icmpv6/echo-request": nil, "icmpv6/echo-short": ErrTruncated, "icmpv6/port-unreachable": nil,
		"icmpv6/quote-nothing": ErrTruncated, "icmpv6/error-short": ErrTruncated, "icmpv6/error-unknown": nil,
		"icmpv6/unknown-type": nil, "icmpv6/header-only": nil, "icmpv6/truncated": ErrTruncated,
		"icmpv6/extended-echo-reply": nil, "icmpv6/rpl": nil,
		"ndp/router-advertisement": nil, "ndp/router-odd-options": nil, "ndp/option-length-0": ErrMalformed,
		"ndp/option-overrun": ErrMalformed, "ndp/router-short": ErrTruncated, "ndp/router-solicitation": nil,
		"ndp/neighbor-solicitation": nil, "ndp/neighbor-short": ErrTruncated, "ndp/neighbor-advertisement": nil,
		"ndp/redirect": nil, "ndp/redirect-malformed": ErrMalformed, "ndp/redirect-short": ErrTruncated,
	} {
		if err := ICMPv6(findSample(name).data[IPv6HeaderLen:]).CheckWhole(); err != want {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	for name, want := range map[string]error{
		"mld/v1-query": nil, "mld/v1-report": nil, "mld/v1-done": nil, "mld/v2-query": nil, "mld/v2-query-short": ErrTruncated,
		"mld/v2-report": nil, "mld/v2-report-short": ErrTruncated, "mld/report-short": ErrTruncated,
	} {
		if err := ICMPv6(findSample(name).data[IPv6HeaderLen+8:]).CheckWhole(); err != want {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// TestICMPv6Names: a type and a code say what they mean, and unknown ones their number.
func TestICMPv6Names(t *testing.T) {
	for _, c := range []struct {
		t          ICMPv6Type
		code       uint8
		name, what string
		isError    bool
	}{
		{ICMPv6EchoRequest, 0, "echo request", "", false},
		{ICMPv6Unreachable, ICMPv6PortUnreachable, "destination unreachable", "port unreachable", true},
		{ICMPv6Unreachable, 9, "destination unreachable", "", true},
		{ICMPv6PacketTooBig, 0, "packet too big", "", true},
		{ICMPv6TimeExceeded, ICMPv6HopLimitExceeded, "time exceeded", "hop limit exceeded in transit", true},
		{ICMPv6ParameterProblem, ICMPv6UnknownHeader, "parameter problem", "unrecognized next header", true},
		{ICMPv6NeighborSolicitation, 0, "neighbor solicitation", "", false},
		{ICMPv6RouterRenumbering, 255, "router renumbering", "sequence number reset", false},
		{127, 0, "127", "", true},
		{255, 0, "255", "", false},
	} {
		if c.t.String() != c.name || c.t.CodeName(c.code) != c.what || c.t.IsError() != c.isError {
			t.Errorf("%d, %d: %q, %q, %v", uint8(c.t), c.code, c.t, c.t.CodeName(c.code), c.t.IsError())
		}
	}
}
