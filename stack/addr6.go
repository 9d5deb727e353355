package stack

import (
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// addrState says how far an IPv6 address has come (RFC 4862 section 5.4).
type addrState uint8

const (
	tentative addrState = iota // wanted; whether another station has it is being found out
	assigned                   // ours
	duplicate                  // another station has it
	removed                    // not wanted any more
)

// addr6 is an IPv6 address of an interface, from the moment that it is wanted.
type addr6 struct {
	ifc    *Interface
	prefix netip.Prefix // the address, and how long the prefix is that it was formed with
	state  addrState
	origin AddrOrigin
	timer  timer

	fresh  bool    // assigned, and not made known to routers yet
	moved  bool    // assigned, and at another hardware address than neighbors know
	probes int     // solicitations sent for Duplicate Address Detection
	nonce  [6]byte // of those, to know them when a bridge reflects them (RFC 7527)

	// An address that was formed by the stack is deprecated and invalid from these times on.
	preferred, valid Time
	auto             *autoAddr // what it was formed from, see slaac.go
}

func (a *addr6) addr() netip.Addr { return a.prefix.Addr() }

// usable reports whether the address is one of ours at now: an expired one is not used even before its timer ran.
func (a *addr6) usable(now Time) bool { return a.state == assigned && now < a.valid }

// deprecated reports whether new communication should use another address (RFC 4862 section 5.5.4).
func (a *addr6) deprecated(now Time) bool { return now >= a.preferred }

// maxProbeDelay is how long the first solicitation for an address is put off at most, so that hosts that were switched on
// together do not all speak at once (RFC 4862 section 5.4.2).
const maxProbeDelay = time.Second

// addAddr6 makes p an address of the interface: on Ethernet after Duplicate Address Detection, elsewhere now.
func (ifc *Interface) addAddr6(p netip.Prefix, origin AddrOrigin, preferred, valid Time, auto *autoAddr) *addr6 {
	s := ifc.stack
	if len(ifc.addrs6) == 0 {
		ifc.join(allNodes6)
	}
	a := &addr6{ifc: ifc, prefix: p, origin: origin, preferred: preferred, valid: valid, auto: auto}
	a.timer = makeTimer(a)
	ifc.addrs6 = append(ifc.addrs6, a)
	if !ifc.ethernet || s.cfg.DADTransmits < 0 {
		a.assign()
		return a
	}
	nonce := s.random.uint64()
	for i := range a.nonce {
		a.nonce[i] = byte(nonce >> (8 * i))
	}
	if wait := s.random.below(maxProbeDelay); !ifc.linkDown {
		s.timers.set(&a.timer, s.now.Add(wait))
	}
	return a
}

// expire is the timer: of the detection of duplicates, then of the lifetimes.
func (a *addr6) expire(now Time) {
	s := a.ifc.stack
	switch {
	case a.state == assigned && now >= a.valid:
		a.remove()
	case a.state == assigned:
		if a.fresh {
			// Routers learn of us before the first packet for us comes (RFC 9131 section 6.1.2).
			a.fresh = false
			a.ifc.advertise(a.addr(), a.addr(), allRouters6, false, false)
		}
		if a.moved {
			a.moved = false
			a.ifc.advertise(a.addr(), a.addr(), allNodes6, false, true) // RFC 4861 section 7.2.6
		}
		a.schedule()
	case a.state == tentative && a.probes < s.cfg.DADTransmits:
		if a.probes == 0 {
			a.ifc.join(solicitedNode(a.addr()))
			a.ifc.groupOf(solicitedNode(a.addr())).report.expire(now) // switches have to know before somebody answers
		}
		a.probes++
		a.ifc.sendProbe(a)
		s.timers.set(&a.timer, now.Add(a.ifc.neighbors6.limit.interval))
	case a.state == tentative:
		a.assign()
	}
}

// assign makes the address ours.
func (a *addr6) assign() {
	ifc, s := a.ifc, a.ifc.stack
	if a.probes == 0 {
		ifc.join(solicitedNode(a.addr()))
	}
	a.state = assigned
	p := a.prefix
	if a.origin != AddrManual && !isLinkLocal(p.Addr()) {
		p = netip.PrefixFrom(p.Addr(), 128) // what is on the link is not for an address to say (RFC 5942 section 4)
	}
	ifc.addrs = append(ifc.addrs, p)
	s.locals[p.Addr()] = ifc
	s.routesChanged()
	s.event(Event{Kind: EventAddr, Interface: ifc, Addr: p.Addr()})
	if isLinkLocal(p.Addr()) {
		ifc.mld.reportAll()
	}
	if a.fresh = ifc.ethernet && !isLinkLocal(p.Addr()); a.fresh {
		s.timers.set(&a.timer, s.now)
		return
	}
	a.schedule()
}

// schedule sets the timer for the end of a lifetime.
func (a *addr6) schedule() {
	if a.fresh || a.moved || a.valid == Never && a.preferred == Never {
		return
	}
	next := a.valid
	if now := a.ifc.stack.now; a.preferred > now {
		next = min(next, a.preferred)
	}
	a.ifc.stack.timers.set(&a.timer, next)
}

// conflict is what comes of another station's claim to the address. One that was not ours yet never will be
// (RFC 4862 section 5.4.5); one that is stays so.
func (a *addr6) conflict(mac dissect.MAC) {
	ifc, s := a.ifc, a.ifc.stack
	s.event(Event{Kind: EventConflict, Interface: ifc, Addr: a.addr(), MAC: mac})
	s.counters.NDPConflicts++
	if a.state != tentative {
		return
	}
	a.state = duplicate
	s.changed()
	s.timers.stop(&a.timer)
	if a.probes > 0 {
		ifc.leave(solicitedNode(a.addr()))
	}
	if a.auto != nil {
		a.auto.duplicate(a)
	}
}

// remove takes the address away.
func (a *addr6) remove() {
	ifc, s := a.ifc, a.ifc.stack
	s.timers.stop(&a.timer)
	ifc.addrs6 = slices.DeleteFunc(ifc.addrs6, func(o *addr6) bool { return o == a })
	if a.state == assigned || a.state == tentative && a.probes > 0 {
		ifc.leave(solicitedNode(a.addr()))
	}
	if a.state == assigned {
		ifc.addrs = slices.DeleteFunc(ifc.addrs, func(p netip.Prefix) bool { return p.Addr() == a.addr() })
		delete(s.locals, a.addr())
		s.routesChanged()
		s.event(Event{Kind: EventAddrGone, Interface: ifc, Addr: a.addr()})
		s.tcp.addrRemoved(a.addr())
	}
	a.state = removed
}

// find6 gives the address a of this interface, in whatever state; nil if nobody wanted it here.
func (ifc *Interface) find6(a netip.Addr) *addr6 {
	for _, o := range ifc.addrs6 {
		if o.addr() == a {
			return o
		}
	}
	return nil
}

// canSendFrom reports whether a is one of our addresses at this moment: not if it expired since the last poll.
func (s *Stack) canSendFrom(a netip.Addr) bool {
	ifc := s.local(a)
	if ifc == nil || a.Is4() {
		return ifc != nil
	}
	o := ifc.find6(a)
	return o == nil || o.usable(s.now) // the loopback's is none of those
}

// Tentative gives the addresses that the interface has not got yet: whether other stations have them is being found
// out, which takes one to two seconds for IPv6 (RFC 4862 section 5.4) and, where it is done, four to seven for IPv4 (RFC 5227). Duplicate gives those that another station turned out to have.
func (ifc *Interface) Tentative() []netip.Prefix { return ifc.inState(tentative) }
func (ifc *Interface) Duplicate() []netip.Prefix { return ifc.inState(duplicate) }

func (ifc *Interface) inState(state addrState) (list []netip.Prefix) {
	for _, a := range ifc.addrs4 {
		if a.state == state && a.probe == nil {
			list = append(list, a.prefix)
		}
	}
	for _, a := range ifc.addrs6 {
		if a.state == state {
			list = append(list, a.prefix)
		}
	}
	return list
}
