package filter

import (
	"net/netip"
	"strings"
)

// kind is the kind of a token.
type kind uint8

const (
	tEnd     kind = iota
	tNumber       // 80, 0x50, 0120: value
	tDotted       // 10.1, 10.1.1, 10.1.1.1
	tIPv6         // 2001:db8::1
	tMAC          // 00:11:22:33:44:55 and its other forms
	tARCnet       // $0f
	tName         // anything else that can be looked up; text, without the backslash
	tKeyword      // word
	tOp           // punctuation: text
)

// token is a word of an expression.
type token struct {
	kind  kind
	pos   int // in the expression, in bytes
	text  string
	value uint32
	word  keyword
}

// lex splits an expression into tokens; the last is tEnd. At each place the longest match counts, and
// among equally long ones the first of the order in next.
func lex(src *source) []token {
	var tokens []token
	for pos := 0; ; {
		for pos < len(src.expr) && strings.IndexByte(" \t\r\n", src.expr[pos]) >= 0 {
			pos++
		}
		if pos == len(src.expr) {
			return append(tokens, token{kind: tEnd, pos: pos})
		}
		t, n := next(src, pos)
		t.pos = pos
		tokens = append(tokens, t)
		pos += n
	}
}

// next reads the token at pos and gives its length in bytes.
func next(src *source, pos int) (token, int) {
	s := src.expr[pos:]
	name := nameLen(s)
	mac, number, dotted := macLen(s), numberLen(s), dottedLen(s)
	v6 := ipv6Len(s)
	longest := max(name, mac, number, dotted, v6)
	if bogus := colonsLen(s); bogus > longest {
		src.raise(pos, "%s is not an address (want six octets like 00:11:22:33:44:55, or IPv6)", quote(s[:bogus]))
	}
	switch {
	case longest == 0:
	case mac == longest:
		return token{kind: tMAC, text: s[:mac]}, mac
	case v6 == longest:
		if _, err := netip.ParseAddr(s[:v6]); err != nil {
			src.raise(pos, "%s is not an IPv6 address", quote(s[:v6]))
		}
		return token{kind: tIPv6, text: s[:v6]}, v6
	case dotted == longest:
		return token{kind: tDotted, text: s[:dotted]}, dotted
	case number == longest:
		return token{kind: tNumber, text: s[:number], value: parseNumber(src, pos, s[:number])}, number
	default:
		text := s[:name]
		if w, ok := keywords[text]; ok {
			return token{kind: tKeyword, text: text, word: w}, name
		}
		if v, ok := constants[text]; ok {
			return token{kind: tNumber, text: text, value: v}, name
		}
		return token{kind: tName, text: text}, name
	}
	switch c := s[0]; c {
	case '\\':
		n := strings.IndexAny(s, " !()\n\t")
		if n < 0 {
			n = len(s)
		}
		if n == 1 {
			src.raise(pos, "a backslash must stand before a name")
		}
		return token{kind: tName, text: s[1:n]}, n
	case '$':
		if n := hexRun(s[1:], 2); n > 0 {
			return token{kind: tARCnet, text: s[:1+n]}, 1 + n
		}
	case '&', '|', '=', '!', '<', '>':
		// The longer operators first, in the form that the parser knows.
		for _, o := range [...][2]string{{"&&", "and"}, {"||", "or"}, {"==", "="}, {"!=", "!="}, {"<=", "<="}, {">=", ">="}, {"<<", "<<"}, {">>", ">>"}} {
			if strings.HasPrefix(s, o[0]) {
				if w, ok := keywords[o[1]]; ok {
					return token{kind: tKeyword, text: o[0], word: w}, 2
				}
				return token{kind: tOp, text: o[1]}, 2
			}
		}
		if c == '!' {
			return token{kind: tKeyword, text: "!", word: kNot}, 1
		}
		return token{kind: tOp, text: s[:1]}, 1
	case '(', ')', '[', ']', '+', '-', '*', '/', '%', '^', ':':
		return token{kind: tOp, text: s[:1]}, 1
	}
	if s[0] == ',' {
		src.raise(pos, "a list is joined by or, not by commas (port 80 or 443)")
	}
	src.raise(pos, "no part of an expression begins with this character")
	return token{}, 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// hexRun counts the hexadecimal digits that s begins with, up to most.
func hexRun(s string, most int) int {
	n := 0
	for n < len(s) && n < most && isHex(s[n]) {
		n++
	}
	return n
}

// nameLen measures a name: letters, digits, and inside it also '-' and '_' and dots.
func nameLen(s string) int {
	n := 0
	for i := range len(s) {
		c := s[i]
		switch {
		case isDigit(c), c|0x20 >= 'a' && c|0x20 <= 'z', c == '.' && i > 0:
			n = i + 1
		case (c == '-' || c == '_') && i > 0:
		default:
			return n
		}
	}
	return n
}

// numberLen measures a decimal, octal or hexadecimal number.
func numberLen(s string) int {
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		if n := hexRun(s[2:], len(s)); n > 0 {
			return 2 + n
		}
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// dottedLen measures two to four numbers with dots between them.
func dottedLen(s string) int {
	at, length := 0, 0
	for part := 1; part <= 4; part++ {
		n := numberLen(s[at:])
		if n == 0 {
			return length
		}
		at += n
		if part > 1 {
			length = at
		}
		if at == len(s) || s[at] != '.' {
			return length
		}
		at++
	}
	return length
}

// macLen measures a hardware address: six octets of one or two digits with one separator out of ":-." between them, three groups
// of four digits with dots, or twelve digits.
func macLen(s string) int {
	if hexRun(s, 13) >= 12 {
		return 12
	}
	if len(s) >= 14 && s[4] == '.' && s[9] == '.' && hexRun(s, 4) == 4 && hexRun(s[5:], 4) == 4 && hexRun(s[10:], 4) == 4 {
		return 14
	}
	at, sep := 0, byte(0)
	for octet := range 6 {
		if octet > 0 {
			if at == len(s) || sep != 0 && s[at] != sep || s[at] != ':' && s[at] != '-' && s[at] != '.' {
				return 0
			}
			sep = s[at]
			at++
		}
		n := hexRun(s[at:], 2)
		if n == 0 {
			return 0
		}
		at += n
	}
	return at
}

// colonsLen measures what looks like the beginning of a hardware address: octets with colons behind them, at least two.
func colonsLen(s string) int {
	at := 0
	for octets := 0; ; octets++ {
		n := hexRun(s[at:], 2)
		colons := at + n
		for colons < len(s) && s[colons] == ':' {
			colons++
		}
		if n == 0 || colons == at+n {
			if octets < 2 {
				return 0
			}
			return at
		}
		at = colons
	}
}

// ipv6Len measures the longest text with the form of an IPv6 address: eight groups, or fewer and "::" once, the last two
// of which may be an IPv4 address.
func ipv6Len(s string) int {
	length := 0
	groups, gap := 0, false
	at := 0
	if strings.HasPrefix(s, "::") {
		gap, at, length = true, 2, 2
	}
	for groups < 8 {
		if n := dottedLen(s[at:]); n > 0 && strings.Count(s[at:at+n], ".") == 3 && complete(groups+2, gap) {
			return at + n
		}
		n := hexRun(s[at:], 4)
		if n == 0 {
			break
		}
		at += n
		groups++
		if complete(groups, gap) {
			length = at
		}
		if at == len(s) || s[at] != ':' {
			break
		}
		at++
		if at < len(s) && s[at] == ':' {
			if gap {
				break
			}
			gap = true
			at++
			if complete(groups, gap) {
				length = at
			}
		}
	}
	return length
}

// complete reports whether so many groups of 16 bits make an IPv6 address.
func complete(groups int, gap bool) bool { return groups == 8 && !gap || groups < 8 && gap }

// parseNumber gives the value of a number in C's notation.
func parseNumber(src *source, pos int, s string) uint32 {
	base, digits := uint64(10), s
	switch {
	case len(s) > 1 && s[1]|0x20 == 'x':
		base, digits = 16, s[2:]
	case s[0] == '0':
		base = 8
	}
	v := uint64(0)
	for i := range len(digits) {
		d := uint64(digits[i] - '0')
		if !isDigit(digits[i]) {
			d = uint64(digits[i]|0x20) - 'a' + 10
		}
		if d >= base {
			src.raise(pos, "%s begins with 0 and so is octal, which has no digit %c", quote(s), digits[i])
		}
		if v = v*base + d; v > 1<<32-1 {
			src.raise(pos, "%s does not fit into 32 bits", quote(s))
		}
	}
	return uint32(v)
}
