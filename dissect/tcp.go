package dissect

import "encoding/binary"

// Offsets in a TCP header, and its shortest and longest length, in bytes.
const (
	tcpSrcPort  = 0
	tcpDstPort  = 2
	tcpSeq      = 4
	tcpAck      = 8
	tcpOffset   = 12
	tcpFlags    = 13
	tcpWindow   = 14
	tcpChecksum = 16
	tcpUrgent   = 18

	TCPMinHeaderLen = 20
	TCPMaxHeaderLen = 60
)

// TCP is a view of a TCP segment (RFC 9293 section 3.1): the header and whatever part of the payload the
// slice holds.
//
//	 0      3 4     7 8            15 16                          31
//	+----------------+---------------+------------------------------+
//	|          Source Port           |       Destination Port       |
//	+--------------------------------+------------------------------+
//	|                        Sequence Number                        |
//	+---------------------------------------------------------------+
//	|                    Acknowledgment Number                      |
//	+-------+--------+---------------+------------------------------+
//	|Offset |Reserved|     Flags     |            Window            |
//	+-------+--------+---------------+------------------------------+
//	|            Checksum            |        Urgent Pointer        |
//	+--------------------------------+------------------------------+
//	|                     Options, padded to 32 bits                |
//	+---------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type TCP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if
// the data offset is below 5. Options are not looked at; see NextTCPOption.
func (t TCP) Check() error {
	if len(t) < TCPMinHeaderLen {
		return ErrTruncated
	}
	switch n := t.HeaderLen(); {
	case n < TCPMinHeaderLen:
		return ErrMalformed
	case n > len(t):
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: a segment has no length of its own, so the IP packet around it says what is missing.
func (t TCP) CheckWhole() error { return t.Check() }

func (t TCP) SrcPort() uint16 { return binary.BigEndian.Uint16(t[tcpSrcPort:]) }
func (t TCP) DstPort() uint16 { return binary.BigEndian.Uint16(t[tcpDstPort:]) }
func (t TCP) Seq() uint32     { return binary.BigEndian.Uint32(t[tcpSeq:]) }
func (t TCP) Ack() uint32     { return binary.BigEndian.Uint32(t[tcpAck:]) }

// HeaderLen is the length of the header, options included, in bytes.
func (t TCP) HeaderLen() int { return int(t[tcpOffset]>>4) * 4 }

// Flags gives the twelve bits behind the data offset, reserved ones included.
func (t TCP) Flags() TCPFlags {
	return TCPFlags(binary.BigEndian.Uint16(t[tcpOffset:]) & 0xfff)
}

// Window is the window field as it stands, not scaled.
func (t TCP) Window() uint16   { return binary.BigEndian.Uint16(t[tcpWindow:]) }
func (t TCP) Checksum() uint16 { return binary.BigEndian.Uint16(t[tcpChecksum:]) }
func (t TCP) Urgent() uint16   { return binary.BigEndian.Uint16(t[tcpUrgent:]) }

// Options is the part of the header behind the fixed 20 bytes; walk it with NextTCPOption.
func (t TCP) Options() []byte { return t[TCPMinHeaderLen:t.HeaderLen()] }

// Payload is what follows the header.
func (t TCP) Payload() []byte { return t[t.HeaderLen():] }

// ChecksumOK reports whether the checksum is right. pseudo is the PseudoHeaderSum of the addresses with
// the length of t, which must be the whole segment and nothing more.
func (t TCP) ChecksumOK(pseudo Sum) bool { return pseudo.Add(t).Fold() == 0xffff }

// FillChecksum computes the checksum of the segment, of which t holds the first bytes and payload the rest,
// and writes it.
func (t TCP) FillChecksum(pseudo Sum, payload ...[]byte) {
	t.SetChecksum(0)
	sum := pseudo.Add(t).addBehind(len(t), payload)
	t.SetChecksum(sum.Checksum())
}

func (t TCP) SetChecksum(v uint16) { binary.BigEndian.PutUint16(t[tcpChecksum:], v) }

// TCPFlags are the control bits of a TCP header and the reserved bits above them (RFC 9293, RFC 3168, and
// AE of Accurate ECN).
type TCPFlags uint16

const (
	FIN TCPFlags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
	AE
)

// Has reports whether all of the bits of mask are set.
func (f TCPFlags) Has(mask TCPFlags) bool { return f&mask == mask }

// String lists the flags that are set: "SYN|ACK".
func (f TCPFlags) String() string {
	if f == 0 {
		return "none"
	}
	var s string
	for i, n := range [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"} {
		if f&(1<<i) != 0 {
			if s != "" {
				s += "|"
			}
			s += n
		}
	}
	return s
}

var (
	tcpSrcPortField  = Field{Name: "tcp.srcport", Label: "src", Title: "Source Port", Rank: 1}
	tcpDstPortField  = Field{Name: "tcp.dstport", Label: "dst", Title: "Destination Port", Rank: 2}
	tcpSeqField      = Field{Name: "tcp.seq_raw", Label: "seq", Title: "Sequence Number", Rank: 4}
	tcpAckField      = Field{Name: "tcp.ack_raw", Label: "ack", Title: "Acknowledgment Number", Rank: 5}
	tcpAckUnusedFld  = Field{Name: "tcp.ack_raw", Label: "ack", Title: "Acknowledgment Number (not in use)"}
	tcpHdrLenField   = Field{Name: "tcp.hdr_len", Label: "hlen", Title: "Header Length", Mask: 0xf0}
	tcpFlagsField    = Field{Name: "tcp.flags", Label: "flags", Title: "Flags", Mask: 0x0fff, Base: Hex}
	tcpFlagResField  = Field{Name: "tcp.flags.res", Label: "res", Title: "Reserved", Mask: 0x0e00, Rank: 3, Form: FormFlag}
	tcpFlagAEField   = Field{Name: "tcp.flags.ae", Label: "ae", Title: "Accurate ECN", Mask: 0x0100, Rank: 3, Form: FormFlag}
	tcpFlagCWRField  = Field{Name: "tcp.flags.cwr", Label: "cwr", Title: "Congestion Window Reduced", Mask: 0x0080, Rank: 3, Form: FormFlag}
	tcpFlagECEField  = Field{Name: "tcp.flags.ece", Label: "ece", Title: "ECN-Echo", Mask: 0x0040, Rank: 3, Form: FormFlag}
	tcpFlagURGField  = Field{Name: "tcp.flags.urg", Label: "urg", Title: "Urgent", Mask: 0x0020}
	tcpFlagACKField  = Field{Name: "tcp.flags.ack", Label: "ack", Title: "Acknowledgment", Mask: 0x0010}
	tcpFlagPSHField  = Field{Name: "tcp.flags.push", Label: "psh", Title: "Push", Mask: 0x0008, Rank: 3, Form: FormFlag}
	tcpFlagRSTField  = Field{Name: "tcp.flags.reset", Label: "rst", Title: "Reset", Mask: 0x0004, Rank: 3, Form: FormFlag}
	tcpFlagSYNField  = Field{Name: "tcp.flags.syn", Label: "syn", Title: "Syn", Mask: 0x0002, Rank: 3, Form: FormFlag}
	tcpFlagFINField  = Field{Name: "tcp.flags.fin", Label: "fin", Title: "Fin", Mask: 0x0001, Rank: 3, Form: FormFlag}
	tcpWindowField   = Field{Name: "tcp.window_size_value", Label: "win", Title: "Window", Rank: 6}
	tcpChecksumField = Field{Name: "tcp.checksum", Bad: "tcp.checksum_bad.expert", Label: "chksum", Title: "Checksum", Base: Hex}
	tcpUrgentField   = Field{Name: "tcp.urgent_pointer", Label: "urg", Title: "Urgent Pointer", Rank: 7}
	tcpUrgUnusedFld  = Field{Name: "tcp.urgent_pointer", Label: "urg", Title: "Urgent Pointer (not in use)"}
	tcpLenField      = Field{Name: "tcp.len", Label: "len", Title: "TCP Segment Len", Rank: 8}
)

// Fields describes the header to s. payload is the length of the segment's data on the wire, sum the verdict
// on the checksum.
func (t TCP) Fields(s Sink, payload int, sum ChecksumResult) {
	f := t.Flags()
	s.Uint(&tcpSrcPortField, tcpSrcPort, 2, uint64(t.SrcPort()))
	s.Uint(&tcpDstPortField, tcpDstPort, 2, uint64(t.DstPort()))
	s.Uint(&tcpLenField, 0, 0, uint64(payload))
	s.Uint(&tcpSeqField, tcpSeq, 4, uint64(t.Seq()))
	ack, urgent := &tcpAckUnusedFld, &tcpUrgUnusedFld
	if f.Has(ACK) {
		ack = &tcpAckField
	}
	if f.Has(URG) {
		urgent = &tcpUrgentField
	}
	s.Uint(ack, tcpAck, 4, uint64(t.Ack()))
	s.Uint(&tcpHdrLenField, tcpOffset, 1, uint64(t.HeaderLen()))
	s.Uint(&tcpFlagsField, tcpOffset, 2, uint64(f))
	s.Begin(&tcpFlagsField, tcpOffset, 2)
	s.Bool(&tcpFlagResField, tcpOffset, 2, f&0xe00 != 0)
	s.Bool(&tcpFlagAEField, tcpOffset, 2, f.Has(AE))
	s.Bool(&tcpFlagCWRField, tcpOffset, 2, f.Has(CWR))
	s.Bool(&tcpFlagECEField, tcpOffset, 2, f.Has(ECE))
	s.Bool(&tcpFlagURGField, tcpOffset, 2, f.Has(URG))
	s.Bool(&tcpFlagACKField, tcpOffset, 2, f.Has(ACK))
	s.Bool(&tcpFlagPSHField, tcpOffset, 2, f.Has(PSH))
	s.Bool(&tcpFlagRSTField, tcpOffset, 2, f.Has(RST))
	s.Bool(&tcpFlagSYNField, tcpOffset, 2, f.Has(SYN))
	s.Bool(&tcpFlagFINField, tcpOffset, 2, f.Has(FIN))
	s.End()
	s.Uint(&tcpWindowField, tcpWindow, 2, uint64(t.Window()))
	s.Checksum(&tcpChecksumField, tcpChecksum, 2, t.Checksum(), sum)
	s.Uint(urgent, tcpUrgent, 2, uint64(t.Urgent()))
	t.optionFields(s)
}

func decodeTCP(p *Packet, l *Layer, b []byte) LayerType {
	t := TCP(b)
	if err := t.Check(); err != nil {
		if err == ErrTruncated && l.Flags&Quoted != 0 {
			l.Type = LayerTCPExcerpt
			return decodeTCPExcerpt(p, l, b)
		}
		return l.fail(err)
	}
	l.Payload = l.Start + t.HeaderLen()
	if l.Payload >= l.End {
		return LayerNone
	}
	if p.TCPAs != LayerNone {
		return p.TCPAs
	}
	return tcpPorts.layer(t.SrcPort(), t.DstPort())
}

func tcpFields(p *Packet, l *Layer, s Sink) {
	t := TCP(p.Bytes(l))
	t.Fields(s, l.Wire-t.HeaderLen(), p.transportChecksum(l, ProtoTCP, t, t.Checksum()))
}

// TCPHeader is a TCP header as a value.
type TCPHeader struct {
	SrcPort, DstPort uint16
	Seq, Ack         uint32
	Flags            TCPFlags
	Window           uint16
	Checksum         uint16
	Urgent           uint16
	Options          TCPOptions
}

// Header gives the header as a value.
func (t TCP) Header() TCPHeader {
	return TCPHeader{
		SrcPort: t.SrcPort(), DstPort: t.DstPort(), Seq: t.Seq(), Ack: t.Ack(), Flags: t.Flags(),
		Window: t.Window(), Checksum: t.Checksum(), Urgent: t.Urgent(), Options: MakeTCPOptions(t.Options()),
	}
}

// HeaderLen is the length of the header's wire form in bytes.
func (h *TCPHeader) HeaderLen() int { return TCPMinHeaderLen + h.Options.paddedLen() }

// Append appends the wire form of h to b and returns the extended slice. The checksum is written as it
// stands in h: compute it with FillChecksum when the payload is known.
func (h *TCPHeader) Append(b []byte) []byte {
	n := h.HeaderLen()
	b = binary.BigEndian.AppendUint16(b, h.SrcPort)
	b = binary.BigEndian.AppendUint16(b, h.DstPort)
	b = binary.BigEndian.AppendUint32(b, h.Seq)
	b = binary.BigEndian.AppendUint32(b, h.Ack)
	b = binary.BigEndian.AppendUint16(b, uint16(n/4)<<12|uint16(h.Flags&0xfff))
	b = binary.BigEndian.AppendUint16(b, h.Window)
	b = binary.BigEndian.AppendUint16(b, h.Checksum)
	b = binary.BigEndian.AppendUint16(b, h.Urgent)
	b = append(b, h.Options.Bytes()...)
	for i := int(h.Options.n); i < h.Options.paddedLen(); i++ {
		b = append(b, byte(TCPOptEnd))
	}
	return b
}
