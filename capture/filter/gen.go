package filter

import (
	"smoltcp/dissect"
)

// generator makes tests out of an expression. It walks the expression in the order of reading, since words such as vlan
// and mpls change where everything after them is looked for.
type generator struct {
	*source
	*Options
	pos int // of the term at hand, for errors

	layout
	outerLink  dissect.LinkType // of the frame
	outerStart position         // its first byte

	// unoptimisable is true where jumps among the statements of a block are more than the optimiser understands.
	unoptimisable bool

	inUse    [memWords]bool
	nextWord int
	tests    int // so far, of whole primitives

	// The words of memory that hold what only the packet can tell; -1: not needed.
	outerHeaderWord, outerPayloadWord int
	tagWord                           int // by how much an 802.1Q tag in the packet moves what is behind it (Kernel)
}

// layout says where things are, as far as the words before have told.
type layout struct {
	link       dissect.LinkType // of the headers looked at now
	linkHeader position
	linkType   position // the field that tells the protocol of the payload; !set for raw IP
	payload    position // of the link layer
	net        uint32   // network header, from payload
	netNoSNAP  uint32   // network header behind an LLC header without SNAP, from payload

	mpls, vlan int  // how many labels and tags were passed
	geneve     bool // a Geneve header was passed
	lane       bool // ATM's LAN emulation was passed
	pushed     bool // a header inside another is looked at
}

// position is a place in the packet: a number of bytes plus, if it is variable, a word of memory.
type position struct {
	at       uint32
	set      bool
	variable bool
	word     int // -1: none yet
}

func fixed(at uint32) position { return position{at: at, set: true, word: -1} }

func (g *generator) fail(format string, args ...any) { g.raise(g.pos, format, args...) }

// anchor says what an offset is counted from.
type anchor uint8

const (
	fromPacket        anchor = iota // the first byte, or where the kernel keeps what is not in the packet
	fromLinkHeader                  // the current link-layer header
	fromLinkType                    // the type field of that header
	fromLLC                         // behind that header, where an LLC header would be
	fromNet                         // the network header
	fromNetNoSNAP                   // the network header, behind LLC without SNAP
	fromLastMPLS                    // the MPLS label before the network header
	fromTransportIPv4               // the transport header in IPv4, with options
	fromTransportIPv6               // the transport header in IPv6, without extension headers
)

// word allots a word of scratch memory.
func (g *generator) word() uint32 {
	for range memWords {
		if !g.inUse[g.nextWord] {
			g.inUse[g.nextWord] = true
			return uint32(g.nextWord)
		}
		g.nextWord = (g.nextWord + 1) % memWords
	}
	g.fail("too complex: the machine has %d words of memory", memWords)
	return 0
}

func (g *generator) free(word uint32) { g.inUse[word] = false }

// varies loads the variable part of a position into X; nil if it has none.
func (g *generator) varies(p *position) []*stmt {
	if !p.variable {
		return nil
	}
	if p.word < 0 {
		p.word = int(g.word())
	}
	return does(opLdxMem, uint32(p.word))
}

// loadAt loads size bytes at an offset from a position into A.
func (g *generator) loadAt(p *position, offset uint32, size uint32) []*stmt {
	if s := g.varies(p); s != nil {
		return append(s, does(classLd|modeInd|size, p.at+offset)...)
	}
	return does(classLd|modeAbs|size, p.at+offset)
}

// load loads bytes into A; size is sizeB, sizeH or sizeW.
func (g *generator) load(from anchor, offset uint32, size uint32) []*stmt {
	switch from {
	case fromPacket:
		return does(classLd|modeAbs|size, offset)
	case fromLinkHeader:
		return g.loadAt(&g.linkHeader, offset, size)
	case fromLinkType:
		return g.loadAt(&g.linkType, offset, size)
	case fromLLC:
		return g.loadAt(&g.payload, offset, size)
	case fromNet:
		return g.loadAt(&g.payload, g.net+offset, size)
	case fromNetNoSNAP:
		return g.loadAt(&g.payload, g.netNoSNAP+offset, size)
	case fromLastMPLS:
		return g.loadAt(&g.payload, g.net-4+offset, size)
	case fromTransportIPv4:
		return append(g.ipv4HeaderLen(), does(classLd|modeInd|size, g.payload.at+g.net+offset)...)
	}
	return g.loadAt(&g.payload, g.net+40+offset, size)
}

// ipv4HeaderLen loads into X the length of an IPv4 header, plus the variable part of where it begins.
func (g *generator) ipv4HeaderLen() []*stmt {
	if s := g.varies(&g.payload); s != nil {
		return append(s, does(classLd|modeInd|sizeB, g.payload.at+g.net, opAndK, 0xf, classALU|aluLsh, 2, opAddX, 0, opTax, 0)...)
	}
	return does(opLdxMsh, g.payload.at+g.net)
}

// compare makes a test of bytes under a mask.
func (g *generator) compare(from anchor, offset, size uint32, jump uint16, mask, value uint32) *cond {
	s := g.load(from, offset, size)
	if mask != 0xffffffff {
		s = append(s, does(opAndK, mask)...)
	}
	return test(s, classJmp|jump, value)
}

func (g *generator) equal(from anchor, offset, size, value uint32) *cond {
	return g.compare(from, offset, size, jmpEq, 0xffffffff, value)
}

func (g *generator) equalMasked(from anchor, offset, size, mask, value uint32) *cond {
	return g.compare(from, offset, size, jmpEq, mask, value)
}

func (g *generator) above(from anchor, offset, size, value uint32) *cond {
	return g.compare(from, offset, size, jmpGt, 0xffffffff, value)
}

func (g *generator) atLeast(from anchor, offset, size, value uint32) *cond {
	return g.compare(from, offset, size, jmpGe, 0xffffffff, value)
}

// bitsSet tests whether one of the bits is set.
func (g *generator) bitsSet(from anchor, offset, size, bits uint32) *cond {
	return test(g.load(from, offset, size), opJsetK, bits)
}

// equalBytes compares a run of bytes, the last of them first: they differ more often.
func (g *generator) equalBytes(from anchor, offset uint32, v []byte) (c *cond) {
	for n := len(v); n > 0; {
		var next *cond
		switch {
		case n >= 4:
			n -= 4
			next = g.equal(from, offset+uint32(n), sizeW, uint32(v[n])<<24|uint32(v[n+1])<<16|uint32(v[n+2])<<8|uint32(v[n+3]))
		case n >= 2:
			n -= 2
			next = g.equal(from, offset+uint32(n), sizeH, uint32(v[n])<<8|uint32(v[n+1]))
		default:
			n--
			next = g.equal(from, offset, sizeB, uint32(v[0]))
		}
		c = and(c, next)
	}
	return c
}

// always is a condition with a known answer.
func always(answer bool) *cond {
	k := uint32(0)
	if !answer {
		k = 1
	}
	return test(does(opLdImm, k), opJeqK, 0)
}

// expr makes the tests of an expression.
func (g *generator) expr(e expr) *cond {
	switch e := e.(type) {
	case chain:
		c := g.expr(e.first)
		for _, next := range e.rest {
			if next.or {
				c = or(c, g.expr(next.expr))
			} else {
				c = and(c, g.expr(next.expr))
			}
		}
		return c
	case negation:
		return not(g.expr(e.expr))
	case match:
		g.pos = e.value.pos
		return g.counted(g.match(e))
	case abbreviation:
		g.pos = e.pos
		return g.counted(g.protocol(e.proto))
	case relation:
		g.pos = e.pos
		return g.counted(g.relation(e))
	case special:
		g.pos = e.pos
		return g.counted(g.special(e))
	}
	panic("filter: unknown expression") // parse makes no other
}

// counted ends the compilation when c makes too many tests in all.
func (g *generator) counted(c *cond) *cond {
	if g.tests += c.tests(); g.tests > maxTests {
		g.fail("the expression is too long: it comes to more than %d tests", maxTests)
	}
	return c
}

// special makes the tests of a primitive with a word of its own.
func (g *generator) special(s special) *cond {
	value, given := uint32(0), len(s.args) > 0
	if given {
		value = s.args[0].value
	}
	switch s.word {
	case kBroadcast:
		return g.broadcast(s.proto)
	case kMulticast:
		return g.multicast(s.proto)
	case kLess:
		return not(test(does(opLdLen, 0), classJmp|jmpGt, value))
	case kGreater:
		return test(does(opLdLen, 0), classJmp|jmpGe, value)
	case kByte:
		return g.byteTest(value, s.args[1].text, s.args[2].value)
	case kInbound:
		return g.outbound(false)
	case kOutbound:
		return g.outbound(true)
	case kIfIndex:
		return g.ifIndex(value)
	case kVLAN:
		return g.vlanTag(value, given)
	case kMPLS:
		return g.mplsLabel(value, given)
	case kPPPoED:
		return g.etherType(etherTypePPPoED)
	case kPPPoES:
		return g.pppoeSession(value, given)
	case kGeneve:
		return g.geneveHeader(value, given)
	case kLLC:
		return g.llc(s.args)
	case kType, kSubtype, kDir:
		return g.wlanFrame(s)
	case kATM:
		if g.link == linkSunATM {
			return g.atm(s.args)
		}
	}
	g.fail("this is for captures of %s, which this is not (link type %s)", unsupported[s.word], g.link)
	return nil
}

// byteTest is the old form "byte 12 = 8", which the manual no longer mentions.
func (g *generator) byteTest(offset uint32, op string, value uint32) *cond {
	switch op {
	case "=":
		return g.equal(fromLinkHeader, offset, sizeB, value)
	case "<":
		return not(g.atLeast(fromLinkHeader, offset, sizeB, value))
	case ">":
		return g.above(fromLinkHeader, offset, sizeB, value)
	}
	// libpcap forgets to load the byte for these two and works on what the test before left: so what they select is the same here.
	alu := uint32(classALU | aluAnd)
	if op == "|" {
		alu = classALU | aluOr
	}
	return not(test(does(alu, value), opJeqK, 0))
}

// Where Linux keeps what is not in the packet, for programs of live captures.
const (
	skfAdOff            = 0xfffff000
	skfAdPktType        = 4
	skfAdIfIndex        = 8
	skfAdVLANTag        = 44
	skfAdVLANTagPresent = 48
)

// packetOutgoing is Linux's PACKET_OUTGOING, also in cooked headers.
const packetOutgoing = 4

// outbound tests which way the packet went.
func (g *generator) outbound(outbound bool) *cond {
	var c *cond
	direction := uint32(0) // as most links that tell it write it
	if outbound {
		direction = 1
	}
	switch g.link {
	case dissect.LinkSLL:
		c = g.equal(fromLinkHeader, 0, sizeH, packetOutgoing)
	case dissect.LinkSLL2:
		c = g.equal(fromLinkHeader, 10, sizeB, packetOutgoing)
	case linkSLIP:
		c = not(g.equal(fromLinkHeader, 0, sizeB, 0))
	case linkPPPPPPD:
		return g.equal(fromLinkHeader, 0, sizeB, direction)
	case linkIPNET:
		return g.equal(fromLinkHeader, 2, sizeH, 2-direction)
	case linkPFLog:
		return g.equal(fromLinkHeader, 60, sizeB, 1+direction)
	default:
		if _, ok := juniper[g.link]; ok {
			return g.equalMasked(fromLinkHeader, 3, sizeB, 1, 1-direction)
		}
		if g.File {
			g.fail("a file of link type %s does not tell which way its packets went", g.link)
		}
		c = g.equal(fromPacket, skfAdOff+skfAdPktType, sizeH, packetOutgoing)
	}
	if outbound {
		return c
	}
	return not(c)
}

// ifIndex tests which interface the packet passed.
func (g *generator) ifIndex(index uint32) *cond {
	if g.link == dissect.LinkSLL2 {
		return g.equal(fromLinkHeader, 4, sizeW, index)
	}
	if g.File {
		g.fail("a file of link type %s does not tell the numbers of interfaces", g.link)
	}
	return g.equal(fromPacket, skfAdOff+skfAdIfIndex, sizeW, index)
}
