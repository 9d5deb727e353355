package dissect

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// Offsets in an ICMPv4 message, and the length of the header that all of them have, in bytes. What is behind the
// checksum depends on the type; the names say what for.
const (
	icmpType      = 0
	icmpCode      = 1
	icmpChecksum  = 2
	icmpRest      = 4
	icmpID        = 4
	icmpSeq       = 6
	icmpQuoteLen  = 5
	icmpMTU       = 6
	icmpPointer   = 4
	icmpGateway   = 4
	icmpNumAddrs  = 4
	icmpEntrySize = 5
	icmpLifetime  = 6
	icmpBody      = 8

	ICMPv4HeaderLen = 8

	icmpTimestampLen  = 20
	icmpMaskLen       = 12
	icmpTracerouteLen = 20

	// icmpOldQuoteLen is how long a quote is that has extensions behind it and no length, as senders
	// wrote it before RFC 4884 gave the length a place (section 5.5).
	icmpOldQuoteLen = 128
)

// ICMPv4 is a view of an ICMP message (RFC 792).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|      Type      |      Code      |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|  Depends on the type: Identifier and Sequence Number of echo,  |
//	|    MTU, Pointer or Gateway of errors, ...                      |
//	+----------------------------------------------------------------+
//	|    Data of echo, the packet that an error is about, ...        |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them. Those that exist in some types only
// give meaningless values in others.
type ICMPv4 []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing. A body cut short
// is not an error; see CheckWhole.
func (m ICMPv4) Check() error {
	if len(m) < ICMPv4HeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the message: the fixed part of the body must be there too, and the
// beginning of a quoted packet with the eight bytes behind its header (RFC 792).
func (m ICMPv4) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if m.Type().IsError() {
		ip := IPv4(m.Quote())
		if err := ip.Check(); err != nil {
			return err
		}
		if n := ip.HeaderLen() + 8; len(ip) < n && len(ip) < ip.TotalLen() {
			return ErrTruncated
		}
		return nil
	}
	if len(m) < m.fixedLen() {
		return ErrTruncated
	}
	return nil
}

func (m ICMPv4) Type() ICMPv4Type { return ICMPv4Type(m[icmpType]) }
func (m ICMPv4) Code() uint8      { return m[icmpCode] }
func (m ICMPv4) Checksum() uint16 { return binary.BigEndian.Uint16(m[icmpChecksum:]) }

// ID and Seq tie a reply to its request: echo, timestamp, information and address mask.
func (m ICMPv4) ID() uint16  { return binary.BigEndian.Uint16(m[icmpID:]) }
func (m ICMPv4) Seq() uint16 { return binary.BigEndian.Uint16(m[icmpSeq:]) }

// MTU is the next hop's, in bytes, of an unreachable message with code ICMPv4FragNeeded (RFC 1191); zero
// from a router that does not say.
func (m ICMPv4) MTU() uint16 { return binary.BigEndian.Uint16(m[icmpMTU:]) }

// Pointer is the offset, in the quoted packet, of the byte that a parameter problem is about.
func (m ICMPv4) Pointer() uint8 { return m[icmpPointer] }

// Gateway is the router that a redirect recommends.
func (m ICMPv4) Gateway() netip.Addr { return netip.AddrFrom4([4]byte(m[icmpGateway:])) }

// QuoteLen is the length of the quote, in words of 32 bits, of an unreachable, time exceeded or parameter problem
// message with extensions behind it (RFC 4884). Zero means that the quote has no length of its own.
func (m ICMPv4) QuoteLen() uint8 { return m[icmpQuoteLen] }

// Data is what follows the header: of an echo message, what is to come back.
func (m ICMPv4) Data() []byte { return m[icmpBody:] }

// Quote is the packet that an error is about, or what the sender gave of it, and perhaps zeros behind it.
func (m ICMPv4) Quote() []byte { return m[icmpBody:m.quoteEnd()] }

// Extensions is what follows the quote of an error (RFC 4884); empty if nothing does.
func (m ICMPv4) Extensions() []byte { return m[m.quoteEnd():] }

func (m ICMPv4) quoteEnd() int {
	if !m.Type().hasExtensions() {
		return len(m)
	}
	if n := int(m.QuoteLen()) * 4; n != 0 {
		return min(icmpBody+n, len(m))
	}
	const end = icmpBody + icmpOldQuoteLen
	if len(m) <= end {
		return len(m)
	}
	quote, ext := IPv4(m[icmpBody:end]), ICMPExtensions(m[end:])
	if ext.Check() == nil && (quote.Check() == nil && quote.TotalLen() <= icmpOldQuoteLen || ext.ChecksumOK()) {
		return end
	}
	return len(m)
}

// Routers is how many routers an advertisement lists, as far as the slice goes, and the length of each entry
// in bytes: an address and a preference (RFC 1256).
func (m ICMPv4) Routers() (n, entryLen int) {
	if entryLen = int(m[icmpEntrySize]) * 4; entryLen < 8 {
		return 0, entryLen
	}
	return min(int(m[icmpNumAddrs]), (len(m)-icmpBody)/entryLen), entryLen
}

// fixedLen is the length of header and body for a type whose body has a length, and of the header for others.
func (m ICMPv4) fixedLen() int {
	switch m.Type() {
	case ICMPv4Timestamp, ICMPv4TimestampReply:
		return icmpTimestampLen
	case ICMPv4Mask, ICMPv4MaskReply:
		return icmpMaskLen
	case ICMPv4Traceroute:
		return icmpTracerouteLen
	}
	return ICMPv4HeaderLen
}

// described is how many bytes Fields describes before the data or the quote. A body cut short is left to be data.
func (m ICMPv4) described() int {
	switch m.Type() {
	case ICMPv4RouterAdvertisement:
		n, entryLen := m.Routers()
		return icmpBody + n*entryLen
	case ICMPv4ExtendedEcho:
		return len(m)
	}
	if n := m.fixedLen(); n <= len(m) {
		return n
	}
	return ICMPv4HeaderLen
}

// ChecksumOK reports whether the checksum is right. m must be the whole message and nothing more.
func (m ICMPv4) ChecksumOK() bool { return Sum(0).Add(m).Fold() == 0xffff }

// FillChecksum computes the checksum of the message, of which m holds the first bytes and payload the rest,
// and writes it.
func (m ICMPv4) FillChecksum(payload ...[]byte) {
	m.SetChecksum(0)
	sum := Sum(0).Add(m).addBehind(len(m), payload)
	m.SetChecksum(sum.Checksum())
}

func (m ICMPv4) SetType(t ICMPv4Type) { m[icmpType] = uint8(t) }
func (m ICMPv4) SetChecksum(v uint16) { binary.BigEndian.PutUint16(m[icmpChecksum:], v) }

var (
	icmpTypeField       = Field{Name: "icmp.type", Label: "type", Title: "Type", Rank: 1}
	icmpTypeNameField   = Field{Name: "icmp.type", Label: "type", Title: "Type", Rank: 1, Form: FormBare}
	icmpCodeField       = Field{Name: "icmp.code", Label: "code", Title: "Code", Rank: 2, Form: FormNonzero}
	icmpCodeNameField   = Field{Name: "icmp.code", Label: "code", Title: "Code", Rank: 2, Form: FormParen}
	icmpChecksumField   = Field{Name: "icmp.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	icmpUnusedField     = Field{Name: "icmp.unused", Label: "unused", Title: "Unused"}
	icmpZeroField       = Field{Label: "reserved", Title: "Reserved"}
	icmpIDField         = Field{Name: "icmp.ident", Label: "id", Title: "Identifier", Rank: 3}
	icmpSeqField        = Field{Name: "icmp.seq", Label: "seq", Title: "Sequence Number", Rank: 4}
	icmpMTUField        = Field{Name: "icmp.mtu", Label: "mtu", Title: "MTU of next hop", Rank: 3}
	icmpPointerField    = Field{Name: "icmp.pointer", Label: "pointer", Title: "Pointer", Rank: 3}
	icmpGatewayField    = Field{Name: "icmp.redir_gw", Label: "gateway", Title: "Gateway Address", Rank: 3}
	icmpQuoteWordsField = Field{Name: "icmp.length", Label: "words", Title: "Length of original datagram in 4 octets"}
	icmpQuoteLenField   = Field{Name: "icmp.length.original_datagram", Label: "length", Title: "Length of original datagram"}
	icmpNumAddrsField   = Field{Name: "icmp.num_addrs", Label: "routers", Title: "Number of addresses", Rank: 3}
	icmpEntrySizeField  = Field{Name: "icmp.addr_entry_size", Label: "size", Title: "Address entry size in 4 octets"}
	icmpLifetimeField   = Field{Name: "icmp.lifetime", Label: "lifetime", Title: "Lifetime (s)", Rank: 4}
	icmpRouterField     = Field{Name: "icmp.router_address", Label: "router", Title: "Router address", Rank: 5}
	icmpPrefField       = Field{Name: "icmp.pref_level", Label: "pref", Title: "Preference level", Rank: 5}
	icmpNegPrefField    = Field{Label: "pref", Title: "Preference level, negative", Base: Hex, Rank: 5}
	icmpEntryRestField  = Field{Label: "rest", Title: "Rest of the entry"}
	icmpDataTimeField   = Field{Name: "icmp.data_time", Label: "sent", Title: "Time in the data"}
	icmpOriginateField  = Field{Name: "icmp.originate_timestamp", Label: "originate", Title: "Originate Timestamp (ms since midnight UTC)", Rank: 5}
	icmpReceiveField    = Field{Name: "icmp.receive_timestamp", Label: "receive", Title: "Receive Timestamp (ms since midnight UTC)", Rank: 5}
	icmpTransmitField   = Field{Name: "icmp.transmit_timestamp", Label: "transmit", Title: "Transmit Timestamp (ms since midnight UTC)", Rank: 5}
	icmpMaskField       = Field{Name: "icmp.address_mask", Label: "mask", Title: "Address Mask", Rank: 5}
	icmpHopsOutField    = Field{Label: "hops-out", Title: "Outbound hop count", Rank: 4}
	icmpHopsBackField   = Field{Label: "hops-back", Title: "Return hop count", Rank: 4}
	icmpSpeedField      = Field{Label: "speed", Title: "Output link speed (byte/s)", Rank: 4}
	icmpLinkMTUField    = Field{Label: "mtu", Title: "Output link MTU", Rank: 4}
	icmpTraceIDField    = Field{Label: "id", Title: "Identifier", Rank: 3}
	icmpRestField       = Field{Label: "rest", Title: "Rest of header"}
	icmpLenField        = Field{Label: "len", Title: "Length of data", Rank: 6}

	icmpExtSeqField     = Field{Name: "icmp.ext.echo.seq", Label: "seq", Title: "Sequence Number", Rank: 4}
	icmpExtReqResField  = Field{Name: "icmp.ext.echo.req.res", Label: "reserved", Title: "Reserved", Mask: 0xfe, Base: Hex}
	icmpExtLocalField   = Field{Name: "icmp.ext.echo.req.local", Label: "local", Title: "Local bit", Mask: 0x01, Rank: 5, Form: FormFlag}
	icmpExtStateField   = Field{Name: "icmp.ext.echo.rsp.state", Label: "state", Title: "State", Mask: 0xe0, Rank: 5}
	icmpExtRspResField  = Field{Name: "icmp.ext.echo.rsp.res", Label: "reserved", Title: "Reserved", Mask: 0x18, Base: Hex}
	icmpExtActiveField  = Field{Name: "icmp.ext.echo.rsp.active", Label: "active", Title: "Active bit", Mask: 0x04, Rank: 5, Form: FormFlag}
	icmpExtHasIPv4Field = Field{Name: "icmp.ext.echo.rsp.ipv4", Label: "ipv4", Title: "IPv4 bit", Mask: 0x02, Rank: 5, Form: FormFlag}
	icmpExtHasIPv6Field = Field{Name: "icmp.ext.echo.rsp.ipv6", Label: "ipv6", Title: "IPv6 bit", Mask: 0x01, Rank: 5, Form: FormFlag}
)

var icmpv4ExtEcho = extEchoFields{
	id: &icmpIDField, seq: &icmpExtSeqField, reqReserved: &icmpExtReqResField, local: &icmpExtLocalField,
	state: &icmpExtStateField, rspReserved: &icmpExtRspResField, active: &icmpExtActiveField,
	hasIPv4: &icmpExtHasIPv4Field, hasIPv6: &icmpExtHasIPv6Field,
}

// Fields describes the message to s, but for data and for the packet that an error quotes. length is the
// message's length on the wire, sum the verdict on the checksum.
func (m ICMPv4) Fields(s Sink, length int, sum ChecksumResult) {
	t := m.Type()
	typ, code, codeName := &icmpTypeField, &icmpCodeField, t.CodeName(m.Code())
	if t.Name() != "" {
		typ = &icmpTypeNameField
	}
	if codeName != "" {
		code = &icmpCodeNameField
	}
	s.Enum(typ, icmpType, 1, uint64(t), t.Name())
	s.Enum(code, icmpCode, 1, uint64(m.Code()), codeName)
	s.Checksum(&icmpChecksumField, icmpChecksum, 2, m.Checksum(), sum)

	switch t {
	case ICMPv4EchoRequest, ICMPv4EchoReply:
		m.idFields(s)
		s.Uint(&icmpLenField, 0, 0, uint64(length-ICMPv4HeaderLen))
	case ICMPv4Timestamp, ICMPv4TimestampReply, ICMPv4Information, ICMPv4InformationReply, ICMPv4Mask, ICMPv4MaskReply:
		m.idFields(s)
	case ICMPv4Unreachable, ICMPv4TimeExceeded:
		off := m.quoteLenFields(s, icmpRest)
		if t == ICMPv4Unreachable && m.Code() == ICMPv4FragNeeded {
			m.unused(s, off, icmpMTU)
			s.Uint(&icmpMTUField, icmpMTU, 2, uint64(m.MTU()))
		} else {
			m.unused(s, off, icmpBody)
		}
	case ICMPv4ParameterProblem:
		s.Uint(&icmpPointerField, icmpPointer, 1, uint64(m.Pointer()))
		m.unused(s, m.quoteLenFields(s, icmpPointer+1), icmpBody)
	case ICMPv4SourceQuench, ICMPv4RouterSolicitation:
		s.Bytes(&icmpZeroField, icmpRest, 4, m[icmpRest:icmpBody])
	case ICMPv4Redirect:
		s.Addr(&icmpGatewayField, icmpGateway, 4, m.Gateway())
	case ICMPv4RouterAdvertisement:
		m.routerFields(s)
	case ICMPv4Traceroute:
		s.Uint(&icmpTraceIDField, icmpID, 2, uint64(m.ID()))
		s.Bytes(&icmpZeroField, icmpSeq, 2, m[icmpSeq:icmpBody])
	case ICMPv4ExtendedEcho, ICMPv4ExtendedEchoReply:
		icmpv4ExtEcho.push(s, m[:icmpBody], t == ICMPv4ExtendedEchoReply)
	default:
		s.Bytes(&icmpRestField, icmpRest, 4, m[icmpRest:icmpBody])
	}

	if m.described() == m.fixedLen() {
		m.bodyFields(s)
	}
	switch {
	case t.hasExtensions():
		ICMPExtensions(m.Extensions()).fields(s, m.quoteEnd(), length == len(m))
	case t == ICMPv4ExtendedEcho:
		ICMPExtensions(m[icmpBody:]).fields(s, icmpBody, length == len(m))
	}
}

// quoteLenFields describes the length of the quote, if there is one, and the unused bytes between off and it. It
// returns the offset behind what it described.
func (m ICMPv4) quoteLenFields(s Sink, off int) int {
	if m.QuoteLen() == 0 {
		return off
	}
	m.unused(s, off, icmpQuoteLen)
	s.Uint(&icmpQuoteWordsField, icmpQuoteLen, 1, uint64(m.QuoteLen()))
	s.Uint(&icmpQuoteLenField, 0, 0, uint64(m.QuoteLen())*4)
	return icmpQuoteLen + 1
}

func (m ICMPv4) unused(s Sink, from, to int) {
	if from < to {
		s.Bytes(&icmpUnusedField, from, to-from, m[from:to])
	}
}

func (m ICMPv4) idFields(s Sink) {
	s.Uint(&icmpIDField, icmpID, 2, uint64(m.ID()))
	s.Uint(&icmpSeqField, icmpSeq, 2, uint64(m.Seq()))
}

// bodyFields describes what follows the header in types that have a body of a fixed length, all of it there.
func (m ICMPv4) bodyFields(s Sink) {
	switch m.Type() {
	case ICMPv4Timestamp, ICMPv4TimestampReply:
		for i, f := range [...]*Field{&icmpOriginateField, &icmpReceiveField, &icmpTransmitField} {
			off := icmpBody + 4*i
			s.Uint(f, off, 4, uint64(binary.BigEndian.Uint32(m[off:])))
		}
	case ICMPv4Mask, ICMPv4MaskReply:
		s.Addr(&icmpMaskField, icmpBody, 4, netip.AddrFrom4([4]byte(m[icmpBody:])))
	case ICMPv4Traceroute:
		s.Uint(&icmpHopsOutField, icmpBody, 2, uint64(binary.BigEndian.Uint16(m[icmpBody:])))
		s.Uint(&icmpHopsBackField, icmpBody+2, 2, uint64(binary.BigEndian.Uint16(m[icmpBody+2:])))
		s.Uint(&icmpSpeedField, icmpBody+4, 4, uint64(binary.BigEndian.Uint32(m[icmpBody+4:])))
		s.Uint(&icmpLinkMTUField, icmpBody+8, 4, uint64(binary.BigEndian.Uint32(m[icmpBody+8:])))
	}
}

func (m ICMPv4) routerFields(s Sink) {
	s.Uint(&icmpNumAddrsField, icmpNumAddrs, 1, uint64(m[icmpNumAddrs]))
	s.Uint(&icmpEntrySizeField, icmpEntrySize, 1, uint64(m[icmpEntrySize]))
	s.Uint(&icmpLifetimeField, icmpLifetime, 2, uint64(binary.BigEndian.Uint16(m[icmpLifetime:])))
	n, entryLen := m.Routers()
	for i := range n {
		off := icmpBody + i*entryLen
		s.Addr(&icmpRouterField, off, 4, netip.AddrFrom4([4]byte(m[off:])))
		// The preference is a signed number, and the sink has none of these: a negative one is shown as it is sent.
		pref, f := binary.BigEndian.Uint32(m[off+4:]), &icmpPrefField
		if int32(pref) < 0 {
			f = &icmpNegPrefField
		}
		s.Uint(f, off+4, 4, uint64(pref))
		if entryLen > 8 {
			s.Bytes(&icmpEntryRestField, off+8, entryLen-8, m[off+8:off+entryLen])
		}
	}
}

// decodeICMPv4 leads from an error to the packet that it quotes.
func decodeICMPv4(p *Packet, l *Layer, b []byte) LayerType {
	m := ICMPv4(b)
	if err := m.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + m.described()
	if !m.Type().IsError() {
		if _, ok := p.echoTime(m); ok {
			l.Payload += icmpTimeLen
		}
		return LayerData
	}
	quote := m.Quote()
	if len(quote) == 0 {
		return LayerNone
	}
	if len(m.Extensions()) > 0 {
		p.limitNext(len(quote))
	}
	p.flagNext(Quoted)
	return LayerIPv4
}

func icmpv4Fields(p *Packet, l *Layer, s Sink) {
	m := ICMPv4(p.Bytes(l))
	m.Fields(s, l.Wire, icmpv4Verdict(l, m))
	if t, ok := p.echoTime(m); ok {
		s.Text(&icmpDataTimeField, icmpBody, icmpTimeLen, t.AppendFormat(p.scratch[:0], "Jan _2, 2006 15:04:05.000000000 UTC"))
	}
}

const (
	icmpTimeLen = 8              // seconds and microseconds, 32 bits each
	icmpTimeOff = 24 * time.Hour // how far from the time of capture what is taken for a time may be
)

// echoTime gives the time that ping puts at the start of an echo's data, in the byte order of its machine. Where the frame's own
// time is not known, nothing tells it from other data.
func (p *Packet) echoTime(m ICMPv4) (time.Time, bool) {
	if t := m.Type(); t != ICMPv4EchoRequest && t != ICMPv4EchoReply || p.Time == 0 || len(m) < icmpBody+icmpTimeLen {
		return time.Time{}, false
	}
	const limit = int64(icmpTimeOff / time.Second)
	now := p.Time / int64(time.Second)
	for _, order := range [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		sec, usec := int64(order.Uint32(m[icmpBody:])), int64(order.Uint32(m[icmpBody+4:]))
		if off := sec - now; usec < int64(time.Second/time.Microsecond) && -limit < off && off < limit {
			return time.Unix(sec, usec*int64(time.Microsecond)).UTC(), true
		}
	}
	return time.Time{}, false
}

// icmpv4Verdict judges the checksum of the message m, which layer l is.
func icmpv4Verdict(l *Layer, m ICMPv4) ChecksumResult {
	if l.Truncated() || l.Flags&Fragmented != 0 {
		return ChecksumResult{}
	}
	sum := Sum(0).Add(m)
	if sum.Fold() == 0xffff {
		return ChecksumResult{ChecksumGood, m.Checksum()}
	}
	return ChecksumResult{ChecksumBad, sum.AddUint16(^m.Checksum()).Checksum()}
}

// ICMPv4Header is the first eight bytes of an ICMP message as a value: of the types that a host sends. Of ID, Seq,
// MTU, Pointer and Gateway those mean something that the type has; the others are zero.
type ICMPv4Header struct {
	Type     ICMPv4Type
	Code     uint8
	Checksum uint16
	ID, Seq  uint16
	MTU      uint16     // bytes
	Pointer  uint8      // offset in the quote, in bytes
	Gateway  netip.Addr // of redirects only
	QuoteLen uint8      // words of 32 bits; see ICMPv4.QuoteLen
}

// Header gives the first eight bytes as a value.
func (m ICMPv4) Header() ICMPv4Header {
	h := ICMPv4Header{Type: m.Type(), Code: m.Code(), Checksum: m.Checksum()}
	switch t := m.Type(); {
	case t.hasID():
		h.ID, h.Seq = m.ID(), m.Seq()
	case t == ICMPv4Redirect:
		h.Gateway = m.Gateway()
	case t.hasExtensions():
		h.QuoteLen = m.QuoteLen()
		if t == ICMPv4Unreachable && h.Code == ICMPv4FragNeeded {
			h.MTU = m.MTU()
		}
		if t == ICMPv4ParameterProblem {
			h.Pointer = m.Pointer()
		}
	}
	return h
}

// Append appends the wire form of h, eight bytes, to b and returns the extended slice. The checksum is written as
// it stands in h: compute it with FillChecksum when the rest of the message is known.
func (h *ICMPv4Header) Append(b []byte) []byte {
	b = append(b, uint8(h.Type), h.Code, uint8(h.Checksum>>8), uint8(h.Checksum))
	switch {
	case h.Type.hasID():
		b = binary.BigEndian.AppendUint16(b, h.ID)
		return binary.BigEndian.AppendUint16(b, h.Seq)
	case h.Type == ICMPv4Redirect && h.Gateway.Is4():
		a := h.Gateway.As4()
		return append(b, a[:]...)
	}
	return append(b, h.Pointer, h.QuoteLen, uint8(h.MTU>>8), uint8(h.MTU))
}

// ICMPv4Type says what a message is (IANA "ICMP Type Numbers"). RFC 6918 deprecates the types 6, 15 to 18 and 30 to 39.
type ICMPv4Type uint8

const (
	ICMPv4EchoReply           ICMPv4Type = 0
	ICMPv4Unreachable         ICMPv4Type = 3
	ICMPv4SourceQuench        ICMPv4Type = 4 // deprecated by RFC 6633: to be ignored
	ICMPv4Redirect            ICMPv4Type = 5
	ICMPv4AlternateHost       ICMPv4Type = 6
	ICMPv4EchoRequest         ICMPv4Type = 8
	ICMPv4RouterAdvertisement ICMPv4Type = 9  // RFC 1256
	ICMPv4RouterSolicitation  ICMPv4Type = 10 // RFC 1256
	ICMPv4TimeExceeded        ICMPv4Type = 11
	ICMPv4ParameterProblem    ICMPv4Type = 12
	ICMPv4Timestamp           ICMPv4Type = 13
	ICMPv4TimestampReply      ICMPv4Type = 14
	ICMPv4Information         ICMPv4Type = 15
	ICMPv4InformationReply    ICMPv4Type = 16
	ICMPv4Mask                ICMPv4Type = 17 // RFC 950
	ICMPv4MaskReply           ICMPv4Type = 18 // RFC 950
	ICMPv4Traceroute          ICMPv4Type = 30 // RFC 1393
	ICMPv4ConversionError     ICMPv4Type = 31
	ICMPv4MobileRedirect      ICMPv4Type = 32
	ICMPv4WhereAreYou         ICMPv4Type = 33
	ICMPv4IAmHere             ICMPv4Type = 34
	ICMPv4MobileRegistration  ICMPv4Type = 35
	ICMPv4MobileReply         ICMPv4Type = 36
	ICMPv4DomainName          ICMPv4Type = 37
	ICMPv4DomainNameReply     ICMPv4Type = 38
	ICMPv4SKIP                ICMPv4Type = 39
	ICMPv4Photuris            ICMPv4Type = 40 // RFC 2521
	ICMPv4Mobility            ICMPv4Type = 41 // RFC 4065
	ICMPv4ExtendedEcho        ICMPv4Type = 42 // RFC 8335
	ICMPv4ExtendedEchoReply   ICMPv4Type = 43 // RFC 8335
	ICMPv4Experiment1         ICMPv4Type = 253
	ICMPv4Experiment2         ICMPv4Type = 254
)

// Codes of ICMPv4Unreachable.
const (
	ICMPv4NetUnreachable      = 0
	ICMPv4HostUnreachable     = 1
	ICMPv4ProtocolUnreachable = 2
	ICMPv4PortUnreachable     = 3
	ICMPv4FragNeeded          = 4 // and Don't Fragment set
	ICMPv4SourceRouteFailed   = 5
	ICMPv4AdminProhibited     = 13 // RFC 1812
)

// Codes of ICMPv4TimeExceeded and of ICMPv4ParameterProblem.
const (
	ICMPv4TTLExceeded        = 0
	ICMPv4ReassemblyExceeded = 1

	ICMPv4PointerProblem = 0
	ICMPv4MissingOption  = 1
	ICMPv4BadLength      = 2
)

var icmpv4TypeNames = [256]string{
	ICMPv4EchoReply: "echo reply", ICMPv4Unreachable: "destination unreachable", ICMPv4SourceQuench: "source quench",
	ICMPv4Redirect: "redirect", ICMPv4AlternateHost: "alternate host address", ICMPv4EchoRequest: "echo request",
	ICMPv4RouterAdvertisement: "router advertisement", ICMPv4RouterSolicitation: "router solicitation",
	ICMPv4TimeExceeded: "time exceeded", ICMPv4ParameterProblem: "parameter problem",
	ICMPv4Timestamp: "timestamp request", ICMPv4TimestampReply: "timestamp reply",
	ICMPv4Information: "information request", ICMPv4InformationReply: "information reply",
	ICMPv4Mask: "address mask request", ICMPv4MaskReply: "address mask reply", ICMPv4Traceroute: "traceroute",
	ICMPv4ConversionError: "datagram conversion error", ICMPv4MobileRedirect: "mobile host redirect",
	ICMPv4WhereAreYou: "IPv6 where-are-you", ICMPv4IAmHere: "IPv6 i-am-here",
	ICMPv4MobileRegistration: "mobile registration request", ICMPv4MobileReply: "mobile registration reply",
	ICMPv4DomainName: "domain name request", ICMPv4DomainNameReply: "domain name reply", ICMPv4SKIP: "SKIP",
	ICMPv4Photuris: "security failure", ICMPv4Mobility: "experimental mobility",
	ICMPv4ExtendedEcho: "extended echo request", ICMPv4ExtendedEchoReply: "extended echo reply",
	ICMPv4Experiment1: "experiment 1", ICMPv4Experiment2: "experiment 2",
}

// icmpv4CodeNames lists the codes of the types that have any.
var icmpv4CodeNames = [256][]string{
	ICMPv4Unreachable: {
		"net unreachable", "host unreachable", "protocol unreachable", "port unreachable", "fragmentation needed",
		"source route failed", "net unknown", "host unknown", "source host isolated", "net prohibited",
		"host prohibited", "net unreachable for TOS", "host unreachable for TOS", "communication prohibited",
		"host precedence violation", "precedence cutoff",
	},
	ICMPv4Redirect:            {"for net", "for host", "for TOS and net", "for TOS and host"},
	ICMPv4RouterAdvertisement: {16: "does not route common traffic"}, // RFC 5944
	ICMPv4TimeExceeded:        {"TTL exceeded in transit", "fragment reassembly time exceeded"},
	ICMPv4ParameterProblem:    {"pointer indicates the error", "required option missing", "bad length"},
	ICMPv4Photuris: {
		"bad SPI", "authentication failed", "decompression failed", "decryption failed", "need authentication",
		"need authorization",
	},
	ICMPv4ExtendedEchoReply: {
		1: "malformed query", 2: "no such interface", 3: "no such table entry", 4: "multiple interfaces satisfy query",
	},
}

// Name is the type's name, or "".
func (t ICMPv4Type) Name() string { return icmpv4TypeNames[t] }

// String is the name, or the number.
func (t ICMPv4Type) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// CodeName is the meaning of a code of this type, or "".
func (t ICMPv4Type) CodeName(code uint8) string {
	if names := icmpv4CodeNames[t]; int(code) < len(names) {
		return names[code]
	}
	return ""
}

// IsError reports whether a message of this type quotes a packet that went wrong, so that no error may answer it
// (RFC 1122 section 3.2.2).
func (t ICMPv4Type) IsError() bool {
	switch t {
	case ICMPv4Unreachable, ICMPv4SourceQuench, ICMPv4Redirect, ICMPv4TimeExceeded, ICMPv4ParameterProblem:
		return true
	}
	return false
}

// hasExtensions reports whether extensions may follow the quote (RFC 4884 section 4).
func (t ICMPv4Type) hasExtensions() bool {
	return t == ICMPv4Unreachable || t == ICMPv4TimeExceeded || t == ICMPv4ParameterProblem
}

// hasID reports whether ID and Seq follow the checksum.
func (t ICMPv4Type) hasID() bool {
	switch t {
	case ICMPv4EchoReply, ICMPv4EchoRequest, ICMPv4Timestamp, ICMPv4TimestampReply, ICMPv4Information,
		ICMPv4InformationReply, ICMPv4Mask, ICMPv4MaskReply:
		return true
	}
	return false
}
