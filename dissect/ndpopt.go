package dissect

import (
	"encoding/binary"
	"net/netip"
	"sync"
)

// NDPOptionType is the first byte of an option of neighbor discovery (IANA "IPv6 Neighbor Discovery Option Formats").
type NDPOptionType uint8

const (
	NDPOptSourceAddr    NDPOptionType = 1
	NDPOptTargetAddr    NDPOptionType = 2
	NDPOptPrefix        NDPOptionType = 3
	NDPOptRedirected    NDPOptionType = 4
	NDPOptMTU           NDPOptionType = 5
	NDPOptNBMAShortcut  NDPOptionType = 6  // RFC 2491
	NDPOptAdvInterval   NDPOptionType = 7  // RFC 6275
	NDPOptHomeAgent     NDPOptionType = 8  // RFC 6275
	NDPOptSourceList    NDPOptionType = 9  // RFC 3122
	NDPOptTargetList    NDPOptionType = 10 // RFC 3122
	NDPOptCGA           NDPOptionType = 11 // RFC 3971
	NDPOptRSASignature  NDPOptionType = 12 // RFC 3971
	NDPOptTimestamp     NDPOptionType = 13 // RFC 3971
	NDPOptNonce         NDPOptionType = 14 // RFC 3971, RFC 7527
	NDPOptTrustAnchor   NDPOptionType = 15 // RFC 3971
	NDPOptCertificate   NDPOptionType = 16 // RFC 3971
	NDPOptRoute         NDPOptionType = 24 // RFC 4191
	NDPOptRDNSS         NDPOptionType = 25 // RFC 8106
	NDPOptFlags         NDPOptionType = 26 // RFC 5175
	NDPOptDNSSL         NDPOptionType = 31 // RFC 8106
	NDPOptProxySig      NDPOptionType = 32 // RFC 6496
	NDPOptRegistration  NDPOptionType = 33 // RFC 6775
	NDPOptContext       NDPOptionType = 34 // RFC 6775
	NDPOptBorderRouter  NDPOptionType = 35 // RFC 6775
	NDPOptCapability    NDPOptionType = 36 // RFC 7400
	NDPOptCaptivePortal NDPOptionType = 37 // RFC 8910
	NDPOptPREF64        NDPOptionType = 38 // RFC 8781
)

var ndpOptNames = [256]string{
	NDPOptSourceAddr: "source link-layer address", NDPOptTargetAddr: "target link-layer address",
	NDPOptPrefix: "prefix information", NDPOptRedirected: "redirected header", NDPOptMTU: "MTU",
	NDPOptNBMAShortcut: "NBMA shortcut limit", NDPOptAdvInterval: "advertisement interval",
	NDPOptHomeAgent: "home agent information", NDPOptSourceList: "source address list",
	NDPOptTargetList: "target address list", NDPOptCGA: "CGA", NDPOptRSASignature: "RSA signature",
	NDPOptTimestamp: "timestamp", NDPOptNonce: "nonce", NDPOptTrustAnchor: "trust anchor", NDPOptCertificate: "certificate",
	NDPOptRoute: "route information", NDPOptRDNSS: "recursive DNS servers", NDPOptFlags: "flags expansion",
	NDPOptDNSSL: "DNS search list", NDPOptProxySig: "proxy signature", NDPOptRegistration: "address registration",
	NDPOptContext: "6LoWPAN context", NDPOptBorderRouter: "authoritative border router",
	NDPOptCapability: "6LoWPAN capability", NDPOptCaptivePortal: "captive portal", NDPOptPREF64: "PREF64",
}

// Name is the option's name, or "".
func (t NDPOptionType) Name() string { return ndpOptNames[t] }

// String is the name, or the number.
func (t NDPOptionType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// Offsets in options, and lengths, in bytes.
const (
	ndpOptType        = 0
	ndpOptLength      = 1
	ndpOptData        = 2
	ndpRedirectedData = 8

	ndpPrefixBits      = 2
	ndpPrefixFlags     = 3
	ndpPrefixValid     = 4
	ndpPrefixPreferred = 8
	ndpPrefixReserved  = 12
	ndpPrefixAddr      = 16
	ndpPrefixLen       = 32

	ndpWord      = 4 // where the number is in options with one of 32 bits behind two reserved bytes
	ndpWordEnd   = 8
	ndpRouteAddr = 8
)

// NDPOption is one option: its bytes with type and length, as they stand in the message. Its length is a
// multiple of 8 bytes.
type NDPOption []byte

func (o NDPOption) Type() NDPOptionType { return NDPOptionType(o[ndpOptType]) }

// Data is what follows type and length.
func (o NDPOption) Data() []byte { return o[ndpOptData:] }

// The getters below give what an option says; ok is false for options of another type, and for those too
// short or too long for theirs, which a host passes over (RFC 4861 section 6.1.2).

// MAC is the hardware address of a source or target link-layer address option on links like Ethernet.
func (o NDPOption) MAC() (m MAC, ok bool) {
	if t := o.Type(); (t == NDPOptSourceAddr || t == NDPOptTargetAddr) && len(o) == 8 {
		return MAC(o.Data()), true
	}
	return MAC{}, false
}

// MTU is the link's, in bytes.
func (o NDPOption) MTU() (n uint32, ok bool) {
	if o.Type() == NDPOptMTU && len(o) == ndpWordEnd {
		return binary.BigEndian.Uint32(o[ndpWord:]), true
	}
	return 0, false
}

// Prefix is what a prefix information option says.
func (o NDPOption) Prefix() (p NDPPrefix, ok bool) {
	if o.Type() != NDPOptPrefix || len(o) != ndpPrefixLen {
		return NDPPrefix{}, false
	}
	flags := o[ndpPrefixFlags]
	return NDPPrefix{
		Addr: addr16(o, ndpPrefixAddr), Bits: o[ndpPrefixBits],
		OnLink: flags&0x80 != 0, Autonomous: flags&0x40 != 0, RouterAddr: flags&0x20 != 0,
		Valid:     binary.BigEndian.Uint32(o[ndpPrefixValid:]),
		Preferred: binary.BigEndian.Uint32(o[ndpPrefixPreferred:]),
	}, true
}

// NDPPrefix is what a prefix information option says (RFC 4861 section 4.6.2), as the sender put it: Addr may have
// bits set behind the prefix, and Bits may exceed 128.
type NDPPrefix struct {
	Addr       netip.Addr
	Bits       uint8
	OnLink     bool   // addresses with the prefix are on the link
	Autonomous bool   // hosts may form addresses with it (RFC 4862)
	RouterAddr bool   // Addr is a whole address, the router's (RFC 6275)
	Valid      uint32 // lifetime in seconds; 0xffffffff is for ever
	Preferred  uint32 // likewise
}

// NextNDPOption splits the first option off b, which must not be empty. ErrTruncated means that the option promises
// more than b holds, ErrMalformed that its length is zero.
func NextNDPOption(b []byte) (o NDPOption, rest []byte, err error) {
	if len(b) < ndpOptData {
		return nil, nil, ErrTruncated
	}
	n := int(b[ndpOptLength]) * 8
	switch {
	case n == 0:
		return nil, nil, ErrMalformed
	case n > len(b):
		return nil, nil, ErrTruncated
	}
	return NDPOption(b[:n]), b[n:], nil
}

// NDPOptions is the options of a message as a comparable value: up to 120 bytes, order and duplicates kept. The
// Add methods append in wire form and report whether there was room.
type NDPOptions struct {
	b [120]byte
	n uint8
}

// MakeNDPOptions keeps a copy of b, and of its first 120 bytes if it is longer.
func MakeNDPOptions(b []byte) (o NDPOptions) {
	o.n = uint8(copy(o.b[:], b))
	return o
}

// Bytes gives the options as they go into the message.
func (o *NDPOptions) Bytes() []byte { return o.b[:o.n] }

// Add appends an option of any type with data behind type and length, and zeros up to a multiple of 8 bytes.
func (o *NDPOptions) Add(t NDPOptionType, data ...byte) bool {
	n := (ndpOptData + len(data) + 7) &^ 7
	if len(o.b)-int(o.n) < n {
		return false
	}
	o.b[o.n], o.b[o.n+1] = byte(t), byte(n/8)
	copy(o.b[o.n+ndpOptData:], data)
	o.n += uint8(n)
	return true
}

// AddSourceAddr and AddTargetAddr append a link-layer address option (RFC 4861 section 4.6.1).
func (o *NDPOptions) AddSourceAddr(m MAC) bool { return o.Add(NDPOptSourceAddr, m[:]...) }
func (o *NDPOptions) AddTargetAddr(m MAC) bool { return o.Add(NDPOptTargetAddr, m[:]...) }

// AddMTU appends the link's MTU (RFC 4861 section 4.6.4).
func (o *NDPOptions) AddMTU(n uint32) bool {
	return o.Add(NDPOptMTU, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// AddPrefix appends a prefix information option. Addr must be valid.
func (o *NDPOptions) AddPrefix(p NDPPrefix) bool {
	var d [ndpPrefixLen]byte
	d[ndpPrefixBits] = p.Bits
	for _, f := range [...]struct {
		set bool
		bit byte
	}{{p.OnLink, 0x80}, {p.Autonomous, 0x40}, {p.RouterAddr, 0x20}} {
		if f.set {
			d[ndpPrefixFlags] |= f.bit
		}
	}
	binary.BigEndian.PutUint32(d[ndpPrefixValid:], p.Valid)
	binary.BigEndian.PutUint32(d[ndpPrefixPreferred:], p.Preferred)
	a := p.Addr.As16()
	copy(d[ndpPrefixAddr:], a[:])
	return o.Add(NDPOptPrefix, d[ndpOptData:]...)
}

var (
	ndpOptField         = Field{Name: "icmpv6.opt", Label: "opt", Title: "ICMPv6 Option"}
	ndpOptTypeField     = Field{Name: "icmpv6.opt.type", Label: "type", Title: "Type"}
	ndpOptUnknownField  = Field{Name: "icmpv6.opt.type", Label: "opt", Title: "Type", Rank: 8}
	ndpOptLenField      = Field{Name: "icmpv6.opt.length", Label: "len", Title: "Length in 8 octets"}
	ndpOptReservedField = Field{Label: "reserved", Title: "Reserved"}
	ndpOptPaddingField  = Field{Label: "padding", Title: "Padding"}
	ndpOptDataField     = Field{Label: "data", Title: "Data"}
	ndpOptOpaqueField   = Field{Name: "icmpv6.data", Label: "data", Title: "Data"}
	ndpOptBadField      = Field{Label: "malformed", Title: "Malformed options", Rank: 8}

	ndpSourceAddrField = Field{Name: "icmpv6.opt.src_linkaddr", Label: "lladdr", Title: "Source Link-layer address", Rank: 8}
	ndpTargetAddrField = Field{Name: "icmpv6.opt.target_linkaddr", Label: "lladdr", Title: "Target Link-layer address", Rank: 8}

	ndpPrefixBitsField  = Field{Name: "icmpv6.opt.prefix.length", Label: "bits", Title: "Prefix Length"}
	ndpPrefixFlagsField = Field{Name: "icmpv6.opt.prefix.flag", Label: "flags", Title: "Flag", Base: Hex}
	ndpOnLinkField      = Field{Name: "icmpv6.opt.prefix.flag.l", Label: "onlink", Title: "On-link flag(L)", Mask: 0x80}
	ndpAutonomousField  = Field{Name: "icmpv6.opt.prefix.flag.a", Label: "auto", Title: "Autonomous address-configuration flag(A)", Mask: 0x40}
	ndpRouterAddrField  = Field{Name: "icmpv6.opt.prefix.flag.r", Label: "router", Title: "Router address flag(R)", Mask: 0x20}
	ndpPrefixResField   = Field{Name: "icmpv6.opt.prefix.flag.reserved", Label: "reserved", Title: "Reserved", Mask: 0x1f}
	ndpValidField       = Field{Name: "icmpv6.opt.prefix.valid_lifetime", Label: "valid", Title: "Valid Lifetime"}
	ndpPreferredField   = Field{Name: "icmpv6.opt.prefix.preferred_lifetime", Label: "preferred", Title: "Preferred Lifetime"}
	ndpPrefixField      = Field{Name: "icmpv6.opt.prefix", Label: "prefix", Title: "Prefix", Rank: 8}
	ndpSlashField       = Field{Label: "/", Title: "Prefix Length", Rank: 8, Form: FormJoined}

	ndpMTUField         = Field{Name: "icmpv6.opt.mtu", Label: "mtu", Title: "MTU", Rank: 8}
	ndpIntervalField    = Field{Name: "icmpv6.opt.advertisement_interval", Label: "interval", Title: "Advertisement Interval (ms)", Rank: 8}
	ndpHomePrefField    = Field{Name: "icmpv6.opt.home_agent_preference", Label: "pref", Title: "Home Agent Preference"}
	ndpHomeLifeField    = Field{Name: "icmpv6.opt.home_agent_lifetime", Label: "lifetime", Title: "Home Agent Lifetime"}
	ndpNonceField       = Field{Name: "icmpv6.opt.nonce", Label: "nonce", Title: "Nonce", Rank: 8}
	ndpRouteFlagsField  = Field{Name: "icmpv6.opt.route_info.flag", Label: "flags", Title: "Flag", Base: Hex}
	ndpRoutePrefField   = Field{Name: "icmpv6.opt.route_info.flag.route_preference", Label: "pref", Title: "Route Preference", Mask: 0x18}
	ndpRouteResField    = Field{Name: "icmpv6.opt.route_info.flag.reserved", Label: "reserved", Title: "Reserved", Mask: 0xe7}
	ndpRouteLifeField   = Field{Name: "icmpv6.opt.route_lifetime", Label: "lifetime", Title: "Route Lifetime"}
	ndpRouteField       = Field{Name: "icmpv6.opt.prefix", Label: "route", Title: "Prefix", Rank: 8}
	ndpDefaultField     = Field{Label: "route", Title: "Prefix, none sent", Rank: 8}
	ndpServerLifeField  = Field{Name: "icmpv6.opt.rdnss.lifetime", Label: "lifetime", Title: "Lifetime"}
	ndpServerField      = Field{Name: "icmpv6.opt.rdnss", Label: "rdnss", Title: "Recursive DNS Server", Rank: 8}
	ndpDomainLifeField  = Field{Name: "icmpv6.opt.dnssl.lifetime", Label: "lifetime", Title: "Lifetime"}
	ndpDomainField      = Field{Name: "icmpv6.opt.dnssl", Label: "dnssl", Title: "Domain Name", Rank: 8}
	ndpFlagsField       = Field{Name: "icmpv6.opt.efo", Label: "flags", Title: "Flags Expansion Option", Base: Hex}
	ndpPortalField      = Field{Name: "icmpv6.opt.captive_portal", Label: "portal", Title: "Captive Portal", Rank: 8}
	ndpScaledField      = Field{Name: "icmpv6.opt.pref64.scaled_lifetime", Label: "lifetime", Title: "Lifetime in 8 s", Mask: 0xfff8}
	ndpPrefixCodeField  = Field{Name: "icmpv6.opt.pref64.plc", Label: "code", Title: "PLC (Prefix Length Code)", Mask: 0x0007}
	ndpPREF64Field      = Field{Name: "icmpv6.opt.pref64.prefix", Label: "pref64", Title: "Prefix", Rank: 8}
	pref64PrefixLengths = [8]uint8{96, 64, 56, 48, 40, 32}
)

// ndpOptionFields walks the options of the message m from off on. One that contradicts itself ends the walk, and the
// rest is shown as bytes.
func ndpOptionFields(s Sink, m []byte, off int) {
	for b := m[off:]; len(b) > 0; {
		o, rest, err := NextNDPOption(b)
		if err != nil {
			s.Bytes(&ndpOptBadField, off, len(b), b)
			return
		}
		s.Begin(&ndpOptField, off, len(o))
		o.headFields(s, off)
		o.fields(s, off)
		s.End()
		off += len(o)
		b = rest
	}
}

// headFields describes type and length of an option that starts at off.
func (o NDPOption) headFields(s Sink, off int) {
	typ := &ndpOptTypeField
	if o.Type().Name() == "" {
		typ = &ndpOptUnknownField
	}
	s.Enum(typ, off+ndpOptType, 1, uint64(o.Type()), o.Type().Name())
	s.Uint(&ndpOptLenField, off+ndpOptLength, 1, uint64(o[ndpOptLength]))
}

// fields describes the data of an option that starts at off.
func (o NDPOption) fields(s Sink, off int) {
	d, at := o.Data(), off+ndpOptData
	opaque := &ndpOptDataField
	switch t := o.Type(); {
	case t == NDPOptSourceAddr || t == NDPOptTargetAddr:
		f := &ndpSourceAddrField
		if t == NDPOptTargetAddr {
			f = &ndpTargetAddrField
		}
		if m, ok := o.MAC(); ok {
			s.MAC(f, at, 6, m)
			return
		}
		opaque = f
	case t == NDPOptPrefix && len(o) == ndpPrefixLen:
		o.prefixFields(s, off)
		return
	case t == NDPOptMTU && len(o) == ndpWordEnd:
		o.wordFields(s, off, &ndpMTUField)
		return
	case t == NDPOptAdvInterval && len(o) == ndpWordEnd:
		o.wordFields(s, off, &ndpIntervalField)
		return
	case t == NDPOptHomeAgent && len(o) == ndpWordEnd:
		s.Bytes(&ndpOptReservedField, at, 2, d[:2])
		s.Uint(&ndpHomePrefField, off+4, 2, uint64(binary.BigEndian.Uint16(o[4:])))
		s.Uint(&ndpHomeLifeField, off+6, 2, uint64(binary.BigEndian.Uint16(o[6:])))
		return
	case t == NDPOptNonce:
		opaque = &ndpNonceField
	case t == NDPOptRoute && len(o) <= ndpRouteAddr+16:
		o.routeFields(s, off)
		return
	case t == NDPOptRDNSS:
		o.wordFields(s, off, &ndpServerLifeField)
		for i := ndpWordEnd; i+16 <= len(o); i += 16 {
			s.Addr(&ndpServerField, off+i, 16, addr16(o, i))
		}
		if rest := o[len(o)-(len(o)-ndpWordEnd)%16:]; len(rest) > 0 {
			s.Bytes(&ndpOptPaddingField, off+len(o)-len(rest), len(rest), rest)
		}
		return
	case t == NDPOptDNSSL:
		o.wordFields(s, off, &ndpDomainLifeField)
		o.domainFields(s, off)
		return
	case t == NDPOptFlags && len(o) == 8:
		s.Uint(&ndpFlagsField, at, 2, uint64(binary.BigEndian.Uint16(d)))
		s.Bytes(&ndpOptReservedField, at+2, 4, d[2:])
		return
	case t == NDPOptCaptivePortal:
		s.Text(&ndpPortalField, at, len(d), trimNULs(d))
		return
	case t == NDPOptPREF64 && len(o) == 16:
		o.pref64Fields(s, off)
		return
	case t.Name() == "":
		opaque = &ndpOptOpaqueField
	}
	s.Bytes(opaque, at, len(d), d)
}

// wordFields describes two reserved bytes and the number f of 32 bits behind them.
func (o NDPOption) wordFields(s Sink, off int, f *Field) {
	s.Bytes(&ndpOptReservedField, off+ndpOptData, 2, o[ndpOptData:ndpWord])
	s.Uint(f, off+ndpWord, 4, uint64(binary.BigEndian.Uint32(o[ndpWord:])))
}

func (o NDPOption) prefixFields(s Sink, off int) {
	p, _ := o.Prefix()
	flags, at := o[ndpPrefixFlags], off+ndpPrefixFlags
	s.Uint(&ndpPrefixBitsField, off+ndpPrefixBits, 1, uint64(p.Bits))
	s.Uint(&ndpPrefixFlagsField, at, 1, uint64(flags))
	s.Begin(&ndpPrefixFlagsField, at, 1)
	s.Bool(&ndpOnLinkField, at, 1, p.OnLink)
	s.Bool(&ndpAutonomousField, at, 1, p.Autonomous)
	s.Bool(&ndpRouterAddrField, at, 1, p.RouterAddr)
	s.Uint(&ndpPrefixResField, at, 1, uint64(flags&0x1f))
	s.End()
	s.Uint(&ndpValidField, off+ndpPrefixValid, 4, uint64(p.Valid))
	s.Uint(&ndpPreferredField, off+ndpPrefixPreferred, 4, uint64(p.Preferred))
	s.Bytes(&ndpOptReservedField, off+ndpPrefixReserved, 4, o[ndpPrefixReserved:ndpPrefixAddr])
	s.Addr(&ndpPrefixField, off+ndpPrefixAddr, 16, p.Addr)
	s.Uint(&ndpSlashField, 0, 0, uint64(p.Bits))
}

// routeFields describes a route, of whose prefix the option gives 0, 8 or 16 bytes (RFC 4191 section 2.3).
func (o NDPOption) routeFields(s Sink, off int) {
	bits, flags := o[2], o[3]
	s.Uint(&ndpPrefixBitsField, off+2, 1, uint64(bits))
	s.Uint(&ndpRouteFlagsField, off+3, 1, uint64(flags))
	s.Begin(&ndpRouteFlagsField, off+3, 1)
	pref := RouterPreference(flags >> 3 & 3)
	s.Enum(&ndpRoutePrefField, off+3, 1, uint64(pref), pref.String())
	s.Uint(&ndpRouteResField, off+3, 1, uint64(flags&0xe7))
	s.End()
	s.Uint(&ndpRouteLifeField, off+ndpWord, 4, uint64(binary.BigEndian.Uint32(o[ndpWord:])))
	var a [16]byte
	if n := copy(a[:], o[ndpRouteAddr:]); n > 0 {
		s.Addr(&ndpRouteField, off+ndpRouteAddr, n, netip.AddrFrom16(a))
	} else {
		s.Addr(&ndpDefaultField, 0, 0, netip.AddrFrom16(a))
	}
	s.Uint(&ndpSlashField, 0, 0, uint64(bits))
}

// ndpDomainMax is how long a domain name is at most, in bytes on the wire (RFC 1035 section 2.3.4).
const ndpDomainMax = 255

var domainBuffers = sync.Pool{New: func() any { return new([ndpDomainMax]byte) }}

// domainFields describes the names of a DNS search list, each a sequence of labels that a zero ends. A name
// that the option does not hold whole is left to the padding.
func (o NDPOption) domainFields(s Sink, off int) {
	b, at := o[ndpWordEnd:], off+ndpWordEnd
	// A name is joined with dots before it is shown, in a buffer of which there are few for all packets.
	buffer := domainBuffers.Get().(*[ndpDomainMax]byte)
	defer domainBuffers.Put(buffer)
	for len(b) > 0 && b[0] != 0 {
		name, n := buffer[:0], 0
		for n < len(b) && b[n] != 0 && b[n] < 64 && n+1+int(b[n]) < len(b) && n+1+int(b[n]) < ndpDomainMax {
			if n > 0 {
				name = append(name, '.')
			}
			name = append(name, b[n+1:n+1+int(b[n])]...)
			n += 1 + int(b[n])
		}
		if n >= len(b) || b[n] != 0 {
			break
		}
		n++
		s.Text(&ndpDomainField, at, n, name)
		b, at = b[n:], at+n
	}
	if len(b) > 0 {
		s.Bytes(&ndpOptPaddingField, at, len(b), b)
	}
}

// pref64Fields describes a prefix for NAT64 (RFC 8781 section 4), whose length a code tells; two codes mean nothing.
func (o NDPOption) pref64Fields(s Sink, off int) {
	v := binary.BigEndian.Uint16(o[2:])
	s.Uint(&ndpScaledField, off+2, 2, uint64(v>>3))
	s.Uint(&ndpPrefixCodeField, off+2, 2, uint64(v&7))
	bits := pref64PrefixLengths[v&7]
	end := 4 + int(bits)/8
	if bits > 0 {
		var a [16]byte
		copy(a[:], o[4:end])
		s.Addr(&ndpPREF64Field, off+4, end-4, netip.AddrFrom16(a))
		s.Uint(&ndpSlashField, 0, 0, uint64(bits))
	}
	if rest := o[end:]; len(rest) > 0 {
		s.Bytes(&ndpOptPaddingField, off+end, len(rest), rest)
	}
}
