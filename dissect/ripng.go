package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Lengths of the header of a RIPng message and of an entry, in bytes.
const (
	RIPngHeaderLen = 4
	RIPngEntryLen  = 20
)

// RIPng is a view of a RIPng message (RFC 2080).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|    Command     |    Version     |             Zero             |
//	+----------------+----------------+------------------------------+
//	|                     IPv6 prefix, 16 bytes                      |
//	+---------------------------------+---------------+--------------+
//	|            Route Tag            | Prefix Length |    Metric    |
//	+---------------------------------+---------------+--------------+
//	|                      More entries like it                      |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type RIPng []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (r RIPng) Check() error {
	if len(r) < RIPngHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check, and ErrMalformed if what follows is not a number of entries.
func (r RIPng) CheckWhole() error {
	if err := r.Check(); err != nil {
		return err
	}
	if (len(r)-RIPngHeaderLen)%RIPngEntryLen != 0 {
		return ErrMalformed
	}
	return nil
}

func (r RIPng) Command() RIPCommand { return RIPCommand(r[ripCommand]) }
func (r RIPng) Version() uint8      { return r[ripVersion] }

// Len is the number of entries that are there whole.
func (r RIPng) Len() int { return (len(r) - RIPngHeaderLen) / RIPngEntryLen }

// Entry gives entry i, which must be below Len.
func (r RIPng) Entry(i int) RIPngEntry {
	e := r[RIPngHeaderLen+i*RIPngEntryLen:][:RIPngEntryLen]
	return RIPngEntry{Prefix: addr16(e, 0), Tag: binary.BigEndian.Uint16(e[16:]), Bits: e[18], Metric: e[19]}
}

var (
	ripngCommandField = Field{Name: "ripng.cmd", Label: "command", Title: "Command", Rank: 1, Form: FormBare}
	ripngVersionField = Field{Name: "ripng.version", Label: "version", Title: "Version", Rank: 2}
	ripngZeroField    = Field{Name: "ripng.reserved", Title: "Reserved"}
	ripngEntryGroup   = Field{Title: "Route"}
	ripngPrefixField  = Field{Name: "ripng.rte.ipv6_prefix", Label: "route", Title: "IPv6 prefix", Rank: 3}
	ripngTagField     = Field{Name: "ripng.rte.route_tag", Title: "Route tag", Base: Hex}
	ripngBitsField    = Field{Name: "ripng.rte.prefix_length", Label: "/", Title: "Prefix length", Rank: 3, Form: FormJoined}
	ripngMetricField  = Field{Name: "ripng.rte.metric", Label: ":", Title: "Metric", Rank: 3, Form: FormJoined}
	ripngRestField    = Field{Title: "Bytes that are no whole entry"}
)

// Fields describes the message to s.
func (r RIPng) Fields(s Sink) {
	w := newFieldWalk(s, r)
	w.enum(&ripngCommandField, 1, r.Command().Name())
	w.uint(&ripngVersionField, 1)
	w.bytes(&ripngZeroField, 2)
	for range r.Len() {
		outer, _ := w.enter(&ripngEntryGroup, RIPngEntryLen)
		w.addr(&ripngPrefixField, 16)
		w.uint(&ripngTagField, 2)
		w.uint(&ripngBitsField, 1)
		w.uint(&ripngMetricField, 1)
		w.leave(&ripngRestField, outer)
	}
	w.rest(&ripngRestField)
}

func decodeRIPng(p *Packet, l *Layer, b []byte) LayerType {
	if err := RIPng(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func ripngFields(p *Packet, l *Layer, s Sink) { RIPng(p.Bytes(l)).Fields(s) }

// RIPngEntry is an entry of a RIPng message as a value: a route, or the next hop of those behind it, with a Metric of 255.
type RIPngEntry struct {
	Prefix netip.Addr // IPv6
	Tag    uint16
	Bits   uint8 // of the prefix
	Metric uint8
}

// Append appends the wire form of e to b and returns the extended slice.
func (e *RIPngEntry) Append(b []byte) []byte {
	ip := e.Prefix.As16()
	b = binary.BigEndian.AppendUint16(append(b, ip[:]...), e.Tag)
	return append(b, e.Bits, e.Metric)
}
