package stack

import (
	"strings"
	"testing"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// When the buffers take all the memory there is, what came out of order is given up, on every connection by and by; those that
// have nothing else go on.
func TestOutOfOrderPrunedWhenMemoryIsFull(t *testing.T) {
	const n, limit = 300, 1 << 20
	d := newCrowd(t, n, tcp.Config{})
	d.tcp.memory.Limit = limit
	text := strings.Repeat("x", 1460)
	ahead := func(i int, by uint32) {
		p := &d.peers[i]
		p.seq += by
		d.receive(d.frame(nil, i, dissect.ACK, text))
		p.seq -= by
	}
	kept := func() (conns int) {
		for _, c := range d.socks {
			if c.Info().OutOfOrder > 0 {
				conns++
			}
		}
		return conns
	}
	for i := range n {
		ahead(i, 100)
	}
	if got := kept(); got != n || d.TCPMemory() != n*2048 {
		t.Fatalf("%d connections keep something out of order, in %d bytes", got, d.TCPMemory())
	}
	// The programs of a few do not read what comes in order.
	for i := 0; !d.tcp.memory.Full(); i++ {
		if i == n*20 {
			t.Fatalf("%d bytes, not full", d.TCPMemory())
		}
		k := i / 20
		d.receive(d.frame(nil, k, dissect.ACK, text))
		d.peers[k].seq += 1460
	}
	for range 3 {
		d.receive()
	}
	if d.tcp.memory.Full() && kept() > 0 || kept() > n/2 {
		t.Errorf("%d connections keep something out of order, in %d bytes", kept(), d.TCPMemory())
	}
	if most := limit + n*2*2048; d.TCPMemory() > most {
		t.Errorf("%d bytes", d.TCPMemory())
	}
	if drops := d.counters.TCPDrops.Dropped[tcp.NoMemory]; drops < n/2 {
		t.Errorf("%d drops counted", drops)
	}
	// It comes again, and arrives.
	last := n - 1
	d.receive(d.frame(nil, last, dissect.ACK, text))
	if got := d.socks[last].Readable(); got < 1460 {
		t.Errorf("%d bytes to be read", got)
	}
	for _, c := range d.socks {
		c.Abort()
	}
	d.receive()
	if d.TCPMemory() != 0 || d.tcp.pruned != nil && d.tcp.pruned.gone {
		t.Errorf("%d bytes in use when all is over", d.TCPMemory())
	}
}
