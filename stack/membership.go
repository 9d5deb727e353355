package stack

import (
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// A host tells routers, and switches that listen in, which groups it wants: by IGMP for IPv4 (igmp.go), by MLD for IPv6 (mld.go).
// MLD is IGMP in other messages, version 1 of it IGMP's 2 and version 2 IGMP's 3, so that this file serves both, and counts
// versions as IGMP does. All sources are wanted of every group, so that the filter is always "exclude none".

const (
	reportRobustness = 2                          // RFC 3376 section 8.1, RFC 3810 section 9.1: a change is reported this often
	reportInterval   = time.Second                // RFC 3376 section 8.11, RFC 3810 section 9.11: and repeated within this time
	oldReportRepeat  = 10 * time.Second           // RFC 2236 section 8.10, RFC 2710 section 7.10: in older versions within this
	oldQuerier       = (2*125 + 10) * time.Second // RFC 3376 section 8.12, RFC 3810 section 9.12: one is believed to be there

	newestVersion = 3 // the version that is spoken unless an older router asks
)

// reporting is a protocol that routers are told by.
type reporting interface {
	// records says in reports of the newest version what holds for groups. member says in those of an older
	// one that group is wanted here, leave that it is no more. They report whether that was sent.
	records(ifc *Interface, t dissect.MLDRecordType, groups []netip.Addr) bool
	member(ifc *Interface, version int, group netip.Addr) bool
	leave(ifc *Interface, version int, group netip.Addr) bool

	// reported reports whether routers on the interface are to know of a group.
	reported(ifc *Interface, group netip.Addr) bool
}

// listener is what an interface knows of the routers that ask for groups of one IP version.
type listener struct {
	ifc     *Interface
	by      reporting
	six     bool
	timer   timer               // when a general query of the newest version has to be answered
	until   [newestVersion]Time // an older version is spoken until then
	leaving []*reporter         // groups that were left, the end of which is being reported
}

// maxLeaving bounds the groups that were left and whose end is being reported.
const maxLeaving = 64

func (l *listener) init(ifc *Interface, by reporting, six bool) {
	l.ifc, l.by, l.six = ifc, by, six
	l.timer = makeTimer(l)
}

// version is the one that is spoken now: the oldest that a router spoke lately (RFC 3376 section 7.2.1, RFC 3810 section 8.2.1).
func (l *listener) version() int {
	for v, until := range l.until {
		if l.ifc.stack.now < until {
			return v
		}
	}
	return newestVersion
}

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

// listener is the one that the group belongs to.
func (r *reporter) listener() *listener {
	if r.group.addr.Is4() {
		return &r.group.ifc.igmp
	}
	return &r.group.ifc.mld
}

func (l *listener) reported(a netip.Addr) bool { return a.Is4() != l.six && l.by.reported(l.ifc, a) }

// joined has the new group reported.
func (r *reporter) joined() {
	l := r.listener()
	if !l.reported(r.group.addr) {
		return
	}
	for i, o := range l.leaving {
		if o.group.addr == r.group.addr { // its end is no news any more
			l.ifc.stack.timers.stop(&o.timer)
			l.forget(i)
			break
		}
	}
	r.change()
}

// left has the end of the group reported.
func (r *reporter) left() {
	l := r.listener()
	l.ifc.stack.timers.stop(&r.timer)
	if !l.reported(r.group.addr) {
		return
	}
	if len(l.leaving) == maxLeaving {
		l.ifc.stack.timers.stop(&l.leaving[0].timer)
		l.forget(0)
	}
	l.leaving = append(l.leaving, r)
	r.gone, r.answer = true, Never
	r.change()
}

func (l *listener) forget(i int) { l.leaving = append(l.leaving[:i], l.leaving[i+1:]...) }

// change starts the reports of a change: the first in this Poll or the following one, the others at random times (RFC 3376
// section 5.1, RFC 3810 section 6.1).
func (r *reporter) change() {
	r.changes, r.next = reportRobustness, r.group.ifc.stack.now
	r.schedule()
}

// expire is the timer. What cannot be sent is tried again soon: a join that no router heard of is lost.
func (r *reporter) expire(now Time) {
	l := r.listener()
	s := l.ifc.stack
	if r.changes > 0 && now >= r.next {
		if sent, interval := r.report(l, true); sent {
			r.changes--
			r.next = now.Add(s.random.below(interval))
		} else {
			r.next = s.retryReport()
		}
	}
	if now >= r.answer {
		r.answer = Never
		if sent, _ := r.report(l, false); !sent {
			r.answer = s.retryReport()
		}
	}
	if r.changes == 0 && r.gone {
		r.forget(l)
		return
	}
	r.schedule()
}

// report sends one report of the group, of a change or in answer to a query. interval is the time within which that of a change is
// repeated.
func (r *reporter) report(l *listener, change bool) (sent bool, interval time.Duration) {
	a := r.group.addr
	switch v := l.version(); {
	case v == newestVersion:
		t := dissect.MLDIsExclude
		if change {
			t = dissect.MLDToExclude
		}
		if r.gone {
			t = dissect.MLDToInclude
		}
		return l.by.records(l.ifc, t, []netip.Addr{a}), reportInterval
	case r.gone:
		sent = l.by.leave(l.ifc, v, a)
		if sent {
			r.changes = 1 // it is said once
		}
		return sent, reportInterval
	default:
		return l.by.member(l.ifc, v, a), oldReportRepeat
	}
}

// retryReport is when a report that could not be sent is tried again.
func (s *Stack) retryReport() Time {
	return s.now.Add(reportInterval/2 + s.random.below(reportInterval/2))
}

// forget ends the reporter of a group that was left.
func (r *reporter) forget(l *listener) {
	for i, o := range l.leaving {
		if o == r {
			l.forget(i)
			break
		}
	}
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
		if l.reported(g.addr) {
			groups = append(groups, g.addr)
		}
	}
	if !l.by.records(l.ifc, dissect.MLDIsExclude, groups) {
		l.ifc.stack.timers.set(&l.timer, l.ifc.stack.retryReport())
	}
}

// reportAll reports every group anew: what was reported from no address of this link has been passed over by routers (RFC 3590
// section 4, RFC 2236 section 10).
func (l *listener) reportAll() {
	for _, g := range l.ifc.groups {
		if l.reported(g.addr) {
			g.report.change()
		}
	}
}

// query processes a query of a version, about a group or, if that is unspecified, about all. Answers are due within delay. A query
// about some sources of a group is answered like one about all: we exclude none.
func (l *listener) query(version int, about netip.Addr, delay time.Duration) {
	s := l.ifc.stack
	if version < newestVersion {
		before, lasts := l.version(), oldQuerier
		if version == 1 {
			lasts = igmpV1Timeout
		}
		l.until[version] = s.now.Add(lasts)
		if l.version() != before {
			l.restart()
		}
	}
	at := func() Time { return s.now.Add(s.random.below(max(delay, time.Millisecond))) }
	switch {
	case about.IsUnspecified() && l.version() == newestVersion:
		if t := at(); t < l.timer.at {
			s.timers.set(&l.timer, t)
		}
	case about.IsUnspecified():
		for _, o := range l.ifc.groups {
			if l.reported(o.addr) {
				o.report.askedFor(at())
			}
		}
	default:
		if o := l.ifc.groupOf(about); o != nil && l.reported(about) {
			if t := at(); t < l.timer.at {
				o.report.askedFor(t)
			}
		}
	}
}

// restart gives up what was to be sent in a newer version than routers now turn out to speak (RFC 3376 section 7.2.1), but for
// changes that nobody was told of yet.
func (l *listener) restart() {
	s := l.ifc.stack
	s.timers.set(&l.timer, Never)
	for _, g := range l.ifc.groups {
		if l.reported(g.addr) {
			g.report.restart()
		}
	}
	kept := l.leaving[:0]
	for _, r := range l.leaving {
		if r.restart(); r.changes > 0 {
			kept = append(kept, r)
		}
	}
	clear(l.leaving[len(kept):])
	l.leaving = kept
}

func (r *reporter) restart() {
	r.answer = Never
	if r.changes < reportRobustness {
		r.changes = 0
	}
	r.schedule()
}

// askedFor has a query answered at t, unless an answer is due before that.
func (r *reporter) askedFor(t Time) {
	if t < r.answer {
		r.answer = t
		r.schedule()
	}
}

// heard takes note of the report of another member, which in older versions makes ours needless, the repeated one of a join
// too (RFC 2236 section 3, RFC 2710 section 4).
func (l *listener) heard(a netip.Addr) {
	if g := l.ifc.groupOf(a); g != nil && l.version() < newestVersion {
		g.report.restart()
	}
}
