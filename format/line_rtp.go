package format

import "strconv"

// rtp prints a packet of RTP (RFC 3550 section 5.1), or of the version 1 that was before it.
func (p *Line) rtp(b, d []byte, length int, _ ipContext) []byte {
	b = append(b, "udp/rtp"...)
	if length < 8 {
		return appendTooShort(b, length, 8)
	}
	if len(d) < 8 {
		return p.trunc(cutBack(b, "udp/rtp"), "rtp")
	}
	first := be32(d, 0)
	header, payload := 8, length-8
	options, extension := false, false
	var marker bool
	var format uint32
	if first>>30 == 1 {
		b = append(b, "v1"...)
		options, marker, format = first&0x800000 != 0, first&0x400000 != 0, first>>16&0x3f
	} else {
		if length < 12 {
			return appendTooShort(b, length, 12)
		}
		extension, marker, format = first&0x10000000 != 0, first&0x800000 != 0, first>>16&0x7f
		header, payload = 12, payload-4
	}
	b = append(appendInt(append(b, ' '), payload), " c"...)
	b = append(appendDecimal(b, uint64(format)), ' ')
	if options || extension {
		b = append(b, '+')
	}
	if marker {
		b = append(b, '*')
	}
	b = appendInt(append(b, ' '), int(first&0xffff))
	b = appendDecimal(append(b, ' '), uint64(be32(d, 4)))
	if p.opts.Verbose == 0 {
		return b
	}
	if len(d) < 12 {
		return p.trunc(b, "rtp")
	}
	b = appendDecimal(append(b, ' '), uint64(be32(d, 8)))
	d = from(d, header)
	switch {
	case options:
		var last bool
		for !last {
			if len(d) < 4 {
				return p.trunc(b, "rtp")
			}
			n := 4 * int(d[1])
			if n == 0 || n > payload {
				return append(b, " !opt"...)
			}
			last = d[0]&0x80 != 0
			d, payload = from(d, n), payload-n
		}
	case extension:
		if len(d) < 4 {
			return p.trunc(b, "rtp")
		}
		n := 4 + 4*int(be16(d, 2))
		if n > payload {
			return append(b, " !ext"...)
		}
		d = from(d, n)
	}
	if format == 31 { // H.261
		if len(d) < 4 {
			return p.trunc(b, "rtp")
		}
		b = appendHexNumber(append(b, ' '), uint64(be16(d, 0)), 4)
	}
	return b
}

func appendTooShort(b []byte, length, want int) []byte {
	b = appendInt(append(b, ", length "...), length)
	return appendInt(append(b, " < "...), want)
}

// cutBack takes text that stands at the end of b away from there.
func cutBack(b []byte, text string) []byte { return b[:len(b)-len(text)] }

// rtcp prints the packets of RTCP (RFC 3550 section 6) that a datagram holds.
func (p *Line) rtcp(b, d []byte, _ int, _ ipContext) []byte {
	for len(d) > 0 {
		if len(d) < 8 {
			return p.trunc(b, "rtcp")
		}
		size := 4 * (int(be16(d, 2)) + 1)
		var ok bool
		if b, ok = p.rtcpPacket(b, d, size); !ok {
			return p.trunc(b, "rtcp")
		}
		d = from(d, size)
	}
	return b
}

// Packet types of RTCP.
const (
	rtcpSenderReport   = 200
	rtcpReceiverReport = 201
	rtcpSourceDesc     = 202
	rtcpGoodbye        = 203
)

// rtcpPacket prints one packet of size bytes, as it says. It reports false where bytes of it are missing.
func (p *Line) rtcpPacket(b, d []byte, size int) ([]byte, bool) {
	kind := d[1]
	switch kind {
	case rtcpSenderReport, rtcpReceiverReport:
		return p.rtcpReport(b, d, size)
	case rtcpSourceDesc:
		b = append(b, " sdes"...)
	case rtcpGoodbye:
		b = append(b, " bye"...)
	default:
		b = appendHexNumber(append(b, " type-"...), uint64(kind), 1)
		return appendInt(append(b, ' '), size), true
	}
	b = appendInt(append(b, ' '), size)
	if p.opts.Verbose > 0 {
		b = appendDecimal(append(b, ' '), uint64(be32(d, 4)))
	}
	return b, true
}

// rtcpReport prints a report of a sender or a receiver. Of several blocks in it tcpdump shows the first again and again.
func (p *Line) rtcpReport(b, d []byte, size int) ([]byte, bool) {
	const senderInfo, block = 20, 24
	at, count := 8, int(d[0]&0x1f)
	if d[1] == rtcpSenderReport {
		b = append(b, " sr"...)
		b = appendUnexpected(b, size, at+senderInfo+count*block)
		if p.opts.Verbose > 0 {
			b = appendDecimal(append(b, ' '), uint64(be32(d, 4)))
		}
		if len(d) < at+senderInfo {
			return b, false
		}
		b = appendFixed(append(b, " @"...), uint64(be32(d, 8))<<32|uint64(be32(d, 12)), 32)
		b = appendDecimal(append(b, ' '), uint64(be32(d, 16)))
		b = append(appendDecimal(append(b, ' '), uint64(be32(d, 20))), 'p')
		b = append(appendDecimal(append(b, ' '), uint64(be32(d, 24))), 'b')
		at += senderInfo
	} else {
		b = append(b, " rr"...)
		b = appendUnexpected(b, size, at+count*block)
		if p.opts.Verbose > 0 {
			b = appendDecimal(append(b, ' '), uint64(be32(d, 4)))
		}
	}
	if count > 1 {
		b = appendInt(append(b, " c"...), count)
	}
	for range count {
		if len(d) < at+block {
			return b, false
		}
		r := d[at:]
		if p.opts.Verbose > 0 {
			b = appendDecimal(append(b, ' '), uint64(be32(r, 0)))
		}
		b = append(appendDecimal(append(b, ' '), uint64(be32(r, 4)&0xffffff)), 'l')
		b = append(appendDecimal(append(b, ' '), uint64(be32(r, 8))), 's')
		b = append(appendDecimal(append(b, ' '), uint64(be32(r, 12))), 'j')
		b = appendFixed(append(b, " @"...), uint64(be32(r, 16)), 16)
		b = appendFixed(append(b, '+'), uint64(be32(r, 20)), 16)
	}
	return b, true
}

// appendUnexpected appends a size that is not the one that the contents need.
func appendUnexpected(b []byte, size, want int) []byte {
	if size == want {
		return b
	}
	return append(appendInt(append(b, " ["...), size), ']')
}

// appendFixed appends v, of which the low bits are a fraction, with two digits behind the point, as printf rounds a double.
func appendFixed(b []byte, v uint64, bits uint) []byte {
	return strconv.AppendFloat(b, float64(v>>bits)+float64(v&(1<<bits-1))/float64(uint64(1)<<bits), 'f', 2, 64)
}

// vat prints a packet of the Visual Audio Tool: its own form, or the older one of vt.
func (p *Line) vat(b, d []byte, length int, _ ipContext) []byte {
	if length < 2 {
		return appendTooShort(append(b, "udp/va/vat"...), length, 2) // so it is said
	}
	if len(d) < 2 {
		return p.trunc(b, "vat")
	}
	if first := be16(d, 0); first&0xf060 != 0 {
		b = appendInt(append(b, "udp/vt "...), length)
		b = appendInt(append(b, ' '), int(first&0x3ff))
		return appendInt(append(b, " / "...), int(first>>10))
	}
	if length < 8 {
		return appendTooShort(append(b, "udp/vat"...), length, 8)
	}
	if len(d) < 8 {
		return p.trunc(b, "vat")
	}
	first := be32(d, 0)
	b = appendInt(append(b, "udp/vat "...), length-8)
	b = appendInt(append(b, " c"...), int(first&0xffff))
	b = appendDecimal(append(b, ' '), uint64(be32(d, 4)))
	if first&0x800000 != 0 {
		b = append(b, '*')
	}
	if flags := first >> 16 & 0x1f; flags != 0 {
		b = appendInt(append(b, " f"...), int(flags))
	}
	if sources := first >> 24 & 0x1f; sources != 0 {
		b = appendInt(append(b, " s"...), int(sources))
	}
	return b
}
