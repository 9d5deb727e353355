package dissect

import "strconv"

// LinkType says what a frame starts with: the LINKTYPE_ number of pcap and pcapng files.
type LinkType uint16

const (
	LinkNull        LinkType = 0   // BSD loopback: address family in the sender's byte order
	LinkEthernet    LinkType = 1   // Ethernet, from the destination address on, without FCS
	LinkARCNET      LinkType = 7   // ARCNET, as the BSDs have it
	LinkSLIP        LinkType = 8   // SLIP behind a header of 16 bytes
	LinkPPP         LinkType = 9   // PPP, with the framing of HDLC or without
	LinkPPPSerial   LinkType = 50  // PPP in HDLC-like framing, or Cisco's HDLC
	LinkPPPEther    LinkType = 51  // PPPoE without the Ethernet header
	LinkATM         LinkType = 100 // ATM with LLC (RFC 2684)
	LinkRaw         LinkType = 101 // IPv4 or IPv6, told apart by the version nibble
	LinkCHDLC       LinkType = 104 // Cisco's HDLC
	LinkWLAN        LinkType = 105 // IEEE 802.11
	LinkCLIP        LinkType = 106 // Linux's classical IP over ATM
	LinkFrameRelay  LinkType = 107 // frame relay
	LinkLoop        LinkType = 108 // OpenBSD loopback: address family in network byte order
	LinkSLL         LinkType = 113 // Linux cooked capture, version 1
	LinkWLANPrism   LinkType = 119 // IEEE 802.11 behind a header of Prism drivers, in either of its forms
	LinkSunATM      LinkType = 123 // ATM behind a header of SunATM
	LinkWLANRadio   LinkType = 127 // IEEE 802.11 behind a radiotap header
	LinkARCNETLinux LinkType = 129 // ARCNET, as Linux has it
	LinkUser2       LinkType = 149 // for private use; macOS has put LinkPKTAP's frames under it
	LinkWLANAVS     LinkType = 163 // IEEE 802.11 behind a header of AbsoluteValue Systems
	LinkPPPPPPD     LinkType = 166 // PPP with a direction in its first byte
	LinkMFR         LinkType = 182 // multilink frame relay (FRF.16)
	LinkIPNET       LinkType = 226 // Solaris's ipnet
	LinkIPv4        LinkType = 228 // IPv4 only
	LinkIPv6        LinkType = 229 // IPv6 only
	LinkNFLOG       LinkType = 239 // Linux's netfilter log
	LinkIPoIB       LinkType = 242 // IP over InfiniBand (RFC 4391)
	LinkPKTAP       LinkType = 258 // Apple's tap, around a frame of another link type
	LinkVSOCK       LinkType = 271 // Linux's sockets between virtual machines
	LinkSLL2        LinkType = 276 // Linux cooked capture, version 2
	LinkBRCM        LinkType = 281 // Ethernet with a switch tag of Broadcom's behind the addresses
	LinkBRCMPrepend LinkType = 282 // Ethernet behind a switch tag of Broadcom's
	LinkDSA         LinkType = 284 // Ethernet with a switch tag of Marvell's behind the addresses
	LinkEDSA        LinkType = 285 // the same with an EtherType before the tag
)

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
	case LinkPPP, LinkPPPPPPD:
		return LayerPPP
	case LinkCHDLC:
		return LayerCHDLC
	case LinkFrameRelay:
		return LayerFrameRelay
	case LinkNFLOG:
		return LayerNFLOG
	case LinkPPPEther:
		return LayerPPPoES
	case LinkWLAN:
		return LayerWLAN
	case LinkWLANRadio:
		return LayerRadiotap
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
