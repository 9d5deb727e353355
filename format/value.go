package format

import (
	"math/bits"
	"net/netip"
	"strings"

	"smoltcp/dissect"
)

// value is the value of a field on its way into the tree: what one call of a Sink's method said.
type value struct {
	kind  kind
	num   uint64 // of kindUint, kindBool (0 or 1), kindEnum and kindChecksum
	name  string // of kindEnum, or that of an address or a port; else ""
	addr  netip.Addr
	mac   dissect.MAC
	bytes []byte // of kindBytes and kindText; lent for the call
	sum   dissect.ChecksumResult
}

// kind says which method of a Sink a value came by.
type kind uint8

const (
	kindUint kind = iota
	kindBool
	kindEnum
	kindChecksum
	kindAddr
	kindMAC
	kindBytes
	kindText
)

// zero reports whether the value is what FormNonzero leaves out.
func (v *value) zero() bool {
	switch v.kind {
	case kindAddr:
		return !v.addr.IsValid() || v.addr.IsUnspecified()
	case kindMAC:
		return v.mac == dissect.MAC{}
	case kindBytes, kindText:
		return len(v.bytes) == 0
	}
	return v.num == 0
}

// role is the colour of the value. The fields do not say which numbers are ports; their names do.
func (v *value) role(f *dissect.Field) Role {
	switch v.kind {
	case kindBool:
		return RoleFlag
	case kindEnum:
		if v.name != "" {
			return RoleName
		}
	case kindAddr, kindMAC:
		return RoleAddress
	case kindText:
		return RoleText
	case kindUint:
		if strings.HasSuffix(f.Name, "port") {
			return RolePort
		}
	}
	return RoleNumber
}

// append appends the short form, coloured: an enum's name, or its number where it has none. Of opaque bytes
// no more than limit are shown. n is the length of the field on the wire.
func (v *value) append(b []byte, t *Theme, f *dissect.Field, n, limit int) []byte {
	r := v.role(f)
	b = t.on(b, r)
	switch v.kind {
	case kindUint:
		b = appendBeside(appendNumber(b, f, n, v.num), v.name)
	case kindChecksum:
		b = appendHexNumber(b, v.num, 4)
	case kindEnum:
		if v.name != "" {
			b = append(b, v.name...)
		} else {
			b = appendNumber(b, f, n, v.num)
		}
	case kindBool:
		if v.num != 0 {
			b = append(b, "true"...)
		} else {
			b = append(b, "false"...)
		}
	case kindAddr:
		b = appendBeside(appendAddr(b, v.addr), v.name)
	case kindMAC:
		b = appendBeside(v.mac.AppendTo(b, '-'), v.name)
	case kindText:
		b = appendWord(b, v.bytes)
	case kindBytes:
		b = appendHexBytes(b, v.bytes[:min(limit, len(v.bytes))])
		if len(v.bytes) > limit {
			b = append(b, "..."...)
		}
	}
	return t.off(b, r)
}

// appendBeside appends the name of a number behind it, if it has one.
func appendBeside(b []byte, name string) []byte {
	if name == "" {
		return b
	}
	return append(appendEscaped(append(b, '('), name), ')')
}

// appendLong appends the form in which nothing is left out: an enum's number and its name, a
// checksum and the verdict on it, and how many bytes there are if not all are shown.
func (v *value) appendLong(b []byte, t *Theme, f *dissect.Field, n, limit int) []byte {
	switch {
	case v.kind == kindEnum && v.name != "":
		b = t.on(b, RoleName)
		b = append(appendNumber(b, f, n, v.num), " ("...)
		b = append(append(b, v.name...), ')')
		return t.off(b, RoleName)
	case v.kind == kindChecksum:
		b = v.append(b, t, f, n, limit)
		r := v.remarkRole()
		b = t.on(append(b, ' '), r)
		return t.off(appendVerdict(b, v.sum), r)
	case v.kind == kindBytes && len(v.bytes) > limit:
		b = v.append(b, t, f, n, limit)
		b = appendDecimal(append(b, " ("...), uint64(len(v.bytes)))
		return append(b, " bytes)"...)
	}
	return v.append(b, t, f, n, limit)
}

// remarkRole is the colour of a checksum's verdict.
func (v *value) remarkRole() Role {
	if v.sum.State == dissect.ChecksumBad {
		return RoleError
	}
	return RoleDim
}

// paintedRemark is how many bytes of appendLong's colours role does not account for.
func (v *value) paintedRemark(t *Theme) int {
	if v.kind == kindChecksum {
		return t.painted(v.remarkRole())
	}
	return 0
}

// appendVerdict appends what is known of a checksum.
func appendVerdict(b []byte, r dissect.ChecksumResult) []byte {
	switch r.State {
	case dissect.ChecksumBad:
		b = append(b, "(incorrect, should be "...)
		return append(appendHexNumber(b, uint64(r.Want), 4), ')')
	case dissect.ChecksumPartial:
		b = append(b, "(partial, the device would make it "...)
		return append(appendHexNumber(b, uint64(r.Want), 4), ')')
	}
	b = append(b, '(')
	b = append(b, r.State.String()...)
	return append(b, ')')
}

// appendNumber appends v in the base of f. Hexadecimal has as many digits as the bits of the field fill.
func appendNumber(b []byte, f *dissect.Field, n int, v uint64) []byte {
	switch f.Base {
	case dissect.Dec:
		return appendDecimal(b, v)
	case dissect.Signed:
		return appendSigned(b, int(v))
	case dissect.Halves:
		if b = appendDecimal(b, v/2); v%2 != 0 {
			b = append(b, ".5"...)
		}
		return b
	}
	digits := 2 * min(n, 8)
	if f.Mask != 0 {
		digits = (bits.OnesCount64(f.Mask) + 3) / 4
	}
	return appendHexNumber(b, v, digits)
}

// appendAddr appends an IP address, or a minus for the zero Addr.
func appendAddr(b []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return append(b, '-')
	}
	return a.AppendTo(b)
}
