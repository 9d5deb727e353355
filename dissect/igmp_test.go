package dissect

import "testing"

func init() {
	addSample("igmp/v3-report", LinkIPv4, "ip igmp", `
		45000050 00010000 0102cfa5 0a000001 e0000005 2200e9dc 00000002 01000002
		e0010203 0a000000 0a000001 04000000 e0010203 03000005 e0010203 0a000000
		0a000001 0a000002 0a000003 0a000004
	`)

	addSample("igmp/v3-query-sources", LinkIPv4, "ip igmp", `
		4500002c 00010000 0102cfc9 0a000001 e0000005 110ae4e5 e0010203 0a050003
		0a000000 0a000001 0a000002
	`)

	addSample("igmp/v3-query", LinkIPv4, "ip igmp", `
		45000020 00010000 0102cfd5 0a000001 e0000005 110a02ec e0010203 0a050000
	`)

	addSample("igmp/v1-query", LinkIPv4, "ip igmp", `
		4500001c 00010000 0102cfd9 0a000001 e0000005 11000cfb e0010203
	`)

	addSample("igmp/v2-query", LinkIPv4, "ip igmp", `
		4500001c 00010000 0102cfd9 0a000001 e0000005 11070cf4 e0010203
	`)

	addSample("igmp/v1-report", LinkIPv4, "ip igmp", `
		4500001c 00010000 0102cfd9 0a000001 e0000005 12070bf4 e0010203
	`)

	addSample("igmp/v2-report", LinkIPv4, "ip igmp", `
		4500001c 00010000 0102cfd9 0a000001 e0000005 160707f4 e0010203
	`)

	addSample("igmp/leave", LinkIPv4, "ip igmp", `
		4500001c 00010000 0102cfd9 0a000001 e0000005 170706f4 e0010203
	`)

	addSample("igmp/traceroute-response", LinkIPv4, "ip igmp", `
		4500003f 00010000 0102cfb6 0a000001 e0000005 1e015081 01020304 05060708
		090a0b0c 0d0e0f10 11121314 15161718 191a1b1c 1d1e1f20 21222324 252627
	`)

	addSample("igmp/traceroute", LinkIPv4, "ip igmp", `
		4500003f 00010000 0102cfb6 0a000001 e0000005 1f014f81 01020304 05060708
		090a0b0c 0d0e0f10 11121314 15161718 191a1b1c 1d1e1f20 21222324 252627
	`)

	addSample("igmp/bad-checksum", LinkIPv4, "ip igmp", `
		4500001c 00010000 0102cfd9 0a000001 e0000005 16070000 e0010203
	`)

	addSample("igmp/v3-report-short", LinkIPv4, "ip igmp", `
		45000027 00010000 0102cfce 0a000001 e0000005 2200f3ed 00000002 04000009
		e0010203 010203
	`)

	addSample("igmp/v3-report-aux", LinkIPv4, "ip igmp", `
		4500002d 00010000 0102cfc8 0a000001 e0000005 2200e0f0 00000001 04010001
		e0010203 0a000001 01020304 09
	`)

	addSample("igmp/dvmrp", LinkIPv4, "ip igmp", `
		45000028 00010000 0102cfcd 0a000001 e0000005 1301c9d0 0000ff03 01020304
		05060708 090a0b0c
	`)

	addSample("igmp/too-short", LinkIPv4, "ip igmp!", `
		45000019 00010000 0102cfdc 0a000001 e0000005 11000000 00
	`)
}

func FuzzIGMP(f *testing.F) { fuzzView(f, LayerIGMP) }
