package dissect

import "encoding/binary"

// Offsets in a Geneve header, and the length of the part before the options, in bytes.
const (
	geneveVersion = 0
	geneveFlags   = 1
	geneveType    = 2
	geneveVNI     = 4

	GeneveMinHeaderLen = 8
	geneveOptionLen    = 4 // of an option without data
)

// Geneve is a view of a Geneve header (RFC 8926 section 3.4).
//
//	 0  1 2         7 8             15 16             23 24          31
//	+----+-----------+--+--+----------+-----------------+-------------+
//	|Ver |  Opt Len  |O |C |   Rsvd   |        Protocol Type          |
//	+----+-----------+--+--+----------+-----------------+-------------+
//	|        Virtual Network Identifier (VNI)           |  Reserved   |
//	+---------------------------------------------------+-------------+
//	|  Options, of Opt Len words: Class, Type, Length, data           |
//	+-----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type Geneve []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of another version.
func (g Geneve) Check() error {
	if len(g) < GeneveMinHeaderLen {
		return ErrTruncated
	}
	if g.Version() != 0 {
		return ErrUnsupported
	}
	if len(g) < g.HeaderLen() {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (g Geneve) CheckWhole() error { return g.Check() }

func (g Geneve) Version() uint8 { return g[geneveVersion] >> 6 }

// IsOAM reports whether the packet is for the tunnel's end itself, IsCritical whether an option must be understood.
func (g Geneve) IsOAM() bool      { return g[geneveFlags]&0x80 != 0 }
func (g Geneve) IsCritical() bool { return g[geneveFlags]&0x40 != 0 }

func (g Geneve) Type() EtherType { return EtherType(binary.BigEndian.Uint16(g[geneveType:])) }

// VNI is the network identifier, 24 bits.
func (g Geneve) VNI() uint32 { return binary.BigEndian.Uint32(g[geneveVNI:]) >> 8 }

// optionsLen is the length of the options in bytes.
func (g Geneve) optionsLen() int { return 4 * int(g[geneveVersion]&0x3f) }

// HeaderLen is the length of the header in bytes, its options included.
func (g Geneve) HeaderLen() int { return GeneveMinHeaderLen + g.optionsLen() }

// Options are the options as they are on the wire.
func (g Geneve) Options() []byte { return g[GeneveMinHeaderLen:g.HeaderLen()] }

// Payload is what follows the header.
func (g Geneve) Payload() []byte { return g[g.HeaderLen():] }

var (
	geneveVersionField  = Field{Name: "geneve.version", Label: "v", Title: "Version", Mask: 0xc0}
	geneveOptLenField   = Field{Label: "optlen", Title: "Options Length (words)", Mask: 0x3f}
	geneveFlagsField    = Field{Name: "geneve.flags", Label: "flags", Title: "Flags", Base: Hex}
	geneveOAMField      = Field{Name: "geneve.flags.oam", Label: "oam", Title: "Operations, Administration and Management Frame", Mask: 0x80, Rank: 3, Form: FormFlag}
	geneveCriticalField = Field{Name: "geneve.flags.critical", Label: "critical", Title: "Critical Options Present", Mask: 0x40, Rank: 3, Form: FormFlag}
	geneveFlagsReserved = Field{Name: "geneve.flags.reserved", Label: "reserved", Title: "Reserved", Mask: 0x3f}
	geneveTypeField     = Field{Name: "geneve.proto_type", Label: "type", Title: "Protocol Type", Rank: 2, Base: Hex}
	geneveVNIField      = Field{Name: "geneve.vni", Label: "vni", Title: "Virtual Network Identifier (VNI)", Rank: 1}
	geneveReservedField = Field{Name: "geneve.reserved", Label: "reserved", Title: "Reserved", Base: Hex}
	geneveOptionField   = Field{Label: "option", Title: "Option"}
	geneveClassField    = Field{Name: "geneve.option.class", Label: "class", Title: "Class", Base: Hex}
	geneveOptTypeField  = Field{Name: "geneve.option.type", Label: "type", Title: "Type", Base: Hex}
	geneveOptFlagsField = Field{Name: "geneve.option.flags", Label: "flags", Title: "Flags", Mask: 0xe0, Base: Hex}
	geneveOptSizeField  = Field{Label: "len", Title: "Length (words)", Mask: 0x1f}
	geneveOptDataField  = Field{Name: "geneve.option.unknown.data", Label: "data", Title: "Option Data"}
	geneveBadField      = Field{Label: "options", Title: "Malformed options"}
)

// Fields describes the header to s.
func (g Geneve) Fields(s Sink) {
	s.Uint(&geneveVersionField, geneveVersion, 1, uint64(g.Version()))
	s.Uint(&geneveOptLenField, geneveVersion, 1, uint64(g[geneveVersion]&0x3f))
	f := g[geneveFlags]
	s.Uint(&geneveFlagsField, geneveFlags, 1, uint64(f))
	s.Begin(&geneveFlagsField, geneveFlags, 1)
	s.Bool(&geneveOAMField, geneveFlags, 1, g.IsOAM())
	s.Bool(&geneveCriticalField, geneveFlags, 1, g.IsCritical())
	s.Bool(&geneveFlagsReserved, geneveFlags, 1, f&0x3f != 0)
	s.End()
	s.Enum(&geneveTypeField, geneveType, 2, uint64(g.Type()), g.Type().Name())
	s.Uint(&geneveVNIField, geneveVNI, 3, uint64(g.VNI()))
	s.Uint(&geneveReservedField, geneveVNI+3, 1, uint64(g[geneveVNI+3]))
	for at, end := GeneveMinHeaderLen, g.HeaderLen(); at < end; {
		n := geneveOptionLen
		if at+n <= end {
			n += 4 * int(g[at+3]&0x1f)
		}
		if at+n > end {
			s.Bytes(&geneveBadField, at, end-at, g[at:end])
			return
		}
		s.Begin(&geneveOptionField, at, n)
		s.Uint(&geneveClassField, at, 2, uint64(binary.BigEndian.Uint16(g[at:])))
		s.Uint(&geneveOptTypeField, at+2, 1, uint64(g[at+2]))
		s.Uint(&geneveOptFlagsField, at+3, 1, uint64(g[at+3]>>5))
		s.Uint(&geneveOptSizeField, at+3, 1, uint64(g[at+3]&0x1f))
		if n > geneveOptionLen {
			s.Bytes(&geneveOptDataField, at+geneveOptionLen, n-geneveOptionLen, g[at+geneveOptionLen:at+n])
		}
		s.End()
		at += n
	}
}

func decodeGeneve(p *Packet, l *Layer, b []byte) LayerType {
	g := Geneve(b)
	if err := g.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + g.HeaderLen()
	if l.Payload == l.End {
		return LayerNone
	}
	if g.Type() == EtherTypeTEB {
		return LayerEthernet
	}
	return g.Type().layer()
}

func geneveFields(p *Packet, l *Layer, s Sink) { Geneve(p.Bytes(l)).Fields(s) }

// GeneveHeader is a header without options as a value.
type GeneveHeader struct {
	Type EtherType
	VNI  uint32
}

// Header gives the header as a value; options are left out.
func (g Geneve) Header() GeneveHeader { return GeneveHeader{g.Type(), g.VNI()} }

// Append appends the wire form of h to b and returns the extended slice.
func (h GeneveHeader) Append(b []byte) []byte {
	b = append(b, 0, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(h.Type))
	return binary.BigEndian.AppendUint32(b, h.VNI<<8)
}
