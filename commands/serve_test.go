package commands

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/format"
	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// parseServe gives what a serve command line asks for, words split at spaces.
func parseServe(t *testing.T, line string) (o serveOptions, err error) {
	t.Helper()
	err = readWords(t, "", strings.Fields("serve "+line), func(c *cli.Context, env Env) error {
		o, err = readServe(c, env)
		return err
	})
	return o, err
}

func TestServeOptions(t *testing.T) {
	prefixes := func(list ...string) (p []netip.Prefix) {
		for _, s := range list {
			p = append(p, netip.MustParsePrefix(s))
		}
		return p
	}
	base := func() serveOptions {
		return serveOptions{
			out:           outputOptions{kind: "tree"},
			device:        capture.DeviceOptions{Name: "tap0", HostAddrs: prefixes("192.168.69.100/24"), TryAddrs: prefixes("fdaa::100/64")},
			mac:           dissect.MAC{2, 0, 0, 0, 0, 1},
			addrs:         prefixes("192.168.69.1/24"),
			maybe:         prefixes("fdaa::1/64", "fe80::1/64"),
			gateway:       []netip.Addr{netip.MustParseAddr("192.168.69.100"), netip.MustParseAddr("fdaa::100")},
			fault:         capture.FaultConfig{ShapingInterval: 50 * time.Millisecond},
			buffer:        64,
			serviceBuffer: 1 << 20,
		}
	}
	for _, test := range []struct {
		line string
		set  func(o *serveOptions) // what differs from the default
	}{
		{"tap0", func(o *serveOptions) {}},
		{"eth7 --trace --verbose --pcap x.pcapng", func(o *serveOptions) {
			o.device.Name, o.trace, o.verbose, o.pcap = "eth7", true, true, "x.pcapng"
		}},
		{"--hardware-addr 0a:00:00:00:00:ff tap0", func(o *serveOptions) { o.mac = dissect.MAC{10, 0, 0, 0, 0, 255} }},
		{"--addr 10.0.0.2/8 tap0", func(o *serveOptions) { o.addrs, o.maybe, o.gateway = prefixes("10.0.0.2/8"), nil, nil }},
		{"tap0 --addr 10.0.0.2/8 --addr 10.1.0.3/16 --gateway 10.9.9.9", func(o *serveOptions) {
			o.addrs, o.maybe, o.gateway = prefixes("10.0.0.2/8", "10.1.0.3/16"), nil, []netip.Addr{netip.MustParseAddr("10.9.9.9")}
		}},
		{"tap0 --addr 10.0.0.2/32 --gateway 172.16.0.1", func(o *serveOptions) {
			o.addrs, o.maybe, o.gateway = prefixes("10.0.0.2/32"), nil, []netip.Addr{netip.MustParseAddr("172.16.0.1")}
		}},
		{"tap0 --addr fd00::2/64 --addr 10.0.0.2/8 --gateway fe80::9 --gateway 10.0.0.1", func(o *serveOptions) {
			o.addrs, o.maybe = prefixes("fd00::2/64", "10.0.0.2/8"), nil
			o.gateway = []netip.Addr{netip.MustParseAddr("fe80::9"), netip.MustParseAddr("10.0.0.1")}
		}},
		{"tap0 --slaac", func(o *serveOptions) {
			o.slaac, o.maybe, o.gateway = true, nil, []netip.Addr{netip.MustParseAddr("192.168.69.100")}
		}},
		{"tap0 --slaac --addr fd00::2/64", func(o *serveOptions) {
			o.slaac, o.addrs, o.maybe, o.gateway = true, prefixes("fd00::2/64"), nil, nil
		}},
		{"tap0 --gateway none", func(o *serveOptions) { o.gateway = nil }},
		{"tap0 --gateway 192.168.69.7", func(o *serveOptions) { o.gateway = []netip.Addr{netip.MustParseAddr("192.168.69.7")} }},
		{"tap0 --host-addr 192.168.69.8/24 --host-addr 10.0.0.1/8", func(o *serveOptions) {
			o.device.HostAddrs, o.device.TryAddrs = prefixes("192.168.69.8/24", "10.0.0.1/8"), nil
		}},
		{"tap0 --mtu 1300 --tun", func(o *serveOptions) { o.mtu, o.device.MTU, o.device.TUN = 1300, 1300, true }},
		{"tap0 --seed 77", func(o *serveOptions) { o.seeded, o.seed, o.fault.Seed = true, 77, 77 }},
		{"tap0 --seed 0", func(o *serveOptions) { o.seeded = true }},
		{"tap0 --buffer 1 --service-buffer 67108864", func(o *serveOptions) { o.buffer, o.serviceBuffer = 1, 64<<20 }},
		{"tap0 --congestion bbr --ecn off", func(o *serveOptions) { o.tcp.Congestion, o.tcp.ECN = tcp.BBR, tcp.ECNOff }},
		{"tap0 --congestion reno --ecn accurate --fast-open --pacing --keepalive 30s", func(o *serveOptions) {
			o.tcp = tcp.Config{Congestion: tcp.NewReno, AccurateECN: true, AccurateECNOption: true, FastOpen: true, Pacing: true}
			o.tcp.KeepAlive = tcp.KeepAlive{Enabled: true, Idle: 30 * time.Second, Interval: 30 * time.Second}
		}},
		{"tap0 --keepalive 2h --ecn on --congestion cubic", func(o *serveOptions) {
			o.tcp.KeepAlive = tcp.KeepAlive{Enabled: true, Idle: 2 * time.Hour, Interval: 75 * time.Second}
		}},
		{"tap0 --drop-chance 15 --corrupt-chance 0.5 --duplicate-chance 100 --reorder-chance 1e1", func(o *serveOptions) {
			o.fault.DropChance, o.fault.CorruptChance, o.fault.DuplicateChance, o.fault.ReorderChance = 15, 0.5, 100, 10
		}},
		{"tap0 --size-limit 600 --tx-rate-limit 4 --rx-rate-limit 5 --shaping-interval 20", func(o *serveOptions) {
			o.fault.SizeLimit, o.fault.TxRateLimit, o.fault.RxRateLimit, o.fault.ShapingInterval = 600, 4, 5, 20*time.Millisecond
		}},
		{"tap0 --delay 1.5s --shaping-interval 2s", func(o *serveOptions) {
			o.fault.Delay, o.fault.ShapingInterval = 1500*time.Millisecond, 2*time.Second
		}},
		{"tap0 --delay 20", func(o *serveOptions) { o.fault.Delay = 20 * time.Millisecond }},
		{"tap0 --trace -tevc5 --format json", func(o *serveOptions) {
			o.trace = true
			o.out.kind, o.out.count, o.out.Time, o.out.LinkHeader, o.out.Verbose = "json", 5, format.TimeNone, true, 1
		}},
	} {
		want := base()
		test.set(&want)
		got, err := parseServe(t, test.line)
		if err != nil {
			t.Errorf("serve %s: %v", test.line, err)
			continue
		}
		got.out.InterfaceName = nil // a function: not comparable
		if !want.seeded {           // chosen at random
			got.seed, got.fault.Seed = 0, 0
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("serve %s:\n got %+v\nwant %+v", test.line, got, want)
		}
	}
	a, _ := parseServe(t, "tap0")
	b, _ := parseServe(t, "tap0")
	if a.seed == b.seed || a.fault.Seed != a.seed {
		t.Errorf("seeds %d and %d are not chosen at random, or faults have another", a.seed, b.seed)
	}
}

// What is wrong with a command line is said before anything is opened.
func TestServeUsage(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"", "on which interface? (smoltcp serve tap0)"},
		{"tap0 tap1", `["tap0" "tap1"]: one interface; further ones are --also tap1=ADDR/BITS`},
		{"tap0 --buffer 0", "--buffer 0: want 1 to 67108864 bytes"},
		{"tap0 --buffer 67108865", "--buffer 67108865: want 1 to 67108864 bytes"},
		{"tap0 --buffer many", `--buffer many: not a value that this flag takes (see smoltcp serve --help)`},
		{"tap0 --service-buffer -1", "--service-buffer -1: want 1 to 67108864 bytes"},
		{"tap0 --hardware-addr 02-00", "--hardware-addr 02-00: not a hardware address (want six octets like 02-00-00-00-00-01)"},
		{"tap0 --hardware-addr 03-00-00-00-00-01", "--hardware-addr 03-00-00-00-00-01: not the address of one station"},
		{"tap0 --hardware-addr 00-00-00-00-00-00", "--hardware-addr 00-00-00-00-00-00: not the address of one station"},
		{"tap0 --addr 10.0.0.1", "--addr 10.0.0.1: want an address with the length of its network, like 192.168.69.1/24 or fdaa::1/64"},
		{"tap0 --addr fe80::1", "--addr fe80::1: want an address with the length of its network, like 192.168.69.1/24 or fdaa::1/64"},
		{"tap0 --host-addr 1.2.3.4/33", "--host-addr 1.2.3.4/33: want an address with the length of its network, like 192.168.69.1/24 or fdaa::1/64"},
		{"tap0 --addr 192.168.69.100/24", "--addr 192.168.69.100/24: the kernel's side has that address (--host-addr)"},
		{"tap0 --gateway fe80::1%tap0", "--gateway fe80::1%tap0: not an IP address"},
		{"tap0 --gateway fd00::1", "--gateway fd00::1: in no network of the host's (--addr)"},
		{"tap0 --gateway 192.168.69.7 --gateway 192.168.69.8", "--gateway 192.168.69.8: one for each IP version is enough"},
		{"tap0 --gateway 10.0.0.1", "--gateway 10.0.0.1: in no network of the host's (--addr)"},
		{"tap0 --mtu 67", "--mtu 67: want 68 to 65535 bytes"},
		{"tap0 --mtu 65536", "--mtu 65536: want 68 to 65535 bytes"},
		{"tap0 --seed -1", `--seed -1: not a value that this flag takes (see smoltcp serve --help)`},
		{"tap0 --drop-chance 100.1", "--drop-chance 100.1: want a percentage from 0 to 100"},
		{"tap0 --corrupt-chance -1", "--corrupt-chance -1: want a percentage from 0 to 100"},
		{"tap0 --duplicate-chance NaN", "--duplicate-chance NaN: want a percentage from 0 to 100"},
		{"tap0 --reorder-chance Inf", "--reorder-chance +Inf: want a percentage from 0 to 100"},
		{"tap0 --congestion vegas", "--congestion vegas: want cubic, reno or bbr"},
		{"tap0 --ecn maybe", "--ecn maybe: want off, on or accurate"},
		{"tap0 --keepalive 10", "--keepalive 10: want a time like 30s, 1s to 24h0m0s"},
		{"tap0 --keepalive 25h", "--keepalive 25h: want a time like 30s, 1s to 24h0m0s"},
		{"tap0 --keepalive often", "--keepalive often: want a time like 30s, 1s to 24h0m0s"},
		{"tap0 --size-limit -1", "--size-limit -1: want 0 or more"},
		{"tap0 --tx-rate-limit -1", "--tx-rate-limit -1: want 0 or more"},
		{"tap0 --rx-rate-limit -1", "--rx-rate-limit -1: want 0 or more"},
		{"tap0 --delay 61s", "--delay 61s: want a time like 20ms, 0 to 1m"},
		{"tap0 --delay soon", "--delay soon: want a time like 20ms, 0 to 1m"},
		{"tap0 --shaping-interval 0", "--shaping-interval 0: want a time like 50ms, above 0 and up to 1h"},
		{"tap0 --temporary", "--temporary: goes with --slaac"},
		{"tap0 --also tap1", "--also tap1: want an interface and an address with the length of its network, like tap1=10.1.0.1/24"},
		{"tap0 --also =10.1.0.1/24", "--also =10.1.0.1/24: want an interface and an address with the length of its network, like tap1=10.1.0.1/24"},
		{"tap0 --also tap0=10.1.0.1/24", "--also tap0=10.1.0.1/24: that is where the host is already (more addresses there: --addr)"},
		{"tap0 --also-host-addr tap1=10.1.0.2/24", "--also-host-addr tap1=10.1.0.2/24: no interface of --also"},
		{"tap0 --also tap1=10.1.0.1/24 --also-host-addr tap1=10.1.0.1/24", "--also-host-addr tap1=10.1.0.1/24: the host has that address (--also)"},
		{"tap0 --pcap - --trace", "--pcap - --trace: packets and text cannot both go to standard output"},
		{"tap0 -c 5", "-c 5: counts the frames of --trace, which is not there"},
		{"tap0 --trace --format xml", "--format xml: want tree, line or json"},
		{"tap0 --no-such-flag", "no such flag: --no-such-flag (see smoltcp serve --help)"},
	} {
		var out bytes.Buffer
		app := New(Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out})
		err := app.Run(Arrange(strings.Fields("smoltcp serve " + test.line)))
		if err == nil || err.Error() != "serve: "+test.want || ExitCode(err) != 2 {
			t.Errorf("serve %s: exit code %d, %v\nwant 2, serve: %s", test.line, ExitCode(err), err, test.want)
		}
		if out.Len() > 0 {
			t.Errorf("serve %s prints %q", test.line, &out)
		}
	}
}

// lockedBuffer takes writes from other goroutines.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// serving is serve running in this process, on one end of a pipe.
type serving struct {
	t              *testing.T
	stdout, stderr *lockedBuffer
	stop           context.CancelFunc
	ended          chan error
	wire           capture.Device // the other end
}

// startServe runs serve with a command line, and waits until it says that it serves.
func startServe(t *testing.T, line string, stdout io.Writer) *serving {
	t.Helper()
	o, err := parseServe(t, line)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &serving{t: t, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, stop: stop, ended: make(chan error, 1)}
	if stdout == nil {
		stdout = s.stdout
	}
	dev, wire := capture.Pipe(1500)
	s.wire = wire
	go func() {
		s.ended <- serveOn(ctx, Env{Stdin: strings.NewReader(""), Stdout: stdout, Stderr: s.stderr}, o, []capture.Device{dev})
	}()
	t.Cleanup(func() {
		stop()
		wire.Close()
	})
	return s
}

// wait gives serve's error once it has ended.
func (s *serving) wait() error {
	s.t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		s.t.Fatalf("serve does not end; stderr: %s", s.stderr)
		return nil
	}
}

// send puts a frame on the wire.
func (s *serving) send(frame []byte) {
	s.t.Helper()
	for {
		ok, err := s.wire.Send([][]byte{frame})
		if err != nil {
			s.t.Fatalf("send: %v; stderr: %s", err, s.stderr)
		}
		if ok {
			return
		}
		s.wire.Wait(patience, true)
	}
}

// receive gives the next frame of a type from the wire, ARP requests apart.
func (s *serving) receive(typ dissect.EtherType) []byte {
	s.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		frame, err := s.wire.Recv()
		if err != nil {
			s.t.Fatal(err)
		}
		if frame == nil {
			s.wire.Wait(10*time.Millisecond, false)
			continue
		}
		if dissect.Ethernet(frame).Type() == typ && (typ != dissect.EtherTypeARP || dissect.ARP(frame[14:]).Op() == dissect.ARPReply) {
			return bytes.Clone(frame)
		}
	}
	s.t.Fatal("nothing comes from the server")
	return nil
}

var (
	peerMAC   = dissect.MAC{2, 0, 0, 0, 0, 2}
	serverMAC = dissect.MAC{2, 0, 0, 0, 0, 1}
	peerIP    = netip.MustParseAddr(clientAddr)
	serverIP  = netip.MustParseAddr(serviceAddr)
)

// arpFrame is an ARP request for the server by the peer.
func arpFrame() []byte { return arpRequest(peerMAC, peerIP, serverIP) }

func arpRequest(mac dissect.MAC, sender, target netip.Addr) []byte {
	eth := dissect.EthernetHeader{Dst: dissect.BroadcastMAC, Src: mac, Type: dissect.EtherTypeARP}
	arp := dissect.ARPHeader{Op: dissect.ARPRequest, SenderMAC: mac, SenderIP: sender, TargetIP: target}
	return arp.Append(eth.Append(nil))
}

// datagramFrame is a UDP datagram from the peer's port 5000.
func datagramFrame(port uint16, data string) []byte {
	u := dissect.UDPHeader{SrcPort: 5000, DstPort: port, Length: uint16(8 + len(data))}.Append(nil)
	u = append(u, data...)
	dissect.UDP(u).FillChecksum(dissect.PseudoHeaderSum(peerIP, serverIP, dissect.ProtoUDP, len(u)))
	eth := dissect.EthernetHeader{Dst: serverMAC, Src: peerMAC, Type: dissect.EtherTypeIPv4}
	ip := dissect.IPv4Header{TTL: 64, Protocol: dissect.ProtoUDP, Src: peerIP, Dst: serverIP, TotalLen: 20 + len(u)}
	return append(ip.Append(eth.Append(nil)), u...)
}

// talk lets the peer ask for the server's address and for a yo dawg, and gives the four frames.
func (s *serving) talk() (frames [4][]byte) {
	s.t.Helper()
	frames[0] = arpFrame()
	s.send(frames[0])
	frames[1] = s.receive(dissect.EtherTypeARP)
	frames[2] = datagramFrame(6969, "hello")
	s.send(frames[2])
	frames[3] = s.receive(dissect.EtherTypeIPv4)
	if u := dissect.UDP(frames[3][34:]); string(u.Payload()) != "yo dawg\n" {
		s.t.Fatalf("the answer is %x", frames[3])
	}
	return frames
}

// traced is how --trace -t shows a frame.
func traced(mark string, frame []byte) string {
	var p dissect.Packet
	p.Decode(dissect.LinkEthernet, frame, len(frame))
	text := format.NewTree(format.Options{Time: format.TimeNone}).Append(nil, &format.Frame{Packet: &p})
	return mark + strings.ReplaceAll(strings.TrimSuffix(string(text), "\n"), "\n", "\n   ") + "\n"
}

// inOrder fails the test unless all parts are in text, one behind the other.
func inOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, p := range parts {
		_, behind, ok := strings.Cut(rest, p)
		if !ok {
			t.Errorf("missing, or not in its place:\n%s\nin:\n%s", p, text)
			return
		}
		rest = behind
	}
}

func TestServeTrace(t *testing.T) {
	s := startServe(t, "tap0 --trace -t", nil)
	f := s.talk()
	s.stop()
	if err := s.wait(); err != nil {
		t.Fatal(err)
	}
	inOrder(t, s.stdout.String(),
		traced("<- ", f[0]),
		"-- tap0: neighbor 192.168.69.100 is at 02-00-00-00-00-02\n",
		traced("-> ", f[1]),
		traced("<- ", f[2]),
		traced("-> ", f[3]))
	for line := range strings.Lines(s.stdout.String()) {
		if !regexp.MustCompile("^(<-|->|--|  ) ").MatchString(line) {
			t.Errorf("strange line %q", line)
		}
	}
	inOrder(t, s.stderr.String(),
		"serving 192.168.69.1/24, fdaa::1/64, fe80::1/64 as 02-00-00-00-00-01 on tap0: ping, tcp 7 9 19 6969 6970 6971 6972, udp 7 9 19 6969",
		"\nRxFrames                                            2",
		"\nARPReceived                                         1",
		"\nUDPReceived                                         1",
		"\nARPReplies                                          1",
		"\nUDPSent                                             1")
}

// A frame that a fault befell is shown, with what that was, also if the host never saw it, and is counted.
func TestServeTraceFaults(t *testing.T) {
	for _, test := range []struct{ flags, mark, verdict string }{
		{"--drop-chance 100", "<- ", "rx: randomly dropping a packet"},
		{"--drop-chance 100", "-> ", "tx: randomly dropping a packet"}, // the announcement of the address
		{"--size-limit 41", "<- ", "rx: dropping a packet that is too large"},
		{"--size-limit 41", "-> ", "tx: dropping a packet that is too large"},
		{"--corrupt-chance 100", "<- ", "rx: randomly corrupting a packet"},
		{"--corrupt-chance 100", "-> ", "tx: randomly corrupting a packet"},
		{"--duplicate-chance 100", "<- ", "rx: duplicating a packet"},
		{"--reorder-chance 100", "<- ", "rx: reordering a packet"},
		{"--rx-rate-limit 1 --shaping-interval 1h", "<- ", "rx: dropping a packet because of rate limiting"},
		{"--tx-rate-limit 1 --shaping-interval 1h", "-> ", "tx: dropping a packet because of rate limiting"},
	} {
		s := startServe(t, "tap0 --seed 7 --trace -t "+test.flags, nil)
		s.send(arpFrame())
		s.send(arpFrame())
		want := "\n   (" + test.verdict + ")\n"
		eventually(t, test.flags+": "+test.verdict, func() bool { return strings.Contains(s.stdout.String(), want) })
		s.stop()
		if err := s.wait(); err != nil {
			t.Fatal(err)
		}
		before, _, _ := strings.Cut(s.stdout.String(), want)
		if mark := before[strings.LastIndex("\n"+before, "\n"+test.mark):]; strings.Count(mark, "\n") > 1 {
			t.Errorf("%s: %q is said of\n%s", test.flags, test.verdict, mark)
		}
		inOrder(t, s.stderr.String(), "; faults from seed 7\n", "\n"+test.verdict+" ")
	}
}

func TestServeTraceJSON(t *testing.T) {
	s := startServe(t, "tap0 --trace --format json --duplicate-chance 100", nil)
	s.talk()
	s.stop()
	if err := s.wait(); err != nil {
		t.Fatal(err)
	}
	directions, comments, events := map[string]int{}, map[string]int{}, 0
	for r := bufio.NewScanner(strings.NewReader(s.stdout.String())); r.Scan(); {
		var line struct {
			Time      time.Time
			Event     string
			Num       int
			Direction string
			Comment   string
			Layers    []string
		}
		if err := json.Unmarshal(r.Bytes(), &line); err != nil {
			t.Errorf("%s: %v", r.Bytes(), err)
		}
		if time.Since(line.Time).Abs() > time.Minute {
			t.Errorf("%s: not the present time", r.Bytes())
		}
		switch {
		case line.Event != "":
			events++
		case line.Num == 0 || len(line.Layers) == 0 || line.Layers[0] != "eth":
			t.Errorf("%s: neither a frame nor an event", r.Bytes())
		default:
			directions[line.Direction]++
			comments[line.Comment]++
		}
	}
	if events == 0 || directions["In"] < 2 || directions["Out"] < 2 || len(directions) != 2 ||
		comments["rx: duplicating a packet"] == 0 || comments["tx: duplicating a packet"] == 0 {
		t.Errorf("%d events, directions %v, comments %v", events, directions, comments)
	}
}

// -c ends the host after so many frames.
func TestServeCount(t *testing.T) {
	s := startServe(t, "tap0 --trace -t -c 3", nil)
	s.send(arpFrame()) // the announcement of the address, this and the answer make three
	if err := s.wait(); err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile("(?m)^(<-|->) ").FindAllString(s.stdout.String(), -1)); n != 3 {
		t.Errorf("%d frames shown:\n%s", n, s.stdout)
	}
}

func TestServeVerbose(t *testing.T) {
	s := startServe(t, "tap0 --verbose", nil)
	s.talk()
	s.stop()
	if err := s.wait(); err != nil {
		t.Fatal(err)
	}
	inOrder(t, s.stderr.String(),
		`msg="tap0: neighbor 192.168.69.100 is at 02-00-00-00-00-02"`,
		"msg=datagram service=udp:6969 peer=192.168.69.100:5000 len=5")
	if s.stdout.String() != "" {
		t.Errorf("standard output has %q", s.stdout)
	}
}

// failing is a standard output that takes some bytes and then fails.
type failing struct{ room int }

func (f *failing) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, syscall.EPIPE
	}
	return len(p), nil
}

// No frame that comes, of whatever length, stops the host, and the trace and the record show every one.
func TestServeStrangeFrames(t *testing.T) {
	for _, printer := range []string{"--format tree -vvXX", "--format line -vvv", "--format json"} {
		file := filepath.Join(t.TempDir(), "x.pcapng")
		s := startServe(t, "tap0 --trace "+printer+" --pcap "+file, nil)
		sample := datagramFrame(9, strings.Repeat("x", 1400))
		junk := noise(9, 1518, false)
		sent := 0
		for n := 0; n <= 1518; n++ {
			frames := [][]byte{make([]byte, n), junk[:n], append(sample[:min(n, len(sample)):min(n, len(sample))], junk[min(n, len(sample)):n]...)}
			for _, f := range frames {
				s.send(f)
				sent++
			}
			for f, _ := s.wire.Recv(); f != nil; f, _ = s.wire.Recv() {
			}
		}
		s.talk()
		s.stop()
		if err := s.wait(); err != nil {
			t.Fatal(err)
		}
		inOrder(t, s.stderr.String(), fmt.Sprintf("\nRxFrames %44d\n", sent+2))
		src, err := capture.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		saved := 0
		for p, err := src.Next(); err != io.EOF; p, err = src.Next() {
			if err != nil {
				t.Fatal(err)
			}
			if p.Direction == capture.DirIn {
				saved++
			}
		}
		src.Close()
		if saved != sent+2 {
			t.Errorf("%d frames came and %d are in the file", sent+2, saved)
		}
	}
}

// A trace that nobody can read any more, and a record that cannot be written, end the host.
func TestServeOutputFails(t *testing.T) {
	for _, flag := range []string{"--trace", "--pcap -"} {
		s := startServe(t, "tap0 "+flag, &failing{room: 20_000})
		s.talk()
		var err error
		for over := false; !over; {
			select {
			case err = <-s.ended:
				over = true
			default:
				s.wire.Send([][]byte{datagramFrame(9, strings.Repeat("x", 1400))})
			}
		}
		if fmt.Sprint(err) != "standard output was closed by its reader" || ExitCode(err) != 1 {
			t.Errorf("%s: %v", flag, err)
		}
		inOrder(t, s.stderr.String(), "serving ", "\nRxFrames ")
	}
}

// A trace that nobody reads holds the host up, but not its end.
func TestServeTraceStuck(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	s := startServe(t, "tap0 --trace", w)
	s.send(arpFrame())
	r.Read(make([]byte, 1)) // the host is in the middle of a write
	s.stop()
	if err := s.wait(); fmt.Sprint(err) != "standard output: nobody reads it" || ExitCode(err) != 1 {
		t.Errorf("%v", err)
	}
	inOrder(t, s.stderr.String(), "serving ", "\nTxFrames ")
}

// A record that cannot be made is said before anything is served.
func TestServePcapRefused(t *testing.T) {
	s := startServe(t, "tap0 --pcap "+filepath.Join(t.TempDir(), "none", "x.pcap"), nil)
	if err := s.wait(); !errors.Is(err, os.ErrNotExist) || ExitCode(err) != 1 {
		t.Errorf("%v", err)
	}
	if s.stderr.String() != "" {
		t.Errorf("it says %q", s.stderr)
	}
}

// --pcap has every frame, with what was done to it.
func TestServePcap(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.pcapng")
	s := startServe(t, "tap0 --corrupt-chance 100 --seed 3 --pcap "+file, nil)
	s.send(arpFrame())
	s.receiveAny()
	s.stop()
	if err := s.wait(); err != nil {
		t.Fatal(err)
	}
	src, err := capture.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	in, out := 0, 0
	for {
		p, err := src.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if time.Since(time.Unix(0, p.Time)).Abs() > time.Minute || p.Link != dissect.LinkEthernet {
			t.Errorf("time %d, link %v", p.Time, p.Link)
		}
		switch {
		case p.Direction == capture.DirIn && string(p.Comment) == "rx: randomly corrupting a packet" && !bytes.Equal(p.Data, arpFrame()):
			in++
		case p.Direction == capture.DirOut && string(p.Comment) == "tx: randomly corrupting a packet":
			out++
		default:
			t.Errorf("direction %v, comment %q, data %x", p.Direction, p.Comment, p.Data)
		}
	}
	if in != 1 || out == 0 {
		t.Errorf("%d frames in and %d out are in the file", in, out)
	}
}

// receiveAny gives the next frame from the wire, whatever it is.
func (s *serving) receiveAny() []byte {
	s.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); s.wire.Wait(10*time.Millisecond, false) {
		if frame, err := s.wire.Recv(); frame != nil || err != nil {
			return frame
		}
	}
	s.t.Fatal("nothing comes from the server")
	return nil
}

// Ctrl-C ends connections in order where the peer plays along, and with a reset where it does not read.
func TestServeStops(t *testing.T) {
	s := startServe(t, "tap0 --trace", nil)
	client := startHost(t, s.wire, clientAddr, 2, stack.Config{})
	polite := dial(t, client, 6969)
	deaf := dial(t, client, 19)
	eventually(t, "the client is full", func() bool {
		i := deaf.Info()
		return i.RcvWnd>>i.RcvScale == 0 && i.Unread > 0
	})
	s.stop()
	if n, err := polite.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("an idle connection gives %d, %v", n, err)
	}
	polite.Close()
	if err := s.wait(); err != nil {
		t.Error(err)
	}
	if resets := regexp.MustCompile(`TCP src=(\d+) .*\brst\b`).FindAllStringSubmatch(s.stdout.String(), -1); len(resets) != 1 || resets[0][1] != "19" {
		t.Errorf("resets: %q", resets)
	}
	inOrder(t, s.stderr.String(), "serving ", "\nTCPAccepts                                          2\n")
}

func TestServeInterfaceGone(t *testing.T) {
	s := startServe(t, "tap0 --trace", nil)
	s.talk()
	s.wire.Close()
	err := s.wait()
	if !errors.Is(err, capture.ErrGone) || ExitCode(err) != 1 || strings.Contains(fmt.Sprint(err), "\n") {
		t.Errorf("%v", err)
	}
	inOrder(t, s.stderr.String(), "\nRxFrames                                            2\n")
}

// What only the stack can know to be wrong with the flags is a usage error too; what is wrong with the interface is not.
func TestServeRefused(t *testing.T) {
	for _, test := range []struct {
		line, want string
		code       int
	}{
		{"--addr 192.168.69.0/24", "192.168.69.0/24 cannot be an address of this host: it is the address of the network", 2},
		{"--addr 10.0.0.1/24 --addr 10.0.0.1/24", "10.0.0.1/24 cannot be an address of this host: this host has it already", 2},
		{"--addr 224.0.0.1/24", "224.0.0.1/24 cannot be an address of this host: it is a multicast address", 2},
		{"--gateway 192.168.69.1", "invalid route: gateway 192.168.69.1 is this host", 2},
		{"--gateway 192.168.69.255", "invalid route: gateway 192.168.69.255 is a broadcast address", 2},
		{"--mtu 1501", "invalid interface tap0: MTU 1501 exceeds the device's 1500", 1},
	} {
		s := startServe(t, "tap0 "+test.line, nil)
		if err := s.wait(); fmt.Sprint(err) != test.want || ExitCode(err) != test.code {
			t.Errorf("serve %s: exit code %d, %v", test.line, ExitCode(err), err)
		}
		if s.stderr.String() != "" {
			t.Errorf("serve %s says %q first", test.line, s.stderr)
		}
		if _, err := s.wire.Recv(); !errors.Is(err, capture.ErrGone) {
			t.Errorf("serve %s leaves the device open", test.line)
		}
	}
}

// With the same seed a host chooses the same numbers.
func TestServeSeed(t *testing.T) {
	irs := func(seed string) uint32 {
		s := startServe(t, "tap0 --seed "+seed, nil)
		// The client's port is part of the server's choice, and has to be the same too.
		client := startHost(t, s.wire, clientAddr, 2, stack.Config{Rand: mrand.NewChaCha8([32]byte{})})
		i := dial(t, client, 6969).Info()
		return uint32(i.IRS)
	}
	const slack = 1 << 22 // the clock is part of the number too (RFC 6528): 4 µs each
	a, b, c := irs("5"), irs("5"), irs("6")
	if b-a > slack && a-b > slack {
		t.Errorf("initial sequence numbers %d and %d with one seed", a, b)
	}
	if c-a < slack || a-c < slack {
		t.Errorf("initial sequence numbers %d and %d with two seeds", a, c)
	}
}

// A host on two interfaces answers on both, and its trace and its savefile say on which.
func TestServeAlso(t *testing.T) {
	file := filepath.Join(t.TempDir(), "both.pcapng")
	o, err := parseServe(t, "tap0 --also tap1=10.1.0.1/24 --also tap2=10.2.0.1/24 --also tap1=10.1.0.9/24 --gateway 10.1.0.77 --trace --format line --pcap "+file)
	if err != nil {
		t.Fatal(err)
	}
	if own, others := o.splitGateways(); len(own) != 0 || len(others) != 2 || len(others[0]) != 1 || len(others[1]) != 0 {
		t.Errorf("gateways of tap0 %v, of the others %v", own, others)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	stdout, stderr := &lockedBuffer{}, &lockedBuffer{}
	var devs, wires []capture.Device
	for range 3 {
		dev, wire := capture.Pipe(1500)
		devs, wires = append(devs, dev), append(wires, wire)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- serveOn(ctx, Env{Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr}, o, devs)
	}()
	for i, addr := range []string{"192.168.69.1", "10.1.0.1", "10.2.0.1", "10.1.0.9"} {
		wire := wires[i%3]
		if i == 3 {
			wire = wires[1]
		}
		s := serving{t: t, wire: wire, stderr: stderr}
		asked := netip.MustParseAddr(addr)
		s.send(arpRequest(dissect.MAC{2, 0, 0, 0, 0, 0x77}, asked.Next(), asked))
		if got := dissect.ARP(s.receive(dissect.EtherTypeARP)[14:]).SenderProtocol(); !bytes.Equal(got, asked.AsSlice()) {
			t.Errorf("%s is answered for by %v", addr, got)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10.1.0.1/24, 10.1.0.9/24 on tap1, 10.2.0.1/24 on tap2"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is missing in %s", want, stderr)
		}
	}
	for _, want := range []string{"<- tap0 ", "-> tap1 ", "<- tap2 "} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q is missing in %s", want, stdout)
		}
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := capture.NewReader(f, file)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	for p, err := r.Next(); err == nil; p, err = r.Next() {
		seen[p.Interface] = true
	}
	if len(seen) != 3 {
		t.Errorf("the savefile has packets of %d interfaces", len(seen))
	}
}
