package stack

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"smoltcp/dissect"
)

// What may happen to an interface while it runs: its link goes down and comes up, it gets another hardware address, it is removed.

// LinkDevice is a Device that knows whether something is connected to it. Every Poll asks.
type LinkDevice interface {
	Device

	// Link reports whether the link is up, and how often it has gone down or come up since the device was opened: so a link that went
	// down and came up between two polls is noticed as both.
	Link() (up bool, changes uint64)
}

// AddressedDevice is a Device with a filter for frames to its own station.
type AddressedDevice interface {
	Device

	// SetHardwareAddr has the device deliver frames to mac, in place of the address before. An error means that it does not.
	SetHardwareAddr(mac dissect.MAC) error
}

// ErrInterfaceGone: the interface that a socket was bound to, or a connection's address was on, has been removed.
var ErrInterfaceGone = errors.New("the interface is gone")

// Link reports whether the link is up, as far as the stack was told: by the device, or by SetLink.
func (ifc *Interface) Link() bool { return !ifc.linkDown }

// LinkChanges is how often the link has gone down or come up. Who compares two of them misses nothing.
func (ifc *Interface) LinkChanges() uint64 { return ifc.linkChanges }

// checkLink asks the device about its link.
func (ifc *Interface) checkLink() {
	dev, ok := ifc.dev.(LinkDevice)
	if !ok {
		return
	}
	up, changes := dev.Link()
	missed := changes != ifc.linkSeen && up == ifc.Link()
	ifc.linkSeen = changes
	if missed {
		ifc.SetLink(!up)
	}
	ifc.SetLink(up)
}

// SetLink tells the stack that the link went down or came up, for devices that do not say so themselves (LinkDevice).
// The same again does nothing. When it goes down, what was known of neighbors is forgotten, other
// interfaces are preferred, and addresses that are not ours yet wait for it; the others and connections stay. When it comes up, perhaps in another place, addresses that were not ours
// yet are probed anew and the others announced, routers are asked and told of groups, and what waits or got lost is sent. Watch tells of both.
func (ifc *Interface) SetLink(up bool) {
	if up == ifc.Link() || ifc.loopback || ifc.gone {
		return
	}
	s := ifc.stack
	ifc.linkDown = !up
	ifc.linkChanges++
	reason := "down"
	if up {
		reason = "up"
	}
	s.event(Event{Kind: EventLink, Interface: ifc, Reason: reason})
	s.routesChanged()
	for _, child := range ifc.vlans {
		child.SetLink(up)
	}
	if !up {
		ifc.forgetNeighbors()
		for _, a := range ifc.addrs4 {
			if a.state == tentative {
				a.startProbe()
			}
		}
		for _, a := range ifc.addrs6 {
			if a.state == tentative {
				s.timers.stop(&a.timer)
			}
		}
		return
	}
	for _, a := range slices.Clone(ifc.addrs4) {
		if a.state == assigned {
			a.announce()
		} else {
			a.late = false
			a.startProbe()
		}
	}
	for _, a := range slices.Clone(ifc.addrs6) {
		a.linkUp()
	}
	ifc.igmp.reportAll()
	ifc.mld.reportAll()
	if c := ifc.auto; c != nil {
		c.restart()
	}
	for c := range s.TCPSockets() {
		if c.path.ifc == ifc {
			c.activate()
			c.conn.Reconnected(s.now)
			c.markReady()
		}
	}
}

// linkUp makes sure of the address on a link that came up.
func (a *addr6) linkUp() {
	s := a.ifc.stack
	switch {
	case !a.ifc.ethernet:
	case a.state == assigned:
		a.fresh = !isLinkLocal(a.addr())
		if a.fresh {
			s.timers.set(&a.timer, s.now)
		}
	case s.cfg.DADTransmits > 0:
		joined := a.state == tentative && a.probes > 0
		if a.state, a.probes = tentative, 0; joined {
			a.ifc.leave(solicitedNode(a.addr())) // until it is probed
		}
		s.timers.set(&a.timer, s.now.Add(s.random.below(maxProbeDelay)))
	}
}

// restart has routers solicited again.
func (c *autoconf) restart() {
	s := c.ifc.stack
	c.solicits = 0
	s.timers.set(&c.timer, s.now.Add(s.random.below(maxSolicitDelay)))
}

// forgetNeighbors empties the caches of those who are known. The others are still being asked for.
func (ifc *Interface) forgetNeighbors() {
	for _, c := range [...]*neighborCache{&ifc.neighbors, &ifc.neighbors6} {
		for c.known.oldest != nil {
			c.known.oldest.remove()
		}
	}
}

// SetHardwareAddr gives the station another address on Ethernet, which the device's filter, if it has one, learns of (AddressedDevice).
// The same address again changes nothing. IPv6 addresses that were formed with the old one are formed anew, and end, with their
// connections; the others are announced (RFC 5227 section 2.3, RFC 4861 section 7.2.6). The error is ErrBadInterface, wrapped,
// or the device's; then nothing has changed.
func (ifc *Interface) SetHardwareAddr(mac dissect.MAC) error {
	switch {
	case mac == ifc.mac:
		return nil
	case !ifc.ethernet || ifc.gone:
		return fmt.Errorf("%w %s: it has no hardware address", ErrBadInterface, ifc.name)
	case !mac.IsUnicast():
		return fmt.Errorf("%w %s: hardware address %s is not that of one station", ErrBadInterface, ifc.name, mac)
	}
	if dev, ok := ifc.dev.(AddressedDevice); ok {
		if err := dev.SetHardwareAddr(mac); err != nil {
			return fmt.Errorf("%s: hardware address %s: %w", ifc.name, mac, err)
		}
	}
	ifc.setHardwareAddr(mac)
	return nil
}

func (ifc *Interface) setHardwareAddr(mac dissect.MAC) {
	s := ifc.stack
	old := ifc.mac
	ifc.mac = mac
	s.changed()
	for _, child := range ifc.vlans {
		if child.mac == old {
			child.setHardwareAddr(mac)
		}
	}
	for _, a := range ifc.addrs4 {
		a.announce()
	}
	if c := ifc.auto; c != nil {
		for _, a := range c.formed() {
			a.reform()
		}
		c.restart()
	}
	for _, a := range ifc.addrs6 {
		if a.state == assigned {
			a.moved = true
			s.timers.set(&a.timer, s.now)
		}
	}
}

// formed gives what addresses are formed of: the prefix of the link, and those of routers.
func (c *autoconf) formed() []*autoAddr {
	if c.linkAddr == nil {
		return c.prefixes
	}
	return append([]*autoAddr{c.linkAddr}, c.prefixes...)
}

// reform replaces the addresses by ones that are formed with what the interface is now.
func (a *autoAddr) reform() {
	if a.stable != nil {
		a.stable.remove()
		a.stable = nil
	}
	for _, t := range a.temporary {
		t.addr.remove()
	}
	a.temporary, a.conflicts, a.tempConflicts = nil, 0, 0
	a.form()
	if a != a.conf.linkAddr {
		a.formTemporary()
	}
}

// goneDevice is what a removed interface has for a device.
type goneDevice struct{}

func (goneDevice) Recv() ([]byte, error)       { return nil, nil }
func (goneDevice) Send([][]byte) (bool, error) { return false, ErrInterfaceGone }
func (goneDevice) Ethernet() bool              { return false }
func (goneDevice) MTU() int                    { return maxMTU }

// RemoveInterface takes an interface out of the stack, with the VLANs on it, and reports whether it was there; the loopback stays.
// Its device is not touched any more. Addresses, routes, neighbors and groups of the interface are gone; connections with those
// addresses, and those bound to it, are aborted with ErrInterfaceGone, without a word on the wire; listeners bound to it are
// closed, and UDP sockets bound to it are told, once, by the same error. Sockets that are bound to it can do nothing more,
// even if an interface of that name is added again. It must not be called inside an Events hook.
func (s *Stack) RemoveInterface(ifc *Interface) bool {
	if ifc == nil || ifc.loopback || !slices.Contains(s.interfaces, ifc) {
		return false
	}
	for len(ifc.vlans) > 0 {
		s.RemoveInterface(ifc.vlans[0])
	}
	if p := ifc.parent; p != nil {
		p.vlans = slices.DeleteFunc(p.vlans, func(o *Interface) bool { return o == ifc })
	}
	ifc.gone = true
	ifc.dev, ifc.offload, ifc.ethernet = goneDevice{}, nil, false // for what still holds a path by it
	s.interfaces = slices.DeleteFunc(s.interfaces, func(o *Interface) bool { return o == ifc })
	s.routes = slices.DeleteFunc(s.routes, func(r Route) bool { return r.Interface == ifc })
	ifc.redirects = nil
	if t := &ifc.redirectTimer; t.owner != nil {
		s.timers.stop(t)
	}
	s.routesChanged()

	s.tcp.interfaceRemoved(ifc)
	s.udp.interfaceRemoved(ifc)
	s.rawsRemoved(ifc)
	s.tapsRemoved(ifc)
	ifc.endAutoconf()
	if l := &ifc.linkLocal4; l.ifc != nil {
		s.timers.stop(&l.timer)
	}
	for len(ifc.addrs4) > 0 {
		if a := ifc.addrs4[0]; a.probe != nil {
			a.probe.Stop()
		} else {
			ifc.removeAddr4(a)
		}
	}
	for len(ifc.addrs6) > 0 {
		ifc.addrs6[0].remove()
	}
	for _, c := range [...]*neighborCache{&ifc.neighbors, &ifc.neighbors6} {
		for c.pending.oldest != nil {
			c.pending.oldest.fail()
		}
	}
	ifc.forgetNeighbors()
	ifc.endGroups()
	for ifc.txq.len() > 0 {
		s.pool.put(ifc.txq.pop())
	}
	ifc.stalledAt, ifc.backlog = Never, false
	ifc.drain()
	s.event(Event{Kind: EventInterfaceGone, Interface: ifc})
	return true
}

// enlist gives a socket its turn to send by the interface.
func (ifc *Interface) enlist(k sender) {
	ifc.ready.push(k)
	if ifc.gone {
		ifc.drain() // nobody else serves it, and what is queued behind may be for another
	}
}

// drain has the sockets go to the interfaces that they leave by now; what was for this one, which is gone, is lost.
func (ifc *Interface) drain() {
	for ifc.ready.len() > 0 {
		for k := ifc.ready.pop(); k.emit(ifc); {
		}
	}
}

// endAutoconf stops what configures the interface.
func (ifc *Interface) endAutoconf() {
	c, t := ifc.auto, &ifc.stack.timers
	if c == nil {
		return
	}
	for _, a := range c.formed() {
		t.stop(&a.timer)
	}
	t.stop(&c.timer)
	t.stop(&c.pruner.timer)
	ifc.auto = nil
}

// endGroups ends the memberships without a word.
func (ifc *Interface) endGroups() {
	t := &ifc.stack.timers
	for _, g := range ifc.groups {
		t.stop(&g.report.timer)
	}
	for _, l := range [...]*listener{&ifc.igmp, &ifc.mld} {
		t.stop(&l.timer)
		for _, r := range l.leaving {
			t.stop(&r.timer)
		}
		l.leaving = nil
	}
	ifc.groups = nil
}

// interfaceRemoved ends connections and listeners that were on ifc only. Its addresses are still in its list.
func (t *tcpTable) interfaceRemoved(ifc *Interface) {
	for _, port := range slices.Sorted(maps.Keys(t.listens)) {
		for _, l := range slices.Clone(t.listens[port]) {
			if l.opt.Interface == ifc {
				f := l.handler
				l.Close()
				l.handler = f // who waits for connections learns of it
				l.wake()
			}
		}
	}
	t.each(func(c *TCPSocket) {
		if c.on == ifc || ifc.has(c.local.Addr()) {
			c.activate()
			c.conn.Fail(t.stack.now, ErrInterfaceGone)
			c.settle()
		}
	})
}

// interfaceRemoved tells the sockets that were bound to ifc, and ends memberships there.
func (t *udpTable) interfaceRemoved(ifc *Interface) {
	for _, port := range slices.Sorted(maps.Keys(t.ports)) {
		for _, u := range t.ports[port] {
			u.groups = slices.DeleteFunc(u.groups, func(m membership) bool { return m.ifc == ifc })
			if u.opt.Interface == ifc || u.remote.IsValid() && ifc.has(u.local.Addr()) {
				u.err = ErrInterfaceGone
				u.wake()
			}
		}
	}
}

// checkName refuses a name that another interface has: it is what link-local addresses are told apart by.
func (s *Stack) checkName(name string) error {
	if o := slices.IndexFunc(s.interfaces, func(o *Interface) bool { return o.name == name }); o >= 0 {
		return fmt.Errorf("%w %s: there is one of that name", ErrBadInterface, name)
	}
	return nil
}
