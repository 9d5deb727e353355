package dissect

import (
	"encoding/binary"
	"net/netip"
)

// IPv6OptionType is the first byte of an option of a Hop-by-Hop or Destination Options header: what to do about it
// if it is unknown, whether routers may change it, and a number (RFC 8200 section 4.2).
type IPv6OptionType uint8

const (
	IPv6OptPad1          IPv6OptionType = 0x00
	IPv6OptPadN          IPv6OptionType = 0x01
	IPv6OptTunnelLimit   IPv6OptionType = 0x04 // RFC 2473
	IPv6OptRouterAlert   IPv6OptionType = 0x05 // RFC 2711
	IPv6OptCALIPSO       IPv6OptionType = 0x07 // RFC 5570
	IPv6OptSMFDPD        IPv6OptionType = 0x08 // RFC 6621
	IPv6OptPDM           IPv6OptionType = 0x0f // RFC 8250
	IPv6OptIOAM          IPv6OptionType = 0x11 // RFC 9486
	IPv6OptAltMark       IPv6OptionType = 0x12 // RFC 9343
	IPv6OptRPL           IPv6OptionType = 0x23 // RFC 9008
	IPv6OptQuickStart    IPv6OptionType = 0x26 // RFC 4782
	IPv6OptMinPMTU       IPv6OptionType = 0x30 // RFC 9268
	IPv6OptIOAMMutable   IPv6OptionType = 0x31 // RFC 9486
	IPv6OptAltMarkChange IPv6OptionType = 0x32 // RFC 9343
	IPv6OptRPLOld        IPv6OptionType = 0x63 // RFC 6553
	IPv6OptMPL           IPv6OptionType = 0x6d // RFC 7731
	IPv6OptEndpointID    IPv6OptionType = 0x8a // of Nimrod; abolished
	IPv6OptILNPNonce     IPv6OptionType = 0x8b // RFC 6744
	IPv6OptLineID        IPv6OptionType = 0x8c // RFC 6788
	IPv6OptJumbo         IPv6OptionType = 0xc2 // RFC 2675
	IPv6OptHomeAddress   IPv6OptionType = 0xc9 // RFC 6275
	IPv6OptDFF           IPv6OptionType = 0xee // RFC 6971
)

var ipv6OptNames = [256]string{
	IPv6OptPad1: "Pad1", IPv6OptPadN: "PadN", IPv6OptTunnelLimit: "TunnelLimit", IPv6OptRouterAlert: "RouterAlert",
	IPv6OptCALIPSO: "CALIPSO", IPv6OptSMFDPD: "SMF-DPD", IPv6OptPDM: "PDM", IPv6OptIOAM: "IOAM",
	IPv6OptAltMark: "AltMark", IPv6OptRPL: "RPL", IPv6OptQuickStart: "QuickStart", IPv6OptMinPMTU: "MinPMTU",
	IPv6OptIOAMMutable: "IOAM", IPv6OptAltMarkChange: "AltMark", IPv6OptRPLOld: "RPL", IPv6OptMPL: "MPL",
	IPv6OptEndpointID: "EndpointID", IPv6OptILNPNonce: "ILNP-Nonce", IPv6OptLineID: "LineID", IPv6OptJumbo: "Jumbo",
	IPv6OptHomeAddress: "HomeAddress", IPv6OptDFF: "DFF",
}

// Name is the option's usual short name, or "".
func (t IPv6OptionType) Name() string { return ipv6OptNames[t] }

// String is the name, or the number in hexadecimal.
func (t IPv6OptionType) String() string { return nameOrHex(t.Name(), uint64(t), 2) }

// Action is what a node does that does not know the option.
func (t IPv6OptionType) Action() IPv6OptionAction { return IPv6OptionAction(t >> 6) }

// Mutable reports whether the option's data may change on the way, so that AH counts it as zero.
func (t IPv6OptionType) Mutable() bool { return t&0x20 != 0 }

// IsExperimental reports whether the type is one of those that RFC 4727 leaves to experiments.
func (t IPv6OptionType) IsExperimental() bool { return t&0x1f == 0x1e }

// IPv6OptionAction is the two high bits of an option's type.
type IPv6OptionAction uint8

const (
	IPv6OptSkip          IPv6OptionAction = iota // go on with the next option
	IPv6OptDiscard                               // discard the packet silently
	IPv6OptReject                                // discard it and send a Parameter Problem
	IPv6OptRejectUnicast                         // the same, but nothing is sent if the destination is multicast
)

var ipv6OptActionNames = [4]string{"skip", "discard", "reject", "reject unless multicast"}

func (a IPv6OptionAction) String() string { return ipv6OptActionNames[a&3] }

// IPv6Option is one option: its bytes with type and length, as they stand in the header.
type IPv6Option []byte

func (o IPv6Option) Type() IPv6OptionType { return IPv6OptionType(o[0]) }

// Data is what follows type and length; nil for Pad1, which has neither.
func (o IPv6Option) Data() []byte {
	if len(o) < 2 {
		return nil
	}
	return o[2:]
}

// Jumbo is the payload length that a Jumbo Payload option gives, in bytes; ok is false for any other option.
func (o IPv6Option) Jumbo() (n uint32, ok bool) {
	if d := o.Data(); o.Type() == IPv6OptJumbo && len(d) == 4 {
		return binary.BigEndian.Uint32(d), true
	}
	return 0, false
}

// RouterAlert is what a Router Alert option tells routers to look for; ok is false for any other option.
func (o IPv6Option) RouterAlert() (v IPv6RouterAlert, ok bool) {
	if d := o.Data(); o.Type() == IPv6OptRouterAlert && len(d) == 2 {
		return IPv6RouterAlert(binary.BigEndian.Uint16(d)), true
	}
	return 0, false
}

// NextIPv6Option splits the first option off b, which must not be empty. ErrTruncated means that the
// option's length byte is missing or promises more than b holds.
func NextIPv6Option(b []byte) (o IPv6Option, rest []byte, err error) {
	if IPv6OptionType(b[0]) == IPv6OptPad1 {
		return IPv6Option(b[:1]), b[1:], nil
	}
	if len(b) < 2 {
		return nil, nil, ErrTruncated
	}
	n := 2 + int(b[1])
	if n > len(b) {
		return nil, nil, ErrTruncated
	}
	return IPv6Option(b[:n]), b[n:], nil
}

// IPv6OptionList is the options of a Hop-by-Hop or Destination Options header as a comparable value: up to 62
// bytes, order and duplicates kept. The Add methods append in wire form and report whether there was room.
type IPv6OptionList struct {
	b [62]byte
	n uint8
}

// MakeIPv6OptionList keeps a copy of b, and of its first 62 bytes if it is longer.
func MakeIPv6OptionList(b []byte) (l IPv6OptionList) {
	l.n = uint8(copy(l.b[:], b))
	return l
}

// Bytes gives the options as they go into the header, without the padding that Append adds.
func (l *IPv6OptionList) Bytes() []byte { return l.b[:l.n] }

// Add appends an option of any type but Pad1 with data behind type and length.
func (l *IPv6OptionList) Add(t IPv6OptionType, data ...byte) bool {
	if len(l.b)-int(l.n) < 2+len(data) {
		return false
	}
	l.b[l.n], l.b[l.n+1] = byte(t), byte(len(data))
	l.n += 2 + uint8(copy(l.b[l.n+2:], data))
	return true
}

// AddRouterAlert appends the option that MLD messages must have (RFC 2711, RFC 3810 section 5).
func (l *IPv6OptionList) AddRouterAlert(v IPv6RouterAlert) bool {
	return l.Add(IPv6OptRouterAlert, byte(v>>8), byte(v))
}

// AddJumbo appends the payload length of a jumbogram, in bytes; it must be the first option to be aligned as RFC
// 2675 section 2 asks.
func (l *IPv6OptionList) AddJumbo(n uint32) bool {
	return l.Add(IPv6OptJumbo, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// IPv6RouterAlert is the value of a Router Alert option (IANA "IPv6 Router Alert Option Values").
type IPv6RouterAlert uint16

const (
	RouterAlertMLD    IPv6RouterAlert = 0
	RouterAlertRSVP   IPv6RouterAlert = 1
	RouterAlertActive IPv6RouterAlert = 2
)

// Name says what is inside, or is "".
func (v IPv6RouterAlert) Name() string {
	switch v {
	case RouterAlertMLD:
		return "MLD"
	case RouterAlertRSVP:
		return "RSVP"
	case RouterAlertActive:
		return "ActiveNetworks"
	}
	return ""
}

// String is the name, or the number.
func (v IPv6RouterAlert) String() string { return nameOrNumber(v.Name(), uint64(v)) }

var (
	ipv6OptField        = Field{Name: "ipv6.opt", Label: "opt", Title: "IPv6 Option"}
	ipv6OptTypeField    = Field{Name: "ipv6.opt.type", Label: "type", Title: "Type", Base: Hex}
	ipv6OptUnknownField = Field{Name: "ipv6.opt.type", Label: "opt", Title: "Type", Base: Hex, Rank: 3}
	ipv6OptActionField  = Field{Name: "ipv6.opt.type.action", Label: "action", Title: "Action", Mask: 0xc0}
	ipv6OptUnkActField  = Field{Name: "ipv6.opt.type.action", Label: "action", Title: "Action", Mask: 0xc0, Rank: 3, Form: FormParen}
	ipv6OptChangeField  = Field{Name: "ipv6.opt.type.change", Label: "mutable", Title: "May Change", Mask: 0x20}
	ipv6OptRestField    = Field{Name: "ipv6.opt.type.rest", Label: "number", Title: "Low-Order Bits", Mask: 0x1f, Base: Hex}
	ipv6OptLenField     = Field{Name: "ipv6.opt.length", Label: "len", Title: "Length"}
	ipv6OptPadNField    = Field{Name: "ipv6.opt.padn", Label: "padding", Title: "PadN"}
	ipv6OptAlertField   = Field{Name: "ipv6.opt.router_alert", Label: "alert", Title: "Router Alert", Rank: 3}
	ipv6OptJumboField   = Field{Name: "ipv6.opt.jumbo", Label: "jumbo", Title: "Payload Length", Rank: 3}
	ipv6OptTunnelField  = Field{Name: "ipv6.opt.tel", Label: "tunnels", Title: "Tunnel Encapsulation Limit", Rank: 3}
	ipv6OptHomeField    = Field{Name: "ipv6.opt.mipv6.home_address", Label: "home", Title: "MIPv6 Home Address", Rank: 3}
	ipv6OptExpField     = Field{Name: "ipv6.opt.experimental", Label: "data", Title: "Experimental Option"}
	ipv6OptOpaqueField  = Field{Name: "ipv6.opt.unknown", Label: "data", Title: "Unknown Option Payload"}
	ipv6OptDataField    = Field{Label: "data", Title: "Data"}
	ipv6OptBadField     = Field{Label: "malformed", Title: "Malformed options", Rank: 3}
)

// optionFields walks every option. One that does not fit ends the walk, and the rest is shown as bytes.
func (h IPv6Options) optionFields(s Sink) {
	off := 2
	for b := h.Options(); len(b) > 0; {
		o, rest, err := NextIPv6Option(b)
		if err != nil {
			s.Bytes(&ipv6OptBadField, off, len(b), b)
			return
		}
		s.Begin(&ipv6OptField, off, len(o))
		o.fields(s, off)
		s.End()
		off += len(o)
		b = rest
	}
}

// fields describes an option that starts at off.
func (o IPv6Option) fields(s Sink, off int) {
	t := o.Type()
	if t == IPv6OptPad1 {
		s.Enum(&ipv6OptTypeField, off, 1, uint64(t), t.Name())
		return
	}
	typ, action := &ipv6OptTypeField, &ipv6OptActionField
	if t.Name() == "" {
		typ, action = &ipv6OptUnknownField, &ipv6OptUnkActField
	}
	s.Enum(typ, off, 1, uint64(t), t.Name())
	s.Begin(typ, off, 1)
	s.Enum(action, off, 1, uint64(t.Action()), t.Action().String())
	s.Bool(&ipv6OptChangeField, off, 1, t.Mutable())
	s.Uint(&ipv6OptRestField, off, 1, uint64(t&0x1f))
	s.End()
	s.Uint(&ipv6OptLenField, off+1, 1, uint64(o[1]))

	d, at := o.Data(), off+2
	opaque := &ipv6OptDataField
	switch {
	case t == IPv6OptRouterAlert && len(d) == 2:
		v, _ := o.RouterAlert()
		s.Enum(&ipv6OptAlertField, at, 2, uint64(v), v.Name())
		return
	case t == IPv6OptJumbo && len(d) == 4:
		v, _ := o.Jumbo()
		s.Uint(&ipv6OptJumboField, at, 4, uint64(v))
		return
	case t == IPv6OptTunnelLimit && len(d) == 1:
		s.Uint(&ipv6OptTunnelField, at, 1, uint64(d[0]))
		return
	case t == IPv6OptHomeAddress && len(d) == 16:
		s.Addr(&ipv6OptHomeField, at, 16, netip.AddrFrom16([16]byte(d)))
		return
	case t == IPv6OptPadN:
		opaque = &ipv6OptPadNField
	case t.IsExperimental():
		opaque = &ipv6OptExpField
	case t.Name() == "":
		opaque = &ipv6OptOpaqueField
	}
	if len(d) > 0 {
		s.Bytes(opaque, at, len(d), d)
	}
}
