package tcp

// minRingClass makes 64 bytes the smallest piece of memory that a ring takes.
const minRingClass = 6

// ring is a queue of bytes. The receive ring holds out-of-order bytes too, at their distance behind the head;
// bytes between are undefined. It has memory only while it holds something, and grows by doubling.
// How much it may hold is the caller's business.
type ring struct {
	mem    *block[byte] // nil while empty
	n      int          // bytes in order
	extent int          // the byte stored farthest from the head is before this distance; at least n
	head   int32        // index of the first byte in mem

	peak  uint8 // class of the largest extent since memory was taken
	class uint8 // the size to start with, as learnt from earlier use
}

// put stores p so that its first byte is off bytes behind the head.
func (r *ring) put(off int, p []byte) {
	if len(p) == 0 {
		return
	}
	r.reserve(off + len(p))
	r.extent = max(r.extent, off+len(p))
	r.peak = max(r.peak, uint8(classFor(r.extent)))
	buf := r.mem.s
	at := (int(r.head) + off) & (len(buf) - 1)
	k := copy(buf[at:], p)
	copy(buf, p[k:])
}

// push appends p to the bytes in order.
func (r *ring) push(p []byte) {
	r.put(r.n, p)
	r.n += len(p)
}

// extend makes the next n stored bytes part of those in order.
func (r *ring) extend(n int) { r.n += n }

// view gives n bytes from distance off, in two pieces if they wrap. They are valid until the ring changes.
func (r *ring) view(off, n int) (a, b []byte) {
	if n <= 0 {
		return nil, nil
	}
	buf := r.mem.s
	at := (int(r.head) + off) & (len(buf) - 1)
	if k := len(buf) - at; n > k {
		return buf[at:], buf[:n-k]
	}
	return buf[at : at+n], nil
}

// drop takes n bytes away at the head.
func (r *ring) drop(n int) {
	if n == 0 {
		return
	}
	r.head = int32((int(r.head) + n) & (len(r.mem.s) - 1))
	r.n -= n
	r.extent -= n
	if r.extent == 0 {
		r.release()
	}
}

// cut forgets everything stored at distance off and behind it, which must not be in order.
func (r *ring) cut(off int) {
	if r.extent <= off {
		return
	}
	r.extent = off
	if r.extent == 0 {
		r.release()
	}
}

// reset forgets everything.
func (r *ring) reset() {
	r.n, r.extent = 0, 0
	r.release()
}

// memory is how many bytes the ring takes.
func (r *ring) memory() int {
	if r.mem == nil {
		return 0
	}
	return len(r.mem.s)
}

// reserve sees to memory for n bytes.
func (r *ring) reserve(n int) {
	switch class := max(classFor(n), minRingClass); {
	case r.mem == nil:
		r.mem = bytePool.get(max(class, int(r.class)))
		r.head, r.peak = 0, 0
	case n > len(r.mem.s):
		grown := bytePool.get(class)
		a, b := r.view(0, r.extent)
		copy(grown.s[copy(grown.s, a):], b)
		bytePool.put(r.mem)
		r.mem, r.head = grown, 0
	}
}

// release gives the memory back. If less than half of it was in use, the next will be half as large.
func (r *ring) release() {
	if r.mem == nil {
		return
	}
	class := classFor(len(r.mem.s))
	if int(r.peak) < class {
		class = max(class-1, minRingClass)
	}
	r.class = uint8(class)
	bytePool.put(r.mem)
	r.mem, r.head = nil, 0
}
