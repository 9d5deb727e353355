package filter

// keyword is a reserved word. Those of protocols come first, with the number of the protocol.
type keyword uint8

const (
	kAnd keyword = keyword(protoCount) + iota
	kOr
	kNot
	kSrc
	kDst
	kAddr1
	kAddr2
	kAddr3
	kAddr4
	kRA
	kTA
	kHost
	kNet
	kMask
	kPort
	kPortRange
	kGateway
	kProto
	kProtoChain
	kBroadcast
	kMulticast
	kType
	kSubtype
	kDir
	kLLC
	kLess
	kGreater
	kByte
	kLen
	kInbound
	kOutbound
	kIfIndex
	kVLAN
	kMPLS
	kPPPoED
	kPPPoES
	kGeneve
	kRNR

	// The rest are reserved for links that are not captured here.
	kATM
	kMTP2
	kMTP2Field
	kPF
)

func (w keyword) isProto() bool { return w > 0 && w < keyword(protoCount) }

func (w keyword) proto() proto { return proto(w) }

// takesProto reports whether a protocol may stand before the word of a special primitive.
func (w keyword) takesProto() bool { return w >= kBroadcast && w < kLLC }

// unsupported says which captures the reserved words are for.
var unsupported = map[keyword]string{
	kATM: "SunATM", kMTP2: "SS7 MTP2", kMTP2Field: "SS7 MTP3", kPF: "OpenBSD's packet filter log",
}

// keywords maps every spelling.
var keywords = map[string]keyword{
	"link": keyword(protoLink), "ether": keyword(protoLink), "ppp": keyword(protoLink), "slip": keyword(protoLink),
	"fddi": keyword(protoLink), "tr": keyword(protoLink), "wlan": keyword(protoLink),
	"ip": keyword(protoIP), "arp": keyword(protoARP), "rarp": keyword(protoRARP), "sctp": keyword(protoSCTP),
	"tcp": keyword(protoTCP), "udp": keyword(protoUDP), "icmp": keyword(protoICMP), "igmp": keyword(protoIGMP),
	"igrp": keyword(protoIGRP), "pim": keyword(protoPIM), "vrrp": keyword(protoVRRP), "carp": keyword(protoCARP),
	"radio": keyword(protoRadio), "ip6": keyword(protoIPv6), "icmp6": keyword(protoICMPv6), "ah": keyword(protoAH),
	"esp": keyword(protoESP), "atalk": keyword(protoATalk), "aarp": keyword(protoAARP), "decnet": keyword(protoDECnet),
	"lat": keyword(protoLAT), "sca": keyword(protoSCA), "moprc": keyword(protoMOPRC), "mopdl": keyword(protoMOPDL),
	"iso": keyword(protoISO), "esis": keyword(protoESIS), "es-is": keyword(protoESIS), "isis": keyword(protoISIS),
	"is-is": keyword(protoISIS), "l1": keyword(protoL1), "l2": keyword(protoL2), "iih": keyword(protoIIH),
	"lsp": keyword(protoLSP), "snp": keyword(protoSNP), "csnp": keyword(protoCSNP), "psnp": keyword(protoPSNP),
	"clnp": keyword(protoCLNP), "stp": keyword(protoSTP), "ipx": keyword(protoIPX), "netbeui": keyword(protoNetBEUI),

	"and": kAnd, "or": kOr, "not": kNot,
	"src": kSrc, "dst": kDst,
	"addr1": kAddr1, "address1": kAddr1, "addr2": kAddr2, "address2": kAddr2,
	"addr3": kAddr3, "address3": kAddr3, "addr4": kAddr4, "address4": kAddr4, "ra": kRA, "ta": kTA,
	"host": kHost, "net": kNet, "mask": kMask, "port": kPort, "portrange": kPortRange,
	"gateway": kGateway, "proto": kProto, "protochain": kProtoChain,
	"broadcast": kBroadcast, "multicast": kMulticast,
	"type": kType, "subtype": kSubtype, "dir": kDir, "direction": kDir, "llc": kLLC,
	"less": kLess, "greater": kGreater, "byte": kByte, "len": kLen, "length": kLen,
	"inbound": kInbound, "outbound": kOutbound, "ifindex": kIfIndex,
	"vlan": kVLAN, "mpls": kMPLS, "pppoed": kPPPoED, "pppoes": kPPPoES, "geneve": kGeneve,

	"lane": kATM, "metac": kATM, "bcc": kATM, "oam": kATM, "oamf4": kATM, "oamf4ec": kATM, "oamf4sc": kATM, "sc": kATM,
	"ilmic": kATM, "vpi": kATM, "vci": kATM, "connectmsg": kATM, "metaconnect": kATM,
	"fisu": kMTP2, "lssu": kMTP2, "lsu": kMTP2, "msu": kMTP2, "hfisu": kMTP2, "hlssu": kMTP2, "hmsu": kMTP2,
	"sio": kMTP2Field, "opc": kMTP2Field, "dpc": kMTP2Field, "sls": kMTP2Field,
	"hsio": kMTP2Field, "hopc": kMTP2Field, "hdpc": kMTP2Field, "hsls": kMTP2Field,
	"on": kPF, "ifname": kPF, "rset": kPF, "ruleset": kPF, "rnr": kRNR, "rulenum": kRNR, "srnr": kPF,
	"subrulenum": kPF, "reason": kPF, "action": kPF,
}

// constants are the named offsets, types and flags.
var constants = map[string]uint32{
	"icmptype": 0, "icmpcode": 1,
	"icmp-echoreply": 0, "icmp-unreach": 3, "icmp-sourcequench": 4, "icmp-redirect": 5, "icmp-echo": 8,
	"icmp-routeradvert": 9, "icmp-routersolicit": 10, "icmp-timxceed": 11, "icmp-paramprob": 12, "icmp-tstamp": 13,
	"icmp-tstampreply": 14, "icmp-ireq": 15, "icmp-ireqreply": 16, "icmp-maskreq": 17, "icmp-maskreply": 18,

	"icmp6type": 0, "icmp6code": 1,
	"icmp6-destinationunreach": 1, "icmp6-packettoobig": 2, "icmp6-timeexceeded": 3, "icmp6-parameterproblem": 4,
	"icmp6-echo": 128, "icmp6-echoreply": 129,
	"icmp6-multicastlistenerquery": 130, "icmp6-multicastlistenerreportv1": 131, "icmp6-multicastlistenerdone": 132,
	"icmp6-routersolicit": 133, "icmp6-routeradvert": 134, "icmp6-neighborsolicit": 135, "icmp6-neighboradvert": 136,
	"icmp6-redirect": 137, "icmp6-routerrenum": 138,
	"icmp6-nodeinformationquery": 139, "icmp6-nodeinformationresponse": 140,
	"icmp6-ineighbordiscoverysolicit": 141, "icmp6-ineighbordiscoveryadvert": 142, "icmp6-multicastlistenerreportv2": 143,
	"icmp6-homeagentdiscoveryrequest": 144, "icmp6-homeagentdiscoveryreply": 145,
	"icmp6-mobileprefixsolicit": 146, "icmp6-mobileprefixadvert": 147,
	"icmp6-certpathsolicit": 148, "icmp6-certpathadvert": 149,
	"icmp6-multicastrouteradvert": 151, "icmp6-multicastroutersolicit": 152, "icmp6-multicastrouterterm": 153,

	"tcpflags": 13,
	"tcp-fin":  1, "tcp-syn": 2, "tcp-rst": 4, "tcp-push": 8, "tcp-ack": 16, "tcp-urg": 32, "tcp-ece": 64, "tcp-cwr": 128,
}
