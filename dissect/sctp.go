package dissect

import (
	"encoding/binary"
	"hash/crc32"
)

// Offsets in an SCTP packet, the length of its header, and that of a chunk without a value, in bytes.
const (
	sctpSrcPort  = 0
	sctpDstPort  = 2
	sctpTag      = 4
	sctpChecksum = 8

	SCTPHeaderLen = 12
	SCTPChunkLen  = 4
)

// SCTPChunkType is the type of a chunk (IANA "SCTP Chunk Types").
type SCTPChunkType uint8

const (
	SCTPData             SCTPChunkType = 0
	SCTPInit             SCTPChunkType = 1
	SCTPInitAck          SCTPChunkType = 2
	SCTPSack             SCTPChunkType = 3
	SCTPHeartbeat        SCTPChunkType = 4
	SCTPHeartbeatAck     SCTPChunkType = 5
	SCTPAbort            SCTPChunkType = 6
	SCTPShutdown         SCTPChunkType = 7
	SCTPShutdownAck      SCTPChunkType = 8
	SCTPError            SCTPChunkType = 9
	SCTPCookieEcho       SCTPChunkType = 10
	SCTPCookieAck        SCTPChunkType = 11
	SCTPECNE             SCTPChunkType = 12
	SCTPCWR              SCTPChunkType = 13
	SCTPShutdownComplete SCTPChunkType = 14
	SCTPAuth             SCTPChunkType = 15
	SCTPForwardTSN       SCTPChunkType = 192
)

var sctpChunkNames = [...]string{
	"DATA", "INIT", "INIT-ACK", "SACK", "HEARTBEAT", "HEARTBEAT-ACK", "ABORT", "SHUTDOWN", "SHUTDOWN-ACK", "ERROR", "COOKIE-ECHO",
	"COOKIE-ACK", "ECNE", "CWR", "SHUTDOWN-COMPLETE", "AUTH",
}

// Name is the name of the type, or "".
func (t SCTPChunkType) Name() string {
	switch {
	case int(t) < len(sctpChunkNames):
		return sctpChunkNames[t]
	case t == SCTPForwardTSN:
		return "FORWARD-TSN"
	}
	return ""
}

// String is the name, or the number.
func (t SCTPChunkType) String() string { return nameOrNumber(t.Name(), uint64(t)) }

// SCTP is a view of an SCTP packet (RFC 9260 section 3): a header, and chunks, each padded to four bytes.
//
//	 0                              15 16                           31
//	+---------------------------------+------------------------------+
//	|           Source Port           |       Destination Port       |
//	+---------------------------------+------------------------------+
//	|                        Verification Tag                        |
//	+----------------------------------------------------------------+
//	|                        Checksum (CRC32c)                       |
//	+----------------+----------------+------------------------------+
//	|   Chunk Type   |  Chunk Flags   |         Chunk Length         |
//	+----------------+----------------+------------------------------+
//	|  Chunk Value                                                   |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type SCTP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (p SCTP) Check() error {
	if len(p) < SCTPHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check for a host that received the packet: the chunks must fill it.
func (p SCTP) CheckWhole() error {
	if err := p.Check(); err != nil {
		return err
	}
	for b := p[SCTPHeaderLen:]; len(b) > 0; {
		n := sctpChunkSize(b)
		if n == 0 {
			return ErrMalformed
		}
		b = b[min(len(b), padded4(n)):]
	}
	return nil
}

// sctpChunkSize is the length of the first chunk of b in bytes without its padding, or zero if it is not there whole.
func sctpChunkSize(b []byte) int {
	if len(b) < SCTPChunkLen {
		return 0
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n >= SCTPChunkLen && n <= len(b) {
		return n
	}
	return 0
}

func padded4(n int) int { return (n + 3) &^ 3 }

func (p SCTP) SrcPort() uint16         { return binary.BigEndian.Uint16(p[sctpSrcPort:]) }
func (p SCTP) DstPort() uint16         { return binary.BigEndian.Uint16(p[sctpDstPort:]) }
func (p SCTP) VerificationTag() uint32 { return binary.BigEndian.Uint32(p[sctpTag:]) }

// Checksum is the checksum field as a number whose first byte on the wire is the most significant.
func (p SCTP) Checksum() uint32 { return binary.BigEndian.Uint32(p[sctpChecksum:]) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ChecksumOK reports whether the CRC32c of the whole packet is right (RFC 9260 appendix A).
func (p SCTP) ChecksumOK() bool {
	var zero [4]byte
	sum := crc32.Update(0, castagnoli, p[:sctpChecksum])
	sum = crc32.Update(sum, castagnoli, zero[:])
	sum = crc32.Update(sum, castagnoli, p[SCTPHeaderLen:])
	return sum == binary.LittleEndian.Uint32(p[sctpChecksum:])
}

var (
	sctpSrcPortField  = Field{Name: "sctp.srcport", Label: "src", Title: "Source port", Rank: 1}
	sctpDstPortField  = Field{Name: "sctp.dstport", Label: "dst", Title: "Destination port", Rank: 2}
	sctpTagField      = Field{Name: "sctp.verification_tag", Label: "tag", Title: "Verification tag", Base: Hex}
	sctpChecksumField = Field{Name: "sctp.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	sctpChunkField    = Field{Label: "chunk", Title: "Chunk"}
	sctpTypeField     = Field{Name: "sctp.chunk_type", Label: "type", Title: "Chunk type", Rank: 3, Form: FormBare}
	sctpFlagsField    = Field{Name: "sctp.chunk_flags", Label: "flags", Title: "Chunk flags", Base: Hex}
	sctpLengthField   = Field{Name: "sctp.chunk_length", Label: "len", Title: "Chunk length"}
	sctpTSNField      = Field{Name: "sctp.data_tsn_raw", Label: "tsn", Title: "Transmission sequence number (absolute)", Rank: 3}
	sctpStreamField   = Field{Name: "sctp.data_sid", Label: "stream", Title: "Stream identifier", Rank: 3}
	sctpSSNField      = Field{Name: "sctp.data_ssn", Label: "ssn", Title: "Stream sequence number"}
	sctpProtoField    = Field{Name: "sctp.data_payload_proto_id", Label: "ppid", Title: "Payload protocol identifier"}
	sctpUserField     = Field{Label: "data", Title: "User data"}
	sctpInitTagField  = Field{Name: "sctp.init_initiate_tag", Label: "tag", Title: "Initiate tag", Rank: 3, Base: Hex}
	sctpInitWndField  = Field{Name: "sctp.init_credit", Label: "rwnd", Title: "Advertised receiver window credit (a_rwnd)"}
	sctpInitOutField  = Field{Name: "sctp.init_nr_out_streams", Label: "out", Title: "Number of outbound streams"}
	sctpInitInField   = Field{Name: "sctp.init_nr_in_streams", Label: "in", Title: "Number of inbound streams"}
	sctpInitTSNField  = Field{Name: "sctp.init_initial_tsn", Label: "tsn", Title: "Initial TSN"}
	sctpAckTagField   = Field{Name: "sctp.initack_initiate_tag", Label: "tag", Title: "Initiate tag", Rank: 3, Base: Hex}
	sctpAckWndField   = Field{Name: "sctp.initack_credit", Label: "rwnd", Title: "Advertised receiver window credit (a_rwnd)"}
	sctpAckOutField   = Field{Name: "sctp.initack_nr_out_streams", Label: "out", Title: "Number of outbound streams"}
	sctpAckInField    = Field{Name: "sctp.initack_nr_in_streams", Label: "in", Title: "Number of inbound streams"}
	sctpAckTSNField   = Field{Name: "sctp.initack_initial_tsn", Label: "tsn", Title: "Initial TSN"}
	sctpCumField      = Field{Name: "sctp.sack_cumulative_tsn_ack_raw", Label: "ack", Title: "Cumulative TSN ACK (absolute)", Rank: 3}
	sctpWindowField   = Field{Name: "sctp.sack_a_rwnd", Label: "rwnd", Title: "Advertised receiver window credit (a_rwnd)"}
	sctpGapsField     = Field{Name: "sctp.sack_number_of_gap_blocks", Label: "gaps", Title: "Number of gap acknowledgement blocks"}
	sctpDupsField     = Field{Name: "sctp.sack_number_of_duplicated_tsns", Label: "dups", Title: "Number of duplicated TSNs"}
	sctpShutdownField = Field{Name: "sctp.shutdown_cumulative_tsn_ack", Label: "ack", Title: "Cumulative TSN Ack"}
	sctpCookieField   = Field{Name: "sctp.cookie", Label: "cookie", Title: "Cookie"}
	sctpValueField    = Field{Label: "value", Title: "Value"}
	sctpPaddingField  = Field{Label: "padding", Title: "Chunk padding"}
	sctpRestField     = Field{Label: "rest", Title: "Incomplete chunk"}
)

// Fields describes the packet to s, chunk by chunk.
func (p SCTP) Fields(s Sink) {
	s.Uint(&sctpSrcPortField, sctpSrcPort, 2, uint64(p.SrcPort()))
	s.Uint(&sctpDstPortField, sctpDstPort, 2, uint64(p.DstPort()))
	s.Uint(&sctpTagField, sctpTag, 4, uint64(p.VerificationTag()))
	s.Uint(&sctpChecksumField, sctpChecksum, 4, uint64(p.Checksum()))
	at, b := SCTPHeaderLen, []byte(p[SCTPHeaderLen:])
	for len(b) > 0 {
		n := sctpChunkSize(b)
		if n == 0 {
			break
		}
		whole := min(len(b), padded4(n))
		s.Begin(&sctpChunkField, at, whole)
		sctpChunkFields(s, at, b[:n])
		if n < whole {
			s.Bytes(&sctpPaddingField, at+n, whole-n, b[n:whole])
		}
		s.End()
		at, b = at+whole, b[whole:]
	}
	if len(b) > 0 {
		s.Bytes(&sctpRestField, at, len(b), b)
	}
}

// sctpInitFields are the fields of INIT, or of INIT ACK.
type sctpInitFields struct{ tag, window, out, in, tsn *Field }

var (
	sctpInitFieldSet = sctpInitFields{&sctpInitTagField, &sctpInitWndField, &sctpInitOutField, &sctpInitInField, &sctpInitTSNField}
	sctpAckFieldSet  = sctpInitFields{&sctpAckTagField, &sctpAckWndField, &sctpAckOutField, &sctpAckInField, &sctpAckTSNField}
)

// sctpChunkFields describes chunk c, which is at offset at.
func sctpChunkFields(s Sink, at int, c []byte) {
	be := binary.BigEndian
	t := SCTPChunkType(c[0])
	s.Enum(&sctpTypeField, at, 1, uint64(t), t.Name())
	s.Uint(&sctpFlagsField, at+1, 1, uint64(c[1]))
	s.Uint(&sctpLengthField, at+2, 2, uint64(len(c)))
	at, c = at+SCTPChunkLen, c[SCTPChunkLen:]
	rest := &sctpValueField
	switch {
	case t == SCTPData && len(c) >= 12:
		s.Uint(&sctpTSNField, at, 4, uint64(be.Uint32(c)))
		s.Uint(&sctpStreamField, at+4, 2, uint64(be.Uint16(c[4:])))
		s.Uint(&sctpSSNField, at+6, 2, uint64(be.Uint16(c[6:])))
		s.Uint(&sctpProtoField, at+8, 4, uint64(be.Uint32(c[8:])))
		rest, at, c = &sctpUserField, at+12, c[12:]
	case (t == SCTPInit || t == SCTPInitAck) && len(c) >= 16:
		f := &sctpInitFieldSet
		if t == SCTPInitAck {
			f = &sctpAckFieldSet
		}
		s.Uint(f.tag, at, 4, uint64(be.Uint32(c)))
		s.Uint(f.window, at+4, 4, uint64(be.Uint32(c[4:])))
		s.Uint(f.out, at+8, 2, uint64(be.Uint16(c[8:])))
		s.Uint(f.in, at+10, 2, uint64(be.Uint16(c[10:])))
		s.Uint(f.tsn, at+12, 4, uint64(be.Uint32(c[12:])))
		at, c = at+16, c[16:]
	case t == SCTPSack && len(c) >= 12:
		s.Uint(&sctpCumField, at, 4, uint64(be.Uint32(c)))
		s.Uint(&sctpWindowField, at+4, 4, uint64(be.Uint32(c[4:])))
		s.Uint(&sctpGapsField, at+8, 2, uint64(be.Uint16(c[8:])))
		s.Uint(&sctpDupsField, at+10, 2, uint64(be.Uint16(c[10:])))
		at, c = at+12, c[12:]
	case t == SCTPShutdown && len(c) == 4:
		s.Uint(&sctpShutdownField, at, 4, uint64(be.Uint32(c)))
		return
	case t == SCTPCookieEcho:
		rest = &sctpCookieField
	}
	if len(c) > 0 {
		s.Bytes(rest, at, len(c), c)
	}
}

func decodeSCTP(p *Packet, l *Layer, b []byte) LayerType {
	if err := SCTP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func sctpFields(p *Packet, l *Layer, s Sink) { SCTP(p.Bytes(l)).Fields(s) }

// SCTPHeader is the header as a value.
type SCTPHeader struct {
	SrcPort, DstPort uint16
	VerificationTag  uint32
	Checksum         uint32
}

// Header gives the header as a value.
func (p SCTP) Header() SCTPHeader {
	return SCTPHeader{p.SrcPort(), p.DstPort(), p.VerificationTag(), p.Checksum()}
}

// Append appends the wire form of h to b and returns the extended slice.
func (h SCTPHeader) Append(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, h.SrcPort)
	b = binary.BigEndian.AppendUint16(b, h.DstPort)
	b = binary.BigEndian.AppendUint32(b, h.VerificationTag)
	return binary.BigEndian.AppendUint32(b, h.Checksum)
}
