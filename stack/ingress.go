package stack

import (
	"net/netip"

	"smoltcp/dissect"
)

// inbound is a received IP packet of either version, as transport protocols see it.
type inbound struct {
	arrival
	packet   []byte // the whole packet, from the IP header on
	src, dst netip.Addr
	proto    dissect.IPProto // of what follows IP's own headers
	payload  []byte          // that
	next     int             // IPv6: the offset in packet at which proto stands
	ttl      uint8
	class    uint8 // DSCP and ECN
	alert    bool  // IPv6: there is a Router Alert option
}

func (p *inbound) dscp() uint8      { return p.class >> 2 }
func (p *inbound) ecn() dissect.ECN { return dissect.ECN(p.class & 3) }

// arrival is what is known of a packet below IP and at it, for those who decide whether to answer.
type arrival struct {
	ifc       *Interface
	broadcast bool // the frame was sent to more than this station
	fragments bool // put together from fragments: the device cannot have verified checksums
	verified  bool // the device vouches for the TCP checksum of this frame, see Offloader
}

// maxRecvErrors is how many errors in a row end receiving for this time: a device in trouble is not asked in a loop.
const maxRecvErrors = 4

// receive takes at most burst frames from the device.
func (ifc *Interface) receive(burst int) {
	s := ifc.stack
	if ifc.parent != nil {
		ifc.backlog = ifc.parent.backlog // which receives for it
		return
	}
	errs := 0
	for range burst {
		b, err := ifc.dev.Recv()
		if err != nil {
			s.drop(ifc, &s.counters.RxErrors)
			if errs++; errs == maxRecvErrors {
				ifc.backlog = false
				return
			}
			continue
		}
		errs = 0
		if b == nil {
			ifc.backlog = false
			return
		}
		s.counters.RxFrames++
		if len(s.taps) > 0 {
			ifc.tap(b, false)
		}
		ifc.verified = ifc.offload != nil && ifc.offload.Verified()
		ifc.frame(b)
	}
	ifc.backlog = true
}

// LLC with the SNAP header of encapsulated Ethernet (RFC 1042), before the EtherType.
var snapHeader = [6]byte{0xaa, 0xaa, 0x03, 0, 0, 0}

// frame processes one frame.
func (ifc *Interface) frame(b []byte) {
	s, verified := ifc.stack, ifc.verified
	if !ifc.ethernet {
		ifc.ip(b, 0, arrival{ifc: ifc, verified: verified})
		return
	}
	eth := dissect.Ethernet(b)
	if eth.Check() != nil {
		s.drop(ifc, &s.counters.RxShort)
		return
	}
	t, payload := eth.Type(), eth.Payload()
	for t == dissect.EtherTypeVLAN {
		tag := dissect.VLAN(payload)
		if tag.Check() != nil {
			s.drop(ifc, &s.counters.RxShort)
			return
		}
		if id := tag.ID(); id != 0 { // ID 0 carries a priority only
			vlan := ifc.vlan(id)
			if vlan == nil {
				s.drop(ifc, &s.counters.RxVLAN)
				return
			}
			ifc = vlan
			if len(s.taps) > 0 {
				ifc.tapPieces(false, b[:macs], payload[2:]) // as its device would have it, without the tag
			}
		}
		t, payload = tag.Type(), tag.Payload()
	}
	in := arrival{ifc: ifc, verified: verified}
	if dst := eth.Dst(); dst != ifc.mac {
		if !ifc.accepts(dst) {
			s.drop(ifc, &s.counters.RxNotForUs)
			return
		}
		in.broadcast = true
	}
	if t.IsLength() {
		// IEEE 802.3: what it carries is behind LLC and SNAP (RFC 1122 section 2.3.3).
		if int(t) < len(payload) {
			payload = payload[:t]
		}
		if len(payload) < 8 {
			s.drop(ifc, &s.counters.RxShort)
			return
		}
		if [6]byte(payload) != snapHeader {
			s.drop(ifc, &s.counters.RxUnknownType)
			return
		}
		t, payload = dissect.EtherType(payload[6])<<8|dissect.EtherType(payload[7]), payload[8:]
	}
	switch t {
	case dissect.EtherTypeIPv4:
		ifc.ip(payload, 4, in)
	case dissect.EtherTypeIPv6:
		ifc.ip(payload, 6, in)
	case dissect.EtherTypeARP:
		ifc.arp(payload)
	default:
		s.drop(ifc, &s.counters.RxUnknownType)
	}
}

// accepts reports whether frames to the group dst are for us.
func (ifc *Interface) accepts(dst dissect.MAC) bool {
	return dst.IsBroadcast() || dst == multicastMAC(allHosts4) || // joined always
		dst.IsMulticast() && ifc.joinedMAC(dst)
}

// ip processes an IP packet of the version that the frame's type says, 0 if nothing does.
func (ifc *Interface) ip(b []byte, version uint8, in arrival) {
	s := ifc.stack
	if len(b) == 0 {
		s.drop(ifc, &s.counters.RxShort)
		return
	}
	if version == 0 {
		version = b[0] >> 4
	}
	switch version {
	case 4:
		s.ipv4(dissect.IPv4(b), in)
	case 6:
		s.ipv6(dissect.IPv6(b), in)
	default:
		s.drop(ifc, &s.counters.RxUnknownType)
	}
}
