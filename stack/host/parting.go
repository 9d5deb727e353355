package host

import (
	"slices"
	"time"

	"smoltcp/stack"
)

// partingTime is how long the last messages of a host may wait for a neighbor or for their device.
const partingTime = 500 * time.Millisecond

// part says goodbye, to whoever is to know that the host ends, when its connections have ended: h.partings queue the messages, and
// this waits until they have left.
func (h *Host) part() {
	h.lock()
	list, running := h.partings, h.running && h.err == nil
	h.partings = nil
	if running {
		for _, f := range slices.Backward(list) { // a lease is given back after what needs its address
			f()
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
