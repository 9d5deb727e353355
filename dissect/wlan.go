package dissect

import "encoding/binary"

// Offsets in an 802.11 header, and the length of the part that every frame has, in bytes.
const (
	wlanFC       = 0
	wlanDuration = 2
	wlanAddr1    = 4
	wlanAddr2    = 10
	wlanAddr3    = 16
	wlanSeqCtl   = 22
	wlanAddr4    = 24

	WLANMinHeaderLen = 10

	wlanFCSLen = 4
	wlanHTCLen = 4
)

// WLAN is a view of an IEEE 802.11 frame (IEEE 802.11-2016 section 9.2.3), without what a driver puts before it. Which
// addresses there are, and what they mean, depends on the type and on who forwards. All numbers are little-endian.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|  Frame Control |      Flags     |          Duration            |
//	+----------------+----------------+------------------------------+
//	|  Address 1 (6): the receiver                                   |
//	|  Address 2 (6): the transmitter; not in every control frame    |
//	|  Address 3 (6)                                                 |
//	+---------------------------------+------------------------------+
//	|  Sequence Control               |  Address 4 (6), between      |
//	+---------------------------------+  access points               |
//	|  QoS Control (2), HT Control (4), if the frame control says so |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type WLAN []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported for a type of frame
// that is not known.
func (w WLAN) Check() error {
	if len(w) < 2 {
		return ErrTruncated
	}
	n := w.HeaderLen()
	if n == 0 {
		return ErrUnsupported
	}
	if len(w) < n {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (w WLAN) CheckWhole() error { return w.Check() }

// Type is the kind of frame: type and subtype of the frame control field.
func (w WLAN) Type() WLANType { return WLANType(w[0]>>2&3)<<4 | WLANType(w[0]>>4) }

// Version is the protocol version: 0.
func (w WLAN) Version() uint8 { return w[0] & 3 }

// Flags are the second byte of the frame control field.
func (w WLAN) Flags() WLANFlags { return WLANFlags(w[1]) }

// Duration is for how long the medium is taken after the frame, in microseconds; in a PS-Poll frame it is an association ID
// with both high bits set.
func (w WLAN) Duration() uint16 { return binary.LittleEndian.Uint16(w[wlanDuration:]) }

func (w WLAN) mac(at int) (m MAC) {
	copy(m[:], w[at:])
	return m
}

// HeaderLen is the length of the header in bytes, by the kind of frame; 0 if that is not known.
func (w WLAN) HeaderLen() int {
	t, n := w.Type(), 24
	switch {
	case t.IsManagement():
	case t.IsData():
		if w.betweenAPs() {
			n += 6
		}
		if t.IsQoS() {
			n += 2
		}
	case t == WLANCTS, t == WLANAck:
		return 10
	case t.IsControl() && t >= WLANWrapper:
		return 16
	default:
		return 0
	}
	if w.hasHTC() {
		n += wlanHTCLen
	}
	return n
}

func (w WLAN) betweenAPs() bool { return w.Flags()&(WLANToDS|WLANFromDS) == WLANToDS|WLANFromDS }

// hasHTC reports whether an HT Control field ends the header.
func (w WLAN) hasHTC() bool {
	return w.Flags()&WLANOrder != 0 && (w.Type().IsManagement() || w.Type().IsQoS())
}

// Seq and Fragment are the number of a message and of a piece of it; control frames have none.
func (w WLAN) Seq() uint16     { return w.seqControl() >> 4 }
func (w WLAN) Fragment() uint8 { return uint8(w.seqControl() & 15) }

func (w WLAN) seqControl() uint16 {
	if w.Type().IsControl() {
		return 0
	}
	return binary.LittleEndian.Uint16(w[wlanSeqCtl:])
}

// Payload is what follows the header, the frame check sequence included where it was captured.
func (w WLAN) Payload() []byte { return w[w.HeaderLen():] }

// WLANFlags are the flags of the frame control field.
type WLANFlags uint8

const (
	WLANToDS      WLANFlags = 0x01 // to the distribution system behind an access point
	WLANFromDS    WLANFlags = 0x02
	WLANMoreFrags WLANFlags = 0x04
	WLANRetry     WLANFlags = 0x08
	WLANPowerMgmt WLANFlags = 0x10
	WLANMoreData  WLANFlags = 0x20
	WLANProtected WLANFlags = 0x40
	WLANOrder     WLANFlags = 0x80
)

// WLANType is the kind of an 802.11 frame: the type in the high four bits, the subtype in the low ones.
type WLANType uint8

const (
	WLANAssocRequest    WLANType = 0x00
	WLANAssocResponse   WLANType = 0x01
	WLANReassocRequest  WLANType = 0x02
	WLANReassocResponse WLANType = 0x03
	WLANProbeRequest    WLANType = 0x04
	WLANProbeResponse   WLANType = 0x05
	WLANBeacon          WLANType = 0x08
	WLANDisassociation  WLANType = 0x0a
	WLANAuthentication  WLANType = 0x0b
	WLANDeauth          WLANType = 0x0c
	WLANAction          WLANType = 0x0d
	WLANActionNoAck     WLANType = 0x0e
	WLANWrapper         WLANType = 0x17
	WLANBlockAckReq     WLANType = 0x18
	WLANBlockAck        WLANType = 0x19
	WLANPSPoll          WLANType = 0x1a
	WLANRTS             WLANType = 0x1b
	WLANCTS             WLANType = 0x1c
	WLANAck             WLANType = 0x1d
	WLANCFEnd           WLANType = 0x1e
	WLANCFEndAck        WLANType = 0x1f
	WLANData            WLANType = 0x20
	WLANQoSData         WLANType = 0x28
)

func (t WLANType) IsManagement() bool { return t>>4 == 0 }
func (t WLANType) IsControl() bool    { return t>>4 == 1 }
func (t WLANType) IsData() bool       { return t>>4 == 2 }

// IsQoS reports whether a data frame has a QoS control field, IsNull whether it carries no data.
func (t WLANType) IsQoS() bool  { return t.IsData() && t&8 != 0 }
func (t WLANType) IsNull() bool { return t.IsData() && t&4 != 0 }

var wlanTypeNames = [64]string{
	0x00: "assoc request", "assoc response", "reassoc request", "reassoc response", "probe request", "probe response",
	"timing advertisement", 0x08: "beacon", "ATIM", "disassoc", "auth", "deauth", "action", "action no ack",
	0x17: "wrapper", "block ack request", "block ack", "PS-Poll", "RTS", "CTS", "ack", "CF-End", "CF-End+Ack",
	0x20: "data", "data+CF-Ack", "data+CF-Poll", "data+CF-Ack+Poll", "null", "CF-Ack", "CF-Poll", "CF-Ack+Poll",
	"QoS data", "QoS data+CF-Ack", "QoS data+CF-Poll", "QoS data+CF-Ack+Poll", "QoS null", 0x2e: "QoS CF-Poll", "QoS CF-Ack+Poll",
}

// Name is the name of the kind, or "".
func (t WLANType) Name() string { return wlanTypeNames[t&63] }

// String is the name, or the number in hexadecimal.
func (t WLANType) String() string { return nameOrHex(t.Name(), uint64(t), 2) }

var (
	wlanKindField     = Field{Name: "wlan.fc.type_subtype", Label: "type", Title: "Type/Subtype", Rank: 1, Form: FormBare, Base: Hex}
	wlanFCField       = Field{Name: "wlan.fc", Label: "fc", Title: "Frame Control", Base: Hex}
	wlanVersionField  = Field{Name: "wlan.fc.version", Label: "v", Title: "Version", Mask: 0x0300}
	wlanTypeField     = Field{Name: "wlan.fc.type", Label: "type", Title: "Type", Mask: 0x0c00}
	wlanSubtypeField  = Field{Name: "wlan.fc.subtype", Label: "subtype", Title: "Subtype", Mask: 0xf000}
	wlanFlagsField    = Field{Name: "wlan.flags", Label: "flags", Title: "Flags", Base: Hex}
	wlanDSField       = Field{Name: "wlan.fc.ds", Label: "ds", Title: "DS status", Base: Hex}
	wlanDurationField = Field{Name: "wlan.duration", Label: "duration", Title: "Duration (µs)", Mask: 0xff7f}
	wlanReservedField = Field{Label: "reserved", Title: "Not a duration", Mask: 0x0080, Form: FormFlag}
	wlanAIDField      = Field{Name: "wlan.aid", Label: "aid", Title: "Association ID", Mask: 0xff3f, Rank: 6}
	wlanOnesField     = Field{Label: "ones", Title: "Two bits of one", Mask: 0x00c0}
	wlanRAField       = Field{Name: "wlan.ra", Label: "ra", Title: "Receiver address"}
	wlanTAField       = Field{Name: "wlan.ta", Label: "ta", Title: "Transmitter address"}
	wlanRARankField   = Field{Name: "wlan.ra", Label: "ra", Title: "Receiver address", Rank: 4}
	wlanTARankField   = Field{Name: "wlan.ta", Label: "ta", Title: "Transmitter address", Rank: 3}
	wlanDAField       = Field{Name: "wlan.da", Label: "dst", Title: "Destination address", Rank: 3}
	wlanSAField       = Field{Name: "wlan.sa", Label: "src", Title: "Source address", Rank: 2}
	wlanBSSIDField    = Field{Name: "wlan.bssid", Label: "bssid", Title: "BSS Id", Rank: 5}
	wlanSTAField      = Field{Name: "wlan.staa", Label: "sta", Title: "STA address"}
	wlanThirdField    = Field{Label: "addr3", Title: "Third address"}
	wlanFragField     = Field{Name: "wlan.frag", Label: "frag", Title: "Fragment number", Mask: 0x0f00, Rank: 7, Form: FormNonzero}
	wlanSeqField      = Field{Name: "wlan.seq", Label: "seq", Title: "Sequence number", Mask: 0xf0ff, Rank: 6}
	wlanQoSField      = Field{Name: "wlan.qos", Label: "qos", Title: "QoS Control", Base: Hex}
	wlanTIDField      = Field{Name: "wlan.qos.tid", Label: "tid", Title: "TID", Mask: 0x0f00, Rank: 8}
	wlanPriorityField = Field{Name: "wlan.qos.priority", Label: "priority", Title: "Priority"}
	wlanBit4Field     = Field{Name: "wlan.qos.bit4", Label: "bit4", Title: "QoS bit 4", Mask: 0x1000, Form: FormFlag}
	wlanEOSPField     = Field{Name: "wlan.qos.eosp", Label: "eosp", Title: "End of service period", Mask: 0x1000, Form: FormFlag}
	wlanAckField      = Field{Name: "wlan.qos.ack", Label: "ack", Title: "Ack policy", Mask: 0x6000, Base: Hex}
	wlanAMSDUField    = Field{Name: "wlan.qos.amsdupresent", Label: "amsdu", Title: "Payload is an A-MSDU", Mask: 0x8000, Rank: 9, Form: FormFlag}
	wlanNoAMSDUField  = Field{Label: "amsdu", Title: "Payload is an A-MSDU", Mask: 0x8000, Form: FormFlag}
	wlanQoSRestField  = Field{Label: "txop", Title: "Time, queue or buffer", Mask: 0x00ff}
	wlanHTCField      = Field{Name: "wlan.htc", Label: "htc", Title: "HT Control", Base: Hex}
	wlanIVField       = Field{Name: "wlan.wep.iv", Label: "iv", Title: "WEP initialization vector", Base: Hex}
	wlanExtIVField    = Field{Label: "iv", Title: "TKIP or CCMP initialization vector"}
	wlanKeyField      = Field{Name: "wlan.wep.key", Label: "key", Title: "Key index", Mask: 0xc0}
	wlanKeyRestField  = Field{Label: "reserved", Title: "Extended IV and reserved bits", Mask: 0x3f, Base: Hex}
	wlanPNField       = Field{Label: "iv", Title: "Extended initialization vector"}
	wlanICVField      = Field{Name: "wlan.wep.icv", Label: "icv", Title: "WEP integrity check value", Base: Hex}
	wlanBodyField     = Field{Label: "body", Title: "Body"}
	wlanFCSField      = Field{Name: "wlan.fcs", Label: "fcs", Title: "Frame Check Sequence", Base: Hex}
	wlanCutField      = Field{Label: "trailer", Title: "Trailer (cut short)"}

	wlanFlagFields = []Field{
		{Name: "wlan.fc.tods", Label: "tods", Title: "To DS", Mask: 0x01, Form: FormFlag},
		{Name: "wlan.fc.fromds", Label: "fromds", Title: "From DS", Mask: 0x02, Form: FormFlag},
		{Name: "wlan.fc.frag", Label: "mf", Title: "More fragments", Mask: 0x04, Rank: 9, Form: FormFlag},
		{Name: "wlan.fc.retry", Label: "retry", Title: "Retry", Mask: 0x08, Rank: 9, Form: FormFlag},
		{Name: "wlan.fc.pwrmgt", Label: "sleeps", Title: "Power management", Mask: 0x10, Rank: 9, Form: FormFlag},
		{Name: "wlan.fc.moredata", Label: "more", Title: "More data", Mask: 0x20, Rank: 9, Form: FormFlag},
		{Name: "wlan.fc.protected", Label: "protected", Title: "Protected", Mask: 0x40, Rank: 9, Form: FormFlag},
		{Name: "wlan.fc.order", Label: "order", Title: "+HTC/Order", Mask: 0x80, Rank: 9, Form: FormFlag},
	}
)

// Fields describes the header to s.
func (w WLAN) Fields(s Sink) {
	t, flags := w.Type(), uint64(w[1])
	s.Enum(&wlanKindField, wlanFC, 0, uint64(t), t.Name())
	s.Uint(&wlanFCField, wlanFC, 2, uint64(binary.BigEndian.Uint16(w)))
	s.Begin(&wlanFCField, wlanFC, 2)
	s.Uint(&wlanVersionField, wlanFC, 2, uint64(w.Version()))
	s.Uint(&wlanTypeField, wlanFC, 2, uint64(t>>4))
	s.Uint(&wlanSubtypeField, wlanFC, 2, uint64(t&15))
	s.Uint(&wlanFlagsField, wlanFC+1, 1, flags)
	s.Begin(&wlanFlagsField, wlanFC+1, 1)
	s.Uint(&wlanDSField, wlanFC+1, 0, flags&3)
	pushBits(s, wlanFlagFields, wlanFC+1, 1, flags)
	s.End()
	s.End()
	if d := w.Duration(); t == WLANPSPoll && d >= 0xc000 {
		s.Uint(&wlanAIDField, wlanDuration, 2, uint64(d&0x3fff))
		s.Uint(&wlanOnesField, wlanDuration, 2, uint64(d>>14))
	} else {
		s.Uint(&wlanDurationField, wlanDuration, 2, uint64(d&0x7fff))
		s.Bool(&wlanReservedField, wlanDuration, 2, d&0x8000 != 0)
	}
	if t.IsControl() {
		w.controlAddresses(s)
		return
	}
	w.addresses(s)
	s.Uint(&wlanFragField, wlanSeqCtl, 2, uint64(w.Fragment()))
	s.Uint(&wlanSeqField, wlanSeqCtl, 2, uint64(w.Seq()))
	at := wlanAddr4
	if t.IsData() && w.betweenAPs() {
		s.MAC(&wlanSAField, at, 6, w.mac(at))
		at += 6
	}
	if t.IsQoS() {
		w.qosFields(s, at)
		at += 2
	}
	if w.hasHTC() {
		s.Uint(&wlanHTCField, at, wlanHTCLen, uint64(binary.LittleEndian.Uint32(w[at:])))
	}
}

func (w WLAN) controlAddresses(s Sink) {
	switch w.Type() {
	case WLANPSPoll:
		w.address(s, wlanAddr1, &wlanRARankField, &wlanBSSIDField, nil)
		w.address(s, wlanAddr2, &wlanTARankField, nil, nil)
	case WLANRTS, WLANBlockAckReq, WLANBlockAck:
		w.address(s, wlanAddr1, &wlanRARankField, nil, nil)
		w.address(s, wlanAddr2, &wlanTARankField, nil, nil)
	case WLANCFEnd, WLANCFEndAck:
		w.address(s, wlanAddr1, &wlanRARankField, nil, nil)
		w.address(s, wlanAddr2, &wlanBSSIDField, nil, nil)
	case WLANWrapper:
		w.address(s, wlanAddr1, &wlanRARankField, nil, nil)
		s.Bytes(&wlanBodyField, wlanAddr2, 6, w[wlanAddr2:wlanAddr3])
	default:
		w.address(s, wlanAddr1, &wlanRARankField, nil, nil)
	}
}

// address pushes the address at an offset under all its meanings, those that are nil left out.
func (w WLAN) address(s Sink, at int, first, second, third *Field) {
	m := w.mac(at)
	s.MAC(first, at, 6, m)
	if second == nil {
		return
	}
	s.Begin(first, at, 6)
	defer s.End()
	s.MAC(second, at, 6, m)
	if third != nil {
		s.Begin(second, at, 6)
		s.MAC(third, at, 6, m)
		s.End()
	}
}

// addresses pushes the first three addresses of a frame of data or management.
func (w WLAN) addresses(s Sink) {
	var toDS, fromDS bool
	if w.Type().IsData() {
		toDS, fromDS = w.Flags()&WLANToDS != 0, w.Flags()&WLANFromDS != 0
	}
	switch {
	case toDS && fromDS:
		w.address(s, wlanAddr1, &wlanRAField, nil, nil)
		w.address(s, wlanAddr2, &wlanTAField, nil, nil)
		w.address(s, wlanAddr3, &wlanDAField, nil, nil)
	case toDS:
		w.address(s, wlanAddr1, &wlanRAField, &wlanBSSIDField, nil)
		w.address(s, wlanAddr2, &wlanTAField, &wlanSAField, &wlanSTAField)
		w.address(s, wlanAddr3, w.third(&wlanDAField), nil, nil)
	case fromDS:
		w.address(s, wlanAddr1, &wlanRAField, &wlanDAField, &wlanSTAField)
		w.address(s, wlanAddr2, &wlanTAField, &wlanBSSIDField, nil)
		w.address(s, wlanAddr3, w.third(&wlanSAField), nil, nil)
	default:
		w.address(s, wlanAddr1, &wlanRAField, &wlanDAField, nil)
		w.address(s, wlanAddr2, &wlanTAField, &wlanSAField, nil)
		w.address(s, wlanAddr3, &wlanBSSIDField, nil, nil)
	}
}

// third is what the third address of a frame of data is: the message's, unless there are several with addresses of their own.
func (w WLAN) third(f *Field) *Field {
	if w.isAMSDU() {
		return &wlanThirdField
	}
	return f
}

func (w WLAN) qosFields(s Sink, at int) {
	first := w[at]
	s.Uint(&wlanQoSField, at, 2, uint64(binary.LittleEndian.Uint16(w[at:])))
	s.Begin(&wlanQoSField, at, 2)
	s.Uint(&wlanTIDField, at, 2, uint64(first&15))
	s.Uint(&wlanPriorityField, at, 0, uint64(first&7))
	if w.Flags()&WLANFromDS != 0 {
		s.Bool(&wlanEOSPField, at, 2, first&0x10 != 0)
	} else {
		s.Bool(&wlanBit4Field, at, 2, first&0x10 != 0)
	}
	s.Uint(&wlanAckField, at, 2, uint64(first>>5&3))
	if w.Type().IsNull() {
		s.Bool(&wlanNoAMSDUField, at, 2, first&0x80 != 0)
	} else {
		s.Bool(&wlanAMSDUField, at, 2, first&0x80 != 0)
	}
	s.Uint(&wlanQoSRestField, at, 2, uint64(w[at+1]))
	s.End()
}

// isAMSDU reports whether the body of a data frame holds several messages.
func (w WLAN) isAMSDU() bool {
	if !w.Type().IsQoS() {
		return false
	}
	at := wlanAddr4
	if w.betweenAPs() {
		at += 6
	}
	return w[at]&0x80 != 0
}

// Flags of a layer that say what a radiotap header has told of the 802.11 frame behind it.
const (
	withFCS      LayerFlags = 1 << 6
	paddedHeader LayerFlags = 1 << 7
)

// wlanParts are the lengths of what stands around the body of an 802.11 frame, in bytes.
type wlanParts struct {
	header  int // padding included
	cipher  int // initialization vector and key number
	icv     int // of WEP, at the end
	fcs     int
	trailer int // icv and fcs together
}

// parts finds where the body of an 802.11 frame is.
func (w WLAN) parts(l *Layer) (q wlanParts) {
	q.header = w.HeaderLen()
	if l.Flags&paddedHeader != 0 {
		q.header = (q.header + 3) &^ 3
	}
	if l.Flags&withFCS != 0 {
		q.fcs = wlanFCSLen
	}
	body := len(w) - q.header
	if w.Flags()&WLANProtected != 0 && !w.Type().IsControl() && !w.Type().IsNull() && body >= 4 {
		switch extended := w[q.header+3]&0x20 != 0; {
		case !extended:
			q.cipher, q.icv = 4, 4
		case body >= 8:
			q.cipher = 8
		}
	}
	if l.Wire < q.header+q.cipher+q.icv+q.fcs {
		q.cipher, q.icv = 0, 0
	}
	if l.Wire < q.header+q.fcs {
		q.fcs = 0
	}
	q.trailer = q.icv + q.fcs
	return q
}

func decodeWLAN(p *Packet, l *Layer, b []byte) LayerType {
	w := WLAN(b)
	if err := w.Check(); err != nil {
		return l.fail(err)
	}
	q := w.parts(l)
	if q.header > len(b) {
		return l.fail(ErrTruncated)
	}
	start := q.header + q.cipher
	t, next := w.Type(), LayerData
	switch {
	case t.IsControl(), t.IsNull():
		next = LayerNone
	case q.cipher > 0, w.Flags()&WLANProtected != 0:
	case t.IsManagement():
		next = LayerWLANMgt
	case w.Fragment() == 0 && w.Flags()&WLANMoreFrags == 0 && !w.isAMSDU():
		next = LayerLLC
	}
	if next == LayerNone || start >= min(len(b), l.Wire-q.trailer) {
		l.Payload = l.End
		return LayerNone
	}
	l.Payload = l.Start + start
	p.limitNext(l.Wire - start - q.trailer)
	return next
}

func wlanFields(p *Packet, l *Layer, s Sink) {
	b := p.Bytes(l)
	w := WLAN(b)
	w.Fields(s)
	q := w.parts(l)
	at := w.HeaderLen()
	if at < q.header {
		s.Bytes(&rtAlignField, at, q.header-at, b[at:q.header])
	}
	at = q.header
	if q.cipher > 0 {
		if q.icv > 0 {
			s.Uint(&wlanIVField, at, 3, uint64(b[at])<<16|uint64(b[at+1])<<8|uint64(b[at+2]))
		} else {
			s.Bytes(&wlanExtIVField, at, 3, b[at:at+3])
		}
		s.Uint(&wlanKeyField, at+3, 1, uint64(b[at+3]>>6))
		s.Uint(&wlanKeyRestField, at+3, 1, uint64(b[at+3]&0x3f))
		if q.cipher > 4 {
			s.Bytes(&wlanPNField, at+4, 4, b[at+4:at+8])
		}
		at += q.cipher
	}
	end := max(at, min(len(b), l.Wire-q.trailer))
	if l.Payload == l.End && at < end { // nothing follows that describes it
		s.Bytes(&wlanBodyField, at, end-at, b[at:end])
	}
	if rest := b[end:]; len(rest) < q.trailer {
		if len(rest) > 0 {
			s.Bytes(&wlanCutField, end, len(rest), rest)
		}
		return
	}
	if q.icv > 0 {
		s.Uint(&wlanICVField, end, 4, uint64(binary.BigEndian.Uint32(b[end:])))
		end += q.icv
	}
	if q.fcs > 0 {
		s.Uint(&wlanFCSField, end, wlanFCSLen, uint64(binary.LittleEndian.Uint32(b[end:])))
	}
}

// WLANHeader is the header of a frame with three addresses as a value: management, or data that one access point
// forwards at most.
type WLANHeader struct {
	Type     WLANType
	Flags    WLANFlags
	Duration uint16 // in microseconds
	Addr1    MAC    // the receiver
	Addr2    MAC    // the transmitter
	Addr3    MAC
	Seq      uint16 // 0 to 4095
	Fragment uint8  // 0 to 15
}

// Append appends the wire form of h to b and returns the extended slice.
func (h *WLANHeader) Append(b []byte) []byte {
	b = append(b, byte(h.Type&15)<<4|byte(h.Type>>4)<<2, byte(h.Flags))
	b = binary.LittleEndian.AppendUint16(b, h.Duration)
	b = append(b, h.Addr1[:]...)
	b = append(b, h.Addr2[:]...)
	b = append(b, h.Addr3[:]...)
	return binary.LittleEndian.AppendUint16(b, h.Seq<<4|uint16(h.Fragment&15))
}
