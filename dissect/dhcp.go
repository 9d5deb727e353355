package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in a DHCP message, and the length of the part before the options, in bytes.
const (
	dhcpOp         = 0
	dhcpHWType     = 1
	dhcpHWLen      = 2
	dhcpHops       = 3
	dhcpXID        = 4
	dhcpSecs       = 8
	dhcpFlags      = 10
	dhcpClientIP   = 12
	dhcpYourIP     = 16
	dhcpServerIP   = 20
	dhcpRelayIP    = 24
	dhcpClientHW   = 28
	dhcpServerName = 44
	dhcpBootFile   = 108
	dhcpCookie     = 236

	BOOTPHeaderLen = 236
	DHCPHeaderLen  = 240

	dhcpClientHWLen = 16
)

// DHCPMagic is what stands before the options and says that there are some (RFC 2131 section 3).
const DHCPMagic = 0x63825363

// DHCP is a view of a DHCP message (RFC 2131), or of a BOOTP message (RFC 951), which has no options.
//
//	 0              7 8             15 16            23 24           31
//	+----------------+----------------+---------------+--------------+
//	|   Operation    | Hardware Type  | Hardware Len  |     Hops     |
//	+----------------+----------------+---------------+--------------+
//	|                        Transaction ID                          |
//	+---------------------------------+------------------------------+
//	|             Seconds             |            Flags             |
//	+---------------------------------+------------------------------+
//	|                       Client IP address                        |
//	|                        Your IP address                         |
//	|                       Server IP address                        |
//	|                        Relay IP address                        |
//	+----------------------------------------------------------------+
//	|               Client hardware address, 16 bytes                |
//	|                     Server name, 64 bytes                      |
//	|                      Boot file, 128 bytes                      |
//	+----------------------------------------------------------------+
//	|                             Magic                              |
//	+----------------------------------------------------------------+
//	|                            Options                             |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type DHCP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it, the magic excepted, are missing. That the
// options have sense is CheckWhole's affair.
func (d DHCP) Check() error {
	if len(d) < BOOTPHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the message: a DHCP one, ErrUnsupported if it is not, all of whose
// options are there, ErrMalformed if one leaves the message or the end is missing.
func (d DHCP) CheckWhole() error {
	if err := d.Check(); err != nil {
		return err
	}
	if !d.HasOptions() {
		return ErrUnsupported
	}
	for o := d.Options(); ; {
		opt, rest, err := NextDHCPOption(o)
		switch {
		case err != nil:
			return ErrMalformed
		case opt == nil:
			return ErrMalformed
		case opt.Type() == DHCPOptEnd:
			return nil
		}
		o = rest
	}
}

func (d DHCP) Op() DHCPOp                { return DHCPOp(d[dhcpOp]) }
func (d DHCP) HardwareType() ARPHardware { return ARPHardware(d[dhcpHWType]) }

// HardwareLen is the length of the client's hardware address in bytes, as the sender wrote it.
func (d DHCP) HardwareLen() int { return int(d[dhcpHWLen]) }

func (d DHCP) Hops() uint8          { return d[dhcpHops] }
func (d DHCP) XID() uint32          { return binary.BigEndian.Uint32(d[dhcpXID:]) }
func (d DHCP) Seconds() uint16      { return binary.BigEndian.Uint16(d[dhcpSecs:]) } // since the client began
func (d DHCP) Broadcast() bool      { return binary.BigEndian.Uint16(d[dhcpFlags:])&dhcpBroadcast != 0 }
func (d DHCP) ClientIP() netip.Addr { return d.addr(dhcpClientIP) }
func (d DHCP) YourIP() netip.Addr   { return d.addr(dhcpYourIP) }
func (d DHCP) ServerIP() netip.Addr { return d.addr(dhcpServerIP) }
func (d DHCP) RelayIP() netip.Addr  { return d.addr(dhcpRelayIP) }

func (d DHCP) addr(off int) netip.Addr { return netip.AddrFrom4([4]byte(d[off:])) }

// dhcpBroadcast is the flag by which a client asks for an answer to all.
const dhcpBroadcast = 0x8000

// hasMAC reports whether the client's hardware address is a MAC-48 one.
func (d DHCP) hasMAC() bool {
	return d.HardwareLen() == 6 && (d.HardwareType() == ARPEthernet || d.HardwareType() == ARPIEEE802)
}

// ClientMAC is the client's hardware address; it means something on Ethernet only.
func (d DHCP) ClientMAC() MAC { return MAC(d[dhcpClientHW:][:6]) }

// ServerName and BootFile are text up to the first zero byte.
func (d DHCP) ServerName() []byte { return cString(d[dhcpServerName:dhcpBootFile]) }
func (d DHCP) BootFile() []byte   { return cString(d[dhcpBootFile:dhcpCookie]) }

// ServerNameArea and BootFileArea are the whole fields, which hold options where option 52 says so (RFC 2132 section 9.3).
func (d DHCP) ServerNameArea() []byte { return d[dhcpServerName:dhcpBootFile:dhcpBootFile] }
func (d DHCP) BootFileArea() []byte   { return d[dhcpBootFile:dhcpCookie:dhcpCookie] }

// cString gives b up to its first zero byte.
func cString(b []byte) []byte {
	for i, c := range b {
		if c == 0 {
			return b[:i]
		}
	}
	return b
}

// HasOptions reports whether the magic is there that makes the message a DHCP one.
func (d DHCP) HasOptions() bool {
	return len(d) >= DHCPHeaderLen && binary.BigEndian.Uint32(d[dhcpCookie:]) == DHCPMagic
}

// Options is what follows the magic; walk it with NextDHCPOption. It is nil if there is no magic.
func (d DHCP) Options() []byte {
	if !d.HasOptions() {
		return nil
	}
	return d[DHCPHeaderLen:]
}

// Option gives the data of the first option of type t, or nil.
func (d DHCP) Option(t DHCPOptionType) []byte {
	for o := d.Options(); len(o) > 0; {
		opt, rest, err := NextDHCPOption(o)
		if err != nil || opt.Type() == DHCPOptEnd {
			return nil
		}
		if opt.Type() == t {
			return opt.Data()
		}
		o = rest
	}
	return nil
}

// MessageType is what the message is for, zero if it does not say.
func (d DHCP) MessageType() DHCPMessageType {
	if data := d.Option(DHCPOptMessageType); len(data) == 1 {
		return DHCPMessageType(data[0])
	}
	return 0
}

var (
	dhcpOpField        = Field{Name: "dhcp.type", Label: "op", Title: "Message type", Rank: 2}
	dhcpHWTypeField    = Field{Name: "dhcp.hw.type", Label: "hw", Title: "Hardware type", Base: Hex}
	dhcpHWLenField     = Field{Name: "dhcp.hw.len", Label: "hwlen", Title: "Hardware address length"}
	dhcpHopsField      = Field{Name: "dhcp.hops", Label: "hops", Title: "Hops", Rank: 4, Form: FormNonzero}
	dhcpXIDField       = Field{Name: "dhcp.id", Label: "xid", Title: "Transaction ID", Rank: 3, Base: Hex}
	dhcpSecsField      = Field{Name: "dhcp.secs", Label: "secs", Title: "Seconds elapsed"}
	dhcpFlagsField     = Field{Name: "dhcp.flags", Label: "flags", Title: "Flags", Base: Hex}
	dhcpBroadcastField = Field{Name: "dhcp.flags.bc", Label: "broadcast", Title: "Broadcast", Mask: dhcpBroadcast, Rank: 7, Form: FormFlag}
	dhcpReservedField  = Field{Name: "dhcp.flags.reserved", Label: "reserved", Title: "Reserved flags", Mask: 0x7fff, Base: Hex}
	dhcpClientIPField  = Field{Name: "dhcp.ip.client", Label: "client", Title: "Client IP address", Rank: 5, Form: FormNonzero}
	dhcpYourIPField    = Field{Name: "dhcp.ip.your", Label: "your", Title: "Your IP address", Rank: 5, Form: FormNonzero}
	dhcpServerIPField  = Field{Name: "dhcp.ip.server", Label: "server", Title: "Next server IP address", Rank: 5, Form: FormNonzero}
	dhcpRelayIPField   = Field{Name: "dhcp.ip.relay", Label: "relay", Title: "Relay agent IP address", Rank: 5, Form: FormNonzero}
	dhcpMACField       = Field{Name: "dhcp.hw.mac_addr", Label: "mac", Title: "Client MAC address", Rank: 4}
	dhcpHWField        = Field{Name: "dhcp.hw.addr", Label: "hw", Title: "Client hardware address", Rank: 4}
	dhcpHWPaddingField = Field{Name: "dhcp.hw.addr_padding", Title: "Client hardware address padding"}
	dhcpServerField    = Field{Name: "dhcp.server", Label: "sname", Title: "Server host name", Rank: 6, Form: FormNonzero}
	dhcpFileField      = Field{Name: "dhcp.file", Label: "file", Title: "Boot file name", Rank: 6, Form: FormNonzero}
	dhcpCookieField    = Field{Name: "dhcp.cookie", Title: "Magic cookie"}
	dhcpVendorField    = Field{Title: "Vendor-specific area"}
	dhcpUnreadField    = Field{Title: "Bytes that could not be read"}
)

// Fields describes the message to s.
func (d DHCP) Fields(s Sink) {
	s.Enum(&dhcpOpField, dhcpOp, 1, uint64(d.Op()), d.Op().Name())
	s.Enum(&dhcpHWTypeField, dhcpHWType, 1, uint64(d.HardwareType()), d.HardwareType().Name())
	s.Uint(&dhcpHWLenField, dhcpHWLen, 1, uint64(d.HardwareLen()))
	s.Uint(&dhcpHopsField, dhcpHops, 1, uint64(d.Hops()))
	s.Uint(&dhcpXIDField, dhcpXID, 4, uint64(d.XID()))
	s.Uint(&dhcpSecsField, dhcpSecs, 2, uint64(d.Seconds()))
	flags := uint64(binary.BigEndian.Uint16(d[dhcpFlags:]))
	s.Uint(&dhcpFlagsField, dhcpFlags, 2, flags)
	s.Begin(&dhcpFlagsField, dhcpFlags, 2)
	s.Bool(&dhcpBroadcastField, dhcpFlags, 2, d.Broadcast())
	s.Uint(&dhcpReservedField, dhcpFlags, 2, flags&0x7fff)
	s.End()
	s.Addr(&dhcpClientIPField, dhcpClientIP, 4, d.ClientIP())
	s.Addr(&dhcpYourIPField, dhcpYourIP, 4, d.YourIP())
	s.Addr(&dhcpServerIPField, dhcpServerIP, 4, d.ServerIP())
	s.Addr(&dhcpRelayIPField, dhcpRelayIP, 4, d.RelayIP())
	if d.hasMAC() {
		s.MAC(&dhcpMACField, dhcpClientHW, 6, d.ClientMAC())
		s.Bytes(&dhcpHWPaddingField, dhcpClientHW+6, dhcpClientHWLen-6, d[dhcpClientHW+6:dhcpServerName])
	} else {
		s.Bytes(&dhcpHWField, dhcpClientHW, dhcpClientHWLen, d[dhcpClientHW:dhcpServerName])
	}
	s.Text(&dhcpServerField, dhcpServerName, dhcpBootFile-dhcpServerName, d.ServerName())
	s.Text(&dhcpFileField, dhcpBootFile, dhcpCookie-dhcpBootFile, d.BootFile())
	if d.HasOptions() {
		s.Addr(&dhcpCookieField, dhcpCookie, 4, d.addr(dhcpCookie)) // Wireshark shows it as an address
		dhcpOptionFields(s, d)
	} else if rest := d[dhcpCookie:]; len(rest) > 0 {
		s.Bytes(&dhcpVendorField, dhcpCookie, len(rest), rest)
	}
}

func decodeDHCP(p *Packet, l *Layer, b []byte) LayerType {
	if err := DHCP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func dhcpLayerFields(p *Packet, l *Layer, s Sink) { DHCP(p.Bytes(l)).Fields(s) }

// DHCPHeader is the fixed part of a DHCP message as a value, for Ethernet and without names.
type DHCPHeader struct {
	Op                                  DHCPOp
	Hops                                uint8
	XID                                 uint32
	Seconds                             uint16
	Broadcast                           bool
	ClientIP, YourIP, ServerIP, RelayIP netip.Addr // IPv4; the zero Addr is written as 0.0.0.0
	ClientMAC                           MAC
}

// Header gives the fixed part as a value.
func (d DHCP) Header() DHCPHeader {
	return DHCPHeader{
		Op: d.Op(), Hops: d.Hops(), XID: d.XID(), Seconds: d.Seconds(), Broadcast: d.Broadcast(),
		ClientIP: d.ClientIP(), YourIP: d.YourIP(), ServerIP: d.ServerIP(), RelayIP: d.RelayIP(), ClientMAC: d.ClientMAC(),
	}
}

// Append appends the wire form of h, the magic included, to b and returns the extended slice. Options and
// DHCPOptEnd are for the caller to append.
func (h *DHCPHeader) Append(b []byte) []byte {
	b = append(b, byte(h.Op), byte(ARPEthernet), 6, h.Hops)
	b = binary.BigEndian.AppendUint32(b, h.XID)
	b = binary.BigEndian.AppendUint16(b, h.Seconds)
	flags := uint16(0)
	if h.Broadcast {
		flags = dhcpBroadcast
	}
	b = binary.BigEndian.AppendUint16(b, flags)
	for _, a := range [...]netip.Addr{h.ClientIP, h.YourIP, h.ServerIP, h.RelayIP} {
		var ip [4]byte
		if a.IsValid() {
			ip = a.As4()
		}
		b = append(b, ip[:]...)
	}
	b = append(b, h.ClientMAC[:]...)
	b = append(b, make([]byte, dhcpCookie-dhcpClientHW-6)...)
	return binary.BigEndian.AppendUint32(b, DHCPMagic)
}

// DHCPOp is the direction of a message.
type DHCPOp uint8

const (
	DHCPOpRequest DHCPOp = 1
	DHCPOpReply   DHCPOp = 2
)

// Name is the direction's name, or "".
func (o DHCPOp) Name() string {
	switch o {
	case DHCPOpRequest:
		return "Request"
	case DHCPOpReply:
		return "Reply"
	}
	return ""
}

// String is the name, or the number.
func (o DHCPOp) String() string { return nameOrNumber(o.Name(), uint64(o)) }

// DHCPMessageType is what a DHCP message is for (IANA "DHCP Message Type 53 Values").
type DHCPMessageType uint8

const (
	DHCPDiscover DHCPMessageType = 1
	DHCPOffer    DHCPMessageType = 2
	DHCPRequest  DHCPMessageType = 3
	DHCPDecline  DHCPMessageType = 4
	DHCPAck      DHCPMessageType = 5
	DHCPNak      DHCPMessageType = 6
	DHCPRelease  DHCPMessageType = 7
	DHCPInform   DHCPMessageType = 8
)

var dhcpMessageNames = [...]string{
	1: "Discover", "Offer", "Request", "Decline", "ACK", "NAK", "Release", "Inform", "ForceRenew", "LeaseQuery", "LeaseUnassigned",
	"LeaseUnknown", "LeaseActive", "BulkLeaseQuery", "LeaseQueryDone", "ActiveLeaseQuery", "LeaseQueryStatus", "TLS",
}

// Name is the type's name, or "".
func (t DHCPMessageType) Name() string {
	if int(t) < len(dhcpMessageNames) {
		return dhcpMessageNames[t]
	}
	return ""
}

// String is the name, or the number.
func (t DHCPMessageType) String() string { return nameOrNumber(t.Name(), uint64(t)) }
