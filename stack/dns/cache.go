package dns

import (
	"container/list"
	"slices"
	"time"

	"smoltcp/dissect"
)

// cacheKey is a question, its name in lower case.
type cacheKey struct {
	name Name
	typ  Type // 0 for what counts for all types: there is no such name
}

// cacheEntry is what is known about a question until a time: records, or that there are none.
type cacheEntry struct {
	key     cacheKey
	records []Record // without compression, all of the key's name and type
	rcode   Rcode
	soa     *Record // which says why there are none
	expires Time
	size    int
}

// cache remembers answers for as long as their TTLs allow and as memory lasts (RFC 1035 section 7.4, RFC 2308). The entry that
// was of use longest ago goes first.
type cache struct {
	limit, size int // in bytes
	entries     map[cacheKey]*list.Element
	order       *list.List // of *cacheEntry, the last used in front
}

func newCache(limit int) *cache {
	return &cache{limit: limit, entries: map[cacheKey]*list.Element{}, order: list.New()}
}

// entryOverhead is about what an entry costs besides its names and data, and recordOverhead a record, in bytes.
const entryOverhead, recordOverhead = 256, 64

func (c *cache) put(e cacheEntry) {
	e.key.name = e.key.name.fold()
	e.size = entryOverhead + len(e.key.name)
	for _, r := range e.records {
		e.size += recordOverhead + len(r.Name) + len(r.Data)
	}
	if e.soa != nil {
		e.size += recordOverhead + len(e.soa.Name) + len(e.soa.Data)
	}
	c.remove(e.key)
	if e.size > c.limit {
		return
	}
	for c.size+e.size > c.limit {
		c.remove(c.order.Back().Value.(*cacheEntry).key)
	}
	c.size += e.size
	c.entries[e.key] = c.order.PushFront(&e)
}

func (c *cache) remove(k cacheKey) {
	if at := c.entries[k]; at != nil {
		c.size -= c.order.Remove(at).(*cacheEntry).size
		delete(c.entries, k)
	}
}

// get gives what is known at a time, if anything is. The records are copies, except for their data, with the TTLs that are left.
func (c *cache) get(now Time, name Name, t Type) (cacheEntry, bool) {
	k := cacheKey{name.fold(), t}
	at := c.entries[k]
	if at == nil {
		return cacheEntry{}, false
	}
	e := at.Value.(*cacheEntry)
	if now >= e.expires {
		c.remove(k)
		return cacheEntry{}, false
	}
	c.order.MoveToFront(at)
	out := *e
	left := uint32((e.expires - now) / Time(time.Second))
	out.records = make([]Record, len(e.records))
	for i, r := range e.records {
		r.TTL = left
		out.records[i] = r
	}
	if e.soa != nil {
		soa := *e.soa
		soa.TTL = left
		out.soa = &soa
	}
	return out, true
}

func (c *cache) flush() {
	clear(c.entries)
	c.order.Init()
	c.size = 0
}

// validTTL is a TTL as a time. One with the highest bit set counts as zero (RFC 2181 section 8).
func validTTL(seconds uint32, limit time.Duration) Time {
	if seconds > 1<<31-1 {
		return 0
	}
	return Time(min(time.Duration(seconds)*time.Second, limit))
}

// remember puts the outcome of a query into the cache: each set of records under its own name and type, and what is not there.
func (r *Resolver) remember(now Time, q *query, o *outcome) {
	if o.err != nil || q.typ == TypeANY {
		return
	}
	maxTTL, maxNegative := r.cfg.MaxTTL, r.cfg.MaxNegativeTTL
	if q.multicast {
		// We hear no announcements, so we would not learn that it is no longer so.
		maxTTL, maxNegative = legacyTTL, legacyTTL
	}
	for rest := o.records; len(rest) > 0; {
		// The records of a set stand side by side: see extract.
		n, ttl := 1, validTTL(rest[0].TTL, maxTTL)
		for n < len(rest) && rest[n].Type == rest[0].Type && rest[n].Name.Equal(rest[0].Name) {
			ttl = min(ttl, validTTL(rest[n].TTL, maxTTL))
			n++
		}
		if ttl > 0 {
			r.cache.put(cacheEntry{key: cacheKey{rest[0].Name, rest[0].Type}, records: slices.Clone(rest[:n]), expires: now + ttl})
		}
		rest = rest[n:]
	}
	if o.soa == nil || o.found || o.follow {
		return // without an SOA record nobody says for how long (RFC 2308 section 5)
	}
	k := cacheKey{o.name, q.typ}
	if o.rcode == RcodeNoName {
		k.typ = 0
	}
	if ttl := validTTL(o.soa.negativeTTL(), maxNegative); ttl > 0 {
		r.cache.put(cacheEntry{key: k, rcode: o.rcode, soa: o.soa, expires: now + ttl})
	}
}

// recall looks a question up in the cache: the records, an alias, or that there is nothing.
func (r *Resolver) recall(now Time, name Name, t Type) (outcome, bool) {
	if t == TypeANY {
		return outcome{}, false
	}
	if e, ok := r.cache.get(now, name, t); ok {
		return outcome{name: name, records: e.records, found: len(e.records) > 0, rcode: e.rcode, soa: e.soa}, true
	}
	if e, ok := r.cache.get(now, name, dissect.DNSTypeCNAME); ok && len(e.records) > 0 {
		if target, ok := e.records[0].Target(); ok {
			return outcome{name: target, records: e.records, follow: true}, true
		}
	}
	if e, ok := r.cache.get(now, name, 0); ok {
		return outcome{name: name, rcode: e.rcode, soa: e.soa}, true
	}
	return outcome{}, false
}
