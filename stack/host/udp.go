package host

import (
	"net"
	"net/netip"

	"smoltcp/stack"
)

// UDPConn is a UDP socket: a net.PacketConn, and a net.Conn if it is connected.
type UDPConn struct {
	packetConn[*stack.UDPSocket]
}

var (
	_ net.PacketConn = (*UDPConn)(nil)
	_ net.Conn       = (*UDPConn)(nil)
)

// newUDPConn wraps a socket of the stack. The lock is held.
func newUDPConn(h *Host, sock *stack.UDPSocket) (*UDPConn, error) {
	var remote net.Addr
	if r := sock.RemoteAddr(); r.IsValid() {
		remote = net.UDPAddrFromAddrPort(r)
	}
	u := new(UDPConn)
	if err := u.open(h, sock, "udp", net.UDPAddrFromAddrPort(sock.LocalAddr()), remote); err != nil {
		return nil, err
	}
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
