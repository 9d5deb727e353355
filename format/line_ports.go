package format

import "smoltcp/dissect"

// payloadPrinter prints length bytes of payload of a TCP segment or a UDP datagram, of which d was captured. c is a copy,
// since what goes to an unknown function by reference would be allocated for each packet.
type payloadPrinter func(p *Line, b, d []byte, length int, c ipContext) []byte

// A portRule hands the payload of every segment or datagram from or to a port over to a printer.
type portRule struct {
	port  uint16
	print payloadPrinter
}

// tcpPorts and udpPorts are the protocols above TCP and UDP, in the order in which they are tried: of two
// that match, the first is taken. A protocol that is not here prints as bare TCP or UDP.
var tcpPorts, udpPorts []portRule

// portPrinter finds the first of the rules that either port matches, or nil.
func portPrinter(rules []portRule, src, dst uint16) payloadPrinter {
	for i := range rules {
		if r := &rules[i]; r.port == src || r.port == dst {
			return r.print
		}
	}
	return nil
}

// pseudoHeader is the sum of the pseudo-header for length bytes of proto. Under a source route it has the last
// hop's address, not the next one's.
func (c *ipContext) pseudoHeader(proto dissect.IPProto, length int) dissect.Sum {
	if c.v6() {
		ip := c.header
		return dissect.Sum(0).Add(ip[8:24]).Add(c.finalDst6()).AddUint16(uint16(proto)).AddUint32(uint32(length))
	}
	ip := c.header
	return dissect.Sum(0).Add(ip[12:16]).Add(c.finalDst4()).AddUint16(uint16(proto)).AddUint16(uint16(length))
}

// finalDst4 is the destination of an IPv4 packet at the end of its source route, four bytes.
func (c *ipContext) finalDst4() []byte {
	ip := dissect.IPv4(c.header)
	for o := ip.Options(); len(o) > 0; {
		opt, rest, err := dissect.NextIPv4Option(o)
		if err != nil || opt.Type() == dissect.IPv4OptEnd {
			break
		}
		switch opt.Type() {
		case dissect.IPv4OptLSRR, dissect.IPv4OptSSRR:
			if len(opt) >= 7 {
				return opt[len(opt)-4:]
			}
		}
		o = rest
	}
	return ip[16:20]
}

// finalDst6 is the destination of an IPv6 packet at the end of its routing header, sixteen bytes.
func (c *ipContext) finalDst6() []byte {
	dst, next, at := c.header[24:40], dissect.IPProto(c.header[6]), dissect.IPv6HeaderLen
	for at+8 <= len(c.header) {
		h := c.header[at:]
		switch next {
		case dissect.ProtoHopByHop, dissect.ProtoDestOpts:
			at += 8 + 8*int(h[1])
		case dissect.ProtoFragment:
			at += 8
		case dissect.ProtoRouting:
			n := 8 * int(h[1])
			switch {
			case n < 16 || len(h) < 8+n:
			case h[2] == 0 || h[2] == 2:
				return h[8+n-16 : 8+n]
			case h[2] == 4: // RFC 8754 section 2.1.1 has the last segment first
				return h[8 : 8+16]
			}
			return dst
		default:
			return dst
		}
		next = dissect.IPProto(h[0])
	}
	return dst
}
