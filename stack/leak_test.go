package stack

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/stack/tcp"
)

// Of connections and sockets that have ended, in whatever way, the stack keeps nothing: no timer, no table entry, no buffer.
func TestNothingKept(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.1:7")
	dial := func(t *testing.T, s *Stack) *TCPSocket {
		t.Helper()
		c, err := s.DialTCP(at, TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	listen := func(t *testing.T, s *Stack) *TCPListener {
		t.Helper()
		l, err := s.ListenTCP(at, TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s *Stack, settle func())
	}{
		{"refused", func(t *testing.T, s *Stack, settle func()) {
			c := dial(t, s)
			settle()
			c.Close()
		}},
		{"aborted before the SYN", func(t *testing.T, s *Stack, settle func()) { dial(t, s).Abort() }},
		{"closed before the answer", func(t *testing.T, s *Stack, settle func()) {
			defer listen(t, s).Close()
			dial(t, s).Close()
			settle()
		}},
		{"never accepted", func(t *testing.T, s *Stack, settle func()) {
			l, c := listen(t, s), dial(t, s)
			settle()
			c.Write(make([]byte, 5000))
			settle()
			l.Close()
			settle()
			c.Close()
		}},
		{"unread", func(t *testing.T, s *Stack, settle func()) {
			l, c := listen(t, s), dial(t, s)
			settle()
			d, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			c.SetKeepAlive(tcp.KeepAlive{Enabled: true})
			c.Write(make([]byte, 5000))
			d.Write(make([]byte, 5000))
			settle()
			c.Close()
			settle()
			d.Close()
			l.Close()
		}},
		{"orderly, into TIME-WAIT", func(t *testing.T, s *Stack, settle func()) {
			l, c := listen(t, s), dial(t, s)
			settle()
			d, _ := l.Accept()
			c.Close()
			settle()
			d.Close()
			l.Close()
		}},
		{"shutdown", func(t *testing.T, s *Stack, settle func()) {
			listen(t, s)
			dial(t, s)
			settle()
			s.Shutdown()
		}},
		{"udp and echo", func(t *testing.T, s *Stack, settle func()) {
			u, err := s.ListenUDP(at, UDPOptions{})
			if err != nil {
				t.Fatal(err)
			}
			v, err := s.DialUDP(at, UDPOptions{})
			if err != nil {
				t.Fatal(err)
			}
			e, err := s.OpenEcho(EchoOptions{})
			if err != nil {
				t.Fatal(err)
			}
			v.Write([]byte("x"))
			e.Send(at.Addr(), 1, []byte("x"))
			settle()
			v.Write([]byte("y"))
			u.Close()
			v.Close()
			e.Close()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(Config{})
			now := Time(1)
			settle := func() {
				for range 100 {
					s.Poll(now)
					now = now.Add(time.Millisecond)
				}
			}
			settle()
			timers := len(s.timers.heap)
			for range 3 {
				c.run(t, s, settle)
				settle()
			}
			for end := now.Add(10 * time.Minute); now < end; now = max(now.Add(time.Millisecond), min(end, s.NextPoll())) {
				s.Poll(now)
			}
			if s.tcp.first != nil || len(s.tcp.listens) != 0 || len(s.udp.ports) != 0 || len(s.echoes) != 0 || len(s.notify) != 0 || s.TCPMemory() != 0 || len(s.timers.heap) > timers {
				t.Errorf("left: connection %v, %d listeners, %d UDP ports, %d echo sockets, %d notices, %d bytes, %d timers beyond %d", s.tcp.first, len(s.tcp.listens), len(s.udp.ports), len(s.echoes),
					len(s.notify), s.TCPMemory(), len(s.timers.heap), timers)
			}
		})
	}
}
