package capture

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// FaultConfig says what [Fault] does to frames, in each direction. Chances are in percent of the frames; what
// is zero does not happen.
type FaultConfig struct {
	Seed uint64 // of all chances: the same seed and the same frames give the same faults

	DropChance      float64
	CorruptChance   float64 // one bit of one octet is flipped
	DuplicateChance float64
	ReorderChance   float64 // the frame comes ReorderDelay late, after those that follow it closely

	Delay        time.Duration // of every frame
	ReorderDelay time.Duration // zero: 1 ms

	SizeLimit int // bytes; larger frames are dropped

	// TxRateLimit and RxRateLimit are how many frames may pass in each ShapingInterval. Those beyond are dropped.
	TxRateLimit, RxRateLimit int
	ShapingInterval          time.Duration // zero: 50 ms
}

// Active reports whether c does anything at all.
func (c *FaultConfig) Active() bool {
	z := FaultConfig{Seed: c.Seed, ReorderDelay: c.ReorderDelay, ShapingInterval: c.ShapingInterval}
	return *c != z
}

func (c *FaultConfig) check() error {
	for _, p := range [...]struct {
		name string
		v    float64
	}{{"drop", c.DropChance}, {"corrupt", c.CorruptChance}, {"duplicate", c.DuplicateChance}, {"reorder", c.ReorderChance}} {
		if !(p.v >= 0 && p.v <= 100) { // NaN too
			return fmt.Errorf("%s chance of %v: not a percentage from 0 to 100", p.name, p.v)
		}
	}
	if min(c.Delay, c.ReorderDelay, c.ShapingInterval) < 0 {
		return errors.New("negative delay or shaping interval")
	}
	if min(c.SizeLimit, c.TxRateLimit, c.RxRateLimit) < 0 {
		return errors.New("negative size or rate limit")
	}
	return nil
}

// FaultKind is one of the things that [Fault] does to a frame.
type FaultKind uint8

const (
	// These drop the frame.
	FaultTooLarge FaultKind = iota
	FaultDrop
	FaultRateLimit
	FaultQueueFull // more frames are being delayed than Fault holds

	// These let it pass.
	FaultCorrupt
	FaultDuplicate
	FaultReorder

	numFaultKinds
)

var faultTexts = [numFaultKinds]string{
	"dropping a packet that is too large",
	"randomly dropping a packet",
	"dropping a packet because of rate limiting",
	"dropping a packet because too many are delayed",
	"randomly corrupting a packet",
	"duplicating a packet",
	"reordering a packet",
}

// String says what happens: "randomly dropping a packet".
func (k FaultKind) String() string {
	if k < numFaultKinds {
		return faultTexts[k]
	}
	return "unknown"
}

// verdicts has the text of every set of faults (bit k for kind k) for frames received (0) and sent (1).
var verdicts = func() (v [2][1 << numFaultKinds]string) {
	for set := 1; set < 1<<numFaultKinds; set++ {
		var texts []string
		for k := range numFaultKinds {
			if set>>k&1 != 0 {
				texts = append(texts, k.String())
			}
		}
		s := strings.Join(texts, ", ")
		v[0][set], v[1][set] = "rx: "+s, "tx: "+s
	}
	return v
}()

// A Fault is a [Device] that damages the traffic of another in the ways of a bad network: for tests, and to watch how
// a host takes it. It reads time from a function and chance from a seed alone.
//
// A frame received is judged in the order size, drop, rate limit, corruption; a frame sent in the order drop, size,
// rate limit, corruption. Then it may be duplicated, delayed or both. A chain of decorators holds one Fault.
type Fault struct {
	dev Device
	cfg FaultConfig
	now func() int64

	rx, tx faultLane
	watch  watch
	one    [1][]byte // a frame in one piece, as Send wants it
	lost   error     // why a delayed frame could not be sent; the following Recv reports it
}

// NewFault makes a Fault over dev. now gives the time in nanoseconds from a clock that never goes back.
func NewFault(dev Device, cfg FaultConfig, now func() int64) (*Fault, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if cfg.ReorderDelay == 0 {
		cfg.ReorderDelay = time.Millisecond
	}
	if cfg.ShapingInterval == 0 {
		cfg.ShapingInterval = 50 * time.Millisecond
	}
	f := &Fault{dev: dev, cfg: cfg, now: now}
	// Each direction has chances of its own, so that what is received does not change what happens to what is sent.
	f.rx = newFaultLane(DirIn, rand.NewPCG(cfg.Seed, 0), cfg.RxRateLimit, cfg.ShapingInterval)
	f.tx = newFaultLane(DirOut, rand.NewPCG(cfg.Seed, 1), cfg.TxRateLimit, cfg.ShapingInterval)
	if below, ok := dev.(observed); ok {
		f.watch.observers = below.take()
	}
	return f, nil
}

// Count is how often fault k befell a frame received (DirIn) or sent (DirOut).
func (f *Fault) Count(dir Direction, k FaultKind) uint64 {
	if dir == DirOut {
		return f.tx.counts[k]
	}
	return f.rx.counts[k]
}

func (f *Fault) add(o Observer) { f.watch.observers = append(f.watch.observers, o) }

func (f *Fault) take() []Observer {
	o := f.watch.observers
	f.watch.observers = nil
	return o
}

// maxDropped bounds how many frames one Recv drops before it returns, so that a flood cannot hold its caller.
const maxDropped = 64

// Recv returns the next frame that gets through. One that is dropped does not end the search; nil may mean that very
// many in a row were, and Wait then returns at once.
func (f *Fault) Recv() ([]byte, error) {
	now := f.now()
	f.flush(now)
	if err := f.lost; err != nil {
		f.lost = nil
		return nil, err
	}
	f.rx.line.reclaim()
	for range maxDropped {
		if d, ok := f.rx.line.pop(now); ok {
			f.rx.line.lent = d.frame
			f.watch.show(DirIn, d.frame, d.verdict)
			return d.frame, nil
		}
		frame, err := f.dev.Recv()
		if frame == nil || err != nil {
			return nil, err
		}
		if frame = f.receive(frame, now); frame != nil {
			return frame, nil
		}
	}
	return nil, nil
}

// receive decides about one frame. It returns the frame if it passes now, and nil if it was dropped or delayed.
func (f *Fault) receive(frame []byte, now int64) []byte {
	l := &f.rx
	if k, drop := f.drops(l, len(frame), now); drop {
		f.watch.show(DirIn, frame, l.count(k))
		return nil
	}
	f.one[0] = frame
	pieces, faults := f.corrupt(l, f.one[:])
	frame = pieces[0]
	release, late := f.release(l, now)
	verdict := l.verdict(faults | late)
	if release > now {
		if l.line.full() {
			f.watch.show(DirIn, frame, l.count(FaultQueueFull))
			return nil
		}
		l.line.push(release, pieces, verdict)
	}
	if l.chance(f.cfg.DuplicateChance) && !l.line.full() {
		l.line.push(release, pieces, l.verdict(faults|l.mark(FaultDuplicate)))
	}
	if release > now {
		return nil
	}
	f.watch.show(DirIn, frame, verdict)
	return frame
}

// Send sends a frame, damaged or not, or loses it. A frame that is dropped counts as taken. The device is full when
// Fault cannot delay any more frames; what it has taken it passes on whenever the host calls it.
func (f *Fault) Send(pieces [][]byte) (bool, error) {
	now := f.now()
	f.flush(now)
	l := &f.tx
	if l.line.full() {
		return false, nil
	}
	if k, drop := f.drops(l, size(pieces), now); drop {
		f.watch.sent(pieces, l.count(k), nil)
		return true, nil
	}
	pieces, faults := f.corrupt(l, pieces)
	release, late := f.release(l, now)
	verdict := l.verdict(faults | late)
	again := l.chance(f.cfg.DuplicateChance)

	// What is due goes first. If the device is full now, the frame waits here: it was judged and must not be again.
	sent := false
	if release == now && !l.line.due(now) {
		ok, err := f.dev.Send(pieces)
		if err != nil {
			f.watch.sent(pieces, verdict, err)
			return false, err
		}
		sent = ok
	}
	if !sent {
		l.line.push(release, pieces, verdict)
	}
	f.watch.sent(pieces, verdict, nil)
	if again && !l.line.full() {
		l.line.push(release, pieces, "")
		f.watch.sent(pieces, l.verdict(faults|l.mark(FaultDuplicate)), nil)
		f.flush(now)
	}
	return true, nil
}

// Wait waits like the device below, and also until the next delayed frame is due, in either direction.
func (f *Fault) Wait(timeout time.Duration, write bool) error {
	now := f.now()
	f.flush(now)
	if f.lost != nil || f.rx.line.due(now) || write && !f.tx.line.full() {
		return nil
	}
	for _, l := range [...]*delayLine{&f.rx.line, &f.tx.line} {
		if at, ok := l.next(); ok && at > now {
			if d := time.Duration(at - now); timeout < 0 || d < timeout {
				timeout = d
			}
		}
	}
	err := f.dev.Wait(timeout, f.tx.line.due(now))
	f.flush(f.now())
	return err
}

// NextRelease is the time, by the clock given to NewFault, at which the first delayed frame is due; ok is false if there
// is none. Wait knows it: this is for those who never wait, in virtual time.
func (f *Fault) NextRelease() (at int64, ok bool) {
	r, okRx := f.rx.line.next()
	t, okTx := f.tx.line.next()
	if okRx && (!okTx || r < t) {
		return r, true
	}
	return t, okTx
}

func (f *Fault) Wake()          { f.dev.Wake() }
func (f *Fault) Ethernet() bool { return f.dev.Ethernet() }
func (f *Fault) MTU() int       { return f.dev.MTU() }

// Link is that of the device below.
func (f *Fault) Link() (up bool, changes uint64) { return linkOfDevice(f.dev) }

// Close closes the device below. Frames that are still delayed are lost.
func (f *Fault) Close() error { return f.dev.Close() }

// flush sends the delayed frames that are due, until the device is full.
func (f *Fault) flush(now int64) {
	l := &f.tx.line
	for l.due(now) {
		f.one[0] = l.q[l.head].frame
		ok, err := f.dev.Send(f.one[:])
		if err != nil {
			f.lost = err
		} else if !ok {
			return
		}
		d, _ := l.pop(now)
		l.reuse(d.frame)
	}
}

// drops decides whether a frame of n bytes is dropped, and why.
func (f *Fault) drops(l *faultLane, n int, now int64) (k FaultKind, drop bool) {
	tooLarge := f.cfg.SizeLimit > 0 && n > f.cfg.SizeLimit
	switch {
	case l.dir == DirIn && tooLarge:
		return FaultTooLarge, true
	case l.chance(f.cfg.DropChance):
		return FaultDrop, true
	case tooLarge:
		return FaultTooLarge, true
	case !l.bucket.take(now):
		return FaultRateLimit, true
	}
	return 0, false
}

// corrupt flips one bit in a copy of the frame, if chance will have it. It returns the frame to use and the mark.
func (f *Fault) corrupt(l *faultLane, pieces [][]byte) ([][]byte, faultSet) {
	n := size(pieces)
	if !l.chance(f.cfg.CorruptChance) || n == 0 {
		return pieces, 0
	}
	l.copy = l.copy[:0]
	for _, p := range pieces {
		l.copy = append(l.copy, p...)
	}
	bit := l.rng.IntN(8 * n)
	l.copy[bit/8] ^= 1 << (bit % 8)
	f.one[0] = l.copy
	return f.one[:], l.mark(FaultCorrupt)
}

// release decides when a frame that came at time now goes on.
func (f *Fault) release(l *faultLane, now int64) (int64, faultSet) {
	at := now + int64(f.cfg.Delay)
	if l.chance(f.cfg.ReorderChance) {
		return at + int64(f.cfg.ReorderDelay), l.mark(FaultReorder)
	}
	return at, 0
}

// faultSet has bit k set for each fault k that befell a frame.
type faultSet uint8

// faultLane is the state of one direction.
type faultLane struct {
	dir    Direction
	rng    *rand.Rand
	bucket tokenBucket
	line   delayLine
	counts [numFaultKinds]uint64
	copy   []byte // the last corrupted frame
}

func newFaultLane(dir Direction, src rand.Source, rate int, interval time.Duration) faultLane {
	return faultLane{dir: dir, rng: rand.New(src), bucket: tokenBucket{rate: rate, interval: int64(interval), tokens: rate}}
}

// chance comes true in percent of the calls. It draws a number only if it might do either.
func (l *faultLane) chance(percent float64) bool {
	return percent > 0 && l.rng.Float64()*100 < percent
}

// mark counts a fault and returns the set that it makes.
func (l *faultLane) mark(k FaultKind) faultSet {
	l.counts[k]++
	return 1 << k
}

// count counts a fault that ends a frame and returns its text.
func (l *faultLane) count(k FaultKind) string { return l.verdict(l.mark(k)) }

func (l *faultLane) verdict(s faultSet) string {
	if l.dir == DirOut {
		return verdicts[1][s]
	}
	return verdicts[0][s]
}

// tokenBucket lets rate frames pass in each interval: it is filled up whenever one has gone by.
type tokenBucket struct {
	rate, tokens   int // rate zero: no limit
	interval, last int64
	used           bool
}

func (b *tokenBucket) take(now int64) bool {
	if b.rate == 0 {
		return true
	}
	if !b.used || now-b.last >= b.interval {
		b.used, b.last, b.tokens = true, now, b.rate
	}
	if b.tokens == 0 {
		return false
	}
	b.tokens--
	return true
}

// Limits of a delay line: frames, and bytes in them.
const (
	maxDelayed      = 4096
	maxDelayedBytes = 16 << 20
)

// delayed is a frame on its way.
type delayed struct {
	release int64
	frame   []byte
	verdict string
}

// delayLine holds copies of frames until they are due, in the order of release and, among equals, of arrival.
type delayLine struct {
	q     []delayed // those from head on
	head  int
	bytes int
	free  [][]byte // buffers to use again
	lent  []byte   // the frame that the last Recv returned
}

func (l *delayLine) full() bool { return len(l.q)-l.head >= maxDelayed || l.bytes >= maxDelayedBytes }

// next is when the first frame is due.
func (l *delayLine) next() (int64, bool) {
	if l.head == len(l.q) {
		return 0, false
	}
	return l.q[l.head].release, true
}

func (l *delayLine) due(now int64) bool {
	at, ok := l.next()
	return ok && at <= now
}

func (l *delayLine) push(release int64, pieces [][]byte, verdict string) {
	b := []byte{} // not nil, even for an empty frame
	if n := len(l.free); n > 0 {
		b, l.free = l.free[n-1][:0], l.free[:n-1]
	}
	for _, p := range pieces {
		b = append(b, p...)
	}
	l.bytes += len(b)
	if l.head > maxDelayed {
		l.q = slices.Delete(l.q, 0, l.head)
		l.head = 0
	}
	at := len(l.q)
	for at > l.head && l.q[at-1].release > release {
		at--
	}
	l.q = slices.Insert(l.q, at, delayed{release, b, verdict})
}

// pop takes out the first frame if it is due. Its buffer goes back by reuse or, once lent, by reclaim.
func (l *delayLine) pop(now int64) (delayed, bool) {
	if !l.due(now) {
		return delayed{}, false
	}
	d := l.q[l.head]
	l.q[l.head] = delayed{}
	if l.head++; l.head == len(l.q) {
		l.q, l.head = l.q[:0], 0
	}
	l.bytes -= len(d.frame)
	return d, true
}

// maxFree bounds the buffers that are kept for later.
const maxFree = 64

func (l *delayLine) reuse(b []byte) {
	if len(l.free) < maxFree {
		l.free = append(l.free, b)
	}
}

// reclaim takes back the frame that was lent.
func (l *delayLine) reclaim() {
	if l.lent != nil {
		l.reuse(l.lent)
		l.lent = nil
	}
}
