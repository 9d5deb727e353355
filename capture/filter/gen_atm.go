package filter

import "smoltcp/dissect"

// sunATMHeaderLen is the length of what SunATM puts before a cell's payload: flags and type, VPI, and VCI of two bytes.
const sunATMHeaderLen = 4

// What an ATM connection carries, in the low four bits of the first byte.
const (
	atmLANE = 1
	atmLLC  = 2
)

// atmType tests what the connection carries.
func (g *generator) atmType(t uint32) *cond {
	return g.equalMasked(fromLinkHeader, 0, sizeB, 0x0f, t)
}

// circuit tests for one of the connections with a meaning of its own (ITU-T I.361), which have a VPI of zero.
func (g *generator) circuit(vci uint32) *cond {
	return and(g.equal(fromLinkHeader, 1, sizeB, 0), g.equal(fromLinkHeader, 2, sizeH, vci))
}

// atm makes the tests of the words about ATM.
func (g *generator) atm(args []token) *cond {
	switch lower(args[0].text) {
	case "vpi":
		return g.atmNumber(1, sizeB, args[1], args[2:])
	case "vci":
		return g.atmNumber(2, sizeH, args[1], args[2:])
	case "metac":
		return g.circuit(1)
	case "bcc":
		return g.circuit(2)
	case "oamf4sc":
		return g.circuit(3)
	case "oamf4ec":
		return g.circuit(4)
	case "oam", "oamf4":
		return and(g.equal(fromLinkHeader, 1, sizeB, 0), or(g.equal(fromLinkHeader, 2, sizeH, 3), g.equal(fromLinkHeader, 2, sizeH, 4)))
	case "sc":
		return g.circuit(5)
	case "ilmic":
		return g.circuit(16)
	case "connectmsg": // call proceeding, setup, connect, its acknowledgement, release, release complete
		return and(g.circuit(5), g.message(0x02, 0x05, 0x07, 0x0f, 0x4d, 0x5a))
	case "metaconnect":
		return and(g.circuit(1), g.message(0x02, 0x05, 0x07, 0x4d, 0x5a))
	}
	return g.lanEmulation()
}

// message tests for a signalling message of one of several types (ITU-T Q.2931).
func (g *generator) message(types ...uint32) (c *cond) {
	for _, t := range types {
		next := g.equal(fromLinkHeader, sunATMHeaderLen+5, sizeB, t)
		if c == nil {
			c = next
		} else {
			c = or(next, c)
		}
	}
	return c
}

// atmNumber compares a number in the header with one of several.
func (g *generator) atmNumber(at, size uint32, op token, values []token) (c *cond) {
	for i, v := range values {
		var next *cond
		switch op.text {
		case "=", "==", "!=": // libpcap forgets to turn the last one round, and people compare with what it selects
			next = g.equal(fromLinkHeader, at, size, v.value)
		case ">":
			next = g.above(fromLinkHeader, at, size, v.value)
		case "<=":
			next = not(g.above(fromLinkHeader, at, size, v.value))
		case ">=":
			next = g.atLeast(fromLinkHeader, at, size, v.value)
		case "<":
			next = not(g.atLeast(fromLinkHeader, at, size, v.value))
		default:
			g.raise(op.pos, "expected one of = != < > <= >=, or a number")
		}
		if i == 0 {
			c = next
		} else {
			c = or(c, next)
		}
	}
	return c
}

// lanEmulation tests for a frame of LAN emulation. Everything after it is looked for in the Ethernet frame, which comes behind a
// number of the sender.
func (g *generator) lanEmulation() *cond {
	c := g.atmType(atmLANE)
	header := fixed(sunATMHeaderLen + 2)
	g.push(dissect.LinkEthernet, header)
	g.linkType, g.payload = fixed(header.at+12), fixed(header.at+14)
	g.net, g.netNoSNAP = 0, 3
	g.lane = true
	return c
}

// lanFrame tests that a frame of LAN emulation is no control message, which has a mark in the place of the sender's number; nil
// where there is no LAN emulation.
func (g *generator) lanFrame() *cond {
	if !g.lane {
		return nil
	}
	return not(g.equal(fromPacket, sunATMHeaderLen, sizeH, 0xff00))
}
