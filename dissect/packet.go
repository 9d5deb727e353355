package dissect

// Packet is one captured frame and the layers found in it. The zero value is ready; Decode may be
// called again and again, and allocates nothing.
type Packet struct {
	Data []byte // the captured bytes, borrowed from the caller of Decode
	Wire int    // the frame's length on the wire, at least len(Data)
	Link LinkType

	layers [MaxLayers]Layer
	n      int
	body   int // set by limitNext for the layer to come, or noLimit
}

// noLimit is the value of Packet.body when the layer to come ends where the present one does.
const noLimit = -1

// Decode finds the layers of a frame of link type link. data is what was captured of wire bytes; it is
// kept, not copied, so the layers are good as long as data is. A wire smaller than len(data) is taken
// to be len(data).
//
// Every frame gives at least one layer. A layer that cannot be read ends the list and carries the error.
func (p *Packet) Decode(link LinkType, data []byte, wire int) {
	p.Data, p.Wire, p.Link, p.n, p.body = data, max(wire, len(data)), link, 0, noLimit
	p.layers[0] = Layer{Net: -1, End: len(data), Wire: p.Wire}
	p.follow(link.layer())
}

// follow decodes the chain of headers that starts with one of type t. The layer it goes to is prepared: all but
// Type and Payload are set.
func (p *Packet) follow(t LayerType) {
	for {
		l := &p.layers[p.n]
		p.n++
		l.Type, l.Payload = t, l.End
		if p.n == MaxLayers && t != LayerData {
			l.Err = ErrTooDeep
			return
		}
		t = protocols[t].decode(p, l)
		if t == LayerNone || t == LayerData && l.Payload >= l.End {
			return
		}
		next := &p.layers[p.n]
		next.Flags, next.Net, next.Err = l.Flags, l.Net, nil
		switch l.Type {
		case LayerIPv4, LayerIPv6:
			next.Net = int8(p.n - 1)
		case LayerICMPv4, LayerICMPv6:
			if t != LayerData {
				next.Flags |= Quoted
			}
		}
		next.Start, next.End, next.Wire = l.Payload, l.End, l.Wire-(l.Payload-l.Start)
		if p.body != noLimit {
			p.limit(next, p.body)
			p.body = noLimit
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

// limitNext gives the layer that follows the present one n bytes: the present one goes on behind it, with padding.
func (p *Packet) limitNext(n int) { p.body = n }

// inner gives the layer that follows l, one of p.Layers(), or nil.
func (p *Packet) inner(l *Layer) *Layer {
	for i := range p.n - 1 {
		if at := &p.layers[i]; at.Start == l.Start && at.Type == l.Type {
			return &p.layers[i+1]
		}
	}
	return nil
}

// fail records why a layer cannot be read.
func (l *Layer) fail(err error) LayerType {
	l.Err = err
	return LayerNone
}

// pseudoHeader sums the pseudo-header that the checksum of layer l covers, for an upper layer of length bytes; ok is
// false where there is no IP header or the checksum cannot be verified because bytes are elsewhere.
func (p *Packet) pseudoHeader(l *Layer, proto IPProto, length int) (sum Sum, ok bool) {
	if l.Net < 0 || l.Truncated() || l.Flags&(Fragmented|Quoted) != 0 {
		return 0, false
	}
	net := &p.layers[l.Net]
	switch net.Type {
	case LayerIPv4:
		ip := IPv4(p.Bytes(net))
		return PseudoHeaderSum(ip.Src(), ip.FinalDst(), proto, length), true
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
