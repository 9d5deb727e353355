package dissect

// SIP is a view of a message of the Session Initiation Protocol (RFC 3261): a request or a response, which look as HTTP's do.
//
// The getters trust the slice; call Check once before the first of them.
type SIP []byte

// Check reports whether a message begins here: ErrUnsupported for anything else, such as a keep-alive.
func (m SIP) Check() error {
	if len(m) == 0 {
		return ErrTruncated
	}
	if t := textHeader(m); !t.isReply("sip") && !t.isRequest("sip", nil) {
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check, and the header has its end.
func (m SIP) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if _, whole := textHeader(m).size(); !whole {
		return ErrTruncated
	}
	return nil
}

// Response reports whether the message is one; else it is a request.
func (m SIP) Response() bool { return textHeader(m).isReply("sip") }

// Field gives the value of the first header field of that name, which is in lower case; nil if there is none. The
// compact names are names of their own.
func (m SIP) Field(name string) []byte { return textHeader(m).find(name) }

// HeaderLen is the length of the header with the empty line behind it, or of the part of it that is there.
func (m SIP) HeaderLen() int {
	n, _ := textHeader(m).size()
	return n
}

var (
	sipRequestField = Field{Name: "sip.Request-Line", Label: "request", Title: "Request Line"}
	sipMethodField  = Field{Name: "sip.Method", Label: "method", Title: "Method", Rank: 1, Form: FormBare}
	sipURIField     = Field{Name: "sip.r-uri", Label: "uri", Title: "Request URI", Rank: 2, Form: FormBare}
	sipVersionField = Field{Label: "version", Title: "Version"}
	sipReplyField   = Field{Name: "sip.Status-Line", Label: "reply", Title: "Status Line"}
	sipCodeField    = Field{Name: "sip.Status-Code", Label: "code", Title: "Status Code", Rank: 1, Form: FormBare}
	sipBadCodeField = Field{Label: "code", Title: "Status Code (not a number)", Rank: 1, Form: FormBare}
	sipPhraseField  = Field{Label: "phrase", Title: "Phrase", Rank: 2, Form: FormBare}
	sipLengthField  = Field{Name: "sip.Content-Length", Label: "len", Title: "Content Length"}

	sipCallID      = Field{Name: "sip.Call-ID", Label: "call", Title: "Call ID", Rank: 5}
	sipContact     = Field{Name: "sip.Contact", Label: "contact", Title: "Contact"}
	sipContentType = Field{Name: "sip.Content-Type", Label: "type", Title: "Content Type"}
	sipFrom        = Field{Name: "sip.From", Label: "from", Title: "From", Rank: 3}
	sipTo          = Field{Name: "sip.To", Label: "to", Title: "To", Rank: 4}
	sipVia         = Field{Name: "sip.Via", Label: "via", Title: "Via"}
	sipLength      = Field{Label: "length", Title: "Content Length"}

	sipNames = []textName{
		{"via", &sipVia, nil}, {"v", &sipVia, nil},
		{"from", &sipFrom, nil}, {"f", &sipFrom, nil},
		{"to", &sipTo, nil}, {"t", &sipTo, nil},
		{"call-id", &sipCallID, nil}, {"i", &sipCallID, nil},
		{"contact", &sipContact, nil}, {"m", &sipContact, nil},
		{"content-type", &sipContentType, nil}, {"c", &sipContentType, nil},
		{"content-length", &sipLength, &sipLengthField}, {"l", &sipLength, &sipLengthField},
		{"cseq", &Field{Name: "sip.CSeq", Label: "cseq", Title: "Sequence", Rank: 6}, nil},
		{"allow", &Field{Name: "sip.Allow", Label: "allow", Title: "Allow"}, nil},
		{"expires", &Field{Label: "expires", Title: "Expires"}, &Field{Name: "sip.Expires", Label: "expires", Title: "Expires"}},
		{"max-forwards", &Field{Label: "forwards", Title: "Max Forwards"}, &Field{Name: "sip.Max-Forwards", Label: "forwards", Title: "Max Forwards"}},
		{"record-route", &Field{Name: "sip.Record-Route", Label: "record", Title: "Record Route"}, nil},
		{"route", &Field{Name: "sip.Route", Label: "route", Title: "Route"}, nil},
		{"server", &Field{Name: "sip.Server", Label: "server", Title: "Server"}, nil},
		{"subject", &Field{Name: "sip.Subject", Label: "subject", Title: "Subject"}, nil},
		{"supported", &Field{Name: "sip.Supported", Label: "supported", Title: "Supported"}, nil},
		{"user-agent", &Field{Name: "sip.User-Agent", Label: "agent", Title: "User Agent"}, nil},
	}
)

// Fields describes the header to s.
func (m SIP) Fields(s Sink) {
	t := textHeader(m[:m.HeaderLen()])
	parts, at, size := t.first()
	line, _, _ := nextLine(t)
	whole := &sipRequestField
	if m.Response() {
		whole = &sipReplyField
	}
	at[3] = len(line)
	s.Text(whole, 0, len(line), line)
	s.Begin(whole, 0, len(line))
	if m.Response() {
		t.pushPart(s, &sipVersionField, nil, 0, parts[0], at[1])
		t.pushPart(s, &sipBadCodeField, &sipCodeField, at[1], parts[1], at[2])
		t.pushPart(s, &sipPhraseField, nil, at[2], parts[2], at[3])
	} else {
		t.pushPart(s, &sipMethodField, nil, 0, parts[0], at[1])
		t.pushPart(s, &sipURIField, nil, at[1], parts[1], at[2])
		t.pushPart(s, &sipVersionField, nil, at[2], parts[2], at[3])
	}
	s.End()
	pushBlank(s, t, len(line), size)
	t.push(s, size, nil, true, sipNames)
}

// decodeSIP leads from a message to its body. What is none, such as a keep-alive, is data.
func decodeSIP(p *Packet, l *Layer, b []byte) LayerType {
	m := SIP(b)
	if m.Check() != nil {
		l.Type = LayerData
		return decodeData(p, l, b)
	}
	l.Payload = l.Start + m.HeaderLen()
	if l.Payload == l.End {
		return LayerNone
	}
	return LayerData
}

func sipFields(p *Packet, l *Layer, s Sink) { SIP(p.Bytes(l)).Fields(s) }
