package dissect

// TCPExcerptLen is how much of a TCP header an ICMP error quotes at least (RFC 792), in bytes: ports and Seq.
const TCPExcerptLen = 8

// TCPExcerpt is a view of the beginning of a TCP header, which is all that some ICMP errors quote. What a
// shorter header than TCPMinHeaderLen, or one that lacks its options, still has in common with TCP is here.
//
//	 0                              15 16                           31
//	+---------------------------------+------------------------------+
//	|           Source Port           |       Destination Port       |
//	+---------------------------------+------------------------------+
//	|                         Sequence Number                        |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type TCPExcerpt []byte

// Check reports whether the excerpt can be read: ErrTruncated if there are fewer than eight bytes.
func (t TCPExcerpt) Check() error {
	if len(t) < TCPExcerptLen {
		return ErrTruncated
	}
	return nil
}

func (t TCPExcerpt) SrcPort() uint16 { return TCP(t).SrcPort() }
func (t TCPExcerpt) DstPort() uint16 { return TCP(t).DstPort() }
func (t TCPExcerpt) Seq() uint32     { return TCP(t).Seq() }

// Rest is what else was quoted of the header.
func (t TCPExcerpt) Rest() []byte { return t[TCPExcerptLen:] }

var (
	// In a quote Wireshark calls the number as it stands tcp.seq, having no other to set it against.
	tcpExcerptSeqField  = Field{Name: "tcp.seq", Label: "seq", Title: "Sequence Number", Rank: 4}
	tcpExcerptRestField = Field{Label: "rest", Title: "Rest of the excerpt"}
)

// Fields describes the excerpt to s.
func (t TCPExcerpt) Fields(s Sink) {
	s.Uint(&tcpSrcPortField, tcpSrcPort, 2, uint64(t.SrcPort()))
	s.Uint(&tcpDstPortField, tcpDstPort, 2, uint64(t.DstPort()))
	s.Uint(&tcpExcerptSeqField, tcpSeq, 4, uint64(t.Seq()))
	if rest := t.Rest(); len(rest) > 0 {
		s.Bytes(&tcpExcerptRestField, TCPExcerptLen, len(rest), rest)
	}
}

func decodeTCPExcerpt(p *Packet, l *Layer, b []byte) LayerType {
	if err := TCPExcerpt(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func tcpExcerptFields(p *Packet, l *Layer, s Sink) { TCPExcerpt(p.Bytes(l)).Fields(s) }
