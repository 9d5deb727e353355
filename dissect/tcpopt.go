package dissect

import "encoding/binary"

// TCPOptionKind is the first byte of a TCP option (IANA "TCP Option Kind Numbers").
type TCPOptionKind uint8

const (
	TCPOptEnd           TCPOptionKind = 0
	TCPOptNop           TCPOptionKind = 1
	TCPOptMSS           TCPOptionKind = 2
	TCPOptWindowScale   TCPOptionKind = 3   // RFC 7323
	TCPOptSACKPermitted TCPOptionKind = 4   // RFC 2018
	TCPOptSACK          TCPOptionKind = 5   // RFC 2018
	TCPOptTimestamps    TCPOptionKind = 8   // RFC 7323
	TCPOptMD5           TCPOptionKind = 19  // RFC 2385
	TCPOptUserTimeout   TCPOptionKind = 28  // RFC 5482
	TCPOptAO            TCPOptionKind = 29  // RFC 5925
	TCPOptMPTCP         TCPOptionKind = 30  // RFC 8684
	TCPOptFastOpen      TCPOptionKind = 34  // RFC 7413
	TCPOptAccECN0       TCPOptionKind = 172 // RFC 9768
	TCPOptAccECN1       TCPOptionKind = 174 // RFC 9768
	TCPOptExp1          TCPOptionKind = 253 // RFC 6994
	TCPOptExp2          TCPOptionKind = 254 // RFC 6994
)

// tcpFastOpenExID is the experiment (RFC 6994) under which Fast Open was tried out.
const tcpFastOpenExID = 0xf989

var tcpOptNames = [256]string{
	TCPOptEnd: "eol", TCPOptNop: "nop", TCPOptMSS: "mss", TCPOptWindowScale: "ws", TCPOptSACKPermitted: "sackOK",
	TCPOptSACK: "sack", TCPOptTimestamps: "ts", TCPOptMD5: "md5", TCPOptUserTimeout: "uto", TCPOptAO: "ao",
	TCPOptMPTCP: "mptcp", TCPOptFastOpen: "tfo", TCPOptAccECN0: "accecn0", TCPOptAccECN1: "accecn1",
	TCPOptExp1: "exp1", TCPOptExp2: "exp2",
}

// Name is the option's short name, or "".
func (k TCPOptionKind) Name() string { return tcpOptNames[k] }

// TCPOption is one option: its bytes with kind and length, as they stand in the header.
type TCPOption []byte

func (o TCPOption) Kind() TCPOptionKind { return TCPOptionKind(o[0]) }

// Data is what follows kind and length; nil for the two options of one byte.
func (o TCPOption) Data() []byte {
	if len(o) < 2 {
		return nil
	}
	return o[2:]
}

// NextTCPOption splits the first option off b, which must not be empty. ErrTruncated means that the
// option's length byte is missing or promises more than b holds, ErrMalformed that it is below 2.
func NextTCPOption(b []byte) (o TCPOption, rest []byte, err error) {
	if k := TCPOptionKind(b[0]); k == TCPOptEnd || k == TCPOptNop {
		return TCPOption(b[:1]), b[1:], nil
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
	return TCPOption(b[:n]), b[n:], nil
}

// TCPOptions is the options part of a header as a comparable value: up to 40 bytes, order and duplicates
// kept. The Add methods append in wire form and report whether there was room.
type TCPOptions struct {
	b [TCPMaxHeaderLen - TCPMinHeaderLen]byte
	n uint8
}

// MakeTCPOptions keeps a copy of b, and of its first 40 bytes if it is longer.
func MakeTCPOptions(b []byte) (o TCPOptions) {
	o.n = uint8(copy(o.b[:], b))
	return o
}

// Bytes gives the options as they go into the header, without the padding that Append adds.
func (o *TCPOptions) Bytes() []byte { return o.b[:o.n] }

// Room is how many more bytes fit.
func (o *TCPOptions) Room() int { return len(o.b) - int(o.n) }

func (o *TCPOptions) paddedLen() int { return (int(o.n) + 3) &^ 3 }

// Add appends an option of any kind with data behind kind and length. The two kinds that are a single byte are
// refused: AddNop appends the one, and the other is put behind the last option by Append, where it is needed.
func (o *TCPOptions) Add(k TCPOptionKind, data ...byte) bool {
	if o.Room() < 2+len(data) || k == TCPOptEnd || k == TCPOptNop {
		return false
	}
	o.b[o.n], o.b[o.n+1] = byte(k), byte(2+len(data))
	o.n += 2 + uint8(copy(o.b[o.n+2:], data))
	return true
}

// AddNop appends the one-byte option that aligns what follows.
func (o *TCPOptions) AddNop() bool {
	if o.Room() < 1 {
		return false
	}
	o.b[o.n] = byte(TCPOptNop)
	o.n++
	return true
}

// AddMSS appends the maximum segment size option (RFC 9293 section 3.7.1).
func (o *TCPOptions) AddMSS(mss uint16) bool {
	return o.Add(TCPOptMSS, byte(mss>>8), byte(mss))
}

// AddWindowScale appends the window scale option (RFC 7323 section 2).
func (o *TCPOptions) AddWindowScale(shift uint8) bool { return o.Add(TCPOptWindowScale, shift) }

// AddSACKPermitted appends the option that allows the peer to send SACK (RFC 2018 section 2).
func (o *TCPOptions) AddSACKPermitted() bool { return o.Add(TCPOptSACKPermitted) }

// AddTimestamps appends the timestamps option (RFC 7323 section 3).
func (o *TCPOptions) AddTimestamps(val, ecr uint32) bool {
	var d [8]byte
	binary.BigEndian.PutUint32(d[:], val)
	binary.BigEndian.PutUint32(d[4:], ecr)
	return o.Add(TCPOptTimestamps, d[:]...)
}

// AddSACK appends a SACK option with as many of the blocks as fit (RFC 2018 section 3).
func (o *TCPOptions) AddSACK(blocks []SACKBlock) bool {
	n := min(len(blocks), (o.Room()-2)/8)
	if n <= 0 {
		return false
	}
	o.b[o.n], o.b[o.n+1] = byte(TCPOptSACK), byte(2+8*n)
	for i, b := range blocks[:n] {
		binary.BigEndian.PutUint32(o.b[int(o.n)+2+8*i:], b.Left)
		binary.BigEndian.PutUint32(o.b[int(o.n)+6+8*i:], b.Right)
	}
	o.n += uint8(2 + 8*n)
	return true
}

// SACKBlock is a range of sequence numbers that arrived out of order: Left is its first, Right the
// one behind its last.
type SACKBlock struct{ Left, Right uint32 }

// TCPOptionValues is what the options of a segment say to a TCP machine. Of an option that occurs more than
// once the last counts. Kinds and lengths that RFC 9293, 7323, 2018, 5482 and 9768 do not define are passed over.
type TCPOptionValues struct {
	MSS            uint16 // 0 if absent
	WindowScale    uint8  // as sent, not limited to 14
	HasWindowScale bool
	SACKPermitted  bool
	HasTimestamps  bool
	TSVal, TSEcr   uint32
	SACK           [4]SACKBlock
	NumSACK        int
	UserTimeout    uint16 // as sent, granularity bit and all (RFC 5482); 0 if absent
	HasCEBytes     bool
	CEBytes        uint32 // ECEB of Accurate ECN, 24 bits (RFC 9768 section 3.2.3)
}

// OptionValues reads the options. A malformed one ends the reading; what came before it counts.
func (t TCP) OptionValues() (v TCPOptionValues) {
	for b := t.Options(); len(b) > 0; {
		o, rest, err := NextTCPOption(b)
		if err != nil || o.Kind() == TCPOptEnd {
			break
		}
		b = rest
		switch d := o.Data(); {
		case o.Kind() == TCPOptTimestamps && len(d) == 8:
			v.HasTimestamps = true
			v.TSVal, v.TSEcr = binary.BigEndian.Uint32(d), binary.BigEndian.Uint32(d[4:])
		case o.Kind() == TCPOptMSS && len(d) == 2:
			v.MSS = binary.BigEndian.Uint16(d)
		case o.Kind() == TCPOptWindowScale && len(d) == 1:
			v.HasWindowScale, v.WindowScale = true, d[0]
		case o.Kind() == TCPOptSACKPermitted && len(d) == 0:
			v.SACKPermitted = true
		case o.Kind() == TCPOptUserTimeout && len(d) == 2:
			v.UserTimeout = binary.BigEndian.Uint16(d)
		case (o.Kind() == TCPOptAccECN0 || o.Kind() == TCPOptAccECN1) && (len(d) == 6 || len(d) == 9):
			v.HasCEBytes, v.CEBytes = true, uint32(d[3])<<16|uint32(d[4])<<8|uint32(d[5])
		case o.Kind() == TCPOptSACK && len(d)%8 == 0:
			v.NumSACK = min(len(d)/8, len(v.SACK))
			for i := range v.NumSACK {
				v.SACK[i] = SACKBlock{binary.BigEndian.Uint32(d[8*i:]), binary.BigEndian.Uint32(d[8*i+4:])}
			}
		}
	}
	return v
}

var (
	tcpOptionField     = Field{Label: "opt", Title: "Option"}
	tcpOptKindField    = Field{Name: "tcp.option_kind", Label: "kind", Title: "Kind"}
	tcpOptUnknownField = Field{Name: "tcp.option_kind", Label: "opt", Title: "Kind", Rank: 9}
	tcpOptLenField     = Field{Name: "tcp.option_len", Label: "len", Title: "Length"}
	tcpMSSField        = Field{Name: "tcp.options.mss_val", Label: "mss", Title: "MSS Value", Rank: 9}
	tcpWSField         = Field{Name: "tcp.options.wscale.shift", Label: "ws", Title: "Shift count", Rank: 9}
	tcpSACKOKField     = Field{Name: "tcp.options.sack_perm", Label: "sackOK", Title: "SACK permitted", Rank: 9, Form: FormFlag}
	tcpSACKLeField     = Field{Name: "tcp.options.sack_le", Label: "sack", Title: "SACK Left Edge", Rank: 9}
	tcpSACKReField     = Field{Name: "tcp.options.sack_re", Label: "-", Title: "SACK Right Edge", Rank: 9, Form: FormJoined}
	tcpTSValField      = Field{Name: "tcp.options.timestamp.tsval", Label: "ts", Title: "Timestamp value", Rank: 9}
	tcpTSEcrField      = Field{Name: "tcp.options.timestamp.tsecr", Label: "/", Title: "Timestamp echo reply", Rank: 9, Form: FormJoined}
	tcpMD5Field        = Field{Name: "tcp.options.md5.digest", Label: "digest", Title: "MD5 digest"}
	tcpUTOGranField    = Field{Name: "tcp.options.user_to_granularity", Label: "minutes", Title: "Granularity is minutes", Mask: 0x8000}
	tcpUTOField        = Field{Name: "tcp.options.user_to_val", Label: "uto", Title: "User Timeout", Mask: 0x7fff, Rank: 9}
	tcpTFORequestField = Field{Name: "tcp.options.tfo.request", Label: "tfo", Title: "Fast Open Cookie Request", Rank: 9, Form: FormFlag}
	tcpTFOField        = Field{Name: "tcp.options.tfo.cookie", Label: "tfo", Title: "Fast Open Cookie", Rank: 9}
	tcpEE0BField       = Field{Name: "tcp.options.acc_ecn.ee0b", Label: "ee0b", Title: "Accurate ECN Echo ECT(0) Byte Counter", Rank: 9}
	tcpECEBField       = Field{Name: "tcp.options.acc_ecn.eceb", Label: "eceb", Title: "Accurate ECN Echo CE Byte Counter", Rank: 9}
	tcpEE1BField       = Field{Name: "tcp.options.acc_ecn.ee1b", Label: "ee1b", Title: "Accurate ECN Echo ECT(1) Byte Counter", Rank: 9}
	tcpExIDField       = Field{Name: "tcp.options.experimental.exid", Label: "exid", Title: "Experiment Identifier", Base: Hex, Rank: 9}
	tcpExpDataField    = Field{Name: "tcp.options.experimental.data", Label: "data", Title: "Data"}
	tcpOptDataField    = Field{Name: "tcp.options.unknown.payload", Label: "payload", Title: "Payload"}
	tcpOptPadField     = Field{Label: "padding", Title: "Padding"}
	tcpOptBadField     = Field{Label: "malformed", Title: "Malformed options", Rank: 9}
)

// optionFields walks every option. One that contradicts itself ends the walk, and the rest is shown as bytes.
func (t TCP) optionFields(s Sink) {
	off := TCPMinHeaderLen
	for b := t.Options(); len(b) > 0; {
		o, rest, err := NextTCPOption(b)
		if err != nil {
			s.Bytes(&tcpOptBadField, off, len(b), b)
			return
		}
		s.Begin(&tcpOptionField, off, len(o))
		o.fields(s, off)
		s.End()
		off += len(o)
		if o.Kind() == TCPOptEnd {
			if len(rest) > 0 {
				s.Bytes(&tcpOptPadField, off, len(rest), rest)
			}
			return
		}
		b = rest
	}
}

// fields describes an option that starts at off.
func (o TCPOption) fields(s Sink, off int) {
	kind := &tcpOptKindField
	if o.Kind().Name() == "" {
		kind = &tcpOptUnknownField
	}
	s.Enum(kind, off, 1, uint64(o.Kind()), o.Kind().Name())
	if len(o) < 2 {
		return
	}
	s.Uint(&tcpOptLenField, off+1, 1, uint64(len(o)))
	d, at := o.Data(), off+2
	switch k := o.Kind(); {
	case k == TCPOptMSS && len(d) == 2:
		s.Uint(&tcpMSSField, at, 2, uint64(binary.BigEndian.Uint16(d)))
	case k == TCPOptWindowScale && len(d) == 1:
		s.Uint(&tcpWSField, at, 1, uint64(d[0]))
	case k == TCPOptSACKPermitted && len(d) == 0:
		// It has no data; Wireshark's value of the field is the option itself.
		s.Bytes(&tcpSACKOKField, off, 0, o)
	case k == TCPOptSACK && len(d)%8 == 0:
		for ; len(d) > 0; d, at = d[8:], at+8 {
			s.Uint(&tcpSACKLeField, at, 4, uint64(binary.BigEndian.Uint32(d)))
			s.Uint(&tcpSACKReField, at+4, 4, uint64(binary.BigEndian.Uint32(d[4:])))
		}
	case k == TCPOptTimestamps && len(d) == 8:
		s.Uint(&tcpTSValField, at, 4, uint64(binary.BigEndian.Uint32(d)))
		s.Uint(&tcpTSEcrField, at+4, 4, uint64(binary.BigEndian.Uint32(d[4:])))
	case k == TCPOptMD5 && len(d) == 16:
		s.Bytes(&tcpMD5Field, at, len(d), d)
	case k == TCPOptUserTimeout && len(d) == 2:
		v := binary.BigEndian.Uint16(d)
		s.Bool(&tcpUTOGranField, at, 2, v&0x8000 != 0)
		s.Uint(&tcpUTOField, at, 2, uint64(v&0x7fff))
	case k == TCPOptFastOpen:
		fastOpenFields(s, at, d)
	case (k == TCPOptAccECN0 || k == TCPOptAccECN1) && len(d)%3 == 0 && len(d) <= 9:
		counters := [3]*Field{&tcpEE0BField, &tcpECEBField, &tcpEE1BField}
		if k == TCPOptAccECN1 {
			counters[0], counters[2] = counters[2], counters[0]
		}
		for i := range len(d) / 3 {
			s.Uint(counters[i], at+3*i, 3, uint64(d[3*i])<<16|uint64(d[3*i+1])<<8|uint64(d[3*i+2]))
		}
	case (k == TCPOptExp1 || k == TCPOptExp2) && len(d) >= 2:
		id := binary.BigEndian.Uint16(d)
		s.Uint(&tcpExIDField, at, 2, uint64(id))
		switch {
		case id == tcpFastOpenExID:
			fastOpenFields(s, at+2, d[2:])
		case len(d) > 2:
			s.Bytes(&tcpExpDataField, at+2, len(d)-2, d[2:])
		}
	case len(d) > 0:
		s.Bytes(&tcpOptDataField, at, len(d), d)
	}
}

// fastOpenFields describes the data of a Fast Open option (RFC 7413 section 4.1.1) at off.
func fastOpenFields(s Sink, off int, cookie []byte) {
	if len(cookie) == 0 {
		s.Bool(&tcpTFORequestField, off, 0, true)
	} else {
		s.Bytes(&tcpTFOField, off, len(cookie), cookie)
	}
}
