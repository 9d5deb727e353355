package dhcp

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// ErrConfig is wrapped by the errors of New4 and New6, which say what cannot be asked for so.
var ErrConfig = errors.New("dhcp: invalid configuration")

// Config4 says who asks, and for what. HardwareAddr is all that it needs.
type Config4 struct {
	HardwareAddr dissect.MAC // of the interface

	// ClientID names the client instead of its hardware address, see ClientID: a type and at least a byte behind it.
	ClientID []byte

	HostName string // to be told to the server; "" for none

	Requested netip.Addr    // the address to ask for at first, if the server has it
	LeaseTime time.Duration // to ask for; the server decides

	// MTU is the interface's, 1500 by default. It bounds what a server may send; a DHCP message of 576 bytes is always taken, in
	// fragments if it must be (RFC 2131 section 2).
	MTU int

	// Broadcast asks for answers to 255.255.255.255. It is for drivers that get nothing sent to an address before the
	// interface has it.
	Broadcast bool

	// NoDelay has Start send at once instead of after one to ten seconds (RFC 2131 section 4.4.1), and Reboot instead of within one, for
	// a program that somebody waits for. Whatever follows a failure waits all the same.
	NoDelay bool

	// NoProbe takes an address without asking the driver to probe it.
	NoProbe bool

	// Options are asked for beside the usual ones. They are in Lease4.Options, for the driver to understand.
	Options []dissect.DHCPOptionType

	// Rand is the source of transaction IDs and delays. Default crypto/rand.Reader; a seeded math/rand/v2.ChaCha8 makes a run
	// repeatable.
	Rand io.Reader

	// Events, if set, is told what the client decides, before the call that led to it returns. It may call the client's methods.
	Events func(Event4)
}

// usualOptions are asked for always. RFC 3442 wants 121 before 3.
var usualOptions = [...]dissect.DHCPOptionType{
	dissect.DHCPOptSubnetMask, dissect.DHCPOptClasslessRoute, dissect.DHCPOptRouter, dissect.DHCPOptDNSServer, dissect.DHCPOptDomainName,
	dissect.DHCPOptDomainSearch, dissect.DHCPOptInterfaceMTU, dissect.DHCPOptNTPServer, dissect.DHCPOptLeaseTime,
	dissect.DHCPOptRenewalTime, dissect.DHCPOptRebindingTime,
}

const (
	minMessageSize = 576 // of IP packets, which every host takes (RFC 2132 section 9.10)
	minPadded      = 300 // a BOOTP message, which old relays ask for (RFC 951 section 3)
	maxMessage     = minMessageSize - dissect.IPv4MinHeaderLen - dissect.UDPHeaderLen
)

// prepare checks c and fills in defaults. What is a slice becomes the client's own.
func (c *Config4) prepare() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...))
	}
	if !c.HardwareAddr.IsUnicast() {
		return fail("hardware address %s is not that of one interface", c.HardwareAddr)
	}
	c.ClientID = slices.Clone(c.ClientID)
	if c.ClientID == nil {
		c.ClientID = append([]byte{byte(dissect.ARPEthernet)}, c.HardwareAddr[:]...)
	}
	if n := len(c.ClientID); n < 2 || n > 255 {
		return fail("a client identifier has 2 to 255 bytes, not %d", n)
	}
	if c.HostName != "" && !isName(c.HostName) {
		return fail("%q is no host name", c.HostName)
	}
	if c.Requested.IsValid() && (!c.Requested.Is4() || !isHost(c.Requested)) {
		return fail("%s is not the IPv4 address of a host", c.Requested)
	}
	if c.LeaseTime < 0 || c.LeaseTime > seconds(infinite) {
		return fail("a lease time of %s", c.LeaseTime)
	}
	if c.MTU == 0 {
		c.MTU = 1500
	}
	if c.MTU < 68 || c.MTU > 65535 {
		return fail("an MTU is 68 to 65535, not %d", c.MTU)
	}
	var extra []dissect.DHCPOptionType
	for _, t := range c.Options {
		if t == dissect.DHCPOptPad || t == dissect.DHCPOptEnd {
			return fail("option %d cannot be asked for", t)
		}
		if !slices.Contains(usualOptions[:], t) && !slices.Contains(extra, t) {
			extra = append(extra, t)
		}
	}
	c.Options = extra
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	// The longest message is one that asks for an address of a server.
	some := netip.AddrFrom4([4]byte{10, 0, 0, 1})
	if n := len(c.request(dissect.DHCPRequest, &dissect.DHCPHeader{}, some, some)); n > maxMessage {
		return fail("the options make a message of %d bytes, and %d is what every server takes", n, maxMessage)
	}
	return nil
}
