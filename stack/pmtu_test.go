package stack

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
)

// tooBigFrame is the error that a router sends about a packet of ours: from number seq on, total bytes long.
func tooBigFrame(mtu uint16, proto dissect.IPProto, total int, transport []byte, seq uint32) []byte {
	quote := append([]byte{}, transport[:8]...)
	if proto == dissect.ProtoTCP {
		binary.BigEndian.PutUint32(quote[4:], seq)
	}
	ip := ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: proto, TotalLen: total, DontFragment: true}, quote)
	m := dissect.ICMPv4(icmpMessage(dissect.ICMPv4Unreachable, dissect.ICMPv4FragNeeded, ip))
	binary.BigEndian.PutUint16(m[4:], 0)
	binary.BigEndian.PutUint16(m[6:], mtu)
	m.FillChecksum()
	return ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP, Src: netip.MustParseAddr("192.168.69.254")}, m)
}

// RFC 1191 section 5: an error without an MTU, and ones that make no sense.
func TestRefusedMTU(t *testing.T) {
	v4, v6 := peerIP, netip.MustParseAddr("2001:db8::1")
	for _, c := range []struct {
		mtu, n int
		dst    netip.Addr
		want   int
	}{
		{1400, 1500, v4, 1400}, {0, 1500, v4, 1492}, {0, 1492, v4, 1006}, {0, 9000, v4, 8166}, {0, 576, v4, 508}, {0, 68, v4, 0},
		{0, 40, v4, 0}, {67, 1500, v4, 0}, {68, 1500, v4, 68}, {1500, 1500, v4, 0}, {1501, 1500, v4, 0},
		{1400, 1500, v6, 1400}, {1280, 1500, v6, 1280}, {1279, 1500, v6, 0}, {0, 1500, v6, 0}, // RFC 8201 section 4
	} {
		if got := refusedMTU(c.mtu, c.n, c.dst); got != c.want {
			t.Errorf("MTU %d for %d bytes to %s: %d, want %d", c.mtu, c.n, c.dst, got, c.want)
		}
	}
}

// pathConn is an open connection with a full segment in flight.
func pathConn(h *bench, port uint16) (c *TCPSocket, seq uint32) {
	h.t.Helper()
	s := dissect.TCPHeader{SrcPort: port, DstPort: 80, Seq: 1000, Flags: dissect.SYN}
	s.Options.AddMSS(1460)
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	synAck := h.lastTCP()
	s.Flags, s.Seq, s.Ack, s.Options = dissect.ACK, 1001, synAck.Seq()+1, dissect.TCPOptions{}
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	h.dev.out = nil
	for k := range h.TCPSockets() {
		if k.RemoteAddr().Port() == port {
			c = k
		}
	}
	if n, err := c.Write(bytesOf(1460)); n != 1460 || err != nil {
		h.t.Fatal(n, err)
	}
	h.poll()
	h.expect(fmt.Sprintf("tcp 192.168.69.1>192.168.69.100 80>%d PSH|ACK len 1460", port))
	return c, s.Ack
}

// The path MTU of a destination is learnt by one connection and serves the others, for ten minutes (RFC 1191 sections 3.1,
// 6.3); segments carry DF.
func TestPathMTU(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{})
	a, seq := pathConn(h, 5000)
	b, _ := pathConn(h, 5001)
	seg := append([]byte{}, tcpSegment(ourIP, peerIP, dissect.TCPHeader{SrcPort: 80, DstPort: 5000}, "")...)
	h.rx(tooBigFrame(1400, dissect.ProtoTCP, 1500, seg, seq))
	h.counted("ICMPReceived", 1)
	h.expect("tcp 192.168.69.1>192.168.69.100 80>5000 ACK len 1360", "tcp 192.168.69.1>192.168.69.100 80>5000 PSH|ACK len 100")
	if a.Info().SndMSS != 1360 {
		t.Errorf("%+v", a.Info())
	}
	_, _ = b.Write([]byte("x")) // the other one learns when it has something to send
	h.poll()
	if b.Info().SndMSS != 1360 {
		t.Errorf("the other connection: %+v", b.Info())
	}
	h.dev.out = nil
	c := pathKey{peerIP, dissect.ProtoTCP}
	if e := h.paths.find(c); e == nil || e.mtu != 1400 || e.below {
		t.Errorf("%+v", e)
	}
	d, err := h.DialTCP(ap("192.168.69.100:9"), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h.poll()
	if m := h.lastTCP().OptionValues().MSS; m != 1460 {
		t.Errorf("SYN announces %d", m) // what we can receive is another matter
	}
	d.Abort()
	h.at += Time(10 * time.Minute)
	h.poll()
	if h.paths.find(c) != nil || len(h.paths.entries) != 0 {
		t.Error("it counts for longer than 10 minutes")
	}
}

// RFC 5927: errors that quote what is not in flight change nothing, take no memory and cause no segment, however many come.
func TestForgedTooBig(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{})
	c, seq := pathConn(h, 5000)
	seg := append([]byte{}, tcpSegment(ourIP, peerIP, dissect.TCPHeader{SrcPort: 80, DstPort: 5000}, "")...)
	frame := tooBigFrame(600, dissect.ProtoTCP, 1500, seg, seq-1)
	for i, f := range [][]byte{
		frame,
		tooBigFrame(600, dissect.ProtoTCP, 1500, seg, seq+1460),
		tooBigFrame(1500, dissect.ProtoTCP, 1500, seg, seq),
		tooBigFrame(40, dissect.ProtoTCP, 1500, seg, seq),
		tooBigFrame(600, dissect.ProtoTCP, 1500, append([]byte{0, 80, 0x13, 0x89}, seg[4:]...), seq), // no such connection
		tooBigFrame(600, dissect.ProtoUDP, 1500, seg, seq),
		tooBigFrame(600, dissect.ProtoGRE, 1500, seg, seq),
	} {
		h.rx(f)
		h.counted("ICMPUnmatched", uint64(i+1))
	}
	if c.Info().SndMSS != 1460 || len(h.paths.entries) != 0 || c.conn.PathMSS() != 0 {
		t.Errorf("%+v", c.Info())
	}
	h.expect("")
	allocs := func(f []byte) float64 {
		return testing.AllocsPerRun(200, func() {
			h.dev.in = append(h.dev.in[:0], f)
			h.Stack.Poll(h.at)
		})
	}
	quench := ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4SourceQuench, 0, seg))
	if n, idle := allocs(frame), allocs(quench); n > idle { // the test's wire copies each frame
		t.Errorf("%v allocations for each, %v for what is ignored", n, idle)
	}
	// Without DF it was fragmented, and not refused.
	quote := ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: dissect.ProtoTCP, TotalLen: 1500}, seg[:8])
	binary.BigEndian.PutUint32(quote[24:], seq)
	h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4Unreachable, dissect.ICMPv4FragNeeded, quote)))
	if c.Info().SndMSS != 1460 {
		t.Errorf("%+v", c.Info())
	}
}

// Behind a link with less than the smallest MTU that is believed, packets may be fragmented.
func TestPathBelowFloor(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{})
	c, seq := pathConn(h, 5000)
	df := func() bool {
		return dissect.IPv4(h.dev.out[len(h.dev.out)-1][14:]).DontFragment()
	}
	_, _ = c.Write([]byte("x"))
	seg := append([]byte{}, tcpSegment(ourIP, peerIP, dissect.TCPHeader{SrcPort: 80, DstPort: 5000}, "")...)
	h.rx(tooBigFrame(296, dissect.ProtoTCP, 1500, seg, seq))
	if i := c.Info(); i.SndMSS != 512 || df() {
		t.Errorf("%+v, DF %v", i, df())
	}
	h = newBench(t, Config{MinPathMTU: 68})
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{})
	c, seq = pathConn(h, 5000)
	h.rx(tooBigFrame(296, dissect.ProtoTCP, 1500, seg, seq))
	if i := c.Info(); i.SndMSS != 256 || !df() {
		t.Errorf("%+v, DF %v", i, df())
	}
}

// The table of paths is bounded, the one learnt longest ago goes first, and an older entry counts again when it is renewed.
func TestPathMTUsBounded(t *testing.T) {
	h := newBench(t, Config{PathMTUs: 3})
	key := func(i byte) pathKey { return pathKey{netip.AddrFrom4([4]byte{10, 0, 0, i}), dissect.ProtoTCP} }
	p := &h.paths
	for i := range byte(3) {
		p.learn(key(i), 1000+int(i), false)
		h.wait(time.Minute)
	}
	p.learn(key(0), 900, false)
	p.learn(key(3), 1003, false)
	for i, want := range []int{900, 0, 1002, 1003} {
		got := 0
		if e := p.find(key(byte(i))); e != nil {
			got = e.mtu
		}
		if got != want {
			t.Errorf("entry %d: %d, want %d", i, got, want)
		}
	}
	h.wait(9 * time.Minute)
	if len(p.entries) != 2 || p.oldest.key != key(0) || p.newest.key != key(3) {
		t.Errorf("%d entries after 9 minutes", len(p.entries))
	}
	h.wait(2 * time.Minute)
	if len(p.entries) != 0 || p.oldest != nil || p.newest != nil {
		t.Errorf("%d entries after 11 minutes", len(p.entries))
	}
}

// A UDP socket asks for DF and learns what the path takes (RFC 1191 section 6.1); what anybody can forge slows no
// connection down.
func TestUDPDontFragment(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	u, err := h.DialUDP(ap("192.168.69.100:9"), UDPOptions{DontFragment: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Write(bytesOf(1473)); err != ErrMessageSize {
		t.Errorf("more than the interface takes: %v", err)
	}
	if err := u.Write(bytesOf(1472)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	ip := dissect.IPv4(h.dev.out[len(h.dev.out)-1][14:])
	if !ip.DontFragment() || ip.ID() != 0 || u.PathMTU(peerIP) != 1500 {
		t.Errorf("DF %v ID %d, path MTU %d", ip.DontFragment(), ip.ID(), u.PathMTU(peerIP))
	}
	h.rx(tooBigFrame(1400, dissect.ProtoUDP, 1500, ip.Payload(), 0))
	if _, _, err := u.Recv(nil); err != ErrMessageSize || u.PathMTU(peerIP) != 1400 {
		t.Errorf("%v, path MTU %d", err, u.PathMTU(peerIP))
	}
	if err := u.Write(bytesOf(1373)); err != ErrMessageSize {
		t.Errorf("more than the path takes: %v", err)
	}
	if err := u.Write(bytesOf(1372)); err != nil {
		t.Error(err)
	}
	h.poll()
	h.dev.out = nil
	h.listen("0.0.0.0:80", TCPOptions{})
	if c, _ := pathConn(h, 5000); c.Info().SndMSS != 1460 {
		t.Errorf("%+v", c.Info())
	}
	if got := u.PathMTU(netip.MustParseAddr("10.9.9.9")); got != 0 {
		t.Errorf("path MTU without a route: %d", got)
	}
	// Who did not ask is not told.
	v, _ := h.DialUDP(ap("192.168.69.100:10"), UDPOptions{})
	_ = v.Write(bytesOf(1472))
	h.poll()
	ip = dissect.IPv4(h.dev.out[len(h.dev.out)-1][14:])
	h.rx(tooBigFrame(1000, dissect.ProtoUDP, 1500, ip.Payload(), 0))
	if _, _, err := v.Recv(nil); err != ErrWouldBlock || v.PathMTU(peerIP) != 1400 || ip.DontFragment() {
		t.Errorf("%v, path MTU %d, DF %v", err, v.PathMTU(peerIP), ip.DontFragment())
	}
}
