package format

import "smoltcp/dissect"

var ospf2Options = []bitName{
	{0x01, "MultiTopology"}, {0x02, "External"}, {0x04, "Multicast"}, {0x08, "NSSA"}, {0x10, "LLS"}, {0x20, "Demand Circuit"},
	{0x40, "Opaque"}, {0x80, "Up/Down"},
}

const (
	ospf2LLSOption = 0x10

	// ospf2DigestLen is how much of the end of a message with cryptographic authentication is the digest, whatever the
	// message itself says.
	ospf2DigestLen = 16
)

// message2 prints what follows the first line of a message of version 2.
func (o *ospfPrinter) message2(b []byte, version uint8, auth uint16) ([]byte, bool) {
	if o.length != o.end {
		b = append(appendInt(append(b, " [len "...), o.end), ']')
	}
	o.end = min(o.end, o.length)
	b, ok := o.ids(b, 4)
	if !ok || !o.has(ospf2HeaderLen) {
		return b, false
	}
	b = append(b, ", Authentication Type: "...)
	keyLen := 0
	switch auth {
	case dissect.OSPFAuthNone:
		b = append(b, "none (0)"...)
	case dissect.OSPFAuthSimple:
		b = append(b, "simple (1)\n\tSimple text password: "...)
		for _, c := range o.d[16:24] {
			if c == 0 {
				break
			}
			b = appendVisible(b, c)
		}
	case dissect.OSPFAuthCrypto:
		keyLen = int(o.d[19])
		b = appendInt(append(b, "MD5 (2)\n\tKey-ID: "...), int(o.d[18]))
		b = appendInt(append(b, ", Auth-Length: "...), keyLen)
		b = appendSeq32(append(b, ", Crypto Sequence Number: "...), be32(o.d, 20))
	default:
		return append(appendInt(append(b, "unknown ("...), int(auth)), ')'), true
	}
	if version != 2 {
		return append(appendInt(append(b, " ospf [version "...), int(version)), ']'), true
	}
	switch o.d[1] {
	case dissect.OSPFHello:
		b, ok = o.hello2(b)
	case dissect.OSPFDatabase:
		b, ok = o.database2(b)
	case dissect.OSPFRequest:
		return o.request2(b)
	case dissect.OSPFUpdate:
		return o.update2(b)
	case dissect.OSPFAck:
		for at := ospf2HeaderLen; ok; at += ospfLSAHeader {
			b, ok = o.lsaHeader2(b, at)
		}
		return b, !o.cut
	}
	if !ok {
		return b, false
	}
	return o.signaling(b, keyLen)
}

func (o *ospfPrinter) hello2(b []byte) ([]byte, bool) {
	const mask, interval, options, priority, dead, designated, neighbors = 24, 28, 30, 31, 32, 36, 44
	if !o.has(priority) {
		return b, false
	}
	b = appendBracketed(b, "\n\tOptions", ospf2Options, uint32(o.d[options]))
	if !o.has(designated) {
		return b, false
	}
	b = appendInt(append(b, "\n\t  Hello Timer "...), int(be16(o.d, interval)))
	b = appendDecimal(append(b, "s, Dead Timer "...), uint64(be32(o.d, dead)))
	b = o.p.addr4(append(b, "s, Mask "...), o.d[mask:])
	b = appendInt(append(b, ", Priority "...), int(o.d[priority]))
	b, ok := o.designated(b, designated)
	if !ok {
		return b, false
	}
	if o.end > neighbors {
		b, ok = o.routers(append(b, "\n\t  Neighbor List:"...), "\n\t    ", neighbors, o.end)
	}
	return b, ok
}

func (o *ospfPrinter) database2(b []byte) ([]byte, bool) {
	const mtu, options, flags, seq, headers = 24, 26, 27, 28, 32
	if !o.has(options + 1) {
		return b, false
	}
	b = appendBracketed(b, "\n\tOptions", ospf2Options, uint32(o.d[options]))
	if !o.has(flags + 1) {
		return b, false
	}
	b = appendBracketed(b, ", DD Flags", ospfDatabaseFlags, uint32(o.d[flags]))
	if v := be16(o.d, mtu); v != 0 {
		b = appendInt(append(b, ", MTU: "...), int(v))
	}
	if !o.has(headers) {
		return b, false
	}
	b = appendSeq32(append(b, ", Sequence: "...), be32(o.d, seq))
	ok := true
	for at := headers; ok && at < o.end; at += ospfLSAHeader {
		b, ok = o.lsaHeader2(b, at)
	}
	return b, !o.cut
}

func (o *ospfPrinter) request2(b []byte) ([]byte, bool) {
	for at := ospf2HeaderLen; at < o.end; at += 12 {
		if !o.has(at + 12) {
			return b, false
		}
		t := be32(o.d, at)
		b = o.p.addr4(append(b, "\n\t  Advertising Router: "...), o.d[at+8:])
		b = appendOSPF2Type(append(b, ", "...), t)
		b = o.lsaID2(b, t, at+4, ":")
	}
	return b, true
}

func (o *ospfPrinter) update2(b []byte) ([]byte, bool) {
	if !o.has(ospf2HeaderLen + 4) {
		return b, false
	}
	count := be32(o.d, ospf2HeaderLen)
	b = append(appendDecimal(append(b, ", "...), uint64(count)), " LSA"...)
	if count != 1 {
		b = append(b, 's')
	}
	at := ospf2HeaderLen + 4
	for i := uint32(1); count > 0; i, count = i+1, count-1 {
		b = appendDecimal(append(b, "\n\t  LSA #"...), uint64(i))
		var ok bool
		if b, at, ok = o.lsa2(b, at); !ok {
			return b, false
		}
	}
	return b, true
}

func appendOSPF2Type(b []byte, t uint32) []byte {
	name := "unknown"
	switch t {
	case dissect.OSPFRouterLSA:
		name = "Router"
	case dissect.OSPFNetworkLSA:
		name = "Network"
	case dissect.OSPFSummaryLSA:
		name = "Summary"
	case dissect.OSPFASBRLSA:
		name = "ASBR Summary"
	case dissect.OSPFExternalLSA:
		name = "External"
	case dissect.OSPFGroupLSA:
		name = "Multicast Group"
	case dissect.OSPFNSSALSA:
		name = "NSSA"
	case dissect.OSPFOpaqueLinkLSA:
		name = "Link Local Opaque"
	case dissect.OSPFOpaqueAreaLSA:
		name = "Area Local Opaque"
	case dissect.OSPFOpaqueDomainLSA:
		name = "Domain Wide Opaque"
	}
	b = append(append(b, name...), " LSA ("...)
	return append(appendDecimal(b, uint64(t)), ')')
}

// lsaID2 prints the ID at off of an LSA of type t. That of an opaque one has two parts, behind whose names stands sep.
func (o *ospfPrinter) lsaID2(b []byte, t uint32, off int, sep string) []byte {
	if t < dissect.OSPFOpaqueLinkLSA || t > dissect.OSPFOpaqueDomainLSA {
		return o.p.addr4(append(b, ", LSA-ID: "...), o.d[off:])
	}
	name := "unknown"
	switch o.d[off] {
	case dissect.OSPFOpaqueTE:
		name = "Traffic Engineering"
	case dissect.OSPFOpaqueGrace:
		name = "Graceful restart"
	case dissect.OSPFOpaqueInformation:
		name = "Router Information"
	}
	b = append(append(append(b, ", Opaque-Type"...), sep...), ' ')
	b = append(append(b, name...), " LSA ("...)
	b = append(appendInt(b, int(o.d[off])), "), Opaque-ID"...)
	return appendDecimal(append(append(b, sep...), ' '), uint64(be32(o.d, off)&0xffffff))
}

// lsaHeader2 prints an LSA header, and reports false if it makes no sense or was not captured.
func (o *ospfPrinter) lsaHeader2(b []byte, at int) ([]byte, bool) {
	if !o.has(at + ospfLSAHeader) {
		return b, false
	}
	h := o.d[at:]
	n := int(be16(h, 18))
	if n < ospfLSAHeader {
		b = appendInt(append(b, "\n\t    Bogus length "...), n)
		b = appendInt(append(b, " < header ("...), ospfLSAHeader)
		return append(b, ')'), false
	}
	b = o.lsaHead(b, at, "\n\t  ", uint64(n-ospfLSAHeader))
	b = appendOSPF2Type(append(b, "\n\t    "...), uint32(h[3]))
	b = o.lsaID2(b, uint32(h[3]), at+4, "")
	return appendBracketed(b, "\n\t    Options:", ospf2Options, uint32(h[2])), true
}

// lsa2 prints an LSA and gives the offset behind it.
func (o *ospfPrinter) lsa2(b []byte, at int) (_ []byte, next int, ok bool) {
	if b, ok = o.lsaHeader2(b, at); !ok {
		return b, 0, false
	}
	h := o.d[at:]
	n := int(be16(h, 18))
	next = at + n
	body, t, more := at+ospfLSAHeader, uint32(h[3]), true
	switch t {
	case dissect.OSPFRouterLSA:
		b, ok, more = o.routerLSA2(b, body)
	case dissect.OSPFNetworkLSA:
		if !o.has(body + 4) {
			return b, 0, false
		}
		b = o.p.addr4(append(b, "\n\t    Mask "...), o.d[body:])
		b, ok = o.routers(append(b, "\n\t    Connected Routers:"...), "\n\t      ", body+4, next)
	case dissect.OSPFSummaryLSA:
		if !o.has(body + 4) {
			return b, 0, false
		}
		b = o.p.addr4(append(b, "\n\t    Mask "...), o.d[body:])
		b, ok = o.metrics(b, body+4, next)
	case dissect.OSPFASBRLSA:
		b, ok = o.metrics(b, body+4, next)
	case dissect.OSPFExternalLSA, dissect.OSPFNSSALSA:
		b, ok = o.externalLSA2(b, body, next)
	case dissect.OSPFGroupLSA:
		b, ok = o.groupLSA2(b, body, next)
	case dissect.OSPFOpaqueLinkLSA, dissect.OSPFOpaqueAreaLSA, dissect.OSPFOpaqueDomainLSA:
		b, ok, more = o.opaqueLSA(b, h[4], body, n-ospfLSAHeader)
	}
	if !ok {
		return b, 0, false
	}
	if more && o.p.opts.Verbose > 1 {
		b = o.unknown(b, "\n\t    ", body, n-ospfLSAHeader)
	}
	return b, next, ok
}

var ospf2RouterFlags = []bitName{{0x01, "ABR"}, {0x02, "ASBR"}, {0x04, "Virtual"}, {0x08, "Wildcard"}, {0x10, "Nt"}, {0x80, "Host"}}

// topology prints a topology, or type of service.
func appendTopology(b []byte, id uint8) []byte {
	name := "Unknown"
	switch id {
	case 0:
		name = "default"
	case 1:
		name = "multicast"
	case 2:
		name = "management"
	}
	b = append(append(append(b, "\n\t\ttopology "...), name...), " ("...)
	return append(appendInt(b, int(id)), ')')
}

// routerLSA2 reports more false behind a link that it does not know: nothing else is said of the LSA.
func (o *ospfPrinter) routerLSA2(b []byte, at int) (_ []byte, ok, more bool) {
	if !o.has(at + 1) {
		return b, false, false
	}
	b = appendBracketed(b, "\n\t    Router LSA Options:", ospf2RouterFlags, uint32(o.d[at]))
	if !o.has(at + 4 + 12) { // tcpdump wants a link to be there, whatever their number
		return b, false, false
	}
	links := be16(o.d, at+2)
	for at += 4; links > 0; links-- {
		if !o.has(at + 12) {
			return b, false, false
		}
		link := o.d[at:]
		switch link[8] {
		case 1:
			b = o.p.addr4(append(b, "\n\t      Neighbor Router-ID: "...), link)
			b = o.p.addr4(append(b, ", Interface Address: "...), link[4:])
		case 2:
			b = o.p.addr4(append(b, "\n\t      Neighbor Network-ID: "...), link)
			b = o.p.addr4(append(b, ", Interface Address: "...), link[4:])
		case 3:
			b = o.p.addr4(append(b, "\n\t      Stub Network: "...), link)
			b = o.p.addr4(append(b, ", Mask: "...), link[4:])
		case 4:
			b = o.p.addr4(append(b, "\n\t      Virtual Link: Neighbor Router-ID: "...), link)
			b = o.p.addr4(append(b, ", Interface Address: "...), link[4:])
		default:
			b = appendInt(append(b, "\n\t      Unknown Router Link Type ("...), int(link[8]))
			return append(b, ')'), true, false
		}
		b = appendInt(append(appendTopology(b, 0), ", metric "...), int(be16(link, 10)))
		at += 12
		for n := link[9]; n > 0; n-- {
			if !o.has(at + 4) {
				return b, false, false
			}
			b = appendInt(append(appendTopology(b, o.d[at]), ", metric "...), int(be16(o.d, at+2)))
			at += 4
		}
	}
	return b, true, true
}

// metrics prints a metric for each topology. One at least has to be there.
func (o *ospfPrinter) metrics(b []byte, at, end int) ([]byte, bool) {
	if !o.has(at + 4) {
		return b, false
	}
	for ; at < end; at += 4 {
		if !o.has(at + 4) {
			return b, false
		}
		v := be32(o.d, at)
		b = appendTopology(b, uint8(v>>24&0x7f))
		b = appendDecimal(append(b, " metric "...), uint64(v&0xffffff))
	}
	return b, true
}

func (o *ospfPrinter) externalLSA2(b []byte, at, end int) ([]byte, bool) {
	if !o.has(at + 4) {
		return b, false
	}
	b = o.p.addr4(append(b, "\n\t    Mask "...), o.d[at:])
	if !o.has(at + 8) {
		return b, false
	}
	for at += 4; at < end; at += 12 {
		if !o.has(at + 4) {
			return b, false
		}
		v := be32(o.d, at)
		b = appendTopology(b, uint8(v>>24&0x7f))
		b = appendInt(append(b, ", type "...), int(1+v>>31))
		b = appendDecimal(append(b, ", metric "...), uint64(v&0xffffff))
		if !o.has(at + 8) {
			return b, false
		}
		if be32(o.d, at+4) != 0 {
			b = o.p.addr4(append(b, ", forward "...), o.d[at+4:])
		}
		if !o.has(at + 12) {
			return b, false
		}
		if be32(o.d, at+8) != 0 {
			b = o.p.addr4(append(b, ", tag "...), o.d[at+8:])
		}
	}
	return b, true
}

func (o *ospfPrinter) groupLSA2(b []byte, at, end int) ([]byte, bool) {
	for ; at < end; at += 8 {
		if !o.has(at + 4) {
			return b, false
		}
		name := ""
		switch t := be32(o.d, at); t {
		case 1:
			name = "\n\t    Router Router-ID "
		case 2:
			name = "\n\t    Network Designated Router "
		default:
			b = appendDecimal(append(b, "\n\t    unknown VertexType ("...), uint64(t))
			b = append(b, ')')
		}
		if name != "" {
			if !o.has(at + 8) {
				return b, false
			}
			b = o.p.addr4(append(b, name...), o.d[at+4:])
		}
	}
	return b, true
}

var ospfExtendedOptions = []bitName{{0x01, "LSDB resync"}, {0x02, "Restart"}}

// signaling prints the block of link-local signaling behind a message and the digest of keyLen bytes (RFC 5613), if the
// options of the message say that there is one.
func (o *ospfPrinter) signaling(b []byte, keyLen int) ([]byte, bool) {
	options := 30
	if o.d[1] == dissect.OSPFDatabase {
		options = 26
	}
	at := o.end + keyLen
	switch {
	case o.d[options]&ospf2LLSOption == 0 || o.end == o.length:
		return b, true
	case at >= o.length:
		return append(b, "\n\t[LLS truncated]"...), true
	}
	if !o.has(at + 2) {
		return b, false
	}
	b = appendHexNumber(append(b, "\n\t  LLS: checksum: "...), uint64(be16(o.d, at)), 4)
	if !o.has(at + 4) {
		return b, false
	}
	b = appendInt(append(b, ", length: "...), int(be16(o.d, at+2)))
	for at += 4; at < o.length; {
		if !o.has(at + 2) {
			return b, false
		}
		t := be16(o.d, at)
		name := "Unknown TLV"
		switch t {
		case 1:
			name = "Extended Options"
		case 2:
			name = "MD5 Authentication"
		}
		b = append(append(append(b, "\n\t    "...), name...), " ("...)
		b = append(appendInt(b, int(t)), ')')
		if !o.has(at + 4) {
			return b, false
		}
		n := int(be16(o.d, at+2))
		b = appendInt(append(b, ", length: "...), n)
		at += 4
		switch t {
		case 1:
			if n != 4 {
				b = append(b, " [should be 4]"...)
			}
			if !o.has(at + 4) {
				return b, false
			}
			v := be32(o.d, at)
			b = appendSeq32(append(b, "\n\t      Options: "...), v)
			b = append(appendBits(append(b, " ["...), ospfExtendedOptions, v, ", ", "?"), ']')
			at += 4
		case 2:
			if n != 20 {
				b = append(b, " [should be 20]"...)
			}
			if !o.has(at + 4) {
				return b, false
			}
			b = appendSeq32(append(b, "\n\t      Sequence number: "...), be32(o.d, at))
			at += 20
		default:
			at += n
		}
	}
	return b, true
}
