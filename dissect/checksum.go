package dissect

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// ChecksumState is the verdict on a checksum.
type ChecksumState uint8

const (
	// ChecksumUnverified: bytes that the checksum covers were not captured, or lie in other fragments.
	ChecksumUnverified ChecksumState = iota
	// ChecksumGood: it is right.
	ChecksumGood
	// ChecksumBad: it is wrong.
	ChecksumBad
	// ChecksumPartial: it covers the pseudo-header only. The packet was captured on its
	// way out, before a device that finishes checksums (offload) had seen it.
	ChecksumPartial
	// ChecksumAbsent: the sender computed none (UDP over IPv4 with zero in the field).
	ChecksumAbsent
)

var checksumNames = [...]string{"unverified", "correct", "incorrect", "partial", "absent"}

func (s ChecksumState) String() string {
	if int(s) < len(checksumNames) {
		return checksumNames[s]
	}
	return "unknown"
}

// ChecksumResult is a verdict together with the value that would be right.
// Want has a meaning for ChecksumGood, ChecksumBad and ChecksumPartial only.
type ChecksumResult struct {
	State ChecksumState
	Want  uint16
}

// Sum is a running Internet checksum (RFC 1071): a one's complement sum of 16-bit words, not yet
// folded. Pieces may be added in any order, but every piece except the last must have an even length.
type Sum uint64

// Add adds the bytes of b, an odd last byte padded with zero.
func (s Sum) Add(b []byte) Sum {
	// Bytes change sides with the sum (RFC 1071 section 2 (B)), so that words are added as they lie in the memory of most machines.
	var carry uint64
	sum := bits.ReverseBytes64(uint64(s))
	for len(b) >= 64 {
		p := b[:64]
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(p), 0)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(p[8:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(p[16:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(p[24:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(p[32:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(p[40:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(p[48:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(p[56:]), carry)
		sum, carry = bits.Add64(sum, 0, carry)
		sum += carry
		b = b[64:]
	}
	carry = 0
	for len(b) >= 8 {
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b), carry)
		b = b[8:]
	}
	var tail uint64
	shift := 0
	if len(b) >= 4 {
		tail, b, shift = uint64(binary.LittleEndian.Uint32(b)), b[4:], 32
	}
	if len(b) >= 2 {
		tail |= uint64(binary.LittleEndian.Uint16(b)) << shift
		b = b[2:]
		shift += 16
	}
	if len(b) > 0 {
		tail |= uint64(b[0]) << shift
	}
	sum, carry = bits.Add64(sum, tail, carry)
	sum, carry = bits.Add64(sum, carry, 0)
	return Sum(bits.ReverseBytes64(sum + carry))
}

// addBehind adds pieces that follow one another from offset off on in what is summed. Their lengths may be odd: a piece
// that starts in the middle of a word has its bytes on the wrong side, and swapping its sum puts them
// right (RFC 1071 section 2).
func (s Sum) addBehind(off int, pieces [][]byte) Sum {
	for _, b := range pieces {
		if off&1 == 0 {
			s = s.Add(b)
		} else {
			s = s.AddUint16(bits.ReverseBytes16(Sum(0).Add(b).Fold()))
		}
		off += len(b)
	}
	return s
}

// AddUint16 adds one 16-bit word.
func (s Sum) AddUint16(v uint16) Sum {
	sum, carry := bits.Add64(uint64(s), uint64(v), 0)
	return Sum(sum + carry)
}

// AddUint32 adds two 16-bit words.
func (s Sum) AddUint32(v uint32) Sum {
	sum, carry := bits.Add64(uint64(s), uint64(v), 0)
	return Sum(sum + carry)
}

// Fold folds the sum to 16 bits without inverting it: the form in which a partial
// (pseudo-header) checksum is stored for a device to finish.
func (s Sum) Fold() uint16 {
	v := uint64(s)
	v = v>>32 + v&0xffffffff
	v = v>>16 + v&0xffff
	v = v>>16 + v&0xffff
	v = v>>16 + v&0xffff
	return uint16(v)
}

// Checksum is the folded and inverted sum, as it stands in a header.
func (s Sum) Checksum() uint16 { return ^s.Fold() }

// PseudoHeaderSum is the sum of the pseudo-header of RFC 9293 section 3.1 (IPv4) or RFC 8200
// section 8.1 (IPv6). length is the upper layer's: header and data, in bytes. src and dst are of
// the same family.
func PseudoHeaderSum(src, dst netip.Addr, proto IPProto, length int) Sum {
	var s Sum
	if src.Is4() {
		a, b := src.As4(), dst.As4()
		s = s.AddUint32(binary.BigEndian.Uint32(a[:])).AddUint32(binary.BigEndian.Uint32(b[:]))
	} else {
		a, b := src.As16(), dst.As16()
		s = s.Add(a[:]).Add(b[:])
	}
	return s.AddUint16(uint16(proto)).AddUint32(uint32(length))
}

// verify judges the checksum got of an upper-layer packet whose bytes, with the field included,
// add up to sum over pseudo-header and packet.
func verify(sum Sum, pseudo Sum, got uint16) ChecksumResult {
	// Taking got out of the one's complement sum is adding its inverse.
	want := sum.AddUint16(^got).Checksum()
	switch {
	case want == got, sum.Fold() == 0xffff:
		return ChecksumResult{ChecksumGood, got}
	case got == pseudo.Fold():
		return ChecksumResult{ChecksumPartial, want}
	}
	return ChecksumResult{ChecksumBad, want}
}
