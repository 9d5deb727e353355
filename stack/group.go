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

	report reporter // what the routers are told of it, see membership.go
}

// Errors of JoinGroup.
var (
	ErrBadGroup      = errors.New("not a multicast group that can be joined")
	ErrTooManyGroups = errors.New("too many multicast groups") // Config.Groups
)

// multicastMAC is the group address on Ethernet for a group (RFC 1112 section 6.4, RFC 2464 section 7). Several groups share one.
func multicastMAC(a netip.Addr) dissect.MAC {
	if a.Is4() {
		b := a.As4()
		return dissect.MAC{0x01, 0x00, 0x5e, b[1] & 0x7f, b[2], b[3]}
	}
	b := a.As16()
	return dissect.MAC{0x33, 0x33, b[12], b[13], b[14], b[15]}
}

// JoinGroup has the interface receive a multicast group, and the routers know of it (RFC 3376, RFC 3810). What comes is for every
// socket whose address and port it fits; see UDPSocket.JoinGroup, too. A group that was joined n times is left by the n-th
// LeaveGroup. Errors: ErrBadGroup for what is no group or stays inside this host, ErrTooManyGroups,
// ErrInterfaceGone.
func (ifc *Interface) JoinGroup(a netip.Addr) error {
	a = a.Unmap().WithZone("")
	if ifc.gone {
		return ErrInterfaceGone
	}
	if !a.IsMulticast() || staysInside(a) || !a.Is4() && ifc.mtu6 < minMTU6 {
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
	g := ifc.groupOf(a.Unmap().WithZone(""))
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

// joined reports whether packets to the group a are for us. All are members of 224.0.0.1 (RFC 1112 section 4).
func (ifc *Interface) joined(a netip.Addr) bool {
	return ifc.groupOf(a) != nil || a == allHosts4 || ifc.loopback && a.IsMulticast() && scopeOf(a) == scopeInterface
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

// membership is a group that a socket joined.
type membership struct {
	ifc  *Interface
	addr netip.Addr
}

// JoinGroup is Interface.JoinGroup for as long as the socket is open. on may be nil for the interface that the socket is bound to, or
// that datagrams to the group leave by. Errors: those of Interface.JoinGroup, ErrNoRoute if there is no such interface,
// ErrAddrInUse if the socket is a member already, ErrClosed.
func (u *UDPSocket) JoinGroup(a netip.Addr, on *Interface) error {
	m, err := u.membership(a, on)
	switch {
	case err != nil:
		return err
	case slices.Contains(u.groups, m):
		return ErrAddrInUse
	}
	if err := m.ifc.JoinGroup(m.addr); err != nil {
		return err
	}
	u.groups = append(u.groups, m)
	return nil
}

// LeaveGroup ends what JoinGroup began with the same interface, and reports whether it did.
func (u *UDPSocket) LeaveGroup(a netip.Addr, on *Interface) bool {
	m, err := u.membership(a, on)
	i := slices.Index(u.groups, m)
	if err != nil || i < 0 {
		return false
	}
	u.groups = slices.Delete(u.groups, i, i+1)
	return m.ifc.LeaveGroup(m.addr)
}

// leaveGroups ends the memberships of a socket that is closed.
func (u *UDPSocket) leaveGroups() {
	for _, m := range u.groups {
		m.ifc.LeaveGroup(m.addr)
	}
	u.groups = nil
}

func (u *UDPSocket) membership(a netip.Addr, on *Interface) (membership, error) {
	if u.closed {
		return membership{}, ErrClosed
	}
	if on == nil {
		on = u.opt.Interface
	}
	a, on, err := u.stack.unzone(a, on)
	switch {
	case err != nil:
		return membership{}, err
	case !a.IsMulticast() || !u.reaches(a):
		return membership{}, ErrBadGroup
	}
	if on == nil {
		on = u.stack.broadcastInterface(a, netip.Addr{}, nil)
	}
	if on == nil {
		return membership{}, ErrNoRoute
	}
	return membership{on, a}, nil
}

// loopGroup gives a datagram that leaves for a group to the sockets of this host that it is for, as members of the group
// (RFC 1112 section 6.1). What is sent to a group that stays inside comes back by the loopback.
func (u *UDPSocket) loopGroup(d *outgoing[UDPMessage]) {
	s, ifc, dst := u.stack, d.path.ifc, d.msg.Remote.Addr()
	if u.opt.NoLoop || ifc.loopback || !dst.IsMulticast() || !ifc.joined(dst) {
		return
	}
	m := UDPMessage{
		Remote: netip.AddrPortFrom(d.path.src, u.local.Port()), Local: d.msg.Remote, Interface: ifc, TTL: d.msg.TTL, DSCP: d.msg.DSCP, Broadcast: true,
		ECN: u.opt.ECN & 3,
	}
	if dst.Is4() {
		m.Options = u.opt.Options
	}
	if matches, delivered := s.deliverAll(&m, d.data); delivered > 0 {
		s.counters.UDPLooped++
	} else if matches > 0 {
		s.counters.UDPLoopFull++
	}
}
