package format

import (
	"encoding/binary"

	"smoltcp/dissect"
)

// llc prints an IEEE 802.2 packet. It reports how many bytes stand before the network layer, and whether the payload
// is known; when it is not, the caller dumps the packet, LLC header included.
func (p *Line) llc(b, d []byte, length int) (_ []byte, header int, known bool) {
	if len(d) < 3 || length < 3 {
		return p.llcCut(b, d, len(d))
	}
	dsap, ssap := d[0], d[1]
	if dsap == 0xff && ssap == 0xff { // no LLC at all: Novell's IPX on raw 802.3
		if p.opts.LinkHeader {
			b = append(b, "IPX 802.3: "...)
		}
		return b, 0, false
	}
	c := llcControl(uint16(d[2]))
	header = 3
	if !c.unnumbered() {
		if len(d) < 4 || length < 4 {
			return p.llcCut(b, d, len(d))
		}
		c = llcControl(binary.LittleEndian.Uint16(d[2:]))
		header = 4
	}
	if p.opts.LinkHeader {
		b = appendSAPs(b, dsap, ssap)
		digits := 2
		if !c.unnumbered() {
			digits = 4
		}
		b = append(appendHexNumber(append(b, ", ctrl "...), uint64(c), digits), ": "...)
	}
	payload, n := d[header:], length-header
	sap := dsap &^ 1
	if c.unnumbered() && c == 3 && sap == ssap&^1 {
		switch sap {
		case 0xaa:
			b, known = p.snap(b, payload, n)
			return b, header + 5, known
		case 0x06:
			return p.ipv4(b, payload, n), header, true
		case 0x42:
			return p.stp(b, payload, n), header, true
		case 0xfe:
			return p.iso(b, payload, n), header, true
		}
	}
	if !p.opts.LinkHeader {
		b = p.llcPair(b, sap, ssap&^1)
	}
	response := uint16(ssap & 1)
	switch {
	case c.unnumbered():
		b = append(b, "Unnumbered, "...)
		b = appendLLCCommand(b, uint8(c)&0xef)
		b = appendLLCFlags(b, response, c&0x10 != 0, length)
		if c&0xef != 0xaf || n == 0 {
			return b, header, c&0xef == 0xaf
		}
		return p.xid(b, payload, n, header)
	case c&3 == 1:
		b = append(append(b, "Supervisory, "...), llcSupervisory[c>>2&3]...)
		b = appendInt(append(b, ", rcv seq "...), int(c>>9))
		return appendLLCFlags(b, response, c&0x100 != 0, length), header, true
	}
	b = appendInt(append(b, "Information, send seq "...), int(c>>1&0x7f))
	b = appendInt(append(b, ", rcv seq "...), int(c>>9))
	return appendLLCFlags(b, response, c&0x100 != 0, length), header, false
}

// llcCut marks a truncated LLC packet and shows what there is of it, asked for or not.
func (p *Line) llcCut(b, d []byte, header int) ([]byte, int, bool) {
	return appendHexLines(p.trunc(b, "llc"), d, true), header, true
}

// llcControl is the control field, eight bits of it for an unnumbered packet and sixteen for the others.
type llcControl uint16

func (c llcControl) unnumbered() bool { return c&3 == 3 }

// xid prints an exchange identification packet (IEEE 802.2 section 5.4.1.1.2).
func (p *Line) xid(b, d []byte, length, header int) ([]byte, int, bool) {
	if len(d) > 0 && d[0] != 0x81 {
		return b, header, false
	}
	if len(d) < 3 || length < 3 {
		return p.llcCut(b, d, header)
	}
	b = appendHexBytes(append(b, ": "...), d[1:2])
	return appendHexBytes(append(b, ' '), d[2:3]), header, true
}

// appendSAPs appends both service access points, as -e shows them.
func appendSAPs(b []byte, dsap, ssap uint8) []byte {
	b = append(b, "LLC, dsap "...)
	b = appendNamed(b, sapName(dsap&^1), "Unknown", uint64(dsap&^1), 2)
	if dsap&1 != 0 {
		b = append(b, " Group, ssap "...)
	} else {
		b = append(b, " Individual, ssap "...)
	}
	b = appendNamed(b, sapName(ssap&^1), "Unknown", uint64(ssap&^1), 2)
	if ssap&1 != 0 {
		return append(b, " Response"...)
	}
	return append(b, " Command"...)
}

// llcPair prints who speaks to whom, where -e has not done so.
func (p *Line) llcPair(b []byte, dsap, ssap uint8) []byte {
	if dsap == ssap {
		if p.link.src != nil {
			b = append(p.linkPair(b), ' ')
		}
		return append(appendSAP(b, "DSAP", dsap), ' ')
	}
	if p.link.src != nil {
		b = append(p.hardware(b, p.link.src), ' ')
	}
	b = append(appendSAP(b, "SSAP", ssap), " > "...)
	if p.link.src != nil {
		b = append(p.hardware(b, p.link.dst), ' ')
	}
	return append(appendSAP(b, "DSAP", dsap), ' ')
}

// appendSAP appends the name of a service access point; role says which of the two it is.
func appendSAP(b []byte, role string, sap uint8) []byte {
	if name := sapName(sap); name != "" {
		return append(b, name...)
	}
	b = append(append(append(b, "Unknown "...), role...), ' ')
	return appendHexNumber(b, uint64(sap), 2)
}

func appendLLCFlags(b []byte, response uint16, poll bool, length int) []byte {
	name := "Command"
	switch {
	case response != 0 && poll:
		name = "Final"
	case poll:
		name = "Poll"
	case response != 0:
		name = "Response"
	}
	b = append(append(b, ", Flags ["...), name...)
	return appendInt(append(b, "], length "...), length)
}

var llcSupervisory = [4]string{"Receiver Ready", "Receiver not Ready", "Reject", "?"}

// appendLLCCommand appends the name of an unnumbered command, its poll bit cleared.
func appendLLCCommand(b []byte, c uint8) []byte {
	name := ""
	switch c {
	case 0x03:
		name = "ui"
	case 0x0f:
		name = "dm"
	case 0x43:
		name = "disc"
	case 0x63:
		name = "ua"
	case 0x6f:
		name = "sabme"
	case 0x87:
		name = "frmr"
	case 0xaf:
		name = "xid"
	case 0xe3:
		name = "test"
	default:
		return appendHex(b, uint64(c), 2)
	}
	return append(b, name...)
}

func sapName(sap uint8) string {
	switch sap {
	case 0x00:
		return "Null"
	case 0x02:
		return "802.1B I"
	case 0x04:
		return "SNA"
	case 0x06:
		return "IP"
	case 0x0e:
		return "ProWay NM"
	case 0x42:
		return "STP"
	case 0x4e:
		return "RS511"
	case 0x7e:
		return "ISO8208"
	case 0x8e:
		return "ProWay"
	case 0xaa:
		return "SNAP"
	case 0xe0:
		return "IPX"
	case 0xf0:
		return "NetBeui"
	case 0xfe:
		return "OSI"
	}
	return ""
}

// Organizations whose protocol identifiers SNAP carries.
const (
	ouiEthernet    = 0x000000
	ouiCisco       = 0x00000c
	ouiCiscoBridge = 0x0000f8
	ouiBridge      = 0x0080c2
	ouiAppletalk   = 0x080007
)

// snap prints what follows an LLC header that says SNAP, and reports whether it is known.
func (p *Line) snap(b, d []byte, length int) (_ []byte, known bool) {
	if len(d) < 5 || length < 5 {
		return p.trunc(b, "snap"), true
	}
	oui := uint32(d[0])<<16 | uint32(d[1])<<8 | uint32(d[2])
	pid := be16(d, 3)
	d, length = d[5:], length-5
	if p.opts.LinkHeader {
		b = p.snapHeader(b, oui, pid, length)
	}
	switch oui {
	case ouiEthernet, ouiCiscoBridge:
		b, known = p.byEtherType(b, dissect.EtherType(pid), d, length)
	case ouiCisco:
		switch pid {
		case 0x010b, 0x010c:
			b, known = p.stp(b, d, length), true
		case 0x2000:
			b, known = p.cdp(b, d, length), true
		case 0x0111:
			b, known = p.udld(b, d, length), true
		case 0x2003:
			b, known = p.vtp(b, d, length), true
		case 0x2004:
			b, known = p.dtp(b, d, length), true
		}
	case ouiBridge:
		if pid == 0x000e {
			return p.stp(b, d, length), true
		}
		if pid == 0x0001 || pid == 0x0007 {
			if len(d) < 2 || length < 2 {
				return p.trunc(b, "snap"), true
			}
			var ok bool
			if b, ok = p.enter(b); !ok {
				return b, true
			}
			b, _ = p.ethernet(b, d[2:], length-2)
			p.leave()
			known = true
		}
	}
	if !known && !p.opts.LinkHeader {
		if p.link.src != nil {
			b = append(p.linkPair(b), ' ')
		}
		b = append(b, "SNAP, "...)
		b = p.snapHeader(b, oui, pid, length)
	}
	return b, known
}

// snapHeader prints organization, protocol and the length of what follows.
func (p *Line) snapHeader(b []byte, oui uint32, pid uint16, length int) []byte {
	if oui != ouiEthernet || p.opts.LinkHeader {
		name := ouiNames[oui]
		b = append(appendNamed(append(b, "oui "...), name, "Unknown", uint64(oui), 6), ", "...)
	}
	switch oui {
	case ouiEthernet:
		b = appendNamed(append(b, "ethertype "...), etherTypeName(dissect.EtherType(pid)), "Unknown", uint64(pid), 4)
	case ouiCiscoBridge, ouiAppletalk:
		b = appendNamed(append(b, "pid "...), etherTypeName(dissect.EtherType(pid)), "Unknown", uint64(pid), 4)
	case ouiCisco:
		b = appendNamed(append(b, "pid "...), ciscoPIDs[pid], "Unknown", uint64(pid), 4)
	case ouiBridge:
		b = appendNamed(append(b, "pid "...), bridgePIDs[pid], "Unknown", uint64(pid), 4)
	default:
		b = appendNamed(append(b, "pid "...), "", "Unknown", uint64(pid), 4)
	}
	return lengthOf(length).append(b)
}

var ouiNames = map[uint32]string{
	0x000000: "Ethernet",
	0x00000c: "Cisco",
	0x00005e: "IANA",
	0x000081: "Nortel Networks SONMP",
	0x0000f8: "Cisco bridged",
	0x00049f: "Freescale",
	0x0004ea: "HP-Labs",
	0x001018: "Broadcom",
	0x00120f: "IEEE 802.3 Private",
	0x0012bb: "ANSI/TIA",
	0x0015ad: "Netronome",
	0x001b21: "DCBX",
	0x002320: "Nicira Networks",
	0x002481: "HP",
	0x0080c2: "Ethernet bridged",
	0x009069: "Juniper",
	0x00a03e: "ATM Forum",
	0x00e004: "PMC-Sierra",
	0x00e02f: "DOCSIS Spanning Tree",
	0x080007: "Appletalk",
	0x080009: "Hewlett-Packard",
	0x5c16c7: "Big Switch Networks",
	0x748771: "Infoblox Inc",
	0xa42305: "Open Networking Lab",
	0xb0d2f5: "Vello Systems",
	0xd0f0db: "Ericsson",
}

var ciscoPIDs = map[uint16]string{
	0x010b: "PVST",
	0x010c: "VLAN Bridge",
	0x0111: "UDLD",
	0x2000: "CDP",
	0x2003: "VTP",
	0x2004: "DTP",
}

var bridgePIDs = map[uint16]string{
	0x0001: "Ethernet + FCS",
	0x0002: "802.4 + FCS",
	0x0003: "Token Ring + FCS",
	0x0004: "FDDI + FCS",
	0x0005: "802.6 + FCS",
	0x0007: "Ethernet w/o FCS",
	0x0008: "802.4 w/o FCS",
	0x0009: "Token Ring w/o FCS",
	0x000a: "FDDI w/o FCS",
	0x000b: "802.6 w/o FCS",
	0x000e: "BPDU",
}
