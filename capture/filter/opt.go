package filter

// The optimiser works on the graph of blocks, in rounds until a round changes nothing. A round
//
//   - numbers the values that registers and memory hold along all paths to a block (opt_values.go), so that it knows which
//     statements compute what is there already, which tests have a known answer, and which results nobody uses;
//   - moves the end of an edge past tests whose answer is known from tests that every path to the edge has passed, and
//     brings tests of the same value together (opt_edges.go).
//
// The first rounds leave statements alone, since what may look superfluous is what an edge depends on.

// The places that hold values: the words of memory and the two registers.
const (
	atomA = memWords
	atomX = memWords + 1
	atoms = memWords + 2
)

// atomSet is a set of places, a bit for each.
type atomSet uint32

func (s atomSet) has(atom int) bool { return s>>atom&1 != 0 }

// optimised is what the optimiser knows about a block.
type optimised struct {
	id     int
	marked bool

	in              []*edge // edges that lead here, the latest found first
	then, otherwise edge

	dom bitset // blocks on every way here

	// Places that are read before they are written here, that are written first, that are written at all, and that are
	// read later.
	inUse, kill, written, outUse atomSet

	val     [atoms]int // values at the end of the block; unknown where paths differ
	operand int        // the value that the test compares A with
}

// edge is one of the two ways out of a block.
type edge struct {
	id    int
	pred  *block
	taken bool // the way of a successful test
	code  uint16
	dom   bitset // edges on every way through this one
}

func (e *edge) succ() *block {
	if e.taken {
		return e.pred.jt
	}
	return e.pred.jf
}

func (e *edge) turnTo(b *block) {
	if e.taken {
		e.pred.jt = b
	} else {
		e.pred.jf = b
	}
}

type bitset []uint64

func (s bitset) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }

func (s bitset) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s bitset) intersect(t bitset) {
	for i := range s {
		s[i] &= t[i]
	}
}

func (s bitset) setAll(bits uint64) {
	for i := range s {
		s[i] = bits
	}
}

type optimizer struct {
	root   *block
	blocks []*block // in the order of finding, then before else
	edges  []*edge  // the then edges of blocks, then the else edges
	levels [][]*block

	values values

	threaded bool // the program is small enough for all of it
	changed  bool // in this round
	settled  bool // all that changed was the order of tests

	fail func(format string, args ...any)
}

// maxThreaded bounds the blocks of a program whose edges are moved: dominators take memory, and time, with their square. In a
// larger program only statements are simplified; the list of hosts that it takes, more than 700, is too long for the kernel anyway.
const maxThreaded = 9000

// optimise rewrites the graph and gives its new root. fail is called, and must not return, for a calculation that has no
// result; it would be found while it is folded.
func optimise(root *block, fail func(format string, args ...any)) *block {
	o := &optimizer{root: root, fail: fail}
	o.number(root)
	o.edges = make([]*edge, 2*len(o.blocks))
	for i, b := range o.blocks {
		b.then = edge{id: i, pred: b, taken: true}
		b.otherwise = edge{id: len(o.blocks) + i, pred: b}
		o.edges[b.then.id], o.edges[b.otherwise.id] = &b.then, &b.otherwise
	}
	if o.threaded = len(o.blocks) <= maxThreaded; o.threaded {
		for _, b := range o.blocks {
			b.dom = make(bitset, (len(o.blocks)+63)/64)
		}
		for _, e := range o.edges {
			e.dom = make(bitset, (len(o.edges)+63)/64)
		}
		o.rounds(false)
	}
	o.rounds(true)
	o.intern()
	o.shortenRoot()
	return o.root
}

// number lists the blocks.
func (o *optimizer) number(b *block) {
	if b == nil || b.marked {
		return
	}
	b.marked = true
	b.id = len(o.blocks)
	o.blocks = append(o.blocks, b)
	o.number(b.jt)
	o.number(b.jf)
}

// rounds works until nothing changes. Moving tests about may go round in circles, so it is bounded by itself.
func (o *optimizer) rounds(statements bool) {
	const enough = 100
	for moves := 0; moves < enough; moves++ {
		o.changed, o.settled = false, true
		o.findLevels()
		o.findUses()
		if !statements {
			o.findDominators()
			o.findEdgeDominators()
		}
		o.round(statements)
		if !o.changed {
			return
		}
		if !o.settled {
			moves = -1
		}
	}
}

func (o *optimizer) round(statements bool) {
	o.values.reset()
	o.findInEdges()
	top := o.root.level
	for level := top; level >= 0; level-- {
		o.atLevel(level, func(b *block) { o.block(b, statements) })
	}
	if statements {
		return // the edges had their turn
	}
	for level := 1; level <= top; level++ {
		o.atLevel(level, func(b *block) {
			o.edge(&b.then)
			o.edge(&b.otherwise)
		})
	}
	o.findInEdges()
	for level := 1; level <= top; level++ {
		o.atLevel(level, func(b *block) {
			o.pullUp(b, true)
			o.pullUp(b, false)
		})
	}
}

// change notes that something was simplified.
func (o *optimizer) change() { o.changed, o.settled = true, false }

// atLevel visits the blocks of a level, the latest found first.
func (o *optimizer) atLevel(level int, visit func(*block)) {
	list := o.levels[level]
	for i := len(list) - 1; i >= 0; i-- {
		visit(list[i])
	}
}

// findLevels sorts the blocks by the length of the longest way from them to a return. Blocks that can no longer be reached are
// left out.
func (o *optimizer) findLevels() {
	for i := range o.levels {
		o.levels[i] = o.levels[i][:0]
	}
	o.unmark()
	o.findLevel(o.root)
}

func (o *optimizer) unmark() {
	for _, b := range o.blocks {
		b.marked = false
		b.in = b.in[:0]
	}
}

func (o *optimizer) findLevel(b *block) {
	if b.marked {
		return
	}
	b.marked = true
	b.level = 0
	if b.jt != nil {
		o.findLevel(b.jt)
		o.findLevel(b.jf)
		b.level = 1 + max(b.jt.level, b.jf.level)
	}
	for len(o.levels) <= b.level {
		o.levels = append(o.levels, nil)
	}
	o.levels[b.level] = append(o.levels[b.level], b)
}

// downward visits all blocks that can be reached, each after all that lead to it.
func (o *optimizer) downward(visit func(*block)) {
	for level := o.root.level; level >= 0; level-- {
		o.atLevel(level, visit)
	}
}

func (o *optimizer) findDominators() {
	for _, b := range o.blocks {
		b.dom.setAll(^uint64(0))
	}
	o.root.dom.setAll(0)
	o.downward(func(b *block) {
		b.dom.add(b.id)
		if b.jt != nil {
			b.jt.dom.intersect(b.dom)
			b.jf.dom.intersect(b.dom)
		}
	})
}

func (o *optimizer) findEdgeDominators() {
	for _, e := range o.edges {
		e.dom.setAll(^uint64(0))
	}
	o.root.then.dom.setAll(0)
	o.root.otherwise.dom.setAll(0)
	o.downward(func(b *block) {
		for _, e := range [...]*edge{&b.then, &b.otherwise} {
			e.dom.add(e.id)
			if s := e.succ(); s != nil {
				s.then.dom.intersect(e.dom)
				s.otherwise.dom.intersect(e.dom)
			}
		}
	})
}

func (o *optimizer) findInEdges() {
	for _, b := range o.blocks {
		b.in = b.in[:0]
	}
	for level := o.root.level; level > 0; level-- {
		o.atLevel(level, func(b *block) {
			b.jt.in = append(b.jt.in, &b.then)
			b.jf.in = append(b.jf.in, &b.otherwise)
		})
	}
	for _, b := range o.blocks {
		for i, j := 0, len(b.in)-1; i < j; i, j = i+1, j-1 {
			b.in[i], b.in[j] = b.in[j], b.in[i]
		}
	}
}

// findUses finds which places are read after each block, before anything is written there.
func (o *optimizer) findUses() {
	o.downward(findLocalUses)
	for level := 1; level <= o.root.level; level++ {
		o.atLevel(level, func(b *block) {
			b.outUse |= b.jt.inUse | b.jf.inUse
			b.inUse |= b.outUse &^ b.kill
		})
	}
}

func findLocalUses(b *block) {
	var written, read, killed atomSet
	use := func(code uint16, k uint32) { read |= reads(code, k) &^ written }
	for _, s := range b.stmts {
		use(s.code, s.k)
		if atom, ok := writes(s.code, s.k); ok {
			if !read.has(atom) {
				killed |= 1 << atom
			}
			written |= 1 << atom
		}
	}
	if !b.isReturn() {
		use(b.code, b.k)
	}
	b.kill, b.inUse, b.written, b.outUse = killed, read, written, 0
}

// reads tells which places an instruction reads.
func reads(code uint16, k uint32) atomSet {
	const a, x = 1 << atomA, 1 << atomX
	if code == opNop {
		return 0
	}
	switch class(code) {
	case classRet:
		if code&0x18 == retA {
			return a
		}
		return 0
	case classLd, classLdx:
		switch mode(code) {
		case modeInd:
			return x
		case modeMem:
			return 1 << k
		}
		return 0
	case classSt:
		return a
	case classStx:
		return x
	case classALU, classJmp:
		if usesX(code) {
			return a | x
		}
		return a
	}
	if code == opTxa {
		return x
	}
	return a
}

// writes tells which place an instruction writes.
func writes(code uint16, k uint32) (atom int, ok bool) {
	if code == opNop {
		return 0, false
	}
	switch class(code) {
	case classLd, classALU:
		return atomA, true
	case classLdx:
		return atomX, true
	case classSt, classStx:
		return int(k), true
	case classMisc:
		if code == opTxa {
			return atomA, true
		}
		return atomX, true
	}
	return 0, false
}

// intern makes equal blocks one, from the returns up, so that blocks which lead to equal ones are found equal too.
func (o *optimizer) intern() {
	o.findLevels()
	same := make(map[*block]*block)
	alike := make(map[blockKey][]*block)
	for level := 0; level <= o.root.level; level++ {
		o.atLevel(level, func(b *block) {
			if b.jt != nil {
				b.jt, b.jf = same[b.jt], same[b.jf]
			}
			key := blockKey{b.code, b.k, b.jt, b.jf}
			for _, other := range alike[key] {
				if sameStatements(b.stmts, other.stmts) {
					same[b] = other
					return
				}
			}
			same[b] = b
			alike[key] = append(alike[key], b)
		})
	}
	o.root = same[o.root]
}

// blockKey is what equal blocks have in common, besides their statements.
type blockKey struct {
	code   uint16
	k      uint32
	jt, jf *block
}

func sameStatements(a, b []*stmt) bool {
	for i, j := 0, 0; ; i, j = i+1, j+1 {
		i, j = skipNops(a, i), skipNops(b, j)
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if a[i].code != b[j].code || a[i].k != b[j].k {
			return false
		}
	}
}

func skipNops(list []*stmt, i int) int {
	for i < len(list) && list[i].code == opNop {
		i++
	}
	return i
}

// shortenRoot skips tests at the beginning whose answer changes nothing.
func (o *optimizer) shortenRoot() {
	stmts := o.root.stmts
	o.root.stmts = nil
	for !o.root.isReturn() && o.root.jt == o.root.jf {
		o.root = o.root.jt
	}
	o.root.stmts = append(stmts, o.root.stmts...)
	if o.root.isReturn() {
		o.root.stmts = nil
	}
}
