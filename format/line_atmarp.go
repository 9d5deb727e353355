package format

import "smoltcp/dissect"

const atmARPFixedLen = 12

// atmARP is a view of an ARP packet for ATM (RFC 2225 section 8.7), where a hardware address has two parts:
//
//	+----------------------+----------------------+
//	|    Hardware Type     |    Protocol Type     |
//	+----------+-----------+----------------------+
//	| Snd ATM  | Snd Sub   |      Operation       |
//	+----------+-----------+----------+-----------+
//	| Snd Prot | Tgt ATM   | Tgt Sub  | Tgt Prot  |
//	+----------+-----------+----------+-----------+
//	| sender's addresses, then the target's       |
//	+---------------------------------------------+
//
// The names in the figure are of lengths in bytes; the ATM ones have their type in the upper two bits.
type atmARP []byte

// atmAddr are the addresses of one end.
type atmAddr struct{ number, sub, proto []byte }

// lens gives the lengths of the parts of both ends' addresses.
func (a atmARP) lens() (l [6]int) {
	for i, off := range [...]int{4, 5, 8, 9, 10, 11} {
		l[i] = int(a[off])
	}
	for _, i := range [...]int{0, 1, 3, 4} {
		l[i] &= 0x3f
	}
	return l
}

// ends gives the addresses of both ends. It reports false if not all of them were captured.
func (a atmARP) ends() (sender, target atmAddr, ok bool) {
	if len(a) < atmARPFixedLen {
		return sender, target, false
	}
	rest := []byte(a[atmARPFixedLen:])
	var part [6][]byte
	for i, n := range a.lens() {
		if n > len(rest) {
			return sender, target, false
		}
		part[i], rest = rest[:n], rest[n:]
	}
	return atmAddr{part[0], part[1], part[2]}, atmAddr{part[3], part[4], part[5]}, true
}

// atmARP prints an ARP packet for ATM.
func (p *Line) atmARP(b, d []byte, length int) []byte {
	a := atmARP(d)
	sender, target, ok := a.ends()
	if !ok {
		return p.stop(b, "arp")
	}
	if !p.opts.LinkHeader {
		b = append(p.proto(b, "ARP"), ", "...)
	}
	proto := dissect.EtherType(be16(d, 2))
	if !isIPv4ARP(proto) || len(sender.proto) != 4 || len(target.proto) != 4 || p.opts.Verbose > 0 {
		b = appendARPProtocol(append(b, "ATM, "...), proto)
		b = appendInt(append(b, " (len "...), len(sender.proto))
		b = append(appendInt(append(b, '/'), len(target.proto)), ')')
		if p.opts.Verbose == 0 {
			return appendInt(append(b, ", length "...), length)
		}
		b = append(b, ", "...)
	}
	const wrongSender, wrongTarget = "<wrong splen>", "<wrong tplen>"
	switch op := be16(d, 6); op {
	case 1:
		b = p.arpProtocol(append(b, "Request who-has "...), proto, target.proto, wrongTarget)
		if len(target.number) > 0 {
			b = append(p.atmHardware(append(b, " ("...), target), ')')
		}
		b = p.arpProtocol(append(b, " tell "...), proto, sender.proto, wrongSender)
	case 2:
		b = p.arpProtocol(append(b, "Reply "...), proto, sender.proto, wrongSender)
		b = p.atmHardware(append(b, " is-at "...), sender)
	case 8:
		b = p.atmHardware(append(b, "Inverse Request who-is "...), target)
		b = p.atmHardware(append(b, " tell "...), sender)
	case 9:
		b = p.atmHardware(append(b, "Inverse Reply "...), sender)
		b = p.arpProtocol(append(b, "at "...), proto, sender.proto, wrongSender)
	case 10:
		b = p.arpProtocol(append(b, "NACK Reply for "...), proto, sender.proto, wrongSender)
	default:
		return appendHexLines(append(appendARPOp(b, op), ' '), d, true)
	}
	return appendInt(append(b, ", length "...), length)
}

// atmHardware prints an ATM address.
func (p *Line) atmHardware(b []byte, a atmAddr) []byte {
	if len(a.number) == 0 {
		return append(b, "<No address>"...)
	}
	b = p.hardware(b, a.number)
	if len(a.sub) > 0 {
		b = p.hardware(append(b, ','), a.sub)
	}
	return b
}
