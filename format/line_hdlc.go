package format

import "smoltcp/dissect"

// Addresses of Cisco's HDLC, and its protocols that are no EtherTypes.
const (
	chdlcHeaderLen = 4
	chdlcUnicast   = 0x0f
	chdlcBroadcast = 0x8f
	chdlcSLARP     = 0x8035
	chdlcCDP       = 0x2000
)

// chdlc prints a frame of Cisco's HDLC.
func (p *Line) chdlc(b, d []byte, length int) ([]byte, int) {
	if length < chdlcHeaderLen {
		return p.trunc(b, "chdlc"), len(d)
	}
	if len(d) < chdlcHeaderLen {
		return p.stop(b, "chdlc"), 0
	}
	proto := be16(d, 2)
	if p.opts.LinkHeader {
		switch d[0] {
		case chdlcUnicast:
			b = append(b, "unicast"...)
		case chdlcBroadcast:
			b = append(b, "bcast"...)
		default:
			b = appendHexNumber(b, uint64(d[0]), 2)
		}
		b = appendNamed(append(b, ", ethertype "...), etherTypeName(dissect.EtherType(proto)), "Unknown", uint64(proto), 4)
		b = lengthOf(length).append(b)
	}
	d, length = d[chdlcHeaderLen:], length-chdlcHeaderLen
	switch t := dissect.EtherType(proto); t {
	case dissect.EtherTypeIPv4:
		b = p.ipv4(b, d, length)
	case dissect.EtherTypeIPv6:
		b = p.ipv6(b, d, length)
	case dissect.EtherTypeMPLS, etherTypeMPLSMulticast:
		b = p.mpls(b, d, length)
	case chdlcSLARP:
		b = p.slarp(b, d, length)
	case chdlcCDP:
		b = p.cdp(b, d, length)
	case etherTypeISO:
		if length < 2 {
			return p.trunc(b, "chdlc"), chdlcHeaderLen
		}
		if len(d) < 2 {
			return p.stop(b, "chdlc"), chdlcHeaderLen
		}
		if isOSI(d[1]) { // behind a byte of padding
			d, length = d[1:], length-1
		}
		b = p.iso(b, d, length)
	default:
		if !p.opts.LinkHeader {
			b = append(appendHexNumber(append(b, "unknown CHDLC protocol ("...), uint64(proto), 4), ')')
		}
	}
	return b, chdlcHeaderLen
}

// isOSI reports whether a network layer protocol identifier is of one of ISO's own protocols.
func isOSI(nlpid uint8) bool { return nlpid == 0x81 || nlpid == 0x82 || nlpid == 0x83 }

// slarp prints a packet of Cisco's line protocol.
func (p *Line) slarp(b, d []byte, length int) []byte {
	const least, most = 14, 18
	b = append(appendInt(append(b, "SLARP (length: "...), length), "), "...)
	if length < least || len(d) < least {
		return p.trunc(b, "chdlc_slarp")
	}
	rest := from(d, 4)
	switch code := be32(d, 0); code {
	case 0:
		b = append(b, "request"...)
	case 1:
		b = p.addr4(append(b, "reply "...), d[4:])
		b = p.addr4(append(b, '/'), d[8:])
	case 2:
		b = appendHexNumber(append(b, "keepalive: mineseen="...), uint64(be32(d, 4)), 8)
		b = appendHexNumber(append(b, ", yourseen="...), uint64(be32(d, 8)), 8)
		b = appendHexNumber(append(b, ", reliability="...), uint64(be16(d, 12)), 4)
		if length >= most {
			if len(d) < most {
				return p.stop(b, "chdlc_slarp")
			}
			rest = d[most:]
			s := int(be32(d, least) / 1000)
			b = append(appendInt(append(b, ", link uptime="...), s/86400), 'd')
			b = append(appendInt(b, s/3600%24), 'h')
			b = append(appendInt(b, s/60%60), 'm')
			b = append(appendInt(b, s%60), 's')
		}
	default:
		b = append(appendHexNumber(b, uint64(code), 2), " unknown"...)
		if p.opts.Verbose <= 1 {
			b = appendUnknown(b, "\n\t", rest, length-4)
		}
	}
	if length > most && p.opts.Verbose > 0 {
		b = append(appendInt(append(b, ", (trailing junk: "...), length-most), " bytes)"...)
	}
	if p.opts.Verbose > 1 {
		b = appendUnknown(b, "\n\t", rest, length-4)
	}
	return b
}

// pppSerial prints a packet of PPP in HDLC-like framing, as a serial line has it, or of Cisco's HDLC.
func (p *Line) pppSerial(b, d []byte, length int) ([]byte, int) {
	if len(d) < 2 {
		return p.trunc(b, "ppp_hdlc"), len(d)
	}
	if d[0] == chdlcUnicast || d[0] == chdlcBroadcast {
		return p.chdlc(b, d, length)
	}
	if len(d) < 4 {
		return p.trunc(b, "ppp_hdlc"), len(d)
	}
	if p.opts.LinkHeader {
		b = append(appendHexBytes(b, d[:1]), ' ')
		b = append(appendHexBytes(b, d[1:2]), ' ')
		b = append(appendInt(b, length), ' ')
	}
	if d[0] != 0xff {
		b = appendHexBytes(append(b, "unknown addr "...), d[2:3]) // as tcpdump does, which has gone on already
		return appendHexBytes(append(b, "; ctrl "...), d[3:4]), 2
	}
	proto := be16(d, 2)
	if name := pppName(proto); name != "" {
		b = append(b, name...)
	} else {
		b = append(appendHexNumber(append(b, "unknown PPP protocol ("...), uint64(proto), 4), ')')
	}
	return p.pppPayload(append(b, ": "...), d[2:], 2, length-2, proto), 4
}
