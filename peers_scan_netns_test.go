//go:build linux

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// servePorts are the TCP ports that serve has open by itself.
var serveTCPPorts = []string{"7", "9", "19", "6969", "6970", "6971", "6972"}

// peerScans are nmap's, and what else asks who serve is.
var peerScans = []peerTest{
	{name: "all ports", tools: []string{"nmap"}, whole: true, run: func(p *peer) {
		for _, host := range [][]string{{serveIP}, {"-6", serveGlobal6}} {
			p.scan(3*time.Minute, serveTCPPorts, "closed", append([]string{"-sS", "-p-", "--min-rate", "5000"}, host...)...)
		}
	}},
	{name: "scans without SYN", tools: []string{"nmap"}, run: func(p *peer) {
		ports := fmt.Sprintf("1-%d", few(100, 1024))
		for _, flag := range []string{"-sN", "-sF", "-sX"} { // a port that is closed resets, an open one says nothing
			p.scan(time.Minute, []string{"7", "9", "19"}, "closed", flag, "-p", ports, serveIP)
		}
		p.scan(time.Minute, nil, "unfiltered", "-sA", "-p", ports, serveIP)
	}},
	{name: "UDP ports", tools: []string{"nmap"}, whole: true, run: func(p *peer) {
		for _, host := range [][]string{{serveIP}, {"-6", serveGlobal6}} { // port unreachable is limited to some in each second
			p.scan(3*time.Minute, []string{"7", "9", "19"}, "closed", append([]string{"-sU", "-p", "1-1000", "--max-retries", "3"}, host...)...)
		}
	}},
	{name: "protocols", tools: []string{"nmap"}, whole: true, run: func(p *peer) {
		p.says(2*time.Minute, []string{`Not shown: 25[0-3] closed`, `\n1 +open +icmp`, `\n6 +open +tcp`, `\n17 +open +udp`}, "nmap", "-n", "-Pn", "-sO", serveIP)
	}},
	{name: "who is there", tools: []string{"nmap"}, run: func(p *peer) {
		for _, probe := range []string{"-PE", "-PP", "-PS7", "-PA7", "-PU4444"} {
			p.says(20*time.Second, []string{`Host is up`}, "nmap", "-n", "-sn", "--send-ip", "--disable-arp-ping", probe, serveIP)
		}
		p.says(20*time.Second, []string{`Host is up`, `(?i)MAC Address: 02:00:00:00:00:01`}, "nmap", "-n", "-sn", "-PR", serveIP)
	}},
	{name: "which system", tools: []string{"nmap"}, run: func(p *peer) {
		// Numbers that nobody guesses: those of sequences, and no ID that counts.
		out := p.says(time.Minute, []string{`Good luck!`, `(IP ID Sequence Generation: (All zeros|Random)|TI=Z)`}, "nmap", "-n", "-Pn", "-O", "-v", "--max-os-tries", "1", "-p", "1,7", serveIP)
		// nmap draws six numbers; evenly spread they give 260 or so, and less than 200 once in thousands of runs.
		if m := regexp.MustCompile(`Difficulty=(\d+)`).FindStringSubmatch(out); m != nil {
			if n, _ := strconv.Atoi(m[1]); n < 200 {
				p.t.Errorf("difficulty %d", n)
			}
		}
		if strings.Contains(out, "Uptime guess: ") && !strings.Contains(out, "Uptime guess: 0.0") && !strings.Contains(out, "GCD=1") {
			p.t.Errorf("the time that serve runs shows:\n%s", out)
		}
		p.says(time.Minute, []string{`Network Distance: 1 hop`}, "nmap", "-6", "-n", "-Pn", "-O", "-v", "--max-os-tries", "1", "-p", "1,7", serveGlobal6)
	}},
	{name: "routes to it", tools: []string{"traceroute", "tracepath"}, run: func(p *peer) {
		for _, args := range [][]string{{serveIP}, {"-I", serveIP}, {"-T", "-p", "7", serveIP}, {"-T", "-p", "1", serveIP}, {"-6", serveGlobal6}, {"-6", "-I", serveGlobal6}, {"-6", "-T", "-p", "7", serveGlobal6}} {
			out := p.says(20*time.Second, []string{`\n 1  ` + args[len(args)-1] + `  [\d.]+ ms`}, append([]string{"traceroute", "-n", "-m", "3", "-w", "5,100000,100000"}, args...)...)
			if strings.Contains(out, "*") {
				p.t.Errorf("traceroute %q is not answered each time:\n%s", args, out)
			}
		}
		for _, a := range []string{serveIP, serveGlobal6} {
			p.says(20*time.Second, []string{` reached\n`, `Resume: pmtu 1500 hops 1 back 1`}, "tracepath", "-n", a)
		}
	}},
}

// scan runs nmap, which must find the ports open, or not answering where that means open, and all others in one other state.
func (p *peer) scan(limit time.Duration, open []string, others string, args ...string) {
	p.t.Helper()
	out := p.says(limit, nil, append([]string{"nmap", "-n", "-Pn"}, args...)...)
	var found []string
	for _, m := range regexp.MustCompile(`(?m)^(\d+)/(?:tcp|udp) +(\S+)`).FindAllStringSubmatch(out, -1) {
		if strings.HasPrefix(m[2], "open") {
			found = append(found, m[1])
		} else if m[2] != others {
			p.t.Errorf("nmap %q: port %s is %s", args, m[1], m[2])
		}
	}
	if !slices.Equal(found, open) || !strings.Contains(out, " "+others+" ") {
		p.t.Errorf("nmap %q: open ports %v, want %v, the others %s:\n%s", args, found, open, others, out)
	}
}
