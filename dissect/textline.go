package dissect

import "bytes"

// nextLine gives the first line of b without its end, CR LF or LF, and its size with it. A line without an end
// is not whole.
func nextLine(b []byte) (line []byte, size int, whole bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, len(b), false
	}
	return bytes.TrimSuffix(b[:i], []byte{'\r'}), i + 1, true
}

// nextWord gives the first word of a line, and where the next one begins.
func nextWord(line []byte) (word []byte, next int) {
	i := bytes.IndexByte(line, ' ')
	if i < 0 {
		return line, len(line)
	}
	next = i
	for next < len(line) && line[next] == ' ' {
		next++
	}
	return line[:i], next
}

// number reads all of b as a decimal number of at most nine digits.
func number(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// equalFold reports whether b is the lower-case text s, in any case. Both are ASCII.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	return true
}

// isPrintable reports whether b is printable ASCII.
func isPrintable(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// replyCode reads the code of three digits at the start of a line of a reply, and says whether another
// line follows (RFC 5321 section 4.2, RFC 959 section 4.2). text is what stands behind it.
func replyCode(line []byte) (code int, more bool, text []byte, ok bool) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, false, nil, false
	}
	if code, ok = number(line[:3]); !ok {
		return 0, false, nil, false
	}
	if len(line) == 3 {
		return code, false, nil, true
	}
	return code, line[3] == '-', line[4:], true
}

// A textHeader is the beginning of a message that HTTP, RTSP and SIP have in common: a line that says what it is, fields
// "Name: value", an empty line.
type textHeader []byte

// first gives the three parts of the first line, and the offsets of the second and the third: a request's
// method, target and version, or a reply's version, code and phrase. The last may hold blanks. size is the line's.
func (h textHeader) first() (parts [3][]byte, at [4]int, size int) {
	line, size, _ := nextLine(h)
	for i := range 2 {
		word, next := nextWord(line[at[i]:])
		parts[i], at[i+1] = word, at[i]+next
	}
	parts[2], at[3] = line[at[2]:], size
	return parts, at, size
}

// pushPart describes one part of the first line, as a number if num is not nil and it is one, and the blanks behind it.
func (h textHeader) pushPart(s Sink, f, num *Field, off int, part []byte, next int) {
	n := len(part)
	if v, ok := number(part); ok && num != nil {
		s.Uint(num, off, n, uint64(v))
	} else if n > 0 {
		s.Text(f, off, n, part)
	}
	pushBlank(s, h, off+n, next)
}

// pushBlank describes what separates words and lines from one another.
func pushBlank(s Sink, b []byte, from, to int) {
	if from < to {
		s.Bytes(&textBlankField, from, to-from, b[from:to])
	}
}

// isReply reports whether the message begins with a version of the protocol: "HTTP/".
func (h textHeader) isReply(protocol string) bool {
	return len(h) > len(protocol) && equalFold(h[:len(protocol)], protocol) && h[len(protocol)] == '/'
}

// isRequest reports whether the message begins with a line of three words, the last a version of the protocol; methods, if
// there are any, are the first words that are possible. A line that was cut short may lack its end.
func (h textHeader) isRequest(protocol string, methods []string) bool {
	parts, _, _ := h.first()
	if len(parts[0]) == 0 || len(parts[1]) == 0 || !textHeader(parts[2]).isReply(protocol) {
		return false
	}
	for _, m := range methods {
		if string(parts[0]) == m {
			return true
		}
	}
	return methods == nil
}

// size is the length with the empty line, or of all that is there; whole says whether the empty line is.
func (h textHeader) size() (n int, whole bool) {
	for n < len(h) {
		line, size, ended := nextLine(h[n:])
		if n += size; ended && len(line) == 0 {
			return n, true
		}
	}
	return n, false
}

// A textField is one field of a header. Line is all of it with its end.
type textField struct {
	Name, Value, Line []byte
}

// field reads the field at offset off, which a whole line holds; ok is false at the end of the header. Blanks in front of the
// value are left out. A line without a colon has no name.
func (h textHeader) field(off int) (f textField, ok bool) {
	line, size, whole := nextLine(h[off:])
	if len(line) == 0 || !whole {
		return f, false
	}
	f.Line = h[off : off+size]
	if i := bytes.IndexByte(line, ':'); i >= 0 {
		f.Name, f.Value = line[:i], bytes.TrimLeft(line[i+1:], " \t")
	}
	return f, true
}

// find gives the value of a field by its name in lower case, or nil.
func (h textHeader) find(name string) []byte {
	_, _, off := h.first()
	for {
		f, ok := h.field(off)
		if !ok {
			return nil
		}
		if equalFold(f.Name, name) {
			return f.Value
		}
		off += len(f.Line)
	}
}

// A textName is a field of a header that has a field of its own in the output.
type textName struct {
	name  string // in lower case
	field *Field
	num   *Field // the value as a number, or nil
}

// push describes the fields from offset off on: each as a line, if line is not nil, and by its name if that is one of names. ends says
// that a field takes in the end of its line.
func (h textHeader) push(s Sink, off int, line *Field, ends bool, names []textName) {
	for {
		f, ok := h.field(off)
		if !ok {
			break
		}
		n := len(f.Line)
		text := n
		if !ends {
			text = len(bytes.TrimRight(f.Line, "\r\n"))
		}
		grouped := line != nil && f.Name != nil
		if grouped {
			s.Text(line, off, n, f.Line)
			s.Begin(line, off, n)
		}
		named := &textOtherField
		for i := range names {
			if !equalFold(f.Name, names[i].name) {
				continue
			}
			named = names[i].field
			if v, ok := number(f.Value); ok && names[i].num != nil {
				s.Uint(names[i].num, 0, 0, uint64(v))
			}
			break
		}
		value := f.Value
		if named == &textOtherField {
			value = bytes.TrimRight(f.Line, "\r\n")
		}
		s.Text(named, off, text, value)
		pushBlank(s, h, off+text, off+n)
		if grouped {
			s.End()
		}
		off += n
	}
	if off < len(h) {
		s.Bytes(&textRestField, off, len(h)-off, h[off:])
	}
}

var (
	textOtherField = Field{Label: "field", Title: "Field"}
	textBlankField = Field{Label: "blank", Title: "Blank"}
	textRestField  = Field{Label: "end", Title: "End of the header"} // the empty line, or what was cut short
)
