package dissect

var (
	segmentPayloadField = Field{Name: "tcp.payload", Label: "data", Title: "Data"}
	segmentBodyField    = Field{Label: "data", Title: "Data"}
	segmentLenField     = Field{Label: "len", Title: "Length", Rank: 1}
)

// decodeSegment takes what belongs to a message of which the beginning is in another segment, or the end. One packet
// is read at a time, so more cannot be said.
func decodeSegment(p *Packet, l *Layer, b []byte) LayerType {
	l.Payload = l.End
	return LayerNone
}

func segmentFields(p *Packet, l *Layer, s Sink) {
	b, f := p.Data[l.Start:l.Payload], &segmentBodyField
	for i := range p.n {
		if at := &p.layers[i]; at.Payload == l.Start && at.Type == LayerTCP && l.Payload == l.End {
			f = &segmentPayloadField
		}
	}
	s.Bytes(f, 0, len(b), b)
	size := l.Wire
	if l.Payload < l.End {
		size = len(b)
	}
	s.Uint(&segmentLenField, 0, 0, uint64(size))
}

// asSegment turns layer l into one that holds a piece of a message, or into data where an excerpt is all there is.
func asSegment(p *Packet, l *Layer, b []byte) LayerType {
	if l.Flags&Quoted != 0 {
		l.Type = LayerData
		return decodeData(p, l, b)
	}
	l.Type = LayerSegment
	return decodeSegment(p, l, b)
}
