package capture

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// datagramCutter takes apart the datagrams of UDP that a program gave its kernel in one, or a driver put together: other than with TCP their
// bounds mean something.
type datagramCutter struct {
	frame    []byte // what is being cut, up to the end of its text; nil if nothing is
	net, udp int    // where the headers of IP and UDP begin
	at, size int    // the text of the next datagram, and how much of it each has but the last
	id       uint16 // of the next one over IPv4
	out      []byte
}

// datagramSize is how much text each datagram of a frame has, by its virtio-net header; 0 if it is no such frame.
func datagramSize(header []byte) int {
	if header[1]&^unix.VIRTIO_NET_HDR_GSO_ECN != unix.VIRTIO_NET_HDR_GSO_UDP_L4 {
		return 0
	}
	return int(binary.NativeEndian.Uint16(header[4:]))
}

// start begins to cut a frame, and reports whether there is anything to cut. p is scratch space.
func (c *datagramCutter) start(p *dissect.Packet, link dissect.LinkType, frame []byte, size int) bool {
	p.Decode(link, frame, len(frame))
	layers := p.Layers()
	for i := range layers {
		l := &layers[i]
		if l.Type != dissect.LayerUDP {
			continue
		}
		text := l.Start + dissect.UDPHeaderLen
		if l.Err != nil || l.Net < 0 || l.Flags != 0 || l.Truncated() || l.End-text <= size {
			return false
		}
		c.frame, c.net, c.udp, c.at, c.size = frame[:l.End], layers[l.Net].Start, l.Start, text, size
		if frame[c.net]>>4 == 4 {
			c.id = dissect.IPv4(frame[c.net:]).ID()
		}
		return true
	}
	return false
}

// next gives the next datagram in a frame of its own, which is good until the following call; nil if there is none.
func (c *datagramCutter) next() []byte {
	if c.frame == nil {
		return nil
	}
	end := min(c.at+c.size, len(c.frame))
	c.out = append(append(c.out[:0], c.frame[:c.udp+dissect.UDPHeaderLen]...), c.frame[c.at:end]...)
	if c.at = end; end == len(c.frame) {
		c.frame = nil
	}
	u := dissect.UDP(c.out[c.udp:])
	u.SetLength(len(u))
	var pseudo dissect.Sum
	if c.out[c.net]>>4 == 4 {
		ip := dissect.IPv4(c.out[c.net:])
		ip.SetTotalLen(len(ip))
		ip.SetID(c.id)
		c.id++
		ip.FillChecksum()
		pseudo = dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), dissect.ProtoUDP, len(u))
	} else {
		ip := dissect.IPv6(c.out[c.net:])
		ip.SetPayloadLen(len(ip) - dissect.IPv6HeaderLen)
		pseudo = dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), dissect.ProtoUDP, len(u))
	}
	if u.Checksum() != 0 {
		u.FillChecksum(pseudo)
	}
	return c.out
}

// cutRaw is a Raw whose frames have virtio-net headers, which tell where datagrams were joined.
type cutRaw struct {
	*Raw
	complete bool // TCP checksums that their sender left to its device
	cut      datagramCutter
}

// Recv receives a frame; see [Raw.Recv]. Of datagrams that came in one it gives one after the other.
func (r *cutRaw) Recv() ([]byte, error) {
	if b := r.cut.next(); b != nil {
		return b, nil
	}
	b, err := r.Raw.Recv()
	if b == nil || err != nil {
		return nil, err
	}
	if r.complete && r.msg.status&unix.TP_STATUS_CSUMNOTREADY != 0 {
		completeChecksum(&r.packet, r.link, b)
	}
	// A VLAN tag has overwritten the end of the header at most.
	if size := datagramSize(r.buf[rawFrame-vnetHeaderLen:]); size > 0 && r.cut.start(&r.packet, r.link, b, size) {
		return r.cut.next(), nil
	}
	return b, nil
}
