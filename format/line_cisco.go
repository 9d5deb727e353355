package format

// dtp prints Cisco's Dynamic Trunking Protocol.
func (p *Line) dtp(b, d []byte, length int) []byte {
	w := p.pen(b, "dtp")
	if length < 1 {
		w.text("[zero packet length]")
		w.invalidOf(d, length)
		return w.b
	}
	version := w.u8(d, 0)
	if !w.done {
		w.title("DTP")
	}
	w.put("v%d, length %d", version, length)
	if p.opts.Verbose == 0 {
		return w.b
	}
	for d, length = from(d, 1), length-1; length > 0 && !w.done; {
		if length < 4 {
			w.put("[%d bytes remaining]", length)
			w.invalidOf(d, length)
			break
		}
		t, size := w.u16(d, 0), w.u16(d, 2)
		if t == 0 || w.done {
			break
		}
		w.text("\n\t")
		w.named(dtpNames, "Unknown", t)
		w.put(" (0x%04x) TLV, length %d", t, size)
		if size < 4 || size > length {
			w.put("[invalid TLV length %d]", size)
			w.invalidOf(d, length)
			break
		}
		v, n := d[4:], size-4
		switch t {
		case 1:
			w.text(", ")
			w.printable(v, n)
		case 2, 3:
			if n != 1 {
				w.invalidOf(d, length)
				break
			}
			w.put(", 0x%x", w.u8(v, 0))
		case 4:
			if n != 6 {
				w.invalidOf(d, length)
			} else if w.has(v, 0, 6) {
				w.text(", ")
				w.mac(v, 0)
			}
		}
		if !w.has(d, 0, size) {
			break
		}
		d, length = d[size:], length-size
	}
	return w.b
}

var dtpNames = map[int]string{1: "Domain", 2: "Status", 3: "DTP type", 4: "Neighbor"}

// udld prints Cisco's UniDirectional Link Detection (RFC 5171).
func (p *Line) udld(b, d []byte, length int) []byte {
	w := p.pen(b, "udld")
	if length < 4 {
		w.invalidOf(d, length)
		return w.b
	}
	first, flags := w.u8(d, 0), w.u8(d, 1)
	if !w.done {
		w.title("UDLD")
	}
	w.put("v%d, Code ", first>>5)
	w.named(udldCodes, "Reserved", first&0x1f)
	w.put(" (%x), Flags [", first&0x1f)
	w.bits(udldFlags, "none", flags)
	w.put("] (0x%02x), length %d", flags, length)
	if p.opts.Verbose == 0 {
		w.whole(d, length)
		return w.b
	}
	sum := w.u16(d, 2)
	w.put("\n\tChecksum 0x%04x (unverified)", sum)
	for d, length = from(d, 4), length-4; length > 0 && !w.done; {
		if length < 4 {
			w.invalidOf(d, length)
			break
		}
		t, size := w.u16(d, 0), w.u16(d, 2)
		w.text("\n\t")
		w.named(udldNames, "Unknown", t)
		w.put(" (0x%04x) TLV, length %d", t, size)
		if size < 4 || size > length {
			w.invalidOf(d, length)
			break
		}
		if !w.done {
			w.udldValue(t, d[4:], size-4)
		}
		if w.done {
			w.whole(d, length)
		}
		d, length = from(d, size), length-size
	}
	return w.b
}

func (w *pen) udldValue(t int, v []byte, n int) {
	if n == 0 {
		w.invalid()
		return
	}
	switch t {
	case 1, 2, 6:
		w.text(", ")
		w.printable(v, n)
	case 3:
		w.text(", ")
		w.visible(v, 0, n)
	case 4, 5:
		if n != 1 {
			w.invalid()
			return
		}
		seconds := w.u8(v, 0)
		w.put(", %ds", seconds)
	case 7:
		if n != 4 {
			w.invalid()
			return
		}
		seq := w.u32(v, 0)
		w.put(", %d", seq)
	}
}

var (
	udldCodes = map[int]string{1: "Probe message", 2: "Echo message", 3: "Flush message"}
	udldFlags = []bitName{
		{0x01, "RT"}, {0x02, "RSY"}, {0x04, "MBZ-2"}, {0x08, "MBZ-3"}, {0x10, "MBZ-4"}, {0x20, "MBZ-5"}, {0x40, "MBZ-6"}, {0x80, "MBZ-7"},
	}
	udldNames = map[int]string{
		1: "Device-ID TLV", 2: "Port-ID TLV", 3: "Echo TLV", 4: "Message Interval TLV", 5: "Timeout Interval TLV", 6: "Device Name TLV",
		7: "Sequence Number TLV",
	}
)

const vtpHeaderLen = 36

// vtp prints Cisco's VLAN Trunking Protocol.
func (p *Line) vtp(b, d []byte, length int) []byte {
	w := p.pen(b, "vtp")
	if length < vtpHeaderLen {
		w.invalidOf(d, length)
		return w.b
	}
	if !w.has(d, 0, vtpHeaderLen) {
		return w.b
	}
	w.title("VTP")
	kind := int(d[1])
	w.put("v%d, Message ", int(d[0]))
	w.named(vtpMessages, "Unknown message type", kind)
	w.put(" (0x%02x), length %d", kind, length)
	if p.opts.Verbose == 0 {
		w.whole(d, length)
		return w.b
	}
	size := int(d[3])
	w.text("\n\tDomain name: ")
	if size < 1 || size > 32 {
		w.put(" [invalid MgmtD Len %d]", size)
		w.invalidOf(d, length)
		return w.b
	}
	w.printable(d[4:], size)
	w.named(vtpThirdBytes, ", Unknown", kind)
	w.put(": %d", int(d[2]))
	body, n := d[vtpHeaderLen:], length-vtpHeaderLen
	switch kind {
	case 1:
		w.vtpSummary(body, n)
	case 2:
		w.vtpSubset(body, n)
	case 3:
		start := w.u32(body, 0)
		w.put("\n\tStart value: %d", start)
	}
	return w.b
}

var (
	vtpMessages   = map[int]string{1: "Summary advertisement", 2: "Subset advertisement", 3: "Advertisement request", 4: "Join message"}
	vtpThirdBytes = map[int]string{1: ", Followers", 2: ", Seq number", 3: ", Rsvd", 4: ", Rsvd"}
	vtpVLANTypes  = map[int]string{1: "Ethernet", 2: "FDDI", 3: "TrCRF", 4: "FDDI-net", 5: "TrBRF"}
	vtpStatuses   = map[int]string{0: "Operational", 1: "Suspended"}
	vtpTLVNames   = map[int]string{
		1: "Source-Routing Ring Number TLV", 2: "Source-Routing Bridge Number TLV", 3: "STP type TLV", 4: "Parent VLAN TLV",
		5: "Translationally bridged VLANs TLV", 6: "Pruning TLV", 7: "Bridge Type TLV", 8: "Max ARP Hop Count TLV",
		9: "Max STE Hop Count TLV", 10: "Backup CRF Mode TLV",
	}
	vtpSTPTypes = map[int]string{1: "SRT", 2: "SRB", 3: "Auto"}
	vtpPruning  = map[int]string{1: "Enabled", 2: "Disabled"}
)

// vtpSummary writes the body of a summary advertisement.
func (w *pen) vtpSummary(d []byte, n int) {
	if !w.has(d, 0, 8) {
		return
	}
	w.put("\n\t  Config Rev %x, Updater ", w.u32(d, 0))
	w.addr4(d, 4)
	a, b, c := w.u32(d, 8), w.u32(d, 12), w.u32(d, 16)
	w.put(", Timestamp 0x%08x 0x%08x 0x%08x", a, b, c)
	if w.has(d, 20, 16) {
		w.text(", MD5 digest: ")
		w.put("%08x%08x%08x%08x", w.u32(d, 20), w.u32(d, 24), w.u32(d, 28), w.u32(d, 32))
	}
}

// vtpSubset writes the VLANs of a subset advertisement.
func (w *pen) vtpSubset(d []byte, n int) {
	revision := w.u32(d, 0)
	w.put(", Config Rev %x", revision)
	for d, n = from(d, 4), n-4; n > 0 && !w.done; {
		size := w.u8(d, 0)
		if w.done || size == 0 {
			return
		}
		if !w.has(d, 0, size) {
			return
		}
		if size < 12 {
			w.invalidOf(d, n)
			return
		}
		v := d[:size]
		nameLen := w.u8(v, 3)
		w.text("\n\tVLAN info status ")
		w.named(vtpStatuses, "Unknown", w.u8(v, 1))
		w.text(", type ")
		w.named(vtpVLANTypes, "Unknown", w.u8(v, 2))
		w.put(", VLAN-id %d, MTU %d, SAID 0x%08x, Name ", w.u16(v, 4), w.u16(v, 6), w.u32(v, 8))
		w.printable(from(v, 12), nameLen)
		v = from(v, 12+(nameLen+3)/4*4)
		for len(v) > 0 && !w.done {
			v = w.vtpTLV(v)
		}
		d, n = d[size:], n-size
	}
}

// vtpTLV writes one property of a VLAN and gives those behind it.
func (w *pen) vtpTLV(v []byte) []byte {
	if len(v) < 2 {
		w.invalid()
		return nil
	}
	t := int(v[0])
	w.text("\n\t\t")
	w.named(vtpTLVNames, "Unknown", t)
	w.put(" (0x%04x) TLV", t)
	size := int(v[1])*2 + 2
	if len(v) < size {
		w.text(" (TLV goes past the end of the packet)")
		w.invalid()
		return nil
	}
	if v[1] != 1 {
		w.put(" (invalid TLV length %d != 1)", int(v[1]))
		w.invalid()
		return nil
	}
	value := w.u16(v, 2)
	switch t {
	case 3:
		w.vtpChoice(vtpSTPTypes, value)
	case 6:
		w.vtpChoice(vtpPruning, value)
	case 7:
		name := "SRT"
		if value == 1 {
			name = "SRB"
		}
		w.text(", ", name)
		w.put(" (%d)", value)
	case 9:
		w.put(", %d", value)
	case 10:
		name := "Not backup"
		if value == 1 {
			name = "Backup"
		}
		w.text(", ", name)
		w.put(" (%d)", value)
	default:
		w.hex("\n\t\t  ", v, size)
	}
	return v[size:]
}

func (w *pen) vtpChoice(names map[int]string, v int) {
	w.text(", ")
	w.named(names, "Unknown", v)
	w.put(" (%d)", v)
}
