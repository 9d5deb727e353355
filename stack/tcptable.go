package stack

import (
	"encoding/binary"
	"net/netip"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// tuple is both ends of a connection as a key: addresses of either family, then ports.
type tuple [36]byte

func makeTuple(local, remote netip.AddrPort) (t tuple) {
	l, r := local.Addr().As16(), remote.Addr().As16()
	copy(t[:], l[:])
	copy(t[16:], r[:])
	binary.BigEndian.PutUint16(t[32:], local.Port())
	binary.BigEndian.PutUint16(t[34:], remote.Port())
	return t
}

// tcpTable holds the connections and listeners.
type tcpTable struct {
	stack       *Stack
	conns       connTable
	listens     map[uint16][]*TCPListener // by port, in the order in which they were opened
	first, last *TCPSocket                // all connections, oldest first

	memory tcp.Memory
	pruned *TCPSocket // where prune goes on

	vias   []*netip.Addr // the gateways of connections, as of viaGen
	viaGen uint32

	waits   chain // connections in TIME-WAIT that no program holds
	cookies synCookies
	fast    fastOpen

	active  *TCPSocket    // whose connection is being called, for events
	configs []*tcp.Config // Config.TCP for each MSS that was needed
	derived struct {      // the last copy made of some other configuration
		base *tcp.Config
		cfg  *tcp.Config
	}
}

func (t *tcpTable) init(s *Stack) {
	t.stack = s
	t.conns.init()
	t.memory.Limit = max(s.cfg.TCPMemory, 0)
	t.listens = make(map[uint16][]*TCPListener)
}

// newTCP makes a socket and puts it into the tables.
func (s *Stack) newTCP(local, remote netip.AddrPort, p path, opt *TCPOptions) *TCPSocket {
	c := &TCPSocket{
		local: local, remote: remote, path: s.tcp.hop(p, remote.Addr()), pathGen: s.routeGen, on: opt.Interface, ttl: opt.TTL, dscp: opt.DSCP & 63,
	}
	c.stack = s
	def(&c.ttl, s.ttlFor(p.ifc, remote.Addr()))
	c.timer = makeTimer(c)
	t := &s.tcp
	t.conns.add(c)
	if c.prev = t.last; c.prev != nil {
		c.prev.next = c
	} else {
		t.first = c
	}
	t.last = c
	return c
}

// unlink takes a connection that is over out of the tables. The socket can still be read.
func (c *TCPSocket) unlink() {
	if c.gone {
		return
	}
	c.gone = true
	t := &c.stack.tcp
	t.conns.remove(c)
	c.stack.timers.stop(&c.timer)
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		t.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		t.last = c.prev
	}
	if t.pruned == c {
		t.pruned = c.next
	}
	c.prev, c.next, c.neighbor = nil, nil, nil
	if c.waiting {
		c.waiting = false
		t.waits.remove(c)
	}
}

// chain is a list of sockets by their links older and newer. A socket is in one at most.
type chain struct {
	oldest, newest *TCPSocket
	n              int
}

func (h *chain) push(c *TCPSocket) {
	c.newer = nil
	if c.older = h.newest; c.older != nil {
		c.older.newer = c
	} else {
		h.oldest = c
	}
	h.newest = c
	h.n++
}

func (h *chain) remove(c *TCPSocket) {
	if c.older != nil {
		c.older.newer = c.newer
	} else {
		h.oldest = c.newer
	}
	if c.newer != nil {
		c.newer.older = c.older
	} else {
		h.newest = c.older
	}
	c.older, c.newer = nil, nil
	h.n--
}

// room reports whether there may be one more connection, if need be in the place of one in TIME-WAIT.
func (t *tcpTable) room() bool {
	if t.conns.len() >= t.stack.cfg.MaxConns && t.waits.n > 0 {
		t.stack.counters.TCPTimeWaitFull++
		t.waits.oldest.unlink()
	}
	return t.conns.len() < t.stack.cfg.MaxConns
}

// wait puts a connection in TIME-WAIT that no program holds into the chain of those, which is bounded.
func (t *tcpTable) wait(c *TCPSocket) {
	c.waiting = true
	t.waits.push(c)
	if t.waits.n > t.stack.cfg.MaxTimeWait {
		t.stack.counters.TCPTimeWaitFull++
		t.waits.oldest.unlink()
	}
}

// reopenable reports whether a connection in TIME-WAIT, which no program holds, may be opened anew from this side.
func (c *TCPSocket) reopenable() bool { return c != nil && c.waiting && c.conn.Reopenable(c.stack.now) }

// replace ends a connection in TIME-WAIT for a new one between the same ends, and gives its number: iss, or more if that is not
// behind those of the old one (RFC 9293 section 3.6.1, MAY-2).
func (t *tcpTable) replace(old *TCPSocket, iss tcp.Seq) tcp.Seq {
	if last := old.conn.Info().SndNxt; iss.LessEq(last) {
		iss = last + 1<<16
	}
	t.stack.counters.TCPTimeWaitRecent++
	old.unlink()
	return iss
}

// opening counts c among the half-open connections of l, until settle.
func (l *TCPListener) opening(c *TCPSocket) {
	c.listener, c.half = l, true
	l.half.push(c)
}

// makeRoom ends the oldest half-open connection if three SYN-ACKs were not answered: after a flood the port is back to
// its usual state in seconds. It reports whether it did.
func (l *TCPListener) makeRoom() bool {
	c := l.half.oldest
	if c == nil || !c.conn.RouteDoubtful() {
		return false
	}
	l.stack.counters.TCPHalfOpenEvicted++
	l.half.remove(c)
	c.half, c.listener, c.closed = false, nil, true
	c.unlink()
	return true
}

// prune has connections give back what they hold out of order while their buffers take all the memory there is. It looks at n of
// them at most, those that it has not looked at for the longest time.
func (t *tcpTable) prune(n int) {
	for ; n > 0 && t.memory.Full() && t.first != nil; n-- {
		if t.pruned == nil {
			t.pruned = t.first
		}
		c := t.pruned
		t.pruned = c.next
		c.activate()
		if c.conn.Prune(t.stack.now) {
			c.markReady() // the peer may be promised more now
		}
	}
}

// each calls f for every connection; f may take the one that it is given out of the tables.
func (t *tcpTable) each(f func(c *TCPSocket)) {
	for c := t.first; c != nil; {
		next := c.next
		f(c)
		c = next
	}
}

func (t *tcpTable) closeAll() {
	t.closeListeners()
	t.each((*TCPSocket).Abort)
}

// addrRemoved ends the connections from address a, which is not ours any more.
func (t *tcpTable) addrRemoved(a netip.Addr) {
	t.each(func(c *TCPSocket) {
		if c.local.Addr() == a {
			c.activate()
			c.conn.Fail(t.stack.now, ErrNotOurs)
			c.settle()
		}
	})
}

// tcpConfig gives base (nil for Config.TCP) as it is on ifc for the IP version of peer: with an MSS that fits, with the stack's counters and
// events. Copies are kept in *cache if that is not nil.
func (s *Stack) tcpConfig(ifc *Interface, peer netip.Addr, base *tcp.Config, cache *[]*tcp.Config) *tcp.Config {
	own := base == nil
	if own {
		base, cache = &s.cfg.TCP, &s.tcp.configs
	}
	mss := ifc.mtuFor(peer) - tcpOverhead(peer)
	if base.MSS > 0 {
		mss = min(mss, base.MSS)
	}
	minPath, assumed := base.MinPathMSS, base.DefaultMSS
	def(&minPath, s.minPathMTU(peer)-tcpOverhead(peer))
	if !peer.Is4() {
		def(&assumed, minMTU6-tcpOverhead(peer)) // RFC 9293 section 3.7.1
	}
	fits := func(c *tcp.Config) bool { return c.MSS == mss && c.MinPathMSS == minPath && c.DefaultMSS == assumed }
	if cache != nil {
		for _, c := range *cache {
			if fits(c) {
				return c
			}
		}
	} else if s.tcp.derived.base == base && fits(s.tcp.derived.cfg) {
		return s.tcp.derived.cfg
	}
	c := *base
	c.MSS, c.MinPathMSS, c.DefaultMSS = mss, minPath, assumed
	if c.PathAge == 0 {
		c.PathAge = s.cfg.PathMTUAge
	}
	if c.Memory == nil {
		c.Memory = &s.tcp.memory
	}
	if c.Counters == nil {
		c.Counters = &s.counters.TCPDrops
	}
	if s.cfg.Events != nil {
		also := base.Events
		c.Events = func(conn *tcp.Conn, e tcp.Event) {
			if also != nil {
				also(conn, e)
			}
			if a := s.tcp.active; a != nil && conn == &a.conn {
				s.event(Event{Kind: EventTCP, Interface: a.path.ifc, Local: a.local, Remote: a.remote, TCP: e})
			}
		}
	}
	if cache != nil {
		*cache = append(*cache, &c)
	} else {
		s.tcp.derived.base, s.tcp.derived.cfg = base, &c
	}
	return &c
}

// tcpInput processes a received segment.
func (s *Stack) tcpInput(p *inbound) {
	t, in := dissect.TCP(p.payload), p.arrival
	if in.broadcast {
		s.drop(in.ifc, &s.counters.TCPNotUnicast) // RFC 9293 section 3.9.2.3, MUST-57
		return
	}
	if t.CheckWhole() != nil || t.SrcPort() == 0 || t.DstPort() == 0 {
		s.drop(in.ifc, &s.counters.TCPMalformed)
		return
	}
	src, dst := p.src, p.dst
	if (!in.ifc.skipRx && !in.verified || in.fragments) && !t.ChecksumOK(dissect.PseudoHeaderSum(src, dst, dissect.ProtoTCP, len(t))) {
		s.drop(in.ifc, &s.counters.TCPChecksum)
		return
	}
	local, remote := netip.AddrPortFrom(dst, t.DstPort()), netip.AddrPortFrom(src, t.SrcPort())
	s.segment = tcp.ParseSegment(t, p.ecn())
	seg := &s.segment
	// LISTEN takes nothing but SYNs; what has an ACK is answered like any segment for no connection.
	opens := seg.Flags.Has(dissect.SYN) && seg.Flags&(dissect.ACK|dissect.RST) == 0

	c := s.tcp.conns.find(local, remote)
	if c != nil && c.on != nil && c.on != in.ifc && !in.ifc.loopback {
		s.drop(in.ifc, &s.counters.TCPNoSocket) // the pair of ports is taken, on another interface
		return
	}
	var old *TCPSocket
	if c != nil {
		if !opens || c.conn.State() != tcp.TimeWait || !c.conn.Reusable(seg) || s.listener(local, in.ifc) == nil {
			s.counters.TCPReceived++
			if c.asked && seg.Flags.Has(dissect.SYN|dissect.ACK) && c.conn.Outstanding(seg.Ack-1) {
				s.fastOpenAnswered(c, seg, t)
			}
			c.input(seg)
			return
		}
		old = c
	}
	l := s.listener(local, in.ifc)
	if l != nil && old == nil && seg.Flags&(dissect.ACK|dissect.SYN|dissect.RST) == dissect.ACK &&
		s.cookieReturned(l, seg, local, remote, in.ifc) {
		return
	}
	switch {
	case l == nil || seg.Flags.Has(dissect.ACK):
		s.drop(in.ifc, &s.counters.TCPNoSocket)
		s.reset(seg, local, remote, in.ifc)
	case opens:
		s.accept(l, seg, t, local, remote, old, in.ifc)
	default:
		s.drop(in.ifc, &s.counters.TCPNoSocket)
	}
}

// listener finds who listens at local for what comes by ifc: bound to the interface before not bound, to the
// address before not bound.
func (s *Stack) listener(local netip.AddrPort, ifc *Interface) *TCPListener {
	var best *TCPListener
	bestScore := -1
	for _, l := range s.tcp.listens[local.Port()] {
		if !l.takes(local.Addr()) || !ifc.serves(l.opt.Interface, local.Addr()) {
			continue
		}
		score := 0
		if l.opt.Interface != nil {
			score += 2
		}
		if !l.wildcards {
			score++
		}
		if score > bestScore {
			best, bestScore = l, score
		}
	}
	return best
}

// accept makes a connection in SYN-RECEIVED for a SYN. old, if there is one, is the connection in TIME-WAIT that
// it replaces.
func (s *Stack) accept(l *TCPListener, seg *tcp.Segment, t dissect.TCP, local, remote netip.AddrPort, old *TCPSocket, ifc *Interface) {
	switch {
	case l.accepted.len() >= l.opt.Backlog:
		s.drop(ifc, &s.counters.TCPBacklogFull) // no RST: the SYN comes again (RFC 4987 section 3)
		return
	case l.half.n < l.opt.Backlog || l.makeRoom():
	case old != nil || s.cfg.NoSynCookies:
		s.drop(ifc, &s.counters.TCPBacklogFull)
		return
	default:
		s.sendCookie(l, seg, local, remote, ifc)
		return
	}
	if !s.tcp.room() {
		s.drop(ifc, &s.counters.TCPTooMany)
		return
	}
	iss := tcp.Seq(s.random.iss(s.now, local, remote))
	if old != nil {
		iss = s.tcp.replace(old, iss)
	}
	s.counters.TCPReceived++
	on := ifc.wayBack(remote.Addr(), l.opt.Interface)
	p, err := s.route(remote.Addr(), local.Addr(), on)
	if err != nil {
		s.drop(ifc, &s.counters.TxNoRoute)
		return
	}
	c := s.newTCP(local, remote, p, &l.opt)
	c.on = on
	l.opening(c)
	s.tcp.active = c
	cfg := s.tcpConfig(p.ifc, remote.Addr(), l.opt.Config, &l.configs)
	c.conn.Accept(s.now, cfg, iss, s.random.tsOffset(local, remote), seg)
	if cfg.FastOpen {
		s.fastOpenSyn(c, seg, t)
	}
	c.note()
	c.settle()
	c.markReady()
}

// reset answers a segment for no connection (RFC 9293 section 3.10.7.1), which came by ifc.
func (s *Stack) reset(seg *tcp.Segment, local, remote netip.AddrPort, ifc *Interface) {
	if !tcp.ResetFor(seg, &s.out) {
		return
	}
	p, err := s.route(remote.Addr(), local.Addr(), ifc.wayBack(remote.Addr(), nil))
	if err != nil {
		s.drop(nil, &s.counters.TxNoRoute)
		return
	}
	if !p.ifc.roomForControl() {
		return
	}
	s.counters.TCPResets++
	s.out.Header.SrcPort, s.out.Header.DstPort = local.Port(), remote.Port()
	s.sendSegment(&packet{path: p, dst: remote.Addr(), ttl: s.ttlFor(p.ifc, remote.Addr()), df: true}, &s.out)
}

// input gives a segment to the connection. What there is to answer waits until the program has seen the data, so
// that one ACK opens the window too; but of many segments that come in one Poll every second one is acknowledged
// by itself (RFC 9293 section 3.8.6.3, SHLD-19), because the sender's window grows by the number of ACKs. That
// rule is left for frames of many segments that the device put together: one ACK answers all of them, since sending ACKs is nearly half of
// what such frames cost. A sender that counts ACKs and not bytes (RFC 3465) opens its window slower.
func (c *TCPSocket) input(seg *tcp.Segment) {
	if n := len(seg.Payload); n > 0 && (c.path.ifc == nil || n <= c.path.ifc.mtu) {
		if c.unanswered == 2 {
			c.unanswered = 0
			if c.conn.Deadline() <= c.stack.now && c.findPath() && !c.path.ifc.Stalled() {
				c.sendOne()
			}
		}
		c.unanswered++
	}
	c.activate()
	una := c.conn.SndUna()
	c.conn.Input(c.stack.now, seg)
	if c.neighbor != nil && c.conn.SndUna() != una {
		c.neighbor.progress()
	}
	c.settle()
	c.markReady()
}

// activate makes c the connection that events belong to.
func (c *TCPSocket) activate() { c.stack.tcp.active = c }

// networkError lets the connection know of an error that did not come by TCP. A hard one ends it if it is not open
// yet (RFC 5927 section 5.2).
func (c *TCPSocket) networkError(err error, hard bool) {
	c.activate()
	if hard {
		c.conn.HardError(c.stack.now, err)
	} else {
		c.conn.SoftError(err)
	}
	c.settle()
	c.wake()
	c.markReady()
}

// settle draws the consequences of what a call of the connection did: for the listener, the handler and the tables.
func (c *TCPSocket) settle() {
	state := c.conn.State()
	if c.half && state != tcp.SynReceived {
		c.half = false
		l := c.listener
		if c.early {
			c.stack.tcp.fast.pending--
		} else {
			l.half.remove(c)
		}
		switch {
		case c.early:
			c.stack.counters.TCPAccepts++ // the program has it, or will
		case state == tcp.Closed:
			c.listener, c.closed = nil, true // nobody has seen it
		case !l.closed:
			c.stack.counters.TCPAccepts++
			l.accepted.push(c)
			l.wake()
		}
	}
	r, w := int32(c.conn.Readable()), int32(c.conn.Writable())
	eof, urgent := c.conn.EOF(), c.conn.Urgent() > 0
	if r > c.seen.readable || w > c.seen.writable || state != c.seen.state || eof != c.seen.eof || urgent && !c.seen.urgent {
		c.wake()
	}
	c.seen.readable, c.seen.writable, c.seen.state, c.seen.eof, c.seen.urgent = r, w, state, eof, urgent
	if c.conn.Done() {
		c.unlink()
	} else if state == tcp.TimeWait && c.closed && !c.waiting && !c.gone {
		c.stack.tcp.wait(c)
	}
}

// markReady has the following Poll ask the connection for segments.
func (c *TCPSocket) markReady() {
	if c.queued || c.gone {
		return
	}
	c.queued = true
	home := c.home()
	home.ready.push(c)
	c.guard(home)
}

// guard makes sure that a connection that has to wait for a full device has a timer; see expire.
func (c *TCPSocket) guard(ifc *Interface) {
	if ifc.Stalled() && c.timer.at == Never {
		c.stack.timers.set(&c.timer, c.stack.now.Add(maxStall))
	}
}

// home is the interface in whose turn the connection sends: the loopback's if there is no route now, since that
// never stalls for long.
func (c *TCPSocket) home() *Interface {
	if c.findPath() {
		return c.path.ifc
	}
	return c.stack.interfaces[0]
}

// findPath brings the path up to date and reports whether there is one.
func (c *TCPSocket) findPath() bool {
	s := c.stack
	if c.pathGen != s.routeGen {
		c.pathGen = s.routeGen
		p, err := s.route(c.remote.Addr(), c.local.Addr(), c.on)
		if err != nil {
			p = path{}
		}
		c.path, c.neighbor = s.tcp.hop(p, c.remote.Addr()), nil
		c.fitPath()
	}
	return c.path.ifc != nil
}

// hop is a path in few bytes, for the many connections: from and to whom is known.
type hop struct {
	ifc *Interface
	via *netip.Addr // the gateway; nil if the destination is a neighbor itself
}

// hop gives the short form of a path to dst. Connections through one gateway share its address.
func (t *tcpTable) hop(p path, dst netip.Addr) hop {
	if p.ifc == nil || p.next == dst {
		return hop{ifc: p.ifc}
	}
	if t.viaGen != t.stack.routeGen {
		t.vias, t.viaGen = nil, t.stack.routeGen
	}
	for _, v := range t.vias {
		if *v == p.next {
			return hop{p.ifc, v}
		}
	}
	v := new(netip.Addr)
	*v = p.next
	t.vias = append(t.vias, v)
	return hop{p.ifc, v}
}

// route is the path in full.
func (c *TCPSocket) route() path {
	p := path{ifc: c.path.ifc, next: c.remote.Addr(), src: c.local.Addr()}
	if c.path.via != nil {
		p.next = *c.path.via
	}
	return p
}

// quantum is how many segments a connection sends before it is another's turn.
const quantum = 4

// emit sends what the connection has to send. Part of sender.
func (c *TCPSocket) emit(ifc *Interface) bool {
	more := true
	c.unanswered = 0
	for n := 0; more && n < quantum && !ifc.Stalled(); n++ {
		if c.gone || c.home() != ifc {
			break
		}
		more = c.sendOne()
	}
	c.settle()
	switch {
	case c.gone:
		more = false
	case !more:
		c.schedule()
	case c.home() != ifc:
		more, c.queued = false, false
		c.markReady()
		return false
	default:
		c.guard(ifc)
	}
	c.queued = more
	return more
}

// doubtAfter is how old a neighbor's last answer must be for a connection without progress to doubt it.
const doubtAfter = 5 * time.Second

// sendOne sends one segment if there is one.
func (c *TCPSocket) sendOne() bool {
	s := c.stack
	c.activate()
	if c.pathsGen != s.paths.gen {
		c.fitPath()
	}
	if !c.conn.OutputLarge(s.now, &s.out, c.largeLimit()) {
		return false
	}
	c.sharePath()
	if c.path.ifc == nil {
		s.drop(nil, &s.counters.TxNoRoute)
		c.conn.SoftError(ErrNoRoute)
		c.wake()
		return true
	}
	if n := c.neighbor; n != nil && n.state == reachable && c.conn.RouteDoubtful() && s.now.Sub(n.confirmed) >= doubtAfter {
		// The neighbor is asked whether it is still there (RFC 9293 section 3.8.3, MUST-20).
		n.state, n.tries = probing, 0
		n.ask()
	}
	s.out.Header.SrcPort, s.out.Header.DstPort = c.local.Port(), c.remote.Port()
	p := packet{path: c.route(), dst: c.remote.Addr(), ttl: c.ttl, dscp: c.dscp, df: !c.mayFragment, neighbor: c.neighbor}
	s.sendSegments(&p, &s.out)
	c.neighbor = p.neighbor
	return true
}

// schedule sets the timer for the connection's next deadline.
func (c *TCPSocket) schedule() {
	if !c.gone {
		c.stack.timers.set(&c.timer, c.conn.Deadline())
	}
}

// maxStall is how long a full device may hold up the timers of connections.
const maxStall = time.Second

// expire is the timer: the connection has something to do. Part of expirer.
func (c *TCPSocket) expire(now Time) {
	c.markReady()
	ifc := c.home()
	if !ifc.Stalled() {
		return
	}
	// A link that is down must not keep connections from giving up. What they have to send waits for it, apart from a RST.
	if until := ifc.stalledSince().Add(maxStall); now < until {
		c.stack.timers.set(&c.timer, until)
		return
	}
	c.activate()
	next := c.conn.Expire(now)
	for c.conn.State() == tcp.Closed && c.conn.Output(now, &c.stack.out) {
		c.stack.drop(ifc, &c.stack.counters.TxBlackhole)
	}
	c.settle()
	if !c.gone {
		c.stack.timers.set(&c.timer, next)
	}
}
