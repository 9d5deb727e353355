package stack

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"smoltcp/dissect"
)

// DHCPPort is what a DHCP client needs below it: UDP port 68 of one interface, also while that has no address. Beside broadcasts and
// what is sent to our addresses it receives what a server sends, in a frame for this station, to an address that is to become ours (RFC 2131
// section 4.1); nothing else is ever received so.
type DHCPPort struct {
	ifc *Interface
	udp *UDPSocket
}

const (
	dhcpClientPort = 68
	dhcpServerPort = 67
)

// OpenDHCP opens the port on an Ethernet interface. Errors: ErrBadInterface, ErrAddrInUse.
func (s *Stack) OpenDHCP(ifc *Interface) (*DHCPPort, error) {
	if ifc == nil || ifc.stack != s || !ifc.ethernet {
		return nil, fmt.Errorf("%w for DHCP: it is no Ethernet", ErrBadInterface)
	}
	u, err := s.ListenUDP(netip.AddrPortFrom(any4, dhcpClientPort), UDPOptions{Interface: ifc})
	if err != nil {
		return nil, err
	}
	ifc.dhcp = &DHCPPort{ifc, u}
	return ifc.dhcp, nil
}

// SetHandler sets what Poll calls when something was received, see the package comment.
func (p *DHCPPort) SetHandler(f func()) { p.udp.SetHandler(f) }

// Recv takes the oldest message into b. Errors: ErrWouldBlock, ErrClosed.
func (p *DHCPPort) Recv(b []byte) (int, UDPMessage, error) { return p.udp.Recv(b) }

// Send queues a message for port 67 of dst, by the interface and no other: from 0.0.0.0, or from src, an address of the interface. To an
// address other than 255.255.255.255 it goes by the interface's own routes. Errors as for [UDPSocket.SendTo].
func (p *DHCPPort) Send(b []byte, src, dst netip.Addr) error {
	s, u := p.ifc.stack, p.udp
	to := path{p.ifc, dst, src}
	switch {
	case u.closed:
		return ErrClosed
	case !dst.Is4() || dst.IsUnspecified() || src.IsUnspecified() && dst != broadcast4:
		return ErrInvalidAddr
	case !src.IsUnspecified() && !p.ifc.has(src):
		return ErrNotOurs
	case len(b) > maxUDP(dst):
		return ErrMessageSize
	case dst != broadcast4:
		var err error
		if to, err = s.route(dst, src, p.ifc); err != nil {
			return err
		}
	}
	return u.queue(to, UDPMessage{Remote: netip.AddrPortFrom(dst, dhcpServerPort), TTL: s.ttlFor(p.ifc, dst)}, b)
}

// Closed reports whether the port was closed, by Close or with all sockets of the stack.
func (p *DHCPPort) Closed() bool { return p.udp.closed }

// Close closes the port. What was queued is still sent.
func (p *DHCPPort) Close() {
	p.udp.Close()
	if p.ifc.dhcp == p {
		p.ifc.dhcp = nil
	}
}

// expects reports whether ip, which is to none of our addresses, is what the port waits for: whole, for port 68, in a frame for this
// station, to an address that one host can have. A message in fragments has to be broadcast, see dhcp.Config4.
func (p *DHCPPort) expects(ip dissect.IPv4, in arrival) bool {
	if p == nil || p.udp.closed || in.broadcast || ip.IsFragment() || ip.Protocol() != dissect.ProtoUDP || !isHost(ip.Dst()) {
		return false
	}
	b := ip.Payload()
	return len(b) >= dissect.UDPHeaderLen && binary.BigEndian.Uint16(b[2:]) == dhcpClientPort
}
