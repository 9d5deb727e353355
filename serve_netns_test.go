//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var soak = flag.Bool("soak", false, "send 10 MB through every fault, which takes minutes")

// serveIP is the address of the host that serve is; the kernel's side has 192.168.69.100.
const serveIP = "192.168.69.1"

// transferTime is how long one transfer may take, with -soak and on a slow machine.
const transferTime = 10 * time.Minute

// newServer starts serve on tap0, in a namespace of its own.
func newServer(t *testing.T, tools []string, flags ...string) (*network, *program) {
	t.Helper()
	n := newNamespace(t, tools...)
	return n, n.serve(n.a, append([]string{"tap0"}, flags...)...)
}

// newNamespace is newNetwork with nothing in it but the loopback interface of a.
func newNamespace(t *testing.T, tools ...string) *network {
	t.Helper()
	needTUN(t)
	n := newNetwork(t, tools...)
	n.ip(n.a, "link", "del", "eth0")
	return n
}

func needTUN(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		t.Skipf("needs TAP interfaces: %v", err)
	}
}

// serve starts smoltcp serve in a namespace and waits until it serves.
func (n *network) serve(ns string, args ...string) *program {
	n.t.Helper()
	p := n.start(ns, append([]string{"smoltcp", "serve"}, args...)...)
	p.await(&p.stderr, "serving ")
	return p
}

// within calls f on a thread that is in a namespace: the sockets that it opens belong there.
func (n *network) within(ns string, f func()) {
	n.t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		file, err := os.Open("/run/netns/" + ns)
		if err == nil {
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
			file.Close()
		}
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; err != nil {
		n.t.Fatalf("enter %s: %v", ns, err)
	}
}

// dialError opens a socket of the kernel's in a namespace.
func (n *network) dialError(ns, network, address string) (c net.Conn, err error) {
	n.t.Helper()
	n.within(ns, func() {
		c, err = (&net.Dialer{Timeout: patience}).Dial(network, address)
	})
	if err == nil {
		c.SetDeadline(time.Now().Add(transferTime))
		n.t.Cleanup(func() { c.Close() })
	}
	return c, err
}

func (n *network) dial(ns, network string, port int) net.Conn {
	n.t.Helper()
	c, err := n.dialError(ns, network, fmt.Sprintf("%s:%d", serveIP, port))
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// noise is a stream of random bytes.
func noise(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

// unreverser undoes what the reverse services do: it takes their reply and writes the lines of it, each reversed, on.
type unreverser struct {
	w    io.Writer
	line []byte
}

func (u *unreverser) Write(p []byte) (int, error) {
	n := len(p)
	for {
		line, rest, ok := bytes.Cut(p, []byte{'\n'})
		u.line = append(u.line, line...)
		if !ok {
			return n, nil
		}
		slices.Reverse(u.line)
		if _, err := u.w.Write(u.line); err != nil {
			return 0, err
		}
		u.line, p = u.line[:0], rest
	}
}

// withoutNewlines writes on what it gets, its newlines taken out.
type withoutNewlines struct{ w io.Writer }

func (f withoutNewlines) Write(p []byte) (int, error) {
	_, err := f.w.Write(bytes.ReplaceAll(p, []byte{'\n'}, nil))
	return len(p), err
}

// transfer sends size bytes to a service that answers them, ends its direction, and checks what comes back to its end.
func (n *network) transfer(ns string, port int, size int64) {
	n.t.Helper()
	c := n.dial(ns, "tcp", port)
	sent, got := sha256.New(), sha256.New()
	wantTo, gotTo := io.Writer(sent), io.Writer(got)
	if port != 7 {
		wantTo, gotTo = withoutNewlines{sent}, &unreverser{w: got}
	}
	written := make(chan error, 1)
	start := time.Now()
	go func() {
		_, err := io.CopyN(c, io.TeeReader(noise(byte(size)), wantTo), size)
		if err == nil {
			err = c.(*net.TCPConn).CloseWrite()
		}
		written <- err
	}()
	back, err := io.Copy(gotTo, struct{ io.Reader }{c})
	if err != nil {
		n.t.Fatalf("port %d: %d bytes came back, then: %v", port, back, err)
	}
	if err := <-written; err != nil {
		n.t.Fatalf("port %d: write: %v", port, err)
	}
	if !bytes.Equal(sent.Sum(nil), got.Sum(nil)) {
		n.t.Errorf("port %d: what came back (%d bytes) is not what was sent (%d)", port, back, size)
	}
	d := time.Since(start)
	n.t.Logf("port %d: %d bytes in %v: %.1f MB/s", port, size, d.Round(time.Millisecond), float64(size)/1e6/d.Seconds())
}

// checkCounters checks that a program that has ended printed counters, and that those named are not zero.
func (p *program) checkCounters(names ...string) {
	p.t.Helper()
	for _, name := range names {
		if !regexp.MustCompile(`(?m)^` + name + ` +[1-9]\d*$`).MatchString(p.stderr.String()) {
			p.t.Errorf("no counter %s in\n%s", name, p.stderr.String())
		}
	}
}

func TestServePing(t *testing.T) {
	t.Parallel()
	n, p := newServer(t, []string{"ping"})
	if out := n.run(n.a, "ip", "addr", "show", "tap0"); !strings.Contains(out, "inet 192.168.69.100/24 ") || !strings.Contains(out, ",UP") {
		t.Errorf("tap0 is not set up:\n%s", out)
	}
	for _, args := range [][]string{
		{"-c", "3", "-i", "0.01"}, {"-c", "3", "-i", "0.01", "-s", "1400"}, {"-c", "3", "-i", "0.01", "-s", "1472", "-M", "do"},
		{"-c", "5", "-i", "0.01", "-s", "1473"}, {"-c", "5", "-i", "0.01", "-s", "65000"}, {"-c", "2", "-i", "0.01", "-s", "65507"},
		{"-c", "3", "-i", "0.01", "-s", "0"}, {"-f", "-c", "1000", "-s", "1400"},
	} {
		n.kernelPing(n.a, append(args, serveIP)...)
	}
	p.interrupt(os.Interrupt)
	p.checkCounters("RxFrames", "TxFrames", "EchoReplies", "Reassembled", "TxFragments", "ARPReplies")
	if out, err := exec.Command("ip", "-n", n.a, "link", "show", "tap0").CombinedOutput(); err == nil {
		t.Errorf("tap0 is left behind:\n%s", out)
	}
}

// 10 MB by a hash, through the 64-byte buffers of the reverse echo and through the services for bulk.
func TestServeTransfers(t *testing.T) {
	t.Parallel()
	n, p := newServer(t, nil)
	n.transfer(n.a, 7, 10_000_000)
	n.transfer(n.a, 6969, 10_000_000)
	n.transfer(n.a, 6970, 100_000)
	p.interrupt(os.Interrupt)
	p.checkCounters("TCPAccepts")
}

func TestServePatterns(t *testing.T) {
	t.Parallel()
	n, _ := newServer(t, nil)
	for port, at := range map[int]func(i int) byte{
		6972: func(i int) byte { return byte(i) },
		19: func(i int) byte { // RFC 864
			switch line, col := i/74, i%74; col {
			case 72:
				return '\r'
			case 73:
				return '\n'
			default:
				return ' ' + byte((line+col)%95)
			}
		},
	} {
		c := n.dial(n.a, "tcp", port)
		buf := make([]byte, 5_000_000)
		if _, err := io.ReadFull(c, buf); err != nil {
			t.Fatalf("port %d: %v", port, err)
		}
		for i, b := range buf {
			if b != at(i) {
				t.Fatalf("port %d: byte %d is %q, want %q", port, i, b, at(i))
			}
		}
		c.Close()
	}
	for _, port := range []int{9, 6971} {
		c := n.dial(n.a, "tcp", port)
		if _, err := io.CopyN(c, noise(1), 10_000_000); err != nil {
			t.Fatalf("port %d: %v", port, err)
		}
		c.(*net.TCPConn).CloseWrite()
		if b, err := io.ReadAll(c); err != nil || len(b) != 0 {
			t.Errorf("port %d: %q, %v", port, b, err)
		}
	}
}

// With faults of every kind, in both directions, not a byte is lost. Through 64-byte buffers each lost frame costs a
// retransmission timeout, so that there are fewer bytes.
func TestServeTransfersFaults(t *testing.T) {
	t.Parallel()
	const all = "--drop-chance %[1]v --corrupt-chance %[1]v --duplicate-chance %[1]v --reorder-chance %[1]v"
	for _, test := range []struct {
		flags         string
		bulk, reverse int64
	}{
		{fmt.Sprintf(all, 1), 5_000_000, 20_000},
		{fmt.Sprintf(all, 5), 500_000, 2_000},
		{"--drop-chance 15 --corrupt-chance 15 --size-limit 1000 --rx-rate-limit 40 --tx-rate-limit 40", 0, 100},
		{"--delay 5ms --reorder-chance 20", 3_000_000, 5_000},
		{"--mtu 300 --duplicate-chance 20 --reorder-chance 20", 1_000_000, 100_000},
	} {
		t.Run(test.flags, func(t *testing.T) {
			t.Parallel()
			n, p := newServer(t, nil, append(strings.Fields(test.flags), "--seed", "1")...)
			if test.bulk > 0 {
				n.transfer(n.a, 7, test.bulk)
			}
			n.transfer(n.a, 6969, test.reverse)
			p.interrupt(os.Interrupt)
			p.checkCounters("TCPAccepts", "[rt]x: .*")
		})
	}
}

// TestServeSoak is TestServeTransfersFaults with 10 MB each way.
func TestServeSoak(t *testing.T) {
	if !*soak {
		t.Skip("takes minutes; run with -args -soak")
	}
	for _, flags := range []string{
		"--drop-chance 5 --corrupt-chance 5 --duplicate-chance 5 --reorder-chance 5",
		"--drop-chance 0.05 --corrupt-chance 0.05 --duplicate-chance 1 --reorder-chance 1",
	} {
		n, p := newServer(t, nil, append(strings.Fields(flags), "--seed", "1")...)
		n.transfer(n.a, 7, 10_000_000)
		if strings.Contains(flags, "0.05") {
			n.transfer(n.a, 6969, 10_000_000)
		}
		p.interrupt(os.Interrupt)
	}
}

// Hundreds of connections at once, all to buffers of 64 bytes, all of them open before the first byte is sent.
func TestServeManyConnections(t *testing.T) {
	t.Parallel()
	n, p := newServer(t, nil)
	const conns, size = 500, 2000
	all := make([]net.Conn, conns)
	for i := range all {
		all[i] = n.dial(n.a, "tcp", 6969+i%2)
	}
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var want, got bytes.Buffer
			data := make([]byte, size)
			io.ReadFull(noise(byte(i)), data)
			withoutNewlines{&want}.Write(data)
			go func() {
				c.Write(data)
				c.(*net.TCPConn).CloseWrite()
			}()
			if _, err := io.Copy(&unreverser{w: &got}, struct{ io.Reader }{c}); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("connection %d: %d bytes of %d: %v", i, got.Len(), want.Len(), err)
			}
		}()
	}
	wg.Wait()
	p.interrupt(os.Interrupt)
	p.checkCounters("TCPAccepts")
	if !strings.Contains(p.stderr.String(), fmt.Sprintf("TCPAccepts %42d\n", conns)) {
		t.Errorf("not %d connections:\n%s", conns, p.stderr.String())
	}
}

func TestServeUDP(t *testing.T) {
	t.Parallel()
	n, p := newServer(t, nil)
	buf := make([]byte, 1<<16)
	for _, test := range []struct {
		port   int
		size   int
		answer string // "" for the question
	}{{6969, 5, "yo dawg\n"}, {6969, 20_000, "yo dawg\n"}, {7, 0, ""}, {7, 1472, ""}, {7, 65507, ""}} {
		c := n.dial(n.a, "udp", test.port)
		question := make([]byte, test.size)
		io.ReadFull(noise(2), question)
		if _, err := c.Write(question); err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		want := []byte(test.answer)
		if test.answer == "" {
			want = question
		}
		if m, err := c.Read(buf); err != nil || !bytes.Equal(buf[:m], want) {
			t.Errorf("port %d gives %d bytes for %d: %v", test.port, m, test.size, err)
		}
	}
	p.interrupt(os.Interrupt)
	p.checkCounters("UDPReceived", "UDPSent", "TxFragments", "Reassembled")
}

// Closed ports are refused at once: by a reset, and by port unreachable.
func TestServeClosedPorts(t *testing.T) {
	t.Parallel()
	n, p := newServer(t, nil)
	if _, err := n.dialError(n.a, "tcp", serveIP+":6973"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("tcp: %v", err)
	}
	c := n.dial(n.a, "udp", 6970)
	c.Write([]byte("anybody?"))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("udp: %v", err)
	}
	// An unknown protocol: SCTP, by a raw socket.
	n.within(n.a, func() {
		raw, err := net.Dial("ip4:132", serveIP)
		if err != nil {
			t.Error(err)
			return
		}
		defer raw.Close()
		raw.SetDeadline(time.Now().Add(patience))
		raw.Write(make([]byte, 20))
		if _, err := raw.Read(make([]byte, 100)); !errors.Is(err, syscall.ENOPROTOOPT) {
			t.Errorf("protocol 132: %v", err)
		}
	})
	p.interrupt(os.Interrupt)
	p.checkCounters("TCPResets", "UDPNoSocket", "IPv4UnknownProto", "ICMPErrorsSent")
}

// Both signals close the connections, print the counters and end with success.
func TestServeSignals(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			n, p := newServer(t, nil)
			idle, busy, deaf := n.dial(n.a, "tcp", 6969), n.dial(n.a, "tcp", 7), n.dial(n.a, "tcp", 19)
			busy.Write([]byte("hello"))
			if _, err := io.ReadFull(busy, make([]byte, 5)); err != nil {
				t.Fatal(err)
			}
			closed := make(chan error, 2)
			for _, c := range []net.Conn{idle, busy} {
				go func() {
					b, err := io.ReadAll(c)
					if len(b) > 0 {
						err = fmt.Errorf("%q", b)
					}
					c.Close()
					closed <- err
				}()
			}
			p.interrupt(s)
			for range 2 {
				if err := <-closed; err != nil {
					t.Errorf("a connection did not end in order: %v", err)
				}
			}
			if _, err := io.Copy(io.Discard, struct{ io.Reader }{deaf}); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("one that nobody read ended with %v", err)
			}
			if p.stdout.String() != "" || !strings.HasPrefix(p.stderr.String(), "serving 192.168.69.1/24, fdaa::1/64, fe80::1/64 as 02-00-00-00-00-01 on tap0: ") {
				t.Errorf("stdout %q, stderr %q", p.stdout.String(), p.stderr.String())
			}
			if !strings.Contains(p.stderr.String(), fmt.Sprintf("TCPAccepts %42d\n", 3)) {
				t.Errorf("no counters:\n%s", p.stderr.String())
			}
		})
	}
}

// checkGone checks how serve ends when its interface has been deleted.
func checkGone(t *testing.T, p *program, name string) {
	t.Helper()
	if code := p.end(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if got := regexp.MustCompile(`(?m)^smoltcp: .*$`).FindAllString(p.stderr.String(), -1); len(got) != 1 || got[0] != "smoltcp: serve: "+name+": the interface is gone" {
		t.Errorf("want one line about %s, have %q in\n%s", name, got, p.stderr.String())
	}
	p.checkCounters("RxFrames", "EchoReplies")
}

func TestServeInterfaceVanishes(t *testing.T) {
	t.Parallel()
	n, p := newServer(t, []string{"ping"}, "--trace")
	n.run(n.a, "ping", "-c", "1", serveIP)
	n.ip(n.a, "link", "del", "tap0")
	checkGone(t, p, "tap0")
	if !strings.Contains(p.stdout.String(), "ICMPv4") {
		t.Errorf("the trace lacks what came before:\n%s", p.stdout.String())
	}
}

// On an interface that is not TAP, serve is a host beside the kernel's own, by a packet socket.
func TestServeVeth(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping")
	// The kernel in b gives up the address, and must not answer in the host's place.
	n.ip(n.b, "addr", "flush", "dev", "eth0")
	p := n.serve(n.b, "eth0", "--hardware-addr", "02-00-00-00-69-01")
	n.kernelPing(n.a, "-c", "3", "-i", "0.01", "-s", "3000", serveIP)
	n.transfer(n.a, 7, 5_000_000)
	n.transfer(n.a, 6969, 50_000)
	if _, err := n.dialError(n.a, "tcp", serveIP+":6973"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("closed port: %v", err)
	}
	n.ip(n.a, "link", "del", "eth0")
	checkGone(t, p, "eth0")
}

func TestServeTUN(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "ping")
	p := n.serve(n.a, "tun0", "--tun", "--trace", "-t", "--format", "line")
	if !strings.HasPrefix(p.stderr.String(), "serving 192.168.69.1/24, fdaa::1/64, fe80::1/64 on tun0: ") {
		t.Errorf("%s", p.stderr.String())
	}
	out := n.run(n.a, "ping", "-c", "1", "-s", "3000", serveIP)
	if !strings.Contains(out, " 0% packet loss") {
		t.Errorf("%s", out)
	}
	n.transfer(n.a, 7, 1_000_000)
	p.interrupt(os.Interrupt)
	if !regexp.MustCompile(`(?m)^<- IP 192\.168\.69\.100 > 192\.168\.69\.1: ICMP echo request, `).MatchString(p.stdout.String()) {
		t.Errorf("no ping in the trace:\n%.2000s", p.stdout.String())
	}
}

// A savefile has every frame that the trace shows, and tcpdump reads it.
func TestServePcap(t *testing.T) {
	for _, name := range []string{"x.pcap", "x.pcapng"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			save := filepath.Join(t.TempDir(), name)
			n, p := newServer(t, []string{"ping", "tcpdump"}, "--pcap", save, "--trace", "-t", "--drop-chance", "30", "--seed", "4")
			n.start(n.a, "ping", "-c", "20", "-i", "0.01", "-W", "1", serveIP).end() // some are lost
			p.interrupt(syscall.SIGTERM)
			frames := regexp.MustCompile(`(?m)^(<-|->) `).FindAllString(p.stdout.String(), -1)
			read := n.run(n.a, "sh", "-c", "tcpdump -n -r "+save+" 2>/dev/null")
			if got := strings.Count(read, "\n"); got != len(frames) || got < 20 {
				t.Errorf("tcpdump reads %d packets, the trace has %d:\n%s", got, len(frames), read)
			}
			out, stderr, code := smoltcp(nil, "decode", "--format", "json", save)
			if code != 0 {
				t.Fatalf("decode: exit code %d: %s", code, stderr)
			}
			for _, verdict := range []string{"rx: randomly dropping a packet", "tx: randomly dropping a packet"} {
				shown := strings.Count(p.stdout.String(), "\n   ("+verdict+")\n")
				saved := bytes.Count(out, []byte(`"comment":"`+verdict+`"`))
				if name == "x.pcap" {
					saved = shown // the format has no comments
				}
				if shown == 0 || saved != shown || !strings.Contains(p.stderr.String(), fmt.Sprintf("%-40s %12d\n", verdict, shown)) {
					t.Errorf("%s: %d in the trace, %d in the file, counters:\n%s", verdict, shown, saved, p.stderr.String())
				}
			}
		})
	}
}

// Without the right to make an interface the error shows the commands that make it, and after them all is well.
func TestServeNotAllowed(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "ping", "setpriv")
	// The program's directory may be closed to other users.
	found, err := exec.LookPath("smoltcp")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "smoltcp")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	binary, err := os.ReadFile(found)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "smoltcp"), binary, 0o755)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	// Everybody may open /dev/net/tun on an ordinary system, but not in every container. The one that is made here nobody else sees:
	// ip netns exec gives each program mounts of its own.
	nobody := []string{
		"sh", "-c", `mount -t tmpfs none /dev/net && mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun && exec "$@"`, "sh",
		"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", filepath.Join(dir, "smoltcp"), "serve", "tap0",
	}
	p := n.start(n.a, nobody...)
	code, text := p.end(), p.stderr.String()
	if strings.Contains(text, "mount: ") || strings.Contains(text, "mknod: ") {
		t.Skipf("needs a /dev/net/tun for everybody: %s", text)
	}
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	_, commands, ok := strings.Cut(strings.TrimSuffix(text, "\n"), "or prepare the interface once: ")
	if !ok || strings.Count(text, "\n") != 1 || strings.Count(commands, "sudo ip ") != 4 {
		t.Fatalf("want one line with four commands, have %q", text)
	}
	commands = strings.NewReplacer("sudo ", "", "$USER", "nobody").Replace(commands)
	n.run(n.a, "sh", "-c", commands)
	p = n.start(n.a, nobody...)
	p.await(&p.stderr, "serving ")
	if out := n.run(n.a, "ping", "-c", "1", serveIP); !strings.Contains(out, " 0% packet loss") {
		t.Errorf("%s", out)
	}
	p.interrupt(os.Interrupt)
	n.run(n.a, "ip", "link", "show", "tap0") // it is not serve's to delete
}

// nmap finds the services, all of them and nothing else.
func TestServeNmap(t *testing.T) {
	t.Parallel()
	n, p := newServer(t, []string{"nmap"})
	open := func(args ...string) (ports []string) {
		out := n.run(n.a, append(append([]string{"nmap", "-n", "-Pn", "-oG", "-"}, args...), serveIP)...)
		for _, m := range regexp.MustCompile(`(\d+)/open/`).FindAllStringSubmatch(out, -1) {
			ports = append(ports, m[1])
		}
		if strings.Contains(out, "filtered/") {
			t.Errorf("ports that do not answer:\n%s", out)
		}
		return ports
	}
	if got, want := open("-sS", "-p", "1-7000", "--min-rate", "3000"), []string{"7", "9", "19", "6969", "6970", "6971", "6972"}; !slices.Equal(got, want) {
		t.Errorf("open TCP ports: %v, want %v", got, want)
	}
	if got := open("-sU", "-p", "1-8"); !slices.Equal(got, []string{"7"}) {
		t.Errorf("open UDP ports: %v", got)
	}
	p.interrupt(os.Interrupt)
}
