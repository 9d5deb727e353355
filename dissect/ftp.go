package dissect

import "net/netip"

// FTP is a view of lines on the control connection of the File Transfer Protocol (RFC 959): a command of a client or a
// reply of a server, and what follows it in the same segment. Which of them it is, the ports say.
type FTP []byte

// The getters want the side that sends: reply is true for the server's.

// Code is that of a reply; ok is false where the line has none, as within a reply of several lines.
func (f FTP) Code() (code int, ok bool) {
	line, _, _ := nextLine(f)
	code, _, _, ok = replyCode(line)
	return code, ok && len(line) > 3
}

// Command is the first word of a command.
func (f FTP) Command() []byte {
	line, _, _ := nextLine(f)
	word, _ := nextWord(line)
	return word
}

var (
	ftpRequestField  = Field{Name: "ftp.request", Label: "request", Title: "Request"}
	ftpResponseField = Field{Name: "ftp.response", Label: "response", Title: "Response"}
	ftpCommandField  = Field{Name: "ftp.request.command", Label: "command", Title: "Request Command", Rank: 1, Form: FormBare}
	ftpArgField      = Field{Name: "ftp.request.arg", Label: "arg", Title: "Request Argument", Rank: 2, Form: FormBare}
	ftpCodeField     = Field{Name: "ftp.response.code", Label: "code", Title: "Response Code", Rank: 1, Form: FormBare}
	ftpReplyArgField = Field{Name: "ftp.response.arg", Label: "arg", Title: "Response Argument", Rank: 2, Form: FormBare}
	ftpMoreField     = Field{Label: "more", Title: "More lines"}
	ftpPassiveIP     = Field{Name: "ftp.passive.ip", Label: "ip", Title: "Passive IP Address", Rank: 3}
	ftpPassivePort   = Field{Name: "ftp.passive.port", Label: "port", Title: "Passive Port", Rank: 4}
	ftpActiveIP      = Field{Name: "ftp.active.cip", Label: "ip", Title: "Active IP Address", Rank: 3}
	ftpActivePort    = Field{Name: "ftp.active.port", Label: "port", Title: "Active Port", Rank: 4}
	ftpExtendedPort  = Field{Name: "ftp.epsv.port", Label: "port", Title: "Extended Passive Port", Rank: 3}
)

// Fields describes the lines to s; reply says that a server sent them.
func (f FTP) Fields(s Sink, reply bool) {
	line, size, _ := nextLine(f)
	s.Bool(&ftpRequestField, 0, 0, !reply)
	s.Bool(&ftpResponseField, 0, 0, reply)
	arg, at := &ftpArgField, 0
	if reply {
		arg = &ftpReplyArgField
		if code, ok := f.Code(); ok {
			s.Uint(&ftpCodeField, 0, 3, uint64(code))
			at = 4
			pushBlank(s, f, 3, at)
		}
	} else if word, next := nextWord(line); len(word) > 0 {
		s.Text(&ftpCommandField, 0, len(word), word)
		pushBlank(s, f, len(word), next)
		at = next
	}
	if at < len(line) {
		s.Text(arg, at, len(line)-at, line[at:])
	}
	pushBlank(s, f, len(line), size)
	if size < len(f) {
		s.Text(&ftpMoreField, size, len(f)-size, f[size:])
	}
	f.endpoint(s, reply, line)
}

// endpoint describes where a data connection goes to, in a line that says so.
func (f FTP) endpoint(s Sink, reply bool, line []byte) {
	if !reply {
		if word, next := nextWord(line); equalFold(word, "port") {
			if a, ok := hostPort(line[next:]); ok {
				s.Addr(&ftpActiveIP, 0, 0, a.Addr())
				s.Uint(&ftpActivePort, 0, 0, uint64(a.Port()))
			}
		}
		return
	}
	switch code, _ := f.Code(); code {
	case 227:
		for i := 4; i < len(line); i++ {
			if '0' <= line[i] && line[i] <= '9' {
				if a, ok := hostPort(line[i:]); ok {
					s.Addr(&ftpPassiveIP, 0, 0, a.Addr())
					s.Uint(&ftpPassivePort, 0, 0, uint64(a.Port()))
				}
				return
			}
		}
	case 229: // RFC 2428: (|||6446|)
		for i := 4; i+4 < len(line); i++ {
			if line[i] != '(' {
				continue
			}
			if d := line[i+1]; d == line[i+2] && d == line[i+3] {
				if port, _, ok := leadingNumber(line[i+4:], 1<<16-1); ok {
					s.Uint(&ftpExtendedPort, 0, 0, uint64(port))
				}
			}
			return
		}
	}
}

// hostPort reads "1,2,3,4,5,6": four bytes of an address and two of a port (RFC 959 section 4.1.2).
func hostPort(b []byte) (a netip.AddrPort, ok bool) {
	var v [6]byte
	for i := range v {
		n, size, ok := leadingNumber(b, 1<<8-1)
		if !ok || i < 5 && (size == len(b) || b[size] != ',') {
			return a, false
		}
		v[i] = byte(n)
		if i < 5 {
			b = b[size+1:]
		}
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(v[:4])), uint16(v[4])<<8|uint16(v[5])), true
}

// leadingNumber reads the decimal number at the start of b, no larger than limit.
func leadingNumber(b []byte, limit int) (n, size int, ok bool) {
	for size < len(b) && '0' <= b[size] && b[size] <= '9' {
		if n = 10*n + int(b[size]-'0'); n > limit {
			return 0, 0, false
		}
		size++
	}
	return n, size, size > 0
}

func decodeFTP(p *Packet, l *Layer, b []byte) LayerType {
	l.Payload = l.End
	return LayerNone
}

func ftpFields(p *Packet, l *Layer, s Sink) {
	FTP(p.Bytes(l)).Fields(s, p.fromPort(l) == portFTP)
}

const portFTP = 21

// fromPort is the source port of the segment that layer l is the first in; 0 if there is none. Where both
// ports are the same the client is taken to send.
func (p *Packet) fromPort(l *Layer) uint16 {
	for i := range p.n {
		if at := &p.layers[i]; at.Type == LayerTCP && at.Payload == l.Start {
			if t := TCP(p.Bytes(at)); t.SrcPort() != t.DstPort() {
				return t.SrcPort()
			}
		}
	}
	return 0
}
