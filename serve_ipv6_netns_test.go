//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serveIP6 are the IPv6 addresses that serve has by itself.
var serveIP6 = []string{"fdaa::1", "fe80::1%tap0"}

// newServer6 is newServer, with the kernel knowing its neighbor: Duplicate Address Detection is over.
func newServer6(t *testing.T, tools []string, flags ...string) (*network, *program) {
	t.Helper()
	n, p := newServer(t, append([]string{"ping"}, tools...), flags...)
	for _, a := range serveIP6 {
		n.answers6(a)
	}
	return n, p
}

// answers6 waits until a ping to a with the arguments is answered.
func (n *network) answers6(a string, args ...string) {
	n.t.Helper()
	args = append([]string{"netns", "exec", n.a, "ping", "-6", "-c", "1", "-W", "1", a}, args...)
	for end := time.Now().Add(patience); ; {
		out, err := exec.Command("ip", args...).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			n.t.Fatalf("%s does not answer:\n%s", a, out)
		}
	}
}

// The kernel's ping, over both addresses: small, as large as the MTU, in fragments, and to all nodes.
func TestServePing6(t *testing.T) {
	t.Parallel()
	n, p := newServer6(t, nil)
	if out := n.run(n.a, "ip", "-6", "addr", "show", "tap0"); !strings.Contains(out, "inet6 fdaa::100/64 ") {
		t.Errorf("tap0 is not set up:\n%s", out)
	}
	for _, a := range serveIP6 {
		for _, args := range [][]string{
			{"-c", "3", "-i", "0.01"}, {"-c", "3", "-i", "0.01", "-s", "1452", "-M", "do"}, {"-c", "5", "-i", "0.01", "-s", "1453"},
			{"-c", "5", "-i", "0.01", "-s", "65000"}, {"-c", "3", "-i", "0.01", "-s", "0"}, {"-f", "-c", "1000", "-s", "1400"},
		} {
			n.kernelPing(n.a, append(append([]string{"-6"}, args...), a)...)
		}
	}
	if out := n.run(n.a, "ping", "-6", "-c", "2", "-i", "0.2", "ff02::1%tap0"); !strings.Contains(out, "from fe80::1%tap0: ") {
		t.Errorf("all nodes:\n%s", out)
	}
	if out := n.run(n.a, "ip", "-6", "neigh", "show", "fdaa::1"); !strings.Contains(out, " 02:00:00:00:00:01 ") {
		t.Errorf("neighbor: %s", out)
	}
	p.interrupt(os.Interrupt)
	p.checkCounters("RxFrames", "TxFrames", "EchoReplies", "Reassembled", "TxFragments", "NeighborAdvertisements", "NDPReceived", "MLDReports")
}

// 10 MB to the echo service and back over the kernel's TCP, by a hash.
func TestServeTransfers6(t *testing.T) {
	t.Parallel()
	n, p := newServer6(t, nil)
	for _, a := range serveIP6 {
		n.echo6(a, 10_000_000)
	}
	p.interrupt(os.Interrupt)
	p.checkCounters("TCPAccepts", "TCPReceived")
}

// echo6 sends size bytes to the echo service at a, and checks what comes back.
func (n *network) echo6(a string, size int64) {
	n.t.Helper()
	c, err := n.dialError(n.a, "tcp6", net.JoinHostPort(a, "7"))
	if err != nil {
		n.t.Fatal(err)
	}
	sent, got := sha256.New(), sha256.New()
	written := make(chan error, 1)
	go func() {
		_, err := io.CopyN(c, io.TeeReader(noise(6), sent), size)
		if err == nil {
			err = c.(*net.TCPConn).CloseWrite()
		}
		written <- err
	}()
	back, err := io.Copy(got, struct{ io.Reader }{c})
	if err != nil {
		n.t.Fatalf("%s: %d bytes came back, then: %v", a, back, err)
	}
	if err := <-written; err != nil {
		n.t.Fatalf("%s: write: %v", a, err)
	}
	if !bytes.Equal(sent.Sum(nil), got.Sum(nil)) {
		n.t.Errorf("%s: what came back (%d bytes) is not what was sent", a, back)
	}
}

// A veth pair: checksums are left to a device, and frames for groups come by a packet socket.
func TestServeVeth6(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping")
	n.ip(n.b, "addr", "flush", "dev", "eth0")
	p := n.serve(n.b, "eth0", "--hardware-addr", "02-00-00-00-69-01", "--addr", "2001:db8::1/64", "--addr", "fe80::1/64", "--verbose")
	p.await(&p.stderr, "address 2001:db8::1 is ours")
	n.kernelPing(n.a, "-6", "-c", "3", "-i", "0.01", "-s", "3000", "2001:db8::1")
	n.echo6("2001:db8::1", 5_000_000)
	p.interrupt(os.Interrupt)
}

// UDP in both directions, up to the largest datagram; closed ports and unknown protocols are refused at once.
func TestServeUDP6(t *testing.T) {
	t.Parallel()
	n, p := newServer6(t, nil)
	dial := func(network, address string) net.Conn {
		c, err := n.dialError(n.a, network, address)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		return c
	}
	buf := make([]byte, 1<<16)
	for _, a := range serveIP6 {
		for _, size := range []int{0, 5, 1452, 1453, 20_000, 65527} {
			question := make([]byte, size)
			io.ReadFull(noise(2), question)
			c := dial("udp6", net.JoinHostPort(a, "7"))
			if _, err := c.Write(question); err != nil {
				t.Fatal(err)
			}
			if m, err := c.Read(buf); err != nil || !bytes.Equal(buf[:m], question) {
				t.Errorf("%s gives %d bytes for %d: %v", a, m, size, err)
			}
		}
		if _, err := n.dialError(n.a, "tcp6", net.JoinHostPort(a, "6973")); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("tcp: %v", err)
		}
		c := dial("udp6", net.JoinHostPort(a, "6970"))
		c.Write([]byte("anybody?"))
		if _, err := c.Read(buf); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("udp: %v", err)
		}
		n.within(n.a, func() { // SCTP, by a raw socket
			raw, err := net.Dial("ip6:132", a)
			if err != nil {
				t.Error(err)
				return
			}
			defer raw.Close()
			raw.SetDeadline(time.Now().Add(patience))
			raw.Write(make([]byte, 20))
			if _, err := raw.Read(buf); !errors.Is(err, syscall.EPROTO) {
				t.Errorf("protocol 132: %v", err)
			}
		})
	}
	p.interrupt(os.Interrupt)
	p.checkCounters("UDPReceived", "UDPSent", "TxFragments", "Reassembled", "TCPResets", "UDPNoSocket", "IPv6UnknownProto", "ICMPErrorsSent")
}

// A router whose far link takes 1300 bytes: its Packet Too Big makes segments, datagrams and echo replies fit.
func TestServePathMTU6(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping", "sysctl")
	p := n.serve(n.b, "tap0", "--verbose")
	n.run(n.b, "sysctl", "-q", "-w", "net.ipv6.conf.all.forwarding=1")
	for _, ns := range []string{n.a, n.b} {
		n.ip(ns, "link", "set", "eth0", "mtu", "1300")
	}
	n.ip(n.a, "-6", "route", "add", "fdaa::/64", "via", "2001:db8::1")
	p.await(&p.stderr, "address fdaa::1 is ours")
	// The first reply is lost to the router's refusal.
	n.answers6("fdaa::1", "-s", "1400")
	n.echo6("fdaa::1", 1_000_000)
	p.interrupt(os.Interrupt)
	p.checkCounters("TxFragments", "ICMPReceived")
	if !regexp.MustCompile(`(?m)^TxFragments +[2-9]`).MatchString(p.stderr.String()) {
		t.Errorf("echo replies were not fragmented:\n%s", p.stderr.String())
	}
}

// nmap finds the services over IPv6, all of them and nothing else.
func TestServeNmap6(t *testing.T) {
	t.Parallel()
	n, p := newServer6(t, []string{"nmap"})
	out := n.run(n.a, "nmap", "-6", "-n", "-Pn", "-oG", "-", "-sS", "-p", "1-7000", "--min-rate", "3000", "fdaa::1")
	var open []string
	for _, m := range regexp.MustCompile(`(\d+)/open/`).FindAllStringSubmatch(out, -1) {
		open = append(open, m[1])
	}
	if want := []string{"7", "9", "19", "6969", "6970", "6971", "6972"}; !slices.Equal(open, want) || strings.Contains(out, "filtered/") {
		t.Errorf("open TCP ports: %v, want %v\n%s", open, want, out)
	}
	p.interrupt(os.Interrupt)
}

// Addresses, routes and the MTU from dnsmasq's router advertisements.
func TestServeSLAAC(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "dnsmasq", "ping")
	p := n.serve(n.a, "tap0", "--slaac")
	n.ip(n.a, "addr", "add", "2001:db8:7::1/64", "dev", "tap0", "nodad")
	n.start(n.a, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--interface=tap0", "--bind-dynamic", "--pid-file=",
		"--enable-ra", "--dhcp-range=2001:db8:7::,ra-only,64,1h", "--ra-param=tap0,mtu:1400,high,10,1200", "--user=root")
	address := regexp.MustCompile(`tap0: formed (2001:db8:7:\S+)`)
	var a string
	for end := time.Now().Add(patience); a == ""; time.Sleep(10 * time.Millisecond) {
		if m := address.FindStringSubmatch(p.stderr.String()); m != nil {
			a = m[1]
		} else if time.Now().After(end) {
			t.Fatalf("no address:\n%s", p.stderr.String())
		}
	}
	if strings.Contains(a, "ff:fe") {
		t.Errorf("%s tells the hardware address", a)
	}
	n.kernelPing(n.a, "-6", "-c", "2", "-i", "0.2", a)
	n.kernelPing(n.a, "-6", "-c", "2", "-i", "0.2", "-s", "1400", a)
	p.interrupt(os.Interrupt)
	p.checkCounters("RouterSolicitations", "NDPReceived", "TxFragments") // the MTU is 1400 for us
}
