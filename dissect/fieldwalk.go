package dissect

import (
	"encoding/binary"
	"math/bits"
)

// fieldWalk describes the fields of a layer to a Sink, one behind the other. A method that would go beyond end describes
// nothing and marks the walk as short; the rest is then for the caller to show as bytes. So a walk through something
// that contradicts itself describes each byte once and none that is not there.
type fieldWalk struct {
	s     Sink
	b     []byte // of the layer, from its start
	at    int    // the next byte
	end   int    // where the part that is being described ends
	short bool
}

func newFieldWalk(s Sink, b []byte) fieldWalk { return fieldWalk{s: s, b: b, end: len(b)} }

// has reports whether n more bytes are there, and marks the walk as short if not.
func (w *fieldWalk) has(n int) bool {
	if w.short || n < 0 || w.end-w.at < n {
		w.short = true
		return false
	}
	return true
}

// peek gives the next n bytes as a number, or zero if there are fewer.
func (w *fieldWalk) peek(n int) uint64 {
	if w.short || w.end-w.at < n {
		return 0
	}
	return bigEndian(w.b[w.at : w.at+n])
}

func bigEndian(b []byte) (v uint64) {
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// uint describes a number of n bytes, and gives it.
func (w *fieldWalk) uint(f *Field, n int) uint64 {
	if !w.has(n) {
		return 0
	}
	v := bigEndian(w.b[w.at : w.at+n])
	w.s.Uint(f, w.at, n, v)
	w.at += n
	return v
}

// enum describes a number of n bytes with its name.
func (w *fieldWalk) enum(f *Field, n int, name string) uint64 {
	if !w.has(n) {
		return 0
	}
	v := bigEndian(w.b[w.at : w.at+n])
	w.s.Enum(f, w.at, n, v, name)
	w.at += n
	return v
}

// flags describes a number of n bytes, and its parts as members of it. Parts of one bit are booleans.
func (w *fieldWalk) flags(f *Field, n int, parts []*Field) uint64 {
	if !w.has(n) {
		return 0
	}
	v := bigEndian(w.b[w.at : w.at+n])
	w.s.Uint(f, w.at, n, v)
	w.s.Begin(f, w.at, n)
	w.parts(n, parts)
	w.s.End()
	return v
}

// parts describes the fields that share the next n bytes.
func (w *fieldWalk) parts(n int, parts []*Field) {
	if !w.has(n) {
		return
	}
	v := bigEndian(w.b[w.at : w.at+n])
	for _, f := range parts {
		part := v & f.Mask >> bits.TrailingZeros64(f.Mask)
		if f.Mask&(f.Mask-1) == 0 {
			w.s.Bool(f, w.at, n, part != 0)
		} else {
			w.s.Uint(f, w.at, n, part)
		}
	}
	w.at += n
}

// addr describes an address of n bytes, 4 or 16.
func (w *fieldWalk) addr(f *Field, n int) {
	if !w.has(n) {
		return
	}
	if n == 4 {
		w.s.Addr(f, w.at, n, addr4(w.b, w.at))
	} else {
		w.s.Addr(f, w.at, n, addr16(w.b, w.at))
	}
	w.at += n
}

// mac describes a hardware address.
func (w *fieldWalk) mac(f *Field) {
	if w.has(6) {
		w.s.MAC(f, w.at, 6, MAC(w.b[w.at:w.at+6]))
		w.at += 6
	}
}

// checksum describes a checksum of two bytes and the verdict on it.
func (w *fieldWalk) checksum(f *Field, sum ChecksumResult) {
	if w.has(2) {
		w.s.Checksum(f, w.at, 2, binary.BigEndian.Uint16(w.b[w.at:]), sum)
		w.at += 2
	}
}

// bytes describes n bytes as they are; none are not described.
func (w *fieldWalk) bytes(f *Field, n int) {
	if !w.has(n) || n == 0 {
		return
	}
	w.s.Bytes(f, w.at, n, w.b[w.at:w.at+n])
	w.at += n
}

// text describes n bytes as text.
func (w *fieldWalk) text(f *Field, n int) {
	if !w.has(n) || n == 0 {
		return
	}
	w.s.Text(f, w.at, n, w.b[w.at:w.at+n])
	w.at += n
}

// enter narrows the walk to its next n bytes, and gives what leave needs. It reports false if there are not so many.
func (w *fieldWalk) enter(f *Field, n int) (outer int, ok bool) {
	if !w.has(n) {
		return 0, false
	}
	w.s.Begin(f, w.at, n)
	outer, w.end = w.end, w.at+n
	return outer, true
}

// leave describes what is left of the bytes that enter gave as unknown, and widens the walk again.
func (w *fieldWalk) leave(unknown *Field, outer int) {
	w.short = false
	w.bytes(unknown, w.end-w.at)
	w.s.End()
	w.end = outer
}

// rest describes everything to the end as unknown.
func (w *fieldWalk) rest(unknown *Field) {
	w.short = false
	w.bytes(unknown, w.end-w.at)
}
