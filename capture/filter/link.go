package filter

import "golang.org/x/net/bpf"

// linearise puts the blocks in a row, each before all that it leads to, and turns targets into distances.
func linearise(root *block) []bpf.RawInstruction {
	order := inOrder(root)
	place := make(map[*block]int, len(order))
	// longer in turn.
	longThen, longElse := make(map[*block]bool), make(map[*block]bool)
	var size int
	for again := true; again; {
		again = false
		size = 0
		for _, b := range order {
			place[b] = size
			size += liveStmts(b) + 1
			if longThen[b] {
				size++
			}
			if longElse[b] {
				size++
			}
		}
		for _, b := range order {
			if b.jt == nil {
				continue
			}
			test := place[b] + liveStmts(b)
			if place[b.jt]-test-1 > 255 && !longThen[b] {
				longThen[b], again = true, true
			}
			if place[b.jf]-test-1 > 255 && !longElse[b] {
				longElse[b], again = true, true
			}
		}
	}
	program := make([]bpf.RawInstruction, 0, size)
	for _, b := range order {
		program = appendStmts(program, b.stmts)
		test := bpf.RawInstruction{Op: b.code, K: b.k}
		if b.jt == nil {
			program = append(program, test)
			continue
		}
		at := len(program)
		program = append(program, test)
		distance := func(target *block, long bool) uint8 {
			if !long {
				return uint8(place[target] - at - 1)
			}
			program = append(program, bpf.RawInstruction{Op: opJa, K: uint32(place[target] - len(program) - 1)})
			return uint8(len(program) - 1 - at - 1)
		}
		jt := distance(b.jt, longThen[b])
		program[at].Jf = distance(b.jf, longElse[b])
		program[at].Jt = jt
	}
	return program
}

// inOrder lists the blocks that can be reached, each before its successors: the way of success of a test comes as soon
// as it can.
func inOrder(root *block) []*block {
	var list []*block
	seen := make(map[*block]bool)
	var visit func(b *block)
	visit = func(b *block) {
		if b == nil || seen[b] {
			return
		}
		seen[b] = true
		visit(b.jf)
		visit(b.jt)
		list = append(list, b)
	}
	visit(root)
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

func liveStmts(b *block) (n int) {
	for _, s := range b.stmts {
		if s.code != opNop {
			n++
		}
	}
	return n
}

// appendStmts appends the statements of a block. Those that jump have targets among them.
func appendStmts(program []bpf.RawInstruction, list []*stmt) []bpf.RawInstruction {
	place := make(map[*stmt]int)
	at := len(program)
	for _, s := range list {
		place[s] = at
		if s.code != opNop {
			at++
		}
	}
	for _, s := range list {
		if s.code == opNop {
			continue
		}
		i := bpf.RawInstruction{Op: s.code, K: s.k}
		here := len(program)
		switch {
		case s.code == opJa:
			i.K = uint32(place[s.jt] - here - 1) // backwards in a protochain: negative
		case class(s.code) == classJmp:
			i.Jt, i.Jf = uint8(place[s.jt]-here-1), uint8(place[s.jf]-here-1)
		}
		program = append(program, i)
	}
	return program
}
