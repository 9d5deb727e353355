package stack

import (
	"encoding/binary"
	"net/netip"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// fastOpen is what Fast Open (RFC 7413) needs to know beyond one connection: as a server the keys of the cookies, as a client
// the cookies of others.
type fastOpen struct {
	// keys[n&1] is the key of generation n, of which one begins each hour: the present one and the one before.
	keys       [2]sipKey
	generation uint64
	started    bool

	pending int // connections in SYN-RECEIVED that took the text of their SYN (section 5.1)

	known map[netip.Addr]*fastOpenPeer // bounded by maxFastOpenPeers
}

// fastOpenPeer is what is remembered of a server (section 4.1.3).
type fastOpenPeer struct {
	cookie [tcp.MaxFastOpenCookie]byte
	n      uint8
	mss    uint16
	missed uint8 // times in a row that a SYN of ours was answered only when it was sent again, as an ordinary one
	used   Time
	barred Time // until then our SYNs are ordinary ones, because others get lost
}

const (
	fastOpenGeneration = time.Hour
	fastOpenCookieLen  = 8
	fastOpenBarred     = time.Hour
	maxFastOpenPeers   = 1024
	maxFastOpenPending = 256
	maxFastOpenMissed  = 2 // one may have been lost by chance
)

// cookie is what the client at remote has to bring, in generation g: hash of both addresses, so that it serves nobody else.
func (f *fastOpen) cookie(r *random, g uint64, local, remote netip.Addr) (b [fastOpenCookieLen]byte) {
	if !f.started || g > f.generation {
		if !f.started || g > f.generation+1 {
			f.keys[(g+1)&1] = sipKey{r.uint64(), r.uint64()}
		}
		f.keys[g&1] = sipKey{r.uint64(), r.uint64()}
		f.generation, f.started = g, true
	}
	t := makeTuple(netip.AddrPortFrom(local, 0), netip.AddrPortFrom(remote, 0))
	binary.BigEndian.PutUint64(b[:], f.keys[g&1].hash(t[:]))
	return b
}

// fastOpenOption finds the option in a SYN or SYN-ACK; its cookie is empty in one that asks for a cookie. Those of
// an impossible length are passed over (section 4.1.1).
func fastOpenOption(t dissect.TCP) (cookie []byte, ok bool) {
	for b := t.Options(); len(b) > 0; {
		o, rest, err := dissect.NextTCPOption(b)
		if err != nil || o.Kind() == dissect.TCPOptEnd {
			break
		}
		b = rest
		if o.Kind() != dissect.TCPOptFastOpen {
			continue
		}
		if d := o.Data(); len(d) == 0 || len(d) >= tcp.MinFastOpenCookie && len(d) <= tcp.MaxFastOpenCookie && len(d)%2 == 0 {
			return d, true
		}
	}
	return nil, false
}

// fastOpenSyn deals with the option of the SYN that c was just made for (section 4.2.2): with a right cookie the text is
// taken and the program gets the connection now; without one it goes on as any other, with a cookie for the next time.
func (s *Stack) fastOpenSyn(c *TCPSocket, seg *tcp.Segment, t dissect.TCP) {
	cookie, ok := fastOpenOption(t)
	if !ok {
		return
	}
	f := &s.tcp.fast
	g := uint64(s.now) / uint64(fastOpenGeneration)
	fresh := f.cookie(&s.random, g, c.local.Addr(), c.remote.Addr())
	valid := string(cookie) == string(fresh[:])
	if !valid {
		c.conn.GrantFastOpen(fresh[:])
		if g > 0 && len(cookie) > 0 {
			old := f.cookie(&s.random, g-1, c.local.Addr(), c.remote.Addr())
			valid = string(cookie) == string(old[:])
		}
	}
	switch {
	case len(cookie) == 0:
		s.counters.TCPFastOpenGranted++
		return
	case !valid:
		s.counters.TCPFastOpenBadCookie++
		return
	case f.pending >= maxFastOpenPending:
		s.counters.TCPFastOpenFull++
		return
	}
	s.counters.TCPFastOpenAccepted++
	l := c.listener
	l.half.remove(c)
	c.early = true
	f.pending++
	c.conn.TakeSynText(seg)
	l.accepted.push(c)
	l.wake()
}

// fastOpenDial has the SYN of a connection that is being opened ask for a cookie, or use one.
func (s *Stack) fastOpenDial(c *TCPSocket) {
	p := s.tcp.fast.known[c.remote.Addr()]
	switch {
	case p == nil:
		c.conn.OfferFastOpen(nil, 0)
	case s.now < p.barred:
		return
	default:
		p.used = s.now
		c.conn.OfferFastOpen(p.cookie[:p.n], p.mss)
	}
	c.asked = true
}

// fastOpenAnswered learns from the answer to a SYN that asked: seg is a SYN-ACK.
func (s *Stack) fastOpenAnswered(c *TCPSocket, seg *tcp.Segment, t dissect.TCP) {
	c.asked = false
	a := c.remote.Addr()
	cookie, ok := fastOpenOption(t)
	p := s.tcp.fast.known[a]
	missed, granted := c.conn.SynMissed(), ok && len(cookie) > 0
	if p == nil {
		if !missed && !granted {
			return
		}
		p = s.tcp.fast.peer(a)
	}
	p.used = s.now
	if p.missed++; !missed || granted { // granted all the same: it was the answer that got lost
		p.missed = 0
	}
	if p.missed >= maxFastOpenMissed {
		// The ordinary SYN gets through and the other does not: some network does not like it (section 4.1.3.1).
		s.counters.TCPFastOpenBlackhole++
		p.barred, p.missed = s.now.Add(fastOpenBarred), 0
	}
	if i := c.conn.Info(); !missed && !granted && i.SndNxt-i.ISS > 1 && seg.Ack == i.ISS+1 {
		// The text of our SYN was not taken, and no other cookie came: the server does not want it (section 4.1.3.1).
		p.barred = s.now.Add(fastOpenBarred)
	}
	if granted {
		p.n = uint8(copy(p.cookie[:], cookie))
	}
	if seg.Options.MSS != 0 {
		p.mss = seg.Options.MSS
	}
}

// peer is the entry for a, made if there is none. When there are too many, the one that was not used for the longest time makes
// room.
func (f *fastOpen) peer(a netip.Addr) *fastOpenPeer {
	if p := f.known[a]; p != nil {
		return p
	}
	if f.known == nil {
		f.known = make(map[netip.Addr]*fastOpenPeer)
	}
	if len(f.known) >= maxFastOpenPeers {
		f.evict()
	}
	p := new(fastOpenPeer)
	f.known[a] = p
	return p
}

// ForgetFastOpen forgets the cookies that other hosts gave this one, and whose network drops Fast Open: who sees the same cookie from
// two networks knows that it is the same host (RFC 7413 section 5.1).
func (s *Stack) ForgetFastOpen() { s.tcp.fast.known = nil }

// evict takes out the entry that was not used for the longest time; of equal ones that of the lowest address, so that
// the order of a map decides nothing.
func (f *fastOpen) evict() {
	var oldest netip.Addr
	for a, p := range f.known {
		if o := f.known[oldest]; o == nil || p.used < o.used || p.used == o.used && a.Less(oldest) {
			oldest = a
		}
	}
	delete(f.known, oldest)
}
