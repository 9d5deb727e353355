package format

// The messages of this file are rare ones: node information queries (RFC 4620) and router renumbering (RFC 2894).

const nodeInfoLen = 16

// Queries of node information (RFC 4620 section 8).
const (
	niNoop      = 0
	niTypes     = 1
	niName      = 2
	niAddresses = 3
)

// niAddressFlags are those of queries for addresses; answers have one more, for an incomplete one.
var niAddressFlags = []bitName{{0x40, "a"}, {0x20, "G"}, {0x10, "S"}, {0x08, "L"}, {0x04, "C"}, {0x02, "A"}}

var niTypesFlags = []bitName{{0x01, "C"}}

var niReplyFlags = append(niAddressFlags[:len(niAddressFlags):len(niAddressFlags)], bitName{0x01, "T"})

func appendNIType(b []byte, t uint16) []byte {
	name := "unknown"
	switch t {
	case niNoop:
		name = "noop"
	case niTypes:
		name = "supported qtypes"
	case niName:
		name = "DNS name"
	case niAddresses:
		name = "node addresses"
	}
	return append(b, name...)
}

// nodeInfoQuery prints a query.
func (m *icmp6Message) nodeInfoQuery(b []byte) ([]byte, bool) {
	p, d := m.p, clip(m.d, m.length)
	if len(d) == 12 { // an older message of the same type
		return append(b, " who-are-you request"...), true
	}
	b = append(b, " node information query"...)
	if len(d) < nodeInfoLen {
		return m.p.trunc(b, "icmp6"), true
	}
	t, flags := be16(d, 4), uint32(be16(d, 6))
	b = appendNIType(append(b, " ("...), t)
	switch {
	case t == niTypes && flags != 0:
		b = append(appendBits(append(b, " ["...), niTypesFlags, flags, "", ""), ']')
	case t == niAddresses && flags != 0:
		b = append(appendBits(append(b, " ["...), niAddressFlags, flags, "", ""), ']')
	}
	if t == niNoop || t == niTypes {
		if len(d) != nodeInfoLen && p.opts.Verbose > 0 {
			b = append(b, ", invalid len"...)
		}
		return append(b, ')'), true
	}
	subject := d[nodeInfoLen:]
	switch {
	case len(subject) == 0:
		b = append(b, ", 03 draft"...)
	case d[1] == 0:
		switch {
		case len(subject) == 16:
			b = p.addr6(append(b, ", subject="...), subject)
		case len(subject) > 16 && p.opts.Verbose > 0:
			b = append(b, ", invalid subject len"...)
		}
	case d[1] == 1:
		b = append(b, ", subject=DNS name"...)
		b = p.niDomain(b, subject)
	case d[1] == 2:
		switch {
		case len(subject) == 4:
			b = p.addr4(append(b, ", subject="...), subject)
		case len(subject) > 4 && p.opts.Verbose > 0:
			b = append(b, ", invalid subject len"...)
		}
	default:
		b = append(b, ", unknown subject"...)
	}
	return append(b, ')'), true
}

// niDomain prints a name that is one string behind its length, or made of labels.
func (p *Line) niDomain(b, d []byte) []byte {
	if len(d) > 0 && int(d[0]) == len(d)-1 {
		if p.opts.Verbose > 0 {
			b = append(b, ", 03 draft"...)
		}
		b = append(b, `, "`...)
		for _, c := range d[1:] {
			b = appendVisible(b, c)
		}
		return append(b, '"')
	}
	b = append(b, ", \""...)
	for len(d) > 0 {
		n := int(d[0])
		if d = d[1:]; n == 0 {
			switch {
			case len(d) == 0: // a name to the root
				b = append(b, '.')
			case len(d) > 1 || d[0] != 0: // not one that was cut, which two zeros end
				b = append(b, "???"...)
			}
			break
		}
		if n > len(d) {
			b = append(b, "???"...)
			break
		}
		b = appendVisibleText(b, d[:n])
		if d = d[n:]; len(d) > 1 && d[0] != 0 {
			b = append(b, '.')
		}
	}
	return append(b, '"')
}

// nodeInfoReply prints an answer.
func (m *icmp6Message) nodeInfoReply(b []byte) ([]byte, bool) {
	p := m.p
	if len(m.d) < m.length {
		return m.p.trunc(b, "icmp6"), true
	}
	d := clip(m.d, m.length)
	if len(d) < nodeInfoLen {
		return m.p.trunc(b, "icmp6"), true
	}
	b = append(b, " node information reply ("...)
	verbose := p.opts.Verbose > 0
	t, flags := be16(d, 4), uint32(be16(d, 6))
	switch d[1] {
	case 0:
		if verbose {
			b = append(b, "success, "...)
		}
	case 1, 2:
		b = append(b, [...]string{"refused", "unknown"}[d[1]-1]...)
		if len(d) != nodeInfoLen && verbose {
			b = append(b, ", invalid length"...)
		}
		return append(b, ')'), true
	default:
		return append(b, ')'), true
	}
	b = appendNIType(b, t)
	switch t {
	case niNoop:
		if len(d) != nodeInfoLen && verbose {
			b = append(b, ", invalid length"...)
		}
	case niTypes:
		if flags != 0 {
			b = append(appendBits(append(b, " ["...), niTypesFlags, flags, "", ""), ']')
		}
	case niName:
		if len(d) < nodeInfoLen+5 {
			return m.stop(b)
		}
		b = p.niDomain(b, d[nodeInfoLen+4:])
		if flags&1 != 0 {
			b = appendDecimal(append(b, " [TTL="...), uint64(be32(d, nodeInfoLen)))
			b = append(b, ']')
		}
	case niAddresses:
		for at := nodeInfoLen; at+20 <= len(d); at += 20 {
			b = append(p.addr6(append(b, ' '), d[at+4:]), '(')
			b = append(appendDecimal(b, uint64(be32(d, at))), ')')
		}
		if flags != 0 {
			b = append(appendBits(append(b, " ["...), niReplyFlags, flags, "", ""), ']')
		}
	}
	return append(b, ')'), true
}

// Lengths in router renumbering messages: the header, the match part and each use part.
const (
	renumberLen      = 16
	renumberMatchLen = 24
	renumberUseLen   = 32
)

// renumbering prints a router renumbering message (RFC 2894 section 3).
func (m *icmp6Message) renumbering(b []byte) ([]byte, bool) {
	p, d := m.p, m.d
	verbose := p.opts.Verbose > 0
	if len(d) < renumberLen {
		return m.p.trunc(b, "icmp6"), true
	}
	switch code := d[1]; code {
	case 0:
		b = append(b, ", command"...)
	case 1:
		b = append(b, ", result"...)
	case 255:
		b = append(b, ", sequence number reset"...)
	default:
		b = appendInt(append(b, ", code-#"...), int(code))
	}
	b = appendDecimal(append(b, ", seq="...), uint64(be32(d, 4)))
	if verbose {
		b = append(b, '[')
		if flags := uint32(d[9]); flags != 0 {
			b = append(appendBits(b, renumberFlags, flags, "", ""), ',')
		}
		b = appendInt(append(b, "seg="...), int(d[8]))
		b = appendInt(append(b, ",maxdelay="...), int(be16(d, 10)))
		if v := be32(d, 12); v != 0 {
			b = appendHexNumber(append(b, "rsvd="...), uint64(v), 1)
		}
		b = append(b, ']')
	}
	if d[1] != 0 {
		return b, true
	}
	d = d[renumberLen:]
	if len(d) < renumberMatchLen {
		return m.p.trunc(b, "icmp6"), true
	}
	b = append(m.p.renumberingPart(b), "match("...)
	switch d[0] {
	case 1:
		b = append(b, "add,"...)
	case 2:
		b = append(b, "change,"...)
	case 3:
		b = append(b, "setglobal,"...)
	default:
		b = append(appendInt(append(b, '#'), int(d[0])), ',')
	}
	if verbose {
		b = appendInt(append(b, "ord="...), int(d[2]))
		b = appendInt(append(b, ",min="...), int(d[4]))
		b = append(appendInt(append(b, ",max="...), int(d[5])), ',')
	}
	b = append(p.number6(b, d[8:]), '/')
	b = append(appendInt(b, int(d[3])), ')')
	n := int(d[1]) - 3
	if n < 0 || n%4 != 0 {
		return m.p.trunc(b, "icmp6"), true
	}
	d = d[renumberMatchLen:]
	for ; n > 0; n -= 4 {
		if len(d) < renumberUseLen {
			return m.p.trunc(b, "icmp6"), true
		}
		b = p.renumberingUse(b, d)
		d = d[renumberUseLen:]
	}
	return b, true
}

// renumberingPart begins a part of a command, on a line of its own if -v was given more than once.
func (p *Line) renumberingPart(b []byte) []byte {
	if p.opts.Verbose > 1 {
		return append(b, "\n\t"...)
	}
	return append(b, ' ')
}

var renumberFlags = []bitName{{0x80, "T"}, {0x40, "R"}, {0x20, "A"}, {0x10, "S"}, {0x08, "P"}}

// renumberingUse prints the prefix to use in place of the one that matches.
func (p *Line) renumberingUse(b, d []byte) []byte {
	b = append(p.renumberingPart(b), "use("...)
	if flags := d[12]; flags != 0 {
		if flags&0x80 != 0 {
			b = append(b, 'V')
		}
		if flags&0x40 != 0 {
			b = append(b, 'P')
		}
		b = append(b, ',')
	}
	if p.opts.Verbose > 0 {
		b = appendHexNumber(append(b, "mask="...), uint64(d[2]), 1)
		b = appendHexNumber(append(b, ",raflags="...), uint64(d[3]), 1)
		b = appendRenumberTime(append(b, ",vltime="...), be32(d, 4))
		b = append(appendRenumberTime(append(b, ",pltime="...), be32(d, 8)), ',')
	}
	b = append(p.number6(b, d[16:]), '/')
	b = append(appendInt(b, int(d[0])), '/')
	return append(appendInt(b, int(d[1])), ')')
}

func appendRenumberTime(b []byte, v uint32) []byte {
	if v == 0xffffffff {
		return append(b, "infty"...)
	}
	return appendDecimal(b, uint64(v))
}
