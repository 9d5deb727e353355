package dissect

import "encoding/binary"

// Offsets in a DNS header, and its length, in bytes.
const (
	dnsID        = 0
	dnsFlags     = 2
	dnsQuestions = 4
	dnsAnswers   = 6
	dnsAuthority = 8
	dnsExtra     = 10

	DNSHeaderLen = 12
)

// The bits of the flags of a DNS header.
const (
	dnsResponse         = 0x8000
	dnsOpcode           = 0x7800
	dnsAuthoritative    = 0x0400
	dnsTruncation       = 0x0200
	dnsRecursionDesired = 0x0100
	dnsRecursionAvail   = 0x0080
	dnsZ                = 0x0040
	dnsAuthenticData    = 0x0020
	dnsCheckingDisabled = 0x0010
	dnsRcode            = 0x000f
)

// DNSTopBit is the bit of a class that multicast DNS uses for itself: the asker would like a unicast answer, or the
// record replaces what is cached (RFC 6762 sections 5.4 and 10.2).
const DNSTopBit = 0x8000

// DNSMaxNameLen is the most bytes that a name has on the wire (RFC 1035 section 2.3.4).
const DNSMaxNameLen = 255

// DNS is a view of a DNS message (RFC 1035 section 4), or a multicast DNS (RFC 6762) or LLMNR (RFC 4795) one.
//
//	 0                              15 16                           31
//	+---------------------------------+------------------------------+
//	|               ID                |Q|Opcode|A|T|R|R|Z|A|C| Rcode |
//	+---------------------------------+------------------------------+
//	|        Questions (count)        |       Answers (count)        |
//	+---------------------------------+------------------------------+
//	|        Authority (count)        |      Additional (count)      |
//	+---------------------------------+------------------------------+
//	|  Questions, then the records of the three other sections       |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type DNS []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing. The sections behind it
// are CheckWhole's affair: a message that was cut short, or a bad record, leaves what came before readable.
func (d DNS) Check() error {
	if len(d) < DNSHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check, and every question and record that the counts promise is there and has a name with sense.
// Bytes behind the last are allowed.
func (d DNS) CheckWhole() error {
	if err := d.Check(); err != nil {
		return err
	}
	off := DNSHeaderLen
	questions, answers, authority, additional := d.Counts()
	for range questions {
		q, err := d.Question(off)
		if err != nil {
			return err
		}
		off = q.End
	}
	for range answers + authority + additional {
		r, err := d.Record(off)
		if err != nil {
			return err
		}
		off = r.End
	}
	return nil
}

// ID tells which answer belongs to which question.
func (d DNS) ID() uint16 { return binary.BigEndian.Uint16(d[dnsID:]) }

func (d DNS) flags() uint16 { return binary.BigEndian.Uint16(d[dnsFlags:]) }

func (d DNS) Response() bool           { return d.flags()&dnsResponse != 0 }
func (d DNS) Opcode() DNSOpcode        { return DNSOpcode(d.flags() & dnsOpcode >> 11) }
func (d DNS) Authoritative() bool      { return d.flags()&dnsAuthoritative != 0 }
func (d DNS) Truncation() bool         { return d.flags()&dnsTruncation != 0 } // TC: the rest did not fit
func (d DNS) RecursionDesired() bool   { return d.flags()&dnsRecursionDesired != 0 }
func (d DNS) RecursionAvailable() bool { return d.flags()&dnsRecursionAvail != 0 }
func (d DNS) AuthenticData() bool      { return d.flags()&dnsAuthenticData != 0 }    // AD, RFC 4035 section 3.2.3
func (d DNS) CheckingDisabled() bool   { return d.flags()&dnsCheckingDisabled != 0 } // CD, RFC 4035 section 3.2.2

// Rcode is the response code of the header; an OPT record may hold higher bits of it.
func (d DNS) Rcode() DNSRcode { return DNSRcode(d.flags() & dnsRcode) }

// Counts gives the number of entries in each section.
func (d DNS) Counts() (questions, answers, authority, additional int) {
	return int(binary.BigEndian.Uint16(d[dnsQuestions:])), int(binary.BigEndian.Uint16(d[dnsAnswers:])),
		int(binary.BigEndian.Uint16(d[dnsAuthority:])), int(binary.BigEndian.Uint16(d[dnsExtra:]))
}

// AppendName appends the name at offset off as text to b, labels joined by dots and nothing escaped ("" is the
// root), and gives the offset behind it. It allocates nothing if b has room for DNSMaxNameLen bytes. The error is
// ErrTruncated where the name leaves the message, ErrMalformed where it is too long, points forward, or has a
// label of a kind that was never put to use.
func (d DNS) AppendName(b []byte, off int) (text []byte, end int, err error) {
	return d.appendName(b, off, false)
}

// AppendWireName is AppendName for the wire form without compression: labels behind their lengths, to the empty one.
func (d DNS) AppendWireName(b []byte, off int) (name []byte, end int, err error) {
	return d.appendName(b, off, true)
}

func (d DNS) appendName(b []byte, off int, wire bool) (name []byte, end int, err error) {
	if off > len(d) {
		return b, 0, ErrTruncated
	}
	// A pointer must lead to before the part of the name that holds it, so there are no loops.
	size, limit := 0, off
	for {
		if off >= len(d) {
			return b, 0, ErrTruncated
		}
		n := int(d[off])
		switch {
		case n >= 0xc0:
			if off+2 > len(d) {
				return b, 0, ErrTruncated
			}
			to := int(binary.BigEndian.Uint16(d[off:]) & 0x3fff)
			if to >= limit {
				return b, 0, ErrMalformed
			}
			if end == 0 {
				end = off + 2
			}
			off, limit = to, to
			continue
		case n >= 0x40:
			return b, 0, ErrMalformed
		}
		off++
		if size += 1 + n; size > DNSMaxNameLen {
			return b, 0, ErrMalformed
		}
		if n == 0 {
			if end == 0 {
				end = off
			}
			if wire {
				b = append(b, 0)
			}
			return b, end, nil
		}
		if off+n > len(d) {
			return b, 0, ErrTruncated
		}
		if wire {
			b = append(b, byte(n))
		} else if size > 1+n {
			b = append(b, '.')
		}
		b = append(b, d[off:off+n]...)
		off += n
	}
}

// skipName gives the offset behind the name at off.
func (d DNS) skipName(off int) (end int, err error) {
	var buf [DNSMaxNameLen]byte
	_, end, err = d.AppendName(buf[:0], off)
	return end, err
}

// DNSQuestion is where a question is: the name at Start, its type and class. End is the offset behind it.
type DNSQuestion struct {
	Start, NameEnd, End int
	Type                DNSType
	Class               uint16 // with DNSTopBit, if it is set
}

// Question reads the question at offset off. The first is at DNSHeaderLen.
func (d DNS) Question(off int) (DNSQuestion, error) {
	at, err := d.skipName(off)
	switch {
	case err != nil:
		return DNSQuestion{}, err
	case at+4 > len(d):
		return DNSQuestion{}, ErrTruncated
	}
	return DNSQuestion{Start: off, NameEnd: at, End: at + 4,
		Type: DNSType(binary.BigEndian.Uint16(d[at:])), Class: binary.BigEndian.Uint16(d[at+2:])}, nil
}

// DNSRecord is where a resource record is: the name of its owner at Start, the data from Data to End.
type DNSRecord struct {
	Start, NameEnd, Data, End int
	Type                      DNSType
	Class                     uint16 // with DNSTopBit, if it is set; of an OPT record a size in bytes
	TTL                       uint32 // in seconds; of an OPT record code, version and flags
}

// dnsRecordFixed is the length of the part of a record between name and data, in bytes.
const dnsRecordFixed = 10

// Record reads the record at offset off.
func (d DNS) Record(off int) (DNSRecord, error) {
	at, err := d.skipName(off)
	if err != nil {
		return DNSRecord{}, err
	}
	if at+dnsRecordFixed > len(d) {
		return DNSRecord{}, ErrTruncated
	}
	r := DNSRecord{Start: off, NameEnd: at, Data: at + dnsRecordFixed,
		Type:  DNSType(binary.BigEndian.Uint16(d[at:])),
		Class: binary.BigEndian.Uint16(d[at+2:]), TTL: binary.BigEndian.Uint32(d[at+4:])}
	if r.End = r.Data + int(binary.BigEndian.Uint16(d[at+8:])); r.End > len(d) {
		return DNSRecord{}, ErrTruncated
	}
	return r, nil
}

func decodeDNS(p *Packet, l *Layer, b []byte) LayerType {
	if err := DNS(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

// dnsPrefixLen is the length of what stands before each message in TCP: the message's own length (RFC 1035
// section 4.2.2), in bytes.
const dnsPrefixLen = 2

// decodeDNSTCP reads the first of the messages in a segment. Streams are not put together here, so what does not
// start with a whole message is data: the middle of one, most likely.
func decodeDNSTCP(p *Packet, l *Layer, b []byte) LayerType {
	if len(b) < dnsPrefixLen || dnsPrefixLen+int(binary.BigEndian.Uint16(b)) > l.Wire {
		l.Type = LayerData
		return decodeData(p, l, b)
	}
	n := dnsPrefixLen + int(binary.BigEndian.Uint16(b))
	message := b[dnsPrefixLen:min(n, len(b))]
	if n < dnsPrefixLen+DNSHeaderLen {
		return l.fail(ErrMalformed)
	}
	if err := DNS(message).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + dnsPrefixLen + len(message)
	if l.Payload < l.End {
		return LayerDNSTCP
	}
	return LayerNone
}

// DNSHeader is a DNS header as a value.
type DNSHeader struct {
	ID                                                              uint16
	Response                                                        bool
	Opcode                                                          DNSOpcode
	Authoritative, Truncation, RecursionDesired, RecursionAvailable bool
	AuthenticData, CheckingDisabled                                 bool
	Rcode                                                           DNSRcode
	Questions, Answers, Authority, Additional                       uint16
}

// Header gives the header as a value.
func (d DNS) Header() DNSHeader {
	q, an, ns, ar := d.Counts()
	return DNSHeader{
		ID: d.ID(), Response: d.Response(), Opcode: d.Opcode(), Authoritative: d.Authoritative(), Truncation: d.Truncation(),
		RecursionDesired: d.RecursionDesired(), RecursionAvailable: d.RecursionAvailable(), AuthenticData: d.AuthenticData(),
		CheckingDisabled: d.CheckingDisabled(), Rcode: d.Rcode(),
		Questions: uint16(q), Answers: uint16(an), Authority: uint16(ns), Additional: uint16(ar),
	}
}

// Append appends the wire form of h, without its sections, to b and returns the extended slice.
func (h *DNSHeader) Append(b []byte) []byte {
	flags := uint16(h.Opcode)<<11&dnsOpcode | uint16(h.Rcode)&dnsRcode
	for _, f := range [...]struct {
		set bool
		bit uint16
	}{
		{h.Response, dnsResponse}, {h.Authoritative, dnsAuthoritative}, {h.Truncation, dnsTruncation},
		{h.RecursionDesired, dnsRecursionDesired}, {h.RecursionAvailable, dnsRecursionAvail},
		{h.AuthenticData, dnsAuthenticData}, {h.CheckingDisabled, dnsCheckingDisabled},
	} {
		if f.set {
			flags |= f.bit
		}
	}
	for _, v := range [...]uint16{h.ID, flags, h.Questions, h.Answers, h.Authority, h.Additional} {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

// AppendDNSName appends the wire form of a name given as text, "example.com" or "example.com.", uncompressed, to b and
// returns the extended slice; ErrMalformed if a label is empty or longer than 63 bytes or the whole too long.
func AppendDNSName(b []byte, name string) ([]byte, error) {
	if n := len(name); n > 0 && name[n-1] == '.' {
		name = name[:n-1]
	}
	if len(name)+2 > DNSMaxNameLen {
		return b, ErrMalformed
	}
	start := len(b)
	for rest := name; rest != ""; {
		n := 0
		for n < len(rest) && rest[n] != '.' {
			n++
		}
		if n == 0 || n > 63 || n+1 == len(rest) {
			return b[:start], ErrMalformed
		}
		b = append(append(b, byte(n)), rest[:n]...)
		rest = rest[min(n+1, len(rest)):]
	}
	return append(b, 0), nil
}

// AppendDNSQuestion appends a question for a name, as AppendDNSName takes it.
func AppendDNSQuestion(b []byte, name string, t DNSType, class uint16) ([]byte, error) {
	b, err := AppendDNSName(b, name)
	if err != nil {
		return b, err
	}
	b = binary.BigEndian.AppendUint16(b, uint16(t))
	return binary.BigEndian.AppendUint16(b, class), nil
}

// DNSOpcode is what a message asks for (IANA "DNS OpCodes").
type DNSOpcode uint8

const (
	DNSOpQuery        DNSOpcode = 0
	DNSOpInverseQuery DNSOpcode = 1 // RFC 3425 took it back
	DNSOpStatus       DNSOpcode = 2
	DNSOpNotify       DNSOpcode = 4 // RFC 1996
	DNSOpUpdate       DNSOpcode = 5 // RFC 2136
	DNSOpStateful     DNSOpcode = 6 // RFC 8490
)

var dnsOpcodeNames = [...]string{"Query", "InverseQuery", "Status", "", "Notify", "Update", "Stateful"}

// Name is the operation's name, or "".
func (o DNSOpcode) Name() string {
	if int(o) < len(dnsOpcodeNames) {
		return dnsOpcodeNames[o]
	}
	return ""
}

// String is the name, or the number.
func (o DNSOpcode) String() string { return nameOrNumber(o.Name(), uint64(o)) }

// DNSRcode says how a request went (IANA "DNS RCODEs").
type DNSRcode uint8

var dnsRcodeNames = [...]string{
	"NoError", "FormErr", "ServFail", "NXDomain", "NotImp", "Refused", "YXDomain", "YXRRSet", "NXRRSet", "NotAuth", "NotZone", "DSOTypeNI",
}

// Name is the code's name, or "".
func (c DNSRcode) Name() string {
	if int(c) < len(dnsRcodeNames) {
		return dnsRcodeNames[c]
	}
	return ""
}

// String is the name, or the number.
func (c DNSRcode) String() string { return nameOrNumber(c.Name(), uint64(c)) }

// The classes of DNS (IANA "DNS CLASSes").
const (
	DNSClassIN   = 1
	DNSClassCH   = 3
	DNSClassHS   = 4
	DNSClassNone = 254
	DNSClassAny  = 255
)

func dnsClassName(class uint16) string {
	switch class {
	case DNSClassIN:
		return "IN"
	case DNSClassCH:
		return "CH"
	case DNSClassHS:
		return "HS"
	case DNSClassNone:
		return "NONE"
	case DNSClassAny:
		return "ANY"
	}
	return ""
}

// DNSType is the type of a resource record (IANA "Resource Record (RR) TYPEs").
type DNSType uint16

const (
	DNSTypeA          DNSType = 1
	DNSTypeNS         DNSType = 2
	DNSTypeCNAME      DNSType = 5
	DNSTypeSOA        DNSType = 6
	DNSTypePTR        DNSType = 12
	DNSTypeHINFO      DNSType = 13
	DNSTypeMX         DNSType = 15
	DNSTypeTXT        DNSType = 16
	DNSTypeAAAA       DNSType = 28
	DNSTypeSRV        DNSType = 33
	DNSTypeNAPTR      DNSType = 35
	DNSTypeDNAME      DNSType = 39
	DNSTypeOPT        DNSType = 41
	DNSTypeDS         DNSType = 43
	DNSTypeSSHFP      DNSType = 44
	DNSTypeRRSIG      DNSType = 46
	DNSTypeNSEC       DNSType = 47
	DNSTypeDNSKEY     DNSType = 48
	DNSTypeNSEC3      DNSType = 50
	DNSTypeNSEC3PARAM DNSType = 51
	DNSTypeTLSA       DNSType = 52
	DNSTypeCDS        DNSType = 59
	DNSTypeCDNSKEY    DNSType = 60
	DNSTypeSVCB       DNSType = 64
	DNSTypeHTTPS      DNSType = 65
	DNSTypeSPF        DNSType = 99
	DNSTypeTSIG       DNSType = 250
	DNSTypeURI        DNSType = 256
	DNSTypeCAA        DNSType = 257
)

var dnsTypeNames = [...]string{
	1: "A", "NS", "MD", "MF", "CNAME", "SOA", "MB", "MG", "MR", "NULL", "WKS", "PTR", "HINFO", "MINFO", "MX", "TXT", "RP", "AFSDB", "X25",
	"ISDN", "RT", "NSAP", "NSAP-PTR", "SIG", "KEY", "PX", "GPOS", "AAAA", "LOC", "NXT", "EID", "NIMLOC", "SRV", "ATMA", "NAPTR", "KX",
	"CERT", "A6", "DNAME", "SINK", "OPT", "APL", "DS", "SSHFP", "IPSECKEY", "RRSIG", "NSEC", "DNSKEY", "DHCID", "NSEC3", "NSEC3PARAM",
	"TLSA", "SMIMEA", 55: "HIP", "NINFO", "RKEY", "TALINK", "CDS", "CDNSKEY", "OPENPGPKEY", "CSYNC", "ZONEMD", "SVCB", "HTTPS",
	99: "SPF", "UINFO", "UID", "GID", "UNSPEC", "NID", "L32", "L64", "LP", "EUI48", "EUI64",
	249: "TKEY", "TSIG", "IXFR", "AXFR", "MAILB", "MAILA", "ANY", "URI", "CAA", "AVC", "DOA", "AMTRELAY",
}

// Name is the type's name, or "".
func (t DNSType) Name() string {
	if int(t) < len(dnsTypeNames) {
		return dnsTypeNames[t]
	}
	return ""
}

// String is the name, or the number.
func (t DNSType) String() string { return nameOrNumber(t.Name(), uint64(t)) }
