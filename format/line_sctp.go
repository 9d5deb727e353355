package format

const (
	sctpHeaderLen = 12
	sctpChunkLen  = 4 // type, flags and length of a chunk
)

// sctp prints an SCTP packet (RFC 9260 section 3), every chunk of it.
func (p *Line) sctp(b, d []byte, length int, c *ipContext) []byte {
	switch {
	case length < sctpHeaderLen:
		b = appendInt(append(b, "truncated-sctp - "...), sctpHeaderLen-length)
		return append(b, " bytes missing!"...)
	case len(d) < sctpHeaderLen:
		return p.trunc(b, "sctp")
	}
	src, dst := be16(d, 0), be16(d, 2)
	b = p.addrPorts(b, c, c.next(), src, dst) // with the addresses, also behind other headers
	b = p.proto(b, "sctp")
	from, to := forcesPort(src), forcesPort(dst)
	b = append(append(b, from...), to...)
	isForces := from != "" || to != ""
	for d, length, n := d[sctpHeaderLen:], length-sctpHeaderLen, 1; length > 0; n++ {
		sep := ", ("
		if p.opts.Verbose > 1 {
			sep = "\n\t"
		} else if n == 1 {
			sep = " ("
		}
		if length < sctpChunkLen {
			b = appendInt(append(b, sep...), n)
			return append(b, ") [chunk descriptor cut off at end of packet]"...)
		}
		if len(d) < sctpChunkLen {
			return p.trunc(b, "sctp")
		}
		size := int(be16(d, 2))
		if size < sctpChunkLen {
			b = appendInt(append(b, sep...), n)
			b = appendInt(append(b, ") [Bad chunk length "...), size)
			return append(b, ", < size of chunk descriptor]"...)
		}
		if len(d) < size {
			return p.trunc(b, "sctp")
		}
		b = append(appendInt(append(b, sep...), n), ") "...)
		var ok bool
		if b, ok = p.sctpChunk(b, d, size, &isForces); !ok {
			return b
		}
		if size = (size + 3) &^ 3; len(d) < size {
			return p.trunc(b, "sctp")
		}
		d, length = d[size:], length-size
	}
	return b
}

// sctpChunk prints the chunk of size bytes that d begins with. It reports false to end the packet with it.
func (p *Line) sctpChunk(b, d []byte, size int, isForces *bool) ([]byte, bool) {
	kind, v := d[0], d[sctpChunkLen:size]
	b = append(b, '[')
	if name := sctpChunkName(kind); name != "" {
		b = append(b, name...)
	} else {
		b = appendHex(append(b, "Unknown chunk type: 0x"...), uint64(kind), 1)
	}
	b = append(b, "] "...)
	switch kind {
	case 0:
		return p.sctpData(b, d, size, isForces)
	case 1, 2:
		if len(v) < 16 {
			return sctpBogus(b, v)
		}
		b = appendDecimal(append(b, "[init tag: "...), uint64(be32(v, 0)))
		b = appendDecimal(append(b, "] [rwnd: "...), uint64(be32(v, 4)))
		b = appendInt(append(b, "] [OS: "...), int(be16(v, 8)))
		b = appendInt(append(b, "] [MIS: "...), int(be16(v, 10)))
		b = appendDecimal(append(b, "] [init TSN: "...), uint64(be32(v, 12)))
		b = append(b, "] "...)
	case 3:
		return sctpSack(b, v)
	}
	return b, true
}

// sctpBogus ends a packet with a chunk that is too short for its type.
func sctpBogus(b, v []byte) ([]byte, bool) {
	b = appendInt(append(b, "bogus chunk length "...), sctpChunkLen+len(v))
	return append(b, ']'), false
}

// sctpChunkName is the name of a type of chunk, or "".
func sctpChunkName(kind uint8) string {
	switch kind {
	case 0:
		return "DATA"
	case 1:
		return "INIT"
	case 2:
		return "INIT ACK"
	case 3:
		return "SACK"
	case 4:
		return "HB REQ"
	case 5:
		return "HB ACK"
	case 6:
		return "ABORT"
	case 7:
		return "SHUTDOWN"
	case 8:
		return "SHUTDOWN ACK"
	case 9:
		return "OP ERR"
	case 10:
		return "COOKIE ECHO"
	case 11:
		return "COOKIE ACK"
	case 12:
		return "ECN ECHO"
	case 13:
		return "ECN CWR"
	case 14:
		return "SHUTDOWN COMPLETE"
	case 0xc0:
		return "FOR CUM TSN"
	case 0xc1:
		return "REL CTRL"
	case 0xc2:
		return "REL CTRL ACK"
	}
	return ""
}

var (
	sctpDataFlags = []bitName{{0x04, "(U)"}, {0x02, "(B)"}, {0x01, "(E)"}}
	sctpPayloads  = [...]string{
		1: "ISDN Q.921", 2: "M2UA", 3: "M3UA", 4: "SUA", 5: "M2PA", 6: "V5.2", 7: "H.248", 8: "BICC", 9: "TALI", 10: "DUA", 11: "ASAP",
		12: "ENRP", 13: "H.323", 14: "Q.IPC", 15: "SIMCO", 16: "DDPSC", 17: "DDPSSC", 18: "S1AP", 19: "RUA", 20: "HNBAP", 21: "ForCES HP",
		22: "ForCES MP", 23: "ForCES LP", 24: "SBc-AP", 25: "NBAP", 27: "X2AP",
	}
)

// Payload protocol identifiers.
const (
	sctpM3UA     = 3 // MTP3 User Adaptation
	sctpForcesHP = 21
	sctpForcesLP = 23
)

// sctpData prints a piece of a message, and the message itself with -vv. Behind a chunk of ForCES all is taken for it, which
// isForces is set to remember.
func (p *Line) sctpData(b, d []byte, size int, isForces *bool) ([]byte, bool) {
	flags, v := d[1], d[sctpChunkLen:size]
	if flags&7 != 0 {
		b = append(appendBits(b, sctpDataFlags, uint32(flags), "", ""), ' ')
	}
	if len(v) < 12 {
		return sctpBogus(b, v)
	}
	b = appendDecimal(append(b, "[TSN: "...), uint64(be32(v, 0)))
	b = appendInt(append(b, "] [SID: "...), int(be16(v, 4)))
	b = append(appendInt(append(b, "] [SSEQ "...), int(be16(v, 6))), "] [PPID "...)
	proto := be32(v, 8)
	if proto < uint32(len(sctpPayloads)) && sctpPayloads[proto] != "" {
		b = append(b, sctpPayloads[proto]...)
	} else {
		b = appendHex(append(b, "0x"...), uint64(proto), 1)
	}
	b = append(b, "] "...)
	if v = v[12:]; len(v) == 0 {
		return append(b, "bogus chunk length 16]"...), false
	}
	if proto >= sctpForcesHP && proto <= sctpForcesLP {
		*isForces = true
	}
	if *isForces {
		return p.forces(b, d[size-len(v):], len(v)), true
	}
	if p.opts.Verbose < 2 {
		return b, true
	}
	if proto == sctpM3UA {
		return p.m3ua(b, v), true
	}
	at := len(b) + len("[Payload")
	if b = p.dump(append(b, "[Payload:"...), v); len(b) == at+1 {
		b = b[:at]
	}
	return append(b, ']'), true
}

// sctpSack prints a selective acknowledgement.
func sctpSack(b, v []byte) ([]byte, bool) {
	if len(v) < 12 {
		return sctpBogus(b, v)
	}
	ack, gaps, dups := be32(v, 0), int(be16(v, 8)), int(be16(v, 10))
	b = appendDecimal(append(b, "[cum ack "...), uint64(ack))
	b = appendDecimal(append(b, "] [a_rwnd "...), uint64(be32(v, 4)))
	b = appendInt(append(b, "] [#gap acks "...), gaps)
	b = append(appendInt(append(b, "] [#dup tsns "...), dups), "] "...)
	whole := v
	v = v[12:]
	for i := 0; i < gaps && len(v) > 0; i++ {
		if len(v) < 4 {
			return sctpBogus(b, whole)
		}
		b = appendInt(append(b, "\n\t\t[gap ack block #"...), i+1)
		b = appendDecimal(append(b, ": start = "...), uint64(ack+uint32(be16(v, 0))))
		b = appendDecimal(append(b, ", end = "...), uint64(ack+uint32(be16(v, 2))))
		b = append(b, "] "...)
		v = v[4:]
	}
	for i := 0; i < dups && len(v) > 0; i++ {
		if len(v) < 4 {
			return sctpBogus(b, whole)
		}
		b = appendInt(append(b, "\n\t\t[dup TSN #"...), i+1)
		b = append(appendDecimal(append(b, ": "...), uint64(be32(v, 0))), "] "...)
		v = v[4:]
	}
	return b, true
}

// m3uaClass says how the messages of a class of M3UA are called (RFC 4666 section 3.1).
type m3uaClass struct {
	name  string
	types []string
}

var m3uaClasses = [...]m3uaClass{
	0: {"Management", []string{"Error", "Notify"}},
	1: {"Transfer", []string{1: "Data"}},
	2: {"SS7", []string{
		1: "Destination Unavailable", 2: "Destination Available", 3: "Destination State Audit", 4: "Signalling Congestion",
		5: "Destination User Part Unavailable", 6: "Destination Restricted",
	}},
	3: {"ASP", []string{
		1: "Up", 2: "Down", 3: "Heartbeat", 4: "Up Acknowledgement", 5: "Down Acknowledgement", 6: "Heartbeat Acknowledgement",
	}},
	4: {"ASP", []string{1: "Active", 2: "Inactive", 3: "Active Acknowledgement", 4: "Inactive Acknowledgement"}},
	9: {"Routing Key Management", []string{
		1: "Registration Request", 2: "Registration Response", 3: "Deregistration Request", 4: "Deregistration Response",
	}},
}

// m3uaParameter is the name of a parameter, or "".
func m3uaParameter(t uint16) string {
	switch t {
	case 0x0004:
		return "INFO String"
	case 0x0006:
		return "Routing Context"
	case 0x0007:
		return "Diagnostic Info"
	case 0x0009:
		return "Heartbeat Data"
	case 0x000b:
		return "Traffic Mode Type"
	case 0x000c:
		return "Error Code"
	case 0x000d:
		return "Status"
	case 0x0011:
		return "ASP Identifier"
	case 0x0012:
		return "Affected Point Code"
	case 0x0013:
		return "Correlation ID"
	case 0x0200:
		return "Network Appearance"
	case 0x0204:
		return "User/Cause"
	case 0x0205:
		return "Congestion Indications"
	case 0x0206:
		return "Concerned Destination"
	case 0x0207:
		return "Routing Key"
	case 0x0208:
		return "Registration Result"
	case 0x0209:
		return "Deregistration Result"
	case 0x020a:
		return "Local Routing Key Identifier"
	case 0x020b:
		return "Destination Point Code"
	case 0x020c:
		return "Service Indicators"
	case 0x020e:
		return "Originating Point Code List"
	case 0x0210:
		return "Protocol Data"
	case 0x0212:
		return "Registration Status"
	case 0x0213:
		return "Deregistration Status"
	}
	return ""
}

// m3ua prints a message of MTP3 User Adaptation (RFC 4666), all of which was captured.
func (p *Line) m3ua(b, d []byte) []byte {
	if len(d) < 8 {
		return p.invalid(b)
	}
	if d[0] != 1 {
		return b
	}
	class, kind, size := int(d[2]), int(d[3]), be32(d, 4)
	if class >= len(m3uaClasses) || m3uaClasses[class].name == "" {
		b = appendInt(append(b, "\n\t\tUnknown message class "...), class)
	} else {
		b = append(append(append(b, "\n\t\t"...), m3uaClasses[class].name...), ' ')
		if types := m3uaClasses[class].types; kind < len(types) && types[kind] != "" {
			b = append(b, types[kind]...)
		} else {
			b = append(appendHexNumber(append(b, "Unknown ("...), uint64(kind), 2), ')')
		}
		b = append(b, " Message"...)
	}
	if uint64(size) != uint64(len(d)) {
		b = appendDecimal(append(b, "\n\t\t\t@@@@@@ Corrupted length "...), uint64(size))
		return append(b, " of message @@@@@@"...)
	}
	for d = d[8:]; len(d) > 0; {
		if len(d) < 4 {
			return p.invalid(b)
		}
		t, n := be16(d, 0), int(be16(d, 2))
		b = append(b, "\n\t\t\t"...)
		if name := m3uaParameter(t); name != "" {
			b = append(b, name...)
		} else {
			b = append(appendHexNumber(append(b, "Unknown Parameter ("...), uint64(t), 4), ')')
		}
		b = append(b, ": "...)
		if n < 4 {
			return p.invalid(b)
		}
		n = (n + 3) &^ 3
		if len(d) < n {
			return p.stop(b, "m3ua")
		}
		switch t {
		case 0x0013, 0x0006, 0x0200: // tcpdump looks for the number where the type is
			if be16(d, 2) < 8 {
				b = p.invalid(b)
			} else {
				b = appendHexNumber(b, uint64(be32(d, 0)), 8)
			}
		default:
			b = append(appendInt(append(b, "(length "...), int(be16(d, 2))), ')')
		}
		d = d[n:]
	}
	return b
}
