package dissect

// Placeholders until each protocol has its file; every function here must be gone when the work is done.

func stubDecode(p *Packet, l *Layer) LayerType { return l.fail(ErrUnsupported) }
func stubFields(p *Packet, l *Layer, s Sink)   {}

var (
	decodeLLC, llcFields           = stubDecode, stubFields
	decodeSNAP, snapFields         = stubDecode, stubFields
	decodeVLAN, vlanFields         = stubDecode, stubFields
	decodeSLL, sllFields           = stubDecode, stubFields
	decodeSLL2, sll2Fields         = stubDecode, stubFields
	decodeNull, nullFields         = stubDecode, stubFields
	decodeRaw, rawFields           = stubDecode, stubFields
	decodeARP, arpFields           = stubDecode, stubFields
	decodeIPv6, ipv6Fields         = stubDecode, stubFields
	decodeHopByHop, hopByHopFields = stubDecode, stubFields
	decodeRouting, routingFields   = stubDecode, stubFields
	decodeFragment, fragmentFields = stubDecode, stubFields
	decodeDestOpts, destOptsFields = stubDecode, stubFields
	decodeAH, ahFields             = stubDecode, stubFields
	decodeICMPv4, icmpv4Fields     = stubDecode, stubFields
	decodeICMPv6, icmpv6Fields     = stubDecode, stubFields
	decodeUDP, udpFields           = stubDecode, stubFields
)
