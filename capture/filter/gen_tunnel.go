package filter

import "smoltcp/dissect"

// push makes what was the payload a frame of its own, whose link-layer header begins at a position.
func (g *generator) push(link dissect.LinkType, header position) {
	g.saveOuter()
	g.link, g.linkHeader = link, header
}

// saveOuter notes which words of memory hold the lengths of the headers in front, before they go out of sight.
func (g *generator) saveOuter() {
	if g.pushed {
		return
	}
	g.pushed = true
	g.outerHeaderWord, g.outerPayloadWord = g.linkHeader.word, g.payload.word
}

// vlanTag tests for an 802.1Q tag. Everything after it is looked for behind the tag.
func (g *generator) vlanTag(id uint32, given bool) *cond {
	switch {
	case g.mpls > 0:
		g.fail("vlan behind mpls: there are no VLAN tags behind MPLS labels")
	case g.link != dissect.LinkEthernet && !isWLAN(g.link):
		g.fail("vlan is for frames of Ethernet and 802.11, not of link type %s", g.link)
	case given && id > 0xfff:
		g.fail("VLAN %d is above 4095", id)
	}
	c := g.tagType()
	inPacket := func() *cond { return g.equalMasked(fromNet, 0, sizeH, 0xfff, id) }
	if g.tagAside() {
		c = g.kernelTag(c, inPacket, id, given)
	} else {
		if given {
			c = and(c, inPacket())
		}
		g.linkType.at += 4
		g.payload.at += 4
	}
	g.vlan++
	return c
}

// tagType tests for the type of an 802.1Q tag in the packet.
func (g *generator) tagType() *cond {
	return or(g.etherType(etherTypeVLAN), g.etherType(etherTypeQinQ), g.etherType(etherTypeOldQ))
}

// tagAside reports whether the next tag may be one that the kernel keeps beside the packet.
func (g *generator) tagAside() bool {
	return g.Kernel && g.outerLink == dissect.LinkEthernet && g.vlan == 0 && !g.pushed
}

// aside tests for a tag that the kernel keeps beside the packet.
func (g *generator) aside() *cond {
	return g.equal(fromPacket, skfAdOff+skfAdVLANTagPresent, sizeB, 1)
}

// throughTags makes the tests of an expression that is meant for what is behind up to so many tags, however many there are.
func (g *generator) throughTags(e expr, tags int) *cond {
	if tags == 0 {
		return g.expr(e)
	}
	before := g.layout
	tagged := g.tagType()
	if g.tagAside() {
		tagged = or(g.aside(), tagged)
	}
	untagged := and(not(tagged), g.expr(e))
	g.layout = before
	if g.link == dissect.LinkEthernet {
		return or(untagged, and(g.vlanTag(0, false), g.throughTags(e, tags-1)))
	}
	// Behind a cooked header.
	tagged = g.tagType()
	g.linkType = g.payload
	g.linkType.at += 2
	g.payload.at += 4
	return or(untagged, and(tagged, g.throughTags(e, tags-1)))
}

// mentions reports whether an expression has a primitive of a word.
func mentions(e expr, word keyword) bool {
	switch e := e.(type) {
	case chain:
		for _, c := range e.rest {
			if mentions(c.expr, word) {
				return true
			}
		}
		return mentions(e.first, word)
	case negation:
		return mentions(e.expr, word)
	case special:
		return e.word == word
	}
	return false
}

// kernelTag tests for a tag that the kernel has taken out of the packet and keeps beside it, or else for one in the packet. Where
// things are depends on which it was: a word of memory says by how much the tag in the packet moves them.
func (g *generator) kernelTag(inType *cond, inPacket func() *cond, id uint32, given bool) *cond {
	word := g.word()
	g.tagWord = int(word)
	first := inType
	for first.op != condTest {
		first = first.a
	}
	first.test.stmts = append(does(opLdImm, 4, opSt, word), first.test.stmts...)
	c := or(g.aside(), inType)
	if given {
		c = and(c, or(
			and(g.aside(), g.equalMasked(fromPacket, skfAdOff+skfAdVLANTag, sizeH, 0xfff, id)),
			and(not(g.aside()), inPacket())))
	}
	for _, p := range []*position{&g.linkType, &g.payload} {
		p.variable, p.word = true, g.tagWord
	}
	return c
}

// mplsLabel tests for an MPLS label. Everything after it is looked for behind the label.
func (g *generator) mplsLabel(label uint32, given bool) *cond {
	var c *cond
	switch {
	case g.mpls > 0: // the label before must not be the last
		c = g.equalMasked(fromLastMPLS, 2, sizeB, 1, 0)
	case g.link == dissect.LinkEthernet, g.link == linkCHDLC:
		c = g.etherType(etherTypeMPLS)
	case g.link == linkPPP:
		c = g.etherType(pppMPLS)
	default:
		g.fail("mpls is for frames of Ethernet and PPP, not of link type %s", g.link)
	}
	if given {
		if label > 0xfffff {
			g.fail("MPLS label %d is above %d", label, 0xfffff)
		}
		c = and(c, g.equalMasked(fromNet, 0, sizeW, 0xfffff000, label<<12))
	}
	g.net += 4
	g.netNoSNAP += 4
	g.mpls++
	return c
}

// pppMPLS is PPP's number for MPLS unicast.
const pppMPLS = 0x0281

// belowMPLS tests what follows the last label, by the first byte: MPLS does not say.
func (g *generator) belowMPLS(etherType uint32) *cond {
	var version uint32
	switch etherType {
	case etherTypeIP:
		version = 0x40
	case etherTypeIPv6:
		version = 0x60
	default:
		g.fail("behind MPLS only ip and ip6 can be told apart")
	}
	return and(g.equalMasked(fromLastMPLS, 2, sizeB, 1, 1), g.equalMasked(fromNet, 0, sizeB, 0xf0, version))
}

// pppoeSession tests for a PPPoE session packet. Everything after it is looked for in the PPP frame.
func (g *generator) pppoeSession(id uint32, given bool) *cond {
	if given && id > 0xffff {
		g.fail("PPPoE session %d is above 65535", id)
	}
	c := g.etherType(etherTypePPPoES)
	if given {
		c = and(c, g.equalMasked(fromNet, 0, sizeW, 0xffff, id))
	}
	header := g.payload
	header.at += g.net + 6 // behind the PPPoE header
	g.push(linkPPP, header)
	g.linkType = header
	g.payload.at = header.at + 2
	g.net, g.netNoSNAP = 0, 0
	return c
}

const (
	genevePort     = 6081
	geneveEthernet = 0x6558 // protocol type of a frame inside
)

// geneveHeader tests for a Geneve header in UDP (RFC 8926). Everything after it is looked for in what it carries. How long the
// headers are is for the program to find out and keep in memory.
func (g *generator) geneveHeader(vni uint32, given bool) *cond {
	if given && vni > 0xffffff {
		g.fail("Geneve VNI %d is above %d", vni, 0xffffff)
	}
	g.unoptimisable = true
	udp := func(etherType, protoOffset uint32, transport anchor, unfragmented *cond, length []*stmt) *cond {
		c := and(g.etherType(etherType), g.equal(fromNet, protoOffset, sizeB, ipUDP), unfragmented,
			g.equal(transport, 2, sizeH, genevePort),
			g.equalMasked(transport, 8, sizeB, 0xc0, 0)) // the version
		if given {
			c = and(c, g.equalMasked(transport, 12, sizeW, 0xffffff00, vni<<8))
		}
		// A and X become the length of the headers so far, less what is constant.
		return and(c, test(length, opJeqX, 0))
	}
	ipv4 := udp(etherTypeIP, 9, fromTransportIPv4, g.firstFragment(), nil)
	ipv4.b.test.stmts = append(g.ipv4HeaderLen(), does(opTxa, 0)...)

	ipv6 := udp(etherTypeIPv6, 6, fromTransportIPv6, nil, nil)
	length := append(g.varies(&g.payload), does(opLdImm, 40)...)
	if g.payload.variable {
		length = append(length, does(opAddX, 0)...)
	}
	ipv6.b.test.stmts = append(length, does(opTax, 0)...)

	s := does(opAddK, g.payload.at+g.net+8, opTax, 0) // X: the Geneve header
	header, typeAt, payload := position{set: true, variable: true}, position{set: true, variable: true}, position{set: true, variable: true}
	typeAt.word, header.word = int(g.word()), int(g.word())
	s = append(s, does(
		opAddK, 2, opSt, uint32(typeAt.word),
		classLd|modeInd|sizeB, 0, opAndK, 0x3f, classALU|aluMul, 4, opAddK, 8, opAddX, 0, opSt, uint32(header.word),
		classLd|modeInd|sizeH, 2, opLdxMem, uint32(header.word))...)
	payload.word = int(g.word())
	isFrame := &stmt{code: opJeqK, k: geneveEthernet}
	frame := does(opTxa, 0, opAddK, 12, opSt, uint32(typeAt.word), opAddK, 2, opTax, 0)
	done := &stmt{code: opStx, k: uint32(payload.word)}
	isFrame.jt, isFrame.jf = frame[0], done
	s = append(append(append(s, isFrame), frame...), done)

	yes := always(true)
	yes.test.stmts = append(s, yes.test.stmts...)
	c := and(or(ipv4, ipv6), yes)

	g.push(dissect.LinkEthernet, header)
	g.linkType, g.payload = typeAt, payload
	g.net = 0
	g.geneve = true
	return c
}

// preamble gives the statements that must run before any test: those that fill the words of memory that say how long the
// headers of this packet are.
func (g *generator) preamble() []*stmt {
	g.saveOuter()
	var s []*stmt
	if g.tagWord >= 0 {
		s = does(opLdImm, 0, opSt, uint32(g.tagWord))
	}
	if isWLAN(g.outerLink) {
		s = append(s, g.wlanPreamble()...)
	}
	if g.outerLink == linkPFLog && g.outerPayloadWord >= 0 { // the length of the header, filled up to a multiple of 4
		s = append(s, does(classLd|modeAbs|sizeB, 0, opAddK, 3, opAndK, 0xfffffffc, opSt, uint32(g.outerPayloadWord))...)
	}
	return s
}
