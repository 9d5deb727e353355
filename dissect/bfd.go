package dissect

import "encoding/binary"

// Offsets in a BFD control packet, and lengths, in bytes.
const (
	bfdVersionDiag = 0
	bfdStateFlags  = 1
	bfdMultiplier  = 2
	bfdLength      = 3
	bfdMine        = 4
	bfdYours       = 8
	bfdTxInterval  = 12
	bfdRxInterval  = 16
	bfdEchoRx      = 20

	BFDHeaderLen = 24
)

// BFD is a view of a control packet of Bidirectional Forwarding Detection (RFC 5880 section 4.1), version 0 or 1.
//
//	 0              7 8             15 16            23 24           31
//	+------+---------+----+-----------+---------------+--------------+
//	| Vers |  Diag   |Sta |P F C A D M|  Detect Mult  |    Length    |
//	|                      My Discriminator                          |
//	|                     Your Discriminator                         |
//	|               Desired Min TX Interval, in us                   |
//	|               Required Min RX Interval, in us                  |
//	|            Required Min Echo RX Interval, in us                |
//	+----------------+----------------+------------------------------+
//	|   Auth Type    |    Auth Len    |   Authentication data, if A  |
//	+----------------+----------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type BFD []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of a version that
// is not known, ErrMalformed if Length is smaller than the header.
func (d BFD) Check() error {
	switch {
	case len(d) < BFDHeaderLen:
		return ErrTruncated
	case d.Version() > 1:
		return ErrUnsupported
	case d[bfdLength] < BFDHeaderLen:
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for a host that received the packet (RFC 5880 section 6.8.6): all that Length promises is there, an
// authentication section fills it, and neither multiplier nor discriminator is zero.
func (d BFD) CheckWhole() error {
	if err := d.Check(); err != nil {
		return err
	}
	n := int(d[bfdLength])
	switch {
	case n > len(d):
		return ErrTruncated
	case d.Multiplier() == 0 || d.MyDiscriminator() == 0:
		return ErrMalformed
	case d.HasAuth() && (n < BFDHeaderLen+2 || n != BFDHeaderLen+int(d[BFDHeaderLen+1])):
		return ErrMalformed
	}
	return nil
}

func (d BFD) Version() uint8            { return d[bfdVersionDiag] >> 5 }
func (d BFD) Diagnostic() uint8         { return d[bfdVersionDiag] & 0x1f }
func (d BFD) State() BFDState           { return BFDState(d[bfdStateFlags] >> 6) } // of version 1
func (d BFD) HasAuth() bool             { return d[bfdStateFlags]&0x04 != 0 }
func (d BFD) Multiplier() uint8         { return d[bfdMultiplier] }
func (d BFD) MyDiscriminator() uint32   { return binary.BigEndian.Uint32(d[bfdMine:]) }
func (d BFD) YourDiscriminator() uint32 { return binary.BigEndian.Uint32(d[bfdYours:]) }

// Intervals in microseconds.
func (d BFD) DesiredMinTx() uint32    { return binary.BigEndian.Uint32(d[bfdTxInterval:]) }
func (d BFD) RequiredMinRx() uint32   { return binary.BigEndian.Uint32(d[bfdRxInterval:]) }
func (d BFD) RequiredMinEcho() uint32 { return binary.BigEndian.Uint32(d[bfdEchoRx:]) }

// BFDState is the state of a session.
type BFDState uint8

const (
	BFDAdminDown BFDState = iota
	BFDDown
	BFDInit
	BFDUp
)

// String is the state's name.
func (s BFDState) String() string { return [4]string{"AdminDown", "Down", "Init", "Up"}[s&3] }

var bfdDiagNames = [...]string{
	"No Diagnostic", "Control Detection Time Expired", "Echo Function Failed", "Neighbor Signaled Session Down",
	"Forwarding Plane Reset", "Path Down", "Concatenated Path Down", "Administratively Down", "Reverse Concatenated Path Down",
}

var bfdAuthNames = [...]string{
	1: "Simple Password", "Keyed MD5", "Meticulous Keyed MD5", "Keyed SHA1", "Meticulous Keyed SHA1",
}

var (
	bfdVersionField = Field{Name: "bfd.version", Label: "version", Title: "Protocol version", Mask: 0xe0, Rank: 1}
	bfdDiagField    = Field{Name: "bfd.diag", Label: "diag", Title: "Diagnostic", Mask: 0x1f, Base: Hex, Rank: 3, Form: FormNonzero}
	bfdStateField   = Field{Name: "bfd.sta", Label: "state", Title: "Session state", Mask: 0xc0, Base: Hex, Rank: 2}
	bfdFlagsField   = Field{Name: "bfd.flags", Label: "flags", Title: "Message flags", Base: Hex}
	bfdMultField    = Field{Name: "bfd.detect_time_multiplier", Label: "mult", Title: "Detect time multiplier", Rank: 4}
	bfdLengthField  = Field{Name: "bfd.message_length", Label: "length", Title: "Message length"}
	bfdMineField    = Field{Name: "bfd.my_discriminator", Label: "my", Title: "My discriminator", Base: Hex, Rank: 5}
	bfdYoursField   = Field{Name: "bfd.your_discriminator", Label: "your", Title: "Your discriminator", Base: Hex, Rank: 5}
	bfdTxField      = Field{Name: "bfd.desired_min_tx_interval", Label: "tx", Title: "Desired min TX interval", Rank: 6}
	bfdRxField      = Field{Name: "bfd.required_min_rx_interval", Label: "rx", Title: "Required min RX interval", Rank: 6}
	bfdEchoField    = Field{Name: "bfd.required_min_echo_interval", Label: "echo", Title: "Required min echo interval"}
	bfdAuthGroup    = Field{Title: "Authentication"}
	bfdAuthType     = Field{Name: "bfd.auth.type", Label: "auth", Title: "Authentication type", Rank: 7}
	bfdAuthLen      = Field{Name: "bfd.auth.len", Title: "Authentication length"}
	bfdAuthKey      = Field{Name: "bfd.auth.key", Title: "Authentication key ID"}
	bfdAuthPassword = Field{Name: "bfd.auth.password", Title: "Password"}
	bfdAuthReserved = Field{Title: "Reserved"}
	bfdAuthSeq      = Field{Name: "bfd.auth.seq_num", Title: "Sequence number", Base: Hex}
	bfdAuthDigest   = Field{Name: "bfd.checksum", Title: "Digest"}
	bfdRestField    = Field{Title: "Further data"}

	bfdFlags1 = []*Field{
		{Name: "bfd.flags.p", Title: "Poll", Mask: 0x20},
		{Name: "bfd.flags.f", Title: "Final", Mask: 0x10},
		{Name: "bfd.flags.c", Title: "Control plane independent", Mask: 0x08},
		{Name: "bfd.flags.a", Title: "Authentication present", Mask: 0x04},
		{Name: "bfd.flags.d", Title: "Demand", Mask: 0x02},
		{Name: "bfd.flags.m", Title: "Multipoint", Mask: 0x01},
	}
	bfdFlags0 = []*Field{
		{Name: "bfd.flags.h", Title: "I hear you", Mask: 0x80},
		{Name: "bfd.flags.d", Title: "Demand", Mask: 0x40},
		{Name: "bfd.flags.p", Title: "Poll", Mask: 0x20},
		{Name: "bfd.flags.f", Title: "Final", Mask: 0x10},
		{Title: "Reserved", Mask: 0x0f},
	}
)

// Fields describes the packet to s.
func (d BFD) Fields(s Sink) {
	s.Uint(&bfdVersionField, bfdVersionDiag, 1, uint64(d.Version()))
	diag := ""
	if int(d.Diagnostic()) < len(bfdDiagNames) {
		diag = bfdDiagNames[d.Diagnostic()]
	}
	s.Enum(&bfdDiagField, bfdVersionDiag, 1, uint64(d.Diagnostic()), diag)
	w := newFieldWalk(s, d)
	w.at = bfdStateFlags
	if d.Version() == 0 {
		w.flags(&bfdFlagsField, 1, bfdFlags0)
	} else {
		// Wireshark's number is the whole byte, the state in it.
		s.Uint(&bfdFlagsField, bfdStateFlags, 1, uint64(d[bfdStateFlags]))
		s.Begin(&bfdFlagsField, bfdStateFlags, 1)
		s.Enum(&bfdStateField, bfdStateFlags, 1, uint64(d.State()), d.State().String())
		w.parts(1, bfdFlags1)
		s.End()
	}
	w.uint(&bfdMultField, 1)
	w.uint(&bfdLengthField, 1)
	w.uint(&bfdMineField, 4)
	w.uint(&bfdYoursField, 4)
	w.uint(&bfdTxField, 4)
	w.uint(&bfdRxField, 4)
	w.uint(&bfdEchoField, 4)
	if n := int(d[bfdLength]); d.HasAuth() && n <= len(d) && n > BFDHeaderLen {
		d.authFields(&w, n-BFDHeaderLen)
	}
	w.rest(&bfdRestField)
}

// authFields describes an authentication section of n bytes (RFC 5880 sections 4.2 to 4.4).
func (d BFD) authFields(w *fieldWalk, n int) {
	kind, name := w.peek(1), ""
	if kind < uint64(len(bfdAuthNames)) {
		name = bfdAuthNames[kind]
	}
	outer, _ := w.enter(&bfdAuthGroup, n)
	w.enum(&bfdAuthType, 1, name)
	w.uint(&bfdAuthLen, 1)
	w.uint(&bfdAuthKey, 1)
	switch kind {
	case 1:
		w.text(&bfdAuthPassword, w.end-w.at)
	case 2, 3, 4, 5:
		w.bytes(&bfdAuthReserved, 1)
		w.uint(&bfdAuthSeq, 4)
		w.bytes(&bfdAuthDigest, w.end-w.at)
	}
	w.leave(&bfdRestField, outer)
}

func decodeBFD(p *Packet, l *Layer, b []byte) LayerType {
	if err := BFD(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func bfdFields(p *Packet, l *Layer, s Sink) { BFD(p.Bytes(l)).Fields(s) }

// BFDHeader is a control packet of version 1 without authentication as a value. Flags are the lower six bits of the second
// byte, intervals are in microseconds.
type BFDHeader struct {
	Diagnostic                                   uint8
	State                                        BFDState
	Flags                                        uint8
	Multiplier                                   uint8
	MyDiscriminator, YourDiscriminator           uint32
	DesiredMinTx, RequiredMinRx, RequiredMinEcho uint32
}

// Header gives the header as a value.
func (d BFD) Header() BFDHeader {
	return BFDHeader{
		Diagnostic: d.Diagnostic(), State: d.State(), Flags: d[bfdStateFlags] & 0x3f, Multiplier: d.Multiplier(),
		MyDiscriminator: d.MyDiscriminator(), YourDiscriminator: d.YourDiscriminator(),
		DesiredMinTx: d.DesiredMinTx(), RequiredMinRx: d.RequiredMinRx(), RequiredMinEcho: d.RequiredMinEcho(),
	}
}

// Append appends the wire form of h to b and returns the extended slice.
func (h *BFDHeader) Append(b []byte) []byte {
	b = append(b, 1<<5|h.Diagnostic&0x1f, byte(h.State)<<6|h.Flags&0x3f, h.Multiplier, BFDHeaderLen)
	for _, v := range [...]uint32{h.MyDiscriminator, h.YourDiscriminator, h.DesiredMinTx, h.RequiredMinRx, h.RequiredMinEcho} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// What a BFD echo packet holds is its sender's affair (RFC 5880 section 5).
var bfdEchoPacket = Field{Name: "bfd_echo.packet", Label: "data", Title: "Echo"}

func decodeBFDEcho(p *Packet, l *Layer, b []byte) LayerType {
	l.Payload = l.End
	return LayerNone
}

func bfdEchoFields(p *Packet, l *Layer, s Sink) {
	b := p.Bytes(l)
	s.Bytes(&bfdEchoPacket, 0, len(b), b)
}
