package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in an ICMPv6 message, and the length of the header that all of them have, in bytes. What is behind the
// checksum depends on the type; the names say what for.
const (
	icmp6Type     = 0
	icmp6Code     = 1
	icmp6Checksum = 2
	icmp6Body     = 4
	icmp6ID       = 4
	icmp6Seq      = 6
	icmp6QuoteLen = 4
	icmp6MTU      = 4
	icmp6Pointer  = 4
	icmp6Data     = 8 // of echo messages, and the quote of errors

	ICMPv6HeaderLen = 4

	icmp6NIType  = 4
	icmp6NIFlags = 6
	icmp6NINonce = 8
	icmp6NILen   = 16
)

// ICMPv6 is a view of an ICMPv6 message (RFC 4443). Types with more to them than a few fields have views of their
// own, such as NeighborSolicitation, of the same bytes.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|      Type      |      Code      |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|                          Message body                          |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them. Those that exist in some types only
// give meaningless values in others, and zero where the body is cut short.
type ICMPv6 []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing. A body cut short
// is not an error; see CheckWhole.
func (m ICMPv6) Check() error {
	if len(m) < ICMPv6HeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the message: the fixed part of a body that is known here must be
// there, an error must quote an IPv6 header, and the options of neighbor discovery must add up (RFC 4861 section 4.6).
func (m ICMPv6) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	switch t := m.Type(); t {
	case ICMPv6EchoRequest, ICMPv6EchoReply, ICMPv6ExtendedEcho, ICMPv6ExtendedEchoReply:
		if len(m) < icmp6Data {
			return ErrTruncated
		}
		return nil
	case ICMPv6RouterSolicitation:
		return RouterSolicitation(m).CheckWhole()
	case ICMPv6RouterAdvertisement:
		return RouterAdvertisement(m).CheckWhole()
	case ICMPv6NeighborSolicitation:
		return NeighborSolicitation(m).CheckWhole()
	case ICMPv6NeighborAdvertisement:
		return NeighborAdvertisement(m).CheckWhole()
	case ICMPv6Redirect:
		return NDPRedirect(m).CheckWhole()
	case ICMPv6MLDQuery:
		if len(m) > MLDLen {
			return MLDv2Query(m).CheckWhole()
		}
		return MLD(m).CheckWhole()
	case ICMPv6MLDReport, ICMPv6MLDDone:
		return MLD(m).CheckWhole()
	case ICMPv6MLDv2Report:
		return MLDv2Report(m).CheckWhole()
	default:
		if !t.hasQuote() {
			return nil
		}
		if len(m) < icmp6Data {
			return ErrTruncated
		}
		return IPv6(m.Quote()).Check()
	}
}

func (m ICMPv6) Type() ICMPv6Type { return ICMPv6Type(m[icmp6Type]) }
func (m ICMPv6) Code() uint8      { return m[icmp6Code] }
func (m ICMPv6) Checksum() uint16 { return binary.BigEndian.Uint16(m[icmp6Checksum:]) }

// Body is what follows the checksum.
func (m ICMPv6) Body() []byte { return m[icmp6Body:] }

// word is the first word of the body, which means something else in each type.
func (m ICMPv6) word() uint32 {
	if len(m) < icmp6Data {
		return 0
	}
	return binary.BigEndian.Uint32(m[icmp6Body:])
}

// ID and Seq tie an echo reply to its request.
func (m ICMPv6) ID() uint16  { return uint16(m.word() >> 16) }
func (m ICMPv6) Seq() uint16 { return uint16(m.word()) }

// MTU is that of the link which a packet was too big for, in bytes.
func (m ICMPv6) MTU() uint32 { return m.word() }

// Pointer is the offset, in the quoted packet, of the byte that a parameter problem is about.
func (m ICMPv6) Pointer() uint32 { return m.word() }

// QuoteLen is the length of the quote, in words of 64 bits, of an unreachable or time exceeded message with
// extensions behind it (RFC 4884). Zero means that the quote goes to the end.
func (m ICMPv6) QuoteLen() uint8 { return uint8(m.word() >> 24) }

// Data is what an echo message carries and is to come back.
func (m ICMPv6) Data() []byte { return m[min(icmp6Data, len(m)):] }

// Quote is the packet that an error is about, or what the sender gave of it, and perhaps zeros behind it.
func (m ICMPv6) Quote() []byte { return m[min(icmp6Data, len(m)):m.quoteEnd()] }

// Extensions is what follows the quote of an error (RFC 4884); empty if nothing does.
func (m ICMPv6) Extensions() []byte { return m[m.quoteEnd():] }

func (m ICMPv6) quoteEnd() int {
	if t := m.Type(); t == ICMPv6Unreachable || t == ICMPv6TimeExceeded {
		if n := int(m.QuoteLen()) * 8; n != 0 {
			return min(icmp6Data+n, len(m))
		}
	}
	return len(m)
}

// described is how many bytes Fields describes before the data or the quote.
func (m ICMPv6) described() int {
	switch t := m.Type(); {
	case t == ICMPv6Redirect:
		from, _ := NDPRedirect(m).quoteSpan()
		return from
	case t == ICMPv6EchoRequest, t == ICMPv6EchoReply, t.hasQuote():
		return min(icmp6Data, len(m))
	}
	return len(m)
}

// ChecksumOK reports whether the checksum is right. pseudo is the PseudoHeaderSum of the addresses with
// the length of m, which must be the whole message and nothing more.
func (m ICMPv6) ChecksumOK(pseudo Sum) bool { return pseudo.Add(m).Fold() == 0xffff }

// FillChecksum computes the checksum of the message, of which m holds the first bytes and payload the rest,
// and writes it.
func (m ICMPv6) FillChecksum(pseudo Sum, payload ...[]byte) {
	m.SetChecksum(0)
	sum := pseudo.Add(m).addBehind(len(m), payload)
	m.SetChecksum(sum.Checksum())
}

func (m ICMPv6) SetType(t ICMPv6Type) { m[icmp6Type] = uint8(t) }
func (m ICMPv6) SetChecksum(v uint16) { binary.BigEndian.PutUint16(m[icmp6Checksum:], v) }

var (
	icmp6TypeField       = Field{Name: "icmpv6.type", Label: "type", Title: "Type", Rank: 1}
	icmp6TypeNameField   = Field{Name: "icmpv6.type", Label: "type", Title: "Type", Rank: 1, Form: FormBare}
	icmp6CodeField       = Field{Name: "icmpv6.code", Label: "code", Title: "Code", Rank: 2, Form: FormNonzero}
	icmp6CodeNameField   = Field{Name: "icmpv6.code", Label: "code", Title: "Code", Rank: 2, Form: FormParen}
	icmp6ChecksumField   = Field{Name: "icmpv6.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	icmp6ReservedField   = Field{Name: "icmpv6.reserved", Label: "reserved", Title: "Reserved"}
	icmp6IDField         = Field{Name: "icmpv6.echo.identifier", Label: "id", Title: "Identifier", Rank: 3}
	icmp6SeqField        = Field{Name: "icmpv6.echo.sequence_number", Label: "seq", Title: "Sequence", Rank: 4}
	icmp6MTUField        = Field{Name: "icmpv6.mtu", Label: "mtu", Title: "MTU", Rank: 3}
	icmp6PointerField    = Field{Name: "icmpv6.pointer", Label: "pointer", Title: "Pointer", Rank: 3}
	icmp6QuoteWordsField = Field{Name: "icmpv6.length", Label: "words", Title: "Length of original datagram in 8 octets"}
	icmp6DataField       = Field{Name: "icmpv6.data", Label: "data", Title: "Data"}
	icmp6OpaqueField     = Field{Label: "body", Title: "Message body"}
	icmp6CutField        = Field{Label: "truncated", Title: "Message body, cut short", Rank: 9}
	icmp6LenField        = Field{Label: "len", Title: "Length of data", Rank: 6}
	icmp6MRDIntervalFld  = Field{Name: "icmpv6.mcast_ra.query_interval", Label: "interval", Title: "Query Interval", Rank: 3}
	icmp6MRDRobustFld    = Field{Name: "icmpv6.mcast_ra.robustness_variable", Label: "robustness", Title: "Robustness Variable", Rank: 3}

	icmp6ExtSeqField     = Field{Name: "icmpv6.ext.echo.seq", Label: "seq", Title: "Sequence number", Rank: 4}
	icmp6ExtReqResField  = Field{Name: "icmpv6.ext.echo.req.res", Label: "reserved", Title: "Reserved", Mask: 0xfe, Base: Hex}
	icmp6ExtLocalField   = Field{Name: "icmpv6.ext.echo.req.local", Label: "local", Title: "Local bit", Mask: 0x01, Rank: 5, Form: FormFlag}
	icmp6ExtStateField   = Field{Name: "icmpv6.ext.echo.rsp.state", Label: "state", Title: "State", Mask: 0xe0, Rank: 5}
	icmp6ExtRspResField  = Field{Name: "icmpv6.ext.echo.rsp.res", Label: "reserved", Title: "Reserved", Mask: 0x18, Base: Hex}
	icmp6ExtActiveField  = Field{Name: "icmpv6.ext.echo.rsp.active", Label: "active", Title: "Active bit", Mask: 0x04, Rank: 5, Form: FormFlag}
	icmp6ExtHasIPv4Field = Field{Name: "icmpv6.ext.echo.rsp.ipv4", Label: "ipv4", Title: "IPv4 bit", Mask: 0x02, Rank: 5, Form: FormFlag}
	icmp6ExtHasIPv6Field = Field{Name: "icmpv6.ext.echo.rsp.ipv6", Label: "ipv6", Title: "IPv6 bit", Mask: 0x01, Rank: 5, Form: FormFlag}

	icmp6NITypeField  = Field{Name: "icmpv6.ni.qtype", Label: "qtype", Title: "Qtype", Rank: 3}
	icmp6NIFlagsField = Field{Name: "icmpv6.ni.flag", Label: "flags", Title: "Flags", Base: Hex}
	icmp6NIResField   = Field{Name: "icmpv6.ni.flag.rsv", Label: "reserved", Title: "Reserved", Mask: 0xffc0, Base: Hex}
	icmp6NIGField     = Field{Name: "icmpv6.ni.flag.g", Label: "global", Title: "Global-scope addresses", Mask: 0x0020}
	icmp6NISField     = Field{Name: "icmpv6.ni.flag.s", Label: "site-local", Title: "Site-local addresses", Mask: 0x0010}
	icmp6NILField     = Field{Name: "icmpv6.ni.flag.l", Label: "link-local", Title: "Link-local addresses", Mask: 0x0008}
	icmp6NICField     = Field{Name: "icmpv6.ni.flag.c", Label: "compression", Title: "Compression", Mask: 0x0004}
	icmp6NIAField     = Field{Name: "icmpv6.ni.flag.a", Label: "all", Title: "Unicast Addresses", Mask: 0x0002}
	icmp6NITField     = Field{Name: "icmpv6.ni.flag.t", Label: "truncated", Title: "Truncated", Mask: 0x0001}
	icmp6NINonceField = Field{Name: "icmpv6.ni.nonce", Label: "nonce", Title: "Nonce", Base: Hex}
	icmp6NIAddrField  = Field{Name: "icmpv6.ni.query.subject_ipv6", Label: "subject", Title: "IPv6 subject address", Rank: 4}
	icmp6NIAddr4Field = Field{Name: "icmpv6.ni.query.subject_ipv4", Label: "subject", Title: "IPv4 subject address", Rank: 4}
	icmp6NIDataField  = Field{Label: "data", Title: "Data"}
)

var icmpv6ExtEcho = extEchoFields{
	id: &icmp6IDField, seq: &icmp6ExtSeqField, reqReserved: &icmp6ExtReqResField, local: &icmp6ExtLocalField,
	state: &icmp6ExtStateField, rspReserved: &icmp6ExtRspResField, active: &icmp6ExtActiveField,
	hasIPv4: &icmp6ExtHasIPv4Field, hasIPv6: &icmp6ExtHasIPv6Field,
}

// Fields describes the message to s, but for the data of echo messages and for the packet that an error or a redirect
// quotes. length is the message's length on the wire, sum the verdict on the checksum. A body without all of its
// fixed part is shown as bytes.
func (m ICMPv6) Fields(s Sink, length int, sum ChecksumResult) {
	t := m.Type()
	typ, code, codeName := &icmp6TypeField, &icmp6CodeField, t.CodeName(m.Code())
	if t.Name() != "" {
		typ = &icmp6TypeNameField
	}
	if codeName != "" {
		code = &icmp6CodeNameField
	}
	s.Enum(typ, icmp6Type, 1, uint64(t), t.Name())
	s.Enum(code, icmp6Code, 1, uint64(m.Code()), codeName)
	s.Checksum(&icmp6ChecksumField, icmp6Checksum, 2, m.Checksum(), sum)

	known := false
	switch t {
	case ICMPv6RouterSolicitation, ICMPv6InverseSolicitation, ICMPv6InverseAdvertisement:
		known = describeBody[RouterSolicitation](s, m)
	case ICMPv6RouterAdvertisement:
		known = describeBody[RouterAdvertisement](s, m)
	case ICMPv6NeighborSolicitation:
		known = describeBody[NeighborSolicitation](s, m)
	case ICMPv6NeighborAdvertisement:
		known = describeBody[NeighborAdvertisement](s, m)
	case ICMPv6Redirect:
		known = describeBody[NDPRedirect](s, m)
	case ICMPv6MLDQuery:
		known = describeBody[MLDv2Query](s, m) || describeBody[MLD](s, m)
	case ICMPv6MLDReport, ICMPv6MLDDone:
		known = describeBody[MLD](s, m)
	case ICMPv6MLDv2Report:
		known = describeBody[MLDv2Report](s, m)
	case ICMPv6NodeQuery, ICMPv6NodeReply:
		known = m.nodeFields(s)
	case ICMPv6RPL:
		m.rplFields(s)
		known = true
	default:
		known = m.wordFields(s, length)
	}
	if b := m[icmp6Body:m.described()]; !known && len(b) > 0 {
		s.Bytes(t.bodyField(), icmp6Body, len(b), b)
	}
}

// describeBody describes what follows the checksum of m, if all that is fixed of it is there.
func describeBody[V interface {
	~[]byte
	Check() error
	bodyFields(Sink)
}](s Sink, m ICMPv6) bool {
	v := V(m)
	if v.Check() != nil {
		return false
	}
	v.bodyFields(s)
	return true
}

// wordFields describes the body of types in which a word of 32 bits stands between the checksum and what varies
// in length, and reports whether m is of such a type and holds that word.
func (m ICMPv6) wordFields(s Sink, length int) bool {
	if len(m) < icmp6Data {
		return false
	}
	whole := length == len(m)
	switch m.Type() {
	case ICMPv6EchoRequest, ICMPv6EchoReply:
		s.Uint(&icmp6IDField, icmp6ID, 2, uint64(m.ID()))
		s.Uint(&icmp6SeqField, icmp6Seq, 2, uint64(m.Seq()))
		s.Uint(&icmp6LenField, 0, 0, uint64(length-icmp6Data))
	case ICMPv6Unreachable, ICMPv6TimeExceeded:
		off := icmp6QuoteLen
		if m.QuoteLen() != 0 {
			s.Uint(&icmp6QuoteWordsField, off, 1, uint64(m.QuoteLen()))
			off++
		}
		s.Bytes(&icmp6ReservedField, off, icmp6Data-off, m[off:icmp6Data])
		ICMPExtensions(m.Extensions()).fields(s, m.quoteEnd(), whole)
	case ICMPv6PacketTooBig:
		s.Uint(&icmp6MTUField, icmp6MTU, 4, uint64(m.MTU()))
	case ICMPv6ParameterProblem:
		s.Uint(&icmp6PointerField, icmp6Pointer, 4, uint64(m.Pointer()))
	case ICMPv6ExtendedEcho:
		icmpv6ExtEcho.push(s, m[:icmp6Data], false)
		ICMPExtensions(m[icmp6Data:]).fields(s, icmp6Data, whole)
	case ICMPv6ExtendedEchoReply:
		icmpv6ExtEcho.push(s, m[:icmp6Data], true)
		m.rest(s, icmp6Data)
	case ICMPv6RouterDiscovery:
		s.Uint(&icmp6MRDIntervalFld, 4, 2, uint64(binary.BigEndian.Uint16(m[4:])))
		s.Uint(&icmp6MRDRobustFld, 6, 2, uint64(binary.BigEndian.Uint16(m[6:])))
		m.rest(s, icmp6Data)
	default:
		return false
	}
	return true
}

// rest shows what follows a body that should end at off.
func (m ICMPv6) rest(s Sink, off int) {
	if off < len(m) {
		s.Bytes(&icmp6DataField, off, len(m)-off, m[off:])
	}
}

// nodeFields describes node information (RFC 4620), if all that is fixed of it is there: the question, its subject,
// and the answer as bytes.
func (m ICMPv6) nodeFields(s Sink) bool {
	if len(m) < icmp6NILen {
		return false
	}
	qtype := binary.BigEndian.Uint16(m[icmp6NIType:])
	flags := binary.BigEndian.Uint16(m[icmp6NIFlags:])
	s.Enum(&icmp6NITypeField, icmp6NIType, 2, uint64(qtype), nodeQueryName(qtype))
	s.Uint(&icmp6NIFlagsField, icmp6NIFlags, 2, uint64(flags))
	s.Begin(&icmp6NIFlagsField, icmp6NIFlags, 2)
	s.Uint(&icmp6NIResField, icmp6NIFlags, 2, uint64(flags>>6))
	for i, f := range [...]*Field{&icmp6NIGField, &icmp6NISField, &icmp6NILField, &icmp6NICField, &icmp6NIAField, &icmp6NITField} {
		s.Bool(f, icmp6NIFlags, 2, flags>>(5-i)&1 != 0)
	}
	s.End()
	s.Uint(&icmp6NINonceField, icmp6NINonce, 8, binary.BigEndian.Uint64(m[icmp6NINonce:]))
	const byIPv6, byIPv4 = 0, 2 // codes of a query
	d := m[icmp6NILen:]
	switch query := m.Type() == ICMPv6NodeQuery; {
	case query && m.Code() == byIPv6 && len(d) == 16:
		s.Addr(&icmp6NIAddrField, icmp6NILen, 16, netip.AddrFrom16([16]byte(d)))
	case query && m.Code() == byIPv4 && len(d) == 4:
		s.Addr(&icmp6NIAddr4Field, icmp6NILen, 4, netip.AddrFrom4([4]byte(d)))
	case len(d) > 0:
		s.Bytes(&icmp6NIDataField, icmp6NILen, len(d), d)
	}
	return true
}

func nodeQueryName(qtype uint16) string {
	names := [...]string{0: "NOOP", 2: "node name", 3: "node addresses", 4: "IPv4 addresses"}
	if int(qtype) < len(names) {
		return names[qtype]
	}
	return ""
}

// decodeICMPv6 leads from an error or a redirect to the packet that it quotes.
func decodeICMPv6(p *Packet, l *Layer, b []byte) LayerType {
	m := ICMPv6(b)
	if err := m.Check(); err != nil {
		return l.fail(err)
	}
	from, to := m.described(), len(m)
	l.Payload = l.Start + from
	switch t := m.Type(); {
	case t == ICMPv6Redirect:
		_, to = NDPRedirect(m).quoteSpan()
	case !t.hasQuote():
		return LayerData
	case from == icmp6Data:
		to = m.quoteEnd()
	}
	if from == to {
		return LayerNone
	}
	if to < len(m) {
		p.limitNext(to - from)
	}
	p.flagNext(Quoted)
	return LayerIPv6
}

func icmpv6Fields(p *Packet, l *Layer, s Sink) {
	m := ICMPv6(p.Bytes(l))
	m.Fields(s, l.Wire, p.transportChecksum(l, ProtoICMPv6, m, m.Checksum()))
}

// ICMPv6Header is the first eight bytes of an echo message or an error as a value. Of ID, Seq, MTU, Pointer and
// QuoteLen those mean something that the type has; the others are zero. Neighbor discovery has headers of its own.
type ICMPv6Header struct {
	Type     ICMPv6Type
	Code     uint8
	Checksum uint16
	ID, Seq  uint16
	MTU      uint32 // bytes
	Pointer  uint32 // offset in the quote, in bytes
	QuoteLen uint8  // words of 64 bits; see ICMPv6.QuoteLen
}

// Header gives the first eight bytes as a value.
func (m ICMPv6) Header() ICMPv6Header {
	h := ICMPv6Header{Type: m.Type(), Code: m.Code(), Checksum: m.Checksum()}
	switch m.Type() {
	case ICMPv6EchoRequest, ICMPv6EchoReply:
		h.ID, h.Seq = m.ID(), m.Seq()
	case ICMPv6PacketTooBig:
		h.MTU = m.MTU()
	case ICMPv6ParameterProblem:
		h.Pointer = m.Pointer()
	case ICMPv6Unreachable, ICMPv6TimeExceeded:
		h.QuoteLen = m.QuoteLen()
	}
	return h
}

// Append appends the wire form of h, eight bytes, to b and returns the extended slice. The checksum is written as
// it stands in h: compute it with FillChecksum when the rest of the message is known.
func (h *ICMPv6Header) Append(b []byte) []byte {
	b = append(b, uint8(h.Type), h.Code, uint8(h.Checksum>>8), uint8(h.Checksum))
	word := uint32(h.QuoteLen) << 24
	switch h.Type {
	case ICMPv6EchoRequest, ICMPv6EchoReply:
		word = uint32(h.ID)<<16 | uint32(h.Seq)
	case ICMPv6PacketTooBig:
		word = h.MTU
	case ICMPv6ParameterProblem:
		word = h.Pointer
	}
	return binary.BigEndian.AppendUint32(b, word)
}

// ICMPv6Type says what a message is (IANA "ICMPv6 Parameters").
type ICMPv6Type uint8

const (
	ICMPv6Unreachable           ICMPv6Type = 1
	ICMPv6PacketTooBig          ICMPv6Type = 2
	ICMPv6TimeExceeded          ICMPv6Type = 3
	ICMPv6ParameterProblem      ICMPv6Type = 4
	ICMPv6EchoRequest           ICMPv6Type = 128
	ICMPv6EchoReply             ICMPv6Type = 129
	ICMPv6MLDQuery              ICMPv6Type = 130 // RFC 2710, RFC 3810
	ICMPv6MLDReport             ICMPv6Type = 131 // RFC 2710
	ICMPv6MLDDone               ICMPv6Type = 132 // RFC 2710
	ICMPv6RouterSolicitation    ICMPv6Type = 133 // RFC 4861, as are the four that follow
	ICMPv6RouterAdvertisement   ICMPv6Type = 134
	ICMPv6NeighborSolicitation  ICMPv6Type = 135
	ICMPv6NeighborAdvertisement ICMPv6Type = 136
	ICMPv6Redirect              ICMPv6Type = 137
	ICMPv6RouterRenumbering     ICMPv6Type = 138 // RFC 2894
	ICMPv6NodeQuery             ICMPv6Type = 139 // RFC 4620
	ICMPv6NodeReply             ICMPv6Type = 140 // RFC 4620
	ICMPv6InverseSolicitation   ICMPv6Type = 141 // RFC 3122
	ICMPv6InverseAdvertisement  ICMPv6Type = 142 // RFC 3122
	ICMPv6MLDv2Report           ICMPv6Type = 143 // RFC 3810
	ICMPv6HomeAgentRequest      ICMPv6Type = 144 // RFC 6275
	ICMPv6HomeAgentReply        ICMPv6Type = 145 // RFC 6275
	ICMPv6MobilePrefixRequest   ICMPv6Type = 146 // RFC 6275
	ICMPv6MobilePrefix          ICMPv6Type = 147 // RFC 6275
	ICMPv6CertPathRequest       ICMPv6Type = 148 // RFC 3971
	ICMPv6CertPath              ICMPv6Type = 149 // RFC 3971
	ICMPv6Mobility              ICMPv6Type = 150 // RFC 4065
	ICMPv6RouterDiscovery       ICMPv6Type = 151 // RFC 4286
	ICMPv6RouterDiscoveryAsk    ICMPv6Type = 152 // RFC 4286
	ICMPv6RouterDiscoveryEnd    ICMPv6Type = 153 // RFC 4286
	ICMPv6FMIPv6                ICMPv6Type = 154 // RFC 5568
	ICMPv6RPL                   ICMPv6Type = 155 // RFC 6550
	ICMPv6Locator               ICMPv6Type = 156 // RFC 6743
	ICMPv6DuplicateRequest      ICMPv6Type = 157 // RFC 6775
	ICMPv6DuplicateConfirm      ICMPv6Type = 158 // RFC 6775
	ICMPv6MPL                   ICMPv6Type = 159 // RFC 7731
	ICMPv6ExtendedEcho          ICMPv6Type = 160 // RFC 8335
	ICMPv6ExtendedEchoReply     ICMPv6Type = 161 // RFC 8335
)

// Codes of ICMPv6Unreachable, ICMPv6TimeExceeded and ICMPv6ParameterProblem.
const (
	ICMPv6NoRoute            = 0
	ICMPv6AdminProhibited    = 1
	ICMPv6BeyondScope        = 2
	ICMPv6AddressUnreachable = 3
	ICMPv6PortUnreachable    = 4

	ICMPv6HopLimitExceeded   = 0
	ICMPv6ReassemblyExceeded = 1

	ICMPv6ErroneousHeader  = 0
	ICMPv6UnknownHeader    = 1
	ICMPv6UnknownOption    = 2
	ICMPv6IncompleteHeader = 3 // RFC 7112
)

var icmpv6TypeNames = [256]string{
	ICMPv6Unreachable: "destination unreachable", ICMPv6PacketTooBig: "packet too big", ICMPv6TimeExceeded: "time exceeded",
	ICMPv6ParameterProblem: "parameter problem", 100: "private experiment", 101: "private experiment",
	ICMPv6EchoRequest: "echo request", ICMPv6EchoReply: "echo reply", ICMPv6MLDQuery: "multicast listener query",
	ICMPv6MLDReport: "multicast listener report", ICMPv6MLDDone: "multicast listener done",
	ICMPv6RouterSolicitation: "router solicitation", ICMPv6RouterAdvertisement: "router advertisement",
	ICMPv6NeighborSolicitation: "neighbor solicitation", ICMPv6NeighborAdvertisement: "neighbor advertisement",
	ICMPv6Redirect: "redirect", ICMPv6RouterRenumbering: "router renumbering",
	ICMPv6NodeQuery: "node information query", ICMPv6NodeReply: "node information reply",
	ICMPv6InverseSolicitation: "inverse neighbor solicitation", ICMPv6InverseAdvertisement: "inverse neighbor advertisement",
	ICMPv6MLDv2Report: "multicast listener report v2", ICMPv6HomeAgentRequest: "home agent address discovery request",
	ICMPv6HomeAgentReply: "home agent address discovery reply", ICMPv6MobilePrefixRequest: "mobile prefix solicitation",
	ICMPv6MobilePrefix: "mobile prefix advertisement", ICMPv6CertPathRequest: "certification path solicitation",
	ICMPv6CertPath: "certification path advertisement", ICMPv6Mobility: "experimental mobility",
	ICMPv6RouterDiscovery: "multicast router advertisement", ICMPv6RouterDiscoveryAsk: "multicast router solicitation",
	ICMPv6RouterDiscoveryEnd: "multicast router termination", ICMPv6FMIPv6: "FMIPv6", ICMPv6RPL: "RPL control",
	ICMPv6Locator: "ILNPv6 locator update", ICMPv6DuplicateRequest: "duplicate address request",
	ICMPv6DuplicateConfirm: "duplicate address confirmation", ICMPv6MPL: "MPL control",
	ICMPv6ExtendedEcho: "extended echo request", ICMPv6ExtendedEchoReply: "extended echo reply",
	200: "private experiment", 201: "private experiment",
}

// icmpv6CodeNames lists the codes of the types that have any.
var icmpv6CodeNames = [256][]string{
	ICMPv6Unreachable: {
		"no route", "communication prohibited", "beyond scope of source", "address unreachable", "port unreachable",
		"source address failed policy", "route rejected", "error in source routing header", "headers too long",
	},
	ICMPv6TimeExceeded: {"hop limit exceeded in transit", "fragment reassembly time exceeded"},
	ICMPv6ParameterProblem: {
		"erroneous header field", "unrecognized next header", "unrecognized option", "incomplete header chain",
		"SR upper-layer header error", "next header unknown to a router", "extension header too big",
		"extension header chain too long", "too many extension headers", "too many options", "option too big",
	},
	ICMPv6RouterRenumbering: {0: "command", 1: "result", 255: "sequence number reset"},
	ICMPv6NodeQuery:         {"about IPv6 address", "about name", "about IPv4 address"},
	ICMPv6NodeReply:         {"success", "refused", "unknown query type"},
	ICMPv6RPL: {
		0: "DIS", 1: "DIO", 2: "DAO", 3: "DAO-ACK", 4: "DCO", 5: "DCO-ACK", 0x80: "secure DIS", 0x81: "secure DIO",
		0x82: "secure DAO", 0x83: "secure DAO-ACK", 0x84: "secure DCO", 0x85: "secure DCO-ACK", 0x8a: "consistency check",
	},
	ICMPv6ExtendedEchoReply: {
		1: "malformed query", 2: "no such interface", 3: "no such table entry", 4: "multiple interfaces satisfy query",
	},
}

// Name is the type's name, or "".
func (t ICMPv6Type) Name() string { return icmpv6TypeNames[t] }

// String is the name, or the number.
func (t ICMPv6Type) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// CodeName is the meaning of a code of this type, or "".
func (t ICMPv6Type) CodeName(code uint8) string {
	if names := icmpv6CodeNames[t]; int(code) < len(names) {
		return names[code]
	}
	return ""
}

// IsError reports whether messages of this type are errors, known or not, so that no error may answer them (RFC
// 4443 section 2.4). A redirect is none by its number, but must not be answered with one either.
func (t ICMPv6Type) IsError() bool { return t < 128 }

// isExperiment reports whether RFC 4443 leaves the type to private experiments.
func (t ICMPv6Type) isExperiment() bool { return t&^1 == 100 || t&^1 == 200 }

// hasQuote reports whether the packet that an error is about begins eight bytes into the message.
func (t ICMPv6Type) hasQuote() bool {
	return ICMPv6Unreachable <= t && t <= ICMPv6ParameterProblem
}

// isDescribed reports whether Fields knows what is in a body of this type.
func (t ICMPv6Type) isDescribed() bool {
	switch {
	case t.hasQuote(), ICMPv6EchoRequest <= t && t <= ICMPv6Redirect, ICMPv6NodeQuery <= t && t <= ICMPv6MLDv2Report:
		return true
	}
	return t == ICMPv6RouterDiscovery || t == ICMPv6ExtendedEcho || t == ICMPv6ExtendedEchoReply
}

// bodyField is what to call a body that is not described: because it is cut short, or because nothing here can.
func (t ICMPv6Type) bodyField() *Field {
	switch {
	case t.isDescribed():
		return &icmp6CutField
	case t.Name() == "" || t.isExperiment():
		return &icmp6DataField
	}
	return &icmp6OpaqueField
}
