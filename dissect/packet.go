package dissect

// Packet is one captured frame and the layers found in it. The zero value is ready; Decode may be
// called again and again, and allocates nothing.
type Packet struct {
	Data []byte // the captured bytes, borrowed from the caller of Decode
	Wire int    // the frame's length on the wire, at least len(Data)

	// Stated is the length on the wire as Decode was told: a damaged capture may say less than it holds.
	Stated int

	Link LinkType

	// Time is when the frame was captured, in nanoseconds since 1970-01-01 UTC, set before Decode by a caller who knows;
	// zero says nothing. Times in payload that say nothing of their form are recognised by being close to it.
	Time int64

	// UDPAs and TCPAs are what the payload of UDP and TCP is read as, whatever the ports; LayerNone, the zero value, goes
	// by the ports.
	UDPAs, TCPAs LayerType

	layers [MaxLayers]Layer // none but the last found has an error
	n      int
	next   hint

	scratch [dnsText]byte // for text that Fields derives and lends
}

// hint is what a layer says about the one that follows it.
type hint struct {
	given   bool
	limited bool
	length  int // in bytes, if limited
	flags   LayerFlags
}

// Decode finds the layers of a frame of link type link. data is what was captured of wire bytes; it is
// kept, not copied, so the layers are good as long as data is. A wire smaller than len(data) is taken
// to be len(data).
//
// Every frame gives at least one layer. A layer that cannot be read ends the list and carries the error.
func (p *Packet) Decode(link LinkType, data []byte, wire int) {
	if p.n > 0 {
		p.layers[p.n-1].Err = nil
	}
	p.Data, p.Wire, p.Stated, p.Link = data, max(wire, len(data)), wire, link
	first := &p.layers[0]
	first.Flags, first.Net, first.Start, first.End, first.Wire = 0, -1, 0, len(data), p.Wire
	p.follow(link.layer())
}

// Note takes a frame as Decode does, for those who read it by themselves: no layer is looked for, and Layers is empty.
func (p *Packet) Note(link LinkType, data []byte, wire int) {
	if p.n > 0 {
		p.layers[p.n-1].Err = nil
	}
	p.Data, p.Wire, p.Stated, p.Link, p.n = data, max(wire, len(data)), wire, link, 0
}

// follow decodes the chain of headers that starts with one of type t at p.layers[0]. The layer it goes to is
// prepared: all but Type, Payload and Err are set, and Err is nil.
//
// Every frame of every capture passes here, so layers are filled in their place, the count is kept in a
// register, and what few layers need is behind one test.
func (p *Packet) follow(t LayerType) {
	l := &p.layers[0]
	b := p.Data[l.Start:l.End]
	for n := 1; n < MaxLayers; n++ {
		l.Type = t
		t = decoders[t](p, l, b)
		next := &p.layers[n]
		start, end := l.Payload, l.End
		next.Start, next.End, next.Wire = start, end, l.Wire-(start-l.Start)
		next.Flags, next.Net = l.Flags, l.Net
		if l.Type == LayerIPv4 || l.Type == LayerIPv6 {
			next.Net = int8(n - 1)
		}
		if p.next.given {
			p.takeHint(next)
			end = next.End
		}
		if t <= LayerData { // nothing follows, or nothing that could lead on
			p.n = n
			if t == LayerData && start < end {
				next.Type, next.Payload = t, start
				p.n++
			}
			return
		}
		l, b = next, p.Data[start:end]
	}
	l.Type, l.Payload, l.Err = t, l.End, ErrTooDeep
	p.n = MaxLayers
}

// takeHint applies to layer l what the one before it said.
func (p *Packet) takeHint(l *Layer) {
	if p.next.limited {
		p.limit(l, p.next.length)
	}
	l.Flags |= p.next.flags
	p.next = hint{}
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
func (p *Packet) limitNext(n int) { p.next.given, p.next.limited, p.next.length = true, true, n }

// flagNext marks the layer that follows the present one, and with it all that it carries.
func (p *Packet) flagNext(f LayerFlags) { p.next.given, p.next.flags = true, f }

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
	l.Err, l.Payload = err, l.End
	return LayerNone
}

// pseudoHeader sums the pseudo-header that the checksum of layer l covers, for an upper layer of length bytes; ok is
// false where there is no IP header or the checksum cannot be verified because bytes are elsewhere.
func (p *Packet) pseudoHeader(l *Layer, proto IPProto, length int) (sum Sum, ok bool) {
	if l.Net < 0 || l.Truncated() || l.Flags&Fragmented != 0 {
		return 0, false
	}
	net := &p.layers[l.Net]
	switch net.Type {
	case LayerIPv4:
		ip := IPv4(p.Bytes(net))
		return PseudoHeaderSum(ip.Src(), ip.FinalDst(), proto, length), true
	case LayerIPv6:
		ip := IPv6(p.Bytes(net))
		src, dst := p.endpoints(l, ip)
		return PseudoHeaderSum(src, dst, proto, length), true
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
