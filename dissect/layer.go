package dissect

// LayerType names a protocol that this package can read.
type LayerType uint8

const (
	LayerNone     LayerType = iota // nothing follows
	LayerData                      // bytes that no protocol here claims
	LayerEthernet                  // Ethernet II
	Layer8023                      // Ethernet with a length in the place of the type; the view is Ethernet
	LayerLLC
	LayerSNAP
	LayerVLAN // an 802.1Q tag
	LayerQinQ // an 802.1ad tag; the view is VLAN
	LayerSLL
	LayerSLL2
	LayerNull
	LayerRaw
	LayerARP
	LayerIPv4
	LayerIPv6
	LayerHopByHop
	LayerRouting
	LayerFragment
	LayerDestOpts
	LayerAH
	LayerICMPv4
	LayerICMPv6
	LayerUDP
	LayerTCP
	LayerTCPExcerpt // the beginning of a TCP header that an ICMP error quotes; the view is TCPExcerpt
	LayerIGMP
	LayerVRRP
	LayerOSPF
	LayerPIM
	LayerDNS
	LayerDNSTCP // a DNS message behind its length; more may follow
	LayerMDNS   // multicast DNS; the view is DNS
	LayerLLMNR  // link-local multicast name resolution; the view is DNS
	LayerDHCP
	LayerNTP
	LayerTFTP
	LayerSyslog
	LayerRIP
	LayerSNMP
	LayerRADIUS
	LayerSegment // a piece of a message that TCP carries in several segments
	LayerHTTP
	LayerRTSP
	LayerSIP
	LayerSMTP
	LayerFTP
	LayerSSH
	LayerTelnet
	LayerRESP
	LayerTLS
	LayerGRE
	LayerVXLAN
	LayerVXLANGPE // VXLAN's Generic Protocol Extension; the view is VXLAN
	LayerGeneve
	LayerMPLS
	LayerPPPoED // PPPoE's discovery stage; the view is PPPoE
	LayerPPPoES // PPPoE's session stage; the view is PPPoE
	LayerPPP
	LayerLCP // the view is PPPControl, as for the five that follow
	LayerIPCP
	LayerIPv6CP
	LayerCCP
	LayerPAP
	LayerCHAP
	LayerSTP
	LayerLLDP
	LayerCDP
	LayerESP
	LayerSCTP
	LayerEAPOL
	LayerEAP
	LayerDHCPv6
	LayerRIPng
	LayerHSRP
	LayerBFD
	LayerBFDEcho
	LayerMobility
	LayerUDPEncap // ESP or ISAKMP in UDP
	LayerISAKMP
	LayerPTP
	LayerL2TP
	LayerLDP
	LayerCHDLC
	LayerSLARP
	LayerFrameRelay
	LayerNFLOG
	LayerRadiotap
	LayerWLAN
	LayerWLANMgt // the body of an 802.11 management frame
	LayerMACsec
	LayerSlow
	LayerLACP
	LayerMarker // the view is LACP
	LayerLoopback
	LayerERSPAN
	LayerEIGRP
	LayerISIS
	LayerISISHello
	LayerISISP2P // the view is ISISP2PHello
	LayerISISLSP
	LayerISISCSNP
	LayerISISPSNP
	LayerBGP
	LayerRPKIRTR
	numLayerTypes
)

// MaxLayers bounds how deep one frame is followed: tunnels in tunnels and quotes in quotes
// end there, with ErrTooDeep.
const MaxLayers = 24

// Layer is one protocol header found in a packet: what it is and where. Offsets are into Packet.Data.
type Layer struct {
	Type  LayerType
	Flags LayerFlags

	// Net is the index, in the packet's layers, of the IP header whose addresses the layer's
	// checksum covers, or -1.
	Net int8

	Start   int // first byte of the header
	Payload int // first byte after the header; End if nothing follows
	End     int // end of the layer's captured bytes, its payload included; padding of outer layers excluded

	// Wire is how many bytes from Start on belong to the layer on the wire; more than End-Start when the
	// capture cut it short.
	Wire int

	// Err is why the layer could not be read: nothing but Type, Start and End means anything then.
	Err error
}

// LayerFlags says under what circumstances a layer was found.
type LayerFlags uint8

const (
	// Quoted marks a header inside an ICMP error: an excerpt, so that missing bytes and a checksum
	// that cannot be verified are as it should be.
	Quoted LayerFlags = 1 << iota
	// Fragmented marks what follows an IP header of a first fragment: the rest is in other packets.
	Fragmented
)

// Truncated reports whether the capture, or the quote, cut the layer short.
func (l *Layer) Truncated() bool { return l.Wire > l.End-l.Start }

// String is the name in the tree: "IPv4".
func (t LayerType) String() string { return protocols[t].title }

// Name is Wireshark's name of the protocol: "ip".
func (t LayerType) Name() string { return protocols[t].name }

// protocol is what Decode and Fields know of a layer type.
type protocol struct {
	title string // in the tree
	name  string // Wireshark's, in "layers" of JSON and before the dot of field names

	// decode reads the header at l.Start; b is p.Bytes(l). It finds l.End and l.Wire as the outer layers
	// bound them, sets Payload, narrows End and Wire by its own length fields with Packet.limit, and
	// returns what follows. On an error it returns l.fail(err).
	decode func(p *Packet, l *Layer, b []byte) LayerType

	// fields describes a layer that decode accepted.
	fields func(p *Packet, l *Layer, s Sink)
}

// protocols holds one row for each layer type. It is filled in init, not in its declaration, because
// the functions in it reach String and so refer back to the table.
var protocols [numLayerTypes]protocol

func init() {
	protocols = [numLayerTypes]protocol{
		LayerNone:       {"None", "none", nil, nil},
		LayerData:       {"Data", "data", decodeData, dataFields},
		LayerEthernet:   {"EthernetII", "eth", decodeEthernet, ethernetFields},
		Layer8023:       {"802.3", "eth", decodeEthernet, ethernetFields},
		LayerLLC:        {"LLC", "llc", decodeLLC, llcFields},
		LayerSNAP:       {"SNAP", "snap", decodeSNAP, snapFields},
		LayerVLAN:       {"VLAN", "vlan", decodeVLAN, vlanFields},
		LayerQinQ:       {"QinQ", "ieee8021ad", decodeVLAN, qinqFields},
		LayerSLL:        {"SLL", "sll", decodeSLL, sllFields},
		LayerSLL2:       {"SLL2", "sll", decodeSLL2, sll2Fields},
		LayerNull:       {"Null", "null", decodeNull, nullFields},
		LayerRaw:        {"Raw", "raw", decodeRaw, rawFields},
		LayerARP:        {"ARP", "arp", decodeARP, arpFields},
		LayerIPv4:       {"IPv4", "ip", decodeIPv4, ipv4Fields},
		LayerIPv6:       {"IPv6", "ipv6", decodeIPv6, ipv6Fields},
		LayerHopByHop:   {"IPv6 Hop-by-Hop", "ipv6.hopopts", decodeHopByHop, hopByHopFields},
		LayerRouting:    {"IPv6 Routing", "ipv6.routing", decodeRouting, routingFields},
		LayerFragment:   {"IPv6 Fragment", "ipv6.fraghdr", decodeFragment, fragmentFields},
		LayerDestOpts:   {"IPv6 Destination", "ipv6.dstopts", decodeDestOpts, destOptsFields},
		LayerAH:         {"AH", "ah", decodeAH, ahFields},
		LayerICMPv4:     {"ICMPv4", "icmp", decodeICMPv4, icmpv4Fields},
		LayerICMPv6:     {"ICMPv6", "icmpv6", decodeICMPv6, icmpv6Fields},
		LayerUDP:        {"UDP", "udp", decodeUDP, udpFields},
		LayerTCP:        {"TCP", "tcp", decodeTCP, tcpFields},
		LayerTCPExcerpt: {"TCP", "tcp", decodeTCPExcerpt, tcpExcerptFields},
		LayerIGMP:       {"IGMP", "igmp", decodeIGMP, igmpFields},
		LayerVRRP:       {"VRRP", "vrrp", decodeVRRP, vrrpFields},
		LayerOSPF:       {"OSPF", "ospf", decodeOSPF, ospfFields},
		LayerPIM:        {"PIM", "pim", decodePIM, pimFields},
		LayerDNS:        {"DNS", "dns", decodeDNS, dnsFields},
		LayerDNSTCP:     {"DNS", "dns", decodeDNSTCP, dnsFields},
		LayerMDNS:       {"MDNS", "mdns", decodeDNS, dnsFields},
		LayerLLMNR:      {"LLMNR", "llmnr", decodeDNS, dnsFields},
		LayerDHCP:       {"DHCP", "dhcp", decodeDHCP, dhcpLayerFields},
		LayerNTP:        {"NTP", "ntp", decodeNTP, ntpFields},
		LayerTFTP:       {"TFTP", "tftp", decodeTFTP, tftpFields},
		LayerSyslog:     {"Syslog", "syslog", decodeSyslog, syslogFields},
		LayerSNMP:       {"SNMP", "snmp", decodeSNMP, snmpFields},
		LayerRADIUS:     {"RADIUS", "radius", decodeRADIUS, radiusFields},
		LayerRIP:        {"RIP", "rip", decodeRIP, ripFields},
		LayerSegment:    {"Segment", "tcp.segment", decodeSegment, segmentFields},
		LayerHTTP:       {"HTTP", "http", decodeHTTP, httpFields},
		LayerRTSP:       {"RTSP", "rtsp", decodeRTSP, rtspFields},
		LayerSIP:        {"SIP", "sip", decodeSIP, sipFields},
		LayerSMTP:       {"SMTP", "smtp", decodeSMTP, smtpFields},
		LayerFTP:        {"FTP", "ftp", decodeFTP, ftpFields},
		LayerSSH:        {"SSH", "ssh", decodeSSH, sshFields},
		LayerTelnet:     {"Telnet", "telnet", decodeTelnet, telnetFields},
		LayerRESP:       {"RESP", "resp", decodeRESP, respFields},
		LayerTLS:        {"TLS", "tls", decodeTLS, tlsFields},
		LayerGRE:        {"GRE", "gre", decodeGRE, greFields},
		LayerVXLAN:      {"VXLAN", "vxlan", decodeVXLAN, vxlanFields},
		LayerVXLANGPE:   {"VXLAN-GPE", "vxlan", decodeVXLANGPE, vxlanGPEFields},
		LayerGeneve:     {"Geneve", "geneve", decodeGeneve, geneveFields},
		LayerMPLS:       {"MPLS", "mpls", decodeMPLS, mplsEntryFields},
		LayerPPPoED:     {"PPPoE", "pppoed", decodePPPoE, pppoeFields},
		LayerPPPoES:     {"PPPoE", "pppoes", decodePPPoE, pppoeFields},
		LayerPPP:        {"PPP", "ppp", decodePPP, pppFields},
		LayerLCP:        {"LCP", "lcp", decodePPPControl, lcpFields},
		LayerIPCP:       {"IPCP", "ipcp", decodePPPControl, ipcpFields},
		LayerIPv6CP:     {"IPv6CP", "ipv6cp", decodePPPControl, ipv6cpFields},
		LayerCCP:        {"CCP", "ccp", decodePPPControl, ccpFields},
		LayerPAP:        {"PAP", "pap", decodePPPControl, papFields},
		LayerCHAP:       {"CHAP", "chap", decodePPPControl, chapFields},
		LayerSTP:        {"STP", "stp", decodeSTP, stpFields},
		LayerLLDP:       {"LLDP", "lldp", decodeLLDP, lldpFields},
		LayerCDP:        {"CDP", "cdp", decodeCDP, cdpFields},
		LayerESP:        {"ESP", "esp", decodeESP, espFields},
		LayerSCTP:       {"SCTP", "sctp", decodeSCTP, sctpFields},
		LayerEAPOL:      {"EAPOL", "eapol", decodeEAPOL, eapolFields},
		LayerEAP:        {"EAP", "eap", decodeEAP, eapFields},
		LayerDHCPv6:     {"DHCPv6", "dhcpv6", decodeDHCPv6, dhcpv6Fields},
		LayerRIPng:      {"RIPng", "ripng", decodeRIPng, ripngFields},
		LayerHSRP:       {"HSRP", "hsrp", decodeHSRP, hsrpFields},
		LayerBFD:        {"BFD", "bfd", decodeBFD, bfdFields},
		LayerBFDEcho:    {"BFD Echo", "bfd_echo", decodeBFDEcho, bfdEchoFields},
		LayerMobility:   {"IPv6 Mobility", "mipv6", decodeMobility, mobilityFields},
		LayerUDPEncap:   {"UDP-Encap", "udpencap", decodeUDPEncap, udpEncapFields},
		LayerISAKMP:     {"ISAKMP", "isakmp", decodeISAKMP, isakmpFields},
		LayerPTP:        {"PTP", "ptp", decodePTP, ptpFields},
		LayerL2TP:       {"L2TP", "l2tp", decodeL2TP, l2tpFields},
		LayerLDP:        {"LDP", "ldp", decodeLDP, ldpFields},
		LayerCHDLC:      {"CHDLC", "chdlc", decodeCHDLC, chdlcFields},
		LayerSLARP:      {"SLARP", "slarp", decodeSLARP, slarpFields},
		LayerFrameRelay: {"Frame Relay", "fr", decodeFrameRelay, frameRelayFields},
		LayerNFLOG:      {"NFLOG", "nflog", decodeNFLOG, nflogFields},
		LayerRadiotap:   {"Radiotap", "radiotap", decodeRadiotap, radiotapFields},
		LayerWLAN:       {"802.11", "wlan", decodeWLAN, wlanFields},
		LayerWLANMgt:    {"802.11 Management", "wlan.mgt", decodeWLANMgt, wlanMgtFields},
		LayerMACsec:     {"MACsec", "macsec", decodeMACsec, macsecFields},
		LayerSlow:       {"Slow", "slow", decodeSlow, slowFields},
		LayerLACP:       {"LACP", "lacp", decodeLACP, lacpFields},
		LayerMarker:     {"Marker", "marker", decodeLACP, markerFields},
		LayerLoopback:   {"Loopback", "loop", decodeLoopback, loopbackFields},
		LayerERSPAN:     {"ERSPAN", "erspan", decodeERSPAN, erspanFields},
		LayerEIGRP:      {"EIGRP", "eigrp", decodeEIGRP, eigrpFields},
		LayerISIS:       {"IS-IS", "isis", decodeISIS, isisFields},
		LayerISISHello:  {"IS-IS hello", "isis.hello", decodeISISBody(isisHelloFixed, isisHelloSize), isisHelloFields},
		LayerISISP2P:    {"IS-IS hello", "isis.hello", decodeISISBody(isisP2PHelloFixed, isisHelloSize), isisP2PFields},
		LayerISISLSP:    {"IS-IS LSP", "isis.lsp", decodeISISBody(isisLSPFixed, isisOtherSize), isisLSPFields},
		LayerISISCSNP:   {"IS-IS CSNP", "isis.csnp", decodeISISBody(isisCSNPFixed, isisOtherSize), isisCSNPFields},
		LayerISISPSNP:   {"IS-IS PSNP", "isis.psnp", decodeISISBody(isisPSNPFixed, isisOtherSize), isisPSNPFields},
		LayerBGP:        {"BGP", "bgp", decodeBGP, bgpFields},
		LayerRPKIRTR:    {"RPKI-RTR", "rpkirtr", decodeRPKIRTR, rpkirtrFields},
	}
	for t := range protocols {
		decoders[t] = protocols[t].decode
	}
}

// decoders is the decode column of protocols, of a size that every LayerType is within.
var decoders [256]func(p *Packet, l *Layer, b []byte) LayerType
