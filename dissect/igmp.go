package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in the messages of IGMP, and the lengths of their fixed parts, in bytes.
const (
	igmpType     = 0
	igmpMaxResp  = 1
	igmpChecksum = 2
	igmpGroup    = 4

	igmpQueryFlags      = 8
	igmpQueryInterval   = 9
	igmpQueryNumSources = 10

	igmpReportReserved   = 4
	igmpReportNumRecords = 6

	igmpRecordType       = 0
	igmpRecordAuxLen     = 1
	igmpRecordNumSources = 2
	igmpRecordGroup      = 4

	IGMPLen             = 8
	IGMPv3QueryLen      = 12
	IGMPv3ReportLen     = 8
	IGMPRecordHeaderLen = 8
)

// IGMP is a view of a message of the Internet Group Management Protocol: of version 1 (RFC 1112), of version 2
// (RFC 2236), or the first bytes of one of version 3 (RFC 3376). A query that is longer is one of version 3; see
// IGMPv3Query and IGMPv3Report.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|      Type      | Max Resp Time  |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|                         Group Address                          |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type IGMP []byte

// Check reports whether the first eight bytes can be read: ErrTruncated if some are missing.
func (m IGMP) Check() error { return truncatedBelow(m, IGMPLen) }

// CheckWhole is Check for a host that received the message: whatever a message of its version lists must be there.
func (m IGMP) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	switch {
	case m.Type() == IGMPQuery && len(m) >= IGMPv3QueryLen:
		return IGMPv3Query(m).CheckWhole()
	case m.Type() == IGMPReportV3:
		return IGMPv3Report(m).CheckWhole()
	}
	return nil
}

func (m IGMP) Type() IGMPType   { return IGMPType(m[igmpType]) }
func (m IGMP) Checksum() uint16 { return binary.BigEndian.Uint16(m[igmpChecksum:]) }

// MaxResp is how long answers to a query may be delayed, in tenths of a second; in version 3 a code, see IGMPTime. Version 1 has
// zero here.
func (m IGMP) MaxResp() uint8 { return m[igmpMaxResp] }

// Group is the multicast address; 0.0.0.0 in a general query.
func (m IGMP) Group() netip.Addr { return addr4(m, igmpGroup) }

// Version is that of the protocol, as far as a message shows it, or 0 for one that is of something else.
func (m IGMP) Version() int {
	switch m.Type() {
	case IGMPQuery:
		switch {
		case len(m) >= IGMPv3QueryLen:
			return 3
		case m.MaxResp() == 0:
			return 1
		}
		return 2
	case IGMPReportV1:
		return 1
	case IGMPReportV2, IGMPLeave:
		return 2
	case IGMPReportV3:
		return 3
	}
	return 0
}

// ChecksumOK reports whether the checksum, which covers the whole message, is right.
func (m IGMP) ChecksumOK() bool { return Sum(0).Add(m).Fold() == 0xffff }

// SetChecksum writes the checksum.
func (m IGMP) SetChecksum(v uint16) { binary.BigEndian.PutUint16(m[igmpChecksum:], v) }

// FillChecksum computes the checksum of the message and writes it.
func (m IGMP) FillChecksum() {
	m.SetChecksum(0)
	m.SetChecksum(Sum(0).Add(m).Checksum())
}

// IGMPTime gives the number that the code v stands for in a query of version 3 (RFC 3376 section 4.1.1).
func IGMPTime(v uint8) int {
	if v < 0x80 {
		return int(v)
	}
	return int(v&0xf|0x10) << (v>>4&7 + 3)
}

// IGMPv3Query is a view of a Membership Query of version 3 (RFC 3376 section 4.1).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|  Type = 0x11   | Max Resp Code  |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|                         Group Address                          |
//	+-------+-+------+----------------+------------------------------+
//	|  Res  |S| QRV  |      QQIC      |      Number of Sources       |
//	+-------+-+------+----------------+------------------------------+
//	|                 Source addresses (4 octets each)               |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type IGMPv3Query []byte

// Check reports whether the fixed part can be read: ErrTruncated if bytes of it are missing.
func (m IGMPv3Query) Check() error { return truncatedBelow(m, IGMPv3QueryLen) }

// CheckWhole is Check for a host that received the message: every source must be there.
func (m IGMPv3Query) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if m.NumSources() < int(binary.BigEndian.Uint16(m[igmpQueryNumSources:])) {
		return ErrTruncated
	}
	return nil
}

// SuppressRouter and Robustness are the S flag and QRV.
func (m IGMPv3Query) SuppressRouter() bool { return m[igmpQueryFlags]&8 != 0 }
func (m IGMPv3Query) Robustness() uint8    { return m[igmpQueryFlags] & 7 }

// QueryInterval is the querier's, in seconds, out of the code in QQIC.
func (m IGMPv3Query) QueryInterval() int { return IGMPTime(m[igmpQueryInterval]) }

// NumSources is how many sources are listed, as far as the slice goes.
func (m IGMPv3Query) NumSources() int {
	return min(int(binary.BigEndian.Uint16(m[igmpQueryNumSources:])), (len(m)-IGMPv3QueryLen)/4)
}

// Source is source i of NumSources.
func (m IGMPv3Query) Source(i int) netip.Addr { return addr4(m, IGMPv3QueryLen+4*i) }

// IGMPv3Report is a view of a Version 3 Membership Report (RFC 3376 section 4.2).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|  Type = 0x22   |    Reserved    |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|            Reserved             |   Number of Group Records    |
//	+---------------------------------+------------------------------+
//	|                         Group records                          |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type IGMPv3Report []byte

// Check reports whether the part before the records can be read: ErrTruncated if bytes of it are missing.
func (m IGMPv3Report) Check() error { return truncatedBelow(m, IGMPv3ReportLen) }

// CheckWhole is Check for a host that received the message: every record must be there.
func (m IGMPv3Report) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	b := m.Records()
	for range m.NumRecords() {
		_, rest, err := NextIGMPRecord(b)
		if err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// NumRecords is how many records the sender says there are.
func (m IGMPv3Report) NumRecords() int {
	return int(binary.BigEndian.Uint16(m[igmpReportNumRecords:]))
}

// Records is what follows the fixed part; walk it with NextIGMPRecord.
func (m IGMPv3Report) Records() []byte { return m[IGMPv3ReportLen:] }

// IGMPRecord is one group record.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|  Record Type   |  Aux Data Len  |      Number of Sources       |
//	+----------------+----------------+------------------------------+
//	|                       Multicast Address                        |
//	+----------------------------------------------------------------+
//	|                 Source addresses (4 octets each)               |
//	+----------------------------------------------------------------+
//	|            Auxiliary data, Aux Data Len times 4 octets         |
//	+----------------------------------------------------------------+
type IGMPRecord []byte

func (r IGMPRecord) Type() IGMPRecordType { return IGMPRecordType(r[igmpRecordType]) }
func (r IGMPRecord) NumSources() int {
	return int(binary.BigEndian.Uint16(r[igmpRecordNumSources:]))
}
func (r IGMPRecord) Group() netip.Addr { return addr4(r, igmpRecordGroup) }

// Source is source i of NumSources.
func (r IGMPRecord) Source(i int) netip.Addr { return addr4(r, IGMPRecordHeaderLen+4*i) }

// AuxData is what follows the sources; no standard says what it could be.
func (r IGMPRecord) AuxData() []byte { return r[IGMPRecordHeaderLen+4*r.NumSources():] }

// NextIGMPRecord splits the first record off b. ErrTruncated means that bytes of it are missing.
func NextIGMPRecord(b []byte) (r IGMPRecord, rest []byte, err error) {
	if len(b) < IGMPRecordHeaderLen {
		return nil, nil, ErrTruncated
	}
	n := IGMPRecordHeaderLen + 4*IGMPRecord(b).NumSources() + 4*int(b[igmpRecordAuxLen])
	if n > len(b) {
		return nil, nil, ErrTruncated
	}
	return IGMPRecord(b[:n]), b[n:], nil
}

var (
	igmpVersionField    = Field{Name: "igmp.version", Label: "v", Title: "IGMP Version", Rank: 1}
	igmpTypeField       = Field{Name: "igmp.type", Label: "type", Title: "Type", Base: Hex, Rank: 2}
	igmpTypeNameField   = Field{Name: "igmp.type", Label: "type", Title: "Type", Base: Hex, Rank: 2, Form: FormBare}
	igmpReservedField   = Field{Name: "igmp.reserved", Label: "reserved", Title: "Reserved"}
	igmpMaxRespField    = Field{Name: "igmp.max_resp", Label: "maxresp", Title: "Max Resp Time (1/10 s)", Rank: 4, Form: FormNonzero}
	igmpChecksumField   = Field{Name: "igmp.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	igmpGroupField      = Field{Name: "igmp.maddr", Label: "group", Title: "Multicast Address", Rank: 3}
	igmpFlagResField    = Field{Label: "reserved", Title: "Reserved", Mask: 0xf0}
	igmpSuppressField   = Field{Name: "igmp.s", Label: "suppress", Title: "Suppress Router Side Processing", Mask: 0x08, Rank: 5, Form: FormFlag}
	igmpRobustField     = Field{Name: "igmp.qrv", Label: "robustness", Title: "Querier's Robustness Value", Mask: 0x07, Rank: 5}
	igmpIntervalField   = Field{Name: "igmp.qqic", Label: "interval", Title: "Querier's Query Interval Code", Rank: 6}
	igmpNumSourcesField = Field{Name: "igmp.num_src", Label: "sources", Title: "Number of Sources"}
	igmpSourceField     = Field{Name: "igmp.saddr", Label: "src", Title: "Source Address", Rank: 7}
	igmpNumRecordsField = Field{Name: "igmp.num_grp_recs", Label: "records", Title: "Number of Group Records", Rank: 3}
	igmpRecordField     = Field{Label: "record", Title: "Group Record"}
	igmpRecordTypeField = Field{Name: "igmp.record_type", Label: "record", Title: "Record Type", Rank: 4}
	igmpRecordNameField = Field{Name: "igmp.record_type", Label: "record", Title: "Record Type", Rank: 4, Form: FormBare}
	igmpRecordAuxField  = Field{Name: "igmp.aux_data_len", Label: "auxlen", Title: "Aux Data Len in 4 octets"}
	igmpRecordGroupFld  = Field{Name: "igmp.maddr", Label: "group", Title: "Multicast Address", Rank: 4}
	igmpRecordSourceFld = Field{Name: "igmp.saddr", Label: "src", Title: "Source Address", Rank: 4}
	igmpRecordDataField = Field{Name: "igmp.aux_data", Label: "aux", Title: "Auxiliary Data"}
	igmpOtherField      = Field{Label: "type", Title: "Type", Base: Hex, Rank: 2, Form: FormBare}
	igmpHopsField       = Field{Name: "igmp.mtrace.max_hops", Label: "hops", Title: "Maximum Number of Hops to Trace", Rank: 4}
	igmpTraceSrcField   = Field{Name: "igmp.mtrace.saddr", Label: "src", Title: "Source Address", Rank: 5}
	igmpTraceDstField   = Field{Name: "igmp.mtrace.raddr", Label: "dst", Title: "Receiver Address", Rank: 5}
	igmpTraceReplyField = Field{Name: "igmp.mtrace.rspaddr", Label: "replyto", Title: "Response Address", Rank: 5}
	igmpTraceTTLField   = Field{Name: "igmp.mtrace.resp_ttl", Label: "ttl", Title: "Response TTL"}
	igmpTraceIDField    = Field{Name: "igmp.mtrace.q_id", Label: "id", Title: "Query ID", Rank: 6}
	igmpDataField       = Field{Name: "igmp.data", Label: "data", Title: "Data"}
	igmpRestField       = Field{Label: "rest", Title: "Behind the message"}
)

// Fields describes the message to s. sum is the verdict on the checksum.
func (m IGMP) Fields(s Sink, sum ChecksumResult) {
	version := m.Version()
	if version > 0 {
		s.Uint(&igmpVersionField, 0, 0, uint64(version))
	}
	typ := &igmpTypeField
	switch {
	case m.Type() == IGMPDVMRP || m.Type() == IGMPPIMv1: // other protocols, which share the type's place and the checksum's
		s.Enum(&igmpOtherField, igmpType, 1, uint64(m.Type()), m.Type().Name())
		s.Bytes(&igmpRestField, igmpMaxResp, len(m)-igmpMaxResp, m[igmpMaxResp:])
		return
	case m.Type().Name() != "":
		typ = &igmpTypeNameField
	}
	s.Enum(typ, igmpType, 1, uint64(m.Type()), m.Type().Name())
	if m.isTrace() {
		m.traceFields(s, sum)
		return
	}
	if version == 0 {
		s.Bytes(&igmpDataField, igmpMaxResp, len(m)-igmpMaxResp, m[igmpMaxResp:])
		return
	}
	if version == 1 || m.Type() == IGMPReportV3 {
		s.Bytes(&igmpReservedField, igmpMaxResp, 1, m[igmpMaxResp:igmpChecksum])
	} else {
		resp := int(m.MaxResp())
		if version == 3 {
			resp = IGMPTime(m.MaxResp())
		}
		s.Uint(&igmpMaxRespField, igmpMaxResp, 1, uint64(resp))
	}
	s.Checksum(&igmpChecksumField, igmpChecksum, 2, m.Checksum(), sum)
	end := IGMPLen
	switch {
	case m.Type() == IGMPReportV3:
		end = IGMPv3Report(m).bodyFields(s)
	case version == 3:
		end = IGMPv3Query(m).bodyFields(s)
	default:
		s.Addr(&igmpGroupField, igmpGroup, 4, m.Group())
	}
	if rest := m[end:]; len(rest) > 0 {
		s.Bytes(&igmpRestField, end, len(rest), rest)
	}
}

// igmpTraceLen is the length of the fixed part of multicast traceroute, in bytes.
const igmpTraceLen = 24

func (m IGMP) isTrace() bool {
	return (m.Type() == IGMPTrace || m.Type() == IGMPTraceResponse) && len(m) >= igmpTraceLen
}

// traceFields describes multicast traceroute behind its type.
func (m IGMP) traceFields(s Sink, sum ChecksumResult) {
	w := newFieldWalk(s, m)
	w.at = igmpMaxResp
	w.uint(&igmpHopsField, 1)
	w.checksum(&igmpChecksumField, sum)
	w.addr(&igmpGroupField, 4)
	w.addr(&igmpTraceSrcField, 4)
	w.addr(&igmpTraceDstField, 4)
	w.addr(&igmpTraceReplyField, 4)
	w.uint(&igmpTraceTTLField, 1)
	w.uint(&igmpTraceIDField, 3)
	w.rest(&igmpRestField)
}

// bodyFields describes what follows the checksum, and gives the offset behind it.
func (m IGMPv3Query) bodyFields(s Sink) (end int) {
	s.Addr(&igmpGroupField, igmpGroup, 4, addr4(m, igmpGroup))
	s.Uint(&igmpFlagResField, igmpQueryFlags, 1, uint64(m[igmpQueryFlags]>>4))
	s.Bool(&igmpSuppressField, igmpQueryFlags, 1, m.SuppressRouter())
	s.Uint(&igmpRobustField, igmpQueryFlags, 1, uint64(m.Robustness()))
	s.Uint(&igmpIntervalField, igmpQueryInterval, 1, uint64(m[igmpQueryInterval]))
	s.Uint(&igmpNumSourcesField, igmpQueryNumSources, 2, uint64(binary.BigEndian.Uint16(m[igmpQueryNumSources:])))
	end = IGMPv3QueryLen
	for i := range m.NumSources() {
		s.Addr(&igmpSourceField, end, 4, m.Source(i))
		end += 4
	}
	return end
}

// bodyFields does the same. A record that does not fit ends the walk.
func (m IGMPv3Report) bodyFields(s Sink) (end int) {
	s.Bytes(&igmpReservedField, igmpReportReserved, 2, m[igmpReportReserved:igmpReportNumRecords])
	s.Uint(&igmpNumRecordsField, igmpReportNumRecords, 2, uint64(m.NumRecords()))
	off, b := IGMPv3ReportLen, m.Records()
	for range m.NumRecords() {
		r, rest, err := NextIGMPRecord(b)
		if err != nil {
			break
		}
		s.Begin(&igmpRecordField, off, len(r))
		r.fields(s, off)
		s.End()
		off += len(r)
		b = rest
	}
	return off
}

// fields describes a record that starts at off.
func (r IGMPRecord) fields(s Sink, off int) {
	typ := &igmpRecordTypeField
	if r.Type().Name() != "" {
		typ = &igmpRecordNameField
	}
	s.Enum(typ, off+igmpRecordType, 1, uint64(r.Type()), r.Type().Name())
	s.Uint(&igmpRecordAuxField, off+igmpRecordAuxLen, 1, uint64(r[igmpRecordAuxLen]))
	s.Uint(&igmpNumSourcesField, off+igmpRecordNumSources, 2, uint64(r.NumSources()))
	s.Addr(&igmpRecordGroupFld, off+igmpRecordGroup, 4, r.Group())
	for i := range r.NumSources() {
		s.Addr(&igmpRecordSourceFld, off+IGMPRecordHeaderLen+4*i, 4, r.Source(i))
	}
	if aux := r.AuxData(); len(aux) > 0 {
		s.Bytes(&igmpRecordDataField, off+len(r)-len(aux), len(aux), aux)
	}
}

func decodeIGMP(p *Packet, l *Layer, b []byte) LayerType {
	if err := IGMP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func igmpFields(p *Packet, l *Layer, s Sink) {
	m := IGMP(p.Bytes(l))
	m.Fields(s, l.plainVerdict(m, m.Checksum()))
}

// plainVerdict judges the checksum got of a layer whose checksum covers its bytes b and nothing else.
func (l *Layer) plainVerdict(b []byte, got uint16) ChecksumResult {
	if l.Truncated() || l.Flags&Fragmented != 0 {
		return ChecksumResult{}
	}
	sum := Sum(0).Add(b)
	if sum.Fold() == 0xffff {
		return ChecksumResult{ChecksumGood, got}
	}
	return ChecksumResult{ChecksumBad, sum.AddUint16(^got).Checksum()}
}

// IGMPHeader is a message of version 1 or 2 as a value.
type IGMPHeader struct {
	Type     IGMPType
	MaxResp  uint8 // tenths of a second
	Checksum uint16
	Group    netip.Addr
}

// Header gives the first eight bytes as a value.
func (m IGMP) Header() IGMPHeader {
	return IGMPHeader{Type: m.Type(), MaxResp: m.MaxResp(), Checksum: m.Checksum(), Group: m.Group()}
}

// Append appends the wire form of h to b and returns the extended slice. The checksum is written as it
// stands in h: compute it with FillChecksum. Group must be an IPv4 address.
func (h IGMPHeader) Append(b []byte) []byte {
	group := h.Group.As4()
	b = append(b, uint8(h.Type), h.MaxResp)
	b = binary.BigEndian.AppendUint16(b, h.Checksum)
	return append(b, group[:]...)
}

// IGMPType says what a message is (IANA "IGMP Type Numbers").
type IGMPType uint8

const (
	IGMPQuery         IGMPType = 0x11
	IGMPReportV1      IGMPType = 0x12
	IGMPDVMRP         IGMPType = 0x13
	IGMPPIMv1         IGMPType = 0x14
	IGMPReportV2      IGMPType = 0x16
	IGMPLeave         IGMPType = 0x17
	IGMPTraceResponse IGMPType = 0x1e
	IGMPTrace         IGMPType = 0x1f
	IGMPReportV3      IGMPType = 0x22
)

// Name is the type's short name, or "".
func (t IGMPType) Name() string {
	switch t {
	case IGMPQuery:
		return "query"
	case IGMPReportV1, IGMPReportV2, IGMPReportV3:
		return "report"
	case IGMPLeave:
		return "leave"
	case IGMPDVMRP:
		return "DVMRP"
	case IGMPPIMv1:
		return "PIMv1"
	case IGMPTrace:
		return "traceroute"
	case IGMPTraceResponse:
		return "traceroute response"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (t IGMPType) String() string { return nameOrHex(t.Name(), uint64(t), 2) }

// IGMPRecordType says what a record tells of the sender's state (RFC 3376 section 4.2.12). The numbers are those of
// MLDRecordType.
type IGMPRecordType = MLDRecordType

// addr4 is the IPv4 address at off.
func addr4(b []byte, off int) netip.Addr { return netip.AddrFrom4([4]byte(b[off:])) }
