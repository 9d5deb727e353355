package tcp

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

// flat gives a segment as it would be on the wire.
func flat(o *Out) []byte { return append(o.Header.Append(nil), bytes.Join(o.Payload[:], nil)...) }

// What OutputLarge gives, cut, are the segments that Output gives, and the connection is afterwards in the same state: whatever
// gets lost, is marked, is paced or held back. Two connections with the same history say so.
func TestLargeIsSegments(t *testing.T) {
	configs := map[string]func(g *Config){
		"usual":    func(g *Config) {},
		"pacing":   func(g *Config) { g.Pacing = true },
		"BBR":      func(g *Config) { g.Congestion = BBR },
		"ECN":      func(g *Config) { g.ECN = ECNActive },
		"accurate": func(g *Config) { g.ECN, g.AccurateECN, g.AccurateECNOption = ECNActive, true, true },
		"no delay": func(g *Config) { g.NoDelay = true },
		"plain":    func(g *Config) { g.NoSACK, g.NoTimestamps, g.NoWindowScale = true, true, true },
		"small":    func(g *Config) { g.SndBuf, g.RcvBuf = 3000, 2500 },
		"growing":  func(g *Config) { g.SndBufMax, g.RcvBufMax = 1<<20, 1<<20 },
	}
	for name, change := range configs {
		t.Run(name, func(t *testing.T) {
			large := 0
			for seed := range uint64(9) {
				large += twins(t, seed, change)
			}
			if large == 0 {
				t.Error("nothing was ever sent in one")
			}
		})
	}
}

// twins runs one history and gives how many of OutputLarge's had several segments.
func twins(t *testing.T, seed uint64, change func(g *Config)) (large int) {
	rnd := rand.New(rand.NewPCG(seed, 7))
	var gs [3]Config
	for i := range gs {
		gs[i] = Config{MSS: 1000, SndBuf: 64 << 10, RcvBuf: 64 << 10}
		change(&gs[i])
	}
	var one, all, peer Conn
	var out, cut Out
	var now Time
	var inFlight [][]byte
	var marks []dissect.ECN
	one.Connect(0, &gs[0], 100, 1)
	all.Connect(0, &gs[1], 100, 1)
	limit := []int{2000, 16000, 65000}[seed%3]

	compare := func() {
		t.Helper()
		var got [][]byte
		var ecn []dissect.ECN
		for one.Output(now, &out) {
			inFlight, marks = append(inFlight, flat(&out)), append(marks, out.ECN)
		}
		for all.OutputLarge(now, &out, limit) {
			if out.Segment == 0 {
				got, ecn = append(got, flat(&out)), append(ecn, out.ECN)
				continue
			}
			if large++; out.PayloadLen() > limit {
				t.Fatalf("%d bytes, limit %d", out.PayloadLen(), limit)
			}
			for cut.Cut(&out) {
				got, ecn = append(got, flat(&cut)), append(ecn, cut.ECN)
			}
		}
		if !slices.EqualFunc(got, inFlight, bytes.Equal) || !slices.Equal(ecn, marks) {
			for i := range max(len(got), len(inFlight)) {
				for _, list := range [][][]byte{inFlight, got} {
					if i < len(list) {
						t.Logf("%d: %x", i, list[i][:min(len(list[i]), 36)])
					}
				}
			}
			t.Fatalf("seed %d at %v: %d segments one by one, %d in large ones, or with other marks", seed, time.Duration(now), len(inFlight), len(got))
		}
		if x, y := one.Info(), all.Info(); x != y || one.Deadline() != all.Deadline() {
			t.Fatalf("seed %d at %v\n%+v\n%+v", seed, time.Duration(now), x, y)
		}
		if err := all.Verify(true); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	accepted := false
	text := make([]byte, 20000)
	for step := range 200 {
		compare()
		for i, wire := range inFlight {
			if accepted && rnd.IntN(30) == 0 {
				continue // lost
			}
			ecn := marks[i]
			if ecn == dissect.ECT0 && rnd.IntN(40) == 0 {
				ecn = dissect.CE
			}
			s := ParseSegment(wire, ecn)
			if !accepted {
				peer.Accept(now, &gs[2], 200, 2, &s)
				accepted = true
				continue
			}
			peer.Input(now, &s)
			peer.Discard(now, rnd.IntN(4000))
		}
		inFlight, marks = inFlight[:0], marks[:0]
		now = now.Add(time.Duration(rnd.IntN(3)) * time.Millisecond)
		if rnd.IntN(10) == 0 {
			peer.Write(now, text[:rnd.IntN(3000)])
		}
		for peer.Output(now, &out) {
			if rnd.IntN(30) == 0 && accepted && step > 20 {
				continue
			}
			wire := append(append(out.Header.Append(nil), out.Payload[0]...), out.Payload[1]...)
			s := ParseSegment(wire, out.ECN)
			one.Input(now, &s)
			all.Input(now, &s)
		}
		for i := range text {
			text[i] = byte(step + i)
		}
		n := rnd.IntN(len(text))
		one.Write(now, text[:n])
		all.Write(now, text[:n])
		if rnd.IntN(5) == 0 {
			one.Discard(now, 2000)
			all.Discard(now, 2000)
		}
		if step == 170 {
			one.CloseWrite(now)
			all.CloseWrite(now)
		}
		if rnd.IntN(8) == 0 {
			if d := one.Deadline(); d != Never {
				now = max(now, d)
			}
		}
	}
	return large
}
