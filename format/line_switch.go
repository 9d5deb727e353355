package format

import "smoltcp/dissect"

// switchTag prints an Ethernet frame with the tag of a switch's chip, behind the addresses or before them.
func (p *Line) switchTag(b []byte, t dissect.LinkType, d []byte, length int) ([]byte, int) {
	if t == dissect.LinkBRCMPrepend {
		const tagLen = 4
		if len(d) < tagLen || length < tagLen {
			return p.trunc(b, "brcm-tag-prepend"), 0
		}
		if p.opts.LinkHeader {
			b = appendBroadcomTag(b, d)
		}
		b, n := p.ethernet(b, d[tagLen:], length-tagLen)
		return b, n + tagLen
	}
	return p.taggedEthernet(b, d, length, t)
}

// switchTagLen is the length of the tag behind the addresses in frames of a link type, in bytes.
func switchTagLen(link dissect.LinkType) int {
	switch link {
	case dissect.LinkBRCM, dissect.LinkDSA:
		return 4
	case dissect.LinkEDSA:
		return 8
	}
	return 0
}

// switchTagName is what a frame of a link type is called where it is cut short.
func switchTagName(link dissect.LinkType) string {
	switch link {
	case dissect.LinkBRCM:
		return "brcm-tag"
	case dissect.LinkDSA:
		return "dsa"
	case dissect.LinkEDSA:
		return "edsa"
	}
	return "ether"
}

// switchTagFields prints the tag at d.
func (p *Line) switchTagFields(b, d []byte, link dissect.LinkType) []byte {
	switch link {
	case dissect.LinkBRCM:
		return appendBroadcomTag(b, d)
	case dissect.LinkEDSA:
		t := be16(d, 0)
		if p.opts.LinkHeader {
			b = appendHexNumber(append(b, "Marvell EDSA ethertype "...), uint64(t), 4)
			name := etherTypeName(dissect.EtherType(t))
			if name == "" {
				name = "Unknown"
			}
			b = append(append(append(b, " ("...), name...), "), rsvd "...)
			b = appendInt(b, int(d[2]))
			b = append(appendInt(append(b, ' '), int(d[3])), ", "...)
		} else {
			b = append(appendHexNumber(append(b, "EDSA "...), uint64(t), 4), ", "...)
		}
		return p.marvellTag(b, d[4:])
	case dissect.LinkDSA:
		if p.opts.LinkHeader {
			b = append(b, "Marvell DSA "...)
		} else {
			b = append(b, "DSA "...)
		}
		return p.marvellTag(b, d)
	}
	return b
}

// broadcomReasons says why a frame came to the host, a bit for each reason.
var broadcomReasons = [...]string{"mirror", "MAC learning", "switching", "prot term", "prot snoop", "exception"}

// appendBroadcomTag appends a tag of Broadcom's, which is of one form or another by the lowest bit of its operation.
func appendBroadcomTag(b, d []byte) []byte {
	if d[0] == 0 {
		b = append(b, "BRCM tag OP: EG, "...)
	} else {
		b = append(b, "BRCM tag OP: IG, "...)
	}
	if d[0]&0x20 == 0 {
		reason := "reserved"
		for i, r := range broadcomReasons {
			if d[2] == 1<<i {
				reason = r
			}
		}
		b = appendInt(append(b, "CID: "...), int(d[1]))
		b = append(append(b, ", RC: "...), reason...)
		b = appendInt(append(b, ", TC: "...), int(d[3]>>5))
		b = appendInt(append(b, ", port: "...), int(d[3]&0x1f))
		return append(b, ", "...)
	}
	b = appendInt(append(b, "TC: "...), int(d[1]>>2&7))
	b = append(b, ", TE: "...)
	b = append(b, [...]string{"None", "Untag", "Header", "Reserved"}[d[1]&3]...)
	b = appendInt(append(b, ", TS: "...), int(d[1]>>7))
	b = appendHexNumber(append(b, ", DST map: "...), uint64(be16(d, 2)&0x1ff), 4)
	return append(b, ", "...)
}

// marvellCodes says why a frame came to the host.
var marvellCodes = [8]string{"BPDU (MGMT) Trap", "Frame2Reg", "IGMP/MLD Trap", "Policy Trap", "ARP Mirror", "Policy Mirror", "reserved", "reserved"}

// marvellTag prints the four bytes of a tag of Marvell's.
func (p *Line) marvellTag(b, d []byte) []byte {
	mode, tagged, device := d[0]>>6, d[0]&0x20 != 0, int(d[0]&0x1f)
	port, trunk, cfi := int(d[1]>>3), d[1]&4 != 0, d[1]&1 != 0
	vid, priority := int(d[2]&15)<<8|int(d[3]), int(d[2]>>5)
	code := int(d[1]>>1&3)<<1 | int(d[2]>>4&1)
	letter := byte('u')
	if tagged {
		letter = 't'
	}
	place := func(name string, sep string) {
		b = appendInt(append(b, name...), device)
		b = appendInt(append(b, sep...), port)
	}
	if !p.opts.LinkHeader {
		switch mode {
		case 0:
			place("port ", ".")
			b = append(b, " > CPU, "...)
		case 1:
			place("CPU > port ", ".")
			b = append(b, ", "...)
		case 2:
			place("port ", ".")
			if trunk { // the bit has another meaning here
				b = append(b, " > Rx Sniffer, "...)
			} else {
				b = append(b, " > Tx Sniffer, "...)
			}
		default:
			if trunk {
				place("Forward trunk ", ".")
			} else {
				place("Forward port ", ".")
			}
			b = append(b, ", "...)
		}
		b = appendInt(append(b, "VLAN "...), vid)
		return append(append(b, letter), ", "...)
	}
	b = append(b, "mode "...)
	b = append(b, [...]string{"To CPU", "From CPU", "To Sniffer", "Forward"}[mode]...)
	member := "untagged"
	if tagged {
		member = "tagged"
	}
	switch mode {
	case 0:
		place(", source dev ", ", port ")
		b = append(append(b, ", code "...), marvellCodes[code]...)
	case 1:
		place(", target dev ", ", port ")
	case 2:
		place(", source dev ", ", port ")
		if trunk {
			b = append(b, ", ingress sniff"...)
		} else {
			b = append(b, ", egress sniff"...)
		}
	default:
		if trunk {
			place(", dev ", ", trunk ")
		} else {
			place(", dev ", ", port ")
		}
	}
	b = append(append(append(b, ", "...), member...), ", "...)
	if cfi {
		b = append(b, "CFI, "...)
	}
	b = append(appendInt(append(b, "VID "...), vid), ", "...)
	return append(appendInt(append(b, "FPri "...), priority), ", "...)
}
