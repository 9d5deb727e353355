package format

// autoRP prints a message of Cisco's Auto-RP, which tells multicast routers of their rendezvous points.
func (p *Line) autoRP(b, d []byte, length int, _ ipContext) []byte {
	const header = 8
	if length < header {
		return p.trunc(b, "cisco_autorp")
	}
	b = append(b, " auto-rp "...)
	if len(d) < 1 {
		return p.stop(b, "cisco_autorp")
	}
	switch d[0] {
	case 0x11:
		b = append(b, "candidate-advert"...)
	case 0x12:
		b = append(b, "mapping"...)
	default:
		b = appendHexNumber(append(b, "type-"...), uint64(d[0]), 2)
	}
	if len(d) < 2 {
		return p.stop(b, "cisco_autorp")
	}
	points := d[1]
	b = append(b, " Hold "...)
	if len(d) < 4 {
		return p.stop(b, "cisco_autorp")
	}
	if hold := be16(d, 2); hold > 0 {
		b = appendInterval(b, uint32(hold))
	} else {
		b = append(b, "FOREVER"...)
	}
	d, length = from(d, header), length-header
	for ; points > 0 && !p.stopped; points-- {
		var n int
		var ok bool
		if b, n, ok = p.autoRPPoint(b, d, length); !ok {
			return b
		}
		d, length = from(d, n), length-n
	}
	return b
}

// autoRPPoint prints a rendezvous point and the groups it is for, and gives the bytes they take.
func (p *Line) autoRPPoint(b, d []byte, length int) (_ []byte, n int, ok bool) {
	const fixed, group = 6, 6
	lacks := func(n int) bool {
		switch {
		case length < n:
			b = p.trunc(b, "cisco_autorp")
		case len(d) < n:
			b = p.stop(b, "cisco_autorp")
		default:
			return false
		}
		return true
	}
	if lacks(4) {
		return b, 0, false
	}
	b = p.addr4(append(b, " RP "...), d)
	if lacks(5) {
		return b, 0, false
	}
	b = append(append(b, " PIMv"...), [...]string{"?", "1", "2", "1+2"}[d[4]&3]...)
	b = appendAutoRPRest(b, " ", d[4])
	if lacks(fixed) {
		return b, 0, false
	}
	n = fixed
	for i := range d[5] {
		if lacks(n + group) {
			return b, 0, false
		}
		e := d[n:]
		sep := byte(',')
		if i == 0 {
			sep = ' '
		}
		if b = append(b, sep); e[0]&1 != 0 {
			b = append(b, '!')
		}
		b = appendInt(append(p.addr4(b, e[2:]), '/'), int(e[1]))
		if e[0]&2 != 0 {
			b = append(b, " bidir"...)
		}
		b = appendAutoRPRest(b, "", e[0])
		n += group
	}
	return b, n, true
}

// appendAutoRPRest appends the bits of a byte that should be zero, if one is not.
func appendAutoRPRest(b []byte, sep string, v uint8) []byte {
	if v &^= 3; v == 0 {
		return b
	}
	return append(appendHexNumber(append(append(b, sep...), "[rsvd="...), uint64(v), 2), ']')
}
