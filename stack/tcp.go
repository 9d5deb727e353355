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

	// Interface, if not nil, is the only one that the socket uses. The zone of a link-local address sets it.
	Interface *Interface

	V6Only bool // ListenTCP: "::" stands for the IPv6 addresses only

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
	path          hop
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

	// What the handler was last told.
	seen struct {
		readable, writable int32
		state              tcp.State
		eof, urgent        bool
	}
}

// DialTCP opens a connection to remote and returns at once, in SYN-SENT. With tcp.Config.FastOpen, what is written before
// the following Poll may go with the SYN (RFC 7413). The handler is called when it is
// established, State being tcp.Established, or has failed, Err saying why. Errors: ErrInvalidAddr, ErrNotOurs,
// ErrNoRoute, ErrAddrInUse, ErrNoPorts, ErrTooMany, tcp.ErrBufferSize.
func (s *Stack) DialTCP(remote netip.AddrPort, opt TCPOptions) (*TCPSocket, error) {
	dst, on, err := s.unzone(remote.Addr(), opt.Interface)
	if err != nil {
		return nil, err
	}
	src, on, err := s.unzone(opt.Local.Addr(), on)
	if err != nil {
		return nil, err
	}
	remote, opt.Interface = netip.AddrPortFrom(dst, remote.Port()), on
	if remote.Port() == 0 || !s.isUnicast(remote.Addr()) {
		return nil, ErrInvalidAddr
	}
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
		at := func(port uint16) *TCPSocket { return s.tcp.conns.find(netip.AddrPortFrom(p.src, port), remote) }
		port, ok := s.random.port(func(port uint16) bool { return at(port) == nil && s.tcp.listens[port] == nil })
		if !ok {
			port, ok = s.random.port(func(port uint16) bool { return at(port).reopenable() && s.tcp.listens[port] == nil })
		}
		if !ok {
			return nil, ErrNoPorts
		}
		local = netip.AddrPortFrom(p.src, port)
	}
	old := s.tcp.conns.find(local, remote)
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
	cfg := s.tcpConfig(p.ifc, dst, opt.Config, nil)
	c.conn.Connect(s.now, cfg, iss, s.random.tsOffset(local, remote))
	if cfg.FastOpen {
		s.fastOpenDial(c)
	}
	c.touched()
	return c, nil
}

// ListenTCP opens a listener on local: an address of ours, 0.0.0.0 for all of IPv4, "::" or the zero Addr for all. Port 0 has
// a free one chosen. Errors: ErrInvalidAddr, ErrNotOurs, ErrAddrInUse, ErrNoPorts, tcp.ErrBufferSize.
func (s *Stack) ListenTCP(local netip.AddrPort, opt TCPOptions) (*TCPListener, error) {
	a, on, err := s.unzone(local.Addr(), opt.Interface)
	if err != nil {
		return nil, err
	}
	if !a.IsValid() {
		a = any6
	}
	local, opt.Interface = netip.AddrPortFrom(a, local.Port()), on
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
		if overlap(o.local.Addr(), o.opt.V6Only, a, opt.V6Only) && o.opt.Interface == opt.Interface {
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

// TCPMemory is how many bytes the buffers of the TCP connections take now, see Config.TCPMemory.
func (s *Stack) TCPMemory() int { return s.tcp.memory.Used() }

// Addr is where the listener listens.
func (l *TCPListener) Addr() netip.AddrPort { return l.opt.Interface.zonedPort(l.local) }

// takes reports whether the listener listens at a.
func (l *TCPListener) takes(a netip.Addr) bool { return covers(l.local.Addr(), l.opt.V6Only, a) }

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
func (c *TCPSocket) LocalAddr() netip.AddrPort  { return c.on.zonedPort(c.local) }
func (c *TCPSocket) RemoteAddr() netip.AddrPort { return c.on.zonedPort(c.remote) }

// State is the connection's state. A socket stays usable in tcp.Closed: what was received can still be read.
func (c *TCPSocket) State() tcp.State { return c.conn.State() }

// Info is a snapshot of the connection's variables.
func (c *TCPSocket) Info() tcp.Info { return c.conn.Info() }

// Err is why the connection ended: nil while it lives and after an orderly end, ErrReset, ErrRefused, ErrTimeout,
// ErrClosed, or ErrNotOurs when the address was taken away.
func (c *TCPSocket) Err() error { return c.conn.Err() }

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
	c.seen.readable, c.seen.writable = int32(c.conn.Readable()), int32(c.conn.Writable())
	c.seen.state, c.seen.eof = c.conn.State(), c.conn.EOF()
	c.seen.urgent = c.conn.Urgent() > 0
}

// covers reports whether a socket bound to an address gets what is sent to a. "::" stands for all addresses, unless only6 is
// set, and 0.0.0.0 for those of IPv4.
func covers(bound netip.Addr, only6 bool, a netip.Addr) bool {
	switch {
	case !bound.IsUnspecified():
		return bound == a
	case bound.Is4():
		return a.Is4()
	}
	return !only6 || !a.Is4()
}

// overlap reports whether two sockets are bound to the same address, or to all addresses of the same IP version.
func overlap(a netip.Addr, aOnly6 bool, b netip.Addr, bOnly6 bool) bool {
	if a.IsUnspecified() != b.IsUnspecified() {
		return false
	}
	return covers(a, aOnly6, b) && covers(b, bOnly6, a) || a.IsUnspecified() && !a.Is4() && !b.Is4() ||
		a.IsUnspecified() && (a.Is4() && !bOnly6 || b.Is4() && !aOnly6)
}

// isUnicast reports whether a can be one host, ourselves included.
func (s *Stack) isUnicast(a netip.Addr) bool {
	return (isHost(a) || a.IsLoopback()) && !s.isAnyBroadcast(a)
}
