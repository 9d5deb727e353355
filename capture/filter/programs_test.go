package filter

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/bpf"

	"smoltcp/capture"
	"smoltcp/dissect"
)

var record = flag.Bool("record", false, "make testdata/programs.txt anew with tcpdump")

// libpcapLinks are the names that tcpdump has for link types.
var libpcapLinks = map[dissect.LinkType]string{
	0: "NULL", 1: "EN10MB", 9: "PPP", 51: "PPP_ETHER", 101: "RAW", 104: "C_HDLC", 105: "IEEE802_11", 108: "LOOP", 113: "LINUX_SLL",
	119: "PRISM_HEADER", 127: "IEEE802_11_RADIO", 163: "IEEE802_11_RADIO_AVS", 228: "IPV4", 229: "IPV6", 276: "LINUX_SLL2",
}

// noNames finds nothing but what is well known: results must not depend on the machine.
type noNames struct{}

func (noNames) Host(string) ([]netip.Addr, error)          { return nil, os.ErrNotExist }
func (noNames) Network(string) (uint32, bool)              { return 0, false }
func (noNames) Ether(string) (m dissect.MAC, ok bool)      { return m, false }
func (noNames) Port(name, transport string) (uint16, bool) { return wellKnownPort(name, transport) }
func (noNames) Protocol(name string) (number uint16, ok bool) {
	number, ok = wellKnownProtocols()[name]
	return number, ok
}

type expression struct {
	link dissect.LinkType
	text string
}

// expressions reads testdata/expressions.txt.
func expressions(t testing.TB) (list []expression) {
	eachLine(t, "testdata/expressions.txt", func(columns []string) {
		link, err := strconv.Atoi(columns[0])
		if err != nil || len(columns) != 2 {
			t.Fatalf("testdata/expressions.txt: %q", columns)
		}
		list = append(list, expression{dissect.LinkType(link), columns[1]})
	})
	return list
}

func eachLine(t testing.TB, file string, visit func(columns []string)) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "#") {
			visit(strings.Split(lines.Text(), "\t"))
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// libpcap compiles an expression with tcpdump. What tcpdump refuses because nothing can match is a program that matches nothing.
func libpcap(e expression, flags ...string) ([]bpf.RawInstruction, error) {
	args := append([]string{"-y", libpcapLinks[e.link], "-ddd"}, append(flags, "--", e.text)...)
	var stderr strings.Builder
	cmd := exec.Command("tcpdump", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if strings.Contains(stderr.String(), "rejects all packets") {
			return []bpf.RawInstruction{{Op: opRetK}}, nil
		}
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return parseDecimal(strings.ReplaceAll(string(out), "\n", ","))
}

// parseDecimal reads what -ddd prints, with commas between its lines.
func parseDecimal(s string) (program []bpf.RawInstruction, err error) {
	for _, line := range strings.Split(strings.Trim(s, ","), ",")[1:] {
		var i bpf.RawInstruction
		if _, err := fmt.Sscan(line, &i.Op, &i.Jt, &i.Jf, &i.K); err != nil {
			return nil, err
		}
		program = append(program, i)
	}
	return program, nil
}

// frames gives the packets of testdata/pcaps, and each cut short and damaged: what a frame is does not matter here, only
// that programs agree about it.
func frames(t testing.TB) (list [][]byte) {
	files, err := filepath.Glob("../../testdata/pcaps/*.pcap*")
	if err != nil || len(files) == 0 {
		t.Fatal("no captures in testdata/pcaps", err)
	}
	r := rand.New(rand.NewSource(1))
	for _, name := range files {
		src, err := capture.Open(name)
		if err != nil {
			continue // some are damaged on purpose
		}
		for n := 0; n < 40; n++ {
			p, err := src.Next()
			if err != nil {
				break
			}
			data := bytes.Clone(p.Data[:min(len(p.Data), 512)])
			list = append(list, data)
			if len(data) > 0 {
				list = append(list, data[:r.Intn(len(data))])
				damaged := bytes.Clone(data)
				for range 1 + r.Intn(4) {
					damaged[r.Intn(len(damaged))] = byte(r.Int())
				}
				list = append(list, damaged)
			}
		}
		src.Close()
	}
	return append(list, handMade()...)
}

// handMade gives frames that the expressions of the table look for.
func handMade() (list [][]byte) {
	macs := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1}
	ip := func(proto byte, payload ...byte) []byte {
		return append([]byte{0x45, 0, 0, byte(20 + len(payload)), 0, 1, 0, 0, 64, proto, 0, 0, 192, 0, 2, 1, 198, 51, 100, 7}, payload...)
	}
	tcp := func(src, dst uint16, flags byte) []byte {
		return []byte{byte(src >> 8), byte(src), byte(dst >> 8), byte(dst), 0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0x10, 0, 0, 0, 0, 0, 'x', 'y'}
	}
	udp := func(dst uint16, payload []byte) []byte {
		return append([]byte{0x80, 1, byte(dst >> 8), byte(dst), 0, byte(8 + len(payload)), 0, 0}, payload...)
	}
	ip6 := func(next byte, payload ...byte) []byte {
		b := []byte{0x60, 0, 0, 0, 0, byte(len(payload)), next, 64}
		b = append(b, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7)
		b = append(b, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
		return append(b, payload...)
	}
	frame := func(header []byte, payload []byte) []byte {
		return append(append(bytes.Clone(macs), header...), payload...)
	}
	packets := [][]byte{
		ip(6, tcp(40000, 80, 0x02)...), ip(6, tcp(22, 40000, 0x12)...), ip(17, udp(53, []byte("query"))...), ip(1, 8, 0, 0, 0),
		ip6(6, tcp(80, 50000, 0x18)...), ip6(58, 135, 0, 0, 0), ip6(44, append([]byte{6, 0, 0, 0, 0, 0, 0, 1}, tcp(1, 80, 2)...)...),
		ip6(0, append([]byte{17, 0, 0, 0, 0, 0, 0, 0}, udp(67, nil)...)...), ip(51, append([]byte{6, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, tcp(1, 2, 3)...)...),
		ip(132, 0x16, 0x28, 0x16, 0x28), ip(47, 0, 0, 8, 0), ip(50, 0, 0, 0, 1),
	}
	for _, p := range packets {
		version := []byte{8, 0}
		if p[0] == 0x60 {
			version = []byte{0x86, 0xdd}
		}
		ppp := map[byte]byte{0x45: 0x21, 0x60: 0x57}[p[0]]
		list = append(list,
			frame(version, p),
			frame(append([]byte{0x81, 0, 0, 10}, version...), p),
			frame(append([]byte{0x88, 0xa8, 0, 10, 0x81, 0, 0, 20}, version...), p),
			frame([]byte{0x88, 0x47, 0, 0x06, 0x41, 64}, p),
			frame([]byte{0x88, 0x47, 0, 0x06, 0x40, 64, 0, 1, 1, 64}, p),
			frame([]byte{0x81, 0, 0, 10, 0x88, 0x47, 0, 0x06, 0x41, 64}, p),
			frame([]byte{0x88, 0x64, 0x11, 0, 0, 7, 0, byte(2 + len(p)), 0, ppp}, p),
			frame([]byte{8, 0}, ip(17, udp(6081, append(append([]byte{0, 0}, version...), append([]byte{0, 0, 7, 0}, p...)...))...)),
			frame([]byte{8, 0}, ip(17, udp(6081, append([]byte{1, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 4}, frame(version, p)...))...)),
			p,                                     // raw
			append([]byte{2, 0, 0, 0}, p...),      // null
			append([]byte{0xff, 3, 0, ppp}, p...), // PPP
			append(append(make([]byte, 14), version...), p...),                                                       // cooked
			append(append(append([]byte{}, version...), 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0, 0, 0, 1, 0, 0), p...), // cooked 2
		)
		// 802.11 data, with QoS and without, from and to the distribution system.
		for _, control := range [][2]byte{{0x08, 0x01}, {0x88, 0x02}, {0x08, 0x00}, {0x88, 0x03}} {
			h := []byte{control[0], control[1], 0, 0}
			h = append(h, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0)
			if control[0] == 0x88 {
				h = append(h, 0, 0)
			}
			h = append(append(append(h, 0xaa, 0xaa, 3, 0, 0, 0), version...), p...)
			list = append(list, h,
				append([]byte{0, 0, 8, 0, 0, 0, 0, 0}, h...),
				append([]byte{0, 0, 9, 0, 2, 0, 0, 0, 0x20}, append(h[:24:24], append([]byte{0, 0}, h[24:]...)...)...),
				append(append([]byte{0x80, 0x21, 0x10, 1, 0, 0, 0, 64}, make([]byte, 56)...), h...))
		}
	}
	return append(list,
		frame([]byte{8, 6}, []byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 198, 51, 100, 7}),
		frame([]byte{0, 38, 0x42, 0x42, 3}, make([]byte, 40)),
		frame([]byte{0, 38, 0xfe, 0xfe, 3, 0x83, 27, 1, 0, 18}, make([]byte, 40)),
		frame([]byte{0, 38, 0xaa, 0xaa, 3, 8, 0, 7, 0x80, 0x9b}, make([]byte, 40)),
		frame([]byte{0, 38, 0xe0, 0xe0, 3}, make([]byte, 40)),
		frame([]byte{0, 38, 0xff, 0xff}, make([]byte, 40)),
		frame([]byte{0, 4, 0xf0, 0xf0, 0x7f, 0}, make([]byte, 40)),
		frame([]byte{0x60, 3, 26, 0, 2, 2, 4, 1, 4}, make([]byte, 30)),
		[]byte{0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0},
		[]byte{0xd4, 0, 0, 0, 2, 0, 0, 0, 0, 1},
	)
}

// TestPrograms compares our programs with libpcap's by what they do: each on many packets, whole, cut short and damaged. The
// programs in testdata/programs.txt were recorded with libpcap 1.10.3: go test -run TestPrograms -record.
func TestPrograms(t *testing.T) {
	if *record {
		recordPrograms(t)
	}
	packets := frames(t)
	n, matched, ours, theirs := 0, 0, 0, 0
	eachLine(t, "testdata/programs.txt", func(columns []string) {
		link, _ := strconv.Atoi(columns[0])
		e := expression{dissect.LinkType(link), columns[1]}
		want, err := parseDecimal(columns[2])
		if err != nil {
			t.Fatalf("%v: %v", e, err)
		}
		reference, err := verify(want)
		if err != nil {
			t.Fatalf("%v: %v", e, err)
		}
		for _, noOptimize := range []bool{false, true} {
			p, err := Compile(e.text, Options{Link: e.link, NoOptimize: noOptimize, Resolver: noNames{}})
			if err != nil {
				t.Errorf("%v: %v", e, err)
				return
			}
			if !noOptimize {
				ours, theirs = ours+len(p.raw), theirs+len(want)
				if len(p.raw) > len(want)+len(want)/8+2 {
					t.Errorf("%v: %d instructions, libpcap has %d\n%v", e, len(p.raw), len(want), p)
				}
			}
			for _, data := range packets {
				wire := len(data) + 3
				aux := Aux{PktType: someType(data), IfIndex: 3}
				got, want := p.MatchAux(data, wire, &aux), run(reference, data, uint32(wire), &aux) != 0
				// What the optimiser takes out cannot reject a packet that is too short for it.
				if got != want && !noOptimize || noOptimize && got && !want {
					t.Errorf("%v (optimised: %v): %v, libpcap %v\n% x\n%v", e, !noOptimize, got, want, data, p)
					return
				}
				if got {
					matched++
				}
			}
		}
		n++
	})
	if n < 300 || matched < 10*n {
		t.Errorf("%d expressions, %d matches: that tests little", n, matched)
	}
	if ours > theirs+theirs/50 {
		t.Errorf("%d instructions in all, libpcap %d", ours, theirs)
	}
}

// someType gives a packet a type of its own, from what it holds.
func someType(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[len(b)-1] & 7
}

func recordPrograms(t *testing.T) {
	var out bytes.Buffer
	out.WriteString("# Link type, expression, program as tcpdump -ddd prints it, a comma for each line end. Made by go test -run TestPrograms -record.\n")
	for _, e := range expressions(t) {
		program, err := libpcap(e)
		if err != nil {
			t.Fatalf("tcpdump: %v: %v", e, err)
		}
		fmt.Fprintf(&out, "%d\t%s\t%d", e.link, e.text, len(program))
		for _, i := range program {
			fmt.Fprintf(&out, ",%d %d %d %d", i.Op, i.Jt, i.Jf, i.K)
		}
		io.WriteString(&out, "\n")
	}
	if err := os.WriteFile("testdata/programs.txt", out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// differs reports whether libpcap gets an expression wrong where it stands behind others: it looks for what the kernel keeps
// beside the packet at an offset that pppoes and geneve move, and behind those it measures the wrong 802.11 header.
func differs(e expression) bool {
	return strings.Contains(e.text, "bound") || strings.Contains(e.text, "ifindex") || isWLAN(e.link) && strings.Contains(e.text, "pppoes")
}

// TestAgainstTcpdump compares random expressions with what tcpdump makes of them here and now.
func TestAgainstTcpdump(t *testing.T) {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not installed")
	}
	if out, _ := exec.Command("tcpdump", "--version").CombinedOutput(); !bytes.Contains(out, []byte("libpcap version 1.10.3")) {
		t.Skip("another version of libpcap than the one that is followed here")
	}
	packets := frames(t)
	r := rand.New(rand.NewSource(7))
	known := expressions(t)
	accepted := 0
	for range 150 {
		link := known[r.Intn(len(known))].link
		var parts []string
		for len(parts) < 2+r.Intn(3) {
			if e := known[r.Intn(len(known))]; e.link == link && e.text != "" && !differs(e) {
				parts = append(parts, []string{"", "not ", "! "}[r.Intn(3)]+"("+e.text+")")
			}
		}
		e := expression{link, strings.Join(parts, []string{" and ", " or ", " && ", " || "}[r.Intn(4)])}
		want, err := libpcap(e)
		p, ourErr := Compile(e.text, Options{Link: e.link, Resolver: noNames{}})
		if err != nil {
			if ourErr == nil {
				t.Errorf("%v: %v", e, err)
			}
			continue
		}
		if ourErr != nil {
			t.Errorf("%v: %v", e, ourErr)
			continue
		}
		accepted++
		reference, err := verify(want)
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range packets {
			aux := Aux{PktType: someType(data), IfIndex: 3}
			if got, want := p.MatchAux(data, len(data), &aux), run(reference, data, uint32(len(data)), &aux) != 0; got != want {
				t.Errorf("%v: %v, libpcap %v\n% x", e, got, want, data)
				break
			}
		}
	}
	if accepted < 75 {
		t.Errorf("tcpdump accepted %d expressions only", accepted)
	}
}
