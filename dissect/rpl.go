package dissect

// Codes of RPL messages (RFC 6550 section 6, RFC 6997). rplSecure is set in the secure variants.
const (
	rplSolicit     = 0 // DODAG Information Solicitation
	rplInfo        = 1 // DODAG Information Object
	rplAdvert      = 2 // Destination Advertisement Object
	rplAdvertAck   = 3
	rplDiscoverRep = 4 // P2P Discovery Reply Object
	rplConsistency = 0x0a
	rplSecure      = 0x80
)

var (
	rplDISFlags     = Field{Name: "icmpv6.rpl.dis.flags", Title: "Flags"}
	rplReserved     = Field{Name: "icmpv6.reserved", Title: "Reserved"}
	rplDIOInstance  = Field{Name: "icmpv6.rpl.dio.instance", Label: "instance", Title: "RPL instance", Rank: 3}
	rplDIOVersion   = Field{Name: "icmpv6.rpl.dio.version", Label: "version", Title: "Version", Rank: 3}
	rplDIORank      = Field{Name: "icmpv6.rpl.dio.rank", Label: "rank", Title: "Rank", Rank: 3}
	rplDIOFlags     = Field{Name: "icmpv6.rpl.dio.flag", Title: "Flags", Base: Hex}
	rplDIOMore      = Field{Name: "icmpv6.rpl.dio.flag", Title: "Flags, unused", Base: Hex}
	rplDIODTSN      = Field{Name: "icmpv6.rpl.dio.dtsn", Title: "Destination advertisement trigger sequence number"}
	rplDIOID        = Field{Name: "icmpv6.rpl.dio.dagid", Label: "dodag", Title: "DODAG ID", Rank: 4}
	rplDAOInstance  = Field{Name: "icmpv6.rpl.dao.instance", Label: "instance", Title: "RPL instance", Rank: 3}
	rplDAOFlags     = Field{Name: "icmpv6.rpl.dao.flag", Title: "Flags", Base: Hex}
	rplDAOSeq       = Field{Name: "icmpv6.rpl.dao.sequence", Label: "seq", Title: "DAO sequence", Rank: 3}
	rplDAOID        = Field{Name: "icmpv6.rpl.dao.dodagid", Label: "dodag", Title: "DODAG ID", Rank: 4}
	rplAckInstance  = Field{Name: "icmpv6.rpl.daoack.instance", Label: "instance", Title: "RPL instance", Rank: 3}
	rplAckFlags     = Field{Name: "icmpv6.rpl.daoack.flag", Title: "Flags", Base: Hex}
	rplAckSeq       = Field{Name: "icmpv6.rpl.daoack.sequence", Label: "seq", Title: "DAO sequence", Rank: 3}
	rplAckStatus    = Field{Name: "icmpv6.rpl.daoack.status", Label: "status", Title: "Status", Rank: 3}
	rplAckID        = Field{Name: "icmpv6.rpl.daoack.dodagid", Label: "dodag", Title: "DODAG ID", Rank: 4}
	rplDROInstance  = Field{Name: "icmpv6.rpl.p2p.dro.instance", Label: "instance", Title: "RPL instance", Rank: 3}
	rplDROVersion   = Field{Name: "icmpv6.rpl.p2p.dro.version", Title: "Version"}
	rplDROFlags     = Field{Name: "icmpv6.rpl.p2p.dro.flag", Title: "Flags", Base: Hex}
	rplDROID        = Field{Name: "icmpv6.rpl.p2p.dro.dagid", Label: "dodag", Title: "DODAG ID", Rank: 4}
	rplCCInstance   = Field{Name: "icmpv6.rpl.cc.instance", Label: "instance", Title: "RPL instance", Rank: 3}
	rplCCFlags      = Field{Name: "icmpv6.rpl.cc.flag", Title: "Flags", Base: Hex}
	rplCCNonce      = Field{Name: "icmpv6.rpl.cc.nonce", Title: "Nonce", Base: Hex}
	rplCCID         = Field{Name: "icmpv6.rpl.cc.dodagid", Label: "dodag", Title: "DODAG ID", Rank: 4}
	rplCCCounter    = Field{Name: "icmpv6.rpl.cc.destination_counter", Title: "Destination counter"}
	rplSecFlags     = Field{Name: "icmpv6.rpl.secure.flag", Title: "Security flags", Base: Hex}
	rplSecModes     = Field{Name: "icmpv6.rpl.secure.flag", Title: "Key mode and security level", Base: Hex}
	rplSecMore      = Field{Name: "icmpv6.rpl.secure.flag", Title: "Security flags, unused", Base: Hex}
	rplSecAlgorithm = Field{Name: "icmpv6.rpl.secure.algorithm", Title: "Algorithm"}
	rplSecCounter   = Field{Name: "icmpv6.rpl.secure.counter", Title: "Counter"}
	rplSecSource    = Field{Name: "icmpv6.rpl.secure.key.source", Title: "Key source"}
	rplSecIndex     = Field{Name: "icmpv6.rpl.secure.key.index", Title: "Key index"}
	rplOptGroup     = Field{Title: "Option"}
	rplOptType      = Field{Name: "icmpv6.rpl.opt.type", Title: "Option type"}
	rplOptLen       = Field{Name: "icmpv6.rpl.opt.length", Title: "Length"}
	rplOptPadding   = Field{Title: "Padding"}
	rplOptData      = Field{Title: "Data"}
	rplOptReserved  = Field{Title: "Reserved"}
	rplMetricType   = Field{Name: "icmpv6.rpl.opt.metric.type", Title: "Metric"}
	rplMetricKind   = Field{Title: "Type"}
	rplMetricFlags  = Field{Name: "icmpv6.rpl.opt.metric.flags", Title: "Flags", Base: Hex}
	rplMetricLen    = Field{Name: "icmpv6.rpl.opt.metric.length", Title: "Length of metric"}
	rplRouteLen     = Field{Name: "icmpv6.rpl.opt.route.prefix_length", Title: "Prefix length"}
	rplRouteFlags   = Field{Name: "icmpv6.rpl.opt.route.flag", Title: "Flags", Base: Hex}
	rplRouteLife    = Field{Name: "icmpv6.rpl.opt.route.lifetime", Title: "Route lifetime"}
	rplRoutePrefix  = Field{Name: "icmpv6.rpl.opt.route.prefix", Label: "route", Title: "Prefix", Rank: 5}
	rplConfigFlags  = Field{Name: "icmpv6.rpl.opt.config.flag", Title: "Flags", Base: Hex}
	rplTargetLen    = Field{Name: "icmpv6.rpl.opt.target.prefix_length", Title: "Target length"}
	rplTargetPrefix = Field{Name: "icmpv6.rpl.opt.target.prefix", Label: "target", Title: "Target", Rank: 5}
	rplTransitFlags = Field{Name: "icmpv6.rpl.opt.transit.flag", Title: "Flags", Base: Hex}
	rplTransitCtl   = Field{Name: "icmpv6.rpl.opt.transit.pathctl", Title: "Path control"}
	rplTransitSeq   = Field{Name: "icmpv6.rpl.opt.transit.pathseq", Title: "Path sequence"}
	rplTransitLife  = Field{Name: "icmpv6.rpl.opt.transit.pathlifetime", Title: "Path lifetime"}
	rplTransitAddr  = Field{Name: "icmpv6.rpl.opt.transit.parent", Label: "parent", Title: "Parent address", Rank: 5}
	rplWantInstance = Field{Name: "icmpv6.rpl.opt.solicited.instance", Title: "Instance"}
	rplWantFlags    = Field{Name: "icmpv6.rpl.opt.solicited.flag", Title: "Predicates", Base: Hex}
	rplWantID       = Field{Name: "icmpv6.rpl.opt.solicited.dodagid", Title: "DODAG ID"}
	rplWantVersion  = Field{Name: "icmpv6.rpl.opt.solicited.version", Title: "Version"}
	rplPrefixLen    = Field{Name: "icmpv6.rpl.opt.prefix.length", Title: "Prefix length"}
	rplPrefixFlags  = Field{Name: "icmpv6.rpl.opt.prefix.flag", Title: "Flags", Base: Hex}
	rplPrefixValid  = Field{Name: "icmpv6.rpl.opt.prefix.valid_lifetime", Title: "Valid lifetime"}
	rplPrefixPref   = Field{Name: "icmpv6.rpl.opt.prefix.preferred_lifetime", Title: "Preferred lifetime"}
	rplPrefix       = Field{Name: "icmpv6.rpl.opt.prefix", Label: "prefix", Title: "Prefix", Rank: 5}
	rplDescriptor   = Field{Name: "icmpv6.rpl.opt.targetdesc.descriptor", Title: "Descriptor", Base: Hex}

	rplDIOParts = []*Field{
		{Name: "icmpv6.rpl.dio.flag.g", Title: "Grounded", Mask: 0x80},
		{Name: "icmpv6.rpl.dio.flag.0", Title: "Zero", Mask: 0x40},
		{Name: "icmpv6.rpl.dio.flag.mop", Title: "Mode of operation", Mask: 0x38, Base: Hex},
		{Name: "icmpv6.rpl.dio.flag.preference", Title: "DODAG preference", Mask: 0x07},
	}
	rplDAOParts = []*Field{
		{Name: "icmpv6.rpl.dao.flag.k", Title: "DAO-ACK request", Mask: 0x80},
		{Name: "icmpv6.rpl.dao.flag.d", Title: "DODAG ID present", Mask: 0x40},
		{Name: "icmpv6.rpl.dao.flag.rsv", Title: "Reserved", Mask: 0x3f},
	}
	rplAckParts = []*Field{
		{Name: "icmpv6.rpl.daoack.flag.d", Title: "DODAG ID present", Mask: 0x80},
		{Name: "icmpv6.rpl.daoack.flag.rsv", Title: "Reserved", Mask: 0x7f},
	}
	rplDROParts = []*Field{
		{Name: "icmpv6.rpl.p2p.dro.flag.stop", Title: "Stop", Mask: 0x8000},
		{Name: "icmpv6.rpl.p2p.dro.flag.ack", Title: "Ack", Mask: 0x4000},
		{Name: "icmpv6.rpl.p2p.dro.flag.seq", Title: "Sequence", Mask: 0x3000},
		{Name: "icmpv6.rpl.p2p.dro.flag.reserved", Title: "Reserved", Mask: 0x0fff},
	}
	rplCCParts = []*Field{
		{Name: "icmpv6.rpl.cc.flag.r", Title: "Response", Mask: 0x80},
		{Name: "icmpv6.rpl.cc.flag.rsv", Title: "Reserved", Mask: 0x7f},
	}
	rplSecParts = []*Field{
		{Name: "icmpv6.rpl.secure.flag.t", Title: "Counter is time", Mask: 0x80},
		{Name: "icmpv6.rpl.secure.flag.rsv", Title: "Reserved", Mask: 0x7f},
	}
	rplSecModeParts = []*Field{
		{Name: "icmpv6.rpl.secure.kim", Title: "Key identifier mode", Mask: 0xc0},
		{Name: "icmpv6.rpl.secure.lvl", Title: "Security level", Mask: 0x07},
		{Name: "icmpv6.rpl.secure.rsv", Title: "Reserved", Mask: 0x38},
	}
	rplMetricParts = []*Field{
		{Name: "icmpv6.rpl.opt.metric.reserved", Title: "Reserved", Mask: 0xf800, Base: Hex},
		{Name: "icmpv6.rpl.opt.metric.flag.p", Title: "Partial", Mask: 0x0400},
		{Name: "icmpv6.rpl.opt.metric.flag.c", Title: "Constraint", Mask: 0x0200},
		{Name: "icmpv6.rpl.opt.metric.flag.o", Title: "Optional", Mask: 0x0100},
		{Name: "icmpv6.rpl.opt.metric.flag.r", Title: "Recorded", Mask: 0x0080},
		{Name: "icmpv6.rpl.opt.metric.flag.a", Title: "Aggregation", Mask: 0x0070, Base: Hex},
		{Name: "icmpv6.rpl.opt.metric.prec", Title: "Precedence", Mask: 0x000f, Base: Hex},
	}
	rplRouteParts = []*Field{
		{Title: "Reserved", Mask: 0xe0},
		{Name: "icmpv6.rpl.opt.route.pref", Title: "Preference", Mask: 0x18},
		{Title: "Reserved", Mask: 0x07},
	}
	rplConfigParts = []*Field{
		{Name: "icmpv6.rpl.opt.config.reserved", Title: "Reserved", Mask: 0xf0},
		{Name: "icmpv6.rpl.opt.config.auth", Title: "Authentication enabled", Mask: 0x08},
		{Name: "icmpv6.rpl.opt.config.pcs", Title: "Path control size", Mask: 0x07},
	}
	rplConfigFields = []struct {
		f Field
		n int
	}{
		{Field{Name: "icmpv6.rpl.opt.config.interval_double", Title: "DIO interval doublings"}, 1},
		{Field{Name: "icmpv6.rpl.opt.config.interval_min", Title: "DIO interval minimum"}, 1},
		{Field{Name: "icmpv6.rpl.opt.config.redundancy", Title: "DIO redundancy constant"}, 1},
		{Field{Name: "icmpv6.rpl.opt.config.max_rank_inc", Title: "Maximum rank increase"}, 2},
		{Field{Name: "icmpv6.rpl.opt.config.min_hop_rank_inc", Title: "Minimum hop rank increase"}, 2},
		{Field{Name: "icmpv6.rpl.opt.config.ocp", Title: "Objective code point"}, 2},
		{Field{Name: "icmpv6.rpl.opt.config.rsv", Title: "Reserved"}, 1},
		{Field{Name: "icmpv6.rpl.opt.config.def_lifetime", Title: "Default lifetime"}, 1},
		{Field{Name: "icmpv6.rpl.opt.config.lifetime_unit", Title: "Lifetime unit"}, 2},
	}
	rplTransitParts = []*Field{
		{Name: "icmpv6.rpl.opt.transit.flag.e", Title: "External", Mask: 0x80},
		{Name: "icmpv6.rpl.opt.transit.flag.rsv", Title: "Reserved", Mask: 0x7f},
	}
	rplWantParts = []*Field{
		{Name: "icmpv6.rpl.opt.solicited.flag.v", Title: "Version predicate", Mask: 0x80},
		{Name: "icmpv6.rpl.opt.solicited.flag.i", Title: "Instance predicate", Mask: 0x40},
		{Name: "icmpv6.rpl.opt.solicited.flag.d", Title: "DODAG ID predicate", Mask: 0x20},
		{Name: "icmpv6.rpl.opt.solicited.flag.rsv", Title: "Reserved", Mask: 0x1f},
	}
	rplPrefixParts = []*Field{
		{Name: "icmpv6.rpl.opt.prefix.flag.l", Title: "On link", Mask: 0x80},
		{Name: "icmpv6.rpl.opt.config.flag.a", Title: "Autonomous address configuration", Mask: 0x40},
		{Name: "icmpv6.rpl.opt.config.flag.r", Title: "Router address", Mask: 0x20},
		{Name: "icmpv6.rpl.opt.config.flag.rsv", Title: "Reserved", Mask: 0x1f},
	}
)

// rplFields describes the body of a message of the Routing Protocol for Low-Power and Lossy Networks (RFC 6550).
func (m ICMPv6) rplFields(s Sink) {
	w := newFieldWalk(s, m)
	w.at = icmp6Body
	code := m.Code()
	if code&rplSecure != 0 {
		rplSecurity(&w)
	}
	switch code &^ rplSecure {
	case rplSolicit:
		w.uint(&rplDISFlags, 1)
		w.bytes(&rplReserved, 1)
	case rplInfo:
		w.uint(&rplDIOInstance, 1)
		w.uint(&rplDIOVersion, 1)
		w.uint(&rplDIORank, 2)
		w.flags(&rplDIOFlags, 1, rplDIOParts)
		w.uint(&rplDIODTSN, 1)
		w.uint(&rplDIOMore, 1)
		w.bytes(&rplReserved, 1)
		w.addr(&rplDIOID, 16)
	case rplAdvert:
		w.uint(&rplDAOInstance, 1)
		flags := w.flags(&rplDAOFlags, 1, rplDAOParts)
		w.bytes(&rplReserved, 1)
		w.uint(&rplDAOSeq, 1)
		if flags&0x40 != 0 {
			w.addr(&rplDAOID, 16)
		}
	case rplAdvertAck:
		w.uint(&rplAckInstance, 1)
		flags := w.flags(&rplAckFlags, 1, rplAckParts)
		w.uint(&rplAckSeq, 1)
		w.uint(&rplAckStatus, 1)
		if flags&0x80 != 0 {
			w.addr(&rplAckID, 16)
		}
	case rplDiscoverRep:
		w.uint(&rplDROInstance, 1)
		w.uint(&rplDROVersion, 1)
		w.flags(&rplDROFlags, 2, rplDROParts)
		w.addr(&rplDROID, 16)
	case rplConsistency:
		w.uint(&rplCCInstance, 1)
		w.flags(&rplCCFlags, 1, rplCCParts)
		w.uint(&rplCCNonce, 2)
		w.addr(&rplCCID, 16)
		w.uint(&rplCCCounter, 4)
	default:
		w.rest(&icmp6OpaqueField)
		return
	}
	for !w.short && w.at < w.end && rplOption(&w) {
	}
	w.rest(&icmp6OpaqueField)
}

// rplSecurity describes the section that secure messages begin with (RFC 6550 section 6.1).
func rplSecurity(w *fieldWalk) {
	w.flags(&rplSecFlags, 1, rplSecParts)
	w.uint(&rplSecAlgorithm, 1)
	mode := w.flags(&rplSecModes, 1, rplSecModeParts) >> 6
	w.uint(&rplSecMore, 1)
	w.uint(&rplSecCounter, 4)
	if mode >= 2 {
		w.bytes(&rplSecSource, 8)
	}
	if mode != 1 {
		w.uint(&rplSecIndex, 1)
	}
}

var rplOptionNames = [...]string{
	"Pad1", "PadN", "DAG metric container", "Routing information", "DODAG configuration", "RPL target", "Transit information",
	"Solicited information", "Prefix information", "RPL target descriptor",
}

func rplOptionName(t uint64) string {
	if t < uint64(len(rplOptionNames)) {
		return rplOptionNames[t]
	}
	return ""
}

// rplOption describes one option, and reports false if it is not all there.
func rplOption(w *fieldWalk) bool {
	t, n := w.peek(1), 1
	if t != 0 {
		if n = 2 + int(w.peek(2)&0xff); w.end-w.at < max(n, 2) {
			return false
		}
	}
	outer, _ := w.enter(&rplOptGroup, n)
	w.enum(&rplOptType, 1, rplOptionName(t))
	if t != 0 {
		w.uint(&rplOptLen, 1)
		rplOptionBody(w, t)
	}
	w.leave(&rplOptData, outer)
	return true
}

func rplOptionBody(w *fieldWalk, t uint64) {
	switch t {
	case 1:
		w.bytes(&rplOptPadding, w.end-w.at)
	case 2:
		if w.end-w.at >= 4 {
			rplMetric(w)
		}
	case 3:
		w.uint(&rplRouteLen, 1)
		w.flags(&rplRouteFlags, 1, rplRouteParts)
		w.uint(&rplRouteLife, 4)
		rplPrefixOf(w, &rplRoutePrefix)
	case 4:
		w.flags(&rplConfigFlags, 1, rplConfigParts)
		for i := range rplConfigFields {
			w.uint(&rplConfigFields[i].f, rplConfigFields[i].n)
		}
	case 5:
		w.bytes(&rplOptReserved, 1)
		w.uint(&rplTargetLen, 1)
		rplPrefixOf(w, &rplTargetPrefix)
	case 6:
		w.flags(&rplTransitFlags, 1, rplTransitParts)
		w.uint(&rplTransitCtl, 1)
		w.uint(&rplTransitSeq, 1)
		w.uint(&rplTransitLife, 1)
		if w.at < w.end {
			w.addr(&rplTransitAddr, 16)
		}
	case 7:
		w.uint(&rplWantInstance, 1)
		w.flags(&rplWantFlags, 1, rplWantParts)
		w.addr(&rplWantID, 16)
		w.uint(&rplWantVersion, 1)
	case 8:
		w.uint(&rplPrefixLen, 1)
		w.flags(&rplPrefixFlags, 1, rplPrefixParts)
		w.uint(&rplPrefixValid, 4)
		w.uint(&rplPrefixPref, 4)
		w.bytes(&rplOptReserved, 4)
		w.addr(&rplPrefix, 16)
	case 9:
		w.uint(&rplDescriptor, 4)
	}
}

// rplMetric describes a routing metric or constraint (RFC 6551 section 2.1), the number of which Wireshark gives all of its bytes.
func rplMetric(w *fieldWalk) {
	size := min(w.end-w.at, 4+int(w.b[w.at+3]))
	w.s.Uint(&rplMetricType, w.at, size, w.peek(1))
	outer, _ := w.enter(&rplMetricType, size)
	w.uint(&rplMetricKind, 1)
	w.flags(&rplMetricFlags, 2, rplMetricParts)
	w.uint(&rplMetricLen, 1)
	w.leave(&rplOptData, outer)
}

// rplPrefixOf describes the beginning of an address that fills the option, zeros behind it.
func rplPrefixOf(w *fieldWalk, f *Field) {
	n := w.end - w.at
	if w.short || n <= 0 || n > 16 {
		return
	}
	var a [16]byte
	copy(a[:], w.b[w.at:w.end])
	w.s.Addr(f, w.at, n, addr16(a[:], 0))
	w.at += n
}
