package dissect

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// Offsets in the messages of neighbor discovery, and the lengths of their fixed parts, in bytes.
const (
	ndpReserved = 4
	ndpTarget   = 8
	ndpRedirDst = 24
	naFlags     = 4
	raHopLimit  = 4
	raFlags     = 5
	raLifetime  = 6
	raReachable = 8
	raRetrans   = 12

	RouterSolicitationLen    = 8
	RouterAdvertisementLen   = 16
	NeighborSolicitationLen  = 24
	NeighborAdvertisementLen = 24
	NDPRedirectLen           = 40
)

// checkNDP is CheckWhole of a message with fixed bytes before its options: all of those must be there, and the
// options must fill the rest. One of length zero makes the message malformed (RFC 4861 section 4.6).
func checkNDP(m []byte, fixed int) error {
	if len(m) < fixed {
		return ErrTruncated
	}
	for b := m[fixed:]; len(b) > 0; {
		_, rest, err := NextNDPOption(b)
		if err != nil {
			return ErrMalformed
		}
		b = rest
	}
	return nil
}

// truncatedBelow is Check of a message with n fixed bytes.
func truncatedBelow(m []byte, n int) error {
	if len(m) < n {
		return ErrTruncated
	}
	return nil
}

// RouterSolicitation is a view of a Router Solicitation message (RFC 4861 section 4.1), from the ICMPv6 header on.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|   Type = 133   |      Code      |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|                            Reserved                            |
//	+----------------------------------------------------------------+
//	|                            Options                             |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type RouterSolicitation []byte

// Check reports whether the fixed part can be read: ErrTruncated if bytes of it are missing.
func (m RouterSolicitation) Check() error { return truncatedBelow(m, RouterSolicitationLen) }

// CheckWhole is Check, and ErrMalformed for options that do not add up.
func (m RouterSolicitation) CheckWhole() error { return checkNDP(m, RouterSolicitationLen) }

// Options is what follows the fixed part; walk it with NextNDPOption.
func (m RouterSolicitation) Options() []byte { return m[RouterSolicitationLen:] }

func (m RouterSolicitation) bodyFields(s Sink) {
	s.Bytes(&icmp6ReservedField, ndpReserved, 4, m[ndpReserved:RouterSolicitationLen])
	ndpOptionFields(s, m, RouterSolicitationLen)
}

// RouterSolicitationHeader is a Router Solicitation message as a value.
type RouterSolicitationHeader struct{ Options NDPOptions }

// Header gives the message as a value.
func (m RouterSolicitation) Header() RouterSolicitationHeader {
	return RouterSolicitationHeader{MakeNDPOptions(m.Options())}
}

// Append appends the wire form of h to b and returns the extended slice. The checksum is zero: compute it with
// ICMPv6.FillChecksum.
func (h *RouterSolicitationHeader) Append(b []byte) []byte {
	b = append(b, uint8(ICMPv6RouterSolicitation), 0, 0, 0, 0, 0, 0, 0)
	return append(b, h.Options.Bytes()...)
}

// RouterAdvertisement is a view of a Router Advertisement message (RFC 4861 section 4.2), from the ICMPv6
// header on.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|   Type = 134   |      Code      |           Checksum           |
//	+----------------+----------------+------------------------------+
//	| Cur Hop Limit  |M O H Prf P   0 |       Router Lifetime        |
//	+----------------+----------------+------------------------------+
//	|                         Reachable Time                         |
//	+----------------------------------------------------------------+
//	|                         Retrans Timer                          |
//	+----------------------------------------------------------------+
//	|                            Options                             |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type RouterAdvertisement []byte

// Check reports whether the fixed part can be read: ErrTruncated if bytes of it are missing.
func (m RouterAdvertisement) Check() error { return truncatedBelow(m, RouterAdvertisementLen) }

// CheckWhole is Check, and ErrMalformed for options that do not add up.
func (m RouterAdvertisement) CheckWhole() error { return checkNDP(m, RouterAdvertisementLen) }

// HopLimit is what hosts are to send with; zero says nothing.
func (m RouterAdvertisement) HopLimit() uint8 { return m[raHopLimit] }

// Managed and Other say that addresses, or other configuration, are to be had by DHCPv6.
func (m RouterAdvertisement) Managed() bool { return m[raFlags]&0x80 != 0 }
func (m RouterAdvertisement) Other() bool   { return m[raFlags]&0x40 != 0 }

// HomeAgent is set by a home agent of Mobile IPv6 (RFC 6275), Proxy by a proxy (RFC 4389).
func (m RouterAdvertisement) HomeAgent() bool { return m[raFlags]&0x20 != 0 }
func (m RouterAdvertisement) Proxy() bool     { return m[raFlags]&0x04 != 0 }

// Preference ranks this default router among others (RFC 4191).
func (m RouterAdvertisement) Preference() RouterPreference {
	return RouterPreference(m[raFlags] >> 3 & 3)
}

// Lifetime is how long the router may be used as a default router, in seconds; zero if it is none.
func (m RouterAdvertisement) Lifetime() uint16 { return binary.BigEndian.Uint16(m[raLifetime:]) }

// ReachableTime and RetransTimer are for hosts to use, in milliseconds; zero says nothing.
func (m RouterAdvertisement) ReachableTime() uint32 { return binary.BigEndian.Uint32(m[raReachable:]) }
func (m RouterAdvertisement) RetransTimer() uint32  { return binary.BigEndian.Uint32(m[raRetrans:]) }

// Options is what follows the fixed part; walk it with NextNDPOption.
func (m RouterAdvertisement) Options() []byte { return m[RouterAdvertisementLen:] }

var (
	raHopField       = Field{Name: "icmpv6.nd.ra.cur_hop_limit", Label: "hop", Title: "Cur hop limit", Rank: 3}
	raFlagsField     = Field{Name: "icmpv6.nd.ra.flag", Label: "flags", Title: "Flags", Base: Hex}
	raManagedField   = Field{Name: "icmpv6.nd.ra.flag.m", Label: "managed", Title: "Managed address configuration", Mask: 0x80, Rank: 4, Form: FormFlag}
	raOtherField     = Field{Name: "icmpv6.nd.ra.flag.o", Label: "other", Title: "Other configuration", Mask: 0x40, Rank: 4, Form: FormFlag}
	raHomeField      = Field{Name: "icmpv6.nd.ra.flag.h", Label: "homeagent", Title: "Home Agent", Mask: 0x20, Rank: 4, Form: FormFlag}
	raPrefField      = Field{Name: "icmpv6.nd.ra.flag.prf", Label: "pref", Title: "Prf (Default Router Preference)", Mask: 0x18, Rank: 5, Form: FormNonzero}
	raProxyField     = Field{Name: "icmpv6.nd.ra.flag.p", Label: "proxy", Title: "Proxy", Mask: 0x04, Rank: 4, Form: FormFlag}
	raFlagResField   = Field{Name: "icmpv6.nd.ra.flag.rsv", Label: "reserved", Title: "Reserved", Mask: 0x03}
	raLifetimeField  = Field{Name: "icmpv6.nd.ra.router_lifetime", Label: "lifetime", Title: "Router lifetime (s)", Rank: 6}
	raReachableField = Field{Name: "icmpv6.nd.ra.reachable_time", Label: "reachable", Title: "Reachable time (ms)", Rank: 7, Form: FormNonzero}
	raRetransField   = Field{Name: "icmpv6.nd.ra.retrans_timer", Label: "retrans", Title: "Retrans timer (ms)", Rank: 7, Form: FormNonzero}
)

func (m RouterAdvertisement) bodyFields(s Sink) {
	s.Uint(&raHopField, raHopLimit, 1, uint64(m.HopLimit()))
	s.Uint(&raFlagsField, raFlags, 1, uint64(m[raFlags]))
	s.Begin(&raFlagsField, raFlags, 1)
	s.Bool(&raManagedField, raFlags, 1, m.Managed())
	s.Bool(&raOtherField, raFlags, 1, m.Other())
	s.Bool(&raHomeField, raFlags, 1, m.HomeAgent())
	s.Enum(&raPrefField, raFlags, 1, uint64(m.Preference()), m.Preference().String())
	s.Bool(&raProxyField, raFlags, 1, m.Proxy())
	s.Uint(&raFlagResField, raFlags, 1, uint64(m[raFlags]&3))
	s.End()
	s.Uint(&raLifetimeField, raLifetime, 2, uint64(m.Lifetime()))
	s.Uint(&raReachableField, raReachable, 4, uint64(m.ReachableTime()))
	s.Uint(&raRetransField, raRetrans, 4, uint64(m.RetransTimer()))
	ndpOptionFields(s, m, RouterAdvertisementLen)
}

// RouterAdvertisementHeader is a Router Advertisement message as a value.
type RouterAdvertisementHeader struct {
	HopLimit                         uint8
	Managed, Other, HomeAgent, Proxy bool
	Preference                       RouterPreference
	Lifetime                         uint16 // seconds
	ReachableTime                    uint32 // milliseconds
	RetransTimer                     uint32 // milliseconds
	Options                          NDPOptions
}

// Header gives the message as a value.
func (m RouterAdvertisement) Header() RouterAdvertisementHeader {
	return RouterAdvertisementHeader{
		HopLimit: m.HopLimit(), Managed: m.Managed(), Other: m.Other(), HomeAgent: m.HomeAgent(), Proxy: m.Proxy(),
		Preference: m.Preference(), Lifetime: m.Lifetime(), ReachableTime: m.ReachableTime(),
		RetransTimer: m.RetransTimer(), Options: MakeNDPOptions(m.Options()),
	}
}

// Append appends the wire form of h to b and returns the extended slice. The checksum is zero: compute it with
// ICMPv6.FillChecksum.
func (h *RouterAdvertisementHeader) Append(b []byte) []byte {
	flags := uint8(h.Preference&3) << 3
	for _, f := range [...]struct {
		set bool
		bit uint8
	}{{h.Managed, 0x80}, {h.Other, 0x40}, {h.HomeAgent, 0x20}, {h.Proxy, 0x04}} {
		if f.set {
			flags |= f.bit
		}
	}
	b = append(b, uint8(ICMPv6RouterAdvertisement), 0, 0, 0, h.HopLimit, flags)
	b = binary.BigEndian.AppendUint16(b, h.Lifetime)
	b = binary.BigEndian.AppendUint32(b, h.ReachableTime)
	b = binary.BigEndian.AppendUint32(b, h.RetransTimer)
	return append(b, h.Options.Bytes()...)
}

// RouterPreference ranks routers and routes (RFC 4191 section 2.1): a signed number of two bits.
type RouterPreference uint8

const (
	PreferenceMedium   RouterPreference = 0
	PreferenceHigh     RouterPreference = 1
	PreferenceReserved RouterPreference = 2 // to be taken as medium
	PreferenceLow      RouterPreference = 3
)

func (p RouterPreference) String() string {
	return [...]string{"medium", "high", "reserved", "low"}[p&3]
}

// NeighborSolicitation is a view of a Neighbor Solicitation message (RFC 4861 section 4.3), from the ICMPv6
// header on.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|   Type = 135   |      Code      |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|                            Reserved                            |
//	+----------------------------------------------------------------+
//	|                   Target Address (16 octets)                   |
//	+----------------------------------------------------------------+
//	|                            Options                             |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type NeighborSolicitation []byte

// Check reports whether the fixed part can be read: ErrTruncated if bytes of it are missing.
func (m NeighborSolicitation) Check() error { return truncatedBelow(m, NeighborSolicitationLen) }

// CheckWhole is Check, and ErrMalformed for options that do not add up.
func (m NeighborSolicitation) CheckWhole() error { return checkNDP(m, NeighborSolicitationLen) }

// Target is the address whose owner is to answer.
func (m NeighborSolicitation) Target() netip.Addr { return addr16(m, ndpTarget) }

// Options is what follows the fixed part; walk it with NextNDPOption.
func (m NeighborSolicitation) Options() []byte { return m[NeighborSolicitationLen:] }

var nsTargetField = Field{Name: "icmpv6.nd.ns.target_address", Label: "target", Title: "Target Address", Rank: 3}

func (m NeighborSolicitation) bodyFields(s Sink) {
	s.Bytes(&icmp6ReservedField, ndpReserved, 4, m[ndpReserved:ndpTarget])
	s.Addr(&nsTargetField, ndpTarget, 16, m.Target())
	ndpOptionFields(s, m, NeighborSolicitationLen)
}

// NeighborSolicitationHeader is a Neighbor Solicitation message as a value.
type NeighborSolicitationHeader struct {
	Target  netip.Addr
	Options NDPOptions
}

// Header gives the message as a value.
func (m NeighborSolicitation) Header() NeighborSolicitationHeader {
	return NeighborSolicitationHeader{m.Target(), MakeNDPOptions(m.Options())}
}

// Append appends the wire form of h to b and returns the extended slice. Target must be valid. The checksum is
// zero: compute it with ICMPv6.FillChecksum.
func (h *NeighborSolicitationHeader) Append(b []byte) []byte {
	b = append(b, uint8(ICMPv6NeighborSolicitation), 0, 0, 0, 0, 0, 0, 0)
	target := h.Target.As16()
	b = append(b, target[:]...)
	return append(b, h.Options.Bytes()...)
}

// NeighborAdvertisement is a view of a Neighbor Advertisement message (RFC 4861 section 4.4), from the ICMPv6
// header on.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|   Type = 136   |      Code      |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|R S O                       Reserved                            |
//	+----------------------------------------------------------------+
//	|                   Target Address (16 octets)                   |
//	+----------------------------------------------------------------+
//	|                            Options                             |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type NeighborAdvertisement []byte

// Check reports whether the fixed part can be read: ErrTruncated if bytes of it are missing.
func (m NeighborAdvertisement) Check() error { return truncatedBelow(m, NeighborAdvertisementLen) }

// CheckWhole is Check, and ErrMalformed for options that do not add up.
func (m NeighborAdvertisement) CheckWhole() error { return checkNDP(m, NeighborAdvertisementLen) }

// Router says that the sender is a router, Solicited that it answers a solicitation, Override that a
// different hardware address in a cache is to be replaced.
func (m NeighborAdvertisement) Router() bool    { return m[naFlags]&0x80 != 0 }
func (m NeighborAdvertisement) Solicited() bool { return m[naFlags]&0x40 != 0 }
func (m NeighborAdvertisement) Override() bool  { return m[naFlags]&0x20 != 0 }

// Target is the address that the sender owns.
func (m NeighborAdvertisement) Target() netip.Addr { return addr16(m, ndpTarget) }

// Options is what follows the fixed part; walk it with NextNDPOption.
func (m NeighborAdvertisement) Options() []byte { return m[NeighborAdvertisementLen:] }

var (
	naFlagsField     = Field{Name: "icmpv6.nd.na.flag", Label: "flags", Title: "Flags", Base: Hex}
	naRouterField    = Field{Name: "icmpv6.nd.na.flag.r", Label: "router", Title: "Router", Mask: 0x80000000, Rank: 4, Form: FormFlag}
	naSolicitedField = Field{Name: "icmpv6.nd.na.flag.s", Label: "solicited", Title: "Solicited", Mask: 0x40000000, Rank: 4, Form: FormFlag}
	naOverrideField  = Field{Name: "icmpv6.nd.na.flag.o", Label: "override", Title: "Override", Mask: 0x20000000, Rank: 4, Form: FormFlag}
	naFlagResField   = Field{Name: "icmpv6.nd.na.flag.rsv", Label: "reserved", Title: "Reserved", Mask: 0x1fffffff}
	naTargetField    = Field{Name: "icmpv6.nd.na.target_address", Label: "target", Title: "Target Address", Rank: 3}
)

func (m NeighborAdvertisement) bodyFields(s Sink) {
	flags := uint64(binary.BigEndian.Uint32(m[naFlags:]))
	s.Uint(&naFlagsField, naFlags, 4, flags)
	s.Begin(&naFlagsField, naFlags, 4)
	s.Bool(&naRouterField, naFlags, 4, m.Router())
	s.Bool(&naSolicitedField, naFlags, 4, m.Solicited())
	s.Bool(&naOverrideField, naFlags, 4, m.Override())
	s.Uint(&naFlagResField, naFlags, 4, flags&0x1fffffff)
	s.End()
	s.Addr(&naTargetField, ndpTarget, 16, m.Target())
	ndpOptionFields(s, m, NeighborAdvertisementLen)
}

// NeighborAdvertisementHeader is a Neighbor Advertisement message as a value.
type NeighborAdvertisementHeader struct {
	Router, Solicited, Override bool
	Target                      netip.Addr
	Options                     NDPOptions
}

// Header gives the message as a value.
func (m NeighborAdvertisement) Header() NeighborAdvertisementHeader {
	return NeighborAdvertisementHeader{m.Router(), m.Solicited(), m.Override(), m.Target(), MakeNDPOptions(m.Options())}
}

// Append appends the wire form of h to b and returns the extended slice. Target must be valid. The checksum is
// zero: compute it with ICMPv6.FillChecksum.
func (h *NeighborAdvertisementHeader) Append(b []byte) []byte {
	var flags uint8
	if h.Router {
		flags |= 0x80
	}
	if h.Solicited {
		flags |= 0x40
	}
	if h.Override {
		flags |= 0x20
	}
	b = append(b, uint8(ICMPv6NeighborAdvertisement), 0, 0, 0, flags, 0, 0, 0)
	target := h.Target.As16()
	b = append(b, target[:]...)
	return append(b, h.Options.Bytes()...)
}

// NDPRedirect is a view of a Redirect message (RFC 4861 section 4.5), from the ICMPv6 header on.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|   Type = 137   |      Code      |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|                            Reserved                            |
//	+----------------------------------------------------------------+
//	|                   Target Address (16 octets)                   |
//	+----------------------------------------------------------------+
//	|                 Destination Address (16 octets)                |
//	+----------------------------------------------------------------+
//	|                            Options                             |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type NDPRedirect []byte

// Check reports whether the fixed part can be read: ErrTruncated if bytes of it are missing.
func (m NDPRedirect) Check() error { return truncatedBelow(m, NDPRedirectLen) }

// CheckWhole is Check, and ErrMalformed for options that do not add up.
func (m NDPRedirect) CheckWhole() error { return checkNDP(m, NDPRedirectLen) }

// Target is the better next hop to Dst, and Dst itself if that is a neighbor.
func (m NDPRedirect) Target() netip.Addr { return addr16(m, ndpTarget) }
func (m NDPRedirect) Dst() netip.Addr    { return addr16(m, ndpRedirDst) }

// Options is what follows the fixed part; walk it with NextNDPOption.
func (m NDPRedirect) Options() []byte { return m[NDPRedirectLen:] }

// Quote is the packet that was redirected, as far as the Redirected Header option gives it; empty if there is none.
func (m NDPRedirect) Quote() []byte {
	from, to := m.quoteSpan()
	return m[from:to]
}

// quoteSpan is where the quote is in the message, and its end twice if there is none.
func (m NDPRedirect) quoteSpan() (from, to int) {
	off := NDPRedirectLen
	for off+ndpRedirectedData < len(m) {
		o, _, err := NextNDPOption(m[off:])
		if err == ErrTruncated {
			o = NDPOption(m[off:]) // a capture that ends inside the option still shows what it has of the quote
		} else if err != nil {
			break
		}
		if o.Type() == NDPOptRedirected && len(o) > ndpRedirectedData {
			return off + ndpRedirectedData, off + len(o)
		}
		off += len(o)
	}
	return len(m), len(m)
}

var (
	rdTargetField = Field{Name: "icmpv6.nd.rd.target_address", Label: "target", Title: "Target Address", Rank: 3}
	rdDstField    = Field{Name: "icmpv6.rd.na.destination_address", Label: "dst", Title: "Destination Address", Rank: 4}
)

func (m NDPRedirect) bodyFields(s Sink) {
	s.Bytes(&icmp6ReservedField, ndpReserved, 4, m[ndpReserved:ndpTarget])
	s.Addr(&rdTargetField, ndpTarget, 16, m.Target())
	s.Addr(&rdDstField, ndpRedirDst, 16, m.Dst())
	from, to := m.quoteSpan()
	if from == to {
		ndpOptionFields(s, m, NDPRedirectLen)
		return
	}
	start := from - ndpRedirectedData
	ndpOptionFields(s, m[:start], NDPRedirectLen)
	s.Begin(&ndpOptField, start, to-start)
	NDPOption(m[start:to]).headFields(s, start)
	s.Bytes(&ndpOptReservedField, start+2, ndpRedirectedData-2, m[start+2:from])
	s.End()
	ndpOptionFields(s, m, to)
}

// addr16 is the IPv6 address at off in b.
func addr16(b []byte, off int) netip.Addr { return netip.AddrFrom16([16]byte(b[off:])) }

// trimNULs cuts off the padding of text.
func trimNULs(b []byte) []byte { return bytes.TrimRight(b, "\x00") }
