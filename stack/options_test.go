package stack

import (
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// RFC 9293 section 3.8.5, MUST-32, MUST-33: the program is told of urgent data, also before it has come, and how far it is.
func TestUrgentWakes(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	s := h.open(5000)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	c.SetHandler(func() { calls++ })
	h.poll()
	calls = 0
	s.Flags, s.Urgent = dissect.ACK|dissect.URG, 3
	h.rx(tcpFrame(dissect.IPv4Header{}, s, "")) // it is on its way
	if calls != 1 || c.Urgent() != 3 || c.Readable() != 0 {
		t.Errorf("%d calls, %d urgent, %d readable", calls, c.Urgent(), c.Readable())
	}
	h.rx(tcpFrame(dissect.IPv4Header{}, s, "abcde"))
	if calls != 2 || c.Urgent() != 3 || c.Readable() != 5 {
		t.Errorf("%d calls, %d urgent, %d readable", calls, c.Urgent(), c.Readable())
	}
	var buf [2]byte
	_, _ = c.Read(buf[:])
	if c.Urgent() != 1 {
		t.Errorf("%d urgent", c.Urgent())
	}
	c.Close()
	if c.Urgent() != 0 {
		t.Error("urgent data of a closed socket")
	}
}

// What WriteWith, SetCork and SetLinger do reaches the wire.
func TestTCPWriteOptions(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	l := h.listen("0.0.0.0:80", TCPOptions{})
	h.open(5000)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.SetNoDelay(true)
	if n, err := c.WriteWith([]byte("ab"), tcp.More); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	h.poll()
	h.expect("")
	if n, err := c.WriteWith([]byte("c"), tcp.Urgent); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	h.poll()
	if u := h.lastTCP().Urgent(); u != 3 {
		t.Errorf("urgent pointer %d", u)
	}
	h.expect("tcp 192.168.69.1>192.168.69.100 80>5000 PSH|ACK|URG len 3")
	h.at += Time(10 * time.Millisecond)
	c.SetCork(true)
	_, _ = c.Write([]byte("x"))
	h.poll()
	h.expect("")
	c.SetLinger(true, 0)
	c.Close()
	h.poll()
	h.expect("tcp 192.168.69.1>192.168.69.100 80>5000 RST|ACK len 0")
	if n, err := c.WriteWith([]byte("x"), 0); n != 0 || err != ErrClosed {
		t.Errorf("write after Close: %d, %v", n, err)
	}
	if n := h.tcp.conns.len(); n != 0 {
		t.Errorf("%d connections", n)
	}
}

// RFC 6069: a router's host-unreachable about the segment being repeated takes back one doubling of the timeout.
func TestDisruption(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.listen("0.0.0.0:80", TCPOptions{})
	c, _ := pathConn(h, 5000)
	h.wait(700 * time.Millisecond)
	before := c.Info().Backoff
	quote := ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: dissect.ProtoTCP}, h.lastTCP()[:8])
	h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4Unreachable, dissect.ICMPv4HostUnreachable, quote)))
	if got := c.Info().Backoff; before < 1 || got != before-1 {
		t.Errorf("back-off %d, was %d", got, before)
	}
	if err := c.SoftError(); err != ErrHostUnreachable {
		t.Errorf("soft error %v", err)
	}
}
