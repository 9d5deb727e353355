package format

import "smoltcp/dissect"

const (
	igmpGroupEnd = 8  // where the first group of a message ends, or its header
	igmpv3Query  = 12 // fixed part of a version 3 query
	igmpTraceLen = 24
)

// igmp prints an IGMP message (RFC 1112, RFC 2236, RFC 3376), or one of the protocols that share its number.
func (p *Line) igmp(b, d []byte, length int) []byte {
	if p.opts.Quiet {
		return p.proto(b, "igmp")
	}
	if len(d) == 0 {
		return p.stop(b, "igmp")
	}
	switch t := dissect.IGMPType(d[0]); t {
	case dissect.IGMPQuery:
		b = p.igmpQuery(append(p.proto(b, "igmp"), " query"...), d, length)
	case dissect.IGMPReportV1:
		if b = p.igmpGroup(b, "igmp v1 report ", d); !p.stopped && length != igmpGroupEnd {
			b = append(appendInt(append(b, " [len "...), length), ']')
		}
	case dissect.IGMPReportV2:
		b = p.igmpGroup(b, "igmp v2 report ", d)
	case dissect.IGMPLeave:
		b = p.igmpGroup(b, "igmp leave ", d)
	case dissect.IGMPReportV3:
		b = p.igmpv3Report(append(p.proto(b, "igmp"), " v3 report"...), d, length)
	case dissect.IGMPDVMRP:
		b = append(p.proto(b, "igmp"), " dvmrp"...)
		if length < igmpGroupEnd {
			b = append(appendInt(append(b, " [len "...), length), ']')
		} else {
			b = p.dvmrp(b, d, length)
		}
	case dissect.IGMPPIMv1:
		b = p.pim1(append(p.proto(b, "igmp"), " pimv1"...), d, length)
	case dissect.IGMPTrace:
		b = p.igmpTrace(b, "mtrace ", d, length)
	case dissect.IGMPTraceResponse:
		b = p.igmpTrace(b, "mresp ", d, length)
	default:
		b = appendInt(append(p.proto(b, "igmp"), '-'), int(t))
	}
	if p.stopped || p.opts.Verbose == 0 || length < 4 || len(d) < length || residue(dissect.Sum(0).Add(d[:length])) == 0 {
		return b
	}
	b = p.on(b, RoleError)
	b = appendHex(append(b, " bad igmp cksum "...), uint64(be16(d, 2)), 1)
	return p.off(append(b, '!'), RoleError)
}

// igmpGroup prints a message that is about one group.
func (p *Line) igmpGroup(b []byte, what string, d []byte) []byte {
	if len(d) < igmpGroupEnd {
		return p.stop(b, "igmp")
	}
	return p.addr4(append(b, what...), d[4:])
}

func (p *Line) igmpQuery(b, d []byte, length int) []byte {
	if length >= igmpv3Query {
		return p.igmpv3Query(append(b, " v3"...), d, length)
	}
	if len(d) < 2 {
		return p.stop(b, "igmp")
	}
	if d[1] == 0 {
		b = append(b, " v1"...)
	} else if b = append(b, " v2"...); d[1] != 100 {
		b = append(appendInt(append(b, " [max resp time "...), int(d[1])), ']')
	}
	if len(d) < igmpGroupEnd {
		return p.stop(b, "igmp")
	}
	if be32(d, 4) != 0 {
		b = append(p.addr4(append(b, " [gaddr "...), d[4:]), ']')
	}
	if length != igmpGroupEnd {
		b = append(appendInt(append(b, " [len "...), length), ']')
	}
	return b
}

// igmpv3Query prints what follows the name of a version 3 query (RFC 3376 section 4.1).
func (p *Line) igmpv3Query(b, d []byte, length int) []byte {
	if length%4 != 0 {
		return appendInvalidLen(b, length)
	}
	if len(d) < 2 {
		return p.stop(b, "igmp")
	}
	if d[1] != 100 {
		b = append(b, " [max resp time "...)
		if tenths := dissect.IGMPTime(d[1]); tenths < 600 {
			b = append(appendInt(b, tenths/10), '.')
			b = append(appendInt(b, tenths%10), 's')
		} else {
			b = appendInterval(b, uint32(tenths/10))
		}
		b = append(b, ']')
	}
	if len(d) < igmpGroupEnd {
		return p.stop(b, "igmp")
	}
	if be32(d, 4) == 0 {
		return b
	}
	b = p.addr4(append(b, " [gaddr "...), d[4:])
	if len(d) < igmpv3Query {
		return p.stop(b, "igmp")
	}
	if n := int(be16(d, 10)); n > 0 {
		if length < igmpv3Query+4*n {
			b = append(b, " [invalid number of sources]"...)
		} else if b = p.igmpSources(b, d[igmpv3Query:], n); p.stopped {
			return b
		}
	}
	return append(b, ']')
}

// igmpSources prints how many sources there are, or with -vv which.
func (p *Line) igmpSources(b, d []byte, n int) []byte {
	if p.opts.Verbose < 2 {
		return append(appendInt(append(b, ", "...), n), " source(s)"...)
	}
	b = append(b, " {"...)
	for i := range n {
		if len(d) < 4*i+4 {
			return p.stop(b, "igmp")
		}
		b = p.addr4(append(b, ' '), d[4*i:])
	}
	return append(b, " }"...)
}

func appendInvalidLen(b []byte, length int) []byte {
	return append(appendInt(append(b, " [invalid len "...), length), ']')
}

// igmpv3Report prints what follows the name of a version 3 report (RFC 3376 section 4.2). Auxiliary data, which nothing
// has ever sent, is taken for the next record, as tcpdump does.
func (p *Line) igmpv3Report(b, d []byte, length int) []byte {
	if length < 16 || length%4 != 0 {
		return appendInvalidLen(b, length)
	}
	if len(d) < 8 {
		return p.stop(b, "igmp")
	}
	groups := int(be16(d, 6))
	b = append(appendInt(append(b, ", "...), groups), " group record(s)"...)
	if p.opts.Verbose == 0 {
		return b
	}
	for at := 8; groups > 0; groups-- {
		if length < at+8 {
			return append(b, " [invalid number of groups]"...)
		}
		if len(d) < at+8 {
			return p.stop(b, "igmp")
		}
		b = append(p.addr4(append(b, " [gaddr "...), d[at+4:]), ' ')
		b = appendIGMPRecordType(b, d[at])
		n := int(be16(d, at+2))
		at += 8
		if length < at+4*n {
			b = appendInt(append(b, " [invalid number of sources "...), n)
			return append(b, ']')
		}
		if b = p.igmpSources(b, d[at:], n); p.stopped {
			return b
		}
		b = append(b, ']')
		at += 4 * n
	}
	return b
}

func appendIGMPRecordType(b []byte, t uint8) []byte {
	switch t {
	case 1:
		return append(b, "is_in"...)
	case 2:
		return append(b, "is_ex"...)
	case 3:
		return append(b, "to_in"...)
	case 4:
		return append(b, "to_ex"...)
	case 5:
		return append(b, "allow"...)
	case 6:
		return append(b, "block"...)
	}
	return append(appendInt(append(b, " [v3-report-#"...), int(t)), ']')
}

// igmpTrace prints a request or a response of multicast traceroute.
func (p *Line) igmpTrace(b []byte, name string, d []byte, length int) []byte {
	if length < igmpTraceLen {
		return appendInvalidLen(b, length)
	}
	if len(d) < igmpTraceLen {
		return p.stop(b, "igmp")
	}
	b = appendDecimal(append(b, name...), uint64(be32(d, 20)&0xffffff))
	b = p.addr4(append(b, ": "...), d[8:])
	b = p.addr4(append(b, " to "...), d[12:])
	b = p.addr4(append(b, " reply-to "...), d[16:])
	if d[16]&0xf0 == 0xe0 {
		b = appendInt(append(b, " with-ttl "...), int(d[20]))
	}
	return b
}
