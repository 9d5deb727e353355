package dissect

import "encoding/binary"

// Offsets in the headers of VXLAN and its Generic Protocol Extension, and their length, in bytes.
const (
	vxlanFlags  = 0
	vxlanPolicy = 2
	vxlanNext   = 3
	vxlanVNI    = 4

	VXLANHeaderLen = 8
)

// VXLAN is a view of a VXLAN header (RFC 7348 section 5), with the group policy of a draft that Linux speaks, or of the Generic
// Protocol Extension, which says what follows instead of that it is Ethernet.
//
//	 0              7 8             15 16             23 24          31
//	+--+---+-----+---+----------------+-----------------+-------------+
//	|G |   | I P | O |   |D|  |A|     |  Group Policy ID, or: |  Next  |
//	+--+---+-----+---+----------------+-----------------+-------------+
//	|        VXLAN Network Identifier (VNI)             |  Reserved   |
//	+---------------------------------------------------+-------------+
//
// The getters trust the slice; call Check once before the first of them.
type VXLAN []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (v VXLAN) Check() error {
	if len(v) < VXLANHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (v VXLAN) CheckWhole() error { return v.Check() }

// Flags are the first sixteen bits.
func (v VXLAN) Flags() uint16 { return binary.BigEndian.Uint16(v[vxlanFlags:]) }

// HasVNI reports whether the I flag says that the network identifier is valid.
func (v VXLAN) HasVNI() bool { return v[vxlanFlags]&0x08 != 0 }

// GroupPolicy is the policy that the sender applied, where the G flag is set.
func (v VXLAN) GroupPolicy() uint16 { return binary.BigEndian.Uint16(v[vxlanPolicy:]) }

// NextProtocol is what follows a header of the Generic Protocol Extension.
func (v VXLAN) NextProtocol() uint8 { return v[vxlanNext] }

// VNI is the network identifier, 24 bits.
func (v VXLAN) VNI() uint32 { return binary.BigEndian.Uint32(v[vxlanVNI:]) >> 8 }

// Payload is what follows the header.
func (v VXLAN) Payload() []byte { return v[VXLANHeaderLen:] }

var (
	vxlanFlagsField    = Field{Name: "vxlan.flags", Label: "flags", Title: "Flags", Base: Hex}
	vxlanPolicyFlag    = Field{Name: "vxlan.flag_g", Label: "gbp", Title: "GBP Extension", Mask: 0x8000, Rank: 2, Form: FormFlag}
	vxlanIDFlag        = Field{Name: "vxlan.flag_i", Label: "i", Title: "VXLAN Network ID (VNI)", Mask: 0x0800}
	vxlanLearnFlag     = Field{Name: "vxlan.flag_d", Label: "nolearn", Title: "Don't Learn", Mask: 0x0040, Rank: 2, Form: FormFlag}
	vxlanAppliedFlag   = Field{Name: "vxlan.flag_a", Label: "applied", Title: "Policy Applied", Mask: 0x0008, Rank: 2, Form: FormFlag}
	vxlanReservedFlags = Field{Name: "vxlan.flags_reserved", Label: "reserved", Title: "Reserved(R)", Mask: 0x77b7, Base: Hex}
	vxlanPolicyField   = Field{Name: "vxlan.gbp", Label: "policy", Title: "Group Policy ID", Rank: 3, Form: FormNonzero}
	vxlanVNIField      = Field{Name: "vxlan.vni", Label: "vni", Title: "VXLAN Network Identifier (VNI)", Rank: 1}
	vxlanReservedField = Field{Name: "vxlan.reserved8", Label: "reserved", Title: "Reserved"}

	vxlanGPEFlagsField = Field{Name: "vxlan.flags", Label: "flags", Title: "Flags", Base: Hex}
	vxlanGPEVersion    = Field{Name: "vxlan.ver", Label: "v", Title: "Version", Mask: 0x30}
	vxlanGPEIDFlag     = Field{Name: "vxlan.i_bit", Label: "i", Title: "Instance", Mask: 0x08}
	vxlanGPENextFlag   = Field{Name: "vxlan.p_bit", Label: "p", Title: "Next Protocol Bit", Mask: 0x04}
	vxlanGPEOAMFlag    = Field{Name: "vxlan.o_bit", Label: "oam", Title: "OAM bit", Mask: 0x01, Rank: 3, Form: FormFlag}
	vxlanGPEReserved   = Field{Label: "reserved", Title: "Reserved(R)", Mask: 0xc2, Base: Hex}
	vxlanGPEReserved16 = Field{Name: "vxlan.reserved_16", Label: "reserved", Title: "Reserved"}
	vxlanGPENextField  = Field{Name: "vxlan.next_proto", Label: "next", Title: "Next Protocol", Rank: 2}
)

// Fields describes a header of plain VXLAN to s.
func (v VXLAN) Fields(s Sink) {
	f := v.Flags()
	s.Uint(&vxlanFlagsField, vxlanFlags, 2, uint64(f))
	s.Begin(&vxlanFlagsField, vxlanFlags, 2)
	s.Bool(&vxlanPolicyFlag, vxlanFlags, 2, f&0x8000 != 0)
	s.Bool(&vxlanIDFlag, vxlanFlags, 2, f&0x0800 != 0)
	s.Bool(&vxlanLearnFlag, vxlanFlags, 2, f&0x0040 != 0)
	s.Bool(&vxlanAppliedFlag, vxlanFlags, 2, f&0x0008 != 0)
	s.Uint(&vxlanReservedFlags, vxlanFlags, 2, uint64(f&0x77b7))
	s.End()
	s.Uint(&vxlanPolicyField, vxlanPolicy, 2, uint64(v.GroupPolicy()))
	v.vniFields(s)
}

// FieldsGPE describes a header of the Generic Protocol Extension to s.
func (v VXLAN) FieldsGPE(s Sink) {
	f := v[vxlanFlags]
	s.Uint(&vxlanGPEFlagsField, vxlanFlags, 1, uint64(f))
	s.Begin(&vxlanGPEFlagsField, vxlanFlags, 1)
	s.Uint(&vxlanGPEVersion, vxlanFlags, 1, uint64(f>>4&3))
	s.Bool(&vxlanGPEIDFlag, vxlanFlags, 1, f&0x08 != 0)
	s.Bool(&vxlanGPENextFlag, vxlanFlags, 1, f&0x04 != 0)
	s.Bool(&vxlanGPEOAMFlag, vxlanFlags, 1, f&0x01 != 0)
	s.Uint(&vxlanGPEReserved, vxlanFlags, 1, uint64(f&0xc2))
	s.End()
	s.Uint(&vxlanGPEReserved16, 1, 2, uint64(binary.BigEndian.Uint16(v[1:])))
	s.Enum(&vxlanGPENextField, vxlanNext, 1, uint64(v.NextProtocol()), vxlanNextName(v.NextProtocol()))
	v.vniFields(s)
}

func (v VXLAN) vniFields(s Sink) {
	s.Uint(&vxlanVNIField, vxlanVNI, 3, uint64(v.VNI()))
	s.Uint(&vxlanReservedField, vxlanVNI+3, 1, uint64(v[vxlanVNI+3]))
}

// vxlanNextName is the name of what follows a header of the Generic Protocol Extension, or "".
func vxlanNextName(next uint8) string {
	switch next {
	case 1:
		return "IPv4"
	case 2:
		return "IPv6"
	case 3:
		return "Ethernet"
	case 4:
		return "NSH"
	case 5:
		return "MPLS"
	}
	return ""
}

func decodeVXLAN(p *Packet, l *Layer, b []byte) LayerType {
	v := VXLAN(b)
	if err := v.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + VXLANHeaderLen
	if l.Payload == l.End {
		return LayerNone
	}
	return LayerEthernet
}

func vxlanFields(p *Packet, l *Layer, s Sink) { VXLAN(p.Bytes(l)).Fields(s) }

func decodeVXLANGPE(p *Packet, l *Layer, b []byte) LayerType {
	v := VXLAN(b)
	if err := v.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + VXLANHeaderLen
	if l.Payload == l.End {
		return LayerNone
	}
	switch v.NextProtocol() {
	case 1:
		return LayerIPv4
	case 2:
		return LayerIPv6
	case 3:
		return LayerEthernet
	case 5:
		return LayerMPLS
	}
	return LayerData
}

func vxlanGPEFields(p *Packet, l *Layer, s Sink) { VXLAN(p.Bytes(l)).FieldsGPE(s) }

// VXLANHeader is a header of plain VXLAN as a value.
type VXLANHeader struct{ VNI uint32 }

// Header gives the header as a value.
func (v VXLAN) Header() VXLANHeader { return VXLANHeader{v.VNI()} }

// Append appends the wire form of h, its network identifier valid, to b and returns the extended slice.
func (h VXLANHeader) Append(b []byte) []byte {
	b = append(b, 0x08, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, h.VNI<<8)
}
