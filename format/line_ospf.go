package format

import "smoltcp/dissect"

const (
	ospf2HeaderLen = 24
	ospfLSAHeader  = 20 // of both versions
)

// ospfPrinter prints one message of OSPF: version 2 (RFC 2328) or 3 (RFC 5340). Its methods report false when bytes that
// they need were not captured or contradict one another, and that is said in one place.
type ospfPrinter struct {
	p      *Line
	d      []byte // the captured bytes of the message, authentication behind it and all
	end    int    // where the message ends, by its own length or IP's
	length int    // of the message and what IP carries behind it
	cut    bool   // bytes that were looked for were not captured
}

// has reports whether the first n bytes were captured.
func (o *ospfPrinter) has(n int) bool {
	if len(o.d) >= n {
		return true
	}
	o.cut = true
	return false
}

// ospf prints an OSPF message of any version inside IPv4.
func (p *Line) ospf(b, d []byte, length int) []byte {
	if len(d) < 16 {
		return p.stop(b, "ospf2")
	}
	version, kind, auth := d[0], d[1], be16(d, 14)
	if auth == dissect.OSPFAuthCrypto {
		length -= ospf2DigestLen
		if d = d[:len(d)-ospf2DigestLen]; len(d) < 2 {
			return p.stop(b, "ospf2")
		}
	}
	b = appendInt(append(p.proto(b, "OSPF"), 'v'), int(version))
	b = append(b, ", "...)
	if name := ospfMessageName(kind); name != "" {
		b = append(b, name...)
	} else {
		b = appendInt(append(b, "unknown LS-type "...), int(kind))
	}
	b = appendInt(append(b, ", length "...), length)
	if p.opts.Verbose == 0 || ospfMessageName(kind) == "" {
		return b
	}
	if len(d) < 4 {
		return p.stop(b, "ospf2")
	}
	o := ospfPrinter{p: p, d: d, end: int(be16(d, 2)), length: length}
	b, ok := o.message2(b, version, auth)
	if !ok {
		b = p.stop(b, "ospf2")
	}
	return b
}

func ospfMessageName(t uint8) string {
	switch t {
	case dissect.OSPFHello:
		return "Hello"
	case dissect.OSPFDatabase:
		return "Database Description"
	case dissect.OSPFRequest:
		return "LS-Request"
	case dissect.OSPFUpdate:
		return "LS-Update"
	case dissect.OSPFAck:
		return "LS-Ack"
	}
	return ""
}

// ids prints the router and the area at off.
func (o *ospfPrinter) ids(b []byte, off int) ([]byte, bool) {
	if !o.has(off + 4) {
		return b, false
	}
	b = o.p.addr4(append(b, "\n\tRouter-ID "...), o.d[off:])
	if !o.has(off + 8) {
		return b, false
	}
	if be32(o.d, off+4) == 0 {
		return append(b, ", Backbone Area"...), true
	}
	return o.p.addr4(append(b, ", Area "...), o.d[off+4:]), true
}

// routers prints a list of addresses from off to the message's end.
func (o *ospfPrinter) routers(b []byte, indent string, off, end int) ([]byte, bool) {
	for ; off < end; off += 4 {
		if !o.has(off + 4) {
			return b, false
		}
		b = o.p.addr4(append(b, indent...), o.d[off:])
	}
	return b, true
}

// designated prints the designated router and its backup at off, as far as there are any.
func (o *ospfPrinter) designated(b []byte, off int) ([]byte, bool) {
	for i, name := range [...]string{"\n\t  Designated Router ", ", Backup Designated Router "} {
		at := off + 4*i
		if !o.has(at + 4) {
			return b, false
		}
		if be32(o.d, at) != 0 {
			b = o.p.addr4(append(b, name...), o.d[at:])
		}
	}
	return b, true
}

var ospfDatabaseFlags = []bitName{{0x04, "Init"}, {0x02, "More"}, {0x01, "Master"}, {0x08, "OOBResync"}}

var ospf3DatabaseFlags = []bitName{{0x04, "Init"}, {0x02, "More"}, {0x01, "Master"}, {0x10, "IPv6 MTU"}}

// appendBracketed appends the names of bits in brackets.
func appendBracketed(b []byte, what string, names []bitName, v uint32) []byte {
	b = append(append(b, what...), " ["...)
	return append(appendBits(b, names, v, ", ", "none"), ']')
}

// appendSeq32 appends a number of 32 bits as people know it from routers.
func appendSeq32(b []byte, v uint32) []byte { return appendHexNumber(b, uint64(v), 8) }

// lsaHead prints the first line of an LSA header at off, and the LSA's length without the header. That is unsigned, so that
// one below zero is a great one.
func (o *ospfPrinter) lsaHead(b []byte, off int, indent string, rest uint64) []byte {
	h := o.d[off:]
	b = o.p.addr4(append(append(b, indent...), "Advertising Router "...), h[8:])
	b = appendSeq32(append(b, ", seq "...), be32(h, 12))
	b = appendInt(append(b, ", age "...), int(be16(h, 0)))
	return appendDecimal(append(b, "s, length "...), rest)
}

// unknown prints n bytes from off on, or what was captured of them, of something that has no form here.
func (o *ospfPrinter) unknown(b []byte, indent string, off, n int) []byte {
	return appendIndentedHex(b, indent, clip(from(o.d, off), n))
}
