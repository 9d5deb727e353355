package tcp

// prrState is Proportional Rate Reduction (RFC 6937): during fast recovery what is sent follows what arrives, so that
// the pipe comes down to ssthresh evenly. Lengths are bytes.
type prrState struct {
	flight    uint32 // RecoverFS
	delivered uint32 // prr_delivered
	out       uint32 // prr_out
	since     Time   // when cwnd was reduced last
}

// prrStart begins a recovery that was found with flight unacknowledged.
func (c *Conn) prrStart(flight uint32) {
	c.lossState().prr = prrState{flight: max(flight, 1), since: c.now}
}

// prrAcked sets cwnd for delivered bytes that arrived. safe says that the ACK brought recovery forward and no further
// loss (SafeACK of RFC 6937bis): then the pipe grows again as in slow start (SSRB), else it is only kept (CRB).
func (c *Conn) prrAcked(delivered uint32, safe bool) {
	r := &c.rec
	if r.phase != PhaseRecovery || r.model {
		return
	}
	p, smss, pipe := &c.lossState().prr, int64(c.smss()), int64(c.pipe())
	p.delivered += delivered
	ssthresh := int64(r.ssthresh)
	var n int64
	if pipe > ssthresh {
		n = (int64(p.delivered)*ssthresh+int64(p.flight)-1)/int64(p.flight) - int64(p.out)
	} else {
		n = max(int64(p.delivered)-int64(p.out), int64(delivered))
		if safe {
			n += smss
		}
		n = min(n, ssthresh-pipe)
	}
	if p.out == 0 {
		n = max(n, smss) // the fast retransmit
	}
	r.cwnd = uint32(min(max(pipe+n, pipe, smss), cwndLimit)) // never less than a segment (RFC 5681 section 3.1)
}

// prrSent notes that n bytes went out.
func (c *Conn) prrSent(n int) {
	if c.rec.phase == PhaseRecovery {
		c.lossState().prr.out += uint32(n)
	}
}
