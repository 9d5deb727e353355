package format

import "smoltcp/dissect"

// icmp6 prints an ICMPv6 message.
func (p *Line) icmp6(b, d []byte, length int, c *ipContext) []byte {
	if length == 0 {
		return p.invalid(append(p.proto(b, "ICMP6"), ", length 0"...))
	}
	if p.opts.Verbose > 0 && !c.fragmented && len(d) >= length {
		if length < 4 {
			return p.stop(b, "icmp6")
		}
		b = p.icmp6Checksum(b, d[:length], c)
	}
	if len(d) == 0 {
		return p.stop(b, "icmp6")
	}
	kind := d[0]
	b = append(p.proto(b, "ICMP6"), ", "...)
	if name := icmp6Names[kind]; name != "" {
		b = append(b, name...)
	} else {
		b = append(appendInt(append(b, "unknown icmp6 type ("...), int(kind)), ')')
	}
	verbose := p.opts.Verbose > 0
	if verbose && icmp6LengthFirst(kind) {
		b = appendInt(append(b, ", length "...), length)
	}
	if len(d) < 2 {
		return p.stop(b, "icmp6")
	}
	m := icmp6Message{p: p, d: d, length: length, c: c}
	b, ok := m.print(b, kind)
	if ok && !verbose && !p.stopped {
		b = appendInt(append(b, ", length "...), length)
	}
	return b
}

// icmp6Checksum prints the verdict on the checksum of the message d.
func (p *Line) icmp6Checksum(b, d []byte, c *ipContext) []byte {
	r := residue(c.pseudoHeader(dissect.ProtoICMPv6, len(d)).Add(d))
	if r == 0 {
		return append(b, "[icmp6 sum ok] "...)
	}
	got := be16(d, 2)
	b = appendHexNumber(append(p.on(b, RoleError), "[bad icmp6 cksum "...), uint64(got), 4)
	b = appendHexNumber(append(b, " -> "...), uint64(rightChecksum(got, r)), 4)
	return append(p.off(append(b, "!]"...), RoleError), ' ')
}

// ICMPv6 message types.
const (
	icmp6Unreachable     = 1
	icmp6TooBig          = 2
	icmp6TimeExceeded    = 3
	icmp6ParamProblem    = 4
	icmp6Echo            = 128
	icmp6EchoReply       = 129
	icmp6MLDQuery        = 130
	icmp6MLDReport       = 131
	icmp6MLDDone         = 132
	icmp6RouterSolicit   = 133
	icmp6RouterAdvert    = 134
	icmp6NeighborSolicit = 135
	icmp6NeighborAdvert  = 136
	icmp6Redirect        = 137
	icmp6Renumbering     = 138
	icmp6NodeQuery       = 139
	icmp6NodeReply       = 140
	icmp6InverseSolicit  = 141
	icmp6InverseAdvert   = 142
	icmp6MLD2Report      = 143
	icmp6HomeAgentReq    = 144
	icmp6HomeAgentReply  = 145
	icmp6PrefixSolicit   = 146
	icmp6PrefixAdvert    = 147
	icmp6RPL             = 155
)

var icmp6Names = [256]string{
	1: "destination unreachable", 2: "packet too big", 3: "time exceeded in-transit", 4: "parameter problem",
	128: "echo request", 129: "echo reply", 130: "multicast listener query", 131: "multicast listener report",
	132: "multicast listener done", 133: "router solicitation", 134: "router advertisement",
	135: "neighbor solicitation", 136: "neighbor advertisement", 137: "redirect", 138: "router renumbering",
	139: "who-are-you request", 140: "who-are-you reply", 141: "inverse neighbor solicitation",
	142: "inverse neighbor advertisement", 143: "multicast listener report v2", 144: "ha discovery request",
	145: "ha discovery reply", 146: "mobile router solicitation", 147: "mobile router advertisement", 155: "RPL",
	200: "mtrace response", 201: "mtrace message",
}

// icmp6LengthFirst reports whether -v shows the length of a message before what is in it.
func icmp6LengthFirst(kind uint8) bool {
	switch kind {
	case icmp6RouterSolicit, icmp6RouterAdvert, icmp6NeighborSolicit, icmp6NeighborAdvert, icmp6Redirect,
		icmp6HomeAgentReply, icmp6PrefixAdvert:
		return true
	}
	return false
}

// icmp6Message prints what is in one message.
type icmp6Message struct {
	p      *Line
	d      []byte // captured
	length int
	c      *ipContext
}

// cut marks a truncated message. Nothing more is printed.
func (m *icmp6Message) cut(b []byte) ([]byte, bool) { return m.p.trunc(b, "icmp6"), false }

// stop is cut where tcpdump gives up on the whole packet; see [Line.stop].
func (m *icmp6Message) stop(b []byte) ([]byte, bool) { return m.p.stop(b, "icmp6"), false }

// print prints the content. It reports false if the length must not follow.
func (m *icmp6Message) print(b []byte, kind uint8) ([]byte, bool) {
	p, d := m.p, m.d
	verbose := p.opts.Verbose > 0
	switch kind {
	case icmp6Unreachable:
		return m.unreachable(b)
	case icmp6TooBig:
		if len(d) < 8 {
			return m.stop(b)
		}
		return appendDecimal(append(b, ", mtu "...), uint64(be32(d, 4))), true
	case icmp6TimeExceeded:
		switch d[1] {
		case 0:
			if len(d) < 48 {
				return m.stop(b)
			}
			return p.addr6(append(b, " for "...), d[32:]), true
		case 1:
			return append(b, " (reassembly)"...), true
		}
		return append(appendInt(append(b, ", unknown code ("...), int(d[1])), ')'), true
	case icmp6ParamProblem:
		if len(d) < 48 {
			return m.cut(b)
		}
		if code := int(d[1]); code >= len(icmp6Problems) {
			return appendInt(append(b, ", code-#"...), code), true
		}
		b = append(append(b, icmp6Problems[d[1]]...), " - octet "...)
		return appendDecimal(b, uint64(be32(d, 4))), true
	case icmp6Echo, icmp6EchoReply:
		if len(d) < 8 {
			return m.stop(b)
		}
		b = appendInt(append(b, ", id "...), int(be16(d, 4)))
		return appendInt(append(b, ", seq "...), int(be16(d, 6))), true
	case icmp6MLDQuery:
		switch {
		case m.length == mldLen:
			return m.mld(b)
		case m.length >= mld2QueryLen:
			return m.mld2Query(b)
		}
		b = appendInt(append(b, " unknown-version (len "...), m.length)
		return append(b, ") "...), true
	case icmp6MLDReport, icmp6MLDDone:
		return m.mld(b)
	case icmp6MLD2Report:
		return m.mld2Report(b)
	case icmp6RouterSolicit:
		if verbose {
			return m.options(b, 8)
		}
		return b, true
	case icmp6RouterAdvert:
		if verbose {
			return m.routerAdvert(b)
		}
		return b, true
	case icmp6NeighborSolicit:
		if len(d) < 24 {
			return m.stop(b)
		}
		b = p.addr6(append(b, ", who has "...), d[8:])
		if verbose {
			return m.options(b, 24)
		}
		return b, true
	case icmp6NeighborAdvert:
		if len(d) < 24 {
			return m.stop(b)
		}
		b = p.addr6(append(b, ", tgt is "...), d[8:])
		if !verbose {
			return b, true
		}
		b = append(b, ", Flags ["...)
		b = append(appendBits(b, neighborFlags, uint32(d[4]), ", ", "none"), ']')
		return m.options(b, 24)
	case icmp6Redirect:
		if len(d) < 40 {
			return m.stop(b)
		}
		b = p.addr6(append(b, ", "...), d[24:])
		b = p.addr6(append(b, " to "...), d[8:])
		if verbose {
			return m.options(b, 40)
		}
		return b, true
	case icmp6HomeAgentReq, icmp6PrefixSolicit:
		if len(d) < 6 {
			return m.stop(b)
		}
		return appendHexNumber(append(b, ", id "...), uint64(be16(d, 4)), 4), true
	case icmp6HomeAgentReply:
		if verbose {
			return m.homeAgents(b)
		}
		return b, true
	case icmp6PrefixAdvert:
		if verbose {
			return m.prefixAdvert(b)
		}
		return b, true
	case icmp6Renumbering:
		return m.renumbering(b)
	case icmp6NodeQuery:
		return m.nodeInfoQuery(b)
	case icmp6NodeReply:
		return m.nodeInfoReply(b)
	case icmp6RPL:
		return m.rpl(b)
	case icmp6InverseSolicit, icmp6InverseAdvert:
		return b, true
	}
	b = appendInt(append(b, ", length "...), m.length)
	if p.opts.Verbose <= 1 {
		b = appendUnknown(b, "\n\t", d, m.length)
	}
	return b, false
}

var icmp6Problems = [...]string{", erroneous", ", next header", ", option", ", incomplete header chain"}

var neighborFlags = []bitName{{0x80, "router"}, {0x40, "solicited"}, {0x20, "override"}}

// appendUnknown appends the first n of the bytes d in hexadecimal, each line behind indent.
func appendUnknown(b []byte, indent string, d []byte, n int) []byte {
	return appendIndentedHex(b, indent, clip(d, n))
}

// unreachable prints a destination unreachable message, which tells of the quoted packet.
func (m *icmp6Message) unreachable(b []byte) ([]byte, bool) {
	p, d := m.p, m.d
	b = append(b, ", "...)
	code := d[1]
	switch code {
	case 0:
		b = append(b, "unreachable route"...)
	case 1:
		b = append(b, " unreachable prohibited"...)
	case 2:
		b = append(b, "beyond scope"...)
	case 3:
		b = append(b, "unreachable address"...)
	case 4:
		b = append(b, "unreachable port"...)
	default:
		b = append(appendInt(append(b, "unknown unreach code ("...), int(code)), ')')
	}
	switch code {
	case 0, 1, 3:
		if len(d) < 48 {
			return m.stop(b)
		}
		return p.addr6(append(b, ' '), d[32:]), true
	case 2:
		if len(d) < 48 {
			return m.stop(b)
		}
		b = p.addr6(append(b, ' '), d[32:])
		return p.addr6(append(b, ", source address "...), d[16:]), true
	case 4:
		proto, port, ok := quotedPort(from(d, 8))
		if !ok {
			return m.cut(b)
		}
		b = p.addr6(append(b, ", "...), d[32:])
		switch proto {
		case dissect.ProtoTCP:
			b = append(b, " tcp port "...)
		case dissect.ProtoUDP:
			b = append(b, " udp port "...)
		}
		return p.service(b, proto, port), true
	}
	if p.opts.Verbose <= 1 {
		b = appendUnknown(b, "\n\t", d, m.length)
	}
	return b, false
}

// quotedPort finds the transport header of a quoted IPv6 packet and its destination port. It reports false if
// the quote has none.
func quotedPort(d []byte) (proto dissect.IPProto, port uint16, ok bool) {
	if len(d) < dissect.IPv6HeaderLen {
		return 0, 0, false
	}
	next, at := dissect.IPProto(d[6]), dissect.IPv6HeaderLen
	for at+4 <= len(d) {
		switch next {
		case dissect.ProtoTCP, dissect.ProtoUDP:
			return next, be16(d, at+2), true
		case dissect.ProtoFragment:
			if be16(d, at+2)&^7 != 0 {
				return 0, 0, false
			}
			next, at = dissect.IPProto(d[at]), at+8
		case dissect.ProtoHopByHop, dissect.ProtoRouting, dissect.ProtoDestOpts:
			next, at = dissect.IPProto(d[at]), at+8+8*int(d[at+1])
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// Lengths of MLD messages.
const (
	mldLen        = 24
	mld2QueryLen  = 28
	mld2ReportLen = 8
)

// mld prints a message of the first version of Multicast Listener Discovery (RFC 2710).
func (m *icmp6Message) mld(b []byte) ([]byte, bool) {
	if len(m.d) < mldLen {
		return b, true
	}
	b = appendInt(append(b, "max resp delay: "...), int(be16(m.d, 4)))
	return m.p.addr6(append(b, " addr: "...), m.d[8:]), true
}

// mldFloat decodes a value of RFC 3810 section 5.1.3 and 5.1.9, whose mantissa has the given number of bits.
func mldFloat(v uint32, mantissa uint) uint32 {
	if v>>(mantissa+3) == 0 {
		return v
	}
	exp := v >> mantissa & 7
	return (v&(1<<mantissa-1) | 1<<mantissa) << (exp + 3)
}

// mld2Query prints a query (RFC 3810 section 5.1).
func (m *icmp6Message) mld2Query(b []byte) ([]byte, bool) {
	p, d := m.p, m.d
	b = append(b, " v2"...)
	if len(d) < 6 {
		return m.stop(b)
	}
	if p.opts.Verbose > 0 {
		b = appendDecimal(append(b, " [max resp delay="...), uint64(mldFloat(uint32(be16(d, 4)), 12)))
		b = append(b, ']')
	}
	if len(d) < 24 {
		return m.stop(b)
	}
	b = p.addr6(append(b, " [gaddr "...), d[8:])
	if p.opts.Verbose > 0 {
		if len(d) < 25 {
			return m.stop(b)
		}
		if d[24]&8 != 0 {
			b = append(b, " sflag"...)
		}
		if qrv := d[24] & 7; qrv != 0 {
			b = appendInt(append(b, " robustness="...), int(qrv))
		}
		if len(d) < 26 {
			return m.stop(b)
		}
		b = appendDecimal(append(b, " qqi="...), uint64(mldFloat(uint32(d[25]), 4)))
	}
	if len(d) < 28 {
		return m.stop(b)
	}
	if n := int(be16(d, 26)); n > 0 {
		switch {
		case m.length < mld2QueryLen+16*n:
			b = append(b, " [invalid number of sources]"...)
		case p.opts.Verbose > 1:
			var ok bool
			if b, ok = m.sources(b, mld2QueryLen, n); !ok {
				return b, false
			}
		default:
			b = append(appendInt(append(b, ", "...), n), " source(s)"...)
		}
	}
	return append(b, ']'), true
}

// sources prints n addresses that begin at off.
func (m *icmp6Message) sources(b []byte, off, n int) ([]byte, bool) {
	b = append(b, " {"...)
	for i := range n {
		if len(m.d) < off+16*i+16 {
			return m.stop(b)
		}
		b = m.p.addr6(append(b, ' '), m.d[off+16*i:])
	}
	return append(b, " }"...), true
}

var mld2RecordTypes = [...]string{1: "is_in", 2: "is_ex", 3: "to_in", 4: "to_ex", 5: "allow", 6: "block"}

// mld2Report prints a report (RFC 3810 section 5.2).
func (m *icmp6Message) mld2Report(b []byte) ([]byte, bool) {
	p, d := m.p, m.d
	if m.length < mld2ReportLen {
		return append(appendInt(append(b, " [invalid len "...), m.length), ']'), true
	}
	if len(d) < 8 {
		return m.stop(b)
	}
	n := int(be16(d, 6))
	b = append(appendInt(append(b, ", "...), n), " group record(s)"...)
	if p.opts.Verbose == 0 {
		return b, true
	}
	at := mld2ReportLen
	for range n {
		if m.length < at+20 {
			return append(b, " [invalid number of groups]"...), true
		}
		if len(d) < at+20 {
			return m.stop(b)
		}
		b = p.addr6(append(b, " [gaddr "...), d[at+4:])
		if t := int(d[at]); t > 0 && t < len(mld2RecordTypes) {
			b = append(append(b, ' '), mld2RecordTypes[t]...)
		} else {
			b = append(appendInt(append(b, "  [v2-report-#"...), t), ']')
		}
		sources := int(be16(d, at+2))
		at += 20
		if m.length < at+16*sources {
			return append(appendInt(append(b, " [invalid number of sources "...), sources), ']'), true
		}
		if p.opts.Verbose == 1 {
			b = append(appendInt(append(b, ", "...), sources), " source(s)"...)
		} else {
			var ok bool
			if b, ok = m.sources(b, at, sources); !ok {
				return b, false
			}
		}
		b = append(b, ']')
		at += 16 * sources
	}
	return b, true
}

// homeAgents prints a home agent address discovery reply (RFC 6275 section 6.6).
func (m *icmp6Message) homeAgents(b []byte) ([]byte, bool) {
	if len(m.d) < 6 {
		return m.stop(b)
	}
	b = appendHexNumber(append(b, ", id "...), uint64(be16(m.d, 4)), 4)
	for at := 8; at < m.length; at += 16 {
		if len(m.d) < at+16 {
			return m.stop(b)
		}
		b = m.p.addr6(append(b, ", "...), m.d[at:])
	}
	return b, true
}

// prefixAdvert prints a mobile prefix advertisement (RFC 6275 section 6.8).
func (m *icmp6Message) prefixAdvert(b []byte) ([]byte, bool) {
	if len(m.d) < 6 {
		return m.stop(b)
	}
	b = appendHexNumber(append(b, ", id "...), uint64(be16(m.d, 4)), 4)
	if len(m.d) < 7 {
		return m.stop(b)
	}
	if len(m.d) < 8 {
		return m.stop(b)
	}
	if m.d[6]&0xc0 != 0 {
		b = append(b, ' ')
	}
	if m.d[6]&0x80 != 0 {
		b = append(b, 'M')
	}
	if m.d[6]&0x40 != 0 {
		b = append(b, 'O')
	}
	return m.options(b, 8)
}
