package format

var radiusCodeText = [256]string{
	1:   "Access-Request",
	2:   "Access-Accept",
	3:   "Access-Reject",
	4:   "Accounting-Request",
	5:   "Accounting-Response",
	11:  "Access-Challenge",
	12:  "Status-Server",
	13:  "Status-Client",
	40:  "Disconnect-Request",
	41:  "Disconnect-ACK",
	42:  "Disconnect-NAK",
	43:  "CoA-Request",
	44:  "CoA-ACK",
	45:  "CoA-NAK",
	255: "Reserved",
}

// radiusAttributes are the attributes that tcpdump knows, by type; some it knows only by name.
var radiusAttributes [256]radiusAttribute

type radiusAttribute struct {
	name  string
	print radiusPrinter
}

func init() {
	radiusAttributes = [256]radiusAttribute{
		1:   {"User-Name", (*Line).radiusText},
		2:   {"User-Password", nil},
		3:   {"CHAP-Password", nil},
		4:   {"NAS-IP-Address", (*Line).radiusAddress},
		5:   {"NAS-Port", (*Line).radiusNumber},
		6:   {"Service-Type", (*Line).radiusNumber},
		7:   {"Framed-Protocol", (*Line).radiusNumber},
		8:   {"Framed-IP-Address", (*Line).radiusAddress},
		9:   {"Framed-IP-Netmask", (*Line).radiusAddress},
		10:  {"Framed-Routing", (*Line).radiusNumber},
		11:  {"Filter-Id", (*Line).radiusText},
		12:  {"Framed-MTU", (*Line).radiusNumber},
		13:  {"Framed-Compression", (*Line).radiusNumber},
		14:  {"Login-IP-Host", (*Line).radiusAddress},
		15:  {"Login-Service", (*Line).radiusNumber},
		16:  {"Login-TCP-Port", (*Line).radiusNumber},
		17:  {"Unassigned", nil},
		18:  {"Reply-Message", (*Line).radiusText},
		19:  {"Callback-Number", (*Line).radiusText},
		20:  {"Callback-Id", (*Line).radiusText},
		21:  {"Unassigned", nil},
		22:  {"Framed-Route", (*Line).radiusText},
		23:  {"Framed-IPX-Network", (*Line).radiusNumber},
		24:  {"State", (*Line).radiusText},
		25:  {"Class", (*Line).radiusText},
		26:  {"Vendor-Specific", (*Line).radiusVendor},
		27:  {"Session-Timeout", (*Line).radiusNumber},
		28:  {"Idle-Timeout", (*Line).radiusNumber},
		29:  {"Termination-Action", (*Line).radiusNumber},
		30:  {"Called-Station-Id", (*Line).radiusText},
		31:  {"Calling-Station-Id", (*Line).radiusText},
		32:  {"NAS-Identifier", (*Line).radiusText},
		33:  {"Proxy-State", (*Line).radiusText},
		34:  {"Login-LAT-Service", (*Line).radiusText},
		35:  {"Login-LAT-Node", (*Line).radiusText},
		36:  {"Login-LAT-Group", (*Line).radiusText},
		37:  {"Framed-AppleTalk-Link", (*Line).radiusNumber},
		38:  {"Framed-AppleTalk-Network", (*Line).radiusNumber},
		39:  {"Framed-AppleTalk-Zone", (*Line).radiusText},
		40:  {"Acct-Status-Type", (*Line).radiusNumber},
		41:  {"Acct-Delay-Time", (*Line).radiusNumber},
		42:  {"Acct-Input-Octets", (*Line).radiusNumber},
		43:  {"Acct-Output-Octets", (*Line).radiusNumber},
		44:  {"Acct-Session-Id", (*Line).radiusText},
		45:  {"Acct-Authentic", (*Line).radiusNumber},
		46:  {"Acct-Session-Time", (*Line).radiusNumber},
		47:  {"Acct-Input-Packets", (*Line).radiusNumber},
		48:  {"Acct-Output-Packets", (*Line).radiusNumber},
		49:  {"Acct-Terminate-Cause", (*Line).radiusNumber},
		50:  {"Acct-Multi-Session-Id", (*Line).radiusText},
		51:  {"Acct-Link-Count", (*Line).radiusNumber},
		52:  {"Acct-Input-Gigawords", (*Line).radiusNumber},
		53:  {"Acct-Output-Gigawords", (*Line).radiusNumber},
		54:  {"Unassigned", nil},
		55:  {"Event-Timestamp", (*Line).radiusTime},
		56:  {"Egress-VLANID", (*Line).radiusNumber},
		57:  {"Ingress-Filters", (*Line).radiusNumber},
		58:  {"Egress-VLAN-Name", (*Line).radiusText},
		59:  {"User-Priority-Table", nil},
		60:  {"CHAP-Challenge", (*Line).radiusText},
		61:  {"NAS-Port-Type", (*Line).radiusNumber},
		62:  {"Port-Limit", (*Line).radiusNumber},
		63:  {"Login-LAT-Port", (*Line).radiusText},
		64:  {"Tunnel-Type", (*Line).radiusNumber},
		65:  {"Tunnel-Medium-Type", (*Line).radiusNumber},
		66:  {"Tunnel-Client-Endpoint", (*Line).radiusText},
		67:  {"Tunnel-Server-Endpoint", (*Line).radiusText},
		68:  {"Acct-Tunnel-Connection", (*Line).radiusText},
		69:  {"Tunnel-Password", (*Line).radiusText},
		70:  {"ARAP-Password", (*Line).radiusStrange},
		71:  {"ARAP-Features", (*Line).radiusStrange},
		72:  {"ARAP-Zone-Access", (*Line).radiusNumber},
		73:  {"ARAP-Security", (*Line).radiusText},
		74:  {"ARAP-Security-Data", (*Line).radiusText},
		75:  {"Password-Retry", (*Line).radiusNumber},
		76:  {"Prompt", (*Line).radiusNumber},
		77:  {"Connect-Info", (*Line).radiusText},
		78:  {"Configuration-Token", (*Line).radiusText},
		79:  {"EAP-Message", (*Line).radiusText},
		80:  {"Message-Authenticator", (*Line).radiusText},
		81:  {"Tunnel-Private-Group-ID", (*Line).radiusText},
		82:  {"Tunnel-Assignment-ID", (*Line).radiusText},
		83:  {"Tunnel-Preference", (*Line).radiusNumber},
		84:  {"ARAP-Challenge-Response", (*Line).radiusStrange},
		85:  {"Acct-Interim-Interval", (*Line).radiusNumber},
		86:  {"Acct-Tunnel-Packets-Lost", (*Line).radiusNumber},
		87:  {"NAS-Port-Id", (*Line).radiusText},
		88:  {"Framed-Pool", (*Line).radiusText},
		89:  {"CUI", (*Line).radiusText},
		90:  {"Tunnel-Client-Auth-ID", (*Line).radiusText},
		91:  {"Tunnel-Server-Auth-ID", (*Line).radiusText},
		92:  {"NAS-Filter-Rule", (*Line).radiusText},
		93:  {"Unassigned", nil},
		94:  {"Originating-Line-Info", nil},
		95:  {"NAS-IPv6-Address", (*Line).radiusIPv6},
		96:  {"Framed-Interface-ID", nil},
		97:  {"Framed-IPv6-Prefix", (*Line).radiusPrefix},
		98:  {"Login-IPv6-Host", (*Line).radiusIPv6},
		99:  {"Framed-IPv6-Route", (*Line).radiusText},
		100: {"Framed-IPv6-Pool", (*Line).radiusText},
		101: {"Error-Cause", (*Line).radiusCause},
		102: {"EAP-Key-Name", nil},
		103: {"Digest-Response", (*Line).radiusText},
		104: {"Digest-Realm", (*Line).radiusText},
		105: {"Digest-Nonce", (*Line).radiusText},
		106: {"Digest-Response-Auth", (*Line).radiusText},
		107: {"Digest-Nextnonce", (*Line).radiusText},
		108: {"Digest-Method", (*Line).radiusText},
		109: {"Digest-URI", (*Line).radiusText},
		110: {"Digest-Qop", (*Line).radiusText},
		111: {"Digest-Algorithm", (*Line).radiusText},
		112: {"Digest-Entity-Body-Hash", (*Line).radiusText},
		113: {"Digest-CNonce", (*Line).radiusText},
		114: {"Digest-Nonce-Count", (*Line).radiusText},
		115: {"Digest-Username", (*Line).radiusText},
		116: {"Digest-Opaque", (*Line).radiusText},
		117: {"Digest-Auth-Param", (*Line).radiusText},
		118: {"Digest-AKA-Auts", (*Line).radiusText},
		119: {"Digest-Domain", (*Line).radiusText},
		120: {"Digest-Stale", (*Line).radiusText},
		121: {"Digest-HA1", (*Line).radiusText},
		122: {"SIP-AOR", (*Line).radiusText},
		123: {"Delegated-IPv6-Prefix", (*Line).radiusPrefix},
		124: {"MIP6-Feature-Vector", (*Line).radiusFeatures},
		125: {"MIP6-Home-Link-Prefix", (*Line).radiusHomePrefix},
		126: {"Operator-Name", (*Line).radiusOperator},
		127: {"Location-Information", (*Line).radiusLocation},
		128: {"Location-Data", (*Line).radiusLocationData},
		129: {"Basic-Location-Policy-Rules", (*Line).radiusPolicy},
	}
}

// radiusValueText are the names of the values of attributes that are numbers.
var radiusValueText = [128][]string{
	6: {1: "Login", "Framed", "Callback Login", "Callback Framed", "Outbound", "Administrative", "NAS Prompt", "Authenticate Only",
		"Callback NAS Prompt", "Call Check", "Callback Administrative", "Voice", "Fax", "Modem Relay", "IAPP-Register", "IAPP-AP-Check",
		"Authorize Only", "Framed-Management", "Additional-Authorization"},
	7:  {1: "PPP", "SLIP", "ARAP", "Gandalf proprietary", "Xylogics IPX/SLIP", "X.75 Synchronous", "GPRS PDP Context"},
	10: {"None", "Send", "Listen", "Send&Listen"},
	13: {"None", "VJ TCP/IP", "IPX", "Stac-LZS"},
	15: {"Telnet", "Rlogin", "TCP Clear", "PortMaster(proprietary)", "LAT", "X.25-PAD", "X.25-T3POS", "Unassigned", "TCP Clear Quiet"},
	29: {"Default", "RADIUS-Request"},
	40: {1: "Start", "Stop", "Interim-Update", "Unassigned", "Unassigned", "Unassigned", "Accounting-On", "Accounting-Off", "Tunnel-Start",
		"Tunnel-Stop", "Tunnel-Reject", "Tunnel-Link-Start", "Tunnel-Link-Stop", "Tunnel-Link-Reject", "Failed"},
	45: {1: "RADIUS", "Local", "Remote", "Diameter"},
	49: {1: "User Request", "Lost Carrier", "Lost Service", "Idle Timeout", "Session Timeout", "Admin Reset", "Admin Reboot", "Port Error",
		"NAS Error", "NAS Request", "NAS Reboot", "Port Unneeded", "Port Preempted", "Port Suspended", "Service Unavailable", "Callback",
		"User Error", "Host Request", "Supplicant Restart", "Reauthentication Failure", "Port Reinitialized", "Port Administratively Disabled",
		"Lost Power"},
	57: {1: "Enabled", "Disabled"},
	61: {"Async", "Sync", "ISDN Sync", "ISDN Async V.120", "ISDN Async V.110", "Virtual", "PIAFS", "HDLC Clear Channel", "X.25", "X.75",
		"G.3 Fax", "SDSL", "ADSL-CAP", "ADSL-DMT", "ISDN-DSL", "Ethernet", "xDSL", "Cable", "Wireless - Other", "Wireless - IEEE 802.11",
		"Token-Ring", "FDDI", "Wireless - CDMA200", "Wireless - UMTS", "Wireless - 1X-EV", "IAPP", "FTTP", "Wireless - IEEE 802.16",
		"Wireless - IEEE 802.20", "Wireless - IEEE 802.22", "PPPoA", "PPPoEoA", "PPPoEoE", "PPPoEoVLAN", "PPPoEoQinQ", "xPON",
		"Wireless - XGP", "WiMAX Pre-Release 8 IWK Function", "WIMAX-WIFI-IWK", "WIMAX-SFF", "WIMAX-HA-LMA", "WIMAX-DHCP", "WIMAX-LBS",
		"WIMAX-WVS"},
	64: {1: "PPTP", "L2F", "L2TP", "ATMP", "VTP", "AH", "IP-IP", "MIN-IP-IP", "ESP", "GRE", "DVS", "IP-in-IP Tunneling", "VLAN"},
	65: {1: "IPv4", "IPv6", "NSAP", "HDLC", "BBN 1822", "802", "E.163", "E.164", "F.69", "X.121", "IPX", "Appletalk", "Decnet IV",
		"Banyan Vines", "E.164 with NSAP subaddress"},
	72: {1: "Only access to dfl zone", "Use zone filter inc.", "Not used", "Use zone filter exc."},
	76: {"No Echo", "Echo"},
}

func radiusCauseName(v uint32) string {
	switch v {
	case 201:
		return "Residual Session Context Removed"
	case 202:
		return "Invalid EAP Packet (Ignored)"
	case 401:
		return "Unsupported Attribute"
	case 402:
		return "Missing Attribute"
	case 403:
		return "NAS Identification Mismatch"
	case 404:
		return "Invalid Request"
	case 405:
		return "Unsupported Service"
	case 406:
		return "Unsupported Extension"
	case 407:
		return "Invalid Attribute Value"
	case 501:
		return "Administratively Prohibited"
	case 502:
		return "Request Not Routable (Proxy)"
	case 503:
		return "Session Context Not Found"
	case 504:
		return "Session Context Not Removable"
	case 505:
		return "Other Proxy Processing Error"
	case 506:
		return "Resources Unavailable"
	case 507:
		return "Request Initiated"
	case 508:
		return "Multiple Session Selection Unsupported"
	case 509:
		return "Location Info Required"
	}
	return ""
}

func radiusVendorName(v uint32) string {
	switch v {
	case 0:
		return "IETF (reserved)"
	case 5:
		return "ACC"
	case 9:
		return "Cisco"
	case 11:
		return "Hewlett Packard"
	case 42:
		return "Sun Microsystems"
	case 61:
		return "Merit"
	case 74:
		return "AT&T"
	case 161:
		return "Motorola"
	case 166:
		return "Shiva"
	case 193:
		return "Ericsson AB"
	case 255:
		return "Cisco VPN 5000"
	case 307:
		return "Livingston"
	case 311:
		return "Microsoft"
	case 429:
		return "3Com"
	case 529:
		return "Ascend"
	case 1584:
		return "Bay Networks"
	case 1991:
		return "Foundry"
	case 2180:
		return "Versanet"
	case 2352:
		return "Redback"
	case 2636:
		return "Juniper Networks"
	case 2637:
		return "Aptis"
	case 2937:
		return "Deutsche Telekom AG"
	case 3054:
		return "Ixia Communications"
	case 3076:
		return "Cisco VPN 3000"
	case 3085:
		return "CoSine Communications"
	case 3199:
		return "Shasta"
	case 3224:
		return "Netscreen"
	case 3309:
		return "Nomadix"
	case 3414:
		return "T-Mobile"
	case 3561:
		return "The Broadband Forum"
	case 3902:
		return "ZTE"
	case 4329:
		return "Siemens"
	case 4491:
		return "CableLabs"
	case 4874:
		return "Unisphere Networks"
	case 5263:
		return "Cisco BBSM"
	case 5535:
		return "3rd Generation Partnership Project 2 (3GPP2)"
	case 5806:
		return "SK Telecom"
	case 5925:
		return "ipUnplugged"
	case 5948:
		return "Issanni Communications"
	case 5951:
		return "Netscaler"
	case 6490:
		return "T-Mobile"
	case 6618:
		return "Quintum"
	case 6728:
		return "Interlink"
	case 7951:
		return "CNCTC"
	case 8164:
		return "Starent Networks"
	case 8744:
		return "Colubris"
	case 10415:
		return "3GPP"
	case 10529:
		return "Gemtek-Systems"
	case 10704:
		return "Barracuda Networks"
	case 10923:
		return "Ericsson AB - Packet Core Networks"
	case 11665:
		return "dacom"
	case 11862:
		return "Columbia University"
	case 12356:
		return "Fortinet"
	case 12951:
		return "Verizon Wireless"
	case 13745:
		return "Plixer"
	case 14122:
		return "Wi-Fi Alliance"
	case 16787:
		return "T-Systems Nova"
	case 20942:
		return "China Telecom - Guangzhou Research Institute"
	case 26866:
		return "Gigamon Systems"
	case 32622:
		return "CACE Technologies"
	case 35632:
		return "ntop"
	}
	return "Unknown"
}
