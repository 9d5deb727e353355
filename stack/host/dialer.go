package host

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"smoltcp/stack"
	"smoltcp/stack/tcp"
)

// Dialer says how to open a connection, as net.Dialer does. With nothing but Host set it dials as Host.Dial.
type Dialer struct {
	Host *Host

	// Config is the connection's configuration, Config.Stack.TCP if nil. It must not be changed while connections use it.
	Config *tcp.Config

	// LocalAddr is our end; a zero part is chosen.
	LocalAddr netip.AddrPort

	// UDP are the options of UDP sockets.
	UDP stack.UDPOptions

	// Resolver looks up names, the host's own if nil.
	Resolver *Resolver

	// FastOpen lets the beginning of what DialWith writes go with the SYN (RFC 7413), if the peer has given us a cookie
	// before: its program may then see it twice. The first connection to a host asks for the cookie.
	FastOpen bool
}

// Dial opens a connection, as Host.Dial does.
func (d *Dialer) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return d.DialWith(ctx, network, address, nil)
}

// DialWith opens a connection and writes data to it. It returns when the connection is established and all of data has been
// written. It is for TCP alone if there is data.
func (d *Dialer) DialWith(ctx context.Context, network, address string, data []byte) (net.Conn, error) {
	h := d.Host
	if isRaw(network) && data == nil {
		return h.dialIP(network, address)
	}
	if !isNetwork(network, "tcp") && (!isNetwork(network, "udp") || data != nil) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: net.UnknownNetworkError(network)}
	}
	if name, port, ok := namedHost(address); ok {
		return d.dialName(ctx, network, name, port, data)
	}
	to, err := parseAddr(network, address)
	switch {
	case err != nil:
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	case isNetwork(network, "udp"):
		return h.dialUDP(network, d.LocalAddr, to, d.UDP)
	}
	remote := net.TCPAddrFromAddrPort(to)
	fail := func(err error) (net.Conn, error) { return nil, opError("dial", network, nil, remote, err) }
	if err := ctx.Err(); err != nil {
		return fail(contextError(err))
	}
	opt := stack.TCPOptions{Config: h.configWith(d.Config, d.FastOpen), Local: d.LocalAddr}
	written := 0
	h.lock()
	sock, err := h.stack.DialTCP(to, opt)
	var c *TCPConn
	if err == nil {
		c, err = newTCPConn(h, sock)
	}
	if err == nil && len(data) > 0 {
		// Before the loop looks at the connection: what goes with the SYN has to be there then.
		if written, err = sock.Write(data); errors.Is(err, stack.ErrWouldBlock) {
			err = nil
		}
	}
	h.unlock()
	if err != nil {
		return fail(err)
	}
	if err := c.established(ctx); err != nil {
		return fail(err)
	}
	if written < len(data) {
		defer context.AfterFunc(ctx, func() { c.Abort() })()
		if _, err := c.Write(data[written:]); err != nil {
			c.Abort()
			if ctx.Err() != nil {
				err = contextError(ctx.Err())
			}
			return fail(err)
		}
	}
	return c, nil
}

// established waits for the end of the handshake. If it fails the connection is gone.
func (c *TCPConn) established(ctx context.Context) error {
	for {
		select {
		case <-c.writable:
		case <-c.gone:
			return net.ErrClosed
		case <-ctx.Done():
			c.Abort()
			return contextError(ctx.Err())
		}
		c.host.lock()
		state, err := c.sock.State(), c.sock.Err()
		if err == nil && state == tcp.SynSent {
			// The stack goes on after a router's "unreachable" (RFC 9293 section 3.9.2.2), which may pass. Whoever dials would rather know, and
			// try another address: RFC 5461 section 4.1, which Linux does as well.
			err = c.sock.SoftError()
		}
		c.host.unlock()
		switch {
		case err != nil:
			c.Abort()
			return err
		case state != tcp.SynSent && state != tcp.SynReceived:
			c.notify() // it may have something to read already
			return nil
		}
	}
}

// ListenConfig says how to open a listener, as net.ListenConfig does. With nothing but Host set it listens as Host.Listen.
type ListenConfig struct {
	Host *Host

	// Config is the connections' configuration, Config.Stack.TCP if nil. It must not be changed while connections use it.
	Config *tcp.Config

	// Backlog bounds the connections that are half open or not accepted; Config.Stack.Backlog if zero.
	Backlog int

	// UDP are the options of the sockets that ListenPacket opens.
	UDP stack.UDPOptions

	// FastOpen has Accept give connections whose SYN brought text before the handshake is over (RFC 7413): for programs that
	// can bear the same text, as a connection of its own, twice.
	FastOpen bool
}

// Listen opens a listener, as Host.Listen does.
func (l *ListenConfig) Listen(network, address string) (net.Listener, error) {
	return l.Host.listen(network, address, stack.TCPOptions{Config: l.Host.configWith(l.Config, l.FastOpen), Backlog: l.Backlog})
}

// configWith is cfg, or the host's own, with Fast Open turned on if it is asked for. A nil result means the host's own.
func (h *Host) configWith(cfg *tcp.Config, fastOpen bool) *tcp.Config {
	if !fastOpen {
		return cfg
	}
	c := h.tcp
	if cfg != nil {
		c = *cfg
	}
	c.FastOpen = true
	return &c
}
