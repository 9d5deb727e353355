package dissect

// Packet is one captured frame and the layers found in it. The zero value is ready; Decode may be
// called again and again, and allocates nothing.
type Packet struct {
	Data []byte // the captured bytes, borrowed from the caller of Decode
	Wire int    // the frame's length on the wire, at least len(Data)
	Link LinkType

	layers [MaxLayers]Layer
	n      int
}

// Decode finds the layers of a frame of link type link. data is what was captured of wire bytes; it is
// kept, not copied, so the layers are good as long as data is. A wire smaller than len(data) is taken
// to be len(data).
//
// Every frame gives at least one layer. A layer that cannot be read ends the list and carries the error.
func (p *Packet) Decode(link LinkType, data []byte, wire int) {
	p.Data, p.Wire, p.Link, p.n = data, max(wire, len(data)), link, 0
	p.follow(link.layer(), Layer{Net: -1, End: len(data), Wire: p.Wire})
}

// follow decodes the chain of headers that starts with a layer of type t at l.Start.
func (p *Packet) follow(t LayerType, l Layer) {
	for t != LayerNone {
		if p.n == MaxLayers {
			last := &p.layers[p.n-1]
			last.Type, last.Err = t, ErrTooDeep
			return
		}
		l.Type, l.Payload = t, l.End
		at := &p.layers[p.n]
		*at = l
		p.n++
		t = protocols[t].decode(p, at)
		if at.Err != nil {
			return
		}
		if t == LayerNone || at.Payload >= at.End && t == LayerData {
			return
		}
		l = Layer{Net: at.Net, Flags: at.Flags, Start: at.Payload, End: at.End, Wire: at.Wire - (at.Payload - at.Start)}
		if at.Type == LayerIPv4 || at.Type == LayerIPv6 {
			l.Net = int8(p.n - 1)
		}
	}
}

// Layers gives the layers of the last Decode, outermost first. The slice is the packet's own.
func (p *Packet) Layers() []Layer { return p.layers[:p.n] }

// Bytes gives the captured bytes of a layer, header and payload: what its view is made from.
func (p *Packet) Bytes(l *Layer) []byte { return p.Data[l.Start:l.End] }

// Fields describes layer l, one of p.Layers(), to s. A layer with an error has no fields.
func (p *Packet) Fields(l *Layer, s Sink) {
	if l.Err == nil {
		protocols[l.Type].fields(p, l, s)
	}
}

// limit narrows a layer to the n bytes that its own length field gives it, counted from its start.
// A field that promises more than the outer layers hold leaves End alone and shows in Wire.
func (p *Packet) limit(l *Layer, n int) {
	l.Wire = n
	if l.End-l.Start > n {
		l.End = l.Start + n
	}
}

// fail records why a layer cannot be read.
func (l *Layer) fail(err error) LayerType {
	l.Err = err
	return LayerNone
}

// addrs gives the addresses and the protocol number that a pseudo-header of layer l has; ok is false
// where there is no IP header or the checksum cannot be verified because bytes are elsewhere.
func (p *Packet) pseudoHeader(l *Layer, proto IPProto, length int) (sum Sum, ok bool) {
	if l.Net < 0 || l.Truncated() || l.Flags&Fragmented != 0 {
		return 0, false
	}
	net := &p.layers[l.Net]
	switch net.Type {
	case LayerIPv4:
		ip := IPv4(p.Bytes(net))
		return PseudoHeaderSum(ip.Src(), ip.Dst(), proto, length), true
	case LayerIPv6:
		ip := IPv6(p.Bytes(net))
		return PseudoHeaderSum(ip.Src(), p.finalDst(l, ip), proto, length), true
	}
	return 0, false
}

// transportChecksum judges the checksum got of the transport layer l, whose bytes are b.
func (p *Packet) transportChecksum(l *Layer, proto IPProto, b []byte, got uint16) ChecksumResult {
	pseudo, ok := p.pseudoHeader(l, proto, len(b))
	if !ok {
		return ChecksumResult{}
	}
	return verify(pseudo.Add(b), pseudo, got)
}
