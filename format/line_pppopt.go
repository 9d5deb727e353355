package format

// pppOptions prints length bytes of configuration options of protocol proto, in a packet of packet bytes.
func (p *Line) pppOptions(b, d []byte, length, packet int, proto uint16) []byte {
	for length > 0 {
		if pppOptionLen(d) > packet {
			return b
		}
		var size int
		switch proto {
		case 0xc021:
			b, size = p.lcpOption(b, d)
		case 0x8021:
			b, size = p.ipcpOption(b, d)
		case 0x8057:
			b, size = p.ip6cpOption(b, d)
		case 0x80fd:
			b, size = p.ccpOption(b, d)
		case 0xc02b:
			b, size = p.bacpOption(b, d)
		default:
			return b
		}
		if size == 0 || p.stopped {
			return b
		}
		if length < size {
			b = appendInt(append(b, " [remaining options length "...), length)
			b = append(appendInt(append(b, " < "...), size), ']')
			return p.invalid(b)
		}
		d, length = from(d, size), length-size
	}
	return b
}

// pppOption prints what all options begin with: a type, whose name is given, and a length. It reports the
// length, or zero if the option cannot be read; cut is the mark for one that was not captured whole.
func (p *Line) pppOption(b, d []byte, name, unknown, cut string) ([]byte, int) {
	if len(d) < 2 {
		return p.cut(b, cut), 0
	}
	size := int(d[1])
	if name == "" {
		name = unknown
	}
	b = append(append(append(b, "\n\t  "...), name...), " Option ("...)
	b = appendHexNumber(b, uint64(d[0]), 2)
	b = appendInt(append(b, "), length "...), size)
	if size < 2 {
		return append(b, " (length bogus, should be >= 2)"...), 0
	}
	return b, size
}

// pppOptionLen is the length of the first option in d, zero where it was not captured.
func pppOptionLen(d []byte) int {
	if len(d) < 2 {
		return 0
	}
	return int(d[1])
}

// pppGoOn gives the length of an option with a wrong one, or zero to end with it: tcpdump does now this, now that.
func pppGoOn(size int, on bool) int {
	if on {
		return size
	}
	return 0
}

// appendBogus says what the length of an option should be: "= 4", ">= 2".
func appendBogus(b []byte, want string) []byte {
	return append(append(append(b, " (length bogus, should be "...), want...), ')')
}

// pppValue dumps the value of an option of size bytes: one that is not explained, and any with -vv.
func (p *Line) pppValue(b, d []byte, size int, explained bool) []byte {
	if p.opts.Verbose < 2 && explained {
		return b
	}
	return appendUnknown(b, "\n\t    ", from(d, 2), size-2)
}

var lcpOptionNames = [...]string{
	"Vend-Ext", "MRU", "ACCM", "Auth-Prot", "Qual-Prot", "Magic-Num", "deprecated(6)", "PFC", "ACFC", "FCS-Alt", "SDP", "Num-Mode",
	"deprecated(12)", "Call-Back", "deprecated(14)", "deprecated(15)", "deprecated(16)", "MRRU", "12-Bit seq #", "End-Disc",
	"Proprietary", "DCE-Id", "MP+", "Link-Disc", "LCP-Auth-Opt", "COBS", "Prefix-elision", "Multilink-header-Form", "I18N",
	"SDL-over-SONET/SDH", "PPP-Muxing",
}

var callbackNames = [...]string{"UserAuth", "DialString", "LocalID", "E.164", "X.500", "Unknown", "CBCP"}

// lcpOption prints an option of LCP (RFC 1661 section 6 and others) and gives its length, or zero to end with it.
func (p *Line) lcpOption(b, d []byte) ([]byte, int) {
	if len(d) < 2 {
		return p.cut(b, "lcp"), 0
	}
	kind, size := d[0], int(d[1])
	switch {
	case int(kind) < len(lcpOptionNames):
		if b, size = p.pppOption(b, d, lcpOptionNames[kind], "Unknown", "lcp"); size == 0 {
			return b, 0
		}
	default:
		b = appendHexNumber(append(b, "\n\tunknown LCP option "...), uint64(kind), 2)
	}
	if int(kind) >= len(lcpOptionNames) {
		if size < 2 {
			size = 0
		}
		return b, size
	}
	explained, ok := true, true
	switch kind {
	case 0:
		if size < 6 {
			return appendBogus(b, ">= 6"), size
		}
		if len(d) < 5 {
			return p.stop(b, "ppp"), 0
		}
		b = p.pppVendor(append(b, ": "...), d[2:])
	case 1, 17:
		if size != 4 {
			return appendBogus(b, "= 4"), pppGoOn(size, kind == 1)
		}
		if len(d) < 4 {
			return p.stop(b, "ppp"), 0
		}
		b = appendInt(append(b, ": "...), int(be16(d, 2)))
	case 2, 5:
		if size != 6 {
			return appendBogus(b, "= 6"), pppGoOn(size, kind == 2)
		}
		if len(d) < 6 {
			return p.stop(b, "ppp"), 0
		}
		b = appendHexNumber(append(b, ": "...), uint64(be32(d, 2)), 8)
	case 3:
		if size < 4 {
			return appendBogus(b, ">= 4"), size
		}
		if len(d) < 4 {
			return p.stop(b, "ppp"), 0
		}
		if b, ok = p.lcpAuth(append(b, ": "...), d, size); !ok {
			return p.stop(b, "ppp"), 0
		}
	case 4:
		if size < 4 {
			return appendBogus(b, ">= 4"), 0
		}
		if len(d) < 4 {
			return p.stop(b, "ppp"), 0
		}
		if be16(d, 2) == 0xc025 {
			b = append(b, ": LQR"...)
		} else {
			b = append(b, ": unknown"...)
		}
	case 7, 8:
	case 13:
		if size < 3 {
			return appendBogus(b, ">= 3"), 0
		}
		b = append(b, ": "...)
		if len(d) < 3 {
			return p.stop(b, "ppp"), 0
		}
		name := "Unknown"
		if int(d[2]) < len(callbackNames) {
			name = callbackNames[d[2]]
		}
		b = append(append(b, ": Callback Operation "...), name...)
		b = append(appendInt(append(b, " ("...), int(d[2])), ')')
	case 19:
		if size < 3 {
			return appendBogus(b, ">= 3"), 0
		}
		if b, ok = p.lcpDiscriminator(b, d, size); !ok || p.stopped {
			return b, 0
		}
	case 23:
		if size != 4 {
			return appendBogus(b, "= 4"), 0
		}
		if len(d) < 4 {
			return p.stop(b, "ppp"), 0
		}
		b = appendHexNumber(append(b, ": "...), uint64(be16(d, 2)), 4)
	default:
		explained = false
	}
	return p.pppValue(b, d, size, explained), size
}

// lcpAuth prints the authentication protocol that an option asks for. It reports false if it was not captured.
func (p *Line) lcpAuth(b, d []byte, size int) ([]byte, bool) {
	switch be16(d, 2) {
	case 0xc023:
		b = append(b, "PAP"...)
	case 0xc027:
		b = append(b, "SPAP"...)
	case 0xc227:
		b = append(b, "EAP"...)
	case 0xc223:
		b = append(b, "CHAP"...)
		if len(d) < 5 {
			return b, false
		}
		switch d[4] {
		case 0x05:
			b = append(b, ", MD5"...)
		case 0x80:
			b = append(b, ", MS-CHAPv1"...)
		case 0x81:
			b = append(b, ", MS-CHAPv2"...)
		default:
			b = appendInt(append(b, ", Unknown Auth Alg "...), int(d[4]))
		}
	default: // the letters "04x" are tcpdump's own slip
		name := pppName(be16(d, 2))
		if name == "" {
			name = "Unknown Auth Proto (0x04x)"
		}
		b = appendUnknown(append(b, name...), "\n\t", d, size)
	}
	return b, true
}

// lcpDiscriminator prints an endpoint discriminator (RFC 1990 section 5.1.3). It reports false if its length is wrong.
func (p *Line) lcpDiscriminator(b, d []byte, size int) ([]byte, bool) {
	if len(d) < 3 {
		return p.stop(b, "ppp"), false
	}
	switch d[2] {
	case 0:
		b = append(b, ": Null"...)
	case 1:
		b = append(b, ": Local"...)
	case 2:
		if size != 7 {
			return appendBogus(b, "= 7"), false
		}
		if len(d) < 7 {
			return p.stop(b, "ppp"), false
		}
		b = p.addr4(append(b, ": IPv4 "...), d[3:])
	case 3:
		if size != 9 {
			return appendBogus(b, "= 9"), false
		}
		if len(d) < 9 {
			return p.stop(b, "ppp"), false
		}
		b = p.hardware(append(b, ": MAC "...), d[3:9])
	case 4:
		b = append(b, ": Magic-Num-Block"...)
	case 5:
		b = append(b, ": PSNDN"...)
	default:
		b = appendInt(append(b, ": Unknown class "...), int(d[2]))
	}
	return b, true
}

// ipcpOption prints an option of IPCP (RFC 1332, RFC 1877).
func (p *Line) ipcpOption(b, d []byte) ([]byte, int) {
	name := ""
	if len(d) > 0 {
		switch d[0] {
		case 1:
			name = "IP-Addrs"
		case 2:
			name = "IP-Comp"
		case 3:
			name = "IP-Addr"
		case 4:
			name = "Home-Addr"
		case 129:
			name = "Pri-DNS"
		case 130:
			name = "Pri-NBNS"
		case 131:
			name = "Sec-DNS"
		case 132:
			name = "Sec-NBNS"
		}
	}
	b, size := p.pppOption(b, d, name, "unknown", "ipcp")
	if size == 0 {
		return b, 0
	}
	switch d[0] {
	case 1:
		if size != 10 {
			return appendBogus(b, "= 10"), size
		}
		if len(d) < 10 {
			return p.stop(b, "ppp"), 0
		}
		b = p.addr4(append(b, ": src "...), d[2:])
		b = p.addr4(append(b, ", dst "...), d[6:])
	case 2:
		if size < 4 {
			return appendBogus(b, ">= 4"), 0
		}
		var used int
		if b, used = p.ipcpCompression(b, d, size); used == 0 {
			return b, 0
		}
		if p.opts.Verbose > 1 { // tcpdump counts the value from behind what it has read
			if len(d) < used {
				return append(b, "\n\t    Dissector error: print_unknown_data called with pointer past end of packet"...), size
			}
			b = appendUnknown(b, "\n\t    ", d[used:], size-2)
		}
		return b, size
	case 3, 4, 129, 130, 131, 132:
		if size != 6 {
			return appendBogus(b, "= 6"), 0
		}
		if len(d) < 6 {
			return p.stop(b, "ppp"), 0
		}
		b = p.addr4(append(b, ": "...), d[2:])
	default:
		return p.pppValue(b, d, size, false), size
	}
	return p.pppValue(b, d, size, true), size
}

// ipcpCompression prints what header compression an option asks for (RFC 2509 section 2). It gives the offset
// behind what it has read and the two bytes after, or zero to end here.
func (p *Line) ipcpCompression(b, d []byte, size int) ([]byte, int) {
	if len(d) < 4 {
		return p.stop(b, "ppp"), 0
	}
	proto, name := be16(d, 2), "Unknown"
	switch proto {
	case 0x002d:
		name = "VJ-Comp"
	case 0x0061:
		name = "IP Header Compression"
	}
	b = append(append(append(b, ": "...), name...), " ("...)
	b = append(appendHexNumber(b, uint64(proto), 2), "):"...)
	if proto != 0x0061 {
		return b, 2
	}
	if size < 14 {
		return appendBogus(b, ">= 14"), 0
	}
	if len(d) < 16 {
		return p.cut(b, "ipcp"), 0
	}
	b = appendInt(append(b, "\n\t    TCP Space "...), int(be16(d, 4)))
	b = appendInt(append(b, ", non-TCP Space "...), int(be16(d, 6)))
	b = appendInt(append(b, ", maxPeriod "...), int(be16(d, 8)))
	b = appendInt(append(b, ", maxTime "...), int(be16(d, 10)))
	b = appendInt(append(b, ", maxHdr "...), int(be16(d, 12)))
	n, sub, used := size-14, d[14:], 16
	b = appendInt(append(b, "\n\t      Suboptions, length "...), n)
	for n >= 2 {
		if len(sub) < 2 {
			return p.cut(b, "ipcp"), 0
		}
		kind, subSize := sub[0], int(sub[1])
		if kind == 0 || subSize == 0 {
			break
		}
		name := "Unknown"
		switch kind {
		case 1:
			name = "RTP-Compression"
		case 2:
			name = "Enhanced RTP-Compression"
		}
		b = append(append(append(b, "\n\t\t"...), name...), " Suboption #"...)
		b = appendInt(append(appendInt(b, int(kind)), ", length "...), subSize)
		if subSize > n {
			b = appendInt(append(b, " [remaining suboptions length "...), n)
			b = append(appendInt(append(b, " < "...), subSize), ']')
			b = p.invalid(b)
			break
		}
		sub, n, used = from(sub, subSize), n-subSize, used+subSize
	}
	return b, used
}

// ip6cpOption prints an option of IPV6CP (RFC 5072).
func (p *Line) ip6cpOption(b, d []byte) ([]byte, int) {
	name := ""
	if len(d) > 0 && d[0] == 1 {
		name = "Interface-ID"
	}
	b, size := p.pppOption(b, d, name, "unknown", "ip6cp")
	switch {
	case size == 0:
		return b, 0
	case d[0] != 1:
		return p.pppValue(b, d, size, false), size
	case size != 10:
		return appendBogus(b, "= 10"), size
	case len(d) < 10:
		return p.cut(b, "ip6cp"), 0
	}
	b = append(b, ": "...)
	for at := 2; at < 10; at += 2 {
		if at > 2 {
			b = append(b, ':')
		}
		b = appendHex(b, uint64(be16(d, at)), 4)
	}
	return p.pppValue(b, d, size, true), size
}

// ccpOptionNames are the names of compression algorithms (RFC 1962 and others).
var ccpOptionNames = [...]string{
	0: "OUI", 1: "Pred-1", 2: "Pred-2", 3: "Puddle", 16: "HP-PPC", 17: "Stac-LZS", 18: "MPPC", 19: "Gand-FZA", 20: "V.42bis",
	21: "BSD-Comp", 23: "LZS-DCP", 24: "MVRCA", 25: "DEC", 26: "Deflate", 255: "Reserved",
}

// ccpOption prints an option of CCP.
func (p *Line) ccpOption(b, d []byte) ([]byte, int) {
	name := ""
	if len(d) > 0 && int(d[0]) < len(ccpOptionNames) {
		name = ccpOptionNames[d[0]]
	}
	b, size := p.pppOption(b, d, name, "Unknown", "ccp")
	if size == 0 {
		return b, 0
	}
	least, want := 2, ""
	switch d[0] {
	case 21:
		least, want = 3, ">= 3"
	case 24, 26:
		least, want = 4, ">= 4"
	default:
		return p.pppValue(b, d, size, false), size
	}
	if size < least {
		return appendBogus(b, want), size
	}
	if len(d) < least {
		return p.stop(b, "ppp"), 0
	}
	switch d[0] {
	case 21:
		b = appendInt(append(b, ": Version: "...), int(d[2]>>5))
		b = appendInt(append(b, ", Dictionary Bits: "...), int(d[2]&0x1f))
	case 24:
		b = appendInt(append(b, ": Features: "...), int(d[2]>>6))
		b = append(b, ", PxP: "...)
		if d[2]&0x20 != 0 {
			b = append(b, "Enabled"...)
		} else {
			b = append(b, "Disabled"...)
		}
		b = appendInt(append(b, ", History: "...), int(d[2]&0x1f))
		b = appendInt(append(b, ", #CTX-ID: "...), int(d[3]))
	case 26:
		b = appendInt(append(b, ": Window: "...), int(d[2]>>4))
		b = append(b, "K, Method: "...)
		if d[2]&15 == 8 {
			b = append(b, "zlib"...)
		} else {
			b = append(b, "unknown"...)
		}
		b = appendHex(append(b, " (0x"...), uint64(d[2]&15), 1)
		b = appendInt(append(b, "), MBZ: "...), int(d[3]>>2))
		b = appendInt(append(b, ", CHK: "...), int(d[3]&3))
	}
	return p.pppValue(b, d, size, true), size
}

// bacpOption prints an option of BACP (RFC 2125 section 5).
func (p *Line) bacpOption(b, d []byte) ([]byte, int) {
	name := ""
	if len(d) > 0 && d[0] == 1 {
		name = "Favored-Peer"
	}
	b, size := p.pppOption(b, d, name, "Unknown", "bacp")
	switch {
	case size == 0:
		return b, 0
	case d[0] != 1:
		return p.pppValue(b, d, size, false), size
	case size != 6:
		return appendBogus(b, "= 6"), size
	case len(d) < 6:
		return p.stop(b, "ppp"), 0
	}
	b = appendHexNumber(append(b, ": Magic-Num "...), uint64(be32(d, 2)), 8)
	return p.pppValue(b, d, size, true), size
}
