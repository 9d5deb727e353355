package stack

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/stack/tcp"
)

// What two stacks on a cable do in a second, both in this thread: half of it is what one end could do. docs/performance.md
// has the figures.

// BenchmarkSegments is bulk data in frames of 1500 bytes: the data segments a second, with the ACKs that they get.
func BenchmarkSegments(b *testing.B) {
	p := newPair(b, Config{TCP: tcp.Config{RcvBuf: 1 << 20, SndBuf: 1 << 20}})
	c, d := p.connect(b)
	buf := bytesOf(64 << 10)
	c.SetHandler(func() {
		for {
			if _, err := c.Write(buf); err != nil {
				return
			}
		}
	})
	d.SetHandler(func() {
		x, y := d.Peek()
		d.Discard(len(x) + len(y))
	})
	for range 1000 {
		p.round()
	}
	n := &p.b.counters.TCPReceived
	at := *n
	b.ReportAllocs()
	for b.Loop() {
		for *n == at {
			p.round()
		}
		at++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "segments/s")
}

// BenchmarkRoundTrip is one byte there and one back, each written when the other was read.
func BenchmarkRoundTrip(b *testing.B) {
	p := newPair(b, Config{})
	c, d := p.connect(b)
	trips := 0
	one := []byte{1}
	answer := func(s *TCPSocket, done *int) func() {
		var got [1]byte
		return func() {
			if n, _ := s.Read(got[:]); n == 1 {
				*done++
				_, _ = s.Write(one)
			}
		}
	}
	echoes := 0
	c.SetHandler(answer(c, &trips))
	d.SetHandler(answer(d, &echoes))
	_, _ = c.Write(one)
	b.ReportAllocs()
	for b.Loop() {
		for before := trips; trips == before; {
			p.round()
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trips/s")
}

// BenchmarkConnectExchangeClose is a connection for a question of one byte and an answer of one byte, closed both ways. TIME-WAIT
// lasts a second, in which 1000 more are opened.
func BenchmarkConnectExchangeClose(b *testing.B) {
	p := newPair(b, Config{TCP: tcp.Config{TimeWait: time.Second}})
	to := netip.MustParseAddrPort("10.0.0.2:80")
	l, err := p.b.ListenTCP(to, TCPOptions{})
	if err != nil {
		b.Fatal(err)
	}
	one := []byte{1}
	var got [1]byte
	l.SetHandler(func() {
		d, err := l.Accept()
		if err != nil {
			return
		}
		d.SetHandler(func() {
			if n, _ := d.Read(got[:]); n == 1 {
				_, _ = d.Write(one)
				d.Close()
			}
		})
	})
	b.ReportAllocs()
	for b.Loop() {
		c, err := p.a.DialTCP(to, TCPOptions{})
		if err != nil {
			b.Fatal(err)
		}
		answered := false
		c.SetHandler(func() {
			if n, _ := c.Read(got[:]); n == 1 {
				answered = true
			}
		})
		_, _ = c.Write(one)
		for n := 0; !answered || !c.EOF(); n++ {
			if n > 1000 {
				b.Fatalf("no answer: %s", c.State())
			}
			p.round()
		}
		c.Close()
		for range 3 {
			p.round()
		}
		p.now = p.now.Add(time.Millisecond)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "conns/s")
}

// BenchmarkCopy is the yardstick: what it takes to copy the text of one segment.
func BenchmarkCopy(b *testing.B) {
	from, to := bytesOf(1460), make([]byte, 1460)
	for b.Loop() {
		copy(to, from)
	}
}
