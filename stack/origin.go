package stack

import (
	"fmt"
	"net/netip"

	"smoltcp/dissect"
)

// AddrOrigin says by whose will an address is ours. What one brings, another does not take away: an address that is added or removed by
// hand leaves those of leases and of the stack's own making as they are.
type AddrOrigin uint8

const (
	AddrManual    AddrOrigin = iota // the program's: InterfaceConfig.Addrs, AddAddr
	AddrLeased                      // a DHCP server's: AddLease
	AddrLinkLocal                   // nobody's: chosen for the link (RFC 3927)
	AddrStable                      // a router's: formed by the stack (RFC 7217), link-local ones included
	AddrTemporary                   // the same for a while (RFC 8981)
)

func (o AddrOrigin) String() string {
	if names := [...]string{"manual", "leased", "link-local", "autoconfigured", "temporary"}; int(o) < len(names) {
		return names[o]
	}
	return "?"
}

// Origin gives the origin of an address of the interface; ok is false if it has no such address.
func (ifc *Interface) Origin(a netip.Addr) (o AddrOrigin, ok bool) {
	a = a.Unmap().WithZone("")
	if six := ifc.find6(a); six != nil {
		return six.origin, true
	}
	if four := ifc.find4(a); four != nil {
		return four.opt.Origin, true
	}
	return AddrManual, ifc.has(a)
}

// AddLease adds an IPv4 address that a DHCP server leased, after it was probed, and announces it. For an address that is leased already it
// changes the length of the prefix. The errors are those of AddAddr: an address that the host has otherwise stays what it is.
// RemoveAddr takes it away. So do two claims of another station within ten seconds; then conflict, unless it is nil, is called inside a
// Poll. It may call any method.
func (ifc *Interface) AddLease(p netip.Prefix, conflict func(by dissect.MAC)) error {
	p = unmapPrefix(p)
	if a := ifc.find4(p.Addr()); a != nil && a.opt.Origin == AddrLeased {
		if err := ifc.checkForm(p); err != nil {
			return err
		}
		a.opt.Conflict = conflict
		ifc.setPrefix(&a.prefix, p)
		return nil
	}
	return ifc.AddAddrWith(p, AddrOptions{Origin: AddrLeased, GiveUp: true, Conflict: conflict})
}

// SetMTU changes how long IP packets may be that the interface sends, up to what its device takes, as a DHCP server may ask for. IPv6 does not go
// below its 1280 bytes. The error is ErrBadInterface.
func (ifc *Interface) SetMTU(mtu int) error {
	if mtu < minMTU || mtu > min(ifc.dev.MTU(), maxMTU) {
		return fmt.Errorf("%w %s: MTU %d (want %d to %d)", ErrBadInterface, ifc.name, mtu, minMTU, min(ifc.dev.MTU(), maxMTU))
	}
	if ifc.mtu6 >= min(ifc.mtu, mtu) && max(ifc.mtu6, mtu) >= minMTU6 { // no router says less, and there is IPv6
		ifc.mtu6 = max(mtu, minMTU6)
	}
	ifc.mtu = mtu
	ifc.stack.routesChanged()
	return nil
}
