package capture

import "smoltcp/dissect"

// completeChecksum finishes the transport checksum of a frame that left its sender with a sum over the pseudo-header
// only, for a device to complete (checksum offload). Frames of which this cannot be said are left alone.
// p is scratch space.
func completeChecksum(p *dissect.Packet, link dissect.LinkType, frame []byte) {
	p.Decode(link, frame, len(frame))
	layers := p.Layers()
	for i := range layers {
		l := &layers[i]
		if l.Err != nil || l.Net < 0 || l.Flags != 0 || l.Truncated() {
			continue
		}
		switch b := p.Bytes(l); l.Type {
		case dissect.LayerTCP:
			sum, ok := pseudoHeader(p, l, dissect.ProtoTCP)
			if t := dissect.TCP(b); ok && t.Checksum() == sum.Fold() {
				t.FillChecksum(sum)
			}
		case dissect.LayerUDP:
			sum, ok := pseudoHeader(p, l, dissect.ProtoUDP)
			if u := dissect.UDP(b); ok && u.Checksum() == sum.Fold() {
				u.FillChecksum(sum)
			}
		}
	}
}

// pseudoHeader is the sum of the pseudo-header of transport layer l.
func pseudoHeader(p *dissect.Packet, l *dissect.Layer, proto dissect.IPProto) (dissect.Sum, bool) {
	net := &p.Layers()[l.Net]
	switch b := p.Bytes(net); net.Type {
	case dissect.LayerIPv4:
		ip := dissect.IPv4(b)
		return dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), proto, l.End-l.Start), true
	case dissect.LayerIPv6:
		ip := dissect.IPv6(b)
		return dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), proto, l.End-l.Start), true
	}
	return 0, false
}
