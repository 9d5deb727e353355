package tcp

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"smoltcp/dissect"
)

// pair is two connections that know each other, for measurements.
type pair struct {
	a, b Conn
	now  Time
	out  Out
	hdr  [60]byte
	text [maxMSS + 100]byte
}

func newPair(ga, gb *Config) *pair {
	p := &pair{}
	p.a.Connect(0, ga, 100, 1)
	var s Segment
	p.a.Output(0, &p.out)
	p.received(&s)
	p.b.Accept(0, gb, 200, 2, &s)
	p.exchange()
	return p
}

// received makes what arrives of out, without the detour through the wire format.
func (p *pair) received(s *Segment) {
	h := &p.out.Header
	b := h.Append(p.hdr[:0])
	*s = ParseSegment(b, 0)
	n := copy(p.text[:], p.out.Payload[0])
	n += copy(p.text[n:], p.out.Payload[1])
	s.Payload = p.text[:n]
}

func (p *pair) exchange() {
	var s Segment
	for {
		moved := false
		for p.a.Output(p.now, &p.out) {
			p.received(&s)
			p.b.Input(p.now, &s)
			moved = true
		}
		for p.b.Output(p.now, &p.out) {
			p.received(&s)
			p.a.Input(p.now, &s)
			moved = true
		}
		p.a.Deadline()
		p.b.Deadline()
		if !moved {
			return
		}
	}
}

// The data path does not allocate.
func TestNoAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget at random")
	}
	for name, g := range map[string]*Config{
		"plain": {NoSACK: true, NoTimestamps: true, NoWindowScale: true}, "all": {}, "64 bytes": {RcvBuf: 64, SndBuf: 64},
		"1 MiB":   {RcvBuf: 1 << 20, SndBuf: 1 << 20},
		"growing": {RcvBufMax: 1 << 20, SndBufMax: 1 << 20, Memory: &Memory{Limit: 1 << 22}},
		"scarce":  {RcvBufMax: 1 << 20, SndBufMax: 1 << 20, Memory: &Memory{Limit: 20_000}},
	} {
		p := newPair(g, g)
		chunk := make([]byte, 16_000)
		sink := make([]byte, 16_000)
		moved := 0
		allocs := testing.AllocsPerRun(500, func() {
			for range 4 {
				p.a.Write(p.now, chunk)
				p.exchange()
				for {
					n, err := p.b.Read(p.now, sink)
					moved += n
					if err != nil {
						break
					}
				}
				p.exchange()
				p.now += 1e6
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations for a round", name, allocs)
		}
		if moved < 500*64 {
			t.Errorf("%s: only %d bytes moved", name, moved)
		}
	}
}

// Marks that stay behind must not seem to lie ahead when 2 GiB and more have passed (RFC 9293 section 3.4).
func TestBeyondHalfOfTheNumbers(t *testing.T) {
	if testing.Short() {
		t.Skip("moves 2.2 GB")
	}
	g := &Config{RcvBuf: 256 << 10, SndBuf: 256 << 10, MSS: maxMSS}
	p := newPair(g, g)
	chunk := make([]byte, 250_000)
	p.a.rec.cwnd = 1 << 20 // nothing is limited by it
	p.b.Input(0, &Segment{Seq: p.b.rcvNxt, Ack: p.b.sndNxt, Flags: 0x30, Urgent: 10, Window: 1000, Options: dissect.TCPOptionValues{HasTimestamps: true, TSVal: p.b.tsRecent}})
	for moved := 0; moved < 2_200_000_000; {
		n, _ := p.a.Write(p.now, chunk)
		moved += n
		p.exchange()
		p.b.Discard(p.now, p.b.Readable())
		p.exchange()
		p.now += 1e6
	}
	if u := p.b.Urgent(); u != 0 {
		t.Errorf("urgent %d", u)
	}
	p.a.Write(p.now, chunk[:100])
	for p.exchange(); p.b.Readable() > 0; p.exchange() {
		p.b.Discard(p.now, p.b.Readable())
	}
	if i := p.a.Info(); i.Cwnd != 1<<20 || i.Retransmits != 0 {
		t.Errorf("%+v", i)
	}
	// Loss detection, by SACK and without.
	for _, sack := range []bool{true, false} {
		p.a.sackOK = sack
		p.a.rec.cwnd = 1 << 20
		p.a.SetNoDelay(p.now, true)
		una := p.a.sndUna
		for range 8 {
			p.a.Write(p.now, chunk[:1000])
			p.a.Output(p.now, &p.out)
		}
		s := Segment{Seq: p.a.rcvNxt, Ack: una, Flags: dissect.ACK, Window: uint16(p.a.sndWnd >> p.a.sndScale)}
		s.Options.HasTimestamps, s.Options.TSVal = true, p.a.tsRecent
		if sack { // three pieces in one ACK
			s.Options.NumSACK = 3
			for i := range uint32(3) {
				s.Options.SACK[i] = dissect.SACKBlock{Left: uint32(una) + 1000 + 2000*i, Right: uint32(una) + 2000 + 2000*i}
			}
		}
		for i := 0; i < 3 && (i == 0 || !sack); i++ {
			p.a.Input(p.now, &s)
		}
		if i := p.a.Info(); i.Phase != PhaseRecovery {
			t.Errorf("SACK %v: no recovery: %+v", sack, i)
		}
		s.Options.NumSACK = 0
		for range 2 {
			for p.a.Output(p.now, &p.out) {
			}
			s.Ack = p.a.sndNxt
			p.a.Input(p.now, &s)
			p.a.Write(p.now, chunk[:1000])
		}
		p.a.Output(p.now, &p.out)
		s.Ack = p.a.sndNxt
		p.a.Input(p.now, &s)
		if i := p.a.Info(); i.Phase != PhaseOpen || i.Unacked != 0 {
			t.Errorf("SACK %v: %+v", sack, i)
		}
	}
}

// An idle established connection whose buffers are empty holds 1 KiB at most.
func TestIdleMemory(t *testing.T) {
	t.Logf("Conn has %d bytes", unsafe.Sizeof(Conn{}))
	const n = 2000
	g := &Config{}
	conns := make([]*[2]Conn, n)
	scratch := newPair(g, g)
	chunk := make([]byte, 50_000)
	heap := func() uint64 {
		var m runtime.MemStats
		for range 3 { // pools let go in the second
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range conns {
		// Each has been in use, both ways.
		p := &pair{}
		*p = pair{out: scratch.out}
		c := new([2]Conn)
		var s Segment
		c[0].Connect(0, g, Seq(i), 1)
		c[0].Output(0, &p.out)
		p.received(&s)
		c[1].Accept(0, g, Seq(i), 2, &s)
		run := func() {
			for moved := true; moved; {
				moved = false
				for k := range c {
					for c[k].Output(0, &p.out) {
						p.received(&s)
						c[1-k].Input(0, &s)
						c[1-k].Discard(0, c[1-k].Readable())
						moved = true
					}
				}
			}
		}
		run()
		c[0].Write(0, chunk)
		c[1].Write(0, chunk)
		run()
		if c[0].State() != Established || c[1].State() != Established || c[0].Info().Unacked != 0 {
			t.Fatal("not idle")
		}
		conns[i] = c
	}
	each := (heap() - before) / (2 * n)
	t.Logf("an idle connection holds %d bytes", each)
	if each > 1024 {
		t.Errorf("an idle connection holds %d bytes", each)
	}
	runtime.KeepAlive(conns)
}

func BenchmarkBulk(b *testing.B) {
	g := &Config{RcvBuf: 256 << 10, SndBuf: 256 << 10}
	p := newPair(g, g)
	chunk := make([]byte, 64<<10)
	sink := make([]byte, 64<<10)
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for b.Loop() {
		p.a.Write(p.now, chunk)
		p.exchange()
		for {
			if _, err := p.b.Read(p.now, sink); err != nil {
				break
			}
		}
		p.now += 1e5
	}
}

func BenchmarkRoundTrip(b *testing.B) {
	p := newPair(&Config{}, &Config{})
	one := []byte{1}
	b.ReportAllocs()
	for b.Loop() {
		p.a.Write(p.now, one)
		p.exchange()
		p.b.Read(p.now, one)
		p.b.Write(p.now, one)
		p.exchange()
		p.a.Read(p.now, one)
		p.now += 1e5
	}
}

// Out-of-order text at random places costs no more for a large window.
func BenchmarkReorder(b *testing.B) {
	for _, size := range []int{64 << 10, 16 << 20} {
		b.Run(itoa(size), func(b *testing.B) {
			g := &Config{RcvBuf: size, SndBuf: size}
			p := newPair(g, g)
			rnd := rand.New(rand.NewPCG(1, 1))
			s := Segment{Flags: 0x10, Window: 1000, Payload: p.text[:1000], Ack: p.b.sndNxt}
			s.Options.HasTimestamps = true
			b.ReportAllocs()
			for b.Loop() {
				s.Seq = p.b.rcvNxt + 1000*Seq(1+rnd.IntN(60))
				s.Options.TSVal = p.b.tsRecent
				p.b.Input(p.now, &s)
				p.b.Output(p.now, &p.out)
				if p.b.asm.n > 20 {
					for range 61 {
						s.Seq = p.b.rcvNxt
						p.b.Input(p.now, &s)
						p.b.Output(p.now, &p.out)
					}
					p.b.Discard(p.now, p.b.Readable())
				}
			}
		})
	}
}

// What a late D-SACK could still speak of is kept for a retransmission timeout, and then given back though nothing happens any more.
func TestLossStateGivenBack(t *testing.T) {
	x := negotiated(t, nil)
	x.write(10*ms, 100)
	x.expect(10*ms, "P. 1:101(100) ack 1")
	x.expect(210*ms, "P. 1:101(100) ack 1")
	x.input(215*ms, ". 1:1(0) ack 101 win 2500 <TS val 315 ecr 5210>")
	x.drain()
	if x.c.loss == nil {
		t.Fatal("nothing is kept for a D-SACK")
	}
	d := x.c.Deadline()
	if want := Time(210*ms) + Time(x.c.rtt.rto) + 1; d != want {
		t.Fatalf("deadline %v, want %v", d, want)
	}
	x.quiet(time.Duration(d))
	if x.c.loss != nil || x.c.Deadline() != Never {
		t.Errorf("it is kept, deadline %v", x.c.Deadline())
	}
}
