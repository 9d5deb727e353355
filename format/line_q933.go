package format

// Information elements of Q.933's local management, which Q.931's codeset 5 has as ANSI numbered them (T1.617 annex D).
const (
	ansiReport  = 0x01
	ansiVerify  = 0x03
	ansiStatus  = 0x07
	ccittReport = 0x51
	ccittVerify = 0x53
	ccittStatus = 0x57
)

var q933Messages = map[uint8]string{
	0x00: "ESC to National", 0x01: "Alerting", 0x02: "Call proceeding", 0x03: "Progress", 0x05: "Setup", 0x07: "Connect",
	0x0f: "Connect ACK", 0x45: "Disconnect", 0x4d: "Release", 0x5a: "Release Complete", 0x46: "Restart", 0x4e: "Restart ACK",
	0x7d: "Status Reply", 0x75: "Status Enquiry",
}

var q933Elements = map[uint8]string{
	ansiReport: "ANSI Report Type", ansiVerify: "ANSI Link Verify", ansiStatus: "ANSI PVC Status",
	ccittReport: "CCITT Report Type", ccittVerify: "CCITT Link Verify", ccittStatus: "CCITT PVC Status",
}

// q933 prints a message of frame relay's signalling.
func (p *Line) q933(b, d []byte, length int) []byte {
	total := length
	if !p.opts.LinkHeader {
		b = append(b, "Q.933, "...)
	}
	cut := func() []byte { return p.trunc(b, "q.933") }
	if length == 0 || len(d) == 0 {
		b = appendInt(append(b, "length "...), total)
		return cut()
	}
	n := int(d[0] & 15)
	d, length = d[1:], length-1
	if length < n+1 || len(d) < n+1 {
		b = appendInt(append(b, "length "...), total)
		return cut()
	}
	reference := d[:n]
	message := d[n]
	d, length = d[n+1:], length-n-1
	codeset := 0
	standard := "CCITT"
	if length > 0 {
		if len(d) == 0 {
			b = appendInt(append(b, "length "...), total)
			return cut()
		}
		if d[0]&0xf0 == 0x90 { // a shift
			codeset = int(d[0] & 7)
			if d[0] == 0x95 {
				standard = "ANSI"
			}
			d, length = d[1:], length-1
		}
	}
	b = appendInt(append(append(b, standard...), ", codeset "...), codeset)
	b = append(b, ", "...)
	if n > 0 {
		b = append(appendHexBytes(append(b, "Call Ref: 0x"...), reference), ", "...)
	}
	name, known := q933Messages[message]
	switch {
	case p.opts.Verbose > 0:
		if !known {
			name = "unknown message"
		}
		b = appendHexNumber(append(append(b, name...), " ("...), uint64(message), 2)
		b = appendInt(append(b, "), length "...), total)
	case known:
		b = append(b, name...)
	default:
		b = appendHexNumber(append(b, "unknown message "...), uint64(message), 2)
	}
	whole := true
	for length > 0 && whole {
		if length > 1 && len(d) > 1 && d[0]&0x80 == 0 && (d[0] == 0 || d[1] == 0) { // the end of them, for tcpdump
			if p.opts.Verbose > 0 {
				b = p.q933Name(b, d[0], int(d[1]), codeset)
			}
			return b
		}
		b, d, length, whole = p.q933Element(b, d, length, codeset)
	}
	if p.opts.Verbose == 0 {
		b = appendInt(append(b, ", length "...), total)
	}
	if !whole {
		return cut()
	}
	return b
}

// q933Element prints one information element and gives what follows it.
func (p *Line) q933Element(b, d []byte, length, codeset int) ([]byte, []byte, int, bool) {
	if len(d) == 0 {
		return b, d, length, false
	}
	id := d[0]
	if id&0x80 != 0 { // of a single byte
		return b, d[1:], length - 1, true
	}
	if length < 2 || len(d) < 2 {
		return b, d, length, false
	}
	n := int(d[1])
	if p.opts.Verbose > 0 {
		b = p.q933Name(b, id, n, codeset)
	}
	if length < 2+n || len(d) < 2+n {
		return b, d, length, false
	}
	v := d[2 : 2+n]
	known := false
	if codeset == 0 || codeset == 5 {
		b, known = p.q933Value(b, id, v)
	}
	switch {
	case p.opts.Verbose > 0 && !known:
		b = appendIndentedHex(b, "\n\t", v)
	case p.opts.Verbose > 1 && n > 0:
		b = appendIndentedHex(b, "\n\t  ", v)
	}
	return b, d[2+n:], length - 2 - n, true
}

func (p *Line) q933Name(b []byte, id uint8, n, codeset int) []byte {
	name := q933Elements[id]
	if codeset != 0 && codeset != 5 || name == "" {
		name = "unknown"
	}
	b = appendHexNumber(append(append(append(b, "\n\t"...), name...), " IE ("...), uint64(id), 2)
	return append(appendInt(append(b, "), length "...), n), ": "...)
}

// q933Value prints what an element of local management says, and reports whether it is one.
func (p *Line) q933Value(b []byte, id uint8, v []byte) ([]byte, bool) {
	switch id {
	case ansiReport, ccittReport:
		if len(v) < 1 {
			return b, false
		}
		if p.opts.Verbose > 0 {
			name := "unknown"
			if int(v[0]) < 3 {
				name = [...]string{"Full Status", "Link verify", "Async PVC Status"}[v[0]]
			}
			b = appendInt(append(append(b, name...), " ("...), int(v[0]))
			b = append(b, ')')
		}
		return b, true
	case ansiVerify, ccittVerify:
		if p.opts.Verbose == 0 {
			b = append(b, ", "...)
		}
		if len(v) != 2 {
			return append(b, "Invalid LINK VERIFY IE"...), true
		}
		b = appendBlanked(append(b, "TX Seq: "...), int(v[0]), 3)
		return appendBlanked(append(b, ", RX Seq: "...), int(v[1]), 3), true
	case ansiStatus, ccittStatus:
		if p.opts.Verbose == 0 {
			b = append(b, ", "...)
		}
		return appendPVCStatus(b, v), true
	}
	return b, false
}

// appendPVCStatus appends the address of a virtual circuit and how it is. In the address, the high bit of each byte but the last is
// clear, and that of the status is set.
func appendPVCStatus(b, v []byte) []byte {
	n := len(v)
	ok := n >= 3 && n <= 5 && v[0]&0x80 == 0 && v[n-1]&0x80 != 0 && v[n-2]&0x80 != 0
	for i := 1; ok && i < n-2; i++ {
		ok = v[i]&0x80 == 0
	}
	if !ok {
		return append(b, "Invalid DLCI in PVC STATUS IE"...)
	}
	dlci := uint64(v[0]&0x3f)<<4 | uint64(v[1]&0x78)>>3
	switch n {
	case 4:
		dlci = dlci<<6 | uint64(v[2]&0x7e)>>1
	case 5:
		dlci = dlci<<13 | uint64(v[2]&0x7f) | uint64(v[3]&0x7e)>>1
	}
	b = appendDecimal(append(b, "DLCI "...), dlci)
	b = append(b, ": status "...)
	if v[n-1]&0x08 != 0 {
		b = append(b, "New, "...)
	}
	if v[n-1]&0x02 != 0 {
		return append(b, "Active"...)
	}
	return append(b, "Inactive"...)
}
