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
	e.rto = min(max(e.srtt+max(clockGranularity, 4*e.rttvar), cfg.minRTO()), cfg.maxRTO())
}

// clockGranularity is G of RFC 6298: the owner may poll about so late.
const clockGranularity = time.Millisecond
