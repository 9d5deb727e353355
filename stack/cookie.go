package stack

import (
	"encoding/binary"
	"net/netip"
	"sort"
	"time"

	"smoltcp/stack/tcp"
)

// SYN cookies (RFC 4987 section 3.6) answer the SYNs for which a listener has no room. Nothing is kept for them: what
// has to be known comes back in the ACK, authenticated by a key.
//
// A cookie is an initial sequence number as any other (RFC 6528): hash of the addresses and ports + clock, the lower
// 24 bits of the clock, which passes 2^24 in 67 s, being replaced:
//
//	 0       7 8                                   31
//	+---------+--------------------------------------+
//	|  tick   |  keyed hash + index in cookieMSS     |  + F(addresses, ports)
//	+---------+--------------------------------------+
//
// The hash covers addresses, ports, the peer's number, the whole tick and the options that the timestamp carries. A
// cookie holds for this tick and the next: whoever guesses has a chance of 2^-27 each time.
type synCookies struct {
	// keys[n&1] is the key of generation n: the present one and the one before. Ticks of one generation share a key.
	keys       [2]sipKey
	generation uint64
	started    bool
}

const (
	cookieTick      = 4 * time.Microsecond << 24 // the time in which the clock of RFC 6528 passes 2^24
	cookieKeyTicks  = 16                         // 18 minutes
	cookieHashBits  = 24
	cookieHashMask  = 1<<cookieHashBits - 1
	cookieLifeTicks = 2
)

// cookieMSS are the MSS values that a cookie can say: those in use on common links, and some small ones. The largest
// that is not above the peer's is taken.
var cookieMSS = [16]uint16{28, 88, 216, 348, 536, 768, 1024, 1220, 1300, 1360, 1400, 1420, 1440, 1452, 1460, 8960}

// cookieMSSIndex is the row for an MSS.
func cookieMSSIndex(mss uint16) uint32 {
	i := sort.Search(len(cookieMSS), func(i int) bool { return cookieMSS[i] > mss })
	return uint32(max(i-1, 0))
}

func cookieTickAt(now Time) uint64 { return uint64(now) / uint64(cookieTick) }

// key is the key for a tick: of the present generation or the one before.
func (k *synCookies) key(r *random, tick uint64) *sipKey {
	g := tick / cookieKeyTicks
	if !k.started || g > k.generation {
		if !k.started || g > k.generation+1 {
			k.keys[(g+1)&1] = sipKey{r.uint64(), r.uint64()}
		}
		k.keys[g&1] = sipKey{r.uint64(), r.uint64()}
		k.generation, k.started = g, true
	}
	return &k.keys[g&1]
}

// hash is what a cookie holds beside the MSS.
func (k *synCookies) hash(r *random, t *tuple, irs tcp.Seq, tick uint64, options uint8) uint32 {
	var b [len(tuple{}) + 13]byte
	n := copy(b[:], t[:])
	binary.BigEndian.PutUint32(b[n:], uint32(irs))
	binary.BigEndian.PutUint64(b[n+4:], tick)
	b[n+12] = options
	return uint32(k.key(r, tick).hash(b[:])) & cookieHashMask
}

// noCookieOptions stands for the options of a SYN without timestamps.
const noCookieOptions = 1 << tcp.CookieBits

func cookieOptions(ts uint32, ok bool) uint8 {
	if !ok {
		return noCookieOptions
	}
	return uint8(ts & (1<<tcp.CookieBits - 1))
}

// sendCookie answers a SYN without keeping anything.
func (s *Stack) sendCookie(l *TCPListener, seg *tcp.Segment, local, remote netip.AddrPort, ifc *Interface) {
	s.counters.TCPReceived++
	p, err := s.route(remote.Addr(), local.Addr(), ifc.wayBack(remote.Addr(), l.opt.Interface))
	if err != nil {
		s.drop(ifc, &s.counters.TxNoRoute)
		return
	}
	if !p.ifc.roomForControl() {
		return
	}
	cfg := s.tcpConfig(p.ifc, remote.Addr(), l.opt.Config, &l.configs)
	t := makeTuple(local, remote)
	tick := cookieTickAt(s.now)
	ts, hasTS := tcp.CookieTimestamp(cfg, s.now, s.random.tsOffset(local, remote), seg)
	low := s.tcp.cookies.hash(&s.random, &t, seg.Seq, tick, cookieOptions(ts, hasTS)) + cookieMSSIndex(tcp.PeerMSS(cfg, seg))
	iss := s.random.issBase(&t) + uint32(tick)<<cookieHashBits + low&cookieHashMask
	tcp.SynAckFor(cfg, tcp.Seq(iss), ts, hasTS, seg, &s.out)
	s.out.Header.SrcPort, s.out.Header.DstPort = local.Port(), remote.Port()
	l.cookiesUntil = tick + cookieLifeTicks
	s.counters.TCPCookiesSent++
	out := packet{path: p, dst: remote.Addr(), ttl: l.opt.TTL, dscp: l.opt.DSCP & 63}
	def(&out.ttl, s.ttlFor(p.ifc, remote.Addr()))
	s.sendSegment(&out, &s.out)
}

// cookieOf looks for a cookie in a segment for no connection, and gives the peer's MSS.
func (s *Stack) cookieOf(t *tuple, seg *tcp.Segment) (mss uint16, ok bool) {
	v := uint32(seg.Ack-1) - s.random.issBase(t)
	now := cookieTickAt(s.now)
	tick := now - uint64(uint8(now)-uint8(v>>cookieHashBits))
	if now-tick >= cookieLifeTicks || tick > now {
		return 0, false
	}
	s.tcp.cookies.key(&s.random, now) // the present generation is known before one asks for an older
	options := cookieOptions(seg.Options.TSEcr, seg.Options.HasTimestamps)
	i := (v - s.tcp.cookies.hash(&s.random, t, seg.Seq-1, tick, options)) & cookieHashMask
	if i >= uint32(len(cookieMSS)) {
		return 0, false
	}
	return cookieMSS[i], true
}

// cookieReturned opens a connection for a segment that brings a cookie back, and reports whether it dealt with the
// segment. While a listener has given none away nothing is looked at: nobody can try numbers on an idle port.
func (s *Stack) cookieReturned(l *TCPListener, seg *tcp.Segment, local, remote netip.AddrPort, ifc *Interface) bool {
	if l.cookiesUntil == 0 || cookieTickAt(s.now) >= l.cookiesUntil {
		return false
	}
	t := makeTuple(local, remote)
	mss, ok := s.cookieOf(&t, seg)
	switch {
	case !ok:
		s.counters.TCPCookiesBad++
		return false
	case l.accepted.len() >= l.opt.Backlog:
		s.drop(ifc, &s.counters.TCPBacklogFull) // its text comes again
		return true
	case !s.tcp.room():
		s.drop(ifc, &s.counters.TCPTooMany)
		return true
	}
	s.counters.TCPReceived++
	on := ifc.wayBack(remote.Addr(), l.opt.Interface)
	p, err := s.route(remote.Addr(), local.Addr(), on)
	if err != nil {
		s.drop(ifc, &s.counters.TxNoRoute)
		return true
	}
	s.counters.TCPCookiesAccepted++
	c := s.newTCP(local, remote, p, &l.opt)
	c.on = on
	l.opening(c)
	s.tcp.active = c
	c.conn.AcceptCookie(s.now, s.tcpConfig(p.ifc, remote.Addr(), l.opt.Config, &l.configs), s.random.tsOffset(local, remote), mss, seg)
	c.settle()
	c.markReady()
	return true
}
