package dissect

import (
	"encoding/hex"
	"errors"
)

// MAC is an IEEE 802 MAC-48 hardware address, in the order of the wire.
type MAC [6]byte

// BroadcastMAC addresses every station of a link.
var BroadcastMAC = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// IsBroadcast reports whether m is ff-ff-ff-ff-ff-ff.
func (m MAC) IsBroadcast() bool { return m == BroadcastMAC }

// IsMulticast reports whether the group bit is set; the broadcast address has it too.
func (m MAC) IsMulticast() bool { return m[0]&1 != 0 }

// IsUnicast reports whether m can be the address of one station: not zero, not a group.
func (m MAC) IsUnicast() bool { return m != MAC{} && m[0]&1 == 0 }

// String gives the canonical form of IEEE 802, "02-00-00-00-00-01".
func (m MAC) String() string { return string(m.AppendTo(nil, '-')) }

const hexDigits = "0123456789abcdef"

// AppendTo appends m to b in lower-case hexadecimal with sep between the octets.
func (m MAC) AppendTo(b []byte, sep byte) []byte {
	for i, o := range m {
		if i > 0 {
			b = append(b, sep)
		}
		b = append(b, hexDigits[o>>4], hexDigits[o&15])
	}
	return b
}

// ParseMAC reads six octets in hexadecimal with hyphens or colons between them.
func ParseMAC(s string) (MAC, error) {
	var m MAC
	if len(s) != 17 {
		return m, errMAC
	}
	for i := range m {
		if i > 0 && (s[3*i-1] != s[2] || s[2] != '-' && s[2] != ':') {
			return MAC{}, errMAC
		}
		if _, err := hex.Decode(m[i:i+1], []byte(s[3*i:3*i+2])); err != nil {
			return MAC{}, errMAC
		}
	}
	return m, nil
}

var errMAC = errors.New("not a hardware address (want six octets like 02-00-00-00-00-01)")
