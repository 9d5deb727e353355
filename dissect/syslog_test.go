package dissect

import "testing"

func init() {
	syslog := UDPHeader{SrcPort: 514, DstPort: 514}
	for _, s := range []struct{ name, text string }{
		{"syslog/message", "<13>Oct 11 22:14:15 host su: failed"},
		{"syslog/no-priority", "hello"},
		{"syslog/big-priority", "<999>x"},
		{"syslog/only-priority", "<0>"},
	} {
		addUDPSample(s.name, "eth ip udp syslog", syslog, []byte(s.text))
	}
}

func TestSyslogPriority(t *testing.T) {
	for _, c := range []struct {
		text string
		v    int
		ok   bool
		rest string
	}{
		{"<13>abc", 13, true, "abc"}, {"<0>", 0, true, ""}, {"<191>x", 191, true, "x"}, {"<999>x", 999, true, "x"},
		{"<1234>x", 0, false, "<1234>x"}, {"<>x", 0, false, "<>x"}, {"<a>x", 0, false, "<a>x"}, {"<1", 0, false, "<1"}, {"x", 0, false, "x"}, {"", 0, false, ""},
	} {
		m := Syslog(c.text)
		if v, ok := m.Priority(); v != c.v || ok != c.ok || string(m.Text()) != c.rest {
			t.Errorf("%q: %d, %v, %q, want %d, %v, %q", c.text, v, ok, m.Text(), c.v, c.ok, c.rest)
		}
	}
}

func FuzzSyslog(f *testing.F) { fuzzView(f, LayerSyslog) }
