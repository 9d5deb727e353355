package dissect

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
)

// Address families and kinds of routes (IANA "Address Family Numbers", "SAFI Values").
const (
	bgpAFIIPv4  = 1
	bgpAFIIPv6  = 2
	bgpAFIL2VPN = 25
	bgpAFILS    = 16388

	bgpSAFIBoth     = 3 // unicast is 1, multicast 2, both of them 3
	bgpSAFILabeled  = 4
	bgpSAFIMVPN     = 5
	bgpSAFITunnel   = 64
	bgpSAFIVPLS     = 65
	bgpSAFIMDT      = 66
	bgpSAFIEVPN     = 70
	bgpSAFILS       = 71
	bgpSAFILSVPN    = 72
	bgpSAFIPolicy   = 73
	bgpSAFIVPN      = 128
	bgpSAFIVPNMulti = 129
	bgpSAFITarget   = 132
	bgpSAFIFlow     = 133
	bgpSAFIFlowVPN  = 134
)

var (
	bgpReachAFI    = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.afi", Title: "Address family"}
	bgpReachSAFI   = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.safi", Title: "Kind of routes"}
	bgpUnreachAFI  = Field{Name: "bgp.update.path_attribute.mp_unreach_nlri.afi", Title: "Address family"}
	bgpUnreachSAFI = Field{Name: "bgp.update.path_attribute.mp_unreach_nlri.safi", Title: "Kind of routes"}
	bgpHop         = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop", Title: "Next hop"}
	bgpHopLen      = Field{Title: "Length"}
	bgpHopRD       = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop.rd", Title: "Route distinguisher"}
	bgpHop4        = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv4", Title: "Address"}
	bgpHop6        = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv6", Title: "Address"}
	bgpHopLocal    = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv6.link_local", Title: "Link-local address"}
	bgpHopOther    = Field{Title: "Address"}
	bgpSNPAs       = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.nbr_snpa", Title: "Number of SNPAs"}
	bgpSNPALen     = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.snpa_length", Title: "Length of SNPA"}
	bgpSNPA        = Field{Name: "bgp.update.path_attribute.mp_reach_nlri.snpa", Title: "SNPA"}

	bgpReach4     = Field{Name: "bgp.mp_reach_nlri_ipv4_prefix", Title: "Prefix"}
	bgpReach6     = Field{Name: "bgp.mp_reach_nlri_ipv6_prefix", Title: "Prefix"}
	bgpUnreach4   = Field{Name: "bgp.mp_unreach_nlri_ipv4_prefix", Title: "Prefix"}
	bgpUnreach6   = Field{Name: "bgp.mp_unreach_nlri_ipv6_prefix", Title: "Prefix"}
	bgpRouteGroup = Field{Title: "Route"}
	bgpPathID     = Field{Name: "bgp.nlri_path_id", Title: "Path ID"}
	bgpPrefixLen  = Field{Name: "bgp.prefix_length", Title: "Prefix length"}
	bgpLabels     = Field{Name: "bgp.label_stack", Title: "Label stack"}
	bgpRD         = Field{Name: "bgp.rd", Title: "Route distinguisher"}
	bgpTunnelID   = Field{Name: "bgp.mp_nlri_tnl_id", Title: "Tunnel ID"}
	bgpTargetAS   = Field{Name: "bgp.originating_as", Title: "Originating AS"}
	bgpTarget     = Field{Name: "bgp.community_prefix", Title: "Route target"}
	bgpLabelParts = []*Field{
		{Name: "bgp.update.path_attribute.mpls_label_value_20bits", Title: "Label", Mask: 0xfffff0},
		{Name: "bgp.update.path_attribute.mpls_traffic_class", Title: "Traffic class", Mask: 0x0e},
		{Name: "bgp.update.path_attribute.mpls_bottom_stack", Title: "Bottom of stack", Mask: 0x01},
	}

	bgpMVPNType    = Field{Name: "bgp.mcast_vpn_nlri_route_type", Title: "Route type"}
	bgpMVPNLen     = Field{Name: "bgp.mcast_vpn_nlri_length", Title: "Length"}
	bgpMVPN        = Field{Name: "bgp.mcast_vpn_nlri", Title: "Multicast route"}
	bgpMVPNRD      = Field{Name: "bgp.mcast_vpn_nlri_rd", Title: "Route distinguisher"}
	bgpMVPNAS      = Field{Name: "bgp.mcast_vpn_nlri_source_as", Title: "Source AS"}
	bgpMVPNKey     = Field{Name: "bgp.mcast_vpn_nlri_route_key", Title: "Route key"}
	bgpSourceLen   = Field{Name: "bgp.mcast_vpn_nlri_source_length", Title: "Source length"}
	bgpSource4     = Field{Name: "bgp.mcast_vpn_nlri_source_addr_ipv4", Title: "Source"}
	bgpSource6     = Field{Name: "bgp.mcast_vpn_nlri_source_addr_ipv6", Title: "Source"}
	bgpGroupLen    = Field{Name: "bgp.mcast_vpn_nlri_group_length", Title: "Group length"}
	bgpGroup4      = Field{Name: "bgp.mcast_vpn_nlri_group_addr_ipv4", Title: "Group"}
	bgpGroup6      = Field{Name: "bgp.mcast_vpn_nlri_group_addr_ipv6", Title: "Group"}
	bgpMVPNRouter4 = Field{Name: "bgp.mcast_vpn_nlri_origin_router_ipv4", Title: "Originating router"}
	bgpMVPNRouter6 = Field{Name: "bgp.mcast_vpn_nlri_origin_router_ipv6", Title: "Originating router"}

	bgpMDTLen   = Field{Title: "Prefix length"}
	bgpMDTRD    = Field{Name: "bgp.mdt_safi_rd", Title: "Route distinguisher"}
	bgpMDTAddr  = Field{Name: "bgp.mdt_safi_ipv4_addr", Title: "Address"}
	bgpMDTGroup = Field{Name: "bgp.mdt_safi_group_addr", Title: "Group"}

	bgpVPLSLen    = Field{Name: "bgp.vplsad.length", Title: "Length"}
	bgpVPLSRD     = Field{Name: "bgp.vplsad.rd", Title: "Route distinguisher"}
	bgpVPLSPE     = Field{Name: "bgp.ad.pe_addr", Title: "PE address"}
	bgpVPLSID     = Field{Name: "bgp.vplsbgp.ce_id", Title: "CE ID"}
	bgpVPLSOffset = Field{Name: "bgp.vplsbgp.labelblock.offset", Title: "Label block offset"}
	bgpVPLSSize   = Field{Name: "bgp.vplsbgp.labelblock.size", Title: "Label block size"}
	bgpVPLSBase   = Field{Name: "bgp.vplsbgp.labelblock.base", Title: "Label block base"}

	bgpPolicyLen   = Field{Name: "bgp.sr_policy_nlri_length", Title: "Length"}
	bgpPolicyRD    = Field{Name: "bgp.sr_policy_nlri_distinguisher", Title: "Distinguisher"}
	bgpPolicyColor = Field{Name: "bgp.sr_policy_nlri_policy_color", Title: "Color"}
	bgpPolicy4     = Field{Name: "bgp.sr_policy_nlri_endpoint_ipv4", Title: "Endpoint"}
	bgpPolicy6     = Field{Name: "bgp.sr_policy_nlri_endpoint_ipv6", Title: "Endpoint"}

	bgpLSType = Field{Name: "bgp.ls.nlri_type", Title: "Type"}
	bgpLSLen  = Field{Name: "bgp.ls.nlri_length", Title: "Length"}
)

// reach describes new routes of any family, and the way to them (RFC 4760 section 3).
func (w *bgpWalk) reach() {
	afi := w.enum(&bgpReachAFI, 2, bgpAFIName(w.peek(2)))
	safi := w.enum(&bgpReachSAFI, 1, bgpSAFIName(w.peek(1)))
	n := 1 + int(w.peek(1))
	if w.at == w.end || !w.has(n) {
		return
	}
	w.s.Bytes(&bgpHop, w.at, n, w.b[w.at:w.at+n])
	outer, _ := w.enter(&bgpHop, n)
	w.uint(&bgpHopLen, 1)
	w.nextHop()
	w.leave(&bgpHopOther, outer)
	for range w.uint(&bgpSNPAs, 1) { // in semi-octets, if at all
		if w.short || w.at == w.end {
			break
		}
		w.bytes(&bgpSNPA, int(w.uint(&bgpSNPALen, 1)))
	}
	w.routes(afi, safi, &bgpReach4, &bgpReach6)
}

// nextHop describes an address, or two, each behind a route distinguisher in a VPN. The length says which.
func (w *bgpWalk) nextHop() {
	n := w.end - w.at
	rd := n == 12 || n == 24 || n == 48
	if rd {
		w.distinguisher(&bgpHopRD)
		n -= 8
	}
	switch n {
	case 4:
		w.addr(&bgpHop4, 4)
	case 16, 32, 40:
		w.addr(&bgpHop6, 16)
		if n == 40 {
			w.distinguisher(&bgpHopRD)
		}
		if n > 16 {
			w.addr(&bgpHopLocal, 16)
		}
	}
}

// unreach describes routes of any family that are gone (RFC 4760 section 4).
func (w *bgpWalk) unreach() {
	afi := w.enum(&bgpUnreachAFI, 2, bgpAFIName(w.peek(2)))
	safi := w.enum(&bgpUnreachSAFI, 1, bgpSAFIName(w.peek(1)))
	w.routes(afi, safi, &bgpUnreach4, &bgpUnreach6)
}

// routes describes routes of a family to the end; f4 and f6 are for their prefixes.
func (w *bgpWalk) routes(afi, safi uint64, f4, f6 *Field) {
	outer, ok := w.span(&bgpRoutesGroup, w.end-w.at)
	if !ok {
		return
	}
	size, f := 0, f4
	switch afi {
	case bgpAFIIPv4:
		size = 4
	case bgpAFIIPv6:
		size, f = 16, f6
	}
	switch {
	case size > 0 && safi >= 1 && safi <= bgpSAFIBoth:
		w.prefixes(f, size)
	case size > 0 && safi == bgpSAFILabeled:
		for ids := bgpHasPathIDs(w.b[w.at:w.end], 255); w.at < w.end && w.labeled(f, size, ids, false); {
		}
	case size > 0 && (safi == bgpSAFIVPN || safi == bgpSAFIVPNMulti):
		for w.at < w.end && w.labeled(f, size, false, true) {
		}
	case size > 0 && safi == bgpSAFITunnel:
		for w.end-w.at >= 3 && w.tunnelRoute(f, size) {
		}
	case size > 0 && safi == bgpSAFITarget:
		for w.at < w.end && w.target() {
		}
	case size > 0 && safi == bgpSAFIMVPN:
		for w.end-w.at >= 2 && w.multicastRoute(size) {
		}
	case size > 0 && safi == bgpSAFIMDT:
		w.trees()
	case size > 0 && safi == bgpSAFIPolicy:
		for w.at < w.end && w.policy(size) {
		}
	case size > 0 && (safi == bgpSAFIFlow || safi == bgpSAFIFlowVPN):
		for w.at < w.end && w.flow(size, safi == bgpSAFIFlowVPN) {
		}
	case afi == bgpAFIL2VPN && safi == bgpSAFIVPLS:
		for w.end-w.at >= 2 && w.vpls() {
		}
	case afi == bgpAFIL2VPN && safi == bgpSAFIEVPN:
		for w.end-w.at >= 2 && w.evpn() {
		}
	case afi == bgpAFILS && (safi == bgpSAFILS || safi == bgpSAFILSVPN):
		for w.end-w.at >= 4 && w.linkState() {
		}
	}
	w.leave(&bgpRestField, outer)
}

// prefixes describes prefixes of addresses of size bytes to the end, each behind a path ID if such are in use (RFC 7911).
func (w *bgpWalk) prefixes(f *Field, size int) {
	ids := bgpHasPathIDs(w.b[w.at:w.end], 8*size)
	for w.at < w.end && w.route(f, size, ids) {
	}
}

// route describes one prefix, and reports false if it is too long or not all there.
func (w *bgpWalk) route(f *Field, size int, id bool) bool {
	bits, n, ok := w.routeLen(id)
	if !ok || bits > 8*size {
		return false
	}
	outer, _ := w.enter(&bgpRouteGroup, n)
	if id {
		w.uint(&bgpPathID, 4)
	}
	w.uint(&bgpPrefixLen, 1)
	w.prefix(f, bits, size)
	w.leave(&bgpRestField, outer)
	return true
}

// routeLen gives how many bits the route at hand says it has, and its length in bytes with what stands before the bits.
func (w *bgpWalk) routeLen(id bool) (bits, n int, ok bool) {
	head := 1
	if id {
		head = 5
	}
	if w.end-w.at < head {
		return 0, 0, false
	}
	bits = int(w.b[w.at+head-1])
	n = head + (bits+7)/8
	return bits, n, w.end-w.at >= n
}

// prefix describes the first bits of an address of size bytes. What is behind them in the last byte is not part of it.
func (w *bgpWalk) prefix(f *Field, bits, size int) {
	n := (bits + 7) / 8
	if bits > 8*size || !w.has(n) {
		w.short = true
		return
	}
	var a [16]byte
	copy(a[:], w.b[w.at:w.at+n])
	if odd := bits % 8; odd > 0 {
		a[n-1] &= 0xff << (8 - odd)
	}
	if size == 4 {
		w.s.Addr(f, w.at, n, netip.AddrFrom4([4]byte(a[:4])))
	} else {
		w.s.Addr(f, w.at, n, netip.AddrFrom16(a))
	}
	w.at += n
}

// bgpHasPathIDs guesses whether each of the prefixes in b has a path ID before it, which the two sides agree on when the session
// begins: they have if b can be read so and not without. most is the most bits of a prefix.
func bgpHasPathIDs(b []byte, most int) bool {
	return bgpArePrefixes(b, most, 4) && !bgpArePrefixes(b, most, 0)
}

// bgpArePrefixes reports whether b consists of prefixes, each behind skip bytes: none too long or cut short, no bits set behind the last
// that counts, and without path IDs a default route only by itself.
func bgpArePrefixes(b []byte, most, skip int) bool {
	for rest := b; len(rest) > 0; {
		if len(rest) < skip+1 {
			return false
		}
		bits := int(rest[skip])
		n := skip + 1 + (bits+7)/8
		switch {
		case bits > most || n > len(rest):
			return false
		case bits%8 > 0 && rest[n-1]&(0xff>>(bits%8)) != 0:
			return false
		case skip == 0 && bits == 0 && len(b) > 1:
			return false
		}
		rest = rest[n:]
	}
	return true
}

// distinguisher describes what tells the routes of one VPN from those of another (RFC 4364 section 4.2).
func (w *bgpWalk) distinguisher(f *Field) {
	if !w.has(8) {
		return
	}
	w.s.Text(f, w.at, 8, appendBGPAdmin(w.scratch, w.b[w.at:w.at+8], w.b[w.at+1]))
	w.at += 8
}

// appendBGPAdmin appends the administrator and the number in v, a route distinguisher or a route target, to b. form is of which kind
// the administrator is.
func appendBGPAdmin(b, v []byte, form uint8) []byte {
	switch form {
	case 0:
		b = append(appendUint(b, uint64(binary.BigEndian.Uint16(v[2:]))), ':')
		return appendUint(b, uint64(binary.BigEndian.Uint32(v[4:])))
	case 1:
		b = append(addr4(v, 2).AppendTo(b), ':')
	case 2:
		b = append(appendUint(b, uint64(binary.BigEndian.Uint32(v[2:]))), ':')
	default:
		b = append(b, "Unknown (0x"...)
		b = append(hex.AppendEncode(b, v[:2]), ") RD type"...)
		return b
	}
	return appendUint(b, uint64(binary.BigEndian.Uint16(v[6:])))
}

// bgpLabelStack gives how many bytes the labels at the start of v take: up to the one at the bottom, or one that stands for a route that
// is gone (RFC 8277 section 2).
func bgpLabelStack(v []byte) int {
	for n := 3; n <= len(v); n += 3 {
		switch l := bigEndian(v[n-3 : n]); {
		case l&1 != 0, l == 0x800000, l == 0:
			return n
		}
	}
	return 0
}

// labels describes n bytes of labels of MPLS.
func (w *bgpWalk) labels(f *Field, n int) {
	b := w.scratch
	for i := 0; i < n; i += 3 {
		l := bigEndian(w.b[w.at+i : w.at+i+3])
		if i > 0 {
			b = append(b, ',')
		}
		switch {
		case i+3 < n:
			b = appendUint(b, l>>4)
		case l == 0x800000, l == 0:
			b = append(b, "0 (withdrawn)"...)
		default:
			b = appendUint(b, l>>4)
			if l&1 != 0 {
				b = append(b, " (bottom)"...)
			} else {
				b = append(b, " (BOGUS: Bottom of Stack NOT set!)"...)
			}
		}
	}
	w.s.Text(f, w.at, n, b)
	w.at += n
}

// labeled describes a prefix with labels, of a VPN behind its route distinguisher, and reports false if it cannot.
func (w *bgpWalk) labeled(f *Field, size int, id, vpn bool) bool {
	bits, n, ok := w.routeLen(id)
	if !ok {
		return false
	}
	at := w.at + n - (bits+7)/8
	stack := bgpLabelStack(w.b[at : w.at+n])
	left := bits - 8*stack
	if vpn {
		left -= 64
	}
	if stack == 0 || left < 0 || left > 8*size {
		return false
	}
	outer, _ := w.enter(&bgpRouteGroup, n)
	if id {
		w.uint(&bgpPathID, 4)
	}
	w.uint(&bgpPrefixLen, 1)
	w.labels(&bgpLabels, stack)
	if vpn {
		w.distinguisher(&bgpRD)
	}
	w.prefix(f, left, size)
	w.leave(&bgpRestField, outer)
	return true
}

// tunnelRoute describes the end of a tunnel, and reports false if it cannot.
func (w *bgpWalk) tunnelRoute(f *Field, size int) bool {
	bits, n, ok := w.routeLen(false)
	if !ok || bits < 16 || bits-16 > 8*size {
		return false
	}
	outer, _ := w.enter(&bgpRouteGroup, n)
	w.uint(&bgpPrefixLen, 1)
	w.uint(&bgpTunnelID, 2)
	w.prefix(f, bits-16, size)
	w.leave(&bgpRestField, outer)
	return true
}

// target describes a route target that a speaker wants routes of (RFC 4684 section 4), and reports false if it is not all there.
func (w *bgpWalk) target() bool {
	bits, n, ok := w.routeLen(false)
	if !ok {
		return false
	}
	outer, _ := w.enter(&bgpRouteGroup, n)
	w.uint(&bgpPrefixLen, 1)
	if bits == 96 {
		w.uint(&bgpTargetAS, 4)
		v := w.b[w.at : w.at+8]
		w.s.Text(&bgpTarget, w.at, 8, appendBGPAdmin(w.scratch, v, v[0]))
		w.at += 8
	}
	w.leave(&bgpBytesField, outer)
	return true
}

var bgpMVPNNames = []string{1: "Intra-AS I-PMSI A-D", 2: "Inter-AS I-PMSI A-D", 3: "S-PMSI A-D", 4: "Leaf A-D", 5: "Source Active A-D",
	6: "Shared Tree Join", 7: "Source Tree Join"}

// multicastRoute describes a route of multicast in VPNs (RFC 6514 section 4), and reports false if it is not all there.
func (w *bgpWalk) multicastRoute(size int) bool {
	n := int(w.b[w.at+1])
	if w.end-w.at < 2+n {
		return false
	}
	kind := w.enum(&bgpMVPNType, 1, bgpName(bgpMVPNNames, w.peek(1)))
	w.uint(&bgpMVPNLen, 1)
	if n == 0 {
		return true
	}
	w.s.Bytes(&bgpMVPN, w.at, n, w.b[w.at:w.at+n])
	outer, _ := w.enter(&bgpMVPN, n)
	router := &bgpMVPNRouter4
	if size == 16 {
		router = &bgpMVPNRouter6
	}
	switch kind {
	case 1:
		w.bytes(&bgpMVPNRD, 8)
		w.addr(router, size)
	case 2:
		w.bytes(&bgpMVPNRD, 8)
		w.uint(&bgpMVPNAS, 4)
	case 3:
		w.bytes(&bgpMVPNRD, 8)
		w.sourceGroup()
		w.addr(router, size)
	case 4:
		w.bytes(&bgpMVPNKey, n-size)
		w.addr(router, size)
	case 5:
		w.bytes(&bgpMVPNRD, 8)
		w.sourceGroup()
	case 6, 7:
		w.bytes(&bgpMVPNRD, 8)
		w.uint(&bgpMVPNAS, 4)
		w.sourceGroup()
	}
	w.leave(&bgpBytesField, outer)
	return true
}

// sourceGroup describes the addresses of a source and of a group, each behind its length in bits.
func (w *bgpWalk) sourceGroup() {
	w.sizedAddr(&bgpSourceLen, &bgpSource4, &bgpSource6)
	w.sizedAddr(&bgpGroupLen, &bgpGroup4, &bgpGroup6)
}

// sizedAddr describes an address behind its length in bits. One of length zero is none; one of another length is not described.
func (w *bgpWalk) sizedAddr(length, f4, f6 *Field) {
	switch w.uint(length, 1) {
	case 0:
	case 32:
		w.addr(f4, 4)
	case 128:
		w.addr(f6, 16)
	default:
		w.short = true
	}
}

// trees describes trees of multicast in VPNs (RFC 6037 section 4.1).
func (w *bgpWalk) trees() {
	const bits, size = 128, 17
	for w.end-w.at >= size && w.b[w.at] == bits {
		outer, _ := w.enter(&bgpRouteGroup, size)
		w.uint(&bgpMDTLen, 1)
		w.bytes(&bgpMDTRD, 8)
		w.addr(&bgpMDTAddr, 4)
		w.addr(&bgpMDTGroup, 4)
		w.leave(&bgpRestField, outer)
	}
}

// policy describes a policy of segment routing (RFC 9830 section 2.1), and reports false if it cannot.
func (w *bgpWalk) policy(size int) bool {
	bits, n, ok := w.routeLen(false)
	if !ok || bits != 64+8*size {
		return false
	}
	outer, _ := w.enter(&bgpRouteGroup, n)
	w.uint(&bgpPolicyLen, 1)
	w.bytes(&bgpPolicyRD, 4)
	w.bytes(&bgpPolicyColor, 4)
	if size == 4 {
		w.addr(&bgpPolicy4, 4)
	} else {
		w.addr(&bgpPolicy6, 16)
	}
	w.leave(&bgpRestField, outer)
	return true
}

// vpls describes where a site of a VPLS is found (RFC 4761 section 3.2.2, RFC 6074), and reports false if it is not all there.
func (w *bgpWalk) vpls() bool {
	n := 2 + int(w.peek(2))
	if w.end-w.at < n {
		return false
	}
	outer, _ := w.enter(&bgpRouteGroup, n)
	w.uint(&bgpVPLSLen, 2)
	switch n {
	case 14:
		w.distinguisher(&bgpVPLSRD)
		w.addr(&bgpVPLSPE, 4)
	case 19:
		w.distinguisher(&bgpVPLSRD)
		w.uint(&bgpVPLSID, 2)
		w.uint(&bgpVPLSOffset, 2)
		w.uint(&bgpVPLSSize, 2)
		w.labels(&bgpVPLSBase, 3)
	}
	w.leave(&bgpBytesField, outer)
	return true
}

// linkState describes a part of the topology (RFC 9552), as far as its type, and reports false if it is not all there.
func (w *bgpWalk) linkState() bool {
	n := 4 + int(binary.BigEndian.Uint16(w.b[w.at+2:]))
	if w.end-w.at < n {
		return false
	}
	outer, _ := w.enter(&bgpRouteGroup, n)
	name := ""
	switch w.peek(2) {
	case 1:
		name = "node"
	case 2:
		name = "link"
	case 3:
		name = "IPv4 prefix"
	case 4:
		name = "IPv6 prefix"
	}
	w.enum(&bgpLSType, 2, name)
	w.uint(&bgpLSLen, 2)
	w.leave(&bgpBytesField, outer)
	return true
}
