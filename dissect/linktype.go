package dissect

import "strconv"

// LinkType says what a frame starts with: the LINKTYPE_ number of pcap and pcapng files.
type LinkType uint16

const (
	LinkNull     LinkType = 0   // BSD loopback: address family in the sender's byte order
	LinkEthernet LinkType = 1   // Ethernet, from the destination address on, without FCS
	LinkPPP      LinkType = 9   // PPP, with the framing of HDLC or without
	LinkRaw      LinkType = 101 // IPv4 or IPv6, told apart by the version nibble
	LinkLoop     LinkType = 108 // OpenBSD loopback: address family in network byte order
	LinkSLL      LinkType = 113 // Linux cooked capture, version 1
	LinkIPv4     LinkType = 228 // IPv4 only
	LinkIPv6     LinkType = 229 // IPv6 only
	LinkSLL2     LinkType = 276 // Linux cooked capture, version 2
)

var linkNames = map[LinkType][2]string{
	LinkNull:     {"NULL", "BSD loopback"},
	LinkEthernet: {"EN10MB", "Ethernet"},
	LinkPPP:      {"PPP", "PPP"},
	LinkRaw:      {"RAW", "Raw IP"},
	LinkLoop:     {"LOOP", "OpenBSD loopback"},
	LinkSLL:      {"LINUX_SLL", "Linux cooked v1"},
	LinkIPv4:     {"IPV4", "Raw IPv4"},
	LinkIPv6:     {"IPV6", "Raw IPv6"},
	LinkSLL2:     {"LINUX_SLL2", "Linux cooked v2"},
}

// String gives the name that libpcap uses ("EN10MB"), or the number.
func (t LinkType) String() string {
	if n, ok := linkNames[t]; ok {
		return n[0]
	}
	return strconv.Itoa(int(t))
}

// Description says in words what the link type is ("Ethernet"), or "" for one that is not known.
func (t LinkType) Description() string { return linkNames[t][1] }

// layer is the layer that a frame of this link type starts with.
func (t LinkType) layer() LayerType {
	switch t {
	case LinkEthernet:
		return LayerEthernet
	case LinkNull, LinkLoop:
		return LayerNull
	case LinkPPP:
		return LayerPPP
	case LinkRaw:
		return LayerRaw
	case LinkIPv4:
		return LayerIPv4
	case LinkIPv6:
		return LayerIPv6
	case LinkSLL:
		return LayerSLL
	case LinkSLL2:
		return LayerSLL2
	}
	return LayerData
}
