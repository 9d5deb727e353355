package stack

import "fmt"

// verify6: the interface's IPv6 addresses are in the tables that they should be in, their groups are joined, every neighbor that
// waits for something has a timer, and so has every group, of IPv4 too; what routers said stays within its bounds.
func (ifc *Interface) verify6() error {
	s := ifc.stack
	ours := 0
	for _, a := range ifc.addrs6 {
		listed := s.local(a.addr()) == ifc && ifc.has(a.addr())
		joined := ifc.groupOf(solicitedNode(a.addr())) != nil
		switch {
		case a.state == assigned:
			ours++
			if !listed || !joined {
				return fmt.Errorf("%s: %s is assigned: listed %v, group joined %v", ifc.name, a.addr(), listed, joined)
			}
			if a.valid != Never && a.timer.at > a.valid {
				return fmt.Errorf("%s: %s is valid until %v, timer %v", ifc.name, a.addr(), a.valid, a.timer.at)
			}
		case listed:
			return fmt.Errorf("%s: %s is used in state %d", ifc.name, a.addr(), a.state)
		case a.state == tentative && a.timer.at == Never && !ifc.linkDown:
			return fmt.Errorf("%s: %s stays tentative for ever", ifc.name, a.addr())
		}
	}
	for _, p := range ifc.addrs {
		if !p.Addr().Is4() {
			ours--
		}
	}
	if ours != 0 && !ifc.loopback {
		return fmt.Errorf("%s: %d IPv6 addresses more than are listed", ifc.name, ours)
	}
	for addr, n := range ifc.neighbors6.entries {
		if timed := n.timer.at != Never; n.addr != addr || n.gone || timed == (n.state == reachable || n.state == stale) {
			return fmt.Errorf("%s: neighbor %s in state %d, timer %v", ifc.name, addr, n.state, timed)
		}
		if n.waiting.len() > 0 && n.state != resolving {
			return fmt.Errorf("%s: %d packets wait for %s in state %d", ifc.name, n.waiting.len(), addr, n.state)
		}
	}
	for i, g := range ifc.groups {
		due := g.report.answer
		if g.report.changes > 0 {
			due = min(due, g.report.next)
		}
		if g.report.timer.at != due || g.report.gone || !g.own && g.users == 0 || ifc.groupOf(g.addr) != ifc.groups[i] {
			return fmt.Errorf("%s: group %s: %+v, report due at %v", ifc.name, g.addr, g.report, due)
		}
	}
	if c := ifc.auto; c != nil {
		if len(c.routes) != len(c.gateways) || len(c.routes) > maxAdvertised || len(c.prefixes) > maxAutoPrefix || len(c.servers) > maxDNSServers {
			return fmt.Errorf("%s: %d routes, %d prefixes and %d name servers from routers", ifc.name, len(c.routes), len(c.prefixes), len(c.servers))
		}
	}
	if len(ifc.redirects) > maxRedirects || max(len(ifc.igmp.leaving), len(ifc.mld.leaving)) > maxLeaving {
		return fmt.Errorf("%s: %d redirections, %d and %d groups being left", ifc.name, len(ifc.redirects), len(ifc.igmp.leaving), len(ifc.mld.leaving))
	}
	return nil
}
