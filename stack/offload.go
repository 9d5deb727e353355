package stack

import (
	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// Offloader is a Device that computes TCP checksums and cuts text into segments, and lets frames come that were not cut yet or were put
// together again: Recv may give one with an IP packet of up to 64 KiB, whatever the MTU.
type Offloader interface {
	Device

	// SendOffload is Send for a frame with a TCP segment that the device has to complete: its header is in the first piece, from offset
	// transport on, with a checksum of the pseudo-header alone, not inverted. If segment is not zero the text is to be cut into segments of so many bytes,
	// which differ in number, IPv4 ID, PSH and FIN as RFC 9293 has it; the text of all may be as long as an IP packet.
	SendOffload(pieces [][]byte, transport, segment int) (bool, error)

	// Verified reports whether the TCP checksum of the frame that Recv gave last is known to be right. It may be that of the pseudo-header alone.
	Verified() bool
}

// worthOffload is how much text makes it worth to have the device compute a checksum.
const worthOffload = 512

// largeLimit is how much text the connection may give at once, 0 for a segment.
func (c *TCPSocket) largeLimit() int {
	if ifc := c.path.ifc; ifc == nil || ifc.offload == nil || c.mayFragment {
		return 0
	}
	return maxMTU - dissect.IPv6HeaderLen - dissect.TCPMaxHeaderLen
}

// sendSegments sends a segment of a connection, or what tcp.Conn.OutputLarge gave in one.
func (s *Stack) sendSegments(p *packet, out *tcp.Out) {
	if p.ifc.offload != nil && out.PayloadLen() >= worthOffload && s.sendOffload(p, out) {
		return
	}
	if out.Segment == 0 {
		s.sendSegment(p, out)
		return
	}
	for one := &s.one; one.Cut(out); {
		s.sendSegment(p, one)
	}
}

// sendOffload has the device complete p, if it can go out at once. Frames that wait are complete: it takes nothing then, and reports false.
func (s *Stack) sendOffload(p *packet, out *tcp.Out) bool {
	ifc, size, n := p.ifc, out.Segment, out.PayloadLen()
	t := dissect.TCP(out.Header.Append(s.transport[:0]))
	p.proto, p.ecn, p.transport, p.payload = dissect.ProtoTCP, out.ECN, t, out.Payload
	segments := 1
	if size > 0 {
		segments = (n + size - 1) / size
	} else {
		size = n
	}
	if !p.df || ifc.txq.len() > 0 || p.len()-n+size > ifc.mtuFor(p.dst) {
		return false
	}
	b := s.header[:0]
	if ifc.ethernet {
		eth := dissect.EthernetHeader{Dst: s.linkAddr(p), Src: ifc.mac, Type: dissect.EtherTypeIPv4}
		if eth.Dst == (dissect.MAC{}) {
			return false
		}
		if !p.dst.Is4() {
			eth.Type = dissect.EtherTypeIPv6
		}
		b = eth.Append(b)
	}
	t.SetChecksum(dissect.PseudoHeaderSum(p.src, p.dst, dissect.ProtoTCP, len(t)+n).Fold())
	if p.dst.Is4() {
		ip := dissect.IPv4Header{
			DSCP: p.dscp, ECN: p.ecn, TotalLen: p.len(), DontFragment: true, TTL: p.ttl, Protocol: dissect.ProtoTCP, Src: p.src, Dst: p.dst,
		}
		b = ip.Append(b)
	} else {
		ip := dissect.IPv6Header{
			DSCP: p.dscp, ECN: p.ecn, FlowLabel: s.random.flowLabel(p.src, p.dst, out.Header.SrcPort, out.Header.DstPort),
			PayloadLen: p.len() - dissect.IPv6HeaderLen, NextHeader: dissect.ProtoTCP, HopLimit: p.ttl, Src: p.src, Dst: p.dst,
		}
		b = ip.Append(b)
	}
	transport := len(b)
	frame := append(s.pieces[:0], append(b, t...))
	for _, text := range out.Payload {
		if len(text) > 0 {
			frame = append(frame, text)
		}
	}
	ok, err := ifc.offload.SendOffload(frame, transport, out.Segment)
	switch {
	case err != nil:
		s.drop(ifc, &s.counters.TxErrors)
	case !ok:
		return false
	default:
		s.counters.TxFrames++
		if len(s.taps) > 0 {
			ifc.tapPieces(true, frame...)
		}
	}
	s.counters.TCPSegmentsSent += uint64(segments)
	return true
}
