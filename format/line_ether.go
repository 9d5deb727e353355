package format

import "smoltcp/dissect"

// maxEtherLen is the largest value of the type field that tcpdump takes for an 802.3 length. It leaves
// 0x5dd to 0x5ff to be unknown types, where the standard leaves them undefined.
const maxEtherLen = 1500

// ethernet prints an Ethernet frame and reports how many bytes stand before the network layer.
func (p *Line) ethernet(b, d []byte, length int) ([]byte, int) {
	return p.taggedEthernet(b, d, length, dissect.LinkEthernet)
}

// taggedEthernet prints an Ethernet frame of a link type that may have a switch's tag behind the addresses.
func (p *Line) taggedEthernet(b, d []byte, length int, link dissect.LinkType) ([]byte, int) {
	if length < len(d) { // a tunnel that promises less than it holds
		b = appendInt(append(b, "[length "...), length)
		b = append(appendInt(append(b, " < caplen "...), len(d)), ']')
		return p.invalid(b), length
	}
	tag := switchTagLen(link)
	if len(d) < dissect.EthernetHeaderLen+tag || length < dissect.EthernetHeaderLen+tag {
		return p.trunc(b, switchTagName(link)), len(d)
	}
	outer := p.link
	p.link = linkAddrs{src: d[6:12], dst: d[0:6]}
	defer func() { p.link = outer }()

	if p.opts.LinkHeader {
		b = p.macs(b)
	}
	if tag > 0 {
		b = p.switchTagFields(b, d[12:], link)
	}
	t, total, header := dissect.EtherType(be16(d, 12+tag)), length, dissect.EthernetHeaderLen+tag
	d, length = d[header:], length-header

	sep := lengthOf(total) // what stands between a type and what follows: the length once, then commas
	behind := 0            // bytes at the end of d that are not dumped
	for isTag(t) || t == etherTypeMACsec || t == etherTypeArista {
		if t == etherTypeArista {
			if len(d)-behind < 2 || length < 2 {
				return p.cut(b, "arista"), header + len(d)
			}
			sep = lengthOf(total)
			b = sep.append(p.etherType(b, t))
			var size int
			if b, size = p.aristaTag(b, d); size < 0 {
				return b, header
			}
			if size == 0 {
				if !p.opts.LinkHeader {
					b = p.macs(b)
					b = sep.append(p.etherType(b, t))
				}
				return p.dump(b, d), header
			}
			if len(d) < size+2 || length < size+2 {
				return p.stop(b, "arista"), header
			}
			t = dissect.EtherType(be16(d, size))
			d, length, header = d[size+2:], length-size-2, header+size+2
			continue
		}
		if t == etherTypeMACsec {
			if p.opts.LinkHeader {
				b = sep.append(p.etherType(b, t))
				sep = lengthSeparator{}
			}
			var in macsecInner
			var ok bool
			if b, in, ok = p.macsec(b, d, length); !ok {
				return b, header + in.header
			}
			d, length, header, behind = in.d, in.length, header+in.header, in.behind
			if !in.plain {
				return p.dump(b, d), header
			}
			if len(d)-behind < 2 || length < 2 {
				return p.trunc(b, "ether"), header + len(d) - behind
			}
			t = dissect.EtherType(be16(d, 0))
			d, length, header = d[2:], length-2, header+2
			continue
		}
		v := dissect.VLAN(d)
		if v.Check() != nil || length < dissect.VLANHeaderLen {
			return p.trunc(b, "vlan"), header + len(d)
		}
		if p.opts.LinkHeader {
			b = sep.append(p.etherType(b, t))
			sep = lengthSeparator{}
			b = append(appendTag(b, v), ", "...)
		}
		t = v.Type()
		d, length, header = d[dissect.VLANHeaderLen:], length-dissect.VLANHeaderLen, header+dissect.VLANHeaderLen
	}
	if t <= maxEtherLen {
		return p.ieee8023(b, d[:len(d)-min(behind, len(d))], length, header, int(t), sep)
	}
	if p.opts.LinkHeader {
		b = sep.append(p.etherType(b, t))
	}
	b, known := p.byEtherType(b, t, d, length)
	if !known {
		if !p.opts.LinkHeader {
			b = p.macs(b)
			b = lengthOf(total).append(p.etherType(b, t))
		}
		b = p.dump(b, d[:len(d)-min(behind, len(d))])
	}
	return b, header
}

// ieee8023 prints a frame whose type field is the length of an LLC packet.
func (p *Line) ieee8023(b, d []byte, length, header, n int, sep lengthSeparator) ([]byte, int) {
	if n < length {
		length = n
		d = clip(d, n)
	}
	if p.opts.LinkHeader {
		b = append(b, "802.3"...)
		if sep.set {
			b = lengthOf(length).append(b)
		}
	}
	b, llc, known := p.llc(b, d, length)
	if !known {
		b = p.dump(b, d)
	}
	return b, header + llc
}

// lengthSeparator is ", length N: " the first time, ", " from then on.
type lengthSeparator struct {
	length int
	set    bool
}

func lengthOf(n int) lengthSeparator { return lengthSeparator{n, true} }

func (s lengthSeparator) append(b []byte) []byte {
	if !s.set {
		return append(b, ", "...)
	}
	b = append(b, ", length "...)
	return append(appendInt(b, s.length), ": "...)
}

// isTag reports whether t announces a VLAN tag.
func isTag(t dissect.EtherType) bool {
	switch t {
	case dissect.EtherTypeVLAN, dissect.EtherTypeQinQ, dissect.EtherTypeQinQ1, 0x9200:
		return true
	}
	return false
}

// appendTag appends the fields of a VLAN tag: "vlan 5, p 1, DEI".
func appendTag(b []byte, v dissect.VLAN) []byte {
	b = appendInt(append(b, "vlan "...), int(v.ID()))
	b = appendInt(append(b, ", p "...), int(v.Priority()))
	if v.DropEligible() {
		b = append(b, ", DEI"...)
	}
	return b
}

// macs prints the addresses of the link: "02:00:00:00:00:01 > 02:00:00:00:00:02".
func (p *Line) macs(b []byte) []byte {
	return append(p.linkPair(b), ", "...)
}

func (p *Line) linkPair(b []byte) []byte {
	b = p.hardware(b, p.link.src)
	b = append(b, " > "...)
	return p.hardware(b, p.link.dst)
}

// hardware prints a hardware address.
func (p *Line) hardware(b, addr []byte) []byte {
	if p.opts.Names != nil && len(addr) == 6 {
		return p.mac(b, dissect.MAC(addr))
	}
	return p.octets(b, addr)
}

// octets prints a hardware address that never has a name.
func (p *Line) octets(b, addr []byte) []byte {
	return p.off(appendHardware(p.on(b, RoleAddress), addr), RoleAddress)
}

// etherType prints an EtherType: "ethertype IPv4 (0x0800)", or the name alone with -q.
func (p *Line) etherType(b []byte, t dissect.EtherType) []byte {
	name := etherTypeName(t)
	if p.opts.Quiet {
		if name == "" {
			return append(appendHexNumber(append(b, "Unknown Ethertype ("...), uint64(t), 4), ')')
		}
		return append(b, name...)
	}
	b = append(b, "ethertype "...)
	return appendNamed(b, name, "Unknown", uint64(t), 4)
}

// appendNamed appends a name, or none if it is empty, and the number in hexadecimal: "IPv4 (0x0800)".
func appendNamed(b []byte, name, none string, v uint64, digits int) []byte {
	if name == "" {
		name = none
	}
	b = append(append(b, name...), " ("...)
	return append(appendHexNumber(b, v, digits), ')')
}

// byEtherType prints the protocol that an EtherType names, and reports whether it is known.
func (p *Line) byEtherType(b []byte, t dissect.EtherType, d []byte, length int) ([]byte, bool) {
	switch t {
	case dissect.EtherTypeIPv4:
		return p.ipv4(b, d, length), true
	case dissect.EtherTypeIPv6:
		return p.ipv6(b, d, length), true
	case dissect.EtherTypeARP, dissect.EtherTypeRARP:
		return p.arp(b, d, length), true
	case dissect.EtherTypeMPLS, etherTypeMPLSMulticast:
		return p.mpls(b, d, length), true
	case dissect.EtherTypeEAPOL:
		return p.eapol(b, d, length), true
	case 0x88f7:
		return p.ptp(b, d, length), true
	case dissect.EtherTypeLLDP:
		return p.lldp(b, d, length), true
	case etherTypePPPoEDiscovery, dissect.EtherTypePPPoE:
		return p.pppoe(b, d, length), true
	case etherTypeNSH:
		return p.nsh(b, d, length), true
	case etherTypeMSNLB:
		return p.msnlb(b, d), true
	case etherTypeAoE:
		return p.aoe(b, d, length), true
	case etherTypeSlow:
		return p.slow(b, d, length), true
	case etherTypeLoopback:
		return p.loopback(b, d, length), true
	case etherTypeISO:
		if length == 0 || len(d) == 0 {
			return p.trunc(b, "isoclns"), true
		}
		return p.iso(b, d[1:], length-1), true
	case etherTypePPP:
		if length > 0 {
			b = p.ppp(append(b, ": "...), d, length)
		}
		return b, true
	}
	return b, false
}

// etherTypeName is tcpdump's name of an EtherType, or "".
func etherTypeName(t dissect.EtherType) string {
	switch t {
	case 0x0800:
		return "IPv4"
	case 0x0806:
		return "ARP"
	case 0x86dd:
		return "IPv6"
	case 0x8100:
		return "802.1Q"
	}
	return etherTypeNames[t]
}

var etherTypeNames = map[dissect.EtherType]string{
	0x00fe: "GRE-OSI",
	0x0200: "PUP",
	0x0500: "Sprite",
	0x0600: "NS",
	0x0707: "GeoNet (old)",
	0x1000: "Trail",
	0x1111: "CALM FAST",
	0x6001: "MOP DL",
	0x6002: "MOP RC",
	0x6003: "DN",
	0x6004: "LAT",
	0x6007: "SCA",
	0x6558: "TEB",
	0x8035: "Reverse ARP",
	0x8038: "Lanbridge",
	0x803c: "DEC DNS",
	0x803e: "DEC DTS",
	0x805b: "VEXP",
	0x805c: "VPROD",
	0x809b: "Appletalk",
	0x80f3: "Appletalk ARP",
	0x8137: "IPX",
	0x8808: "MPCP",
	0x8809: "Slow Protocols",
	0x880b: "PPP",
	0x8847: "MPLS unicast",
	0x8848: "MPLS multicast",
	0x8863: "PPPoE D",
	0x8864: "PPPoE S",
	0x886f: "MS NLB heartbeat",
	0x888e: "EAPOL",
	0x8899: "Realtek protocols",
	0x88a2: "AoE",
	0x88a8: "802.1Q-QinQ",
	0x88ca: "TIPC",
	0x88cc: "LLDP",
	0x88e5: "802.1AE MACsec",
	0x88f7: "PTP",
	0x8902: "CFM",
	0x893a: "IEEE1905.1",
	0x8947: "GeoNet",
	0x894f: "NSH",
	0x9000: "Loopback",
	0x9100: "802.1Q-9100",
	0x9200: "802.1Q-9200",
	0xabcd: "CFM (old)",
	0xd28b: "Arista Vendor Specific Protocol",
	0xfefe: "OSI",
}
