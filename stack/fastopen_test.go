package stack

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

var fastOpenConfig = Config{NeighborReachable: time.Hour, TCP: tcp.Config{FastOpen: true}}

func fastOpenBench(t *testing.T) (*bench, *TCPListener) {
	t.Helper()
	h := newBench(t, fastOpenConfig)
	h.knowPeer()
	return h, h.listen("0.0.0.0:80", TCPOptions{})
}

// fastSyn has the peer send a SYN with a Fast Open option and text, and gives the answer.
func (h *bench) fastSyn(port uint16, cookie []byte, text string) dissect.TCP {
	h.t.Helper()
	s := dissect.TCPHeader{SrcPort: port, DstPort: 80, Seq: 1000, Flags: dissect.SYN}
	s.Options.AddMSS(1460)
	s.Options.Add(dissect.TCPOptFastOpen, cookie...)
	h.dev.out = nil
	h.rx(tcpFrame(dissect.IPv4Header{}, s, text))
	return h.lastTCP()
}

// RFC 7413 section 4.2.2: a cookie is asked for, granted, and lets the text of a SYN through before the handshake is over.
func TestFastOpenServer(t *testing.T) {
	h, l := fastOpenBench(t)
	synAck := h.fastSyn(1, nil, "early")
	cookie, ok := fastOpenOption(synAck)
	if !ok || len(cookie) != fastOpenCookieLen || synAck.Ack() != 1001 || l.Pending() != 0 {
		t.Fatalf("cookie %x %v, ack %d, %d pending", cookie, ok, synAck.Ack(), l.Pending())
	}
	h.counted("TCPFastOpenGranted", 1)

	synAck = h.fastSyn(2, cookie, "hello")
	if _, again := fastOpenOption(synAck); again || synAck.Ack() != 1006 || synAck.Flags() != dissect.SYN|dissect.ACK {
		t.Errorf("answer %s ack %d, a cookie again: %v", synAck.Flags(), synAck.Ack(), again)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	var b [10]byte
	if n, err := c.Read(b[:]); string(b[:n]) != "hello" || err != nil || c.State() != tcp.SynReceived {
		t.Errorf("read %q, %v in %s", b[:n], err, c.State())
	}
	// The answer goes out at once, and its ACK ends the handshake.
	c.Write([]byte("world"))
	h.poll()
	if last := h.lastTCP(); string(last.Payload()) != "world" || last.Seq() != synAck.Seq()+1 || last.Ack() != 1006 {
		t.Errorf("sent %q at %d", last.Payload(), last.Seq())
	}
	c.CloseWrite() // the FIN has to wait
	h.dev.out = nil
	h.poll()
	h.expect()
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 2, DstPort: 80, Seq: 1006, Ack: synAck.Seq() + 6, Flags: dissect.ACK}, ""))
	if c.State() != tcp.FinWait1 || !h.lastTCP().Flags().Has(dissect.FIN) || h.tcp.fast.pending != 0 || l.half.n != 1 { // the one that asked
		t.Errorf("state %s, %d pending, %d half open", c.State(), h.tcp.fast.pending, l.half.n)
	}
	h.counted("TCPFastOpenAccepted", 1)
	h.counted("TCPAccepts", 1)
}

// A SYN-ACK that gets lost is sent again, and so is text that went out behind it.
func TestFastOpenServerLoss(t *testing.T) {
	h, l := fastOpenBench(t)
	cookie, _ := fastOpenOption(h.fastSyn(1, nil, ""))
	synAck := h.fastSyn(2, cookie, "hello")
	c, _ := l.Accept()
	c.Write([]byte("world"))
	h.poll()
	h.dev.out = nil
	h.wait(1100 * time.Millisecond)
	if last := h.lastTCP(); last.Flags() != dissect.SYN|dissect.ACK || last.Ack() != 1006 || last.Seq() != synAck.Seq() {
		t.Errorf("sent again: %s ack %d", last.Flags(), last.Ack())
	}
	// The SYN came again: the text is there once.
	h.fastSyn(2, cookie, "hello")
	var b [20]byte
	if n, _ := c.Read(b[:]); n != 5 {
		t.Errorf("read %d bytes", n)
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 2, DstPort: 80, Seq: 1006, Ack: synAck.Seq() + 1, Flags: dissect.ACK}, ""))
	h.dev.out = nil
	h.wait(5 * time.Second)
	if c.State() != tcp.Established || string(h.lastTCP().Payload()) != "world" {
		t.Errorf("%s, sent %s", c.State(), h.sent())
	}
}

// A wrong, foreign or old cookie gives an ordinary handshake, and a right one for the next time.
func TestFastOpenServerRefuses(t *testing.T) {
	h, l := fastOpenBench(t)
	cookie, _ := fastOpenOption(h.fastSyn(1, nil, ""))
	wrong := append([]byte{}, cookie...)
	wrong[3] ^= 1
	for i, bad := range [][]byte{wrong, cookie[:4], make([]byte, 16)} {
		synAck := h.fastSyn(uint16(10+i), bad, "text")
		if got, ok := fastOpenOption(synAck); !ok || string(got) != string(cookie) || synAck.Ack() != 1001 || l.Pending() != 0 {
			t.Errorf("cookie %x: ack %d, answered with %x", bad, synAck.Ack(), got)
		}
	}
	for i, odd := range [][]byte{{1}, {1, 2, 3}, {1, 2, 3, 4, 5}, make([]byte, 18)} { // no such length (section 4.1.1)
		if _, ok := fastOpenOption(h.fastSyn(uint16(20+i), odd, "text")); ok {
			t.Errorf("cookie of %d bytes answered", len(odd))
		}
	}
	h.counted("TCPFastOpenBadCookie", 3)
	// Another client's cookie is wrong.
	f := &h.tcp.fast
	if other := f.cookie(&h.random, f.generation, ourIP, netip.MustParseAddr("192.168.69.101")); string(other[:]) == string(cookie) {
		t.Error("one cookie for two clients")
	}
	// The key changes every hour; the one before still counts, and a new cookie comes with the answer.
	h.wait(time.Hour)
	h.dev.out = nil
	h.knowPeer()
	synAck := h.fastSyn(30, cookie, "hello")
	fresh, ok := fastOpenOption(synAck)
	if synAck.Ack() != 1006 || !ok || string(fresh) == string(cookie) || l.Pending() != 1 {
		t.Errorf("after an hour: ack %d, cookie %x %v", synAck.Ack(), fresh, ok)
	}
	h.wait(time.Hour)
	h.dev.out = nil
	h.knowPeer()
	if synAck = h.fastSyn(31, cookie, "hello"); synAck.Ack() != 1001 {
		t.Error("good after two hours")
	}
	// Section 5.1: many that never end their handshake turn it off.
	fresh, _ = fastOpenOption(synAck)
	f.pending = maxFastOpenPending
	if synAck = h.fastSyn(32, fresh, "hello"); synAck.Ack() != 1001 {
		t.Error("text taken beyond the limit")
	}
	h.counted("TCPFastOpenFull", 1)

	// Where it is off nobody looks (RFC 9293 section 3.4: text of a SYN is not delivered before the handshake is over).
	off := newBench(t, Config{})
	off.knowPeer()
	l = off.listen("0.0.0.0:80", TCPOptions{})
	synAck = off.fastSyn(1, cookie, "hello")
	if _, ok := fastOpenOption(synAck); ok || synAck.Ack() != 1001 || l.Pending() != 0 {
		t.Error("Fast Open though it is off")
	}
}

// A RST for one that the program has already ends that, and what is counted.
func TestFastOpenServerReset(t *testing.T) {
	h, l := fastOpenBench(t)
	cookie, _ := fastOpenOption(h.fastSyn(1, nil, ""))
	h.fastSyn(2, cookie, "hello")
	c, _ := l.Accept()
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 2, DstPort: 80, Seq: 1006, Flags: dissect.RST}, ""))
	if c.Err() != ErrReset || h.tcp.fast.pending != 0 {
		t.Errorf("%v, %d pending", c.Err(), h.tcp.fast.pending)
	}
	if n, _ := c.Read(make([]byte, 9)); n != 5 {
		t.Error("what came before is gone")
	}
	// Closing the listener ends those that nobody accepted, and no other.
	h.fastSyn(3, cookie, "hello")
	h.fastSyn(4, cookie, "hello")
	d, _ := l.Accept()
	l.Close()
	h.poll()
	if d.State() != tcp.SynReceived || h.tcp.fast.pending != 1 {
		t.Errorf("%s, %d pending", d.State(), h.tcp.fast.pending)
	}
	d.Close()
	h.wait(2 * time.Minute)
	if h.tcp.conns.len() != 0 || h.tcp.fast.pending != 0 {
		t.Errorf("%d connections, %d pending", h.tcp.conns.len(), h.tcp.fast.pending)
	}
}

// dialFast opens a connection with text and gives it and its SYN.
func (h *bench) dialFast(text string) (*TCPSocket, dissect.TCP) {
	h.t.Helper()
	c, err := h.DialTCP(ap("192.168.69.100:80"), TCPOptions{})
	if err != nil {
		h.t.Fatal(err)
	}
	if text != "" {
		c.Write([]byte(text))
	}
	h.dev.out = nil
	h.poll()
	return c, h.lastTCP()
}

// answer has the peer acknowledge n bytes behind the SYN of c.
func (h *bench) answer(c *TCPSocket, syn dissect.TCP, n uint32, cookie []byte) {
	h.t.Helper()
	s := dissect.TCPHeader{SrcPort: 80, DstPort: c.LocalAddr().Port(), Seq: 5000, Ack: syn.Seq() + 1 + n, Flags: dissect.SYN | dissect.ACK}
	s.Options.AddMSS(1000)
	if cookie != nil {
		s.Options.Add(dissect.TCPOptFastOpen, cookie...)
	}
	h.dev.out = nil
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
}

// RFC 7413 section 4.2.1: the client asks, remembers, and sends text with its SYN.
func TestFastOpenClient(t *testing.T) {
	h, _ := fastOpenBench(t)
	grant := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	c, syn := h.dialFast("first")
	if o, ok := fastOpenOption(syn); !ok || len(o) != 0 || len(syn.Payload()) != 0 {
		t.Fatalf("SYN with %x %v and %q", o, ok, syn.Payload())
	}
	h.answer(c, syn, 0, grant)
	if last := h.lastTCP(); string(last.Payload()) != "first" {
		t.Errorf("sent %s", h.sent())
	}
	c.Abort()
	h.poll()

	// The text goes with the SYN: what fits in the MSS of the last time beside the options.
	c, syn = h.dialFast(string(bytesOf(3000)))
	o, _ := fastOpenOption(syn)
	sent := len(syn.Payload())
	if string(o) != string(grant) || sent < 900 || sent+syn.HeaderLen()-20 > 1000 || string(syn.Payload()) != string(bytesOf(3000)[:sent]) {
		t.Fatalf("SYN with cookie %x, %d bytes", o, sent)
	}
	h.answer(c, syn, uint32(sent), nil)
	if last := dissect.TCP(dissect.IPv4(h.dev.out[0][14:]).Payload()); last.Seq() != syn.Seq()+1+uint32(sent) {
		t.Errorf("goes on at %d, the SYN was %d with %d bytes", last.Seq(), syn.Seq(), sent)
	}
	if i := c.Info(); i.Retransmits != 0 || i.State != tcp.Established {
		t.Errorf("%+v", i)
	}
	c.Abort()
	h.poll()

	// Not taken, but another cookie given: it is sent again at once, and cwnd does not suffer.
	c, syn = h.dialFast("hello")
	h.answer(c, syn, 0, grant)
	if last := h.lastTCP(); string(last.Payload()) != "hello" || last.Seq() != syn.Seq()+1 {
		t.Errorf("sent %s", h.sent())
	}
	if i := c.Info(); i.Cwnd < 9000 || i.Phase != tcp.PhaseOpen {
		t.Errorf("%+v", i)
	}
	c.Abort()
	h.poll()

	// RFC 7413 section 4.1.3.1: a network that drops such SYNs. The second is an ordinary one, and when that happened twice in a
	// row the next connections begin with one for an hour.
	lost := func() {
		t.Helper()
		c, syn = h.dialFast("hello")
		if string(syn.Payload()) != "hello" {
			t.Errorf("SYN with %q", syn.Payload())
		}
		h.dev.out = nil
		h.wait(1100 * time.Millisecond)
		again := h.lastTCP()
		if _, ok := fastOpenOption(again); ok || len(again.Payload()) != 0 || again.Seq() != syn.Seq() || again.Flags() != dissect.SYN {
			t.Errorf("second SYN %s with %q, option %v", again.Flags(), again.Payload(), ok)
		}
		h.answer(c, syn, 0, nil)
		if last := h.lastTCP(); string(last.Payload()) != "hello" {
			t.Errorf("sent %s", h.sent())
		}
		c.Abort()
		h.poll()
	}
	lost()
	h.counted("TCPFastOpenBlackhole", 0)
	c, syn = h.dialFast("hello") // one that gets through
	h.answer(c, syn, 5, nil)
	c.Abort()
	h.poll()
	lost()
	h.counted("TCPFastOpenBlackhole", 0)
	lost()
	h.counted("TCPFastOpenBlackhole", 1)
	c, syn = h.dialFast("hello")
	if _, ok := fastOpenOption(syn); ok || len(syn.Payload()) != 0 {
		t.Error("tried again though it did not get through")
	}
	c.Abort()
	h.wait(time.Hour)
	h.dev.out = nil
	h.knowPeer()
	if c, syn = h.dialFast("hello"); string(syn.Payload()) != "hello" {
		t.Error("not tried again after an hour")
	}

	// Not taken, and no cookie: the server does not want it any more.
	h.answer(c, syn, 0, nil)
	c.Abort()
	h.poll()
	if _, syn = h.dialFast("hello"); len(syn.Payload()) != 0 {
		t.Error("tried again though the server did not take it")
	}
}

// The cache of cookies is bounded; the one not used for the longest time goes.
func TestFastOpenCache(t *testing.T) {
	var f fastOpen
	for i := range 3 * maxFastOpenPeers {
		f.peer(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})).used = Time(i)
		f.peer(netip.AddrFrom4([4]byte{10, 0, 0, 0})).used = Time(i)
	}
	if len(f.known) != maxFastOpenPeers || f.known[netip.AddrFrom4([4]byte{10, 0, 0, 0})] == nil {
		t.Errorf("%d peers", len(f.known))
	}
	if i := 3*maxFastOpenPeers - 2; f.known[netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})] == nil {
		t.Error("a new one went")
	}
}

// Two stacks: one round trip less from the second connection on.
func TestFastOpenBothSides(t *testing.T) {
	p := newPair(t, fastOpenConfig)
	l, err := p.b.ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		c, err := p.a.DialTCP(netip.MustParseAddrPort("10.0.0.2:80"), TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("ping"))
		rounds := 0
		for l.Pending() == 0 && rounds < 100 {
			p.round()
			rounds++
		}
		d, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if early := d.State() == tcp.SynReceived && d.Readable() == 4; early != (i > 0) {
			t.Errorf("connection %d: %s with %d bytes after %d rounds", i, d.State(), d.Readable(), rounds)
		}
		for range 20 {
			p.round()
		}
		var b [9]byte
		if n, _ := d.Read(b[:]); string(b[:n]) != "ping" {
			t.Errorf("read %q", b[:n])
		}
		d.Write([]byte("pong"))
		for range 20 {
			p.round()
		}
		if n, _ := c.Read(b[:]); string(b[:n]) != "pong" {
			t.Errorf("read %q", b[:n])
		}
		c.Close()
		d.Close()
	}
}
