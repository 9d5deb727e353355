package tcp

// reductions of ssthresh, in hundredths of what is in flight.
const (
	renoBeta = 50 // RFC 5681 equation 4
	renoABE  = 80 // upon a mark (RFC 8511 section 3)
)

// newReno is RFC 5681 with appropriate byte counting (RFC 3465).
type newReno struct {
	acks uint32 // bytes acknowledged since cwnd grew last, in congestion avoidance
	abe  bool
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

// reduceMarked is reduce for a mark: cwnd may come down to one segment, from where RFC 3168 section 6.1.2 goes on (RFC 9438
// section 4.6).
func (w *congestionWindow) reduceMarked(s *ccState, hundredths uint32) {
	most := max(uint32(uint64(s.flight)*uint64(hundredths)/100), s.smss)
	w.reduce(s, hundredths)
	w.cwnd = min(w.cwnd, most)
}

func (r *newReno) lost(w *congestionWindow, s ccState, saved *ccSaved) {
	saved.congestionWindow, r.acks = *w, 0
	w.reduce(&s, renoBeta)
}

func (r *newReno) marked(w *congestionWindow, s ccState) {
	r.acks = 0
	if r.abe {
		w.reduceMarked(&s, renoABE)
	} else {
		w.reduceMarked(&s, renoBeta)
	}
}

func (r *newReno) recovered(w *congestionWindow, _ ccState, from CongestionPhase) { w.settle(from) }

// settle ends fast recovery at ssthresh, near which PRR has kept the pipe (RFC 6937 section 3).
func (w *congestionWindow) settle(from CongestionPhase) {
	if from == PhaseRecovery {
		w.cwnd = w.ssthresh
	}
}

func (r *newReno) timeout(w *congestionWindow, s ccState, again bool, saved *ccSaved) {
	if !again {
		saved.congestionWindow = *w
		w.reduce(&s, renoBeta)
	}
	w.cwnd = s.smss
	r.acks = 0
}

func (r *newReno) undo(w *congestionWindow, _ ccState, saved *ccSaved) {
	w.restore(saved.congestionWindow)
}

// restore takes a reduction back (RFC 4015 section 3.2), unless both have become larger meanwhile.
func (w *congestionWindow) restore(saved congestionWindow) {
	w.cwnd, w.ssthresh = max(w.cwnd, saved.cwnd), max(w.ssthresh, saved.ssthresh)
}

func (r *newReno) resumed(*congestionWindow, ccState)      {}
func (r *newReno) rate() uint64                            { return 0 }
func (r *newReno) sent(*congestionWindow, ccState, uint32) {}
func (r *newReno) exhausted(ccState)                       {}
