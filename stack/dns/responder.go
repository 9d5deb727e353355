package dns

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"smoltcp/dissect"
)

// Times of a Responder (RFC 6762).
const (
	probeDelay    = 250 * time.Millisecond       // section 8.1: before the first probe at most
	probeInterval = Time(250 * time.Millisecond) // between probes, and behind the last
	probes        = 3
	tieDelay      = Time(time.Second) // section 8.2: after losing to another that probes
	announceGap   = Time(time.Second) // section 8.3
	announcements = 2
	sameRecord    = Time(time.Second) // section 6: between two times that a record goes to a group

	manyConflicts, conflictSpan, conflictDelay = 15, Time(10 * time.Second), Time(5 * time.Second) // section 8.1

	truncatedLow, truncatedHigh = 400 * time.Millisecond, 500 * time.Millisecond // section 7.2
)

// maxDelayed bounds the questions whose known answers are still to come; more are answered without them.
const maxDelayed = 16

// messageSize is the most bytes of a message to a group, so that no path fragments it (RFC 6762 section 17).
const messageSize = 1200

// ResponderConfig is how a Responder behaves. A zero field means its default.
type ResponderConfig struct {
	Name string        // of the host: one label, with or without .local
	TTL  time.Duration // of its records, 2 minutes by default (RFC 6762 section 10)
	Rand io.Reader     // where delays come from; it must be there
}

// Datagram is what a Responder sends, with a hop limit of 255 from MulticastPort: to a group on its interface, or to one host.
type Datagram struct {
	To   netip.AddrPort
	Data []byte
}

// ResponderEvent is what a responder found out.
type ResponderEvent uint8

const (
	Claimed  ResponderEvent = iota // the name is ours
	Renamed                        // it was another's: Responder.Name is the new one
	Conflict                       // somebody uses the name that was ours: it is probed again
)

func (e ResponderEvent) String() string { return [...]string{"claimed", "renamed", "conflict"}[e] }

// responderState is what a responder is about.
type responderState uint8

const (
	idle responderState = iota // without addresses, or closed
	probing
	announcing
	ready
)

// delayed is a question whose known answers come in further messages.
type delayed struct {
	from netip.AddrPort
	at   Time
	set  []Record
	to   netip.AddrPort // not valid for the groups
}

// Responder answers for a host's name and addresses on one interface: multicast DNS (RFC 6762). It is a machine without sockets
// and clock: doc.go says how it is driven. It is not safe for concurrent use.
type Responder struct {
	rand     random
	ttl      uint32
	base     string // the first label, as it was wanted
	number   int    // behind it, after conflicts
	name     Name
	prefixes links

	state     responderState
	count     int  // probes or announcements sent
	timer     Time // of the next
	conflicts []Time
	sent      map[string]Time // when each record went to a group, by type and data
	delayed   []delayed
	out       []Datagram
	events    []ResponderEvent
}

// NewResponder makes a responder. It begins when SetAddrs gives it addresses. The error is ErrBadName.
func NewResponder(cfg ResponderConfig) (*Responder, error) {
	name, err := ParseName(cfg.Name)
	if err != nil {
		return nil, err
	}
	if name.Within(localZone) {
		name = name[:len(name)-len(localZone)] + Root
	}
	if name.Labels() != 1 {
		return nil, ErrBadName
	}
	m := &Responder{rand: random{cfg.Rand}, base: string(name[1 : len(name)-1]), number: 1, sent: map[string]Time{}}
	m.ttl = uint32(cmp.Or(cfg.TTL, 2*time.Minute) / time.Second)
	m.setName()
	return m, nil
}

// setName makes the name from base and number: a second host becomes base-2.
func (m *Responder) setName() {
	label := m.base
	if m.number > 1 {
		suffix := fmt.Sprintf("-%d", m.number)
		label = strings.ToValidUTF8(label[:min(len(label), maxLabel-len(suffix))], "") + suffix
	}
	m.name = Name(append([]byte{byte(len(label))}, label...)) + localZone
	clear(m.sent)
}

// Name is the name, with .local. It changes when another host has it.
func (m *Responder) Name() Name { return m.name }

// SetAddrs says which addresses the interface has, with their prefixes. The first ones start the probing, others are announced, and
// those that went are taken back.
func (m *Responder) SetAddrs(now Time, prefixes []netip.Prefix) {
	if slices.Equal(m.prefixes, prefixes) {
		return
	}
	old := m.records()
	m.prefixes = slices.Clone(prefixes)
	switch {
	case m.state == idle:
		m.Restart(now)
		return
	case m.state >= announcing:
		current := m.records()
		gone := slices.DeleteFunc(old, func(r Record) bool { return contains(current, r) })
		m.goodbye(gone)
		m.state, m.count, m.timer = announcing, 0, now
	}
	if len(prefixes) == 0 {
		m.state, m.delayed = idle, nil
	}
}

// Restart begins anew: for a link that came up, since the name may be another's there (RFC 6762 section 8).
func (m *Responder) Restart(now Time) {
	m.delayed = nil
	if len(m.prefixes) == 0 {
		m.state = idle
		return
	}
	m.probe(now + m.rand.between(0, probeDelay))
}

// probe begins to probe at a time.
func (m *Responder) probe(at Time) {
	m.state, m.count, m.timer, m.delayed = probing, 0, at, nil
}

// Close takes the records back (RFC 6762 section 10.1). SetAddrs starts it again, given other addresses.
func (m *Responder) Close() {
	if m.state >= announcing {
		m.goodbye(m.records())
	}
	m.state, m.prefixes, m.delayed = idle, nil, nil
}

func (m *Responder) goodbye(records []Record) {
	gone := slices.Clone(records)
	for i := range gone {
		gone[i].TTL = 0
	}
	m.toGroups(gone, nil)
}

// Output gives the next datagram to send. The driver asks until there is none, after every other call.
func (m *Responder) Output() (Datagram, bool) {
	if len(m.out) == 0 {
		return Datagram{}, false
	}
	d := m.out[0]
	m.out = slices.Delete(m.out, 0, 1)
	return d, true
}

// Event gives the next event. The driver asks until there is none, after every other call.
func (m *Responder) Event() (ResponderEvent, bool) {
	if len(m.events) == 0 {
		return 0, false
	}
	e := m.events[0]
	m.events = slices.Delete(m.events, 0, 1)
	return e, true
}

// Deadline is when Advance has something to do; false if only a message or a call brings anything.
func (m *Responder) Deadline() (at Time, ok bool) {
	if m.state == probing || m.state == announcing {
		at, ok = m.timer, true
	}
	for _, d := range m.delayed {
		if !ok || d.at < at {
			at, ok = d.at, true
		}
	}
	return at, ok
}

// Advance does what is due.
func (m *Responder) Advance(now Time) {
	m.delayed = slices.DeleteFunc(m.delayed, func(d delayed) bool {
		if now < d.at {
			return false
		}
		m.reply(now, d.set, d.to, sameRecord)
		return true
	})
	switch {
	case m.state == probing && now >= m.timer:
		if m.count < probes {
			m.count++
			m.timer = now + probeInterval
			m.sendProbe()
			return
		}
		m.events = append(m.events, Claimed)
		m.state, m.count = announcing, 0
		fallthrough
	case m.state == announcing && now >= m.timer:
		m.count++
		m.timer = now + announceGap
		records := m.records()
		m.mark(now, records)
		m.toGroups(records, nil)
		if m.count == announcements {
			m.state = ready
		}
	}
}

// records are those that the host has: its addresses, and its name for each of them.
func (m *Responder) records() (list []Record) {
	for _, p := range m.prefixes {
		a := p.Addr().Unmap()
		t := dissect.DNSTypeAAAA
		if a.Is4() {
			t = dissect.DNSTypeA
		}
		list = append(list, Record{m.name, t, dissect.DNSClassIN | topBit, m.ttl, a.AsSlice()})
	}
	for _, p := range m.prefixes {
		list = append(list, Record{Reverse(p.Addr()), dissect.DNSTypePTR, dissect.DNSClassIN | topBit, m.ttl, []byte(m.name)})
	}
	return list
}

// nsec says which types a name of ours has (RFC 6762 section 6.1).
func (m *Responder) nsec(name Name) Record {
	var types []Type
	for _, r := range m.records() {
		if r.Name.Equal(name) && !slices.Contains(types, r.Type) {
			types = append(types, r.Type)
		}
	}
	return Record{name, dissect.DNSTypeNSEC, dissect.DNSClassIN | topBit, m.ttl, appendTypeSet([]byte(name), types...)}
}

// same reports whether two records say the same; TTLs and the top bit do not count.
func same(a, b Record) bool {
	return a.Type == b.Type && a.Class&^topBit == b.Class&^topBit && a.Name.Equal(b.Name) &&
		(bytes.Equal(a.Data, b.Data) || a.Type == dissect.DNSTypePTR && Name(a.Data).Equal(Name(b.Data)))
}

func contains(list []Record, r Record) bool {
	return slices.ContainsFunc(list, func(o Record) bool { return same(o, r) })
}

// sendProbe asks whether anybody has the name, and says what it would be (RFC 6762 section 8.1).
func (m *Responder) sendProbe() {
	q := Message{Questions: []Question{{m.name, TypeANY, dissect.DNSClassIN | topBit}}}
	for _, r := range m.records() {
		if r.Type != dissect.DNSTypePTR { // the reverse names are ours as the addresses are
			r.Class &^= topBit
			q.Authority = append(q.Authority, r)
		}
	}
	m.multicast(q.Append(nil))
}

// multicast sends a message to the groups of the families that the interface has addresses of.
func (m *Responder) multicast(b []byte) {
	for _, group := range [...]netip.AddrPort{Group4, Group6} {
		if slices.ContainsFunc(m.prefixes, func(p netip.Prefix) bool { return p.Addr().Unmap().Is4() == group.Addr().Is4() }) {
			m.out = append(m.out, Datagram{group, slices.Clone(b)})
		}
	}
}

// toGroups sends records to the groups, in as many messages as it takes.
func (m *Responder) toGroups(answer, additional []Record) {
	var r Message
	r.Header = dissect.DNSHeader{Response: true, Authoritative: true}
	size := dissect.DNSHeaderLen
	flush := func() {
		if len(r.Answer) > 0 {
			m.multicast(r.Append(nil))
		}
		r.Answer, r.Additional, size = nil, nil, dissect.DNSHeaderLen
	}
	for _, a := range answer {
		n := len(a.Append(nil))
		if size+n > messageSize {
			flush()
		}
		r.Answer, size = append(r.Answer, a), size+n
	}
	for _, a := range additional {
		if n := len(a.Append(nil)); size+n <= messageSize {
			r.Additional, size = append(r.Additional, a), size+n
		}
	}
	flush()
}

func recordKey(r Record) string { return string(r.Name.fold()) + r.Type.String() + string(r.Data) }

// mark notes that records go to the groups now.
func (m *Responder) mark(now Time, records []Record) {
	for _, r := range records {
		m.sent[recordKey(r)] = now
	}
	// What was said of addresses that are gone.
	for k, at := range m.sent {
		if now-at > Time(m.ttl)*Time(time.Second) {
			delete(m.sent, k)
		}
	}
}

// Receive takes a message that came to MulticastPort, and who sent it. It reports whether it meant anything to us.
func (m *Responder) Receive(now Time, from netip.AddrPort, b []byte) bool {
	d := dissect.DNS(b)
	// Off the link nobody is asked or believed (section 11), and codes are for other times (sections 18.3 and 18.11).
	if m.state == idle || !m.prefixes.have(from.Addr()) || d.Check() != nil || d.Opcode() != dissect.DNSOpQuery || d.Rcode() != 0 {
		return false
	}
	message, err := ParseMessage(b)
	if err != nil {
		return false
	}
	if !d.Response() {
		return m.query(now, from, message)
	}
	if from.Port() != MulticastPort {
		return false
	}
	return m.response(now, append(message.Answer, message.Additional...))
}

// response looks for conflicts in what others say (RFC 6762 sections 8.1 and 9).
func (m *Responder) response(now Time, records []Record) bool {
	ours, meant := m.records(), false
	for _, r := range records {
		if r.Class&^topBit != dissect.DNSClassIN || r.TTL == 0 {
			continue
		}
		if contains(ours, r) {
			// Somebody said what we were about to say (section 7.4).
			for i := range m.delayed {
				d := &m.delayed[i]
				if !d.to.IsValid() && r.TTL >= m.ttl {
					d.set = slices.DeleteFunc(d.set, func(o Record) bool { return same(o, r) })
					meant = true
				}
			}
			continue
		}
		if !r.Name.Equal(m.name) || r.Type == dissect.DNSTypeNSEC {
			continue
		}
		switch {
		case m.state == probing && m.count == 0:
			// Whoever has the name says so when the probe asks; so a flood cannot make us run through names.
		case m.state == probing:
			m.rename(now)
			return true
		case slices.ContainsFunc(ours, func(o Record) bool { return o.Type == r.Type && o.Name.Equal(r.Name) }):
			m.events = append(m.events, Conflict)
			m.probe(m.afterConflict(now))
			return true
		}
	}
	return meant
}

// rename takes the next name and probes for it.
func (m *Responder) rename(now Time) {
	m.number++
	m.setName()
	m.events = append(m.events, Renamed)
	m.probe(m.afterConflict(now))
}

// afterConflict is when to probe again: at once, unless there were many conflicts.
func (m *Responder) afterConflict(now Time) Time {
	if m.conflicts = append(m.conflicts, now); len(m.conflicts) > manyConflicts {
		m.conflicts = slices.Delete(m.conflicts, 0, 1)
	}
	if len(m.conflicts) == manyConflicts && now-m.conflicts[0] <= conflictSpan {
		return now + conflictDelay
	}
	return now
}

// query answers questions (RFC 6762 section 6).
func (m *Responder) query(now Time, from netip.AddrPort, q *Message) bool {
	legacy := from.Port() != MulticastPort
	if m.state == probing {
		return !legacy && m.tieBreak(now, q)
	}
	if len(q.Questions) == 0 {
		return m.moreKnown(now, from, q)
	}
	var toGroup, toOne []Record
	for _, question := range q.Questions {
		set := m.answers(question)
		if question.Class&topBit != 0 || legacy {
			toOne = union(toOne, set)
		} else {
			toGroup = union(toGroup, set)
		}
	}
	meant := len(toGroup)+len(toOne) > 0
	toGroup, toOne = m.unknown(toGroup, q.Answer), m.unknown(toOne, q.Answer)
	if !meant {
		return false
	}
	if legacy {
		m.legacyReply(q, from, toOne)
		return true
	}
	if q.Header.Truncation && len(m.delayed)+1 < maxDelayed {
		at := now + m.rand.between(truncatedLow, truncatedHigh)
		if len(toGroup) > 0 {
			m.delayed = append(m.delayed, delayed{from, at, toGroup, netip.AddrPort{}})
		}
		if len(toOne) > 0 {
			m.delayed = append(m.delayed, delayed{from, at, toOne, from})
		}
		return true
	}
	gap := sameRecord
	if len(q.Authority) > 0 {
		gap = probeInterval // a defence cannot wait
	}
	m.reply(now, toGroup, netip.AddrPort{}, gap)
	m.reply(now, toOne, from, gap)
	return true
}

// union appends to a list what it lacks of another.
func union(list, more []Record) []Record {
	for _, r := range more {
		if !contains(list, r) {
			list = append(list, r)
		}
	}
	return list
}

// answers are our records for a question, or the one that says that there are none of its type.
func (m *Responder) answers(q Question) (set []Record) {
	if class := q.Class &^ topBit; class != dissect.DNSClassIN && class != dissect.DNSClassAny {
		return nil
	}
	ours := false
	for _, r := range m.records() {
		if r.Name.Equal(q.Name) {
			ours = true
			if q.Type == r.Type || q.Type == TypeANY {
				set = append(set, r)
			}
		}
	}
	if ours && len(set) == 0 {
		set = append(set, m.nsec(q.Name.fold()))
	}
	return set
}

// unknown takes out of a set what the asker knows already, with at least half of its time left (RFC 6762 section 7.1).
func (m *Responder) unknown(set, known []Record) []Record {
	return slices.DeleteFunc(set, func(r Record) bool {
		return slices.ContainsFunc(known, func(k Record) bool { return same(k, r) && k.TTL >= r.TTL/2 })
	})
}

// moreKnown takes the known answers that did not fit the message with the question.
func (m *Responder) moreKnown(now Time, from netip.AddrPort, q *Message) bool {
	meant := false
	for i := range m.delayed {
		if d := &m.delayed[i]; d.from == from {
			d.set = m.unknown(d.set, q.Answer)
			meant = true
			if q.Header.Truncation {
				d.at = now + m.rand.between(truncatedLow, truncatedHigh)
			}
		}
	}
	return meant
}

// reply sends a set of records to the groups, those that did not go there within gap; or to one host, those that the groups heard
// within a quarter of their time, and the others to the groups instead (RFC 6762 sections 5.4 and 6).
func (m *Responder) reply(now Time, set []Record, to netip.AddrPort, gap Time) {
	var toGroup, toOne []Record
	for _, r := range set {
		at, sent := m.sent[recordKey(r)]
		switch {
		case to.IsValid() && sent && now-at < Time(m.ttl)*Time(time.Second)/4:
			toOne = append(toOne, r)
		case !sent || now-at >= gap:
			toGroup = append(toGroup, r)
		}
	}
	if len(toGroup) > 0 {
		more := m.additional(toGroup)
		m.mark(now, toGroup)
		m.toGroups(toGroup, more)
	}
	if len(toOne) > 0 {
		r := Message{Header: dissect.DNSHeader{Response: true, Authoritative: true}, Answer: toOne, Additional: m.additional(toOne)}
		m.out = append(m.out, Datagram{to, r.Append(nil)})
	}
}

// additional are the addresses of the other family, or that there are none (RFC 6762 section 6.2).
func (m *Responder) additional(set []Record) (more []Record) {
	named := func(r Record) bool { return r.Name.Equal(m.name) && r.Type != dissect.DNSTypeNSEC }
	if !slices.ContainsFunc(set, named) {
		return nil
	}
	both := 0
	for _, t := range [...]Type{dissect.DNSTypeA, dissect.DNSTypeAAAA} {
		has := false
		for _, r := range m.records() {
			if r.Type == t {
				has = true
				if !contains(set, r) {
					more = append(more, r)
				}
			}
		}
		if has {
			both++
		}
	}
	if both < 2 {
		more = append(more, m.nsec(m.name))
	}
	return more
}

// legacyReply answers a program that knows plain DNS alone: as that does, and for ten seconds (RFC 6762 section 6.7).
func (m *Responder) legacyReply(q *Message, to netip.AddrPort, set []Record) {
	if len(set) == 0 {
		return
	}
	r := Message{Header: dissect.DNSHeader{ID: q.Header.ID, Response: true, Authoritative: true}, Answer: set, Additional: m.additional(set)}
	for _, question := range q.Questions {
		if len(m.answers(question)) > 0 {
			r.Questions = append(r.Questions, question)
		}
	}
	for _, list := range [...][]Record{r.Answer, r.Additional} {
		for i := range list {
			list[i].Class &^= topBit
			list[i].TTL = min(list[i].TTL, uint32(legacyTTL/time.Second))
		}
	}
	m.out = append(m.out, Datagram{to, r.Append(nil)})
}

// tieBreak looks at the probe of another host for the same name: the one whose records come later in order wins (RFC 6762 section 8.2).
func (m *Responder) tieBreak(now Time, q *Message) bool {
	mine := slices.DeleteFunc(m.records(), func(r Record) bool { return r.Type == dissect.DNSTypePTR })
	var theirs []Record
	for _, r := range q.Authority {
		if r.Name.Equal(m.name) {
			theirs = append(theirs, r)
		}
	}
	if len(theirs) == 0 {
		return false
	}
	order := func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Class&^topBit, b.Class&^topBit), cmp.Compare(a.Type, b.Type), bytes.Compare(a.Data, b.Data))
	}
	slices.SortFunc(mine, order)
	slices.SortFunc(theirs, order)
	if slices.CompareFunc(mine, theirs, order) < 0 {
		m.probe(now + tieDelay)
	}
	return true
}
