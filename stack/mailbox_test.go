package stack

import (
	"errors"
	"testing"
)

// mailSocket is a socket for whole messages that talks to itself over the loopback.
type mailSocket struct {
	kind interface {
		SetHandler(func())
		Dropped() uint64
		Readable() bool
		Writable(int) bool
		Close()
	}
	send func(p []byte) error
	recv func(p []byte) (int, error)
}

// mailSockets opens one of each kind, with room for three messages of 100 bytes either way.
func mailSockets(t *testing.T, s *Stack) map[string]mailSocket {
	to := ap("127.0.0.1:7")
	const room = 3 * 320
	u, err1 := s.ListenUDP(to, UDPOptions{RcvBuf: room, SndBuf: room})
	k, err2 := s.ListenRaw(to.Addr(), 200, RawOptions{RcvBuf: room, SndBuf: room})
	e, err3 := s.OpenEcho(EchoOptions{RcvBuf: room, SndBuf: room})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return map[string]mailSocket{
		"UDP":  {u, func(p []byte) error { return u.SendTo(p, to) }, func(p []byte) (int, error) { n, _, err := u.Recv(p); return n, err }},
		"raw":  {k, func(p []byte) error { return k.SendTo(p, to.Addr()) }, func(p []byte) (int, error) { n, _, err := k.Recv(p); return n, err }},
		"echo": {e, func(p []byte) error { return e.Send(to.Addr(), 1, p) }, func(p []byte) (int, error) { n, _, err := e.Recv(p); return n, err }},
	}
}

// Both queues are bounded, the handler runs when messages have moved, what does not fit is counted, and what is queued
// leaves after Close, too.
func TestMailbox(t *testing.T) {
	s := New(Config{})
	poll := func() {
		for now := s.now + 1; s.Poll(now); now++ {
		}
	}
	for name, k := range mailSockets(t, s) {
		p, woken := make([]byte, 200), 0
		k.kind.SetHandler(func() { woken++ })
		poll()
		for round := range 2 {
			for i := range 3 {
				if err := k.send(p[:100]); err != nil {
					t.Fatalf("%s: message %d: %v", name, i, err)
				}
			}
			if err := k.send(p[:100]); err != ErrWouldBlock || k.kind.Writable(100) {
				t.Errorf("%s: one more than fits: %v", name, err)
			}
			before := woken
			poll()
			if !k.kind.Writable(100) || !k.kind.Readable() || woken == before || k.kind.Dropped() != uint64(3*round) {
				t.Errorf("%s: writable %t, readable %t, woken %d times, %d dropped", name, k.kind.Writable(100), k.kind.Readable(), woken-before, k.kind.Dropped())
			}
		}
		for i := range 3 {
			if n, err := k.recv(p); err != nil || n < 100 {
				t.Errorf("%s: message %d: %d bytes, %v", name, i, n, err)
			}
		}
		if n, err := k.recv(p); err != ErrWouldBlock || k.kind.Readable() {
			t.Errorf("%s: one more: %d bytes, %v", name, n, err)
		}
		before, sent := woken, s.counters.UDPSent+s.counters.RawSent+s.counters.EchoRequests
		if err := k.send(p[:100]); err != nil {
			t.Error(name, err)
		}
		k.kind.Close()
		poll()
		if n := s.counters.UDPSent + s.counters.RawSent + s.counters.EchoRequests - sent; n != 1 || woken != before {
			t.Errorf("%s: %d left after Close, the handler ran %d times", name, n, woken-before)
		}
		if _, err := k.recv(p); err != ErrClosed {
			t.Errorf("%s: Recv after Close: %v", name, err)
		}
		if err := k.send(p); err != ErrClosed {
			t.Errorf("%s: Send after Close: %v", name, err)
		}
	}
}

// A message costs no allocation, whether it is received or finds no room.
func TestMailboxDoesNotAllocate(t *testing.T) {
	s := New(Config{})
	for name, k := range mailSockets(t, s) {
		p := make([]byte, 200)
		round := func() {
			for range 5 {
				_ = k.send(p[:100]) // three are queued
			}
			for now := s.now + 1; s.Poll(now); now++ {
			}
			_, _ = k.recv(p)
		}
		for range 10 {
			round()
		}
		if allocs := testing.AllocsPerRun(100, round); allocs != 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
		if k.kind.Dropped() == 0 {
			t.Errorf("%s: nothing was dropped", name)
		}
		k.kind.Close()
	}
}
