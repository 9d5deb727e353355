package packetdrill

import (
	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// A kernel counts segments where this stack counts bytes. What scripts ask of those counts can be seen on the wire: which
// segments went out, and which of them the peer has acknowledged.

// outSegment is a segment with text, SYN or FIN that the stack sent.
type outSegment struct {
	seq, end uint32
	syn      bool
	resent   bool // sent again, and not delivered since
	twice    bool // sent again at any time
	arrived  bool // the peer has it
}

// maxOutSegments bounds what is remembered of one connection; counts are not known beyond.
const maxOutSegments = 1 << 16

// noteSent remembers a segment.
func (c *conn) noteSent(s *tcp.Segment, again bool) {
	if s.Len() == 0 || len(c.segments) >= maxOutSegments {
		return
	}
	o := outSegment{seq: uint32(s.Seq), end: uint32(s.Seq) + s.Len(), syn: s.Flags.Has(dissect.SYN)}
	if !again {
		c.segments = append(c.segments, o)
		return
	}
	for i := range c.segments {
		if p := &c.segments[i]; !p.arrived && int32(p.seq-o.end) < 0 && int32(o.seq-p.end) < 0 {
			p.resent, p.twice = true, true
		}
	}
}

// noteArrived marks what the peer says that it has: up to una, and the blocks.
func (c *conn) noteArrived(una uint32, blocks []dissect.SACKBlock) {
	latest := c.sentISN // of what had arrived before
	for _, p := range c.segments {
		if p.arrived && int32(p.end-latest) > 0 {
			latest = p.end
		}
	}
	for i := 0; i < len(c.segments); i++ {
		p := &c.segments[i]
		if p.syn && una == p.seq+1 && p.end != una {
			// The SYN and not the text that went with it: that is a segment of its own from now on.
			c.segments = append(c.segments, outSegment{seq: una, end: p.end})
			p = &c.segments[i]
			p.end = una
		}
		has := int32(p.end-una) <= 0
		for _, b := range blocks {
			has = has || int32(p.seq-b.Left) >= 0 && int32(p.end-b.Right) <= 0
		}
		if has && !p.arrived && !p.twice && int32(p.end-latest) < 0 {
			c.reordered = true
		}
		if has {
			p.arrived, p.resent = true, false
		}
	}
}

// noteAcked looks at what an inbound segment acknowledged, as far as the stack believed it.
func (r *run) noteAcked(c *conn, k *packet) {
	s := r.socketOf(c)
	if s == nil || !k.flags.Has(dissect.ACK) {
		return
	}
	var blocks []dissect.SACKBlock
	if o := find(k.options, dissect.TCPOptSACK); o != nil {
		for _, b := range o.blocks {
			blocks = append(blocks, dissect.SACKBlock{Left: b.Left + c.ownOffset(b.Left), Right: b.Right + c.ownOffset(b.Left)})
		}
	}
	c.noteArrived(uint32(s.Info().SndUna), blocks)
}

// counts gives how many segments arrived, and how many were sent again and are still on their way.
func (c *conn) counts() (delivered, resent int64, known bool) {
	for _, p := range c.segments {
		if p.arrived {
			delivered++
		}
		if p.resent {
			resent++
		}
	}
	return delivered, resent, len(c.segments) < maxOutSegments
}
