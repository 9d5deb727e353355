package dns

import (
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// legacyTTL is how long an answer to a one-shot question counts at most (RFC 6762 section 6.7).
const legacyTTL = 10 * time.Second

const (
	multicastAgain = Time(time.Second)            // after the first question (RFC 6762 section 5.2)
	multicastGrace = Time(300 * time.Millisecond) // for the other types, once one is there
)

// topBit is the bit of a class that multicast DNS has for itself.
const topBit = dissect.DNSTopBit

// startMulticast asks the hosts of the link for all types at once: a one-shot question (RFC 6762 section 5.1).
func (r *Resolver) startMulticast(now Time, q *query) {
	q.outcomes = make([]outcome, len(q.types))
	if len(r.cfg.Groups) == 0 {
		o := outcome{name: q.name, err: ErrNoServers, multicast: true}
		r.finish(now, q, func(Type) outcome { return o })
		return
	}
	for _, group := range r.cfg.Groups {
		f := r.open(q, group, false)
		m := Message{Header: dissect.DNSHeader{ID: f.txid}}
		for _, t := range q.types {
			m.Questions = append(m.Questions, Question{q.name, t, dissect.DNSClassIN})
		}
		f.query = m.Append(nil)
		r.Counters.Queries++
		r.actions = append(r.actions, Action{OpenMulticast, f.id, f.to, slices.Clone(f.query)})
	}
	q.deadline = now + min(multicastAgain, Time(r.cfg.MulticastTimeout))
}

// multicastTimeout asks once more, and then ends.
func (r *Resolver) multicastTimeout(now Time, q *query) {
	rest := Time(r.cfg.MulticastTimeout) - multicastAgain
	if q.round == 0 && rest > 0 && !slices.ContainsFunc(q.outcomes, outcome.known) {
		q.round++
		for _, f := range q.flows {
			r.Counters.Queries++
			r.actions = append(r.actions, Action{Again, f.id, f.to, slices.Clone(f.query)})
		}
		q.deadline = now + rest
		return
	}
	r.finishMulticast(now, q)
}

// known reports whether something is known about a type.
func (o outcome) known() bool { return o.name != "" }

// finishMulticast ends a question. Types that nobody spoke of are not there, if somebody spoke of another.
func (r *Resolver) finishMulticast(now Time, q *query) {
	silence := outcome{name: q.name, err: ErrTimeout, multicast: true}
	if i := slices.IndexFunc(q.outcomes, outcome.known); i >= 0 {
		silence = outcome{name: q.name, multicast: true, server: q.outcomes[i].server, message: q.outcomes[i].message, query: q.outcomes[i].query}
	} else {
		r.Counters.Timeouts++
	}
	r.finish(now, q, func(t Type) outcome {
		if i := slices.Index(q.types, t); q.outcomes[i].known() {
			return q.outcomes[i]
		}
		return silence
	})
}

// multicastAnswer takes a message that may answer a one-shot question: it comes from the port of multicast DNS on the link, repeats
// the ID, has no response code, and if it repeats questions then ours (RFC 6762 sections 6, 6.7, 11 and 18).
func (r *Resolver) multicastAnswer(now Time, f *flow, from netip.AddrPort, b []byte) bool {
	d, q := dissect.DNS(b), f.q
	switch {
	case from.Port() != MulticastPort || !r.links.have(from.Addr()):
		r.Counters.RejectedSource++
		return false
	case d.Check() != nil || !d.Response() || d.Opcode() != dissect.DNSOpQuery:
		r.Counters.RejectedMessage++
		return false
	case d.ID() != f.txid:
		r.Counters.RejectedID++
		return false
	case d.Rcode() != 0:
		r.Counters.RejectedCode++
		return false
	}
	m, err := ParseMessage(b)
	if err != nil {
		r.Counters.RejectedMessage++
		return false
	}
	for _, asked := range m.Questions {
		if !asked.Name.Equal(q.name) || !slices.Contains(q.types, asked.Type) || asked.Class&^topBit != dissect.DNSClassIN {
			r.Counters.RejectedQuestion++
			return false
		}
	}
	m.Authority = nil
	records := append(m.Answer, m.Additional...)
	for i := range records {
		if records[i].Type != dissect.DNSTypeOPT {
			records[i].Class &^= topBit
		}
	}
	message, counted := slices.Clone(b), false
	for i, t := range q.types {
		if q.outcomes[i].known() {
			continue
		}
		o, err := extract(m, q.name, t, records)
		if err != nil || len(o.records) == 0 && !denied(records, q.name, t) {
			continue
		}
		o.server, o.message, o.query, o.multicast = from, message, f.query, true
		q.outcomes[i], counted = o, true
		one := *q
		one.typ = t
		r.remember(now, &one, &o)
	}
	if !counted {
		return false
	}
	if !slices.ContainsFunc(q.outcomes, func(o outcome) bool { return !o.known() }) {
		r.finishMulticast(now, q)
		return true
	}
	q.deadline = min(q.deadline, now+multicastGrace)
	return true
}

// denied reports whether an NSEC record says that the owner of a name has no record of a type (RFC 6762 section 6.1).
func denied(records []Record, name Name, t Type) bool {
	for _, a := range records {
		if a.Type != dissect.DNSTypeNSEC || !a.Name.Equal(name) {
			continue
		}
		_, bitmap, ok := cutName(a.Data)
		types, ok2 := typeSet(bitmap)
		return ok && ok2 && !slices.Contains(types, t) && t != TypeANY
	}
	return false
}
