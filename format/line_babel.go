package format

// Types of Babel's TLVs (RFC 8966 section 4.6, RFC 7298).
const (
	babelPad1 = iota
	babelPadN
	babelAckReq
	babelAck
	babelHello
	babelIHU
	babelRouterID
	babelNextHop
	babelUpdate
	babelRequest
	babelSeqnoRequest
	babelTSPC
	babelHMAC
	babelUpdateSrc
	babelRequestSrc
	babelSeqnoRequestSrc
)

// A babelPrinter prints one Babel packet. Updates leave out what prefixes have in common with earlier ones.
type babelPrinter struct {
	pen
	v4, v6 [16]byte
}

var babelNames = [...]struct{ short, long string }{
	babelPad1: {" pad1", "\n\tPad 1"}, babelPadN: {" padN", "\n\tPad "}, babelAckReq: {" ack-req", "\n\tAcknowledgment Request "},
	babelAck: {" ack", "\n\tAcknowledgment "}, babelHello: {" hello", "\n\tHello "}, babelIHU: {" ihu", "\n\tIHU "},
	babelRouterID: {" router-id", "\n\tRouter Id"}, babelNextHop: {" nh", "\n\tNext Hop"}, babelUpdate: {" update", "\n\tUpdate"},
	babelRequest: {" route-request", "\n\tRoute Request "}, babelSeqnoRequest: {" seqno-request", "\n\tSeqno Request "}, babelTSPC: {" tspc", "\n\tTS/PC "},
	babelHMAC: {" hmac", "\n\tHMAC "}, babelUpdateSrc: {" ss-update", "\n\tSS-Update"}, babelRequestSrc: {" ss-request", "\n\tSS-Request "},
	babelSeqnoRequestSrc: {" ss-mh-request", "\n\tSS-MH-Request "},
}

// babel prints a packet of the Babel routing protocol (RFC 8966).
func (p *Line) babel(b, d []byte, length int, _ ipContext) []byte {
	w := babelPrinter{pen: p.pen(b, "babel")}
	w.title("babel")
	w.packet(d, length)
	return w.b
}

func (w *babelPrinter) packet(d []byte, length int) {
	if len(d) < 4 {
		w.trunc()
		return
	}
	if d[0] != 42 {
		w.text(" invalid header")
		return
	}
	if length < 4 {
		w.trunc()
		return
	}
	w.put(" %d", int(d[1]))
	if d[1] != 2 {
		w.text(" unknown version")
		return
	}
	n := w.u16(d, 2)
	w.put(" (%d)", n)
	if 4+n > length {
		w.invalid()
		return
	}
	w.tlvs(d, 4, 4+n)
	if 4+n < length { // the trailer, which authentication does not cover
		w.either(" |", "\n\t----")
		w.tlvs(d, 4+n, length)
	}
}

// tlvs writes the TLVs from byte at to byte end.
func (w *babelPrinter) tlvs(d []byte, at, end int) {
	for at < end && !w.done {
		if at >= len(d) {
			w.trunc()
			return
		}
		t := int(d[at])
		name := babelNames[0]
		name.short, name.long = " unknown", "\n\tUnknown message type "
		if t < len(babelNames) {
			name = babelNames[t]
		}
		if t == babelPad1 {
			w.either(name.short, name.long)
			at++
			continue
		}
		if at+2 > end {
			w.invalid()
			return
		}
		if at+2 > len(d) {
			w.trunc()
			return
		}
		size := int(d[at+1])
		if at+2+size > end {
			w.invalid()
			return
		}
		if at+2+size > len(d) {
			w.trunc()
			return
		}
		v := d[at+2 : at+2+size]
		w.either(name.short, name.long)
		if !w.message(t, v) {
			w.invalid()
			return
		}
		at += 2 + size
	}
}

// either writes what there is without -v, or with it.
func (w *babelPrinter) either(short, long string) {
	if w.p.opts.Verbose == 0 {
		w.text(short)
	} else {
		w.text(long)
	}
}

func (w *babelPrinter) interval(v int) {
	switch v {
	case 0:
		w.text("0.0s (bogus)")
	case 0xffff:
		w.text("infinity")
	default:
		w.hundredths(v)
	}
}

// hundredths writes a number of hundredths of a second.
func (w *babelPrinter) hundredths(v int) { w.put("%d.%d%ds", v/100, v/10%10, v%10) }

// address gives the address in v, of encoding ae, and how many bytes it takes there; fewer than none if it cannot be read.
func (w *babelPrinter) address(ae int, v []byte) (a [16]byte, used int) {
	switch {
	case ae == 0:
		return a, 0
	case ae == 1 && len(v) >= 4:
		a[10], a[11] = 0xff, 0xff
		copy(a[12:], v[:4])
		return a, 4
	case ae == 2 && len(v) >= 16:
		copy(a[:], v)
		return a, 16
	case ae == 3 && len(v) >= 8:
		a[0], a[1] = 0xfe, 0x80
		copy(a[8:], v[:8])
		return a, 8
	}
	return a, -1
}

func (w *babelPrinter) addr(a *[16]byte) {
	if isMappedV4(a) {
		w.addr4(a[:], 12)
	} else {
		w.addr6(a[:], 0)
	}
}

func isMappedV4(a *[16]byte) bool {
	for _, c := range a[:10] {
		if c != 0 {
			return false
		}
	}
	return a[10] == 0xff && a[11] == 0xff
}

// prefix reads a prefix of bits bits, of which the first omitted bytes are those of an earlier one. It gives how many bytes it takes.
func (w *babelPrinter) prefix(ae, bits, omitted int, v []byte) (a [16]byte, used int) {
	size := (bits + 7) / 8
	if omitted > size && ae != 0 {
		return a, -1
	}
	used = size - omitted
	if used < 0 {
		used = 0
	}
	if ae != 3 && used > len(v) {
		return a, -1
	}
	switch ae {
	case 0:
		return a, 0
	case 1:
		if omitted > 4 || bits > 32 {
			return a, -1
		}
		a[10], a[11] = 0xff, 0xff
		if omitted > 0 {
			copy(a[12:12+omitted], w.v4[12:])
		}
		copy(a[12+omitted:], v[:used])
		bits += 96
	case 2:
		if omitted > 16 || bits > 128 {
			return a, -1
		}
		copy(a[:omitted], w.v6[:])
		copy(a[omitted:], v[:used])
	case 3:
		if used = max(0, (bits-64+7)/8); used > len(v) || bits > 128 {
			return a, -1
		}
		a[0], a[1] = 0xfe, 0x80
		copy(a[8:], v[:used])
	default:
		return a, -1
	}
	for i := range a {
		switch keep := bits - 8*i; {
		case keep <= 0:
			a[i] = 0
		case keep < 8:
			a[i] &= byte(0xff << (8 - keep))
		}
	}
	return a, used
}

func (w *babelPrinter) putPrefix(ae, bits int, a *[16]byte) {
	if ae == 0 {
		w.text("any")
		return
	}
	w.addr(a)
	w.put("/%d", bits)
}

// message writes the value of a TLV. It reports false if that is too short.
func (w *babelPrinter) message(t int, v []byte) bool {
	n := len(v)
	if w.p.opts.Verbose == 0 {
		if t == babelUpdate || t == babelUpdateSrc {
			if n < 10 {
				return false
			}
			w.updateFlags(w.u8(v, 1))
		}
		return true
	}
	switch t {
	case babelPadN:
		w.put("%d", n+2)
	case babelAckReq:
		if n < 6 {
			return false
		}
		w.put("%04x ", w.u16(v, 2))
		w.interval(w.u16(v, 4))
		return w.subTLVs(t, v[6:])
	case babelAck:
		if n < 2 {
			return false
		}
		w.put("%04x", w.u16(v, 0))
		return w.subTLVs(t, v[2:])
	case babelHello:
		if n < 6 {
			return false
		}
		w.put("seqno %d ", w.u16(v, 2))
		if w.u16(v, 4) == 0 {
			w.text("unscheduled")
		} else {
			w.text("interval ")
			w.hundredths(w.u16(v, 4))
		}
		return w.subTLVs(t, v[6:])
	case babelIHU:
		if n < 6 {
			return false
		}
		a, used := w.address(int(v[0]), v[6:])
		if used < 0 {
			w.mark()
			return true
		}
		if v[0] == 0 {
			w.text("any")
		} else {
			w.addr(&a)
		}
		w.put(" rxcost %d interval ", w.u16(v, 2))
		w.interval(w.u16(v, 4))
		return w.subTLVs(t, v[6+used:])
	case babelRouterID:
		if n < 10 {
			return false
		}
		w.text(" ")
		w.routerID(v[2:])
		return w.subTLVs(t, v[10:])
	case babelNextHop:
		if n < 2 {
			return false
		}
		a, used := w.address(int(v[0]), v[2:])
		if used < 0 {
			return false
		}
		w.text(" ")
		if v[0] == 0 {
			w.text("invalid AE 0")
		} else {
			w.addr(&a)
		}
		return w.subTLVs(t, v[2+used:])
	case babelUpdate:
		return w.update(v)
	case babelRequest:
		if n < 2 {
			return false
		}
		a, used := w.prefix(int(v[0]), int(v[1]), 0, v[2:])
		if used < 0 {
			return false
		}
		w.text("for ")
		w.putPrefix(int(v[0]), int(v[1]), &a)
		return w.subTLVs(t, v[2+used:])
	case babelSeqnoRequest:
		if n < 14 {
			return false
		}
		a, used := w.prefix(int(v[0]), int(v[1]), 0, v[14:])
		if used < 0 {
			return false
		}
		w.put("(%d hops) for ", int(v[4]))
		w.putPrefix(int(v[0]), int(v[1]), &a)
		w.put(" seqno %d id ", w.u16(v, 2))
		w.routerID(v[6:])
		return w.subTLVs(t, v[14+used:])
	case babelTSPC:
		if n < 6 {
			return false
		}
		w.put("timestamp %d packetcounter %d", w.u32(v, 2), w.u16(v, 0))
	case babelHMAC:
		if n < 18 {
			return false
		}
		w.put("key-id %d digest-%d ", w.u16(v, 0), n-2)
		for i := 2; i < n; i++ {
			w.put("%02x", int(v[i]))
		}
	default:
		if t >= len(babelNames) {
			w.put("%d", t)
		}
	}
	return true
}

// mark says that something is missing, and goes on.
func (w *babelPrinter) mark() {
	if !w.done {
		w.b = w.p.trunc(w.b, w.name)
	}
}

func (w *babelPrinter) updateFlags(flags int) {
	if flags&0x80 != 0 {
		w.text("/prefix")
	}
	if flags&0x40 != 0 {
		w.text("/id")
	}
	if flags&0x3f != 0 {
		w.text("/unknown")
	}
}

func (w *babelPrinter) update(v []byte) bool {
	if len(v) < 10 {
		return false
	}
	ae, flags, bits, omitted := int(v[0]), int(v[1]), int(v[2]), int(v[3])
	a, used := w.prefix(ae, bits, omitted, v[10:])
	if used < 0 {
		return false
	}
	w.updateFlags(flags)
	w.text(" ")
	w.putPrefix(ae, bits, &a)
	w.put(" metric %d seqno %d interval ", w.u16(v, 8), w.u16(v, 6))
	w.interval(w.u16(v, 4))
	if flags&0x80 != 0 {
		if ae == 1 {
			w.v4 = a
		} else {
			w.v6 = a
		}
	}
	return w.subTLVs(babelUpdate, v[10+used:])
}

// routerID writes an identifier of eight bytes.
func (w *babelPrinter) routerID(v []byte) {
	if w.has(v, 0, 8) {
		w.b = appendHardware(w.b, v[:8])
	}
}

// subTLVs writes what is behind the fixed part of a TLV of type t. It reports false if that contradicts itself.
func (w *babelPrinter) subTLVs(t int, v []byte) bool {
	for len(v) > 0 {
		kind := int(v[0])
		if v = v[1:]; kind == 0 {
			w.text(" sub-pad1")
			continue
		}
		if len(v) == 0 || len(v) < 1+int(v[0]) {
			return false
		}
		value := v[1 : 1+v[0]]
		v = v[1+v[0]:]
		if kind&0x80 != 0 {
			w.text(" (M)")
		}
		switch kind {
		case 1:
			w.text(" sub-padn")
		case 2:
			w.text(" sub-diversity")
			sep := " "
			if len(value) == 0 {
				w.text(" empty")
			}
			for _, c := range value {
				w.text(sep)
				w.put("%d", int(c))
				sep = "-"
			}
			if len(value) > 0 && t != babelUpdate {
				w.text(" (bogus)")
			}
		case 3:
			w.text(" sub-timestamp")
			switch {
			case t == babelHello && len(value) < 4, t == babelIHU && len(value) < 8:
				return false
			case t == babelHello:
				w.text(" ")
				w.timestamp(value)
			case t == babelIHU:
				w.text(" ")
				w.timestamp(value)
				w.text("|")
				w.timestamp(value[4:])
			default:
				w.text(" (bogus)")
			}
		default:
			w.put(" sub-unknown-0x%02x", kind)
		}
	}
	return true
}

func (w *babelPrinter) timestamp(v []byte) {
	t := be32(v, 0)
	w.put("%d.", int(t/1000000))
	w.b = append(appendPadded(w.b, uint64(t%1000000), 6), 's')
}
