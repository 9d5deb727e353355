package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in the messages of multicast listener discovery, and the lengths of their fixed parts, in bytes.
const (
	mldDelay      = 4
	mldReserved   = 6
	mldGroup      = 8
	mldFlags      = 24
	mldInterval   = 25
	mldNumSources = 26

	mldReportReserved   = 4
	mldReportNumRecords = 6

	mldRecordType       = 0
	mldRecordAuxLen     = 1
	mldRecordNumSources = 2
	mldRecordGroup      = 4

	MLDLen             = 24
	MLDv2QueryLen      = 28
	MLDv2ReportLen     = 8
	MLDRecordHeaderLen = 20
)

// MLD is a view of a Multicast Listener Query, Report or Done of version 1 (RFC 2710 section 3), from the ICMPv6
// header on. A query that is longer is one of version 2; see MLDv2Query.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|      Type      |      Code      |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|     Maximum Response Delay      |           Reserved           |
//	+---------------------------------+------------------------------+
//	|                 Multicast Address (16 octets)                  |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type MLD []byte

// Check reports whether the message can be read: ErrTruncated if bytes of it are missing.
func (m MLD) Check() error { return truncatedBelow(m, MLDLen) }

// CheckWhole is Check: nothing follows that would matter (RFC 2710 section 3.7).
func (m MLD) CheckWhole() error { return m.Check() }

// MaxDelay is how long answers to a query may be delayed, in milliseconds.
func (m MLD) MaxDelay() int { return int(binary.BigEndian.Uint16(m[mldDelay:])) }

// Group is the multicast address; unspecified in a general query.
func (m MLD) Group() netip.Addr { return addr16(m, mldGroup) }

// MLDv2Query is a view of a Multicast Listener Query of version 2 (RFC 3810 section 5.1), from the ICMPv6 header on.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|   Type = 130   |      Code      |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|      Maximum Response Code      |           Reserved           |
//	+---------------------------------+------------------------------+
//	|                 Multicast Address (16 octets)                  |
//	+--------+-------+----------------+------------------------------+
//	|Reserved| S QRV |      QQIC      |      Number of Sources       |
//	+--------+-------+----------------+------------------------------+
//	|                Source addresses (16 octets each)               |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type MLDv2Query []byte

// Check reports whether the fixed part can be read: ErrTruncated if bytes of it are missing.
func (m MLDv2Query) Check() error { return truncatedBelow(m, MLDv2QueryLen) }

// CheckWhole is Check for a host that received the message: every source must be there.
func (m MLDv2Query) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if m.NumSources() < int(binary.BigEndian.Uint16(m[mldNumSources:])) {
		return ErrTruncated
	}
	return nil
}

// MaxDelay is how long answers may be delayed, in milliseconds, out of the code that is sent (RFC 3810 section 5.1.3).
func (m MLDv2Query) MaxDelay() int {
	v := int(binary.BigEndian.Uint16(m[mldDelay:]))
	if v < 0x8000 {
		return v
	}
	return (v&0xfff | 0x1000) << (v>>12&7 + 3)
}

// Group is the multicast address; unspecified in a general query.
func (m MLDv2Query) Group() netip.Addr { return addr16(m, mldGroup) }

// SuppressRouter and Robustness are the S flag and QRV.
func (m MLDv2Query) SuppressRouter() bool { return m[mldFlags]&8 != 0 }
func (m MLDv2Query) Robustness() uint8    { return m[mldFlags] & 7 }

// QueryInterval is the querier's, in seconds, out of the code in QQIC (RFC 3810 section 5.1.9).
func (m MLDv2Query) QueryInterval() int {
	v := int(m[mldInterval])
	if v < 0x80 {
		return v
	}
	return (v&0xf | 0x10) << (v>>4&7 + 3)
}

// NumSources is how many sources are listed, as far as the slice goes.
func (m MLDv2Query) NumSources() int {
	return min(int(binary.BigEndian.Uint16(m[mldNumSources:])), (len(m)-MLDv2QueryLen)/16)
}

// Source is source i of NumSources.
func (m MLDv2Query) Source(i int) netip.Addr { return addr16(m, MLDv2QueryLen+16*i) }

var (
	mldDelayField      = Field{Name: "icmpv6.mld.maximum_response_delay", Label: "delay", Title: "Maximum Response Delay (ms)", Rank: 4, Form: FormNonzero}
	mldCodeField       = Field{Name: "icmpv6.mld.maximum_response_code", Label: "delay", Title: "Maximum Response Delay (ms)", Rank: 4}
	mldGroupField      = Field{Name: "icmpv6.mld.multicast_address", Label: "group", Title: "Multicast Address", Rank: 3}
	mldFlagsField      = Field{Name: "icmpv6.mld.flag", Label: "flags", Title: "Flags", Base: Hex}
	mldSuppressField   = Field{Name: "icmpv6.mld.flag.s", Label: "suppress", Title: "Suppress Router-Side Processing", Mask: 0x08, Rank: 5, Form: FormFlag}
	mldRobustField     = Field{Name: "icmpv6.mld.flag.qrv", Label: "robustness", Title: "QRV (Querier's Robustness Variable)", Mask: 0x07, Rank: 5}
	mldFlagResField    = Field{Name: "icmpv6.mld.flag.reserved", Label: "reserved", Title: "Reserved", Mask: 0xf0}
	mldIntervalField   = Field{Name: "icmpv6.mld.qqi", Label: "interval", Title: "Querier's Query Interval (s)", Rank: 6}
	mldNumSourcesField = Field{Name: "icmpv6.mld.nb_sources", Label: "sources", Title: "Number of Sources"}
	mldSourceField     = Field{Name: "icmpv6.mld.source_address", Label: "src", Title: "Source Address", Rank: 7}
	mldRestField       = Field{Label: "rest", Title: "Behind the message"}
)

func (m MLD) bodyFields(s Sink) {
	s.Uint(&mldDelayField, mldDelay, 2, uint64(m.MaxDelay()))
	s.Bytes(&icmp6ReservedField, mldReserved, 2, m[mldReserved:mldGroup])
	s.Addr(&mldGroupField, mldGroup, 16, m.Group())
	if rest := m[MLDLen:]; len(rest) > 0 {
		s.Bytes(&mldRestField, MLDLen, len(rest), rest)
	}
}

func (m MLDv2Query) bodyFields(s Sink) {
	s.Uint(&mldCodeField, mldDelay, 2, uint64(m.MaxDelay()))
	s.Bytes(&icmp6ReservedField, mldReserved, 2, m[mldReserved:mldGroup])
	s.Addr(&mldGroupField, mldGroup, 16, m.Group())
	s.Uint(&mldFlagsField, mldFlags, 1, uint64(m[mldFlags]))
	s.Begin(&mldFlagsField, mldFlags, 1)
	s.Uint(&mldFlagResField, mldFlags, 1, uint64(m[mldFlags]>>4))
	s.Bool(&mldSuppressField, mldFlags, 1, m.SuppressRouter())
	s.Uint(&mldRobustField, mldFlags, 1, uint64(m.Robustness()))
	s.End()
	s.Uint(&mldIntervalField, mldInterval, 1, uint64(m.QueryInterval()))
	s.Uint(&mldNumSourcesField, mldNumSources, 2, uint64(binary.BigEndian.Uint16(m[mldNumSources:])))
	end := MLDv2QueryLen
	for i := range m.NumSources() {
		s.Addr(&mldSourceField, end, 16, m.Source(i))
		end += 16
	}
	if rest := m[end:]; len(rest) > 0 {
		s.Bytes(&mldRestField, end, len(rest), rest)
	}
}

// MLDv2Report is a view of a Version 2 Multicast Listener Report (RFC 3810 section 5.2), from the ICMPv6 header on.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|   Type = 143   |    Reserved    |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|            Reserved             |      Number of Records       |
//	+---------------------------------+------------------------------+
//	|                   Multicast address records                    |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type MLDv2Report []byte

// Check reports whether the part before the records can be read: ErrTruncated if bytes of it are missing.
func (m MLDv2Report) Check() error { return truncatedBelow(m, MLDv2ReportLen) }

// CheckWhole is Check for a host that received the message: every record must be there.
func (m MLDv2Report) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	b := m.Records()
	for range m.NumRecords() {
		_, rest, err := NextMLDRecord(b)
		if err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// NumRecords is how many records the sender says there are.
func (m MLDv2Report) NumRecords() int { return int(binary.BigEndian.Uint16(m[mldReportNumRecords:])) }

// Records is what follows the fixed part; walk it with NextMLDRecord.
func (m MLDv2Report) Records() []byte { return m[MLDv2ReportLen:] }

// MLDRecord is one multicast address record.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|  Record Type   |  Aux Data Len  |      Number of Sources       |
//	+----------------+----------------+------------------------------+
//	|                 Multicast Address (16 octets)                  |
//	+----------------------------------------------------------------+
//	|                Source addresses (16 octets each)               |
//	+----------------------------------------------------------------+
//	|            Auxiliary data, Aux Data Len times 4 octets         |
//	+----------------------------------------------------------------+
type MLDRecord []byte

func (r MLDRecord) Type() MLDRecordType { return MLDRecordType(r[mldRecordType]) }
func (r MLDRecord) NumSources() int     { return int(binary.BigEndian.Uint16(r[mldRecordNumSources:])) }
func (r MLDRecord) Group() netip.Addr   { return addr16(r, mldRecordGroup) }

// Source is source i of NumSources.
func (r MLDRecord) Source(i int) netip.Addr { return addr16(r, MLDRecordHeaderLen+16*i) }

// AuxData is what follows the sources; no standard says what it could be.
func (r MLDRecord) AuxData() []byte { return r[MLDRecordHeaderLen+16*r.NumSources():] }

// NextMLDRecord splits the first record off b. ErrTruncated means that bytes of it are missing.
func NextMLDRecord(b []byte) (r MLDRecord, rest []byte, err error) {
	if len(b) < MLDRecordHeaderLen {
		return nil, nil, ErrTruncated
	}
	n := MLDRecordHeaderLen + 16*MLDRecord(b).NumSources() + 4*int(b[mldRecordAuxLen])
	if n > len(b) {
		return nil, nil, ErrTruncated
	}
	return MLDRecord(b[:n]), b[n:], nil
}

// MLDRecordType says what a record tells of the sender's state (RFC 3810 section 5.2.12).
type MLDRecordType uint8

const (
	MLDIsInclude MLDRecordType = iota + 1
	MLDIsExclude
	MLDToInclude
	MLDToExclude
	MLDAllow
	MLDBlock
)

var mldRecordNames = [...]string{
	MLDIsInclude: "is-include", MLDIsExclude: "is-exclude", MLDToInclude: "to-include", MLDToExclude: "to-exclude",
	MLDAllow: "allow", MLDBlock: "block",
}

// Name is the type's short name, or "".
func (t MLDRecordType) Name() string {
	if int(t) < len(mldRecordNames) {
		return mldRecordNames[t]
	}
	return ""
}

// String is the name, or the number.
func (t MLDRecordType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

var (
	mldNumRecordsField = Field{Name: "icmpv6.mldr.nb_mcast_records", Label: "records", Title: "Number of Multicast Address Records", Rank: 3}
	mldRecordField     = Field{Name: "icmpv6.mldr.mar", Label: "record", Title: "Multicast Address Record"}
	mldRecordTypeField = Field{Name: "icmpv6.mldr.mar.record_type", Label: "record", Title: "Record Type", Rank: 4}
	mldRecordNameField = Field{Name: "icmpv6.mldr.mar.record_type", Label: "record", Title: "Record Type", Rank: 4, Form: FormBare}
	mldRecordAuxField  = Field{Name: "icmpv6.mldr.mar.aux_data_len", Label: "auxlen", Title: "Aux Data Len in 4 octets"}
	mldRecordNumField  = Field{Name: "icmpv6.mldr.mar.nb_sources", Label: "sources", Title: "Number of Sources"}
	mldRecordGroupFld  = Field{Name: "icmpv6.mldr.mar.multicast_address", Label: "group", Title: "Multicast Address", Rank: 4}
	mldRecordSourceFld = Field{Name: "icmpv6.mldr.mar.source_address", Label: "src", Title: "Source Address", Rank: 4}
	mldRecordDataField = Field{Name: "icmpv6.mldr.mar.auxiliary_data", Label: "aux", Title: "Auxiliary Data"}
)

// bodyFields walks the records. One that does not fit ends the walk, and the rest is shown as bytes.
func (m MLDv2Report) bodyFields(s Sink) {
	s.Bytes(&icmp6ReservedField, mldReportReserved, 2, m[mldReportReserved:mldReportNumRecords])
	s.Uint(&mldNumRecordsField, mldReportNumRecords, 2, uint64(m.NumRecords()))
	off, b := MLDv2ReportLen, m.Records()
	for range m.NumRecords() {
		r, rest, err := NextMLDRecord(b)
		if err != nil {
			break
		}
		s.Begin(&mldRecordField, off, len(r))
		r.fields(s, off)
		s.End()
		off += len(r)
		b = rest
	}
	if len(b) > 0 {
		s.Bytes(&mldRestField, off, len(b), b)
	}
}

// fields describes a record that starts at off.
func (r MLDRecord) fields(s Sink, off int) {
	typ := &mldRecordTypeField
	if r.Type().Name() != "" {
		typ = &mldRecordNameField
	}
	s.Enum(typ, off+mldRecordType, 1, uint64(r.Type()), r.Type().Name())
	s.Uint(&mldRecordAuxField, off+mldRecordAuxLen, 1, uint64(r[mldRecordAuxLen]))
	s.Uint(&mldRecordNumField, off+mldRecordNumSources, 2, uint64(r.NumSources()))
	s.Addr(&mldRecordGroupFld, off+mldRecordGroup, 16, r.Group())
	for i := range r.NumSources() {
		s.Addr(&mldRecordSourceFld, off+MLDRecordHeaderLen+16*i, 16, r.Source(i))
	}
	if aux := r.AuxData(); len(aux) > 0 {
		s.Bytes(&mldRecordDataField, off+len(r)-len(aux), len(aux), aux)
	}
}
