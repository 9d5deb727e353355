package stack

import (
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// Neighbor Unreachability Detection (RFC 4861 section 7.3): what an entry of IPv6's neighbor cache goes through.
//
//	           an advertisement that we asked for, or progress of a connection
//	       ┌────────────────┬──────────────────────┬───────────────────┐
//	       ▼                │                      │                   │
//	   reachable ─time──▶ stale ──in use──▶ delaying ──5 s──▶ probing ─┴─3 × silence──▶ (gone)
//	       ▲                ▲
//	       └── resolving ───┘ somebody said so without being asked

// delayFirstProbe is how long upper layers have to confirm that a neighbor is there before it is asked (RFC 4861 section 10).
const delayFirstProbe = 5 * time.Second

// reachableTime is for how long an answer is trusted: a random time around a base, drawn anew from time to time so that hosts do
// not all ask together (RFC 4861 section 6.3.2).
type reachableTime struct {
	base  time.Duration // what routers say, Config.NeighborReachable if zero
	drawn time.Duration
	until Time
}

func (c *neighborCache) reachableTime() time.Duration {
	s, t := c.ifc.stack, &c.trust
	if t.drawn == 0 || s.now >= t.until {
		base := t.base
		if base == 0 {
			base = s.cfg.NeighborReachable
		}
		t.drawn = base/2 + s.random.below(base) // MIN_RANDOM_FACTOR 0.5, MAX_RANDOM_FACTOR 1.5
		t.until = s.now.Add(time.Hour)
	}
	return t.drawn
}

// touch is what becomes of an entry by being used.
func (n *neighbor) touch(src netip.Addr) {
	s := n.cache.ifc.stack
	if n.state == reachable && s.now.Sub(n.confirmed) >= n.cache.reachableTime() {
		n.state = stale
	}
	if n.state == stale {
		n.state, n.source = delaying, src
		s.timers.set(&n.timer, s.now.Add(delayFirstProbe))
	}
}

// progress confirms that the neighbor is there: a connection by way of it got something new acknowledged (RFC 4861 section
// 7.3.1).
func (n *neighbor) progress() {
	if n.gone || !n.cache.six || n.state == resolving {
		return
	}
	n.confirmed = n.cache.ifc.stack.now
	if n.state != reachable {
		n.state, n.tries = reachable, 0
		n.cache.ifc.stack.timers.set(&n.timer, Never)
	}
}

// heard takes it that the neighbor addr has spoken to us from the station mac, without being asked (RFC 4861 sections 7.2.3,
// 6.2.6 and 6.3.4).
func (c *neighborCache) heard(addr netip.Addr, mac dissect.MAC) {
	switch n := c.entries[addr]; {
	case n == nil:
		c.learn(addr, mac)
	case n.state == resolving || n.mac != mac:
		n.found(mac, stale)
	}
}

// advertised processes an advertisement about the entry (RFC 4861 section 7.2.5). known says whether it names a station.
func (n *neighbor) advertised(m dissect.NeighborAdvertisement, mac dissect.MAC, known bool) {
	if n.state == resolving {
		if !known {
			return
		}
		state := stale
		if m.Solicited() {
			state = reachable
		}
		n.router = m.Router()
		n.found(mac, state)
		return
	}
	differs := known && mac != n.mac
	if differs && !m.Override() {
		if n.state == reachable {
			n.state = stale
		}
		return
	}
	if !known {
		mac = n.mac
	}
	wasRouter := n.router
	n.router = m.Router()
	switch {
	case m.Solicited():
		n.confirm(mac)
	case differs:
		n.found(mac, stale)
	}
	if wasRouter && !n.router {
		n.cache.ifc.routerGone(n.addr)
	}
}
