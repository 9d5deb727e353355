package dissect

import "bytes"

// RESP is a view of values of the Redis serialization protocol: lines that begin with the type of what they hold, or commands
// as typed.
//
//	*2 CRLF $4 CRLF ECHO CRLF $3 CRLF abc CRLF       an array of two strings
//	+OK CRLF  -ERR what is wrong CRLF  :12 CRLF      a string, an error, a number
type RESP []byte

// respEnd finds the end of the first line: its length without CR LF, -1 if it has none.
func respEnd(b []byte) int { return bytes.Index(b, respCRLF) }

var respCRLF = []byte("\r\n")

// respNumber reads a number with a sign.
func respNumber(b []byte) (v int64, ok bool) {
	negative := len(b) > 0 && b[0] == '-'
	if negative {
		b = b[1:]
	}
	n, ok := number(b)
	if negative {
		n = -n
	}
	return int64(n), ok
}

var (
	respStringField = Field{Name: "resp.string", Label: "string", Title: "String", Rank: 1, Form: FormBare}
	respErrorField  = Field{Name: "resp.error", Label: "error", Title: "Error", Rank: 1}
	respIntField    = Field{Name: "resp.integer", Label: "integer", Title: "Integer", Rank: 1, Form: FormBare}
	respNumberText  = Field{Label: "integer", Title: "Integer (negative, or large)", Rank: 1, Form: FormBare}
	respLenField    = Field{Name: "resp.bulk_string.length", Label: "length", Title: "Length"}
	respNullField   = Field{Label: "null", Title: "Length (null)", Rank: 1, Form: FormFlag}
	respBulkField   = Field{Name: "resp.bulk_string.value", Label: "value", Title: "Value"}
	respBulkText    = Field{Label: "value", Title: "Value", Rank: 1, Form: FormBare}
	respArrayField  = Field{Name: "resp.array.length", Label: "array", Title: "Array Length", Rank: 1}
	respInlineField = Field{Label: "inline", Title: "Inline command", Rank: 1, Form: FormBare}
	respRestField   = Field{Label: "rest", Title: "Beginning of a value"}
)

// Fields describes the values to s.
func (r RESP) Fields(s Sink) {
	off := 0
	for off < len(r) {
		n := r.value(s, off)
		if n == 0 {
			break
		}
		off += n
	}
	if off < len(r) {
		s.Bytes(&respRestField, off, len(r)-off, r[off:])
	}
}

// value describes what stands at off and gives its length: of an array that of its first line, of a value that is not
// whole 0.
func (r RESP) value(s Sink, off int) int {
	b := r[off:]
	end := respEnd(b)
	if end < 0 {
		return 0
	}
	size := end + len(respCRLF)
	if end == 0 {
		s.Bytes(&respRestField, off, size, b[:size])
		return size
	}
	line := b[1:end]
	switch b[0] {
	case '+':
		s.Text(&respStringField, off, size, line)
	case '-':
		s.Text(&respErrorField, off, size, line)
	case ':':
		r.number(s, &respIntField, off, size, line)
	case '*':
		r.number(s, &respArrayField, off, size, line)
	case '$':
		n, ok := respNumber(line)
		if !ok || n < 0 {
			s.Bytes(&respNullField, off, size, line)
			return size
		}
		if int64(len(b)) < int64(size)+n+int64(len(respCRLF)) {
			return 0
		}
		s.Uint(&respLenField, off, size, uint64(n))
		value := b[size : size+int(n)]
		if n > 0 {
			s.Bytes(&respBulkField, off+size, int(n), value)
		}
		s.Text(&respBulkText, 0, 0, value)
		pushBlank(s, r, off+size+int(n), off+size+int(n)+len(respCRLF))
		return size + int(n) + len(respCRLF)
	default:
		s.Text(&respInlineField, off, size, b[:end])
	}
	return size
}

// number describes a line that is a number. The sink has none below zero, so these are shown as they stand.
func (r RESP) number(s Sink, f *Field, off, size int, line []byte) {
	if n, ok := respNumber(line); ok && n >= 0 {
		s.Uint(f, off, size, uint64(n))
	} else {
		s.Text(&respNumberText, off, size, line)
	}
}

// decodeRESP takes all that begins with a value, and a command as typed if that is all there is.
func decodeRESP(p *Packet, l *Layer, b []byte) LayerType {
	if len(b) == 0 {
		return l.fail(ErrTruncated)
	}
	switch b[0] {
	case '+', '-', ':', '*', '$':
	default:
		if end := respEnd(b); end < 1 || end+len(respCRLF) < len(b) || !isPrintable(b[:end]) {
			return asSegment(p, l, b)
		}
	}
	l.Payload = l.End
	return LayerNone
}

func respFields(p *Packet, l *Layer, s Sink) { RESP(p.Bytes(l)).Fields(s) }
