package dissect

// A portRow says that payload from or to a well-known port is read as a protocol.
type portRow struct {
	port  uint16
	layer LayerType
}

// udpPortRows and tcpPortRows are the protocols above UDP and TCP, by the ports that they are at home on.
var (
	udpPortRows = []portRow{
		{53, LayerDNS},
		{67, LayerDHCP},
		{68, LayerDHCP},
		{69, LayerTFTP},
		{123, LayerNTP},
		{161, LayerSNMP},
		{162, LayerSNMP},
		{514, LayerSyslog},
		{520, LayerRIP},
		{1645, LayerRADIUS},
		{1646, LayerRADIUS},
		{1812, LayerRADIUS},
		{1813, LayerRADIUS},
		{3799, LayerRADIUS},
		{5353, LayerMDNS},
		{5355, LayerLLMNR},
		{5060, LayerSIP},
		{4789, LayerVXLAN}, {4790, LayerVXLANGPE}, {6081, LayerGeneve}, {6635, LayerMPLS},
		{546, LayerDHCPv6}, {547, LayerDHCPv6}, {646, LayerLDP}, {1701, LayerL2TP}, {319, LayerPTP}, {320, LayerPTP}, {500, LayerISAKMP}, {4500, LayerUDPEncap}, {521, LayerRIPng}, {1985, LayerHSRP},
		{3784, LayerBFD}, {4784, LayerBFD}, {6784, LayerBFD}, {3785, LayerBFDEcho},
	}
	tcpPortRows = []portRow{
		{21, LayerFTP},
		{22, LayerSSH},
		{23, LayerTelnet},
		{25, LayerSMTP}, {587, LayerSMTP},
		{80, LayerHTTP}, {3128, LayerHTTP}, {5985, LayerHTTP}, {8080, LayerHTTP}, {8088, LayerHTTP}, {11371, LayerHTTP},
		{554, LayerRTSP}, {8554, LayerRTSP},
		{5060, LayerSIP},
		{6379, LayerRESP},
		{443, LayerTLS}, {465, LayerTLS}, {563, LayerTLS}, {636, LayerTLS}, {853, LayerTLS}, {989, LayerTLS}, {990, LayerTLS}, {992, LayerTLS},
		{993, LayerTLS}, {994, LayerTLS}, {995, LayerTLS}, {5061, LayerTLS}, {8443, LayerTLS},
		{53, LayerDNSTCP},
		{646, LayerLDP},
		{179, LayerBGP}, {323, LayerRPKIRTR},
	}
)

// portTable is the layer type of each port, LayerNone for those that say nothing.
type portTable [1 << 16]LayerType

var udpPorts, tcpPorts = newPortTable(udpPortRows), newPortTable(tcpPortRows)

func newPortTable(rows []portRow) *portTable {
	t := new(portTable)
	for _, r := range rows {
		t[r.port] = r.layer
	}
	return t
}

// layer is what reads payload that goes from src to dst. The lower port is asked first, as Wireshark does: of two
// ports, the one that a service listens on is usually the lower.
func (t *portTable) layer(src, dst uint16) LayerType {
	if l := t[min(src, dst)]; l != LayerNone {
		return l
	}
	if l := t[max(src, dst)]; l != LayerNone {
		return l
	}
	return LayerData
}
