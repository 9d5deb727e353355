//go:build linux

package main

import (
	"strconv"
	"strings"
	"time"
)

// peerManners are about what ping and the link's tools ask of a host.
var peerManners = []peerTest{
	{name: "pings", tools: []string{"fping"}, want: []string{"EchoReplies", "Reassembled", "TxFragments"}, run: func(p *peer) {
		for _, a := range []string{serveIP, serveGlobal6} {
			p.says(time.Minute, []string{` 0% packet loss`}, "ping", "-n", "-q", "-f", "-c", strconv.Itoa(few(2000, 20_000)), "-s", "1400", a)
			p.says(time.Minute, []string{` 0% packet loss`}, "ping", "-n", "-q", "-i", "0.03", "-c", strconv.Itoa(few(20, 100)), "-s", "60000", "-p", "d06f00d5", a)
		}
		p.says(20*time.Second, []string{serveIP + ` .* = 20/20/0%`, serveGlobal6 + ` .* = 20/20/0%`}, "fping", "-c", "20", "-p", "10", "-t", "5000", "-q", serveIP, serveGlobal6)
	}},
	{name: "pings with options", run: func(p *peer) {
		// The reply carries the option on (RFC 1122 3.2.2.6).
		p.says(20*time.Second, []string{` 0% packet loss`, `RR:\s+192\.168\.69\.100\n\s+192\.168\.69\.1\n`}, "ping", "-n", "-c", "1", "-W", "3", "-R", serveIP)
		for _, option := range []string{"tsonly", "tsandaddr"} {
			p.says(20*time.Second, []string{` 0% packet loss`, `TS: `}, "ping", "-n", "-c", "1", "-W", "3", "-T", option, serveIP)
		}
		for _, args := range [][]string{{"-Q", "0xff"}, {"-t", "1"}, {"-s", "65507"}, {"-M", "do", "-s", "1472"}} {
			p.says(20*time.Second, []string{` 0% packet loss`}, append(append([]string{"ping", "-n", "-c", "1", "-W", "3"}, args...), serveIP)...)
		}
	}},
	{name: "ARP", tools: []string{"arping", "sysctl"}, want: []string{"ARPReplies"}, run: func(p *peer) {
		const mac = "02:00:00:00:00:01"
		out, _ := p.tool(20*time.Second, "arping", "-c", "2", "-I", p.dev, serveIP)
		if strings.Count(strings.ToLower(out), mac) != 2 {
			p.t.Errorf("not two replies from %s:\n%s", mac, out)
		}
		// Asked by somebody who wants the address and has none yet (RFC 5227), it answers too.
		probe := []string{"arping", "-D", "-c", "1", "-I", p.dev, serveIP}
		if help, _ := p.tool(5*time.Second, "arping", "-h"); strings.Contains(help, "Habets") {
			probe = []string{"arping", "-0", "-c", "1", "-I", p.dev, serveIP}
		}
		if out, _ := p.tool(20*time.Second, probe...); !strings.Contains(strings.ToLower(out), mac) {
			p.t.Errorf("%q: no reply from %s:\n%s", probe, mac, out)
		}
		// The peer gets another address of the link, and says so once: replies go there at once.
		p.run(p.ns, "sysctl", "-q", "-w", "net.ipv4.conf.tap0.arp_notify=1", "net.ipv6.conf.tap0.ndisc_notify=1")
		p.ip(p.ns, "link", "set", p.dev, "address", "02:00:00:00:69:69")
		for _, a := range []string{serveIP, serveGlobal6} {
			p.says(20*time.Second, nil, "ping", "-n", "-c", "3", "-i", "0.3", "-W", "1", a)
		}
	}},
	{name: "neighbor discovery", tools: []string{"ndisc6"}, want: []string{"NeighborAdvertisements"}, run: func(p *peer) {
		for _, a := range []string{serveGlobal6, "fe80::1"} {
			out := p.says(20*time.Second, []string{`02:00:00:00:00:01`}, "ndisc6", "-n", a, p.dev)
			if strings.Count(out, "Target link-layer address") != 1 {
				p.t.Errorf("not one answer for %s:\n%s", a, out)
			}
		}
	}},
}
