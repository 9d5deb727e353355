package tcp

// maxScale is the largest shift count (RFC 7323 section 2.3).
const maxScale = 14

// scaleFor is the smallest shift count that lets 16 bits express a window of n bytes.
func scaleFor(n int) (shift uint8) {
	for shift < maxScale && n>>shift > 65535 {
		shift++
	}
	return shift
}

// synWindow is the window in our SYN, however often it is sent.
func (c *Conn) synWindow() int { return min(c.rcvSize()-c.rcv.n, 65535) }

// promisable is how much of the room in the receive buffer may be promised: while memory is scarce what there is memory for
// already, or a few segments.
func (c *Conn) promisable(room int) int {
	if c.tune.scarce {
		room = min(room, max(c.rcv.memory()-c.rcv.n, scarceWindow*c.rmss()))
	}
	return room
}

// rcvWnd is RCV.WND: up to the farthest edge ever advertised, since the peer may rely on it
// (RFC 7323 section 2.4).
func (c *Conn) rcvWnd() uint32 {
	if c.rcvAdv.Less(c.rcvNxt) {
		return 0
	}
	return uint32(c.rcvAdv - c.rcvNxt)
}

// rcvEdge is the right edge that the next segment will advertise, rounding apart. It moves by a worthwhile amount or
// not at all: the smaller of a segment and half the buffer (RFC 9293 section 3.8.6.2.2).
func (c *Conn) rcvEdge() Seq {
	size := c.rcvSize()
	room := size - c.rcv.n
	if c.rcvScale > 0 {
		// Some of the buffer is not promised, so that advertise can round up.
		room = max(room-size/16, 0)
	}
	room = min(c.promisable(room), 65535<<c.rcvScale) >> c.rcvScale << c.rcvScale
	edge := c.rcvNxt + Seq(room)
	if opened := int32(edge - c.rcvAdv); int(opened) < min(c.rmss(), (size+1)/2) {
		return c.rcvAdv
	}
	return edge
}

// advertise gives the window field of the next segment and notes the edge. The edge does not move left: where
// it does not fall on the unit of scaling the window is rounded up, if there is room.
func (c *Conn) advertise() uint16 {
	c.rcvAdv = laterSeq(c.rcvAdv, c.rcvNxt) // past the peer's FIN
	edge := c.rcvEdge()
	unit := 1 << c.rcvScale
	w := int(edge - c.rcvNxt)
	if up := (w + unit - 1) &^ (unit - 1); up <= c.rcvSize()-c.rcv.n {
		w = up
	}
	field := min(w>>c.rcvScale, 65535)
	c.rcvAdv = laterSeq(edge, c.rcvNxt+Seq(field<<c.rcvScale))
	return uint16(field)
}

// windowUpdateDue reports whether the program made so much room that the peer should hear of it at once: it has
// little left to send into, or the change is large. Otherwise the next ACK tells it.
func (c *Conn) windowUpdateDue() bool {
	switch c.state {
	case Established, FinWait1, FinWait2:
	default:
		return false
	}
	if c.orphan || c.rcvNxt == c.irs+1 {
		return false // what the SYN could not express of a large window, the ACK of the first text tells
	}
	opened := int(int32(c.rcvEdge() - c.rcvAdv))
	quarter := min(c.rcvSize(), 65535<<c.rcvScale) / 4 // of what can be promised
	return opened > 0 && (opened >= quarter || int(c.rcvWnd()) <= quarter)
}
