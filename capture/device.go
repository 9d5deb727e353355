package capture

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Device carries frames both ways for a host. Package stack asks for this method set; it is spelled out here because
// the decorators of this package wrap one.
//
// Recv, Send and Wait belong to one goroutine, that of the host's loop. Wake and Close may be called from any, Wake
// also after Close.
type Device interface {
	// Recv returns the next received frame, lent until the following Recv, or nil when none is waiting. An error
	// means that a frame was lost or the device failed; the caller counts it and goes on, unless it is ErrGone.
	Recv() ([]byte, error)

	// Send hands one frame to the device as consecutive pieces (headers, then payload), which it does not keep.
	// false, nil means that the device is full and took nothing: try again after Wait. An error means that this
	// frame is lost.
	Send(pieces [][]byte) (bool, error)

	// Wait blocks until a frame can be received, or (with write) sent, or the timeout (negative: for ever) has
	// passed, or Wake was called since the last Wait. It may return early without any of these. An error means that
	// waiting is over for good: ErrGone, or net.ErrClosed after Close.
	Wait(timeout time.Duration, write bool) error

	Wake()

	// Ethernet reports whether frames start with an Ethernet header; otherwise they start with the IP header.
	Ethernet() bool

	// MTU is the largest IP packet that the device carries, in bytes.
	MTU() int

	Close() error
}

// linkDevice is a Device that follows its link. Those of this package do, on Linux.
type linkDevice interface {
	// Link reports whether the link is up, and how often that has changed since the device was opened.
	Link() (up bool, changes uint64)
}

// linkOfDevice is the link of dev, which is up if it does not know.
func linkOfDevice(dev Device) (up bool, changes uint64) {
	if d, ok := dev.(linkDevice); ok {
		return d.Link()
	}
	return true, 0
}

// ErrGone is wrapped by the errors of a device or live capture whose interface has been deleted: nothing will ever come
// from it again.
var ErrGone = errors.New("the interface is gone")

// DeviceOptions says which interface a host runs on, and what it gets if it has to be made.
type DeviceOptions struct {
	Name string

	// HostAddrs are the addresses that the kernel's side of an interface gets that did not exist.
	HostAddrs []netip.Prefix

	// TryAddrs are more of those; a kernel that refuses one, because it has no IPv6, does without.
	TryAddrs []netip.Prefix

	// MTU is that of an interface that did not exist; zero leaves the kernel's default.
	MTU int

	// TUN makes an interface that did not exist carry IP packets instead of Ethernet frames.
	TUN bool

	// Offload leaves TCP checksums, and cutting text into segments, to a device that can do that: it is a stack.Offloader then, and gives
	// frames that were not cut. Observers and [Fault] need one without.
	Offload bool
}

// mode is how `ip tuntap` calls the kind of interface.
func (o *DeviceOptions) mode() string {
	if o.TUN {
		return "tun"
	}
	return "tap"
}

// setupCommands are the commands with which somebody who is allowed to makes the interface for user $USER.
func (o *DeviceOptions) setupCommands() string {
	c := fmt.Sprintf("sudo ip tuntap add name %s mode %s user $USER && sudo ip link set %s up", o.Name, o.mode(), o.Name)
	for _, a := range slices.Concat(o.HostAddrs, o.TryAddrs) {
		c += fmt.Sprintf(" && sudo ip addr add %s dev %s", a, o.Name)
	}
	return c
}

// maxInterfaceName is the longest name of a Linux interface: IFNAMSIZ less the terminating zero.
const maxInterfaceName = 15

// checkInterfaceName refuses names that the kernel would refuse, cut off or take for a template. The error names the
// interface.
func checkInterfaceName(name string) error {
	switch {
	case name == "":
		return errors.New("no interface given")
	case len(name) > maxInterfaceName:
		return fmt.Errorf("%q: an interface name has at most %d bytes", name, maxInterfaceName)
	case name == "." || name == ".." || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r == '/' || r == ':' || r == '%' || r == 0x7f
	}):
		return fmt.Errorf("%q: not an interface name", name)
	}
	return nil
}

// interfaceByName finds an interface. The error of one that does not exist lists those that do.
func interfaceByName(name string) (*net.Interface, error) {
	if err := checkInterfaceName(name); err != nil {
		return nil, err
	}
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("%s: cannot list interfaces: %w", name, err)
	}
	have := make([]string, 0, len(all))
	for i := range all {
		if all[i].Name == name {
			return &all[i], nil
		}
		have = append(have, all[i].Name)
	}
	return nil, &noInterfaceError{name, have}
}

// noInterfaceError is the answer to a name that no interface has.
type noInterfaceError struct {
	name string
	have []string
}

func (e *noInterfaceError) Error() string {
	if len(e.have) == 0 {
		return e.name + ": no such interface (there is none at all)"
	}
	return fmt.Sprintf("%s: no such interface (have: %s)", e.name, strings.Join(e.have, ", "))
}
