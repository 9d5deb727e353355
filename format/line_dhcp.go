package format

// Offsets in a BOOTP message (RFC 951), in bytes.
const (
	bootpChaddr  = 28
	bootpSname   = 44
	bootpFile    = 108
	bootpVendor  = 236
	bootpOptions = 240
)

// bootp prints a BOOTP message, or a DHCP message, which is one with options.
func (p *Line) bootp(b, d []byte, length int, _ ipContext) []byte {
	if len(d) == 0 {
		return p.stop(b, "bootp")
	}
	b = append(b, "BOOTP/DHCP, "...)
	switch d[0] {
	case 1:
		b = append(b, "Request"...)
	case 2:
		b = append(b, "Reply"...)
	default:
		b = append(appendHexNumber(append(b, "unknown ("...), uint64(d[0]), 2), ')')
	}
	if len(d) < 3 {
		return p.stop(b, "bootp")
	}
	ethernet := d[1] == 1 && d[2] == 6
	if ethernet && d[0] == 1 {
		if len(d) < bootpChaddr+6 {
			return p.stop(b, "bootp")
		}
		b = p.hardware(append(b, " from "...), d[bootpChaddr:bootpChaddr+6])
	}
	b = appendInt(append(b, ", length "...), length)
	if p.opts.Verbose == 0 {
		return b
	}
	if len(d) < 10 {
		return p.trunc(b, "bootp")
	}
	if d[1] != 1 {
		b = appendInt(append(b, ", htype "...), int(d[1]))
	}
	if d[1] != 1 || d[2] != 6 {
		b = appendInt(append(b, ", hlen "...), int(d[2]))
	}
	if d[3] != 0 {
		b = appendInt(append(b, ", hops "...), int(d[3]))
	}
	if xid := be32(d, 4); xid != 0 {
		b = appendHex(append(b, ", xid 0x"...), uint64(xid), 1)
	}
	if secs := be16(d, 8); secs != 0 {
		b = appendInt(append(b, ", secs "...), int(secs))
	}
	return p.bootpAddrs(b, d, ethernet)
}

// bootpAddrs prints what -v adds, from the flags on.
func (p *Line) bootpAddrs(b, d []byte, ethernet bool) []byte {
	if len(d) < 12 {
		return p.stop(b, "bootp")
	}
	flags := be16(d, 10)
	b = append(b, ", Flags ["...)
	if flags&0x8000 != 0 {
		b = append(b, "Broadcast]"...)
	} else {
		b = append(b, "none]"...)
	}
	if p.opts.Verbose > 1 {
		b = append(appendHexNumber(append(b, " ("...), uint64(flags), 4), ')')
	}
	for i, name := range [...]string{"Client", "Your", "Server", "Gateway"} {
		at := 12 + 4*i
		if len(d) < at+4 {
			return p.stop(b, "bootp")
		}
		if be32(d, at) != 0 {
			b = p.addr4(append(append(append(b, "\n\t  "...), name...), "-IP "...), d[at:])
		}
	}
	if ethernet {
		if len(d) < bootpChaddr+6 {
			return p.stop(b, "bootp")
		}
		b = append(b, "\n\t  Client-Ethernet-Address "...)
		b = p.hardware(b, d[bootpChaddr:bootpChaddr+6])
	}
	for _, f := range [...]struct {
		name    string
		at, end int
	}{{"sname", bootpSname, bootpFile}, {"file", bootpFile, bootpVendor}} {
		if len(d) <= f.at {
			return p.stop(b, "bootp")
		}
		if d[f.at] == 0 {
			continue
		}
		text := d[f.at:min(f.end, len(d))]
		b = append(append(append(b, "\n\t  "...), f.name...), ` "`...)
		n := 0
		for n < len(text) && text[n] != 0 {
			n++
		}
		b = append(appendVisibleText(b, text[:n]), '"')
		if n == len(text) { // no end in sight
			return p.trunc(b, "bootp")
		}
	}
	if len(d) < bootpOptions {
		return p.trunc(b, "bootp")
	}
	return p.bootpVendor(b, d[bootpVendor:])
}

// bootpVendor prints the vendor's area, whose first four bytes say what it is.
func (p *Line) bootpVendor(b, d []byte) []byte {
	switch magic := be32(d, 0); magic {
	case 0:
		return b
	case 0x63825363: // RFC 2132 section 2
		b = append(b, "\n\t  Vendor-rfc1048 Extensions\n\t    Magic Cookie 0x63825363"...)
		return p.dhcpOptions(b, d[4:])
	case 0x434d5500: // "CMU"
		return p.bootpCMU(append(b, " vend-cmu"...), d[4:])
	default:
		return appendHex(append(b, "\n\t  Vendor-#0x"...), uint64(magic), 1)
	}
}

// bootpCMU prints the vendor's area of Carnegie Mellon University.
func (p *Line) bootpCMU(b, d []byte) []byte {
	if len(d) == 0 {
		return p.trunc(b, "bootp")
	}
	mask := d[0]&1 != 0
	if d[0]&^1 != 0 {
		b = appendHexNumber(append(b, " F:"...), uint64(d[0]), 2)
	}
	for _, f := range [...]struct {
		name string
		at   int
	}{{" DG:", 8}, {" SM:", 4}, {" NS1:", 12}, {" NS2:", 16}, {" IEN1:", 20}, {" IEN2:", 24}, {" TS1:", 28}, {" TS2:", 32}} {
		if len(d) < f.at+4 {
			return p.trunc(b, "bootp")
		}
		if be32(d, f.at) == 0 {
			continue
		}
		if f.at == 4 && !mask {
			b = append(b, " SM*:"...)
		} else {
			b = append(b, f.name...)
		}
		b = p.addr4(b, d[f.at:])
	}
	return b
}

// The options that are printed in a way of their own.
const (
	dhcpPad         = 0
	dhcpNetbiosNode = 46
	dhcpOverload    = 52
	dhcpMessageType = 53
	dhcpParams      = 55
	dhcpClientID    = 61
	dhcpUserClass   = 77
	dhcpFQDN        = 81
	dhcpAgent       = 82
	dhcpRoutes      = 121
	dhcpRoutesMSoft = 249
	dhcpEnd         = 255
)

// dhcpOptions prints the options at d. Their length is not known but from what was captured.
func (p *Line) dhcpOptions(b, d []byte) []byte {
	for len(d) > 0 {
		tag := d[0]
		d = d[1:]
		if p.opts.Verbose < 3 {
			if tag == dhcpPad {
				continue
			}
			if tag == dhcpEnd {
				return b
			}
		}
		n := 0
		if tag != dhcpPad && tag != dhcpEnd {
			if len(d) == 0 {
				return p.stop(b, "bootp")
			}
			n, d = int(d[0]), d[1:]
		}
		b = appendDHCPOption(append(b, "\n\t    "...), tag)
		b = appendInt(append(b, ", length "...), n)
		if n > 0 {
			b = append(b, ": "...)
		}
		if tag == dhcpPad && p.opts.Verbose > 2 {
			run := 1
			for len(d) > 0 && d[0] == dhcpPad {
				run, d = run+1, d[1:]
			}
			if run > 1 {
				b = appendInt(append(b, ", occurs "...), run)
			}
		}
		if len(d) < n {
			return p.trunc(b, "bootp")
		}
		rest := 0
		b, rest = p.dhcpOption(b, tag, d[:n])
		if rest > 0 {
			b = appendInt(append(b, "\n\t  trailing data length "...), rest)
		}
		d = d[n:]
	}
	return b
}

// appendDHCPOption appends the name and the number of an option.
func appendDHCPOption(b []byte, tag byte) []byte {
	name := dhcpOptionText[tag].name
	if name == "" {
		name = "Unknown"
	}
	return append(appendInt(append(append(b, name...), " ("...), int(tag)), ')')
}

// dhcpOption prints the data of an option, and gives how many bytes of it were left over.
func (p *Line) dhcpOption(b []byte, tag byte, d []byte) (_ []byte, rest int) {
	switch {
	case tag == dhcpMessageType && len(d) == 1:
		if c := int(d[0]); c < len(dhcpMessageText) && dhcpMessageText[c] != "" {
			return append(b, dhcpMessageText[c]...), 0
		}
		return append(appendInt(append(b, "Unknown ("...), int(d[0])), ')'), 0
	case tag == dhcpParams:
		for i, c := range d {
			switch {
			case i%4 == 0:
				b = append(b, "\n\t      "...)
			default:
				b = append(b, ", "...)
			}
			b = appendDHCPOption(b, c)
		}
		return b, 0
	}
	form := dhcpOptionText[tag].form
	if form == 0 { // unknown: the widest number that the length is a multiple of
		switch {
		case len(d)%4 == 0:
			form = 'l'
		case len(d)%2 == 0:
			form = 's'
		default:
			form = 'b'
		}
	}
	switch form {
	case 'a':
		return append(appendVisibleText(append(b, '"'), d), '"'), 0
	case '$':
		return p.dhcpSpecial(b, tag, d)
	}
	size := dhcpFormSize[form]
	for first := true; len(d) >= size; first = false {
		if !first {
			if form == 'b' {
				b = append(b, '.')
			} else {
				b = append(b, ',')
			}
		}
		switch form {
		case 'i':
			b = p.addr4(b, d)
		case 'p':
			b = p.addr4(append(p.addr4(append(b, '('), d), ':'), d[4:])
			b = append(b, ')')
		case 'l':
			b = appendDecimal(b, uint64(be32(d, 0)))
		case 'L':
			b = appendSigned(b, int(int32(be32(d, 0))))
		case 's':
			b = appendInt(b, int(be16(d, 0)))
		case 'b':
			b = appendInt(b, int(d[0]))
		case 'B':
			switch d[0] {
			case 0:
				b = append(b, 'N')
			case 1:
				b = append(b, 'Y')
			default:
				b = append(appendInt(b, int(d[0])), '?')
			}
		}
		d = d[size:]
	}
	return b, len(d)
}

// dhcpFormSize is how many bytes a value of each form has: i an address, p two, l and L numbers, s a short one,
// b a byte and B a truth value.
var dhcpFormSize = [256]int{'i': 4, 'p': 8, 'l': 4, 'L': 4, 's': 2, 'b': 1, 'B': 1}

// dhcpShort says that an option needs n bytes.
func dhcpShort(b []byte, n int) []byte {
	return append(appendInt(append(b, "[ERROR: length < "...), n), " bytes]"...)
}

// dhcpSpecial prints an option of a form that no other has.
func (p *Line) dhcpSpecial(b []byte, tag byte, d []byte) (_ []byte, rest int) {
	switch tag {
	case dhcpNetbiosNode, dhcpOverload:
		if len(d) < 1 {
			return dhcpShort(b, 1), len(d)
		}
		name := ""
		if tag == dhcpOverload && d[0] < 4 {
			name = [...]string{"", "file", "sname", "file+sname"}[d[0]]
		} else if tag == dhcpNetbiosNode && d[0] < 9 {
			name = [...]string{1: "b-node", 2: "p-node", 4: "m-node", 8: "h-node"}[d[0]]
		}
		if name == "" {
			b = appendInt(append(b, '#'), int(d[0]))
		}
		return append(b, name...), len(d) - 1
	case dhcpClientID:
		if len(d) < 1 {
			return dhcpShort(b, 1), len(d)
		}
		return appendDHCPClient(b, d), 0
	case dhcpUserClass:
		if len(d) < 2 {
			return dhcpShort(b, 2), 0
		}
		return appendDHCPUserClass(b, d), 0
	case dhcpFQDN:
		if len(d) < 3 {
			return dhcpShort(b, 3), 0
		}
		return appendDHCPFQDN(b, d), 0
	case dhcpAgent:
		return p.dhcpAgent(b, d)
	}
	if len(d) < 5 {
		return dhcpShort(b, 5), 0
	}
	return p.dhcpRoutes(b, d), 0
}

func appendDHCPClient(b, d []byte) []byte {
	kind, id := d[0], d[1:]
	switch kind {
	case 0:
		return append(appendVisibleText(append(b, '"'), id), '"')
	case 1:
		b = append(b, "ether"...)
	case 6:
		b = append(b, "ieee802"...)
	case 7:
		b = append(b, "arcnet"...)
	case 15:
		b = append(b, "frelay"...)
	case 23:
		b = append(b, "strip"...)
	case 24:
		b = append(b, "ieee1394"...)
	default:
		b = append(appendInt(append(b, "hardware-type "...), int(kind)), ',')
	}
	return appendHardware(append(b, ' '), id)
}

func appendDHCPUserClass(b, d []byte) []byte {
	for i := 1; len(d) > 0; i++ {
		n := int(d[0])
		d = d[1:]
		b = append(appendInt(append(b, "\n\t      instance#"...), i), ": "...)
		switch {
		case n == 0:
			return append(b, "[ERROR: suboption length must be non-zero]"...)
		case n > len(d):
			return append(b, "[ERROR: invalid option]"...)
		}
		b = append(appendVisibleText(append(b, '"'), d[:n]), `", length `...)
		b, d = appendInt(b, n), d[n:]
	}
	return b
}

func appendDHCPFQDN(b, d []byte) []byte {
	if odd := d[0] >> 4; odd != 0 {
		b = append(appendHex(append(b, "[ERROR: MBZ nibble 0x"...), uint64(odd), 1), " != 0] "...)
	}
	if d[0]&15 != 0 {
		b = append(b, '[')
		for i, c := range []byte("SOEN") {
			if d[0]>>i&1 != 0 {
				b = append(b, c)
			}
		}
		b = append(b, "] "...)
	}
	if d[1] != 0 || d[2] != 0 {
		b = appendInt(append(appendInt(b, int(d[1])), '/'), int(d[2]))
		b = append(b, ' ')
	}
	return append(appendVisibleText(append(b, '"'), d[3:]), '"')
}

// dhcpAgent prints the suboptions of the Relay Agent Information option (RFC 3046).
func (p *Line) dhcpAgent(b, d []byte) (_ []byte, rest int) {
	for len(d) >= 2 {
		kind, n := d[0], int(d[1])
		d = d[2:]
		name := "Unknown"
		switch kind {
		case 1:
			name = "Circuit-ID"
		case 2:
			name = "Remote-ID"
		case 6:
			name = "Subscriber-ID"
		}
		b = append(append(append(b, "\n\t      "...), name...), " SubOption "...)
		b = appendInt(append(appendInt(b, int(kind)), ", length "...), n)
		b = append(b, ": "...)
		if n > len(d) {
			return append(b, "length goes past end of option"...), 0
		}
		if name == "Unknown" {
			b = appendIndentedHex(b, "\n\t\t", d[:n])
		} else {
			b = appendVisibleText(b, d[:n])
		}
		d = d[n:]
	}
	return b, len(d)
}

// dhcpRoutes prints classless static routes (RFC 3442).
func (p *Line) dhcpRoutes(b, d []byte) []byte {
	for first := true; len(d) > 0; first = false {
		if !first {
			b = append(b, ',')
		}
		width, n := int(d[0]), (int(d[0])+7)/8
		d = d[1:]
		switch {
		case width > 32:
			return append(appendInt(append(b, "[ERROR: Mask width ("...), width), ") > 32]"...)
		case n+4 > len(d):
			b = appendInt(append(b, "[ERROR: Remaining length ("...), len(d))
			return append(appendInt(append(b, ") < "...), n+4), " bytes]"...)
		}
		b = append(b, '(')
		if width == 0 {
			b = append(b, "default"...)
		} else {
			var a [4]byte
			copy(a[:], d[:n])
			b = appendInt(append(p.addr4(b, a[:]), '/'), width)
		}
		b = append(p.addr4(append(b, ':'), d[n:]), ')')
		d = d[n+4:]
	}
	return b
}

var dhcpMessageText = [...]string{
	1: "Discover", "Offer", "Request", "Decline", "ACK", "NACK", "Release", "Inform",
	10: "LeaseQuery", "LeaseUnassigned", "LeaseUnknown", "LeaseActive",
}

// dhcpOptionText is what tcpdump calls the options, and the form of their data: a for text, $ for one of its own,
// and those of dhcpFormSize.
var dhcpOptionText = [256]struct {
	name string
	form byte
}{
	0: {"PAD", 0}, 1: {"Subnet-Mask", 'i'}, 2: {"Time-Zone", 'L'}, 3: {"Default-Gateway", 'i'}, 4: {"Time-Server", 'i'},
	5: {"IEN-Name-Server", 'i'}, 6: {"Domain-Name-Server", 'i'}, 7: {"LOG", 'i'}, 8: {"CS", 'i'}, 9: {"LPR-Server", 'i'},
	10: {"IM", 'i'}, 11: {"RL", 'i'}, 12: {"Hostname", 'a'}, 13: {"BS", 's'}, 14: {"DP", 'a'}, 15: {"Domain-Name", 'a'}, 16: {"SS", 'i'},
	17: {"RP", 'a'}, 18: {"EP", 'a'}, 19: {"IPF", 'B'}, 20: {"SRT", 'B'}, 21: {"PF", 'p'}, 22: {"RSZ", 's'}, 23: {"TTL", 'b'},
	24: {"MTU-Timeout", 'l'}, 25: {"MTU-Table", 's'}, 26: {"MTU", 's'}, 27: {"LSN", 'B'}, 28: {"BR", 'i'}, 29: {"MD", 'B'},
	30: {"MS", 'B'}, 31: {"Router-Discovery", 'B'}, 32: {"RSA", 'i'}, 33: {"Static-Route", 'p'}, 34: {"UT", 'B'}, 35: {"AT", 'l'},
	36: {"IE", 'B'}, 37: {"TT", 'b'}, 38: {"KI", 'l'}, 39: {"KG", 'B'}, 40: {"YD", 'a'}, 41: {"YS", 'i'}, 42: {"NTP", 'i'},
	43: {"Vendor-Option", 'b'}, 44: {"Netbios-Name-Server", 'i'}, 45: {"WDD", 'i'}, 46: {"Netbios-Node", '$'},
	47: {"Netbios-Scope", 'a'}, 48: {"XFS", 'i'}, 49: {"XDM", 'i'}, 50: {"Requested-IP", 'i'}, 51: {"Lease-Time", 'l'}, 52: {"OO", '$'},
	53: {"DHCP-Message", 'b'}, 54: {"Server-ID", 'i'}, 55: {"Parameter-Request", 0}, 56: {"MSG", 'a'}, 57: {"MSZ", 's'}, 58: {"RN", 'l'},
	59: {"RB", 'l'}, 60: {"Vendor-Class", 'a'}, 61: {"Client-ID", '$'}, 64: {"N+D", 's'}, 65: {"N+S", 'i'}, 66: {"TFTP", 'a'},
	67: {"BF", 'a'}, 68: {"MH", 'i'}, 69: {"SMTP", 'i'}, 70: {"POP3", 'i'}, 71: {"NNTP", 'i'}, 72: {"WWW", 'i'}, 73: {"FG", 'i'},
	74: {"IRC", 'i'}, 75: {"STS", 'i'}, 76: {"STDA", 'i'}, 77: {"User-Class", '$'}, 78: {"SLP-DA", 'b'}, 79: {"SLP-SCOPE", 'b'},
	80: {"SLP-NA", 'a'}, 81: {"FQDN", '$'}, 82: {"Agent-Information", '$'}, 83: {"ARMT", 'b'}, 88: {"TZSTR", 'a'}, 89: {"FQDNS", 'b'},
	90: {"AUTH", 'b'}, 91: {"Last-Transaction-Time", 'L'}, 92: {"Associated-IP", 'i'}, 93: {"ARCH", 's'}, 94: {"NDI", 'b'},
	95: {"LDAP", 'a'}, 97: {"GUID", 'b'}, 98: {"UAP", 'a'}, 100: {"POSIX-TZ", 'a'}, 101: {"TZ-Name", 'a'}, 112: {"NI", 'i'},
	113: {"NITAG", 'a'}, 114: {"URL", 'a'}, 116: {"NOAUTO", 'B'}, 117: {"NSSEARCH", 's'}, 118: {"SUBNET", 'i'},
	121: {"Classless-Static-Route", '$'}, 150: {"TFTP-Server-Address", 'i'}, 161: {"MUD-URL", 'a'},
	249: {"Classless-Static-Route-Microsoft", '$'}, 255: {"END", 0},
}
