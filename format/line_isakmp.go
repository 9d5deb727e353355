package format

// Payloads of ISAKMP (RFC 2408) and IKEv2 (RFC 7296) that others hold or lead to.
const (
	ikeSA        = 1
	ikeProposal  = 2
	ikeTransform = 3
	ikeKey       = 4
	ikeID        = 5
	ikeCert      = 6
	ikeCertReq   = 7
	ikeHash      = 8
	ikeSignature = 9
	ikeNonce     = 10
	ikeNotify    = 11
	ikeDelete    = 12
	ikeVendor    = 13
	ikeSA2       = 33
	ikeKey2      = 34
	ikeIDi2      = 35
	ikeIDr2      = 36
	ikeAuth2     = 39
	ikeNonce2    = 40
	ikeNotify2   = 41
	ikeVendor2   = 43
	ikeEncrypted = 46

	ikeHeaderLen        = 28
	ikePayloadHeaderLen = 4
	ikeVersion2         = 2
	ikeFlagEncrypted    = 0x01
	ikeIPsecDOI         = 1
	ikeSomeData         = 10 // bytes of the beginning, and of the end, that are shown of data
	ikeSomeEnd          = 20
)

// ikePeers remembers who began the exchanges that were seen last, by the cookies of the initiators, so that later messages can
// be told from answers. tcpdump remembers as many.
type ikePeers struct {
	known [20]ikePeer
	next  int
}

// ikePeer is the beginning of an exchange: who sent the cookie to whom.
type ikePeer struct {
	cookie   [8]byte
	src, dst [16]byte
	v6       bool
}

// addresses gives source and destination of the packet that c is about.
func (c *ipContext) addresses() (src, dst [16]byte, v6 bool) {
	if c.v6() {
		copy(src[:], c.header[8:24])
		copy(dst[:], c.header[24:40])
		return src, dst, true
	}
	copy(src[:], c.header[12:16])
	copy(dst[:], c.header[16:20])
	return src, dst, false
}

// direction gives " I" for a message of the initiator, " R" for one of the responder, and " ?" where the beginning was not seen.
func (t *ikePeers) direction(initiator, responder []byte, c *ipContext) string {
	src, dst, v6 := c.addresses()
	cookie := [8]byte(initiator)
	for i := range t.known { // one that is not in use knows a cookie of zeros, of nobody
		k := &t.known[i]
		if k.cookie != cookie {
			continue
		}
		switch {
		case k.v6 != v6:
			return " ?"
		case k.src == src && k.dst == dst:
			return " I"
		case k.src == dst && k.dst == src:
			return " R"
		}
		return " ?"
	}
	if !isZero(responder) {
		return " ?"
	}
	t.known[t.next] = ikePeer{cookie, src, dst, v6}
	t.next = (t.next + 1) % len(t.known)
	return " I"
}

// isakmp prints a message of the Internet Security Association and Key Management Protocol (RFC 2408), or of IKEv2 (RFC 7296).
func (p *Line) isakmp(b, d []byte, length int, c ipContext) []byte {
	if len(d) < ikeHeaderLen {
		return p.trunc(b, "isakmp")
	}
	b = p.proto(b, "isakmp")
	major, minor := d[17]>>4, d[17]&15
	exchange, flags, id := d[18], d[19], be32(d, 20)
	if p.opts.Verbose > 0 {
		b = appendInt(append(b, ' '), int(major))
		b = appendInt(append(b, '.'), int(minor))
		b = appendHexBytes(append(b, " msgid "...), d[20:24])
	}
	if p.opts.Verbose > 1 {
		b = appendHexBytes(append(b, " cookie "...), d[:8])
		b = appendHexBytes(append(b, "->"...), d[8:16])
	}
	b = append(b, ':')
	names := [3]string{"E", "C", ""}
	masks := [3]byte{1, 2, 0}
	switch major {
	case 1:
		if id == 0 {
			b = append(b, " phase 1"...)
		} else {
			b = append(b, " phase 2/others"...)
		}
		if !p.alone() {
			b = append(append(b, p.ike.direction(d[:8], d[8:16], &c)...), ' ')
		}
	case ikeVersion2:
		if id == 0 {
			b = append(b, " parent_sa "...)
		} else {
			b = append(b, " child_sa  "...)
		}
		names, masks = [3]string{"I", "V", "R"}, [3]byte{0x08, 0x10, 0x20}
	default:
		return b
	}
	b = appendIKEName(b, ikeExchangeText[:], int(exchange))
	if flags != 0 {
		b = append(b, '[')
		for i, m := range masks {
			if flags&m != 0 {
				b = append(b, names[i]...)
			}
		}
		b = append(b, ']')
	}
	if p.opts.Verbose == 0 {
		return b
	}
	b = append(b, ':')
	if flags&ikeFlagEncrypted != 0 {
		b = append(appendIKEPayload(append(b, " [encrypted "...), int(d[16])), ']')
	} else {
		w := ikeWalk{p: p, d: d, version: major}
		b, _ = w.payloads(b, int(d[16]), ikeHeaderLen, 1, 0)
		if p.stopped {
			return b
		}
	}
	if got := be32(d, 24); got != uint32(length) {
		b = appendDecimal(append(b, " (len mismatch: isakmp "...), uint64(got))
		b = append(appendInt(append(b, "/ip "...), length), ')')
	}
	return b
}

// udpESP prints what comes on the port for IPsec behind address translators (RFC 3948).
func (p *Line) udpESP(b, d []byte, length int, c ipContext) []byte {
	switch {
	case length == 1 && len(d) > 0 && d[0] == 0xff:
		return append(b, "isakmp-nat-keep-alive"...)
	case len(d) < 4 || length < 4:
		return p.trunc(b, "isakmp_rfc3948")
	case be32(d, 0) == 0:
		return p.isakmp(append(b, "NONESP-encap: "...), d[4:], length-4, c)
	}
	return p.esp(append(b, "UDP-encap: "...), d, length)
}

// ikeWalk goes along the payloads of a message.
type ikeWalk struct {
	p       *Line
	d       []byte // captured, from the header of the message on
	version byte
}

// payloads prints the chain of payloads that begins with one of type kind at at, and gives the position behind it; -1 if the
// chain breaks off. proto is the protocol of the proposal that they belong to.
func (w *ikeWalk) payloads(b []byte, kind, at, depth, proto int) ([]byte, int) {
	if depth > maxIKEDepth {
		return b, -1
	}
	for kind != 0 {
		if at+ikePayloadHeaderLen > len(w.d) || at+int(be16(w.d, at+2)) > len(w.d) {
			return w.cut(b, kind), -1
		}
		size, next, end := int(be16(w.d, at+2)), int(w.d[at]), -1
		b = append(appendIKEIndent(b, depth), '(')
		if size > ikePayloadHeaderLen {
			if b, end = w.payload(b, kind, at, size, depth, proto); w.p.stopped {
				return b, -1
			}
		}
		if b = append(b, ')'); end < 0 {
			return b, -1
		}
		kind, at = next, end
	}
	return b, at
}

// maxIKEDepth bounds payloads in payloads: associations hold proposals, and those hold transforms.
const maxIKEDepth = 8

func appendIKEIndent(b []byte, depth int) []byte {
	b = append(b, '\n')
	for range depth {
		b = append(b, "    "...)
	}
	return b
}

// cut says that a payload is not all there.
func (w *ikeWalk) cut(b []byte, kind int) []byte {
	b = append(w.p.on(b, RoleError), " [|"...)
	return w.p.off(append(appendIKEPayload(b, kind), ']'), RoleError)
}

// has reports whether n bytes at at were captured.
func (w *ikeWalk) has(at, n int) bool { return n >= 0 && at+n <= len(w.d) }

// some prints the beginning and the end of the data from at to the end of the message.
func (w *ikeWalk) some(b []byte, at int) []byte {
	d := from(w.d, at)
	n := min(len(d), ikeSomeData)
	b = append(appendHexBytes(b, d[:n]), "..."...)
	return appendHexBytes(b, d[max(n, len(d)-ikeSomeEnd):])
}

// rest prints n bytes at at with -vvv.
func (w *ikeWalk) rest(b []byte, at, n int) []byte {
	if w.p.opts.Verbose > 2 && w.has(at, n) {
		b = appendHexBytes(append(b, ' '), w.d[at:at+n])
	}
	return b
}

// payload prints the payload of size bytes at at, and gives the position behind it, or -1.
func (w *ikeWalk) payload(b []byte, kind, at, size, depth, proto int) ([]byte, int) {
	end := at + size
	switch kind {
	case ikeSA:
		return w.sa1(b, at, depth)
	case ikeProposal:
		return w.proposal1(b, at, depth)
	case ikeTransform:
		return w.transform1(b, at, size, proto)
	case ikeKey, ikeHash, ikeSignature, ikeVendor:
		b = append(appendIKEPayload(b, kind), ':')
		if kind == ikeKey {
			b = append(b, " key"...)
		}
		return w.rest(appendInt(append(b, " len="...), size-4), at+4, size-4), end
	case ikeID:
		return w.id1(b, at, size)
	case ikeCert, ikeCertReq:
		b = appendInt(append(append(appendIKEPayload(b, kind), ':'), " len="...), size-4)
		b = appendIKEName(append(b, " type="...), ikeCertText[:], int(w.d[at+4]))
		return w.rest(b, at+4, size-4), end
	case ikeNonce:
		b = appendInt(append(b, "nonce: n len="...), size-4)
		switch v := w.p.opts.Verbose; {
		case v > 2:
			b = w.rest(b, at+4, size-4)
		case v > 1:
			b = append(w.some(append(b, "  data=("...), at+4), ')')
		}
		return b, end
	case ikeNotify:
		return w.notify1(b, at, size)
	case ikeDelete:
		return w.delete1(b, at)
	case ikeEncrypted:
		if w.version != ikeVersion2 {
			return appendIKEPayload(b, kind), end
		}
		b = appendInt(append(w.head2(b, "v2e", at), " len="...), size-4)
		return w.rest(b, at+4, size-4), -1
	}
	if kind < ikeSA2 || kind >= len(ikePayloadText) {
		return appendIKEPayload(b, kind), end
	}
	return w.payload2(b, kind, at, size, depth)
}

// sa1 prints a security association payload of version 1, and the proposals that follow.
func (w *ikeWalk) sa1(b []byte, at, depth int) ([]byte, int) {
	b = append(b, "sa:"...)
	if !w.has(at, 12) {
		return w.cut(b, ikeSA), -1
	}
	doi, situation := be32(w.d, at+4), be32(w.d, at+8)
	if doi != ikeIPsecDOI {
		b = appendDecimal(append(b, " doi="...), uint64(doi))
		return appendDecimal(append(b, " situation="...), uint64(situation)), at + 12
	}
	b = appendBits(append(b, " doi=ipsec situation="...), ikeSituations, situation, "+", "")
	at += 12
	if situation != 1 {
		b = appendDecimal(append(b, " ident="...), uint64(doi))
		at += 4
	}
	if !w.has(at, 4) {
		return w.cut(b, ikeSA), -1
	}
	return w.payloads(b, ikeProposal, at, depth+1, 0)
}

// ikeSituations are the bits of the situation of a security association (RFC 2407 section 4.2).
var ikeSituations = []bitName{{1, "identity"}, {2, "secrecy"}, {4, "integrity"}}

// proposal1 prints a proposal of version 1 and its transforms.
func (w *ikeWalk) proposal1(b []byte, at, depth int) ([]byte, int) {
	b = append(b, "p:"...)
	if !w.has(at, 8) {
		return w.cut(b, ikeProposal), -1
	}
	proto, spi := int(w.d[at+5]), int(w.d[at+6])
	b = appendInt(append(b, " #"...), int(w.d[at+4]))
	b = appendIKEName(append(b, " protoid="...), ikeProtoText[:], proto)
	b = appendInt(append(b, " transform="...), int(w.d[at+7]))
	at += 8
	if spi > 0 {
		b = append(b, " spi="...)
		if !w.has(at, spi) {
			return w.cut(b, ikeProposal), -1
		}
		b, at = appendHexBytes(b, w.d[at:at+spi]), at+spi
	}
	if !w.has(at, 4) {
		return w.cut(b, ikeProposal), -1
	}
	return w.payloads(b, ikeTransform, at, depth+1, proto)
}

// transform1 prints a transform of version 1 for protocol proto.
func (w *ikeWalk) transform1(b []byte, at, size, proto int) ([]byte, int) {
	b = append(b, "t:"...)
	if !w.has(at, 8) {
		return w.cut(b, ikeTransform), -1
	}
	b = appendInt(append(b, " #"...), int(w.d[at+4]))
	b = append(b, " id="...)
	var ids []string
	attrs := ikeIPsecAttrs
	switch proto {
	case 1:
		ids, attrs = ikeISAKMPText[:], ikeISAKMPAttrs
	case 2:
		ids = ikeAHText[:]
	case 3:
		ids = ikeEncryptionText[:]
	case 4:
		ids = ikeIPCompText[:]
	default:
		attrs = nil
	}
	id := int(w.d[at+5])
	if ids == nil {
		b = appendInt(b, id)
	} else {
		b = appendIKEName(b, ids, id)
	}
	b = append(b, ' ')
	return w.attributes(b, at+8, at+size, attrs)
}

// ikeAttr is a data attribute: its name, and those of its values.
type ikeAttr struct {
	name   string
	values []string
}

// attributes prints data attributes up to end, and gives the position behind them.
func (w *ikeWalk) attributes(b []byte, at, end int, names []ikeAttr) ([]byte, int) {
	p := w.p
	for at < end {
		var size int
		if b, size = w.attribute(b, at, end, names); size == 0 {
			if p.stopped {
				return b, -1
			}
			return p.off(append(p.on(b, RoleError), "[|attr]"...), RoleError), end + 1
		}
		at += size
	}
	return b, at
}

// attribute prints the data attribute at at, and gives its length, or zero if it goes beyond end.
func (w *ikeWalk) attribute(b []byte, at, end int, names []ikeAttr) ([]byte, int) {
	if at+4 > end {
		return b, 0
	}
	if !w.has(at, 4) {
		return w.p.stop(b, "isakmp"), 0
	}
	word, value := be16(w.d, at), int(be16(w.d, at+2))
	short, t := word&0x8000 != 0, int(word&0x7fff)
	size := 4
	if !short {
		size += value
	}
	if at+size > end || !w.has(at, size) {
		return b, 0
	}
	b = append(b, "(type="...)
	var values []string
	if t < len(names) && names[t].name != "" {
		b, values = append(b, names[t].name...), names[t].values
	} else {
		b = appendInt(append(b, '#'), t)
	}
	switch {
	case !short:
		b = append(appendInt(append(b, " len="...), value), " value="...)
		b = appendHexBytes(b, w.d[at+4:at+size])
	case value < len(values) && values[value] != "":
		b = append(append(b, " value="...), values[value]...)
	default:
		b = appendHexBytes(append(b, " value="...), w.d[at+2:at+4])
	}
	return append(b, ')'), size
}

// id1 prints an identification payload of version 1 (RFC 2407 section 4.6.2).
func (w *ikeWalk) id1(b []byte, at, size int) ([]byte, int) {
	b = append(b, "id:"...)
	if !w.has(at, 8) {
		return w.cut(b, ikeID), -1
	}
	kind, d := int(w.d[at+4]), w.d[at+8:max(at+8, at+size)]
	b = appendIKEName(append(b, " idtype="...), ikeIDText[:], kind)
	b = appendInt(append(b, " protoid="...), int(w.d[at+5]))
	b = appendInt(append(b, " port="...), int(be16(w.d, at+6)))
	if len(d) == 0 {
		return b, at + size
	}
	b = appendInt(append(b, " len="...), len(d))
	if kind < len(ikeIDMin) && len(d) < ikeIDMin[kind] {
		b = appendInt(append(b, " [bad: < "...), ikeIDMin[kind])
		return append(b, ']'), at + size
	}
	p := w.p
	switch kind {
	case 1:
		b = p.addr4(append(b, ' '), d)
	case 2, 3:
		b = appendVisibleText(append(b, ' '), d)
	case 4:
		b = p.addr4(append(p.addr4(append(b, ' '), d), '/'), d[4:])
	case 5:
		b = p.addr6(append(b, ' '), d)
	case 6:
		b = appendHexBytes(append(p.addr6(append(b, ' '), d), "/0x"...), d[16:32])
	case 7:
		b = p.addr4(append(p.addr4(append(b, ' '), d), '-'), d[4:])
	case 8:
		b = p.addr6(append(p.addr6(append(b, ' '), d), '-'), d[16:])
	default:
		b = w.rest(b, at+8, len(d))
	}
	return b, at + size
}

// ikeIDMin is how long the data of each type of identification is at least.
var ikeIDMin = [...]int{1: 4, 4: 8, 16, 32, 8, 32}

// notify1 prints a notification payload of version 1.
func (w *ikeWalk) notify1(b []byte, at, size int) ([]byte, int) {
	b = append(b, "n:"...)
	if !w.has(at, 12) {
		return w.cut(b, ikeNotify), -1
	}
	doi, proto, spi, kind := be32(w.d, at+4), int(w.d[at+8]), int(w.d[at+9]), int(be16(w.d, at+10))
	if doi != ikeIPsecDOI {
		b = appendDecimal(append(b, " doi="...), uint64(doi))
		b = appendInt(append(b, " proto="...), proto)
	} else {
		b = append(b, " doi=ipsec"...)
		b = appendIKEName(append(b, " proto="...), ikeProtoText[:], proto)
	}
	b = append(b, " type="...)
	ipsec := false
	switch {
	case kind < 8192:
		b = appendIKEName(b, ikeErrorText[:], kind)
	case kind < 16384 && doi == ikeIPsecDOI:
		b = appendIKEName(b, ikeReservedText[:], kind-8192)
	case kind >= 16384 && kind < 24576:
		b = appendIKEName(b, ikeStatusText[:], kind-16384)
	case kind < 32768 && doi == ikeIPsecDOI:
		b, ipsec = appendIKEName(b, ikeIPsecStatusText[:], kind-24576), true
	default:
		b = appendInt(append(b, '#'), kind)
	}
	end := at + size
	at += 12
	if spi > 0 {
		b = append(b, " spi="...)
		if !w.has(at, spi) {
			return w.cut(b, ikeNotify), -1
		}
		b, at = appendHexBytes(b, w.d[at:at+spi]), at+spi
	}
	if at >= len(w.d) || doi != ikeIPsecDOI {
		return b, end
	}
	switch {
	case ipsec && kind == 24576:
		b, _ = w.attributes(append(b, " attrs=("...), at, end, ikeISAKMPAttrs)
	case ipsec && kind == 24577:
		if !w.has(at, 4) {
			return w.cut(b, ikeNotify), -1
		}
		b = append(b, " status=(replay detection "...)
		if be32(w.d, at) != 0 {
			b = append(b, "en"...)
		} else {
			b = append(b, "dis"...)
		}
		b = append(b, "abled"...)
	default:
		b = w.some(append(b, " data=("...), at)
	}
	return append(b, ')'), end
}

// delete1 prints a delete payload of version 1.
func (w *ikeWalk) delete1(b []byte, at int) ([]byte, int) {
	b = append(b, "d:"...)
	if !w.has(at, 12) {
		return w.cut(b, ikeDelete), -1
	}
	doi, proto, size, n := be32(w.d, at+4), int(w.d[at+8]), int(w.d[at+9]), int(be16(w.d, at+10))
	if doi != ikeIPsecDOI {
		b = appendDecimal(append(b, " doi="...), uint64(doi))
		b = appendInt(append(b, " proto="...), proto)
	} else {
		b = append(b, " doi=ipsec"...)
		b = appendIKEName(append(b, " proto="...), ikeProtoText[:], proto)
	}
	b = appendInt(append(b, " spilen="...), size)
	b = append(appendInt(append(b, " nspi="...), n), " spi="...)
	at += 12
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		if !w.has(at, size) {
			return w.cut(b, ikeDelete), -1
		}
		if size == 0 {
			break
		}
		b, at = appendHexBytes(b, w.d[at:at+size]), at+size
	}
	return b, at
}

// appendIKEName appends a name of a table, or the number.
func appendIKEName(b []byte, names []string, v int) []byte {
	if v < len(names) && names[v] != "" {
		return append(b, names[v]...)
	}
	return appendInt(append(b, '#'), v)
}

// appendIKEPayload appends the name of a type of payload.
func appendIKEPayload(b []byte, kind int) []byte { return appendIKEName(b, ikePayloadText[:], kind) }
