package dissect

// HTTP is a view of a message of HTTP/1 (RFC 9112): a request or a response, from its first line on.
//
//	GET /index.html HTTP/1.1        HTTP/1.1 200 OK
//	Host: www.example.com           Content-Length: 6
//
//	                                hello
//
// The getters trust the slice; call Check once before the first of them.
type HTTP []byte

var httpMethods = []string{
	"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", // RFC 9110 section 9, RFC 5789
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", // RFC 4918 section 9
	"REPORT", "CHECKIN", "CHECKOUT", "UNCHECKOUT", "MKWORKSPACE", "UPDATE", "LABEL", "MERGE", "BASELINE-CONTROL", "MKACTIVITY",
	"VERSION-CONTROL", "SEARCH", "ACL", "BIND", "LINK", "UNLINK", // RFC 3253, 5323, 3744, 5842, 2068
	"SUBSCRIBE", "UNSUBSCRIBE", "NOTIFY", "M-SEARCH", // UPnP
}

// Check reports whether a message begins here: ErrUnsupported for anything else, such as a piece of a body. Whether
// the header is all there is for CheckWhole to say.
func (h HTTP) Check() error {
	if len(h) == 0 {
		return ErrTruncated
	}
	if t := textHeader(h); !t.isReply("http") && !t.isRequest("http", httpMethods) {
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check, and the header has its end.
func (h HTTP) CheckWhole() error {
	if err := h.Check(); err != nil {
		return err
	}
	if _, whole := textHeader(h).size(); !whole {
		return ErrTruncated
	}
	return nil
}

// Response reports whether the message is one; else it is a request.
func (h HTTP) Response() bool { return textHeader(h).isReply("http") }

// Method, Target and Version are the words of a request's first line.
func (h HTTP) Method() []byte { return h.part(0) }
func (h HTTP) Target() []byte { return h.part(1) }

// Version is the version of the protocol, "HTTP/1.1".
func (h HTTP) Version() []byte {
	if h.Response() {
		return h.part(0)
	}
	return h.part(2)
}

// Code is the status of a response, 0 if it is no number.
func (h HTTP) Code() int {
	n, _ := number(h.part(1))
	return n
}

// Phrase is what a response says of its status.
func (h HTTP) Phrase() []byte { return h.part(2) }

func (h HTTP) part(i int) []byte {
	parts, _, _ := textHeader(h).first()
	return parts[i]
}

// Field gives the value of the first header field of that name, which is in lower case; nil if there is none.
func (h HTTP) Field(name string) []byte { return textHeader(h).find(name) }

// HeaderLen is the length of the header with the empty line behind it, or of the part of it that is there.
func (h HTTP) HeaderLen() int {
	n, _ := textHeader(h).size()
	return n
}

// BodyLen is how long the body is by the word of the header, in bytes; ok is false where the header does not say, or
// the body is coded and so not what it stands for (RFC 9112 section 6.3).
func (h HTTP) BodyLen() (n int, ok bool) {
	if h.Field("transfer-encoding") != nil || h.Field("content-encoding") != nil {
		return 0, false
	}
	if h.Response() {
		if code := h.Code(); code/100 == 1 || code == 204 || code == 304 {
			return 0, true
		}
	}
	if v := h.Field("content-length"); v != nil {
		return number(v)
	}
	return 0, !h.Response()
}

var (
	httpMethodField  = Field{Name: "http.request.method", Label: "method", Title: "Method", Rank: 1, Form: FormBare}
	httpURIField     = Field{Name: "http.request.uri", Label: "uri", Title: "Request URI", Rank: 2, Form: FormBare}
	httpReqVerField  = Field{Name: "http.request.version", Label: "version", Title: "Version", Rank: 3, Form: FormBare}
	httpRespVerField = Field{Name: "http.response.version", Label: "version", Title: "Version", Rank: 1, Form: FormBare}
	httpCodeField    = Field{Name: "http.response.code", Label: "code", Title: "Status Code", Rank: 2, Form: FormBare}
	httpBadCodeField = Field{Label: "code", Title: "Status Code (not a number)", Rank: 2, Form: FormBare}
	httpPhraseField  = Field{Name: "http.response.phrase", Label: "phrase", Title: "Phrase", Rank: 3, Form: FormBare}
	httpRequestField = Field{Name: "http.request", Label: "request", Title: "Request"}
	httpReplyField   = Field{Name: "http.response", Label: "response", Title: "Response"}
	httpReqLineField = Field{Name: "http.request.line", Label: "line", Title: "Field"}
	httpRepLineField = Field{Name: "http.response.line", Label: "line", Title: "Field"}
	httpLengthField  = Field{Name: "http.content_length", Label: "len", Title: "Content Length", Rank: 5}

	httpNames = []textName{
		{"host", &Field{Name: "http.host", Label: "host", Title: "Host", Rank: 4}, nil},
		{"user-agent", &Field{Name: "http.user_agent", Label: "agent", Title: "User Agent"}, nil},
		{"accept", &Field{Name: "http.accept", Label: "accept", Title: "Accept"}, nil},
		{"accept-encoding", &Field{Name: "http.accept_encoding", Label: "encoding", Title: "Accept Encoding"}, nil},
		{"accept-language", &Field{Name: "http.accept_language", Label: "language", Title: "Accept Language"}, nil},
		{"authorization", &Field{Name: "http.authorization", Label: "authorization", Title: "Authorization"}, nil},
		{"cache-control", &Field{Name: "http.cache_control", Label: "cache", Title: "Cache Control"}, nil},
		{"connection", &Field{Name: "http.connection", Label: "connection", Title: "Connection"}, nil},
		{"content-encoding", &Field{Name: "http.content_encoding", Label: "encoding", Title: "Content Encoding"}, nil},
		{"content-length", &Field{Name: "http.content_length_header", Label: "length", Title: "Content Length"}, &httpLengthField},
		{"content-type", &Field{Name: "http.content_type", Label: "type", Title: "Content Type", Rank: 6}, nil},
		{"cookie", &Field{Name: "http.cookie", Label: "cookie", Title: "Cookie"}, nil},
		{"date", &Field{Name: "http.date", Label: "date", Title: "Date"}, nil},
		{"last-modified", &Field{Name: "http.last_modified", Label: "modified", Title: "Last Modified"}, nil},
		{"location", &Field{Name: "http.location", Label: "location", Title: "Location", Rank: 7}, nil},
		{"proxy-authenticate", &Field{Name: "http.proxy_authenticate", Label: "authenticate", Title: "Proxy Authenticate"}, nil},
		{"proxy-authorization", &Field{Name: "http.proxy_authorization", Label: "authorization", Title: "Proxy Authorization"}, nil},
		{"referer", &Field{Name: "http.referer", Label: "referer", Title: "Referer"}, nil},
		{"server", &Field{Name: "http.server", Label: "server", Title: "Server"}, nil},
		{"set-cookie", &Field{Name: "http.set_cookie", Label: "cookie", Title: "Set Cookie"}, nil},
		{"transfer-encoding", &Field{Name: "http.transfer_encoding", Label: "encoding", Title: "Transfer Encoding"}, nil},
		{"upgrade", &Field{Name: "http.upgrade", Label: "upgrade", Title: "Upgrade"}, nil},
		{"www-authenticate", &Field{Name: "http.www_authenticate", Label: "authenticate", Title: "Authenticate"}, nil},
		{"x-forwarded-for", &Field{Name: "http.x_forwarded_for", Label: "for", Title: "Forwarded For"}, nil},
		{"sec-websocket-accept", &Field{Name: "http.sec_websocket_accept", Label: "accept", Title: "WebSocket Accept"}, nil},
		{"sec-websocket-key", &Field{Name: "http.sec_websocket_key", Label: "key", Title: "WebSocket Key"}, nil},
		{"sec-websocket-protocol", &Field{Name: "http.sec_websocket_protocol", Label: "protocol", Title: "WebSocket Protocol"}, nil},
		{"sec-websocket-version", &Field{Name: "http.sec_websocket_version", Label: "version", Title: "WebSocket Version"}, nil},
	}
)

// Fields describes the header to s.
func (h HTTP) Fields(s Sink) {
	t := textHeader(h[:h.HeaderLen()])
	parts, at, size := t.first()
	line := &httpReqLineField
	if h.Response() {
		line = &httpRepLineField
		t.pushPart(s, &httpRespVerField, nil, 0, parts[0], at[1])
		t.pushPart(s, &httpBadCodeField, &httpCodeField, at[1], parts[1], at[2])
		t.pushPart(s, &httpPhraseField, nil, at[2], parts[2], at[3])
		s.Bool(&httpReplyField, 0, 0, true)
	} else {
		t.pushPart(s, &httpMethodField, nil, 0, parts[0], at[1])
		t.pushPart(s, &httpURIField, nil, at[1], parts[1], at[2])
		t.pushPart(s, &httpReqVerField, nil, at[2], parts[2], at[3])
		s.Bool(&httpRequestField, 0, 0, true)
	}
	t.push(s, size, line, true, httpNames)
}

// decodeHTTP leads from a message to its body, or to the next message where it has none. What begins in the middle of a
// message is a segment.
func decodeHTTP(p *Packet, l *Layer, b []byte) LayerType {
	h := HTTP(b)
	if h.Check() != nil {
		return asSegment(p, l, b)
	}
	l.Payload = l.Start + h.HeaderLen()
	left := l.End - l.Payload
	switch n, known := h.BodyLen(); {
	case left == 0:
		return LayerNone
	case known && n == 0:
		return LayerHTTP
	case known:
		p.limitNext(n)
	case h.Field("transfer-encoding") != nil, h.Field("content-encoding") != nil:
		return LayerSegment
	}
	return LayerData
}

func httpFields(p *Packet, l *Layer, s Sink) { HTTP(p.Bytes(l)).Fields(s) }
