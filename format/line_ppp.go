package format

import "math"

// The two bytes that stand before the protocol of PPP in HDLC-like framing (RFC 1662), and what some captures have
// in the place of the first to tell a direction.
const (
	pppFraming    = 0xff03
	pppFramingIn  = 0x0003
	pppFramingOut = 0x0103
)

// pppFrame prints a packet of link type PPP and gives the length of its header.
func (p *Line) pppFrame(b, d []byte, length int) ([]byte, int) {
	const header = 4
	if len(d) < header {
		return p.trunc(b, "ppp"), len(d)
	}
	return p.ppp(b, d, length), header
}

// ppp prints a PPP packet (RFC 1661), with the framing before it or without.
func (p *Line) ppp(b, d []byte, length int) []byte {
	total, header := length, 0
	if length < 2 {
		return p.trunc(b, "ppp")
	}
	if len(d) < 2 {
		return p.stop(b, "ppp")
	}
	switch be16(d, 0) {
	case pppFraming:
		header = 2
	case pppFramingIn:
		if p.opts.LinkHeader {
			b = append(b, "In  "...)
		}
		header = 2
	case pppFramingOut:
		if p.opts.LinkHeader {
			b = append(b, "Out "...)
		}
		header = 2
	}
	d, length = d[header:], length-header
	if length < 2 {
		return p.trunc(b, "ppp")
	}
	if len(d) < 1 {
		return p.stop(b, "ppp")
	}
	proto, n := uint16(d[0]), 1
	if proto&1 == 0 { // not compressed (RFC 1661 section 6.5)
		if len(d) < 2 {
			return p.stop(b, "ppp")
		}
		proto, n = be16(d, 0), 2
	}
	if p.opts.LinkHeader {
		name := pppName(proto)
		b = appendNamed(b, name, "unknown", uint64(proto), 4)
		b = appendInt(append(b, ", length "...), total)
		if name == "" {
			return b
		}
		b = append(b, ": "...)
	}
	return p.pppPayload(b, d, n, length, proto)
}

// pppPayload prints what protocol proto has put behind the n bytes of its number, at the front of d and of length.
func (p *Line) pppPayload(b, d []byte, n, length int, proto uint16) []byte {
	whole := d
	d, length = d[n:], length-n
	switch proto {
	case 0xc021, 0x8021, 0x8023, 0x8281, 0x8057, 0x80fd, 0xc02b:
		return p.pppControl(b, whole, length, proto)
	case 0x003d:
		return p.multilink(b, d, length)
	case 0xc223:
		return p.chap(b, d, length)
	case 0xc023:
		return p.pap(b, d, length)
	case 0xc02d: // BAP says nothing
		return b
	case 0x00fd:
		return append(b, "compressed PPP data"...)
	}
	switch proto {
	case 0x0021, 0x002f, 0x0800, 0x0057, 0x86dd, 0x0023, 0x0281, 0x0283, 0x002b:
		b, ok := p.enter(b)
		if !ok {
			return b
		}
		switch proto {
		case 0x0021, 0x002f, 0x0800:
			b = p.ipv4(b, d, length)
		case 0x0057, 0x86dd:
			b = p.ipv6(b, d, length)
		case 0x0023:
			b = p.iso(b, d, length)
		case 0x0281, 0x0283:
			b = p.mpls(b, d, length)
		}
		p.leave()
		return b
	}
	if proto>>8 == hdlcFlag {
		return p.pppEscaped(b, whole[n-1:], length+1)
	}
	if name := pppName(proto); name != "" {
		b = append(append(b, name...), ' ')
	} else {
		b = append(appendHexNumber(append(b, "unknown PPP protocol ("...), uint64(proto), 4), ") "...)
	}
	return appendUnknown(b, "\n\t", d, length)
}

// Octets of HDLC-like framing: what stands between frames, and what escapes an octet (RFC 1662 section 4.2).
const (
	hdlcFlag   = 0x7e
	hdlcEscape = 0x7d
)

// pppEscaped prints a packet whose octets are escaped as on an asynchronous line.
func (p *Line) pppEscaped(b, d []byte, length int) []byte {
	b, ok := p.enter(b)
	if !ok {
		return b
	}
	defer p.leave()
	out := p.unescaped[:0]
	for d = clip(d, length); len(d) > 0; d = d[1:] {
		c := d[0]
		if c == hdlcEscape {
			if d = d[1:]; len(d) == 0 {
				break
			}
			c = d[0] ^ 0x20
		}
		out = append(out, c)
	}
	p.unescaped = out
	if len(out) == 0 {
		return p.trunc(b, "ppp")
	}
	switch out[0] {
	case 0x21:
		return p.ipv4(b, out[1:], len(out)-1)
	case 0x57:
		return p.ipv6(b, out[1:], len(out)-1)
	}
	if len(out) < 2 {
		return p.trunc(b, "ppp")
	}
	if be16(out, 0) == pppFraming {
		if out = out[2:]; len(out) < 2 {
			return p.trunc(b, "ppp")
		}
	}
	proto := be16(out, 0)
	if proto>>8 == hdlcFlag {
		return append(appendHexNumber(append(b, "(protocol "...), uint64(proto), 4), " invalid)"...)
	}
	return p.pppPayload(b, out, 2, len(out), proto)
}

// pppName is tcpdump's name of what PPP carries (IANA "PPP Assigned Numbers"), or "".
func pppName(proto uint16) string {
	switch proto {
	case 0x0021:
		return "IP"
	case 0x0023:
		return "OSI"
	case 0x0025:
		return "NS"
	case 0x0027:
		return "DECNET"
	case 0x0029:
		return "APPLE"
	case 0x002b:
		return "IPX"
	case 0x002d:
		return "VJC IP"
	case 0x002f:
		return "VJNC IP"
	case 0x0031:
		return "BRPDU"
	case 0x0033:
		return "STII"
	case 0x0035:
		return "VINES"
	case 0x003d:
		return "MLPPP"
	case 0x0057:
		return "IP6"
	case 0x00fd:
		return "Compressed"
	case 0x0201:
		return "HELLO"
	case 0x0231:
		return "LUXCOM"
	case 0x0233:
		return "SNS"
	case 0x0281, 0x0283:
		return "MPLS"
	case 0x8021:
		return "IPCP"
	case 0x8023:
		return "OSICP"
	case 0x8025:
		return "NSCP"
	case 0x8027:
		return "DECNETCP"
	case 0x8029:
		return "APPLECP"
	case 0x802b:
		return "IPXCP"
	case 0x8033:
		return "STIICP"
	case 0x8035:
		return "VINESCP"
	case 0x8057:
		return "IP6CP"
	case 0x80fd:
		return "CCP"
	case 0x8281:
		return "MPLSCP"
	case 0xc021:
		return "LCP"
	case 0xc023:
		return "PAP"
	case 0xc025:
		return "LQM"
	case 0xc027:
		return "SPAP"
	case 0xc02b:
		return "BACP"
	case 0xc02d:
		return "BAP"
	case 0xc03d:
		return "MLPPP-CP"
	case 0xc123:
		return "Old-SPAP"
	case 0xc223:
		return "CHAP"
	case 0xc227:
		return "EAP"
	}
	return ""
}

// cut marks bytes of PPP that are missing without giving up on the packet, and without a blank before it.
func (p *Line) cut(b []byte, name string) []byte {
	b = p.on(b, RoleError)
	b = append(append(append(b, "[|"...), name...), ']')
	return p.off(b, RoleError)
}

// multilink prints a fragment of PPP Multilink (RFC 1990) with a short sequence number.
func (p *Line) multilink(b, d []byte, length int) []byte {
	if !p.opts.LinkHeader {
		b = append(b, "MLPPP, "...)
	}
	if length < 2 || len(d) < 2 {
		return p.cut(b, "mlppp")
	}
	v := be16(d, 0)
	b = appendHexNumber(append(b, "seq "...), uint64(v&0x0fff), 3)
	b = append(b, ", Flags ["...)
	switch {
	case v&0xc000 == 0xc000:
		b = append(b, "begin, end"...)
	case v&0x8000 != 0:
		b = append(b, "begin"...)
	case v&0x4000 != 0:
		b = append(b, "end"...)
	default:
		b = append(b, "none"...)
	}
	return appendInt(append(b, "], length "...), length)
}

// pap prints the Password Authentication Protocol (RFC 1334 section 2).
func (p *Line) pap(b, d []byte, length int) []byte {
	switch {
	case length < 1:
		return p.cut(b, "pap")
	case length < 4:
		if len(d) < 1 {
			return p.stop(b, "ppp")
		}
		return append(appendHexNumber(append(b, "[|pap "...), uint64(d[0]), 2), ']')
	case len(d) < 1:
		return p.stop(b, "ppp")
	}
	code, names := d[0], [...]string{"", "Auth-Req", "Auth-ACK", "Auth-NACK"}
	name := ""
	if int(code) < len(names) {
		name = names[code]
	}
	b = appendNamed(append(b, "PAP, "...), name, "unknown", uint64(code), 2)
	if len(d) < 2 {
		return p.stop(b, "ppp")
	}
	b = appendInt(append(b, ", id "...), int(d[1]))
	if len(d) < 4 {
		return p.stop(b, "ppp")
	}
	n := int(be16(d, 2))
	switch {
	case n > length:
		return append(appendInt(append(b, ", length "...), n), " > packet size"...)
	case n < 4:
		b = appendInt(append(b, ", length "...), n)
		return append(b, " < PAP header length"...)
	}
	rest := d[4:]
	n -= 4
	switch code {
	case 1:
		if n < 2 {
			return p.cut(b, "pap")
		}
		b, rest, n = p.papText(b, rest, n, ", Peer ")
		if n > 0 && !p.stopped {
			b, _, _ = p.papText(b, rest, n, ", Name ")
		}
	case 2, 3:
		b, _, _ = p.papText(b, rest, n, ", Msg ")
	}
	return b
}

// papText prints a text behind its length and gives what follows and its length, or a negative number where there is
// nothing more to say.
func (p *Line) papText(b, d []byte, length int, label string) (_, rest []byte, left int) {
	if length < 1 {
		return p.cut(b, "pap"), nil, -1
	}
	if len(d) < 1 {
		return p.stop(b, "ppp"), nil, -1
	}
	n := int(d[0])
	if length-1 < n {
		return b, nil, -1
	}
	b = append(b, label...)
	d = d[1:]
	b, ok := appendVisibleN(b, d, n)
	if !ok {
		return p.stop(b, "ppp"), nil, -1
	}
	return b, d[n:], length - 1 - n
}

// chap prints the Challenge Handshake Authentication Protocol (RFC 1994 section 4).
func (p *Line) chap(b, d []byte, length int) []byte {
	switch {
	case length < 1:
		return p.cut(b, "chap")
	case length < 4:
		if len(d) < 1 {
			return p.stop(b, "ppp")
		}
		return append(appendHexNumber(append(b, "[|chap "...), uint64(d[0]), 2), ']')
	case len(d) < 1:
		return p.stop(b, "ppp")
	}
	code, name := d[0], ""
	switch code {
	case 1:
		name = "Challenge"
	case 2:
		name = "Response"
	case 3:
		name = "Success"
	case 4:
		name = "Fail"
	}
	b = appendNamed(append(b, "CHAP, "...), name, "unknown", uint64(code), 2)
	if len(d) < 2 {
		return p.stop(b, "ppp")
	}
	b = appendInt(append(b, ", id "...), int(d[1]))
	if len(d) < 4 {
		return p.stop(b, "ppp")
	}
	n, left, rest := int(be16(d, 2))-4, length-4, d[4:]
	switch code {
	case 1, 2:
		if left < 1 {
			return b
		}
		if len(rest) < 1 {
			return p.stop(b, "ppp")
		}
		size := int(rest[0])
		rest = rest[1:]
		if left-1 < size {
			return b
		}
		b = appendHexBytes(append(b, ", Value "...), clip(rest, size))
		if len(rest) < size {
			return p.stop(b, "ppp")
		}
		rest, n = rest[size:], n-1-size
		b = append(b, ", Name "...)
	case 3, 4:
		b = append(b, ", Msg "...)
	default:
		return b
	}
	if n < 0 { // the length in the packet is too small for what stands before
		n = math.MaxInt
	}
	b, ok := appendVisibleN(b, rest, n)
	if !ok {
		return p.stop(b, "ppp")
	}
	return b
}

var pppCodes = [...]string{
	"Vendor-Extension", "Conf-Request", "Conf-Ack", "Conf-Nack", "Conf-Reject", "Term-Request", "Term-Ack", "Code-Reject",
	"Prot-Reject", "Echo-Request", "Echo-Reply", "Disc-Req", "Ident", "Time-Rem", "Reset-Req", "Reset-Ack",
}

// pppControl prints a packet of LCP or of a control protocol of the same form (RFC 1661 section 5), of length
// bytes. In whole, two bytes of protocol number stand before it.
func (p *Line) pppControl(b, whole []byte, length int, proto uint16) []byte {
	name, d := pppName(proto), whole[2:]
	b = append(append(b, name...), ", "...)
	if length < 4 || len(d) < 2 {
		return p.cut(b, name)
	}
	code, codeName := d[0], "Unknown Opcode"
	if int(code) < len(pppCodes) {
		codeName = pppCodes[code]
	}
	b = appendNamed(b, codeName, "", uint64(code), 2)
	b = appendInt(append(b, ", id "...), int(d[1]))
	b = appendInt(append(b, ", length "...), length+2)
	if p.opts.Verbose == 0 {
		return b
	}
	if len(d) < 4 {
		return p.stop(b, "ppp")
	}
	n := int(be16(d, 2))
	b = appendInt(append(b, "\n\tencoded length "...), n)
	switch {
	case n < 4:
		return append(b, " (< 4))"...)
	case n > length:
		return append(appendInt(append(b, " (> packet length "...), length), "))"...)
	}
	b = append(appendInt(append(b, " (=Option(s) length "...), n-4), ')')
	if n == 4 {
		return b
	}
	body := d[4:]
	if p.opts.Verbose > 1 {
		b = appendUnknown(b, "\n\t", whole, 6)
	}
	switch code {
	case 0: // RFC 2153
		if n < 11 {
			break
		}
		if len(body) < 4 {
			return p.stop(b, "ppp")
		}
		b = appendHexNumber(append(b, "\n\t  Magic-Num "...), uint64(be32(body, 0)), 8)
		if len(body) < 7 {
			return p.stop(b, "ppp")
		}
		b = p.pppVendor(append(b, ' '), body[4:])
	case 1, 2, 3, 4:
		return p.pppOptions(b, body, n-4, n, proto)
	case 8:
		if n < 6 {
			break
		}
		if len(body) < 2 {
			return p.stop(b, "ppp")
		}
		rejected := pppName(be16(body, 0))
		if rejected == "" {
			rejected = "unknown"
		}
		b = append(append(append(b, "\n\t  Rejected "...), rejected...), " Protocol ("...)
		b = append(appendHexNumber(b, uint64(be16(body, 0)), 4), ')')
		if n > 6 {
			b = append(b, "\n\t  Rejected Packet"...)
			b = appendUnknown(b, "\n\t    ", body[2:], n-2)
		}
	case 9, 10, 11, 12, 13:
		if n < 8 || code == 13 && n < 12 {
			break
		}
		if len(body) < 4 {
			return p.stop(b, "ppp")
		}
		b = appendHexNumber(append(b, "\n\t  Magic-Num "...), uint64(be32(body, 0)), 8)
		rest := body[4:]
		switch {
		case code == 13:
			if len(rest) < 4 {
				return p.stop(b, "ppp")
			}
			b = appendDecimal(append(b, ", Seconds-Remaining "...), uint64(be32(rest, 0)))
			b = append(b, 's')
		case n == 8:
		case code == 12:
			b = append(b, "\n\t  Message\n\t    "...)
			var whole bool
			if b, whole = appendVisibleN(b, rest, n-4); !whole {
				return p.cut(b, name)
			}
		default:
			b = append(b, "\n\t  -----trailing data-----"...)
			if len(rest) < n-8 {
				return p.cut(b, name)
			}
			b = appendUnknown(b, "\n\t  ", rest, n-8)
		}
	case 5, 6, 7:
	default:
		if p.opts.Verbose <= 1 {
			b = appendUnknown(b, "\n\t  ", whole, n+2)
		}
	}
	return b
}

// pppVendor prints an organization's name and number, three bytes.
func (p *Line) pppVendor(b, d []byte) []byte {
	oui := uint32(d[0])<<16 | uint32(d[1])<<8 | uint32(d[2])
	name := ouiNames[oui]
	if name == "" {
		name = "Unknown"
	}
	b = append(append(append(b, "Vendor: "...), name...), " ("...)
	return append(appendDecimal(b, uint64(oui)), ')')
}
