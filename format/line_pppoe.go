package format

// pppoeTag is the name of a tag (RFC 2516 appendix A and others).
func pppoeTag(t uint16) string {
	switch t {
	case 0x0000:
		return "EOL"
	case 0x0101:
		return "Service-Name"
	case 0x0102:
		return "AC-Name"
	case 0x0103:
		return "Host-Uniq"
	case 0x0104:
		return "AC-Cookie"
	case 0x0105:
		return "Vendor-Specific"
	case 0x0110:
		return "Relay-Session-ID"
	case 0x0120:
		return "PPP-Max-Payload"
	case 0x0201:
		return "Service-Name-Error"
	case 0x0202:
		return "AC-System-Error"
	case 0x0203:
		return "Generic-Error"
	}
	return ""
}

// pppoe prints a PPPoE packet (RFC 2516), of discovery or of a session. PPP counts as payload.
func (p *Line) pppoe(b, d []byte, length int) []byte {
	if length < 6 {
		b = appendInt(append(b, " (length "...), length)
		return p.invalid(append(b, " < 6)"...))
	}
	length -= 6
	if len(d) < 6 {
		return p.stop(b, "pppoe")
	}
	code, session, n := d[1], be16(d, 2), int(be16(d, 4))
	if v := d[0] >> 4; v != 1 {
		b = append(appendInt(append(b, " [ver "...), int(v)), ']')
	}
	if t := d[0] & 15; t != 1 {
		b = append(appendInt(append(b, " [type "...), int(t)), ']')
	}
	b = append(p.proto(b, "PPPoE"), ' ')
	switch code {
	case 0:
	case 0x09:
		b = append(b, "PADI"...)
	case 0x07:
		b = append(b, "PADO"...)
	case 0x19:
		b = append(b, "PADR"...)
	case 0x65:
		b = append(b, "PADS"...)
	case 0xa7:
		b = append(b, "PADT"...)
	default:
		b = appendHex(append(b, "PAD-"...), uint64(code), 1)
	}
	if code == 0x09 && n > 1484 {
		b = append(appendInt(append(b, " [len "...), n), "!]"...)
	}
	if n > length {
		b = appendInt(append(b, " [len "...), n)
		b = append(appendInt(append(b, " > "...), length), "!]"...)
		n = length
	}
	if session != 0 {
		b = append(appendHex(append(b, " [ses 0x"...), uint64(session), 1), ']')
	}
	d = d[6:]
	if code != 0 {
		return p.pppoeTags(b, d, n)
	}
	return p.ppp(append(b, ' '), d, n)
}

// pppoeTags prints n bytes of tags, text in quotes and all else in hexadecimal.
func (p *Line) pppoeTags(b, d []byte, n int) []byte {
	for n > 0 {
		if len(d) < 4 {
			return p.stop(b, "pppoe")
		}
		t, size := be16(d, 0), int(be16(d, 2))
		d, n = d[4:], n-4
		if len(d) < size {
			return p.stop(b, "pppoe")
		}
		b = append(b, " ["...)
		if name := pppoeTag(t); name != "" {
			b = append(b, name...)
		} else {
			b = appendHex(append(b, "TAG-0x"...), uint64(t), 1)
		}
		if size > 0 {
			b = appendPPPoEValue(append(b, ' '), d[:size])
		}
		b = append(b, ']')
		if t == 0 {
			return b
		}
		d, n = d[size:], n-size
	}
	return b
}

// appendPPPoEValue appends the value of a tag.
func appendPPPoEValue(b, v []byte) []byte {
	text := 0
	for _, c := range v {
		if c >= ' ' && c < 0x7f {
			text++
		}
	}
	if 2*text <= len(v) {
		const digits = "0123456789ABCDEF"
		b = append(b, "0x"...)
		for _, c := range v {
			b = append(b, digits[c>>4], digits[c&15])
		}
		return b
	}
	b = append(b, '"')
	for _, c := range clip(v, 79) {
		if c < ' ' || c >= 0x7f {
			c = '.'
		}
		b = append(b, c)
	}
	return append(b, '"')
}
