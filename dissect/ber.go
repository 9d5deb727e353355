package dissect

import "strconv"

// Tags of ASN.1's Basic Encoding Rules (ITU-T X.690 section 8.1.2) that are of one byte.
const (
	berInteger     = 0x02
	berOctetString = 0x04
	berNull        = 0x05
	berOID         = 0x06
	berSequence    = 0x30
)

// berHeader reads the tag and the length of the element at the start of b: header bytes, then size bytes of content,
// all of which are in b. The error is ErrTruncated where they are not, ErrUnsupported for a tag of several bytes or a
// length that is not given.
func berHeader(b []byte) (tag byte, header, size int, err error) {
	if len(b) < 2 {
		return 0, 0, 0, ErrTruncated
	}
	tag, size, header = b[0], int(b[1]), 2
	if tag&0x1f == 0x1f || size == 0x80 {
		return 0, 0, 0, ErrUnsupported
	}
	if size > 0x80 {
		n := size & 0x7f
		if len(b) < 2+n {
			return 0, 0, 0, ErrTruncated
		}
		size = 0
		for _, c := range b[2 : 2+n] {
			if size > 1<<24 {
				return 0, 0, 0, ErrTruncated // more than any packet holds
			}
			size = size<<8 | int(c)
		}
		header += n
	}
	if len(b)-header < size {
		return 0, 0, 0, ErrTruncated
	}
	return tag, header, size, nil
}

// berInt gives the value of an integer's content, sign extended; ok is false if it has no or too many bytes.
func berInt(content []byte) (v int64, ok bool) {
	if len(content) == 0 || len(content) > 8 {
		return 0, false
	}
	v = int64(int8(content[0]))
	for _, c := range content[1:] {
		v = v<<8 | int64(c)
	}
	return v, true
}

// berUint gives the value of the content of an integer that is never negative.
func berUint(content []byte) (v uint64, ok bool) {
	if len(content) == 9 && content[0] == 0 {
		content = content[1:]
	}
	if len(content) > 8 {
		return 0, false
	}
	for _, c := range content {
		v = v<<8 | uint64(c)
	}
	return v, true
}

// appendOID appends the content of an object identifier as text, "1.3.6.1", if it fits into the capacity of b and ends where
// a number does.
func appendOID(b, content []byte) (text []byte, ok bool) {
	v, first, whole := uint64(0), true, false
	for _, c := range content {
		if v > 1<<56 {
			return nil, false
		}
		v = v<<7 | uint64(c&0x7f)
		if whole = c&0x80 == 0; !whole {
			continue
		}
		if cap(b)-len(b) < 24 {
			return nil, false
		}
		if first {
			top := min(v/40, 2)
			b = append(b, '0'+byte(top))
			v, first = v-40*top, false
		}
		b = strconv.AppendUint(append(b, '.'), v, 10)
		v = 0
	}
	return b, whole
}

// berWriter describes elements to a sink, one after another. The bytes of their tags and lengths are a field of their
// own; the content is one that has a name.
type berWriter struct {
	s        Sink
	b        []byte
	off, end int
	scratch  []byte // room for text
}

var berHeaderField = Field{Title: "Tag and length"}

// peek gives the tag of the next element, zero if there is none.
func (w *berWriter) peek() byte {
	tag, _, _, err := berHeader(w.b[w.off:w.end])
	if err != nil {
		return 0
	}
	return tag
}

// head pushes the tag and the length of the next element, which must have tag, and gives its content; off is left there.
func (w *berWriter) head(tag byte) (content []byte, ok bool) {
	got, header, size, err := berHeader(w.b[w.off:w.end])
	if err != nil || got != tag {
		return nil, false
	}
	w.s.Bytes(&berHeaderField, w.off, header, w.b[w.off:w.off+header])
	w.off += header
	return w.b[w.off : w.off+size], true
}

// open enters the next element, which must have tag. The caller puts back the end that it gives when it has read the content.
func (w *berWriter) open(tag byte) (end int, ok bool) {
	content, ok := w.head(tag)
	if !ok {
		return w.end, false
	}
	end = w.end
	w.end = w.off + len(content)
	return end, true
}

// shut pushes what is left of an element that was entered, and leaves it.
func (w *berWriter) shut(end int, rest *Field) {
	if w.off < w.end {
		w.s.Bytes(rest, w.off, w.end-w.off, w.b[w.off:w.end])
	}
	w.off, w.end = w.end, end
}

// integer pushes an integer with tag. One below zero has no form in a Sink and is pushed as bytes of a field without a name.
func (w *berWriter) integer(f *Field, tag byte) (v int64, ok bool) {
	content, ok := w.head(tag)
	if !ok {
		return 0, false
	}
	v, fits := berInt(content)
	if tag != berInteger {
		var u uint64
		u, fits = berUint(content)
		v = int64(u)
		if fits {
			w.s.Uint(f, w.off, len(content), u)
		}
	} else if fits = fits && v >= 0; fits {
		w.s.Uint(f, w.off, len(content), uint64(v))
	}
	if !fits && len(content) > 0 {
		w.s.Bytes(&berSignedField, w.off, len(content), content)
	}
	w.off += len(content)
	return v, true
}

var berSignedField = Field{Title: "Number, in two's complement"}

// octets pushes an octet string as bytes, words as text.
func (w *berWriter) octets(f *Field, tag byte) bool {
	content, ok := w.head(tag)
	if ok && len(content) > 0 {
		w.s.Bytes(f, w.off, len(content), content)
	}
	w.off += len(content)
	return ok
}

func (w *berWriter) words(f *Field, tag byte) bool {
	content, ok := w.head(tag)
	if ok {
		w.s.Text(f, w.off, len(content), content)
	}
	w.off += len(content)
	return ok
}

var berRawOIDField = Field{Title: "Object identifier"}

// oid pushes an object identifier as text, or as bytes if it is none or too long.
func (w *berWriter) oid(f *Field) bool {
	content, ok := w.head(berOID)
	if !ok {
		return false
	}
	if text, fits := appendOID(w.scratch[:0], content); fits {
		w.s.Text(f, w.off, len(content), text)
	} else if len(content) > 0 {
		w.s.Bytes(&berRawOIDField, w.off, len(content), content)
	}
	w.off += len(content)
	return true
}
