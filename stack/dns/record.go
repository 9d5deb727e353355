package dns

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"

	"smoltcp/dissect"
)

// Type is the type of a record.
type Type = dissect.DNSType

// TypeANY asks for the records of all types (RFC 8482 says what comes of it).
const TypeANY Type = 255

// Record is a resource record. Names in its data are written out, without compression.
type Record struct {
	Name  Name
	Type  Type
	Class uint16
	TTL   uint32 // in seconds; what is left of it if the record comes from the cache
	Data  []byte
}

// dataNames are the types whose data may have compressed names (RFC 1035 section 3.3, RFC 3597 section 4): how many bytes stand
// before them, and how many names there are.
var dataNames = map[Type]struct{ skip, names int }{
	dissect.DNSTypeNS: {0, 1}, 3: {0, 1}, 4: {0, 1}, dissect.DNSTypeCNAME: {0, 1}, dissect.DNSTypeSOA: {0, 2},
	7: {0, 1}, 8: {0, 1}, 9: {0, 1}, dissect.DNSTypePTR: {0, 1}, 14: {0, 2}, dissect.DNSTypeMX: {2, 1},
	17: {0, 2}, 18: {2, 1}, 21: {2, 1}, 26: {2, 2}, dissect.DNSTypeSRV: {6, 1}, 36: {2, 1}, dissect.DNSTypeDNAME: {0, 1},
	dissect.DNSTypeNSEC: {0, 1}, // multicast DNS compresses it (RFC 6762 section 18.14)
}

// dataLens are the types whose data has a fixed length.
var dataLens = map[Type]int{dissect.DNSTypeA: 4, dissect.DNSTypeAAAA: 16}

// record copies the record that is at r in the message d.
func record(d dissect.DNS, r dissect.DNSRecord) (Record, error) {
	owner, _, err := d.AppendWireName(nil, r.Start)
	if err != nil {
		return Record{}, err
	}
	out := Record{Name: Name(owner), Type: r.Type, Class: r.Class, TTL: r.TTL}
	data := d[r.Data:r.End]
	if n, ok := dataLens[r.Type]; ok && n != len(data) {
		return Record{}, dissect.ErrMalformed
	}
	form, ok := dataNames[r.Type]
	if !ok {
		out.Data = slices.Clone([]byte(data))
		return out, nil
	}
	if len(data) < form.skip {
		return Record{}, dissect.ErrMalformed
	}
	out.Data = append([]byte{}, data[:form.skip]...)
	at := r.Data + form.skip
	for range form.names {
		if out.Data, at, err = d.AppendWireName(out.Data, at); err != nil || at > r.End {
			return Record{}, dissect.ErrMalformed
		}
	}
	out.Data = append(out.Data, d[at:r.End]...)
	if r.Type == dissect.DNSTypeSOA && r.End-at != 20 {
		return Record{}, dissect.ErrMalformed
	}
	return out, nil
}

// Append appends the wire form of the record, without compression, to b and returns the extended slice.
func (r Record) Append(b []byte) []byte {
	b = append(b, r.Name...)
	b = binary.BigEndian.AppendUint16(b, uint16(r.Type))
	b = binary.BigEndian.AppendUint16(b, r.Class)
	b = binary.BigEndian.AppendUint32(b, r.TTL)
	b = binary.BigEndian.AppendUint16(b, uint16(len(r.Data)))
	return append(b, r.Data...)
}

// Addr is the address in an A or AAAA record.
func (r Record) Addr() (netip.Addr, bool) {
	if n, ok := dataLens[r.Type]; !ok || n != len(r.Data) {
		return netip.Addr{}, false
	}
	return netip.AddrFromSlice(r.Data)
}

// Target is the name that a CNAME, DNAME, NS, PTR, MX or SRV record points to.
func (r Record) Target() (Name, bool) {
	skip := 0
	switch r.Type {
	case dissect.DNSTypeMX:
		skip = 2
	case dissect.DNSTypeSRV:
		skip = 6
	case dissect.DNSTypeCNAME, dissect.DNSTypeDNAME, dissect.DNSTypeNS, dissect.DNSTypePTR:
	default:
		return "", false
	}
	n, rest, ok := cutName(r.Data[min(skip, len(r.Data)):])
	return n, ok && len(rest) == 0
}

// cutName takes the name at the front of b.
func cutName(b []byte) (n Name, rest []byte, ok bool) {
	for at := 0; at < len(b) && b[at] <= maxLabel; at += 1 + int(b[at]) {
		if b[at] == 0 {
			return Name(b[:at+1]), b[at+1:], at < dissect.DNSMaxNameLen
		}
	}
	return "", nil, false
}

// negativeTTL is how long the absence of a record counts, by the SOA record that came with it, in seconds (RFC 2308 section 5).
func (r Record) negativeTTL() uint32 {
	if r.Type != dissect.DNSTypeSOA || len(r.Data) < 4 {
		return 0
	}
	return min(r.TTL, binary.BigEndian.Uint32(r.Data[len(r.Data)-4:]))
}

// Question is what a message asks.
type Question struct {
	Name  Name
	Type  Type
	Class uint16
}

// Message is a DNS message with all that is in it.
type Message struct {
	Header                        dissect.DNSHeader
	Questions                     []Question
	Answer, Authority, Additional []Record // the OPT record, if there is one, is in Additional
}

// ParseMessage copies a message. The error is dissect.ErrTruncated or dissect.ErrMalformed, and the records before the bad one are
// there; a message takes memory in proportion to its own length.
func ParseMessage(b []byte) (*Message, error) {
	d := dissect.DNS(b)
	if err := d.Check(); err != nil {
		return nil, err
	}
	m := &Message{Header: d.Header()}
	questions, answers, authority, additional := d.Counts()
	off := dissect.DNSHeaderLen
	for range questions {
		q, err := d.Question(off)
		if err != nil {
			return m, err
		}
		name, _, err := d.AppendWireName(nil, q.Start)
		if err != nil {
			return m, err
		}
		m.Questions = append(m.Questions, Question{Name(name), q.Type, q.Class})
		off = q.End
	}
	for _, section := range [...]struct {
		list  *[]Record
		count int
	}{{&m.Answer, answers}, {&m.Authority, authority}, {&m.Additional, additional}} {
		for range section.count {
			at, err := d.Record(off)
			if err != nil {
				return m, err
			}
			r, err := record(d, at)
			if err != nil {
				return m, err
			}
			*section.list = append(*section.list, r)
			off = at.End
		}
	}
	return m, nil
}

// EDNS gives the OPT record.
func (m *Message) EDNS() (Record, bool) {
	for _, r := range m.Additional {
		if r.Type == dissect.DNSTypeOPT {
			return r, true
		}
	}
	return Record{}, false
}

// Rcode is the response code with the bits that an OPT record has of it (RFC 6891 section 6.1.3).
func (m *Message) Rcode() Rcode {
	code := Rcode(m.Header.Rcode)
	if opt, ok := m.EDNS(); ok {
		code |= Rcode(opt.TTL>>24) << 4
	}
	return code
}

// Append appends the wire form of the message to b and returns the extended slice. The counts of the header are those of the lists.
func (m *Message) Append(b []byte) []byte {
	h := m.Header
	h.Questions, h.Answers = uint16(len(m.Questions)), uint16(len(m.Answer))
	h.Authority, h.Additional = uint16(len(m.Authority)), uint16(len(m.Additional))
	b = h.Append(b)
	for _, q := range m.Questions {
		b = append(b, q.Name...)
		b = binary.BigEndian.AppendUint16(b, uint16(q.Type))
		b = binary.BigEndian.AppendUint16(b, q.Class)
	}
	for _, list := range [...][]Record{m.Answer, m.Authority, m.Additional} {
		for _, r := range list {
			b = r.Append(b)
		}
	}
	return b
}

// Rcode is a response code, with the higher bits that EDNS adds to it.
type Rcode uint16

// Response codes (IANA "DNS RCODEs").
const (
	RcodeSuccess     Rcode = 0
	RcodeFormatError Rcode = 1
	RcodeServFail    Rcode = 2
	RcodeNoName      Rcode = 3
	RcodeNotImpl     Rcode = 4
	RcodeRefused     Rcode = 5
	RcodeBadVersion  Rcode = 16
)

// String is the code's name, or its number.
func (c Rcode) String() string {
	switch {
	case c == RcodeBadVersion:
		return "BadVers"
	case c < 256:
		return dissect.DNSRcode(c).String()
	}
	return strconv.Itoa(int(c))
}
