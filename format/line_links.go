package format

import (
	"bytes"
	"encoding/binary"
	"math"

	"smoltcp/dissect"
)

// otherLink prints a frame of one of the rarer link types, and gives the length of its header.
func (p *Line) otherLink(b []byte, t dissect.LinkType, d []byte, length int) (_ []byte, header int, known bool) {
	switch t {
	case dissect.LinkCHDLC:
		b, header = p.chdlc(b, d, length)
	case dissect.LinkPPPSerial:
		b, header = p.pppSerial(b, d, length)
	case dissect.LinkPPPPPPD:
		b, header = p.pppFrame(b, d, length)
	case dissect.LinkPPPEther:
		b, header = p.pppoe(b, d, length), pppoeHeaderLen(d)
	case dissect.LinkFrameRelay:
		b, header = p.frameRelayFrame(b, d, length)
	case dissect.LinkMFR:
		b, header = p.multilinkFrame(b, d, length)
	case dissect.LinkSLIP:
		b, header = p.slip(b, d, length)
	case dissect.LinkARCNET:
		b, header = p.arcnet(b, d, length)
	case dissect.LinkARCNETLinux:
		b, header = p.arcnetLinux(b, d, length)
	case dissect.LinkNFLOG:
		b, header = p.nflog(b, d, length)
	case dissect.LinkIPNET:
		b, header = p.ipnet(b, d, length)
	case dissect.LinkIPoIB:
		b, header = p.ipoib(b, d, length)
	case dissect.LinkPKTAP, dissect.LinkUser2:
		b, header = p.pktap(b, d, length)
	case dissect.LinkATM:
		b, header = p.atm(b, d, length)
	case dissect.LinkCLIP:
		b, header = p.cip(b, d, length)
	case dissect.LinkSunATM:
		b, header = p.sunATM(b, d, length)
	case dissect.LinkVSOCK:
		b, header = p.vsock(b, d, length)
	case dissect.LinkBRCM, dissect.LinkBRCMPrepend, dissect.LinkDSA, dissect.LinkEDSA:
		b, header = p.switchTag(b, t, d, length)
	default:
		return b, 0, false
	}
	return b, header, true
}

// pppoeHeaderLen is how many bytes stand before the network layer in a PPPoE packet without the Ethernet header.
func pppoeHeaderLen(d []byte) int {
	const header = 6
	switch {
	case len(d) < header:
		return 0
	case len(d) == header || d[1] != 0:
		return header
	case d[header]&1 != 0: // a protocol in one byte
		return header + 1
	}
	return header + 2
}

// nflog prints a packet of Linux's netfilter log: a header and attributes, of which one is the packet.
func (p *Line) nflog(b, d []byte, length int) ([]byte, int) {
	const headerLen, attributeLen, payload = 4, 4, 9
	if len(d) < headerLen || length < headerLen {
		return p.trunc(b, "nflog"), len(d)
	}
	h, total := d, length
	if h[1] != 0 {
		return append(appendInt(append(b, "version "...), int(h[1])), " (unknown)"...), headerLen
	}
	if p.opts.LinkHeader {
		b = p.nflogHeader(b, h, total)
	}
	d, length = d[headerLen:], length-headerLen
	header := headerLen
	for length > 0 {
		if len(d) < attributeLen || length < attributeLen {
			return p.trunc(b, "nflog"), header
		}
		size := int(le16(d, 0)+3) &^ 3
		if size < attributeLen || len(d) < size || length < size {
			return p.trunc(b, "nflog"), header
		}
		if le16(d, 2) == payload {
			d, length, header = d[attributeLen:], length-attributeLen, header+attributeLen
			break
		}
		d, length, header = d[size:], length-size, header+size
	}
	switch h[0] {
	case 2:
		b = p.ipv4(b, d, length)
	case 10:
		b = p.ipv6(b, d, length)
	default:
		if !p.opts.LinkHeader {
			b = p.nflogHeader(b, h, length+headerLen)
		}
		b = p.dump(b, d)
	}
	return b, header
}

func (p *Line) nflogHeader(b, h []byte, length int) []byte {
	b = appendInt(append(b, "version "...), int(h[1]))
	b = appendInt(append(b, ", resource ID "...), int(be16(h, 2)))
	name := ""
	switch h[0] {
	case 2:
		name = "IPv4"
	case 10:
		name = "IPv6"
	}
	return p.linkFamily(b, name, "NFLOG", 2, int(h[0]), length)
}

// linkFamily prints the address family of a header, behind a comma; kind and digits are for one without a name, with -q.
func (p *Line) linkFamily(b []byte, name, kind string, digits, family, length int) []byte {
	switch {
	case !p.opts.Quiet:
		if name == "" {
			name = "Unknown"
		}
		b = append(append(append(b, ", family "...), name...), " ("...)
		b = append(appendInt(b, family), ')')
	case name == "":
		b = append(append(append(b, ", Unknown "...), kind...), " ("...)
		b = append(appendHexNumber(b, uint64(family), digits), ')')
	default:
		b = append(append(b, ", "...), name...)
	}
	return lengthOf(length).append(b)
}

// ipnet prints a packet of Solaris's ipnet.
func (p *Line) ipnet(b, d []byte, length int) ([]byte, int) {
	const headerLen = 24
	if len(d) < headerLen || length < headerLen {
		return p.trunc(b, "ipnet"), 0
	}
	h, total := d, length
	if p.opts.LinkHeader {
		b = p.ipnetHeader(b, h, total)
	}
	d, length = d[headerLen:], length-headerLen
	switch h[1] {
	case 2:
		b = p.ipv4(b, d, length)
	case 26:
		b = p.ipv6(b, d, length)
	default:
		if !p.opts.LinkHeader {
			b = p.ipnetHeader(b, h, total)
		}
		b = p.dump(b, d)
	}
	return b, headerLen
}

func (p *Line) ipnetHeader(b, h []byte, length int) []byte {
	b = appendDecimal(b, uint64(be32(h, 16)))
	b = appendDecimal(append(b, " > "...), uint64(be32(h, 20)))
	name := ""
	switch h[1] {
	case 2:
		name = "IPv4"
	case 26:
		name = "IPv6"
	}
	return p.linkFamily(b, name, "Ethertype", 4, int(h[1]), length)
}

// ipoib prints a packet of IP over InfiniBand: global routing header, EtherType.
func (p *Line) ipoib(b, d []byte, length int) ([]byte, int) {
	const headerLen = 44
	if len(d) < headerLen || length < headerLen {
		return p.trunc(b, "ipoib"), len(d)
	}
	t := dissect.EtherType(be16(d, 40))
	if p.opts.LinkHeader {
		b = p.ipoibHeader(append(b, "IPOIB"...), t, length)
	}
	b, known := p.byEtherType(b, t, d[headerLen:], length-headerLen)
	if !known {
		if !p.opts.LinkHeader {
			b = p.ipoibHeader(b, t, length)
		}
		b = p.dump(b, d[headerLen:])
	}
	return b, headerLen
}

func (p *Line) ipoibHeader(b []byte, t dissect.EtherType, length int) []byte {
	b = append(b, ", ethertype "...)
	name := etherTypeName(t)
	switch {
	case !p.opts.Quiet:
		b = appendNamed(b, name, "Unknown", uint64(t), 4)
	case name == "":
		b = append(b, "Unknown"...)
	default:
		b = append(b, name...)
	}
	return lengthOf(length).append(b)
}

// pktap prints a packet that Apple's tap put a header before; inside is a frame of any link type.
func (p *Line) pktap(b, d []byte, length int) ([]byte, int) {
	const least, record, link = 108, 4, 8
	bad := func(what string, got uint32, sign string, want int) ([]byte, int) {
		b = appendDecimal(append(append(b, " ("...), what...), uint64(got))
		return p.invalid(append(appendInt(append(b, sign...), want), ')')), 0
	}
	switch {
	case length < least:
		return bad("packet too short, ", uint32(length), " < ", least)
	case len(d) < 4:
		return p.stop(b, "pktap"), 0
	case le32(d, 0) < least:
		return bad("pkt_len too small, ", le32(d, 0), " < ", least)
	case uint64(le32(d, 0)) > uint64(length):
		return bad("pkt_len too big, ", le32(d, 0), " > ", length)
	}
	header := int(le32(d, 0))
	if len(d) < header {
		return p.stop(b, "pktap"), 0
	}
	if p.opts.LinkHeader {
		b = p.pktapHeader(b, d, length)
	}
	switch le32(d, record) {
	case 0:
		b = append(b, "no data"...)
	case 1:
		b, ok := p.enter(b)
		if !ok {
			return b, header
		}
		defer p.leave()
		number, before, known := le32(d, link), header, false
		if number <= math.MaxUint16 {
			inner := p.linkLen
			p.linkLen = 0
			b, known = p.innerLink(b, dissect.LinkType(number), d[header:], length-header)
			header, p.linkLen = header+p.linkLen, inner+p.linkLen // tcpdump counts the inner header twice
		}
		if !known {
			if !p.opts.LinkHeader {
				b = p.pktapHeader(b, d, length)
			}
			b = p.dump(b, d[before:])
		}
		return b, header
	}
	return b, header
}

// innerLink prints a frame within another, and reports whether its link type is known.
func (p *Line) innerLink(b []byte, t dissect.LinkType, d []byte, length int) ([]byte, bool) {
	if t == 12 || t == 14 { // raw IP has had other numbers, inside of programs
		t = dissect.LinkRaw
	}
	if len(d) == 0 {
		switch t {
		case dissect.LinkRaw, dissect.LinkIPv4, dissect.LinkIPv6:
			return p.stop(b, "raw"), true
		case dissect.LinkSunATM:
			return p.stop(b, "sunatm"), true
		}
	}
	return p.knownFrame(b, t, d, length)
}

func (p *Line) pktapHeader(b, d []byte, length int) []byte {
	name := "UNKNOWN"
	if t := dissect.LinkType(le32(d, 8)); le32(d, 8) <= math.MaxUint16 && t.Description() != "" {
		name = t.String()
	}
	if p.opts.Quiet {
		b = append(b, name...)
	} else {
		b = append(append(append(b, "DLT "...), name...), " ("...)
		b = appendDecimal(b, uint64(le32(d, 8)))
		b = appendDecimal(append(b, ") len "...), uint64(le32(d, 0)))
	}
	return lengthOf(length).append(b)
}

const headerLenSLIP = 16

// slip prints a packet of SLIP, behind the header that a BSD kernel puts before it.
func (p *Line) slip(b, d []byte, length int) ([]byte, int) {
	const headerLen = headerLenSLIP
	if len(d) < headerLen || length < headerLen {
		return p.trunc(b, "slip"), 0
	}
	h := d
	d, length = d[headerLen:], length-headerLen
	if p.opts.LinkHeader {
		if b = p.slipHeader(b, h, d, length+headerLen); p.stopped {
			return b, headerLen
		}
	}
	if len(d) < 1 || length < 1 {
		return p.trunc(b, "slip"), headerLen
	}
	switch v := d[0] >> 4; v {
	case 4:
		b = p.ipv4(b, d, length)
	case 6:
		b = p.ipv6(b, d, length)
	default:
		b = appendInt(append(b, "ip v"...), int(v))
	}
	return b, headerLen
}

// slipHeader prints the direction and how the TCP header was compressed (RFC 1144).
func (p *Line) slipHeader(b, h, d []byte, length int) []byte {
	valid := true
	switch h[0] {
	case 0:
		b = append(b, "I "...)
	case 1:
		b = append(b, "O "...)
	default:
		b = append(appendInt(append(b, "Invalid direction "...), int(h[0])), ' ')
		valid = false
	}
	switch kind := h[1]; {
	case kind&0xf0 == 0x40:
		b = append(appendInt(append(b, "ip "...), length), ": "...)
	case kind&0xf0 == 0x70:
		b = append(appendInt(append(b, "utcp "...), int(h[10])), ": "...)
		if valid && (len(d) < 20 || len(d) < 4*int(d[0]&15)+13) { // where the TCP header says how long it is
			return p.stop(b, "slip")
		}
	case !valid:
	case kind&0x80 != 0:
		var n int
		b, n = appendCompressed(b, h[1:])
		if len(d) < 20 || len(d) < 4*int(d[0]&15)+13 {
			return p.stop(b, "slip")
		}
		ip := 4 * int(d[0]&15)
		b = appendSigned(append(b, ' '), length-headerLenSLIP-ip-4*int(d[ip+12]>>4))
		b = append(appendInt(append(b, " ("...), n), "): "...)
	default:
		b = append(appendInt(append(b, "slip-"...), int(kind)), "!: "...)
	}
	return b
}

// appendCompressed appends the changes that a compressed TCP header tells, and gives its length.
func appendCompressed(b, h []byte) ([]byte, int) {
	flags := h[0]
	at := 1
	b = append(b, "ctcp "...)
	if flags&0x40 != 0 {
		b = appendInt(b, int(h[1]))
		at++
	} else {
		b = append(b, '*')
	}
	at += 2 // the checksum
	number := func(name string) {
		if at+3 > len(h) {
			return
		}
		v := int(h[at])
		at++
		if v == 0 {
			v = int(binary.BigEndian.Uint16(h[at:]))
			at += 2
		}
		b = appendInt(append(b, name...), v)
	}
	switch flags & 0x0f {
	case 0x0b:
		b = append(b, " *SA+0"...)
	case 0x0f:
		b = append(b, " *S+0"...)
	default:
		for i, name := range [...]string{" U=", " W+", " A+", " S+"} {
			if flags>>i&1 != 0 {
				number(name)
			}
		}
	}
	if flags&0x20 != 0 {
		number(" I+")
	}
	return b, at
}

// Packet types of ARCNET (RFC 1201, RFC 1051).
const (
	arcnetDiagnose = 0x80
	arcnetIPv6     = 0xc4
	arcnetIP       = 0xd4
	arcnetARP      = 0xd5
	arcnetRARP     = 0xd6
	arcnetATalk    = 0xdd
	arcnetOldIP    = 0xf0
	arcnetOldARP   = 0xf1
)

func arcnetTypeName(t uint8) string {
	switch t {
	case arcnetOldIP:
		return "oldip"
	case arcnetOldARP:
		return "oldarp"
	case arcnetIP:
		return "ip"
	case arcnetARP:
		return "arp"
	case arcnetRARP:
		return "rarp"
	case arcnetATalk:
		return "atalk"
	case 0x08:
		return "banyan"
	case arcnetDiagnose:
		return "diag"
	}
	return ""
}

// arcnetFragment is what the header of RFC 1201 tells of fragments.
type arcnetFragment struct {
	known bool
	flag  uint8
	seq   uint16
}

func (p *Line) arcnetHeader(b, d []byte, length int, f arcnetFragment) []byte {
	b = append(appendHexBytes(b, d[:1]), ' ')
	b = append(appendHexBytes(b, d[1:2]), ' ')
	if !p.opts.Quiet {
		if name := arcnetTypeName(d[2]); name != "" {
			b = append(b, name...)
		} else {
			b = appendHexBytes(b, d[2:3])
		}
		b = append(b, ' ')
		if f.known {
			b = append(appendHex(append(b, "seqid "...), uint64(f.seq), 4), ' ')
			switch {
			case f.flag == 0:
			case f.flag&1 != 0:
				b = append(appendInt(append(b, "(first of "...), (int(f.flag)+3)/2), " fragments) "...)
			default:
				b = append(appendInt(append(b, "(fragment "...), int(f.flag)/2+1), ") "...)
			}
		}
	}
	return append(appendInt(b, length), ": "...)
}

// arcnet prints a frame of ARCNET as the BSDs capture it.
func (p *Line) arcnet(b, d []byte, length int) ([]byte, int) {
	header := 3
	if len(d) < header || length < header {
		return p.trunc(b, "arcnet"), len(d)
	}
	var f arcnetFragment
	t := d[2]
	if t != arcnetOldIP && t != arcnetOldARP && t != arcnetDiagnose {
		header = 6
		if len(d) < header || length < header {
			return append(p.arcnetHeader(b, d, length, f), "[|phds]"...), len(d)
		}
		f = arcnetFragment{true, d[3], be16(d, 4)}
		if f.flag == 0xff {
			header = 10
			if len(d) < header || length < header {
				return append(p.arcnetHeader(b, d, length, arcnetFragment{}), "[|phds extended]"...), len(d)
			}
			f = arcnetFragment{true, d[7], be16(d, 8)}
		}
	}
	if p.opts.LinkHeader {
		b = p.arcnetHeader(b, d, length, f)
	}
	if f.known && f.flag != 0 && f.flag&1 == 0 { // a fragment that is not the first
		return b, header
	}
	return p.arcnetPayload(b, t, d[header:], length-header), header
}

// arcnetLinux prints a frame of ARCNET as Linux captures it.
func (p *Line) arcnetLinux(b, d []byte, length int) ([]byte, int) {
	header := 5
	if len(d) < header || length < header {
		return p.trunc(b, "arcnet"), len(d)
	}
	t := d[4]
	if t != arcnetOldIP && t != arcnetOldARP && t != arcnetDiagnose {
		header = 8
		if len(d) < header || length < header {
			return p.trunc(b, "arcnet"), len(d)
		}
	}
	if p.opts.LinkHeader {
		b = p.arcnetHeader(b, d, length, arcnetFragment{})
	}
	return p.arcnetPayload(b, t, d[header:], length-header), header
}

func (p *Line) arcnetPayload(b []byte, t uint8, d []byte, length int) []byte {
	switch t {
	case arcnetOldIP, arcnetIP:
		return p.ipv4(b, d, length)
	case arcnetIPv6:
		return p.ipv6(b, d, length)
	case arcnetOldARP, arcnetARP, arcnetRARP:
		return p.arp(b, d, length)
	case arcnetATalk:
		if b, known := p.byEtherType(b, 0x809b, d, length); known {
			return b
		}
	}
	return p.dump(b, d)
}

// bareLLC prints an LLC packet without hardware addresses before it, and gives the length of its header.
func (p *Line) bareLLC(b, d []byte, length int) ([]byte, int) {
	outer := p.link
	p.link = linkAddrs{}
	b, header, known := p.llc(b, d, length)
	p.link = outer
	if !known {
		b = p.dump(b, d)
	}
	return b, header
}

// atm prints a packet of ATM with LLC (RFC 2684).
func (p *Line) atm(b, d []byte, length int) ([]byte, int) {
	if len(d) < 1 || length < 1 {
		return p.trunc(b, "atm"), len(d)
	}
	if d[0] == 3 { // Cisco's way, with nothing but a protocol identifier
		if p.opts.LinkHeader {
			b = append(b, "CNLPID "...)
		}
		return p.iso(b, d[1:], length-1), 1
	}
	if len(d) < 3 || length < 3 {
		return p.trunc(b, "atm"), len(d)
	}
	before := 0
	switch uint32(d[0])<<16 | uint32(be16(d, 1)) {
	case 0xaaaa03, 0xfefe03, 0x060603:
	default:
		before = 20
		if len(d) < before || length < before {
			return p.trunc(b, "atm"), len(d)
		}
		if p.opts.LinkHeader {
			b = append(appendHexBytes(b, d[:8]), ' ')
			b = append(appendHexBytes(b, d[8:16]), ' ')
		}
	}
	b, header := p.bareLLC(b, d[before:], length-before)
	return b, before + header
}

// sunATM prints a packet of ATM behind the header of SunATM.
func (p *Line) sunATM(b, d []byte, length int) ([]byte, int) {
	const headerLen = 4
	if p.opts.LinkHeader {
		if d[0]&0x80 != 0 {
			b = append(b, "Tx: "...)
		} else {
			b = append(b, "Rx: "...)
		}
	}
	if len(d) < headerLen {
		return p.trunc(b, "sunatm"), len(d)
	}
	vpi, vci, kind := d[1], be16(d, 2), d[0]&15
	if p.opts.LinkHeader {
		b = appendInt(append(b, "VPI:"...), int(vpi))
		b = append(appendInt(append(b, " VCI:"...), int(vci)), ' ')
	}
	d, length = d[headerLen:], length-headerLen
	if vpi == 0 {
		switch vci {
		case 1:
			return append(b, "meta: "...), headerLen
		case 2:
			return append(b, "broadcast sig: "...), headerLen
		case 3, 4:
			return p.oam(b, d, length), headerLen
		case 5:
			return p.signalling(b, d), headerLen
		case 16:
			return p.snmp(append(b, "ilmi: "...), d, length, ipContext{}), headerLen
		}
	}
	if kind != 1 {
		b, _ = p.bareLLC(b, d, length)
		return b, headerLen
	}
	if len(d) < 2 || length < 16 {
		return p.trunc(b, "lane"), headerLen
	}
	if len(d) >= 6 && be16(d, 0) == 0xff00 { // a message of LAN emulation itself
		b = appendInt(append(b, "lec: proto "...), int(d[2]))
		b = appendInt(append(b, " vers "...), int(d[3]))
		return appendNamedNumber(b, laneOpcodes, be16(d, 4)), headerLen
	}
	if len(d) >= 2+dissect.EthernetHeaderLen {
		b = append(appendHex(append(b, "lecid:"...), uint64(be16(d, 0)), 1), ' ')
	}
	b, _ = p.ethernet(b, d[2:], length-2)
	return b, headerLen
}

var laneOpcodes = map[uint16]string{
	0x0001: "configure request", 0x0101: "configure response", 0x0002: "join request", 0x0102: "join response",
	0x0003: "ready query", 0x0103: "ready indication", 0x0004: "register request", 0x0104: "register response",
	0x0005: "unregister request", 0x0105: "unregister response", 0x0006: "ARP request", 0x0106: "ARP response",
	0x0007: "NARP request", 0x0008: "topology request", 0x0009: "flush request", 0x0109: "flush response",
}

func appendNamedNumber(b []byte, names map[uint16]string, v uint16) []byte {
	if name, ok := names[v]; ok {
		return append(append(b, ' '), name...)
	}
	return appendInt(append(b, " opcode-#"...), int(v))
}

// oamPayloads are the types of payload in the header of a cell.
var oamPayloads = [...]string{
	"user data, uncongested, SDU 0", "user data, uncongested, SDU 1", "user data, congested,   SDU 0", "user data, congested,   SDU 1",
	"VCC OAM-flow F5 flow segment", "VCC OAM-flow F5 flow end to end", "Traffic Control and resource Mgmt",
}

// oam prints the header of a cell of operation and maintenance.
func (p *Line) oam(b, d []byte, length int) []byte {
	if len(d) < 5 || length < 5 {
		return p.trunc(b, "oam")
	}
	h := be32(d, 1)
	b = appendDecimal(append(b, "OAM F5, vpi "...), uint64(h>>20&0xff))
	b = appendDecimal(append(b, ", vci "...), uint64(h>>4&0xffff))
	b = append(b, ", payload [ "...)
	if kind := int(h >> 1 & 7); kind < len(oamPayloads) {
		b = append(b, oamPayloads[kind]...)
	} else {
		b = append(b, "Unknown"...)
	}
	b = appendDecimal(append(b, " ], clp "...), uint64(h&1))
	return appendInt(append(b, ", length "...), length)
}

// signalling prints what begins a message of ATM's signalling.
func (p *Line) signalling(b, d []byte) []byte {
	if len(d) < 1 {
		return p.trunc(b, "atm")
	}
	if d[0] != 9 {
		return append(appendInt(append(b, "SSCOP, proto "...), int(d[0])), ' ')
	}
	b = append(b, "Q.2931"...)
	if len(d) < 6 {
		return p.stop(b, "atm")
	}
	names := map[uint8]string{0x05: "Setup", 0x02: "Call_proceeding", 0x07: "Connect", 0x0f: "Connect_ack", 0x4d: "Release", 0x5a: "Release_complete",
		0x75: "Status_enquiry", 0x7d: "Status", 0x46: "Restart", 0x4e: "Restart_ack", 0x80: "Add_party", 0x81: "Add_party_ack"}
	b = append(append(b, ':'), names[d[5]]...)
	return appendHexNumber(append(b, " CALL_REF:"...), uint64(d[2])<<16|uint64(d[3])<<8|uint64(d[4]), 6)
}

var cipLLC = []byte{0xaa, 0xaa, 0x03, 0, 0, 0}

// cip prints a packet of Linux's classical IP over ATM, with an LLC header or without.
func (p *Line) cip(b, d []byte, length int) ([]byte, int) {
	if p.opts.LinkHeader {
		b = append(appendInt(b, length), ": "...)
	}
	if len(d) < len(cipLLC) || length < len(cipLLC) {
		return p.trunc(b, "cip"), 0
	}
	hasLLC := bytes.HasPrefix(d, cipLLC)
	if hasLLC {
		return p.bareLLC(b, d, length)
	}
	return p.ipv4(b, d, length), 0
}

// vsock prints a packet of Linux's virtual sockets, as vsockmon captures it.
func (p *Line) vsock(b, d []byte, length int) ([]byte, int) {
	const headerLen = 32
	if len(d) < headerLen || length < headerLen {
		return p.trunc(b, "vsock"), len(d)
	}
	le64 := func(at int) uint64 { return binary.LittleEndian.Uint64(d[at:]) }
	op, transport, size := le16(d, 24), le16(d, 26), int(le16(d, 28))
	b = appendEnum(b, "Invalid transport", int(transport), "UNKNOWN", "NO_INFO", "VIRTIO")
	switch {
	case p.opts.Verbose == 0:
		b = append(b, ' ')
	case transport == 2:
		b = appendVirtio(b, d[headerLen:])
	default:
		b = append(b, "\n\t"...)
	}
	b = appendDecimal(b, le64(0))
	b = appendDecimal(append(b, '.'), uint64(le32(d, 16)))
	b = appendDecimal(append(b, " > "...), le64(8))
	b = appendDecimal(append(b, '.'), uint64(le32(d, 20)))
	b = append(b, ' ')
	if op > 4 {
		b = append(b, ' ')
	}
	b = appendEnum(b, "invalid op", int(op), "UNKNOWN", "CONNECT", "DISCONNECT", "CONTROL", "PAYLOAD")
	b = appendInt(append(b, ", length "...), len(d))
	if p.opts.Verbose > 0 && transport == 2 && len(d) < headerLen+virtioHeaderLen {
		return p.stop(b, "vsock"), 0
	}
	if p.opts.Verbose > 1 && transport == 2 && op == 4 {
		rest := from(d, headerLen+size)
		if len(rest) == 0 {
			return p.stop(b, "vsock"), 0
		}
		b = appendIndentedHex(b, "\n\t", rest)
	}
	return b, headerLen
}

// appendEnum appends the name of v, or v itself behind what says that it has none.
func appendEnum(b []byte, kind string, v int, names ...string) []byte {
	if v < len(names) {
		return append(b, names[v]...)
	}
	return append(appendInt(append(append(b, kind...), " ("...), v), ')')
}

const virtioHeaderLen = 44

// appendVirtio appends the header of the transport, which the kernel put before the data.
func appendVirtio(b, d []byte) []byte {
	if len(d) < virtioHeaderLen {
		return b
	}
	b = appendDecimal(append(b, " (len "...), uint64(le32(d, 24)))
	b = append(b, ", type "...)
	if kind := int(le16(d, 28)); kind == 1 {
		b = append(b, "STREAM"...)
	} else {
		b = append(appendInt(append(b, "Invalid type ("...), kind), ')')
	}
	ops := [...]string{"INVALID", "REQUEST", "RESPONSE", "RST", "SHUTDOWN", "RW", "CREDIT UPDATE", "CREDIT REQUEST"}
	b = append(b, ", op "...)
	if op := int(le16(d, 30)); op < len(ops) {
		b = append(b, ops[op]...)
	} else {
		b = append(appendInt(append(b, "Invalid op ("...), op), ')')
	}
	b = appendHex(append(b, ", flags "...), uint64(le32(d, 32)), 1)
	b = appendDecimal(append(b, ", buf_alloc "...), uint64(le32(d, 36)))
	b = appendDecimal(append(b, ", fwd_cnt "...), uint64(le32(d, 40)))
	return append(b, ")\n\t"...)
}
