package filter

import "math/bits"

// edge moves the end of an edge past blocks that decide nothing for those who come this way.
func (o *optimizer) edge(e *edge) {
	if e.succ() == nil || e.succ().isReturn() {
		return
	}
	if s := e.succ(); s.jt == s.jf && !conflict(e.pred, s.jt) {
		o.change()
		e.turnTo(s.jt)
	}
again:
	for i := range e.dom {
		for word := e.dom[i]; word != 0; word &= word - 1 {
			passed := o.edges[64*i+bits.TrailingZeros64(word)]
			target := answer(e.succ(), passed)
			if target == nil || conflict(e.pred, target) {
				continue
			}
			o.change()
			e.turnTo(target)
			if target.isReturn() {
				return
			}
			goto again
		}
	}
}

// conflict reports whether going from one block right to another would let it read other values than it does now.
func conflict(from, to *block) bool {
	for use, atom := to.outUse, 0; use != 0; use, atom = use>>1, atom+1 {
		if use&1 != 0 && from.val[atom] != to.val[atom] {
			return true
		}
	}
	return false
}

// answer gives the successor of b that is taken by everyone who has passed an edge, or nil if that is not known.
func answer(b *block, passed *edge) *block {
	test := passed.pred
	switch {
	case b.jt == nil || test.isReturn() || b.code != passed.code || b.val[atomA] != test.val[atomA]:
		return nil
	case b.operand == test.operand:
		// The same test of the same value.
		if passed.taken {
			return b.jt
		}
		return b.jf
	case passed.taken && b.code == opJeqK:
		// The value is known to be another number.
		return b.jf
	}
	return nil
}

// pullUp finds, in a chain of tests that all go to the same place if they succeed (alternatives: or) or fail (or is false), one of
// the value that those before b have in A, behind tests of other values, and moves it in front of those: the value need not be
// loaded again. Blocks that leave something in memory for later stay where they are.
func (o *optimizer) pullUp(b *block, alternatives bool) {
	if len(b.in) == 0 {
		return
	}
	// leaves gives the way out of the chain, and along the way along it.
	leaves := func(b *block) *block { return b.jf }
	along := func(b *block) **block { return &b.jt }
	if alternatives {
		leaves = func(b *block) *block { return b.jt }
		along = func(b *block) **block { return &b.jf }
	}
	value := b.in[0].pred.val[atomA]
	for _, e := range b.in[1:] {
		if e.pred.val[atomA] != value {
			return
		}
	}
	const memory = 1<<memWords - 1
	inChain := func(c *block) bool {
		return c.jt != nil && leaves(c) == leaves(b) && c.dom.has(b.id) && c.written&c.outUse&memory == 0
	}

	// Where tests of another value begin.
	other := &b.in[0].pred.jf
	if b.in[0].pred.jt == b {
		other = &b.in[0].pred.jt
	}
	atTop := true
	for {
		if *other == nil || !inChain(*other) {
			return
		}
		if (*other).val[atomA] != value {
			break
		}
		other = along(*other)
		atTop = false
	}
	// The test behind those.
	same := along(*other)
	for {
		if *same == nil || !inChain(*same) {
			return
		}
		if (*same).val[atomA] == value {
			break
		}
		same = along(*same)
	}
	pulled := *same
	*same = *along(pulled)
	*along(pulled) = *other
	if atTop {
		for _, e := range b.in {
			if e.pred.jt == b {
				e.pred.jt = pulled
			} else {
				e.pred.jf = pulled
			}
		}
	} else {
		*other = pulled
	}
	o.changed = true
}
