package sockets

import (
	"sync"
	"sync/atomic"
	"time"
)

// mailbox is between a Table, which asks, and whoever makes snapshots.
type mailbox struct {
	current atomic.Pointer[snapshot]
	asked   chan struct{} // holds one request
	stop    chan struct{}
	once    sync.Once
}

func newMailbox(first *snapshot) *mailbox {
	m := &mailbox{asked: make(chan struct{}, 1), stop: make(chan struct{})}
	m.current.Store(first)
	return m
}

// request asks for a snapshot that begins later than now. It does not wait.
func (m *mailbox) request() {
	select {
	case m.asked <- struct{}{}:
	default:
	}
}

func (m *mailbox) publish(s *snapshot) { close(m.current.Swap(s).superseded) }

func (m *mailbox) close() { m.once.Do(func() { close(m.stop) }) }

func (m *mailbox) closed() bool {
	select {
	case <-m.stop:
		return true
	default:
		return false
	}
}

// restFactor is how many times as long as a scan the rest after it is.
const restFactor = 9

// run publishes what scan gives whenever it is asked to, with rests, until m is closed or scan fails; then it calls end.
func (m *mailbox) run(scan func() (*snapshot, error), end func()) {
	defer end()
	defer m.close()
	for {
		select {
		case <-m.asked:
		case <-m.stop:
			return
		}
		start := time.Now()
		s, err := scan()
		if err != nil {
			return
		}
		m.publish(s)
		select {
		case <-time.After(restFactor * time.Since(start)):
		case <-m.stop:
			return
		}
	}
}
