package dissect

import "encoding/binary"

// Offsets in a MACsec tag, its length without a channel identifier and with one, and that of the check value, in bytes.
const (
	macsecTCI = 0
	macsecSL  = 1
	macsecPN  = 2
	macsecSCI = 6

	MACsecMinHeaderLen = 6
	macsecSCILen       = 8
	macsecICVLen       = 16
)

// The bits of the tag control information.
const (
	macsecSC        = 0x20
	macsecEncrypted = 0x08
	macsecChanged   = 0x04
)

// MACsec is a view of a security tag (IEEE 802.1AE clause 9.3), which follows the EtherType 0x88e5, and of what it protects.
//
//	 0              7 8             15 16           23 24           31
//	+----------------+----------------+------------------------------+
//	|  TCI     |  AN |  Short Length  |  Packet Number ...           |
//	+----------------+----------------+------------------------------+
//	|  ... Packet Number              |  Secure Channel Identifier,  |
//	+---------------------------------+                              +
//	|  8 bytes, if SC is set                                         |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type MACsec []byte

// Check reports whether the tag can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of another version.
func (m MACsec) Check() error {
	if len(m) < MACsecMinHeaderLen || len(m) < m.HeaderLen() {
		return ErrTruncated
	}
	if m[macsecTCI]&0x80 != 0 {
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check, and that the check value behind the payload is there.
func (m MACsec) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if len(m) < m.HeaderLen()+macsecICVLen {
		return ErrTruncated
	}
	return nil
}

// HeaderLen is the length of the tag in bytes.
func (m MACsec) HeaderLen() int {
	if m[macsecTCI]&macsecSC != 0 {
		return MACsecMinHeaderLen + macsecSCILen
	}
	return MACsecMinHeaderLen
}

// PN is the packet number.
func (m MACsec) PN() uint32 { return binary.BigEndian.Uint32(m[macsecPN:]) }

// ShortLength is the length of what is protected if that is less than 48 bytes, else zero.
func (m MACsec) ShortLength() uint8 { return m[macsecSL] & 0x3f }

// IsPlain reports whether what follows is neither encrypted nor changed, so that it can be read.
func (m MACsec) IsPlain() bool { return m[macsecTCI]&(macsecEncrypted|macsecChanged) == 0 }

var (
	macsecTCIField  = Field{Name: "macsec.TCI", Label: "tci", Title: "TCI", Mask: 0xfc, Base: Hex}
	macsecVField    = Field{Name: "macsec.TCI.V", Label: "v", Title: "Version", Mask: 0x80}
	macsecESFlag    = Field{Name: "macsec.TCI.ES", Label: "es", Title: "End station", Mask: 0x40}
	macsecSCFlag    = Field{Name: "macsec.TCI.SC", Label: "sc", Title: "Secure channel identifier", Mask: 0x20}
	macsecSCBFlag   = Field{Name: "macsec.TCI.SCB", Label: "scb", Title: "Single copy broadcast", Mask: 0x10}
	macsecEFlag     = Field{Name: "macsec.TCI.E", Label: "encrypted", Title: "Encrypted", Mask: 0x08, Rank: 3, Form: FormFlag}
	macsecCFlag     = Field{Name: "macsec.TCI.C", Label: "changed", Title: "Changed text", Mask: 0x04, Rank: 3, Form: FormFlag}
	macsecANField   = Field{Name: "macsec.AN", Label: "an", Title: "Association number", Mask: 0x03, Rank: 1}
	macsecSLField   = Field{Name: "macsec.SL", Label: "sl", Title: "Short length"}
	macsecPNField   = Field{Name: "macsec.PN", Label: "pn", Title: "Packet number", Rank: 2}
	macsecSysField  = Field{Name: "macsec.SCI.system_identifier", Label: "sci", Title: "System identifier", Rank: 4}
	macsecPortField = Field{Name: "macsec.SCI.port_identifier", Label: "port", Title: "Port identifier"}
	macsecTypeField = Field{Name: "macsec.etype", Label: "type", Title: "Type", Rank: 5, Base: Hex}
	macsecICVField  = Field{Name: "macsec.ICV", Label: "icv", Title: "Integrity check value"}
)

// layout says where the payload of a frame begins and how long it is, wire bytes from the tag on being the frame's; hasType is
// whether the payload can be read and so the EtherType before it. A frame too short for a check value has none.
func (m MACsec) layout(wire int) (at, n int, hasType bool) {
	at = m.HeaderLen()
	n = wire - at - macsecICVLen
	if hasType = m.IsPlain() && len(m) >= at+2 && (n < 0 || n >= 2); hasType {
		at, n = at+2, n-2
	}
	return at, n, hasType
}

func decodeMACsec(p *Packet, l *Layer, b []byte) LayerType {
	m := MACsec(b)
	if err := m.Check(); err != nil {
		return l.fail(err)
	}
	at, n, hasType := m.layout(l.Wire)
	if n == 0 {
		l.Payload = l.End
		return LayerNone
	}
	l.Payload = l.Start + at
	if n > 0 {
		p.limitNext(n)
	}
	if hasType {
		return EtherType(binary.BigEndian.Uint16(m[at-2:])).layer()
	}
	return LayerData
}

func macsecFields(p *Packet, l *Layer, s Sink) {
	m := MACsec(p.Bytes(l))
	tci := uint64(m[macsecTCI])
	s.Uint(&macsecTCIField, macsecTCI, 1, tci>>2)
	s.Begin(&macsecTCIField, macsecTCI, 1)
	s.Uint(&macsecVField, macsecTCI, 1, tci>>7)
	for _, f := range [...]*Field{&macsecESFlag, &macsecSCFlag, &macsecSCBFlag, &macsecEFlag, &macsecCFlag} {
		s.Bool(f, macsecTCI, 1, tci&f.Mask != 0)
	}
	s.End()
	s.Uint(&macsecANField, macsecTCI, 1, tci&3)
	s.Uint(&macsecSLField, macsecSL, 1, uint64(m[macsecSL]))
	s.Uint(&macsecPNField, macsecPN, 4, uint64(m.PN()))
	if m[macsecTCI]&macsecSC != 0 {
		s.MAC(&macsecSysField, macsecSCI, 6, MAC(m[macsecSCI:macsecSCI+6]))
		s.Uint(&macsecPortField, macsecSCI+6, 2, uint64(binary.BigEndian.Uint16(m[macsecSCI+6:])))
	}
	at, n, hasType := m.layout(l.Wire)
	if hasType {
		t := EtherType(binary.BigEndian.Uint16(m[at-2:]))
		s.Enum(&macsecTypeField, at-2, 2, uint64(t), t.Name())
	}
	if n >= 0 && len(m) > at+n {
		s.Bytes(&macsecICVField, at+n, len(m)-at-n, m[at+n:])
	}
}
