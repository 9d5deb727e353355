package dissect

import "encoding/binary"

// Offsets in a record of TLS, and lengths, in bytes.
const (
	tlsType    = 0
	tlsVersion = 1
	tlsLength  = 3

	TLSRecordHeaderLen = 5

	// RFC 8446 section 5.2 allows 256 bytes on top of the 2^14 of a record, RFC 5246 section 6.2.3 2048.
	tlsMaxLength = 1<<14 + 2048
)

// TLSType is the type of a record's content (RFC 8446 section 5.1).
type TLSType uint8

const (
	TLSChangeCipherSpec TLSType = 20
	TLSAlert            TLSType = 21
	TLSHandshake        TLSType = 22
	TLSData             TLSType = 23
	TLSHeartbeat        TLSType = 24
)

var tlsTypeNames = [...]string{"Change Cipher Spec", "Alert", "Handshake", "Application Data", "Heartbeat"}

// Name is the type's name, or "" for one that has none.
func (t TLSType) Name() string {
	if t >= TLSChangeCipherSpec && t <= TLSHeartbeat {
		return tlsTypeNames[t-TLSChangeCipherSpec]
	}
	return ""
}

func (t TLSType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// TLSVersion is a version of the protocol as it stands in records and messages.
type TLSVersion uint16

// TLS13 is the first version whose records hide their type.
const TLS13 TLSVersion = 0x0304

var tlsVersionNames = [...]string{"SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}

// Name is the version's name, or "" for one that has none.
func (v TLSVersion) Name() string {
	if v>>8 == 3 && int(v&0xff) < len(tlsVersionNames) {
		return tlsVersionNames[v&0xff]
	}
	return ""
}

func (v TLSVersion) String() string { return nameOrHex(v.Name(), uint64(v), 4) }

// TLSRecord is a view of one record of TLS (RFC 8446 section 5.1), or of the beginning of one.
//
//	 0      7 8                      23 24                           39
//	+--------+-------------------------+------------------------------+
//	|  Type  |     Legacy Version      |            Length            |
//	+--------+-------------------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type TLSRecord []byte

// Check reports whether a record begins here: ErrTruncated if bytes of its header are missing, ErrUnsupported for anything
// that is none, such as the middle of one.
func (r TLSRecord) Check() error {
	switch {
	case len(r) < TLSRecordHeaderLen:
		return ErrTruncated
	case r.Type().Name() == "", r.Version().Name() == "", r.Length() > tlsMaxLength, r.Length() == 0 && r.Type() != TLSData:
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check, and all of the record is in the slice.
func (r TLSRecord) CheckWhole() error {
	if err := r.Check(); err != nil {
		return err
	}
	if len(r) < TLSRecordHeaderLen+r.Length() {
		return ErrTruncated
	}
	return nil
}

func (r TLSRecord) Type() TLSType { return TLSType(r[tlsType]) }

// Version is the version that the record claims; of TLS 1.3 it is that of TLS 1.2.
func (r TLSRecord) Version() TLSVersion { return TLSVersion(binary.BigEndian.Uint16(r[tlsVersion:])) }

// Length is the length of the content in bytes.
func (r TLSRecord) Length() int { return int(binary.BigEndian.Uint16(r[tlsLength:])) }

// Content is what stands in the record, as far as the slice goes.
func (r TLSRecord) Content() []byte {
	return r[TLSRecordHeaderLen:min(len(r), TLSRecordHeaderLen+r.Length())]
}

var (
	tlsRecordField  = Field{Label: "record", Title: "Record"}
	tlsTypeField    = Field{Name: "tls.record.content_type", Label: "type", Title: "Content Type", Rank: 1, Form: FormBare}
	tlsOpaqueField  = Field{Name: "tls.record.opaque_type", Label: "type", Title: "Opaque Type", Rank: 1, Form: FormBare}
	tlsVersionField = Field{Name: "tls.record.version", Label: "version", Title: "Version", Base: Hex}
	tlsLengthField  = Field{Name: "tls.record.length", Label: "len", Title: "Length"}
	tlsDataField    = Field{Name: "tls.app_data", Label: "data", Title: "Encrypted Application Data"}
	tlsSpecField    = Field{Label: "spec", Title: "Change Cipher Spec"}
	tlsSecretField  = Field{Label: "encrypted", Title: "Encrypted, or a piece of a message"}
	tlsLevelField   = Field{Name: "tls.alert_message.level", Label: "level", Title: "Level", Rank: 1, Form: FormBare}
	tlsDescField    = Field{Name: "tls.alert_message.desc", Label: "desc", Title: "Description", Rank: 1, Form: FormBare}
)

// tlsSession is what the records of one segment say of those behind them.
type tlsSession struct {
	encrypted bool // Change Cipher Spec came
	opaque    bool // the version is one that hides types
}

// next is asked of each record before it is described.
func (t *tlsSession) next(r TLSRecord) {
	if r.Type() == TLSData && t.encrypted {
		// Up to TLS 1.2 the first record behind Change Cipher Spec is a Finished message; TLS 1.3 sends the former for show only.
		t.opaque = true
	}
}

// Fields describes the record to s; off is where in the layer it stands.
func (r TLSRecord) fields(s Sink, off int, t *tlsSession) {
	t.next(r)
	n := len(r)
	s.Begin(&tlsRecordField, off, n)
	typ := &tlsTypeField
	if t.opaque && r.Type() == TLSData {
		typ = &tlsOpaqueField
	}
	s.Enum(typ, off+tlsType, 1, uint64(r.Type()), r.Type().Name())
	s.Enum(&tlsVersionField, off+tlsVersion, 2, uint64(r.Version()), r.Version().Name())
	s.Uint(&tlsLengthField, off+tlsLength, 2, uint64(r.Length()))
	content, at := r.Content(), off+TLSRecordHeaderLen
	switch {
	case len(content) == 0:
	case r.Type() == TLSChangeCipherSpec:
		s.Bytes(&tlsSpecField, at, len(content), content)
		t.encrypted = true
	case r.Type() == TLSData:
		s.Bytes(&tlsDataField, at, len(content), content)
	case r.Type() == TLSAlert && len(content) == 2 && !t.encrypted:
		level, desc := TLSAlertLevel(content[0]), TLSAlertDesc(content[1])
		s.Enum(&tlsLevelField, at, 1, uint64(level), level.Name())
		s.Enum(&tlsDescField, at+1, 1, uint64(desc), desc.Name())
	case r.Type() == TLSHandshake && !t.encrypted && tlsInClear(content, r.Length()):
		if m := (tlsReader{s: s, b: content, base: at}); m.handshake(r.Length()) {
			t.opaque = true
		}
	default:
		s.Bytes(&tlsSecretField, at, len(content), content)
	}
	s.End()
}

// TLSAlertLevel and TLSAlertDesc are the two bytes of an alert (RFC 8446 section 6).
type TLSAlertLevel uint8
type TLSAlertDesc uint8

// Name is the level's name, or "".
func (l TLSAlertLevel) Name() string {
	switch l {
	case 1:
		return "warning"
	case 2:
		return "fatal"
	}
	return ""
}

var tlsAlertNames = [...]string{
	0: "close notify", 10: "unexpected message", 20: "bad record MAC", 21: "decryption failed", 22: "record overflow", 30: "decompression failure",
	40: "handshake failure", 41: "no certificate", 42: "bad certificate", 43: "unsupported certificate", 44: "certificate revoked",
	45: "certificate expired", 46: "certificate unknown", 47: "illegal parameter", 48: "unknown CA", 49: "access denied", 50: "decode error",
	51: "decrypt error", 60: "export restriction", 70: "protocol version", 71: "insufficient security", 80: "internal error",
	86: "inappropriate fallback", 90: "user canceled", 100: "no renegotiation", 109: "missing extension", 110: "unsupported extension",
	111: "certificate unobtainable", 112: "unrecognized name", 113: "bad certificate status response", 114: "bad certificate hash value",
	115: "unknown PSK identity", 116: "certificate required", 120: "no application protocol",
}

// Name is the description in words, or "" for one that has none.
func (d TLSAlertDesc) Name() string {
	if int(d) < len(tlsAlertNames) {
		return tlsAlertNames[d]
	}
	return ""
}

// decodeTLS takes the whole records, and one that the capture cut short. What begins in the middle of a record, or ends
// there, is a segment.
func decodeTLS(p *Packet, l *Layer, b []byte) LayerType {
	if TLSRecord(b).Check() != nil {
		return asSegment(p, l, b)
	}
	n := 0
	for n < len(b) {
		r := TLSRecord(b[n:])
		if err := r.CheckWhole(); err != nil {
			if err == ErrTruncated && l.Truncated() && r.Check() == nil {
				n = len(b)
			}
			break
		}
		n += TLSRecordHeaderLen + r.Length()
	}
	if n == 0 {
		return asSegment(p, l, b)
	}
	l.Payload = l.Start + n
	if l.Payload == l.End {
		return LayerNone
	}
	return LayerSegment
}

func tlsFields(p *Packet, l *Layer, s Sink) {
	b := p.Data[l.Start:l.Payload]
	var t tlsSession
	for off := 0; off < len(b); {
		r := TLSRecord(b[off:])
		n := min(len(r), TLSRecordHeaderLen+r.Length())
		r[:n].fields(s, off, &t)
		off += n
	}
}
