package stack

import (
	"errors"
	"net/netip"
	"slices"

	"smoltcp/dissect"
)

// group is a multicast group that the interface receives.
type group struct {
	ifc   *Interface
	addr  netip.Addr
	mac   dissect.MAC // what it is called on Ethernet
	users int         // how often it was joined
	own   bool        // joined by the stack itself, which needs no place in Config.Groups

	report reporter // what the routers are told of it, see mld.go
}

// Errors of JoinGroup.
var (
	ErrBadGroup      = errors.New("not a multicast group that can be joined")
	ErrTooManyGroups = errors.New("too many multicast groups") // Config.Groups
)

// multicastMAC is the group address on Ethernet for an IPv6 group (RFC 2464 section 7).
func multicastMAC(a netip.Addr) dissect.MAC {
	b := a.As16()
	return dissect.MAC{0x33, 0x33, b[12], b[13], b[14], b[15]}
}

// JoinGroup has the interface receive an IPv6 multicast group, and the routers know of it (RFC 3810). A group that was joined
// n times is left by the n-th LeaveGroup. Errors: ErrBadGroup for what is no IPv6 group or stays inside this
// host, ErrTooManyGroups.
func (ifc *Interface) JoinGroup(a netip.Addr) error {
	a = a.WithZone("")
	if !a.Is6() || !a.IsMulticast() || staysInside(a) || ifc.mtu < minMTU6 {
		return ErrBadGroup
	}
	g := ifc.groupOf(a)
	if g == nil || g.own && g.users == 0 {
		n := 0
		for _, o := range ifc.groups {
			if !o.own || o.users > 0 {
				n++
			}
		}
		if n >= ifc.stack.cfg.Groups {
			return ErrTooManyGroups
		}
	}
	if g == nil {
		g = ifc.newGroup(a)
	}
	g.users++
	return nil
}

// LeaveGroup undoes one JoinGroup and reports whether there was one.
func (ifc *Interface) LeaveGroup(a netip.Addr) bool {
	g := ifc.groupOf(a.WithZone(""))
	if g == nil || g.users == 0 {
		return false
	}
	g.users--
	g.settle()
	return true
}

// join makes the stack itself a member of a.
func (ifc *Interface) join(a netip.Addr) {
	g := ifc.groupOf(a)
	if g == nil {
		g = ifc.newGroup(a)
	}
	g.own = true
}

// leave ends what join began, unless another of our addresses has the same solicited-node group.
func (ifc *Interface) leave(a netip.Addr) {
	g := ifc.groupOf(a)
	if g == nil {
		return
	}
	for _, o := range ifc.addrs6 {
		if (o.state == assigned || o.state == tentative && o.probes > 0) && solicitedNode(o.addr()) == a {
			return
		}
	}
	g.own = false
	g.settle()
}

func (ifc *Interface) newGroup(a netip.Addr) *group {
	g := &group{ifc: ifc, addr: a, mac: multicastMAC(a)}
	ifc.groups = append(ifc.groups, g)
	g.report.init(g)
	g.report.joined()
	return g
}

// settle takes the group off the interface if nobody wants it any more.
func (g *group) settle() {
	if g.own || g.users > 0 {
		return
	}
	g.ifc.groups = slices.DeleteFunc(g.ifc.groups, func(o *group) bool { return o == g })
	g.report.left()
}

func (ifc *Interface) groupOf(a netip.Addr) *group {
	for _, g := range ifc.groups {
		if g.addr == a {
			return g
		}
	}
	return nil
}

// joined reports whether packets to the group a are for us.
func (ifc *Interface) joined(a netip.Addr) bool {
	return ifc.groupOf(a) != nil || ifc.loopback && a.IsMulticast() && scopeOf(a) == scopeInterface
}

// joinedMAC reports whether frames to the group address mac are for us.
func (ifc *Interface) joinedMAC(mac dissect.MAC) bool {
	for _, g := range ifc.groups {
		if g.mac == mac {
			return true
		}
	}
	return false
}
