package dns

import (
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// ID is a lookup.
type ID uint64

// Flow is a socket that the driver opened for the resolver.
type Flow uint64

// Op is what a driver has to do with a flow.
type Op uint8

const (
	// OpenUDP opens a UDP socket that is connected to To, from a port of its own taken at random (RFC 5452 section 9.2), and sends
	// Data. Datagrams go to Receive; a send error or an ICMP error goes to Fail.
	OpenUDP Op = iota

	// OpenTCP connects to To and writes Data. What comes goes to Receive as it comes; a failure or the end of the stream goes to Fail.
	OpenTCP

	// OpenMulticast opens a UDP socket of the family of To, not connected, from a port of its own, and sends Data with a hop limit
	// of 255 to the group To on every interface with multicast. It fails only if it cannot be sent on any.
	OpenMulticast

	// Again sends Data once more on the flow, to where it went first.
	Again

	// Close closes the flow's socket. The flow is forgotten. TCP need not wait for the peer: an abort is right.
	Close
)

func (o Op) String() string {
	return [...]string{"OpenUDP", "OpenTCP", "OpenMulticast", "Again", "Close"}[o]
}

// Action is what a driver has to do next. Data is the driver's.
type Action struct {
	Op   Op
	Flow Flow
	To   netip.AddrPort
	Data []byte
}

// Result is what came of a lookup, for one type. A lookup of several types gives them together, in the order that was asked.
type Result struct {
	ID   ID
	Name Name // what was asked: the name with that part of the search list which had an answer, or the last one
	Type Type

	// Records are the aliases that lead from Name to another name, in order, and that name's records, in the order of the answer.
	// Their data is lent: it must not be changed.
	Records []Record

	// Err is nil if there are records of the type. ErrNoName and ErrNoData are answers too; SOA is then the record that says for how long
	// that counts, if the server gave it. ErrTimeout with Multicast set is as near as one comes to ErrNoName on a link: no host has the
	// name, or none that has it heard.
	Err   error
	Rcode Rcode
	SOA   *Record

	Server    netip.AddrPort // who gave the last answer; not valid if nobody did
	Message   []byte         // the last answer as it came, also of a server that failed with a code; nil from the cache
	Query     []byte         // what it answered
	Cached    bool           // nobody was asked
	TCP       bool           // the last answer came over TCP
	Multicast bool           // and this one from a host on the link
	Elapsed   time.Duration  // since Lookup

	// Failures are the servers that were asked in vain before, in order; a server may be there more than once.
	Failures []Failure
}

// Failure is a server that was asked in vain: it was silent (ErrTimeout), a socket failed, or its answer was none.
type Failure struct {
	Server netip.AddrPort
	Err    error
}

// Canonical is the name at the end of the aliases.
func (r *Result) Canonical() Name {
	name := r.Name
	for _, a := range r.Records {
		if target, ok := a.Target(); ok && a.Type == dissect.DNSTypeCNAME && r.Type != a.Type && a.Name.Equal(name) {
			name = target
		}
	}
	return name
}

// Counters say what a resolver did.
type Counters struct {
	Lookups, CacheHits       uint64
	Queries, TCPQueries      uint64 // messages sent
	Answers                  uint64 // those that counted
	Timeouts                 uint64 // of servers
	RejectedSource           uint64 // answers from another address or port, or from off the link
	RejectedID               uint64
	RejectedQuestion         uint64
	RejectedMessage          uint64 // no answer, or none that can be read
	RejectedCode             uint64 // multicast answers with a response code
	CaseMismatch, Truncation uint64 // asked again over TCP
	ServerFailures           uint64 // answers that no server should give, and errors of sockets
}

// Resolver asks servers, and the hosts of the link, for records. It is a machine without sockets and clock: doc.go says how it is
// driven. It is not safe for concurrent use.
type Resolver struct {
	Counters Counters

	cfg     Config
	rand    random
	servers []*server
	search  []Name
	links   links
	cache   *cache

	lastID   ID
	lastFlow Flow
	lookups  []*lookup
	queries  []*query
	fresh    []*query // those not sent yet
	flows    map[Flow]*flow
	actions  []Action
	results  []Result
}

// lookup is a question of the program: candidates of its name, types of records.
type lookup struct {
	id      ID
	names   []Name // still to be tried, the present one first
	parts   []*part
	started Time
	noData  bool // some name that was tried is there
	closed  bool
}

// part is a lookup's question for one type: where its chain of aliases has come to.
type part struct {
	l     *lookup
	typ   Type
	name  Name // whose records are wanted now
	query *query
	done  bool
	asked bool // the cache did not do
	res   Result
}

// NewResolver makes a resolver. Config.Rand must be there.
func NewResolver(cfg Config) *Resolver {
	cfg.setDefaults()
	r := &Resolver{cfg: cfg, rand: random{cfg.Rand}, cache: newCache(cfg.CacheSize), flows: map[Flow]*flow{}}
	r.setServers(cfg.Servers, cfg.Search)
	return r
}

func (r *Resolver) setServers(servers []netip.AddrPort, search []Name) {
	r.servers = nil
	for _, s := range servers[:min(len(servers), MaxServers)] {
		if s.Port() == 0 {
			s = netip.AddrPortFrom(s.Addr(), Port)
		}
		r.servers = append(r.servers, &server{addr: netip.AddrPortFrom(s.Addr().Unmap(), s.Port())})
	}
	r.search = slices.Clone(search[:min(len(search), MaxSearch)])
}

// SetServers changes servers and search list, as when a lease or an advertisement brings others. What is under way asks the new
// servers from the start, and the cache is emptied: another network has other answers.
func (r *Resolver) SetServers(now Time, servers []netip.AddrPort, search []Name) {
	r.setServers(servers, search)
	r.cache.flush()
	for _, q := range r.queries {
		if !q.multicast {
			r.closeFlows(q)
			q.reset()
			r.fresh = append(r.fresh, q)
		}
	}
	r.run(now)
}

// SetLinks says which prefixes are on the link: multicast answers count only from there (RFC 6762 section 11). Link-local addresses
// always are.
func (r *Resolver) SetLinks(prefixes []netip.Prefix) { r.links = slices.Clone(prefixes) }

// FlushCache forgets all answers.
func (r *Resolver) FlushCache() { r.cache.flush() }

// Lookup asks for the records of a name, for each of types. A name without a dot at its end is tried in the search list too. The
// results come from Result, at once if the cache has them. The error is ErrBadName, ErrNoType or ErrTooMany.
func (r *Resolver) Lookup(now Time, name string, types ...Type) (ID, error) {
	n, err := ParseName(name)
	switch {
	case err != nil:
		return 0, err
	case len(types) == 0:
		return 0, ErrNoType
	case len(r.lookups) >= r.cfg.Lookups || len(types) > r.cfg.Lookups:
		return 0, ErrTooMany
	}
	r.lastID++
	r.Counters.Lookups++
	l := &lookup{id: r.lastID, names: r.candidates(n, absolute(name)), started: now}
	for _, t := range types {
		l.parts = append(l.parts, &part{l: l, typ: t})
	}
	r.lookups = append(r.lookups, l)
	r.try(now, l)
	r.run(now)
	return l.id, nil
}

// candidates are the names that a program may mean by n. One that does not fit 255 bytes is left out.
func (r *Resolver) candidates(n Name, absolute bool) []Name {
	if absolute || local(n) || r.isMulticast(n) {
		return []Name{n}
	}
	var list []Name
	for _, zone := range r.search {
		if full, err := n.join(zone); err == nil {
			list = append(list, full)
		}
	}
	if n.Labels() > r.cfg.Dots {
		return append([]Name{n}, list...)
	}
	return append(list, n)
}

// Cancel ends a lookup without a result.
func (r *Resolver) Cancel(id ID) {
	for _, l := range r.lookups {
		if l.id == id {
			r.drop(l)
			for _, p := range l.parts {
				r.leave(p)
			}
			return
		}
	}
	r.results = slices.DeleteFunc(r.results, func(res Result) bool { return res.ID == id })
}

// drop takes a lookup off the list.
func (r *Resolver) drop(l *lookup) {
	l.closed = true
	r.lookups = slices.DeleteFunc(r.lookups, func(o *lookup) bool { return o == l })
}

// Action gives what the driver has to do next, in order. The driver asks until there is nothing more, after every other call.
func (r *Resolver) Action() (Action, bool) {
	if len(r.actions) == 0 {
		return Action{}, false
	}
	a := r.actions[0]
	r.actions = slices.Delete(r.actions, 0, 1)
	return a, true
}

// Result gives the next result. The driver asks until there is none, after every other call.
func (r *Resolver) Result() (Result, bool) {
	if len(r.results) == 0 {
		return Result{}, false
	}
	res := r.results[0]
	r.results = slices.Delete(r.results, 0, 1)
	return res, true
}

// try begins with the first of a lookup's names.
func (r *Resolver) try(now Time, l *lookup) {
	for _, p := range l.parts {
		*p = part{l: l, typ: p.typ, name: l.names[0], asked: p.asked, res: Result{ID: l.id, Name: l.names[0], Type: p.typ}}
	}
	for _, p := range l.parts {
		r.resolve(now, p)
	}
	r.settle(now, l)
}

// resolve follows a part's aliases as far as the cache leads, and then asks.
func (r *Resolver) resolve(now Time, p *part) {
	for !p.done {
		o, ok := locally(p.name, p.typ)
		if !ok {
			o, ok = r.recall(now, p.name, p.typ)
		}
		if !ok {
			p.asked = true
			r.ask(now, p)
			return
		}
		r.take(p, &o)
	}
}

// take adds an outcome to a part.
func (r *Resolver) take(p *part, o *outcome) {
	res := &p.res
	res.Records = append(res.Records, o.records...)
	res.Rcode, res.SOA, res.Err = o.rcode, o.soa, o.err
	res.Server, res.Message, res.Query, res.TCP, res.Multicast = o.server, o.message, o.query, o.tcp, o.multicast
	res.Failures = append(res.Failures, o.failures...)
	p.name = o.name
	aliases := 0
	for _, a := range res.Records {
		if a.Type == dissect.DNSTypeCNAME && p.typ != a.Type {
			aliases++
		}
	}
	switch {
	case o.err != nil:
		p.done = true
	case aliases > MaxChain:
		p.done, res.Err = true, ErrChain
	case o.follow && !r.cfg.NoFollow:
		// more to ask
	default:
		p.done = true
		if !o.found {
			res.Err = ErrNoData
			if o.rcode == RcodeNoName {
				res.Err = ErrNoName
			}
		}
	}
	if p.done && res.Err != nil && res.Err != ErrNoName && res.Err != ErrNoData {
		res.Records = nil
	}
}

// settle looks at a lookup after something happened to its parts: when all are done, it ends, or goes on to the next name.
func (r *Resolver) settle(now Time, l *lookup) {
	if l.closed {
		return
	}
	found, failed := false, false
	for _, p := range l.parts {
		if !p.done {
			return
		}
		switch p.res.Err {
		case nil:
			found = true
		case ErrNoData:
			l.noData = true
		case ErrNoName:
		default:
			// That no host on the link answers means that there is none.
			failed = failed || !p.res.Multicast || p.res.Err != ErrTimeout
		}
	}
	// A failure ends the search: another name must not be taken because a server was silent (RFC 1535).
	if !found && !failed && len(l.names) > 1 {
		l.names = l.names[1:]
		r.try(now, l)
		return
	}
	r.drop(l)
	for _, p := range l.parts {
		p.res.Elapsed = time.Duration(now - l.started)
		p.res.Cached = !p.asked
		if p.res.Cached {
			r.Counters.CacheHits++
		}
		if p.res.Err == ErrNoName && l.noData {
			p.res.Err = ErrNoData // some name of the list is there
		}
		r.results = append(r.results, p.res)
	}
}

var (
	localZone   = mustName("local")
	loopback    = mustName("localhost")
	noZones     = [...]Name{mustName("invalid"), mustName("onion")}
	linkReverse = [...]Name{ // RFC 6762 section 12
		mustName("254.169.in-addr.arpa"), mustName("8.e.f.ip6.arpa"), mustName("9.e.f.ip6.arpa"), mustName("a.e.f.ip6.arpa"), mustName("b.e.f.ip6.arpa"),
	}
)

// local reports whether a name is answered here: localhost, and what is never there (RFC 6761 section 6, RFC 7686).
func local(n Name) bool { return n.Within(loopback) || n.Within(noZones[0]) || n.Within(noZones[1]) }

// locally answers for such a name.
func locally(n Name, t Type) (outcome, bool) {
	if !local(n) {
		return outcome{}, false
	}
	o := outcome{name: n}
	switch {
	case !n.Within(loopback):
		o.rcode = RcodeNoName
	case t == dissect.DNSTypeA:
		o.records = []Record{{n, t, dissect.DNSClassIN, 0, []byte{127, 0, 0, 1}}}
	case t == dissect.DNSTypeAAAA:
		o.records = []Record{{n, t, dissect.DNSClassIN, 0, append(make([]byte, 15), 1)}}
	}
	o.found = len(o.records) > 0
	return o, true
}

// isMulticast reports whether the hosts of the link are asked for a name (RFC 6762 sections 3 and 12).
func (r *Resolver) isMulticast(n Name) bool {
	if r.cfg.NoMulticast {
		return false
	}
	return n.Within(localZone) || slices.ContainsFunc(linkReverse[:], n.Within)
}
