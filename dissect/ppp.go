package dissect

import (
	"encoding/binary"
	"net/netip"
)

// PPPProto is the number of what PPP carries (IANA "PPP DLL Protocol Numbers").
type PPPProto uint16

const (
	PPPIPv4   PPPProto = 0x0021
	PPPIPv6   PPPProto = 0x0057
	PPPMPLS   PPPProto = 0x0281
	PPPIPCP   PPPProto = 0x8021
	PPPIPv6CP PPPProto = 0x8057
	PPPCCP    PPPProto = 0x80fd
	PPPLCP    PPPProto = 0xc021
	PPPPAP    PPPProto = 0xc023
	PPPCHAP   PPPProto = 0xc223
	PPPEAP    PPPProto = 0xc227
)

// Name is the protocol's name, or "".
func (p PPPProto) Name() string {
	switch p {
	case PPPIPv4:
		return "IPv4"
	case PPPIPv6:
		return "IPv6"
	case PPPMPLS:
		return "MPLS"
	case PPPIPCP:
		return "IPCP"
	case PPPIPv6CP:
		return "IPv6CP"
	case PPPCCP:
		return "CCP"
	case PPPLCP:
		return "LCP"
	case PPPPAP:
		return "PAP"
	case PPPCHAP:
		return "CHAP"
	case PPPEAP:
		return "EAP"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (p PPPProto) String() string { return nameOrHex(p.Name(), uint64(p), 4) }

// layer is what reads the bytes behind a header that names p.
func (p PPPProto) layer() LayerType {
	switch p {
	case PPPIPv4:
		return LayerIPv4
	case PPPIPv6:
		return LayerIPv6
	case PPPMPLS:
		return LayerMPLS
	case PPPLCP:
		return LayerLCP
	case PPPIPCP:
		return LayerIPCP
	case PPPIPv6CP:
		return LayerIPv6CP
	case PPPCCP:
		return LayerCCP
	case PPPPAP:
		return LayerPAP
	case PPPCHAP:
		return LayerCHAP
	case PPPEAP:
		return LayerEAP
	}
	return LayerData
}

// PPP is a view of a PPP packet (RFC 1661 section 2), with the address and control fields of HDLC-like framing (RFC 1662
// section 3.1) or without them. The protocol has two bytes, or one if both ends agreed on that and its first would be zero.
//
//	 0              7 8             15 16                  23 or 31
//	+----------------+----------------+-----------------------------+
//	| Address (0xff) | Control (0x03) |   Protocol, 1 or 2 bytes    |
//	+----------------+----------------+-----------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type PPP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (h PPP) Check() error {
	at := h.protoAt()
	if len(h) <= at || h[at] == 0xff || len(h) < at+h.protoLen() { // 0xff begins the framing, and is no protocol
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (h PPP) CheckWhole() error { return h.Check() }

// HasFraming reports whether the address and control fields are there.
func (h PPP) HasFraming() bool { return len(h) >= 2 && h[0] == 0xff && h[1] == 0x03 }

func (h PPP) protoAt() int {
	if h.HasFraming() {
		return 2
	}
	return 0
}

func (h PPP) protoLen() int {
	if h[h.protoAt()]&1 != 0 {
		return 1
	}
	return 2
}

// Proto is the protocol of what follows.
func (h PPP) Proto() PPPProto {
	at := h.protoAt()
	if h.protoLen() == 1 {
		return PPPProto(h[at])
	}
	return PPPProto(binary.BigEndian.Uint16(h[at:]))
}

// HeaderLen is the length of the header in bytes, 1 to 4.
func (h PPP) HeaderLen() int { return h.protoAt() + h.protoLen() }

// Payload is what follows the header.
func (h PPP) Payload() []byte { return h[h.HeaderLen():] }

var (
	pppAddressField = Field{Name: "ppp.address", Label: "addr", Title: "Address", Base: Hex}
	pppControlField = Field{Name: "ppp.control", Label: "ctrl", Title: "Control", Base: Hex}
	pppProtoField   = Field{Name: "ppp.protocol", Label: "proto", Title: "Protocol", Rank: 1, Base: Hex}
)

// Fields describes the header to s.
func (h PPP) Fields(s Sink) {
	at := h.protoAt()
	if at > 0 {
		s.Uint(&pppAddressField, 0, 1, uint64(h[0]))
		s.Uint(&pppControlField, 1, 1, uint64(h[1]))
	}
	s.Enum(&pppProtoField, at, h.protoLen(), uint64(h.Proto()), h.Proto().Name())
}

func decodePPP(p *Packet, l *Layer, b []byte) LayerType {
	h := PPP(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + h.HeaderLen()
	if l.Payload == l.End {
		return LayerNone
	}
	return h.Proto().layer()
}

func pppFields(p *Packet, l *Layer, s Sink) { PPP(p.Bytes(l)).Fields(s) }

// PPPHeader is the header as a value; Append writes the protocol in two bytes.
type PPPHeader struct {
	Framing bool
	Proto   PPPProto
}

// Header gives the header as a value.
func (h PPP) Header() PPPHeader { return PPPHeader{h.HasFraming(), h.Proto()} }

// Append appends the wire form of h to b and returns the extended slice.
func (h PPPHeader) Append(b []byte) []byte {
	if h.Framing {
		b = append(b, 0xff, 0x03)
	}
	return binary.BigEndian.AppendUint16(b, uint16(h.Proto))
}

// Offsets in a packet of a control protocol, and the length of its header, in bytes.
const (
	pppCode   = 0
	pppID     = 1
	pppLength = 2

	PPPControlLen = 4
)

// PPPControl is a view of a packet of LCP, of a network control protocol, or of PAP or CHAP, which have one form
// (RFC 1661 section 5, RFC 1334 section 2.2, RFC 1994 section 4).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|      Code      |   Identifier   |            Length            |
//	+----------------+----------------+------------------------------+
//	|  Data, of Length bytes less four                               |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type PPPControl []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if Length is less than
// the header itself.
func (c PPPControl) Check() error {
	if len(c) < PPPControlLen {
		return ErrTruncated
	}
	if c.Length() < PPPControlLen {
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for one that received the packet: every byte that Length promises must be there.
func (c PPPControl) CheckWhole() error {
	if err := c.Check(); err != nil {
		return err
	}
	if c.Length() > len(c) {
		return ErrTruncated
	}
	return nil
}

func (c PPPControl) Code() uint8 { return c[pppCode] }
func (c PPPControl) ID() uint8   { return c[pppID] }

// Length is the length of the packet in bytes, as the sender wrote it.
func (c PPPControl) Length() int { return int(binary.BigEndian.Uint16(c[pppLength:])) }

// Data is what follows the header, as far as the slice and Length go.
func (c PPPControl) Data() []byte { return c[PPPControlLen:min(len(c), c.Length())] }

// pppCodeName is the name of a code of LCP, and of those that other control protocols share, or "".
func pppCodeName(code uint8) string {
	if int(code) < len(pppCodeNames) {
		return pppCodeNames[code]
	}
	return ""
}

var pppCodeNames = [...]string{
	1: "configure request", 2: "configure ack", 3: "configure nak", 4: "configure reject", 5: "terminate request", 6: "terminate ack",
	7: "code reject", 8: "protocol reject", 9: "echo request", 10: "echo reply", 11: "discard request", 12: "identification",
	13: "time remaining", 14: "reset request", 15: "reset ack",
}

// pppFieldSet holds the fields that a control protocol has of its own.
type pppFieldSet struct {
	code, id, length Field
	optType, optLen  Field
	option           func(s Sink, kind uint8, at int, v []byte) bool // describes the value of an option it knows
}

// pppHeaderSet are the fields of the header with the names of PPP's own control protocols.
func pppHeaderSet(proto string) pppFieldSet {
	return pppFieldSet{
		code:    Field{Name: "ppp.code", Label: "code", Title: "Code", Rank: 1, Form: FormBare},
		id:      Field{Name: "ppp.identifier", Label: "id", Title: "Identifier", Rank: 2},
		length:  Field{Name: "ppp.length", Label: "len", Title: "Length"},
		optType: Field{Name: proto + ".opt.type", Label: "type", Title: "Type"},
		optLen:  Field{Name: proto + ".opt.length", Label: "len", Title: "Length"},
	}
}

var lcpFieldSet, ipcpFieldSet, ipv6cpFieldSet, ccpFieldSet = pppControlSets()

func pppControlSets() (lcp, ipcp, ipv6cp, ccp pppFieldSet) {
	lcp, ipcp, ipv6cp, ccp = pppHeaderSet("lcp"), pppHeaderSet("ipcp"), pppHeaderSet("ipv6cp"), pppHeaderSet("ccp")
	lcp.option, ipcp.option, ipv6cp.option = lcpOption, ipcpOption, ipv6cpOption
	return
}

var (
	pppOptionField    = Field{Label: "option", Title: "Option"}
	pppOptValueField  = Field{Label: "value", Title: "Value"}
	pppBadOptionField = Field{Label: "options", Title: "Malformed options"}
	pppDataField      = Field{Label: "data", Title: "Data"}
	pppMagicField     = Field{Name: "lcp.magic_number", Label: "magic", Title: "Magic Number", Rank: 3, Base: Hex}
	pppRejectedField  = Field{Name: "lcp.rej_proto", Label: "proto", Title: "Rejected Protocol", Rank: 3, Base: Hex}

	lcpMRUField       = Field{Name: "lcp.opt.mru", Label: "mru", Title: "Maximum Receive Unit", Rank: 3}
	lcpACCMField      = Field{Name: "lcp.opt.asyncmap", Label: "accm", Title: "Async Control Character Map", Base: Hex}
	lcpAuthField      = Field{Name: "lcp.opt.auth_protocol", Label: "auth", Title: "Authentication Protocol", Rank: 4, Base: Hex}
	lcpAlgorithmField = Field{Name: "lcp.opt.algorithm", Label: "alg", Title: "Algorithm"}
	lcpMagicField     = Field{Name: "lcp.opt.magic_number", Label: "magic", Title: "Magic Number", Rank: 5, Base: Hex}
	lcpMRRUField      = Field{Name: "lcp.opt.mrru", Label: "mrru", Title: "MRRU", Rank: 6}
	ipcpAddrField     = Field{Name: "ipcp.opt.ip_address", Label: "addr", Title: "IP Address", Rank: 3}
	ipcpDNS1Field     = Field{Name: "ipcp.opt.pri_dns_address", Label: "dns1", Title: "Primary DNS Address", Rank: 4}
	ipcpDNS2Field     = Field{Name: "ipcp.opt.sec_dns_address", Label: "dns2", Title: "Secondary DNS Address", Rank: 5}
	ipcpNBNS1Field    = Field{Name: "ipcp.opt.pri_nbns_address", Label: "nbns1", Title: "Primary NBNS Address"}
	ipcpNBNS2Field    = Field{Name: "ipcp.opt.sec_nbns_address", Label: "nbns2", Title: "Secondary NBNS Address"}
	ipv6cpIDField     = Field{Name: "ipv6cp.interface_identifier", Label: "ifid", Title: "Interface Identifier", Rank: 3}
)

// lcpOption describes the value v, at offset at, of an option of LCP (RFC 1661 section 6).
func lcpOption(s Sink, kind uint8, at int, v []byte) bool {
	switch {
	case kind == 1 && len(v) == 2:
		s.Uint(&lcpMRUField, at, 2, uint64(binary.BigEndian.Uint16(v)))
	case kind == 2 && len(v) == 4:
		s.Uint(&lcpACCMField, at, 4, uint64(binary.BigEndian.Uint32(v)))
	case kind == 3 && (len(v) == 2 || len(v) == 3 && PPPProto(binary.BigEndian.Uint16(v)) == PPPCHAP):
		proto := PPPProto(binary.BigEndian.Uint16(v))
		s.Enum(&lcpAuthField, at, 2, uint64(proto), proto.Name())
		if len(v) == 3 {
			s.Uint(&lcpAlgorithmField, at+2, 1, uint64(v[2]))
		}
	case kind == 5 && len(v) == 4:
		s.Uint(&lcpMagicField, at, 4, uint64(binary.BigEndian.Uint32(v)))
	case kind == 17 && len(v) == 2:
		s.Uint(&lcpMRRUField, at, 2, uint64(binary.BigEndian.Uint16(v)))
	default:
		return false
	}
	return true
}

// ipcpOption describes the value of an option of IPCP (RFC 1332, RFC 1877).
func ipcpOption(s Sink, kind uint8, at int, v []byte) bool {
	var f *Field
	switch kind {
	case 3:
		f = &ipcpAddrField
	case 129:
		f = &ipcpDNS1Field
	case 130:
		f = &ipcpNBNS1Field
	case 131:
		f = &ipcpDNS2Field
	case 132:
		f = &ipcpNBNS2Field
	}
	if f == nil || len(v) != 4 {
		return false
	}
	s.Addr(f, at, 4, netip.AddrFrom4([4]byte(v)))
	return true
}

// ipv6cpOption describes the value of an option of IPV6CP (RFC 5072).
func ipv6cpOption(s Sink, kind uint8, at int, v []byte) bool {
	if kind != 1 || len(v) != 8 {
		return false
	}
	s.Bytes(&ipv6cpIDField, at, 8, v)
	return true
}

// header describes the four bytes that all packets begin with.
func (c PPPControl) header(s Sink, set *pppFieldSet, name string) {
	s.Enum(&set.code, pppCode, 1, uint64(c.Code()), name)
	s.Uint(&set.id, pppID, 1, uint64(c.ID()))
	s.Uint(&set.length, pppLength, 2, uint64(c.Length()))
}

// fields describes a packet of a control protocol.
func (c PPPControl) fields(s Sink, set *pppFieldSet) {
	code := c.Code()
	c.header(s, set, pppCodeName(code))
	at, v := PPPControlLen, c.Data()
	switch {
	case code >= 1 && code <= 4:
		c.options(s, set)
		return
	case code == 8 && len(v) >= 2:
		proto := PPPProto(binary.BigEndian.Uint16(v))
		s.Enum(&pppRejectedField, at, 2, uint64(proto), proto.Name())
		at, v = at+2, v[2:]
	case code >= 9 && code <= 13 && len(v) >= 4:
		s.Uint(&pppMagicField, at, 4, uint64(binary.BigEndian.Uint32(v)))
		at, v = at+4, v[4:]
	}
	if len(v) > 0 {
		s.Bytes(&pppDataField, at, len(v), v)
	}
}

// options describes configuration options: type, length, value.
func (c PPPControl) options(s Sink, set *pppFieldSet) {
	for at, v := PPPControlLen, c.Data(); len(v) > 0; {
		n := 0
		if len(v) >= 2 {
			n = int(v[1])
		}
		if n < 2 || n > len(v) {
			s.Bytes(&pppBadOptionField, at, len(v), v)
			return
		}
		s.Begin(&pppOptionField, at, n)
		s.Uint(&set.optType, at, 1, uint64(v[0]))
		s.Uint(&set.optLen, at+1, 1, uint64(n))
		if n > 2 && (set.option == nil || !set.option(s, v[0], at+2, v[2:n])) {
			s.Bytes(&pppOptValueField, at+2, n-2, v[2:n])
		}
		s.End()
		at, v = at+n, v[n:]
	}
}

// decodePPPControl reads a packet of any of these protocols; what Length leaves over is padding.
func decodePPPControl(p *Packet, l *Layer, b []byte) LayerType {
	c := PPPControl(b)
	if err := c.Check(); err != nil {
		return l.fail(err)
	}
	p.limit(l, c.Length())
	l.Payload = l.End
	return LayerNone
}

func lcpFields(p *Packet, l *Layer, s Sink)    { PPPControl(p.Bytes(l)).fields(s, &lcpFieldSet) }
func ipcpFields(p *Packet, l *Layer, s Sink)   { PPPControl(p.Bytes(l)).fields(s, &ipcpFieldSet) }
func ipv6cpFields(p *Packet, l *Layer, s Sink) { PPPControl(p.Bytes(l)).fields(s, &ipv6cpFieldSet) }
func ccpFields(p *Packet, l *Layer, s Sink)    { PPPControl(p.Bytes(l)).fields(s, &ccpFieldSet) }

var (
	papFieldSet = pppFieldSet{
		code:   Field{Name: "pap.code", Label: "code", Title: "Code", Rank: 1, Form: FormBare},
		id:     Field{Name: "pap.identifier", Label: "id", Title: "Identifier", Rank: 2},
		length: Field{Name: "pap.length", Label: "len", Title: "Length"},
	}
	papPeerLenField     = Field{Name: "pap.peer_id.length", Label: "len", Title: "Peer-ID-Length"}
	papPeerField        = Field{Name: "pap.peer_id", Label: "peer", Title: "Peer-ID", Rank: 3}
	papPasswordLenField = Field{Name: "pap.password.length", Label: "len", Title: "Password-Length"}
	papPasswordField    = Field{Name: "pap.password", Label: "password", Title: "Password", Rank: 4}
	papMessageLenField  = Field{Name: "pap.message.length", Label: "len", Title: "Message-Length"}
	papMessageField     = Field{Name: "pap.message", Label: "msg", Title: "Message", Rank: 3}

	chapFieldSet = pppFieldSet{
		code:   Field{Name: "chap.code", Label: "code", Title: "Code", Rank: 1, Form: FormBare},
		id:     Field{Name: "chap.identifier", Label: "id", Title: "Identifier", Rank: 2},
		length: Field{Name: "chap.length", Label: "len", Title: "Length"},
	}
	chapSizeField    = Field{Name: "chap.value_size", Label: "len", Title: "Value Size"}
	chapValueField   = Field{Name: "chap.value", Label: "value", Title: "Value", Rank: 3}
	chapNameField    = Field{Name: "chap.name", Label: "name", Title: "Name", Rank: 4}
	chapMessageField = Field{Name: "chap.message", Label: "msg", Title: "Message", Rank: 3}
)

// counted describes a text behind its length, and gives what follows; nil when the text does not fit.
func counted(s Sink, size, text *Field, at int, v []byte) (int, []byte) {
	if len(v) == 0 || len(v) < 1+int(v[0]) {
		return at, nil
	}
	n := int(v[0])
	s.Uint(size, at, 1, uint64(n))
	if n > 0 {
		s.Text(text, at+1, n, v[1:1+n])
	}
	return at + 1 + n, v[1+n:]
}

func papFields(p *Packet, l *Layer, s Sink) {
	c := PPPControl(p.Bytes(l))
	names := [...]string{1: "authenticate request", 2: "authenticate ack", 3: "authenticate nak"}
	name := ""
	if int(c.Code()) < len(names) {
		name = names[c.Code()]
	}
	c.header(s, &papFieldSet, name)
	at, v := PPPControlLen, c.Data()
	switch c.Code() {
	case 1:
		next, rest := counted(s, &papPeerLenField, &papPeerField, at, v)
		if rest == nil {
			break
		}
		at, v = next, rest
		if next, rest = counted(s, &papPasswordLenField, &papPasswordField, at, v); rest != nil {
			at, v = next, rest
		}
	case 2, 3:
		if next, rest := counted(s, &papMessageLenField, &papMessageField, at, v); rest != nil {
			at, v = next, rest
		}
	}
	if len(v) > 0 {
		s.Bytes(&pppDataField, at, len(v), v)
	}
}

func chapFields(p *Packet, l *Layer, s Sink) {
	c := PPPControl(p.Bytes(l))
	names := [...]string{1: "challenge", 2: "response", 3: "success", 4: "failure"}
	name := ""
	if int(c.Code()) < len(names) {
		name = names[c.Code()]
	}
	c.header(s, &chapFieldSet, name)
	at, v := PPPControlLen, c.Data()
	switch code := c.Code(); {
	case (code == 1 || code == 2) && len(v) > 0 && len(v) >= 1+int(v[0]):
		n := int(v[0])
		s.Uint(&chapSizeField, at, 1, uint64(n))
		if n > 0 {
			s.Bytes(&chapValueField, at+1, n, v[1:1+n])
		}
		if at, v = at+1+n, v[1+n:]; len(v) > 0 {
			s.Text(&chapNameField, at, len(v), v)
		}
		return
	case (code == 3 || code == 4) && len(v) > 0:
		s.Text(&chapMessageField, at, len(v), v)
		return
	}
	if len(v) > 0 {
		s.Bytes(&pppDataField, at, len(v), v)
	}
}
