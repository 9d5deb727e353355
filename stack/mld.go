package stack

import (
	"encoding/binary"
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// mldReports are the messages of Multicast Listener Discovery (RFC 3810; RFC 2710 while a router of that age asks).
type mldReports struct{}

// reported leaves out ff02::1 and what stays inside (RFC 3810 section 6).
func (mldReports) reported(ifc *Interface, a netip.Addr) bool {
	return ifc.ethernet && a != allNodes6 && !staysInside(a)
}

// mldQuery processes a query (RFC 3810 section 6.2). Its code is not looked at, and it may have come to any address.
func (s *Stack) mldQuery(p *inbound, m dissect.ICMPv6) {
	ifc := p.ifc
	if !isLinkLocal(p.src) || p.ttl != 1 || !p.alert || ifc.loopback {
		s.drop(ifc, &s.counters.MLDInvalid)
		return
	}
	s.counters.MLDReceived++
	q, version, delay := dissect.MLD(m), newestVersion, 0
	if len(m) == dissect.MLDLen {
		version, delay = newestVersion-1, int(q.MaxDelay())
	} else {
		delay = int(dissect.MLDv2Query(m).MaxDelay())
	}
	ifc.mld.query(version, q.Group(), time.Duration(delay)*time.Millisecond)
}

// mldReport hears the report of another member.
func (s *Stack) mldReport(p *inbound, m dissect.ICMPv6) {
	s.counters.MLDReceived++
	if isLinkLocal(p.src) {
		p.ifc.mld.heard(dissect.MLD(m).Group())
	}
}

// records sends as many reports of version 2 as the MTU asks for.
func (mldReports) records(ifc *Interface, t dissect.MLDRecordType, groups []netip.Addr) bool {
	most := (ifc.mtu6 - dissect.IPv6HeaderLen - alertLen - dissect.MLDv2ReportLen) / dissect.MLDRecordHeaderLen
	for len(groups) > 0 {
		n := min(len(groups), most)
		b := append(ifc.alert(), uint8(dissect.ICMPv6MLDv2Report), 0, 0, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
		for _, g := range groups[:n] {
			a := g.As16()
			b = append(append(b, uint8(t), 0, 0, 0), a[:]...)
		}
		if !ifc.sendAlert(mldRouters6, b) {
			return false
		}
		groups = groups[n:]
	}
	return true
}

func (mldReports) member(ifc *Interface, _ int, group netip.Addr) bool {
	return ifc.sendMLD1(dissect.ICMPv6MLDReport, group, group)
}

func (mldReports) leave(ifc *Interface, _ int, group netip.Addr) bool {
	return ifc.sendMLD1(dissect.ICMPv6MLDDone, allRouters6, group)
}

// sendMLD1 sends a message of version 1.
func (ifc *Interface) sendMLD1(t dissect.ICMPv6Type, to, about netip.Addr) bool {
	a := about.As16()
	return ifc.sendAlert(to, append(append(ifc.alert(), uint8(t), 0, 0, 0, 0, 0, 0, 0), a[:]...))
}

// alertLen is the length of a Hop-by-Hop header with a Router Alert option.
const alertLen = 8

// alert starts an MLD message: with the option that has routers look at it (RFC 3810 section 5).
func (ifc *Interface) alert() []byte {
	h := dissect.IPv6OptionsHeader{NextHeader: dissect.ProtoICMPv6}
	h.Options.AddRouterAlert(dissect.RouterAlertMLD)
	return h.Append(make([]byte, 0, 128))
}

func (ifc *Interface) sendAlert(dst netip.Addr, b []byte) bool {
	s := ifc.stack
	if !ifc.roomForControl() {
		return false
	}
	src := ifc.linkLocal()
	m := dissect.ICMPv6(b[alertLen:])
	m.FillChecksum(dissect.PseudoHeaderSum(src, dst, dissect.ProtoICMPv6, len(m)))
	before := s.counters.TxErrors
	_ = s.send(&packet{
		path: path{ifc, dst, src}, dst: dst, proto: dissect.ProtoHopByHop, ttl: 1, df: true, payload: [2][]byte{b},
	}) // counted where it failed
	if s.counters.TxErrors != before {
		return false
	}
	s.counters.MLDReports++
	return true
}
