package dissect

import "time"

// DHCPv6OptionType is the type of an option (IANA "DHCPv6 Option Codes").
type DHCPv6OptionType uint16

const (
	DHCPv6OptClientID     DHCPv6OptionType = 1
	DHCPv6OptServerID     DHCPv6OptionType = 2
	DHCPv6OptIANA         DHCPv6OptionType = 3
	DHCPv6OptIATA         DHCPv6OptionType = 4
	DHCPv6OptIAAddr       DHCPv6OptionType = 5
	DHCPv6OptRequest      DHCPv6OptionType = 6
	DHCPv6OptElapsedTime  DHCPv6OptionType = 8
	DHCPv6OptRelayMessage DHCPv6OptionType = 9
	DHCPv6OptAuth         DHCPv6OptionType = 11
	DHCPv6OptStatusCode   DHCPv6OptionType = 13
	DHCPv6OptRapidCommit  DHCPv6OptionType = 14
	DHCPv6OptDNSServers   DHCPv6OptionType = 23
	DHCPv6OptDomainList   DHCPv6OptionType = 24
	DHCPv6OptIAPD         DHCPv6OptionType = 25
	DHCPv6OptIAPrefix     DHCPv6OptionType = 26
	DHCPv6OptRefreshTime  DHCPv6OptionType = 32
	DHCPv6OptClientFQDN   DHCPv6OptionType = 39
	DHCPv6OptNTPServer    DHCPv6OptionType = 56
	DHCPv6OptInfMaxRT     DHCPv6OptionType = 83
)

// Name is the option's name, or "".
func (t DHCPv6OptionType) Name() string {
	if int(t) < len(dhcpv6OptionTable) {
		return dhcpv6OptionTable[t].name
	}
	return ""
}

// String is the name, or the number.
func (t DHCPv6OptionType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

var (
	dhcpv6TypeField     = Field{Name: "dhcpv6.msgtype", Label: "type", Title: "Message type", Rank: 1, Form: FormBare}
	dhcpv6XIDField      = Field{Name: "dhcpv6.xid", Label: "xid", Title: "Transaction ID", Rank: 2, Base: Hex}
	dhcpv6HopsField     = Field{Name: "dhcpv6.hopcount", Label: "hops", Title: "Hop count", Rank: 2}
	dhcpv6LinkField     = Field{Name: "dhcpv6.linkaddr", Label: "link", Title: "Link address", Rank: 3}
	dhcpv6PeerField     = Field{Name: "dhcpv6.peeraddr", Label: "peer", Title: "Peer address", Rank: 3}
	dhcpv6RelayedGroup  = Field{Title: "Relayed message"}
	dhcpv6OptionField   = Field{Name: "dhcpv6.option.type_str", Title: "Option"}
	dhcpv6CodeField     = Field{Name: "dhcpv6.option.type", Title: "Code"}
	dhcpv6LengthField   = Field{Name: "dhcpv6.option.length", Title: "Length"}
	dhcpv6OpaqueField   = Field{Title: "Data"}
	dhcpv6UnreadField   = Field{Title: "Bytes that could not be read"}
	dhcpv6DUIDField     = Field{Name: "dhcpv6.duid.bytes", Title: "DUID"}
	dhcpv6DUIDTypeField = Field{Name: "dhcpv6.duid.type", Title: "DUID type"}
	dhcpv6LLTHWField    = Field{Name: "dhcpv6.duidllt.hwtype", Title: "Hardware type"}
	dhcpv6LLTTimeField  = Field{Name: "dhcpv6.duidllt.time", Title: "DUID time"}
	dhcpv6LLTAddrField  = Field{Name: "dhcpv6.duidllt.link_layer_addr", Title: "Link-layer address"}
	dhcpv6LLHWField     = Field{Name: "dhcpv6.duidll.hwtype", Title: "Hardware type"}
	dhcpv6LLAddrField   = Field{Name: "dhcpv6.duidll.link_layer_addr", Title: "Link-layer address"}
	dhcpv6ENNumberField = Field{Name: "dhcpv6.duiden.enterprise", Title: "Enterprise"}
	dhcpv6ENIDField     = Field{Name: "dhcpv6.duiden.identifier", Title: "Identifier"}
	dhcpv6UUIDField     = Field{Name: "dhcpv6.duiduuid.bytes", Title: "UUID"}
	dhcpv6IAIDField     = Field{Name: "dhcpv6.iaid", Title: "IAID"}
	dhcpv6T1Field       = Field{Name: "dhcpv6.iaid.t1", Title: "T1"}
	dhcpv6T2Field       = Field{Name: "dhcpv6.iaid.t2", Title: "T2"}
	dhcpv6IATAField     = Field{Name: "dhcpv6.iata", Title: "IAID"}
	dhcpv6AddrField     = Field{Name: "dhcpv6.iaaddr.ip", Label: "addr", Title: "IPv6 address", Rank: 4}
	dhcpv6AddrPrefField = Field{Name: "dhcpv6.iaaddr.pref_lifetime", Title: "Preferred lifetime"}
	dhcpv6AddrLifeField = Field{Name: "dhcpv6.iaaddr.valid_lifetime", Title: "Valid lifetime"}
	dhcpv6PfxPrefField  = Field{Name: "dhcpv6.iaprefix.pref_lifetime", Title: "Preferred lifetime"}
	dhcpv6PfxLifeField  = Field{Name: "dhcpv6.iaprefix.valid_lifetime", Title: "Valid lifetime"}
	dhcpv6PfxLenField   = Field{Name: "dhcpv6.iaprefix.pref_len", Title: "Prefix length"}
	dhcpv6PfxField      = Field{Name: "dhcpv6.iaprefix.pref_addr", Label: "prefix", Title: "Prefix", Rank: 4}
	dhcpv6PfxSlashField = Field{Label: "/", Title: "Prefix length", Rank: 4, Form: FormJoined}
	dhcpv6RequestField  = Field{Name: "dhcpv6.requested_option_code", Title: "Requested option"}
	dhcpv6ElapsedField  = Field{Name: "dhcpv6.elapsed_time", Title: "Elapsed time in milliseconds"}
	dhcpv6AuthProto     = Field{Name: "dhcpv6.auth.protocol", Title: "Protocol"}
	dhcpv6AuthAlg       = Field{Name: "dhcpv6.auth.algorithm", Title: "Algorithm"}
	dhcpv6AuthRDM       = Field{Name: "dhcpv6.auth.rdm", Title: "Replay detection method"}
	dhcpv6AuthReplay    = Field{Name: "dhcpv6.auth.replay_detection", Title: "Replay detection"}
	dhcpv6AuthInfo      = Field{Name: "dhcpv6.auth.info", Title: "Authentication information"}
	dhcpv6AuthRealm     = Field{Name: "dhcpv6.auth.realm", Title: "DHCP realm"}
	dhcpv6AuthKey       = Field{Name: "dhcpv6.auth.key_id", Title: "Key ID"}
	dhcpv6AuthMD5       = Field{Name: "dhcpv6.auth.md5_data", Title: "HMAC-MD5"}
	dhcpv6StatusField   = Field{Name: "dhcpv6.status_code", Label: "status", Title: "Status code", Rank: 5}
	dhcpv6StatusText    = Field{Name: "dhcpv6.status_msg", Label: "message", Title: "Status message", Rank: 5, Form: FormNonzero}
	dhcpv6ClassGroup    = Field{Title: "User class"}
	dhcpv6ClassLen      = Field{Name: "dhcpv6.userclass.length", Title: "Length"}
	dhcpv6ClassData     = Field{Name: "dhcpv6.userclass.opaque_data", Title: "Data"}
	dhcpv6VendorClass   = Field{Name: "dhcpv6.vendorclass.enterprise", Title: "Enterprise"}
	dhcpv6VendorLen     = Field{Title: "Length"}
	dhcpv6VendorText    = Field{Name: "dhcpv6.vendorclass.data", Title: "Vendor class"}
	dhcpv6VendorMore    = Field{Title: "Further vendor classes"}
	dhcpv6VendorOpts    = Field{Name: "dhcpv6.vendoropts.enterprise", Title: "Enterprise"}
	dhcpv6VendorGroup   = Field{Title: "Vendor's option"}
	dhcpv6VendorCode    = Field{Name: "dhcpv6.vendoropts.enterprise.option_code", Title: "Code"}
	dhcpv6VendorOptLen  = Field{Name: "dhcpv6.vendoropts.enterprise.option_length", Title: "Length"}
	dhcpv6VendorData    = Field{Name: "dhcpv6.vendoropts.enterprise.option_data", Title: "Data"}
	dhcpv6RemoteNumber  = Field{Name: "dhcpv6.remoteid.enterprise", Title: "Enterprise"}
	dhcpv6RemoteField   = Field{Name: "dhcpv6.remoteid_enterprise_id", Title: "Remote ID"}
	dhcpv6FQDNFlags     = Field{Name: "dhcpv6.client_fqdn_flags", Title: "Flags", Base: Hex}
	dhcpv6FQDNField     = Field{Name: "dhcpv6.client_domain", Label: "fqdn", Title: "Client's domain name", Rank: 6}
	dhcpv6QueryField    = Field{Name: "dhcpv6.lq_query", Title: "Query type"}
	dhcpv6QueryAddr     = Field{Name: "dhcpv6.lq_query_link_address", Title: "Link address"}
	dhcpv6RelayDataAddr = Field{Name: "dhcpv6.lq_relay_data_peer_addr", Title: "Peer address"}
	dhcpv6RelayDataMsg  = Field{Title: "Relay message"}
	dhcpv6NTPGroup      = Field{Title: "NTP server"}
	dhcpv6NTPType       = Field{Name: "dhcpv6.ntpserver.option.type", Title: "Type"}
	dhcpv6NTPLen        = Field{Name: "dhcpv6.ntpserver.option.length", Title: "Length"}
	dhcpv6NTPAddr       = Field{Name: "dhcpv6.ntpserver.addr", Title: "NTP server address"}
	dhcpv6NTPMulticast  = Field{Name: "dhcpv6.ntpserver.mc_addr", Title: "NTP multicast address"}
	dhcpv6NTPName       = Field{Name: "dhcpv6.ntpserver.fqdn", Title: "NTP server name"}

	dhcpv6FQDNReserved = Field{Title: "Reserved", Mask: 0xf8, Base: Hex}
	dhcpv6FQDNClient   = []*Field{
		&dhcpv6FQDNReserved,
		{Name: "dhcpv6.clientfqdn.client.n", Title: "N bit", Mask: 4},
		{Title: "O bit", Mask: 2},
		{Name: "dhcpv6.clientfqdn.client.s", Title: "S bit", Mask: 1},
	}
	dhcpv6FQDNServer = []*Field{
		&dhcpv6FQDNReserved,
		{Name: "dhcpv6.clientfqdn.server.n", Title: "N bit", Mask: 4},
		{Name: "dhcpv6.clientfqdn.server.o", Title: "O bit", Mask: 2},
		{Name: "dhcpv6.clientfqdn.server.s", Title: "S bit", Mask: 1},
	}
)

// maxDHCPv6Depth bounds options in options and messages in relayed messages; RFC 8415 section 7.6 has at most 8 relays, and each
// takes two.
const maxDHCPv6Depth = 20

// dhcpv6Walk describes a message.
type dhcpv6Walk struct {
	fieldWalk
	scratch []byte            // room for a name
	kind    DHCPv6MessageType // of the message around
	depth   int
}

// message describes the message from w.at to w.end.
func (w *dhcpv6Walk) message() {
	outer := w.kind
	w.kind = DHCPv6MessageType(w.peek(1))
	w.enum(&dhcpv6TypeField, 1, w.kind.Name())
	if w.kind == DHCPv6RelayForward || w.kind == DHCPv6RelayReply {
		w.uint(&dhcpv6HopsField, 1)
		w.addr(&dhcpv6LinkField, 16)
		w.addr(&dhcpv6PeerField, 16)
	} else {
		w.uint(&dhcpv6XIDField, 3)
	}
	w.options()
	w.kind = outer
}

// options describes options to the end of the walk.
func (w *dhcpv6Walk) options() {
	for w.at < w.end && w.option() {
	}
	w.rest(&dhcpv6UnreadField)
}

// option describes one option, and reports false if it is not all there.
func (w *dhcpv6Walk) option() bool {
	head := w.peek(4)
	t, n := DHCPv6OptionType(head>>16), 4+int(head&0xffff)
	if w.end-w.at < n || w.depth == maxDHCPv6Depth {
		return false
	}
	w.s.Text(&dhcpv6OptionField, w.at, n, w.optionName(t))
	outer, _ := w.enter(&dhcpv6OptionField, n)
	w.depth++
	w.enum(&dhcpv6CodeField, 2, t.Name())
	w.uint(&dhcpv6LengthField, 2)
	if int(t) < len(dhcpv6OptionTable) {
		info := &dhcpv6OptionTable[t]
		w.optionData(t, info.form, info.field)
	}
	w.depth--
	w.leave(&dhcpv6OpaqueField, outer)
	return true
}

// optionName is the name of an option as text.
func (w *dhcpv6Walk) optionName(t DHCPv6OptionType) []byte {
	if name := t.Name(); name != "" {
		return append(w.scratch, name...)
	}
	return appendUint(append(w.scratch, "DHCP option "...), uint64(t))
}

// appendUint appends v in decimal.
func appendUint(b []byte, v uint64) []byte {
	if v >= 10 {
		b = appendUint(b, v/10)
	}
	return append(b, '0'+byte(v%10))
}

// optionData describes the data of an option of type t, as far as it is understood. Its form is that of dhcpv6OptionRows.
func (w *dhcpv6Walk) optionData(t DHCPv6OptionType, form byte, f *Field) {
	n := w.end - w.at
	switch form {
	case '6':
		for w.end-w.at >= 16 {
			w.addr(f, 16)
		}
	case 'd':
		for w.at < w.end && w.name(f) {
		}
	case 'a':
		w.text(f, n)
	case 'x':
		w.bytes(f, n)
	case '4', '2', '1':
		if n == int(form-'0') {
			w.uint(f, n)
		}
	case 'o':
		for w.end-w.at >= 2 {
			w.enum(&dhcpv6RequestField, 2, DHCPv6OptionType(w.peek(2)).Name())
		}
	case '$':
		w.special(t, n)
	}
}

// special describes the n bytes of data of an option of a form that no other has.
func (w *dhcpv6Walk) special(t DHCPv6OptionType, n int) {
	switch t {
	case DHCPv6OptClientID, DHCPv6OptServerID:
		if n >= 2 {
			w.duid(n)
		}
	case DHCPv6OptIANA, DHCPv6OptIAPD:
		if n >= 12 {
			w.bytes(&dhcpv6IAIDField, 4)
			w.uint(&dhcpv6T1Field, 4)
			w.uint(&dhcpv6T2Field, 4)
			w.options()
		}
	case DHCPv6OptIATA:
		if n >= 4 {
			w.bytes(&dhcpv6IATAField, 4)
			w.options()
		}
	case DHCPv6OptIAAddr:
		if n >= 24 {
			w.addr(&dhcpv6AddrField, 16)
			w.uint(&dhcpv6AddrPrefField, 4)
			w.uint(&dhcpv6AddrLifeField, 4)
			w.options()
		}
	case DHCPv6OptIAPrefix:
		if n >= 25 {
			w.uint(&dhcpv6PfxPrefField, 4)
			w.uint(&dhcpv6PfxLifeField, 4)
			bits := w.uint(&dhcpv6PfxLenField, 1)
			w.addr(&dhcpv6PfxField, 16)
			w.s.Uint(&dhcpv6PfxSlashField, 0, 0, bits)
			w.options()
		}
	case DHCPv6OptElapsedTime:
		if n == 2 {
			w.s.Uint(&dhcpv6ElapsedField, w.at, 2, 10*w.peek(2))
			w.at += 2
		}
	case DHCPv6OptRelayMessage:
		// Without the header of a message the bytes stay bytes.
		if DHCPv6(w.b[w.at:w.end]).Check() == nil {
			w.s.Begin(&dhcpv6RelayedGroup, w.at, n)
			w.message()
			w.s.End()
		}
	case DHCPv6OptAuth:
		if n >= 11 {
			w.auth(n - 11)
		}
	case DHCPv6OptStatusCode:
		w.enum(&dhcpv6StatusField, 2, dhcpv6StatusName(w.peek(2)))
		w.text(&dhcpv6StatusText, n-2)
	case DHCPv6OptClientFQDN:
		parts := dhcpv6FQDNClient
		if w.kind == DHCPv6Advertise || w.kind == DHCPv6Reply {
			parts = dhcpv6FQDNServer
		}
		w.flags(&dhcpv6FQDNFlags, 1, parts)
		w.name(&dhcpv6FQDNField)
	case 15: // User Class
		for w.end-w.at >= 2 && w.end-w.at >= 2+int(w.peek(2)) {
			outer, _ := w.enter(&dhcpv6ClassGroup, 2+int(w.peek(2)))
			w.bytes(&dhcpv6ClassData, int(w.uint(&dhcpv6ClassLen, 2)))
			w.leave(&dhcpv6OpaqueField, outer)
		}
	case 16: // Vendor Class
		w.uint(&dhcpv6VendorClass, 4)
		if size := int(w.peek(2)); w.end-w.at >= 2+size {
			w.uint(&dhcpv6VendorLen, 2)
			w.text(&dhcpv6VendorText, size)
		}
		w.bytes(&dhcpv6VendorMore, w.end-w.at)
	case 17: // Vendor-specific Information
		w.uint(&dhcpv6VendorOpts, 4)
		for w.end-w.at >= 4 && w.end-w.at >= 4+int(w.peek(4)&0xffff) {
			outer, _ := w.enter(&dhcpv6VendorGroup, 4+int(w.peek(4)&0xffff))
			w.uint(&dhcpv6VendorCode, 2)
			w.bytes(&dhcpv6VendorData, int(w.uint(&dhcpv6VendorOptLen, 2)))
			w.leave(&dhcpv6OpaqueField, outer)
		}
	case 37: // Remote-ID
		w.uint(&dhcpv6RemoteNumber, 4)
		w.bytes(&dhcpv6RemoteField, w.end-w.at)
	case 44: // Leasequery
		if n >= 17 {
			w.uint(&dhcpv6QueryField, 1)
			w.addr(&dhcpv6QueryAddr, 16)
			w.options()
		}
	case 45: // what a server knows of a client
		w.options()
	case 47: // what a relay sent
		w.addr(&dhcpv6RelayDataAddr, 16)
		w.bytes(&dhcpv6RelayDataMsg, w.end-w.at)
	case 56: // NTP Server
		for w.end-w.at >= 4 && w.end-w.at >= 4+int(w.peek(4)&0xffff) {
			w.ntp()
		}
	}
}

// ntp describes a suboption of the NTP Server option (RFC 5908).
func (w *dhcpv6Walk) ntp() {
	head := w.peek(4)
	kind, n := head>>16, int(head&0xffff)
	outer, _ := w.enter(&dhcpv6NTPGroup, 4+n)
	w.uint(&dhcpv6NTPType, 2)
	w.uint(&dhcpv6NTPLen, 2)
	switch {
	case kind == 1 && n >= 16:
		w.addr(&dhcpv6NTPAddr, 16)
	case kind == 2 && n >= 16:
		w.addr(&dhcpv6NTPMulticast, 16)
	case kind == 3:
		w.name(&dhcpv6NTPName)
	}
	w.leave(&dhcpv6OpaqueField, outer)
}

// duid describes a DHCP unique identifier of n bytes (RFC 8415 section 11).
func (w *dhcpv6Walk) duid(n int) {
	w.s.Bytes(&dhcpv6DUIDField, w.at, n, w.b[w.at:w.at+n])
	outer, _ := w.enter(&dhcpv6DUIDField, n)
	switch kind := w.uint(&dhcpv6DUIDTypeField, 2); {
	case kind == 1 && n >= 8:
		w.uint(&dhcpv6LLTHWField, 2)
		since2000 := int64(w.peek(4)) + time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		t := time.Unix(since2000, 0).UTC()
		w.s.Text(&dhcpv6LLTTimeField, w.at, 4, t.AppendFormat(w.scratch, "Jan _2, 2006 15:04:05.000000000 UTC"))
		w.at += 4
		w.linkAddr(&dhcpv6LLTAddrField)
	case kind == 2 && n >= 6:
		w.uint(&dhcpv6ENNumberField, 4)
		w.bytes(&dhcpv6ENIDField, w.end-w.at)
	case kind == 3 && n >= 4:
		w.uint(&dhcpv6LLHWField, 2)
		w.linkAddr(&dhcpv6LLAddrField)
	case kind == 4:
		w.bytes(&dhcpv6UUIDField, w.end-w.at)
	}
	w.leave(&dhcpv6OpaqueField, outer)
}

// linkAddr describes a hardware address to the end of the walk.
func (w *dhcpv6Walk) linkAddr(f *Field) {
	if w.end-w.at == 6 {
		w.s.MAC(f, w.at, 6, MAC(w.b[w.at:]))
		w.at += 6
		return
	}
	w.bytes(f, w.end-w.at)
}

// auth describes an Authentication option with n bytes of authentication information (RFC 8415 section 21.11).
func (w *dhcpv6Walk) auth(n int) {
	proto := w.uint(&dhcpv6AuthProto, 1)
	alg := w.uint(&dhcpv6AuthAlg, 1)
	w.uint(&dhcpv6AuthRDM, 1)
	w.bytes(&dhcpv6AuthReplay, 8)
	if proto == 2 && alg == 1 && n >= 20 { // RFC 3315 section 21.4
		w.text(&dhcpv6AuthRealm, n-20)
		w.uint(&dhcpv6AuthKey, 4)
		w.bytes(&dhcpv6AuthMD5, 16)
		return
	}
	w.bytes(&dhcpv6AuthInfo, n)
}

// name describes a domain name in the form of DNS, uncompressed; one may end with the walk instead of an empty label. It reports
// false if there is none.
func (w *dhcpv6Walk) name(f *Field) bool {
	text, n := appendLabels(w.scratch, w.b[w.at:w.end])
	if n == 0 {
		return false
	}
	w.s.Text(f, w.at, n, text)
	w.at += n
	return true
}

// appendLabels appends the domain name that d begins with (RFC 1035 section 3.1), with a dot behind it if it is not cut short,
// and gives how many bytes it has: none if they are no name.
func appendLabels(b, d []byte) (text []byte, n int) {
	for n < len(d) {
		size := int(d[n])
		switch {
		case size == 0:
			return append(b, '.'), n + 1
		case size > 63 || n+1+size > len(d) || n+1+size > 255:
			return b, 0
		}
		if n > 0 {
			b = append(b, '.')
		}
		b = append(b, d[n+1:n+1+size]...)
		n += 1 + size
	}
	return b, n
}

// dhcpv6StatusName is the name of a status code (RFC 8415 section 21.13, RFC 5007 section 4.1.3), or "".
func dhcpv6StatusName(v uint64) string {
	if v < uint64(len(dhcpv6StatusNames)) {
		return dhcpv6StatusNames[v]
	}
	return ""
}

var dhcpv6StatusNames = [...]string{
	"Success", "UnspecFail", "NoAddrsAvail", "NoBinding", "NotOnLink", "UseMulticast", "NoPrefixAvail", "UnknownQueryType",
	"MalformedQuery", "NotConfigured", "NotAllowed", "QueryTerminated",
}

// dhcpv6OptionInfo is an option's name and the form of its data, as in dhcpv6OptionRows.
type dhcpv6OptionInfo struct {
	name  string
	form  byte
	field *Field
}

var dhcpv6OptionTable = newDHCPv6OptionTable()

func newDHCPv6OptionTable() (t [168]dhcpv6OptionInfo) {
	for _, r := range dhcpv6OptionRows {
		info := dhcpv6OptionInfo{name: r.name, form: r.form}
		if r.field != "" {
			info.field = &Field{Name: "dhcpv6." + r.field, Title: r.name, Label: r.label}
			if r.label != "" {
				info.field.Rank = 6
			}
		}
		t[r.code] = info
	}
	return t
}

// dhcpv6OptionRows gives each option its name and the form of its data: 6 addresses, d names, a text, x bytes, o numbers of
// options, a digit one number of so many bytes, and $ one of its own.
var dhcpv6OptionRows = []struct {
	code  DHCPv6OptionType
	form  byte
	name  string
	field string
	label string // of those that stand in the tree's line
}{
	{1, '$', "Client Identifier", "", ""},
	{2, '$', "Server Identifier", "", ""},
	{3, '$', "Identity Association for Non-temporary Address", "", ""},
	{4, '$', "Identity Association for Temporary Address", "", ""},
	{5, '$', "IA Address", "", ""},
	{6, 'o', "Option Request", "", ""},
	{7, '1', "Preference", "option_preference", ""},
	{8, '$', "Elapsed time", "", ""},
	{9, '$', "Relay Message", "", ""},
	{11, '$', "Authentication", "", ""},
	{12, '6', "Server unicast", "unicast", ""},
	{13, '$', "Status code", "", ""},
	{14, 0, "Rapid Commit", "", ""},
	{15, '$', "User Class", "", ""},
	{16, '$', "Vendor Class", "", ""},
	{17, '$', "Vendor-specific Information", "", ""},
	{18, 'x', "Interface-Id", "interface_id", ""},
	{19, '1', "Reconfigure Message", "reconf_msg", ""},
	{20, 0, "Reconfigure Accept", "", ""},
	{21, 'd', "SIP Server Domain Name List", "sip_server_domain_search_fqdn", ""},
	{22, '6', "SIP Servers IPv6 Address List", "sip_server_a", ""},
	{23, '6', "DNS recursive name server", "dns_server", "dns"},
	{24, 'd', "Domain Search List", "search_list_entry", "domain"},
	{25, '$', "Identity Association for Prefix Delegation", "", ""},
	{26, '$', "IA Prefix", "", ""},
	{27, '6', "Network Information Server", "nis_server", ""},
	{28, '6', "Network Information Server V2", "nisp_server", ""},
	{29, 'd', "Network Information Server Domain Name", "nis_fqdn", ""},
	{30, 'd', "Network Information Server V2 Domain Name", "nisp_fqdn", ""},
	{31, '6', "Simple Network Time Protocol Server", "sntp_server", ""},
	{32, '4', "Lifetime", "lifetime", ""},
	{33, 'd', "BCMCS Server Domain", "bcmcs_server_fqdn", ""},
	{34, '6', "BCMCS Servers IPv6 Address List", "bcmcs_server_a", ""},
	{36, 0, "Geoconf Civic Address", "", ""},
	{37, '$', "Remote Identifier", "", ""},
	{38, 'a', "Subscriber Identifier", "subscriber_id", ""},
	{39, '$', "Client Fully Qualified Domain Name", "", ""},
	{40, '6', "PANA Agents IPv6 Address List", "pana_agent", ""},
	{41, 'a', "Time Zone", "timezone", ""},
	{42, 'a', "Time Zone Database", "tzdb", ""},
	{43, 'o', "Echo Request Option", "", ""},
	{44, '$', "Leasequery Query", "", ""},
	{45, '$', "Leasequery Client Data", "", ""},
	{46, '4', "Client Last Transaction Time", "clt_time", ""},
	{47, '$', "Leasequery Relay Data", "", ""},
	{48, '6', "Leasequery Client Link Address List", "lq_client_link", ""},
	{52, '6', "CAPWAP Access Controllers", "capwap_ac_v6", ""},
	{56, '$', "NTP Server", "", ""},
	{64, 'd', "Dual-Stack Lite AFTR Name", "aftr_name", ""},
	{103, 'a', "Captive Portal", "captive_portal", ""},
	{112, 'a', "Manufacturer Usage Description", "mudurl", ""},
	{49, 0, "Home Network Identifier FQDN", "", ""},
	{50, 0, "Visited Home Network Information", "", ""},
	{51, 0, "LoST Server", "", ""},
	{53, 0, "Relay-ID", "", ""},
	{54, 0, "MoS IPv6 Address", "", ""},
	{55, 0, "MoS Domain Name List", "", ""},
	{57, 0, "Access Network Domain Name", "", ""},
	{58, 0, "SIP User Agent Configuration Service Domains", "", ""},
	{59, 0, "Boot File URL", "", ""},
	{60, 0, "Boot File Parameters", "", ""},
	{61, 0, "Client System Architecture Type", "", ""},
	{62, 0, "Client Network Interface Identifier", "", ""},
	{63, 0, "Geolocation", "", ""},
	{65, 0, "ERP Local Domain Name", "", ""},
	{66, 0, "Relay-Supplied Options", "", ""},
	{67, 0, "Prefix Exclude", "", ""},
	{68, 0, "Virtual Subnet Selection", "", ""},
	{69, 0, "Identified Home Network Information", "", ""},
	{70, 0, "Unrestricted Home Network Information", "", ""},
	{71, 0, "Home Network Prefix", "", ""},
	{72, 0, "Home Agent Address", "", ""},
	{73, 0, "Home Agent FQDN", "", ""},
	{74, 0, "RDNSS Selection", "", ""},
	{75, 0, "Kerberos Principal Name", "", ""},
	{76, 0, "Kerberos Realm Name", "", ""},
	{77, 0, "Kerberos Default Realm Name", "", ""},
	{78, 0, "Kerberos KDC", "", ""},
	{79, 0, "Client Link-Layer Address", "", ""},
	{80, 0, "Link Address", "", ""},
	{81, 0, "RADIUS", "", ""},
	{82, 0, "SOL_MAX_RT", "", ""},
	{83, 0, "INF_MAX_RT", "", ""},
	{84, 0, "Address Selection", "", ""},
	{85, 0, "Address Selection table", "", ""},
	{86, 0, "PCP Server", "", ""},
	{87, 0, "DHCPv4 Message", "", ""},
	{88, 0, "DHCP 4o6 Servers Address", "", ""},
	{89, 0, "S46 Rule", "", ""},
	{90, 0, "S46 BR", "", ""},
	{91, 0, "S46 DMR", "", ""},
	{92, 0, "S46 IPv4/IPv6 Address Binding", "", ""},
	{93, 0, "S46 Port Parameters", "", ""},
	{94, 0, "S46 MAP-E Container", "", ""},
	{95, 0, "S46 MAP-T Container", "", ""},
	{96, 0, "S46 Lightweight 4over6 Container", "", ""},
	{97, 0, "4rd Options", "", ""},
	{98, 0, "4rd Mapping Rule", "", ""},
	{99, 0, "4rd Non-Mapping Rule", "", ""},
	{100, 0, "LQ Server Base Time", "", ""},
	{101, 0, "LQ Server Query Start Time", "", ""},
	{102, 0, "LQ Server Query End Time", "", ""},
	{104, 0, "MPL Parameter Configuration", "", ""},
	{105, 0, "Access Technology Type", "", ""},
	{106, 0, "Access Network Name", "", ""},
	{107, 0, "Access Point Name", "", ""},
	{108, 0, "Access Point BSSID", "", ""},
	{109, 0, "Access Network Operator ID", "", ""},
	{110, 0, "Access Network Operator Realm", "", ""},
	{111, 0, "S46 Priority", "", ""},
	{113, 0, "IPv4/IPv6 Multicast Prefixes", "", ""},
	{114, 0, "Failover Binding Status", "", ""},
	{115, 0, "Failover Connect Flags", "", ""},
	{116, 0, "Failover DNS Removal Info", "", ""},
	{117, 0, "Failover DNS Hostname", "", ""},
	{118, 0, "Failover DNS Zone Name", "", ""},
	{119, 0, "Failover DNS Flags", "", ""},
	{120, 0, "Failover Expiration Time", "", ""},
	{121, 0, "Failover Maximum Number Unacked BNDUPD Messages", "", ""},
	{122, 0, "Failover Maximum Client Lead Time (MCLT)", "", ""},
	{123, 0, "Failover Partner Lifetime", "", ""},
	{124, 0, "Failover Partner Lifetime Sent", "", ""},
	{125, 0, "Failover Partner Down Time", "", ""},
	{126, 0, "Failover Partner Raw Client Time", "", ""},
	{127, 0, "Failover Protocol Version", "", ""},
	{128, 0, "Failover Keepalive Time", "", ""},
	{129, 0, "Failover Reconfigure Data", "", ""},
	{130, 0, "Failover Relationship Name", "", ""},
	{131, 0, "Failover Server Flags", "", ""},
	{132, 0, "Failover Server State", "", ""},
	{133, 0, "Failover Start Time of State", "", ""},
	{134, 0, "Failover State Expiration Time", "", ""},
	{135, 0, "Relay Source Port", "", ""},
	{136, 0, "SZTP Redirect", "", ""},
	{137, 0, "Softwire Source Binding Prefix Hint", "", ""},
	{143, 0, "ANDSF IPv6 Address", "", ""},
	{165, 0, "Mobile IPv6 Home Agent", "", ""},
	{166, 0, "Mobile IPv6 Home Address", "", ""},
	{167, 0, "Network Access Identifier", "", ""},
}
