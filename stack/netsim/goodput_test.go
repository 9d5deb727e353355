package netsim_test

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// Goodput of one connection one way over a round trip of 100 ms without a rate limit, by buffer and loss: the
// simulation that Rust's smoltcp publishes figures for (with 32768 bytes: 322945, 266384 and 74126 B/s at 0, 1 and
// 10 %).
func TestGoodput(t *testing.T) {
	for _, c := range []struct {
		buf  int
		loss float64
		min  float64 // B/s: a floor, not a goal
	}{
		{8192, 0, 60e3}, {32768, 0, 260e3}, {32768, 0.01, 130e3}, {32768, 0.10, 15e3}, {1 << 20, 0, 5e6},
	} {
		sim := netsim.New(1)
		a, b := sim.Link(netsim.LinkConfig{Delay: 50 * time.Millisecond, Loss: c.loss})
		cfg := stack.Config{TCP: tcp.Config{RcvBuf: c.buf, SndBuf: c.buf}}
		from, to := host(t, sim, a, 1, cfg), host(t, sim, b, 2, cfg)
		const size = 10 << 20
		l, err := to.ListenTCP(netip.AddrPortFrom(addr(2), 9), stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		received := 0
		l.SetHandler(func() {
			s, err := l.Accept()
			if err != nil {
				return
			}
			s.SetHandler(func() {
				x, y := s.Peek()
				received += len(x) + len(y)
				s.Discard(len(x) + len(y))
			})
		})
		s, err := from.DialTCP(netip.AddrPortFrom(addr(2), 9), stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sent, chunk := 0, make([]byte, 4096)
		s.SetHandler(func() {
			for sent < size {
				n, err := s.Write(chunk[:min(len(chunk), size-sent)])
				sent += n
				if err != nil {
					return
				}
			}
		})
		if !sim.Until(func() bool { return received == size }, 24*time.Hour) {
			t.Fatalf("buffers of %d, loss %v: %d bytes of %d, %s %+v", c.buf, c.loss, received, size, s.State(), s.Info())
		}
		rate := size / time.Duration(sim.Now()).Seconds()
		t.Logf("buffers of %7d bytes, loss %4.0f %%: %9.0f B/s", c.buf, 100*c.loss, rate)
		if rate < c.min {
			t.Errorf("less than %.0f", c.min)
		}
	}
}
