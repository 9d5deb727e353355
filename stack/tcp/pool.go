package tcp

import (
	"math/bits"
	"sync"
)

// block is a piece of memory with a power of two of elements.
type block[T any] struct{ s []T }

// pool lends blocks. What a connection gives back serves the next one, so that rings can be let go whenever
// they are empty without work for the allocator.
type pool[T any] struct {
	classes [31]sync.Pool // class k holds blocks of 1<<k elements
}

var (
	bytePool      pool[byte]
	runPool       pool[sentRun]
	resendingPool pool[resending]
	rangePool     pool[seqRange]
)

// classFor is the smallest class whose blocks hold n elements.
func classFor(n int) int { return bits.Len(uint(n - 1)) }

func (p *pool[T]) get(class int) *block[T] {
	if b, ok := p.classes[class].Get().(*block[T]); ok {
		return b
	}
	return &block[T]{make([]T, 1<<class)}
}

func (p *pool[T]) put(b *block[T]) { p.classes[classFor(len(b.s))].Put(b) }

// queue is first in, first out, in memory of a pool while it is not empty.
type queue[T any] struct {
	mem     *block[T] // used in a circle
	head, n int32
}

// at gives the element that stands i behind the first.
func (q *queue[T]) at(i int) *T { return &q.mem.s[(int(q.head)+i)&(len(q.mem.s)-1)] }

func (q *queue[T]) push(v T, p *pool[T]) {
	switch {
	case q.mem == nil:
		q.mem, q.head = p.get(minRunClass), 0
	case int(q.n) == len(q.mem.s):
		grown := p.get(classFor(2 * int(q.n)))
		k := copy(grown.s, q.mem.s[q.head:])
		copy(grown.s[k:], q.mem.s[:q.head])
		p.put(q.mem)
		q.mem, q.head = grown, 0
	}
	q.n++
	*q.at(int(q.n) - 1) = v
}

func (q *queue[T]) pop(p *pool[T]) {
	q.head = int32((int(q.head) + 1) & (len(q.mem.s) - 1))
	if q.n--; q.n == 0 {
		q.reset(p)
	}
}

func (q *queue[T]) reset(p *pool[T]) {
	if q.mem != nil {
		p.put(q.mem)
	}
	*q = queue[T]{}
}
