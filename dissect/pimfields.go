package dissect

import "net/netip"

// pimAddrField is the pair of fields that an address has, one for each version of IP.
type pimAddrField struct{ v4, v6 Field }

func newPIMAddrField(name4, name6, label, title string, rank uint8) *pimAddrField {
	return &pimAddrField{
		v4: Field{Name: name4, Label: label, Title: title, Rank: rank},
		v6: Field{Name: name6, Label: label, Title: title, Rank: rank},
	}
}

var (
	pimVersionField  = Field{Name: "pim.version", Label: "v", Title: "Version", Mask: 0xf0, Rank: 1}
	pimTypeField     = Field{Name: "pim.type", Label: "type", Title: "Type", Mask: 0x0f, Rank: 2}
	pimTypeNameField = Field{Name: "pim.type", Label: "type", Title: "Type", Mask: 0x0f, Rank: 2, Form: FormBare}
	pimSubtypeField  = Field{Name: "pim.df_elect.subtype", Label: "subtype", Title: "DF Subtype", Mask: 0xf0, Rank: 2, Form: FormJoined}
	pimSubResField   = Field{Name: "pim.df_elect.rsvd", Label: "reserved", Title: "DF reserved", Mask: 0x0f}
	pimReservedField = Field{Name: "pim.res_bytes", Label: "reserved", Title: "Reserved byte(s)"}
	pimZeroField     = Field{Label: "reserved", Title: "Reserved"}
	pimChecksumField = Field{Name: "pim.cksum", Label: "chksum", Title: "Checksum", Base: Hex}
	pimDataField     = Field{Label: "data", Title: "Data"}
	pimRestField     = Field{Label: "rest", Title: "Behind the message"}

	pimOptionField    = Field{Name: "pim.option", Label: "option", Title: "Option"}
	pimOptTypeField   = Field{Name: "pim.optiontype", Label: "option", Title: "Type"}
	pimOptLenField    = Field{Name: "pim.optionlength", Label: "len", Title: "Length"}
	pimOptValueField  = Field{Name: "pim.optionvalue", Label: "value", Title: "Value"}
	pimHoldTimeField  = Field{Name: "pim.holdtime", Label: "hold", Title: "Holdtime (s)", Rank: 3}
	pimTField         = Field{Name: "pim.t", Label: "t", Title: "T", Mask: 0x8000}
	pimDelayField     = Field{Name: "pim.propagation_delay", Label: "delay", Title: "Propagation Delay (ms)", Mask: 0x7fff}
	pimOverrideField  = Field{Name: "pim.override_interval", Label: "override", Title: "Override Interval (ms)"}
	pimDRField        = Field{Name: "pim.dr_priority", Label: "drprio", Title: "DR Priority", Rank: 3}
	pimGenerationFld  = Field{Name: "pim.generation_id", Label: "genid", Title: "Generation ID", Rank: 3}
	pimSRVersionField = Field{Name: "pim.state_refresh_version", Label: "version", Title: "Version"}
	pimSRIntervalFld  = Field{Name: "pim.state_refresh_interval", Label: "interval", Title: "Interval (s)"}
	pimSRReservedFld  = Field{Name: "pim.state_refresh_reserved", Label: "reserved", Title: "Reserved"}
	pimListField      = newPIMAddrField("pim.address_list", "pim.address_list_ip6", "addr", "Address", 0)

	pimRegFlagsField = Field{Name: "pim.register_flag", Label: "flags", Title: "Flags", Base: Hex}
	pimNumGroupsFld  = Field{Name: "pim.numgroups", Label: "groups", Title: "Num Groups", Rank: 4}
	pimNumJoinsFld   = Field{Name: "pim.numjoins", Label: "joins", Title: "Num Joins"}
	pimNumPrunesFld  = Field{Name: "pim.numprunes", Label: "prunes", Title: "Num Prunes"}
	pimUpstreamField = newPIMAddrField("pim.upstream_neighbor", "pim.upstream_neighbor_ip6", "upstream", "Upstream-neighbor", 3)
	pimGroupField    = newPIMAddrField("pim.group", "pim.group_ip6", "group", "Group", 5)
	pimMemberField   = newPIMAddrField("pim.group", "pim.group_ip6", "group", "Group", 0)
	pimSourceField   = newPIMAddrField("pim.source", "pim.source_ip6", "src", "Source", 0)
	pimSenderField   = newPIMAddrField("pim.source", "pim.source_ip6", "src", "Source", 5)
	pimUnicastField  = newPIMAddrField("pim.unicast", "pim.unicast_ipv6", "addr", "Unicast", 0)
	pimJoinField     = newPIMAddrField("pim.join_ip", "pim.join_ip6", "join", "Joined source", 5)
	pimPruneField    = newPIMAddrField("pim.prune_ip", "pim.prune_ip6", "prune", "Pruned source", 5)
	pimBSRField      = newPIMAddrField("pim.bsr", "pim.bsr_ip6", "bsr", "BSR", 3)
	pimRPField       = newPIMAddrField("pim.rp", "pim.rp_ip6", "rp", "RP", 5)
	pimOriginField   = newPIMAddrField("pim.originator", "pim.originator_ip6", "originator", "Originator", 5)
	pimWinnerField   = newPIMAddrField("pim.bidir_winner_ip4", "pim.bidir_winner_ip6", "winner", "New Winner IP", 6)
	pimOffererField  = newPIMAddrField("pim.bidir_offering_ip4", "pim.bidir_offering_ip6", "offering", "Offering IP", 6)

	pimFamilyField   = Field{Name: "pim.addr_address_family", Label: "family", Title: "Address Family"}
	pimEncodingField = Field{Name: "pim.addr_encoding_type", Label: "encoding", Title: "Encoding Type"}
	pimMaskField     = Field{Name: "pim.mask_len", Label: "masklen", Title: "Masklen"}
	pimGroupFlagsFld = Field{Name: "pim.group_addr.flags", Label: "flags", Title: "Flags", Base: Hex}
	pimSrcFlagsField = Field{Name: "pim.source_addr.flags", Label: "flags", Title: "Flags", Base: Hex}

	pimTagField       = Field{Name: "pim.fragment_tag", Label: "tag", Title: "Fragment tag", Base: Hex}
	pimHashField      = Field{Name: "pim.hash_mask_len", Label: "hash", Title: "Hash mask len"}
	pimBSRPrioField   = Field{Name: "pim.bsr_priority", Label: "prio", Title: "BSR priority", Rank: 4}
	pimRPCountField   = Field{Name: "pim.rp_count", Label: "rps", Title: "RP count"}
	pimFRPCountField  = Field{Name: "pim.frp_count", Label: "frps", Title: "FRP count"}
	pimPriorityField  = Field{Name: "pim.priority", Label: "prio", Title: "Priority"}
	pimPrefixesField  = Field{Name: "pim.prefix_count", Label: "prefixes", Title: "Prefix-count", Rank: 4}
	pimMetricField    = Field{Name: "pim.metric", Label: "metric", Title: "Metric", Rank: 6}
	pimPrefField      = Field{Name: "pim.metric_pref", Label: "pref", Title: "Metric Preference", Mask: 0x7fffffff, Rank: 6}
	pimRPTField       = Field{Name: "pim.rpt", Label: "rpt", Title: "RP Tree", Mask: 0x80000000, Rank: 6, Form: FormFlag}
	pimDFPrefField    = Field{Name: "pim.metric_pref", Label: "pref", Title: "Metric Preference", Rank: 6}
	pimWinPrefField   = Field{Name: "pim.bidir_win_metric_pref", Label: "pref", Title: "Winner Metric Preference", Rank: 6}
	pimWinMetricField = Field{Name: "pim.bidir_win_metric", Label: "metric", Title: "Winner Metric", Rank: 6}
	pimOffPrefField   = Field{Name: "pim.bidir_off_metric_pref", Label: "pref", Title: "Offering Metric Preference", Rank: 6}
	pimOffMetricField = Field{Name: "pim.bidir_off_metric", Label: "metric", Title: "Offering Metric", Rank: 6}
	pimOffTimeField   = Field{Name: "pim.bidir_offering_interval", Label: "interval", Title: "Offering interval (ms)", Rank: 6}
	pimTTLField       = Field{Name: "pim.ttl", Label: "ttl", Title: "TTL"}
	pimIntervalField  = Field{Name: "pim.interval", Label: "interval", Title: "Interval (s)"}
)

var (
	pimDelayParts    = []*Field{&pimTField, &pimDelayField}
	pimPrefParts     = []*Field{&pimRPTField, &pimPrefField}
	pimSubtypeParts  = []*Field{&pimSubtypeField, &pimSubResField}
	pimRegisterParts = []*Field{
		{Name: "pim.register_flag.border", Label: "border", Title: "Border", Mask: 0x80000000, Rank: 3, Form: FormFlag},
		{Name: "pim.register_flag.null_register", Label: "null", Title: "Null-Register", Mask: 0x40000000, Rank: 3, Form: FormFlag},
		{Label: "reserved", Title: "Reserved", Mask: 0x3fffffff},
	}
	pimGroupParts = []*Field{
		{Name: "pim.group_addr.flags.b", Label: "b", Title: "Bidirectional PIM", Mask: 0x80},
		{Name: "pim.group_addr.flags.reserved", Label: "reserved", Title: "Reserved", Mask: 0x7e},
		{Name: "pim.group_addr.flags.z", Label: "z", Title: "Admin Scope Zone", Mask: 0x01},
	}
	pimSourceParts = []*Field{
		{Name: "pim.source_addr.flags.reserved", Label: "reserved", Title: "Reserved", Mask: 0xf8},
		{Name: "pim.source_addr.flags.s", Label: "s", Title: "Sparse", Mask: 0x04},
		{Name: "pim.source_addr.flags.w", Label: "w", Title: "WildCard", Mask: 0x02},
		{Name: "pim.source_addr.flags.r", Label: "r", Title: "Rendezvous Point Tree", Mask: 0x01},
	}
	pimRefreshParts = []*Field{
		{Name: "pim.prune_indicator", Label: "p", Title: "Prune indicator", Mask: 0x80},
		{Name: "pim.prune_now", Label: "n", Title: "Prune now", Mask: 0x40},
		{Name: "pim.assert_override", Label: "o", Title: "Assert override", Mask: 0x20},
		{Label: "reserved", Title: "Reserved", Mask: 0x1f},
	}
)

// pimWalk describes one message.
type pimWalk struct{ fieldWalk }

// Fields describes the message to s as far as header goes: all of it, or the part before the packet in a Register. sum is
// the verdict on the checksum.
func (m PIM) Fields(s Sink, header int, sum ChecksumResult) {
	w := pimWalk{newFieldWalk(s, m[:header])}
	name := m.Type().Name()
	typ := &pimTypeField
	if name != "" {
		typ = &pimTypeNameField
	}
	s.Uint(&pimVersionField, pimVersionType, 1, uint64(m.Version()))
	s.Enum(typ, pimVersionType, 1, uint64(m.Type()), name)
	w.at = pimReserved
	if m.Type() == PIMDFElection {
		w.parts(1, pimSubtypeParts)
	} else {
		w.bytes(&pimReservedField, 1)
	}
	w.checksum(&pimChecksumField, sum)
	switch m.Type() {
	case PIMHello:
		w.options()
	case PIMRegister:
		w.flags(&pimRegFlagsField, 4, pimRegisterParts)
	case PIMRegisterStop:
		w.address(pimGroupField, pimGroupParts)
		w.address(pimSenderField, nil)
	case PIMJoinPrune, PIMGraft, PIMGraftAck:
		w.joinPrune()
	case PIMBootstrap:
		w.bootstrap()
	case PIMAssert:
		w.address(pimGroupField, pimGroupParts)
		w.address(pimSenderField, nil)
		w.parts(4, pimPrefParts)
		w.uint(&pimMetricField, 4)
	case PIMCandidateRP:
		n := w.uint(&pimPrefixesField, 1)
		w.uint(&pimPriorityField, 1)
		w.uint(&pimHoldTimeField, 2)
		w.address(pimRPField, nil)
		for ; n > 0 && !w.short; n-- {
			w.address(pimGroupField, pimGroupParts)
		}
	case PIMStateRefresh:
		w.address(pimGroupField, pimGroupParts)
		w.address(pimSenderField, nil)
		w.address(pimOriginField, nil)
		w.parts(4, pimPrefParts)
		w.uint(&pimMetricField, 4)
		w.uint(&pimMaskField, 1)
		w.uint(&pimTTLField, 1)
		w.parts(1, pimRefreshParts)
		w.uint(&pimIntervalField, 1)
	case PIMDFElection:
		w.election(m[pimReserved] >> 4)
	}
	w.rest(&pimRestField)
}

// address describes an encoded address (RFC 7761 section 4.9.1) as f, and what it is made of as members. Those of groups and
// sources have flags and a mask length; flags says which.
func (w *pimWalk) address(f *pimAddrField, flags []*Field) {
	n, size := 2, 4
	switch w.peek(1) {
	case 1:
	case 2:
		size = 16
	default:
		w.short = true
	}
	if flags != nil {
		n = 4
	}
	if !w.has(n + size) {
		return
	}
	outer, inner := &f.v4, &pimUnicastField.v4
	if size == 16 {
		outer, inner = &f.v6, &pimUnicastField.v6
	}
	w.s.Addr(outer, w.at, n+size, w.addrAt(w.at+n, size))
	end, _ := w.enter(outer, n+size)
	w.uint(&pimFamilyField, 1)
	w.uint(&pimEncodingField, 1)
	if flags != nil {
		part, member := &pimSrcFlagsField, pimSourceField
		if f == pimGroupField {
			part, member = &pimGroupFlagsFld, pimMemberField
		}
		w.flags(part, 1, flags)
		w.uint(&pimMaskField, 1)
		inner = &member.v4
		if size == 16 {
			inner = &member.v6
		}
	}
	w.addr(inner, size)
	w.leave(&pimDataField, end)
}

func (w *pimWalk) addrAt(at, size int) netip.Addr {
	if size == 4 {
		return addr4(w.b, at)
	}
	return addr16(w.b, at)
}

// options describes the options of a Hello.
func (w *pimWalk) options() {
	for !w.short && w.end-w.at >= 4 {
		t, n := bigEndian(w.b[w.at:w.at+2]), int(bigEndian(w.b[w.at+2:w.at+4]))
		outer, ok := w.enter(&pimOptionField, 4+n)
		if !ok {
			return
		}
		w.uint(&pimOptTypeField, 2)
		w.uint(&pimOptLenField, 2)
		switch t {
		case 1:
			w.uint(&pimHoldTimeField, 2)
		case 2:
			w.parts(2, pimDelayParts)
			w.uint(&pimOverrideField, 2)
		case 19:
			w.uint(&pimDRField, 4)
		case 20:
			w.uint(&pimGenerationFld, 4)
		case 21:
			w.uint(&pimSRVersionField, 1)
			w.uint(&pimSRIntervalFld, 1)
			w.uint(&pimSRReservedFld, 2)
		case 24, 65001:
			for !w.short && w.at < w.end {
				w.address(pimListField, nil)
			}
		}
		w.leave(&pimOptValueField, outer)
	}
}

func (w *pimWalk) joinPrune() {
	w.address(pimUpstreamField, nil)
	w.bytes(&pimReservedField, 1)
	n := w.uint(&pimNumGroupsFld, 1)
	w.uint(&pimHoldTimeField, 2)
	for ; n > 0 && !w.short; n-- {
		w.address(pimGroupField, pimGroupParts)
		joins := w.uint(&pimNumJoinsFld, 2)
		prunes := w.uint(&pimNumPrunesFld, 2)
		for ; joins > 0 && !w.short; joins-- {
			w.address(pimJoinField, pimSourceParts)
		}
		for ; prunes > 0 && !w.short; prunes-- {
			w.address(pimPruneField, pimSourceParts)
		}
	}
}

func (w *pimWalk) bootstrap() {
	w.uint(&pimTagField, 2)
	w.uint(&pimHashField, 1)
	w.uint(&pimBSRPrioField, 1)
	w.address(pimBSRField, nil)
	for !w.short && w.at < w.end {
		w.address(pimGroupField, pimGroupParts)
		w.uint(&pimRPCountField, 1)
		n := w.uint(&pimFRPCountField, 1)
		w.bytes(&pimZeroField, 2)
		for ; n > 0 && !w.short; n-- {
			w.address(pimRPField, nil)
			w.uint(&pimHoldTimeField, 2)
			w.uint(&pimPriorityField, 1)
			w.bytes(&pimReservedField, 1)
		}
	}
}

// election describes a message of the election of a designated forwarder (RFC 5015 section 3.7).
func (w *pimWalk) election(subtype uint8) {
	w.address(pimRPField, nil)
	w.uint(&pimDFPrefField, 4)
	w.uint(&pimMetricField, 4)
	switch subtype {
	case 3:
		w.address(pimOffererField, nil)
		w.uint(&pimOffPrefField, 4)
		w.uint(&pimOffMetricField, 4)
		w.uint(&pimOffTimeField, 2)
	case 4:
		w.address(pimWinnerField, nil)
		w.uint(&pimWinPrefField, 4)
		w.uint(&pimWinMetricField, 4)
	}
}
