package dissect

import (
	"encoding/binary"
	"net/netip"
)

// Offsets in a PDU of LDP, and lengths, in bytes.
const (
	ldpLength = 2
	ldpLSR    = 4
	ldpSpace  = 8

	LDPHeaderLen = 10

	ldpIDLen            = 6 // of the identifier, which Length counts
	ldpMessageHeaderLen = 8
	ldpTLVHeaderLen     = 4
)

// LDP is a view of one or several PDUs of the Label Distribution Protocol (RFC 5036 section 3.1), of which the getters read the
// first.
//
//	 0                              15 16                           31
//	+---------------------------------+------------------------------+
//	|             Version             |            Length            |
//	|                         LSR identifier                         |
//	|          Label space            |      Messages, of TLVs       |
//	+---------------------------------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type LDP []byte

// Check reports whether the header of the first PDU can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if
// it is of another version, ErrMalformed if Length does not cover the identifier.
func (m LDP) Check() error {
	switch {
	case len(m) < LDPHeaderLen:
		return ErrTruncated
	case binary.BigEndian.Uint16(m) != 1:
		return ErrUnsupported
	case m.Length() < ldpIDLen:
		return ErrMalformed
	}
	return nil
}

// CheckWhole is Check for a host that received the PDU: all that Length promises is there.
func (m LDP) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if len(m) < 4+m.Length() {
		return ErrTruncated
	}
	return nil
}

// Length is how many bytes follow version and length, as the sender wrote it.
func (m LDP) Length() int        { return int(binary.BigEndian.Uint16(m[ldpLength:])) }
func (m LDP) LSR() netip.Addr    { return addr4(m, ldpLSR) }
func (m LDP) LabelSpace() uint16 { return binary.BigEndian.Uint16(m[ldpSpace:]) }

var (
	ldpVersionField = Field{Name: "ldp.hdr.version", Title: "Version"}
	ldpLengthField  = Field{Name: "ldp.hdr.pdu_len", Title: "PDU length"}
	ldpLSRField     = Field{Name: "ldp.hdr.ldpid.lsr", Label: "lsr", Title: "LSR identifier", Rank: 2}
	ldpSpaceField   = Field{Name: "ldp.hdr.ldpid.lsid", Label: ":", Title: "Label space", Rank: 2, Form: FormJoined}
	ldpPDUGroup     = Field{Title: "PDU"}
	ldpMessageGroup = Field{Title: "Message"}
	ldpTypeField    = Field{Name: "ldp.msg.type", Label: "type", Title: "Message type", Mask: 0x7fff, Base: Hex, Rank: 1, Form: FormBare}
	ldpUnknownField = Field{Name: "ldp.msg.ubit", Title: "Unknown message bit", Mask: 0x8000}
	ldpMsgLenField  = Field{Name: "ldp.msg.len", Title: "Message length"}
	ldpIDField      = Field{Name: "ldp.msg.id", Title: "Message ID", Base: Hex}
	ldpTLVGroup     = Field{Title: "TLV"}
	ldpTLVUnknown   = Field{Name: "ldp.msg.tlv.unknown", Title: "TLV unknown bits", Mask: 0xc000, Base: Hex}
	ldpTLVType      = Field{Name: "ldp.msg.tlv.type", Title: "TLV type", Mask: 0x3fff, Base: Hex}
	ldpTLVLenField  = Field{Name: "ldp.msg.tlv.len", Title: "TLV length"}
	ldpTLVValue     = Field{Title: "Value"}
	ldpHoldField    = Field{Name: "ldp.msg.tlv.hello.hold", Label: "hold", Title: "Hold time", Rank: 3}
	ldpLabelField   = Field{Name: "ldp.msg.tlv.generic.label", Label: "label", Title: "Label", Rank: 3, Mask: 0xfffff}
	ldpLabelZero    = Field{Title: "Zero", Mask: 0xfff00000}
	ldpAddr4Field   = Field{Name: "ldp.msg.tlv.ipv4.taddr", Label: "transport", Title: "IPv4 transport address", Rank: 4}
	ldpAddr6Field   = Field{Name: "ldp.msg.tlv.ipv6.taddr", Label: "transport", Title: "IPv6 transport address", Rank: 4}
	ldpSeqField     = Field{Name: "ldp.msg.tlv.hello.cnf_seqno", Title: "Configuration sequence number"}
	ldpRestField    = Field{Title: "Bytes that could not be read"}

	ldpHelloParts = []*Field{
		{Name: "ldp.msg.tlv.hello.targeted", Title: "Targeted hello", Mask: 0x8000},
		{Name: "ldp.msg.tlv.hello.requested", Title: "Targeted hellos requested", Mask: 0x4000},
		{Name: "ldp.msg.tlv.hello.gtsm", Title: "TTL security", Mask: 0x2000},
		{Name: "ldp.msg.tlv.hello.res", Title: "Reserved", Mask: 0x1fff, Base: Hex},
	}
)

func ldpMessageName(t uint64) string {
	switch t {
	case 0x001:
		return "Notification"
	case 0x100:
		return "Hello"
	case 0x200:
		return "Initialization"
	case 0x201:
		return "Keep Alive"
	case 0x300:
		return "Address"
	case 0x301:
		return "Address Withdrawal"
	case 0x400:
		return "Label Mapping"
	case 0x401:
		return "Label Request"
	case 0x402:
		return "Label Withdrawal"
	case 0x403:
		return "Label Release"
	case 0x404:
		return "Label Abort Request"
	}
	return ""
}

// Fields describes the PDUs to s.
func (m LDP) Fields(s Sink) {
	w := newFieldWalk(s, m)
	for w.end-w.at >= LDPHeaderLen && LDP(m[w.at:]).CheckWhole() == nil {
		outer, _ := w.enter(&ldpPDUGroup, 4+LDP(m[w.at:]).Length())
		ldpHeader(&w)
		for w.end-w.at >= ldpMessageHeaderLen && ldpMessage(&w) {
		}
		w.leave(&ldpRestField, outer)
	}
	if w.at == 0 { // of a PDU cut short, the header
		ldpHeader(&w)
	}
	w.rest(&ldpRestField)
}

func ldpHeader(w *fieldWalk) {
	w.uint(&ldpVersionField, 2)
	w.uint(&ldpLengthField, 2)
	w.addr(&ldpLSRField, 4)
	w.uint(&ldpSpaceField, 2)
}

// ldpMessage describes one message, and reports false if it is not all there.
func ldpMessage(w *fieldWalk) bool {
	head := w.peek(4)
	n := 4 + int(head&0xffff)
	if n < ldpMessageHeaderLen || w.end-w.at < n {
		return false
	}
	outer, _ := w.enter(&ldpMessageGroup, n)
	kind := head >> 16 & 0x7fff
	w.s.Bool(&ldpUnknownField, w.at, 2, head>>31 != 0)
	w.s.Enum(&ldpTypeField, w.at, 2, kind, ldpMessageName(kind))
	w.at += 2
	w.uint(&ldpMsgLenField, 2)
	w.uint(&ldpIDField, 4)
	for w.end-w.at >= ldpTLVHeaderLen && ldpTLV(w) {
	}
	w.leave(&ldpRestField, outer)
	return true
}

// ldpTLV describes one TLV, and reports false if it is not all there.
func ldpTLV(w *fieldWalk) bool {
	head := w.peek(4)
	n := ldpTLVHeaderLen + int(head&0xffff)
	if w.end-w.at < n {
		return false
	}
	outer, _ := w.enter(&ldpTLVGroup, n)
	w.s.Uint(&ldpTLVUnknown, w.at, 2, head>>30)
	w.s.Uint(&ldpTLVType, w.at, 2, head>>16&0x3fff)
	w.at += 2
	w.uint(&ldpTLVLenField, 2)
	switch size := n - ldpTLVHeaderLen; head >> 16 & 0x3fff {
	case 0x200:
		if size == 4 {
			label := w.peek(4)
			w.s.Uint(&ldpLabelZero, w.at, 4, label>>20)
			w.s.Uint(&ldpLabelField, w.at, 4, label&0xfffff)
			w.at += 4
		}
	case 0x400:
		if size == 4 {
			w.uint(&ldpHoldField, 2)
			w.parts(2, ldpHelloParts)
		}
	case 0x401:
		if size == 4 {
			w.addr(&ldpAddr4Field, 4)
		}
	case 0x402:
		if size == 4 {
			w.uint(&ldpSeqField, 4)
		}
	case 0x403:
		if size == 16 {
			w.addr(&ldpAddr6Field, 16)
		}
	}
	w.leave(&ldpTLVValue, outer)
	return true
}

func decodeLDP(p *Packet, l *Layer, b []byte) LayerType {
	if err := LDP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func ldpFields(p *Packet, l *Layer, s Sink) { LDP(p.Bytes(l)).Fields(s) }
