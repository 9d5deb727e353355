//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Other people's programs against serve, in namespaces: scanners, floods, fuzzers, load generators, the kernel over a network that
// loses frames. docs/conformance.md has the table of what runs, what must come of it, and what was seen.

var wholePeers = flag.Bool("peers", false, "run the whole table of real peers (TestPeers), which takes about twenty minutes")

// peerTest is one row of the table: what other programs do to serve, and what must come of it. Whatever they do, in the end
// serve answers pings of both IP versions, has not grown by more than peerGrowth, and ends as it does on any other day.
type peerTest struct {
	name  string
	tools []string
	whole bool     // the row takes long: it runs with -peers only
	wire  bool     // the peer is behind a bridge, at which nft spoils frames; else at the kernel's end of tap0
	flags []string // of serve
	want  []string // counters that must not be zero in the end, as checkCounters takes them
	run   func(p *peer)
}

// peerTests is the table. Each file beside this one has a part of it.
func peerTests() (all []peerTest) {
	all = append(all, peerScans...)
	all = append(all, peerFloods...)
	all = append(all, peerNoise...)
	all = append(all, peerIPv6...)
	all = append(all, peerTransfers...)
	all = append(all, peerManners...)
	return append(all, peerRequests...)
}

// peerGrowth is how many bytes serve may have gained, in memory that is resident, when a row is over. It is far less than what is
// sent to it.
const peerGrowth = 96 << 20

// peer is the kernel's side in a row.
type peer struct {
	*network
	server *program
	ns     string // where the tools run
	dev    string // their way to serve
}

const serveGlobal6 = "fdaa::1"

// TestPeers runs the table: a quick share of it, and with -args -peers all of it. Rows mostly wait for each other's packets and their own
// timers, so that several run at once.
func TestPeers(t *testing.T) {
	t.Parallel()
	at := make(chan struct{}, 6)
	if *wholePeers {
		at = make(chan struct{}, 2)
	}
	var running sync.WaitGroup
	for _, row := range peerTests() {
		running.Add(1)
		go func() {
			defer running.Done()
			at <- struct{}{}
			defer func() { <-at }()
			t.Run(strings.ReplaceAll(row.name, " ", "_"), row.test)
		}()
	}
	running.Wait()
}

func (row *peerTest) test(t *testing.T) {
	if row.whole && !*wholePeers {
		t.Skip("takes long; run with -args -peers")
	}
	start := time.Now()
	var p *peer
	if row.wire {
		p = newWirePeer(t, row.tools, row.flags...)
	} else {
		n, server := newServer(t, append([]string{"ping"}, row.tools...), row.flags...)
		p = &peer{n, server, n.a, "tap0"}
	}
	p.alive()
	before := p.resident()
	row.run(p)
	p.alive()
	if grown := p.resident() - before; grown > peerGrowth {
		t.Errorf("serve has %d MB more than before", grown>>20)
	} else {
		t.Logf("serve has %d KB more than before; %v", grown>>10, time.Since(start).Round(time.Millisecond))
	}
	p.server.interrupt(os.Interrupt)
	p.server.checkCounters(row.want...)
}

// newWirePeer has serve on a TAP interface that is bridged to a veth pair. The peer is at the other end of that, in a namespace of its own.
func newWirePeer(t *testing.T, tools []string, flags ...string) *peer {
	t.Helper()
	needTUN(t)
	n := newNetwork(t, append([]string{"ping", "sysctl", "ethtool", "nft"}, tools...)...)
	n.ip(n.a, "addr", "add", "fdaa::100/64", "dev", "eth0", "nodad")
	n.ip(n.b, "addr", "flush", "dev", "eth0")
	n.ip(n.b, "link", "set", "eth0", "address", "02:00:00:00:00:02") // the other is serve's
	n.ip(n.b, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
	n.run(n.b, "sysctl", "-q", "-w", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv4.conf.all.arp_ignore=8")
	for _, ns := range []string{n.a, n.b} { // frames as on a wire: none larger than the MTU, with their checksums
		n.run(ns, "ethtool", "-K", "eth0", "rx", "off", "tx", "off", "tso", "off", "gso", "off", "gro", "off")
	}
	server := n.serve(n.b, append([]string{"tap0", "--host-addr", "192.168.69.254/24"}, flags...)...)
	n.ip(n.b, "addr", "flush", "dev", "tap0")
	for _, port := range []string{"eth0", "tap0"} {
		n.ip(n.b, "link", "set", port, "master", "br0")
	}
	n.ip(n.b, "link", "set", "br0", "up")
	return &peer{n, server, n.a, "eth0"}
}

// spoil lets the frames in both directions of a wire meet rules of nft, in which PORT is the interface by which they leave the bridge, and in the
// place where their checksums are whole. No rules is an end to it.
func (p *peer) spoil(rules ...string) {
	p.t.Helper()
	p.nft(p.b, "eth0", "tap0", rules)
	var late []string // what must not be in front of a device that has the checksums yet to compute
	var early []string
	for _, rule := range rules {
		if strings.Contains(rule, " set ") && !strings.Contains(rule, "PORT") && !strings.Contains(rule, "meta priority set") {
			late = append(late, rule)
		} else {
			early = append(early, rule)
		}
	}
	p.nft(p.b, "tap0", "eth0", early)
	p.nft(p.a, "eth0", "", late)
}

// nft has the frames that come in by dev in a namespace meet rules, and no others.
func (p *peer) nft(ns, dev, other string, rules []string) {
	p.t.Helper()
	text := fmt.Sprintf("table netdev from-%s\ndelete table netdev from-%[1]s\n", dev)
	if len(rules) > 0 {
		text += fmt.Sprintf("table netdev from-%s { chain c { type filter hook ingress device %[1]q priority 0; policy accept;\n%s;\n}\n}\n",
			dev, strings.ReplaceAll(strings.Join(rules, ";\n"), "PORT", other))
	}
	cmd := exec.Command("ip", "netns", "exec", ns, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "Operation not supported") || strings.Contains(string(out), "No such file or directory") {
			p.t.Skipf("needs nft's ingress hook: %s", out)
		}
		p.t.Fatalf("nft: %v: %s\n%s", err, out, text)
	}
}

// The rules for spoil.
func lose(percent float64) string {
	return fmt.Sprintf("numgen random mod 1000 < %d drop", int(percent*10))
}

func repeat(percent float64) string {
	return fmt.Sprintf(`numgen random mod 1000 < %d dup to "PORT"`, int(percent*10))
}

func corrupt(percent float64) string {
	return fmt.Sprintf("numgen random mod 1000 < %d meta l4proto tcp @th,256,8 set 0x5a", int(percent*10))
}

// tool runs a command where the peer is, for at most the time given, and gives what it prints and its exit code: 124 if the time was
// over.
func (p *peer) tool(limit time.Duration, args ...string) (out string, code int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit+patience)
	defer cancel()
	args = append([]string{"netns", "exec", p.ns, "timeout", "-k", "2", fmt.Sprintf("%.3f", limit.Seconds())}, args...)
	cmd := exec.CommandContext(ctx, "ip", args...)
	cmd.WaitDelay = time.Second
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatalf("%q: %v: %s", args, err, b)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// says runs a command that must end with success, and checks that it prints what matches each of the patterns.
func (p *peer) says(limit time.Duration, patterns []string, args ...string) (out string) {
	p.t.Helper()
	out, code := p.tool(limit, args...)
	if code != 0 {
		p.t.Errorf("%q: exit code %d\n%s", args, code, out)
	}
	for _, pattern := range patterns {
		if !regexp.MustCompile(pattern).MatchString(out) {
			p.t.Errorf("%q does not say %s:\n%s", args, pattern, out)
		}
	}
	return out
}

// alive checks that serve runs and answers, before patience ends.
func (p *peer) alive() {
	p.t.Helper()
	for _, a := range []string{serveIP, serveGlobal6} {
		for end := time.Now().Add(patience); ; {
			out, code := p.tool(3*time.Second, "ping", "-n", "-c", "1", "-W", "1", a)
			if code == 0 {
				break
			}
			select {
			case <-p.server.ended:
				p.t.Fatalf("serve has ended:\n%s", p.server.stderr.String())
			default:
			}
			if time.Now().After(end) {
				p.t.Fatalf("%s does not answer:\n%s", a, out)
			}
		}
	}
}

// resident is how much memory serve has, in bytes.
func (p *peer) resident() int {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.server.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`).FindSubmatch(status)
	if m == nil {
		p.t.Fatalf("no VmRSS in %s", status)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n << 10
}

// few is n with -peers, and a small part of it without.
func few(quick, whole int) int {
	if *wholePeers {
		return whole
	}
	return quick
}
