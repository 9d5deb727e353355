package format

import "smoltcp/dissect"

const ospf3HeaderLen = 16

var ospf3Options = []bitName{
	{0x0001, "V6"}, {0x0002, "External"}, {0x0004, "Deprecated"}, {0x0008, "NSSA"}, {0x0010, "Router"}, {0x0020, "Demand Circuit"},
	{0x0100, "AFs Support"}, {0x0200, "LLS"}, {0x0400, "Authentication Trailer"},
}

// ospf6 prints an OSPF message of any version inside IPv6.
func (p *Line) ospf6(b, d []byte, length int) []byte {
	if len(d) < 2 {
		return p.stop(b, "ospf3")
	}
	version, kind := d[0], d[1]
	b = appendInt(append(p.proto(b, "OSPF"), 'v'), int(version))
	b = append(b, ", "...)
	if name := ospfMessageName(kind); name != "" {
		b = append(b, name...)
	} else {
		b = append(appendInt(append(b, "unknown packet type ("...), int(kind)), ')')
	}
	b = appendInt(append(b, ", length "...), length)
	if p.opts.Verbose == 0 || ospfMessageName(kind) == "" {
		return b
	}
	if len(d) < 4 {
		return p.stop(b, "ospf3")
	}
	o := ospfPrinter{p: p, d: d, end: int(be16(d, 2)), length: length}
	if o.end > length {
		return append(appendInt(append(b, " [len "...), o.end), ']')
	}
	b, ok := o.message3(b, version)
	switch {
	case ok:
		return b
	case o.cut:
		return p.stop(b, "ospf3")
	}
	return p.trunc(b, "ospf3")
}

// message3 prints what follows the first line of a message of version 3.
func (o *ospfPrinter) message3(b []byte, version uint8) ([]byte, bool) {
	b, ok := o.ids(b, 4)
	if !ok || !o.has(15) {
		return b, false
	}
	if o.d[14] != 0 {
		b = appendInt(append(b, ", Instance "...), int(o.d[14]))
	}
	if version != 3 {
		return b, true
	}
	all := o.p.opts.Verbose > 1
	switch o.d[1] {
	case dissect.OSPFHello:
		b, ok = o.hello3(b, all)
	case dissect.OSPFDatabase:
		b, ok = o.database3(b, all)
	case dissect.OSPFRequest:
		if all {
			b, ok = o.request3(b)
		}
	case dissect.OSPFUpdate:
		if all {
			b, ok = o.update3(b)
		}
	case dissect.OSPFAck:
		if all {
			for at := ospf3HeaderLen; ok && at < o.end; at += ospfLSAHeader {
				b, ok = o.lsaHeader3(b, at)
			}
		}
	}
	if ok && o.options3()&ospf3LLSOption != 0 {
		b, ok = o.signaling3(b)
	}
	if !ok {
		return b, false
	}
	return o.trailer3(b, all)
}

func (o *ospfPrinter) hello3(b []byte, all bool) ([]byte, bool) {
	const id, options, interval, dead, designated, neighbors = 16, 20, 24, 26, 28, 36
	if !o.has(options + 4) {
		return b, false
	}
	v := be32(o.d, options)
	b = appendBracketed(b, "\n\tOptions", ospf3Options, v&0xffffff)
	if !o.has(designated) {
		return b, false
	}
	b = appendInt(append(b, "\n\t  Hello Timer "...), int(be16(o.d, interval)))
	b = appendInt(append(b, "s, Dead Timer "...), int(be16(o.d, dead)))
	b = o.p.addr4(append(b, "s, Interface-ID "...), o.d[id:])
	b = appendInt(append(b, ", Priority "...), int(v>>24))
	b, ok := o.designated(b, designated)
	if ok && all {
		b, ok = o.routers(append(b, "\n\t  Neighbor List:"...), "\n\t    ", neighbors, o.end)
	}
	return b, ok
}

func (o *ospfPrinter) database3(b []byte, all bool) ([]byte, bool) {
	const options, mtu, flags, seq, headers = 16, 20, 22, 24, 28
	if !o.has(options + 4) {
		return b, false
	}
	b = appendBracketed(b, "\n\tOptions", ospf3Options, be32(o.d, options)&0xffffff)
	if !o.has(flags + 1 + 1) {
		return b, false
	}
	b = appendBracketed(b, ", DD Flags", ospf3DatabaseFlags, uint32(o.d[flags+1]))
	if !o.has(headers) {
		return b, false
	}
	b = appendInt(append(b, ", MTU "...), int(be16(o.d, mtu)))
	b = appendSeq32(append(b, ", DD-Sequence "...), be32(o.d, seq))
	ok := true
	for at := headers; all && ok && at < o.end; at += ospfLSAHeader {
		b, ok = o.lsaHeader3(b, at)
	}
	return b, ok
}

func (o *ospfPrinter) request3(b []byte) ([]byte, bool) {
	for at := ospf3HeaderLen; at < o.end; at += 12 {
		if len(o.d) < at+12 {
			return b, false
		}
		b = o.p.addr4(append(b, "\n\t  Advertising Router "...), o.d[at+8:])
		b = o.lsaType3(b, be16(o.d, at+2), at+4)
	}
	return b, true
}

func (o *ospfPrinter) update3(b []byte) ([]byte, bool) {
	if !o.has(ospf3HeaderLen + 4) {
		return b, false
	}
	at, ok := ospf3HeaderLen+4, true
	for n := be32(o.d, ospf3HeaderLen); n > 0 && at < o.end; n-- {
		if b, at, ok = o.lsa3(b, at); !ok {
			return b, false
		}
	}
	return b, true
}

// lsaType3 prints the type and the ID, which is at off, of an LSA.
func (o *ospfPrinter) lsaType3(b []byte, t uint16, off int) []byte {
	name := "Unknown"
	switch code := t & 0x1fff; code {
	case 1:
		name = "Router"
	case 2:
		name = "Network"
	case 3:
		name = "Inter-Area Prefix"
	case 4:
		name = "Inter-Area Router"
	case 5:
		name = "External"
	case 6:
		name = "Deprecated"
	case 7:
		name = "NSSA"
	case 8:
		name = "Link"
	case 9:
		name = "Intra-Area Prefix"
	case 10:
		name = "Intra-Area TE"
	case 11:
		name = "Grace"
	case 12:
		name = "Router Information"
	case 13:
		name = "Inter-AS-TE"
	case 14:
		name = "Layer 1 VPN"
	}
	b = append(append(append(b, "\n\t    "...), name...), " LSA ("...)
	b = append(appendInt(b, int(t&0x1fff)), "), "...)
	switch t & 0x6000 {
	case 0:
		b = append(b, "Link Local"...)
	case 0x2000:
		b = append(b, "Area Local"...)
	case 0x4000:
		b = append(b, "Domain Wide"...)
	default:
		b = append(b, "Unknown"...)
	}
	b = append(b, " Scope"...)
	if t&0x8000 != 0 {
		b = append(b, ", transitive"...)
	}
	return o.p.addr4(append(b, ", LSA-ID "...), o.d[off:])
}

// lsaHeader3 prints an LSA header.
func (o *ospfPrinter) lsaHeader3(b []byte, at int) ([]byte, bool) {
	if o.end < at+ospfLSAHeader || !o.has(at+ospfLSAHeader) {
		return b, false
	}
	h := o.d[at:]
	b = o.lsaHead(b, at, "\n\t  ", uint64(int64(be16(h, 18))-ospfLSAHeader))
	return o.lsaType3(b, be16(h, 2), at+4), true
}

// lsa3 prints an LSA and gives the offset behind it.
func (o *ospfPrinter) lsa3(b []byte, at int) (_ []byte, next int, ok bool) {
	if b, ok = o.lsaHeader3(b, at); !ok {
		return b, 0, false
	}
	h := o.d[at:]
	n := int(be16(h, 18))
	next = at + n
	body := at + ospfLSAHeader
	if n < ospfLSAHeader || next > o.end {
		return b, 0, false
	}
	w := lsa3Walk{o: o, at: body, left: n - ospfLSAHeader}
	switch be16(h, 2) {
	case dissect.OSPFv3RouterLSA:
		b, ok = w.router(b)
	case dissect.OSPFv3NetworkLSA:
		b, ok = w.network(b)
	case dissect.OSPFv3InterPrefixLSA:
		b, ok = w.interPrefix(b)
	case dissect.OSPFv3ExternalLSA:
		b, ok = w.external(b)
	case dissect.OSPFv3LinkLSA:
		b, ok = w.link(b)
	case dissect.OSPFv3IntraPrefixLSA:
		b, ok = w.intraPrefix(b)
	case dissect.OSPFv3GraceLSA:
		b, _, ok = o.graceLSA(b, body, uint32(n-ospfLSAHeader))
		o.cut = false
	case dissect.OSPFv3TrafficLSA:
		b, _, ok = o.trafficLSA(b, body, uint32(n-ospfLSAHeader))
		o.cut = false
	default:
		b = o.unknown(b, "\n\t      ", body, n-ospfLSAHeader)
	}
	return b, next, ok
}

// lsa3Walk goes through the body of an LSA: at is the offset in the message, left the bytes that remain.
type lsa3Walk struct {
	o    *ospfPrinter
	at   int
	left int
}

// take gives the next n bytes, and reports false if the LSA or the capture has not so many.
func (w *lsa3Walk) take(n int) ([]byte, bool) {
	if w.left < n || !w.o.has(w.at+n) {
		return nil, false
	}
	return w.takeWhole(n)
}

// takeWhole is take for what tcpdump looks for as a whole, which makes a difference for the hex dump: it does not stop.
func (w *lsa3Walk) takeWhole(n int) ([]byte, bool) {
	if w.left < n || len(w.o.d) < w.at+n {
		return nil, false
	}
	d := w.o.d[w.at:]
	w.at, w.left = w.at+n, w.left-n
	return d, true
}

var ospf3RouterFlags = []bitName{
	{0x01, "ABR"}, {0x02, "External"}, {0x04, "Virtual-Link Endpoint"}, {0x08, "Deprecated"}, {0x10, "NSSA Translator"},
}

func (w *lsa3Walk) router(b []byte) ([]byte, bool) {
	d, ok := w.take(4)
	if !ok {
		return b, false
	}
	b = appendBracketed(b, "\n\t      Options", ospf3Options, be32(d, 0)&0xffffff)
	b = appendBracketed(b, ", RLA-Flags", ospf3RouterFlags, uint32(d[0]))
	for w.left > 0 {
		if d, ok = w.takeWhole(16); !ok {
			return b, false
		}
		switch d[0] {
		case 1:
			b = append(b, "\n\t      Neighbor Router-ID "...)
		case 2:
			b = append(b, "\n\t      Neighbor Network-ID "...)
		case 4:
			b = append(b, "\n\t      Virtual Link: Neighbor Router-ID "...)
		default:
			return appendHexNumber(append(b, "\n\t      Unknown Router Links Type "...), uint64(d[0]), 2), true
		}
		b = w.o.p.addr4(b, d[12:])
		b = w.o.p.addr4(append(b, "\n\t      Neighbor Interface-ID "...), d[8:])
		b = w.o.p.addr4(append(b, ", Interface "...), d[4:])
		b = appendInt(append(b, ", metric "...), int(be16(d, 2)))
	}
	return b, true
}

func (w *lsa3Walk) network(b []byte) ([]byte, bool) {
	d, ok := w.take(4)
	if !ok {
		return b, false
	}
	b = appendBracketed(b, "\n\t      Options", ospf3Options, be32(d, 0)&0xffffff)
	b = append(b, "\n\t      Connected Routers:"...)
	for w.left > 0 {
		if d, ok = w.take(4); !ok {
			return b, false
		}
		b = w.o.p.addr4(append(b, "\n\t\t"...), d)
	}
	return b, true
}

var ospf3PrefixOptions = []bitName{
	{0x01, "No Unicast"}, {0x02, "Local address"}, {0x04, "Deprecated"}, {0x08, "Propagate"}, {0x10, "Down"}, {0x20, "N-bit"},
}

// prefix prints a prefix, whose address has as many words of 32 bits as its length needs.
func (w *lsa3Walk) prefix(b []byte) ([]byte, bool) {
	if w.left < 4 || len(w.o.d) < w.at+4 {
		return b, false
	}
	n := w.o.d[w.at]
	if n > 128 {
		b = appendInt(append(b, " bogus prefixlen /"...), int(n))
		return b, false
	}
	d, ok := w.take(4 + (int(n)+31)/32*4)
	if !ok {
		return b, false
	}
	var addr [16]byte
	copy(addr[:], d[4:4+(int(n)+31)/32*4])
	b = append(w.o.p.addr6(append(b, "\n\t\t"...), addr[:]), '/')
	b = appendInt(b, int(n))
	if d[1] != 0 {
		b = appendBracketed(b, ", Options", ospf3PrefixOptions, uint32(d[1]))
	}
	return appendInt(append(b, ", metric "...), int(be16(d, 2))), true
}

func (w *lsa3Walk) interPrefix(b []byte) ([]byte, bool) {
	d, ok := w.take(4)
	if !ok {
		return b, false
	}
	b = appendDecimal(append(b, ", metric "...), uint64(be32(d, 0)&0xffffff))
	for ok && w.left > 0 {
		b, ok = w.prefix(b)
	}
	return b, ok
}

var ospf3ExternalFlags = []bitName{{0x80, "External Type 2"}, {0x02, "Forwarding"}, {0x01, "Tag"}}

func (w *lsa3Walk) external(b []byte) ([]byte, bool) {
	d, ok := w.take(4)
	if !ok {
		return b, false
	}
	flags := d[0]
	b = appendBracketed(b, "\n\t     Flags", ospf3ExternalFlags, uint32(flags))
	b = appendDecimal(append(b, " metric "...), uint64(be32(d, 0)&0xffffff))
	prefix := w.at
	if b, ok = w.prefix(b); !ok {
		return b, false
	}
	if flags&2 != 0 {
		if d, ok = w.take(16); !ok {
			return b, false
		}
		b = w.o.p.addr6(append(b, " forward "...), d)
	}
	if flags&1 != 0 {
		if d, ok = w.take(4); !ok {
			return b, false
		}
		b = w.o.p.addr4(append(b, " tag "...), d)
	}
	// The type of an LSA that is referred to has two bytes; tcpdump looks at the first.
	if w.o.d[prefix+2] != 0 {
		if d, ok = w.take(4); !ok {
			return b, false
		}
		b = w.o.p.addr4(append(b, " RefLSID: "...), d)
	}
	return b, true
}

func (w *lsa3Walk) link(b []byte) ([]byte, bool) {
	d, ok := w.takeWhole(4)
	if !ok {
		return b, false
	}
	b = appendBracketed(b, "\n\t      Options", ospf3Options, be32(d, 0)&0xffffff)
	priority := d[0]
	if d, ok = w.take(20); !ok {
		return b, false
	}
	b = appendInt(append(b, "\n\t      Priority "...), int(priority))
	b = w.o.p.addr6(append(b, ", Link-local address "...), d)
	n := be32(d, 16)
	b = append(appendDecimal(append(b, ", Prefixes "...), uint64(n)), ':')
	for ; n > 0; n-- {
		if b, ok = w.prefix(b); !ok {
			return b, false
		}
	}
	return b, true
}

func (w *lsa3Walk) intraPrefix(b []byte) ([]byte, bool) {
	if w.left < 4 || len(w.o.d) < w.at+12 {
		return b, false
	}
	d, ok := w.o.d[w.at:], true
	b = w.o.lsaType3(b, be16(d, 2), w.at+4)
	if w.left < 6 {
		return b, false
	}
	// Of these twelve bytes tcpdump counts six.
	w.at, w.left = w.at+12, w.left-6
	n := int(be16(d, 0))
	b = append(appendInt(append(b, "\n\t      Prefixes "...), n), ':')
	for ; n > 0; n-- {
		if b, ok = w.prefix(b); !ok {
			return b, false
		}
	}
	return b, true
}

const ospf3LLSOption = 0x0200

// options3 gives the options of messages that have some, or zero.
func (o *ospfPrinter) options3() uint32 {
	switch o.d[1] {
	case dissect.OSPFHello:
		return be32(o.d, 20)
	case dissect.OSPFDatabase:
		return be32(o.d, 16)
	}
	return 0
}

// signaling3 prints the first line of a block of link-local signaling (RFC 5613), and makes what follows it the end
// of the message.
func (o *ospfPrinter) signaling3(b []byte) ([]byte, bool) {
	if o.end == o.length {
		return b, true
	}
	if o.length < o.end+4 {
		return b, false
	}
	d := from(o.d, o.end)
	if !o.has(o.end + 2) {
		return b, false
	}
	b = appendHexNumber(append(b, "\n\tLLS Checksum "...), uint64(be16(d, 0)), 4)
	if !o.has(o.end + 4) {
		return b, false
	}
	n := int(be16(d, 2))
	b = appendInt(append(b, ", Data Length "...), n)
	if n < 4 || n > o.length-o.end || len(o.d) < o.end+n {
		return b, false
	}
	o.end += n
	return b, true
}

// trailer3 prints the authentication trailer behind a message (RFC 7166).
func (o *ospfPrinter) trailer3(b []byte, all bool) ([]byte, bool) {
	const fixed = 16
	left := o.length - o.end
	if left <= 0 {
		return b, true
	}
	if left < fixed {
		return b, false
	}
	d := from(o.d, o.end)
	if !o.has(o.end + 2) {
		return b, false
	}
	b = append(b, "\n\tAuthentication Type "...)
	if t := be16(d, 0); t == 1 {
		b = append(b, "HMAC"...)
	} else {
		b = append(appendHexNumber(append(b, "unknown ("...), uint64(t), 4), ')')
	}
	if !o.has(o.end + 4) {
		return b, false
	}
	n := int(be16(d, 2))
	b = appendInt(append(b, ", Length "...), n)
	if n < fixed || n > left {
		return b, false
	}
	if !o.has(o.end + 8) {
		return b, false
	}
	b = appendInt(append(b, ", SAID "...), int(be16(d, 6)))
	if !o.has(o.end + 12) {
		return b, false
	}
	b = appendSeq32(append(b, ", CSN "...), be32(d, 8))
	if !o.has(o.end + 16) {
		return b, false
	}
	b = appendHex(append(b, ':'), uint64(be32(d, 12)), 8)
	if len(d) < n {
		return b, false
	}
	if !all || n == fixed {
		return b, true
	}
	return appendIndentedHex(b, "\n\tAuthentication Data ", d[fixed:n]), true
}
