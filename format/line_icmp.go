package format

import "smoltcp/dissect"

// ICMP types that print in a way of their own.
const (
	icmpEchoReply     = 0
	icmpUnreachable   = 3
	icmpSourceQuench  = 4
	icmpRedirect      = 5
	icmpEcho          = 8
	icmpRouterAdvert  = 9
	icmpTimeExceeded  = 11
	icmpParamProblem  = 12
	icmpTimestamp     = 13
	icmpTimestampRepl = 14
	icmpMaskReply     = 18
)

// icmp prints an ICMP message.
func (p *Line) icmp(b, d []byte, length int, c *ipContext) []byte {
	start := len(b)
	b = append(p.proto(b, "ICMP"), ' ')
	b, cut := p.icmpMessage(b, d)
	if cut != icmpWhole {
		// The text is made before any of it is printed.
		b = b[:start]
		if cut == icmpHard {
			return p.stop(b, "icmp")
		}
		return p.trunc(b, "icmp")
	}
	b = appendInt(append(b, ", length "...), length)
	if p.opts.Verbose == 0 {
		return b
	}
	if !c.fragmented && len(d) >= length {
		if r := residue(dissect.Sum(0).Add(d[:length])); r != 0 {
			if len(d) < 4 {
				return p.stop(b, "icmp")
			}
			got := be16(d, 2)
			b = append(p.on(append(b, ' '), RoleError), "(wrong icmp cksum "...)
			b = appendHex(b, uint64(got), 1)
			b = appendHex(append(b, " (->"...), uint64(rightChecksum(got, r)), 1)
			b = p.off(append(b, ")!)"...), RoleError)
		}
	}
	if isICMPError(d[0]) {
		if b = p.icmpQuote(append(b, "\n\t"...), from(d, 8)); p.stopped {
			return b
		}
	}
	if length > icmpExtensionAt && hasICMPExtension(d[0]) {
		return p.icmpExtension(b, d, length)
	}
	return b
}

// icmpQuote prints the packet that an error is about.
func (p *Line) icmpQuote(b, d []byte) []byte {
	b, ok := p.enter(b)
	if !ok {
		return b
	}
	defer p.leave()
	if len(d) < 4 || be16(d, 2) < 4 {
		return p.stop(b, "icmp")
	}
	total := int(be16(d, 2))
	return p.ipv4(b, clip(d, total), total)
}

func isICMPError(t uint8) bool {
	switch t {
	case icmpUnreachable, icmpSourceQuench, icmpRedirect, icmpTimeExceeded, icmpParamProblem:
		return true
	}
	return false
}

// icmpCut says whether a message was captured as far as it is printed. tcpdump checks some bytes in a way that lets
// the packet's printing go on, and others not.
type icmpCut uint8

const (
	icmpWhole icmpCut = iota
	icmpSoft
	icmpHard
)

// icmpMessage appends what a message says, without its length.
func (p *Line) icmpMessage(b, d []byte) ([]byte, icmpCut) {
	if len(d) < 2 {
		return b, icmpHard
	}
	switch kind, code := d[0], d[1]; kind {
	case icmpEcho, icmpEchoReply:
		if len(d) < 8 {
			return b, icmpHard
		}
		name := "echo request, id "
		if kind == icmpEchoReply {
			name = "echo reply, id "
		}
		b = appendInt(append(b, name...), int(be16(d, 4)))
		return appendInt(append(b, ", seq "...), int(be16(d, 6))), icmpWhole
	case icmpUnreachable:
		return p.icmpUnreachable(b, d, code)
	case icmpRedirect:
		if len(d) < 28 {
			return b, icmpHard
		}
		name, what := "redirect", "net "
		switch code {
		case 0:
		case 1:
			what = "host "
		case 2:
			name = "redirect-tos"
		case 3:
			name, what = "redirect-tos", "host "
		default:
			b = append(appendInt(append(b, "redirect-#"...), int(code)), ' ')
			name, what = "", ""
		}
		if name != "" {
			b = append(append(b, name...), ' ')
		}
		b = append(append(p.addr4(b, d[24:]), " to "...), what...)
		return p.addr4(b, d[4:]), icmpWhole
	case icmpRouterAdvert:
		return p.icmpRouterAdvert(b, d)
	case icmpTimeExceeded:
		if len(d) < 28 {
			return b, icmpSoft
		}
		switch code {
		case 0:
			return append(b, "time exceeded in-transit"...), icmpWhole
		case 1:
			return append(b, "ip reassembly time exceeded"...), icmpWhole
		}
		return appendInt(append(b, "time exceeded-#"...), int(code)), icmpWhole
	case icmpParamProblem:
		if code != 0 {
			return appendInt(append(b, "parameter problem - code "...), int(code)), icmpWhole
		}
		if len(d) < 5 {
			return b, icmpHard
		}
		return appendInt(append(b, "parameter problem - octet "...), int(d[4])), icmpWhole
	case icmpMaskReply:
		if len(d) < 12 {
			return b, icmpHard
		}
		return appendHexNumber(append(b, "address mask is "...), uint64(be32(d, 8)), 8), icmpWhole
	case icmpTimestamp:
		if len(d) < 8 {
			return b, icmpHard
		}
		b = appendInt(append(b, "time stamp query id "...), int(be16(d, 4)))
		return appendInt(append(b, " seq "...), int(be16(d, 6))), icmpWhole
	case icmpTimestampRepl:
		if len(d) < 20 {
			return b, icmpSoft
		}
		b = appendInt(append(b, "time stamp reply id "...), int(be16(d, 4)))
		b = appendInt(append(b, " seq "...), int(be16(d, 6)))
		b = appendMilliseconds(append(b, ": org "...), be32(d, 8))
		b = appendMilliseconds(append(b, ", recv "...), be32(d, 12))
		return appendMilliseconds(append(b, ", xmit "...), be32(d, 16)), icmpWhole
	case icmpSourceQuench:
		return append(b, "source quench"...), icmpWhole
	case 10:
		return append(b, "router solicitation"...), icmpWhole
	case 15:
		return append(b, "information request"...), icmpWhole
	case 16:
		return append(b, "information reply"...), icmpWhole
	case 17:
		return append(b, "address mask request"...), icmpWhole
	default:
		return appendInt(append(b, "type-#"...), int(kind)), icmpWhole
	}
}

// unreachableForms are the texts before and behind the destination for each code; empty ones print in ways of
// their own.
var unreachableForms = [...][2]string{
	0:  {"net ", " unreachable"},
	1:  {"host ", " unreachable"},
	5:  {"", " unreachable - source route failed"},
	6:  {"net ", " unreachable - unknown"},
	7:  {"host ", " unreachable - unknown"},
	8:  {"", " unreachable - source host isolated"},
	9:  {"net ", " unreachable - admin prohibited"},
	10: {"host ", " unreachable - admin prohibited"},
	11: {"net ", " unreachable - tos prohibited"},
	12: {"host ", " unreachable - tos prohibited"},
	13: {"host ", " unreachable - admin prohibited filter"},
	14: {"host ", " unreachable - host precedence violation"},
	15: {"host ", " unreachable - precedence cutoff"},
}

// icmpUnreachable appends the text of a destination unreachable message, which tells of the quoted packet.
func (p *Line) icmpUnreachable(b, d []byte, code uint8) ([]byte, icmpCut) {
	switch {
	case code == 3 && len(d) < 18:
		return b, icmpSoft
	case len(d) < 28:
		return b, icmpHard
	}
	quoted := dissect.IPv4(d[8:])
	dst := d[24:28]
	switch code {
	case 2:
		b = append(p.addr4(b, dst), " protocol "...)
		return append(appendInt(b, int(quoted.Protocol())), " unreachable"...), icmpWhole
	case 3:
		at := 8 + quoted.HeaderLen() + 2
		if len(d) < at+2 {
			return b, icmpHard
		}
		b = p.addr4(b, dst)
		switch proto := quoted.Protocol(); proto {
		case dissect.ProtoTCP:
			b = append(b, " tcp port "...)
		case dissect.ProtoUDP:
			b = append(b, " udp port "...)
		default:
			b = append(appendInt(append(b, " protocol "...), int(proto)), " port "...)
		}
		return append(p.service(b, quoted.Protocol(), be16(d, at)), " unreachable"...), icmpWhole
	case 4:
		b = append(p.addr4(b, dst), " unreachable - need to frag"...)
		if mtu := be16(d, 6); mtu != 0 {
			b = append(appendInt(append(b, " (mtu "...), int(mtu)), ')')
		}
		return b, icmpWhole
	}
	if int(code) < len(unreachableForms) {
		form := &unreachableForms[code]
		return append(p.addr4(append(b, form[0]...), dst), form[1]...), icmpWhole
	}
	return appendInt(append(p.addr4(b, dst), " unreachable - #"...), int(code)), icmpWhole
}

// icmpRouterAdvert appends the routers of a router advertisement (RFC 1256).
func (p *Line) icmpRouterAdvert(b, d []byte) ([]byte, icmpCut) {
	b = append(b, "router advertisement lifetime "...)
	if len(d) < 8 {
		return b, icmpSoft
	}
	b = appendLifetime(b, be16(d, 6))
	n := int(d[4])
	b = append(appendInt(append(b, ' '), n), ':')
	if d[5] != 2 {
		return append(appendInt(append(b, " [size "...), int(d[5])), ']'), icmpWhole
	}
	for at := 8; n > 0; at, n = at+8, n-1 {
		if len(d) < at+8 {
			return b, icmpSoft
		}
		b = p.addr4(append(b, " {"...), d[at:])
		b = append(appendDecimal(append(b, ' '), uint64(be32(d, at+4))), '}')
	}
	return b, icmpWhole
}

// appendLifetime appends seconds as seconds, M:SS or H:MM:SS.
func appendLifetime(b []byte, v uint16) []byte {
	switch {
	case v < 60:
		return appendInt(b, int(v))
	case v < 3600:
		return appendTwo(append(appendInt(b, int(v/60)), ':'), uint64(v%60))
	}
	b = appendTwo(append(appendInt(b, int(v/3600)), ':'), uint64(v/60%60))
	return appendTwo(append(b, ':'), uint64(v%60))
}

// appendMilliseconds appends the time of day that is v milliseconds after midnight.
func appendMilliseconds(b []byte, v uint32) []byte {
	s := uint64(v / 1000)
	b = appendTwo(b, s/3600)
	b = appendTwo(append(b, ':'), s/60%60)
	b = appendTwo(append(b, ':'), s%60)
	return appendPadded(append(b, '.'), uint64(v%1000), 3)
}

// icmpExtensionAt is where the extension of RFC 4884 stands in a message that does not say so: behind 128
// bytes of the quoted packet.
const icmpExtensionAt = 136

func hasICMPExtension(t uint8) bool {
	return t == icmpUnreachable || t == icmpTimeExceeded || t == icmpParamProblem
}

// Lengths of the header of an extension, the least of it that must be captured, and the header of an object.
const (
	icmpExtensionLen = 4
	icmpExtensionMin = icmpExtensionLen + 1
	icmpObjectLen    = 4
)

// icmpExtension prints the objects of an extension (RFC 4884 section 7, RFC 4950).
func (p *Line) icmpExtension(b, d []byte, length int) []byte {
	if len(d) < icmpExtensionAt+icmpExtensionMin {
		return p.trunc(b, "icmp")
	}
	announced := d[5] != 0 // a length of the quote, for which tcpdump then takes 128 all the same
	d, length = d[icmpExtensionAt:], length-icmpExtensionAt
	whole := len(d) >= length
	verdict := " (correct), length "
	if whole && residue(dissect.Sum(0).Add(d[:length])) != 0 {
		if !announced {
			return b // no extension, but bytes of a longer quote
		}
		verdict = " (incorrect), length "
	}
	version := d[0] >> 4
	b = appendInt(append(b, "\n\tICMP Multi-Part extension v"...), int(version))
	if version != 2 {
		return append(b, " packet not supported"...)
	}
	if whole {
		b = appendHexNumber(append(b, ", checksum "...), uint64(be16(d, 2)), 4)
		b = appendInt(append(b, verdict...), length)
	}
	d, length = d[icmpExtensionLen:], length-icmpExtensionLen
	for length > icmpObjectLen {
		if len(d) < icmpObjectLen {
			return p.trunc(b, "icmp")
		}
		size, class, kind := int(be16(d, 0)), d[2], d[3]
		name := "unknown"
		switch class {
		case 1:
			name = "MPLS Stack Entry"
		case 2:
			name = "Interface Identification"
		}
		b = append(append(b, "\n\t  "...), name...)
		b = appendInt(append(b, " Object ("...), int(class))
		b = appendInt(append(b, "), Class-Type: "...), int(kind))
		b = appendInt(append(b, ", length "...), size)
		if class == 0 || size < icmpObjectLen {
			return b
		}
		d = d[icmpObjectLen:]
		if class == 1 && kind == 1 {
			if len(d) < 4 {
				return p.trunc(b, "icmp")
			}
			b = appendMPLSLabel(append(b, "\n\t    "...), be32(d, 0))
		} else {
			b = appendUnknown(b, "\n\t    ", d, size-icmpObjectLen)
		}
		d, length = from(d, size-icmpObjectLen), length-size
	}
	return b
}

// appendMPLSLabel appends a label stack entry (RFC 3032 section 2.1).
func appendMPLSLabel(b []byte, v uint32) []byte {
	b = appendDecimal(append(b, "label "...), uint64(v>>12))
	b = appendDecimal(append(b, ", tc "...), uint64(v>>9&7))
	if v&0x100 != 0 {
		b = append(b, ", [S]"...)
	}
	return appendDecimal(append(b, ", ttl "...), uint64(v&0xff))
}
