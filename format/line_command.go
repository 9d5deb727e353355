package format

// textProtocol is a protocol of commands and replies that are lines of text.
type textProtocol struct {
	name string // in front of the text
	mark string // in "[|mark]"

	// commands are the words with which a message may begin, in upper case; a reply begins with a word and a code of three
	// digits. What begins otherwise is a piece of a body and is not shown. Without commands all is shown.
	commands []string
}

var (
	ftpText   = textProtocol{name: "FTP", mark: "ftp"}
	smtpText  = textProtocol{name: "SMTP", mark: "smtp"}
	whoisText = textProtocol{name: "WHOIS", mark: "whois"}

	httpText = textProtocol{name: "HTTP", mark: "http", commands: []string{
		"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", // RFC 9110 section 9
		"COPY", "LOCK", "MKCOL", "MOVE", "PROPFIND", "PROPPATCH", "UNLOCK", // RFC 4918 section 9
		"BASELINE-CONTROL", "CHECKIN", "CHECKOUT", "LABEL", "MERGE", "MKACTIVITY", "MKWORKSPACE", "REPORT", "UNCHECKOUT", "UPDATE",
		"VERSION-CONTROL", // RFC 3253
		"SEARCH",          // RFC 5323
		"BCOPY", "BDELETE", "BMOVE", "BPROPFIND", "BPROPPATCH", "NOTIFY", "POLL", "SUBSCRIBE", "UNSUBSCRIBE", "CCM_POST", "RPC_CONNECT",
	}}
	rtspText = textProtocol{name: "RTSP", mark: "rtsp", commands: []string{ // RFC 2326 section 10
		"ANNOUNCE", "DESCRIBE", "GET_PARAMETER", "OPTIONS", "PAUSE", "PLAY", "RECORD", "REDIRECT", "SETUP", "SET_PARAMETER", "TEARDOWN",
	}}
	sipText = textProtocol{name: "SIP", mark: "sip", commands: []string{ // RFC 3261 and those that add to it
		"ACK", "BYE", "CANCEL", "INFO", "INVITE", "MESSAGE", "NOTIFY", "OPTIONS", "PRACK", "PUBLISH", "REFER", "REGISTER", "SUBSCRIBE",
		"UPDATE", "DO", "QAUTH", "SPRACK",
	}}
)

// The printers of these protocols. All but SIP follow the text of a TCP segment.

func (p *Line) ftp(b, d []byte, length int, _ ipContext) []byte {
	return p.text(append(b, ": "...), d, length, &ftpText)
}

func (p *Line) smtp(b, d []byte, length int, _ ipContext) []byte {
	return p.text(append(b, ": "...), d, length, &smtpText)
}

func (p *Line) whois(b, d []byte, length int, _ ipContext) []byte {
	return p.text(append(b, ": "...), d, length, &whoisText)
}

func (p *Line) http(b, d []byte, length int, _ ipContext) []byte {
	return p.text(append(b, ": "...), d, length, &httpText)
}

func (p *Line) rtsp(b, d []byte, length int, _ ipContext) []byte {
	return p.text(append(b, ": "...), d, length, &rtspText)
}

func (p *Line) sip(b, d []byte, length int, _ ipContext) []byte {
	return p.text(b, d, length, &sipText)
}

// text prints length bytes of lines, of which d was captured: the first, or with -v all up to one that is not text.
func (p *Line) text(b, d []byte, length int, t *textProtocol) []byte {
	d = clip(d, length)
	b = p.proto(b, t.name)
	if t.commands != nil && !beginsMessage(d, length, t.commands) {
		return b
	}
	before := ": "
	if p.opts.Verbose > 0 {
		before = "\n\t"
		b = appendInt(append(b, ", length: "...), length)
	}
	for at := 0; at < length; {
		n, next, end := textLine(d[at:], length-at)
		switch end {
		case lineBroken:
			return b
		case lineCut:
			return p.stop(b, t.mark)
		}
		b = append(append(b, before...), d[at:at+n]...)
		if end == lineOpen {
			return p.trunc(b, t.mark)
		}
		at += next
		if p.opts.Verbose == 0 {
			return b
		}
	}
	return b
}

// lineEnd is how a line of text ends.
type lineEnd uint8

const (
	lineEnded  lineEnd = iota // with LF or CR LF
	lineOpen                  // with the payload
	lineCut                   // with what was captured of the payload
	lineBroken                // at a byte that is not text
)

// textLine finds the end of the line at the start of d, captured of length bytes: n bytes of text, the next line
// after next.
func textLine(d []byte, length int) (n, next int, end lineEnd) {
	for i, c := range d {
		switch {
		case c == '\n':
			return i, i + 1, lineEnded
		case c == '\r':
			switch {
			case i+1 == len(d) && i+1 < length:
				return i, 0, lineCut
			case i+1 < len(d) && d[i+1] == '\n':
				return i, i + 2, lineEnded
			}
			return i, 0, lineBroken
		case (c < ' ' || c >= 0x7f) && c != '\t':
			return i, 0, lineBroken
		}
	}
	if len(d) < length {
		return len(d), 0, lineCut
	}
	return length, 0, lineOpen
}

// beginsMessage reports whether d, captured of length bytes, begins with one of the commands or with a reply.
func beginsMessage(d []byte, length int, commands []string) bool {
	word, rest, ok := textWord(d, length)
	if !ok {
		return false
	}
	for _, c := range commands {
		if equalsFold(word, c) {
			return true
		}
	}
	length -= len(d) - len(rest)
	for len(rest) > 0 && rest[0] == ' ' {
		rest, length = rest[1:], length-1
	}
	code, _, ok := textWord(rest, length)
	return ok && len(code) == 3 && isDigit(code[0]) && isDigit(code[1]) && isDigit(code[2])
}

// maxTextWord is the longest word that may be a command or a code.
const maxTextWord = 128

// textWord gives the word at the start of d, captured of length bytes, and what follows it. It is ok if it has an end, is
// neither empty nor too long, and printable.
func textWord(d []byte, length int) (word, rest []byte, ok bool) {
	for i, c := range d {
		switch {
		case c == ' ', c == '\t', c == '\n', c == '\r':
			return d[:i], d[i:], i > 0
		case c < ' ', c >= 0x7f, i == maxTextWord:
			return nil, nil, false
		}
	}
	return d, nil, len(d) > 0 && len(d) == length
}

// equalsFold reports whether word is upper, which is in upper case, in any case.
func equalsFold(word []byte, upper string) bool {
	if len(word) != len(upper) {
		return false
	}
	for i, c := range word {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c != upper[i] {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
