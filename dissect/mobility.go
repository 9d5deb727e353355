package dissect

import "encoding/binary"

// Offsets in a Mobility header, and the length of what all messages share, in bytes.
const (
	mobilityNext     = 0
	mobilityLength   = 1
	mobilityType     = 2
	mobilityChecksum = 4

	MobilityHeaderLen = 6
)

// Mobility is a view of an IPv6 Mobility header (RFC 6275 section 6.1).
//
//	 0              7 8             15 16            23 24           31
//	+----------------+----------------+---------------+--------------+
//	|  Next Header   | Header Length  |    MH Type    |   Reserved   |
//	+----------------+----------------+---------------+--------------+
//	|            Checksum             |  Message data and options    |
//	+---------------------------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type Mobility []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (m Mobility) Check() error {
	if len(m) < MobilityHeaderLen || len(m) < m.HeaderLen() {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the header: the fixed part of the message is there too, ErrMalformed if it is not.
func (m Mobility) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if t := int(m.Type()); t < len(mobilityFixed) && m.HeaderLen() < mobilityFixed[t] {
		return ErrMalformed
	}
	return nil
}

func (m Mobility) NextHeader() IPProto { return IPProto(m[mobilityNext]) }

// HeaderLen is the length of the header in bytes, its options included.
func (m Mobility) HeaderLen() int { return 8 + 8*int(m[mobilityLength]) }

func (m Mobility) Type() MobilityType { return MobilityType(m[mobilityType]) }
func (m Mobility) Checksum() uint16   { return binary.BigEndian.Uint16(m[mobilityChecksum:]) }

// MobilityType is what a Mobility header is for (IANA "Mobility Header Types").
type MobilityType uint8

var mobilityNames = [...]string{
	"Binding Refresh Request", "Home Test Init", "Care-of Test Init", "Home Test", "Care-of Test", "Binding Update",
	"Binding Acknowledgement", "Binding Error", "Fast Binding Update", "Fast Binding Acknowledgement", "Fast Neighbor Advertisement",
	"Experimental", "Home Agent Switch", "Heartbeat", "Handover Initiate", "Handover Acknowledge", "Binding Revocation",
	"Localized Routing Initiation", "Localized Routing Acknowledgement",
}

// mobilityFixed is the length of the header of each of the first types without options, in bytes.
var mobilityFixed = [...]int{8, 16, 16, 24, 24, 12, 12, 24}

// Name is the type's name, or "".
func (t MobilityType) Name() string {
	if int(t) < len(mobilityNames) {
		return mobilityNames[t]
	}
	return ""
}

// String is the name, or the number.
func (t MobilityType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

var (
	mobilityNextField   = Field{Name: "mip6.proto", Label: "next", Title: "Payload protocol"}
	mobilityLenField    = Field{Name: "mip6.hlen", Title: "Header length"}
	mobilityTypeField   = Field{Name: "mip6.mhtype", Label: "type", Title: "Message type", Rank: 1, Form: FormBare}
	mobilityResField    = Field{Name: "mip6.reserved", Title: "Reserved", Base: Hex}
	mobilitySumField    = Field{Name: "mip6.csum", Title: "Checksum", Base: Hex}
	mobilityDataField   = Field{Title: "Message data"}
	mobilityBRRField    = Field{Name: "mip6.binding_refresh_request", Title: "Reserved"}
	mobilityZeroField   = Field{Title: "Reserved"}
	mobilityHoTICookie  = Field{Name: "mip6.hoti.cookie", Title: "Home init cookie", Base: Hex}
	mobilityCoTICookie  = Field{Name: "mip6.coti.cookie", Title: "Care-of init cookie", Base: Hex}
	mobilityHoTIndex    = Field{Name: "mip6.hot.nindex", Label: "nonce", Title: "Home nonce index", Rank: 3}
	mobilityHoTCookie   = Field{Name: "mip6.hot.cookie", Title: "Home init cookie", Base: Hex}
	mobilityHoTToken    = Field{Name: "mip6.hot.token", Title: "Home keygen token", Base: Hex}
	mobilityCoTIndex    = Field{Name: "mip6.cot.nindex", Label: "nonce", Title: "Care-of nonce index", Rank: 3}
	mobilityCoTCookie   = Field{Name: "mip6.cot.cookie", Title: "Care-of init cookie", Base: Hex}
	mobilityCoTToken    = Field{Name: "mip6.hot.token", Title: "Care-of keygen token", Base: Hex}
	mobilityBUSeq       = Field{Name: "mip6.bu.seqnr", Label: "seq", Title: "Sequence number", Rank: 3}
	mobilityBULifetime  = Field{Name: "mip6.bu.lifetime", Label: "lifetime", Title: "Lifetime in units of 4 seconds", Rank: 4}
	mobilityBAStatus    = Field{Name: "mip6.ba.status", Label: "status", Title: "Status", Rank: 3}
	mobilityBASeq       = Field{Name: "mip6.ba.seqnr", Label: "seq", Title: "Sequence number", Rank: 3}
	mobilityBALifetime  = Field{Name: "mip6.ba.lifetime", Label: "lifetime", Title: "Lifetime in units of 4 seconds", Rank: 4}
	mobilityBEStatus    = Field{Name: "mip6.be.status", Label: "status", Title: "Status", Rank: 3}
	mobilityBEAddr      = Field{Name: "mip6.be.haddr", Label: "home", Title: "Home address", Rank: 4}
	mobilityOptGroup    = Field{Title: "Option"}
	mobilityOptType     = Field{Title: "Option type"}
	mobilityOptLen      = Field{Name: "mip6.mobility_opt.len", Title: "Length"}
	mobilityOptOddLen   = Field{Title: "Length"}
	mobilityOptData     = Field{Title: "Data"}
	mobilityPadData     = Field{Name: "mip6.padn", Title: "Padding"}
	mobilityRefreshData = Field{Name: "mip6.bra.interval", Title: "Refresh interval in units of 4 seconds"}
	mobilityCoAData     = Field{Name: "mip6.acoa.acoa", Label: "care-of", Title: "Alternate care-of address", Rank: 5}
	mobilityHomeNonce   = Field{Name: "mip6.ni.hni", Title: "Home nonce index"}
	mobilityCareNonce   = Field{Name: "mip6.ni.cni", Title: "Care-of nonce index"}
	mobilityAuthData    = Field{Name: "mip6.bad.auth", Title: "Authenticator"}

	mobilityBUFlags = []*Field{
		{Name: "mip6.bu.a_flag", Title: "Acknowledge", Mask: 0x8000},
		{Name: "mip6.bu.h_flag", Title: "Home registration", Mask: 0x4000},
		{Name: "mip6.bu.l_flag", Title: "Link-local compatibility", Mask: 0x2000},
		{Name: "mip6.bu.k_flag", Title: "Key management compatibility", Mask: 0x1000},
		{Name: "mip6.bu.m_flag", Title: "MAP registration compatibility", Mask: 0x0800},
		{Name: "mip6.nemo.bu.r_flag", Title: "Mobile router", Mask: 0x0400},
		{Name: "mip6.bu.p_flag", Title: "Proxy registration", Mask: 0x0200},
		{Name: "mip6.bu.f_flag", Title: "Forcing UDP encapsulation", Mask: 0x0100},
		{Name: "mip6.bu.t_flag", Title: "TLV-header format", Mask: 0x0080},
		{Name: "mip6.bu.b_flag", Title: "Bulk binding update", Mask: 0x0040},
		{Title: "Reserved", Mask: 0x003f},
	}
	mobilityBAFlags = []*Field{
		{Name: "mip6.ba.k_flag", Title: "Key management compatibility", Mask: 0x80},
		{Name: "mip6.nemo.ba.r_flag", Title: "Mobile router", Mask: 0x40},
		{Name: "mip6.ba.p_flag", Title: "Proxy registration", Mask: 0x20},
		{Name: "mip6.ba.t_flag", Title: "TLV-header format", Mask: 0x10},
		{Name: "mip6.ba.b_flag", Title: "Bulk binding update", Mask: 0x08},
		{Title: "Reserved", Mask: 0x07},
	}
)

// Fields describes the header to s.
func (m Mobility) Fields(s Sink) {
	w := newFieldWalk(s, m[:m.HeaderLen()])
	w.enum(&mobilityNextField, 1, m.NextHeader().Name())
	w.uint(&mobilityLenField, 1)
	w.enum(&mobilityTypeField, 1, m.Type().Name())
	w.uint(&mobilityResField, 1)
	w.uint(&mobilitySumField, 2)
	switch m.Type() {
	case 0:
		w.bytes(&mobilityBRRField, 2)
	case 1, 2:
		w.bytes(&mobilityZeroField, 2)
		if m.Type() == 1 {
			w.uint(&mobilityHoTICookie, 8)
		} else {
			w.uint(&mobilityCoTICookie, 8)
		}
	case 3:
		w.uint(&mobilityHoTIndex, 2)
		w.uint(&mobilityHoTCookie, 8)
		w.uint(&mobilityHoTToken, 8)
	case 4:
		w.uint(&mobilityCoTIndex, 2)
		w.uint(&mobilityCoTCookie, 8)
		w.uint(&mobilityCoTToken, 8)
	case 5:
		w.uint(&mobilityBUSeq, 2)
		w.parts(2, mobilityBUFlags)
		w.uint(&mobilityBULifetime, 2)
	case 6:
		w.uint(&mobilityBAStatus, 1)
		w.parts(1, mobilityBAFlags)
		w.uint(&mobilityBASeq, 2)
		w.uint(&mobilityBALifetime, 2)
	case 7:
		w.uint(&mobilityBEStatus, 1)
		w.bytes(&mobilityZeroField, 1)
		w.addr(&mobilityBEAddr, 16)
	default:
		w.rest(&mobilityDataField)
	}
	for !w.short && w.at < w.end && mobilityOption(&w) {
	}
	w.rest(&mobilityDataField)
}

// mobilityLastOption is the last of the types that Wireshark knows.
const mobilityLastOption = 53

// mobilityOption describes one option (RFC 6275 section 6.2), and reports false if it is not all there.
func mobilityOption(w *fieldWalk) bool {
	t, n := w.peek(1), 1
	if t != 0 {
		if n = 2 + int(w.peek(2)&0xff); w.end-w.at < max(n, 2) {
			return false
		}
	}
	outer, _ := w.enter(&mobilityOptGroup, n)
	w.uint(&mobilityOptType, 1)
	if t != 0 {
		size := &mobilityOptLen
		if t > mobilityLastOption {
			size = &mobilityOptOddLen
		}
		w.uint(size, 1)
		switch t {
		case 1:
			w.bytes(&mobilityPadData, w.end-w.at)
		case 2:
			w.uint(&mobilityRefreshData, 2)
		case 3:
			w.addr(&mobilityCoAData, 16)
		case 4:
			w.uint(&mobilityHomeNonce, 2)
			w.uint(&mobilityCareNonce, 2)
		case 5:
			w.bytes(&mobilityAuthData, w.end-w.at)
		}
	}
	w.leave(&mobilityOptData, outer)
	return true
}

func decodeMobility(p *Packet, l *Layer, b []byte) LayerType {
	m := Mobility(b)
	if err := m.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + m.HeaderLen()
	if l.Payload == l.End {
		return LayerNone
	}
	return LayerData // nothing may follow (RFC 6275 section 6.1.1), and nobody reads it
}

func mobilityFields(p *Packet, l *Layer, s Sink) { Mobility(p.Bytes(l)).Fields(s) }
