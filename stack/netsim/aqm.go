package netsim

import (
	"math"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
)

// RED marks or drops frames with a probability that grows with the average number of frames that wait (Random Early Detection,
// as RFC 7567 section 3 describes it): from none at Min to Max, and all above. A queue manager marks what says that it understands
// ECN, and drops the rest (RFC 3168 section 5). It needs LinkConfig.Queue and a Rate. The zero value is off.
type RED struct {
	Min, Max int     // frames
	Prob     float64 // at Max; 0.1 if zero
}

// CoDel marks or drops when for an Interval all frames have waited longer than Target, and goes on at growing frequency until
// one does not (RFC 8289). With Interval 1 and nothing to calm it down it marks whatever waited for longer, as DCTCP has it (RFC 8257
// section 3.1). It needs a Rate. The zero value is off.
type CoDel struct {
	Target   time.Duration
	Interval time.Duration // 100 ms if zero
}

// aqmState is what queue management remembers of an end.
type aqmState struct {
	average float64 // of RED: frames

	above    stack.Time // of CoDel: when frames will have waited too long for an interval; 0 if the last did not
	next     stack.Time // when the next is dropped
	dropping bool
	count    int
	last     int // count of the last time
}

// congested decides whether queue management picks the frame that is to leave at e.free.
func (e *End) congested() bool {
	a, red, codel := &e.aqm, &e.cfg.RED, &e.cfg.CoDel
	if red.Max > 0 {
		a.average += (float64(e.queued) - a.average) / 16
		prob := red.Prob
		if prob == 0 {
			prob = 0.1
		}
		switch over := a.average - float64(red.Min); {
		case a.average >= float64(red.Max):
			return true
		case over > 0 && e.chance(prob*over/float64(red.Max-red.Min)):
			return true
		}
	}
	return codel.Target > 0 && a.codel(codel, e.free, e.free.Sub(e.sim.now))
}

// codel is RFC 8289 section 5.5 at the time at which a frame leaves that has waited.
func (a *aqmState) codel(c *CoDel, leaves stack.Time, waited time.Duration) bool {
	interval := c.Interval
	if interval == 0 {
		interval = 100 * time.Millisecond
	}
	if waited < c.Target {
		a.above, a.dropping = 0, false
		return false
	}
	if a.above == 0 {
		a.above = leaves.Add(interval)
		return false
	}
	if leaves < a.above {
		return false
	}
	step := func() stack.Time { return a.next.Add(time.Duration(float64(interval) / math.Sqrt(float64(a.count)))) }
	switch {
	case !a.dropping:
		a.dropping = true
		recent := leaves.Sub(a.next) < 16*interval
		if since := a.count - a.last; recent && since > 1 {
			a.count = since
		} else {
			a.count = 1
		}
		a.last, a.next = a.count, leaves
	case leaves < a.next:
		return false
	default:
		a.count++
	}
	a.next = step()
	return true
}

// mark sets congestion experienced in an IP packet that understands it, and reports whether it does.
func (e *End) mark(frame []byte) bool {
	if !e.cfg.RawIP {
		if dissect.Ethernet(frame).Check() != nil {
			return false
		}
		frame = dissect.Ethernet(frame).Payload()
	}
	if len(frame) < 2 {
		return false
	}
	switch frame[0] >> 4 {
	case 4:
		ip := dissect.IPv4(frame)
		if ip.CheckWhole() != nil || ip.ECN() == dissect.NotECT {
			return false
		}
		ip[1] |= byte(dissect.CE)
		ip.FillChecksum()
	case 6:
		if frame[1]>>4&3 == 0 { // the traffic class crosses the first two bytes (RFC 8200 section 3)
			return false
		}
		frame[1] |= byte(dissect.CE) << 4
	default:
		return false
	}
	e.Stats.Marked++
	return true
}
