package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in an IPv4 header, and its shortest and longest length, in bytes.
const (
	ipv4VersionIHL = 0
	ipv4DSField    = 1
	ipv4TotalLen   = 2
	ipv4ID         = 4
	ipv4Fragment   = 6
	ipv4TTL        = 8
	ipv4Protocol   = 9
	ipv4Checksum   = 10
	ipv4Src        = 12
	ipv4Dst        = 16

	IPv4MinHeaderLen = 20
	IPv4MaxHeaderLen = 60
)

// IPv4 is a view of an IPv4 packet (RFC 791): the header and whatever part of the payload the slice holds.
//
//	 0      3 4    7 8            15 16 18 19                     31
//	+--------+------+---------------+------------------------------+
//	|Version | IHL  |   DS field    |         Total Length         |
//	+--------+------+---------------+-----+------------------------+
//	|        Identification         |Flags|    Fragment Offset     |
//	+---------------+---------------+-----+------------------------+
//	|      TTL      |   Protocol    |       Header Checksum        |
//	+---------------+---------------+------------------------------+
//	|                        Source Address                        |
//	+--------------------------------------------------------------+
//	|                     Destination Address                      |
//	+--------------------------------------------------------------+
//	|                     Options, padded to 32 bits               |
//	+--------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type IPv4 []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported
// if the version is not 4, ErrMalformed if IHL is below 5 or TotalLen below the header. A payload cut short
// by the capture is not an error; see CheckWhole.
func (ip IPv4) Check() error {
	if len(ip) < 1 {
		return ErrTruncated
	}
	if ip[0]>>4 != 4 {
		return ErrUnsupported
	}
	header := ip.HeaderLen()
	if header < IPv4MinHeaderLen {
		return ErrMalformed
	}
	if len(ip) < header {
		return ErrTruncated
	}
	// Zero is what a host writes that leaves segmentation to its device and exceeds 65535 bytes.
	if n := ip.TotalLen(); n != 0 && n < header {
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for a host that received the packet: a TotalLen of zero is malformed, and every byte
// that TotalLen promises must be in the slice. Bytes behind it, such as Ethernet's padding, are allowed.
func (ip IPv4) CheckWhole() error {
	if err := ip.Check(); err != nil {
		return err
	}
	switch n := ip.TotalLen(); {
	case n == 0:
		return ErrMalformed
	case n > len(ip):
		return ErrTruncated
	}
	return nil
}

// Version is 4 after Check.
func (ip IPv4) Version() uint8 { return ip[ipv4VersionIHL] >> 4 }

// HeaderLen is the length of the header, options included, in bytes.
func (ip IPv4) HeaderLen() int { return int(ip[ipv4VersionIHL]&15) * 4 }

// DSCP is the differentiated services code point (RFC 2474).
func (ip IPv4) DSCP() uint8 { return ip[ipv4DSField] >> 2 }

// ECN is the congestion notification field (RFC 3168).
func (ip IPv4) ECN() ECN { return ECN(ip[ipv4DSField] & 3) }

// TotalLen is the length of header plus payload in bytes, as the sender wrote it. Zero means the
// rest of a frame that is longer than the field can say.
func (ip IPv4) TotalLen() int { return int(binary.BigEndian.Uint16(ip[ipv4TotalLen:])) }

func (ip IPv4) ID() uint16          { return binary.BigEndian.Uint16(ip[ipv4ID:]) }
func (ip IPv4) Reserved() bool      { return ip[ipv4Fragment]&0x80 != 0 }
func (ip IPv4) DontFragment() bool  { return ip[ipv4Fragment]&0x40 != 0 }
func (ip IPv4) MoreFragments() bool { return ip[ipv4Fragment]&0x20 != 0 }

// FragmentOffset is where the payload belongs in the unfragmented packet's, in bytes.
func (ip IPv4) FragmentOffset() int {
	return int(binary.BigEndian.Uint16(ip[ipv4Fragment:])&0x1fff) * 8
}

// IsFragment reports whether the payload is only a part of the packet's.
func (ip IPv4) IsFragment() bool { return ip.MoreFragments() || ip.FragmentOffset() != 0 }

func (ip IPv4) TTL() uint8        { return ip[ipv4TTL] }
func (ip IPv4) Protocol() IPProto { return IPProto(ip[ipv4Protocol]) }
func (ip IPv4) Checksum() uint16  { return binary.BigEndian.Uint16(ip[ipv4Checksum:]) }
func (ip IPv4) Src() netip.Addr   { return netip.AddrFrom4([4]byte(ip[ipv4Src:])) }
func (ip IPv4) Dst() netip.Addr   { return netip.AddrFrom4([4]byte(ip[ipv4Dst:])) }

// Options is the part of the header behind the fixed 20 bytes; walk it with NextIPv4Option.
func (ip IPv4) Options() []byte { return ip[IPv4MinHeaderLen:ip.HeaderLen()] }

// FinalDst is the address that the packet is for: Dst, or where a source route that is not finished ends. Checksums
// of upper layers cover it (RFC 1122 section 3.2.1.8).
func (ip IPv4) FinalDst() netip.Addr {
	if a, onTheWay := ip.sourceRoute(); onTheWay {
		return a
	}
	return ip.Dst()
}

// sourceRoute looks for a source route that is not finished and gives its last address.
func (ip IPv4) sourceRoute() (last netip.Addr, onTheWay bool) {
	for b := ip.Options(); len(b) > 0; {
		o, rest, err := NextIPv4Option(b)
		if err != nil || o.Type() == IPv4OptEnd {
			break
		}
		if t := o.Type(); (t == IPv4OptLSRR || t == IPv4OptSSRR) && o.onTheWay() {
			return netip.AddrFrom4([4]byte(o[len(o)-4:])), true
		}
		b = rest
	}
	return netip.Addr{}, false
}

// ChecksumOK reports whether the header checksum is right.
func (ip IPv4) ChecksumOK() bool { return Sum(0).Add(ip[:ip.HeaderLen()]).Fold() == 0xffff }

// verdict is the header checksum's state. There is no pseudo-header, so there is nothing partial about one that a device
// is to finish: it is wrong until then.
func (ip IPv4) verdict() ChecksumResult {
	sum := Sum(0).Add(ip[:ip.HeaderLen()])
	if sum.Fold() == 0xffff {
		return ChecksumResult{ChecksumGood, ip.Checksum()}
	}
	return ChecksumResult{ChecksumBad, sum.AddUint16(^ip.Checksum()).Checksum()}
}

// Payload is what follows the header, as far as the slice and TotalLen go.
func (ip IPv4) Payload() []byte {
	end := len(ip)
	if n := ip.TotalLen(); n != 0 && n < end {
		end = n
	}
	return ip[ip.HeaderLen():end]
}

// SetTotalLen, SetTTL and SetID write their fields and leave the checksum to FillChecksum.
func (ip IPv4) SetTotalLen(n int) { binary.BigEndian.PutUint16(ip[ipv4TotalLen:], uint16(n)) }
func (ip IPv4) SetTTL(n uint8)    { ip[ipv4TTL] = n }
func (ip IPv4) SetID(id uint16)   { binary.BigEndian.PutUint16(ip[ipv4ID:], id) }

// SetFragment writes the fragment offset, in bytes and a multiple of 8, and the More Fragments flag; it
// clears Don't Fragment.
func (ip IPv4) SetFragment(offset int, more bool) {
	v := uint16(offset/8) & 0x1fff
	if more {
		v |= 0x2000
	}
	binary.BigEndian.PutUint16(ip[ipv4Fragment:], v)
}

// FillChecksum computes the header checksum and writes it.
func (ip IPv4) FillChecksum() {
	binary.BigEndian.PutUint16(ip[ipv4Checksum:], 0)
	binary.BigEndian.PutUint16(ip[ipv4Checksum:], Sum(0).Add(ip[:ip.HeaderLen()]).Checksum())
}

var (
	ipVersionField  = Field{Name: "ip.version", Label: "version", Title: "Version", Mask: 0xf0}
	ipHdrLenField   = Field{Name: "ip.hdr_len", Label: "hlen", Title: "Header Length", Mask: 0x0f}
	ipDSField       = Field{Name: "ip.dsfield", Label: "ds", Title: "Differentiated Services Field", Base: Hex}
	ipDSCPField     = Field{Name: "ip.dsfield.dscp", Label: "dscp", Title: "Differentiated Services Codepoint", Mask: 0xfc, Rank: 9, Form: FormNonzero}
	ipECNField      = Field{Name: "ip.dsfield.ecn", Label: "ecn", Title: "Explicit Congestion Notification", Mask: 0x03, Rank: 10, Form: FormNonzero}
	ipLenField      = Field{Name: "ip.len", Label: "len", Title: "Total Length", Rank: 11}
	ipIDField       = Field{Name: "ip.id", Label: "id", Title: "Identification", Rank: 5, Base: Hex}
	ipFlagsField    = Field{Name: "ip.flags", Label: "flags", Title: "Flags", Mask: 0xe000, Base: Hex}
	ipRBField       = Field{Name: "ip.flags.rb", Label: "evil", Title: "Reserved bit", Mask: 0x8000, Rank: 6, Form: FormFlag}
	ipDFField       = Field{Name: "ip.flags.df", Label: "df", Title: "Don't fragment", Mask: 0x4000, Rank: 6, Form: FormFlag}
	ipMFField       = Field{Name: "ip.flags.mf", Label: "mf", Title: "More fragments", Mask: 0x2000, Rank: 7, Form: FormFlag}
	ipOffsetField   = Field{Name: "ip.frag_offset", Label: "off", Title: "Fragment Offset in units of 8 bytes", Mask: 0x1fff}
	ipOffset8Field  = Field{Label: "off", Title: "Fragment Offset", Rank: 8, Form: FormNonzero}
	ipTTLField      = Field{Name: "ip.ttl", Label: "ttl", Title: "Time to Live", Rank: 4}
	ipProtoField    = Field{Name: "ip.proto", Label: "proto", Title: "Protocol", Rank: 3}
	ipChecksumField = Field{Name: "ip.checksum", Bad: "ip.checksum_bad.expert", Label: "chksum", Title: "Header Checksum", Base: Hex}
	ipSrcField      = Field{Name: "ip.src", Label: "src", Title: "Source Address", Rank: 1}
	ipDstField      = Field{Name: "ip.dst", Label: "dst", Title: "Destination Address", Rank: 2}
	ipCurRouteField = Field{Name: "ip.cur_rt", Label: "via", Title: "Current Route", Rank: 2}
)

// Fields describes the header to s.
func (ip IPv4) Fields(s Sink) {
	s.Uint(&ipVersionField, ipv4VersionIHL, 1, uint64(ip.Version()))
	s.Uint(&ipHdrLenField, ipv4VersionIHL, 1, uint64(ip.HeaderLen()))
	s.Uint(&ipDSField, ipv4DSField, 1, uint64(ip[ipv4DSField]))
	s.Begin(&ipDSField, ipv4DSField, 1)
	s.Enum(&ipDSCPField, ipv4DSField, 1, uint64(ip.DSCP()), dscpNames[ip.DSCP()])
	s.Enum(&ipECNField, ipv4DSField, 1, uint64(ip.ECN()), ip.ECN().String())
	s.End()
	s.Uint(&ipLenField, ipv4TotalLen, 2, uint64(ip.TotalLen()))
	s.Uint(&ipIDField, ipv4ID, 2, uint64(ip.ID()))
	s.Uint(&ipFlagsField, ipv4Fragment, 2, uint64(ip[ipv4Fragment]>>5))
	s.Begin(&ipFlagsField, ipv4Fragment, 2)
	s.Bool(&ipRBField, ipv4Fragment, 2, ip.Reserved())
	s.Bool(&ipDFField, ipv4Fragment, 2, ip.DontFragment())
	s.Bool(&ipMFField, ipv4Fragment, 2, ip.MoreFragments())
	s.End()
	// Wireshark's field counts in units of 8 bytes; people count bytes.
	s.Uint(&ipOffsetField, ipv4Fragment, 2, uint64(ip.FragmentOffset()/8))
	s.Uint(&ipOffset8Field, 0, 0, uint64(ip.FragmentOffset()))
	s.Uint(&ipTTLField, ipv4TTL, 1, uint64(ip.TTL()))
	s.Enum(&ipProtoField, ipv4Protocol, 1, uint64(ip.Protocol()), ip.Protocol().Name())
	s.Checksum(&ipChecksumField, ipv4Checksum, 2, ip.Checksum(), ip.verdict())
	s.Addr(&ipSrcField, ipv4Src, 4, ip.Src())
	dst := &ipDstField
	if _, onTheWay := ip.sourceRoute(); onTheWay {
		dst = &ipCurRouteField // the last address of the route is Wireshark's ip.dst
	}
	s.Addr(dst, ipv4Dst, 4, ip.Dst())
	ip.optionFields(s)
}

// decodeIPv4 leads to the transport header, or to plain data behind a fragment that is not the first.
func decodeIPv4(p *Packet, l *Layer, b []byte) LayerType {
	ip := IPv4(b)
	if err := ip.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + ip.HeaderLen()
	if n := ip.TotalLen(); n != 0 {
		p.limit(l, n)
	}
	switch {
	case ip.FragmentOffset() != 0:
		return LayerData
	case ip.MoreFragments():
		l.Flags |= Fragmented
	}
	return ip.Protocol().layer()
}

func ipv4Fields(p *Packet, l *Layer, s Sink) { IPv4(p.Bytes(l)).Fields(s) }

// IPv4Header is an IPv4 header as a value. TotalLen counts header and payload, in bytes.
type IPv4Header struct {
	DSCP           uint8
	ECN            ECN
	TotalLen       int
	ID             uint16
	DontFragment   bool
	MoreFragments  bool
	FragmentOffset int // bytes, a multiple of 8
	TTL            uint8
	Protocol       IPProto
	Src, Dst       netip.Addr
	Options        IPv4Options
}

// Header gives the header as a value.
func (ip IPv4) Header() IPv4Header {
	return IPv4Header{
		DSCP: ip.DSCP(), ECN: ip.ECN(), TotalLen: ip.TotalLen(), ID: ip.ID(),
		DontFragment: ip.DontFragment(), MoreFragments: ip.MoreFragments(), FragmentOffset: ip.FragmentOffset(),
		TTL: ip.TTL(), Protocol: ip.Protocol(), Src: ip.Src(), Dst: ip.Dst(),
		Options: MakeIPv4Options(ip.Options()),
	}
}

// HeaderLen is the length of the header's wire form in bytes.
func (h *IPv4Header) HeaderLen() int { return IPv4MinHeaderLen + h.Options.paddedLen() }

// Append appends the wire form of h, its checksum computed, to b and returns the extended slice. Src
// and Dst must be IPv4 addresses and TotalLen below 65536.
func (h *IPv4Header) Append(b []byte) []byte {
	at, n := len(b), h.HeaderLen()
	b = append(b, make([]byte, n)...)
	ip := IPv4(b[at:])
	ip[ipv4VersionIHL] = 4<<4 | uint8(n/4)
	ip[ipv4DSField] = h.DSCP<<2 | uint8(h.ECN&3)
	ip.SetTotalLen(h.TotalLen)
	ip.SetID(h.ID)
	ip.SetFragment(h.FragmentOffset, h.MoreFragments)
	if h.DontFragment {
		ip[ipv4Fragment] |= 0x40
	}
	ip.SetTTL(h.TTL)
	ip[ipv4Protocol] = uint8(h.Protocol)
	src, dst := h.Src.As4(), h.Dst.As4()
	copy(ip[ipv4Src:], src[:])
	copy(ip[ipv4Dst:], dst[:])
	copy(ip[IPv4MinHeaderLen:], h.Options.Bytes())
	ip.FillChecksum()
	return b
}

// ECN is the congestion notification field of an IP header (RFC 3168 section 5).
type ECN uint8

const (
	NotECT ECN = 0
	ECT1   ECN = 1
	ECT0   ECN = 2
	CE     ECN = 3
)

func (e ECN) String() string { return [...]string{"Not-ECT", "ECT(1)", "ECT(0)", "CE"}[e&3] }

// dscpNames names the code points of RFC 2474, 2597, 3246, 5865 and 8622.
var dscpNames = [64]string{
	0: "CS0", 8: "CS1", 16: "CS2", 24: "CS3", 32: "CS4", 40: "CS5", 48: "CS6", 56: "CS7",
	10: "AF11", 12: "AF12", 14: "AF13", 18: "AF21", 20: "AF22", 22: "AF23",
	26: "AF31", 28: "AF32", 30: "AF33", 34: "AF41", 36: "AF42", 38: "AF43",
	46: "EF", 44: "VA", 1: "LE",
}
