package format

import "smoltcp/dissect"

// Hardware types that print in a way of their own.
const (
	arpFrameRelay = 15
	arpATM        = 19
)

// arp prints ARP, RARP and InARP.
func (p *Line) arp(b, d []byte, length int) []byte {
	if len(d) < dissect.ARPFixedLen {
		return p.stop(b, "arp")
	}
	a := dissect.ARP(d)
	if a.Check() != nil {
		return p.trunc(b, "arp")
	}
	if !p.opts.LinkHeader {
		b = append(p.off(append(p.on(b, RoleProto), "ARP"...), RoleProto), ", "...)
	}
	proto := a.ProtocolType()
	if !isIPv4ARP(proto) || a.ProtocolLen() != 4 || a.HardwareLen() == 0 || p.opts.Verbose > 0 {
		b = appendARPTypes(b, a)
		if p.opts.Verbose == 0 {
			return appendInt(append(b, ", length "...), length)
		}
		b = append(b, ", "...)
	}
	switch op := a.Op(); op {
	case 1:
		b = p.arpProtocol(append(b, "Request who-has "...), a, a.TargetProtocol())
		if !allZero(a.TargetHardware()) {
			b = append(p.arpHardware(append(b, " ("...), a, a.TargetHardware()), ')')
		}
		b = p.arpProtocol(append(b, " tell "...), a, a.SenderProtocol())
	case 2:
		b = p.arpProtocol(append(b, "Reply "...), a, a.SenderProtocol())
		b = p.arpHardware(append(b, " is-at "...), a, a.SenderHardware())
	case 3:
		b = p.arpHardware(append(b, "Reverse Request who-is "...), a, a.TargetHardware())
		b = p.arpHardware(append(b, " tell "...), a, a.SenderHardware())
	case 4:
		b = p.arpHardware(append(b, "Reverse Reply "...), a, a.TargetHardware())
		b = p.arpProtocol(append(b, " at "...), a, a.TargetProtocol())
	case 8:
		b = p.arpHardware(append(b, "Inverse Request who-is "...), a, a.TargetHardware())
		b = p.arpHardware(append(b, " tell "...), a, a.SenderHardware())
	case 9:
		b = p.arpHardware(append(b, "Inverse Reply "...), a, a.SenderHardware())
		b = p.arpProtocol(append(b, " at "...), a, a.SenderProtocol())
	default:
		if op == 10 {
			b = append(b, "NACK Reply "...)
		} else {
			b = append(appendInt(append(b, "Unknown ("...), int(op)), ") "...)
		}
		return appendHexLines(b, d, true)
	}
	return appendInt(append(b, ", length "...), length)
}

// isIPv4ARP reports whether addresses of protocol t are IPv4's; trailers negotiated with ARP too (RFC 893).
func isIPv4ARP(t dissect.EtherType) bool { return t == dissect.EtherTypeIPv4 || t == 0x1000 }

// appendARPTypes appends what kinds of addresses there are: "Ethernet (len 6), IPv4 (len 4)".
func appendARPTypes(b []byte, a dissect.ARP) []byte {
	if name := arpHardwareName(uint16(a.HardwareType())); name != "" {
		b = append(b, name...)
	} else {
		b = append(appendInt(append(b, "Unknown Hardware ("...), int(a.HardwareType())), ')')
	}
	b = append(appendInt(append(b, " (len "...), a.HardwareLen()), "), "...)
	if name := etherTypeName(a.ProtocolType()); name != "" {
		b = append(b, name...)
	} else {
		b = append(appendHexNumber(append(b, "Unknown Protocol ("...), uint64(a.ProtocolType()), 4), ')')
	}
	return append(appendInt(append(b, " (len "...), a.ProtocolLen()), ')')
}

func arpHardwareName(t uint16) string {
	switch t {
	case 1:
		return "Ethernet"
	case 6:
		return "TokenRing"
	case 7:
		return "ArcNet"
	case arpFrameRelay:
		return "FrameRelay"
	case arpATM:
		return "ATM"
	case 23:
		return "Strip"
	case 24:
		return "IEEE 1394"
	case 32:
		return "InfiniBand"
	}
	return ""
}

// arpProtocol prints a protocol address.
func (p *Line) arpProtocol(b []byte, a dissect.ARP, addr []byte) []byte {
	switch {
	case !isIPv4ARP(a.ProtocolType()):
		return append(b, "<wrong proto type>"...)
	case len(addr) != 4:
		return append(b, "<wrong len>"...)
	}
	return p.addr4(b, addr)
}

// arpHardware prints a hardware address.
func (p *Line) arpHardware(b []byte, a dissect.ARP, addr []byte) []byte {
	switch {
	case len(addr) == 0:
		return append(b, "<empty>"...)
	case a.HardwareType() == arpFrameRelay:
		return appendDLCI(b, addr)
	}
	return p.hardware(b, addr)
}

// appendDLCI appends a Q.922 address (ITU-T Q.922 section 3.3), of two to four bytes.
func appendDLCI(b, addr []byte) []byte {
	if len(addr) < 2 || len(addr) > 4 || addr[0]&1 != 0 {
		return append(b, "<Invalid DLCI>"...)
	}
	v := uint64(addr[0]&0xfc)<<2 | uint64(addr[1]&0xf0)>>4
	return appendDecimal(append(b, "DLCI "...), v)
}

func allZero(d []byte) bool {
	for _, c := range d {
		if c != 0 {
			return false
		}
	}
	return true
}
