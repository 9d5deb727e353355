// Package host runs a stack on a device: an event loop that waits for frames and deadlines, and Go's own
// interfaces ([net.Conn], [net.Listener], [net.PacketConn]) over the stack's sockets.
//
//	goroutines ── Read, Write, Accept, Dial ──▶ ┌──────┐
//	                                           │ lock │ ─▶ stack.Stack ◀── Poll ── Run: the loop ◀── device
//	in-loop services ◀── handlers ──────────── └──────┘
//
// A stack is not safe for concurrent use, so one lock guards it. The loop holds it while it polls and lets go of it
// while it waits. A goroutine's call takes it for the moment of the socket call, never while it blocks, and wakes the
// loop if there is something to send. Programs that would rather run inside the loop, without goroutines of
// their own, use [Host.Do] and the stack's handlers.
//
// The package knows no device: what it asks of one is [Device]. Names are looked up by [Resolver], and answered for by [Responder].
package host

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/dhcp"
	"smoltcp/stack/dns"
	"smoltcp/stack/tcp"
)

// Device is a stack's device that can also be waited for.
type Device interface {
	stack.Device

	// Wait blocks until a frame can be received, or (with write) sent, or the timeout (negative: for ever) has
	// passed, or Wake was called. An error means that the device will never carry a frame again: it
	// ends the host.
	Wait(timeout time.Duration, write bool) error

	// Wake ends a Wait, the present one or else the next. It may be called from any goroutine, also after Close.
	Wake()

	Close() error
}

// Config says what host to run.
type Config struct {
	// Stack. Of its TCP buffers, those whose size it leaves open grow up to 4 MiB (tcp.Config.RcvBufMax, SndBufMax).
	Stack     stack.Config
	Interface stack.InterfaceConfig
	Routes    []stack.Route // a Route without an Interface leaves by the device's

	// DNS says how the host's Resolver behaves. Servers and Search are as if set by Host.SetNameServers; Rand is Stack.Rand if nil.
	DNS dns.Config

	// Information, if set, is called inside the loop with what DHCPv6 says, which is asked where routers say so (Interface.Autoconf,
	// RFC 8415 section 18.2.6). It must not call the host.
	Information func(dhcp.Event6)

	// Lost, if set, is called inside the loop with an interface of Attach whose device has ended, and why. It must not call the host.
	Lost func(*stack.Interface, error)
}

// Host is a stack on a device, and the lock around it.
type Host struct {
	dev   Device
	start time.Time
	tcp   tcp.Config // of connections that have none of their own

	mu    sync.Mutex
	stack *stack.Stack
	ifc   *stack.Interface

	attached []*attachment // devices besides dev, see attach.go
	waits    []*attachment // what attached was when the loop let go of the lock; the loop's
	full     bool          // and whether dev had no room
	lost     func(*stack.Interface, error)

	sleepUntil stack.Time // when the loop wakes by itself; 0 while it is not asleep
	open       map[waker]struct{}
	names      nameServers // see nameservers.go
	partings   []parter    // see Shutdown
	rand       io.Reader   // Config.Stack.Rand
	dns        dns.Config  // of resolvers
	resolver   *Resolver   // the host's own, nil until somebody asks for it
	resolvers  []*Resolver // all of them
	err        error       // why the host ended, nil while it lives
	running    bool
	done       chan struct{} // closed when Run has ended

	information func(dhcp.Event6) // Config.Information
}

// waker is a socket of this package: when the host ends, whoever waits for it has to be told.
type waker interface{ hostEnded() }

// New makes a host on dev, which it owns from then on. Nothing happens before Run.
func New(dev Device, cfg Config) (*Host, error) {
	grow(&cfg.Stack.TCP)
	if cfg.Stack.Epoch.IsZero() {
		cfg.Stack.Epoch = time.Now()
	}
	h := &Host{dev: dev, start: time.Now(), tcp: cfg.Stack.TCP, stack: stack.New(cfg.Stack), open: make(map[waker]struct{}), done: make(chan struct{})}
	var err error
	if h.ifc, err = h.stack.AddInterface(dev, cfg.Interface); err != nil {
		return nil, err
	}
	h.rand, h.information, h.lost = cfg.Stack.Rand, cfg.Information, cfg.Lost
	h.configureDNS(cfg.DNS, cfg.Stack.Rand)
	if cfg.Interface.Autoconf {
		h.startDHCP6(h.ifc)
	}
	for _, r := range cfg.Routes {
		if r.Interface == nil {
			r.Interface = h.ifc
		}
		if err := h.stack.AddRoute(r); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// maxBuffer is how far buffers grow that were left open.
const maxBuffer = 4 << 20

// grow lets the buffers of which g says nothing grow.
func grow(g *tcp.Config) {
	if g.RcvBuf == 0 && g.RcvBufMax == 0 {
		g.RcvBufMax = maxBuffer
	}
	if g.SndBuf == 0 && g.SndBufMax == 0 {
		g.SndBufMax = maxBuffer
	}
}

// now is the stack's time: monotonic, so that setting the wall clock does nothing. It starts at 1, because a
// stack that has not been polled yet is at 0.
func (h *Host) now() stack.Time { return stack.Time(time.Since(h.start)) + 1 }

// maxRounds bounds the polls for which the loop keeps the lock.
const maxRounds = 8

// Run is the host's life: it returns nil soon after ctx is done or Close was called, and otherwise the error of a device
// that is gone. When it returns, every connection has been reset, every socket fails with net.ErrClosed, and
// the device is closed. It is called once.
func (h *Host) Run(ctx context.Context) error {
	h.mu.Lock()
	if h.running || h.err != nil {
		defer h.mu.Unlock()
		if h.running {
			return errors.New("the host is running already")
		}
		return nil
	}
	h.running = true
	h.mu.Unlock()
	defer close(h.done)
	defer context.AfterFunc(ctx, func() { h.stop(net.ErrClosed) })()

	for {
		h.mu.Lock()
		now := h.now()
		for round := 0; h.err == nil && h.stack.Poll(now) && round < maxRounds; round++ {
			now = h.now()
		}
		if h.err != nil {
			err := h.end()
			h.mu.Unlock()
			return err
		}
		_ = h.dropDetached() // of what nobody wants any more
		next, stalled := h.stack.NextPoll(), h.anyStalled()
		if next > now {
			h.sleepUntil = next
		}
		h.mu.Unlock()
		if next <= now {
			continue
		}
		err := h.wait(until(now, next, stalled))
		h.mu.Lock()
		h.sleepUntil = 0
		if err != nil && h.err == nil {
			h.err = err
		}
		h.mu.Unlock()
	}
}

// stallRetry is how soon a full device is tried again that does not say when it has room.
const stallRetry = 10 * time.Millisecond

// until is how long the loop may wait.
func until(now, next stack.Time, stalled bool) time.Duration {
	switch {
	case stalled && (next == stack.Never || next.Sub(now) > stallRetry):
		return stallRetry
	case next == stack.Never:
		return -1
	}
	return next.Sub(now)
}

// end resets what is left and gives Run's result. The lock is held.
func (h *Host) end() error {
	h.stack.Close()
	for round := 0; h.stack.Poll(h.now()) && round < 1<<16; round++ {
		// The resets leave, some in each poll.
	}
	for k := range h.open {
		k.hostEnded()
	}
	clear(h.open)
	err := h.dev.Close()
	for _, a := range h.attached {
		if cerr := a.close(); err == nil {
			err = cerr
		}
	}
	h.attached = nil
	if !errors.Is(h.err, net.ErrClosed) {
		err = h.err
	}
	return err
}

// stop has Run end, for the reason err.
func (h *Host) stop(err error) {
	h.mu.Lock()
	if h.err == nil {
		h.err = err
	}
	h.mu.Unlock()
	h.dev.Wake()
}

// Close ends the host at once: connections are reset. It waits until Run has returned. See Shutdown for an end that peers
// will like better.
func (h *Host) Close() error {
	h.stop(net.ErrClosed)
	h.mu.Lock()
	if !h.running {
		defer h.mu.Unlock()
		return h.end() // Run will find the host ended
	}
	h.mu.Unlock()
	<-h.done
	return nil
}

// Shutdown closes every listener and connection in the polite way (FIN behind what is queued), waits until the peers have
// agreed or ctx is done, and then closes the host. Connections in TIME-WAIT are not waited for.
func (h *Host) Shutdown(ctx context.Context) error {
	h.Do(func(s *stack.Stack) { s.Shutdown() })
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for quiet := false; !quiet; {
		select {
		case <-ctx.Done():
			quiet = true
		case <-h.done:
			quiet = true
		case <-tick.C:
			h.Do(func(s *stack.Stack) { quiet = s.Quiet() })
		}
	}
	h.part()
	return h.Close()
}

// Do calls f with the stack, under the lock and at the present time: to open sockets with handlers, which then run inside the
// loop, to change addresses and routes, to read counters. f must not block, and must not call the host.
func (h *Host) Do(f func(s *stack.Stack)) {
	h.lock()
	defer h.unlock()
	f(h.stack)
}

// Interface is the device's interface in the stack. Its methods may be called inside Do only.
func (h *Host) Interface() *stack.Interface { return h.ifc }

// lock takes the stack for a socket call.
func (h *Host) lock() {
	h.mu.Lock()
	h.stack.Advance(h.now())
}

// unlock gives it back, and wakes the loop if the call has left something to do before the loop wakes by itself.
func (h *Host) unlock() {
	wake := h.sleepUntil != 0 && h.stack.NextPoll() < h.sleepUntil
	if wake {
		h.sleepUntil = 0
	}
	h.mu.Unlock()
	if wake {
		h.dev.Wake()
	}
}

// register makes k one of the sockets that are told of the host's end. The lock is held.
func (h *Host) register(k waker) error {
	if h.err != nil {
		return net.ErrClosed
	}
	h.open[k] = struct{}{}
	return nil
}

// errno gives the system's error number for an error of the stack, so that errors.Is(err, syscall.ECONNREFUSED) holds as it
// does with the kernel's sockets. ok is false for one that has none.
func errno(err error) (no syscall.Errno, ok bool) {
	for _, m := range [...]struct {
		err error
		no  syscall.Errno
	}{
		{stack.ErrRefused, syscall.ECONNREFUSED},
		{stack.ErrReset, syscall.ECONNRESET},
		{stack.ErrTimeout, syscall.ETIMEDOUT},
		{stack.ErrNoRoute, syscall.ENETUNREACH},
		{stack.ErrNetUnreachable, syscall.ENETUNREACH},
		{stack.ErrHostUnreachable, syscall.EHOSTUNREACH},
		{stack.ErrTimeExceeded, syscall.EHOSTUNREACH},
		{stack.ErrProtoUnreach, syscall.ENOPROTOOPT},
		{stack.ErrProhibited, syscall.EACCES},
		{stack.ErrMessageSize, syscall.EMSGSIZE},
		{stack.ErrInvalidAddr, syscall.EINVAL},
		{stack.ErrNotOurs, syscall.EADDRNOTAVAIL},
		{stack.ErrAddrInUse, syscall.EADDRINUSE},
		{stack.ErrNoPorts, syscall.EADDRNOTAVAIL},
		{stack.ErrNotConnected, syscall.EDESTADDRREQ},
		{stack.ErrIsConnected, syscall.EISCONN},
		{stack.ErrTooMany, syscall.ENFILE},
		{stack.ErrInterfaceGone, syscall.ENODEV},
		{stack.ErrBadGroup, syscall.EINVAL},
		{stack.ErrTooManyGroups, syscall.ENOBUFS},
		{stack.ErrParameter, syscall.EPROTO},
		{stack.ErrBadPacket, syscall.EINVAL},
		{stack.ErrBadOptions, syscall.EINVAL},
	} {
		if errors.Is(err, m.err) {
			return m.no, true
		}
	}
	return 0, false
}
