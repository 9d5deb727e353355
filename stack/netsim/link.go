package netsim

import (
	"cmp"
	"time"

	"smoltcp/stack"
)

// LinkConfig says what becomes of the frames that an end sends. Probabilities are between 0 and 1, and for each frame.
type LinkConfig struct {
	MTU   int  // of IP packets, in bytes: 1500 if zero. A larger frame is lost with an error.
	RawIP bool // frames are bare IP packets, without an Ethernet header

	Delay  time.Duration // from the last bit sent to the frame received
	Jitter time.Duration // up to so much more delay, without overtaking
	Rate   int           // bits a second; 0: not limited

	TxRing int // frames that the end holds before it is full, as a device does; 0: never
	Queue  int // frames that wait for the link; more are lost, as in a router; 0: never

	RED   RED   // queue management that marks or drops early, see there
	CoDel CoDel // the same by the time that frames wait

	Loss      float64 // probability of being lost
	Burst     float64 // mean length of a bad time in frames; 0 and 1: each frame is lost by itself
	BurstLoss float64 // probability of being lost in a bad time (the model of Gilbert and Elliott); 1 if zero

	Reorder      float64       // probability of being overtaken
	ReorderDelay time.Duration // by how much: up to so much more delay; 10 ms if zero

	Duplicate float64 // probability of arriving twice
	Corrupt   float64 // probability of having one bit inverted, anywhere in the frame

	Router *Router // with a smaller MTU, if there is one on the way

	// Way, if set, gives each frame more delay, as if behind the link it had farther to go than others. The frame is lent.
	Way func(frame []byte) time.Duration
}

// Stats counts what became of the frames that an end sent.
type Stats struct {
	Sent, Bytes                                 int
	Lost, Overflowed                            int // by chance, and because the queue was full
	Marked, Early                               int // with congestion experienced, and dropped by queue management
	Reordered, Duplicated, Corrupted, Delivered int
}

// End is one end of a link: a stack.Device.
type End struct {
	sim    *Sim
	cfg    LinkConfig
	peers  []*End
	node   *node
	inbox  [][]byte // those from taken on have arrived and not been received
	taken  int
	lent   []byte
	queued int        // frames sent that have not left yet
	full   bool       // somebody was told so
	free   stack.Time // when the link has sent everything
	last   stack.Time // latest arrival, for Jitter
	losing bool       // in a bad time
	aqm    aqmState
	down   bool

	Stats Stats

	// Tap, if set, sees every frame as it is sent, before anything happens to it. The frame is lent.
	Tap func(now stack.Time, frame []byte)
}

// Link joins two ends by a link that is the same both ways.
func (s *Sim) Link(cfg LinkConfig) (*End, *End) { return s.Path(cfg, cfg) }

// Path joins two ends by a link that does ab to what the first sends, and ba to what the second sends.
func (s *Sim) Path(ab, ba LinkConfig) (*End, *End) {
	a, b := s.end(ab), s.end(ba)
	a.peers, b.peers = []*End{b}, []*End{a}
	return a, b
}

// Hub joins n ends: each receives what any other sends.
func (s *Sim) Hub(n int, cfg LinkConfig) []*End {
	ends := make([]*End, n)
	for i := range ends {
		ends[i] = s.end(cfg)
	}
	for i, e := range ends {
		for j, peer := range ends {
			if i != j {
				e.peers = append(e.peers, peer)
			}
		}
	}
	return ends
}

func (s *Sim) end(cfg LinkConfig) *End {
	if cfg.MTU == 0 {
		cfg.MTU = 1500
	}
	if cfg.ReorderDelay == 0 {
		cfg.ReorderDelay = 10 * time.Millisecond
	}
	return &End{sim: s, cfg: cfg}
}

// Configure changes what becomes of frames sent from now on.
func (e *End) Configure(f func(*LinkConfig)) { f(&e.cfg) }

// SetDown cuts the end off, so that it takes no frame and says that it is full; or puts it on again.
func (e *End) SetDown(down bool) {
	if e.down = down; !down {
		e.wake()
	}
}

// Inject gives the end a frame now, as if a peer had sent it. The frame is copied.
func (e *End) Inject(frame []byte) {
	e.sim.push(event{at: e.sim.now, frame: append(e.sim.buffer(), frame...), end: e})
}

func (e *End) wake() {
	if e.node != nil {
		e.node.next, e.node.woken = e.sim.now, true
	}
}

// Ethernet and MTU are part of stack.Device.
func (e *End) Ethernet() bool { return !e.cfg.RawIP }
func (e *End) MTU() int       { return e.cfg.MTU }

// Recv is part of stack.Device.
func (e *End) Recv() ([]byte, error) {
	if e.lent != nil {
		e.sim.release(e.lent)
		e.lent = nil
	}
	if e.taken == len(e.inbox) {
		e.inbox, e.taken = e.inbox[:0], 0
		return nil, nil
	}
	e.lent = e.inbox[e.taken]
	e.inbox[e.taken] = nil
	e.taken++
	return e.lent, nil
}

type tooLarge struct{}

func (tooLarge) Error() string { return "netsim: frame exceeds the MTU" }

// Send is part of stack.Device.
func (e *End) Send(pieces [][]byte) (bool, error) {
	s, c := e.sim, &e.cfg
	if e.down || c.TxRing > 0 && e.queued >= c.TxRing {
		e.full = true
		return false, nil
	}
	frame := s.buffer()
	for _, b := range pieces {
		frame = append(frame, b...)
	}
	limit := c.MTU
	if !c.RawIP {
		limit += 18 // Ethernet header and a tag
	}
	if len(frame) > limit {
		s.release(frame)
		return false, tooLarge{}
	}
	if e.Tap != nil {
		e.Tap(s.now, frame)
	}
	e.Stats.Sent++
	e.Stats.Bytes += len(frame)
	if c.Queue > 0 && e.queued >= c.Queue {
		e.Stats.Overflowed++
		s.release(frame)
		return true, nil
	}
	e.free = max(e.free, s.now)
	if e.congested() && !e.mark(frame) {
		e.Stats.Early++
		s.release(frame)
		return true, nil
	}
	if c.Rate > 0 {
		e.free = e.free.Add(time.Duration(len(frame)) * 8 * time.Second / time.Duration(c.Rate))
	}
	if c.TxRing > 0 || c.Queue > 0 {
		e.queued++
		s.push(event{at: e.free, end: e})
	}
	frames := [][]byte{frame}
	if c.Router != nil {
		frames = c.Router.route(e, frame)
	}
	for _, peer := range e.peers {
		for _, f := range frames {
			e.deliver(peer, f)
		}
	}
	s.release(frame)
	return true, nil
}

// chance decides something of probability p.
func (e *End) chance(p float64) bool { return p > 0 && e.sim.rng.Float64() < p }

// lost decides whether a frame is lost: each by itself, or in bad times that are Burst frames long on average and so frequent
// that Loss are lost in all.
func (e *End) lost() bool {
	c := &e.cfg
	if c.Burst <= 1 {
		return e.chance(c.Loss)
	}
	within := cmp.Or(c.BurstLoss, 1)
	bad := min(c.Loss/within, 1) // the part of the frames that meet a bad time
	if e.losing {
		e.losing = !e.chance(1 / c.Burst)
	} else {
		e.losing = bad >= 1 || e.chance(bad/(1-bad)/c.Burst)
	}
	return e.losing && (within >= 1 || e.chance(within))
}

// deliver sends a copy of frame on its way to peer.
func (e *End) deliver(peer *End, frame []byte) {
	s, c := e.sim, &e.cfg
	if e.lost() {
		e.Stats.Lost++
		return
	}
	at := e.free.Add(c.Delay)
	if c.Jitter > 0 {
		at = at.Add(time.Duration(s.rng.Int64N(int64(c.Jitter) + 1)))
		at = max(at, e.last)
		e.last = at
	}
	if e.chance(c.Reorder) {
		e.Stats.Reordered++
		at = at.Add(time.Duration(1 + s.rng.Int64N(int64(c.ReorderDelay))))
	}
	if c.Way != nil {
		at = at.Add(c.Way(frame))
	}
	copies := 1
	if e.chance(c.Duplicate) {
		e.Stats.Duplicated++
		copies = 2
	}
	for range copies {
		b := append(s.buffer(), frame...)
		if e.chance(c.Corrupt) && len(b) > 0 {
			e.Stats.Corrupted++
			b[s.rng.IntN(len(b))] ^= 1 << s.rng.IntN(8)
		}
		e.Stats.Delivered++
		s.push(event{at: at, frame: b, end: peer})
	}
}
