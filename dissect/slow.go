package dissect

// Subtypes of the slow protocols (IEEE 802.3 annex 57A).
const (
	slowLACP   = 1
	slowMarker = 2
	slowOAM    = 3
)

// Slow is a view of what follows the EtherType 0x8809: one byte that says which slow protocol it is, and that.
type Slow []byte

// Check reports whether the byte is there: ErrTruncated if not.
func (h Slow) Check() error {
	if len(h) < 1 {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check.
func (h Slow) CheckWhole() error { return h.Check() }

// Subtype is the number of the protocol.
func (h Slow) Subtype() uint8 { return h[0] }

var slowSubtypeField = Field{Name: "slow.subtype", Label: "subtype", Title: "Slow Protocols subtype", Rank: 1, Base: Hex}

func slowSubtypeName(v uint8) string {
	switch v {
	case slowLACP:
		return "LACP"
	case slowMarker:
		return "Marker"
	case slowOAM:
		return "OAM"
	case 10:
		return "OSSP"
	}
	return ""
}

func decodeSlow(p *Packet, l *Layer, b []byte) LayerType {
	h := Slow(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + 1
	switch h.Subtype() {
	case slowLACP:
		return LayerLACP
	case slowMarker:
		return LayerMarker
	}
	return LayerData
}

func slowFields(p *Packet, l *Layer, s Sink) {
	h := Slow(p.Bytes(l))
	s.Enum(&slowSubtypeField, 0, 1, uint64(h.Subtype()), slowSubtypeName(h.Subtype()))
}

// LACP is a view of a Link Aggregation Control Protocol PDU (IEEE 802.1AX clause 6.4.2), from its version on: TLVs of one byte
// of type, one of length, that included, and a value. A marker PDU has the same form.
type LACP []byte

// Check reports whether the version can be read: ErrTruncated if not.
func (h LACP) Check() error {
	if len(h) < 1 {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check, and that the TLVs are there up to the terminator.
func (h LACP) CheckWhole() error {
	if err := h.Check(); err != nil {
		return err
	}
	for at := 1; ; {
		if len(h) < at+2 {
			return ErrTruncated
		}
		if h[at] == 0 {
			return nil
		}
		if h[at+1] < 2 {
			return ErrMalformed
		}
		at += int(h[at+1])
	}
}

// Version is 1, or 2.
func (h LACP) Version() uint8 { return h[0] }

// A lacpEnd are the fields of one end of a link.
type lacpEnd struct {
	tlv, priority, system, key, portPriority, port, state, reserved Field

	bits [8]Field
}

func newLACPEnd(who, title string, rank uint8) *lacpEnd {
	f := func(name, label, words string, rank uint8) Field {
		return Field{Name: "lacp." + who + "." + name, Label: label, Title: title + " " + words, Rank: rank}
	}
	e := &lacpEnd{
		tlv:          Field{Label: who, Title: title + " Information"},
		priority:     f("sys_priority", "priority", "System Priority", 0),
		system:       f("sysid", who, "System ID", rank),
		key:          f("key", "key", "Key", rank),
		portPriority: f("port_priority", "priority", "Port Priority", 0),
		port:         f("port", "port", "Port", rank),
		state:        f("state", "state", "State", rank),
		reserved:     f("reserved", "reserved", "Reserved", 0),
	}
	e.state.Base = Hex
	for i, name := range [...]string{"activity", "timeout", "aggregation", "synchronization", "collecting", "distributing", "defaulted", "expired"} {
		e.bits[i] = f("state."+name, name, name, 0)
		e.bits[i].Mask = 1 << i
	}
	return e
}

var (
	lacpVersionField = Field{Name: "lacp.version", Label: "v", Title: "Version", Rank: 1}
	lacpTypeField    = Field{Name: "lacp.tlv_type", Label: "type", Title: "TLV Type", Base: Hex}
	lacpLengthField  = Field{Name: "lacp.tlv_length", Label: "length", Title: "TLV Length"}
	lacpActor        = newLACPEnd("actor", "Actor", 2)
	lacpPartner      = newLACPEnd("partner", "Partner", 3)
	lacpCollector    = Field{Label: "collector", Title: "Collector Information"}
	lacpDelayField   = Field{Name: "lacp.collector.max_delay", Label: "maxdelay", Title: "Collector Max Delay"}
	lacpCollReserved = Field{Name: "lacp.coll_reserved", Label: "reserved", Title: "Reserved"}
	lacpPadField     = Field{Name: "lacp.pad", Label: "pad", Title: "Pad"}
	lacpOtherField   = Field{Label: "tlv", Title: "TLV"}
	lacpUnknownField = Field{Label: "value", Title: "Value"}

	markerVersionField = Field{Name: "marker.version", Label: "v", Title: "Version", Rank: 1}
	markerTypeField    = Field{Name: "marker.tlvType", Label: "type", Title: "TLV Type", Rank: 2, Base: Hex}
	markerLengthField  = Field{Name: "marker.tlvLen", Label: "length", Title: "TLV Length"}
	markerPortField    = Field{Name: "marker.requesterPort", Label: "port", Title: "Requester Port", Rank: 4}
	markerSystemField  = Field{Name: "marker.requesterSystem", Label: "system", Title: "Requester System", Rank: 3}
	markerTransField   = Field{Name: "marker.requesterTransId", Label: "transaction", Title: "Requester Transaction ID", Rank: 5}
	markerPadField     = Field{Name: "marker.requesterPad", Label: "pad", Title: "Pad"}
	markerRestField    = Field{Name: "marker.reserved", Label: "reserved", Title: "Reserved"}
	markerTLVField     = Field{Label: "tlv", Title: "TLV"}
)

func decodeLACP(p *Packet, l *Layer, b []byte) LayerType {
	if err := LACP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

// A slowProtocol is what differs between link aggregation and its markers.
type slowProtocol struct {
	typ, length, pad *Field
	marker           bool
}

var (
	slowLACPFields   = slowProtocol{&lacpTypeField, &lacpLengthField, &lacpPadField, false}
	slowMarkerFields = slowProtocol{&markerTypeField, &markerLengthField, &markerRestField, true}
)

// tlvs walks through TLVs up to the terminator.
func (p *slowProtocol) tlvs(w *fieldWalk) {
	for w.at+2 <= w.end && !w.short {
		t, n := w.b[w.at], int(w.b[w.at+1])
		if t == 0 || n < 2 || w.end-w.at < n {
			if t == 0 {
				w.uint(p.typ, 1)
				w.uint(p.length, 1)
			}
			break
		}
		group := &markerTLVField
		if !p.marker {
			group = lacpGroup(t)
		}
		outer, _ := w.enter(group, n)
		w.uint(p.typ, 1)
		w.uint(p.length, 1)
		if p.marker {
			markerValue(w, t)
		} else {
			lacpValue(w, t)
		}
		w.leave(&lacpUnknownField, outer)
	}
	w.rest(p.pad)
}

func lacpFields(p *Packet, l *Layer, s Sink) {
	w := newFieldWalk(s, p.Bytes(l))
	w.uint(&lacpVersionField, 1)
	slowLACPFields.tlvs(&w)
}

func lacpGroup(t uint8) *Field {
	switch t {
	case 1:
		return &lacpActor.tlv
	case 2:
		return &lacpPartner.tlv
	case 3:
		return &lacpCollector
	}
	return &lacpOtherField
}

func lacpValue(w *fieldWalk, t uint8) {
	e := lacpActor
	switch t {
	case 2:
		e = lacpPartner
	case 1:
	case 3:
		w.uint(&lacpDelayField, 2)
		w.bytes(&lacpCollReserved, w.end-w.at)
		return
	default:
		return
	}
	w.uint(&e.priority, 2)
	w.mac(&e.system)
	w.uint(&e.key, 2)
	w.uint(&e.portPriority, 2)
	w.uint(&e.port, 2)
	if w.has(1) {
		v := w.b[w.at]
		w.s.Uint(&e.state, w.at, 1, uint64(v))
		w.s.Begin(&e.state, w.at, 1)
		for i := range e.bits {
			w.s.Bool(&e.bits[i], w.at, 1, v>>i&1 != 0)
		}
		w.s.End()
		w.at++
	}
	w.bytes(&e.reserved, 3)
}

func markerFields(p *Packet, l *Layer, s Sink) {
	w := newFieldWalk(s, p.Bytes(l))
	w.uint(&markerVersionField, 1)
	slowMarkerFields.tlvs(&w)
}

func markerValue(w *fieldWalk, t uint8) {
	if t > 2 {
		return
	}
	w.uint(&markerPortField, 2)
	w.mac(&markerSystemField)
	w.uint(&markerTransField, 4)
	w.uint(&markerPadField, 2)
}
