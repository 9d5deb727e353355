package dns

import (
	"net/netip"
	"strings"

	"smoltcp/dissect"
)

// maxLabel is the most bytes of a label (RFC 1035 section 2.3.4).
const maxLabel = 63

// Name is a whole domain name in its wire form without compression: labels, each behind a byte with its length, to the empty
// one. Names of two cases are the same name (RFC 4343) but not the same Go string: see Equal. The zero value is no name.
type Name string

// Root is the name of the root.
const Root Name = "\x00"

// ParseName reads a name as people write it, with or without the dot at its end. A backslash takes the meaning from the
// character behind it, or gives a byte by three decimal digits (RFC 1035 section 5.1). The error is ErrBadName if a label is
// empty or has more than 63 bytes, or the name more than 255.
func ParseName(text string) (Name, error) {
	if text == "." {
		return Root, nil
	}
	wire, start := make([]byte, 1, min(len(text)+2, dissect.DNSMaxNameLen+1)), 0 // start is where the label's length goes
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case '.':
			n := len(wire) - start - 1
			if n == 0 || n > maxLabel {
				return "", ErrBadName
			}
			wire[start], start = byte(n), len(wire)
			wire = append(wire, 0)
			continue
		case '\\':
			if i++; i == len(text) {
				return "", ErrBadName
			}
			if c = text[i]; digit(c) {
				if i+2 >= len(text) || !digit(text[i+1]) || !digit(text[i+2]) {
					return "", ErrBadName
				}
				v := int(c-'0')*100 + int(text[i+1]-'0')*10 + int(text[i+2]-'0')
				if v > 255 {
					return "", ErrBadName
				}
				c, i = byte(v), i+2
			}
		}
		if wire = append(wire, c); len(wire) >= dissect.DNSMaxNameLen {
			return "", ErrBadName
		}
	}
	// Behind a dot at the end stands the length of the empty label already.
	if n := len(wire) - start - 1; n > 0 {
		if n > maxLabel {
			return "", ErrBadName
		}
		wire[start] = byte(n)
		wire = append(wire, 0)
	}
	if text == "" || len(wire) > dissect.DNSMaxNameLen {
		return "", ErrBadName
	}
	return Name(wire), nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// absolute reports whether a name's text ends with a dot that ends a label: nothing may be appended to it.
func absolute(text string) bool {
	body, dot := strings.CutSuffix(text, ".")
	slashes := len(body) - len(strings.TrimRight(body, `\`))
	return dot && slashes%2 == 0
}

// String is the name as text that ParseName reads, with the dot at its end. Nothing in it can move a cursor.
func (n Name) String() string {
	if n == Root {
		return "."
	}
	b := make([]byte, 0, len(n)+8)
	for at := 0; at < len(n) && n[at] != 0; at += 1 + int(n[at]) {
		b = append(appendEscaped(b, string(n[at+1:at+1+int(n[at])]), `.\"();@$ `), '.')
	}
	return string(b)
}

// appendEscaped appends s with a backslash before the characters of special, and what does not print in decimal.
func appendEscaped(b []byte, s, special string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c >= 0x7f || c == ' ' && strings.Contains(special, " "):
			b = append(b, '\\', '0'+c/100, '0'+c/10%10, '0'+c%10)
		case strings.IndexByte(special, c) >= 0:
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return b
}

// fold is the name in lower case, where it is ASCII: the same for all spellings of it. Lengths are below 'A'.
func (n Name) fold() Name {
	for i := range len(n) {
		if 'A' <= n[i] && n[i] <= 'Z' {
			b := []byte(n)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return Name(b)
		}
	}
	return n
}

// Equal reports whether two names are the same but for case (RFC 4343 section 3).
func (n Name) Equal(m Name) bool { return len(n) == len(m) && (n == m || n.fold() == m.fold()) }

// Within reports whether the name is zone or below it.
func (n Name) Within(zone Name) bool {
	if zone == "" {
		return false
	}
	for at := 0; at < len(n) && len(n)-at >= len(zone); at += 1 + int(n[at]) {
		if n[at:].Equal(zone) {
			return true
		}
	}
	return false
}

// Labels is the number of labels, without the empty one.
func (n Name) Labels() (count int) {
	for at := 0; at < len(n) && n[at] != 0; at += 1 + int(n[at]) {
		count++
	}
	return count
}

// join puts a name in front of another; ErrBadName if the whole is too long.
func (n Name) join(zone Name) (Name, error) {
	if len(n) == 0 || len(n)-1+len(zone) > dissect.DNSMaxNameLen {
		return "", ErrBadName
	}
	return n[:len(n)-1] + zone, nil
}

// mustName is ParseName for names that are written in this package.
func mustName(text string) Name {
	n, err := ParseName(text)
	if err != nil {
		panic(err)
	}
	return n
}

// Reverse is the name that has the PTR record of an address (RFC 1035 section 3.5, RFC 3596 section 2.5). A zone is left out.
func Reverse(a netip.Addr) Name {
	const hexDigits = "0123456789abcdef"
	a = a.Unmap()
	var b []byte
	bytes := a.AsSlice()
	for i := len(bytes) - 1; i >= 0; i-- {
		c := bytes[i]
		if a.Is6() {
			b = append(b, 1, hexDigits[c&15], 1, hexDigits[c>>4])
			continue
		}
		at := len(b)
		b = append(b, 0)
		if c >= 100 {
			b = append(b, '0'+c/100)
		}
		if c >= 10 {
			b = append(b, '0'+c/10%10)
		}
		b = append(b, '0'+c%10)
		b[at] = byte(len(b) - at - 1)
	}
	if a.Is6() {
		return Name(b) + mustName("ip6.arpa")
	}
	return Name(b) + mustName("in-addr.arpa")
}
