//go:build !linux

package capture

import (
	"errors"
	"time"

	"smoltcp/dissect"
)

// errNotLinux is the error of everything that needs a Linux kernel.
var errNotLinux = errors.New("packet sockets and TAP interfaces need Linux; capture files work everywhere")

// Live is a [Source] of the packets that pass an interface. It exists on Linux only.
type Live struct{}

// NewLive fails: it needs Linux.
func NewLive(LiveOptions) (*Live, error) { return nil, errNotLinux }

func (*Live) Next() (Packet, error)           { return Packet{}, errNotLinux }
func (*Live) Interfaces() []Interface         { return nil }
func (*Live) SetReadDeadline(time.Time) error { return errNotLinux }
func (*Live) Stats() (Stats, error)           { return Stats{}, errNotLinux }
func (*Live) Stop() error                     { return nil }
func (*Live) Close() error                    { return nil }

// OpenDevice fails: it needs Linux.
func OpenDevice(DeviceOptions) (Device, error) { return nil, errNotLinux }

// IsTunTap reports whether an interface is a TAP or TUN interface: never, elsewhere than on Linux.
func IsTunTap(string) bool { return false }

func probeInterface(*InterfaceInfo) {}

// InterfaceLink fails: it needs Linux.
func InterfaceLink(string) (dissect.LinkType, error) { return 0, errNotLinux }
