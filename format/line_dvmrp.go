package format

// dvmrp prints a DVMRP message, which is inside an IGMP one (RFC 1075, and what mrouted made of it).
func (p *Line) dvmrp(b, d []byte, length int) []byte {
	if len(d) < 2 {
		return p.stop(b, "dvmrp")
	}
	body, left := from(d, 8), length-8
	switch d[1] {
	case 1:
		b = append(b, " Probe"...)
		if p.opts.Verbose > 0 {
			b = p.dvmrpProbe(b, body, left)
		}
	case 2:
		b = append(b, " Report"...)
		if p.opts.Verbose > 1 {
			b = p.dvmrpReport(b, body, left)
		}
	case 3:
		b = append(b, " Ask-neighbors(old)"...)
	case 4:
		b = p.dvmrpNeighbors(append(b, " Neighbors(old)"...), body, left)
	case 5:
		b = append(b, " Ask-neighbors2"...)
	case 6:
		b = append(b, " Neighbors2"...)
		if len(d) < 8 {
			return p.stop(b, "dvmrp")
		}
		b = append(appendInt(append(b, " (v "...), int(d[7])), '.')
		b = append(appendInt(b, int(d[6])), "):"...)
		b = p.dvmrpNeighbors2(b, body, left)
	case 7:
		if b = p.dvmrpPair(append(b, " Prune"...), body); p.stopped {
			return b
		}
		b = append(b, " timer "...)
		if len(body) < 12 {
			return p.stop(b, "dvmrp")
		}
		b = appendInterval(b, be32(body, 8))
	case 8:
		b = p.dvmrpPair(append(b, " Graft"...), body)
	case 9:
		b = p.dvmrpPair(append(b, " Graft-ACK"...), body)
	default:
		b = append(appendInt(append(b, " [type "...), int(d[1])), ']')
	}
	return b
}

// dvmrpPair prints the source and the group of a prune or graft.
func (p *Line) dvmrpPair(b, d []byte) []byte {
	if len(d) < 8 {
		return p.stop(b, "dvmrp")
	}
	b = p.addr4(append(b, " src "...), d)
	return p.addr4(append(b, " grp "...), d[4:])
}

// lengthBelow says that fewer bytes are left than should be.
func (p *Line) lengthBelow(b []byte, what string, n, least int) []byte {
	b = appendInt(append(append(b, what...), ' '), n)
	b = append(appendInt(append(b, " < "...), least), ']')
	return p.invalid(b)
}

func (p *Line) dvmrpProbe(b, d []byte, left int) []byte {
	if left < 4 {
		return p.lengthBelow(b, " [full length", left, 4)
	}
	if p.opts.Verbose > 1 {
		b = append(b, "\n\t"...)
	} else {
		b = append(b, ' ')
	}
	if len(d) < 4 {
		return p.stop(b, "dvmrp")
	}
	b = appendDecimal(append(b, "genid "...), uint64(be32(d, 0)))
	if p.opts.Verbose < 2 {
		return b
	}
	for d, left = d[4:], left-4; left > 0; d, left = d[4:], left-4 {
		if left < 4 {
			return p.lengthBelow(b, "[remaining length", left, 4)
		}
		if len(d) < 4 {
			return p.stop(b, "dvmrp")
		}
		b = p.addr4(append(b, "\n\tneighbor "...), d)
	}
	return b
}

// dvmrpReport prints routes: a mask without its first byte, which is 255, then the networks that it fits, of which only the
// bytes that the mask covers are sent.
func (p *Line) dvmrpReport(b, d []byte, left int) []byte {
	for left > 0 {
		if left < 3 {
			return p.lengthBelow(b, " [length", left, 3)
		}
		if len(d) < 3 {
			return p.stop(b, "dvmrp")
		}
		mask, size := [4]byte{255, d[0], d[1], d[2]}, 1
		for i, c := range mask {
			if c != 0 {
				size = i + 1
			}
		}
		b = p.addr4(append(b, "\n\tMask "...), mask[:])
		d, left = d[3:], left-3
		for last := false; !last; {
			if left < size+1 {
				return p.invalid(append(b, "\n\t  [Truncated Report]"...))
			}
			if len(d) < size+1 {
				return p.stop(b, "dvmrp")
			}
			var network [4]byte
			copy(network[:], d[:size])
			b = p.addr4(append(b, "\n\t  "...), network[:])
			b = appendInt(append(b, " metric "...), int(d[size]&0x7f))
			last = d[size]&0x80 != 0
			d, left = d[size+1:], left-size-1
		}
	}
	return b
}

// dvmrpNeighbors prints the neighbors behind each interface of a router.
func (p *Line) dvmrpNeighbors(b, d []byte, left int) []byte {
	for left > 0 {
		if left < 7 {
			return p.lengthBelow(b, " [length", left, 7)
		}
		if len(d) < 7 {
			return p.stop(b, "dvmrp")
		}
		own := d
		d, left = d[7:], left-7
		for n := own[6]; n > 0; n-- {
			if left < 4 {
				return p.lengthBelow(b, " [length", left, 4)
			}
			b = append(p.addr4(append(b, " ["...), own), " ->"...)
			if len(d) < 4 {
				return p.stop(b, "dvmrp")
			}
			b = append(p.addr4(append(b, ' '), d), ", ("...)
			b = appendInt(append(appendInt(b, int(own[4])), '/'), int(own[5]))
			b = append(b, ")]"...)
			d, left = d[4:], left-4
		}
	}
	return b
}

var dvmrpFlags = []bitName{{0x01, "/tunnel"}, {0x02, "/srcrt"}, {0x40, "/querier"}, {0x20, "/disabled"}, {0x10, "/down"}}

// dvmrpNeighbors2 is dvmrpNeighbors for the form that has flags.
func (p *Line) dvmrpNeighbors2(b, d []byte, left int) []byte {
	for left > 0 {
		if left < 8 {
			return p.lengthBelow(b, " [length", left, 8)
		}
		if len(d) < 8 {
			return p.stop(b, "dvmrp")
		}
		own := d
		d, left = d[8:], left-8
		for n := own[7]; n > 0; n-- {
			if left < 1 {
				return p.invalid(append(b, " [invalid ncount]"...))
			}
			if left < 4 {
				return p.lengthBelow(b, " [length", left, 4)
			}
			b = append(p.addr4(append(b, " ["...), own), " -> "...)
			if len(d) < 4 {
				return p.stop(b, "dvmrp")
			}
			b = appendInt(append(p.addr4(b, d), " ("...), int(own[4]))
			b = appendInt(append(b, '/'), int(own[5]))
			b = append(appendBits(b, dvmrpFlags, uint32(own[6]), "", ""), ")]"...)
			d, left = d[4:], left-4
		}
	}
	return b
}
