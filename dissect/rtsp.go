package dissect

import "encoding/binary"

// Offsets in what RTSP interleaves with its messages, and the length of its header, in bytes.
const (
	rtspMagic   = 0
	rtspChannel = 1
	rtspLength  = 2

	rtspInterleavedLen = 4
	rtspDollar         = '$'
)

// RTSP is a view of a message of the Real-Time Streaming Protocol (RFC 2326), which looks as HTTP's do, or of a block of media that
// is interleaved with them (section 10.12):
//
//	 0      7 8     15 16                           31
//	+--------+--------+------------------------------+
//	|  '$'   | Channel|            Length            |
//	+--------+--------+------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type RTSP []byte

// Check reports whether a message or a block begins here: ErrUnsupported if not, ErrTruncated if there is too little of a
// block's header.
func (r RTSP) Check() error {
	switch t := textHeader(r); {
	case len(r) == 0, r[0] == rtspDollar && len(r) < rtspInterleavedLen:
		return ErrTruncated
	case r[0] != rtspDollar && !t.isReply("rtsp") && !t.isRequest("rtsp", nil):
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check, and the header has its end, or the block its data.
func (r RTSP) CheckWhole() error {
	if err := r.Check(); err != nil {
		return err
	}
	if _, whole := textHeader(r).size(); r.Interleaved() && len(r) < rtspInterleavedLen+r.Length() || !r.Interleaved() && !whole {
		return ErrTruncated
	}
	return nil
}

// Interleaved reports whether this is a block of media.
func (r RTSP) Interleaved() bool { return r[rtspMagic] == rtspDollar }

// Channel and Length are those of a block; the length is that of its data.
func (r RTSP) Channel() uint8 { return r[rtspChannel] }
func (r RTSP) Length() int    { return int(binary.BigEndian.Uint16(r[rtspLength:])) }

// HeaderLen is the length of the header, of which a part may be missing.
func (r RTSP) HeaderLen() int {
	if r.Interleaved() {
		return rtspInterleavedLen
	}
	n, _ := textHeader(r).size()
	return n
}

var (
	rtspMagicField   = Field{Name: "rtsp.magic", Label: "magic", Title: "Magic", Base: Hex}
	rtspChannelField = Field{Name: "rtsp.channel", Label: "channel", Title: "Channel", Rank: 1}
	rtspBlockField   = Field{Name: "rtsp.length", Label: "len", Title: "Length", Rank: 2}
	rtspMethodField  = Field{Name: "rtsp.method", Label: "method", Title: "Method", Rank: 1, Form: FormBare}
	rtspURLField     = Field{Name: "rtsp.url", Label: "url", Title: "URL", Rank: 2, Form: FormBare}
	rtspVersionField = Field{Label: "version", Title: "Version", Rank: 3, Form: FormBare}
	rtspReplyField   = Field{Label: "version", Title: "Version", Rank: 1, Form: FormBare}
	rtspStatusField  = Field{Name: "rtsp.status", Label: "status", Title: "Status", Rank: 2, Form: FormBare}
	rtspNoStatFld    = Field{Label: "status", Title: "Status (not a number)", Rank: 2, Form: FormBare}
	rtspPhraseField  = Field{Label: "phrase", Title: "Phrase", Rank: 3, Form: FormBare}
	rtspLengthField  = Field{Name: "rtsp.content-length", Label: "len", Title: "Content Length", Rank: 5}

	rtspNames = []textName{
		{"cseq", &Field{Label: "cseq", Title: "Sequence", Rank: 4}, nil},
		{"session", &Field{Name: "rtsp.session", Label: "session", Title: "Session", Rank: 4}, nil},
		{"transport", &Field{Name: "rtsp.transport", Label: "transport", Title: "Transport"}, nil},
		{"content-type", &Field{Name: "rtsp.content-type", Label: "type", Title: "Content Type"}, nil},
		{"content-length", &Field{Label: "length", Title: "Content Length"}, &rtspLengthField},
	}
)

// Fields describes the header to s.
func (r RTSP) Fields(s Sink) {
	if r.Interleaved() {
		s.Uint(&rtspMagicField, rtspMagic, 1, rtspDollar)
		s.Uint(&rtspChannelField, rtspChannel, 1, uint64(r.Channel()))
		s.Uint(&rtspBlockField, rtspLength, 2, uint64(r.Length()))
		return
	}
	t := textHeader(r[:r.HeaderLen()])
	parts, at, size := t.first()
	if t.isReply("rtsp") {
		t.pushPart(s, &rtspReplyField, nil, 0, parts[0], at[1])
		t.pushPart(s, &rtspNoStatFld, &rtspStatusField, at[1], parts[1], at[2])
		t.pushPart(s, &rtspPhraseField, nil, at[2], parts[2], at[3])
	} else {
		t.pushPart(s, &rtspMethodField, nil, 0, parts[0], at[1])
		t.pushPart(s, &rtspURLField, nil, at[1], parts[1], at[2])
		t.pushPart(s, &rtspVersionField, nil, at[2], parts[2], at[3])
	}
	t.push(s, size, nil, false, rtspNames)
}

// decodeRTSP leads from a message to the next one where it has no body, and else to its body or a block's data.
func decodeRTSP(p *Packet, l *Layer, b []byte) LayerType {
	r := RTSP(b)
	if r.Check() != nil {
		return asSegment(p, l, b)
	}
	l.Payload = l.Start + r.HeaderLen()
	switch {
	case l.Payload == l.End:
		return LayerNone
	case r.Interleaved():
		p.limitNext(r.Length())
		return LayerSegment
	}
	n, _ := number(textHeader(r).find("content-length"))
	if n == 0 {
		return LayerRTSP
	}
	p.limitNext(n)
	return LayerSegment
}

func rtspFields(p *Packet, l *Layer, s Sink) { RTSP(p.Bytes(l)).Fields(s) }
