package capture

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Merged is a [Source] of what several live captures see, in the order of the packets' times: Packet.Interface is the position of
// the capture in the list that Merge was given.
//
// The kernel hands packets over in blocks, those of one interface later than those of another. A packet is therefore held back while
// another capture might still have an earlier one, but not for longer than a block takes: some 30 milliseconds, or 12 in immediate
// mode. Only packets that are later still come out of order.
//
// When one interface vanishes the capture goes on with the others. Next, Interfaces and SetReadDeadline are for one goroutine;
// Stop, Close and Stats may be called from any.
type Merged struct {
	// Lost, if set before the first Next, is told when one capture ends while others go on, and why.
	Lost func(err error)

	lives  []*Live
	ifaces []Interface
	heads  []mergeHead
	last   int // the capture whose packet was returned last, or -1

	window time.Duration // how much later than it was captured a packet may come out of the kernel

	arrived  chan arrival
	deadline time.Time
	patience *time.Timer

	lost error // how captures ended that were not asked to
	err  error

	stopped atomic.Bool // every capture hands over what it has, then ends
	closed  atomic.Bool
	close   sync.Once
	quit    chan struct{} // ends the goroutines
}

// mergeHead is the next packet of one capture, or what is known about it.
type mergeHead struct {
	state mergeState
	p     Packet
	since time.Time     // when the packet came here
	wake  chan struct{} // to the goroutine that waits for packets of this capture
}

type mergeState uint8

const (
	headNone    mergeState = iota // ask for it
	headWaiting                   // the goroutine does, and the capture is its own as long
	headReady
	headEnded
)

// arrival is what a waiting goroutine has found.
type arrival struct {
	from int
	p    Packet
	err  error
}

// Merge makes a Source of live captures of one interface each, none of which is AnyInterface, and takes them over.
func Merge(lives []*Live) *Merged {
	m := &Merged{
		lives:   lives,
		heads:   make([]mergeHead, len(lives)),
		last:    -1,
		arrived: make(chan arrival, len(lives)),
		quit:    make(chan struct{}),
	}
	for i, l := range lives {
		m.ifaces = append(m.ifaces, l.Interfaces()[0])
		m.heads[i].wake = make(chan struct{}, 1)
		m.window = max(m.window, l.latency())
		go m.attend(i)
	}
	m.patience = time.NewTimer(time.Hour)
	return m
}

// attend waits for packets of one capture whenever it is told to.
func (m *Merged) attend(i int) {
	for {
		select {
		case <-m.heads[i].wake:
		case <-m.quit:
			return
		}
		p, err := m.lives[i].Next()
		m.arrived <- arrival{i, p, err}
		if err != nil {
			return
		}
	}
}

// Next returns the next packet. When all captures have ended, it returns net.ErrClosed if that was asked for, or else how they
// ended. With a read deadline it may also return os.ErrDeadlineExceeded; Next can be called again then.
func (m *Merged) Next() (Packet, error) {
	if m.err != nil {
		return Packet{}, m.err
	}
	if m.last >= 0 {
		m.heads[m.last].state = headNone // its packet is lent no more
		m.last = -1
	}
	for {
		for len(m.arrived) > 0 {
			m.take(<-m.arrived)
		}
		if m.closed.Load() {
			m.err = net.ErrClosed
			for i := range m.heads {
				if s := m.heads[i].state; s == headNone || s == headReady {
					_, _ = m.lives[i].Next() // it lets go of the memory
				}
			}
			return Packet{}, m.err
		}
		first, waiting := m.first()
		var hold time.Duration
		switch {
		case first >= 0 && !waiting:
			return m.give(first)
		case first >= 0 && m.stopped.Load():
			// The others have a packet or their end to tell before long: nothing need come out of order.
		case first >= 0:
			if hold = m.hold(&m.heads[first]); hold <= 0 {
				return m.give(first)
			}
		case !waiting:
			if m.err = m.lost; m.err == nil {
				m.err = net.ErrClosed
			}
			return Packet{}, m.err
		}
		if err := m.await(hold); err != nil {
			return Packet{}, err
		}
	}
}

// first finds the earliest of the packets that are there, or -1. waiting is true if there may come an earlier one.
func (m *Merged) first() (first int, waiting bool) {
	first = -1
	for i := range m.heads {
		h := &m.heads[i]
		if h.state == headNone {
			if p, ok := m.lives[i].tryNext(); ok {
				h.p, h.state, h.since = p, headReady, time.Time{}
			} else {
				h.state = headWaiting
				h.wake <- struct{}{}
			}
		}
		switch h.state {
		case headWaiting:
			waiting = true
		case headReady:
			if first < 0 || h.p.Time < m.heads[first].p.Time {
				first = i
			}
		}
	}
	return first, waiting
}

// hold is how long a packet is to be held back.
func (m *Merged) hold(h *mergeHead) time.Duration {
	now := time.Now()
	if h.since.IsZero() {
		h.since = now
	}
	// The clock that packets are stamped with may be set; the other bound does not depend on it.
	return min(m.window-time.Duration(now.UnixNano()-h.p.Time), m.window-now.Sub(h.since))
}

// await waits until a packet arrives, for hold at most if that is not zero.
func (m *Merged) await(hold time.Duration) error {
	var expired <-chan time.Time
	timeout := hold
	if !m.deadline.IsZero() {
		left := time.Until(m.deadline)
		if hold == 0 || left < hold {
			timeout = max(left, 1)
		}
	}
	if timeout > 0 {
		m.patience.Reset(timeout)
		expired = m.patience.C
	}
	select {
	case a := <-m.arrived:
		m.take(a)
	case <-expired:
		if timeout != hold {
			return os.ErrDeadlineExceeded
		}
	}
	return nil
}

func (m *Merged) take(a arrival) {
	h := &m.heads[a.from]
	if a.err == nil {
		h.p, h.state, h.since = a.p, headReady, time.Time{}
		return
	}
	h.state = headEnded
	if !errors.Is(a.err, net.ErrClosed) {
		if m.lost == nil {
			m.lost = a.err
		} else {
			m.lost = fmt.Errorf("%w; %w", m.lost, a.err)
		}
		if m.Lost != nil && slices.ContainsFunc(m.heads, func(h mergeHead) bool { return h.state != headEnded }) {
			m.Lost(a.err)
		}
	}
}

func (m *Merged) give(i int) (Packet, error) {
	m.last = i
	p := m.heads[i].p
	p.Interface = i
	return p, nil
}

// Interfaces lists the interfaces in the order of their captures.
func (m *Merged) Interfaces() []Interface { return m.ifaces }

// InterfaceName gives the name of an interface by the kernel's number, or "".
func (m *Merged) InterfaceName(index int) string { return m.lives[0].InterfaceName(index) }

// SetReadDeadline sets the time at which Next returns os.ErrDeadlineExceeded rather than wait on; the zero time takes the deadline
// away.
func (m *Merged) SetReadDeadline(t time.Time) error {
	m.deadline = t
	return nil
}

// Stats adds up what the captures count.
func (m *Merged) Stats() (Stats, error) {
	var sum Stats
	for i := range m.lives {
		s, err := m.StatsOf(i)
		if err != nil {
			return sum, err
		}
		sum.Received += s.Received
		sum.Dropped += s.Dropped
		sum.Missed += s.Missed
	}
	return sum, nil
}

// StatsOf gives what one capture counts.
func (m *Merged) StatsOf(i int) (Stats, error) { return m.lives[i].Stats() }

// SpanOf tells when one capture began and when it ended, as [Live.Span] does.
func (m *Merged) SpanOf(i int) (start, end int64) { return m.lives[i].Span() }

// Stop ends the capture gently: Next returns what was received until now, then net.ErrClosed. Close is still to be called.
func (m *Merged) Stop() error {
	var first error
	for _, l := range m.lives {
		if err := l.Stop(); err != nil && first == nil {
			first = err
		}
	}
	m.stopped.Store(first == nil)
	return first
}

// Close ends the capture: a Next that is waiting returns at once.
func (m *Merged) Close() error {
	m.closed.Store(true)
	m.close.Do(func() { close(m.quit) })
	var first error
	for _, l := range m.lives {
		if err := l.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
