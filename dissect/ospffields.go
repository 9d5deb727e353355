package dissect

var (
	ospfVersionField  = Field{Name: "ospf.version", Label: "v", Title: "Version", Rank: 1}
	ospfTypeField     = Field{Name: "ospf.msg", Label: "type", Title: "Message Type", Rank: 2}
	ospfTypeNameField = Field{Name: "ospf.msg", Label: "type", Title: "Message Type", Rank: 2, Form: FormBare}
	ospfLengthField   = Field{Name: "ospf.packet_length", Label: "len", Title: "Packet Length", Rank: 9}
	ospfRouterField   = Field{Name: "ospf.srcrouter", Label: "router", Title: "Source OSPF Router", Rank: 3}
	ospfAreaField     = Field{Name: "ospf.area_id", Label: "area", Title: "Area ID", Rank: 4}
	ospfChecksumField = Field{Name: "ospf.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	ospfVerdictField  = Field{Label: "chksum", Title: "Checksum Verdict", Base: Hex}
	ospfInstanceField = Field{Name: "ospf.instance_id", Label: "instance", Title: "Instance ID", Rank: 5, Form: FormNonzero}
	ospfReservedField = Field{Name: "ospf.reserved", Label: "reserved", Title: "Reserved"}

	ospfAuthTypeField   = Field{Name: "ospf.auth.type", Label: "auth", Title: "Auth Type", Rank: 5, Form: FormNonzero}
	ospfAuthNoneField   = Field{Name: "ospf.auth.none", Label: "authdata", Title: "Auth Data (none)"}
	ospfAuthSimpleField = Field{Name: "ospf.auth.simple", Label: "password", Title: "Auth Data (Simple)"}
	ospfAuthZeroField   = Field{Label: "reserved", Title: "Reserved"}
	ospfAuthKeyField    = Field{Name: "ospf.auth.crypt.key_id", Label: "keyid", Title: "Auth Crypt Key id"}
	ospfAuthLenField    = Field{Name: "ospf.auth.crypt.data_length", Label: "digestlen", Title: "Auth Crypt Data Length"}
	ospfAuthSeqField    = Field{Name: "ospf.auth.crypt.seq_nbr", Label: "authseq", Title: "Auth Crypt Sequence Number"}
	ospfAuthDataField   = Field{Name: "ospf.auth.crypt.data", Label: "digest", Title: "Auth Crypt Data"}
	ospfAuthOtherField  = Field{Name: "ospf.auth.unknown", Label: "authdata", Title: "Auth Data (unknown)"}
	ospfRestField       = Field{Label: "rest", Title: "Behind the message"}
	ospfDataField       = Field{Label: "data", Title: "Data"}

	ospfMaskField      = Field{Name: "ospf.hello.network_mask", Label: "mask", Title: "Network Mask", Rank: 6}
	ospfHelloField     = Field{Name: "ospf.hello.hello_interval", Label: "interval", Title: "Hello Interval (s)", Rank: 7}
	ospfDeadField      = Field{Name: "ospf.hello.router_dead_interval", Label: "dead", Title: "Router Dead Interval (s)", Rank: 7}
	ospfPriorityField  = Field{Name: "ospf.hello.router_priority", Label: "prio", Title: "Router Priority", Rank: 7}
	ospfInterfaceField = Field{Name: "ospf.hello.interface_id", Label: "ifid", Title: "Interface ID", Rank: 6}
	ospfDRField        = Field{Name: "ospf.hello.designated_router", Label: "dr", Title: "Designated Router", Rank: 8}
	ospfBackupField    = Field{Name: "ospf.hello.backup_designated_router", Label: "bdr", Title: "Backup Designated Router", Rank: 8}
	ospfNeighborField  = Field{Name: "ospf.hello.active_neighbor", Label: "neighbor", Title: "Active Neighbor", Rank: 8}

	ospfMTUField   = Field{Name: "ospf.db.interface_mtu", Label: "mtu", Title: "Interface MTU", Rank: 6}
	ospfDBDField   = Field{Name: "ospf.dbd", Label: "flags", Title: "DB Description", Base: Hex}
	ospfDDSeqField = Field{Name: "ospf.db.dd_sequence", Label: "seq", Title: "DD Sequence", Rank: 7}

	ospfLSAsField     = Field{Name: "ospf.ls.number_of_lsas", Label: "lsas", Title: "Number of LSAs", Rank: 6}
	ospfLSAField      = Field{Label: "lsa", Title: "Link State Advertisement"}
	ospfRequestField  = Field{Label: "request", Title: "Link State Request"}
	ospfAgeField      = Field{Name: "ospf.lsa.age", Label: "age", Title: "LS Age (s)", Mask: 0x7fff}
	ospfNoAgeField    = Field{Name: "ospf.lsa.donotage", Label: "donotage", Title: "Do Not Age", Mask: 0x8000}
	ospf3NoAgeField   = Field{Name: "ospf.v3.lsa.do_not_age", Label: "donotage", Title: "Do Not Age", Mask: 0x8000}
	ospfLSTypeField   = Field{Name: "ospf.lsa", Label: "lsa", Title: "LS Type", Rank: 8}
	ospfLSNameField   = Field{Name: "ospf.lsa", Label: "lsa", Title: "LS Type", Rank: 8, Form: FormBare}
	ospf3LSTypeField  = Field{Name: "ospf.v3.lsa", Label: "lsa", Title: "LS Type", Base: Hex, Rank: 8}
	ospf3LSNameField  = Field{Name: "ospf.v3.lsa", Label: "lsa", Title: "LS Type", Base: Hex, Rank: 8, Form: FormBare}
	ospfLSIDField     = Field{Name: "ospf.lsa.id", Label: "id", Title: "Link State ID", Rank: 8}
	ospfLinkIDField   = Field{Name: "ospf.link_state_id", Label: "id", Title: "Link State ID", Rank: 8}
	ospfOpaqueField   = Field{Name: "ospf.lsid_opaque_type", Label: "opaque", Title: "Link State ID Opaque Type", Rank: 8}
	ospfOpaqueIDField = Field{Name: "ospf.lsid.opaque_id", Label: "id", Title: "Link State ID Opaque ID", Rank: 8}
	ospfTEZeroField   = Field{Name: "ospf.lsid_te_lsa.reserved", Label: "reserved", Title: "Link State ID TE-LSA Reserved"}
	ospfTEIDField     = Field{Name: "ospf.lsid_te_lsa.instance", Label: "id", Title: "Link State ID TE-LSA Instance", Rank: 8}
	ospfAdvField      = Field{Name: "ospf.advrouter", Label: "adv", Title: "Advertising Router", Rank: 8}
	ospfLSSeqField    = Field{Name: "ospf.lsa.seqnum", Label: "seq", Title: "Sequence Number", Base: Hex}
	ospfLSSumField    = Field{Name: "ospf.lsa.chksum", Label: "chksum", Title: "Checksum", Base: Hex}
	ospfLSLenField    = Field{Name: "ospf.lsa.length", Label: "len", Title: "Length"}

	ospfOptionsField  = Field{Name: "ospf.v2.options", Label: "options", Title: "Options", Base: Hex}
	ospf3OptionsField = Field{Name: "ospf.v3.options", Label: "options", Title: "Options", Base: Hex}

	ospfRouterFlagsField  = Field{Name: "ospf.v2.router.lsa.flags", Label: "flags", Title: "Flags", Base: Hex}
	ospf3RouterFlagsField = Field{Name: "ospf.v3.router.lsa.flags", Label: "flags", Title: "Flags", Base: Hex}
	ospfLinksField        = Field{Name: "ospf.lsa.number_of_links", Label: "links", Title: "Number of Links"}
	ospfLinkField         = Field{Label: "link", Title: "Link"}
	ospfLinkTargetField   = Field{Name: "ospf.lsa.router.linkid", Label: "link", Title: "Link ID"}
	ospfLinkDataField     = Field{Name: "ospf.lsa.router.linkdata", Label: "data", Title: "Link Data"}
	ospfLinkTypeField     = Field{Name: "ospf.lsa.router.linktype", Label: "type", Title: "Link Type"}
	ospfLinkMetricsField  = Field{Name: "ospf.lsa.router.nummetrics", Label: "metrics", Title: "Number of Metrics"}
	ospfLinkMetricField   = Field{Name: "ospf.lsa.router.metric0", Label: "metric", Title: "0 Metric"}
	ospfLinkTOSField      = Field{Label: "tos", Title: "TOS"}
	ospfLinkTOSMetricFld  = Field{Label: "metric", Title: "Metric"}

	ospfNetMaskField     = Field{Name: "ospf.lsa.network.netmask", Label: "mask", Title: "Netmask"}
	ospfAttachedField    = Field{Name: "ospf.lsa.network.attchrtr", Label: "router", Title: "Attached Router"}
	ospfSummaryMaskField = Field{Name: "ospf.lsa.asbr.netmask", Label: "mask", Title: "Netmask"}
	ospfTOSField         = Field{Name: "ospf.lsa.tos", Label: "tos", Title: "TOS"}
	ospfMetricField      = Field{Name: "ospf.metric", Label: "metric", Title: "Metric"}
	ospfExtMaskField     = Field{Name: "ospf.lsa.asext.netmask", Label: "mask", Title: "Netmask"}
	ospfExtTypeField     = Field{Name: "ospf.lsa.asext.type", Label: "type2", Title: "External Type 2", Mask: 0x80}
	ospfExtTOSField      = Field{Label: "tos", Title: "TOS", Mask: 0x7f}
	ospfExtForwardField  = Field{Name: "ospf.lsa.asext.fwdaddr", Label: "forward", Title: "Forwarding Address"}
	ospfExtTagField      = Field{Name: "ospf.lsa.asext.extrttag", Label: "tag", Title: "External Route Tag"}
	ospfTLVField         = Field{Label: "tlv", Title: "TLV"}
	ospfTLVTypeField     = Field{Name: "ospf.tlv_type", Label: "type", Title: "TLV Type"}
	ospfTLVOpaqueField   = Field{Name: "ospf.tlv_type.opaque", Label: "type", Title: "TLV Type"}
	ospfTLVLenField      = Field{Name: "ospf.tlv_length", Label: "len", Title: "TLV Length"}
	ospfTLVValueField    = Field{Label: "value", Title: "Value"}

	ospfLLSField       = Field{Label: "lls", Title: "LLS Data Block"}
	ospfLLSSumField    = Field{Name: "ospf.lls.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	ospfLLSLenField    = Field{Label: "len", Title: "LLS Data Length in 4 octets"}
	ospf3LinkTypeField = Field{Name: "ospf.v3.lsa.type", Label: "type", Title: "Type"}
	ospf3LinkIfField   = Field{Name: "ospf.v3.lsa.interface_id", Label: "ifid", Title: "Interface ID"}
	ospf3LinkPeerField = Field{Name: "ospf.v3.lsa.neighbor_interface_id", Label: "peerifid", Title: "Neighbor Interface ID"}
	ospf3LinkRtrField  = Field{Name: "ospf.v3.lsa.neighbor_router_id", Label: "peer", Title: "Neighbor Router ID"}
	ospf3AttachedField = Field{Name: "ospf.v3.lsa.attached_router", Label: "router", Title: "Attached Router"}
	ospf3PrefixLen     = Field{Name: "ospf.prefix_length", Label: "prefixlen", Title: "PrefixLength"}
	ospf3PrefixOptions = Field{Name: "ospf.v3.prefix.options", Label: "options", Title: "PrefixOptions", Base: Hex}
	ospf3PrefixField   = Field{Name: "ospf.v3.address_prefix.ipv6", Label: "prefix", Title: "Address Prefix"}
	ospf3PrefixGroup   = Field{Label: "prefix", Title: "Prefix"}
	ospf3ExtFlagsField = Field{Name: "ospf.v3.as.external.flags", Label: "flags", Title: "Flags", Base: Hex}
	ospf3RefTypeField  = Field{Name: "ospf.v3.lsa.referenced_ls_type", Label: "reftype", Title: "Referenced LS Type", Base: Hex}
	ospf3RefIDField    = Field{Name: "ospf.v3.lsa.referenced_link_state_id", Label: "refid", Title: "Referenced Link State ID"}
	ospf3RefAdvField   = Field{Name: "ospf.v3.lsa.referenced_advertising_router", Label: "refadv", Title: "Referenced Advertising Router"}
	ospf3ForwardField  = Field{Name: "ospf.v3.lsa.forwarding_address.ipv6", Label: "forward", Title: "Forwarding Address"}
	ospf3TagField      = Field{Name: "ospf.v3.lsa.external_route_tag", Label: "tag", Title: "External Route Tag"}
	ospf3PriorityField = Field{Name: "ospf.v3.lsa.router_priority", Label: "prio", Title: "Router Priority"}
	ospf3LinkLocal     = Field{Name: "ospf.v3.lsa.link_local_interface_address.ipv6", Label: "addr", Title: "Link-local Interface Address"}
	ospf3PrefixesField = Field{Name: "ospf.v3.lsa.num_prefixes", Label: "prefixes", Title: "Number of Prefixes"}

	ospfATField     = Field{Label: "at", Title: "Authentication Trailer"}
	ospfATTypeField = Field{Name: "ospf.at.auth_type", Label: "type", Title: "Authentication Type"}
	ospfATLenField  = Field{Name: "ospf.at.auth_data_len", Label: "len", Title: "Authentication Data Length"}
	ospfATZeroField = Field{Name: "ospf.at.reserved", Label: "reserved", Title: "Reserved", Base: Hex}
	ospfATSAField   = Field{Name: "ospf.at.sa_id", Label: "said", Title: "Security Association ID", Base: Hex}
	ospfATSeqField  = Field{Name: "ospf.at.crypto_seq_nbr", Label: "seq", Title: "Cryptographic Sequence Number"}
	ospfATDataField = Field{Label: "digest", Title: "Authentication Data"}
)

var (
	ospfOptionParts = []*Field{
		{Name: "ospf.v2.options.dn", Label: "dn", Title: "DN", Mask: 0x80},
		{Name: "ospf.v2.options.o", Label: "o", Title: "O", Mask: 0x40},
		{Name: "ospf.v2.options.dc", Label: "dc", Title: "Demand Circuits", Mask: 0x20},
		{Name: "ospf.v2.options.l", Label: "l", Title: "LLS Data block", Mask: 0x10},
		{Name: "ospf.v2.options.n", Label: "n", Title: "NSSA", Mask: 0x08},
		{Name: "ospf.v2.options.mc", Label: "mc", Title: "Multicast", Mask: 0x04},
		{Name: "ospf.v2.options.e", Label: "e", Title: "External Routing", Mask: 0x02},
		{Name: "ospf.v2.options.mt", Label: "mt", Title: "Multi-Topology Routing", Mask: 0x01},
	}
	ospfNSSAOptionParts = []*Field{ // in the header of an NSSA LSA, a bit has another meaning (RFC 3101 section 2.3)
		{Name: "ospf.v2.options.dn", Label: "dn", Title: "DN", Mask: 0x80},
		{Name: "ospf.v2.options.o", Label: "o", Title: "O", Mask: 0x40},
		{Name: "ospf.v2.options.dc", Label: "dc", Title: "Demand Circuits", Mask: 0x20},
		{Name: "ospf.v2.options.l", Label: "l", Title: "LLS Data block", Mask: 0x10},
		{Name: "ospf.v2.options.p", Label: "p", Title: "Propagate", Mask: 0x08},
		{Name: "ospf.v2.options.mc", Label: "mc", Title: "Multicast", Mask: 0x04},
		{Name: "ospf.v2.options.e", Label: "e", Title: "External Routing", Mask: 0x02},
		{Name: "ospf.v2.options.mt", Label: "mt", Title: "Multi-Topology Routing", Mask: 0x01},
	}
	ospf3OptionParts = []*Field{
		{Label: "reserved", Title: "Reserved", Mask: 0xfff8c0},
		{Name: "ospf.v3.options.at", Label: "at", Title: "AT", Mask: 0x400},
		{Name: "ospf.v3.options.l", Label: "l", Title: "L", Mask: 0x200},
		{Name: "ospf.v3.options.af", Label: "af", Title: "AF", Mask: 0x100},
		{Name: "ospf.v3.options.dc", Label: "dc", Title: "DC", Mask: 0x20},
		{Name: "ospf.v3.options.r", Label: "r", Title: "R", Mask: 0x10},
		{Name: "ospf.v3.options.n", Label: "n", Title: "N", Mask: 0x08},
		{Name: "ospf.v3.options.mc", Label: "mc", Title: "MC", Mask: 0x04},
		{Name: "ospf.v3.options.e", Label: "e", Title: "E", Mask: 0x02},
		{Name: "ospf.v3.options.v6", Label: "v6", Title: "V6", Mask: 0x01},
	}
	ospfDBDParts = []*Field{
		{Label: "reserved", Title: "Reserved", Mask: 0xf0},
		{Name: "ospf.dbd.r", Label: "r", Title: "OOBResync", Mask: 0x08},
		{Name: "ospf.dbd.i", Label: "init", Title: "Init", Mask: 0x04, Rank: 6, Form: FormFlag},
		{Name: "ospf.dbd.m", Label: "more", Title: "More", Mask: 0x02, Rank: 6, Form: FormFlag},
		{Name: "ospf.dbd.ms", Label: "master", Title: "Master", Mask: 0x01, Rank: 6, Form: FormFlag},
	}
	ospfAgeParts   = []*Field{&ospfNoAgeField, &ospfAgeField}
	ospf3AgeParts  = []*Field{&ospf3NoAgeField, &ospfAgeField}
	ospfExtParts   = []*Field{&ospfExtTypeField, &ospfExtTOSField}
	ospf3TypeParts = []*Field{
		{Name: "ospf.v3.lsa.u", Label: "u", Title: "LSA Handling", Mask: 0x8000},
		{Name: "ospf.v3.lsa.s12", Label: "scope", Title: "Flooding Scope", Mask: 0x6000},
		{Name: "ospf.v3.lsa.fc", Label: "fc", Title: "Function Code", Mask: 0x1fff},
	}
	ospfRouterParts = []*Field{
		{Name: "ospf.v2.router.lsa.flags.h", Label: "h", Title: "H", Mask: 0x80},
		{Label: "reserved", Title: "Reserved", Mask: 0x60},
		{Name: "ospf.v2.router.lsa.flags.n", Label: "n", Title: "N", Mask: 0x10},
		{Name: "ospf.v2.router.lsa.flags.w", Label: "w", Title: "Wild-card multicast receiver", Mask: 0x08},
		{Name: "ospf.v2.router.lsa.flags.v", Label: "v", Title: "Virtual link endpoint", Mask: 0x04},
		{Name: "ospf.v2.router.lsa.flags.e", Label: "e", Title: "AS boundary router", Mask: 0x02},
		{Name: "ospf.v2.router.lsa.flags.b", Label: "b", Title: "Area border router", Mask: 0x01},
	}
	ospf3RouterParts = []*Field{
		{Label: "reserved", Title: "Reserved", Mask: 0xe0},
		{Label: "nt", Title: "NSSA translator", Mask: 0x10},
		{Name: "ospf.v3.router.lsa.flags.w", Label: "w", Title: "Wild-card multicast receiver", Mask: 0x08},
		{Name: "ospf.v3.router.lsa.flags.v", Label: "v", Title: "Virtual link endpoint", Mask: 0x04},
		{Name: "ospf.v3.router.lsa.flags.e", Label: "e", Title: "AS boundary router", Mask: 0x02},
		{Name: "ospf.v3.router.lsa.flags.b", Label: "b", Title: "Area border router", Mask: 0x01},
	}
	ospf3PrefixParts = []*Field{
		{Label: "reserved", Title: "Reserved", Mask: 0xe0},
		{Label: "dn", Title: "DN", Mask: 0x10},
		{Name: "ospf.v3.prefix.options.p", Label: "p", Title: "Propagate", Mask: 0x08},
		{Name: "ospf.v3.prefix.options.mc", Label: "mc", Title: "Multicast", Mask: 0x04},
		{Name: "ospf.v3.prefix.options.la", Label: "la", Title: "Local Address", Mask: 0x02},
		{Name: "ospf.v3.prefix.options.nu", Label: "nu", Title: "NoUnicast", Mask: 0x01},
	}
	ospf3ExtParts = []*Field{
		{Label: "reserved", Title: "Reserved", Mask: 0xf8},
		{Name: "ospf.v3.as.external.flags.e", Label: "e", Title: "External Metric", Mask: 0x04},
		{Name: "ospf.v3.as.external.flags.f", Label: "f", Title: "Forwarding Address", Mask: 0x02},
		{Name: "ospf.v3.as.external.flags.t", Label: "t", Title: "External Route Tag", Mask: 0x01},
	}
)

// ospfWalk describes one message.
type ospfWalk struct {
	fieldWalk
	v3 bool
}

// Fields describes the message to s. sum is the verdict on the checksum.
func (m OSPF) Fields(s Sink, sum ChecksumResult) {
	w := ospfWalk{newFieldWalk(s, m), m.Version() == 3}
	w.uint(&ospfVersionField, 1)
	typ := &ospfTypeField
	if m.Type().Name() != "" {
		typ = &ospfTypeNameField
	}
	w.enum(typ, 1, m.Type().Name())
	w.uint(&ospfLengthField, 2)
	w.addr(&ospfRouterField, 4)
	w.addr(&ospfAreaField, 4)
	w.uint(&ospfChecksumField, 2)
	s.Checksum(&ospfVerdictField, ospfChecksum, 0, m.Checksum(), sum)
	digest := 0
	if w.v3 {
		w.uint(&ospfInstanceField, 1)
		w.bytes(&ospfReservedField, 1)
	} else {
		w.uint(&ospfAuthTypeField, 2)
		switch m.AuthType() {
		case OSPFAuthNone:
			w.bytes(&ospfAuthNoneField, 8)
		case OSPFAuthSimple:
			w.text(&ospfAuthSimpleField, 8)
		case OSPFAuthCrypto:
			w.bytes(&ospfAuthZeroField, 2)
			w.uint(&ospfAuthKeyField, 1)
			digest = int(w.uint(&ospfAuthLenField, 1))
			w.uint(&ospfAuthSeqField, 4)
		default:
			w.bytes(&ospfAuthOtherField, 8)
		}
	}
	whole := w.end
	w.end = m.end()
	w.body(m.Type())
	w.rest(&ospfDataField)
	w.end = whole
	w.behind(digest)
	w.rest(&ospfRestField)
}

// body describes what follows the header.
func (w *ospfWalk) body(t OSPFType) {
	switch t {
	case OSPFHello:
		w.hello()
	case OSPFDatabase:
		if w.v3 {
			w.bytes(&ospfReservedField, 1)
			w.options()
		}
		w.uint(&ospfMTUField, 2)
		if w.v3 {
			w.bytes(&ospfReservedField, 1)
		} else {
			w.options()
		}
		w.flags(&ospfDBDField, 1, ospfDBDParts)
		w.uint(&ospfDDSeqField, 4)
		w.headers()
	case OSPFRequest:
		w.requests()
	case OSPFUpdate:
		for n := w.uint(&ospfLSAsField, 4); n > 0 && !w.short && w.at < w.end; n-- {
			w.lsa()
		}
	case OSPFAck:
		w.headers()
	}
}

// options describes the options of the version: one byte, or three.
func (w *ospfWalk) options() {
	if w.v3 {
		w.flags(&ospf3OptionsField, 3, ospf3OptionParts)
	} else {
		w.flags(&ospfOptionsField, 1, ospfOptionParts)
	}
}

func (w *ospfWalk) hello() {
	if w.v3 {
		w.uint(&ospfInterfaceField, 4)
		w.uint(&ospfPriorityField, 1)
		w.options()
		w.uint(&ospfHelloField, 2)
		w.uint(&ospfDeadField, 2)
	} else {
		w.addr(&ospfMaskField, 4)
		w.uint(&ospfHelloField, 2)
		w.options()
		w.uint(&ospfPriorityField, 1)
		w.uint(&ospfDeadField, 4)
	}
	w.addr(&ospfDRField, 4)
	w.addr(&ospfBackupField, 4)
	w.addrs(&ospfNeighborField)
}

// addrs describes addresses up to the end.
func (w *ospfWalk) addrs(f *Field) {
	for !w.short && w.end-w.at >= 4 {
		w.addr(f, 4)
	}
}

func (w *ospfWalk) requests() {
	for !w.short && w.end-w.at >= 12 {
		outer, _ := w.enter(&ospfRequestField, 12)
		if w.v3 {
			w.bytes(&ospfReservedField, 2)
		}
		w.lsType(2)
		w.addr(&ospfLinkIDField, 4)
		w.addr(&ospfAdvField, 4)
		w.leave(&ospfDataField, outer)
	}
}

// lsType describes the type of an LSA. In a request of version 2 it has four bytes, else one or, in version 3, two.
func (w *ospfWalk) lsType(where int) {
	if w.v3 {
		name := ospf3LSAName(w.peek(2))
		f := &ospf3LSTypeField
		if name != "" {
			f = &ospf3LSNameField
		}
		if !w.has(2) {
			return
		}
		w.s.Enum(f, w.at, 2, w.peek(2), name)
		w.s.Begin(f, w.at, 2)
		w.parts(2, ospf3TypeParts)
		w.s.End()
		return
	}
	n := 1
	if where == 2 {
		n = 4
	}
	name := ospfLSAName(w.peek(n))
	f := &ospfLSTypeField
	if name != "" {
		f = &ospfLSNameField
	}
	w.enum(f, n, name)
}

// headers describes LSA headers up to the end.
func (w *ospfWalk) headers() {
	for !w.short && w.end-w.at >= OSPFLSAHeaderLen {
		outer, _ := w.enter(&ospfLSAField, OSPFLSAHeaderLen)
		w.lsaHeader()
		w.leave(&ospfDataField, outer)
	}
}

// lsaHeader describes an LSA header, and gives the type and the first byte of the ID.
func (w *ospfWalk) lsaHeader() (t uint16, opaque uint8) {
	h := w.b[w.at:]
	if w.v3 {
		t = uint16(h[2])<<8 | uint16(h[3])
		w.parts(2, ospf3AgeParts)
		w.lsType(0)
		w.addr(&ospfLinkIDField, 4)
	} else {
		t, opaque = uint16(h[3]), h[4]
		w.parts(2, ospfAgeParts)
		if t == OSPFNSSALSA {
			w.flags(&ospfOptionsField, 1, ospfNSSAOptionParts)
		} else {
			w.options()
		}
		w.lsType(0)
		switch {
		case t < OSPFOpaqueLinkLSA || t > OSPFOpaqueDomainLSA:
			w.addr(&ospfLSIDField, 4)
		case opaque == OSPFOpaqueTE:
			w.uint(&ospfOpaqueField, 1)
			w.uint(&ospfTEZeroField, 1)
			w.uint(&ospfTEIDField, 2)
		default:
			w.uint(&ospfOpaqueField, 1)
			w.uint(&ospfOpaqueIDField, 3)
		}
	}
	w.addr(&ospfAdvField, 4)
	w.uint(&ospfLSSeqField, 4)
	w.uint(&ospfLSSumField, 2)
	w.uint(&ospfLSLenField, 2)
	return t, opaque
}

// lsa describes a whole LSA.
func (w *ospfWalk) lsa() {
	if !w.has(OSPFLSAHeaderLen) {
		return
	}
	n := int(bigEndian(w.b[w.at+18 : w.at+20]))
	if n < OSPFLSAHeaderLen {
		w.short = true
		return
	}
	outer, ok := w.enter(&ospfLSAField, n)
	if !ok {
		return
	}
	t, opaque := w.lsaHeader()
	if w.v3 {
		w.body3(t)
	} else {
		w.body2(t, opaque)
	}
	w.leave(&ospfDataField, outer)
}

// body2 describes what follows the header of an LSA of version 2.
func (w *ospfWalk) body2(t uint16, opaque uint8) {
	switch t {
	case OSPFRouterLSA:
		w.flags(&ospfRouterFlagsField, 1, ospfRouterParts)
		w.bytes(&ospfAuthZeroField, 1)
		for n := w.uint(&ospfLinksField, 2); n > 0 && !w.short; n-- {
			w.link()
		}
	case OSPFNetworkLSA:
		w.addr(&ospfNetMaskField, 4)
		w.addrs(&ospfAttachedField)
	case OSPFSummaryLSA, OSPFASBRLSA:
		w.addr(&ospfSummaryMaskField, 4)
		for !w.short && w.end-w.at >= 4 {
			w.uint(&ospfTOSField, 1)
			w.uint(&ospfMetricField, 3)
		}
	case OSPFExternalLSA, OSPFNSSALSA:
		w.addr(&ospfExtMaskField, 4)
		for !w.short && w.end-w.at >= 12 {
			w.parts(1, ospfExtParts)
			w.uint(&ospfMetricField, 3)
			w.addr(&ospfExtForwardField, 4)
			w.uint(&ospfExtTagField, 4)
		}
	case OSPFOpaqueLinkLSA, OSPFOpaqueAreaLSA, OSPFOpaqueDomainLSA:
		switch opaque {
		case OSPFOpaqueTE, OSPFOpaqueGrace:
			w.tlvs(&ospfTLVTypeField)
		case OSPFOpaqueInformation:
			w.tlvs(&ospfTLVOpaqueField)
		}
	}
}

// link describes a link of a router.
func (w *ospfWalk) link() {
	if !w.has(12) {
		return
	}
	outer, ok := w.enter(&ospfLinkField, 12+4*int(w.b[w.at+9]))
	if !ok {
		return
	}
	w.addr(&ospfLinkTargetField, 4)
	w.addr(&ospfLinkDataField, 4)
	w.uint(&ospfLinkTypeField, 1)
	n := w.uint(&ospfLinkMetricsField, 1)
	w.uint(&ospfLinkMetricField, 2)
	for ; n > 0 && !w.short; n-- {
		w.uint(&ospfLinkTOSField, 1)
		w.bytes(&ospfAuthZeroField, 1)
		w.uint(&ospfLinkTOSMetricFld, 2)
	}
	w.leave(&ospfDataField, outer)
}

// tlvs describes types, lengths and values, padded to words.
func (w *ospfWalk) tlvs(typ *Field) {
	for !w.short && w.end-w.at >= 4 {
		n := 4 + (int(bigEndian(w.b[w.at+2:w.at+4]))+3)&^3
		outer, ok := w.enter(&ospfTLVField, min(n, w.end-w.at))
		if !ok {
			return
		}
		w.uint(typ, 2)
		w.uint(&ospfTLVLenField, 2)
		w.leave(&ospfTLVValueField, outer)
	}
}

// body3 describes what follows the header of an LSA of version 3.
func (w *ospfWalk) body3(t uint16) {
	switch t {
	case OSPFv3RouterLSA:
		w.flags(&ospf3RouterFlagsField, 1, ospf3RouterParts)
		w.options()
		for !w.short && w.end-w.at >= 16 {
			outer, _ := w.enter(&ospfLinkField, 16)
			w.uint(&ospf3LinkTypeField, 1)
			w.bytes(&ospfReservedField, 1)
			w.uint(&ospfMetricField, 2)
			w.uint(&ospf3LinkIfField, 4)
			w.uint(&ospf3LinkPeerField, 4)
			w.addr(&ospf3LinkRtrField, 4)
			w.leave(&ospfDataField, outer)
		}
	case OSPFv3NetworkLSA:
		w.bytes(&ospfReservedField, 1)
		w.options()
		w.addrs(&ospf3AttachedField)
	case OSPFv3InterPrefixLSA:
		w.bytes(&ospfReservedField, 1)
		w.uint(&ospfMetricField, 3)
		w.prefix(&ospfReservedField)
	case OSPFv3ExternalLSA, OSPFv3NSSALSA:
		flags := w.flags(&ospf3ExtFlagsField, 1, ospf3ExtParts)
		w.uint(&ospfMetricField, 3)
		ref := w.peek(4) & 0xffff
		w.prefix(&ospf3RefTypeField)
		if flags&2 != 0 {
			w.addr(&ospf3ForwardField, 16)
		}
		if flags&1 != 0 {
			w.uint(&ospf3TagField, 4)
		}
		if ref != 0 {
			w.addr(&ospf3RefIDField, 4)
		}
	case OSPFv3LinkLSA:
		w.uint(&ospf3PriorityField, 1)
		w.options()
		w.addr(&ospf3LinkLocal, 16)
		for n := w.uint(&ospf3PrefixesField, 4); n > 0 && !w.short; n-- {
			w.prefix(&ospfReservedField)
		}
	case OSPFv3IntraPrefixLSA:
		n := w.uint(&ospf3PrefixesField, 2)
		w.uint(&ospf3RefTypeField, 2)
		w.addr(&ospf3RefIDField, 4)
		w.addr(&ospf3RefAdvField, 4)
		for ; n > 0 && !w.short; n-- {
			w.prefix(&ospfMetricField)
		}
	}
}

// prefix describes a prefix; last is what the two bytes before its address are.
func (w *ospfWalk) prefix(last *Field) {
	n := int(w.peek(1))
	size := (n + 31) / 32 * 4
	if n > 128 {
		w.short = true
	}
	outer, ok := w.enter(&ospf3PrefixGroup, 4+size)
	if !ok {
		return
	}
	w.uint(&ospf3PrefixLen, 1)
	w.flags(&ospf3PrefixOptions, 1, ospf3PrefixParts)
	if last == &ospfReservedField {
		w.bytes(last, 2)
	} else {
		w.uint(last, 2)
	}
	if size > 0 {
		var addr [16]byte
		copy(addr[:], w.b[w.at:w.at+size])
		w.s.Addr(&ospf3PrefixField, w.at, size, addr16(addr[:], 0))
		w.at += size
	}
	w.leave(&ospfDataField, outer)
}

// behind describes what follows the message: a digest of that many bytes and link-local signaling in version 2, an authentication
// trailer in version 3.
func (w *ospfWalk) behind(digest int) {
	left := w.end - w.at
	switch {
	case w.v3 && left >= 16:
		n := int(bigEndian(w.b[w.at+2 : w.at+4]))
		if bigEndian(w.b[w.at:w.at+2]) != 1 || n < 16 || n > left {
			return
		}
		outer, _ := w.enter(&ospfATField, n)
		w.uint(&ospfATTypeField, 2)
		w.uint(&ospfATLenField, 2)
		w.uint(&ospfATZeroField, 2)
		w.uint(&ospfATSAField, 2)
		w.uint(&ospfATSeqField, 8)
		w.leave(&ospfATDataField, outer)
	case !w.v3 && digest > 0 && left >= digest:
		w.bytes(&ospfAuthDataField, digest)
	}
	if left = w.end - w.at; w.v3 || left < 4 {
		return
	}
	n := 4 * int(bigEndian(w.b[w.at+2:w.at+4]))
	if n < 4 {
		return
	}
	outer, ok := w.enter(&ospfLLSField, min(n, left))
	if !ok {
		return
	}
	w.uint(&ospfLLSSumField, 2)
	w.uint(&ospfLLSLenField, 2)
	w.tlvs(&ospfTLVTypeField)
	w.leave(&ospfDataField, outer)
}
