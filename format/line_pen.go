package format

import "encoding/binary"

// A pen writes the text of one protocol and reads its bytes. The first time that it is asked for bytes that were not
// captured it says so and stops the packet, and from then on it writes nothing and reads zeros: that is where tcpdump
// gives up, so what is written with a pen needs no test before each byte, only one in each loop.
type pen struct {
	p    *Line
	b    []byte
	name string // of the protocol, for the mark of truncation
	done bool   // nothing more is written
}

// pen gives a pen that writes behind b.
func (p *Line) pen(b []byte, name string) pen { return pen{p: p, b: b, name: name} }

// has reports whether n bytes at off were captured, and stops if not.
func (w *pen) has(d []byte, off, n int) bool {
	if w.done {
		return false
	}
	if off < 0 || n < 0 || len(d)-off < n {
		w.stop()
		return false
	}
	return true
}

// stop says that bytes were not captured, and ends the packet.
func (w *pen) stop() {
	if !w.done {
		w.b = w.p.stop(w.b, w.name)
		w.done = true
	}
}

// trunc says that bytes were not captured, or not promised, and ends what this pen writes; others may go on.
func (w *pen) trunc() {
	if !w.done {
		w.b = w.p.trunc(w.b, w.name)
		w.done = true
	}
}

// invalid says that what was read contradicts itself, and ends what this pen writes.
func (w *pen) invalid() {
	if !w.done {
		w.b = w.p.invalid(w.b)
		w.done = true
	}
}

// whole stops the packet if n bytes were not captured, even where this pen writes nothing more.
func (w *pen) whole(d []byte, n int) {
	if len(d) < n && !w.p.stopped {
		w.done = false
		w.stop()
	}
}

// invalidOf is invalid for a protocol of which n bytes are left at d.
func (w *pen) invalidOf(d []byte, n int) {
	w.invalid()
	w.whole(d, n)
}

func (w *pen) u8(d []byte, off int) int {
	if !w.has(d, off, 1) {
		return 0
	}
	return int(d[off])
}

func (w *pen) u16(d []byte, off int) int {
	if !w.has(d, off, 2) {
		return 0
	}
	return int(binary.BigEndian.Uint16(d[off:]))
}

func (w *pen) u24(d []byte, off int) int {
	if !w.has(d, off, 3) {
		return 0
	}
	return int(d[off])<<16 | int(d[off+1])<<8 | int(d[off+2])
}

// u32 gives a number that is negative where an int has no more than 32 bits; put shows it right.
func (w *pen) u32(d []byte, off int) int {
	if !w.has(d, off, 4) {
		return 0
	}
	return int(uint(binary.BigEndian.Uint32(d[off:])))
}

func (w *pen) u64(d []byte, off int) uint64 {
	if !w.has(d, off, 8) {
		return 0
	}
	return binary.BigEndian.Uint64(d[off:])
}

// text writes words.
func (w *pen) text(words ...string) {
	if w.done {
		return
	}
	for _, s := range words {
		w.b = append(w.b, s...)
	}
}

// title writes the name of the protocol, or what else stands for it.
func (w *pen) title(s string) {
	if !w.done {
		w.b = w.p.proto(w.b, s)
	}
}

// put writes numbers, none of them negative: %d stands for one in decimal, %x for one in hexadecimal, %04x for one of at
// least four digits. Everything else in the format stands for itself.
func (w *pen) put(format string, args ...int) {
	if w.done {
		return
	}
	b := w.b
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || len(args) == 0 {
			b = append(b, format[i])
			continue
		}
		v := uint64(uint(args[0]))
		switch format[i+1] {
		case 'd':
			b = appendDecimal(b, v)
			i++
		case 'x':
			b = appendHex(b, v, 1)
			i++
		default: // %04x
			b = appendHex(b, v, int(format[i+2]-'0'))
			i += 3
		}
		args = args[1:]
	}
	w.b = b
}

// named writes the name of v, or none, a format for put, if it has none.
func (w *pen) named(names map[int]string, none string, v int) {
	if s, ok := names[v]; ok {
		w.text(s)
	} else {
		w.put(none, v)
	}
}

// bits writes the names of the bits of v, joined by commas, or none, a format for put, if no bit has one.
func (w *pen) bits(names []bitName, none string, v int) {
	if w.done {
		return
	}
	start := len(w.b)
	w.b = appendBits(w.b, names, uint32(v), ", ", "")
	if len(w.b) == start {
		w.put(none, v)
	}
}

func (w *pen) addr4(d []byte, off int) {
	if w.has(d, off, 4) {
		w.b = w.p.addr4(w.b, d[off:])
	}
}

func (w *pen) addr6(d []byte, off int) {
	if w.has(d, off, 16) {
		w.b = w.p.addr6(w.b, d[off:])
	}
}

// mac writes a hardware address of six bytes.
func (w *pen) mac(d []byte, off int) {
	if w.has(d, off, 6) {
		w.b = w.p.hardware(w.b, d[off:off+6])
	}
}

// hex writes n bytes, or those of them that were captured, sixteen to a line, each line behind indent and its offset.
func (w *pen) hex(indent string, d []byte, n int) {
	if !w.done {
		w.b = appendIndentedHex(w.b, indent, clip(d, n))
	}
}

// digits writes bytes as hexadecimal digits.
func (w *pen) digits(d []byte, off, n int) {
	if w.has(d, off, n) {
		w.b = appendHexBytes(w.b, d[off:off+n])
	}
}

// visible writes n bytes of text, escaped.
func (w *pen) visible(d []byte, off, n int) {
	if w.done {
		return
	}
	w.b = appendVisibleText(w.b, clip(from(d, off), n))
	if len(d)-off < n {
		w.stop()
	}
}

// osiChecksum writes the verdict on a Fletcher checksum (ISO/IEC 8473-1 annex C) that stands at byte at of length bytes.
func (w *pen) osiChecksum(d []byte, sum, at, length int) {
	switch {
	case w.done:
	case sum == 0 || length < 0 || len(d) < length || at+2 > length:
		w.text(" (unverified)")
	default:
		if want := fletcher(d[:length], at); want == sum {
			w.text(" (correct)")
		} else {
			w.put(" (incorrect should be 0x%04x)", want)
		}
	}
}

// printable writes n bytes of text, or what is before a zero in them, escaped.
func (w *pen) printable(d []byte, n int) {
	if w.done {
		return
	}
	var ok bool
	if w.b, ok = appendVisibleZ(w.b, d, n); !ok {
		w.stop()
	}
}
