package tcp

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"smoltcp/dissect"
)

// A ring beside a plain slice, with bytes put at random distances like out-of-order text.
func TestRingModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		limit := 1 + rnd.IntN(3000)
		var r ring
		var model []byte // to extent
		n := 0
		for range 300 {
			switch rnd.IntN(5) {
			case 0, 1:
				p := pattern(rnd.IntN(limit-n+1), byte(rnd.Uint32()))
				r.push(p)
				copy(model[n:], p)
				if k := n + len(p); k > len(model) {
					model = append(model[:n], p...)
				}
				n += len(p)
			case 2:
				off := n + rnd.IntN(limit-n+1)
				p := pattern(rnd.IntN(limit-off+1), byte(rnd.Uint32()))
				if len(p) == 0 {
					break
				}
				r.put(off, p)
				for len(model) < off+len(p) {
					model = append(model, 0)
				}
				copy(model[off:], p)
			case 3:
				k := rnd.IntN(n + 1)
				r.drop(k)
				model = model[k:]
				n -= k
			case 4:
				if rnd.IntN(4) == 0 {
					r.cut(n)
					model = model[:n]
				}
			}
			if r.n != n || r.extent != len(model) || (r.mem == nil) != (len(model) == 0) {
				t.Fatalf("n %d extent %d, want %d %d", r.n, r.extent, n, len(model))
			}
			if r.mem != nil && len(r.mem.s) >= 2*max(limit, 64) {
				t.Fatalf("%d bytes of memory for %d", len(r.mem.s), limit)
			}
			off := rnd.IntN(n + 1)
			a, b := r.view(off, n-off)
			if !bytes.Equal(append(append([]byte{}, a...), b...), model[off:n]) {
				t.Fatal("bytes differ")
			}
		}
		if got := func() []byte { a, b := r.view(0, r.extent); return append(append([]byte{}, a...), b...) }(); n == r.extent && !bytes.Equal(got, model) {
			t.Fatal("bytes differ")
		}
	}
}

// Memory is taken when bytes come and given back when they went; after a burst a ring learns to be small again.
func TestRingMemory(t *testing.T) {
	var r ring
	r.push(make([]byte, 60_000))
	if len(r.mem.s) != 65536 {
		t.Errorf("%d", len(r.mem.s))
	}
	r.drop(60_000)
	for range 12 {
		r.push([]byte{1})
		r.drop(1)
	}
	r.push([]byte{1})
	if len(r.mem.s) != 64 {
		t.Errorf("%d bytes of memory for 1", len(r.mem.s))
	}
	r.reset()
	if r.mem != nil || r.n != 0 {
		t.Error("not empty")
	}
}

// An assembler beside a set of numbers.
func TestAssemblerModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		base := Seq(rnd.Uint32())
		if rnd.IntN(2) == 0 {
			base = 0xffff_ff80
		}
		const span = 400
		var a assembler
		var have [span]bool
		next := 0
		for range 100 {
			switch rnd.IntN(6) {
			case 0:
				at := next + rnd.IntN(span-next)
				got := a.take(base + Seq(at))
				for at < span && have[at] {
					at++
				}
				for i := range at {
					have[i] = false
				}
				if got != base+Seq(at) {
					t.Fatalf("take gives %d, want %d", got-base, at)
				}
				next = min(at, span-1)
			case 1:
				if rnd.IntN(5) == 0 {
					at := next + rnd.IntN(span-next)
					a.cut(base + Seq(at))
					for i := at; i < span; i++ {
						have[i] = false
					}
				}
			default:
				l := next + rnd.IntN(span-next)
				r := l + 1 + rnd.IntN(min(20, span-l))
				if !a.add(base+Seq(l), base+Seq(r), minRanges) {
					t.Fatal("no room")
				}
				for i := l; i < r; i++ {
					have[i] = true
				}
			}
			want := 0
			for i := range have {
				if have[i] {
					want++
				}
			}
			rs := a.ranges()
			for i, r := range rs {
				if !r.left.Less(r.right) || i > 0 && !rs[i-1].right.Less(r.left) {
					t.Fatalf("ranges %v", rs)
				}
				for s := r.left; s != r.right; s++ {
					if !have[s-base] {
						t.Fatalf("%d is not there", s-base)
					}
				}
			}
			if a.bytes() != want || (a.mem == nil) != (want == 0) {
				t.Fatalf("%d bytes, want %d", a.bytes(), want)
			}
			// The blocks are ranges, each once, and as many as there are.
			var b [4]dissect.SACKBlock
			a.dup = seqRange{}
			n := a.blocks(b[:])
			if n != min(len(rs), 4) {
				t.Fatalf("%d blocks of %d ranges", n, len(rs))
			}
			for i, k := range b[:n] {
				found := false
				for _, r := range rs {
					found = found || uint32(r.left) == k.Left && uint32(r.right) == k.Right
				}
				for _, other := range b[:i] {
					found = found && other != k
				}
				if !found {
					t.Fatalf("block %v of %v", k, rs)
				}
			}
		}
	}
}

// A scoreboard beside flags for every number: sacked, lost, resent.
func TestScoreboardModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		base := Seq(0xffff_ff00)
		var b scoreboard
		b.init(base)
		var flags []runFlags // from una
		una := base
		for range 150 {
			switch rnd.IntN(7) {
			case 0, 1:
				n := 1 + rnd.IntN(50)
				b.push(b.nxt+Seq(n), 0, 1000)
				flags = append(flags, make([]runFlags, n)...)
			case 2:
				k := rnd.IntN(len(flags) + 1)
				a := b.ack(una+Seq(k), &ackView{})
				if a.bytes != uint32(k) {
					t.Fatal(a)
				}
				una += Seq(k)
				flags = flags[k:]
			case 3:
				l := rnd.IntN(len(flags) + 1)
				r := l + rnd.IntN(len(flags)-l+1)
				fresh := uint32(0)
				for i := l; i < r; i++ {
					if flags[i]&runSacked == 0 {
						fresh++
					}
					flags[i] = flags[i]&^runLost | runSacked
				}
				if a := b.sack(una+Seq(l), una+Seq(r), &ackView{}, 1000); a.bytes != fresh {
					t.Fatalf("%d newly SACKed, want %d", a.bytes, fresh)
				}
			case 4:
				if rnd.IntN(4) == 0 {
					all := b.n > 0 && flags[0]&runSacked != 0
					b.markOld(Never)
					for i := range flags {
						if all {
							flags[i] &^= runSacked
						}
						if flags[i]&runSacked == 0 {
							flags[i] |= runLost
						}
					}
				}
			case 5, 6:
				start, end, ok := b.nextLost()
				i := 0
				for i < len(flags) && flags[i]&runLost == 0 {
					i++
				}
				if ok != (i < len(flags)) || ok && start != una+Seq(i) {
					t.Fatalf("next lost %d %v, want %d", start-una, ok, i)
				}
				if !ok {
					break
				}
				end = start + 1 + Seq(rnd.IntN(int(end-start)))
				b.resent(start, end, 0, 1000)
				for ; una+Seq(i) != end; i++ {
					flags[i] = flags[i]&^runLost | runResent
				}
			}
			if err := b.verify(); err != nil {
				t.Fatal(err)
			}
			at := b.una
			for i := range b.n {
				for ; at != b.run(i).end; at++ {
					if flags[at-una] != b.run(i).flags {
						t.Fatalf("number %d: %v, want %v", at-una, b.run(i).flags, flags[at-una])
					}
				}
			}
		}
	}
}

// RACK_detect_loss (RFC 8985 6.2 step 5), as its text says it, for random reports, retransmissions and times.
func TestJudgeModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 4))
	found, resent := 0, 0
	for range 2000 {
		var b scoreboard
		b.init(0xffff_ff00)
		b.ordered = true
		now, at, end := Time(1), Time(0), Seq(0)
		const smss = 10
		for range 60 {
			now += Time(rnd.IntN(3))
			switch rnd.IntN(4) {
			case 0:
				for range 1 + rnd.IntN(5) {
					b.push(b.nxt+smss, now, 1000)
				}
			case 1:
				if start, stop, ok := b.nextLost(); ok {
					b.resent(start, min(stop, start+smss*Seq(1+rnd.IntN(2))), now, 1000)
				}
			default:
				var a acked
				v := ackView{now: now}
				if rnd.IntN(3) == 0 {
					a = b.ack(b.una+Seq(rnd.IntN(int(b.nxt-b.una)/smss+1)*smss), &v)
				} else if n := int(b.nxt-b.una) / smss; n > 0 {
					l := rnd.IntN(n)
					a.combine(b.sack(b.una+Seq(l*smss), b.una+Seq((l+1+rnd.IntN(n-l))*smss), &v, 1000))
				}
				if a.rackKnown && sentAfter(a.rackAt, a.rackEnd, at, end) {
					at, end = a.rackAt, a.rackEnd
				}
			}
			patience := time.Duration(rnd.IntN(8))
			want := make([]bool, b.n)
			first := Never
			for i := range b.n {
				r := b.run(i)
				want[i] = r.flags&runLost != 0
				if r.flags&(runSacked|runLost) == 0 && sentAfter(at, end, r.at, r.end) {
					if due := r.at.Add(patience); due <= now {
						want[i] = true
						found++
						if r.flags&runResent != 0 {
							resent++
						}
					} else {
						first = min(first, due)
					}
				}
			}
			_, _, next := b.judge(now, at, end, patience)
			for i := range b.n {
				if got := b.run(i).flags&runLost != 0; got != want[i] {
					t.Fatalf("run %d of %d: lost %v, want %v", i, b.n, got, want[i])
				}
			}
			if next != first {
				t.Fatalf("the next at %d, want %d", next, first)
			}
			if err := b.verify(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if found < 1000 || resent < 100 {
		t.Errorf("only %d lost, %d of them again", found, resent)
	}
}
