package format

// Lengths in sFlow datagrams (sFlow.org, version 5), in bytes.
const (
	sflowVersion    = 5
	sflowHeader4Len = 28
	sflowHeader6Len = 40
)

// sflow prints an sFlow datagram.
func (p *Line) sflow(b, d []byte, length int, _ ipContext) []byte {
	if len(d) < 8 {
		return p.stop(b, "sflow")
	}
	version, family := be32(d, 0), be32(d, 4)
	if length < sflowHeader4Len || family == 2 && length < sflowHeader6Len {
		b = appendDecimal(append(p.proto(b, "sFlow"), 'v'), uint64(version))
		b = appendInt(append(b, " [length "...), length)
		return p.invalid(append(appendInt(append(b, " < "...), sflowHeader4Len), ']'))
	}
	size := sflowHeader4Len
	if family != 1 {
		size = sflowHeader6Len
	}
	id := size - 16 // of the agent
	if len(d) < sflowHeader4Len {
		return p.stop(b, "sflow")
	}
	if version != sflowVersion {
		b = appendDecimal(append(p.proto(b, "sFlow"), " version "...), uint64(version))
		return append(b, " packet not supported"...)
	}
	verbose := p.opts.Verbose > 0
	if len(d) < id+4 || verbose && len(d) < size {
		return p.stop(b, "sflow")
	}
	b = append(p.proto(b, "sFlow"), "v5, "...)
	if family == 1 {
		b = p.addr4(append(b, "IPv4 agent "...), d[8:])
	} else {
		b = p.addr6(append(b, "IPv6 agent "...), d[8:])
	}
	b = appendDecimal(append(b, ", agent-id "...), uint64(be32(d, id)))
	if !verbose {
		return appendInt(append(b, ", length "...), length)
	}
	samples := be32(d, size-4)
	b = appendDecimal(append(b, ", seqnum "...), uint64(be32(d, id+4)))
	b = appendDecimal(append(b, ", uptime "...), uint64(be32(d, id+8)))
	b = appendDecimal(append(b, ", samples "...), uint64(samples))
	b = appendInt(append(b, ", length "...), length)
	w := sflowWalk{p: p, d: d, length: length, at: size, end: length}
	for ; w.end > w.at && samples > 0; samples-- {
		var more bool
		if b, more = w.sample(b); !more {
			return b
		}
	}
	return b
}

// sflowWalk goes along what samples and records hold.
type sflowWalk struct {
	p      *Line
	d      []byte // captured, from the datagram's beginning
	at     int
	length int // of the datagram
	end    int // of the datagram, the sample or the record, by the word of the length around it
}

// has reports whether n bytes are captured.
func (w *sflowWalk) has(n int) bool { return n >= 0 && w.at+n <= len(w.d) }

// bad says that lengths contradict one another, and whether all of the datagram was captured.
func (w *sflowWalk) bad(b []byte) []byte {
	if b = w.p.invalid(b); len(w.d) < w.length {
		b = w.p.stop(b, "sflow")
	}
	return b
}

// word gives word i from here.
func (w *sflowWalk) word(i int) uint64 { return uint64(be32(w.d, w.at+4*i)) }

// long gives the two words from word i on.
func (w *sflowWalk) long(i int) uint64 { return w.word(i)<<32 | w.word(i+1) }

// need reports whether n bytes of what is being printed are there. If not, it says so.
func (w *sflowWalk) need(b []byte, n int) ([]byte, bool) {
	if w.end-w.at < n {
		return w.bad(b), false
	}
	if !w.has(n) {
		return w.p.stop(b, "sflow"), false
	}
	return b, true
}

// sample prints one sample, and reports whether another may follow.
func (w *sflowWalk) sample(b []byte) ([]byte, bool) {
	b, ok := w.need(b, 8)
	if !ok {
		return b, false
	}
	kind, size := w.word(0)&0xfff, int(w.word(1))
	w.at += 8
	b = append(b, "\n\t"...)
	if kind > 0 && kind < uint64(len(sflowSampleText)) {
		b = append(b, sflowSampleText[kind]...)
	} else {
		b = append(b, "Unknown"...)
	}
	b = appendDecimal(append(b, " ("...), kind)
	b = append(appendInt(append(b, "), length "...), size), ',')
	switch {
	case kind == 0 || size == 0:
		return b, false
	case size > w.end-w.at:
		return w.bad(b), false
	}
	if !w.has(size) {
		return w.p.stop(b, "sflow"), false
	}
	in := sflowWalk{p: w.p, d: w.d, length: w.length, at: w.at, end: w.end}
	switch kind {
	case 1:
		b, ok = in.flowSample(b)
	case 2:
		b, ok = in.counterSample(b)
	case 3:
		b, ok = in.expandedFlow(b)
	case 4:
		b, ok = in.expandedCounter(b)
	default:
		if w.p.opts.Verbose <= 1 {
			b = appendUnknown(b, "\n\t    ", from(w.d, w.at), size)
		}
	}
	w.at += size
	return b, ok
}

var sflowSampleText = [...]string{1: "flow sample", "counter sample", "expanded flow sample", "expanded counter sample"}

// appendFields appends numbers, each behind its name.
func (w *sflowWalk) appendFields(b []byte, names ...string) []byte {
	for i, n := range names {
		b = appendDecimal(append(b, n...), w.word(i))
	}
	return b
}

func (w *sflowWalk) flowSample(b []byte) ([]byte, bool) {
	b, ok := w.need(b, 32)
	if !ok {
		return b, false
	}
	b = w.source(b)
	records := w.word(7)
	for i, name := range [...]string{", rate ", ", pool ", ", drops ", ", input ", " output ", " records "} {
		b = appendDecimal(append(b, name...), w.word(2+i))
	}
	w.at += 32
	return w.records(b, records, false)
}

// source prints the sequence number and the source of a sample.
func (w *sflowWalk) source(b []byte) []byte {
	b = appendDecimal(append(b, " seqnum "...), w.word(0))
	b = appendDecimal(append(b, ", type "...), w.word(1)>>24)
	return appendDecimal(append(b, ", idx "...), w.word(1)&0xffffff)
}

func (w *sflowWalk) expandedFlow(b []byte) ([]byte, bool) {
	b, ok := w.need(b, 44)
	if !ok {
		return b, false
	}
	b = w.appendFields(b, " seqnum ", ", type ", ", idx ", ", rate ", ", pool ", ", drops ")
	records := w.word(10)
	b = appendDecimal(append(b, ", records "...), records)
	w.at += 44
	return w.records(b, records, false)
}

func (w *sflowWalk) counterSample(b []byte) ([]byte, bool) {
	b, ok := w.need(b, 12)
	if !ok {
		return b, false
	}
	records := w.word(2)
	b = appendDecimal(append(w.source(b), ", records "...), records)
	w.at += 12
	return w.records(b, records, true)
}

func (w *sflowWalk) expandedCounter(b []byte) ([]byte, bool) {
	b, ok := w.need(b, 16)
	if !ok {
		return b, false
	}
	records := w.word(3)
	b = w.appendFields(b, " seqnum ", ", type ", ", idx ", ", records ")
	w.at += 16
	return w.records(b, records, true)
}

// records prints n records, of counters or of a sampled packet.
func (w *sflowWalk) records(b []byte, n uint64, counters bool) ([]byte, bool) {
	for ; n > 0; n-- {
		var ok bool
		if b, ok = w.need(b, 8); !ok {
			return b, false
		}
		kind, size := w.word(0), int(w.word(1))
		w.at += 8
		if counters {
			b, ok = w.counterRecord(b, kind, size)
		} else {
			b, ok = w.flowRecord(b, kind, size)
		}
		if !ok {
			return b, false
		}
		w.at += size
	}
	return b, true
}

var sflowFlowText = [...]string{
	1: "Raw packet", 2: "Ethernet frame", 3: "IPv4 Data", 4: "IPv6 Data", 1001: "Extended Switch data", "Extended Router data",
	"Extended Gateway data", "Extended User data", "Extended URL data", "Extended MPLS data", "Extended NAT data", "Extended MPLS tunnel",
	"Extended MPLS VC", "Extended MPLS FEC", "Extended MPLS LVP FEC", "Extended VLAN Tunnel",
}

// flowRecord prints a record of a sampled packet.
func (w *sflowWalk) flowRecord(b []byte, kind uint64, size int) ([]byte, bool) {
	enterprise, format := kind>>12, kind&0xfff
	b = appendDecimal(append(b, "\n\t    enterprise "...), enterprise)
	name := "Unknown"
	if enterprise == 0 && format < uint64(len(sflowFlowText)) && sflowFlowText[format] != "" {
		name = sflowFlowText[format]
	}
	b = append(append(b, ' '), name...)
	b = appendDecimal(append(b, " ("...), format)
	b = appendInt(append(b, ") length "...), size)
	if size > w.end-w.at {
		return w.bad(b), false
	}
	if enterprise != 0 {
		return b, true
	}
	var ok bool
	switch format {
	case 1:
		if b, ok = w.need(b, 16); !ok {
			return b, false
		}
		proto := w.word(0)
		b = append(b, "\n\t      protocol "...)
		switch proto {
		case 1:
			b = append(b, "Ethernet"...)
		case 11:
			b = append(b, "IPv4"...)
		case 12:
			b = append(b, "IPv6"...)
		default:
			b = append(b, "Unknown"...)
		}
		b = appendDecimal(append(b, " ("...), proto)
		b = appendDecimal(append(b, "), length "...), w.word(1))
		b = appendDecimal(append(b, ", stripped bytes "...), w.word(2))
		b = appendDecimal(append(b, ", header_size "...), w.word(3))
	case 2:
		if b, ok = w.need(b, 24); !ok {
			return b, false
		}
		b = appendDecimal(append(b, "\n\t      frame len "...), w.word(0))
		b = appendDecimal(append(b, ", type "...), w.word(1))
	case 1001:
		if b, ok = w.need(b, 16); !ok {
			return b, false
		}
		b = w.appendFields(b, "\n\t      src vlan ", ", src pri ", ", dst vlan ", ", dst pri ")
	default:
		if name == "Unknown" && w.p.opts.Verbose <= 1 {
			b = appendUnknown(b, "\n\t\t", from(w.d, w.at), size)
		}
	}
	return b, true
}

// sflowCounters are the records of counters, with their lengths; those without one are passed over.
var sflowCounters = [...]struct {
	name string
	size int
}{
	1: {"Generic counter", 88}, 2: {"Ethernet counter", 52}, 3: {"Token ring counter", 0}, 4: {"100 BaseVG counter", 80},
	5: {"Vlan counter", 28}, 1001: {"Processor counter", 28},
}

// counterRecord prints a record of counters.
func (w *sflowWalk) counterRecord(b []byte, kind uint64, size int) ([]byte, bool) {
	enterprise, format := kind>>20, kind&0xfff
	b = appendDecimal(append(b, "\n\t    enterprise "...), enterprise)
	name := "Unknown"
	known := enterprise == 0 && format < uint64(len(sflowCounters)) && sflowCounters[format].name != ""
	if known {
		name = sflowCounters[format].name
	}
	b = append(append(b, ", "...), name...)
	b = appendDecimal(append(b, " ("...), format)
	b = appendInt(append(b, ") length "...), size)
	if size > w.end-w.at {
		return w.bad(b), false
	}
	switch {
	case enterprise != 0:
		return b, true
	case !known:
		if w.p.opts.Verbose <= 1 {
			b = appendUnknown(b, "\n\t\t", from(w.d, w.at), size)
		}
		return b, true
	case sflowCounters[format].size == 0:
		return b, true
	}
	b, ok := w.need(b, sflowCounters[format].size)
	if !ok {
		return b, false
	}
	switch format {
	case 1:
		b = w.generic(b)
	case 2:
		b = w.ethernet(b)
	case 4:
		b = w.baseVG(b)
	case 5:
		b = w.vlan(b)
	default:
		b = w.processor(b)
	}
	return b, true
}

func (w *sflowWalk) generic(b []byte) []byte {
	b = w.appendFields(b, "\n\t      ifindex ", ", iftype ")
	b = appendDecimal(append(b, ", ifspeed "...), w.long(2))
	direction, status := w.word(4), w.word(5)
	b = appendDecimal(append(b, ", ifdirection "...), direction)
	b = append(b, " ("...)
	if direction < uint64(len(sflowDirections)) {
		b = append(b, sflowDirections[direction]...)
	} else {
		b = append(b, "Unknown"...)
	}
	b = appendDecimal(append(b, ")\n\t      ifstatus "...), status)
	b = appendUpDown(append(b, ", adminstatus: "...), status&1 != 0)
	b = appendUpDown(append(b, ", operstatus: "...), status&2 != 0)
	b = appendDecimal(append(b, "\n\t      In octets "...), w.long(6))
	in := sflowWalk{d: w.d, at: w.at + 32}
	b = in.appendFields(b, ", unicast pkts ", ", multicast pkts ", ", broadcast pkts ", ", discards ", "\n\t      In errors ", ", unknown protos ")
	b = appendDecimal(append(b, "\n\t      Out octets "...), w.long(14))
	out := sflowWalk{d: w.d, at: w.at + 64}
	return out.appendFields(b, ", unicast pkts ", ", multicast pkts ", ", broadcast pkts ", ", discards ", "\n\t      Out errors ", ", promisc mode ")
}

var sflowDirections = [...]string{"unknown", "full-duplex", "half-duplex", "in", "out"}

func appendUpDown(b []byte, up bool) []byte {
	if up {
		return append(b, "up"...)
	}
	return append(b, "down"...)
}

func (w *sflowWalk) ethernet(b []byte) []byte {
	return w.appendFields(b, "\n\t      align errors ", ", fcs errors ", ", single collision ", ", multiple collision ", ", test error ",
		"\n\t      deferred ", ", late collision ", ", excessive collision ", ", mac trans error ", "\n\t      carrier error ",
		", frames too long ", ", mac receive errors ", ", symbol errors ")
}

func (w *sflowWalk) baseVG(b []byte) []byte {
	b = appendDecimal(append(b, "\n\t      in high prio frames "...), w.word(0))
	b = appendDecimal(append(b, ", in high prio octets "...), w.long(1))
	b = appendDecimal(append(b, "\n\t      in norm prio frames "...), w.word(3))
	b = appendDecimal(append(b, ", in norm prio octets "...), w.long(4))
	errors := sflowWalk{d: w.d, at: w.at + 24}
	b = errors.appendFields(b, "\n\t      in ipm errors ", ", oversized ", ", in data errors ", ", null addressed frames ",
		"\n\t      out high prio frames ")
	b = appendDecimal(append(b, ", out high prio octets "...), w.long(11))
	b = appendDecimal(append(b, ", trans into frames "...), w.word(13))
	b = appendDecimal(append(b, "\n\t      in hc high prio octets "...), w.long(14))
	b = appendDecimal(append(b, ", in hc norm prio octets "...), w.long(16))
	return appendDecimal(append(b, ", out hc high prio octets "...), w.long(18))
}

func (w *sflowWalk) vlan(b []byte) []byte {
	b = appendDecimal(append(b, "\n\t      vlan_id "...), w.word(0))
	b = appendDecimal(append(b, ", octets "...), w.long(1))
	rest := sflowWalk{d: w.d, at: w.at + 12}
	return rest.appendFields(b, ", unicast_pkt ", ", multicast_pkt ", ", broadcast_pkt ", ", discards ")
}

func (w *sflowWalk) processor(b []byte) []byte {
	b = w.appendFields(b, "\n\t      5sec ", ", 1min ", ", 5min ")
	b = appendDecimal(append(b, ", total_mem "...), w.long(3))
	return appendDecimal(append(b, ", total_mem "...), w.long(5))
}
