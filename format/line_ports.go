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
// that match, the first is taken. A protocol that is not here prints as bare TCP or UDP. They are filled in init,
// because payload may hold packets with ports in them.
var tcpPorts, udpPorts *portTable

func init() {
	udpPorts = newPortTable([]portRule{
		{53, (*Line).dns},
		{5353, (*Line).mdns},
		{69, (*Line).tftp},
		{67, (*Line).bootp},
		{68, (*Line).bootp},
		{520, (*Line).rip},
		{500, (*Line).isakmp},
		{4500, (*Line).udpESP},
		{7500, (*Line).isakmp},
		{8500, (*Line).isakmp},
		{161, (*Line).snmp},
		{162, (*Line).snmp},
		{123, (*Line).ntp},
		{88, (*Line).kerberos},
		{750, (*Line).kerberos},
		{1701, (*Line).l2tp},
		{521, (*Line).ripng},
		{546, (*Line).dhcp6},
		{547, (*Line).dhcp6},
		{6696, (*Line).babel},
		{6697, (*Line).babel},
		{496, (*Line).autoRP},
		{1645, (*Line).radius},
		{1646, (*Line).radius},
		{1812, (*Line).radius},
		{1813, (*Line).radius},
		{3799, (*Line).radius},
		{1700, (*Line).radius},
		{1985, (*Line).hsrp},
		{646, (*Line).ldp},
		{49152, (*Line).bcmLI},
		{bfdControlPort, (*Line).bfd},
		{bfdMultihopPort, (*Line).bfd},
		{bfdLagPort, (*Line).bfd},
		{bfdEchoPort, (*Line).bfd},
		{6343, (*Line).sflow},
		{5060, (*Line).sip},
		{514, (*Line).syslog},
		{8472, (*Line).otv},
		{4789, (*Line).vxlan},
		{6081, (*Line).geneve},
		{4790, (*Line).vxlanGPE},
		{6635, (*Line).mplsUDP},
		{319, (*Line).ptpUDP},
		{320, (*Line).ptpUDP},
	}).onlyTo(1985, bfdControlPort, bfdEchoPort, bfdMultihopPort, bfdLagPort).onlyFrom(49152)
	tcpPorts = newPortTable([]portRule{
		{23, (*Line).telnet},
		{25, (*Line).smtp},
		{43, (*Line).whois},
		{179, (*Line).bgp},
		{1723, (*Line).pptp},
		{6379, (*Line).resp},
		{22, (*Line).ssh},
		{21, (*Line).ftp},
		{80, (*Line).http},
		{8080, (*Line).http},
		{554, (*Line).rtsp},
		{8554, (*Line).rtsp},
		{53, (*Line).dnsTCP},
		{323, (*Line).rpki},
		{646, (*Line).ldp},
	})
}

// A portTable finds the first rule that one of two ports matches: it holds, for each port to send from and to send to, the place
// of its rule counted from the last, 0 for none.
type portTable struct {
	rules    []portRule
	src, dst [1 << 16]uint8
}

func newPortTable(rules []portRule) *portTable {
	t := &portTable{rules: rules}
	for i := range rules {
		if p := rules[i].port; t.dst[p] == 0 {
			t.src[p] = uint8(len(rules) - i)
			t.dst[p] = t.src[p]
		}
	}
	return t
}

// onlyTo says of which ports only what is sent to them is printed so, not what is sent from them.
func (t *portTable) onlyTo(ports ...uint16) *portTable {
	for _, p := range ports {
		t.src[p] = 0
	}
	return t
}

// onlyFrom is onlyTo the other way round.
func (t *portTable) onlyFrom(ports ...uint16) *portTable {
	for _, p := range ports {
		t.dst[p] = 0
	}
	return t
}

// printer gives what prints payload from src to dst, or nil.
func (t *portTable) printer(src, dst uint16) payloadPrinter {
	if p := int(max(t.src[src], t.dst[dst])); p > 0 {
		return t.rules[len(t.rules)-p].print
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
			case h[2] == 4: // RFC 8754 section 2.1.1 has the last segment first; tcpdump looks there even if there is none
				if len(h) >= 8+16 {
					return h[8 : 8+16]
				}
			case n < 16 || len(h) < 8+n:
			case h[2] == 0 || h[2] == 2:
				return h[8+n-16 : 8+n]
			}
			return dst
		default:
			return dst
		}
		next = dissect.IPProto(h[0])
	}
	return dst
}
