package stack

import (
	"testing"
	"time"

	"smoltcp/dissect"
)

// Verify finds whatever is broken in the tables and timers, and nothing otherwise.
func TestVerify(t *testing.T) {
	start := func() (*bench, *TCPSocket) {
		h := newBench(t, Config{})
		h.listen("0.0.0.0:80", TCPOptions{})
		h.rx(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP))
		h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1, Flags: dissect.SYN, Window: 1000}, ""))
		return h, h.tcp.first
	}
	if h, c := start(); c == nil || h.Verify() != nil {
		t.Fatalf("%v %v", c, h.Verify())
	}
	for name, spoil := range map[string]func(h *bench, c *TCPSocket){
		"a connection outside of the table":    func(h *bench, c *TCPSocket) { h.tcp.conns.remove(c) },
		"a connection that is gone":            func(h *bench, c *TCPSocket) { c.gone = true },
		"a connection that is not in the list": func(h *bench, c *TCPSocket) { h.tcp.first = nil },
		"more connections than allowed":        func(h *bench, c *TCPSocket) { h.cfg.MaxConns = 0 },
		"a deadline without a timer":           func(h *bench, c *TCPSocket) { h.timers.stop(&c.timer) },
		"a timer after the deadline":           func(h *bench, c *TCPSocket) { h.timers.set(&c.timer, c.timer.at+1) },
		"a timer that was missed":              func(h *bench, c *TCPSocket) { h.at += Time(time.Hour); h.Stack.Advance(h.at) },
		"a timer below its place":              func(h *bench, c *TCPSocket) { h.timers.heap[c.timer.index].key = c.timer.at + 1 },
		"a timer that believes to be another":  func(h *bench, c *TCPSocket) { c.timer.index++ },
		"a backlog that is overdrawn":          func(h *bench, c *TCPSocket) { c.listener.opt.Backlog = 0 },
		"a half-open connection of nobody":     func(h *bench, c *TCPSocket) { c.listener.half.remove(c) },
		"a connection to be polled":            func(h *bench, c *TCPSocket) { c.markReady() },
		"a connection in TIME-WAIT uncounted":  func(h *bench, c *TCPSocket) { c.waiting = true },
		"fragments beyond the limit":           func(h *bench, c *TCPSocket) { h.reassembly.cost = h.cfg.ReassemblyMemory + 1 },
		"too much waiting for neighbors":       func(h *bench, c *TCPSocket) { h.ifc.neighbors.waiting = 1 << 30 },
		"too many neighbors":                   func(h *bench, c *TCPSocket) { h.cfg.Neighbors = 0 },
	} {
		h, c := start()
		spoil(h, c)
		if h.Verify() == nil {
			t.Errorf("not found: %s", name)
		}
	}
}
