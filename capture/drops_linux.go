package capture

import (
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// interfaceDrops tells how many packets an interface has dropped since a capture began. It asks where it was opened, which may be
// another network namespace.
type interfaceDrops struct {
	handle *netlink.Handle
	index  int
	before uint64
	last   uint64
}

// openInterfaceDrops gives nil, which knows of none, for all interfaces (index 0) and where the kernel does not tell. With it
// comes what a person has written down about the interface ("ip link set eth0 alias TEXT").
func openInterfaceDrops(index int) (d *interfaceDrops, alias string) {
	if index == 0 {
		return nil, ""
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, ""
	}
	d = &interfaceDrops{handle: h, index: index}
	d.before, alias, _ = d.ask()
	return d, alias
}

func (d *interfaceDrops) ask() (drops uint64, alias string, ok bool) {
	l, err := d.handle.LinkByIndex(d.index)
	if err != nil || l.Attrs().Statistics == nil {
		return 0, "", false
	}
	s := l.Attrs().Statistics
	return s.RxMissedErrors + s.RxFifoErrors, l.Attrs().Alias, true
}

// since counts from the beginning; of an interface that is gone it is what it was before.
func (d *interfaceDrops) since() uint64 {
	if d == nil || d.handle == nil {
		return 0
	}
	if n, _, ok := d.ask(); ok && n >= d.before {
		d.last = n - d.before
	}
	return d.last
}

func (d *interfaceDrops) close() {
	if d != nil && d.handle != nil {
		d.handle.Close()
	}
}
