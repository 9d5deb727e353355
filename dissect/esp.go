package dissect

import "encoding/binary"

// ESPHeaderLen is the length in bytes of what ESP does not encrypt before its payload.
const ESPHeaderLen = 8

// ESP is a view of an Encapsulating Security Payload packet (RFC 4303 section 2). All but the first two fields is encrypted.
//
//	 0                                                            31
//	+---------------------------------------------------------------+
//	|                Security Parameters Index (SPI)                |
//	+---------------------------------------------------------------+
//	|                       Sequence Number                         |
//	+---------------------------------------------------------------+
//	|        Payload, padding and integrity check value             |
//	+---------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type ESP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (e ESP) Check() error {
	if len(e) < ESPHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: only a key tells how long the parts are.
func (e ESP) CheckWhole() error { return e.Check() }

func (e ESP) SPI() uint32 { return binary.BigEndian.Uint32(e) }
func (e ESP) Seq() uint32 { return binary.BigEndian.Uint32(e[4:]) }

// Payload is what is encrypted, the integrity check value included.
func (e ESP) Payload() []byte { return e[ESPHeaderLen:] }

var (
	espSPIField  = Field{Name: "esp.spi", Label: "spi", Title: "ESP SPI", Rank: 1, Base: Hex}
	espSeqField  = Field{Name: "esp.sequence", Label: "seq", Title: "ESP Sequence", Rank: 2}
	espSizeField = Field{Label: "len", Title: "Encrypted bytes", Rank: 3}
)

// Fields describes the header to s. payload is the length of what is encrypted, on the wire.
func (e ESP) Fields(s Sink, payload int) {
	s.Uint(&espSPIField, 0, 4, uint64(e.SPI()))
	s.Uint(&espSeqField, 4, 4, uint64(e.Seq()))
	s.Uint(&espSizeField, 0, 0, uint64(payload))
}

func decodeESP(p *Packet, l *Layer, b []byte) LayerType {
	e := ESP(b)
	if err := e.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + ESPHeaderLen
	return LayerData
}

func espFields(p *Packet, l *Layer, s Sink) { ESP(p.Bytes(l)).Fields(s, l.Wire-ESPHeaderLen) }

// ESPHeader is the header as a value.
type ESPHeader struct{ SPI, Seq uint32 }

// Header gives the header as a value.
func (e ESP) Header() ESPHeader { return ESPHeader{e.SPI(), e.Seq()} }

// Append appends the wire form of h to b and returns the extended slice.
func (h ESPHeader) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, h.SPI)
	return binary.BigEndian.AppendUint32(b, h.Seq)
}
