package tcp

import "time"

// rttEstimator is RFC 6298: the smoothed round-trip time, its variation and the retransmission timeout.
type rttEstimator struct {
	srtt, rttvar time.Duration // 0 before the first sample
	rto          time.Duration // not backed off
}

// sample takes a measurement. flight and smss say how many samples a round trip brings about, since with one from
// every ACK the estimate would forget too fast (RFC 7323 appendix G).
func (e *rttEstimator) sample(r time.Duration, flight, smss int, cfg *Config) {
	r = max(r, 0)
	if e.srtt == 0 {
		e.srtt, e.rttvar = max(r, 1), r/2
	} else {
		expected := time.Duration(max(1, (flight+2*smss-1)/(2*smss)))
		e.rttvar += ((e.srtt - r).Abs() - e.rttvar) / (4 * expected)
		e.srtt = max(e.srtt+(r-e.srtt)/(8*expected), 1)
	}
	e.rto = min(max(e.srtt+max(cfg.granularity(), 4*e.rttvar), cfg.minRTO()), cfg.maxRTO())
}

// slower is RFC 4015 section 3.3: a round trip that took longer than the timeout.
func (e *rttEstimator) slower(r time.Duration, cfg *Config) {
	e.srtt, e.rttvar = max(e.srtt, r, 1), max(e.rttvar, r/2)
	e.rto = min(max(e.srtt+max(cfg.granularity(), 4*e.rttvar), cfg.minRTO()), cfg.maxRTO())
}

// minRTT is the shortest round trip of the last five to ten minutes, since the path may have changed
// (RFC 8985 section 6.2 step 1).
type minRTT struct {
	least, recent time.Duration // 0: none; recent since at
	at            Time
}

const minRTTInterval = 5 * time.Minute

func (m *minRTT) sample(now Time, r time.Duration) {
	r = max(r, 1)
	switch {
	case m.least == 0:
		m.least, m.recent, m.at = r, r, now
		return
	case now.Sub(m.at) > minRTTInterval:
		m.least, m.recent, m.at = m.recent, r, now
	}
	m.recent = min(m.recent, r)
	m.least = min(m.least, r)
}

// get gives it, 0 if there is none.
func (m *minRTT) get() time.Duration { return m.least }
