package format

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// recordLines makes TestLineRecorded write what tcpdump prints before it compares. The recordings are never edited.
var recordLines = flag.Bool("record", false, "record testdata/line with the tcpdump that is installed")

// lineReference is the version whose output is recorded.
const lineReference = "4.99.3"

// lineLinks are the files of frames in testdata/line, a capture for each link type.
var lineLinks = []struct {
	name string
	link dissect.LinkType
}{
	{"ether", dissect.LinkEthernet},
	{"dns", dissect.LinkEthernet},
	{"dhcp", dissect.LinkEthernet},
	{"ntp", dissect.LinkEthernet},
	{"udp", dissect.LinkEthernet},
	{"snmp", dissect.LinkEthernet},
	{"radius", dissect.LinkEthernet},
	{"text", dissect.LinkEthernet},
	{"igmp", dissect.LinkEthernet},
	{"vrrp", dissect.LinkEthernet},
	{"ospf", dissect.LinkEthernet},
	{"pim", dissect.LinkEthernet},
	{"tunnel", dissect.LinkEthernet},
	{"discovery", dissect.LinkEthernet},
	{"sctp", dissect.LinkEthernet},
	{"routing", dissect.LinkEthernet},
	{"switching", dissect.LinkEthernet},
	{"overlay", dissect.LinkEthernet},
	{"bgp", dissect.LinkEthernet},
	{"dhcp6", dissect.LinkEthernet},
	{"rpl", dissect.LinkEthernet},
	{"ripng", dissect.LinkEthernet},
	{"hsrp", dissect.LinkEthernet},
	{"bfd", dissect.LinkEthernet},
	{"mobility", dissect.LinkEthernet},
	{"isakmp", dissect.LinkEthernet},
	{"ptp", dissect.LinkEthernet},
	{"sflow", dissect.LinkEthernet},
	{"l2tp", dissect.LinkEthernet},
	{"ldp", dissect.LinkEthernet},
	{"babel", dissect.LinkEthernet},
	{"ports", dissect.LinkEthernet},
	{"ppp", dissect.LinkPPP},
	{"sll", dissect.LinkSLL},
	{"sll2", dissect.LinkSLL2},
	{"null", dissect.LinkNull},
	{"wlan", dissect.LinkWLAN},
	{"radiotap", dissect.LinkWLANRadio},
	{"avs", dissect.LinkWLANAVS},
	{"prism", dissect.LinkWLANPrism},
	{"chdlc", dissect.LinkCHDLC},
	{"frelay", dissect.LinkFrameRelay},
	{"mfr", dissect.LinkMFR},
	{"pppserial", dissect.LinkPPPSerial},
	{"pppether", dissect.LinkPPPEther},
	{"pppd", dissect.LinkPPPPPPD},
	{"slip", dissect.LinkSLIP},
	{"arcnet", dissect.LinkARCNET},
	{"arcnetlinux", dissect.LinkARCNETLinux},
	{"nflog", dissect.LinkNFLOG},
	{"ipnet", dissect.LinkIPNET},
	{"ipoib", dissect.LinkIPoIB},
	{"pktap", dissect.LinkPKTAP},
	{"atm", dissect.LinkATM},
	{"cip", dissect.LinkCLIP},
	{"sunatm", dissect.LinkSunATM},
	{"vsock", dissect.LinkVSOCK},
	{"brcm", dissect.LinkBRCM},
	{"brcmprepend", dissect.LinkBRCMPrepend},
	{"dsa", dissect.LinkDSA},
	{"edsa", dissect.LinkEDSA},
	{"raw", dissect.LinkRaw},
}

// lineOptions are the flags of tcpdump with which each capture is printed.
var lineOptions = []struct {
	flags string
	set   Options
}{
	{"", Options{}},
	{"-v", Options{Verbose: 1}},
	{"-vv", Options{Verbose: 2}},
	{"-e", Options{LinkHeader: true}},
	{"-q", Options{Quiet: true}},
	{"-S", Options{AbsoluteSeq: true}},
	{"-K -v", Options{NoChecksum: true, Verbose: 1}},
	{"-q -e", Options{Quiet: true, LinkHeader: true}},
	{"-x", Options{Hex: HexPacket}},
	{"-vvv -e -XX", Options{Verbose: 3, LinkHeader: true, Hex: HexASCIIFrame}},
	{"-A", Options{Hex: ASCIIPacket}},
}

// lineFrame is a frame of a test, as if captured.
type lineFrame struct {
	about string
	wire  int
	data  []byte
}

func readLineFrames(t testing.TB, name string) []lineFrame {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "line", name+".frames"))
	if err != nil {
		t.Fatal(err)
	}
	var frames []lineFrame
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		f := strings.Fields(s.Text())
		if len(f) != 3 || f[0] == "#" {
			continue
		}
		wire, err1 := strconv.Atoi(f[1])
		data, err2 := hex.DecodeString(f[2])
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %q: not a frame", name, s.Text())
		}
		frames = append(frames, lineFrame{f[0], wire, data})
	}
	if len(frames) == 0 {
		t.Fatalf("%s: no frames", name)
	}
	return frames
}

// printLines prints frames as one capture, and gives the text of each.
func printLines(p *Line, link dissect.LinkType, frames []lineFrame) []string {
	var packet dissect.Packet
	var out []string
	for i, f := range frames {
		packet.Decode(link, f.data, f.wire)
		out = append(out, string(p.Append(nil, &Frame{Num: i + 1, Time: noon, Packet: &packet})))
	}
	return out
}

// withNumbers are the options that make the printed frames of a test recognizable.
func withNumbers(o Options) Options {
	o.Number, o.Time, o.Location = true, TimeNone, time.UTC
	return o
}

// splitLines splits printed text into the parts that -# numbered.
func splitLines(text string) []string {
	var parts []string
	for _, l := range strings.SplitAfter(text, "\n") {
		if n := len(parts) + 1; strings.HasPrefix(l, fmt.Sprintf("%5d  ", n)) {
			parts = append(parts, l)
		} else if len(parts) > 0 {
			parts[len(parts)-1] += l
		}
	}
	return parts
}

// compareLines reports frames that print differently from what tcpdump printed.
func compareLines(t *testing.T, frames []lineFrame, got, want []string) {
	t.Helper()
	if len(want) != len(frames) {
		t.Fatalf("tcpdump printed %d of %d frames", len(want), len(frames))
	}
	bad := 0
	for i := range frames {
		if got[i] == want[i] {
			continue
		}
		if bad++; bad <= 3 {
			t.Errorf("frame %d (%s, %d bytes of %d) %x\n got %q\nwant %q", i+1, frames[i].about, len(frames[i].data), frames[i].wire,
				frames[i].data, got[i], want[i])
		}
	}
	if bad > 3 {
		t.Errorf("%d frames differ", bad)
	}
}

// recordingName is the file of one recording.
func recordingName(link, flags string) string {
	return filepath.Join("testdata", "line", link+strings.ReplaceAll(flags, " ", "")+".txt")
}

// TestLineRecorded compares every frame and every set of options with what tcpdump printed.
func TestLineRecorded(t *testing.T) {
	for _, l := range lineLinks {
		frames := readLineFrames(t, l.name)
		for _, o := range lineOptions {
			t.Run(l.name+o.flags, func(t *testing.T) {
				name := recordingName(l.name, o.flags)
				if *recordLines {
					text := "# tcpdump " + tcpdumpVersion(t) + ": tcpdump -n -t -# " + o.flags + "\n" + runTcpdump(t, l.link, frames, o.flags)
					if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				compareLines(t, frames, printLines(NewLine(withNumbers(o.set)), l.link, frames), splitLines(string(text)))
			})
		}
	}
}

// TestLineTcpdump does the same with the tcpdump that is installed, on every third frame: the connections that are
// remembered are others then.
func TestLineTcpdump(t *testing.T) {
	if v := tcpdumpVersion(t); v != lineReference {
		t.Skipf("tcpdump is %s, not %s", v, lineReference)
	}
	for _, l := range lineLinks {
		all := readLineFrames(t, l.name)
		var frames []lineFrame
		for i := range all {
			if i%3 == 0 {
				frames = append(frames, all[i])
			}
		}
		for _, o := range lineOptions {
			want := splitLines(runTcpdump(t, l.link, frames, o.flags))
			compareLines(t, frames, printLines(NewLine(withNumbers(o.set)), l.link, frames), want)
		}
	}
}

// tcpdumpVersion gives the version of the installed tcpdump and skips the test if there is none.
func tcpdumpVersion(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("tcpdump", "--version").CombinedOutput()
	if err != nil {
		t.Skip("tcpdump is not installed: ", err)
	}
	f := strings.Fields(string(out))
	if len(f) < 3 {
		t.Fatalf("tcpdump --version printed %q", out)
	}
	return f[2]
}

// runTcpdump prints frames with tcpdump.
func runTcpdump(t *testing.T, link dissect.LinkType, frames []lineFrame, flags string) string {
	t.Helper()
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = binary.LittleEndian.AppendUint32(b, 2|4<<16)
	b = append(b, make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, maxSnaplen)
	b = binary.LittleEndian.AppendUint32(b, uint32(link))
	for _, f := range frames {
		b = binary.LittleEndian.AppendUint32(b, uint32(noon/second))
		b = binary.LittleEndian.AppendUint32(b, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f.data)))
		b = binary.LittleEndian.AppendUint32(b, uint32(f.wire))
		b = append(b, f.data...)
	}
	file := filepath.Join(t.TempDir(), "frames.pcap")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("tcpdump", append(append([]string{"-n", "-t", "-#"}, strings.Fields(flags)...), "-r", file)...)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tcpdump %s: %v: %s", flags, err, stderr.String())
	}
	return string(out)
}

// checkPrintable reports bytes that could do more on a terminal than be seen.
func checkPrintable(t *testing.T, text []byte) {
	t.Helper()
	for i, c := range text {
		if c != '\n' && c != '\t' && (c < ' ' || c >= 0x7f) {
			t.Fatalf("byte %#x at %d of %q", c, i, text)
		}
	}
	if len(text) == 0 || text[len(text)-1] != '\n' {
		t.Fatalf("no newline behind %q", text)
	}
}

// TestLinePrefixes prints every prefix of every frame.
func TestLinePrefixes(t *testing.T) {
	var packet dissect.Packet
	var b []byte
	for _, l := range lineLinks {
		p := NewLine(Options{Verbose: 3, LinkHeader: true, Location: time.UTC})
		for _, f := range readLineFrames(t, l.name) {
			for n := range f.data {
				packet.Decode(l.link, f.data[:n:n], f.wire)
				b = p.Append(b[:0], &Frame{Time: noon, Packet: &packet})
				checkPrintable(t, b)
			}
		}
	}
}

// TestLineAllocs prints frames of connections that are known already.
func TestLineAllocs(t *testing.T) {
	for _, o := range lineOptions {
		p := NewLine(o.set)
		var packet dissect.Packet
		f := Frame{Time: noon, Packet: &packet}
		var b []byte
		for _, l := range lineLinks {
			for _, s := range readLineFrames(t, l.name) {
				if n := testing.AllocsPerRun(2, func() {
					packet.Decode(l.link, s.data, s.wire)
					b = p.Append(b[:0], &f)
				}); n != 0 {
					t.Fatalf("%s %s: %v allocations for %x", l.name, o.flags, n, s.data)
				}
			}
		}
	}
}

// TestLineTheme checks that colours change nothing else.
func TestLineTheme(t *testing.T) {
	theme := &Theme{Off: "\x01"}
	for i := range theme.On {
		theme.On[i] = "\x02"
	}
	strip := strings.NewReplacer("\x01", "", "\x02", "")
	for _, l := range lineLinks {
		frames := readLineFrames(t, l.name)
		plain := withNumbers(Options{Verbose: 2, LinkHeader: true})
		coloured := plain
		coloured.Theme = theme
		want := printLines(NewLine(plain), l.link, frames)
		painted := 0
		for i, s := range printLines(NewLine(coloured), l.link, frames) {
			if strip.Replace(s) != want[i] {
				t.Errorf("%s frame %d: %q without colours is not %q", l.name, i+1, s, want[i])
			}
			if strings.Count(s, "\x01") != strings.Count(s, "\x02") {
				t.Errorf("%s frame %d: a colour is left on in %q", l.name, i+1, s)
			}
			painted += strings.Count(s, "\x02")
		}
		if painted == 0 {
			t.Errorf("%s: nothing was coloured", l.name)
		}
	}
}

// TestLineHeader covers what stands before the protocols.
func TestLineHeader(t *testing.T) {
	data := frame("50 00 00 00")
	for _, c := range []struct {
		name string
		opts Options
		time int64
		data []byte
		wire int
		want string
	}{
		{"time of day", Options{Location: time.UTC}, noon + 341257999, data, 4, "12:00:00.341257 unknown ip 5\n"},
		{"number", Options{Location: time.UTC, Number: true}, noon, data, 4, "   42  12:00:00.000000 unknown ip 5\n"},
		{"no time", Options{Time: TimeNone}, noon, data, 4, "unknown ip 5\n"},
		{"unix, nanoseconds", Options{Time: TimeUnix, Nano: true}, noon + 1, data, 4, "1767355200.000000001 unknown ip 5\n"},
		{"a source without times", Options{Location: time.UTC}, NoTime, data, 4, "00:00:00.000000 unknown ip 5\n"},
		{"nothing captured", Options{Location: time.UTC}, noon, nil, 60, "[Invalid header: caplen==0]\n"},
		{"nothing at all", Options{Location: time.UTC}, noon, nil, 0, "[Invalid header: caplen==0, len==0]\n"},
		{"too long", Options{Location: time.UTC}, noon, data, 262145, "[Invalid header: len(262145) > 262144]\n"},
	} {
		var packet dissect.Packet
		packet.Decode(dissect.LinkRaw, c.data, c.wire)
		if got := string(NewLine(c.opts).Append(nil, &Frame{Num: 42, Time: c.time, Packet: &packet})); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	var packet dissect.Packet
	packet.Decode(160, data, 4)
	want := "UNSUPPORTED\n\t0x0000:  5000 0000                                P...\n"
	if got := string(NewLine(Options{Time: TimeNone}).Append(nil, &Frame{Packet: &packet})); got != want {
		t.Errorf("unknown link type: %q, want %q", got, want)
	}
}

// TestLineInterfaceName covers names of interfaces, which may come from anywhere.
func TestLineInterfaceName(t *testing.T) {
	data := append(frame("0800 0000 00000007 0001 00 06 020000000001 0000"), frame("60")...)
	var packet dissect.Packet
	packet.Decode(dissect.LinkSLL2, data, len(data))
	o := Options{Time: TimeNone, InterfaceName: func(index int) string { return map[int]string{7: "wg\x1b7"}[index] }}
	want := `wg\x1b7  In  IP6, wrong link-layer encapsulation (invalid)` + "\n"
	if got := string(NewLine(o).Append(nil, &Frame{Packet: &packet})); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestLineFlows checks that the number of connections remembered is bounded, and that the oldest go first.
func TestLineFlows(t *testing.T) {
	const limit = 100
	var table flowTable
	table.init(limit)
	header := frame("45000000 00000000 00060000 0a000001 0a000002")
	c := ipContext{header: header}
	see := func(port uint16, seq uint32) (relative uint32) {
		s := flowSegment{seq: seq, ack: 1}
		s.fill(&c, port, 80)
		return seq - table.relate(&s)[gapSeq]
	}
	for i := range 10 * limit {
		see(1, uint32(i)+5) // looked at again and again, so never forgotten
		see(uint16(1000+i), 7)
		if len(table.flows) > limit+1 || len(table.index) > 4*limit {
			t.Fatalf("%d flows after %d connections", len(table.flows)-1, i+1)
		}
	}
	if got := see(1, 105); got != 100 {
		t.Errorf("the busiest connection counts from %d", 105-got)
	}
	if got := see(1000, 9); got != 9 {
		t.Errorf("the oldest connection was not forgotten: %d", got)
	}
	if got := see(1999, 9); got != 2 {
		t.Errorf("the newest connection was forgotten: %d", got)
	}
	if n := testing.AllocsPerRun(100, func() { see(1, 1); see(1999, 1) }); n != 0 {
		t.Errorf("%v allocations for known connections", n)
	}
}

// TestLineDepth nests more packets than are followed.
func TestLineDepth(t *testing.T) {
	const n = 4 * maxLineDepth
	var b []byte
	for i := range n {
		h := dissect.IPv4Header{TotalLen: 20 * (n - i), TTL: 1, Protocol: dissect.ProtoIPv4, Src: netip.IPv4Unspecified(), Dst: netip.IPv4Unspecified()}
		b = h.Append(b)
	}
	var packet dissect.Packet
	packet.Decode(dissect.LinkRaw, b, len(b))
	got := string(NewLine(Options{Time: TimeNone}).Append(nil, &Frame{Packet: &packet}))
	if c := strings.Count(got, "IP 0.0.0.0"); c != maxLineDepth+1 || !strings.HasSuffix(got, "[nested too deep]\n") {
		t.Errorf("%d packets, at the end %q", c, got[max(0, len(got)-60):])
	}
}

func FuzzLine(f *testing.F) {
	for _, l := range lineLinks {
		for i, s := range readLineFrames(f, l.name) {
			f.Add(uint16(l.link), uint16(i), s.data)
		}
	}
	var packet dissect.Packet
	var b []byte
	f.Fuzz(func(t *testing.T, link, bits uint16, data []byte) {
		p := NewLine(Options{
			Verbose: int(bits & 3), Quiet: bits&4 != 0, LinkHeader: bits&8 != 0, AbsoluteSeq: bits&16 != 0, Number: bits&32 != 0,
			Hex: HexStyle(bits>>6&7) % (ASCIIFrame + 1), Location: time.UTC,
		})
		for _, wire := range []int{len(data), 2 * len(data)} {
			packet.Decode(dissect.LinkType(link), data, wire)
			b = p.Append(b[:0], &Frame{Num: 1, Time: noon, Packet: &packet})
			checkPrintable(t, b)
		}
	})
}

func BenchmarkLine(b *testing.B) {
	for _, c := range []struct {
		name string
		data []byte
		opts Options
	}{
		{"TCP", frameData, Options{}},
		{"TCP -v", frameData, Options{Verbose: 1}},
		{"TCP -e", frameData, Options{LinkHeader: true}},
		{"SYN", frameSYN, Options{}},
		{"TCP -X", frameData, Options{Hex: HexASCIIPacket}},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := NewLine(c.opts)
			var packet dissect.Packet
			packet.Decode(dissect.LinkEthernet, c.data, len(c.data))
			f := Frame{Time: noon, Packet: &packet}
			var out []byte
			b.ReportAllocs()
			for b.Loop() {
				out = p.Append(out[:0], &f)
			}
		})
	}
}
