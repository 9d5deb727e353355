package format

// mpls prints a label stack (RFC 3032 section 2.1) and the packet behind it. Nothing says what that is: the labels with
// a meaning of their own do, and else its first byte.
func (p *Line) mpls(b, d []byte, length int) []byte {
	b = p.proto(b, "MPLS")
	var label uint32
	for {
		switch {
		case length < 4:
			if b = p.invalid(b); len(d) < length {
				return p.stop(b, "mpls")
			}
			return b
		case len(d) < 4:
			return p.stop(b, "mpls")
		}
		entry := be32(d, 0)
		label = entry >> 12
		sep := " ("
		if p.opts.Verbose > 0 && len(b) > 0 && b[len(b)-1] == ')' {
			sep = "\n\t("
		}
		b = append(b, sep...)
		b = appendDecimal(append(b, "label "...), uint64(label))
		if p.opts.Verbose > 0 && label < uint32(len(mplsLabelNames)) {
			b = append(append(append(b, " ("...), mplsLabelNames[label]...), ')')
		}
		b = appendDecimal(append(b, ", tc "...), uint64(entry>>9&7))
		if entry&0x100 != 0 {
			b = append(b, ", [S]"...)
		}
		b = append(appendDecimal(append(b, ", ttl "...), uint64(entry&0xff)), ')')
		d, length = d[4:], length-4
		if entry&0x100 != 0 {
			break
		}
	}
	kind := 0
	switch {
	case label == 0 || label == 3:
		kind = 4
	case label == 2:
		kind = 6
	case length == 0:
		return b
	case len(d) == 0:
		return p.stop(b, "mpls")
	default:
		kind = mplsPayload(d[0])
	}
	if kind == 0 {
		return p.dumpAll(b, d, length, "mpls")
	}
	if p.opts.Verbose > 0 {
		b = append(b, "\n\t"...)
	} else {
		b = append(b, ' ')
	}
	b, ok := p.enter(b)
	if !ok {
		return b
	}
	switch kind {
	case 4:
		b = p.ipv4(b, d, length)
	case 6:
		b = p.ipv6(b, d, length)
	case mplsISO:
		b = p.iso(b, d, length)
	}
	p.leave()
	return b
}

const (
	etherTypeMPLSMulticast = 0x8848
	etherTypeISO           = 0xfefe
)

const mplsISO = 0x80

// mplsUDP prints a label stack in UDP (RFC 7510).
func (p *Line) mplsUDP(b, d []byte, length int, _ ipContext) []byte { return p.mpls(b, d, length) }

// mplsPayload tells from its first byte what follows a stack whose last label says nothing: 4 and 6 for the versions
// of IP, mplsISO, or 0.
func mplsPayload(c uint8) int {
	switch {
	case c>>4 == 4 && c&15 >= 5:
		return 4
	case c>>4 == 6:
		return 6
	case c >= 0x81 && c <= 0x83:
		return mplsISO
	}
	return 0
}

var mplsLabelNames = [...]string{
	"IPv4 explicit NULL", "router alert", "IPv6 explicit NULL", "implicit NULL", "rsvd", "rsvd", "rsvd", "rsvd", "rsvd", "rsvd",
	"rsvd", "rsvd", "rsvd", "rsvd", "rsvd", "rsvd",
}

// Network layer protocol identifiers (ISO/IEC TR 9577).
const (
	nlpidNull = 0x00
	nlpidESIS = 0x82
	nlpidISIS = 0x83
	nlpidIPv6 = 0x8e
	nlpidIPv4 = 0xcc
	nlpidPPP  = 0xcf
)

// iso prints a packet that begins with a network layer protocol identifier.
func (p *Line) iso(b, d []byte, length int) []byte {
	if length < 1 || len(d) == 0 {
		return p.stop(b, "isoclns")
	}
	id := d[0]
	if p.opts.LinkHeader {
		b = appendNamed(append(b, "OSI NLPID "...), nlpidName(id), "Unknown", uint64(id), 2)
		b = append(b, ": "...)
	}
	switch id {
	case nlpidIPv4:
		return p.ipv4(b, d[1:], length-1)
	case nlpidIPv6:
		return p.ipv6(b, d[1:], length-1)
	case nlpidPPP:
		return p.ppp(b, d[1:], length-1)
	case nlpidQ933:
		return p.q933(b, d[1:], length-1)
	case nlpidESIS:
		return p.esis(b, d, length)
	case nlpidISIS:
		b, ok := p.isis(b, d, length)
		if !ok {
			b = appendUnknown(b, "\n\t", d, length)
		}
		return b
	}
	if !p.opts.LinkHeader {
		if id != nlpidNull {
			b = append(appendHexNumber(append(b, "OSI NLPID "...), uint64(id), 2), " unknown"...)
		}
		b = append(b, ", "...)
	}
	b = appendInt(append(b, "length: "...), length)
	if id == nlpidNull || length < 2 {
		return b
	}
	return appendUnknown(b, "\n\t", d, length)
}

// nlpidName is tcpdump's name of a network layer protocol identifier, or "".
func nlpidName(id uint8) string {
	switch id {
	case nlpidNull:
		return "NULL"
	case 0x08:
		return "Q.933"
	case 0x09:
		return "LMI"
	case 0x80:
		return "SNAP"
	case 0x81:
		return "CLNP"
	case 0x82:
		return "ES-IS"
	case 0x83:
		return "IS-IS"
	case 0x84:
		return "CONS"
	case 0x85:
		return "IDRP"
	case 0x8a:
		return "X25 ES-IS"
	case nlpidIPv6:
		return "IPv6"
	case 0xb1:
		return "FRF.15"
	case 0xc1:
		return "ISIS_SPB"
	case nlpidIPv4:
		return "IPv4"
	case nlpidPPP:
		return "PPP"
	}
	return ""
}
