package format

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

func treeOf(o Options, f *Frame) string {
	o.Location = time.UTC
	return string(NewTree(o).Append(nil, f))
}

const treeSYN = `12:00:00.000000 EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=IPv4
 \ IPv4 src=192.168.69.100 dst=192.168.69.1 proto=TCP ttl=64 id=0x1c46 df len=60
  \ TCP src=35692 dst=6969 syn seq=3677930454 win=64240 len=0 mss=1460 sackOK ts=1201/0 ws=7
`

func TestTree(t *testing.T) {
	live := *ethernet(frameSYN, len(frameSYN))
	live.Interface, live.Direction = "eth\x1b0", "In"
	commented := *ethernet(frameSYN, len(frameSYN))
	commented.Comment = []byte("first\nsecond\x1b[2J")
	unknown := ethernet(frameOdd, len(frameOdd))
	unknown.Packet.Decode(147, frameOdd, len(frameOdd))
	for _, c := range []struct {
		name  string
		o     Options
		frame *Frame
		want  string
	}{
		{"the example of the README", Options{}, ethernet(frameSYN, len(frameSYN)), treeSYN},
		{"data", Options{}, ethernet(frameData, len(frameData)),
			`12:00:00.000000 EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=IPv4
 \ IPv4 src=192.168.69.100 dst=192.168.69.1 proto=TCP ttl=64 id=0x1c46 df len=80
  \ TCP src=35692 dst=6969 psh seq=3677930455 ack=17 win=502 len=8 ts=1202/977 sack=1-2 sack=3-4
`},
		{"number, interface, direction", Options{Number: true, Time: TimeNone}, &live,
			"    1  eth\\x1b0 In" + treeSYN[len("12:00:00.000000"):]},
		{"comment", Options{}, &commented, treeSYN + " # first\n # second\\x1b[2J\n"},
		{"dump", Options{Hex: HexPacket}, ethernet(frameSYN, len(frameSYN)), treeSYN +
			"\t0x0000:  4500 003c 1c46 4000 4006 12c0 c0a8 4564\n\t0x0010:  c0a8 4501 8b6c 1b39 db38 c3d6 0000 0000\n" +
			"\t0x0020:  a002 faf0 f6f2 0000 0204 05b4 0402 080a\n\t0x0030:  0000 04b1 0000 0000 0103 0307\n"},
		{"bad checksum", Options{}, ethernet(changed(frameData, 50, 0xff), len(frameData)),
			strings.Replace(treeOf(Options{}, ethernet(frameData, len(frameData))), "3-4\n", "3-4 (checksum incorrect)\n", 1)},
		{"partial checksum", Options{}, ethernet(changed(changed(frameSYN, 50, 0x0b), 51, 0xe5), len(frameSYN)),
			strings.Replace(treeSYN, "ws=7\n", "ws=7 (partial checksum correct)\n", 1)},
		{"cut by the capture", Options{}, ethernet(frameSYN[:40], len(frameSYN)),
			`12:00:00.000000 EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=IPv4 (captured 40 of 74 bytes)
 \ IPv4 src=192.168.69.100 dst=192.168.69.1 proto=TCP ttl=64 id=0x1c46 df len=60
  \ TCP (truncated)
`},
		{"less than a header promises", Options{}, ethernet(frameSYN[:54], 54),
			`12:00:00.000000 EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=IPv4
 \ IPv4 src=192.168.69.100 dst=192.168.69.1 proto=TCP ttl=64 id=0x1c46 df len=60 (40 of 60 bytes)
  \ TCP (truncated)
`},
		{"malformed", Options{Time: TimeNone}, ethernet(changed(frameSYN, 46, 0x40), len(frameSYN)),
			`EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=IPv4
 \ IPv4 src=192.168.69.100 dst=192.168.69.1 proto=TCP ttl=64 id=0x1c46 df len=60
  \ TCP (malformed)
`},
		{"no bytes", Options{Time: TimeUnix}, ethernet(nil, 60), "1767355200.000000 EthernetII (truncated) (captured 0 of 60 bytes)\n"},
		{"tunnel", Options{Time: TimeNone}, ethernet(frameIPIP, len(frameIPIP)),
			`EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=IPv4
 \ IPv4 src=10.0.0.1 dst=10.0.0.2 proto=IPv4 ttl=64 id=0x0001 len=80 (checksum incorrect)
  \ IPv4 src=192.168.69.100 dst=192.168.69.1 proto=TCP ttl=64 id=0x1c46 df len=60
   \ TCP src=35692 dst=6969 syn seq=3677930454 win=64240 len=0 mss=1460 sackOK ts=1201/0 ws=7
`},
		{"unknown link type", Options{Time: TimeNone}, unknown, "Data len=50\n"},
		{"quiet", Options{Quiet: true}, ethernet(frameSYN, len(frameSYN)),
			"12:00:00.000000 IPv4 src=192.168.69.100 dst=192.168.69.1 TCP src=35692 dst=6969 syn\n"},
		{"quiet and verbose", Options{Quiet: true, Verbose: 3, Time: TimeNone}, ethernet(frameData, len(frameData)),
			"IPv4 src=192.168.69.100 dst=192.168.69.1 TCP src=35692 dst=6969 psh\n"},
		{"quiet, no IP", Options{Quiet: true, Time: TimeNone}, ethernet(frame("020000000001 aa644735a4bd 88b5 00ff80"), 17),
			"EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=0x88b5\n"},
		{"quiet tunnel", Options{Quiet: true, Time: TimeNone}, ethernet(frameIPIP, len(frameIPIP)),
			"IPv4 src=192.168.69.100 dst=192.168.69.1 TCP src=35692 dst=6969 syn\n"},
		{"quiet, cut", Options{Quiet: true, Time: TimeNone}, ethernet(frameSYN[:40], len(frameSYN)),
			"IPv4 src=192.168.69.100 dst=192.168.69.1 TCP (truncated)\n"},
		{"verbose", Options{Verbose: 1}, ethernet(changed(frameData, 50, 0xff), len(frameData)), treeVerbose},
		{"more verbose", Options{Verbose: 2, Time: TimeNone}, ethernet(frameSYN[:20], 20), treeMoreVerbose},
	} {
		if got := treeOf(c.o, c.frame); got != c.want {
			t.Errorf("%s:\ngot\n%swant\n%s", c.name, got, c.want)
		}
	}
}

const treeVerbose = `12:00:00.000000 EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=IPv4
 | eth.dst = 02-00-00-00-00-01
 | eth.src = aa-64-47-35-a4-bd
 | eth.type = 0x0800 (IPv4)
 \ IPv4 src=192.168.69.100 dst=192.168.69.1 proto=TCP ttl=64 id=0x1c46 df len=80
  | ip.version = 4
  | ip.hdr_len = 20
  | ip.dsfield = 0x00
  |   ip.dsfield.dscp = 0 (CS0)
  |   ip.dsfield.ecn = 0 (Not-ECT)
  | ip.len = 80
  | ip.id = 0x1c46
  | ip.flags = 0x2
  |   ip.flags.rb = false
  |   ip.flags.df = true
  |   ip.flags.mf = false
  | ip.frag_offset = 0
  | off = 0
  | ip.ttl = 64
  | ip.proto = 6 (TCP)
  | ip.checksum = 0x12ac (correct)
  | ip.src = 192.168.69.100
  | ip.dst = 192.168.69.1
  \ TCP src=35692 dst=6969 psh seq=3677930455 ack=17 win=502 len=8 ts=1202/977 sack=1-2 sack=3-4 (checksum incorrect)
   | tcp.srcport = 35692
   | tcp.dstport = 6969
   | tcp.len = 8
   | tcp.seq_raw = 3677930455
   | tcp.ack_raw = 17
   | tcp.hdr_len = 52
   | tcp.flags = 0x018
   |   tcp.flags.res = false
   |   tcp.flags.ae = false
   |   tcp.flags.cwr = false
   |   tcp.flags.ece = false
   |   tcp.flags.urg = false
   |   tcp.flags.ack = true
   |   tcp.flags.push = true
   |   tcp.flags.reset = false
   |   tcp.flags.syn = false
   |   tcp.flags.fin = false
   | tcp.window_size_value = 502
   | tcp.checksum = 0xff4e (incorrect, should be 0x334e)
   | tcp.urgent_pointer = 0
   | Option
   |   tcp.option_kind = 1 (nop)
   | Option
   |   tcp.option_kind = 1 (nop)
   | Option
   |   tcp.option_kind = 8 (ts)
   |   tcp.option_len = 10
   |   tcp.options.timestamp.tsval = 1202
   |   tcp.options.timestamp.tsecr = 977
   | Option
   |   tcp.option_kind = 1 (nop)
   | Option
   |   tcp.option_kind = 1 (nop)
   | Option
   |   tcp.option_kind = 5 (sack)
   |   tcp.option_len = 18
   |   tcp.options.sack_le = 1
   |   tcp.options.sack_re = 2
   |   tcp.options.sack_le = 3
   |   tcp.options.sack_re = 4
   \ Data len=8
    | data.data = 616263646566670a
    | data.len = 8
`

const treeMoreVerbose = `EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=IPv4
 | eth.dst = 02-00-00-00-00-01                  Destination, bytes 0-5
 | eth.src = aa-64-47-35-a4-bd                  Source, bytes 6-11
 | eth.type = 0x0800 (IPv4)                     Type, bytes 12-13
 \ IPv4 (truncated)
`

// TestForms pushes fields of every form and kind and reads the words that they become.
func TestForms(t *testing.T) {
	form := func(f dissect.Form, rank uint8) *dissect.Field {
		return &dissect.Field{Name: "x.y", Label: "y", Rank: rank, Form: f}
	}
	hex := &dissect.Field{Label: "h", Rank: 1, Base: dissect.Hex}
	mask := &dissect.Field{Label: "m", Rank: 1, Base: dissect.Hex, Mask: 0x1f0}
	long := bytes.Repeat([]byte{0xab}, 17)
	mac := dissect.MAC{2, 0, 0, 0, 0, 1}
	for _, c := range []struct {
		name string
		push func(s dissect.Sink)
		want string
	}{
		{"pair", func(s dissect.Sink) { s.Uint(form(dissect.FormPair, 1), 0, 1, 7) }, " y=7"},
		{"bare", func(s dissect.Sink) { s.Enum(form(dissect.FormBare, 1), 0, 1, 8, "echo request") }, " echo request"},
		{"bare number", func(s dissect.Sink) { s.Enum(form(dissect.FormBare, 1), 0, 1, 8, "") }, " 8"},
		{"paren", func(s dissect.Sink) { s.Enum(form(dissect.FormParen, 1), 0, 1, 3, "port unreachable") }, " (port unreachable)"},
		{"joined", func(s dissect.Sink) {
			s.Uint(form(dissect.FormPair, 1), 0, 1, 1)
			s.Uint(form(dissect.FormJoined, 1), 0, 1, 2)
		}, " y=1y2"},
		{"flags", func(s dissect.Sink) {
			s.Bool(form(dissect.FormFlag, 1), 0, 1, true)
			s.Bool(form(dissect.FormFlag, 1), 0, 1, false)
		}, " y"},
		{"nonzero", func(s dissect.Sink) {
			f := form(dissect.FormNonzero, 1)
			s.Uint(f, 0, 1, 0)
			s.Addr(f, 0, 16, netip.IPv6Unspecified())
			s.MAC(f, 0, 6, dissect.MAC{})
			s.Bytes(f, 0, 0, nil)
			s.Text(f, 0, 0, nil)
			s.Enum(f, 0, 1, 2, "")
		}, " y=2"},
		{"ranks", func(s dissect.Sink) {
			s.Uint(form(dissect.FormPair, 200), 0, 1, 3)
			s.Uint(form(dissect.FormPair, 2), 0, 1, 1)
			s.Uint(form(dissect.FormPair, 0), 0, 1, 9)
			s.Uint(form(dissect.FormPair, 2), 0, 1, 2)
			s.Uint(form(dissect.FormPair, 1), 0, 1, 0)
		}, " y=0 y=1 y=2 y=3"},
		{"hex", func(s dissect.Sink) { s.Uint(hex, 0, 2, 0x1c); s.Enum(hex, 0, 1, 5, "") }, " h=0x001c h=0x05"},
		{"hex of bits", func(s dissect.Sink) { s.Uint(mask, 0, 2, 3) }, " m=0x03"},
		{"addresses", func(s dissect.Sink) {
			s.Addr(form(dissect.FormPair, 1), 0, 16, netip.MustParseAddr("fe80::1"))
			s.Addr(form(dissect.FormPair, 1), 0, 0, netip.Addr{})
			s.MAC(form(dissect.FormPair, 1), 0, 6, mac)
		}, " y=fe80::1 y=- y=02-00-00-00-00-01"},
		{"bytes", func(s dissect.Sink) {
			s.Bytes(form(dissect.FormPair, 1), 0, 17, long)
			s.Bytes(form(dissect.FormPair, 1), 0, 16, long[:16])
		}, " y=abababababababababababababababab... y=abababababababababababababababab"},
		{"text", func(s dissect.Sink) {
			s.Text(form(dissect.FormPair, 1), 0, 3, []byte("host"))
			s.Text(form(dissect.FormPair, 1), 0, 3, []byte("a b\x1b"))
		}, ` y=host y="a b\x1b"`},
		{"checksum", func(s dissect.Sink) { s.Checksum(hex, 0, 2, 0xab, dissect.ChecksumResult{}) }, " h=0x00ab"},
	} {
		tree := NewTree(Options{})
		c.push(tree)
		if got := string(tree.ranked(nil)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestLines pushes what the protocols at hand do not, and reads the lines that -v shows.
func TestLines(t *testing.T) {
	sum := &dissect.Field{Name: "x.sum", Base: dissect.Hex}
	named := &dissect.Field{Name: "x.group", Title: "Group"}
	plain := &dissect.Field{Label: "opt", Title: "Option"}
	titled := &dissect.Field{Title: "Only a title"}
	data := &dissect.Field{Name: "x.data", Title: "Data"}
	bit := &dissect.Field{Name: "x.bit", Mask: 0x4000}
	bits := &dissect.Field{Name: "x.bits", Mask: 0x1fff}
	long := bytes.Repeat([]byte{0xab}, 33)
	push := func(s dissect.Sink) {
		s.Checksum(sum, 0, 2, 1, dissect.ChecksumResult{State: dissect.ChecksumPartial, Want: 2})
		s.Checksum(sum, 0, 2, 1, dissect.ChecksumResult{})
		s.Checksum(sum, 0, 2, 0, dissect.ChecksumResult{State: dissect.ChecksumAbsent})
		s.Begin(named, 0, 4)
		s.Begin(plain, 0, 2)
		s.Uint(titled, 0, 0, 1)
		s.End()
		s.Text(plain, 2, 1, []byte("x=y"))
		s.End()
		s.End() // one too many does no harm
		s.Bool(bit, 2, 2, true)
		s.Uint(bits, 2, 2, 5)
		s.Bytes(data, 4, 33, long)
	}
	for _, c := range []struct {
		verbose int
		want    string
	}{
		{1, `
 | x.sum = 0x0001 (partial, the device would make it 0x0002)
 | x.sum = 0x0001 (unverified)
 | x.sum = 0x0000 (absent)
 | x.group
 |   Option
 |     Only a title = 1
 |   opt = "x=y"
 | x.bit = true
 | x.bits = 5
 | x.data = abababababababababababababababababababababababababababababababab... (33 bytes)`},
		{3, `
 | x.sum = 0x0001 (partial, the device would make it 0x0002)  bytes 0-1
 | x.sum = 0x0001 (unverified)                  bytes 0-1
 | x.sum = 0x0000 (absent)                      bytes 0-1
 | x.group                                      Group, bytes 0-3
 |   Option                                     bytes 0-1
 |     Only a title = 1                         Only a title, computed
 |   opt = "x=y"                                Option, byte 2
 | x.bit = true                                 bytes 2-3, bit 1
 | x.bits = 5                                   bytes 2-3, bits 3-15
 | x.data = ababababababababababababababababababababababababababababababababab  Data, bytes 4-36`},
	} {
		tree := NewTree(Options{Verbose: c.verbose})
		push(tree)
		if got := string(tree.lines.text); got != c.want {
			t.Errorf("%d:\ngot%s\nwant%s", c.verbose, got, c.want)
		}
	}
}

var sgrSequence = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestColours: a theme adds sequences and changes nothing else.
func TestColours(t *testing.T) {
	for _, data := range samples() {
		for verbose := range 4 {
			for _, quiet := range []bool{false, true} {
				f := ethernet(data, len(data)+verbose)
				f.Interface, f.Direction, f.Comment = "any", "Out", []byte("a\nb")
				plain := treeOf(Options{Verbose: verbose, Quiet: quiet}, f)
				colour := treeOf(Options{Verbose: verbose, Quiet: quiet, Theme: DefaultTheme()}, f)
				if got := sgrSequence.ReplaceAllString(colour, ""); got != plain {
					t.Fatalf("-v %d, quiet %v:\nwithout colours\n%s\nplain\n%s", verbose, quiet, got, plain)
				}
				if len(colour) == len(plain) {
					t.Errorf("-v %d: no colours", verbose)
				}
			}
		}
	}
}

func TestTreeAllocs(t *testing.T) {
	for _, o := range []Options{{}, {Verbose: 3, Hex: HexASCIIFrame, Number: true}, {Quiet: true}, {Theme: DefaultTheme(), Verbose: 2}} {
		tree, b := NewTree(o), []byte(nil)
		for _, data := range samples() {
			f := ethernet(data, len(data))
			b = tree.Append(b[:0], f)
			if n := testing.AllocsPerRun(100, func() { b = tree.Append(b[:0], f) }); n != 0 {
				t.Errorf("%+v: %v allocations", o, n)
			}
		}
	}
}

// fuzzLinks are the link types that the fuzz targets choose from.
var fuzzLinks = []dissect.LinkType{
	dissect.LinkEthernet, dissect.LinkRaw, dissect.LinkNull, dissect.LinkSLL, dissect.LinkSLL2, dissect.LinkIPv4, dissect.LinkIPv6, 147,
}

func addSamples(f *testing.F) {
	for i, data := range samples() {
		f.Add(byte(0), uint8(i), data)
		if len(data) > 14 {
			f.Add(byte(1), uint8(0), data[14:])
		}
	}
}

func FuzzTree(f *testing.F) {
	addSamples(f)
	theme := DefaultTheme()
	f.Fuzz(func(t *testing.T, link byte, missing uint8, data []byte) {
		var p dissect.Packet
		p.Decode(fuzzLinks[int(link)%len(fuzzLinks)], data, len(data)+int(missing))
		frame := &Frame{Num: 1, Time: noon, Interface: string(data), Comment: data, Packet: &p}
		o := Options{Verbose: int(missing) % 4, Quiet: link >= 0x80, Hex: HexStyle(missing>>2) % (ASCIIFrame + 1), Location: time.UTC}
		plain := NewTree(o).Append(nil, frame)
		for _, c := range plain {
			if c < ' ' && c != '\n' && c != '\t' || c >= 0x7f {
				t.Fatalf("byte %#x in %q", c, plain)
			}
		}
		if !bytes.HasSuffix(plain, []byte("\n")) {
			t.Fatalf("no newline at the end of %q", plain)
		}
		o.Theme = theme
		colour := NewTree(o).Append(nil, frame)
		if got := sgrSequence.ReplaceAll(colour, nil); !bytes.Equal(got, plain) {
			t.Fatalf("without colours %q\nplain %q", got, plain)
		}
	})
}

// TestHostileRanks: as many words as fit into a frame are put in order in time that grows with their number.
func TestHostileRanks(t *testing.T) {
	tree, r := NewTree(Options{}), rand.New(rand.NewPCG(1, 1))
	for range 100_000 {
		tree.Uint(&dissect.Field{Label: "x", Rank: uint8(r.IntN(256))}, 0, 1, 1)
	}
	if got := bytes.Count(tree.ranked(nil), []byte(" x=1")); got != len(tree.places) || got < 90_000 {
		t.Errorf("%d words of %d", got, len(tree.places))
	}
}

func BenchmarkTree(b *testing.B) {
	for _, c := range []struct {
		name string
		o    Options
	}{{"plain", Options{}}, {"verbose", Options{Verbose: 1}}, {"colour", Options{Theme: DefaultTheme()}}, {"quiet", Options{Quiet: true}}} {
		b.Run(c.name, func(b *testing.B) { benchmarkPrinter(b, NewTree(c.o)) })
	}
}

// benchmarkPrinter decodes and prints a segment with data and one without.
func benchmarkPrinter(b *testing.B, p Printer) {
	b.ReportAllocs()
	var packet dissect.Packet
	f := &Frame{Time: noon, Packet: &packet}
	var out []byte
	n := 0
	for i := 0; b.Loop(); i++ {
		data := frameSYN
		if i&1 != 0 {
			data = frameData
		}
		packet.Decode(dissect.LinkEthernet, data, len(data))
		f.Num, f.Time = i, f.Time+1000
		out = p.Append(out[:0], f)
		n += len(out)
	}
	b.ReportMetric(float64(n)/float64(b.N), "text-B/op")
}
