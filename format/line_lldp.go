package format

import "strconv"

// Types of TLV (IEEE 802.1AB section 8.4).
const (
	lldpEnd = iota
	lldpChassis
	lldpPort
	lldpTTL
	lldpPortDescription
	lldpSystemName
	lldpSystemDescription
	lldpCapabilities
	lldpManagement

	lldpPrivate = 127
)

var lldpNames = [...]string{
	"End", "Chassis ID", "Port ID", "Time to Live", "Port Description", "System Name", "System Description", "System Capabilities",
	"Management Address",
}

// Organizations that define TLVs.
const (
	ouiIANA  = 0x00005e
	oui8023  = 0x00120f
	ouiTIA   = 0x0012bb
	ouiDCBX  = 0x001b21
	oui8021  = ouiBridge
	lldpHead = 4 // organization and subtype, at the front of what they define
)

// lldp prints the Link Layer Discovery Protocol: without -v little but the name of the system.
func (p *Line) lldp(b, d []byte, length int) []byte {
	b = appendInt(append(p.proto(b, "LLDP"), ", length "...), length)
	for left := length; left >= 2; {
		if len(d) < 2 {
			return p.trunc(b, "lldp")
		}
		head := be16(d, 0)
		kind, size := int(head>>9), int(head&0x1ff)
		if p.opts.Verbose > 0 {
			name := "Unknown"
			switch {
			case kind < len(lldpNames):
				name = lldpNames[kind]
			case kind == lldpPrivate:
				name = "Organization specific"
			}
			b = append(append(append(b, "\n\t"...), name...), " TLV ("...)
			b = appendInt(append(appendInt(b, kind), "), length "...), size)
		}
		if kind == lldpEnd || size == 0 {
			return b
		}
		d, left = d[2:], left-2
		if left < size || len(d) < size {
			return p.trunc(b, "lldp")
		}
		v := d[:size]
		if p.opts.Verbose == 0 {
			if kind == lldpSystemName {
				b, _ = appendVisibleZ(append(b, ": "...), v, size)
			}
		} else {
			var explained, ok bool
			if b, explained, ok = p.lldpTLV(b, kind, v); !ok {
				return p.trunc(b, "lldp")
			}
			if p.opts.Verbose > 1 || !explained {
				b = appendIndentedHex(b, "\n\t  ", v)
			}
		}
		d, left = d[size:], left-size
	}
	return b
}

// lldpTLV prints the value of a TLV, which is never empty. It reports whether it explains it, and false if bytes are missing.
func (p *Line) lldpTLV(b []byte, kind int, v []byte) (_ []byte, explained, ok bool) {
	switch kind {
	case lldpChassis:
		return p.lldpID(b, v, &lldpChassisKinds)
	case lldpPort:
		return p.lldpID(b, v, &lldpPortKinds)
	case lldpTTL:
		if len(v) < 2 {
			return b, true, false
		}
		return append(appendInt(append(b, ": TTL "...), int(be16(v, 0))), 's'), true, true
	case lldpPortDescription, lldpSystemName:
		b, _ = appendVisibleZ(append(b, ": "...), v, len(v))
		return b, true, true
	case lldpSystemDescription:
		b, _ = appendVisibleZ(append(b, "\n\t  "...), v, len(v))
		return b, true, true
	case lldpCapabilities:
		if len(v) < 4 {
			return b, true, false
		}
		for i, label := range [...]string{"\n\t  System  Capabilities [", "\n\t  Enabled Capabilities ["} {
			c := be16(v, 2*i)
			b = appendBits(append(b, label...), lldpCapabilityNames, uint32(c), ", ", "none")
			b = append(appendHexNumber(append(b, "] ("...), uint64(c), 4), ')')
		}
		return b, true, true
	case lldpManagement:
		b, ok = p.lldpManagement(b, v)
		return b, true, ok
	case lldpPrivate:
		return p.lldpPrivate(b, v)
	}
	return b, false, true
}

var lldpCapabilityNames = []bitName{
	{0x01, "Other"}, {0x02, "Repeater"}, {0x04, "Bridge"}, {0x08, "WLAN AP"}, {0x10, "Router"}, {0x20, "Telephone"}, {0x40, "Docsis"},
	{0x80, "Station Only"},
}

// lldpKinds are the kinds of identifier of a chassis or a port.
type lldpKinds struct {
	names    [8]string
	mac, net uint8 // those that are not text
}

var (
	lldpChassisKinds = lldpKinds{[8]string{
		"", "Chassis component", "Interface alias", "Port component", "MAC address", "Network address", "Interface name", "Local",
	}, 4, 5}
	lldpPortKinds = lldpKinds{[8]string{
		"", "Interface alias", "Port component", "MAC address", "Network Address", "Interface Name", "Agent circuit ID", "Local",
	}, 3, 4}
)

// lldpID prints the identifier of a chassis or a port.
func (p *Line) lldpID(b, v []byte, kinds *lldpKinds) (_ []byte, explained, ok bool) {
	if len(v) < 2 {
		return b, true, false
	}
	kind, name := v[0], ""
	if int(kind) < len(kinds.names) {
		name = kinds.names[kind]
	}
	explained = name != ""
	if !explained {
		name = "Unknown"
	}
	b = append(append(append(b, "\n\t  Subtype "...), name...), " ("...)
	b = append(appendInt(b, int(kind)), "): "...)
	v = v[1:]
	switch {
	case !explained:
	case kind == kinds.mac:
		if len(v) < 6 {
			return b, true, false
		}
		b = p.hardware(b, v[:6])
	case kind == kinds.net:
		b, ok = p.lldpAddress(b, v)
		return b, true, ok
	default:
		b, _ = appendVisibleZ(b, v, len(v))
	}
	return b, explained, true
}

// lldpAddress prints an address behind its family (IANA "Address Family Numbers").
func (p *Line) lldpAddress(b, v []byte) ([]byte, bool) {
	if len(v) < 1 {
		return b, false
	}
	family, size, name := v[0], 0, ""
	switch family {
	case 1:
		name, size = "IPv4", 4
	case 2:
		name, size = "IPv6", 16
	case 6:
		name, size = "802", 6
	default:
		name = addressFamilyName(uint16(family))
		if name == "" {
			name = "Unknown"
		}
		b = append(append(append(b, "AFI "...), name...), " ("...)
		return append(appendInt(b, int(family)), "), no AF printer !"...), true
	}
	if len(v) < 1+size {
		return b, false
	}
	b = append(append(append(b, "AFI "...), name...), " ("...)
	b = append(appendInt(b, int(family)), "): "...)
	switch family {
	case 1:
		return p.addr4(b, v[1:]), true
	case 2:
		return p.addr6(b, v[1:]), true
	}
	return p.hardware(b, v[1:1+size]), true
}

// lldpManagement prints a management address.
func (p *Line) lldpManagement(b, v []byte) ([]byte, bool) {
	n := int(v[0])
	if n == 0 || len(v) < 1+n {
		return b, false
	}
	start := len(b)
	b = append(appendInt(append(b, "\n\t  Management Address length "...), n), ", "...)
	b, ok := p.lldpAddress(b, v[1:1+n])
	if !ok {
		return b[:start], false
	}
	if v = v[1+n:]; len(v) < 5 {
		return b, false
	}
	name := "Unknown"
	switch v[0] {
	case 2:
		name = "Interface Index"
	case 3:
		name = "System Port Number"
	}
	b = append(append(append(b, "\n\t  "...), name...), " Interface Numbering ("...)
	b = appendDecimal(append(appendInt(b, int(v[0])), "): "...), uint64(be32(v, 1)))
	if v = v[5:]; len(v) == 0 {
		return b, true
	}
	n = int(v[0])
	if len(v) < 1+n {
		return b, false
	}
	if n > 0 {
		b = appendInt(append(b, "\n\t  OID length "...), n)
		b, _ = appendVisibleZ(b, v[1:1+n], n)
	}
	return b, true
}

// lldpPrivate prints a TLV of an organization.
func (p *Line) lldpPrivate(b, v []byte) (_ []byte, explained, ok bool) {
	if len(v) < 3 {
		return b, true, false
	}
	oui := uint32(v[0])<<16 | uint32(be16(v, 1))
	name := ouiNames[oui]
	if name == "" {
		name = "Unknown"
	}
	b = append(append(append(b, ": OUI "...), name...), " ("...)
	b = append(appendHexNumber(b, uint64(oui), 6), ')')
	var names []string
	switch oui {
	case oui8021:
		names = lldp8021Names[:]
	case oui8023:
		names = lldp8023Names[:]
	case ouiIANA:
		names = lldpIANANames[:]
	case ouiTIA:
		names = lldpTIANames[:]
	case ouiDCBX:
		names = lldpDCBXNames[:]
	default:
		return b, false, true
	}
	if len(v) < lldpHead {
		return b, true, true
	}
	if oui == ouiIANA && len(v) < lldpHead+4 {
		return b, false, true
	}
	kind, name := v[3], ""
	if int(kind) < len(names) {
		name = names[kind]
	}
	explained = name != ""
	if !explained {
		name = "unknown"
	}
	b = append(append(append(b, "\n\t  "...), name...), " Subtype ("...)
	b = append(appendInt(b, int(kind)), ')')
	v = v[lldpHead:]
	switch {
	case oui == ouiDCBX && kind != 1:
		return p.dcbx(b, v)
	case !explained || oui == ouiDCBX:
		return b, false, true
	}
	switch oui {
	case oui8021:
		b = p.lldp8021(b, kind, v)
	case oui8023:
		b = p.lldp8023(b, kind, v)
	case ouiIANA:
		b = appendVisibleText(append(b, "\n\t  MUD-URL="...), v)
	case ouiTIA:
		b = p.lldpTIA(b, kind, v)
	}
	return b, true, true
}

var (
	lldp8021Names = [...]string{
		1: "Port VLAN Id", 2: "Port and Protocol VLAN ID", 3: "VLAN name", 4: "Protocol Identity", 7: "Link aggregation",
		8: "Congestion Notification", 9: "ETS Configuration", 10: "ETS Recommendation", 11: "Priority Flow Control Configuration",
		12: "Application Priority", 13: "EVB", 14: "CDCP",
	}
	lldp8023Names = [...]string{1: "MAC/PHY configuration/status", 2: "Power via MDI", 3: "Link aggregation", 4: "Max frame size"}
	lldpIANANames = [...]string{1: "MUD-URL"}
	lldpTIANames  = [...]string{
		1: "LLDP-MED Capabilities", 2: "Network policy", 3: "Location identification", 4: "Extended power-via-MDI",
		5: "Inventory - hardware revision", 6: "Inventory - firmware revision", 7: "Inventory - software revision",
		8: "Inventory - serial number", 9: "Inventory - manufacturer name", 10: "Inventory - model name", 11: "Inventory - asset ID",
	}
	lldpDCBXNames = [...]string{1: "DCB Capability Exchange Protocol Rev 1", 2: "DCB Capability Exchange Protocol Rev 1.01"}
)

var (
	lldpVLANFlags  = []bitName{{0x02, "supported"}, {0x04, "enabled"}}
	lldpAggregated = []bitName{{0x01, "supported"}, {0x02, "enabled"}}
)

// lldp8021 prints a value that IEEE 802.1 defines; nothing is said of one that is too short.
func (p *Line) lldp8021(b []byte, kind uint8, v []byte) []byte {
	switch kind {
	case 1:
		if len(v) >= 2 {
			b = appendInt(append(b, "\n\t    port vlan id (PVID): "...), int(be16(v, 0)))
		}
	case 2:
		if len(v) >= 3 {
			b = appendInt(append(b, "\n\t    port and protocol vlan id (PPVID): "...), int(be16(v, 1)))
			b = appendBits(append(b, ", flags ["...), lldpVLANFlags, uint32(v[0]), ", ", "none")
			b = append(appendHexNumber(append(b, "] ("...), uint64(v[0]), 2), ')')
		}
	case 3:
		if len(v) < 2 {
			break
		}
		b = appendInt(append(b, "\n\t    vlan id (VID): "...), int(be16(v, 0)))
		if len(v) >= 3 && len(v) >= 3+int(v[2]) {
			b = append(b, "\n\t    vlan name: "...)
			b, _ = appendVisibleZ(b, v[3:], int(v[2]))
		}
	case 4:
		if len(v) >= 1 && len(v) >= 1+int(v[0]) {
			b = append(b, "\n\t    protocol identity: "...)
			b, _ = appendVisibleZ(b, v[1:], int(v[0]))
		}
	case 7:
		b = appendAggregation(b, v)
	case 8:
		if len(v) >= 2 {
			b = append(b, "\n\t    Pre-Priority CNPV Indicator"...)
			b = appendPriorityBits(b, v[0])
			b = append(b, "\n\t    Pre-Priority Ready Indicator"...)
			b = appendPriorityBits(b, v[1])
		}
	case 9, 10:
		if len(v) < 21 {
			break
		}
		if kind == 9 {
			b = appendInt(append(b, "\n\t    Willing:"...), int(v[0]>>7))
			b = appendInt(append(b, ", CBS:"...), int(v[0]>>6&2))
			b = appendInt(append(b, ", RES:"...), int(v[0]>>3&7))
			b = appendInt(append(b, ", Max TCs:"...), int(v[0]&7))
		} else {
			b = appendInt(append(b, "\n\t    RES: "...), int(v[0]))
		}
		b = appendETS(b, v[1:])
	case 11:
		if len(v) >= 2 {
			b = appendInt(append(b, "\n\t    Willing: "...), int(v[0]>>7))
			b = appendInt(append(b, ", MBC: "...), int(v[0]>>6&1))
			b = appendInt(append(b, ", RES: "...), int(v[0]>>4&3))
			b = append(appendInt(append(b, ", PFC cap:"...), int(v[0]&15)), " \n\t    PFC Enable"...)
			b = appendPriorityBits(b, v[1])
		}
	case 12:
		if len(v) < 1 {
			break
		}
		b = appendInt(append(b, "\n\t    RES: "...), int(v[0]))
		if v = v[1:]; len(v) == 0 || len(v)%3 != 0 {
			break
		}
		b = append(b, "\n\t    Application Priority Table"...)
		for ; len(v) > 0; v = v[3:] {
			b = appendInt(append(b, "\n\t      Priority: "...), int(v[0]>>5))
			b = appendInt(append(b, ", RES: "...), int(v[0]>>3&3))
			b = appendInt(append(b, ", Sel: "...), int(v[0]&7))
			b = appendInt(append(b, ", Protocol ID: "...), int(be16(v, 1)))
		}
	case 13:
		b = appendEVB(b, v)
	case 14:
		if len(v) < 4 {
			break
		}
		b = appendInt(append(b, "\n\t    Role: "...), int(v[0]>>7))
		b = appendInt(append(b, ", RES: "...), int(v[0]>>4&7))
		b = appendInt(append(b, ", Scomp: "...), int(v[0]>>3&1))
		b = appendInt(append(b, " ChnCap: "...), int(be16(v, 2)&0xfff))
		if v = v[4:]; len(v)%3 != 0 {
			break
		}
		for ; len(v) > 0; v = v[3:] {
			pair := uint32(be16(v, 0))<<8 | uint32(v[2])
			b = appendInt(append(b, "\n\t    SCID: "...), int(pair>>12))
			b = appendInt(append(b, ", SVID: "...), int(pair&0xfff))
		}
	}
	return b
}

// appendAggregation appends the status of link aggregation.
func appendAggregation(b, v []byte) []byte {
	if len(v) < 5 {
		return b
	}
	b = appendBits(append(b, "\n\t    aggregation status ["...), lldpAggregated, uint32(v[0]), ", ", "none")
	return appendDecimal(append(b, "], aggregation port ID "...), uint64(be32(v, 1)))
}

// appendPriorityBits appends a bit for each priority.
func appendPriorityBits(b []byte, bits uint8) []byte {
	b = append(b, "\n\t     Priority : 0  1  2  3  4  5  6  7\n\t     Value    : "...)
	for i := range 8 {
		b = append(b, '0'+bits>>i&1, ' ', ' ')
	}
	return b
}

// appendETS appends the three tables of Enhanced Transmission Selection (IEEE 802.1Qaz), twenty bytes.
func appendETS(b, v []byte) []byte {
	b = append(b, "\n\t    Priority Assignment Table\n\t     Priority : 0   1   2   3   4   5   6   7\n\t     Value    : "...)
	for i := range 4 {
		b = appendColumn(appendColumn(b, v[i]>>4), v[i]&15)
	}
	b = append(b[:len(b)-1], "\n\t    TC Bandwidth Table\n\t     TC%   : 0   1   2   3   4   5   6   7\n\t     Value : "...)
	for _, c := range v[4:12] {
		b = appendColumn(b, c)
	}
	b = append(b[:len(b)-1], "\n\t    TSA Assignment Table\n\t     Traffic Class: 0   1   2   3   4   5   6   7\n\t     Value        : "...)
	for _, c := range v[12:20] {
		b = appendColumn(b, c)
	}
	return b[:len(b)-1]
}

// appendColumn appends a number and blanks to four characters.
func appendColumn(b []byte, v uint8) []byte {
	at := len(b)
	b = append(appendInt(b, int(v)), "   "...)
	return b[:at+4]
}

// appendEVB appends the state of Edge Virtual Bridging (IEEE 802.1Qbg).
func appendEVB(b, v []byte) []byte {
	if len(v) < 5 {
		return b
	}
	b = appendInt(append(b, "\n\t    EVB Bridge Status\n\t      RES: "...), int(v[0]>>3))
	b = appendInt(append(b, ", BGID: "...), int(v[0]>>2&1))
	b = appendInt(append(b, ", RRCAP: "...), int(v[0]>>1&1))
	b = appendInt(append(b, ", RRCTR: "...), int(v[0]&1))
	b = appendInt(append(b, "\n\t    EVB Station Status\n\t      RES: "...), int(v[1]>>4))
	b = appendInt(append(b, ", SGID: "...), int(v[1]>>3&1))
	b = appendInt(append(b, ", RRREQ: "...), int(v[1]>>2&1))
	b = appendInt(append(b, ",RRSTAT: "...), int(v[1]&3))
	b = appendInt(append(b, "\n\t    R: "...), int(v[2]>>5))
	b = appendInt(append(b, ", RTE: "...), int(v[2]&0x1f))
	mode := [...]string{"Not Supported", "EVB Bridge", "EVB Station", "Reserved for future Standardization"}[v[3]>>6]
	b = append(append(append(b, ", EVB Mode: "...), mode...), " ["...)
	b = append(appendInt(b, int(v[3]>>6)), ']')
	b = appendInt(append(b, "\n\t    ROL: "...), int(v[3]>>5&1))
	b = appendInt(append(b, ", RWD: "...), int(v[3]&0x1f))
	b = appendInt(append(b, ", RES: "...), int(v[4]>>6))
	b = appendInt(append(b, ", ROL: "...), int(v[4]>>5&1))
	return appendInt(append(b, ", RKA: "...), int(v[4]&0x1f))
}

var (
	lldpAutoNames = []bitName{{0x01, "supported"}, {0x02, "enabled"}}
	lldpPMDNames  = []bitName{
		{0x4000, "10BASE-T hdx"}, {0x2000, "10BASE-T fdx"}, {0x1000, "100BASE-T4"}, {0x0800, "100BASE-TX hdx"}, {0x0400, "100BASE-TX fdx"},
		{0x0200, "100BASE-T2 hdx"}, {0x0100, "100BASE-T2 fdx"}, {0x0080, "Pause for fdx links"}, {0x0040, "Asym PAUSE for fdx"},
		{0x0020, "Sym PAUSE for fdx"}, {0x0010, "Asym and Sym PAUSE for fdx"}, {0x0008, "1000BASE-{X LX SX CX} hdx"},
		{0x0004, "1000BASE-{X LX SX CX} fdx"}, {0x0002, "1000BASE-T hdx"}, {0x0001, "1000BASE-T fdx"},
	}
	lldpMAUNames = [...]string{
		"Unknown", "AUI", "10BASE_5", "FOIRL", "10BASE2", "10BASET duplex mode unknown", "10BASEFP", "10BASEFB",
		"10BASEFL duplex mode unknown", "10BROAD36", "10BASET hdx", "10BASET fdx", "10BASEFL hdx", "10BASEFL fdx", "100BASET4",
		"100BASETX hdx", "100BASETX fdx", "100BASEFX hdx", "100BASEFX fdx", "100BASET2 hdx", "100BASET2 fdx", "1000BASEX hdx",
		"1000BASEX fdx", "1000BASELX hdx", "1000BASELX fdx", "1000BASESX hdx", "1000BASESX fdx", "1000BASECX hdx", "1000BASECX fdx",
		"1000BASET hdx", "1000BASET fdx", "10GBASEX", "10GBASELX4", "10GBASER", "10GBASEER", "10GBASELR", "10GBASESR", "10GBASEW",
		"10GBASEEW", "10GBASELW", "10GBASESW",
	}
	lldpMDINames = []bitName{{0x01, "PSE"}, {0x02, "supported"}, {0x04, "enabled"}, {0x08, "can be controlled"}}
)

// lldp8023 prints a value that IEEE 802.3 defines.
func (p *Line) lldp8023(b []byte, kind uint8, v []byte) []byte {
	switch kind {
	case 1:
		if len(v) < 5 {
			break
		}
		b = appendBits(append(b, "\n\t    autonegotiation ["...), lldpAutoNames, uint32(v[0]), ", ", "none")
		b = appendHexNumber(append(b, "] ("...), uint64(v[0]), 2)
		b = appendBits(append(b, ")\n\t    PMD autoneg capability ["...), lldpPMDNames, uint32(be16(v, 1)), ", ", "unknown")
		b = append(appendHexNumber(append(b, "] ("...), uint64(be16(v, 1)), 4), ')')
		mau, name := be16(v, 3), ""
		if int(mau) < len(lldpMAUNames) {
			name = lldpMAUNames[mau]
		}
		b = appendNamed(append(b, "\n\t    MAU type "...), name, "unknown", uint64(mau), 4)
	case 2:
		if len(v) < 3 {
			break
		}
		b = appendBits(append(b, "\n\t    MDI power support ["...), lldpMDINames, uint32(v[0]), ", ", "none")
		pair := "unknown"
		switch v[1] {
		case 1:
			pair = "signal"
		case 2:
			pair = "spare"
		}
		b = append(append(append(b, "], power pair "...), pair...), ", power class "...)
		if v[2] >= 1 && v[2] <= 5 {
			b = append(b, 'c', 'l', 'a', 's', 's', '0'+v[2]-1)
		} else {
			b = append(b, "unknown"...)
		}
	case 3:
		b = appendAggregation(b, v)
	case 4:
		if len(v) >= 2 {
			b = appendInt(append(b, "\n\t    MTU size "...), int(be16(v, 0)))
		}
	}
	return b
}

var (
	medCapabilityNames = []bitName{
		{0x01, "LLDP-MED capabilities"}, {0x02, "network policy"}, {0x04, "location identification"}, {0x08, "extended power via MDI-PSE"},
		{0x10, "extended power via MDI-PD"}, {0x20, "Inventory"},
	}
	medDevices      = [...]string{1: "endpoint class 1", 2: "endpoint class 2", 3: "endpoint class 3", 4: "network connectivity"}
	medApplications = [...]string{
		1: "voice", 2: "voice signaling", 3: "guest voice", 4: "guest voice signaling", 5: "softphone voice", 6: "video conferencing",
		7: "streaming video", 8: "video signaling",
	}
	medPolicyFlags = []bitName{{0x80, "Unknown"}, {0x40, "Tagged"}, {0x20, "reserved"}}
	medInventory   = [...]string{
		5: "Hardware revision", 6: "Firmware revision", 7: "Software revision", 8: "Serial number", 9: "Manufacturer name", 10: "Model name",
		11: "Asset ID",
	}
)

// lldpTIA prints a value of LLDP-MED (ANSI/TIA-1057).
func (p *Line) lldpTIA(b []byte, kind uint8, v []byte) []byte {
	switch kind {
	case 1:
		if len(v) < 3 {
			break
		}
		b = appendBits(append(b, "\n\t    Media capabilities ["...), medCapabilityNames, uint32(be16(v, 0)), ", ", "none")
		b = append(appendHexNumber(append(b, "] ("...), uint64(be16(v, 0)), 4), ")\n\t    Device type ["...)
		b = appendName(b, medDevices[:], v[2], "unknown")
		b = append(appendHexNumber(append(b, "] ("...), uint64(v[2]), 2), ')')
	case 2:
		if len(v) < 4 {
			break
		}
		b = append(b, "\n\t    Application type ["...)
		b = appendName(b, medApplications[:], v[0], "none")
		b = append(appendHexNumber(append(b, "] ("...), uint64(v[0]), 2), "), Flags ["...)
		b = append(appendBits(b, medPolicyFlags, uint32(v[1]), ", ", "none"), ']')
		b = appendInt(append(b, "\n\t    Vlan id "...), int(be16(v, 1)>>1&0xfff))
		b = appendInt(append(b, ", L2 priority "...), int(be16(v, 2)>>6&7))
		b = appendInt(append(b, ", DSCP value "...), int(v[3]&0x3f))
	case 3:
		if len(v) > 0 {
			b = p.lldpLocation(b, v)
		}
	case 4:
		if len(v) < 3 {
			break
		}
		device := "PSE device"
		if v[0]&3 != 0 {
			device = "PD device"
		}
		source := [...]string{"none", "PSE - primary power source", "local - backup power source", "PSE+local - reserved"}[v[0]>>4&3]
		b = append(append(append(b, "\n\t    Power type ["...), device...), "], Power source ["...)
		b = append(append(b, source...), "]\n\t    Power priority ["...)
		b = appendName(b, medPriorities[:], v[0]&15, "none")
		b = append(appendHexNumber(append(b, "] ("...), uint64(v[0]&15), 2), "), Power "...)
		if power := be16(v, 1); power < 1024 {
			b = append(strconv.AppendFloat(b, float64(power)/10, 'f', 1, 64), " Watts"...)
		} else {
			b = append(appendInt(b, int(power)), " (Reserved)"...)
		}
	default:
		b = append(appendName(append(b, "\n\t  "...), medInventory[:], kind, ""), ' ')
		b, _ = appendVisibleZ(b, v, len(v))
	}
	return b
}

var medPriorities = [...]string{1: "critical", 2: "high", 3: "low"}

// appendName appends the name of v in a table, or none if it has none.
func appendName(b []byte, names []string, v uint8, none string) []byte {
	if int(v) < len(names) && names[v] != "" {
		return append(b, names[v]...)
	}
	return append(b, none...)
}

// lldpLocation prints where a device is (RFC 6225, RFC 4776).
func (p *Line) lldpLocation(b, v []byte) []byte {
	kind := v[0]
	b = append(b, "\n\t    Location data format "...)
	b = appendName(b, lldpLocationNames[:], kind, "unknown")
	b = append(appendHexNumber(append(b, " ("...), uint64(kind), 2), ')')
	switch kind {
	case 1:
		return appendCoordinates(b, v)
	case 2:
		return appendCivicAddress(b, v)
	case 3:
		b = append(b, "\n\t    ECS ELIN id "...)
		b, _ = appendVisibleZ(b, v[1:], len(v)-1)
		return b
	}
	return appendIndentedHex(append(b, "\n\t    Location ID "...), "\n\t      ", v[1:])
}

var lldpLocationNames = [...]string{1: "coordinate-based LCI", 2: "civic address LCI", 3: "ECS ELIN"}

// appendCoordinates appends latitude, longitude and altitude.
func appendCoordinates(b, v []byte) []byte {
	if len(v) < 17 {
		return b
	}
	for i, label := range [...]string{"atitude", "ongitude"} {
		at := v[1+5*i:]
		b = append(append(append(b, "\n\t    L"...), label...), " resolution "...)
		b = appendInt(b, int(at[0]>>2))
		b = append(append(append(b, ", l"...), label...), " value "...)
		b = appendDecimal(b, uint64(at[0]&3)<<32|uint64(be32(at, 1)))
	}
	b = append(b, "\n\t    Altitude type "...)
	b = appendName(b, lldpAltitudes[:], v[11]>>4, "unknown")
	b = append(appendInt(append(b, " ("...), int(v[11]>>4)), ')')
	b = appendInt(append(b, "\n\t    Altitude resolution "...), int(be16(v, 11)>>6&0x3f))
	b = appendHex(append(b, ", altitude value 0x"...), uint64(be32(v, 12)&0x3fffffff), 1)
	b = append(b, "\n\t    Datum "...)
	b = appendName(b, lldpDatums[:], v[16], "unknown")
	return append(appendHexNumber(append(b, " ("...), uint64(v[16]), 2), ')')
}

var (
	lldpAltitudes = [...]string{1: "meters", 2: "floors"}
	lldpDatums    = [...]string{1: "World Geodesic System 1984", 2: "North American Datum 1983 (NAVD88)", 3: "North American Datum 1983 (MLLW)"}
	lldpCivicWhat = [...]string{
		"location of DHCP server", "location of the network element believed to be closest to the client", "location of the client",
	}
	lldpCivicNames = [...]string{
		1: "national subdivisions (state,canton,region,province,prefecture)", 2: "county, parish, gun, district", 3: "city, township, shi",
		4: "city division, borough, city district, ward chou", 5: "neighborhood, block", 6: "street",
	}
)

// appendCivicAddress appends a postal address, element by element.
func appendCivicAddress(b, v []byte) []byte {
	if len(v) < 2 {
		return b
	}
	left := int(v[1])
	if left < 3 || len(v) < 3+left {
		return b
	}
	b = appendInt(append(b, "\n\t    LCI length "...), left)
	b = appendName(append(b, ", LCI what "...), lldpCivicWhat[:], v[2], "unknown")
	b = append(appendHexNumber(append(b, " ("...), uint64(v[2]), 2), "), Country-code "...)
	b, _ = appendVisibleZ(b, v[3:5], 2)
	for v, left = v[5:], left-3; left >= 2; {
		kind, n := v[0], int(v[1])
		b = append(b, "\n\t      CA type '"...)
		b = appendName(b, lldpCivicNames[:], kind, "unknown")
		b = appendInt(append(b, "' ("...), int(kind))
		b = append(appendInt(append(b, "), length "...), n), ": "...)
		v, left = v[2:], left-2
		if kind == 0 || n == 0 || left < n {
			break
		}
		b, _ = appendVisibleZ(b, v, n)
		v, left = v[n:], left-n
	}
	return b
}

// dcbx prints the TLVs within a TLV of Data Center Bridging Exchange.
func (p *Line) dcbx(b, v []byte) (_ []byte, explained, ok bool) {
	explained = true
	for len(v) >= 2 {
		kind, n := v[0]>>1, int(be16(v, 0)&0x1ff)
		v = v[2:]
		if kind == 0 || n == 0 || len(v) < n {
			return b, true, true
		}
		body := v[:n]
		v = v[n:]
		switch kind {
		case 1:
			if n < 10 {
				return b, true, true
			}
			b = appendInt(append(b, "\n\t    Control - Protocol Control (type 0x1, length "...), n)
			b = appendInt(append(b, ")\n\t      Oper_Version: "...), int(body[0]))
			b = appendInt(append(b, "\n\t      Max_Version: "...), int(body[1]))
			b = appendDecimal(append(b, "\n\t      Sequence Number: "...), uint64(be32(body, 2)))
			b = appendDecimal(append(b, "\n\t      Acknowledgement Number: "...), uint64(be32(body, 6)))
		case 2, 3, 4:
			var done bool
			if b, done = appendDCBXFeature(b, kind, body); done {
				return b, true, true
			}
		default:
			explained = false
		}
		if kind < 1 || kind > 4 || p.opts.Verbose > 1 {
			b = appendIndentedHex(b, "\n\t    ", body)
		}
	}
	return b, explained, true
}

// appendDCBXFeature appends the state of a feature. It reports true for one that is too short, which ends all.
func appendDCBXFeature(b []byte, kind uint8, v []byte) (_ []byte, done bool) {
	least, name := 0, ""
	switch kind {
	case 2:
		least, name = 17, "Priority Group"
	case 3:
		least, name = 6, "Priority Flow Control"
	case 4:
		least, name = 4, "Application"
	}
	if len(v) < least {
		return b, true
	}
	b = append(append(append(b, "\n\t    Feature - "...), name...), " (type 0x"...)
	b = appendInt(append(appendInt(b, int(kind)), ", length "...), len(v))
	b = appendInt(append(b, ")\n\t      Oper_Version: "...), int(v[0]))
	b = appendInt(append(b, "\n\t      Max_Version: "...), int(v[1]))
	b = append(b, "\n\t      Info block(0x"...)
	b = appendUpperHex(b, v[2])
	b = appendInt(append(b, "): Enable bit: "...), int(v[2]>>7))
	b = appendInt(append(b, ", Willing bit: "...), int(v[2]>>6&1))
	b = appendInt(append(b, ", Error Bit: "...), int(v[2]>>5&1))
	b = appendInt(append(b, "\n\t      SubType: "...), int(v[3]))
	switch kind {
	case 2:
		b = append(b, "\n\t      Priority Allocation"...)
		for i := range 8 {
			b = appendInt(append(b, "\n\t          PgId_"...), i)
			b = appendInt(append(b, ": "...), int(v[4+i/2]>>(4*(1-i%2))&15))
		}
		b = append(b, "\n\t      Priority Group Allocation"...)
		for i := range 8 {
			b = appendInt(append(b, "\n\t          Pg percentage["...), i)
			b = appendInt(append(b, "]: "...), int(v[8+i]))
		}
		b = appendInt(append(b, "\n\t      NumTCsSupported: "...), int(v[16]))
	case 3:
		b = append(b, "\n\t      PFC Config (0x"...)
		b = append(appendUpperHex(b, v[4]), ')')
		for i := range 8 {
			b = append(appendInt(append(b, "\n\t          Priority Bit "...), i), ": "...)
			if v[4]>>i&1 != 0 {
				b = append(b, "Enabled"...)
			} else {
				b = append(b, "Disabled"...)
			}
		}
		b = appendInt(append(b, "\n\t      NumTCPFCSupported: "...), int(v[5]))
	case 4:
		for a := v[4:]; len(a) >= 6; a = a[6:] {
			b = appendHexNumber(append(b, "\n\t      Application Value\n\t          Application Protocol ID: "...), uint64(be16(a, 0)), 4)
			b = appendHex(append(b, "\n\t          SF (0x"...), uint64(a[2]>>6), 1)
			if a[2]>>6 != 0 {
				b = append(b, ") Application Protocol ID is Socket Number"...)
			} else {
				b = append(b, ") Application Protocol ID is L2 EtherType"...)
			}
			b = appendHexNumber(append(b, "\n\t          OUI: "...), uint64(a[2]&0x3f)<<16|uint64(be16(a, 3)), 6)
			b = appendHexNumber(append(b, "\n\t          User Priority Map: "...), uint64(a[5]), 2)
		}
	}
	return b, false
}

// appendUpperHex appends two digits, letters in upper case.
func appendUpperHex(b []byte, c uint8) []byte {
	const digits = "0123456789ABCDEF"
	return append(b, digits[c>>4], digits[c&15])
}

var addressFamilyNames = [...]string{
	"Reserved", "IPv4", "IPv6", "NSAP", "HDLC", "BBN 1822", "802", "E.163", "E.164", "F.69", "X.121", "Novell IPX", "Appletalk",
	"Decnet IV", "Banyan Vines", "E.164 with NSAP subaddress", 25: "VPLS", 196: "Layer-2 VPN",
}

// addressFamilyName is tcpdump's name of an address family (IANA "Address Family Numbers"), or "".
func addressFamilyName(f uint16) string {
	if int(f) < len(addressFamilyNames) {
		return addressFamilyNames[f]
	}
	return ""
}
