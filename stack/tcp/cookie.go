package tcp

import "smoltcp/dissect"

// SYN cookies (RFC 4987 section 3.6): the answer to a SYN for which nothing is kept. The owner makes the initial
// number, which brings the MSS back; what else the handshake agreed comes back in the low bits of the timestamp
// that the peer echoes. Without timestamps there is neither window scale nor SACK.
const (
	CookieBits = 6 // of a timestamp

	cookieShift   = 0xf // the peer's window scale, cookieNoShift if it offers none
	cookieNoShift = 0xf
	cookieSACK    = 1 << 4
	cookieECN     = 1 << 5
)

// CookieTimestamp gives the timestamp for the SYN-ACK that answers syn: now's or a little older, with the options in
// its low CookieBits; false if there are no timestamps.
func CookieTimestamp(cfg *Config, now Time, tsOffset uint32, syn *Segment) (ts uint32, ok bool) {
	o := &syn.Options
	if !o.HasTimestamps || cfg.NoTimestamps {
		return 0, false
	}
	bits := uint32(cookieNoShift)
	if o.HasWindowScale && !cfg.NoWindowScale {
		bits = uint32(min(o.WindowScale, maxScale))
	}
	if o.SACKPermitted && !cfg.NoSACK {
		bits |= cookieSACK
	}
	if cfg.ECN != ECNOff && syn.Flags.Has(dissect.ECE|dissect.CWR) {
		bits |= cookieECN
	}
	// Never ahead of the clock: the connection's own timestamps must not be older (RFC 7323 section 4.1).
	const mask = 1<<CookieBits - 1
	clock := tsOffset + uint32(now/1e6)
	if ts = clock&^mask | bits; int32(ts-clock) > 0 {
		ts -= 1 << CookieBits
	}
	return ts, true
}

// SynAckFor fills out with the SYN-ACK to syn that a connection of its own would send first, as far as a
// cookie can keep what it agrees to. ts is CookieTimestamp's, if hasTS.
func SynAckFor(cfg *Config, iss Seq, ts uint32, hasTS bool, syn *Segment, out *Out) {
	*out = Out{Header: dissect.TCPHeader{
		Seq: uint32(iss), Ack: uint32(syn.Seq + 1), Flags: dissect.SYN | dissect.ACK, Window: uint16(min(cfg.rcvBuf(), 65535)),
	}}
	h := &out.Header
	h.Options.AddMSS(uint16(cfg.mss()))
	if !hasTS {
		return
	}
	if ts&cookieSACK != 0 {
		h.Options.AddSACKPermitted()
	}
	h.Options.AddTimestamps(ts, syn.Options.TSVal)
	if ts&cookieShift != cookieNoShift {
		h.Options.AddNop()
		h.Options.AddWindowScale(cfg.rcvScale())
	}
	if ts&cookieECN != 0 {
		h.Flags |= dissect.ECE
	}
}

// AcceptCookie starts a connection from the segment that acknowledges a SYN-ACK made by SynAckFor, which the owner has
// recognized, mss being what the peer announced. The segment is processed too.
func (c *Conn) AcceptCookie(now Time, cfg *Config, tsOffset uint32, mss uint16, ack *Segment) {
	syn := Segment{Seq: ack.Seq - 1, Flags: dissect.SYN, Window: ack.Window}
	o := &syn.Options
	o.MSS = mss
	if ack.Options.HasTimestamps && !cfg.NoTimestamps {
		bits := ack.Options.TSEcr
		o.HasTimestamps, o.TSVal = true, ack.Options.TSVal
		o.WindowScale = uint8(bits & cookieShift)
		o.HasWindowScale = o.WindowScale != cookieNoShift
		o.SACKPermitted = bits&cookieSACK != 0
		if bits&cookieECN != 0 {
			syn.Flags |= dissect.ECE | dissect.CWR
		}
	}
	c.Accept(now, cfg, ack.Ack-1, tsOffset, &syn)
	// The SYN-ACK is out, and nobody knows since when: it measures no round trip.
	c.synDue = false
	c.sndNxt = c.iss + 1
	c.sent.push(c.sndNxt, now, 1)
	c.sent.resent(c.iss, c.sndNxt, now, 1)
	c.rcvAdv = c.rcvNxt + Seq(c.synWindow())
	c.Input(now, ack)
}

// PeerMSS is the largest payload that the sender of syn takes: what it announces, or else what is to be assumed.
func PeerMSS(cfg *Config, syn *Segment) uint16 {
	if syn.Options.MSS == 0 {
		return uint16(cfg.defaultMSS())
	}
	return max(syn.Options.MSS, minMSS)
}
