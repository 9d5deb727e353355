package format

import "smoltcp/dissect"

// dnsReader reads one DNS message for its line. Positions in it are counted from its header; one of -1 says that
// nothing more can be read.
type dnsReader struct {
	p    *Line
	m    []byte // the message, to the end of what was captured of the packet
	mdns bool
}

// dns prints a DNS message in a UDP datagram.
func (p *Line) dns(b, d []byte, length int, _ ipContext) []byte {
	return p.dnsMessage(b, d, length, false)
}

// mdns prints a multicast DNS message, whose classes hold a bit of its own.
func (p *Line) mdns(b, d []byte, length int, _ ipContext) []byte {
	return p.dnsMessage(b, d, length, true)
}

// dnsTCP prints a DNS message in a TCP segment, if exactly one fills it.
func (p *Line) dnsTCP(b, d []byte, length int, _ ipContext) []byte {
	if length < 2 {
		b = appendInt(append(b, " [DNS over TCP: length "...), length)
		return p.invalid(append(b, " < 2]"...))
	}
	if len(d) < 2 {
		return p.stop(b, "domain")
	}
	length -= 2
	if prefix := int(be16(d, 0)); prefix != length {
		b = appendInt(append(b, " [prefix length("...), prefix)
		b = appendInt(append(b, ") != length("...), length)
		return p.invalid(append(b, ")]"...))
	}
	return p.dnsMessage(append(b, ' '), d[2:], length, false)
}

func (p *Line) dnsMessage(b, d []byte, length int, mdns bool) []byte {
	if length < dissect.DNSHeaderLen {
		b = appendInt(append(b, "domain [length "...), length)
		return p.invalid(append(b, " < 12]"...))
	}
	if len(d) < dissect.DNSHeaderLen {
		return p.trunc(b, "domain")
	}
	h, r := dissect.DNS(d), dnsReader{p, d, mdns}
	b = append(appendInt(b, int(h.ID())), dnsOpcodeText[h.Opcode()&15]...)
	at := 0
	if h.Response() {
		b, at = r.response(b, h)
	} else {
		b, at = r.query(b, h)
	}
	if at < 0 { // p.stopped may have been set
		return p.trunc(b, "domain")
	}
	return append(appendInt(append(b, " ("...), length), ')')
}

// dnsOpcodeText is how tcpdump calls the operations, most of which were never defined.
var dnsOpcodeText = [16]string{
	"", " inv_q", " stat", " op3", " notify", " update", " op6", " op7", " op8",
	" updateA", " updateD", " updateDA", " updateM", " updateMA", " zoneInit", " zoneRef",
}

var dnsRcodeText = [16]string{
	"", " FormErr", " ServFail", " NXDomain", " NotImp", " Refused", " YXDomain", " YXRRSet", " NXRRSet",
	" NotAuth", " NotZone", " Resp11", " Resp12", " Resp13", " Resp14", " NoChange",
}

// appendDNSRcode appends a response code, whose higher bits are from an OPT record. That two have no blank is tcpdump's.
func appendDNSRcode(b []byte, c int) []byte {
	switch {
	case c < len(dnsRcodeText):
		return append(b, dnsRcodeText[c]...)
	case c == 16:
		return append(b, " BadVers"...)
	case c == 23:
		return append(b, " BadCookie"...)
	case c != 17 && c != 21:
		b = append(b, ' ')
	}
	return appendInt(append(b, "Resp"...), c)
}

// extendedRcode gives the eight higher bits of the response code, from the first OPT record of the last section,
// or zero if it cannot be reached.
func (r *dnsReader) extendedRcode(h dissect.DNS) int {
	questions, answers, authority, additional := h.Counts()
	at := dissect.DNSHeaderLen
	for range questions {
		if at = r.skipName(at); at < 0 {
			return 0
		}
		at += 4
	}
	for i := range answers + authority + additional {
		if at = r.skipName(at); at < 0 || len(r.m) < at+2 {
			return 0
		}
		if i >= answers+authority && be16(r.m, at) == dnsOPT {
			if len(r.m) <= at+4 {
				return 0
			}
			return int(r.m[at+4])
		}
		if len(r.m) < at+10 {
			return 0
		}
		at += 10 + int(be16(r.m, at+8))
	}
	return 0
}

// counted appends " [2au]".
func counted(b []byte, n int, what string) []byte {
	return append(append(appendInt(append(b, " ["...), n), what...), ']')
}

func (r *dnsReader) response(b []byte, h dissect.DNS) ([]byte, int) {
	b = appendDNSRcode(b, int(h.Rcode())|r.extendedRcode(h)<<4)
	if h.Authoritative() {
		b = append(b, '*')
	}
	if !h.RecursionAvailable() {
		b = append(b, '-')
	}
	if h.Truncation() {
		b = append(b, '|')
	}
	if h.AuthenticData() {
		b = append(b, '$')
	}
	questions, answers, authority, additional := h.Counts()
	if questions != 1 {
		b = counted(b, questions, "q")
	}
	at := dissect.DNSHeaderLen
	for i := range questions {
		if i > 0 {
			b = append(b, ',')
		}
		if r.p.opts.Verbose > 1 {
			if b, at = r.question(append(b, " q:"...), at); at < 0 {
				return b, at
			}
			continue
		}
		if at = r.skipName(at); at < 0 {
			return b, at
		}
		at += 4
	}
	b = appendInt(append(b, ' '), answers)
	b = appendInt(append(b, '/'), authority)
	b = appendInt(append(b, '/'), additional)
	if answers > 0 {
		if b, at = r.records(b, at, answers); at < 0 {
			return b, at
		}
	}
	if r.p.opts.Verbose > 1 {
		return r.extraSections(b, at, authority, additional)
	}
	return b, at
}

func (r *dnsReader) query(b []byte, h dissect.DNS) ([]byte, int) {
	if h.RecursionDesired() {
		b = append(b, '+')
	}
	if h.CheckingDisabled() {
		b = append(b, '%')
	}
	if odd := be16(h, 2) & 0x06cf; odd != 0 { // bits that only responses have
		b = append(appendHex(append(b, " [b2&3=0x"...), uint64(be16(h, 2)), 1), ']')
	}
	questions, answers, authority, additional := h.Counts()
	if h.Opcode() == dissect.DNSOpInverseQuery {
		if questions > 0 {
			b = counted(b, questions, "q")
		}
		if answers != 1 {
			b = counted(b, answers, "a")
		}
	} else {
		if answers > 0 {
			b = counted(b, answers, "a")
		}
		if questions != 1 {
			b = counted(b, questions, "q")
		}
	}
	if authority > 0 {
		b = counted(b, authority, "n")
	}
	if additional > 0 {
		b = counted(b, additional, "au")
	}
	at := dissect.DNSHeaderLen
	for range questions {
		if b, at = r.question(b, at); at < 0 {
			return b, at
		}
	}
	if r.p.opts.Verbose < 2 {
		return b, at
	}
	if answers > 0 {
		if b, at = r.records(b, at, answers); at < 0 {
			return b, at
		}
	}
	return r.extraSections(b, at, authority, additional)
}

// extraSections prints the records of the last two sections, which only -vv asks for.
func (r *dnsReader) extraSections(b []byte, at, authority, additional int) ([]byte, int) {
	for _, s := range [...]struct {
		count int
		name  string
	}{{authority, " ns:"}, {additional, " ar:"}} {
		if s.count == 0 {
			continue
		}
		if at >= len(r.m) {
			return b, -1
		}
		if b, at = r.records(append(b, s.name...), at, s.count); at < 0 {
			return b, at
		}
	}
	return b, at
}

// records prints count records of a section, the first of them even where nothing was captured of it.
func (r *dnsReader) records(b []byte, at, count int) ([]byte, int) {
	for i := 0; ; i++ {
		if b, at = r.record(b, at); at < 0 {
			return b, at
		}
		switch {
		case i == count-1:
			return b, at
		case at >= len(r.m):
			return b, -1
		}
		b = append(b, ',')
	}
}

// labelLen is the length of the label whose first byte is at, without that byte, or -1 if it makes no sense.
func (r *dnsReader) labelLen(at int) int {
	switch c := r.m[at]; {
	case c&0xc0 == 0:
		return int(c)
	case c == dnsBitLabel && at+1 < len(r.m):
		return 1 + (dnsBits(r.m[at+1])+7)/8
	}
	return -1
}

// dnsBitLabel begins a label of up to 256 bits (RFC 2673, historic), whose length comes next.
const dnsBitLabel = 0x41

func dnsBits(c byte) int {
	if c == 0 {
		return 256
	}
	return int(c)
}

// skipName gives the position behind the name at.
func (r *dnsReader) skipName(at int) int {
	for at < len(r.m) {
		c := r.m[at]
		if c&0xc0 == 0xc0 {
			return at + 2
		}
		n := r.labelLen(at)
		if n < 0 {
			return -1
		}
		at += 1 + n
		if c == 0 {
			return at
		}
	}
	return -1
}

// maxDNSName is how many characters of a name are printed, dots included; one that is full ends with a dot all the same.
const maxDNSName = 255

// name prints the name at, in which pointers count from base, and gives the position behind it.
func (r *dnsReader) name(b []byte, at, base int) ([]byte, int) {
	if at >= len(r.m) {
		return b, -1
	}
	end, start, limit := r.skipName(at), at-base, at-base
	if limit < 0 {
		limit = 1 << 14
	}
	if r.m[at] == 0 {
		return append(b, '.'), end
	}
	size := 0 // characters, those that are too many included
	for {
		c := r.m[at]
		switch {
		case c == 0 || at+1 >= len(r.m):
			if c != 0 {
				b, end = r.lastByte(b, c, end, size == 0 && at-base == start)
			}
			if end >= 0 && size > maxDNSName {
				b = append(b, "<DOMAIN NAME TOO LONG>"...)
			}
			return b, end
		case c&0xc0 == 0xc0:
			to := int(be16(r.m, at) & 0x3fff)
			if to >= limit { // or there could be loops
				return append(b, "<BAD PTR>"...), -1
			}
			limit, at = to, base+to
			if at >= len(r.m) {
				return b, -1
			}
			continue
		case c == dnsBitLabel:
			var ok bool
			if b, ok = r.bitLabel(b, at+1); !ok {
				return b, -1
			}
		case c&0xc0 != 0:
			return appendBadLabel(b, c), -1
		default:
			label := from(r.m, at+1)
			b = appendVisibleText(b, clip(label, min(int(c), maxDNSName-size)))
			if len(label) < int(c) {
				return b, -1
			}
			size += int(c)
		}
		at += 1 + r.labelLen(at)
		if size <= maxDNSName {
			b, size = append(b, '.'), size+1
		}
		if at >= len(r.m) {
			return b, -1
		}
	}
}

// lastByte ends a name that has nothing captured behind c, which begins a label. Most of that tcpdump takes for
// whole: a name that leads to end, if a pointer has led here.
func (r *dnsReader) lastByte(b []byte, c byte, end int, first bool) ([]byte, int) {
	switch {
	case c >= 0xc0 && first, c == dnsBitLabel:
		return b, -1
	case c&0xc0 == 0x40 || c&0xc0 == 0x80:
		return appendBadLabel(b, c), -1
	case end >= 0:
		return b, end
	}
	return b, len(r.m)
}

// appendBadLabel says that c does not begin a label.
func appendBadLabel(b []byte, c byte) []byte {
	if c&0xc0 == 0x40 {
		return append(appendInt(append(b, "<ELT "...), int(c&0x3f)), '>')
	}
	return append(b, "<BAD LABEL TYPE>"...)
}

// bitLabel prints the bit label whose length is at.
func (r *dnsReader) bitLabel(b []byte, at int) ([]byte, bool) {
	n := dnsBits(r.m[at])
	whole := n / 8
	d := from(r.m, at+1)
	b = appendHexBytes(append(b, "\\[x"...), clip(d, whole))
	if len(d) < (n+7)/8 {
		r.p.stopped = true
		return b, false
	}
	if rest := n & 7; rest > 4 {
		b = appendHexNibbles(b, d[whole]&^(0xff>>rest), 2)
	} else if rest > 0 {
		b = appendHexNibbles(b, d[whole]>>4&^(0xf>>rest), 1)
	}
	return append(appendInt(append(b, '/'), n), ']'), true
}

func appendHexNibbles(b []byte, c byte, n int) []byte {
	if n == 2 {
		b = append(b, hexDigits[c>>4])
	}
	return append(b, hexDigits[c&15])
}

// question prints " A? ex.com." and gives the position behind the question.
func (r *dnsReader) question(b []byte, at int) ([]byte, int) {
	end := r.skipName(at)
	if end < 0 || len(r.m) < end+4 {
		return b, -1
	}
	b = appendDNSType(append(b, ' '), be16(r.m, end))
	class := be16(r.m, end+2)
	b = r.class(b, class)
	if r.mdns {
		if class&dissect.DNSTopBit != 0 {
			b = append(b, " (QU)"...)
		} else {
			b = append(b, " (QM)"...)
		}
	}
	b, end = r.name(append(b, "? "...), at, 0)
	if end < 0 {
		return b, end
	}
	return b, end + 4
}

// class prints a class, unless it is the Internet's.
func (r *dnsReader) class(b []byte, class uint16) []byte {
	if r.mdns {
		class &^= dissect.DNSTopBit
	}
	switch class {
	case dissect.DNSClassIN:
		return b
	case dissect.DNSClassCH:
		return append(b, " CHAOS"...)
	case dissect.DNSClassHS:
		return append(b, " HS"...)
	case dissect.DNSClassAny:
		return append(b, " ANY"...)
	}
	return append(appendInt(append(b, " (Class "...), int(class)), ')')
}

// record prints a resource record and gives the position behind it, by its length.
func (r *dnsReader) record(b []byte, at int) ([]byte, int) {
	m := r.m
	if r.p.opts.Verbose > 0 {
		if b, at = r.name(append(b, ' '), at, 0); at < 0 {
			return b, -1
		}
	} else {
		at = r.skipName(at)
	}
	if at < 0 || len(m) < at+10 {
		return b, len(m)
	}
	typ, class, ttl, size := be16(m, at), be16(m, at+2), be32(m, at+4), int(be16(m, at+8))
	if typ != dnsOPT {
		b = r.class(b, class)
	}
	if r.mdns && class&dissect.DNSTopBit != 0 {
		b = append(b, " (Cache flush)"...)
		class &^= dissect.DNSTopBit
	}
	if typ != dnsOPT && r.p.opts.Verbose > 2 {
		b = append(appendInterval(append(b, " ["...), ttl), ']')
	}
	b = appendDNSType(append(b, ' '), typ)
	at += 10
	end := at + size
	if end > len(m) {
		return b, -1
	}
	b, ok := r.data(b, at, end, typ, class, ttl)
	if !ok {
		return b, -1
	}
	return b, end
}

// data prints the data of a record between at and end. What needs more bytes than that reads on behind it. It
// reports false if bytes were not captured.
func (r *dnsReader) data(b []byte, at, end int, typ, class uint16, ttl uint32) (_ []byte, ok bool) {
	m := r.m
	d := m[at:]
	switch typ {
	case dnsA:
		if len(d) < 4 {
			return b, false
		}
		return r.p.number4(append(b, ' '), d), true
	case dnsAAAA:
		if len(d) < 16 {
			return b, false
		}
		return r.p.number6(append(b, ' '), d), true
	case dnsNS, dnsCNAME, dnsPTR, dnsDNAME:
		b, at = r.name(append(b, ' '), at, 0)
		return b, at >= 0
	case dnsSOA:
		if r.p.opts.Verbose == 0 {
			return b, true
		}
		return r.soa(b, at)
	case dnsMX:
		if b, at = r.name(append(b, ' '), at+2, 0); at < 0 {
			return b, false
		}
		return appendInt(append(b, ' '), int(be16(d, 0))), true
	case dnsTXT:
		for at < end {
			n := int(m[at])
			b = append(b, ` "`...)
			if b, ok = appendVisibleN(b, m[at+1:], n); !ok {
				return b, false
			}
			b = append(b, '"')
			at += 1 + n
		}
	case dnsSRV:
		if b, at = r.name(append(b, ' '), at+6, 0); at < 0 {
			return b, false
		}
		b = appendInt(append(b, ':'), int(be16(d, 4)))
		b = appendInt(append(b, ' '), int(be16(d, 0)))
		b = appendInt(append(b, ' '), int(be16(d, 2)))
	case dnsA6:
		return r.a6(b, at)
	case dnsOPT:
		return r.opt(b, at, end, class, ttl)
	case dnsUNSPECA:
		return appendVisibleText(b, m[at:end]), true
	case dnsTSIG:
		if r.p.opts.Verbose == 0 {
			return b, true
		}
		return r.tsig(b, at)
	case dnsURI:
		if len(d) < 4 {
			r.p.stopped = true
			return b, false
		}
		b = appendInt(append(b, ' '), int(be16(d, 0)))
		b = appendInt(append(b, ' '), int(be16(d, 2)))
		return appendVisibleN(append(b, ' '), d[4:], end-at-4)
	}
	return b, true
}

// soa prints the data of an SOA record: names, serial number and times.
func (r *dnsReader) soa(b []byte, at int) ([]byte, bool) {
	for range 2 {
		if b, at = r.name(append(b, ' '), at, 0); at < 0 {
			return b, false
		}
	}
	if len(r.m) < at+20 {
		return b, false
	}
	for range 5 {
		b = appendDecimal(append(b, ' '), uint64(be32(r.m, at)))
		at += 4
	}
	return b, true
}

// a6 prints the data of an A6 record (RFC 2874, historic): the low bits of an address, and who has the rest.
func (r *dnsReader) a6(b []byte, at int) ([]byte, bool) {
	if at >= len(r.m) {
		return b, false
	}
	prefix := int(r.m[at])
	at++
	if prefix > 128 {
		return append(appendInt(append(b, ' '), prefix), "(bad plen)"...), true
	}
	if prefix < 128 {
		var a [16]byte
		skip := prefix / 8
		if len(r.m) < at+16-skip {
			r.p.stopped = true
			return b, false
		}
		copy(a[skip:], r.m[at:])
		b = r.p.number6(append(appendInt(append(b, ' '), prefix), ' '), a[:])
		at += 16 - skip
	}
	if prefix > 0 {
		b, at = r.name(append(b, ' '), at, 0)
	}
	return b, at >= 0
}

// tsig prints the data of a TSIG record (RFC 8945).
func (r *dnsReader) tsig(b []byte, at int) ([]byte, bool) {
	m := r.m
	if b, at = r.name(append(b, ' '), at, 0); at < 0 {
		return b, false
	}
	at += 6
	for _, name := range [...]string{" fudge=", " maclen=", " origid=", " error=", " otherlen="} {
		if len(m) < at+2 {
			return b, false
		}
		v := int(be16(m, at))
		b = appendInt(append(b, name...), v)
		if at += 2; name == " maclen=" {
			at += v
		}
	}
	return b, true
}

// appendDNSType appends the name of a type, or its number.
func appendDNSType(b []byte, t uint16) []byte {
	switch {
	case int(t) < len(dnsTypeText) && dnsTypeText[t] != "":
		return append(b, dnsTypeText[t]...)
	}
	return appendInt(append(b, "Type"...), int(t))
}

// The types whose data is printed.
const (
	dnsA       = 1
	dnsNS      = 2
	dnsCNAME   = 5
	dnsSOA     = 6
	dnsPTR     = 12
	dnsMX      = 15
	dnsTXT     = 16
	dnsAAAA    = 28
	dnsSRV     = 33
	dnsA6      = 38
	dnsDNAME   = 39
	dnsOPT     = 41
	dnsUNSPECA = 104
	dnsTSIG    = 250
	dnsURI     = 256
)

// dnsTypeText are the types that tcpdump knows; newer ones are numbers to it.
var dnsTypeText = [...]string{
	1: "A", "NS", "MD", "MF", "CNAME", "SOA", "MB", "MG", "MR", "NULL", "WKS", "PTR", "HINFO", "MINFO", "MX", "TXT", "RP", "AFSDB", "X25",
	"ISDN", "RT", "NSAP", "NSAP_PTR", "SIG", "KEY", "PX", "GPOS", "AAAA", "LOC", "NXT", "EID", "NIMLOC", "SRV", "ATMA", "NAPTR", "KX",
	"CERT", "A6", "DNAME", "SINK", "OPT", "APL", "DS", "SSHFP", "IPSECKEY", "RRSIG", "NSEC", "DNSKEY",
	99: "SPF", "UINFO", "UID", "GID", "UNSPEC", "UNSPECA",
	249: "TKEY", "TSIG", "IXFR", "AXFR", "MAILB", "MAILA", "ANY", "URI",
}
