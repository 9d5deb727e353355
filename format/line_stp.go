package format

import "strconv"

// Versions of spanning tree, and the kinds of BPDU.
const (
	stpOriginal = 0
	stpRapid    = 2
	stpMultiple = 3
	stpShortest = 4

	bpduConfig         = 0x00
	bpduRapid          = 0x02
	bpduTopologyChange = 0x80
)

// Sizes in bytes: of a configuration BPDU, and of one of MSTP without its MSTI messages.
const (
	bpduConfigLen   = 35
	bpduMultipleLen = 102
	bpduMSTILen     = 16
	bpduShortestLen = 85 // what follows the MSTI messages with shortest path bridging
)

// stp prints a BPDU (IEEE 802.1D clause 9, 802.1Q clause 14).
func (p *Line) stp(b, d []byte, length int) []byte {
	if length < 4 {
		return p.invalid(b)
	}
	if len(d) < 2 {
		return p.stop(b, "stp")
	}
	if be16(d, 0) != 0 {
		return appendInt(append(b, "unknown STP version, length "...), length)
	}
	if len(d) < 3 {
		return p.stop(b, "stp")
	}
	version := d[2]
	b = append(p.proto(b, "STP"), ' ')
	switch version {
	case stpOriginal:
		b = append(b, "802.1d"...)
	case stpRapid:
		b = append(b, "802.1w"...)
	case stpMultiple:
		b = append(b, "802.1s"...)
	case stpShortest:
		b = append(b, "802.1aq"...)
	default:
		return append(appendHexNumber(append(b, "Unknown STP protocol ("...), uint64(version), 2), ')')
	}
	if len(d) < 4 {
		return p.stop(b, "stp")
	}
	switch d[3] {
	case bpduConfig:
		return p.stpConfig(append(b, ", Config"...), d, length)
	case bpduRapid:
		b = append(b, ", Rapid STP"...)
		switch version {
		case stpRapid:
			if length == bpduConfigLen { // the length of the part for version 1 is missing
				return p.invalid(b)
			}
			return p.stpConfig(b, d, length)
		case stpMultiple, stpShortest:
			return p.stpMultiple(b, d, length)
		}
	case bpduTopologyChange:
		b = append(b, ", Topology Change"...)
	default:
		b = append(appendHexNumber(append(b, ", Unknown BPDU Type ("...), uint64(d[3]), 2), ')')
	}
	return b
}

var bpduFlagNames = []bitName{
	{0x01, "Topology change"}, {0x02, "Proposal"}, {0x10, "Learn"}, {0x20, "Forward"}, {0x40, "Agreement"}, {0x80, "Topology change ACK"},
}

var bpduRoles = [4]string{"Unknown", "Alternate", "Root", "Designated"}

func appendBPDUFlags(b []byte, flags uint8) []byte {
	return append(appendBits(append(b, "Flags ["...), bpduFlagNames, uint32(flags), ", ", "none"), ']')
}

// appendBPDURole appends the role of a port, which the flags hold.
func appendBPDURole(b []byte, flags uint8) []byte {
	return append(append(b, "port-role "...), bpduRoles[flags>>2&3]...)
}

// bridgeID prints the eight bytes of a bridge's identifier: "8001.00:19:06:ea:b8:80".
func (p *Line) bridgeID(b, d []byte) []byte {
	b = append(appendHex(b, uint64(be16(d, 0)), 4), '.')
	return p.octets(b, d[2:8])
}

// bpduTimes prints the four times of a BPDU, which are in units of 1/256 of a second.
func (p *Line) bpduTimes(b, d []byte) []byte {
	for i, name := range [...]string{"\n\tmessage-age ", "s, max-age ", "s, hello-time ", "s, forwarding-delay "} {
		b = strconv.AppendFloat(append(b, name...), float64(be16(d, 2*i))/256, 'f', 2, 64)
	}
	return append(b, 's')
}

// stpConfig prints a configuration BPDU, of the first version or of RSTP.
func (p *Line) stpConfig(b, d []byte, length int) []byte {
	if length < bpduConfigLen {
		return p.invalid(b)
	}
	if len(d) < 5 {
		return p.stop(b, "stp")
	}
	flags := d[4]
	b = appendBPDUFlags(append(b, ", "...), flags)
	if len(d) < 27 {
		return p.stop(b, "stp")
	}
	b = append(p.bridgeID(append(b, ", bridge-id "...), d[17:]), '.')
	b = appendHex(b, uint64(be16(d, 25)), 4)
	b = appendInt(append(b, ", length "...), length)
	if p.opts.Verbose == 0 {
		return b
	}
	if len(d) < bpduConfigLen {
		return p.stop(b, "stp")
	}
	b = p.bpduTimes(b, d[27:])
	b = p.bridgeID(append(b, "\n\troot-id "...), d[5:])
	b = appendDecimal(append(b, ", root-pathcost "...), uint64(be32(d, 13)))
	if d[2] == stpRapid {
		b = appendBPDURole(append(b, ", "...), flags)
	}
	return b
}

// stpMultiple prints a BPDU of MSTP or of shortest path bridging.
func (p *Line) stpMultiple(b, d []byte, length int) []byte {
	const base = 36 // where the parts begin that not every BPDU has: those lengths do not count themselves
	if length < bpduMultipleLen {
		return p.invalid(b)
	}
	if len(d) < base {
		return p.stop(b, "stp")
	}
	if d[base-1] != 0 {
		return p.invalid(b)
	}
	if len(d) < base+2 {
		return p.stop(b, "stp")
	}
	v3 := base + 2 + int(be16(d, base))
	if length < v3 {
		return p.invalid(b)
	}
	if b = p.stpTree(b, d, length, v3); p.stopped || d[2] != stpShortest {
		return b
	}
	if len(d) < v3+2 {
		return p.stop(b, "stp")
	}
	if n := int(be16(d, v3)); n < bpduShortestLen || length < v3+2+n {
		return p.invalid(b)
	}
	if p.opts.Verbose == 0 {
		return b
	}
	return p.stpShortest(b, d[v3:])
}

// stpTree prints the common tree and the MSTI messages, which end at v3.
func (p *Line) stpTree(b, d []byte, length, v3 int) []byte {
	const base = 36
	flags := d[4]
	b = appendBPDUFlags(append(b, ", CIST "...), flags)
	b = appendInt(append(b, ", length "...), length)
	if p.opts.Verbose == 0 {
		return b
	}
	b = append(appendBPDURole(append(b, "\n\t"...), flags), ", CIST root-id "...)
	b = append(p.bridgeID(b, d[5:]), ", CIST ext-pathcost "...)
	b = append(appendDecimal(b, uint64(be32(d, 13))), "\n\tCIST regional-root-id "...)
	b = append(p.bridgeID(b, d[17:]), ", CIST port-id "...)
	b = append(appendHex(b, uint64(be16(d, 25)), 4), ',')
	b = p.bpduTimes(b, d[27:])
	b = append(appendInt(append(b, "\n\tv3len "...), int(be16(d, base))), ", MCID Name "...)
	b, ok := appendVisibleZ(b, from(d, base+3), 32)
	if !ok || len(d) < 89 {
		return p.stop(b, "stp")
	}
	b = appendInt(append(b, ", rev "...), int(be16(d, 71)))
	b = appendHexBytes(append(b, ",\n\t\tdigest "...), d[73:89])
	b = append(b, ", "...)
	if len(d) < 93 {
		return p.stop(b, "stp")
	}
	b = append(appendDecimal(append(b, "CIST int-root-pathcost "...), uint64(be32(d, 89))), ',')
	if len(d) < 101 {
		return p.stop(b, "stp")
	}
	b = append(p.bridgeID(append(b, "\n\tCIST bridge-id "...), d[93:]), ", "...)
	if len(d) < bpduMultipleLen {
		return p.stop(b, "stp")
	}
	b = appendInt(append(b, "CIST remaining-hops "...), int(d[101]))
	for at := bpduMultipleLen; at+bpduMSTILen <= v3; at += bpduMSTILen {
		if b, ok = p.stpInstance(b, d[min(at, len(d)):]); !ok {
			return p.stop(b, "stp")
		}
	}
	return b
}

// stpInstance prints the message of one MSTI. It reports false if it was not captured.
func (p *Line) stpInstance(b, d []byte) ([]byte, bool) {
	if len(d) < 3 {
		return b, false
	}
	b = appendInt(append(b, "\n\tMSTI "...), int(be16(d, 1)&0xfff))
	b = appendBPDUFlags(append(b, ", "...), d[0])
	b = appendBPDURole(append(b, ", "...), d[0])
	if len(d) < 13 {
		return b, false
	}
	b = p.bridgeID(append(b, "\n\t\tMSTI regional-root-id "...), d[1:])
	b = appendDecimal(append(b, ", pathcost "...), uint64(be32(d, 9)))
	if len(d) < bpduMSTILen {
		return b, false
	}
	b = appendInt(append(b, "\n\t\tMSTI bridge-prio "...), int(d[13]>>4))
	b = appendInt(append(b, ", port-prio "...), int(d[14]>>4))
	return appendInt(append(b, ", hops "...), int(d[15])), true
}

// stpShortest prints what shortest path bridging adds (IEEE 802.1aq).
func (p *Line) stpShortest(b, d []byte) []byte {
	b = append(appendInt(append(b, "\n\tv4len "...), int(be16(d, 0))), ", AUXMCID Name "...)
	b, ok := appendVisibleZ(b, from(d, 3), 32)
	if !ok || len(d) < 53 {
		return p.stop(b, "stp")
	}
	b = appendInt(append(b, ", Rev "...), int(be16(d, 35)))
	b = appendHexBytes(append(b, ",\n\t\tdigest "...), d[37:53])
	if len(d) < 87 {
		return p.stop(b, "stp")
	}
	d = d[53:]
	b = appendInt(append(b, "\n\tAgreement num "...), int(d[0]>>6))
	b = appendInt(append(b, ", Discarded Agreement num "...), int(d[0]>>4&3))
	b = appendInt(append(b, ", Agreement valid-flag "...), int(d[0]>>3&1))
	b = appendInt(append(b, ",\n\tRestricted role-flag: "...), int(d[0]>>2&1))
	b = appendInt(append(b, ", Format id "...), int(d[2]>>4))
	b = appendInt(append(b, " cap "...), int(d[2]))
	b = appendInt(append(b, ", Convention id "...), int(d[3]>>4))
	b = appendInt(append(b, " cap "...), int(d[3]))
	b = appendInt(append(b, ",\n\tEdge count "...), int(be16(d, 4)))
	return appendHexBytes(append(b, ", Agreement digest "...), d[14:34])
}
