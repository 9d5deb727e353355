package dissect

import "encoding/binary"

// EAPOLHeaderLen and EAPHeaderLen are the lengths of the headers of EAPOL and EAP in bytes.
const (
	EAPOLHeaderLen = 4
	EAPHeaderLen   = 4
)

// EAPOL is a view of an EAPOL frame (IEEE 802.1X clause 11).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|    Version     |      Type      |            Length            |
//	+----------------+----------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type EAPOL []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (e EAPOL) Check() error {
	if len(e) < EAPOLHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the frame: every byte that Length promises must be in the slice.
func (e EAPOL) CheckWhole() error {
	if err := e.Check(); err != nil {
		return err
	}
	if EAPOLHeaderLen+e.Length() > len(e) {
		return ErrTruncated
	}
	return nil
}

func (e EAPOL) Version() uint8 { return e[0] }
func (e EAPOL) Type() uint8    { return e[1] }

// Length is the length of the body in bytes, as the sender wrote it.
func (e EAPOL) Length() int { return int(binary.BigEndian.Uint16(e[2:])) }

var (
	eapolVersionField = Field{Name: "eapol.version", Label: "v", Title: "Version", Rank: 1}
	eapolTypeField    = Field{Name: "eapol.type", Label: "type", Title: "Type", Rank: 2, Form: FormBare}
	eapolLengthField  = Field{Name: "eapol.len", Label: "len", Title: "Length", Rank: 3}
)

// Fields describes the header to s.
func (e EAPOL) Fields(s Sink) {
	names := [...]string{"eap", "start", "logoff", "key", "asf-alert", "mka"}
	name := ""
	if int(e.Type()) < len(names) {
		name = names[e.Type()]
	}
	s.Uint(&eapolVersionField, 0, 1, uint64(e.Version()))
	s.Enum(&eapolTypeField, 1, 1, uint64(e.Type()), name)
	s.Uint(&eapolLengthField, 2, 2, uint64(e.Length()))
}

func decodeEAPOL(p *Packet, l *Layer, b []byte) LayerType {
	e := EAPOL(b)
	if err := e.Check(); err != nil {
		return l.fail(err)
	}
	p.limit(l, EAPOLHeaderLen+e.Length())
	l.Payload = l.Start + EAPOLHeaderLen
	switch {
	case l.Payload == l.End:
		return LayerNone
	case e.Type() == 0:
		return LayerEAP
	}
	return LayerData
}

func eapolFields(p *Packet, l *Layer, s Sink) { EAPOL(p.Bytes(l)).Fields(s) }

// EAP is a view of an EAP packet (RFC 3748 section 4).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|      Code      |   Identifier   |            Length            |
//	+----------------+----------------+------------------------------+
//	|  Type, of requests and responses |  Data                       |
//	+----------------------------------+-----------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type EAP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if Length is less than
// the header itself.
func (e EAP) Check() error {
	if len(e) < EAPHeaderLen {
		return ErrTruncated
	}
	if e.Length() < EAPHeaderLen {
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for one that received the packet: every byte that Length promises must be in the slice.
func (e EAP) CheckWhole() error {
	if err := e.Check(); err != nil {
		return err
	}
	if e.Length() > len(e) {
		return ErrTruncated
	}
	return nil
}

func (e EAP) Code() uint8 { return e[0] }
func (e EAP) ID() uint8   { return e[1] }

// Length is the length of the packet in bytes, as the sender wrote it.
func (e EAP) Length() int { return int(binary.BigEndian.Uint16(e[2:])) }

// Type is the method of a request or a response, and whether there is one.
func (e EAP) Type() (t uint8, ok bool) {
	if (e.Code() == 1 || e.Code() == 2) && e.Length() > EAPHeaderLen && len(e) > EAPHeaderLen {
		return e[EAPHeaderLen], true
	}
	return 0, false
}

var (
	eapCodeField     = Field{Name: "eap.code", Label: "code", Title: "Code", Rank: 1, Form: FormBare}
	eapIDField       = Field{Name: "eap.id", Label: "id", Title: "Id", Rank: 2}
	eapLengthField   = Field{Name: "eap.len", Label: "len", Title: "Length"}
	eapTypeField     = Field{Name: "eap.type", Label: "type", Title: "Type", Rank: 3}
	eapIdentityField = Field{Name: "eap.identity", Label: "identity", Title: "Identity", Rank: 4}
	eapNotifyField   = Field{Name: "eap.notification", Label: "text", Title: "Notification", Rank: 4}
	eapDataField     = Field{Label: "data", Title: "Data"}
)

// eapTypeName is the name of a method (IANA "EAP Method Types"), or "".
func eapTypeName(t uint8) string {
	switch t {
	case 1:
		return "Identity"
	case 2:
		return "Notification"
	case 3:
		return "Nak"
	case 4:
		return "MD5-Challenge"
	case 5:
		return "OTP"
	case 6:
		return "GTC"
	case 13:
		return "TLS"
	case 18:
		return "SIM"
	case 21:
		return "TTLS"
	case 23:
		return "AKA"
	case 25:
		return "PEAP"
	case 43:
		return "FAST"
	case 50:
		return "AKA'"
	case 52:
		return "PWD"
	case 55:
		return "TEAP"
	}
	return ""
}

// Fields describes the packet to s.
func (e EAP) Fields(s Sink) {
	names := [...]string{1: "request", 2: "response", 3: "success", 4: "failure", 5: "initiate", 6: "finish"}
	name := ""
	if int(e.Code()) < len(names) {
		name = names[e.Code()]
	}
	s.Enum(&eapCodeField, 0, 1, uint64(e.Code()), name)
	s.Uint(&eapIDField, 1, 1, uint64(e.ID()))
	s.Uint(&eapLengthField, 2, 2, uint64(e.Length()))
	at := EAPHeaderLen
	t, ok := e.Type()
	if ok {
		s.Enum(&eapTypeField, at, 1, uint64(t), eapTypeName(t))
		at++
	}
	v := e[at:]
	switch {
	case len(v) == 0:
	case ok && t == 1:
		s.Text(&eapIdentityField, at, len(v), v)
	case ok && t == 2:
		s.Text(&eapNotifyField, at, len(v), v)
	default:
		s.Bytes(&eapDataField, at, len(v), v)
	}
}

func decodeEAP(p *Packet, l *Layer, b []byte) LayerType {
	e := EAP(b)
	if err := e.Check(); err != nil {
		return l.fail(err)
	}
	p.limit(l, e.Length())
	l.Payload = l.End
	return LayerNone
}

func eapFields(p *Packet, l *Layer, s Sink) { EAP(p.Bytes(l)).Fields(s) }
