package format

import "smoltcp/dissect"

// udp prints a UDP datagram.
func (p *Line) udp(b, d []byte, length int, c *ipContext) []byte {
	if len(d) < 4 {
		if c.next() == dissect.ProtoUDP {
			b = append(p.addrs(b, c), ": "...)
		}
		return p.trunc(b, "udp")
	}
	src, dst := be16(d, 0), be16(d, 2)
	start := len(b)
	b = p.addrPorts(b, c, dissect.ProtoUDP, src, dst)
	switch {
	case length < dissect.UDPHeaderLen:
		return appendInt(append(b, "truncated-udp "...), length)
	case len(d) < 6:
		return p.trunc(b, "udp")
	}
	size := int(be16(d, 4))
	if size == 0 && length > 0xffff {
		size = length
	}
	switch {
	case size < dissect.UDPHeaderLen:
		return appendInt(append(b, "truncated-udplength "...), size)
	case len(d) < dissect.UDPHeaderLen:
		return p.trunc(b, "udp")
	}
	u := dissect.UDP(d)
	size -= dissect.UDPHeaderLen
	length = min(length-dissect.UDPHeaderLen, size)
	payload := d[dissect.UDPHeaderLen:]

	if p.force != nil {
		return p.forcedUDP(b, start, payload, length, c)
	}

	// IPv6 has no checksum that would cover the ports, so there -v asks for UDP's already.
	if (p.opts.Verbose > 1 || p.opts.Verbose > 0 && c.v6()) && !p.opts.NoChecksum {
		b = p.udpChecksum(b, u, length, c)
	}
	if !p.opts.Quiet {
		if print := udpPorts.printer(src, dst); print != nil {
			return print(p, b, payload, length, *c)
		}
	}
	if size > length && !c.fragmented {
		b = appendInt(append(b, "UDP, bad length "...), size)
		return appendInt(append(b, " > "...), length)
	}
	return appendInt(append(b, "UDP, length "...), size)
}

// udpChecksum prints the verdict on the checksum of a datagram with length bytes of payload.
func (p *Line) udpChecksum(b []byte, u dissect.UDP, length int, c *ipContext) []byte {
	if !c.v6() && u.Checksum() == 0 {
		if c.fragmented {
			return b
		}
		return append(b, "[no cksum] "...)
	}
	n := dissect.UDPHeaderLen + length
	if c.fragmented || len(u) < n {
		return b
	}
	r := residue(c.pseudoHeader(dissect.ProtoUDP, n).Add(u[:n]))
	if r == 0 {
		return append(b, "[udp sum ok] "...)
	}
	b = p.on(b, RoleError)
	b = appendHexNumber(append(b, "[bad udp cksum "...), uint64(u.Checksum()), 4)
	b = appendHexNumber(append(b, " -> "...), uint64(rightChecksum(u.Checksum(), r)), 4)
	return append(p.off(append(b, "!]"...), RoleError), ' ')
}
