//go:build linux

package main

import (
	"os"
	"testing"
)

// A host on two TAP interfaces with jumbo frames and on a packet socket answers on all three.
func TestServeAlso(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping")
	n.ip(n.b, "addr", "flush", "dev", "eth0")
	p := n.serve(n.b, "tap0", "--mtu", "9000",
		"--also", "eth0=10.2.0.1/24", "--also", "tap1=10.1.0.1/24", "--also-host-addr", "tap1=10.1.0.100/24")
	for _, ping := range []struct {
		ns, addr, size string
	}{
		{n.b, serveIP, "8972"}, // one frame
		{n.b, serveIP, "30000"},
		{n.b, "10.1.0.1", "8972"},
		{n.b, "10.1.0.1", "56"},
	} {
		args := []string{"-c", "3", "-i", "0.01", "-s", ping.size, ping.addr}
		if ping.size == "8972" {
			args = append(args, "-M", "do")
		}
		n.kernelPing(ping.ns, args...)
	}
	n.transfer(n.b, 7, 5_000_000)
	n.transfer(n.b, 6969, 50_000)

	// By the packet socket: another machine, whose MTU is smaller.
	n.ip(n.a, "addr", "add", "10.2.0.100/24", "dev", "eth0")
	n.kernelPing(n.a, "-c", "3", "-i", "0.01", "-s", "3000", "10.2.0.1")
	c, err := n.dialError(n.a, "tcp", "10.2.0.1:7")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	p.interrupt(os.Interrupt)
	if code := p.end(); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}
