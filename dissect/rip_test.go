package dissect

import (
	"bytes"
	"net/netip"
	"testing"
)

func init() {
	rip := UDPHeader{SrcPort: 520, DstPort: 520}
	entry := "0002 0007 0a010000 ffff0000 0a000001 00000001"
	for _, s := range []struct{ name, text string }{
		{"rip/version-2", "02 02 0000" + entry + entry},
		{"rip/version-1", "02 01 0000 0002 0000 0a010000 00000000 00000000 00000003"},
		{"rip/request", "01 02 0000 0000 0000 00000000 00000000 00000000 00000010"},
		{"rip/password", "02 02 0000 ffff 0002 73656372657400000000000000000000" + entry},
		{"rip/digest", "02 02 0000 ffff 0003 002c 01 10 0000004d 00000000 00000000" + entry + "ffff 0001 000102030405060708090a0b0c0d0e0f"},
		{"rip/odd-length", "02 02 0000" + entry + "0002 00"},
	} {
		addUDPSample(s.name, "eth ip udp rip", rip, unhex(s.text))
	}
	addUDPSample("rip/truncated", "eth ip udp rip!", rip, unhex("0202"))
}

func TestRIPEntries(t *testing.T) {
	b := findSample("rip/version-2").data[42:]
	e := RIPEntry{
		Family: RIPFamilyIP, Tag: 7, IP: netip.MustParseAddr("10.1.0.0"), Mask: netip.MustParseAddr("255.255.0.0"),
		NextHop: netip.MustParseAddr("10.0.0.1"), Metric: 1,
	}
	r := RIP(b)
	if r.Len() != 2 || r.Entry(0) != e || r.Entry(1) != e || r.Header() != (RIPHeader{RIPResponse, 2}) {
		t.Errorf("%d entries, %+v, %+v", r.Len(), r.Entry(0), r.Header())
	}
	got := e.Append(e.Append(r.Header().Append(bytes.Repeat([]byte{0xa5}, 64)[:0])))
	if !bytes.Equal(got, b) {
		t.Errorf("%x, want %x", got, b)
	}
	if got := RIP(findSample("rip/odd-length").data[42:]).CheckWhole(); got != ErrMalformed {
		t.Errorf("an odd length: %v", got)
	}
}

func FuzzRIP(f *testing.F) { fuzzView(f, LayerRIP) }
