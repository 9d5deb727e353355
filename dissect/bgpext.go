package dissect

var (
	bgpExtGroup = Field{Title: "Extended community"}
	bgpExtType  = Field{Name: "bgp.ext_com.type", Title: "Type", Base: Hex}
	bgpExtBits  = []*Field{
		{Name: "bgp.ext_com.type.auth", Title: "Allocated first come first served", Mask: 0x80},
		{Name: "bgp.ext_com.type.tran", Title: "Non-transitive", Mask: 0x40},
		{Title: "Structure", Mask: 0x3f, Base: Hex},
	}
	bgpExtUnknown = Field{Name: "bgp.ext_com.stype_unknown", Title: "Subtype", Base: Hex}

	bgpExtAS2       = Field{Name: "bgp.ext_com.value_as2", Title: "AS"}
	bgpExtAS4       = Field{Name: "bgp.ext_com.value_as4", Title: "AS"}
	bgpExtIPv4      = Field{Name: "bgp.ext_com.value_IP4", Title: "Address"}
	bgpExtNumber2   = Field{Name: "bgp.ext_com.value_an2", Title: "Assigned number"}
	bgpExtNumber4   = Field{Name: "bgp.ext_com.value_an4", Title: "Assigned number"}
	bgpExtRaw       = Field{Name: "bgp.ext_com.value_raw", Title: "Value", Base: Hex}
	bgpExtBandwidth = Field{Name: "bgp.ext_com.value_link_bw", Title: "Bandwidth, bytes per second"}
	bgpExtTunnel    = Field{Name: "bgp.ext_com.tunnel_type", Title: "Tunnel type"}

	bgpExtRouter    = Field{Name: "bgp.ext_com.value_ospf_rid", Title: "OSPF router ID"}
	bgpExtArea      = Field{Name: "bgp.ext_com.value_ospf_rtype.area", Title: "OSPF area"}
	bgpExtRouteType = Field{Name: "bgp.ext_com.value_ospf_rtype.type", Title: "OSPF route type"}
	bgpExtOptions   = Field{Name: "bgp.ext_com.value_ospf_rtype.options", Title: "OSPF options", Base: Hex}
	bgpExtOptBits   = []*Field{
		{Title: "Reserved", Mask: 0xfe},
		{Name: "bgp.ext_com.value_ospf_rtype.options.mt", Title: "Metric of type 2", Mask: 0x01},
	}

	bgpExtCostPoint = Field{Name: "bgp.ext_com_cost.poi", Title: "Point of insertion"}
	bgpExtCostID    = Field{Name: "bgp.ext_com_cost.cid", Title: "Community ID"}
	bgpExtCostBits  = []*Field{
		{Name: "bgp.ext_com_cost.cid.use", Title: "Replaces the value", Mask: 0x80},
		{Title: "Number", Mask: 0x7f},
	}
	bgpExtCost = Field{Name: "bgp.ext_com_cost.cost", Title: "Cost"}

	bgpExtMoveFlags = Field{Name: "bgp.ext_com_evpn.mmac.flags", Title: "Flags", Base: Hex}
	bgpExtMoveBits  = []*Field{
		{Title: "Reserved", Mask: 0xfe},
		{Name: "bgp.ext_com_evpn.mmac.flags.sticky", Title: "Sticky", Mask: 0x01},
	}
	bgpExtMoveSeq = Field{Name: "bgp.ext_com_evpn.mmac.seq", Title: "Sequence number"}
	bgpExtESIBits = []*Field{
		{Title: "Reserved", Mask: 0xfe},
		{Name: "bgp.ext_com_l2.esi_label_flag", Title: "Single-active", Mask: 0x01},
	}
	bgpExtImport    = Field{Name: "bgp.ext_com_evpn.esi.rt", Title: "ES-Import route target"}
	bgpExtRouterMAC = Field{Name: "bgp.ext_com_evpn.esi.router_mac", Title: "Router's MAC address"}
	bgpExtL2Flags   = Field{Name: "bgp.ext_com_evpn.l2attr.flags", Title: "Flags", Base: Hex}
	bgpExtL2Bits    = []*Field{
		{Name: "bgp.ext_com_evpn.l2attr.flag_reserved", Title: "Reserved", Mask: 0xffe0, Base: Hex},
		{Name: "bgp.ext_com_evpn.l2attr.flag_ci", Title: "Control word indicator", Mask: 0x10},
		{Name: "bgp.ext_com_evpn.l2attr.flag_f", Title: "Flow label", Mask: 0x08},
		{Name: "bgp.ext_com_evpn.l2attr.flag_c", Title: "Control word", Mask: 0x04},
		{Name: "bgp.ext_com_evpn.l2attr.flag_p", Title: "Primary", Mask: 0x02},
		{Name: "bgp.ext_com_evpn.l2attr.flag_b", Title: "Backup", Mask: 0x01},
	}
	bgpExtL2MTU      = Field{Name: "bgp.ext_com_evpn.l2attr.l2_mtu", Title: "MTU"}
	bgpExtL2Reserved = Field{Name: "bgp.ext_com_evpn.l2attr.reserved", Title: "Reserved"}
	bgpExtTreeFlags  = Field{Name: "bgp.ext_com_evpn.etree.flags", Title: "Flags", Base: Hex}
	bgpExtTreeBits   = []*Field{
		{Name: "bgp.ext_com_evpn.etree.flag_reserved", Title: "Reserved", Mask: 0xfe, Base: Hex},
		{Name: "bgp.ext_com_evpn.etree.flag_l", Title: "Leaf", Mask: 0x01},
	}
	bgpExtTreeReserved = Field{Name: "bgp.ext_com_evpn.etree.reserved", Title: "Reserved"}

	bgpExtRate       = Field{Name: "bgp.ext_com_flow.rate_limit", Title: "Rate limit, bytes per second"}
	bgpExtActionBits = []*Field{
		{Title: "Reserved", Mask: 0xfc},
		{Name: "bgp.ext_com_flow.sample", Title: "Sample", Mask: 0x02},
		{Name: "bgp.ext_com_flow.traff_act", Title: "Terminal action", Mask: 0x01},
	}
	bgpExtActionBytes = Field{Name: "bgp.flowspec_ext_com.emptybytes", Title: "Unused"}
	bgpExtMarkBits    = []*Field{
		{Title: "Reserved", Mask: 0xc0},
		{Name: "bgp.ext_com.value_fs_dscp", Title: "DSCP", Mask: 0x3f, Base: Hex},
	}
	bgpExtEncaps   = Field{Name: "bgp.ext_com_l2.encaps_type", Title: "Encapsulation"}
	bgpExtControl  = Field{Name: "bgp.ext_com_l2.c_flags", Title: "Control flags", Base: Hex}
	bgpExtCtrlBits = []*Field{
		{Name: "bgp.ext_com_l2.flag_d", Title: "Down", Mask: 0x80},
		{Name: "bgp.ext_com_l2.flag_z1", Title: "Unassigned", Mask: 0x40},
		{Name: "bgp.ext_com_l2.flag_f", Title: "Flush", Mask: 0x20},
		{Name: "bgp.ext_com_l2.flag_z345", Title: "Unassigned", Mask: 0x1c},
		{Name: "bgp.ext_com_l2.flag_c", Title: "Control word", Mask: 0x02},
		{Name: "bgp.ext_com_l2.flag_s", Title: "Sequenced delivery", Mask: 0x01},
	}
	bgpExtMTU = Field{Name: "bgp.ext_com_l2.l2_mtu", Title: "MTU"}
)

// A bgpExtForm is what stands in an extended community: how its subtypes are called and what the value is where they say nothing else.
type bgpExtForm struct {
	field *Field
	value byte // '2' AS of two bytes and number, '4' AS of four, 'i' address, 0 raw
}

// bgpExtForms is by type, without the bits on who gave it out and who passes it on where the form does not depend on them
// (IANA "BGP Extended Communities").
func bgpExtForms(kind uint8) bgpExtForm {
	switch kind {
	case 0x00:
		return bgpExtForm{&bgpExtSub[0], '2'}
	case 0x40:
		return bgpExtForm{&bgpExtSub[1], '2'}
	case 0x01:
		return bgpExtForm{&bgpExtSub[2], 'i'}
	case 0x41:
		return bgpExtForm{&bgpExtSub[3], 'i'}
	case 0x02:
		return bgpExtForm{&bgpExtSub[4], '4'}
	case 0x42:
		return bgpExtForm{&bgpExtSub[5], '4'}
	case 0x03:
		return bgpExtForm{&bgpExtSub[6], 0}
	case 0x43:
		return bgpExtForm{&bgpExtSub[7], 0}
	case 0x06:
		return bgpExtForm{&bgpExtSub[8], 0}
	case 0x80:
		return bgpExtForm{&bgpExtSub[9], 0}
	case 0x81:
		return bgpExtForm{&bgpExtSub[10], 0}
	case 0x82:
		return bgpExtForm{&bgpExtSub[11], 0}
	}
	return bgpExtForm{&bgpExtUnknown, 0}
}

var bgpExtSub = [...]Field{
	{Name: "bgp.ext_com.stype_tr_as2", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_ntr_as2", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_tr_IP4", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_ntr_IP4", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_tr_as4", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_ntr_as4", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_tr_opaque", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_ntr_opaque", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_tr_evpn", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_tr_exp", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_tr_exp_2", Title: "Subtype", Base: Hex},
	{Name: "bgp.ext_com.stype_tr_exp_3", Title: "Subtype", Base: Hex},
}

// bgpExtName is the name of a community of a type and subtype.
func bgpExtName(kind, sub uint8) string {
	switch kind {
	case 0x00, 0x01, 0x02:
		switch sub {
		case 0x02:
			return "Route target"
		case 0x03:
			return "Route origin"
		case 0x05:
			return "OSPF domain identifier"
		case 0x07:
			return "OSPF router ID"
		case 0x09:
			return "Source AS"
		case 0x0a:
			return "L2VPN identifier"
		case 0x0b:
			return "VRF route import"
		}
	case 0x40:
		if sub == 0x04 {
			return "Link bandwidth"
		}
	case 0x03, 0x43:
		switch {
		case sub == 0x01:
			return "Cost"
		case kind == 0x43 && sub == 0x00:
			return "Origin validation state"
		case sub == 0x06:
			return "OSPF route type"
		case sub == 0x0b:
			return "Color"
		case sub == 0x0c:
			return "Encapsulation"
		case sub == 0x0d:
			return "Default gateway"
		}
	case 0x06:
		return bgpName(bgpExtEVPN, uint64(sub))
	case 0x80:
		return bgpName(bgpExtExperimental, uint64(sub))
	}
	return ""
}

var (
	bgpExtEVPN         = []string{"MAC mobility", "ESI label", "ES-Import route target", "Router's MAC", "Layer 2 attributes", "E-Tree", "DF election", "I-SID"}
	bgpExtExperimental = []string{0: "OSPF route type", 1: "OSPF router ID", 5: "OSPF domain identifier", 6: "Flow spec traffic rate",
		7: "Flow spec traffic action", 8: "Flow spec redirect", 9: "Flow spec traffic marking", 10: "Layer 2 info"}
)

// extended describes an extended community (RFC 4360 section 2).
func (w *bgpWalk) extended() {
	kind, sub := w.b[w.at], w.b[w.at+1]
	outer, _ := w.enter(&bgpExtGroup, 8)
	form := bgpExtForms(kind)
	w.flags(&bgpExtType, 1, bgpExtBits)
	w.enum(form.field, 1, bgpExtName(kind, sub))
	switch uint16(kind)<<8 | uint16(sub) {
	case 0x4004:
		w.uint(&bgpExtAS2, 2)
		w.float(&bgpExtBandwidth)
	case 0x0107, 0x8001:
		w.addr(&bgpExtRouter, 4)
	case 0x0301, 0x4301:
		w.uint(&bgpExtCostPoint, 1)
		w.flags(&bgpExtCostID, 1, bgpExtCostBits)
		w.uint(&bgpExtCost, 4)
	case 0x0306, 0x8000:
		w.addr(&bgpExtArea, 4)
		w.uint(&bgpExtRouteType, 1)
		w.flags(&bgpExtOptions, 1, bgpExtOptBits)
	case 0x030c:
		w.bytes(&bgpReserved, 4)
		w.enum(&bgpExtTunnel, 2, bgpTunnelName(w.peek(2)))
	case 0x0600:
		w.flags(&bgpExtMoveFlags, 1, bgpExtMoveBits)
		w.bytes(&bgpReserved, 1)
		w.uint(&bgpExtMoveSeq, 4)
	case 0x0601:
		w.parts(1, bgpExtESIBits)
		w.bytes(&bgpReserved, 2)
		w.parts(3, bgpLabelParts)
	case 0x0602:
		w.mac(&bgpExtImport)
	case 0x0603:
		w.mac(&bgpExtRouterMAC)
	case 0x0604:
		w.flags(&bgpExtL2Flags, 2, bgpExtL2Bits)
		w.uint(&bgpExtL2MTU, 2)
		w.bytes(&bgpExtL2Reserved, 2)
	case 0x0605:
		w.flags(&bgpExtTreeFlags, 1, bgpExtTreeBits)
		w.bytes(&bgpExtTreeReserved, 2)
		w.parts(3, bgpLabelParts)
	case 0x8005, 0x8008:
		w.uint(&bgpExtAS2, 2)
		w.uint(&bgpExtNumber4, 4)
	case 0x8006:
		w.uint(&bgpExtAS2, 2)
		w.float(&bgpExtRate)
	case 0x8007:
		w.bytes(&bgpExtActionBytes, 5)
		w.parts(1, bgpExtActionBits)
	case 0x8009:
		w.bytes(&bgpReserved, 5)
		w.parts(1, bgpExtMarkBits)
	case 0x800a:
		w.uint(&bgpExtEncaps, 1)
		w.flags(&bgpExtControl, 1, bgpExtCtrlBits)
		w.uint(&bgpExtMTU, 2)
		w.bytes(&bgpReserved, 2)
	case 0x8108:
		w.addr(&bgpExtIPv4, 4)
		w.uint(&bgpExtNumber2, 2)
	case 0x8208:
		w.uint(&bgpExtAS4, 4)
		w.uint(&bgpExtNumber2, 2)
	default:
		w.extendedValue(form.value)
	}
	w.leave(&bgpRestField, outer)
}

func (w *bgpWalk) extendedValue(form byte) {
	switch form {
	case '2':
		w.uint(&bgpExtAS2, 2)
		w.uint(&bgpExtNumber4, 4)
	case '4':
		w.uint(&bgpExtAS4, 4)
		w.uint(&bgpExtNumber2, 2)
	case 'i':
		w.addr(&bgpExtIPv4, 4)
		w.uint(&bgpExtNumber2, 2)
	default:
		w.uint(&bgpExtRaw, 6)
	}
}
