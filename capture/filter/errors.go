package filter

import (
	"fmt"
	"strconv"
	"strings"
)

// Error says what is wrong with an expression, and where.
type Error struct {
	Expr string // the expression
	Pos  int    // offset in Expr, in bytes, of what is wrong; len(Expr) for its end

	// Msg says in words what is wrong and, where that can be told, what was expected instead. It quotes the
	// expression with anything unprintable escaped.
	Msg string
}

// Error gives one line: the message, the place as a column counted from 1, and the word there.
func (e *Error) Error() string {
	if strings.TrimSpace(e.Expr) == "" {
		return e.Msg
	}
	at := "at the end"
	if e.Pos < len(e.Expr) {
		at = fmt.Sprintf("at column %d, %s", e.Pos+1, quote(word(e.Expr[e.Pos:])))
	}
	return e.Msg + " (" + at + ")"
}

// quote puts s in quotes, escapes what is unprintable and cuts what is long.
func quote(s string) string {
	const enough = 40
	if len(s) > enough {
		s = s[:enough] + "..."
	}
	return strconv.QuoteToASCII(s)
}

// word cuts the first word off an expression.
func word(s string) string {
	for i := range len(s) {
		if !isWord(s[i]) {
			return s[:max(i, 1)]
		}
	}
	return s
}

// isWord reports whether c can be inside a name, a number or an address.
func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '_' || c == '-' || c == ':'
}

// raise ends the compilation with an error at pos. Compile turns it into its result: parser and generator are
// recursive, and an error in every return of them would hide what they do.
func (s *source) raise(pos int, format string, args ...any) {
	panic(&Error{Expr: s.expr, Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

// source is the expression, for those who report errors in it.
type source struct{ expr string }
