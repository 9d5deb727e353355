package format

// portSubs writes what a bridge says of a port for shortest path bridging (RFC 6329 section 12).
func (w *isisPrinter) portSubs(d []byte, n int) {
	for n > 2 && !w.done {
		t, size := w.u8(d, 0), w.u8(d, 1)
		d, n = from(d, 2), n-2
		w.text("\n\t       ")
		w.named(isisPortSubs, "unknown", t)
		w.put(" subTLV #%d, length: %d", t, size)
		if n < size {
			w.text(" (> containing TLV length)")
			return
		}
		if !w.has(d, 0, size) {
			return
		}
		switch t {
		case 4:
			w.bridgeConfigurations(d, size)
		case 5:
			w.bridgeDigest(d, size)
		case 6:
			w.baseVLANs(d, size)
		}
		d, n = from(d, size), n-size
	}
}

var isisPortSubs = map[int]string{4: "SPB MCID", 5: "SPB Digest", 6: "SPB BVID"}

// bridging writes the bridging TLVs with subs. What they say of bytes that are missing ends them, and not the packet.
func (w *isisPrinter) bridging(subs func(w *isisPrinter, d []byte, n int), d []byte, n int) {
	if !w.done {
		subs(w, d, n)
		w.done, w.p.stopped = false, false
	}
}

func (w *isisPrinter) tooShort() {
	w.text(" (too short)")
	w.done = true
}

// bridgeConfigurations writes the two configuration identifiers of IEEE 802.1aq.
func (w *isisPrinter) bridgeConfigurations(d []byte, n int) {
	const size = 51
	if n < 2*size {
		w.tooShort()
		return
	}
	for _, s := range [...]string{"\n\t         MCID: ", "\n\t         AUX-MCID: "} {
		w.text(s)
		w.put("ID: %d, Name: ", w.u8(d, 0))
		if !w.has(d, 1, 32) {
			return
		}
		var ok bool
		if w.b, ok = appendVisibleZ(w.b, d[1:33], 32); !ok {
			return
		}
		w.put("\n\t              Lvl: %d", w.u16(d, 33))
		w.text(", Digest: ")
		for i := range 16 {
			w.digits(d, 35+i, 1)
			w.text(" ")
		}
		d = from(d, size)
	}
}

func (w *isisPrinter) bridgeDigest(d []byte, n int) {
	if n < 33 {
		w.tooShort()
		return
	}
	v := w.u8(d, 0)
	w.put("\n\t        RES: %d V: %d A: %d D: %d", v>>5, v>>4&1, v>>2&3, v&3)
	w.text("\n\t         Digest: ")
	for i := range 8 {
		w.put("%08x ", w.u32(d, 1+4*i))
		if i == 3 {
			w.text("\n\t                 ")
		}
	}
}

func (w *isisPrinter) baseVLANs(d []byte, n int) {
	for n > 0 && !w.done {
		if n < 4 {
			w.tooShort()
			return
		}
		w.put("\n\t           ECT: %08x", w.u32(d, 0))
		if n < 6 {
			w.tooShort()
			return
		}
		v := w.u16(d, 4)
		w.put(" BVID: %d, U:%d M:%d ", v>>4, v>>3&1, v>>2&1)
		d, n = from(d, 6), n-6
	}
}

// capabilitySubs writes what a bridge says of a topology for shortest path bridging (RFC 6329 section 14).
func (w *isisPrinter) capabilitySubs(d []byte, n int) {
	for n > 2 && !w.done {
		t, size := w.u8(d, 0), w.u8(d, 1)
		d, n = from(d, 2), n-2
		w.text("\n\t      ")
		w.named(isisBridgeSubs, "unknown", t)
		w.put(" subTLV #%d, length: %d", t, size)
		if n < size {
			w.text(" (> containing TLV length)")
			return
		}
		if !w.has(d, 0, size) {
			return
		}
		switch t {
		case 1:
			w.bridgeInstance(d, size)
		case 3:
			w.services(d, size)
		}
		d, n = from(d, size), n-size
	}
}

var isisBridgeSubs = map[int]string{1: "SPB Instance", 3: "SPBM Service Identifier and Unicast Address"}

func (w *isisPrinter) bridgeInstance(d []byte, n int) {
	if n < 19 {
		w.tooShort()
		return
	}
	w.put("\n\t        CIST Root-ID: %08x %08x", w.u32(d, 0), w.u32(d, 4))
	w.put(", Path Cost: %08x, Prio: %d", w.u32(d, 8), w.u16(d, 12))
	v := w.u16(d, 14)
	source := (v<<16 | w.u16(d, 16)) & 0xfffff
	trees := w.u8(d, 18)
	w.put("\n\t        RES: %d, V: %d, SPSource-ID: %d, No of Trees: %x", v>>5, v>>4&1, source, trees)
	for d, n = from(d, 19), n-19; trees > 0 && !w.done; trees-- {
		if n < 8 {
			w.trunc()
			return
		}
		flags, ids := w.u8(d, 0), w.u24(d, 5)
		w.put("\n\t         U:%d, M:%d, A:%d, RES:%d", flags>>7, flags>>6&1, flags>>5&1, flags&0x1f)
		w.put(", ECT: %08x, BVID: %d, SPVID: %d", w.u32(d, 1), ids>>12, ids&0xfff)
		d, n = from(d, 8), n-8
	}
}

func (w *isisPrinter) services(d []byte, n int) {
	if n < 8 {
		w.tooShort()
		return
	}
	v := w.u16(d, 6)
	w.text("\n\t        BMAC: ")
	w.digits(d, 0, 6)
	w.put(", RES: %d, VID: %d", v>>12, v&0xfff)
	for d, n = from(d, 8), n-8; n >= 4 && !w.done; d, n = from(d, 4), n-4 {
		v := w.u32(d, 0)
		w.put("\n\t        T: %d, R: %d, RES: %d, ISID: %d", v>>31&1, v>>30&1, v>>24&0x3f, v&0xffffff)
	}
}
