package capture

import (
	"errors"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/net/bpf"

	"smoltcp/dissect"
)

// AnyInterface is the name that stands for all interfaces of the machine.
const AnyInterface = "any"

// LiveOptions says what NewLive captures.
type LiveOptions struct {
	// Interface is a name, or AnyInterface: then packets have Linux's cooked header (LINKTYPE_LINUX_SLL2) in the
	// place of their own, and tell which interface they passed.
	Interface string

	Snaplen int // bytes kept of each packet; zero: DefaultSnaplen

	// NotPromiscuous leaves the interface's own filter of hardware addresses as it is. With AnyInterface it always is.
	NotPromiscuous bool

	// Direction keeps to packets that were received (DirIn) or sent (DirOut).
	Direction Direction

	// Buffer is how much the kernel may hold until Next is called, in bytes; zero: 32 MiB. It is a ring of memory that
	// the kernel shares with the program, smaller if there is not so much. As much again may be used for what
	// the ring cannot hold well, few packets over a long time.
	//
	// Where the kernel has no such rings, or Buffer is too small for one (under 512 KiB, or 128 KiB with a short
	// Snaplen), packets are received one at a time. Then zero means 8 MiB, the kernel counts what it spends on a packet,
	// for short ones several times their length, and may grant less to an unprivileged process.
	Buffer int

	// Immediate delivers a packet within a few milliseconds; otherwise it may wait for others to come, for up to 20.
	Immediate bool

	// Filter is a program for the kernel, which drops packets for which it returns zero. It sees them as the kernel
	// does: from the header of their interface's own link type on, also with AnyInterface, and without a VLAN tag that
	// the kernel has set aside (read it at SKF_AD_VLAN_TAG). The network header is at SKF_NET_OFF whatever is before
	// it. What the program returns for packets to keep must be at least Snaplen and 256 more.
	//
	// A program that the kernel will not have makes NewLive fail with an error that is ErrFilterRefused.
	Filter []bpf.RawInstruction

	// Accept, if set, selects packets in this program: for a filter that the kernel cannot run. It is called by Next.
	Accept func(*Seen) bool
}

// ErrFilterRefused says that the kernel would not take a filter program.
var ErrFilterRefused = errors.New("the kernel refuses the filter program")

// Seen is a packet as a filter in the kernel would see it: without a VLAN tag that the kernel has set aside. With AnyInterface
// it has its cooked header.
type Seen struct {
	Data       []byte // lent until the function that was given it returns
	Len        int    // length on the wire, bytes
	PacketType uint8  // PACKET_HOST, PACKET_OUTGOING, ...
	Index      int32  // of the interface, the kernel's
	Tagged     bool   // there was a tag
	TCI        uint16 // of the tag
}

// defaultBuffer is the size of the kernel's buffer without a ring, in bytes, unless options say otherwise.
const defaultBuffer = 8 << 20

// InterfaceInfo describes a network interface for people who choose one.
type InterfaceInfo struct {
	Name        string
	Description string
	Index       int

	Up       bool // switched on
	Running  bool // able to pass packets
	Loopback bool
	Wireless bool

	// Carrier reports whether something is connected to the interface. It means nothing unless CarrierKnown.
	Carrier, CarrierKnown bool

	Hardware net.HardwareAddr
	MTU      int // bytes
	Addrs    []netip.Prefix
}

// ListInterfaces lists the interfaces to capture from, AnyInterface among them, in the order in which libpcap's tools
// do: those that are likely to be wanted first.
func ListInterfaces() ([]InterfaceInfo, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	list := make([]InterfaceInfo, 0, len(all)+1)
	for _, ifi := range all {
		i := InterfaceInfo{
			Name:     ifi.Name,
			Index:    ifi.Index,
			Up:       ifi.Flags&net.FlagUp != 0,
			Running:  ifi.Flags&net.FlagRunning != 0,
			Loopback: ifi.Flags&net.FlagLoopback != 0,
			Hardware: ifi.HardwareAddr,
			MTU:      ifi.MTU,
		}
		if addrs, err := ifi.Addrs(); err == nil {
			for _, a := range addrs {
				if p, err := netip.ParsePrefix(a.String()); err == nil {
					i.Addrs = append(i.Addrs, p)
				}
			}
		}
		probeInterface(&i)
		list = append(list, i)
	}
	list = append(list, InterfaceInfo{
		Name:        AnyInterface,
		Description: "Pseudo-device that captures on all interfaces",
		Up:          true,
		Running:     true,
	})
	slices.SortStableFunc(list, func(a, b InterfaceInfo) int { return a.rank() - b.rank() })
	return list, nil
}

// rank orders interfaces: one that is not running comes after all that are, and so on. Among equals the kernel's order stays.
func (i *InterfaceInfo) rank() int {
	rank := 0
	for _, late := range [...]bool{
		!i.Running,
		!i.Up,
		!i.Wireless && i.CarrierKnown && !i.Carrier,
		i.Loopback,
		i.Name == AnyInterface,
	} {
		rank <<= 1
		if late {
			rank |= 1
		}
	}
	return rank
}

// cookedHeader is the length of the header of LINKTYPE_LINUX_SLL2, in bytes.
const cookedHeader = 20

// linkOf gives the link type of an interface with hardware type arphrd (ARPHRD_ in Linux), as libpcap does. ok is
// false for one whose header nobody here knows: its packets are captured cooked.
func linkOf(arphrd uint16) (link dissect.LinkType, ok bool) {
	switch arphrd {
	case 1, 772: // Ethernet, loopback
		return dissect.LinkEthernet, true
	case 768, 769, 776, 519, 65534: // IP in IP, raw IP, and none (TUN, WireGuard)
		return dissect.LinkRaw, true
	case 801:
		return 105, true // IEEE 802.11
	case 802:
		return 119, true // the same behind a Prism header
	case 803:
		return 127, true // the same behind a radiotap header
	}
	return dissect.LinkSLL2, false
}
