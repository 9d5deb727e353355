package format

import "strconv"

// cdpKind says how a TLV is called and how long its value may be.
type cdpKind struct {
	name     string
	min, max int // in bytes; max is zero where there is no bound
}

var cdpKinds = [...]cdpKind{
	0x01: {name: "Device-ID"},
	0x02: {name: "Address"},
	0x03: {name: "Port-ID"},
	0x04: {"Capability", 4, 4},
	0x05: {name: "Version String"},
	0x06: {name: "Platform"},
	0x07: {name: "Prefixes"},
	0x08: {name: "Protocol-Hello option"},
	0x09: {name: "VTP Management Domain"},
	0x0a: {"Native VLAN ID", 2, 2},
	0x0b: {"Duplex", 1, 1},
	0x0e: {"ATA-186 VoIP VLAN assignment", 3, 3},
	0x0f: {"ATA-186 VoIP VLAN request", 2, 3},
	0x10: {"power consumption", 1, 3},
	0x11: {"MTU", 4, 4},
	0x12: {"AVVID trust bitmap", 1, 1},
	0x13: {"AVVID untrusted ports CoS", 1, 1},
	0x14: {name: "System Name"},
	0x15: {name: "System Object ID (not decoded)"},
	0x16: {name: "Management Addresses", min: 4},
	0x17: {name: "Physical Location", min: 1},
	0x18: {},
}

// cdp prints the Cisco Discovery Protocol.
func (p *Line) cdp(b, d []byte, length int) []byte {
	if length < 4 {
		b = appendInt(append(b, " (packet length "...), length)
		return p.cdpInvalid(append(b, " < 4)"...), d, length)
	}
	if len(d) < 2 {
		return p.stop(b, "cdp")
	}
	b = appendInt(append(p.proto(b, "CDP"), 'v'), int(d[0]))
	b = append(appendInt(append(b, ", ttl: "...), int(d[1])), 's')
	if len(d) < 4 {
		return p.stop(b, "cdp")
	}
	if p.opts.Verbose > 0 {
		b = append(appendHexNumber(append(b, ", checksum: "...), uint64(be16(d, 2)), 4), " (unverified)"...)
		b = appendInt(append(b, ", length "...), length)
	}
	total := length
	for d, length = from(d, 4), length-4; length > 0; {
		if length < 4 {
			b = appendInt(append(b, " (remaining packet length "...), length)
			return p.cdpInvalid(append(b, " < 4)"...), d, length)
		}
		if len(d) < 4 {
			return p.stop(b, "cdp")
		}
		kind, size := be16(d, 0), int(be16(d, 2))
		if size > length {
			b = appendInt(append(b, " (TLV length "...), size)
			b = append(appendInt(append(b, " > "...), length), ')')
			return p.cdpInvalid(b, d, length)
		}
		if b = p.cdpTLV(b, d, kind, size); p.stopped {
			return b
		}
		if size < 4 {
			return p.cdpInvalid(b, d, length)
		}
		d, length = from(d, size), length-size
	}
	if p.opts.Verbose == 0 {
		b = appendInt(append(b, ", length "...), total)
	}
	return b
}

// cdpTLV prints a TLV of size bytes.
func (p *Line) cdpTLV(b, d []byte, t uint16, size int) []byte {
	kind := cdpKind{}
	if int(t) < len(cdpKinds) {
		kind = cdpKinds[t]
	}
	name := kind.name
	if name == "" {
		name = "unknown field type"
	}
	verbose := p.opts.Verbose > 0
	if size < 4 {
		if verbose {
			b = append(append(append(b, "\n\t"...), name...), " ("...)
			b = appendInt(append(appendHexNumber(b, uint64(t), 2), "), TLV length: "...), size)
			b = append(appendBytesWord(b, size), " (too short)"...)
		} else {
			b = append(append(append(b, ", "...), name...), " TLV length "...)
			b = append(appendInt(b, size), " too short"...)
		}
		return b
	}
	n := size - 4
	if verbose {
		b = append(append(append(b, "\n\t"...), name...), " ("...)
		b = appendInt(append(appendHexNumber(b, uint64(t), 2), "), value length: "...), n)
		b = append(appendBytesWord(b, n), ": "...)
	}
	v := clip(d[4:], n)
	switch {
	case n < kind.min || kind.max > 0 && n > kind.max:
		b = append(b, " (malformed TLV)"...)
		return p.cdpDump(b, v, n)
	case verbose:
		return p.cdpValue(b, t, v, n)
	case t == 0x01:
		return p.cdpText(append(b, ", Device-ID "...), v, n)
	}
	return p.cdpDump(b, v, n)
}

// cdpInvalid says that a packet contradicts itself, and how much is left of it that is not looked at.
func (p *Line) cdpInvalid(b, d []byte, length int) []byte {
	b = p.invalid(b)
	if len(d) < length {
		return p.stop(b, "cdp")
	}
	return b
}

// cdpDump prints a value of n bytes that is not explained.
func (p *Line) cdpDump(b, v []byte, n int) []byte {
	if len(v) < n {
		return p.stop(b, "cdp")
	}
	return appendIndentedHex(b, "\n\t  ", v)
}

// cdpText prints a value of n bytes that is text.
func (p *Line) cdpText(b, v []byte, n int) []byte {
	b = appendVisibleText(append(b, '\''), v)
	if len(v) < n {
		return p.stop(b, "cdp")
	}
	return append(b, '\'')
}

// appendBytesWord appends the word behind a number of bytes.
func appendBytesWord(b []byte, n int) []byte {
	if n == 1 {
		return append(b, " byte"...)
	}
	return append(b, " bytes"...)
}

var cdpCapabilities = []bitName{
	{0x01, "Router"}, {0x02, "Transparent Bridge"}, {0x04, "Source Route Bridge"}, {0x08, "L2 Switch"}, {0x10, "L3 capable"},
	{0x20, "IGMP snooping"}, {0x40, "L1 capable"},
}

// cdpValue prints a value of n bytes, a number that fits its type.
func (p *Line) cdpValue(b []byte, t uint16, v []byte, n int) []byte {
	switch t {
	case 0x01, 0x03, 0x06, 0x09, 0x14:
		return p.cdpText(b, v, n)
	case 0x02, 0x16:
		return p.cdpAddresses(b, v, n)
	case 0x04:
		if len(v) < n {
			return p.stop(b, "cdp")
		}
		b = append(appendHexNumber(append(b, '('), uint64(be32(v, 0)), 8), "): "...)
		return appendBits(b, cdpCapabilities, be32(v, 0), ", ", "none")
	case 0x05:
		b = append(b, "\n\t  "...)
		for _, c := range v {
			if c == '\n' {
				b = append(b, "\n\t  "...)
			} else {
				b = appendVisible(b, c)
			}
		}
		if len(v) < n {
			return p.stop(b, "cdp")
		}
		return b
	case 0x07:
		return p.cdpPrefixes(b, v, n)
	case 0x00, 0x08, 0x0c, 0x0d, 0x15:
		if len(v) < n {
			return p.stop(b, "cdp")
		}
		return b
	case 0x17:
		if len(v) == 0 {
			return p.stop(b, "cdp")
		}
		b = appendHexNumber(b, uint64(v[0]), 2)
		if n > 1 {
			b = appendVisibleText(append(b, '/'), v[1:])
		}
		if len(v) < n {
			return p.stop(b, "cdp")
		}
		return b
	}
	if int(t) >= len(cdpKinds)-1 {
		return p.cdpDump(b, v, n)
	}
	if len(v) < n {
		return p.stop(b, "cdp")
	}
	switch t {
	case 0x0a:
		return appendInt(b, int(be16(v, 0)))
	case 0x0b:
		if v[0] != 0 {
			return append(b, "full"...)
		}
		return append(b, "half"...)
	case 0x0e, 0x0f:
		if len(v) == 2 {
			return appendHexNumber(append(b, "unknown "...), uint64(be16(v, 0)), 4)
		}
		b = appendInt(append(b, "app "...), int(v[0]))
		return appendInt(append(b, ", vlan "...), int(be16(v, 1)))
	case 0x10:
		power := uint64(0)
		for _, c := range v {
			power = power<<8 | uint64(c)
		}
		return append(strconv.AppendFloat(b, float64(power)/1000, 'f', 2, 64), 'W')
	case 0x11:
		return append(appendDecimal(b, uint64(be32(v, 0))), " bytes"...)
	case 0x12, 0x13:
		return appendHexNumber(b, uint64(v[0]), 2)
	}
	return b
}

// cdpPrefixes prints networks of IPv4, five bytes each.
func (p *Line) cdpPrefixes(b, v []byte, n int) []byte {
	if n%5 != 0 {
		b = appendInt(append(b, " [length "...), n)
		b = append(b, " is not a multiple of 5]"...)
		if len(v) < n {
			return p.stop(b, "cdp")
		}
		return b
	}
	b = append(appendInt(append(b, " IPv4 Prefixes ("...), n/5), "):"...)
	for ; n > 0; v, n = v[5:], n-5 {
		if len(v) < 5 {
			return p.stop(b, "cdp")
		}
		b = p.addr4(append(b, ' '), v)
		b = appendInt(append(b, '/'), int(v[4]))
	}
	return b
}

const cdpIPv6 = "\xaa\xaa\x03\x00\x00\x00\x86\xdd" // LLC and SNAP, as in a frame

// cdpAddresses prints a list of left bytes, of addresses of any protocol.
func (p *Line) cdpAddresses(b, v []byte, left int) []byte {
	if left < 4 {
		return p.cdpShort(b, v, left, "num")
	}
	if len(v) < 4 {
		return p.stop(b, "cdp")
	}
	num := be32(v, 0)
	for v, left = v[4:], left-4; left > 0 && num > 0; num-- {
		if left < 2 {
			return p.cdpShort(b, v, left, "PT+PL")
		}
		if len(v) < 2 {
			return p.stop(b, "cdp")
		}
		kind, n := v[0], int(v[1])
		v, left = v[2:], left-2
		if left < n+2 {
			return p.cdpShort(b, v, left, "P+AL")
		}
		if len(v) < n+2 {
			return p.stop(b, "cdp")
		}
		proto, size := v[:n], int(be16(v, n))
		v, left = v[n+2:], left-n-2
		if b = p.cdpAddress(b, kind, proto, v, size, left, num); p.stopped || left < size {
			return b
		}
		v, left = v[size:], left-size
		if num > 1 {
			b = append(b, ' ')
		}
	}
	switch {
	case num > 0:
		return p.cdpShort(b, v, left, "PT+PL")
	case left > 0:
		return append(appendInt(append(b, " ("...), left), " bytes of stray data)"...)
	}
	return b
}

// cdpShort says that the left bytes of a list are too few for its next part.
func (p *Line) cdpShort(b, v []byte, left int, part string) []byte {
	b = append(append(append(b, " (not enough space for "...), part...), ')')
	if len(v) < left {
		return p.stop(b, "cdp")
	}
	return b
}

// cdpAddress prints an address of size bytes, if left are enough for it. num counts it and those that follow.
func (p *Line) cdpAddress(b []byte, kind uint8, proto, addr []byte, size, left int, num uint32) []byte {
	known4 := kind == 1 && len(proto) == 1 && proto[0] == nlpidIPv4 && size == 4
	known6 := kind == 2 && string(proto) == cdpIPv6 && size == 16
	if (known4 || known6) && left < size {
		return p.cdpShort(b, addr, left, "A")
	}
	if known4 || known6 {
		if len(addr) < size {
			return p.stop(b, "cdp")
		}
		if known4 {
			b = append(appendDecimal(append(b, "IPv4 ("...), uint64(num)), ") "...)
			return p.addr4(b, addr)
		}
		b = append(appendDecimal(append(b, "IPv6 ("...), uint64(num)), ") "...)
		return p.addr6(b, addr)
	}
	b = appendHexNumber(append(b, "pt="...), uint64(kind), 2)
	b = append(appendInt(append(b, ", pl="...), len(proto)), ", pb="...)
	for i := range proto {
		b = appendHexBytes(append(b, ' '), proto[i:i+1])
	}
	b = append(appendInt(append(b, ", al="...), size), ", a="...)
	if left < size {
		return p.cdpShort(b, addr, left, "A")
	}
	for i := range clip(addr, size) {
		b = appendHexBytes(append(b, ' '), addr[i:i+1])
	}
	if len(addr) < size {
		return p.stop(b, "cdp")
	}
	return b
}
