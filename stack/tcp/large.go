package tcp

import "smoltcp/dissect"

// OutputLarge is Output for an owner that can cut text into segments itself, or has a device that does: instead of one segment it may
// give several that follow each other, of up to limit bytes of text together. Out.Segment says then how many bytes of it belong in each, the
// last apart. They are the segments that as many calls of Output would give: what is said about Out.Header there.
func (c *Conn) OutputLarge(now Time, out *Out, limit int) bool {
	kind := c.output(now, out)
	if n := out.PayloadLen(); kind == planData && 2*n <= limit {
		c.enlarge(out, n, limit)
	}
	return kind != planNone
}

// enlarge adds to a full segment of new text, which has just been sent, what follows it. What only one of the segments may say keeps it
// alone.
func (c *Conn) enlarge(out *Out, size, limit int) {
	h := &out.Header
	seq, total := Seq(h.Seq), size
	const single = dissect.FIN | dissect.URG | dissect.CWR // who cuts leaves CWR to the first (RFC 3168 section 6.1.2)
	accurate := c.ecn.feedback == ecnAccurate
	if h.Flags&single != 0 || accurate && h.Flags&aceMask != aceFlags(c.ecn.came) || size != c.room(0) || c.uto.due || c.sndUrg {
		return
	}
	for total+size <= limit {
		p := c.planData()
		if p.kind != planData || p.pathProbe || p.fin || p.sacks > 0 {
			break
		}
		c.sendNew(p.seq+Seq(p.n), p.n)
		if total += p.n; p.n < size {
			break
		}
	}
	if total == size {
		return
	}
	out.Segment = size
	out.Payload[0], out.Payload[1] = c.snd.view(int(seq-c.dataStart()), total)
	if c.sndNxt == c.sndEnd {
		h.Flags |= dissect.PSH
	}
	c.arm()
}

// Cut gives the segments of a large one, from the first on: each call the next, false when there is none left. Headers differ in their number,
// and PSH is for the last.
func (o *Out) Cut(rest *Out) bool {
	n := rest.PayloadLen()
	if n == 0 {
		return false
	}
	*o = *rest
	size := min(rest.Segment, n)
	a, b := rest.Payload[0], rest.Payload[1]
	k := min(size, len(a))
	o.Payload = [2][]byte{a[:k], b[:size-k]}
	rest.Payload = [2][]byte{a[k:], b[size-k:]}
	if k == len(a) {
		rest.Payload = [2][]byte{b[size-k:], nil}
	}
	rest.Header.Seq += uint32(size)
	if size < n {
		o.Header.Flags &^= dissect.PSH
	}
	o.Segment = 0
	return true
}
