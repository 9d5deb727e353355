package format

// tlv writes the value of an option: n bytes at d, which may hold fewer or more. at is where in the packet it stands.
func (w *isisPrinter) tlv(t int, d []byte, n, at int) {
	switch t {
	case 1:
		w.areas(d, n)
	case 2:
		w.neighbors(d, n)
	case 3:
		w.endSystems(d, n)
	case 4:
		for ; n >= isisSystemID && w.has(d, 0, isisSystemID); d, n = d[isisSystemID:], n-isisSystemID {
			w.text("\n\t      ")
			w.id(d, isisSystemID)
		}
	case 5:
		w.prefixNeighbors(d, n)
	case 6:
		for ; n >= 6 && w.has(d, 0, 6); d, n = d[6:], n-6 {
			w.put("\n\t      SNPA: %04x.%04x.%04x", w.u16(d, 0), w.u16(d, 2), w.u16(d, 4))
		}
	case 7:
		w.instance(d, n)
	case 8:
	case 9:
		for ; n >= 16 && w.has(d, 0, 16); d, n = from(d, 16), n-16 {
			w.text("\n\t      lsp-id: ")
			w.id(from(d, 2), isisLSPID)
			w.put(", seq: 0x%08x", w.u32(d, 10))
			seconds := w.u16(d, 0)
			w.text(", lifetime: ")
			w.lifetime(seconds)
			w.put(", chksum: 0x%04x", w.u16(d, 14))
		}
	case 10:
		w.authentication(d, n)
	case 12:
		if n >= 2 {
			sum := w.u16(d, 0)
			w.put("\n\t      checksum: 0x%04x ", sum)
			w.osiChecksum(w.d, sum, at, w.length)
		}
	case 13:
		w.purge(d, n)
	case 14:
		if n >= 2 {
			w.put("\n\t      LSP Buffersize: %d", w.u16(d, 0))
		}
	case 22, 23, 24:
		w.extNeighbors(t, d, n)
	case 128, 130:
		w.prefixes(d, n)
	case 129:
		w.text("\n\t      NLPID(s): ")
		for i := range n {
			v := w.u8(d, i)
			if i > 0 {
				w.text(", ")
			}
			if w.done {
				return
			}
			name := nlpidName(uint8(v))
			if name == "" {
				name = "unknown"
			}
			w.text(name)
			w.put(" (0x%02x)", v)
		}
	case 131:
		w.domain(d, n)
	case 132:
		for ; n >= 4 && !w.done; d, n = from(d, 4), n-4 {
			w.addr4Behind("\n\t      IPv4 interface address: ", d)
		}
	case 134:
		if n >= 4 {
			w.addr4Behind("\n\t      Traffic Engineering Router ID: ", d)
		}
	case 135, 235, 236, 237:
		w.extPrefixes(t, d, n)
	case 137:
		w.text("\n\t      Hostname: ")
		w.printable(d, n)
	case 138:
		w.sharedRisk(d, n)
	case 143:
		w.multiTopologyPort(d, n)
	case 144:
		w.multiTopologyCapability(d, n)
	case 211:
		w.restart(d, n)
	case 222:
		used := w.topology(d, "\n\t      ", n)
		if used == 0 {
			w.trunc()
			return
		}
		w.extNeighbors(t, from(d, used), n-used)
	case 229:
		for n > 0 && !w.done {
			used := w.topology(d, "\n\t      ", n)
			if used == 0 {
				w.text("\n\t      invalid MT-ID")
				return
			}
			d, n = from(d, used), n-used
		}
	case 232:
		for ; n >= 16 && !w.done; d, n = from(d, 16), n-16 {
			if w.has(d, 0, 16) {
				w.text("\n\t      IPv6 interface address: ")
				w.addr6(d, 0)
			}
		}
	case 240:
		w.adjacency(d, n)
	case 241:
		if n >= 4 {
			w.put("\n\t      Sequence number: %d", w.u32(d, 0))
		}
	case 242:
		w.capability(d, n)
	case 250:
		if n >= 3 {
			v := w.u24(d, 0)
			w.text("\n\t      Vendor: ")
			if name := ouiNames[uint32(v)]; name != "" && !w.done {
				w.text(name)
			} else {
				w.text("Unknown")
			}
			w.put(" (%d)", v)
			if n > 3 {
				w.hex("\n\t\t", from(d, 3), n-3)
			}
		}
	default:
		w.unknown("\n\t\t", d, n)
	}
}

// unknown writes bytes that nothing explains, unless -vv shows all bytes anyway.
func (w *isisPrinter) unknown(indent string, d []byte, n int) {
	if w.p.opts.Verbose <= 1 {
		w.hex(indent, d, n)
	}
}

func (w *isisPrinter) addr4Behind(s string, d []byte) {
	if w.has(d, 0, 4) {
		w.text(s)
		w.addr4(d, 0)
	}
}

func (w *isisPrinter) areas(d []byte, n int) {
	for n > 0 && !w.done {
		size := w.u8(d, 0)
		if w.done {
			return
		}
		d, n = d[1:], n-1
		if n < size {
			return
		}
		if size >= 1 && size <= 20 && !w.has(d, 0, size) {
			return
		}
		w.put("\n\t      Area address (length: %d): ", size)
		if !w.done {
			w.b = appendNSAP(w.b, clip(d, size))
		}
		d, n = from(d, size), n-size
	}
}

// metrics writes the four metrics of narrow reachability (ISO/IEC 10589 section 9.8).
func (w *isisPrinter) metrics(d []byte) {
	if !w.has(d, 0, 4) {
		return
	}
	w.put(", Default Metric: %d, ", int(d[0]&0x3f))
	w.text(isisReach(d[0]))
	for i, s := range [...]string{"Delay", "Expense", "Error"} {
		if v := d[i+1]; v&0x80 == 0 {
			w.text("\n\t\t  ", s, " Metric: ")
			w.put("%d, ", int(v&0x3f))
			w.text(isisReach(v))
		}
	}
}

func isisReach(metric byte) string {
	if metric&0x40 != 0 {
		return "External"
	}
	return "Internal"
}

func (w *isisPrinter) neighbors(d []byte, n int) {
	if n < 1 {
		return
	}
	w.text("\n\t      ")
	switch v := w.u8(d, 0); v {
	case 0:
		w.text("IsNotVirtual")
	case 1:
		w.text("IsVirtual")
	default:
		w.put("bogus virtual flag 0x%02x", v)
	}
	for d, n = from(d, 1), n-1; n >= 4+isisNodeID && w.has(d, 0, 4+isisNodeID); d, n = from(d, 4+isisNodeID), n-4-isisNodeID {
		w.text("\n\t      IS Neighbor: ")
		w.id(from(d, 4), isisNodeID)
		w.metrics(d)
	}
}

func (w *isisPrinter) endSystems(d []byte, n int) {
	for ; n >= 4+isisSystemID && w.has(d, 0, 4+isisSystemID); d, n = from(d, 4+isisSystemID), n-4-isisSystemID {
		w.text("\n\t      ES Neighbor: ")
		w.id(from(d, 4), isisSystemID)
		w.metrics(d)
	}
}

func (w *isisPrinter) prefixNeighbors(d []byte, n int) {
	if n < 4 {
		return
	}
	w.text("\n\t      Metric Block")
	w.metrics(d)
	for d, n = from(d, 4), n-4; n > 0 && !w.done; {
		nibbles := w.u8(d, 0)
		size := nibbles / 2
		d, n = from(d, 1), n-1
		if nibbles < 2 {
			w.put("\n\t\tAddress: prefix length %d < 2", nibbles)
			return
		}
		if n < size || !w.has(d, 0, size) {
			return
		}
		w.text("\n\t\tAddress: ")
		w.b = appendNSAP(w.b, d[:size])
		w.put("/%d", 4*nibbles)
		d, n = d[size:], n-size
	}
}

func (w *isisPrinter) instance(d []byte, n int) {
	if n < 4 {
		return
	}
	w.put("\n\t      Instance ID: %d, ITIDs(%d)", w.u16(d, 0), (n-2)/2)
	sep := ": "
	for d, n = from(d, 2), n-2; n >= 2 && !w.done; d, n = from(d, 2), n-2 {
		w.text(sep)
		w.put("%d", w.u16(d, 0))
		sep = ", "
	}
}

func (w *isisPrinter) authentication(d []byte, n int) {
	if n < 1 {
		return
	}
	t := w.u8(d, 0)
	w.text("\n\t      ")
	w.named(isisAuthNames, "unknown Authentication type 0x%02x", t)
	w.text(": ")
	d, n = from(d, 1), n-1
	if t == 3 {
		if n < 2 {
			return
		}
		w.put("%d, password: ", w.u16(d, 0))
		for i := 2; i < n && !w.done; i++ {
			w.digits(d, i, 1)
		}
		return
	}
	switch t {
	case 1:
		w.printable(d, n)
	case 54:
		for i := 0; i < n && !w.done; i++ {
			w.digits(d, i, 1)
		}
		if n != 16 {
			w.text(", (invalid subTLV) ")
		}
		w.text(" (unchecked)")
	default:
		w.hex("\n\t\t  ", d, n)
	}
}

var isisAuthNames = map[int]string{1: "simple text password", 3: "Generic Crypto key-id", 54: "HMAC-MD5 password", 255: "Routing Domain private password"}

func (w *isisPrinter) purge(d []byte, n int) {
	if n < 1 {
		return
	}
	count := w.u8(d, 0)
	if count == 0 {
		w.text(" No system IDs supplied")
		return
	}
	if n < 1+isisSystemID {
		return
	}
	w.text("\n\t      Purge Originator System-ID: ")
	w.id(from(d, 1), isisSystemID)
	if count < 2 || n < 1+2*isisSystemID || !w.has(d, 1, 1+2*isisSystemID) {
		return
	}
	w.text("\n\t      Received from System-ID: ")
	w.id(from(d, 1+isisSystemID), isisSystemID)
}

var isisDomainNames = map[int]string{1: "Routing-Domain Specific", 2: "AS Number Tag"}

func (w *isisPrinter) domain(d []byte, n int) {
	if n < 1 {
		return
	}
	t := w.u8(d, 0)
	w.text("\n\t      Inter-Domain Information Type: ")
	w.named(isisDomainNames, "Unknown (0x%02x)", t)
	d, n = from(d, 1), n-1
	switch t {
	case 2:
		if n >= 2 {
			w.put("AS Number: %d", w.u16(d, 0))
		}
	default:
		w.hex("\n\t      ", d, n)
	}
}

// topology writes which topology what follows is about, and gives how many bytes said so; 0 if there are too few.
func (w *isisPrinter) topology(d []byte, indent string, n int) int {
	if n < 2 {
		return 0
	}
	v := w.u16(d, 0)
	id := v & 0x0fff
	w.text(indent)
	switch {
	case id == 0:
		w.text("IPv4 unicast")
	case id == 1:
		w.text("In-Band Management")
	case id == 2:
		w.text("IPv6 unicast")
	case id == 3:
		w.text("Multicast")
	case id < 0x0fff:
		w.text("Reserved for IETF Consensus")
	default:
		w.text("Development, Experimental or Proprietary")
	}
	w.put(" Topology (0x%03x), Flags: [", id)
	w.bits(isisTopologyFlags, "none", v)
	w.text("]")
	return 2
}

var isisTopologyFlags = []bitName{{0x4000, "ATT bit set"}, {0x8000, "Overload bit set"}}

// extNeighbors writes the neighbors of wide metrics (RFC 5305 section 3) and of aliases (RFC 5311).
func (w *isisPrinter) extNeighbors(t int, d []byte, n int) {
	for n > 0 && !w.done {
		used := w.extNeighbor(t, d, n)
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

// extNeighbor gives how many bytes a neighbor has, which may be more than there are.
func (w *isisPrinter) extNeighbor(t int, d []byte, n int) int {
	const indent = "\n\t      "
	if n < isisNodeID {
		w.trunc()
		return 0
	}
	if !w.has(d, 0, isisNodeID) {
		return 0
	}
	w.text(indent, "IS Neighbor: ")
	w.id(d, isisNodeID)
	at := isisNodeID
	if t != 24 {
		if n-at < 3 {
			w.trunc()
			return 0
		}
		metric := w.u24(d, at)
		w.put(", Metric: %d", metric)
		at += 3
	}
	if n-at < 1 {
		w.trunc()
		return 0
	}
	sum := w.u8(d, at)
	at++
	end := at + sum
	w.subsPresent(sum)
	for sum > 0 && w.has(d, at, 2) {
		w.text(indent, "  ")
		if sum < 2 {
			w.text("Remaining data in subTLVs shorter than a subTLV header")
			return end
		}
		if n-at < 2 {
			w.text("Remaining data in TLV shorter than a subTLV header")
			return n
		}
		sub, size := int(d[at]), int(d[at+1])
		at, sum = at+2, sum-2
		w.named(isisNeighborSubs, "unknown", sub)
		w.put(" subTLV #%d, length: %d", sub, size)
		if size > sum {
			w.text(" (remaining data in subTLVs shorter than the current subTLV)")
			return end
		}
		if size > n-at {
			w.text(" (> remaining tlv length)")
			return n
		}
		if !w.has(d, at, size) {
			return n
		}
		w.neighborSub(sub, d[at:at+size], indent+"  ")
		at, sum = at+size, sum-size
	}
	return end
}

func (w *isisPrinter) subsPresent(sum int) {
	if sum == 0 {
		w.text(", no sub-TLVs present")
	} else {
		w.put(", sub-TLVs present (%d)", sum)
	}
}

var isisNeighborSubs = map[int]string{
	3: "Administrative groups", 4: "Link Local/Remote Identifier", 5: "Link Remote Identifier", 6: "IPv4 interface address",
	8: "IPv4 neighbor address", 9: "Maximum link bandwidth", 10: "Reservable link bandwidth", 11: "Unreserved bandwidth",
	12: "Bandwidth Constraints (old)", 18: "Traffic Engineering Metric", 19: "Link Attribute", 20: "Link Protection Type",
	21: "Interface Switching Capability", 22: "Bandwidth Constraints", 29: "SPB Metric", 32: "LAN Adjacency Segment Identifier",
	250: "Reserved for cisco specific extensions", 251: "Reserved for cisco specific extensions",
	252: "Reserved for cisco specific extensions", 253: "Reserved for cisco specific extensions",
	254: "Reserved for cisco specific extensions", 255: "Reserved for future expansion",
}

// neighborSub writes the value of what says more of a neighbor, all of it captured.
func (w *isisPrinter) neighborSub(t int, v []byte, indent string) {
	n := len(v)
	switch t {
	case 3, 4, 5:
		if n >= 4 {
			w.put(", 0x%08x", w.u32(v, 0))
			if n == 8 {
				w.put(", 0x%08x", w.u32(v, 4))
			}
		}
	case 6, 8:
		if n >= 4 {
			w.text(", ")
			w.addr4(v, 0)
		}
	case 9, 10:
		if n >= 4 {
			w.text(", ")
			w.bandwidth(v)
		}
	case 11:
		if n >= 32 {
			for i := range 8 {
				w.text(indent, "  TE-Class ")
				w.put("%d: ", i)
				w.bandwidth(v[4*i:])
			}
		}
	case 12, 22:
		if n == 0 {
			break
		}
		w.text(indent, "Bandwidth Constraints Model ID: ")
		w.named(isisConstraintNames, "unknown", int(v[0]))
		w.put(" (%d)", int(v[0]))
		for i := range (n - 1) / 4 {
			w.text(indent, "  Bandwidth constraint CT")
			w.put("%d: ", i)
			w.bandwidth(v[1+4*i:])
		}
	case 18:
		if n >= 3 {
			w.put(", %d", w.u24(v, 0))
		}
	case 19:
		if n == 2 {
			w.text(", [ ")
			w.bits(isisLinkAttributes, "none", w.u16(v, 0))
			w.text(" ]")
		}
	case 20:
		if n >= 2 {
			w.text(", ")
			w.bits(isisProtectionNames, "none", int(v[0]))
			w.put(", Priority %d", int(v[1]))
		}
	case 29:
		if n >= 6 {
			w.put(", LM: %d", w.u24(v, 0))
			w.put(", P: %d", int(v[3]))
			w.put(", P-ID: %d", w.u16(v, 4))
		}
	case 21:
		if n >= 36 {
			w.switching(v, indent)
		}
	case 32:
		if n >= 8 {
			w.adjacencySID(v, indent)
		}
	default:
		w.hex("\n\t\t    ", v, n)
	}
}

var (
	isisConstraintNames = map[int]string{0: "Russian dolls", 1: "Maximum allocation"}
	isisLinkAttributes  = []bitName{{0x01, "Local Protection Available"}, {0x02, "Link excluded from local protection path"}}
	isisProtectionNames = []bitName{
		{0x01, "Extra Traffic"}, {0x02, "Unprotected"}, {0x04, "Shared"}, {0x08, "Dedicated 1:1"}, {0x10, "Dedicated 1+1"}, {0x20, "Enhanced"},
	}
	isisAdjacencyFlags = []bitName{
		{0x80, "IPv6"}, {0x40, "Backup"}, {0x20, "Value"}, {0x10, "Local significance"}, {0x08, "Set of adjacencies"}, {0x04, "Persistent"},
	}
)

func (w *isisPrinter) bandwidth(d []byte) {
	if w.has(d, 0, 4) {
		w.b = appendBandwidth(w.b, d)
	}
}

// switching writes an interface switching capability (RFC 5307 section 1.3).
func (w *isisPrinter) switching(v []byte, indent string) {
	w.text(indent, "  Interface Switching Capability:", switchingName(v[0]), ", LSP Encoding: ", encodingName(v[1]))
	w.text(indent, "  Max LSP Bandwidth:")
	for i := range 8 {
		w.text(indent, "    priority level ")
		w.put("%d: ", i)
		w.bandwidth(v[4+4*i:])
	}
	rest := v[36:]
	switch v[0] {
	case 1, 2, 3, 4:
		if len(rest) < 6 {
			break
		}
		w.text(indent, "  Min LSP Bandwidth: ")
		w.bandwidth(rest)
		w.text(indent, "  Interface MTU: ")
		w.put("%d", w.u16(rest, 4))
	case 100:
		if len(rest) < 8 {
			break
		}
		w.text(indent, "  Min LSP Bandwidth: ")
		w.bandwidth(rest)
		w.text(indent, "  Indication ", isisIndication(rest[4]))
	default:
		if len(rest) > 0 {
			w.hex("\n\t\t    ", rest, len(rest))
		}
	}
}

func isisIndication(v byte) string {
	switch v {
	case 0:
		return "Standard SONET/SDH"
	case 1:
		return "Arbitrary SONET/SDH"
	}
	return "Unknown (0x00)"
}

// adjacencySID writes the segment of a neighbor on a LAN (RFC 8667 section 2.2.2).
func (w *isisPrinter) adjacencySID(v []byte, indent string) {
	w.text(indent, "  Flags: [")
	w.bits(isisAdjacencyFlags, "none", int(v[0]))
	w.text("]", indent, "  Weight: ")
	w.put("%d", int(v[1]))
	w.text(indent, "  Neighbor System-ID: ")
	w.id(v[2:], isisSystemID)
	sid := v[8:]
	switch v[0] & 0x30 {
	case 0x30:
		if len(sid) < 3 {
			w.trunc()
		}
		w.text(indent, "  Label: ")
		w.put("%d", w.u24(sid, 0))
	case 0:
		if len(sid) < 4 {
			w.trunc()
		}
		w.text(indent, "  Index: ")
		w.put("%d", w.u32(sid, 0))
	default:
		w.text(indent, "  V-Flag and L-Flag combination not valid")
	}
}

// prefixes writes reachable addresses of narrow metrics (RFC 1195 section 5.3).
func (w *isisPrinter) prefixes(d []byte, n int) {
	for ; n > 0 && !w.done; d, n = from(d, 12), n-12 {
		if n < 12 {
			w.put("short IPv4 Reachability (%d vs 12)", n)
			w.done = true
			return
		}
		if !w.has(d, 0, 12) {
			return
		}
		mask := be32(d, 8)
		if bits, ok := maskLen(mask); ok {
			w.text("\n\t      IPv4 prefix: ")
			w.b = w.p.rightAddr4(w.b, d[4:8])
			w.put("/%d", bits)
		} else {
			w.text("\n\t      IPv4 prefix: ")
			w.addr4(d, 4)
			w.text(" mask ")
			w.addr4(d, 8)
		}
		w.text(", Distribution: ", isisDown(d[0]))
		w.put(", Metric: %d, ", int(d[0]&0x3f))
		w.text(isisReach(d[0]))
		for i, s := range [...]string{"Delay", "Expense", "Error"} {
			if v := d[i+1]; v&0x80 == 0 {
				w.text("\n\t        ", s, " Metric: ")
				w.put("%d, ", int(v&0x3f))
				w.text(isisReach(v))
			}
		}
	}
}

func isisDown(flags byte) string {
	if flags&0x80 != 0 {
		return "down"
	}
	return "up"
}
