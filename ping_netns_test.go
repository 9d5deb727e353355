//go:build linux

package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// ping runs smoltcp ping in a namespace to its end, and gives its exit code and what it prints, times and hop limits left out.
func (n *network) ping(args ...string) (code int, out string) {
	n.t.Helper()
	p := n.start(n.a, append([]string{"smoltcp", "ping", "--via", "tap0"}, args...)...)
	code = p.end()
	return code, pingNumbers.ReplaceAllString(p.stdout.String()+p.stderr.String(), "${1}N")
}

var pingNumbers = regexp.MustCompile(`(time[= ]|mdev = |ttl=)[0-9./]+`)

// What smoltcp ping and the kernel's ping print of the same peer is the same text, but for numbers.
func TestPingLikePing(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "ping")
	for _, c := range []struct {
		args string
		code int
	}{
		{"-c 3 -i 0.2 192.168.69.100", 0}, {"-c 2 -i 0.2 -6 fdaa::100", 0}, {"-q -c 2 -i 0.2 192.168.69.100", 0},
		{"-c 1 -s 8 192.168.69.100", 0}, {"-c 1 -s 65507 192.168.69.100", 0}, {"-c 1 -s 65000 fdaa::100", 0},
		{"-w 1 -c 3 192.168.69.100", 1},
	} {
		args := strings.Fields(c.args)
		// The kernel pings addresses of its own: with the same interface there, the text is the same.
		n.ip(n.a, "link", "add", "tap1", "type", "veth", "peer", "name", "tap2")
		n.ip(n.a, "addr", "add", "192.168.69.100/24", "dev", "tap1")
		n.ip(n.a, "addr", "add", "fdaa::100/64", "dev", "tap1", "nodad")
		n.ip(n.a, "link", "set", "tap1", "up")
		n.ip(n.a, "link", "set", "tap2", "up")
		n.reaches(args[len(args)-1]) // the kernel takes a moment for IPv6
		p := n.start(n.a, append([]string{"ping", "-n"}, args...)...)
		code := p.end()
		want := pingNumbers.ReplaceAllString(p.stdout.String(), "${1}N")
		n.ip(n.a, "link", "del", "tap1")
		if code != c.code {
			t.Fatalf("ping %s: exit code %d\n%s%s", c.args, code, want, p.stderr.String())
		}
		if code, out := n.ping(args...); code != c.code || out != want {
			t.Errorf("smoltcp ping %s: exit code %d\n%s\nping: exit code %d\n%s", c.args, code, out, c.code, want)
		}
	}
}

// The errors of the kernel as a router, of a neighbor that is not there, and of what cannot be asked at all.
func TestPingErrors(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "sysctl")
	n.run(n.a, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
	n.ip(n.a, "route", "add", "unreachable", "10.1.0.0/16")
	n.ip(n.a, "route", "add", "prohibit", "10.2.0.0/16")
	n.ip(n.a, "-6", "route", "add", "unreachable", "fd01::/32")
	n.ip(n.a, "link", "add", "far0", "type", "veth", "peer", "name", "far1")
	n.ip(n.a, "addr", "add", "10.3.0.9/16", "dev", "far0")
	n.ip(n.a, "addr", "add", "fd02::9/32", "dev", "far0", "nodad")
	n.ip(n.a, "link", "set", "far0", "up")
	n.ip(n.a, "link", "set", "far1", "up")
	for _, c := range []struct {
		args, want string
		code       int
	}{
		{"-c 1 10.1.0.1", "From 192.168.69.100 icmp_seq=1 Destination Host Unreachable\n", 1},
		{"-c 1 10.2.0.1", "From 192.168.69.100 icmp_seq=1 Packet filtered\n", 1},
		{"-c 1 -t 1 10.3.0.1", "From 192.168.69.100 icmp_seq=1 Time to live exceeded\n", 1},
		{"-c 1 fd01::1", "From fdaa::100 icmp_seq=1 Destination unreachable: ", 1},
		{"-c 1 -t 1 fd02::1", "From fdaa::100 icmp_seq=1 Time exceeded: Hop limit\n", 1},
		{"-c 1 192.168.69.7", "From 192.168.69.1 icmp_seq=1 Destination Host Unreachable\n", 1},
		{"-c 1 --gateway none 10.1.0.1", "smoltcp: ping: connect: Network is unreachable\n", 2},
		{"-c 1 192.168.69.255", "smoltcp: ping: 192.168.69.255 is a broadcast address: -b", 2},
		{"-c 1 nosuch.invalid", "smoltcp: ping: nosuch.invalid: Name or service not known\n", 2},
		{"-c 0 192.168.69.100", "smoltcp: ping: -c 0: want 1 or more\n", 2},
	} {
		code, out := n.ping(strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("ping %s: exit code %d\n%s\nwant %d, %q", c.args, code, out, c.code, c.want)
		}
	}
}

// By a packet socket on a veth, to the kernel in another namespace; Ctrl-C prints the statistics, and the record has every frame.
func TestPingByVeth(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "tcpdump")
	file := t.TempDir() + "/ping.pcapng"
	n.ip(n.b, "addr", "add", "192.168.69.200/24", "dev", "eth0")
	p := n.start(n.a, "smoltcp", "ping", "--via", "eth0", "--addr", "192.168.69.9/24", "--hardware-addr", "02:00:00:00:00:09",
		"-i", "0.05", "--pcap", file, "192.168.69.200")
	p.await(&p.stdout, "icmp_seq=3 ")
	p.interrupt(os.Interrupt)
	if out := p.stdout.String(); !strings.Contains(out, " ping statistics ---") || !strings.Contains(out, "rtt min/avg/max/mdev = ") {
		t.Errorf("interrupted:\n%s", out)
	}
	out, err := exec.Command("tcpdump", "-n", "-r", file, "icmp and src 192.168.69.200").Output()
	if err != nil || strings.Count(string(out), "ICMP echo reply") < 3 {
		t.Errorf("the record: %v\n%s", err, out)
	}

	p = n.start(n.a, "smoltcp", "ping", "--via", "eth0", "--addr", "192.168.69.9/24", "--hardware-addr", "02:00:00:00:00:09", "192.168.69.200")
	p.await(&p.stdout, "icmp_seq=1 ")
	n.ip(n.a, "link", "del", "eth0")
	started := time.Now()
	if code := p.end(); code != 2 || !strings.Contains(p.stderr.String(), "eth0") {
		t.Errorf("the interface vanished: exit code %d after %v\n%s%s", code, time.Since(started), p.stdout.String(), p.stderr.String())
	}
}
