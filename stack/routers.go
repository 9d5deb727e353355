package stack

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// What routers say (RFC 4861 section 6.3): which of them forward, which prefixes are on the link, how large packets may
// be, which name servers there are. What it means for our addresses is in slaac.go.

// Soliciting routers (RFC 4861 section 10).
const (
	maxSolicitDelay = time.Second
	solicitInterval = 4 * time.Second
	maxSolicits     = 3
)

// Bounds of what is kept of router advertisements on one interface. Old entries stay, new ones beyond the bound are
// passed over, so that a flood of inventions displaces nothing that is true.
const (
	maxAdvertised = 32 // routes: default routers, on-link prefixes and more specific routes together
	maxAutoPrefix = 8  // prefixes with which addresses are formed
	maxDNSServers = 8
)

// autoconf is what an interface has that configures itself.
type autoconf struct {
	ifc      *Interface
	timer    timer // solicitations
	solicits int   // those sent; maxSolicits when there will be no more
	pruner   pruner

	routes   []netip.Prefix // those that routers advertised, with their gateways beside them
	gateways []netip.Addr   // the zero Addr for a prefix that is on the link
	prefixes []*autoAddr
	linkAddr *autoAddr
	servers  []dnsServer
	news     routerNews
}

// dnsServer is a recursive name server that a router names (RFC 8106 section 5.1).
type dnsServer struct {
	addr  netip.Addr
	until Time
}

// startAutoconf has the interface form its link-local address and look for routers.
func (ifc *Interface) startAutoconf() {
	s := ifc.stack
	c := &autoconf{ifc: ifc}
	c.timer = makeTimer(c)
	c.pruner.conf = c
	c.pruner.timer = makeTimer(&c.pruner)
	ifc.auto = c
	if !slices.ContainsFunc(ifc.addrs6, func(a *addr6) bool { return isLinkLocal(a.addr()) }) {
		c.linkAddr = &autoAddr{conf: c, prefix: linkLocalPrefix, preferred: Never, valid: Never}
		c.linkAddr.timer = makeTimer(c.linkAddr)
		c.linkAddr.form()
	}
	s.timers.set(&c.timer, s.now.Add(s.random.below(maxSolicitDelay)))
}

// expire sends the next solicitation (RFC 4861 section 6.3.7).
func (c *autoconf) expire(now Time) {
	if c.solicits >= maxSolicits {
		return
	}
	c.solicits++
	ifc := c.ifc
	src := ifc.linkLocal()
	h := dissect.RouterSolicitationHeader{}
	if src != any6 && ifc.ethernet {
		h.Options.AddSourceAddr(ifc.mac)
	}
	ifc.stack.counters.RouterSolicitations++
	ifc.sendNDP(src, allRouters6, h.Append(ifc.stack.control[:0]), nil)
	if c.solicits < maxSolicits {
		ifc.stack.timers.set(&c.timer, now.Add(solicitInterval))
	}
}

// linkLocal is an address of the interface to speak to routers from, "::" if there is none yet.
func (ifc *Interface) linkLocal() netip.Addr {
	for _, a := range ifc.addrs6 {
		if isLinkLocal(a.addr()) && a.state == assigned {
			return a.addr()
		}
	}
	return any6
}

// DNSServers gives the recursive name servers that routers on the interface name (RFC 8106), a link-local one with its zone.
func (ifc *Interface) DNSServers() (list []netip.Addr) {
	if ifc.auto != nil {
		for _, d := range ifc.auto.servers {
			if ifc.stack.now < d.until {
				list = append(list, ifc.zoned(d.addr))
			}
		}
	}
	return list
}

// lifetime is when something ends that lasts for so many seconds, all ones being for ever (RFC 4861 section 4.6.2).
func (s *Stack) lifetime(seconds uint32) Time {
	if seconds == 0xffffffff {
		return Never
	}
	return s.now.Add(time.Duration(seconds) * time.Second)
}

// routerAdvertisement processes an advertisement (RFC 4861 section 6.3.4) and reports whether it is valid.
func (ifc *Interface) routerAdvertisement(p *inbound, m dissect.RouterAdvertisement) bool {
	if !isLinkLocal(p.src) {
		return false
	}
	c, s := ifc.auto, ifc.stack
	if c == nil {
		return true
	}
	if mac, ok := linkAddrOption(m.Options(), dissect.NDPOptSourceAddr); ok && ifc.ethernet {
		ifc.neighbors6.heard(p.src, mac)
	}
	if n := ifc.neighbors6.entries[p.src]; n != nil {
		n.router = true
	}
	ifc.parameters(m)
	if m.Lifetime() != 0 {
		c.solicits = maxSolicits // an answer (section 6.3.7)
		s.timers.set(&c.timer, Never)
	}
	c.advertised(netip.PrefixFrom(any6, 0), p.src, s.lifetime(uint32(m.Lifetime())), m.Preference())
	for b := m.Options(); len(b) > 0; {
		o, rest, err := dissect.NextNDPOption(b)
		if err != nil {
			break
		}
		b = rest
		switch o.Type() {
		case dissect.NDPOptMTU:
			if mtu, ok := o.MTU(); ok {
				ifc.setMTU6(mtu)
			}
		case dissect.NDPOptPrefix:
			if prefix, ok := o.Prefix(); ok {
				c.prefix(prefix)
			}
		case dissect.NDPOptRoute:
			c.route(o, p.src)
		case dissect.NDPOptRDNSS:
			c.nameServers(o)
		case dissect.NDPOptDNSSL:
			c.searchDomains(o)
		}
	}
	c.news.flags(m)
	c.news.handler.wake()
	c.pruner.schedule()
	return true
}

// The shortest and longest Retrans Timer and Reachable Time that are taken from a router: nobody is to be made to ask his neighbors a
// thousand times a second, or to keep packets for hours for one that is not there.
const (
	minRetrans   = 100 * time.Millisecond
	maxRetrans   = time.Minute
	maxReachable = time.Hour
)

// parameters takes over what a router says of the link, as far as it says anything.
func (ifc *Interface) parameters(m dissect.RouterAdvertisement) {
	if n := m.HopLimit(); n != 0 {
		ifc.hopLimit6 = n
	}
	if ms := m.ReachableTime(); ms != 0 {
		t := &ifc.neighbors6.trust
		if base := min(max(time.Duration(ms)*time.Millisecond, minRetrans), maxReachable); base != t.base {
			t.base, t.drawn = base, 0
		}
	}
	if ms := m.RetransTimer(); ms != 0 {
		ifc.neighbors6.limit.interval = min(max(time.Duration(ms)*time.Millisecond, minRetrans), maxRetrans)
	}
}

// setMTU6 lowers or raises the MTU for IPv6, within what IPv6 and the link allow (RFC 4861 section 6.3.4).
func (ifc *Interface) setMTU6(mtu uint32) {
	if mtu < minMTU6 || mtu > uint32(ifc.mtu) || int(mtu) == ifc.mtu6 {
		return
	}
	ifc.mtu6 = int(mtu)
	ifc.stack.routesChanged()
}

// advertisedMetric ranks routes from routers behind those of the program, and among themselves by their preference (RFC 4191).
func advertisedMetric(p dissect.RouterPreference) int {
	switch p {
	case dissect.PreferenceHigh:
		return 1023
	case dissect.PreferenceLow:
		return 1025
	}
	return 1024
}

// advertised makes, refreshes or ends a route that a router told of. Without a gateway the prefix is on the link.
func (c *autoconf) advertised(prefix netip.Prefix, gateway netip.Addr, until Time, preference dissect.RouterPreference) {
	s := c.ifc.stack
	i := -1
	for k := range c.routes {
		if c.routes[k] == prefix && c.gateways[k] == gateway {
			i = k
		}
	}
	if until <= s.now {
		if i >= 0 {
			c.forget(i)
		}
		return
	}
	r := Route{Prefix: prefix, Gateway: gateway, Interface: c.ifc, Metric: advertisedMetric(preference), until: until}
	if i >= 0 && s.refreshRoute(r) {
		return // nothing but the time has changed
	}
	if i < 0 && len(c.routes) >= maxAdvertised || s.AddRoute(r) != nil {
		return
	}
	if i < 0 {
		c.routes, c.gateways = append(c.routes, prefix), append(c.gateways, gateway)
	}
}

// forget ends advertised route i.
func (c *autoconf) forget(i int) {
	c.ifc.stack.RemoveRoute(Route{Prefix: c.routes[i], Gateway: c.gateways[i], Interface: c.ifc})
	delete(c.ifc.neighbors6.failed, c.gateways[i])
	c.routes, c.gateways = slices.Delete(c.routes, i, i+1), slices.Delete(c.gateways, i, i+1)
}

// routerGone takes addr off the default routers: it has said that it is none any more (RFC 4861 section 7.2.5).
func (ifc *Interface) routerGone(addr netip.Addr) {
	if c := ifc.auto; c != nil {
		c.advertised(netip.PrefixFrom(any6, 0), addr, 0, dissect.PreferenceMedium)
	}
	ifc.forgetRedirects(addr)
}

// route processes a Route Information option (RFC 4191 section 2.3), of whose prefix it has as many bytes as are needed.
func (c *autoconf) route(o dissect.NDPOption, router netip.Addr) {
	const prefixAt = 8
	if len(o) != prefixAt && len(o) != prefixAt+8 && len(o) != prefixAt+16 {
		return
	}
	n, preference := int(o[2]), dissect.RouterPreference(o[3]>>3&3)
	if n > 8*(len(o)-prefixAt) || preference == dissect.PreferenceReserved {
		return
	}
	var a [16]byte
	copy(a[:], o[prefixAt:])
	prefix := netip.PrefixFrom(netip.AddrFrom16(a), n).Masked()
	if prefix.Addr().IsMulticast() || isLinkLocal(prefix.Addr()) || prefix.Addr().Is4In6() {
		return
	}
	c.advertised(prefix, router, c.ifc.stack.lifetime(binary.BigEndian.Uint32(o[4:])), preference)
}

// nameServers processes a Recursive DNS Server option (RFC 8106 section 5.1).
func (c *autoconf) nameServers(o dissect.NDPOption) {
	const addrsAt = 8
	if len(o) < addrsAt+16 {
		return
	}
	s := c.ifc.stack
	until := s.lifetime(binary.BigEndian.Uint32(o[4:]))
	for b := o[addrsAt:]; len(b) >= 16; b = b[16:] {
		a := netip.AddrFrom16([16]byte(b))
		i := slices.IndexFunc(c.servers, func(d dnsServer) bool { return d.addr == a })
		switch {
		case until <= s.now && i >= 0:
			c.servers = slices.Delete(c.servers, i, i+1)
		case until <= s.now || !isHost(a):
		case i >= 0:
			c.servers[i].until = until
		case len(c.servers) < maxDNSServers:
			c.servers = append(c.servers, dnsServer{a, until})
		}
	}
}

// pruner ends what routers advertised when its time is over.
type pruner struct {
	conf  *autoconf
	timer timer
}

func (p *pruner) schedule() {
	c, s := p.conf, p.conf.ifc.stack
	next := c.news.next()
	for i := range c.routes {
		next = min(next, s.routeUntil(c.routes[i], c.gateways[i], c.ifc))
	}
	for _, d := range c.servers {
		next = min(next, d.until)
	}
	s.timers.set(&p.timer, next)
}

func (p *pruner) expire(now Time) {
	c, s := p.conf, p.conf.ifc.stack
	for i := len(c.routes) - 1; i >= 0; i-- {
		if s.routeUntil(c.routes[i], c.gateways[i], c.ifc) <= now {
			c.forget(i)
		}
	}
	c.servers = slices.DeleteFunc(c.servers, func(d dnsServer) bool { return d.until <= now })
	c.news.prune(now)
	p.schedule()
}
