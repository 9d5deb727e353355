package format

import (
	"strings"
	"testing"

	"smoltcp/dissect"
)

// TestLineOrigin covers packets of a capture on several interfaces, whose names may be anything.
func TestLineOrigin(t *testing.T) {
	arp := frame("ffffffffffff 020000000064 0806 0001 0800 06 04 0001 020000000064 c0a84564 000000000000 c0a84501")
	cooked := append(frame("0806 0000 00000007 0001 00 06 020000000001 0000"), arp[14:]...)
	for _, tt := range []struct {
		link              dissect.LinkType
		data              []byte
		iface, dir, begin string
	}{
		{dissect.LinkEthernet, arp, "lo", "In", "lo    In  ARP, Request "},
		{dissect.LinkEthernet, arp, "eth0", "Out", "eth0  Out ARP, Request "},
		{dissect.LinkEthernet, arp, "enp0s31f6", "Out", "enp0s31f6 Out ARP, Request "},
		{dissect.LinkEthernet, arp, "wg\x1b7", "", `wg\x1b7      ARP, Request `},
		{dissect.LinkEthernet, arp, "", "In", "ARP, Request "}, // of one interface nothing is said
		{dissect.LinkSLL2, cooked, "eth0", "In", "?     In  ARP, Request "},
	} {
		var p dissect.Packet
		p.Decode(tt.link, tt.data, len(tt.data))
		got := string(NewLine(Options{Time: TimeNone}).Append(nil, &Frame{Packet: &p, Interface: tt.iface, Direction: tt.dir}))
		if !strings.HasPrefix(got, tt.begin) {
			t.Errorf("%q, want %q", got, tt.begin)
		}
	}
}
