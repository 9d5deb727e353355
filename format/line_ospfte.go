package format

import (
	"math"
	"strconv"

	"smoltcp/dissect"
)

// opaqueLSA prints the n bytes of an opaque LSA at off. When it reports more false, nothing else is said of the LSA.
//
// The functions that it calls count the bytes that are left in 32 bits without sign, as tcpdump does: where padding goes beyond
// the LSA there are a great many left.
func (o *ospfPrinter) opaqueLSA(b []byte, t uint8, off, n int) (_ []byte, ok, more bool) {
	switch t {
	case dissect.OSPFOpaqueInformation:
		return o.informationLSA(b, off, uint32(n))
	case dissect.OSPFOpaqueGrace:
		return o.graceLSA(b, off, uint32(n))
	case dissect.OSPFOpaqueTE:
		return o.trafficLSA(b, off, uint32(n))
	}
	if o.p.opts.Verbose > 1 {
		return b, true, true
	}
	return o.unknown(b, "\n\t    ", off, n), true, true
}

var ospfCapabilities = []bitName{
	{0x0001, "Reserved"}, {0x0002, "Reserved"}, {0x0004, "Reserved"}, {0x0008, "Reserved"}, {0x0010, "graceful restart capable"},
	{0x0020, "graceful restart helper"}, {0x0040, "Stub router support"}, {0x0080, "Traffic engineering"}, {0x0100, "p2p over LAN"},
	{0x0200, "path computation server"},
}

// appendTLVName appends "name TLV (1)".
func appendTLVName(b []byte, indent, name, kind string, t int) []byte {
	b = append(append(append(b, indent...), name...), kind...)
	return append(appendInt(append(b, " ("...), t), ')')
}

// informationLSA prints router information (RFC 7770). A TLV is taken to end where its length ends, unpadded.
func (o *ospfPrinter) informationLSA(b []byte, at int, left uint32) (_ []byte, ok, more bool) {
	for left != 0 {
		if !o.has(at + 4) {
			return b, false, false
		}
		if left < 4 {
			return appendRemaining(b, "LS", int(left), 4), true, false
		}
		t, n := int(be16(o.d, at)), int(be16(o.d, at+2))
		at, left = at+4, left-4
		name := "unknown"
		if t == 1 {
			name = "Router Capabilities"
		}
		b = appendTLVName(b, "\n\t    ", name, " TLV", t)
		b = append(appendInt(append(b, ", length: "...), n), ", value: "...)
		if uint32(n) > left {
			b = appendInt(append(b, "\n\t    Bogus length "...), n)
			return appendDecimal(append(b, " > remaining LS length "...), uint64(left)), true, false
		}
		if !o.has(at + n) {
			return b, false, false
		}
		if t == 1 {
			if n != 4 {
				b = appendInt(append(b, "\n\t    Bogus length "...), n)
				return append(b, " != 4"...), true, false
			}
			b = appendBits(append(b, "Capabilities: "...), ospfCapabilities, be32(o.d, at), ", ", "Unknown")
		} else if o.p.opts.Verbose < 2 {
			b = o.unknown(b, "\n\t      ", at, n)
		}
		at, left = at+n, left-uint32(n)
	}
	return b, true, true
}

// graceLSA prints a Grace-LSA (RFC 3623 appendix A).
func (o *ospfPrinter) graceLSA(b []byte, at int, left uint32) (_ []byte, ok, more bool) {
	for left != 0 {
		if !o.has(at + 4) {
			return b, true, false
		}
		if left < 4 {
			return appendRemaining(b, "LS", int(left), 4), true, false
		}
		t, n := int(be16(o.d, at)), int(be16(o.d, at+2))
		at, left = at+4, left-4
		name, want := "unknown", 0
		switch t {
		case 1:
			name, want = "Grace Period", 4
		case 2:
			name, want = "Graceful restart Reason", 1
		case 3:
			name, want = "IPv4 interface address", 4
		}
		b = appendTLVName(b, "\n\t    ", name, " TLV", t)
		b = append(appendInt(append(b, ", length "...), n), ", value: "...)
		if uint32(n) > left {
			b = appendInt(append(b, "\n\t    Bogus length "...), n)
			return appendDecimal(append(b, " > "...), uint64(left)), true, false
		}
		if t == 0 || n == 0 {
			return b, true, false
		}
		if !o.has(at + n) {
			return b, true, false
		}
		if want != 0 && n != want {
			b = appendInt(append(b, "\n\t    Bogus length "...), n)
			return appendInt(append(b, " != "...), want), true, false
		}
		switch t {
		case 1:
			b = append(appendDecimal(b, uint64(be32(o.d, at))), 's')
		case 2:
			b = appendGraceReason(b, o.d[at])
		case 3:
			b = o.p.addr4(b, o.d[at:])
		default:
			if o.p.opts.Verbose < 2 {
				b = o.unknown(b, "\n\t      ", at, n)
			}
		}
		n = (n + 3) &^ 3
		at, left = at+n, left-uint32(n)
	}
	return b, true, true
}

func appendGraceReason(b []byte, v uint8) []byte {
	name := "Unknown"
	switch v {
	case 1:
		name = "Software Restart"
	case 2:
		name = "Software Reload/Upgrade"
	case 3:
		name = "Control Processor Switch"
	}
	b = append(append(b, name...), " ("...)
	return append(appendInt(b, int(v)), ')')
}

// trafficLSA prints a traffic engineering LSA (RFC 3630 section 2.4).
func (o *ospfPrinter) trafficLSA(b []byte, at int, left uint32) (_ []byte, ok, more bool) {
	for left != 0 {
		if !o.has(at + 4) {
			return b, true, false
		}
		if left < 4 {
			return appendRemaining(b, "LS", int(left), 4), true, false
		}
		t, n := int(be16(o.d, at)), int(be16(o.d, at+2))
		at, left = at+4, left-4
		name := "unknown"
		switch t {
		case 1:
			name = "Router Address"
		case 2:
			name = "Link"
		}
		b = appendTLVName(b, "\n\t    ", name, " TLV", t)
		b = appendInt(append(b, ", length: "...), n)
		if uint32(n) > left {
			b = appendInt(append(b, "\n\t    Bogus length "...), n)
			return appendDecimal(append(b, " > "...), uint64(left)), true, false
		}
		if n == 0 {
			return b, true, false
		}
		switch t {
		case 1:
			if n < 4 {
				b = appendInt(append(b, "\n\t    TLV length "...), n)
				return append(b, " < 4"...), true, false
			}
			if !o.has(at + 4) {
				return b, false, false
			}
			b = o.p.addr4(append(b, ", "...), o.d[at:])
		case 2:
			if b, at, ok, more = o.trafficLink(b, at, n); !more {
				return b, ok, false
			}
			// tcpdump goes on behind the link, and still counts the bytes of the link as left.
			continue
		case 0:
			return b, true, false
		default:
			if o.p.opts.Verbose < 2 {
				b = o.unknown(b, "\n\t      ", at, n)
			}
		}
		n = (n + 3) &^ 3
		at, left = at+n, left-uint32(n)
	}
	return b, true, true
}

// appendRemaining says that fewer bytes are left of something than its next part needs.
func appendRemaining(b []byte, what string, left, need int) []byte {
	b = append(append(b, "\n\t    Remaining "...), what...)
	b = appendInt(append(b, " length "...), left)
	return appendInt(append(b, " < "...), need)
}

// trafficLink prints the sub-TLVs of a Link TLV, and gives the offset behind them.
func (o *ospfPrinter) trafficLink(b []byte, at, left int) (_ []byte, next int, ok, more bool) {
	for left > 0 {
		if left < 4 {
			return appendRemaining(b, "TLV", left, 4), 0, true, false
		}
		if !o.has(at + 4) {
			return b, 0, false, false
		}
		t, n := int(be16(o.d, at)), int(be16(o.d, at+2))
		if t == 0 || n == 0 {
			return o.p.invalid(b), 0, true, false
		}
		b = appendTLVName(b, "\n\t      ", trafficName(t), " subTLV", t)
		b = appendInt(append(b, ", length: "...), n)
		if left < 4+n {
			return appendRemaining(b, "TLV", left, 4+n), 0, true, false
		}
		if !o.has(at + 4 + n) {
			return b, 0, true, false
		}
		if b, ok = o.p.trafficValue(b, t, o.d[at+4:at+4+n], o.p.opts.Verbose < 2); !ok {
			return o.p.invalid(b), 0, true, false
		}
		n = 4 + (n+3)&^3
		if left < n {
			return appendRemaining(b, "TLV", left, n), 0, true, false
		}
		at, left = at+n, left-n
		if t == 16 { // tcpdump steps over these twice
			at += n - 4
		}
	}
	return b, at, true, true
}

func trafficName(t int) string {
	switch t {
	case 1:
		return "Link Type"
	case 2:
		return "Link ID"
	case 3:
		return "Local Interface IP address"
	case 4:
		return "Remote Interface IP address"
	case 5:
		return "Traffic Engineering Metric"
	case 6:
		return "Maximum Bandwidth"
	case 7:
		return "Maximum Reservable Bandwidth"
	case 8:
		return "Unreserved Bandwidth"
	case 9:
		return "Administrative Group"
	case 11:
		return "Link Local/Remote Identifier"
	case 14:
		return "Link Protection Type"
	case 15:
		return "Interface Switching Capability"
	case 16:
		return "Shared Risk Link Group"
	case 17:
		return "Bandwidth Constraints"
	}
	return "unknown"
}

var linkProtections = []bitName{
	{0x01, "Extra Traffic"}, {0x02, "Unprotected"}, {0x04, "Shared"}, {0x08, "Dedicated 1:1"}, {0x10, "Dedicated 1+1"}, {0x20, "Enhanced"},
	{0x40, "Reserved"}, {0x80, "Reserved"},
}

// trafficValue prints the value d of a sub-TLV of a link, and reports false if it has the wrong length, which it says.
// unknown asks for values that have no form here.
func (p *Line) trafficValue(b []byte, t int, d []byte, unknown bool) ([]byte, bool) {
	n := len(d)
	switch t {
	case 1:
		if n != 1 {
			return append(b, " != 1"...), false
		}
		name := "unknown"
		switch d[0] {
		case 1:
			name = "Point-to-point"
		case 2:
			name = "Multi-Access"
		}
		b = append(append(append(b, ", "...), name...), " ("...)
		return append(appendInt(b, int(d[0])), ')'), true
	case 2, 11:
		if n != 4 && n != 8 {
			return append(b, " != 4 && != 8"...), false
		}
		for at := 0; at < n; at += 4 {
			b = append(p.addr4(append(b, ", "...), d[at:]), " ("...)
			b = append(appendSeq32(b, be32(d, at)), ')')
		}
	case 3, 4, 5, 6, 7, 9, 14:
		if n != 4 {
			return append(b, " != 4"...), false
		}
		b = append(b, ", "...)
		switch t {
		case 3, 4:
			b = p.addr4(b, d)
		case 5:
			b = appendDecimal(append(b, "Metric "...), uint64(be32(d, 0)))
		case 6, 7:
			b = appendBandwidth(b, d)
		case 9:
			b = appendSeq32(b, be32(d, 0))
		case 14:
			b = appendBits(b, linkProtections, uint32(d[0]), ", ", "none")
		}
	case 8:
		if n != 32 {
			return append(b, " != 32"...), false
		}
		b = appendBandwidths(b, "\n\t\tTE-Class ", d)
	case 15:
		if n < 36 {
			return append(b, " < 36"...), false
		}
		b = append(append(b, "\n\t\tInterface Switching Capability: "...), switchingName(d[0])...)
		b = append(append(b, "\n\t\tLSP Encoding: "...), encodingName(d[1])...)
		b = append(b, "\n\t\tMax LSP Bandwidth:"...)
		b = appendBandwidths(b, "\n\t\t  priority level ", d[4:36])
	case 16:
		if n%4 != 0 {
			return append(b, " != N x 4"...), false
		}
		b = append(b, "\n\t\t  Shared risk group: "...)
		for at := 0; at < n; at += 4 {
			if at > 0 {
				b = append(b, ", "...)
			}
			b = appendDecimal(b, uint64(be32(d, at)))
		}
	case 17:
		if n < 4 {
			return append(b, " < 4"...), false
		}
		name := "unknown"
		switch d[0] {
		case 0:
			name = "Russian dolls"
		case 1:
			name = "Maximum allocation"
		}
		b = append(append(append(b, "\n\t\tBandwidth Constraints Model ID: "...), name...), " ("...)
		b = append(appendInt(b, int(d[0])), ')')
		if n%4 != 0 {
			b = appendInt(append(b, "\n\t\tlength "...), n)
			return append(b, " != N x 4"...), false
		}
		if n > 36 {
			b = appendInt(append(b, "\n\t\tlength "...), n)
			return append(b, " > 36"...), false
		}
		b = appendBandwidths(b, "\n\t\t  Bandwidth constraint CT", d[4:])
	default:
		if unknown {
			b = appendIndentedHex(b, "\n\t\t", d)
		}
	}
	return b, true
}

// appendBandwidths appends a list of bandwidths, each behind what and its number.
func appendBandwidths(b []byte, what string, d []byte) []byte {
	for i := 0; 4*i < len(d); i++ {
		b = appendInt(append(b, what...), i)
		b = appendBandwidth(append(b, ": "...), d[4*i:])
	}
	return b
}

// appendBandwidth appends a number of bytes a second, in the form of IEEE 754, as millions of bits.
func appendBandwidth(b, d []byte) []byte {
	v := math.Float32frombits(be32(d, 0)) * 8 / 1000000
	return append(appendFloat(b, float64(v), 3), " Mbps"...)
}

// appendFloat appends v with digits behind the point, the way that C does.
func appendFloat(b []byte, v float64, digits int) []byte {
	if math.Signbit(v) {
		b = append(b, '-')
		v = -v
	}
	switch {
	case math.IsNaN(v):
		return append(b, "nan"...)
	case math.IsInf(v, 0):
		return append(b, "inf"...)
	}
	return strconv.AppendFloat(b, v, 'f', digits, 64)
}

func switchingName(v uint8) string {
	switch v {
	case 1:
		return "Packet-Switch Capable-1"
	case 2:
		return "Packet-Switch Capable-2"
	case 3:
		return "Packet-Switch Capable-3"
	case 4:
		return "Packet-Switch Capable-4"
	case 51:
		return "Layer-2 Switch Capable"
	case 100:
		return "Time-Division-Multiplex"
	case 150:
		return "Lambda-Switch Capable"
	case 200:
		return "Fiber-Switch Capable"
	}
	return "Unknown"
}

func encodingName(v uint8) string {
	switch v {
	case 1:
		return "Packet"
	case 2:
		return "Ethernet V2/DIX"
	case 3:
		return "ANSI/ETSI PDH"
	case 4, 6, 10:
		return "Reserved"
	case 5:
		return "SDH ITU-T G.707/SONET ANSI T1.105"
	case 7:
		return "Digital Wrapper"
	case 8:
		return "Lambda (photonic)"
	case 9:
		return "Fiber"
	case 11:
		return "FiberChannel"
	}
	return "Unknown"
}
