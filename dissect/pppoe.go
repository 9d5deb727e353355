package dissect

import "encoding/binary"

// Offsets in a PPPoE header, its length, and that of a tag without a value, in bytes.
const (
	pppoeVersionType = 0
	pppoeCode        = 1
	pppoeSession     = 2
	pppoeLength      = 4

	PPPoEHeaderLen = 6
	pppoeTagLen    = 4
)

// PPPoECode says what a PPPoE packet is for.
type PPPoECode uint8

const (
	PPPoESession PPPoECode = 0x00
	PPPoEPADO    PPPoECode = 0x07
	PPPoEPADI    PPPoECode = 0x09
	PPPoEPADR    PPPoECode = 0x19
	PPPoEPADS    PPPoECode = 0x65
	PPPoEPADT    PPPoECode = 0xa7
)

// Name is the code's name, or "".
func (c PPPoECode) Name() string {
	switch c {
	case PPPoESession:
		return "session"
	case PPPoEPADO:
		return "PADO"
	case PPPoEPADI:
		return "PADI"
	case PPPoEPADR:
		return "PADR"
	case PPPoEPADS:
		return "PADS"
	case PPPoEPADT:
		return "PADT"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (c PPPoECode) String() string { return nameOrHex(c.Name(), uint64(c), 2) }

// PPPoE is a view of a PPPoE packet (RFC 2516 section 4): tags in the discovery stage, PPP in the session stage.
//
//	 0     3 4     7 8             15 16                           31
//	+-------+-------+----------------+------------------------------+
//	|  Ver  | Type  |      Code      |          Session ID          |
//	+-------+-------+----------------+------------------------------+
//	|            Length              |  Payload                     |
//	+--------------------------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type PPPoE []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (h PPPoE) Check() error {
	if len(h) < PPPoEHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the packet: every byte that Length promises must be in the slice.
func (h PPPoE) CheckWhole() error {
	if err := h.Check(); err != nil {
		return err
	}
	if PPPoEHeaderLen+h.Length() > len(h) {
		return ErrTruncated
	}
	return nil
}

func (h PPPoE) Version() uint8    { return h[pppoeVersionType] >> 4 }
func (h PPPoE) Type() uint8       { return h[pppoeVersionType] & 15 }
func (h PPPoE) Code() PPPoECode   { return PPPoECode(h[pppoeCode]) }
func (h PPPoE) SessionID() uint16 { return binary.BigEndian.Uint16(h[pppoeSession:]) }

// Length is the length of the payload in bytes, as the sender wrote it.
func (h PPPoE) Length() int { return int(binary.BigEndian.Uint16(h[pppoeLength:])) }

// Payload is what follows the header, as far as the slice and Length go.
func (h PPPoE) Payload() []byte {
	b := h[PPPoEHeaderLen:]
	return b[:min(len(b), h.Length())]
}

var (
	pppoeVersionField = Field{Name: "pppoe.version", Label: "v", Title: "Version", Mask: 0xf0}
	pppoeTypeField    = Field{Name: "pppoe.type", Label: "type", Title: "Type", Mask: 0x0f}
	pppoeCodeField    = Field{Name: "pppoe.code", Label: "code", Title: "Code", Rank: 1, Form: FormBare, Base: Hex}
	pppoeSessionField = Field{Name: "pppoe.session_id", Label: "session", Title: "Session ID", Rank: 2, Base: Hex}
	pppoeLengthField  = Field{Name: "pppoe.payload_length", Label: "len", Title: "Payload Length"}
	pppoeTagField     = Field{Label: "tag", Title: "Tag"}
	pppoeTagTypeField = Field{Label: "type", Title: "Tag Type", Base: Hex}
	pppoeTagLenField  = Field{Label: "len", Title: "Tag Length"}
	pppoeServiceField = Field{Name: "pppoed.tags.service_name", Label: "service", Title: "Service-Name", Rank: 3}
	pppoeACField      = Field{Name: "pppoed.tags.ac_name", Label: "ac", Title: "AC-Name", Rank: 4}
	pppoeUniqField    = Field{Name: "pppoed.tags.host_uniq", Label: "uniq", Title: "Host-Uniq"}
	pppoeCookieField  = Field{Name: "pppoed.tags.ac_cookie", Label: "cookie", Title: "AC-Cookie"}
	pppoeRelayField   = Field{Name: "pppoed.tags.relay_session_id", Label: "relay", Title: "Relay-Session-Id"}
	pppoeMaxField     = Field{Name: "pppoed.tags.max_payload", Label: "max", Title: "PPP-Max-Payload"}
	pppoeErrorField   = Field{Name: "pppoed.tags.generic_error", Label: "error", Title: "Generic-Error", Rank: 5}
	pppoeNoNameField  = Field{Name: "pppoed.tags.service_name_error", Label: "error", Title: "Service-Name-Error", Rank: 5}
	pppoeACErrorField = Field{Name: "pppoed.tags.ac_system_error", Label: "error", Title: "AC-System-Error", Rank: 5}
	pppoeValueField   = Field{Label: "value", Title: "Value"}
	pppoeRestField    = Field{Label: "rest", Title: "Behind the tags"}
)

// pppoeTag gives the field of a tag's value and whether it is text, or nil.
func pppoeTag(t uint16) (f *Field, text bool) {
	switch t {
	case 0x0101:
		return &pppoeServiceField, true
	case 0x0102:
		return &pppoeACField, true
	case 0x0103:
		return &pppoeUniqField, false
	case 0x0104:
		return &pppoeCookieField, false
	case 0x0110:
		return &pppoeRelayField, false
	case 0x0120:
		return &pppoeMaxField, false
	case 0x0201:
		return &pppoeNoNameField, true
	case 0x0202:
		return &pppoeACErrorField, true
	case 0x0203:
		return &pppoeErrorField, true
	}
	return nil, false
}

// Fields describes the packet to s: the header, and the tags of the discovery stage.
func (h PPPoE) Fields(s Sink) {
	s.Uint(&pppoeVersionField, pppoeVersionType, 1, uint64(h.Version()))
	s.Uint(&pppoeTypeField, pppoeVersionType, 1, uint64(h.Type()))
	s.Enum(&pppoeCodeField, pppoeCode, 1, uint64(h.Code()), h.Code().Name())
	s.Uint(&pppoeSessionField, pppoeSession, 2, uint64(h.SessionID()))
	s.Uint(&pppoeLengthField, pppoeLength, 2, uint64(h.Length()))
	if h.Code() == PPPoESession {
		return
	}
	at, v := PPPoEHeaderLen, h.Payload()
	for len(v) >= pppoeTagLen {
		t, n := binary.BigEndian.Uint16(v), pppoeTagLen+int(binary.BigEndian.Uint16(v[2:]))
		if n > len(v) {
			break
		}
		s.Begin(&pppoeTagField, at, n)
		s.Uint(&pppoeTagTypeField, at, 2, uint64(t))
		s.Uint(&pppoeTagLenField, at+2, 2, uint64(n-pppoeTagLen))
		if value := v[pppoeTagLen:n]; len(value) > 0 {
			switch f, text := pppoeTag(t); {
			case f == nil:
				s.Bytes(&pppoeValueField, at+pppoeTagLen, len(value), value)
			case text:
				s.Text(f, at+pppoeTagLen, len(value), value)
			default:
				s.Bytes(f, at+pppoeTagLen, len(value), value)
			}
		}
		s.End()
		if at, v = at+n, v[n:]; t == 0 {
			break
		}
	}
	if len(v) > 0 {
		s.Bytes(&pppoeRestField, at, len(v), v)
	}
}

// decodePPPoE reads a packet of either stage; its code tells which.
func decodePPPoE(p *Packet, l *Layer, b []byte) LayerType {
	h := PPPoE(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	p.limit(l, PPPoEHeaderLen+h.Length())
	if h.Code() != PPPoESession {
		l.Type = LayerPPPoED
		l.Payload = l.End
		return LayerNone
	}
	l.Type = LayerPPPoES
	l.Payload = l.Start + PPPoEHeaderLen
	if l.Payload == l.End {
		return LayerNone
	}
	return LayerPPP
}

func pppoeFields(p *Packet, l *Layer, s Sink) { PPPoE(p.Bytes(l)).Fields(s) }

// PPPoEHeader is the header as a value.
type PPPoEHeader struct {
	Code      PPPoECode
	SessionID uint16
	Length    uint16 // of the payload, in bytes
}

// Header gives the header as a value.
func (h PPPoE) Header() PPPoEHeader {
	return PPPoEHeader{h.Code(), h.SessionID(), uint16(h.Length())}
}

// Append appends the wire form of h, of version and type 1, to b and returns the extended slice.
func (h PPPoEHeader) Append(b []byte) []byte {
	b = append(b, 0x11, byte(h.Code))
	b = binary.BigEndian.AppendUint16(b, h.SessionID)
	return binary.BigEndian.AppendUint16(b, h.Length)
}
