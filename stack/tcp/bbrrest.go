package tcp

import (
	"math"
	"sync"
	"time"
)

// bbrRest is what BBR keeps while nothing is in flight: the model, in a third of the memory. What is about the data in flight
// has come to its end by then, and counts of what was delivered begin anew, since only their differences matter. Rates are
// rounded to 24 bits, round trips to microseconds and instants to milliseconds. Those wrap after 49 days: then what is old passes
// for new until it is measured again.
type bbrRest struct {
	maxBW             [2]float32
	bw                float32 // fullBW, if climbs; else bwShort, negative: none
	bwLatest          float32
	rate              float32
	minRTT, probeMin  micros // 0: none
	minAt, probeMinAt millis
	phaseAt           millis // in ProbeRTT, when cwnd had come down, if bbrProbeHolds; else cycleAt
	inflight          uint32 // upCount, if climbs; else inflightShort
	inflightLong      uint32
	inflightLatest    uint32
	priorCwnd         uint32
	extra             [2]uint32
	random            uint32
	probeWait         uint16 // milliseconds
	flags             bbrFlags
	phase             bbrPhase
	acks              bbrAcks
	upRounds          uint8
	fullCount         uint8
	lossEvents        uint8
	sinceProbe        uint8 // rounds, as those that follow, up to 255
	sinceDrain        uint8
	sinceExtra        uint8
}

// millis is an instant in milliseconds, modulo 2^32.
type millis uint32

func toMillis(t Time) millis { return millis(t / 1e6) }

// before gives the latest instant that is not after now.
func (m millis) before(now Time) Time { return now - Time(toMillis(now)-m)*1e6 }

type bbrFlags uint16

const (
	bbrBegun bbrFlags = 1 << iota
	bbrStarted
	bbrFullNow
	bbrFullReached
	bbrRecovering
	bbrLossInRound
	bbrSampling
	bbrProbeDone
	bbrProbeHolds // probeDoneAt is known
)

// climbs reports whether the phase looks for the rate at which the pipe is full. Then there are no short-term bounds, and whoever does not
// climb begins anew to look for that rate when it does.
func (p bbrPhase) climbs() bool { return p == bbrStartup || p == bbrUp }

// of gives the flag if is.
func (f bbrFlags) of(is bool) bbrFlags {
	if is {
		return f
	}
	return 0
}

// bbrStartedAfter is how much has been delivered when the start is certainly over: more than any initial window.
const bbrStartedAfter = 1 << 18

var (
	bbrPool     = sync.Pool{New: func() any { return new(bbr) }}
	bbrRestPool = sync.Pool{New: func() any { return new(bbrRest) }}
)

// rest gives what has to be kept of b, which is not to be used any more: nothing is in flight, the program has nothing to send,
// and nothing can be undone.
func (b *bbr) rest() controller {
	q := bbrRestPool.Get().(*bbrRest)
	*q = bbrRest{
		maxBW: [2]float32{float32(b.maxBW[0]), float32(b.maxBW[1])},
		bw:    float32(b.bwShort), bwLatest: float32(b.bwLatest), rate: float32(b.rate0),
		minAt: toMillis(b.minAt), probeMinAt: toMillis(b.probeMinAt), phaseAt: toMillis(b.cycleAt),
		inflight: b.inflightShort, inflightLong: b.inflightLong, inflightLatest: b.inflightLatest,
		priorCwnd: b.priorCwnd, extra: b.extra, random: b.random,
		probeWait: uint16(b.probeWait / time.Millisecond),
		phase:     b.phase, acks: b.acks, upRounds: b.upRounds, fullCount: b.fullCount, lossEvents: b.lossEvents,
		sinceProbe: uint8(min(b.sinceProbe, math.MaxUint8)),
		sinceDrain: uint8(min(b.rounds-b.drainRound, math.MaxUint8)),
		sinceExtra: uint8(min(b.rounds-b.extraRound, math.MaxUint8)),
		flags: bbrBegun.of(b.begun) | bbrStarted.of(b.delivered >= bbrStartedAfter) | bbrFullNow.of(b.fullNow) |
			bbrFullReached.of(b.fullReached) | bbrRecovering.of(b.recovering) | bbrLossInRound.of(b.lossInRound) |
			bbrSampling.of(b.sampling) | bbrProbeDone.of(b.probeDone) | bbrProbeHolds.of(b.phase == bbrProbeRTT && b.probeDoneAt != 0),
	}
	switch {
	case b.phase.climbs():
		q.bw, q.inflight = float32(b.fullBW), b.upCount
	case b.bwShort == bbrNone:
		q.bw = -1
	}
	if b.phase == bbrProbeRTT {
		q.phaseAt = toMillis(b.probeDoneAt - Time(bbrProbeRTTDuration))
	}
	if b.minRTT > 0 {
		q.minRTT = toMicros(b.minRTT)
	}
	if b.probeMin > 0 {
		q.probeMin = toMicros(b.probeMin)
	}
	b.log.reset()
	bbrPool.Put(b)
	return q
}

// awake makes BBR of it again. q is not to be used any more.
func (q *bbrRest) awake(now Time) congestionControl {
	b := bbrPool.Get().(*bbr)
	has := func(f bbrFlags) bool { return q.flags&f != 0 }
	*b = bbr{
		rate0: uint64(q.rate), maxBW: [2]uint64{uint64(q.maxBW[0]), uint64(q.maxBW[1])},
		bwShort: bbrNone, bwLatest: uint64(q.bwLatest),
		minRTT: time.Duration(q.minRTT) * time.Microsecond, probeMin: time.Duration(q.probeMin) * time.Microsecond,
		minAt: q.minAt.before(now), probeMinAt: q.probeMinAt.before(now), cycleAt: q.phaseAt.before(now),
		inflightShort: bbrNone, inflightLong: q.inflightLong, inflightLatest: q.inflightLatest,
		priorCwnd: q.priorCwnd, extra: q.extra, upCount: bbrNone, random: q.random,
		probeWait: time.Duration(q.probeWait) * time.Millisecond,
		phase:     q.phase, acks: q.acks, upRounds: q.upRounds, fullCount: q.fullCount, lossEvents: q.lossEvents,
		sinceProbe: uint32(q.sinceProbe), rounds: math.MaxUint8,
		drainRound: math.MaxUint8 - uint32(q.sinceDrain), extraRound: math.MaxUint8 - uint32(q.sinceExtra),
		begun: has(bbrBegun), fullNow: has(bbrFullNow), fullReached: has(bbrFullReached), recovering: has(bbrRecovering),
		lossInRound: has(bbrLossInRound), sampling: has(bbrSampling), probeDone: has(bbrProbeDone),
		extraAt: now,
	}
	if q.phase.climbs() {
		b.fullBW, b.upCount = uint64(q.bw), q.inflight
	} else {
		b.inflightShort = q.inflight
		if q.bw >= 0 {
			b.bwShort = uint64(q.bw)
		}
	}
	if has(bbrProbeHolds) {
		b.probeDoneAt = b.cycleAt.Add(bbrProbeRTTDuration + time.Millisecond) // a part of one was cut off
	}
	if has(bbrStarted) {
		b.delivered = bbrStartedAfter
	}
	b.nextRound, b.lossRoundDelivered = b.delivered, b.delivered
	b.appLimited = max(b.delivered, 1)
	b.bound()
	bbrRestPool.Put(q)
	return b
}

// What needs no rest, since it has little to keep, is always awake.
func (b *bbr) awake(Time) congestionControl     { return b }
func (c *cubic) awake(Time) congestionControl   { return c }
func (r *newReno) awake(Time) congestionControl { return r }
func (c *cubic) rest() controller               { return c }
func (r *newReno) rest() controller             { return r }
