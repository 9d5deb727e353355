package dissect

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
)

func init() {
	addSample("icmpv4/echo-request", LinkIPv4, "ip icmp data", `
		45000021 00010000 400166d9 0a000001 0a000002 # IPv4
		0800a1f8 12340001 # echo request
		68656c6c 6f
	`)

	addSample("icmpv4/echo-reply", LinkIPv4, "ip icmp data", `
		45000021 00010000 400166d9 0a000001 0a000002 # IPv4
		0000a9f8 12340001 # echo reply
		68656c6c 6f
	`)

	addSample("icmpv4/echo-empty", LinkIPv4, "ip icmp", `
		4500001c 00010000 400166de 0a000001 0a000002 # IPv4
		0809e5c0 12340002 # echo request with a code and no data
	`)

	addSample("icmpv4/echo-bad-checksum", LinkIPv4, "ip icmp data", `
		45000021 00010000 400166d9 0a000001 0a000002 # IPv4
		0800a0f9 12340001 # echo request
		68656c6c 6f
	`)

	addSample("icmpv4/port-unreachable", LinkIPv4, "ip icmp ip udp data", `
		45000040 00010000 400166ba 0a000001 0a000002 # IPv4
		0303c921 00000000 # port unreachable
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv4/fragmentation-needed", LinkIPv4, "ip icmp ip tcp", `
		45000038 00010000 400166c2 0a000001 0a000002 # IPv4
		0304f2fe 00000578 # fragmentation needed, MTU 1400
		450005dc 00014000 40066918 0a000002 c0000201 # quoted IPv4
		03e80050 0000004d # quoted TCP, cut short
	`)

	addSample("icmpv4/quote-12", LinkIPv4, "ip icmp ip tcp", `
		4500003c 00010000 400166be 0a000001 0a000002 # IPv4
		0b00f07a 00000000 # TTL exceeded
		450005dc 00014000 40066918 0a000002 c0000201 # quoted IPv4
		03e80050 0000004d 00000000 # quoted TCP, cut short
	`)

	addSample("icmpv4/quote-options-cut", LinkIPv4, "ip icmp ip tcp", `
		45000048 00010000 400166b2 0a000001 0a000002 # IPv4
		0b00368c 00000000 # TTL exceeded
		45000040 00010000 4006aeb4 0a000002 c0000201 # quoted IPv4
		03e80050 0000004d 00000000 80022000 12340000 020405b4 # quoted TCP of 32 bytes, 24 of them
	`)

	addSample("icmpv4/quote-4", LinkIPv4, "ip icmp ip tcp!", `
		45000034 00010000 400166c6 0a000001 0a000002 # IPv4
		0b00f0c7 00000000 # TTL exceeded
		450005dc 00014000 40066918 0a000002 c0000201 # quoted IPv4
		03e80050 # quoted TCP, cut short
	`)

	addSample("icmpv4/quote-whole-tcp", LinkIPv4, "ip icmp ip tcp data", `
		4500004e 00010000 400166ac 0a000001 0a000002 # IPv4
		030116e4 00000000 # host unreachable
		45000032 00014000 40066ec2 0a000002 c0000201 # quoted IPv4
		03e80050 0000004d 00000000 50022000 12340000 79797979 79797979 7979 # quoted TCP, cut short
	`)

	addSample("icmpv4/quote-fragment", LinkIPv4, "ip icmp ip data", `
		45000038 00010000 400166c2 0a000001 0a000002 # IPv4
		0b01131d 00000000 # reassembly time exceeded
		4500001c 000100b9 4011ae14 0a000002 c0000201 # quoted IPv4, not the first fragment
		78787878 78787878
	`)

	addSample("icmpv4/quote-echo", LinkIPv4, "ip icmp ip icmp", `
		45000038 00010000 400166c2 0a000001 0a000002 # IPv4
		0301e3e2 00000000 # host unreachable
		4500001c 00010000 4001aedd 0a000002 c0000201 # quoted IPv4
		08001111 00050006 # quoted echo request
	`)

	addSample("icmpv4/quote-error", LinkIPv4, "ip icmp ip icmp ip udp", `
		45000054 00010000 400166a6 0a000001 0a000002 # IPv4
		0301e8d7 00000000 # host unreachable
		45000038 00010000 4001aec1 0a000002 c0000201 # quoted IPv4
		03031111 00000000 # quoted port unreachable
		4500001c 00010000 4011aecd c0000201 0a000002 # quoted in the quote
		00050006 00080000
	`)

	addSample("icmpv4/quote-nothing", LinkIPv4, "ip icmp", `
		4500001c 00010000 400166de 0a000001 0a000002 # IPv4
		0303fcfc 00000000 # port unreachable, nothing quoted
	`)

	addSample("icmpv4/quote-half-header", LinkIPv4, "ip icmp ip!", `
		45000028 00010000 400166d2 0a000001 0a000002 # IPv4
		03031100 00000000 # port unreachable
		4500001c 00010000 401166ce # half an IPv4 header
	`)

	addSample("icmpv4/unknown-code", LinkIPv4, "ip icmp ip udp data", `
		45000040 00010000 400166ba 0a000001 0a000002 # IPv4
		0343c8e1 00000000 # unreachable, code 67
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv4/extensions", LinkIPv4, "ip icmp ip tcp data", `
		450000d0 00010000 4001662a 0a000001 0a000002 # IPv4
		030d9536 00200000 # prohibited, 32 words quoted
		450005dc 00010000 4006a918 0a000002 c0000201 # quoted IPv4
		03e80050 0000004d 00000000 50022000 12340000 79797979 79797979 79797979 # quoted TCP
		79797979 79797979 79797979 79797979 79797979 79797979 79797979 79797979
		79797979 79797979 79797979 79797979 79797979 79797979 79797979 79797979
		79797979 79797979 79797979
		20001f2f 000c0101 00010205 00063106 001c020f 00000003 00010000 0a000001 # extensions: MPLS, interface, unknown
		08657468 30000000 000005dc 00080909 61626364
	`)

	addSample("icmpv4/extensions-ttl", LinkIPv4, "ip icmp ip udp data", `
		450000ac 00010000 4001664e 0a000001 0a000002 # IPv4
		0b00c104 00200000 # TTL exceeded, 32 words quoted
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000abe0 000c0101 00010205 00063106 # extensions: MPLS
	`)

	addSample("icmpv4/extensions-pointer", LinkIPv4, "ip icmp ip udp data", `
		450000ac 00010000 4001664e 0a000001 0a000002 # IPv4
		0c00ac04 14200000 # parameter problem at 20, 32 words quoted
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000abe0 000c0101 00010205 00063106 # extensions
	`)

	addSample("icmpv4/extensions-mtu", LinkIPv4, "ip icmp ip udp data", `
		450000ac 00010000 4001664e 0a000001 0a000002 # IPv4
		03046f69 00200578 # fragmentation needed
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		20000000 000c0101 00010205 00063106 # extensions without a checksum
	`)

	addSample("icmpv4/extensions-without-length", LinkIPv4, "ip icmp ip udp data", `
		450000ac 00010000 4001664e 0a000001 0a000002 # IPv4
		0b00c124 00000000 # TTL exceeded
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000abe0 000c0101 00010205 00063106 # extensions
	`)

	addSample("icmpv4/extensions-bad-checksum", LinkIPv4, "ip icmp ip udp data", `
		450000ac 00010000 4001664e 0a000001 0a000002 # IPv4
		0b00c103 00200000 # TTL exceeded
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000abe0 000c0101 00010205 00063107 # extensions, altered
	`)

	addSample("icmpv4/extensions-malformed", LinkIPv4, "ip icmp ip udp data", `
		450000b0 00010000 4001664a 0a000001 0a000002 # IPv4
		0b00c104 00200000 # TTL exceeded
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000aadc 000c0101 00010205 00063106 00030101 # extensions, the last object of length 3
	`)

	addSample("icmpv4/extensions-version-1", LinkIPv4, "ip icmp ip udp data", `
		450000a4 00010000 40016656 0a000001 0a000002 # IPv4
		0b00ec3d 00200000 # TTL exceeded
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		10000000 61626364 # not version 2
	`)

	addSample("icmpv4/interface-no-index", LinkIPv4, "ip icmp ip udp data", `
		450000a6 00010000 40016654 0a000001 0a000002 # IPv4
		0b00c104 00200000 # TTL exceeded
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000ddaa 0006024f 0000 # interface information, cut short
	`)

	addSample("icmpv4/interface-no-address", LinkIPv4, "ip icmp ip udp data", `
		450000ac 00010000 4001664e 0a000001 0a000002 # IPv4
		0b00c104 00200000 # TTL exceeded
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000dda0 000c024f 00000003 00010000 # interface information, cut short
	`)

	addSample("icmpv4/interface-bad-family", LinkIPv4, "ip icmp ip udp data", `
		450000b0 00010000 4001664a 0a000001 0a000002 # IPv4
		0b00c104 00200000 # TTL exceeded
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000dd91 0010024f 00000003 00070000 00000005 # interface information, cut short
	`)

	addSample("icmpv4/interface-name-too-long", LinkIPv4, "ip icmp ip udp data", `
		450000b2 00010000 40016648 0a000001 0a000002 # IPv4
		0b00c104 00200000 # TTL exceeded
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000d530 0012024f 00000003 00010000 00000005 0865 # interface information, cut short
	`)

	addSample("icmpv4/interface-no-mtu", LinkIPv4, "ip icmp ip udp data", `
		450000b6 00010000 40016644 0a000001 0a000002 # IPv4
		0b00c104 00200000 # TTL exceeded
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 # zeros up to 128 bytes
		00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000 00000000 00000000
		2000652c 0016024f 00000003 00010000 00000005 04657400 0000 # interface information, cut short
	`)

	addSample("icmpv4/parameter-problem", LinkIPv4, "ip icmp ip udp data", `
		45000040 00010000 400166ba 0a000001 0a000002 # IPv4
		0c00ac24 14000000 # parameter problem at 20
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv4/redirect", LinkIPv4, "ip icmp ip udp data", `
		45000040 00010000 400166ba 0a000001 0a000002 # IPv4
		0501bc25 0a0000fe # redirect to 10.0.0.254
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv4/source-quench", LinkIPv4, "ip icmp ip udp data", `
		45000040 00010000 400166ba 0a000001 0a000002 # IPv4
		0400c824 00000000 # source quench
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
	`)

	addSample("icmpv4/timestamp", LinkIPv4, "ip icmp", `
		45000028 00010000 400166d2 0a000001 0a000002 # IPv4
		0d00c25d 00070008 02932e00 00000000 00000000 # timestamp request
	`)

	addSample("icmpv4/timestamp-reply", LinkIPv4, "ip icmp data", `
		4500002b 00010000 400166cf 0a000001 0a000002 # IPv4
		0e009bbf 00070008 02932e00 02932e0a 02932e0b # timestamp reply
		616263 # and more
	`)

	addSample("icmpv4/timestamp-short", LinkIPv4, "ip icmp data", `
		45000020 00010000 400166da 0a000001 0a000002 # IPv4
		0d00f2ef 00070008 00000001 # timestamp request, cut short
	`)

	addSample("icmpv4/information", LinkIPv4, "ip icmp", `
		4500001c 00010000 400166de 0a000001 0a000002 # IPv4
		0f00f0f0 00070008 # information request
	`)

	addSample("icmpv4/information-reply", LinkIPv4, "ip icmp", `
		4500001c 00010000 400166de 0a000001 0a000002 # IPv4
		1000eff0 00070008 # information reply
	`)

	addSample("icmpv4/mask", LinkIPv4, "ip icmp", `
		45000020 00010000 400166da 0a000001 0a000002 # IPv4
		1100eef0 00070008 00000000 # address mask request
	`)

	addSample("icmpv4/mask-reply", LinkIPv4, "ip icmp", `
		45000020 00010000 400166da 0a000001 0a000002 # IPv4
		1200eeef 00070008 ffffff00 # address mask reply
	`)

	addSample("icmpv4/router-advertisement", LinkIPv4, "ip icmp", `
		4500002c 00010000 400166ce 0a000001 0a000002 # IPv4
		0900d9f5 02020708 # router advertisement, 1800 s
		0a000001 00000000
		0a000003 fffffffb
	`)

	addSample("icmpv4/router-long-entries", LinkIPv4, "ip icmp data", `
		45000030 00010000 400166ca 0a000001 0a000002 # IPv4
		0910f9ff 02030708 # router advertisement, entries of 12 bytes
		0a000001 00000007 6d6f7265
		0a000003 00000005 # cut short
	`)

	addSample("icmpv4/router-bad-entries", LinkIPv4, "ip icmp data", `
		45000024 00010000 400166d6 0a000001 0a000002 # IPv4
		0900d9f4 02010708 # router advertisement, entries of 4 bytes
		0a000001 0a000001
	`)

	addSample("icmpv4/router-solicitation", LinkIPv4, "ip icmp", `
		4500001c 00010000 400166de 0a000001 0a000002 # IPv4
		0a00f5ff 00000000 # router solicitation
	`)

	addSample("icmpv4/traceroute", LinkIPv4, "ip icmp", `
		45000028 00010000 400166d2 0a000001 0a000002 # IPv4
		1e00c897 00010000 0003ffff 00001388 000005dc # traceroute
	`)

	addSample("icmpv4/extended-echo", LinkIPv4, "ip icmp", `
		45000075 00010000 40016685 0a000001 0a000002 # IPv4
		2a00cdf7 00070801 # extended echo request
		2000965b 00080301 65746830 00080302 00000002 000c0303 00010400 0a000001 # interfaces
		00180303 00021000 fe800000 00000000 00000000 00000009 00100303 40050600
		02000000 00010000 00080303 0001ff00 00040301 00050302 00
	`)

	addSample("icmpv4/extended-echo-reply", LinkIPv4, "ip icmp", `
		4500001c 00010000 400166de 0a000001 0a000002 # IPv4
		2b00ccb2 00070846 # extended echo reply
	`)

	addSample("icmpv4/extended-echo-error", LinkIPv4, "ip icmp", `
		4500001c 00010000 400166de 0a000001 0a000002 # IPv4
		2b02ccf6 00070800 # extended echo reply
	`)

	addSample("icmpv4/photuris", LinkIPv4, "ip icmp data", `
		45000024 00010000 400166d6 0a000001 0a000002 # IPv4
		28014664 00000005 # security failure
		61626364 65666768
	`)

	addSample("icmpv4/unknown-type", LinkIPv4, "ip icmp data", `
		45000024 00010000 400166d6 0a000001 0a000002 # IPv4
		63010b64 00000005 # type 99
		61626364 65666768
	`)

	addSample("icmpv4/truncated", LinkIPv4, "ip icmp!", `
		4500001b 00010000 400166df 0a000001 0a000002 # IPv4
		08000000 000100 # a byte is missing
	`)

	addSample("icmpv4/first-fragment", LinkIPv4, "ip icmp data", `
		45000024 00012000 400146d6 0a000001 0a000002 # IPv4, more fragments
		08001111 00050006 61626364 65666768 # echo request
	`)

	addSample("icmpv4/error-fragmented", LinkIPv4, "ip icmp ip udp data", `
		45000040 00012000 400146ba 0a000001 0a000002 # IPv4, more fragments
		03031111 00000000 # port unreachable
		45000024 00010000 4011aec5 0a000002 c0000201 # quoted IPv4
		03e807d0 00104631 78787878 78787878 # quoted UDP
	`)
}

func FuzzICMPv4(f *testing.F) { fuzzView(f, LayerICMPv4) }

// decodeSample decodes the sample that is named so.
func decodeSample(name string) *Packet {
	s, p := findSample(name), &Packet{}
	p.Decode(s.link, s.data, len(s.data))
	return p
}

func TestICMPv4Header(t *testing.T) {
	for _, c := range []struct {
		name string
		h    ICMPv4Header
		wire string
	}{
		{"echo request", ICMPv4Header{Type: ICMPv4EchoRequest, Checksum: 0xabcd, ID: 0x1234, Seq: 0x5678}, "0800abcd 12345678"},
		{"echo reply", ICMPv4Header{Type: ICMPv4EchoReply, ID: 1, Seq: 2}, "00000000 00010002"},
		{"timestamp", ICMPv4Header{Type: ICMPv4Timestamp, ID: 1, Seq: 2}, "0d000000 00010002"},
		{"port unreachable", ICMPv4Header{Type: ICMPv4Unreachable, Code: ICMPv4PortUnreachable}, "03030000 00000000"},
		{"fragmentation needed", ICMPv4Header{Type: ICMPv4Unreachable, Code: ICMPv4FragNeeded, MTU: 1400, QuoteLen: 32}, "03040000 00200578"},
		{"time exceeded", ICMPv4Header{Type: ICMPv4TimeExceeded, Code: ICMPv4ReassemblyExceeded, QuoteLen: 33}, "0b010000 00210000"},
		{"parameter problem", ICMPv4Header{Type: ICMPv4ParameterProblem, Pointer: 20}, "0c000000 14000000"},
		{"redirect", ICMPv4Header{Type: ICMPv4Redirect, Code: 1, Gateway: netip.MustParseAddr("10.0.0.254")}, "05010000 0a0000fe"},
		{"unknown", ICMPv4Header{Type: 99, Code: 7}, "63070000 00000000"},
	} {
		wire := unhex(c.wire)
		if got := ICMPv4(wire).Header(); got != c.h {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.h)
		}
		checkAppend(t, c.name, &c.h, wire)
	}
	h := ICMPv4Header{Type: ICMPv4Redirect, Gateway: netip.MustParseAddr("::1")}
	if got := h.Append(nil); len(got) != ICMPv4HeaderLen {
		t.Errorf("a redirect to an address of the other family has %d bytes", len(got))
	}
}

// TestICMPv4Checksum: computed over a message in one piece and in several, and found again.
func TestICMPv4Checksum(t *testing.T) {
	h := ICMPv4Header{Type: ICMPv4EchoRequest, ID: 0x1234, Seq: 1}
	want := ICMPv4(findSample("icmpv4/echo-request").data[IPv4MinHeaderLen:])
	whole := ICMPv4(append(h.Append(nil), "hello"...))
	whole.FillChecksum()
	head := ICMPv4(h.Append(nil))
	head.FillChecksum([]byte("hell"), []byte("o"))
	if !bytes.Equal(whole, want) || head.Checksum() != want.Checksum() || !whole.ChecksumOK() {
		t.Errorf("checksums %#x, %#x, want %#x", whole.Checksum(), head.Checksum(), want.Checksum())
	}
	whole.SetType(ICMPv4EchoReply)
	if whole.ChecksumOK() || whole.Type() != ICMPv4EchoReply {
		t.Errorf("a changed message still has a right checksum: %x", whole)
	}
}

// TestICMPv4Quote: which bytes are the quote and which the extensions, with and without a length.
func TestICMPv4Quote(t *testing.T) {
	for _, c := range []struct {
		name       string
		quote, ext int
	}{
		{"icmpv4/port-unreachable", 36, 0},
		{"icmpv4/quote-nothing", 0, 0},
		{"icmpv4/extensions", 128, 52},
		{"icmpv4/extensions-pointer", 128, 16},
		{"icmpv4/extensions-without-length", 128, 16},
		{"icmpv4/redirect", 36, 0},
	} {
		m := ICMPv4(findSample(c.name).data[IPv4MinHeaderLen:])
		if len(m.Quote()) != c.quote || len(m.Extensions()) != c.ext {
			t.Errorf("%s: quote of %d bytes, extensions of %d, want %d and %d", c.name, len(m.Quote()), len(m.Extensions()), c.quote, c.ext)
		}
	}

	// Without a length and with a quoted packet that is longer than the old quotes were, only a right checksum
	// makes extensions of what stands there.
	m := ICMPv4(bytes.Clone(findSample("icmpv4/extensions").data[IPv4MinHeaderLen:]))
	m[icmpQuoteLen] = 0
	if len(m.Quote()) != 128 {
		t.Errorf("extensions with a right checksum are taken for quote")
	}
	m[len(m)-1]++
	if len(m.Extensions()) != 0 {
		t.Errorf("extensions with a wrong checksum are taken for such")
	}
}

// TestQuoted: what an error quotes is marked, the error itself is not; the quote ends where the extensions begin.
func TestQuoted(t *testing.T) {
	for _, name := range []string{"icmpv4/extensions", "icmpv6/extensions", "ndp/redirect-and-more", "icmpv4/fragmentation-needed"} {
		p := decodeSample(name)
		quoted, end := false, 0
		for i, l := range p.Layers() {
			if (l.Flags&Quoted != 0) != quoted {
				t.Errorf("%s: %v has flags %d", name, l.Type, l.Flags)
			}
			switch l.Type {
			case LayerICMPv4:
				m := ICMPv4(p.Bytes(&p.Layers()[i]))
				quoted, end = true, l.Payload+len(m.Quote())
			case LayerICMPv6:
				m := ICMPv6(p.Bytes(&p.Layers()[i]))
				quoted, end = true, l.Payload+len(m.Quote())
				if m.Type() == ICMPv6Redirect {
					end = l.Payload + len(NDPRedirect(m).Quote())
				}
			default:
				if quoted && l.End > end {
					t.Errorf("%s: %v ends at %d, the quote at %d", name, l.Type, l.End, end)
				}
			}
		}
		if !quoted {
			t.Errorf("%s quotes nothing", name)
		}
	}
	p := decodeSample("icmpv4/echo-request")
	if l := p.Layers()[2]; l.Type != LayerData || l.Flags != 0 {
		t.Errorf("data of an echo request is %v with flags %d", l.Type, l.Flags)
	}
}

// TestTCPExcerpt: eight bytes of a quoted TCP header are enough for ports and Seq; not quoted they are an error.
func TestTCPExcerpt(t *testing.T) {
	for _, name := range []string{"icmpv4/fragmentation-needed", "icmpv4/quote-12", "icmpv4/quote-options-cut", "icmpv6/unknown-code"} {
		p := decodeSample(name)
		i := len(p.Layers()) - 1
		l := &p.Layers()[i]
		if l.Type != LayerTCPExcerpt || l.Err != nil || l.Payload != l.End {
			t.Errorf("%s: the last layer is %+v", name, *l)
			continue
		}
		e := TCPExcerpt(p.Bytes(l))
		if e.SrcPort() != 1000 || e.DstPort() != 80 || e.Seq() != 77 || len(e.Rest()) != len(e)-8 {
			t.Errorf("%s: %d to %d, seq %d", name, e.SrcPort(), e.DstPort(), e.Seq())
		}
		want := "tcp.srcport=1000\ntcp.dstport=80\ntcp.seq=77\n"
		if got := record(p, i).summary(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: fields %q", name, got)
		}
	}
	s := findSample("icmpv4/quote-12")
	var p Packet
	p.Decode(LinkIPv4, s.data[IPv4MinHeaderLen+ICMPv4HeaderLen:], 0)
	if got := layerNames(p.Layers()); got != "ip tcp!" {
		t.Errorf("a TCP header of 12 bytes that nobody quotes: %s", got)
	}
}

// TestICMPv4Names: a type and a code say what they mean, and unknown ones their number.
func TestICMPv4Names(t *testing.T) {
	for _, c := range []struct {
		t          ICMPv4Type
		code       uint8
		name, what string
		isError    bool
	}{
		{ICMPv4EchoRequest, 0, "echo request", "", false},
		{ICMPv4Unreachable, ICMPv4PortUnreachable, "destination unreachable", "port unreachable", true},
		{ICMPv4Unreachable, 15, "destination unreachable", "precedence cutoff", true},
		{ICMPv4Unreachable, 16, "destination unreachable", "", true},
		{ICMPv4TimeExceeded, ICMPv4TTLExceeded, "time exceeded", "TTL exceeded in transit", true},
		{ICMPv4Redirect, 1, "redirect", "for host", true},
		{ICMPv4ParameterProblem, ICMPv4MissingOption, "parameter problem", "required option missing", true},
		{ICMPv4SourceQuench, 0, "source quench", "", true},
		{ICMPv4ExtendedEchoReply, 0, "extended echo reply", "", false},
		{ICMPv4ExtendedEchoReply, 2, "extended echo reply", "no such interface", false},
		{99, 255, "99", "", false},
	} {
		if c.t.String() != c.name || c.t.CodeName(c.code) != c.what || c.t.IsError() != c.isError {
			t.Errorf("%d, %d: %q, %q, %v", uint8(c.t), c.code, c.t, c.t.CodeName(c.code), c.t.IsError())
		}
	}
}

func TestICMPv4CheckWhole(t *testing.T) {
	for name, want := range map[string]error{
		"icmpv4/echo-empty": nil, "icmpv4/timestamp": nil, "icmpv4/timestamp-short": ErrTruncated, "icmpv4/mask": nil,
		"icmpv4/port-unreachable": nil, "icmpv4/fragmentation-needed": nil, "icmpv4/quote-4": ErrTruncated,
		"icmpv4/quote-nothing": ErrTruncated, "icmpv4/quote-half-header": ErrTruncated, "icmpv4/unknown-type": nil,
	} {
		if err := ICMPv4(findSample(name).data[IPv4MinHeaderLen:]).CheckWhole(); err != want {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

func TestICMPObjects(t *testing.T) {
	for _, c := range []struct {
		b   string
		err error
	}{
		{"", ErrTruncated}, {"000401", ErrTruncated}, {"00030101", ErrMalformed}, {"00080101 010203", ErrTruncated},
		{"00040101", nil}, {"00080101 01020304 00", nil},
	} {
		o, rest, err := NextICMPObject(unhex(c.b))
		if err != c.err || err == nil && (len(o)+len(rest) != len(unhex(c.b)) || o.Class() != ICMPObjectMPLS || o.Type() != 1) {
			t.Errorf("%q: %x, %x, %v", c.b, o, rest, err)
		}
	}
	for _, c := range []struct {
		b   string
		err error
		ok  bool
	}{
		{"200000", ErrTruncated, false}, {"10000000", ErrUnsupported, false}, {"20000000", nil, false},
		{"2000dfff", nil, true}, {"2000dffe", nil, false},
	} {
		e := ICMPExtensions(unhex(c.b))
		if err := e.Check(); err != c.err || err == nil && e.ChecksumOK() != c.ok {
			t.Errorf("%q: %v", c.b, err)
		}
	}
}
