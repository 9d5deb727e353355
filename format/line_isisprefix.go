package format

// extPrefixes writes reachable addresses of wide metrics (RFC 5305 section 4, RFC 5308, RFC 5120).
func (w *isisPrinter) extPrefixes(t int, d []byte, n int) {
	if t == 235 || t == 237 {
		used := w.topology(d, "\n\t      ", n)
		if used == 0 {
			w.trunc()
			return
		}
		d, n = from(d, used), n-used
	}
	v6 := t == 236 || t == 237
	for n > 0 && !w.done {
		used := w.extPrefix(d, v6)
		if used == 0 {
			w.done = w.p.stopped // tcpdump marks it here once more
			w.trunc()
			return
		}
		if used > n {
			w.put(" [remaining tlv length %d < %d]", n, used)
			if !w.done {
				w.b = w.p.invalid(w.b)
			}
			return
		}
		d, n = from(d, used), n-used
	}
}

// extPrefix gives how many bytes an address has with what is said of it, 0 if it cannot be read.
func (w *isisPrinter) extPrefix(d []byte, v6 bool) int {
	const indent = "\n\t      "
	metric, used := w.u32(d, 0), 4
	status := w.u8(d, 4)
	used++
	most, bits := 32, status&0x3f
	if !v6 && bits <= most && !w.has(d, used, isisPrefixLen(bits)) {
		return 1
	}
	if v6 {
		most, bits = 128, w.u8(d, 5)
		used++
		if bits <= most && !w.has(d, used, isisPrefixLen(bits)) {
			return 1
		}
		w.text(indent, "IPv6 prefix: ")
	} else {
		w.text(indent, "IPv4 prefix: ")
	}
	if w.done {
		return 1
	}
	if bits > most {
		w.put("bad bit length %d", bits)
		return 0
	}
	size := isisPrefixLen(bits)
	if !w.has(d, used, size) {
		return 1
	}
	var a [16]byte
	copy(a[:], d[used:used+size])
	used += size
	if v6 {
		w.addr6(a[:], 0)
		w.put("/%d", bits)
	} else {
		w.b = w.p.rightAddr4(w.b, a[:])
		w.put("/%d", bits)
	}
	w.text(", Distribution: ", isisDown(byte(status)))
	w.put(", Metric: %d", metric)
	if v6 {
		w.text(", ")
		w.text(isisReach(byte(status)))
	}
	if v6 && status&0x20 == 0 || !v6 && status&0x40 == 0 {
		return used
	}
	w.text(", sub-TLVs present")
	sum := w.u8(d, used)
	if w.done {
		return 1
	}
	used++
	w.put(" (%d)", sum)
	for sum > 0 && !w.done {
		sub, n := w.u8(d, used), w.u8(d, used+1)
		if w.done || !w.prefixSub(sub, from(d, used+2), n, indent+"  ") {
			return 0
		}
		used, sum = used+2+n, sum-2-n
	}
	return used
}

var isisPrefixSubs = map[int]string{
	1: "32-Bit Administrative tag", 2: "64-Bit Administrative tag", 3: "Prefix SID", 117: "Management Prefix Color",
}

// prefixSub writes what says more of an address, n bytes at d. It reports false if that is not as it should be.
func (w *isisPrinter) prefixSub(t int, d []byte, n int, indent string) bool {
	w.text(indent)
	w.named(isisPrefixSubs, "unknown", t)
	w.put(" subTLV #%d, length: %d", t, n)
	if len(d) < n {
		w.trunc()
		return false
	}
	switch t {
	case 1, 117:
		for ; n >= 4; d, n = d[4:], n-4 {
			v := w.u32(d, 0)
			w.put(", 0x%08x (=%d)", v, v)
		}
	case 2:
		for ; n >= 8; d, n = d[8:], n-8 {
			w.put(", 0x%08x%08x", w.u32(d, 0), w.u32(d, 4))
		}
	case 3:
		w.prefixSID(d, n)
	default:
		w.hex("\n\t\t    ", d, n)
	}
	return !w.done
}

var isisPrefixFlags = []bitName{
	{0x80, "Readvertisement"}, {0x40, "Node"}, {0x20, "No-PHP"}, {0x10, "Explicit NULL"}, {0x08, "Value"}, {0x04, "Local"},
}

// prefixSID writes the segment of an address (RFC 8667 section 2.1).
func (w *isisPrinter) prefixSID(d []byte, n int) {
	flags, algorithm := w.u8(d, 0), w.u8(d, 1)
	label := flags&0x08 != 0
	if n < 5 || !label && n < 6 {
		w.trunc()
		return
	}
	w.text(", Flags [")
	w.bits(isisPrefixFlags, "None", flags)
	w.text("], Algo ")
	w.named(isisAlgorithms, "Unknown", algorithm)
	w.put(" (%d)", algorithm)
	if label {
		w.put(", label %d", w.u24(d, 2)&0xfffff)
	} else {
		w.put(", index %d", w.u32(d, 2))
	}
}

var isisAlgorithms = map[int]string{0: "SPF", 1: "strict-SPF"}

// sharedRisk writes which links fail together (RFC 5307 section 1.4).
func (w *isisPrinter) sharedRisk(d []byte, n int) {
	if n < isisNodeID {
		return
	}
	w.text("\n\t      IS Neighbor: ")
	w.id(d, isisNodeID)
	d, n = from(d, isisNodeID), n-isisNodeID
	if n < 1 {
		return
	}
	if w.u8(d, 0)&1 != 0 {
		w.text(", Flags: [numbered]")
	} else {
		w.text(", Flags: [unnumbered]")
	}
	d, n = from(d, 1), n-1
	for _, s := range [...]string{"\n\t      IPv4 interface address: ", "\n\t      IPv4 neighbor address: "} {
		if n < 4 {
			return
		}
		w.addr4Behind(s, d)
		d, n = from(d, 4), n-4
	}
	for ; n >= 4 && !w.done; d, n = from(d, 4), n-4 {
		w.put("\n\t      Link-ID: 0x%08x", w.u32(d, 0))
	}
}

func (w *isisPrinter) restart(d []byte, n int) {
	if n < 1 {
		return
	}
	w.text("\n\t      Flags [")
	w.bits(isisRestartFlags, "none", w.u8(d, 0))
	w.text("]")
	if n < 3 {
		return
	}
	w.put(", Remaining holding time %ds", w.u16(d, 1))
	if n-3 == isisSystemID {
		w.text(", for ")
		w.id(from(d, 3), isisSystemID)
	}
}

var isisRestartFlags = []bitName{{0x01, "Restart Request"}, {0x02, "Restart Acknowledgement"}, {0x04, "Suppress adjacency advertisement"}}

func (w *isisPrinter) adjacency(d []byte, n int) {
	if n < 1 {
		return
	}
	state := w.u8(d, 0)
	w.text("\n\t      Adjacency State: ")
	w.named(isisAdjacencyStates, "unknown", state)
	w.put(" (%d)", state)
	// The parts stand where they do when all are there, even where some are left out.
	if n--; n > 4 {
		w.put("\n\t      Extended Local circuit-ID: 0x%08x", w.u32(d, 1))
		n -= 4
	}
	if n >= isisSystemID {
		w.text("\n\t      Neighbor System-ID: ")
		w.id(from(d, 5), isisSystemID)
		n -= isisSystemID
	}
	if n >= 4 {
		w.put("\n\t      Neighbor Extended Local circuit-ID: 0x%08x", w.u32(d, 11))
	}
}

var isisAdjacencyStates = map[int]string{0: "Up", 1: "Initializing", 2: "Down"}

// capability writes what a router can do (RFC 7981).
func (w *isisPrinter) capability(d []byte, n int) {
	if n < 5 {
		w.put(" [object length %d < 5]", n)
		if !w.done {
			w.b = w.p.invalid(w.b)
		}
		return
	}
	if !w.has(d, 0, 4) {
		return
	}
	w.text("\n\t      Router-ID ")
	w.addr4(d, 0)
	flags := w.u8(d, 4)
	w.text(", Flags [")
	w.bits(isisCapabilityFlags, "none", flags)
	w.text("]")
	for d, n = from(d, 5), n-5; n >= 2 && !w.done; {
		t, size := w.u8(d, 0), w.u8(d, 1)
		w.text("\n\t\t")
		w.named(isisCapabilitySubs, "unknown", t)
		w.put(" subTLV #%d, length: %d", t, size)
		d, n = from(d, 2), n-2
		if size > n {
			return
		}
		if t == 2 {
			w.segmentRouting(d, size)
		} else {
			w.hex("\n\t\t", d, size)
		}
		d, n = from(d, size), n-size
	}
}

var (
	isisCapabilityFlags = []bitName{{0x01, "S bit"}, {0x02, "D bit"}}
	isisCapabilitySubs  = map[int]string{2: "SR-Capabilities"}
	isisSegmentFlags    = []bitName{{0x80, "ipv4"}, {0x40, "ipv6"}}
)

// segmentRouting writes the range of segments that a router has (RFC 8667 section 3.1).
func (w *isisPrinter) segmentRouting(d []byte, n int) {
	if n < 5 {
		w.trunc()
		return
	}
	flags := w.u8(d, 0)
	w.text(", Flags [")
	w.bits(isisSegmentFlags, "None", flags)
	w.put("], Range %d", w.u24(d, 1))
	if n < 6 || w.u8(d, 4) != 1 {
		return
	}
	if size := w.u8(d, 5); n >= 6+size {
		switch size {
		case 3:
			w.put(", SID value %d", w.u24(d, 6))
		case 4:
			w.put(", SID value %d", w.u32(d, 6))
		}
	}
}

// multiTopologyPort and multiTopologyCapability write what shortest path bridging needs (RFC 6329).
func (w *isisPrinter) multiTopologyPort(d []byte, n int) {
	if n < 2 {
		return
	}
	v := w.u16(d, 0)
	w.put("\n\t       RES: %d, MTID(s): %d", v>>12, v&0xfff)
	w.bridging((*isisPrinter).portSubs, from(d, 2), n-2)
}

func (w *isisPrinter) multiTopologyCapability(d []byte, n int) {
	if n < 2 {
		return
	}
	v := w.u16(d, 0)
	w.put("\n\t      O: %d, RES: %d, MTID(s): %d", v>>15, v>>12&7, v&0xfff)
	w.bridging((*isisPrinter).capabilitySubs, from(d, 2), n-2)
}
