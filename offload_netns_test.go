//go:build linux

package main

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// counter gives a counter of a program that has ended.
func (p *program) counter(name string) int {
	p.t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + ` +(\d+)$`).FindStringSubmatch(p.stderr.String())
	if m == nil {
		p.t.Fatalf("no counter %s in\n%s", name, p.stderr.String())
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// With offload a few frames carry everything, without each carries a segment. An interface that outlives the host is left as it was, for
// programs that know nothing of offload.
func TestServeOffload(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"tap", "tun", "veth"} {
		t.Run(mode, func(t *testing.T) {
			needTUN(t)
			n := newNetwork(t)
			ns, name := n.b, "eth0"
			if mode == "veth" {
				n.ip(n.b, "addr", "flush", "dev", "eth0") // the host has them
			} else {
				ns, name = n.a, "tap0"
				n.ip(n.a, "link", "del", "eth0")
				n.ip(n.a, "tuntap", "add", "name", "tap0", "mode", mode)
				n.ip(n.a, "addr", "add", "192.168.69.100/24", "dev", "tap0")
				n.ip(n.a, "link", "set", "tap0", "up")
			}
			const size, segments = 3_000_000, 3_000_000 / 1460
			for _, on := range []bool{true, false, true} {
				args := []string{name, "--addr", "192.168.69.1/24", "--hardware-addr", "02-00-00-00-69-01", "--offload", "off"}
				if on {
					args = args[:5]
				}
				p := n.serve(ns, args...)
				n.transfer(n.a, 7, size)
				p.interrupt(os.Interrupt)
				p.end()
				uncut := on || mode == "veth" // which carries what the kernel has not cut to every packet socket
				rx, tx := p.counter("RxFrames"), p.counter("TxFrames")
				if sent := p.counter("TCPSegmentsSent"); on != (tx < segments/2) || uncut != (rx < segments/2) || sent < segments {
					t.Errorf("offload %v: %d bytes took %d frames received, %d sent, %d segments sent", on, size, rx, tx, sent)
				}
			}
		})
	}
}
