package dissect

import (
	"encoding/binary"
	"net/netip"
)

// dnsForm gives the form of the data of a record of type t.
func dnsForm(t DNSType) ([]dnsPart, bool) {
	if int(t) < len(dnsForms) && dnsForms[t] != nil {
		return dnsForms[t], true
	}
	return nil, false
}

// part constructors, which keep the table below in short lines.

func dnsNames(fields ...Field) (parts []dnsPart) {
	for i := range fields {
		parts = append(parts, dnsPart{kind: dnsName, field: &fields[i]})
	}
	return parts
}

func dnsNamed(name, title string) *Field { return &Field{Name: "dns." + name, Title: title} }

func dnsNumber(kind dnsKind, name, title string) dnsPart {
	return dnsPart{kind: kind, field: dnsNamed(name, title)}
}

func dnsSized(kind dnsKind, size, sizeTitle, name, title string) dnsPart {
	return dnsPart{kind: kind, field: dnsNamed(name, title), size: dnsNamed(size, sizeTitle)}
}

// ranked gives p a place in the tree's one-line form.
func (p dnsPart) ranked(label string) dnsPart {
	p.field.Label, p.field.Rank = label, 6
	return p
}

func dnsRanked(name, label, title string) Field {
	return Field{Name: "dns." + name, Label: label, Title: title, Rank: 6}
}

var (
	dnsUnknownForm = []dnsPart{{kind: dnsBlob, field: &dnsDataField}}
	dnsOpaqueForm  = []dnsPart{{kind: dnsBlob, field: &Field{Title: "Data"}}}
	dnsDSForm      = []dnsPart{
		dnsNumber(dnsU16, "ds.key_id", "Key id"), dnsNumber(dnsU8, "ds.algorithm", "Algorithm"),
		dnsNumber(dnsU8, "ds.digest_type", "Digest type"), dnsNumber(dnsBlob, "ds.digest", "Digest"),
	}
	dnsNSEC3Hash = dnsNumber(dnsU8, "nsec3.algo", "Hash algorithm")
	dnsNSEC3Iter = dnsNumber(dnsU16, "nsec3.iterations", "Iterations")
	dnsNSEC3Flag = dnsNumber(dnsU8, "nsec3.flags", "Flags")
	dnsNSEC3Salt = dnsSized(dnsSized8, "nsec3.salt_length", "Salt length", "nsec3.salt_value", "Salt value")

	// Times are in seconds since 1970; Wireshark's fields for them are dates.
	dnsExpiration = dnsPart{kind: dnsU32, field: &Field{Title: "Signature expiration"}}
	dnsInception  = dnsPart{kind: dnsU32, field: &Field{Title: "Signature inception"}}
)

// dnsForms are the types whose data is a row of pieces.
var dnsForms = [...][]dnsPart{
	DNSTypeA:     {dnsNumber(dnsIPv4, "a", "Address").ranked("a")},
	DNSTypeNS:    dnsNames(dnsRanked("ns", "ns", "Name server")),
	DNSTypeCNAME: dnsNames(dnsRanked("cname", "cname", "Canonical name")),
	DNSTypeSOA: append(dnsNames(dnsRanked("soa.mname", "soa", "Primary name server"), *dnsNamed("soa.rname", "Responsible authority's mailbox")),
		dnsNumber(dnsU32, "soa.serial_number", "Serial number"), dnsNumber(dnsU32, "soa.refresh_interval", "Refresh interval"),
		dnsNumber(dnsU32, "soa.retry_interval", "Retry interval"), dnsNumber(dnsU32, "soa.expire_limit", "Expire limit"),
		dnsNumber(dnsU32, "soa.minimum_ttl", "Minimum TTL")),
	7:            dnsNames(*dnsNamed("mb", "Mailbox domain")),
	10:           {dnsNumber(dnsBlob, "null", "Data")},
	DNSTypePTR:   dnsNames(dnsRanked("ptr.domain_name", "ptr", "Domain name")),
	DNSTypeHINFO: {dnsSized(dnsString, "hinfo.cpu_length", "CPU length", "hinfo.cpu", "CPU"), dnsSized(dnsString, "hinfo.os_length", "OS length", "hinfo.os", "OS")},
	14:           dnsNames(*dnsNamed("minfo.r", "Responsible mailbox"), *dnsNamed("minfo.e", "Error mailbox")),
	DNSTypeMX:    {dnsNumber(dnsU16, "mx.preference", "Preference"), dnsNumber(dnsName, "mx.mail_exchange", "Mail exchange").ranked("mx")},
	DNSTypeTXT:   {dnsSized(dnsStrings, "txt.length", "Text length", "txt", "Text").ranked("txt")},
	17:           dnsNames(*dnsNamed("rp.mailbox", "Mailbox"), *dnsNamed("rp.txt_rr", "Text record")),
	18:           {dnsNumber(dnsU16, "afsdb.subtype", "Subtype"), dnsNumber(dnsName, "afsdb.hostname", "Host name")},
	DNSTypeAAAA:  {dnsNumber(dnsIPv6, "aaaa", "Address").ranked("aaaa")},
	DNSTypeSRV: {dnsNumber(dnsU16, "srv.priority", "Priority"), dnsNumber(dnsU16, "srv.weight", "Weight"),
		dnsNumber(dnsU16, "srv.port", "Port"), dnsNumber(dnsName, "srv.target", "Target").ranked("srv")},
	DNSTypeNAPTR: {dnsNumber(dnsU16, "naptr.order", "Order"), dnsNumber(dnsU16, "naptr.preference", "Preference"),
		dnsSized(dnsString, "naptr.flags_length", "Flags length", "naptr.flags", "Flags"),
		dnsSized(dnsString, "naptr.service_length", "Service length", "naptr.service", "Service"),
		dnsSized(dnsString, "naptr.regex_length", "Regex length", "naptr.regex", "Regex"),
		dnsNumber(dnsName, "naptr.replacement", "Replacement")},
	36: {dnsNumber(dnsU16, "kx.preference", "Preference"), dnsNumber(dnsName, "kx.key_exchange", "Key exchange")},
	37: {dnsNumber(dnsU16, "cert.type", "Type"), dnsNumber(dnsU16, "cert.key_tag", "Key tag"),
		dnsNumber(dnsU8, "cert.algorithm", "Algorithm"), dnsNumber(dnsBlob, "cert.certificate", "Certificate (or CRL)")},
	DNSTypeDNAME: dnsNames(dnsRanked("dname", "dname", "Name of the subtree")),
	DNSTypeDS:    dnsDSForm,
	DNSTypeSSHFP: {dnsNumber(dnsU8, "sshfp.algorithm", "Algorithm"), dnsNumber(dnsU8, "sshfp.fingerprint.type", "Fingerprint type"),
		dnsNumber(dnsBlob, "sshfp.fingerprint", "Fingerprint")},
	DNSTypeRRSIG: {dnsNumber(dnsRRType, "rrsig.type_covered", "Type covered"), dnsNumber(dnsU8, "rrsig.algorithm", "Algorithm"),
		dnsNumber(dnsU8, "rrsig.labels", "Labels"), dnsNumber(dnsU32, "rrsig.original_ttl", "Original TTL"), dnsExpiration, dnsInception,
		dnsNumber(dnsU16, "rrsig.key_tag", "Key tag"), dnsNumber(dnsName, "rrsig.signers_name", "Signer's name"),
		dnsNumber(dnsBlob, "rrsig.signature", "Signature")},
	DNSTypeNSEC: {dnsNumber(dnsName, "nsec.next_domain_name", "Next domain name"), {kind: dnsTypeSet, field: &dnsRespTypeField}},
	DNSTypeNSEC3: {dnsNSEC3Hash, dnsNSEC3Flag, dnsNSEC3Iter, dnsNSEC3Salt,
		{kind: dnsSized8, field: &Field{Title: "Next hashed owner"}, size: dnsNamed("nsec3.hash_length", "Hash length")},
		{kind: dnsTypeSet, field: &dnsRespTypeField}},
	DNSTypeNSEC3PARAM: {dnsNSEC3Hash, dnsNSEC3Flag, dnsNSEC3Iter, dnsNSEC3Salt},
	DNSTypeTLSA: {dnsNumber(dnsU8, "tlsa.certificate_usage", "Certificate usage"), dnsNumber(dnsU8, "tlsa.selector", "Selector"),
		dnsNumber(dnsU8, "tlsa.matching_type", "Matching type"), dnsNumber(dnsBlob, "tlsa.certificate_association_data", "Certificate association data")},
	DNSTypeCDS: dnsDSForm,
	DNSTypeSPF: {dnsSized(dnsStrings, "spf.length", "Text length", "spf", "Text")},
	DNSTypeTSIG: {dnsNumber(dnsName, "tsig.algorithm_name", "Algorithm name").ranked("tsig"), {kind: dnsU16, field: &Field{Title: "Time signed, high bits"}},
		{kind: dnsU32, field: &Field{Title: "Time signed"}}, dnsNumber(dnsU16, "tsig.fudge", "Fudge"),
		{kind: dnsSized16, field: &Field{Title: "MAC"}, size: dnsNamed("tsig.mac_size", "MAC size")},
		dnsNumber(dnsU16, "tsig.original_id", "Original ID"), dnsNumber(dnsU16, "tsig.error", "Error"),
		dnsSized(dnsSized16, "tsig.other_len", "Other length", "tsig.other_data", "Other data")},
}

var (
	dnsKeyFlagsField  = Field{Name: "dns.dnskey.flags", Title: "Flags", Base: Hex}
	dnsKeyProtoField  = Field{Name: "dns.dnskey.protocol", Title: "Protocol"}
	dnsKeyAlgField    = Field{Name: "dns.dnskey.algorithm", Title: "Algorithm"}
	dnsKeyIDField     = Field{Name: "dns.dnskey.key_id", Title: "Key id"}
	dnsKeyPublicField = Field{Name: "dns.dnskey.public_key", Title: "Public key"}
)

// dnskey pushes the data of a DNSKEY record (RFC 4034 section 2).
func (r *dnsData) dnskey() {
	if r.end-r.off < 4 {
		return
	}
	id := dnsKeyTag(r.d[r.off:r.end])
	r.number(&dnsKeyFlagsField, 2)
	r.number(&dnsKeyProtoField, 1)
	r.number(&dnsKeyAlgField, 1)
	r.s.Uint(&dnsKeyIDField, 0, 0, uint64(id))
	r.bytes(&dnsKeyPublicField, r.end-r.off)
}

// dnsKeyTag computes the tag of a key from its record's data (RFC 4034 appendix B).
func dnsKeyTag(data []byte) uint16 {
	if n := len(data); data[3] == 1 && n >= 7 { // RSA/MD5
		return binary.BigEndian.Uint16(data[n-3:])
	}
	sum := uint32(0)
	for i, c := range data {
		sum += uint32(c) << (8 * (1 - i&1))
	}
	return uint16(sum + sum>>16)
}

var (
	dnsCAAFlagsField    = Field{Name: "dns.caa.flags", Title: "Flags", Base: Hex}
	dnsCAACriticalField = Field{Name: "dns.caa.flags.issuer_critical", Title: "Issuer critical", Mask: 0x80}
	dnsCAAReservedField = Field{Title: "Reserved", Mask: 0x7f}
	dnsCAATagLenField   = Field{Name: "dns.caa.tag_length", Title: "Tag length"}
	dnsCAATagField      = Field{Name: "dns.caa.tag", Title: "Tag"}
	dnsCAAValueField    = Field{Name: "dns.caa.value", Title: "Value"}
)

// caa pushes the data of a CAA record (RFC 8659 section 4.1).
func (r *dnsData) caa() {
	if r.end-r.off < 2 || r.end-r.off < 2+int(r.d[r.off+1]) {
		return
	}
	flags, off, _ := r.take(1)
	r.s.Uint(&dnsCAAFlagsField, off, 1, uint64(flags[0]))
	r.s.Begin(&dnsCAAFlagsField, off, 1)
	r.s.Bool(&dnsCAACriticalField, off, 1, flags[0]&0x80 != 0)
	r.s.Uint(&dnsCAAReservedField, off, 1, uint64(flags[0]&0x7f))
	r.s.End()
	r.str(&dnsCAATagLenField, &dnsCAATagField)
	r.words(&dnsCAAValueField, r.end-r.off)
}

var (
	dnsSvcPriorityField = Field{Name: "dns.svcb.svcpriority", Title: "SvcPriority"}
	dnsSvcTargetField   = Field{Name: "dns.svcb.targetname", Label: "svc", Title: "Target name", Rank: 6}
	dnsSvcParamField    = Field{Title: "SvcParam"}
	dnsSvcKeyField      = Field{Name: "dns.svcb.svcparam.key", Title: "Key"}
	dnsSvcLenField      = Field{Name: "dns.svcb.svcparam.value.length", Title: "Value length"}
	dnsSvcMandatory     = Field{Name: "dns.svcb.svcparam.mandatory.key", Title: "Mandatory key"}
	dnsSvcALPNLenField  = Field{Name: "dns.svcb.svcparam.alpn.length", Title: "ALPN length"}
	dnsSvcALPNField     = Field{Name: "dns.svcb.svcparam.alpn", Title: "ALPN"}
	dnsSvcPortField     = Field{Name: "dns.svcb.svcparam.port", Title: "Port"}
	dnsSvcIPv4Field     = Field{Name: "dns.svcb.svcparam.ipv4hint.ip", Title: "IPv4 hint"}
	dnsSvcIPv6Field     = Field{Name: "dns.svcb.svcparam.ipv6hint.ip", Title: "IPv6 hint"}
	dnsSvcECHField      = Field{Name: "dns.svcb.svcparam.echconfig", Title: "ECH config"}
	dnsSvcValueField    = Field{Name: "dns.svcb.svcparam.value", Title: "Value"}

	dnsSvcPortPart = dnsPart{kind: dnsU16, field: &dnsSvcPortField}
	dnsSvcMandPart = dnsPart{kind: dnsU16, field: &dnsSvcMandatory}
	dnsSvcALPNPart = dnsPart{kind: dnsString, field: &dnsSvcALPNField, size: &dnsSvcALPNLenField}
	dnsSvcIPv4Part = dnsPart{kind: dnsIPv4, field: &dnsSvcIPv4Field}
	dnsSvcIPv6Part = dnsPart{kind: dnsIPv6, field: &dnsSvcIPv6Field}
	dnsSvcECHPart  = dnsPart{kind: dnsBlob, field: &dnsSvcECHField}
	dnsSvcRestPart = dnsPart{kind: dnsBlob, field: &dnsSvcValueField}
)

var dnsSvcKeyNames = [...]string{"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"}

// serviceBinding pushes the data of an SVCB or HTTPS record (RFC 9460 section 2.2).
func (r *dnsData) serviceBinding() {
	if _, ok := r.number(&dnsSvcPriorityField, 2); !ok || !r.name(&dnsSvcTargetField) {
		return
	}
	end := r.end
	for r.off < end {
		if end-r.off < 4 {
			return
		}
		key, n := binary.BigEndian.Uint16(r.d[r.off:]), int(binary.BigEndian.Uint16(r.d[r.off+2:]))
		if end-r.off < 4+n {
			return
		}
		name := ""
		if int(key) < len(dnsSvcKeyNames) {
			name = dnsSvcKeyNames[key]
		}
		r.s.Begin(&dnsSvcParamField, r.base+r.off, 4+n)
		r.s.Enum(&dnsSvcKeyField, r.base+r.off, 2, uint64(key), name)
		r.s.Uint(&dnsSvcLenField, r.base+r.off+2, 2, uint64(n))
		r.off, r.end = r.off+4, r.off+4+n
		part := &dnsSvcRestPart
		switch key {
		case 0:
			part = &dnsSvcMandPart
		case 1:
			part = &dnsSvcALPNPart
		case 3:
			part = &dnsSvcPortPart
		case 4:
			part = &dnsSvcIPv4Part
		case 5:
			part = &dnsSvcECHPart
		case 6:
			part = &dnsSvcIPv6Part
		}
		for r.off < r.end && r.part(part) {
		}
		if r.off < r.end {
			r.bytes(&dnsBadDataField, r.end-r.off)
		}
		r.s.End()
		r.end = end
	}
}

var (
	ednsSizeField    = Field{Name: "dns.rr.udp_payload_size", Label: "udpsize", Title: "UDP payload size"}
	ednsRcodeField   = Field{Name: "dns.resp.ext_rcode", Title: "Higher bits of the reply code", Base: Hex}
	ednsVersionField = Field{Name: "dns.resp.edns0_version", Title: "EDNS version"}
	ednsFlagsField   = Field{Name: "dns.resp.z", Title: "Flags", Base: Hex}
	ednsDOField      = Field{Name: "dns.resp.z.do", Label: "do", Title: "Accepts DNSSEC records", Mask: 0x8000, Rank: 7, Form: FormFlag}
	ednsZField       = Field{Name: "dns.resp.z.reserved", Title: "Reserved", Mask: 0x7fff, Base: Hex}

	ednsOptionField  = Field{Title: "Option"}
	ednsCodeField    = Field{Name: "dns.opt.code", Title: "Option code"}
	ednsLenField     = Field{Name: "dns.opt.len", Title: "Option length"}
	ednsDataField    = Field{Name: "dns.opt.data", Title: "Option data"}
	ednsFamilyField  = Field{Name: "dns.opt.client.family", Title: "Family"}
	ednsNetmaskField = Field{Name: "dns.opt.client.netmask", Title: "Source netmask"}
	ednsScopeField   = Field{Name: "dns.opt.client.scope", Title: "Scope netmask"}
	ednsAddr4Field   = Field{Name: "dns.opt.client.addr4", Title: "Client subnet"}
	ednsAddr6Field   = Field{Name: "dns.opt.client.addr6", Title: "Client subnet"}
	ednsAddrField    = Field{Name: "dns.opt.client.addr", Title: "Client subnet"}
	ednsCookieField  = Field{Name: "dns.opt.cookie.client", Title: "Client cookie"}
	ednsServerField  = Field{Name: "dns.opt.cookie.server", Title: "Server cookie"}
	ednsTimeoutField = Field{Name: "dns.opt.edns_tcp_keepalive.timeout", Title: "Timeout"}
	ednsPaddingField = Field{Name: "dns.opt.padding", Title: "Padding"}
	ednsInfoField    = Field{Name: "dns.opt.ext_error.info_code", Title: "Info code"}
	ednsTextField    = Field{Name: "dns.opt.ext_error.extra_text", Title: "Extra text"}
)

// ednsHeader pushes what an OPT record has in place of class and TTL (RFC 6891 section 6.1.3), off being where.
func (w *dnsWriter) ednsHeader(r *DNSRecord, off int) {
	s := w.s
	s.Uint(&ednsSizeField, off, 2, uint64(r.Class))
	s.Uint(&ednsRcodeField, off+2, 1, uint64(r.TTL>>24))
	s.Uint(&ednsVersionField, off+3, 1, uint64(r.TTL>>16&0xff))
	s.Uint(&ednsFlagsField, off+4, 2, uint64(r.TTL&0xffff))
	s.Begin(&ednsFlagsField, off+4, 2)
	s.Bool(&ednsDOField, off+4, 2, r.TTL&0x8000 != 0)
	s.Uint(&ednsZField, off+4, 2, uint64(r.TTL&0x7fff))
	s.End()
}

// EDNS options (IANA "DNS EDNS0 Option Codes").
const (
	ednsClientSubnet = 8  // RFC 7871
	ednsCookie       = 10 // RFC 7873
	ednsKeepalive    = 11 // RFC 7828
	ednsPadding      = 12 // RFC 7830
	ednsExtError     = 15 // RFC 8914
)

var ednsOptionNames = [...]string{
	1: "LLQ", 2: "UL", 3: "NSID", 5: "DAU", 6: "DHU", 7: "N3U", ednsClientSubnet: "CSUBNET", 9: "EXPIRE", ednsCookie: "COOKIE",
	ednsKeepalive: "KEEPALIVE", ednsPadding: "PADDING", 13: "CHAIN", 14: "KEY-TAG", ednsExtError: "EXT-ERROR",
	16: "CLIENT-TAG", 17: "SERVER-TAG", 18: "REPORT-CHANNEL",
}

// ednsOption pushes the next option. It reports false if the data ends before it does.
func (r *dnsData) ednsOption() bool {
	if r.end-r.off < 4 {
		return false
	}
	code, n := binary.BigEndian.Uint16(r.d[r.off:]), int(binary.BigEndian.Uint16(r.d[r.off+2:]))
	if r.end-r.off < 4+n {
		return false
	}
	name := ""
	if int(code) < len(ednsOptionNames) {
		name = ednsOptionNames[code]
	}
	off := r.base + r.off
	r.s.Begin(&ednsOptionField, off, 4+n)
	r.s.Enum(&ednsCodeField, off, 2, uint64(code), name)
	r.s.Uint(&ednsLenField, off+2, 2, uint64(n))
	r.off += 4
	r.s.Bytes(&ednsDataField, off+4, n, r.d[r.off:r.off+n])
	if ednsHasParts(code, n) {
		r.s.Begin(&ednsDataField, off+4, n)
		r.ednsParts(code, n)
		r.s.End()
	} else {
		r.off += n
	}
	r.s.End()
	return true
}

// ednsHasParts reports whether an option's data of n bytes has parts that are known.
func ednsHasParts(code uint16, n int) bool {
	switch code {
	case ednsClientSubnet:
		return n >= 4
	case ednsCookie:
		return n >= 8
	case ednsKeepalive:
		return n == 2
	case ednsPadding:
		return n > 0
	case ednsExtError:
		return n >= 2
	}
	return false
}

func (r *dnsData) ednsParts(code uint16, n int) {
	switch code {
	case ednsClientSubnet:
		family, _ := r.number(&ednsFamilyField, 2)
		r.number(&ednsNetmaskField, 1)
		r.number(&ednsScopeField, 1)
		r.subnet(family, n-4)
	case ednsCookie:
		r.bytes(&ednsCookieField, 8)
		r.bytes(&ednsServerField, n-8)
	case ednsKeepalive:
		r.number(&ednsTimeoutField, 2)
	case ednsPadding:
		r.bytes(&ednsPaddingField, n)
	case ednsExtError:
		r.number(&ednsInfoField, 2)
		r.words(&ednsTextField, n-2)
	}
}

// subnet pushes the n bytes that a Client Subnet option gives of an address.
func (r *dnsData) subnet(family uint64, n int) {
	b, off, _ := r.take(n)
	var a [16]byte
	switch {
	case family == 1 && n <= 4:
		copy(a[:], b)
		r.s.Addr(&ednsAddr4Field, off, n, netip.AddrFrom4([4]byte(a[:4])))
	case family == 2 && n <= 16:
		copy(a[:], b)
		r.s.Addr(&ednsAddr6Field, off, n, netip.AddrFrom16(a))
	default:
		r.s.Bytes(&ednsAddrField, off, n, b)
	}
}
