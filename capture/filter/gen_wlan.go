package filter

import "strings"

// Bits of the first and the second byte of an 802.11 header.
const (
	wlanControl = 0x04
	wlanDataBit = 0x08
	wlanToDS    = 0x01
	wlanFromDS  = 0x02
)

func (g *generator) wlanBits(byteAt, bits uint32) *cond {
	return g.bitsSet(fromLinkHeader, byteAt, sizeB, bits)
}

// wlanData tests for a data frame.
func (g *generator) wlanData() *cond {
	return and(not(g.wlanBits(0, wlanControl)), g.wlanBits(0, wlanDataBit))
}

// wlanDst makes the test of the destination, which is one address or another by the kind of frame.
func (g *generator) wlanDst(at func(offset uint32) *cond) *cond {
	return and(not(g.wlanBits(0, wlanControl)), or(
		and(not(g.wlanBits(0, wlanDataBit)), at(4)),
		and(g.wlanBits(0, wlanDataBit), or(
			and(not(g.wlanBits(1, wlanToDS)), at(4)),
			and(g.wlanBits(1, wlanToDS), at(16))))))
}

// wlanAddress makes the tests of a hardware address in an 802.11 header.
func (g *generator) wlanAddress(addr [6]byte, dir direction) *cond {
	at := func(offset uint32) *cond { return g.equalBytes(fromLinkHeader, offset, addr[:]) }
	src := func() *cond {
		return and(not(g.wlanBits(0, wlanControl)), or(
			and(not(g.wlanBits(0, wlanDataBit)), at(10)),
			and(g.wlanBits(0, wlanDataBit), or(
				and(not(g.wlanBits(1, wlanFromDS)), at(10)),
				and(g.wlanBits(1, wlanFromDS), or(
					and(not(g.wlanBits(1, wlanToDS)), at(16)),
					and(g.wlanBits(1, wlanToDS), at(24))))))))
	}
	dst := func() *cond { return g.wlanDst(at) }
	isControl := func() *cond { return g.equalMasked(fromLinkHeader, 0, sizeB, 0x0c, wlanControl) }
	second := func() *cond { // CTS and ACK have one address only
		subtype := func(v uint32) *cond { return g.equalMasked(fromLinkHeader, 0, sizeB, 0xf0, v) }
		return and(not(and(isControl(), or(subtype(0xc0), subtype(0xd0)))), at(10))
	}
	switch dir {
	case dirAddr1:
		return at(4)
	case dirAddr2:
		return second()
	case dirAddr3:
		return and(not(isControl()), at(16))
	case dirAddr4:
		return and(g.equalMasked(fromLinkHeader, 1, sizeB, wlanToDS|wlanFromDS, wlanToDS|wlanFromDS), at(24))
	case dirRA:
		return and(g.wlanBits(0, wlanDataBit), at(4))
	case dirTA:
		return and(g.wlanBits(0, wlanDataBit), second())
	}
	return g.direction(dir, src, dst)
}

func (g *generator) wlanMulticast() *cond {
	return g.wlanDst(func(offset uint32) *cond { return g.bitsSet(fromLinkHeader, offset, sizeB, 1) })
}

// wlanFrame makes the tests of the primitives type, subtype and dir.
func (g *generator) wlanFrame(s special) *cond {
	if !isWLAN(g.link) {
		g.fail("this is for frames of 802.11, which these are not (link type %s)", g.link)
	}
	arg := s.args[0]
	if s.word == kDir {
		v, ok := arg.value, arg.kind == tNumber
		if !ok {
			v, ok = wlanDirections[lower(arg.text)]
		}
		if !ok {
			g.raise(arg.pos, "expected a direction: nods, tods, fromds or dstods")
		}
		return g.equalMasked(fromLinkHeader, 1, sizeB, wlanToDS|wlanFromDS, v)
	}
	if s.word == kSubtype {
		for _, t := range wlanTypes {
			if v, ok := t.subtypes[lower(arg.text)]; ok {
				return g.equalMasked(fromLinkHeader, 0, sizeB, 0xfc, v|t.value)
			}
		}
		g.raise(arg.pos, "no such subtype of 802.11 frames")
	}
	t, ok := wlanType{value: arg.value}, arg.kind == tNumber
	for _, known := range wlanTypes {
		if ok && known.value == arg.value || !ok && strings.Contains(known.names, " "+lower(arg.text)+" ") {
			t, ok = known, true
			break
		}
	}
	if !ok {
		g.raise(arg.pos, "expected a type of 802.11 frame: mgt, ctl or data")
	}
	if t.value&^0x0c != 0 {
		g.raise(arg.pos, "expected a type of 802.11 frame: 0, 4 or 8 (its bits in the header)")
	}
	if len(s.args) == 1 {
		return g.equalMasked(fromLinkHeader, 0, sizeB, 0x0c, t.value)
	}
	sub := s.args[1]
	v, ok := sub.value, sub.kind == tNumber
	if !ok {
		v, ok = t.subtypes[lower(sub.text)]
	}
	if !ok || v&^0xf0 != 0 {
		g.raise(sub.pos, "no such subtype of these frames (a number must be its bits in the header)")
	}
	return g.equalMasked(fromLinkHeader, 0, sizeB, 0xfc, t.value|v)
}

var wlanDirections = map[string]uint32{"nods": 0, "tods": 1, "fromds": 2, "dstods": 3}

// wlanType is a type of 802.11 frame, by its bits in the first byte of the header, and what types it divides into.
type wlanType struct {
	names    string
	value    uint32
	subtypes map[string]uint32
}

var wlanTypes = []wlanType{
	{" mgt management ", 0x00, map[string]uint32{
		"assocreq": 0x00, "assoc-req": 0x00, "assocresp": 0x10, "assoc-resp": 0x10,
		"reassocreq": 0x20, "reassoc-req": 0x20, "reassocresp": 0x30, "reassoc-resp": 0x30,
		"probereq": 0x40, "probe-req": 0x40, "proberesp": 0x50, "probe-resp": 0x50,
		"beacon": 0x80, "atim": 0x90, "disassoc": 0xa0, "disassociation": 0xa0,
		"auth": 0xb0, "authentication": 0xb0, "deauth": 0xc0, "deauthentication": 0xc0,
	}},
	{" ctl control ", 0x04, map[string]uint32{
		"ps-poll": 0xa0, "rts": 0xb0, "cts": 0xc0, "ack": 0xd0, "cf-end": 0xe0, "cf-end-ack": 0xf0,
	}},
	{" data ", 0x08, map[string]uint32{
		"data": 0x00, "data-cf-ack": 0x10, "data-cf-poll": 0x20, "data-cf-ack-poll": 0x30,
		"null": 0x40, "cf-ack": 0x50, "cf-poll": 0x60, "cf-ack-poll": 0x70,
		"qos-data": 0x80, "qos-data-cf-ack": 0x90, "qos-data-cf-poll": 0xa0, "qos-data-cf-ack-poll": 0xb0,
		"qos": 0xc0, "qos-cf-poll": 0xe0, "qos-cf-ack-poll": 0xf0,
	}},
}

// wlanPreamble gives the statements that find the 802.11 header behind what the driver put in front of it, and the payload
// behind the 802.11 header.
func (g *generator) wlanPreamble() (s []*stmt) {
	header, payload := g.outerHeaderWord, g.outerPayloadWord
	if header < 0 && payload < 0 {
		return nil
	}
	add := func(codes ...uint32) *stmt {
		list := does(codes...)
		s = append(s, list...)
		return list[0]
	}
	// X becomes the offset of the 802.11 header.
	switch g.outerLink {
	case linkWLAN:
		add(opLdxImm, 0)
	case linkWLANRadio: // its length is little-endian
		add(classLd|modeAbs|sizeB, 3, classALU|aluLsh, 8, opTax, 0, classLd|modeAbs|sizeB, 2, classALU|aluOr|srcX, 0)
	case linkWLANAVS:
		add(classLd|modeAbs|sizeW, 4)
	case linkWLANPrism: // an AVS header, or one of 144 bytes
		g.unoptimisable = true
		add(classLd|modeAbs|sizeW, 0, opAndK, 0xfffff000)
		isAVS := add(opJeqK, 0x80211000)
		isAVS.jt = add(classLd|modeAbs|sizeW, 4)
		over := add(opJa, 0)
		isAVS.jf = add(opLdImm, 144)
		over.jt = add(opNop, 0)
	}
	if header >= 0 {
		add(opSt, uint32(header))
	}
	if g.outerLink != linkWLAN {
		add(opTax, 0)
	}
	if payload < 0 {
		return s
	}
	// The header has 24 bytes, and QoS data frames 2 more.
	g.unoptimisable = true
	word := uint32(payload)
	end := &stmt{code: opNop}
	add(opTxa, 0, opAddK, 24, opSt, word)
	add(classLd|modeInd|sizeB, 0)
	isData := add(opJsetK, wlanDataBit)
	isControl := add(opJsetK, wlanControl)
	isQoS := add(opJsetK, 0x80)
	more := add(opLdMem, word, opAddK, 2, opSt, word)
	isData.jt, isData.jf = isControl, end
	isControl.jt, isControl.jf = end, isQoS
	isQoS.jt, isQoS.jf = more, end
	if g.outerLink == linkWLANRadio {
		isQoS.jf = g.radioPadding(add, word, end)
	}
	return append(s, end)
}

// radioPadding adds the statements that round the length of the header up to 4 bytes where a radiotap header says that the
// driver did so: the flags field, of one byte, is the first or comes behind a time stamp of 8.
func (g *generator) radioPadding(add func(...uint32) *stmt, word uint32, end *stmt) *stmt {
	const hasFlags, hasMore, hasTime, padded = 0x02000000, 0x00000080, 0x01000000, 0x20
	present := add(classLd|modeAbs|sizeW, 4)
	flags := add(opJsetK, hasFlags)
	extended := add(opJsetK, hasMore)
	time := add(opJsetK, hasTime)
	late := add(classLd|modeAbs|sizeB, 16)
	lateSet := add(opJsetK, padded)
	early := add(classLd|modeAbs|sizeB, 8)
	earlySet := add(opJsetK, padded)
	pad := add(opLdMem, word, opAddK, 3, opAndK, 0xfffffffc, opSt, word)
	flags.jt, flags.jf = extended, end
	extended.jt, extended.jf = end, time
	time.jt, time.jf = late, early
	lateSet.jt, lateSet.jf = pad, end
	earlySet.jt, earlySet.jf = pad, end
	return present
}

func lower(s string) string { return strings.ToLower(s) }
