package format

// ntpHeaderLen and ntpControlLen are the lengths of the headers of NTP packets (RFC 5905 section 7.3) and of control
// messages (RFC 9327), in bytes.
const (
	ntpHeaderLen  = 48
	ntpControlLen = 12
)

// Strata that no clock has: ntpd once asked for and sent information in such packets.
const (
	ntpInfoQuery = 62
	ntpInfoReply = 63
)

// ntp prints an NTP packet.
func (p *Line) ntp(b, d []byte, length int, _ ipContext) []byte {
	if len(d) == 0 {
		return p.stop(b, "ntp")
	}
	version, mode := d[0]>>3&7, d[0]&7
	b = append(appendInt(append(b, "NTPv"...), int(version)), ", "...)
	b = append(b, ntpModeText[mode]...)
	b = appendInt(append(b, ", length "...), length)
	if p.opts.Verbose == 0 {
		return b
	}
	b = append(append(b, "\n\tLeap indicator: "...), ntpLeapText[d[0]>>6]...)
	b = append(appendInt(append(b, " ("...), int(d[0]&0xc0)), ')')
	switch mode {
	case 6:
		return p.ntpControl(b, d, length)
	case 7:
		return b
	}
	return p.ntpTimes(b, d, length)
}

var ntpModeText = [8]string{
	"unspecified", "symmetric active", "symmetric passive", "Client", "Server", "Broadcast", "Control Message", "Reserved",
}

var ntpLeapText = [4]string{"", "+1s", "-1s", "clock unsynchronized"}

// ntpTimes prints what -v adds about a packet that carries times.
func (p *Line) ntpTimes(b, d []byte, length int) []byte {
	if length < ntpHeaderLen {
		return p.ntpInvalid(b, d, length)
	}
	if len(d) < 2 {
		return p.stop(b, "ntp")
	}
	stratum := d[1]
	b = appendInt(append(b, ", Stratum "...), int(stratum))
	switch {
	case stratum == 0:
		b = append(b, " (unspecified)"...)
	case stratum == 1:
		b = append(b, " (primary reference)"...)
	case stratum < 16:
		b = append(b, " (secondary reference)"...)
	default:
		b = append(b, " (reserved)"...)
	}
	if len(d) < 3 {
		return p.stop(b, "ntp")
	}
	b = appendNTPPoll(append(b, ", poll "...), int(int8(d[2])))
	if len(d) < 4 {
		return p.stop(b, "ntp")
	}
	b = appendSigned(append(b, ", precision "...), int(int8(d[3])))
	if len(d) < 8 {
		return p.trunc(b, "ntp")
	}
	b = appendNTPShort(append(b, "\n\tRoot Delay: "...), be32(d, 4))
	if len(d) < 12 {
		return p.trunc(b, "ntp")
	}
	b = appendNTPShort(append(b, ", Root dispersion: "...), be32(d, 8))
	if len(d) < 16 {
		return p.trunc(b, "ntp")
	}
	b = append(b, ", Reference-ID: "...)
	switch stratum {
	case 0:
		b = append(b, "(unspec)"...)
	case 1:
		b = appendVisibleText(b, d[12:16])
	case ntpInfoQuery:
		return append(p.addr4(b, d[12:]), " INFO_QUERY"...)
	case ntpInfoReply:
		return append(p.addr4(b, d[12:]), " INFO_REPLY"...)
	default:
		b = appendHexNumber(b, uint64(be32(d, 12)), 8)
	}
	var times [4]ntpTime
	for i, name := range [...]string{"Reference Timestamp:  ", "Originator Timestamp: ", "Receive Timestamp:    ", "Transmit Timestamp:   "} {
		at := 16 + 8*i
		if len(d) < at+8 {
			return p.trunc(b, "ntp")
		}
		times[i] = ntpTime(be32(d, at))<<32 | ntpTime(be32(d, at+4))
		b = times[i].append(append(append(b, "\n\t  "...), name...))
	}
	b = appendNTPDelta(append(b, "\n\t    Originator - Receive Timestamp:  "...), times[1], times[2])
	b = appendNTPDelta(append(b, "\n\t    Originator - Transmit Timestamp: "...), times[1], times[3])
	return p.ntpExtra(b, d[ntpHeaderLen:], length-ntpHeaderLen)
}

// ntpExtra prints the n bytes behind the header: a key's number and a digest, if they look like that.
func (p *Line) ntpExtra(b, d []byte, n int) []byte {
	switch n {
	case 0:
	case 4, 20, 24:
		if len(d) < 4 {
			return p.stop(b, "ntp")
		}
		b = appendDecimal(append(b, "\n\tKey id: "...), uint64(be32(d, 0)))
		if n == 4 {
			break
		}
		if len(d) < n {
			return p.trunc(b, "ntp")
		}
		b = appendHexBytes(append(b, "\n\tAuthentication: "...), d[4:n])
	default:
		b = append(appendInt(append(b, "\n\t("...), n), " more bytes after the header)"...)
	}
	return b
}

// ntpControl prints what -v adds about a control message.
func (p *Line) ntpControl(b, d []byte, length int) []byte {
	if length < ntpControlLen {
		return p.ntpInvalid(b, d, length)
	}
	if len(d) < 2 {
		return p.stop(b, "ntp")
	}
	b = append(b, ", "...)
	for _, f := range [...]struct {
		bit      byte
		yes, not string
	}{{0x80, "Response, ", "Request, "}, {0x40, "Error, ", "OK, "}, {0x20, "More, ", "Last, "}} {
		if d[1]&f.bit != 0 {
			b = append(b, f.yes...)
		} else {
			b = append(b, f.not...)
		}
	}
	b = append(appendInt(append(b, "OpCode="...), int(d[1]&31)), '\n')
	for i, name := range [...]string{"\tSequence=", ", Status=", ", Assoc.=", ", Offset=", ", Count="} {
		at := 2 + 2*i
		if len(d) < at+2 {
			return p.stop(b, "ntp")
		}
		v := be16(d, at)
		b = append(b, name...)
		if i == 1 && v != 0 {
			b = append(b, "0x"...)
			b = appendHex(b, uint64(v), 1)
		} else {
			b = appendInt(b, int(v))
		}
	}
	switch count := int(be16(d, 10)); {
	case ntpControlLen+count > length:
		return p.ntpInvalid(b, d, length)
	case len(d) < ntpControlLen+count:
		return p.trunc(b, "ntp")
	case count > 0:
		b = append(b, "\n\tTO-BE-DONE: data not interpreted"...)
	}
	return b
}

// ntpInvalid says that a packet makes no sense, and if it was not captured whole, that too.
func (p *Line) ntpInvalid(b, d []byte, length int) []byte {
	b = p.invalid(b)
	if len(d) < length {
		return p.trunc(b, "ntp")
	}
	return b
}

// appendNTPPoll appends a power of two and the seconds that it stands for, if they fit 32 bits.
func appendNTPPoll(b []byte, exp int) []byte {
	b = appendSigned(b, exp)
	switch {
	case exp >= 0 && exp < 32:
		b = append(appendDecimal(append(b, " ("...), 1<<exp), "s)"...)
	case exp < 0 && exp > -32:
		b = append(appendDecimal(append(b, " (1/"...), 1<<-exp), "s)"...)
	}
	return b
}

// appendNTPShort appends a number of seconds with 16 bits before and 16 behind the point.
func appendNTPShort(b []byte, v uint32) []byte {
	b = append(appendDecimal(b, uint64(v>>16)), '.')
	return appendPadded(b, uint64(v&0xffff)*1000000>>16, 6)
}

// ntpTime is a time in seconds since 1900, 32 bits before and 32 behind the point.
type ntpTime uint64

// appendSeconds appends it as a number. The fraction is rounded as floating point does it.
func (t ntpTime) appendSeconds(b []byte) []byte {
	b = append(appendDecimal(b, uint64(t>>32)), '.')
	return appendPadded(b, uint64(float64(uint32(t))/(1<<32)*1e9), 9)
}

// ntpUnixEpoch is 1970 in seconds since 1900.
const ntpUnixEpoch = 2208988800

// append appends it as a number and, unless it is zero, as a date.
func (t ntpTime) append(b []byte) []byte {
	b = t.appendSeconds(b)
	sec := int64(t >> 32)
	if sec == 0 {
		return b
	}
	days, sod := splitDay(sec - ntpUnixEpoch)
	b = append(b, " ("...)
	var c calendar
	b = append(c.append(b, days), 'T')
	return append(appendHMS(b, sod), "Z)"...)
}

// appendNTPDelta appends how much later t is than from, or just t if from is unknown.
func appendNTPDelta(b []byte, from, t ntpTime) []byte {
	switch {
	case from == 0:
		return t.append(b)
	case t > from:
		return (t - from).appendSeconds(append(b, '+'))
	}
	return (from - t).appendSeconds(append(b, '-'))
}
