package stack

import (
	"net/netip"

	"smoltcp/dissect"
)

// redirect4 processes an ICMP redirect from src and reports whether it is valid (RFC 1122 section 3.2.2.2). It is believed from nobody but the
// router that packets to the destination are sent to now, about a packet of ours, and for a neighbor of ours. Those for networks
// are taken as for the one host.
func (ifc *Interface) redirect4(src netip.Addr, m dissect.ICMPv4) bool {
	s := ifc.stack
	const codes = 4
	f, ok := s.quotedFlow(m.Quote())
	if !ok || m.Code() >= codes {
		return false
	}
	dst, target := f.remote.Addr(), m.Gateway()
	if !isHost(dst) || !isHost(target) || !ifc.onLink(target) || ifc.isBroadcast(target) || s.local(target) != nil {
		return false
	}
	now, err := s.route(dst, f.local.Addr(), ifc)
	if err != nil || now.ifc != ifc || now.next != src || now.next == dst {
		return false
	}
	if now.next != target {
		ifc.addRedirect(dst, target)
	}
	return true
}
