package format

import "smoltcp/dissect"

// carp prints a message of the Common Address Redundancy Protocol, which has VRRP's number: only -T tells them apart.
func (p *Line) carp(b, d []byte, length int, c ipContext) []byte {
	if len(d) < 1 {
		return p.trunc(b, "carp")
	}
	version, kind := d[0]>>4, d[0]&15
	b = append(appendInt(append(b, "CARPv"...), int(version)), '-')
	if kind == 1 {
		b = append(b, "advertise"...)
	} else {
		b = append(b, "unknown"...)
	}
	b = append(appendInt(append(b, ' '), length), ": "...)
	if ttl := c.ttl(); ttl != 255 {
		b = append(appendInt(append(b, "[ttl="...), int(ttl)), "!] "...)
	}
	if version != 2 || kind != 1 {
		return b
	}
	if len(d) < 6 {
		return p.trunc(b, "carp")
	}
	b = appendInt(append(b, "vhid="...), int(d[1]))
	b = appendInt(append(b, " advbase="...), int(d[5]))
	b = appendInt(append(b, " advskew="...), int(d[2]))
	b = append(appendInt(append(b, " authlen="...), int(d[3])), ' ')
	if p.opts.Verbose > 0 && len(d) >= 8 && len(d) >= length && dissect.Sum(0).Add(d[:length]).Checksum() != 0 {
		b = p.on(b, RoleError)
		b = appendHex(append(b, " (bad carp cksum "...), uint64(be16(d, 6)), 1)
		b = p.off(append(b, "!)"...), RoleError)
	}
	if len(d) < 16 {
		return p.trunc(b, "carp")
	}
	return appendDecimal(append(b, "counter="...), uint64(be32(d, 8))<<32|uint64(be32(d, 12)))
}
