package format

// Ports of Bidirectional Forwarding Detection (RFC 5881, RFC 5883, RFC 7130), and lengths in its packets, in bytes.
const (
	bfdControlPort  = 3784
	bfdEchoPort     = 3785
	bfdMultihopPort = 4784
	bfdLagPort      = 6784

	bfdHeaderLen     = 24
	bfdAuthHeaderLen = 4
)

// dstPort is the destination port of the datagram that c carries and d is the payload of.
func (c *ipContext) dstPort(d []byte) uint16 {
	if off := len(c.payload) - len(d) - 6; off >= 0 {
		return be16(c.payload, off)
	}
	return 0
}

// bfd prints a packet of Bidirectional Forwarding Detection (RFC 5880).
func (p *Line) bfd(b, d []byte, length int, c ipContext) []byte {
	kind := "Control"
	switch c.dstPort(d) {
	case bfdMultihopPort:
		kind = "Multihop"
	case bfdLagPort:
		kind = "Lag"
	case bfdEchoPort:
		b = appendInt(append(p.proto(b, "BFD"), ", Echo, length: "...), length)
		return p.bfdUnknown(b, d, length)
	}
	if len(d) < bfdHeaderLen {
		return p.stop(b, "bfd")
	}
	version := d[0] >> 5
	if version > 1 {
		b = appendInt(append(p.proto(b, "BFD"), 'v'), int(version))
		b = appendInt(append(b, ", Control, length: "...), length)
		return p.bfdUnknown(b, d, length)
	}
	b = appendInt(append(p.proto(b, "BFD"), 'v'), int(version))
	if p.opts.Verbose == 0 {
		b = appendBFDState(append(b, ", "...), d, version, kind)
		return appendInt(append(b, ", length: "...), length)
	}
	b = appendInt(append(b, ", length: "...), length)
	b = appendBFDState(append(b, "\n\t"...), d, version, kind)
	b = append(b, ", Diagnostic: "...)
	diag := int(d[0] & 0x1f)
	if diag < len(bfdDiagnostics) {
		b = append(b, bfdDiagnostics[diag]...)
	} else {
		b = append(b, "unknown"...)
	}
	b = append(appendHexNumber(append(b, " ("...), uint64(diag), 2), ')')
	interval := be32(d, 12)
	b = appendInt(append(b, "\n\tDetection Timer Multiplier: "...), int(d[2]))
	b = appendDecimal(append(b, " ("...), uint64(uint32(d[2])*interval/1000))
	b = appendInt(append(b, " ms Detection time), BFD Length: "...), int(d[3]))
	b = appendHexNumber(append(b, "\n\tMy Discriminator: "...), uint64(be32(d, 4)), 8)
	b = appendHexNumber(append(b, ", Your Discriminator: "...), uint64(be32(d, 8)), 8)
	b = appendBFDInterval(append(b, "\n\t  Desired min Tx Interval:    "...), interval)
	b = appendBFDInterval(append(b, "\n\t  Required min Rx Interval:   "...), be32(d, 16))
	b = appendBFDInterval(append(b, "\n\t  Required min Echo Interval: "...), be32(d, 20))
	if d[1]&0x04 != 0 {
		return p.bfdAuth(b, d[bfdHeaderLen:])
	}
	return b
}

// bfdUnknown shows a packet in hexadecimal, with -v.
func (p *Line) bfdUnknown(b, d []byte, length int) []byte {
	if p.opts.Verbose == 0 {
		return b
	}
	return appendUnknown(b, "\n\t", d, length)
}

// appendBFDState appends the kind of a packet, its state and its flags.
func appendBFDState(b, d []byte, version byte, kind string) []byte {
	flags, names := uint32(d[1]), bfdFlags0
	if version == 0 {
		b = append(b, "Control"...)
	} else {
		b = append(append(append(b, kind...), ", State "...), bfdStates[flags>>6]...)
		flags, names = flags&0x3f, bfdFlags1
	}
	return append(appendBits(append(b, ", Flags: ["...), names, flags, ", ", "none"), ']')
}

var bfdStates = [4]string{"AdminDown", "Down", "Init", "Up"}

var bfdFlags0 = []bitName{
	{0x80, "I Hear You"}, {0x40, "Demand"}, {0x20, "Poll"}, {0x10, "Final"}, {0x08, "Control Plane Independent"},
	{0x04, "Authentication Present"}, {0x02, "Reserved"}, {0x01, "Reserved"},
}

var bfdFlags1 = []bitName{
	{0x20, "Poll"}, {0x10, "Final"}, {0x08, "Control Plane Independent"}, {0x04, "Authentication Present"}, {0x02, "Demand"},
	{0x01, "Multipoint"},
}

var bfdDiagnostics = [...]string{
	"No Diagnostic", "Control Detection Time Expired", "Echo Function Failed", "Neighbor Signaled Session Down", "Forwarding Plane Reset",
	"Path Down", "Concatenated Path Down", "Administratively Down", "Reverse Concatenated Path Down",
}

// appendBFDInterval appends a time, given in microseconds, in milliseconds.
func appendBFDInterval(b []byte, microseconds uint32) []byte {
	return append(appendBlanked(b, int(microseconds/1000), 4), " ms"...)
}

// bfdAuth prints the authentication section (RFC 5880 section 4.2 to 4.4).
func (p *Line) bfdAuth(b, d []byte) []byte {
	if len(d) < bfdAuthHeaderLen {
		return p.stop(b, "bfd")
	}
	kind, size := int(d[0]), int(d[1])
	b = append(b, "\n\tAuthentication: "...)
	if kind < len(bfdAuthText) && kind > 0 {
		b = append(b, bfdAuthText[kind]...)
	} else {
		b = append(b, "Unknown"...)
	}
	b = appendInt(append(b, " ("...), kind)
	b = appendInt(append(b, "), length: "...), size)
	b = appendInt(append(b, "\n\t  Auth Key ID: "...), int(d[2]))
	digest, label := 0, ""
	switch kind {
	case 1:
		if size < 4 || size > 19 {
			return appendBFDInvalid(b, size)
		}
		text, n := d[3:], size-3
		b, ok := appendVisibleN(append(b, ", Password: "...), text, n)
		if !ok {
			return p.stop(b, "bfd")
		}
		return b
	case 2, 3:
		digest, label = 16, "\n\t  Digest: "
	case 4, 5:
		digest, label = 20, "\n\t  Hash: "
	default:
		return b
	}
	if size != 8+digest {
		return appendBFDInvalid(b, size)
	}
	if len(d) < 8 {
		return p.stop(b, "bfd")
	}
	b = appendHexNumber(append(b, ", Sequence Number: "...), uint64(be32(d, 4)), 8)
	if len(d) < size {
		return p.stop(b, "bfd")
	}
	return appendHexBytes(append(b, label...), d[8:size])
}

func appendBFDInvalid(b []byte, size int) []byte {
	return append(appendInt(append(b, "[invalid length "...), size), ']')
}

var bfdAuthText = [...]string{
	1: "Simple Password", "Keyed MD5", "Meticulous Keyed MD5", "Keyed SHA1", "Meticulous Keyed SHA1",
}
