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
	offered  ecnFeedback // by our SYNs: by the latest, unless it was Accurate ECN
	feedback ecnFeedback // agreed: how marks are reported, both ways
	sends    bool        // our text is ECN-capable
	plain    bool        // a SYN of the handshake asked for nothing, ours or the peer's

	echo bool // classic: ECE is due until the peer's CWR
	cwr  bool // classic: the peer has to hear that we slowed down

	// Accurate ECN (RFC 9768): how many marked packets came, and how many the peer last reported, both modulo 8.
	came, reported uint8
	first          bool        // the segment that tells of the SYN-ACK is still to be sent, or to come if we answered a SYN
	answers        bool        // we answered a SYN
	handshake      dissect.ECN // the mark of the peer's SYN or SYN-ACK
	bytes          markedBytes
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
	switch {
	case c.cfg.ECN != ECNActive:
		c.ecn.offered = ecnNone
	case c.cfg.AccurateECN && c.backoff < 2:
		c.ecn.offered = ecnAccurate
		return aceMask
	case c.cfg.AccurateECN:
		c.ecn.plain = true // the answer to an earlier one may still come (RFC 9768 section 3.1.4.1)
	case c.backoff == 0:
		c.ecn.offered = ecnClassic
		return dissect.ECE | dissect.CWR
	default:
		c.ecn.offered = ecnNone
	}
	return 0
}

// ecnAsked gives what a SYN asks for, as far as we know of it: with Accurate ECN every combination of the flags whose meaning
// is still to be given asks for that (RFC 9768 section 3.1.3); without, AE means nothing.
func (c *Conn) ecnAsked(f dissect.TCPFlags) ecnFeedback {
	n := ace(f)
	switch {
	case c.cfg.ECN == ECNOff:
		return ecnNone
	case c.cfg.AccurateECN && n != 0b000 && n != 0b011:
		return ecnAccurate
	case n&0b011 == 0b011:
		return ecnClassic
	}
	return ecnNone
}

// ecnTakeSyn decides by the peer's SYN. In a simultaneous open both have to ask, and both answer (RFC 9768 section 3.1.2).
func (c *Conn) ecnTakeSyn(s *Segment) {
	e := &c.ecn
	e.feedback, e.sends = ecnNone, false
	switch {
	case !c.passive && (e.offered == ecnNone || e.plain):
	case c.ecnAsked(s.Flags) == ecnNone:
	case c.ecnAsked(s.Flags) == ecnAccurate:
		c.ecnAgreeAccurate(s.ECN)
		e.answers = true
	default:
		e.feedback, e.sends = ecnClassic, true
	}
}

// ecnTakeSynAgain reads the SYN of a peer that did not get our SYN-ACK, or not yet. One that does not ask any more ends classic ECN.
// Who knows Accurate ECN stays with what was agreed first, sends no ECN-capable text to a peer that may have given up, and gives false,
// for a RST, if both kinds were asked for (RFC 9768 section 3.1.5).
func (c *Conn) ecnTakeSynAgain(s *Segment) bool {
	e := &c.ecn
	asked := c.ecnAsked(s.Flags)
	switch {
	case !c.cfg.AccurateECN:
		if asked == ecnNone {
			e.feedback, e.sends = ecnNone, false
		}
		return true
	case e.feedback == ecnNone:
		return true
	case asked == ecnNone:
		e.plain = true
	case asked != e.feedback:
		return false
	}
	if e.feedback == ecnAccurate {
		e.tookHandshake(s.ECN) // the latest mark is what our SYN-ACK tells
	}
	return true
}

func (c *Conn) ecnAgreeAccurate(handshake dissect.ECN) {
	e := &c.ecn
	e.feedback, e.sends, e.first = ecnAccurate, true, true
	e.reported = aceStart
	e.tookHandshake(handshake)
	if c.cfg.AccurateECNOption {
		e.bytes = newMarkedBytes()
	}
}

// tookHandshake starts the count with the mark of the peer's SYN or SYN-ACK.
func (e *ecnState) tookHandshake(mark dissect.ECN) {
	e.handshake = mark & 3
	e.came = aceStart
	if e.handshake == dissect.CE {
		e.came++
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
		case 0b001:
			c.ecn.feedback, c.ecn.sends = ecnClassic, true
		case 0b010, 0b011, 0b100, 0b110,
			0b101: // reserved: counts as agreed, and our SYN as arrived unchanged (RFC 9768 section 3.1.3)
			c.ecnAgreeAccurate(s.ECN)
			c.ecn.plain = false // the peer's mode is certain, which nobody who answers a SYN can say
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
	if text && e.sends && !e.plain {
		out.ECN = dissect.ECT0
	}
	h := &out.Header
	if e.feedback == ecnAccurate {
		if e.first && !e.answers {
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
	e.bytes.count(s.ECN, len(s.Payload))
	if s.ECN == dissect.CE {
		e.came = (e.came + 1) & 7
		c.ackDue = c.ackDue || len(s.Payload) > 0 // before the counter goes round (RFC 9768 section 3.2.2.5)
	}
	n := ace(s.Flags)
	if e.first && e.answers {
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
	marked := e.bytes.news(&s.Options)
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
