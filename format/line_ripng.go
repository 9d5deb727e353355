package format

// Commands, and the lengths of the header and of an entry, of RIPng (RFC 2080 section 2.1).
const (
	ripngRequest   = 1
	ripngResponse  = 2
	ripngHeaderLen = 4
	ripngEntryLen  = 20
	ripngInfinity  = 16
)

// ripng prints a RIPng message.
func (p *Line) ripng(b, d []byte, length int, _ ipContext) []byte {
	if len(d) < 2 {
		return p.stop(b, "ripng")
	}
	if version := d[1]; version != 1 {
		return p.invalid(append(appendInt(append(b, " [vers "...), int(version)), ']'))
	}
	if length < ripngHeaderLen {
		return p.invalid(b)
	}
	count, extra := (length-ripngHeaderLen)/ripngEntryLen, (length-ripngHeaderLen)%ripngEntryLen != 0
	entries := from(d, ripngHeaderLen)
	switch command := d[0]; command {
	case ripngRequest:
		if count == 1 {
			switch {
			case len(entries) < ripngEntryLen:
				return p.stop(b, "ripng")
			case entries[19] == ripngInfinity && isZero(entries[:16]):
				return append(b, " ripng-req dump"...)
			}
		}
		b = append(b, " ripng-req "...)
	case ripngResponse:
		b = append(b, " ripng-resp "...)
	default:
		b = appendInt(append(b, " ripng-"...), int(command))
		return p.invalid(appendInt(append(b, " ?? "...), length))
	}
	b = appendInt(b, count)
	if extra {
		b = append(appendInt(append(b, '['), length), ']')
	}
	b = append(b, ':')
	for range count {
		if p.opts.Verbose > 1 {
			b = append(b, "\n\t"...)
		} else {
			b = append(b, ' ')
		}
		if b = p.ripngEntry(b, entries, d[0] == ripngResponse); p.stopped {
			return b
		}
		entries = entries[ripngEntryLen:]
	}
	if extra {
		return p.invalid(b)
	}
	return b
}

// ripngEntry prints the route at d, with its metric if that is wanted.
func (p *Line) ripngEntry(b, d []byte, metric bool) []byte {
	if len(d) < 19 {
		return p.stop(b, "ripng")
	}
	b = appendInt(append(p.addr6(b, d), '/'), int(d[18]))
	if tag := be16(d, 16); tag != 0 {
		b = append(appendInt(append(b, " ["...), int(tag)), ']')
	}
	if len(d) < ripngEntryLen {
		return p.stop(b, "ripng")
	}
	if metric && d[19] != 0 {
		b = append(appendInt(append(b, " ("...), int(d[19])), ')')
	}
	return b
}

// isZero reports whether all of d is zero.
func isZero(d []byte) bool {
	for _, c := range d {
		if c != 0 {
			return false
		}
	}
	return true
}
