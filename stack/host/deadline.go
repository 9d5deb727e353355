package host

import (
	"os"
	"sync"
	"time"
)

// deadline is one of the two of a connection. The zero value is none.
type deadline struct {
	mu      sync.Mutex
	timer   *time.Timer
	expired chan struct{} // closed when the time has come
}

// set makes t the deadline; the zero Time takes it away. Whoever waits already is held to the new one.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() && d.expired != nil {
		<-d.expired // the timer has fired: let its function finish
	}
	d.timer = nil
	past := d.expired != nil && isClosed(d.expired)
	switch {
	case t.IsZero():
		if past {
			d.expired = nil
		}
		return
	case d.expired == nil || past:
		d.expired = make(chan struct{})
	}
	left := time.Until(t)
	if left <= 0 {
		close(d.expired)
		return
	}
	expired := d.expired
	d.timer = time.AfterFunc(left, func() { close(expired) })
}

// wait gives a channel that is closed once the deadline has passed. Waiters use it until changed is called.
func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.expired == nil {
		d.expired = make(chan struct{})
	}
	return d.expired
}

// err is os.ErrDeadlineExceeded once the deadline has passed.
func (d *deadline) err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.expired != nil && isClosed(d.expired) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
