package tcp

import "smoltcp/dissect"

// Memory bounds the buffers of all connections together whose Config names it. They must be used by one goroutine at a time.
//
// When three quarters of Limit are taken memory is scarce: buffers stop growing by themselves, what comes out of order is taken only
// where there is room for it already, and windows promise a few segments. When all is taken nothing more is, except that
// each connection may hold guaranteedBuf bytes each way, so that none stands still for ever because of the others: with N
// connections the bound is Limit + N * 4 KiB. The owner asks Full and has connections give back what they hold out of order.
type Memory struct {
	Limit int // bytes; 0: no limit
	used  int
}

// guaranteedBuf is what each direction of a connection may hold however scarce memory is. A segment that is larger is taken in
// part.
const guaranteedBuf = 2048

// scarceWindow is how many segments a window promises beyond what there is memory for while memory is scarce.
const scarceWindow = 4

// Used is how many bytes the buffers take.
func (m *Memory) Used() int { return m.used }

// Full reports that there is no more, or hardly any: buffers grow by doubling, and what is left is less than most want.
func (m *Memory) Full() bool { return m != nil && m.Limit > 0 && m.used >= m.Limit-m.Limit/16 }

// scarce reports that there is little left.
func (m *Memory) scarce() bool { return m != nil && m.Limit > 0 && m.used >= m.Limit/4*3 }

// has reports whether there are n bytes more.
func (m *Memory) has(n int) bool { return m == nil || m.Limit <= 0 || n <= m.Limit-m.used }

// count tells Config.Memory what the connection's buffers take now. Every call that may change it comes here.
func (c *Conn) count() {
	if c.cfg == nil || c.cfg.Memory == nil {
		return
	}
	m := c.cfg.Memory
	n := uint32(c.rcv.memory() + c.snd.memory())
	m.used += int(n) - int(c.tune.counted)
	c.tune.counted = n
	c.tune.scarce = m.scarce()
}

// mayHold is up to how many bytes a ring may be filled, the memory of all connections considered; at most want.
func (c *Conn) mayHold(r *ring, want int) int {
	m := c.cfg.Memory
	if m == nil || want <= r.memory() {
		return want
	}
	need := 1 << max(classFor(want), minRingClass)
	if r.mem == nil && m.has(1<<r.class) {
		need = max(need, 1<<r.class)
	}
	if m.has(need - r.memory()) {
		return want
	}
	return min(want, max(r.memory(), guaranteedBuf))
}

// thrift has a ring that is empty forget how large it was, if that is more than there is.
func (c *Conn) thrift(r *ring) {
	if r.mem == nil && !c.cfg.Memory.has(1<<r.class) {
		r.class = 0
	}
}

// fitMemory cuts off what there is no memory for. It is dropped as if it had got lost: the peer sends it again.
func (c *Conn) fitMemory(s *arrival) {
	if c.cfg.Memory == nil {
		return
	}
	c.thrift(&c.rcv)
	n := len(s.Payload)
	off := c.rcv.n + int(s.Seq-c.rcvNxt)
	fits := n
	if s.Seq != c.rcvNxt && c.cfg.Memory.scarce() {
		if off+n > c.rcv.memory() {
			fits = 0
		}
	} else {
		fits = min(max(c.mayHold(&c.rcv, off+n)-off, 0), n)
	}
	if fits < n {
		c.dropped(NoMemory, n-fits)
		s.Payload = s.Payload[:fits]
		s.Flags &^= dissect.FIN
		c.ackDue = true
	}
}

// Prune gives back what came out of order: for when memory is full. The peer is told no more of it, and sends it again
// (RFC 2018 section 8). It reports whether there was any.
func (c *Conn) Prune(now Time) bool {
	c.tick(now)
	if c.asm.empty() {
		return false
	}
	c.dropped(NoMemory, c.asm.bytes())
	c.asm.reset()
	c.rcv.cut(c.rcv.n)
	c.count()
	return true
}
