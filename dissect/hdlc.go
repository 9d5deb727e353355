package dissect

import (
	"encoding/binary"
	"net/netip"
)

// CHDLCHeaderLen is the length of a header of Cisco's HDLC in bytes, SLARPLen that of a packet of its line protocol.
const (
	CHDLCHeaderLen = 4
	SLARPLen       = 14
)

// CHDLC is a view of a frame of Cisco's HDLC, on a serial line (RFC 1547 section 4.3.1).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|    Address     |     Control    |           Protocol           |
//	+----------------+----------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type CHDLC []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (h CHDLC) Check() error {
	if len(h) < CHDLCHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (h CHDLC) CheckWhole() error { return h.Check() }

// Address is 0x0f for a packet to one station, 0x8f for one to all.
func (h CHDLC) Address() uint8 { return h[0] }
func (h CHDLC) Control() uint8 { return h[1] }

// Type is the EtherType of what follows; 0x8035 is SLARP here, 0x2000 CDP.
func (h CHDLC) Type() EtherType { return EtherType(binary.BigEndian.Uint16(h[2:])) }

// Payload is what follows the header.
func (h CHDLC) Payload() []byte { return h[CHDLCHeaderLen:] }

const (
	chdlcSLARP EtherType = 0x8035
	chdlcCDP   EtherType = 0x2000
)

var (
	chdlcAddressField = Field{Name: "chdlc.address", Label: "to", Title: "Address", Rank: 1, Base: Hex}
	chdlcControlField = Field{Name: "chdlc.control", Label: "control", Title: "Control", Base: Hex}
	chdlcTypeField    = Field{Name: "chdlc.protocol", Label: "type", Title: "Protocol", Rank: 2, Base: Hex}
)

// Fields describes the header to s.
func (h CHDLC) Fields(s Sink) {
	to := ""
	switch h.Address() {
	case 0x0f:
		to = "unicast"
	case 0x8f:
		to = "multicast"
	}
	name := h.Type().Name()
	switch h.Type() {
	case chdlcSLARP:
		name = "SLARP"
	case chdlcCDP:
		name = "CDP"
	}
	s.Enum(&chdlcAddressField, 0, 1, uint64(h.Address()), to)
	s.Uint(&chdlcControlField, 1, 1, uint64(h.Control()))
	s.Enum(&chdlcTypeField, 2, 2, uint64(h.Type()), name)
}

func decodeCHDLC(p *Packet, l *Layer, b []byte) LayerType {
	h := CHDLC(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + CHDLCHeaderLen
	switch h.Type() {
	case chdlcSLARP:
		return LayerSLARP
	case chdlcCDP:
		return LayerCDP
	}
	return h.Type().layer()
}

func chdlcFields(p *Packet, l *Layer, s Sink) { CHDLC(p.Bytes(l)).Fields(s) }

// CHDLCHeader is a header of Cisco's HDLC as a value.
type CHDLCHeader struct {
	Address uint8
	Type    EtherType
}

// Append appends the wire form of h to b and returns the extended slice.
func (h CHDLCHeader) Append(b []byte) []byte {
	return binary.BigEndian.AppendUint16(append(b, h.Address, 0), uint16(h.Type))
}

// SLARP is a view of a packet of Cisco's line protocol (RFC 1547 section 4.3.1): addresses are asked for and told, and sequence
// numbers keep the line alive.
//
//	 0                              15 16                           31
//	+---------------------------------+------------------------------+
//	|                              Code                              |
//	+----------------------------------------------------------------+
//	|              Address, or the sender's own sequence             |
//	+----------------------------------------------------------------+
//	|            Netmask, or the sequence last seen from the peer     |
//	+---------------------------------+------------------------------+
//	|    Reliability: all ones        |  Time, four bytes, perhaps   |
//	+---------------------------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type SLARP []byte

// Check reports whether the packet can be read: ErrTruncated if bytes of it are missing.
func (h SLARP) Check() error {
	if len(h) < SLARPLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the packet promises nothing but itself.
func (h SLARP) CheckWhole() error { return h.Check() }

// Code is 0 for a request, 1 for a reply, 2 for a keepalive.
func (h SLARP) Code() uint32 { return binary.BigEndian.Uint32(h) }

var (
	slarpCodeField  = Field{Name: "slarp.ptype", Label: "type", Title: "Packet type", Rank: 1, Form: FormBare}
	slarpAddrField  = Field{Name: "slarp.address", Label: "addr", Title: "Address", Rank: 2}
	slarpMaskField  = Field{Name: "slarp.netmask", Label: "mask", Title: "Netmask", Rank: 3}
	slarpMineField  = Field{Name: "slarp.mysequence", Label: "mine", Title: "Outgoing sequence number", Rank: 2}
	slarpYoursField = Field{Name: "slarp.yoursequence", Label: "yours", Title: "Returned sequence number", Rank: 3}
	slarpRelField   = Field{Name: "slarp.reliability", Label: "reliability", Title: "Reliability", Base: Hex}
	slarpRestField  = Field{Label: "rest", Title: "Rest"}
)

// Fields describes the packet to s.
func (h SLARP) Fields(s Sink) {
	names := [...]string{"request", "reply", "keepalive"}
	name, code := "", h.Code()
	if code < uint32(len(names)) {
		name = names[code]
	}
	s.Enum(&slarpCodeField, 0, 4, uint64(code), name)
	at := 4
	switch code {
	case 0, 1:
		s.Addr(&slarpAddrField, 4, 4, netip.AddrFrom4([4]byte(h[4:8])))
		s.Addr(&slarpMaskField, 8, 4, netip.AddrFrom4([4]byte(h[8:12])))
		at = 12
	case 2:
		s.Uint(&slarpMineField, 4, 4, uint64(binary.BigEndian.Uint32(h[4:])))
		s.Uint(&slarpYoursField, 8, 4, uint64(binary.BigEndian.Uint32(h[8:])))
		s.Uint(&slarpRelField, 12, 2, uint64(binary.BigEndian.Uint16(h[12:])))
		at = 14
	}
	if at < len(h) {
		s.Bytes(&slarpRestField, at, len(h)-at, h[at:])
	}
}

func decodeSLARP(p *Packet, l *Layer, b []byte) LayerType {
	if err := SLARP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func slarpFields(p *Packet, l *Layer, s Sink) { SLARP(p.Bytes(l)).Fields(s) }
