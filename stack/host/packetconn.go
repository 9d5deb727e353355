package host

import (
	"errors"
	"net"
	"sync"

	"smoltcp/stack"
)

// packetConn is what UDPConn and IPConn have in common: an endpoint of whole messages. S is the stack's socket.
type packetConn[S packetSocket] struct {
	endpoint
	sock          S
	network       string
	local, remote net.Addr // remote is nil unless connected
	reads, writes sync.Mutex
}

type packetSocket interface {
	SetHandler(func())
	Close()
}

// open makes c the endpoint of a socket of the stack, which it closes if it cannot. The lock is held.
func (c *packetConn[S]) open(h *Host, sock S, network string, local, remote net.Addr) error {
	c.endpoint, c.sock, c.network, c.local, c.remote = newEndpoint(h), sock, network, local, remote
	if err := h.register(c); err != nil {
		sock.Close()
		return err
	}
	sock.SetHandler(c.notify)
	return nil
}

// read calls recv until there is something to read.
func (c *packetConn[S]) read(recv func() error) error {
	c.reads.Lock()
	defer c.reads.Unlock()
	return c.opError("read", c.retry(c.readable, &c.rd, recv))
}

// write calls send, which sends p, until there is room for it.
func (c *packetConn[S]) write(p []byte, send func() error) (int, error) {
	c.writes.Lock()
	defer c.writes.Unlock()
	if err := c.retry(c.writable, &c.wr, send); err != nil {
		return 0, c.opError("write", err)
	}
	return len(p), nil
}

// Close closes the socket. What was written is still sent.
func (c *packetConn[S]) Close() error {
	return c.opError("close", c.end(c, c.sock.Close))
}

func (c *packetConn[S]) LocalAddr() net.Addr { return c.local }

// RemoteAddr is nil unless the socket is connected.
func (c *packetConn[S]) RemoteAddr() net.Addr { return c.remote }

func (c *packetConn[S]) opError(op string, err error) error {
	if errors.Is(err, stack.ErrClosed) {
		err = net.ErrClosed
	}
	return opError(op, c.network, c.local, c.remote, err)
}
