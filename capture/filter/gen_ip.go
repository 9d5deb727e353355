package filter

import (
	"net/netip"
	"strings"

	"smoltcp/dissect"
)

// IP protocol numbers.
const (
	ipICMP     = 1
	ipIGMP     = 2
	ipTCP      = 6
	ipIGRP     = 9
	ipUDP      = 17
	ipFragment = 44
	ipESP      = 50
	ipAH       = 51
	ipICMPv6   = 58
	ipNoNext   = 59
	ipPIM      = 103
	ipVRRP     = 112
	ipSCTP     = 132

	// anyPortProto stands for all protocols with ports.
	anyPortProto = -1
)

// Protocols of OSI, and PDU types of IS-IS (ISO 10589).
const (
	osiCLNP = 0x81
	osiESIS = 0x82
	osiISIS = 0x83

	isisL1Hello = 15
	isisL2Hello = 16
	isisPtP     = 17
	isisL1LSP   = 18
	isisL2LSP   = 20
	isisL1CSNP  = 24
	isisL2CSNP  = 25
	isisL1PSNP  = 26
	isisL2PSNP  = 27
)

// protocol makes the tests of a protocol word alone.
func (g *generator) protocol(p proto) *cond {
	isis := func(pdus ...uint32) (c *cond) {
		for _, pdu := range pdus {
			c = or(c, g.carries(protoISIS, pdu))
		}
		return c
	}
	switch p {
	case protoIP:
		return g.etherType(etherTypeIP)
	case protoARP:
		return g.etherType(etherTypeARP)
	case protoRARP:
		return g.etherType(etherTypeRARP)
	case protoATalk:
		return g.etherType(etherTypeATalk)
	case protoAARP:
		return g.etherType(etherTypeAARP)
	case protoDECnet:
		return g.etherType(etherTypeDECnet)
	case protoSCA:
		return g.etherType(etherTypeSCA)
	case protoLAT:
		return g.etherType(etherTypeLAT)
	case protoMOPDL:
		return g.etherType(etherTypeMOPDL)
	case protoMOPRC:
		return g.etherType(etherTypeMOPRC)
	case protoIPv6:
		return g.etherType(etherTypeIPv6)
	case protoISO:
		return g.etherType(sapISO)
	case protoSTP:
		return g.etherType(sapSTP)
	case protoIPX:
		return g.etherType(sapIPX)
	case protoNetBEUI:
		return g.etherType(sapNetBEUI)
	case protoSCTP:
		return g.carries(anyProto, ipSCTP)
	case protoTCP:
		return g.carries(anyProto, ipTCP)
	case protoUDP:
		return g.carries(anyProto, ipUDP)
	case protoPIM:
		return g.carries(anyProto, ipPIM)
	case protoAH:
		return g.carries(anyProto, ipAH)
	case protoESP:
		return g.carries(anyProto, ipESP)
	case protoICMP:
		return g.carries(protoIP, ipICMP)
	case protoIGMP:
		return g.carries(protoIP, ipIGMP)
	case protoIGRP:
		return g.carries(protoIP, ipIGRP)
	case protoVRRP, protoCARP:
		return g.carries(protoIP, ipVRRP)
	case protoICMPv6:
		return g.carries(protoIPv6, ipICMPv6)
	case protoCLNP:
		return g.carries(protoISO, osiCLNP)
	case protoESIS:
		return g.carries(protoISO, osiESIS)
	case protoISIS:
		return g.carries(protoISO, osiISIS)
	case protoL1:
		return isis(isisL1PSNP, isisL1CSNP, isisL1LSP, isisL1Hello, isisPtP)
	case protoL2:
		return isis(isisL2PSNP, isisL2CSNP, isisL2LSP, isisL2Hello, isisPtP)
	case protoIIH:
		return isis(isisPtP, isisL1Hello, isisL2Hello)
	case protoLSP:
		return isis(isisL1LSP, isisL2LSP)
	case protoSNP:
		return isis(isisL2PSNP, isisL1PSNP, isisL1CSNP, isisL2CSNP)
	case protoCSNP:
		return isis(isisL1CSNP, isisL2CSNP)
	case protoPSNP:
		return isis(isisL1PSNP, isisL2PSNP)
	}
	g.fail("%s alone is no condition: expected host, proto, broadcast or [ after it", p)
	return nil
}

// carries tests that a header of protocol p names v as what follows it.
func (g *generator) carries(p proto, v uint32) *cond {
	switch p {
	case anyProto:
		return or(g.carries(protoIP, v), g.carries(protoIPv6, v))
	case protoLink:
		return g.etherType(v)
	case protoIP:
		return and(g.etherType(etherTypeIP), g.equal(fromNet, 9, sizeB, v))
	case protoIPv6:
		// A fragment header is looked behind, no other extension header.
		return and(g.etherType(etherTypeIPv6), or(
			g.equal(fromNet, 6, sizeB, v),
			and(g.equal(fromNet, 6, sizeB, ipFragment), g.equal(fromNet, 40, sizeB, v))))
	case protoISO:
		if g.link == linkFrameRelay { // the protocol identifier there is that of ISO's protocol itself
			return g.equal(fromLinkHeader, 2, sizeH, 0x0300|v)
		}
		if g.link == linkCHDLC {
			// Cisco's encapsulation has a byte of padding here.
			return and(g.etherType(sapISO), g.equal(fromNetNoSNAP, 1, sizeB, v))
		}
		return and(g.etherType(sapISO), g.equal(fromNetNoSNAP, 0, sizeB, v))
	case protoISIS:
		return and(g.carries(protoISO, osiISIS), g.equal(fromNetNoSNAP, 4, sizeB, v))
	}
	g.fail("%s proto: a protocol is named in ip, ip6, ether, iso and isis headers", p)
	return nil
}

// match makes the tests of a name, number or address.
func (g *generator) match(m match) *cond {
	q := m.quals
	switch m.value.kind {
	case tMAC:
		if q.proto != protoLink || q.target != targetHost && q.target != anyTarget {
			g.fail("a hardware address needs ether before it (ether host %s)", m.value.text)
		}
		return g.mac(parseMAC(m.value.text), q.dir)
	case tARCnet:
		g.fail("ARCnet addresses are for captures of ARCnet, which this is not")
	case tIPv6:
		return g.matchIPv6(m)
	case tNumber:
		return g.matchNumber(q, m.value.value, 32, true)
	case tDotted:
		if m.mask != nil {
			return g.matchMasked(m)
		}
		switch q.target {
		case targetPort, targetPortRange, targetProto, targetProtoChain:
			g.fail("an address can be a host or a net, but not a port or protocol")
		case targetGateway:
			g.fail("gateway needs the name of a host")
		}
		if q.proto == protoDECnet {
			return g.decnetHost(decnetAddress(m.value.text), q.dir)
		}
		v, bits := g.dotted(m.value)
		return g.matchNumber(q, v, bits, false)
	}
	return g.matchName(q, m.value.text)
}

// dotted reads an IPv4 address or the beginning of one, and gives how many bits it has.
func (g *generator) dotted(t token) (v uint32, bits int) {
	for _, part := range strings.Split(t.text, ".") {
		n := uint32(0)
		for i := range len(part) {
			if n = n*10 + uint32(part[i]-'0'); !isDigit(part[i]) || n > 255 {
				g.raise(t.pos, "%s is not an IPv4 address (want numbers from 0 to 255, in decimal)", quote(t.text))
			}
		}
		v, bits = v<<8|n, bits+8
	}
	return v, bits
}

// matchNumber makes the tests of a number with so many bits; plain if it has no dots.
func (g *generator) matchNumber(q qualifiers, v uint32, bits int, plain bool) *cond {
	switch q.target {
	case anyTarget, targetHost, targetNet:
		mask := uint32(0xffffffff)
		switch {
		case q.proto == protoDECnet:
			return g.decnetHost(v, q.dir)
		case q.proto == protoLink:
			g.fail("ether %s needs a hardware address", [...]string{"", "host", "net"}[q.target])
		case plain && q.target == targetNet:
			for v != 0 && v>>24 == 0 { // net 10 is net 10.0.0.0/8
				v, mask = v<<8, mask<<8
			}
		default:
			v, mask = v<<(32-bits), mask<<(32-bits)
		}
		return g.host(v, mask, q)
	case targetPort:
		proto := g.portProto(q)
		return g.ports(g.portNumber(v), g.portNumber(v), proto, q.dir, false)
	case targetPortRange:
		proto := g.portProto(q)
		return g.ports(g.portNumber(v), g.portNumber(v), proto, q.dir, true)
	case targetProto:
		return g.carries(q.proto, v)
	case targetProtoChain:
		return g.protoChain(q.proto, v)
	}
	g.fail("gateway needs the name of a host")
	return nil
}

// matchMasked makes the tests of an IPv4 network with a mask.
func (g *generator) matchMasked(m match) *cond {
	if m.quals.target != targetNet {
		g.raise(m.mask.pos, "a mask is for net, not for %s", [...]string{"a host", "a host", "", "a port", "ports", "a gateway", "a protocol", "a protocol"}[m.quals.target])
	}
	v, bits := g.dotted(m.value)
	v <<= 32 - bits
	var mask uint32
	text := m.value.text + "/" + m.mask.text
	if m.mask.kind == tNumber {
		if m.mask.value > 32 {
			g.raise(m.mask.pos, "a mask of IPv4 has 32 bits at most")
		}
		mask = ^uint32(0) << (32 - m.mask.value)
	} else {
		n, bits := g.dotted(*m.mask)
		mask = n << (32 - bits)
		text = m.value.text + " mask " + m.mask.text
	}
	if v&^mask != 0 {
		g.fail("%s has bits set outside the mask (did you mean %s?)", text, netip.AddrFrom4([4]byte{byte(v & mask >> 24), byte(v & mask >> 16), byte(v & mask >> 8), byte(v & mask)}))
	}
	return g.host(v, mask, m.quals)
}

// matchIPv6 makes the tests of an IPv6 address or network.
func (g *generator) matchIPv6(m match) *cond {
	addr, err := netip.ParseAddr(m.value.text)
	if err != nil {
		g.fail("%s is not an IPv6 address", quote(m.value.text))
	}
	bits := uint32(128)
	if m.mask != nil {
		if bits = m.mask.value; bits > 128 {
			g.raise(m.mask.pos, "a mask of IPv6 has 128 bits at most")
		}
		if p := netip.PrefixFrom(addr, int(bits)); p.Masked().Addr() != addr {
			g.fail("%s has bits set outside the mask (did you mean %s?)", p, p.Masked())
		}
	}
	switch m.quals.target {
	case anyTarget, targetHost:
		if bits != 128 {
			g.raise(m.mask.pos, "a mask is for net, not for host")
		}
	case targetNet:
	default:
		g.fail("expected a number or a name, not an IPv6 address")
	}
	return g.host6(addr, int(bits), m.quals)
}

// direction combines the tests of source and destination.
func (g *generator) direction(dir direction, src, dst func() *cond) *cond {
	switch dir {
	case dirSrc:
		return src()
	case dirDst:
		return dst()
	case dirBoth:
		return and(src(), dst())
	case anyDir, dirEither:
		return or(src(), dst())
	}
	g.fail("%s is a hardware address of 802.11", dir)
	return nil
}

// host makes the tests of an IPv4 address under a mask, in headers of IPv4, ARP and RARP.
func (g *generator) host(addr, mask uint32, q qualifiers) *cond {
	in := func(etherType, srcOffset, dstOffset uint32) *cond {
		at := func(offset uint32) func() *cond {
			return func() *cond {
				return and(g.etherType(etherType), g.equalMasked(fromNet, offset, sizeW, mask, addr))
			}
		}
		return g.direction(q.dir, at(srcOffset), at(dstOffset))
	}
	ip := func() *cond { return in(etherTypeIP, 12, 16) }
	arp := func() *cond { return in(etherTypeARP, 14, 24) }
	rarp := func() *cond { return in(etherTypeRARP, 14, 24) }
	switch q.proto {
	case anyProto:
		if g.mpls > 0 { // it carries nothing else
			return ip()
		}
		return or(ip(), arp(), rarp())
	case protoIP:
		return ip()
	case protoARP:
		return arp()
	case protoRARP:
		return rarp()
	case protoDECnet:
		return g.decnetHost(addr, q.dir)
	}
	g.fail("IPv4 addresses are in ip, arp and rarp, not in %s", q.proto)
	return nil
}

// host6 makes the tests of an IPv6 address under a mask of so many bits.
func (g *generator) host6(addr netip.Addr, bits int, q qualifiers) *cond {
	if q.proto != anyProto && q.proto != protoIPv6 {
		g.fail("IPv6 addresses are in ip6, not in %s", q.proto)
	}
	a := addr.As16()
	at := func(offset uint32) func() *cond {
		return func() *cond {
			c := g.etherType(etherTypeIPv6)
			for i := range 4 {
				v := uint32(a[4*i])<<24 | uint32(a[4*i+1])<<16 | uint32(a[4*i+2])<<8 | uint32(a[4*i+3])
				mask := ^uint32(0) << (32 - min(32, max(0, bits-32*i)))
				c = and(c, g.equalMasked(fromNet, offset+uint32(4*i), sizeW, mask, v))
			}
			return c
		}
	}
	return g.direction(q.dir, at(8), at(24))
}

// portProto gives the protocol of ports that qualifiers ask for.
func (g *generator) portProto(q qualifiers) int {
	switch q.proto {
	case anyProto:
		return anyPortProto
	case protoTCP:
		return ipTCP
	case protoUDP:
		return ipUDP
	case protoSCTP:
		return ipSCTP
	}
	g.fail("tcp, udp and sctp have ports, %s has none", q.proto)
	return 0
}

func (g *generator) portNumber(v uint32) uint32 {
	if v > 65535 {
		g.fail("port %d is above 65535", v)
	}
	return v
}

// ports makes the tests of a range of ports, or of one.
func (g *generator) ports(low, high uint32, ipProto int, dir direction, isRange bool) *cond {
	if low > high {
		low, high = high, low
	}
	protos := []uint32{ipSCTP, ipTCP, ipUDP}
	if ipProto != anyPortProto {
		protos = []uint32{uint32(ipProto)}
	}
	// behind makes the tests within one version of IP.
	behind := func(etherType, protoOffset uint32, transport anchor, unfragmented func() *cond) *cond {
		at := func(offset uint32) func() *cond {
			return func() *cond {
				if !isRange {
					return g.equal(transport, offset, sizeH, low)
				}
				return and(g.atLeast(transport, offset, sizeH, low), not(g.above(transport, offset, sizeH, high)))
			}
		}
		c := g.etherType(etherType)
		var any *cond
		for _, p := range protos {
			any = or(any, and(g.equal(fromNet, protoOffset, sizeB, p), unfragmented(), g.direction(dir, at(0), at(2))))
		}
		return and(c, any)
	}
	return or(
		behind(etherTypeIPv6, 6, fromTransportIPv6, func() *cond { return nil }),
		behind(etherTypeIP, 9, fromTransportIPv4, g.firstFragment))
}

// firstFragment tests that an IPv4 packet is whole, or the fragment with the transport header.
func (g *generator) firstFragment() *cond { return not(g.bitsSet(fromNet, 6, sizeH, 0x1fff)) }

// matchName makes the tests of a name.
func (g *generator) matchName(q qualifiers, name string) *cond {
	switch q.target {
	case targetNet:
		n, ok := g.Resolver.Network(name)
		if !ok || n == 0 {
			g.fail("no such network: %s", quote(name))
		}
		mask := uint32(0xffffffff)
		for n != 0 && n>>24 == 0 {
			n, mask = n<<8, mask<<8
		}
		return g.host(n, mask, q)
	case anyTarget, targetHost:
		return g.hostName(q, name)
	case targetPort:
		want := g.portProto(q)
		port, real, ok := g.portName(name)
		if !ok {
			g.fail("no such port: %s", quote(name))
		}
		return g.ports(port, port, g.namedPortProto(name, want, real), q.dir, false)
	case targetPortRange:
		want := g.portProto(q)
		low, high, real, ok := g.portRangeName(name)
		if !ok {
			g.fail("no such range of ports: %s (want two ports with a hyphen between them, such as 20-25)", quote(name))
		}
		return g.ports(g.portNumber(low), g.portNumber(high), g.namedPortProto(name, want, real), q.dir, true)
	case targetProto:
		return g.carries(q.proto, g.protoName(q.proto, name))
	case targetProtoChain:
		return g.protoChain(q.proto, g.protoName(q.proto, name))
	}
	g.fail("gateway is not supported: write ether host ADDRESS and not host NAME")
	return nil
}

// hostName makes the tests of the addresses of a host.
func (g *generator) hostName(q qualifiers, name string) (c *cond) {
	switch q.proto {
	case protoLink:
		addr, ok := g.Resolver.Ether(name)
		if !ok {
			g.fail("no such host: %s (want a hardware address, or a name from /etc/ethers)", quote(name))
		}
		return g.mac(addr, q.dir)
	case protoDECnet:
		g.fail("a DECnet host is an area and a node, such as 1.2")
	}
	addrs, err := g.Resolver.Host(name)
	if err != nil || len(addrs) == 0 {
		g.fail("no such host: %s", quote(name))
	}
	for _, a := range addrs {
		q := q
		switch a = a.Unmap(); {
		case a.Is4() && q.proto != protoIPv6:
			if q.proto == anyProto && !g.linkType.set {
				q.proto = protoIP
			}
			b := a.As4()
			c = or(c, g.host(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3]), 0xffffffff, q))
		case a.Is6() && (q.proto == anyProto || q.proto == protoIPv6):
			c = or(c, g.host6(a.WithZone(""), 128, q))
		}
	}
	if c == nil {
		g.fail("host %s has no address that fits %s", quote(name), q.proto)
	}
	return c
}

// namedPortProto combines the protocol that qualifiers ask for with the one that a name implies.
func (g *generator) namedPortProto(name string, want, real int) int {
	if want == anyPortProto {
		return real
	}
	if real != anyPortProto && real != want {
		g.fail("port %s is of another protocol: %s", quote(name), dissect.IPProto(real))
	}
	return want
}

// decnetAddress gives the number of a DECnet address: an area of 6 bits and a node of 10.
func decnetAddress(s string) uint32 {
	var parts [2]uint32
	for i, p := range strings.SplitN(s, ".", 3)[:2] {
		for j := range len(p) {
			if !isDigit(p[j]) {
				break
			}
			parts[i] = parts[i]*10 + uint32(p[j]-'0')
		}
	}
	return parts[0]<<10 | parts[1]&0x3ff
}

// decnetHost makes the tests of a DECnet address in routing headers, short and long ones, padded by a byte or not.
func (g *generator) decnetHost(addr uint32, dir direction) *cond {
	v := addr&0xff<<8 | addr>>8&0xff // little-endian on the wire
	at := func(short, long uint32) func() *cond {
		return func() *cond {
			return and(g.etherType(etherTypeDECnet), or(
				and(g.equalMasked(fromNet, 2, sizeB, 0x07, 0x02), g.equal(fromNet, short, sizeH, v)),
				and(g.equalMasked(fromNet, 2, sizeH, 0xff07, 0x8102), g.equal(fromNet, short+1, sizeH, v)),
				and(g.equalMasked(fromNet, 2, sizeB, 0x07, 0x06), g.equal(fromNet, long, sizeH, v)),
				and(g.equalMasked(fromNet, 2, sizeH, 0xff07, 0x8106), g.equal(fromNet, long+1, sizeH, v))))
		}
	}
	return g.direction(dir, at(5, 17), at(3, 9))
}

// protoChain tests whether one of the headers behind an IP header is of protocol v, by a loop that follows them.
func (g *generator) protoChain(p proto, v uint32) *cond {
	if g.payload.variable {
		g.fail("protochain needs a link-layer header of constant length")
	}
	switch p {
	case anyProto:
		g.word() // libpcap never gives this one back; what reads memory that was never written finds the same
		return or(g.protoChain(protoIP, v), g.protoChain(protoIPv6, v))
	case protoIP, protoIPv6:
	default:
		g.fail("protochain follows the headers of ip and ip6, not of %s", p)
	}
	g.unoptimisable = true
	word := g.word()
	defer g.free(word)
	net := g.payload.at + g.net

	var list []*stmt
	add := func(codes ...uint32) *stmt {
		list = append(list, does(codes...)...)
		return list[len(list)-1]
	}
	// jump adds a test with the targets that are given later.
	jump := func(k uint32) *stmt { return add(opJeqK, k) }

	// A is the number of the header at packet[net+X].
	var ethertype uint32 = etherTypeIP
	if p == protoIP {
		add(classLd|modeAbs|sizeB, net+9, opLdxMsh, net)
	} else {
		ethertype = etherTypeIPv6
		add(classLd|modeAbs|sizeB, net+6, opLdxImm, 40)
	}
	found := &stmt{code: opAddK, k: 0}
	again := jump(v)
	none := jump(ipNoNext)
	again.jt, again.jf = found, none
	none.jt = found

	// Extension headers: A, the length in units of 8, is in the second byte.
	if p == protoIPv6 {
		first := len(list)
		tests := []*stmt{jump(0), jump(60), jump(43), jump(ipFragment)}
		body := add(classLd|modeInd|sizeB, net)
		add(opSt, word, classLd|modeInd|sizeB, net+1, opAddK, 1, classALU|aluMul, 8, opAddX, 0, opTax, 0, opLdMem, word)
		add(opJa, 0).jt = again
		for i, t := range tests {
			t.jt = body
			if i+1 < len(tests) {
				t.jf = tests[i+1]
			}
		}
		none.jf = list[first]
		ah := jump(ipAH)
		tests[len(tests)-1].jf = ah
		ah.jf = found
		ah.jt = g.followAH(&list, net, word, again)
	} else {
		pad := add(opAddK, 0)
		none.jf = pad
		ah := jump(ipAH)
		ah.jf = found
		ah.jt = g.followAH(&list, net, word, again)
	}
	list = append(list, found)
	return and(g.etherType(ethertype), test(list, opJeqK, v))
}

// followAH adds the statements that step over an authentication header: its length is in units of 4, less 2. As in libpcap, X
// is set to the length, not advanced by it.
func (g *generator) followAH(list *[]*stmt, net, word uint32, again *stmt) *stmt {
	s := does(opTxa, 0, classLd|modeInd|sizeB, net, opSt, word, opTxa, 0, opAddK, 1, opTax, 0,
		classLd|modeInd|sizeB, net, opAddK, 2, classALU|aluMul, 4, opTax, 0, opLdMem, word, opJa, 0)
	s[len(s)-1].jt = again
	*list = append(*list, s...)
	return s[0]
}
