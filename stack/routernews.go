package stack

import (
	"encoding/binary"
	"slices"

	"smoltcp/dissect"
)

// What routers say to programs, not to the stack: where to ask for names, and whether there is more to be had by DHCPv6.

// maxDomains bounds the search list that is kept of routers on one interface.
const maxDomains = 8

// routerNews is that, and who wants to know.
type routerNews struct {
	handler        socket
	managed, other bool // flags of the last advertisement
	domains        []searchDomain
}

// searchDomain is a domain in which routers say that names are to be looked for (RFC 8106 section 5.2).
type searchDomain struct {
	name  string
	until Time
}

// SetRouterHandler makes f what Poll calls, as the handler of a socket, after an advertisement came or something that one said came to its
// end: then DNSServers, SearchDomains and OtherConfig may give something else. It needs InterfaceConfig.Autoconf.
func (ifc *Interface) SetRouterHandler(f func()) {
	if c := ifc.auto; c != nil {
		c.news.handler.stack = ifc.stack
		c.news.handler.SetHandler(f)
	}
}

// OtherConfig reports whether routers say that configuration other than addresses, or addresses with it, is to be had by DHCPv6
// (RFC 4861 section 4.2).
func (ifc *Interface) OtherConfig() bool {
	return ifc.auto != nil && (ifc.auto.news.other || ifc.auto.news.managed)
}

// SearchDomains gives the domains in which routers on the interface say that names are to be looked for (RFC 8106): letters, digits, hyphens
// and underscores between dots.
func (ifc *Interface) SearchDomains() (list []string) {
	if ifc.auto != nil {
		for _, d := range ifc.auto.news.domains {
			if ifc.stack.now < d.until {
				list = append(list, d.name)
			}
		}
	}
	return list
}

// flags takes note of what an advertisement says of DHCPv6.
func (n *routerNews) flags(m dissect.RouterAdvertisement) {
	n.managed, n.other = m.Managed(), m.Other()
}

// searchDomains processes a DNS Search List option (RFC 8106 section 5.2).
func (c *autoconf) searchDomains(o dissect.NDPOption) {
	const namesAt = 8
	if len(o) < namesAt {
		return
	}
	n, now := &c.news, c.ifc.stack.now
	until := c.ifc.stack.lifetime(binary.BigEndian.Uint32(o[4:]))
	b := dissect.DNS(o[namesAt:])
	var buf [dissect.DNSMaxNameLen]byte
	for off := 0; off < len(b); {
		text, end, err := b.AppendName(buf[:0], off)
		if err != nil {
			return
		}
		off = end
		name := string(text)
		i := slices.IndexFunc(n.domains, func(d searchDomain) bool { return d.name == name })
		switch {
		case until <= now && i >= 0:
			n.domains = slices.Delete(n.domains, i, i+1)
		case until <= now || !isDomain(name): // names of no length are padding
		case i >= 0:
			n.domains[i].until = until
		case len(n.domains) < maxDomains:
			n.domains = append(n.domains, searchDomain{name, until})
		}
	}
}

// isDomain reports whether a name out of a message is one of hosts' domains, and so can go wherever names go.
func isDomain(name string) bool {
	for _, c := range []byte(name) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return name != ""
}

// next is when something ends.
func (n *routerNews) next() Time {
	next := Never
	for _, d := range n.domains {
		next = min(next, d.until)
	}
	return next
}

// prune forgets what has ended.
func (n *routerNews) prune(now Time) {
	n.domains = slices.DeleteFunc(n.domains, func(d searchDomain) bool { return d.until <= now })
	n.handler.wake()
}
