package host

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// endpoint is what connections, listeners and packet sockets have in common: goroutines that wait for the stack.
type endpoint struct {
	host *Host
	once sync.Once
	gone chan struct{} // closed by Close, or by the end of the host

	// readable and writable hold a token after something happened that a reader or a writer may wait for.
	readable, writable chan struct{}
	rd, wr             deadline
}

func newEndpoint(h *Host) endpoint {
	return endpoint{host: h, gone: make(chan struct{}), readable: make(chan struct{}, 1), writable: make(chan struct{}, 1)}
}

// notify is the handler of the endpoint's socket. It runs in the loop.
func (e *endpoint) notify() {
	for _, c := range [...]chan struct{}{e.readable, e.writable} {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (e *endpoint) hostEnded() { e.shut() }

// shut ends the endpoint: whoever waits for it wakes, and its deadlines run no more. It reports whether that had not happened before.
func (e *endpoint) shut() (first bool) {
	e.once.Do(func() {
		first = true
		close(e.gone)
		e.rd.set(time.Time{})
		e.wr.set(time.Time{})
	})
	return first
}

// end closes the endpoint as shut does, its socket by f, and takes k, which is the endpoint's, off the host. It fails with net.ErrClosed if the endpoint was closed before.
func (e *endpoint) end(k waker, f func()) error {
	if !e.shut() {
		return net.ErrClosed
	}
	e.host.lock()
	defer e.host.unlock()
	f()
	delete(e.host.open, k)
	return nil
}

// closed reports whether the endpoint was closed.
func (e *endpoint) closed() bool { return isClosed(e.gone) }

// wait blocks until token has one, and fails when the deadline passes or the endpoint is closed before.
func (e *endpoint) wait(token chan struct{}, d *deadline) error {
	select {
	case <-token:
		return nil
	case <-e.gone:
		return net.ErrClosed
	case <-d.wait():
		return os.ErrDeadlineExceeded
	}
}

// retry calls f under the lock until it gives something else than ErrWouldBlock, waiting for token in between.
func (e *endpoint) retry(token chan struct{}, d *deadline, f func() error) error {
	for {
		if e.closed() {
			return net.ErrClosed
		}
		if err := d.err(); err != nil {
			return err
		}
		e.host.lock()
		err := f()
		e.host.unlock()
		if !errors.Is(err, stack.ErrWouldBlock) {
			return err
		}
		if err := e.wait(token, d); err != nil {
			return err
		}
	}
}

func (e *endpoint) SetDeadline(t time.Time) error {
	if err := e.SetReadDeadline(t); err != nil {
		return err
	}
	return e.SetWriteDeadline(t)
}

func (e *endpoint) SetReadDeadline(t time.Time) error {
	if e.closed() {
		return net.ErrClosed
	}
	e.rd.set(t)
	return nil
}

func (e *endpoint) SetWriteDeadline(t time.Time) error {
	if e.closed() {
		return net.ErrClosed
	}
	e.wr.set(t)
	return nil
}

// TCPConn is a connection: a net.Conn that can also be closed one way.
type TCPConn struct {
	endpoint
	sock          *stack.TCPSocket
	local, remote *net.TCPAddr
	reads, writes sync.Mutex // one goroutine at a time in Read, and one in Write
	noMoreReads   atomic.Bool
}

var _ net.Conn = (*TCPConn)(nil)

// newTCPConn wraps a socket of the stack. The lock is held.
func newTCPConn(h *Host, sock *stack.TCPSocket) (*TCPConn, error) {
	c := &TCPConn{endpoint: newEndpoint(h), sock: sock, local: net.TCPAddrFromAddrPort(sock.LocalAddr()), remote: net.TCPAddrFromAddrPort(sock.RemoteAddr())}
	if err := h.register(c); err != nil {
		sock.Abort()
		return nil, err
	}
	sock.SetNoDelay(true) // as Go's own connections are
	sock.SetHandler(c.notify)
	return c, nil
}

// Read reads what has been received, at least one byte. Errors: io.EOF after the peer's last byte; else a *net.OpError around
// os.ErrDeadlineExceeded, net.ErrClosed, syscall.ECONNRESET or syscall.ETIMEDOUT.
func (c *TCPConn) Read(p []byte) (n int, err error) {
	c.reads.Lock()
	defer c.reads.Unlock()
	err = c.retry(c.readable, &c.rd, func() (err error) {
		if c.noMoreReads.Load() {
			return io.EOF
		}
		if len(p) == 0 {
			return nil
		}
		n, err = c.sock.Read(p)
		return err
	})
	return n, c.opError("read", err)
}

// Write writes all of p, waiting for room as long as it takes. Errors as for Read, and syscall.EPIPE after CloseWrite.
func (c *TCPConn) Write(p []byte) (n int, err error) { return c.WriteWith(p, 0) }

// WriteWith is Write with flags: tcp.More if more follows at once, tcp.Urgent for urgent data.
func (c *TCPConn) WriteWith(p []byte, f tcp.WriteFlags) (n int, err error) {
	c.writes.Lock()
	defer c.writes.Unlock()
	for first := true; first || n < len(p); first = false {
		err = c.retry(c.writable, &c.wr, func() error {
			m, err := c.sock.WriteWith(p[n:], f)
			n += m
			return err
		})
		if err != nil {
			return n, c.opError("write", err)
		}
	}
	return n, nil
}

// Close gives the connection up: what was written is still delivered, in the background, and then the peer sees the end. A peer
// whose data was not all read is reset, as by the kernel.
func (c *TCPConn) Close() error {
	return c.opError("close", c.end(c, c.sock.Close))
}

// Abort ends the connection at once: the peer is reset.
func (c *TCPConn) Abort() error {
	return c.opError("close", c.end(c, c.sock.Abort))
}

// CloseWrite ends our direction of the stream; the peer's goes on.
func (c *TCPConn) CloseWrite() error {
	if c.closed() {
		return c.opError("close", net.ErrClosed)
	}
	c.host.lock()
	defer c.host.unlock()
	return c.opError("close", c.sock.CloseWrite())
}

// CloseRead has reads return io.EOF from now on. The peer is not told.
func (c *TCPConn) CloseRead() error {
	if c.closed() {
		return c.opError("close", net.ErrClosed)
	}
	c.noMoreReads.Store(true)
	c.notify()
	return nil
}

// SetNoDelay turns the Nagle algorithm off, which is the default, or on.
func (c *TCPConn) SetNoDelay(off bool) error {
	return c.set(func() { c.sock.SetNoDelay(off) })
}

// SetKeepAliveConfig sets keep-alive. Zero fields have the defaults of package tcp.
func (c *TCPConn) SetKeepAliveConfig(k tcp.KeepAlive) error {
	return c.set(func() { c.sock.SetKeepAlive(k) })
}

// SetKeepAlive turns keep-alive on, with the defaults of package tcp, or off; SetKeepAlivePeriod turns it on with d before
// the first probe and between probes.
func (c *TCPConn) SetKeepAlive(on bool) error {
	return c.SetKeepAliveConfig(tcp.KeepAlive{Enabled: on})
}

func (c *TCPConn) SetKeepAlivePeriod(d time.Duration) error {
	return c.SetKeepAliveConfig(tcp.KeepAlive{Enabled: true, Idle: d, Interval: d})
}

// SetLinger bounds what Close leaves behind, as net.TCPConn has it: the peer may take sec seconds to acknowledge what was
// written before it is reset; 0 resets it at once; negative, the default, leaves it to the user timeout. Close
// never waits.
func (c *TCPConn) SetLinger(sec int) error {
	return c.set(func() { c.sock.SetLinger(sec >= 0, time.Duration(max(sec, 0))*time.Second) })
}

// SetUserTimeout sets how long the peer may leave what was written unacknowledged before the connection ends; 0 is the
// default.
func (c *TCPConn) SetUserTimeout(d time.Duration) error {
	return c.set(func() { c.sock.SetUserTimeout(d) })
}

// SetCork holds back what does not fill a segment until it is turned off; for a second at most if nothing is in flight.
func (c *TCPConn) SetCork(on bool) error {
	return c.set(func() { c.sock.SetCork(on) })
}

// set changes an option of the socket.
func (c *TCPConn) set(f func()) error {
	if c.closed() {
		return c.opError("set", net.ErrClosed)
	}
	c.host.lock()
	defer c.host.unlock()
	f()
	return nil
}

// Urgent is how many of the bytes to be read are urgent data or lie before it (RFC 9293 section 3.8.5). It comes in line.
func (c *TCPConn) Urgent() int {
	c.host.lock()
	defer c.host.unlock()
	return c.sock.Urgent()
}

func (c *TCPConn) LocalAddr() net.Addr  { return c.local }
func (c *TCPConn) RemoteAddr() net.Addr { return c.remote }

// Info is a snapshot of the connection's variables.
func (c *TCPConn) Info() tcp.Info {
	c.host.lock()
	defer c.host.unlock()
	return c.sock.Info()
}

func (c *TCPConn) opError(op string, err error) error {
	if errors.Is(err, stack.ErrClosed) && c.closed() {
		err = net.ErrClosed
	}
	return opError(op, "tcp", c.local, c.remote, err)
}

// opError gives err the form that errors of Go's net package have.
func opError(op, network string, source, addr net.Addr, err error) error {
	switch {
	case err == nil, err == io.EOF:
		return err
	case errors.Is(err, stack.ErrClosed):
		// The endpoint is open, or net.ErrClosed would have come first: it was our direction that was closed.
		err = os.NewSyscallError(op, syscall.EPIPE)
	default:
		if no, ok := errno(err); ok {
			err = os.NewSyscallError(op, no)
		}
	}
	return &net.OpError{Op: op, Net: network, Source: source, Addr: addr, Err: err}
}

// TCPListener is a net.Listener.
type TCPListener struct {
	endpoint
	sock *stack.TCPListener
	addr *net.TCPAddr
}

var _ net.Listener = (*TCPListener)(nil)

// Accept waits for the next connection.
func (l *TCPListener) Accept() (net.Conn, error) {
	var c *TCPConn
	err := l.retry(l.readable, &l.rd, func() error {
		sock, err := l.sock.Accept()
		if err != nil {
			return err
		}
		if l.sock.Pending() > 0 {
			l.notify() // the token was for the first of them; others may be waiting in Accept too
		}
		c, err = newTCPConn(l.host, sock)
		return err
	})
	if err != nil {
		if errors.Is(err, stack.ErrClosed) {
			err = net.ErrClosed
		}
		return nil, opError("accept", "tcp", nil, l.addr, err)
	}
	return c, nil
}

// Close ends listening. Connections that were not accepted are reset.
func (l *TCPListener) Close() error {
	return opError("close", "tcp", nil, l.addr, l.end(l, l.sock.Close))
}

func (l *TCPListener) Addr() net.Addr { return l.addr }

// Listen opens a listener, as net.Listen does: network is tcp, tcp4 or tcp6, address "192.168.69.1:80" or "[fdaa::1]:80", ":80"
// for every address of the host, port 0 for a free one.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	return h.listen(network, address, stack.TCPOptions{})
}

func (h *Host) listen(network, address string, opt stack.TCPOptions) (net.Listener, error) {
	if !isNetwork(network, "tcp") {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	at, err := parseAddr(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	h.lock()
	defer h.unlock()
	opt.V6Only = network == "tcp6"
	sock, err := h.stack.ListenTCP(at, opt)
	if err != nil {
		return nil, opError("listen", network, nil, net.TCPAddrFromAddrPort(at), err)
	}
	l := &TCPListener{endpoint: newEndpoint(h), sock: sock, addr: net.TCPAddrFromAddrPort(sock.Addr())}
	if err := h.register(l); err != nil {
		sock.Close()
		return nil, opError("listen", network, nil, l.addr, err)
	}
	sock.SetHandler(l.notify)
	return l, nil
}

// Dial opens a connection, as net.Dialer.DialContext does, or a connected UDP socket: network is tcp or udp, or one of them with
// 4 or 6 behind it, address "192.168.69.100:80" or "[fe80::2%tap0]:80". Names are looked up by the Resolver of the host. It has the shape that http.Transport.DialContext wants.
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := Dialer{Host: h}
	return d.Dial(ctx, network, address)
}

// contextError gives the end of a context as net.Dialer does: a deadline is a timeout.
func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return err
}

// isNetwork reports whether network is protocol, over either IP version or one of them.
func isNetwork(network, protocol string) bool {
	return network == protocol || network == protocol+"4" || network == protocol+"6"
}

// parseAddr reads "host:port", in which a missing host is every address of ours of the network's IP versions.
func parseAddr(network, s string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return netip.AddrPort{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, &net.AddrError{Err: "port is not a number below 65536", Addr: s}
	}
	version := network[len(network)-1]
	a := netip.IPv6Unspecified()
	if version == '4' {
		a = netip.IPv4Unspecified()
	}
	if host != "" {
		if a, err = netip.ParseAddr(host); err != nil {
			return netip.AddrPort{}, &net.AddrError{Err: "host is not an IP address", Addr: s}
		}
	}
	if a = a.Unmap(); version == '4' && !a.Is4() || version == '6' && a.Is4() {
		return netip.AddrPort{}, &net.AddrError{Err: "address of another IP version than " + network, Addr: s}
	}
	return netip.AddrPortFrom(a, uint16(n)), nil
}
