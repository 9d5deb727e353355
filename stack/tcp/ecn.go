package tcp

import "smoltcp/dissect"

// ECNMode says when Explicit Congestion Notification (RFC 3168) is used.
type ECNMode uint8

const (
	ECNPassive ECNMode = iota // when the peer asks for it
	ECNActive                 // our SYN asks for it too
	ECNOff                    // never
)

// ecnState is what was agreed about marks, and what has to be told about them.
//
// Of what RFC 8311 allows nothing is used: SYNs, ACKs, probes and what is sent again are not ECN-capable, the nonce is gone, and
// text has ECT(0), never ECT(1), which belongs to L4S (RFC 9331).
type ecnState struct {
	offered  ecnFeedback // by our latest SYN
	feedback ecnFeedback // agreed: how marks are reported, both ways
	sends    bool        // our text is ECN-capable

	echo bool // classic: ECE is due until the peer's CWR
	cwr  bool // classic: the peer has to hear that we slowed down

	// Accurate ECN (RFC 9768): how many marked packets came, and how many the peer last reported, both modulo 8.
	came, reported uint8
	first          bool         // the segment that ends the handshake is still to come, or to be sent
	handshake      dissect.ECN  // the mark of the peer's SYN or SYN-ACK
	bytes          *markedBytes // if the option is used
}

// ecnFeedback is how a receiver reports marks.
type ecnFeedback uint8

const (
	ecnNone     ecnFeedback = iota
	ecnClassic              // ECE and CWR (RFC 3168)
	ecnAccurate             // a counter in AE, CWR and ECE (RFC 9768)
)

const aceMask = dissect.AE | dissect.CWR | dissect.ECE

// aceStart is where both counters begin, so that a field that is all zero shows who clears it (RFC 9768 section 3.2.1).
const aceStart = 5

// ace is the three bits as a number.
func ace(f dissect.TCPFlags) uint8 {
	var n uint8
	for _, bit := range [...]dissect.TCPFlags{dissect.AE, dissect.CWR, dissect.ECE} {
		n <<= 1
		if f.Has(bit) {
			n |= 1
		}
	}
	return n
}

func aceFlags(n uint8) (f dissect.TCPFlags) {
	if n&4 != 0 {
		f |= dissect.AE
	}
	if n&2 != 0 {
		f |= dissect.CWR
	}
	if n&1 != 0 {
		f |= dissect.ECE
	}
	return f
}

// aceHandshake says during the handshake which mark the peer's SYN or SYN-ACK had (RFC 9768 table 2 and section 3.2.2.1).
var aceHandshake = [4]uint8{dissect.NotECT: 0b010, dissect.ECT1: 0b011, dissect.ECT0: 0b100, dissect.CE: 0b110}

// ecnSyn gives the flags of our SYN. Networks that drop SYNs which ask for ECN still have to be passed: the first SYN that is
// sent again does not ask (RFC 3168 section 6.1.1.1), the second one if it was Accurate ECN (RFC 9768 section 3.1.4.1).
func (c *Conn) ecnSyn() dissect.TCPFlags {
	c.ecn.offered = ecnNone
	switch {
	case c.cfg.ECN != ECNActive:
	case c.cfg.AccurateECN && c.backoff < 2:
		c.ecn.offered = ecnAccurate
		return aceMask
	case !c.cfg.AccurateECN && c.backoff == 0:
		c.ecn.offered = ecnClassic
		return dissect.ECE | dissect.CWR
	}
	return 0
}

// ecnTakeSyn decides by the peer's SYN. In a simultaneous open both have to ask, in the classic way.
func (c *Conn) ecnTakeSyn(s *Segment) {
	e := &c.ecn
	e.feedback, e.sends = ecnNone, false
	switch {
	case c.cfg.ECN == ECNOff || !s.Flags.Has(dissect.ECE|dissect.CWR) || !c.passive && e.offered == ecnNone:
	case c.passive && c.cfg.AccurateECN && s.Flags.Has(dissect.AE):
		c.ecnAgreeAccurate(s.ECN)
	default:
		// One that knows Accurate ECN speaks the classic form as well (RFC 9768 section 3.1.2).
		e.feedback, e.sends = ecnClassic, true
	}
}

func (c *Conn) ecnAgreeAccurate(handshake dissect.ECN) {
	e := &c.ecn
	e.feedback, e.sends, e.first = ecnAccurate, true, true
	e.handshake = handshake & 3
	e.came, e.reported = aceStart, aceStart
	if e.handshake == dissect.CE {
		e.came++
	}
	if c.cfg.AccurateECNOption {
		e.bytes = newMarkedBytes()
	}
}

// ecnSynAck gives the flags of our SYN-ACK.
func (c *Conn) ecnSynAck() dissect.TCPFlags {
	switch c.ecn.feedback {
	case ecnClassic:
		return dissect.ECE
	case ecnAccurate:
		return aceFlags(aceHandshake[c.ecn.handshake])
	}
	return 0
}

// ecnTakeSynAck decides by the answer to our SYN. Hosts that reflect the flags do not know what they mean.
func (c *Conn) ecnTakeSynAck(s *Segment) {
	n := ace(s.Flags)
	switch c.ecn.offered {
	case ecnClassic:
		if n&0b011 == 0b001 {
			c.ecn.feedback, c.ecn.sends = ecnClassic, true
		}
	case ecnAccurate:
		switch n {
		case 0b001, 0b101:
			c.ecn.feedback, c.ecn.sends = ecnClassic, true
		case 0b010, 0b011, 0b100, 0b110:
			c.ecnAgreeAccurate(s.ECN)
			if n == aceHandshake[dissect.CE] {
				c.ecn.reported++ // our SYN was marked
			}
		}
	}
}

// ecnMark marks a segment with n bytes of text: text that goes out for the first time is ECN-capable, nothing else (RFC 3168
// sections 6.1.4 to 6.1.6).
func (c *Conn) ecnMark(kind planKind, n int, out *Out) {
	e := &c.ecn
	if e.feedback == ecnNone {
		return
	}
	text := kind == planData && n > 0
	if text && e.sends {
		out.ECN = dissect.ECT0
	}
	h := &out.Header
	if e.feedback == ecnAccurate {
		if e.first && !c.passive {
			e.first = false
			h.Flags |= aceFlags(aceHandshake[e.handshake])
			return
		}
		h.Flags |= aceFlags(e.came)
		return
	}
	if e.echo {
		h.Flags |= dissect.ECE
	}
	if e.cwr && text {
		h.Flags |= dissect.CWR
		e.cwr = false
	}
}

// checkECN reads what an acceptable segment says about congestion, both ways. What lies outside of the window was
// dropped before, with its mark (RFC 3168 section 6.1.5).
func (c *Conn) checkECN(s *arrival) bool {
	switch c.ecn.feedback {
	case ecnClassic:
		c.checkClassicECN(s)
	case ecnAccurate:
		c.checkAccurateECN(s)
	}
	return true
}

func (c *Conn) checkClassicECN(s *arrival) {
	e := &c.ecn
	if len(s.Payload) > 0 {
		if s.Flags.Has(dissect.CWR) {
			e.echo = false
		}
		if s.ECN == dissect.CE {
			c.ackDue = c.ackDue || !e.echo
			e.echo = true
		}
	}
	if s.Flags.Has(dissect.ECE) && c.ccMarked() {
		e.cwr = true
	}
}

func (c *Conn) checkAccurateECN(s *arrival) {
	e := &c.ecn
	if e.bytes != nil {
		e.bytes.count(s.ECN, len(s.Payload))
	}
	if s.ECN == dissect.CE {
		e.came = (e.came + 1) & 7
		c.ackDue = c.ackDue || len(s.Payload) > 0 // before the counter goes round (RFC 9768 section 3.2.2.5)
	}
	n := ace(s.Flags)
	if e.first && c.passive {
		e.first = false
		switch n {
		case 0: // somebody on the way clears the field: RFC 9768 section 3.2.2.1
			e.sends = false
		case aceHandshake[dissect.CE]:
			e.reported++
			c.ccMarked()
		}
		return
	}
	if !c.synchronized() || s.Ack.Less(c.sndUna) {
		return // an old segment, an old counter
	}
	// Eight marks at once leave the field as it was; the bytes tell.
	marked := e.bytes != nil && e.bytes.news(&s.Options)
	if more := (n - e.reported) & 7; (more > 0 || marked) && e.sends {
		e.reported = n
		c.ccMarked()
	}
}

// ecnReduced notes that cwnd came down because of a loss: the peer hears of that too (RFC 3168 section 6.1.2).
func (c *Conn) ecnReduced() {
	if c.ecn.feedback == ecnClassic {
		c.ecn.cwr = true
	}
}
