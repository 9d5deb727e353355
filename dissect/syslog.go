package dissect

// Syslog is a view of a syslog message in a datagram, as the BSD protocol (RFC 3164) or RFC 5424 form it: a priority
// in angle brackets, and text.
//
//	<13>Oct 11 22:14:15 mymachine su: 'su root' failed
//
// The getters trust the slice; call Check once before the first of them.
type Syslog []byte

// Check accepts every message but an empty one, ErrTruncated: RFC 3164 section 4.3.3 wants to have it so.
func (m Syslog) Check() error {
	if len(m) == 0 {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check, and ErrMalformed if there is no priority.
func (m Syslog) CheckWhole() error {
	if err := m.Check(); err != nil {
		return err
	}
	if m.priorityLen() == 0 {
		return ErrMalformed
	}
	return nil
}

// priorityLen is the length of the priority with its brackets, zero if there is none.
func (m Syslog) priorityLen() int {
	if len(m) == 0 || m[0] != '<' {
		return 0
	}
	for i := 1; i < len(m) && i <= 4; i++ {
		switch {
		case m[i] == '>' && i > 1:
			return i + 1
		case m[i] < '0' || m[i] > '9':
			return 0
		}
	}
	return 0
}

// Priority is the priority, eight times the facility plus the severity; ok is false if the message has none.
func (m Syslog) Priority() (v int, ok bool) {
	n := m.priorityLen()
	if n == 0 {
		return 0, false
	}
	for _, c := range m[1 : n-1] {
		v = 10*v + int(c-'0')
	}
	return v, true
}

// Text is the message behind its priority.
func (m Syslog) Text() []byte { return m[m.priorityLen():] }

var (
	// Both are in the text of the priority, so neither has bytes of its own.
	syslogPriorityField = Field{Title: "Priority"}
	syslogFacilityField = Field{Name: "syslog.facility", Label: "facility", Title: "Facility", Rank: 1, Form: FormBare}
	syslogSeverityField = Field{Name: "syslog.level", Label: ".", Title: "Level", Rank: 1, Form: FormJoined}
	syslogTextField     = Field{Name: "syslog.msg", Label: "msg", Title: "Message", Rank: 2}
)

// Fields describes the message to s.
func (m Syslog) Fields(s Sink) {
	n := m.priorityLen()
	if v, ok := m.Priority(); ok {
		s.Text(&syslogPriorityField, 0, n, m[:n])
		s.Enum(&syslogFacilityField, 0, 0, uint64(v>>3), syslogFacilityName(v>>3))
		s.Enum(&syslogSeverityField, 0, 0, uint64(v&7), syslogSeverityNames[v&7])
	}
	if n < len(m) {
		s.Text(&syslogTextField, n, len(m)-n, m[n:])
	}
}

func decodeSyslog(p *Packet, l *Layer, b []byte) LayerType {
	if err := Syslog(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func syslogFields(p *Packet, l *Layer, s Sink) { Syslog(p.Bytes(l)).Fields(s) }

var syslogFacilityNames = [...]string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

func syslogFacilityName(v int) string {
	if v < len(syslogFacilityNames) {
		return syslogFacilityNames[v]
	}
	return ""
}

var syslogSeverityNames = [8]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
