package dissect

import (
	"encoding/binary"
	"net/netip"
)

var (
	dnsLengthField   = Field{Name: "dns.length", Label: "length", Title: "Length"}
	dnsIDField       = Field{Name: "dns.id", Label: "id", Title: "Transaction ID", Rank: 2, Base: Hex}
	dnsFlagsField    = Field{Name: "dns.flags", Label: "flags", Title: "Flags", Base: Hex}
	dnsResponseField = Field{Name: "dns.flags.response", Label: "response", Title: "Response", Mask: dnsResponse, Rank: 1, Form: FormFlag}
	dnsOpcodeField   = Field{Name: "dns.flags.opcode", Label: "op", Title: "Opcode", Mask: dnsOpcode, Rank: 3, Form: FormNonzero}
	dnsAAField       = Field{Name: "dns.flags.authoritative", Label: "aa", Title: "Authoritative", Mask: dnsAuthoritative, Rank: 4, Form: FormFlag}
	dnsTCField       = Field{Name: "dns.flags.truncated", Label: "tc", Title: "Truncated", Mask: dnsTruncation, Rank: 4, Form: FormFlag}
	dnsRDField       = Field{Name: "dns.flags.recdesired", Label: "rd", Title: "Recursion desired", Mask: dnsRecursionDesired}
	dnsRAField       = Field{Name: "dns.flags.recavail", Label: "ra", Title: "Recursion available", Mask: dnsRecursionAvail}
	dnsZField        = Field{Name: "dns.flags.z", Label: "z", Title: "Reserved", Mask: dnsZ}
	dnsADField       = Field{Name: "dns.flags.authenticated", Label: "ad", Title: "Answer authenticated", Mask: dnsAuthenticData, Rank: 4, Form: FormFlag}
	dnsCDField       = Field{Name: "dns.flags.checkdisable", Label: "cd", Title: "Checking disabled", Mask: dnsCheckingDisabled}
	dnsRcodeField    = Field{Name: "dns.flags.rcode", Label: "rcode", Title: "Reply code", Mask: dnsRcode, Rank: 3, Form: FormNonzero}

	// In a query these have no meaning, or one that Wireshark gives no name to.
	dnsQueryAAField    = Field{Label: "aa", Title: "Authoritative", Mask: dnsAuthoritative}
	dnsQueryRAField    = Field{Label: "ra", Title: "Recursion available", Mask: dnsRecursionAvail}
	dnsQueryADField    = Field{Label: "ad", Title: "Wants to know if authenticated", Mask: dnsAuthenticData}
	dnsQueryRcodeField = Field{Label: "rcode", Title: "Reply code", Mask: dnsRcode}

	llmnrConflictField  = Field{Name: "dns.flags.conflict", Label: "conflict", Title: "Conflict", Mask: 0x0400, Rank: 4, Form: FormFlag}
	llmnrTentativeField = Field{Name: "dns.flags.tentative", Label: "tentative", Title: "Tentative", Mask: 0x0100, Rank: 4, Form: FormFlag}
	llmnrReservedField  = Field{Label: "z", Title: "Reserved", Mask: 0x00f0}

	dnsCountFields = [4]Field{
		{Name: "dns.count.queries", Label: "qd", Title: "Questions"},
		{Name: "dns.count.answers", Label: "an", Title: "Answer RRs"},
		{Name: "dns.count.auth_rr", Label: "ns", Title: "Authority RRs"},
		{Name: "dns.count.add_rr", Label: "ar", Title: "Additional RRs"},
	}
	dnsUpdateCountFields = [3]Field{
		{Name: "dns.count.zones", Label: "zones", Title: "Zones"},
		{Name: "dns.count.prerequisites", Label: "prerequisites", Title: "Prerequisites"},
		{Name: "dns.count.updates", Label: "updates", Title: "Updates"},
	}

	dnsQuestionField  = Field{Title: "Question"}
	dnsQryNameField   = Field{Name: "dns.qry.name", Label: "name", Title: "Name", Rank: 5, Form: FormBare}
	dnsQryLenField    = Field{Name: "dns.qry.name.len", Title: "Name length"}
	dnsQryLabelsField = Field{Name: "dns.count.labels", Title: "Label count"}
	dnsQryTypeField   = Field{Name: "dns.qry.type", Label: "type", Title: "Type", Rank: 5, Form: FormBare}
	dnsQryClassField  = Field{Name: "dns.qry.class", Label: "class", Title: "Class", Base: Hex}
	mdnsQryClassField = Field{Name: "dns.qry.class", Label: "class", Title: "Class", Base: Hex, Mask: 0x7fff}
	mdnsQUField       = Field{Name: "dns.qry.qu", Label: "qu", Title: "Wants a unicast answer", Mask: DNSTopBit}

	dnsRecordField     = Field{Title: "Resource record"}
	dnsRespNameField   = Field{Name: "dns.resp.name", Title: "Name"}
	dnsSRVOwnerField   = Field{Title: "Name"} // Wireshark has it in the three parts below only
	dnsSRVServiceField = Field{Name: "dns.srv.service", Title: "Service"}
	dnsSRVProtoField   = Field{Name: "dns.srv.proto", Title: "Protocol"}
	dnsSRVNameField    = Field{Name: "dns.srv.name", Title: "Domain"}
	dnsRespTypeField   = Field{Name: "dns.resp.type", Title: "Type"}
	dnsRespClassField  = Field{Name: "dns.resp.class", Title: "Class", Base: Hex}
	mdnsRespClassField = Field{Name: "dns.resp.class", Title: "Class", Base: Hex, Mask: 0x7fff}
	mdnsFlushField     = Field{Name: "dns.resp.cache_flush", Title: "Cache flush", Mask: DNSTopBit}
	dnsRespTTLField    = Field{Name: "dns.resp.ttl", Title: "Time to live"}
	dnsRespLenField    = Field{Name: "dns.resp.len", Title: "Data length"}
	dnsDataField       = Field{Name: "dns.data", Title: "Data"}
	dnsBadDataField    = Field{Title: "Data that could not be read"}
	dnsUnreadField     = Field{Title: "Bytes that could not be read"}
	dnsTrailerField    = Field{Title: "Bytes behind the message"}
)

// dnsText is the longest text that is derived from a message: a name in words.
const dnsText = DNSMaxNameLen

// dnsFields describes a DNS message of any of its kinds.
func dnsFields(p *Packet, l *Layer, s Sink) {
	w := dnsWriter{s: s, kind: l.Type, scratch: p.scratch[:0]}
	b := p.Data[l.Start:l.Payload]
	if l.Type == LayerDNSTCP {
		s.Uint(&dnsLengthField, 0, dnsPrefixLen, uint64(binary.BigEndian.Uint16(b)))
		b, w.base = b[dnsPrefixLen:], dnsPrefixLen
	}
	w.d = DNS(b)
	w.header()
	off, ok := w.questions()
	if ok {
		off, ok = w.records(off)
	}
	rest := &dnsTrailerField
	if !ok {
		rest = &dnsUnreadField
	}
	if off < len(b) {
		s.Bytes(rest, w.base+off, len(b)-off, b[off:])
	}
}

// dnsWriter describes a message to a sink.
type dnsWriter struct {
	d       DNS
	s       Sink
	base    int // where the message begins in its layer
	kind    LayerType
	scratch []byte // room for a name
}

func (w *dnsWriter) header() {
	d, s := w.d, w.s
	s.Uint(&dnsIDField, w.base+dnsID, 2, uint64(d.ID()))
	off, flags := w.base+dnsFlags, d.flags()
	s.Uint(&dnsFlagsField, off, 2, uint64(flags))
	s.Begin(&dnsFlagsField, off, 2)
	bit := func(f *Field) { s.Bool(f, off, 2, uint64(flags)&f.Mask != 0) }
	bit(&dnsResponseField)
	s.Enum(&dnsOpcodeField, off, 2, uint64(d.Opcode()), d.Opcode().Name())
	switch {
	case w.kind == LayerLLMNR:
		bit(&llmnrConflictField)
		bit(&dnsTCField)
		bit(&llmnrTentativeField)
		s.Uint(&llmnrReservedField, off, 2, uint64(flags)&llmnrReservedField.Mask>>4)
	case d.Response():
		bit(&dnsAAField)
		bit(&dnsTCField)
		bit(&dnsRDField)
		bit(&dnsRAField)
		bit(&dnsZField)
		bit(&dnsADField)
		bit(&dnsCDField)
	default:
		bit(&dnsQueryAAField)
		bit(&dnsTCField)
		bit(&dnsRDField)
		bit(&dnsQueryRAField)
		bit(&dnsZField)
		bit(&dnsQueryADField)
		bit(&dnsCDField)
	}
	rcode := &dnsRcodeField
	if !d.Response() {
		rcode = &dnsQueryRcodeField
	}
	s.Enum(rcode, off, 2, uint64(d.Rcode()), d.Rcode().Name())
	s.End()
	for i := range 4 {
		f := &dnsCountFields[i]
		if d.Opcode() == DNSOpUpdate && i < 3 {
			f = &dnsUpdateCountFields[i]
		}
		at := dnsQuestions + 2*i
		s.Uint(f, w.base+at, 2, uint64(binary.BigEndian.Uint16(d[at:])))
	}
}

// text pushes the name from off to end.
func (w *dnsWriter) text(f *Field, off, end int) []byte {
	t, _, _ := w.d.AppendName(w.scratch, off)
	if len(t) == 0 {
		t = append(w.scratch, "<Root>"...)
	}
	w.s.Text(f, w.base+off, end-off, t)
	return t
}

func (w *dnsWriter) questions() (off int, ok bool) {
	s := w.s
	off = DNSHeaderLen
	questions, _, _, _ := w.d.Counts()
	for range questions {
		q, err := w.d.Question(off)
		if err != nil {
			return off, false
		}
		s.Begin(&dnsQuestionField, w.base+off, q.End-off)
		t := w.text(&dnsQryNameField, off, q.NameEnd)
		dots := 0
		for _, c := range t {
			if c == '.' {
				dots++
			}
		}
		if dots > 0 { // Wireshark counts nothing in other names
			s.Uint(&dnsQryLenField, 0, 0, uint64(len(t)))
			s.Uint(&dnsQryLabelsField, 0, 0, uint64(dots+1))
		}
		at := w.base + q.NameEnd
		s.Enum(&dnsQryTypeField, at, 2, uint64(q.Type), q.Type.Name())
		w.class(&dnsQryClassField, &mdnsQryClassField, &mdnsQUField, at+2, q.Class)
		s.End()
		off = q.End
	}
	return off, true
}

// class pushes a class, which in multicast DNS shares its bytes with a flag.
func (w *dnsWriter) class(f, multicast, flag *Field, off int, class uint16) {
	if w.kind == LayerMDNS {
		w.s.Enum(multicast, off, 2, uint64(class&^DNSTopBit), dnsClassName(class&^DNSTopBit))
		w.s.Bool(flag, off, 2, class&DNSTopBit != 0)
		return
	}
	w.s.Enum(f, off, 2, uint64(class), dnsClassName(class))
}

func (w *dnsWriter) records(off int) (end int, ok bool) {
	_, answers, authority, additional := w.d.Counts()
	for range answers + authority + additional {
		r, err := w.d.Record(off)
		if err != nil {
			return off, false
		}
		w.s.Begin(&dnsRecordField, w.base+off, r.End-off)
		w.record(&r)
		w.s.End()
		off = r.End
	}
	return off, true
}

func (w *dnsWriter) record(r *DNSRecord) {
	s, at := w.s, w.base+r.NameEnd
	if r.Type == DNSTypeSRV {
		w.srvOwner(w.text(&dnsSRVOwnerField, r.Start, r.NameEnd))
	} else {
		w.text(&dnsRespNameField, r.Start, r.NameEnd)
	}
	s.Enum(&dnsRespTypeField, at, 2, uint64(r.Type), r.Type.Name())
	if r.Type == DNSTypeOPT {
		w.ednsHeader(r, at+2)
	} else {
		w.class(&dnsRespClassField, &mdnsRespClassField, &mdnsFlushField, at+2, r.Class)
		s.Uint(&dnsRespTTLField, at+4, 4, uint64(r.TTL))
	}
	s.Uint(&dnsRespLenField, at+8, 2, uint64(r.End-r.Data))
	data := dnsData{dnsWriter: w, off: r.Data, end: r.End}
	data.describe(r.Type)
	if data.off < data.end {
		w.s.Bytes(&dnsBadDataField, w.base+data.off, data.end-data.off, w.d[data.off:data.end])
	}
}

// srvOwner pushes the parts of the name of an SRV record (RFC 2782).
func (w *dnsWriter) srvOwner(name []byte) {
	for _, f := range [...]*Field{&dnsSRVServiceField, &dnsSRVProtoField} {
		n := 0
		for n < len(name) && name[n] != '.' {
			n++
		}
		if n > 0 {
			w.s.Text(f, 0, 0, name[:n])
		}
		name = name[min(n+1, len(name)):]
	}
	if len(name) > 0 {
		w.s.Text(&dnsSRVNameField, 0, 0, name)
	}
}

// A dnsPart is a piece of a record's data. The data of most types is a row of such pieces.
type dnsPart struct {
	kind  dnsKind
	field *Field
	size  *Field // of a string: the field of its length
}

type dnsKind uint8

const (
	dnsU8 dnsKind = iota
	dnsU16
	dnsU32
	dnsName
	dnsString  // a length in one byte, and text
	dnsStrings // as many of those as there are
	dnsIPv4
	dnsIPv6
	dnsRRType  // the type of another record
	dnsTypeSet // a set of types as windows of bits (RFC 4034 section 4.1.2)
	dnsSized8  // a length in one byte, and bytes
	dnsSized16 // a length in two bytes, and bytes
	dnsBlob    // bytes to the end
	dnsWords   // text to the end
)

// dnsData reads the data of one record: what is left of it is from off to end.
type dnsData struct {
	*dnsWriter
	off, end int
}

// describe pushes the fields of the data of a record of type t. It stops where they do not fit.
func (r *dnsData) describe(t DNSType) {
	switch t {
	case DNSTypeOPT:
		for r.off < r.end && r.ednsOption() {
		}
		return
	case DNSTypeSVCB, DNSTypeHTTPS:
		r.serviceBinding()
		return
	case DNSTypeCAA:
		r.caa()
		return
	case DNSTypeDNSKEY, DNSTypeCDNSKEY:
		r.dnskey()
		return
	}
	parts, ok := dnsForm(t)
	switch {
	case ok || r.off == r.end:
	case t == DNSTypeURI || t > 260: // the others Wireshark has forms for
		parts = dnsUnknownForm
	default:
		parts = dnsOpaqueForm
	}
	for i := range parts {
		if !r.part(&parts[i]) {
			return
		}
	}
}

// take gives the next n bytes of the data, and where they are in the layer; ok is false if there are not so many.
func (r *dnsData) take(n int) (b []byte, off int, ok bool) {
	if n > r.end-r.off {
		return nil, 0, false
	}
	b, off = r.d[r.off:r.off+n], r.base+r.off
	r.off += n
	return b, off, true
}

// number pushes the next n bytes as a number.
func (r *dnsData) number(f *Field, n int) (v uint64, ok bool) {
	b, off, ok := r.take(n)
	if !ok {
		return 0, false
	}
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	r.s.Uint(f, off, n, v)
	return v, true
}

// bytes pushes the next n bytes as they are.
func (r *dnsData) bytes(f *Field, n int) bool {
	b, off, ok := r.take(n)
	if ok {
		r.s.Bytes(f, off, n, b)
	}
	return ok
}

func (r *dnsData) words(f *Field, n int) bool {
	b, off, ok := r.take(n)
	if ok {
		r.s.Text(f, off, n, b)
	}
	return ok
}

// name pushes the name that is next, if it ends within the data.
func (r *dnsData) name(f *Field) bool {
	end, err := r.d.skipName(r.off)
	if err != nil || end > r.end {
		return false
	}
	r.text(f, r.off, end)
	r.off = end
	return true
}

// sized pushes a length of n bytes and so many bytes behind it.
func (r *dnsData) sized(size, f *Field, n int) bool {
	if r.end-r.off < n {
		return false
	}
	v := int(r.d[r.off])
	if n == 2 {
		v = int(binary.BigEndian.Uint16(r.d[r.off:]))
	}
	if r.end-r.off < n+v {
		return false
	}
	r.number(size, n)
	return r.bytes(f, v)
}

func (r *dnsData) str(size, f *Field) bool {
	if r.off >= r.end || r.end-r.off < 1+int(r.d[r.off]) {
		return false
	}
	n, _ := r.number(size, 1)
	return r.words(f, int(n))
}

// part pushes one piece. It reports false if the data ends before it does.
func (r *dnsData) part(p *dnsPart) (ok bool) {
	switch p.kind {
	case dnsU8:
		_, ok = r.number(p.field, 1)
	case dnsU16:
		_, ok = r.number(p.field, 2)
	case dnsU32:
		_, ok = r.number(p.field, 4)
	case dnsName:
		ok = r.name(p.field)
	case dnsString:
		ok = r.str(p.size, p.field)
	case dnsStrings:
		for ok = true; ok && r.off < r.end; {
			ok = r.str(p.size, p.field)
		}
	case dnsIPv4:
		b, off, fits := r.take(4)
		if fits {
			r.s.Addr(p.field, off, 4, netip.AddrFrom4([4]byte(b)))
		}
		ok = fits
	case dnsIPv6:
		b, off, fits := r.take(16)
		if fits {
			r.s.Addr(p.field, off, 16, netip.AddrFrom16([16]byte(b)))
		}
		ok = fits
	case dnsRRType:
		b, off, fits := r.take(2)
		if fits {
			t := DNSType(binary.BigEndian.Uint16(b))
			r.s.Enum(p.field, off, 2, uint64(t), t.Name())
		}
		ok = fits
	case dnsTypeSet:
		ok = r.typeSet(p.field)
	case dnsSized8:
		ok = r.sized(p.size, p.field, 1)
	case dnsSized16:
		ok = r.sized(p.size, p.field, 2)
	case dnsBlob:
		ok = r.bytes(p.field, r.end-r.off)
	case dnsWords:
		ok = r.words(p.field, r.end-r.off)
	}
	return ok
}

var dnsWindowField = Field{Title: "Types, as bits"}

// typeSet pushes windows of bits, and derived from them the types that they stand for.
func (r *dnsData) typeSet(f *Field) bool {
	for r.off < r.end {
		if r.end-r.off < 2 || r.end-r.off < 2+int(r.d[r.off+1]) {
			return false
		}
		b, off, _ := r.take(2 + int(r.d[r.off+1]))
		r.s.Bytes(&dnsWindowField, off, len(b), b)
		for i, bits := range b[2:] {
			for k := range 8 {
				if bits&(0x80>>k) != 0 {
					t := DNSType(int(b[0])<<8 + 8*i + k)
					r.s.Enum(f, 0, 0, uint64(t), t.Name())
				}
			}
		}
	}
	return true
}
