package stack

import (
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// cable joins two stacks without copying more than a real device would, and without allocating.
type cable struct {
	peer  *cable
	ring  [256][2048]byte
	len   [256]int
	head  int
	count int
}

func (c *cable) Ethernet() bool { return true }
func (c *cable) MTU() int       { return 1500 }

func (c *cable) Recv() ([]byte, error) {
	if c.count == 0 {
		return nil, nil
	}
	i := c.head
	c.head, c.count = (c.head+1)%len(c.ring), c.count-1
	return c.ring[i][:c.len[i]], nil
}

func (c *cable) Send(pieces [][]byte) (bool, error) {
	p := c.peer
	if p.count == len(p.ring)-1 { // one is lent
		return false, nil
	}
	i, n := (p.head+p.count)%len(p.ring), 0
	for _, b := range pieces {
		n += copy(p.ring[i][n:], b)
	}
	p.len[i] = n
	p.count++
	return true, nil
}

// pair is two stacks on a cable.
type pair struct {
	a, b *Stack
	now  Time
}

func newPair(t testing.TB, cfg Config) *pair {
	ca, cb := &cable{}, &cable{}
	ca.peer, cb.peer = cb, ca
	p := &pair{}
	for i, dev := range []*cable{ca, cb} {
		cfg.Rand = rand.NewChaCha8([32]byte{byte(i)})
		s := New(cfg)
		_, err := s.AddInterface(dev, InterfaceConfig{
			HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, byte(i)},
			Addrs:        []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			p.a = s
		} else {
			p.b = s
		}
	}
	return p
}

// round polls both once.
func (p *pair) round() {
	p.now = p.now.Add(10 * time.Microsecond)
	p.a.Poll(p.now)
	p.b.Poll(p.now)
}

// connect opens a connection from a to b.
func (p *pair) connect(t testing.TB) (c, d *TCPSocket) {
	l, err := p.b.ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err = p.a.DialTCP(netip.MustParseAddrPort("10.0.0.2:80"), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		p.round()
	}
	if d, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return c, d
}

// Moving bulk data allocates nothing, in whole Polls of both ends.
func TestBulkDoesNotAllocate(t *testing.T) {
	p := newPair(t, Config{TCP: tcp.Config{RcvBuf: 1 << 18, SndBuf: 1 << 18}})
	c, d := p.connect(t)
	buf := bytesOf(32 << 10)
	c.SetHandler(func() {
		for {
			if _, err := c.Write(buf); err != nil {
				return
			}
		}
	})
	total := 0
	d.SetHandler(func() {
		a, b := d.Peek()
		total += len(a) + len(b)
		d.Discard(len(a) + len(b))
	})
	for range 1000 { // the window opens
		p.round()
	}
	before := total
	allocs := testing.AllocsPerRun(1000, p.round)
	if allocs != 0 {
		t.Errorf("%v allocations in two Polls", allocs)
	}
	if moved := (total - before) / 1000; moved < 10000 {
		t.Errorf("only %d bytes moved in a round", moved)
	}
}

// Nor does answering small datagrams and pings.
func TestSmallPacketsDoNotAllocate(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	u := h.openUDP("0.0.0.0:7", UDPOptions{})
	var buf [64]byte
	u.SetHandler(func() {
		for {
			n, m, err := u.Recv(buf[:])
			if err != nil {
				return
			}
			_ = u.Send(buf[:n], m)
		}
	})
	dev := &replay{frames: [][]byte{udpFrame(dissect.IPv4Header{}, 9, 7, "hello"), echoFrame(dissect.IPv4Header{}, 56)}}
	h.ifc.dev = dev
	run := func() {
		dev.left = 10
		h.Stack.Poll(h.at)
	}
	run()
	if allocs := testing.AllocsPerRun(100, run); allocs != 0 {
		t.Errorf("%v allocations for ten packets", allocs)
	}
	if dev.sent < 1000 {
		t.Errorf("%d answers", dev.sent)
	}
}

// replay is a device that gives the same frames again and again.
type replay struct {
	frames     [][]byte
	left, sent int
}

func (r *replay) Ethernet() bool { return true }
func (r *replay) MTU() int       { return 1500 }
func (r *replay) Recv() ([]byte, error) {
	if r.left == 0 {
		return nil, nil
	}
	r.left--
	return r.frames[r.left%len(r.frames)], nil
}
func (r *replay) Send([][]byte) (bool, error) { r.sent++; return true, nil }

// Idle connections cost a poll nothing, and little memory.
func TestIdleConnections(t *testing.T) {
	const n = 2000
	p := newPair(t, Config{Backlog: n})
	l, _ := p.b.ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), TCPOptions{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		if _, err := p.a.DialTCP(netip.MustParseAddrPort("10.0.0.2:80"), TCPOptions{}); err != nil {
			t.Fatal(err)
		}
		if i%50 == 0 {
			for range 10 {
				p.round()
			}
		}
	}
	for range 1000 {
		p.round()
	}
	for l.Pending() > 0 {
		_, _ = l.Accept()
	}
	if got := p.b.tcp.conns.len(); got != n {
		t.Fatalf("%d connections of %d", got, n)
	}
	p.now = p.now.Add(time.Minute)
	for range 10 {
		p.round()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int(after.HeapAlloc-before.HeapAlloc) / (2 * n)
	t.Logf("%d bytes for each connection", each)
	if each > 1400 {
		t.Errorf("%d bytes for each idle connection", each)
	}
	if k := len(p.b.timers.heap); k > 10 {
		t.Errorf("%d timers for idle connections", k)
	}
	if p.b.interfaces[1].ready.len() != 0 || len(p.b.notify) != 0 {
		t.Error("idle connections are visited")
	}
}

// The timer heap against a plain list, in random use.
func TestTimers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var h timers
	var fired []*timer
	all := make([]*timer, 50)
	for i := range all {
		all[i] = &timer{}
		*all[i] = makeTimer(firing{&fired, all[i]})
	}
	now := Time(0)
	for range 20000 {
		tm := all[rng.IntN(len(all))]
		switch rng.IntN(4) {
		case 0:
			h.stop(tm)
		case 1:
			h.set(tm, Never)
		default:
			h.set(tm, now.Add(time.Duration(rng.IntN(1000))))
		}
		want := Never
		for _, tm := range all {
			want = min(want, tm.at)
		}
		if got := h.next(); got != want {
			t.Fatalf("next %d, want %d", got, want)
		}
		if rng.IntN(3) == 0 {
			now = now.Add(time.Duration(rng.IntN(300)))
			var due []*timer
			for _, tm := range all {
				if tm.at <= now {
					due = append(due, tm)
				}
			}
			fired = nil
			if h.run(now, 1000) {
				t.Fatal("not done")
			}
			if len(fired) != len(due) {
				t.Fatalf("%d fired, %d due", len(fired), len(due))
			}
			for _, tm := range due {
				if !slices.Contains(fired, tm) || tm.at != Never {
					t.Fatal("a timer that was due did not fire")
				}
			}
		}
	}
}

type firing struct {
	list *[]*timer
	t    *timer
}

func (f firing) expire(Time) { *f.list = append(*f.list, f.t) }

// Polling at the reported deadline does what was due and reports a later one, whatever is going on; anything
// queued by a call brings the deadline forward.
func TestPollAtDeadline(t *testing.T) {
	h := newBench(t, Config{})
	step := func(what string) {
		t.Helper()
		for range 200 {
			at := h.NextPoll()
			if at == Never {
				return
			}
			if at < h.at {
				at = h.at
			}
			h.at = at
			n := 0
			for h.Stack.Poll(h.at) {
				if n++; n > 100 {
					t.Fatalf("%s: at %v there is always more to do", what, h.at)
				}
			}
			if next := h.NextPoll(); next <= h.at {
				t.Fatalf("%s: polled at %v, next poll %v", what, h.at, next)
			}
		}
	}
	soon := func(what string) {
		t.Helper()
		if h.NextPoll() > h.now {
			t.Errorf("%s does not bring the deadline forward", what)
		}
	}
	h.knowPeer()
	c, _ := h.DialTCP(netip.AddrPortFrom(peerIP, 80), TCPOptions{})
	soon("DialTCP")
	step("SYN-SENT until it times out")
	if c.State() != tcp.Closed {
		t.Errorf("state %s", c.State())
	}
	h.sent()
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	h.open(5000)
	d, _ := l.Accept()
	step("idle")
	_, _ = d.Write([]byte("x"))
	soon("Write")
	h.poll()
	_ = d.CloseWrite()
	soon("CloseWrite")
	step("unanswered data and FIN")
	if d.Err() == nil {
		t.Error("never gave up")
	}
	u := h.openUDP("0.0.0.0:7", UDPOptions{})
	_ = u.SendTo([]byte("x"), netip.AddrPortFrom(peer(3), 9))
	soon("SendTo")
	step("a neighbor that is not there")
	u.SetHandler(func() {})
	soon("SetHandler")
	h.rx(ipFrame(dissect.IPv4Header{Protocol: 17, MoreFragments: true}, make([]byte, 8)))
	step("a fragment")
	if h.NextPoll() != Never {
		t.Errorf("next poll %v", h.NextPoll())
	}
}

func BenchmarkBulk(b *testing.B) {
	p := newPair(b, Config{TCP: tcp.Config{RcvBuf: 1 << 20, SndBuf: 1 << 20}})
	c, d := p.connect(b)
	buf := bytesOf(64 << 10)
	c.SetHandler(func() {
		for {
			if _, err := c.Write(buf); err != nil {
				return
			}
		}
	})
	total := 0
	d.SetHandler(func() {
		x, y := d.Peek()
		total += len(x) + len(y)
		d.Discard(len(x) + len(y))
	})
	for range 1000 {
		p.round()
	}
	total = 0
	b.SetBytes(64 << 10)
	b.ReportAllocs()
	for b.Loop() {
		for total < 64<<10 {
			p.round()
		}
		total -= 64 << 10
	}
}
