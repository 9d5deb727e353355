package stack

import (
	"fmt"
	"net/netip"
	"slices"

	"smoltcp/dissect"
)

// AddrOptions say how an IPv4 address becomes ours, and when it does not stay so.
type AddrOptions struct {
	Origin AddrOrigin

	// Probe has other stations asked first whether they have the address (RFC 5227 section 2.1), for four to seven seconds; until
	// that is over it is Tentative.
	Probe bool

	// GiveUp takes the address away when another station claims it twice within ten seconds (RFC 5227 section 2.4 b). Else
	// it is kept, and defended by at most one announcement in ten seconds.
	GiveUp bool

	// Conflict, if set, is called inside a Poll when the address is Duplicate, or was given up: the station by has it. It may
	// call any method.
	Conflict func(by dissect.MAC)
}

// addr4 is an IPv4 address of an interface, from the moment that it is wanted; or, if probe is set, only asked about.
type addr4 struct {
	ifc    *Interface
	prefix netip.Prefix
	state  addrState
	opt    AddrOptions
	probe  *AddrProbe
	timer  timer
	tell   socket // has opt.Conflict called
	by     dissect.MAC

	// Conflict detection, see acd.go.
	probes, announces int  // still to be sent
	late              bool // the last wait was prolonged
	hurry             bool // see AddrProbe.Hurry
	conflicted        Time // when a claim to an address of ours was last answered
}

func (a *addr4) addr() netip.Addr { return a.prefix.Addr() }

func (ifc *Interface) newAddr4(p netip.Prefix, opt AddrOptions) *addr4 {
	a := &addr4{ifc: ifc, prefix: p, opt: opt, conflicted: -Never}
	a.timer = makeTimer(a)
	a.tell.stack = ifc.stack
	ifc.addrs4 = append(ifc.addrs4, a)
	return a
}

// addAddr4 makes p an address of the interface: at once, or when it turned out to be free.
func (ifc *Interface) addAddr4(p netip.Prefix, opt AddrOptions) {
	a := ifc.newAddr4(p, opt)
	if opt.Probe && ifc.ethernet {
		a.startProbe()
	} else {
		a.assign()
	}
}

// assign makes the address ours.
func (a *addr4) assign() {
	ifc, s := a.ifc, a.ifc.stack
	if !ifc.sourceFor(a.addr()).IsValid() {
		ifc.igmp.reportAll() // routers may pass over reports of nobody
	}
	a.state = assigned
	ifc.addrs = append(ifc.addrs, a.prefix)
	s.locals[a.addr()] = ifc
	s.routesChanged()
	a.announce()
	ifc.linkLocal4.review()
}

// lost has the program told that the station by has the address.
func (a *addr4) lost(by dissect.MAC) {
	if a.opt.Conflict != nil {
		a.by = by
		a.tell.handler = func() { a.opt.Conflict(a.by) }
		a.tell.wake()
	}
}

// drop takes the entry out of the list.
func (a *addr4) drop() {
	a.ifc.stack.timers.stop(&a.timer)
	a.ifc.addrs4 = slices.DeleteFunc(a.ifc.addrs4, func(o *addr4) bool { return o == a })
}

// removeAddr4 takes an address away, whatever its state.
func (ifc *Interface) removeAddr4(a *addr4) {
	s := ifc.stack
	a.drop()
	a.tell.handler = nil
	if a.state == assigned {
		ifc.addrs = slices.DeleteFunc(ifc.addrs, func(p netip.Prefix) bool { return p.Addr() == a.addr() })
		delete(s.locals, a.addr())
		s.routesChanged()
		s.tcp.addrRemoved(a.addr())
	}
	a.state = removed
	if a.opt.Origin != AddrLinkLocal {
		ifc.linkLocal4.review()
	}
}

// find4 gives the address a of this interface, in whatever state; nil if nobody wanted it here.
func (ifc *Interface) find4(a netip.Addr) *addr4 {
	for _, o := range ifc.addrs4 {
		if o.addr() == a && o.probe == nil {
			return o
		}
	}
	return nil
}

// wanted reports whether some interface has the address a, or will.
func (s *Stack) wanted(a netip.Addr) bool {
	for _, ifc := range s.interfaces {
		if ifc.find4(a) != nil || ifc.find6(a) != nil {
			return true
		}
	}
	return s.local(a) != nil
}

func badAddr(p netip.Prefix, why string) error { return fmt.Errorf("%s %w: %s", p, ErrBadAddr, why) }

// AddAddrWith is AddAddr for an IPv4 address that comes to be ours in another way, or may be taken away. Errors wrap ErrBadAddr.
func (ifc *Interface) AddAddrWith(p netip.Prefix, opt AddrOptions) error {
	if err := ifc.checkAddr(p); err != nil {
		return err
	}
	if p = unmapPrefix(p); !p.Addr().Is4() {
		return badAddr(p, "it is not of IPv4")
	}
	ifc.addAddr4(p, opt)
	return nil
}

// SetAddrs makes list the addresses that the program wants on the interface: those that were added by AddAddr and are not in
// it go, new ones are added. Those that were leased or formed are left alone, and stay what they are (Origin). An error
// wraps ErrBadAddr and nothing has changed.
func (ifc *Interface) SetAddrs(list []netip.Prefix) error {
	want := make(map[netip.Addr]netip.Prefix)
	var add []netip.Prefix
	for _, p := range list {
		if err := ifc.checkForm(p); err != nil {
			return err
		}
		p = unmapPrefix(p)
		if _, twice := want[p.Addr()]; twice {
			return badAddr(p, "it is there twice")
		}
		want[p.Addr()] = p
		if origin, ok := ifc.Origin(p.Addr()); ok && origin == AddrManual {
			continue
		}
		if err := ifc.checkAddr(p); err != nil {
			return err
		}
		add = append(add, p)
	}
	for _, a := range slices.Clone(ifc.addrs4) {
		if a.probe != nil || a.opt.Origin != AddrManual {
			continue
		}
		if p, ok := want[a.addr()]; ok {
			ifc.setPrefix(&a.prefix, p)
		} else {
			ifc.removeAddr4(a)
		}
	}
	for _, a := range slices.Clone(ifc.addrs6) {
		if a.origin != AddrManual {
			continue
		}
		if p, ok := want[a.addr()]; ok {
			ifc.setPrefix(&a.prefix, p)
		} else {
			a.remove()
		}
	}
	for _, p := range add {
		if err := ifc.AddAddr(p); err != nil {
			return err
		}
	}
	return nil
}

// setPrefix changes how much of an address of the interface, which stands in *prefix, is its network. Connections from it go on.
func (ifc *Interface) setPrefix(prefix *netip.Prefix, to netip.Prefix) {
	if i := slices.Index(ifc.addrs, *prefix); i >= 0 && *prefix != to {
		ifc.addrs[i] = to
		ifc.stack.routesChanged()
	}
	*prefix = to
}

// verify4: the interface's IPv4 addresses are in the tables that they should be in, and those that are being asked about have a timer.
func (ifc *Interface) verify4() error {
	ours := 0
	for _, a := range ifc.addrs4 {
		listed := a.probe == nil && ifc.stack.local(a.addr()) == ifc && ifc.has(a.addr())
		switch {
		case a.ifc != ifc || listed != (a.state == assigned):
			return fmt.Errorf("%s: %s in state %d: listed %v", ifc.name, a.addr(), a.state, listed)
		case a.state == tentative && a.timer.at == Never && !ifc.linkDown:
			return fmt.Errorf("%s: %s stays tentative for ever", ifc.name, a.addr())
		case a.state == assigned:
			ours++
		}
	}
	for _, p := range ifc.addrs {
		if p.Addr().Is4() {
			ours--
		}
	}
	if ours != 0 && !ifc.loopback {
		return fmt.Errorf("%s: %d IPv4 addresses more than are listed", ifc.name, ours)
	}
	for _, child := range ifc.vlans {
		if child.parent != ifc || child.gone || !slices.Contains(ifc.stack.interfaces, child) {
			return fmt.Errorf("%s: VLAN %s is not one", ifc.name, child.name)
		}
	}
	return nil
}
