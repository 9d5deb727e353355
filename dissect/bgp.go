package dissect

import (
	"bytes"
	"encoding/binary"
)

// Offsets in a BGP message, and lengths, in bytes.
const (
	bgpLength = 16
	bgpType   = 18

	BGPHeaderLen = 19

	bgpMarkerLen = 16
)

var bgpMarker = bytes.Repeat([]byte{0xff}, bgpMarkerLen)

// BGPType is what a message is for (IANA "BGP Message Types").
type BGPType uint8

const (
	BGPOpen         BGPType = 1
	BGPUpdate       BGPType = 2
	BGPNotification BGPType = 3
	BGPKeepalive    BGPType = 4
	BGPRouteRefresh BGPType = 5   // RFC 2918
	BGPCapability   BGPType = 6   // draft-ietf-idr-dynamic-cap
	BGPRefreshCisco BGPType = 128 // the same as BGPRouteRefresh, before it had a number
)

// Name is the type's name, or "" for one that has none.
func (t BGPType) Name() string {
	switch t {
	case BGPOpen:
		return "OPEN"
	case BGPUpdate:
		return "UPDATE"
	case BGPNotification:
		return "NOTIFICATION"
	case BGPKeepalive:
		return "KEEPALIVE"
	case BGPRouteRefresh, BGPRefreshCisco:
		return "ROUTE-REFRESH"
	case BGPCapability:
		return "CAPABILITY"
	}
	return ""
}

func (t BGPType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// BGP is a view of one message of the Border Gateway Protocol (RFC 4271 section 4.1), or of several, of which the getters
// read the first.
//
//	 0                              15 16                           31
//	+----------------------------------------------------------------+
//	|                   Marker, 16 bytes of all ones                 |
//	+---------------------------------+----------------+-------------+
//	|             Length              |      Type      |  Body ...   |
//	+---------------------------------+----------------+-------------+
//
// The getters trust the slice; call Check once before the first of them.
type BGP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if there is no marker,
// as in the middle of a message, ErrMalformed if Length does not cover the header.
func (m BGP) Check() error {
	switch {
	case len(m) < BGPHeaderLen:
		return ErrTruncated
	case !bytes.HasPrefix(m, bgpMarker):
		return ErrUnsupported
	case m.Length() < BGPHeaderLen:
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check, and all of the message is in the slice. What is in its body is not looked at.
func (m BGP) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if len(m) < m.Length() {
		return ErrTruncated
	}
	return nil
}

// Length is the length of the message in bytes, header included, as the sender wrote it.
func (m BGP) Length() int   { return int(binary.BigEndian.Uint16(m[bgpLength:])) }
func (m BGP) Type() BGPType { return BGPType(m[bgpType]) }

// Body is what follows the header, as far as the slice and Length go.
func (m BGP) Body() []byte { return m[BGPHeaderLen:min(len(m), m.Length())] }

// BGPHeader is the header of a message as a value.
type BGPHeader struct {
	Length uint16
	Type   BGPType
}

// Header gives the header as a value.
func (m BGP) Header() BGPHeader { return BGPHeader{Length: uint16(m.Length()), Type: m.Type()} }

// Append appends the wire form of h to b and returns the extended slice.
func (h BGPHeader) Append(b []byte) []byte {
	b = append(b, bgpMarker...)
	return append(binary.BigEndian.AppendUint16(b, h.Length), byte(h.Type))
}

// decodeBGP takes the whole messages, and one that the capture cut short. What is before the first marker is the end of a
// message that other segments began, and what is behind the last whole message is the beginning of one.
func decodeBGP(p *Packet, l *Layer, b []byte) LayerType {
	for at := bytes.Index(b, bgpMarker); at >= 0 && l.Flags&Quoted == 0; {
		n := bgpMessages(b[at:], l.Truncated())
		switch {
		case n > 0 && at > 0:
			l.Type, l.Payload = LayerSegment, l.Start+at
			return LayerBGP
		case n > 0:
			if l.Payload = l.Start + n; l.Payload < l.End {
				return LayerSegment
			}
			return LayerNone
		}
		next := bytes.Index(b[at+1:], bgpMarker)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return asSegment(p, l, b)
}

// bgpMessages gives how many bytes at the start of b are messages. One that is cut short counts only if the capture did it.
func bgpMessages(b []byte, truncated bool) int {
	n := 0
	for n < len(b) {
		m := BGP(b[n:])
		if err := m.CheckWhole(); err != nil {
			if err == ErrTruncated && truncated && m.Check() == nil {
				n = len(b)
			}
			break
		}
		n += m.Length()
	}
	return n
}

var (
	bgpMessageGroup = Field{Title: "Message"}
	bgpMarkerField  = Field{Name: "bgp.marker", Title: "Marker"}
	bgpLengthField  = Field{Name: "bgp.length", Title: "Length"}
	bgpTypeField    = Field{Name: "bgp.type", Label: "type", Title: "Type", Rank: 1, Form: FormBare}
	bgpRestField    = Field{Title: "Bytes that could not be read"}
	bgpBytesField   = Field{Title: "Value"}
	bgpReserved     = Field{Title: "Reserved"}

	bgpVersionField = Field{Name: "bgp.open.version", Title: "Version"}
	bgpASField      = Field{Name: "bgp.open.myas", Label: "as", Title: "My AS", Rank: 1}
	bgpHoldField    = Field{Name: "bgp.open.holdtime", Label: "hold", Title: "Hold time", Rank: 1}
	bgpIDField      = Field{Name: "bgp.open.identifier", Label: "id", Title: "BGP identifier", Rank: 1}
	bgpOptLenField  = Field{Name: "bgp.open.opt.len", Title: "Length of optional parameters"}
	bgpExtLenField  = Field{Title: "Extended length of optional parameters"}
	bgpOptGroup     = Field{Title: "Optional parameters"}
	bgpParamGroup   = Field{Title: "Optional parameter"}
	bgpParamType    = Field{Name: "bgp.open.opt.param.type", Title: "Parameter type"}
	bgpParamLen     = Field{Name: "bgp.open.opt.param.len", Title: "Parameter length"}
	bgpParamAuth    = Field{Name: "bgp.open.opt.param.auth", Title: "Authentication data"}
	bgpParamUnknown = Field{Name: "bgp.open.opt.param.unknown", Title: "Unknown"}

	bgpMajorField    = Field{Name: "bgp.notify.major_error", Label: "error", Title: "Error code", Rank: 1, Form: FormBare}
	bgpDataField     = Field{Name: "bgp.notify.minor_data", Title: "Data"}
	bgpReasonLen     = Field{Name: "bgp.notify.communication_length", Title: "Length of shutdown communication"}
	bgpReasonField   = Field{Name: "bgp.notify.communication", Label: "reason", Title: "Shutdown communication", Rank: 1}
	bgpBadPeerField  = Field{Name: "bgp.notify.error_open.bad_peer_as", Title: "Bad peer AS"}
	bgpRefreshAFI    = Field{Name: "bgp.route_refresh.afi", Label: "afi", Title: "Address family", Rank: 1, Form: FormBare}
	bgpRefreshKind   = Field{Name: "bgp.route_refresh.subtype", Title: "Subtype"}
	bgpRefreshSAFI   = Field{Name: "bgp.route_refresh.safi", Label: "safi", Title: "Kind of routes", Rank: 1, Form: FormBare}
	bgpORFGroup      = Field{Title: "Outbound route filter"}
	bgpORFWhen       = Field{Name: "bgp.route_refresh.orf.flag", Title: "When to refresh"}
	bgpORFType       = Field{Name: "bgp.route_refresh.orf.type", Title: "Filter type"}
	bgpORFLen        = Field{Name: "bgp.route_refresh.orf.length", Title: "Length of entries"}
	bgpORFEntryGroup = Field{Title: "Entry"}
	bgpORFHead       = []*Field{
		{Name: "bgp.route_refresh.orf.entry.action", Title: "Action", Mask: 0xc0},
		{Name: "bgp.route_refresh.orf.entry.match", Title: "Match", Mask: 0x20},
		{Title: "Reserved", Mask: 0x1f},
	}
	bgpORFAll = []*Field{
		{Name: "bgp.route_refresh.orf.entry.action", Title: "Action", Mask: 0xc0},
		{Title: "Reserved", Mask: 0x3f},
	}
	bgpORFSeq    = Field{Name: "bgp.route_refresh.orf.entry.sequence", Title: "Sequence"}
	bgpORFLower  = Field{Name: "bgp.route_refresh.orf.entry.prefixmask_lower", Title: "Least prefix length"}
	bgpORFUpper  = Field{Name: "bgp.route_refresh.orf.entry.prefixmask_upper", Title: "Greatest prefix length"}
	bgpORFPrefix = Field{Name: "bgp.route_refresh.orf.entry.ip", Title: "Prefix"}
)

// bgpWalk describes messages. Its scratch has room for text, such as a route distinguisher's.
type bgpWalk struct {
	fieldWalk
	scratch []byte

	// vxlan says that the update at hand has routes into VXLAN: what stands in the place of labels is its network identifiers.
	vxlan bool
}

func bgpFields(p *Packet, l *Layer, s Sink) {
	w := bgpWalk{fieldWalk: newFieldWalk(s, p.Data[l.Start:l.Payload]), scratch: p.scratch[:0]}
	for w.at < w.end {
		w.message()
	}
}

// message describes one message, the header of which Check accepted.
func (w *bgpWalk) message() {
	m := BGP(w.b[w.at:w.end])
	outer, _ := w.enter(&bgpMessageGroup, min(len(m), m.Length()))
	w.bytes(&bgpMarkerField, bgpMarkerLen)
	w.uint(&bgpLengthField, 2)
	w.enum(&bgpTypeField, 1, m.Type().Name())
	switch m.Type() {
	case BGPOpen:
		w.open()
	case BGPUpdate:
		w.update()
	case BGPNotification:
		w.notification()
	case BGPRouteRefresh, BGPRefreshCisco:
		w.refresh()
	}
	w.leave(&bgpRestField, outer)
}

// span narrows the walk to its next n bytes, or to what there is of them, and gives what leave needs. It reports false if there
// are none, and then has done nothing.
func (w *bgpWalk) span(f *Field, n int) (outer int, ok bool) {
	if w.short {
		return 0, false
	}
	if n = min(n, w.end-w.at); n <= 0 {
		return 0, false
	}
	return w.enter(f, n)
}

// open describes how a session begins (RFC 4271 section 4.2).
func (w *bgpWalk) open() {
	w.uint(&bgpVersionField, 1)
	w.uint(&bgpASField, 2)
	w.uint(&bgpHoldField, 2)
	w.addr(&bgpIDField, 4)
	size := int(w.uint(&bgpOptLenField, 1))
	wide := size > 0 && w.peek(1) == 255 // RFC 9072: lengths of two bytes follow
	if wide {
		w.bytes(&bgpReserved, 1)
		size = int(w.uint(&bgpExtLenField, 2))
	}
	outer, ok := w.span(&bgpOptGroup, size)
	if !ok {
		return
	}
	for w.end-w.at >= 2 && w.parameter(wide) {
	}
	w.leave(&bgpRestField, outer)
}

const bgpParamCapabilities = 2

// parameter describes an optional parameter, and reports false if it is not all there.
func (w *bgpWalk) parameter(wide bool) bool {
	head := 2
	if wide {
		head = 3
	}
	if w.end-w.at < head {
		return false
	}
	kind, n := w.b[w.at], int(bigEndian(w.b[w.at+1:w.at+head]))
	if w.end-w.at < head+n {
		return false
	}
	outer, _ := w.enter(&bgpParamGroup, head+n)
	name := ""
	switch kind {
	case 1:
		name = "Authentication"
	case bgpParamCapabilities:
		name = "Capability"
	}
	w.enum(&bgpParamType, 1, name)
	w.uint(&bgpParamLen, head-1)
	unknown := &bgpParamUnknown
	switch kind {
	case 1:
		unknown = &bgpParamAuth
	case bgpParamCapabilities:
		unknown = &bgpRestField
		for w.end-w.at >= 2 && w.capability() {
		}
	}
	w.leave(unknown, outer)
	return true
}

// notification describes why a session ends (RFC 4271 section 4.5).
func (w *bgpWalk) notification() {
	if w.end-w.at < 1 {
		return
	}
	major := w.b[w.at]
	w.enum(&bgpMajorField, 1, bgpName(bgpErrorNames, uint64(major)))
	kind := &bgpErrors[0]
	if int(major) < len(bgpErrors) {
		kind = &bgpErrors[major]
	}
	minor := w.enum(&kind.field, 1, bgpName(kind.names, w.peek(1)))
	if w.short || w.at == w.end {
		return
	}
	left := w.end - w.at
	switch {
	case major == bgpErrorOpen && minor == 2 && (left == 2 || left == 4):
		w.uint(&bgpBadPeerField, left)
	case major == bgpErrorOpen && minor == 7 && w.end-w.at >= 2:
		for w.end-w.at >= 2 && w.capability() {
		}
	case major == bgpErrorCease && (minor == 2 || minor == 4) && left == 1+int(w.b[w.at]): // RFC 9003
		w.uint(&bgpReasonLen, 1)
		w.text(&bgpReasonField, left-1)
	}
	w.rest(&bgpDataField)
}

const (
	bgpErrorOpen  = 2
	bgpErrorCease = 6
)

var bgpErrorNames = []string{1: "Message header", 2: "OPEN message", 3: "UPDATE message", 4: "Hold timer expired",
	5: "Finite state machine", 6: "Cease", 7: "ROUTE-REFRESH or CAPABILITY message"}

// bgpErrors is, for each code, the field of what is wrong, and the names that it has (IANA "BGP Error Subcodes").
var bgpErrors = [...]struct {
	field Field
	names []string
}{
	{Field{Name: "bgp.notify.minor_error_unknown", Title: "Error subcode"}, nil},
	{Field{Name: "bgp.notify.minor_error", Label: "subcode", Title: "Error subcode", Rank: 1, Form: FormParen},
		[]string{1: "connection not synchronized", 2: "bad message length", 3: "bad message type"}},
	{Field{Name: "bgp.notify.minor_error_open", Label: "subcode", Title: "Error subcode", Rank: 1, Form: FormParen},
		[]string{1: "unsupported version", 2: "bad peer AS", 3: "bad BGP identifier", 4: "unsupported optional parameter",
			6: "unacceptable hold time", 7: "unsupported capability", 8: "deprecated", 11: "role mismatch"}},
	{Field{Name: "bgp.notify.minor_error_update", Label: "subcode", Title: "Error subcode", Rank: 1, Form: FormParen},
		[]string{1: "malformed attribute list", 2: "unrecognized well-known attribute", 3: "missing well-known attribute",
			4: "attribute flags", 5: "attribute length", 6: "invalid ORIGIN", 8: "invalid NEXT_HOP", 9: "optional attribute",
			10: "invalid network field", 11: "malformed AS_PATH"}},
	{Field{Name: "bgp.notify.minor_error_expired", Title: "Error subcode"}, nil},
	{Field{Name: "bgp.notify.minor_error_state", Label: "subcode", Title: "Error subcode", Rank: 1, Form: FormParen},
		[]string{0: "unspecified", 1: "unexpected message in OpenSent", 2: "unexpected message in OpenConfirm", 3: "unexpected message in Established"}},
	{Field{Name: "bgp.notify.minor_error_cease", Label: "subcode", Title: "Error subcode", Rank: 1, Form: FormParen},
		[]string{1: "maximum number of prefixes reached", 2: "administrative shutdown", 3: "peer de-configured", 4: "administrative reset",
			5: "connection rejected", 6: "other configuration change", 7: "connection collision resolution", 8: "out of resources",
			9: "hard reset", 10: "BFD down"}},
	{Field{Name: "bgp.notify.minor_error_capability", Label: "subcode", Title: "Error subcode", Rank: 1, Form: FormParen},
		[]string{1: "invalid message length"}},
}

// bgpName looks a name up in a table, where "" is none.
func bgpName(names []string, v uint64) string {
	if v < uint64(len(names)) {
		return names[v]
	}
	return ""
}

const bgpORFPrefixes = 128 // Cisco's number of filters by prefix

// refresh describes a wish to hear routes again (RFC 2918, RFC 7313), with filters for them (RFC 5291).
func (w *bgpWalk) refresh() {
	w.enum(&bgpRefreshAFI, 2, bgpAFIName(w.peek(2)))
	name := ""
	switch w.peek(1) {
	case 0:
		name = "request"
	case 1:
		name = "begin of refresh"
	case 2:
		name = "end of refresh"
	}
	w.enum(&bgpRefreshKind, 1, name)
	w.enum(&bgpRefreshSAFI, 1, bgpSAFIName(w.peek(1)))
	for !w.short && w.end-w.at >= 4 {
		n := 4 + int(binary.BigEndian.Uint16(w.b[w.at+2:]))
		outer, ok := w.enter(&bgpORFGroup, n)
		if !ok {
			break
		}
		kind := w.b[w.at+1]
		name := ""
		switch w.b[w.at] {
		case 1:
			name = "immediate"
		case 2:
			name = "defer"
		}
		w.enum(&bgpORFWhen, 1, name)
		w.uint(&bgpORFType, 1)
		w.uint(&bgpORFLen, 2)
		for kind == bgpORFPrefixes && w.at < w.end && w.orfEntry() {
		}
		w.leave(&bgpBytesField, outer)
	}
}

// orfEntry describes a filter by prefix, and reports false if it is not all there.
func (w *bgpWalk) orfEntry() bool {
	const head = 8         // action, sequence, least, greatest and length
	if w.b[w.at]>>6 == 2 { // remove all
		w.parts(1, bgpORFAll)
		return true
	}
	if w.end-w.at < head {
		return false
	}
	bits := int(w.b[w.at+head-1])
	n := (bits + 7) / 8
	if bits > 32 || w.end-w.at < head+n {
		return false
	}
	outer, _ := w.enter(&bgpORFEntryGroup, head+n)
	w.parts(1, bgpORFHead)
	w.uint(&bgpORFSeq, 4)
	w.uint(&bgpORFLower, 1)
	w.uint(&bgpORFUpper, 1)
	w.uint(&bgpPrefixLen, 1)
	w.prefix(&bgpORFPrefix, bits, 4)
	w.leave(&bgpRestField, outer)
	return true
}
