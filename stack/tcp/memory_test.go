package tcp

import (
	"math/rand/v2"
	"testing"
	"time"
)

// memoryTrace is negotiated with 100 KiB for all connections, of which others have used.
func memoryTrace(t *testing.T, used int) (*trace, *Memory) {
	m := &Memory{Limit: 100 << 10}
	x := negotiated(t, func(g *Config) { g.Memory = m })
	m.used += used
	return x, m
}

// trap: a connection that nobody reads holds its share of memory and no more, and the others go on with what they are left.
func TestMemoryFull(t *testing.T) {
	x, m := memoryTrace(t, 100<<10)
	if !m.Full() || m.Used() != 100<<10 {
		t.Fatal("memory is not full")
	}
	x.input(0, ". 1:1001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.input(0, ". 1001:2001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 2001")
	// What is beyond 2 KiB is taken in part, and its FIN is not.
	x.input(0, "F. 2001:3001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 2049")
	x.wantState(Established)
	if n := x.cfg.Counters.Dropped[NoMemory]; n != 1 {
		t.Errorf("%d drops counted", n)
	}
	x.input(0, ". 2049:3001(952) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 2049")
	x.read(0, 2048)
	x.drain()
	x.sent = nil
	x.input(time.Millisecond, ". 2049:3001(952) ack 1 win 2500 <TS val 100 ecr 5000>")
	if n := x.c.Readable(); n != 952 {
		t.Errorf("%d bytes to be read", n)
	}

	// The program may write as much, and what the others give back.
	if n := x.c.Writable(); n != guaranteedBuf {
		t.Errorf("writable %d", n)
	}
	x.write(time.Millisecond, guaranteedBuf)
	if _, err := x.c.Write(x.time(), []byte("x")); err != ErrWouldBlock {
		t.Errorf("write: %v", err)
	}
	m.used -= 90 << 10
	if n := x.c.Writable(); n != defaultBuf-guaranteedBuf {
		t.Errorf("writable %d", n)
	}
	x.c.Abort(x.time())
	if m.used != 10<<10 {
		t.Errorf("%d bytes are missing at the end", m.used-10<<10)
	}
}

// A ring that is empty forgets how large it was if there is no memory for that.
func TestThrift(t *testing.T) {
	x, m := memoryTrace(t, 0)
	x.c.rcv.class, x.c.snd.class = 15, 15
	m.used = m.Limit
	x.input(0, ". 1:2(1) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.write(0, 1)
	if a, b := x.c.rcv.memory(), x.c.snd.memory(); a != 64 || b != 64 {
		t.Errorf("rings of %d and %d bytes", a, b)
	}
	if m.used != m.Limit+128 {
		t.Errorf("%d counted", m.used-m.Limit)
	}
}

// While memory is scarce what comes out of order is taken only where there is room for it already, and the window promises
// little, without moving back (RFC 7323 section 2.4).
func TestMemoryScarce(t *testing.T) {
	x, m := memoryTrace(t, 0)
	edge := x.c.rcvAdv
	m.used = 80 << 10
	x.input(0, ". 5001:6001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 1 <TS val 5000 ecr 100>")
	if x.c.asm.n != 0 || x.c.rcv.memory() != 0 {
		t.Error("text out of order was taken")
	}
	for n := range 8 {
		x.input(0, ". "+itoa(1+1000*n)+":"+itoa(1001+1000*n)+"(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	}
	x.drain()
	x.sent = nil
	if moved := int32(x.c.rcvAdv - edge); moved < 0 || moved > 1 { // the unit of scaling is 2
		t.Errorf("the right edge moved by %d", moved)
	}
	edge = x.c.rcvAdv
	// There is memory of 8 KiB, with room in it.
	x.input(0, ". 8051:8101(50) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 8001 <TS val 5000 ecr 100,sack 8051:8101>")
	if x.c.rcv.memory() != 8192 {
		t.Errorf("ring of %d", x.c.rcv.memory())
	}
	// The window stays at what was promised until that is used up, then it is a few segments.
	for range 200 {
		x.c.Discard(x.time(), x.c.Readable())
		n := int(x.c.rcvNxt - traceIRS)
		x.input(0, ". "+itoa(n)+":"+itoa(n+1000)+"(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
		x.drain()
		x.sent = nil
	}
	if x.c.rcvAdv == edge {
		t.Errorf("the right edge never moved: %+v, dropped %v", x.c.Info(), x.cfg.Counters.Dropped)
	}
	if w := int(x.c.rcvWnd()); w > scarceWindow*1000+x.c.rmss() {
		t.Errorf("window %d", w)
	}
}

// Prune gives up what was reported by SACK; it comes again and is delivered once (RFC 2018 section 8).
func TestPrune(t *testing.T) {
	x, m := memoryTrace(t, 0)
	if x.c.Prune(0) {
		t.Error("something was pruned of nothing")
	}
	x.input(0, ". 2001:3001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 1 <TS val 5000 ecr 100,sack 2001:3001>")
	if m.used != 4096 {
		t.Errorf("%d bytes counted", m.used)
	}
	if !x.c.Prune(0) || m.used != 0 {
		t.Errorf("%d bytes counted after pruning", m.used)
	}
	x.input(0, ". 1:1001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.input(0, ". 1001:2001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.expect(0, ". 1:1(0) ack 2001 <TS val 5000 ecr 100>")
	x.input(0, ". 2001:3001(1000) ack 1 win 2500 <TS val 100 ecr 5000>")
	if n := x.c.Readable(); n != 3000 {
		t.Errorf("%d bytes to be read", n)
	}
}

// Whatever memory there is for both ends, and however buffers grow, every byte arrives, and all memory comes back.
func TestTransferWithinMemory(t *testing.T) {
	sizes := []int{1, 100, 3000, 65535, 65536, 200_000}
	dropped := uint64(0)
	for seed := range 400 {
		rnd := rand.New(rand.NewPCG(uint64(seed), 11))
		pick := func() int { return sizes[rnd.IntN(len(sizes))] }
		m := &Memory{Limit: 1 << rnd.IntN(19)}
		config := func() *Config {
			return &Config{
				RcvBuf: pick(), SndBuf: pick(), RcvBufMax: pick() * rnd.IntN(20), SndBufMax: pick() * rnd.IntN(20), Memory: m,
				MSS: []int{100, 1460, 8960}[rnd.IntN(3)], NoSACK: rnd.IntN(4) == 0, NoTimestamps: rnd.IntN(3) == 0,
				Counters: new(Counters), TimeWait: time.Hour, UserTimeout: 5 * time.Hour, SynTimeout: time.Hour, SynAckTimeout: time.Hour,
			}
		}
		ca, cb := config(), config()
		w := &wire{t: t, rnd: rnd, delay: time.Duration(1+rnd.IntN(50)) * time.Millisecond, jitter: 50 * time.Millisecond}
		w.loss, w.reorder = rnd.Float64()*0.1, rnd.Float64()*0.2
		n := min(ca.SndBuf, cb.RcvBuf, ca.MSS, cb.MSS) * 100
		w.transfer(ca, cb, rnd.IntN(min(n, 200_000)+1), rnd.IntN(min(ca.RcvBuf, cb.SndBuf)*20%50_000+1))
		if m.used != 0 {
			t.Fatalf("seed %d: %d bytes are missing at the end", seed, m.used)
		}
		dropped += ca.Counters.Dropped[NoMemory] + cb.Counters.Dropped[NoMemory]
	}
	if dropped == 0 {
		t.Error("there was always memory")
	}
}
