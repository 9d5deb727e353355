package format

// esis prints a packet of the routing protocol between end systems and intermediate systems (ISO 9542).
func (p *Line) esis(b, d []byte, length int) []byte {
	w := p.pen(b, "esis")
	if !p.opts.LinkHeader {
		w.title("ES-IS")
	}
	w.esis(d, length)
	return w.b
}

const (
	esisHeaderLen = 9
	esisHello     = 2
	esisISHello   = 4
	esisRedirect  = 6
)

func (w *pen) esis(d []byte, length int) {
	if length <= 2 {
		w.text("no header at all!")
		return
	}
	if len(d) < esisHeaderLen {
		w.trunc()
		return
	}
	size, kind := int(d[1]), int(d[4]&0x1f)
	switch {
	case d[2] != 1:
		w.put(" version %d packet not supported", int(d[2]))
		return
	case size > length:
		w.put(" length indicator(%d) > PDU size (%d)!", size, length)
		return
	case size < esisHeaderLen+2:
		w.put(" length indicator %d < min PDU size:", size)
		for _, c := range clip(d, length) {
			const upper = "0123456789ABCDEF"
			w.b = append(w.b, upper[c>>4], upper[c&15])
		}
		return
	}
	sep := ", "
	if w.p.opts.LinkHeader {
		sep = ""
	}
	w.text(sep)
	if w.p.opts.Verbose == 0 {
		w.named(esisNames, "unknown type (%d)", kind)
		w.put(", length %d", length)
		return
	}
	w.put("length %d\n\t", length)
	w.named(esisNames, "unknown type: %d", kind)
	sum := w.u16(d, 7)
	w.put(" (%d)", kind)
	w.put(", v: %d, checksum: 0x%04x", int(d[2]), sum)
	w.osiChecksum(d, sum, 7, size)
	w.put(", holding time: %ds, length indicator: %d", w.u16(d, 5), size)
	if w.p.opts.Verbose > 1 {
		w.hex("\n\t", d, esisHeaderLen)
	}
	w.esisBody(d[esisHeaderLen:], size-esisHeaderLen, kind, length)
}

var esisNames = map[int]string{esisHello: "ESH", esisISHello: "ISH", esisRedirect: "redirect"}

func (w *pen) esisBody(d []byte, n, kind, length int) {
	switch kind {
	case esisRedirect:
		var ok bool
		if d, n, ok = w.esisRedirect(d, n); !ok {
			return
		}
	case esisHello:
		if n < 1 {
			w.text(", bad esh/li")
			return
		}
		count := w.u8(d, 0)
		w.put("\n\t  Number of Source Addresses: %d", count)
		for d, n = from(d, 1), n-1; count > 0 && !w.done; count-- {
			size := w.u8(d, 0)
			if n < 1 {
				w.text(", bad esh/li")
				return
			}
			if n < 1+size || !w.has(d, 1, size) {
				w.trunc()
				return
			}
			w.put("\n\t  NET (length: %d): ", size)
			w.nsap(from(d, 1), size)
			d, n = from(d, 1+size), n-1-size
		}
	case esisISHello:
		if n < 1 {
			w.text(", bad ish/li")
			return
		}
		size := w.u8(d, 0)
		if n < 1+size || !w.has(d, 1, size) {
			w.trunc()
			return
		}
		w.put("\n\t  NET (length: %d): ", size)
		w.nsap(from(d, 1), size)
		d, n = from(d, 1+size), n-1-size
	default:
		if w.p.opts.Verbose <= 1 {
			w.hex("\n\t  ", d, length-esisHeaderLen)
		}
		return
	}
	w.esisOptions(d, n)
}

// esisRedirect writes what a redirect says, up to its options.
func (w *pen) esisRedirect(d []byte, n int) (rest []byte, left int, ok bool) {
	if n < 1 {
		w.text(", bad redirect/li")
		return nil, 0, false
	}
	size := w.u8(d, 0)
	d, n = from(d, 1), n-1
	if n < size || !w.has(d, 0, size) {
		w.trunc()
		return nil, 0, false
	}
	w.text("\n\t  ")
	w.nsap(d, size)
	d, n = from(d, size), n-size
	if n < 1 {
		w.text(", bad redirect/li")
		return nil, 0, false
	}
	size = w.u8(d, 0)
	d, n = from(d, 1), n-1
	if n < size || !w.has(d, 0, size) {
		w.trunc()
		return nil, 0, false
	}
	w.put("\n\t  SNPA (length: %d): ", size)
	if size == 0 {
		w.text("<empty>")
	} else if w.has(d, 0, size) {
		w.b = w.p.hardware(w.b, d[:size])
	}
	d, n = from(d, size), n-size
	if n < 1 {
		w.text(", bad redirect/li")
		return nil, 0, false
	}
	size = w.u8(d, 0)
	d = from(d, 1) // tcpdump does not count this byte, and misses it at the end of the options
	if n < size || !w.has(d, 0, size) {
		w.trunc()
		return nil, 0, false
	}
	if size > 0 {
		w.put("\n\t  NET (length: %d) ", size)
		w.nsap(d, size)
	}
	return from(d, size), n - size, !w.done
}

func (w *pen) nsap(d []byte, n int) {
	if n >= 1 && n <= 20 && !w.has(d, 0, n) || w.done {
		return
	}
	w.b = appendNSAP(w.b, clip(d, n))
}

func (w *pen) esisOptions(d []byte, n int) {
	for n > 0 && !w.done {
		if n < 2 {
			w.text(", bad opts/li")
			return
		}
		t, size := w.u8(d, 0), w.u8(d, 1)
		d, n = from(d, 2), n-2
		if size > n {
			w.put(", opt (%d) too long", t)
			return
		}
		w.text("\n\t  ")
		w.named(esisOptionNames, "Unknown", t)
		w.put(" Option #%d, length %d, value: ", t, size)
		switch {
		case t == 198 && size == 2:
			w.put("%ds", w.u16(d, 0))
		case t == 198:
			w.text("(bad length)")
		case t == 129:
			for i := 0; i < size && !w.done; i++ {
				v := w.u8(d, i)
				if w.done {
					break
				}
				name := nlpidName(uint8(v))
				if name == "" {
					name = "unknown"
				}
				w.text(name)
				w.put(" (0x%02x)", v)
				if i+1 < size {
					w.text(", ")
				}
			}
		default:
			w.hex("\n\t  ", d, size)
		}
		if w.p.opts.Verbose > 1 {
			w.hex("\n\t  ", d, size)
		}
		d, n = from(d, size), n-size
	}
}

var esisOptionNames = map[int]string{
	129: "Protocols supported", 195: "QoS Maintenance", 197: "Security", 198: "ES Configuration Time", 205: "Priority",
	225: "Addressk Mask", 226: "SNPA Mask",
}
