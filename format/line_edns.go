package format

// opt prints an OPT record (RFC 6891): the size of datagrams, which is where others have their class, and options.
func (r *dnsReader) opt(b []byte, at, end int, size uint16, ttl uint32) ([]byte, bool) {
	b = appendInt(append(b, " UDPsize="...), int(size))
	if ttl&0x8000 != 0 {
		b = append(b, " DO"...)
	}
	if at == end {
		return b, true
	}
	b = append(b, " ["...)
	for {
		var ok bool
		if b, at, ok = r.ednsOption(b, at); !ok {
			return b, false
		}
		if at >= end {
			return append(b, ']'), true
		}
		b = append(b, ',')
	}
}

// The options that have a form of their own.
const (
	ednsDAU       = 5
	ednsDHU       = 6
	ednsN3U       = 7
	ednsECS       = 8
	ednsExpire    = 9
	ednsCookie    = 10
	ednsKeepalive = 11
	ednsPadding   = 12
	ednsChain     = 13
	ednsKeyTag    = 14
)

var ednsOptionText = [...]string{
	1: "LLQ", 2: "UL", 3: "NSID", ednsDAU: "DAU", ednsDHU: "DHU", ednsN3U: "N3U", ednsECS: "ECS", ednsExpire: "EXPIRE", ednsCookie: "COOKIE",
	ednsKeepalive: "KEEPALIVE", ednsPadding: "PADDING", ednsChain: "CHAIN", ednsKeyTag: "KEY-TAG", 16: "CLIENT-TAG", 17: "SERVER-TAG",
}

// ednsOption prints the option at, even where the record ends within it, and gives the position behind it.
func (r *dnsReader) ednsOption(b []byte, at int) (_ []byte, next int, ok bool) {
	d := from(r.m, at)
	if len(d) < 2 {
		return b, 0, false
	}
	code := be16(d, 0)
	if int(code) < len(ednsOptionText) && ednsOptionText[code] != "" {
		b = append(b, ednsOptionText[code]...)
	} else {
		b = appendInt(append(b, "Opt"...), int(code))
	}
	if len(d) < 4 {
		return b, 0, false
	}
	n := int(be16(d, 2))
	at, d = at+4, d[4:]
	if len(d) < n {
		return b, 0, false
	}
	d = d[:n]
	if n == 0 {
		return b, at, true
	}
	b = append(b, ' ')
	valid := true
	switch code {
	case ednsECS:
		b, valid = r.clientSubnet(b, d)
	case ednsCookie:
		if valid = n == 8 || n >= 16 && n <= 40; valid {
			b = appendHexBytes(b, d[:8])
			if n > 8 {
				b = appendHexBytes(append(b, ' '), d[8:])
			}
		}
	case ednsKeepalive:
		if valid = n == 2; valid {
			t := int(be16(d, 0))
			b = append(appendInt(append(appendInt(b, t/10), '.'), t%10), " sec"...)
		}
	case ednsExpire:
		if valid = n == 4; valid {
			b = append(appendDecimal(b, uint64(be32(d, 0))), " sec"...)
		}
	case ednsPadding:
		b = append(appendInt(append(b, '('), n), ')')
	case ednsChain:
		b, _ = r.name(b, at, at+n)
		if r.p.stopped {
			return b, 0, false
		}
	case ednsKeyTag:
		if valid = n%2 == 0; valid {
			for i := 0; i < n; i += 2 {
				if i > 0 {
					b = append(b, ' ')
				}
				b = appendInt(b, int(be16(d, i)))
			}
		}
	case ednsDAU, ednsDHU, ednsN3U:
		for i, c := range d {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendDNSSECAlgorithm(b, code, c)
		}
	default:
		b = appendHexBytes(b, d)
	}
	if !valid {
		b = r.p.invalid(b)
	}
	return b, at + n, true
}

// clientSubnet prints the data of a Client Subnet option (RFC 7871 section 6).
func (r *dnsReader) clientSubnet(b, d []byte) ([]byte, bool) {
	if len(d) < 4 {
		return b, false
	}
	prefix, scope, addr := int(d[2]), int(d[3]), d[4:]
	if len(addr) != (prefix+7)/8 {
		return b, false
	}
	var a [16]byte
	copy(a[:], addr)
	switch family := be16(d, 0); {
	case family == 1 && len(addr) <= 4 && scope <= 32:
		b = r.p.number4(b, a[:])
	case family == 2 && len(addr) <= 16 && scope <= 128:
		b = r.p.number6(b, a[:])
	default:
		return b, false
	}
	b = appendInt(append(b, '/'), prefix)
	return appendInt(append(b, '/'), scope), true
}

// appendDNSSECAlgorithm appends the name of an algorithm that a client says it understands (RFC 6975): of
// signatures, of the digests in DS records or of the hashes of NSEC3.
func appendDNSSECAlgorithm(b []byte, option uint16, c byte) []byte {
	name := ""
	switch {
	case option == ednsDAU:
		name = dnssecAlgorithmText[c]
	case option == ednsDHU:
		name = [256]string{1: "SHA-1", 2: "SHA-256", 3: "GOST_R_34.11-94", 4: "SHA-384"}[c]
	case c == 1:
		name = "SHA-1"
	}
	if name == "" {
		return appendInt(append(b, "Alg_"...), int(c))
	}
	return append(b, name...)
}

var dnssecAlgorithmText = [256]string{
	0: "DELETE", 1: "RSAMD5", 2: "DH", 3: "DS", 5: "RSASHA1", 6: "DSA-NSEC3-SHA1", 7: "RSASHA1-NSEC3-SHA1", 8: "RSASHA256", 10: "RSASHA512",
	12: "ECC-GOST", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448", 252: "INDIRECT", 253: "PRIVATEDNS", 254: "PRIVATEOID",
}
