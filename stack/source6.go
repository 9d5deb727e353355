package stack

import (
	"math/bits"
	"net/netip"
)

// policies is the default policy table (RFC 6724 section 2.1), longest prefixes first.
var policies = []struct {
	prefix     netip.Prefix
	precedence uint8
	label      uint8
}{
	{netip.MustParsePrefix("::1/128"), 50, 0},
	{netip.MustParsePrefix("::ffff:0:0/96"), 35, 4},
	{netip.MustParsePrefix("::/96"), 1, 3},
	{netip.MustParsePrefix("2001::/32"), 5, 5},
	{netip.MustParsePrefix("2002::/16"), 30, 2},
	{netip.MustParsePrefix("3ffe::/16"), 1, 12},
	{netip.MustParsePrefix("fec0::/10"), 1, 11},
	{netip.MustParsePrefix("fc00::/7"), 3, 13},
	{netip.MustParsePrefix("::/0"), 40, 1},
}

// policyOf gives the precedence and the label of an address.
func policyOf(a netip.Addr) (precedence, label uint8) {
	for i := range policies {
		if p := &policies[i]; p.prefix.Contains(a) {
			return p.precedence, p.label
		}
	}
	return 0, 0
}

// source6 chooses the source address for packets to dst that leave by ifc (RFC 6724 section 5) among the interface's own.
// The zero Addr means that there is none.
func (ifc *Interface) source6(dst netip.Addr) netip.Addr {
	var best *addr6
	now := ifc.stack.now
	for _, a := range ifc.addrs6 {
		if a.usable(now) && (best == nil || a.better(best, dst, now)) {
			best = a
		}
	}
	if best == nil {
		return netip.Addr{}
	}
	return best.addr()
}

// better reports whether a is to be preferred to b as source of packets to dst. Rules 4 and 5 mean nothing here: there
// are no home addresses, and all candidates are on the interface by which the packet leaves.
func (a *addr6) better(b *addr6, dst netip.Addr, now Time) bool {
	x, y := a.addr(), b.addr()
	if x == dst || y == dst { // rule 1
		return x == dst
	}
	if sx, sy, d := scopeOf(x), scopeOf(y), scopeOf(dst); sx != sy { // rule 2
		if sx < sy {
			return sx >= d
		}
		return sy < d
	}
	if dx, dy := a.deprecated(now), b.deprecated(now); dx != dy { // rule 3
		return dy
	}
	_, label := policyOf(dst)
	_, lx := policyOf(x)
	_, ly := policyOf(y)
	if (lx == label) != (ly == label) { // rule 6
		return lx == label
	}
	if tx, ty := a.origin == AddrTemporary, b.origin == AddrTemporary; tx != ty { // rule 7
		return tx
	}
	return commonPrefix(x, dst, a.prefix.Bits()) > commonPrefix(y, dst, b.prefix.Bits()) // rule 8; else the first stays
}

// commonPrefix is how many bits a and b have in common from the left, limit at most (RFC 6724 section 2.2).
func commonPrefix(a, b netip.Addr, limit int) int {
	x, y := a.As16(), b.As16()
	for i := range x {
		if d := x[i] ^ y[i]; d != 0 {
			return min(limit, 8*i+bits.LeadingZeros8(d))
		}
	}
	return limit
}
