package filter

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

func compile(t testing.TB, text string, link dissect.LinkType) *Program {
	t.Helper()
	p, err := Compile(text, Options{Link: link, Resolver: noNames{}})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

// TestErrors gives expressions that are wrong, the column where and part of what is said about it.
func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		expr   string
		column int // from 1
		says   string
	}{
		{"host", 5, "expected a host"},
		{"tcp and", 8, "expected a primitive"},
		{"tcp port", 9, "expected a port"},
		{"host and tcp", 6, "expected a host"},
		{"and tcp", 1, "expected a primitive"},
		{"tcp udp", 5, "expected and, or, or the end"},
		{"tcp)", 4, "this closes nothing"},
		{"(tcp", 5, "expected and, or, or )"},
		{"()", 2, "expected a primitive"},
		{"192.0.2.1", 1, "expected a keyword"},
		{"tcp and 80", 9, "no qualifiers"},
		{"foo", 1, "expected a keyword"},
		{"host nosuch.example", 6, "no such host"},
		{"port nosuch", 6, "no such port"},
		{"port 65536", 6, "above 65535"},
		{"ether port 80", 12, "has none"},
		{"net 10.1.1.1/24", 5, "outside the mask (did you mean 10.1.1.0?)"},
		{"net 2001:db8::1/32", 5, "did you mean 2001:db8::/32?"},
		{"host 10.0.0.0/8", 15, "a mask is for net"},
		{"net 10/8", 7, "needs an address with a dot"},
		{"net 10.0.0.0/33", 14, "32 bits at most"},
		{"host 300.1.1.1", 6, "not an IPv4 address"},
		{"host :::1", 8, "expected and, or, or the end"},
		{"ether host 1:2:3", 12, "not an address"},
		{"host 02:00:00:00:00:01", 6, "needs ether before it"},
		{"ip proto tcp", 10, `a keyword needs a backslash before it (\tcp)`},
		{"tcp proto 6", 11, "a protocol is named in"},
		{"vlan 4096", 1, "above 4095"},
		{"mpls and vlan", 10, "behind MPLS"},
		{"mpls and arp", 10, "behind MPLS only ip and ip6"},
		{"ip[0:3] = 1", 6, "1, 2 or 4 bytes"},
		{"ip[0] = = 1", 9, "expected a number"},
		{"ip[0] 5", 7, "expected a comparison"},
		{"ip[0] & 1", 10, "expected a comparison"},
		{"port[0] = 1", 5, "expected a port"},
		{"len > 08", 7, "octal"},
		{"len > 4294967296", 7, "32 bits"},
		{"len / 0 = 1", 5, "division by zero"},
		{"len << 32 = 1", 5, "more than 31 bits"},
		{"ip[0] / (1 - 1) = 0", 1, "division by zero"},
		{"type mgt", 1, "802.11"},
		{"fisu", 1, "MTP2"},
		{"gateway foo", 9, "not supported"},
		{"llc foo", 5, "no such LLC frame"},
		{"port 80,443", 8, "joined by or"},
		{"TCP", 1, "lower case (tcp)"},
		{"host 10.1.1.1/24", 15, "a mask is for net"},
		{"port 10.1.1.0/24", 15, "a mask is for net, not for a port"},
		{"tcp # udp", 5, "no part of an expression"},
		{"host 192.0.2.1 \\", 16, "backslash"},
		{"tcp llc", 5, "expected and, or, or the end"},
		{"(port 80) or 443", 14, "no qualifiers"},
		{"(host 192.0.2.1 or (port 80)) and 443", 35, "no qualifiers"},
		{"1 / ip[0] = 1", 3, "division by zero"},
		{"1 << ip[33] = 1", 3, "more than 31 bits"},
		{"1 >> (132 % 17) = 1", 3, "more than 31 bits"},
		{"portrange ftp-data-ssh", 11, "no such range"}, // the first hyphen divides
		{"portrange domain", 11, "no such range"},
		{"port 0.80", 6, "an address"},
		{"protochain 127.0.0.1", 12, "an address"},
		{"decnet gateway 1.2", 16, "the name of a host"},
		{"net 10.1 mask 255", 15, "a mask such as"},
		{"host ::1.2.3", 9, "no part of an expression"},
		{"ether host $1", 12, "ARCnet"},
		{"tcp[1:(2)] = 1", 7, "a size"},
		{"ip[ip6[0]", 10, `expected "]"`},
		{strings.Repeat("(", 20000) + "tcp" + strings.Repeat(")", 20000), 0, "levels deep"},
		{strings.Repeat("(", 20000) + "1" + strings.Repeat(")", 20000) + "=1", 0, "levels deep"},
		{"host 192.0.2.1 or " + strings.Repeat("(", 20000), 0, "levels deep"},
		{strings.Repeat("ip[", 20000), 0, "levels deep"},
		{strings.Repeat("(ip[", 20000), 0, "levels deep"},
		{strings.Repeat("not ", 20000) + "tcp", 0, "levels deep"},
		{strings.Repeat("tcp or ", 1<<18) + "tcp", 0, "longer than"},
		{"port 1" + strings.Repeat("||2", 1<<16), 0, "more than 262144 tests"},
	} {
		p, err := Compile(tt.expr, Options{Link: dissect.LinkEthernet, Resolver: noNames{}})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.40q: %v %v, want an error", tt.expr, p, err)
			continue
		}
		if tt.column > 0 && e.Pos != tt.column-1 || !strings.Contains(e.Msg, tt.says) {
			t.Errorf("%.40q: column %d: %v; want column %d, %q", tt.expr, e.Pos+1, e, tt.column, tt.says)
		}
		if strings.ContainsAny(e.Error(), "\n\r\x1b") {
			t.Errorf("%.40q: the error is not one printable line: %q", tt.expr, e.Error())
		}
	}
}

// TestNetmask checks what ip broadcast means on networks of several sizes.
func TestNetmask(t *testing.T) {
	packet := make([]byte, 34)
	packet[12], packet[14] = 8, 0x45
	for _, tt := range []struct {
		mask uint32
		dst  [4]byte
		want bool
	}{
		{0, [4]byte{198, 51, 100, 255}, false},
		{0, [4]byte{255, 255, 255, 255}, true},
		{0, [4]byte{}, true},
		{0xffffff00, [4]byte{198, 51, 100, 255}, true},
		{0xffffff00, [4]byte{198, 51, 100, 0}, true},
		{0xffffff00, [4]byte{198, 51, 100, 7}, false},
		{0xfffffff8, [4]byte{198, 51, 100, 7}, true},
	} {
		copy(packet[30:], tt.dst[:])
		p, err := Compile("ip broadcast", Options{Link: dissect.LinkEthernet, Netmask: tt.mask})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Match(packet, len(packet)); got != tt.want {
			t.Errorf("mask %#x, to %v: %v", tt.mask, tt.dst, got)
		}
	}
	if p, err := Compile("ip broadcast", Options{Link: dissect.LinkEthernet, Netmask: 0xffffffff}); err == nil {
		t.Errorf("a network of one host has no broadcast: %v", p)
	}
}

// TestMeaning pairs expressions that mean the same by the manual.
func TestMeaning(t *testing.T) {
	for _, tt := range [][2]string{
		{"tcp dst port ftp or ftp-data or domain", "tcp dst port 21 or tcp dst port 20 or tcp dst port 53"},
		{"host 192.0.2.1 and (198.51.100.7 or 198.51.100.8)", "host 192.0.2.1 and (host 198.51.100.7 or host 198.51.100.8)"},
		{"not host 192.0.2.1 and 198.51.100.7", "(not host 192.0.2.1) and host 198.51.100.7"},
		{"tcp or udp and ip6", "(tcp or udp) and ip6"},
		{"! tcp && ! udp", "not tcp and not udp"},
		{"ether multicast", "ether[0] & 1 != 0"},
		{"net 198.51.100", "net 198.51.100.0/24"},
		{"net 198.51.100.0 mask 255.255.255.0", "net 198.51.100.0/24"},
		{"src or dst port 80", "port 80"},
		{"dst or src host 192.0.2.1", "host 192.0.2.1"},
		{"less 100", "len <= 100"},
		{"greater 100", "len >= 100"},
		{"ether host 2:0:0:0:0:1", "ether host 0200.0000.0001"},
		{"ip proto \\tcp", "ip proto 6"},
		{"portrange 443-http", "portrange 80-443"},
		{"len > 2 + 3 * 4", "len > 14"},
		{"tcp[13] = 0x12", "tcp[tcpflags] = tcp-syn|tcp-ack"},
		{"port http", "port 80"},
		{"  \ttcp\r\n", "tcp"},
		{"", "tcp or not tcp"},
	} {
		a, b := compile(t, tt[0], dissect.LinkEthernet), compile(t, tt[1], dissect.LinkEthernet)
		for _, data := range frames(t) {
			if len(data) < 60 { // shorter packets may be rejected for what only one of them loads
				continue
			}
			if got, want := a.Match(data, len(data)), b.Match(data, len(data)); got != want {
				t.Errorf("%q: %v, %q: %v\n% x", tt[0], got, tt[1], want, data)
				break
			}
		}
	}
}

// TestCaptured pins down what packets cut short do: a load beyond them rejects, also under not.
func TestCaptured(t *testing.T) {
	var syn []byte
	for _, f := range handMade() {
		if len(f) > 50 && f[12] == 8 && f[23] == 6 && f[37] == 80 {
			syn = f
			break
		}
	}
	if len(syn) == 0 {
		t.Fatal("no segment to port 80 among the frames")
	}
	for _, tt := range []struct {
		expr     string
		captured int
		want     bool
	}{
		{"tcp port 80", len(syn), true},
		{"tcp port 80", 38, true},
		{"tcp port 80", 37, false},
		{"not tcp port 80", 37, false},
		{"not tcp port 81", 37, false},
		{"not tcp port 81", 38, true},
		{"tcp", 24, true},
		{"tcp", 23, false},
		{"len = 1000", 0, true},
		{"not ip6", 13, false},
		{"not vlan and port 80", len(syn), false}, // the keyword moves what is behind it
	} {
		if got := compile(t, tt.expr, dissect.LinkEthernet).Match(syn[:tt.captured], 1000); got != tt.want {
			t.Errorf("%s with %d bytes: %v", tt.expr, tt.captured, got)
		}
	}
}

// TestByteOrder checks the address family of BSD loopback captures of either byte order.
func TestByteOrder(t *testing.T) {
	packet := []byte{2, 0, 0, 0, 0x45}
	for _, tt := range []struct {
		big  bool
		want bool
	}{{false, true}, {true, false}} {
		p, err := Compile("ip", Options{Link: dissect.LinkNull, BigEndian: tt.big})
		if err != nil || p.Match(packet, 5) != tt.want {
			t.Errorf("big-endian %v: %v %v", tt.big, p, err)
		}
	}
}

// TestKernel runs programs for the kernel on packets as the kernel has them, the tag taken out, and programs for files on the packets
// as they were.
func TestKernel(t *testing.T) {
	matched := 0
	for _, expr := range []string{
		"vlan", "vlan 10", "vlan and ip", "vlan and tcp port 80", "vlan 10 and host 192.0.2.1", "vlan and vlan", "vlan and vlan 20 and ip",
		"not vlan", "ip6 or vlan 10", "vlan and mpls and ip", "vlan and tcp[13] & 2 != 0", "not vlan 11", "vlan and (vlan or ip)",
	} {
		file := compile(t, expr, dissect.LinkEthernet)
		kernel, err := Compile(expr, Options{Link: dissect.LinkEthernet, Kernel: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := kernel.KernelProblem(); err != nil {
			t.Errorf("%s: %v", expr, err)
		}
		for _, data := range frames(t) {
			if len(data) < 60 {
				continue
			}
			seen, aux := data, Aux{}
			if data[12] == 0x81 && data[13] == 0 {
				aux.VLAN, aux.VLANTCI = true, uint16(data[14])<<8|uint16(data[15])
				seen = append(append([]byte{}, data[:12]...), data[16:]...)
				if strings.Contains(expr, "ip6") {
					continue // what stands before vlan sees the packet without its tag
				}
			}
			got, want := kernel.MatchAux(seen, len(seen), &aux), file.Match(data, len(data))
			if got != want {
				t.Errorf("%s: kernel %v, file %v\n% x\n%v", expr, got, want, data, kernel)
				break
			}
			if got {
				matched++
			}
		}
	}
	if matched < 50 {
		t.Errorf("%d matches only", matched)
	}
	if err := compile(t, "ip6 protochain 6", dissect.LinkEthernet).KernelProblem(); err == nil {
		t.Error("a loop is no problem for the kernel")
	}
}

// TestKernelOptimised checks that the optimiser leaves a program for the kernel its meaning: where things are depends on what
// blocks before have left in memory, so the order of those matters.
func TestKernelOptimised(t *testing.T) {
	matched := 0
	for _, expr := range []string{
		"ip or vlan and ip6", "ip || vlan || icmp and ip6", "ip6 or vlan and tcp port 80", "arp or vlan 10 or vlan and ip",
		"not ip and vlan and host 192.0.2.1", "not (ip or vlan) or ip6",
	} {
		o := Options{Link: dissect.LinkEthernet, Kernel: true}
		optimised, err := Compile(expr, o)
		if err != nil {
			t.Fatal(err)
		}
		o.NoOptimize = true
		plain, err := Compile(expr, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range frames(t) {
			if len(data) < 60 {
				continue
			}
			for _, tagged := range []bool{false, true} {
				aux := Aux{VLAN: tagged, VLANTCI: 10}
				got, want := optimised.MatchAux(data, len(data), &aux), plain.MatchAux(data, len(data), &aux)
				if got != want {
					t.Fatalf("%s, tag aside %v: optimised %v, as generated %v\n% x\n%v", expr, tagged, got, want, data, optimised)
				}
				if got {
					matched++
				}
			}
		}
	}
	if matched < 50 {
		t.Errorf("%d matches only", matched)
	}
}

// TestThroughTags compares a filter that looks through VLAN tags, on frames with none, one and two, with a plain one on
// the frames without.
func TestThroughTags(t *testing.T) {
	ofEthernet := func(data []byte, tags int) []byte {
		tagged := append([]byte{}, data[:12]...)
		for i := range tags {
			tagged = append(tagged, [2]byte{0x81, 0x88}[i], [2]byte{0, 0xa8}[i], 0, byte(10+i))
		}
		return append(tagged, data[12:]...)
	}
	cooked := func(data []byte, tags int) []byte { // with the fields of version 2 behind the protocol
		rest := data[14:]
		protocol := data[12:14]
		for range tags {
			rest = append(append([]byte{0, 10}, protocol...), rest...)
			protocol = []byte{0x81, 0}
		}
		return append(append(append([]byte{}, protocol...), make([]byte, 18)...), rest...)
	}
	matched := 0
	for _, expr := range []string{"tcp port 80", "not tcp port 80", "host 192.0.2.1", "ip6", "not ip", "tcp[13] & 2 != 0", "arp or icmp", "geneve and ip"} {
		plain := compile(t, expr, dissect.LinkEthernet)
		through := func(link dissect.LinkType, kernel bool) *Program {
			p, err := Compile(expr, Options{Link: link, ThroughTags: true, Kernel: kernel})
			if err != nil {
				t.Fatalf("%s: %v", expr, err)
			}
			return p
		}
		file, kernel, sll2 := through(dissect.LinkEthernet, false), through(dissect.LinkEthernet, true), through(dissect.LinkSLL2, false)
		for _, data := range handMade() {
			if len(data) < 60 || data[12] == 0x81 || data[12] == 0x88 || data[0] != 0xff {
				continue
			}
			want := plain.Match(data, len(data))
			for tags := range 3 {
				frame := ofEthernet(data, tags)
				if got := file.Match(frame, len(frame)); got != want {
					t.Fatalf("%s with %d tags: %v, without %v\n% x", expr, tags, got, want, frame)
				}
				aux := Aux{}
				if tags > 0 { // the kernel takes the outer one out
					frame = append(append([]byte{}, frame[:12]...), frame[16:]...)
					aux = Aux{VLAN: true, VLANTCI: 10}
				}
				if got := kernel.MatchAux(frame, len(frame), &aux); got != want {
					t.Fatalf("%s with %d tags in the kernel: %v, without %v\n% x\n%v", expr, tags, got, want, frame, kernel)
				}
				frame = cooked(data, tags)
				if got := sll2.Match(frame, len(frame)); got != want {
					t.Fatalf("%s with %d tags, cooked: %v, without %v\n% x\n%v", expr, tags, got, want, frame, sll2)
				}
				if want {
					matched++
				}
			}
		}
	}
	if matched < 30 {
		t.Errorf("%d matches only", matched)
	}
	if p := compile(t, "vlan 10", dissect.LinkEthernet); p.String() != func() string {
		p, _ := Compile("vlan 10", Options{Link: dissect.LinkEthernet, ThroughTags: true})
		return p.String()
	}() {
		t.Error("an expression with vlan is changed")
	}
}

// TestLoop checks that a packet whose headers point at each other ends a protochain: AH with a length that leads back to itself.
func TestLoop(t *testing.T) {
	packet := make([]byte, 200)
	packet[12], packet[14], packet[23] = 8, 0x45, 51
	for i := 34; i < len(packet); i += 4 {
		packet[i], packet[i+1] = 51, 3 // X becomes (3+2)*4 = 20 again
	}
	p := compile(t, "ip protochain 6", dissect.LinkEthernet)
	start := time.Now()
	p.Match(packet, len(packet))
	if d := time.Since(start); d > time.Second {
		t.Errorf("%v for one packet", d)
	}
}

// TestDump compares the three styles with tcpdump's.
func TestDump(t *testing.T) {
	p := compile(t, "tcp port 80 and len > 100", dissect.LinkEthernet)
	want := []string{
		"(000) ldh      [12]",
		"(001) jeq      #0x86dd          jt 2\tjf 8",
	}
	if got := p.Dump(DumpText); !strings.HasPrefix(strings.Join(got, "\n"), strings.Join(want, "\n")) {
		t.Errorf("%s", p)
	}
	if got := p.Dump(DumpC)[1]; got != "{ 0x15, 0, 6, 0x000086dd }," {
		t.Errorf("%q", got)
	}
	if got := p.Dump(DumpDecimal); got[2] != "21 0 6 34525" {
		t.Errorf("%q", got)
	}
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not installed")
	}
	for _, e := range expressions(t)[:40] {
		p := compile(t, e.text, e.link)
		for style, flag := range []string{"-d", "-dd", "-ddd"} {
			out, err := exec.Command("tcpdump", "-y", libpcapLinks[e.link], flag, "--", e.text).Output()
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.Count(string(out), "\n"); style == 2 && want != len(p.raw)+1 {
				continue // another program
			}
			if got := strings.Join(p.Dump(DumpStyle(style)), "\n") + "\n"; got != string(out) {
				t.Errorf("%v %s:\n%s\ntcpdump:\n%s", e, flag, got, out)
			}
		}
	}
}

type fixedNames struct{ noNames }

func (fixedNames) Host(name string) ([]netip.Addr, error) {
	if name != "both.example" {
		return nil, os.ErrNotExist
	}
	return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::7")}, nil
}

func (fixedNames) Ether(name string) (dissect.MAC, bool) {
	return dissect.MAC{2, 0, 0, 0, 0, 1}, name == "router"
}
func (fixedNames) Network(name string) (uint32, bool) { return 192<<24 | 2<<8, name == "test" }

// TestNames checks where names are looked up.
func TestNames(t *testing.T) {
	for _, tt := range [][2]string{
		{"host both.example", "host 192.0.2.1 or host 2001:db8::7"},
		{"ip6 host both.example", "host 2001:db8::7"},
		{"arp host both.example", "arp host 192.0.2.1"},
		{"ether host router", "ether host 02:00:00:00:00:01"},
		{"net test", "net 192.0.2.0"}, // without a mask, as a dotted quad
		{"ip proto ospf", "ip proto 89"},
		{"ip proto mptcp", "ip proto 262"}, // which no header can hold
		{"llc rulenum", "llc rnr"},         // one token of libpcap's
		{"udp port bootps", "udp port 67"},
		{"portrange telnet-ssh", "tcp portrange 22-23"},
	} {
		got, err := Compile(tt[0], Options{Link: dissect.LinkEthernet, Resolver: fixedNames{}})
		if err != nil {
			t.Errorf("%s: %v", tt[0], err)
			continue
		}
		if want := compile(t, tt[1], dissect.LinkEthernet); got.String() != want.String() {
			t.Errorf("%s:\n%v%s:\n%v", tt[0], got, tt[1], want)
		}
	}
	if port, ok := (System{}).Port("https", "tcp"); !ok || port != 443 {
		t.Errorf("https is %d %v", port, ok)
	}
	if n, ok := (System{}).Protocol("icmp"); !ok || n != 1 {
		t.Errorf("icmp is %d %v", n, ok)
	}
}

// TestLarge compiles long lists, whose tests are too far apart for short jumps, in a time that a person would wait.
func TestLarge(t *testing.T) {
	for _, hosts := range []int{60, 400, 5000} {
		var b strings.Builder
		b.WriteString("tcp and (host 10.0.0.1")
		for i := 2; i <= hosts; i++ {
			b.WriteString(" or 10.0." + string('0'+rune(i/250%10)) + "." + itoa(i%250))
		}
		b.WriteString(")")
		start := time.Now()
		p := compile(t, b.String(), dissect.LinkEthernet)
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%d hosts: %v", hosts, d)
		}
		data := handMade()[0]
		if p.Match(data, len(data)) {
			t.Errorf("%d hosts: 192.0.2.1 is none of them", hosts)
		}
		data = append([]byte{}, data...)
		copy(data[26:], []byte{10, 0, 0, 7})
		if !p.Match(data, len(data)) {
			t.Errorf("%d hosts: 10.0.0.7 is not among them", hosts)
		}
	}
}

// TestLongCalculation compiles what a careless compiler takes a time for that grows with the square of its length.
func TestLongCalculation(t *testing.T) {
	start := time.Now()
	p := compile(t, "len = 60"+strings.Repeat("+1", 50000), dissect.LinkEthernet)
	if d := time.Since(start); d > 20*time.Second {
		t.Error(d)
	}
	if !p.Match(nil, 50060) || p.Match(nil, 50059) {
		t.Error("60 and 50000 times 1 is not 50060")
	}
}

func itoa(n int) string {
	if n < 10 {
		return string('0' + rune(n))
	}
	return itoa(n/10) + string('0'+rune(n%10))
}

func FuzzCompile(f *testing.F) {
	for _, e := range expressions(f) {
		f.Add(e.text, uint16(e.link))
	}
	for _, s := range []string{"tcp and (", "net 10/8", "len << 32 = 0", "host :::1", "\\", "$ff", "ip[0:", "- - - 1 = 1", "port (((80)))"} {
		f.Add(s, uint16(1))
	}
	data := handMade()[0]
	f.Fuzz(func(t *testing.T, text string, link uint16) {
		for _, o := range []Options{{}, {Kernel: true}, {NoOptimize: true, File: true}} {
			o.Link, o.Resolver = dissect.LinkType(link), noNames{}
			p, err := Compile(text, o)
			if err != nil {
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("%q: an error of another kind: %v", text, err)
				}
				if strings.ContainsAny(err.Error(), "\n\r\x1b\x00") {
					t.Fatalf("%q: %q", text, err)
				}
				continue
			}
			for _, n := range []int{0, 20, len(data)} {
				p.MatchAux(data[:n], len(data), &Aux{})
			}
		}
	})
}
