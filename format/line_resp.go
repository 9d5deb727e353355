package format

import "math"

// respPrinter prints RESP, the protocol of Redis. Its methods report false when something is missing.
type respPrinter struct {
	d      []byte // what is left of what was captured
	length int    // what is left of all
	cut    bool   // a byte was asked for that was not captured
}

// resp prints all the commands or replies of a segment.
func (p *Line) resp(b, d []byte, length int, _ ipContext) []byte {
	b = p.proto(append(b, ": "...), "RESP")
	r := respPrinter{d: clip(d, length), length: length}
	for r.length > 0 {
		var ok bool
		if b, ok = r.value(b); ok {
			continue
		}
		if r.cut {
			return p.stop(b, "resp")
		}
		return p.trunc(b, "resp")
	}
	return b
}

// value prints one value: a line of text, a string of given length, an array.
func (r *respPrinter) value(b []byte) ([]byte, bool) {
	if !r.has(0) {
		return b, false
	}
	switch r.d[0] {
	case '+', '-', ':':
		r.skip(1)
		return r.line(b)
	case '$':
		r.skip(1)
		return r.bulk(b)
	case '*':
		r.skip(1)
		return r.array(b)
	}
	return r.inline(b)
}

// has reports whether byte i of what is left is there. One that is there and was not captured ends it all.
func (r *respPrinter) has(i int) bool {
	r.cut = i >= len(r.d) && i < r.length
	return i < len(r.d)
}

func (r *respPrinter) skip(n int) {
	r.d = r.d[n:]
	r.length -= n
}

// crlf finds the next CR LF; -1 if there is none.
func (r *respPrinter) crlf() int {
	for i := 0; i+1 < len(r.d); i++ {
		if r.d[i] == '\r' && r.d[i+1] == '\n' {
			return i
		}
	}
	return -1
}

func appendRESPText(b, text []byte) []byte {
	b = append(b, ' ', '"')
	b = appendVisibleText(b, text)
	return append(b, '"')
}

// line prints what stands before the next CR LF.
func (r *respPrinter) line(b []byte) ([]byte, bool) {
	n := r.crlf()
	if n < 0 {
		return b, false
	}
	b = appendRESPText(b, r.d[:n])
	r.skip(n + 2)
	return b, true
}

// inline prints a command as typed: words up to the end of a line.
func (r *respPrinter) inline(b []byte) ([]byte, bool) {
	if !r.skipEnds() {
		return b, false
	}
	n := 0
	for r.has(n) && r.d[n] != '\r' && r.d[n] != '\n' {
		n++
	}
	if n == len(r.d) {
		return b, false
	}
	b = appendRESPText(b, r.d[:n])
	r.skip(n)
	return b, r.skipEnds()
}

// skipEnds skips any number of CR and LF.
func (r *respPrinter) skipEnds() bool {
	for r.has(0) && (r.d[0] == '\r' || r.d[0] == '\n') {
		r.skip(1)
	}
	return !r.cut
}

// respLength is what the length of a string or an array means when it is none.
type respLength uint8

const (
	respCount    respLength = iota // a number
	respNull                       // -1
	respNegative                   // another negative one
	respTooLarge
	respInvalid // no number at all
	respMissing
)

var respLengthNames = [...]string{
	respNull: " null", respNegative: " length negative and not -1", respTooLarge: " length too large", respInvalid: " invalid",
}

// count reads a length and the end of its line.
func (r *respPrinter) count() (n int, kind respLength) {
	if !r.has(0) {
		return 0, respMissing
	}
	negative := r.d[0] == '-'
	if negative {
		r.skip(1)
	}
	large, digits := false, 0
	for ; r.has(0) && isDigit(r.d[0]); digits++ {
		if n = 10*n + int(r.d[0]-'0'); n > math.MaxInt32 {
			n, large = math.MaxInt32, true
		}
		r.skip(1)
	}
	if len(r.d) == 0 {
		return 0, respMissing
	}
	c := r.d[0]
	r.skip(1)
	switch {
	case c != '\r' || digits == 0:
		return 0, respInvalid
	case !r.has(0):
		return 0, respMissing
	}
	c = r.d[0]
	r.skip(1)
	switch {
	case c != '\n':
		return 0, respInvalid
	case negative && n == 1:
		return 0, respNull
	case negative:
		return 0, respNegative
	case large:
		return 0, respTooLarge
	}
	return n, respCount
}

// bulk prints a string of given length.
func (r *respPrinter) bulk(b []byte) ([]byte, bool) {
	n, kind := r.count()
	switch {
	case kind == respMissing:
		return b, false
	case kind != respCount:
		return append(b, respLengthNames[kind]...), true
	case n == 0:
		b = append(b, " empty"...)
	default:
		if n > len(r.d) {
			return b, false
		}
		b = appendRESPText(b, r.d[:n])
		r.skip(n)
	}
	end := r.crlf()
	if end < 0 {
		return b, false
	}
	r.skip(end + 2)
	return b, true
}

// array prints as many values as its length says. Each takes four bytes at least, which bounds how deep arrays nest.
func (r *respPrinter) array(b []byte) ([]byte, bool) {
	n, kind := r.count()
	switch {
	case kind == respMissing:
		return b, false
	case kind != respCount:
		return append(b, respLengthNames[kind]...), true
	case n == 0:
		return append(b, " empty"...), true
	}
	for range n {
		var ok bool
		if b, ok = r.value(b); !ok {
			return b, false
		}
	}
	return b, true
}
