package commands

import (
	"sync"
	"time"

	"smoltcp/capture"
)

// timelyWriter is the savefile of dump and decode. What is written to it reaches the file, or who reads the pipe, within a
// while although no more packets come. It can be flushed from another goroutine.
type timelyWriter struct {
	mu    sync.Mutex
	w     capture.Writer
	err   error // of a flush in the background
	told  bool  // Write or Close has returned it
	while time.Duration
	timer *time.Timer
	armed bool
	ended bool
}

const (
	// timelyPipe is short enough for a person who looks at the other end of a pipe.
	timelyPipe = 100 * time.Millisecond
	// timelyFile bounds what a crash of the machine or a kill can cost.
	timelyFile = time.Second
)

func newTimelyWriter(w capture.Writer, while time.Duration) *timelyWriter {
	t := &timelyWriter{w: w, while: while}
	t.timer = time.AfterFunc(time.Hour, t.expire)
	t.timer.Stop()
	return t
}

func (t *timelyWriter) Write(p *capture.Packet) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		t.told = true
		return t.err
	}
	if !t.armed {
		t.armed = true
		t.timer.Reset(t.while)
	}
	return t.w.Write(p)
}

func (t *timelyWriter) expire() { _ = t.Flush() }

func (t *timelyWriter) Flush() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.armed = false
	if t.err == nil && !t.ended {
		t.err = t.w.Flush()
	}
	return t.err
}

// AddInterface describes another interface, if the file has a place for that.
func (t *timelyWriter) AddInterface(i capture.Interface) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ng, ok := t.w.(capture.InterfaceAdder); ok {
		return ng.AddInterface(i)
	}
	return 0, nil
}

// SetStats says what was counted on an interface, if the file has a place for that.
func (t *timelyWriter) SetStats(i int, s capture.Stats) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ng, ok := t.w.(capture.StatsWriter); ok {
		return ng.SetStats(i, s)
	}
	return nil
}

// SetSpan says when the capture on an interface began and ended, if the file has a place for that.
func (t *timelyWriter) SetSpan(i int, start, end int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if ng, ok := t.w.(capture.StatsWriter); ok {
		return ng.SetSpan(i, start, end)
	}
	return nil
}

func (t *timelyWriter) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer.Stop()
	t.ended = true
	err := t.w.Close()
	if t.err != nil && !t.told {
		return t.err
	}
	return err
}
