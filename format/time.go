package format

import (
	"math"
	"time"
)

// NoTime is the Frame.Time of a packet whose source knew no time; package capture has the same constant.
const NoTime = math.MinInt64

// noTimeText stands where the time of a packet without one would.
const noTimeText = "--:--:--.------"

const (
	second = int64(time.Second)
	day    = int64(24 * 60 * 60) // in seconds
)

// clock prints the times of packets in one of tcpdump's styles, in tcpdump's exact shape. It remembers what the
// relative styles count from and what is slow to find out: a zone's offset and the last day's date. The zero
// value prints times of day in the local zone; it belongs to one printer, and to one goroutine.
type clock struct {
	style TimeStyle
	nano  bool
	zone  zone
	dates calendar

	// second is the text of the last time of day up to the point, since packets come many to a second; n is zero if there is none.
	second struct {
		sec  int64
		text [32]byte
		n    int
	}

	// days makes TimeDelta and TimeOffset count differences of a day and more in hours. Without it they show what
	// is left of the last day, as tcpdump does.
	days bool

	// ref is what TimeDelta and TimeOffset count from. Zero means that nothing came before: tcpdump cannot
	// tell a packet of 1970 from none either.
	ref int64
}

func newClock(o *Options) clock {
	return clock{style: o.Time, nano: o.Nano, zone: zone{loc: o.Location}}
}

// append appends the time t of a packet, without a blank behind it, and nothing at all for TimeNone. It must be
// called once for each packet, in their order. [NoTime] gives "--:--:--.------" and is not counted from; a caller who
// must print what tcpdump does passes zero instead.
func (c *clock) append(b []byte, t int64) []byte {
	if c.style == TimeNone {
		return b
	}
	if t == NoTime {
		return append(b, noTimeText...)
	}
	if !c.nano {
		// Cut before anything is subtracted, so that differences agree with the times that are shown.
		t -= (t%1000 + 1000) % 1000
	}
	switch c.style {
	case TimeUnix:
		return c.appendUnix(b, t)
	case TimeDelta:
		b = c.appendDelta(b, t)
		c.ref = t
		return b
	case TimeOffset:
		return c.appendDelta(b, t)
	}
	sec, frac := splitTime(t)
	if c.second.n == 0 || c.second.sec != sec {
		c.second.sec = sec
		text := c.second.text[:0]
		days, sod := splitDay(sec + c.zone.offset(sec))
		if c.style == TimeDate {
			text = append(c.dates.append(text, days), ' ')
		}
		c.second.n = len(appendHMS(text, sod))
	}
	return c.appendFrac(append(b, c.second.text[:c.second.n]...), frac)
}

// appendUnix appends seconds since 1970: "1795357929.341257".
func (c *clock) appendUnix(b []byte, t int64) []byte {
	if t < 0 {
		b, t = append(b, '-'), -t
	}
	return c.appendFrac(appendDecimal(b, uint64(t/second)), t%second)
}

// appendDelta appends how long t is after the reference: " 00:00:00.202552", or "-00:00:00.100000" when it is
// before.
func (c *clock) appendDelta(b []byte, t int64) []byte {
	if c.ref == 0 {
		c.ref = t
	}
	// Two times may lie further apart than an int64 holds; the difference always fits an uint64.
	d, sign := uint64(t)-uint64(c.ref), byte(' ')
	if t < c.ref {
		d, sign = -d, '-'
	}
	sec := d / uint64(second)
	if !c.days {
		sec %= uint64(day)
	}
	b = appendTwo(append(b, sign), sec/3600)
	b = appendTwo(append(b, ':'), sec/60%60)
	b = appendTwo(append(b, ':'), sec%60)
	return c.appendFrac(b, int64(d%uint64(second)))
}

// appendFrac appends the point and the digits of frac nanoseconds, cut to microseconds unless c.nano.
func (c *clock) appendFrac(b []byte, frac int64) []byte {
	if c.nano {
		return appendPadded(append(b, '.'), uint64(frac), 9)
	}
	return appendPadded(append(b, '.'), uint64(frac/1000), 6)
}

// splitTime gives whole seconds, rounded down, and the nanoseconds behind them.
func splitTime(t int64) (sec, frac int64) {
	sec, frac = t/second, t%second
	if frac < 0 {
		return sec - 1, frac + second
	}
	return sec, frac
}

// splitDay gives whole days, rounded down, and the seconds behind them.
func splitDay(sec int64) (days, sod int64) {
	days, sod = sec/day, sec%day
	if sod < 0 {
		return days - 1, sod + day
	}
	return days, sod
}

func appendHMS(b []byte, sod int64) []byte {
	h, m, s := byte(sod/3600), byte(sod/60%60), byte(sod%60)
	return append(b, '0'+h/10, '0'+h%10, ':', '0'+m/10, '0'+m%10, ':', '0'+s/10, '0'+s%10)
}

// zone finds a location's offset from UTC, and asks the time package only when an offset ends.
type zone struct {
	loc      *time.Location // nil means time.Local
	from, to int64          // the seconds since 1970 for which off holds, to excluded
	off      int64          // in seconds, east of UTC
}

// offset gives the offset at sec seconds since 1970.
func (z *zone) offset(sec int64) int64 {
	if sec >= z.from && sec < z.to {
		return z.off
	}
	loc := z.loc
	if loc == nil {
		loc = time.Local
	}
	t := time.Unix(sec, 0).In(loc)
	_, off := t.Zone()
	start, end := t.ZoneBounds()
	z.off, z.from, z.to = int64(off), math.MinInt64, math.MaxInt64
	if !start.IsZero() {
		z.from = start.Unix()
	}
	if !end.IsZero() {
		z.to = end.Unix()
	}
	return z.off
}

// calendar turns day numbers into dates, and keeps the last, since packets come on the same day.
type calendar struct {
	text  [10]byte
	day   int64
	valid bool
}

// append appends the date of a day counted from 1970-01-01: "2026-01-02".
func (c *calendar) append(b []byte, days int64) []byte {
	if !c.valid || days != c.day {
		c.day, c.valid = days, true
		time.Unix(days*day, 0).UTC().AppendFormat(c.text[:0], time.DateOnly)
	}
	return append(b, c.text[:]...)
}

// appendRFC3339 appends t, in nanoseconds, in UTC and with nine digits behind the point:
// "2026-01-02T03:04:05.000000006Z".
func (c *calendar) appendRFC3339(b []byte, t int64) []byte {
	sec, frac := splitTime(t)
	days, sod := splitDay(sec)
	b = appendHMS(append(c.append(b, days), 'T'), sod)
	return append(appendPadded(append(b, '.'), uint64(frac), 9), 'Z')
}
