package format

import (
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"

	"smoltcp/dissect"
)

// readForced reads testdata/line/types.txt: what tcpdump 4.99.3 prints for frames with -n -t -T. Each is a line with the type, -v or -,
// the length on the wire and the frame; the text; an empty line. It is made by
//
//	tcpdump -n -t [-v] -T TYPE -r FILE
func readForced(t *testing.T) (all []forced) {
	b, err := os.ReadFile("testdata/line/types.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range strings.Split(strings.TrimSuffix(string(b), "\n\n"), "\n\n") {
		head, text, _ := strings.Cut(entry, "\n")
		words := strings.Fields(head)
		if len(words) != 4 {
			t.Fatalf("%q", head)
		}
		data, err := hex.DecodeString(words[3])
		if err != nil {
			t.Fatal(err)
		}
		wire, err := strconv.Atoi(words[2])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, forced{words[0], len(words[1]) - 1, wire, data, text + "\n"})
	}
	return all
}

type forced struct {
	kind    string
	verbose int
	wire    int
	data    []byte
	want    string
}

func (c *forced) print() string {
	// TCP's numbers are those of a first packet in the recording only for the first.
	p := NewLine(Options{Time: TimeNone, Verbose: c.verbose, PacketType: c.kind})
	return string(p.Append(nil, ethernet(c.data, c.wire)))
}

func TestLinePacketTypes(t *testing.T) {
	seen := make(map[string]bool)
	for _, c := range readForced(t) {
		seen[c.kind] = true
		if strings.Contains(c.want, "Flags [") {
			continue // see TestLinePacketTypesTCP
		}
		if got := c.print(); got != c.want {
			t.Errorf("-T %s, verbose %d, %x:\n     %q\nwant %q", c.kind, c.verbose, c.data, got, c.want)
		}
	}
	for _, name := range PacketTypes() {
		if !seen[name] {
			t.Errorf("no frames of type %s", name)
		}
	}
}

// TestLinePacketTypesTCP compares what follows the length of a segment: the numbers before it are counted from packets that are not here.
func TestLinePacketTypesTCP(t *testing.T) {
	payload := func(s string) string { return s[max(strings.LastIndex(s, ", length"), 0):] }
	n := 0
	for _, c := range readForced(t) {
		if !strings.Contains(c.want, "Flags [") {
			continue
		}
		n++
		if got := c.print(); payload(got) != payload(c.want) {
			t.Errorf("-T %s, %x:\n     %q\nwant %q", c.kind, c.data, got, c.want)
		}
	}
	if n == 0 {
		t.Error("no segments")
	}
}

// TestForcedPrefixes prints each prefix of each frame.
func TestForcedPrefixes(t *testing.T) {
	for _, c := range readForced(t) {
		for n := range c.data {
			c := forced{c.kind, c.verbose, c.wire, c.data[:n], ""}
			if s := c.print(); !strings.HasSuffix(s, "\n") {
				t.Fatalf("%x: %q", c.data, s)
			}
		}
	}
}

func FuzzForced(f *testing.F) {
	for i, h := range []string{"80000001000000640000000c", "81c8000c000000010000000100000001", "2101640700010000"} {
		data, _ := hex.DecodeString(h)
		f.Add(uint8(i), data)
	}
	names := []string{"rtp", "rtcp", "vat", "carp"}
	f.Fuzz(func(t *testing.T, kind uint8, payload []byte) {
		name := names[int(kind)%len(names)]
		proto := "11"
		if name == "carp" {
			proto = "70"
		}
		data := frame(hexEthIPv4, "4500ffff 00010000 40"+proto+"0000 0a000001 0a000002", "1f401f410fff0000")
		data = append(data, payload...)
		for v := range 2 {
			p := NewLine(Options{Verbose: v, PacketType: name})
			if s := p.Append(nil, ethernet(data, len(data))); len(s) == 0 || s[len(s)-1] != '\n' {
				t.Fatalf("%q", s)
			}
		}
	})
}

func TestForcePacketType(t *testing.T) {
	for _, c := range []struct {
		name     string
		udp, tcp dissect.LayerType
	}{
		{"", dissect.LayerNone, dissect.LayerNone},
		{"domain", dissect.LayerDNS, dissect.LayerDNSTCP},
		{"resp", dissect.LayerData, dissect.LayerRESP},
		{"carp", dissect.LayerData, dissect.LayerData},
	} {
		p := dissect.Packet{UDPAs: dissect.LayerSNMP, TCPAs: dissect.LayerHTTP}
		ForcePacketType(&p, c.name)
		if p.UDPAs != c.udp || p.TCPAs != c.tcp {
			t.Errorf("%q: %v and %v", c.name, p.UDPAs, p.TCPAs)
		}
	}
}
