package stack

import (
	"net/netip"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// pathMTUs remembers which destinations are reached by paths that take less than the interface does (RFC 1191, RFC
// 8201): a bounded table, the entry learnt longest ago goes first, and none counts for longer than Config.PathMTUAge.
type pathMTUs struct {
	stack          *Stack
	entries        map[pathKey]*pathMTU
	oldest, newest *pathMTU
	gen            uint32 // changes whenever an entry does
}

// pathKey is a destination. What no sequence number vouches for (RFC 5927 section 4.1) is kept apart, so that a forged
// error about a datagram does not slow connections down.
type pathKey struct {
	dst   netip.Addr
	proto dissect.IPProto
}

type pathMTU struct {
	key          pathKey
	mtu          int
	below        bool // the path takes even less than the smallest that is believed: packets may be fragmented
	expires      Time
	older, newer *pathMTU
}

func (t *pathMTUs) init(s *Stack) {
	t.stack = s
	t.entries = make(map[pathKey]*pathMTU)
}

// find gives the entry that counts now, nil if there is none.
func (t *pathMTUs) find(k pathKey) *pathMTU {
	if len(t.entries) == 0 {
		return nil
	}
	e := t.entries[k]
	if e != nil && e.expires <= t.stack.now {
		t.forget(e)
		return nil
	}
	return e
}

// prune forgets what is too old, so that connections that are open learn of it.
func (t *pathMTUs) prune() {
	for t.oldest != nil && t.oldest.expires <= t.stack.now {
		t.forget(t.oldest)
	}
}

// learn notes the path MTU of a destination.
func (t *pathMTUs) learn(k pathKey, mtu int, below bool) {
	e := t.entries[k]
	if e != nil {
		t.unlink(e)
	} else {
		if len(t.entries) >= t.stack.cfg.PathMTUs {
			t.forget(t.oldest)
		}
		e = &pathMTU{key: k}
		t.entries[k] = e
	}
	e.mtu, e.below, e.expires = mtu, below, t.stack.now.Add(t.stack.cfg.PathMTUAge)
	e.newer = nil
	if e.older = t.newest; e.older != nil {
		e.older.newer = e
	} else {
		t.oldest = e
	}
	t.newest = e
	t.gen++
}

func (t *pathMTUs) forget(e *pathMTU) {
	t.unlink(e)
	delete(t.entries, e.key)
	t.gen++
}

func (t *pathMTUs) unlink(e *pathMTU) {
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		t.oldest = e.newer
	}
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		t.newest = e.older
	}
	e.older, e.newer = nil, nil
}

// plateaus are the MTUs that are common on the Internet (RFC 1191 section 7.1). An old router that does not tell its MTU is
// assumed to have the next one below the packet that it refused.
var plateaus = [...]int{65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68}

const (
	minMTU4 = 68   // RFC 791: every link carries this
	minMTU6 = 1280 // RFC 8200 section 5; a router that claims less is not believed (RFC 8201 section 4)
)

// refusedMTU is the MTU that a router stands for that refused a packet of n bytes and named mtu; 0 if that makes no sense.
// a is where the packet went.
func refusedMTU(mtu, n int, a netip.Addr) int {
	floor := minMTU4
	if a.Is6() {
		floor = minMTU6
	}
	if mtu == 0 && a.Is4() {
		for _, p := range plateaus {
			if p < n {
				mtu = p
				break
			}
		}
	}
	if mtu < floor || mtu >= n {
		return 0
	}
	return mtu
}

// minPathMTU is the smallest path MTU that is taken on the word of others.
func (s *Stack) minPathMTU(a netip.Addr) int {
	if a.Is6() {
		return minMTU6
	}
	return s.cfg.MinPathMTU
}

// learnPathMTU notes what a router said that refused a packet of proto to dst.
func (s *Stack) learnPathMTU(dst netip.Addr, proto dissect.IPProto, mtu int) {
	floor := s.minPathMTU(dst)
	s.paths.learn(pathKey{dst, proto}, max(mtu, floor), mtu < floor)
}

// tcpOverhead is what IP and TCP headers take of an MTU, options apart.
func tcpOverhead(a netip.Addr) int {
	if a.Is6() {
		return 40 + dissect.TCPMinHeaderLen
	}
	return dissect.IPv4MinHeaderLen + dissect.TCPMinHeaderLen
}

// tooBig tells the socket that sent a packet that a router found it too large, and reports whether it is one that may
// have been sent. mtu is what the router said. quote is the packet as far as the router quoted it.
func (s *Stack) tooBig(mtu int, quote []byte) bool {
	f, ok := s.quotedFlow(quote)
	if !ok || !f.whole {
		return false
	}
	dst := f.remote.Addr()
	if mtu = refusedMTU(mtu, f.len, dst); mtu == 0 {
		return false
	}
	switch f.proto {
	case dissect.ProtoTCP:
		c := s.tcp.conns.find(f.local, f.remote)
		return c != nil && c.tooBig(f.seq, mtu)
	case dissect.ProtoUDP:
		u := s.udp.sender(f.local, f.remote)
		if u == nil || !u.opt.DontFragment && dst.Is4() {
			return false
		}
		s.learnPathMTU(dst, dissect.ProtoUDP, mtu)
		if u.opt.DontFragment {
			u.fail(ErrMessageSize)
		}
		return true
	case dissect.ProtoICMPv6:
		// An echo reply, which from now on leaves in fragments. Nothing shows that we sent it, so that it takes no place
		// that is needed.
		if len(s.paths.entries) >= s.cfg.PathMTUs/2 {
			return false
		}
		s.paths.learn(pathKey{dst, dissect.ProtoICMPv6}, mtu, false)
		return true
	}
	return s.rawTooBig(f, mtu)
}

// tooBig is an error that says that the segment with number seq needs a path MTU that is not there.
func (c *TCPSocket) tooBig(seq tcp.Seq, mtu int) bool {
	s, dst := c.stack, c.remote.Addr()
	c.activate()
	if !c.conn.TooBig(s.now, seq, mtu-tcpOverhead(dst)) {
		return false
	}
	s.learnPathMTU(dst, dissect.ProtoTCP, mtu)
	c.fitPath()
	c.settle()
	c.markReady()
	return true
}

// fitPath tells the connection how large its segments may be, by the interface and by what is known of the path.
func (c *TCPSocket) fitPath() {
	s, dst := c.stack, c.remote.Addr()
	c.pathsGen = s.paths.gen
	if c.path.ifc == nil {
		return
	}
	mtu := c.path.ifc.mtuFor(dst)
	c.mayFragment = false
	if e := s.paths.find(pathKey{dst, dissect.ProtoTCP}); e != nil && !c.path.ifc.loopback {
		mtu = min(mtu, e.mtu)
		c.mayFragment = e.below
	}
	c.pathsGen = s.paths.gen
	c.conn.SetPathMSS(s.now, mtu-tcpOverhead(dst))
	c.pathMSS = uint16(c.conn.PathMSS())
}

// sharePath lets the other connections to the destination know what this one has found out by itself: that segments vanish
// that are too large for a router that says nothing, or that larger ones get through again (RFC 4821 section 5.3).
func (c *TCPSocket) sharePath() {
	mss := c.conn.PathMSS()
	if mss == int(c.pathMSS) {
		return
	}
	c.pathMSS = uint16(mss)
	t, k := &c.stack.paths, pathKey{c.remote.Addr(), dissect.ProtoTCP}
	switch e := t.find(k); {
	case mss > 0:
		t.learn(k, mss+tcpOverhead(k.dst), false)
	case e != nil:
		t.forget(e)
	}
	c.pathsGen = t.gen
}

// PathMTU is the largest packet that the path to dst is known to take, in bytes with the IP header, for a socket that sets
// UDPOptions.DontFragment: the interface's MTU, or what a router answered. 0 without a route.
func (u *UDPSocket) PathMTU(dst netip.Addr) int {
	s := u.stack
	dst, on, err := s.unzone(dst, u.opt.Interface)
	if err != nil {
		return 0
	}
	p, err := s.route(dst, netip.Addr{}, on)
	if err != nil {
		return 0
	}
	return s.udpPathMTU(dst, p.ifc)
}

func (s *Stack) udpPathMTU(dst netip.Addr, ifc *Interface) int {
	return min(s.pathMTU(dst, dissect.ProtoUDP, ifc), s.pathMTU(dst, dissect.ProtoTCP, ifc))
}

// pathMTU is what packets of proto to dst by ifc are known to get through with.
func (s *Stack) pathMTU(dst netip.Addr, proto dissect.IPProto, ifc *Interface) int {
	mtu := ifc.mtuFor(dst)
	if e := s.paths.find(pathKey{dst, proto}); e != nil {
		mtu = min(mtu, e.mtu)
	}
	return mtu
}
