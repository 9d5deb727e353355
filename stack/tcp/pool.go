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
	bytePool  pool[byte]
	runPool   pool[sentRun]
	rangePool pool[seqRange]
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
