package dissect

import "encoding/binary"

// Bits of the first two bytes of an L2TP packet.
const (
	l2tpControlBit  = 0x8000
	l2tpLengthBit   = 0x4000
	l2tpSequenceBit = 0x0800
	l2tpOffsetBit   = 0x0200

	l2tpVersion = 2
)

// L2TP is a view of a packet of the Layer Two Tunneling Protocol, version 2 (RFC 2661 section 3.1). Which of the fields are there
// the flags say: control messages, with T set, have attributes for a payload, the others a PPP frame.
//
//	 0                              15 16                           31
//	+---------------------------------+------------------------------+
//	|T|L|x|x|S|x|O|P|x|x|x|x|Version |        Length, with L        |
//	+---------------------------------+------------------------------+
//	|           Tunnel ID             |          Session ID          |
//	|           Ns, with S            |          Nr, with S          |
//	|      Offset size, with O        |       Offset padding         |
//	+---------------------------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type L2TP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of another
// version, ErrMalformed if the length is smaller than the header.
func (m L2TP) Check() error {
	switch {
	case len(m) < 2:
		return ErrTruncated
	case m.Version() != l2tpVersion:
		return ErrUnsupported
	case len(m) < m.fixedLen() || len(m) < m.HeaderLen():
		return ErrTruncated
	case m.has(l2tpLengthBit) && m.Length() < m.HeaderLen():
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for a host that received the packet: all that its length promises is there, and a control message has
// one (RFC 2661 section 3.1), and attributes that fill it.
func (m L2TP) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	switch {
	case m.Length() > len(m):
		return ErrTruncated
	case !m.IsControl():
		return nil
	case !m.has(l2tpLengthBit):
		return ErrMalformed
	}
	for rest := m[m.HeaderLen():m.Length()]; len(rest) > 0; {
		if len(rest) < 2 {
			return ErrMalformed
		}
		n := int(binary.BigEndian.Uint16(rest) & 0x3ff)
		if n < 6 || n > len(rest) {
			return ErrMalformed
		}
		rest = rest[n:]
	}
	return nil
}

func (m L2TP) has(bit uint16) bool { return binary.BigEndian.Uint16(m)&bit != 0 }

// ids is the offset of the tunnel ID.
func (m L2TP) ids() int {
	if m.has(l2tpLengthBit) {
		return 4
	}
	return 2
}

// fixedLen is the length of the header without offset padding.
func (m L2TP) fixedLen() int {
	n := m.ids() + 4
	if m.has(l2tpSequenceBit) {
		n += 4
	}
	if m.has(l2tpOffsetBit) {
		n += 2
	}
	return n
}

// HeaderLen is the length of the header in bytes, the padding that it asks for included.
func (m L2TP) HeaderLen() int {
	n := m.fixedLen()
	if m.has(l2tpOffsetBit) {
		n += int(binary.BigEndian.Uint16(m[n-2:]))
	}
	return n
}

func (m L2TP) Version() uint8    { return m[1] & 15 }
func (m L2TP) IsControl() bool   { return m.has(l2tpControlBit) }
func (m L2TP) TunnelID() uint16  { return binary.BigEndian.Uint16(m[m.ids():]) }
func (m L2TP) SessionID() uint16 { return binary.BigEndian.Uint16(m[m.ids()+2:]) }

// Length is the length of the packet in bytes, as the sender wrote it, or that of m if it wrote none.
func (m L2TP) Length() int {
	if m.has(l2tpLengthBit) {
		return int(binary.BigEndian.Uint16(m[2:]))
	}
	return len(m)
}

var (
	l2tpFlagsField   = Field{Name: "l2tp.flags", Title: "Flags", Base: Hex}
	l2tpLengthField  = Field{Name: "l2tp.length", Title: "Length"}
	l2tpTunnelField  = Field{Name: "l2tp.tunnel", Label: "tunnel", Title: "Tunnel ID", Rank: 2}
	l2tpSessionField = Field{Name: "l2tp.session", Label: "session", Title: "Session ID", Rank: 2}
	l2tpNsField      = Field{Name: "l2tp.Ns", Label: "ns", Title: "Sequence number", Rank: 3}
	l2tpNrField      = Field{Name: "l2tp.Nr", Label: "nr", Title: "Sequence number expected", Rank: 3}
	l2tpOffsetField  = Field{Name: "l2tp.offset", Title: "Offset"}
	l2tpPaddingField = Field{Title: "Offset padding"}
	l2tpAVPGroup     = Field{Title: "Attribute"}
	l2tpVendorField  = Field{Name: "l2tp.avp.vendor_id", Title: "Vendor ID"}
	l2tpTypeField    = Field{Name: "l2tp.avp.type", Title: "Type"}
	l2tpOtherVendor  = Field{Title: "Vendor ID"}
	l2tpOtherType    = Field{Title: "Type"}
	l2tpMessageField = Field{Name: "l2tp.avp.message_type", Label: "message", Title: "Message type", Rank: 1, Form: FormBare}
	l2tpValueField   = Field{Title: "Value"}
	l2tpRestField    = Field{Title: "Bytes that could not be read"}

	l2tpFlagParts = []*Field{
		{Name: "l2tp.type", Title: "Control", Mask: l2tpControlBit},
		{Name: "l2tp.length_bit", Title: "Length", Mask: l2tpLengthBit},
		{Title: "Reserved", Mask: 0x3000},
		{Name: "l2tp.seq_bit", Title: "Sequence", Mask: l2tpSequenceBit},
		{Title: "Reserved", Mask: 0x0400},
		{Name: "l2tp.offset_bit", Title: "Offset", Mask: l2tpOffsetBit},
		{Name: "l2tp.priority", Title: "Priority", Mask: 0x0100},
		{Title: "Reserved", Mask: 0x00f0},
		{Name: "l2tp.version", Title: "Version", Mask: 0x000f},
	}
	l2tpAVPParts = []*Field{
		{Name: "l2tp.avp.mandatory", Title: "Mandatory", Mask: 0x8000},
		{Name: "l2tp.avp.hidden", Title: "Hidden", Mask: 0x4000},
		{Title: "Reserved", Mask: 0x3c00},
		{Name: "l2tp.avp.length", Title: "Length", Mask: 0x03ff},
	}
)

var l2tpMessageNames = [...]string{
	1: "Start-Control-Connection-Request", "Start-Control-Connection-Reply", "Start-Control-Connection-Connected",
	"Stop-Control-Connection-Notification", 6: "Hello", "Outgoing-Call-Request", "Outgoing-Call-Reply", "Outgoing-Call-Connected",
	"Incoming-Call-Request", "Incoming-Call-Reply", "Incoming-Call-Connected", 14: "Call-Disconnect-Notify", "WAN-Error-Notify",
	"Set-Link-Info",
}

// Fields describes the header to s, and of a control message the attributes, as far as m goes.
func (m L2TP) Fields(s Sink) {
	w := newFieldWalk(s, m)
	w.flags(&l2tpFlagsField, 2, l2tpFlagParts)
	if m.has(l2tpLengthBit) {
		w.uint(&l2tpLengthField, 2)
	}
	w.uint(&l2tpTunnelField, 2)
	w.uint(&l2tpSessionField, 2)
	if m.has(l2tpSequenceBit) {
		w.uint(&l2tpNsField, 2)
		w.uint(&l2tpNrField, 2)
	}
	if m.has(l2tpOffsetBit) {
		w.bytes(&l2tpPaddingField, int(w.uint(&l2tpOffsetField, 2)))
	}
	if !m.IsControl() {
		return
	}
	for w.end-w.at >= 6 {
		n := int(w.peek(2) & 0x3ff)
		if n < 6 || w.end-w.at < n {
			break
		}
		outer, _ := w.enter(&l2tpAVPGroup, n)
		hidden := w.peek(2)&0x4000 != 0
		w.parts(2, l2tpAVPParts)
		vendorField, typeField := &l2tpVendorField, &l2tpTypeField
		if hidden {
			vendorField, typeField = &l2tpOtherVendor, &l2tpOtherType
		} else if w.peek(2) != 0 {
			typeField = &l2tpOtherType
		}
		vendor := w.uint(vendorField, 2)
		if kind := w.uint(typeField, 2); vendor == 0 && kind == 0 && n == 8 && !hidden {
			name := ""
			if v := w.peek(2); v < uint64(len(l2tpMessageNames)) {
				name = l2tpMessageNames[v]
			}
			w.enum(&l2tpMessageField, 2, name)
		}
		w.leave(&l2tpValueField, outer)
	}
	w.rest(&l2tpRestField)
}

func decodeL2TP(p *Packet, l *Layer, b []byte) LayerType {
	m := L2TP(b)
	if err := m.Check(); err != nil {
		return l.fail(err)
	}
	if m.has(l2tpLengthBit) {
		p.limit(l, m.Length())
	}
	if m.IsControl() {
		l.Payload = l.End
		return LayerNone
	}
	l.Payload = l.Start + m.HeaderLen()
	if l.Payload >= l.End {
		return LayerNone
	}
	return LayerPPP
}

func l2tpFields(p *Packet, l *Layer, s Sink) { L2TP(p.Bytes(l)).Fields(s) }
