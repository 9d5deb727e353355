package format

import "time"

// ordinaryTime is the first time, in nanoseconds since 1970, whose seconds tcpdump takes to be negative.
const ordinaryTime = uint64(1<<31) * uint64(time.Second)

// time appends the time of a packet. Without one it is of 1970, as tcpdump has it.
func (p *Line) time(b []byte, f *Frame) []byte {
	t := f.Time
	if t == NoTime {
		t = 0
	}
	if f.Odd == nil && !p.odd.needed && uint64(t) < ordinaryTime {
		return p.clock.append(b, t)
	}
	if p.alone() {
		return b
	}
	return p.odd.append(b, &p.clock, f.Odd, t)
}

// oddClock does for times that are not of the ordinary kind what tcpdump does with them: it counts
// seconds and fractions apart, and prints none whose seconds have bit 31. From the first of them on it serves the whole capture,
// since the relative styles count from one packet to another.
type oddClock struct {
	needed bool
	ref    stamp
}

// stamp is a time in seconds and in a fraction, in the unit that is printed. A fraction may be negative, or more than a second.
type stamp struct {
	sec, frac int64
}

// append appends the time of a packet, which is odd, or t if that is nil, in the style of c.
func (o *oddClock) append(b []byte, c *clock, odd *OddTime, t int64) []byte {
	if !o.needed {
		o.needed, o.ref = true, c.stamp(c.ref)
	}
	var s stamp
	if odd != nil {
		s = stamp{int64(odd.Sec), int64(odd.Frac)}
		switch {
		case odd.Nano && !c.nano:
			s.frac /= 1000
		case c.nano && !odd.Nano:
			s.frac *= 1000
		}
	} else {
		s = c.stamp(t)
	}
	switch c.style {
	case TimeDelta:
		b = o.appendDelta(b, c, s)
		o.ref = s
		return b
	case TimeOffset:
		return o.appendDelta(b, c, s)
	}
	if s.outside() {
		return append(b, outsideText...)
	}
	if c.style == TimeUnix {
		return c.appendOddFrac(appendDecimal(b, uint64(uint32(s.sec))), s.frac)
	}
	days, sod := splitDay(s.sec + c.zone.offset(s.sec))
	if c.style == TimeDate {
		b = append(c.dates.append(b, days), ' ')
	}
	return c.appendOddFrac(appendHMS(b, sod), s.frac)
}

// appendDelta appends how long s is after the reference, which it sets if nothing came before.
func (o *oddClock) appendDelta(b []byte, c *clock, s stamp) []byte {
	if o.ref == (stamp{}) {
		o.ref = s
	}
	late, early, sign := s, o.ref, byte(' ')
	if s.sec < o.ref.sec || s.sec == o.ref.sec && s.frac < o.ref.frac {
		late, early, sign = o.ref, s, '-'
	}
	d := stamp{late.sec - early.sec, late.frac - early.frac}
	if d.frac < 0 {
		d.sec--
		if c.nano {
			d.frac += 1e9
		} else {
			d.frac += 1e6
		}
	}
	b = append(b, sign)
	if d.outside() {
		return append(b, outsideText...)
	}
	_, sod := splitDay(d.sec)
	return c.appendOddFrac(appendHMS(b, sod), d.frac)
}

// outsideText stands where tcpdump does not know how to print a time.
const outsideText = "[Error converting time]"

func (s stamp) outside() bool { return s.sec&(1<<31) != 0 }

// stamp gives t nanoseconds as a stamp.
func (c *clock) stamp(t int64) stamp {
	sec, frac := splitTime(t)
	if !c.nano {
		frac /= 1000
	}
	return stamp{sec, frac}
}

// appendOddFrac appends the point and 32 bits of a fraction without a sign, in as many digits as they need.
func (c *clock) appendOddFrac(b []byte, frac int64) []byte {
	v, digits, limit := uint64(uint32(frac)), 6, uint64(1e6)
	if c.nano {
		digits, limit = 9, 1e9
	}
	b = append(b, '.')
	if v >= limit {
		return appendDecimal(b, v)
	}
	return appendPadded(b, v, digits)
}
