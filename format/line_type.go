package format

import "smoltcp/dissect"

// A packetType is what -T can make of the packets that are shown, whatever their ports: every datagram, every segment, or every
// packet of VRRP. A type without any of the three is one of tcpdump's that is not supported.
type packetType struct {
	name     string
	udp, tcp payloadPrinter
	vrrp     payloadPrinter

	// What package dissect reads datagrams and segments as, LayerNone where that is not one thing that it knows.
	udpLayer, tcpLayer dissect.LayerType
}

func (t *packetType) supported() bool { return t.udp != nil || t.tcp != nil || t.vrrp != nil }

// packetTypes are the types that tcpdump knows, in the order of the alphabet. They are filled in init, as the port tables are.
var packetTypes []packetType

func init() {
	packetTypes = []packetType{
		{name: "aodv"},
		{name: "carp", vrrp: (*Line).carp},
		{name: "cnfp"},
		{name: "domain", udp: (*Line).dns, tcp: (*Line).dnsTCP, udpLayer: dissect.LayerDNS, tcpLayer: dissect.LayerDNSTCP},
		{name: "hncp"},
		{name: "lmp"},
		{name: "pgm"},
		{name: "pgm_zmtp1"},
		{name: "ptp", udp: (*Line).ptpUDP},
		{name: "quic"},
		{name: "radius", udp: (*Line).radius, udpLayer: dissect.LayerRADIUS},
		{name: "resp", tcp: (*Line).resp, tcpLayer: dissect.LayerRESP},
		{name: "rpc"},
		{name: "rtcp", udp: (*Line).rtcp},
		{name: "rtp", udp: (*Line).rtp},
		{name: "snmp", udp: (*Line).snmp, udpLayer: dissect.LayerSNMP},
		{name: "someip"},
		{name: "tftp", udp: (*Line).tftp, udpLayer: dissect.LayerTFTP},
		{name: "vat", udp: (*Line).vat},
		{name: "vxlan", udp: (*Line).vxlan, udpLayer: dissect.LayerVXLAN},
		{name: "wb"},
		{name: "zmtp1"},
	}
}

func findPacketType(name string) *packetType {
	for i := range packetTypes {
		if packetTypes[i].name == name {
			return &packetTypes[i]
		}
	}
	return nil
}

// PacketTypes gives the names that Options.PacketType may have.
func PacketTypes() []string {
	var names []string
	for i := range packetTypes {
		if packetTypes[i].supported() {
			names = append(names, packetTypes[i].name)
		}
	}
	return names
}

// KnownPacketType reports whether tcpdump has a type of that name.
func KnownPacketType(name string) bool { return findPacketType(name) != nil }

// ForcePacketType makes p read what datagrams and segments hold as the type of that name; "" goes by the ports. What the type
// does not say is data.
func ForcePacketType(p *dissect.Packet, name string) {
	p.UDPAs, p.TCPAs = dissect.LayerNone, dissect.LayerNone
	if t := findPacketType(name); t != nil {
		p.UDPAs, p.TCPAs = orData(t.udpLayer), orData(t.tcpLayer)
	}
}

func orData(t dissect.LayerType) dissect.LayerType {
	if t == dissect.LayerNone {
		return dissect.LayerData
	}
	return t
}

// forcedUDP prints a datagram's payload as the type that was asked for. addrs is where the addresses of the datagram start in b:
// a type that datagrams do not have leaves them out too, as tcpdump does.
func (p *Line) forcedUDP(b []byte, addrs int, d []byte, length int, c *ipContext) []byte {
	if p.force.udp == nil {
		return b[:addrs]
	}
	return p.force.udp(p, b, d, length, *c)
}
