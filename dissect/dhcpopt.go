package dissect

import (
	"encoding/binary"
	"net/netip"
)

// DHCPOption is a view of one option (RFC 2132), type and length included. Pad and End are of one byte.
type DHCPOption []byte

// DHCPOptionType is the type of an option (IANA "BOOTP Vendor Extensions and DHCP Options").
type DHCPOptionType uint8

const (
	DHCPOptPad            DHCPOptionType = 0
	DHCPOptSubnetMask     DHCPOptionType = 1
	DHCPOptRouter         DHCPOptionType = 3
	DHCPOptDNSServer      DHCPOptionType = 6
	DHCPOptHostName       DHCPOptionType = 12
	DHCPOptDomainName     DHCPOptionType = 15
	DHCPOptInterfaceMTU   DHCPOptionType = 26
	DHCPOptNTPServer      DHCPOptionType = 42
	DHCPOptRequestedIP    DHCPOptionType = 50
	DHCPOptLeaseTime      DHCPOptionType = 51
	DHCPOptOverload       DHCPOptionType = 52
	DHCPOptMessageType    DHCPOptionType = 53
	DHCPOptServerID       DHCPOptionType = 54
	DHCPOptParameters     DHCPOptionType = 55
	DHCPOptMessage        DHCPOptionType = 56
	DHCPOptMaxMessageSize DHCPOptionType = 57
	DHCPOptRenewalTime    DHCPOptionType = 58
	DHCPOptRebindingTime  DHCPOptionType = 59
	DHCPOptClientID       DHCPOptionType = 61
	DHCPOptFQDN           DHCPOptionType = 81
	DHCPOptRelayAgent     DHCPOptionType = 82
	DHCPOptDomainSearch   DHCPOptionType = 119
	DHCPOptClasslessRoute DHCPOptionType = 121
	DHCPOptEnd            DHCPOptionType = 255
)

// NextDHCPOption splits the first option off o. It is nil where o is empty. The error is ErrTruncated where an
// option is longer than o; opt then is what there is of it.
func NextDHCPOption(o []byte) (opt DHCPOption, rest []byte, err error) {
	switch {
	case len(o) == 0:
		return nil, nil, nil
	case DHCPOptionType(o[0]) == DHCPOptPad || DHCPOptionType(o[0]) == DHCPOptEnd:
		return o[:1:1], o[1:], nil
	case len(o) < 2 || len(o) < 2+int(o[1]):
		return o, nil, ErrTruncated
	}
	n := 2 + int(o[1])
	return o[:n:n], o[n:], nil
}

// Type is the option's type.
func (o DHCPOption) Type() DHCPOptionType { return DHCPOptionType(o[0]) }

// Data is what follows type and length.
func (o DHCPOption) Data() []byte {
	if len(o) < 2 {
		return nil
	}
	return o[2:]
}

// AppendDHCPOption appends an option with data of at most 255 bytes to b; of more, it appends what fits.
func AppendDHCPOption(b []byte, t DHCPOptionType, data ...byte) []byte {
	data = data[:min(len(data), 255)]
	return append(append(b, byte(t), byte(len(data))), data...)
}

var (
	dhcpOptionField    = Field{Name: "dhcp.option.type", Title: "Option"}
	dhcpOptCodeField   = Field{Title: "Code"}
	dhcpOptLenField    = Field{Name: "dhcp.option.length", Title: "Length"}
	dhcpOptValueField  = Field{Name: "dhcp.option.value", Title: "Value"}
	dhcpOptEndField    = Field{Name: "dhcp.option.end", Title: "End"}
	dhcpOptPadField    = Field{Name: "dhcp.option.padding", Title: "Padding"}
	dhcpMessageField   = Field{Name: "dhcp.option.dhcp", Label: "type", Title: "Message type", Rank: 1, Form: FormBare}
	dhcpParameterField = Field{Name: "dhcp.option.request_list_item", Title: "Parameter"}

	dhcpFQDNFlagsField = Field{Name: "dhcp.fqdn.flags", Title: "Flags", Base: Hex}
	dhcpFQDNMBZField   = Field{Name: "dhcp.fqdn.mbz", Title: "Reserved", Mask: 0xf0}
	dhcpFQDNBitFields  = [...]Field{
		{Name: "dhcp.fqdn.n", Title: "Server does no updates", Mask: 0x08},
		{Name: "dhcp.fqdn.e", Title: "Name is encoded", Mask: 0x04},
		{Name: "dhcp.fqdn.o", Title: "Server overrides", Mask: 0x02},
		{Name: "dhcp.fqdn.s", Title: "Server updates", Mask: 0x01},
	}
	dhcpFQDNCode1Field = Field{Name: "dhcp.fqdn.rcode1", Title: "A reply code"}
	dhcpFQDNCode2Field = Field{Name: "dhcp.fqdn.rcode2", Title: "PTR reply code"}
	dhcpFQDNNameField  = Field{Name: "dhcp.fqdn.name", Label: "fqdn", Title: "Client name", Rank: 6}
	dhcpFQDNWireField  = Field{Title: "Client name, encoded"}

	dhcpAgentField      = Field{Name: "dhcp.option.agent_information_option.suboption", Title: "Suboption"}
	dhcpAgentCodeField  = Field{Title: "Code"}
	dhcpAgentLenField   = Field{Name: "dhcp.option.suboption_length", Title: "Length"}
	dhcpAgentValueField = Field{Name: "dhcp.option.agent_information_option.value", Title: "Value"}
	dhcpAgentPartFields = [...]Field{
		1: {Name: "dhcp.option.agent_information_option.agent_circuit_id", Title: "Agent circuit ID"},
		2: {Name: "dhcp.option.agent_information_option.agent_remote_id", Title: "Agent remote ID"},
	}
)

// dhcpOptionFields describes the options of d to s: each as type, length and value, and the value again in its parts.
func dhcpOptionFields(s Sink, d DHCP) {
	off := DHCPHeaderLen
	for off < len(d) {
		opt, _, err := NextDHCPOption(d[off:])
		if err != nil {
			s.Bytes(&dhcpUnreadField, off, len(d)-off, d[off:])
			return
		}
		t := opt.Type()
		if t == DHCPOptPad {
			n := 1
			for off+n < len(d) && d[off+n] == 0 {
				n++
			}
			s.Bytes(&dhcpOptPadField, off, n, d[off:off+n])
			off += n
			continue
		}
		if t == DHCPOptEnd {
			s.Uint(&dhcpOptEndField, off, 1, uint64(DHCPOptEnd))
			if off++; off < len(d) {
				s.Bytes(&dhcpOptPadField, off, len(d)-off, d[off:])
			}
			return
		}
		s.Enum(&dhcpOptionField, off, len(opt), uint64(t), t.Name())
		s.Begin(&dhcpOptionField, off, len(opt))
		s.Uint(&dhcpOptCodeField, off, 1, uint64(t))
		s.Uint(&dhcpOptLenField, off+1, 1, uint64(len(opt)-2))
		if data := opt.Data(); len(data) > 0 {
			s.Bytes(&dhcpOptValueField, off+2, len(data), data)
			s.Begin(&dhcpOptValueField, off+2, len(data))
			dhcpParts(s, off+2, t, data)
			s.End()
		}
		s.End()
		off += len(opt)
	}
}

var dhcpOpaqueField = Field{Title: "Data"}

// dhcpParts pushes the parts of an option's data, which begins at off.
func dhcpParts(s Sink, off int, t DHCPOptionType, data []byte) {
	info := &dhcpOptionTable[t]
	switch n := len(data); {
	case t == DHCPOptMessageType && n == 1:
		s.Enum(&dhcpMessageField, off, 1, uint64(data[0]), DHCPMessageType(data[0]).Name())
	case t == DHCPOptParameters:
		for i, c := range data {
			s.Enum(&dhcpParameterField, off+i, 1, uint64(c), DHCPOptionType(c).Name())
		}
	case t == DHCPOptClientID && n == 7 && data[0] == 1:
		s.Enum(&dhcpHWTypeField, off, 1, 1, ARPEthernet.Name())
		s.MAC(&dhcpMACField, off+1, 6, MAC(data[1:]))
	case t == DHCPOptFQDN && n >= 3:
		dhcpFQDNParts(s, off, data)
	case t == DHCPOptRelayAgent:
		dhcpAgentParts(s, off, data)
	case t == DHCPOptClasslessRoute:
		dhcpRoutes(s, off, info.field, data)
	case info.form == 'a':
		s.Text(info.field, off, n, cString(data))
	case info.form == 'i' && n%4 == 0:
		for i := 0; i < n; i += 4 {
			s.Addr(info.field, off+i, 4, netip.AddrFrom4([4]byte(data[i:])))
		}
	case info.form == 'l' && n == 4:
		s.Uint(info.field, off, n, uint64(binary.BigEndian.Uint32(data)))
	case info.form == 's' && n == 2:
		s.Uint(info.field, off, n, uint64(binary.BigEndian.Uint16(data)))
	case info.form == 'S' && n%2 == 0:
		for i := 0; i < n; i += 2 {
			s.Uint(info.field, off+i, 2, uint64(binary.BigEndian.Uint16(data[i:])))
		}
	case info.form == 'b' && n == 1:
		s.Uint(info.field, off, n, uint64(data[0]))
	case info.form == 'B' && n == 1:
		s.Bool(info.field, off, n, data[0] != 0)
	case info.form == 'x':
		s.Bytes(info.field, off, n, data)
	default:
		s.Bytes(&dhcpOpaqueField, off, n, data)
	}
}

// dhcpRoutes pushes classless static routes (RFC 3442), each with the length of its prefix, as much of the prefix as counts, and
// the router's address.
func dhcpRoutes(s Sink, off int, f *Field, data []byte) {
	for len(data) > 0 {
		n := min(1+(min(int(data[0]), 32)+7)/8+4, len(data))
		s.Bytes(f, off, n, data[:n])
		off, data = off+n, data[n:]
	}
}

func dhcpFQDNParts(s Sink, off int, data []byte) {
	flags := uint64(data[0])
	s.Uint(&dhcpFQDNFlagsField, off, 1, flags)
	s.Begin(&dhcpFQDNFlagsField, off, 1)
	s.Uint(&dhcpFQDNMBZField, off, 1, flags>>4)
	for i := range dhcpFQDNBitFields {
		f := &dhcpFQDNBitFields[i]
		s.Bool(f, off, 1, flags&f.Mask != 0)
	}
	s.End()
	s.Uint(&dhcpFQDNCode1Field, off+1, 1, uint64(data[1]))
	s.Uint(&dhcpFQDNCode2Field, off+2, 1, uint64(data[2]))
	if name := data[3:]; len(name) > 0 {
		if flags&0x04 != 0 {
			s.Bytes(&dhcpFQDNWireField, off+3, len(name), name)
		} else {
			s.Text(&dhcpFQDNNameField, off+3, len(name), name)
		}
	}
}

func dhcpAgentParts(s Sink, off int, data []byte) {
	for len(data) >= 2 && len(data) >= 2+int(data[1]) {
		n := int(data[1])
		s.Uint(&dhcpAgentField, off, 2+n, uint64(data[0]))
		s.Begin(&dhcpAgentField, off, 2+n)
		s.Uint(&dhcpAgentCodeField, off, 1, uint64(data[0]))
		s.Uint(&dhcpAgentLenField, off+1, 1, uint64(n))
		if n > 0 {
			s.Bytes(&dhcpAgentValueField, off+2, n, data[2:2+n])
			if k := int(data[0]); k < len(dhcpAgentPartFields) && k > 0 {
				s.Begin(&dhcpAgentValueField, off+2, n)
				s.Bytes(&dhcpAgentPartFields[k], off+2, n, data[2:2+n])
				s.End()
			}
		}
		s.End()
		off, data = off+2+n, data[2+n:]
	}
	if len(data) > 0 {
		s.Bytes(&dhcpOpaqueField, off, len(data), data)
	}
}

// Name is the option's name, or "".
func (t DHCPOptionType) Name() string {
	switch t {
	case DHCPOptPad:
		return "Pad"
	case DHCPOptEnd:
		return "End"
	}
	return dhcpOptionTable[t].name
}

// String is the name, or the number.
func (t DHCPOptionType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// dhcpOptionInfo is an option's name and the form of its data: a text, i addresses, l a number of four bytes, s one of
// two, S several of those, b one of a byte, B a truth value, x bytes.
type dhcpOptionInfo struct {
	name  string
	form  byte
	field *Field
}

var dhcpOptionTable = newDHCPOptionTable()

// newDHCPOptionTable gives each option of dhcpOptionRows the field that Wireshark has for it.
func newDHCPOptionTable() (t [256]dhcpOptionInfo) {
	for _, r := range dhcpOptionRows {
		info := dhcpOptionInfo{r.name, r.form, &Field{Name: r.field, Title: r.name, Label: r.label}}
		if r.field != "" {
			info.field.Name = "dhcp.option." + r.field
		}
		if r.label != "" {
			info.field.Rank = 6
		}
		t[r.code] = info
	}
	return t
}

var dhcpOptionRows = []struct {
	code  DHCPOptionType
	form  byte
	name  string
	field string
	label string // of those that stand in the tree's line
}{
	{1, 'i', "Subnet Mask", "subnet_mask", "mask"},
	{2, 0, "Time Offset", "", ""}, // signed
	{3, 'i', "Router", "router", "router"},
	{4, 'i', "Time Server", "time_server", ""},
	{5, 'i', "Name Server", "name_server", ""},
	{6, 'i', "Domain Name Server", "domain_name_server", "dns"},
	{7, 'i', "Log Server", "log_server", ""},
	{8, 'i', "Quotes Server", "quotes_server", ""},
	{9, 'i', "LPR Server", "lpr_server", ""},
	{10, 'i', "Impress Server", "impress_server", ""},
	{11, 'i', "Resource Location Server", "resource_location_server", ""},
	{12, 'a', "Host Name", "hostname", "host"},
	{13, 's', "Boot File Size", "boot_file_size", ""},
	{14, 'a', "Merit Dump File", "merit_dump_file", ""},
	{15, 'a', "Domain Name", "domain_name", "domain"},
	{16, 'i', "Swap Server", "swap_server", ""},
	{17, 'a', "Root Path", "root_path", ""},
	{18, 'a', "Extension Path", "extension_path", ""},
	{19, 'B', "IP Forwarding", "ip_forwarding", ""},
	{20, 'B', "Non-Local Source Routing", "non_local_source_routing", ""},
	{21, 0, "Policy Filter", "", ""},
	{22, 's', "Maximum Datagram Reassembly Size", "max_datagram_reassembly_size", ""},
	{23, 'b', "Default IP Time-to-Live", "default_ip_ttl", ""},
	{24, 'l', "Path MTU Aging Timeout", "path_mtu_aging_timeout", ""},
	{25, 'S', "Path MTU Plateau Table", "path_mtu_plateau_table_item", ""},
	{26, 's', "Interface MTU", "interface_mtu", ""},
	{27, 'B', "All Subnets Are Local", "all_subnets_are_local", ""},
	{28, 'i', "Broadcast Address", "broadcast_address", ""},
	{29, 'B', "Perform Mask Discovery", "perform_mask_discovery", ""},
	{30, 'B', "Mask Supplier", "mask_supplier", ""},
	{31, 'B', "Perform Router Discovery", "perform_router_discover", ""},
	{32, 'i', "Router Solicitation Address", "router_solicitation_address", ""},
	{33, 0, "Static Route", "", ""},
	{34, 'B', "Trailer Encapsulation", "trailer_encapsulation", ""},
	{35, 'l', "ARP Cache Timeout", "arp_cache_timeout", ""},
	{36, 'B', "Ethernet Encapsulation", "ethernet_encapsulation", ""},
	{37, 'b', "TCP Default TTL", "tcp_default_ttl", ""},
	{38, 'l', "TCP Keepalive Interval", "tcp_keepalive_interval", ""},
	{39, 'B', "TCP Keepalive Garbage", "tcp_keepalive_garbage", ""},
	{40, 'a', "NIS Domain", "nis_domain", ""},
	{41, 'i', "NIS Server", "nis_server", ""},
	{42, 'i', "NTP Server", "ntp_server", ""},
	{43, 'x', "Vendor-Specific Information", "vendor.value", ""},
	{44, 'i', "NetBIOS Name Server", "netbios_over_tcpip_name_server", ""},
	{45, 'i', "NetBIOS Datagram Distribution Server", "netbios_over_tcpip_dd_name_server", ""},
	{46, 'b', "NetBIOS Node Type", "netbios_over_tcpip_node_type", ""},
	{47, 'a', "NetBIOS Scope", "netbios_over_tcpip_scope", ""},
	{48, 'i', "X Window Font Server", "xwindows_system_font_server", ""},
	{49, 'i', "X Window Display Manager", "xwindows_system_display_manager", ""},
	{50, 'i', "Requested IP Address", "requested_ip_address", "want"},
	{51, 'l', "IP Address Lease Time", "ip_address_lease_time", "lease"},
	{52, 'b', "Option Overload", "option_overload", ""},
	{53, 0, "DHCP Message Type", "", ""},
	{54, 'i', "DHCP Server Identifier", "dhcp_server_id", "from"},
	{55, 0, "Parameter Request List", "", ""},
	{56, 'a', "Message", "message", "message"},
	{57, 's', "Maximum DHCP Message Size", "dhcp_max_message_size", ""},
	{58, 'l', "Renewal Time", "renewal_time_value", ""},
	{59, 'l', "Rebinding Time", "rebinding_time_value", ""},
	{60, 'a', "Vendor Class Identifier", "vendor_class_id", ""},
	{61, 0, "Client Identifier", "", ""},
	{64, 'a', "NIS+ Domain", "nis_plus_domain", ""},
	{65, 'i', "NIS+ Server", "nis_plus_server", ""},
	{66, 'a', "TFTP Server Name", "tftp_server_name", ""},
	{67, 'a', "Bootfile Name", "bootfile_name", ""},
	{68, 'i', "Mobile IP Home Agent", "mobile_ip_home_agent", ""},
	{69, 'i', "SMTP Server", "smtp_server", ""},
	{70, 'i', "POP3 Server", "pop3_server", ""},
	{71, 'i', "NNTP Server", "nntp_server", ""},
	{72, 'i', "WWW Server", "default_www_server", ""},
	{73, 'i', "Finger Server", "default_finger_server", ""},
	{74, 'i', "IRC Server", "default_irc_server", ""},
	{75, 'i', "StreetTalk Server", "streettalk_server", ""},
	{76, 'i', "StreetTalk Directory Assistance Server", "streettalk_da_server", ""},
	{77, 0, "User Class", "", ""},
	{78, 0, "SLP Directory Agent", "", ""},
	{79, 0, "SLP Service Scope", "", ""},
	{80, 0, "Rapid Commit", "", ""},
	{81, 0, "Client FQDN", "", ""},
	{82, 0, "Relay Agent Information", "", ""},
	{83, 0, "iSNS", "", ""},
	{85, 'i', "Novell Directory Services Servers", "novell_dss.ip", ""},
	{86, 'a', "Novell Directory Services Tree Name", "novell_ds_tree_name", ""},
	{87, 'a', "Novell Directory Services Context", "novell_ds_context", ""},
	{90, 0, "Authentication", "", ""},
	{91, 'l', "Client Last Transaction Time", "client_last_transaction_time", ""},
	{92, 'i', "Associated IP", "associated_ip_option", ""},
	{93, 'S', "Client System Architecture", "client_system_architecture", ""},
	{94, 0, "Client Network Device Interface", "", ""},
	{97, 0, "Client Machine Identifier", "", ""},
	{100, 'a', "PCode", "tz_pcode", ""},
	{101, 'a', "TCode", "tz_tcode", ""},
	{112, 'i', "NetInfo Parent Server Address", "netinfo_parent_server_address", ""},
	{113, 'a', "NetInfo Parent Server Tag", "netinfo_parent_server_tag", ""},
	{114, 'a', "Captive Portal", "captive_portal", ""},
	{116, 'b', "Auto-Configure", "dhcp_auto_configuration", ""},
	{117, 0, "Name Service Search", "", ""},
	{118, 'i', "Subnet Selection", "subnet_selection_option", ""},
	{119, 0, "Domain Search", "", ""},
	{120, 0, "SIP Servers", "", ""},
	{121, 'x', "Classless Static Route", "classless_static_route", ""},
	{124, 0, "Vendor-Identifying Vendor Class", "", ""},
	{125, 0, "Vendor-Identifying Vendor Information", "", ""},
	{150, 'i', "TFTP Server Address", "tftp_server_address", ""},
	{161, 'a', "MUD URL", "mudurl", ""},
	{209, 'a', "PXE Configuration File", "pxe_config_file", ""},
	{210, 'a', "PXE Path Prefix", "pxe_path_prefix", ""},
	{249, 0, "Classless Static Route (Microsoft)", "", ""},
	{252, 'a', "Proxy Autodiscovery", "private_proxy_autodiscovery", ""},
}
