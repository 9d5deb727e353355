package capture

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// poller waits for a descriptor or for a call of wake. It owns the descriptor: use guards it against close.
type poller struct {
	fd    int
	event int // eventfd that wake writes to
	link  linkWatch

	// use is held while fd is in use. Its owner is the goroutine of the host's loop, so close is all that it ever
	// keeps waiting, and not for long, since close wakes.
	use    sync.Mutex
	closed atomic.Bool
	fds    [3]unix.PollFd
	iov    [16]unix.Iovec
	busy   bool // a frame has come since the last wait

	wakes  sync.Mutex // guards event against close
	signal atomic.Bool
}

// init makes p wait for fd, which p owns from now on unless there is an error, and for news of the link of the interface name.
func (p *poller) init(fd int, name string) error {
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return err
	}
	p.fd, p.event = fd, event
	p.link.init(name)
	return nil
}

// wait blocks until something happens to fd (revents says what), wake was called, the timeout has passed (negative: for
// ever) or a signal came. p.use is held.
func (p *poller) wait(timeout time.Duration, write bool) (revents int16, err error) {
	if p.closed.Load() {
		return 0, net.ErrClosed
	}
	p.fds[0] = unix.PollFd{Fd: int32(p.fd), Events: unix.POLLIN}
	if write {
		p.fds[0].Events |= unix.POLLOUT
	}
	p.fds[1] = unix.PollFd{Fd: int32(p.event), Events: unix.POLLIN}
	p.fds[2] = unix.PollFd{Fd: int32(p.link.fd), Events: unix.POLLIN} // one that is negative is passed over
	if p.busy && (timeout < 0 || timeout > spin) && p.spin() {
		return p.fds[0].Revents, nil
	}
	p.busy = false
	var ts *unix.Timespec
	if timeout >= 0 {
		t := unix.NsecToTimespec(int64(timeout))
		ts = &t
	}
	if _, err := unix.Ppoll(p.fds[:], ts, nil); err != nil {
		if err == unix.EINTR {
			return 0, nil
		}
		return 0, err
	}
	if p.fds[1].Revents != 0 {
		// Empty the eventfd first: a wake after that may be lost with signal, but then its caller is served by this
		// return.
		var count [8]byte
		_, _ = unix.Read(p.event, count[:])
		p.signal.Store(false)
	}
	if p.fds[2].Revents != 0 {
		p.link.read()
	}
	if p.closed.Load() {
		return 0, net.ErrClosed
	}
	return p.fds[0].Revents, nil
}

// spin is how long the poller looks again and again before it sleeps, after a frame: about as long as it takes two processors to put a
// thread to sleep and wake it up.
const spin = 20 * time.Microsecond

// several is whether there is a processor for the others meanwhile.
var several = runtime.NumCPU() > 1

// spin looks for something to happen to fd for a while, and reports whether it did. Whoever else wants the processor gets it.
func (p *poller) spin() bool {
	if !several {
		return false
	}
	var now unix.Timespec
	for end := time.Now().Add(spin); ; {
		n, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p.fds[0])), 1, uintptr(unsafe.Pointer(&now)), 0, 0, 0)
		switch {
		case errno == 0 && n > 0:
			return true
		case errno != 0 && errno != unix.EINTR, p.signal.Load(), time.Now().After(end):
			return false
		}
		_, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0)
	}
}

// readNow and writeNow are read and writev for a descriptor that does not block. The scheduler does not hear of them, which would be ready to
// give the thread's place to another and take it back each time.
func readNow(fd int, b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

func (p *poller) writeNow(pieces [][]byte) (int, unix.Errno) {
	iov := p.iov[:0]
	for _, b := range pieces {
		v := unix.Iovec{Base: unsafe.SliceData(b)}
		v.SetLen(len(b))
		iov = append(iov, v)
	}
	n, _, errno := unix.RawSyscall(unix.SYS_WRITEV, uintptr(p.fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)))
	return int(n), errno
}

// wake ends the wait that is going on or else the next one.
func (p *poller) wake() {
	if p.signal.Swap(true) {
		return // on its way
	}
	p.wakes.Lock()
	defer p.wakes.Unlock()
	if p.event >= 0 {
		one := [8]byte{1, 1, 1, 1, 1, 1, 1, 1} // any number will do
		_, _ = unix.Write(p.event, one[:])
	}
}

// close ends the wait that is going on and closes the descriptors.
func (p *poller) close() error {
	if p.closed.Swap(true) {
		return nil
	}
	p.signal.Store(false)
	p.wake()
	p.use.Lock()
	defer p.use.Unlock()
	p.wakes.Lock()
	defer p.wakes.Unlock()
	_ = unix.Close(p.event)
	p.event = -1
	p.link.close()
	return unix.Close(p.fd)
}
