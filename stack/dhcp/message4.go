package dhcp

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// Ports of DHCP for IPv4 (RFC 2131 section 4.1).
const (
	ServerPort4 = 67
	ClientPort4 = 68
)

// Message4 is a message to be sent in UDP, from ClientPort4 to ServerPort4.
type Message4 struct {
	Src  netip.Addr // 0.0.0.0, or the address of the lease
	Dst  netip.Addr // 255.255.255.255, or a server
	Type dissect.DHCPMessageType
	Data []byte // the caller's
}

var (
	unspecified4 = netip.AddrFrom4([4]byte{})
	broadcast4   = netip.AddrFrom4([4]byte{255, 255, 255, 255})
)

// request writes a message. requested and server are options that are left out where they are not valid.
func (c *Config4) request(t dissect.DHCPMessageType, h *dissect.DHCPHeader, requested, server netip.Addr) []byte {
	h.Op, h.ClientMAC = dissect.DHCPOpRequest, c.HardwareAddr
	b := h.Append(make([]byte, 0, maxMessage))
	b = dissect.AppendDHCPOption(b, dissect.DHCPOptMessageType, byte(t))
	b = dissect.AppendDHCPOption(b, dissect.DHCPOptClientID, c.ClientID...)
	for _, o := range [...]struct {
		t dissect.DHCPOptionType
		a netip.Addr
	}{{dissect.DHCPOptRequestedIP, requested}, {dissect.DHCPOptServerID, server}} {
		if o.a.IsValid() {
			b = dissect.AppendDHCPOption(b, o.t, o.a.AsSlice()...)
		}
	}
	if t == dissect.DHCPDiscover || t == dissect.DHCPRequest {
		if c.LeaseTime > 0 {
			b = dissect.AppendDHCPOption(b, dissect.DHCPOptLeaseTime, binary.BigEndian.AppendUint32(nil, uint32(c.LeaseTime/time.Second))...)
		}
		b = dissect.AppendDHCPOption(b, dissect.DHCPOptMaxMessageSize, binary.BigEndian.AppendUint16(nil, uint16(max(c.MTU, minMessageSize)))...)
		if c.HostName != "" {
			b = dissect.AppendDHCPOption(b, dissect.DHCPOptHostName, []byte(c.HostName)...)
		}
		b = append(b, byte(dissect.DHCPOptParameters), byte(len(usualOptions)+len(c.Options)))
		for _, list := range [...][]dissect.DHCPOptionType{usualOptions[:], c.Options} {
			for _, o := range list {
				b = append(b, byte(o))
			}
		}
	}
	b = append(b, byte(dissect.DHCPOptEnd))
	return append(b, make([]byte, max(0, minPadded-len(b)))...)
}

// answer4 is what a server said. Its lease has no times yet.
type answer4 struct {
	kind              dissect.DHCPMessageType
	server            netip.Addr // the zero Addr if it does not say, or nonsense
	lease             Lease4
	leaseTime, t1, t2 uint32 // in seconds, zero where not said
	text              string // for people
}

// Why a message is not even looked at.
var (
	errMalformed   = errors.New("malformed")
	errOtherClient = errors.New("for another client")
	errOtherXID    = errors.New("of another exchange")
)

// read reads a message to the client with this transaction ID.
func (c *Config4) read(d dissect.DHCP, xid uint32) (*answer4, error) {
	if d.Check() != nil || !d.HasOptions() || d.Op() != dissect.DHCPOpReply {
		return nil, errMalformed
	}
	if d.HardwareType() != dissect.ARPEthernet || d.HardwareLen() != len(c.HardwareAddr) || d.ClientMAC() != c.HardwareAddr {
		return nil, errOtherClient
	}
	if d.XID() != xid {
		return nil, errOtherXID
	}
	o, err := readOptions4(d)
	if err != nil || len(o[dissect.DHCPOptMessageType]) != 1 {
		return nil, errMalformed
	}
	// A server that repeats the identifier (RFC 6842) must have ours.
	if id := o[dissect.DHCPOptClientID]; id != nil && !slices.Equal(id, c.ClientID) {
		return nil, errOtherClient
	}
	a := &answer4{kind: dissect.DHCPMessageType(o[dissect.DHCPOptMessageType][0]), text: readText(o[dissect.DHCPOptMessage])}
	if a.server = o.addr(dissect.DHCPOptServerID); a.server.IsValid() && !isHost(a.server) {
		a.server = netip.Addr{}
	}
	a.leaseTime, _ = o.seconds(dissect.DHCPOptLeaseTime)
	a.t1, _ = o.seconds(dissect.DHCPOptRenewalTime)
	a.t2, _ = o.seconds(dissect.DHCPOptRebindingTime)
	l := &a.lease
	l.Addr = netip.PrefixFrom(d.YourIP(), o.prefixLen(d.YourIP()))
	l.Server = a.server
	if l.Routes = o.routes(); len(l.Routes) == 0 {
		for _, r := range o.hosts(dissect.DHCPOptRouter) {
			l.Routes = append(l.Routes, Route{Prefix: netip.PrefixFrom(unspecified4, 0), Via: r})
		}
	}
	l.DNS, l.NTP = o.hosts(dissect.DHCPOptDNSServer), o.hosts(dissect.DHCPOptNTPServer)
	l.Domain, l.Search = readName(o[dissect.DHCPOptDomainName]), readNames(o[dissect.DHCPOptDomainSearch])
	if v := o[dissect.DHCPOptInterfaceMTU]; len(v) == 2 {
		// RFC 2132 allows 68, with which hardly anything works: a mistake, or an attack.
		if mtu := int(binary.BigEndian.Uint16(v)); mtu >= minMessageSize {
			l.MTU = mtu
		}
	}
	for _, t := range c.Options {
		if v := o[t]; v != nil {
			l.Options = append(l.Options, Option4{Type: t, Data: slices.Clone(v)})
		}
	}
	return a, nil
}

// prefixLen is what the subnet mask says, or, if there is none that makes sense, what the class of a said in its time.
func (o *options4) prefixLen(a netip.Addr) int {
	if v := o[dissect.DHCPOptSubnetMask]; len(v) == 4 {
		n := 0
		mask := binary.BigEndian.Uint32(v)
		for n < 32 && mask&(1<<(31-n)) != 0 {
			n++
		}
		if n > 0 && uint64(mask)<<n&0xffffffff == 0 {
			return n
		}
	}
	switch first := a.As4()[0]; {
	case first < 128:
		return 8
	case first < 192:
		return 16
	}
	return 24
}

// usable reports whether a lease of what the server offers can be taken: the address is one that a host can have in its network,
// the server can be asked again, and the lease does not end at once.
func (a *answer4) usable() bool {
	p := a.lease.Addr
	if !isHost(p.Addr()) || !a.server.IsValid() || p.Addr() == a.server || seconds(a.leaseTime) < minLease {
		return false
	}
	if p.Bits() < 31 {
		ip := p.Addr().As4()
		host := binary.BigEndian.Uint32(ip[:]) << p.Bits() >> p.Bits()
		if host == 0 || host == 1<<(32-p.Bits())-1 {
			return false // the network itself, or all of its hosts
		}
	}
	return true
}
