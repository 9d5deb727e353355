package format

import "time"

// radiusHeaderLen is the length of a RADIUS header (RFC 2865 section 3), in bytes.
const radiusHeaderLen = 20

// radius prints a RADIUS packet.
func (p *Line) radius(b, d []byte, length int, _ ipContext) []byte {
	if len(d) < radiusHeaderLen {
		return p.trunc(b, "radius")
	}
	n := int(be16(d, 2))
	if n < radiusHeaderLen {
		return p.trunc(b, "radius")
	}
	n = min(n, length)
	name := radiusCodeText[d[0]]
	if name == "" {
		name = "Unknown Command"
	}
	if p.opts.Verbose == 0 {
		b = append(append(b, "RADIUS, "...), name...)
		b = appendInt(append(b, " ("...), int(d[0]))
		b = appendHexNumber(append(b, "), id: "...), uint64(d[1]), 2)
		return appendInt(append(b, " length: "...), n)
	}
	b = appendInt(append(b, "RADIUS, length: "...), n)
	b = append(append(b, "\n\t"...), name...)
	b = appendInt(append(b, " ("...), int(d[0]))
	b = appendHexNumber(append(b, "), id: "...), uint64(d[1]), 2)
	b = appendHexBytes(append(b, ", Authenticator: "...), d[4:radiusHeaderLen])
	return p.radiusAttributes(b, d[radiusHeaderLen:], n-radiusHeaderLen)
}

// radiusAttributes prints length bytes of attributes.
func (p *Line) radiusAttributes(b, d []byte, length int) []byte {
	for length > 0 {
		if length < 2 || len(d) < 2 {
			return p.trunc(b, "radius")
		}
		kind, n := d[0], int(d[1])
		a := &radiusAttributes[kind]
		name := a.name
		if name == "" {
			name = "Unknown"
		}
		b = append(append(append(b, "\n\t  "...), name...), " Attribute ("...)
		b = appendInt(append(appendInt(b, int(kind)), "), length: "...), n)
		switch {
		case n < 2:
			return append(b, " (bogus, must be >= 2)"...)
		case n > length:
			return append(b, " (bogus, goes past end of packet)"...)
		}
		b = append(b, ", Value: "...)
		if n > 2 && a.print != nil {
			if b = a.print(p, b, d[2:], n-2, kind); p.stopped {
				return b
			}
		}
		if p.opts.Verbose > 1 {
			b = appendIndentedHex(b, "\n\t    ", clip(d[2:], n-2))
		}
		d, length = from(d, n), length-n
	}
	return b
}

// A radiusPrinter prints the value of an attribute: n bytes, not zero, of which d and what follows was captured.
type radiusPrinter func(p *Line, b, d []byte, n int, kind byte) []byte

// Attributes that share a form with others but for a detail.
const (
	radiusIPXNetwork   = 23
	radiusSession      = 27
	radiusIdle         = 28
	radiusAppleLink    = 37
	radiusAppleNetwork = 38
	radiusDelay        = 41
	radiusSessionTime  = 46
	radiusVLANID       = 56
	radiusVLANName     = 58
	radiusTunnelType   = 64
	radiusTunnelMedium = 65
	radiusClientPoint  = 66
	radiusServerPoint  = 67
	radiusTunnelPass   = 69
	radiusARAPPassword = 70
	radiusARAPFeatures = 71
	radiusEAP          = 79
	radiusTunnelGroup  = 81
	radiusTunnelAssign = 82
	radiusTunnelPrefer = 83
	radiusInterim      = 85
	radiusTunnelClient = 90
	radiusTunnelServer = 91
)

// radiusWrongLength says that a value must be of want bytes.
func radiusWrongLength(b []byte, n int, relation string, want int) []byte {
	b = append(appendInt(append(b, "ERROR: length "...), n), relation...)
	return appendInt(b, want)
}

// radiusTag prints the tag that groups the attributes of one tunnel (RFC 2868).
func radiusTag(b []byte, tag byte) []byte {
	if tag == 0 {
		return append(b, "Tag[Unused] "...)
	}
	return append(appendInt(append(b, "Tag["...), int(tag)), "] "...)
}

func radiusVLANTag(b []byte, tag byte) []byte {
	switch tag {
	case 0x31:
		b = append(b, "Tagged"...)
	case 0x32:
		b = append(b, "Untagged"...)
	default:
		b = append(b, "Unknown tag"...)
	}
	return append(appendHexNumber(append(b, " ("...), uint64(tag), 2), ") "...)
}

// radiusText prints text up to a zero, a dot for what does not print.
func (p *Line) radiusText(b, d []byte, n int, kind byte) []byte {
	if len(d) < n {
		return p.trunc(b, "radius")
	}
	full := d
	d = d[:n]
	switch kind {
	case radiusTunnelPass:
		if n < 3 {
			return p.trunc(b, "radius")
		}
		tag := d[0]
		if tag > 31 {
			tag = 0
		}
		b = appendInt(append(radiusTag(b, tag), "Salt "...), int(be16(d, 1)))
		b, d = append(b, ' '), d[3:]
	case radiusClientPoint, radiusServerPoint, radiusTunnelGroup, radiusTunnelAssign, radiusTunnelClient, radiusTunnelServer:
		if d[0] <= 31 {
			b, d = radiusTag(b, d[0]), d[1:]
		}
	case radiusVLANName:
		b, d = radiusVLANTag(b, d[0]), d[1:]
	case radiusEAP:
		if len(full) < 4 {
			return p.stop(b, "radius")
		}
		return p.eap(b, full, n)
	}
	for _, c := range d {
		if c == 0 {
			break
		}
		b = appendPrintable(b, c)
	}
	return b
}

// appendPrintable appends c, or a dot if it does not print.
func appendPrintable(b []byte, c byte) []byte {
	if c < ' ' || c > '~' {
		c = '.'
	}
	return append(b, c)
}

// radiusNumber prints a number, by name if it has one.
func (p *Line) radiusNumber(b, d []byte, n int, kind byte) []byte {
	if n != 4 {
		return radiusWrongLength(b, n, " != ", 4)
	}
	if len(d) == 0 {
		return p.stop(b, "radius")
	}
	tagged := kind == radiusTunnelType || kind == radiusTunnelMedium || kind == radiusTunnelPrefer
	if tagged {
		b = radiusTag(b, d[0])
	} else if kind == radiusVLANID {
		b = radiusVLANTag(b, d[0])
	}
	if len(d) < 4 {
		return p.stop(b, "radius")
	}
	v := be32(d, 0)
	if tagged || kind == radiusVLANID {
		v &= 0xffffff
	}
	if names := radiusValueText[kind]; names != nil {
		if v < uint32(len(names)) && names[v] != "" {
			return append(b, names[v]...)
		}
		return appendDecimal(append(b, '#'), uint64(v))
	}
	switch kind {
	case radiusIPXNetwork:
		if v == 0xfffffffe {
			return append(b, "NAS Select"...)
		}
	case radiusAppleLink:
		if v == 0 {
			return append(b, "Unnumbered"...)
		}
	case radiusAppleNetwork:
		if v == 0 {
			return append(b, "NAS assigned"...)
		}
	case radiusSession, radiusIdle, radiusDelay, radiusSessionTime, radiusInterim:
		return appendDuration(b, v)
	}
	return appendDecimal(b, uint64(v))
}

// appendDuration appends seconds as "01:02:03 hours", with no more units than it takes.
func appendDuration(b []byte, sec uint32) []byte {
	h, m, s := uint64(sec/3600), uint64(sec/60%60), uint64(sec%60)
	unit := " secs"
	switch {
	case h > 99:
		b = append(appendPadded(append(appendDecimal(b, h), ':'), m, 2), ':')
		unit = " hours"
	case h > 0:
		b = append(appendPadded(append(appendPadded(b, h, 2), ':'), m, 2), ':')
		unit = " hours"
	case m > 0:
		b = append(appendPadded(b, m, 2), ':')
		unit = " min"
	}
	return append(appendPadded(b, s, 2), unit...)
}

func (p *Line) radiusAddress(b, d []byte, n int, kind byte) []byte {
	if n != 4 {
		return radiusWrongLength(b, n, " != ", 4)
	}
	if len(d) < 4 {
		return p.stop(b, "radius")
	}
	if kind == 8 || kind == 14 { // those that a user or the NAS may choose
		switch be32(d, 0) {
		case 0xffffffff:
			return append(b, "User Selected"...)
		case 0xfffffffe:
			return append(b, "NAS Select"...)
		}
	}
	return p.addr4(b, d)
}

func (p *Line) radiusIPv6(b, d []byte, n int, _ byte) []byte {
	if n != 16 {
		return radiusWrongLength(b, n, " != ", 16)
	}
	if len(d) < 16 {
		return p.stop(b, "radius")
	}
	return p.addr6(b, d)
}

// radiusPrefix prints an IPv6 prefix, whose bytes end where the rest is zero (RFC 3162 section 2.3).
func (p *Line) radiusPrefix(b, d []byte, n int, _ byte) []byte {
	if n < 2 || n > 18 {
		return append(appendInt(append(b, "ERROR: length "...), n), " not in range (2..18)"...)
	}
	if len(d) < n {
		return p.trunc(b, "radius")
	}
	width := int(d[1])
	if width > 128 {
		return radiusWrongPrefix(b, width)
	}
	var a [16]byte
	copy(a[:], d[2:n])
	b = appendInt(append(p.addr6(b, a[:]), '/'), width)
	if width > 8*(n-2) {
		b = append(b, " (inconsistent prefix length)"...)
	}
	return b
}

func radiusWrongPrefix(b []byte, width int) []byte {
	return append(appendInt(append(b, "ERROR: netmask "...), width), " not in range (0..128)"...)
}

// radiusHomePrefix prints the MIP6-Home-Link-Prefix of RFC 5447.
func (p *Line) radiusHomePrefix(b, d []byte, n int, _ byte) []byte {
	if n != 17 {
		return radiusWrongLength(b, n, " != ", 17)
	}
	if len(d) < n {
		return p.trunc(b, "radius")
	}
	if d[0] > 128 {
		return radiusWrongPrefix(b, int(d[0]))
	}
	return appendInt(append(p.addr6(b, d[1:]), '/'), int(d[0]))
}

// radiusTime prints a date in the time zone of the reader.
func (p *Line) radiusTime(b, d []byte, n int, _ byte) []byte {
	if n != 4 {
		return radiusWrongLength(b, n, " != ", 4)
	}
	if len(d) < 4 {
		return p.stop(b, "radius")
	}
	sec := int64(be32(d, 0))
	sec += p.clock.zone.offset(sec)
	return time.Unix(sec, 0).UTC().AppendFormat(b, time.ANSIC)
}

// radiusVendor prints attributes of a vendor, in the form that RFC 2865 section 5.26 suggests.
func (p *Line) radiusVendor(b, d []byte, n int, _ byte) []byte {
	if n < 4 {
		return p.trunc(b, "radius")
	}
	if len(d) < 4 {
		return p.stop(b, "radius")
	}
	vendor := be32(d, 0)
	b = append(append(b, "Vendor: "...), radiusVendorName(vendor)...)
	b = append(appendDecimal(append(b, " ("...), uint64(vendor)), ')')
	d, n = d[4:], n-4
	for n >= 2 {
		if len(d) < 2 {
			return p.stop(b, "radius")
		}
		kind, size := d[0], int(d[1])
		what := ""
		switch {
		case size < 2:
			what = " (bogus, must be >= 2)"
		case size > n:
			what = " (bogus, goes past end of vendor-specific attribute)"
		case len(d) < size:
			return p.trunc(b, "radius")
		}
		b = appendInt(append(b, "\n\t    Vendor Attribute: "...), int(kind))
		b = append(b, ", Length: "...)
		if what != "" {
			return append(appendInt(b, size), what...)
		}
		b = append(appendInt(b, size-2), ", Value: "...)
		for _, c := range d[2:size] {
			b = appendPrintable(b, c)
		}
		d, n = d[size:], n-size
	}
	return b
}

// radiusStrange prints the attributes of the AppleTalk Remote Access Protocol (RFC 2869).
func (p *Line) radiusStrange(b, d []byte, n int, kind byte) []byte {
	switch kind {
	case radiusARAPPassword:
		if n != 16 {
			return radiusWrongLength(b, n, " != ", 16)
		}
		if b = p.radiusHex(append(b, "User_challenge ("...), d, 8); p.stopped {
			return b
		}
		if b = p.radiusHex(append(b, ") User_resp("...), d[8:], 8); p.stopped {
			return b
		}
		return append(b, ')')
	case radiusARAPFeatures:
		if n != 14 {
			return radiusWrongLength(b, n, " != ", 14)
		}
		if len(d) < 1 {
			return p.stop(b, "radius")
		}
		if d[0] == 0 {
			b = append(b, "User cannot change password"...)
		} else {
			b = append(b, "User can change password"...)
		}
		if len(d) < 2 {
			return p.stop(b, "radius")
		}
		b = appendInt(append(b, ", Min password length: "...), int(d[1]))
		d = d[2:]
		for _, label := range [...]string{", created at: ", ", expires in: ", ", Current Time: "} {
			if b = p.radiusHex(append(b, label...), d, 4); p.stopped {
				return b
			}
			d = d[4:]
		}
		return b
	}
	if n < 8 {
		return radiusWrongLength(b, n, " != ", 8)
	}
	return p.radiusHex(b, d, 8)
}

// radiusHex prints n bytes in hexadecimal, in upper case.
func (p *Line) radiusHex(b, d []byte, n int) []byte {
	for i := range n {
		if i >= len(d) {
			return p.stop(b, "radius")
		}
		b = appendUpperHex(b, d[i])
	}
	return b
}

// radiusCause prints an Error-Cause (RFC 5176 section 3.5).
func (p *Line) radiusCause(b, d []byte, n int, _ byte) []byte {
	if n != 4 {
		return append(appendInt(append(b, "Error: length "...), n), " != 4"...)
	}
	if len(d) < 4 {
		return p.stop(b, "radius")
	}
	v := be32(d, 0)
	b = append(appendDecimal(append(b, "Error cause "...), uint64(v)), ": "...)
	if name := radiusCauseName(v); name != "" {
		return append(b, name...)
	}
	return append(appendDecimal(append(b, "Error-Cause "...), uint64(v)), " not known"...)
}

// radiusFeatures prints a MIP6-Feature-Vector (RFC 5447).
func (p *Line) radiusFeatures(b, d []byte, n int, _ byte) []byte {
	if n != 8 {
		return radiusWrongLength(b, n, " != ", 8)
	}
	b = append(b, '[')
	if len(d) < n {
		return p.stop(b, "radius")
	}
	v := uint64(be32(d, 0))<<32 | uint64(be32(d, 4))
	sep := ""
	for _, f := range radiusFeatureText {
		if v>>f.bit&1 != 0 {
			b = append(append(b, sep...), f.name...)
			sep = ", "
		}
	}
	return append(b, ']')
}

var radiusFeatureText = [...]struct {
	bit  uint
	name string
}{
	{0, "MIP6_INTEGRATED"}, {1, "LOCAL_HOME_AGENT_ASSIGNMENT"}, {40, "PMIP6_SUPPORTED"}, {41, "IP4_HOA_SUPPORTED"}, {42, "LOCAL_MAG_ROUTING_SUPPORTED"},
	{43, "ASSIGN_LOCAL_IP"}, {44, "MIP4_SUPPORTED"}, {45, "OPTIMIZED_IDLE_MODE_MOBILITY"}, {46, "GTPv2_SUPPORTED"}, {47, "IP4_TRANSPORT_SUPPORTED"},
	{48, "IP4_HOA_ONLY_SUPPORTED"}, {49, "INTER_MAG_ROUTING_SUPPORTED"},
}

// The attributes of RFC 5580, which tell where a user is.

func (p *Line) radiusOperator(b, d []byte, n int, _ byte) []byte {
	if len(d) < n {
		return p.trunc(b, "radius")
	}
	if n < 2 {
		return radiusWrongLength(b, n, " < ", 2)
	}
	b = append(b, '[')
	if c := d[0]; c >= '0' && c <= '3' {
		b = append(b, [...]string{"TADIG", "REALM", "E212", "ICC"}[c-'0']...)
	} else {
		b = appendInt(append(b, "unknown namespace "...), int(c))
	}
	return appendVisibleText(append(b, "] "...), d[1:n])
}

func (p *Line) radiusLocation(b, d []byte, n int, _ byte) []byte {
	if len(d) < n {
		return p.trunc(b, "radius")
	}
	if n < 21 {
		return radiusWrongLength(b, n, " < ", 21)
	}
	b = appendInt(append(b, "index "...), int(be16(d, 0)))
	b = radiusChoice(append(b, ", code "...), d[2], "Civic", "Geospatial")
	b = radiusChoice(append(b, ", entity "...), d[3], "User", "RADIUS")
	b = radiusTimestamp(append(b, ", sighting time "...), d[4:])
	b = radiusTimestamp(append(b, ", time to live "...), d[12:])
	return append(appendVisibleText(append(b, `, method "`...), d[20:n]), '"')
}

func radiusChoice(b []byte, v byte, zero, one string) []byte {
	switch v {
	case 0:
		return append(b, zero...)
	case 1:
		return append(b, one...)
	}
	return append(appendInt(append(b, "Unknown ("...), int(v)), ')')
}

// radiusTimestamp prints a time in the form of NTP.
func radiusTimestamp(b, d []byte) []byte {
	return (ntpTime(be32(d, 0))<<32 | ntpTime(be32(d, 4))).append(b)
}

func (p *Line) radiusLocationData(b, d []byte, n int, _ byte) []byte {
	if len(d) < n {
		return p.trunc(b, "radius")
	}
	if n < 3 {
		return radiusWrongLength(b, n, " < ", 3)
	}
	b = append(appendInt(append(b, "index "...), int(be16(d, 0))), ", location"...)
	return appendASCIIDump(b, "\n\t    ", d[2:n])
}

func (p *Line) radiusPolicy(b, d []byte, n int, _ byte) []byte {
	if len(d) < n {
		return p.trunc(b, "radius")
	}
	if n < 10 {
		return radiusWrongLength(b, n, " < ", 10)
	}
	b = append(b, "flags ["...)
	flags, sep := be16(d, 0), ""
	for i := range 16 {
		if flags>>i&1 == 0 {
			continue
		}
		b, sep = append(b, sep...), ", "
		if i == 15 {
			b = append(b, "Retransmission Allowed"...)
		} else {
			b = appendInt(append(b, "MBZ-"...), 15-i)
		}
	}
	if flags == 0 {
		b = append(b, "none"...)
	}
	b = radiusTimestamp(append(b, "], retention expires "...), d[2:])
	if n > 10 {
		b = append(appendVisibleText(append(b, `, note well "`...), d[10:n]), '"')
	}
	return b
}

// appendASCIIDump appends d in hexadecimal and as text, sixteen bytes to a line, each line behind indent and its offset.
func appendASCIIDump(b []byte, indent string, d []byte) []byte {
	for off := 0; off < len(d); off += dumpBytes {
		line := d[off:min(off+dumpBytes, len(d))]
		b = appendHexNumber(append(b, indent...), uint64(off), 4)
		b = append(b, ": "...)
		for i := range dumpBytes {
			if i&1 == 0 {
				b = append(b, ' ')
			}
			if i < len(line) {
				b = append(b, hexDigits[line[i]>>4], hexDigits[line[i]&15])
			} else {
				b = append(b, "  "...)
			}
		}
		b = append(b, "  "...)
		for _, c := range line {
			b = append(b, dot(c))
		}
	}
	return b
}
