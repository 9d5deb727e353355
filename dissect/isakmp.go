package dissect

import "encoding/binary"

// Offsets in an ISAKMP message, and lengths, in bytes.
const (
	isakmpNext     = 16
	isakmpVersion  = 17
	isakmpExchange = 18
	isakmpFlags    = 19
	isakmpID       = 20
	isakmpLength   = 24

	ISAKMPHeaderLen = 28

	isakmpPayloadHeaderLen = 4
)

// ISAKMP is a view of a message of ISAKMP (RFC 2408 section 3.1), which IKE uses, or of IKEv2 (RFC 7296 section 3.1).
//
//	 0              7 8             15 16            23 24           31
//	+----------------------------------------------------------------+
//	|                    Initiator's SPI, 8 bytes                    |
//	|                    Responder's SPI, 8 bytes                    |
//	+----------------+----------------+---------------+--------------+
//	|  Next Payload  | Major | Minor  | Exchange Type |    Flags     |
//	|                          Message ID                            |
//	|                            Length                              |
//	+----------------------------------------------------------------+
//	|   Payloads: next payload, reserved, length (of all), content   |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type ISAKMP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if Length is smaller
// than the header, ErrUnsupported if it is of a version that is not known.
func (m ISAKMP) Check() error {
	switch {
	case len(m) < ISAKMPHeaderLen:
		return ErrTruncated
	case m.Version() != 1 && m.Version() != 2:
		return ErrUnsupported
	case m.Length() < ISAKMPHeaderLen:
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for a host that received the message: all that Length promises is there, and payloads that are not
// encrypted fill it.
func (m ISAKMP) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if uint64(m.Length()) > uint64(len(m)) {
		return ErrTruncated
	}
	if m.Encrypted() {
		return nil
	}
	rest, next := m[ISAKMPHeaderLen:m.Length()], m.Next()
	for next != 0 && next != isakmpEncrypted && next != isakmpFragment {
		if len(rest) < isakmpPayloadHeaderLen {
			return ErrMalformed
		}
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if n < isakmpPayloadHeaderLen || n > len(rest) {
			return ErrMalformed
		}
		next, rest = rest[0], rest[n:]
	}
	return nil
}

func (m ISAKMP) InitiatorSPI() [8]byte { return [8]byte(m) }
func (m ISAKMP) ResponderSPI() [8]byte { return [8]byte(m[8:]) }
func (m ISAKMP) Next() uint8           { return m[isakmpNext] }
func (m ISAKMP) Version() uint8        { return m[isakmpVersion] >> 4 } // major
func (m ISAKMP) Exchange() uint8       { return m[isakmpExchange] }
func (m ISAKMP) MessageID() uint32     { return binary.BigEndian.Uint32(m[isakmpID:]) }
func (m ISAKMP) Length() uint32        { return binary.BigEndian.Uint32(m[isakmpLength:]) }

// Encrypted reports whether the payloads of a message of version 1 are encrypted; those of IKEv2 are where a payload says so.
func (m ISAKMP) Encrypted() bool { return m.Version() == 1 && m[isakmpFlags]&1 != 0 }

// Payload types that are read in a way of their own.
const (
	isakmpSA1       = 1
	isakmpProposal  = 2
	isakmpTransform = 3
	isakmpEncrypted = 46
	isakmpFragment  = 53
)

var isakmpPayloadNames = [...]string{
	0: "None", 1: "Security Association", 2: "Proposal", 3: "Transform", 4: "Key Exchange", 5: "Identification", 6: "Certificate",
	7: "Certificate Request", 8: "Hash", 9: "Signature", 10: "Nonce", 11: "Notification", 12: "Delete", 13: "Vendor ID",
	20: "NAT-D", 21: "NAT-OA", 33: "Security Association", 34: "Key Exchange", 35: "Identification - Initiator",
	36: "Identification - Responder", 37: "Certificate", 38: "Certificate Request", 39: "Authentication", 40: "Nonce", 41: "Notify",
	42: "Delete", 43: "Vendor ID", 44: "Traffic Selector - Initiator", 45: "Traffic Selector - Responder", 46: "Encrypted and Authenticated",
	47: "Configuration", 48: "Extensible Authentication", 53: "Encrypted and Authenticated Fragment",
}

var isakmpExchangeNames = [...]string{
	0: "None", 1: "Base", 2: "Identity Protection", 3: "Authentication Only", 4: "Aggressive", 5: "Informational", 6: "Transaction",
	32: "Quick Mode", 33: "New Group Mode", 34: "IKE_SA_INIT", 35: "IKE_AUTH", 36: "CREATE_CHILD_SA", 37: "INFORMATIONAL", 38: "IKE_SESSION_RESUME",
	43: "IKE_INTERMEDIATE",
}

func isakmpName(names []string, v uint64) string {
	if v < uint64(len(names)) {
		return names[v]
	}
	return ""
}

var (
	isakmpISPIField     = Field{Name: "isakmp.ispi", Label: "ispi", Title: "Initiator SPI", Rank: 3}
	isakmpRSPIField     = Field{Name: "isakmp.rspi", Label: "rspi", Title: "Responder SPI", Rank: 3}
	isakmpNextField     = Field{Name: "isakmp.nextpayload", Title: "Next payload"}
	isakmpVersionField  = Field{Name: "isakmp.version", Title: "Version", Base: Hex}
	isakmpExchangeField = Field{Name: "isakmp.exchangetype", Label: "exchange", Title: "Exchange type", Rank: 2, Form: FormBare}
	isakmpFlagsField    = Field{Name: "isakmp.flags", Title: "Flags", Base: Hex}
	isakmpIDField       = Field{Name: "isakmp.messageid", Label: "id", Title: "Message ID", Base: Hex, Rank: 4}
	isakmpLengthField   = Field{Name: "isakmp.length", Title: "Length"}
	isakmpEncField      = Field{Title: "Encrypted data"}
	isakmpTypeField     = Field{Name: "isakmp.typepayload", Title: "Payload"}
	isakmpCriticalField = Field{Name: "isakmp.criticalpayload", Title: "Critical", Mask: 0x80}
	isakmpReserved7     = Field{Name: "isakmp.reserved7", Title: "Reserved", Mask: 0x7f, Base: Hex}
	isakmpReserved      = Field{Name: "isakmp.reserved", Title: "Reserved"}
	isakmpPayloadLen    = Field{Name: "isakmp.payloadlength", Title: "Payload length"}
	isakmpOpaque        = Field{Title: "Payload"}
	isakmpRest          = Field{Title: "Bytes that could not be read"}
	isakmpDOIField      = Field{Name: "isakmp.sa.doi", Title: "Domain of interpretation"}
	isakmpSituation     = Field{Name: "isakmp.sa.situation", Title: "Situation"}
	isakmpPropNumber    = Field{Name: "isakmp.prop.number", Title: "Proposal number"}
	isakmpPropProto     = Field{Name: "isakmp.prop.protoid", Title: "Protocol ID"}
	isakmpSPISize       = Field{Name: "isakmp.spisize", Title: "SPI size"}
	isakmpPropCount     = Field{Name: "isakmp.prop.transforms", Title: "Transforms"}
	isakmpSPIField      = Field{Name: "isakmp.spi", Title: "SPI"}
	isakmpTransNumber   = Field{Name: "isakmp.trans.number", Title: "Transform number"}
	isakmpTransID       = Field{Name: "isakmp.trans.id", Title: "Transform ID"}
	isakmpTFType        = Field{Name: "isakmp.tf.type", Title: "Transform type"}
	isakmpTFID          = Field{Title: "Transform ID"}
	isakmpAttrs         = Field{Title: "Attributes"}
	isakmpGroupField    = Field{Name: "isakmp.key_exchange.dh_group", Title: "Diffie-Hellman group"}
	isakmpKeyField      = Field{Name: "isakmp.key_exchange.data", Title: "Key exchange data"}
	isakmpNonceField    = Field{Name: "isakmp.nonce", Title: "Nonce"}
	isakmpHashField     = Field{Name: "isakmp.hash", Title: "Hash"}
	isakmpSigField      = Field{Name: "isakmp.sig", Title: "Signature"}
	isakmpVendorField   = Field{Name: "isakmp.vid_bytes", Title: "Vendor ID"}
	isakmpNotifyDOI     = Field{Name: "isakmp.notify.doi", Title: "Domain of interpretation"}
	isakmpNotifyProto   = Field{Name: "isakmp.notify.protoid", Title: "Protocol ID"}
	isakmpNotifyType    = Field{Name: "isakmp.notify.msgtype", Label: "notify", Title: "Message type", Rank: 5}
	isakmpNotifyData    = Field{Name: "isakmp.notify.data", Title: "Notification data"}

	isakmpVersionParts = []*Field{
		{Name: "isakmp.mjver", Title: "Major version", Mask: 0xf0, Base: Hex, Label: "version", Rank: 1},
		{Name: "isakmp.mnver", Title: "Minor version", Mask: 0x0f, Base: Hex},
	}
	isakmpFlags1 = []*Field{
		{Title: "Reserved", Mask: 0xf8},
		{Name: "isakmp.flag_e", Title: "Encryption", Mask: 0x01},
		{Name: "isakmp.flag_c", Title: "Commit", Mask: 0x02},
		{Name: "isakmp.flag_a", Title: "Authentication", Mask: 0x04},
	}
	isakmpFlags2 = []*Field{
		{Title: "Reserved", Mask: 0xc7},
		{Name: "isakmp.flag_i", Title: "Initiator", Mask: 0x08},
		{Name: "isakmp.flag_v", Title: "Version", Mask: 0x10},
		{Name: "isakmp.flag_r", Title: "Response", Mask: 0x20},
	}
	isakmpTFIDs = [...]Field{
		1: {Name: "isakmp.tf.id.encr", Title: "Encryption algorithm"}, 2: {Name: "isakmp.tf.id.prf", Title: "Pseudorandom function"},
		3: {Name: "isakmp.tf.id.integ", Title: "Integrity algorithm"}, 4: {Name: "isakmp.tf.id.dh", Title: "Diffie-Hellman group"},
		5: {Name: "isakmp.tf.id.esn", Title: "Extended sequence numbers"},
	}
)

// Fields describes the message to s.
func (m ISAKMP) Fields(s Sink) {
	w := isakmpWalk{newFieldWalk(s, m), m.Version()}
	w.bytes(&isakmpISPIField, 8)
	w.bytes(&isakmpRSPIField, 8)
	w.enum(&isakmpNextField, 1, isakmpName(isakmpPayloadNames[:], w.peek(1)))
	w.flags(&isakmpVersionField, 1, isakmpVersionParts)
	w.enum(&isakmpExchangeField, 1, isakmpName(isakmpExchangeNames[:], w.peek(1)))
	if w.version == 1 {
		w.flags(&isakmpFlagsField, 1, isakmpFlags1)
	} else {
		w.flags(&isakmpFlagsField, 1, isakmpFlags2)
	}
	w.uint(&isakmpIDField, 4)
	w.uint(&isakmpLengthField, 4)
	if n := m.Length(); uint64(n) < uint64(len(m)) {
		w.end = int(n)
	}
	if m.Encrypted() {
		w.bytes(&isakmpEncField, w.end-w.at)
	} else {
		w.payloads(uint64(m.Next()), 0)
	}
	w.end = len(m)
	w.rest(&isakmpRest)
}

// isakmpWalk describes payloads.
type isakmpWalk struct {
	fieldWalk
	version uint8
}

// maxISAKMPDepth bounds payloads in payloads: associations hold proposals, and those hold transforms.
const maxISAKMPDepth = 4

// payloads describes the chain of payloads that begins with one of type kind, up to the end of the walk.
func (w *isakmpWalk) payloads(kind uint64, depth int) {
	for kind != 0 && depth < maxISAKMPDepth {
		n := int(w.peek(4) & 0xffff)
		if n < isakmpPayloadHeaderLen || w.end-w.at < n {
			return
		}
		next := w.peek(1)
		w.s.Enum(&isakmpTypeField, w.at, n, kind, isakmpName(isakmpPayloadNames[:], kind))
		outer, _ := w.enter(&isakmpTypeField, n)
		w.enum(&isakmpNextField, 1, isakmpName(isakmpPayloadNames[:], next))
		if w.version == 2 && kind != isakmpProposal && kind != isakmpTransform {
			b := w.peek(1)
			w.s.Bool(&isakmpCriticalField, w.at, 1, b&0x80 != 0)
			w.s.Uint(&isakmpReserved7, w.at, 1, b&0x7f)
			w.at++
		} else {
			w.bytes(&isakmpReserved, 1)
		}
		w.uint(&isakmpPayloadLen, 2)
		w.payload(kind, depth)
		w.leave(&isakmpOpaque, outer)
		if kind == isakmpEncrypted || kind == isakmpFragment {
			return // what it names next is within
		}
		kind = next
	}
}

// payload describes what is in a payload.
func (w *isakmpWalk) payload(kind uint64, depth int) {
	rest := w.end - w.at
	switch kind {
	case isakmpSA1:
		if w.uint(&isakmpDOIField, 4) == 1 {
			w.bytes(&isakmpSituation, 4)
			w.payloads(isakmpProposal, depth+1)
		}
	case 33:
		w.payloads(isakmpProposal, depth+1)
	case isakmpProposal:
		w.uint(&isakmpPropNumber, 1)
		w.uint(&isakmpPropProto, 1)
		spi := w.uint(&isakmpSPISize, 1)
		w.uint(&isakmpPropCount, 1)
		w.bytes(&isakmpSPIField, int(spi))
		if !w.short {
			w.payloads(isakmpTransform, depth+1)
		}
	case isakmpTransform:
		w.transform()
	case 4:
		w.bytes(&isakmpKeyField, rest)
	case 34:
		w.uint(&isakmpGroupField, 2)
		w.bytes(&isakmpReserved, 2)
		w.bytes(&isakmpKeyField, w.end-w.at)
	case 8:
		w.bytes(&isakmpHashField, rest)
	case 9:
		w.bytes(&isakmpSigField, rest)
	case 10, 40:
		w.bytes(&isakmpNonceField, rest)
	case 13, 43:
		w.bytes(&isakmpVendorField, rest)
	case 11, 41:
		if kind == 11 {
			w.uint(&isakmpNotifyDOI, 4)
		}
		w.uint(&isakmpNotifyProto, 1)
		spi := w.uint(&isakmpSPISize, 1)
		w.uint(&isakmpNotifyType, 2)
		w.bytes(&isakmpSPIField, int(spi))
		w.bytes(&isakmpNotifyData, w.end-w.at)
	}
}

// transform describes a transform, its attributes as bytes.
func (w *isakmpWalk) transform() {
	if w.version == 1 {
		w.uint(&isakmpTransNumber, 1)
		w.uint(&isakmpTransID, 1)
		w.bytes(&isakmpReserved, 2)
	} else {
		id := &isakmpTFID
		kind := w.uint(&isakmpTFType, 1)
		if kind > 0 && kind < uint64(len(isakmpTFIDs)) {
			id = &isakmpTFIDs[kind]
		}
		w.bytes(&isakmpReserved, 1)
		w.uint(id, 2)
	}
	w.bytes(&isakmpAttrs, w.end-w.at)
}

func decodeISAKMP(p *Packet, l *Layer, b []byte) LayerType {
	if err := ISAKMP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func isakmpFields(p *Packet, l *Layer, s Sink) { ISAKMP(p.Bytes(l)).Fields(s) }

// ISAKMPHeader is a header of IKEv2 as a value. Length counts header and payloads, in bytes.
type ISAKMPHeader struct {
	InitiatorSPI, ResponderSPI [8]byte
	Next, Exchange, Flags      uint8
	MessageID, Length          uint32
}

// Append appends the wire form of h to b and returns the extended slice.
func (h *ISAKMPHeader) Append(b []byte) []byte {
	b = append(append(b, h.InitiatorSPI[:]...), h.ResponderSPI[:]...)
	b = append(b, h.Next, 0x20, h.Exchange, h.Flags)
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, h.MessageID), h.Length)
}

// What comes on the port for IPsec behind address translators (RFC 3948) has no header that it always has: ESP says what it
// is by not beginning with zeros.
var (
	udpEncapMarker    = Field{Label: "marker", Title: "Non-ESP marker", Rank: 1}
	udpEncapKeepalive = Field{Label: "keepalive", Title: "NAT keepalive", Rank: 1}
)

func decodeUDPEncap(p *Packet, l *Layer, b []byte) LayerType {
	switch {
	case len(b) == 1 && b[0] == 0xff:
		l.Payload = l.End
		return LayerNone
	case len(b) < 4:
		return l.fail(ErrTruncated)
	case binary.BigEndian.Uint32(b) != 0:
		l.Payload = l.Start
		return LayerESP
	}
	l.Payload = l.Start + 4
	if l.Payload == l.End {
		return LayerNone
	}
	return LayerISAKMP
}

func udpEncapFields(p *Packet, l *Layer, s Sink) {
	switch b := p.Data[l.Start:l.Payload]; len(b) {
	case 1:
		s.Bytes(&udpEncapKeepalive, 0, 1, b)
	case 4:
		s.Bytes(&udpEncapMarker, 0, 4, b)
	}
}
