package dissect

import "encoding/binary"

// Offsets in a PTP message, and the length of its header, in bytes.
const (
	ptpLength  = 2
	ptpFlags   = 6
	ptpClockID = 20
	ptpPort    = 28
	ptpSeq     = 30

	PTPHeaderLen = 34
)

// PTP is a view of a message of the Precision Time Protocol, version 2 (IEEE 1588-2008 section 13.3).
//
//	 0              7 8             15 16            23 24           31
//	+-------+--------+-------+--------+---------------+--------------+
//	| SdoID |  Type  | Minor | Vers 2 |            Length            |
//	|     Domain     |  Minor SdoID   |            Flags             |
//	|      Correction, in units of 2^-16 nanoseconds, 8 bytes        |
//	|                   Specific to the type, 4 bytes                |
//	|                    Clock identity, 8 bytes                     |
//	|          Source port            |         Sequence ID          |
//	|    Control     | Log of period  |   Content, by the type       |
//	+----------------+----------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type PTP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of another
// version, ErrMalformed if Length is smaller than the header.
func (m PTP) Check() error {
	switch {
	case len(m) < 2:
		return ErrTruncated
	case m.Version() != 2:
		return ErrUnsupported
	case len(m) < PTPHeaderLen:
		return ErrTruncated
	case m.Length() < PTPHeaderLen:
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for a host that received the message: all that Length promises is there, and the content of its type,
// ErrMalformed if it is not.
func (m PTP) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	switch {
	case m.Length() > len(m):
		return ErrTruncated
	case m.Length() < PTPHeaderLen+int(ptpTypes[m.Type()].size):
		return ErrMalformed
	}
	return nil
}

func (m PTP) Type() uint8           { return m[0] & 15 }
func (m PTP) Version() uint8        { return m[1] & 15 }
func (m PTP) Length() int           { return int(binary.BigEndian.Uint16(m[ptpLength:])) }
func (m PTP) ClockIdentity() uint64 { return binary.BigEndian.Uint64(m[ptpClockID:]) }
func (m PTP) SourcePort() uint16    { return binary.BigEndian.Uint16(m[ptpPort:]) }
func (m PTP) SequenceID() uint16    { return binary.BigEndian.Uint16(m[ptpSeq:]) }

// ptpTypes are the types of messages: their names, the length of their content in bytes, and the part of Wireshark's names of
// its fields that is their own: of a time stamp, and of the port that is answered or meant.
var ptpTypes = [16]struct {
	name string
	size uint8
	time string
	port [2]string
}{
	0:  {"Sync", 10, "sdr.origintimestamp", [2]string{}},
	1:  {"Delay_Req", 10, "sdr.origintimestamp", [2]string{}},
	2:  {"Pdelay_Req", 20, "pdrq.origintimestamp", [2]string{}},
	3:  {"Pdelay_Resp", 20, "pdrs.requestreceipttimestamp", [2]string{"pdrs.requestingportidentity", "pdrs.requestingsourceportid"}},
	8:  {"Follow_Up", 10, "fu.preciseorigintimestamp", [2]string{}},
	9:  {"Delay_Resp", 20, "dr.receivetimestamp", [2]string{"dr.requestingsourceportidentity", "dr.requestingsourceportid"}},
	10: {"Pdelay_Resp_Follow_Up", 20, "pdfu.responseorigintimestamp", [2]string{"pdfu.requestingportidentity", "pdfu.requestingsourceportid"}},
	11: {"Announce", 30, "an.origintimestamp", [2]string{}},
	12: {"Signaling", 10, "", [2]string{"sig.targetportidentity", "sig.targetportid"}},
	13: {"Management", 14, "", [2]string{}},
}

// ptpTypeFields are the fields of ptpTypes: seconds and nanoseconds, identity and number of a port.
var ptpTypeFields = newPTPTypeFields()

func newPTPTypeFields() (t [16][4]*Field) {
	for i, r := range ptpTypes {
		if r.time != "" {
			t[i][0] = &Field{Name: "ptp.v2." + r.time + ".seconds", Label: "time", Title: "Time stamp, seconds", Rank: 5}
			t[i][1] = &Field{Name: "ptp.v2." + r.time + ".nanoseconds", Title: "Time stamp, nanoseconds"}
		}
		if r.port[0] != "" {
			t[i][2] = &Field{Name: "ptp.v2." + r.port[0], Title: "Port identity", Base: Hex}
			t[i][3] = &Field{Name: "ptp.v2." + r.port[1], Title: "Port number"}
		}
	}
	return t
}

var (
	ptpHeadParts = []*Field{
		{Name: "ptp.v2.majorsdoid", Title: "Major SdoID", Mask: 0xf000, Base: Hex},
		{Name: "ptp.v2.messagetype", Title: "Message type", Mask: 0x0f00, Base: Hex},
		{Name: "ptp.v2.minorversionptp", Title: "Minor version", Mask: 0x00f0},
		{Name: "ptp.v2.versionptp", Label: "version", Title: "Version", Mask: 0x000f, Rank: 2},
	}
	ptpTypeField      = Field{Label: "type", Title: "Message", Rank: 1, Form: FormBare}
	ptpLengthField    = Field{Name: "ptp.v2.messagelength", Title: "Length"}
	ptpDomainField    = Field{Name: "ptp.v2.domainnumber", Label: "domain", Title: "Domain", Rank: 3}
	ptpSdoIDField     = Field{Name: "ptp.v2.minorsdoid", Title: "Minor SdoID"}
	ptpFlagsField     = Field{Name: "ptp.v2.flags", Title: "Flags", Base: Hex}
	ptpCorrectField   = Field{Name: "ptp.v2.correction.ns", Title: "Correction, nanoseconds"}
	ptpCorrectNeg     = Field{Title: "Correction, nanoseconds, in two's complement", Base: Hex}
	ptpSubNsField     = Field{Title: "Correction, 2^-16 nanoseconds"}
	ptpSpecificField  = Field{Name: "ptp.v2.messagetypespecific", Title: "Specific to the type"}
	ptpClockField     = Field{Name: "ptp.v2.clockidentity", Label: "clock", Title: "Clock identity", Base: Hex, Rank: 4}
	ptpPortField      = Field{Name: "ptp.v2.sourceportid", Title: "Source port"}
	ptpSeqField       = Field{Name: "ptp.v2.sequenceid", Label: "seq", Title: "Sequence ID", Rank: 4}
	ptpControlField   = Field{Name: "ptp.v2.controlfield", Title: "Control"}
	ptpPeriodField    = Field{Name: "ptp.v2.logmessageperiod", Title: "Logarithm of the message period"}
	ptpPeriodNegField = Field{Title: "Logarithm of the message period, in two's complement", Base: Hex}
	ptpContentField   = Field{Title: "Content"}
	ptpRestField      = Field{Title: "Further data"}

	ptpFlagParts = []*Field{
		{Name: "ptp.v2.flags.security", Title: "Security", Mask: 0x8000},
		{Name: "ptp.v2.flags.specific2", Title: "Profile specific 2", Mask: 0x4000},
		{Name: "ptp.v2.flags.specific1", Title: "Profile specific 1", Mask: 0x2000},
		{Title: "Reserved", Mask: 0x1800},
		{Name: "ptp.v2.flags.unicast", Title: "Unicast", Mask: 0x0400},
		{Name: "ptp.v2.flags.twostep", Title: "Two steps", Mask: 0x0200},
		{Name: "ptp.v2.flags.alternatemaster", Title: "Alternate master", Mask: 0x0100},
		{Title: "Reserved", Mask: 0x0080},
		{Name: "ptp.v2.flags.synchronizationUncertain", Title: "Synchronization uncertain", Mask: 0x0040},
		{Name: "ptp.v2.flags.frequencytraceable", Title: "Frequency traceable", Mask: 0x0020},
		{Name: "ptp.v2.flags.timetraceable", Title: "Time traceable", Mask: 0x0010},
		{Name: "ptp.v2.flags.timescale", Title: "PTP timescale", Mask: 0x0008},
		{Name: "ptp.v2.flags.utcreasonable", Title: "UTC offset valid", Mask: 0x0004},
		{Name: "ptp.v2.flags.li59", Title: "Last minute has 59 seconds", Mask: 0x0002},
		{Name: "ptp.v2.flags.li61", Title: "Last minute has 61 seconds", Mask: 0x0001},
	}
)

// Fields describes the message to s.
func (m PTP) Fields(s Sink) {
	w := newFieldWalk(s, m)
	kind := &ptpTypes[m.Type()]
	w.parts(2, ptpHeadParts)
	s.Enum(&ptpTypeField, 0, 0, uint64(m.Type()), kind.name)
	w.uint(&ptpLengthField, 2)
	w.uint(&ptpDomainField, 1)
	w.uint(&ptpSdoIDField, 1)
	w.flags(&ptpFlagsField, 2, ptpFlagParts)
	if w.peek(1)&0x80 != 0 {
		w.uint(&ptpCorrectNeg, 6)
	} else {
		w.uint(&ptpCorrectField, 6)
	}
	w.uint(&ptpSubNsField, 2)
	w.uint(&ptpSpecificField, 4)
	w.uint(&ptpClockField, 8)
	w.uint(&ptpPortField, 2)
	w.uint(&ptpSeqField, 2)
	w.uint(&ptpControlField, 1)
	if w.peek(1)&0x80 != 0 {
		w.uint(&ptpPeriodNegField, 1)
	} else {
		w.uint(&ptpPeriodField, 1)
	}
	w.end = min(len(m), m.Length())
	f := &ptpTypeFields[m.Type()]
	if w.end-w.at >= int(kind.size) {
		if f[0] != nil {
			w.uint(f[0], 6)
			w.uint(f[1], 4)
		}
		if f[2] != nil {
			w.uint(f[2], 8)
			w.uint(f[3], 2)
		}
	}
	w.bytes(&ptpContentField, w.end-w.at)
	w.end = len(m)
	w.rest(&ptpRestField)
}

func decodePTP(p *Packet, l *Layer, b []byte) LayerType {
	if err := PTP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func ptpFields(p *Packet, l *Layer, s Sink) { PTP(p.Bytes(l)).Fields(s) }
