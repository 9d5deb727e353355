package dissect

import "strconv"

// IPProto is the number of what an IP header is followed by: IPv4's Protocol, IPv6's Next Header (IANA
// "Assigned Internet Protocol Numbers").
type IPProto uint8

const (
	ProtoHopByHop IPProto = 0
	ProtoICMP     IPProto = 1
	ProtoIGMP     IPProto = 2
	ProtoIPv4     IPProto = 4
	ProtoTCP      IPProto = 6
	ProtoUDP      IPProto = 17
	ProtoIPv6     IPProto = 41
	ProtoRouting  IPProto = 43
	ProtoFragment IPProto = 44
	ProtoGRE      IPProto = 47
	ProtoESP      IPProto = 50
	ProtoAH       IPProto = 51
	ProtoICMPv6   IPProto = 58
	ProtoNoNext   IPProto = 59
	ProtoDestOpts IPProto = 60
	ProtoEIGRP    IPProto = 88
	ProtoOSPF     IPProto = 89
	ProtoPIM      IPProto = 103
	ProtoVRRP     IPProto = 112
	ProtoMobility IPProto = 135
	ProtoSCTP     IPProto = 132
)

// ipProtos gives each number its name and the layer that reads it; LayerNone stands for bytes that
// nothing here reads.
var ipProtos = [256]struct {
	name  string
	layer LayerType
}{
	ProtoHopByHop: {"Hop-by-Hop", LayerHopByHop},
	ProtoICMP:     {"ICMP", LayerICMPv4},
	ProtoIGMP:     {"IGMP", LayerIGMP},
	ProtoIPv4:     {"IPv4", LayerIPv4},
	ProtoTCP:      {"TCP", LayerTCP},
	ProtoUDP:      {"UDP", LayerUDP},
	ProtoIPv6:     {"IPv6", LayerIPv6},
	ProtoRouting:  {"IPv6-Route", LayerRouting},
	ProtoFragment: {"IPv6-Frag", LayerFragment},
	ProtoGRE:      {"GRE", LayerGRE},
	ProtoESP:      {"IPsec-ESP", LayerESP},
	ProtoAH:       {"IPsec-AH", LayerAH},
	ProtoICMPv6:   {"ICMPv6", LayerICMPv6},
	ProtoNoNext:   {"IPv6-NoNxt", LayerNone},
	ProtoDestOpts: {"IPv6-Opts", LayerDestOpts},
	ProtoEIGRP:    {"EIGRP", LayerEIGRP},
	ProtoOSPF:     {"OSPF", LayerOSPF},
	ProtoPIM:      {"PIM", LayerPIM},
	ProtoVRRP:     {"VRRP", LayerVRRP},
	ProtoSCTP:     {"SCTP", LayerSCTP},
	ProtoMobility: {"Mobility", LayerMobility},
}

// Name is the protocol's name, or "" for one that has none here.
func (p IPProto) Name() string { return ipProtos[p].name }

// String is the name, or the number in hexadecimal.
func (p IPProto) String() string {
	if n := ipProtos[p].name; n != "" {
		return n
	}
	return "0x" + strconv.FormatUint(uint64(p), 16)
}

// layer is what reads the bytes behind an IP header that names p.
func (p IPProto) layer() LayerType {
	if l := ipProtos[p].layer; l != LayerNone {
		return l
	}
	return LayerData
}
