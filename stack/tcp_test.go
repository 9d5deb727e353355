package stack

import (
	"encoding/binary"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

func (h *bench) listen(local string, o TCPOptions) *TCPListener {
	h.t.Helper()
	l, err := h.ListenTCP(ap(local), o)
	if err != nil {
		h.t.Fatal(err)
	}
	return l
}

// lastTCP is the last segment that the stack sent.
func (h *bench) lastTCP() dissect.TCP {
	h.t.Helper()
	for i := len(h.dev.out) - 1; i >= 0; i-- {
		if ip := dissect.IPv4(h.dev.out[i][14:]); ip.CheckWhole() == nil && ip.Protocol() == dissect.ProtoTCP {
			return dissect.TCP(ip[:ip.TotalLen()].Payload())
		}
	}
	h.t.Fatal("no segment was sent")
	return nil
}

// open has the peer connect from port to port 80, up to the ACK of the SYN-ACK, and gives the next header to send.
func (h *bench) open(port uint16) dissect.TCPHeader {
	h.t.Helper()
	s := dissect.TCPHeader{SrcPort: port, DstPort: 80, Seq: 1000, Flags: dissect.SYN}
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	synAck := h.lastTCP()
	if !synAck.Flags().Has(dissect.SYN | dissect.ACK) {
		h.t.Fatalf("answer to SYN: %s", h.sent())
	}
	s.Flags, s.Seq, s.Ack = dissect.ACK, 1001, synAck.Seq()+1
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	h.dev.out = nil
	return s
}

func TestTCPAcceptAndClose(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	accepts := 0
	l.SetHandler(func() { accepts++ })
	h.poll()
	accepts = 0
	if _, err := l.Accept(); err != ErrWouldBlock {
		t.Errorf("accept: %v", err)
	}
	s := h.open(5000)
	if accepts != 1 || l.Pending() != 1 {
		t.Fatalf("handler called %d times, %d pending", accepts, l.Pending())
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if c.LocalAddr() != ap("192.168.69.1:80") || c.RemoteAddr() != ap("192.168.69.100:5000") || c.State() != tcp.Established {
		t.Errorf("%s %s %s", c.LocalAddr(), c.RemoteAddr(), c.State())
	}
	calls := 0
	c.SetHandler(func() { calls++ })
	h.poll()
	if calls != 1 {
		t.Errorf("a new handler was called %d times", calls)
	}
	s.Flags |= dissect.PSH
	h.rx(tcpFrame(dissect.IPv4Header{}, s, "hello"))
	var buf [10]byte
	if n, err := c.Read(buf[:]); err != nil || string(buf[:n]) != "hello" || calls != 2 {
		t.Errorf("read %q, %v, handler called %d times", buf[:n], err, calls)
	}
	if _, err := c.Read(buf[:]); err != ErrWouldBlock {
		t.Errorf("read: %v", err)
	}
	if n, err := c.Write([]byte("world")); n != 5 || err != nil {
		t.Errorf("write %d, %v", n, err)
	}
	if calls != 2 {
		t.Error("the handler was called by a call of the program's")
	}
	h.poll()
	h.expect("tcp 192.168.69.1>192.168.69.100 80>5000 PSH|ACK len 5")
	s.Seq, s.Ack, s.Flags = s.Seq+5, s.Ack+5, dissect.ACK|dissect.FIN
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	if _, err := c.Read(buf[:]); err != io.EOF || !c.EOF() || calls != 3 {
		t.Errorf("read %v, EOF %v, handler called %d times", err, c.EOF(), calls)
	}
	c.Close()
	h.poll()
	if _, err := c.Read(buf[:]); err != ErrClosed {
		t.Errorf("read after close: %v", err)
	}
	if last := h.lastTCP(); !last.Flags().Has(dissect.FIN) {
		t.Errorf("sent %s", h.sent())
	}
	s.Seq, s.Ack, s.Flags = s.Seq+1, s.Ack+1, dissect.ACK
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	if n := h.tcp.conns.len(); n != 0 || h.tcp.first != nil || h.NextPoll() != Never {
		t.Errorf("%d connections left, next poll %v", n, h.NextPoll())
	}
	if calls != 3 {
		t.Errorf("the handler was called after Close")
	}
}

// trap handshake.8: listening on what is no unicast address of ours fails.
func TestTCPListenErrors(t *testing.T) {
	h := newBench(t, Config{})
	h.listen("0.0.0.0:80", TCPOptions{})
	for _, c := range []struct {
		local string
		err   error
	}{
		{"0.0.0.0:80", ErrAddrInUse}, {"192.168.69.1:80", nil}, {"192.168.69.1:80", ErrAddrInUse}, {"127.0.0.1:80", nil},
		{"192.168.69.2:80", ErrNotOurs}, {"192.168.69.255:80", ErrNotOurs}, {"224.0.0.1:80", ErrNotOurs}, {"[::]:80", ErrAddrInUse},
	} {
		if _, err := h.ListenTCP(ap(c.local), TCPOptions{}); err != c.err {
			t.Errorf("%s: %v, want %v", c.local, err, c.err)
		}
	}
	l := h.listen("0.0.0.0:0", TCPOptions{})
	if l.Addr().Port() < 1024 {
		t.Errorf("ephemeral port %s", l.Addr())
	}
	l.Close()
	l.Close()
	if _, err := l.Accept(); err != ErrClosed {
		t.Errorf("accept after close: %v", err)
	}
	if _, err := h.ListenTCP(l.Addr(), TCPOptions{}); err != nil {
		t.Errorf("the port is not free again: %v", err)
	}
}

// trap handshake.6: connecting to broadcast, multicast, an unspecified address or port 0 fails at once (RFC 9293 3.9.1.1, MUST-46,
// X-094); handshake.7: so does connecting from an address that is not ours, or without a route.
func TestTCPDialErrors(t *testing.T) {
	h := newBench(t, Config{MaxConns: 2})
	for _, c := range []struct {
		to, local string
		err       error
	}{
		{"192.168.69.100:0", "", ErrInvalidAddr}, {"0.0.0.0:80", "", ErrInvalidAddr}, {"255.255.255.255:80", "", ErrInvalidAddr},
		{"192.168.69.255:80", "", ErrInvalidAddr}, {"224.0.0.1:80", "", ErrInvalidAddr}, {"[fd00::1]:80", "", ErrNoRoute},
		{"8.8.8.8:80", "", ErrNoRoute}, {"192.168.69.100:80", "192.168.69.9:0", ErrNotOurs}, {"192.168.69.100:80", "[::1]:0", ErrInvalidAddr},
		{"192.168.69.100:80", "192.168.69.1:1234", nil}, {"192.168.69.100:80", "0.0.0.0:1234", ErrAddrInUse},
		{"192.168.69.100:80", "", nil}, {"192.168.69.100:80", "", ErrTooMany},
	} {
		var o TCPOptions
		if c.local != "" {
			o.Local = ap(c.local)
		}
		if _, err := h.DialTCP(ap(c.to), o); err != c.err {
			t.Errorf("%s from %q: %v, want %v", c.to, c.local, err, c.err)
		}
	}
	h.poll()
	h.sent()
}

func TestTCPDialRefusedAndReset(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	c, err := h.DialTCP(ap("192.168.69.100:80"), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	c.SetHandler(func() { calls++ })
	h.poll()
	calls = 0
	syn := h.lastTCP()
	if syn.Flags() != dissect.SYN || syn.OptionValues().MSS != 1460 {
		t.Errorf("SYN: %s, %+v", syn.Flags(), syn.OptionValues())
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{
		SrcPort: 80, DstPort: c.LocalAddr().Port(), Ack: syn.Seq() + 1, Flags: dissect.RST | dissect.ACK}, ""))
	if c.State() != tcp.Closed || c.Err() != ErrRefused || calls != 1 {
		t.Errorf("%s %v, handler called %d times", c.State(), c.Err(), calls)
	}
	if h.tcp.conns.len() != 0 {
		t.Error("still in the table")
	}
	if _, err := c.Write([]byte("x")); err != ErrRefused {
		t.Errorf("write: %v", err)
	}
	c.Close()
}

// What was received before a reset can still be read.
func TestTCPUnreadAfterReset(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(5000)
	h.rx(tcpFrame(dissect.IPv4Header{}, s, "hello"))
	s.Seq, s.Flags = s.Seq+5, dissect.RST
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	if h.tcp.conns.len() != 0 {
		t.Error("still in the table")
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	var buf [10]byte
	if n, err := c.Read(buf[:]); string(buf[:n]) != "hello" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if _, err := c.Read(buf[:]); err != ErrReset {
		t.Errorf("read: %v", err)
	}
}

// A full backlog costs new clients a delay, no RST; a SYN that comes again makes no second connection.
func TestTCPBacklog(t *testing.T) {
	h := newBench(t, Config{NeighborReachable: time.Hour})
	h.knowPeer()
	l := h.listen("192.168.69.1:80", TCPOptions{Backlog: 2})
	syn := func(port uint16) {
		h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: port, DstPort: 80, Seq: 1000, Flags: dissect.SYN}, ""))
	}
	syn(1)
	syn(1)
	h.open(2)
	h.open(6)
	syn(3)
	h.counted("TCPBacklogFull", 1)
	if got := h.sent(); got != "" {
		t.Errorf("sent %s", got)
	}
	if h.tcp.conns.len() != 3 || l.half.n != 1 || l.Pending() != 2 {
		t.Errorf("%d connections, %d half open, %d pending", h.tcp.conns.len(), l.half.n, l.Pending())
	}
	if _, err := l.Accept(); err != nil {
		t.Error(err)
	}
	h.open(3)
	// A RST frees the half-open one.
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 1, DstPort: 80, Seq: 1001, Flags: dissect.RST}, ""))
	if l.half.n != 0 || h.tcp.conns.len() != 3 {
		t.Errorf("%d half open, %d connections", l.half.n, h.tcp.conns.len())
	}
	if _, err := l.Accept(); err != nil {
		t.Error(err)
	}
	// Half-open connections end by themselves, and closing the listener aborts those not accepted.
	syn(4)
	h.wait(3 * time.Minute)
	if l.half.n != 0 {
		t.Errorf("%d half open after minutes", l.half.n)
	}
	h.sent()
	h.knowPeer()
	syn(5)
	h.sent()
	l.Close()
	h.poll()
	if got := h.sent(); strings.Count(got, "RST") != 2 {
		t.Errorf("closing the listener sent %s", got)
	}
	if h.tcp.conns.len() != 2 { // the accepted ones
		t.Errorf("%d connections", h.tcp.conns.len())
	}
}

// Listeners: bound to the interface before not bound, to the address before the wildcard; what they do not take is
// silent.
func TestTCPListenerChoice(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	wild := h.listen("0.0.0.0:80", TCPOptions{})
	bound := h.listen("192.168.69.1:80", TCPOptions{})
	onIf := h.listen("0.0.0.0:80", TCPOptions{Interface: h.ifc})
	for port, l := range []*TCPListener{onIf, bound, wild} {
		h.open(uint16(port + 1))
		if l.Pending() != 1 {
			t.Errorf("listener %d has %d", port, l.Pending())
		}
		l.Close()
		h.poll()
		h.sent()
	}
	h.listen("0.0.0.0:80", TCPOptions{})
	for _, f := range []dissect.TCPFlags{0, dissect.FIN, dissect.FIN | dissect.PSH | dissect.URG, dissect.RST} {
		h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 1, DstPort: 80, Flags: f}, ""))
		if got := h.sent(); got != "" {
			t.Errorf("%s was answered: %s", f, got)
		}
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 1, DstPort: 80, Flags: dissect.ACK}, ""))
	h.expect("tcp 192.168.69.1>192.168.69.100 80>1 RST len 0")
}

// ICMP errors and connections: hard ones end only what is not open yet, and only with a number in flight (trap handshake.10,
// X-263); Source Quench does nothing (trap icmp.8, X-031).
func TestTCPICMPErrors(t *testing.T) {
	type result struct {
		state tcp.State
		err   error
		soft  error
	}
	for _, c := range []struct {
		name       string
		typ, code  byte
		seqOff     uint32
		open       result // while the SYN is unanswered
		data       result // with data in flight
		dataSeqOff uint32
	}{
		{"port unreachable", 3, 3, 0, result{tcp.Closed, ErrRefused, nil}, result{tcp.Established, nil, ErrRefused}, 0},
		{"protocol unreachable", 3, 2, 0, result{tcp.Closed, ErrProtoUnreach, nil}, result{tcp.Established, nil, ErrProtoUnreach}, 0},
		{"network prohibited", 3, 9, 0, result{tcp.Closed, ErrProhibited, nil}, result{tcp.Established, nil, ErrProhibited}, 0},
		{"host prohibited", 3, 10, 0, result{tcp.Closed, ErrProhibited, nil}, result{tcp.Established, nil, ErrProhibited}, 0},
		{"communication prohibited", 3, 13, 0, result{tcp.Closed, ErrProhibited, nil}, result{tcp.Established, nil, ErrProhibited}, 0},
		{"network not for this type of service", 3, 11, 0, result{tcp.SynSent, nil, ErrNetUnreachable}, result{tcp.Established, nil, ErrNetUnreachable}, 0},
		{"host unreachable", 3, 1, 0, result{tcp.SynSent, nil, ErrHostUnreachable}, result{tcp.Established, nil, ErrHostUnreachable}, 0},
		{"time exceeded", 11, 0, 0, result{tcp.SynSent, nil, ErrTimeExceeded}, result{tcp.Established, nil, ErrTimeExceeded}, 0},
		{"a number not in flight", 3, 3, 7, result{tcp.SynSent, nil, nil}, result{tcp.Established, nil, nil}, 7},
		{"source quench", 4, 0, 0, result{tcp.SynSent, nil, nil}, result{tcp.Established, nil, nil}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newBench(t, Config{})
			h.knowPeer()
			icmp := func(seg dissect.TCP, off uint32) []byte {
				quote := append(dissect.TCP{}, seg[:8]...)
				binary.BigEndian.PutUint32(quote[4:], seg.Seq()+off)
				return ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4Type(c.typ), c.code,
					ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: dissect.ProtoTCP}, quote)))
			}
			s, err := h.DialTCP(ap("192.168.69.100:80"), TCPOptions{})
			if err != nil {
				t.Fatal(err)
			}
			h.poll()
			h.rx(icmp(h.lastTCP(), c.seqOff))
			if got := (result{s.State(), s.Err(), s.SoftError()}); got != c.open {
				t.Errorf("opening: %v, want %v", got, c.open)
			}
			l := h.listen("0.0.0.0:80", TCPOptions{})
			h.open(5000)
			d, _ := l.Accept()
			_, _ = d.Write([]byte("data"))
			h.poll()
			h.rx(icmp(h.lastTCP(), c.dataSeqOff))
			if got := (result{d.State(), d.Err(), d.SoftError()}); got != c.data {
				t.Errorf("open: %v, want %v", got, c.data)
			}
		})
	}
}

// A connection to a neighbor that is not there fails when the neighbor does, and wakes the program.
func TestTCPNeighborFailure(t *testing.T) {
	h := newBench(t, Config{})
	c, _ := h.DialTCP(ap("192.168.69.100:80"), TCPOptions{})
	h.wait(5 * time.Second)
	if c.State() != tcp.Closed || c.Err() != ErrHostUnreachable {
		t.Errorf("%s %v", c.State(), c.Err())
	}
	if h.tcp.conns.len() != 0 {
		t.Error("still in the table")
	}
}

// A new SYN reopens a connection in TIME-WAIT (RFC 6191), with numbers behind the old ones.
func TestTCPTimeWait(t *testing.T) {
	h := newBench(t, Config{NeighborReachable: time.Hour})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	closeFirst := func(port uint16) dissect.TCPHeader {
		s := h.open(port)
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		h.poll()
		s.Ack, s.Flags = h.lastTCP().Seq()+1, dissect.ACK|dissect.FIN
		h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
		if c.State() != tcp.TimeWait {
			t.Fatalf("state %s", c.State())
		}
		h.dev.out = nil
		return s
	}
	s := closeFirst(5000)
	if h.tcp.waits.n != 1 {
		t.Errorf("%d in TIME-WAIT", h.tcp.waits.n)
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: s.Seq + 1<<20, Flags: dissect.SYN}, ""))
	synAck := h.lastTCP()
	if synAck.Flags() != dissect.SYN|dissect.ACK || !tcp.Seq(s.Ack).Less(tcp.Seq(synAck.Seq())) {
		t.Errorf("answer %s seq %d, after %d", synAck.Flags(), synAck.Seq(), s.Ack)
	}
	h.counted("TCPTimeWaitRecent", 1)
	if h.tcp.waits.n != 0 || h.tcp.conns.len() != 1 {
		t.Errorf("%d in TIME-WAIT, %d connections", h.tcp.waits.n, h.tcp.conns.len())
	}
	closeFirst(5001)
	h.wait(59 * time.Second)
	if h.tcp.waits.n != 1 {
		t.Errorf("TIME-WAIT ended early")
	}
	h.wait(2 * time.Second)
	if h.tcp.waits.n != 0 {
		t.Errorf("TIME-WAIT did not end")
	}
	// Their number is bounded; the oldest goes first.
	h.cfg.MaxTimeWait = 3
	h.sent()
	h.knowPeer()
	for port := range uint16(5) {
		closeFirst(6000 + port)
	}
	if h.tcp.waits.n != 3 || h.tcp.waits.oldest.remote.Port() != 6002 {
		t.Errorf("%d in TIME-WAIT, the oldest is %s", h.tcp.waits.n, h.tcp.waits.oldest.remote)
	}
}

// TTL, DSCP and the MSS of a small MTU, on immediate ACKs too.
func TestTCPHeaders(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{TTL: 9, DSCP: 46, Config: &tcp.Config{MSS: 1000}})
	check := func() {
		t.Helper()
		ip := dissect.IPv4(h.dev.out[len(h.dev.out)-1][14:])
		if ip.TTL() != 9 || ip.DSCP() != 46 {
			t.Errorf("ttl %d, dscp %d", ip.TTL(), ip.DSCP())
		}
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1000, Flags: dissect.SYN}, ""))
	check()
	if mss := h.lastTCP().OptionValues().MSS; mss != 1000 {
		t.Errorf("MSS %d", mss)
	}
	s := dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1001, Ack: h.lastTCP().Seq() + 1, Flags: dissect.ACK}
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	h.dev.out = nil
	s.Seq += 100
	h.rx(tcpFrame(dissect.IPv4Header{}, s, "out of order"))
	check()
}

// A link that is down does not keep connections from giving up.
func TestTCPTimeoutOnFullDevice(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{Config: &tcp.Config{UserTimeout: 30 * time.Second}})
	h.open(5000)
	c, _ := l.Accept()
	h.dev.room = 0
	_, _ = c.Write([]byte("x"))
	h.wait(40 * time.Second)
	if c.Err() != ErrTimeout {
		t.Errorf("after 40 s: %v %s", c.Err(), c.State())
	}
}

// Removing an address ends the connections that use it.
func TestTCPAddressRemoved(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	h.open(5000)
	c, _ := l.Accept()
	if !h.ifc.RemoveAddr(ourIP) || h.ifc.RemoveAddr(ourIP) {
		t.Error("RemoveAddr")
	}
	h.poll()
	if c.State() != tcp.Closed || c.Err() != ErrNotOurs {
		t.Errorf("%s %v", c.State(), c.Err())
	}
	h.dev.out = nil
	h.rx(echoFrame(dissect.IPv4Header{}, 4), arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP))
	h.expect()
}

// Two sockets of one stack talk over the loopback; closing the stack ends everything.
func TestTCPLoopback(t *testing.T) {
	h := newBench(t, Config{})
	l := h.listen("127.0.0.1:80", TCPOptions{})
	c, err := h.DialTCP(ap("127.0.0.1:80"), TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h.poll()
	d, err := l.Accept()
	if err != nil || c.State() != tcp.Established || c.LocalAddr().Addr() != loopback4 {
		t.Fatalf("%v, %s from %s", err, c.State(), c.LocalAddr())
	}
	_, _ = c.Write([]byte("hello"))
	h.poll()
	if a, b := d.Peek(); string(a)+string(b) != "hello" {
		t.Errorf("received %q%q", a, b)
	}
	d.Discard(5)
	if d.Readable() != 0 {
		t.Error("not discarded")
	}
	h.Close()
	h.poll()
	if h.tcp.conns.len() != 0 || len(h.tcp.listens) != 0 || len(h.udp.ports) != 0 {
		t.Error("something is left")
	}
	h.expect()
}

// Handlers may do anything to any socket.
func TestHandlerClosesOthers(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	var socks []*TCPSocket
	for port := range uint16(4) {
		h.open(5000 + port)
		c, _ := l.Accept()
		socks = append(socks, c)
	}
	calls := 0
	for _, c := range socks {
		c.SetHandler(func() {
			calls++
			l.Close()
			for _, o := range socks {
				o.Abort()
			}
			u, err := h.ListenUDP(ap("0.0.0.0:9"), UDPOptions{})
			if err == nil {
				u.SetHandler(func() { u.Close() })
			}
		})
	}
	h.poll()
	if calls != 1 || h.tcp.conns.len() != 0 || len(h.udp.ports) != 0 {
		t.Errorf("%d calls, %d connections, %d UDP ports", calls, h.tcp.conns.len(), len(h.udp.ports))
	}
}

// Events tell of states, neighbors and drops; they are typed and print.
func TestEvents(t *testing.T) {
	var got []string
	h := newBench(t, Config{Events: func(e Event) { got = append(got, e.String()) }})
	got = nil
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{})
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1000, Flags: dissect.SYN}, ""))
	h.rx(udpFrame(dissect.IPv4Header{}, 9, 10, "x"))
	all := strings.Join(got, "\n")
	for _, want := range []string{
		"eth0: neighbor 192.168.69.100 is at aa-00-00-00-00-64",
		"tcp 192.168.69.1:80-192.168.69.100:5000: state CLOSED => SYN-RECEIVED",
		"eth0: dropped: UDPNoSocket",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
}

// With the device filling in checksums, what leaves has the sum of the pseudo-header.
func TestChecksumOffload(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.ifc.skipTx = true
	h.listen("0.0.0.0:80", TCPOptions{})
	h.rx(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: 1000, Flags: dissect.SYN}, ""))
	seg := h.lastTCP()
	if want := dissect.PseudoHeaderSum(ourIP, peerIP, dissect.ProtoTCP, len(seg)).Fold(); seg.Checksum() != want {
		t.Errorf("checksum %#x, want %#x", seg.Checksum(), want)
	}
}

// A segment whose payload wraps around the ring at an odd place has the right checksum.
func TestTCPChecksumOfTwoPieces(t *testing.T) {
	h := newBench(t, Config{})
	data := bytesOf(99)
	for cut := range data {
		p := packet{path: path{ifc: h.ifc, src: ourIP}, dst: peerIP, payload: [2][]byte{data[:cut], data[cut:]}}
		seg := dissect.TCP((&dissect.TCPHeader{SrcPort: 1, DstPort: 2, Checksum: 0x1234}).Append(nil))
		p.transport = seg
		h.fillTCP(&p, seg)
		whole := append(append(dissect.TCP{}, seg...), data...)
		if !whole.ChecksumOK(dissect.PseudoHeaderSum(ourIP, peerIP, dissect.ProtoTCP, len(whole))) {
			t.Errorf("cut at %d: wrong", cut)
		}
	}
}

func TestStackIterators(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{})
	h.open(1)
	h.open(2)
	var got []netip.AddrPort
	for c := range h.TCPSockets() {
		got = append(got, c.RemoteAddr())
	}
	if len(got) != 2 || got[0].Port() != 1 || got[1].Port() != 2 {
		t.Errorf("connections %v", got)
	}
	for range h.TCPSockets() {
		break
	}
	if list := h.Interfaces(); len(list) != 2 || !list[0].Loopback() || list[1].Name() != "eth0" || list[1].MTU() != 1500 || list[1].HardwareAddr() != ourMAC {
		t.Errorf("interfaces %v", list)
	}
}

// The number of connections is bounded: one in TIME-WAIT makes room, else SYNs are dropped without an answer.
func TestTCPMaxConns(t *testing.T) {
	h := newBench(t, Config{MaxConns: 2})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(1)
	h.open(2)
	syn := tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 3, DstPort: 80, Seq: 1000, Flags: dissect.SYN}, "")
	h.rx(syn)
	h.expect()
	h.counted("TCPTooMany", 1)
	c, _ := l.Accept()
	c.Close()
	h.poll()
	s.Ack, s.Flags = h.lastTCP().Seq()+1, dissect.ACK|dissect.FIN
	h.rx(tcpFrame(dissect.IPv4Header{}, s, ""))
	h.dev.out = nil
	h.rx(syn)
	h.expect("tcp 192.168.69.1>192.168.69.100 80>3 SYN|ACK len 0")
	if _, err := h.ListenTCP(ap("0.0.0.0:81"), TCPOptions{Config: &tcp.Config{RcvBuf: 1<<30 + 1}}); err != tcp.ErrBufferSize {
		t.Errorf("a buffer beyond 1 GiB: %v", err)
	}
}

// Among many connections that have much to send, each gets its turn.
func TestTCPFairness(t *testing.T) {
	p := newPair(t, Config{TCP: tcp.Config{RcvBuf: 1 << 16, SndBuf: 1 << 16}})
	const n = 20
	l, _ := p.b.ListenTCP(ap("10.0.0.2:80"), TCPOptions{})
	received := map[uint16]int{}
	buf := bytesOf(4096)
	for range n {
		c, err := p.a.DialTCP(ap("10.0.0.2:80"), TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.SetHandler(func() {
			for {
				if _, err := c.Write(buf); err != nil {
					return
				}
			}
		})
	}
	l.SetHandler(func() {
		for {
			d, err := l.Accept()
			if err != nil {
				return
			}
			d.SetHandler(func() {
				a, b := d.Peek()
				received[d.RemoteAddr().Port()] += len(a) + len(b)
				d.Discard(len(a) + len(b))
			})
		}
	})
	for range 1500 {
		p.round()
	}
	least, most := 1<<62, 0
	for _, k := range received {
		least, most = min(least, k), max(most, k)
	}
	if len(received) != n || least*2 < most {
		t.Errorf("%d connections, between %d and %d bytes", len(received), least, most)
	}
}
