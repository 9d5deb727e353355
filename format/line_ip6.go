package format

import (
	"math"

	"smoltcp/dissect"
)

// ipv6 prints an IPv6 packet.
func (p *Line) ipv6(b, d []byte, length int) []byte {
	if len(d) < dissect.IPv6HeaderLen {
		return p.trunc(b, "ip6")
	}
	if length < dissect.IPv6HeaderLen {
		return appendInt(append(b, "truncated-ip6 "...), length)
	}
	if !p.opts.LinkHeader {
		b = append(p.proto(b, "IP6"), ' ')
	}
	if v := d[0] >> 4; v != 6 {
		b = appendInt(append(b, "version error: "...), int(v))
		return append(b, " != 6"...)
	}
	payload, next := int(be16(d, 4)), dissect.IPProto(d[6])
	b = appendMissing6(b, payload+dissect.IPv6HeaderLen-length)
	if p.opts.Verbose > 0 {
		b = appendIPv6Fields(b, d, payload)
	}
	w := ipv6Walk{p: p, next: next, length: payload, frame: length - dissect.IPv6HeaderLen, header: d}
	if payload != 0 {
		w.header = clip(d, dissect.IPv6HeaderLen+payload)
	}
	return w.print(b)
}

// appendMissing6 says that n bytes of the packet are not in the frame, if n is positive.
func appendMissing6(b []byte, n int) []byte {
	if n <= 0 {
		return b
	}
	return append(appendInt(append(b, "truncated-ip6 - "...), n), " bytes missing!"...)
}

// appendIPv6Fields appends the fields of a header in parentheses.
func appendIPv6Fields(b, d []byte, payload int) []byte {
	b = append(b, '(')
	flow := be32(d, 0)
	if class := flow >> 20 & 0xff; class != 0 {
		b = append(appendHexNumber(append(b, "class "...), uint64(class), 2), ", "...)
	}
	if label := flow & 0xfffff; label != 0 {
		b = append(appendHexNumber(append(b, "flowlabel "...), uint64(label), 5), ", "...)
	}
	b = appendInt(append(b, "hlim "...), int(d[7]))
	b = appendIPProto(append(b, ", next-header "...), dissect.IPProto(d[6]))
	b = appendInt(append(b, " payload length: "...), payload)
	return append(b, ") "...)
}

// ipv6Walk goes from an IPv6 header along its extension headers.
type ipv6Walk struct {
	p *Line

	// header is everything from the IPv6 header on, as far as its length and the capture go. A length of zero cuts nothing
	// off until the extension headers are read: one of them may have a Jumbo Payload option.
	header []byte
	next   dissect.IPProto
	length int  // of the payload, from the header or a Jumbo Payload option
	frame  int  // how much of the payload the frame has room for
	jumbo  bool // the header had a Jumbo Payload option before, be it valid or not
	at     int  // of the header to print, counted from the IPv6 header
}

// print prints addresses, extension headers and what they lead to.
func (w *ipv6Walk) print(b []byte) []byte {
	p := w.p
	c := ipContext{header: w.header}
	w.at = dissect.IPv6HeaderLen
	if !printsAddrs(w.next) {
		b = append(p.addrs(b, &c), ": "...)
	}
	for {
		d := from(w.header, w.at)
		var size int
		switch w.next {
		case dissect.ProtoHopByHop:
			if w.at != dissect.IPv6HeaderLen {
				return p.invalid(append(b, w.misplaced()...))
			}
			b, size = w.hopByHop(b, d)
		case dissect.ProtoDestOpts:
			b, size = w.destination(b, d)
		case dissect.ProtoFragment:
			b, size = w.fragment(b, d, &c)
		case dissect.ProtoRouting:
			b, size = p.routing(b, d)
		case protoMobility, protoMobilityOld:
			return p.mobility(b, d)
		default:
			return w.payload(b, &c)
		}
		if size == 0 {
			return b
		}
		w.next = dissect.IPProto(d[0])
		w.at += size
		if w.length < w.at-dissect.IPv6HeaderLen {
			return p.trunc(b, "ip6")
		}
	}
}

// payload prints what follows the extension headers.
func (w *ipv6Walk) payload(b []byte, c *ipContext) []byte {
	if be16(w.header, 4) == 0 {
		w.header = clip(w.header, dissect.IPv6HeaderLen+w.length)
		if w.length > 0 {
			b = appendMissing6(b, w.length-w.frame)
		}
	}
	c.header, c.payload = w.header, from(w.header, w.at)
	return w.p.byIPProto(b, w.next, c.payload, w.length+dissect.IPv6HeaderLen-w.at, c)
}

// misplaced says why a Hop-by-Hop Options header is not where it belongs.
func (w *ipv6Walk) misplaced() string {
	if dissect.IPProto(w.header[6]) == dissect.ProtoHopByHop {
		return "[The Hop-by-Hop Options header was already found]"
	}
	return "[The Hop-by-Hop Options header don't follow the IPv6 header]"
}

// hopByHop prints a Hop-by-Hop Options header and gives its length, or zero if the walk ends here.
func (w *ipv6Walk) hopByHop(b, d []byte) ([]byte, int) {
	if len(d) < 2 {
		return w.p.stop(b, "hbhopt"), 0
	}
	size, ok := extensionLen(d)
	if ok {
		b = append(b, "HBH "...)
		b, ok = w.options(b, d[2:size])
	}
	if !ok {
		b, size = w.p.trunc(b, "hbhopt"), 0
	}
	if w.length == 0 {
		b = append(b, "[No valid Jumbo Payload Hop-by-Hop option found]"...)
		return w.p.invalid(b), 0
	}
	return b, size
}

// destination prints a Destination Options header and gives its length, or zero.
func (w *ipv6Walk) destination(b, d []byte) ([]byte, int) {
	if len(d) < 2 {
		return w.p.stop(b, "dstopt"), 0
	}
	size, ok := extensionLen(d)
	if !ok {
		return w.p.trunc(b, "dstopt"), 0
	}
	b = append(b, "DSTOPT "...)
	if w.p.opts.Verbose > 0 {
		if b, ok = w.options(b, d[2:size]); !ok {
			return w.p.trunc(b, "dstopt"), 0
		}
	}
	return b, size
}

// extensionLen gives the length of the extension header at d in bytes, and whether all of it was captured.
func extensionLen(d []byte) (int, bool) {
	size := 8 + 8*int(d[1])
	return size, size <= len(d)
}

// Types of options (IANA "Destination Options and Hop-by-Hop Options").
const (
	ip6OptPad1        = 0x00
	ip6OptPadN        = 0x01
	ip6OptRouterAlert = 0x05
	ip6OptJumbo       = 0xc2
	ip6OptHomeAddress = 0xc9
)

// options walks the options of a header, and prints them with -v; errors are printed always. It reports false if the
// options do not fit together.
func (w *ipv6Walk) options(b, d []byte) ([]byte, bool) {
	verbose := w.p.opts.Verbose > 0
	w.jumbo = false
	for len(d) > 0 {
		t, size := d[0], 1
		if t != ip6OptPad1 {
			if len(d) < 2 {
				return b, false
			}
			size = 2 + int(d[1])
			if size > len(d) {
				return b, false
			}
		}
		var ok bool
		switch t {
		case ip6OptPad1:
			if verbose {
				b = append(b, "(pad1)"...)
			}
		case ip6OptPadN:
			if verbose {
				b = append(b, "(padn)"...)
			}
		case ip6OptRouterAlert:
			if b, ok = appendOptionFit(b, "rtalert", d, 2); !ok {
				return b, false
			}
			if verbose {
				b = append(appendHexNumber(append(b, "(rtalert: "...), uint64(be16(d, 2)), 4), ") "...)
			}
		case ip6OptJumbo:
			if b, ok = appendOptionFit(b, "jumbo", d, 4); !ok {
				return b, false
			}
			b = w.jumboPayload(b, be32(d, 2))
		case ip6OptHomeAddress:
			const least = 16
			if size < 2+least || len(d) < 2+least {
				return appendOptionFit(b, "homeaddr", d, least)
			}
			if verbose {
				b = w.p.addr6(append(b, "(homeaddr: "...), d[2:])
				if b, ok = appendSubOptions(b, d[2+least:size]); !ok {
					return b, false
				}
				b = append(b, ')')
			}
		default:
			if verbose {
				b = appendHexNumber(append(b, "(opt_type "...), uint64(t), 2)
				b = append(appendInt(append(b, ": len="...), size-2), ')')
			}
		}
		d = d[size:]
	}
	if verbose {
		b = append(b, ' ')
	}
	return b, true
}

// appendSubOptions appends the options within an option. It reports false if they do not fit together.
func appendSubOptions(b, d []byte) ([]byte, bool) {
	for len(d) > 0 {
		t, size := d[0], 1
		if t != ip6OptPad1 {
			if len(d) < 2 {
				return b, false
			}
			size = 2 + int(d[1])
			if size > len(d) {
				return b, false
			}
		}
		switch t {
		case ip6OptPad1:
			b = append(b, ", pad1"...)
		case ip6OptPadN:
			b = append(b, ", padn"...)
		default:
			b = appendHexNumber(append(b, ", sopt_type "...), uint64(t), 2)
			b = appendInt(append(b, ": len="...), size-2)
		}
		d = d[size:]
	}
	return b, true
}

// appendOptionFit reports whether the first option of d has n bytes of data, and says if not.
func appendOptionFit(b []byte, name string, d []byte, n int) ([]byte, bool) {
	switch {
	case len(d) < 2+n:
		return append(append(append(b, '('), name...), ": trunc)"...), false
	case int(d[1]) != n:
		b = append(append(append(b, '('), name...), ": invalid len "...)
		return append(appendInt(b, int(d[1])), ')'), false
	}
	return b, true
}

// jumboPayload takes the length of a Jumbo Payload option (RFC 2675) and prints it with -v.
func (w *ipv6Walk) jumboPayload(b []byte, n uint32) []byte {
	wrong := ""
	switch {
	case w.jumbo:
		wrong = " - already seen"
	case w.next != dissect.ProtoHopByHop:
		wrong = " - not a hop-by-hop option"
	case be16(w.header, 4) != 0:
		wrong = " - payload len != 0"
	case n <= math.MaxUint16:
		wrong = " - < 65536"
	default:
		w.length = int(n)
	}
	w.jumbo = true
	if w.p.opts.Verbose > 0 {
		b = appendDecimal(append(b, "(jumbo: "...), uint64(n))
		b = append(append(b, wrong...), ") "...)
	}
	return b
}

// fragment prints a Fragment header and gives its length; zero behind a fragment that is not the first, since
// nothing that follows can be read.
func (w *ipv6Walk) fragment(b, d []byte, c *ipContext) ([]byte, int) {
	if len(d) < 4 || len(d) < 8 && w.p.opts.Verbose > 0 {
		return w.p.stop(b, "frag6"), 0
	}
	offset := int(be16(d, 2) &^ 7)
	b = append(b, "frag ("...)
	if w.p.opts.Verbose > 0 {
		b = append(appendHexNumber(b, uint64(be32(d, 4)), 8), ':')
	}
	b = append(appendInt(b, offset), '|')
	// A size that the payload length does not leave room for is shown as a huge number.
	b = appendDecimal(b, uint64(int(be16(w.header, 4))+dissect.IPv6HeaderLen-w.at-8))
	c.fragmented = true
	if offset != 0 {
		return append(b, ')'), 0
	}
	b = append(b, ") "...)
	if len(d) <= 8 {
		return b, 0
	}
	return b, 8
}

// routing prints a Routing header and gives its length, or zero if it is not understood.
func (p *Line) routing(b, d []byte) ([]byte, int) {
	if len(d) == 0 {
		return p.trunc(b, "ip6"), 0
	}
	b = append(b, "RT6"...)
	if len(d) < 2 {
		return p.stop(b, "rt6"), 0
	}
	words := int(d[1])
	b = appendInt(append(b, " (len="...), words)
	if len(d) < 3 {
		return p.stop(b, "rt6"), 0
	}
	kind := d[2]
	b = appendInt(append(b, ", type="...), int(kind))
	if kind == 0 {
		b = append(b, " [Deprecated]"...)
	}
	if len(d) < 4 {
		return p.stop(b, "rt6"), 0
	}
	b = appendInt(append(b, ", segleft="...), int(d[3]))
	var ok bool
	switch kind {
	case 0, 2: // RFC 2460 section 4.4, RFC 6275 section 6.4
		if len(d) < 8 {
			return p.stop(b, "rt6"), 0
		}
		if v := be32(d, 4); v != 0 || p.opts.Verbose > 0 {
			b = appendHexNumber(append(b, ", rsv="...), uint64(v), 1)
		}
	case 4: // RFC 8754 section 2
		if b, ok = p.segmentRouting(b, d); !ok {
			return p.stop(b, "rt6"), 0
		}
	default:
		return p.invalid(append(b, " (unknown type)"...)), 0
	}
	if words%2 == 1 {
		b = append(appendInt(append(b, " (invalid length "...), words), ')')
		return p.invalid(b), 0
	}
	for i := range words / 2 {
		at := 8 + 16*i
		if len(d) < at+16 {
			return p.stop(b, "rt6"), 0
		}
		b = append(appendInt(append(b, ", ["...), i), ']')
		b = p.addr6(b, d[at:])
	}
	return append(b, ") "...), 8 + 8*words
}

// segmentRouting prints the fields of a Segment Routing header, and reports false if they were not captured.
func (p *Line) segmentRouting(b, d []byte) ([]byte, bool) {
	if len(d) < 5 {
		return b, false
	}
	b = appendInt(append(b, ", last-entry="...), int(d[4]))
	if len(d) < 6 {
		return b, false
	}
	if d[5] != 0 || p.opts.Verbose > 0 {
		b = appendHexNumber(append(b, ", flags="...), uint64(d[5]), 1)
	}
	if len(d) < 8 {
		return b, false
	}
	return appendHex(append(b, ", tag="...), uint64(be16(d, 6)), 1), true
}
