package stack

import (
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// Address Conflict Detection (RFC 5227) on Ethernet: an IPv4 address is asked for before it is used, if that is wanted, told to the
// neighbors when it is, and defended against other claims.

// The times and numbers of RFC 5227 section 1.1.
const (
	probeWait        = time.Second // before the first probe, at most
	probeNum         = 3
	probeMin         = time.Second // between two probes
	probeMax         = 2 * time.Second
	announceWait     = 2 * time.Second // for answers to the last probe
	announceNum      = 2
	announceInterval = 2 * time.Second
	maxConflicts     = 10 // of an interface, before it slows down
	rateLimitTime    = 60 * time.Second
	defendInterval   = 10 * time.Second
)

// startProbe begins to find out whether another station has the address (RFC 5227 section 2.1.1), when there is a link.
func (a *addr4) startProbe() {
	s := a.ifc.stack
	a.state, a.probes = tentative, probeNum
	if a.ifc.linkDown {
		s.timers.stop(&a.timer)
		return
	}
	wait := s.random.below(probeWait)
	if a.ifc.conflicts4 > maxConflicts {
		wait += rateLimitTime
	}
	s.timers.set(&a.timer, s.now.Add(wait))
}

// announce tells the neighbors of the address, so that those that know it at another station forget that (RFC 5227 section 2.3).
func (a *addr4) announce() {
	if s := a.ifc.stack; a.ifc.ethernet && a.state == assigned {
		a.announces = announceNum
		s.timers.set(&a.timer, s.now)
	}
}

// expire is the timer: of the probes, then of the announcements.
func (a *addr4) expire(now Time) {
	s := a.ifc.stack
	switch {
	case a.state == tentative && a.probes > 0:
		a.probes--
		a.ifc.sendARPRequest(dissect.BroadcastMAC, any4, a.addr())
		wait := announceWait
		if a.probes > 0 {
			wait = probeMin + s.random.below(probeMax-probeMin)
		}
		s.timers.set(&a.timer, now.Add(a.hurried(wait)))
	case a.state == tentative && a.ifc.backlog && !a.late:
		a.late = true // a claim may be among the frames that the device still has
		s.timers.set(&a.timer, now.Add(a.hurried(announceWait)))
	case a.state == tentative && a.probe != nil:
		a.probe.settle(false, dissect.MAC{})
	case a.state == tentative:
		a.assign()
		s.event(Event{Kind: EventAddr, Interface: a.ifc, Addr: a.addr()})
	case a.announces > 0:
		a.announces--
		a.ifc.sendARPRequest(dissect.BroadcastMAC, a.addr(), a.addr())
		if a.announces > 0 {
			s.timers.set(&a.timer, now.Add(announceInterval))
		}
	}
}

// claimed looks whether the sender of an ARP packet claims an address that is ours or is being probed, or probes for one at
// the same time as we do (RFC 5227 sections 2.1.1 and 2.4), and reports whether the packet is done with.
func (ifc *Interface) claimed(h *dissect.ARPHeader) bool {
	s := ifc.stack
	for _, a := range ifc.addrs4 {
		if a.addr() == h.SenderIP && (a.state == tentative || a.state == assigned) ||
			a.state == tentative && h.Op == dissect.ARPRequest && h.SenderIP.IsUnspecified() && h.TargetIP == a.addr() {
			a.conflict(h.SenderMAC)
			s.drop(ifc, &s.counters.ARPConflicts)
			return true
		}
	}
	switch own := s.local(h.SenderIP); {
	case own == nil:
		return false
	case own.mac == h.SenderMAC:
		s.counters.ARPReceived++ // two of our interfaces are on one link
		return true
	}
	s.event(Event{Kind: EventConflict, Interface: ifc, Addr: h.SenderIP, MAC: h.SenderMAC}) // ours on another link
	s.drop(ifc, &s.counters.ARPConflicts)
	return true
}

// conflict is what comes of another station's claim to the address. One that was not ours yet will not be. One that is is defended by
// an announcement, at most once in ten seconds; a second claim within that time ends it, if it is to be given up at all (RFC 5227
// section 2.4 b and c).
func (a *addr4) conflict(mac dissect.MAC) {
	ifc, s := a.ifc, a.ifc.stack
	s.event(Event{Kind: EventConflict, Interface: ifc, Addr: a.addr(), MAC: mac})
	if a.state == tentative {
		ifc.conflicts4++
		s.timers.stop(&a.timer)
		a.state = duplicate
		s.changed()
		if a.probe != nil {
			a.probe.settle(true, mac)
		} else {
			a.lost(mac)
		}
		return
	}
	again := a.conflicted != -Never && s.now.Sub(a.conflicted) < defendInterval
	switch {
	case again && a.opt.GiveUp:
		ifc.conflicts4++
		ifc.removeAddr4(a)
		s.event(Event{Kind: EventAddrGone, Interface: ifc, Addr: a.addr()})
		a.lost(mac)
	case !again:
		a.conflicted = s.now
		ifc.sendARPRequest(dissect.BroadcastMAC, a.addr(), a.addr())
	}
}

// AddrProbe is a question whether another station on the link has an address, see Interface.ProbeAddr.
type AddrProbe struct {
	socket
	a     *addr4
	done  func(taken bool, by dissect.MAC)
	taken bool
	by    dissect.MAC
}

// ProbeAddr asks whether another station on the link has the IPv4 address a (RFC 5227 section 2.1.1), and calls done once, inside a
// Poll, with the answer: after four to seven seconds if it is free, earlier if the station by has it. done may call any method. Where there is
// no Ethernet an address is free at once. Errors wrap ErrBadAddr: a cannot be an address of one host, or this host has it.
func (ifc *Interface) ProbeAddr(a netip.Addr, done func(taken bool, by dissect.MAC)) (*AddrProbe, error) {
	a = a.Unmap()
	if !a.Is4() {
		return nil, badAddr(netip.PrefixFrom(a, a.BitLen()), "it is not of IPv4")
	}
	if err := ifc.checkAddr(netip.PrefixFrom(a, 32)); err != nil {
		return nil, err
	}
	p := &AddrProbe{done: done}
	p.socket = socket{stack: ifc.stack, handler: p.tell}
	p.a = ifc.newAddr4(netip.PrefixFrom(a, 32), AddrOptions{})
	p.a.probe = p
	if ifc.ethernet {
		p.a.startProbe()
	} else {
		p.settle(false, dissect.MAC{})
	}
	return p, nil
}

// Stop ends the question: done is not called any more.
func (p *AddrProbe) Stop() {
	p.handler = nil
	p.a.drop()
}

// Hurry makes the question wait for answers a tenth as long, for a program that somebody waits for: on an Ethernet of these days that is
// still long. It is called once, right after ProbeAddr.
func (p *AddrProbe) Hurry() {
	s := p.stack
	p.a.hurry = true
	if at := p.a.timer.at; at != Never && at > s.now {
		s.timers.set(&p.a.timer, s.now.Add(p.a.hurried(at.Sub(s.now))))
	}
}

// hurried is a time of the probes, as Hurry would have it.
func (a *addr4) hurried(d time.Duration) time.Duration {
	if a.hurry {
		d /= 10
	}
	return d
}

// settle has the program told the answer.
func (p *AddrProbe) settle(taken bool, by dissect.MAC) {
	p.taken, p.by = taken, by
	p.a.drop()
	p.wake()
}

// tell is the handler.
func (p *AddrProbe) tell() {
	p.handler = nil
	p.done(p.taken, p.by)
}
