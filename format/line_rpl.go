package format

// Codes of RPL messages (RFC 6550 section 6). The top bit is set in the secure variants.
const (
	rplSolicit   = 0 // DODAG Information Solicitation
	rplInfo      = 1 // DODAG Information Object
	rplAdvert    = 2 // Destination Advertisement Object
	rplAdvertAck = 3
	rplSecure    = 0x80

	rplInfoLen   = 24 // of the fixed part, behind the ICMPv6 header
	rplAdvertLen = 20
)

// rpl prints a message of the Routing Protocol for Low-Power and Lossy Networks (RFC 6550).
func (m *icmp6Message) rpl(b []byte) ([]byte, bool) {
	p, body, length := m.p, from(m.d, 4), m.length-4
	code := m.d[1]
	if code&rplSecure != 0 {
		return append(b, ", (SEC) [worktodo]"...), true
	}
	b = append(b, ", (CLR)"...)
	verbose := p.opts.Verbose > 0
	switch code {
	case rplSolicit:
		return append(b, "DODAG Information Solicitation"...), true
	case rplInfo:
		b = append(b, "DODAG Information Object"...)
		if verbose {
			return m.rplInfo(b, body, length)
		}
		return b, true
	case rplAdvert:
		b = append(b, "Destination Advertisement Object"...)
		if verbose {
			return m.rplAdvert(b, body, length)
		}
		return b, true
	case rplAdvertAck:
		b = append(b, "Destination Advertisement Object Ack"...)
		if verbose {
			return m.rplAdvertAck(b, body, length)
		}
		return b, true
	}
	return appendInt(append(b, "RPL message, unknown code "...), int(code)), true
}

func (m *icmp6Message) rplInfo(b, d []byte, length int) ([]byte, bool) {
	p := m.p
	if length < rplInfoLen {
		b = appendInt(append(b, " [length "...), length)
		return p.invalid(append(appendInt(append(b, " < "...), rplInfoLen), ']')), true
	}
	if len(d) < rplInfoLen {
		return m.stop(b)
	}
	b = appendInt(append(p.addr6(append(b, " [dagid:"...), d[8:]), ",seq:"...), int(d[5]))
	b = appendInt(append(b, ",instance:"...), int(d[0]))
	b = append(appendInt(append(b, ",rank:"...), int(be16(d, 2))), ',')
	if d[4]&0x80 != 0 {
		b = append(b, "grounded,"...)
	}
	b = append(b, "mop:"...)
	if mop := int(d[4] >> 3 & 7); mop < len(rplModes) {
		b = append(b, rplModes[mop]...)
	} else {
		b = appendInt(append(b, "mop"...), mop)
	}
	b = append(appendInt(append(b, ",prf:"...), int(d[4]&7)), ']')
	return m.rplOptions(b, d[rplInfoLen:], length-rplInfoLen)
}

// rplModes are the modes of operation (RFC 6550 section 6.3.1).
var rplModes = [...]string{"nonstoring", "storing", "nonstoring-multicast", "storing-multicast"}

func (m *icmp6Message) rplAdvert(b, d []byte, length int) ([]byte, bool) {
	if len(d) < rplAdvertLen || length < rplAdvertLen {
		return m.cut(b)
	}
	size := 4
	flags := d[1]
	if b = append(b, " [dagid:"...); flags&0x40 != 0 {
		b, size = m.p.addr6(b, d[4:]), rplAdvertLen
	} else {
		b = append(b, "<elided>"...)
	}
	b = appendInt(append(b, ",seq:"...), int(d[3]))
	b = appendInt(append(b, ",instance:"...), int(d[0]))
	if flags&0x80 != 0 {
		b = append(b, ",acK"...)
	}
	if flags&0x40 != 0 {
		b = append(b, ",Dagid"...)
	}
	b = append(appendHexBytes(append(b, ','), d[1:2]), ']')
	return m.rplOptions(b, d[size:], length-size)
}

func (m *icmp6Message) rplAdvertAck(b, d []byte, length int) ([]byte, bool) {
	if len(d) < 4 || length < 4 {
		return m.cut(b)
	}
	size := 4
	if b = append(b, " [dagid:"...); d[1]&0x80 != 0 {
		if len(d) < rplAdvertLen || length < rplAdvertLen {
			return m.cut(b[:len(b)-len(" [dagid:")])
		}
		b, size = m.p.addr6(b, d[4:]), rplAdvertLen
	} else {
		b = append(b, "<elided>"...)
	}
	b = appendInt(append(b, ",seq:"...), int(d[2]))
	b = appendInt(append(b, ",instance:"...), int(d[0]))
	b = append(appendInt(append(b, ",status:"...), int(d[3])), ']')
	return m.rplOptions(b, d[size:], length-size)
}

// rplOptions prints length bytes of options at -vv, their data at -vvv.
func (m *icmp6Message) rplOptions(b, d []byte, length int) ([]byte, bool) {
	if m.p.opts.Verbose < 2 {
		return b, true
	}
	for length > 0 {
		if len(d) == 0 {
			return m.stop(b)
		}
		if d[0] == 0 {
			b = append(b, " opt:pad1"...)
			d, length = d[1:], length-1
			continue
		}
		if length < 2 {
			return m.cut(b)
		}
		if len(d) < 2 {
			return m.stop(b)
		}
		size := 2 + int(d[1])
		b = append(b, " opt:"...)
		if t := int(d[0]); t < len(rplOptionText) && rplOptionText[t] != "" {
			b = append(b, rplOptionText[t]...)
		} else {
			b = appendInt(append(b, "subopt:"...), t)
		}
		b = append(appendInt(append(b, " len:"...), size), ' ')
		if size > length || size > len(d) {
			return m.cut(b)
		}
		if m.p.opts.Verbose > 2 {
			b = appendIndentedHex(b, " ", d[2:size])
		}
		d, length = d[size:], length-size
	}
	return b, true
}

var rplOptionText = [...]string{
	"pad1", "padN", "metrics", "routinginfo", "config", "rpltarget", "transitinfo", 8: "destprefix", "rpltargetdesc",
}
