package capture

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Whether the poller looks again and again, as after a frame, or sleeps at once: a frame, wake and the timeout end a wait, and
// a wake that comes between two waits ends the next.
func TestPollerWait(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[1])
	var p poller
	if err := p.init(pair[0], "lo"); err != nil {
		t.Fatal(err)
	}
	wait := func(busy bool, timeout time.Duration) (revents int16, took time.Duration) {
		t.Helper()
		p.busy = busy
		start := time.Now()
		revents, err := p.wait(timeout, false)
		if err != nil {
			t.Fatal(err)
		}
		return revents, time.Since(start)
	}
	for _, busy := range []bool{false, true} {
		for _, timeout := range []time.Duration{0, spin, 5 * time.Millisecond} {
			if revents, took := wait(busy, timeout); revents != 0 || took < timeout {
				t.Errorf("busy %v: %#x after %v, timeout %v", busy, revents, took, timeout)
			}
		}
		p.wake()
		if revents, _ := wait(busy, -1); revents != 0 {
			t.Errorf("busy %v: %#x after a wake", busy, revents)
		}
		time.AfterFunc(time.Millisecond, p.wake)
		if revents, _ := wait(busy, -1); revents != 0 {
			t.Errorf("busy %v: %#x at a wake", busy, revents)
		}
		if n, errno := (&poller{fd: pair[1]}).writeNow([][]byte{[]byte("fra"), nil, []byte("me")}); n != 5 || errno != 0 {
			t.Fatal(n, errno)
		}
		p.wake()
		if revents, _ := wait(busy, -1); revents != unix.POLLIN {
			t.Errorf("busy %v: %#x with a frame", busy, revents)
		}
		b := make([]byte, 10)
		if n, errno := readNow(pair[0], b); errno != 0 || string(b[:n]) != "frame" {
			t.Errorf("%q, %v", b[:max(n, 0)], errno)
		}
		if _, errno := readNow(pair[0], b); errno != unix.EAGAIN {
			t.Errorf("nothing to read: %v", errno)
		}
		if revents, _ := wait(busy, time.Second); revents != 0 {
			t.Errorf("busy %v: %#x behind the frame", busy, revents)
		}
	}
	if err := p.close(); err != nil {
		t.Error(err)
	}
	if _, err := p.wait(-1, false); err == nil {
		t.Error("waits though it is closed")
	}
}
