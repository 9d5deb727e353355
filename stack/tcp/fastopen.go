package tcp

import "smoltcp/dissect"

// Fast Open (RFC 7413) lets the SYN carry text that is delivered before the handshake is over. Whose cookie it is, and what is
// remembered of it, is the owner's business; see OfferFastOpen, GrantFastOpen and TakeSynText.

// MaxFastOpenCookie and MinFastOpenCookie bound the length of a cookie in bytes (RFC 7413 section 4.1.1).
const (
	MinFastOpenCookie = 4
	MaxFastOpenCookie = 16
)

// fastOpen is what is kept while a handshake lasts, if it has anything to do with text.
type fastOpen struct {
	cookie [MaxFastOpenCookie]byte
	n      uint8
	mss    uint16 // of the peer, when it was asked last
	early  bool   // the text of the peer's SYN was taken: ours may follow the SYN-ACK at once

	// Without a cookie the text and FIN of the peer's SYN wait for the end of the handshake.
	text []byte
	fin  bool
}

func (c *Conn) fastOpen() *fastOpen {
	if c.fast == nil {
		c.fast = new(fastOpen)
	}
	return c.fast
}

// OfferFastOpen, between Connect and the first Output, has the SYN ask for a cookie, or, with the cookie of an earlier
// connection, carry what was written by then: as much as fits in mss, what the peer announced then, or 0. A SYN
// that is sent again is an ordinary one, for networks that drop the other kind (section 4.1.3).
func (c *Conn) OfferFastOpen(cookie []byte, mss uint16) {
	f := c.fastOpen()
	f.n = uint8(copy(f.cookie[:], cookie))
	f.mss = mss
}

// GrantFastOpen, after Accept, has the SYN-ACK bring the peer a cookie.
func (c *Conn) GrantFastOpen(cookie []byte) {
	f := c.fastOpen()
	f.n = uint8(copy(f.cookie[:], cookie))
}

// TakeSynText, after Accept, takes the text of the SYN, whose cookie the owner has found right: it can be read in
// SYN-RECEIVED, and what is written goes out before the handshake is over (section 4.2.2). A SYN may come twice, and the text with it:
// that is for programs which can bear it (section 2.1).
func (c *Conn) TakeSynText(syn *Segment) {
	f := c.fastOpen()
	f.early, f.text, f.fin = true, nil, false
	n := min(len(syn.Payload), c.synWindow())
	c.rcv.push(syn.Payload[:n])
	c.rcvNxt += Seq(n)
	c.synText = n > 0
	c.startCongestion()
	c.rec.cwnd++ // what is sent now has the octet of our SYN beside it
	c.arm()
}

// holdSynText keeps what came with a SYN, as far as the window goes: RFC 9293 sections 3.10.7.2 and 3.10.7.3 want it
// processed when the connection is established. It is not acknowledged before.
func (c *Conn) holdSynText(s *Segment) {
	if c.fast != nil {
		c.fast.n = 0 // a simultaneous open: our SYN-ACK grants nothing
	}
	n := min(len(s.Payload), c.synWindow())
	fin := s.Flags.Has(dissect.FIN) && n == len(s.Payload)
	if n > 0 || fin {
		f := c.fastOpen()
		f.text, f.fin = append([]byte(nil), s.Payload[:n]...), fin
	}
}

// takeHeldText processes that, before the segment that ended the handshake. It reports whether there is a connection left.
func (c *Conn) takeHeldText(f *fastOpen, s *arrival) bool {
	if f == nil || len(f.text) == 0 && !f.fin {
		return true
	}
	held := arrival{Segment: Segment{Seq: c.rcvNxt, Ack: s.Ack, Flags: dissect.ACK, Payload: f.text}}
	if f.fin {
		held.Flags |= dissect.FIN
	}
	if !c.segmentText(&held) || !c.checkFin(&held) {
		return false
	}
	c.ackDue = true
	if s.Seq.Less(c.rcvNxt) {
		c.trim(s)
	}
	return true
}

// SynMissed reports that a SYN of ours timed out and was sent again.
func (c *Conn) SynMissed() bool { return c.synMissed }

// early reports whether text may be sent before the handshake is over.
func (c *Conn) early() bool { return c.state == SynReceived && c.fast != nil && c.fast.early }

// addFastOpen adds the option to our SYN or SYN-ACK, and to a SYN the text that may go with it.
func (c *Conn) addFastOpen(out *Out) {
	f, h := c.fast, &out.Header
	if f == nil || c.synMissed || c.state == SynReceived && f.n == 0 {
		return
	}
	for (int(f.n)+len(h.Options.Bytes()))%4 != 2 {
		h.Options.AddNop()
	}
	if !h.Options.Add(dissect.TCPOptFastOpen, f.cookie[:f.n]...) || c.state != SynSent || f.n == 0 || c.sndNxt != c.iss {
		return
	}
	mss := c.cfg.defaultMSS()
	if f.mss != 0 {
		mss = int(f.mss)
	}
	// The room is kept for all the options that there may be, since some on the way add theirs to a SYN.
	n := min(c.snd.n, min(mss, c.cfg.mss())-maxOptions)
	if n <= 0 {
		return
	}
	out.Payload[0], out.Payload[1] = c.snd.view(0, n)
	if n == c.snd.n {
		h.Flags |= dissect.PSH
	}
}

// synTextRefused sends again at once what went with our SYN and was not taken: the peer may have forgotten the cookie, or
// somebody on the way took the text out (section 4.2.1).
func (c *Conn) synTextRefused() {
	if c.sndUna != c.sndNxt {
		c.sent.markAllLost()
		c.rec.hurry, c.rec.why = true, SynTextRefused
	}
}
