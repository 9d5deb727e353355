package format

import (
	"encoding/binary"
	"math"
	"strconv"
)

const hexDigits = "0123456789abcdef"

// digitPairs are the numbers from 00 to 99.
var digitPairs = func() (pairs [100][2]byte) {
	for i := range pairs {
		pairs[i] = [2]byte{'0' + byte(i/10), '0' + byte(i%10)}
	}
	return pairs
}()

// appendDecimal appends v in decimal. Numbers in packets are short: up to 32 bits they are written in their place, two digits at a
// time, which takes half the time of strconv's way.
func appendDecimal(b []byte, v uint64) []byte {
	switch {
	case v < 10:
		return append(b, '0'+byte(v))
	case v < 100:
		return append(b, digitPairs[v][0], digitPairs[v][1])
	case v > math.MaxUint32:
		return strconv.AppendUint(b, v, 10)
	}
	n := 3
	for limit := uint64(1000); v >= limit; limit *= 10 {
		n++
	}
	return fillDecimal(append(b, "0000000000"[:n]...), uint32(v), n)
}

// fillDecimal writes the last digits decimal digits of v over the end of b.
func fillDecimal(b []byte, v uint32, digits int) []byte {
	d := b[len(b)-digits:]
	for ; digits > 1; digits -= 2 {
		pair := &digitPairs[v%100]
		v /= 100
		d[digits-2], d[digits-1] = pair[0], pair[1]
	}
	if digits == 1 {
		d[0] = '0' + byte(v%10)
	}
	return b
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
	return fillDecimal(append(b, "000000000"[:digits]...), uint32(v%1e9), digits)
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
