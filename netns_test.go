//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"smoltcp/dissect"
)

// patience is how long anything in these tests may take; they wait for what happens, not for time.
const patience = 10 * time.Second

// network is two hosts of the kernel in namespaces of their own, with a veth pair between them: 192.168.69.100 and
// 2001:db8::64 on eth0 of a, 192.168.69.1 and 2001:db8::1 on eth0 of b.
type network struct {
	t    *testing.T
	a, b string
}

var networks atomic.Int32

// newNetwork makes a network that ends with the test, which it skips if there is no way to make one or a tool is missing.
func newNetwork(t *testing.T, tools ...string) *network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root, to make network namespaces")
	}
	for _, tool := range append([]string{"ip"}, tools...) {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s", tool)
		}
	}
	n := &network{t: t}
	id := fmt.Sprintf("smoltcp-%d-%d", os.Getpid(), networks.Add(1))
	n.a, n.b = id+"-a", id+"-b"
	for _, ns := range []string{n.a, n.b} {
		if out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput(); err != nil {
			t.Skipf("needs network namespaces: ip netns add: %v: %s", err, out)
		}
		t.Cleanup(func() { exec.Command("ip", "netns", "del", ns).Run() })
	}
	n.ip(n.a, "link", "add", "eth0", "address", "02:00:00:00:00:64", "type", "veth", "peer", "name", "eth0", "netns", n.b, "address", "02:00:00:00:00:01")
	for _, ns := range []string{n.a, n.b} {
		ip4, ip6 := "192.168.69.100/24", "2001:db8::64/64"
		if ns == n.b {
			ip4, ip6 = "192.168.69.1/24", "2001:db8::1/64"
		}
		n.ip(ns, "link", "set", "lo", "up")
		n.ip(ns, "link", "set", "eth0", "up")
		n.ip(ns, "addr", "add", ip4, "dev", "eth0")
		n.ip(ns, "addr", "add", ip6, "dev", "eth0", "nodad")
	}
	return n
}

// ip runs the ip command in a namespace.
func (n *network) ip(ns string, args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", append([]string{"-n", ns}, args...)...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %q: %v: %s", args, err, out)
	}
}

// run runs a command in a namespace to its end and gives what it prints.
func (n *network) run(ns string, args ...string) string {
	n.t.Helper()
	out, err := exec.Command("ip", append([]string{"netns", "exec", ns}, args...)...).CombinedOutput()
	if err != nil {
		n.t.Fatalf("%q: %v: %s", args, err, out)
	}
	return string(out)
}

// kernelPing runs ping, which ends when all of its answers (-c of them) are there and fails if they never are. Without -w it would go as soon
// as an answer is late by two round trips, which means nothing on a machine that is busy.
func (n *network) kernelPing(ns string, args ...string) string {
	n.t.Helper()
	return n.run(ns, append([]string{"ping", "-n", "-w", "20"}, args...)...)
}

// program is a command that runs in a namespace.
type program struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	stdout textBuffer
	stderr textBuffer
	ended  chan struct{}
}

// textBuffer is a buffer that may be read while a program writes to it.
type textBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *textBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *textBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// start starts a command in a namespace. It is killed when the test ends before it does.
func (n *network) start(ns string, args ...string) *program {
	n.t.Helper()
	p := &program{t: n.t, name: strings.Join(args, " "), ended: make(chan struct{})}
	p.cmd = exec.Command("ip", append([]string{"netns", "exec", ns}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.WaitDelay = 5 * time.Second // a child that outlives it, such as dnsmasq's for a TCP connection, has the same output
	if err := p.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.ended)
	}()
	n.t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// await waits for text in what the program prints.
func (p *program) await(out *textBuffer, text string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); !strings.Contains(out.String(), text); time.Sleep(5 * time.Millisecond) {
		select {
		case <-p.ended:
			if strings.Contains(out.String(), text) {
				return
			}
			p.t.Fatalf("%s ended without printing %q\nstdout: %s\nstderr: %s", p.name, text, p.stdout.String(), p.stderr.String())
		default:
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s does not print %q\nstdout: %s\nstderr: %s", p.name, text, p.stdout.String(), p.stderr.String())
		}
	}
}

// end waits for the end of the program and gives its exit code.
func (p *program) end() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%s does not end\nstdout: %s\nstderr: %s", p.name, p.stdout.String(), p.stderr.String())
	}
	return p.cmd.ProcessState.ExitCode()
}

// interrupt sends a signal, waits for the end and checks that the program took it for an ordinary one.
func (p *program) interrupt(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
	if code := p.end(); code != 0 {
		p.t.Fatalf("%s: exit code %d after %v\n%s", p.name, code, s, p.stderr.String())
	}
}

// dump starts smoltcp dump in a namespace and waits until it captures.
func (n *network) dump(ns string, args ...string) *program {
	n.t.Helper()
	p := n.start(ns, append([]string{"smoltcp", "dump"}, args...)...)
	p.await(&p.stderr, "listening on ")
	return p
}

// tcpdump starts tcpdump in a namespace and waits until it captures.
func (n *network) tcpdump(ns string, args ...string) *program {
	n.t.Helper()
	p := n.start(ns, append([]string{"tcpdump", "-n", "-l", "--immediate-mode"}, args...)...)
	p.await(&p.stderr, "listening on ")
	return p
}

// mark makes a packet that is easy to find, behind all that went before it.
const mark = "192.168.69.1.9999: UDP"

// talk makes traffic from a to b: pings, a TCP connection there and back, a refused one, datagrams, and the mark.
func (n *network) talk() {
	n.t.Helper()
	n.run(n.a, "ping", "-c", "2", "-i", "0.2", "192.168.69.1")
	n.run(n.a, "ping", "-c", "1", "-s", "3000", "192.168.69.1")
	n.run(n.a, "ping", "-c", "1", "2001:db8::1")
	server := n.start(n.b, "socat", "-dd", "TCP-LISTEN:6969", "EXEC:cat")
	server.await(&server.stderr, "listening on ")
	if got := n.run(n.a, "sh", "-c", "echo abcdefg | socat -t 5 - TCP:192.168.69.1:6969"); got != "abcdefg\n" {
		n.t.Fatalf("the echo of cat is %q", got)
	}
	server.end() // what it still says must not come between the packets that follow
	n.run(n.a, "sh", "-c", "! socat -u /dev/null TCP:192.168.69.1:7777 2>/dev/null")
	n.run(n.a, "sh", "-c", "echo hello | socat -u - UDP:192.168.69.1:7777")
	n.mark()
}

func (n *network) mark() {
	n.run(n.a, "sh", "-c", "echo mark | socat -u - UDP:192.168.69.1:9999")
}

var packetTime = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{6} `)

// conversation is the lines of text up to the mark that are about the two hosts' addresses, without their times. What the
// kernels say when an interface comes up is left out: it may come at any time.
func conversation(text string) string {
	var b strings.Builder
	for line := range strings.Lines(packetTime.ReplaceAllString(text, "")) {
		if strings.Contains(line, "192.168.69.") || strings.Contains(line, "2001:db8::") {
			b.WriteString(line)
		}
		if strings.Contains(line, mark) {
			break
		}
	}
	return b.String()
}

// TestDumpIsTcpdump lets dump and tcpdump watch the same interfaces: they must print the same.
func TestDumpIsTcpdump(t *testing.T) {
	for _, c := range []struct {
		name  string
		iface string
		flags []string
	}{
		{"interface", "eth0", nil},
		{"verbose", "eth0", []string{"-v"}},
		{"link header", "eth0", []string{"-e"}},
		{"any", "any", nil},
		{"incoming", "eth0", []string{"-Q", "in"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, "ping", "socat", "tcpdump")
			ours := n.dump(n.b, append([]string{"--format", "line", "-n", "-l", "-i", c.iface}, c.flags...)...)
			theirs := n.tcpdump(n.b, append([]string{"-i", c.iface}, c.flags...)...)
			n.talk()
			ours.await(&ours.stdout, mark)
			theirs.await(&theirs.stdout, mark)
			ours.interrupt(os.Interrupt)
			got, want := conversation(ours.stdout.String()), conversation(theirs.stdout.String())
			if strings.Count(want, "\n") < 15 {
				t.Fatalf("tcpdump saw too little:\n%s", want)
			}
			compareLines(t, "dump "+c.name, []byte(got), []byte(want))
			counts := regexp.MustCompile(`(?m)^\d+ packets captured\n\d+ packets received by filter\n0 packets dropped by kernel\n`)
			if !counts.MatchString(ours.stderr.String()) {
				t.Errorf("no counts on stderr:\n%s", ours.stderr.String())
			}
		})
	}
}

// TestDumpVLAN checks that a tag that the kernel took off a frame is back in it.
func TestDumpVLAN(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat", "tcpdump")
	h := dissect.EthernetHeader{Src: dissect.MAC{2, 0, 0, 0, 0, 0x64}, Dst: dissect.MAC{2, 0, 0, 0, 0, 1}, Type: dissect.EtherTypeVLAN}
	tag := dissect.VLANHeader{ID: 69, Priority: 5, Type: dissect.EtherTypeARP}
	request := dissect.NewARPRequest(h.Src, netip.MustParseAddr("10.69.0.100"), netip.MustParseAddr("10.69.0.1"))
	frame := filepath.Join(t.TempDir(), "frame")
	if err := os.WriteFile(frame, request.Append(tag.Append(h.Append(nil))), 0o666); err != nil {
		t.Fatal(err)
	}
	save := filepath.Join(t.TempDir(), "vlan.pcap")
	p := n.dump(n.b, "eth0", "-l", "--format", "line", "-e", "-w", save, "--print")
	n.run(n.a, "socat", "-u", "FILE:"+frame, "INTERFACE:eth0")
	n.mark()
	p.await(&p.stdout, mark)
	p.interrupt(os.Interrupt)
	want := "02:00:00:00:00:64 > 02:00:00:00:00:01, ethertype 802.1Q (0x8100), length 46: vlan 69, p 5, ethertype ARP (0x0806), Request who-has 10.69.0.1 tell 10.69.0.100, length 28\n"
	if !strings.Contains(p.stdout.String(), want) {
		t.Errorf("no line with %q in\n%s", want, p.stdout.String())
	}
	if got := n.run(n.b, "sh", "-c", "tcpdump -n -e -r "+save+" 2>/dev/null"); !strings.Contains(got, want) {
		t.Errorf("in what tcpdump reads there is no line with %q:\n%s", want, got)
	}
}

// TestDumpWrites checks savefiles: complete after a signal, readable by tcpdump, with as many packets as were counted.
func TestDumpWrites(t *testing.T) {
	for _, c := range []struct {
		file   string
		signal os.Signal
	}{{"x.pcap", os.Interrupt}, {"x.pcapng", syscall.SIGTERM}} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, "ping", "socat", "tcpdump")
			save := filepath.Join(t.TempDir(), c.file)
			// A second one tells when the first has everything.
			p := n.dump(n.b, "-i", "eth0", "-w", save)
			watch := n.dump(n.b, "-i", "eth0", "--format", "line", "-l")
			n.talk()
			watch.await(&watch.stdout, mark)
			n.run(n.a, "ping", "-c", "1", "192.168.69.1")
			p.interrupt(c.signal)
			if out := p.stdout.String(); out != "" {
				t.Errorf("-w prints %q", out)
			}
			read := n.run(n.b, "sh", "-c", "tcpdump -n -r "+save+" 2>/dev/null")
			if !strings.Contains(read, mark) {
				t.Errorf("the savefile lacks packets:\n%s", read)
			}
			count := fmt.Sprintf("\n%d packets captured\n", strings.Count(read, "\n"))
			if !strings.Contains(p.stderr.String(), count) {
				t.Errorf("tcpdump reads%sand dump said\n%s", count, p.stderr.String())
			}
			got, stderr, code := smoltcp(nil, "decode", "--format", "line", save)
			if code != 0 {
				t.Fatalf("decode: exit code %d: %s", code, stderr)
			}
			compareLines(t, c.file, got, []byte(read))
		})
	}
}

// TestDumpCount checks that -c ends the capture by itself.
func TestDumpCount(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping")
	p := n.dump(n.b, "eth0", "-c3", "-Q", "in", "--format", "json")
	pings := n.start(n.a, "ping", "-i", "0.2", "192.168.69.1")
	if code := p.end(); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	pings.cmd.Process.Kill()
	if lines := strings.Count(p.stdout.String(), "\n"); lines != 3 || !strings.Contains(p.stderr.String(), "\n3 packets captured\n") {
		t.Fatalf("%d packets printed:\n%s%s", lines, p.stdout.String(), p.stderr.String())
	}
}

// TestDumpInterfaceVanishes deletes the interface under a capture: what was captured is printed and saved, then one line
// says what happened.
func TestDumpInterfaceVanishes(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping", "socat")
	save := filepath.Join(t.TempDir(), "x.pcap")
	p := n.dump(n.b, "eth0", "--format", "line", "-w", save, "--print", "-U")
	n.run(n.a, "ping", "-c", "2", "-i", "0.2", "192.168.69.1")
	n.mark()
	p.await(&p.stdout, mark)
	n.ip(n.a, "link", "del", "eth0")
	if code := p.end(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if got := regexp.MustCompile(`(?m)^smoltcp: dump: .*$`).FindAllString(p.stderr.String(), -1); len(got) != 1 || !strings.Contains(got[0], "eth0") {
		t.Errorf("want one line about eth0, have %q in\n%s", got, p.stderr.String())
	}
	out, stderr, code := smoltcp(nil, "decode", "--format", "line", save)
	if code != 0 || !bytes.Contains(out, []byte(mark)) {
		t.Errorf("the savefile: exit code %d: %s%s", code, stderr, out)
	}
}

// TestDumpNotAllowed runs dump without the right to open packet sockets: the error says what would help.
func TestDumpNotAllowed(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "setpriv")
	p := n.start(n.a, "setpriv", "--bounding-set=-net_raw,-net_admin", "--inh-caps=-all", "smoltcp", "dump", "eth0")
	if code := p.end(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if text := p.stderr.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "smoltcp: dump: ") || !strings.Contains(text, "CAP_NET_RAW") {
		t.Errorf("want one line with CAP_NET_RAW, have %q", text)
	}
}
