package format

const (
	etherTypeSlow = 0x8809

	slowLACP   = 1
	slowMarker = 2
	slowOAM    = 3
)

// slow prints the slow protocols of IEEE 802.3 annex 57A: link aggregation, its markers, and OAM.
func (p *Line) slow(b, d []byte, length int) []byte {
	w := p.pen(b, "slow")
	if length < 1 {
		w.tooShortPacket()
		return w.b
	}
	kind := w.u8(d, 0)
	switch kind {
	case slowLACP, slowMarker:
		if length < 2 {
			w.tooShortPacket()
			return w.b
		}
		version := w.u8(d, 1)
		name := "LACP"
		if kind == slowMarker {
			name = "MARKER"
		}
		if !w.done {
			w.title(name)
		}
		if version != 1 {
			w.put(" version %d packet not supported", version)
			return w.b
		}
		w.put("v%d, length %d", version, length)
		if p.opts.Verbose > 0 {
			w.slowTLVs(from(d, 2), length-2, kind)
		}
	case slowOAM:
		w.title("OAM")
		w.put(", length %d", length)
		if p.opts.Verbose > 0 {
			w.oam(from(d, 1), length-1)
		}
	default:
		w.put("unknown (%d), length %d", kind, length)
		w.hex("\n\t", d, length)
	}
	return w.b
}

func (w *pen) tooShortPacket() {
	if w.p.opts.Verbose > 0 {
		w.text("\n\t\t packet is too short")
	} else {
		w.text(" (packet is too short)")
	}
	w.done = true
}

// slowTLV names the TLVs of the aggregation and of the marker protocol, the latter from 0x100 on, and gives their lengths, header
// included.
var slowTLVs = map[int]struct {
	name string
	size int
}{
	0: {"Terminator", 0}, 1: {"Actor Information", 20}, 2: {"Partner Information", 20}, 3: {"Collector Information", 16},
	0x100: {"Terminator", 0}, 0x101: {"Marker Information", 16},
}

var slowStates = []bitName{
	{0x01, "Activity"}, {0x02, "Timeout"}, {0x04, "Aggregation"}, {0x08, "Synchronization"}, {0x10, "Collecting"},
	{0x20, "Distributing"}, {0x40, "Default"}, {0x80, "Expired"},
}

func (w *pen) slowTLVs(d []byte, n, kind int) {
	for n > 0 && !w.done {
		if n < 2 {
			w.tooShortPacket()
			return
		}
		t, size := w.u8(d, 0), w.u8(d, 1)
		key := t
		if kind == slowMarker {
			key |= 0x100
		}
		known, ok := slowTLVs[key]
		w.text("\n\t")
		if ok {
			w.text(known.name)
		} else {
			w.text("Unknown")
		}
		w.put(" TLV (0x%02x), length %d", t, size)
		if t == 0 {
			return // everything behind it is padding
		}
		if size < 2 {
			w.text("\n\t    ERROR: illegal length - should be >= 2")
			return
		}
		d, n, size = from(d, 2), n-2, size-2
		if n < size {
			w.tooShortPacket()
			return
		}
		if !w.has(d, 0, size) {
			return
		}
		v := d[:size]
		switch {
		case !ok:
			if w.p.opts.Verbose <= 1 {
				w.hex("\n\t  ", v, size)
			}
		case size+2 != known.size:
			w.put("\n\t    ERROR: illegal length - should be %d", known.size)
		case key == 1 || key == 2:
			w.text("\n\t  System ")
			w.mac(v, 2)
			w.put(", System Priority %d, Key %d, Port %d, Port Priority %d", w.u16(v, 0), w.u16(v, 8), w.u16(v, 12), w.u16(v, 10))
			w.text("\n\t  State Flags [")
			w.bits(slowStates, "none", int(v[14]))
			w.text("]")
		case key == 3:
			w.put("\n\t  Max Delay %d", w.u16(v, 0))
		case key == 0x101:
			w.text("\n\t  Request System ")
			w.mac(v, 2)
			w.put(", Request Port %d, Request Transaction ID 0x%08x", w.u16(v, 0), w.u32(v, 8))
		}
		if w.p.opts.Verbose > 1 {
			w.hex("\n\t  ", v, size)
		}
		d, n = d[size:], n-size
	}
}

const (
	oamInformation = 0
	oamEvent       = 1
	oamLoopback    = 4
)

var (
	oamCodes = map[int]string{
		0: "Information", 1: "Event Notification", 2: "Variable Request", 3: "Variable Response", 4: "Loopback Control",
		0xfe: "Vendor Private",
	}
	oamFlags = []bitName{
		{0x01, "Link Fault"}, {0x02, "Dying Gasp"}, {0x04, "Critical Event"}, {0x08, "Local Evaluating"}, {0x10, "Local Stable"},
		{0x20, "Remote Evaluating"}, {0x40, "Remote Stable"},
	}
	oamInfoNames = map[int]string{0: "End of TLV marker", 1: "Local", 2: "Remote", 0xfe: "Organization specific"}
	oamEvents    = map[int]string{
		0: "End of TLV marker", 1: "Errored Symbol Period Event", 2: "Errored Frame Event", 3: "Errored Frame Period Event",
		4: "Errored Frame Seconds Summary Event", 0xfe: "Organization specific",
	}
	oamCommands = map[int]string{1: "Enable OAM Remote Loopback", 2: "Disable OAM Remote Loopback"}
	oamActions  = map[int]string{0: "forwarding", 1: "looping back", 2: "discarding", 3: "reserved"}
	oamConfig   = []bitName{
		{0x01, "Active"}, {0x02, "Unidirectional"}, {0x04, "Remote-Loopback"}, {0x08, "Link-Events"}, {0x10, "Variable-Retrieval"},
	}
)

// oam writes an OAM PDU (IEEE 802.3 clause 57.4), from its flags on.
func (w *pen) oam(d []byte, n int) {
	if n < 3 {
		w.tooShortPacket()
		return
	}
	flags, code := w.u16(d, 0), w.u8(d, 2)
	w.text("\n\tCode ")
	w.named(oamCodes, "Unknown (%d)", code)
	w.text(" OAM PDU, Flags [")
	w.bits(oamFlags, "none", flags)
	w.text("]")
	d, n = from(d, 3), n-3
	switch code {
	case oamInformation:
		w.oamTLVs(d, n, code)
	case oamEvent:
		if n < 2 {
			w.tooShortPacket()
			return
		}
		w.put("\n\t  Sequence Number %d", w.u16(d, 0))
		w.oamTLVs(from(d, 2), n-2, code)
	case oamLoopback:
		if n < 1 {
			w.tooShortPacket()
			return
		}
		command := w.u8(d, 0)
		w.text("\n\t  Command ")
		w.named(oamCommands, "Unknown", command)
		w.put(" (%d)", command)
	default:
		if w.p.opts.Verbose <= 1 {
			w.hex("\n\t  ", d, n)
		}
	}
}

func (w *pen) oamTLVs(d []byte, n, code int) {
	for n > 0 && !w.done {
		if n < 2 {
			w.tooShortPacket()
			return
		}
		t, size := w.u8(d, 0), w.u8(d, 1)
		w.text("\n\t  ")
		if code == oamInformation {
			w.named(oamInfoNames, "Reserved", t)
			w.put(" Information Type (%d), length %d", t, size)
		} else {
			w.named(oamEvents, "Reserved", t)
			w.put(" Link Event Type (%d), length %d", t, size)
		}
		if t == 0 {
			return
		}
		if size < 2 {
			w.text("\n\t    ERROR: illegal length - should be >= 2")
			return
		}
		if n < size {
			w.tooShortPacket()
			return
		}
		if !w.has(d, 0, size) {
			return
		}
		want := 0
		switch {
		case code == oamInformation && (t == 1 || t == 2):
			want = 16
		case code == oamEvent && t <= 4:
			want = 40
		}
		switch {
		case want == 0 || size != want:
			if want > 0 {
				w.put("\n\t    ERROR: illegal length - should be %d", want)
			}
			if w.p.opts.Verbose <= 1 {
				w.hex("\n\t  ", d, size)
			}
		case code == oamInformation:
			w.oamState(d[:size])
		case t == 1:
			w.put("\n\t    Timestamp %d ms, Errored Window ", w.u16(d, 2)*100)
			w.big(w.u64(d, 4))
			w.text("\n\t    Errored Threshold ")
			w.big(w.u64(d, 12))
			w.text("\n\t    Errors ")
			w.big(w.u64(d, 20))
			w.text("\n\t    Error Running Total ")
			w.big(w.u64(d, 28))
			w.put("\n\t    Event Running Total %d", w.u32(d, 36))
		}
		if w.p.opts.Verbose > 1 {
			w.hex("\n\t  ", d, size)
		}
		d, n = d[size:], n-size
	}
}

// big writes a number of 64 bits.
func (w *pen) big(v uint64) {
	if !w.done {
		w.b = appendDecimal(w.b, v)
	}
}

func (w *pen) oamState(d []byte) {
	w.put("\n\t    OAM-Version %d, Revision %d", int(d[2]), w.u16(d, 3))
	w.text("\n\t    State-Parser-Action ")
	w.named(oamActions, "Reserved", int(d[5]&3))
	w.text(", State-MUX-Action ")
	if d[5]&4 != 0 {
		w.text("discarding")
	} else {
		w.text("forwarding")
	}
	w.text("\n\t    OAM-Config Flags [")
	w.bits(oamConfig, "none", int(d[6]))
	w.put("], OAM-PDU-Config max-PDU size %d\n\t    OUI ", w.u16(d, 7))
	oui := w.u24(d, 9)
	if name := ouiNames[uint32(oui)]; name != "" {
		w.text(name)
	} else {
		w.text("Unknown")
	}
	w.put(" (0x%06x), Vendor-Private 0x%08x", oui, w.u32(d, 12))
}
