package format

// head2 prints the name of a payload of IKEv2, and whether it is critical.
func (w *ikeWalk) head2(b []byte, name string, at int) []byte {
	b = append(b, name...)
	if w.d[at+1]&0x80 != 0 {
		b = append(b, "[C]"...)
	}
	return append(b, ':')
}

// payload2 prints a payload of IKEv2 (RFC 7296 section 3).
func (w *ikeWalk) payload2(b []byte, kind, at, size, depth int) ([]byte, int) {
	p, end := w.p, at+size
	name := ikePayloadText[kind]
	switch kind {
	case ikeSA2:
		b = appendInt(append(w.head2(b, "sa", at), " len="...), size-4)
		return w.proposals2(b, at+4, end, depth+1), end
	case ikeKey2:
		if !w.has(at, 8) {
			return w.cut(b, kind), -1
		}
		b = appendDecimal(append(w.head2(b, name, at), " len="...), uint64(uint32(size-8)))
		b = appendIKEName(append(b, " group="...), ikeGroupText[:], int(be16(w.d, at+4)))
		if size > 8 {
			b = w.rest(b, at+8, size-8)
		}
		return b, end
	case ikeIDi2, ikeIDr2:
		if !w.has(at, 8) {
			return w.cut(b, kind), -1
		}
		b = appendInt(append(w.head2(b, name, at), " len="...), size-4)
		b = w.rest(b, at+4, size-4)
		b = w.id2(b, w.d[at+8:max(at+8, end)], int(w.d[at+4]))
		if size < 8 {
			return w.cut(b, kind), -1
		}
		return b, end
	case ikeAuth2:
		if !w.has(at, 8) {
			return w.cut(b, kind), -1
		}
		b = appendInt(append(w.head2(b, name, at), " len="...), size-4)
		b = appendIKEName(append(b, " method="...), ikeAuthText[:], int(w.d[at+4]))
		if p.opts.Verbose > 1 {
			b = append(appendHexBytes(append(b, " authdata=("...), w.d[at+8:max(at+8, end)]), ") "...)
		} else {
			b = append(w.some(append(b, " data=("...), at+8), ')')
		}
		return b, end
	case ikeNonce2:
		b = appendInt(append(w.head2(b, "nonce", at), " len="...), size-4)
		if p.opts.Verbose > 1 {
			b = append(appendHexBytes(append(b, " nonce=("...), w.d[at+4:end]), ") "...)
		} else {
			b = append(w.some(append(b, " data=("...), at+4), ')')
		}
		return b, end
	case ikeNotify2:
		return w.notify2(b, at, size)
	case ikeVendor2:
		b = appendInt(append(w.head2(b, name, at), " len="...), size-4)
		b = appendGraphic(append(b, " vid="...), w.d[at+4:end])
		if size > 8 {
			b = w.rest(b, at+4, size-4)
		}
		return b, end
	}
	b = appendInt(append(w.head2(b, name, at), " len="...), size-4)
	return w.rest(b, at+4, size-4), end
}

// appendGraphic appends text, dots for what is no visible character.
func appendGraphic(b, text []byte) []byte {
	for _, c := range text {
		if c < ' ' || c >= 0x7f {
			c = '.'
		}
		b = append(b, c)
	}
	return b
}

// id2 prints the data d of an identification of a kind.
func (w *ikeWalk) id2(b, d []byte, kind int) []byte {
	switch kind {
	case 1:
		return appendHexBytes(append(b, " ipv4:"...), d)
	case 2:
		return appendGraphic(append(b, " fqdn:"...), d)
	case 3:
		return appendGraphic(append(b, " rfc822:"...), d)
	case 5:
		return appendHexBytes(append(b, " ipv6:"...), d)
	case 9:
		return appendHexBytes(append(b, " dn:"...), d)
	case 10:
		return appendHexBytes(append(b, " gn:"...), d)
	case 11:
		return appendHexBytes(append(b, " keyid:"...), d)
	}
	return b
}

// proposals2 prints the proposals of a security association that ends at end.
func (w *ikeWalk) proposals2(b []byte, at, end, depth int) []byte {
	for more := byte(ikeProposal); more != 0; {
		size, ok := w.member(at, end)
		if !ok {
			return w.cut(b, ikeSA2)
		}
		b = append(appendIKEIndent(b, depth), '(')
		if more == ikeProposal {
			b, ok = w.proposal2(b, at, at+size, depth)
		} else {
			b = appendIKEPayload(b, int(more))
		}
		if w.p.stopped {
			return b
		}
		more = w.d[at]
		b = append(b, ')')
		if !ok && more != 0 {
			return w.cut(b, ikeSA2)
		}
		at += size
	}
	return b
}

// member gives the length of the proposal or transform at at, and whether it is there up to end.
func (w *ikeWalk) member(at, end int) (size int, ok bool) {
	if at+ikePayloadHeaderLen > end {
		return 0, false
	}
	size = int(be16(w.d, at+2))
	return size, size > ikePayloadHeaderLen && at+size <= end
}

// proposal2 prints the proposal from at to end, and its transforms, and reports whether they are all there.
func (w *ikeWalk) proposal2(b []byte, at, end, depth int) ([]byte, bool) {
	if !w.has(at, 8) {
		return w.cut(b, ikeProposal), false
	}
	spi := int(w.d[at+6])
	b = appendInt(append(w.head2(b, "p", at), " #"...), int(w.d[at+4]))
	b = appendIKEName(append(b, " protoid="...), ikeProtoText[:], int(w.d[at+5]))
	b = appendInt(append(b, " transform="...), int(w.d[at+7]))
	b = appendInt(append(b, " len="...), end-at)
	at += 8
	if spi > 0 {
		if end < at+spi {
			return w.cut(b, ikeProposal), false
		}
		b = appendHexBytes(append(b, " spi="...), w.d[at:at+spi])
		at += spi
	}
	more := byte(ikeTransform)
	for n := 1; more != 0; n++ {
		size, ok := w.member(at, end)
		if !ok {
			return w.cut(b, ikeProposal), false
		}
		b = append(appendIKEIndent(b, depth+1), '(')
		if more == ikeTransform {
			b, ok = w.transform2(b, at, at+size, n)
		} else {
			b = appendIKEPayload(b, int(more))
		}
		if w.p.stopped {
			return b, false
		}
		more = w.d[at]
		b = append(b, ')')
		if !ok && more != 0 {
			return w.cut(b, ikeProposal), false
		}
		at += size
	}
	return b, true
}

// transform2 prints the transform from at to end, the nth, and reports whether its attributes are all there.
func (w *ikeWalk) transform2(b []byte, at, end, n int) ([]byte, bool) {
	if !w.has(at, 8) {
		return w.cut(b, ikeTransform), false
	}
	kind, id := int(w.d[at+4]), int(be16(w.d, at+6))
	b = append(appendInt(append(w.head2(b, "t", at), " #"...), n), " type="...)
	b = append(appendIKEName(b, ikeTransformText[:], kind), " id="...)
	var ids []string
	if kind < len(ikeTransformIDs) {
		ids = ikeTransformIDs[kind]
	}
	if ids == nil {
		b = appendInt(b, id)
	} else {
		b = appendIKEName(b, ids, id)
	}
	b, next := w.attributes(append(b, ' '), at+8, end, ikeAttrs2)
	return b, next <= end
}

// notify2 prints a notification of IKEv2.
func (w *ikeWalk) notify2(b []byte, at, size int) ([]byte, int) {
	if !w.has(at, 8) {
		return w.cut(b, ikeNotify), -1
	}
	proto, spi, kind := int(w.d[at+4]), int(w.d[at+5]), int(be16(w.d, at+6))
	b = appendIKEName(append(w.head2(b, "n", at), " prot_id="...), ikeProtoText[:], proto)
	b = append(appendInt(append(b, " type="...), kind), '(')
	b = append(append(b, ikeNotify2Name(kind)...), ')')
	end := at + size
	at += 8
	if spi > 0 {
		b = append(b, " spi="...)
		if !w.has(at, spi) {
			return w.cut(b, ikeNotify), -1
		}
		b, at = appendHexBytes(b, w.d[at:at+spi]), at+spi
	}
	if kind == 16390 && at < len(w.d) { // a cookie
		b = append(b, " data=("...)
		if len(w.d)-at < 30 {
			b = appendHexBytes(b, w.d[at:])
		} else {
			b = w.some(b, at)
		}
		b = append(b, ')')
	}
	return b, end
}

// ikeNotify2Name is what tcpdump calls a notification of IKEv2.
func ikeNotify2Name(kind int) string {
	switch {
	case kind < len(ikeErrors2) && ikeErrors2[kind] != "":
		return ikeErrors2[kind]
	case kind >= 16384 && kind < 16384+len(ikeStatus2):
		return ikeStatus2[kind-16384]
	case kind < 8192:
		return "error"
	case kind < 16384:
		return "private-error"
	case kind < 40960:
		return "status"
	}
	return "private-status"
}

var ikeErrors2 = [...]string{
	1: "unsupported_critical_payload", 4: "invalid_ike_spi", "invalid_major_version", 7: "invalid_syntax", 9: "invalid_message_id",
	11: "invalid_spi", 14: "no_protocol_chosen", 17: "invalid_ke_payload", 24: "authentication_failed", 34: "single_pair_required",
	"no_additional_sas", "internal_address_failure", "failed:cp_required", 39: "invalid_selectors",
}

var ikeStatus2 = [...]string{
	"initial_contact", "set_window_size", "additional_ts_possible", "ipcomp_supported", "nat_detection_source_ip",
	"nat_detection_destination_ip", "cookie", "use_transport_mode", "http_cert_lookup_supported", "rekey_sa",
	"tfc_padding_not_supported", "non_first_fragment_also",
}

var ikeTransformText = [...]string{1: "encr", "prf", "integ", "dh", "esn"}

var ikeTransformIDs = [...][]string{
	1: ikeEncryptionText[:],
	2: {1: "hmac-md5", "hmac-sha", "hmac-tiger", "aes128_xcbc"},
	3: {1: "hmac-md5", "hmac-sha", "dec-mac", "kpdk-md5", "aes-xcbc"},
	4: ikeGroupText[:],
	5: {"no-esn", "esn"},
}

var ikeAuthText = [...]string{"invalid", "rsasig", "shared-secret", "dsssig"}

var ikeExchangeText = [...]string{
	"none", "base", "ident", "auth", "agg", "inf", 32: "oakley-quick", "oakley-newgroup", "ikev2_init", "ikev2_auth", "child_sa", "inf2",
}

var ikePayloadText = [...]string{
	"none", "sa", "p", "t", "ke", "id", "cert", "cr", "hash", "sig", "nonce", "n", "d", "vid", "pay14", "pay15", "pay16", "pay17", "pay18",
	"pay19", "pay20", "pay21", "pay22", "pay23", "pay24", "pay25", "pay26", "pay27", "pay28", "pay29", "pay30", "pay31", "pay32",
	"v2sa", "v2ke", "v2IDi", "v2IDr", "v2cert", "v2cr", "v2auth", "v2nonce", "v2n", "v2d", "v2vid", "v2TSi", "v2TSr", "v2e", "v2cp", "v2eap",
}

var ikeProtoText = [...]string{1: "isakmp", "ipsec-ah", "ipsec-esp", "ipcomp"}

var ikeISAKMPText = [...]string{1: "ike"}

var ikeAHText = [...]string{1: "(reserved)", "md5", "sha", "1des", "sha2-256", "sha2-384", "sha2-512"}

var ikeEncryptionText = [...]string{
	1: "1des-iv64", "1des", "3des", "rc5", "idea", "cast", "blowfish", "3idea", "1des-iv32", "rc4", "null", "aes",
}

var ikeIPCompText = [...]string{1: "oui", "deflate", "lzs"}

var ikeCertText = [...]string{
	"none", "pkcs7", "pgp", "dns", "x509sign", "x509ke", "kerberos", "crl", "arl", "spki", "x509attr",
}

var ikeIDText = [...]string{
	1: "IPv4", "FQDN", "user FQDN", "IPv4net", "IPv6", "IPv6net", "IPv4range", "IPv6range", "ASN1 DN", "ASN1 GN", "keyid",
}

var ikeGroupText = [...]string{
	1: "modp768", "modp1024", "EC2N 2^155", "EC2N 2^185", "modp1536", "iana-grp06", "iana-grp07", "iana-grp08", "iana-grp09",
	"iana-grp10", "iana-grp11", "iana-grp12", "iana-grp13", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192",
}

var (
	ikeLifeTypes = []string{1: "sec", "kb"}

	ikeISAKMPAttrs = []ikeAttr{
		1:  {"enc", []string{1: "1des", "idea", "blowfish", "rc5", "3des", "cast", "aes"}},
		2:  {"hash", []string{1: "md5", "sha1", "tiger", "sha2-256", "sha2-384", "sha2-512"}},
		3:  {"auth", []string{1: "preshared", "dss", "rsa sig", "rsa enc", "rsa enc revised"}},
		4:  {"group desc", ikeGroupText[:len(ikeGroupText)-1]},
		5:  {"group type", []string{1: "MODP", "ECP", "EC2N"}},
		6:  {"group prime", nil},
		7:  {"group gen1", nil},
		8:  {"group gen2", nil},
		9:  {"group curve A", nil},
		10: {"group curve B", nil},
		11: {"lifetype", ikeLifeTypes},
		12: {"lifeduration", nil},
		13: {"prf", nil},
		14: {"keylen", nil},
		15: {"field", nil},
		16: {"order", nil},
	}
	ikeIPsecAttrs = []ikeAttr{
		1: {"lifetype", ikeLifeTypes},
		2: {"life", nil},
		3: {"group desc", ikeGroupText[:len(ikeGroupText)-1]},
		4: {"enc mode", []string{1: "tunnel", "transport"}},
		5: {"auth", []string{1: "hmac-md5", "hmac-sha1", "1des-mac", "keyed"}},
		6: {"keylen", nil},
		7: {"rounds", nil},
		8: {"dictsize", nil},
		9: {"privalg", nil},
	}
	ikeAttrs2 = []ikeAttr{14: {"keylen", nil}}
)

var ikeErrorText = [...]string{
	1: "INVALID-PAYLOAD-TYPE", "DOI-NOT-SUPPORTED", "SITUATION-NOT-SUPPORTED", "INVALID-COOKIE", "INVALID-MAJOR-VERSION",
	"INVALID-MINOR-VERSION", "INVALID-EXCHANGE-TYPE", "INVALID-FLAGS", "INVALID-MESSAGE-ID", "INVALID-PROTOCOL-ID", "INVALID-SPI",
	"INVALID-TRANSFORM-ID", "ATTRIBUTES-NOT-SUPPORTED", "NO-PROPOSAL-CHOSEN", "BAD-PROPOSAL-SYNTAX", "PAYLOAD-MALFORMED",
	"INVALID-KEY-INFORMATION", "INVALID-ID-INFORMATION", "INVALID-CERT-ENCODING", "INVALID-CERTIFICATE", "CERT-TYPE-UNSUPPORTED",
	"INVALID-CERT-AUTHORITY", "INVALID-HASH-INFORMATION", "AUTHENTICATION-FAILED", "INVALID-SIGNATURE", "ADDRESS-NOTIFICATION",
	"NOTIFY-SA-LIFETIME", "CERTIFICATE-UNAVAILABLE", "UNSUPPORTED-EXCHANGE-TYPE", "UNEQUAL-PAYLOAD-LENGTHS",
}

var (
	ikeReservedText    = [...]string{"RESERVED"}
	ikeStatusText      = [...]string{"CONNECTED"}
	ikeIPsecStatusText = [...]string{"RESPONDER-LIFETIME", "REPLAY-STATUS", "INITIAL-CONTACT"}
)
