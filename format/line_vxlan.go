package format

import "smoltcp/dissect"

// vxlan prints a VXLAN packet (RFC 7348 section 5).
func (p *Line) vxlan(b, d []byte, length int, _ ipContext) []byte {
	b = p.proto(b, "VXLAN")
	switch {
	case length < 8:
		return p.invalid(b)
	case len(d) < 1:
		return p.stop(b, "vxlan")
	}
	b = append(b, ", flags ["...)
	if d[0]&0x08 != 0 {
		b = append(b, 'I')
	} else {
		b = append(b, "invalid"...)
	}
	b = append(appendHexNumber(append(b, "] ("...), uint64(d[0]), 2), "), "...)
	if len(d) < 7 {
		return p.stop(b, "vxlan")
	}
	b = append(appendVNI(b, d), '\n')
	if len(d) < 8 {
		return p.stop(b, "vxlan")
	}
	b, ok := p.enter(b)
	if !ok {
		return b
	}
	b, _ = p.ethernet(b, d[8:], length-8)
	p.leave()
	return b
}

// appendVNI appends the network identifier of a VXLAN header.
func appendVNI(b, d []byte) []byte {
	return appendDecimal(append(b, "vni "...), uint64(be16(d, 4))<<8|uint64(d[6]))
}

var vxlanGPEFlagNames = []bitName{{0x08, "I"}, {0x04, "P"}, {0x02, "B"}, {0x01, "O"}}

// vxlanGPE prints a packet of VXLAN's Generic Protocol Extension (draft-ietf-nvo3-vxlan-gpe).
func (p *Line) vxlanGPE(b, d []byte, length int, _ ipContext) []byte {
	b = append(p.proto(b, "VXLAN-GPE"), ", "...)
	switch {
	case length < 8:
		b = appendInt(append(b, " (len "...), length)
		b = append(appendInt(append(b, " < "...), 8), ')')
		return p.invalid(b)
	case len(d) < 1:
		return p.stop(b, "vxlan_gpe")
	}
	b = appendBits(append(b, "flags ["...), vxlanGPEFlagNames, uint32(d[0]), "", "none")
	b = append(b, "], "...)
	if len(d) < 8 {
		return p.stop(b, "vxlan_gpe")
	}
	b = appendVNI(b, d)
	if p.opts.Verbose > 0 {
		b = append(b, "\n    "...)
	} else {
		b = append(b, ": "...)
	}
	b, ok := p.enter(b)
	if !ok {
		return b
	}
	next := d[3]
	d, length = d[8:], length-8
	switch next {
	case 1:
		b = p.ipv4(b, d, length)
	case 2:
		b = p.ipv6(b, d, length)
	case 3:
		b, _ = p.ethernet(b, d, length)
	case 4:
		b = p.nsh(b, d, length)
	default:
		b = p.invalid(append(b, "ERROR: unknown-next-protocol"...))
	}
	p.leave()
	return b
}

var geneveFlagNames = []bitName{
	{0x80, "O"}, {0x40, "C"}, {0x20, "R1"}, {0x10, "R2"}, {0x08, "R3"}, {0x04, "R4"}, {0x02, "R5"}, {0x01, "R6"},
}

// geneve prints a Geneve packet (RFC 8926 section 3.4).
func (p *Line) geneve(b, d []byte, length int, _ ipContext) []byte {
	b = p.proto(b, "Geneve")
	switch {
	case length < 8:
		return p.invalid(append(appendInt(append(b, " [length "...), length), " < 8]"...))
	case len(d) < 8:
		return p.trunc(b, "geneve")
	}
	if v := d[0] >> 6; v != 0 {
		return appendInt(append(b, " ERROR: unknown-version "...), int(v))
	}
	b = appendBits(append(b, ", Flags ["...), geneveFlagNames, uint32(d[1]), "", "none")
	b = append(b, ']')
	t := dissect.EtherType(be16(d, 2))
	b = appendHex(append(b, ", vni 0x"...), uint64(be32(d, 4)>>8), 1)
	if d[7] != 0 {
		b = appendHex(append(b, ", rsvd 0x"...), uint64(d[7]), 1)
	}
	if p.opts.LinkHeader {
		b = append(b, ", proto "...)
		b = appendNamed(b, etherTypeName(t), "unknown", uint64(t), 4)
	}
	options := int(d[0]&0x3f) * 4
	d, length = d[8:], length-8
	if length < options {
		b = appendInt(append(b, " truncated-geneve - "...), options-length)
		return append(b, " bytes missing"...)
	}
	if len(d) < options {
		return p.trunc(b, "geneve")
	}
	if options > 0 {
		b = append(b, ", options ["...)
		if p.opts.Verbose > 0 {
			b = p.geneveOptions(b, d[:options])
		} else {
			b = append(appendInt(b, options), " bytes"...)
		}
		b = append(b, ']')
	}
	d, length = d[options:], length-options
	if p.opts.Verbose > 0 {
		b = append(b, "\n\t"...)
	} else {
		b = append(b, ": "...)
	}
	b, ok := p.enter(b)
	if !ok {
		return b
	}
	if handled, known := p.byEtherType(b, t, d, length); known {
		b = handled
	} else if t == etherTypeTEB {
		b, _ = p.ethernet(b, d, length)
	} else {
		b = appendHex(append(b, "geneve-proto-0x"...), uint64(t), 1)
	}
	p.leave()
	return b
}

// geneveOptions prints options; they are all there.
func (p *Line) geneveOptions(b, d []byte) []byte {
	for first := true; len(d) > 0; first = false {
		if !first {
			b = append(b, ", "...)
		}
		class, size := be16(d, 0), 4+4*int(d[3]&0x1f)
		b = append(append(append(b, "class "...), geneveClass(class)...), " (0x"...)
		b = appendHex(append(appendHex(b, uint64(class), 1), ") type 0x"...), uint64(d[2]), 1)
		if d[2]&0x80 != 0 {
			b = append(b, "(C)"...)
		}
		b = appendInt(append(b, " len "...), size)
		if size > len(d) {
			return append(b, " [bad length]"...)
		}
		if p.opts.Verbose > 1 && size > 4 {
			b = append(b, " data"...)
			for at := 4; at < size; at += 4 {
				b = appendHex(append(b, ' '), uint64(be32(d, at)), 8)
			}
		}
		d = d[size:]
	}
	return b
}

// geneveClass is the organization that an option's class belongs to (IANA "Geneve Option Class").
func geneveClass(c uint16) string {
	switch {
	case c <= 0xff:
		return "Standard"
	case c == 0x100:
		return "Linux"
	case c == 0x101:
		return "Open vSwitch"
	case c == 0x102:
		return "Open Virtual Networking (OVN)"
	case c == 0x103:
		return "In-band Network Telemetry (INT)"
	case c == 0x104:
		return "VMware"
	case c >= 0xfff0:
		return "Experimental"
	}
	return "Unknown"
}
