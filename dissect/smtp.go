package dissect

// SMTP is a view of lines of the Simple Mail Transfer Protocol (RFC 5321): commands of a client or replies of a server.
// The text of a mail, which has no mark of its own, is not told from a command that looks the same.
//
// The getters trust the slice; call Check once before the first of them.
type SMTP []byte

// smtpCommands are the commands of RFC 5321 section 4.1, its extensions and its forerunners, in lower case.
var smtpCommands = [...]string{
	"ehlo", "helo", "mail", "rcpt", "data", "rset", "vrfy", "expn", "help", "noop", "quit", "auth", "starttls", "bdat", "etrn", "turn",
	"send", "soml", "saml", "lhlo", "xclient", "xforward",
}

// Check reports whether the first line is a command or a reply: ErrUnsupported for anything else, ErrTruncated for
// a line without an end.
func (m SMTP) Check() error {
	line, _, whole := nextLine(m)
	if !whole {
		return ErrTruncated
	}
	if _, _, _, ok := replyCode(line); !ok && !isSMTPCommand(line) {
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check, and all lines are commands or replies.
func (m SMTP) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if m.size() < len(m) {
		return ErrUnsupported
	}
	return nil
}

func isSMTPCommand(line []byte) bool {
	word, _ := nextWord(line)
	for _, c := range smtpCommands {
		if equalFold(word, c) {
			return true
		}
	}
	return false
}

// size is the length of the lines of one kind at the start, up to one that is something else, or not whole.
func (m SMTP) size() (n int) {
	for n < len(m) {
		line, size, whole := nextLine(m[n:])
		_, _, _, reply := replyCode(line)
		if !whole || !reply && !isSMTPCommand(line) {
			break
		}
		n += size
	}
	return n
}

var (
	smtpReqField       = Field{Name: "smtp.req", Label: "request", Title: "Request"}
	smtpRspField       = Field{Name: "smtp.rsp", Label: "response", Title: "Response"}
	smtpLineField      = Field{Name: "smtp.command_line", Label: "line", Title: "Command Line"}
	smtpCommandField   = Field{Name: "smtp.req.command", Label: "command", Title: "Command", Rank: 1, Form: FormBare}
	smtpParamField     = Field{Name: "smtp.req.parameter", Label: "parameter", Title: "Parameter", Rank: 1, Form: FormBare}
	smtpResponseField  = Field{Name: "smtp.response", Label: "line", Title: "Response"}
	smtpMoreField      = Field{Label: "line", Title: "Response goes on"}
	smtpCodeField      = Field{Name: "smtp.response.code", Label: "code", Title: "Response Code", Rank: 1, Form: FormBare}
	smtpMoreCodeField  = Field{Label: "code", Title: "Response Code"}
	smtpRspParamField  = Field{Name: "smtp.rsp.parameter", Label: "text", Title: "Response Parameter", Rank: 1, Form: FormBare}
	smtpMoreParamField = Field{Name: "smtp.rsp.parameter", Label: "text", Title: "Response Parameter"}
)

// Fields describes the lines to s.
func (m SMTP) Fields(s Sink) {
	more := false
	for off := 0; off < len(m); {
		line, n, _ := nextLine(m[off:])
		code, goesOn, text, ok := replyCode(line)
		switch {
		case !ok:
			s.Text(&smtpLineField, off, n, m[off:off+n])
			s.Begin(&smtpLineField, off, n)
			command, at := nextWord(line)
			s.Text(&smtpCommandField, off, len(command), command)
			pushBlank(s, m, off+len(command), off+at)
			if at < len(line) {
				s.Text(&smtpParamField, off+at, len(line)-at, line[at:])
			}
			pushBlank(s, m, off+len(line), off+n)
			s.End()
			s.Bool(&smtpReqField, 0, 0, true)
		default:
			// Of the lines of one reply the first has the code and the others repeat it.
			f, codeField, param := &smtpResponseField, &smtpCodeField, &smtpRspParamField
			if more {
				f, codeField, param = &smtpMoreField, &smtpMoreCodeField, &smtpMoreParamField
			}
			s.Text(f, off, n, m[off:off+n])
			s.Begin(f, off, n)
			at := len(line) - len(text)
			s.Uint(codeField, off, 3, uint64(code))
			pushBlank(s, m, off+3, off+at)
			if len(text) > 0 {
				s.Text(param, off+at, len(text), text)
			}
			pushBlank(s, m, off+len(line), off+n)
			s.End()
			if !more {
				s.Bool(&smtpRspField, 0, 0, true)
			}
			more = goesOn
		}
		off += n
	}
}

// decodeSMTP takes the lines that it knows. Behind them, and instead of them, is a piece of something.
func decodeSMTP(p *Packet, l *Layer, b []byte) LayerType {
	if SMTP(b).Check() != nil {
		return asSegment(p, l, b)
	}
	l.Payload = l.Start + SMTP(b).size()
	if l.Payload == l.End {
		return LayerNone
	}
	return LayerSegment
}

func smtpFields(p *Packet, l *Layer, s Sink) { SMTP(p.Data[l.Start:l.Payload]).Fields(s) }
