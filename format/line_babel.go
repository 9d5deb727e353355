package format

// Types of Babel's TLVs (RFC 8966 section 4.6, RFC 7298, RFC 8967).
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
	babelMAC
	babelPC
	babelChallenge
	babelChallengeReply
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
	babelSeqnoRequestSrc: {" ss-mh-request", "\n\tSS-MH-Request "}, babelMAC: {" mac", "\n\tMAC "}, babelPC: {" pc", "\n\tPC"},
	babelChallenge: {" challenge_request", "\n\tChallenge Request "}, babelChallengeReply: {" challenge_reply", "\n\tChallenge Reply "},
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
	if v == 0 {
		w.text("0.0s (bogus)")
	} else {
		w.hundredths(v)
	}
}

// updateInterval writes how long a route is good for, which can be for ever.
func (w *babelPrinter) updateInterval(v int) {
	if v == 0xffff {
		w.text("infinity")
	} else {
		w.interval(v)
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
// Bits behind the prefix stay what they are.
func (w *babelPrinter) prefix(ae, bits, omitted int, v []byte) (a [16]byte, used int) {
	size := (bits + 7) / 8
	if size > 16 {
		return a, -1
	}
	start, room := 0, 16 // where the address begins, and its bytes
	switch ae {
	case 0:
		return a, 0
	case 1:
		start, room = 12, 4
		a[10], a[11] = 0xff, 0xff
		copy(a[12:12+min(omitted, 4)], w.v4[12:])
	case 2:
		copy(a[:min(omitted, 16)], w.v6[:])
	case 3: // a link-local address goes without its first eight bytes
		a[0], a[1] = 0xfe, 0x80
		omitted, start, room, size = 0, 8, 8, max(0, size-8)
	default:
		return a, -1
	}
	used = max(0, size-omitted)
	if omitted > room || ae == 1 && size > room || used > len(v) {
		return a, -1
	}
	copy(a[start+omitted:], v[:used])
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
		if t == babelUpdate {
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
	case babelAck:
		if n < 2 {
			return false
		}
		w.put("%04x", w.u16(v, 0))
	case babelHello:
		if n < 6 {
			return false
		}
		if w.u16(v, 0)&0x8000 != 0 {
			w.text("(Unicast) ")
		}
		w.put("seqno %d ", w.u16(v, 2))
		if w.u16(v, 4) == 0 {
			w.text("unscheduled")
		} else {
			w.text("interval ")
			w.hundredths(w.u16(v, 4))
		}
		w.subTLVs(t, v[6:])
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
		w.subTLVs(t, v[6+used:])
	case babelRouterID:
		if n < 10 {
			return false
		}
		w.text(" ")
		w.routerID(v[2:])
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
	case babelSeqnoRequest:
		if n < 14 {
			return false
		}
		a, used := w.prefix(int(v[0]), int(v[1]), 0, v[14:])
		if used < 0 {
			return false
		}
		w.put("(%d hops) for ", int(v[4]))
		if v[0] == 0 {
			w.text("invalid AE 0")
		} else {
			w.putPrefix(int(v[0]), int(v[1]), &a)
		}
		w.put(" seqno %d id ", w.u16(v, 2))
		w.routerID(v[6:])
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
			w.b = append(w.b, "0123456789ABCDEF"[v[i]>>4], "0123456789ABCDEF"[v[i]&15])
		}
	case babelUpdateSrc:
		return w.updateSrc(v)
	case babelRequestSrc:
		return w.requestSrc(v)
	case babelSeqnoRequestSrc:
		return w.seqnoRequestSrc(v)
	case babelPC:
		if n < 4 {
			return false
		}
		w.put(" value %d index len %d", w.u32(v, 0), n-4)
	case babelMAC, babelChallenge, babelChallengeReply:
		w.put("len %d", n)
	default:
		w.put("%d", t)
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
	w.updateInterval(w.u16(v, 4))
	if flags&0x80 != 0 {
		if ae == 1 {
			w.v4 = a
		} else {
			w.v6 = a
		}
	}
	w.subTLVs(babelUpdate, v[10+used:])
	return true
}

// prefixes reads the prefix of a source-specific TLV and that of the source behind it, from the bytes after the fixed part.
func (w *babelPrinter) prefixes(ae, bits, omitted, srcBits int, v []byte) (dst, src [16]byte, used int) {
	dst, used = w.prefix(ae, bits, omitted, v)
	if used < 0 {
		return dst, src, used
	}
	src, more := w.prefix(ae, srcBits, 0, v[used:])
	if more < 0 {
		return dst, src, more
	}
	return dst, src, used + more
}

func (w *babelPrinter) pair(dst, src *[16]byte, bits, srcBits int, between string) {
	w.addr(dst)
	w.put("/%d", bits)
	w.text(between)
	w.addr(src)
	w.put("/%d", srcBits)
}

func (w *babelPrinter) updateSrc(v []byte) bool {
	const fixed = 10
	if len(v) < fixed {
		return false
	}
	ae, srcBits, bits, omitted := int(v[0]), int(v[1]), int(v[2]), int(v[3])
	dst, src, used := w.prefixes(ae, bits, omitted, srcBits, v[fixed:])
	if used < 0 {
		return false
	}
	w.text(" ")
	w.pair(&dst, &src, bits, srcBits, " from ")
	w.put(" metric %d seqno %d interval ", w.u16(v, 8), w.u16(v, 6))
	w.updateInterval(w.u16(v, 4))
	w.subTLVs(babelUpdate, v[fixed+used:])
	return true
}

func (w *babelPrinter) requestSrc(v []byte) bool {
	const fixed = 3
	if len(v) < fixed {
		return false
	}
	ae, bits, srcBits := int(v[0]), int(v[1]), int(v[2])
	dst, src, used := w.prefixes(ae, bits, 0, srcBits, v[fixed:])
	switch {
	case used < 0:
		return false
	case ae == 0:
		w.text("for any")
	default:
		w.text("for (")
		w.pair(&dst, &src, bits, srcBits, ", ")
		w.text(")")
	}
	return true
}

func (w *babelPrinter) seqnoRequestSrc(v []byte) bool {
	const fixed = 14
	if len(v) < fixed {
		return false
	}
	ae, bits, srcBits := int(v[0]), int(v[1]), int(v[5])
	dst, src, used := w.prefixes(ae, bits, 0, srcBits, v[fixed:])
	if used < 0 {
		return false
	}
	w.put("(%d hops) for (", int(v[4]))
	w.pair(&dst, &src, bits, srcBits, ", ")
	w.put(") seqno %d id ", w.u16(v, 2))
	w.routerID(v[6:])
	return true
}

// routerID writes an identifier of eight bytes.
func (w *babelPrinter) routerID(v []byte) {
	if w.has(v, 0, 8) {
		w.b = appendHardware(w.b, v[:8])
	}
}

// subTLVs writes what is behind the fixed part of a TLV of type t. If that contradicts itself, it says so, and the next TLV follows.
func (w *babelPrinter) subTLVs(t int, v []byte) {
	for len(v) > 0 {
		kind := int(v[0])
		if v = v[1:]; kind == 0 {
			w.text(" sub-pad1")
			continue
		}
		if kind&0x80 != 0 {
			w.text(" (M)")
		}
		if len(v) == 0 || len(v) < 1+int(v[0]) {
			w.b = w.p.invalid(w.b)
			return
		}
		value := v[1 : 1+v[0]]
		v = v[1+v[0]:]
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
				switch sep = "-"; c {
				case 0:
					w.text("reserved")
				case 0xff:
					w.text("all")
				default:
					w.put("%d", int(c))
				}
			}
			if len(value) > 0 && t != babelUpdate {
				w.text(" (bogus)")
			}
		case 3:
			w.text(" sub-timestamp")
			switch {
			case t == babelHello && len(value) < 4, t == babelIHU && len(value) < 8:
				w.b = w.p.invalid(w.b)
				return
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
}

func (w *babelPrinter) timestamp(v []byte) {
	t := be32(v, 0)
	w.put("%d.", int(t/1000000))
	w.b = append(appendPadded(w.b, uint64(t%1000000), 6), 's')
}
