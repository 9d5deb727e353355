package format

import "smoltcp/dissect"

const protoIPComp dissect.IPProto = 108 // RFC 3173

// esp prints the header of Encapsulating Security Payload (RFC 4303 section 2). What follows is encrypted.
func (p *Line) esp(b, d []byte, length int) []byte {
	if len(d) <= 8 {
		return p.trunc(b, "esp")
	}
	b = appendHexNumber(append(p.proto(b, "ESP"), "(spi="...), uint64(be32(d, 0)), 8)
	b = appendHex(append(b, ",seq=0x"...), uint64(be32(d, 4)), 1)
	return appendInt(append(b, "), length "...), length)
}

// ah prints an Authentication Header (RFC 4302 section 2) and what it protects.
func (p *Line) ah(b, d []byte, length int, c *ipContext) []byte {
	if len(d) < 1 {
		return p.trunc(b, "ah")
	}
	b = p.proto(b, "AH")
	if len(d) < 2 {
		return p.stop(b, "ah")
	}
	words := int(d[1])
	size := 4 * (words + 2)
	b = append(b, '(')
	if p.opts.Verbose > 0 {
		b = appendInt(append(b, "length="...), words)
		b = append(appendInt(append(b, '('), size), "-bytes),"...)
	}
	if len(d) < 4 {
		return p.stop(b, "ah")
	}
	if r := be16(d, 2); r != 0 {
		b = append(appendHex(append(b, "reserved=0x"...), uint64(r), 1), "[MustBeZero],"...)
	}
	if len(d) < 8 {
		return p.stop(b, "ah")
	}
	b = append(appendHexNumber(append(b, "spi="...), uint64(be32(d, 4)), 8), ',')
	if len(d) < 12 {
		return p.stop(b, "ah")
	}
	b = append(appendHex(append(b, "seq=0x"...), uint64(be32(d, 8)), 1), ',')
	b = append(b, "icv=0x"...)
	if size > 12 {
		b = appendHexBytes(b, clip(d[12:], size-12))
	}
	if len(d) < size {
		return p.stop(b, "ah")
	}
	b = append(b, "): "...)
	b, ok := p.enter(b)
	if !ok {
		return b
	}
	b = p.byIPProto(b, dissect.IPProto(d[0]), d[size:], length-size, c)
	p.leave()
	return b
}

// ipcomp prints the header of IP Payload Compression (RFC 3173 section 3).
func (p *Line) ipcomp(b, d []byte) []byte {
	if len(d) < 4 {
		return p.stop(b, "ipcomp")
	}
	b = append(p.proto(b, "IPComp"), '(')
	return append(appendHexNumber(append(b, "cpi="...), uint64(be16(d, 2)), 4), ')')
}
