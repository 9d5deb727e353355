package format

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

const hexDigits = "0123456789abcdef"

// appendDecimal appends v in decimal. Numbers in packets are of any length up to ten digits, which a processor cannot guess: up to
// 32 bits they are written without a branch for each digit, which takes a third of the time of strconv's way.
func appendDecimal(b []byte, v uint64) []byte {
	if v < 10 {
		return append(b, '0'+byte(v))
	}
	if v > math.MaxUint32 {
		return strconv.AppendUint(b, v, 10)
	}
	if v >= 1e8 {
		top, rest := v/1e8, v%1e8
		if top >= 10 {
			b = append(b, '0'+byte(top/10))
			top %= 10
		}
		b = append(b, '0'+byte(top))
		return appendDigits(b, digitsOf(uint32(rest)), 8)
	}
	digits := digitsOf(uint32(v))
	zeros := bits.TrailingZeros64(digits) / 8
	return appendDigits(b, digits>>(8*zeros), 8-zeros)
}

// digitsOf gives the eight decimal digits of v, which is less than 1e8, one to a byte, the first in the least significant.
func digitsOf(v uint32) uint64 {
	// All halves are split in one multiplication: into numbers below 10000, below 100, below 10. What is multiplied and shifted is
	// the quotient by 100 or 10, exact in that range.
	x := uint64(v/10000) | uint64(v%10000)<<32
	q := x * 10486 >> 20 & 0x0000007f_0000007f
	x = q | (x-100*q)<<16
	q = x * 103 >> 10 & 0x000f000f_000f000f
	return q | (x-10*q)<<8
}

// appendDigits appends the first n of eight digits.
func appendDigits(b []byte, digits uint64, n int) []byte {
	at := len(b)
	b = grow(b, 8)
	binary.LittleEndian.PutUint64(b[at:], digits+0x30303030_30303030)
	return b[:at+n]
}

// appendTwo appends v with at least two digits.
func appendTwo(b []byte, v uint64) []byte {
	if v < 10 {
		b = append(b, '0')
	}
	return appendDecimal(b, v)
}

// appendPadded appends the last digits decimal digits of v, nine at most, with zeros before it.
func appendPadded(b []byte, v uint64, digits int) []byte {
	if digits == 9 {
		b, digits = append(b, '0'+byte(v/1e8%10)), 8
	}
	return appendDigits(b, digitsOf(uint32(v%1e8))>>(8*(8-digits)), digits)
}

// appendHexNumber appends 0x and v with at least digits hexadecimal digits.
func appendHexNumber(b []byte, v uint64, digits int) []byte {
	b = append(b, '0', 'x')
	for shift := 60; shift >= 0; shift -= 4 {
		if d := v >> shift; d != 0 || shift < 4*digits || shift == 0 {
			b = append(b, hexDigits[d&15])
		}
	}
	return b
}

// appendHexBytes appends p as bare hexadecimal digits. Payloads pass through here, so it takes four bytes at a time.
func appendHexBytes(b, p []byte) []byte {
	at := len(b)
	b = grow(b, 2*len(p))
	out := b[at:]
	for ; len(p) >= 4; p, out = p[4:], out[8:] {
		binary.BigEndian.PutUint64(out, hexOf(binary.BigEndian.Uint32(p)))
	}
	for i, c := range p {
		out[2*i], out[2*i+1] = hexDigits[c>>4], hexDigits[c&15]
	}
	return b
}

// hexOf gives the eight digits of v as characters, the first in the most significant byte.
func hexOf(v uint32) uint64 {
	// Spread the nibbles, one to a byte, then add to each '0', and to those above 9 the way from ':' to 'a' too.
	x := uint64(v)
	x = (x<<16 | x) & 0x0000ffff0000ffff
	x = (x<<8 | x) & 0x00ff00ff00ff00ff
	x = (x<<4 | x) & 0x0f0f0f0f0f0f0f0f
	letters := (x + 0x0606060606060606) >> 4 & 0x0101010101010101
	return x + 0x3030303030303030 + letters*('a'-':')
}

// grow extends b by n bytes of no particular content.
func grow(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b[:len(b)+n]
	}
	return append(b, make([]byte, n)...)
}
