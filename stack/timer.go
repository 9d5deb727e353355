package stack

// expirer is what a timer wakes.
type expirer interface {
	expire(now Time)
}

// timer is one deadline of a socket, a neighbor or the like. Deadlines mostly move away from the present (every
// ACK moves a retransmission timer), so a timer that is set to a later time stays where it is in the heap and is
// put right when it comes to the top.
type timer struct {
	at    Time // when it is due; Never if it is off
	index int32
	owner expirer
}

func makeTimer(owner expirer) timer { return timer{at: Never, index: -1, owner: owner} }

// timers is a heap of four children a node.
type timers struct {
	heap []timerEntry
}

type timerEntry struct {
	key Time // at most t.at
	t   *timer
}

// set makes t due at a time, or turns it off with Never.
func (h *timers) set(t *timer, at Time) {
	t.at = at
	switch {
	case t.index < 0:
		if at != Never {
			t.index = int32(len(h.heap))
			h.heap = append(h.heap, timerEntry{at, t})
			h.up(int(t.index))
		}
	case at < h.heap[t.index].key:
		h.heap[t.index].key = at
		h.up(int(t.index))
	}
}

// stop turns t off and forgets it.
func (h *timers) stop(t *timer) {
	t.at = Never
	if i := int(t.index); i >= 0 {
		h.remove(i)
	}
}

func (h *timers) remove(i int) {
	last := len(h.heap) - 1
	h.heap[i].t.index = -1
	if i != last {
		h.heap[i] = h.heap[last]
		h.heap[i].t.index = int32(i)
	}
	h.heap[last] = timerEntry{}
	h.heap = h.heap[:last]
	if i != last {
		h.down(i)
		h.up(i)
	}
}

// next is the earliest deadline, or Never.
func (h *timers) next() Time {
	for len(h.heap) > 0 {
		e := &h.heap[0]
		switch {
		case e.t.at == Never:
			h.remove(0)
		case e.t.at > e.key:
			e.key = e.t.at
			h.down(0)
		default:
			return e.key
		}
	}
	return Never
}

// run wakes the owners of at most limit timers that are due at now, and reports whether there are more.
func (h *timers) run(now Time, limit int) bool {
	for ; h.next() <= now; limit-- {
		if limit == 0 {
			return true
		}
		t := h.heap[0].t
		h.stop(t)
		t.owner.expire(now)
	}
	return false
}

func (h *timers) up(i int) {
	e := h.heap[i]
	for i > 0 {
		p := (i - 1) / 4
		if h.heap[p].key <= e.key {
			break
		}
		h.heap[i] = h.heap[p]
		h.heap[i].t.index = int32(i)
		i = p
	}
	h.heap[i] = e
	e.t.index = int32(i)
}

func (h *timers) down(i int) {
	e := h.heap[i]
	for {
		least := 4*i + 1
		if least >= len(h.heap) {
			break
		}
		for c := least + 1; c < min(4*i+5, len(h.heap)); c++ {
			if h.heap[c].key < h.heap[least].key {
				least = c
			}
		}
		if e.key <= h.heap[least].key {
			break
		}
		h.heap[i] = h.heap[least]
		h.heap[i].t.index = int32(i)
		i = least
	}
	h.heap[i] = e
	e.t.index = int32(i)
}
