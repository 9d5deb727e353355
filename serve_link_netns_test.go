//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// linkTime is how long an address may take to be asked about: seven seconds, and a busy machine.
const linkTime = 30 * time.Second

// reaches waits until a is answered from, for addresses that come to be the host's only after some seconds.
func (n *network) reaches(a string) {
	n.t.Helper()
	for end := time.Now().Add(linkTime); ; {
		out, err := exec.Command("ip", "netns", "exec", n.a, "ping", "-n", "-c", "1", "-W", "1", a).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			n.t.Fatalf("%s does not answer: %s", a, out)
		}
	}
}

// serve --probe: of two addresses one is the kernel's too, and is not used (RFC 5227).
func TestServeProbe(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "ping")
	p := n.serve(n.a, "tap0", "--probe", "--addr", "192.168.69.7/24", "--addr", "192.168.69.8/24")
	n.ip(n.a, "addr", "add", "192.168.69.7/24", "dev", "tap0")
	p.awaitMatch(&p.stderr, "tap0: another station has 192[.]168[.]69[.]7: not used\n", linkTime)
	n.reaches("192.168.69.8")
}

// serve --link-local finds an address for itself (RFC 3927).
func TestServeLinkLocal(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "ping")
	p := n.serve(n.a, "tap0", "--link-local", "--host-addr", "169.254.1.9/16")
	line := p.awaitMatch(&p.stderr, "tap0: chose 169[.]254[.][0-9.]+/16\n", linkTime)
	a, _, _ := strings.Cut(line[strings.Index(line, "169."):], "/")
	n.reaches(a)
	c, err := n.dialError(n.a, "tcp", a+":7")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "hello\n")
	if text, err := bufio.NewReader(c).ReadString('\n'); err != nil || text != "hello\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// serve --vlan answers in its VLANs, with the tag, and in no other.
func TestServeVLAN(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "ping")
	n.serve(n.a, "tap0", "--vlan", "5=10.5.0.1/24", "--vlan", "5=fd05::1/64", "--vlan", "6=10.6.0.1/24")
	t.Run("arping", func(t *testing.T) {
		if help, _ := exec.Command("arping", "-h").CombinedOutput(); !strings.Contains(string(help), "Habets") {
			t.Skip("needs the arping that knows VLANs (Debian's package of that name)")
		}
		for _, c := range []struct {
			vlan, addr string
			answers    bool
		}{{"5", "10.5.0.1", true}, {"6", "10.6.0.1", true}, {"6", "10.5.0.1", false}} {
			out, err := exec.Command("ip", "netns", "exec", n.a, "arping", "-V", c.vlan, "-S", "10.5.0.9", "-c", "1", "-i", "tap0", c.addr).CombinedOutput()
			if got := err == nil && strings.Contains(string(out), "02:00:00:00:00:01"); got != c.answers {
				t.Errorf("%s in VLAN %s: %v %s", c.addr, c.vlan, err, out)
			}
		}
	})
	t.Run("kernel", func(t *testing.T) {
		if out, err := exec.Command("ip", "-n", n.a, "link", "add", "link", "tap0", "name", "blue", "type", "vlan", "id", "5").CombinedOutput(); err != nil {
			t.Skipf("needs VLANs in the kernel: %s", out)
		}
		n.ip(n.a, "addr", "add", "10.5.0.9/24", "dev", "blue")
		n.ip(n.a, "link", "set", "blue", "up")
		for _, a := range []string{"10.5.0.1", serveIP} {
			n.reaches(a)
			n.kernelPing(n.a, "-c", "3", "-i", "0.01", "-s", "4000", a)
		}
		c, err := n.dialError(n.a, "tcp", "10.5.0.1:7")
		if err != nil {
			t.Fatal(err)
		}
		const size = 2_000_000
		go func() {
			_, _ = io.Copy(c, io.LimitReader(noise(5), size))
		}()
		if got, err := io.CopyN(io.Discard, c, size); err != nil {
			t.Errorf("%d bytes came back: %v", got, err)
		}
	})
}

// A link that goes down and comes up is noticed, and connections go on.
func TestServeLinkDown(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "ping")
	p := n.serve(n.a, "tap0", "--verbose")
	c := n.dial(n.a, "tcp", 7)
	r := bufio.NewReader(c)
	say := func(text string) {
		t.Helper()
		fmt.Fprintln(c, text)
		if got, err := r.ReadString('\n'); err != nil || got != text+"\n" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	say("before")
	n.ip(n.a, "link", "set", "tap0", "down")
	p.await(&p.stderr, "tap0: link is down")
	n.ip(n.a, "link", "set", "tap0", "up")
	p.await(&p.stderr, "tap0: link is up")
	say("after")
}
