package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in a VRRP message, and its lengths, in bytes.
const (
	vrrpVersionType = 0
	vrrpRouterID    = 1
	vrrpPriority    = 2
	vrrpCount       = 3
	vrrpAuthType    = 4 // version 2; version 3 has the upper bits of the interval
	vrrpInterval    = 5
	vrrpChecksum    = 6

	VRRPLen     = 8
	VRRPAuthLen = 8 // what version 2 has behind the addresses
)

// VRRPAdvertisement is the only type of message.
const VRRPAdvertisement = 1

// Ways in which a message of version 2 is authenticated (RFC 2338 section 5.3.6); RFC 3768 did away with them.
const (
	VRRPAuthNone   = 0
	VRRPAuthSimple = 1
	VRRPAuthHeader = 2
)

// VRRP is a view of a message of the Virtual Router Redundancy Protocol, version 2 (RFC 3768) or 3 (RFC 5798).
//
//	 0      3 4      7 8             15 16            23 24          31
//	+--------+--------+----------------+----------------+--------------+
//	|Version |  Type  | Virtual Rtr ID |    Priority    | Count Addrs  |
//	+--------+--------+----------------+----------------+--------------+
//	|    Auth Type    |  Advert Int    |           Checksum            |
//	|  or: Rsvd | Max Advert Int (12)  |                               |
//	+----------------------------------+-------------------------------+
//	|       Addresses, of IP's version; version 2 has 8 more octets    |
//	+------------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type VRRP []byte

// Check reports whether the part before the addresses can be read: ErrTruncated if bytes of it are missing,
// ErrUnsupported if it is of another version.
func (m VRRP) Check() error {
	if len(m) < VRRPLen {
		return ErrTruncated
	}
	if v := m.Version(); v != 2 && v != 3 {
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check for a router that received the message: the addresses must be there, if they are IPv4's. That there are
// sixteen bytes for each is for a caller to check who received the message over IPv6.
func (m VRRP) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if len(m) < VRRPLen+4*m.Count() {
		return ErrTruncated
	}
	return nil
}

func (m VRRP) Version() uint8   { return m[vrrpVersionType] >> 4 }
func (m VRRP) Type() uint8      { return m[vrrpVersionType] & 15 }
func (m VRRP) RouterID() uint8  { return m[vrrpRouterID] }
func (m VRRP) Priority() uint8  { return m[vrrpPriority] }
func (m VRRP) Checksum() uint16 { return binary.BigEndian.Uint16(m[vrrpChecksum:]) }

// Count is how many addresses the sender says there are.
func (m VRRP) Count() int { return int(m[vrrpCount]) }

// Interval is the time between advertisements: in seconds in version 2, in hundredths of a second in version 3.
func (m VRRP) Interval() int {
	if m.Version() == 2 {
		return int(m[vrrpInterval])
	}
	return int(binary.BigEndian.Uint16(m[vrrpAuthType:]) & 0xfff)
}

// AuthType is how a message of version 2 is authenticated.
func (m VRRP) AuthType() uint8 { return m[vrrpAuthType] }

func vrrpAuthName(t uint8) string {
	switch t {
	case VRRPAuthNone:
		return "none"
	case VRRPAuthSimple:
		return "simple"
	case VRRPAuthHeader:
		return "ah"
	}
	return ""
}

var (
	vrrpTypeVerField  = Field{Name: "vrrp.typever", Title: "Version and type"}
	vrrpVersionField  = Field{Name: "vrrp.version", Label: "v", Title: "VRRP protocol version", Mask: 0xf0, Rank: 1}
	vrrpTypeField     = Field{Name: "vrrp.type", Label: "type", Title: "VRRP packet type", Mask: 0x0f, Rank: 2, Form: FormBare}
	vrrpRouterIDField = Field{Name: "vrrp.virt_rtr_id", Label: "vrid", Title: "Virtual Rtr ID", Rank: 3}
	vrrpPriorityField = Field{Name: "vrrp.prio", Label: "prio", Title: "Priority", Rank: 4}
	vrrpCountField    = Field{Name: "vrrp.addr_count", Label: "addrs", Title: "Addr Count"}
	vrrpAuthTypeField = Field{Name: "vrrp.auth_type", Label: "auth", Title: "Auth Type", Rank: 7, Form: FormNonzero}
	vrrpIntervalField = Field{Name: "vrrp.adver_int", Label: "interval", Title: "Adver Int (s)", Rank: 5}
	vrrpReservedField = Field{Name: "vrrp.reserved_mbz", Label: "reserved", Title: "Reserved", Mask: 0xf0}
	vrrpShortIntField = Field{Name: "vrrp.short_adver_int", Label: "interval", Title: "Adver Int (1/100 s)", Mask: 0x0fff, Rank: 5}
	vrrpChecksumField = Field{Name: "vrrp.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	vrrpIPv4Field     = Field{Name: "vrrp.ip_addr", Label: "addr", Title: "IP Address", Rank: 6}
	vrrpIPv6Field     = Field{Name: "vrrp.ipv6_addr", Label: "addr", Title: "IPv6 Address", Rank: 6}
	vrrpAuthDataField = Field{Name: "vrrp.auth_string", Label: "password", Title: "Authentication String"}
	vrrpRestField     = Field{Label: "rest", Title: "Behind the message"}
)

// Fields describes the message to s. size is the length of an address, 4 or 16, sum the verdict on the checksum.
func (m VRRP) Fields(s Sink, size int, sum ChecksumResult) {
	s.Uint(&vrrpTypeVerField, vrrpVersionType, 1, uint64(m[vrrpVersionType]))
	s.Begin(&vrrpTypeVerField, vrrpVersionType, 1)
	s.Uint(&vrrpVersionField, vrrpVersionType, 1, uint64(m.Version()))
	name := ""
	if m.Type() == VRRPAdvertisement {
		name = "advertisement"
	}
	s.Enum(&vrrpTypeField, vrrpVersionType, 1, uint64(m.Type()), name)
	s.End()
	s.Uint(&vrrpRouterIDField, vrrpRouterID, 1, uint64(m.RouterID()))
	s.Uint(&vrrpPriorityField, vrrpPriority, 1, uint64(m.Priority()))
	s.Uint(&vrrpCountField, vrrpCount, 1, uint64(m.Count()))
	if m.Version() == 2 {
		s.Enum(&vrrpAuthTypeField, vrrpAuthType, 1, uint64(m.AuthType()), vrrpAuthName(m.AuthType()))
		s.Uint(&vrrpIntervalField, vrrpInterval, 1, uint64(m.Interval()))
	} else {
		s.Uint(&vrrpReservedField, vrrpAuthType, 1, uint64(m[vrrpAuthType]>>4))
		s.Uint(&vrrpShortIntField, vrrpAuthType, 2, uint64(m.Interval()))
	}
	s.Checksum(&vrrpChecksumField, vrrpChecksum, 2, m.Checksum(), sum)
	at := VRRPLen
	for i := 0; i < m.Count() && at+size <= len(m); i++ {
		if size == 4 {
			s.Addr(&vrrpIPv4Field, at, size, addr4(m, at))
		} else {
			s.Addr(&vrrpIPv6Field, at, size, addr16(m, at))
		}
		at += size
	}
	if m.Version() == 2 && m.AuthType() == VRRPAuthSimple && at+VRRPAuthLen <= len(m) {
		s.Text(&vrrpAuthDataField, at, VRRPAuthLen, m[at:at+VRRPAuthLen])
		at += VRRPAuthLen
	}
	if rest := m[at:]; len(rest) > 0 {
		s.Bytes(&vrrpRestField, at, len(rest), rest)
	}
}

func decodeVRRP(p *Packet, l *Layer, b []byte) LayerType {
	if err := VRRP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func vrrpFields(p *Packet, l *Layer, s Sink) {
	m := VRRP(p.Bytes(l))
	v6 := l.Net >= 0 && p.layers[l.Net].Type == LayerIPv6
	size := 4
	if v6 {
		size = 16
	}
	// Version 2 is IPv4's alone and leaves the pseudo-header out (RFC 3768 section 5.3.8).
	sum := l.plainVerdict(m, m.Checksum())
	if m.Version() == 3 {
		sum = p.transportChecksum(l, ProtoVRRP, m, m.Checksum())
	}
	m.Fields(s, size, sum)
}

// VRRPHeader is an advertisement as a value, without its addresses.
type VRRPHeader struct {
	Version  uint8 // 2 or 3
	RouterID uint8
	Priority uint8
	Count    uint8  // of the addresses that follow
	Interval uint16 // seconds in version 2, hundredths of a second in version 3
	AuthType uint8  // version 2
	Checksum uint16
}

// Header gives the part before the addresses as a value.
func (m VRRP) Header() VRRPHeader {
	h := VRRPHeader{Version: m.Version(), RouterID: m.RouterID(), Priority: m.Priority(), Count: m[vrrpCount],
		Interval: uint16(m.Interval()), Checksum: m.Checksum()}
	if h.Version == 2 {
		h.AuthType = m.AuthType()
	}
	return h
}

// Append appends the wire form of h to b and returns the extended slice. Addresses are the caller's to append, and the
// checksum is written as it stands in h.
func (h VRRPHeader) Append(b []byte) []byte {
	b = append(b, h.Version<<4|VRRPAdvertisement, h.RouterID, h.Priority, h.Count)
	if h.Version == 2 {
		b = append(b, h.AuthType, uint8(h.Interval))
	} else {
		b = binary.BigEndian.AppendUint16(b, h.Interval&0xfff)
	}
	return binary.BigEndian.AppendUint16(b, h.Checksum)
}

// Addr is address i of Count, for an IP whose addresses have size bytes, all of which must be there.
func (m VRRP) Addr(i, size int) netip.Addr {
	if size == 4 {
		return addr4(m, VRRPLen+4*i)
	}
	return addr16(m, VRRPLen+16*i)
}
