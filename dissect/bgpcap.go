package dissect

var (
	bgpCapGroup    = Field{Title: "Capability"}
	bgpCapType     = Field{Name: "bgp.cap.type", Title: "Capability type"}
	bgpCapLen      = Field{Name: "bgp.cap.length", Title: "Capability length"}
	bgpCapUnknown  = Field{Name: "bgp.cap.unknown", Title: "Unknown"}
	bgpCapReserved = Field{Name: "bgp.cap.reserved", Title: "Reserved"}

	bgpCapAFI  = Field{Name: "bgp.cap.mp.afi", Title: "Address family"}
	bgpCapSAFI = Field{Name: "bgp.cap.mp.safi", Title: "Kind of routes"}
	bgpCapAS   = Field{Name: "bgp.cap.4as", Title: "AS number"}
	bgpCapDyn  = Field{Name: "bgp.cap.dc", Title: "Dynamic capability"}

	bgpCapRestart      = Field{Name: "bgp.cap.gr.timers", Title: "Restart", Base: Hex}
	bgpCapRestartParts = []*Field{
		{Name: "bgp.cap.gr.timers.restart_flag", Title: "Restarting", Mask: 0x8000},
		{Name: "bgp.cap.gr.timers.notification_flag", Title: "Notification support", Mask: 0x4000},
		{Title: "Reserved", Mask: 0x3000},
		{Name: "bgp.cap.gr.timers.restart_time", Title: "Restart time", Mask: 0x0fff},
	}
	bgpCapRestartAFI   = Field{Name: "bgp.cap.gr.afi", Title: "Address family"}
	bgpCapRestartSAFI  = Field{Name: "bgp.cap.gr.safi", Title: "Kind of routes"}
	bgpCapRestartFlags = Field{Name: "bgp.cap.gr.flag", Title: "Flags", Base: Hex}
	bgpCapRestartBits  = []*Field{
		{Name: "bgp.cap.gr.flag.pfs", Title: "Forwarding state preserved", Mask: 0x80},
		{Title: "Reserved", Mask: 0x7f},
	}

	bgpCapHopAFI  = Field{Name: "bgp.cap.enh.afi", Title: "Address family"}
	bgpCapHopSAFI = Field{Name: "bgp.cap.enh.safi", Title: "Kind of routes"}
	bgpCapHopNext = Field{Name: "bgp.cap.enh.nhafi", Title: "Address family of the next hop"}

	bgpCapPathsAFI  = Field{Name: "bgp.cap.ap.afi", Title: "Address family"}
	bgpCapPathsSAFI = Field{Name: "bgp.cap.ap.safi", Title: "Kind of routes"}
	bgpCapPathsMode = Field{Name: "bgp.cap.ap.sendreceive", Title: "Send or receive"}

	bgpCapORFAFI    = Field{Name: "bgp.cap.orf.afi", Title: "Address family"}
	bgpCapORFSAFI   = Field{Name: "bgp.cap.orf.safi", Title: "Kind of routes"}
	bgpCapORFNumber = Field{Name: "bgp.cap.orf.number", Title: "Number of filter types"}
	bgpCapORFType   = Field{Name: "bgp.cap.orf.type", Title: "Filter type"}
	bgpCapORFMode   = Field{Name: "bgp.cap.orf.sendreceive", Title: "Send or receive"}

	bgpCapHostLen   = Field{Name: "bgp.cap.orf.fqdn.hostname.len", Title: "Length of host name"}
	bgpCapHost      = Field{Name: "bgp.cap.orf.fqdn.hostname", Title: "Host name"}
	bgpCapDomainLen = Field{Name: "bgp.cap.orf.fqdn.domain_name.len", Title: "Length of domain name"}
	bgpCapDomain    = Field{Name: "bgp.cap.orf.fqdn.domain_name", Title: "Domain name"}

	bgpCapSession = Field{Name: "bgp.cap.multisession.flags", Title: "Flags", Base: Hex}
	bgpCapRole    = Field{Title: "Role"}
)

// capability describes one of the things that a speaker can do (RFC 5492), and reports false if it is not all there.
func (w *bgpWalk) capability() bool {
	kind, n := w.b[w.at], 2+int(w.b[w.at+1])
	if w.end-w.at < n {
		return false
	}
	outer, _ := w.enter(&bgpCapGroup, n)
	w.enum(&bgpCapType, 1, bgpCapabilityName(kind))
	w.uint(&bgpCapLen, 1)
	n -= 2
	switch {
	case kind == 1 && n == 4:
		w.enum(&bgpCapAFI, 2, bgpAFIName(w.peek(2)))
		w.bytes(&bgpCapReserved, 1)
		w.enum(&bgpCapSAFI, 1, bgpSAFIName(w.peek(1)))
	case (kind == 3 || kind == 130) && n >= 5:
		for w.end-w.at >= 5 && w.end-w.at >= 5+2*int(w.b[w.at+4]) {
			w.enum(&bgpCapORFAFI, 2, bgpAFIName(w.peek(2)))
			w.bytes(&bgpCapReserved, 1)
			w.enum(&bgpCapORFSAFI, 1, bgpSAFIName(w.peek(1)))
			for range w.uint(&bgpCapORFNumber, 1) {
				w.uint(&bgpCapORFType, 1)
				w.enum(&bgpCapORFMode, 1, bgpName(bgpModes, w.peek(1)))
			}
		}
	case kind == 5:
		for w.end-w.at >= 6 {
			w.enum(&bgpCapHopAFI, 2, bgpAFIName(w.peek(2)))
			w.enum(&bgpCapHopSAFI, 2, bgpSAFIName(w.peek(2)))
			w.enum(&bgpCapHopNext, 2, bgpAFIName(w.peek(2)))
		}
	case kind == 9 && n == 1:
		w.enum(&bgpCapRole, 1, bgpName(bgpRoles, w.peek(1)))
	case kind == 64 && n%4 == 2:
		w.flags(&bgpCapRestart, 2, bgpCapRestartParts)
		for w.end-w.at >= 4 {
			w.enum(&bgpCapRestartAFI, 2, bgpAFIName(w.peek(2)))
			w.enum(&bgpCapRestartSAFI, 1, bgpSAFIName(w.peek(1)))
			w.flags(&bgpCapRestartFlags, 1, bgpCapRestartBits)
		}
	case kind == 65 && n == 4:
		w.uint(&bgpCapAS, 4)
	case kind == 67:
		for w.at < w.end {
			w.enum(&bgpCapDyn, 1, bgpCapabilityName(w.b[w.at]))
		}
	case kind == 69 && n%4 == 0:
		for w.at < w.end {
			w.enum(&bgpCapPathsAFI, 2, bgpAFIName(w.peek(2)))
			w.enum(&bgpCapPathsSAFI, 1, bgpSAFIName(w.peek(1)))
			w.enum(&bgpCapPathsMode, 1, bgpName(bgpModes, w.peek(1)))
		}
	case kind == 73 && n > 1:
		w.text(&bgpCapHost, int(w.uint(&bgpCapHostLen, 1)))
		w.text(&bgpCapDomain, int(w.uint(&bgpCapDomainLen, 1)))
	case (kind == 68 || kind == 131) && n == 1:
		w.uint(&bgpCapSession, 1)
	}
	w.leave(&bgpCapUnknown, outer)
	return true
}

var (
	bgpModes = []string{1: "receive", 2: "send", 3: "both"}
	bgpRoles = []string{"provider", "route server", "client of a route server", "customer", "peer"}
)

// bgpCapabilityName is the name of a capability (IANA "Capability Codes").
func bgpCapabilityName(kind uint8) string {
	switch kind {
	case 1:
		return "Multiprotocol extensions"
	case 2:
		return "Route refresh"
	case 3:
		return "Outbound route filtering"
	case 4:
		return "Multiple routes to a destination"
	case 5:
		return "Extended next hop encoding"
	case 6:
		return "Extended messages"
	case 7:
		return "BGPsec"
	case 8:
		return "Multiple labels"
	case 9:
		return "Role"
	case 64:
		return "Graceful restart"
	case 65:
		return "AS numbers of four bytes"
	case 67:
		return "Dynamic capability"
	case 68:
		return "Multisession"
	case 69:
		return "ADD-PATH"
	case 70:
		return "Enhanced route refresh"
	case 71:
		return "Long-lived graceful restart"
	case 72:
		return "Routing policy distribution"
	case 73:
		return "FQDN"
	case 128:
		return "Route refresh (Cisco)"
	case 130:
		return "Outbound route filtering (Cisco)"
	case 131:
		return "Multisession (Cisco)"
	}
	return ""
}

// bgpAFIName is the name of an address family (IANA "Address Family Numbers").
func bgpAFIName(afi uint64) string {
	switch afi {
	case bgpAFIIPv4:
		return "IPv4"
	case bgpAFIIPv6:
		return "IPv6"
	case 3:
		return "NSAP"
	case bgpAFIL2VPN:
		return "L2VPN"
	case bgpAFILS:
		return "BGP-LS"
	}
	return ""
}

// bgpSAFIName is the name of a kind of routes (IANA "SAFI Values").
func bgpSAFIName(safi uint64) string {
	switch safi {
	case 1:
		return "unicast"
	case 2:
		return "multicast"
	case 3:
		return "unicast and multicast"
	case 4:
		return "labeled unicast"
	case 5:
		return "multicast VPN"
	case 64:
		return "tunnel"
	case 65:
		return "VPLS"
	case 66:
		return "MDT"
	case 70:
		return "EVPN"
	case 71:
		return "link-state"
	case 72:
		return "link-state VPN"
	case 73:
		return "SR policy"
	case 128:
		return "VPN unicast"
	case 129:
		return "VPN multicast"
	case 132:
		return "route target constraint"
	case 133:
		return "flow specification"
	case 134:
		return "VPN flow specification"
	}
	return ""
}
