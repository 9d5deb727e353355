package dissect

var (
	dataBytesField = Field{Name: "data.data", Label: "data", Title: "Data"}
	dataLenField   = Field{Name: "data.len", Label: "len", Title: "Length", Rank: 1}
)

// Data has no header: all of it is payload of the layer before it, and nothing follows.
func decodeData(p *Packet, l *Layer, b []byte) LayerType {
	l.Payload = l.Start
	return LayerNone
}

func dataFields(p *Packet, l *Layer, s Sink) {
	b := p.Bytes(l)
	s.Bytes(&dataBytesField, 0, len(b), b)
	s.Uint(&dataLenField, 0, 0, uint64(len(b)))
}
