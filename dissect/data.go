package dissect

var (
	dataBytesField = Field{Name: "data.data", Label: "data", Title: "Data"}
	dataLenField   = Field{Name: "data.len", Label: "len", Title: "Length", Rank: 1}

	// Wireshark shows data of a fragment with all others, in the packet of the last.
	dataPieceField    = Field{Label: "data", Title: "Data of a fragment"}
	dataPieceLenField = Field{Label: "len", Title: "Length", Rank: 1}
)

// Data has no header: all of it is payload of the layer before it, and nothing follows.
func decodeData(p *Packet, l *Layer, b []byte) LayerType {
	l.Payload = l.Start
	return LayerNone
}

func dataFields(p *Packet, l *Layer, s Sink) {
	b := p.Bytes(l)
	data, size := &dataBytesField, &dataLenField
	if p.isPiece(l) {
		data, size = &dataPieceField, &dataPieceLenField
	}
	s.Bytes(data, 0, len(b), b)
	s.Uint(size, 0, 0, uint64(len(b)))
}

// isPiece reports whether l is in the first or the last of several fragments.
func (p *Packet) isPiece(l *Layer) bool {
	if l.Flags&Fragmented != 0 {
		return true
	}
	for i := range p.n {
		switch at := &p.layers[i]; {
		case at.Payload != l.Start || at.Err != nil:
		case at.Type == LayerIPv4:
			ip := IPv4(p.Bytes(at))
			return ip.FragmentOffset() > 0 && !ip.MoreFragments()
		case at.Type == LayerFragment:
			f := IPv6Fragment(p.Bytes(at))
			return f.Offset() > 0 && !f.MoreFragments()
		}
	}
	return false
}
