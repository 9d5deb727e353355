package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// OpenDevice opens an interface for a host: a TAP or TUN interface as such, any other through a packet socket. One that
// does not exist is created as a TAP (or TUN) interface, switched on and given its addresses; it vanishes with Close. If
// the process may not do that, the error shows the commands that do it.
func OpenDevice(opts DeviceOptions) (Device, error) {
	ifi, err := interfaceByName(opts.Name)
	var none *noInterfaceError
	switch {
	case errors.As(err, &none):
		return create(opts)
	case err != nil:
		return nil, err
	}
	if tun, ok := tunTapMode(ifi.Name); ok {
		t, err := openTAP(ifi.Name, tun, opts.Offload)
		if errors.Is(err, fs.ErrPermission) {
			return nil, fmt.Errorf("%w (it was made for another user; run as root)", err)
		}
		if err != nil {
			return nil, err
		}
		return t.device(opts.Offload), nil
	}
	r, err := OpenRaw(ifi.Name)
	if err != nil {
		return nil, err
	}
	if !r.offload() {
		return r, nil
	}
	cut := cutRaw{Raw: r, complete: !opts.Offload}
	if !opts.Offload {
		return &cut, nil
	}
	return &offloadRaw{cut}, nil
}

// create makes an interface and opens it.
func create(opts DeviceOptions) (Device, error) {
	t, err := openTAP(opts.Name, opts.TUN, opts.Offload)
	if err != nil {
		return nil, explain(err, &opts)
	}
	if err := configure(&opts); err != nil {
		t.Close()
		return nil, explain(err, &opts)
	}
	if opts.MTU > 0 {
		t.mtu = opts.MTU
	}
	t.poll.link.start()
	return t.device(opts.Offload), nil
}

// configure sets up the kernel's side of a new interface.
func configure(opts *DeviceOptions) error {
	link, err := netlink.LinkByName(opts.Name)
	if err != nil {
		return fmt.Errorf("%s: %w", opts.Name, err)
	}
	if opts.MTU > 0 {
		if err := netlink.LinkSetMTU(link, opts.MTU); err != nil {
			return fmt.Errorf("%s: set MTU %d: %w", opts.Name, opts.MTU, err)
		}
	}
	for i, a := range slices.Concat(opts.HostAddrs, opts.TryAddrs) {
		addr := &netlink.Addr{IPNet: &net.IPNet{
			IP:   a.Addr().AsSlice(),
			Mask: net.CIDRMask(a.Bits(), a.Addr().BitLen()),
		}}
		if a.Addr().Is6() {
			addr.Flags = unix.IFA_F_NODAD // there is nobody else on the link
		}
		if err := netlink.AddrAdd(link, addr); err != nil && i < len(opts.HostAddrs) {
			return fmt.Errorf("%s: add address %s: %w", opts.Name, a, err)
		}
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s: switch on: %w", opts.Name, err)
	}
	return nil
}

// explain adds to an error of missing permission what to do about it.
func explain(err error, opts *DeviceOptions) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fmt.Errorf("%w; run as root, or prepare the interface once: %s", err, opts.setupCommands())
}

// IsTunTap reports whether an interface is a TAP or TUN interface.
func IsTunTap(name string) bool {
	_, ok := tunTapMode(name)
	return ok
}

// tunTapMode tells TUN from TAP interfaces; ok is false for all others.
func tunTapMode(name string) (tun, ok bool) {
	_ = withSocket(func(fd int) error {
		info, err := unix.IoctlGetEthtoolDrvinfo(fd, name)
		if err == nil && unix.ByteSliceToString(info.Driver[:]) == "tun" {
			tun, ok = unix.ByteSliceToString(info.Bus_info[:]) == "tun", true
		}
		return err
	})
	return tun, ok
}
