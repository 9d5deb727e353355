package dissect

import "encoding/binary"

// WLANMgt is a view of the body of an 802.11 management frame (IEEE 802.11-2016 section 9.3.3): fixed fields that the kind of
// frame calls for, and elements behind them. A view alone does not tell the kind, so the getters are told. All numbers are
// little-endian.
//
//	 0              7 8             15 16
//	+--------------------------------------------------------
//	|  Fixed fields
//	+----------------+----------------+----------------------
//	|  Element ID    |     Length     |  Data, Length bytes; and so on
//	+----------------+----------------+----------------------
type WLANMgt []byte

// Check reports whether the fixed fields of a frame of kind t can be read: ErrTruncated if bytes of them are missing.
func (m WLANMgt) Check(t WLANType) error {
	if len(m) < m.fixedLen(t) {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for one that received the frame: the elements must be whole too.
func (m WLANMgt) CheckWhole(t WLANType) error {
	if err := m.Check(t); err != nil {
		return err
	}
	for at := m.fixedLen(t); at < len(m); at += 2 + int(m[at+1]) {
		if at+2 > len(m) || at+2+int(m[at+1]) > len(m) {
			return ErrTruncated
		}
	}
	return nil
}

// fixedLen is the length of the fixed fields of a frame of kind t in bytes.
func (m WLANMgt) fixedLen(t WLANType) int {
	switch t {
	case WLANBeacon, WLANProbeResponse:
		return 12
	case WLANAssocRequest:
		return 4
	case WLANAssocResponse, WLANReassocResponse, WLANAuthentication:
		return 6
	case WLANReassocRequest:
		return 10
	case WLANDisassociation, WLANDeauth:
		return 2
	case WLANAction, WLANActionNoAck:
		return 1
	}
	return 0
}

// Elements gives what stands behind the fixed fields of a frame of kind t.
func (m WLANMgt) Elements(t WLANType) []byte { return m[m.fixedLen(t):] }

var (
	mgtTimestampField = Field{Name: "wlan.fixed.timestamp", Label: "timestamp", Title: "Timestamp (µs)"}
	mgtIntervalField  = Field{Name: "wlan.fixed.beacon", Label: "interval", Title: "Beacon interval (1024 µs)", Rank: 3}
	mgtCapsField      = Field{Name: "wlan.fixed.capabilities", Label: "capabilities", Title: "Capabilities", Base: Hex}
	mgtListenField    = Field{Name: "wlan.fixed.listen_ival", Label: "listen", Title: "Listen interval", Base: Hex}
	mgtCurrentAPField = Field{Name: "wlan.fixed.current_ap", Label: "ap", Title: "Current access point", Rank: 2}
	mgtStatusField    = Field{Name: "wlan.fixed.status_code", Label: "status", Title: "Status code", Rank: 4, Base: Hex}
	mgtAIDField       = Field{Name: "wlan.fixed.aid", Label: "aid", Title: "Association ID", Mask: 0xff3f, Rank: 5, Base: Hex}
	mgtAIDRestField   = Field{Label: "ones", Title: "Two bits of one", Mask: 0x00c0}
	mgtAlgField       = Field{Name: "wlan.fixed.auth.alg", Label: "alg", Title: "Authentication algorithm", Rank: 2}
	mgtAuthSeqField   = Field{Name: "wlan.fixed.auth_seq", Label: "step", Title: "Authentication sequence number", Rank: 3, Base: Hex}
	mgtReasonField    = Field{Name: "wlan.fixed.reason_code", Label: "reason", Title: "Reason code", Rank: 2, Base: Hex}
	mgtCategoryField  = Field{Name: "wlan.fixed.category_code", Label: "category", Title: "Category", Rank: 2}
	mgtActionField    = Field{Label: "action", Title: "Action"}
	mgtBodyField      = Field{Label: "body", Title: "Body"}

	mgtTagField      = Field{Name: "wlan.tag", Label: "tag", Title: "Element"}
	mgtTagNumField   = Field{Name: "wlan.tag.number", Label: "id", Title: "Element ID"}
	mgtTagLenField   = Field{Name: "wlan.tag.length", Label: "len", Title: "Length"}
	mgtExtLenField   = Field{Name: "wlan.ext_tag.length", Label: "len", Title: "Length without the extension's number"}
	mgtExtNumField   = Field{Name: "wlan.ext_tag.number", Label: "ext", Title: "Element ID extension"}
	mgtTagDataField  = Field{Label: "data", Title: "Data"}
	mgtSSIDField     = Field{Name: "wlan.ssid", Label: "ssid", Title: "SSID"}
	mgtSSIDTextField = Field{Label: "ssid", Title: "SSID as text", Rank: 1}
	mgtRateField     = Field{Name: "wlan.supported_rates", Label: "rate", Title: "Supported rate", Base: Hex}
	mgtExtRateField  = Field{Name: "wlan.extended_supported_rates", Label: "rate", Title: "Extended supported rate", Base: Hex}
	mgtChannelField  = Field{Name: "wlan.ds.current_channel", Label: "channel", Title: "Current channel", Rank: 6}
	mgtCFCountField  = Field{Name: "wlan.cfp.count", Label: "count", Title: "CFP count"}
	mgtCFPeriodField = Field{Name: "wlan.cfp.period", Label: "period", Title: "CFP period"}
	mgtCFMaxField    = Field{Name: "wlan.cfp.max_duration", Label: "max", Title: "CFP maximal duration"}
	mgtCFLeftField   = Field{Name: "wlan.cfp.dur_remaining", Label: "remaining", Title: "CFP duration remaining"}
	mgtDTIMField     = Field{Name: "wlan.tim.dtim_count", Label: "dtim", Title: "DTIM count"}
	mgtDTIMPerField  = Field{Name: "wlan.tim.dtim_period", Label: "period", Title: "DTIM period"}
	mgtBitmapCtl     = Field{Name: "wlan.tim.bmapctl", Label: "control", Title: "Bitmap control", Base: Hex}
	mgtTIMMulticast  = Field{Name: "wlan.tim.bmapctl.multicast", Label: "multicast", Title: "Multicast", Mask: 0x01, Form: FormFlag}
	mgtTIMOffset     = Field{Name: "wlan.tim.bmapctl.offset", Label: "offset", Title: "Bitmap offset", Mask: 0xfe, Base: Hex}
	mgtBitmapField   = Field{Name: "wlan.tim.partial_virtual_bitmap", Label: "bitmap", Title: "Partial virtual bitmap"}
	mgtChallenge     = Field{Name: "wlan.tag.challenge_text", Label: "challenge", Title: "Challenge text"}
	mgtERPField      = Field{Name: "wlan.erp_info", Label: "erp", Title: "ERP information", Base: Hex}
	mgtRSNVersion    = Field{Name: "wlan.rsn.version", Label: "rsn", Title: "RSN version"}
	mgtRSNGroup      = Field{Name: "wlan.rsn.gcs", Label: "group", Title: "Group cipher suite"}
	mgtRSNPairCount  = Field{Name: "wlan.rsn.pcs.count", Label: "pairwise", Title: "Pairwise cipher suites"}
	mgtRSNPair       = Field{Name: "wlan.rsn.pcs", Label: "pairwise", Title: "Pairwise cipher suite"}
	mgtRSNAKMCount   = Field{Name: "wlan.rsn.akms.count", Label: "akms", Title: "Key management suites"}
	mgtRSNAKM        = Field{Name: "wlan.rsn.akms", Label: "akm", Title: "Key management suite"}
	mgtRSNCaps       = Field{Name: "wlan.rsn.capabilities", Label: "capabilities", Title: "RSN capabilities", Base: Hex}
	mgtOUIField      = Field{Name: "wlan.tag.oui", Label: "oui", Title: "OUI", Base: Hex}
	mgtOUITypeField  = Field{Name: "wlan.tag.vendor.oui.type", Label: "type", Title: "Vendor specific type"}
	mgtRestField     = Field{Label: "rest", Title: "An element that is not whole"}

	mgtCapFields = []Field{ // the first byte, which is the low one, is the high one in the masks
		{Name: "wlan.fixed.capabilities.ess", Label: "ess", Title: "ESS", Mask: 0x0100, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.ibss", Label: "ibss", Title: "IBSS", Mask: 0x0200, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.reserved1", Label: "reserved", Title: "Reserved", Mask: 0x0400, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.reserved2", Label: "reserved", Title: "Reserved", Mask: 0x0800, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.privacy", Label: "privacy", Title: "Privacy", Mask: 0x1000, Rank: 9, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.short_preamble", Label: "short", Title: "Short preamble", Mask: 0x2000, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.reserved3", Label: "reserved", Title: "Reserved", Mask: 0x4000, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.reserved4", Label: "reserved", Title: "Reserved", Mask: 0x8000, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.spec_man", Label: "spectrum", Title: "Spectrum management", Mask: 0x0001, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.qos", Label: "qos", Title: "QoS", Mask: 0x0002, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.short_slot_time", Label: "shortslot", Title: "Short slot time", Mask: 0x0004, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.apsd", Label: "apsd", Title: "Automatic power save delivery", Mask: 0x0008, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.radio_measurement", Label: "measurement", Title: "Radio measurement", Mask: 0x0010, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.epd", Label: "epd", Title: "EPD", Mask: 0x0020, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.reserved5", Label: "reserved", Title: "Reserved", Mask: 0x0040, Form: FormFlag},
		{Name: "wlan.fixed.capabilities.reserved6", Label: "reserved", Title: "Reserved", Mask: 0x0080, Form: FormFlag},
	}
	mgtERPFields = []Field{
		{Name: "wlan.erp_info.erp_present", Label: "nonerp", Title: "Non-ERP present", Mask: 0x01, Form: FormFlag},
		{Name: "wlan.erp_info.use_protection", Label: "protection", Title: "Use protection", Mask: 0x02, Form: FormFlag},
		{Name: "wlan.erp_info.barker_preamble_mode", Label: "barker", Title: "Barker preamble mode", Mask: 0x04, Form: FormFlag},
	}
	mgtERPRestField = Field{Name: "wlan.erp_info.reserved", Label: "reserved", Title: "Reserved", Mask: 0xf8, Base: Hex}
)

// Fields describes the body of a frame of kind t to s.
func (m WLANMgt) Fields(s Sink, t WLANType) {
	le16 := func(at int) uint64 { return uint64(binary.LittleEndian.Uint16(m[at:])) }
	capabilities := func(at int) {
		s.Uint(&mgtCapsField, at, 2, le16(at))
		s.Begin(&mgtCapsField, at, 2)
		pushBits(s, mgtCapFields, at, 2, uint64(binary.BigEndian.Uint16(m[at:])))
		s.End()
	}
	at := m.fixedLen(t)
	switch t {
	case WLANBeacon, WLANProbeResponse:
		s.Uint(&mgtTimestampField, 0, 8, binary.LittleEndian.Uint64(m))
		s.Uint(&mgtIntervalField, 8, 2, le16(8))
		capabilities(10)
	case WLANAssocRequest, WLANReassocRequest:
		capabilities(0)
		s.Uint(&mgtListenField, 2, 2, le16(2))
		if t == WLANReassocRequest {
			var ap MAC
			copy(ap[:], m[4:])
			s.MAC(&mgtCurrentAPField, 4, 6, ap)
		}
	case WLANAssocResponse, WLANReassocResponse:
		capabilities(0)
		s.Uint(&mgtStatusField, 2, 2, le16(2))
		s.Uint(&mgtAIDField, 4, 2, le16(4)&0x3fff)
		s.Uint(&mgtAIDRestField, 4, 2, le16(4)>>14)
	case WLANAuthentication:
		s.Enum(&mgtAlgField, 0, 2, le16(0), wlanAuthName(le16(0)))
		s.Uint(&mgtAuthSeqField, 2, 2, le16(2))
		s.Uint(&mgtStatusField, 4, 2, le16(4))
	case WLANDisassociation, WLANDeauth:
		s.Uint(&mgtReasonField, 0, 2, le16(0))
	case WLANAction, WLANActionNoAck:
		s.Uint(&mgtCategoryField, 0, 1, uint64(m[0]))
		if len(m) > 1 {
			s.Bytes(&mgtActionField, 1, len(m)-1, m[1:])
		}
		return
	case WLANProbeRequest:
	default:
		s.Bytes(&mgtBodyField, 0, len(m), m)
		return
	}
	for at < len(m) {
		if at+2 > len(m) || at+2+int(m[at+1]) > len(m) {
			s.Bytes(&mgtRestField, at, len(m)-at, m[at:])
			return
		}
		n := int(m[at+1])
		m.element(s, at, n)
		at += 2 + n
	}
}

// wlanAuthName names an authentication algorithm (section 9.4.1.1).
func wlanAuthName(v uint64) string {
	names := [...]string{"open system", "shared key", "fast BSS transition", "SAE"}
	if v < uint64(len(names)) {
		return names[v]
	}
	return ""
}

// Element IDs (section 9.4.2.1).
const (
	elementSSID      = 0
	elementRates     = 1
	elementDS        = 3
	elementCF        = 4
	elementTIM       = 5
	elementChallenge = 16
	elementERP       = 42
	elementRSN       = 48
	elementExtRates  = 50
	elementVendor    = 221
	elementExtension = 255
)

// element describes the element at an offset, of n bytes without its header.
func (m WLANMgt) element(s Sink, at, n int) {
	id, v := m[at], m[at+2:at+2+n]
	s.Begin(&mgtTagField, at, 2+n)
	defer s.End()
	s.Uint(&mgtTagNumField, at, 1, uint64(id))
	if id == elementExtension && n > 0 {
		s.Uint(&mgtExtLenField, at+1, 1, uint64(n-1))
	} else {
		s.Uint(&mgtTagLenField, at+1, 1, uint64(n))
	}
	at += 2
	le16 := func(off int) uint64 { return uint64(binary.LittleEndian.Uint16(v[off:])) }
	used := 0
	switch id {
	case elementSSID:
		s.Bytes(&mgtSSIDField, at, n, v)
		s.Text(&mgtSSIDTextField, at, 0, v)
		used = n
	case elementRates, elementExtRates:
		f := &mgtRateField
		if id == elementExtRates {
			f = &mgtExtRateField
		}
		for i, r := range v {
			s.Uint(f, at+i, 1, uint64(r))
		}
		used = n
	case elementDS:
		if n >= 1 {
			s.Uint(&mgtChannelField, at, 1, uint64(v[0]))
			used = 1
		}
	case elementCF:
		if n >= 6 {
			s.Uint(&mgtCFCountField, at, 1, uint64(v[0]))
			s.Uint(&mgtCFPeriodField, at+1, 1, uint64(v[1]))
			s.Uint(&mgtCFMaxField, at+2, 2, le16(2))
			s.Uint(&mgtCFLeftField, at+4, 2, le16(4))
			used = 6
		}
	case elementTIM:
		if n >= 4 {
			s.Uint(&mgtDTIMField, at, 1, uint64(v[0]))
			s.Uint(&mgtDTIMPerField, at+1, 1, uint64(v[1]))
			s.Uint(&mgtBitmapCtl, at+2, 1, uint64(v[2]))
			s.Begin(&mgtBitmapCtl, at+2, 1)
			s.Bool(&mgtTIMMulticast, at+2, 1, v[2]&1 != 0)
			s.Uint(&mgtTIMOffset, at+2, 1, uint64(v[2]>>1))
			s.End()
			s.Bytes(&mgtBitmapField, at+3, n-3, v[3:])
			used = n
		}
	case elementChallenge:
		s.Bytes(&mgtChallenge, at, n, v)
		used = n
	case elementERP:
		if n >= 1 {
			s.Uint(&mgtERPField, at, 1, uint64(v[0]))
			s.Begin(&mgtERPField, at, 1)
			pushBits(s, mgtERPFields, at, 1, uint64(v[0]))
			s.Uint(&mgtERPRestField, at, 1, uint64(v[0]>>3))
			s.End()
			used = 1
		}
	case elementRSN:
		used = rsnFields(s, at, v)
	case elementVendor:
		if n >= 3 {
			s.Uint(&mgtOUIField, at, 3, uint64(v[0])<<16|uint64(v[1])<<8|uint64(v[2]))
			used = 3
		}
		if n >= 4 {
			s.Uint(&mgtOUITypeField, at+3, 1, uint64(v[3]))
			used = 4
		}
	case elementExtension:
		if n >= 1 {
			s.Uint(&mgtExtNumField, at, 1, uint64(v[0]))
			used = 1
		}
	}
	if used < n {
		s.Bytes(&mgtTagDataField, at+used, n-used, v[used:])
	}
}

// rsnFields describes an RSN element (section 9.4.2.25), which may end behind any of its parts, and gives how many bytes it took.
func rsnFields(s Sink, at int, v []byte) (used int) {
	count := func(f *Field) (n int, ok bool) {
		if used+2 > len(v) {
			return 0, false
		}
		n = int(binary.LittleEndian.Uint16(v[used:]))
		s.Uint(f, at+used, 2, uint64(n))
		used += 2
		return n, true
	}
	suites := func(f *Field, n int) bool {
		for ; n > 0; n-- {
			if used+4 > len(v) {
				return false
			}
			s.Uint(f, at+used, 4, uint64(binary.BigEndian.Uint32(v[used:])))
			used += 4
		}
		return true
	}
	if _, ok := count(&mgtRSNVersion); !ok || !suites(&mgtRSNGroup, 1) {
		return used
	}
	if n, ok := count(&mgtRSNPairCount); !ok || !suites(&mgtRSNPair, n) {
		return used
	}
	if n, ok := count(&mgtRSNAKMCount); !ok || !suites(&mgtRSNAKM, n) {
		return used
	}
	count(&mgtRSNCaps)
	return used
}

// wlanKind gives the kind of the frame whose body is layer l.
func (p *Packet) wlanKind(l *Layer) WLANType {
	for i := range p.layers {
		at := &p.layers[i]
		if at.Type == LayerWLAN && at.Payload == l.Start {
			return WLAN(p.Bytes(at)).Type()
		}
		if at == l {
			break
		}
	}
	return WLANActionNoAck
}

func decodeWLANMgt(p *Packet, l *Layer, b []byte) LayerType {
	if err := WLANMgt(b).Check(p.wlanKind(l)); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func wlanMgtFields(p *Packet, l *Layer, s Sink) { WLANMgt(p.Bytes(l)).Fields(s, p.wlanKind(l)) }
