package format

// Bits of the first two bytes of an L2TP packet, and of an attribute (RFC 2661 sections 3.1 and 4.1).
const (
	l2tpControl  = 0x8000
	l2tpLength   = 0x4000
	l2tpSequence = 0x0800
	l2tpOffset   = 0x0200
	l2tpVersion2 = 2

	l2tpMandatory = 0x8000
	l2tpHidden    = 0x4000
	l2tpAVPLen    = 6
)

// l2tpFlags are the letters of the bits.
var l2tpFlags = []bitName{{l2tpControl, "T"}, {l2tpLength, "L"}, {l2tpSequence, "S"}, {l2tpOffset, "O"}, {0x0100, "P"}}

// l2tp prints a packet of the Layer Two Tunneling Protocol, version 2.
func (p *Line) l2tp(b, d []byte, length int, _ ipContext) []byte {
	if length < 6 || len(d) < 2 {
		return p.stop(b, "l2tp")
	}
	flags := be16(d, 0)
	switch flags & 15 {
	case 1:
		return append(b, " l2f:"...)
	case l2tpVersion2:
	default:
		return append(b, " Unknown Version, neither L2F(1) nor L2TP(2)"...)
	}
	b = append(append(b, ' '), "l2tp:["...)
	b = append(appendBits(b, l2tpFlags, uint32(flags), "", ""), ']')
	at, size := 2, 0
	next := func() (int, bool) {
		if at += 2; len(d) < at {
			return 0, false
		}
		return int(be16(d, at-2)), true
	}
	ok := true
	if flags&l2tpLength != 0 {
		if size, ok = next(); !ok {
			return p.stop(b, "l2tp")
		}
	}
	v, ok := next()
	if !ok {
		return p.stop(b, "l2tp")
	}
	b = append(appendInt(append(b, '('), v), '/')
	if v, ok = next(); !ok {
		return p.stop(b, "l2tp")
	}
	b = append(appendInt(b, v), ')')
	if flags&l2tpSequence != 0 {
		if v, ok = next(); !ok {
			return p.stop(b, "l2tp")
		}
		b = append(appendInt(append(b, "Ns="...), v), ',')
		if v, ok = next(); !ok {
			return p.stop(b, "l2tp")
		}
		b = appendInt(append(b, "Nr="...), v)
	}
	if flags&l2tpOffset != 0 {
		if v, ok = next(); !ok {
			return p.stop(b, "l2tp")
		}
		if at += v; len(d) < at {
			return p.stop(b, "l2tp")
		}
	}
	if flags&l2tpLength != 0 {
		switch {
		case length < size:
			return append(appendInt(append(b, " Length "...), size), " larger than packet"...)
		case size < at:
			return append(appendInt(append(b, " Length "...), size), " smaller than header length"...)
		}
	} else if length < at {
		return p.stop(b, "l2tp")
	}
	if flags&l2tpControl != 0 {
		if size == 0 {
			return append(b, " No length"...)
		}
		if size == at {
			return append(b, " ZLB"...)
		}
		return p.l2tpAVPs(b, from(d, at), size-at)
	}
	b, ok = p.enter(append(b, " {"...))
	if !ok {
		return b
	}
	if flags&l2tpLength != 0 {
		length = size
	}
	b = p.ppp(b, from(d, at), length-at)
	p.leave()
	if p.stopped {
		return b
	}
	return append(b, '}')
}

// l2tpAVPs prints length bytes of attributes.
func (p *Line) l2tpAVPs(b, d []byte, length int) []byte {
	for length > 0 {
		b = append(b, ' ')
		if len(d) < 2 {
			return p.trunc(b, "l2tp")
		}
		word := be16(d, 0)
		size := int(word & 0x3ff)
		if size < l2tpAVPLen || size > length || size > len(d) {
			return p.trunc(b, "l2tp")
		}
		if word&l2tpMandatory != 0 {
			b = append(b, '*')
		}
		hidden := word&l2tpHidden != 0
		if hidden {
			b = append(b, '?')
		}
		vendor, kind, v := be16(d, 2), be16(d, 4), d[l2tpAVPLen:size]
		if vendor != 0 {
			b = appendHex(append(b, "VENDOR"...), uint64(vendor), 4)
			b = appendHex(append(b, ":ATTR"...), uint64(kind), 4)
		} else if int(kind) < len(l2tpAVPText) && l2tpAVPText[kind].name != "" {
			b = append(b, l2tpAVPText[kind].name...)
		} else {
			b = appendInt(append(b, "AVP-#"...), int(kind))
		}
		b = append(b, '(')
		switch {
		case hidden && vendor == 0:
			b = append(b, "???"...)
		case vendor != 0:
			b = appendHexBytes(b, v)
		case int(kind) < len(l2tpAVPText):
			b = appendL2TPValue(b, int(kind), v)
		}
		b = append(b, ')')
		d, length = d[size:], length-size
	}
	return b
}

// l2tpAVPText is what tcpdump calls the attributes, and the form of their data: s, l a number, x bytes, a text, o the
// name alone and $ one of its own. With less than min bytes one is too short.
var l2tpAVPText = [...]struct {
	name string
	form byte
	min  int
}{
	0: {"MSGTYPE", '$', 2}, 1: {"RESULT_CODE", '$', 2}, 2: {"PROTO_VER", '$', 2}, 3: {"FRAMING_CAP", '$', 4}, 4: {"BEARER_CAP", '$', 4},
	5: {"TIE_BREAKER", 'x', 8}, 6: {"FIRM_VER", 's', 2}, 7: {"HOST_NAME", 'a', 0}, 8: {"VENDOR_NAME", 'a', 0}, 9: {"ASSND_TUN_ID", 's', 2},
	10: {"RECV_WIN_SIZE", 's', 2}, 11: {"CHALLENGE", 'x', 0}, 12: {"Q931_CC", '$', 3}, 13: {"CHALLENGE_RESP", 'x', 16},
	14: {"ASSND_SESS_ID", 's', 2}, 15: {"CALL_SER_NUM", 'l', 4}, 16: {"MINIMUM_BPS", 'l', 4}, 17: {"MAXIMUM_BPS", 'l', 4},
	18: {"BEARER_TYPE", '$', 4}, 19: {"FRAMING_TYPE", '$', 4}, 20: {"PACKET_PROC_DELAY", '$', 0}, 21: {"CALLED_NUMBER", 'a', 0},
	22: {"CALLING_NUMBER", 'a', 0}, 23: {"SUB_ADDRESS", 'a', 0}, 24: {"TX_CONN_SPEED", 'l', 4}, 25: {"PHY_CHANNEL_ID", 'l', 4},
	26: {"INI_RECV_LCP", 'x', 0}, 27: {"LAST_SENT_LCP", 'x', 0}, 28: {"LAST_RECV_LCP", 'x', 0}, 29: {"PROXY_AUTH_TYPE", '$', 2},
	30: {"PROXY_AUTH_NAME", 'a', 0}, 31: {"PROXY_AUTH_CHAL", 'x', 0}, 32: {"PROXY_AUTH_ID", '$', 2}, 33: {"PROXY_AUTH_RESP", 'x', 0},
	34: {"CALL_ERRORS", '$', 26}, 35: {"ACCM", '$', 10}, 36: {"RANDOM_VECTOR", 'x', 0}, 37: {"PRIVATE_GRP_ID", 'a', 0},
	38: {"RX_CONN_SPEED", 'l', 4}, 39: {"SEQ_REQUIRED", 0, 0}, 46: {"PPP_DISCON_CC", '$', 5},
}

// appendL2TPValue appends the value of an attribute.
func appendL2TPValue(b []byte, kind int, v []byte) []byte {
	text := &l2tpAVPText[kind]
	if len(v) < text.min {
		return append(b, "AVP too short"...)
	}
	switch text.form {
	case 's':
		return appendInt(b, int(be16(v, 0)))
	case 'l':
		return appendDecimal(b, uint64(be32(v, 0)))
	case 'x':
		if text.min > 0 {
			v = v[:text.min]
		}
		return appendHexBytes(b, v)
	case 'a':
		return appendVisibleText(b, v)
	case '$':
		return appendL2TPSpecial(b, kind, v)
	}
	return b
}

// appendL2TPSpecial appends the value of an attribute of a form that no other has.
func appendL2TPSpecial(b []byte, kind int, v []byte) []byte {
	switch kind {
	case 0:
		if t := int(be16(v, 0)); t < len(l2tpMessageText) && l2tpMessageText[t] != "" {
			return append(b, l2tpMessageText[t]...)
		}
		return appendInt(append(b, "MSGTYPE-#"...), int(be16(v, 0)))
	case 1:
		b = appendInt(b, int(be16(v, 0)))
		switch {
		case len(v) == 2:
			return b
		case len(v) < 4:
			return append(b, " AVP too short"...)
		}
		b = appendInt(append(b, '/'), int(be16(v, 2)))
		if len(v) > 4 {
			b = appendVisibleText(append(b, ' '), v[4:])
		}
		return b
	case 2:
		return appendInt(append(appendInt(b, int(v[0])), '.'), int(v[1]))
	case 3, 19:
		return appendBits(b, l2tpFraming, be32(v, 0), "", "")
	case 4, 18:
		return appendBits(b, l2tpBearer, be32(v, 0), "", "")
	case 12:
		b = appendHexBytes(append(appendInt(b, int(be16(v, 0))), ", "...), v[2:3])
		if len(v) > 3 {
			b = appendVisibleText(append(b, ' '), v[3:])
		}
		return b
	case 20:
		return append(b, "obsolete"...)
	case 29:
		if t := int(be16(v, 0)); t < len(l2tpAuthText) {
			return append(b, l2tpAuthText[t]...)
		}
		return appendInt(append(b, "AuthType-#"...), int(be16(v, 0)))
	case 32:
		return appendInt(b, int(v[1]))
	case 34:
		for i, name := range [...]string{"CRCErr=", "FrameErr=", "HardOver=", "BufOver=", "Timeout=", "AlignErr="} {
			b = append(appendDecimal(append(b, name...), uint64(be32(v, 2+4*i))), ' ')
		}
		return b
	case 35:
		b = append(appendHexBytes(append(b, "send="...), v[2:6]), ' ')
		return append(appendHexBytes(append(b, "recv="...), v[6:10]), ' ')
	}
	b = append(appendHexBytes(b, v[:2]), ", "...) // why PPP was disconnected (RFC 3145)
	b = append(appendHexBytes(b, v[2:4]), ' ')
	switch v[4] {
	case 0:
		b = append(b, "global error"...)
	case 1:
		b = append(b, "at peer"...)
	case 2:
		b = append(b, "at local"...)
	default:
		b = appendInt(append(b, "Direction-#"...), int(v[4]))
	}
	if len(v) > 5 {
		b = appendVisibleText(append(b, ' '), v[5:])
	}
	return b
}

var l2tpFraming = []bitName{{2, "A"}, {1, "S"}}

var l2tpBearer = []bitName{{2, "A"}, {1, "D"}}

var l2tpAuthText = [...]string{"Reserved", "Textual", "CHAP", "PAP", "No Auth", "MS-CHAPv1"}

var l2tpMessageText = [...]string{
	1: "SCCRQ", "SCCRP", "SCCCN", "StopCCN", 6: "HELLO", "OCRQ", "OCRP", "OCCN", "ICRQ", "ICRP", "ICCN", 14: "CDN", "WEN", "SLI",
}
