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
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"smoltcp/dissect"
)

// secondLink wires a second pair of interfaces, eth1 of a and of b, with 192.168.70.100 and 192.168.70.1.
func (n *network) secondLink() {
	n.t.Helper()
	n.ip(n.a, "link", "add", "eth1", "type", "veth", "peer", "name", "eth1", "netns", n.b)
	for ns, addr := range map[string]string{n.a: "192.168.70.100/24", n.b: "192.168.70.1/24"} {
		n.ip(ns, "link", "set", "eth1", "up")
		n.ip(ns, "addr", "add", addr, "dev", "eth1")
	}
}

// datagram sends text from a to a port of b.
func (n *network) datagram(text, to string) {
	n.t.Helper()
	n.run(n.a, "sh", "-c", "printf %s '"+text+"' | socat -u - UDP:"+to)
}

// counts finds what a program said about a capture at its end.
func (p *program) counts() (captured, received int) {
	p.t.Helper()
	m := regexp.MustCompile(`(?m)^(\d+) packets? captured\n(\d+) packets? received by filter\n0 packets dropped by kernel\n`).FindStringSubmatch(p.stderr.String())
	if m == nil {
		p.t.Fatalf("no counts on stderr:\n%s", p.stderr.String())
	}
	captured, _ = strconv.Atoi(m[1])
	received, _ = strconv.Atoi(m[2])
	return captured, received
}

// TestDumpSeveral captures on two interfaces: packets come in order, each with its interface, and the file keeps them apart.
func TestDumpSeveral(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat", "tcpdump")
	n.secondLink()
	save := filepath.Join(t.TempDir(), "x.pcapng")
	p := n.dump(n.b, "eth0", "eth1", "--format", "line", "-w", save, "--print", "udp", "and", "dst", "port", "7777", "or", "9999")
	for _, to := range []string{"192.168.69.1:7777", "192.168.70.1:7777", "192.168.70.1:7777", "192.168.69.1:7777"} {
		n.datagram("hello", to)
	}
	n.mark()
	p.await(&p.stdout, mark)
	p.interrupt(os.Interrupt)
	want := []string{"eth0", "eth1", "eth1", "eth0", "eth0"}
	lines := strings.Split(strings.TrimSpace(packetTime.ReplaceAllString(p.stdout.String(), "")), "\n")
	if len(lines) != len(want) {
		t.Fatalf("want %d lines, have\n%s", len(want), p.stdout.String())
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]+"  In  IP 192.168.") {
			t.Errorf("line %d is %q, want %s", i+1, line, want[i])
		}
	}
	if captured, received := p.counts(); captured != 5 || received != 5 {
		t.Errorf("%d captured, %d received", captured, received)
	}
	if !strings.Contains(p.stderr.String(), "listening on eth0, link-type EN10MB (Ethernet), ") || !strings.Contains(p.stderr.String(), "listening on eth1, ") {
		t.Errorf("stderr:\n%s", p.stderr.String())
	}
	out, stderr, code := smoltcp(nil, "decode", "--format", "json", save)
	if code != 0 || bytes.Count(out, []byte(`"interface":"eth0"`)) != 3 || bytes.Count(out, []byte(`"interface":"eth1"`)) != 2 {
		t.Errorf("exit code %d: %s\n%s", code, stderr, out)
	}
	read := n.run(n.b, "sh", "-c", "tcpdump -n -r "+save+" 2>/dev/null")
	for i, line := range strings.Split(strings.TrimSpace(packetTime.ReplaceAllString(read, "")), "\n") {
		if want[i]+"  In  "+line != lines[i] {
			t.Errorf("tcpdump reads %q, dump has printed %q", line, lines[i])
		}
	}
	if _, err := exec.LookPath("capinfos"); err == nil {
		info := n.run(n.b, "capinfos", save)
		for _, want := range []string{"Number of interfaces in file: 2", "Name = eth0", "Name = eth1", "Filter string = udp and dst port 7777 or 9999", "Number of stat entries = 1"} {
			if !strings.Contains(info, want) {
				t.Errorf("capinfos does not say %q:\n%s", want, info)
			}
		}
	}
}

// TestDumpSeveralCount checks that -c is exact over several interfaces.
func TestDumpSeveralCount(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping")
	n.secondLink()
	p := n.dump(n.b, "-i", "eth0", "-i", "eth1", "-c", "5", "--format", "json", "icmp[0] == 8")
	pings := n.start(n.a, "ping", "-i", "0.05", "192.168.69.1")
	more := n.start(n.a, "ping", "-i", "0.05", "192.168.70.1")
	if code := p.end(); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	pings.cmd.Process.Kill()
	more.cmd.Process.Kill()
	out := p.stdout.String()
	if strings.Count(out, "\n") != 5 || strings.Count(out, `"interface":"eth0"`) == 0 || strings.Count(out, `"interface":"eth1"`) == 0 {
		t.Errorf("want five packets of both interfaces, have\n%s", out)
	}
	if captured, _ := p.counts(); captured != 5 {
		t.Errorf("%d captured", captured)
	}
}

// TestDumpMixed captures on interfaces of different link types: a filter is compiled for each, pcapng keeps both, and pcap is refused
// before anything is captured.
func TestDumpMixed(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	for _, args := range [][]string{
		{"tuntap", "add", "name", "tun0", "mode", "tun"}, {"link", "set", "tun0", "up"},
	} {
		if out, err := exec.Command("ip", append([]string{"-n", n.b}, args...)...).CombinedOutput(); err != nil {
			t.Skipf("needs TUN interfaces: %v: %s", err, out)
		}
	}
	dir := t.TempDir()
	refused := n.start(n.b, "smoltcp", "dump", "eth0", "tun0", "-w", filepath.Join(dir, "x.pcap"))
	if code := refused.end(); code != 1 || strings.Count(refused.stderr.String(), "\n") != 1 || !strings.Contains(refused.stderr.String(), "a pcap file cannot mix link types EN10MB and RAW: use a name that ends in .pcapng") {
		t.Errorf("exit code %d: %s", code, refused.stderr.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "x.pcap")); err == nil {
		t.Error("the file is there all the same")
	}
	// No packet comes through tun0, which nobody has opened. What it shows is that the program for it is its own.
	save := filepath.Join(dir, "x.pcapng")
	p := n.dump(n.b, "eth0", "tun0", "-w", save, "--print", "--format", "line", "udp", "port", "9999")
	n.mark()
	p.await(&p.stdout, mark)
	p.interrupt(os.Interrupt)
	if !strings.Contains(p.stderr.String(), "listening on tun0, link-type RAW (Raw IP), ") {
		t.Errorf("stderr:\n%s", p.stderr.String())
	}
	if out, stderr, code := smoltcp(nil, "decode", "--format", "line", save); code != 0 || !bytes.Contains(out, []byte(mark)) {
		t.Errorf("exit code %d: %s%s", code, stderr, out)
	}
}

// TestDumpNetns captures in a namespace from outside it.
func TestDumpNetns(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	list := n.start(n.a, "smoltcp", "dump", "-D", "--netns", n.b)
	if code := list.end(); code != 0 || !strings.Contains(list.stdout.String(), "eth0 ") || !strings.Contains(list.stdout.String(), " 192.168.69.1/24") {
		t.Errorf("exit code %d: %s%s", code, list.stdout.String(), list.stderr.String())
	}
	for _, iface := range []string{"eth0", "any"} {
		// From a, where eth0 is the other end.
		p := n.dump(n.a, "--netns", n.b, iface, "-Q", "in", "--format", "line", "-l", "udp dst port 9999")
		n.mark()
		p.await(&p.stdout, mark)
		p.interrupt(os.Interrupt)
		want := "IP 192.168.69.100."
		if iface == "any" {
			want = "eth0  In  IP 192.168.69.100."
		}
		if got := packetTime.ReplaceAllString(p.stdout.String(), ""); !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: %q", iface, got)
		}
	}
	wrong := n.start(n.a, "smoltcp", "dump", "--netns", n.b, "eth7")
	if code := wrong.end(); code != 1 || !strings.Contains(wrong.stderr.String(), "smoltcp: dump: eth7: no such interface (have: ") {
		t.Errorf("exit code %d: %s", code, wrong.stderr.String())
	}
	wrong = n.start(n.a, "smoltcp", "dump", "--netns", "nonesuch", "eth0")
	if code := wrong.end(); code != 1 || !strings.Contains(wrong.stderr.String(), "network namespace nonesuch: no such namespace (have: ") || !strings.Contains(wrong.stderr.String(), n.b) {
		t.Errorf("exit code %d: %s", code, wrong.stderr.String())
	}
}

// TestDumpDuration ends a capture by time, with packets and without.
func TestDumpDuration(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	quiet := n.start(n.b, "smoltcp", "dump", "eth0", "--duration", "0.2", "udp port 1")
	if code := quiet.end(); code != 0 {
		t.Errorf("exit code %d: %s", code, quiet.stderr.String())
	}
	if captured, _ := quiet.counts(); captured != 0 {
		t.Errorf("%d captured", captured)
	}
	p := n.dump(n.b, "eth0", "--duration", "1s", "--format", "line", "udp port 9999")
	n.mark()
	if code := p.end(); code != 0 || !strings.Contains(p.stdout.String(), mark) {
		t.Errorf("exit code %d: %s%s", code, p.stdout.String(), p.stderr.String())
	}
}

// TestDumpSignals asks for counts and for a flush while the capture runs, and hangs up at its end.
func TestDumpSignals(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	save := filepath.Join(t.TempDir(), "x.pcap")
	p := n.dump(n.b, "eth0", "-w", save, "-vv", "udp port 7777")
	watch := n.dump(n.b, "eth0", "--format", "line", "-l", "udp port 9999")
	n.datagram("hello", "192.168.69.1:7777")
	n.datagram("hello", "192.168.69.1:7777")
	n.mark()
	watch.await(&watch.stdout, mark)
	for counted := "2 packets captured, 2 packets received by filter, 0 packets dropped by kernel\n"; ; {
		p.cmd.Process.Signal(syscall.SIGUSR1)
		p.await(&p.stderr, " dropped by kernel\n")
		if strings.Contains(p.stderr.String(), "smoltcp: dump: "+counted) {
			break
		}
		time.Sleep(20 * time.Millisecond) // the kernel still has a packet
	}
	p.await(&p.stderr, "Got 2\r")
	size := func() int64 {
		st, err := os.Stat(save)
		if err != nil {
			t.Fatal(err)
		}
		return st.Size()
	}
	p.cmd.Process.Signal(syscall.SIGUSR2)
	for end := time.Now().Add(patience); size() != 24+2*(16+42+5); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the file has %d bytes", size())
		}
	}
	p.interrupt(syscall.SIGHUP)
	if captured, received := p.counts(); captured != 2 || received != 2 {
		t.Errorf("%d captured, %d received", captured, received)
	}
}

// TestDumpStopsWithAll checks that a capture that is ended gives every packet that came before: those too that the kernel still had.
func TestDumpStopsWithAll(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(fmt.Sprint(signal), func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, "socat", "ping")
			save := filepath.Join(t.TempDir(), "x.pcapng.zst")
			n.kernelPing(n.a, "-c", "1", "192.168.69.1") // the neighbor is known from here on, and no datagram has to wait for it
			p := n.dump(n.b, "eth0", "-w", save, "udp dst port 7777 or 9999")
			n.run(n.a, "sh", "-c", "head -c 200000 /dev/zero | socat -u -b 100 - UDP-SENDTO:192.168.69.1:7777")
			n.mark()
			p.interrupt(signal)
			out, stderr, code := smoltcp(nil, "decode", "--format", "line", save)
			if code != 0 || !bytes.Contains(out, []byte(mark)) {
				t.Fatalf("exit code %d, last lines missing: %s", code, stderr)
			}
			if captured, received := p.counts(); captured != 2001 || received != 2001 || bytes.Count(out, []byte("\n")) != 2001 {
				t.Errorf("%d captured, %d received, %d in the file; want 2001", captured, received, bytes.Count(out, []byte("\n")))
			}
		})
	}
}

// TestDumpPcapng checks what the file says about the capture.
func TestDumpPcapng(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat", "capinfos", "tshark")
	n.ip(n.b, "link", "set", "eth0", "alias", "to the lab")
	save := filepath.Join(t.TempDir(), "x.pcapng")
	p := n.dump(n.b, "eth0", "-w", save, "--comment", "lost packets, day 2", "udp port 9999")
	n.mark()
	n.run(n.b, "sh", "-c", "echo back | socat -u - UDP:192.168.69.100:9999")
	time.Sleep(50 * time.Millisecond)
	p.interrupt(os.Interrupt)
	info := n.run(n.b, "capinfos", save)
	for _, want := range []string{
		"Capture oper-sys:    Linux ", "Capture hardware:    ", "Capture application: smoltcp ", "Capture comment:     lost packets, day 2",
		"Name = eth0", "Description = to the lab", "Filter string = udp port 9999", "Time resolution = 0x09", "Number of stat entries = 1", "Number of packets = 2",
	} {
		if !strings.Contains(info, want) {
			t.Errorf("capinfos does not say %q:\n%s", want, info)
		}
	}
	if got := n.run(n.b, "sh", "-c", "tshark -r "+save+" -T fields -e frame.interface_name -e frame.packet_flags_direction 2>/dev/null"); got != "eth0\t0x00000001\neth0\t0x00000002\n" {
		t.Errorf("tshark reads %q", got)
	}
	// The statistics at the end: a block of type 5 with start, end, received, dropped, accepted and dropped by the system.
	file, err := os.ReadFile(save)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(file, []byte{5, 0, 0, 0})
	if at < 0 || len(file)-at < 20 {
		t.Fatalf("no statistics at the end of %x", file)
	}
	var codes []byte
	for o := file[at+20:]; len(o) > 4 && o[0] != 0; o = o[4+(int(o[2])+3)&^3:] {
		codes = append(codes, o[0])
	}
	if !bytes.Equal(codes, []byte{2, 3, 4, 5, 6, 7}) {
		t.Errorf("options %v of the statistics", codes)
	}
}

// TestDumpToPipe checks that packets reach who reads the pipe while the capture goes on, also without -U.
func TestDumpToPipe(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat", "tcpdump")
	n.secondLink()
	for _, ifaces := range []string{"eth0", "eth0 eth1"} {
		p := n.start(n.b, "sh", "-c", "smoltcp dump "+ifaces+" -c 2 -w - udp dst port 9999 | tcpdump -l -n -r -")
		p.await(&p.stderr, "listening on eth0")
		n.mark()
		p.await(&p.stdout, mark)
		n.mark() // the end of it
		if p.end(); strings.Count(p.stdout.String(), mark) != 2 {
			t.Errorf("%s: tcpdump reads %q", ifaces, p.stdout.String())
		}
	}
}

// TestDumpUnseenTags sends packets behind two tags, which a filter does not look behind: one line says so, and how they are seen.
func TestDumpUnseenTags(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	h := dissect.EthernetHeader{Src: dissect.MAC{2, 0, 0, 0, 0, 0x64}, Dst: dissect.MAC{2, 0, 0, 0, 0, 1}, Type: dissect.EtherTypeVLAN}
	outer := dissect.VLANHeader{ID: 69, Type: dissect.EtherTypeVLAN}
	inner := dissect.VLANHeader{ID: 70, Type: dissect.EtherTypeARP}
	request := dissect.NewARPRequest(h.Src, netip.MustParseAddr("10.69.0.100"), netip.MustParseAddr("10.69.0.1"))
	frame := filepath.Join(t.TempDir(), "frame")
	if err := os.WriteFile(frame, request.Append(inner.Append(outer.Append(h.Append(nil)))), 0o666); err != nil {
		t.Fatal(err)
	}
	const hint = "smoltcp: dump: filter: 3 packets with VLAN tags passed unseen that would match behind them: try --vlan-aware, or the word vlan before the rest\n"
	for _, c := range []struct {
		name   string
		args   []string
		hinted bool
		seen   int
	}{
		{"plain", []string{"eth0"}, true, 0},
		{"any", []string{"any"}, true, 0},
		{"aware", []string{"--vlan-aware", "eth0"}, false, 3},
		{"incoming", []string{"-Q", "in", "eth0"}, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := n.dump(n.b, append(c.args, "--format", "line", "-l", "arp host 10.69.0.1 or udp port 9999")...)
			for range 3 {
				n.run(n.a, "socat", "-u", "FILE:"+frame, "INTERFACE:eth0")
			}
			n.mark()
			p.await(&p.stdout, mark)
			p.interrupt(os.Interrupt)
			if got := strings.Count(p.stderr.String(), "unseen"); got == 1 != c.hinted || c.hinted && !strings.Contains(p.stderr.String(), hint) {
				t.Errorf("stderr:\n%s", p.stderr.String())
			}
			if got := strings.Count(p.stdout.String(), "who-has 10.69.0.1 "); got != c.seen {
				t.Errorf("%d are printed:\n%s", got, p.stdout.String())
			}
		})
	}
	// Without an end of the capture, too.
	p := n.dump(n.b, "eth0", "arp host 10.69.0.1")
	for range 3 {
		n.run(n.a, "socat", "-u", "FILE:"+frame, "INTERFACE:eth0")
	}
	p.await(&p.stderr, "passed unseen")
	p.interrupt(os.Interrupt)
}

// TestDumpLongFilter has a filter that the kernel does not take: it runs in the program, and finds the same.
func TestDumpLongFilter(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	for _, hosts := range []int{1000, 5000} { // too much for the socket's memory in some kernels; too long for any
		expr := strings.Builder{}
		for i := range hosts {
			fmt.Fprintf(&expr, "src host 10.%d.%d.%d or ", i>>16, i>>8&255, i&255)
		}
		expr.WriteString("udp dst port 9999")
		file := filepath.Join(t.TempDir(), "filter")
		if err := os.WriteFile(file, []byte(expr.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		p := n.dump(n.b, "eth0", "-F", file, "--format", "line", "-l")
		n.datagram("hello", "192.168.69.1:7777")
		n.mark()
		p.await(&p.stdout, mark)
		p.interrupt(os.Interrupt)
		if got := p.stdout.String(); strings.Count(got, "\n") != 1 {
			t.Errorf("printed:\n%s", got)
		}
		if got := strings.Count(p.stderr.String(), "smoltcp: dump: eth0: the filter runs here and not in the kernel, at a higher cost: "); got > 1 || hosts > 4096 && got != 1 {
			t.Errorf("stderr:\n%s", p.stderr.String())
		}
	}
}

// TestDumpSeveralVanish deletes one interface of two, then the other: the capture goes on as long as it can.
func TestDumpSeveralVanish(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	n.secondLink()
	save := filepath.Join(t.TempDir(), "x.pcapng")
	p := n.dump(n.b, "eth0", "eth1", "--format", "line", "-w", save, "--print", "-U", "udp dst port 9999")
	n.ip(n.a, "link", "del", "eth1")
	p.await(&p.stderr, "the capture goes on")
	n.mark()
	p.await(&p.stdout, mark)
	n.ip(n.a, "link", "del", "eth0")
	if code := p.end(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if got := regexp.MustCompile(`(?m)^smoltcp: dump: .*$`).FindAllString(p.stderr.String(), -1); len(got) != 2 || !strings.Contains(got[0], "eth1") || !strings.Contains(got[1], "eth0") {
		t.Errorf("want a line about each, have %q in\n%s", got, p.stderr.String())
	}
	if out, stderr, code := smoltcp(nil, "decode", "--format", "line", save); code != 0 || !bytes.Contains(out, []byte(mark)) {
		t.Errorf("the savefile: exit code %d: %s%s", code, stderr, out)
	}
}

// TestDumpDown switches the interface off: one line, and what came before is there.
func TestDumpDown(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	p := n.dump(n.b, "eth0", "--format", "line", "-l", "udp dst port 9999")
	n.mark()
	p.await(&p.stdout, mark)
	n.ip(n.b, "link", "set", "eth0", "down")
	if code := p.end(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if got := regexp.MustCompile(`(?m)^smoltcp: dump: .*$`).FindAllString(p.stderr.String(), -1); len(got) != 1 || got[0] != "smoltcp: dump: eth0: the interface went down" {
		t.Errorf("stderr:\n%s", p.stderr.String())
	}
	if captured, _ := p.counts(); captured != 1 {
		t.Errorf("%d captured", captured)
	}
}

// TestDumpFullDisk fills a small disk: one line, and a file that ends with a whole packet.
func TestDumpFullDisk(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=128k", "smoltcp-test", dir).CombinedOutput(); err != nil {
		t.Skipf("needs a tmpfs: %v: %s", err, out)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	for _, name := range []string{"x.pcap", "x.pcapng"} {
		save := filepath.Join(dir, name)
		p := n.dump(n.b, "eth0", "-w", save, "udp dst port 7777")
		n.run(n.a, "sh", "-c", "head -c 400000 /dev/urandom | socat -u -b 1000 - UDP-SENDTO:192.168.69.1:7777")
		if code := p.end(); code != 1 {
			t.Errorf("%s: exit code %d: %s", name, code, p.stderr.String())
		}
		if got := regexp.MustCompile(`(?m)^smoltcp: .*$`).FindAllString(p.stderr.String(), -1); len(got) != 1 || got[0] != "smoltcp: dump: write "+save+": no space left on device" {
			t.Errorf("%s: stderr:\n%s", name, p.stderr.String())
		}
		out, stderr, code := smoltcp(nil, "decode", "--format", "line", save)
		if code != 0 || bytes.Count(out, []byte("\n")) < 100 {
			t.Errorf("%s: exit code %d, %d packets: %s", name, code, bytes.Count(out, []byte("\n")), stderr)
		}
		if err := os.Remove(save); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// TestDumpClosedPipe ends a capture whose reader has gone.
func TestDumpClosedPipe(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat", "ping")
	p := n.start(n.b, "sh", "-c", "{ smoltcp dump eth0 --format line -l icmp; echo code $? >&2; } | head -n 1")
	p.await(&p.stderr, "listening on ")
	pings := n.start(n.a, "ping", "-i", "0.05", "192.168.69.1")
	p.end()
	pings.cmd.Process.Kill()
	if text := p.stderr.String(); !strings.Contains(text, "\nsmoltcp: dump: standard output was closed by its reader\ncode 1\n") {
		t.Errorf("stderr:\n%s", text)
	}
	if strings.Count(p.stdout.String(), "\n") != 1 {
		t.Errorf("stdout:\n%s", p.stdout.String())
	}
	for _, output := range []string{"--format line", "-w -"} { // and although nothing comes
		p := n.start(n.b, "sh", "-c", "{ smoltcp dump eth0 "+output+" udp port 99; echo code $? >&2; } | true")
		if p.end(); !strings.Contains(p.stderr.String(), "smoltcp: dump: standard output was closed by its reader\ncode 1\n") {
			t.Errorf("%s: stderr:\n%s", output, p.stderr.String())
		}
	}
}

// TestDumpCounts prints the number of packets, and nothing else.
func TestDumpCounts(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	save := filepath.Join(t.TempDir(), "x.pcap")
	p := n.dump(n.b, "eth0", "--count", "-w", save, "-c", "3", "--skip", "1", "udp dst port 7777")
	for range 4 {
		n.datagram("hello", "192.168.69.1:7777")
	}
	if code := p.end(); code != 0 || p.stdout.String() != "3 packets\n" {
		t.Errorf("exit code %d: %q\n%s", code, p.stdout.String(), p.stderr.String())
	}
	if out, _, _ := smoltcp(nil, "decode", "--count", save); string(out) != "3 packets\n" {
		t.Errorf("the file has %q", out)
	}
}
