package stack

import (
	"net/netip"

	"smoltcp/dissect"
)

// Neighbor Discovery (RFC 4861): the messages. What they mean for the neighbor cache is in nud.go, for our own addresses in
// addr6.go, and what routers say in routers.go.

// ndpHopLimit shows that a message comes from this link: no router has counted it down (RFC 4861 section 11.2).
const ndpHopLimit = 255

// ndp processes a message whose options add up.
func (s *Stack) ndp(p *inbound, m dissect.ICMPv6) {
	ifc := p.ifc
	if p.ttl != ndpHopLimit || m.Code() != 0 || p.fragments || ifc.loopback { // RFC 6980: not in fragments
		s.drop(ifc, &s.counters.NDPInvalid)
		return
	}
	ok := true
	switch m.Type() {
	case dissect.ICMPv6NeighborSolicitation:
		ok = ifc.solicitation(p, dissect.NeighborSolicitation(m))
	case dissect.ICMPv6NeighborAdvertisement:
		ok = ifc.advertisement(p, dissect.NeighborAdvertisement(m))
	case dissect.ICMPv6RouterAdvertisement:
		ok = ifc.routerAdvertisement(p, dissect.RouterAdvertisement(m))
	case dissect.ICMPv6Redirect:
		ok = ifc.redirect(p, dissect.NDPRedirect(m))
	}
	// A Router Solicitation is not for hosts (RFC 4861 section 6.2.6).
	if ok {
		s.counters.NDPReceived++
	} else {
		s.drop(ifc, &s.counters.NDPInvalid)
	}
}

// linkAddrOption finds the first link-layer address option of type t that names one station. Those that cannot be are passed
// over, like options that nobody knows (RFC 4861 section 6.1.2).
func linkAddrOption(options []byte, t dissect.NDPOptionType) (dissect.MAC, bool) {
	for len(options) > 0 {
		o, rest, err := dissect.NextNDPOption(options)
		if err != nil {
			break
		}
		if mac, ok := o.MAC(); ok && o.Type() == t && mac.IsUnicast() {
			return mac, true
		}
		options = rest
	}
	return dissect.MAC{}, false
}

// solicitation processes a Neighbor Solicitation (RFC 4861 section 7.2.3, RFC 4862 section 5.4.3) and reports whether it is valid.
func (ifc *Interface) solicitation(p *inbound, m dissect.NeighborSolicitation) bool {
	target := m.Target()
	mac, known := linkAddrOption(m.Options(), dissect.NDPOptSourceAddr)
	probe := p.src.IsUnspecified() // somebody finds out whether he may have the address
	if target.IsMulticast() || probe && (known || p.dst != solicitedNode(target)) {
		return false
	}
	if !ifc.ethernet {
		return true
	}
	a := ifc.find6(target)
	switch {
	case a == nil || a.state == duplicate:
		return true // somebody else's: nothing is learned of it
	case a.state == tentative:
		// He wants it too: neither gets it. A bridge may have given us our own question back.
		if probe && a.probes > 0 && !a.reflected(m.Options()) {
			a.conflict(dissect.MAC{})
		}
		return true
	case mac == ifc.mac:
		return true
	case probe:
		ifc.advertise(target, target, allNodes6, false, true)
		return true
	}
	if known {
		ifc.neighbors6.heard(p.src, mac)
	}
	ifc.advertise(target, target, p.src, true, true)
	return true
}

// reflected reports whether a solicitation with these options is one of our own.
func (a *addr6) reflected(options []byte) bool {
	for len(options) > 0 {
		o, rest, err := dissect.NextNDPOption(options)
		if err != nil {
			break
		}
		if o.Type() == dissect.NDPOptNonce && string(o.Data()) == string(a.nonce[:]) {
			return true
		}
		options = rest
	}
	return false
}

// advertisement processes a Neighbor Advertisement (RFC 4861 section 7.2.5, RFC 4862 section 5.4.4) and reports whether it is valid.
func (ifc *Interface) advertisement(p *inbound, m dissect.NeighborAdvertisement) bool {
	target := m.Target()
	if target.IsMulticast() || p.dst.IsMulticast() && m.Solicited() || p.src.IsUnspecified() {
		return false
	}
	if !ifc.ethernet {
		return true
	}
	mac, known := linkAddrOption(m.Options(), dissect.NDPOptTargetAddr)
	if a := ifc.find6(target); a != nil {
		if mac != ifc.mac {
			a.conflict(mac)
		}
		return true
	}
	if n := ifc.neighbors6.entries[target]; n != nil {
		n.advertised(m, mac, known)
	}
	return true
}

// solicit asks for a neighbor: the group of those whose addresses end like its, or to see whether it is still there itself.
// The source is that of the packet that needs it, if we still have that address (RFC 4861 section 7.2.2).
func (ifc *Interface) solicit(n *neighbor) {
	src := n.source
	if !src.IsValid() || !ifc.has(src) {
		if src = ifc.source6(n.addr); !src.IsValid() {
			return
		}
	}
	dst := n.addr
	if n.state != probing {
		dst = solicitedNode(n.addr)
	}
	h := dissect.NeighborSolicitationHeader{Target: n.addr}
	h.Options.AddSourceAddr(ifc.mac)
	ifc.stack.counters.NeighborSolicitations++
	ifc.sendNDP(src, dst, h.Append(ifc.stack.control[:0]), n)
}

// sendProbe asks whether another station has a.
func (ifc *Interface) sendProbe(a *addr6) {
	h := dissect.NeighborSolicitationHeader{Target: a.addr()}
	h.Options.Add(dissect.NDPOptNonce, a.nonce[:]...)
	ifc.stack.counters.NeighborSolicitations++
	ifc.sendNDP(any6, solicitedNode(a.addr()), h.Append(ifc.stack.control[:0]), nil)
}

// advertise tells dst that our address target is here.
func (ifc *Interface) advertise(target, src, dst netip.Addr, solicited, override bool) {
	h := dissect.NeighborAdvertisementHeader{Solicited: solicited, Override: override, Target: target}
	h.Options.AddTargetAddr(ifc.mac)
	ifc.stack.counters.NeighborAdvertisements++
	ifc.sendNDP(src, dst, h.Append(ifc.stack.control[:0]), nil)
}

// sendNDP sends a message to a neighbor, or to a group on the link.
func (ifc *Interface) sendNDP(src, dst netip.Addr, m dissect.ICMPv6, n *neighbor) {
	s := ifc.stack
	m.FillChecksum(dissect.PseudoHeaderSum(src, dst, dissect.ProtoICMPv6, len(m)))
	s.sendControl(&packet{
		path: path{ifc, dst, src}, dst: dst, proto: dissect.ProtoICMPv6, ttl: ndpHopLimit, df: true, transport: m, neighbor: n,
	})
}
