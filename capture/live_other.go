//go:build !linux

package capture

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/net/bpf"

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
func (*Live) InterfaceName(int) string        { return "" }
func (*Live) tryNext() (Packet, bool)         { return Packet{}, false }
func (*Live) latency() time.Duration          { return 0 }
func (*Live) Span() (start, end int64)        { return 0, 0 }
func (*Live) Stop() error                     { return nil }
func (*Live) Close() error                    { return nil }

// OpenDevice fails: it needs Linux.
func OpenDevice(DeviceOptions) (Device, error) { return nil, errNotLinux }

// IsTunTap reports whether an interface is a TAP or TUN interface: never, elsewhere than on Linux.
func IsTunTap(string) bool { return false }

func probeInterface(*InterfaceInfo) {}

// InterfaceLink fails: it needs Linux.
func InterfaceLink(string) (dissect.LinkType, error) { return 0, errNotLinux }

// Namespaces lists the network namespaces that have names: none, elsewhere than on Linux.
func Namespaces() []string { return nil }

// InNamespace calls f, and fails if name is not empty: namespaces need Linux.
func InNamespace(name string, f func() error) error {
	if name == "" {
		return f()
	}
	return fmt.Errorf("network namespace %s: they exist on Linux only", name)
}

// Counter counts the packets on an interface that a filter accepts. It exists on Linux only.
type Counter struct{}

// NewCounter fails: it needs Linux.
func NewCounter(string, Direction, []bpf.RawInstruction) (*Counter, error) { return nil, errNotLinux }

func (*Counter) Count() (uint64, error) { return 0, errNotLinux }
func (*Counter) Close() error           { return nil }
