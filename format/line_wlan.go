package format

import (
	"encoding/binary"
	"math"
)

func le16(d []byte, off int) uint16 { return binary.LittleEndian.Uint16(d[off:]) }
func le32(d []byte, off int) uint32 { return binary.LittleEndian.Uint32(d[off:]) }

// Types of 802.11 frames (IEEE 802.11-2016 section 9.2.4.1.3).
const (
	wlanManagement = 0
	wlanControl    = 1
	wlanData       = 2
)

// wlanFC is the frame control field of an 802.11 frame, its first byte as the low one.
type wlanFC uint16

func (c wlanFC) kind() int       { return int(c >> 2 & 3) }
func (c wlanFC) subtype() int    { return int(c >> 4 & 15) }
func (c wlanFC) toDS() bool      { return c&0x0100 != 0 }
func (c wlanFC) fromDS() bool    { return c&0x0200 != 0 }
func (c wlanFC) protected() bool { return c&0x4000 != 0 }
func (c wlanFC) qos() bool       { return c.subtype()&8 != 0 }
func (c wlanFC) null() bool      { return c.subtype()&4 != 0 }

// Control frames (section 9.2.4.1.3, table 9-1).
const (
	wlanWrapper  = 7
	wlanBAR      = 8
	wlanBA       = 9
	wlanPSPoll   = 10
	wlanRTS      = 11
	wlanCTS      = 12
	wlanAck      = 13
	wlanCFEnd    = 14
	wlanCFEndAck = 15
)

var wlanControlNames = [16]string{
	wlanWrapper: "Control Wrapper", wlanBAR: "BAR", wlanBA: "BA", wlanPSPoll: "Power Save-Poll", wlanRTS: "Request-To-Send",
	wlanCTS: "Clear-To-Send", wlanAck: "Acknowledgment", wlanCFEnd: "CF-End", wlanCFEndAck: "CF-End+CF-Ack",
}

// headerLen is how many bytes of a frame stand before its body, 0 for a frame of no known kind.
func (c wlanFC) headerLen() int {
	switch c.kind() {
	case wlanManagement:
		return 24
	case wlanControl:
		switch s := c.subtype(); {
		case s == wlanBAR:
			return 20
		case s == wlanBA, s == wlanCTS, s == wlanAck:
			return 10
		case s >= wlanWrapper:
			return 16
		}
	case wlanData:
		n := 24
		if c.toDS() && c.fromDS() {
			n = 30
		}
		if c.qos() {
			n += 2
		}
		return n
	}
	return 0
}

// wlan prints an 802.11 frame and gives the length of its headers. padded says that the header was filled up to a multiple
// of four bytes; fcs is how many bytes of checksum stand at the end.
func (p *Line) wlan(b, d []byte, length, fcs int, padded bool) ([]byte, int) {
	captured := len(d)
	if length < fcs {
		return p.trunc(b, "802.11"), captured
	}
	length -= fcs
	d = clip(d, length)
	if len(d) < 2 {
		return p.trunc(b, "802.11"), captured
	}
	c := wlanFC(le16(d, 0))
	header := c.headerLen()
	if header == 0 {
		if c.kind() == wlanControl {
			b = appendInt(append(b, "unknown 802.11 ctrl frame subtype ("...), c.subtype())
		} else {
			b = appendInt(append(b, "unknown 802.11 frame type ("...), c.kind())
		}
		return append(b, ')'), 0
	}
	if padded {
		header = (header + 3) &^ 3
	}
	if len(d) < header {
		return p.trunc(b, "802.11"), header
	}
	if p.opts.LinkHeader {
		b = p.wlanHeader(b, c, d)
	}
	body, n := d[header:], length-header
	switch c.kind() {
	case wlanManagement:
		var whole bool
		if b, whole = p.wlanManagement(b, c, d[10:16], body, n); !whole {
			b = p.trunc(b, "802.11")
		}
	case wlanControl:
		b = p.wlanControl(b, c, d)
	case wlanData:
		if c.null() {
			return b, header
		}
		if c.protected() {
			b = append(b, "Data"...)
			var whole bool
			if b, whole = appendWEP(b, body); !whole {
				b = p.trunc(b, "802.11")
			}
			return b, header
		}
		outer := p.link
		p.link.src, p.link.dst = c.addresses(d)
		var llc int
		var known bool
		b, llc, known = p.llc(b, body, n)
		p.link = outer
		if !known {
			b = p.dump(b, body)
		}
		header += llc
	}
	return b, header
}

// addresses gives the source and the destination of a data frame, whose places depend on which of both is behind an
// access point.
func (c wlanFC) addresses(d []byte) (src, dst []byte) {
	switch {
	case !c.toDS() && !c.fromDS():
		return d[10:16], d[4:10]
	case !c.toDS():
		return d[16:22], d[4:10]
	case !c.fromDS():
		return d[10:16], d[16:22]
	}
	return d[24:30], d[16:22]
}

// wlanHeader prints the header, as -e shows it.
func (p *Line) wlanHeader(b []byte, c wlanFC, d []byte) []byte {
	if p.opts.Verbose > 0 {
		b = appendBits(b, wlanFlagNames, uint32(c), "", "")
		if c.kind() != wlanControl || c.subtype() != wlanPSPoll {
			b = append(appendInt(b, int(le16(d, 2))), "us "...)
		}
	}
	address := func(name string, at int) {
		b = append(p.hardware(append(b, name...), d[at:at+6]), ' ')
	}
	switch c.kind() {
	case wlanManagement:
		address("BSSID:", 16)
		address("DA:", 4)
		address("SA:", 10)
	case wlanControl:
		switch c.subtype() {
		case wlanBAR:
			b = p.blockAckRequest(b, d)
		case wlanBA, wlanCTS, wlanAck:
			address("RA:", 4)
		case wlanPSPoll:
			address("BSSID:", 4)
			address("TA:", 10)
		case wlanRTS:
			address("RA:", 4)
			address("TA:", 10)
		case wlanCFEnd, wlanCFEndAck:
			address("RA:", 4)
			address("BSSID:", 10)
		}
	case wlanData:
		ack, poll := c.subtype()&1 != 0, c.subtype()&2 != 0
		if ack || poll || c.qos() {
			b = append(b, "CF "...)
			switch {
			case ack && poll:
				b = append(b, "Ack/Poll"...)
			case ack:
				b = append(b, "Ack"...)
			case poll:
				b = append(b, "Poll"...)
			}
			if c.qos() {
				b = append(b, "+QoS"...)
			}
			b = append(b, ' ')
		}
		switch {
		case !c.toDS() && !c.fromDS():
			address("DA:", 4)
			address("SA:", 10)
			address("BSSID:", 16)
		case !c.toDS():
			address("DA:", 4)
			address("BSSID:", 10)
			address("SA:", 16)
		case !c.fromDS():
			address("BSSID:", 4)
			address("SA:", 10)
			address("DA:", 16)
		default:
			address("RA:", 4)
			address("TA:", 10)
			address("DA:", 16)
			address("SA:", 24)
		}
	}
	return b
}

var wlanFlagNames = []bitName{
	{0x2000, "More Data "}, {0x0400, "More Fragments "}, {0x1000, "Pwr Mgmt "}, {0x0800, "Retry "}, {0x8000, "Strictly Ordered "},
	{0x4000, "Protected "},
}

func (p *Line) blockAckRequest(b, d []byte) []byte {
	b = p.hardware(append(b, " RA:"...), d[4:10])
	b = p.hardware(append(b, " TA:"...), d[10:16])
	b = appendHex(append(b, " CTL("...), uint64(le16(d, 16)), 1)
	b = appendInt(append(b, ") SEQ("...), int(le16(d, 18)))
	return append(b, ") "...)
}

// wlanControl prints a control frame. Addresses are for those who have not seen them by -e.
func (p *Line) wlanControl(b []byte, c wlanFC, d []byte) []byte {
	b = append(b, wlanControlNames[c.subtype()]...)
	if c.subtype() == wlanPSPoll {
		b = appendHex(append(b, " AID("...), uint64(le16(d, 2)), 1)
		return append(b, ')')
	}
	if p.opts.LinkHeader {
		return b
	}
	switch c.subtype() {
	case wlanBAR:
		return p.blockAckRequest(b, d)
	case wlanRTS:
		return append(p.hardware(append(b, " TA:"...), d[10:16]), ' ')
	case wlanWrapper:
		return b
	}
	return append(p.hardware(append(b, " RA:"...), d[4:10]), ' ')
}

// appendWEP appends what stands in the clear before an encrypted body, and reports whether it was captured.
func appendWEP(b, d []byte) ([]byte, bool) {
	if len(d) < 4 {
		return b, false
	}
	v := le32(d, 0)
	b = append(b, " IV:"...)
	iv := uint64(v & 0xffffff)
	for least := uint64(0x100); least > 1 && iv < least; least >>= 4 {
		b = append(b, ' ')
	}
	b = appendHex(b, iv, 1)
	b = appendHex(append(b, " Pad "...), uint64(v>>24&0x3f), 1)
	b = appendHex(append(b, " KeyID "...), uint64(v>>30), 1)
	return b, true
}

// Management frames (section 9.2.4.1.3, table 9-1).
const (
	wlanAssocRequest    = 0
	wlanAssocResponse   = 1
	wlanReassocRequest  = 2
	wlanReassocResponse = 3
	wlanProbeRequest    = 4
	wlanProbeResponse   = 5
	wlanBeacon          = 8
	wlanDisassoc        = 10
	wlanAuth            = 11
	wlanDeauth          = 12
	wlanAction          = 13
)

var wlanManagementNames = [16]string{
	wlanAssocRequest: "Assoc Request", wlanAssocResponse: "Assoc Response", wlanReassocRequest: "ReAssoc Request",
	wlanReassocResponse: "ReAssoc Response", wlanProbeRequest: "Probe Request", wlanProbeResponse: "Probe Response",
	wlanBeacon: "Beacon", 9: "ATIM", wlanDisassoc: "Disassociation", wlanAuth: "Authentication", wlanDeauth: "DeAuthentication",
	wlanAction: "Action",
}

// Bits of the capability field.
const (
	wlanESS     = 0x01
	wlanPrivacy = 0x10
)

// wlanManagement prints a management frame from src with length bytes of body at d. It reports false where the body ends too
// early.
func (p *Line) wlanManagement(b []byte, c wlanFC, src, d []byte, length int) ([]byte, bool) {
	name := wlanManagementNames[c.subtype()]
	if name == "" {
		b = appendHex(append(b, "Unhandled Management subtype("...), uint64(c.subtype()), 1)
		b = append(b, ')')
	}
	b = append(b, name...)
	if c.protected() {
		return appendWEP(b, d)
	}
	var fixed int // length of what stands before the elements
	switch c.subtype() {
	case wlanBeacon, wlanProbeResponse:
		fixed = 12
	case wlanAssocRequest:
		fixed = 4
	case wlanAssocResponse, wlanReassocResponse, wlanAuth:
		fixed = 6
	case wlanReassocRequest:
		fixed = 10
	case wlanDisassoc, wlanDeauth, wlanAction:
		fixed = 2
	}
	if len(d) < fixed {
		return b, false
	}
	e := wlanElements{cut: len(d) < length}
	switch c.subtype() {
	case wlanBeacon:
		e.read(d[fixed:])
		b = e.appendRates(p.ssid(b, &e))
		if le16(d, 10)&wlanESS != 0 {
			b = append(b, " ESS"...)
		} else {
			b = append(b, " IBSS"...)
		}
		b = e.appendChannel(b, le16(d, 10))
	case wlanProbeResponse:
		e.read(d[fixed:])
		b = e.appendRates(p.ssid(b, &e))
		b = e.appendChannel(b, le16(d, 10))
	case wlanAssocRequest, wlanProbeRequest:
		e.read(d[fixed:])
		b = e.appendRates(p.ssid(b, &e))
	case wlanReassocRequest:
		e.read(d[fixed:])
		b = p.hardware(append(p.ssid(b, &e), " AP : "...), d[4:10])
	case wlanAssocResponse, wlanReassocResponse:
		e.read(d[fixed:])
		b = appendHex(append(b, " AID("...), uint64(le16(d, 4)&0x3fff), 1)
		b = append(b, ") :"...)
		if le16(d, 0)&wlanPrivacy != 0 {
			b = append(b, " PRIVACY "...)
		}
		b = append(append(b, ": "...), wlanStatus(le16(d, 2))...)
	case wlanAuth:
		e.read(d[fixed:])
		b = p.wlanAuthentication(b, d)
	case wlanDisassoc:
		b = append(append(b, ": "...), wlanReason(le16(d, 0))...)
	case wlanDeauth:
		b = append(p.wlanSource(b, src), wlanReason(le16(d, 0))...)
	case wlanAction:
		b = appendWLANAction(p.wlanSource(b, src), d[0], d[1])
	}
	return b, !e.cut || !hasElements(c.subtype())
}

// hasElements reports whether a management frame goes on with elements that are read.
func hasElements(subtype int) bool {
	return subtype <= wlanProbeResponse || subtype == wlanBeacon || subtype == wlanAuth
}

// wlanSource prints the sender where -e has not.
func (p *Line) wlanSource(b, src []byte) []byte {
	if !p.opts.LinkHeader {
		b = append(p.hardware(append(b, " ("...), src), ')')
	}
	return append(b, ": "...)
}

func (p *Line) wlanAuthentication(b, d []byte) []byte {
	algorithm, step := le16(d, 0), le16(d, 2)
	name := "Reserved"
	switch algorithm {
	case 0:
		name = "Open System"
	case 1:
		name = "Shared Key"
	case 2:
		name = "EAP"
	}
	b = append(append(append(b, " ("...), name...), ")-"...)
	b = appendHex(b, uint64(step), 1)
	if algorithm == 1 && (step == 2 || step == 3) {
		b = append(b, " [Challenge Text] "...)
	} else {
		b = append(b, ": "...)
	}
	if step%2 != 0 {
		b = append(b, wlanStatus(le16(d, 4))...)
	}
	return b
}

// wlanElements are the information elements of a management frame that are printed (section 9.4.2), the first of each kind.
type wlanElements struct {
	hasSSID, hasRates, hasChannel bool
	ssid, rates                   []byte
	channel                       uint8
	cut                           bool // the elements end within one, or one is too long
}

// read takes the elements at d.
func (e *wlanElements) read(d []byte) {
	for len(d) > 0 {
		if len(d) < 2 || len(d) < 2+int(d[1]) {
			e.cut = true
			return
		}
		id, v := d[0], d[2:2+int(d[1])]
		d = d[2+len(v):]
		switch id {
		case 0:
			if len(v) > 32 {
				e.cut = true
				return
			}
			if !e.hasSSID {
				e.ssid, e.hasSSID = v, true
			}
		case 1:
			if len(v) > 16 {
				e.cut = true
				return
			}
			if !e.hasRates && len(v) > 0 {
				e.rates, e.hasRates = v, true
			}
		case 3:
			if !e.hasChannel && len(v) == 1 {
				e.channel, e.hasChannel = v[0], true
			}
		case 5:
			if len(v) > 3+251 {
				e.cut = true
				return
			}
		case 16:
			if len(v) > 253 {
				e.cut = true
				return
			}
		}
	}
}

// ssid prints the name of the network, up to a zero.
func (p *Line) ssid(b []byte, e *wlanElements) []byte {
	if !e.hasSSID {
		return b
	}
	b, _ = appendVisibleZ(append(b, " ("...), e.ssid, len(e.ssid))
	return append(b, ')')
}

func (e *wlanElements) appendRates(b []byte) []byte {
	if !e.hasRates {
		return b
	}
	sep := " ["
	for _, r := range e.rates {
		b = appendHalves(append(b, sep...), uint64(r&0x7f))
		if r&0x80 != 0 { // every member of the network must have it
			b = append(b, '*')
		}
		sep = " "
	}
	return append(b, " Mbit]"...)
}

func (e *wlanElements) appendChannel(b []byte, capabilities uint16) []byte {
	if e.hasChannel {
		b = appendInt(append(b, " CH: "...), int(e.channel))
	}
	if capabilities&wlanPrivacy != 0 {
		b = append(b, ", PRIVACY"...)
	}
	return b
}

// appendHalves appends v halves with one decimal.
func appendHalves(b []byte, v uint64) []byte { return appendTenths(b, 5*v) }

// appendTenths appends v tenths with one decimal.
func appendTenths(b []byte, v uint64) []byte {
	return append(appendDecimal(b, v/10), '.', '0'+byte(v%10))
}

// Headers that some drivers put before the 802.11 header, and how they begin: the old one of the Prism chips' driver and the one
// that AbsoluteValue Systems made of it.
const (
	prismHeaderLen = 144
	avsMinLen      = 8
	avsMagic1      = 0x80211001
	avsMagic2      = 0x80211002
)

// prism prints a frame with the header of a Prism driver, which is of either kind.
func (p *Line) prism(b, d []byte, length int) ([]byte, int) {
	if len(d) < 4 {
		return p.trunc(b, "prism"), len(d)
	}
	if v := be32(d, 0); v == avsMagic1 || v == avsMagic2 {
		return p.avs(b, d, length)
	}
	if len(d) < prismHeaderLen {
		return p.trunc(b, "prism"), len(d)
	}
	b, n := p.wlan(b, d[prismHeaderLen:], unsigned(length-prismHeaderLen), 0, false)
	return b, prismHeaderLen + n
}

// avs prints a frame with a header of AbsoluteValue Systems.
func (p *Line) avs(b, d []byte, length int) ([]byte, int) {
	if len(d) < avsMinLen {
		return p.trunc(b, "802.11_radio_avs"), len(d)
	}
	header := be32(d, 4)
	if header < avsMinLen || uint32(len(d)) < header {
		return p.trunc(b, "802.11_radio_avs"), len(d)
	}
	b, n := p.wlan(b, d[header:], unsigned(length-int(header)), 0, false)
	return b, int(header) + n
}

// unsigned is a length as tcpdump has it, which is huge where subtraction took it below zero.
func unsigned(n int) int {
	if n < 0 {
		return math.MaxUint32 + 1 + n
	}
	return n
}
