package format

import (
	"slices"

	"smoltcp/dissect"
)

// Piece is the text of a run of packets with gaps in it. With pieces several printers of the same options share the work on one
// capture, each on a goroutine of its own.
//
// What a [Line] remembers of earlier packets touches few places of its text, above all the sequence numbers of TCP. A Line that prints
// into a piece remembers nothing and leaves those places open; one Line with a memory then fills the gaps, piece after piece in
// the order of capture. What comes out is what a single Line prints. Other printers leave no gaps.
//
// Options.Time must not be TimeDelta or TimeOffset, which count from other packets. The zero value is an empty piece, which is used
// again after Reset.
type Piece struct {
	text     []byte
	gaps     []gap
	segments []flowSegment
	frames   []Frame // packets that are left out as a whole

	joined []byte
}

// gap is a place of a piece's text where something is missing, or asked for.
type gap struct {
	at   int // in the text
	kind gapKind
	v    uint32 // the number as it is in the segment, or an index into segments or frames
}

type gapKind uint8

const (
	gapSeq     gapKind = iota // a sequence number of the segment's direction
	gapAck                    // one of the other direction, as Ack shows it
	gapOther                  // one of the other direction, as SACK shows it
	gapSegment                // nothing: the numbers that follow are this segment's
	gapFrame                  // a whole packet
)

// Reset empties a piece, and keeps its memory.
func (pc *Piece) Reset() {
	pc.text, pc.gaps, pc.segments, pc.frames = pc.text[:0], pc.gaps[:0], pc.segments[:0], pc.frames[:0]
}

// Print appends a packet by p, whose own memory is left as it is. What f lends must stay good until Join.
func (pc *Piece) Print(p Printer, f *Frame) {
	line, ok := p.(*Line)
	if !ok {
		pc.text = p.Append(pc.text, f)
		return
	}
	text, gaps, segments := len(pc.text), len(pc.gaps), len(pc.segments)
	line.piece, line.remembers = pc, false
	pc.text = line.Append(pc.text, f)
	line.piece = nil
	if line.remembers {
		pc.text, pc.gaps, pc.segments = pc.text[:text], pc.gaps[:gaps], pc.segments[:segments]
		pc.leave(gapFrame, text, uint32(len(pc.frames)))
		whole := *f
		whole.Packet = new(dissect.Packet)
		whole.Packet.Note(f.Packet.Link, f.Packet.Data, f.Packet.Stated)
		pc.frames = append(pc.frames, whole)
	}
}

func (pc *Piece) leave(kind gapKind, at int, v uint32) { pc.gaps = append(pc.gaps, gap{at, kind, v}) }

// Join gives the whole text, with the gaps filled by p, which has joined the pieces before this one and printed nothing else. The text
// is good until the following Join or Reset.
func (pc *Piece) Join(p Printer) []byte {
	line, ok := p.(*Line)
	if !ok || len(pc.gaps) == 0 {
		return pc.text
	}
	b := slices.Grow(pc.joined[:0], len(pc.text)+len(pc.text)/32)
	from := 0
	var minus [3]uint32
	for i := range pc.gaps {
		g := &pc.gaps[i]
		if g.kind == gapSegment {
			minus = line.flows.relate(&pc.segments[g.v])
			continue
		}
		b = append(b, pc.text[from:g.at]...)
		from = g.at
		if g.kind == gapFrame {
			b = line.Append(b, &pc.frames[g.v])
		} else {
			b = appendDecimal(b, uint64(g.v-minus[g.kind]))
		}
	}
	pc.joined = append(b, pc.text[from:]...)
	return pc.joined
}

// related is what is subtracted from the numbers of a segment before they are printed.
type related struct {
	minus [3]uint32 // by gapKind
	later bool      // a memory elsewhere knows
}

// relate finds out how the numbers of a segment with ACK are printed.
func (p *Line) relate(b []byte, s *flowSegment) related {
	if p.piece == nil {
		return related{minus: p.flows.relate(s)}
	}
	p.piece.leave(gapSegment, len(b), uint32(len(p.piece.segments)))
	p.piece.segments = append(p.piece.segments, *s)
	return related{later: true}
}

// number appends a sequence number of a segment.
func (p *Line) number(b []byte, r *related, kind gapKind, v uint32) []byte {
	if r.later {
		p.piece.leave(kind, len(b), v)
		return b
	}
	return appendDecimal(b, uint64(v-r.minus[kind]))
}

// alone reports that a packet's text depends on earlier packets otherwise than by sequence numbers, when p does not know those: the
// packet is printed later as a whole, and whatever is appended for it now is dropped.
func (p *Line) alone() bool {
	p.remembers = p.piece != nil
	return p.remembers
}
