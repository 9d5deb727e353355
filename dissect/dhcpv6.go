package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in a DHCPv6 message, and the lengths of its two headers, in bytes.
const (
	dhcpv6Type     = 0
	dhcpv6XID      = 1 // of a client's or server's message
	dhcpv6Hops     = 1 // of a relay's
	dhcpv6LinkAddr = 2
	dhcpv6PeerAddr = 18

	DHCPv6HeaderLen      = 4
	DHCPv6RelayHeaderLen = 34
)

// DHCPv6 is a view of a DHCPv6 message (RFC 8415 sections 8 and 9): of clients and servers,
//
//	 0              7 8             15 16                           31
//	+----------------+-----------------------------------------------+
//	|  Message Type  |               Transaction ID                  |
//	+----------------+-----------------------------------------------+
//	|           Options: code, length (of the data), data            |
//	+----------------------------------------------------------------+
//
// or of relay agents, which put the message of another into an option of theirs:
//
//	+----------------+----------------+
//	|  Message Type  |   Hop Count    |
//	+----------------+----------------+------------------------------+
//	|                     Link address, 16 bytes                     |
//	|                     Peer address, 16 bytes                     |
//	|                            Options                             |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type DHCPv6 []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (d DHCPv6) Check() error {
	if len(d) < 1 || len(d) < d.headerLen() {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the message: the options fill it, ErrMalformed if they do not.
func (d DHCPv6) CheckWhole() error {
	if err := d.Check(); err != nil {
		return err
	}
	for o := d.Options(); len(o) > 0; {
		_, rest, err := NextDHCPv6Option(o)
		if err != nil {
			return ErrMalformed
		}
		o = rest
	}
	return nil
}

func (d DHCPv6) headerLen() int {
	if d.IsRelay() {
		return DHCPv6RelayHeaderLen
	}
	return DHCPv6HeaderLen
}

func (d DHCPv6) Type() DHCPv6MessageType { return DHCPv6MessageType(d[dhcpv6Type]) }

// IsRelay reports whether the message is of a relay agent: one has HopCount, LinkAddr and PeerAddr, the others have XID.
func (d DHCPv6) IsRelay() bool {
	return d.Type() == DHCPv6RelayForward || d.Type() == DHCPv6RelayReply
}

func (d DHCPv6) XID() uint32          { return binary.BigEndian.Uint32(d) & 0xffffff }
func (d DHCPv6) HopCount() uint8      { return d[dhcpv6Hops] }
func (d DHCPv6) LinkAddr() netip.Addr { return d.relayAddr(dhcpv6LinkAddr) }
func (d DHCPv6) PeerAddr() netip.Addr { return d.relayAddr(dhcpv6PeerAddr) }

// relayAddr is an address of a relay's message; that of others has none.
func (d DHCPv6) relayAddr(off int) netip.Addr {
	if !d.IsRelay() {
		return netip.Addr{}
	}
	return netip.AddrFrom16([16]byte(d[off:]))
}

// Options is what follows the header; walk it with NextDHCPv6Option.
func (d DHCPv6) Options() []byte { return d[d.headerLen():] }

// Option gives the data of the first option of type t, or nil.
func (d DHCPv6) Option(t DHCPv6OptionType) []byte {
	for o := d.Options(); len(o) > 0; {
		opt, rest, err := NextDHCPv6Option(o)
		if err != nil {
			return nil
		}
		if opt.Type() == t {
			return opt.Data()
		}
		o = rest
	}
	return nil
}

// DHCPv6Option is a view of one option, code and length included.
type DHCPv6Option []byte

// NextDHCPv6Option splits the first option off o. It is nil where o is empty. The error is ErrTruncated where an option is
// longer than o.
func NextDHCPv6Option(o []byte) (opt DHCPv6Option, rest []byte, err error) {
	switch {
	case len(o) == 0:
		return nil, nil, nil
	case len(o) < 4 || len(o) < 4+int(binary.BigEndian.Uint16(o[2:])):
		return nil, nil, ErrTruncated
	}
	n := 4 + int(binary.BigEndian.Uint16(o[2:]))
	return o[:n:n], o[n:], nil
}

func (o DHCPv6Option) Type() DHCPv6OptionType { return DHCPv6OptionType(binary.BigEndian.Uint16(o)) }
func (o DHCPv6Option) Data() []byte           { return o[4:] }

// AppendDHCPv6Option appends an option with data of at most 65535 bytes to b; of more, it appends what fits.
func AppendDHCPv6Option(b []byte, t DHCPv6OptionType, data ...byte) []byte {
	data = data[:min(len(data), 0xffff)]
	b = binary.BigEndian.AppendUint16(b, uint16(t))
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	return append(b, data...)
}

// DHCPv6Header is the header of a client's or server's message as a value; XID is of 24 bits.
type DHCPv6Header struct {
	Type DHCPv6MessageType
	XID  uint32
}

// Header gives the header as a value.
func (d DHCPv6) Header() DHCPv6Header { return DHCPv6Header{d.Type(), d.XID()} }

// Append appends the wire form of h to b and returns the extended slice. Options are for the caller to append.
func (h DHCPv6Header) Append(b []byte) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(h.Type)<<24|h.XID&0xffffff)
}

func decodeDHCPv6(p *Packet, l *Layer, b []byte) LayerType {
	if err := DHCPv6(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func dhcpv6Fields(p *Packet, l *Layer, s Sink) {
	w := dhcpv6Walk{fieldWalk: newFieldWalk(s, p.Bytes(l)), scratch: p.scratch[:0]}
	w.message()
}

// DHCPv6MessageType is what a message is for (IANA "DHCPv6 Message Types").
type DHCPv6MessageType uint8

const (
	DHCPv6Solicit            DHCPv6MessageType = 1
	DHCPv6Advertise          DHCPv6MessageType = 2
	DHCPv6Request            DHCPv6MessageType = 3
	DHCPv6Confirm            DHCPv6MessageType = 4
	DHCPv6Renew              DHCPv6MessageType = 5
	DHCPv6Rebind             DHCPv6MessageType = 6
	DHCPv6Reply              DHCPv6MessageType = 7
	DHCPv6Release            DHCPv6MessageType = 8
	DHCPv6Decline            DHCPv6MessageType = 9
	DHCPv6Reconfigure        DHCPv6MessageType = 10
	DHCPv6InformationRequest DHCPv6MessageType = 11
	DHCPv6RelayForward       DHCPv6MessageType = 12
	DHCPv6RelayReply         DHCPv6MessageType = 13
)

var dhcpv6MessageNames = [...]string{
	1: "Solicit", "Advertise", "Request", "Confirm", "Renew", "Rebind", "Reply", "Release", "Decline", "Reconfigure",
	"Information-request", "Relay-forward", "Relay-reply", "Leasequery", "Leasequery-reply", "Leasequery-done", "Leasequery-data",
	"Reconfigure-request", "Reconfigure-reply", "DHCPv4-query", "DHCPv4-response", "Activeleasequery", "StartTLS",
}

// Name is the type's name, or "".
func (t DHCPv6MessageType) Name() string {
	if int(t) < len(dhcpv6MessageNames) {
		return dhcpv6MessageNames[t]
	}
	return ""
}

// String is the name, or the number.
func (t DHCPv6MessageType) String() string { return nameOrNumber(t.Name(), uint64(t)) }
