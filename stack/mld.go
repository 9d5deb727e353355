package stack

import (
	"encoding/binary"
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// Multicast Listener Discovery, the host's side: routers, and switches that listen in, learn which groups are wanted here
// (RFC 3810; RFC 2710 while a router of that age asks). All sources are wanted of every group, so that the filter is always
// "exclude none".

const (
	mldRobustness     = 2                          // RFC 3810 section 9.1
	mldRepeatInterval = time.Second                // section 9.11: changes are repeated within this time
	mldV1Timeout      = (2*125 + 10) * time.Second // section 9.12: an older querier is believed to be there for this long
	mldV1Repeat       = 10 * time.Second           // RFC 2710 section 7.10
)

// listener is what an interface knows of the routers that ask.
type listener struct {
	ifc     *Interface
	timer   timer // when a general query of version 2 has to be answered
	v1Until Time  // version 1 is spoken until then
	leaving []*reporter
}

// maxLeaving bounds the groups that were left and whose end is being reported.
const maxLeaving = 64

func (l *listener) init(ifc *Interface) {
	l.ifc = ifc
	l.timer = makeTimer(l)
}

func (l *listener) v1() bool { return l.ifc.stack.now < l.v1Until }

// reporter tells of one group.
type reporter struct {
	group   *group
	timer   timer
	changes int  // reports of the last change that are still to be sent
	next    Time // when the next of them is due
	answer  Time // when a query has to be answered
	gone    bool // the group was left
}

func (r *reporter) init(g *group) {
	r.group = g
	r.timer = makeTimer(r)
	r.answer = Never
}

// reported reports whether routers are to know of a group: not of ff02::1, nor of what stays inside (RFC 3810 section 6).
func (ifc *Interface) reported(a netip.Addr) bool {
	return ifc.ethernet && a != allNodes6 && !staysInside(a)
}

// joined has the new group reported.
func (r *reporter) joined() {
	ifc := r.group.ifc
	if !ifc.reported(r.group.addr) {
		return
	}
	for i, o := range ifc.mld.leaving {
		if o.group.addr == r.group.addr { // its end is no news any more
			ifc.stack.timers.stop(&o.timer)
			ifc.mld.forget(i)
			break
		}
	}
	r.change()
}

// left has the end of the group reported.
func (r *reporter) left() {
	ifc := r.group.ifc
	ifc.stack.timers.stop(&r.timer)
	if !ifc.reported(r.group.addr) {
		return
	}
	l := &ifc.mld
	if len(l.leaving) == maxLeaving {
		ifc.stack.timers.stop(&l.leaving[0].timer)
		l.forget(0)
	}
	l.leaving = append(l.leaving, r)
	r.gone, r.answer = true, Never
	r.change()
}

func (l *listener) forget(i int) { l.leaving = append(l.leaving[:i], l.leaving[i+1:]...) }

// change starts the reports of a change: the first in this Poll or the following one, the others at random times (RFC 3810
// section 6.1).
func (r *reporter) change() {
	r.changes, r.next = mldRobustness, r.group.ifc.stack.now
	r.schedule()
}

// expire is the timer.
func (r *reporter) expire(now Time) {
	ifc := r.group.ifc
	s, l := ifc.stack, &ifc.mld
	if r.changes > 0 && now >= r.next {
		r.changes--
		interval := mldRepeatInterval
		switch {
		case !l.v1():
			t := dissect.MLDToExclude
			if r.gone {
				t = dissect.MLDToInclude
			}
			ifc.sendReport(t, r.group.addr)
		case r.gone:
			ifc.sendMLD1(dissect.ICMPv6MLDDone, allRouters6, r.group.addr)
			r.changes = 0
		default:
			ifc.sendMLD1(dissect.ICMPv6MLDReport, r.group.addr, r.group.addr)
			interval = mldV1Repeat
		}
		r.next = now.Add(s.random.below(interval))
	}
	if now >= r.answer {
		r.answer = Never
		if l.v1() {
			ifc.sendMLD1(dissect.ICMPv6MLDReport, r.group.addr, r.group.addr)
		} else {
			ifc.sendReport(dissect.MLDIsExclude, r.group.addr)
		}
	}
	if r.changes == 0 && r.gone {
		for i, o := range l.leaving {
			if o == r {
				l.forget(i)
				break
			}
		}
		return
	}
	r.schedule()
}

func (r *reporter) schedule() {
	at := r.answer
	if r.changes > 0 {
		at = min(at, r.next)
	}
	r.group.ifc.stack.timers.set(&r.timer, at)
}

// expire answers a general query for all groups at once.
func (l *listener) expire(Time) {
	var groups []netip.Addr
	for _, g := range l.ifc.groups {
		if l.ifc.reported(g.addr) {
			groups = append(groups, g.addr)
		}
	}
	l.ifc.sendReport(dissect.MLDIsExclude, groups...)
}

// reportAll reports every group anew: what was reported without a link-local address has been passed over by routers
// (RFC 3590 section 4).
func (ifc *Interface) reportAll() {
	for _, g := range ifc.groups {
		if ifc.reported(g.addr) {
			g.report.change()
		}
	}
}

// mldQuery processes a query (RFC 3810 section 6.2). Its code is not looked at, and it may have come to any address.
func (s *Stack) mldQuery(p *inbound, m dissect.ICMPv6) {
	ifc := p.ifc
	if !isLinkLocal(p.src) || p.ttl != 1 || !p.alert || ifc.loopback {
		s.drop(ifc, &s.counters.MLDInvalid)
		return
	}
	s.counters.MLDReceived++
	l := &ifc.mld
	v1 := len(m) == dissect.MLDLen
	q := dissect.MLD(m)
	delay := time.Duration(q.MaxDelay()) * time.Millisecond
	if v1 {
		l.v1Until = s.now.Add(mldV1Timeout)
		s.timers.set(&l.timer, Never)
	} else {
		delay = time.Duration(dissect.MLDv2Query(m).MaxDelay()) * time.Millisecond
	}
	at := func() Time { return s.now.Add(s.random.below(max(delay, time.Millisecond))) }
	switch g := q.Group(); {
	case g.IsUnspecified() && !l.v1():
		if t := at(); t < l.timer.at {
			s.timers.set(&l.timer, t)
		}
	case g.IsUnspecified():
		for _, o := range ifc.groups {
			if ifc.reported(o.addr) {
				o.report.askedFor(at())
			}
		}
	default:
		// A query about some sources of a group is answered like one about all: we exclude none.
		if o := ifc.groupOf(g); o != nil && ifc.reported(g) {
			if t := at(); t < l.timer.at {
				o.report.askedFor(t)
			}
		}
	}
}

// askedFor has a query answered at t, unless an answer is due before that.
func (r *reporter) askedFor(t Time) {
	if t < r.answer {
		r.answer = t
		r.schedule()
	}
}

// mldReport hears the report of another member: in version 1 that makes ours needless (RFC 2710 section 4).
func (s *Stack) mldReport(p *inbound, m dissect.ICMPv6) {
	s.counters.MLDReceived++
	if g := p.ifc.groupOf(dissect.MLD(m).Group()); g != nil && p.ifc.mld.v1() && isLinkLocal(p.src) {
		g.report.answer = Never
		g.report.schedule()
	}
}

// sendReport sends records of type t for the groups, in as many reports as the MTU asks for.
func (ifc *Interface) sendReport(t dissect.MLDRecordType, groups ...netip.Addr) {
	most := (ifc.mtu6 - dissect.IPv6HeaderLen - alertLen - dissect.MLDv2ReportLen) / dissect.MLDRecordHeaderLen
	for len(groups) > 0 {
		n := min(len(groups), most)
		b := append(ifc.alert(), uint8(dissect.ICMPv6MLDv2Report), 0, 0, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(n))
		for _, g := range groups[:n] {
			a := g.As16()
			b = append(append(b, uint8(t), 0, 0, 0), a[:]...)
		}
		ifc.sendAlert(mldRouters6, b)
		groups = groups[n:]
	}
}

// sendMLD1 sends a message of version 1.
func (ifc *Interface) sendMLD1(t dissect.ICMPv6Type, to, about netip.Addr) {
	a := about.As16()
	ifc.sendAlert(to, append(append(ifc.alert(), uint8(t), 0, 0, 0, 0, 0, 0, 0), a[:]...))
}

// alertLen is the length of a Hop-by-Hop header with a Router Alert option.
const alertLen = 8

// alert starts an MLD message: with the option that has routers look at it (RFC 3810 section 5).
func (ifc *Interface) alert() []byte {
	h := dissect.IPv6OptionsHeader{NextHeader: dissect.ProtoICMPv6}
	h.Options.AddRouterAlert(dissect.RouterAlertMLD)
	return h.Append(make([]byte, 0, 128))
}

func (ifc *Interface) sendAlert(dst netip.Addr, b []byte) {
	s := ifc.stack
	src := ifc.linkLocal()
	m := dissect.ICMPv6(b[alertLen:])
	m.FillChecksum(dissect.PseudoHeaderSum(src, dst, dissect.ProtoICMPv6, len(m)))
	s.counters.MLDReports++
	s.sendControl(&packet{
		path: path{ifc, dst, src}, dst: dst, proto: dissect.ProtoHopByHop, ttl: 1, df: true, payload: [2][]byte{b},
	})
}
