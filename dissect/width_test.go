package dissect

import (
	"net/netip"
	"testing"
)

// TestWideValues: a value that is wider than its field disturbs no other one. What a program sets is checked before that.
func TestWideValues(t *testing.T) {
	a, b := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	four := IPv4Header{DSCP: 0xc0, ECN: 0xfc, TotalLen: 20, FragmentOffset: 1 << 17, TTL: 64, Protocol: ProtoUDP, Src: a, Dst: b}
	ip := IPv4(four.Append(nil))
	four.DSCP, four.ECN, four.FragmentOffset = 0, 0, 0
	if got := ip.Header(); got != four || ip.Reserved() || ip.Version() != 4 || !ip.ChecksumOK() {
		t.Errorf("IPv4: %+v", got)
	}
	c, d := netip.MustParseAddr("fdaa::1"), netip.MustParseAddr("fdaa::2")
	six := IPv6Header{DSCP: 0xc0, ECN: 0xfc, FlowLabel: 0xfff00000, NextHeader: ProtoUDP, HopLimit: 64, Src: c, Dst: d}
	ip6 := IPv6(six.Append(nil))
	six.DSCP, six.ECN, six.FlowLabel = 0, 0, 0
	if got := ip6.Header(); got != six || ip6.Check() != nil {
		t.Errorf("IPv6: %+v", got)
	}
	f := IPv6FragmentHeader{NextHeader: ProtoUDP, Offset: 1<<16 + 7, ID: 1}
	if got := IPv6Fragment(f.Append(nil)).Header(); got != (IPv6FragmentHeader{NextHeader: ProtoUDP, ID: 1}) {
		t.Errorf("fragment: %+v", got)
	}
	v := VLANHeader{Priority: 8, ID: 0x1000, Type: EtherTypeIPv4}
	if got := VLAN(v.Append(nil)).Header(); got != (VLANHeader{Type: EtherTypeIPv4}) {
		t.Errorf("VLAN: %+v", got)
	}
	s := TCPHeader{SrcPort: 1, DstPort: 2, Flags: 0xf000}
	if got := TCP(s.Append(nil)); got.HeaderLen() != TCPMinHeaderLen || got.Flags() != 0 {
		t.Errorf("TCP: % x", []byte(got))
	}
}
