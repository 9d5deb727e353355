package capture

import (
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// maxDeviceFrame is the longest frame that a device receives, in bytes: an IP packet of 64 KiB and any link-layer header.
const maxDeviceFrame = 65536 + 256

// TAP is a [Device] over a TAP or TUN interface: what the kernel sends to the interface it receives, and the other way
// round.
type TAP struct {
	name string
	tun  bool
	mtu  int
	buf  []byte
	poll poller
}

// OpenTAP attaches to a TAP (or, with tun, TUN) interface. One that does not exist is created, if the process may, and
// vanishes when the TAP is closed; it is down and has no addresses. See OpenDevice for the whole of it.
func OpenTAP(name string, tun bool) (*TAP, error) { return openTAP(name, tun, false) }

// openTAP is OpenTAP, with frames that have virtio-net headers if offload is set.
func openTAP(name string, tun, offload bool) (*TAP, error) {
	if err := checkInterfaceName(name); err != nil {
		return nil, err
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return nil, fmt.Errorf("%s: /dev/net/tun is missing (load the module: sudo modprobe tun; in a container, pass the device on): %w", name, err)
	case err != nil:
		return nil, fmt.Errorf("%s: open /dev/net/tun: %w", name, err)
	}
	t := &TAP{name: name, tun: tun, buf: make([]byte, maxDeviceFrame)}
	if err := t.attach(fd, offload); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return t, nil
}

// attach ties fd to the interface.
func (t *TAP) attach(fd int, offload bool) error {
	ifr, err := unix.NewIfreq(t.name)
	if err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	flags := uint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if t.tun {
		flags = unix.IFF_TUN | unix.IFF_NO_PI
	}
	if offload {
		flags |= unix.IFF_VNET_HDR
	}
	ifr.SetUint16(flags)
	err = unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	if errors.Is(err, unix.EINVAL) {
		// An interface made with several queues wants to hear that we know.
		ifr.SetUint16(flags | unix.IFF_MULTI_QUEUE)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr)
	}
	switch {
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%s: in use by another program: %w", t.name, err)
	case err != nil:
		return fmt.Errorf("%s: attach: %w", t.name, err)
	}
	// The interface may still have what a program wanted that was killed.
	if err := setTunOffload(fd, offload); err != nil && offload {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	if err := withSocket(func(s int) error {
		t.mtu, err = interfaceMTU(s, t.name)
		return err
	}); err != nil {
		return fmt.Errorf("%s: read its MTU: %w", t.name, err)
	}
	return t.poll.init(fd, t.name)
}

// Recv receives a frame; see [Device].
func (t *TAP) Recv() ([]byte, error) {
	t.poll.use.Lock()
	defer t.poll.use.Unlock()
	if t.poll.closed.Load() {
		return nil, net.ErrClosed
	}
	for {
		n, err := readNow(t.poll.fd, t.buf)
		switch {
		case err == 0:
			t.poll.busy = true
			return t.buf[:n], nil
		case err == unix.EAGAIN:
			return nil, nil
		case err != unix.EINTR:
			return nil, deviceError(t.name, "receive", err)
		}
	}
}

// Send sends a frame; see [Device].
func (t *TAP) Send(pieces [][]byte) (bool, error) {
	t.poll.use.Lock()
	defer t.poll.use.Unlock()
	return t.poll.send(t.name, pieces)
}

// send writes a frame. p.use is held; name is for errors.
func (p *poller) send(name string, pieces [][]byte) (bool, error) {
	if p.closed.Load() {
		return false, net.ErrClosed
	}
	for {
		n, err := p.writeNow(pieces)
		switch {
		case err == 0 && n == 0:
			return false, fmt.Errorf("%s: send: empty frame", name) // the kernel did not even look
		case err == 0:
			return true, nil
		case err == unix.EAGAIN:
			return false, nil
		case err != unix.EINTR:
			return false, deviceError(name, "send", err)
		}
	}
}

// deviceError names what failed. What the kernel says when an interface is gone becomes ErrGone; everything else, such as
// EIO from one that is down, costs one frame.
func deviceError(name, what string, err error) error {
	switch {
	case errors.Is(err, unix.EBADFD), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return fmt.Errorf("%s: %w", name, ErrGone)
	case errors.Is(err, unix.EIO), errors.Is(err, unix.ENETDOWN):
		return fmt.Errorf("%s: %s: the interface is down: %w", name, what, err)
	}
	return fmt.Errorf("%s: %s: %w", name, what, err)
}

// Wait waits; see [Device].
func (t *TAP) Wait(timeout time.Duration, write bool) error {
	t.poll.use.Lock()
	defer t.poll.use.Unlock()
	revents, err := t.poll.wait(timeout, write)
	switch {
	case err != nil:
		return fmt.Errorf("%s: wait: %w", t.name, err)
	case revents&(unix.POLLERR|unix.POLLNVAL) != 0:
		// The kernel reports this of a TAP whose interface has been deleted, and of no other.
		return fmt.Errorf("%s: %w", t.name, ErrGone)
	}
	return nil
}

func (t *TAP) Wake()          { t.poll.wake() }
func (t *TAP) Ethernet() bool { return !t.tun }
func (t *TAP) MTU() int       { return t.mtu }

// Link reports whether the kernel's side of the interface is up, and how often that has changed.
func (t *TAP) Link() (up bool, changes uint64) { return t.poll.link.Link() }

// Close detaches from the interface. One that OpenTAP created vanishes.
func (t *TAP) Close() error { return t.poll.close() }
