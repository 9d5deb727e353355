package format

const (
	forcesHeaderLen = 24
	forcesTLVLen    = 4
	forcesCodeLen   = 4  // the result of an association, or the reason of its end
	forcesSelectLen = 12 // class and instance of a logical function block, and the header of an operation

	forcesAssociationSetup    = 1
	forcesAssociationTeardown = 2
	forcesPacketRedirect      = 6
	forcesHeartbeat           = 15
	forcesAssociationResponse = 17
	forcesReserved            = 18
)

var (
	forcesTypes = [...]string{
		1: "Association Setup", 2: "Association TearDown", 3: "Config", 4: "Query", 5: "Event Notification", 6: "Packet Redirect",
		15: "HeartBeat", 17: "Association Response", 18: "", 19: "Config Response", 20: "Query Response",
	}
	forcesAcks         = [...]string{"NoACK", "SuccessACK", "FailureACK", "AlwaysACK"}
	forcesModes        = [...]string{"EMReserved", "execute-all-or-none", "execute-until-failure", "continue-execute-on-failure"}
	forcesAtomic       = [...]string{"Standalone", "2PCtransaction"}
	forcesPhases       = [...]string{"StartofTransaction", "MiddleofTransaction", "EndofTransaction", "abort"}
	forcesAssociations = [...]string{"Success", "FE ID invalid", "permission denied", "Unknown"}
	forcesTeardowns    = [...]string{"Normal Teardown", "Loss of Heartbeats", "Out of bandwidth", "Out of Memory", "Application Crash"}
)

// forcesTLV is the name of a TLV, or "" where there is no such type.
func forcesTLV(t uint16) string {
	switch t {
	case 0x0001:
		return "REDIRECT"
	case 0x0010:
		return "ASResult"
	case 0x0011:
		return "ASTreason"
	case 0x0110:
		return "PATH-DATA"
	case 0x0111:
		return "KEYINFO"
	case 0x0112:
		return "FULLDATA"
	case 0x0113:
		return "SPARSEDATA"
	case 0x0114:
		return "RESULT"
	case 0x0115:
		return "METADATA"
	case 0x0116:
		return "REDIRECTDATA"
	case 0x1000:
		return "LFBselect"
	}
	return ""
}

// forcesPort is the name of the ForCES channel a port of SCTP is for, or "".
func forcesPort(port uint16) string {
	switch port {
	case 6704:
		return "[ForCES HP]"
	case 6705:
		return "[ForCES MP]"
	case 6706:
		return "[ForCES LP]"
	}
	return ""
}

// forces prints a ForCES message (RFC 5810 section 6): its header and the frame of the TLVs behind it.
// It is the first length bytes of d, which goes on to the end of the packet.
func (p *Line) forces(b, d []byte, length int) []byte {
	if len(d) < forcesHeaderLen {
		return p.trunc(b, "forces")
	}
	kind, size, flags := int(d[1]), 4*int(be16(d, 2)), be32(d, 20)
	d = d[:length]
	if kind != forcesReserved && (kind >= len(forcesTypes) || forcesTypes[kind] == "") {
		b = append(appendInt(append(b, "Invalid ForCES message type "...), kind), '\n')
		return forcesDump(b, d)
	}
	if kind == forcesReserved {
		return forcesDump(appendHex(append(b, "\n\tUnknown ForCES message type=0x"...), uint64(kind), 1), d)
	}
	b = append(append(append(b, "\n\tForCES "...), forcesTypes[kind]...), ' ')
	if size < forcesHeaderLen || size != len(d) {
		b = appendInt(append(b, "Illegal ForCES pkt len - min 24, total recvd "...), len(d))
		return forcesDump(append(appendInt(append(b, ", advertised "...), size), ' '), d)
	}
	if p.opts.Verbose > 0 {
		b = appendInt(append(b, "\n\tForCES Version "...), int(d[0]>>4))
		b = appendInt(append(b, " len "...), size)
		b = appendHex(append(b, "B flags 0x"...), uint64(flags), 8)
		b = appendForcesID(append(b, " \n\tSrcID "...), be32(d, 4))
		b = appendForcesID(append(b, " DstID "...), be32(d, 8))
		b = appendHex(append(b, " Correlator 0x"...), uint64(be32(d, 12))<<32|uint64(be32(d, 16)), 1)
	}
	if p.opts.Verbose > 1 {
		b = appendForcesFlags(b, flags)
	}
	return p.forcesTLVs(b, d, kind)
}

func appendForcesID(b []byte, id uint32) []byte {
	b = appendHex(append(b, "0x"...), uint64(id), 1)
	switch {
	case id == 1<<32-1:
		return append(b, "(AllBroadcast)"...)
	case id>>30 == 0:
		return append(b, "(FE)"...)
	case id>>30 == 1:
		return append(b, "(CE)"...)
	case id>>30 == 2:
		return append(b, "(ForCESreserved)"...)
	}
	return append(b, "(AllMulticast)"...)
}

func appendForcesFlags(b []byte, flags uint32) []byte {
	b = appendForcesFlag(append(b, "\n\tForCES flags:\n\t  "...), forcesAcks[:], flags>>30)
	b = appendInt(append(b, ", prio="...), int(flags>>27&7))
	b = appendForcesFlag(append(b, ", "...), forcesModes[:], flags>>22&3)
	b = appendForcesFlag(append(b, ",\n\t  "...), forcesAtomic[:], flags>>21&1)
	b = appendForcesFlag(append(b, ", "...), forcesPhases[:], flags>>19&3)
	b = appendHex(append(b, "\n\t  Extra flags: rsv(b5-7) 0x"...), uint64(flags>>24&7), 1)
	return append(appendHex(append(b, " rsv(b13-31) 0x"...), uint64(flags&(1<<19-1)), 1), '\n')
}

func appendForcesFlag(b []byte, names []string, v uint32) []byte {
	return append(appendHex(append(append(b, names[v]...), "(0x"...), uint64(v), 1), ')')
}

// forcesTLVs prints the TLVs of message d: what is wrong with them, and what they are with -vvv.
func (p *Line) forcesTLVs(b, d []byte, kind int) []byte {
	v := d[forcesHeaderLen:]
	switch {
	case kind == forcesHeartbeat:
		if len(v) > forcesTLVLen {
			return forcesDump(append(b, "<0x1>Illegal Top level TLV!\n"...), d)
		}
		return b
	case len(v) <= forcesTLVLen:
		if kind != forcesAssociationSetup {
			return forcesDump(append(b, "\tTop level TLV Data missing!\n"...), d)
		}
		return b
	}
	one := kind == forcesAssociationTeardown || kind == forcesAssociationResponse
	for n := 0; len(v) >= forcesTLVLen; n++ {
		t, size := be16(v, 0), int(be16(v, 2))
		if size < forcesTLVLen || size > len(v) || one && n > 0 {
			b = appendInt(append(b, "\tMess TopTLV header: min 4, total "...), len(v))
			return forcesDump(append(appendInt(append(b, " advertised "...), size), ' '), d)
		}
		name := forcesTLV(t)
		if name == "" {
			return forcesDump(appendHex(append(b, "\n\tInvalid ForCES Top TLV type=0x"...), uint64(t), 1), d)
		}
		if p.opts.Verbose > 2 {
			b = appendInt(append(append(append(b, '\t'), name...), " TLV, length "...), size)
			b = append(appendInt(append(b, " (data length "...), size-forcesTLVLen), " Bytes)"...)
		}
		var ok bool
		if b, ok = p.forcesValue(b, v[forcesTLVLen:size], kind); !ok {
			return forcesDump(b, d)
		}
		v = v[min((size+3)&^3, len(v)):]
	}
	return b
}

// forcesValue prints the value of a TLV in a message of a kind. It reports false to end the message with its dump.
func (p *Line) forcesValue(b, v []byte, kind int) ([]byte, bool) {
	switch {
	case kind == forcesAssociationTeardown:
		return p.forcesCode(b, v, "illegal ASTresult", 256)
	case kind == forcesAssociationResponse:
		return p.forcesCode(b, v, "illegal ASRresult", len(forcesAssociations))
	case kind == forcesPacketRedirect:
		if len(v) <= 2*forcesTLVLen {
			b = appendInt(append(b, "\n\t\ttruncated Redirect TLV: "...), 2*forcesTLVLen-len(v))
			return append(b, " bytes missing! "...), false
		}
	case len(v) <= forcesSelectLen:
		b = appendInt(append(b, "\n\t\ttruncated lfb selector: "...), forcesSelectLen-len(v))
		return append(b, " bytes missing! "...), false
	}
	return b, true
}

// forcesCode prints a value that is one number, which is to be less than limit.
func (p *Line) forcesCode(b, v []byte, illegal string, limit int) ([]byte, bool) {
	if len(v) != forcesCodeLen {
		return append(appendInt(append(append(b, illegal...), "-TLV: "...), len(v)), " bytes!\n"...), false
	}
	code := be32(v, 0)
	if code >= uint32(limit) {
		return append(appendDecimal(append(append(b, illegal...), " result code: "...), uint64(code)), "!\n"...), false
	}
	if p.opts.Verbose < 3 {
		return b, true
	}
	const indent = "\n         "
	switch {
	case limit == len(forcesAssociations):
		b = append(append(append(b, indent...), forcesAssociations[code]...), " ("...)
	case code < uint32(len(forcesTeardowns)):
		b = append(append(append(append(b, "Teardown reason:"...), indent...), forcesTeardowns[code]...), '(')
	default:
		b = append(append(append(b, "Teardown reason:"...), indent...), "Unknown Teardown reason("...)
	}
	b = append(appendHex(b, uint64(code), 1), ')')
	return append(b, indent...), true
}

// forcesDump ends a message that cannot be read with all its bytes.
func forcesDump(b, d []byte) []byte {
	return append(appendIndentedHex(b, "\n\t[", d), "\n\t]"...)
}
