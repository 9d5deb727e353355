package stack

import (
	"maps"
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// neighborState says what is known about a neighbor.
type neighborState uint8

const (
	resolving neighborState = iota // asked by broadcast, no answer yet; packets wait
	reachable                      // mac is right, as far as was known at confirmed
	probing                        // reachable for long; asked by unicast while mac stays in use
	stale                          // IPv6: mac was right once, or somebody said so; used until it is asked again
	delaying                       // IPv6: stale and in use; asked if nothing is heard of it for delayFirstProbe
)

// Asking for neighbors: once a second (RFC 1122 section 2.3.2.1), this often before giving up.
const (
	requestInterval = time.Second
	requestTries    = 3
)

// neighbor is one entry of the cache.
type neighbor struct {
	cache     *neighborCache
	addr      netip.Addr
	mac       dissect.MAC
	state     neighborState
	tries     int
	confirmed Time // when it last answered or announced itself
	timer     timer
	waiting   queue // IP packets, oldest first
	gone      bool  // no longer in the cache

	source netip.Addr // IPv6: that of the packet that had it asked for
	router bool       // IPv6: it says that it is a router

	// The list that the entry is in (resolving, or resolved ones by last use), newest last.
	older, newer *neighbor
}

// neighborCache knows the neighbors of one IP version on one interface. IPv4's are asked for by ARP (arp.go), IPv6's by
// Neighbor Discovery (ndp.go), which has more states for an entry (nud.go).
type neighborCache struct {
	ifc     *Interface
	six     bool
	entries map[netip.Addr]*neighbor
	pending neighborList // being resolved, in order of creation
	known   neighborList // resolved, least recently used first
	waiting int          // bytes of memory in all queues
	limit   requestLimit
	failed  map[netip.Addr]Time // when neighbors that gateways depend on last failed to answer
	trust   reachableTime       // IPv6
}

func (c *neighborCache) init(ifc *Interface, six bool) {
	c.ifc, c.six = ifc, six
	c.limit.interval = requestInterval
	c.entries = make(map[netip.Addr]*neighbor)
	c.limit.last = make(map[netip.Addr]Time)
	c.failed = make(map[netip.Addr]Time)
}

// neighborList is a list of entries; len is how many.
type neighborList struct {
	oldest, newest *neighbor
	len            int
}

func (l *neighborList) add(n *neighbor) {
	n.older, n.newer = l.newest, nil
	if l.newest != nil {
		l.newest.newer = n
	} else {
		l.oldest = n
	}
	l.newest = n
	l.len++
}

func (l *neighborList) remove(n *neighbor) {
	if n.older != nil {
		n.older.newer = n.newer
	} else {
		l.oldest = n.newer
	}
	if n.newer != nil {
		n.newer.older = n.older
	} else {
		l.newest = n.older
	}
	n.older, n.newer = nil, nil
	l.len--
}

// requestLimit keeps requests within one in an interval for each address, also for addresses whose entry was
// evicted meanwhile. What it remembers is bounded by requestsPerSecond.
type requestLimit struct {
	interval time.Duration // requestInterval, or what routers say
	last     map[netip.Addr]Time
	order    fifo[requestTime]
}

type requestTime struct {
	addr netip.Addr
	at   Time
}

// requestsPerSecond bounds the requests on one interface, whoever they are for.
const requestsPerSecond = 2048

// allow reports whether addr may be asked for at now, and remembers it if so.
func (l *requestLimit) allow(addr netip.Addr, now Time) bool {
	for l.order.len() > 0 && l.order.front().at.Add(l.interval) <= now {
		delete(l.last, l.order.pop().addr)
	}
	if _, asked := l.last[addr]; asked || l.order.len() >= requestsPerSecond {
		return false
	}
	l.last[addr] = now
	l.order.push(requestTime{addr, now})
	return true
}

// when is the time from which addr may be asked for again.
func (l *requestLimit) when(addr netip.Addr, now Time) Time {
	if at, ok := l.last[addr]; ok {
		return at.Add(l.interval)
	}
	if l.order.len() >= requestsPerSecond {
		return l.order.front().at.Add(l.interval)
	}
	return now
}

// lookup gives the entry of addr for a packet that is about to be sent, and makes one if there is none. An entry
// in state resolving takes the packet with enqueue. src is the packet's source.
func (c *neighborCache) lookup(addr, src netip.Addr) *neighbor {
	if n := c.entries[addr]; n != nil && n.use(src) {
		return n
	}
	s := c.ifc.stack
	for c.pending.len >= s.cfg.Neighbors {
		// The oldest has waited longest in vain. What waits for it fails now and does not hold memory (RFC 1122 2.3.2.2).
		s.counters.NeighborsEvicted++
		c.pending.oldest.fail()
	}
	n := c.add(addr, resolving)
	n.source = src
	n.ask()
	return n
}

// use marks a resolved entry as used and reports whether it may be: not after it has expired. One that is old but
// not expired is asked again by unicast (RFC 1122 section 2.3.2.1). src is the source of the packet that uses it.
func (n *neighbor) use(src netip.Addr) bool {
	if n.gone {
		return false
	}
	if n.state == resolving {
		return true
	}
	c := n.cache
	now, life := c.ifc.stack.now, c.ifc.stack.cfg.NeighborReachable
	switch age := now.Sub(n.confirmed); {
	case c.six:
		n.touch(src)
	case age >= 2*life:
		n.remove()
		return false
	case age >= life && n.state == reachable:
		n.state, n.tries = probing, 0
		n.ask()
	}
	if c.known.newest != n {
		c.known.remove(n)
		c.known.add(n)
	}
	return true
}

// add makes an entry.
func (c *neighborCache) add(addr netip.Addr, state neighborState) *neighbor {
	n := &neighbor{cache: c, addr: addr, state: state, confirmed: c.ifc.stack.now}
	n.timer = makeTimer(n)
	c.entries[addr] = n
	if state == resolving {
		c.pending.add(n)
	} else {
		c.known.add(n)
	}
	return n
}

// remove takes the entry out of the cache.
func (n *neighbor) remove() {
	c := n.cache
	if n.gone {
		return
	}
	n.gone = true
	delete(c.entries, n.addr)
	c.ifc.stack.timers.stop(&n.timer)
	if n.state == resolving {
		c.pending.remove(n)
	} else {
		c.known.remove(n)
		c.ifc.stack.event(Event{Kind: EventNeighborGone, Interface: c.ifc, Addr: n.addr, MAC: n.mac})
	}
}

// enqueue lets an IP packet wait for the answer. It takes the buffer.
func (n *neighbor) enqueue(packet []byte) {
	c, s := n.cache, n.cache.ifc.stack
	for n.waiting.len() > 0 && (n.waiting.len() >= s.cfg.NeighborQueue || c.waiting+cap(packet) > s.cfg.NeighborQueueBytes) {
		n.dropOldest()
	}
	// The rest of the memory is other neighbors'; none of them loses a packet to this one. The first packet for each
	// neighbor waits in any case if it is of usual length: RFC 1122 section 2.3.2.2 asks for one, and the number of
	// neighbors is bounded.
	if len(packet) > largeBuffer && c.waiting+cap(packet) > s.cfg.NeighborQueueBytes {
		s.drop(c.ifc, &s.counters.NeighborQueueDrops)
		s.pool.put(packet)
		return
	}
	n.waiting.push(packet)
	c.waiting += cap(packet)
}

func (n *neighbor) dropOldest() {
	s := n.cache.ifc.stack
	s.drop(n.cache.ifc, &s.counters.NeighborQueueDrops)
	b := n.waiting.pop()
	n.cache.waiting -= cap(b)
	s.pool.put(b)
}

// ask sends a request for the entry, unless one was sent less than a second ago, and sets the timer for what follows.
func (n *neighbor) ask() {
	c, s := n.cache, n.cache.ifc.stack
	if !c.limit.allow(n.addr, s.now) {
		if c.six {
			s.counters.NDPLimited++
		} else {
			s.counters.ARPLimited++
		}
		s.timers.set(&n.timer, c.limit.when(n.addr, s.now))
		return
	}
	n.tries++
	to := dissect.BroadcastMAC
	switch {
	case n.state == probing:
		to = n.mac
	case c.six:
		to = multicastMAC(solicitedNode(n.addr))
	}
	s.event(Event{Kind: EventNeighborRequest, Interface: c.ifc, Addr: n.addr, MAC: to})
	if c.six {
		c.ifc.solicit(n)
	} else {
		c.ifc.sendARPRequest(to, c.ifc.sourceFor(n.addr), n.addr)
	}
	s.timers.set(&n.timer, s.now.Add(c.limit.interval))
}

// expire is the timer: nobody has answered.
func (n *neighbor) expire(now Time) {
	if n.gone || n.state == reachable || n.state == stale {
		return
	}
	if n.state == delaying {
		n.state, n.tries = probing, 0
	}
	if n.tries < requestTries {
		n.ask()
		return
	}
	// An answer may be among the frames that the device still has. It is given one more second at most.
	if ifc := n.cache.ifc; ifc.backlog && n.tries == requestTries {
		n.tries++
		ifc.stack.timers.set(&n.timer, now.Add(n.cache.limit.interval))
		return
	}
	if n.state == probing {
		// It is asked by broadcast when the next packet comes.
		n.remove()
		return
	}
	n.fail()
}

// fail gives up resolving: what waits is dropped, and its senders are told.
func (n *neighbor) fail() {
	c, s := n.cache, n.cache.ifc.stack
	s.counters.NeighborsFailed++
	s.event(Event{Kind: EventNeighborFailed, Interface: c.ifc, Addr: n.addr})
	n.remove()
	c.ifc.forgetRedirects(n.addr)
	c.noteFailure(n.addr)
	for n.waiting.len() > 0 {
		b := n.waiting.pop()
		c.waiting -= cap(b)
		s.drop(c.ifc, &s.counters.NeighborUnsent)
		s.unsent(b, n.addr)
		s.pool.put(b)
	}
}

// confirm takes it that addr is at mac. Packets that wait are sent.
func (n *neighbor) confirm(mac dissect.MAC) { n.found(mac, reachable) }

// found is confirm, with the state that the entry then has.
func (n *neighbor) found(mac dissect.MAC, state neighborState) {
	c, s := n.cache, n.cache.ifc.stack
	if n.state == resolving {
		c.makeRoom(true)
		c.pending.remove(n)
		c.known.add(n)
	}
	if n.state == resolving || n.mac != mac {
		s.event(Event{Kind: EventNeighbor, Interface: c.ifc, Addr: n.addr, MAC: mac})
	}
	n.mac, n.state, n.tries, n.confirmed = mac, state, 0, s.now
	s.timers.set(&n.timer, Never)
	c.noteAnswer(n.addr)
	if n.waiting.len() > 0 {
		n.use(n.source)
	}
	for n.waiting.len() > 0 {
		b := n.waiting.pop()
		c.waiting -= cap(b)
		c.ifc.transmit(b, mac)
		s.pool.put(b)
	}
}

// learn makes an entry for somebody who asked for us. It takes the place of no entry that was used lately, so that
// a flood of requests from invented senders costs nothing.
func (c *neighborCache) learn(addr netip.Addr, mac dissect.MAC) {
	if !c.makeRoom(false) {
		return
	}
	state := reachable
	if c.six {
		state = stale
	}
	c.add(addr, state).mac = mac
	c.noteAnswer(addr)
	c.ifc.stack.event(Event{Kind: EventNeighbor, Interface: c.ifc, Addr: addr, MAC: mac})
}

// makeRoom makes sure that one more entry can be resolved, by dropping the one that was not used for longest.
// Unless force is set, that is one that would have expired without being asked again.
func (c *neighborCache) makeRoom(force bool) bool {
	s := c.ifc.stack
	if c.known.len < s.cfg.Neighbors {
		return true
	}
	n := c.known.oldest
	if !force && s.now.Sub(n.confirmed) < s.cfg.NeighborReachable {
		return false
	}
	s.counters.NeighborsEvicted++
	n.remove()
	return true
}

// failureAge is how long the routes of a gateway that did not answer are avoided.
const failureAge = 30 * time.Second

// noteFailure remembers that addr did not answer, if it is a gateway: its routes are avoided for a while.
func (c *neighborCache) noteFailure(addr netip.Addr) {
	s := c.ifc.stack
	for i := range s.routes {
		if r := &s.routes[i]; r.Gateway == addr && r.Interface == c.ifc {
			// Gateways come and go as routers say, so that those of the past are not kept.
			maps.DeleteFunc(c.failed, func(_ netip.Addr, at Time) bool { return s.now.Sub(at) >= failureAge })
			c.failed[addr] = s.now
			s.routesChanged()
			return
		}
	}
}

// noteAnswer forgets that addr once failed.
func (c *neighborCache) noteAnswer(addr netip.Addr) {
	if _, ok := c.failed[addr]; ok {
		delete(c.failed, addr)
		c.ifc.stack.routesChanged()
	}
}

// failedLately reports whether the gateway addr did not answer within the last while.
func (ifc *Interface) failedLately(addr netip.Addr) bool {
	at, ok := ifc.cacheFor(addr).failed[addr]
	return ok && ifc.stack.now.Sub(at) < failureAge
}

// cacheFor is the cache for neighbors with addresses like a.
func (ifc *Interface) cacheFor(a netip.Addr) *neighborCache {
	if a.Is4() {
		return &ifc.neighbors
	}
	return &ifc.neighbors6
}
