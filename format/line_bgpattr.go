package format

const (
	bgpOrigin        = 1
	bgpASPath        = 2
	bgpNextHop       = 3
	bgpMED           = 4
	bgpLocalPref     = 5
	bgpAtomic        = 6
	bgpAggregator    = 7
	bgpCommunity     = 8
	bgpOriginatorID  = 9
	bgpClusterList   = 10
	bgpReach         = 14
	bgpUnreach       = 15
	bgpExtCommunity  = 16
	bgpAS4Path       = 17
	bgpAS4Aggregator = 18
	bgpPMSITunnel    = 22
	bgpAIGP          = 26
	bgpLargeComm     = 32
	bgpAttrSet       = 128

	bgpLargeLen    = 12 // of a large community
	bgpMaxAttrSets = 10
)

func bgpAttrName(kind uint8) string {
	switch kind {
	case bgpOrigin:
		return "Origin"
	case bgpASPath:
		return "AS Path"
	case bgpNextHop:
		return "Next Hop"
	case bgpMED:
		return "Multi Exit Discriminator"
	case bgpLocalPref:
		return "Local Preference"
	case bgpAtomic:
		return "Atomic Aggregate"
	case bgpAggregator:
		return "Aggregator"
	case bgpCommunity:
		return "Community"
	case bgpOriginatorID:
		return "Originator ID"
	case bgpClusterList:
		return "Cluster List"
	case 11:
		return "DPA"
	case 12:
		return "Advertisers"
	case 13:
		return "RCID Path / Cluster ID"
	case bgpReach:
		return "Multi-Protocol Reach NLRI"
	case bgpUnreach:
		return "Multi-Protocol Unreach NLRI"
	case bgpExtCommunity:
		return "Extended Community"
	case bgpAS4Path:
		return "AS4 Path"
	case bgpAS4Aggregator:
		return "Aggregator4"
	case bgpPMSITunnel:
		return "PMSI Tunnel"
	case 23:
		return "Tunnel Encapsulation"
	case 24:
		return "Traffic Engineering"
	case 25:
		return "IPv6 Extended Community"
	case bgpAIGP:
		return "Accumulated IGP Metric"
	case 27:
		return "PE Distinguisher Label"
	case 28:
		return "Entropy Label"
	case bgpLargeComm:
		return "Large Community"
	case bgpAttrSet:
		return "Attribute Set"
	case 255:
		return "Reserved for development"
	}
	return "Unknown Attribute"
}

// update prints routes that are gone, the attributes of the new ones, and these.
func (g *bgpPrinter) update(b []byte, at, size int) ([]byte, bool) {
	end := at + size
	at += bgpHeaderLen
	if end-at < 2 {
		return b, false
	}
	n := int(be16(g.d, at))
	at += 2
	if n > 1 {
		if end-at < n {
			return b, false
		}
		b = append(b, "\n\t  Withdrawn routes:"...)
		var ok bool
		if b, at, ok = g.routes(b, at, n); !ok {
			return b, false
		}
	} else {
		at += n
	}
	if end-at < 2 {
		return b, false
	}
	attrs := int(be16(g.d, at))
	at += 2
	if end-at < attrs {
		return b, false
	}
	if attrs == 0 && at == end {
		if n == 1 { // too short for a route, and tcpdump loses count
			return b, true
		}
		return append(b, "\n\t  End-of-Rib Marker (empty NLRI)"...), true
	}
	var ok bool
	if b, ok = g.attributes(b, at, attrs, end); !ok {
		return b, false
	}
	at += attrs
	if at < end {
		b = append(b, "\n\t  Updated routes:"...)
		b, _, ok = g.routes(b, at, end-at)
	}
	return b, ok
}

// routes prints prefixes of IPv4 that n bytes at offset at hold, and gives where it stopped.
func (g *bgpPrinter) routes(b []byte, at, n int) (_ []byte, next int, ok bool) {
	const indent = "\n\t    "
	withID := g.hasPathIDs(at, n, 32)
	for end := at + n; at < end; {
		var id uint32
		if withID {
			if at+4 > end {
				return b, at, false
			}
			id = be32(g.d, at)
			at += 4
		}
		if !g.fits(at, 1) {
			return b, at, false
		}
		bits := int(g.d[at])
		if bits > 32 {
			return append(append(b, indent...), "(illegal prefix length)"...), at, true
		}
		size := 1 + (bits+7)/8
		if at+size > end || !g.fits(at, size) {
			return b, at, false
		}
		b = g.prefix(append(b, indent...), at+1, bits, 4)
		if withID {
			b = appendInt(append(b, "   Path Id: "...), int(id))
		}
		at += size
	}
	return b, at, true
}

// hasPathIDs guesses whether each of the prefixes in n bytes at offset at has a number before it (RFC 7911): what was agreed
// on when the session began is not known. They have if they can be read so, and not without.
func (g *bgpPrinter) hasPathIDs(at, n, most int) bool {
	i := 0
	for i < n {
		i += 4
		if !g.fits(at+i, 1) {
			if i == 4 {
				return false
			}
			break
		}
		bits := int(g.d[at+i])
		if bits > most {
			return false
		}
		i += 1 + (bits+7)/8
	}
	if i > n {
		return false
	}
	i = 0
	for i < n && g.fits(at+i, 1) {
		bits := int(g.d[at+i])
		if bits < 1 || bits > most {
			return true
		}
		i += 1 + (bits+7)/8
	}
	return i > n
}

// attributes prints n bytes of path attributes, of a message that goes to limit.
func (g *bgpPrinter) attributes(b []byte, at, n, limit int) ([]byte, bool) {
	for end := at + n; at < end; {
		a, ok := g.attrHeader(at, end, limit)
		if !ok {
			return b, false
		}
		if a.header == 0 {
			return append(b, "\n\t  [path attrs too short]"...), true
		}
		b = g.attrName(append(b, "\n\t  "...), a)
		if a.flags != 0 {
			b = append(b, ": "...)
		}
		at += a.header
		if end-at < a.size {
			return append(b, " [path attrs too short]"...), true
		}
		if b, ok = g.attribute(b, a.kind, at, a.size, 0); !ok {
			return b, false
		}
		at += a.size
	}
	return b, true
}

// attrSet prints the attributes of a route of a customer, in n bytes at offset at (RFC 6368).
func (g *bgpPrinter) attrSet(b []byte, at, n, depth int) ([]byte, bool) {
	start, end := at, at+n
	at += 4
	for at < end {
		a, ok := g.attrHeader(at, end, len(g.d))
		if !ok {
			return b, false
		}
		if a.header == 0 {
			b = append(b, " [path attr too short]"...)
			if end-at >= 2 {
				end -= 2
			}
			break
		}
		b = append(g.attrName(append(b, "\n\t      "...), a), ": "...)
		at += a.header
		if end-at < a.size {
			b = append(b, " [path attr too short]"...)
			break
		}
		if depth < bgpMaxAttrSets {
			if b, ok = g.attribute(b, a.kind, at, a.size, depth+1); !ok {
				return b, false
			}
		}
		at += a.size
	}
	if g.p.opts.Verbose > 1 {
		b = g.hex(b, "\n\t    ", start, end-at)
	}
	return b, true
}

// A bgpAttr is what stands before the value of a path attribute. Its header is 0 if there is no room for one.
type bgpAttr struct {
	flags, kind  uint8
	header, size int
}

func (g *bgpPrinter) attrHeader(at, end, limit int) (a bgpAttr, ok bool) {
	const least = 3
	if at+2 > limit {
		return a, false
	}
	a.flags, a.kind = g.d[at], g.d[at+1]
	header := least
	if a.flags&0x10 != 0 {
		header++
	}
	switch {
	case end-at < 2:
		return a, true
	case at+header > limit:
		return a, false
	case end-at < header:
		return a, true
	}
	a.header, a.size = header, int(g.d[at+2])
	if header > least {
		a.size = int(be16(g.d, at+2))
	}
	return a, true
}

func (g *bgpPrinter) attrName(b []byte, a bgpAttr) []byte {
	b = append(b, bgpAttrName(a.kind)...)
	b = appendInt(append(b, " ("...), int(a.kind))
	b = appendInt(append(b, "), length: "...), a.size)
	if a.flags == 0 {
		return b
	}
	b = appendBits(append(b, ", Flags ["...), bgpAttrFlags, uint32(a.flags), "", "")
	if low := a.flags & 15; low != 0 {
		b = append(b, '+', hexDigits[low])
	}
	return append(b, ']')
}

var bgpAttrFlags = []bitName{{0x80, "O"}, {0x40, "T"}, {0x20, "P"}, {0x10, "E"}}

// attribute prints the value of a path attribute.
func (g *bgpPrinter) attribute(b []byte, kind uint8, at, n, depth int) (_ []byte, ok bool) {
	v := g.d[at : at+n]
	ok = true
	switch kind {
	case bgpOrigin:
		b = appendBGPOrigin(b, v)
	case bgpASPath, bgpAS4Path:
		b, ok = g.asPath(b, kind, at, n)
	case bgpNextHop, bgpOriginatorID:
		if n != 4 {
			b = append(b, "invalid len"...)
			break
		}
		b = g.p.addr4(b, v)
	case bgpMED, bgpLocalPref:
		if n != 4 {
			b = append(b, "invalid len"...)
			break
		}
		b = appendInt(b, int(be32(v, 0)))
	case bgpAtomic:
		if n != 0 {
			b = append(b, "invalid len"...)
		}
	case bgpAggregator, bgpAS4Aggregator:
		b = g.aggregator(b, v, kind)
	case bgpCommunity:
		b = appendBGPCommunities(b, v)
	case bgpClusterList:
		if n%4 != 0 {
			b = append(b, "invalid len"...)
			break
		}
		for ; len(v) > 0; v = v[4:] {
			b = g.p.addr4(b, v)
			if len(v) > 4 {
				b = append(b, ", "...)
			}
		}
	case bgpReach:
		b, ok = g.reach(b, at, n)
	case bgpUnreach:
		b, ok = g.unreach(b, at, n)
	case bgpExtCommunity:
		if n%8 != 0 {
			b = append(b, "invalid len"...)
			break
		}
		for ; len(v) > 0; v = v[8:] {
			b = g.extCommunity(b, v)
		}
	case bgpPMSITunnel:
		b, ok = g.pmsiTunnel(b, at, n)
	case bgpAIGP:
		b, ok = g.aigp(b, at, n)
	case bgpLargeComm:
		if n == 0 || n%bgpLargeLen != 0 {
			b = append(b, "invalid len"...)
			break
		}
		return appendBGPLarge(b, v), true
	case bgpAttrSet:
		if n < 4 {
			return b, false
		}
		b = appendInt(append(b, "\n\t    Origin AS: "...), int(be32(v, 0)))
		return g.attrSet(b, at, n, depth)
	default:
		b = appendInt(append(b, "\n\t    no Attribute "...), int(kind))
		b = append(b, " decoder"...)
		if g.p.opts.Verbose <= 1 {
			b = g.hex(b, "\n\t    ", at, n)
		}
	}
	if ok && g.p.opts.Verbose > 1 {
		b = g.hex(b, "\n\t    ", at, n)
	}
	return b, ok
}

func appendBGPOrigin(b, v []byte) []byte {
	if len(v) != 1 {
		return append(b, "invalid len"...)
	}
	switch v[0] {
	case 0:
		return append(b, "IGP"...)
	case 1:
		return append(b, "EGP"...)
	case 2:
		return append(b, "Incomplete"...)
	}
	return append(b, "Unknown Origin Typecode"...)
}

// asPath prints the systems that a route went through.
func (g *bgpPrinter) asPath(b []byte, kind uint8, at, n int) ([]byte, bool) {
	if n%2 != 0 {
		return append(b, "invalid len"...), true
	}
	if n == 0 {
		return append(b, "empty"...), true
	}
	size := 4
	if kind == bgpASPath {
		size = bgpASSize(g.d[at : at+n])
	}
	for end := at + n; at < end; {
		if !g.fits(at, 2) {
			return b, false
		}
		opening, closing := "?", "?"
		switch g.d[at] {
		case 1:
			opening, closing = "{ ", "}"
		case 2:
			opening, closing = "", ""
		case 3:
			opening, closing = "( ", ")"
		case 4:
			opening, closing = "({ ", "})"
		}
		b = append(b, opening...)
		count := int(g.d[at+1])
		at += 2
		for range count {
			if !g.fits(at, size) {
				return b, false
			}
			if size == 2 {
				b = appendInt(b, int(be16(g.d, at)))
			} else {
				b = appendInt(b, int(be32(g.d, at)))
			}
			b = append(b, ' ')
			at += size
		}
		b = append(b, closing...)
	}
	return b, true
}

// bgpASSize guesses whether the numbers in a path have two bytes or four (RFC 6793), which was agreed on when the session
// began: two, if the path then ends where it should.
func bgpASSize(v []byte) int {
	i := 0
	for i+1 < len(v) {
		if v[i] < 1 || v[i] > 4 {
			return 4
		}
		i += 2 + 2*int(v[i+1])
	}
	if i != len(v) {
		return 4
	}
	return 2
}

func (g *bgpPrinter) aggregator(b, v []byte, kind uint8) []byte {
	switch {
	case len(v) == 8:
		b = appendInt(append(b, " AS #"...), int(be32(v, 0)))
		return g.p.addr4(append(b, ", origin "...), v[4:])
	case len(v) == 6 && kind == bgpAggregator:
		b = appendInt(append(b, " AS #"...), int(be16(v, 0)))
		return g.p.addr4(append(b, ", origin "...), v[2:])
	}
	return append(b, "invalid len"...)
}

func appendBGPCommunities(b, v []byte) []byte {
	if len(v)%4 != 0 {
		return append(b, "invalid len"...)
	}
	for ; len(v) > 0; v = v[4:] {
		switch be32(v, 0) {
		case 0xffffff01:
			b = append(b, " NO_EXPORT"...)
		case 0xffffff02:
			b = append(b, " NO_ADVERTISE"...)
		case 0xffffff03:
			b = append(b, " NO_EXPORT_SUBCONFED"...)
		default:
			b = appendInt(b, int(be16(v, 0)))
			b = appendInt(append(b, ':'), int(be16(v, 2)))
			if len(v) > 4 {
				b = append(b, ", "...)
			}
		}
	}
	return b
}

// appendBGPLarge appends communities of three numbers (RFC 8092).
func appendBGPLarge(b, v []byte) []byte {
	b = append(b, "\n\t    "...)
	for ; len(v) > 0; v = v[bgpLargeLen:] {
		b = appendInt(b, int(be32(v, 0)))
		b = appendInt(append(b, ':'), int(be32(v, 4)))
		b = appendInt(append(b, ':'), int(be32(v, 8)))
		if len(v) > bgpLargeLen {
			b = append(b, ", "...)
		}
	}
	return b
}

var bgpExtFlags = []bitName{{0x80, "vendor-specific"}, {0x40, "non-transitive"}}

// extCommunity prints an extended community (RFC 4360).
func (g *bgpPrinter) extCommunity(b, v []byte) []byte {
	kind := be16(v, 0)
	b = append(append(b, "\n\t    "...), bgpExtName(kind)...)
	b = appendHexNumber(append(b, " ("...), uint64(kind), 4)
	b = appendBits(append(b, "), Flags ["...), bgpExtFlags, uint32(v[0]), ", ", "none")
	b = append(b, "]: "...)
	switch kind {
	case 0x0002, 0x0003, 0x000a:
		b = appendInt(b, int(be16(v, 2)))
		b = appendInt(append(b, ':'), int(be32(v, 4)))
		return append(g.p.addr4(append(b, " (= "...), v[4:]), ')')
	case 0x0102, 0x0103, 0x010b, 0xf10a:
		b = append(g.p.addr4(b, v[2:]), ':')
		return appendInt(b, int(be16(v, 6)))
	case 0x0202, 0x0203:
		b = append(appendInt(b, int(be32(v, 2))), ':')
		return appendInt(b, int(be16(v, 6)))
	case 0x0005, 0x0105, 0x0205, 0x8005, 0x0107, 0x8001:
		return g.p.addr4(b, v[2:])
	case 0x0009:
		return appendInt(append(b, "AS "...), int(be16(v, 2)))
	case 0x4004:
		return appendBandwidth(append(b, "bandwidth: "...), v[4:])
	case 0x0306, 0x8000:
		return g.p.bgpOSPFRoute(b, v)
	case 0x030c:
		return append(append(b, "Tunnel type: "...), bgpTunnelName(be16(v, 6))...)
	case 0x800a:
		b = append(append(b, bgpCircuitName(v[2])...), " Control Flags ["...)
		b = appendHexNumber(b, uint64(v[3]), 2)
		return appendInt(append(b, "]:MTU "...), int(be16(v, 4)))
	}
	return appendBGPBytes(b, v[2:8])
}

func bgpExtName(kind uint16) string {
	switch kind {
	case 0x0002, 0x0102, 0x0202:
		return "target"
	case 0x0003, 0x0103, 0x0203:
		return "origin"
	case 0x0005, 0x0105, 0x0205, 0x8005:
		return "ospf-domain"
	case 0x0009:
		return "source-AS"
	case 0x000a, 0xf10a:
		return "l2vpn-id"
	case 0x0107, 0x8001:
		return "ospf-router-id"
	case 0x010b:
		return "vrf-route-import"
	case 0x0306, 0x8000:
		return "ospf-route-type"
	case 0x030c:
		return "encapsulation"
	case 0x4004:
		return "link-BW"
	case 0x800a:
		return "layer2-info"
	case 0x8800:
		return "eigrp-general-route (flag, tag)"
	case 0x8801:
		return "eigrp-route-metric (AS, delay)"
	case 0x8802:
		return "eigrp-route-metric (reliability, nexthop, bandwidth)"
	case 0x8803:
		return "eigrp-route-metric (load, MTU)"
	case 0x8804:
		return "eigrp-external-route (remote-AS, remote-ID)"
	case 0x8805:
		return "eigrp-external-route (remote-proto, remote-metric)"
	}
	return "unknown extd community typecode"
}

// bgpOSPFRoute prints from where in OSPF a route came (RFC 4577).
func (p *Line) bgpOSPFRoute(b, v []byte) []byte {
	b = append(p.addr4(append(b, "area:"...), v[2:]), ", router-type:"...)
	switch v[6] {
	case 1:
		b = append(b, "Router"...)
	case 2:
		b = append(b, "Network"...)
	case 3:
		b = append(b, "Summary"...)
	case 5:
		b = append(b, "External"...)
	case 7:
		b = append(b, "NSSA External"...)
	case 129:
		b = append(b, "MPLS-VPN Sham"...)
	default:
		b = append(appendHexNumber(append(b, "unknown ("...), uint64(v[6]), 2), ')')
	}
	b = append(b, ", metric-type:"...)
	if v[7]&1 != 0 {
		b = append(b, "E2"...)
	}
	if v[6] == 5 || v[6] == 7 {
		b = append(b, "E1"...)
	}
	return b
}

var (
	bgpTunnelNames = []string{"", "L2TPv3 over IP", "GRE", "Transmit Tunnel", "IPsec", "IP in IP with IPsec", "MPLS in IP with IPsec",
		"IP in IP", "VXLAN", "NVGRE", "MPLS", "MPLS in GRE", "VXLAN GPE", "MPLS in UDP", "IPv6", "SR TE", "Bare", "SR"}
	bgpCircuitNames = []string{"Reserved", "Frame Relay", "ATM AAL5 SDU VCC transport", "ATM transparent cell transport",
		"Ethernet (VLAN) Tagged Mode", "Ethernet Raw Mode", "Cisco HDLC", "PPP", "SONET/SDH Circuit Emulation Service over MPLS",
		"ATM n-to-one VCC cell transport", "ATM n-to-one VPC cell transport", "IP layer 2 transport", 15: "Frame Relay Port mode",
		17: "Structure-agnostic E1 over packet", 18: "Structure-agnostic T1 (DS1) over packet", 19: "VPLS",
		20: "Structure-agnostic T3 (DS3) over packet", 21: "Nx64kbit/s Basic Service using Structure-aware", 25: "Frame Relay DLCI",
		40: "Structure-agnostic E3 over packet", 41: "Octet-aligned playload for Structure-agnostic DS1 circuits",
		42: "E1 Nx64kbit/s with CAS using Structure-aware", 43: "DS1 (ESF) Nx64kbit/s with CAS using Structure-aware",
		44: "DS1 (SF) Nx64kbit/s with CAS using Structure-aware"}
)

func bgpTunnelName(t uint16) string {
	if int(t) < len(bgpTunnelNames) && t > 0 {
		return bgpTunnelNames[t]
	}
	return "unknown encaps"
}

func bgpCircuitName(t uint8) string {
	if int(t) < len(bgpCircuitNames) && bgpCircuitNames[t] != "" {
		return bgpCircuitNames[t]
	}
	return "unknown encaps"
}

// pmsiTunnel prints the tunnel that carries multicast of a VPN (RFC 6514).
func (g *bgpPrinter) pmsiTunnel(b []byte, at, n int) ([]byte, bool) {
	const fixed = 5
	if n < fixed {
		return b, false
	}
	kind := g.d[at+1]
	b = append(append(b, "\n\t    Tunnel-type "...), bgpPMSIName(kind)...)
	b = appendInt(append(b, " ("...), int(kind))
	b = append(b, "), Flags ["...)
	if g.d[at]&1 != 0 {
		b = append(b, "Leaf Information required"...)
	} else {
		b = append(b, "none"...)
	}
	b = appendInt(append(b, "], MPLS Label "...), int(be32(g.d, at+1)&0xffffff>>4))
	first, second, plain := "", "", false
	switch kind {
	case 1:
		first, second = "Extended-Tunnel-ID ", ", P2MP-ID "
	case 2, 7:
		first, second = "Root-Node ", ", LSP-ID "
	case 3:
		first, second, plain = "Root-Node ", ", P-Group ", true
	case 4, 5:
		first, second, plain = "Sender ", ", P-Group ", true
	case 6:
		first = "Tunnel-Endpoint "
	default:
		if g.p.opts.Verbose <= 1 {
			b = g.hex(b, "\n\t      ", at+fixed, n-fixed)
		}
		return b, true
	}
	need := 4
	if second != "" {
		need = 8
	}
	if !g.has(at+fixed, need) {
		return b, false
	}
	b = append(append(b, "\n\t      "...), first...)
	if b = g.p.addr4(b, g.d[at+fixed:]); second == "" {
		return b, true
	}
	b = append(b, second...)
	if plain {
		return g.p.addr4(b, g.d[at+fixed+4:]), true
	}
	return appendHexNumber(b, uint64(be32(g.d, at+fixed+4)), 8), true
}

func bgpPMSIName(kind uint8) string {
	switch kind {
	case 1:
		return "RSVP-TE P2MP LSP"
	case 2:
		return "LDP P2MP LSP"
	case 3:
		return "PIM-SSM Tree"
	case 4:
		return "PIM-SM Tree"
	case 5:
		return "PIM-Bidir Tree"
	case 6:
		return "Ingress Replication"
	case 7:
		return "LDP MP2MP LSP"
	}
	return "Unknown"
}

// aigp prints the metrics that add up on the way (RFC 7311).
func (g *bgpPrinter) aigp(b []byte, at, n int) ([]byte, bool) {
	const header = 3
	for n >= header {
		kind, size := g.d[at], int(be16(g.d, at+1))
		name := "Unknown"
		if kind == 1 {
			name = "AIGP"
		}
		b = append(append(b, "\n\t    "...), name...)
		b = appendInt(append(b, " TLV ("...), int(kind))
		b = appendInt(append(b, "), length "...), size)
		if size < header || size > n {
			return b, false
		}
		at, n, size = at+header, n-header, size-header
		if kind == 1 {
			if size < 8 {
				return b, false
			}
			b = appendDecimal(append(b, ", metric "...), uint64(be32(g.d, at))<<32|uint64(be32(g.d, at+4)))
		} else if g.p.opts.Verbose <= 1 {
			b = g.hex(b, "\n\t      ", at, size)
		}
		at, n = at+size, n-size
	}
	return b, true
}
