package dissect

import "encoding/binary"

// Offsets in a VLAN tag as it stands behind the Ethernet type that announces it, and its length, in bytes.
const (
	vlanTCI  = 0
	vlanType = 2

	VLANHeaderLen = 4
)

// VLAN is a view of what follows an Ethernet type of 0x8100 (IEEE 802.1Q), 0x88a8 (802.1ad, the outer tag
// of QinQ) or 0x9100 (the same, before the standard): the tag control information, and the type or
// length of what the tag was put in front of.
//
//	 0    2  3  4                     15 16                         31
//	+------+---+------------------------+-----------------------------+
//	| PCP  |DEI|        VLAN ID         |         Type/Length         |
//	+------+---+------------------------+-----------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type VLAN []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (v VLAN) Check() error {
	if len(v) < VLANHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: a tag promises nothing but itself.
func (v VLAN) CheckWhole() error { return v.Check() }

// TCI is the tag control information: priority, drop eligible indicator and VLAN ID in one number.
func (v VLAN) TCI() uint16 { return binary.BigEndian.Uint16(v[vlanTCI:]) }

// Priority is the priority code point, 0 to 7.
func (v VLAN) Priority() uint8 { return v[vlanTCI] >> 5 }

// DropEligible is the drop eligible indicator; before 2011 it said that addresses are in Token Ring's format.
func (v VLAN) DropEligible() bool { return v[vlanTCI]&0x10 != 0 }

// ID is the VLAN's number; 0 means that the tag carries a priority and no VLAN.
func (v VLAN) ID() uint16 { return v.TCI() & 0xfff }

// Type is the EtherType of what follows, or its length; see EtherType.IsLength.
func (v VLAN) Type() EtherType { return EtherType(binary.BigEndian.Uint16(v[vlanType:])) }

// Payload is what follows the tag, padding included.
func (v VLAN) Payload() []byte { return v[VLANHeaderLen:] }

func (v VLAN) SetTCI(tci uint16)   { binary.BigEndian.PutUint16(v[vlanTCI:], tci) }
func (v VLAN) SetType(t EtherType) { binary.BigEndian.PutUint16(v[vlanType:], uint16(t)) }

// vlanFieldSet holds the fields of one kind of tag: Wireshark names those of 802.1Q and 802.1ad differently.
type vlanFieldSet struct {
	priority, dei, id, etype, length Field
	trailer                          Field
}

var dot1qFieldSet = vlanFieldSet{
	priority: Field{Name: "vlan.priority", Label: "prio", Title: "Priority", Mask: 0xe000, Rank: 2, Form: FormNonzero},
	dei:      Field{Name: "vlan.dei", Label: "dei", Title: "Drop eligible", Mask: 0x1000, Rank: 3, Form: FormFlag},
	id:       Field{Name: "vlan.id", Label: "id", Title: "VLAN ID", Mask: 0x0fff, Rank: 1},
	etype:    Field{Name: "vlan.etype", Label: "type", Title: "Type", Rank: 4, Base: Hex},
	length:   Field{Name: "vlan.len", Label: "len", Title: "Length", Rank: 4},
	trailer:  Field{Name: "vlan.trailer", Label: "trailer", Title: "Trailer"},
}

// The type behind an 802.1ad tag has the name of 802.1ah's in Wireshark, and a length has none.
var dot1adFieldSet = vlanFieldSet{
	priority: Field{Name: "ieee8021ad.priority", Label: "prio", Title: "Priority", Mask: 0xe000, Rank: 2, Form: FormNonzero},
	dei:      Field{Name: "ieee8021ad.dei", Label: "dei", Title: "Drop eligible", Mask: 0x1000, Rank: 3, Form: FormFlag},
	id:       Field{Name: "ieee8021ad.id", Label: "id", Title: "VLAN ID", Mask: 0x0fff, Rank: 1},
	etype:    Field{Name: "ieee8021ah.etype", Label: "type", Title: "Type", Rank: 4, Base: Hex},
	length:   Field{Label: "len", Title: "Length", Rank: 4},
	trailer:  Field{Name: "ieee8021ah.trailer", Label: "trailer", Title: "Trailer"},
}

// Fields describes the tag to s, under the names of 802.1Q.
func (v VLAN) Fields(s Sink) { v.fields(s, &dot1qFieldSet) }

func (v VLAN) fields(s Sink, f *vlanFieldSet) {
	s.Uint(&f.priority, vlanTCI, 2, uint64(v.Priority()))
	s.Bool(&f.dei, vlanTCI, 2, v.DropEligible())
	s.Uint(&f.id, vlanTCI, 2, uint64(v.ID()))
	if t := v.Type(); t.IsLength() {
		s.Uint(&f.length, vlanType, 2, uint64(t))
	} else {
		s.Enum(&f.etype, vlanType, 2, uint64(t), t.Name())
	}
}

// decodeVLAN reads a tag of either kind.
func decodeVLAN(p *Packet, l *Layer, b []byte) LayerType {
	v := VLAN(b)
	if err := v.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + VLANHeaderLen
	t := v.Type()
	if t.IsLength() {
		return p.lengthPayload(l, int(t))
	}
	return t.layer()
}

func vlanFields(p *Packet, l *Layer, s Sink) {
	VLAN(p.Bytes(l)).fields(s, &dot1qFieldSet)
	p.trailerFields(l, s, &dot1qFieldSet.trailer, nil)
}

func qinqFields(p *Packet, l *Layer, s Sink) {
	VLAN(p.Bytes(l)).fields(s, &dot1adFieldSet)
	p.trailerFields(l, s, &dot1adFieldSet.trailer, nil)
}

// VLANHeader is a tag as a value.
type VLANHeader struct {
	Priority     uint8 // 0 to 7
	DropEligible bool
	ID           uint16 // 0 to 4095
	Type         EtherType
}

// MakeVLANHeader takes the tag control information apart, the form in which a kernel reports a tag that it
// took out of a frame. t is the type behind the tag.
func MakeVLANHeader(tci uint16, t EtherType) VLANHeader {
	return VLANHeader{Priority: uint8(tci >> 13), DropEligible: tci&0x1000 != 0, ID: tci & 0xfff, Type: t}
}

// Header gives the tag as a value.
func (v VLAN) Header() VLANHeader { return MakeVLANHeader(v.TCI(), v.Type()) }

// TCI is the tag control information; bits that do not fit their fields are left out.
func (h *VLANHeader) TCI() uint16 {
	tci := uint16(h.Priority&7)<<13 | h.ID&0xfff
	if h.DropEligible {
		tci |= 0x1000
	}
	return tci
}

// Append appends the wire form of h to b and returns the extended slice.
func (h *VLANHeader) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, h.TCI())
	return binary.BigEndian.AppendUint16(b, uint16(h.Type))
}
