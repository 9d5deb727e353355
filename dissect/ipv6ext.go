package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in IPv6 extension headers, and lengths, in bytes. The first byte of each is the Next Header; the
// second of all but Fragment a length.
const (
	ipv6ExtNext = 0
	ipv6ExtLen  = 1

	routingType     = 2
	routingSegments = 3
	routingData     = 4
	routingAddrs    = 8 // in the types that have addresses
	srhLastEntry    = 4
	srhFlags        = 5
	srhTag          = 6

	fragReserved = 1
	fragOffset   = 2
	fragID       = 4

	ahReserved = 2
	ahSPI      = 4
	ahSeq      = 8
	ahICV      = 12

	IPv6FragmentLen = 8
	AHMinLen        = 12
)

// IsIPv6Extension reports whether p numbers an extension header that NextIPv6Header can step over.
// Not among them is ESP, behind which nothing can be read.
func (p IPProto) IsIPv6Extension() bool {
	switch p {
	case ProtoHopByHop, ProtoRouting, ProtoFragment, ProtoAH, ProtoDestOpts:
		return true
	}
	return false
}

// IPv6Ext is one extension header of whatever kind, without what follows it.
type IPv6Ext []byte

// NextHeader says what follows.
func (h IPv6Ext) NextHeader() IPProto { return IPProto(h[ipv6ExtNext]) }

// NextIPv6Header splits the extension header of kind p, for which p.IsIPv6Extension() holds, off b, so that a
// packet's chain is walked like this:
//
//	for proto, b := ip.NextHeader(), ip.Payload(); proto.IsIPv6Extension(); {
//		h, rest, err := NextIPv6Header(proto, b)
//		...
//		proto, b = h.NextHeader(), rest
//	}
//
// Behind the header of a fragment that is not the first, rest is no header whatever NextHeader says.
// ErrTruncated means that bytes of the header are missing, ErrMalformed that it says it is shorter than it can be.
func NextIPv6Header(p IPProto, b []byte) (h IPv6Ext, rest []byte, err error) {
	n, err := ipv6ExtHeaderLen(p, b)
	if err != nil {
		return nil, nil, err
	}
	return IPv6Ext(b[:n]), b[n:], nil
}

// ipv6ExtHeaderLen is the length of the header of kind p at the start of b, in bytes.
func ipv6ExtHeaderLen(p IPProto, b []byte) (n int, err error) {
	if len(b) < IPv6FragmentLen {
		return 0, ErrTruncated // no extension header is shorter
	}
	switch p {
	case ProtoFragment:
		n = IPv6FragmentLen
	case ProtoAH:
		n = (int(b[ipv6ExtLen]) + 2) * 4 // RFC 4302 counts in words of 32 bits
		if n < AHMinLen {
			return 0, ErrMalformed
		}
	default:
		n = (int(b[ipv6ExtLen]) + 1) * 8
	}
	if n > len(b) {
		return 0, ErrTruncated
	}
	return n, nil
}

// decodeIPv6Ext reads a header of kind proto whose next header is all that decides what follows.
func decodeIPv6Ext(p *Packet, l *Layer, b []byte, proto IPProto) LayerType {
	h, _, err := NextIPv6Header(proto, b)
	if err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + len(h)
	return h.NextHeader().layer()
}

// IPv6Options is a view of a Hop-by-Hop Options or a Destination Options header (RFC 8200 sections 4.3 and 4.6),
// which have one form.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|  Next Header   |  Hdr Ext Len   |                              |
//	+----------------+----------------+                              +
//	|               Options, up to a multiple of 8 octets            |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type IPv6Options []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing. The options are not
// looked at.
func (h IPv6Options) Check() error {
	_, err := ipv6ExtHeaderLen(ProtoHopByHop, h)
	return err
}

// CheckWhole is Check for a host that received the packet: each option must fit, or it is ErrMalformed.
func (h IPv6Options) CheckWhole() error {
	if err := h.Check(); err != nil {
		return err
	}
	for b := h.Options(); len(b) > 0; {
		_, rest, err := NextIPv6Option(b)
		if err != nil {
			return ErrMalformed
		}
		b = rest
	}
	return nil
}

func (h IPv6Options) NextHeader() IPProto { return IPProto(h[ipv6ExtNext]) }

// HeaderLen is the length of the header in bytes.
func (h IPv6Options) HeaderLen() int { return (int(h[ipv6ExtLen]) + 1) * 8 }

// Options is the part of the header behind its first two bytes; walk it with NextIPv6Option.
func (h IPv6Options) Options() []byte { return h[2:h.HeaderLen()] }

// HomeAddress is the address of a mobile node that is away from home (RFC 6275 section 6.3); ok is false if no option
// gives one.
func (h IPv6Options) HomeAddress() (a netip.Addr, ok bool) {
	for b := h.Options(); len(b) > 0; {
		o, rest, err := NextIPv6Option(b)
		if err != nil {
			break
		}
		if d := o.Data(); o.Type() == IPv6OptHomeAddress && len(d) == 16 {
			return netip.AddrFrom16([16]byte(d)), true
		}
		b = rest
	}
	return netip.Addr{}, false
}

// Payload is what follows the header.
func (h IPv6Options) Payload() []byte { return h[h.HeaderLen():] }

// ipv6ExtFields are the fields that most extension headers begin with, under names of their own.
type ipv6ExtFields struct{ next, length, octets Field }

func makeIPv6ExtFields(name string) ipv6ExtFields {
	return ipv6ExtFields{
		next:   Field{Name: name + ".nxt", Label: "next", Title: "Next Header", Rank: 1},
		length: Field{Name: name + ".len", Label: "hlen", Title: "Length in 8 octets, the first not counted"},
		octets: Field{Name: name + ".len_oct", Label: "octets", Title: "Length"},
	}
}

func (f *ipv6ExtFields) push(s Sink, h []byte) {
	next := IPProto(h[ipv6ExtNext])
	s.Enum(&f.next, ipv6ExtNext, 1, uint64(next), next.Name())
	s.Uint(&f.length, ipv6ExtLen, 1, uint64(h[ipv6ExtLen]))
	s.Uint(&f.octets, 0, 0, uint64(h[ipv6ExtLen])*8+8)
}

var (
	hopByHopExtFields = makeIPv6ExtFields("ipv6.hopopts")
	destOptsExtFields = makeIPv6ExtFields("ipv6.dstopts")
	routingExtFields  = makeIPv6ExtFields("ipv6.routing")
)

// Fields describes the header to s. The names of its first fields depend on kind, ProtoHopByHop or ProtoDestOpts.
func (h IPv6Options) Fields(s Sink, kind IPProto) {
	f := &hopByHopExtFields
	if kind == ProtoDestOpts {
		f = &destOptsExtFields
	}
	f.push(s, h)
	h.optionFields(s)
}

func decodeHopByHop(p *Packet, l *Layer, b []byte) LayerType {
	return decodeIPv6Ext(p, l, b, ProtoHopByHop)
}
func decodeDestOpts(p *Packet, l *Layer, b []byte) LayerType {
	return decodeIPv6Ext(p, l, b, ProtoDestOpts)
}

func hopByHopFields(p *Packet, l *Layer, s Sink) { IPv6Options(p.Bytes(l)).Fields(s, ProtoHopByHop) }
func destOptsFields(p *Packet, l *Layer, s Sink) { IPv6Options(p.Bytes(l)).Fields(s, ProtoDestOpts) }

// IPv6OptionsHeader is a Hop-by-Hop Options or a Destination Options header as a value.
type IPv6OptionsHeader struct {
	NextHeader IPProto
	Options    IPv6OptionList
}

// Header gives the header as a value.
func (h IPv6Options) Header() IPv6OptionsHeader {
	return IPv6OptionsHeader{h.NextHeader(), MakeIPv6OptionList(h.Options())}
}

// HeaderLen is the length of the header's wire form in bytes.
func (h *IPv6OptionsHeader) HeaderLen() int { return (2 + int(h.Options.n) + 7) &^ 7 }

// Append appends the wire form of h, filled up to 8 bytes with Pad1 or PadN, to b and returns the extended slice.
func (h *IPv6OptionsHeader) Append(b []byte) []byte {
	b = append(b, uint8(h.NextHeader), uint8(h.HeaderLen()/8-1))
	b = append(b, h.Options.Bytes()...)
	switch pad := h.HeaderLen() - 2 - int(h.Options.n); pad {
	case 0:
	case 1:
		b = append(b, byte(IPv6OptPad1))
	default:
		b = append(b, byte(IPv6OptPadN), byte(pad-2))
		b = append(b, make([]byte, pad-2)...)
	}
	return b
}

// IPv6Routing is a view of a Routing header (RFC 8200 section 4.4). What follows Segments Left depends on the type.
//
//	 0              7 8             15 16           23 24           31
//	+----------------+----------------+---------------+--------------+
//	|  Next Header   |  Hdr Ext Len   | Routing Type  |Segments Left |
//	+----------------+----------------+---------------+--------------+
//	|                       Type-specific data                       |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type IPv6Routing []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing. That Segments Left
// exceeds the addresses is left to show.
func (h IPv6Routing) Check() error {
	_, err := ipv6ExtHeaderLen(ProtoRouting, h)
	return err
}

// CheckWhole is Check for a host that received the packet: Segments Left must not exceed the addresses of a
// type that has any.
func (h IPv6Routing) CheckWhole() error {
	if err := h.Check(); err != nil {
		return err
	}
	switch h.Type() {
	case RoutingSource, RoutingMobile, RoutingRPL, RoutingSegments:
		if int(h.SegmentsLeft()) > h.NumAddrs() {
			return ErrMalformed
		}
	}
	return nil
}

func (h IPv6Routing) NextHeader() IPProto { return IPProto(h[ipv6ExtNext]) }

// HeaderLen is the length of the header in bytes.
func (h IPv6Routing) HeaderLen() int { return (int(h[ipv6ExtLen]) + 1) * 8 }

func (h IPv6Routing) Type() IPv6RoutingType { return IPv6RoutingType(h[routingType]) }

// SegmentsLeft is how many of the listed nodes are still to be visited.
func (h IPv6Routing) SegmentsLeft() uint8 { return h[routingSegments] }

// Data is the type-specific part of the header.
func (h IPv6Routing) Data() []byte { return h[routingData:h.HeaderLen()] }

// NumAddrs is how many addresses are listed; zero in types of which none are known.
func (h IPv6Routing) NumAddrs() int {
	room := h.HeaderLen() - routingAddrs
	switch h.Type() {
	case RoutingSource:
		return room / 16
	case RoutingMobile:
		return min(room/16, 1)
	case RoutingSegments:
		return min(room/16, int(h[srhLastEntry])+1) // TLVs may follow
	case RoutingRPL:
		inner, last, pad := h.compression()
		if room -= pad + last; room < 0 {
			return 0
		}
		return room/inner + 1
	}
	return 0
}

// compression gives the lengths, in bytes, of each address but the last, of the last, and of the padding of an
// RPL source route (RFC 6554 section 3).
func (h IPv6Routing) compression() (inner, last, pad int) {
	return 16 - int(h[routingData]>>4), 16 - int(h[routingData]&15), int(h[routingData+1] >> 4)
}

// span is where address i is in the header.
func (h IPv6Routing) span(i int) (off, n int) {
	if h.Type() != RoutingRPL {
		return routingAddrs + 16*i, 16
	}
	inner, last, _ := h.compression()
	if off = routingAddrs + inner*i; i == h.NumAddrs()-1 {
		return off, last
	}
	return off, inner
}

// Addr is address i of NumAddrs in the order of the header, which a segment routing header lists from the last to
// the first. dst is the packet's destination, with which an RPL source route shares the bytes that it leaves out.
func (h IPv6Routing) Addr(i int, dst netip.Addr) netip.Addr {
	a := dst.As16()
	off, n := h.span(i)
	copy(a[16-n:], h[off:off+n])
	return netip.AddrFrom16(a)
}

// FinalDst is where a packet with this header, now on its way to dst, will end.
func (h IPv6Routing) FinalDst(dst netip.Addr) netip.Addr {
	n := h.NumAddrs()
	switch {
	case n == 0 || h.SegmentsLeft() == 0:
		return dst
	case h.Type() == RoutingSegments:
		return h.Addr(0, dst)
	}
	return h.Addr(n-1, dst)
}

// Payload is what follows the header.
func (h IPv6Routing) Payload() []byte { return h[h.HeaderLen():] }

var (
	routingTypeField     = Field{Name: "ipv6.routing.type", Label: "type", Title: "Type", Rank: 2}
	routingLeftField     = Field{Name: "ipv6.routing.segleft", Label: "left", Title: "Segments Left", Rank: 3}
	routingReservedField = Field{Name: "ipv6.routing.src.reserved", Label: "reserved", Title: "Reserved"}
	routingAddrField     = Field{Name: "ipv6.routing.src.addr", Label: "addr", Title: "Address", Rank: 4}
	routingMobResField   = Field{Name: "ipv6.routing.mipv6.reserved", Label: "reserved", Title: "Reserved"}
	routingHomeField     = Field{Name: "ipv6.routing.mipv6.home_address", Label: "home", Title: "Home Address", Rank: 4}
	routingCmprIField    = Field{Name: "ipv6.routing.rpl.cmprI", Label: "cmpri", Title: "Octets left out of all but the last", Mask: 0xf0000000}
	routingCmprEField    = Field{Name: "ipv6.routing.rpl.cmprE", Label: "cmpre", Title: "Octets left out of the last", Mask: 0x0f000000}
	routingRPLPadField   = Field{Name: "ipv6.routing.rpl.pad", Label: "pad", Title: "Padding Bytes", Mask: 0x00f00000}
	routingRPLResField   = Field{Name: "ipv6.routing.rpl.reserved", Label: "reserved", Title: "Reserved", Mask: 0x000fffff}
	routingRPLAddrField  = Field{Name: "ipv6.routing.rpl.full_address", Label: "addr", Title: "Full Address", Rank: 4}
	routingLastField     = Field{Name: "ipv6.routing.srh.last_entry", Label: "last", Title: "Last Entry"}
	routingFlagsField    = Field{Name: "ipv6.routing.srh.flags", Label: "flags", Title: "Flags", Base: Hex}
	routingTagField      = Field{Name: "ipv6.routing.srh.tag", Label: "tag", Title: "Tag"}
	routingSegmentField  = Field{Name: "ipv6.routing.srh.addr", Label: "addr", Title: "Address", Rank: 4}
	routingUnknownField  = Field{Name: "ipv6.routing.unknown_data", Label: "data", Title: "Type-Specific Data"}
	routingRestField     = Field{Label: "rest", Title: "Behind the addresses"}
)

// Fields describes the header to s. dst is the packet's destination, the rest of compressed addresses.
func (h IPv6Routing) Fields(s Sink, dst netip.Addr) {
	routingExtFields.push(s, h)
	s.Enum(&routingTypeField, routingType, 1, uint64(h.Type()), h.Type().Name())
	s.Uint(&routingLeftField, routingSegments, 1, uint64(h.SegmentsLeft()))
	field := &routingAddrField
	switch h.Type() {
	case RoutingSource:
		s.Bytes(&routingReservedField, routingData, 4, h[routingData:routingAddrs])
	case RoutingMobile:
		s.Bytes(&routingMobResField, routingData, 4, h[routingData:routingAddrs])
		field = &routingHomeField
	case RoutingRPL:
		field = &routingRPLAddrField
		v := uint64(binary.BigEndian.Uint32(h[routingData:]))
		s.Uint(&routingCmprIField, routingData, 4, v>>28)
		s.Uint(&routingCmprEField, routingData, 4, v>>24&15)
		s.Uint(&routingRPLPadField, routingData, 4, v>>20&15)
		s.Uint(&routingRPLResField, routingData, 4, v&0xfffff)
	case RoutingSegments:
		s.Uint(&routingLastField, srhLastEntry, 1, uint64(h[srhLastEntry]))
		s.Uint(&routingFlagsField, srhFlags, 1, uint64(h[srhFlags]))
		s.Bytes(&routingTagField, srhTag, 2, h[srhTag:srhTag+2])
		field = &routingSegmentField
	default:
		s.Bytes(&routingUnknownField, routingData, h.HeaderLen()-routingData, h.Data())
		return
	}
	end := routingAddrs
	for i := range h.NumAddrs() {
		off, n := h.span(i)
		s.Addr(field, off, n, h.Addr(i, dst))
		end = off + n
	}
	if rest := h[end:h.HeaderLen()]; len(rest) > 0 {
		s.Bytes(&routingRestField, end, len(rest), rest)
	}
}

func decodeRouting(p *Packet, l *Layer, b []byte) LayerType {
	return decodeIPv6Ext(p, l, b, ProtoRouting)
}

func routingFields(p *Packet, l *Layer, s Sink) {
	dst := netip.IPv6Unspecified()
	if l.Net >= 0 && p.layers[l.Net].Type == LayerIPv6 {
		dst = IPv6(p.Bytes(&p.layers[l.Net])).Dst()
	}
	IPv6Routing(p.Bytes(l)).Fields(s, dst)
}

// IPv6RoutingType says what a Routing header is for (IANA "IPv6 Parameters").
type IPv6RoutingType uint8

const (
	RoutingSource   IPv6RoutingType = 0 // RFC 2460, abolished by RFC 5095
	RoutingNimrod   IPv6RoutingType = 1 // abolished
	RoutingMobile   IPv6RoutingType = 2 // RFC 6275
	RoutingRPL      IPv6RoutingType = 3 // RFC 6554
	RoutingSegments IPv6RoutingType = 4 // RFC 8754
	RoutingCRH16    IPv6RoutingType = 5 // RFC 9631
	RoutingCRH32    IPv6RoutingType = 6 // RFC 9631
)

var routingTypeNames = [...]string{"source", "Nimrod", "mobile", "RPL", "SRH", "CRH-16", "CRH-32"}

// Name is the type's usual short name, or "".
func (t IPv6RoutingType) Name() string {
	if int(t) < len(routingTypeNames) {
		return routingTypeNames[t]
	}
	return ""
}

// String is the name, or the number.
func (t IPv6RoutingType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// IPv6Fragment is a view of a Fragment header (RFC 8200 section 4.5).
//
//	 0              7 8             15 16                    28 29  31
//	+----------------+----------------+------------------------+--+--+
//	|  Next Header   |    Reserved    |     Fragment Offset    |  |M |
//	+----------------+----------------+------------------------+--+--+
//	|                         Identification                         |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type IPv6Fragment []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (h IPv6Fragment) Check() error {
	if len(h) < IPv6FragmentLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the packet around the header says how much follows.
func (h IPv6Fragment) CheckWhole() error { return h.Check() }

// NextHeader is the first header of the fragmentable part, which the fragment with offset 0 begins with.
func (h IPv6Fragment) NextHeader() IPProto { return IPProto(h[ipv6ExtNext]) }

// Offset is where the payload belongs in the fragmentable part, in bytes.
func (h IPv6Fragment) Offset() int { return int(binary.BigEndian.Uint16(h[fragOffset:]) &^ 7) }

func (h IPv6Fragment) MoreFragments() bool { return h[fragOffset+1]&1 != 0 }
func (h IPv6Fragment) ID() uint32          { return binary.BigEndian.Uint32(h[fragID:]) }

// IsAtomic reports whether this one fragment is the whole packet (RFC 6946).
func (h IPv6Fragment) IsAtomic() bool { return h.Offset() == 0 && !h.MoreFragments() }

// Payload is what follows the header.
func (h IPv6Fragment) Payload() []byte { return h[IPv6FragmentLen:] }

var (
	fragNextField     = Field{Name: "ipv6.fraghdr.nxt", Label: "next", Title: "Next header", Rank: 1}
	fragReservedField = Field{Name: "ipv6.fraghdr.reserved_octet", Label: "reserved", Title: "Reserved octet", Base: Hex}
	fragUnitsField    = Field{Name: "ipv6.fraghdr.offset", Label: "units", Title: "Offset in 8 octets", Mask: 0xfff8}
	fragBitsField     = Field{Name: "ipv6.fraghdr.reserved_bits", Label: "bits", Title: "Reserved bits", Mask: 0x0006}
	fragMoreField     = Field{Name: "ipv6.fraghdr.more", Label: "mf", Title: "More Fragments", Mask: 0x0001, Rank: 4, Form: FormFlag}
	fragIDField       = Field{Name: "ipv6.fraghdr.ident", Label: "id", Title: "Identification", Rank: 2, Base: Hex}
	fragOffsetField   = Field{Label: "off", Title: "Offset", Rank: 3}
)

// Fields describes the header to s.
func (h IPv6Fragment) Fields(s Sink) {
	v := uint64(binary.BigEndian.Uint16(h[fragOffset:]))
	s.Enum(&fragNextField, ipv6ExtNext, 1, uint64(h.NextHeader()), h.NextHeader().Name())
	s.Uint(&fragReservedField, fragReserved, 1, uint64(h[fragReserved]))
	s.Uint(&fragUnitsField, fragOffset, 2, v>>3)
	s.Uint(&fragOffsetField, 0, 0, uint64(h.Offset()))
	s.Uint(&fragBitsField, fragOffset, 2, v>>1&3)
	s.Bool(&fragMoreField, fragOffset, 2, h.MoreFragments())
	s.Uint(&fragIDField, fragID, 4, uint64(h.ID()))
}

// decodeFragment leads on from a first fragment and from an atomic one, which is a whole packet; behind any other
// there are bytes from the middle of something.
func decodeFragment(p *Packet, l *Layer, b []byte) LayerType {
	h := IPv6Fragment(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + IPv6FragmentLen
	switch {
	case h.Offset() != 0:
		return LayerData
	case h.MoreFragments():
		l.Flags |= Fragmented
	}
	return h.NextHeader().layer()
}

func fragmentFields(p *Packet, l *Layer, s Sink) { IPv6Fragment(p.Bytes(l)).Fields(s) }

// IPv6FragmentHeader is a Fragment header as a value.
type IPv6FragmentHeader struct {
	NextHeader    IPProto
	Offset        int // bytes, a multiple of 8
	MoreFragments bool
	ID            uint32
}

// Header gives the header as a value.
func (h IPv6Fragment) Header() IPv6FragmentHeader {
	return IPv6FragmentHeader{h.NextHeader(), h.Offset(), h.MoreFragments(), h.ID()}
}

// Append appends the wire form of h to b and returns the extended slice.
func (h *IPv6FragmentHeader) Append(b []byte) []byte {
	v := uint16(h.Offset) &^ 7
	if h.MoreFragments {
		v |= 1
	}
	b = append(b, uint8(h.NextHeader), 0)
	b = binary.BigEndian.AppendUint16(b, v)
	return binary.BigEndian.AppendUint32(b, h.ID)
}

// AH is a view of an IP Authentication Header (RFC 4302), which IPv4 packets may have too.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|  Next Header   |  Payload Len   |           Reserved           |
//	+----------------+----------------+------------------------------+
//	|                   Security Parameters Index                    |
//	+----------------------------------------------------------------+
//	|                        Sequence Number                         |
//	+----------------------------------------------------------------+
//	|                     Integrity Check Value                      |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type AH []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if its length
// leaves no room for the sequence number.
func (h AH) Check() error {
	_, err := ipv6ExtHeaderLen(ProtoAH, h)
	return err
}

// CheckWhole is Check: the packet around the header says how much follows.
func (h AH) CheckWhole() error { return h.Check() }

func (h AH) NextHeader() IPProto { return IPProto(h[ipv6ExtNext]) }

// HeaderLen is the length of the header in bytes.
func (h AH) HeaderLen() int { return (int(h[ipv6ExtLen]) + 2) * 4 }

func (h AH) SPI() uint32 { return binary.BigEndian.Uint32(h[ahSPI:]) }
func (h AH) Seq() uint32 { return binary.BigEndian.Uint32(h[ahSeq:]) }

// ICV is the integrity check value with its padding.
func (h AH) ICV() []byte { return h[ahICV:h.HeaderLen()] }

// Payload is what follows the header.
func (h AH) Payload() []byte { return h[h.HeaderLen():] }

var (
	ahNextField     = Field{Name: "ah.next_header", Label: "next", Title: "Next header", Rank: 1}
	ahLenField      = Field{Name: "ah.length", Label: "hlen", Title: "Length in 4 octets, two not counted"}
	ahReservedField = Field{Name: "ah.reserved", Label: "reserved", Title: "Reserved"}
	ahSPIField      = Field{Name: "ah.spi", Label: "spi", Title: "AH SPI", Rank: 2, Base: Hex}
	ahSeqField      = Field{Name: "ah.sequence", Label: "seq", Title: "AH Sequence", Rank: 3}
	ahICVField      = Field{Name: "ah.icv", Label: "icv", Title: "AH ICV"}
)

// Fields describes the header to s.
func (h AH) Fields(s Sink) {
	s.Enum(&ahNextField, ipv6ExtNext, 1, uint64(h.NextHeader()), h.NextHeader().Name())
	s.Uint(&ahLenField, ipv6ExtLen, 1, uint64(h[ipv6ExtLen]))
	s.Bytes(&ahReservedField, ahReserved, 2, h[ahReserved:ahSPI])
	s.Uint(&ahSPIField, ahSPI, 4, uint64(h.SPI()))
	s.Uint(&ahSeqField, ahSeq, 4, uint64(h.Seq()))
	if icv := h.ICV(); len(icv) > 0 {
		s.Bytes(&ahICVField, ahICV, len(icv), icv)
	}
}

func decodeAH(p *Packet, l *Layer, b []byte) LayerType { return decodeIPv6Ext(p, l, b, ProtoAH) }

func ahFields(p *Packet, l *Layer, s Sink) { AH(p.Bytes(l)).Fields(s) }
