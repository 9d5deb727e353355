package format

// Families of routes (RFC 4760), by the number of their addresses and the kind of route.
const (
	afiIPv4  = 1
	afiIPv6  = 2
	afiNSAP  = 3
	afiVPLS  = 25
	afiL2VPN = 196

	safiUnicast   = 1
	safiMulticast = 2
	safiBoth      = 3
	safiLabeled   = 4
	safiMVPN      = 5
	safiVPLS      = 65
	safiMDT       = 66
	safiVPN       = 128
	safiVPNMulti  = 129
	safiVPNBoth   = 130
	safiRTFilter  = 132

	bgpMaxRoute = 163 // tcpdump cuts the text of a route behind so many characters
)

// A bgpRoutes says how routes of a family are printed.
type bgpRoutes uint8

const (
	routesUnknown bgpRoutes = iota
	routesPlain
	routesLabeled
	routesVPN
	routesTarget
	routesMVPN
	routesMDT
	routesL2VPN
)

func bgpRoutesOf(afi uint16, safi uint8) bgpRoutes {
	switch afi {
	case afiIPv4, afiIPv6, afiNSAP:
		switch safi {
		case safiUnicast, safiMulticast, safiBoth:
			return routesPlain
		case safiVPN, safiVPNMulti, safiVPNBoth:
			return routesVPN
		case safiLabeled:
			if afi != afiNSAP {
				return routesLabeled
			}
		}
		if afi != afiIPv4 {
			return routesUnknown
		}
		switch safi {
		case safiRTFilter:
			return routesTarget
		case safiMVPN:
			return routesMVPN
		case safiMDT:
			return routesMDT
		}
	case afiVPLS:
		if safi == safiVPLS {
			return routesL2VPN
		}
	case afiL2VPN:
		if safi == safiVPN || safi == safiVPNMulti || safi == safiVPNBoth {
			return routesL2VPN
		}
	}
	return routesUnknown
}

// family prints the family that routes are of, and gives it.
func (g *bgpPrinter) family(b []byte, at int) (_ []byte, afi uint16, safi uint8, ok bool) {
	if !g.has(at, 3) {
		return b, 0, 0, false
	}
	afi, safi = be16(g.d, at), g.d[at+2]
	b = append(append(b, "\n\t    AFI: "...), appendBGPName(bgpAFIName(afi), "Unknown AFI")...)
	b = appendInt(append(b, " ("...), int(afi))
	b = append(b, "), "...)
	if safi > safiVPN {
		b = append(b, "vendor specific "...)
	}
	b = append(append(b, "SAFI: "...), appendBGPName(bgpSAFIName(safi), "Unknown SAFI")...)
	return append(appendInt(append(b, " ("...), int(safi)), ')'), afi, safi, true
}

func appendBGPName(name, unknown string) string {
	if name == "Unknown" {
		return unknown
	}
	return name
}

// unknownFamily prints routes that no method explains.
func (g *bgpPrinter) unknownFamily(b []byte, afi uint16, safi uint8, at, n int) []byte {
	b = appendInt(append(b, "\n\t    no AFI "...), int(afi))
	b = appendInt(append(b, " / SAFI "...), int(safi))
	b = append(b, " decoder"...)
	if g.p.opts.Verbose <= 1 {
		b = g.hex(b, "\n\t    ", at, n)
	}
	return b
}

// unreach prints routes that are gone.
func (g *bgpPrinter) unreach(b []byte, at, n int) ([]byte, bool) {
	b, afi, safi, ok := g.family(b, at)
	if !ok {
		return b, false
	}
	if bgpRoutesOf(afi, safi) == routesUnknown {
		return g.unknownFamily(b, afi, safi, at, n), true
	}
	if n == 3 {
		b = append(b, "\n\t      End-of-Rib Marker (empty NLRI)"...)
	}
	return g.nlri(b, afi, safi, at+3, at+n, n)
}

// reach prints new routes and the way to them.
func (g *bgpPrinter) reach(b []byte, at, n int) ([]byte, bool) {
	if n < 3 {
		return b, false
	}
	b, afi, safi, ok := g.family(b, at)
	if !ok {
		return b, false
	}
	kind := bgpRoutesOf(afi, safi)
	if kind == routesUnknown {
		return g.unknownFamily(b, afi, safi, at, n), true
	}
	end := at + n
	at += 3
	if at >= end {
		return b, false
	}
	hops := int(g.d[at])
	at++
	if end-at < hops {
		return b, false
	}
	if hops > 0 {
		b = g.nextHops(append(b, "\n\t    nexthop: "...), afi, kind, at, hops)
	}
	b = appendInt(append(b, ", nh-length: "...), hops)
	at += hops
	if at >= end {
		return b, false
	}
	points := int(g.d[at])
	at++
	if points == 0 {
		b = append(b, ", no SNPA"...)
	} else {
		b = appendInt(append(b, "\n\t    "...), points)
		b = append(b, " SNPA"...)
		for range points {
			if at >= end {
				return b, false
			}
			size := int(g.d[at])
			b = append(appendInt(append(b, "\n\t      "...), size), " bytes"...)
			at += 1 + size
			if at > end {
				return b, false
			}
		}
	}
	return g.nlri(b, afi, safi, at, end, n)
}

// nextHops prints n bytes of addresses.
func (g *bgpPrinter) nextHops(b []byte, afi uint16, kind bgpRoutes, at, n int) []byte {
	size, rd := 4, kind == routesVPN
	switch afi {
	case afiIPv6:
		size = 16
	case afiNSAP:
		size = 0
		if !rd {
			size = n
		}
	}
	need := size
	if rd {
		need += 8
	}
	if afi == afiNSAP && rd {
		need++
	}
	for first := true; n > 0; first = false {
		if !first {
			b = append(b, ", "...)
		}
		if n < need {
			return append(b, "invalid len"...)
		}
		if rd {
			b = append(g.distinguisher(append(b, "RD: "...), at), ", "...)
			at, n = at+8, n-8
			if afi == afiNSAP {
				size = n
			}
		}
		switch afi {
		case afiIPv6:
			b = g.p.addr6(b, g.d[at:])
		case afiNSAP:
			b = appendNSAP(b, g.d[at:at+size])
		default:
			b = g.p.addr4(b, g.d[at:])
		}
		at, n = at+size, n-size
	}
	return b
}

// distinguisher prints what tells the routes of one VPN from those of another (RFC 4364).
func (g *bgpPrinter) distinguisher(b []byte, at int) []byte {
	v := g.d[at : at+8]
	switch be16(v, 0) {
	case 0:
		b = append(appendInt(b, int(be16(v, 2))), ':')
		b = append(appendInt(b, int(be32(v, 4))), " (= "...)
		return append(appendIPv4(b, v[4:]), ')')
	case 1:
		b = append(appendIPv4(b, v[2:]), ':')
		return appendInt(b, int(be16(v, 6)))
	case 2:
		b = append(appendInt(b, int(be32(v, 2))), ':')
		b = append(appendInt(b, int(be16(v, 6))), " ("...)
		b = append(appendIPv4(b, v[2:]), ':')
		return append(appendInt(b, int(be16(v, 6))), ')')
	}
	return append(b, "unknown RD format"...)
}

// appendNSAP appends an address of ISO's network layer.
func appendNSAP(b, a []byte) []byte {
	if len(a) < 1 || len(a) > 20 {
		return append(b, "isonsap_string: illegal length"...)
	}
	for i, c := range a {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
		if i&1 == 0 && i+1 < len(a) {
			b = append(b, '.')
		}
	}
	return b
}

// nlri prints the routes from at to end. What the last of them says about its length may take it further, if it is not
// longer than most.
func (g *bgpPrinter) nlri(b []byte, afi uint16, safi uint8, at, end, most int) ([]byte, bool) {
	const indent = "\n\t      "
	size := bgpAddrLen(afi)
	kind := bgpRoutesOf(afi, safi)
	withID := kind == routesPlain && afi != afiNSAP && g.hasPathIDs(at, end-at, 8*size)
	for at < end {
		if kind == routesPlain && afi != afiNSAP {
			var id uint32
			if withID {
				if !g.has(at, 4) {
					return b, false
				}
				id = be32(g.d, at)
				at += 4
			}
			if !g.has(at, 1) {
				return b, false
			}
			bits := int(g.d[at])
			if bits > 8*size {
				return append(b, "\n\t    (illegal prefix length)"...), true
			}
			n := 1 + (bits+7)/8
			if n > most || !g.has(at, n) {
				return b, false
			}
			b = g.prefix(append(b, indent...), at+1, bits, size)
			if withID {
				b = appendInt(append(b, "   Path Id: "...), int(id))
			}
			at += n
			continue
		}
		mark := len(b)
		b = append(b, indent...)
		var n int
		switch kind {
		case routesPlain:
			b, n = g.nsap(b, at)
		case routesLabeled:
			b, n = g.labeled(b, at, size, most)
		case routesVPN:
			b, n = g.vpn(b, at, size)
		case routesTarget:
			b, n = g.target(b, at)
		case routesMVPN:
			b, n = g.mvpn(b, at)
		case routesMDT:
			b, n = g.mdt(b, at)
		case routesL2VPN:
			b, n = g.l2vpn(b, at)
		}
		switch {
		case n == bgpIllegal && kind == routesTarget:
			return append(b[:mark], indent+"(illegal prefix length)"...), true
		case n == bgpIllegal:
			return append(b[:mark], "\n\t    (illegal prefix length)"...), true
		case n == bgpShort:
			return b[:mark], false
		case n > most && kind == routesLabeled && afi == afiIPv4:
			return b[:mark], true
		}
		at += n
	}
	return b, true
}

// What the printer of a route gives instead of a length.
const (
	bgpIllegal = -1
	bgpShort   = -2
)

func bgpAddrLen(afi uint16) int {
	switch afi {
	case afiIPv4:
		return 4
	case afiIPv6:
		return 16
	case afiNSAP:
		return 19
	}
	return 0
}

// prefix prints the first bits of an address of size bytes at offset at.
func (g *bgpPrinter) prefix(b []byte, at, bits, size int) []byte {
	var a [20]byte
	g.masked(a[:], at, bits)
	switch size {
	case 4:
		b = g.p.addr4(b, a[:])
	case 16:
		b = g.p.addr6(b, a[:])
	default:
		b = g.p.off(appendNSAP(g.p.on(b, RoleAddress), a[:(bits+7)/8]), RoleAddress)
	}
	return appendInt(append(b, '/'), bits)
}

// masked copies the first bits of what stands at offset at to a.
func (g *bgpPrinter) masked(a []byte, at, bits int) {
	n := (bits + 7) / 8
	copy(a, g.d[at:at+n])
	if odd := bits % 8; odd != 0 {
		a[n-1] &= 0xff << (8 - odd)
	}
}

// nsap prints a route to addresses of ISO's network layer, which tcpdump looks for three bytes too far.
func (g *bgpPrinter) nsap(b []byte, at int) ([]byte, int) {
	const offset = 4
	if !g.has(at, 1) {
		return b, bgpShort
	}
	bits := int(g.d[at])
	n := (bits + 7) / 8
	switch {
	case bits > 8*bgpAddrLen(afiNSAP):
		return b, bgpIllegal
	case !g.has(at+offset, n):
		return b, bgpShort
	}
	return g.prefix(b, at+offset, bits, bgpAddrLen(afiNSAP)), 1 + n
}

// label prints a label of MPLS.
func (g *bgpPrinter) label(b []byte, at int) []byte {
	b = appendInt(append(b, ", label:"...), int(be32(g.d, at-1)&0xffffff>>4))
	if g.d[at+2]&1 != 0 {
		return append(b, " (bottom)"...)
	}
	return append(b, " (BOGUS: Bottom of Stack NOT set!)"...)
}

func (g *bgpPrinter) labeled(b []byte, at, size, most int) ([]byte, int) {
	const labelBits = 24
	if !g.has(at, 1) {
		return b, bgpShort
	}
	bits := int(g.d[at])
	if !g.has(at+1, 3) {
		return b, bgpShort
	}
	if bits < labelBits || bits-labelBits > 8*size {
		return b, bgpIllegal
	}
	bits -= labelBits
	n := 1 + 3 + (bits+7)/8
	if size == 4 && n > most {
		return b, n
	}
	if !g.has(at, n) {
		return b, bgpShort
	}
	b = g.prefix(b, at+4, bits, size)
	return g.label(b, at+1), n
}

func (g *bgpPrinter) vpn(b []byte, at, size int) ([]byte, int) {
	const before = 24 + 64 // a label and a route distinguisher
	if !g.has(at, 1) {
		return b, bgpShort
	}
	bits := int(g.d[at])
	if bits < before || bits-before > 8*size {
		return b, bgpIllegal
	}
	bits -= before
	n := 1 + before/8 + (bits+7)/8
	if !g.has(at, n) {
		return b, bgpShort
	}
	b = append(g.distinguisher(append(b, "RD: "...), at+4), ", "...)
	b = g.prefix(b, at+1+before/8, bits, size)
	return g.label(b, at+1), n
}

// target prints a route target that a router wants routes of (RFC 4684).
func (g *bgpPrinter) target(b []byte, at int) ([]byte, int) {
	if !g.has(at, 1) {
		return b, bgpShort
	}
	bits := int(g.d[at])
	if bits == 0 {
		return append(b, "default route target"...), 1
	}
	if bits < 32 {
		return b, bgpIllegal
	}
	if !g.has(at+1, 4) {
		return b, bgpShort
	}
	if bits > 96 {
		return b, bgpIllegal
	}
	bits -= 32
	n := (bits + 7) / 8
	if !g.has(at+5, n) {
		return b, bgpShort
	}
	var v [8]byte
	g.masked(v[:], at+5, bits)
	b = appendInt(append(b, "origin AS: "...), int(be32(g.d, at+1)))
	kind := be16(v[:], 0)
	switch {
	case bits == 0:
		return append(b, ", route-target: 0:0/0"...), 1 + 4 + n
	case bits < 16:
		b = append(b, ", route-target: partial-type: ("...)
		b = appendBGPWords(b, v[:n])
		return append(appendInt(append(b, '/'), bits), ')'), 1 + 4 + n
	case kind == 0x0002:
		b = append(b, ", route-target: "...)
		b = appendInt(append(appendInt(b, int(be16(v[:], 2))), ':'), int(be32(v[:], 4)))
	case kind == 0x0102:
		b = append(b, ", route-target: "...)
		b = appendInt(append(appendIPv4(b, v[2:]), ':'), int(be16(v[:], 6)))
	case kind == 0x0202:
		b = append(b, ", route-target: "...)
		b = appendInt(append(appendInt(b, int(be32(v[:], 2))), ':'), int(be16(v[:], 6)))
	default:
		b = append(b, ", route target: unknown-type("...)
		b = appendBGPWords(append(appendBGPBytes(b, v[:2]), ") ("...), v[:n])
		return append(appendInt(append(b, '/'), bits), ')'), 1 + 4 + n
	}
	b = append(appendInt(append(b, '/'), bits), " ("...)
	return append(appendBGPWords(b, v[:n]), ')'), 1 + 4 + n
}

// appendBGPBytes appends bytes in hexadecimal.
func appendBGPBytes(b, v []byte) []byte {
	for _, c := range v {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// appendBGPWords appends bytes in hexadecimal, two and two.
func appendBGPWords(b, v []byte) []byte {
	for i, c := range v {
		if i > 0 && i&1 == 0 {
			b = append(b, ' ')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// mdt prints a tree of multicast (RFC 6037).
func (g *bgpPrinter) mdt(b []byte, at int) ([]byte, int) {
	const bits, size = 128, 17
	if !g.has(at, 1) {
		return b, bgpShort
	}
	if g.d[at] != bits {
		return b, bgpIllegal
	}
	if !g.fits(at, size) {
		return b, bgpShort
	}
	b = g.distinguisher(append(b, "RD: "...), at+1)
	b = appendIPv4(append(b, ", VPN IP Address: "...), g.d[at+9:])
	return appendIPv4(append(b, ", MC Group Address: "...), g.d[at+13:]), size
}

func bgpMVPNName(kind uint8) string {
	switch kind {
	case 1:
		return "Intra-AS I-PMSI"
	case 2:
		return "Inter-AS I-PMSI"
	case 3:
		return "S-PMSI"
	case 4:
		return "Intra-AS Segment-Leaf"
	case 5:
		return "Source-Active"
	case 6:
		return "Shared Tree Join"
	case 7:
		return "Source Tree Join"
	}
	return "Unknown"
}

// mvpn prints a route of multicast in VPNs (RFC 6514).
func (g *bgpPrinter) mvpn(b []byte, at int) ([]byte, int) {
	start := len(b)
	if !g.has(at, 2) {
		return b, bgpShort
	}
	kind, n := g.d[at], int(g.d[at+1])
	b = append(append(b, "Route-Type: "...), bgpMVPNName(kind)...)
	b = appendInt(append(b, " ("...), int(kind))
	b = appendInt(append(b, "), length: "...), n)
	v := at + 2
	switch kind {
	case 1:
		if !g.fits(v, 8) {
			return b, bgpShort
		}
		b = g.distinguisher(append(b, ", RD: "...), v)
		b = g.vpnAddr(append(b, ", Originator "...), v+8, uint32(n-8)<<3)
	case 2:
		if !g.fits(v, 12) {
			return b, bgpShort
		}
		b = g.distinguisher(append(b, ", RD: "...), v)
		b = appendInt(append(b, ", Source-AS "...), int(be32(g.d, v+8)))
	case 3:
		if !g.fits(v, 8) {
			return b, bgpShort
		}
		b = g.distinguisher(append(b, ", RD: "...), v)
		var used int
		b, used = g.sourceGroup(b, v+8)
		if g.cut || n < used || !g.fits(v+8, n-used) {
			return b, bgpShort
		}
		b = g.vpnAddr(append(b, ", Originator "...), v+8, uint32(n-used)<<3)
	case 5:
		if !g.fits(v, 8) {
			return b, bgpShort
		}
		b = g.distinguisher(append(b, ", RD: "...), v)
		if b, _ = g.sourceGroup(b, v+8); g.cut {
			return b, bgpShort
		}
	case 6, 7:
		if !g.fits(v, 12) {
			return b, bgpShort
		}
		b = g.distinguisher(append(b, ", RD: "...), v)
		b = appendInt(append(b, ", Source-AS "...), int(be32(g.d, v+8)))
		if b, _ = g.sourceGroup(b, v+12); g.cut {
			return b, bgpShort
		}
	}
	return cutText(b, start), 2 + n
}

// cutText ends the text of a route where tcpdump has no more room for it.
func cutText(b []byte, start int) []byte { return b[:min(len(b), start+bgpMaxRoute)] }

// sourceGroup prints the addresses of a source and of a group, and gives how many bytes they take.
func (g *bgpPrinter) sourceGroup(b []byte, at int) (_ []byte, used int) {
	for _, what := range [...]string{", Source ", ", Group "} {
		if !g.has(at, 1) {
			break
		}
		bits := g.d[at]
		n := int(bits) / 8
		if !g.fits(at+1, n) {
			break
		}
		if bits != 0 {
			b = g.vpnAddr(append(b, what...), at+1, uint32(bits))
		}
		at += 1 + n
		used += 1 + n
	}
	return b, used
}

// vpnAddr prints an address of bits.
func (g *bgpPrinter) vpnAddr(b []byte, at int, bits uint32) []byte {
	switch {
	case bits == 32 && g.has(at, 4):
		return appendIPv4(b, g.d[at:])
	case bits == 128 && g.has(at, 16):
		return appendIPv6(b, g.d[at:])
	}
	return appendDecimal(append(b, "bogus address length "...), uint64(bits))
}

// l2vpn prints where a site of a layer 2 VPN is found (RFC 4761, RFC 6074).
func (g *bgpPrinter) l2vpn(b []byte, at int) ([]byte, int) {
	const fixed = 15
	start := len(b)
	if !g.has(at, 2) {
		return b, bgpShort
	}
	n := int(be16(g.d, at))
	v := at + 2
	if n == 12 {
		if !g.has(v, 12) {
			return b, bgpShort
		}
		b = g.distinguisher(append(b, "RD: "...), v)
		return appendIPv4(append(b, ", BGPNH: "...), g.d[v+8:]), 2 + n
	}
	if n <= 17 || !g.fits(v, fixed) {
		return b, bgpShort
	}
	b = g.distinguisher(append(b, "RD: "...), v)
	b = appendInt(append(b, ", CE-ID: "...), int(be16(g.d, v+8)))
	b = appendInt(append(b, ", Label-Block Offset: "...), int(be16(g.d, v+10)))
	b = appendInt(append(b, ", Label Base "...), int(be32(g.d, v+11)&0xffffff>>4))
	v += fixed
	left := n - fixed
	for left > 0 {
		if left < 3 {
			b = append(b, "\n\t\tran past the end"...)
			break
		}
		if !g.has(v, 3) {
			return b, bgpShort
		}
		kind, bits := g.d[v], int(be16(g.d, v+1))
		v += 3
		size := (bits + 7) / 8
		if kind == 1 {
			b = appendInt(append(b, "\n\t\tcircuit status vector (1) length: "...), bits)
			shown := min(size, left)
			if room := bgpMaxRoute - (len(b) - start); room < 0 {
				shown = 0
			} else {
				shown = min(shown, room/2+1)
			}
			if !g.fits(v, shown) {
				return b, bgpShort
			}
			b = appendBGPBytes(append(b, ": 0x"...), g.d[v:v+shown])
			v += shown
		} else {
			// What follows is read as another, as if there were no value.
			b = appendInt(append(b, "\n\t\tunknown TLV #"...), int(kind))
			b = appendInt(append(b, ", length: "...), bits)
		}
		if left < size {
			b = append(b, " (ran past the end)"...)
			break
		}
		left -= size
	}
	return cutText(b, start), 2 + n
}
