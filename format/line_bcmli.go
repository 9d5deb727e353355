package format

// bcmLI prints the shim header that Broadcom's switches put before packets for lawful interception, in UDP from the
// port that is also the first of the dynamic ones: more often than not it is something else that stands here.
func (p *Line) bcmLI(b, d []byte, length int, _ ipContext) []byte {
	const header = 4
	if length < header {
		b = append(appendInt(append(b, " (length "...), length), " < 4)"...)
		return p.invalid(b)
	}
	if len(d) < header {
		return p.stop(b, "bcm_li")
	}
	direction := [8]string{1: "unused", 2: "egress", 3: "ingress"}
	kind := [16]string{4: "undecided", 5: "ipv4", 6: "ipv6", 7: "ethernet"}
	subtype := [8]string{1: "single VLAN tag", 2: "double VLAN tag", 3: "untagged"}
	h := be32(d, 0)
	if p.opts.Verbose > 0 {
		b = append(b, "\n    "...)
	}
	b = append(append(b, "BCM-LI-SHIM: direction "...), orUnknown(direction[h>>29])...)
	b = append(append(b, ", pkt-type "...), orUnknown(kind[h>>25&0xf])...)
	b = append(append(b, ", pkt-subtype "...), orUnknown(subtype[h>>22&7])...)
	b = appendInt(append(b, ", li-id "...), int(h&0x3fffff))
	if p.opts.Verbose == 0 {
		if len(d) < length {
			return p.stop(b, "bcm_li")
		}
		return b
	}
	b = append(b, "\n    "...)
	d, length = d[header:], length-header
	switch h >> 25 & 0xf {
	case 4:
		return append(b, "unknown payload"...)
	case 5:
		return p.ipv4(b, d, length)
	case 6:
		return p.ipv6(b, d, length)
	case 7:
		b, _ = p.ethernet(b, d, length)
		return b
	}
	return p.invalid(b)
}

func orUnknown(name string) string {
	if name == "" {
		return "unknown"
	}
	return name
}
