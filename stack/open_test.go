package stack

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// A connection to its own address and port is a simultaneous open with itself (RFC 9293 section 3.5, figure 7, MUST-10).
func TestSelfConnect(t *testing.T) {
	h := newBench(t, Config{})
	c, err := h.DialTCP(ap("127.0.0.1:7000"), TCPOptions{Local: ap("127.0.0.1:7000")})
	if err != nil {
		t.Fatal(err)
	}
	h.poll()
	if c.State() != tcp.Established {
		t.Fatalf("state %s", c.State())
	}
	c.Write([]byte("echo"))
	h.poll()
	var b [9]byte
	if n, err := c.Read(b[:]); string(b[:n]) != "echo" || err != nil {
		t.Errorf("read %q, %v", b[:n], err)
	}
	c.Close()
	h.wait(2 * time.Minute)
	if h.tcp.conns.len() != 0 {
		t.Errorf("%d connections left", h.tcp.conns.len())
	}
}

// Two programs that open to each other at the same time get one connection (RFC 9293 section 3.5, MUST-10).
func TestSimultaneousOpenOfStacks(t *testing.T) {
	p := newPair(t, Config{})
	a, b := netip.MustParseAddrPort("10.0.0.1:5000"), netip.MustParseAddrPort("10.0.0.2:6000")
	c, err := p.a.DialTCP(b, TCPOptions{Local: a})
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.b.DialTCP(a, TCPOptions{Local: b})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		p.round()
	}
	if c.State() != tcp.Established || d.State() != tcp.Established {
		t.Fatalf("%s and %s", c.State(), d.State())
	}
	c.Write([]byte("one"))
	d.Write([]byte("two"))
	for range 10 {
		p.round()
	}
	if c.Readable() != 3 || d.Readable() != 3 {
		t.Errorf("%d and %d bytes", c.Readable(), d.Readable())
	}
}

// RFC 7323 section 5.4: timestamps of a connection go on where those of the one before between the same ends were, and tell
// nothing about other connections.
func TestTimestampOffsets(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	clock := func(local, remote string) uint32 {
		t.Helper()
		c, err := h.DialTCP(ap(remote), TCPOptions{Local: ap(local)})
		if err != nil {
			t.Fatal(err)
		}
		h.poll()
		v := h.lastTCP().OptionValues()
		c.Abort()
		h.poll()
		h.dev.out = nil
		return v.TSVal
	}
	const one, other = "192.168.69.1:5000", "192.168.69.1:5001"
	first := clock(one, "192.168.69.100:80")
	h.wait(3 * time.Second)
	if d := clock(one, "192.168.69.100:80") - first; d != 3000 {
		t.Errorf("3 s later the clock of the same ends is %d further", d)
	}
	if d := int32(clock(other, "192.168.69.100:80") - first); d > -1<<16 && d < 1<<16 {
		t.Errorf("another port is %d away", d)
	}
}

// RFC 6191 section 3: a connection in TIME-WAIT is opened anew by our own SYN, if timestamps keep the two apart.
func TestTimeWaitReopened(t *testing.T) {
	for _, timestamps := range []bool{true, false} {
		p := newPair(t, Config{TCP: tcp.Config{NoTimestamps: !timestamps}})
		remote := netip.MustParseAddrPort("10.0.0.2:80")
		l, err := p.b.ListenTCP(remote, TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		opt := TCPOptions{Local: netip.MustParseAddrPort("10.0.0.1:5000")}
		c, err := p.a.DialTCP(remote, opt)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			p.round()
		}
		d, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		for range 20 {
			p.round()
		}
		d.Close()
		for range 20 {
			p.round()
		}
		if c.State() != tcp.TimeWait {
			t.Fatalf("state %s", c.State())
		}
		last := c.Info().SndNxt
		if _, err := p.a.DialTCP(remote, opt); err != ErrAddrInUse {
			t.Errorf("opened again at once: %v", err)
		}
		p.now = p.now.Add(1100 * time.Millisecond)
		p.round()
		again, err := p.a.DialTCP(remote, opt)
		if !timestamps {
			if err != ErrAddrInUse {
				t.Errorf("opened again without timestamps: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			p.round()
		}
		if i := again.Info(); i.State != tcp.Established || i.ISS.LessEq(last) {
			t.Errorf("%s, number %d after %d", i.State, i.ISS, last)
		}
		if n := p.a.Counters().TCPTimeWaitRecent; n != 1 {
			t.Errorf("TCPTimeWaitRecent is %d", n)
		}
	}
}

// RFC 9293 section 3.5.1, figure 9: our peer restarted and opens anew. The challenge ACK has it reset the old
// connection, and its next SYN opens the new one.
func TestHalfOpenDiscovery(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(5000)
	c, _ := l.Accept()
	syn := dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 400, Flags: dissect.SYN}
	h.rx(tcpFrame(dissect.IPv4Header{}, syn, ""))
	challenge := h.lastTCP()
	if challenge.Flags() != dissect.ACK || challenge.Seq() != s.Ack || challenge.Ack() != s.Seq || c.State() != tcp.Established {
		t.Fatalf("answer %s seq %d ack %d, state %s", challenge.Flags(), challenge.Seq(), challenge.Ack(), c.State())
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: challenge.Ack(), Flags: dissect.RST}, ""))
	if c.Err() != ErrReset {
		t.Errorf("error %v", c.Err())
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, syn, ""))
	if a := h.lastTCP(); a.Flags() != dissect.SYN|dissect.ACK || a.Ack() != 401 {
		t.Errorf("answer %s ack %d", a.Flags(), a.Ack())
	}
}

// Figures 10 and 11: we restarted; what the old connection's peer sends is answered by a RST that it believes, and nothing
// else happens.
func TestHalfOpenHere(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{})
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 100, Ack: 300, Flags: dissect.ACK | dissect.PSH}, "text"))
	if a := h.lastTCP(); a.Flags() != dissect.RST || a.Seq() != 300 {
		t.Errorf("answer %s seq %d", a.Flags(), a.Seq())
	}
	if h.tcp.conns.len() != 0 {
		t.Error("a connection came of it")
	}
}

// RFC 9293 section 3.5, figure 8: an old duplicate SYN is recognized by the peer, whose RST brings us back to LISTEN.
func TestOldDuplicateSyn(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 90, Flags: dissect.SYN}, ""))
	a := h.lastTCP()
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: a.Ack(), Flags: dissect.RST}, ""))
	if l.half.n != 0 || h.tcp.conns.len() != 0 {
		t.Error("the old SYN is not forgotten")
	}
	h.open(5000)
	if l.Pending() != 1 {
		t.Error("the new SYN did not open a connection")
	}
}

// RFC 9293 section 3.9.2, SHLD-21: the differentiated services field, and the TTL, may change while a connection lasts.
func TestTCPHeadersChanged(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	h.open(5000)
	c, _ := l.Accept()
	c.SetDSCP(46)
	c.SetTTL(9)
	c.Write([]byte("text"))
	h.poll()
	ip := dissect.IPv4(h.dev.out[len(h.dev.out)-1][14:])
	if ip.DSCP() != 46 || ip.TTL() != 9 {
		t.Errorf("DSCP %d, TTL %d", ip.DSCP(), ip.TTL())
	}
}
