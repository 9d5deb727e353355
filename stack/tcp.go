package stack

import (
	"iter"
	"net/netip"
	"slices"
	"time"

	"smoltcp/stack/tcp"
)

// TCPOptions say how to open a connection or a listener. The zero value is usual.
type TCPOptions struct {
	// Config is the connections' configuration, Config.TCP if nil. It must not be changed while connections use
	// it. Its MSS is lowered to what the interface carries; Events, if set, is called too.
	Config *tcp.Config

	// Local is the address and port of our end for DialTCP; a zero part is chosen.
	Local netip.AddrPort

	// Interface, if not nil, is the only one that the socket uses.
	Interface *Interface

	Backlog int   // ListenTCP: as Config.Backlog, which it is if zero
	TTL     uint8 // of every packet; Config.TTL if zero
	DSCP    uint8 // of every packet
}

// check reports whether buffers of the sizes wanted can be had.
func (o *TCPOptions) check() error {
	if o.Config == nil {
		return nil
	}
	return o.Config.Check()
}

// TCPListener accepts connections.
type TCPListener struct {
	socket
	local     netip.AddrPort
	opt       TCPOptions
	configs   []*tcp.Config    // opt.Config for each MSS that was needed
	half      chain            // connections in SYN-RECEIVED
	accepted  fifo[*TCPSocket] // established, waiting for Accept
	closed    bool
	wildcards bool // local has no address

	cookiesUntil uint64 // the tick from which on no cookie is left to come back; 0 if none was sent
}

// TCPSocket is one connection.
type TCPSocket struct {
	socket
	conn          tcp.Conn
	timer         timer
	local, remote netip.AddrPort
	path          path
	pathGen       uint32
	pathsGen      uint32 // of the path MTUs that the connection was told
	neighbor      *neighbor
	on            *Interface   // the only interface to use, or nil
	listener      *TCPListener // whose backlog counts it, until Accept
	prev, next    *TCPSocket   // the list of all connections
	older, newer  *TCPSocket   // the chain of those half open, or in TIME-WAIT without a program

	ttl, dscp   uint8
	pathMSS     uint16 // as the connection sees it, see sharePath
	mayFragment bool   // the path takes less than any packet of ours
	unanswered  uint8  // segments with data since the last one sent, up to 2
	queued      bool   // in the ready ring of an interface
	half        bool   // in SYN-RECEIVED, counted by its listener
	early       bool   // given to the program in SYN-RECEIVED, by Fast Open
	asked       bool   // its SYN has a Fast Open option
	gone        bool   // no longer in the tables
	closed      bool   // by the program
	waiting     bool   // in the TIME-WAIT list
	failed      error  // why the stack ended it, if it did

	// What the handler was last told.
	seen struct {
		readable, writable int
		state              tcp.State
		eof, urgent        bool
	}
}

// DialTCP opens a connection to remote and returns at once, in SYN-SENT. With tcp.Config.FastOpen, what is written before
// the following Poll may go with the SYN (RFC 7413). The handler is called when it is
// established, State being tcp.Established, or has failed, Err saying why. Errors: ErrInvalidAddr, ErrNotOurs,
// ErrNoRoute, ErrAddrInUse, ErrNoPorts, ErrTooMany, tcp.ErrBufferSize.
func (s *Stack) DialTCP(remote netip.AddrPort, opt TCPOptions) (*TCPSocket, error) {
	remote, opt.Local = unmap(remote), unmap(opt.Local)
	if remote.Port() == 0 || !s.isUnicast(remote.Addr()) {
		return nil, ErrInvalidAddr
	}
	src := opt.Local.Addr()
	if src.IsValid() && src.IsUnspecified() {
		src = netip.Addr{}
	}
	if src.IsValid() && src.Is4() != remote.Addr().Is4() {
		return nil, ErrInvalidAddr
	}
	p, err := s.route(remote.Addr(), src, opt.Interface)
	if err != nil {
		return nil, err
	}
	if err := opt.check(); err != nil {
		return nil, err
	}
	if !s.tcp.room() {
		return nil, ErrTooMany
	}
	local := netip.AddrPortFrom(p.src, opt.Local.Port())
	if local.Port() == 0 {
		at := func(port uint16) *TCPSocket { return s.tcp.conns[makeTuple(netip.AddrPortFrom(p.src, port), remote)] }
		port, ok := s.random.port(func(port uint16) bool { return at(port) == nil && s.tcp.listens[port] == nil })
		if !ok {
			port, ok = s.random.port(func(port uint16) bool { return at(port).reopenable() && s.tcp.listens[port] == nil })
		}
		if !ok {
			return nil, ErrNoPorts
		}
		local = netip.AddrPortFrom(p.src, port)
	}
	old := s.tcp.conns[makeTuple(local, remote)]
	if old != nil && !old.reopenable() {
		return nil, ErrAddrInUse
	}
	iss := tcp.Seq(s.random.iss(s.now, local, remote))
	if old != nil {
		iss = s.tcp.replace(old, iss)
	}
	c := s.newTCP(local, remote, p, &opt)
	c.on = opt.Interface
	s.counters.TCPConnects++
	s.tcp.active = c
	cfg := s.tcpConfig(p.ifc, opt.Config, nil)
	c.conn.Connect(s.now, cfg, iss, s.random.tsOffset(local, remote))
	if cfg.FastOpen {
		s.fastOpenDial(c)
	}
	c.touched()
	return c, nil
}

// ListenTCP opens a listener on local: an address of ours, or the unspecified address for all of them. Port 0 has
// a free one chosen. Errors: ErrInvalidAddr, ErrNotOurs, ErrAddrInUse, ErrNoPorts, tcp.ErrBufferSize.
func (s *Stack) ListenTCP(local netip.AddrPort, opt TCPOptions) (*TCPListener, error) {
	local = unmap(local)
	if !local.Addr().IsValid() {
		local = netip.AddrPortFrom(any4, local.Port())
	}
	a := local.Addr()
	if !a.Is4() {
		return nil, ErrInvalidAddr
	}
	if !a.IsUnspecified() && !a.IsLoopback() && s.local(a) == nil {
		return nil, ErrNotOurs
	}
	if err := opt.check(); err != nil {
		return nil, err
	}
	l := &TCPListener{opt: opt, wildcards: a.IsUnspecified()}
	l.stack = s
	def(&l.opt.Backlog, s.cfg.Backlog)
	if local.Port() == 0 {
		port, ok := s.random.port(func(port uint16) bool { return s.tcp.listens[port] == nil })
		if !ok {
			return nil, ErrNoPorts
		}
		local = netip.AddrPortFrom(a, port)
	}
	for _, o := range s.tcp.listens[local.Port()] {
		if o.local == local && o.opt.Interface == opt.Interface {
			return nil, ErrAddrInUse
		}
	}
	l.local = local
	s.tcp.listens[local.Port()] = append(s.tcp.listens[local.Port()], l)
	return l, nil
}

// TCPSockets gives every connection, those without a program (TIME-WAIT and the like) included, oldest first.
// Connections must not be opened or closed meanwhile.
func (s *Stack) TCPSockets() iter.Seq[*TCPSocket] {
	return func(yield func(*TCPSocket) bool) {
		for c := s.tcp.first; c != nil; c = c.next {
			if !yield(c) {
				return
			}
		}
	}
}

// Addr is where the listener listens.
func (l *TCPListener) Addr() netip.AddrPort { return l.local }

// Accept gives the oldest connection that is established. Errors: ErrWouldBlock if there is none, ErrClosed.
func (l *TCPListener) Accept() (*TCPSocket, error) {
	if l.closed {
		return nil, ErrClosed
	}
	if l.accepted.len() == 0 {
		return nil, ErrWouldBlock
	}
	c := l.accepted.pop()
	c.listener = nil
	return c, nil
}

// Pending is how many connections wait for Accept.
func (l *TCPListener) Pending() int { return l.accepted.len() }

// Close ends listening. Connections that were not accepted are aborted.
func (l *TCPListener) Close() {
	if l.closed {
		return
	}
	l.closed = true
	l.handler = nil
	t := &l.stack.tcp
	if list := slices.DeleteFunc(t.listens[l.local.Port()], func(o *TCPListener) bool { return o == l }); len(list) > 0 {
		t.listens[l.local.Port()] = list
	} else {
		delete(t.listens, l.local.Port())
	}
	if l.half.n > 0 || l.accepted.len() > 0 {
		for c := t.first; c != nil; {
			next := c.next
			if c.listener == l {
				c.Abort()
			}
			c = next
		}
	}
	l.accepted = fifo[*TCPSocket]{}
}

// LocalAddr and RemoteAddr are the two ends of the connection.
func (c *TCPSocket) LocalAddr() netip.AddrPort  { return c.local }
func (c *TCPSocket) RemoteAddr() netip.AddrPort { return c.remote }

// State is the connection's state. A socket stays usable in tcp.Closed: what was received can still be read.
func (c *TCPSocket) State() tcp.State { return c.conn.State() }

// Info is a snapshot of the connection's variables.
func (c *TCPSocket) Info() tcp.Info { return c.conn.Info() }

// Err is why the connection ended: nil while it lives and after an orderly end, ErrReset, ErrRefused, ErrTimeout,
// ErrClosed, or ErrNotOurs when the address was taken away.
func (c *TCPSocket) Err() error {
	if c.failed != nil {
		return c.failed
	}
	return c.conn.Err()
}

// SoftError gives the last error that does not end the connection, such as ErrHostUnreachable from a router, and
// forgets it (RFC 9293 section 3.9.1.8).
func (c *TCPSocket) SoftError() error { return c.conn.SoftErr() }

// Readable is how many bytes Read would give, Writable how many Write would take.
func (c *TCPSocket) Readable() int { return c.conn.Readable() }
func (c *TCPSocket) Writable() int { return c.conn.Writable() }

// EOF reports whether the peer has finished and everything was read.
func (c *TCPSocket) EOF() bool { return c.conn.EOF() }

// Read takes received bytes. Errors: ErrWouldBlock, io.EOF after the peer's last byte, else why the connection ended.
func (c *TCPSocket) Read(p []byte) (int, error) {
	if c.closed {
		return 0, ErrClosed
	}
	c.activate()
	n, err := c.conn.Read(c.stack.now, p)
	c.touched()
	return n, err
}

// Peek gives received bytes without taking or copying them: two consecutive pieces of the receive ring, lent until
// the following call on the socket or the following Poll. Discard takes them.
func (c *TCPSocket) Peek() (a, b []byte) {
	if c.closed {
		return nil, nil
	}
	return c.conn.Peek()
}

// Discard takes n of the bytes that Peek showed.
func (c *TCPSocket) Discard(n int) {
	if c.closed {
		return
	}
	c.activate()
	c.conn.Discard(c.stack.now, n)
	c.touched()
}

// Write queues as many bytes as there is room for and says how many those were. Errors: ErrWouldBlock when there
// is no room at all, ErrClosed after CloseWrite or Close, else why the connection ended.
func (c *TCPSocket) Write(p []byte) (int, error) {
	if c.closed {
		return 0, ErrClosed
	}
	c.activate()
	n, err := c.conn.Write(c.stack.now, p)
	c.touched()
	return n, err
}

// WriteWith is Write with flags: tcp.More if more follows at once, tcp.Urgent for urgent data (RFC 9293 section 3.8.5).
func (c *TCPSocket) WriteWith(p []byte, f tcp.WriteFlags) (int, error) {
	if c.closed {
		return 0, ErrClosed
	}
	c.activate()
	n, err := c.conn.WriteWith(c.stack.now, p, f)
	c.touched()
	return n, err
}

// Urgent is how many of the bytes to be read are urgent data or lie before it, also of those that have not come yet. The
// handler is called when the peer announces some.
func (c *TCPSocket) Urgent() int {
	if c.closed {
		return 0
	}
	return c.conn.Urgent()
}

// CloseWrite ends our direction of the stream behind what is queued: FIN.
func (c *TCPSocket) CloseWrite() error {
	if c.closed {
		return ErrClosed
	}
	c.activate()
	err := c.conn.CloseWrite(c.stack.now)
	c.touched()
	return err
}

// Close gives the connection up: what is queued is still sent, then FIN; data that was not read or that comes
// later is answered by RST (RFC 9293 section 3.6.1). The handler is not called again. The socket must not be used
// any more.
func (c *TCPSocket) Close() {
	if c.closed {
		return
	}
	c.activate()
	c.conn.Close(c.stack.now)
	c.abandon()
}

// Abort ends the connection at once with a RST. The handler is not called again.
func (c *TCPSocket) Abort() {
	if c.closed && c.gone {
		return
	}
	c.activate()
	c.conn.Abort(c.stack.now)
	c.abandon()
}

// abandon is the end of the program's interest.
func (c *TCPSocket) abandon() {
	c.closed = true
	c.handler = nil
	c.touched()
	c.settle()
}

// SetTTL and SetDSCP change what the following packets carry.
func (c *TCPSocket) SetTTL(ttl uint8)   { c.ttl = ttl }
func (c *TCPSocket) SetDSCP(dscp uint8) { c.dscp = dscp & 63 }

// SetNoDelay turns the Nagle algorithm off or on, SetKeepAlive sets keep-alive, SetUserTimeout the time after which
// unacknowledged data ends the connection; each counts from now.
func (c *TCPSocket) SetNoDelay(off bool) {
	c.activate()
	c.conn.SetNoDelay(c.stack.now, off)
	c.touched()
}

func (c *TCPSocket) SetKeepAlive(k tcp.KeepAlive) {
	c.activate()
	c.conn.SetKeepAlive(c.stack.now, k)
	c.touched()
}

func (c *TCPSocket) SetUserTimeout(d time.Duration) {
	c.activate()
	c.conn.SetUserTimeout(c.stack.now, d)
	c.touched()
}

// SetLinger bounds what Close leaves behind: d is how long the peer may take to acknowledge what was written before it is
// reset, 0 resets it at once. Off, which is the default, the user timeout is the bound.
func (c *TCPSocket) SetLinger(on bool, d time.Duration) {
	c.conn.SetLinger(c.stack.now, on, d)
}

// SetCork holds back what does not fill a segment until it is turned off; for a second at most if nothing is in flight.
func (c *TCPSocket) SetCork(on bool) {
	c.activate()
	c.conn.SetCork(c.stack.now, on)
	c.touched()
}

// touched follows a call of the program's: what it changed is not news for the handler, and something may have to
// be sent.
func (c *TCPSocket) touched() {
	c.note()
	c.markReady()
}

// note remembers the present state as the one that the program knows.
func (c *TCPSocket) note() {
	c.seen.readable, c.seen.writable = c.conn.Readable(), c.conn.Writable()
	c.seen.state, c.seen.eof = c.conn.State(), c.conn.EOF()
	c.seen.urgent = c.conn.Urgent() > 0
}

// unmap gives an IPv4-mapped IPv6 address as the IPv4 one that it is.
func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// isUnicast reports whether a can be one host, ourselves included.
func (s *Stack) isUnicast(a netip.Addr) bool {
	return (isHost(a) || a.IsLoopback()) && !s.isAnyBroadcast(a)
}
