package dissect

import "encoding/binary"

// TLSMessage is the type of a handshake message (RFC 8446 section 4, RFC 5246 section 7.4).
type TLSMessage uint8

const (
	TLSClientHello TLSMessage = 1
	TLSServerHello TLSMessage = 2
	TLSTicket      TLSMessage = 4
	TLSCertificate TLSMessage = 11
)

var tlsMessageNames = [...]string{
	0: "Hello Request", 1: "Client Hello", 2: "Server Hello", 3: "Hello Verify Request", 4: "New Session Ticket", 5: "End of Early Data",
	8: "Encrypted Extensions", 11: "Certificate", 12: "Server Key Exchange", 13: "Certificate Request", 14: "Server Hello Done",
	15: "Certificate Verify", 16: "Client Key Exchange", 20: "Finished", 21: "Certificate URL", 22: "Certificate Status", 24: "Key Update",
}

// Name is the message's name, or "" for one that has none here.
func (m TLSMessage) Name() string {
	if int(m) < len(tlsMessageNames) {
		return tlsMessageNames[m]
	}
	return ""
}

// TLSExtension is the type of an extension (IANA "TLS ExtensionType Values").
type TLSExtension uint16

const (
	tlsServerName      TLSExtension = 0
	tlsGroups          TLSExtension = 10
	tlsPointFormats    TLSExtension = 11
	tlsSignatures      TLSExtension = 13
	tlsALPN            TLSExtension = 16
	tlsPadding         TLSExtension = 21
	tlsSupported       TLSExtension = 43
	tlsPSKModes        TLSExtension = 45
	tlsKeyShare        TLSExtension = 51
	tlsRenegotiation   TLSExtension = 0xff01
	tlsNumSmallExtName              = 58
)

var tlsExtensionNames = [tlsNumSmallExtName]string{
	0: "server_name", 1: "max_fragment_length", 5: "status_request", 10: "supported_groups", 11: "ec_point_formats", 13: "signature_algorithms",
	14: "use_srtp", 15: "heartbeat", 16: "application_layer_protocol_negotiation", 18: "signed_certificate_timestamp", 21: "padding",
	22: "encrypt_then_mac", 23: "extended_master_secret", 27: "compress_certificate", 28: "record_size_limit", 34: "delegated_credentials",
	35: "session_ticket", 41: "pre_shared_key", 42: "early_data", 43: "supported_versions", 44: "cookie", 45: "psk_key_exchange_modes",
	47: "certificate_authorities", 48: "oid_filters", 49: "post_handshake_auth", 50: "signature_algorithms_cert", 51: "key_share",
	57: "quic_transport_parameters",
}

// Name is the extension's name, or "" for one that has none here.
func (e TLSExtension) Name() string {
	switch {
	case int(e) < len(tlsExtensionNames):
		return tlsExtensionNames[e]
	case e == 17513:
		return "application_settings"
	case e == 65037:
		return "encrypted_client_hello"
	case e == tlsRenegotiation:
		return "renegotiation_info"
	}
	return ""
}

// TLSGroup is the number of a group for the exchange of keys (IANA "TLS Supported Groups").
type TLSGroup uint16

// Name is the group's name, or "" for one that has none here.
func (g TLSGroup) Name() string {
	switch g {
	case 23:
		return "secp256r1"
	case 24:
		return "secp384r1"
	case 25:
		return "secp521r1"
	case 29:
		return "x25519"
	case 30:
		return "x448"
	case 256:
		return "ffdhe2048"
	case 257:
		return "ffdhe3072"
	case 258:
		return "ffdhe4096"
	case 259:
		return "ffdhe6144"
	case 260:
		return "ffdhe8192"
	case 4588:
		return "X25519MLKEM768"
	}
	return ""
}

var (
	tlsMessageField   = Field{Name: "tls.handshake.type", Label: "handshake", Title: "Handshake Type", Rank: 1, Form: FormBare}
	tlsMsgLenField    = Field{Name: "tls.handshake.length", Label: "len", Title: "Length"}
	tlsHelloVersion   = Field{Name: "tls.handshake.version", Label: "version", Title: "Version", Base: Hex}
	tlsRandomField    = Field{Name: "tls.handshake.random", Label: "random", Title: "Random"}
	tlsSessionLen     = Field{Name: "tls.handshake.session_id_length", Label: "len", Title: "Session ID Length"}
	tlsSessionID      = Field{Name: "tls.handshake.session_id", Label: "session", Title: "Session ID"}
	tlsSuitesLen      = Field{Name: "tls.handshake.cipher_suites_length", Label: "len", Title: "Cipher Suites Length"}
	tlsOfferedSuite   = Field{Name: "tls.handshake.ciphersuite", Label: "cipher", Title: "Cipher Suite", Base: Hex}
	tlsChosenSuite    = Field{Name: "tls.handshake.ciphersuite", Label: "cipher", Title: "Cipher Suite", Rank: 5, Base: Hex}
	tlsMethodsLen     = Field{Name: "tls.handshake.comp_methods_length", Label: "len", Title: "Compression Methods Length"}
	tlsMethod         = Field{Name: "tls.handshake.comp_method", Label: "compression", Title: "Compression Method"}
	tlsExtensionsLen  = Field{Name: "tls.handshake.extensions_length", Label: "len", Title: "Extensions Length"}
	tlsExtensionGroup = Field{Label: "extension", Title: "Extension"}
	tlsExtensionType  = Field{Name: "tls.handshake.extension.type", Label: "type", Title: "Type"}
	tlsExtensionLen   = Field{Name: "tls.handshake.extension.len", Label: "len", Title: "Length"}
	tlsExtensionData  = Field{Label: "data", Title: "Data"}
	tlsNameListLen    = Field{Name: "tls.handshake.extensions_server_name_list_len", Label: "len", Title: "Server Name List Length"}
	tlsNameType       = Field{Name: "tls.handshake.extensions_server_name_type", Label: "type", Title: "Server Name Type"}
	tlsNameLen        = Field{Name: "tls.handshake.extensions_server_name_len", Label: "len", Title: "Server Name Length"}
	tlsName           = Field{Name: "tls.handshake.extensions_server_name", Label: "sni", Title: "Server Name", Rank: 3}
	tlsGroupsLen      = Field{Name: "tls.handshake.extensions_supported_groups_length", Label: "len", Title: "Supported Groups Length"}
	tlsGroupField     = Field{Name: "tls.handshake.extensions_supported_group", Label: "group", Title: "Supported Group", Base: Hex}
	tlsFormatsLen     = Field{Name: "tls.handshake.extensions_ec_point_formats_length", Label: "len", Title: "Point Formats Length"}
	tlsFormatField    = Field{Name: "tls.handshake.extensions_ec_point_format", Label: "format", Title: "Point Format"}
	tlsSignaturesLen  = Field{Name: "tls.handshake.sig_hash_alg_len", Label: "len", Title: "Signature Algorithms Length"}
	tlsSignatureField = Field{Name: "tls.handshake.sig_hash_alg", Label: "signature", Title: "Signature Algorithm", Base: Hex}
	tlsALPNLen        = Field{Name: "tls.handshake.extensions_alpn_len", Label: "len", Title: "ALPN Length"}
	tlsALPNStrLen     = Field{Name: "tls.handshake.extensions_alpn_str_len", Label: "len", Title: "Protocol Length"}
	tlsALPNStr        = Field{Name: "tls.handshake.extensions_alpn_str", Label: "alpn", Title: "Next Protocol", Rank: 4}
	tlsSupportedLen   = Field{Name: "tls.handshake.extensions.supported_versions_len", Label: "len", Title: "Supported Versions Length"}
	tlsOfferedVersion = Field{Name: "tls.handshake.extensions.supported_version", Label: "version", Title: "Supported Version", Base: Hex}
	tlsChosenVersion  = Field{Name: "tls.handshake.extensions.supported_version", Label: "version", Title: "Version", Rank: 3, Base: Hex}
	tlsPSKModesLen    = Field{Name: "tls.extension.psk_ke_modes_length", Label: "len", Title: "PSK Modes Length"}
	tlsPSKMode        = Field{Name: "tls.extension.psk_ke_mode", Label: "mode", Title: "PSK Mode"}
	tlsSharesLen      = Field{Name: "tls.handshake.extensions_key_share_client_length", Label: "len", Title: "Key Share Length"}
	tlsShareGroup     = Field{Name: "tls.handshake.extensions_key_share_group", Label: "group", Title: "Group"}
	tlsRetryGroup     = Field{Name: "tls.handshake.extensions_key_share_selected_group", Label: "group", Title: "Selected Group"}
	tlsShareLen       = Field{Name: "tls.handshake.extensions_key_share_key_exchange_length", Label: "len", Title: "Key Exchange Length"}
	tlsShare          = Field{Name: "tls.handshake.extensions_key_share_key_exchange", Label: "key", Title: "Key Exchange"}
	tlsPaddingData    = Field{Name: "tls.handshake.extensions_padding_data", Label: "padding", Title: "Padding"}
	tlsRenegLen       = Field{Name: "tls.handshake.extensions_reneg_info_len", Label: "len", Title: "Renegotiation Info Length"}
	tlsCertsLen       = Field{Name: "tls.handshake.certificates_length", Label: "len", Title: "Certificates Length"}
	tlsCertLen        = Field{Name: "tls.handshake.certificate_length", Label: "len", Title: "Certificate Length"}
	tlsCert           = Field{Name: "tls.handshake.certificate", Label: "certificate", Title: "Certificate"}
	tlsTicketLife     = Field{Name: "tls.handshake.session_ticket_lifetime_hint", Label: "lifetime", Title: "Session Ticket Lifetime (s)"}
	tlsTicketLen      = Field{Name: "tls.handshake.session_ticket_length", Label: "len", Title: "Session Ticket Length"}
	tlsTicket         = Field{Name: "tls.handshake.session_ticket", Label: "ticket", Title: "Session Ticket"}
	tlsBodyField      = Field{Label: "body", Title: "Body"}
)

// tlsInClear reports whether the content of a record, captured of length bytes, is made of handshake messages. A message in
// several records is not recognised, and what is encrypted hardly ever is.
func tlsInClear(b []byte, length int) bool {
	for length > 0 {
		if len(b) < 4 || TLSMessage(b[0]).Name() == "" {
			return false
		}
		n := 4 + tlsUint24(b[1:])
		if n > length {
			return false
		}
		length -= n
		if n >= len(b) {
			return n == len(b) && length == 0 || n > len(b)
		}
		b = b[n:]
	}
	return true
}

func tlsUint24(b []byte) int { return int(b[0])<<16 | int(binary.BigEndian.Uint16(b[1:])) }

// tlsReader describes what is in b, from the front to the back. A value of which there is too little takes what is left as
// data, and all that comes after it finds nothing. base is the offset in the layer of the first byte of b.
type tlsReader struct {
	s    Sink
	b    []byte
	base int
}

// sub gives a reader of the next n bytes, or of as many as there are, and leaves what is behind them.
func (r *tlsReader) sub(n int) tlsReader {
	n = min(n, len(r.b))
	inner := tlsReader{r.s, r.b[:n], r.base}
	r.skip(n)
	return inner
}

func (r *tlsReader) skip(n int) { r.b, r.base = r.b[n:], r.base+n }

// rest describes all that is left.
func (r *tlsReader) rest(f *Field) {
	if len(r.b) > 0 {
		r.s.Bytes(f, r.base, len(r.b), r.b)
		r.skip(len(r.b))
	}
}

// take reads the number in the next n bytes; ok is false where there are fewer.
func (r *tlsReader) take(n int) (v uint64, ok bool) {
	if len(r.b) < n {
		r.rest(&tlsExtensionData)
		return 0, false
	}
	for _, c := range r.b[:n] {
		v = v<<8 | uint64(c)
	}
	r.skip(n)
	return v, true
}

func (r *tlsReader) uint(f *Field, n int) int {
	v, ok := r.take(n)
	if ok {
		r.s.Uint(f, r.base-n, n, v)
	}
	return int(v)
}

func (r *tlsReader) bytes(f *Field, n int) {
	inner := r.sub(n)
	inner.rest(f)
}

func (r *tlsReader) text(f *Field, n int) {
	inner := r.sub(n)
	if len(inner.b) > 0 {
		r.s.Text(f, inner.base, len(inner.b), inner.b)
	}
}

// list reads numbers of size bytes to the end; name names them.
func (r *tlsReader) list(f *Field, size int, name func(uint64) string) {
	for len(r.b) > 0 {
		if v, ok := r.take(size); ok {
			r.s.Enum(f, r.base-size, size, v, name(v))
		}
	}
}

func tlsNoName(uint64) string        { return "" }
func tlsSuiteName(v uint64) string   { return TLSCipherSuite(v).Name() }
func tlsGroupName(v uint64) string   { return TLSGroup(v).Name() }
func tlsVersionName(v uint64) string { return TLSVersion(v).Name() }
func (r *tlsReader) enum(f *Field, n int, name func(uint64) string) uint64 {
	v, ok := r.take(n)
	if ok {
		r.s.Enum(f, r.base-n, n, v, name(v))
	}
	return v
}

// handshake describes the messages of a record with length bytes of content. It reports whether one of them chose a
// version that hides the types of records.
func (r *tlsReader) handshake(length int) (opaque bool) {
	for len(r.b) > 0 {
		m := TLSMessage(r.enum(&tlsMessageField, 1, func(v uint64) string { return TLSMessage(v).Name() }))
		n := r.uint(&tlsMsgLenField, 3)
		body := r.sub(n)
		switch m {
		case TLSClientHello, TLSServerHello:
			if body.hello(m == TLSServerHello) >= TLS13 {
				opaque = true
			}
		case TLSCertificate:
			if len(body.b) >= 3 && 3+tlsUint24(body.b) == n {
				body.certificates()
			}
		case TLSTicket:
			if len(body.b) >= 6 && 6+int(binary.BigEndian.Uint16(body.b[4:])) == n {
				body.uint(&tlsTicketLife, 4)
				body.bytes(&tlsTicket, body.uint(&tlsTicketLen, 2))
			}
		}
		body.rest(&tlsBodyField)
	}
	return opaque
}

// certificates describes a chain in the form that it had up to TLS 1.2; in TLS 1.3 it is encrypted.
func (r *tlsReader) certificates() {
	r.uint(&tlsCertsLen, 3)
	for len(r.b) > 0 {
		r.bytes(&tlsCert, r.uint(&tlsCertLen, 3))
	}
}

// hello describes a Client Hello or a Server Hello, and gives the version that the latter chose in an extension.
func (r *tlsReader) hello(server bool) (chosen TLSVersion) {
	r.enum(&tlsHelloVersion, 2, tlsVersionName)
	r.bytes(&tlsRandomField, 32)
	r.bytes(&tlsSessionID, r.uint(&tlsSessionLen, 1))
	if server {
		r.enum(&tlsChosenSuite, 2, tlsSuiteName)
		r.uint(&tlsMethod, 1)
	} else {
		suites := r.sub(r.uint(&tlsSuitesLen, 2))
		suites.list(&tlsOfferedSuite, 2, tlsSuiteName)
		methods := r.sub(r.uint(&tlsMethodsLen, 1))
		methods.list(&tlsMethod, 1, tlsNoName)
	}
	if len(r.b) == 0 {
		return 0
	}
	extensions := r.sub(r.uint(&tlsExtensionsLen, 2))
	for len(extensions.b) > 0 {
		if v := extensions.extension(server); v != 0 {
			chosen = v
		}
	}
	return chosen
}

// extension describes one extension, and gives the version that it chooses, if any.
func (r *tlsReader) extension(server bool) (chosen TLSVersion) {
	n := len(r.b)
	if n >= 4 {
		n = min(n, 4+int(binary.BigEndian.Uint16(r.b[2:])))
	}
	r.s.Begin(&tlsExtensionGroup, r.base, n)
	e := r.sub(n)
	t := TLSExtension(e.enum(&tlsExtensionType, 2, func(v uint64) string { return TLSExtension(v).Name() }))
	e.uint(&tlsExtensionLen, 2)
	switch {
	case len(e.b) == 0:
	case t == tlsServerName:
		e.uint(&tlsNameListLen, 2)
		for len(e.b) > 0 {
			e.uint(&tlsNameType, 1)
			e.text(&tlsName, e.uint(&tlsNameLen, 2))
		}
	case t == tlsGroups:
		e.uint(&tlsGroupsLen, 2)
		e.list(&tlsGroupField, 2, tlsGroupName)
	case t == tlsPointFormats:
		e.uint(&tlsFormatsLen, 1)
		e.list(&tlsFormatField, 1, tlsNoName)
	case t == tlsSignatures:
		e.uint(&tlsSignaturesLen, 2)
		e.list(&tlsSignatureField, 2, tlsNoName)
	case t == tlsALPN:
		e.uint(&tlsALPNLen, 2)
		for len(e.b) > 0 {
			e.text(&tlsALPNStr, e.uint(&tlsALPNStrLen, 1))
		}
	case t == tlsPadding:
		e.rest(&tlsPaddingData)
	case t == tlsSupported && server:
		chosen = TLSVersion(e.enum(&tlsChosenVersion, 2, tlsVersionName))
	case t == tlsSupported:
		e.uint(&tlsSupportedLen, 1)
		e.list(&tlsOfferedVersion, 2, tlsVersionName)
	case t == tlsPSKModes:
		e.uint(&tlsPSKModesLen, 1)
		e.list(&tlsPSKMode, 1, tlsNoName)
	case t == tlsKeyShare && server && len(e.b) == 2:
		e.enum(&tlsRetryGroup, 2, tlsGroupName)
	case t == tlsKeyShare:
		if !server {
			e.uint(&tlsSharesLen, 2)
		}
		for len(e.b) > 0 {
			e.enum(&tlsShareGroup, 2, tlsGroupName)
			e.bytes(&tlsShare, e.uint(&tlsShareLen, 2))
		}
	case t == tlsRenegotiation:
		e.uint(&tlsRenegLen, 1)
	}
	e.rest(&tlsExtensionData)
	r.s.End()
	return chosen
}
