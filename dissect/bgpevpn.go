package dissect

var (
	bgpEVPNGroup  = Field{Title: "Route"}
	bgpEVPNType   = Field{Name: "bgp.evpn.nlri.rt", Title: "Route type"}
	bgpEVPNLen    = Field{Name: "bgp.evpn.nlri.len", Title: "Length"}
	bgpEVPNRD     = Field{Name: "bgp.evpn.nlri.rd", Title: "Route distinguisher"}
	bgpEVPNTag    = Field{Name: "bgp.evpn.nlri.etag", Title: "Ethernet tag"}
	bgpEVPNMACLen = Field{Name: "bgp.evpn.nlri.maclen", Title: "MAC address length"}
	bgpEVPNMAC    = Field{Name: "bgp.evpn.nlri.mac_addr", Title: "MAC address"}
	bgpEVPNIPLen  = Field{Name: "bgp.evpn.nlri.iplen", Title: "IP address length"}
	bgpEVPN4      = Field{Name: "bgp.evpn.nlri.ip.addr", Title: "IP address"}
	bgpEVPN6      = Field{Name: "bgp.evpn.nlri.ipv6.addr", Title: "IP address"}
	bgpEVPNPrefix = Field{Name: "bgp.evpn.nlri.prefix_len", Title: "Prefix length"}
	bgpEVPNGate4  = Field{Name: "bgp.evpn.nlri.ipv4.gtw_addr", Title: "Gateway"}
	bgpEVPNGate6  = Field{Name: "bgp.evpn.nlri.ipv6.gtw_addr", Title: "Gateway"}
	bgpEVPNLabel  = Field{Name: "bgp.update.path_attribute.mpls_label_value", Title: "Label and its bits"}
	bgpVNI        = Field{Name: "bgp.evpn.nlri.vni", Title: "VXLAN network identifier"}
	bgpEVPNLabel1 = []*Field{
		{Name: "bgp.evpn.nlri.mpls_ls1", Title: "Label", Mask: 0xfffff0},
		{Title: "Traffic class and bottom of stack", Mask: 0x00000f},
	}
	bgpEVPNLabel2 = []*Field{
		{Name: "bgp.evpn.nlri.mpls_ls2", Title: "Label of the IP VPN", Mask: 0xfffff0},
		{Title: "Traffic class and bottom of stack", Mask: 0x00000f},
	}
	bgpRouterLen = Field{Name: "bgp.evpn.nlri.or_length", Title: "Originating router length"}
	bgpRouter4   = Field{Name: "bgp.evpn.nlri.or_addr_ipv4", Title: "Originating router"}
	bgpRouter6   = Field{Name: "bgp.evpn.nlri.or_addr_ipv6", Title: "Originating router"}
	bgpIGMPFlags = Field{Name: "bgp.evpn.nlri.igmp_mc_flags", Title: "Flags", Base: Hex}
	bgpIGMPBits  = []*Field{
		{Name: "bgp.evpn.nlri.igmp_mc_flags.reserved", Title: "Reserved", Mask: 0xf0, Base: Hex},
		{Name: "bgp.evpn.nlri.igmp_mc_flags.ie", Title: "Exclude", Mask: 0x08},
		{Name: "bgp.evpn.nlri.igmp_mc_flags.v3", Title: "IGMPv3", Mask: 0x04},
		{Name: "bgp.evpn.nlri.igmp_mc_flags.v2", Title: "IGMPv2", Mask: 0x02},
		{Name: "bgp.evpn.nlri.igmp_mc_flags.v1", Title: "IGMPv1", Mask: 0x01},
	}

	bgpESI         = Field{Name: "bgp.evpn.nlri.esi", Title: "Ethernet segment identifier"}
	bgpESIType     = Field{Name: "bgp.evpn.nlri.esi.type", Title: "Type"}
	bgpESIValue    = Field{Name: "bgp.evpn.nlri.esi.value", Title: "Value"}
	bgpESI0        = Field{Name: "bgp.evpn.nlri.esi.type0", Title: "Value"}
	bgpESILACPMAC  = Field{Name: "bgp.evpn.nlri.esi.lacp_mac", Title: "LACP system MAC"}
	bgpESILACPKey  = Field{Name: "bgp.evpn.nlri.esi.lacp_portkey", Title: "LACP port key"}
	bgpESIBridge   = Field{Name: "bgp.evpn.nlri.esi.root_bridge", Title: "Root bridge MAC"}
	bgpESIPriority = Field{Name: "bgp.evpn.nlri.esi.rb_prio", Title: "Root bridge priority"}
	bgpESISystem   = Field{Name: "bgp.evpn.nlri.esi.system_mac", Title: "System MAC"}
	bgpESISysDisc  = Field{Name: "bgp.evpn.nlri.esi.system_mac_discr", Title: "Local discriminator"}
	bgpESIRouter   = Field{Name: "bgp.evpn.nlri.esi.router_id", Title: "Router ID"}
	bgpESIRouDisc  = Field{Name: "bgp.evpn.nlri.esi.router_discr", Title: "Local discriminator"}
	bgpESIAS       = Field{Name: "bgp.evpn.nlri.esi.asn", Title: "AS"}
	bgpESIASDisc   = Field{Name: "bgp.evpn.nlri.esi.asn_discr", Title: "Local discriminator"}
	bgpESIRest     = Field{Name: "bgp.evpn.nlri.esi.remaining", Title: "Remaining bytes"}
)

var bgpEVPNNames = []string{1: "Ethernet auto-discovery", 2: "MAC/IP advertisement", 3: "inclusive multicast Ethernet tag", 4: "Ethernet segment",
	5: "IP prefix", 6: "selective multicast Ethernet tag", 7: "multicast membership report synch", 8: "multicast leave synch"}

// evpn describes a route of an Ethernet VPN (RFC 7432 section 7, RFC 9136, RFC 9251), and reports false if it is not all there.
func (w *bgpWalk) evpn() bool {
	n := 2 + int(w.b[w.at+1])
	if w.end-w.at < n {
		return false
	}
	outer, _ := w.enter(&bgpEVPNGroup, n)
	kind := w.enum(&bgpEVPNType, 1, bgpName(bgpEVPNNames, w.peek(1)))
	w.uint(&bgpEVPNLen, 1)
	if kind >= 1 && kind <= 8 {
		w.bytes(&bgpEVPNRD, 8)
	}
	switch kind {
	case 1:
		w.segmentID()
		w.uint(&bgpEVPNTag, 4)
		w.evpnLabel(bgpEVPNLabel1)
	case 2:
		w.segmentID()
		w.uint(&bgpEVPNTag, 4)
		if w.uint(&bgpEVPNMACLen, 1) != 48 {
			break
		}
		w.mac(&bgpEVPNMAC)
		w.sizedAddr(&bgpEVPNIPLen, &bgpEVPN4, &bgpEVPN6)
		w.evpnLabel(bgpEVPNLabel1)
		if w.at < w.end {
			w.evpnLabel(bgpEVPNLabel2)
		}
	case 3:
		w.uint(&bgpEVPNTag, 4)
		w.sizedAddr(&bgpEVPNIPLen, &bgpEVPN4, &bgpEVPN6)
	case 4:
		w.segmentID()
		w.sizedAddr(&bgpEVPNIPLen, &bgpEVPN4, &bgpEVPN6)
	case 5:
		w.segmentID()
		w.uint(&bgpEVPNTag, 4)
		w.uint(&bgpEVPNPrefix, 1)
		switch n {
		case 2 + 34:
			w.addr(&bgpEVPN4, 4)
			w.addr(&bgpEVPNGate4, 4)
		case 2 + 58:
			w.addr(&bgpEVPN6, 16)
			w.addr(&bgpEVPNGate6, 16)
		default:
			w.short = true
		}
		if w.vxlan {
			w.uint(&bgpVNI, 3)
		} else {
			w.uint(&bgpEVPNLabel, 3)
		}
	case 6, 7, 8:
		if kind != 6 {
			w.segmentID()
		}
		w.uint(&bgpEVPNTag, 4)
		w.sourceGroup()
		w.sizedAddr(&bgpRouterLen, &bgpRouter4, &bgpRouter6)
		if kind == 8 && w.end-w.at == 6 { // RFC 9251 section 9.3; before it there was nothing here
			w.bytes(&bgpReserved, 5)
		}
		if kind != 6 {
			w.flags(&bgpIGMPFlags, 1, bgpIGMPBits)
		}
	}
	w.leave(&bgpBytesField, outer)
	return true
}

// evpnLabel describes a label, or what stands in its place.
func (w *bgpWalk) evpnLabel(parts []*Field) {
	if w.vxlan {
		w.uint(&bgpVNI, 3)
	} else {
		w.parts(3, parts)
	}
}

// segmentID describes the identifier of an Ethernet segment (RFC 7432 section 5).
func (w *bgpWalk) segmentID() {
	const size = 10
	if !w.has(size) {
		return
	}
	w.s.Bytes(&bgpESI, w.at, size, w.b[w.at:w.at+size])
	outer, _ := w.enter(&bgpESI, size)
	kind := w.uint(&bgpESIType, 1)
	w.s.Bytes(&bgpESIValue, w.at, size-1, w.b[w.at:w.at+size-1])
	w.s.Begin(&bgpESIValue, w.at, size-1)
	switch kind {
	case 0:
		w.bytes(&bgpESI0, 9)
	case 1:
		w.mac(&bgpESILACPMAC)
		w.uint(&bgpESILACPKey, 2)
	case 2:
		w.mac(&bgpESIBridge)
		w.uint(&bgpESIPriority, 2)
	case 3:
		w.mac(&bgpESISystem)
		w.bytes(&bgpESISysDisc, 2)
	case 4:
		w.addr(&bgpESIRouter, 4)
		w.bytes(&bgpESIRouDisc, 4)
	case 5:
		w.uint(&bgpESIAS, 4)
		w.bytes(&bgpESIASDisc, 4)
	}
	rest := &bgpESIRest
	if kind > 5 {
		rest = &bgpBytesField
	}
	w.rest(rest)
	w.s.End()
	w.leave(&bgpRestField, outer)
}
