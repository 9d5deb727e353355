package host

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"smoltcp/dissect"
	"smoltcp/stack"
)

// IPConn is a raw IP socket: a net.PacketConn of what follows the IP header, and a net.Conn if it is connected. See stack.RawSocket.
type IPConn struct {
	packetConn[*stack.RawSocket]
}

var (
	_ net.PacketConn = (*IPConn)(nil)
	_ net.Conn       = (*IPConn)(nil)
)

// rawProtocol reads a network of raw sockets, as package net does: ip4, ip6 or ip, a colon, and the number of a protocol or its name. With
// ip the address decides.
func rawProtocol(network string) (version byte, proto dissect.IPProto, err error) {
	head, name, ok := strings.Cut(network, ":")
	switch {
	case !ok || head != "ip" && head != "ip4" && head != "ip6":
		return 0, 0, net.UnknownNetworkError(network)
	case len(head) == 3:
		version = head[2] - '0'
	}
	if n, err := strconv.ParseUint(name, 10, 8); err == nil {
		return version, dissect.IPProto(n), nil
	}
	for _, p := range [...]struct {
		name  string
		proto dissect.IPProto
	}{
		{"icmp", dissect.ProtoICMP}, {"igmp", dissect.ProtoIGMP}, {"tcp", dissect.ProtoTCP}, {"udp", dissect.ProtoUDP}, {"ipv6-icmp", dissect.ProtoICMPv6},
	} {
		if strings.EqualFold(name, p.name) {
			return version, p.proto, nil
		}
	}
	return 0, 0, net.UnknownNetworkError(network)
}

// isRaw reports whether network is one of raw sockets.
func isRaw(network string) bool { return strings.HasPrefix(network, "ip") }

// ListenIP opens a raw socket for the packets of one protocol: network is like "ip4:icmp", "ip6:58" or "ip:200", address one of ours, or
// "0.0.0.0", "::" or nothing for all of the version. With opt a program can have more than package net gives: see stack.RawOptions.
// ListenPacket opens such sockets, too.
func (h *Host) ListenIP(network, address string, opt stack.RawOptions) (*IPConn, error) {
	version, proto, err := rawProtocol(network)
	var at netip.Addr
	if err == nil {
		at, err = rawAddr(version, address)
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	h.lock()
	defer h.unlock()
	sock, err := h.stack.ListenRaw(at, proto, opt)
	var c *IPConn
	if err == nil {
		c, err = newIPConn(h, sock, network)
	}
	if err != nil {
		return nil, opError("listen", network, nil, ipAddr(at), err)
	}
	return c, nil
}

// listenRaw is ListenIP for ListenPacket.
func (h *Host) listenRaw(network, address string) (net.PacketConn, error) {
	c, err := h.ListenIP(network, address, stack.RawOptions{})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// dialIP opens a raw socket whose only peer is address, without a port.
func (h *Host) dialIP(network, address string) (net.Conn, error) {
	version, proto, err := rawProtocol(network)
	var to netip.Addr
	if err == nil && address == "" {
		err = &net.AddrError{Err: "missing address", Addr: address}
	}
	if err == nil {
		to, err = rawAddr(version, address)
	}
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	any := netip.IPv4Unspecified()
	if !to.Is4() {
		any = netip.IPv6Unspecified()
	}
	h.lock()
	defer h.unlock()
	sock, err := h.stack.ListenRaw(any, proto, stack.RawOptions{})
	var c *IPConn
	if err == nil {
		if err = sock.Connect(to); err != nil {
			sock.Close()
		} else {
			c, err = newIPConn(h, sock, network)
		}
	}
	if err != nil {
		return nil, opError("dial", network, nil, ipAddr(to), err)
	}
	return c, nil
}

// rawAddr reads an address of the given IP version, 0 for either.
func rawAddr(version byte, s string) (netip.Addr, error) {
	switch {
	case s == "" && version == 6:
		return netip.IPv6Unspecified(), nil
	case s == "":
		return netip.IPv4Unspecified(), nil
	}
	a, err := netip.ParseAddr(s)
	a = a.Unmap()
	if err != nil || version == 4 && !a.Is4() || version == 6 && a.Is4() {
		return netip.Addr{}, &net.AddrError{Err: "not an address of the network", Addr: s}
	}
	return a, nil
}

func ipAddr(a netip.Addr) *net.IPAddr {
	return &net.IPAddr{IP: a.WithZone("").AsSlice(), Zone: a.Zone()}
}

// newIPConn wraps a socket of the stack. The lock is held.
func newIPConn(h *Host, sock *stack.RawSocket, network string) (*IPConn, error) {
	var remote net.Addr
	if r := sock.RemoteAddr(); r.IsValid() {
		remote = ipAddr(r)
	}
	c := new(IPConn)
	if err := c.open(h, sock, network, ipAddr(sock.LocalAddr()), remote); err != nil {
		return nil, err
	}
	return c, nil
}

// ReadMsg takes the next packet, from its IP header on, cut off if p is too short for it.
func (c *IPConn) ReadMsg(p []byte) (n int, m stack.RawMessage, err error) {
	err = c.read(func() (err error) {
		n, m, err = c.sock.Recv(p)
		return err
	})
	return n, m, err
}

// ReadFrom takes the next packet without IP's own headers, cut off if p is too short for it. On a connected socket an ICMP error about an
// earlier packet comes first, once.
func (c *IPConn) ReadFrom(p []byte) (n int, from net.Addr, err error) {
	err = c.read(func() error {
		b, m, err := c.sock.Peek()
		if err == nil {
			n, from = copy(p, b[m.HeaderLen:]), ipAddr(m.Src)
		}
		_, _, _ = c.sock.Recv(nil)
		return err
	})
	return n, from, err
}

// Read is ReadFrom without the address.
func (c *IPConn) Read(p []byte) (int, error) {
	n, _, err := c.ReadFrom(p)
	return n, err
}

// WriteTo sends what follows the IP header to addr, a *net.IPAddr; with stack.RawOptions.Header a whole packet, and addr may be nil for its
// own destination.
func (c *IPConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	var to netip.Addr
	if a, ok := addr.(*net.IPAddr); ok && a != nil {
		to, _ = netip.AddrFromSlice(a.IP)
		to = to.Unmap().WithZone(a.Zone)
	} else if addr != nil {
		return 0, &net.OpError{Op: "write", Net: c.network, Source: c.local, Addr: addr, Err: &net.AddrError{Err: "not an IP address"}}
	}
	return c.write(p, func() error { return c.sock.SendTo(p, to) })
}

// Write sends what follows the IP header to the peer of a connected socket.
func (c *IPConn) Write(p []byte) (int, error) {
	return c.write(p, func() error { return c.sock.Write(p) })
}
