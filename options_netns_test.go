//go:build linux

package main

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The kernel's ping records the way and the times of a host that does its part in both (RFC 1122 section 3.2.2.6): -R and -T.
func TestServePingOptions(t *testing.T) {
	t.Parallel()
	n, p := newServer(t, []string{"ping"})
	sincemidnight := func() int { return int(time.Since(time.Now().UTC().Truncate(24*time.Hour)) / time.Millisecond) }
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-R"}, `RR: \s*192\.168\.69\.100\n\s*192\.168\.69\.1\n\s*192\.168\.69\.100\n`},
		{[]string{"-T", "tsonly"}, `TS: \s*(\d+) absolute\n\s*(-?\d+)\n\s*(-?\d+)\n`},
		{[]string{"-T", "tsandaddr"}, `TS: \s*192\.168\.69\.100\s+(\d+) absolute\n\s*192\.168\.69\.1\s+(-?\d+)\n\s*192\.168\.69\.100\s+(-?\d+)\n`},
		{[]string{"-T", "tsprespec", serveIP}, `TS: \s*192\.168\.69\.1\s+(\d+) absolute\n`},
	} {
		before := sincemidnight()
		out := n.run(n.a, append(append([]string{"ping", "-c", "2", "-i", "0.2", "-W", "5"}, c.args...), serveIP)...)
		m := regexp.MustCompile(c.want).FindStringSubmatch(out)
		if m == nil || !strings.Contains(out, " 0% packet loss") {
			t.Errorf("ping %q:\n%s\nwant %s", c.args, out, c.want)
			continue
		}
		if len(m) > 1 && sincemidnight() > before { // else it was midnight
			if at, _ := strconv.Atoi(m[1]); at < before-1000 || at > sincemidnight()+1000 {
				t.Errorf("ping %q: %d ms since midnight, and it is between %d and %d", c.args, at, before, sincemidnight())
			}
			for _, later := range m[2:] { // counted from the one before: two clocks that agree, and a round trip
				if d, err := strconv.Atoi(later); err != nil || d < -1000 || d > 1000 {
					t.Errorf("ping %q: a step of %s ms:\n%s", c.args, later, out)
				}
			}
		}
	}
	p.interrupt(os.Interrupt)
	p.checkCounters("EchoReplies")
}

// hping3 asks for the time (RFC 792): what it is told is the time of the day, in UT.
func TestServeTimestamp(t *testing.T) {
	t.Parallel()
	n, p := newServer(t, []string{"hping3"})
	out := n.run(n.a, "hping3", "-c", "1", "--icmp-ts", serveIP)
	m := regexp.MustCompile(`Originate=(\d+) Receive=(\d+) Transmit=(\d+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no answer:\n%s", out)
	}
	sent, _ := strconv.Atoi(m[1])
	received, _ := strconv.Atoi(m[2])
	if d := received - sent; m[2] != m[3] || (d < -2000 || d > 2000) && d > -86_000_000 {
		t.Errorf("sent at %s, received at %s, answered at %s", m[1], m[2], m[3])
	}
	p.interrupt(os.Interrupt)
	p.checkCounters("ICMPTimestamps")
}
