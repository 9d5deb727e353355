package dissect

import "encoding/binary"

// FrameRelay is a view of a frame relay packet (RFC 2427): an address of two to four bytes (ITU-T Q.922), then control and a
// network layer protocol identifier, or, in Cisco's encapsulation, an EtherType.
//
//	 0        5 6  7 8      11 12 13 14 15
//	+----------+--+--+--------+--+--+--+--+
//	| DLCI     |CR|EA| DLCI   |FE|BE|DE|EA|  up to two bytes more of DLCI, seven and six bits
//	+----------+--+--+--------+--+--+--+--+
//	|  Control (0x03)   |  Pad, perhaps   |
//	+-------------------+-----------------+
//	|  NLPID            |  SNAP, if 0x80: organization (3), type (2)
//	+-------------------+------------------
//
// The getters trust the slice; call Check once before the first of them.
type FrameRelay []byte

// Network layer protocol identifiers (ISO/IEC TR 9577).
const (
	nlpidSNAP = 0x80
	nlpidIPv6 = 0x8e
	nlpidIPv4 = 0xcc
	nlpidPPP  = 0xcf

	frControlUI = 0x03
)

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if the address does not end
// where one may.
func (f FrameRelay) Check() error {
	switch n := f.addrLen(); {
	case n < 0:
		return ErrMalformed
	case n == 0 || len(f) < n+2:
		return ErrTruncated
	}
	if len(f) < f.HeaderLen() {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (f FrameRelay) CheckWhole() error { return f.Check() }

// addrLen is the length of the address in bytes, 0 if it is cut short, -1 for one that has no sense.
func (f FrameRelay) addrLen() int {
	for i, c := range f[:min(4, len(f))] {
		if c&1 != 0 {
			if i == 0 {
				return -1
			}
			return i + 1
		}
	}
	if len(f) < 4 {
		return 0
	}
	return -1
}

// DLCI is the number of the virtual circuit.
func (f FrameRelay) DLCI() uint32 {
	v := uint32(f[0]>>2)<<4 | uint32(f[1]>>4)
	switch f.addrLen() {
	case 3:
		return v<<6 | uint32(f[2]>>2)
	case 4:
		return v<<13 | uint32(f[2]>>1)<<6 | uint32(f[3]>>2)
	}
	return v
}

// isCisco reports whether an EtherType follows the address.
func (f FrameRelay) isCisco() bool { return f[f.addrLen()] != frControlUI }

// nlpidAt is where the protocol identifier is: a byte of padding may stand before it.
func (f FrameRelay) nlpidAt() int {
	at := f.addrLen() + 1
	if f[at] == 0 {
		at++
	}
	return at
}

// HeaderLen is the length of the header in bytes, as far as the bytes tell that are there.
func (f FrameRelay) HeaderLen() int {
	n := f.addrLen()
	if f.isCisco() {
		return n + 2
	}
	at := f.nlpidAt()
	if at < len(f) && f[at] == nlpidSNAP {
		return at + 1 + SNAPHeaderLen
	}
	return at + 1
}

// Payload is what follows the header.
func (f FrameRelay) Payload() []byte { return f[f.HeaderLen():] }

var (
	frFirstField   = Field{Name: "fr.first_addr_octet", Label: "addr1", Title: "First address octet", Base: Hex}
	frUpperField   = Field{Name: "fr.upper_dlci", Label: "upper", Title: "Upper DLCI", Mask: 0xfc, Base: Hex}
	frCRField      = Field{Name: "fr.cr", Label: "cr", Title: "Response", Mask: 0x02, Form: FormFlag}
	frEAField      = Field{Name: "fr.ea", Label: "ea", Title: "End of the address", Mask: 0x01, Form: FormFlag}
	frSecondField  = Field{Name: "fr.second_addr_octet", Label: "addr2", Title: "Second address octet", Base: Hex}
	frMiddleField  = Field{Name: "fr.second_dlci", Label: "second", Title: "Second DLCI", Mask: 0xf0, Base: Hex}
	frFECNField    = Field{Name: "fr.fecn", Label: "fecn", Title: "Forward congestion", Mask: 0x08, Rank: 3, Form: FormFlag}
	frBECNField    = Field{Name: "fr.becn", Label: "becn", Title: "Backward congestion", Mask: 0x04, Rank: 4, Form: FormFlag}
	frDEField      = Field{Name: "fr.de", Label: "de", Title: "Discard eligible", Mask: 0x02, Rank: 5, Form: FormFlag}
	frThirdField   = Field{Name: "fr.third_addr_octet", Label: "addr3", Title: "Third address octet", Base: Hex}
	frThirdDLCI    = Field{Name: "fr.third_dlci", Label: "third", Title: "Third DLCI", Mask: 0xfe, Base: Hex}
	frLowerField   = Field{Name: "fr.lower_dlci", Label: "lower", Title: "Lower DLCI", Mask: 0xfc, Base: Hex}
	frDCField      = Field{Name: "fr.dc", Label: "dc", Title: "DLCI or DL-CORE control", Mask: 0x02, Form: FormFlag}
	frDLCIField    = Field{Name: "fr.dlci", Label: "dlci", Title: "DLCI", Rank: 1}
	frControlField = Field{Name: "fr.control", Label: "control", Title: "Control", Base: Hex}
	frPadField     = Field{Name: "fr.nlpid", Label: "pad", Title: "Padding", Base: Hex}
	frNLPIDField   = Field{Name: "fr.nlpid", Label: "nlpid", Title: "NLPID", Rank: 2, Base: Hex}
	frTypeField    = Field{Name: "fr.chdlctype", Label: "type", Title: "Type", Rank: 2, Base: Hex}
	frOUIField     = Field{Name: "fr.snap.oui", Label: "oui", Title: "Organization Code", Base: Hex}
	frSNAPField    = Field{Name: "fr.snaptype", Label: "type", Title: "Type", Rank: 2, Base: Hex}
	frPIDField     = Field{Name: "fr.snap.pid", Label: "pid", Title: "Protocol ID", Rank: 2, Base: Hex}
)

// Fields describes the header to s.
func (f FrameRelay) Fields(s Sink) {
	n := f.addrLen()
	s.Uint(&frFirstField, 0, 1, uint64(f[0]))
	s.Begin(&frFirstField, 0, 1)
	s.Uint(&frUpperField, 0, 1, uint64(f[0]>>2))
	s.Bool(&frCRField, 0, 1, f[0]&2 != 0)
	s.Bool(&frEAField, 0, 1, f[0]&1 != 0)
	s.End()
	s.Uint(&frSecondField, 1, 1, uint64(f[1]))
	s.Begin(&frSecondField, 1, 1)
	s.Uint(&frMiddleField, 1, 1, uint64(f[1]>>4))
	s.Bool(&frFECNField, 1, 1, f[1]&8 != 0)
	s.Bool(&frBECNField, 1, 1, f[1]&4 != 0)
	s.Bool(&frDEField, 1, 1, f[1]&2 != 0)
	s.Bool(&frEAField, 1, 1, f[1]&1 != 0)
	s.End()
	if n == 4 {
		s.Uint(&frThirdField, 2, 1, uint64(f[2]))
		s.Begin(&frThirdField, 2, 1)
		s.Uint(&frThirdDLCI, 2, 1, uint64(f[2]>>1))
		s.Bool(&frEAField, 2, 1, f[2]&1 != 0)
		s.End()
	}
	if n > 2 {
		s.Uint(&frLowerField, n-1, 1, uint64(f[n-1]>>2))
		s.Bool(&frDCField, n-1, 1, f[n-1]&2 != 0)
		s.Bool(&frEAField, n-1, 1, f[n-1]&1 != 0)
	}
	s.Uint(&frDLCIField, 0, 0, uint64(f.DLCI()))
	if f.isCisco() {
		t := EtherType(binary.BigEndian.Uint16(f[n:]))
		s.Enum(&frTypeField, n, 2, uint64(t), t.Name())
		return
	}
	s.Uint(&frControlField, n, 1, uint64(f[n]))
	at := f.nlpidAt()
	if at > n+1 {
		s.Uint(&frPadField, n+1, 1, 0)
	}
	s.Enum(&frNLPIDField, at, 1, uint64(f[at]), nlpidName(f[at]))
	if f[at] == nlpidSNAP {
		h := SNAP(f[at+1:])
		s.Enum(&frOUIField, at+1, 3, uint64(h.OUI()), h.OUI().Name())
		if t, ok := h.Type(); ok {
			s.Enum(&frSNAPField, at+4, 2, uint64(t), t.Name())
		} else {
			s.Uint(&frPIDField, at+4, 2, uint64(h.PID()))
		}
	}
}

// nlpidName names a network layer protocol.
func nlpidName(v uint8) string {
	switch v {
	case 0x08:
		return "Q.933"
	case nlpidSNAP:
		return "SNAP"
	case 0x81:
		return "CLNP"
	case 0x82:
		return "ES-IS"
	case 0x83:
		return "IS-IS"
	case nlpidIPv6:
		return "IPv6"
	case nlpidIPv4:
		return "IPv4"
	case nlpidPPP:
		return "PPP"
	}
	return ""
}

func decodeFrameRelay(p *Packet, l *Layer, b []byte) LayerType {
	f := FrameRelay(b)
	if err := f.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + f.HeaderLen()
	if f.isCisco() {
		return EtherType(binary.BigEndian.Uint16(f[f.addrLen():])).layer()
	}
	switch at := f.nlpidAt(); f[at] {
	case nlpidIPv4:
		return LayerIPv4
	case nlpidIPv6:
		return LayerIPv6
	case nlpidPPP:
		return LayerPPP
	case nlpidSNAP:
		if t, ok := SNAP(f[at+1:]).Type(); ok {
			return t.layer()
		}
	}
	return LayerData
}

func frameRelayFields(p *Packet, l *Layer, s Sink) { FrameRelay(p.Bytes(l)).Fields(s) }
