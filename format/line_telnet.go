package format

// Commands of Telnet (RFC 854) that have a form of their own. Each stands behind an IAC.
const (
	telnetSE   = 240
	telnetSB   = 250
	telnetWill = 251
	telnetDont = 254
	telnetIAC  = 255

	telnetFirst = 236 // the lowest of all commands
)

// Options whose data has a form of its own.
const (
	telnetAuthentication = 37 // RFC 2941
	telnetEncrypt        = 38 // RFC 2946
)

var telnetCommands = [...]string{
	"EOF", "SUSP", "ABORT", "EOR", "SE", "NOP", "DMARK", "BRK", "IP", "AO", "AYT", "EC", "EL", "GA", "SB", "WILL", "WONT", "DO", "DONT",
	"IAC IAC",
}

var telnetOptions = [...]string{
	"BINARY", "ECHO", "RCP", "SUPPRESS GO AHEAD", "NAME", "STATUS", "TIMING MARK", "RCTE", "NAOL", "NAOP", "NAOCRD", "NAOHTS", "NAOHTD",
	"NAOFFD", "NAOVTS", "NAOVTD", "NAOLFD", "EXTEND ASCII", "LOGOUT", "BYTE MACRO", "DATA ENTRY TERMINAL", "SUPDUP", "SUPDUP OUTPUT",
	"SEND LOCATION", "TERMINAL TYPE", "END OF RECORD", "TACACS UID", "OUTPUT MARKING", "TTYLOC", "3270 REGIME", "X.3 PAD", "NAWS", "TSPEED",
	"LFLOW", "LINEMODE", "XDISPLOC", "OLD-ENVIRON", "AUTHENTICATION", "ENCRYPT", "NEW-ENVIRON",
}

// The first bytes of an option's data.
var (
	telnetQualifiers   = [...]string{"IS", "SEND", "INFO"}
	telnetAuthCommands = [...]string{"IS", "SEND", "REPLY", "NAME"}
	telnetAuthTypes    = [...]string{
		0: "NULL", 1: "KERBEROS_V4", 2: "KERBEROS_V5", 3: "SPX", 4: "MINK", 5: "SRP", 6: "RSA", 7: "SSL",
		10: "LOKI", 11: "SSA", 12: "KEA_SJ", 13: "KEA_SJ_INTEG", 14: "DSS", 15: "NTLM",
	}
	telnetEncryptCommands = [...]string{
		"IS", "SUPPORT", "REPLY", "START", "END", "REQUEST-START", "REQUEST-END", "END_KEYID", "DEC_KEYID",
	}
	telnetEncryptTypes = [...]string{
		0: "NULL", 1: "DES_CFB64", 2: "DES_OFB64", 3: "DES3_CFB64", 4: "DES3_OFB64",
		6: "CAST5_40_CFB64", 7: "CAST5_40_OFB64", 8: "CAST128_CFB64", 9: "CAST128_OFB64",
	}
)

// telnet prints the commands at the start of a segment, up to the first data.
func (p *Line) telnet(b, d []byte, length int, _ ipContext) []byte {
	hex := p.opts.Verbose > 2 && (p.opts.Hex == HexASCIIPacket || p.opts.Hex == HexASCIIFrame)
	at := 0
	for at != length {
		// Behind a command that ends beyond the segment tcpdump looks for another one, and finds nothing captured.
		n, end := telnetCommand(from(d, at), length-at)
		if end == telnetCut || at > length {
			return p.stop(b, "telnet")
		}
		if end == telnetData {
			break
		}
		switch {
		case hex:
			if at == 0 {
				b = append(b, "\nTelnet:"...)
			}
			b = appendTelnetHex(b, clip(d[at:], n), at)
			if at+n > len(d) {
				return p.stop(b, "telnet")
			}
			if n > 8 {
				b = append(b, "\n\t\t\t\t"...)
			} else {
				b = append(append(b, "                        "[3*n:]...), '\t')
			}
		case at == 0:
			b = append(p.proto(append(b, " ["...), "telnet"), ' ')
		default:
			b = append(b, ", "...)
		}
		b = appendTelnetCommand(b, d[at:], n)
		at += n
	}
	switch {
	case at == 0:
		return b
	case hex:
		return append(b, '\n')
	}
	return append(b, ']')
}

// telnetEnd is what the bytes at some place are.
type telnetEnd uint8

const (
	telnetRead telnetEnd = iota // a command
	telnetData                  // no command, or not all of one
	telnetCut                   // the beginning of one that was not captured whole
)

// telnetCommand finds the end of the command at the start of d, captured of length bytes. Data of an option is taken to end
// where the segment does if its last byte is an IAC.
func telnetCommand(d []byte, length int) (n int, end telnetEnd) {
	at := func(i int) (c byte, end telnetEnd) {
		switch {
		case i >= length:
			return 0, telnetData
		case i >= len(d):
			return 0, telnetCut
		}
		return d[i], telnetRead
	}
	if c, end := at(0); end != telnetRead || c != telnetIAC {
		return 0, max(end, telnetData)
	}
	c, end := at(1)
	switch {
	case end != telnetRead:
		return 0, end
	case c < telnetFirst:
		return 0, telnetData
	case c < telnetSB || c == telnetIAC:
		return 2, telnetRead
	}
	if _, end := at(2); end != telnetRead || c != telnetSB {
		return 3, end
	}
	i := 3
	for ; i+1 < length; i++ {
		if i+1 >= len(d) {
			return 0, telnetCut
		}
		if d[i] == telnetIAC && d[i+1] == telnetSE {
			break
		}
	}
	switch {
	case i >= len(d):
		return 0, telnetCut
	case d[i] != telnetIAC:
		return 0, telnetData
	}
	return i + 2, telnetRead
}

// appendTelnetCommand appends the command in the first n bytes of d.
func appendTelnetCommand(b, d []byte, n int) []byte {
	b = append(b, telnetCommands[d[1]-telnetFirst]...)
	if n == 2 {
		return b
	}
	option := d[2]
	b = appendTelnetName(append(b, ' '), telnetOptions[:], option)
	if d[1] != telnetSB {
		return b
	}
	data := d[3 : n-2]
	names := [2][]string{telnetQualifiers[:]}
	switch option {
	case telnetAuthentication:
		names = [2][]string{telnetAuthCommands[:], telnetAuthTypes[:]}
	case telnetEncrypt:
		names = [2][]string{telnetEncryptCommands[:], telnetEncryptTypes[:]}
	}
	for i, c := range data {
		var known []string
		if i < len(names) {
			known = names[i]
		}
		b = appendTelnetName(append(b, ' '), known, c)
	}
	return append(b, " SE"...)
}

// appendTelnetName appends the name of c, or its number.
func appendTelnetName(b []byte, names []string, c byte) []byte {
	switch {
	case int(c) < len(names) && names[c] != "":
		return append(b, names[c]...)
	case c == 0:
		return append(b, '0')
	}
	return appendHexNumber(b, uint64(c), 1)
}

// appendTelnetHex appends d, found at offset off of the payload, in hexadecimal.
func appendTelnetHex(b, d []byte, off int) []byte {
	for i, c := range d {
		if i%dumpBytes == 0 {
			b = append(appendHexNumber(append(b, '\n'), uint64(off+i), 4), ": "...)
		}
		if i&1 == 0 {
			b = append(b, ' ')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}
