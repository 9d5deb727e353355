package stack

// fifo is a queue in a circular slice that grows as needed and gives its memory back when it has been large and is empty.
type fifo[T any] struct {
	a    []T
	head int
	n    int
}

// queue holds buffers of a pool; ring holds sockets that have something to send.
type (
	queue = fifo[[]byte]
	ring  = fifo[sender]
)

func (q *fifo[T]) len() int { return q.n }

func (q *fifo[T]) push(v T) {
	if q.n == len(q.a) {
		a := make([]T, max(8, 2*len(q.a)))
		k := copy(a, q.a[q.head:])
		copy(a[k:], q.a[:q.head])
		q.a, q.head = a, 0
	}
	q.a[(q.head+q.n)&(len(q.a)-1)] = v
	q.n++
}

// front is the oldest element; there must be one.
func (q *fifo[T]) front() *T { return &q.a[q.head] }

func (q *fifo[T]) pop() T {
	var zero T
	v := q.a[q.head]
	q.a[q.head] = zero
	q.head = (q.head + 1) & (len(q.a) - 1)
	q.n--
	if q.n == 0 && len(q.a) > 1024 {
		q.a, q.head = nil, 0
	}
	return v
}

// pool keeps buffers for reuse, of two sizes: small ones, and ones for whole frames of usual length.
type pool struct {
	small, large [][]byte
}

const (
	smallBuffer = 256  // bytes
	largeBuffer = 2048 // bytes
	poolMax     = 512  // buffers kept of each size
)

// bufferSize is how many bytes of memory get takes for n.
func bufferSize(n int) int {
	switch {
	case n <= smallBuffer:
		return smallBuffer
	case n <= largeBuffer:
		return largeBuffer
	}
	return n
}

// get gives an empty buffer with room for n bytes.
func (p *pool) get(n int) []byte {
	free := &p.small
	switch {
	case n > largeBuffer:
		return make([]byte, 0, n)
	case n > smallBuffer:
		free = &p.large
	}
	if last := len(*free) - 1; last >= 0 {
		b := (*free)[last]
		*free = (*free)[:last]
		return b
	}
	return make([]byte, 0, bufferSize(n))
}

// put takes a buffer back.
func (p *pool) put(b []byte) {
	switch {
	case cap(b) == smallBuffer && len(p.small) < poolMax:
		p.small = append(p.small, b[:0])
	case cap(b) == largeBuffer && len(p.large) < poolMax:
		p.large = append(p.large, b[:0])
	}
}
