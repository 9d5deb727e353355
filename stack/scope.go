package stack

import (
	"net/netip"
	"strconv"
)

// Well-known IPv6 addresses (RFC 4291 sections 2.5 and 2.7.1, RFC 3810 section 11).
var (
	any6        = netip.IPv6Unspecified()
	loopback6   = netip.IPv6Loopback()
	allNodes6   = netip.IPv6LinkLocalAllNodes()
	allRouters6 = netip.IPv6LinkLocalAllRouters()
	mldRouters6 = netip.AddrFrom16([16]byte{0xff, 2, 15: 0x16}) // those that understand MLDv2
)

// scope says how far an address reaches, in the numbers of multicast addresses (RFC 4291 section 2.7, RFC 6724 section 3.1).
type scope uint8

const (
	scopeInterface scope = 1
	scopeLink      scope = 2
	scopeGlobal    scope = 14
)

// scopeOf is the scope of an IPv6 address. fec0::/10 is global like the rest (RFC 4291 section 2.5.7), and so are private and
// embedded addresses.
func scopeOf(a netip.Addr) scope {
	b := a.As16()
	switch {
	case b[0] == 0xff:
		return scope(b[1] & 15)
	case isLinkLocal(a) || a.IsLoopback():
		return scopeLink
	}
	return scopeGlobal
}

// isLinkLocal reports whether a is an IPv6 address that means something together with a link only: fe80::/10.
func isLinkLocal(a netip.Addr) bool { return !a.Is4() && a.IsLinkLocalUnicast() }

// staysInside reports whether packets to the group a are for this host itself: ff01::/16, and the reserved ff00::/16
// (RFC 4291 section 2.7).
func staysInside(a netip.Addr) bool {
	return !a.Is4() && a.IsMulticast() && scopeOf(a) <= scopeInterface
}

// solicitedNode is the group in which the owner of a is asked for (RFC 4291 section 2.7.1).
func solicitedNode(a netip.Addr) netip.Addr {
	b := a.As16()
	return netip.AddrFrom16([16]byte{0xff, 2, 11: 1, 12: 0xff, 13: b[13], 14: b[14], 15: b[15]})
}

// unzone takes the zone off an address of a program's (RFC 4007 section 11), and gives the interface that it names: by its
// name or its index. Without a zone it gives on, but for a link-local address, if that is nil, the only link that there is.
// Inside the stack addresses have no zones. ErrInvalidAddr: there is no such interface, it is not on, or a
// link-local address needs a zone and has none.
func (s *Stack) unzone(a netip.Addr, on *Interface) (netip.Addr, *Interface, error) {
	a = a.Unmap()
	if zone := a.Zone(); zone != "" {
		ifc := s.interfaceNamed(zone)
		if ifc == nil || on != nil && on != ifc {
			return a, nil, ErrInvalidAddr
		}
		return a.WithZone(""), ifc, nil
	}
	if on == nil && isLinkLocal(a) && s.local(a) == nil {
		if len(s.interfaces) != 2 {
			return a, nil, ErrInvalidAddr
		}
		on = s.interfaces[1]
	}
	return a, on, nil
}

func (s *Stack) interfaceNamed(zone string) *Interface {
	for _, ifc := range s.interfaces {
		if ifc.name == zone {
			return ifc
		}
	}
	if i, err := strconv.Atoi(zone); err == nil && i > 0 {
		for _, ifc := range s.interfaces {
			if ifc.index == i {
				return ifc
			}
		}
	}
	return nil
}

// zoned is what a program sees of an address on this interface: a link-local one has its zone.
func (ifc *Interface) zoned(a netip.Addr) netip.Addr {
	if ifc == nil || !isLinkLocal(a) {
		return a
	}
	return a.WithZone(ifc.name)
}

func (ifc *Interface) zonedPort(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ifc.zoned(a.Addr()), a.Port())
}

// serves reports whether a socket on the interface on, nil for all, gets what comes by ifc for dst. What we send to our own
// link-local address comes by the loopback.
func (ifc *Interface) serves(on *Interface, dst netip.Addr) bool {
	return on == nil || on == ifc || ifc.loopback && isLinkLocal(dst)
}

// wayBack is the interface that answers to peer have to leave by, if only one will do: for a link-local peer the one that it
// was heard on, else on.
func (ifc *Interface) wayBack(peer netip.Addr, on *Interface) *Interface {
	if isLinkLocal(peer) && ifc != nil && !ifc.loopback {
		return ifc
	}
	return on
}
