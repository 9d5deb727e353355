package host

import (
	"net"
	"net/netip"
	"syscall"

	"smoltcp/stack"
)

// What UDP sockets have beyond net.PacketConn: where a datagram was sent to and by which interface it came, groups, options.

// ReadMsg is ReadFrom with everything that is known of the datagram: both its ends, the interface, hop limit, DSCP, ECN, and whether it
// was a broadcast. The message given back to WriteMsg sends the answer the way that the question came.
func (u *UDPConn) ReadMsg(p []byte) (n int, m stack.UDPMessage, err error) {
	err = u.read(func() (err error) {
		n, m, err = u.sock.Recv(p)
		return err
	})
	return n, m, err
}

// WriteMsg sends a datagram to m.Remote, from m.Local if that is an address of this host, by m.Interface if that is not nil, and with
// m.TTL and m.DSCP if they are not zero.
func (u *UDPConn) WriteMsg(p []byte, m stack.UDPMessage) (int, error) {
	return u.write(p, func() error { return u.sock.Send(p, m) })
}

// JoinGroup makes the socket, bound to the group or to no address, a member of a multicast group on an interface, as long as it is
// open; nil stands for the one by which datagrams to the group leave. Errors: syscall.EINVAL for what is no group, EADDRINUSE if it
// is a member, ENETUNREACH without such an interface, ENOBUFS beyond stack.Config.Groups.
func (u *UDPConn) JoinGroup(group netip.Addr, on *stack.Interface) error {
	return u.set(func() error { return u.sock.JoinGroup(group, on) })
}

// LeaveGroup ends what JoinGroup began. Error: syscall.EADDRNOTAVAIL if it did not.
func (u *UDPConn) LeaveGroup(group netip.Addr, on *stack.Interface) error {
	return u.set(func() error {
		if !u.sock.LeaveGroup(group, on) {
			return syscall.EADDRNOTAVAIL
		}
		return nil
	})
}

// Dropped is how many datagrams were lost because nobody read those before them.
func (u *UDPConn) Dropped() uint64 {
	u.host.lock()
	defer u.host.unlock()
	return u.sock.Dropped()
}

// set changes something about the socket.
func (u *UDPConn) set(f func() error) error {
	if u.closed() {
		return u.opError("set", net.ErrClosed)
	}
	u.host.lock()
	err := f()
	u.host.unlock()
	return u.opError("set", err)
}

// ListenPacket opens a UDP socket, as Host.ListenPacket does, with the options of l.UDP.
func (l *ListenConfig) ListenPacket(network, address string) (*UDPConn, error) {
	return l.Host.listenUDP(network, address, l.UDP)
}

// ListenMulticast opens a socket for what is sent to a group at a port, as net.ListenMulticastUDP does: on is the interface that joins
// it, nil for the one by which datagrams to the group leave. Several such sockets can share a port, and each gets every datagram.
func (h *Host) ListenMulticast(network string, on *stack.Interface, group netip.AddrPort) (*UDPConn, error) {
	u, err := h.listenUDP(network, group.String(), stack.UDPOptions{Interface: on, Shared: true})
	if err != nil {
		return nil, err
	}
	if err := u.JoinGroup(group.Addr(), on); err != nil {
		u.Close()
		return nil, err
	}
	return u, nil
}

func (h *Host) listenUDP(network, address string, opt stack.UDPOptions) (*UDPConn, error) {
	if !isNetwork(network, "udp") {
		return nil, &net.OpError{Op: "listen", Net: network, Err: net.UnknownNetworkError(network)}
	}
	at, err := parseAddr(network, address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	opt.V6Only = opt.V6Only || network == "udp6"
	h.lock()
	defer h.unlock()
	sock, err := h.stack.ListenUDP(at, opt)
	var u *UDPConn
	if err == nil {
		u, err = newUDPConn(h, sock)
	}
	if err != nil {
		return nil, opError("listen", network, nil, net.UDPAddrFromAddrPort(at), err)
	}
	return u, nil
}

// dialUDP opens a connected socket, whose own end is local where that is not zero.
func (h *Host) dialUDP(network string, local, to netip.AddrPort, opt stack.UDPOptions) (net.Conn, error) {
	h.lock()
	defer h.unlock()
	var sock *stack.UDPSocket
	var err error
	if local == (netip.AddrPort{}) {
		sock, err = h.stack.DialUDP(to, opt)
	} else {
		if !local.Addr().IsValid() {
			local = netip.AddrPortFrom(netip.IPv4Unspecified(), local.Port())
			if to.Addr().Is6() {
				local = netip.AddrPortFrom(netip.IPv6Unspecified(), local.Port())
			}
		}
		if sock, err = h.stack.ListenUDP(local, opt); err == nil {
			if err = sock.Connect(to); err != nil {
				sock.Close()
			}
		}
	}
	var u *UDPConn
	if err == nil {
		u, err = newUDPConn(h, sock)
	}
	if err != nil {
		return nil, opError("dial", network, nil, net.UDPAddrFromAddrPort(to), err)
	}
	return u, nil
}
