package dissect

import (
	"encoding/binary"
	"testing"
)

func init() {
	addSample("mld/v1-query", LinkIPv6, "ipv6 ipv6.hopopts icmpv6", `
		60000000 00200001 fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000016
		3a000502 00000100 # Hop-by-Hop: Router Alert, PadN
		82007d1e 03e80000 ff020000 00000000 00000000 00000009 # query
	`)

	addSample("mld/v1-report", LinkIPv6, "ipv6 ipv6.hopopts icmpv6", `
		60000000 00200001 fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000016
		3a000502 00000100 # Hop-by-Hop: Router Alert, PadN
		83008006 00000000 ff020000 00000000 00000000 00000009 # report
	`)

	addSample("mld/v1-done", LinkIPv6, "ipv6 ipv6.hopopts icmpv6", `
		60000000 00240001 fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000016
		3a000502 00000100 # Hop-by-Hop: Router Alert, PadN
		84009f2d 00000000 ff020000 00000000 00000000 00000009 6d6f7265 # done, and four bytes
	`)

	addSample("mld/v2-query", LinkIPv6, "ipv6 ipv6.hopopts icmpv6", `
		60000000 00440001 fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000016
		3a000502 00000100 # Hop-by-Hop: Router Alert, PadN
		82007572 03e80000 ff020000 00000000 00000000 00000009 0a7d0002 # query of version 2
		fe800000 00000000 00000000 00000003 fe800000 00000000 00000000 00000004 # sources
	`)

	addSample("mld/v2-query-codes", LinkIPv6, "ipv6 ipv6.hopopts icmpv6", `
		60000000 00240001 fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000016
		3a000502 00000100 # Hop-by-Hop: Router Alert, PadN
		8200e57a 90010000 00000000 00000000 00000000 00000000 0a920000 # query of version 2, times as codes
	`)

	addSample("mld/v2-query-short", LinkIPv6, "ipv6 ipv6.hopopts icmpv6", `
		60000000 00390001 fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000016
		3a000502 00000100 # Hop-by-Hop: Router Alert, PadN
		82003526 03e80000 ff020000 00000000 00000000 00000009 f27d0002 # query of version 2
		fe800000 00000000 00000000 00000003 73686f72 74 # sources, cut short
	`)

	addSample("mld/v2-report", LinkIPv6, "ipv6 ipv6.hopopts icmpv6", `
		60000000 005c0001 fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000016
		3a000502 00000100 # Hop-by-Hop: Router Alert, PadN
		8f00d913 00000002 # report
		04000000 ff020000 00000000 00000000 00000009 # to-exclude
		01010002 ff020000 00000000 00000000 00000009 fe800000 00000000 00000000 # is-include
		00000004 fe800000 00000000 00000000 00000006 41555844
	`)

	addSample("mld/v2-report-short", LinkIPv6, "ipv6 ipv6.hopopts icmpv6", `
		60000000 00480001 fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000016
		3a000502 00000100 # Hop-by-Hop: Router Alert, PadN
		8f006c49 00000002 # report of two records
		09000000 ff020000 00000000 00000000 00000009 # of type 9
		01000002 ff020000 00000000 00000000 00000009 fe800000 00000000 00000000 # a source is missing
		00000004
	`)

	addSample("mld/report-short", LinkIPv6, "ipv6 ipv6.hopopts icmpv6", `
		60000000 000e0001 fe800000 00000000 00000000 00000001 ff020000 00000000 # IPv6
		00000000 00000016
		3a000502 00000100 # Hop-by-Hop: Router Alert, PadN
		8f007324 0000 # report, cut short
	`)
}

// mldMessage gives the message of a sample, behind IPv6 and Hop-by-Hop headers.
func mldMessage(name string) []byte { return findSample(name).data[IPv6HeaderLen+8:] }

func TestMLDQuery(t *testing.T) {
	v1 := MLD(mldMessage("mld/v1-query"))
	if v1.MaxDelay() != 1000 || v1.Group().String() != "ff02::9" {
		t.Errorf("version 1: delay %d, group %v", v1.MaxDelay(), v1.Group())
	}
	v2 := MLDv2Query(mldMessage("mld/v2-query"))
	if v2.MaxDelay() != 1000 || v2.Group().String() != "ff02::9" || !v2.SuppressRouter() || v2.Robustness() != 2 ||
		v2.QueryInterval() != 125 || v2.NumSources() != 2 || v2.Source(0).String() != "fe80::3" || v2.Source(1).String() != "fe80::4" {
		t.Errorf("version 2: %x", []byte(v2))
	}
	if short := MLDv2Query(mldMessage("mld/v2-query-short")); short.NumSources() != 1 {
		t.Errorf("%d sources of two, of which one is there", short.NumSources())
	}
}

// TestMLDCodes: the floating-point forms of RFC 3810 sections 5.1.3 and 5.1.9, at their edges.
func TestMLDCodes(t *testing.T) {
	m := MLDv2Query(make([]byte, MLDv2QueryLen))
	for code, want := range map[uint16]int{0: 0, 1: 1, 0x7fff: 32767, 0x8000: 32768, 0x8001: 32776, 0x9000: 65536, 0xffff: 8387584} {
		binary.BigEndian.PutUint16(m[mldDelay:], code)
		if got := m.MaxDelay(); got != want {
			t.Errorf("code %#x is %d ms, want %d", code, got, want)
		}
	}
	for code, want := range map[uint8]int{0: 0, 127: 127, 0x80: 128, 0x81: 136, 0x90: 256, 0xff: 31744} {
		m[mldInterval] = code
		if got := m.QueryInterval(); got != want {
			t.Errorf("code %#x is %d s, want %d", code, got, want)
		}
	}
}

func TestMLDv2Report(t *testing.T) {
	m := MLDv2Report(mldMessage("mld/v2-report"))
	if m.NumRecords() != 2 {
		t.Fatalf("%d records", m.NumRecords())
	}
	first, rest, err := NextMLDRecord(m.Records())
	if err != nil || first.Type() != MLDToExclude || first.Type().String() != "to-exclude" || first.NumSources() != 0 ||
		first.Group().String() != "ff02::9" || len(first.AuxData()) != 0 {
		t.Errorf("first record %x, %v", []byte(first), err)
	}
	second, rest, err := NextMLDRecord(rest)
	if err != nil || second.Type() != MLDIsInclude || second.NumSources() != 2 || second.Source(0).String() != "fe80::4" ||
		second.Source(1).String() != "fe80::6" || string(second.AuxData()) != "AUXD" || len(rest) != 0 {
		t.Errorf("second record %x, %v", []byte(second), err)
	}
	for n := range second {
		if _, _, err := NextMLDRecord(second[:n]); err != ErrTruncated {
			t.Errorf("%d bytes of %d: %v", n, len(second), err)
		}
	}
	if MLDRecordType(0).String() != "0" || MLDRecordType(7).String() != "7" || MLDBlock.String() != "block" {
		t.Error("names of record types are out of place")
	}
}
