package dissect

import (
	"encoding/binary"
	"net/netip"
)

// IPv4OptionType is the first byte of an IPv4 option: copied flag, class and number (RFC 791 section 3.1).
type IPv4OptionType uint8

const (
	IPv4OptEnd         IPv4OptionType = 0
	IPv4OptNop         IPv4OptionType = 1
	IPv4OptRecordRoute IPv4OptionType = 7
	IPv4OptMTUProbe    IPv4OptionType = 11 // RFC 1063
	IPv4OptMTUReply    IPv4OptionType = 12 // RFC 1063
	IPv4OptQuickStart  IPv4OptionType = 25 // RFC 4782
	IPv4OptTimestamp   IPv4OptionType = 68
	IPv4OptTraceroute  IPv4OptionType = 82  // RFC 1393
	IPv4OptSecurity    IPv4OptionType = 130 // RFC 1108
	IPv4OptLSRR        IPv4OptionType = 131
	IPv4OptExtSecurity IPv4OptionType = 133
	IPv4OptCIPSO       IPv4OptionType = 134
	IPv4OptStreamID    IPv4OptionType = 136
	IPv4OptSSRR        IPv4OptionType = 137
	IPv4OptRouterAlert IPv4OptionType = 148 // RFC 2113
)

var ipv4OptNames = [256]string{
	IPv4OptEnd: "EOL", IPv4OptNop: "NOP", IPv4OptRecordRoute: "RR", IPv4OptMTUProbe: "MTUP", IPv4OptMTUReply: "MTUR",
	IPv4OptQuickStart: "QS", IPv4OptTimestamp: "TS", IPv4OptTraceroute: "TR", IPv4OptSecurity: "SEC", IPv4OptLSRR: "LSRR",
	IPv4OptExtSecurity: "ESEC", IPv4OptCIPSO: "CIPSO", IPv4OptStreamID: "SID", IPv4OptSSRR: "SSRR", IPv4OptRouterAlert: "RA",
}

// Name is the option's usual short name, or "".
func (t IPv4OptionType) Name() string { return ipv4OptNames[t] }

// Copied reports whether every fragment carries the option, not only the first.
func (t IPv4OptionType) Copied() bool { return t&0x80 != 0 }

// IPv4Option is one option: its bytes with type and length, as they stand in the header.
type IPv4Option []byte

func (o IPv4Option) Type() IPv4OptionType { return IPv4OptionType(o[0]) }

// Data is what follows type and length; nil for the two options of one byte.
func (o IPv4Option) Data() []byte {
	if len(o) < 2 {
		return nil
	}
	return o[2:]
}

// onTheWay reports whether a source route has addresses left to visit.
func (o IPv4Option) onTheWay() bool {
	return len(o) >= 7 && int(o[2]) >= 4 && int(o[2]) <= len(o)-3 // the pointer counts from 1
}

// NextIPv4Option splits the first option off b, which must not be empty. ErrTruncated means that the
// option's length byte is missing or promises more than b holds, ErrMalformed that it is below 2.
func NextIPv4Option(b []byte) (o IPv4Option, rest []byte, err error) {
	if t := IPv4OptionType(b[0]); t == IPv4OptEnd || t == IPv4OptNop {
		return IPv4Option(b[:1]), b[1:], nil
	}
	if len(b) < 2 {
		return nil, nil, ErrTruncated
	}
	n := int(b[1])
	switch {
	case n < 2:
		return nil, nil, ErrMalformed
	case n > len(b):
		return nil, nil, ErrTruncated
	}
	return IPv4Option(b[:n]), b[n:], nil
}

// IPv4Options is the options part of a header as a comparable value: up to 40 bytes, order and duplicates kept.
type IPv4Options struct {
	b [IPv4MaxHeaderLen - IPv4MinHeaderLen]byte
	n uint8
}

// MakeIPv4Options keeps a copy of b, and of its first 40 bytes if it is longer.
func MakeIPv4Options(b []byte) (o IPv4Options) {
	o.n = uint8(copy(o.b[:], b))
	return o
}

// Bytes gives the options as they go into the header, without the padding that Append adds.
func (o *IPv4Options) Bytes() []byte { return o.b[:o.n] }

func (o *IPv4Options) paddedLen() int { return (int(o.n) + 3) &^ 3 }

var (
	ipOptionsField   = Field{Label: "opt", Title: "Option"}
	ipOptTypeField   = Field{Name: "ip.opt.type", Label: "opt", Title: "Type", Rank: 12}
	ipOptOtherField  = Field{Label: "opt", Title: "Type", Rank: 12} // of a type that Wireshark has no name for
	ipOptCopyField   = Field{Name: "ip.opt.type.copy", Label: "copy", Title: "Copy on fragmentation", Mask: 0x80}
	ipOptClassField  = Field{Name: "ip.opt.type.class", Label: "class", Title: "Class", Mask: 0x60}
	ipOptNumberField = Field{Name: "ip.opt.type.number", Label: "number", Title: "Number", Mask: 0x1f}
	ipOptLenField    = Field{Name: "ip.opt.len", Label: "len", Title: "Length"}
	ipOptPtrField    = Field{Name: "ip.opt.ptr", Label: "ptr", Title: "Pointer"}
	ipRecRouteField  = Field{Name: "ip.rec_rt", Label: "", Title: "Recorded Route"}
	ipSrcRouteField  = Field{Name: "ip.src_rt", Label: "", Title: "Source Route"}
	ipEmptyRtField   = Field{Name: "ip.empty_rt", Label: "", Title: "Empty Route"}
	ipOptOverField   = Field{Name: "ip.opt.overflow", Label: "overflow", Title: "Overflow", Mask: 0xf0}
	ipOptFlagField   = Field{Name: "ip.opt.flag", Label: "flag", Title: "Flag", Mask: 0x0f, Base: Hex}
	ipOptTSField     = Field{Name: "ip.opt.time_stamp", Label: "ts", Title: "Time stamp"}
	ipOptTSAddrField = Field{Name: "ip.opt.time_stamp_addr", Label: "addr", Title: "Address"}
	ipOptRAField     = Field{Name: "ip.opt.ra", Label: "ra", Title: "Router Alert"}
	ipOptMTUField    = Field{Name: "ip.opt.mtu", Label: "mtu", Title: "MTU"}
	ipOptSIDField    = Field{Name: "ip.opt.sid", Label: "sid", Title: "Stream Identifier"}
	ipOptDataField   = Field{Label: "data", Title: "Data"}
	ipOptPadField    = Field{Name: "ip.opt.padding", Label: "padding", Title: "Padding"}
)

// optionFields walks every option. One that contradicts itself ends the walk; its bytes are shown as padding.
func (ip IPv4) optionFields(s Sink) {
	off := IPv4MinHeaderLen
	for b := ip.Options(); len(b) > 0; {
		o, rest, err := NextIPv4Option(b)
		if err != nil {
			s.Bytes(&ipOptPadField, off, len(b), b)
			return
		}
		s.Begin(&ipOptionsField, off, len(o))
		if o.Type().Name() == "" {
			s.Enum(&ipOptOtherField, off, 1, uint64(o.Type()), "")
		} else {
			s.Enum(&ipOptTypeField, off, 1, uint64(o.Type()), o.Type().Name())
			s.Begin(&ipOptTypeField, off, 1)
			s.Bool(&ipOptCopyField, off, 1, o.Type().Copied())
			s.Uint(&ipOptClassField, off, 1, uint64(o.Type()>>5&3))
			s.Uint(&ipOptNumberField, off, 1, uint64(o.Type()&0x1f))
			s.End()
		}
		if len(o) > 1 {
			s.Uint(&ipOptLenField, off+1, 1, uint64(len(o)))
			o.fields(s, off)
		}
		s.End()
		off += len(o)
		if o.Type() == IPv4OptEnd {
			if len(rest) > 0 {
				s.Bytes(&ipOptPadField, off, len(rest), rest)
			}
			return
		}
		b = rest
	}
}

// fields describes the data of an option that starts at off.
func (o IPv4Option) fields(s Sink, off int) {
	d := o.Data()
	at := off + 2
	switch t := o.Type(); {
	case (t == IPv4OptRecordRoute || t == IPv4OptLSRR || t == IPv4OptSSRR) && len(d) >= 1:
		ptr := int(d[0])
		s.Uint(&ipOptPtrField, at, 1, uint64(ptr))
		at, d = at+1, d[1:]
		for ; len(d) >= 4; at, d = at+4, d[4:] {
			// Slots from the pointer on, which counts from 1, are still to be filled or to be visited.
			f := &ipRecRouteField
			switch {
			case at-off+1 < ptr:
			case t == IPv4OptRecordRoute:
				f = &ipEmptyRtField
			case len(d) == 4 && o.onTheWay():
				f = &ipDstField
			default:
				f = &ipSrcRouteField
			}
			s.Addr(f, at, 4, netip.AddrFrom4([4]byte(d)))
		}
	case t == IPv4OptTimestamp && len(d) >= 2:
		s.Uint(&ipOptPtrField, at, 1, uint64(d[0]))
		s.Uint(&ipOptOverField, at+1, 1, uint64(d[1]>>4))
		flag := d[1] & 15
		s.Uint(&ipOptFlagField, at+1, 1, uint64(flag))
		at, d = at+2, d[2:]
		switch flag {
		case 0:
			for ; len(d) >= 4; at, d = at+4, d[4:] {
				s.Uint(&ipOptTSField, at, 4, uint64(binary.BigEndian.Uint32(d)))
			}
		case 1, 3:
			for ; len(d) >= 8; at, d = at+8, d[8:] {
				s.Addr(&ipOptTSAddrField, at, 4, netip.AddrFrom4([4]byte(d)))
				s.Uint(&ipOptTSField, at+4, 4, uint64(binary.BigEndian.Uint32(d[4:])))
			}
		}
	case t == IPv4OptRouterAlert && len(d) == 2:
		s.Uint(&ipOptRAField, at, 2, uint64(binary.BigEndian.Uint16(d)))
		return
	case (t == IPv4OptMTUProbe || t == IPv4OptMTUReply) && len(d) == 2:
		s.Uint(&ipOptMTUField, at, 2, uint64(binary.BigEndian.Uint16(d)))
		return
	case t == IPv4OptStreamID && len(d) == 2:
		s.Uint(&ipOptSIDField, at, 2, uint64(binary.BigEndian.Uint16(d)))
		return
	}
	if len(d) > 0 {
		s.Bytes(&ipOptDataField, at, len(d), d)
	}
}
