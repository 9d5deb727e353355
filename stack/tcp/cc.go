package tcp

// Algorithm is a congestion control.
type Algorithm uint8

const (
	NewReno Algorithm = iota // RFC 5681, RFC 6582; the default
)

var algorithmNames = [...]string{"newreno"}

func (a Algorithm) String() string {
	if int(a) < len(algorithmNames) {
		return algorithmNames[a]
	}
	return "?"
}

func (a Algorithm) control() congestionControl { return &newReno{} }

// cwndLimit keeps cwnd far from overflow: no window is larger.
const cwndLimit = 1 << 30

// congestionWindow is what congestion control decides. Both are bytes.
type congestionWindow struct {
	cwnd, ssthresh uint32
}

func (w *congestionWindow) grow(n uint32) { w.cwnd = min(w.cwnd+min(n, cwndLimit), cwndLimit) }

// congestionControl moves the congestion window. It is told what happened; when and what to send again is the
// business of recovery.go, whatever the algorithm.
type congestionControl interface {
	// acked: bytes arrived, outside of fast recovery, while cwnd was what limited the connection.
	acked(w *congestionWindow, a ccAck)

	// lost: the first loss of a window was found with flight bytes in the network. Sets both, ssthresh to what
	// recovery ends with.
	lost(w *congestionWindow, flight, smss uint32)

	// recovered: everything sent before the loss was found has arrived.
	recovered(w *congestionWindow, flight, smss uint32)

	// timeout: the retransmission timer expired; again if not for the first time on this segment.
	timeout(w *congestionWindow, flight, smss uint32, again bool)
}

// ccAck is what a congestion control learns from an acknowledgment.
type ccAck struct {
	now     Time
	bytes   uint32
	smss    uint32
	timeout bool // what a timeout lost is still being sent again
}

// initialWindow is RFC 6928 section 2, or one segment if our SYN was lost (RFC 5681 section 3.1).
func initialWindow(smss uint32, synLost bool) uint32 {
	if synLost {
		return smss
	}
	return min(10*smss, max(2*smss, 14600))
}

// newReno is RFC 5681 with appropriate byte counting (RFC 3465).
type newReno struct {
	acks uint32 // bytes acknowledged since cwnd grew last, in congestion avoidance
}

func (r *newReno) acked(w *congestionWindow, a ccAck) {
	if w.cwnd < w.ssthresh {
		limit := 2 * a.smss // L of RFC 3465 section 2.2
		if a.timeout {
			limit = a.smss // section 2.3
		}
		w.grow(min(a.bytes, limit))
		return
	}
	if r.acks += a.bytes; r.acks >= w.cwnd {
		r.acks -= w.cwnd
		r.acks = min(r.acks, w.cwnd)
		w.grow(a.smss)
	}
}

func (r *newReno) lost(w *congestionWindow, flight, smss uint32) {
	w.ssthresh = max(flight/2, 2*smss) // RFC 5681 equation 4
	w.cwnd = w.ssthresh
	r.acks = 0
}

func (r *newReno) recovered(w *congestionWindow, flight, smss uint32) {
	w.cwnd = min(w.ssthresh, max(flight, smss)+smss) // RFC 6582 section 3.2 step 3: no burst
}

func (r *newReno) timeout(w *congestionWindow, flight, smss uint32, again bool) {
	if !again {
		w.ssthresh = max(flight/2, 2*smss)
	}
	w.cwnd = smss
	r.acks = 0
}
