package stack

import (
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// Announcing and defending our addresses (RFC 5227 section 1.1).
const (
	announceNum      = 2
	announceInterval = 2 * time.Second
	defendInterval   = 10 * time.Second
)

// announce is an address that is told to the neighbors.
type announce struct {
	ifc      *Interface
	addr     netip.Addr
	left     int // announcements still to be sent
	timer    timer
	defended Time // when a conflict was last answered
}

// announceAddr has a new address announced, so that neighbors that know it at another station forget that (RFC
// 5227 section 2.3).
func (ifc *Interface) announceAddr(a netip.Addr) {
	if !ifc.ethernet || !a.Is4() {
		return
	}
	ifc.forget(a)
	n := &announce{ifc: ifc, addr: a, left: announceNum, defended: -Never}
	n.timer = makeTimer(n)
	ifc.announces = append(ifc.announces, n)
	ifc.stack.timers.set(&n.timer, ifc.stack.now)
}

// forget ends the announcements of a.
func (ifc *Interface) forget(a netip.Addr) {
	ifc.announces = slices.DeleteFunc(ifc.announces, func(n *announce) bool {
		if n.addr == a {
			ifc.stack.timers.stop(&n.timer)
		}
		return n.addr == a
	})
}

// expire sends the next announcement.
func (n *announce) expire(now Time) {
	n.left--
	n.ifc.sendARPRequest(dissect.BroadcastMAC, n.addr, n.addr)
	if n.left > 0 {
		n.ifc.stack.timers.set(&n.timer, now.Add(announceInterval))
	}
}

// defend answers another station's claim to our address a by an announcement, at most once in ten seconds (RFC 5227
// section 2.4).
func (ifc *Interface) defend(a netip.Addr) {
	for _, n := range ifc.announces {
		if n.addr == a {
			if n.defended == -Never || ifc.stack.now.Sub(n.defended) >= defendInterval {
				n.defended = ifc.stack.now
				ifc.sendARPRequest(dissect.BroadcastMAC, a, a)
			}
			return
		}
	}
}

// arp processes a received ARP packet, as RFC 826 says, with the checks of RFC 1122 and RFC 5227.
func (ifc *Interface) arp(b []byte) {
	s := ifc.stack
	p := dissect.ARP(b)
	if p.Check() != nil {
		s.drop(ifc, &s.counters.ARPMalformed)
		return
	}
	h, err := p.Header()
	if err != nil || h.Op != dissect.ARPRequest && h.Op != dissect.ARPReply {
		s.drop(ifc, &s.counters.ARPMalformed)
		return
	}
	sender := h.SenderIP
	probe := sender.IsUnspecified()
	if !h.SenderMAC.IsUnicast() || !probe && (!isHost(sender) || ifc.isBroadcast(sender)) {
		s.drop(ifc, &s.counters.ARPBadSender)
		return
	}
	if h.SenderMAC == ifc.mac {
		s.counters.ARPReceived++ // our own, come back: a bridge or hub reflects
		return
	}
	if s.local(sender) != nil {
		s.event(Event{Kind: EventConflict, Interface: ifc, Addr: sender, MAC: h.SenderMAC})
		s.drop(ifc, &s.counters.ARPConflicts)
		ifc.defend(sender)
		return
	}
	s.counters.ARPReceived++

	// "Merge_flag": whoever is in the cache already is brought up to date, whatever the packet was for.
	merged := false
	if n := ifc.neighbors.entries[sender]; n != nil && !probe {
		n.confirm(h.SenderMAC)
		merged = true
	}
	if !ifc.has(h.TargetIP) {
		return
	}
	if !merged && !probe && sender != h.TargetIP {
		ifc.neighbors.learn(sender, h.SenderMAC)
	}
	if h.Op == dissect.ARPRequest {
		s.counters.ARPReplies++
		ifc.sendARP(h.SenderMAC, h.Reply(ifc.mac))
	}
}

// sendARPRequest asks, in a frame to the station to, who has target.
func (ifc *Interface) sendARPRequest(to dissect.MAC, sender, target netip.Addr) {
	if !sender.IsValid() {
		sender = any4 // no address of ours yet: a probe
	}
	ifc.stack.counters.ARPRequests++
	ifc.sendARP(to, dissect.NewARPRequest(ifc.mac, sender, target))
}

func (ifc *Interface) sendARP(to dissect.MAC, h dissect.ARPHeader) {
	s := ifc.stack
	if !ifc.roomForControl() {
		return
	}
	eth := dissect.EthernetHeader{Dst: to, Src: ifc.mac, Type: dissect.EtherTypeARP}
	b := h.Append(eth.Append(s.control[:0]))
	ifc.push(b)
}
