package stack

import (
	"encoding/binary"
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// igmpReports are the messages of the Internet Group Management Protocol: version 3 (RFC 3376), and version 2 (RFC 2236) or 1
// (RFC 1112 appendix I) while a router of that age asks.
type igmpReports struct{}

const (
	igmpV1Timeout = 400 * time.Second // RFC 2236 section 8.11
	igmpV1Delay   = 10 * time.Second  // RFC 2236 section 4: what a query of version 1 leaves unsaid
	igmpTick      = time.Second / 10  // what response times are counted in

	igmpDSCP = 0xc0 >> 2 // RFC 3376 section 4: internetwork control
)

// Groups that IGMP uses itself.
var (
	allHosts4    = netip.AddrFrom4([4]byte{224, 0, 0, 1}) // joined always, and never reported
	allRouters4  = netip.AddrFrom4([4]byte{224, 0, 0, 2})
	igmpRouters4 = netip.AddrFrom4([4]byte{224, 0, 0, 22}) // those that understand IGMPv3
)

// reported leaves out 224.0.0.1 (RFC 2236 section 6, RFC 3376 section 6).
func (igmpReports) reported(ifc *Interface, a netip.Addr) bool {
	return !ifc.loopback && a != allHosts4
}

// igmp processes a message (RFC 3376 section 5.2).
func (s *Stack) igmp(p *inbound) {
	ifc, m := p.ifc, dissect.IGMP(p.payload)
	if m.CheckWhole() != nil || !m.ChecksumOK() || ifc.loopback {
		s.drop(ifc, &s.counters.IGMPInvalid)
		return
	}
	switch m.Type() {
	case dissect.IGMPQuery:
		if !s.igmpQuery(p, m) {
			s.drop(ifc, &s.counters.IGMPInvalid)
			return
		}
	case dissect.IGMPReportV1, dissect.IGMPReportV2:
		if p.dst == m.Group() {
			ifc.igmp.heard(m.Group())
		}
	}
	s.counters.IGMPReceived++
}

// igmpQuery processes a query and reports whether it is one. How the response time reads depends on the length (RFC 3376 section
// 7.1). Queries of version 2 and 3 need a Router Alert, and general ones to a group the right group (section 9.1), else anybody in the
// Internet could ask.
func (s *Stack) igmpQuery(p *inbound, m dissect.IGMP) bool {
	version, about, delay := m.Version(), m.Group(), time.Duration(m.MaxResp())*igmpTick
	switch {
	case len(m) > dissect.IGMPLen && len(m) < dissect.IGMPv3QueryLen:
		return false
	case version == 3:
		delay = time.Duration(dissect.IGMPTime(m.MaxResp())) * igmpTick
	case version == 1: // its group is not looked at (RFC 1112 appendix I)
		about, delay = any4, igmpV1Delay
	}
	switch {
	case version > 1 && !hasRouterAlert(p.packet):
		return false
	case about.IsUnspecified() && p.dst.IsMulticast() && p.dst != allHosts4:
		return false
	case !about.IsUnspecified() && !about.IsMulticast():
		return false
	}
	p.ifc.igmp.query(version, about, delay)
	return true
}

// hasRouterAlert reports whether a packet asks routers to look at it (RFC 2113).
func hasRouterAlert(ip dissect.IPv4) bool {
	for b := ip.Options(); len(b) > 0; {
		o, rest, err := dissect.NextIPv4Option(b)
		if err != nil || o.Type() == dissect.IPv4OptEnd {
			break
		}
		if o.Type() == dissect.IPv4OptRouterAlert {
			return true
		}
		b = rest
	}
	return false
}

// records sends as many reports of version 3 as the MTU asks for.
func (igmpReports) records(ifc *Interface, t dissect.IGMPRecordType, groups []netip.Addr) bool {
	most := (ifc.mtu - dissect.IPv4MinHeaderLen - len(routerAlert) - dissect.IGMPv3ReportLen) / dissect.IGMPRecordHeaderLen
	for len(groups) > 0 {
		n := min(len(groups), most)
		m := append(make([]byte, 0, dissect.IGMPv3ReportLen+n*dissect.IGMPRecordHeaderLen), uint8(dissect.IGMPReportV3), 0, 0, 0, 0, 0)
		m = binary.BigEndian.AppendUint16(m, uint16(n))
		for _, g := range groups[:n] {
			a := g.As4()
			m = append(append(m, uint8(t), 0, 0, 0), a[:]...)
		}
		if !ifc.sendIGMP(igmpRouters4, m) {
			return false
		}
		groups = groups[n:]
	}
	return true
}

func (igmpReports) member(ifc *Interface, version int, group netip.Addr) bool {
	t := dissect.IGMPReportV2
	if version == 1 {
		t = dissect.IGMPReportV1
	}
	return ifc.sendIGMP(group, oldIGMP(t, group))
}

// leave is a message of version 2: version 1 has none.
func (igmpReports) leave(ifc *Interface, version int, group netip.Addr) bool {
	return version == 1 || ifc.sendIGMP(allRouters4, oldIGMP(dissect.IGMPLeave, group))
}

// oldIGMP is a message of version 1 or 2, without its checksum.
func oldIGMP(t dissect.IGMPType, group netip.Addr) dissect.IGMP {
	a := group.As4()
	return append(dissect.IGMP{uint8(t), 0, 0, 0}, a[:]...)
}

// routerAlert is the option that has routers look at a packet (RFC 2113 section 2.1).
var routerAlert = [4]byte{uint8(dissect.IPv4OptRouterAlert), 4, 0, 0}

// sendIGMP sends a message, with TTL 1 and Router Alert (RFC 2236 section 2), and reports whether it is on its way. While there is no
// address it comes from 0.0.0.0 (RFC 3376 section 4.2.13).
func (ifc *Interface) sendIGMP(dst netip.Addr, m dissect.IGMP) bool {
	s := ifc.stack
	if !ifc.roomForControl() {
		return false
	}
	m.FillChecksum()
	h := dissect.IPv4Header{
		DSCP: igmpDSCP, DontFragment: true, TTL: 1, Protocol: dissect.ProtoIGMP, Src: ifc.sourceFor(dst), Dst: dst,
		Options: dissect.MakeIPv4Options(routerAlert[:]),
	}
	def(&h.Src, any4)
	h.TotalLen = h.HeaderLen() + len(m)
	b := s.header[:0]
	if ifc.ethernet {
		eth := dissect.EthernetHeader{Dst: multicastMAC(dst), Src: ifc.mac, Type: dissect.EtherTypeIPv4}
		b = eth.Append(b)
	}
	before := s.counters.TxErrors
	ifc.push(h.Append(b), m)
	if s.counters.TxErrors != before {
		return false
	}
	s.counters.IGMPReports++
	return true
}
