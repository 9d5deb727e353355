package format

import (
	"smoltcp/dissect"
)

// greFlagNames name the flags of both versions of GRE.
var greFlagNames = []bitName{
	{0x8000, "checksum present"}, {0x4000, "routing present"}, {0x2000, "key present"}, {0x1000, "sequence# present"},
	{0x0800, "source routing present"}, {0x0080, "ack present"},
}

// gre prints Generic Routing Encapsulation (RFC 2784, RFC 2890, RFC 1701), and the version of it that PPTP uses.
func (p *Line) gre(b, d []byte, length int) []byte {
	if len(d) < 2 {
		return p.trunc(b, "gre")
	}
	flags := be16(d, 0)
	b = appendInt(p.proto(b, "GREv"), int(flags&7))
	switch flags & 7 {
	case 0:
		return p.gre0(b, d, length, flags)
	case 1:
		return p.gre1(b, d, length, flags)
	}
	return append(b, " ERROR: unknown-version"...)
}

// greFlags prints the flags with -v.
func (p *Line) greFlags(b []byte, flags uint16) []byte {
	if p.opts.Verbose == 0 {
		return b
	}
	b = appendBits(append(b, ", Flags ["...), greFlagNames, uint32(flags), ", ", "none")
	return append(b, ']')
}

// greWord takes a number of 32 bits that a flag announces and prints it behind name. It reports false if it was not captured.
func greWord(b, d []byte, name string, hex bool) (_, rest []byte, ok bool) {
	if len(d) < 4 {
		return b, nil, false
	}
	b = append(b, name...)
	if hex {
		b = appendHex(b, uint64(be32(d, 0)), 1)
	} else {
		b = appendDecimal(b, uint64(be32(d, 0)))
	}
	return b, d[4:], true
}

// greProto prints what stands between the header and the packet inside: its type with -e, and the length of all.
func (p *Line) greProto(b []byte, t dissect.EtherType, length int) []byte {
	if p.opts.LinkHeader {
		b = append(b, ", proto "...)
		b = appendNamed(b, etherTypeName(t), "unknown", uint64(t), 4)
	}
	return appendInt(append(b, ", length "...), length)
}

// greInner separates the packet inside from its header.
func (p *Line) greInner(b []byte) []byte {
	if p.opts.Verbose == 0 {
		return append(b, ": "...)
	}
	return append(b, "\n\t"...)
}

// gre0 prints the version that carries packets of any kind.
func (p *Line) gre0(b, d []byte, length int, flags uint16) []byte {
	b = p.greFlags(b, flags)
	if len(d) < 4 {
		return p.trunc(b, "gre")
	}
	whole, t, ok := len(d), dissect.EtherType(be16(d, 2)), true
	d = d[4:]
	if flags&0xc000 != 0 {
		if p.opts.Verbose > 0 {
			if len(d) < 2 {
				return p.trunc(b, "gre")
			}
			b = appendHex(append(b, ", sum 0x"...), uint64(be16(d, 0)), 1)
		}
		if len(d) < 4 {
			return p.trunc(b, "gre")
		}
		b = appendHex(append(b, ", off 0x"...), uint64(be16(d, 2)), 1)
		d = d[4:]
	}
	if flags&0x2000 != 0 {
		if b, d, ok = greWord(b, d, ", key=0x", true); !ok {
			return p.trunc(b, "gre")
		}
	}
	if flags&0x1000 != 0 {
		if b, d, ok = greWord(b, d, ", seq ", false); !ok {
			return p.trunc(b, "gre")
		}
	}
	if flags&0x4000 != 0 {
		if b, d, ok = p.greRoutes(b, d); !ok {
			return p.trunc(b, "gre")
		}
	}
	b = p.greInner(p.greProto(b, t, length))
	length -= whole - len(d)
	b, ok = p.enter(b)
	if !ok {
		return b
	}
	switch t {
	case dissect.EtherTypeIPv4:
		b = p.ipv4(b, d, length)
	case dissect.EtherTypeIPv6:
		b = p.ipv6(b, d, length)
	case dissect.EtherTypeMPLS:
		b = p.mpls(b, d, length)
	case etherTypeGREOSI:
		b = p.iso(b, d, length)
	case etherTypeTEB:
		b, _ = p.ethernet(b, d, length)
	default:
		b = appendHex(append(b, "gre-proto-0x"...), uint64(t), 1)
	}
	p.leave()
	return b
}

const (
	etherTypeGREOSI = 0x00fe
	etherTypeTEB    = 0x6558
	etherTypePPP    = 0x880b

	etherTypePPPoEDiscovery = 0x8863
)

// greRoutes prints the source route entries (RFC 1701) and gives what stands behind them. It reports false if the last
// of them was not captured.
func (p *Line) greRoutes(b, d []byte) (_, rest []byte, ok bool) {
	for len(d) >= 4 {
		family, off, n := be16(d, 0), int(d[2]), int(d[3])
		d = d[4:]
		if family == 0 && n == 0 {
			return b, d, true
		}
		if b, ok = p.greRoute(b, d, family, off, n); !ok {
			break
		}
		d = from(d, n)
	}
	return b, nil, false
}

// greRoute prints one source route entry, n bytes of which the one at off is next. It reports false if it was not captured.
func (p *Line) greRoute(b, d []byte, family uint16, off, n int) ([]byte, bool) {
	size := 4
	switch family {
	case 0x0800:
		b = append(b, ", (rtaf=ip"...)
	case 0xfffe:
		b, size = append(b, ", (rtaf=asn"...), 2
	default:
		b = append(appendHex(append(b, ", (rtaf=0x"...), uint64(family), 1), ')')
		return b, len(d) >= n
	}
	switch {
	case off%size != 0:
		b = appendInt(append(b, ", badoffset="...), off)
	case n%size != 0:
		b = appendInt(append(b, ", badlength="...), n)
	case off >= n:
		b = appendInt(append(b, ", badoff/len="...), off)
		b = appendInt(append(b, '/'), n)
	default:
		for at := 0; at < n; at += size {
			if len(d) < at+size {
				return append(b, ')'), false
			}
			b = append(b, ' ')
			if at == off {
				b = append(b, '*')
			}
			if size == 4 {
				b = p.addr4(b, d[at:])
			} else {
				b = appendHex(b, uint64(be16(d, at)), 1)
			}
		}
	}
	return append(b, ')'), len(d) >= n
}

// gre1 prints the version of PPTP (RFC 2637 section 4.1), which carries PPP and acknowledges it.
func (p *Line) gre1(b, d []byte, length int, flags uint16) []byte {
	b = p.greFlags(b, flags)
	if len(d) < 4 {
		return p.trunc(b, "gre")
	}
	whole, t, ok := len(d), dissect.EtherType(be16(d, 2)), true
	d = d[4:]
	if flags&0x2000 != 0 {
		if len(d) < 4 {
			return p.trunc(b, "gre")
		}
		b = appendInt(append(b, ", call "...), int(be16(d, 2)))
		d = d[4:]
	}
	if flags&0x1000 != 0 {
		if b, d, ok = greWord(b, d, ", seq ", false); !ok {
			return p.trunc(b, "gre")
		}
	}
	if flags&0x0080 != 0 {
		if b, d, ok = greWord(b, d, ", ack ", false); !ok {
			return p.trunc(b, "gre")
		}
	}
	if flags&0x1000 == 0 {
		return p.greProto(append(b, ", no-payload"...), t, length)
	}
	b = p.greInner(p.greProto(b, t, length))
	if t != etherTypePPP {
		return appendHex(append(b, "gre-proto-0x"...), uint64(t), 1)
	}
	if b, ok = p.enter(b); !ok {
		return b
	}
	b = p.ppp(b, d, length-(whole-len(d)))
	p.leave()
	return b
}
