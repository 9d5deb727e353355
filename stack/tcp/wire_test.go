package tcp

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"smoltcp/dissect"
)

// flight is a segment on its way between two ends.
type flight struct {
	at      Time
	order   int
	to      *end
	segment Segment
}

// end is one side of a pair: a connection, its program and what is watched about it.
type end struct {
	Conn
	name   string
	peer   *end
	write  []byte // what its program still has to write
	got    []byte // what its program has read
	eof    bool
	failed error
	closed bool // CloseWrite or Close was called

	burst int // bytes that the program handles at a time

	// Invariants.
	edge      Seq // right edge as the peer was told
	edgeKnown bool
	segments  int
}

// wire is a pair of connections over a network that loses, doubles and reorders, in virtual time.
type wire struct {
	t      *testing.T
	rnd    *rand.Rand
	now    Time
	a, b   *end
	flying []flight
	order  int

	delay, jitter      time.Duration
	loss, dup, reorder float64
	mark               float64 // of what is ECN-capable
	trace              func(string)
}

// segmentFrom makes what the peer receives of out, by way of the wire format, so that options are what they would be.
func segmentFrom(out *Out) Segment {
	b := out.Header.Append(nil)
	b = append(b, out.Payload[0]...)
	b = append(b, out.Payload[1]...)
	return ParseSegment(dissect.TCP(b), out.ECN)
}

func (w *wire) send(from *end, out *Out) {
	s := segmentFrom(out)
	from.checkSegment(w, &s)
	if w.mark > 0 && s.ECN != dissect.NotECT && w.rnd.Float64() < w.mark {
		s.ECN = dissect.CE
	}
	if w.trace != nil {
		w.trace(fmt.Sprintf("%v %s -> %v seq %d ack %d len %d win %d", w.now.Seconds(), from.name, s.Flags, s.Seq-from.iss, s.Ack-from.irs, len(s.Payload), s.Window))
	}
	copies := 1
	if w.rnd.Float64() < w.dup {
		copies = 2
	}
	for range copies {
		if w.rnd.Float64() < w.loss {
			continue
		}
		at := w.now.Add(w.delay)
		if w.rnd.Float64() < w.reorder {
			at = at.Add(time.Duration(w.rnd.Int64N(int64(w.jitter) + 1)))
		}
		w.order++
		w.flying = append(w.flying, flight{at, w.order, from.peer, s})
	}
}

// pump takes everything from an end that it has to send, and checks that this ends.
func (w *wire) pump(e *end) {
	var out Out
	for n := 0; e.Output(w.now, &out); n++ {
		if n > 100000 {
			w.t.Fatalf("%s: sends for ever", e.name)
		}
		w.send(e, &out)
		e.check(w)
	}
	if d := e.Deadline(); d <= w.now {
		w.t.Fatalf("%s: nothing to send at %v, but the deadline is %v; state %v, timers %v", e.name, w.now, d, e.State(), e.timers)
	}
	e.check(w)
}

// program reads and writes as far as it goes.
func (w *wire) program(e *end) {
	for len(e.write) > 0 {
		n, err := e.Write(w.now, e.write[:min(len(e.write), e.burst)])
		if err == ErrWouldBlock {
			break
		}
		if err != nil {
			e.failed = err
			e.write = nil
			break
		}
		e.write = e.write[n:]
	}
	if len(e.write) == 0 && !e.closed && e.State() != SynSent && e.State() != SynReceived {
		e.closed = true
		if err := e.CloseWrite(w.now); err != nil && e.failed == nil {
			e.failed = err
		}
	}
	buf := make([]byte, e.burst)
	for !e.eof && e.failed == nil {
		n, err := e.Read(w.now, buf)
		e.got = append(e.got, buf[:n]...)
		if err == io.EOF {
			e.eof = true
		} else if err == ErrWouldBlock {
			break
		} else if err != nil {
			e.failed = err
		}
	}
	e.check(w)
}

// checkSegment checks what an end sends against what it sent before.
func (e *end) checkSegment(w *wire, s *Segment) {
	e.segments++
	if s.Flags.Has(dissect.ACK) && !s.Flags.Has(dissect.RST) {
		win := Seq(s.Window)
		if !s.Flags.Has(dissect.SYN) {
			win <<= e.rcvScale
		}
		edge := s.Ack + win
		if e.edgeKnown && edge.Less(e.edge) && e.edge-edge >= 1<<e.rcvScale {
			w.t.Fatalf("%s: right edge moves left from %d to %d", e.name, e.edge, edge)
		}
		if !e.edgeKnown || e.edge.Less(edge) {
			e.edge, e.edgeKnown = edge, true
		}
		if room := int(edge - e.rcvNxt); !e.finRcvd && room > e.rcvSize()-e.rcv.n {
			w.t.Fatalf("%s: window %d with room for %d", e.name, room, e.rcvSize()-e.rcv.n)
		}
	}
	if n := len(s.Payload); n > e.smss() && (e.path == nil || n > int(e.path.top)-e.tsLen()) {
		w.t.Fatalf("%s: %d bytes of text with SMSS %d", e.name, n, e.smss())
	}
}

// check is what always holds.
func (e *end) check(w *wire) {
	if err := e.Conn.Verify(false); err != nil {
		w.t.Fatalf("%s at %v: %v\n%+v", e.name, w.now, err, e.Info())
	}
}

// step goes on to the next thing that happens. It reports false when nothing more will.
func (w *wire) step() bool {
	next := min(w.a.Deadline(), w.b.Deadline())
	best := -1
	for i, f := range w.flying {
		if best < 0 || f.at < w.flying[best].at || f.at == w.flying[best].at && f.order < w.flying[best].order {
			best = i
		}
	}
	if best >= 0 && w.flying[best].at <= next {
		f := w.flying[best]
		w.flying[best] = w.flying[len(w.flying)-1]
		w.flying = w.flying[:len(w.flying)-1]
		w.now = max(w.now, f.at)
		e := f.to
		if e.cfg == nil {
			if f.segment.Flags&(dissect.SYN|dissect.ACK|dissect.RST) != dissect.SYN {
				return true
			}
			e.Accept(w.now, e.config(), 0xffff_f000+Seq(w.rnd.Uint32N(4096)), w.rnd.Uint32(), &f.segment)
		} else {
			e.Input(w.now, &f.segment)
		}
		e.check(w)
		if w.rnd.IntN(4) > 0 { // not every segment is answered at once
			w.pump(e)
		}
		w.program(e)
		w.pump(e)
		return true
	}
	if next == Never {
		return false
	}
	w.now = max(w.now, next)
	for _, e := range []*end{w.a, w.b} {
		if e.Deadline() <= w.now {
			w.program(e)
			w.pump(e)
			w.program(e)
			w.pump(e)
		}
	}
	return true
}

var endConfigs = map[*end]*Config{}

func (e *end) config() *Config { return endConfigs[e] }

func pattern(n int, seed byte) []byte {
	p := make([]byte, n)
	x := uint32(seed) + 1
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

// transfer runs a whole connection, both directions at once, and checks every byte.
func (w *wire) transfer(ca, cb *Config, na, nb int) {
	w.t.Helper()
	w.a = &end{name: "a", burst: 1 + w.rnd.IntN(5000)}
	w.b = &end{name: "b", burst: 1 + w.rnd.IntN(5000)}
	w.a.peer, w.b.peer = w.b, w.a
	endConfigs[w.b] = cb
	defer delete(endConfigs, w.b)
	da, db := pattern(na, 1), pattern(nb, 2)
	w.a.write, w.b.write = da, db
	w.a.Connect(w.now, ca, 0xffff_ff00-Seq(w.rnd.Uint32N(4096)), w.rnd.Uint32())
	w.pump(w.a)
	for range 20_000_000 {
		if !w.step() {
			break
		}
		if w.now > Time(10*time.Hour) {
			w.t.Fatalf("not done in 10 hours: a %+v\nb %+v", w.a.Info(), w.b.Info())
		}
	}
	for _, e := range []*end{w.a, w.b} {
		if e.failed != nil || !e.eof || !e.Done() || e.Err() != nil {
			w.t.Fatalf("%s: failed %v eof %v state %v err %v got %d at %v", e.name, e.failed, e.eof, e.State(), e.Err(), len(e.got), w.now.Seconds())
		}
	}
	if !bytes.Equal(w.a.got, db) || !bytes.Equal(w.b.got, da) {
		w.t.Fatalf("bytes differ: a got %d of %d, b got %d of %d", len(w.a.got), nb, len(w.b.got), na)
	}
}

func TestTransfer(t *testing.T) {
	sizes := []int{1, 3, 64, 536, 1000, 4096, 65535, 65536, 200_000, 1 << 20}
	seeds := 400
	if testing.Short() {
		seeds = 60
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(uint64(seed), 7))
			pick := func() int { return sizes[rnd.IntN(len(sizes))] }
			config := func() *Config {
				return &Config{
					RcvBuf: pick(), SndBuf: pick(), RcvBufMax: rnd.IntN(2) * pick(), SndBufMax: rnd.IntN(2) * pick(), MSS: []int{28, 100, 536, 1460, 8960}[rnd.IntN(5)],
					NoDelay: rnd.IntN(2) == 0, NoSACK: rnd.IntN(3) == 0, NoTimestamps: rnd.IntN(3) == 0, NoWindowScale: rnd.IntN(3) == 0,
					TimeWait: time.Hour, UserTimeout: time.Hour, SynTimeout: time.Hour, SynAckTimeout: time.Hour,
					KeepAlive:  KeepAlive{Enabled: rnd.IntN(3) == 0},
					Congestion: Algorithm(rnd.IntN(int(numAlgorithms))), Pacing: rnd.IntN(3) == 0,
				}
			}
			ca, cb := config(), config()
			w := &wire{t: t, rnd: rnd, delay: time.Duration(1+rnd.IntN(100)) * time.Millisecond, jitter: 200 * time.Millisecond}
			if rnd.IntN(5) > 0 {
				w.loss, w.dup, w.reorder = rnd.Float64()*0.2, rnd.Float64()*0.1, rnd.Float64()*0.3
			}
			// Tiny buffers need a segment for each byte or so.
			n := func(a, b *Config) int {
				most := min(a.SndBuf, b.RcvBuf, a.MSS, b.MSS) * 200
				return rnd.IntN(min(most, 300_000) + 1)
			}
			w.transfer(ca, cb, n(ca, cb), n(cb, ca))
		})
	}
}
