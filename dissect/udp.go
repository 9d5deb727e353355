package dissect

import "encoding/binary"

// Offsets in a UDP header, and its length, in bytes.
const (
	udpSrcPort  = 0
	udpDstPort  = 2
	udpLength   = 4
	udpChecksum = 6

	UDPHeaderLen = 8
)

// UDP is a view of a UDP datagram (RFC 768): the header and whatever part of the payload the slice holds.
//
//	 0                              15 16                           31
//	+---------------------------------+------------------------------+
//	|           Source Port           |       Destination Port       |
//	+---------------------------------+------------------------------+
//	|             Length              |           Checksum           |
//	+---------------------------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type UDP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if
// Length is smaller than the header itself. A payload cut short by the capture is not an error; see CheckWhole.
func (u UDP) Check() error {
	if len(u) < UDPHeaderLen {
		return ErrTruncated
	}
	if n := u.Length(); n != 0 && n < UDPHeaderLen {
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for a host that received the datagram: a Length of zero is malformed, since jumbograms are
// not received, and every byte that Length promises must be in the slice. More bytes behind it are allowed.
func (u UDP) CheckWhole() error {
	if err := u.Check(); err != nil {
		return err
	}
	switch n := int(u.Length()); {
	case n == 0:
		return ErrMalformed
	case n > len(u):
		return ErrTruncated
	}
	return nil
}

func (u UDP) SrcPort() uint16 { return binary.BigEndian.Uint16(u[udpSrcPort:]) }
func (u UDP) DstPort() uint16 { return binary.BigEndian.Uint16(u[udpDstPort:]) }

// Length is the length of header plus payload in bytes, as the sender wrote it.
// Zero means the rest of an IPv6 jumbogram (RFC 2675 section 4).
func (u UDP) Length() uint16 { return binary.BigEndian.Uint16(u[udpLength:]) }

// Checksum is the checksum field; zero means that the sender computed none.
func (u UDP) Checksum() uint16 { return binary.BigEndian.Uint16(u[udpChecksum:]) }

// end is where the datagram ends in the slice.
func (u UDP) end() int {
	if n := int(u.Length()); n != 0 && n < len(u) {
		return n
	}
	return len(u)
}

// Payload is what follows the header, as far as the slice and Length go.
func (u UDP) Payload() []byte { return u[UDPHeaderLen:u.end()] }

// ChecksumOK reports whether the checksum is right. pseudo is the PseudoHeaderSum of the addresses with Length; after
// CheckWhole that is all there is to know. A zero is not right: whether it may stand is for the caller, who
// knows the version of IP (RFC 768 allows it, RFC 8200 section 8.1 does not).
func (u UDP) ChecksumOK(pseudo Sum) bool {
	return u.Checksum() != 0 && pseudo.Add(u[:u.end()]).Fold() == 0xffff
}

func (u UDP) SetSrcPort(port uint16) { binary.BigEndian.PutUint16(u[udpSrcPort:], port) }
func (u UDP) SetDstPort(port uint16) { binary.BigEndian.PutUint16(u[udpDstPort:], port) }

// SetLength writes the length of header plus payload, in bytes.
func (u UDP) SetLength(n int) { binary.BigEndian.PutUint16(u[udpLength:], uint16(n)) }

func (u UDP) SetChecksum(v uint16) { binary.BigEndian.PutUint16(u[udpChecksum:], v) }

// FillChecksum computes the checksum of the datagram, of which u holds the first bytes and payload the rest,
// and writes it; one that computes to zero is written as 0xffff (RFC 768).
func (u UDP) FillChecksum(pseudo Sum, payload ...[]byte) {
	u.SetChecksum(0)
	sum := pseudo.Add(u).addBehind(len(u), payload)
	u.SetChecksum(udpZero(sum.Checksum()))
}

// udpZero gives the form in which a computed checksum stands in the header, where zero means none.
func udpZero(v uint16) uint16 {
	if v == 0 {
		return 0xffff
	}
	return v
}

var (
	udpSrcPortField  = Field{Name: "udp.srcport", Label: "src", Title: "Source Port", Rank: 1}
	udpDstPortField  = Field{Name: "udp.dstport", Label: "dst", Title: "Destination Port", Rank: 2}
	udpLengthField   = Field{Name: "udp.length", Label: "length", Title: "Length"}
	udpChecksumField = Field{Name: "udp.checksum", Bad: "udp.checksum.bad", Label: "chksum", Title: "Checksum", Base: Hex}
	udpPayloadField  = Field{Label: "len", Title: "Payload Length", Rank: 3}
)

// Fields describes the header to s. payload is the length of the datagram's data on the wire, sum the verdict
// on the checksum.
func (u UDP) Fields(s Sink, payload int, sum ChecksumResult) {
	s.Uint(&udpSrcPortField, udpSrcPort, 2, uint64(u.SrcPort()))
	s.Uint(&udpDstPortField, udpDstPort, 2, uint64(u.DstPort()))
	s.Uint(&udpLengthField, udpLength, 2, uint64(u.Length()))
	s.Checksum(&udpChecksumField, udpChecksum, 2, u.Checksum(), sum)
	s.Uint(&udpPayloadField, 0, 0, uint64(payload))
}

func decodeUDP(p *Packet, l *Layer, b []byte) LayerType {
	u := UDP(b)
	if err := u.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + UDPHeaderLen
	if n := int(u.Length()); n != 0 {
		p.limit(l, n)
	}
	if l.Payload == l.End {
		return LayerNone
	}
	if p.UDPAs != LayerNone {
		return p.UDPAs
	}
	return udpPorts.layer(u.SrcPort(), u.DstPort())
}

func udpFields(p *Packet, l *Layer, s Sink) {
	u := UDP(p.Bytes(l))
	u.Fields(s, l.Wire-UDPHeaderLen, p.udpVerdict(l, u))
}

// udpVerdict judges the checksum of the datagram u in layer l. Behind IPv4 a zero means that there is none.
// Behind IPv6 it is wrong (RFC 8200 section 8.1); RFC 6935 lets the two ends of a tunnel agree otherwise, but
// what they agreed on is not on the wire.
func (p *Packet) udpVerdict(l *Layer, u UDP) ChecksumResult {
	if u.Checksum() == 0 && l.Net >= 0 && p.layers[l.Net].Type == LayerIPv4 {
		return ChecksumResult{State: ChecksumAbsent}
	}
	r := p.transportChecksum(l, ProtoUDP, u, u.Checksum())
	if u.Checksum() == 0 && r.State != ChecksumUnverified {
		r.State = ChecksumBad
	}
	if r.State == ChecksumBad || r.State == ChecksumPartial {
		r.Want = udpZero(r.Want)
	}
	return r
}

// UDPHeader is a UDP header as a value. Length counts header and payload, in bytes.
type UDPHeader struct {
	SrcPort, DstPort uint16
	Length           uint16
	Checksum         uint16
}

// Header gives the header as a value.
func (u UDP) Header() UDPHeader {
	return UDPHeader{SrcPort: u.SrcPort(), DstPort: u.DstPort(), Length: u.Length(), Checksum: u.Checksum()}
}

// Append appends the wire form of h to b and returns the extended slice. The checksum is written as it
// stands in h: compute it with FillChecksum when the payload is known.
func (h UDPHeader) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, h.SrcPort)
	b = binary.BigEndian.AppendUint16(b, h.DstPort)
	b = binary.BigEndian.AppendUint16(b, h.Length)
	return binary.BigEndian.AppendUint16(b, h.Checksum)
}
