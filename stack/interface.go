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
	// Detection, within two seconds (RFC 4862 section 5.4); those of IPv4 at once, unless ProbeAddrs has them looked for at
	// other stations too, which takes four to seven seconds (RFC 5227).
	Addrs      []netip.Prefix
	ProbeAddrs bool

	// LinkLocal4 has the interface choose an IPv4 address for itself (RFC 3927), where it is an Ethernet.
	LinkLocal4 LinkLocalMode

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
	index    int // of no other interface, ever
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

	addrs4     []*addr4 // of which addrs has those that are ours now, see addr4.go
	probeAddrs bool     // what AddAddr adds is probed
	conflicts4 int      // how often another station had an address that was probed, or given up
	linkLocal4 linkLocal4

	parent *Interface   // the one that this VLAN is on, nil for others; see vlan.go
	vlanID uint16       // its tag
	vlans  []*Interface // the VLANs on this one

	linkDown    bool // see link.go
	linkChanges uint64
	linkSeen    uint64 // those that the device told of
	gone        bool   // removed from the stack

	dhcp *DHCPPort // open while a program asks for a lease, nil otherwise

	groups []*group // of both versions
	igmp   listener

	// IPv6. addrs has those of addrs6 that are ours now.
	addrs6     []*addr6
	neighbors6 neighborCache
	mld        listener
	mtu6       int   // mtu, or less if a router says so
	hopLimit6  uint8 // what routers say; 0 if they say nothing
	auto       *autoconf
	temporary  bool         // addresses are formed, see slaac.go
	redirects  []redirected // of both versions

	redirectTimer timer

	offload  Offloader // dev, if it is one
	verified bool      // it vouches for the frame in hand

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
		stack: s, index: s.lastIndex + 1, name: cfg.Name, dev: dev, ethernet: dev.Ethernet(), mtu: dev.MTU(),
		mac: cfg.HardwareAddr, skipRx: cfg.SkipRxChecksums, skipTx: cfg.SkipTxChecksums, stalledAt: Never,
	}
	if ifc.name == "" {
		ifc.name = fmt.Sprintf("if%d", ifc.index)
	}
	if err := s.checkName(ifc.name); err != nil {
		return nil, err
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
	ifc.temporary, ifc.probeAddrs = cfg.Temporary, cfg.ProbeAddrs
	if cfg.Autoconf && ifc.mtu < minMTU6 {
		return nil, fmt.Errorf("%w %s: MTU %d is too small for IPv6", ErrBadInterface, ifc.name, ifc.mtu)
	}
	for _, a := range cfg.Addrs {
		if err := ifc.checkAddr(a); err != nil {
			return nil, err
		}
	}
	ifc.offload, _ = dev.(Offloader)
	switch dev := dev.(type) {
	case *vlanDevice:
		ifc.parent, ifc.vlanID, ifc.linkDown = dev.parent, dev.id, dev.parent.linkDown
	case LinkDevice:
		up, changes := dev.Link()
		ifc.linkDown, ifc.linkSeen = !up, changes
	}
	s.lastIndex = ifc.index
	s.interfaces = append(s.interfaces, ifc)
	for _, a := range cfg.Addrs {
		if err := ifc.AddAddr(a); err != nil { // only a duplicate within the list is left to find
			s.interfaces = s.interfaces[:len(s.interfaces)-1]
			for _, a := range slices.Clone(ifc.addrs6) {
				a.remove()
			}
			for _, a := range slices.Clone(ifc.addrs4) {
				ifc.removeAddr4(a)
			}
			return nil, err
		}
	}
	if cfg.Autoconf {
		ifc.startAutoconf()
	}
	if cfg.LinkLocal4 != LinkLocalOff {
		ifc.SetLinkLocal4(cfg.LinkLocal4)
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
func (ifc *Interface) Stalled() bool {
	return ifc.txq.len() > 0 || slices.ContainsFunc(ifc.vlans, (*Interface).Stalled)
}

// stalledSince is since when the interface is Stalled.
func (ifc *Interface) stalledSince() Time {
	since := ifc.stalledAt
	for _, child := range ifc.vlans {
		since = min(since, child.stalledSince())
	}
	return since
}

// AddAddr adds an address with the length of its on-link prefix, and announces it on Ethernet (RFC 5227
// section 2.3). One of IPv6 is first looked for at other stations there (RFC 4862 section 5.4), and with
// InterfaceConfig.ProbeAddrs one of IPv4 too (RFC 5227 section 2.1); until that is over it is Tentative. The errors
// wrap ErrBadAddr: network, broadcast, multicast and loopback addresses, and those that the stack has already.
func (ifc *Interface) AddAddr(p netip.Prefix) error {
	if err := ifc.checkAddr(p); err != nil {
		return err
	}
	if p = unmapPrefix(p); p.Addr().Is4() {
		ifc.addAddr4(p, AddrOptions{Probe: ifc.probeAddrs})
	} else {
		ifc.addAddr6(p, AddrManual, Never, Never, nil)
	}
	return nil
}

// RemoveAddr takes an address away and reports whether it was there. Connections that use it are aborted without a
// word on the wire.
func (ifc *Interface) RemoveAddr(a netip.Addr) bool {
	if o := ifc.find6(a.WithZone("")); o != nil {
		o.remove()
		return true
	}
	if o := ifc.find4(a.Unmap()); o != nil {
		ifc.removeAddr4(o)
		return true
	}
	return false
}

// checkAddr refuses what cannot be a new address of the interface.
func (ifc *Interface) checkAddr(p netip.Prefix) error {
	if err := ifc.checkForm(p); err != nil {
		return err
	}
	if p = unmapPrefix(p); ifc.stack.wanted(p.Addr()) {
		return badAddr(p, "this host has it already")
	}
	return nil
}

// checkForm refuses what can be the address of no host here.
func (ifc *Interface) checkForm(p netip.Prefix) error {
	if !p.IsValid() {
		return fmt.Errorf("%s %w", p, ErrBadAddr)
	}
	if ifc.gone {
		return badAddr(p, "its interface is gone")
	}
	p = unmapPrefix(p)
	a := p.Addr()
	bad := func(why string) error { return badAddr(p, why) }
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
	case !a.Is4() && ifc.mtu6 < minMTU6:
		return bad("IPv6 needs an MTU of 1280 bytes") // RFC 8200 section 5
	case !a.Is4():
	case p.Bits() < 31 && a == p.Masked().Addr():
		return bad("it is the address of the network")
	case p.Bits() < 31 && a == lastAddr(p):
		return bad("it is the broadcast address")
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
// section 3.3.4.3), else the first, of the link's own (RFC 3927) only if there is no other. For IPv6 see source6.
func (ifc *Interface) sourceFor(next netip.Addr) netip.Addr {
	var first netip.Addr
	for _, p := range ifc.addrs {
		if p.Addr().Is4() != next.Is4() {
			continue
		}
		if p.Contains(next) {
			return p.Addr()
		}
		if !first.IsValid() || isLinkLocal4(first) && !isLinkLocal4(p.Addr()) {
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
