package dhcp

import (
	"encoding/binary"

	"smoltcp/dissect"
)

// DUIDs and client identifiers begin with a number for what follows.
const (
	duidLinkLayer = 3   // RFC 8415 section 11.4
	clientIDDUID  = 255 // RFC 4361 section 6.1
	minDUID       = 3   // RFC 8415 section 11.1: a type and at least a byte behind it
	maxDUID       = 130
)

// DUID gives the name of a host whose only lasting property is a hardware address (DUID-LL, RFC 8415 section 11.4).
func DUID(mac dissect.MAC) []byte {
	b := binary.BigEndian.AppendUint16(nil, duidLinkLayer)
	b = binary.BigEndian.AppendUint16(b, uint16(dissect.ARPEthernet))
	return append(b, mac[:]...)
}

// ClientID gives the client identifier of an interface, the iaid-th one of the host that is named duid, for Config4.ClientID: the
// host then has the same name in DHCP and in DHCPv6 (RFC 4361 section 6.1).
func ClientID(iaid uint32, duid []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{clientIDDUID}, iaid)
	return append(b, duid...)
}
