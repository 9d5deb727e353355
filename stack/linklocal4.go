package stack

import (
	"encoding/binary"
	"hash/fnv"
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// LinkLocalMode says whether an interface chooses an IPv4 address for itself out of 169.254/16 (RFC 3927).
type LinkLocalMode uint8

const (
	LinkLocalOff    LinkLocalMode = iota
	LinkLocalAlone                // while it has no other IPv4 address, and a DHCP client that is at work has had ten seconds
	LinkLocalAlways               // beside others
)

// linkLocal4 chooses an address.
type linkLocal4 struct {
	ifc   *Interface
	mode  LinkLocalMode
	timer timer
	tries uint32 // addresses that turned out to be taken
	asked bool   // DHCP has had its time
	own   netip.Addr
}

const (
	dhcpHeadStart = 10 * time.Second
	linkLocalKept = 10 * time.Second // how often one that is not wanted any more is looked at, for its connections
)

// SetLinkLocal4 changes whether the interface chooses an IPv4 link-local address for itself. Off takes one away that it chose.
func (ifc *Interface) SetLinkLocal4(mode LinkLocalMode) {
	if l := &ifc.linkLocal4; ifc.ethernet && !ifc.gone {
		if l.ifc == nil {
			l.ifc = ifc
			l.timer = makeTimer(l)
		}
		l.mode = mode
		ifc.stack.timers.set(&l.timer, ifc.stack.now)
	}
}

// review has the choice made again: an address came or went.
func (l *linkLocal4) review() {
	if l.ifc != nil && !l.ifc.gone {
		l.ifc.stack.timers.set(&l.timer, l.ifc.stack.now)
	}
}

// expire makes the choice.
func (l *linkLocal4) expire(now Time) {
	ifc, s := l.ifc, l.ifc.stack
	wanted := l.mode == LinkLocalAlways || l.mode == LinkLocalAlone && !ifc.hasRoutable4()
	a := ifc.find4(l.own)
	switch {
	case !wanted && a != nil:
		if l.mode == LinkLocalAlone && s.tcp.uses(l.own) {
			s.timers.set(&l.timer, now.Add(linkLocalKept)) // what was begun goes on (RFC 3927 section 1.9)
			return
		}
		ifc.removeAddr4(a)
	case !wanted || a != nil:
	case l.mode == LinkLocalAlone && ifc.dhcp != nil && !l.asked:
		l.asked = true
		s.timers.set(&l.timer, now.Add(dhcpHeadStart))
	default:
		l.choose()
	}
}

// choose takes the next address of a sequence that depends on the hardware address, so that a host has the same one again, and
// hosts differ (RFC 3927 section 2.1). It is probed and, if taken, given up for another; after ten conflicts more slowly
// (sections 2.2 and 2.5).
func (l *linkLocal4) choose() {
	const first, last = 1 << 8, 255<<8 - 1 // the first and last 256 addresses are reserved
	for range 64 {
		h := fnv.New64a()
		h.Write(l.ifc.mac[:])
		h.Write(binary.BigEndian.AppendUint32(nil, l.tries))
		n := first + h.Sum64()%(last-first+1)
		l.own = netip.AddrFrom4([4]byte{169, 254, byte(n >> 8), byte(n)})
		err := l.ifc.AddAddrWith(netip.PrefixFrom(l.own, 16), AddrOptions{
			Origin: AddrLinkLocal, Probe: true, GiveUp: true, Conflict: func(dissect.MAC) { l.another() },
		})
		if err == nil {
			return
		}
		l.tries++ // this host has it otherwise
	}
}

// another gives up the address that another station has.
func (l *linkLocal4) another() {
	if a := l.ifc.find4(l.own); a != nil {
		l.ifc.removeAddr4(a)
	}
	l.tries++
	l.review()
}

// hasRoutable4 reports whether the interface has an IPv4 address that it did not choose itself.
func (ifc *Interface) hasRoutable4() bool {
	for _, a := range ifc.addrs4 {
		if a.state == assigned && a.opt.Origin != AddrLinkLocal {
			return true
		}
	}
	return false
}

// uses reports whether a connection has the address a.
func (t *tcpTable) uses(a netip.Addr) bool {
	for c := t.first; c != nil; c = c.next {
		if c.local.Addr() == a {
			return true
		}
	}
	return false
}

// isLinkLocal4 reports whether a is an IPv4 address that means something on one link only: packets from or to it never go by a router (RFC 3927
// section 2.6.2, 2.7).
func isLinkLocal4(a netip.Addr) bool { return a.Is4() && a.IsLinkLocalUnicast() }
