package dissect

import (
	"encoding/binary"
	"net/netip"
)

// lldpTLVLen is the length of the type and the length of a TLV in bytes.
const lldpTLVLen = 2

// LLDPType is the type of a TLV (IEEE 802.1AB section 8.4).
type LLDPType uint8

const (
	LLDPEnd               LLDPType = 0
	LLDPChassisID         LLDPType = 1
	LLDPPortID            LLDPType = 2
	LLDPTTL               LLDPType = 3
	LLDPPortDescription   LLDPType = 4
	LLDPSystemName        LLDPType = 5
	LLDPSystemDescription LLDPType = 6
	LLDPCapabilities      LLDPType = 7
	LLDPManagementAddress LLDPType = 8
	LLDPOrganization      LLDPType = 127
)

// Name is the name of the type, or "".
func (t LLDPType) Name() string {
	switch t {
	case LLDPEnd:
		return "End"
	case LLDPChassisID:
		return "ChassisID"
	case LLDPPortID:
		return "PortID"
	case LLDPTTL:
		return "TTL"
	case LLDPPortDescription:
		return "PortDescription"
	case LLDPSystemName:
		return "SystemName"
	case LLDPSystemDescription:
		return "SystemDescription"
	case LLDPCapabilities:
		return "Capabilities"
	case LLDPManagementAddress:
		return "ManagementAddress"
	case LLDPOrganization:
		return "Organization"
	}
	return ""
}

// String is the name, or the number.
func (t LLDPType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// LLDP is a view of an LLDP data unit (IEEE 802.1AB clause 8): TLVs, each of a type of 7 bits, a length of 9, and a value.
//
//	 0      6 7              15 16
//	+--------+-----------------+---------------------------------+
//	|  Type  |      Length     |  Value, of Length bytes         |
//	+--------+-----------------+---------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type LLDP []byte

// Check reports whether there is a first TLV to read: ErrTruncated if not.
func (d LLDP) Check() error {
	if _, _, _, ok := nextLLDP(d); !ok {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the unit: there must be an End TLV.
func (d LLDP) CheckWhole() error {
	for b := []byte(d); ; {
		t, _, rest, ok := nextLLDP(b)
		if !ok {
			return ErrTruncated
		}
		if t == LLDPEnd {
			return nil
		}
		b = rest
	}
}

// nextLLDP takes the first TLV of b apart. It reports false if it is not there whole.
func nextLLDP(b []byte) (t LLDPType, value, rest []byte, ok bool) {
	if len(b) < lldpTLVLen {
		return 0, nil, nil, false
	}
	head := binary.BigEndian.Uint16(b)
	n := lldpTLVLen + int(head&0x1ff)
	if len(b) < n {
		return 0, nil, nil, false
	}
	return LLDPType(head >> 9), b[lldpTLVLen:n], b[n:], true
}

// Find gives the value of the first TLV of type t, or nil.
func (d LLDP) Find(t LLDPType) []byte {
	for b := []byte(d); ; {
		got, value, rest, ok := nextLLDP(b)
		if !ok || got == LLDPEnd && t != LLDPEnd {
			return nil
		}
		if got == t {
			return value
		}
		b = rest
	}
}

var (
	lldpTLVField      = Field{Label: "tlv", Title: "TLV"}
	lldpTypeField     = Field{Name: "lldp.tlv.type", Label: "type", Title: "TLV Type", Mask: 0xfe00}
	lldpLenField      = Field{Name: "lldp.tlv.len", Label: "len", Title: "TLV Length", Mask: 0x01ff}
	lldpValueField    = Field{Label: "value", Title: "Value"}
	lldpRestField     = Field{Label: "rest", Title: "Behind the TLVs"}
	lldpChassisFields = lldpIDFields{
		Field{Name: "lldp.chassis.subtype", Label: "subtype", Title: "Chassis Id Subtype"},
		Field{Name: "lldp.chassis.id.mac", Label: "chassis", Title: "Chassis Id", Rank: 1},
		Field{Name: "lldp.chassis.id.ip4", Label: "chassis", Title: "Chassis Id", Rank: 1},
		Field{Name: "lldp.chassis.id.ip6", Label: "chassis", Title: "Chassis Id", Rank: 1},
		Field{Name: "lldp.chassis.id", Label: "chassis", Title: "Chassis Id", Rank: 1},
	}
	lldpPortFields = lldpIDFields{
		Field{Name: "lldp.port.subtype", Label: "subtype", Title: "Port Id Subtype"},
		Field{Name: "lldp.port.id.mac", Label: "port", Title: "Port Id", Rank: 2},
		Field{Name: "lldp.port.id.ip4", Label: "port", Title: "Port Id", Rank: 2},
		Field{Name: "lldp.port.id.ip6", Label: "port", Title: "Port Id", Rank: 2},
		Field{Name: "lldp.port.id", Label: "port", Title: "Port Id", Rank: 2},
	}
	lldpFamilyField   = Field{Name: "lldp.network_address.subtype", Label: "family", Title: "Network Address family"}
	lldpTTLField      = Field{Name: "lldp.time_to_live", Label: "ttl", Title: "Seconds", Rank: 3}
	lldpPortDescField = Field{Name: "lldp.port.desc", Label: "portdesc", Title: "Port Description", Rank: 5}
	lldpNameField     = Field{Name: "lldp.tlv.system.name", Label: "name", Title: "System Name", Rank: 4}
	lldpDescField     = Field{Name: "lldp.tlv.system.desc", Label: "desc", Title: "System Description"}
	lldpCapField      = Field{Name: "lldp.tlv.system_cap", Label: "cap", Title: "Capabilities", Base: Hex}
	lldpEnabledField  = Field{Name: "lldp.tlv.enable_system_cap", Label: "enabled", Title: "Enabled Capabilities", Base: Hex}
	lldpMgmtLenField  = Field{Name: "lldp.mgn.address.len", Label: "len", Title: "Address String Length"}
	lldpMgmtTypeField = Field{Name: "lldp.mgn.address.subtype", Label: "family", Title: "Address Subtype"}
	lldpMgmt4Field    = Field{Name: "lldp.mgn.addr.ip4", Label: "mgmt", Title: "Management Address", Rank: 6}
	lldpMgmt6Field    = Field{Name: "lldp.mgn.addr.ip6", Label: "mgmt", Title: "Management Address", Rank: 6}
	lldpMgmtHexField  = Field{Name: "lldp.mgn.addr.hex", Label: "mgmt", Title: "Management Address", Rank: 6}
	lldpIfTypeField   = Field{Name: "lldp.mgn.interface.subtype", Label: "subtype", Title: "Interface Subtype"}
	lldpIfNumberField = Field{Name: "lldp.mgn.interface.number", Label: "if", Title: "Interface Number"}
	lldpOIDLenField   = Field{Name: "lldp.mgn.obj.len", Label: "len", Title: "OID String Length"}
	lldpOIDField      = Field{Label: "oid", Title: "Object Identifier"}
	lldpOUIField      = Field{Name: "lldp.orgtlv.oui", Label: "oui", Title: "Organization Unique Code", Base: Hex}
	lldpSub8021Field  = Field{Name: "lldp.ieee.802_1.subtype", Label: "subtype", Title: "IEEE 802.1 Subtype", Base: Hex}
	lldpSub8023Field  = Field{Name: "lldp.ieee.802_3.subtype", Label: "subtype", Title: "IEEE 802.3 Subtype", Base: Hex}
	lldpSubOtherField = Field{Label: "subtype", Title: "Subtype", Base: Hex}
	lldpPVIDField     = Field{Name: "lldp.ieee.802_1.port_vlan.id", Label: "pvid", Title: "Port VLAN Identifier", Rank: 7}
	lldpVLANField     = Field{Name: "lldp.ieee.802_1.vlan.id", Label: "vlan", Title: "VLAN Identifier"}
	lldpVLANLenField  = Field{Name: "lldp.ieee.802_1.vlan.name_len", Label: "len", Title: "VLAN Name Length"}
	lldpVLANNameField = Field{Name: "lldp.ieee.802_1.vlan.name", Label: "name", Title: "VLAN Name"}
	lldpMTUField      = Field{Name: "lldp.ieee.802_3.max_frame_size", Label: "mtu", Title: "Maximum Frame Size", Rank: 8}
)

// lldpIDFields are the forms of a chassis' or a port's identifier.
type lldpIDFields struct{ subtype, mac, ip4, ip6, other Field }

// push describes an identifier at offset at. Which subtypes are an address and which a network address differs.
func (f *lldpIDFields) push(s Sink, at int, v []byte, mac, net uint8, text bool) {
	s.Uint(&f.subtype, at, 1, uint64(v[0]))
	kind := v[0]
	at, v = at+1, v[1:]
	switch {
	case len(v) == 0:
	case kind == mac && len(v) == 6:
		s.MAC(&f.mac, at, 6, MAC(v))
	case kind == net && len(v) == 5 && v[0] == 1:
		s.Uint(&lldpFamilyField, at, 1, uint64(v[0]))
		s.Addr(&f.ip4, at+1, 4, netip.AddrFrom4([4]byte(v[1:])))
	case kind == net && len(v) == 17 && v[0] == 2:
		s.Uint(&lldpFamilyField, at, 1, uint64(v[0]))
		s.Addr(&f.ip6, at+1, 16, netip.AddrFrom16([16]byte(v[1:])))
	case kind == mac, kind == net, kind == 0, kind > 7:
		s.Bytes(&lldpValueField, at, len(v), v)
	case text:
		s.Text(&f.other, at, len(v), v)
	default:
		s.Bytes(&f.other, at, len(v), v)
	}
}

// Fields describes the TLVs to s, in their order.
func (d LLDP) Fields(s Sink) {
	at, b := 0, []byte(d)
	for len(b) > 0 {
		t, v, rest, ok := nextLLDP(b)
		if !ok {
			break
		}
		n := lldpTLVLen + len(v)
		s.Begin(&lldpTLVField, at, n)
		s.Enum(&lldpTypeField, at, lldpTLVLen, uint64(t), t.Name())
		s.Uint(&lldpLenField, at, lldpTLVLen, uint64(len(v)))
		if len(v) > 0 {
			lldpValue(s, t, at+lldpTLVLen, v)
		}
		s.End()
		if at, b = at+n, rest; t == LLDPEnd {
			break
		}
	}
	if len(b) > 0 {
		s.Bytes(&lldpRestField, at, len(b), b)
	}
}

// lldpValue describes the value v, not empty, of a TLV of type t.
func lldpValue(s Sink, t LLDPType, at int, v []byte) {
	switch {
	case t == LLDPChassisID:
		lldpChassisFields.push(s, at, v, 4, 5, false)
	case t == LLDPPortID:
		lldpPortFields.push(s, at, v, 3, 4, true)
	case t == LLDPTTL && len(v) == 2:
		s.Uint(&lldpTTLField, at, 2, uint64(binary.BigEndian.Uint16(v)))
	case t == LLDPPortDescription:
		s.Text(&lldpPortDescField, at, len(v), v)
	case t == LLDPSystemName:
		s.Text(&lldpNameField, at, len(v), v)
	case t == LLDPSystemDescription:
		s.Text(&lldpDescField, at, len(v), v)
	case t == LLDPCapabilities && len(v) == 4:
		s.Uint(&lldpCapField, at, 2, uint64(binary.BigEndian.Uint16(v)))
		s.Uint(&lldpEnabledField, at+2, 2, uint64(binary.BigEndian.Uint16(v[2:])))
	case t == LLDPManagementAddress && lldpManagementFits(v):
		lldpManagement(s, at, v)
	case t == LLDPOrganization && len(v) >= 4:
		lldpOrganization(s, at, v)
	default:
		s.Bytes(&lldpValueField, at, len(v), v)
	}
}

// lldpManagementFits reports whether the parts of a management address fill its value.
func lldpManagementFits(v []byte) bool {
	n := int(v[0])
	return n > 0 && len(v) >= n+7 && len(v) == n+7+int(v[n+6])
}

func lldpManagement(s Sink, at int, v []byte) {
	n := int(v[0])
	s.Uint(&lldpMgmtLenField, at, 1, uint64(n))
	s.Uint(&lldpMgmtTypeField, at+1, 1, uint64(v[1]))
	addr := v[2 : 1+n]
	switch {
	case v[1] == 1 && len(addr) == 4:
		s.Addr(&lldpMgmt4Field, at+2, 4, netip.AddrFrom4([4]byte(addr)))
	case v[1] == 2 && len(addr) == 16:
		s.Addr(&lldpMgmt6Field, at+2, 16, netip.AddrFrom16([16]byte(addr)))
	case len(addr) > 0:
		s.Bytes(&lldpMgmtHexField, at+2, len(addr), addr)
	}
	at, v = at+1+n, v[1+n:]
	s.Uint(&lldpIfTypeField, at, 1, uint64(v[0]))
	s.Uint(&lldpIfNumberField, at+1, 4, uint64(binary.BigEndian.Uint32(v[1:])))
	s.Uint(&lldpOIDLenField, at+5, 1, uint64(v[5]))
	if len(v) > 6 {
		s.Bytes(&lldpOIDField, at+6, len(v)-6, v[6:])
	}
}

// lldpOrganization describes a value that an organization defines, four bytes of it at least.
func lldpOrganization(s Sink, at int, v []byte) {
	oui, kind := OUI(v[0])<<16|OUI(v[1])<<8|OUI(v[2]), v[3]
	s.Enum(&lldpOUIField, at, 3, uint64(oui), oui.Name())
	f := &lldpSubOtherField
	switch oui {
	case OUIIEEE8021:
		f = &lldpSub8021Field
	case OUIIEEE8023:
		f = &lldpSub8023Field
	}
	s.Uint(f, at+3, 1, uint64(kind))
	at, v = at+4, v[4:]
	switch {
	case oui == OUIIEEE8021 && kind == 1 && len(v) == 2:
		s.Uint(&lldpPVIDField, at, 2, uint64(binary.BigEndian.Uint16(v)))
	case oui == OUIIEEE8021 && kind == 3 && len(v) >= 3 && len(v) == 3+int(v[2]):
		s.Uint(&lldpVLANField, at, 2, uint64(binary.BigEndian.Uint16(v)))
		s.Uint(&lldpVLANLenField, at+2, 1, uint64(v[2]))
		if len(v) > 3 {
			s.Text(&lldpVLANNameField, at+3, len(v)-3, v[3:])
		}
	case oui == OUIIEEE8023 && kind == 4 && len(v) == 2:
		s.Uint(&lldpMTUField, at, 2, uint64(binary.BigEndian.Uint16(v)))
	case len(v) > 0:
		s.Bytes(&lldpValueField, at, len(v), v)
	}
}

func decodeLLDP(p *Packet, l *Layer, b []byte) LayerType {
	if err := LLDP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End // what is behind the End TLV too, as Wireshark has it
	return LayerNone
}

func lldpFields(p *Packet, l *Layer, s Sink) { LLDP(p.Bytes(l)).Fields(s) }
