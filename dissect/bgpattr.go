package dissect

import (
	"encoding/binary"
	"math"
	"strconv"
)

// The path attributes that are described (IANA "BGP Path Attributes").
const (
	bgpOrigin        = 1
	bgpASPath        = 2
	bgpNextHop       = 3
	bgpMED           = 4
	bgpLocalPref     = 5
	bgpAggregator    = 7
	bgpCommunities   = 8
	bgpOriginator    = 9
	bgpClusters      = 10
	bgpReach         = 14
	bgpUnreach       = 15
	bgpExtended      = 16
	bgpAS4Path       = 17
	bgpAS4Aggregator = 18
	bgpPMSI          = 22
	bgpTunnel        = 23
	bgpAIGP          = 26
	bgpLarge         = 32
	bgpPrefixSID     = 40
	bgpAttrSet       = 128

	bgpAttrExtended = 0x10 // the flag of a length of two bytes

	bgpMaxSets = 4 // attribute sets in one another
)

var bgpAttrNames = []string{
	1: "ORIGIN", 2: "AS_PATH", 3: "NEXT_HOP", 4: "MULTI_EXIT_DISC", 5: "LOCAL_PREF", 6: "ATOMIC_AGGREGATE", 7: "AGGREGATOR",
	8: "COMMUNITIES", 9: "ORIGINATOR_ID", 10: "CLUSTER_LIST", 11: "DPA", 12: "ADVERTISER", 13: "RCID_PATH", 14: "MP_REACH_NLRI",
	15: "MP_UNREACH_NLRI", 16: "EXTENDED_COMMUNITIES", 17: "AS4_PATH", 18: "AS4_AGGREGATOR", 19: "SSA", 20: "CONNECTOR", 21: "AS_PATHLIMIT",
	22: "PMSI_TUNNEL", 23: "TUNNEL_ENCAPSULATION", 24: "TRAFFIC_ENGINEERING", 25: "IPV6_EXTENDED_COMMUNITIES", 26: "AIGP",
	27: "PE_DISTINGUISHER_LABELS", 29: "BGP-LS", 32: "LARGE_COMMUNITIES", 33: "BGPSEC_PATH", 34: "COMMUNITY_CONTAINER",
	35: "ONLY_TO_CUSTOMER", 36: "D-PATH", 37: "SFP", 38: "BFD_DISCRIMINATOR", 40: "PREFIX_SID", 128: "ATTR_SET",
}

var (
	bgpWithdrawnLen   = Field{Name: "bgp.update.withdrawn_routes.length", Title: "Length of withdrawn routes"}
	bgpWithdrawnGroup = Field{Title: "Withdrawn routes"}
	bgpWithdrawn      = Field{Name: "bgp.withdrawn_prefix", Title: "Withdrawn prefix"}
	bgpAttrsLen       = Field{Name: "bgp.update.path_attributes.length", Title: "Length of path attributes"}
	bgpAttrsGroup     = Field{Title: "Path attributes"}
	bgpRoutesGroup    = Field{Title: "Routes"}
	bgpRoute          = Field{Name: "bgp.nlri_prefix", Title: "Prefix"}

	bgpAttrGroup = Field{Title: "Path attribute"}
	bgpAttrFlags = Field{Name: "bgp.update.path_attribute.flags", Title: "Flags", Base: Hex}
	bgpAttrBits  = []*Field{
		{Name: "bgp.update.path_attribute.flags.optional", Title: "Optional", Mask: 0x80},
		{Name: "bgp.update.path_attribute.flags.transitive", Title: "Transitive", Mask: 0x40},
		{Name: "bgp.update.path_attribute.flags.partial", Title: "Partial", Mask: 0x20},
		{Name: "bgp.update.path_attribute.flags.extended_length", Title: "Extended length", Mask: 0x10},
		{Name: "bgp.update.path_attribute.flags.unused", Title: "Unused", Mask: 0x0f, Base: Hex},
	}
	bgpAttrType = Field{Name: "bgp.update.path_attribute.type_code", Title: "Attribute type"}
	bgpAttrLen  = Field{Name: "bgp.update.path_attribute.length", Title: "Attribute length"}

	bgpOriginField     = Field{Name: "bgp.update.path_attribute.origin", Title: "Origin"}
	bgpSegmentGroup    = Field{Title: "Segment of the path"}
	bgpSegmentType     = Field{Name: "bgp.update.path_attribute.as_path_segment.type", Title: "Segment type"}
	bgpSegmentLen      = Field{Name: "bgp.update.path_attribute.as_path_segment.length", Title: "Number of ASes"}
	bgpAS2             = Field{Name: "bgp.update.path_attribute.as_path_segment.as2", Title: "AS"}
	bgpAS4             = Field{Name: "bgp.update.path_attribute.as_path_segment.as4", Title: "AS"}
	bgpNextHopField    = Field{Name: "bgp.update.path_attribute.next_hop", Title: "Next hop"}
	bgpMEDField        = Field{Name: "bgp.update.path_attribute.multi_exit_disc", Title: "Multiple exit discriminator"}
	bgpLocalPrefField  = Field{Name: "bgp.update.path_attribute.local_pref", Title: "Local preference"}
	bgpAggregatorAS    = Field{Name: "bgp.update.path_attribute.aggregator_as", Title: "Aggregator's AS"}
	bgpAggregatorID    = Field{Name: "bgp.update.path_attribute.aggregator_origin", Title: "Aggregator"}
	bgpWellKnown       = Field{Name: "bgp.update.path_attribute.community_wellknown", Title: "Well-known community", Base: Hex}
	bgpCommunityGroup  = Field{Title: "Community"}
	bgpCommunityAS     = Field{Name: "bgp.update.path_attribute.community_as", Title: "AS"}
	bgpCommunityValue  = Field{Name: "bgp.update.path_attribute.community_value", Title: "Value"}
	bgpOriginatorField = Field{Name: "bgp.update.path_attribute.originator_id", Title: "Originator"}
	bgpClusterField    = Field{Name: "bgp.path_attribute.cluster_id", Title: "Cluster"}
	bgpOriginAS        = Field{Name: "bgp.update.path_attribute.attr_set.origin_as", Title: "Origin AS"}

	bgpLargeGroup = Field{Title: "Large community"}
	bgpLargeAdmin = Field{Name: "bgp.large_communities.ga", Title: "Global administrator"}
	bgpLarge1     = Field{Name: "bgp.large_communities.ldp1", Title: "Local data 1"}
	bgpLarge2     = Field{Name: "bgp.large_communities.ldp2", Title: "Local data 2"}

	bgpAIGPGroup  = Field{Title: "TLV"}
	bgpAIGPType   = Field{Name: "bgp.update.attribute.aigp.type", Title: "TLV type"}
	bgpAIGPLen    = Field{Name: "bgp.update.attribute.aigp.length", Title: "TLV length"}
	bgpAIGPMetric = Field{Name: "bgp.update.attribute.aigp.accu_igp_metric", Title: "Accumulated IGP metric"}

	bgpSIDGroup    = Field{Title: "TLV"}
	bgpSIDType     = Field{Name: "bgp.prefix_sid.type", Title: "TLV type"}
	bgpSIDLen      = Field{Name: "bgp.prefix_sid.length", Title: "TLV length"}
	bgpSIDReserved = Field{Name: "bgp.prefix_sid.reserved", Title: "Reserved"}
	bgpSIDFlags    = Field{Name: "bgp.prefix_sid.label_index.flags", Title: "Flags", Base: Hex}
	bgpSIDIndex    = Field{Name: "bgp.prefix_sid.label_index.value", Title: "Label index"}
	bgpSRGBFlags   = Field{Name: "bgp.prefix_sid.originator_srgb.flags", Title: "Flags", Base: Hex}
	bgpTunnelGroup = Field{Title: "Tunnel"}
	bgpTunnelType  = Field{Name: "bgp.update.encaps_tunnel_tlv_type", Title: "Tunnel type"}
	bgpTunnelLen   = Field{Name: "bgp.update.encaps_tunnel_tlv_len", Title: "Length"}
	bgpSubGroup    = Field{Title: "Sub-TLV"}
	bgpSubType     = Field{Name: "bgp.update.encaps_tunnel_subtlv_type", Title: "Sub-TLV type"}
	bgpSubLen      = Field{Name: "bgp.update.encaps_tunnel_tlv_sublen", Title: "Sub-TLV length"}
	bgpTunnelColor = Field{Name: "bgp.update.encaps_tunnel_tlv_subtlv_color_value", Title: "Color"}
	bgpPMSIFlags   = Field{Name: "bgp.update.path_attribute.pmsi.tunnel.flags", Title: "Flags"}
	bgpPMSIType    = Field{Name: "bgp.update.path_attribute.pmsi.tunnel.type", Title: "Tunnel type"}
	bgpPMSILabel   = []*Field{
		{Name: "bgp.update.path_attribute.mpls_label_value_20bits", Title: "Label", Mask: 0xfffff0},
		{Title: "Traffic class and bottom of stack", Mask: 0x00000f},
	}
	bgpPMSIGroup    = Field{Title: "Tunnel identifier"}
	bgpRSVPTree     = Field{Name: "bgp.update.path_attribute.pmsi.rsvp.id", Title: "P2MP ID"}
	bgpRSVPTunnel   = Field{Name: "bgp.update.path_attribute.pmsi.rsvp.tunnel_id", Title: "Tunnel ID"}
	bgpRSVPExtended = Field{Name: "bgp.update.path_attribute.pmsi.rsvp.ext_tunnel_idv4", Title: "Extended tunnel ID"}
	bgpSSMRoot      = Field{Name: "bgp.update.path_attribute.pmsi.pimssm.root_node", Title: "Root"}
	bgpSSMGroup     = Field{Name: "bgp.update.path_attribute.pmsi.pimssm.pmulticast_group", Title: "Group"}
	bgpSMSender     = Field{Name: "bgp.update.path_attribute.pmsi.pimsm.sender_address", Title: "Sender"}
	bgpSMGroup      = Field{Name: "bgp.update.path_attribute.pmsi.pimsm.pmulticast_group", Title: "Group"}
	bgpBidirSender  = Field{Name: "bgp.update.path_attribute.pmsi.bidir_pim_tree.sender", Title: "Sender"}
	bgpBidirGroup   = Field{Name: "bgp.update.path_attribute.pmsi.bidir_pim_tree.pmulticast_group", Title: "Group"}
	bgpIngress      = Field{Name: "bgp.update.path_attribute.pmsi.ingress_rep_ip", Title: "Endpoint"}
)

// update describes routes that are gone, the attributes of the new ones, and these (RFC 4271 section 4.3).
func (w *bgpWalk) update() {
	size := int(w.uint(&bgpWithdrawnLen, 2))
	if outer, ok := w.span(&bgpWithdrawnGroup, size); ok {
		w.prefixes(&bgpWithdrawn, 4)
		w.leave(&bgpRestField, outer)
	}
	size = int(w.uint(&bgpAttrsLen, 2))
	if outer, ok := w.span(&bgpAttrsGroup, size); ok {
		w.vxlan = bgpIntoVXLAN(w.b[w.at:w.end])
		w.attributes(0)
		w.leave(&bgpRestField, outer)
	}
	if outer, ok := w.span(&bgpRoutesGroup, w.end-w.at); ok {
		w.prefixes(&bgpRoute, 4)
		w.leave(&bgpRestField, outer)
	}
}

// nextBGPAttr splits the head of the first of the attributes b into what it says: its type, where its value begins and how long it
// is. ok is false if it is not all there.
func nextBGPAttr(b []byte) (kind uint8, head, n int, ok bool) {
	if len(b) < 3 {
		return 0, 0, 0, false
	}
	kind, head, n = b[1], 3, int(b[2])
	if b[0]&bgpAttrExtended != 0 {
		if len(b) < 4 {
			return 0, 0, 0, false
		}
		head, n = 4, int(binary.BigEndian.Uint16(b[2:]))
	}
	return kind, head, n, len(b) >= head+n
}

// bgpIntoVXLAN reports whether an extended community among the attributes b says that the routes lead into VXLAN (RFC 8365
// section 5.1.2.1).
func bgpIntoVXLAN(b []byte) bool {
	for {
		kind, head, n, ok := nextBGPAttr(b)
		if !ok {
			return false
		}
		for v := b[head : head+n]; kind == bgpExtended && len(v) >= 8; v = v[8:] {
			if v[0] == 0x03 && v[1] == 0x0c && binary.BigEndian.Uint16(v[6:]) == 8 {
				return true
			}
		}
		b = b[head+n:]
	}
}

// attributes describes path attributes to the end. depth is in how many sets they are.
func (w *bgpWalk) attributes(depth int) {
	for {
		kind, head, n, ok := nextBGPAttr(w.b[w.at:w.end])
		if !ok {
			return
		}
		outer, _ := w.enter(&bgpAttrGroup, head+n)
		w.flags(&bgpAttrFlags, 1, bgpAttrBits)
		w.enum(&bgpAttrType, 1, bgpName(bgpAttrNames, uint64(kind)))
		w.uint(&bgpAttrLen, head-2)
		w.attribute(kind, n, depth)
		w.leave(&bgpBytesField, outer)
	}
}

// attribute describes the value of a path attribute, which is the rest of the walk, n bytes.
func (w *bgpWalk) attribute(kind uint8, n, depth int) {
	switch kind {
	case bgpOrigin:
		if n == 1 {
			w.enum(&bgpOriginField, 1, bgpName(bgpOrigins, w.peek(1)))
		}
	case bgpASPath:
		switch v := w.b[w.at:w.end]; {
		case bgpIsPath(v, 2):
			w.path(&bgpAS2, 2)
		case bgpIsPath(v, 4):
			w.path(&bgpAS4, 4)
		}
	case bgpAS4Path:
		w.path(&bgpAS4, 4)
	case bgpNextHop:
		w.address(&bgpNextHopField, n)
	case bgpMED:
		w.number(&bgpMEDField, n)
	case bgpLocalPref:
		w.number(&bgpLocalPrefField, n)
	case bgpAggregator, bgpAS4Aggregator:
		if n == 8 || n == 6 && kind == bgpAggregator {
			w.uint(&bgpAggregatorAS, n-4)
			w.addr(&bgpAggregatorID, 4)
		}
	case bgpCommunities:
		for n%4 == 0 && w.at < w.end {
			w.community()
		}
	case bgpOriginator:
		w.address(&bgpOriginatorField, n)
	case bgpClusters:
		for n%4 == 0 && w.at < w.end {
			w.addr(&bgpClusterField, 4)
		}
	case bgpReach:
		w.reach()
	case bgpUnreach:
		w.unreach()
	case bgpExtended:
		for n%8 == 0 && w.at < w.end {
			w.extended()
		}
	case bgpPMSI:
		if n >= 5 {
			w.multicastTunnel()
		}
	case bgpTunnel:
		for w.end-w.at >= 4 && w.tunnel() {
		}
	case bgpAIGP:
		for w.end-w.at >= 3 && w.igpMetric() {
		}
	case bgpLarge:
		for n%12 == 0 && w.at < w.end {
			outer, _ := w.enter(&bgpLargeGroup, 12)
			w.uint(&bgpLargeAdmin, 4)
			w.uint(&bgpLarge1, 4)
			w.uint(&bgpLarge2, 4)
			w.leave(&bgpRestField, outer)
		}
	case bgpPrefixSID:
		for w.end-w.at >= 3 && w.prefixSID() {
		}
	case bgpAttrSet:
		if n >= 4 && depth < bgpMaxSets {
			w.uint(&bgpOriginAS, 4)
			w.attributes(depth + 1)
		}
	}
}

var (
	bgpOrigins  = []string{"IGP", "EGP", "incomplete"}
	bgpSegments = []string{1: "AS_SET", 2: "AS_SEQUENCE", 3: "AS_CONFED_SEQUENCE", 4: "AS_CONFED_SET"}
)

// number describes an attribute that is one number of four bytes, if its length n is that.
func (w *bgpWalk) number(f *Field, n int) {
	if n == 4 {
		w.uint(f, 4)
	}
}

// address describes an attribute that is one IPv4 address, if its length n is that.
func (w *bgpWalk) address(f *Field, n int) {
	if n == 4 {
		w.addr(f, 4)
	}
}

// bgpIsPath reports whether v is a path whose AS numbers have size bytes. Which it is the two sides agree on when the session
// begins (RFC 6793 section 3).
func bgpIsPath(v []byte, size int) bool {
	for len(v) >= 2 {
		n := 2 + size*int(v[1])
		if v[0] < 1 || v[0] > 4 || n > len(v) {
			return false
		}
		v = v[n:]
	}
	return len(v) == 0
}

// path describes the ASes that a route went through, whose numbers have size bytes.
func (w *bgpWalk) path(f *Field, size int) {
	for w.end-w.at >= 2 {
		count := int(w.b[w.at+1])
		outer, _ := w.span(&bgpSegmentGroup, 2+size*count)
		w.enum(&bgpSegmentType, 1, bgpName(bgpSegments, w.peek(1)))
		w.uint(&bgpSegmentLen, 1)
		for range min(count, (w.end-w.at)/size) {
			w.uint(f, size)
		}
		w.leave(&bgpRestField, outer)
	}
}

// community describes a community (RFC 1997). Those of AS 0 and AS 65535 are for purposes that all agree on.
func (w *bgpWalk) community() {
	if as := w.peek(2); as == 0 || as == 0xffff {
		w.enum(&bgpWellKnown, 4, bgpCommunityName(w.peek(4)))
		return
	}
	outer, _ := w.enter(&bgpCommunityGroup, 4)
	w.uint(&bgpCommunityAS, 2)
	w.uint(&bgpCommunityValue, 2)
	w.leave(&bgpRestField, outer)
}

// bgpCommunityName is the name of a community (IANA "BGP Well-known Communities").
func bgpCommunityName(c uint64) string {
	switch c {
	case 0xffff0000:
		return "GRACEFUL_SHUTDOWN"
	case 0xffff0001:
		return "ACCEPT_OWN"
	case 0xffff0006:
		return "LLGR_STALE"
	case 0xffff0007:
		return "NO_LLGR"
	case 0xffff0009:
		return "STANDBY_PE"
	case 0xffff029a:
		return "BLACKHOLE"
	case 0xffffff01:
		return "NO_EXPORT"
	case 0xffffff02:
		return "NO_ADVERTISE"
	case 0xffffff03:
		return "NO_EXPORT_SUBCONFED"
	case 0xffffff04:
		return "NOPEER"
	}
	return ""
}

// igpMetric describes a TLV of the accumulated IGP metric (RFC 7311), and reports false if it is not all there.
func (w *bgpWalk) igpMetric() bool {
	n := int(binary.BigEndian.Uint16(w.b[w.at+1:]))
	if n < 3 || w.end-w.at < n {
		return false
	}
	outer, _ := w.enter(&bgpAIGPGroup, n)
	kind := w.uint(&bgpAIGPType, 1)
	w.uint(&bgpAIGPLen, 2)
	if kind == 1 && n == 11 {
		w.uint(&bgpAIGPMetric, 8)
	}
	w.leave(&bgpBytesField, outer)
	return true
}

// prefixSID describes a TLV of segment routing (RFC 8669 section 3), and reports false if it is not all there.
func (w *bgpWalk) prefixSID() bool {
	n := 3 + int(binary.BigEndian.Uint16(w.b[w.at+1:]))
	if w.end-w.at < n {
		return false
	}
	outer, _ := w.enter(&bgpSIDGroup, n)
	kind := w.uint(&bgpSIDType, 1)
	w.uint(&bgpSIDLen, 2)
	switch {
	case kind == 1 && n == 10:
		w.bytes(&bgpSIDReserved, 1)
		w.uint(&bgpSIDFlags, 2)
		w.uint(&bgpSIDIndex, 4)
	case kind == 3 && n >= 5:
		w.uint(&bgpSRGBFlags, 2)
	}
	w.leave(&bgpBytesField, outer)
	return true
}

// tunnel describes a way to the next hop (RFC 9012 section 2), and reports false if it is not all there.
func (w *bgpWalk) tunnel() bool {
	n := 4 + int(binary.BigEndian.Uint16(w.b[w.at+2:]))
	if w.end-w.at < n {
		return false
	}
	outer, _ := w.enter(&bgpTunnelGroup, n)
	w.enum(&bgpTunnelType, 2, bgpTunnelName(w.peek(2)))
	w.uint(&bgpTunnelLen, 2)
	for w.end-w.at >= 3 {
		kind, head := w.b[w.at], 2
		if kind >= 128 {
			head = 3
		}
		n := head + int(bigEndian(w.b[w.at+1:w.at+head]))
		inner, ok := w.enter(&bgpSubGroup, n)
		if !ok {
			break
		}
		w.uint(&bgpSubType, 1)
		w.uint(&bgpSubLen, head-1)
		if kind == 4 && n == 10 {
			w.bytes(&bgpReserved, 4)
			w.uint(&bgpTunnelColor, 4)
		}
		w.leave(&bgpBytesField, inner)
	}
	w.leave(&bgpBytesField, outer)
	return true
}

// bgpTunnelName is the name of an encapsulation (IANA "BGP Tunnel Encapsulation Attribute Tunnel Types").
func bgpTunnelName(t uint64) string {
	switch t {
	case 1:
		return "L2TPv3 over IP"
	case 2:
		return "GRE"
	case 7:
		return "IP in IP"
	case 8:
		return "VXLAN"
	case 9:
		return "NVGRE"
	case 10:
		return "MPLS"
	case 11:
		return "MPLS in GRE"
	case 12:
		return "VXLAN-GPE"
	case 13:
		return "MPLS in UDP"
	case 15:
		return "SR policy"
	case 19:
		return "Geneve"
	}
	return ""
}

var bgpTrees = []string{"no tunnel information", "RSVP-TE P2MP LSP", "mLDP P2MP LSP", "PIM-SSM tree", "PIM-SM tree", "BIDIR-PIM tree",
	"ingress replication", "mLDP MP2MP LSP"}

// multicastTunnel describes the tunnel that carries the multicast of a VPN (RFC 6514 section 5).
func (w *bgpWalk) multicastTunnel() {
	w.uint(&bgpPMSIFlags, 1)
	kind := w.enum(&bgpPMSIType, 1, bgpName(bgpTrees, w.peek(1)))
	if w.vxlan {
		w.uint(&bgpVNI, 3)
	} else {
		w.parts(3, bgpPMSILabel)
	}
	n := w.end - w.at
	outer, ok := w.span(&bgpPMSIGroup, n)
	if !ok {
		return
	}
	switch {
	case kind == 1 && n == 12:
		w.addr(&bgpRSVPTree, 4)
		w.bytes(&bgpReserved, 2)
		w.uint(&bgpRSVPTunnel, 2)
		w.addr(&bgpRSVPExtended, 4)
	case kind == 3 && n == 8:
		w.addr(&bgpSSMRoot, 4)
		w.addr(&bgpSSMGroup, 4)
	case kind == 4 && n == 8:
		w.addr(&bgpSMSender, 4)
		w.addr(&bgpSMGroup, 4)
	case kind == 5 && n == 8:
		w.addr(&bgpBidirSender, 4)
		w.addr(&bgpBidirGroup, 4)
	case kind == 6 && n == 4:
		w.addr(&bgpIngress, 4)
	}
	w.leave(&bgpBytesField, outer)
}

// float describes a number in IEEE 754's form of four bytes.
func (w *bgpWalk) float(f *Field) {
	if w.has(4) {
		v := math.Float32frombits(binary.BigEndian.Uint32(w.b[w.at:]))
		w.s.Text(f, w.at, 4, strconv.AppendFloat(w.scratch, float64(v), 'g', 6, 32))
		w.at += 4
	}
}
