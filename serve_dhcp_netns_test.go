//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// leasePatience is how long a host may take to get an address: it waits for 10 s before it asks, and probes for 7 s.
const leasePatience = 30 * time.Second

// newDHCPNetwork is a network in which tap0 of a is bridged to eth0 of b: there dnsmasq is the DHCP server and router of 192.168.69.0/24 and
// fd77::/64, and the kernel's is the only other host.
func newDHCPNetwork(t *testing.T, tools ...string) *network {
	t.Helper()
	needTUN(t)
	n := newNetwork(t, append(tools, "dnsmasq", "ping")...)
	n.ip(n.a, "addr", "flush", "dev", "eth0")
	n.ip(n.a, "link", "add", "br0", "type", "bridge", "forward_delay", "0", "mcast_snooping", "0")
	n.ip(n.a, "tuntap", "add", "name", "tap0", "mode", "tap")
	for _, dev := range []string{"eth0", "tap0"} {
		n.ip(n.a, "link", "set", dev, "master", "br0")
		n.ip(n.a, "link", "set", dev, "up")
	}
	n.ip(n.a, "link", "set", "br0", "up")
	n.ip(n.b, "link", "set", "eth0", "address", "02:00:00:00:00:65") // the usual one is what serve has
	n.ip(n.b, "addr", "add", "fd77::1/64", "dev", "eth0", "nodad")
	return n
}

// dhcpServer starts dnsmasq in b, as a DHCP server that has the addresses 192.168.69.from to 192.168.69.to.
func (n *network) dhcpServer(from, to int, flags ...string) *program {
	n.t.Helper()
	p := n.start(n.b, append([]string{
		"dnsmasq", "-k", "-C", "/dev/null", "--no-resolv", "--no-hosts", "--no-ping", "--interface=eth0", "--bind-dynamic", "--log-facility=-", "--log-dhcp", "--log-queries",
		"--pid-file=", "--dhcp-leasefile=" + filepath.Join(n.t.TempDir(), "leases"), "--dhcp-authoritative",
		fmt.Sprintf("--dhcp-range=192.168.69.%d,192.168.69.%d,2m", from, to), "--address=/x.test/10.0.0.1",
	}, flags...)...)
	p.await(&p.stderr, "DHCP, IP range ")
	return p
}

// awaitMatch waits for text that matches, and gives what the expression's group is.
func (p *program) awaitMatch(out *textBuffer, expression string, patience time.Duration) string {
	p.t.Helper()
	re := regexp.MustCompile(expression)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if m := re.FindStringSubmatch(out.String()); m != nil {
			return m[len(m)-1]
		}
	}
	p.t.Fatalf("%s does not print %q\nstdout: %s\nstderr: %s", p.name, expression, p.stdout.String(), p.stderr.String())
	return ""
}

// dhcpSeed makes the times short that chance decides.
const dhcpSeed = "--seed=1"

// An address from dnsmasq: said, used, given back; and what DHCPv6 says where a router sends there.
func TestServeDHCP(t *testing.T) {
	t.Parallel()
	n := newDHCPNetwork(t)
	d := n.dhcpServer(50, 60, "--domain=lan", "--dhcp-option=option:domain-search,lan,corp.example", "--dhcp-option=option:mtu,1400",
		"--dhcp-option=option:classless-static-route,10.9.0.0/16,192.168.69.9,0.0.0.0/0,192.168.69.1",
		"--enable-ra", "--dhcp-range=fd77::,ra-stateless,64", "--dhcp-option=option6:dns-server,[fd77::53]", "--dhcp-option=option6:domain-search,six.example")
	p := n.serve(n.a, "tap0", "--dhcp", "--slaac", "--verbose", "--name", "toaster", dhcpSeed)
	if !strings.Contains(p.stderr.String(), "serving an address from DHCP, addresses from routers as 02-00-00-00-00-01 on tap0: ping") {
		t.Errorf("stderr:\n%s", p.stderr.String())
	}
	addr := p.awaitMatch(&p.stderr, `(?m)^tap0: lease (192\.168\.69\.\d+)/24 from 192\.168\.69\.1 for 2m0s; 10\.9\.0\.0/16 via 192\.168\.69\.9; 0\.0\.0\.0/0 via 192\.168\.69\.1; DNS 192\.168\.69\.1; domain lan; search lan corp\.example; MTU 1400\n`, leasePatience)
	out := n.run(n.b, "ping", "-c", "1", "-s", "1472", addr) // the answer is in fragments, of the new MTU
	if !strings.Contains(out, " 1 received") {
		t.Errorf("ping:\n%s", out)
	}
	p.awaitMatch(&p.stderr, `dhcpv6: information: DNS fd77::53 search six\.example`, leasePatience)
	p.awaitMatch(&d.stderr, `DHCPINFORMATION-REQUEST\(eth0\) (00:03:00:01:02:00:00:00:00:01) `, leasePatience)
	p.awaitMatch(&d.stderr, `DHCPACK\(eth0\) `+regexp.QuoteMeta(addr)+` \S+ (toaster)\n`, leasePatience)

	// The link goes and comes: the lease stays, and is asked about.
	n.ip(n.a, "link", "set", "tap0", "down")
	n.ip(n.a, "link", "set", "tap0", "up")
	p.awaitMatch(&p.stderr, `INIT-REBOOT -> REBOOTING(?s:.*)REBOOTING -> (BOUND)`, leasePatience)
	if out := n.run(n.b, "ping", "-c", "1", addr); !strings.Contains(out, " 1 received") || strings.Contains(p.stderr.String(), ": lost ") {
		t.Errorf("ping:\n%s%s", out, p.stderr.String())
	}
	p.interrupt(os.Interrupt)
	p.awaitMatch(&d.stderr, `DHCPRELEASE\(eth0\) `+regexp.QuoteMeta(addr)+" ", leasePatience)
}

// An address that another host turns out to have is declined, and another one taken.
func TestServeDHCPDecline(t *testing.T) {
	t.Parallel()
	n := newDHCPNetwork(t)
	n.ip(n.a, "addr", "add", "192.168.69.50/32", "dev", "br0") // which dnsmasq, told not to ping, does not notice
	d := n.dhcpServer(50, 50)
	p := n.serve(n.a, "tap0", "--dhcp", dhcpSeed)
	p.awaitMatch(&p.stderr, `(?m)^tap0: no lease: another host has 192\.168\.69\.50\n`, leasePatience)
	p.awaitMatch(&d.stderr, `DHCPDECLINE\(eth0\) 192\.168\.69\.50 `, leasePatience)
	if strings.Contains(p.stderr.String(), ": lease ") {
		t.Errorf("stderr:\n%s", p.stderr.String())
	}
	p.interrupt(syscall.SIGTERM)
}

// The client commands get an address within a second or two, say why if they get none, and give it back.
func TestClientDHCP(t *testing.T) {
	t.Parallel()
	n := newDHCPNetwork(t)
	d := n.dhcpServer(50, 60)
	start := time.Now()
	code, out := n.ping("--dhcp", "-c", "1", "192.168.69.1")
	if code != 0 || !strings.Contains(out, "1 received") || strings.Contains(out, "lease") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	t.Logf("a lease and a ping in %v", time.Since(start))
	d.await(&d.stderr, "DHCPRELEASE(eth0) 192.168.69.")

	d.interrupt(syscall.SIGTERM)
	p := n.start(n.a, "smoltcp", "ping", "--via", "tap0", "--dhcp", "-c", "1", "192.168.69.1")
	time.Sleep(100 * time.Millisecond)
	p.cmd.Process.Signal(os.Interrupt)
	if code := p.end(); code == 0 || strings.Contains(p.stdout.String(), "PING") {
		t.Errorf("interrupted: exit code %d:\n%s%s", code, p.stdout.String(), p.stderr.String())
	}
	if *soak {
		p := n.start(n.a, "smoltcp", "ping", "--via", "tap0", "--dhcp", "-c", "1", "192.168.69.1")
		p.awaitMatch(&p.stderr, `smoltcp: ping: tap0: no lease: no DHCP server answers \(waited 20s; --addr sets an address by hand\)\n`, leasePatience)
		if code := p.end(); code != 2 {
			t.Errorf("exit code %d", code)
		}
	}
}

// A lease is renewed at its T1. When the server has other addresses by then, it is lost, and there is a new one.
func TestServeDHCPRenewal(t *testing.T) {
	if !*soak {
		t.Skip("takes a minute (-args -soak)")
	}
	t.Parallel()
	n := newDHCPNetwork(t)
	times := []string{"--dhcp-option=option:T1,20", "--dhcp-option=option:T2,100"}
	d := n.dhcpServer(50, 60, times...)
	p := n.serve(n.a, "tap0", "--dhcp", "--verbose", dhcpSeed)
	addr := p.awaitMatch(&p.stderr, `(?m)^tap0: lease (192\.168\.69\.5\d)/24 `, leasePatience)
	p.awaitMatch(&p.stderr, `dhcp: renewed: `+regexp.QuoteMeta(addr), leasePatience)
	d.interrupt(syscall.SIGTERM)
	d = n.dhcpServer(70, 80, times...)
	p.awaitMatch(&p.stderr, `(?m)^tap0: lost `+regexp.QuoteMeta(addr)+`: 192\.168\.69\.1 refused it: .*; asking anew\n`, leasePatience)
	addr = p.awaitMatch(&p.stderr, `(?m)^tap0: lease (192\.168\.69\.7\d)/24 `, leasePatience)
	n.run(n.b, "ping", "-c", "1", addr)
	p.interrupt(os.Interrupt)
	d.await(&d.stderr, "DHCPRELEASE(eth0) "+addr)
}

// A network that loses a fifth of the frames in both directions: there is an address within a minute, and it is renewed.
func TestServeDHCPLoss(t *testing.T) {
	if !*soak {
		t.Skip("takes minutes (-args -soak)")
	}
	t.Parallel()
	n := newDHCPNetwork(t, "nft")
	for _, dev := range []string{"eth0", "tap0"} {
		n.run(n.a, "nft", fmt.Sprintf(`add table netdev l; add chain netdev l %s { type filter hook ingress device "%s" priority 0; }; add rule netdev l %s numgen random mod 1000 < 200 counter drop`, dev, dev, dev))
	}
	n.dhcpServer(50, 60, "--dhcp-option=option:T1,20", "--dhcp-option=option:T2,100")
	for range 2 {
		start := time.Now()
		p := n.serve(n.a, "tap0", "--dhcp", "--verbose")
		addr := p.awaitMatch(&p.stderr, `(?m)^tap0: lease (192\.168\.69\.5\d)/24 `, 2*leasePatience)
		t.Logf("a lease after %v", time.Since(start))
		// The renewal is tried a few times within the lease's two minutes. Once in a while all are lost, and another lease follows.
		p.awaitMatch(&p.stderr, `dhcp: renewed: `+regexp.QuoteMeta(addr)+`|(?s)tap0: lost .*tap0: lease `, 2*time.Minute+2*leasePatience)
		p.interrupt(os.Interrupt)
	}
}
