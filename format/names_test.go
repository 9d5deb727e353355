package format

import (
	"net/netip"
	"strings"
	"testing"

	"smoltcp/dissect"
)

// testNames are a few names, one of them hostile.
type testNames struct{}

func (testNames) Host(a netip.Addr) string {
	switch a.String() {
	case "192.168.69.100":
		return "alice.example"
	case "192.168.69.1":
		return "bob\x1b[31m > x"
	}
	return ""
}

func (testNames) Port(proto dissect.IPProto, port uint16) string {
	if proto == dissect.ProtoTCP && port == 6969 {
		return "acmsoda"
	}
	return ""
}

func (testNames) MAC(m dissect.MAC) string {
	if m[5] == 0xbd {
		return "alicemac"
	}
	return ""
}

func TestLineNames(t *testing.T) {
	p := NewLine(Options{Time: TimeNone, Names: testNames{}, LinkHeader: true})
	got := string(p.Append(nil, ethernet(frameSYN, len(frameSYN))))
	const want = `alicemac > 02:00:00:00:00:01 (oui Unknown), ethertype IPv4 (0x0800), length 74: alice.example.35692 > bob\x1b[31m > x.acmsoda: Flags [S]`
	if !strings.HasPrefix(got, want) {
		t.Errorf("     %s\nwant %s", got, want)
	}
}

func TestLineNameNumbers(t *testing.T) {
	p := NewLine(Options{Names: testNames{}})
	for _, c := range []struct {
		mac  dissect.MAC
		want string
	}{
		{dissect.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "Broadcast"},
		{dissect.MAC{0, 0, 0x0c, 1, 2, 3}, "00:00:0c:01:02:03 (oui Cisco)"},
		{dissect.MAC{0xd0, 0xf0, 0xdb, 1, 2, 3}, "d0:f0:db:01:02:03 (oui Ericsson)"},
	} {
		if got := string(p.hardware(nil, c.mac[:])); got != c.want {
			t.Errorf("%v: %q, want %q", c.mac, got, c.want)
		}
	}
	for proto, want := range map[dissect.IPProto]string{115: "l2tp", 0: "hopopt", 253: "exptest-253", 114: "ip-proto-114"} {
		if got := string(p.ipProto(nil, proto)); got != want {
			t.Errorf("%d: %q, want %q", proto, got, want)
		}
	}
}

// TestObjectNames names identifiers as tcpdump 4.99.3 does.
func TestObjectNames(t *testing.T) {
	for _, c := range []struct{ oid, want string }{
		{"2b06010201010100", "system.sysDescr.0"},
		{"2b060102010202010a03", "interfaces.ifTable.ifEntry.ifInOctets.3"},
		{"2b06010201", ""},
		{"2b060102016301", "99.1"},
		{"2b06010401", "E:"},
		{"2b0601040109", "E:cisco"},
		{"2b06010401090102", "E:cisco.1.2"},
		{"2b06010603010104 0100", "S:1.1.4.1.0"},
		{"2b060103", "X:"},
		{"2b0601", ".iso.org.dod.internet"},
		{"28", ".iso.0"},
		{"2b", ".iso.org"},
		{"550403", ".2.5.4.3"},
		{"2a864886f70d", ".iso.2.840.113549"},
		{"00", ".0.0"},
		{"", ""},
		{"ffffff", ""},
	} {
		if got := string(appendOIDNames(nil, frame(c.oid))); got != c.want {
			t.Errorf("%s: %q, want %q", c.oid, got, c.want)
		}
	}
}

func TestTreeNames(t *testing.T) {
	p := NewTree(Options{Time: TimeNone, Names: testNames{}})
	got := string(p.Append(nil, ethernet(frameSYN, len(frameSYN))))
	for _, want := range []string{"src=aa-64-47-35-a4-bd(alicemac) dst=02-00-00-00-00-01 ", `src=192.168.69.100(alice.example) dst=192.168.69.1(bob\x1b[31m > x) `, "src=35692 dst=6969(acmsoda) syn"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestNamesAllocations(t *testing.T) {
	f := ethernet(frameSYN, len(frameSYN))
	for _, p := range []Printer{
		NewLine(Options{Names: testNoNames{}, LinkHeader: true, Verbose: 1}), NewTree(Options{Names: testNoNames{}, Verbose: 1}),
	} {
		b := p.Append(nil, f)
		if n := testing.AllocsPerRun(100, func() { b = p.Append(b[:0], f) }); n != 0 {
			t.Errorf("%T: %v allocations", p, n)
		}
	}
}

type testNoNames struct{}

func (testNoNames) Host(netip.Addr) string              { return "host" }
func (testNoNames) Port(dissect.IPProto, uint16) string { return "port" }
func (testNoNames) MAC(dissect.MAC) string              { return "" }
