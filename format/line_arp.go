package format

import "smoltcp/dissect"

// Hardware types that print in a way of their own.
const (
	arpFrameRelay = 15
	arpATM        = 19
)

// arp prints ARP, RARP and InARP.
func (p *Line) arp(b, d []byte, length int) []byte {
	if len(d) >= 2 && be16(d, 0) == arpATM {
		return p.atmARP(b, d, length)
	}
	a := dissect.ARP(d)
	if a.Check() != nil {
		return p.stop(b, "arp")
	}
	if !p.opts.LinkHeader {
		b = append(p.proto(b, "ARP"), ", "...)
	}
	proto := a.ProtocolType()
	if !isIPv4ARP(proto) || a.ProtocolLen() != 4 || a.HardwareLen() == 0 || p.opts.Verbose > 0 {
		b = appendARPTypes(b, a)
		if p.opts.Verbose == 0 {
			return appendInt(append(b, ", length "...), length)
		}
		b = append(b, ", "...)
	}
	const wrongLen = "<wrong len>"
	switch op := a.Op(); op {
	case 1:
		b = p.arpProtocol(append(b, "Request who-has "...), proto, a.TargetProtocol(), wrongLen)
		if !allZero(a.TargetHardware()) {
			b = append(p.arpHardware(append(b, " ("...), a, a.TargetHardware()), ')')
		}
		b = p.arpProtocol(append(b, " tell "...), proto, a.SenderProtocol(), wrongLen)
	case 2:
		b = p.arpProtocol(append(b, "Reply "...), proto, a.SenderProtocol(), wrongLen)
		b = p.arpHardware(append(b, " is-at "...), a, a.SenderHardware())
	case 3:
		b = p.arpHardware(append(b, "Reverse Request who-is "...), a, a.TargetHardware())
		b = p.arpHardware(append(b, " tell "...), a, a.SenderHardware())
	case 4:
		b = p.arpHardware(append(b, "Reverse Reply "...), a, a.TargetHardware())
		b = p.arpProtocol(append(b, " at "...), proto, a.TargetProtocol(), wrongLen)
	case 8:
		b = p.arpHardware(append(b, "Inverse Request who-is "...), a, a.TargetHardware())
		b = p.arpHardware(append(b, " tell "...), a, a.SenderHardware())
	case 9:
		b = p.arpHardware(append(b, "Inverse Reply "...), a, a.SenderHardware())
		b = p.arpProtocol(append(b, " at "...), proto, a.SenderProtocol(), wrongLen)
	default:
		return appendHexLines(append(appendARPOp(b, uint16(op)), ' '), d, true)
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
	b = appendARPProtocol(b, a.ProtocolType())
	return append(appendInt(append(b, " (len "...), a.ProtocolLen()), ')')
}

// appendARPProtocol appends the name of the protocol whose addresses are asked for.
func appendARPProtocol(b []byte, t dissect.EtherType) []byte {
	if name := etherTypeName(t); name != "" {
		return append(b, name...)
	}
	return append(appendHexNumber(append(b, "Unknown Protocol ("...), uint64(t), 4), ')')
}

// appendARPOp appends the name of an operation that is not printed any further.
func appendARPOp(b []byte, op uint16) []byte {
	switch op {
	case 3:
		return append(b, "Reverse Request"...)
	case 4:
		return append(b, "Reverse Reply"...)
	case 10:
		return append(b, "NACK Reply"...)
	}
	return append(appendInt(append(b, "Unknown ("...), int(op)), ')')
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

// arpProtocol prints an address of protocol t, or wrongLen if it has not the length of one.
func (p *Line) arpProtocol(b []byte, t dissect.EtherType, addr []byte, wrongLen string) []byte {
	switch {
	case !isIPv4ARP(t):
		return append(b, "<wrong proto type>"...)
	case len(addr) != 4:
		return append(b, wrongLen...)
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

// appendDLCI appends a Q.922 address (ITU-T Q.922 section 3.3), two to four bytes of which the last has its low bit set.
func appendDLCI(b, addr []byte) []byte {
	n := 0
	for n < len(addr) && addr[n]&1 == 0 {
		n++
	}
	switch {
	case len(addr) < 2, n == len(addr) && n < 4:
		return append(b, "<Truncated>"...)
	case n == 0, n > 3:
		return append(b, "<Invalid DLCI>"...)
	}
	v := uint64(addr[0]&0xfc)<<2 | uint64(addr[1]&0xf0)>>4
	if n == 3 {
		v = v<<7 | uint64(addr[2]>>1)
	}
	if n > 1 {
		v = v<<6 | uint64(addr[n]>>2)
	}
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
