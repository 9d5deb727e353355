package tcp

// reductions of ssthresh, in hundredths of what is in flight.
const (
	renoBeta = 50 // RFC 5681 equation 4
	renoABE  = 80 // upon a mark (RFC 8511 section 3)
)

// newReno is RFC 5681 with appropriate byte counting (RFC 3465).
type newReno struct {
	saved congestionWindow // before the latest reduction
	acks  uint32           // bytes acknowledged since cwnd grew last, in congestion avoidance
	abe   bool
}

func (r *newReno) acked(w *congestionWindow, a ccAck) {
	if !a.grow {
		return
	}
	if w.cwnd < w.ssthresh {
		w.grow(slowStart(&a, 2)) // L of RFC 3465 section 2.2
		return
	}
	if r.acks += a.bytes; r.acks >= w.cwnd {
		r.acks -= w.cwnd
		r.acks = min(r.acks, w.cwnd)
		w.grow(a.smss)
	}
}

// slowStart is how much cwnd grows in slow start: by what was acknowledged, but no more than limit segments. While what
// a timeout lost is still being sent again, an ACK may stand for what had arrived before: one segment (RFC 3465
// section 2.3).
func slowStart(a *ccAck, limit uint32) uint32 {
	if a.phase == PhaseLoss {
		limit = 1
	}
	return min(a.bytes, limit*a.smss)
}

// reduce sets ssthresh to hundredths of what is in flight, two segments at least, and cwnd to it.
func (w *congestionWindow) reduce(s *ccState, hundredths uint32) {
	w.ssthresh = max(uint32(uint64(s.flight)*uint64(hundredths)/100), 2*s.smss)
	w.cwnd = w.ssthresh
}

func (r *newReno) lost(w *congestionWindow, s ccState) {
	r.saved, r.acks = *w, 0
	w.reduce(&s, renoBeta)
}

func (r *newReno) marked(w *congestionWindow, s ccState) {
	r.acks = 0
	if r.abe {
		w.reduce(&s, renoABE)
	} else {
		w.reduce(&s, renoBeta)
	}
}

func (r *newReno) recovered(w *congestionWindow, s ccState, from CongestionPhase) {
	settle(w, &s, from)
}

// settle ends fast recovery at ssthresh, or below where that would bring a burst (RFC 6582 section 3.2 step 3).
func settle(w *congestionWindow, s *ccState, from CongestionPhase) {
	if from == PhaseRecovery {
		w.cwnd = min(w.ssthresh, max(s.flight, s.smss)+s.smss)
	}
}

func (r *newReno) timeout(w *congestionWindow, s ccState, again bool) {
	if !again {
		r.saved = *w
		w.reduce(&s, renoBeta)
	}
	w.cwnd = s.smss
	r.acks = 0
}

func (r *newReno) undo(w *congestionWindow, s ccState) { w.restore(r.saved) }

// restore takes a reduction back (RFC 4015 section 3.2), unless both have become larger meanwhile.
func (w *congestionWindow) restore(saved congestionWindow) {
	w.cwnd, w.ssthresh = max(w.cwnd, saved.cwnd), max(w.ssthresh, saved.ssthresh)
}

func (r *newReno) resumed(*congestionWindow, ccState)      {}
func (r *newReno) rate() uint64                            { return 0 }
func (r *newReno) sent(*congestionWindow, ccState, uint32) {}
func (r *newReno) exhausted(ccState)                       {}
