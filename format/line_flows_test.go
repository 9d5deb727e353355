package format

import (
	"math/rand/v2"
	"testing"
)

// TestFlowTable compares a table with a map while connections come, come again and are forgotten: what it knows is right, what it
// does not know was forgotten for want of room, and it never holds more than it may.
func TestFlowTable(t *testing.T) {
	for _, limit := range []int{1, 2, 50, 1000} {
		rng := rand.New(rand.NewPCG(3, uint64(limit)))
		var table flowTable
		table.init(limit)
		header := frame("45000000 00000000 00060000 0a000001 0a000002")
		c := ipContext{header: header}
		model := make(map[uint16]uint32) // the first sequence number, by port
		forgotten := 0
		for range 20 * limit {
			port := uint16(1 + rng.IntN(3*limit))
			seq := rng.Uint32N(1<<31) + 1
			s := flowSegment{seq: seq, ack: 1}
			s.fill(&c, port, 80)
			minus := table.relate(&s)[gapSeq]
			switch first, seen := model[port]; {
			case minus != 0 && (!seen || minus != first):
				t.Fatalf("limit %d: port %d counts from %d, want %d", limit, port, minus, first)
			case minus == 0:
				if seen {
					forgotten++
				}
				model[port] = seq
			}
			if n := len(table.flows) - 1; n > limit {
				t.Fatalf("%d flows of %d", n, limit)
			}
		}
		places := 0
		for _, i := range table.index {
			if i != 0 {
				places++
			}
		}
		if places != len(table.flows)-1 || places != limit {
			t.Errorf("limit %d: %d places for %d flows", limit, places, len(table.flows)-1)
		}
		if forgotten == 0 {
			t.Errorf("limit %d: nothing was forgotten", limit)
		}
	}
}
