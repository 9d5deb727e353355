package packetdrill

import (
	"fmt"
	"net/netip"

	"smoltcp/dissect"
)

// ipHeader is what scripts know of an IP header, of either version.
type ipHeader struct {
	src, dst  netip.Addr
	protocol  dissect.IPProto
	ttl, dscp uint8 // ttl: also the hop limit
	ecn       dissect.ECN
	length    int // of the payload
}

// append appends the header's wire form to b. IPv4 has DF set.
func (h *ipHeader) append(b []byte) []byte {
	if h.src.Is6() {
		six := dissect.IPv6Header{
			Src: h.src, Dst: h.dst, NextHeader: h.protocol, HopLimit: h.ttl, DSCP: h.dscp, ECN: h.ecn, PayloadLen: h.length,
		}
		return six.Append(b)
	}
	four := dissect.IPv4Header{
		Src: h.src, Dst: h.dst, Protocol: h.protocol, TTL: h.ttl, DSCP: h.dscp, ECN: h.ecn, DontFragment: true,
		TotalLen: dissect.IPv4MinHeaderLen + h.length,
	}
	return four.Append(b)
}

// readIP splits a packet of the stack. The script fails if it is not a valid one.
func (r *run) readIP(b []byte) (h ipHeader, payload []byte) {
	ip, six := dissect.IPv4(b), dissect.IPv6(b)
	switch {
	case len(b) > 0 && b[0]>>4 == 6 && six.CheckWhole() == nil:
		return ipHeader{
			src: six.Src(), dst: six.Dst(), protocol: six.NextHeader(), ttl: six.HopLimit(), dscp: six.DSCP(), ecn: six.ECN(),
		}, six.Payload()
	case len(b) > 0 && b[0]>>4 == 4 && ip.CheckWhole() == nil && ip.ChecksumOK():
		return ipHeader{
			src: ip.Src(), dst: ip.Dst(), protocol: ip.Protocol(), ttl: ip.TTL(), dscp: ip.DSCP(), ecn: ip.ECN(),
		}, ip.Payload()
	}
	r.fail("valid IP packets", fmt.Sprintf("% x", b[:min(len(b), 40)]))
	return h, nil
}

// sendIP puts an IP packet on the wire as k describes it.
func (r *run) sendIP(k *packet, src, dst netip.Addr, protocol dissect.IPProto, payload []byte) {
	h := ipHeader{src: src, dst: dst, protocol: protocol, ttl: 64, length: len(payload)}
	if k != nil {
		if k.ttl >= 0 {
			h.ttl = uint8(k.ttl)
		}
		if k.dscp >= 0 {
			h.dscp = uint8(k.dscp)
		}
		if k.ecn >= 0 {
			h.ecn = dissect.ECN(k.ecn)
		}
	}
	if k != nil && k.mutations != nil {
		payload = append([]byte(nil), payload...)
		r.wire.in = append(r.wire.in, mutate(h.append(nil), payload, k.mutations))
		return
	}
	r.wire.in = append(r.wire.in, append(h.append(nil), payload...))
}
