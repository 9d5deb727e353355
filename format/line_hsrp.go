package format

// hsrp prints a message of Cisco's Hot Standby Router Protocol (RFC 2281).
func (p *Line) hsrp(b, d []byte, length int, _ ipContext) []byte {
	if len(d) < 1 {
		return p.stop(b, "hsrp")
	}
	b = appendInt(append(p.proto(b, "HSRP"), 'v'), int(d[0]))
	if d[0] != 0 {
		return b
	}
	b = append(b, '-')
	if len(d) < 2 {
		return p.stop(b, "hsrp")
	}
	switch d[1] {
	case 0:
		b = append(b, "hello"...)
	case 1:
		b = append(b, "coup"...)
	case 2:
		b = append(b, "resign"...)
	default:
		b = append(appendInt(append(b, "unknown ("...), int(d[1])), ')')
	}
	b = append(appendInt(append(b, ' '), length), ": "...)
	if len(d) < 3 {
		return p.stop(b, "hsrp")
	}
	b = append(b, "state="...)
	if name := hsrpStateName(d[2]); name != "" {
		b = append(b, name...)
	} else {
		b = append(appendInt(append(b, "Unknown ("...), int(d[2])), ')')
	}
	b = append(b, ' ')
	if len(d) < 7 {
		return p.stop(b, "hsrp")
	}
	b = append(appendInt(append(b, "group="...), int(d[6])), ' ')
	if len(d) < 8 {
		return p.stop(b, "hsrp")
	}
	if d[7] != 0 {
		b = append(appendInt(append(b, "[reserved="...), int(d[7])), "!] "...)
	}
	if len(d) < 20 {
		return p.stop(b, "hsrp")
	}
	b = p.addr4(append(b, "addr="...), d[16:])
	if p.opts.Verbose == 0 {
		return b
	}
	b = appendInterval(append(b, " hellotime="...), uint32(d[3]))
	b = appendInterval(append(b, " holdtime="...), uint32(d[4]))
	b = appendInt(append(b, " priority="...), int(d[5]))
	b, _ = appendVisibleZ(append(b, ` auth="`...), d[8:], 8)
	return append(b, '"')
}

// hsrpStateName is the name of a router's state, or "".
func hsrpStateName(v byte) string {
	switch v {
	case 0:
		return "initial"
	case 1:
		return "learn"
	case 2:
		return "listen"
	case 4:
		return "speak"
	case 8:
		return "standby"
	case 16:
		return "active"
	}
	return ""
}
