package dissect

import "encoding/binary"

// Offsets in a PDU of RPKI-RTR, and lengths, in bytes.
const (
	rpkiVersion = 0
	rpkiType    = 1
	rpkiSession = 2
	rpkiLength  = 4

	RPKIRTRHeaderLen = 8

	rpkiMaxLength = 1 << 16 // none that is in use comes near
)

// RPKIRTRType is what a PDU is for (RFC 8210 section 5).
type RPKIRTRType uint8

const (
	RPKIRTRNotify     RPKIRTRType = 0
	RPKIRTRSerial     RPKIRTRType = 1
	RPKIRTRReset      RPKIRTRType = 2
	RPKIRTRResponse   RPKIRTRType = 3
	RPKIRTRIPv4       RPKIRTRType = 4
	RPKIRTREnd        RPKIRTRType = 7
	RPKIRTRIPv6       RPKIRTRType = 6
	RPKIRTRCacheReset RPKIRTRType = 8
	RPKIRTRKey        RPKIRTRType = 9
	RPKIRTRError      RPKIRTRType = 10
)

var rpkiNames = []string{"Serial Notify", "Serial Query", "Reset Query", "Cache Response", "IPv4 Prefix", "", "IPv6 Prefix",
	"End of Data", "Cache Reset", "Router Key", "Error Report"}

// Name is the type's name, or "" for one that has none.
func (t RPKIRTRType) Name() string {
	if int(t) < len(rpkiNames) {
		return rpkiNames[t]
	}
	return ""
}

func (t RPKIRTRType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// RPKIRTR is a view of one PDU of the protocol that brings validated origins of routes to routers (RFC 8210), or of several, of
// which the getters read the first.
//
//	 0      7 8     15 16                           31
//	+--------+--------+------------------------------+
//	|Version |  Type  |   Session, error or flags    |
//	+--------+--------+------------------------------+
//	|                     Length                     |
//	+------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type RPKIRTR []byte

// Check reports whether a PDU begins here: ErrTruncated if bytes of its header are missing, ErrUnsupported if it is of no known
// version or type, as in the middle of one, ErrMalformed if Length is none that a PDU can have.
func (m RPKIRTR) Check() error {
	switch {
	case len(m) < RPKIRTRHeaderLen:
		return ErrTruncated
	case m.Version() > 2 || m.Type().Name() == "":
		return ErrUnsupported
	case m.Length() < RPKIRTRHeaderLen || m.Length() > rpkiMaxLength:
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check, and all of the PDU is in the slice.
func (m RPKIRTR) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if len(m) < m.Length() {
		return ErrTruncated
	}
	return nil
}

func (m RPKIRTR) Version() uint8    { return m[rpkiVersion] }
func (m RPKIRTR) Type() RPKIRTRType { return RPKIRTRType(m[rpkiType]) }

// Session is the session identifier; of an error its code, of a key its flags.
func (m RPKIRTR) Session() uint16 { return binary.BigEndian.Uint16(m[rpkiSession:]) }

// Length is the length of the PDU in bytes, header included, as the sender wrote it.
func (m RPKIRTR) Length() int { return int(binary.BigEndian.Uint32(m[rpkiLength:])) }

// RPKIRTRHeader is the header of a PDU as a value.
type RPKIRTRHeader struct {
	Version uint8
	Type    RPKIRTRType
	Session uint16
	Length  uint32
}

// Header gives the header as a value.
func (m RPKIRTR) Header() RPKIRTRHeader {
	return RPKIRTRHeader{Version: m.Version(), Type: m.Type(), Session: m.Session(), Length: uint32(m.Length())}
}

// Append appends the wire form of h to b and returns the extended slice.
func (h RPKIRTRHeader) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(append(b, h.Version, byte(h.Type)), h.Session)
	return binary.BigEndian.AppendUint32(b, h.Length)
}

var (
	rpkiGroup       = Field{Title: "PDU"}
	rpkiVerField    = Field{Name: "rpki-rtr.version", Title: "Version"}
	rpkiTypeField   = Field{Name: "rpki-rtr.pdu_type", Label: "type", Title: "Type", Rank: 1, Form: FormBare}
	rpkiReserved    = Field{Name: "rpki-rtr.reserved", Title: "Reserved"}
	rpkiIDField     = Field{Name: "rpki-rtr.session_id", Label: "session", Title: "Session", Rank: 1}
	rpkiErrorField  = Field{Name: "rpki-rtr.error_code", Label: "error", Title: "Error", Rank: 1, Form: FormParen}
	rpkiLenField    = Field{Name: "rpki-rtr.length", Title: "Length"}
	rpkiSerialField = Field{Name: "rpki-rtr.serial_number", Label: "serial", Title: "Serial", Rank: 1}
	rpkiFlagsField  = Field{Name: "rpki-rtr.flags", Title: "Flags", Base: Hex}
	rpkiFlagBits    = []*Field{
		{Title: "Reserved", Mask: 0xfe},
		{Name: "rpki-rtr.flags.aw", Title: "Announcement", Mask: 0x01},
	}
	rpkiPrefixLen = Field{Name: "rpki-rtr.prefix_length", Title: "Prefix length"}
	rpkiMaxLen    = Field{Name: "rpki-rtr.max_length", Title: "Greatest prefix length"}
	rpkiPrefix4   = Field{Name: "rpki-rtr.ipv4_prefix", Title: "Prefix"}
	rpkiPrefix6   = Field{Name: "rpki-rtr.ipv6_prefix", Title: "Prefix"}
	rpkiASField   = Field{Name: "rpki-rtr.as_number", Title: "AS"}
	rpkiRefresh   = Field{Name: "rpki-rtr.refresh_interval", Title: "Refresh interval"}
	rpkiRetry     = Field{Name: "rpki-rtr.retry_interval", Title: "Retry interval"}
	rpkiExpire    = Field{Name: "rpki-rtr.expire_interval", Title: "Expire interval"}
	rpkiPDULen    = Field{Name: "rpki-rtr.length_pdu", Title: "Length of the erroneous PDU"}
	rpkiPDU       = Field{Name: "rpki-rtr.error_pdu", Title: "Erroneous PDU"}
	rpkiTextLen   = Field{Name: "rpki-rtr.length_text", Title: "Length of text"}
	rpkiText      = Field{Name: "rpki-rtr.error_text", Title: "Text"}
	rpkiKeyRest   = Field{Title: "Key"}
	rpkiRest      = Field{Title: "Bytes that could not be read"}

	rpkiErrors = []string{"corrupt data", "internal error", "no data available", "invalid request", "unsupported version", "unsupported PDU type",
		"withdrawal of unknown record", "duplicate announcement", "unexpected version"}
)

// decodeRPKIRTR takes the whole PDUs, and one that the capture cut short.
func decodeRPKIRTR(p *Packet, l *Layer, b []byte) LayerType {
	n := 0
	for n < len(b) {
		m := RPKIRTR(b[n:])
		if err := m.CheckWhole(); err != nil {
			if err == ErrTruncated && l.Truncated() && m.Check() == nil {
				n = len(b)
			}
			break
		}
		n += m.Length()
	}
	if n == 0 || l.Flags&Quoted != 0 {
		return asSegment(p, l, b)
	}
	if l.Payload = l.Start + n; l.Payload < l.End {
		return LayerSegment
	}
	return LayerNone
}

func rpkirtrFields(p *Packet, l *Layer, s Sink) {
	w := newFieldWalk(s, p.Data[l.Start:l.Payload])
	for w.at < w.end {
		m := RPKIRTR(w.b[w.at:])
		outer, _ := w.enter(&rpkiGroup, min(len(m), m.Length()))
		w.uint(&rpkiVerField, 1)
		w.enum(&rpkiTypeField, 1, m.Type().Name())
		m.body(&w)
		w.leave(&rpkiRest, outer)
	}
}

// body describes what follows version and type.
func (m RPKIRTR) body(w *fieldWalk) {
	switch m.Type() {
	case RPKIRTRReset, RPKIRTRIPv4, RPKIRTRIPv6, RPKIRTRCacheReset:
		w.bytes(&rpkiReserved, 2)
	case RPKIRTRError:
		w.enum(&rpkiErrorField, 2, bgpName(rpkiErrors, w.peek(2)))
	case RPKIRTRKey:
		w.bytes(&rpkiKeyRest, 2)
	default:
		w.uint(&rpkiIDField, 2)
	}
	w.uint(&rpkiLenField, 4)
	switch m.Type() {
	case RPKIRTRNotify, RPKIRTRSerial:
		w.uint(&rpkiSerialField, 4)
	case RPKIRTRIPv4, RPKIRTRIPv6:
		w.flags(&rpkiFlagsField, 1, rpkiFlagBits)
		w.uint(&rpkiPrefixLen, 1)
		w.uint(&rpkiMaxLen, 1)
		w.bytes(&rpkiReserved, 1)
		if m.Type() == RPKIRTRIPv4 {
			w.addr(&rpkiPrefix4, 4)
		} else {
			w.addr(&rpkiPrefix6, 16)
		}
		w.uint(&rpkiASField, 4)
	case RPKIRTREnd:
		w.uint(&rpkiSerialField, 4)
		if m.Version() > 0 {
			w.uint(&rpkiRefresh, 4)
			w.uint(&rpkiRetry, 4)
			w.uint(&rpkiExpire, 4)
		}
	case RPKIRTRError:
		w.bytes(&rpkiPDU, int(w.uint(&rpkiPDULen, 4)))
		w.text(&rpkiText, int(w.uint(&rpkiTextLen, 4)))
	}
}
