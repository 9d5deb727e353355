package dissect

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// Offsets in the extension structure of an ICMP message and in its objects, and lengths, in bytes.
const (
	icmpExtVersion  = 0
	icmpExtChecksum = 2

	icmpObjLength = 0
	icmpObjClass  = 2
	icmpObjType   = 3

	ICMPExtensionsHeaderLen = 4
	ICMPObjectHeaderLen     = 4
)

// ICMPExtensions is a view of the extension structure (RFC 4884 section 7) behind the quote of an error, or in an
// extended echo request (RFC 8335). ICMPv4 and ICMPv6 share it.
//
//	 0      3 4                     15 16                           31
//	+--------+------------------------+------------------------------+
//	|Version |        Reserved        |           Checksum           |
//	+--------+------------------------+------------------------------+
//	|            Objects, each a length and a class first            |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type ICMPExtensions []byte

// Check reports whether the structure can be read: ErrTruncated if bytes of its header are missing,
// ErrUnsupported if the version is not 2. The objects are not looked at; see NextICMPObject.
func (e ICMPExtensions) Check() error {
	if len(e) < ICMPExtensionsHeaderLen {
		return ErrTruncated
	}
	if e.Version() != 2 {
		return ErrUnsupported
	}
	return nil
}

func (e ICMPExtensions) Version() uint8   { return e[icmpExtVersion] >> 4 }
func (e ICMPExtensions) Checksum() uint16 { return binary.BigEndian.Uint16(e[icmpExtChecksum:]) }

// ChecksumOK reports whether the sender computed a checksum and it is right. e must be the whole structure.
func (e ICMPExtensions) ChecksumOK() bool {
	return e.Checksum() != 0 && Sum(0).Add(e).Fold() == 0xffff
}

// Objects is what follows the header; walk it with NextICMPObject.
func (e ICMPExtensions) Objects() []byte { return e[ICMPExtensionsHeaderLen:] }

func (e ICMPExtensions) verdict() ChecksumResult {
	if e.Checksum() == 0 {
		return ChecksumResult{State: ChecksumAbsent}
	}
	sum := Sum(0).Add(e)
	if sum.Fold() == 0xffff {
		return ChecksumResult{ChecksumGood, e.Checksum()}
	}
	return ChecksumResult{ChecksumBad, sum.AddUint16(^e.Checksum()).Checksum()}
}

// ICMPObject is one object: its bytes with its header of four.
type ICMPObject []byte

func (o ICMPObject) Class() ICMPObjectClass { return ICMPObjectClass(o[icmpObjClass]) }

// Type tells objects of a class apart, or says what is in them.
func (o ICMPObject) Type() uint8 { return o[icmpObjType] }

// Data is what follows the header.
func (o ICMPObject) Data() []byte { return o[ICMPObjectHeaderLen:] }

// NextICMPObject splits the first object off b. ErrTruncated means that it promises more than b holds,
// ErrMalformed that its length does not count its own header.
func NextICMPObject(b []byte) (o ICMPObject, rest []byte, err error) {
	if len(b) < ICMPObjectHeaderLen {
		return nil, nil, ErrTruncated
	}
	switch n := int(binary.BigEndian.Uint16(b[icmpObjLength:])); {
	case n < ICMPObjectHeaderLen:
		return nil, nil, ErrMalformed
	case n > len(b):
		return nil, nil, ErrTruncated
	default:
		return ICMPObject(b[:n]), b[n:], nil
	}
}

// ICMPObjectClass says what an object is about (IANA "ICMP Extension Object Classes").
type ICMPObjectClass uint8

const (
	ICMPObjectMPLS          ICMPObjectClass = 1 // RFC 4950: the label stack of the packet quoted
	ICMPObjectInterface     ICMPObjectClass = 2 // RFC 5837: where it arrived or would have left
	ICMPObjectInterfaceName ICMPObjectClass = 3 // RFC 8335: the interface asked about
)

// Name is the class's name, or "".
func (c ICMPObjectClass) Name() string {
	switch c {
	case ICMPObjectMPLS:
		return "MPLS label stack"
	case ICMPObjectInterface:
		return "interface information"
	case ICMPObjectInterfaceName:
		return "interface identification"
	}
	return ""
}

// String is the name, or the number.
func (c ICMPObjectClass) String() string { return nameOrNumber(c.Name(), uint64(c)) }

var (
	icmpExtField         = Field{Name: "icmp.ext", Label: "ext", Title: "ICMP Extensions"}
	icmpExtVersionField  = Field{Name: "icmp.ext.version", Label: "version", Title: "Version", Mask: 0xf000}
	icmpExtResField      = Field{Name: "icmp.ext.res", Label: "reserved", Title: "Reserved", Mask: 0x0fff, Base: Hex}
	icmpExtChecksumField = Field{Name: "icmp.ext.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	icmpObjField         = Field{Label: "object", Title: "Object"}
	icmpObjLenField      = Field{Name: "icmp.ext.length", Label: "len", Title: "Length"}
	icmpObjClassField    = Field{Name: "icmp.ext.class", Label: "class", Title: "Class"}
	icmpObjTypeField     = Field{Name: "icmp.ext.ctype", Label: "type", Title: "C-Type"}
	icmpObjDataField     = Field{Name: "icmp.ext.data", Label: "data", Title: "Data"}
	icmpObjRestField     = Field{Label: "rest", Title: "Rest of the object"}
	icmpExtBadField      = Field{Label: "malformed", Title: "Malformed extensions", Rank: 9}

	icmpMPLSLabelField  = Field{Name: "icmp.mpls.label", Label: "mpls", Title: "Label", Mask: 0xfffff000, Rank: 8}
	icmpMPLSExpField    = Field{Name: "icmp.mpls.exp", Label: "exp", Title: "Experimental", Mask: 0x00000e00}
	icmpMPLSBottomField = Field{Name: "icmp.mpls.s", Label: "bottom", Title: "Stack bit", Mask: 0x00000100}
	icmpMPLSTTLField    = Field{Name: "icmp.mpls.ttl", Label: "ttl", Title: "Time to live", Mask: 0x000000ff}

	icmpIfRoleField    = Field{Name: "icmp.int_info.role", Label: "role", Title: "Interface Role", Mask: 0xc0}
	icmpIfResField     = Field{Name: "icmp.int_info.reserved", Label: "reserved", Title: "Reserved", Mask: 0x30}
	icmpIfHasIdxField  = Field{Name: "icmp.int_info.ifindex", Label: "has-index", Title: "ifIndex", Mask: 0x08}
	icmpIfHasAddrField = Field{Name: "icmp.int_info.ipaddr", Label: "has-addr", Title: "IP Address", Mask: 0x04}
	icmpIfHasNameField = Field{Name: "icmp.int_info.name_present", Label: "has-name", Title: "Interface Name", Mask: 0x02}
	icmpIfHasMTUField  = Field{Name: "icmp.int_info.mtu_present", Label: "has-mtu", Title: "MTU", Mask: 0x01}
	icmpIfIndexField   = Field{Name: "icmp.int_info.index", Label: "ifindex", Title: "Interface Index", Rank: 8}
	icmpIfAddrResField = Field{Name: "icmp.reserved", Label: "reserved", Title: "Reserved"}
	icmpIfAFIField     = Field{Name: "icmp.int_info.afi", Label: "afi", Title: "Address Family Identifier"}
	icmpIfIPv4Field    = Field{Name: "icmp.int_info.ipv4", Label: "ifaddr", Title: "Interface's address", Rank: 8}
	icmpIfIPv6Field    = Field{Name: "icmp.int_info.ipv6", Label: "ifaddr", Title: "Interface's address", Rank: 8}
	icmpIfNameLenField = Field{Name: "icmp.int_info.name_length", Label: "len", Title: "Name Length"}
	icmpIfNameField    = Field{Name: "icmp.int_info.name", Label: "ifname", Title: "Name", Rank: 8}
	icmpIfMTUField     = Field{Name: "icmp.int_info.mtu", Label: "ifmtu", Title: "Maximum Transmission Unit", Rank: 8}

	icmpIdentNameField  = Field{Name: "icmp.int_ident.name", Label: "ifname", Title: "Name", Rank: 8}
	icmpIdentIndexField = Field{Name: "icmp.int_ident.index", Label: "ifindex", Title: "Interface Index", Rank: 8}
	icmpIdentAFIField   = Field{Name: "icmp.int_ident.afi", Label: "afi", Title: "Address Family Identifier"}
	icmpIdentLenField   = Field{Name: "icmp.int_ident.addr_length", Label: "len", Title: "Address Length"}
	icmpIdentResField   = Field{Name: "icmp.int_ident.reserved", Label: "reserved", Title: "Reserved"}
	icmpIdentIPv4Field  = Field{Name: "icmp.int_ident.ipv4", Label: "ifaddr", Title: "Address", Rank: 8}
	icmpIdentIPv6Field  = Field{Name: "icmp.int_ident.ipv6", Label: "ifaddr", Title: "Address", Rank: 8}
	icmpIdentAddrField  = Field{Name: "icmp.int_ident.address", Label: "ifaddr", Title: "Address", Rank: 8}
)

// fields describes the structure, which starts at off of its message; there may be none. whole says that no
// byte of the message is missing. What cannot be read is shown as bytes.
func (e ICMPExtensions) fields(s Sink, off int, whole bool) {
	if len(e) == 0 {
		return
	}
	if e.Check() != nil {
		s.Bytes(&icmpExtBadField, off, len(e), e)
		return
	}
	var sum ChecksumResult
	if whole {
		sum = e.verdict()
	}
	s.Begin(&icmpExtField, off, len(e))
	s.Uint(&icmpExtVersionField, off, 2, uint64(e.Version()))
	s.Uint(&icmpExtResField, off, 2, uint64(binary.BigEndian.Uint16(e)&0xfff))
	s.Checksum(&icmpExtChecksumField, off+icmpExtChecksum, 2, e.Checksum(), sum)
	off += ICMPExtensionsHeaderLen
	for b := e.Objects(); len(b) > 0; {
		o, rest, err := NextICMPObject(b)
		if err != nil {
			s.Bytes(&icmpExtBadField, off, len(b), b)
			break
		}
		s.Begin(&icmpObjField, off, len(o))
		o.fields(s, off)
		s.End()
		off += len(o)
		b = rest
	}
	s.End()
}

// fields describes an object that starts at off.
func (o ICMPObject) fields(s Sink, off int) {
	s.Uint(&icmpObjLenField, off+icmpObjLength, 2, uint64(len(o)))
	s.Enum(&icmpObjClassField, off+icmpObjClass, 1, uint64(o.Class()), o.Class().Name())
	s.Uint(&icmpObjTypeField, off+icmpObjType, 1, uint64(o.Type()))
	d, at := o.Data(), off+ICMPObjectHeaderLen
	rest := &icmpObjDataField
	switch o.Class() {
	case ICMPObjectMPLS:
		d, rest = mplsFields(s, at, d), &icmpObjRestField
	case ICMPObjectInterface:
		d, rest = o.interfaceFields(s, off), &icmpObjRestField
	case ICMPObjectInterfaceName:
		d, rest = o.identificationFields(s, at), &icmpObjRestField
	}
	if len(d) > 0 {
		s.Bytes(rest, off+len(o)-len(d), len(d), d)
	}
}

// Each of the three functions below describes what it can read of an object's data and returns the rest.

func mplsFields(s Sink, off int, d []byte) (rest []byte) {
	for ; len(d) >= 4; off, d = off+4, d[4:] {
		v := uint64(binary.BigEndian.Uint32(d))
		s.Uint(&icmpMPLSLabelField, off, 4, v>>12)
		s.Uint(&icmpMPLSExpField, off, 4, v>>9&7)
		s.Bool(&icmpMPLSBottomField, off, 4, v>>8&1 != 0)
		s.Uint(&icmpMPLSTTLField, off, 4, v&0xff)
	}
	return d
}

// interfaceFields reads the parts of interface information, which the bits of the type announce in this order.
func (o ICMPObject) interfaceFields(s Sink, off int) (rest []byte) {
	t, at := o.Type(), off+icmpObjType
	s.Begin(&icmpObjTypeField, at, 1)
	s.Enum(&icmpIfRoleField, at, 1, uint64(t>>6), icmpIfRoles[t>>6])
	s.Uint(&icmpIfResField, at, 1, uint64(t>>4&3))
	s.Bool(&icmpIfHasIdxField, at, 1, t&8 != 0)
	s.Bool(&icmpIfHasAddrField, at, 1, t&4 != 0)
	s.Bool(&icmpIfHasNameField, at, 1, t&2 != 0)
	s.Bool(&icmpIfHasMTUField, at, 1, t&1 != 0)
	s.End()

	d := o.Data()
	at = off + ICMPObjectHeaderLen
	if t&8 != 0 {
		if len(d) < 4 {
			return d
		}
		s.Uint(&icmpIfIndexField, at, 4, uint64(binary.BigEndian.Uint32(d)))
		at, d = at+4, d[4:]
	}
	if t&4 != 0 {
		n := 0
		if len(d) >= 4 {
			n = afiLen(binary.BigEndian.Uint16(d))
		}
		if n == 0 || len(d) < 4+n {
			return d
		}
		s.Uint(&icmpIfAFIField, at, 2, uint64(binary.BigEndian.Uint16(d)))
		s.Bytes(&icmpIfAddrResField, at+2, 2, d[2:4])
		addrField(s, &icmpIfIPv4Field, &icmpIfIPv6Field, at+4, d[4:4+n])
		at, d = at+4+n, d[4+n:]
	}
	if t&2 != 0 {
		if len(d) < 1 || d[0] < 1 || int(d[0]) > len(d) {
			return d
		}
		n := int(d[0]) // its own byte counted
		s.Uint(&icmpIfNameLenField, at, 1, uint64(n))
		if n > 1 {
			s.Text(&icmpIfNameField, at+1, n-1, bytes.TrimRight(d[1:n], "\x00"))
		}
		at, d = at+n, d[n:]
	}
	if t&1 != 0 {
		if len(d) < 4 {
			return d
		}
		s.Uint(&icmpIfMTUField, at, 4, uint64(binary.BigEndian.Uint32(d)))
		d = d[4:]
	}
	return d
}

var icmpIfRoles = [4]string{"incoming interface", "sub-IP component of it", "outgoing interface", "next hop"}

// identificationFields reads one of the three ways to name an interface.
func (o ICMPObject) identificationFields(s Sink, at int) (rest []byte) {
	const byName, byIndex, byAddress = 1, 2, 3
	d := o.Data()
	switch t := o.Type(); {
	case t == byName && len(d) > 0:
		s.Text(&icmpIdentNameField, at, len(d), bytes.TrimRight(d, "\x00"))
		return nil
	case t == byIndex && len(d) >= 4:
		s.Uint(&icmpIdentIndexField, at, 4, uint64(binary.BigEndian.Uint32(d)))
		return d[4:]
	case t == byAddress && len(d) >= 4:
		afi, n := binary.BigEndian.Uint16(d), int(d[2])
		if n > len(d)-4 {
			return d
		}
		s.Uint(&icmpIdentAFIField, at, 2, uint64(afi))
		s.Uint(&icmpIdentLenField, at+2, 1, uint64(n))
		s.Bytes(&icmpIdentResField, at+3, 1, d[3:4])
		if n == afiLen(afi) && n > 0 {
			addrField(s, &icmpIdentIPv4Field, &icmpIdentIPv6Field, at+4, d[4:4+n])
		} else if n > 0 {
			s.Bytes(&icmpIdentAddrField, at+4, n, d[4:4+n])
		}
		return d[4+n:]
	}
	return d
}

// afiLen is the length of an address of a family (IANA "Address Family Numbers"), in bytes; zero for those not of IP.
func afiLen(afi uint16) int {
	switch afi {
	case 1:
		return 4
	case 2:
		return 16
	}
	return 0
}

// addrField describes the address b of 4 or 16 bytes by one of two fields.
func addrField(s Sink, ipv4, ipv6 *Field, off int, b []byte) {
	if len(b) == 4 {
		s.Addr(ipv4, off, 4, netip.AddrFrom4([4]byte(b)))
	} else {
		s.Addr(ipv6, off, 16, netip.AddrFrom16([16]byte(b)))
	}
}

// extEchoFields are the fields of an extended echo message (RFC 8335), which ICMPv4 and ICMPv6 name differently.
//
//	 0              7 8             15 16           23 24           31
//	+----------------+----------------+---------------+--------------+
//	|      Type      |      Code      |           Checksum           |
//	+----------------+----------------+---------------+--------------+
//	|           Identifier            |Sequence Number|     Bits     |
//	+---------------------------------+---------------+--------------+
type extEchoFields struct {
	id, seq, reqReserved, local                  *Field
	state, rspReserved, active, hasIPv4, hasIPv6 *Field
}

// push describes what follows the checksum of the message m.
func (f *extEchoFields) push(s Sink, m []byte, reply bool) {
	const seq, bits = 6, 7
	s.Uint(f.id, icmpID, 2, uint64(binary.BigEndian.Uint16(m[icmpID:])))
	s.Uint(f.seq, seq, 1, uint64(m[seq]))
	v := m[bits]
	if !reply {
		s.Uint(f.reqReserved, bits, 1, uint64(v>>1))
		s.Bool(f.local, bits, 1, v&1 != 0)
		return
	}
	s.Enum(f.state, bits, 1, uint64(v>>5), extEchoStates[v>>5])
	s.Uint(f.rspReserved, bits, 1, uint64(v>>3&3))
	s.Bool(f.active, bits, 1, v&4 != 0)
	s.Bool(f.hasIPv4, bits, 1, v&2 != 0)
	s.Bool(f.hasIPv6, bits, 1, v&1 != 0)
}

// extEchoStates are the states of the neighbor asked about (RFC 8335 section 3).
var extEchoStates = [8]string{1: "incomplete", 2: "reachable", 3: "stale", 4: "delay", 5: "probe", 6: "failed"}
