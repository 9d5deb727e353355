package stack

import (
	"net/netip"

	"smoltcp/dissect"
)

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
	if ifc.claimed(&h) {
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
	if isLinkLocal4(h.SenderIP) {
		to = dissect.BroadcastMAC // so that a conflict is seen by all (RFC 3927 section 2.5)
	}
	eth := dissect.EthernetHeader{Dst: to, Src: ifc.mac, Type: dissect.EtherTypeARP}
	b := h.Append(eth.Append(s.control[:0]))
	ifc.push(b)
}
