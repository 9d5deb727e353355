package tcp

import (
	"math"
	"time"
)

// Constants of RFC 9406 section 4.3.
const (
	hystartMinThresh = micros(4000)
	hystartMaxThresh = micros(16000)
	hystartDivisor   = 8
	hystartSamples   = 8
	hystartGrowth    = 4
	hystartRounds    = 5
	hystartLimit     = 8 // segments for an ACK, where bursts are a worry
)

// hystart is HyStart++ (RFC 9406): slow start that ends when the round-trip time grows, before the queue overflows. The
// first slow start only.
type hystart struct {
	end      Seq    // the round ends when this is acknowledged
	last     micros // smallest RTT of the round before; 0: none
	current  micros // smallest of this round; 0: none
	baseline micros // conservative slow start: what made it begin; 0 in plain slow start
	samples  uint8  // in this round, up to hystartSamples
	rounds   uint8  // of conservative slow start
	begun    bool
}

// micros is a time in microseconds, up to 71 minutes.
type micros uint32

// toMicros gives at least 1, since 0 means none.
func toMicros(d time.Duration) micros {
	return micros(min(max(d/time.Microsecond, 1), math.MaxUint32/2))
}

// acked is section 4.2. It moves cwnd, and ssthresh when slow start is over.
func (h *hystart) acked(w *congestionWindow, a *ccAck) {
	if !h.begun {
		h.begun, h.end = true, a.nxt
	}
	if a.rtt >= 0 {
		rtt := toMicros(a.rtt)
		if h.current == 0 || rtt < h.current {
			h.current = rtt
		}
		h.samples = min(h.samples+1, hystartSamples)
	}
	if a.grow {
		limit := uint32(hystartLimit)
		if a.bursts {
			limit = cwndLimit / a.smss
		}
		n := slowStart(a, limit)
		if h.baseline != 0 {
			n /= hystartGrowth
		}
		w.grow(n)
	}
	if h.samples >= hystartSamples && h.last != 0 {
		switch {
		case h.baseline != 0 && h.current < h.baseline:
			h.baseline, h.rounds = 0, 0 // it was something else: back to plain slow start
		case h.baseline == 0 && h.current >= h.last+min(max(h.last/hystartDivisor, hystartMinThresh), hystartMaxThresh):
			h.baseline, h.rounds = h.current, 0
		}
	}
	if h.end.LessEq(a.una) {
		if h.baseline != 0 {
			if h.rounds++; h.rounds >= hystartRounds {
				w.ssthresh = w.cwnd
			}
		}
		h.end, h.last, h.current, h.samples = a.nxt, h.current, 0, 0
	}
}
