package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// server is one that may be asked.
type server struct {
	addr   netip.AddrPort
	silent Time // until then the others come first: it did not answer, or could not be reached
	plain  bool // it does not know EDNS
}

// silentTime is how long a server that did not answer is asked after the others.
const silentTime = Time(30 * time.Second)

// query is one question to the servers, or some about one name to the hosts of the link. All lookups that have it share it: many
// at once for the same question would make an answer easy to guess (RFC 5452 section 5).
type query struct {
	name      Name
	typ       Type
	multicast bool
	waiters   []*part
	flows     []*flow
	deadline  Time
	gone      bool

	// Of one to servers.
	order     []*server
	out       []bool  // those of order that are not asked again
	at, round int     // the server that is asked, and how often all were
	silent    bool    // some server did not answer
	truncated bool    // some answer was
	err       error   // of a socket, or about the sense of an answer
	failed    outcome // of the last server that answered with a code, which is there then
	failures  []Failure

	// Of a multicast one.
	types    []Type
	outcomes []outcome // of each type; what has a name is known
}

// flow is a query's socket.
type flow struct {
	id     Flow
	q      *query
	index  int // of the server in the query's order
	to     netip.AddrPort
	txid   uint16
	name   Name // in the case that was sent
	query  []byte
	tcp    bool
	edns   bool
	stream Stream
}

// outcome is what an answer says about a name and type.
type outcome struct {
	name    Name // at the end of the aliases
	records []Record
	found   bool // records of the type are at the end of records
	follow  bool // there are aliases alone: the name has to be asked for
	rcode   Rcode
	soa     *Record
	err     error

	server         netip.AddrPort
	message, query []byte
	tcp, multicast bool
	failures       []Failure
}

// reset puts a query back to where it began. Its flows are closed.
func (q *query) reset() {
	q.order, q.out, q.at, q.round = nil, nil, 0, 0
	q.silent, q.truncated, q.err, q.failed, q.failures = false, false, nil, outcome{}, nil
}

// ask makes a part wait for a query: one that is under way, or a new one.
func (r *Resolver) ask(now Time, p *part) {
	multicast := r.isMulticast(p.name)
	for _, q := range r.queries {
		if q.multicast != multicast || !q.name.Equal(p.name) {
			continue
		}
		if multicast && !slices.Contains(q.types, p.typ) && slices.Contains(r.fresh, q) {
			q.types = append(q.types, p.typ) // not sent yet: one message for all types
		}
		if q.typ == p.typ || slices.Contains(q.types, p.typ) {
			p.query, q.waiters = q, append(q.waiters, p)
			return
		}
	}
	q := &query{name: p.name, typ: p.typ, multicast: multicast, waiters: []*part{p}, deadline: now}
	if multicast {
		q.types = []Type{p.typ}
	}
	p.query = q
	r.queries = append(r.queries, q)
	r.fresh = append(r.fresh, q)
}

// leave takes a part off its query, which ends if nobody else waits for it.
func (r *Resolver) leave(p *part) {
	q := p.query
	if q == nil {
		return
	}
	p.query = nil
	q.waiters = slices.DeleteFunc(q.waiters, func(o *part) bool { return o == p })
	if len(q.waiters) == 0 {
		r.end(q)
	}
}

// end forgets a query.
func (r *Resolver) end(q *query) {
	q.gone = true
	r.closeFlows(q)
	r.queries = slices.DeleteFunc(r.queries, func(o *query) bool { return o == q })
	r.fresh = slices.DeleteFunc(r.fresh, func(o *query) bool { return o == q })
}

// finish gives what came of a query to those who wait for it.
func (r *Resolver) finish(now Time, q *query, of func(Type) outcome) {
	r.end(q)
	waiters := q.waiters
	q.waiters = nil
	for _, p := range waiters {
		if p.query != q {
			continue
		}
		p.query = nil
		o := of(p.typ)
		r.take(p, &o)
		r.resolve(now, p)
		r.settle(now, p.l)
	}
}

// run sends what is new.
func (r *Resolver) run(now Time) {
	for len(r.fresh) > 0 {
		q := r.fresh[0]
		r.fresh = slices.Delete(r.fresh, 0, 1)
		if q.multicast {
			r.startMulticast(now, q)
			continue
		}
		// A server that was silent lately comes behind the others, for all questions.
		for _, silent := range [...]bool{false, true} {
			for _, s := range r.servers {
				if (s.silent > now) == silent {
					q.order = append(q.order, s)
				}
			}
		}
		q.out = make([]bool, len(q.order))
		r.next(now, q)
	}
}

// next asks the server whose turn it is, or gives up.
func (r *Resolver) next(now Time, q *query) {
	for ; q.round < r.cfg.Attempts; q.at, q.round = 0, q.round+1 {
		for ; q.at < len(q.order); q.at++ {
			if !q.out[q.at] {
				r.send(now, q, r.cfg.TCP)
				return
			}
		}
	}
	o, err := q.failed, q.err
	switch {
	case len(q.order) == 0:
		err = ErrNoServers
	case q.truncated && err != nil:
		err = fmt.Errorf("%w: %w", ErrTruncated, err)
	case q.truncated:
		err = ErrTruncated
	case o.rcode != RcodeSuccess:
		err = ErrServer
	case q.silent:
		err = ErrTimeout
	}
	o.name, o.err, o.failures = q.name, err, q.failures
	r.finish(now, q, func(Type) outcome { return o })
}

// send asks the present server.
func (r *Resolver) send(now Time, q *query, tcp bool) {
	s := q.order[q.at]
	var f *flow
	for _, old := range q.flows {
		if old.index == q.at && old.tcp == tcp {
			f = old // the same question again, so that an answer to the first one counts
		}
	}
	op := Again
	if f == nil {
		op = OpenUDP
		if tcp {
			op = OpenTCP
		}
		f = r.open(q, s.addr, tcp)
		f.index, f.name = q.at, r.mixCase(q.name)
	}
	// What swallows questions with EDNS may answer one without, at last.
	last := q.round > 0 && q.round == r.cfg.Attempts-1
	f.edns = r.cfg.UDPSize > 512 && !s.plain && !last
	m := Message{Header: dissect.DNSHeader{ID: f.txid, RecursionDesired: !r.cfg.NoRecursion}, Questions: []Question{{f.name, q.typ, dissect.DNSClassIN}}}
	if f.edns {
		m.Additional = []Record{{Name: Root, Type: dissect.DNSTypeOPT, Class: uint16(r.cfg.UDPSize)}}
	}
	f.query = m.Append(nil)
	data := f.query
	timeout := r.cfg.Timeout << min(q.round, 10)
	r.Counters.Queries++
	if tcp {
		data, timeout = AppendPrefixed(nil, f.query), r.cfg.TCPTimeout
		r.Counters.TCPQueries++
	}
	q.deadline = now + Time(timeout)
	r.actions = append(r.actions, Action{op, f.id, f.to, slices.Clone(data)})
}

// open makes a flow with an ID that no other has.
func (r *Resolver) open(q *query, to netip.AddrPort, tcp bool) *flow {
	r.lastFlow++
	id := uint16(r.rand.uint64())
	for r.idTaken(id) {
		id++
	}
	f := &flow{id: r.lastFlow, q: q, to: to, txid: id, tcp: tcp, name: q.name}
	r.flows[f.id] = f
	q.flows = append(q.flows, f)
	return f
}

// idTaken reports whether a flow has an ID. They are never so many that all are taken: see Config.Lookups.
func (r *Resolver) idTaken(id uint16) bool {
	if len(r.flows) > 1<<15 {
		return false
	}
	for _, q := range r.queries {
		for _, f := range q.flows {
			if f.txid == id {
				return true
			}
		}
	}
	return false
}

// mixCase writes a name's letters in random case, if that is wanted.
func (r *Resolver) mixCase(n Name) Name {
	if !r.cfg.MixedCase {
		return n
	}
	b := []byte(n)
	var bits uint64
	for i := range b {
		if i%64 == 0 {
			bits = r.rand.uint64()
		}
		if c := b[i] | 0x20; 'a' <= c && c <= 'z' {
			b[i] = c &^ byte(bits>>(i%64)&1<<5)
		}
	}
	return Name(b)
}

func (r *Resolver) closeFlows(q *query) {
	for len(q.flows) > 0 {
		r.closeFlow(q.flows[0])
	}
}

// closeFlow forgets a flow. One that the driver has not opened yet is not opened at all.
func (r *Resolver) closeFlow(f *flow) {
	if r.flows[f.id] != f {
		return
	}
	delete(r.flows, f.id)
	f.q.flows = slices.DeleteFunc(f.q.flows, func(o *flow) bool { return o == f })
	opened := true
	r.actions = slices.DeleteFunc(r.actions, func(a Action) bool {
		if a.Flow == f.id && a.Op != Again {
			opened = false
		}
		return a.Flow == f.id
	})
	if opened {
		r.actions = append(r.actions, Action{Op: Close, Flow: f.id})
	}
}

// Deadline is when Advance has something to do; false if only an answer or a call brings anything.
func (r *Resolver) Deadline() (at Time, ok bool) {
	for _, q := range r.queries {
		if !ok || q.deadline < at {
			at, ok = q.deadline, true
		}
	}
	return at, ok
}

// Advance does what is due: servers that were silent for too long make room for the next.
func (r *Resolver) Advance(now Time) {
	for _, q := range slices.Clone(r.queries) {
		switch {
		case q.gone || now < q.deadline:
		case q.multicast:
			r.multicastTimeout(now, q)
		default:
			r.Counters.Timeouts++
			q.order[q.at].silent = now + silentTime
			for _, f := range q.flows {
				if f.tcp && f.index == q.at {
					q.out[q.at] = true
					r.closeFlow(f)
					break
				}
			}
			q.silent = true
			q.failures = append(q.failures, Failure{q.order[q.at].addr, ErrTimeout})
			q.at++
			r.next(now, q)
		}
	}
	r.run(now)
}

// Fail says that a flow's socket could not be opened, could not send, or had an error: of ICMP, or of TCP, the end of the stream
// included.
func (r *Resolver) Fail(now Time, id Flow, err error) {
	f := r.flows[id]
	if f == nil {
		return
	}
	q := f.q
	if q.multicast {
		r.Counters.ServerFailures++
		r.closeFlow(f)
		if len(q.flows) == 0 {
			o := outcome{name: q.name, err: err, multicast: true}
			r.finish(now, q, func(t Type) outcome { return o })
		}
	} else {
		q.err = err
		q.failures = append(q.failures, Failure{f.to, err})
		if !f.tcp {
			q.order[f.index].silent = now + silentTime
		}
		r.serverFailed(now, f)
	}
	r.run(now)
}

// serverFailed goes on to the next server at once (RFC 1035 section 4.2.1). The one that failed is not asked again.
func (r *Resolver) serverFailed(now Time, f *flow) {
	r.Counters.ServerFailures++
	q := f.q
	q.out[f.index] = true
	r.closeFlow(f)
	if f.index == q.at {
		q.at++
		r.next(now, q)
	}
}

// Receive takes what came on a flow: a datagram and who sent it, or bytes of a stream. It reports whether something in it counted
// as an answer.
func (r *Resolver) Receive(now Time, id Flow, from netip.AddrPort, b []byte) bool {
	f := r.flows[id]
	if f == nil {
		return false
	}
	counted := false
	switch {
	case f.q.multicast:
		counted = r.multicastAnswer(now, f, from, b)
	case f.tcp:
		f.stream.Write(b, func(message []byte) bool {
			counted = r.answer(now, f, message) || counted
			return r.flows[id] == f
		})
	case netip.AddrPortFrom(from.Addr().Unmap(), from.Port()) != f.to:
		r.Counters.RejectedSource++
	default:
		counted = r.answer(now, f, b)
	}
	if counted {
		r.Counters.Answers++
	}
	r.run(now)
	return counted
}

// answer takes a message of a server. What does not belong to the question changes nothing (RFC 5452 section 9.1).
func (r *Resolver) answer(now Time, f *flow, b []byte) bool {
	d, q := dissect.DNS(b), f.q
	switch {
	case d.Check() != nil || !d.Response() || d.Opcode() != dissect.DNSOpQuery:
		r.Counters.RejectedMessage++
		return false
	case d.ID() != f.txid:
		r.Counters.RejectedID++
		return false
	}
	questions, _, _, _ := d.Counts()
	question, err := d.Question(dissect.DNSHeaderLen)
	name, _, err2 := d.AppendWireName(nil, dissect.DNSHeaderLen)
	code := Rcode(d.Rcode())
	// A server that could not read the question has none to repeat. This can send us to another one, and no more than that.
	unread := questions == 0 && len(b) == dissect.DNSHeaderLen && (code == RcodeFormatError || code == RcodeNotImpl)
	if !unread && (questions != 1 || err != nil || err2 != nil || !Name(name).Equal(f.name) || question.Type != q.typ || question.Class != dissect.DNSClassIN) {
		r.Counters.RejectedQuestion++
		return false
	}
	switch {
	case unread:
	case !f.tcp && Name(name) != f.name && r.cfg.MixedCase:
		r.Counters.CaseMismatch++
		r.overTCP(now, f)
		return false
	case !f.tcp && d.Truncation():
		r.Counters.Truncation++
		q.truncated = true
		r.overTCP(now, f)
		return true
	}
	m, err := ParseMessage(b)
	if err == nil {
		code = m.Rcode()
	}
	if err != nil || d.Truncation() || code != RcodeSuccess && code != RcodeNoName {
		if f.edns && (code == RcodeFormatError || code == RcodeNotImpl || code == RcodeBadVersion) && f.index == q.at {
			// It may be EDNS that it does not know (RFC 6891 section 7).
			q.order[f.index].plain = true
			r.closeFlow(f)
			r.send(now, q, f.tcp)
			return true
		}
		r.failedWith(now, f, b, code, err)
		return true
	}
	o, err := extract(m, q.name, q.typ, m.Answer)
	lame := len(m.Answer) == 0 && code == RcodeSuccess && o.soa == nil && !d.Authoritative() && !d.RecursionAvailable()
	if err != nil && err != ErrChain || lame {
		r.failedWith(now, f, b, code, err)
		return true
	}
	o.err = err
	o.server, o.message, o.query, o.tcp, o.failures = f.to, slices.Clone(b), f.query, f.tcp, q.failures
	q.order[f.index].silent = 0
	r.remember(now, q, &o)
	r.finish(now, q, func(Type) outcome { return o })
	return true
}

// failedWith notes why a server's answer is none.
func (r *Resolver) failedWith(now Time, f *flow, b []byte, code Rcode, err error) {
	f.q.failures = append(f.q.failures, Failure{f.to, fmt.Errorf("%w: %v", ErrServer, code)})
	switch {
	case err != nil:
		f.q.err = ErrMessage
	case code == RcodeSuccess || code == RcodeNoName:
		f.q.err = ErrServer // it referred us to others, or truncated even over TCP
	default:
		f.q.failed = outcome{rcode: code, server: f.to, message: slices.Clone(b), query: f.query, tcp: f.tcp}
	}
	r.serverFailed(now, f)
}

// overTCP asks a server over TCP what it did not answer well over UDP (RFC 7766 section 5). One whose turn it is not any more is left.
func (r *Resolver) overTCP(now Time, f *flow) {
	q := f.q
	if f.index == q.at {
		r.closeFlow(f)
		r.send(now, q, true)
	}
}

// extract finds in the records of an answer those of a name and type, along aliases. Everything else in it is nobody's business: it
// was not asked for.
func extract(m *Message, name Name, t Type, answer []Record) (o outcome, err error) {
	o.name, o.rcode = name, m.Rcode()
	aliases := 0
	for {
		seen := map[string]bool{}
		alias := -1
		for i, a := range answer {
			switch {
			case a.Class != dissect.DNSClassIN || !a.Name.Equal(o.name) || a.Type == dissect.DNSTypeOPT:
			case a.Type == t || t == TypeANY:
				if key := string(byte(a.Type)) + string(byte(a.Type>>8)) + string(a.Data); !seen[key] {
					seen[key] = true
					a.Name = o.name
					o.records = append(o.records, a)
				}
			case a.Type == dissect.DNSTypeCNAME && alias < 0:
				alias = i
			}
		}
		if len(seen) > 0 {
			if o.found = true; o.rcode != RcodeSuccess {
				return o, ErrMessage // there is no such name, and it has records
			}
			return o, nil
		}
		if alias < 0 {
			break
		}
		target, ok := answer[alias].Target()
		if !ok {
			return o, ErrMessage
		}
		if aliases++; aliases > MaxChain {
			return o, ErrChain
		}
		a := answer[alias]
		a.Name = o.name
		o.records, o.name = append(o.records, a), target
	}
	for _, a := range m.Authority {
		if a.Type == dissect.DNSTypeSOA && a.Class == dissect.DNSClassIN && o.name.Within(a.Name) {
			o.soa = &a
			break
		}
	}
	o.follow = aliases > 0 && o.soa == nil && o.rcode == RcodeSuccess
	return o, nil
}
