package dissect

var (
	bgpFlowLen     = Field{Name: "bgp.flowspec_nlri.length", Title: "Length"}
	bgpFlowRD      = Field{Title: "Route distinguisher"}
	bgpFlowGroup   = Field{Title: "Component"}
	bgpFlowType    = Field{Name: "bgp.flowspec_nlri.filter_type", Title: "Type"}
	bgpFlowDst4    = Field{Name: "bgp.flowspec_nlri.dst_prefix_filter", Title: "Destination"}
	bgpFlowSrc4    = Field{Name: "bgp.flowspec_nlri.src_prefix_filter", Title: "Source"}
	bgpFlowDst6    = Field{Name: "bgp.flowspec_nlri.dst_ipv6_pref", Title: "Destination"}
	bgpFlowSrc6    = Field{Name: "bgp.flowspec_nlri.src_ipv6_pref", Title: "Source"}
	bgpFlowLen6    = Field{Name: "bgp.flowspec_nlri.ipv6_pref_length", Title: "Prefix length"}
	bgpFlowOffset6 = Field{Name: "bgp.flowspec_nlri.ipv6_pref_offset", Title: "Prefix offset"}
	bgpFlowOp      = Field{Name: "bgp.flowspec_nlri.opflags", Title: "Operator", Base: Hex}
	bgpFlowNumber  = []*Field{
		{Name: "bgp.flowspec_nlri.op.eol", Title: "End of list", Mask: 0x80},
		{Name: "bgp.flowspec_nlri.op.and", Title: "And", Mask: 0x40},
		{Name: "bgp.flowspec_nlri.op.val_len", Title: "Value length", Mask: 0x30},
		{Name: "bgp.flowspec_nlri.op.un_bit4", Title: "Reserved", Mask: 0x08},
		{Name: "bgp.flowspec_nlri.op.lt", Title: "Less than", Mask: 0x04},
		{Name: "bgp.flowspec_nlri.op.gt", Title: "Greater than", Mask: 0x02},
		{Name: "bgp.flowspec_nlri.op.equal", Title: "Equal", Mask: 0x01},
	}
	bgpFlowBits = []*Field{
		{Name: "bgp.flowspec_nlri.op.eol", Title: "End of list", Mask: 0x80},
		{Name: "bgp.flowspec_nlri.op.and", Title: "And", Mask: 0x40},
		{Name: "bgp.flowspec_nlri.op.val_len", Title: "Value length", Mask: 0x30},
		{Name: "bgp.flowspec_nlri.op.un_bit4", Title: "Reserved", Mask: 0x08},
		{Name: "bgp.flowspec_nlri.op.un_bit5", Title: "Reserved", Mask: 0x04},
		{Name: "bgp.flowspec_nlri.op.flg_not", Title: "Not", Mask: 0x02},
		{Name: "bgp.flowspec_nlri.op.flg_match", Title: "Match all", Mask: 0x01},
	}
	bgpFlowValues = [...]Field{ // by the logarithm of the length
		{Name: "bgp.flowspec_nlri.dec_val_8", Title: "Value"},
		{Name: "bgp.flowspec_nlri.dec_val_16", Title: "Value"},
		{Name: "bgp.flowspec_nlri.dec_val_32", Title: "Value"},
		{Name: "bgp.flowspec_nlri.dec_val_64", Title: "Value"},
	}
	bgpFlowMask = Field{Title: "Bits", Base: Hex}
)

var bgpFlowNames = []string{1: "destination prefix", 2: "source prefix", 3: "protocol", 4: "port", 5: "destination port", 6: "source port",
	7: "ICMP type", 8: "ICMP code", 9: "TCP flags", 10: "packet length", 11: "DSCP", 12: "fragment", 13: "flow label"}

// Types of components whose values are bits, or of less than a byte.
const (
	bgpFlowDst      = 1
	bgpFlowSrc      = 2
	bgpFlowTCP      = 9
	bgpFlowDSCP     = 11
	bgpFlowFragment = 12
)

// flow describes what traffic a rule is for (RFC 8955 section 4, RFC 8956), and reports false if it is not all there.
func (w *bgpWalk) flow(size int, vpn bool) bool {
	head, n := 1, int(w.peek(1))
	if n >= 0xf0 {
		head, n = 2, int(w.peek(2))&0xfff
	}
	if w.end-w.at < head+n {
		return false
	}
	outer, _ := w.enter(&bgpRouteGroup, head+n)
	if head == 1 {
		w.uint(&bgpFlowLen, 1)
	} else {
		w.parts(2, bgpFlowLong)
	}
	if vpn {
		w.bytes(&bgpFlowRD, 8)
	}
	for !w.short && w.end-w.at >= 2 && w.component(size) {
	}
	w.leave(&bgpRestField, outer)
	return true
}

var bgpFlowLong = []*Field{
	{Title: "Long form", Mask: 0xf000, Base: Hex},
	{Name: "bgp.flowspec_nlri.length", Title: "Length", Mask: 0x0fff},
}

// component describes one condition, and reports false if it is not all there or of an unknown type.
func (w *bgpWalk) component(size int) bool {
	kind := w.b[w.at]
	n := bgpComponentLen(w.b[w.at:w.end], size)
	if n == 0 {
		return false
	}
	outer, _ := w.enter(&bgpFlowGroup, n)
	w.enum(&bgpFlowType, 1, bgpName(bgpFlowNames, uint64(kind)))
	switch {
	case kind <= bgpFlowSrc && size == 4:
		f := &bgpFlowDst4
		if kind == bgpFlowSrc {
			f = &bgpFlowSrc4
		}
		w.prefix(f, int(w.uint(&bgpPrefixLen, 1)), 4)
	case kind <= bgpFlowSrc:
		f := &bgpFlowDst6
		if kind == bgpFlowSrc {
			f = &bgpFlowSrc6
		}
		bits := int(w.uint(&bgpFlowLen6, 1))
		if w.uint(&bgpFlowOffset6, 1) == 0 {
			w.prefix(f, bits, 16)
		}
	default:
		for w.at < w.end {
			scale := w.b[w.at] >> 4 & 3
			value, parts := &bgpFlowValues[scale], bgpFlowNumber
			switch kind {
			case bgpFlowTCP, bgpFlowFragment:
				value, parts = &bgpFlowMask, bgpFlowBits
			case bgpFlowDSCP:
				value = &bgpFlowMask
			}
			w.flags(&bgpFlowOp, 1, parts)
			w.uint(value, 1<<scale)
		}
	}
	w.leave(&bgpRestField, outer)
	return true
}

// bgpComponentLen gives the length of the component at the start of b, zero if it is not all there or of an unknown type.
func bgpComponentLen(b []byte, size int) int {
	n := 0
	switch kind := b[0]; {
	case kind == 0 || int(kind) >= len(bgpFlowNames):
		return 0
	case kind <= bgpFlowSrc && size == 4:
		if b[1] > 32 {
			return 0
		}
		n = 2 + (int(b[1])+7)/8
	case kind <= bgpFlowSrc:
		if len(b) < 3 || b[1] > 128 || b[2] > b[1] {
			return 0
		}
		n = 3 + (int(b[1])-int(b[2])+7)/8
	default:
		for n = 1; ; {
			if n >= len(b) {
				return 0
			}
			op := b[n]
			n += 1 + 1<<(op>>4&3)
			if op&0x80 != 0 {
				break
			}
		}
	}
	if n > len(b) {
		return 0
	}
	return n
}
