package dissect

import "encoding/binary"

// Offsets in a BPDU, and the lengths of its forms, in bytes.
const (
	stpProtocol  = 0
	stpVersion   = 2
	stpType      = 3
	stpFlags     = 4
	stpRoot      = 5
	stpRootCost  = 13
	stpBridge    = 17
	stpPort      = 25
	stpTimes     = 27
	stpV1Len     = 35
	mstpV3Len    = 36
	mstpFormat   = 38
	mstpName     = 39
	mstpRevision = 71
	mstpDigest   = 73
	mstpCost     = 89
	mstpBridge   = 93
	mstpHops     = 101

	STPMinLen    = 4  // a topology change notification is no longer
	STPConfigLen = 35 // a configuration BPDU
	MSTPMinLen   = 102
	mstpMSTILen  = 16
)

// STPType is the kind of a BPDU.
type STPType uint8

const (
	STPConfig         STPType = 0x00
	STPRapid          STPType = 0x02
	STPTopologyChange STPType = 0x80
)

// Name is the name of the kind, or "".
func (t STPType) Name() string {
	switch t {
	case STPConfig:
		return "config"
	case STPRapid:
		return "rst"
	case STPTopologyChange:
		return "tcn"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (t STPType) String() string { return nameOrHex(t.Name(), uint64(t), 2) }

// STP is a view of a BPDU of the Spanning Tree Protocol (IEEE 802.1D clause 9), of its rapid form, or of the Multiple
// Spanning Tree Protocol (IEEE 802.1Q clause 14). Behind the first four bytes a topology change notification ends.
//
//	 0                  15 16      23 24      31 32      39
//	+---------------------+----------+----------+----------+
//	|     Protocol ID     | Version  |   Type   |  Flags   |
//	+---------------------+----------+----------+----------+
//	|  Root ID (8), Root Path Cost (4), Bridge ID (8),     |
//	|  Port ID (2), Message Age, Max Age, Hello Time,      |
//	|  Forward Delay (2 each, in units of 1/256 s)         |
//	+------------------------------------------------------+
//	|  RSTP: Version 1 Length (1)                          |
//	|  MSTP: Version 3 Length (2), Configuration ID (51),  |
//	|  Internal Cost (4), Bridge ID (8), Hops (1), MSTIs   |
//	+------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type STP []byte

// Check reports whether the BPDU can be read: ErrTruncated if bytes of it are missing that its type says are there, ErrUnsupported
// if its protocol identifier is not that of spanning tree.
func (t STP) Check() error {
	if len(t) < STPMinLen {
		return ErrTruncated
	}
	if binary.BigEndian.Uint16(t[stpProtocol:]) != 0 {
		return ErrUnsupported
	}
	if t.hasTree() && len(t) < STPConfigLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the length of a BPDU is in the 802.3 header before it.
func (t STP) CheckWhole() error { return t.Check() }

// Version is 0 for STP, 2 for RSTP, 3 for MSTP and 4 for shortest path bridging.
func (t STP) Version() uint8 { return t[stpVersion] }
func (t STP) Type() STPType  { return STPType(t[stpType]) }

// hasTree reports whether the BPDU is of a type that goes on behind its type.
func (t STP) hasTree() bool { return t.Type() == STPConfig || t.Type() == STPRapid }

// isMultiple reports whether the part of MSTP is there.
func (t STP) isMultiple() bool {
	return t.Type() == STPRapid && t.Version() >= 3 && len(t) >= MSTPMinLen && t[stpV1Len] == 0
}

var (
	stpProtocolField = Field{Name: "stp.protocol", Label: "proto", Title: "Protocol Identifier", Base: Hex}
	stpVersionField  = Field{Name: "stp.version", Label: "v", Title: "Protocol Version Identifier", Rank: 1}
	stpTypeField     = Field{Name: "stp.type", Label: "type", Title: "BPDU Type", Rank: 2, Form: FormBare, Base: Hex}
	stpFlagsField    = Field{Name: "stp.flags", Label: "flags", Title: "BPDU flags", Base: Hex}
	stpTCAckFlag     = Field{Name: "stp.flags.tcack", Label: "tcack", Title: "Topology Change Acknowledgment", Mask: 0x80, Rank: 3, Form: FormFlag}
	stpAgreementFlag = Field{Name: "stp.flags.agreement", Label: "agreement", Title: "Agreement", Mask: 0x40}
	stpForwardFlag   = Field{Name: "stp.flags.forwarding", Label: "forwarding", Title: "Forwarding", Mask: 0x20, Rank: 3, Form: FormFlag}
	stpLearnFlag     = Field{Name: "stp.flags.learning", Label: "learning", Title: "Learning", Mask: 0x10, Rank: 3, Form: FormFlag}
	stpRoleField     = Field{Name: "stp.flags.port_role", Label: "role", Title: "Port Role", Mask: 0x0c, Rank: 3}
	stpProposalFlag  = Field{Name: "stp.flags.proposal", Label: "proposal", Title: "Proposal", Mask: 0x02, Rank: 3, Form: FormFlag}
	stpTCFlag        = Field{Name: "stp.flags.tc", Label: "tc", Title: "Topology Change", Mask: 0x01, Rank: 3, Form: FormFlag}
	stpReservedFlags = Field{Label: "reserved", Title: "Reserved", Mask: 0x7e, Base: Hex}
	stpRootFields    = bridgeIDFields{
		Field{Name: "stp.root.prio", Label: "root", Title: "Root Bridge Priority", Mask: 0xf000, Rank: 4},
		Field{Name: "stp.root.ext", Label: "/", Title: "Root Bridge System ID Extension", Mask: 0x0fff, Rank: 4, Form: FormJoined},
		Field{Name: "stp.root.hw", Label: "/", Title: "Root Bridge System ID", Rank: 4, Form: FormJoined},
	}
	stpCostField    = Field{Name: "stp.root.cost", Label: "cost", Title: "Root Path Cost", Rank: 5}
	stpBridgeFields = bridgeIDFields{
		Field{Name: "stp.bridge.prio", Label: "bridge", Title: "Bridge Priority", Mask: 0xf000, Rank: 6},
		Field{Name: "stp.bridge.ext", Label: "/", Title: "Bridge System ID Extension", Mask: 0x0fff, Rank: 6, Form: FormJoined},
		Field{Name: "stp.bridge.hw", Label: "/", Title: "Bridge System ID", Rank: 6, Form: FormJoined},
	}
	stpPortField   = Field{Name: "stp.port", Label: "port", Title: "Port identifier", Rank: 7, Base: Hex}
	stpTimeFields  = [4]Field{{Name: "stp.msg_age", Label: "age", Title: "Message Age"}, {Name: "stp.max_age", Label: "max", Title: "Max Age"}, {Name: "stp.hello", Label: "hello", Title: "Hello Time"}, {Name: "stp.forward", Label: "delay", Title: "Forward Delay"}}
	stpShortFields = [4]Field{{Label: "age", Title: "Message Age (1/256 s)"}, {Label: "max", Title: "Max Age (1/256 s)"}, {Label: "hello", Title: "Hello Time (1/256 s)"}, {Label: "delay", Title: "Forward Delay (1/256 s)"}}
	stpV1LenField  = Field{Name: "stp.version_1_length", Label: "v1len", Title: "Version 1 Length"}

	mstpV3LenField    = Field{Name: "mstp.version_3_length", Label: "v3len", Title: "Version 3 Length"}
	mstpFormatField   = Field{Name: "mstp.config_format_selector", Label: "format", Title: "MST Config ID format selector"}
	mstpNameField     = Field{Name: "mstp.config_name", Label: "name", Title: "MST Config name"}
	mstpRevisionField = Field{Name: "mstp.config_revision_level", Label: "revision", Title: "MST Config revision"}
	mstpDigestField   = Field{Name: "mstp.config_digest", Label: "digest", Title: "MST Config digest"}
	mstpCostField     = Field{Name: "mstp.cist_internal_root_path_cost", Label: "icost", Title: "CIST Internal Root Path Cost"}
	mstpBridgeFields  = bridgeIDFields{
		Field{Name: "mstp.cist_bridge.prio", Label: "cist", Title: "CIST Bridge Priority", Mask: 0xf000},
		Field{Name: "mstp.cist_bridge.ext", Label: "/", Title: "CIST Bridge Identifier System ID Extension", Mask: 0x0fff, Form: FormJoined},
		Field{Name: "mstp.cist_bridge.hw", Label: "/", Title: "CIST Bridge Identifier System ID", Form: FormJoined},
	}
	mstpHopsField     = Field{Name: "mstp.cist_remaining_hops", Label: "hops", Title: "CIST Remaining hops"}
	mstiField         = Field{Label: "msti", Title: "MSTI"}
	mstiFlagsField    = Field{Name: "mstp.msti.flags", Label: "flags", Title: "MSTI flags", Base: Hex}
	mstiPriorityField = Field{Name: "mstp.msti.priority", Label: "prio", Title: "Priority", Mask: 0xf000, Base: Hex}
	mstiIDField       = Field{Name: "mstp.msti.msti_id", Label: "id", Title: "MSTID", Mask: 0x0fff}
	mstiRootField     = Field{Name: "mstp.msti.root.hw", Label: "root", Title: "Regional Root"}
	mstiCostField     = Field{Name: "mstp.msti.root_cost", Label: "cost", Title: "Internal root path cost"}
	mstiBridgeField   = Field{Name: "mstp.msti.bridge_priority", Label: "bridge", Title: "Bridge Identifier Priority", Mask: 0xf0}
	mstiPortField     = Field{Name: "mstp.msti.port_priority", Label: "port", Title: "Port identifier priority", Mask: 0xf0}
	mstiReservedField = Field{Label: "reserved", Title: "Reserved", Mask: 0x0f}
	mstiHopsField     = Field{Name: "mstp.msti.remaining_hops", Label: "hops", Title: "Remaining hops"}
	stpRestField      = Field{Label: "rest", Title: "Behind the BPDU"}
)

// bridgeIDFields are the parts of the identifier of a bridge, eight bytes: its priority, the number of the tree, and its address.
type bridgeIDFields struct{ priority, extension, address Field }

func (f *bridgeIDFields) push(s Sink, b []byte, at int) {
	v := binary.BigEndian.Uint16(b[at:])
	s.Uint(&f.priority, at, 2, uint64(v&0xf000))
	s.Uint(&f.extension, at, 2, uint64(v&0x0fff))
	s.MAC(&f.address, at+2, 6, MAC(b[at+2:]))
}

// stpRole is the name of a port's role.
func stpRole(r uint8) string {
	return [4]string{"", "alternate", "root", "designated"}[r&3]
}

// flags describes the flags at offset at under field f: all of them, or the two that the first version has.
func (t STP) flags(s Sink, f *Field, at int, rapid bool) {
	v := t[at]
	s.Uint(f, at, 1, uint64(v))
	s.Begin(f, at, 1)
	s.Bool(&stpTCAckFlag, at, 1, v&0x80 != 0)
	if rapid {
		s.Bool(&stpAgreementFlag, at, 1, v&0x40 != 0)
		s.Bool(&stpForwardFlag, at, 1, v&0x20 != 0)
		s.Bool(&stpLearnFlag, at, 1, v&0x10 != 0)
		s.Enum(&stpRoleField, at, 1, uint64(v>>2&3), stpRole(v>>2))
		s.Bool(&stpProposalFlag, at, 1, v&0x02 != 0)
	} else {
		s.Uint(&stpReservedFlags, at, 1, uint64(v&0x7e))
	}
	s.Bool(&stpTCFlag, at, 1, v&0x01 != 0)
	s.End()
}

// Fields describes the BPDU to s.
func (t STP) Fields(s Sink) {
	s.Uint(&stpProtocolField, stpProtocol, 2, uint64(binary.BigEndian.Uint16(t[stpProtocol:])))
	s.Uint(&stpVersionField, stpVersion, 1, uint64(t.Version()))
	s.Enum(&stpTypeField, stpType, 1, uint64(t.Type()), t.Type().Name())
	at := STPMinLen
	if t.hasTree() {
		at = t.tree(s)
	}
	if at < len(t) {
		s.Bytes(&stpRestField, at, len(t)-at, t[at:])
	}
}

// tree describes what a BPDU says about trees, and gives the offset behind it.
func (t STP) tree(s Sink) int {
	t.flags(s, &stpFlagsField, stpFlags, t.Type() == STPRapid)
	stpRootFields.push(s, t, stpRoot)
	s.Uint(&stpCostField, stpRootCost, 4, uint64(binary.BigEndian.Uint32(t[stpRootCost:])))
	stpBridgeFields.push(s, t, stpBridge)
	s.Uint(&stpPortField, stpPort, 2, uint64(binary.BigEndian.Uint16(t[stpPort:])))
	for i := range stpTimeFields {
		at := stpTimes + 2*i
		// Wireshark shows seconds; there is no name for the fractions.
		if v := binary.BigEndian.Uint16(t[at:]); v%256 == 0 {
			s.Uint(&stpTimeFields[i], at, 2, uint64(v/256))
		} else {
			s.Uint(&stpShortFields[i], at, 2, uint64(v))
		}
	}
	if t.Type() != STPRapid || len(t) <= stpV1Len {
		return STPConfigLen
	}
	s.Uint(&stpV1LenField, stpV1Len, 1, uint64(t[stpV1Len]))
	if !t.isMultiple() {
		return stpV1Len + 1
	}
	return t.multiple(s)
}

// multiple describes the part of MSTP, and gives the offset behind it.
func (t STP) multiple(s Sink) int {
	v3 := int(binary.BigEndian.Uint16(t[mstpV3Len:]))
	s.Uint(&mstpV3LenField, mstpV3Len, 2, uint64(v3))
	s.Uint(&mstpFormatField, mstpFormat, 1, uint64(t[mstpFormat]))
	s.Text(&mstpNameField, mstpName, 32, untilZero(t[mstpName:mstpRevision]))
	s.Uint(&mstpRevisionField, mstpRevision, 2, uint64(binary.BigEndian.Uint16(t[mstpRevision:])))
	s.Bytes(&mstpDigestField, mstpDigest, 16, t[mstpDigest:mstpCost])
	s.Uint(&mstpCostField, mstpCost, 4, uint64(binary.BigEndian.Uint32(t[mstpCost:])))
	mstpBridgeFields.push(s, t, mstpBridge)
	s.Uint(&mstpHopsField, mstpHops, 1, uint64(t[mstpHops]))
	at, end := MSTPMinLen, min(len(t), mstpFormat+v3)
	for ; at+mstpMSTILen <= end; at += mstpMSTILen {
		s.Begin(&mstiField, at, mstpMSTILen)
		t.flags(s, &mstiFlagsField, at, true)
		root := binary.BigEndian.Uint16(t[at+1:])
		s.Uint(&mstiPriorityField, at+1, 2, uint64(root>>12))
		s.Uint(&mstiIDField, at+1, 2, uint64(root&0xfff))
		s.MAC(&mstiRootField, at+3, 6, MAC(t[at+3:]))
		s.Uint(&mstiCostField, at+9, 4, uint64(binary.BigEndian.Uint32(t[at+9:])))
		s.Uint(&mstiBridgeField, at+13, 1, uint64(t[at+13]>>4))
		s.Uint(&mstiReservedField, at+13, 1, uint64(t[at+13]&15))
		s.Uint(&mstiPortField, at+14, 1, uint64(t[at+14]>>4))
		s.Uint(&mstiReservedField, at+14, 1, uint64(t[at+14]&15))
		s.Uint(&mstiHopsField, at+15, 1, uint64(t[at+15]))
		s.End()
	}
	return at
}

// untilZero gives the bytes before the first zero.
func untilZero(b []byte) []byte {
	for i, c := range b {
		if c == 0 {
			return b[:i]
		}
	}
	return b
}

func decodeSTP(p *Packet, l *Layer, b []byte) LayerType {
	t := STP(b)
	if err := t.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func stpFields(p *Packet, l *Layer, s Sink) { STP(p.Bytes(l)).Fields(s) }
