package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in an OSPF header, the lengths of the headers of both versions and of an LSA's, in bytes.
const (
	ospfVersion  = 0
	ospfType     = 1
	ospfLength   = 2
	ospfRouter   = 4
	ospfArea     = 8
	ospfChecksum = 12
	ospfAuthType = 14 // version 2
	ospfInstance = 14 // version 3
	ospfAuth     = 16 // version 2

	OSPFv2HeaderLen  = 24
	OSPFv3HeaderLen  = 16
	OSPFLSAHeaderLen = 20
)

// Types of OSPF messages, in both versions.
const (
	OSPFHello    = 1
	OSPFDatabase = 2 // Database Description
	OSPFRequest  = 3 // Link State Request
	OSPFUpdate   = 4 // Link State Update
	OSPFAck      = 5 // Link State Acknowledgment
)

// Ways in which a message of version 2 is authenticated (RFC 2328 appendix D).
const (
	OSPFAuthNone   = 0
	OSPFAuthSimple = 1
	OSPFAuthCrypto = 2
)

// Types of link state advertisements of version 2.
const (
	OSPFRouterLSA       = 1
	OSPFNetworkLSA      = 2
	OSPFSummaryLSA      = 3
	OSPFASBRLSA         = 4
	OSPFExternalLSA     = 5
	OSPFGroupLSA        = 6 // RFC 1584
	OSPFNSSALSA         = 7 // RFC 3101
	OSPFOpaqueLinkLSA   = 9 // RFC 5250
	OSPFOpaqueAreaLSA   = 10
	OSPFOpaqueDomainLSA = 11
)

// Types of opaque LSAs: the first byte of the ID.
const (
	OSPFOpaqueTE          = 1 // RFC 3630
	OSPFOpaqueGrace       = 3 // RFC 3623
	OSPFOpaqueInformation = 4 // RFC 7770
)

// Types of link state advertisements of version 3, with the scope in which they are flooded (RFC 5340 section A.4.2.1).
const (
	OSPFv3RouterLSA      = 0x2001
	OSPFv3NetworkLSA     = 0x2002
	OSPFv3InterPrefixLSA = 0x2003
	OSPFv3InterRouterLSA = 0x2004
	OSPFv3ExternalLSA    = 0x4005
	OSPFv3NSSALSA        = 0x2007
	OSPFv3LinkLSA        = 0x0008
	OSPFv3IntraPrefixLSA = 0x2009
	OSPFv3TrafficLSA     = 0x000a // RFC 5329
	OSPFv3GraceLSA       = 0x000b // RFC 5187
)

// OSPF is a view of an OSPF message: of version 2 (RFC 2328 section A.3.1) or 3 (RFC 5340 section A.3.1).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|    Version     |      Type      |        Packet Length         |
//	+----------------+----------------+------------------------------+
//	|                           Router ID                            |
//	+----------------------------------------------------------------+
//	|                            Area ID                             |
//	+---------------------------------+------------------------------+
//	|            Checksum             |            AuType            |
//	+---------------------------------+------------------------------+
//	|     Authentication (8 octets); version 3 has nothing here,     |
//	|     and Instance ID and a zero in the place of AuType          |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type OSPF []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of another
// version, ErrMalformed if Packet Length is smaller than the header itself.
func (m OSPF) Check() error {
	if len(m) < OSPFv3HeaderLen {
		return ErrTruncated
	}
	v := m.Version()
	switch {
	case v != 2 && v != 3:
		return ErrUnsupported
	case len(m) < m.HeaderLen():
		return ErrTruncated
	case m.Length() < m.HeaderLen():
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for a router that received the message: every byte that Packet Length promises must be there.
func (m OSPF) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if len(m) < m.Length() {
		return ErrTruncated
	}
	return nil
}

func (m OSPF) Version() uint8     { return m[ospfVersion] }
func (m OSPF) Type() OSPFType     { return OSPFType(m[ospfType]) }
func (m OSPF) Router() netip.Addr { return addr4(m, ospfRouter) }
func (m OSPF) Area() netip.Addr   { return addr4(m, ospfArea) }
func (m OSPF) Checksum() uint16   { return binary.BigEndian.Uint16(m[ospfChecksum:]) }

// Length is the length of the message in bytes, header included; a digest and link-local signaling follow it.
func (m OSPF) Length() int { return int(binary.BigEndian.Uint16(m[ospfLength:])) }

// HeaderLen is the length of the header of the message's version, in bytes.
func (m OSPF) HeaderLen() int {
	if m.Version() == 2 {
		return OSPFv2HeaderLen
	}
	return OSPFv3HeaderLen
}

// AuthType is how a message of version 2 is authenticated.
func (m OSPF) AuthType() uint16 { return binary.BigEndian.Uint16(m[ospfAuthType:]) }

// end is where the message ends in the slice.
func (m OSPF) end() int { return min(m.Length(), len(m)) }

// OSPFType says what a message is.
type OSPFType uint8

var ospfTypeNames = [...]string{
	OSPFHello: "hello", OSPFDatabase: "database description", OSPFRequest: "request", OSPFUpdate: "update", OSPFAck: "ack",
}

// Name is the type's name, or "".
func (t OSPFType) Name() string {
	if int(t) < len(ospfTypeNames) {
		return ospfTypeNames[t]
	}
	return ""
}

// String is the name, or the number.
func (t OSPFType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

func ospfLSAName(t uint64) string {
	switch t {
	case OSPFRouterLSA:
		return "router"
	case OSPFNetworkLSA:
		return "network"
	case OSPFSummaryLSA:
		return "summary"
	case OSPFASBRLSA:
		return "ASBR summary"
	case OSPFExternalLSA:
		return "external"
	case OSPFGroupLSA:
		return "group membership"
	case OSPFNSSALSA:
		return "NSSA"
	case OSPFOpaqueLinkLSA, OSPFOpaqueAreaLSA, OSPFOpaqueDomainLSA:
		return "opaque"
	}
	return ""
}

func ospf3LSAName(t uint64) string {
	switch t {
	case OSPFv3RouterLSA:
		return "router"
	case OSPFv3NetworkLSA:
		return "network"
	case OSPFv3InterPrefixLSA:
		return "inter-area prefix"
	case OSPFv3InterRouterLSA:
		return "inter-area router"
	case OSPFv3ExternalLSA:
		return "external"
	case OSPFv3NSSALSA:
		return "NSSA"
	case OSPFv3LinkLSA:
		return "link"
	case OSPFv3IntraPrefixLSA:
		return "intra-area prefix"
	case OSPFv3GraceLSA:
		return "grace"
	}
	return ""
}

func decodeOSPF(p *Packet, l *Layer, b []byte) LayerType {
	if err := OSPF(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func ospfFields(p *Packet, l *Layer, s Sink) {
	m := OSPF(p.Bytes(l))
	m.Fields(s, p.ospfVerdict(l, m))
}

// ospfVerdict judges the checksum of m. That of version 2 leaves the authentication out; with a digest there is none.
func (p *Packet) ospfVerdict(l *Layer, m OSPF) ChecksumResult {
	switch {
	case m.Length() > len(m) || l.Flags&Fragmented != 0:
		return ChecksumResult{}
	case m.Version() == 3:
		pseudo, ok := p.pseudoHeader(l, ProtoOSPF, m.Length())
		if !ok {
			return ChecksumResult{}
		}
		return verify(pseudo.Add(m[:m.end()]), pseudo, m.Checksum())
	case m.AuthType() == OSPFAuthCrypto:
		return ChecksumResult{State: ChecksumAbsent}
	}
	sum := Sum(0).Add(m[:ospfAuth]).Add(m[OSPFv2HeaderLen:m.end()])
	if sum.Fold() == 0xffff {
		return ChecksumResult{ChecksumGood, m.Checksum()}
	}
	return ChecksumResult{ChecksumBad, sum.AddUint16(^m.Checksum()).Checksum()}
}
