package capture

import (
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// Raw is a [Device] over a packet socket: a host beside the kernel's own on an interface that both use. It receives
// every frame that reaches the interface, whoever it is for, since the host has a hardware address that the
// interface's filter does not know.
type Raw struct {
	name  string
	index int
	mtu   int
	link  dissect.LinkType
	poll  poller

	vnet   *vnet  // nil without offload
	buf    []byte // received frames start rawFrame bytes into it
	msg    message
	packet dissect.Packet // to complete checksums

	// down says that the interface was switched off, which may be the first that one sees of its end.
	down bool
	gone bool
}

// rawFrame leaves room for a VLAN tag before a frame, or for a virtio-net header, whose end the tag may overwrite.
const rawFrame = max(vlanTag, vnetHeaderLen)

// downCheck is how often an interface that is down is looked for: the socket does not tell when it is deleted.
const downCheck = 200 * time.Millisecond

// OpenRaw opens a packet socket on an interface that is up. The loopback interface is refused: there a host would
// receive its own frames.
func OpenRaw(name string) (*Raw, error) {
	ifi, err := interfaceByName(name)
	if err != nil {
		return nil, err
	}
	if ifi.Flags&net.FlagLoopback != 0 {
		return nil, fmt.Errorf("%s: a loopback interface cannot carry a host of its own", name)
	}
	r := &Raw{name: name, index: ifi.Index, mtu: ifi.MTU, buf: make([]byte, rawFrame+maxDeviceFrame)}
	var arphrd uint16
	if err := withSocket(func(fd int) error {
		arphrd, err = hardwareType(fd, name)
		return err
	}); err != nil {
		return nil, packetSocketError(name, err)
	}
	r.link, _ = linkOf(arphrd)
	if r.link != dissect.LinkEthernet && r.link != dissect.LinkRaw {
		return nil, fmt.Errorf("%s: neither an Ethernet nor an IP interface (hardware type %d)", name, arphrd)
	}
	conn, err := openPacketSocket(name, ifi.Index, packetSocketOptions{promiscuous: true, ignoreOutgoing: true, buffer: defaultBuffer})
	if err != nil {
		return nil, err
	}
	// conn stands in the runtime's poller, which would wake up with every frame for nothing: keep the socket and
	// close conn.
	var fd int
	err = control(conn, func(old int) error {
		fd, err = unix.FcntlInt(uintptr(old), unix.F_DUPFD_CLOEXEC, 0)
		return err
	})
	conn.Close()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := r.poll.init(fd, name); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r.msg.init(r.buf[rawFrame:])
	return r, nil
}

// Recv receives a frame; see [Device]. A VLAN tag that the kernel set aside is back in its place, and a checksum that
// the sender left to its device is complete.
func (r *Raw) Recv() ([]byte, error) {
	r.poll.use.Lock()
	defer r.poll.use.Unlock()
	if r.poll.closed.Load() {
		return nil, net.ErrClosed
	}
	for {
		switch errno := r.msg.recv(r.poll.fd); errno {
		case 0:
			r.down, r.poll.busy = false, true
			if r.msg.from.Pkttype == unix.PACKET_OUTGOING {
				continue // where the kernel cannot ignore them
			}
			return r.frame()
		case unix.EINTR:
		case unix.EAGAIN:
			if r.gone {
				return nil, r.goneError()
			}
			return nil, nil
		case unix.ENETDOWN:
			// Frames that came earlier may still be waiting.
			r.down = true
			if r.exists(); !r.gone {
				return nil, deviceError(r.name, "receive", errno)
			}
		default:
			return nil, deviceError(r.name, "receive", errno)
		}
	}
}

// frame gives the frame just received.
func (r *Raw) frame() ([]byte, error) {
	if r.msg.length > r.msg.captured {
		return nil, fmt.Errorf("%s: receive: frame of %d bytes is longer than %d", r.name, r.msg.length, r.msg.captured)
	}
	frame := r.buf[rawFrame : rawFrame+r.msg.captured]
	if r.vnet != nil {
		head := r.buf[rawFrame-vnetHeaderLen:]
		if _, err := r.vnet.received(head[:r.msg.captured]); err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		frame = frame[:r.msg.captured-vnetHeaderLen]
	} else if r.msg.status&unix.TP_STATUS_CSUMNOTREADY != 0 {
		completeChecksum(&r.packet, r.link, frame)
	}
	if tpid, tci, tagged := r.msg.tag(); tagged && r.link == dissect.LinkEthernet {
		frame = insertTag(r.buf[rawFrame-vlanTag:rawFrame+len(frame)], tpid, tci)
	}
	return frame, nil
}

// exists looks whether the interface is still there and remembers if not.
func (r *Raw) exists() {
	if _, err := interfaceName(r.poll.fd, r.index); err == unix.ENODEV {
		r.gone = true
	}
}

func (r *Raw) goneError() error { return fmt.Errorf("%s: %w", r.name, ErrGone) }

// Send sends a frame; see [Device].
func (r *Raw) Send(pieces [][]byte) (bool, error) {
	r.poll.use.Lock()
	defer r.poll.use.Unlock()
	if r.vnet != nil {
		pieces = r.vnet.plain(pieces)
	}
	return r.poll.send(r.name, pieces)
}

// Wait waits; see [Device].
func (r *Raw) Wait(timeout time.Duration, write bool) error {
	r.poll.use.Lock()
	defer r.poll.use.Unlock()
	if r.down && !r.gone {
		r.exists()
		if timeout < 0 || timeout > downCheck {
			timeout = downCheck
		}
	}
	if r.gone {
		return r.goneError()
	}
	if _, err := r.poll.wait(timeout, write); err != nil {
		return fmt.Errorf("%s: wait: %w", r.name, err)
	}
	return nil // an error of the socket is for Recv to find
}

func (r *Raw) Wake()          { r.poll.wake() }
func (r *Raw) Ethernet() bool { return r.link == dissect.LinkEthernet }
func (r *Raw) MTU() int       { return r.mtu }

// Link reports whether the interface is up and has a link, and how often that has changed.
func (r *Raw) Link() (up bool, changes uint64) { return r.poll.link.Link() }

// Close closes the socket.
func (r *Raw) Close() error { return r.poll.close() }
