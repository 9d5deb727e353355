package stack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"smoltcp/dissect"
)

// InterfaceConfig says what an interface is.
type InterfaceConfig struct {
	// Name is for people: "tap0". Default "if1", "if2", ...
	Name string

	// HardwareAddr is the station's address on Ethernet: unicast. Without Ethernet it is not used.
	HardwareAddr dissect.MAC

	// Addrs are our addresses, each with the length of the on-link prefix. Those of IPv6 become ours after Duplicate Address
	// Detection, within two seconds (RFC 4862 section 5.4).
	Addrs []netip.Prefix

	// Autoconf has the interface configure itself for IPv6: a link-local address, unless Addrs has one, and from what
	// routers advertise addresses, routes, MTU, hop limit and name servers (RFC 4861, RFC 4862). Without it
	// advertisements are ignored. Temporary adds temporary addresses (RFC 8981).
	Autoconf, Temporary bool

	// MTU, if not zero, lowers the device's.
	MTU int

	// SkipRxChecksums is for devices that verify the transport checksums of the frames that they deliver,
	// SkipTxChecksums for those that fill them in. The IPv4 header's is always computed, and so is everything about
	// fragments.
	SkipRxChecksums, SkipTxChecksums bool
}

// Interface is one attachment to a link. Interface 0 of every stack is its loopback, "lo", with 127.0.0.1/8.
type Interface struct {
	stack    *Stack
	index    int
	name     string
	dev      Device
	ethernet bool
	loopback bool
	mtu      int
	mac      dissect.MAC
	addrs    []netip.Prefix
	skipRx   bool
	skipTx   bool

	neighbors neighborCache
	announces []*announce // addresses that still have to be announced, see arp.go

	groups []*group // of both versions
	igmp   listener

	// IPv6. addrs has those of addrs6 that are ours now.
	addrs6     []*addr6
	neighbors6 neighborCache
	mld        listener
	mtu6       int   // mtu, or less if a router says so
	hopLimit6  uint8 // what routers say; 0 if they say nothing
	auto       *autoconf
	temporary  bool // addresses are formed, see slaac.go
	redirects  []redirected

	ready     ring  // sockets with something to send
	txq       queue // frames that wait because the device is full, oldest first
	stalledAt Time  // since when txq is not empty
	backlog   bool  // the last poll left frames in the device

	routeGen  uint32 // of the routes that the sockets in ready were told, see reroute
	rerouting int    // of those, how many still are to be
}

// Limits of an MTU, in bytes: RFC 791's smallest, and what TotalLen can say.
const (
	minMTU = 68
	maxMTU = 65535
)

// Errors of AddInterface and AddAddr.
var (
	ErrBadInterface = errors.New("invalid interface")
	ErrBadAddr      = errors.New("cannot be an address of this host")
)

// AddInterface attaches a device. The errors are ErrBadInterface and ErrBadAddr, wrapped with what is wrong.
func (s *Stack) AddInterface(dev Device, cfg InterfaceConfig) (*Interface, error) {
	ifc := &Interface{
		stack: s, index: len(s.interfaces), name: cfg.Name, dev: dev, ethernet: dev.Ethernet(), mtu: dev.MTU(),
		mac: cfg.HardwareAddr, skipRx: cfg.SkipRxChecksums, skipTx: cfg.SkipTxChecksums, stalledAt: Never,
	}
	if ifc.name == "" {
		ifc.name = fmt.Sprintf("if%d", ifc.index)
	}
	if cfg.MTU != 0 {
		if cfg.MTU > ifc.mtu {
			return nil, fmt.Errorf("%w %s: MTU %d exceeds the device's %d", ErrBadInterface, ifc.name, cfg.MTU, ifc.mtu)
		}
		ifc.mtu = cfg.MTU
	}
	if ifc.mtu < minMTU || ifc.mtu > maxMTU {
		return nil, fmt.Errorf("%w %s: MTU %d (want %d to %d)", ErrBadInterface, ifc.name, ifc.mtu, minMTU, maxMTU)
	}
	if ifc.ethernet && !ifc.mac.IsUnicast() {
		return nil, fmt.Errorf("%w %s: hardware address %s is not that of one station", ErrBadInterface, ifc.name, ifc.mac)
	}
	ifc.neighbors.init(ifc, false)
	ifc.neighbors6.init(ifc, true)
	ifc.igmp.init(ifc, igmpReports{}, false)
	ifc.mld.init(ifc, mldReports{}, true)
	ifc.mtu6 = ifc.mtu
	ifc.temporary = cfg.Temporary
	if cfg.Autoconf && ifc.mtu < minMTU6 {
		return nil, fmt.Errorf("%w %s: MTU %d is too small for IPv6", ErrBadInterface, ifc.name, ifc.mtu)
	}
	for _, a := range cfg.Addrs {
		if err := ifc.checkAddr(a); err != nil {
			return nil, err
		}
	}
	s.interfaces = append(s.interfaces, ifc)
	for _, a := range cfg.Addrs {
		if err := ifc.AddAddr(a); err != nil { // only a duplicate within the list is left to find
			s.interfaces = s.interfaces[:ifc.index]
			for _, a := range slices.Clone(ifc.addrs6) {
				a.remove()
			}
			for _, a := range ifc.addrs {
				delete(s.locals, a.Addr())
				ifc.forget(a.Addr())
			}
			return nil, err
		}
	}
	if cfg.Autoconf {
		ifc.startAutoconf()
	}
	return ifc, nil
}

// Interfaces gives the interfaces in the order in which they were added, the loopback first.
func (s *Stack) Interfaces() []*Interface { return slices.Clone(s.interfaces) }

func (ifc *Interface) Name() string              { return ifc.name }
func (ifc *Interface) Index() int                { return ifc.index }
func (ifc *Interface) HardwareAddr() dissect.MAC { return ifc.mac }
func (ifc *Interface) MTU() int                  { return ifc.mtu } // of IP packets, in bytes
func (ifc *Interface) Loopback() bool            { return ifc.loopback }
func (ifc *Interface) Addrs() []netip.Prefix     { return slices.Clone(ifc.addrs) }

// Stalled reports whether frames wait because the device is full. NextPoll does not count them: the owner polls when
// the device has room again, or after a while.
func (ifc *Interface) Stalled() bool { return ifc.txq.len() > 0 }

// AddAddr adds an address with the length of its on-link prefix, and announces it on Ethernet (RFC 5227
// section 2.3). One of IPv6 is first looked for at other stations there (RFC 4862 section 5.4); until that is over it is
// Tentative. The errors wrap ErrBadAddr: network, broadcast, multicast and loopback addresses, and those that the
// stack has already.
func (ifc *Interface) AddAddr(p netip.Prefix) error {
	if err := ifc.checkAddr(p); err != nil {
		return err
	}
	p = unmapPrefix(p)
	if !p.Addr().Is4() {
		ifc.addAddr6(p, originManual, Never, Never, nil)
		return nil
	}
	if !ifc.sourceFor(p.Addr()).IsValid() {
		ifc.igmp.reportAll() // routers may pass over reports of nobody
	}
	ifc.addrs = append(ifc.addrs, p)
	ifc.stack.locals[p.Addr()] = ifc
	ifc.stack.routesChanged()
	ifc.announceAddr(p.Addr())
	return nil
}

// RemoveAddr takes an address away and reports whether it was there. Connections that use it are aborted without a
// word on the wire.
func (ifc *Interface) RemoveAddr(a netip.Addr) bool {
	if o := ifc.find6(a.WithZone("")); o != nil {
		o.remove()
		return true
	}
	i := slices.IndexFunc(ifc.addrs, func(p netip.Prefix) bool { return p.Addr() == a.Unmap() })
	if i < 0 || ifc.loopback {
		return false
	}
	ifc.addrs = slices.Delete(ifc.addrs, i, i+1)
	delete(ifc.stack.locals, a.Unmap())
	ifc.stack.routesChanged()
	ifc.forget(a.Unmap())
	ifc.stack.tcp.addrRemoved(a.Unmap())
	return true
}

func (ifc *Interface) checkAddr(p netip.Prefix) error {
	if !p.IsValid() {
		return fmt.Errorf("%s %w", p, ErrBadAddr)
	}
	p = unmapPrefix(p)
	a := p.Addr()
	bad := func(why string) error { return fmt.Errorf("%s %w: %s", p, ErrBadAddr, why) }
	switch {
	case a.IsMulticast():
		return bad("it is a multicast address")
	case a.IsLoopback() && !ifc.loopback:
		return bad("it is a loopback address")
	case !isHost(a) && !a.IsLoopback():
		return bad("it is not the address of a host")
	case p.Bits() == 0:
		return bad("its prefix is empty")
	case !a.Is4() && p.Bits() < 127 && a == p.Masked().Addr():
		return bad("it is the anycast address of the network's routers") // RFC 4291 section 2.6.1
	case !a.Is4() && ifc.mtu < minMTU6:
		return bad("IPv6 needs an MTU of 1280 bytes") // RFC 8200 section 5
	case !a.Is4():
		if ifc.stack.wanted6(a) {
			return bad("this host has it already")
		}
	case p.Bits() < 31 && a == p.Masked().Addr():
		return bad("it is the address of the network")
	case p.Bits() < 31 && a == lastAddr(p):
		return bad("it is the broadcast address")
	case ifc.stack.local(a) != nil:
		return bad("this host has it already")
	}
	return nil
}

// has reports whether a is an address of this interface.
func (ifc *Interface) has(a netip.Addr) bool {
	for _, p := range ifc.addrs {
		if p.Addr() == a {
			return true
		}
	}
	return false
}

// onLink reports whether one of the interface's prefixes holds a.
func (ifc *Interface) onLink(a netip.Addr) bool {
	for _, p := range ifc.addrs {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// isBroadcast reports whether a is the broadcast address, in the present or the old zero form, of one of the
// interface's subnets (RFC 1122 section 3.3.6). The limited broadcast address is not meant.
func (ifc *Interface) isBroadcast(a netip.Addr) bool {
	for _, p := range ifc.addrs {
		if a.Is4() && p.Addr().Is4() && p.Bits() < 31 && p.Contains(a) && (a == lastAddr(p) || a == p.Masked().Addr()) {
			return true
		}
	}
	return false
}

// sourceFor is the source address for IPv4 packets that go by the neighbor next: the one on its subnet (RFC 1122
// section 3.3.4.3), else the first. For IPv6 see source6.
func (ifc *Interface) sourceFor(next netip.Addr) netip.Addr {
	var first netip.Addr
	for _, p := range ifc.addrs {
		if p.Addr().Is4() != next.Is4() {
			continue
		}
		if p.Contains(next) {
			return p.Addr()
		}
		if !first.IsValid() {
			first = p.Addr()
		}
	}
	return first
}

// local gives the interface that has the address a, nil if it is not ours.
func (s *Stack) local(a netip.Addr) *Interface {
	return s.locals[a]
}

// isAnyBroadcast reports whether a is the limited broadcast address or the broadcast address of a subnet of any
// interface.
func (s *Stack) isAnyBroadcast(a netip.Addr) bool {
	if a == broadcast4 {
		return true
	}
	for _, ifc := range s.interfaces[1:] {
		if ifc.isBroadcast(a) {
			return true
		}
	}
	return false
}

var (
	broadcast4 = netip.AddrFrom4([4]byte{255, 255, 255, 255})
	any4       = netip.IPv4Unspecified()
	loopback4  = netip.AddrFrom4([4]byte{127, 0, 0, 1})
)

// isHost reports whether a can be the address of one host on a wire: not 0/8, 127/8, 224/4 or 240/4.
func isHost(a netip.Addr) bool {
	if !a.Is4() {
		return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && !a.Is4In6()
	}
	first := a.As4()[0]
	return first != 0 && first != 127 && first < 224
}

// lastAddr is the last address of an IPv4 prefix.
func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])|uint32(1<<(32-p.Bits())-1))
	return netip.AddrFrom4(b)
}
