package dissect

import "encoding/binary"

// Offsets in an LLC header, and its length with a control field of one byte and of two.
const (
	llcDSAP    = 0
	llcSSAP    = 1
	llcControl = 2

	LLCHeaderLen     = 3
	LLCLongHeaderLen = 4
)

// LLC is a view of an IEEE 802.2 logical link control PDU: what an 802.3 frame carries.
//
//	 0              7 8             15 16              23 or 31
//	+----------------+----------------+-------------------------+
//	|    DSAP    |I/G|    SSAP    |C/R|  Control, 1 or 2 bytes  |
//	+----------------+----------------+-------------------------+
//
// The control field has one byte in an unnumbered PDU and two in an information or supervisory one.
// The getters trust the slice; call Check once before the first of them.
type LLC []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (h LLC) Check() error {
	if len(h) < LLCHeaderLen || len(h) < h.HeaderLen() {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the length of a PDU is in the 802.3 header before it.
func (h LLC) CheckWhole() error { return h.Check() }

// DSAP and SSAP are the service access points of destination and source. Their lowest bits have meanings of
// their own: see IsGroup and IsResponse.
func (h LLC) DSAP() SAP { return SAP(h[llcDSAP]) }
func (h LLC) SSAP() SAP { return SAP(h[llcSSAP]) }

// IsGroup reports whether DSAP addresses a group, IsResponse whether the PDU answers a command.
func (h LLC) IsGroup() bool    { return h.DSAP()&1 != 0 }
func (h LLC) IsResponse() bool { return h.SSAP()&1 != 0 }

// Control is the control field: one byte, or two with the first as the low one.
func (h LLC) Control() LLCControl {
	if h[llcControl]&3 == 3 {
		return LLCControl(h[llcControl])
	}
	return LLCControl(binary.LittleEndian.Uint16(h[llcControl:]))
}

// HeaderLen is the length of the header in bytes.
func (h LLC) HeaderLen() int {
	if h[llcControl]&3 == 3 {
		return LLCHeaderLen
	}
	return LLCLongHeaderLen
}

// IsSNAP reports whether a SNAP header follows: both SAPs say so and the PDU is unnumbered information.
func (h LLC) IsSNAP() bool {
	return h.DSAP() == SAPSNAP && h.SSAP() == SAPSNAP && h.Control() == LLCUnnumberedInfo
}

// Payload is what follows the header.
func (h LLC) Payload() []byte { return h[h.HeaderLen():] }

var (
	llcDSAPField     = Field{Name: "llc.dsap", Label: "dsap", Title: "DSAP", Rank: 1, Base: Hex}
	llcDSAPSAPField  = Field{Name: "llc.dsap.sap", Label: "sap", Title: "SAP", Mask: 0xfe, Base: Hex}
	llcGroupField    = Field{Name: "llc.dsap.ig", Label: "group", Title: "Group address", Mask: 0x01, Rank: 2, Form: FormFlag}
	llcSSAPField     = Field{Name: "llc.ssap", Label: "ssap", Title: "SSAP", Rank: 3, Base: Hex}
	llcSSAPSAPField  = Field{Name: "llc.ssap.sap", Label: "sap", Title: "SAP", Mask: 0xfe, Base: Hex}
	llcResponseField = Field{Name: "llc.ssap.cr", Label: "response", Title: "Response", Mask: 0x01, Rank: 4, Form: FormFlag}
	llcControlField  = Field{Name: "llc.control", Label: "ctrl", Title: "Control", Rank: 5, Base: Hex}

	// The bits of a control field of one byte, and of two: the first byte is the high one in the masks.
	llcUFtypeField   = Field{Name: "llc.control.ftype", Label: "ftype", Title: "Frame type", Mask: 0x03, Base: Hex}
	llcUCommandField = Field{Name: "llc.control.u_modifier_cmd", Label: "cmd", Title: "Command", Mask: 0xec, Base: Hex}
	llcUResponseFld  = Field{Name: "llc.control.u_modifier_resp", Label: "resp", Title: "Response", Mask: 0xec, Base: Hex}
	llcUPollField    = Field{Name: "llc.control.p", Label: "poll", Title: "Poll", Mask: 0x10, Rank: 6, Form: FormFlag}
	llcUFinalField   = Field{Name: "llc.control.f", Label: "final", Title: "Final", Mask: 0x10, Rank: 6, Form: FormFlag}
	llcIFtypeField   = Field{Name: "llc.control.ftype", Label: "ftype", Title: "Frame type", Mask: 0x0100, Base: Hex}
	llcNSField       = Field{Name: "llc.control.n_s", Label: "ns", Title: "N(S)", Mask: 0xfe00, Rank: 7}
	llcSFtypeField   = Field{Name: "llc.control.ftype", Label: "ftype", Title: "Frame type", Mask: 0x0300, Base: Hex}
	llcSTypeField    = Field{Name: "llc.control.s_ftype", Label: "stype", Title: "Supervisory frame type", Mask: 0x0c00, Base: Hex}
	llcReservedField = Field{Label: "reserved", Title: "Reserved", Mask: 0xf000, Base: Hex}
	llcNRField       = Field{Name: "llc.control.n_r", Label: "nr", Title: "N(R)", Mask: 0x00fe, Rank: 8}
	llcPollField     = Field{Name: "llc.control.p", Label: "poll", Title: "Poll", Mask: 0x0001, Rank: 6, Form: FormFlag}
	llcFinalField    = Field{Name: "llc.control.f", Label: "final", Title: "Final", Mask: 0x0001, Rank: 6, Form: FormFlag}
)

// Fields describes the header to s.
func (h LLC) Fields(s Sink) {
	s.Enum(&llcDSAPField, llcDSAP, 1, uint64(h.DSAP()), h.DSAP().Name())
	s.Begin(&llcDSAPField, llcDSAP, 1)
	s.Enum(&llcDSAPSAPField, llcDSAP, 1, uint64(h.DSAP()>>1), h.DSAP().Name())
	s.Bool(&llcGroupField, llcDSAP, 1, h.IsGroup())
	s.End()
	s.Enum(&llcSSAPField, llcSSAP, 1, uint64(h.SSAP()), h.SSAP().Name())
	s.Begin(&llcSSAPField, llcSSAP, 1)
	s.Enum(&llcSSAPSAPField, llcSSAP, 1, uint64(h.SSAP()>>1), h.SSAP().Name())
	s.Bool(&llcResponseField, llcSSAP, 1, h.IsResponse())
	s.End()
	h.controlFields(s)
}

func (h LLC) controlFields(s Sink) {
	c, n := h.Control(), h.HeaderLen()-llcControl
	s.Enum(&llcControlField, llcControl, n, uint64(c), c.Name())
	s.Begin(&llcControlField, llcControl, n)
	defer s.End()
	pick := func(command, response *Field) *Field {
		if h.IsResponse() {
			return response
		}
		return command
	}
	if c.IsUnnumbered() {
		s.Enum(pick(&llcUCommandField, &llcUResponseFld), llcControl, n, uint64(c&0xec)>>2, c.Name())
		s.Bool(pick(&llcUPollField, &llcUFinalField), llcControl, n, c.PollFinal())
		s.Uint(&llcUFtypeField, llcControl, n, 3)
		return
	}
	if c.IsSupervisory() {
		s.Uint(&llcReservedField, llcControl, n, uint64(c>>4&15))
		s.Enum(&llcSTypeField, llcControl, n, uint64(c>>2&3), c.Name())
		s.Uint(&llcSFtypeField, llcControl, n, 1)
	} else {
		s.Uint(&llcNSField, llcControl, n, uint64(c>>1&0x7f))
		s.Uint(&llcIFtypeField, llcControl, n, 0)
	}
	s.Uint(&llcNRField, llcControl, n, uint64(c>>9))
	s.Bool(pick(&llcPollField, &llcFinalField), llcControl, n, c.PollFinal())
}

func decodeLLC(p *Packet, l *Layer, b []byte) LayerType {
	h := LLC(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + h.HeaderLen()
	switch {
	case h.IsSNAP():
		return LayerSNAP
	case h.DSAP() == SAPIPv4 && h.Control() == LLCUnnumberedInfo:
		return LayerIPv4
	case h.DSAP() == SAPISO && h.Control() == LLCUnnumberedInfo && len(b) > h.HeaderLen() && b[h.HeaderLen()] == 0x83:
		return LayerISIS
	case h.DSAP() == SAPSTP && h.Control() == LLCUnnumberedInfo:
		return LayerSTP
	}
	return LayerData
}

func llcFields(p *Packet, l *Layer, s Sink) { LLC(p.Bytes(l)).Fields(s) }

// LLCHeader is an LLC header as a value. Control is written in two bytes unless it is unnumbered.
type LLCHeader struct {
	DSAP, SSAP SAP
	Control    LLCControl
}

// Header gives the header as a value.
func (h LLC) Header() LLCHeader { return LLCHeader{h.DSAP(), h.SSAP(), h.Control()} }

// Append appends the wire form of h to b and returns the extended slice.
func (h LLCHeader) Append(b []byte) []byte {
	b = append(b, byte(h.DSAP), byte(h.SSAP), byte(h.Control))
	if !h.Control.IsUnnumbered() {
		b = append(b, byte(h.Control>>8))
	}
	return b
}

// SAP is a service access point of LLC: what protocol a PDU is for. The lowest bit is not part of the number: in a
// destination it marks a group, in a source a response.
type SAP uint8

const (
	SAPNull    SAP = 0x00
	SAPIPv4    SAP = 0x06
	SAPSTP     SAP = 0x42
	SAPSNAP    SAP = 0xaa
	SAPIPX     SAP = 0xe0
	SAPNetBIOS SAP = 0xf0
	SAPISO     SAP = 0xfe
	SAPGlobal  SAP = 0xff // a destination only: every access point
)

// Name is the protocol's name, or "". The lowest bit makes no difference but for SAPGlobal.
func (s SAP) Name() string {
	if s == SAPGlobal {
		return "Global"
	}
	switch s &^ 1 {
	case SAPNull:
		return "Null"
	case SAPIPv4:
		return "IPv4"
	case SAPSTP:
		return "STP"
	case SAPSNAP:
		return "SNAP"
	case SAPIPX:
		return "IPX"
	case SAPNetBIOS:
		return "NetBIOS"
	case SAPISO:
		return "ISO"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (s SAP) String() string { return nameOrHex(s.Name(), uint64(s), 2) }

// LLCControl is the control field of an LLC header: 8 bits if unnumbered, else 16 with the first byte as the low one.
type LLCControl uint16

// Unnumbered PDUs, their poll or final bit clear.
const (
	LLCUnnumberedInfo LLCControl = 0x03
	LLCDisconnectMode LLCControl = 0x0f
	LLCDisconnect     LLCControl = 0x43
	LLCUnnumberedAck  LLCControl = 0x63
	LLCExtendedMode   LLCControl = 0x6f
	LLCFrameReject    LLCControl = 0x87
	LLCExchangeID     LLCControl = 0xaf
	LLCTest           LLCControl = 0xe3
)

// IsUnnumbered reports whether the field belongs to an unnumbered PDU, IsSupervisory whether to a supervisory
// one; what is neither carries information in sequence.
func (c LLCControl) IsUnnumbered() bool  { return c&3 == 3 }
func (c LLCControl) IsSupervisory() bool { return c&3 == 1 }

// PollFinal is the poll bit of a command, the final bit of a response.
func (c LLCControl) PollFinal() bool {
	if c.IsUnnumbered() {
		return c&0x10 != 0
	}
	return c&0x100 != 0
}

// Name is the short name that IEEE 802.2 uses, or "".
func (c LLCControl) Name() string {
	if !c.IsUnnumbered() {
		if !c.IsSupervisory() {
			return "I"
		}
		return [...]string{"RR", "RNR", "REJ", ""}[c>>2&3]
	}
	switch c &^ 0x10 {
	case LLCUnnumberedInfo:
		return "UI"
	case LLCDisconnectMode:
		return "DM"
	case LLCDisconnect:
		return "DISC"
	case LLCUnnumberedAck:
		return "UA"
	case LLCExtendedMode:
		return "SABME"
	case LLCFrameReject:
		return "FRMR"
	case LLCExchangeID:
		return "XID"
	case LLCTest:
		return "TEST"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (c LLCControl) String() string { return nameOrHex(c.Name(), uint64(c), 4) }

// Offsets in a SNAP header, and its length, in bytes.
const (
	snapOUI = 0
	snapPID = 3

	SNAPHeaderLen = 5
)

// SNAP is a view of a SNAP header (IEEE 802), which follows LLC: who defined the protocol, and its number.
//
//	 0                              23 24                         39
//	+---------------------------------+-----------------------------+
//	|    Organization Code (OUI)      |    Protocol ID or Type      |
//	+---------------------------------+-----------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type SNAP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (h SNAP) Check() error {
	if len(h) < SNAPHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the length of a PDU is in the 802.3 header before it.
func (h SNAP) CheckWhole() error { return h.Check() }

func (h SNAP) OUI() OUI    { return OUI(h[0])<<16 | OUI(h[1])<<8 | OUI(h[2]) }
func (h SNAP) PID() uint16 { return binary.BigEndian.Uint16(h[snapPID:]) }

// Type is the EtherType of what follows; ok is false if the organization numbers its protocols differently.
func (h SNAP) Type() (t EtherType, ok bool) {
	return EtherType(h.PID()), h.OUI() == OUIEthernet || h.OUI() == OUIBridgeTunnel
}

// Payload is what follows the header.
func (h SNAP) Payload() []byte { return h[SNAPHeaderLen:] }

var (
	snapOUIField  = Field{Name: "llc.oui", Label: "oui", Title: "Organization Code", Rank: 1, Base: Hex}
	snapTypeField = Field{Name: "llc.type", Label: "type", Title: "Type", Rank: 2, Base: Hex}
	snapPIDField  = Field{Name: "llc.pid", Label: "pid", Title: "Protocol ID", Rank: 2, Base: Hex}
	snapPIDFields = [...]struct {
		oui OUI
		f   Field
	}{
		{OUICisco, Field{Name: "llc.cisco_pid", Label: "pid", Title: "Protocol ID", Rank: 2, Base: Hex}},
		{OUIAppleTalk, Field{Name: "llc.apple_atalk_pid", Label: "pid", Title: "Protocol ID", Rank: 2, Base: Hex}},
		{OUIIANA, Field{Name: "llc.iana_pid", Label: "pid", Title: "Protocol ID", Rank: 2, Base: Hex}},
		{OUINortel, Field{Name: "llc.nortel_pid", Label: "pid", Title: "Protocol ID", Rank: 2, Base: Hex}},
		{OUIExtreme, Field{Name: "llc.extreme_pid", Label: "pid", Title: "Protocol ID", Rank: 2, Base: Hex}},
		{OUIFoundry, Field{Name: "llc.foundry_pid", Label: "pid", Title: "Protocol ID", Rank: 2, Base: Hex}},
	}
)

// Fields describes the header to s. Wireshark names the protocol's number after the organization.
func (h SNAP) Fields(s Sink) {
	s.Enum(&snapOUIField, snapOUI, 3, uint64(h.OUI()), h.OUI().Name())
	if t, ok := h.Type(); ok {
		s.Enum(&snapTypeField, snapPID, 2, uint64(t), t.Name())
		return
	}
	f := &snapPIDField
	for i := range snapPIDFields {
		if snapPIDFields[i].oui == h.OUI() {
			f = &snapPIDFields[i].f
		}
	}
	s.Enum(f, snapPID, 2, uint64(h.PID()), snapPIDName(h.OUI(), h.PID()))
}

// snapPIDName names the protocols that a LAN is likely to show.
func snapPIDName(o OUI, pid uint16) string {
	switch {
	case o == OUICisco && pid == 0x2000:
		return "CDP"
	case o == OUICisco && pid == 0x2003:
		return "VTP"
	case o == OUICisco && pid == 0x2004:
		return "DTP"
	case o == OUICisco && pid == 0x0111:
		return "UDLD"
	case o == OUICisco && pid == 0x0104:
		return "PAgP"
	case o == OUICisco && pid == 0x010b:
		return "PVSTP+"
	case o == OUIAppleTalk && pid == 0x809b:
		return "AppleTalk"
	}
	return ""
}

func decodeSNAP(p *Packet, l *Layer, b []byte) LayerType {
	h := SNAP(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + SNAPHeaderLen
	if t, ok := h.Type(); ok {
		return t.layer()
	}
	if h.OUI() == OUICisco {
		switch h.PID() {
		case 0x010b:
			return LayerSTP
		case 0x2000:
			return LayerCDP
		}
	}
	return LayerData
}

func snapFields(p *Packet, l *Layer, s Sink) { SNAP(p.Bytes(l)).Fields(s) }

// SNAPHeader is a SNAP header as a value.
type SNAPHeader struct {
	OUI OUI
	PID uint16
}

// Header gives the header as a value.
func (h SNAP) Header() SNAPHeader { return SNAPHeader{h.OUI(), h.PID()} }

// Append appends the wire form of h to b and returns the extended slice.
func (h SNAPHeader) Append(b []byte) []byte {
	b = append(b, byte(h.OUI>>16), byte(h.OUI>>8), byte(h.OUI))
	return binary.BigEndian.AppendUint16(b, h.PID)
}

// OUI is a number of 24 bits that IEEE gave to an organization.
type OUI uint32

const (
	OUIEthernet     OUI = 0x000000 // the protocol ID is an EtherType (RFC 1042)
	OUICisco        OUI = 0x00000c
	OUIIANA         OUI = 0x00005e
	OUINortel       OUI = 0x000081
	OUIBridgeTunnel OUI = 0x0000f8 // the protocol ID is an EtherType that a bridge translated (IEEE 802.1H)
	OUIExtreme      OUI = 0x00e02b
	OUIFoundry      OUI = 0x00e052
	OUIIEEE8021     OUI = 0x0080c2
	OUIIEEE8023     OUI = 0x00120f
	OUIAppleTalk    OUI = 0x080007
)

// Name is the organization's name, or "".
func (o OUI) Name() string {
	switch o {
	case OUIEthernet:
		return "Ethernet"
	case OUICisco:
		return "Cisco"
	case OUIIANA:
		return "IANA"
	case OUINortel:
		return "Nortel"
	case OUIBridgeTunnel:
		return "802.1H"
	case OUIExtreme:
		return "Extreme"
	case OUIFoundry:
		return "Foundry"
	case OUIIEEE8021:
		return "802.1"
	case OUIIEEE8023:
		return "802.3"
	case OUIAppleTalk:
		return "AppleTalk"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (o OUI) String() string { return nameOrHex(o.Name(), uint64(o), 6) }
