package dissect

import "encoding/binary"

// Offsets in an NTP packet, and the length of its header, in bytes.
const (
	ntpFlags          = 0
	ntpStratum        = 1
	ntpPoll           = 2
	ntpPrecision      = 3
	ntpRootDelay      = 4
	ntpRootDispersion = 8
	ntpRefID          = 12
	ntpRefTime        = 16
	ntpOriginTime     = 24
	ntpReceiveTime    = 32
	ntpTransmitTime   = 40

	NTPHeaderLen = 48
)

// Offsets in an NTP control message, and the length of its header, in bytes.
const (
	ntpCtrlFlags    = 1
	ntpCtrlSequence = 2
	ntpCtrlStatus   = 4
	ntpCtrlAssoc    = 6
	ntpCtrlOffset   = 8
	ntpCtrlCount    = 10

	ntpControlLen = 12
)

// NTP is a view of an NTP packet (RFC 5905 section 7.3), or of a control message (RFC 9327), which shares the first byte.
//
//	 0     2     5    7 8             15 16            23 24           31
//	+-----+-----+-----+----------------+---------------+--------------+
//	|Leap | Ver | Mode|    Stratum     |     Poll      |  Precision   |
//	+-----+-----+-----+----------------+---------------+--------------+
//	|                           Root Delay                            |
//	|                         Root Dispersion                         |
//	|                          Reference ID                           |
//	+-----------------------------------------------------------------+
//	|                  Reference Timestamp (64 bits)                  |
//	|                   Origin Timestamp (64 bits)                    |
//	|                   Receive Timestamp (64 bits)                   |
//	|                  Transmit Timestamp (64 bits)                   |
//	+-----------------------------------------------------------------+
//	|              Extension fields, then key and digest              |
//	+-----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them. Those behind Mode are for packets that
// carry times, HasTimes.
type NTP []byte

// Check reports whether the header can be read, that of a control message if it is one: ErrTruncated if bytes of it are missing.
func (n NTP) Check() error {
	switch {
	case len(n) == 0:
		return ErrTruncated
	case n.Mode() == NTPControl && len(n) < ntpControlLen:
		return ErrTruncated
	case n.HasTimes() && len(n) < NTPHeaderLen:
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: nothing says how long a packet is.
func (n NTP) CheckWhole() error { return n.Check() }

func (n NTP) Leap() NTPLeap  { return NTPLeap(n[ntpFlags] >> 6) }
func (n NTP) Version() uint8 { return n[ntpFlags] >> 3 & 7 }
func (n NTP) Mode() NTPMode  { return NTPMode(n[ntpFlags] & 7) }

// HasTimes reports whether the packet is of a mode that carries times: neither control nor private.
func (n NTP) HasTimes() bool { return n.Mode() != NTPControl && n.Mode() != NTPPrivate }

// word, half and stamp read where the packet may be of a mode that has no such field.
func (n NTP) half(off int) uint16 {
	if len(n) < off+2 {
		return 0
	}
	return binary.BigEndian.Uint16(n[off:])
}

func (n NTP) word(off int) uint32 {
	if len(n) < off+4 {
		return 0
	}
	return binary.BigEndian.Uint32(n[off:])
}

func (n NTP) stamp(off int) NTPTime {
	return NTPTime(n.word(off))<<32 | NTPTime(n.word(off+4))
}

func (n NTP) Stratum() uint8 { return uint8(n.half(ntpFlags)) }

// Poll and Precision are exponents of two, in seconds.
func (n NTP) Poll() int8      { return int8(n.half(ntpPoll) >> 8) }
func (n NTP) Precision() int8 { return int8(n.half(ntpPoll)) }

// RootDelay and RootDispersion are in units of 2^-16 seconds.
func (n NTP) RootDelay() uint32      { return n.word(ntpRootDelay) }
func (n NTP) RootDispersion() uint32 { return n.word(ntpRootDispersion) }

// RefID says where the time is from: text for stratum 0 and 1, else an address or a hash of one.
func (n NTP) RefID() uint32 { return n.word(ntpRefID) }

func (n NTP) RefTime() NTPTime      { return n.stamp(ntpRefTime) }
func (n NTP) OriginTime() NTPTime   { return n.stamp(ntpOriginTime) }
func (n NTP) ReceiveTime() NTPTime  { return n.stamp(ntpReceiveTime) }
func (n NTP) TransmitTime() NTPTime { return n.stamp(ntpTransmitTime) }

// NTPTime is a time in seconds since 1900, modulo 2^32, with 32 bits behind the point (RFC 5905 section 6).
type NTPTime uint64

// unixEpochNTP is 1970 in seconds since 1900.
const unixEpochNTP = 2208988800

// Unix gives the time in nanoseconds since 1970. Of the eras, the one from 1968 to 2104 is meant.
func (t NTPTime) Unix() int64 {
	sec := int64(t>>32) - unixEpochNTP
	if t>>63 == 0 {
		sec += 1 << 32
	}
	return sec*1e9 + int64(uint64(uint32(t))*1e9>>32)
}

var (
	ntpFlagsField    = Field{Name: "ntp.flags", Label: "flags", Title: "Flags", Base: Hex}
	ntpLeapField     = Field{Name: "ntp.flags.li", Label: "leap", Title: "Leap indicator", Mask: 0xc0, Rank: 3, Form: FormNonzero}
	ntpVersionField  = Field{Name: "ntp.flags.vn", Label: "version", Title: "Version", Mask: 0x38, Rank: 2}
	ntpModeField     = Field{Name: "ntp.flags.mode", Label: "mode", Title: "Mode", Mask: 0x07, Rank: 1, Form: FormBare}
	ntpStratumField  = Field{Name: "ntp.stratum", Label: "stratum", Title: "Stratum", Rank: 4}
	ntpPollField     = Field{Name: "ntp.ppoll", Label: "poll", Title: "Poll interval, as an exponent of 2"}
	ntpPrecField     = Field{Title: "Precision, as an exponent of 2 in two's complement"}
	ntpDelayField    = Field{Name: "ntp.rootdelay", Title: "Root delay (2^-16 s)"}
	ntpDispField     = Field{Name: "ntp.rootdispersion", Title: "Root dispersion (2^-16 s)"}
	ntpRefIDField    = Field{Name: "ntp.refid", Label: "ref", Title: "Reference ID"}
	ntpTimeSecFields = [4]Field{
		{Title: "Reference timestamp (s since 1900)"}, {Title: "Origin timestamp (s since 1900)"},
		{Title: "Receive timestamp (s since 1900)"}, {Title: "Transmit timestamp (s since 1900)"},
	}
	ntpTimeFracFields = [4]Field{
		{Title: "Reference timestamp, fraction (2^-32 s)"}, {Title: "Origin timestamp, fraction (2^-32 s)"},
		{Title: "Receive timestamp, fraction (2^-32 s)"}, {Title: "Transmit timestamp, fraction (2^-32 s)"},
	}
	ntpKeyField     = Field{Name: "ntp.keyid", Title: "Key ID"}
	ntpMACField     = Field{Name: "ntp.mac", Title: "Message authentication code"}
	ntpExtField     = Field{Title: "Extension field"}
	ntpExtTypeField = Field{Name: "ntp.ext.type", Title: "Type", Base: Hex}
	ntpExtLenField  = Field{Name: "ntp.ext.length", Title: "Length"}
	ntpExtDataField = Field{Name: "ntp.ext.value", Title: "Value"}
	ntpRestField    = Field{Title: "Bytes behind the header"}

	ntpCtrlFlagsField    = Field{Name: "ntp.ctrl.flags2", Title: "Flags 2", Base: Hex}
	ntpCtrlResponseField = Field{Name: "ntp.ctrl.flags2.r", Label: "response", Title: "Response", Mask: 0x80, Rank: 3, Form: FormFlag}
	ntpCtrlErrorField    = Field{Name: "ntp.ctrl.flags2.error", Label: "error", Title: "Error", Mask: 0x40, Rank: 3, Form: FormFlag}
	ntpCtrlMoreField     = Field{Name: "ntp.ctrl.flags2.more", Label: "more", Title: "More", Mask: 0x20, Rank: 3, Form: FormFlag}
	ntpCtrlOpField       = Field{Name: "ntp.ctrl.flags2.opcode", Label: "op", Title: "Opcode", Mask: 0x1f, Rank: 3}
	ntpCtrlSeqField      = Field{Name: "ntp.ctrl.sequence", Title: "Sequence"}
	ntpCtrlStatusField   = Field{Name: "ntp.ctrl.status", Title: "Status", Base: Hex}
	ntpCtrlAssocField    = Field{Name: "ntp.ctrl.associd", Title: "Association ID"}
	ntpCtrlOffsetField   = Field{Name: "ntp.ctrl.offset", Title: "Offset"}
	ntpCtrlCountField    = Field{Name: "ntp.ctrl.count", Title: "Count"}
	ntpCtrlDataField     = Field{Label: "data", Title: "Data"}

	ntpPrivResponseField = Field{Name: "ntp.priv.flags.r", Label: "response", Title: "Response", Mask: 0x80, Rank: 3, Form: FormFlag}
	ntpPrivMoreField     = Field{Name: "ntp.priv.flags.more", Label: "more", Title: "More", Mask: 0x40, Rank: 3, Form: FormFlag}
	ntpPrivDataField     = Field{Title: "Private data"}
)

// Fields describes the packet to s. Wireshark's fields for the times are dates; ours are numbers, without those names.
func (n NTP) Fields(s Sink) {
	s.Uint(&ntpFlagsField, ntpFlags, 1, uint64(n[ntpFlags]))
	s.Begin(&ntpFlagsField, ntpFlags, 1)
	if n.Mode() == NTPPrivate {
		s.Bool(&ntpPrivResponseField, ntpFlags, 1, n[ntpFlags]&0x80 != 0)
		s.Bool(&ntpPrivMoreField, ntpFlags, 1, n[ntpFlags]&0x40 != 0)
	} else {
		s.Enum(&ntpLeapField, ntpFlags, 1, uint64(n.Leap()), n.Leap().Name())
	}
	s.Uint(&ntpVersionField, ntpFlags, 1, uint64(n.Version()))
	s.Enum(&ntpModeField, ntpFlags, 1, uint64(n.Mode()), n.Mode().Name())
	s.End()
	switch n.Mode() {
	case NTPControl:
		n.controlFields(s)
		return
	case NTPPrivate:
		if len(n) > 1 {
			s.Bytes(&ntpPrivDataField, 1, len(n)-1, n[1:])
		}
		return
	}
	s.Uint(&ntpStratumField, ntpStratum, 1, uint64(n.Stratum()))
	s.Uint(&ntpPollField, ntpPoll, 1, uint64(uint8(n.Poll())))
	s.Uint(&ntpPrecField, ntpPrecision, 1, uint64(uint8(n.Precision())))
	s.Uint(&ntpDelayField, ntpRootDelay, 4, uint64(n.RootDelay()))
	s.Uint(&ntpDispField, ntpRootDispersion, 4, uint64(n.RootDispersion()))
	s.Bytes(&ntpRefIDField, ntpRefID, 4, n[ntpRefID:][:4])
	for i := range 4 {
		off := ntpRefTime + 8*i
		s.Uint(&ntpTimeSecFields[i], off, 4, uint64(n.word(off)))
		s.Uint(&ntpTimeFracFields[i], off+4, 4, uint64(n.word(off+4)))
	}
	n.extraFields(s, NTPHeaderLen)
}

// extraFields describes what is at off, behind the header: extension fields (RFC 7822), then a key's number and a digest.
func (n NTP) extraFields(s Sink, off int) {
	for len(n)-off >= 28 {
		size := int(n.half(off + 2))
		if size < 16 || size%4 != 0 || size > len(n)-off {
			break
		}
		s.Begin(&ntpExtField, off, size)
		s.Uint(&ntpExtTypeField, off, 2, uint64(n.half(off)))
		s.Uint(&ntpExtLenField, off+2, 2, uint64(size))
		s.Bytes(&ntpExtDataField, off+4, size-4, n[off+4:off+size])
		s.End()
		off += size
	}
	switch rest := len(n) - off; rest {
	case 0:
	case 4, 20, 24:
		s.Bytes(&ntpKeyField, off, 4, n[off:off+4])
		if rest > 4 {
			s.Bytes(&ntpMACField, off+4, rest-4, n[off+4:])
		}
	default:
		s.Bytes(&ntpRestField, off, rest, n[off:])
	}
}

func (n NTP) controlFields(s Sink) {
	flags := uint64(n[ntpCtrlFlags])
	s.Uint(&ntpCtrlFlagsField, ntpCtrlFlags, 1, flags)
	s.Begin(&ntpCtrlFlagsField, ntpCtrlFlags, 1)
	for _, f := range [...]*Field{&ntpCtrlResponseField, &ntpCtrlErrorField, &ntpCtrlMoreField} {
		s.Bool(f, ntpCtrlFlags, 1, flags&f.Mask != 0)
	}
	s.Uint(&ntpCtrlOpField, ntpCtrlFlags, 1, flags&ntpCtrlOpField.Mask)
	s.End()
	s.Uint(&ntpCtrlSeqField, ntpCtrlSequence, 2, uint64(n.half(ntpCtrlSequence)))
	s.Uint(&ntpCtrlStatusField, ntpCtrlStatus, 2, uint64(n.half(ntpCtrlStatus)))
	s.Uint(&ntpCtrlAssocField, ntpCtrlAssoc, 2, uint64(n.half(ntpCtrlAssoc)))
	s.Uint(&ntpCtrlOffsetField, ntpCtrlOffset, 2, uint64(n.half(ntpCtrlOffset)))
	s.Uint(&ntpCtrlCountField, ntpCtrlCount, 2, uint64(n.half(ntpCtrlCount)))
	if data := n[ntpControlLen:]; len(data) > 0 {
		s.Text(&ntpCtrlDataField, ntpControlLen, len(data), data)
	}
}

func decodeNTP(p *Packet, l *Layer, b []byte) LayerType {
	if err := NTP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func ntpFields(p *Packet, l *Layer, s Sink) { NTP(p.Bytes(l)).Fields(s) }

// NTPHeader is the header of an NTP packet that carries times, as a value.
type NTPHeader struct {
	Leap                      NTPLeap
	Version                   uint8
	Mode                      NTPMode
	Stratum                   uint8
	Poll, Precision           int8   // exponents of two, in seconds
	RootDelay, RootDispersion uint32 // in units of 2^-16 seconds
	RefID                     uint32

	RefTime, OriginTime, ReceiveTime, TransmitTime NTPTime
}

// Header gives the header as a value.
func (n NTP) Header() NTPHeader {
	return NTPHeader{
		Leap: n.Leap(), Version: n.Version(), Mode: n.Mode(), Stratum: n.Stratum(), Poll: n.Poll(), Precision: n.Precision(),
		RootDelay: n.RootDelay(), RootDispersion: n.RootDispersion(), RefID: n.RefID(),
		RefTime: n.RefTime(), OriginTime: n.OriginTime(), ReceiveTime: n.ReceiveTime(), TransmitTime: n.TransmitTime(),
	}
}

// Append appends the wire form of h to b and returns the extended slice.
func (h *NTPHeader) Append(b []byte) []byte {
	b = append(b, byte(h.Leap)<<6|h.Version&7<<3|byte(h.Mode)&7, h.Stratum, byte(h.Poll), byte(h.Precision))
	b = binary.BigEndian.AppendUint32(b, h.RootDelay)
	b = binary.BigEndian.AppendUint32(b, h.RootDispersion)
	b = binary.BigEndian.AppendUint32(b, h.RefID)
	for _, t := range [...]NTPTime{h.RefTime, h.OriginTime, h.ReceiveTime, h.TransmitTime} {
		b = binary.BigEndian.AppendUint64(b, uint64(t))
	}
	return b
}

// NTPLeap warns of a leap second.
type NTPLeap uint8

// Name is the warning in words, or "" for none.
func (l NTPLeap) Name() string { return [...]string{"", "+1s", "-1s", "unsynchronized"}[l&3] }

// String is the warning, or the number.
func (l NTPLeap) String() string { return nameOrNumber(l.Name(), uint64(l)) }

// NTPMode says what a packet is for (RFC 5905 figure 10).
type NTPMode uint8

const (
	NTPSymmetricActive  NTPMode = 1
	NTPSymmetricPassive NTPMode = 2
	NTPClient           NTPMode = 3
	NTPServer           NTPMode = 4
	NTPBroadcast        NTPMode = 5
	NTPControl          NTPMode = 6
	NTPPrivate          NTPMode = 7
)

// Name is the mode's name, or "".
func (m NTPMode) Name() string {
	return [...]string{"", "symmetric-active", "symmetric-passive", "client", "server", "broadcast", "control", "private"}[m&7]
}

// String is the name, or the number.
func (m NTPMode) String() string { return nameOrNumber(m.Name(), uint64(m)) }
