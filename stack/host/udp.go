package host

import (
	"errors"
	"net"
	"net/netip"
	"sync"

	"smoltcp/stack"
)

// UDPConn is a UDP socket: a net.PacketConn, and a net.Conn if it is connected.
type UDPConn struct {
	endpoint
	sock          *stack.UDPSocket
	local         *net.UDPAddr
	remote        *net.UDPAddr // nil unless connected
	reads, writes sync.Mutex
}

var (
	_ net.PacketConn = (*UDPConn)(nil)
	_ net.Conn       = (*UDPConn)(nil)
)

// newUDPConn wraps a socket of the stack. The lock is held.
func newUDPConn(h *Host, sock *stack.UDPSocket) (*UDPConn, error) {
	u := &UDPConn{endpoint: newEndpoint(h), sock: sock, local: net.UDPAddrFromAddrPort(sock.LocalAddr())}
	if r := sock.RemoteAddr(); r.IsValid() {
		u.remote = net.UDPAddrFromAddrPort(r)
	}
	if err := h.register(u); err != nil {
		sock.Close()
		return nil, err
	}
	sock.SetHandler(u.notify)
	return u, nil
}

// ListenPacket opens a UDP socket, as net.ListenPacket does: network is udp, udp4 or udp6, address as for Listen. With a network like ip4:icmp
// it opens a raw one, see ListenIP.
func (h *Host) ListenPacket(network, address string) (net.PacketConn, error) {
	if isRaw(network) {
		return h.listenRaw(network, address)
	}
	u, err := h.listenUDP(network, address, stack.UDPOptions{})
	if err != nil {
		return nil, err // and no nil *UDPConn
	}
	return u, nil
}

// ReadFrom takes the next datagram, cut off if p is too short for it. On a connected socket an ICMP error about an earlier datagram
// comes first, once, as syscall.ECONNREFUSED and the like.
func (u *UDPConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := u.ReadFromUDPAddrPort(p)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// ReadFromUDPAddrPort is ReadFrom without an allocation for the address.
func (u *UDPConn) ReadFromUDPAddrPort(p []byte) (n int, from netip.AddrPort, err error) {
	n, m, err := u.ReadMsg(p)
	return n, m.Remote, err
}

// Read is ReadFrom without the address.
func (u *UDPConn) Read(p []byte) (int, error) {
	n, _, err := u.ReadFromUDPAddrPort(p)
	return n, err
}

// WriteTo sends a datagram to addr, a *net.UDPAddr.
func (u *UDPConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	a, ok := addr.(*net.UDPAddr)
	if !ok || a == nil {
		return 0, &net.OpError{Op: "write", Net: "udp", Source: u.local, Addr: addr, Err: &net.AddrError{Err: "not a UDP address"}}
	}
	return u.WriteToUDPAddrPort(p, a.AddrPort())
}

// WriteToUDPAddrPort sends a datagram. It waits when more is queued than the stack's UDPSndBuf allows.
func (u *UDPConn) WriteToUDPAddrPort(p []byte, to netip.AddrPort) (int, error) {
	return u.write(p, func() error { return u.sock.SendTo(p, to) })
}

// Write sends a datagram to the peer of a connected socket.
func (u *UDPConn) Write(p []byte) (int, error) {
	return u.write(p, func() error { return u.sock.Write(p) })
}

func (u *UDPConn) write(p []byte, send func() error) (int, error) {
	u.writes.Lock()
	defer u.writes.Unlock()
	if err := u.retry(u.writable, &u.wr, send); err != nil {
		return 0, u.opError("write", err)
	}
	return len(p), nil
}

// Close closes the socket. Datagrams that were written are still sent.
func (u *UDPConn) Close() error {
	if !u.shut() {
		return u.opError("close", net.ErrClosed)
	}
	u.host.lock()
	defer u.host.unlock()
	u.sock.Close()
	delete(u.host.open, u)
	return nil
}

func (u *UDPConn) LocalAddr() net.Addr { return u.local }

// RemoteAddr is nil unless the socket is connected.
func (u *UDPConn) RemoteAddr() net.Addr {
	if u.remote == nil {
		return nil
	}
	return u.remote
}

func (u *UDPConn) opError(op string, err error) error {
	if errors.Is(err, stack.ErrClosed) {
		err = net.ErrClosed
	}
	return opError(op, "udp", u.local, u.RemoteAddr(), err)
}
