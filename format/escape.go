package format

import (
	"unicode"
	"unicode/utf8"
)

// plain marks the bytes that a terminal shows and does not obey, the backslash excepted, which begins an escape.
var plain = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = c != '\\'
	}
	return t
}()

// appendEscaped appends p so that it can be read on a terminal and cannot do anything there: printable
// ASCII as it is, a backslash doubled, \t \n \r so written, and every other byte as \x1b. That takes in all
// bytes from 0x7f on, valid UTF-8 too: a terminal that is not in UTF-8 obeys 0x9b, which is also the
// middle of harmless letters. What is printed is reversible and pure ASCII.
func appendEscaped[T string | []byte](b []byte, p T) []byte {
	done := 0
	for i := 0; i < len(p); i++ {
		if plain[p[i]] {
			continue
		}
		b = append(b, p[done:i]...)
		b = appendEscape(b, p[i])
		done = i + 1
	}
	return append(b, p[done:]...)
}

// appendEscape appends the escape of one byte.
func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '\\', '"':
		return append(b, '\\', c)
	case '\t':
		return append(b, `\t`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	}
	return append(b, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
}

// appendWord appends p escaped, and in double quotes unless it can be taken for nothing but one word: text
// from the wire must not look like the fields around it. Within quotes, a quote is \".
func appendWord(b, p []byte) []byte {
	if isWord(p) {
		return append(b, p...)
	}
	b = append(b, '"')
	done := 0
	for i, c := range p {
		if plain[c] && c != '"' {
			continue
		}
		b = append(b, p[done:i]...)
		b = appendEscape(b, c)
		done = i + 1
	}
	return append(append(b, p[done:]...), '"')
}

// isWord reports whether p is made of letters, digits and the punctuation of names and paths.
func isWord(p []byte) bool {
	for _, c := range p {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '-', c == '_', c == ':', c == '/', c == '@', c == '*', c == '%', c == '+':
		default:
			return false
		}
	}
	return len(p) > 0
}

// jsonPlain marks the bytes that stand for themselves in a JSON string.
var jsonPlain = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = c != '\\' && c != '"'
	}
	return t
}()

// appendJSONString appends p as a JSON string (RFC 8259 section 7), quotes included. The result is
// valid UTF-8 whatever p holds: a byte that is no part of valid UTF-8 becomes U+FFFD, one for each such byte.
// Characters that do not show (controls, DEL, C1, bidirectional overrides, ...) are written \u009b, so that the
// JSON can be looked at on a terminal too.
func appendJSONString(b, p []byte) []byte {
	b = append(b, '"')
	done := 0
	for i := 0; i < len(p); {
		c := p[i]
		if jsonPlain[c] {
			i++
			continue
		}
		r, n := rune(c), 1
		if c >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(p[i:])
			if (r != utf8.RuneError || n > 1) && unicode.IsPrint(r) {
				i += n
				continue
			}
		}
		b = append(b, p[done:i]...)
		i += n
		done = i
		if r == utf8.RuneError {
			b = append(b, "\uFFFD"...)
		} else {
			b = appendJSONEscape(b, r)
		}
	}
	return append(append(b, p[done:]...), '"')
}

// appendJSONEscape appends the escape of one character; beyond the Basic Multilingual Plane that is two.
func appendJSONEscape(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	if r > 0xffff {
		r -= 0x10000
		b = appendJSONUnit(b, 0xd800+r>>10)
		r = 0xdc00 + r&0x3ff
	}
	return appendJSONUnit(b, r)
}

// appendJSONUnit appends one UTF-16 code unit as \u and four digits.
func appendJSONUnit(b []byte, u rune) []byte {
	return append(b, '\\', 'u', hexDigits[u>>12&15], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}
