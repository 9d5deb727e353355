package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in a RIP message, and the lengths of its header and of an entry, in bytes.
const (
	ripCommand = 0
	ripVersion = 1
	ripZero    = 2

	RIPHeaderLen = 4
	RIPEntryLen  = 20
)

// RIP is a view of a RIP message, version 1 (RFC 1058) or 2 (RFC 2453).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|    Command     |    Version     |             Zero             |
//	+----------------+----------------+------------------------------+
//	|             Family              |          Route Tag           |
//	|                           IP Address                           |
//	|                          Subnet Mask                           |
//	|                            Next Hop                            |
//	|                             Metric                             |
//	+----------------------------------------------------------------+
//	|                      More entries like it                      |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type RIP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (r RIP) Check() error {
	if len(r) < RIPHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check, and ErrMalformed if what follows is not a number of entries.
func (r RIP) CheckWhole() error {
	if err := r.Check(); err != nil {
		return err
	}
	if (len(r)-RIPHeaderLen)%RIPEntryLen != 0 {
		return ErrMalformed
	}
	return nil
}

func (r RIP) Command() RIPCommand { return RIPCommand(r[ripCommand]) }
func (r RIP) Version() uint8      { return r[ripVersion] }

// Len is the number of entries that are there whole, one that authenticates included.
func (r RIP) Len() int { return (len(r) - RIPHeaderLen) / RIPEntryLen }

// Entry gives entry i, which must be below Len.
func (r RIP) Entry(i int) RIPEntry {
	e := r[RIPHeaderLen+i*RIPEntryLen:][:RIPEntryLen]
	return RIPEntry{
		Family: binary.BigEndian.Uint16(e), Tag: binary.BigEndian.Uint16(e[2:]),
		IP: netip.AddrFrom4([4]byte(e[4:])), Mask: netip.AddrFrom4([4]byte(e[8:])),
		NextHop: netip.AddrFrom4([4]byte(e[12:])), Metric: binary.BigEndian.Uint32(e[16:]),
	}
}

// Address families of entries: Internet, and the mark of an entry that authenticates the others (RFC 2453 section 4.1).
const (
	RIPFamilyIP   = 2
	RIPFamilyAuth = 0xffff
)

// RIPInfinity is the metric of what cannot be reached.
const RIPInfinity = 16

var (
	ripCommandField = Field{Name: "rip.command", Label: "command", Title: "Command", Rank: 1, Form: FormBare}
	ripVersionField = Field{Name: "rip.version", Label: "version", Title: "Version", Rank: 2}
	ripZeroField    = Field{Title: "Must be zero", Base: Hex}
	ripEntryGroup   = Field{Title: "Route"}
	ripAuthGroup    = Field{Title: "Authentication"}
	ripFamilyField  = Field{Name: "rip.family", Title: "Address family"}
	ripTagField     = Field{Name: "rip.route_tag", Title: "Route tag"}
	ripIPField      = Field{Name: "rip.ip", Label: "route", Title: "IP address", Rank: 3}
	ripNoIPField    = Field{Title: "IP address, of no family", Label: "route", Rank: 3}
	ripMaskField    = Field{Name: "rip.netmask", Label: "/", Title: "Netmask", Rank: 3, Form: FormJoined}
	ripNextHopField = Field{Name: "rip.next_hop", Title: "Next hop"}
	ripMetricField  = Field{Name: "rip.metric", Label: ":", Title: "Metric", Rank: 3, Form: FormJoined}
	ripUnusedField  = Field{Title: "Must be zero in version 1"}
	ripAuthField    = Field{Name: "rip.auth.type", Title: "Authentication type"}
	ripTrailerField = Field{Title: "Authentication trailer"}
	ripAuthFamily   = Field{Title: "Mark of authentication", Base: Hex}
	ripPasswdField  = Field{Name: "rip.auth.passwd", Title: "Password"}
	ripOffsetField  = Field{Name: "rip.digest_offset", Title: "Digest offset"}
	ripKeyField     = Field{Name: "rip.key_id", Title: "Key ID"}
	ripAuthLenField = Field{Name: "rip.auth_data_len", Title: "Authentication data length"}
	ripSeqField     = Field{Name: "rip.seq_num", Title: "Sequence number"}
	ripAuthData     = Field{Title: "Authentication data"}
	ripRestField    = Field{Title: "Bytes that are no whole entry"}
)

// Fields describes the message to s.
func (r RIP) Fields(s Sink) {
	s.Enum(&ripCommandField, ripCommand, 1, uint64(r.Command()), r.Command().Name())
	s.Uint(&ripVersionField, ripVersion, 1, uint64(r.Version()))
	s.Uint(&ripZeroField, ripZero, 2, uint64(binary.BigEndian.Uint16(r[ripZero:])))
	off := RIPHeaderLen
	for i := range r.Len() {
		r.entryFields(s, off, r.Entry(i))
		off += RIPEntryLen
	}
	if off < len(r) {
		s.Bytes(&ripRestField, off, len(r)-off, r[off:])
	}
}

// entryFields describes the entry e at off.
func (r RIP) entryFields(s Sink, off int, e RIPEntry) {
	if e.Family == RIPFamilyAuth {
		r.authFields(s, off, e.Tag)
		return
	}
	s.Begin(&ripEntryGroup, off, RIPEntryLen)
	s.Uint(&ripFamilyField, off, 2, uint64(e.Family))
	if r.Version() == 1 {
		s.Bytes(&ripUnusedField, off+2, 2, r[off+2:off+4])
		s.Addr(&ripIPField, off+4, 4, e.IP)
		s.Bytes(&ripUnusedField, off+8, 8, r[off+8:off+16])
	} else {
		s.Uint(&ripTagField, off+2, 2, uint64(e.Tag))
		route := &ripIPField
		if e.Family == 0 {
			route = &ripNoIPField
		}
		s.Addr(route, off+4, 4, e.IP)
		s.Addr(&ripMaskField, off+8, 4, e.Mask)
		s.Addr(&ripNextHopField, off+12, 4, e.NextHop)
	}
	s.Uint(&ripMetricField, off+16, 4, uint64(e.Metric))
	s.End()
}

// authFields describes the entry at off, which authenticates the others by a password or, after RFC 4822, a digest.
func (r RIP) authFields(s Sink, off int, kind uint16) {
	s.Begin(&ripAuthGroup, off, RIPEntryLen)
	s.Uint(&ripAuthFamily, off, 2, RIPFamilyAuth)
	if kind == 1 { // the digest that another such entry announces
		s.Uint(&ripTrailerField, off+2, 2, uint64(kind))
	} else {
		s.Uint(&ripAuthField, off+2, 2, uint64(kind))
	}
	switch data := r[off+4 : off+RIPEntryLen]; kind {
	case 2:
		s.Text(&ripPasswdField, off+4, 16, cString(data))
	case 3:
		s.Uint(&ripOffsetField, off+4, 2, uint64(binary.BigEndian.Uint16(data)))
		s.Uint(&ripKeyField, off+6, 1, uint64(data[2]))
		s.Uint(&ripAuthLenField, off+7, 1, uint64(data[3]))
		s.Uint(&ripSeqField, off+8, 4, uint64(binary.BigEndian.Uint32(data[4:])))
		s.Bytes(&ripAuthData, off+12, 8, data[8:])
	default:
		s.Bytes(&ripAuthData, off+4, 16, data)
	}
	s.End()
}

func decodeRIP(p *Packet, l *Layer, b []byte) LayerType {
	if err := RIP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func ripFields(p *Packet, l *Layer, s Sink) { RIP(p.Bytes(l)).Fields(s) }

// RIPEntry is an entry of a RIP message as a value. Version 1 has no Tag, Mask and NextHop.
type RIPEntry struct {
	Family, Tag       uint16
	IP, Mask, NextHop netip.Addr // IPv4
	Metric            uint32
}

// Append appends the wire form of e to b and returns the extended slice.
func (e *RIPEntry) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, e.Family)
	b = binary.BigEndian.AppendUint16(b, e.Tag)
	for _, a := range [...]netip.Addr{e.IP, e.Mask, e.NextHop} {
		ip := a.As4()
		b = append(b, ip[:]...)
	}
	return binary.BigEndian.AppendUint32(b, e.Metric)
}

// RIPHeader is the header of a RIP message as a value.
type RIPHeader struct {
	Command RIPCommand
	Version uint8
}

// Header gives the header as a value.
func (r RIP) Header() RIPHeader { return RIPHeader{r.Command(), r.Version()} }

// Append appends the wire form of h to b and returns the extended slice.
func (h RIPHeader) Append(b []byte) []byte { return append(b, byte(h.Command), h.Version, 0, 0) }

// RIPCommand is what a RIP message is for.
type RIPCommand uint8

const (
	RIPRequest  RIPCommand = 1
	RIPResponse RIPCommand = 2
)

var ripCommandNames = [...]string{1: "Request", "Response", "TraceOn", "TraceOff", "Poll", "PollEntry"}

// Name is the command's name, or "".
func (c RIPCommand) Name() string {
	if int(c) < len(ripCommandNames) {
		return ripCommandNames[c]
	}
	return ""
}

// String is the name, or the number.
func (c RIPCommand) String() string { return nameOrNumber(c.Name(), uint64(c)) }
