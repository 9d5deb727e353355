package format

// Lengths in LDP, in bytes, and types of TLVs (RFC 5036 section 3).
const (
	ldpHeaderLen  = 10
	ldpMessageLen = 8
	ldpTLVLen     = 4

	ldpFEC          = 0x0100
	ldpAddresses    = 0x0101
	ldpGenericLabel = 0x0200
	ldpStatus       = 0x0300
	ldpHello        = 0x0400
	ldpTransport4   = 0x0401
	ldpConfigSeq    = 0x0402
	ldpTransport6   = 0x0403
	ldpSession      = 0x0500
	ldpFaultTol     = 0x0503
)

// ldp prints PDUs of the Label Distribution Protocol (RFC 5036).
func (p *Line) ldp(b, d []byte, length int, _ ipContext) []byte {
	for length > ldpHeaderLen+ldpMessageLen {
		var n int
		if b, n = p.ldpPDU(b, d); n == 0 || p.stopped {
			return b
		}
		length -= n
		d = from(d, n)
	}
	return b
}

// ldpPDU prints one PDU, and gives its length, or zero if nothing is to be printed behind it.
func (p *Line) ldpPDU(b, d []byte) ([]byte, int) {
	verbose := p.opts.Verbose > 0
	if len(d) < ldpHeaderLen {
		return p.stop(b, "ldp"), 0
	}
	if verbose {
		b = append(b, "\n\t"...)
	}
	if v := be16(d, 0); v != 1 {
		b = appendInt(append(p.proto(b, "LDP"), " version "...), int(v))
		return append(b, " packet not supported"...), 0
	}
	size := int(be16(d, 2))
	if size < 6 {
		b = appendInt(append(p.proto(b, "LDP"), ", pdu-length: "...), size)
		return append(b, " (too short, < 6)"...), 0
	}
	b = p.addr4(append(p.proto(b, "LDP"), ", Label-Space-ID: "...), d[4:])
	b = appendInt(append(b, ':'), int(be16(d, 8)))
	b = appendInt(append(b, ", pdu-length: "...), size)
	if !verbose {
		return b, 0
	}
	// A message that is longer than its PDU is printed all the same, and so is what follows.
	for at, end := ldpHeaderLen, size+4; at != end; {
		var n int
		if b, n = p.ldpMessage(b, from(d, at)); n == 0 || p.stopped {
			return b, 0
		}
		at += n
	}
	return b, size + 4
}

// ldpMessage prints the message at d, and gives its length, or zero if nothing is to be printed behind it.
func (p *Line) ldpMessage(b, d []byte) ([]byte, int) {
	if len(d) < ldpMessageLen {
		return p.stop(b, "ldp"), 0
	}
	kind, n := be16(d, 0), int(be16(d, 2))
	b = append(appendLDPName(append(b, "\n\t  "...), ldpMessageText[:], int(kind&0x7fff)), " Message (0x"...)
	b = appendHex(b, uint64(kind&0x7fff), 4)
	b = appendInt(append(b, "), length: "...), n)
	if n < 4 {
		return append(b, " (too short, < 4)"...), 0
	}
	b = appendHexNumber(append(b, ", Message ID: "...), uint64(be32(d, 4)), 8)
	b = append(b, ", Flags: ["...)
	b = appendEither(b, kind&0x8000 != 0, "continue processing if unknown]", "ignore if unknown]")
	if len(d) < n {
		return p.stop(b, "ldp"), 0
	}
	body, length := from(d, ldpMessageLen), n-4
	if ldpHasTLVs(kind & 0x7fff) {
		if b = p.ldpTLVs(b, body, length); p.stopped {
			return b, 0
		}
	} else if p.opts.Verbose <= 1 {
		b = appendUnknown(b, "\n\t  ", body, length)
	}
	if p.opts.Verbose > 1 { // as many bytes as if the message ID were not among them
		b = appendUnknown(b, "\n\t  ", body, n)
	}
	return b, n + 4
}

// appendLDPName appends a name of a table, sorted by number.
func appendLDPName(b []byte, names []ldpName, v int) []byte {
	for i := range names {
		if names[i].number == v {
			return append(b, names[i].name...)
		}
	}
	return append(b, "Unknown"...)
}

type ldpName struct {
	number int
	name   string
}

// ldpHasTLVs reports whether tcpdump looks into messages of a type.
func ldpHasTLVs(kind uint16) bool {
	switch kind {
	case 0x001, 0x100, 0x200, 0x201, 0x300, 0x301, 0x400, 0x402:
		return true
	}
	return false
}

var ldpMessageText = [...]ldpName{
	{0x001, "Notification"}, {0x100, "Hello"}, {0x200, "Initialization"}, {0x201, "Keepalive"}, {0x300, "Address"},
	{0x301, "Address Withdraw"}, {0x400, "Label Mapping"}, {0x401, "Label Request"}, {0x402, "Label Withdraw"}, {0x403, "Label Release"},
	{0x404, "Label Abort Request"},
}

var ldpTLVText = [...]ldpName{
	{ldpFEC, "FEC"}, {ldpAddresses, "Address List"}, {0x103, "Hop Count"}, {0x104, "Path Vector"}, {ldpGenericLabel, "Generic Label"},
	{0x201, "ATM Label"}, {0x202, "Frame-Relay Label"}, {ldpStatus, "Status"}, {0x301, "Extended Status"}, {0x302, "Returned PDU"},
	{0x303, "Returned Message"}, {ldpHello, "Common Hello Parameters"}, {ldpTransport4, "IPv4 Transport Address"},
	{ldpConfigSeq, "Configuration Sequence Number"}, {ldpTransport6, "IPv6 Transport Address"}, {ldpSession, "Common Session Parameters"},
	{0x501, "ATM Session Parameters"}, {0x502, "Frame-Relay Session Parameters"}, {ldpFaultTol, "Fault-Tolerant Session Parameters"},
	{0x600, "Label Request Message ID"},
}

// ldpTLVs prints length bytes of TLVs.
func (p *Line) ldpTLVs(b, d []byte, length int) []byte {
	for length >= ldpTLVLen {
		if len(d) < ldpTLVLen {
			return p.stop(b, "ldp")
		}
		word, n := be16(d, 0), int(be16(d, 2))
		kind := int(word & 0x3fff)
		d, length = d[ldpTLVLen:], length-ldpTLVLen
		if n > length {
			return append(b, "\n\t\t TLV contents go past end of message"...)
		}
		b = append(appendLDPName(append(b, "\n\t    "...), ldpTLVText[:], kind), " TLV (0x"...)
		b = appendHex(b, uint64(kind), 4)
		b = appendInt(append(b, "), length: "...), n)
		b = appendEither(append(b, ", Flags: ["...), word&0x8000 != 0, "continue processing", "ignore")
		b = appendEither(b, word&0x4000 != 0, " and do forward if unknown]", " and don't forward if unknown]")
		if b = p.ldpTLV(b, kind, d, n); p.stopped {
			return b
		}
		d, length = from(d, n), length-n
	}
	return b
}

// ldpShort says that a TLV has n bytes and needs more.
func (p *Line) ldpShort(b []byte, n, need int) []byte {
	b = appendInt(append(b, " [tlv length "...), n)
	return p.invalid(append(appendInt(append(b, " < "...), need), ']'))
}

// ldpTLV prints the value of n bytes of a TLV. d is all that was captured from there on.
func (p *Line) ldpTLV(b []byte, kind int, d []byte, n int) []byte {
	need := 0
	switch kind {
	case ldpFEC:
		need = 1
	case ldpAddresses:
		need = 2
	case ldpGenericLabel, ldpHello, ldpTransport4, ldpConfigSeq:
		need = 4
	case ldpStatus, ldpSession:
		need = 8
	case ldpFaultTol:
		need = 12
	case ldpTransport6:
		need = 16
	default:
		if p.opts.Verbose <= 1 {
			b = appendUnknown(b, "\n\t      ", d, n)
		}
		return b
	}
	if n < need {
		return p.ldpShort(b, n, need)
	}
	if len(d) < need && (kind != ldpStatus || len(d) < 4) {
		return p.stop(b, "ldp")
	}
	switch kind {
	case ldpFEC:
		return p.ldpFEC(b, d, n)
	case ldpAddresses:
		return p.ldpAddresses(b, d, n)
	case ldpGenericLabel:
		return appendDecimal(append(b, "\n\t      Label: "...), uint64(be32(d, 0)&0xfffff))
	case ldpHello:
		b = appendInt(append(b, "\n\t      Hold Time: "...), int(be16(d, 0)))
		kind := "Link"
		if d[2]&0x80 != 0 {
			kind = "Targeted"
		}
		b = append(append(append(b, "s, Flags: ["...), kind...), " Hello"...)
		if d[2]&0x40 != 0 {
			b = append(b, ", Request for targeted Hellos"...)
		}
		return append(b, ']')
	case ldpTransport4:
		return p.addr4(append(b, "\n\t      IPv4 Transport Address: "...), d)
	case ldpTransport6:
		return p.addr6(append(b, "\n\t      IPv6 Transport Address: "...), d)
	case ldpConfigSeq:
		return appendDecimal(append(b, "\n\t      Sequence Number: "...), uint64(be32(d, 0)))
	case ldpStatus:
		return p.ldpStatus(b, d)
	case ldpSession:
		b = appendInt(append(b, "\n\t      Version: "...), int(be16(d, 0)))
		b = appendInt(append(b, ", Keepalive: "...), int(be16(d, 2)))
		b = append(b, "s, Flags: [Downstream "...)
		b = appendEither(b, be16(d, 6)&0x8000 != 0, "On Demand", "Unsolicited")
		b = appendEither(append(b, ", Loop Detection "...), be16(d, 6)&0x4000 != 0, "Enabled", "Disabled")
		return append(b, ']')
	}
	flags := be16(d, 0)
	b = appendEither(append(b, "\n\t      Flags: ["...), flags&0x8000 != 0, "", "No ")
	b = appendEither(append(b, "Reconnect, "...), flags&8 != 0, "", "Don't ")
	b = appendEither(append(b, "Save State, "...), flags&4 != 0, "", "No ")
	b = appendEither(append(b, "All-Label Protection, "...), flags&2 != 0, "Sequence Numbered Label", "All Labels")
	b = appendEither(append(b, " Checkpoint, "...), flags&1 != 0, "", "Don't ")
	b = append(b, "Re-Learn State]"...)
	if v := be32(d, 4); v != 0 {
		b = append(appendDecimal(append(b, ", Reconnect Timeout: "...), uint64(v)), "ms"...)
	}
	if v := be32(d, 8); v != 0 {
		b = append(appendDecimal(append(b, ", Recovery Time: "...), uint64(v)), "ms"...)
	}
	return b
}

// appendEither appends one of two texts.
func appendEither(b []byte, first bool, yes, no string) []byte {
	if first {
		return append(b, yes...)
	}
	return append(b, no...)
}

func (p *Line) ldpStatus(b, d []byte) []byte {
	code := be32(d, 0)
	b = appendHexNumber(append(b, "\n\t      Status: "...), uint64(code&0x3fffffff), 2)
	b = appendEither(append(b, ", Flags: ["...), code&0x80000000 != 0, "Fatal error", "Advisory Notification")
	b = appendEither(b, code&0x40000000 != 0, " and do forward]", " and don't forward]")
	if len(d) < 8 {
		return p.stop(b, "ldp")
	}
	if id := be32(d, 4); id != 0 {
		b = appendHexNumber(append(b, ", causing Message ID: "...), uint64(id), 8)
	}
	return b
}

// ldpAddresses prints a list of addresses.
func (p *Line) ldpAddresses(b, d []byte, n int) []byte {
	family := int(be16(d, 0))
	b = append(b, "\n\t      Address Family: "...)
	if name := addressFamilyName(uint16(family)); name != "" {
		b = append(b, name...)
	} else {
		b = append(appendInt(append(b, "Unknown ("...), family), ')')
	}
	b = append(b, ", addresses"...)
	size := 0
	switch family {
	case 1:
		size = 4
	case 2:
		size = 16
	default:
		return b
	}
	for d, n = d[2:], n-2; n >= size; d, n = d[size:], n-size {
		if len(d) < size {
			return p.stop(b, "ldp")
		}
		if family == 1 {
			b = p.addr4(append(b, ' '), d)
		} else {
			b = p.addr6(append(b, ' '), d)
		}
	}
	return b
}

// ldpFEC prints the first forwarding equivalence class of a list.
func (p *Line) ldpFEC(b, d []byte, n int) []byte {
	kind := d[0]
	b = append(b, "\n\t      "...)
	switch kind {
	case 1:
		b = append(b, "Wildcard"...)
	case 2:
		b = append(b, "Prefix"...)
	case 3:
		b = append(b, "Host address"...)
	case 0x80:
		b = append(b, "Martini VC"...)
	default:
		b = append(b, "Unknown"...)
	}
	b = append(appendHexNumber(append(b, " FEC ("...), uint64(kind), 2), ')')
	d = d[1:]
	switch kind {
	case 2:
		return p.ldpPrefix(b, d, n-1)
	case 0x80:
		return p.ldpVC(b, d, n-1)
	}
	return b
}

func (p *Line) ldpPrefix(b, d []byte, n int) []byte {
	if n < 2 {
		return p.ldpShort(b, n, 2)
	}
	if len(d) < 2 {
		return p.stop(b, "ldp")
	}
	family, width := int(be16(d, 0)), 0
	name := ": IPv4 prefix "
	switch family {
	case 1:
		width = 32
	case 2:
		name, width = ": IPv6 prefix ", 128
	default:
		b = appendInt(append(b, ": Address family "...), family)
		return append(b, " prefix"...)
	}
	if len(d) < 3 {
		return p.stop(b, "ldp")
	}
	bits := int(d[2])
	size := (bits + 7) / 8
	switch {
	case bits > width:
		return append(append(b, name...), "(invalid length)"...)
	case n < 3 || n-3 < size:
		if len(d) < 3+size {
			return p.stop(b, "ldp")
		}
		return append(b, ": IPv4 prefix (goes past end of TLV)"...)
	case len(d) < 3+size:
		return p.stop(b, "ldp")
	}
	n = size
	var a [16]byte
	copy(a[:], d[3:3+n])
	if bits%8 != 0 {
		a[n-1] &= 0xff << (8 - bits%8)
	}
	b = append(b, name...)
	if family == 1 {
		b = p.addr4(b, a[:])
	} else {
		b = p.addr6(b, a[:])
	}
	return appendInt(append(b, '/'), bits)
}

// ldpVC prints the class of a pseudowire (RFC 4906 section 5.1).
func (p *Line) ldpVC(b, d []byte, n int) []byte {
	if n < 7 {
		return p.ldpShort(b, n, 7)
	}
	if len(d) < 3 {
		return p.stop(b, "ldp")
	}
	if d[2] != 0 && n < 11 {
		return p.ldpShort(b, n, 11)
	}
	if len(d) < 7 {
		return p.stop(b, "ldp")
	}
	kind, size := be16(d, 0), int(d[2])
	if size != 0 && len(d) < 11 {
		return p.stop(b, "ldp")
	}
	b = append(b, ": "...)
	if t := int(kind & 0x7fff); t < len(ldpPseudowires) {
		b = append(b, ldpPseudowires[t]...)
	} else {
		b = append(b, "Unknown"...)
	}
	b = appendEither(append(b, ", "...), kind&0x8000 != 0, "", "no ")
	b = appendDecimal(append(b, "control word, group-ID "...), uint64(be32(d, 3)))
	if size == 0 {
		return append(b, ", VC-info-length: 0"...)
	}
	b = appendDecimal(append(b, ", VC-ID "...), uint64(be32(d, 7)))
	b = appendInt(append(b, ", VC-info-length: "...), size)
	if size < 4 {
		return append(b, " (invalid, < 4"...)
	}
	d, size, n = d[11:], size-4, n-11
	if size > n {
		return p.ldpShort(b, n, size)
	}
	for size > 2 {
		if len(d) < 2 {
			return p.stop(b, "ldp")
		}
		t, n := d[0], int(d[1])
		if n < 2 || n > size {
			return b
		}
		b = append(b, "\n\t\tInterface Parameter: "...)
		switch t {
		case 1:
			b = append(b, "MTU"...)
		case 3:
			b = append(b, "Description"...)
		case 0x0c:
			b = append(b, "VCCV"...)
		default:
			b = append(b, "Unknown"...)
		}
		b = appendHexNumber(append(b, " ("...), uint64(t), 2)
		b = appendInt(append(b, "), len "...), n)
		if len(d) < n {
			return p.stop(b, "ldp")
		}
		v := d[2:n]
		switch {
		case t == 1 && len(v) >= 2:
			b = appendInt(append(b, ": "...), int(be16(v, 0)))
		case t == 3:
			b = appendVisibleText(append(b, ": "...), v)
		case t == 0x0c && len(v) >= 2:
			b = appendHexNumber(append(b, "\n\t\t  Control Channels ("...), uint64(v[0]), 2)
			b = append(appendBits(append(b, ") = ["...), ldpChannels, uint32(v[0]), ", ", "none"), ']')
			b = appendHexNumber(append(b, "\n\t\t  CV Types ("...), uint64(v[1]), 2)
			b = append(appendBits(append(b, ") = ["...), ldpVerification, uint32(v[1]), ", ", "none"), ']')
		case t != 1 && t != 0x0c:
			b = appendUnknown(b, "\n\t\t  ", v, len(v))
		}
		d, size = d[n:], size-n
	}
	return b
}

var ldpChannels = []bitName{{1, "PWE3 control word"}, {2, "MPLS Router Alert Label"}, {4, "MPLS inner label TTL = 1"}}

var ldpVerification = []bitName{{1, "ICMP Ping"}, {2, "LSP Ping"}, {4, "BFD"}}

// ldpPseudowires are the types of pseudowires (RFC 4446 section 3.2).
var ldpPseudowires = [...]string{
	"Reserved", "Frame Relay DLCI (Martini Mode)", "ATM AAL5 SDU VCC transport", "ATM transparent cell transport", "Ethernet VLAN",
	"Ethernet", "Cisco-HDLC", "PPP", "SONET/SDH Circuit Emulation Service over MPLS", "ATM n-to-one VCC cell transport",
	"ATM n-to-one VPC cell transport", "IP Layer2 Transport", "ATM one-to-one VCC Cell Mode", "ATM one-to-one VPC Cell Mode",
	"ATM AAL5 PDU VCC transport", "Frame-Relay Port mode", "SONET/SDH Circuit Emulation over Packet", "Structure-agnostic E1 over Packet",
	"Structure-agnostic T1 (DS1) over Packet", "Structure-agnostic E3 over Packet", "Structure-agnostic T3 (DS3) over Packet",
	"CESoPSN basic mode", "TDMoIP basic mode", "CESoPSN TDM with CAS", "TDMoIP TDM with CAS", "Frame Relay DLCI",
}
