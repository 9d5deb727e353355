package stack

import (
	"net/netip"
	"slices"
)

// destination is what is known of an address that is compared with others.
type destination struct {
	addr, src       netip.Addr // src is the zero Addr if there is no way to addr
	scope, srcScope scope
	deprecated      bool
	label, srcLabel uint8
	precedence      uint8
	common          int // bits that addr and src have in common, IPv6 only
}

// SortAddrs orders the addresses of one host, of both IP versions, by how well they suit us as destinations, the best first (RFC
// 6724 section 6): by whether there is a way, by the source address that they would get, by the policy table. What no rule
// decides stays in its order.
func (s *Stack) SortAddrs(list []netip.Addr) {
	all := make([]destination, len(list))
	for i, a := range list {
		all[i] = s.destination(a)
	}
	slices.SortStableFunc(all, func(a, b destination) int {
		if a.better(&b) {
			return -1
		}
		if b.better(&a) {
			return 1
		}
		return 0
	})
	for i := range all {
		list[i] = all[i].addr
	}
}

func (s *Stack) destination(a netip.Addr) (d destination) {
	d.addr = a
	dst, on, err := s.unzone(a, nil)
	if err != nil {
		return d
	}
	d.scope = scopeOf4(dst)
	d.precedence, d.label = policyOf(mapped(dst))
	p, err := s.route(dst, netip.Addr{}, on)
	if err != nil {
		return d
	}
	d.src = p.src
	d.srcScope = scopeOf4(p.src)
	_, d.srcLabel = policyOf(mapped(p.src))
	if dst.Is4() {
		return d
	}
	bits := 128
	if o := p.ifc.find6(p.src); o != nil {
		d.deprecated, bits = o.deprecated(s.now), o.prefix.Bits()
	}
	d.common = commonPrefix(dst, p.src, bits)
	return d
}

// better reports whether one of the rules puts d before o. Rules 4 and 7 mean nothing here: there are no home addresses, and no
// tunnels.
func (d *destination) better(o *destination) bool {
	if a, b := d.src.IsValid(), o.src.IsValid(); !a || !b { // rule 1
		return a && !b
	}
	if a, b := d.scope == d.srcScope, o.scope == o.srcScope; a != b { // rule 2
		return a
	}
	if d.deprecated != o.deprecated { // rule 3
		return o.deprecated
	}
	if a, b := d.label == d.srcLabel, o.label == o.srcLabel; a != b { // rule 5
		return a
	}
	if d.precedence != o.precedence { // rule 6
		return d.precedence > o.precedence
	}
	if d.scope != o.scope { // rule 8
		return d.scope < o.scope
	}
	return !d.addr.Is4() && !o.addr.Is4() && d.common > o.common // rule 9, else 10
}

// scopeOf4 is scopeOf for addresses of both IP versions (RFC 6724 section 3.2).
func scopeOf4(a netip.Addr) scope {
	if a.Is4() {
		if a.IsLoopback() || a.IsLinkLocalUnicast() {
			return scopeLink
		}
		return scopeGlobal
	}
	return scopeOf(a)
}

// mapped is an address as the policy table knows it: one of IPv4 behind ::ffff:0:0/96.
func mapped(a netip.Addr) netip.Addr { return netip.AddrFrom16(a.As16()) }
