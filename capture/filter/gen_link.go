package filter

import "smoltcp/dissect"

// Link types that package dissect has no names for.
const (
	linkTokenRing     dissect.LinkType = 6
	linkARCNET        dissect.LinkType = 7
	linkSLIP          dissect.LinkType = 8
	linkPPP           dissect.LinkType = 9
	linkFDDI          dissect.LinkType = 10
	linkRawOld        dissect.LinkType = 12
	linkRawOpenBSD    dissect.LinkType = 14
	linkPPPSerial     dissect.LinkType = 50
	linkPPPEther      dissect.LinkType = 51
	linkSymantec      dissect.LinkType = 99
	linkRFC1483       dissect.LinkType = 100
	linkCHDLC         dissect.LinkType = 104
	linkWLAN          dissect.LinkType = 105
	linkCLIP          dissect.LinkType = 106
	linkFrameRelay    dissect.LinkType = 107
	linkLocalTalk     dissect.LinkType = 114
	linkPFLog         dissect.LinkType = 117
	linkWLANPrism     dissect.LinkType = 119
	linkFibreChannel  dissect.LinkType = 122 // RFC 2625
	linkSunATM        dissect.LinkType = 123
	linkWLANRadio     dissect.LinkType = 127
	linkARCNETLinux   dissect.LinkType = 129
	linkIEEE1394Apple dissect.LinkType = 138
	linkWLANAVS       dissect.LinkType = 163
	linkPPPPPPD       dissect.LinkType = 166
	linkIPNET         dissect.LinkType = 226
)

// juniper are the link types of Juniper's captures: where the payload begins, and the network layer in it, with and without SNAP.
// One that is not known is 1 below zero, as in libpcap, whose sums wrap around.
var juniper = map[dissect.LinkType]struct{ payload, net, netNoSNAP uint32 }{
	130: {4, 0, nowhere}, 131: {4, 0, nowhere}, 132: {nowhere, nowhere, nowhere}, 133: {12, 0, nowhere}, 134: {4, 0, nowhere}, 135: {8, 0, 10},
	136: {nowhere, nowhere, nowhere}, 137: {4, 0, 10}, 164: {12, 0, nowhere}, 167: {14, 18, 21}, 168: {4, 0, nowhere}, 178: {14, 18, 21},
	179: {4, 0, nowhere}, 180: {4, 0, nowhere}, 181: {4, 0, nowhere}, 183: {nowhere, nowhere, nowhere}, 194: {nowhere, nowhere, nowhere},
	200: {nowhere, nowhere, nowhere}, 238: {nowhere, nowhere, nowhere},
}

const nowhere = ^uint32(0)

// Ethernet types.
const (
	etherTypeIP     = 0x0800
	etherTypeARP    = 0x0806
	etherTypeRARP   = 0x8035
	etherTypeMOPDL  = 0x6001
	etherTypeMOPRC  = 0x6002
	etherTypeDECnet = 0x6003
	etherTypeLAT    = 0x6004
	etherTypeSCA    = 0x6007
	etherTypeATalk  = 0x809b
	etherTypeAARP   = 0x80f3
	etherTypeVLAN   = 0x8100
	etherTypeQinQ   = 0x88a8
	etherTypeOldQ   = 0x9100
	etherTypeIPX    = 0x8137
	etherTypeIPv6   = 0x86dd
	etherTypeMPLS   = 0x8847
	etherTypePPPoED = 0x8863
	etherTypePPPoES = 0x8864

	// maxLength is the largest value that is a length rather than a type (IEEE 802.3).
	maxLength = 1500
)

// Service access points of LLC. As a "protocol" they are below any Ethernet type.
const (
	sapIP      = 0x06
	sapSTP     = 0x42
	sapIPX     = 0xe0
	sapNetBEUI = 0xf0
	sapISO     = 0xfe
)

// start sets where things are in a frame of the link type.
func (g *generator) start(link dissect.LinkType) {
	g.link, g.outerLink = link, link
	g.linkHeader = fixed(0)
	g.outerStart = fixed(0)
	g.outerHeaderWord, g.outerPayloadWord, g.tagWord = -1, -1, -1
	for _, p := range []*position{&g.linkType, &g.payload} {
		p.word = -1
	}
	switch link {
	case dissect.LinkEthernet:
		g.linkType, g.payload, g.netNoSNAP = fixed(12), fixed(14), 3
	case dissect.LinkNull, dissect.LinkLoop:
		g.linkType, g.payload = fixed(0), fixed(4)
	case linkPPP, linkPPPSerial, linkPPPPPPD, linkCHDLC:
		g.linkType, g.payload = fixed(2), fixed(4)
	case linkPPPEther:
		g.linkType, g.payload = fixed(6), fixed(8)
	case dissect.LinkSLL:
		g.linkType, g.payload = fixed(14), fixed(16)
	case dissect.LinkSLL2:
		g.linkType, g.payload = fixed(0), fixed(20)
	case linkWLAN, linkWLANPrism, linkWLANRadio, linkWLANAVS:
		g.linkHeader.variable = link != linkWLAN
		g.linkType, g.payload = fixed(0), fixed(0)
		g.linkType.variable, g.payload.variable = true, true
		g.net, g.netNoSNAP = 8, 3 // LLC and SNAP, or LLC alone
	case dissect.LinkRaw, linkRawOld, linkRawOpenBSD, dissect.LinkIPv4, dissect.LinkIPv6, linkLocalTalk, linkFrameRelay:
		g.payload = fixed(0)
	case linkARCNET:
		g.linkType, g.payload = fixed(2), fixed(6)
	case linkARCNETLinux:
		g.linkType, g.payload = fixed(4), fixed(8)
	case linkSLIP:
		g.payload = fixed(16)
	case linkFDDI:
		g.linkType, g.payload, g.net, g.netNoSNAP = fixed(13), fixed(13), 8, 3
	case linkTokenRing:
		g.linkType, g.payload, g.net, g.netNoSNAP = fixed(14), fixed(14), 8, 3
	case linkRFC1483, linkCLIP:
		g.linkType, g.payload, g.net, g.netNoSNAP = fixed(0), fixed(0), 8, 3
	case linkFibreChannel:
		g.linkType, g.payload, g.net, g.netNoSNAP = fixed(16), fixed(16), 8, 3
	case linkSunATM:
		g.linkType, g.payload, g.net, g.netNoSNAP = fixed(sunATMHeaderLen), fixed(sunATMHeaderLen), 8, 3
	case linkSymantec:
		g.linkType, g.payload = fixed(6), fixed(44)
	case linkIEEE1394Apple:
		g.linkType, g.payload = fixed(16), fixed(18)
	case linkIPNET:
		g.linkType, g.payload = fixed(1), fixed(24)
	case linkPFLog:
		g.linkType, g.payload = fixed(0), fixed(0)
		g.payload.variable = true
	}
	if j, ok := juniper[link]; ok {
		g.payload, g.net, g.netNoSNAP = fixed(j.payload), j.net, j.netNoSNAP
	}
}

func isWLAN(link dissect.LinkType) bool {
	return link == linkWLAN || link == linkWLANPrism || link == linkWLANRadio || link == linkWLANAVS
}

func isPPP(link dissect.LinkType) bool {
	return link == linkPPP || link == linkPPPSerial || link == linkPPPEther || link == linkPPPPPPD
}

// etherType tests the protocol that the link layer carries: an Ethernet type, or an LLC service access point.
func (g *generator) etherType(t uint32) *cond {
	if g.mpls > 0 {
		return g.belowMPLS(t)
	}
	switch {
	case g.link == dissect.LinkEthernet:
		return and(g.lanFrame(), g.ethernetType(t))
	case isWLAN(g.link):
		return and(g.wlanData(), g.llcType(t))
	case isLLC(g.link):
		return g.llcType(t)
	case isPPP(g.link):
		return g.equal(fromLinkType, 0, sizeH, pppType(t))
	}
	switch g.link {
	case dissect.LinkSLL:
		return g.sllType(t)
	case dissect.LinkSLL2:
		return g.equal(fromLinkType, 0, sizeH, t)
	case linkCHDLC:
		if t == sapISO {
			t = sapISO<<8 | sapISO
		}
		return g.equal(fromLinkType, 0, sizeH, t)
	case dissect.LinkRaw, linkRawOld, linkRawOpenBSD:
		return g.ipVersion(t)
	case dissect.LinkIPv4:
		return always(t == etherTypeIP)
	case dissect.LinkIPv6:
		return always(t == etherTypeIPv6)
	case dissect.LinkNull, dissect.LinkLoop:
		return g.addressFamily(t)
	case linkSLIP:
		return g.ipVersion(t)
	case linkSunATM:
		return and(g.atmType(atmLLC), g.llcType(t))
	case linkARCNET, linkARCNETLinux:
		return g.arcnetType(t)
	case linkLocalTalk:
		return always(t == etherTypeATalk)
	case linkFrameRelay:
		return g.frameRelayType(t)
	case linkSymantec, linkIEEE1394Apple:
		return g.equal(fromLinkType, 0, sizeH, t)
	case linkIPNET:
		return g.family(t, 2, 26) // Solaris's numbers
	case linkPFLog:
		return g.family(t, 2, 10) // IPv6 has that of the system, which is Linux here
	}
	if _, ok := juniper[g.link]; ok { // what is inside, the header does not say: "MGC" begins every one
		return g.equalMasked(fromLinkHeader, 0, sizeW, 0xffffff00, 0x4d474300)
	}
	g.fail("a frame of link type %s can be tested by its bytes (link[0] = 1) and its length only", g.link)
	return nil
}

// ipVersion tests the first four bits, which tell IPv4 and IPv6 apart where nothing else does.
func (g *generator) ipVersion(t uint32) *cond {
	switch t {
	case etherTypeIP:
		return g.equalMasked(fromLinkHeader, 0, sizeB, 0xf0, 0x40)
	case etherTypeIPv6:
		return g.equalMasked(fromLinkHeader, 0, sizeB, 0xf0, 0x60)
	}
	return always(false)
}

// family tests an address family in the second byte.
func (g *generator) family(t, ipv4, ipv6 uint32) *cond {
	switch t {
	case etherTypeIP:
		return g.equal(fromLinkHeader, 1, sizeB, ipv4)
	case etherTypeIPv6:
		return g.equal(fromLinkHeader, 1, sizeB, ipv6)
	}
	return always(false)
}

// isLLC reports whether every frame of a link type has an LLC header.
func isLLC(link dissect.LinkType) bool {
	switch link {
	case linkTokenRing, linkFDDI, linkRFC1483, linkCLIP, linkFibreChannel:
		return true
	}
	return false
}

// arcnetType tests the protocol of an ARCNET frame (RFC 1201, and RFC 1051 before it).
func (g *generator) arcnetType(t uint32) *cond {
	is := func(v uint32) *cond { return g.equal(fromLinkType, 0, sizeB, v) }
	switch t {
	case etherTypeIP:
		return or(is(212), is(240))
	case etherTypeARP:
		return or(is(213), is(241))
	case etherTypeRARP:
		return is(214)
	case etherTypeIPv6:
		return is(196)
	case etherTypeATalk:
		return is(221)
	}
	return always(false)
}

// frameRelayType tests the control byte and the network layer protocol identifier behind an address of two bytes (RFC 2427).
func (g *generator) frameRelayType(t uint32) *cond {
	is := func(nlpid uint32) *cond { return g.equal(fromLinkHeader, 2, sizeH, 0x0300|nlpid) }
	switch t {
	case etherTypeIP:
		return is(0xcc)
	case etherTypeIPv6:
		return is(0x8e)
	case sapISO:
		return or(is(0x81), or(is(0x82), is(0x83)))
	}
	return always(false)
}

// addressFamily tests the header of a BSD loopback frame. IPv4 has the same number on all systems. IPv6 has Linux's in a live
// capture, and in a file, which may be from anywhere, those of the systems that have such frames.
func (g *generator) addressFamily(t uint32) (c *cond) {
	var families []uint32
	switch {
	case t == etherTypeIP:
		families = []uint32{2}
	case t == etherTypeIPv6 && g.File:
		families = []uint32{30, 24, 28} // macOS, NetBSD and OpenBSD, FreeBSD
	case t == etherTypeIPv6:
		families = []uint32{10}
	default:
		return always(false)
	}
	for _, f := range families {
		if g.link == dissect.LinkNull && !g.BigEndian {
			f <<= 24
		}
		c = or(c, g.equal(fromLinkHeader, 0, sizeW, f))
	}
	return c
}

// hasLength tests for a length in the place of the Ethernet type.
func (g *generator) hasLength() *cond {
	return not(g.above(fromLinkType, 0, sizeH, maxLength))
}

// snap tests for LLC and SNAP with an organisation and a type.
func (g *generator) snap(oui, t uint32) *cond {
	return g.equalBytes(fromLLC, 0, []byte{0xaa, 0xaa, 3, byte(oui >> 16), byte(oui >> 8), byte(oui), byte(t >> 8), byte(t)})
}

// appleOUI is Apple's, in SNAP headers of AppleTalk; other types come with zero.
const appleOUI = 0x080007

func snapOUI(t uint32) uint32 {
	if t == etherTypeATalk {
		return appleOUI
	}
	return 0
}

// ethernetType tests the protocol in an Ethernet frame, with a type or with a length and LLC.
func (g *generator) ethernetType(t uint32) *cond {
	switch t {
	case sapISO, sapIP, sapNetBEUI:
		return and(g.hasLength(), g.equal(fromLLC, 0, sizeH, t<<8|t))
	case sapIPX:
		// Four encapsulations: a type, SNAP, LLC, and a length with nothing behind it but IPX, whose checksum is all ones.
		return or(
			g.equal(fromLinkType, 0, sizeH, etherTypeIPX),
			and(g.hasLength(), or(g.snap(0, etherTypeIPX), g.equal(fromLLC, 0, sizeB, sapIPX), g.equal(fromLLC, 0, sizeH, 0xffff))))
	case etherTypeATalk, etherTypeAARP:
		return or(g.equal(fromLinkType, 0, sizeH, t), and(g.hasLength(), g.snap(snapOUI(t), t)))
	}
	if t <= maxLength {
		return and(g.hasLength(), g.equal(fromLinkType, 2, sizeB, t))
	}
	return g.equal(fromLinkType, 0, sizeH, t)
}

// Protocols of a cooked header that are no Ethernet types.
const (
	sllRaw8023 = 1 // Novell's IPX without LLC
	sllLLC     = 4
)

// sllType tests the protocol behind a cooked header of version 1.
func (g *generator) sllType(t uint32) *cond {
	hasLLC := func() *cond { return g.equal(fromLinkType, 0, sizeH, sllLLC) }
	switch t {
	case sapISO, sapIP, sapNetBEUI:
		return and(hasLLC(), g.equal(fromLLC, 0, sizeH, t<<8|t))
	case sapIPX:
		return or(
			g.equal(fromLinkType, 0, sizeH, etherTypeIPX),
			g.equal(fromLinkType, 0, sizeH, sllRaw8023),
			and(hasLLC(), or(g.equal(fromLLC, 0, sizeB, sapIPX), g.snap(0, etherTypeIPX))))
	case etherTypeATalk, etherTypeAARP:
		return or(g.equal(fromLinkType, 0, sizeH, t), and(hasLLC(), g.snap(snapOUI(t), t)))
	}
	if t <= maxLength {
		return and(hasLLC(), g.equal(fromLLC, 0, sizeB, t))
	}
	return g.equal(fromLinkType, 0, sizeH, t)
}

// llcType tests the protocol in an LLC header that is known to be there.
func (g *generator) llcType(t uint32) *cond {
	switch t {
	case sapISO, sapIP, sapNetBEUI:
		return g.equal(fromLLC, 0, sizeH, t<<8|t)
	case etherTypeATalk:
		return g.snap(appleOUI, t)
	}
	if t <= maxLength {
		return g.equal(fromLLC, 0, sizeB, t)
	}
	return g.equal(fromLLC, 6, sizeH, t) // SNAP of any organisation
}

// pppType gives PPP's number for a protocol; what has none is taken to be one.
func pppType(t uint32) uint32 {
	switch t {
	case etherTypeIP:
		return 0x21
	case etherTypeIPv6:
		return 0x57
	case etherTypeDECnet:
		return 0x27
	case etherTypeATalk:
		return 0x29
	case 0x0600: // XNS
		return 0x25
	case sapISO:
		return 0x23
	case sapSTP:
		return 0x31
	case sapIPX:
		return 0x2b
	}
	return t
}

// link-layer addresses

// hardware gives where a link type has its source and destination addresses, of six bytes each.
func hardware(link dissect.LinkType) (src, dst uint32, ok bool) {
	switch link {
	case dissect.LinkEthernet:
		return 6, 0, true
	case linkFDDI:
		return 7, 1, true
	case linkTokenRing:
		return 8, 2, true
	case linkFibreChannel:
		return 10, 2, true
	}
	return 0, 0, false
}

// mac makes the tests of a hardware address.
func (g *generator) mac(addr [6]byte, dir direction) *cond {
	if isWLAN(g.link) {
		return g.wlanAddress(addr, dir)
	}
	srcAt, dstAt, ok := hardware(g.link)
	if !ok {
		g.fail("hardware addresses are in frames of Ethernet, FDDI, token ring and 802.11, not of link type %s", g.link)
	}
	src := func() *cond { return g.equalBytes(fromLinkHeader, srcAt, addr[:]) }
	dst := func() *cond { return g.equalBytes(fromLinkHeader, dstAt, addr[:]) }
	var c *cond
	switch dir {
	case dirSrc:
		c = src()
	case dirDst:
		c = dst()
	case dirBoth:
		c = and(src(), dst())
	case anyDir, dirEither:
		c = or(src(), dst())
	default:
		g.fail("%s is an address of 802.11, not of link type %s", dir, g.link)
	}
	return and(g.lanFrame(), and(g.innerFrame(), c))
}

// innerFrame tests that a Geneve header carries a frame rather than a packet; nil if there is no such header. Then
// link-layer header and payload are at different places.
func (g *generator) innerFrame() *cond {
	if !g.geneve {
		return nil
	}
	s := append(does(opLdMem, uint32(g.linkHeader.word)), g.varies(&g.payload)...)
	return not(test(s, opJeqX, 0))
}

func (g *generator) broadcast(p proto) *cond {
	switch p {
	case anyProto, protoLink:
		if isARCNET(g.link) {
			return g.equal(fromLinkHeader, 1, sizeB, 0)
		}
		if _, _, ok := hardware(g.link); !ok && !isWLAN(g.link) {
			g.fail("frames of link type %s are not broadcast (ip broadcast looks at IPv4 addresses)", g.link)
		}
		return g.mac(dissect.BroadcastMAC, dirDst)
	case protoIP:
		if g.Netmask == 0xffffffff {
			g.fail("ip broadcast needs a network, and the interface's netmask leaves none (255.255.255.255)")
		}
		ip := g.etherType(etherTypeIP)
		host := ^g.Netmask
		return and(ip, or(g.equalMasked(fromNet, 16, sizeW, host, 0), g.equalMasked(fromNet, 16, sizeW, host, host)))
	}
	g.fail("broadcast is for ether and ip, not for %s", p)
	return nil
}

func (g *generator) multicast(p proto) *cond {
	switch p {
	case anyProto, protoLink:
		switch _, dst, ok := hardware(g.link); {
		case ok:
			return and(g.lanFrame(), and(g.innerFrame(), g.bitsSet(fromLinkHeader, dst, sizeB, 1)))
		case isWLAN(g.link):
			return g.wlanMulticast()
		case isARCNET(g.link): // there are no groups but all
			return g.equal(fromLinkHeader, 1, sizeB, 0)
		}
		g.fail("frames of link type %s are not multicast (ip multicast looks at IPv4 addresses)", g.link)
	case protoIP:
		return and(g.etherType(etherTypeIP), g.atLeast(fromNet, 16, sizeB, 224))
	case protoIPv6:
		return and(g.etherType(etherTypeIPv6), g.equal(fromNet, 24, sizeB, 255))
	}
	g.fail("multicast is for ether, ip and ip6, not for %s", p)
	return nil
}

func isARCNET(link dissect.LinkType) bool { return link == linkARCNET || link == linkARCNETLinux }

// llc tests for an LLC header, and what kind of frame it begins.
func (g *generator) llc(args []token) *cond {
	var c *cond
	switch {
	case g.link == dissect.LinkEthernet:
		c = and(g.hasLength(), not(g.equal(fromLLC, 0, sizeH, 0xffff)))
	case isWLAN(g.link):
		c = g.wlanData()
	case g.link == linkSunATM:
		c = g.atmType(atmLLC)
	case isLLC(g.link) && g.link != linkFibreChannel && g.link != linkCLIP:
		c = always(true)
	default:
		g.fail("llc is for frames of Ethernet and 802.11, not of link type %s", g.link)
	}
	if len(args) == 0 {
		return c
	}
	f, ok := llcFrames[lower(args[0].text)]
	if !ok {
		g.raise(args[0].pos, "no such LLC frame (have: i, s, u, rr, rnr, rej, ui, ua, disc, dm, sabme, test, xid, frmr)")
	}
	if f.mask == 1 { // an information frame: the lowest bit is clear
		return and(c, not(g.bitsSet(fromLLC, 2, sizeB, 1)))
	}
	return and(c, g.equalMasked(fromLLC, 2, sizeB, f.mask, f.value))
}

// llcFrames are the frames of LLC by their control octet (IEEE 802.2, section 5.3).
var llcFrames = map[string]struct{ mask, value uint32 }{
	"i": {1, 0}, "s": {3, 1}, "u": {3, 3},
	"rr": {0x0f, 1}, "rnr": {0x0f, 5}, "rej": {0x0f, 9},
	"ui": {0xef, 0x03}, "ua": {0xef, 0x63}, "disc": {0xef, 0x43}, "dm": {0xef, 0x0f}, "sabme": {0xef, 0x6f},
	"test": {0xef, 0xe3}, "xid": {0xef, 0xaf}, "frmr": {0xef, 0x87},
}
