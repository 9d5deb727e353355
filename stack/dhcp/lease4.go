package dhcp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"smoltcp/dissect"
)

// Route is a way that a lease names.
type Route struct {
	Prefix netip.Prefix // masked
	Via    netip.Addr   // the zero Addr if the destinations are neighbors themselves
}

// Lease4 is an address, for how long, and what came with it.
type Lease4 struct {
	Addr   netip.Prefix // the address, with the prefix length of its network
	Server netip.Addr   // which renews the lease

	// Since is when the lease was asked for, from when its time counts (RFC 2131 section 4.4.1). From T1 on the server is asked to
	// renew it, from T2 on any server, until it ends at Expires. All three are Never if the lease has no end.
	Since, T1, T2, Expires Time

	// Routes are the classless routes of option 121 if there are any (RFC 3442), otherwise one default route for each router,
	// the preferred one first.
	Routes []Route

	DNS    []netip.Addr
	NTP    []netip.Addr
	Domain string   // of the host; "" if the server names none
	Search []string // domains in which to look for a name (RFC 3397)
	MTU    int      // of the interface; 0 if the server names none

	Options []Option4 // those of Config4.Options that the server sent
}

// Option4 is an option of DHCP as it came, joined if it was in parts.
type Option4 struct {
	Type dissect.DHCPOptionType
	Data []byte
}

// Clone gives a copy that shares nothing.
func (l *Lease4) Clone() Lease4 {
	c := *l
	c.Routes, c.DNS, c.NTP, c.Search = slices.Clone(l.Routes), slices.Clone(l.DNS), slices.Clone(l.NTP), slices.Clone(l.Search)
	c.Options = slices.Clone(l.Options)
	for i := range c.Options {
		c.Options[i].Data = slices.Clone(c.Options[i].Data)
	}
	return c
}

// Duration is for how long the lease was given, zero if it has no end.
func (l *Lease4) Duration() time.Duration {
	if l.Expires == Never {
		return 0
	}
	return l.Expires.Sub(l.Since)
}

// String is the lease in words: "10.0.0.57/24 from 10.0.0.1 for 2m0s; 0.0.0.0/0 via 10.0.0.1; DNS 10.0.0.1".
func (l Lease4) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from %s", l.Addr, l.Server)
	if d := l.Duration(); d > 0 {
		fmt.Fprintf(&b, " for %s", d)
	}
	for _, r := range l.Routes {
		fmt.Fprintf(&b, "; %s", r.Prefix)
		if r.Via.IsValid() {
			fmt.Fprintf(&b, " via %s", r.Via)
		}
	}
	for _, servers := range []struct {
		name string
		list []netip.Addr
	}{{"DNS", l.DNS}, {"NTP", l.NTP}} {
		if len(servers.list) > 0 {
			fmt.Fprintf(&b, "; %s", servers.name)
		}
		for _, a := range servers.list {
			fmt.Fprintf(&b, " %s", a)
		}
	}
	if l.Domain != "" {
		fmt.Fprintf(&b, "; domain %s", l.Domain)
	}
	if len(l.Search) > 0 {
		fmt.Fprintf(&b, "; search %s", strings.Join(l.Search, " "))
	}
	if l.MTU > 0 {
		fmt.Fprintf(&b, "; MTU %d", l.MTU)
	}
	return b.String()
}

// valid reports whether a client can go on with l, which it did not get itself.
func (l *Lease4) valid(now Time) bool {
	a := l.Addr.Addr()
	switch {
	case !l.Addr.IsValid() || !a.Is4() || !isHost(a) || !l.Server.Is4() || !isHost(l.Server):
		return false
	case l.Expires == Never:
		return l.T1 == Never && l.T2 == Never
	}
	// Times so far apart that their difference wraps are no lease either.
	d := l.Duration()
	return d >= minLease && d <= seconds(infinite) && l.Since <= l.T1 && l.T1 <= l.T2 && l.T2 <= l.Expires && now < l.Expires
}

// minLease is the shortest lease that is taken. A shorter one ends, with the messages that it costs, before it is of any use.
const minLease = 10 * time.Second

// renewalGap is how close two requests for one lease may follow each other. RFC 2131 section 4.4.5 says a minute, in which a lease of a
// few minutes would be asked for once only and lost with one datagram; for such it is an eighth.
func renewalGap(lease time.Duration) time.Duration { return min(time.Minute, lease/8) }

// times sets when the lease, asked for at since, ends and is renewed. What the server said about T1 and T2 counts where it makes
// sense: T1 not at once, T1 before T2, T2 before the end (RFC 2131 section 4.4.5). Both come a little earlier, by chance, so that
// the clients of a network do not all renew at once.
func (l *Lease4) times(a *answer4, since Time, r random) {
	l.Since, l.T1, l.T2, l.Expires = since, Never, Never, Never
	if a.leaseTime == infinite {
		return
	}
	d := seconds(a.leaseTime)
	gap := renewalGap(d)
	t1, t2 := seconds(a.t1), seconds(a.t2)
	if t2 < 2*gap || t2 > d-gap {
		t2 = d - d/8
	}
	if t1 < gap || t1 > t2-gap {
		t1 = min(d/2, t2/7*4) // divided first: 136 years, the most there are, are half of what fits
	}
	t2 -= r.between(0, (t2-t1)/16)
	t1 -= r.between(0, t1/16)
	l.T1, l.T2, l.Expires = since.Add(t1), since.Add(t2), since.Add(d)
}
