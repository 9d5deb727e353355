package format

import "smoltcp/dissect"

// vrrp prints a VRRP message (RFC 3768, RFC 5798). c is the IP packet around it.
func (p *Line) vrrp(b, d []byte, length int, c *ipContext) []byte {
	b = p.proto(b, "VRRP")
	if len(d) < 1 {
		return p.stop(b, "vrrp")
	}
	version, kind := d[0]>>4, d[0]&15
	b = appendInt(append(b, 'v'), int(version))
	if kind == dissect.VRRPAdvertisement {
		b = append(b, ", Advertisement"...)
	} else {
		b = append(appendInt(append(b, ", unknown type ("...), int(kind)), ')')
	}
	if ttl := c.ttl(); ttl != 255 {
		b = append(appendInt(append(b, ", (ttl "...), int(ttl)), ')')
	}
	if version < 2 || version > 3 || kind != dissect.VRRPAdvertisement {
		return b
	}
	if len(d) < 3 {
		return p.stop(b, "vrrp")
	}
	b = appendInt(append(b, ", vrid "...), int(d[1]))
	b = appendInt(append(b, ", prio "...), int(d[2]))
	if version == 2 {
		if len(d) < 5 {
			return p.stop(b, "vrrp")
		}
		switch d[4] {
		case dissect.VRRPAuthNone:
			b = append(b, ", authtype none"...)
		case dissect.VRRPAuthSimple:
			b = append(b, ", authtype simple"...)
		case dissect.VRRPAuthHeader:
			b = append(b, ", authtype ah"...)
		default:
			b = appendInt(append(b, ", authtype #"...), int(d[4]))
		}
	}
	if len(d) < 6 {
		return p.stop(b, "vrrp")
	}
	if version == 2 {
		b = append(appendInt(append(b, ", intvl "...), int(d[5])), 's')
	} else {
		b = append(appendInt(append(b, ", intvl "...), int(be16(d, 4)&0xfff)), "cs"...)
	}
	b = appendInt(append(b, ", length "...), length)
	if p.opts.Verbose == 0 {
		return b
	}
	if len(d) >= length {
		sum := dissect.Sum(0)
		if version == 3 {
			sum = c.pseudoHeader(dissect.ProtoVRRP, length)
		}
		if residue(sum.Add(d[:length])) != 0 {
			if len(d) < 8 {
				return p.stop(b, "vrrp")
			}
			b = p.on(b, RoleError)
			b = appendHex(append(b, ", (bad vrrp cksum "...), uint64(be16(d, 6)), 1)
			b = p.off(append(b, ')'), RoleError)
		}
	}
	return p.vrrpAddrs(b, d, version, c)
}

// vrrpAddrs prints the addresses of the virtual router, and the password behind them (RFC 2338 section 5.3.10).
func (p *Line) vrrpAddrs(b, d []byte, version uint8, c *ipContext) []byte {
	b = append(b, ", addrs"...)
	if d[3] > 1 {
		b = append(appendInt(append(b, '('), int(d[3])), ')')
	}
	b = append(b, ':')
	sep, at := byte(' '), 8
	for range d[3] {
		if c.v6() {
			if len(d) < at+16 {
				return p.stop(b, "vrrp")
			}
			b = p.addr6(append(b, sep), d[at:])
			at += 16
		} else {
			if len(d) < at+4 {
				return p.stop(b, "vrrp")
			}
			b = p.addr4(append(b, sep), d[at:])
			at += 4
		}
		sep = ','
	}
	if version != 2 || d[4] != dissect.VRRPAuthSimple {
		return b
	}
	b = append(b, ` auth "`...)
	for i := range dissect.VRRPAuthLen {
		if at+i >= len(d) {
			return p.stop(b, "vrrp")
		}
		if d[at+i] == 0 {
			break
		}
		b = appendVisible(b, d[at+i])
	}
	return append(b, '"')
}
