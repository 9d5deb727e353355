package dissect

import (
	"bytes"
	"encoding/binary"
)

// Offsets in a TFTP packet, and the length of what all packets have, in bytes.
const (
	tftpOp     = 0
	tftpNumber = 2 // of a block or of an error

	TFTPOpLen     = 2
	tftpNumberEnd = 4
)

// TFTP is a view of a TFTP packet (RFC 1350, options RFC 2347).
//
//	 0                              15 16                           31
//	+---------------------------------+------------------------------+
//	|            Operation            |  Block or error number, or   |
//	+---------------------------------+  texts that end with zeros   |
//	|                                                                |
//	+----------------------------------------------------------------+
//
// Only requests use the well-known port: what is exchanged between the two ports that follow is not recognized.
//
// The getters trust the slice; call Check once before the first of them.
type TFTP []byte

// Check reports whether the operation, and the number if the operation has one, can be read: ErrTruncated if bytes of them are missing.
func (t TFTP) Check() error {
	if len(t) < TFTPOpLen || t.hasNumber() && len(t) < tftpNumberEnd {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check, and the texts that the operation has end with a zero, ErrMalformed if one does not.
func (t TFTP) CheckWhole() error {
	if err := t.Check(); err != nil {
		return err
	}
	switch t.Op() {
	case TFTPRead, TFTPWrite, TFTPOptionAck, TFTPError:
		rest := t[t.textStart():]
		if len(rest) > 0 && rest[len(rest)-1] != 0 {
			return ErrMalformed
		}
	}
	return nil
}

func (t TFTP) Op() TFTPOp { return TFTPOp(binary.BigEndian.Uint16(t[tftpOp:])) }

func (t TFTP) hasNumber() bool {
	switch t.Op() {
	case TFTPData, TFTPAck, TFTPError:
		return true
	}
	return false
}

// Number is the number of a block or of an error; zero for operations without one.
func (t TFTP) Number() uint16 {
	if !t.hasNumber() {
		return 0
	}
	return binary.BigEndian.Uint16(t[tftpNumber:])
}

// textStart is where the texts of a packet begin.
func (t TFTP) textStart() int {
	if t.hasNumber() {
		return tftpNumberEnd
	}
	return TFTPOpLen
}

// text gives the text at off and the offset behind its zero; ok is false if there is none.
func (t TFTP) text(off int) (text []byte, next int, ok bool) {
	n := bytes.IndexByte(t[off:], 0)
	if n < 0 {
		return nil, off, false
	}
	return t[off : off+n], off + n + 1, true
}

// File and Mode are what a request names, nil for other packets.
func (t TFTP) File() []byte {
	if t.Op() != TFTPRead && t.Op() != TFTPWrite {
		return nil
	}
	file, _, _ := t.text(TFTPOpLen)
	return file
}

func (t TFTP) Mode() []byte {
	if t.Op() != TFTPRead && t.Op() != TFTPWrite {
		return nil
	}
	_, next, ok := t.text(TFTPOpLen)
	if !ok {
		return nil
	}
	mode, _, _ := t.text(next)
	return mode
}

var (
	tftpOpField       = Field{Name: "tftp.opcode", Label: "op", Title: "Opcode", Rank: 1, Form: FormBare}
	tftpReadField     = Field{Name: "tftp.source_file", Label: "file", Title: "Source file", Rank: 2}
	tftpWriteField    = Field{Name: "tftp.destination_file", Label: "file", Title: "Destination file", Rank: 2}
	tftpModeField     = Field{Name: "tftp.type", Label: "mode", Title: "Type", Rank: 3}
	tftpOptionGroup   = Field{Title: "Option"}
	tftpOptNameField  = Field{Name: "tftp.option.name", Label: "opt", Title: "Option name", Rank: 4}
	tftpOptValueField = Field{Name: "tftp.option.value", Label: "=", Title: "Option value", Rank: 4, Form: FormJoined}
	tftpBlockField    = Field{Name: "tftp.block", Label: "block", Title: "Block", Rank: 2}
	tftpErrorField    = Field{Name: "tftp.error.code", Label: "error", Title: "Error code", Rank: 2}
	tftpMessageField  = Field{Name: "tftp.error.message", Label: "message", Title: "Error message", Rank: 3}
	tftpRestField     = Field{Title: "Bytes that could not be read"}
)

// Fields describes the packet, the data of a block excepted, to s.
func (t TFTP) Fields(s Sink) {
	s.Enum(&tftpOpField, tftpOp, 2, uint64(t.Op()), t.Op().Name())
	off := t.textStart()
	switch t.Op() {
	case TFTPRead, TFTPWrite:
		file := &tftpReadField
		if t.Op() == TFTPWrite {
			file = &tftpWriteField
		}
		off = t.textField(s, file, off)
		off = t.textField(s, &tftpModeField, off)
		off = t.optionFields(s, off)
	case TFTPOptionAck:
		off = t.optionFields(s, off)
	case TFTPData, TFTPAck:
		s.Uint(&tftpBlockField, tftpNumber, 2, uint64(t.Number()))
		if t.Op() == TFTPData {
			return
		}
	case TFTPError:
		s.Enum(&tftpErrorField, tftpNumber, 2, uint64(t.Number()), tftpErrorName(t.Number()))
		off = t.textField(s, &tftpMessageField, off)
	}
	if off < len(t) {
		s.Bytes(&tftpRestField, off, len(t)-off, t[off:])
	}
}

// textField describes the text at off, if it has an end, and gives the offset behind it.
func (t TFTP) textField(s Sink, f *Field, off int) int {
	text, next, ok := t.text(off)
	if ok {
		s.Text(f, off, next-off, text)
	}
	return next
}

// optionFields describes pairs of name and value from off on.
func (t TFTP) optionFields(s Sink, off int) int {
	for off < len(t) {
		name, value, ok := t.text(off)
		if !ok {
			break
		}
		text, next, ok := t.text(value)
		if !ok {
			break
		}
		s.Begin(&tftpOptionGroup, off, next-off)
		s.Text(&tftpOptNameField, off, value-off, name)
		s.Text(&tftpOptValueField, value, next-value, text)
		s.End()
		off = next
	}
	return off
}

func decodeTFTP(p *Packet, l *Layer, b []byte) LayerType {
	t := TFTP(b)
	if err := t.Check(); err != nil {
		return l.fail(err)
	}
	if t.Op() == TFTPData {
		l.Payload = l.Start + tftpNumberEnd
		return LayerData
	}
	l.Payload = l.End
	return LayerNone
}

func tftpFields(p *Packet, l *Layer, s Sink) { TFTP(p.Bytes(l)).Fields(s) }

// AppendTFTPRequest appends a request to read or write a file, with options as pairs of name and value, to b.
// No text may hold a zero byte.
func AppendTFTPRequest(b []byte, op TFTPOp, file, mode string, options ...string) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(op))
	b = append(append(b, file...), 0)
	b = append(append(b, mode...), 0)
	for _, o := range options {
		b = append(append(b, o...), 0)
	}
	return b
}

// AppendTFTPBlock appends the head of a DATA or ACK packet for a block to b.
func AppendTFTPBlock(b []byte, op TFTPOp, block uint16) []byte {
	return binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, uint16(op)), block)
}

// AppendTFTPError appends an ERROR packet to b.
func AppendTFTPError(b []byte, code uint16, message string) []byte {
	b = AppendTFTPBlock(b, TFTPError, code)
	return append(append(b, message...), 0)
}

// TFTPOp is the operation of a TFTP packet.
type TFTPOp uint16

const (
	TFTPRead      TFTPOp = 1
	TFTPWrite     TFTPOp = 2
	TFTPData      TFTPOp = 3
	TFTPAck       TFTPOp = 4
	TFTPError     TFTPOp = 5
	TFTPOptionAck TFTPOp = 6
)

var tftpOpNames = [...]string{1: "Read", "Write", "Data", "ACK", "Error", "OptionACK"}

// Name is the operation's name, or "".
func (o TFTPOp) Name() string {
	if int(o) < len(tftpOpNames) {
		return tftpOpNames[o]
	}
	return ""
}

// String is the name, or the number.
func (o TFTPOp) String() string { return nameOrNumber(o.Name(), uint64(o)) }

func tftpErrorName(code uint16) string {
	names := [...]string{
		"undefined", "file not found", "access violation", "disk full", "illegal operation", "unknown transfer ID",
		"file exists", "no such user", "option negotiation failed",
	}
	if int(code) < len(names) {
		return names[code]
	}
	return ""
}
