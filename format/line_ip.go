package format

import "smoltcp/dissect"

// ipContext is what a protocol inside an IP packet may want to know of it.
type ipContext struct {
	header     []byte // the IP header and all that was captured behind it
	payload    []byte // the same from the end of the header and its extensions on
	fragmented bool   // payload is the first of several fragments
}

// v6 reports whether the packet is an IPv6 one.
func (c *ipContext) v6() bool { return c.header[0]>>4 == 6 }

// next is the protocol that the fixed part of the header names.
func (c *ipContext) next() dissect.IPProto {
	if c.v6() {
		return dissect.IPProto(c.header[6])
	}
	return dissect.IPProto(c.header[9])
}

// ttl is how many more hops the packet may go.
func (c *ipContext) ttl() uint8 {
	if c.v6() {
		return c.header[7]
	}
	return c.header[8]
}

// enter counts a packet within a packet. When there are too many it says so and reports false; when it
// reports true the caller must leave.
func (p *Line) enter(b []byte) ([]byte, bool) {
	if p.depth == maxLineDepth {
		return append(b, " [nested too deep]"...), false
	}
	p.depth++
	return b, true
}

func (p *Line) leave() { p.depth-- }

// proto prints the name of a protocol at the start of what it says.
func (p *Line) proto(b []byte, name string) []byte {
	return p.off(append(p.on(b, RoleProto), name...), RoleProto)
}

// number4 and number6 print an address that never has a name.
func (p *Line) number4(b, a []byte) []byte {
	return p.off(appendIPv4(p.on(b, RoleAddress), a), RoleAddress)
}

func (p *Line) number6(b, a []byte) []byte {
	return p.off(appendIPv6(p.on(b, RoleAddress), a), RoleAddress)
}

// addr4 and addr6 print an address, without its port.
func (p *Line) addr4(b, a []byte) []byte {
	if p.opts.Names != nil {
		if b, ok := p.host4(b, a); ok {
			return b
		}
	}
	return p.number4(b, a)
}

func (p *Line) addr6(b, a []byte) []byte {
	if p.opts.Names != nil {
		if b, ok := p.host6(b, a); ok {
			return b
		}
	}
	return p.number6(b, a)
}

func (p *Line) port(b []byte, v uint16) []byte {
	return p.off(appendDecimal(p.on(b, RolePort), uint64(v)), RolePort)
}

// addrs prints "src > dst" of the packet that c is about.
func (p *Line) addrs(b []byte, c *ipContext) []byte {
	if c.v6() {
		return p.addr6(append(p.addr6(b, c.header[8:]), " > "...), c.header[24:])
	}
	return p.addr4(append(p.addr4(b, c.header[12:]), " > "...), c.header[16:])
}

// addrPorts prints "src.port > dst.port: ". Behind another header than the one that names protocol proto, the
// addresses have been printed already and the ports stand alone.
func (p *Line) addrPorts(b []byte, c *ipContext, proto dissect.IPProto, src, dst uint16) []byte {
	switch {
	case c.next() != proto:
		b = append(p.service(b, proto, src), " > "...)
	case c.v6():
		b = append(p.service(append(p.addr6(b, c.header[8:]), '.'), proto, src), " > "...)
		b = append(p.addr6(b, c.header[24:]), '.')
	default:
		b = append(p.service(append(p.addr4(b, c.header[12:]), '.'), proto, src), " > "...)
		b = append(p.addr4(b, c.header[16:]), '.')
	}
	return append(p.service(b, proto, dst), ": "...)
}

// printsAddrs reports whether a protocol prints the addresses of the IP header itself, ports with them.
func printsAddrs(proto dissect.IPProto) bool {
	switch proto {
	case dissect.ProtoTCP, dissect.ProtoUDP, dissect.ProtoSCTP, protoDCCP:
		return true
	}
	return false
}

// missing says that length bytes of a header were promised and fewer captured, and gives up.
func (p *Line) missing(b []byte, captured, length int, proto string) []byte {
	b = appendInt(append(b, " [remaining caplen("...), captured)
	b = appendInt(append(b, ") < header length("...), length)
	return p.stop(append(b, ")]"...), proto)
}

// ipv4 prints an IPv4 packet.
func (p *Line) ipv4(b, d []byte, length int) []byte {
	if len(d) == 0 {
		return p.stop(b, "ip")
	}
	if v := d[0] >> 4; v != 4 {
		b = appendInt(p.proto(b, "IP"), int(v))
		if v == 6 {
			b = append(b, ", wrong link-layer encapsulation"...)
		}
		return p.invalid(b)
	}
	if !p.opts.LinkHeader {
		b = append(p.proto(b, "IP"), ' ')
	}
	if len(d) < dissect.IPv4MinHeaderLen {
		return p.trunc(b, "ip")
	}
	ip := dissect.IPv4(d)
	header, total := ip.HeaderLen(), ip.TotalLen()
	switch {
	case length < dissect.IPv4MinHeaderLen:
		return appendInt(append(b, "truncated-ip "...), length)
	case header < dissect.IPv4MinHeaderLen:
		return appendInt(append(b, "bad-hlen "...), header)
	}
	if length < total {
		b = appendInt(append(b, "truncated-ip - "...), total-length)
		b = append(b, " bytes missing! "...)
	}
	if total < header {
		return appendInt(append(b, "bad-len "...), total)
	}
	ip = dissect.IPv4(clip(d, total))
	c := ipContext{header: ip, fragmented: ip.MoreFragments()}
	if p.opts.Verbose > 0 {
		var whole bool
		if b, whole = p.ipv4Verbose(b, ip); p.stopped {
			return b
		}
		if !whole {
			return p.trunc(append(p.addrs(b, &c), ": "...), "ip")
		}
	}
	proto := ip.Protocol()
	if ip.FragmentOffset() != 0 {
		return p.ipProto(append(p.addrs(b, &c), ": "...), proto)
	}
	if !printsAddrs(proto) {
		b = append(p.addrs(b, &c), ": "...)
	}
	if len(ip) < header {
		return p.missing(b, len(ip), header, "ip")
	}
	c.payload = ip[header:]
	return p.byIPProto(b, proto, c.payload, total-header, &c)
}

// ipv4Verbose prints the fields of a header in parentheses. It reports false if some options were not captured.
func (p *Line) ipv4Verbose(b []byte, ip dissect.IPv4) ([]byte, bool) {
	b = append(b, "(tos 0x"...)
	b = appendHex(b, uint64(ip.DSCP())<<2|uint64(ip.ECN()), 1)
	b = append(b, [...]string{"", ",ECT(1)", ",ECT(0)", ",CE"}[ip.ECN()&3]...)
	if ttl := ip.TTL(); ttl > 0 {
		b = appendInt(append(b, ", ttl "...), int(ttl))
	}
	b = appendInt(append(b, ", id "...), int(ip.ID()))
	b = appendInt(append(b, ", offset "...), ip.FragmentOffset())
	b = append(b, ", flags ["...)
	b = appendBits(b, ipv4FlagNames, uint32(be16(ip, 6)), ", ", "none")
	b = append(b, "], proto "...)
	b = append(appendIPProto(b, ip.Protocol()), ", length "...)
	b = appendInt(b, ip.TotalLen())

	header, whole := ip.HeaderLen(), true
	if header > dissect.IPv4MinHeaderLen {
		b = append(b, ", options ("...)
		b, whole = p.ipv4Options(b, ip[dissect.IPv4MinHeaderLen:], header-dissect.IPv4MinHeaderLen)
		if p.stopped {
			return b, false
		}
		if !whole {
			b = append(b, " [truncated-option]"...)
		}
		b = append(b, ')')
	}
	if len(ip) >= header && !p.opts.NoChecksum {
		if r := residue(dissect.Sum(0).Add(ip[:header])); r != 0 {
			b = p.on(b, RoleError)
			b = appendHex(append(b, ", bad cksum "...), uint64(ip.Checksum()), 1)
			b = appendHex(append(b, " (->"...), uint64(rightChecksum(ip.Checksum(), r)), 1)
			b = p.off(append(b, ")!"...), RoleError)
		}
	}
	return append(b, ")\n    "...), whole
}

var ipv4FlagNames = []bitName{{0x2000, "+"}, {0x4000, "DF"}, {0x8000, "rsvd"}}

// residue is what the sum of a packet with its checksum leaves over: zero if the checksum is right.
func residue(s dissect.Sum) uint16 { return s.Checksum() }

// rightChecksum is what should be in place of the checksum got, whose packet leaves residue r.
func rightChecksum(got, r uint16) uint16 {
	return dissect.Sum(0).AddUint16(got).AddUint16(r).Fold()
}

// appendIPProto appends the name and the number of a protocol: "TCP (6)".
func appendIPProto(b []byte, proto dissect.IPProto) []byte {
	name := lineProtoNames[proto]
	if name == "" {
		name = "unknown"
	}
	b = append(append(b, name...), " ("...)
	return append(appendInt(b, int(proto)), ')')
}

// lineProtoNames are tcpdump's names of the protocols in IP.
var lineProtoNames = [256]string{
	0: "Options", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 8: "EGP", 9: "IGRP", 17: "UDP", 33: "DCCP", 41: "IPv6",
	43: "Routing", 44: "Fragment", 46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH", 55: "Mobile IP", 58: "ICMPv6", 62: "Mobile IP (old)", 88: "EIGRP", 89: "OSPF",
	103: "PIM", 108: "Compressed IP", 112: "VRRP", 113: "PGM", 132: "SCTP", 135: "Mobility", 143: "Ethernet",
}

// ipv4Options prints n bytes of options at d, which may hold fewer or more; what stands behind is read as tcpdump reads it,
// when an option's length lies. It reports false when an option was not captured whole.
func (p *Line) ipv4Options(b, d []byte, n int) (_ []byte, whole bool) {
	for first := true; n > 0; first = false {
		if !first {
			b = append(b, ',')
		}
		if len(d) == 0 {
			return p.stop(b, "ip"), false
		}
		t := dissect.IPv4OptionType(d[0])
		b = appendIPv4OptionName(b, t)
		size := 1
		if t != dissect.IPv4OptEnd && t != dissect.IPv4OptNop {
			if len(d) < 2 {
				return p.stop(b, "ip"), false
			}
			size = int(d[1])
			if size < 2 || size > n {
				return appendBadLength(b, size), true
			}
		}
		if len(d) < size {
			return b, false
		}
		whole = true
		switch t {
		case dissect.IPv4OptEnd:
			return b, true
		case dissect.IPv4OptTimestamp:
			b, whole = p.ipv4Timestamps(b, d, size)
		case dissect.IPv4OptRecordRoute, dissect.IPv4OptLSRR, dissect.IPv4OptSSRR:
			b, whole = p.ipv4Route(b, d, size)
		case dissect.IPv4OptRouterAlert:
			if size < 4 {
				b = appendBadLength(b, size)
			} else if v := be16(d, 2); v != 0 {
				b = appendInt(append(b, " value "...), int(v))
			}
		}
		if !whole {
			return b, false
		}
		d, n = d[size:], n-size
	}
	return b, true
}

func appendIPv4OptionName(b []byte, t dissect.IPv4OptionType) []byte {
	name := ""
	switch t {
	case dissect.IPv4OptSecurity:
		name = "security"
	case dissect.IPv4OptTimestamp:
		name = "timestamp"
	case dissect.IPv4OptTraceroute:
		name = "traceroute"
	case dissect.IPv4OptEnd, dissect.IPv4OptNop, dissect.IPv4OptRecordRoute, dissect.IPv4OptLSRR, dissect.IPv4OptSSRR, dissect.IPv4OptRouterAlert:
		name = t.Name()
	default:
		return appendInt(append(b, "unknown "...), int(t))
	}
	return append(b, name...)
}

func appendBadLength(b []byte, n int) []byte {
	return append(appendInt(append(b, " [bad length "...), n), ']')
}

// ipv4Route prints the addresses of a route option. A comma follows those that the pointer has passed.
func (p *Line) ipv4Route(b, d []byte, size int) ([]byte, bool) {
	if size < 3 {
		return appendBadLength(b, size), true
	}
	if (size+1)%4 != 0 {
		b = appendBadLength(b, size)
	}
	ptr := routePointer(d)
	if ptr < 3 || (ptr+1)%4 != 0 || ptr > size+1 {
		b = append(appendInt(append(b, " [bad ptr "...), int(d[2])), ']')
	}
	for at := 3; at < size; at += 4 {
		if len(d) < at+4 {
			return b, false
		}
		b = p.addr4(append(b, ' '), d[at:])
		if ptr > at {
			b = append(b, ',')
		}
	}
	return b, true
}

// routePointer is where an option says that its next entry goes, counted from 0. A pointer of 0, which cannot be, is far behind
// the end: tcpdump counts without a sign.
func routePointer(d []byte) int { return int(uint32(d[2]) - 1) }

// ipv4Timestamps prints a timestamp option: the times, with addresses if they are there, and ^ where the
// next one goes.
func (p *Line) ipv4Timestamps(b, d []byte, size int) ([]byte, bool) {
	if size < 4 {
		return append(appendInt(append(b, "[bad length "...), size), ']'), true
	}
	b = append(b, " TS{"...)
	hop := 4
	if d[3]&15 != 0 {
		hop = 8
	}
	if (size-4)%hop != 0 {
		b = append(appendInt(append(b, "[bad length "...), size), ']')
	}
	ptr := routePointer(d)
	if ptr < 4 || (ptr-4)%hop != 0 || ptr > size+1 {
		b = append(appendInt(append(b, "[bad ptr "...), int(d[2])), ']')
	}
	at := 4
	switch d[3] & 15 {
	case 0:
		b = append(b, "TSONLY"...)
	case 1:
		b = append(b, "TS+ADDR"...)
	case 3:
		b = append(b, "PRESPEC"...)
	default:
		b = append(appendInt(append(b, "[bad ts type "...), int(d[3]&15)), ']')
		at, ptr = size, size+1
	}
	for ; at < size; at += hop {
		sep := " "
		if ptr == at {
			sep = " ^ "
		}
		if len(d) < at+hop {
			return b, false
		}
		b = append(appendDecimal(append(b, sep...), uint64(be32(d, at+hop-4))), '@')
		if hop == 8 {
			b = p.addr4(b, d[at:])
		}
	}
	if ptr == at {
		b = append(b, " ^ "...)
	}
	if lost := d[3] >> 4; lost != 0 {
		b = appendInt(append(b, " ["...), int(lost))
		return append(b, " hops not recorded]} "...), true
	}
	return append(b, '}'), true
}

const (
	protoEIGRP    dissect.IPProto = 88
	protoEthernet dissect.IPProto = 143 // RFC 8986 section 4.9
)

// byIPProto prints the protocol with number proto. c tells of the IP packet around it.
func (p *Line) byIPProto(b []byte, proto dissect.IPProto, d []byte, length int, c *ipContext) []byte {
	switch proto {
	case dissect.ProtoTCP:
		return p.tcp(b, d, length, c)
	case dissect.ProtoUDP:
		return p.udp(b, d, length, c)
	case dissect.ProtoICMP:
		if c.v6() {
			return p.invalid(append(b, "[ICMP requires IPv4]"...))
		}
		return p.icmp(b, d, length, c)
	case dissect.ProtoIGMP:
		if c.v6() {
			return p.invalid(append(b, "[IGMP requires IPv4]"...))
		}
		return p.igmp(b, d, length)
	case dissect.ProtoICMPv6:
		if !c.v6() {
			return p.invalid(append(b, "[ICMPv6 requires IPv6]"...))
		}
		return p.icmp6(b, d, length, c)
	case protoMobile:
		return p.mobile(b, d)
	case dissect.ProtoIPv4, dissect.ProtoIPv6:
		b, ok := p.enter(b)
		if !ok {
			return b
		}
		if proto == dissect.ProtoIPv4 {
			b = p.ipv4(b, d, length)
		} else {
			b = p.ipv6(b, d, length)
		}
		p.leave()
		return b
	case protoEthernet:
		if !c.v6() {
			return p.invalid(append(b, "[Ethernet requires IPv6]"...))
		}
		b, ok := p.enter(b)
		if !ok {
			return b
		}
		b, _ = p.ethernet(b, d, length)
		p.leave()
		return b
	case dissect.ProtoOSPF:
		if c.v6() {
			return p.ospf6(b, d, length)
		}
		return p.ospf(b, d, length)
	case dissect.ProtoPIM:
		return p.pim(b, d, length, c)
	case dissect.ProtoVRRP:
		if p.force != nil && p.force.vrrp != nil {
			return p.force.vrrp(p, b, d, length, *c)
		}
		return p.vrrp(b, d, length, c)
	case dissect.ProtoESP:
		return p.esp(b, d, length)
	case dissect.ProtoAH:
		return p.ah(b, d, length, c)
	case protoIPComp:
		return p.ipcomp(b, d)
	case dissect.ProtoSCTP:
		return p.sctp(b, d, length, c)
	case dissect.ProtoGRE:
		return p.gre(b, d, length)
	case protoDCCP:
		return p.dccp(b, d, length, c)
	case protoEIGRP:
		return p.eigrp(b, d, length)
	case dissect.ProtoNoNext:
		return append(b, "no next header"...)
	}
	b = p.ipProto(append(b, ' '), proto)
	return appendInt(append(b, ' '), length)
}
