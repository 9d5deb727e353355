package format

// PDUs of SNMP, as numbered by their tags (RFC 3416 section 3).
const (
	snmpGet      = 0
	snmpGetNext  = 1
	snmpResponse = 2
	snmpSet      = 3
	snmpTrap1    = 4
	snmpGetBulk  = 5
	snmpInform   = 6
	snmpTrap2    = 7
	snmpReport   = 8
)

// snmp prints an SNMP message. Its methods report false where the message cannot be read further.
func (p *Line) snmp(b, d []byte, length int, _ ipContext) []byte {
	d = clip(d, length)
	b, e, left, ok := p.berOuter(append(b, ' '), d[:len(d):len(d)], length)
	if !ok {
		return b
	}
	if e.kind != berSequence {
		return e.append(append(b, "[!init SEQ]"...))
	}
	b = appendExtra(b, left, "iSEQ")
	b, v, rest, ok := p.berElement(b, e.data)
	if !ok {
		return b
	}
	if v.kind != berInt {
		return v.append(append(b, "[version!=INT]"...))
	}
	version := int(int64(v.num))
	if version < 0 || version == 2 || version > 3 {
		return append(appendSigned(append(b, "SNMP [version = "...), version), ']')
	}
	b = p.snmpOpen(b, [...]string{"SNMPv1", "SNMPv2c", "", "SNMPv3"}[version])
	if version == 3 {
		b = p.snmp3(b, rest)
	} else {
		b = p.snmpCommunity(b, rest, version)
	}
	return p.snmpClose(b)
}

// snmpOpen and snmpClose print the brackets and words that only -v asks for.
func (p *Line) snmpOpen(b []byte, word string) []byte {
	if p.opts.Verbose == 0 {
		return b
	}
	b = append(b, "{ "...)
	if word != "" {
		b = append(append(b, word...), ' ')
	}
	return b
}

func (p *Line) snmpClose(b []byte) []byte {
	if p.opts.Verbose == 0 || p.stopped {
		return b
	}
	return append(b, "} "...)
}

// appendExtra says that there are bytes behind an element that should be the last.
func appendExtra(b []byte, n int, what string) []byte {
	if n <= 0 {
		return b
	}
	b = append(appendInt(append(b, '['), n), " extra after "...)
	return append(append(b, what...), ']')
}

// snmpWant reads an element that must be of a kind, and says so if it is of another.
func (p *Line) snmpWant(b, d []byte, kind berKind, complaint string) (_ []byte, e berElement, rest []byte, ok bool) {
	b, e, rest, ok = p.berElement(b, d)
	if ok && e.kind != kind {
		return e.append(append(b, complaint...)), e, rest, false
	}
	return b, e, rest, ok
}

// snmpCommunity prints what follows the version of SNMPv1 and v2c: a community, unless it is the usual one, and a PDU.
func (p *Line) snmpCommunity(b, d []byte, version int) []byte {
	b, e, d, ok := p.snmpWant(b, d, berString, "[comm!=STR]")
	if !ok {
		return b
	}
	if string(e.data) != "public" {
		b = append(e.append(append(b, "C="...)), ' ')
	}
	return p.snmpPDU(b, d, version)
}

func (p *Line) snmpPDU(b, d []byte, version int) []byte {
	b, e, rest, ok := p.berElement(b, d)
	if !ok {
		return b
	}
	if e.kind != berPDU {
		return append(b, "[no PDU]"...)
	}
	b = appendExtra(b, len(rest), "PDU")
	b = append(e.append(p.snmpOpen(b, "")), ' ')
	switch {
	case version == 0 && e.id >= snmpGetBulk:
		return append(b, "[v2 PDU in v1 message]"...)
	case version == 1 && e.id == snmpTrap1:
		return append(b, "[v1 PDU in v2 message]"...)
	case e.id == snmpTrap1:
		b = p.snmpTrap(b, e.data)
	default:
		b = p.snmpRequest(b, e.data, e.id)
	}
	if p.opts.Verbose > 0 && !p.stopped {
		b = append(b, " } "...)
	}
	return b
}

// snmpRequest prints the body of any PDU but a trap of version 1.
func (p *Line) snmpRequest(b, d []byte, pdu int) []byte {
	b, e, d, ok := p.snmpWant(b, d, berInt, "[reqId!=INT]")
	if !ok {
		return b
	}
	if p.opts.Verbose > 0 {
		b = append(appendSigned(append(b, "R="...), int(int64(e.num))), ' ')
	}
	if b, e, d, ok = p.snmpWant(b, d, berInt, "[errorStatus!=INT]"); !ok {
		return b
	}
	status, failed := int(int64(e.num)), false
	asks := pdu != snmpResponse && pdu != snmpGetBulk
	switch {
	case pdu == snmpGetBulk:
		b = appendSigned(append(b, " N="...), status)
	case status == 0:
	case asks:
		b = append(appendSNMPError(append(b, "[errorStatus("...), status), ")!=0]"...)
	default:
		b, failed = appendSNMPError(append(b, ' '), status), true
	}
	if b, e, d, ok = p.snmpWant(b, d, berInt, "[errorIndex!=INT]"); !ok {
		return b
	}
	index := int(int64(e.num))
	switch {
	case pdu == snmpGetBulk:
		b = appendSigned(append(b, " M="...), index)
	case index == 0:
		if failed {
			b = append(b, "[errorIndex==0]"...)
		}
	case asks:
		b = append(appendSigned(append(b, "[errorIndex("...), index), ")!=0]"...)
	case !failed:
		b = append(appendSigned(append(b, "[errorIndex("...), index), ") w/o errorStatus]"...)
	default:
		b = appendSigned(append(b, '@'), index)
	}
	return p.snmpBindings(b, d, pdu)
}

func appendSNMPError(b []byte, v int) []byte {
	if v >= 0 && v < len(snmpErrorText) {
		return append(b, snmpErrorText[v]...)
	}
	return appendDecimal(append(b, "err="...), uint64(uint32(v)))
}

var snmpErrorText = [...]string{
	"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength", "wrongEncoding", "wrongValue",
	"noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed", "authorizationError", "notWritable",
	"inconsistentName",
}

// snmpBindings prints variables and their values.
func (p *Line) snmpBindings(b, d []byte, pdu int) []byte {
	b, list, rest, ok := p.snmpWant(b, d, berSequence, "[!SEQ of varbind]")
	if !ok {
		return b
	}
	b = appendExtra(b, len(rest), "SEQ of varbind")
	asks := pdu == snmpGet || pdu == snmpGetNext || pdu == snmpGetBulk
	for d = list.data; len(d) > 0; {
		var e berElement
		if b, e, d, ok = p.snmpWant(append(b, ' '), d, berSequence, "[!varbind]"); !ok {
			return b
		}
		var v []byte
		if b, e, v, ok = p.snmpWant(b, e.data, berOID, "[objName!=OID]"); !ok {
			return b
		}
		b = e.append(b)
		if !asks {
			b = append(b, '=')
		}
		if b, e, _, ok = p.berElement(b, v); !ok {
			return b
		}
		if asks && e.kind != berNull {
			b = append(b, "[objVal!=NULL]"...)
		}
		b = e.append(b)
	}
	return b
}

// snmpTrap prints the body of a trap of version 1 (RFC 1157 section 4.1.6).
func (p *Line) snmpTrap(b, d []byte) []byte {
	b, e, d, ok := p.snmpWant(append(b, ' '), d, berOID, "[enterprise!=OID]")
	if !ok {
		return b
	}
	b = append(e.append(b), ' ')
	if b, e, d, ok = p.snmpWant(b, d, berAddr, "[agent-addr!=INETADDR]"); !ok {
		return b
	}
	b = e.append(b)
	if b, e, d, ok = p.snmpWant(b, d, berInt, "[generic-trap!=INT]"); !ok {
		return b
	}
	generic := int(int64(e.num))
	b = append(b, ' ')
	if generic >= 0 && generic < len(snmpTrapText) {
		b = append(b, snmpTrapText[generic]...)
	} else {
		b = appendSigned(append(b, "gt="...), generic)
	}
	if b, e, d, ok = p.snmpWant(b, d, berInt, "[specific-trap!=INT]"); !ok {
		return b
	}
	specific := int(int64(e.num))
	if generic == 6 {
		b = appendSigned(append(b, " s="...), specific)
	} else if specific != 0 {
		b = append(appendSigned(append(b, "[specific-trap("...), specific), ")!=0]"...)
	}
	b = append(b, ' ')
	if b, e, d, ok = p.snmpWant(b, d, berUint, "[time-stamp!=TIMETICKS]"); !ok {
		return b
	}
	b = e.append(b)
	return p.snmpBindings(b, d, snmpTrap1)
}

var snmpTrapText = [...]string{
	"coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss", "enterpriseSpecific",
}

// snmp3 prints what follows the version of SNMPv3 (RFC 3412 section 6).
func (p *Line) snmp3(b, d []byte) []byte {
	b, head, rest, ok := p.snmpWant(b, d, berSequence, "[!message]")
	if !ok {
		return b
	}
	b = p.snmpOpen(b, "")
	b, _, h, ok := p.snmpWant(b, head.data, berInt, "[msgID!=INT]")
	if !ok {
		return b
	}
	if b, _, h, ok = p.snmpWant(b, h, berInt, "[msgMaxSize!=INT]"); !ok {
		return b
	}
	b, e, h, ok := p.snmpWant(b, h, berString, "[msgFlags!=STR]")
	if !ok {
		return b
	}
	if len(e.data) != 1 {
		return append(appendInt(append(b, "[msgFlags size "...), len(e.data)), ']')
	}
	flags := e.data[0]
	switch flags {
	case 0, 1, 3, 4, 5, 7:
	default:
		const digits = "0123456789ABCDEF"
		return append(append(b, "[msgFlags=0x"...), digits[flags>>4], digits[flags&15], ']')
	}
	b = append(b, "F="...)
	for i, c := range []byte("apr") {
		if flags>>i&1 != 0 {
			b = append(b, c)
		}
	}
	b = append(b, ' ')
	last := len(h)
	if b, e, h, ok = p.snmpWant(b, h, berInt, "[msgSecurityModel!=INT]"); !ok {
		return b
	}
	// tcpdump counts what is left without the model once more, and goes on behind the model, not behind the header.
	last -= len(h)
	b = p.snmpClose(appendExtra(b, len(h)-last, "message SEQ"))
	model := int(int64(e.num))
	d = d[len(d)-len(rest)-len(h):]
	if model != 3 {
		return append(appendSigned(append(b, "[security model "...), model), ']')
	}
	if b, e, d, ok = p.snmpWant(p.snmpOpen(b, "USM"), d, berString, "[msgSecurityParameters!=STR]"); !ok {
		return b
	}
	b = p.snmpClose(p.snmpUSM(b, e.data))
	return p.snmpClose(p.snmpScoped(p.snmpOpen(b, "ScopedPDU"), d))
}

// snmpUSM prints the parameters of the User-based Security Model (RFC 3414 section 2.4).
func (p *Line) snmpUSM(b, d []byte) []byte {
	b, list, _, ok := p.snmpWant(b, d, berSequence, "[!usm]")
	if !ok {
		return b
	}
	b, _, d, ok = p.snmpWant(b, list.data, berString, "[msgAuthoritativeEngineID!=STR]")
	if !ok {
		return b
	}
	var e berElement
	for _, f := range [...]struct{ label, complaint string }{
		{"B=", "[msgAuthoritativeEngineBoots!=INT]"}, {"T=", "[msgAuthoritativeEngineTime!=INT]"},
	} {
		if b, e, d, ok = p.snmpWant(b, d, berInt, f.complaint); !ok {
			return b
		}
		if p.opts.Verbose > 0 {
			b = append(appendSigned(append(b, f.label...), int(int64(e.num))), ' ')
		}
	}
	if b, e, d, ok = p.snmpWant(b, d, berString, "[msgUserName!=STR]"); !ok {
		return b
	}
	b = append(e.append(append(b, "U="...)), ' ')
	if b, _, d, ok = p.snmpWant(b, d, berString, "[msgAuthenticationParameters!=STR]"); !ok {
		return b
	}
	last := len(d)
	if b, _, d, ok = p.snmpWant(b, d, berString, "[msgPrivacyParameters!=STR]"); !ok {
		return b
	}
	last -= len(d) // see snmp3
	return appendExtra(b, len(d)-last, "usm SEQ")
}

// snmpScoped prints a PDU and the context that it is about.
func (p *Line) snmpScoped(b, d []byte) []byte {
	b, list, _, ok := p.snmpWant(b, d, berSequence, "[!scoped PDU]")
	if !ok {
		return b
	}
	b, e, d, ok := p.snmpWant(b, list.data, berString, "[contextEngineID!=STR]")
	if !ok {
		return b
	}
	b = append(e.appendOctets(append(b, "E="...)), ' ')
	if b, e, d, ok = p.snmpWant(b, d, berString, "[contextName!=STR]"); !ok {
		return b
	}
	b = append(e.append(append(b, "C="...)), ' ')
	return p.snmpPDU(b, d, 3)
}
