package packetdrill

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// span is the numbers from left up to right, counted from the peer's initial one.
type span struct{ left, right int }

// receiver is what RFC 2018 section 4 and RFC 2883 section 4 ask of a receiver with SACK, as simply as it can be written down.
type receiver struct {
	next   int    // RCV.NXT
	ranges []span // beyond it; the one that grew latest first
}

// take takes a segment. It gives the blocks of the ACK, and whether that may not wait.
func (v *receiver) take(s span) (blocks []span, atOnce bool) {
	twice := v.twice(s)
	switch {
	case s.right <= v.next:
		atOnce = true
	case s.left <= v.next:
		atOnce = len(v.ranges) > 0 || twice != span{}
		v.next = s.right
		for v.advance() {
		}
	default:
		atOnce = true
		for i := 0; i < len(v.ranges); i++ {
			if r := v.ranges[i]; r.left <= s.right && s.left <= r.right {
				s = span{min(s.left, r.left), max(s.right, r.right)}
				v.ranges = slices.Delete(v.ranges, i, i+1)
				i = -1
			}
		}
		v.ranges = slices.Insert(v.ranges, 0, s)
	}
	blocks = v.blocks()
	if twice != (span{}) {
		blocks = slices.Insert(blocks, 0, twice)
	}
	return blocks[:min(len(blocks), 4)], atOnce
}

// blocks is what an ACK reports that has no other reason.
func (v *receiver) blocks() []span { return slices.Clone(v.ranges[:min(len(v.ranges), 4)]) }

// twice is the first part of s that was there before.
func (v *receiver) twice(s span) (first span) {
	if s.left < v.next {
		return span{s.left, min(s.right, v.next)}
	}
	for _, r := range v.ranges {
		if o := (span{max(s.left, r.left), min(s.right, r.right)}); o.left < o.right && (first == span{} || o.left < first.left) {
			first = o
		}
	}
	return first
}

// advance moves RCV.NXT over a range that it has reached, and reports whether there was one.
func (v *receiver) advance() bool {
	i := slices.IndexFunc(v.ranges, func(r span) bool { return r.left <= v.next })
	if i < 0 {
		return false
	}
	v.next = max(v.next, v.ranges[i].right)
	v.ranges = slices.Delete(v.ranges, i, i+1)
	return true
}

// TestReceiverModel sends segments in any order, whole and in part, once and more often, and wants the ACKs and SACK blocks of the
// model. The numbers begin where they wrap, too.
func TestReceiverModel(t *testing.T) {
	for seed := range uint64(100) {
		m := newModelScript(seed, "sackOK,nop,nop", "")
		for range 25 {
			s := m.segment()
			blocks, atOnce := m.take(s)
			m.send(s, blocks, atOnce, "", "")
		}
		m.run(t, seed)
	}
}

// TestReceiverModelTimestamps does so with timestamps, some of them old: RFC 7323 sections 4.3 and 5.3.
func TestReceiverModelTimestamps(t *testing.T) {
	for seed := range uint64(100) {
		m := newModelScript(seed, "sackOK,TS val 1000 ecr 0", "TS val 1001 ecr 100")
		recent, clock := 1001, 1001
		for range 25 {
			clock += 600
			value := clock
			if m.rnd.IntN(4) == 0 {
				value = recent - 1 + m.rnd.IntN(3) // a little old, the same, or a little later
			}
			s := m.segment()
			blocks, atOnce := m.blocks(), true
			if value >= recent {
				if s.left <= m.next && s.right > m.next { // not what is old altogether: R2 comes before R3
					recent = value
				}
				blocks, atOnce = m.take(s)
			}
			blocks = blocks[:min(len(blocks), 3)]
			m.send(s, blocks, atOnce, fmt.Sprintf("TS val %d ecr 100", value), fmt.Sprintf("TS val %d ecr %d!", clock, recent))
		}
		m.run(t, seed)
	}
}

// modelScript is a script written from the model.
type modelScript struct {
	receiver
	strings.Builder
	rnd   *rand.Rand
	first uint32 // the peer's initial number
}

// newModelScript begins one with a handshake. syn are options of the SYN, ack those of the ACK.
func newModelScript(seed uint64, syn, ack string) *modelScript {
	m := &modelScript{receiver: receiver{next: 1}, rnd: rand.New(rand.NewPCG(seed, 2018))}
	m.first = []uint32{0, 1<<32 - 1500, 1<<32 - 1, 1<<31 - 800}[m.rnd.IntN(4)]
	answer := "nop,nop,sackOK"
	if ack != "" {
		ack = " <nop,nop," + ack + ">"
		answer = "sackOK,TS val 100 ecr 1000"
	}
	fmt.Fprintf(m, `
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S %[1]d:%[1]d(0) win 32792 <mss 1000,%[3]s,nop,wscale 7>
+0 > S. 0:0(0) ack %[2]d <mss 1460,%[4]s,nop,wscale 8>
+.1 < . %[2]d:%[2]d(0) ack 1 win 257%[5]s
+0 accept(3, ..., ...) = 4
`, m.first, m.number(1), syn, answer, ack)
	return m
}

func (m *modelScript) number(n int) uint32 { return m.first + uint32(n) }

// segment is one that the peer may send next: new, old or partly so.
func (m *modelScript) segment() span {
	left := max(1, m.next-400) + 100*m.rnd.IntN(30)
	if m.rnd.IntN(6) == 0 {
		left = m.next
	}
	return span{left, left + []int{100, 100, 200, 300, 700, 1000}[m.rnd.IntN(6)]}
}

// send adds a segment and the ACK that it has to get.
func (m *modelScript) send(s span, blocks []span, atOnce bool, sent, echoed string) {
	if sent != "" {
		sent, echoed = " <nop,nop,"+sent+">", ",nop,nop,"+echoed
	}
	if len(blocks) > 0 {
		echoed += ",nop,nop,sack"
		for _, k := range blocks {
			echoed += fmt.Sprintf(" %d:%d", m.number(k.left), m.number(k.right))
		}
	}
	if echoed != "" {
		echoed = " <" + echoed[1:] + ">"
	}
	when := "+0~+.5"
	if atOnce {
		when = "+0"
	}
	fmt.Fprintf(m, "+.6 < . %d:%d(%d) ack 1 win 257%s\n", m.number(s.left), m.number(s.right), s.right-s.left, sent)
	fmt.Fprintf(m, "%s > . 1:1(0) ack %d%s\n", when, m.number(m.next), echoed)
}

// run runs it, and wants all text to be there that the model has.
func (m *modelScript) run(t *testing.T, seed uint64) {
	t.Helper()
	fmt.Fprintf(m, "+0 ioctl(4, SIOCINQ, [%d]) = 0\n", m.next-1)
	if r := Run("model", []byte(m.String()), Options{Level: Strict}); r.Outcome != Pass {
		t.Fatalf("seed %d: %v\n%s", seed, r, m.String())
	}
}
