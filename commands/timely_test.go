package commands

import (
	"errors"
	"testing"
	"time"

	"smoltcp/capture"
)

// slowFile is a savefile whose flushes can be seen, and fail when told to.
type slowFile struct {
	written int
	flushed chan int
	fail    error
}

func (f *slowFile) Write(*capture.Packet) error {
	f.written++
	return nil
}

func (f *slowFile) Flush() error {
	if f.fail == nil {
		f.flushed <- f.written
	}
	return f.fail
}

func (f *slowFile) Close() error { return nil }

// TestTimelyWriter: what is written is flushed after a while, without more packets, and once.
func TestTimelyWriter(t *testing.T) {
	f := &slowFile{flushed: make(chan int, 10)}
	w := newTimelyWriter(f, 10*time.Millisecond)
	for range 3 {
		if err := w.Write(&capture.Packet{}); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case n := <-f.flushed:
		if n != 3 {
			t.Errorf("flushed after %d packets", n)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("not flushed")
	}
	if _, err := w.AddInterface(capture.Interface{}); err != nil {
		t.Error(err)
	}
	if err := w.SetStats(0, capture.Stats{}); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.Flush(); err != nil || len(f.flushed) != 0 {
		t.Errorf("after Close: %v, %d flushes", err, len(f.flushed))
	}
}

// TestTimelyWriterFails: an error in the background is told by the following write, or else by Close, and once.
func TestTimelyWriterFails(t *testing.T) {
	full := errors.New("no room")
	for _, again := range []bool{true, false} {
		f := &slowFile{flushed: make(chan int, 10), fail: full}
		w := newTimelyWriter(f, time.Millisecond)
		if err := w.Write(&capture.Packet{}); err != nil {
			t.Fatal(err)
		}
		w.expire()
		if again {
			if err := w.Write(&capture.Packet{}); err != full {
				t.Errorf("Write: %v", err)
			}
		}
		want := full
		if again {
			want = nil
		}
		if err := w.Close(); err != want {
			t.Errorf("Close: %v, want %v", err, want)
		}
	}
}
