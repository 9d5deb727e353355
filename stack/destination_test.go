package stack

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

// The examples of RFC 6724 section 10.2, as far as they can happen here, and some for the other rules.
func TestDestinationOrder(t *testing.T) {
	for _, c := range []struct {
		ours, in, want string
	}{
		{"2001:db8:1::2/64 fe80::1/64 169.254.13.78/16", "2001:db8:1::1 198.51.100.121", "2001:db8:1::1 198.51.100.121"},
		{"fe80::1/64 198.51.100.117/24", "2001:db8:1::1 198.51.100.121", "198.51.100.121 2001:db8:1::1"},
		{"2001:db8:1::2/64 fe80::1/64 10.1.2.4/24", "2001:db8:1::1 10.1.2.3", "2001:db8:1::1 10.1.2.3"},
		{"2001:db8:1::2/64 fe80::2/64", "2001:db8:1::1 fe80::1", "fe80::1 2001:db8:1::1"},                                       // rule 8
		{"2001:db8:1::2/64 2001:db8:3f44::2/64 fe80::2/64", "2001:db8:1::1 2001:db8:3ffe::1", "2001:db8:1::1 2001:db8:3ffe::1"}, // rule 9
		{"2001:db8:1::2/64 2001:db8:3f44::2/64 fe80::2/64", "2001:db8:3ffe::1 2001:db8:1::1", "2001:db8:1::1 2001:db8:3ffe::1"},
		{"2002:c633:6401::2/64 fe80::2/64", "2001:db8:1::1 2002:c633:6401::1", "2002:c633:6401::1 2001:db8:1::1"},                  // rule 5
		{"2002:c633:6401::2/64 2001:db8:1::2/64 fe80::2/64", "2002:c633:6401::1 2001:db8:1::1", "2001:db8:1::1 2002:c633:6401::1"}, // rule 6
		{"fd00::2/64 fe80::2/64 10.1.2.4/24", "2001:db8:1::1 10.1.2.3", "10.1.2.3 2001:db8:1::1"},                                  // rule 5
		{"2001:db8:1::2/64 10.1.2.4/24", "10.1.2.3 10.1.2.9 2001:db8:1::9", "2001:db8:1::9 10.1.2.3 10.1.2.9"},                     // rule 10
		{"10.1.2.4/24", "::1 10.1.2.3", "::1 10.1.2.3"},
		{"10.1.2.4/24", "2001:db8:1::1 fe80::9%nowhere 10.1.2.3", "10.1.2.3 2001:db8:1::1 fe80::9%nowhere"}, // rule 1
	} {
		var list []netip.Prefix
		six, four := false, false
		for _, a := range strings.Fields(c.ours) {
			p := netip.MustParsePrefix(a)
			six, four = six || !p.Addr().Is4() && !isLinkLocal(p.Addr()), four || p.Addr().Is4()
			list = append(list, p)
		}
		h := startBench6(t, Config{DADTransmits: -1}, InterfaceConfig{Addrs: list})
		if six {
			_ = h.AddRoute(Route{Prefix: netip.PrefixFrom(any6, 0), Interface: h.ifc})
		}
		if four {
			_ = h.AddRoute(Route{Prefix: netip.PrefixFrom(any4, 0), Interface: h.ifc})
		}
		var in []netip.Addr
		for _, a := range strings.Fields(c.in) {
			in = append(in, netip.MustParseAddr(a))
		}
		h.SortAddrs(in)
		if got := strings.Trim(fmt.Sprint(in), "[]"); got != c.want {
			t.Errorf("with %s: %s, want %s", c.ours, got, c.want)
		}
	}
}
