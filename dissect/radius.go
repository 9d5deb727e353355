package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in a RADIUS packet, and the length of its header, in bytes.
const (
	radiusCode          = 0
	radiusID            = 1
	radiusLength        = 2
	radiusAuthenticator = 4

	RADIUSHeaderLen = 20
)

// RADIUS is a view of a RADIUS packet (RFC 2865 section 3).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|      Code      |   Identifier   |            Length            |
//	+----------------+----------------+------------------------------+
//	|                    Authenticator, 16 bytes                     |
//	+----------------------------------------------------------------+
//	|    Attributes: type, length (of all three), value              |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type RADIUS []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if Length is
// smaller than the header itself.
func (r RADIUS) Check() error {
	if len(r) < RADIUSHeaderLen {
		return ErrTruncated
	}
	if r.Length() < RADIUSHeaderLen {
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for a host that received the packet: all that Length promises is there, and the attributes fill
// it, ErrMalformed if they do not. More bytes behind it are padding.
func (r RADIUS) CheckWhole() error {
	if err := r.Check(); err != nil {
		return err
	}
	if len(r) < r.Length() {
		return ErrTruncated
	}
	for rest := r.Attributes(); len(rest) > 0; {
		a, next, err := NextRADIUSAttribute(rest)
		if err != nil || a == nil {
			return ErrMalformed
		}
		rest = next
	}
	return nil
}

func (r RADIUS) Code() RADIUSCode { return RADIUSCode(r[radiusCode]) }
func (r RADIUS) ID() uint8        { return r[radiusID] }

// Length is the length of the packet in bytes, as the sender wrote it.
func (r RADIUS) Length() int { return int(binary.BigEndian.Uint16(r[radiusLength:])) }

func (r RADIUS) Authenticator() [16]byte { return [16]byte(r[radiusAuthenticator:]) }

// Attributes is what follows the header, as far as the slice and Length go; walk it with NextRADIUSAttribute.
func (r RADIUS) Attributes() []byte { return r[RADIUSHeaderLen:min(len(r), r.Length())] }

// RADIUSAttribute is a view of one attribute, type and length included.
type RADIUSAttribute []byte

// NextRADIUSAttribute splits the first attribute off b. It is nil where b is empty. The error is ErrTruncated where it is longer
// than b, ErrMalformed where its length is below that of its own head.
func NextRADIUSAttribute(b []byte) (a RADIUSAttribute, rest []byte, err error) {
	switch {
	case len(b) == 0:
		return nil, nil, nil
	case len(b) < 2:
		return nil, nil, ErrTruncated
	}
	n := int(b[1])
	switch {
	case n < 2:
		return nil, nil, ErrMalformed
	case n > len(b):
		return nil, nil, ErrTruncated
	}
	return b[:n:n], b[n:], nil
}

func (a RADIUSAttribute) Type() uint8   { return a[0] }
func (a RADIUSAttribute) Value() []byte { return a[2:] }

// AppendRADIUSAttribute appends an attribute with a value of at most 253 bytes to b; of more, it appends what fits.
func AppendRADIUSAttribute(b []byte, t uint8, value ...byte) []byte {
	value = value[:min(len(value), 253)]
	return append(append(b, t, byte(2+len(value))), value...)
}

var (
	radiusCodeField   = Field{Name: "radius.code", Label: "code", Title: "Code", Rank: 1, Form: FormBare}
	radiusIDField     = Field{Name: "radius.id", Label: "id", Title: "Identifier", Rank: 2}
	radiusLengthField = Field{Name: "radius.length", Label: "length", Title: "Length"}
	radiusAuthField   = Field{Name: "radius.authenticator", Title: "Authenticator"}
	radiusAVPField    = Field{Name: "radius.avp", Title: "Attribute"}
	radiusTypeField   = Field{Name: "radius.avp.type", Title: "Type"}
	radiusAVPLenField = Field{Name: "radius.avp.length", Title: "Length"}
	radiusVendorField = Field{Name: "radius.avp.vendor_id", Title: "Vendor ID"}
	radiusVSAField    = Field{Title: "Vendor's data"}
	radiusValueField  = Field{Title: "Value"}
	radiusSaltField   = Field{Title: "Salt and password"}
	radiusRestField   = Field{Title: "Bytes that could not be read"}
	radiusPadField    = Field{Title: "Padding"}
)

// Fields describes the packet to s.
func (r RADIUS) Fields(s Sink) {
	s.Enum(&radiusCodeField, radiusCode, 1, uint64(r.Code()), r.Code().Name())
	s.Uint(&radiusIDField, radiusID, 1, uint64(r.ID()))
	s.Uint(&radiusLengthField, radiusLength, 2, uint64(r.Length()))
	s.Bytes(&radiusAuthField, radiusAuthenticator, 16, r[radiusAuthenticator:RADIUSHeaderLen])
	off, rest := RADIUSHeaderLen, r.Attributes()
	for len(rest) > 0 {
		a, next, err := NextRADIUSAttribute(rest)
		if err != nil {
			s.Bytes(&radiusRestField, off, len(rest), rest)
			off += len(rest)
			break
		}
		s.Bytes(&radiusAVPField, off, len(a), a)
		s.Begin(&radiusAVPField, off, len(a))
		s.Enum(&radiusTypeField, off, 1, uint64(a.Type()), radiusAttributeTable[a.Type()].name)
		s.Uint(&radiusAVPLenField, off+1, 1, uint64(len(a)))
		if v := a.Value(); len(v) > 0 {
			radiusValue(s, off+2, a.Type(), v)
		}
		s.End()
		off, rest = off+len(a), next
	}
	if off < len(r) {
		s.Bytes(&radiusPadField, off, len(r)-off, r[off:])
	}
}

// radiusVendorSpecific is the type of attributes that a vendor defined (RFC 2865 section 5.26).
const radiusVendorSpecific = 26

// radiusValue describes the value of an attribute of type t, which begins at off.
func radiusValue(s Sink, off int, t uint8, v []byte) {
	info, n := &radiusAttributeTable[t], len(v)
	switch {
	case t == radiusVendorSpecific && n >= 4:
		s.Uint(&radiusVendorField, off, 4, uint64(binary.BigEndian.Uint32(v)))
		if n > 4 {
			s.Bytes(&radiusVSAField, off+4, n-4, v[4:])
		}
	case info.form == 'a':
		s.Text(info.field, off, n, cString(v))
	case info.form == 'x':
		s.Bytes(info.field, off, n, v)
	case info.form == 'l' && n == 4:
		s.Uint(info.field, off, n, uint64(binary.BigEndian.Uint32(v)))
	case info.form == 'i' && n == 4:
		s.Addr(info.field, off, n, netip.AddrFrom4([4]byte(v)))
	case info.form == '6' && n == 16:
		s.Addr(info.field, off, n, netip.AddrFrom16([16]byte(v)))
	case info.form == 'L' && n == 4:
		s.Uint(info.tag, off, 1, uint64(v[0]))
		s.Uint(info.field, off+1, 3, uint64(v[1])<<16|uint64(binary.BigEndian.Uint16(v[2:])))
	case info.form == 'A':
		if v[0] <= 0x1f { // a tag, else already text (RFC 2868 section 3.3)
			s.Uint(info.tag, off, 1, uint64(v[0]))
			off, v = off+1, v[1:]
		}
		if len(v) > 0 {
			s.Text(info.field, off, len(v), v)
		}
	case info.form == 'X':
		s.Uint(info.tag, off, 1, uint64(v[0]))
		if n > 1 {
			s.Bytes(&radiusSaltField, off+1, n-1, v[1:])
		}
	default:
		s.Bytes(&radiusValueField, off, n, v)
	}
}

func decodeRADIUS(p *Packet, l *Layer, b []byte) LayerType {
	if err := RADIUS(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func radiusFields(p *Packet, l *Layer, s Sink) { RADIUS(p.Bytes(l)).Fields(s) }

// RADIUSHeader is a RADIUS header as a value. Length counts header and attributes, in bytes.
type RADIUSHeader struct {
	Code          RADIUSCode
	ID            uint8
	Length        uint16
	Authenticator [16]byte
}

// Header gives the header as a value.
func (r RADIUS) Header() RADIUSHeader {
	return RADIUSHeader{r.Code(), r.ID(), uint16(r.Length()), r.Authenticator()}
}

// Append appends the wire form of h to b and returns the extended slice.
func (h *RADIUSHeader) Append(b []byte) []byte {
	b = append(b, byte(h.Code), h.ID)
	b = binary.BigEndian.AppendUint16(b, h.Length)
	return append(b, h.Authenticator[:]...)
}

// RADIUSCode is what a packet is for (IANA "RADIUS Packet Type Codes").
type RADIUSCode uint8

const (
	RADIUSAccessRequest      RADIUSCode = 1
	RADIUSAccessAccept       RADIUSCode = 2
	RADIUSAccessReject       RADIUSCode = 3
	RADIUSAccountingRequest  RADIUSCode = 4
	RADIUSAccountingResponse RADIUSCode = 5
	RADIUSAccessChallenge    RADIUSCode = 11
)

var radiusCodeNames = [...]string{
	1: "Access-Request", "Access-Accept", "Access-Reject", "Accounting-Request", "Accounting-Response",
	11: "Access-Challenge", "Status-Server", "Status-Client",
	40: "Disconnect-Request", "Disconnect-ACK", "Disconnect-NAK", "CoA-Request", "CoA-ACK", "CoA-NAK",
}

// Name is the code's name, or "".
func (c RADIUSCode) Name() string {
	if int(c) < len(radiusCodeNames) {
		return radiusCodeNames[c]
	}
	return ""
}

// String is the name, or the number.
func (c RADIUSCode) String() string { return nameOrNumber(c.Name(), uint64(c)) }

// radiusAttributeInfo is an attribute's name and the form of its value: a text, x bytes, l a number, i and 6 addresses.
// A and L are text and a number behind the tag of a tunnel (RFC 2868), X is a password behind one.
type radiusAttributeInfo struct {
	name       string
	form       byte
	field, tag *Field
}

var radiusAttributeTable = newRADIUSAttributeTable()

// newRADIUSAttributeTable gives each attribute of radiusAttributeRows its field. Wireshark names fields after the
// attributes, with _ for -, with exceptions.
func newRADIUSAttributeTable() (t [256]radiusAttributeInfo) {
	for _, r := range radiusAttributeRows {
		name := r.field
		if name == "" {
			b := []byte(r.name)
			for i, c := range b {
				if c == '-' {
					b[i] = '_'
				}
			}
			name = string(b)
		}
		f := &Field{Name: "radius." + name, Title: r.name}
		switch r.name {
		case "User-Name":
			f.Label, f.Rank = "user", 3
		case "Framed-IP-Address":
			f.Label, f.Rank = "ip", 3
		case "Acct-Status-Type":
			f.Label, f.Rank = "status", 3
		case "Reply-Message":
			f.Label, f.Rank = "message", 3
		}
		info := radiusAttributeInfo{name: r.name, form: r.form, field: f}
		if r.form >= 'A' && r.form <= 'Z' {
			info.tag = &Field{Name: f.Name + ".tag", Title: "Tag"}
			if r.form == 'X' {
				info.tag.Name = "radius.Tunnel_Password.tag"
			}
		}
		t[r.code] = info
	}
	return t
}

var radiusAttributeRows = []struct {
	code  uint8
	form  byte
	name  string
	field string // Wireshark's, where it is not the name with _ for -
}{
	{1, 'a', "User-Name", ""},
	{2, 'x', "User-Password", "User_Password_encrypted"},
	{3, 'x', "CHAP-Password", ""},
	{4, 'i', "NAS-IP-Address", ""},
	{5, 'l', "NAS-Port", ""},
	{6, 'l', "Service-Type", ""},
	{7, 'l', "Framed-Protocol", ""},
	{8, 'i', "Framed-IP-Address", "Framed-IP-Address"},
	{9, 'i', "Framed-IP-Netmask", ""},
	{10, 'l', "Framed-Routing", ""},
	{11, 'a', "Filter-Id", ""},
	{12, 'l', "Framed-MTU", ""},
	{13, 'l', "Framed-Compression", ""},
	{14, 'i', "Login-IP-Host", "Login-IP-Host"},
	{15, 'l', "Login-Service", ""},
	{16, 'l', "Login-TCP-Port", ""},
	{17, 'a', "Old-Password", ""},
	{18, 'a', "Reply-Message", ""},
	{19, 'a', "Callback-Number", ""},
	{20, 'a', "Callback-Id", ""},
	{21, 'x', "Unknown-Attribute", ""},
	{22, 'a', "Framed-Route", ""},
	{23, 0, "Framed-IPX-Network", ""},
	{24, 'x', "State", ""},
	{25, 'x', "Class", ""},
	{26, 0, "Vendor-Specific", ""},
	{27, 'l', "Session-Timeout", ""},
	{28, 'l', "Idle-Timeout", ""},
	{29, 'l', "Termination-Action", ""},
	{30, 'a', "Called-Station-Id", ""},
	{31, 'a', "Calling-Station-Id", ""},
	{32, 'a', "NAS-Identifier", ""},
	{33, 'x', "Proxy-State", ""},
	{34, 'a', "Login-LAT-Service", ""},
	{35, 'a', "Login-LAT-Node", ""},
	{36, 'x', "Login-LAT-Group", ""},
	{37, 'l', "Framed-AppleTalk-Link", ""},
	{38, 'l', "Framed-AppleTalk-Network", ""},
	{39, 'a', "Framed-AppleTalk-Zone", ""},
	{40, 'l', "Acct-Status-Type", ""},
	{41, 'l', "Acct-Delay-Time", ""},
	{42, 'l', "Acct-Input-Octets", ""},
	{43, 'l', "Acct-Output-Octets", ""},
	{44, 'a', "Acct-Session-Id", ""},
	{45, 'l', "Acct-Authentic", ""},
	{46, 'l', "Acct-Session-Time", ""},
	{47, 'l', "Acct-Input-Packets", ""},
	{48, 'l', "Acct-Output-Packets", ""},
	{49, 'l', "Acct-Terminate-Cause", ""},
	{50, 'a', "Acct-Multi-Session-Id", ""},
	{51, 'l', "Acct-Link-Count", ""},
	{52, 'l', "Acct-Input-Gigawords", ""},
	{53, 'l', "Acct-Output-Gigawords", ""},
	{54, 'x', "Unknown-Attribute", ""},
	{55, 0, "Event-Timestamp", ""},
	{56, 0, "Egress-VLANID", ""},
	{57, 'l', "Ingress-Filters", ""},
	{58, 0, "Egress-VLAN-Name", ""},
	{59, 'x', "User-Priority-Table", ""},
	{60, 'x', "CHAP-Challenge", ""},
	{61, 'l', "NAS-Port-Type", ""},
	{62, 'l', "Port-Limit", ""},
	{63, 'a', "Login-LAT-Port", ""},
	{64, 'L', "Tunnel-Type", ""},
	{65, 'L', "Tunnel-Medium-Type", ""},
	{66, 'A', "Tunnel-Client-Endpoint", ""},
	{67, 'A', "Tunnel-Server-Endpoint", ""},
	{68, 'a', "Acct-Tunnel-Connection", ""},
	{69, 'X', "Tunnel-Password", "Tunnel_Password_encrypted"},
	{70, 'x', "ARAP-Password", ""},
	{71, 'x', "ARAP-Features", ""},
	{72, 'l', "ARAP-Zone-Access", ""},
	{73, 'l', "ARAP-Security", ""},
	{74, 'a', "ARAP-Security-Data", ""},
	{75, 'l', "Password-Retry", ""},
	{76, 'l', "Prompt", ""},
	{77, 'a', "Connect-Info", ""},
	{78, 'a', "Configuration-Token", ""},
	{79, 'x', "EAP fragment", "eap_fragment"},
	{80, 'x', "Message-Authenticator", ""},
	{81, 'A', "Tunnel-Private-Group-Id", ""},
	{82, 'A', "Tunnel-Assignment-Id", ""},
	{83, 'L', "Tunnel-Preference", ""},
	{84, 'x', "ARAP-Challenge-Response", ""},
	{85, 'l', "Acct-Interim-Interval", ""},
	{86, 'l', "Acct-Tunnel-Packets-Lost", ""},
	{87, 'a', "NAS-Port-Id", ""},
	{88, 'a', "Framed-Pool", ""},
	{89, 'a', "Chargeable-User-Identity", ""},
	{90, 'A', "Tunnel-Client-Auth-Id", ""},
	{91, 'A', "Tunnel-Server-Auth-Id", ""},
	{92, 'a', "NAS-Filter-Rule", ""},
	{93, 'x', "Unknown-Attribute", ""},
	{94, 'a', "Originating-Line-Info", ""},
	{95, '6', "NAS-IPv6-Address", ""},
	{96, 'x', "Framed-Interface-Id", ""},
	{97, 'x', "Framed-IPv6-Prefix", ""},
	{98, '6', "Login-IPv6-Host", ""},
	{99, 'a', "Framed-IPv6-Route", ""},
	{100, 'a', "Framed-IPv6-Pool", ""},
	{101, 'l', "Error-Cause", ""},
	{102, 'a', "EAP-Key-Name", ""},
	{103, 'x', "Unknown-Attribute", ""},
	{104, 'x', "Unknown-Attribute", ""},
	{105, 'x', "Unknown-Attribute", ""},
	{106, 'x', "Unknown-Attribute", ""},
	{107, 'x', "Unknown-Attribute", ""},
	{108, 'x', "Unknown-Attribute", ""},
	{109, 'x', "Unknown-Attribute", ""},
	{110, 'x', "Unknown-Attribute", ""},
	{111, 'x', "Unknown-Attribute", ""},
	{112, 'x', "Unknown-Attribute", ""},
	{113, 'x', "Unknown-Attribute", ""},
	{114, 'x', "Unknown-Attribute", ""},
	{115, 'x', "Unknown-Attribute", ""},
	{116, 'x', "Unknown-Attribute", ""},
	{117, 'x', "Unknown-Attribute", ""},
	{118, 'x', "Unknown-Attribute", ""},
	{119, 'x', "Unknown-Attribute", ""},
	{120, 'x', "Unknown-Attribute", ""},
	{121, 'x', "Unknown-Attribute", ""},
	{122, 'x', "Unknown-Attribute", ""},
	{123, 'x', "Delegated-IPv6-Prefix", ""},
	{124, 'x', "MIP6-Feature-Vector", ""},
	{125, 'x', "MIP6-Home-Link-Prefix", ""},
	{126, 0, "Operator-Name", ""},
	{127, 'x', "Location-Information", ""},
	{128, 'x', "Location-Data", ""},
	{129, 'x', "Basic-Location-Policy-Rules", ""},
	{130, 'a', "Extended-Location-Policy-Rules", ""},
	{131, 'l', "Location-Capable", ""},
	{132, 'l', "Requested-Location-Info", ""},
	{133, 'l', "Framed-Management", ""},
	{134, 'l', "Management-Transport-Protection", ""},
	{135, 'a', "Management-Policy-Id", ""},
	{136, 'l', "Management-Privilege-Level", ""},
	{137, 'x', "PKM-SS-Cert", ""},
	{138, 'x', "PKM-CA-Cert", ""},
	{139, 'x', "PKM-Config-Settings", ""},
	{140, 'x', "PKM-Cryptosuite-List", ""},
	{141, 'l', "PKM-SAID", ""},
	{142, 'x', "PKM-SA-Descriptor", ""},
	{143, 'x', "PKM-Auth-Key", ""},
	{144, 'a', "DS-Lite-Tunnel-Name", ""},
	{145, 'x', "Mobile-Node-Identifier", ""},
	{146, 'a', "Service-Selection", ""},
	{149, 'i', "PMIP6-Home-LMA-IPv4-Address", ""},
	{150, 'i', "PMIP6-Visited-LMA-IPv4-Address", ""},
	{151, 'x', "PMIP6-Home-HN-Prefix", ""},
	{152, 'x', "PMIP6-Visited-HN-Prefix", ""},
	{153, 'x', "PMIP6-Home-Interface-ID", ""},
	{154, 'x', "PMIP6-Visited-Interface-ID", ""},
	{155, 'x', "PMIP6-Home-IPv4-HoA", ""},
	{156, 'x', "PMIP6-Visited-IPv4-HoA", ""},
	{157, 'i', "PMIP6-Home-DHCP4-Server-Address", ""},
	{158, 'i', "PMIP6-Visited-DHCP4-Server-Address", ""},
	{161, 'i', "PMIP6-Home-IPv4-Gateway", ""},
	{162, 'i', "PMIP6-Visited-IPv4-Gateway", ""},
	{163, 'l', "EAP-Lower-Layer", ""},
	{164, 'a', "GSS-Acceptor-Service-Name", ""},
	{165, 'a', "GSS-Acceptor-Host-Name", ""},
	{166, 'a', "GSS-Acceptor-Service-Specifics", ""},
	{167, 'a', "GSS-Acceptor-Realm-Name", ""},
	{170, 'x', "Route-IPv6-Information", ""},
	{171, 'a', "Delegated-IPv6-Prefix-Pool", ""},
	{172, 'a', "Stateful-IPv6-Address-Pool", ""},
}
