package dissect

import "encoding/binary"

// Types of PIM messages (IANA "PIM Message Types").
const (
	PIMHello        = 0
	PIMRegister     = 1
	PIMRegisterStop = 2
	PIMJoinPrune    = 3
	PIMBootstrap    = 4
	PIMAssert       = 5
	PIMGraft        = 6
	PIMGraftAck     = 7
	PIMCandidateRP  = 8
	PIMStateRefresh = 9
	PIMDFElection   = 10
	PIMECMPRedirect = 11
)

// Offsets in a PIM header, and its length, in bytes.
const (
	pimVersionType = 0
	pimReserved    = 1
	pimChecksum    = 2

	PIMHeaderLen = 4

	pimRegisterLen = 8 // of a Register, before the packet in it
)

// PIM is a view of a message of Protocol Independent Multicast version 2 (RFC 7761 section 4.9).
//
//	 0      3 4      7 8             15 16                           31
//	+--------+--------+----------------+------------------------------+
//	|Version |  Type  |    Reserved    |           Checksum           |
//	+--------+--------+----------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type PIM []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of another
// version.
func (m PIM) Check() error {
	if len(m) < PIMHeaderLen {
		return ErrTruncated
	}
	if m.Version() != 2 {
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check: how far a message goes, IP says.
func (m PIM) CheckWhole() error { return m.Check() }

func (m PIM) Version() uint8   { return m[pimVersionType] >> 4 }
func (m PIM) Type() PIMType    { return PIMType(m[pimVersionType] & 15) }
func (m PIM) Checksum() uint16 { return binary.BigEndian.Uint16(m[pimChecksum:]) }

// PIMType says what a message is.
type PIMType uint8

var pimTypeNames = [...]string{
	PIMHello: "hello", PIMRegister: "register", PIMRegisterStop: "register-stop", PIMJoinPrune: "join/prune", PIMBootstrap: "bootstrap",
	PIMAssert: "assert", PIMGraft: "graft", PIMGraftAck: "graft-ack", PIMCandidateRP: "candidate-RP", PIMStateRefresh: "state refresh",
	PIMDFElection: "DF election", PIMECMPRedirect: "ECMP redirect",
}

// Name is the type's name, or "".
func (t PIMType) Name() string {
	if int(t) < len(pimTypeNames) {
		return pimTypeNames[t]
	}
	return ""
}

// String is the name, or the number.
func (t PIMType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// decodePIM finds the packet in a Register.
func decodePIM(p *Packet, l *Layer, b []byte) LayerType {
	m := PIM(b)
	if err := m.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	if m.Type() != PIMRegister || len(m) < pimRegisterLen+1 {
		return LayerNone
	}
	switch m[pimRegisterLen] >> 4 {
	case 4:
		l.Payload = l.Start + pimRegisterLen
		return LayerIPv4
	case 6:
		l.Payload = l.Start + pimRegisterLen
		return LayerIPv6
	}
	return LayerNone
}

func pimFields(p *Packet, l *Layer, s Sink) {
	m := PIM(p.Bytes(l))
	m.Fields(s, l.Payload-l.Start, p.pimVerdict(l, m))
}

// pimVerdict judges the checksum of m. That of a Register covers its first eight bytes, though some routers compute it
// over all of it (RFC 7761 section 4.9.3).
func (p *Packet) pimVerdict(l *Layer, m PIM) ChecksumResult {
	n := l.Wire
	if m.Type() == PIMRegister {
		if r := p.pimSum(l, m, pimRegisterLen); r.State == ChecksumGood {
			return r
		}
	}
	return p.pimSum(l, m, n)
}

// pimSum judges a checksum over the first n bytes.
func (p *Packet) pimSum(l *Layer, m PIM, n int) ChecksumResult {
	if n > len(m) || l.Flags&Fragmented != 0 {
		return ChecksumResult{}
	}
	pseudo := Sum(0)
	if l.Net >= 0 && p.layers[l.Net].Type == LayerIPv6 {
		ip := IPv6(p.Bytes(&p.layers[l.Net]))
		src, dst := p.endpoints(l, ip)
		pseudo = PseudoHeaderSum(src, dst, ProtoPIM, n)
	}
	sum := pseudo.Add(m[:n])
	if sum.Fold() == 0xffff {
		return ChecksumResult{ChecksumGood, m.Checksum()}
	}
	return ChecksumResult{ChecksumBad, sum.AddUint16(^m.Checksum()).Checksum()}
}
