package stack

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// Route says by which way a destination is reached.
type Route struct {
	Prefix    netip.Prefix // masked when it is stored: 10.1.2.3/0 is the default route
	Gateway   netip.Addr   // the zero Addr if the destinations are neighbors themselves
	Interface *Interface   // nil: the one whose prefixes hold the gateway
	Metric    int          // of equally long prefixes the lowest wins, of equal metrics the first added

	until Time // when one that a router advertised ends; 0 for never
}

// Errors of AddRoute.
var (
	ErrBadRoute = errors.New("invalid route")
)

// AddRoute adds a route. The errors are ErrBadRoute, wrapped with what is wrong: a gateway of the other family or
// not the address of one host, no interface that reaches the gateway, an interface of another stack. A gateway
// outside the interface's prefixes is allowed if the interface is named: it is asked for there, as a /32 lease
// needs. A route that is there already (same prefix, gateway and interface) is replaced.
func (s *Stack) AddRoute(r Route) error {
	if !r.Prefix.IsValid() {
		return fmt.Errorf("%w: no prefix", ErrBadRoute)
	}
	r.Prefix = unmapPrefix(r.Prefix).Masked()
	if r.Gateway.IsValid() {
		gateway, on, err := s.unzone(r.Gateway, r.Interface)
		if err != nil {
			return fmt.Errorf("%w: gateway %s needs the zone of an interface", ErrBadRoute, r.Gateway)
		}
		r.Gateway, r.Interface = gateway, on
		if r.Gateway.Is4() != r.Prefix.Addr().Is4() {
			return fmt.Errorf("%w: gateway %s for %s is of another family", ErrBadRoute, r.Gateway, r.Prefix)
		}
		if !isHost(r.Gateway) {
			return fmt.Errorf("%w: gateway %s is not the address of a host", ErrBadRoute, r.Gateway)
		}
		if s.local(r.Gateway) != nil {
			return fmt.Errorf("%w: gateway %s is this host", ErrBadRoute, r.Gateway)
		}
	}
	if r.Interface == nil {
		for _, ifc := range s.interfaces {
			if !ifc.loopback && r.Gateway.IsValid() && ifc.onLink(r.Gateway) {
				r.Interface = ifc
				break
			}
		}
		if r.Interface == nil {
			return fmt.Errorf("%w: no interface reaches %s", ErrBadRoute, r.Gateway)
		}
	}
	if r.Interface.stack != s || r.Interface.loopback || r.Interface.gone {
		return fmt.Errorf("%w: not an interface for it", ErrBadRoute)
	}
	if r.Gateway.IsValid() && r.Interface.isBroadcast(r.Gateway) {
		return fmt.Errorf("%w: gateway %s is a broadcast address", ErrBadRoute, r.Gateway)
	}
	s.RemoveRoute(r)
	// Sorted so that the first match is the best one.
	at := len(s.routes)
	for i, o := range s.routes {
		if o.Prefix.Bits() < r.Prefix.Bits() || o.Prefix.Bits() == r.Prefix.Bits() && o.Metric > r.Metric {
			at = i
			break
		}
	}
	s.routes = slices.Insert(s.routes, at, r)
	s.routesChanged()
	return nil
}

// RemoveRoute removes the route with the prefix, gateway and interface of r, and reports whether it was there. Routes on
// other interfaces are left alone.
func (s *Stack) RemoveRoute(r Route) bool {
	if !r.Prefix.IsValid() {
		return false
	}
	p, n := unmapPrefix(r.Prefix).Masked(), len(s.routes)
	s.routes = slices.DeleteFunc(s.routes, func(o Route) bool {
		return o.Prefix == p && o.Gateway == r.Gateway.Unmap().WithZone("") && o.Interface == r.Interface
	})
	if len(s.routes) == n {
		return false
	}
	s.routesChanged()
	return true
}

// hasRoute reports whether there is a route with the prefix, gateway and interface of r.
func (s *Stack) hasRoute(r Route) bool {
	return slices.ContainsFunc(s.routes, func(o Route) bool {
		return o.Prefix == r.Prefix && o.Gateway == r.Gateway && o.Interface == r.Interface
	})
}

// refreshRoute lets a route that is there already, with the same metric, last until r's end, and reports whether there is one.
func (s *Stack) refreshRoute(r Route) bool {
	for i := range s.routes {
		if o := &s.routes[i]; o.Prefix == r.Prefix && o.Gateway == r.Gateway && o.Interface == r.Interface && o.Metric == r.Metric {
			o.until = r.until
			return true
		}
	}
	return false
}

// routeUntil is when a route ends that was advertised, 0 if it is not there any more.
func (s *Stack) routeUntil(p netip.Prefix, gateway netip.Addr, ifc *Interface) Time {
	for i := range s.routes {
		if o := &s.routes[i]; o.Prefix == p && o.Gateway == gateway && o.Interface == ifc {
			return o.until
		}
	}
	return 0
}

// Routes gives the routes that were added, and those that routers advertised, best first. On-link prefixes of interfaces are not among them.
func (s *Stack) Routes() []Route { return slices.Clone(s.routes) }

// routesChanged makes every cached route be looked up again.
func (s *Stack) routesChanged() {
	s.routeGen++
	s.changed()
}

// unmapPrefix gives an IPv4-mapped prefix of IPv6 as the IPv4 one that it is.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p
}

// path is how a destination is reached: by which interface, by which neighbor there, and from which address of ours.
type path struct {
	ifc  *Interface
	next netip.Addr // the neighbor: the gateway or the destination itself
	src  netip.Addr
}

// routeOut is route for a socket that sends by on alone, or answers what came by on, which does not bind what is for this host itself.
func (s *Stack) routeOut(dst, src netip.Addr, on *Interface) (path, error) {
	if s.local(dst) != nil || dst.IsLoopback() || on == s.interfaces[0] {
		on = nil
	}
	return s.route(dst, src, on)
}

// route finds the path to dst. src, if valid, is the source address that the packet will have, and on, if not nil,
// the only interface that may be used. Errors are ErrNoRoute and ErrNotOurs.
func (s *Stack) route(dst, src netip.Addr, on *Interface) (path, error) {
	if src.IsValid() && !s.canSendFrom(src) {
		return path{}, ErrNotOurs
	}
	if s.local(dst) != nil || dst.IsLoopback() || staysInside(dst) {
		// Packets to our own addresses are delivered inside, from the address they go to.
		if dst.IsLoopback() && src.IsValid() && !src.IsLoopback() {
			return path{}, ErrNoRoute
		}
		p := path{s.interfaces[0], dst, src}
		if !src.IsValid() {
			switch p.src = dst; {
			case dst.Is4() && dst.IsLoopback():
				p.src = loopback4
			case dst.IsMulticast():
				p.src = loopback6
			}
		}
		return p, nil
	}
	if src.IsLoopback() {
		return path{}, ErrNoRoute // neither source nor destination in 127/8 leaves by a wire (RFC 1122 3.2.1.3)
	}
	p := path{next: dst}
	switch {
	case dst == broadcast4 || dst.IsMulticast():
		p.ifc = s.broadcastInterface(dst, src, on)
	case isLinkLocal(dst):
		// The link is named, or it is that of the source.
		if p.ifc = on; on == nil && isLinkLocal(src) {
			p.ifc = s.local(src)
		}
	default:
		bits := -1
		for _, ifc := range s.interfaces[1:] {
			if on != nil && on != ifc {
				continue
			}
			for _, a := range ifc.addrs {
				if a.Bits() > bits && a.Contains(dst) {
					p.ifc, bits = ifc, a.Bits()
				}
			}
		}
		for i := range s.routes {
			r := &s.routes[i]
			if r.Prefix.Bits() <= bits {
				break
			}
			if r.Prefix.Contains(dst) && (on == nil || on == r.Interface) && (r.until == 0 || s.now < r.until) && s.usable(r, i) {
				p.ifc = r.Interface
				if r.Gateway.IsValid() && !isLinkLocal4(dst) {
					p.next = r.Gateway
				}
				break
			}
		}
	}
	if p.ifc == nil {
		return path{}, ErrNoRoute
	}
	if p.src = src; !src.IsValid() {
		if dst.Is4() {
			p.src = p.ifc.sourceFor(p.next)
		} else {
			p.src = p.ifc.source6(dst)
		}
		if !p.src.IsValid() {
			return path{}, ErrNoRoute
		}
	}
	if isLinkLocal4(p.src) {
		if s.local(p.src) != p.ifc {
			return path{}, ErrNoRoute
		}
		p.next = dst // never by a router (RFC 3927 section 2.6.2)
	}
	if isLinkLocal(p.src) && s.local(p.src) != p.ifc {
		return path{}, ErrNoRoute // it means nothing on another link (RFC 4007 section 9)
	}
	return p, nil
}

// usable reports whether route i is to be used: not if its link is down, or its gateway has failed to answer lately, and another route
// to the same prefix is better off (RFC 1122 section 3.3.1.5).
func (s *Stack) usable(r *Route, i int) bool {
	if !r.Interface.linkDown && (!r.Gateway.IsValid() || !r.Interface.failedLately(r.Gateway)) {
		return true
	}
	for _, o := range s.routes[i+1:] {
		if o.Prefix == r.Prefix && (o.until == 0 || s.now < o.until) && !o.Interface.linkDown && (!o.Gateway.IsValid() || !o.Interface.failedLately(o.Gateway)) {
			return false
		}
	}
	return true
}

// broadcastInterface is where a broadcast or multicast leaves whose sender did not bind to an interface: that of
// its source address, else the first that has an address of that version, and a link if there is one with both.
func (s *Stack) broadcastInterface(dst, src netip.Addr, on *Interface) *Interface {
	var down *Interface
	for _, ifc := range s.interfaces[1:] {
		if on != nil && on != ifc || !slices.ContainsFunc(ifc.addrs, func(p netip.Prefix) bool { return p.Addr().Is4() == dst.Is4() }) {
			continue
		}
		switch {
		case src.IsValid() && !ifc.has(src):
		case !ifc.linkDown:
			return ifc
		case down == nil:
			down = ifc
		}
	}
	return down
}
