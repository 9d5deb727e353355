package format

import "math/bits"

// The kinds of IS-IS packets, in the fifth byte (ISO/IEC 10589 section 9.5).
const (
	isisL1Hello  = 15
	isisL2Hello  = 16
	isisP2PHello = 17
	isisL1LSP    = 18
	isisL2LSP    = 20
	isisL1CSNP   = 24
	isisL2CSNP   = 25
	isisL1PSNP   = 26
	isisL2PSNP   = 27
)

var isisPDUNames = map[int]string{
	isisL1Hello: "L1 Lan IIH", isisL2Hello: "L2 Lan IIH", isisP2PHello: "p2p IIH", isisL1LSP: "L1 LSP", isisL2LSP: "L2 LSP",
	isisL1CSNP: "L1 CSNP", isisL2CSNP: "L2 CSNP", isisL1PSNP: "L1 PSNP", isisL2PSNP: "L2 PSNP",
}

const (
	isisCommonLen = 8 // of the part of the header that all packets have
	isisSystemID  = 6
	isisNodeID    = 7
	isisLSPID     = 8
)

// isisFixedLen is the length of the header of a kind of packet, the common part included, or 0.
func isisFixedLen(kind int) int {
	switch kind {
	case isisL1Hello, isisL2Hello, isisL1LSP, isisL2LSP:
		return 27
	case isisP2PHello:
		return 20
	case isisL1CSNP, isisL2CSNP:
		return 33
	case isisL1PSNP, isisL2PSNP:
		return 17
	}
	return 0
}

var isisCircuitNames = map[int]string{1: "Level 1 only", 2: "Level 2 only", 3: "Level 1, Level 2"}

var isisLSPLevelNames = [4]string{"Unused 0x0 (invalid)", "L1 IS", "Unused 0x2 (invalid)", "L2 IS"}

// An isisPrinter prints one IS-IS packet.
type isisPrinter struct {
	pen
	d      []byte // the packet from its first byte on
	length int
}

// isis prints an IS-IS packet (ISO/IEC 10589, RFC 1195), and reports false if the caller is to dump it.
func (p *Line) isis(b, d []byte, length int) ([]byte, bool) {
	w := isisPrinter{pen: p.pen(b, "isis"), d: d, length: length}
	known := w.packet()
	return w.b, known
}

// id writes the identifier of a system, of a node or of a link state packet, by its length.
func (w *isisPrinter) id(d []byte, n int) {
	if !w.has(d, 0, n) {
		return
	}
	b := w.b
	for i, c := range d[:n] {
		switch i {
		case 2, 4, 6:
			b = append(b, '.')
		case 7:
			b = append(b, '-')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	w.b = b
}

func (w *isisPrinter) packet() bool {
	d := w.d
	if len(d) < isisCommonLen {
		w.trunc()
		return true
	}
	if !w.p.opts.LinkHeader {
		w.title("IS-IS")
	}
	fixed, version, idLen, kind, pduVersion, areas := int(d[1]), int(d[2]), int(d[3]), int(d[4]), int(d[5]), int(d[7])
	switch {
	case w.length < isisCommonLen:
		w.put(" [packet length %d < %d]", w.length, isisCommonLen)
		w.invalid()
		return true
	case version != 1:
		w.put("version %d packet not supported", version)
		return false
	case idLen != isisSystemID && idLen != 0:
		w.put("system ID length of %d is not supported", idLen)
		return false
	case pduVersion != 1:
		w.put("version %d packet not supported", pduVersion)
		return false
	case w.length < fixed:
		w.put("fixed header length %d > packet length %d", fixed, w.length)
		return false
	case fixed < isisCommonLen:
		w.put("fixed header length %d < minimum header size %d", fixed, isisCommonLen)
		return false
	case areas == 255:
		w.text("bad packet -- 255 areas")
		return false
	}
	want := isisFixedLen(kind)
	if w.p.opts.Verbose == 0 {
		return w.brief(kind, fixed, want)
	}
	if !w.p.opts.LinkHeader {
		w.text(", ")
	}
	w.put("length %d\n\t", w.length)
	w.named(isisPDUNames, "unknown, type %d", kind)
	w.put(", hlen: %d, v: %d, pdu-v: %d, sys-id-len: %d (%d), max-area: %d (%d)", fixed, version, pduVersion, isisSystemID, idLen,
		isisAreas(areas), areas)
	if w.p.opts.Verbose > 1 {
		w.hex("\n\t", d, isisCommonLen)
	}
	if want == 0 {
		w.hex("\n\t  ", from(d, isisCommonLen), w.length-isisCommonLen)
		return false
	}
	if fixed != want {
		return w.bogus(kind, fixed, want)
	}
	size := w.header(kind, d[isisCommonLen:])
	if w.done {
		return true
	}
	if w.p.opts.Verbose > 1 {
		w.hex("\n\t  ", d[isisCommonLen:], want-isisCommonLen)
	}
	if size < fixed {
		w.put(" [packet length %d < %d]", size, fixed)
		w.invalid()
		return true
	}
	w.tlvs(d[want:], want, w.length-fixed)
	return true
}

func isisAreas(n int) int {
	if n == 0 {
		return 3
	}
	return n
}

// brief writes the one line that there is without -v.
func (w *isisPrinter) brief(kind, fixed, want int) bool {
	if !w.p.opts.LinkHeader {
		w.text(", ")
	}
	w.named(isisPDUNames, "unknown PDU-Type %d", kind)
	if want > 0 && fixed != want {
		return w.bogus(kind, fixed, want)
	}
	d := w.d[isisCommonLen:]
	switch kind {
	case isisL1Hello, isisL2Hello:
		if !w.all(d, want-isisCommonLen) {
			return true
		}
		w.text(", src-id ")
		w.id(d[1:], isisSystemID)
		w.text(", lan-id ")
		w.id(d[12:], isisNodeID)
		w.put(", prio %d", int(d[11]))
	case isisP2PHello:
		if !w.all(d, want-isisCommonLen) {
			return true
		}
		w.text(", src-id ")
		w.id(d[1:], isisSystemID)
	case isisL1LSP, isisL2LSP:
		if !w.all(d, want-isisCommonLen) {
			return true
		}
		w.text(", lsp-id ")
		w.id(d[4:], isisLSPID)
		w.put(", seq 0x%08x, lifetime ", w.u32(d, 12))
		w.lifetime(w.u16(d, 2))
	case isisL1CSNP, isisL2CSNP, isisL1PSNP, isisL2PSNP:
		if !w.all(d, want-isisCommonLen) {
			return true
		}
		w.text(", src-id ")
		w.id(d[2:], isisNodeID)
	}
	w.put(", length %d", w.length)
	return true
}

// bogus says that the header is not as long as it says.
func (w *isisPrinter) bogus(kind, fixed, want int) bool {
	sep := ", "
	switch kind {
	case isisL1PSNP, isisL2PSNP:
		sep = "- "
	case isisL1LSP, isisL2LSP:
		want -= isisCommonLen // tcpdump's mistake
	}
	w.text(sep)
	w.put("bogus fixed header length %d should be %d", fixed, want)
	return false
}

// all reports whether n bytes were captured, and marks the packet if not.
func (w *isisPrinter) all(d []byte, n int) bool {
	if !w.done && len(d) < n {
		w.trunc()
	}
	return !w.done
}

func (w *isisPrinter) lifetime(seconds int) {
	if !w.done {
		w.b = append(appendBlanked(w.b, seconds, 5), 's')
	}
}

// header writes what follows the common part of the header, and gives the length that the packet says it has; the packet is
// no longer than that.
func (w *isisPrinter) header(kind int, d []byte) int {
	if !w.all(d, isisFixedLen(kind)-isisCommonLen) {
		return 0
	}
	sizeAt := 0
	if kind == isisL1Hello || kind == isisL2Hello || kind == isisP2PHello {
		sizeAt = 9
	}
	size := w.u16(d, sizeAt)
	w.length = min(w.length, size)
	switch kind {
	case isisL1Hello, isisL2Hello, isisP2PHello:
		w.text("\n\t  source-id: ")
		w.id(d[1:], isisSystemID)
		if kind == isisP2PHello {
			w.put(", holding time: %ds, Flags: [", w.u16(d, 7))
		} else {
			w.put(",  holding time: %ds, Flags: [", w.u16(d, 7))
		}
		w.named(isisCircuitNames, "unknown circuit type 0x%02x", int(d[0]))
		w.text("]")
		if kind == isisP2PHello {
			w.put("\n\t  circuit-id: 0x%02x, PDU length: %d", int(d[11]), size)
		} else {
			w.text("\n\t  lan-id:    ")
			w.id(d[12:], isisNodeID)
			w.put(", Priority: %d, PDU length: %d", int(d[11]&0x7f), size)
		}
	case isisL1LSP, isisL2LSP:
		w.lsp(d)
	case isisL1CSNP, isisL2CSNP:
		w.text("\n\t  source-id:    ")
		w.id(d[2:], isisNodeID)
		w.put(", PDU length: %d\n\t  start lsp-id: ", size)
		w.id(d[9:], isisLSPID)
		w.text("\n\t  end lsp-id:   ")
		w.id(d[17:], isisLSPID)
	default:
		w.text("\n\t  source-id:    ")
		w.id(d[2:], isisNodeID)
		w.put(", PDU length: %d", size)
	}
	return size
}

// lsp writes the header of a link state packet.
func (w *isisPrinter) lsp(d []byte) {
	const checksumAt = isisCommonLen + 16
	w.text("\n\t  lsp-id: ")
	w.id(d[4:], isisLSPID)
	w.put(", seq: 0x%08x, lifetime: ", w.u32(d, 12))
	w.lifetime(w.u16(d, 2))
	sum := w.u16(d, 16)
	w.put("\n\t  chksum: 0x%04x", sum)
	const lspIDAt = isisCommonLen + 4
	w.osiChecksum(w.d[lspIDAt:], sum, checksumAt-lspIDAt, w.length-lspIDAt)
	w.put(", PDU length: %d, Flags: [ ", w.u16(d, 0))
	flags := int(d[18])
	if flags&0x04 != 0 {
		w.text("Overload bit set, ")
	}
	for i, s := range [...]string{"default ", "delay ", "expense ", "error "} {
		if flags>>(3+i)&1 != 0 {
			w.text(s)
		}
	}
	if flags&0x78 != 0 {
		w.text("ATT bit set, ")
	}
	if flags&0x80 != 0 {
		w.text("P bit set, ")
	}
	w.text(isisLSPLevelNames[flags&3], " ]")
}

// fletcher is what should stand at byte at of d for its Fletcher checksum to be right.
func fletcher(d []byte, at int) int {
	c0, c1 := 0, 0
	for i, c := range d {
		if i != at && i != at+1 {
			c0 += int(c)
		}
		c1 += c0
		if i&0xfff == 0xfff {
			c0, c1 = c0%255, c1%255
		}
	}
	c0, c1 = c0%255, c1%255
	// A zero is written as 255. What would be 1 is taken for a zero where a number below zero is reduced: a mistake of
	// tcpdump's, which makes few right checksums look wrong.
	mul := (len(d) - at) * c0
	x, y := mul-c0-c1, c1-mul-1
	if x < 0 {
		x--
	}
	if y > 0 {
		y++
	}
	if x %= 255; x == 0 {
		x = 255
	}
	if y %= 255; y == 0 {
		y = 255
	}
	return x&0xff<<8 | y&0xff
}

// tlvs writes the options: d holds size bytes of them, and begins at byte at of the packet.
func (w *isisPrinter) tlvs(d []byte, at, size int) {
	for size > 0 && !w.done {
		if at == w.length {
			return
		}
		if len(d) < 2 {
			w.trunc()
			return
		}
		if size < 2 {
			w.trunc()
			return
		}
		t, n := int(d[0]), int(d[1])
		d, at, size = d[2:], at+2, size-2
		w.text("\n\t    ")
		w.named(isisTLVNames, "unknown", t)
		w.put(" TLV #%d, length: %d", t, n)
		if n > size {
			w.trunc()
			return
		}
		w.tlv(t, d, n, at)
		if w.done {
			return
		}
		if w.p.opts.Verbose > 1 {
			w.hex("\n\t      ", d, n)
		}
		d, at, size = from(d, n), at+n, size-n
	}
}

var isisTLVNames = map[int]string{
	1: "Area address(es)", 2: "IS Reachability", 3: "ES Neighbor(s)", 4: "Partition DIS", 5: "Prefix Neighbors", 6: "IS Neighbor(s)",
	7: "Instance Identifier", 8: "Padding", 9: "LSP entries", 10: "Authentication", 12: "Checksum", 13: "Purge Originator Identifier",
	14: "LSP Buffersize", 22: "Extended IS Reachability", 24: "IS Alias ID", 42: "DECnet Phase IV", 66: "Lucent Proprietary",
	128: "IPv4 Internal Reachability", 129: "Protocols supported", 130: "IPv4 External Reachability", 131: "Inter-Domain Information Type",
	132: "IPv4 Interface address(es)", 133: "IPv4 authentication (deprecated)", 134: "Traffic Engineering Router ID",
	135: "Extended IPv4 Reachability", 137: "Hostname", 138: "Shared Risk Link Group", 143: "Multi-Topology-Aware Port Capability",
	144: "Multi-Topology Capability", 176: "Nortel Proprietary", 177: "Nortel Proprietary", 211: "Restart Signaling",
	222: "Multi Topology IS Reachability", 229: "Multi Topology", 232: "IPv6 Interface address(es)", 235: "Multi-Topology IPv4 Reachability",
	236: "IPv6 reachability", 237: "Multi-Topology IP6 Reachability", 240: "Point-to-point Adjacency State", 241: "Hello PDU Sequence Number",
	242: "IS-IS Router Capability", 250: "Vendor Private",
}

// isisPrefixLen is how many bytes a prefix of n bits has.
func isisPrefixLen(n int) int { return (n + 7) / 8 }

// maskLen counts the bits of a netmask, and reports whether it is one.
func maskLen(m uint32) (n int, ok bool) {
	n = bits.LeadingZeros32(^m)
	return n, m<<n == 0
}
