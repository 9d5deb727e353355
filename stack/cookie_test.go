package stack

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// flooded is a bench whose listener on port 80 has its one place for half-open connections taken since now.
func flooded(t *testing.T, cfg Config) (*bench, *TCPListener) {
	t.Helper()
	cfg.NeighborReachable = time.Hour
	h := newBench(t, cfg)
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{Backlog: 1})
	h.wait(12345 * time.Millisecond)
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 1, DstPort: 80, Seq: 5, Flags: dissect.SYN}, ""))
	h.dev.out = nil
	return h, l
}

// cookie has the peer send a SYN that is answered by a cookie, and gives the ACK that brings it back.
func (h *bench) cookie(port uint16, flags dissect.TCPFlags, o dissect.TCPOptions) dissect.TCPHeader {
	h.t.Helper()
	conns, sent := h.tcp.conns.len(), h.counters.TCPCookiesSent
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: port, DstPort: 80, Seq: 1000, Flags: dissect.SYN | flags, Options: o}, ""))
	if h.tcp.conns.len() != conns || h.counters.TCPCookiesSent != sent+1 {
		h.t.Fatalf("no cookie: %s, %d connections", h.sent(), h.tcp.conns.len())
	}
	synAck := h.lastTCP()
	s := dissect.TCPHeader{SrcPort: port, DstPort: 80, Seq: 1001, Ack: synAck.Seq() + 1, Flags: dissect.ACK, Window: 1000}
	if v := synAck.OptionValues(); v.HasTimestamps {
		s.Options.AddTimestamps(1077, v.TSVal)
	}
	return s
}

// RFC 4987 section 3.6: what was agreed comes back with the cookie, and nothing is kept until then.
func TestCookieAgreement(t *testing.T) {
	type options = dissect.TCPOptions
	all := func(mss uint16, shift uint8) func(*options) {
		return func(o *options) {
			o.AddMSS(mss)
			o.AddSACKPermitted()
			o.AddTimestamps(77, 0)
			o.AddWindowScale(shift)
		}
	}
	const asksECN = dissect.ECE | dissect.CWR
	for _, c := range []struct {
		name    string
		options func(*options)
		flags   dissect.TCPFlags
		want    tcp.Info
	}{
		{"everything", all(1460, 7), 0, tcp.Info{SndMSS: 1448, SndScale: 7, SACK: true, Timestamps: true, WindowScale: true}},
		{"and ECN", all(1400, 14), asksECN, tcp.Info{SndMSS: 1388, SndScale: 14, SACK: true, Timestamps: true, WindowScale: true, ECN: true}},
		{"shift beyond the limit", all(1460, 15), 0, tcp.Info{SndMSS: 1448, SndScale: 14, SACK: true, Timestamps: true, WindowScale: true}},
		{"shift 0", all(536, 0), 0, tcp.Info{SndMSS: 524, SACK: true, Timestamps: true, WindowScale: true}},
		{"timestamps alone", func(o *options) { o.AddTimestamps(77, 0) }, 0, tcp.Info{SndMSS: 524, Timestamps: true}},
		{"no timestamps", func(o *options) { o.AddMSS(1459); o.AddSACKPermitted(); o.AddWindowScale(3) }, asksECN, tcp.Info{SndMSS: 1452}},
		{"nothing", func(o *options) {}, 0, tcp.Info{SndMSS: 536}},
		{"tiny", func(o *options) { o.AddMSS(1) }, 0, tcp.Info{SndMSS: 28}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, l := flooded(t, Config{})
			var o options
			c.options(&o)
			s := h.cookie(7, c.flags, o)
			synAck := h.lastTCP()
			v := synAck.OptionValues()
			if synAck.Ack() != 1001 || v.HasWindowScale != c.want.WindowScale || v.SACKPermitted != c.want.SACK || v.HasTimestamps != c.want.Timestamps ||
				v.MSS != 1460 || v.HasTimestamps && v.TSEcr != 77 || synAck.Flags().Has(dissect.ECE) != c.want.ECN {
				t.Errorf("SYN-ACK %s %+v", synAck.Flags(), v)
			}
			h.wait(100 * time.Millisecond)
			h.rx(tcpFrame(dissect.IPv4Header{}, s, "hello"))
			d, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			i := d.Info()
			got := tcp.Info{SndMSS: i.SndMSS, SndScale: i.SndScale, SACK: i.SACK, Timestamps: i.Timestamps, WindowScale: i.WindowScale, ECN: i.ECN}
			if got != c.want || i.State != tcp.Established || i.SndWnd != 1000<<c.want.SndScale || i.SRTT != 0 {
				t.Errorf("agreed %+v", i)
			}
			var b [9]byte
			if n, err := d.Read(b[:]); string(b[:n]) != "hello" || err != nil {
				t.Errorf("read %q, %v", b[:n], err)
			}
			if n, err := d.Write([]byte("you")); n != 3 || err != nil {
				t.Errorf("write %d, %v", n, err)
			}
			h.poll()
			last := h.lastTCP()
			if string(last.Payload()) != "you" || int32(last.OptionValues().TSVal-v.TSVal) < 0 {
				t.Errorf("sent %q with %+v after %+v", last.Payload(), last.OptionValues(), v)
			}
			h.counted("TCPCookiesAccepted", 1)
		})
	}
}

// A cookie is good for its own connection, for one to two minutes, at a listener that gave one away and has room.
func TestCookieRefused(t *testing.T) {
	refused := func(name string, h *bench, s dissect.TCPHeader) {
		t.Helper()
		h.dev.out = nil
		h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
		if h.counters.TCPCookiesAccepted != 0 || !h.lastTCP().Flags().Has(dissect.RST) {
			t.Errorf("%s: answer %s", name, h.sent())
		}
	}
	var o dissect.TCPOptions
	o.AddTimestamps(77, 0)
	for name, change := range map[string]func(s *dissect.TCPHeader){
		"another port":                           func(s *dissect.TCPHeader) { s.SrcPort++ },
		"another number of the peer's":           func(s *dissect.TCPHeader) { s.Seq++ },
		"another number of ours":                 func(s *dissect.TCPHeader) { s.Ack += 16 },
		"an older tick":                          func(s *dissect.TCPHeader) { s.Ack -= 2 << 24 },
		"a later tick":                           func(s *dissect.TCPHeader) { s.Ack += 1 << 24 },
		"other options in the timestamp":         func(s *dissect.TCPHeader) { s.Options = dissect.TCPOptions{}; s.Options.AddTimestamps(77, 5) },
		"no timestamp, though one was agreed to": func(s *dissect.TCPHeader) { s.Options = dissect.TCPOptions{} },
	} {
		h, _ := flooded(t, Config{})
		s := h.cookie(7, 0, o)
		change(&s)
		refused(name, h, s)
		h.counted("TCPCookiesBad", 1)
	}

	h, l := flooded(t, Config{})
	s := h.cookie(7, 0, o)
	h.wait(67 * time.Second)
	h.dev.out = nil
	h.knowPeer()
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	if l.Pending() != 1 {
		t.Error("not good after 67 s")
	}
	h, _ = flooded(t, Config{})
	s = h.cookie(7, 0, o)
	h.wait(135 * time.Second)
	h.dev.out = nil
	h.knowPeer()
	refused("after 135 s", h, s)
	h.counted("TCPCookiesBad", 0) // nobody is waited for any more: numbers are not even looked at

	// No room: not a word, the peer's text comes again.
	h, l = flooded(t, Config{})
	s = h.cookie(7, 0, o)
	s2 := h.cookie(8, 0, o)
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	h.dev.out = nil
	h.rx(tcpFrame(dissect.IPv4Header{}, s2, ""))
	h.expect()
	h.counted("TCPBacklogFull", 1)
	if _, err := l.Accept(); err != nil {
		t.Error(err)
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, s2, ""))
	if l.Pending() != 1 {
		t.Error("refused though there is room now")
	}

	// Switched off.
	h, _ = flooded(t, Config{NoSynCookies: true})
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 9, DstPort: 80, Flags: dissect.SYN}, ""))
	h.expect()
	h.counted("TCPBacklogFull", 1)
}

// Cookies survive a change of keys, and lie in the space of the ordinary numbers (RFC 6528): less than a tick, 67 s, away.
func TestCookieNumbers(t *testing.T) {
	h, _ := flooded(t, Config{})
	for range 40 {
		h.at = h.at.Add(cookieTick / 2)
		h.Advance(h.at)
		h.dev.out = nil
		h.rx(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP))
		remote := netip.AddrPortFrom(peerIP, 7)
		seg := tcp.Segment{Seq: 9, Flags: dissect.SYN}
		l := h.tcp.listens[80][0]
		h.sendCookie(l, &seg, ap("192.168.69.1:80"), remote, h.ifc)
		iss := h.lastTCP().Seq()
		if d := int32(h.random.iss(h.at, ap("192.168.69.1:80"), remote) - iss); d < -1<<24 || d > 1<<24 {
			t.Fatalf("%d from the ordinary number", d)
		}
		h.at = h.at.Add(cookieTick)
		h.Advance(h.at)
		ack := tcp.Segment{Seq: 10, Ack: tcp.Seq(iss + 1), Flags: dissect.ACK}
		tuple := makeTuple(ap("192.168.69.1:80"), remote)
		if mss, ok := h.cookieOf(&tuple, &ack); !ok || mss != 536 {
			t.Fatalf("at %v: %d, %v", h.at.Seconds(), mss, ok)
		}
		h.at = h.at.Add(cookieTick)
		h.Advance(h.at)
		if _, ok := h.cookieOf(&tuple, &ack); ok {
			t.Fatal("good for a third tick")
		}
	}
	for mss, want := range map[uint16]uint16{1: 28, 28: 28, 87: 28, 88: 88, 535: 348, 536: 536, 1459: 1452, 1460: 1460, 1500: 1460, 8960: 8960, 65535: 8960} {
		if got := cookieMSS[cookieMSSIndex(mss)]; got != want {
			t.Errorf("MSS %d is said as %d, want %d", mss, got, want)
		}
	}
}

// Guessing does not help: of many tries none is taken.
func TestCookieGuessing(t *testing.T) {
	h, _ := flooded(t, Config{})
	h.cookie(7, 0, dissect.TCPOptions{})
	rng := rand.New(rand.NewPCG(1, 2))
	tuple := makeTuple(ap("192.168.69.1:80"), netip.AddrPortFrom(peerIP, 7))
	for range 200_000 {
		seg := tcp.Segment{Seq: 1001, Ack: tcp.Seq(rng.Uint32()), Flags: dissect.ACK}
		if _, ok := h.cookieOf(&tuple, &seg); ok {
			t.Fatal("a guess was right; the chance was 1 in 600")
		}
	}
}

// A SYN answered by a cookie costs no memory (RFC 4987 section 3.6).
func TestCookieDoesNotAllocate(t *testing.T) {
	h, l := flooded(t, Config{})
	seg := tcp.Segment{Flags: dissect.SYN}
	seg.Options.MSS, seg.Options.HasTimestamps, seg.Options.SACKPermitted = 1460, true, true
	h.dev.sendErr = errDevice // the test's device keeps what it sends
	port := uint16(1000)
	if n := testing.AllocsPerRun(1000, func() {
		port++
		h.sendCookie(l, &seg, ap("192.168.69.1:80"), netip.AddrPortFrom(peerIP, port), h.ifc)
	}); n != 0 {
		t.Errorf("%v allocations for each SYN", n)
	}
}

// RFC 4987 section 3.4: when the flood is over the port is back to its usual state in seconds.
func TestHalfOpenEviction(t *testing.T) {
	h, l := flooded(t, Config{})
	h.wait(8 * time.Second)
	h.dev.out = nil
	h.open(9) // an ordinary connection in the place of the one that never answered
	h.counted("TCPHalfOpenEvicted", 1)
	h.counted("TCPCookiesSent", 0)
	if l.half.n != 0 || l.Pending() != 1 || h.tcp.conns.len() != 1 {
		t.Errorf("%d half open, %d pending, %d connections", l.half.n, l.Pending(), h.tcp.conns.len())
	}
}
