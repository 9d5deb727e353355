package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// packetSocketOptions is what live captures and packet-socket devices want of their sockets.
type packetSocketOptions struct {
	promiscuous    bool
	ignoreOutgoing bool // do not see what this machine sends, as far as the kernel can tell
	timestamps     bool
	buffer         int // bytes
	filter         []bpf.RawInstruction

	// ring, if it is there, tries to set up a ring on the socket, and tells whether there is one. It has time stamps and
	// a buffer of its own.
	ring func(fd int) bool
}

// openPacketSocket opens a packet socket on an interface, or on all if index is zero. name is for errors.
func openPacketSocket(name string, index int, o packetSocketOptions) (*packet.Conn, error) {
	// With protocol 0 the socket gets no packet yet: not before the filter and everything else is in place.
	conn, err := packet.Listen(&net.Interface{Index: index}, packet.Raw, 0, nil)
	if err != nil {
		return nil, packetSocketError(name, err)
	}
	if len(o.filter) > 0 {
		if err := conn.SetBPF(o.filter); err != nil {
			conn.Close()
			return nil, filterError(name, err)
		}
	}
	if o.promiscuous {
		err = conn.SetPromiscuous(true)
	}
	if err == nil {
		err = control(conn, func(fd int) error { return o.start(fd, index) })
	}
	if err != nil {
		conn.Close()
		return nil, packetSocketError(name, err)
	}
	return conn, nil
}

// start sets the options of a socket and then lets packets in.
func (o *packetSocketOptions) start(fd, index int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1); err != nil {
		return fmt.Errorf("PACKET_AUXDATA: %w", err)
	}
	ring := o.ring != nil && o.ring(fd)
	if o.timestamps && !ring {
		err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1)
		if err != nil { // before Linux 5.1
			err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_OLD, 1)
		}
		if err != nil {
			return fmt.Errorf("SO_TIMESTAMPNS: %w", err)
		}
		// For the first socket that wants times the kernel switches them on in the background. Packets before that would
		// get the time when they are read, which may be later than that of packets behind them.
		time.Sleep(10 * time.Millisecond)
	}
	if o.ignoreOutgoing {
		// Before Linux 4.20 there is no such option, and the reader sorts them out.
		_ = unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	}
	if o.buffer > 0 && !ring && unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, o.buffer) != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, o.buffer); err != nil {
			return fmt.Errorf("SO_RCVBUF: %w", err)
		}
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: networkOrder(unix.ETH_P_ALL), Ifindex: index}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	// An interface that is down is no error of bind but the socket's first one.
	if errno, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && errno != 0 {
		return syscall.Errno(errno)
	}
	return nil
}

// packetSocketError says what to do about the errors that people meet.
func packetSocketError(name string, err error) error {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		program, e := os.Executable()
		if e != nil {
			program = os.Args[0]
		}
		return fmt.Errorf("%s: packet sockets need CAP_NET_RAW: run as root, or once: sudo setcap cap_net_raw+ep %s: %w", name, program, unix.EPERM)
	case errors.Is(err, unix.ENETDOWN):
		return fmt.Errorf("%s: the interface is down (to change that: sudo ip link set %s up): %w", name, name, unix.ENETDOWN)
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return fmt.Errorf("%s: %w", name, ErrGone)
	case errors.Is(err, unix.EAFNOSUPPORT):
		return fmt.Errorf("%s: this kernel has no packet sockets (CONFIG_PACKET): %w", name, unix.EAFNOSUPPORT)
	}
	// The net.OpError around it says no more than this.
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("%s: packet socket: %w", name, err)
}

// filterError makes the error of a filter that the kernel does not take.
func filterError(name string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = errno
	}
	return fmt.Errorf("%s: %w: %w", name, ErrFilterRefused, err)
}

// control calls f with the descriptor of conn.
func control(conn *packet.Conn, f func(fd int) error) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(fd uintptr) { inner = f(int(fd)) }); err != nil {
		return err
	}
	return inner
}

// networkOrder gives a 16-bit number such that it lies in memory with its high byte first.
func networkOrder(v uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], v)
	return binary.NativeEndian.Uint16(b[:])
}

// interfaceName asks for the name of an interface. fd is any socket; the answer comes from its network namespace,
// whichever thread asks.
func interfaceName(fd, index int) (string, error) {
	ifr, err := unix.NewIfreq("")
	if err != nil {
		return "", err
	}
	ifr.SetUint32(uint32(index))
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFNAME, ifr); err != nil {
		return "", err
	}
	return ifr.Name(), nil
}

// hardwareType asks for the ARPHRD_ number of an interface. fd is any socket.
func hardwareType(fd int, name string) (uint16, error) {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFHWADDR, ifr); err != nil {
		return 0, err
	}
	return ifr.Uint16(), nil
}

// interfaceMTU asks for the MTU of an interface. fd is any socket.
func interfaceMTU(fd int, name string) (int, error) {
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFMTU, ifr); err != nil {
		return 0, err
	}
	return int(ifr.Uint32()), nil
}

// withSocket calls f with a socket for ioctls.
func withSocket(f func(fd int) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return f(fd)
}

// message receives packets from a packet socket, with what the kernel says about them. It is used again and again and
// must not move, since the kernel gets pointers into it.
type message struct {
	hdr  unix.Msghdr
	iov  unix.Iovec
	from unix.RawSockaddrLinklayer
	oob  [16]uint64 // control messages; words, for the alignment of their headers

	// What the last recv found.
	captured int   // bytes in the buffer
	length   int   // of the packet as the kernel had it, in bytes
	time     int64 // nanoseconds since 1970-01-01 UTC, or NoTime
	status   uint32
	network  int    // where the kernel takes the network header to be, in bytes from the packet's start
	tci      uint16 // VLAN tag that the kernel has set aside; see tag
	tpid     uint16
}

// init makes m receive into buf.
func (m *message) init(buf []byte) {
	if len(buf) > 0 {
		m.iov.Base = &buf[0]
	}
	m.iov.SetLen(len(buf))
	m.hdr.Iov = &m.iov
	m.hdr.SetIovlen(1)
	m.hdr.Name = (*byte)(unsafe.Pointer(&m.from))
	m.hdr.Control = (*byte)(unsafe.Pointer(&m.oob[0]))
}

// recv receives one packet without waiting; the result is 0 or the error.
func (m *message) recv(fd int) syscall.Errno {
	m.hdr.Namelen = unix.SizeofSockaddrLinklayer
	m.hdr.SetControllen(len(m.oob) * 8)
	// MSG_TRUNC makes the result the packet's length even if the buffer is shorter.
	n, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)), unix.MSG_TRUNC|unix.MSG_DONTWAIT)
	if errno != 0 {
		return errno
	}
	m.length = int(n)
	m.captured = min(m.length, int(m.iov.Len))
	m.time, m.status, m.network, m.tci, m.tpid = NoTime, 0, 0, 0, 0

	oob := unsafe.Slice((*byte)(unsafe.Pointer(&m.oob[0])), len(m.oob)*8)[:m.hdr.Controllen]
	for len(oob) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		oob = rest
		switch {
		case h.Level == unix.SOL_PACKET && h.Type == unix.PACKET_AUXDATA && len(data) >= int(unsafe.Sizeof(unix.TpacketAuxdata{})):
			aux := (*unix.TpacketAuxdata)(unsafe.Pointer(&data[0]))
			m.length = max(m.length, int(aux.Len)) // a filter may have cut the packet
			m.status, m.network, m.tci, m.tpid = aux.Status, int(aux.Net), aux.Vlan_tci, aux.Vlan_tpid
		case h.Level == unix.SOL_SOCKET && (h.Type == unix.SO_TIMESTAMPNS_NEW || h.Type == unix.SO_TIMESTAMPNS_OLD):
			m.time = timespec(data)
		}
	}
	return 0
}

// timespec reads a struct timespec with fields of 64 or, on old 32-bit systems, 32 bits.
func timespec(b []byte) int64 {
	const second = 1e9
	switch {
	case len(b) >= 16:
		return int64(binary.NativeEndian.Uint64(b))*second + int64(binary.NativeEndian.Uint64(b[8:]))
	case len(b) >= 8:
		return int64(int32(binary.NativeEndian.Uint32(b)))*second + int64(binary.NativeEndian.Uint32(b[4:]))
	}
	return NoTime
}

// vlanTag is the length of a VLAN tag in bytes.
const vlanTag = 4

// tag gives the VLAN tag that the kernel has taken out of the packet. ok is false if it had none.
func (m *message) tag() (tpid dissect.EtherType, tci uint16, ok bool) {
	if m.status&unix.TP_STATUS_VLAN_VALID == 0 && m.tci == 0 {
		return 0, 0, false
	}
	tpid = dissect.EtherTypeVLAN
	if m.status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		tpid = dissect.EtherType(m.tpid)
	}
	return tpid, m.tci, true
}

// insertTag puts the VLAN tag back into an Ethernet frame that starts at buf[vlanTag:], by moving the addresses into
// the first bytes of buf. It returns the frame; one that is too short to have a place for the tag stays as it is.
func insertTag(buf []byte, tpid dissect.EtherType, tci uint16) []byte {
	const addresses = 12
	if len(buf) < vlanTag+addresses {
		return buf[vlanTag:]
	}
	copy(buf, buf[vlanTag:vlanTag+addresses])
	binary.BigEndian.PutUint16(buf[addresses:], uint16(tpid))
	binary.BigEndian.PutUint16(buf[addresses+2:], tci)
	return buf
}

// linkState asks an interface whether something is connected to it. ok is false if it cannot say. fd is any socket.
func linkState(fd int, name string) (up, ok bool) {
	value := struct{ cmd, data uint32 }{cmd: unix.ETHTOOL_GLINK}
	var req struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte // the rest of struct ifreq
	}
	copy(req.name[:unix.IFNAMSIZ-1], name)
	req.data = unsafe.Pointer(&value)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req)))
	return value.data != 0, errno == 0
}
