package stack

import (
	"maps"
	"slices"

	"smoltcp/stack/tcp"
)

// Shutdown closes every socket in the polite way: listeners and UDP sockets at once, connections by Close, so that what
// is queued is still sent and the peers see an orderly end. Quiet says when they have.
func (s *Stack) Shutdown() {
	s.udp.closeAll()
	s.tcp.closeListeners()
	s.tcp.each((*TCPSocket).Close)
}

func (t *tcpTable) closeListeners() {
	for _, port := range slices.Sorted(maps.Keys(t.listens)) { // in a fixed order, as everything that sends
		for len(t.listens[port]) > 0 {
			t.listens[port][0].Close()
		}
	}
}

// Quiet reports whether every connection has ended or is in TIME-WAIT.
func (s *Stack) Quiet() bool {
	for c := range s.TCPSockets() {
		if c.State() != tcp.TimeWait {
			return false
		}
	}
	return true
}

// Idle reports whether nothing waits to be sent: not for a turn, not for a device, not for a neighbor.
func (s *Stack) Idle() bool {
	for _, ifc := range s.interfaces {
		if ifc.ready.len() > 0 || ifc.txq.len() > 0 || ifc.neighbors.waiting > 0 || ifc.neighbors6.waiting > 0 {
			return false
		}
	}
	return true
}
