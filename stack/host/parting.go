package host

import (
	"slices"
	"time"

	"smoltcp/stack"
)

// partingTime is how long the last messages of a host may wait for a neighbor or for their device.
const partingTime = 500 * time.Millisecond

// parter is what has something to say before the host ends.
type parter interface{ part() }

// forget takes a parter that has ended out of the list. The lock is held.
func (h *Host) forget(p parter) {
	h.partings = slices.DeleteFunc(h.partings, func(o parter) bool { return o == p })
}

// part says goodbye, to whoever is to know that the host ends, when its connections have ended: h.partings queue the messages, and
// this waits until they have left.
func (h *Host) part() {
	h.lock()
	list, running := h.partings, h.running && h.err == nil
	h.partings = nil
	if running {
		for _, p := range slices.Backward(list) { // a lease is given back after what needs its address
			p.part()
		}
	}
	h.unlock()
	if !running || len(list) == 0 {
		return
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	end := time.After(partingTime)
	for idle := false; !idle; {
		select {
		case <-end:
			return
		case <-h.done:
			return
		case <-tick.C:
			h.Do(func(s *stack.Stack) { idle = s.Idle() })
		}
	}
}
