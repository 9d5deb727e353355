package format

// pim1 prints a message of PIM version 1, which is inside an IGMP one and was never a standard.
func (p *Line) pim1(b, d []byte, length int) []byte {
	if len(d) < 2 {
		return p.stop(b, "pimv1")
	}
	if kind := d[1]; int(kind) < len(pim1Names) {
		b = append(append(b, ' '), pim1Names[kind]...)
	} else {
		b = append(appendInt(append(b, " [type "...), int(kind)), ']')
	}
	body, verbose := from(d, 8), p.opts.Verbose > 0
	switch d[1] {
	case 0:
		b = p.pim1Query(b, body)
	case 1:
		if len(body) < 20 {
			return p.trunc(b, "pimv1")
		}
		b = p.addr4(append(b, " for "...), body[12:])
		b = p.addr4(append(b, " > "...), body[16:])
	case 2:
		if len(body) < 8 {
			return p.stop(b, "pimv1")
		}
		b = p.addr4(append(b, " for "...), body)
		b = p.addr4(append(b, " > "...), body[4:])
	case 3, 6, 7:
		if verbose {
			if length < 8 {
				return p.trunc(b, "pimv1")
			}
			b = p.pim1Join(b, body, length-8)
		}
	case 4:
		if verbose {
			b = p.pim1Reachable(b, body)
		}
	case 5:
		b = p.pim1Assert(b, body)
	}
	if p.stopped {
		return b
	}
	if len(d) < 5 {
		return p.stop(b, "pimv1")
	}
	if v := d[4] >> 4; v != 1 {
		b = append(appendInt(append(b, " [v"...), int(v)), ']')
	}
	return b
}

var pim1Names = [...]string{"Query", "Register", "Register-Stop", "Join/Prune", "RP-reachable", "Assert", "Graft", "Graft-ACK"}

func (p *Line) pim1Query(b, d []byte) []byte {
	if len(d) > 0 {
		switch mode := d[0] >> 4; mode {
		case 0:
			b = append(b, " Dense-mode"...)
		case 1:
			b = append(b, " Sparse-mode"...)
		case 2:
			b = append(b, " Sparse-Dense-mode"...)
		default:
			b = appendInt(append(b, " mode-"...), int(mode))
		}
	}
	if p.opts.Verbose == 0 {
		return b
	}
	b = append(b, " (Hold-time "...)
	if len(d) < 4 {
		return p.stop(b, "pimv1")
	}
	return append(appendInterval(b, uint32(be16(d, 2))), ')')
}

// pim1Mask prints a mask that is not all ones.
func (p *Line) pim1Mask(b, d []byte) []byte {
	if be32(d, 0) == 0xffffffff {
		return b
	}
	return p.addr4(append(b, '/'), d)
}

func (p *Line) pim1Reachable(b, d []byte) []byte {
	if len(d) < 4 {
		return p.stop(b, "pimv1")
	}
	b = p.addr4(append(b, " group "...), d)
	if len(d) < 8 {
		return p.stop(b, "pimv1")
	}
	b = p.pim1Mask(b, d[4:])
	if len(d) < 12 {
		return p.stop(b, "pimv1")
	}
	b = append(p.addr4(append(b, " RP "...), d[8:]), " hold "...)
	if len(d) < 16 {
		return p.stop(b, "pimv1")
	}
	return appendInterval(b, uint32(be16(d, 14)))
}

func (p *Line) pim1Assert(b, d []byte) []byte {
	if len(d) < 12 {
		return p.stop(b, "pimv1")
	}
	b = p.addr4(append(b, " for "...), d[8:])
	b = p.pim1Mask(p.addr4(append(b, " > "...), d), d[4:])
	if len(d) < 20 {
		return p.stop(b, "pimv1")
	}
	pref := be32(d, 12)
	if pref>>31 != 0 {
		b = append(b, " RP-tree"...)
	} else {
		b = append(b, " SPT"...)
	}
	b = appendDecimal(append(b, " pref "...), uint64(pref&0x7fffffff))
	return appendDecimal(append(b, " metric "...), uint64(be32(d, 16)))
}

// pim1Join prints a Join/Prune message or one of its relatives: its first two fields, and with -vv its groups. One
// about a single source gets one line.
func (p *Line) pim1Join(b, d []byte, length int) []byte {
	all := p.opts.Verbose > 1
	if len(d) >= 30 && d[11] == 1 && int(be16(d, 20))+int(be16(d, 22)) == 1 {
		return p.pim1Single(b, d)
	}
	if length < 4 {
		return p.trunc(b, "pimv1")
	}
	if all {
		b = append(b, '\n')
	}
	if len(d) < 4 {
		return p.stop(b, "pimv1")
	}
	b = p.addr4(append(b, " Upstream Nbr: "...), d)
	if length < 8 {
		return p.trunc(b, "pimv1")
	}
	if all {
		b = append(b, '\n')
	}
	b = append(b, " Hold time: "...)
	if len(d) < 8 {
		return p.stop(b, "pimv1")
	}
	b = appendInterval(b, uint32(be16(d, 6)))
	if !all {
		return b
	}
	if length < 12 {
		return p.trunc(b, "pimv1")
	}
	if len(d) < 12 {
		return p.stop(b, "pimv1")
	}
	groups := d[11]
	for d, length = d[12:], length-12; groups > 0; groups-- {
		if length < 4 {
			return p.trunc(b, "pimv1")
		}
		if len(d) < 4 {
			return p.stop(b, "pimv1")
		}
		b = p.addr4(append(b, "\n\tGroup: "...), d)
		if length < 8 {
			return p.trunc(b, "pimv1")
		}
		if len(d) < 8 {
			return p.stop(b, "pimv1")
		}
		b = p.pim1Mask(b, d[4:])
		if length < 12 {
			return p.trunc(b, "pimv1")
		}
		if len(d) < 12 {
			return p.stop(b, "pimv1")
		}
		joined, pruned := int(be16(d, 8)), int(be16(d, 10))
		b = appendInt(append(b, " joined: "...), joined)
		b = appendInt(append(b, " pruned: "...), pruned)
		for i, d2, left := 0, d[12:], length-12; ; i++ {
			if i == joined+pruned {
				d, length = d2, left
				break
			}
			if left < 6 {
				return p.trunc(b, "pimv1")
			}
			if len(d2) < 6 {
				return p.stop(b, "pimv1")
			}
			if i < joined {
				b = append(b, "\n\tJoin "...)
			} else {
				b = append(b, "\n\tPrune"...)
			}
			b = append(p.pim1SourceFlags(b, d2), ' ')
			b = p.pim1Source(b, d2)
			d2, left = d2[6:], left-6
		}
	}
	return b
}

// pim1Single prints a message about one source of one group in one line.
func (p *Line) pim1Single(b, d []byte) []byte {
	b = append(p.addr4(append(b, " RPF "...), d), " Hold "...)
	b = appendInterval(b, uint32(be16(d, 6)))
	if be16(d, 20) != 0 {
		b = append(b, "Join"...)
	} else {
		b = append(b, "Prune"...)
	}
	b = append(p.pim1Source(append(b, " ("...), d[24:]), ", "...)
	b = append(p.pim1Mask(p.addr4(b, d[12:]), d[16:]), ')')
	return p.pim1SourceFlags(b, d[24:])
}

// pim1SourceFlags and pim1Source print the two halves of a source.
func (p *Line) pim1SourceFlags(b, d []byte) []byte {
	if d[0]&1 != 0 {
		b = append(b, " Sparse"...)
	} else {
		b = append(b, " Dense"...)
	}
	if d[1]&0x80 != 0 {
		b = append(b, " WC"...)
	}
	if d[1]&0x40 != 0 {
		return append(b, " RP"...)
	}
	return append(b, " SPT"...)
}

func (p *Line) pim1Source(b, d []byte) []byte {
	return appendInt(append(p.addr4(b, d[2:]), '/'), int(d[1]&0x3f))
}
