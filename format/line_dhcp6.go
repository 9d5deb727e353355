package format

// Options of DHCPv6 (IANA "DHCPv6 Option Codes") that are printed in a way of their own.
const (
	dhcp6OptRequest      = 6
	dhcp6Preference      = 7
	dhcp6ElapsedTime     = 8
	dhcp6RelayMessage    = 9
	dhcp6Authentication  = 11
	dhcp6StatusCode      = 13
	dhcp6InterfaceID     = 18
	dhcp6Reconfigure     = 19
	dhcp6Lifetime        = 32
	dhcp6RemoteID        = 37
	dhcp6SubscriberID    = 38
	dhcp6LeaseQuery      = 44
	dhcp6ClientData      = 45
	dhcp6RelayData       = 47
	dhcp6NTPServer       = 56
	dhcp6AFTRName        = 64
	dhcp6MessageHeader   = 4
	dhcp6RelayHeader     = 34
	dhcp6RelayForward    = 12
	dhcp6RelayReply      = 13
	dhcp6MaxOpaque       = 10 // bytes of an identifier that are shown
	dhcp6DelayedAuth     = 2
	dhcp6ReconfigureAuth = 3
)

// dhcp6 prints a DHCPv6 message (RFC 8415).
func (p *Line) dhcp6(b, d []byte, length int, _ ipContext) []byte {
	b = p.proto(b, "dhcp6")
	// Names in options are read to the end of what was captured, not of the message: up to cap.
	d = d[:min(length, len(d)):len(d)]
	if len(d) < dhcp6MessageHeader {
		return p.trunc(b, "dhcp6")
	}
	kind := int(d[0])
	b = append(b, ' ')
	if kind > 0 && kind < len(dhcp6MessageText) {
		b = append(b, dhcp6MessageText[kind]...)
	} else {
		b = appendInt(append(b, "msgtype-"...), kind)
	}
	if p.opts.Verbose == 0 {
		return b
	}
	b = append(b, " ("...)
	at := dhcp6MessageHeader
	if kind == dhcp6RelayForward || kind == dhcp6RelayReply {
		all := d[:cap(d)]
		if len(all) < 18 {
			return p.stop(b, "dhcp6")
		}
		b = p.addr6(append(b, "linkaddr="...), all[2:])
		if len(all) < dhcp6RelayHeader {
			return p.stop(b, "dhcp6")
		}
		b = p.addr6(append(b, " peeraddr="...), all[18:])
		at = dhcp6RelayHeader
	} else {
		b = appendHex(append(b, "xid="...), uint64(be32(d, 0)&0xffffff), 1)
	}
	if at < len(d) {
		b = p.dhcp6Options(b, d[at:])
	}
	if p.stopped {
		return b
	}
	return append(b, ')')
}

// dhcp6Options prints the options that fill d.
func (p *Line) dhcp6Options(b, d []byte) []byte {
	for len(d) > 0 {
		if len(d) < 4 {
			return p.trunc(b, "dhcp6")
		}
		code, n := be16(d, 0), int(be16(d, 2))
		if len(d) < 4+n {
			return p.trunc(b, "dhcp6")
		}
		b = appendDHCP6Option(append(b, " ("...), code)
		var ok bool
		if b, ok = p.dhcp6Option(b, code, d[4:4+n]); !ok {
			if p.stopped {
				return b
			}
			return p.trunc(b, "dhcp6")
		}
		b = append(b, ')')
		d = d[4+n:]
	}
	return b
}

// appendDHCP6Option appends the name of an option.
func appendDHCP6Option(b []byte, code uint16) []byte {
	if int(code) < len(dhcp6OptionText) && dhcp6OptionText[code].name != "" {
		return append(b, dhcp6OptionText[code].name...)
	}
	return appendInt(append(b, "opt_"...), int(code))
}

// dhcp6Option prints the data of an option. It reports false if nothing can be printed behind it.
func (p *Line) dhcp6Option(b []byte, code uint16, d []byte) ([]byte, bool) {
	if int(code) >= len(dhcp6OptionText) {
		return b, true
	}
	text := &dhcp6OptionText[code]
	if len(d) < text.min || text.exact && len(d) > text.min {
		return append(b, " ?"...), true
	}
	switch text.form {
	case 'D':
		return appendDUID(b, d), true
	case 'o':
		if len(d)%2 != 0 {
			return append(b, " ?"...), true
		}
		for ; len(d) > 0; d = d[2:] {
			b = appendDHCP6Option(append(b, ' '), be16(d, 0))
		}
		return b, true
	case '6':
		if len(d)%16 != 0 {
			return append(b, " ?"...), true
		}
		for ; len(d) > 0; d = d[16:] {
			b = p.addr6(append(b, ' '), d)
		}
		return b, true
	case 'd':
		return p.dhcp6Domains(b, d)
	case 'a':
		b, _ = appendVisibleZ(append(b, ' '), d, len(d))
		return b, true
	case 'l':
		return appendDecimal(append(b, ' '), uint64(be32(d, 0))), true
	case 'x':
		return appendDHCP6Opaque(append(b, ' '), d), true
	case '$':
		return p.dhcp6Special(b, code, d)
	}
	return b, true
}

// dhcp6Special prints an option of a form that no other has.
func (p *Line) dhcp6Special(b []byte, code uint16, d []byte) ([]byte, bool) {
	switch code {
	case 3, 25: // IA_NA, IA_PD
		b = appendDecimal(append(b, " IAID:"...), uint64(be32(d, 0)))
		b = appendDecimal(append(b, " T1:"...), uint64(be32(d, 4)))
		b = appendDecimal(append(b, " T2:"...), uint64(be32(d, 8)))
		return p.dhcp6Options(b, d[12:]), !p.stopped
	case 4: // IA_TA
		b = appendDecimal(append(b, " IAID:"...), uint64(be32(d, 0)))
		return p.dhcp6Options(b, d[4:]), !p.stopped
	case 5: // IA_ADDR
		b = appendDecimal(append(p.addr6(append(b, ' '), d), " pltime:"...), uint64(be32(d, 16)))
		b = appendDecimal(append(b, " vltime:"...), uint64(be32(d, 20)))
		return p.dhcp6Options(b, d[24:]), !p.stopped
	case 26: // IA_PD-prefix
		b = appendInt(append(p.addr6(append(b, ' '), d[9:]), '/'), int(d[8]))
		b = appendDecimal(append(b, " pltime:"...), uint64(be32(d, 0)))
		b = appendDecimal(append(b, " vltime:"...), uint64(be32(d, 4)))
		return p.dhcp6Options(b, d[25:]), !p.stopped
	case dhcp6Preference:
		return appendInt(append(b, ' '), int(d[0])), true
	case dhcp6ElapsedTime:
		return appendInt(append(b, ' '), int(be16(d, 0))), true
	case dhcp6RelayMessage:
		b, ok := p.enter(append(b, " ("...))
		if !ok {
			return b, true
		}
		b = p.dhcp6(b, d[:len(d):cap(d)], len(d), ipContext{})
		p.leave()
		return b, !p.stopped // the parenthesis of the message is the only one that is closed
	case dhcp6Authentication:
		return appendDHCP6Auth(b, d), true
	case dhcp6StatusCode:
		b = append(b, ' ')
		switch v := int(be16(d, 0)); {
		case v > 0xff:
			return append(b, "INVALID code"...), true
		case v < len(dhcp6StatusText):
			return append(b, dhcp6StatusText[v]...), true
		default:
			return appendInt(append(b, "code"...), v), true
		}
	case dhcp6Reconfigure:
		switch d[0] {
		case 5:
			return append(b, " for renew"...), true
		case 11:
			return append(b, " for inf-req"...), true
		}
		return append(appendHexBytes(append(b, " for ???("...), d[:1]), ')'), true
	case dhcp6RemoteID:
		b = append(appendDecimal(append(b, ' '), uint64(be32(d, 0))), ' ')
		return appendDHCP6Opaque(b, d[4:]), true
	case dhcp6LeaseQuery:
		switch d[0] {
		case 1:
			b = append(b, " by-address"...)
		case 2:
			b = append(b, " by-clientID"...)
		default:
			b = appendInt(append(b, " type_"...), int(d[0]))
		}
		b = p.addr6(append(b, ' '), d[1:])
		return p.dhcp6Options(b, d[17:]), !p.stopped
	case dhcp6ClientData:
		return p.dhcp6Options(b, d), !p.stopped
	case dhcp6RelayData:
		b = append(p.addr6(append(b, ' '), d), ' ')
		return appendDHCP6Opaque(b, d[16:]), true
	case dhcp6NTPServer:
		return p.dhcp6NTP(b, d)
	case dhcp6AFTRName:
		return appendAFTRName(append(b, ' '), d), true
	}
	return b, true
}

// appendDUID appends a DHCP unique identifier (RFC 8415 section 11).
func appendDUID(b, d []byte) []byte {
	switch kind := be16(d, 0); {
	case kind == 1 && len(d) >= 8:
		b = appendInt(append(b, " hwaddr/time type "...), int(be16(d, 2)))
		b = appendDecimal(append(b, " time "...), uint64(be32(d, 4)))
		return appendHexBytes(append(b, ' '), d[8:])
	case kind == 2 && len(d) >= 10:
		return appendHexBytes(append(b, " vid "...), d[2:10])
	case kind == 3 && len(d) >= 4:
		b = appendInt(append(b, " hwaddr type "...), int(be16(d, 2)))
		return appendHexBytes(append(b, ' '), d[4:])
	case kind >= 1 && kind <= 3:
		return append(b, " ?"...)
	default:
		return appendInt(append(b, " type "...), int(kind))
	}
}

// appendDHCP6Opaque appends the beginning of an identifier.
func appendDHCP6Opaque(b, d []byte) []byte {
	return append(appendHexBytes(b, clip(d, dhcp6MaxOpaque)), "..."...)
}

// appendDHCP6Auth appends an Authentication option (RFC 8415 section 21.11).
func appendDHCP6Auth(b, d []byte) []byte {
	proto, info := d[0], d[11:]
	switch proto {
	case dhcp6DelayedAuth:
		b = append(b, " proto: delayed"...)
	case dhcp6ReconfigureAuth:
		b = append(b, " proto: reconfigure"...)
	default:
		b = appendInt(append(b, " proto: "...), int(proto))
	}
	if d[1] == 1 {
		b = append(b, ", alg: HMAC-MD5"...)
	} else {
		b = appendInt(append(b, ", alg: "...), int(d[1]))
	}
	if d[2] == 0 {
		b = append(b, ", RDM: mono"...)
	} else {
		b = appendInt(append(b, ", RDM: "...), int(d[2]))
	}
	b = appendHexGroups(append(b, ", RD:"...), d[3:11], 2)
	switch n := len(info); {
	case proto == dhcp6DelayedAuth && n == 0:
	case proto == dhcp6DelayedAuth && n >= 20: // RFC 3315 section 21.4: a realm, the key, the digest
		if n > 20 {
			b = appendHexBytes(append(b, ", realm: "...), info[:n-20])
		}
		b = appendHexBytes(append(b, ", key ID: "...), info[n-20:n-16])
		b = appendHexGroups(append(b, ", HMAC-MD5:"...), info[n-16:], 4)
	case proto == dhcp6ReconfigureAuth && n == 17: // RFC 8415 section 20.4
		switch info[0] {
		case 1:
			b = append(b, " reconfig-key"...)
		case 2:
			b = append(b, " type: HMAC-MD5"...)
		default:
			b = append(b, " type: ??"...)
		}
		b = appendHexGroups(append(b, " value:"...), info[1:], 4)
	default:
		b = append(b, " ??"...)
	}
	return b
}

// appendHexGroups appends d in hexadecimal, a blank before each group of size bytes.
func appendHexGroups(b, d []byte, size int) []byte {
	for ; len(d) >= size; d = d[size:] {
		b = appendHexBytes(append(b, ' '), d[:size])
	}
	return b
}

// dhcp6Domains prints the domain names in d. One may go on behind d, as far as the capture goes; it reports false if that
// ends within one.
func (p *Line) dhcp6Domains(b, d []byte) ([]byte, bool) {
	r := dnsReader{p: p, m: d[:cap(d)]}
	for at := 0; at < len(d); {
		if b, at = r.name(append(b, ' '), at, len(d)); at < 0 {
			return b, false
		}
	}
	return b, true
}

// dhcp6NTP prints the suboptions of an NTP Server option (RFC 5908).
func (p *Line) dhcp6NTP(b, d []byte) ([]byte, bool) {
	for len(d) > 4 {
		code, n := be16(d, 0), int(be16(d, 2))
		if len(d) < 4+n {
			return b, false
		}
		b = appendInt(append(b, " subopt:"...), int(code))
		switch data := d[4 : 4+n]; {
		case (code == 1 || code == 2) && n == 16:
			b = p.addr6(append(b, ' '), data)
		case code == 3:
			r := dnsReader{p: p, m: data[:cap(data)]}
			var at int
			if b, at = r.name(append(b, ' '), 0, n); at < 0 {
				return b, false
			}
		default:
			b = append(b, " ?"...)
		}
		d = d[4+n:]
	}
	return b, true
}

// appendAFTRName appends the name of a tunnel's end (RFC 6334), of which the last label must be the empty one.
func appendAFTRName(b, d []byte) []byte {
	for len(d) > 0 && d[0] != 0 {
		n := int(d[0])
		if n >= len(d)-1 {
			return append(b, " ?"...)
		}
		b, _ = appendVisibleZ(b, d[1:], n)
		if d = d[1+n:]; d[0] != 0 {
			b = append(b, '.')
		}
	}
	return b
}

var dhcp6MessageText = [...]string{
	1: "solicit", "advertise", "request", "confirm", "renew", "rebind", "reply", "release", "decline", "reconfigure",
	"inf-req", "relay-fwd", "relay-reply", "leasequery", "leasequery-reply",
}

var dhcp6StatusText = [...]string{
	"Success", "UnspecFail", "NoAddrsAvail", "NoBinding", "NotOnLink", "UseMulticast", "NoPrefixAvail", "UnknownQueryType",
	"MalformedQuery", "NotConfigured", "NotAllowed",
}

// dhcp6OptionText is what tcpdump calls the options, and the form of their data: D an identifier of a host, o numbers
// of options, 6 addresses, d domain names, a text, l a number, x bytes of which the first are shown, and $ one of
// its own. With less than min bytes, or more where that is exact, an option is not understood.
var dhcp6OptionText = [...]struct {
	name  string
	form  byte
	min   int
	exact bool
}{
	1: {"client-ID", 'D', 2, false}, 2: {"server-ID", 'D', 2, false}, 3: {"IA_NA", '$', 12, false}, 4: {"IA_TA", '$', 4, false},
	5: {"IA_ADDR", '$', 24, false}, dhcp6OptRequest: {"option-request", 'o', 0, false}, dhcp6Preference: {"preference", '$', 1, true},
	dhcp6ElapsedTime: {"elapsed-time", '$', 2, true}, dhcp6RelayMessage: {"relay-message", '$', 0, false},
	dhcp6Authentication: {"authentication", '$', 11, false}, 12: {"server-unicast", 0, 0, false},
	dhcp6StatusCode: {"status-code", '$', 2, false}, 14: {"rapid-commit", 0, 0, false}, 15: {"user-class", 0, 0, false},
	16: {"vendor-class", 0, 0, false}, 17: {"vendor-specific-info", 0, 0, false}, dhcp6InterfaceID: {"interface-ID", 'x', 0, false},
	dhcp6Reconfigure: {"reconfigure-message", '$', 1, true}, 20: {"reconfigure-accept", 0, 0, false},
	21: {"SIP-servers-domain", 'd', 0, false}, 22: {"SIP-servers-address", '6', 0, false}, 23: {"DNS-server", '6', 0, false},
	24: {"DNS-search-list", 'd', 0, false}, 25: {"IA_PD", '$', 12, false}, 26: {"IA_PD-prefix", '$', 25, false},
	27: {"NIS-server", '6', 0, false}, 28: {"NIS+-server", '6', 0, false}, 29: {"NIS-domain-name", 0, 0, false},
	30: {"NIS+-domain-name", 0, 0, false}, 31: {"SNTP-servers", '6', 0, false}, dhcp6Lifetime: {"lifetime", 'l', 4, true},
	33: {"BCMCS-domain-name", 0, 0, false}, 34: {"BCMCS-server", '6', 0, false}, 36: {"Geoconf-Civic", 0, 0, false},
	dhcp6RemoteID: {"Remote-ID", '$', 4, false}, dhcp6SubscriberID: {"Subscriber-ID", 'x', 0, false}, 39: {"Client-FQDN", 0, 0, false},
	40: {"PANA-agent", '6', 0, false}, 41: {"POSIX-timezone", 'a', 5, false}, 42: {"POSIX-tz-database", 'a', 5, false},
	43: {"Echo-request-option", 'o', 0, false}, dhcp6LeaseQuery: {"Lease-query", '$', 17, false},
	dhcp6ClientData: {"LQ-client-data", '$', 0, false}, 46: {"Clt-time", 'l', 4, true}, dhcp6RelayData: {"LQ-relay-data", '$', 16, false},
	48: {"LQ-client-link", '6', 0, false}, dhcp6NTPServer: {"NTP-server", '$', 4, false}, dhcp6AFTRName: {"AFTR-Name", '$', 3, false},
	112: {"MUD-URL", 'a', 5, false},
}
