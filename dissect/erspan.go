package dissect

import "encoding/binary"

// Lengths of the headers of ERSPAN, in bytes.
const (
	ERSPAN2HeaderLen = 8
	ERSPAN3HeaderLen = 12

	erspanPlatformLen = 8
)

// ERSPAN is a view of the header that mirrored frames have behind GRE (draft-foschiano-erspan), of type II (version 1) or type
// III (version 2). Type I has none.
//
//	 0                              15 16                           31
//	+-------+-------------------------+-------+-----+--+-------------+
//	|  Ver  |          VLAN           |  COS  | En/ |T |  Session ID |
//	|       |                         |       | BSO |  |             |
//	+-------+-------------------------+-------+-----+--+-------------+
//	|  II: Reserved (12), Index (20);  III: Timestamp                |
//	+---------------------------------+------------------------------+
//	|  III: Security Group Tag        | P, FT, Hw ID, D, Gra, O      |
//	+---------------------------------+------------------------------+
//	|  III, if O: what the platform adds, 8 bytes                    |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type ERSPAN []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of another version.
func (e ERSPAN) Check() error {
	switch {
	case len(e) < 2:
		return ErrTruncated
	case e.Version() != 1 && e.Version() != 2:
		return ErrUnsupported
	case e.Version() == 1 && len(e) < ERSPAN2HeaderLen, e.Version() == 2 && len(e) < ERSPAN3HeaderLen:
		return ErrTruncated
	case len(e) < e.HeaderLen():
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: a header promises nothing of what follows.
func (e ERSPAN) CheckWhole() error { return e.Check() }

func (e ERSPAN) Version() uint8  { return e[0] >> 4 }
func (e ERSPAN) VLAN() uint16    { return binary.BigEndian.Uint16(e) & 0xfff }
func (e ERSPAN) Session() uint16 { return binary.BigEndian.Uint16(e[2:]) & 0x3ff }

// HeaderLen is the length of the header in bytes.
func (e ERSPAN) HeaderLen() int {
	switch {
	case e.Version() == 1:
		return ERSPAN2HeaderLen
	case e[11]&1 != 0:
		return ERSPAN3HeaderLen + erspanPlatformLen
	}
	return ERSPAN3HeaderLen
}

// frameType is what type III says of the payload: 0 is an Ethernet frame, 2 an IP packet.
func (e ERSPAN) frameType() uint8 { return e[10] >> 2 & 0x1f }

var (
	erspanVersionField = Field{Name: "erspan.version", Label: "v", Title: "Version", Mask: 0xf000}
	erspanVLANField    = Field{Name: "erspan.vlan", Label: "vlan", Title: "Vlan", Mask: 0x0fff, Rank: 2}
	erspanCOSField     = Field{Name: "erspan.cos", Label: "cos", Title: "COS", Mask: 0xe000}
	erspanEncapField   = Field{Name: "erspan.encap", Label: "encap", Title: "Encap", Mask: 0x1800}
	erspanBSOField     = Field{Name: "erspan.bso", Label: "bso", Title: "Bad/Short/Oversized", Mask: 0x1800}
	erspanCutFlag      = Field{Name: "erspan.truncated", Label: "truncated", Title: "Truncated", Mask: 0x0400, Rank: 3, Form: FormFlag}
	erspanSessionField = Field{Name: "erspan.spanid", Label: "session", Title: "SpanID", Mask: 0x03ff, Rank: 1}
	erspanReserved     = Field{Name: "erspan.reserved", Label: "reserved", Title: "Reserved", Mask: 0xfff00000}
	erspanIndexField   = Field{Name: "erspan.index", Label: "index", Title: "Index", Mask: 0x000fffff, Rank: 4}
	erspanTimeField    = Field{Name: "erspan.timestamp", Label: "ts", Title: "Timestamp", Mask: 0xffffffff}
	erspanSGTField     = Field{Name: "erspan.sgt", Label: "sgt", Title: "Security Group Tag", Mask: 0xffff}
	erspanPFlag        = Field{Name: "erspan.p", Label: "p", Title: "Has Ethernet PDU", Mask: 0x8000}
	erspanTypeField    = Field{Name: "erspan.ft", Label: "ft", Title: "Frame Type", Mask: 0x7c00}
	erspanHWField      = Field{Name: "erspan.hw", Label: "hw", Title: "Hardware ID", Mask: 0x03f0}
	erspanDirFlag      = Field{Name: "erspan.direction", Label: "egress", Title: "Direction: egress", Mask: 0x0008}
	erspanGraField     = Field{Name: "erspan.gra", Label: "gra", Title: "Timestamp granularity", Mask: 0x0006}
	erspanOFlag        = Field{Name: "erspan.o", Label: "o", Title: "Optional Sub headers", Mask: 0x0001}
	erspanPlatform     = Field{Label: "platform", Title: "Platform specific"}

	erspanVLANFields  = []*Field{&erspanVersionField, &erspanVLANField}
	erspanSpan2Fields = []*Field{&erspanCOSField, &erspanEncapField, &erspanCutFlag, &erspanSessionField}
	erspanSpan3Fields = []*Field{&erspanCOSField, &erspanBSOField, &erspanCutFlag, &erspanSessionField}
	erspanIndexFields = []*Field{&erspanReserved, &erspanIndexField}
	erspanFlagsFields = []*Field{&erspanPFlag, &erspanTypeField, &erspanHWField, &erspanDirFlag, &erspanGraField, &erspanOFlag}
)

// Fields describes the header to s.
func (e ERSPAN) Fields(s Sink) {
	w := newFieldWalk(s, e[:e.HeaderLen()])
	w.parts(2, erspanVLANFields)
	if e.Version() == 1 {
		w.parts(2, erspanSpan2Fields)
		w.parts(4, erspanIndexFields)
		return
	}
	w.parts(2, erspanSpan3Fields)
	w.uint(&erspanTimeField, 4)
	w.uint(&erspanSGTField, 2)
	w.parts(2, erspanFlagsFields)
	w.rest(&erspanPlatform)
}

func decodeERSPAN(p *Packet, l *Layer, b []byte) LayerType {
	e := ERSPAN(b)
	if err := e.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + e.HeaderLen()
	switch {
	case l.Payload == l.End:
		return LayerNone
	case e.Version() == 1 || e.frameType() == 0:
		return LayerEthernet
	}
	return LayerData
}

func erspanFields(p *Packet, l *Layer, s Sink) { ERSPAN(p.Bytes(l)).Fields(s) }
