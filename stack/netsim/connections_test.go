package netsim_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// choices hands out the bytes of a fuzz input; zeros when they are used up.
type choices struct{ b []byte }

func (c *choices) byte() (v byte) {
	if len(c.b) > 0 {
		v, c.b = c.b[0], c.b[1:]
	}
	return v
}

func (c *choices) of(n int) int { return int(c.byte()) % n }

func (c *choices) config() tcp.Config {
	flags, more := c.byte(), c.byte()
	sizes := []int{1, 64, 600, 1500, 4096, 65536, 1 << 20}
	return tcp.Config{
		RcvBuf: sizes[c.of(7)], SndBuf: sizes[c.of(7)], RcvBufMax: c.of(4) / 3 * sizes[c.of(7)], SndBufMax: c.of(4) / 3 * sizes[c.of(7)], Congestion: tcp.Algorithm(c.of(3)),
		NoDelay: flags&1 != 0, NoSACK: flags&2 != 0, NoTimestamps: flags&4 != 0, NoWindowScale: flags&8 != 0, FastOpen: flags&16 != 0,
		ECN: tcp.ECNMode(flags >> 5 % 3), AccurateECN: flags&128 != 0, Pacing: more&1 != 0, KeepCwnd: more&2 != 0, ABE: more&4 != 0,
		UserTimeoutOption: more&8 != 0, NoPathProbing: more&16 != 0,
		KeepAlive: tcp.KeepAlive{Enabled: true, Idle: time.Minute, Interval: 10 * time.Second, Count: 3},
	}
}

// meddler sits between two hosts and forwards what they send, or not quite that, as long as its input lasts.
type meddler struct {
	sim    *netsim.Sim
	sides  [2]*netsim.End
	hosts  [2]*netsim.End // what is at the other side of each
	in     choices
	delay  time.Duration
	honest bool // nothing that it does can make a wrong byte arrive
	forged bool // bytes, or where they belong, were changed: what arrives may be wrong
}

func (m *meddler) NextPoll() stack.Time { return stack.Never }

func (m *meddler) Poll(stack.Time) bool {
	for side, end := range m.sides {
		for {
			b, err := end.Recv()
			if b == nil || err != nil {
				break
			}
			m.meddle(1-side, append([]byte(nil), b...))
		}
	}
	return false
}

// forward sends a frame on its way to a side's host.
func (m *meddler) forward(to int, frame []byte, more time.Duration) {
	m.sim.After(m.delay+more, func() { m.hosts[to].Inject(frame) })
}

// meddle does something to a frame that goes to a side.
func (m *meddler) meddle(to int, frame []byte) {
	if len(m.in.b) == 0 {
		m.forward(to, frame, 0)
		return
	}
	op := m.in.of(64)
	g, found, _ := segmentIn(frame, true)
	switch {
	case op < 24:
		m.forward(to, frame, 0)
	case op < 30: // dropped
	case op < 33:
		m.forward(to, frame, 0)
		m.forward(to, frame, time.Duration(m.in.byte())*time.Millisecond)
	case op < 37:
		m.forward(to, frame, 2*time.Duration(m.in.byte())*time.Millisecond)
	case op == 37 && m.in.of(2) == 0: // the host's link goes down
		m.forward(to, frame, 0)
		m.hosts[to].SetDown(true)
		m.sim.After(time.Duration(m.in.byte())*100*time.Millisecond, func() { m.hosts[to].SetDown(false) })
	case op < 38: // a duplicate from long ago
		m.forward(to, frame, 0)
		m.forward(to, frame, time.Duration(m.in.byte())*time.Second)
	case !found:
		m.forward(to, frame, 0)
	case op < 54:
		m.rewrite(op, &g)
		m.forward(to, frame, 0)
	default:
		m.forward(to, frame, 0)
		if op < 62 {
			m.forward(to, m.forge(op, frame, &g), time.Duration(m.in.of(4))*time.Millisecond)
		} else {
			m.forward(1-to, m.refuse(frame, &g), 0)
		}
	}
}

// near gives a distance that may matter.
func (m *meddler) near() uint32 {
	switch n := uint32(m.in.byte()); m.in.of(5) {
	case 0:
		return n
	case 1:
		return -n
	case 2:
		return n << 8
	case 3:
		return -(n << 8)
	default:
		return n << 24
	}
}

const (
	offSeq, offAck, offFlags, offWindow = 4, 8, 13, 14 // in the TCP header
)

func addTo(b []byte, n uint32) { binary.BigEndian.PutUint32(b, binary.BigEndian.Uint32(b)+n) }

// rewrite changes a field of a segment; its checksum is right again.
func (m *meddler) rewrite(op int, g *segment) {
	t := g.tcp
	if m.honest {
		op = min(op, 42)
	}
	switch {
	case op < 41:
		binary.BigEndian.PutUint16(t[offWindow:], uint16(m.near()))
	case op < 43:
		g.setECN(dissect.ECN(m.in.of(4)))
	case op < 45:
		addTo(t[offAck:], m.near())
		m.forged = true // what is acknowledged falsely is never sent again
	case op < 47:
		addTo(t[offSeq:], m.near())
		m.forged = true
	case op < 49:
		t[offFlags] ^= 1 << m.in.of(8)
		m.forged = true
	case op < 51:
		if o := t.Options(); len(o) > 0 {
			o[m.in.of(len(o))] ^= 1 << m.in.of(8)
		}
		m.forged = true // SACK blocks may say what is not so
	case op < 52:
		if p := t.Payload(); len(p) > 0 {
			p[m.in.of(len(p))] ^= 1 << m.in.of(8)
			m.forged = true
		}
	default:
		t[m.in.of(t.HeaderLen())] ^= 1 << m.in.of(8)
		m.forged = true
	}
	g.fix()
}

// forge makes a segment beside one that goes the same way.
func (m *meddler) forge(op int, frame []byte, g *segment) []byte {
	t := g.tcp
	h := t.Header()
	h.Options = dissect.TCPOptions{}
	if o := t.OptionValues(); o.HasTimestamps && m.in.of(3) > 0 {
		h.Options.AddNop()
		h.Options.AddNop()
		h.Options.AddTimestamps(o.TSVal+uint32(m.in.of(3)), o.TSEcr)
	}
	h.Seq += uint32(len(t.Payload()))
	if m.honest && (op == 57 || op == 58 || op > 60) {
		op = 54
	}
	var payload []byte
	switch op {
	case 54, 55:
		h.Flags = dissect.RST
		h.Seq += m.near()
	case 56:
		h.Flags = dissect.SYN
		h.Seq += m.near()
		h.Options = dissect.TCPOptions{}
		h.Options.AddMSS(uint16(m.near()))
	case 57, 58:
		h.Flags = dissect.ACK
		h.Ack += m.near()
		m.forged = true
	case 59:
		h.Flags = dissect.RST | dissect.ACK
	case 60:
		h.Flags = dissect.SYN | dissect.ACK
		h.Seq += m.near()
	default:
		h.Flags = dissect.ACK | dissect.TCPFlags(m.in.of(256))
		h.Seq += m.near()
		payload = make([]byte, m.in.of(200))
		m.forged = true
	}
	h.Window = uint16(m.near())
	seg := dissect.TCP(append(h.Append(nil), payload...))
	b := append(frame[:dissect.EthernetHeaderLen:dissect.EthernetHeaderLen], g.header(dissect.ProtoTCP, len(seg), false)...)
	b = append(b, seg...)
	if forged, ok, _ := segmentIn(b, true); ok {
		forged.fix()
	}
	return b
}

// refuse makes an ICMP error about a frame, for the one that sent it.
func (m *meddler) refuse(frame []byte, g *segment) []byte {
	code, mtu := uint8(m.in.of(16)), m.near()
	quote := g.ip[:g.headerLen()+8]
	eth := dissect.EthernetHeader{Dst: dissect.Ethernet(frame).Src(), Src: dissect.Ethernet(frame).Dst(), Type: dissect.Ethernet(frame).Type()}
	b := eth.Append(nil)
	if g.src.Is4() {
		h := dissect.ICMPv4Header{Type: dissect.ICMPv4Unreachable, Code: code, MTU: uint16(mtu)}
		msg := dissect.ICMPv4(append(h.Append(nil), quote...))
		msg.FillChecksum()
		return append(append(b, g.header(dissect.ProtoICMP, len(msg), true)...), msg...)
	}
	h := dissect.ICMPv6Header{Type: dissect.ICMPv6Unreachable, Code: code % 8}
	if code > 7 {
		h = dissect.ICMPv6Header{Type: dissect.ICMPv6PacketTooBig, MTU: mtu}
	}
	msg := dissect.ICMPv6(append(h.Append(nil), quote...))
	msg.FillChecksum(dissect.PseudoHeaderSum(g.dst, g.src, dissect.ProtoICMPv6, len(msg)))
	return append(append(b, g.header(dissect.ProtoICMPv6, len(msg), true)...), msg...)
}

// connect has two hosts carry bytes over a meddler. Whatever it does, each connection completes or fails within a bounded time,
// nothing is left of it, and unless the meddler forged them all bytes are right. It reports how many ends completed, how many
// failed, and whether anything was forged.
func connect(t *testing.T, seed uint64, input []byte) (completed, failed int, forged bool) {
	in := choices{input}
	sim := netsim.New(seed)
	link := netsim.LinkConfig{Rate: 20e6, TxRing: []int{0, 1, 4, 16}[in.of(4)]}
	a, ma := sim.Link(link)
	b, mb := sim.Link(link)
	ca, cb := in.config(), in.config()
	m := &meddler{sim: sim, sides: [2]*netsim.End{ma, mb}, hosts: [2]*netsim.End{a, b}, delay: time.Duration(1+in.of(30)) * time.Millisecond}
	sim.Attach(m, ma, mb)
	client, _ := watchedHost(t, sim, a, 1, stack.Config{TCP: ca, TCPMemory: []int{0, 0, 4096, 65536}[in.of(4)]})
	server, _ := watchedHost(t, sim, b, 2, stack.Config{TCP: cb, TCPMemory: []int{0, 0, 4096, 65536}[in.of(4)], Backlog: 1 + in.of(4)})
	// Small buffers need a round trip for each handful of bytes.
	size := 1 + in.of(256)*min(ca.RcvBuf, ca.SndBuf, cb.RcvBuf, cb.SndBuf, 256)
	n := 1 + in.of(3)
	m.honest = in.of(3) == 0
	at := netip.AddrPortFrom(addr(2), 7)
	if in.of(3) == 0 {
		at = netip.AddrPortFrom(addr6(t, client, server), 7)
	}
	m.in = in
	l, err := server.ListenTCP(at, stack.TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var all []*endpoint
	add := func(c *stack.TCPSocket, salt uint32) {
		e := &endpoint{c: c, size: size, salt: salt, buf: make([]byte, 2048)}
		all = append(all, e)
		c.SetHandler(func() {
			e.run()
			if e.done() {
				e.c.Close()
			}
		})
	}
	l.SetHandler(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			add(c, 1)
		}
	})
	for range n {
		c, err := client.DialTCP(at, stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		add(c, 0)
	}
	over := func() bool {
		for _, e := range all {
			if !e.done() {
				return false
			}
		}
		return true
	}
	// A peer whose window scale was forged may take a byte each time that the timer fires. That is slow, not stuck.
	for came := -1; !over(); {
		before := came
		came = 0
		for _, e := range all {
			came += e.received + e.sent
		}
		if came == before {
			break
		}
		sim.Until(over, 4*time.Hour) // a peer, or the meddler, can ask for a user timeout of an hour
	}
	sim.Run(time.Hour)
	for i, e := range all {
		if !e.done() {
			for _, o := range all {
				t.Logf("%s-%s: %d of %d received, %d sent, %v: %+v", o.c.LocalAddr(), o.c.RemoteAddr(), o.received, size, o.sent, o.err, o.c.Info())
			}
			t.Fatalf("connection %d is stuck", i)
		}
		switch {
		case e.err == nil:
			completed++
		case m.forged || e.c.Err() != nil:
			failed++
		default: // bytes, not the connection
			t.Fatalf("connection %d: %v", i, e.err)
		}
	}
	for _, s := range []*stack.Stack{client, server} {
		for c := range s.TCPSockets() {
			t.Errorf("%s-%s is still in %s: %+v", c.LocalAddr(), c.RemoteAddr(), c.State(), c.Info())
		}
		if next := s.NextPoll(); next != stack.Never {
			t.Errorf("an idle stack wants to be polled at %v", next)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return completed, failed, m.forged
}

// connectionInput is an input of a length that leads somewhere.
func connectionInput(seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 4))
	b := make([]byte, 20+rng.IntN(400))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// FuzzConnections: whole connections between two hosts, with somebody in between who drops, doubles, delays, rewrites and
// forges segments with right checksums.
func FuzzConnections(f *testing.F) {
	for seed := range uint64(30) {
		f.Add(seed, connectionInput(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, input []byte) { connect(t, seed, input) })
}

// TestConnections is FuzzConnections with inputs by chance: some now, many in a long run.
func TestConnections(t *testing.T) {
	seeds := uint64(100)
	if *soak {
		seeds = 20000
	}
	var completed, failed, honest int
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c, f, forged := connect(t, seed, connectionInput(1000+seed))
			completed, failed = completed+c, failed+f
			if !forged {
				honest++
			}
		})
	}
	t.Logf("%d ends completed and %d failed; nothing was forged in %d of %d runs", completed, failed, honest, seeds)
	if t.Failed() {
		return
	}
	if n := int(seeds); completed < n || failed < n/10 || honest < n/5 { // or it was no test
		t.Error("too few of one kind")
	}
}
