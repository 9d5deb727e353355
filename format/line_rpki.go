package format

const rpkiHeaderLen = 8

var (
	rpkiNames = map[int]string{
		0: "Serial Notify", 1: "Serial Query", 2: "Reset Query", 3: "Cache Response", 4: "IPV4 Prefix", 6: "IPV6 Prefix",
		7: "End of Data", 8: "Cache Reset", 10: "Error Report",
	}
	rpkiErrors = map[int]string{
		0: "Corrupt Data", 1: "Internal Error", 2: "No Data Available", 3: "Invalid Request", 4: "Unsupported Protocol Version",
		5: "Unsupported PDU Type", 6: "Withdrawal of Unknown Record", 7: "Duplicate Announcement Received",
	}
)

// rpki prints PDUs of the protocol by which routers fetch origin validation data (RFC 6810).
func (p *Line) rpki(b, d []byte, length int, _ ipContext) []byte {
	w := p.pen(b, "rpki_rtr")
	if p.opts.Verbose == 0 {
		w.text(", RPKI-RTR")
		return w.b
	}
	for length > 0 && !w.done {
		n := w.rpkiPDU(d, length, true)
		d, length = from(d, n), length-n
	}
	return w.b
}

// rpkiPDU writes one PDU and gives its length. Only the outermost may report an error, so that errors do not nest.
func (w *pen) rpkiPDU(d []byte, n int, outer bool) int {
	if version := w.u8(d, 0); version != 0 && (!outer || n >= rpkiHeaderLen) {
		w.put("\n\tRPKI-RTRv%d (unknown)", version)
		return n
	}
	if w.done {
		return n
	}
	if n < rpkiHeaderLen {
		w.put("(%d bytes is too few to decode)", n)
		w.b = w.p.invalid(w.b)
		return n
	}
	if !w.has(d, 0, rpkiHeaderLen) {
		return n
	}
	kind, size := int(d[1]), int(be32(d, 4))
	w.text("\n\tRPKI-RTRv0, ")
	w.named(rpkiNames, "Unknown", kind)
	w.put(" PDU (%d), length: %d", kind, size)
	if size < rpkiHeaderLen || size > n || !w.rpkiValue(kind, d, size, outer) {
		w.invalidOf(d, n)
		return n
	}
	known := rpkiNames[kind] != ""
	if w.p.opts.Verbose > 1 || !known {
		w.hex("\n\t  ", d, size)
	}
	if !known {
		return n
	}
	return size
}

// rpkiValue writes what a PDU of size bytes says. It reports false if it cannot be of that size.
func (w *pen) rpkiValue(kind int, d []byte, size int, outer bool) bool {
	switch kind {
	case 0, 1, 7:
		if size != 12 {
			return false
		}
		session := w.u16(d, 2)
		serial := w.u32(d, 8)
		w.put("\n\t  Session ID: 0x%04x, Serial: %d", session, serial)
	case 2, 8:
		return size == rpkiHeaderLen
	case 3:
		if size != rpkiHeaderLen {
			return false
		}
		w.put("\n\t  Session ID: 0x%04x", w.u16(d, 2))
	case 4:
		if size != 20 {
			return false
		}
		if w.has(d, 8, 12) {
			w.text("\n\t  IPv4 Prefix ")
			w.addr4(d, 12)
			w.put("/%d-%d, origin-as %d, flags 0x%02x", int(d[9]), int(d[10]), w.u32(d, 16), int(d[8]))
		}
	case 6:
		if size != 32 {
			return false
		}
		if w.has(d, 8, 24) {
			w.text("\n\t  IPv6 Prefix ")
			w.addr6(d, 12)
			w.put("/%d-%d, origin-as %d, flags 0x%02x", int(d[9]), int(d[10]), w.u32(d, 28), int(d[8]))
		}
	case 10:
		return w.rpkiError(d, size, outer)
	}
	return true
}

// rpkiError writes an error report and the PDU that it is about.
func (w *pen) rpkiError(d []byte, size int, outer bool) bool {
	at := rpkiHeaderLen + 4
	if size < at {
		return false
	}
	code, inner := w.u16(d, 2), w.u32(d, rpkiHeaderLen)
	w.text("\n\t  Error code: ")
	w.named(rpkiErrors, "Unknown", code)
	w.put(" (%d), Encapsulated PDU length: %d", code, inner)
	if inner < 0 || inner > size-at {
		return false
	}
	if inner > 0 {
		w.text("\n\t    -----encapsulated PDU-----")
		if !outer {
			return false
		}
		if w.rpkiPDU(from(d, at), inner, false); inner < rpkiHeaderLen && w.u8(d, at) == 0 {
			return false
		}
		at += inner
	}
	if size < at+4 {
		return size == at
	}
	text := w.u32(d, at)
	at += 4
	if text < 0 || text > size-at {
		return false
	}
	if text > 0 {
		w.text("\n\t  Error text: ")
		w.printable(from(d, at), text)
	}
	return true
}
