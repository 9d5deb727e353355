//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// peerTransfers are of the kernel's TCP, over a wire that is not a good one.
var peerTransfers = []peerTest{
	{name: "loss", wire: true, want: []string{"TCPAccepts"}, run: func(p *peer) {
		for _, percent := range []float64{1, 5, 20}[:few(1, 3)] {
			p.spoil(lose(percent))
			p.transferBoth(few(1_000_000, 20_000_000)/int(percent), percent)
		}
	}},
	{name: "duplicates", wire: true, run: func(p *peer) {
		p.spoil(repeat(5))
		p.transferBoth(few(2_000_000, 50_000_000), 5)
	}},
	{name: "corruption", wire: true, want: []string{"TCPChecksum"}, run: func(p *peer) {
		p.spoil(corrupt(2))
		p.transferBoth(few(500_000, 20_000_000), 2)
	}},
	{name: "reordering", tools: []string{"tc"}, wire: true, run: func(p *peer) {
		p.reorder()
		p.transferBoth(few(1_000_000, 20_000_000), 10)
	}},
	{name: "everything", tools: []string{"tc"}, wire: true, whole: true, run: func(p *peer) {
		p.reorder(lose(2), repeat(2), corrupt(2))
		p.transferBoth(5_000_000, 2)
	}},
	{name: "knobs of the kernel", wire: true, run: func(p *peer) {
		p.spoil(lose(1))
		for _, knobs := range []string{
			"tcp_sack=0", "tcp_timestamps=0", "tcp_window_scaling=0", "tcp_ecn=1", "tcp_sack=0 tcp_timestamps=0 tcp_window_scaling=0", "tcp_dsack=0",
			"tcp_rmem=4096,4096,8192", "tcp_wmem=4096,4096,8192", "tcp_congestion_control=reno", "tcp_congestion_control=bbr", "tcp_recovery=0 tcp_early_retrans=0", "tcp_fastopen=3", "tcp_mtu_probing=2",
		} {
			var set, back []string
			for _, knob := range strings.Fields(knobs) {
				name, value, _ := strings.Cut(knob, "=")
				out, code := p.tool(5*time.Second, "sysctl", "-n", "net.ipv4."+name)
				if code != 0 {
					continue // not in this kernel, or not in a namespace
				}
				set = append(set, "net.ipv4."+name+"="+strings.ReplaceAll(value, ",", " "))
				back = append(back, "net.ipv4."+name+"="+strings.TrimSpace(out))
			}
			if len(set) == 0 {
				continue
			}
			if out, code := p.tool(5*time.Second, append([]string{"sysctl", "-q", "-w"}, set...)...); code != 0 {
				p.t.Logf("%s: %s", knobs, out)
				continue
			}
			start := time.Now()
			p.transferBoth(few(100_000, 5_000_000), 1)
			if d := time.Since(start); d > 30*time.Second {
				p.t.Errorf("%s: %v", knobs, d)
			}
			p.run(p.ns, append([]string{"sysctl", "-q", "-w"}, back...)...)
		}
	}},
	{name: "congestion marks", tools: []string{"tcpdump"}, wire: true, run: func(p *peer) {
		p.run(p.ns, "sysctl", "-q", "-w", "net.ipv4.tcp_ecn=1")
		dump := p.tcpdump(p.ns, "-i", p.dev, "tcp[13] & 0xc0 != 0 and tcp[13] & 2 == 0") // ECE and CWR, but for SYN
		p.spoil("ip ecn ect0 numgen random mod 100 < 3 ip ecn set ce")
		p.transfer(p.ns, 7, int64(few(2_000_000, 20_000_000)))
		for _, from := range []string{serveIP, "192.168.69.100"} { // each answers the other's marks, and says that it was answered
			for _, flags := range []string{`\[[^]]*E`, `\[[^]]*W`} {
				p.awaitMatch(dump, `IP `+from+`\.\d+ > [^ ]*: Flags `+flags)
			}
		}
	}},
	{name: "algorithms", wire: true, whole: true, run: func(p *peer) {
		for _, flags := range []string{"--congestion reno", "--congestion bbr", "--ecn accurate", "--pacing", "--service-buffer 8192", "--mtu 576"} {
			args := append(strings.Fields(flags), "--addr", serveIP+"/24", "--gateway", "192.168.69.100")
			six := flags != "--mtu 576" // too small for IPv6
			if six {
				args = append(args, "--addr", serveGlobal6+"/64")
			}
			q := newWirePeer(p.t, nil, args...)
			if six {
				q.alive()
			}
			q.spoil(lose(1), repeat(1))
			q.transfer(q.ns, 7, 2_000_000)
			if six {
				q.transferBoth(5_000_000, 1)
			}
			q.server.interrupt(os.Interrupt)
		}
	}},
	{name: "outage", wire: true, whole: true, run: func(p *peer) {
		// Nothing gets through for 70 s in the middle of it; the longest wait for a retransmission is 60 s here, 120 s there.
		done := make(chan struct{})
		start := time.Now()
		p.spoil("limit rate over 2 mbytes/second drop")
		go func() {
			defer close(done)
			p.transfer(p.ns, 7, 10_000_000)
		}()
		time.Sleep(time.Second)
		p.spoil("drop")
		time.Sleep(70 * time.Second)
		p.spoil()
		over := time.Now()
		<-done
		p.t.Logf("goes on and ends %v after an outage of 70 s, %v in all", time.Since(over).Round(time.Millisecond), time.Since(start).Round(time.Second))
		if time.Since(over) > 150*time.Second {
			p.t.Errorf("%v after the outage", time.Since(over))
		}
	}},
	{name: "path MTU", tools: []string{"sysctl"}, run: func(p *peer) {
		n := newNetwork(p.t, "sysctl")
		n.ip(n.b, "addr", "flush", "dev", "eth0")
		n.ip(n.a, "addr", "flush", "dev", "eth0")
		server := n.serve(n.b, "tap0")
		n.run(n.b, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
		n.ip(n.a, "addr", "add", "10.7.0.2/24", "dev", "eth0")
		n.ip(n.b, "addr", "add", "10.7.0.1/24", "dev", "eth0")
		// The peer says that it takes 1460 bytes, sends no more than fits, and the router's link takes 1300.
		n.ip(n.a, "route", "add", "default", "via", "10.7.0.1", "mtu", "lock", "1300", "advmss", "1460")
		n.ip(n.b, "link", "set", "eth0", "mtu", "1300")
		start := time.Now()
		n.transfer(n.a, 7, 2_000_000)
		if d := time.Since(start); d > 5*time.Second {
			p.t.Errorf("2 MB take %v", d)
		}
		server.interrupt(os.Interrupt)
		server.checkCounters("ICMPReceived")
	}},
}

// transferBoth moves size bytes to the echo service and back, on several connections at once, over both versions of IP.
func (p *peer) transferBoth(size int, percent float64) {
	p.t.Helper()
	start := time.Now()
	var all sync.WaitGroup
	for range 2 {
		all.Add(1)
		go func() {
			defer all.Done()
			p.transfer(p.ns, 7, int64(size))
		}()
	}
	p.echo6(serveGlobal6, int64(size))
	all.Wait()
	p.t.Logf("%v %%: %.2f MB/s on 3 connections", percent, 3*float64(size)/1e6/time.Since(start).Seconds())
}

// reorder has a tenth of the frames wait in a slow queue of the port by which they leave, and other rules with it.
func (p *peer) reorder(rules ...string) {
	p.t.Helper()
	for _, port := range []string{"eth0", "tap0"} {
		for _, args := range []string{
			"qdisc add dev PORT root handle 1: htb default 20", "class add dev PORT parent 1: classid 1:20 htb rate 1gbit quantum 60000",
			"class add dev PORT parent 1: classid 1:10 htb rate 4mbit burst 1600 quantum 1500",
		} {
			cmd := exec.Command("ip", append([]string{"netns", "exec", p.b, "tc"}, strings.Fields(strings.ReplaceAll(args, "PORT", port))...)...)
			if out, err := cmd.CombinedOutput(); err != nil {
				p.t.Skipf("needs the queue htb: %v: %s", err, out)
			}
		}
	}
	p.spoil(append(rules, "numgen random mod 100 < 10 meta priority set 0x10010")...)
}

// peerRequests are of programs that want something, and of some that go away.
var peerRequests = []peerTest{
	{name: "half close", tools: []string{"socat"}, run: func(p *peer) {
		for _, to := range []string{"TCP4:" + serveIP, "TCP6:[" + serveGlobal6 + "]"} {
			p.says(20*time.Second, []string{`^hello$`}, "sh", "-c", "printf hello | socat -t 10 - "+to+":7")
			p.says(20*time.Second, []string{`^$`}, "sh", "-c", "printf hello | socat -t 10 - "+to+":9")
		}
	}},
	{name: "zero window", tools: []string{"tcpdump"}, run: func(p *peer) {
		dump := p.tcpdump(p.ns, "-tt", "-i", p.dev, "tcp and src host "+serveIP)
		c := p.dial(p.ns, "tcp", 6972)
		c.(*net.TCPConn).SetKeepAlive(false) // its answers are no probes
		wait := time.Duration(few(4, 60)) * time.Second
		time.Sleep(wait) // nobody reads
		last := dump.stdout.String()
		// What came last are probes: fewer and fewer.
		var at []float64
		for _, m := range regexp.MustCompile(`(?m)^(\d+\.\d+) IP .* length [01]$`).FindAllStringSubmatch(last, -1) {
			f, _ := strconv.ParseFloat(m[1], 64)
			at = append(at, f)
		}
		if len(at) < 3 || len(at) > 40 {
			p.t.Errorf("%d probes in %v of a closed window:\n%.3000s", len(at), wait, last)
		} else if n := len(at); at[n-1]-at[n-2] < 1.2*(at[n-2]-at[n-3]) {
			p.t.Errorf("probes do not become fewer: %v", at)
		}
		buf := make([]byte, 1_000_000)
		for got := 0; got < 10_000_000; {
			m, err := c.Read(buf)
			if err != nil {
				p.t.Fatalf("after %d bytes: %v", got, err)
			}
			for i := range m {
				if buf[i] != byte(got+i) {
					p.t.Fatalf("byte %d is %d", got+i, buf[i])
				}
			}
			got += m
		}
	}},
	{name: "killed", tools: []string{"curl", "tcpdump"}, flags: []string{"--http", ":80=testdata/pcaps"}, run: func(p *peer) {
		dump := p.tcpdump(p.ns, "-i", p.dev, "tcp and (port 7 or port 19)")
		victim := p.start(p.ns, "curl", "-s", "-m", "30", "--no-buffer", "telnet://"+serveIP+":19")
		p.awaitLines(&victim.stdout, 1000)
		victim.cmd.Process.Signal(syscall.SIGKILL)
		<-victim.ended
		p.await(dump, "Flags [R")
		time.Sleep(200 * time.Millisecond)
		before := strings.Count(dump.stdout.String(), "\n")
		time.Sleep(time.Second)
		if after := strings.Count(dump.stdout.String(), "\n"); after != before {
			p.t.Errorf("%d segments to somebody who is gone", after-before)
		}
	}},
	{name: "web load", tools: []string{"curl"}, flags: []string{"--http", ":80=testdata/pcaps"}, run: func(p *peer) {
		url := "http://" + serveIP + "/tour.json"
		p.says(20*time.Second, []string{`^200 $`}, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code} ", url)
		want, err := os.ReadFile("testdata/pcaps/tour.json")
		if err != nil {
			p.t.Fatal(err)
		}
		if got := p.says(20*time.Second, nil, "curl", "-s", "http://["+serveGlobal6+"]/tour.json"); got != string(want) {
			p.t.Errorf("%d bytes of %d, or not the same", len(got), len(want))
		}
		if _, err := exec.LookPath("wrk"); err != nil {
			p.t.Log("no wrk")
		} else {
			for _, args := range [][]string{{"-c", "64"}, {"-c", "100", "-H", "Connection: close"}} {
				out := p.says(2*time.Minute, []string{`Requests/sec: `}, append(append([]string{"wrk", "-t", "2", "-d", fmt.Sprint(few(1, 30)), "--latency"}, args...), url)...)
				p.t.Logf("wrk %q:\n%s", args, out)
				// What is late by wrk's two seconds is so on a machine that has other things to do.
				if strings.Contains(out, "Socket errors") && !strings.Contains(out, "connect 0, read 0, write 0, timeout") || strings.Contains(out, "Non-2xx") {
					p.t.Errorf("wrk %q:\n%s", args, out)
				}
			}
		}
		if _, err := exec.LookPath("ab"); err != nil {
			p.t.Log("no ab")
		} else {
			n := strconv.Itoa(few(1000, 100_000))
			p.says(5*time.Minute, []string{`Complete requests: +` + n + `\n`, `Failed requests: +0\n`}, "ab", "-q", "-n", n, "-c", "100", "-k", url)
		}
	}},
	{name: "Fast Open", tools: []string{"curl", "sysctl"}, flags: []string{"--fast-open", "--http", ":80=testdata/pcaps"}, want: []string{"TCPFastOpenGranted", "TCPFastOpenAccepted"}, run: func(p *peer) {
		p.run(p.ns, "sysctl", "-q", "-w", "net.ipv4.tcp_fastopen=1")
		for range 3 { // the first gets the cookie, the others ask in their SYN
			for _, host := range []string{serveIP, "[" + serveGlobal6 + "]"} {
				p.says(20*time.Second, []string{`^200 $`}, "curl", "-g", "-s", "--tcp-fastopen", "-o", "/dev/null", "-w", "%{http_code} ", "http://"+host+"/tour.json")
			}
		}
	}},
	{name: "iperf", tools: []string{"socat"}, whole: true, run: func(p *peer) {
		// What iperf3 would measure, by the services for it: to the sink, and four at once from the fountain.
		p.says(time.Minute, nil, "sh", "-c", "head -c 1000000000 /dev/zero | socat -u -b 1000000 - TCP:"+serveIP+":9")
		rates := make([]float64, 4)
		var all sync.WaitGroup
		for i := range rates {
			c := p.dial(p.ns, "tcp", 6972)
			all.Add(1)
			go func() {
				defer all.Done()
				start := time.Now()
				c.SetReadDeadline(start.Add(10 * time.Second))
				n, _ := io.Copy(io.Discard, struct{ io.Reader }{c})
				rates[i] = float64(n) / 1e6 / time.Since(start).Seconds()
			}()
		}
		all.Wait()
		p.t.Logf("four at once, MB/s: %.0f", rates)
		if least, most := min(rates[0], rates[1], rates[2], rates[3]), max(rates[0], rates[1], rates[2], rates[3]); least*2 < most {
			p.t.Errorf("not fair: %.1f MB/s", rates)
		}
	}},
	{name: "all at once", tools: []string{"hping3"}, wire: true, whole: true, run: func(p *peer) {
		// Transfers, short connections and a flood of SYN for two minutes, with loss, and the memory all the while.
		p.spoil(lose(1))
		stop := time.Now().Add(2 * time.Minute)
		p.start(p.ns, "timeout", "120", "hping3", "-q", "-i", "u200", "-S", "-p", "7", "--rand-source", serveIP)
		var all sync.WaitGroup
		for range 3 {
			all.Add(1)
			go func() {
				defer all.Done()
				for time.Now().Before(stop) {
					p.transfer(p.ns, 7, 2_000_000)
				}
			}()
		}
		var first, most int
		for time.Now().Before(stop) {
			c, err := p.dialError(p.ns, "tcp", net.JoinHostPort(serveIP, "7"))
			if err == nil {
				c.Write([]byte("x"))
				io.ReadFull(c, make([]byte, 1))
				c.Close()
			} else {
				p.t.Errorf("a connection: %v", err)
			}
			if time.Until(stop) > 90*time.Second {
				first = p.resident()
			}
			most = max(most, p.resident())
			time.Sleep(20 * time.Millisecond)
		}
		all.Wait()
		p.t.Logf("%d MB after half a minute, at most %d MB in two minutes", first>>20, most>>20)
		if most > first+20<<20 {
			p.t.Errorf("memory grows: %d MB after half a minute, then %d MB", first>>20, most>>20)
		}
	}},
}

// await waits for text in what a program prints.
func (p *peer) await(prog *program, text string) { prog.await(&prog.stdout, text) }

// awaitMatch waits for text that matches a pattern.
func (p *peer) awaitMatch(prog *program, pattern string) {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(patience); !re.MatchString(prog.stdout.String()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Errorf("%s shows nothing like %s:\n%.3000s", prog.name, pattern, prog.stdout.String())
			return
		}
	}
}

// awaitLines waits until n lines are there.
func (p *peer) awaitLines(out *textBuffer, n int) {
	p.t.Helper()
	for end := time.Now().Add(patience); strings.Count(out.String(), "\n") < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("not %d lines", n)
		}
	}
}
