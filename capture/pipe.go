package capture

import (
	"fmt"
	"net"
	"sync"
	"time"

	"smoltcp/dissect"
)

// pipeFrames is how many frames wait in each direction of a Pipe before Send finds it full.
const pipeFrames = 256

// Pipe gives two Ethernet devices in memory that are wired to each other: what one sends the other receives. mtu is the
// largest IP packet in bytes. When one end is closed, the other receives what is on its way and then ErrGone.
func Pipe(mtu int) (a, b Device) {
	ab, ba := &pipeQueue{}, &pipeQueue{}
	x := &pipeEnd{in: ba, out: ab, mtu: mtu, event: make(chan struct{}, 1)}
	y := &pipeEnd{in: ab, out: ba, mtu: mtu, event: make(chan struct{}, 1)}
	x.peer, y.peer = y, x
	return x, y
}

// pipeQueue is one direction of a Pipe.
type pipeQueue struct {
	mu     sync.Mutex
	ring   [pipeFrames][]byte
	head   int
	n      int
	free   [][]byte
	closed bool // by either end
}

type pipeEnd struct {
	in, out *pipeQueue
	peer    *pipeEnd
	mtu     int
	lent    []byte

	// event holds a token when Wait has a reason to look again.
	event chan struct{}

	mu     sync.Mutex
	woken  bool
	closed bool
}

// frameLimit is the longest frame: an Ethernet header with one VLAN tag, and an IP packet.
func (p *pipeEnd) frameLimit() int { return dissect.EthernetHeaderLen + 4 + p.mtu }

func (p *pipeEnd) Recv() ([]byte, error) {
	if p.isClosed() {
		return nil, net.ErrClosed
	}
	q := p.in
	q.mu.Lock()
	if p.lent != nil {
		q.free = append(q.free, p.lent)
		p.lent = nil
	}
	if q.n == 0 {
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return nil, fmt.Errorf("pipe: %w", ErrGone)
		}
		return nil, nil
	}
	p.lent = q.ring[q.head]
	q.head = (q.head + 1) % pipeFrames
	q.n--
	q.mu.Unlock()
	p.peer.signal()
	return p.lent, nil
}

func (p *pipeEnd) Send(pieces [][]byte) (bool, error) {
	if p.isClosed() {
		return false, net.ErrClosed
	}
	if n := size(pieces); n > p.frameLimit() {
		return false, fmt.Errorf("pipe: frame of %d bytes is longer than %d", n, p.frameLimit())
	}
	q := p.out
	q.mu.Lock()
	switch {
	case q.closed:
		q.mu.Unlock()
		return false, fmt.Errorf("pipe: %w", ErrGone)
	case q.n == pipeFrames:
		q.mu.Unlock()
		return false, nil
	}
	b := []byte{} // not nil, even for an empty frame
	if n := len(q.free); n > 0 {
		b, q.free = q.free[n-1][:0], q.free[:n-1]
	}
	for _, x := range pieces {
		b = append(b, x...)
	}
	q.ring[(q.head+q.n)%pipeFrames] = b
	q.n++
	q.mu.Unlock()
	p.peer.signal()
	return true, nil
}

func (p *pipeEnd) Wait(timeout time.Duration, write bool) error {
	var expired <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		expired = t.C
	}
	for {
		if ready, err := p.ready(write); ready || err != nil || timeout == 0 {
			return err
		}
		select {
		case <-p.event:
		case <-expired:
			return nil
		}
	}
}

// ready reports whether Wait may return.
func (p *pipeEnd) ready(write bool) (bool, error) {
	p.mu.Lock()
	woken, closed := p.woken, p.closed
	p.woken = false
	p.mu.Unlock()
	if closed {
		return true, net.ErrClosed
	}
	p.in.mu.Lock()
	readable, gone := p.in.n > 0, p.in.closed
	p.in.mu.Unlock()
	if gone && !readable {
		return true, fmt.Errorf("pipe: %w", ErrGone)
	}
	if woken || readable || !write {
		return woken || readable, nil
	}
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	return p.out.n < pipeFrames || p.out.closed, nil
}

func (p *pipeEnd) Wake() {
	p.mu.Lock()
	p.woken = true
	p.mu.Unlock()
	p.signal()
}

func (p *pipeEnd) Ethernet() bool { return true }
func (p *pipeEnd) MTU() int       { return p.mtu }

func (p *pipeEnd) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for _, q := range [...]*pipeQueue{p.in, p.out} {
		q.mu.Lock()
		q.closed = true
		q.mu.Unlock()
	}
	p.signal()
	p.peer.signal()
	return nil
}

func (p *pipeEnd) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

func (p *pipeEnd) signal() {
	select {
	case p.event <- struct{}{}:
	default:
	}
}
