package dissect

import (
	"bytes"
	"encoding/binary"
)

// TelnetCommand is what follows an IAC (RFC 854, RFC 885).
type TelnetCommand uint8

const (
	TelnetEOF   TelnetCommand = 236
	TelnetSusp  TelnetCommand = 237
	TelnetAbort TelnetCommand = 238
	TelnetEOR   TelnetCommand = 239
	TelnetSE    TelnetCommand = 240 // the end of an option's data
	TelnetNOP   TelnetCommand = 241
	TelnetDM    TelnetCommand = 242
	TelnetBRK   TelnetCommand = 243
	TelnetIP    TelnetCommand = 244
	TelnetAO    TelnetCommand = 245
	TelnetAYT   TelnetCommand = 246
	TelnetEC    TelnetCommand = 247
	TelnetEL    TelnetCommand = 248
	TelnetGA    TelnetCommand = 249
	TelnetSB    TelnetCommand = 250 // data of an option follows
	TelnetWill  TelnetCommand = 251
	TelnetWont  TelnetCommand = 252
	TelnetDo    TelnetCommand = 253
	TelnetDont  TelnetCommand = 254
	TelnetIAC   TelnetCommand = 255 // the byte 255 as data
)

var telnetCommandNames = [...]string{
	"EOF", "Suspend", "Abort", "End of Record", "SE", "NOP", "Data Mark", "Break", "Interrupt Process", "Abort Output",
	"Are You There", "Erase Character", "Erase Line", "Go Ahead", "SB", "Will", "Won't", "Do", "Don't", "IAC",
}

// Name is the command's name, or "" for one that has none.
func (c TelnetCommand) Name() string {
	if c < TelnetEOF {
		return ""
	}
	return telnetCommandNames[c-TelnetEOF]
}

func (c TelnetCommand) String() string { return nameOrNumber(c.Name(), uint64(c)) }

// TelnetOption is what two ends of Telnet agree on (IANA "Telnet Options").
type TelnetOption uint8

const (
	telnetTerminalType TelnetOption = 24 // RFC 1091
	telnetWindowSize   TelnetOption = 31 // RFC 1073
)

var telnetOptionNames = [...]string{
	0: "Binary Transmission", 1: "Echo", 3: "Suppress Go Ahead", 5: "Status", 6: "Timing Mark", 18: "Logout", 23: "Send Location", 24: "Terminal Type",
	25: "End of Record", 31: "Window Size", 32: "Terminal Speed", 33: "Remote Flow Control", 34: "Linemode", 35: "X Display Location",
	36: "Environment", 37: "Authentication", 38: "Encryption", 39: "New Environment", 42: "Charset", 44: "Com Port Control", 46: "Start TLS",
}

// Name is the option's name, or "" for one that has none here.
func (o TelnetOption) Name() string {
	if int(o) < len(telnetOptionNames) {
		return telnetOptionNames[o]
	}
	return ""
}

func (o TelnetOption) String() string { return nameOrNumber(o.Name(), uint64(o)) }

// Telnet is a view of what one segment of a Telnet connection has: text with commands in it.
//
//	 0      7 8     15 16    23
//	+--------+--------+--------+
//	|  IAC   | Command| Option |     the option only behind SB, WILL, WONT, DO, DONT
//	+--------+--------+--------+
type Telnet []byte

// command gives the length of the command at the start of t: 0 if it is text, or not all of a command. data
// is what stands between SB and SE.
func (t Telnet) command() (c TelnetCommand, size int, data []byte) {
	if len(t) < 2 || t[0] != byte(TelnetIAC) {
		return 0, 0, nil
	}
	switch c = TelnetCommand(t[1]); {
	case c == TelnetIAC || c < TelnetEOF:
		return 0, 0, nil
	case c < TelnetSB:
		return c, 2, nil
	case len(t) < 3:
		return 0, 0, nil
	case c > TelnetSB:
		return c, 3, nil
	}
	for i := 3; i+1 < len(t); i++ {
		if t[i] != byte(TelnetIAC) {
			continue
		}
		if t[i+1] == byte(TelnetSE) {
			return c, i + 2, t[3:i]
		}
		i++
	}
	return 0, 0, nil
}

// line gives the length of the text at the start of t, up to the end of a line or a command.
func (t Telnet) line() int {
	for i := 0; i < len(t); i++ {
		switch {
		case t[i] == '\n':
			return i + 1
		case t[i] == '\r' && i+1 < len(t) && t[i+1] == 0:
			return i + 2
		case t[i] == byte(TelnetIAC) && i > 0:
			if i+1 < len(t) && t[i+1] == byte(TelnetIAC) {
				i++
				continue
			}
			return i
		}
	}
	return len(t)
}

var (
	telnetIACField    = Field{Label: "iac", Title: "Interpret as Command", Base: Hex}
	telnetCmdField    = Field{Name: "telnet.cmd", Label: "cmd", Title: "Command", Rank: 1, Form: FormBare}
	telnetOptionField = Field{Name: "telnet.subcmd", Label: "option", Title: "Option", Rank: 1, Form: FormBare}
	telnetDataField   = Field{Name: "telnet.data", Label: "data", Title: "Data", Rank: 1, Form: FormBare}
	telnetQualField   = Field{Name: "telnet.subcmd", Label: "qualifier", Title: "Qualifier"}
	telnetStringField = Field{Name: "telnet.string_subopt.value", Label: "value", Title: "Value", Rank: 1, Form: FormBare}
	telnetWidthField  = Field{Name: "telnet.naws_subopt.width", Label: "width", Title: "Width", Rank: 1}
	telnetHeightField = Field{Name: "telnet.naws_subopt.height", Label: "height", Title: "Height", Rank: 1}
	telnetOptionData  = Field{Label: "option data", Title: "Option data"}
	telnetRestField   = Field{Label: "rest", Title: "Beginning of a command"}
)

// Fields describes text and commands to s.
func (t Telnet) Fields(s Sink) {
	for off := 0; off < len(t); {
		c, n, data := t[off:].command()
		if n > 0 {
			t.commandFields(s, off, c, n, data)
			off += n
			continue
		}
		if t[off] == byte(TelnetIAC) && (off+1 == len(t) || t[off+1] >= byte(TelnetEOF) && t[off+1] < byte(TelnetIAC)) {
			s.Bytes(&telnetRestField, off, len(t)-off, t[off:])
			return
		}
		n = t[off:].line()
		text := t[off : off+n]
		if i := bytes.IndexByte(text, 0); i >= 0 && i == n-1 {
			text = text[:i]
		}
		s.Text(&telnetDataField, off, n, text)
		off += n
	}
}

func (t Telnet) commandFields(s Sink, off int, c TelnetCommand, n int, data []byte) {
	s.Uint(&telnetIACField, off, 1, uint64(TelnetIAC))
	s.Enum(&telnetCmdField, off+1, 1, uint64(c), c.Name())
	if n == 2 {
		return
	}
	option := TelnetOption(t[off+2])
	s.Enum(&telnetOptionField, off+2, 1, uint64(option), option.Name())
	if c != TelnetSB {
		return
	}
	at := off + 3
	switch {
	case option == telnetTerminalType && len(data) > 0:
		s.Uint(&telnetQualField, at, 1, uint64(data[0]))
		if len(data) > 1 {
			s.Text(&telnetStringField, at+1, len(data)-1, data[1:])
		}
	case option == telnetWindowSize && len(data) == 4:
		s.Uint(&telnetWidthField, at, 2, uint64(binary.BigEndian.Uint16(data)))
		s.Uint(&telnetHeightField, at+2, 2, uint64(binary.BigEndian.Uint16(data[2:])))
	case len(data) > 0:
		s.Bytes(&telnetOptionData, at, len(data), data)
	}
	at += len(data)
	s.Uint(&telnetIACField, at, 1, uint64(TelnetIAC))
	s.Enum(&telnetCmdField, at+1, 1, uint64(TelnetSE), TelnetSE.Name())
}

func decodeTelnet(p *Packet, l *Layer, b []byte) LayerType {
	l.Payload = l.End
	return LayerNone
}

func telnetFields(p *Packet, l *Layer, s Sink) { Telnet(p.Bytes(l)).Fields(s) }
