package format

import "smoltcp/dissect"

// Network layer protocol identifiers (ISO/IEC TR 9577).
const (
	nlpidQ933 = 0x08
	nlpidSNAP = 0x80
	nlpidMFR  = 0xb1
)

// q922 is the address field of a frame relay header (ITU-T Q.922 section 3.2).
type q922 struct {
	length int
	dlci   uint32
	flags  uint32 // the first two bytes in the upper half, and the last flag of a longer address
}

var q922FlagNames = []bitName{{0x02000000, "C!"}, {0x00020000, "DE"}, {0x00040000, "BECN"}, {0x00080000, "FECN"}, {0x00000002, "sdlcore"}}

// readQ922 reads an address. It reports invalid for one that does not end where it may, and cut for one that was not captured.
func readQ922(d []byte, length int) (a q922, invalid, cut bool) {
	if len(d) < 2 || length < 2 {
		return a, false, true
	}
	if d[0]&1 != 0 {
		return a, true, false
	}
	a.length = 2
	a.dlci = uint32(d[0]>>2)<<4 | uint32(d[1]>>4)
	a.flags = uint32(d[0])<<24 | uint32(d[1])<<16
	if d[1]&1 != 0 {
		return a, false, false
	}
	if len(d) < 3 || length < 3 {
		return a, false, true
	}
	a.length = 3
	if d[2]&1 != 0 {
		a.dlci = a.dlci<<6 | uint32(d[2]>>2)
		a.flags |= uint32(d[2]) & 2
		return a, false, false
	}
	if len(d) < 4 || length < 4 {
		return a, false, true
	}
	a.length = 4
	if d[3]&1 == 0 {
		return a, true, false
	}
	a.flags |= uint32(d[3]) & 2
	a.dlci = uint32(d[0]>>2)<<17 | uint32(d[1]>>4)<<13 | uint32(d[2]>>1)<<6 | uint32(d[3]>>2)
	return a, false, false
}

// frameRelayFrame prints a frame of link type FRELAY.
func (p *Line) frameRelayFrame(b, d []byte, length int) ([]byte, int) {
	if len(d) < 4 {
		return p.trunc(b, "fr"), len(d)
	}
	return p.frameRelay(b, d, length)
}

// frameRelay prints a frame relay packet (RFC 2427).
func (p *Line) frameRelay(b, d []byte, length int) ([]byte, int) {
	a, invalid, cut := readQ922(d, length)
	switch {
	case invalid:
		return append(b, "Q.922, invalid address"...), 0
	case cut || len(d) < a.length+1 || length < a.length+1:
		return p.trunc(b, "fr"), 0
	}
	if control := d[a.length]; control != 3 && a.dlci != 0 {
		// Cisco's encapsulation, perhaps: an EtherType follows the address.
		if len(d) < a.length+2 || length < a.length+2 {
			b = append(appendHexBytes(append(b, "UI "...), d[a.length:a.length+1]), "! "...)
		} else {
			t := dissect.EtherType(be16(d, a.length))
			if p.opts.LinkHeader {
				b = p.frameRelayHeader(b, a, a.length, length, uint16(t))
			}
			var known bool
			if b, known = p.byEtherType(b, t, d[a.length+2:], length-a.length-2); known {
				return b, a.length + 2
			}
			b = append(appendHexBytes(append(b, "UI "...), d[a.length:a.length+1]), "! "...)
		}
	}
	if len(d) < a.length+2 || length < a.length+2 {
		return p.trunc(b, "fr"), 0
	}
	header := a.length + 2
	if d[a.length+1] == 0 {
		if a.length != 3 {
			b = append(b, "Pad! "...)
		}
		header++
	} else if a.length == 3 {
		b = append(b, "No pad! "...)
	}
	if len(d) < header || length < header {
		return p.trunc(b, "fr"), 0
	}
	nlpid := d[header-1]
	if p.opts.LinkHeader {
		b = p.frameRelayHeader(b, a, a.length, length, uint16(nlpid))
	}
	whole, total := d, length
	d, length = d[header:], length-header
	switch nlpid {
	case nlpidIPv4:
		b = p.ipv4(b, d, length)
	case nlpidIPv6:
		b = p.ipv6(b, d, length)
	case 0x81, 0x82, 0x83:
		b = p.iso(b, whole[header-1:], length+1)
	case nlpidSNAP:
		var known bool
		if b, known = p.snap(b, d, length); !known {
			if !p.opts.LinkHeader {
				b = p.frameRelayHeader(b, a, header, total, uint16(nlpid))
			}
			b = p.dumpAll(b, whole, total, "snap")
		}
	case nlpidQ933:
		b = p.q933(b, d, length)
	case nlpidMFR:
		b = p.frf15(b, d, length)
	case nlpidPPP:
		b = p.ppp(b, d, length)
	default:
		if !p.opts.LinkHeader {
			b = p.frameRelayHeader(b, a, a.length, total, uint16(nlpid))
		}
		if p.opts.Hex == HexNone || p.opts.Hex == ASCIIPacket || p.opts.Hex == ASCIIFrame {
			if b = appendHexLines(b, clip(d, length), true); length > len(d) {
				b = p.stop(b, "fr")
			}
		}
	}
	return b, header
}

// frameRelayHeader prints the header; proto is an EtherType or, below 256, a network layer protocol identifier.
func (p *Line) frameRelayHeader(b []byte, a q922, header, length int, proto uint16) []byte {
	if p.opts.Quiet {
		b = appendDecimal(append(b, "Q.922, DLCI "...), uint64(a.dlci))
		return lengthOf(length).append(b)
	}
	b = appendInt(append(b, "Q.922, hdr-len "...), header)
	b = appendDecimal(append(b, ", DLCI "...), uint64(a.dlci))
	b = appendBits(append(b, ", Flags ["...), q922FlagNames, a.flags, ", ", "none")
	b = append(b, "], "...)
	if proto > 0xff {
		b = appendNamed(append(b, "cisco-ethertype "...), etherTypeName(dissect.EtherType(proto)), "unknown", uint64(proto), 4)
	} else {
		b = appendNamed(append(b, "NLPID "...), nlpidName(uint8(proto)), "unknown", uint64(proto), 2)
	}
	return lengthOf(length).append(b)
}

var frfFlagNames = []bitName{{0x80, "Begin"}, {0x40, "End"}, {0x20, "Control"}}

// frf15 prints a fragment of FRF.15.
func (p *Line) frf15(b, d []byte, length int) []byte {
	if length < 2 {
		return p.trunc(b, "fr")
	}
	if len(d) < 2 {
		return p.stop(b, "fr")
	}
	flags := uint32(d[0])
	seq := uint64(d[0]&0x1e)<<7 | uint64(d[1])
	b = appendHexNumber(append(b, "FRF.15, seq "...), seq, 3)
	b = appendBits(append(b, ", Flags ["...), frfFlagNames, flags, ", ", "none")
	b = append(b, "],"...)
	if flags&1 != 0 {
		b = append(b, "Interface"...)
	} else {
		b = append(b, "End-to-End"...)
	}
	return appendInt(append(b, " Fragmentation, length "...), length)
}

// multilinkFrame prints a frame of link type MFR: Multilink Frame Relay (FRF.16.1).
func (p *Line) multilinkFrame(b, d []byte, length int) ([]byte, int) {
	if len(d) < 2 {
		return p.trunc(b, "mfr"), len(d)
	}
	if length < 4 {
		b = appendInt(append(b, "[length "...), length)
		return p.invalid(append(b, " < 4]"...)), len(d)
	}
	if len(d) < 4 {
		return p.trunc(b, "mfr"), len(d)
	}
	const begin, end, control = 0x80, 0x40, 0x20
	if d[0]&(begin|end|control) == begin|end|control && d[1] == 0 {
		return p.multilinkControl(b, d, length)
	}
	seq := int(d[0]&0x1e)<<7 | int(d[1])
	flags := uint32(d[0] & 0xe0)
	b = appendInt(append(b, "FRF.16 Frag, seq "...), seq)
	b = appendBits(append(b, ", Flags ["...), frfFlagNames, flags, ", ", "none")
	b = append(b, ']')
	if flags == begin || flags == begin|end { // the front of a packet
		b, _ = p.frameRelay(append(b, ", "...), d[2:], length-2)
		return b, 2
	}
	return appendUnknown(b, "\n\t", d, length), 0
}

var mfrMessages = [...]string{1: "Add Link", "Add Link ACK", "Add Link Reject", "Hello", "Hello ACK", "Remove Link", "Remove Link ACK"}

var mfrElements = [...]string{1: "Bundle ID", 2: "Link ID", 3: "Magic Number", 5: "Timestamp", 6: "Vendor Extension", 7: "Cause"}

// multilinkControl prints a message about the links of a bundle.
func (p *Line) multilinkControl(b, d []byte, length int) ([]byte, int) {
	const header = 3
	message := int(d[2])
	b = append(b, "FRF.16 Control, Flags ["...)
	b = appendBits(b, frfFlagNames, uint32(d[0]&0xe0), ", ", "none")
	b = append(b, "], "...)
	if message > 0 && message < len(mfrMessages) {
		b = append(b, mfrMessages[message]...)
	} else {
		b = append(appendHexNumber(append(b, "Unknown Message ("...), uint64(message), 2), ')')
	}
	b = appendInt(append(b, ", length "...), length)
	if p.opts.Verbose == 0 {
		return b, header
	}
	for d, length = d[header:], length-header; length > 2; {
		if len(d) < 2 {
			return p.trunc(b, "mfr"), 0
		}
		id, n := int(d[0]), int(d[1])
		name := "Unknown"
		if id < len(mfrElements) && mfrElements[id] != "" {
			name = mfrElements[id]
		}
		b = appendInt(append(append(append(b, "\n\tIE "...), name...), " ("...), id)
		b = append(appendInt(append(b, "), length "...), n), ": "...)
		if id == 0 || n <= 2 {
			return b, header
		}
		if len(d) < n {
			return p.trunc(b, "mfr"), 0
		}
		v := d[2:n]
		known := true
		switch {
		case id == 1 || id == 2:
			b, _ = appendVisibleZ(b, v, min(len(v), 50))
		case id == 3 && len(v) >= 4:
			b = appendHexNumber(b, uint64(be32(v, 0)), 8)
		default:
			known = false
		}
		if !known && p.opts.Verbose == 1 || p.opts.Verbose > 1 {
			b = appendIndentedHex(b, "\n\t  ", v)
		}
		d, length = d[n:], length-n
	}
	return b, header
}
