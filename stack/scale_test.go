package stack

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

var manyConns = flag.Int("conns", 50_000, "how many idle connections the tests and benchmarks of size and scale have; 1000000 for the real thing")

// crowd is a stack with very many established connections, whose peers are nothing but the numbers that their next segment
// has to have.
type crowd struct {
	*Stack
	t     testing.TB
	peers []crowdPeer
	socks []*TCPSocket
	at    Time
	offer crowdOffer

	// The device.
	frames [][]byte // to be received
	lent   int
	last   dissect.TCPHeader // of the latest segment that was sent
	sent   int
}

type crowdPeer struct {
	seq, ack uint32
}

// crowdOffer is what the peers ask for beside SACK.
type crowdOffer struct {
	extensions  bool // timestamps and window scale
	accurateECN bool
}

func (d *crowd) Ethernet() bool { return false }
func (d *crowd) MTU() int       { return 1500 }

func (d *crowd) Recv() ([]byte, error) {
	if d.lent == len(d.frames) {
		return nil, nil
	}
	d.lent++
	return d.frames[d.lent-1], nil
}

func (d *crowd) Send(pieces [][]byte) (bool, error) {
	t := dissect.TCP(pieces[0][dissect.IPv4MinHeaderLen:])
	d.last = dissect.TCPHeader{Seq: t.Seq(), Ack: t.Ack(), Flags: t.Flags()}
	d.sent++
	return true, nil
}

// crowdPorts is how many connections there are to one port of ours.
const crowdPorts = 50_000

func newCrowd(t testing.TB, n int, cfg tcp.Config) *crowd {
	return newCrowdOffering(t, n, cfg, crowdOffer{})
}

func newCrowdOffering(t testing.TB, n int, cfg tcp.Config, offer crowdOffer) *crowd {
	d := &crowd{t: t, peers: make([]crowdPeer, n), socks: make([]*TCPSocket, n), offer: offer}
	d.Stack = New(Config{Rand: rand.NewChaCha8([32]byte{1}), TCP: cfg, MaxConns: n})
	_, err := d.AddInterface(d, InterfaceConfig{Addrs: []netip.Prefix{netip.PrefixFrom(ourIP, 24)}, SkipRxChecksums: true, SkipTxChecksums: true})
	if err != nil {
		t.Fatal(err)
	}
	var l *TCPListener
	for i := range n {
		if i%crowdPorts == 0 {
			if l, err = d.ListenTCP(netip.AddrPortFrom(ourIP, uint16(1+i/crowdPorts)), TCPOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		p := &d.peers[i]
		*p = crowdPeer{seq: uint32(i) * 77777}
		d.receive(d.frame(nil, i, dissect.SYN, ""))
		p.seq++
		p.ack = d.last.Seq + 1
		d.receive(d.frame(nil, i, dissect.ACK, ""))
		if d.socks[i], err = l.Accept(); err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	return d
}

// frame appends a segment of the peer of connection i.
func (d *crowd) frame(b []byte, i int, flags dissect.TCPFlags, text string) []byte {
	p := &d.peers[i]
	h := dissect.TCPHeader{
		SrcPort: uint16(1000 + i%crowdPorts), DstPort: uint16(1 + i/crowdPorts), Seq: p.seq, Ack: p.ack, Flags: flags, Window: 60_000,
	}
	if flags == dissect.SYN {
		h.Options.AddMSS(1460)
		h.Options.AddSACKPermitted()
		if d.offer.extensions {
			h.Options.AddWindowScale(7)
		}
	}
	if d.offer.extensions {
		h.Options.AddTimestamps(uint32(d.at/1e6), 0)
	}
	if d.offer.accurateECN {
		h.Flags |= d.ace(h.Flags)
	}
	ip := dissect.IPv4Header{
		TTL: 64, Protocol: dissect.ProtoTCP, Src: peerIP, Dst: ourIP, TotalLen: dissect.IPv4MinHeaderLen + h.HeaderLen() + len(text),
	}
	b = ip.Append(b)
	b = h.Append(b)
	return append(b, text...)
}

// ace is what a segment of a peer that speaks Accurate ECN has in those three bits (RFC 9768 section 3.2.2): nobody marks anything.
func (d *crowd) ace(flags dissect.TCPFlags) dissect.TCPFlags {
	switch {
	case flags.Has(dissect.SYN):
		return dissect.AE | dissect.CWR | dissect.ECE
	case d.last.Flags.Has(dissect.SYN): // ends the handshake
		return dissect.CWR
	}
	return dissect.AE | dissect.ECE
}

// receive has the stack process frames.
func (d *crowd) receive(frames ...[]byte) {
	d.frames, d.lent = frames, 0
	d.at = d.at.Add(10 * time.Microsecond)
	for d.Stack.Poll(d.at) {
	}
}

// use has text go both ways on connection i, and everything acknowledged.
func (d *crowd) use(i int) {
	p := &d.peers[i]
	d.receive(d.frame(nil, i, dissect.ACK|dissect.PSH, "a question"))
	p.seq += uint32(len("a question"))
	c := d.socks[i]
	c.Discard(c.Readable())
	n, err := c.Write([]byte("an answer"))
	if err != nil {
		d.t.Fatalf("connection %d: %v", i, err)
	}
	d.receive()
	p.ack += uint32(n)
	d.receive(d.frame(nil, i, dissect.ACK, ""))
	if info := c.Info(); info.State != tcp.Established || info.Unacked != 0 || info.Unread != 0 {
		d.t.Fatalf("connection %d is not idle: %+v", i, info)
	}
}

func heapInUse() uint64 {
	var m runtime.MemStats
	for range 3 { // pools let go in the second
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// An idle established connection that has been in use holds 1 KiB at most: its socket, what the socket points to, its place in the
// tables, its timer.
func TestIdleConnectionSize(t *testing.T) {
	alive := tcp.KeepAlive{Enabled: true}
	all := crowdOffer{extensions: true, accurateECN: true}
	for i, g := range []struct {
		name  string
		cfg   tcp.Config
		offer crowdOffer
		set   func(c *TCPSocket)
	}{
		{name: "cubic"},
		{name: "newreno", cfg: tcp.Config{Congestion: tcp.NewReno}},
		{name: "bbr", cfg: tcp.Config{Congestion: tcp.BBR}},
		{name: "buffers that grow", cfg: tcp.Config{RcvBufMax: 4 << 20, SndBufMax: 4 << 20}},
		{name: "timestamps and window scale", offer: crowdOffer{extensions: true}},
		{name: "keep-alive", cfg: tcp.Config{KeepAlive: alive}},
		{name: "bbr, keep-alive", cfg: tcp.Config{Congestion: tcp.BBR, KeepAlive: alive}},
		{name: "SetKeepAlive", set: func(c *TCPSocket) { c.SetKeepAlive(tcp.KeepAlive{Enabled: true, Idle: time.Hour}) }},
		{
			name: "Accurate ECN with its option",
			cfg:  tcp.Config{AccurateECN: true, AccurateECNOption: true}, offer: crowdOffer{accurateECN: true},
		},
		{
			name: "cubic with all", offer: all,
			cfg: tcp.Config{AccurateECN: true, AccurateECNOption: true, UserTimeoutOption: true, Pacing: true, RcvBufMax: 4 << 20, SndBufMax: 4 << 20},
			set: func(c *TCPSocket) { c.SetKeepAlive(tcp.KeepAlive{Enabled: true, Idle: time.Hour}) },
		},
		{
			name: "bbr with all", offer: all,
			cfg: tcp.Config{Congestion: tcp.BBR, AccurateECN: true, AccurateECNOption: true, UserTimeoutOption: true, RcvBufMax: 4 << 20, SndBufMax: 4 << 20},
			set: func(c *TCPSocket) { c.SetKeepAlive(tcp.KeepAlive{Enabled: true, Idle: time.Hour}) },
		},
	} {
		n := *manyConns
		if i > 0 {
			n = min(n, 10_000)
		}
		before := heapInUse()
		d := newCrowdOffering(t, n, g.cfg, g.offer)
		for i, c := range d.socks {
			d.use(i)
			if g.set != nil {
				g.set(c)
			}
		}
		if info := d.socks[0].Info(); info.Timestamps != g.offer.extensions || info.WindowScale != g.offer.extensions || info.AccurateECN != g.offer.accurateECN {
			t.Errorf("%s: not what was to be agreed: %+v", g.name, info)
		}
		d.at = d.at.Add(time.Minute)
		d.receive()
		own := uint64(cap(d.peers)*8 + cap(d.socks)*8)
		each := int(heapInUse()-before-own) / n
		t.Logf("%s: %d connections, %d bytes each", g.name, n, each)
		if each > 1024 {
			t.Errorf("%s: an idle connection holds %d bytes, more than 1024", g.name, each)
		}
		runtime.KeepAlive(d)
	}
}

// traffic has segments come to a set of the connections of a crowd, in random order. Their programs read at once.
type traffic struct {
	*crowd
	active []int
	order  *rand.Rand
	frames [][]byte
	memory [][128]byte
}

func (d *crowd) traffic(active int) *traffic {
	t := &traffic{crowd: d, order: rand.New(rand.NewPCG(1, 2)), frames: make([][]byte, 16), memory: make([][128]byte, 16)}
	t.active = t.order.Perm(len(d.socks))[:active]
	for _, i := range t.active {
		c := d.socks[i]
		c.SetHandler(func() { c.Discard(c.Readable()) })
	}
	d.receive()
	return t
}

// batch is len(t.frames) segments with ten bytes each, and the ACK that every second of a connection gets.
func (t *traffic) batch() {
	for k := range t.frames {
		i := t.active[t.order.IntN(len(t.active))]
		t.frames[k] = t.frame(t.memory[k][:0], i, dissect.ACK|dissect.PSH, "0123456789")
		t.peers[i].seq += 10
	}
	t.receive(t.frames...)
}

// noCollection keeps the garbage collector out of a measurement of what allocates nothing.
func noCollection() (back func()) {
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	return func() { debug.SetGCPercent(percent) }
}

// A segment costs the same however many connections are idle.
func TestCostOfASegment(t *testing.T) {
	if testing.Short() {
		t.Skip("measures times")
	}
	const few = 1000
	var best [2]time.Duration
	var both [2]*traffic
	for i, n := range []int{few, *manyConns} {
		both[i], best[i] = newCrowd(t, n, tcp.Config{}).traffic(few), time.Hour
	}
	defer noCollection()()
	// Whatever else the machine does makes some of the rounds slow, for both. The fastest are compared.
	for range 200 {
		for i, tr := range both {
			start := time.Now()
			for range 10 {
				tr.batch()
			}
			best[i] = min(best[i], time.Since(start)/time.Duration(10*len(tr.frames)))
		}
	}
	ratio := float64(best[1]) / float64(best[0])
	t.Logf("a segment costs %v with %d connections and %v with %d: %.2f times", best[0], few, best[1], *manyConns, ratio)
	if ratio > 2 { // DESIGN.md section 5 asks for 1.5 on a quiet machine
		t.Errorf("a segment costs %.2f times as much with %d connections as with %d", ratio, *manyConns, few)
	}
}

// BenchmarkSegment is the cost of a segment with text, and of the ACK that every second one gets, among very many
// connections. In "active-1000" the segments are for 1000 of them while the others are idle, else for all of them in
// random order, so that nothing about a connection is in a cache.
func BenchmarkSegment(b *testing.B) {
	for _, n := range []int{1000, *manyConns} {
		d := newCrowd(b, n, tcp.Config{})
		for _, active := range slices.Compact([]int{min(1000, n), n}) {
			tr := d.traffic(active)
			b.Run(fmt.Sprintf("conns-%d/active-%d", n, active), func(b *testing.B) {
				defer noCollection()()
				b.ReportAllocs()
				for k := 0; b.Loop(); k++ {
					if k%len(tr.frames) == 0 {
						tr.batch()
					}
				}
			})
		}
	}
}

// BenchmarkConnectionMemory prints what an idle connection holds; see TestIdleConnectionSize.
func BenchmarkConnectionMemory(b *testing.B) {
	for b.Loop() {
		before := heapInUse()
		d := newCrowd(b, *manyConns, tcp.Config{})
		for i := range d.socks {
			d.use(i)
		}
		own := uint64(cap(d.peers)*8 + cap(d.socks)*8)
		b.ReportMetric(float64(heapInUse()-before-own)/float64(*manyConns), "B/conn")
		runtime.KeepAlive(d)
	}
}
