package packetdrill

import (
	"fmt"
	"strconv"
	"strings"
)

// scanner walks the text of a script. What a character means depends on where it stands (a dot is an ACK, a
// fraction or a third of "..."), so there are no tokens: the parser asks for what it expects.
type scanner struct {
	text string
	at   int
	line int
}

// syntaxError says that the text is no script.
type syntaxError struct {
	line int
	what string
}

func (e *syntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.what) }

// unsupported says that the text is a script, of something that this package does not do.
type unsupported struct {
	line int
	what string
}

func (e *unsupported) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.what) }

// fail ends the parse; Parse recovers.
func (s *scanner) fail(format string, args ...any) {
	panic(&syntaxError{s.line, fmt.Sprintf(format, args...)})
}

// refuse ends the parse of a script that cannot be run.
func (s *scanner) refuse(format string, args ...any) {
	panic(&unsupported{s.line, fmt.Sprintf(format, args...)})
}

// space skips white space and comments.
func (s *scanner) space() {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch c := rest[0]; {
		case c == '\n':
			s.line++
			s.at++
		case c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v':
			s.at++
		case c == '#' || strings.HasPrefix(rest, "//"):
			if i := strings.IndexByte(rest, '\n'); i >= 0 {
				s.at += i
			} else {
				s.at = len(s.text)
			}
		case strings.HasPrefix(rest, "/*"):
			i := strings.Index(rest[2:], "*/")
			if i < 0 {
				s.fail("comment without end")
			}
			s.line += strings.Count(rest[:i+4], "\n")
			s.at += i + 4
		default:
			return
		}
	}
}

// rest is the text from the next thing that counts.
func (s *scanner) rest() string {
	s.space()
	return s.text[s.at:]
}

// peek is the next character that counts, 0 at the end.
func (s *scanner) peek() byte {
	if r := s.rest(); r != "" {
		return r[0]
	}
	return 0
}

// accept takes what if it comes next.
func (s *scanner) accept(what string) bool {
	if !strings.HasPrefix(s.rest(), what) {
		return false
	}
	s.at += len(what)
	return true
}

func (s *scanner) expect(what string) {
	if !s.accept(what) {
		s.fail("%q expected at %q", what, s.near())
	}
}

// near is a piece of the text for messages.
func (s *scanner) near() string {
	r := s.rest()
	if i := strings.IndexByte(r, '\n'); i >= 0 {
		r = r[:i]
	}
	if len(r) > 40 {
		r = r[:40]
	}
	if r == "" {
		return "end of line"
	}
	return r
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

// word takes an identifier, "" if there is none.
func (s *scanner) word() string {
	r := s.rest()
	n := 0
	for n < len(r) && (isLetter(r[n]) || n > 0 && isDigit(r[n])) {
		n++
	}
	s.at += n
	return r[:n]
}

// acceptWord takes what if it is the next identifier.
func (s *scanner) acceptWord(what string) bool {
	at, line := s.at, s.line
	if s.word() == what {
		return true
	}
	s.at, s.line = at, line
	return false
}

// integer takes a decimal or hexadecimal number of at most 64 bits, with a sign perhaps.
func (s *scanner) integer() int64 {
	r := s.rest()
	n := 0
	if n < len(r) && (r[n] == '-' || r[n] == '+') {
		n++
	}
	if strings.HasPrefix(r[n:], "0x") || strings.HasPrefix(r[n:], "0X") {
		n += 2
		for n < len(r) && (isDigit(r[n]) || r[n]|0x20 >= 'a' && r[n]|0x20 <= 'f') {
			n++
		}
	} else {
		for n < len(r) && isDigit(r[n]) {
			n++
		}
	}
	v, err := strconv.ParseInt(trimZeros(r[:n]), 0, 64)
	if err != nil {
		if u, uerr := strconv.ParseUint(trimZeros(r[:n]), 0, 64); uerr == nil {
			s.at += n
			return int64(u)
		}
		s.fail("number expected at %q", s.near())
	}
	s.at += n
	return v
}

// trimZeros makes a decimal number of one with leading zeros, which strconv would take for octal.
func trimZeros(n string) string {
	sign := ""
	if n != "" && (n[0] == '-' || n[0] == '+') {
		sign, n = n[:1], n[1:]
	}
	for len(n) > 1 && n[0] == '0' && isDigit(n[1]) {
		n = n[1:]
	}
	return sign + n
}

// uint32 takes a number that fits a sequence number.
func (s *scanner) uint32() uint32 {
	v := s.integer()
	if v < -1<<31 || v > 1<<32-1 {
		s.fail("%d does not fit 32 bits", v)
	}
	return uint32(v)
}

// bounded takes a number from 0 to limit.
func (s *scanner) bounded(limit int64, what string) int {
	v := s.integer()
	if v < 0 || v > limit {
		s.fail("%s %d is not within 0 and %d", what, v, limit)
	}
	return int(v)
}

// until takes the text up to the mark, and the mark.
func (s *scanner) until(mark, what string) string {
	r := s.text[s.at:]
	i := strings.Index(r, mark)
	if i < 0 {
		s.fail("%s without end", what)
	}
	s.line += strings.Count(r[:i], "\n")
	s.at += i + len(mark)
	return r[:i]
}
