package tcp

import (
	"math"
	"math/bits"
	"time"
)

// Pacing (RFC 9002 section 7.7 has the idea in words): segments leave in quanta, each at its time, so that one timer
// serves several segments.
const (
	paceInterval   = time.Millisecond // what a quantum takes at the rate, roughly
	maxPaceQuantum = 64 << 10

	// A poll that comes late makes up for it, up to so much. Whoever had nothing to send, or no window, has nothing to make up for.
	maxPaceLate = 100 * time.Millisecond

	// However low the rate seems, two segments leave in this time; how many there may be in the network is for cwnd to say.
	maxPaceWait = 5 * time.Second

	// Gains of a window that is not modelled: cwnd can double in slow start, and grow otherwise.
	paceSlowStart = 200 // hundredths
	paceAvoidance = 120
)

// pacer knows when the next segment may leave.
type pacer struct {
	next   Time  // when the next quantum may
	credit int32 // bytes that this quantum has left
	on     bool
	waits  bool // something has been ready since the latest quantum left
}

// allows reports whether a segment may leave.
func (p *pacer) allows(now Time) bool { return p.credit > 0 || p.next <= now }

// hold lets nothing leave before that time.
func (p *pacer) hold(until Time) { p.credit, p.next = 0, until }

// sent notes n bytes. rate is bytes a second; 0: as fast as may be.
func (p *pacer) sent(now Time, n int, rate uint64, smss int) {
	if rate == 0 {
		p.credit, p.next = 0, now
		return
	}
	if p.next <= now && (p.credit <= 0 || !p.waits) {
		quantum := paceQuantum(rate, smss)
		takes := min(time.Duration(mulDiv(uint64(quantum), uint64(time.Second), rate)), maxPaceWait)
		if late := now.Sub(p.next); late > takes && !(p.waits && late <= maxPaceLate) {
			p.next = now
		}
		p.next = p.next.Add(takes)
		p.credit = int32(quantum) + min(p.credit, 0)
	}
	p.credit -= int32(n)
}

// paceQuantum is how many bytes leave together (draft-ietf-ccwg-bbr-05 section 5.6.3).
func paceQuantum(rate uint64, smss int) int {
	q := mulDiv(rate, uint64(paceInterval), uint64(time.Second))
	return max(int(min(q, maxPaceQuantum)), 2*smss)
}

// paceRate is the rate in bytes a second.
func (c *Conn) paceRate() uint64 {
	r := &c.rec
	if rate := c.control().rate(); rate > 0 || c.rtt.srtt == 0 {
		return rate
	}
	gain := uint64(paceAvoidance)
	if r.cwnd < r.ssthresh/2 {
		gain = paceSlowStart
	}
	return mulDiv(uint64(r.cwnd)*gain/100, uint64(time.Second), uint64(c.rtt.srtt))
}

// mulDiv is a * b / c without overflow on the way; the largest number if it does not fit.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi >= c {
		return math.MaxUint64
	}
	q, _ := bits.Div64(hi, lo, c)
	return q
}
