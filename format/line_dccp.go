package format

import "smoltcp/dissect"

const protoDCCP dissect.IPProto = 33

var dccpTypes = [16]string{
	"DCCP-Request", "DCCP-Response", "DCCP-Data", "DCCP-Ack", "DCCP-DataAck", "DCCP-CloseReq", "DCCP-Close", "DCCP-Reset", "DCCP-Sync",
	"DCCP-SyncAck",
}

var dccpResets = [12]string{
	"unspecified", "closed", "aborted", "no_connection", "packet_error", "option_error", "mandatory_error", "connection_refused",
	"bad_service_code", "too_busy", "bad_init_cookie", "aggression_penalty",
}

// dccp prints a packet of the Datagram Congestion Control Protocol (RFC 4340 section 5). Where it is cut short, tcpdump marks it
// and does not give up.
func (p *Line) dccp(b, d []byte, length int, c *ipContext) []byte {
	b = p.dccpPacket(b, d, length, c)
	p.stopped = false
	return b
}

func (p *Line) dccpPacket(b, d []byte, length int, c *ipContext) []byte {
	w := p.pen(b, "dccp")
	if len(d) < 12 {
		w.trunc()
		return w.b
	}
	long := d[8]&1 != 0
	fixed := 12
	if long {
		fixed = 16
	}
	if length < fixed {
		w.put("truncated-dccp - %d bytes missing!", fixed-length)
		return w.b
	}
	if len(d) < fixed {
		w.trunc()
		return w.b
	}
	w.b = p.addrPorts(w.b, c, protoDCCP, be16(d, 0), be16(d, 2))
	w.title("DCCP")
	w.text(" ")
	if p.opts.Quiet {
		offset := int(d[4]) * 4
		w.b = appendDecimal(w.b, uint64(uint32(length-offset)))
		if offset > length {
			w.put(" [bad hdr length %d - too long, > %d]", offset, length)
		}
		return w.b
	}
	if p.opts.Verbose > 0 {
		w.dccpChecksum(d, length, c)
	}
	kind, ackLen := int(d[8]>>1&15), 0
	extra := 0
	switch kind {
	case 0, 1, 7:
		extra = 4
	}
	if kind != 0 && kind != 2 && kind < 10 {
		ackLen = 8 // tcpdump wants so many also where short numbers need half of them
	}
	need := fixed + ackLen + extra
	if kind > 9 {
		need = fixed
	}
	name := dccpTypes[kind]
	if length < need {
		w.text("truncated-", name)
		w.put(" - %d bytes missing!", need-length)
		return w.b
	}
	w.dccpType(kind, from(d, fixed+ackLen))
	w.text(" ")
	if kind != 0 && kind != 2 {
		w.dccpAck(d, fixed, long)
	}
	if p.opts.Verbose < 2 {
		return w.b
	}
	w.text("seq ")
	if long {
		w.big(uint64(w.u16(d, 10))<<32 | uint64(be32(d, 12)))
	} else {
		w.put("%d", w.u24(d, 9))
	}
	w.dccpOptions(d, need, int(d[4])*4)
	return w.b
}

func (w *pen) dccpType(kind int, body []byte) {
	switch kind {
	case 0, 1:
		service := w.u32(body, 0)
		w.text(dccpTypes[kind])
		w.put(" (service=%d)", service)
	case 7:
		name := "invalid"
		if !w.has(body, 0, 4) {
			return
		}
		if v := int(body[0]); v < len(dccpResets) {
			name = dccpResets[v]
		}
		w.text("DCCP-Reset (code=", name, ")")
	default:
		if name := dccpTypes[kind]; name != "" {
			w.text(name)
		} else {
			w.put("unknown-type-%d", kind)
		}
	}
}

func (w *pen) dccpAck(d []byte, at int, long bool) {
	if long {
		if v := w.u64(d, at); !w.done {
			w.text("(ack=")
			w.big(v & (1<<48 - 1))
		}
	} else {
		v := w.u24(d, at+1)
		w.put("(ack=%d", v)
	}
	w.text(") ")
}

// dccpChecksum writes the counters of the header and the verdict on the checksum, which covers as much of the data as the sender wants.
func (w *pen) dccpChecksum(d []byte, length int, c *ipContext) {
	coverage, sum := int(d[5]&15), w.u16(d, 6)
	w.put("(CCVal %d, CsCov %d", int(d[5]>>4), coverage)
	if len(d) >= length {
		n := length
		if coverage > 0 {
			n = min(int(d[4])*4+(coverage-1)*4, length)
		}
		r := residue(c.pseudoHeader(protoDCCP, length).Add(d[:n]))
		w.put(", cksum 0x%04x ", sum)
		if r == 0 {
			w.text("(correct)")
		} else {
			w.put("(incorrect -> 0x%04x)", int(rightChecksum(uint16(sum), r)))
		}
	}
	w.text(") ")
}

var dccpOptionNames = map[int]string{
	0: "nop", 1: "mandatory", 2: "slowreceiver", 32: "change_l", 33: "confirm_l", 34: "change_r", 35: "confirm_r", 36: "initcookie",
	37: "ndp_count", 38: "ack_vector0", 39: "ack_vector1", 40: "data_dropped", 41: "timestamp", 42: "timestamp_echo",
	43: "elapsed_time", 44: "data_checksum",
}

var dccpFeatures = map[int]string{
	0: "reserved", 1: "ccid", 2: "allow_short_seqno", 3: "sequence_window", 4: "ecn_incapable", 5: "ack_ratio", 6: "send_ack_vector",
	7: "send_ndp_count", 8: "minimum checksum coverage", 9: "check data checksum",
}

// dccpOptions writes the options, from byte at to byte end.
func (w *pen) dccpOptions(d []byte, at, end int) {
	if end <= at {
		return
	}
	w.text(" <")
	for first := true; at < end && !w.done; first = false {
		if !first {
			w.text(", ")
		}
		n, ok := w.dccpOption(d, at, end-at)
		if !ok {
			break
		}
		at += n
	}
	w.text(">")
}

// dccpOption writes one option and gives its length. It reports false if there are no more.
func (w *pen) dccpOption(d []byte, at, left int) (int, bool) {
	t := w.u8(d, at)
	n := 1
	if t >= 32 {
		n = w.u8(d, at+1)
		if w.done {
			return 0, false
		}
		if n < 2 {
			w.dccpName(t)
			w.text(" optlen too short")
			return 0, false
		}
		if n <= left && len(d)-at < n {
			w.trunc()
			w.b = append(w.b, '>')
		}
	}
	if w.done {
		return 0, false
	}
	w.dccpName(t)
	if n > left {
		w.text(" optlen goes past header length")
		return 0, false
	}
	if t < 32 {
		return 1, true
	}
	v := from(d, at+2)
	size := n - 2
	switch {
	case t >= 128:
		switch size {
		case 4:
			w.put(" %d", w.u32(v, 0))
		case 2:
			w.put(" %d", w.u16(v, 0))
		}
	case t >= 32 && t <= 35:
		if n < 3 {
			w.text(" optlen too short")
			return n, true
		}
		feature := w.u8(v, 0)
		if name := dccpFeatures[feature]; name != "" {
			w.text(" ", name)
		} else if feature < 128 {
			w.text(" reserved")
		} else {
			w.text(" CCID-specific")
		}
		for i := 1; i < size && !w.done; i++ {
			w.put(" %d", w.u8(v, i))
		}
	case t == 36:
		if n > 3 {
			w.text(" 0x")
			w.digits(v, 0, size)
		}
	case t == 37:
		for i := 0; i < size && !w.done; i++ {
			w.put(" %d", w.u8(v, i))
		}
	case t == 38 || t == 39 || t == 40:
		w.text(" 0x")
		w.digits(v, 0, size)
	case t == 41:
		if n > 4 {
			w.put(" %d", w.u32(v, 0))
		} else {
			w.text(" [optlen != 6]")
		}
	case t == 42:
		switch n {
		case 6, 8, 10:
			w.put(" %d", w.u32(v, 0))
		default:
			w.text(" [optlen != 6 or 8 or 10]")
		}
	case t == 43:
		switch n {
		case 4:
			w.put(" %d", w.u16(v, 0))
		case 6:
			w.put(" %d", w.u32(v, 0))
		default:
			w.text(" [optlen != 4 or 6]")
		}
	case t == 44:
		if n > 2 {
			w.text(" ")
			w.digits(v, 0, size)
		}
	}
	return n, true
}

func (w *pen) dccpName(t int) {
	switch {
	case dccpOptionNames[t] != "":
		w.text(dccpOptionNames[t])
	case t >= 128:
		w.put("CCID option %d", t)
	default:
		w.put("Option %d", t)
	}
}
