package format

import "smoltcp/dissect"

const etherTypeNSH = 0x894f

var (
	nshFlags   = []bitName{{0x2, "O"}} // the other bit is not named
	nshNext    = map[int]string{1: "IPv4", 2: "IPv6", 3: "Ethernet", 4: "NSH", 5: "MPLS", 0xfe: "Experiment 1", 0xff: "Experiment 2"}
	nshMDNames = map[int]string{0: "reserved", 1: "1", 2: "2", 15: "experimental"}
)

const (
	nshHeaderLen = 8
	nshMD1Len    = 24
)

// nsh prints a Network Service Header (RFC 8300) and what it carries.
func (p *Line) nsh(b, d []byte, length int) []byte {
	w := p.pen(b, "nsh")
	if length < nshHeaderLen {
		w.put(" (packet length %d < %d)", length, nshHeaderLen)
		w.invalid()
		return w.b
	}
	first := w.u16(d, 0)
	version, size := first>>14, first&0x3f*4
	if !w.done {
		w.title("NSH")
	}
	w.text(", ")
	if p.opts.Verbose > 1 {
		w.put("ver %d, ", version)
	}
	if version != 0 {
		return w.b
	}
	w.text("flags [")
	w.bits(nshFlags, "none", first>>12&3)
	w.text("], ")
	kind, next := w.u8(d, 2)&15, w.u8(d, 3)
	if p.opts.Verbose > 2 {
		w.put("TTL %d, length %d, md type ", first>>6&0x3f, size/4)
		w.named(nshMDNames, "unknown (0x%02x)", kind)
		w.text(", ")
	}
	if p.opts.Verbose > 1 {
		w.text("next-protocol ")
		w.named(nshNext, "unknown (0x%02x)", next)
		w.text(", ")
	}
	if size > length {
		w.put(" (too many headers for packet length %d)", length)
		w.invalidOf(d, length)
		return w.b
	}
	path := w.u24(d, 4)
	index := w.u8(d, 7)
	w.put("service-path-id 0x%06x, service-index 0x%x", path, index)
	if size < nshHeaderLen {
		w.text(" (less than two headers)")
		w.invalid()
		return w.b
	}
	if !w.has(d, 0, size) {
		return w.b
	}
	if p.opts.Verbose > 2 && !w.nshContext(d[nshHeaderLen:size], kind) {
		w.whole(d, length)
		return w.b
	}
	if p.opts.Verbose > 0 {
		w.text("\n    ")
	} else {
		w.text(": ")
	}
	if w.done {
		return w.b
	}
	return p.nshPayload(w.b, next, d[size:], length-size)
}

// nshContext writes the context headers. It reports false if they are not of the length that their kind has.
func (w *pen) nshContext(v []byte, kind int) bool {
	switch kind {
	case 1:
		if len(v) != nshMD1Len-nshHeaderLen {
			w.text(" (invalid length for the MD type)")
			w.invalid()
			return false
		}
		for i := range 4 {
			w.put("\n        Context[%d%d]: 0x%08x", 0, i, w.u32(v, 4*i))
		}
	case 2:
		for len(v) > 0 {
			class, t, n := w.u16(v, 0), int(v[2]), int(v[3]&0x7f)
			w.put("\n        TLV Class %d, Type %d, Len %d", class, t, n)
			v = v[4:]
			words := (n + 3) / 4 * 4
			if words > len(v) {
				w.text(" (length too big)")
				w.invalid()
				return false
			}
			if n > 0 {
				w.text("\n            Value: 0x")
				w.b = appendHardware(w.b, v[:n])
			}
			v = v[words:]
		}
	}
	return true
}

func (p *Line) nshPayload(b []byte, next int, d []byte, length int) []byte {
	b, ok := p.enter(b)
	if !ok {
		return b
	}
	switch next {
	case 1:
		b = p.ipv4(b, d, length)
	case 2:
		b = p.ipv6(b, d, length)
	case 3:
		b, _ = p.ethernet(b, d, length)
	default:
		b = append(b, "ERROR: unknown-next-protocol"...)
	}
	p.leave()
	return b
}

const etherTypeMSNLB = 0x886f

// msnlb prints a heartbeat of Microsoft's Network Load Balancing, whose numbers have the low byte first.
func (p *Line) msnlb(b, d []byte) []byte {
	w := p.pen(b, "msnlb")
	w.title("MS NLB heartbeat")
	if w.has(d, 8, 4) {
		w.put(", host priority: %d", int(d[8])|int(d[9])<<8|int(d[10])<<16|int(d[11])<<24)
	}
	if w.has(d, 12, 4) {
		w.text(", cluster IP: ")
		w.addr4(d, 12)
	}
	if w.has(d, 16, 4) {
		w.text(", host IP: ")
		w.addr4(d, 16)
	}
	return w.b
}

// otv prints Cisco's Overlay Transport Virtualization (draft-hasmit-otv).
func (p *Line) otv(b, d []byte, length int, _ ipContext) []byte {
	w := p.pen(b, "otv")
	w.title("OTV")
	w.text(", ")
	if length < 8 {
		w.put("[length %d < %d]", length, 8)
		w.invalidOf(d, length)
		return w.b
	}
	flags := w.u8(d, 0)
	known := "."
	if flags&0x08 != 0 {
		known = "I"
	}
	w.text("flags [", known, "]")
	w.put(" (0x%02x), ", flags)
	overlay := w.u24(d, 1)
	w.put("overlay %d, ", overlay)
	instance := w.u24(d, 4)
	w.put("instance %d\n", instance)
	if !w.has(d, 7, 1) {
		return w.b
	}
	b, ok := p.enter(w.b)
	if !ok {
		return b
	}
	b, _ = p.ethernet(b, d[8:], length-8)
	p.leave()
	return b
}

const etherTypeAoE dissect.EtherType = 0x88a2

var (
	aoeFlags    = []bitName{{0x8, "Response"}, {0x4, "Error"}, {0x2, "MBZ-1"}, {0x1, "MBZ-0"}}
	aoeCommands = map[int]string{0: "Issue ATA Command", 1: "Query Config Information", 2: "MAC Mask List", 3: "Reserve/Release"}
	aoeErrors   = map[int]string{
		1: "Unrecognized command code", 2: "Bad argument parameter", 3: "Device unavailable", 4: "Config string present",
		5: "Unsupported version", 6: "Target is reserved",
	}
	aoeATAFlags = []bitName{
		{0x80, "MBZ-7"}, {0x40, "Ext48"}, {0x20, "MBZ-5"}, {0x10, "Device"}, {0x08, "MBZ-3"}, {0x04, "MBZ-2"}, {0x02, "Async"},
		{0x01, "Write"},
	}
	aoeConfigCommands = map[int]string{
		0: "read config string", 1: "test config string", 2: "test config string prefix", 3: "set config string",
		4: "force set config string",
	}
	aoeMaskCommands = map[int]string{0: "Read Mac Mask List", 1: "Edit Mac Mask List"}
	aoeMaskErrors   = map[int]string{1: "Unspecified Error", 2: "Bad DCmd directive", 3: "Mask list full"}
	aoeDirectives   = map[int]string{0: "No Directive", 1: "Add mac address to mask list", 2: "Delete mac address from mask list"}
	aoeReserve      = map[int]string{0: "Read reserve list", 1: "Set reserve list", 2: "Force set reserve list"}
)

// aoe prints ATA over Ethernet (AoEr11).
func (p *Line) aoe(b, d []byte, length int) []byte {
	w := p.pen(b, "aoe")
	w.title("AoE")
	w.put(" length %d", length)
	if length < 1 {
		w.invalidOf(d, length)
		return w.b
	}
	first := w.u8(d, 0)
	w.put(", Ver %d", first>>4)
	if first>>4 != 1 {
		return w.b
	}
	if length < 10 {
		w.invalidOf(d, length)
		return w.b
	}
	w.text(", Flags: [")
	w.bits(aoeFlags, "none", first&15)
	w.text("]")
	if p.opts.Verbose == 0 {
		return w.b
	}
	failed := w.u8(d, 1)
	if first&4 != 0 {
		w.text("\n\tError: ")
		w.named(aoeErrors, "Invalid (%d)", failed)
	}
	w.put("\n\tMajor: 0x%04x", w.u16(d, 2))
	w.put(", Minor: 0x%02x", w.u8(d, 4))
	command := w.u8(d, 5)
	w.text(", Command: ")
	w.named(aoeCommands, "Unknown (0x%02x)", command)
	tag := w.u32(d, 6)
	w.put(", Tag: 0x%08x", tag)
	if w.done {
		return w.b
	}
	d, length = d[10:], length-10
	switch command {
	case 0:
		w.aoeATA(d, length)
	case 1:
		w.aoeConfig(d, length)
	case 2:
		w.aoeMask(d, length)
	case 3:
		w.aoeReserved(d, length)
	default:
		w.whole(d, length)
	}
	return w.b
}

func (w *pen) aoeATA(d []byte, n int) {
	if n < 12 {
		w.invalidOf(d, n)
		return
	}
	w.text("\n\tAFlags: [")
	w.bits(aoeATAFlags, "none", w.u8(d, 0))
	w.put("], Err/Feature: %d", w.u8(d, 1))
	w.put(", Sector Count: %d", w.u8(d, 2))
	w.put(", Cmd/Status: %d", w.u8(d, 3))
	for i := range 6 {
		sep := "\n\tlba"
		if i > 0 {
			sep = ", lba"
		}
		v := w.u8(d, 4+i)
		w.text(sep)
		w.put("%d: %d", i, v)
	}
	if n > 12 {
		w.put("\n\tData: %d bytes", n-12)
	}
	w.whole(d, n)
}

func (w *pen) aoeConfig(d []byte, n int) {
	if n < 8 {
		w.invalidOf(d, n)
		return
	}
	w.put("\n\tBuffer Count: %d", w.u16(d, 0))
	w.put(", Firmware Version: %d", w.u16(d, 2))
	w.put(", Sector Count: %d", w.u8(d, 4))
	v := w.u8(d, 5)
	w.put(", AoE: %d, CCmd: ", v>>4)
	w.named(aoeConfigCommands, "Unknown (0x%02x)", v&15)
	size := w.u16(d, 6)
	if w.done {
		return
	}
	d, n = d[8:], n-8
	if size > n {
		w.invalidOf(d, n)
		return
	}
	if size > 0 {
		w.put("\n\tConfig String (length %d): ", size)
		w.printable(d, size)
	}
	w.whole(d, n)
}

func (w *pen) aoeMask(d []byte, n int) {
	if n < 4 {
		w.invalidOf(d, n)
		return
	}
	command := w.u8(d, 1)
	w.text("\n\tMCmd: ")
	w.named(aoeMaskCommands, "Unknown (0x%02x)", command)
	failed := w.u8(d, 2)
	w.text(", MError: ")
	w.named(aoeMaskErrors, "Unknown (0x%02x)", failed)
	count := w.u8(d, 3)
	w.put(", Dir Count: %d", count)
	d, n = from(d, 4), n-4
	if count*8 > n {
		w.invalidOf(d, n)
		return
	}
	for ; count > 0 && !w.done; count-- {
		directive := w.u8(d, 1)
		w.text("\n\t DCmd: ")
		w.named(aoeDirectives, "Unknown (0x%02x)", directive)
		if w.has(d, 2, 6) {
			w.text(", Ethernet Address: ")
			w.mac(d, 2)
		}
		d = from(d, 8)
	}
}

func (w *pen) aoeReserved(d []byte, n int) {
	if n < 2 || (n-2)%6 != 0 {
		w.invalidOf(d, n)
		return
	}
	command, count := w.u8(d, 0), w.u8(d, 1)
	w.text("\n\tRCmd: ")
	w.named(aoeReserve, "Unknown (0x%02x)", command)
	w.put(", NMacs: %d", count)
	d, n = from(d, 2), n-2
	if count*6 > n {
		w.invalidOf(d, n)
		return
	}
	for i := 0; i < count && w.has(d, 0, 6); i++ {
		w.put("\n\tEthernet Address %d: ", i)
		w.mac(d, 0)
		d = from(d, 6)
	}
}
