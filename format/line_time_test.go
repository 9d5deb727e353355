package format

import (
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// TestLineOddTimes prints records whose times are not of the ordinary kind. What is wanted is what tcpdump 4.99.3 printed in UTC for
// a capture file of them.
func TestLineOddTimes(t *testing.T) {
	micro := []OddTime{
		{100, 1, false}, {1<<31 - 1, 999999, false}, {-1 << 31, 0, false}, {-1, 999999, false}, {1000, 1000000, false}, {1001, 2000000, false},
		{1002, 1<<31 - 1, false}, {1003, -1, false}, {1004, 999999, false},
	}
	for _, c := range []struct {
		style TimeStyle
		nano  bool
		want  string
	}{
		{TimeOfDay, false, "00:01:40.000001|03:14:07.999999|[Error converting time]|[Error converting time]|00:16:40.1000000|00:16:41.2000000|" +
			"00:16:42.2147483647|00:16:43.4294967295|00:16:44.999999"},
		{TimeUnix, false, "100.000001|2147483647.999999|[Error converting time]|[Error converting time]|1000.1000000|1001.2000000|" +
			"1002.2147483647|1003.4294967295|1004.999999"},
		{TimeDelta, false, " 00:00:00.000000| 03:12:27.999998|-[Error converting time]| 03:14:07.999999| 00:16:41.000001| 00:00:01.1000000|" +
			" 00:00:01.2145483647| 00:00:00.2148483648| 00:00:01.1000000"},
		{TimeOffset, false, " 00:00:00.000000| 03:12:27.999998|-[Error converting time]|-00:01:40.000002| 00:15:00.999999| 00:15:01.1999999|" +
			" 00:15:02.2147483646| 00:15:02.999998| 00:15:04.999998"},
		{TimeOfDay, true, "00:01:40.000001000|03:14:07.999999000|[Error converting time]|[Error converting time]|00:16:40.1000000000|00:16:41.2000000000|" +
			"00:16:42.4294966296|00:16:43.4294966296|00:16:44.999999000"},
		{TimeDelta, true, " 00:00:00.000000000| 03:12:27.999998000|-[Error converting time]| 03:14:07.999999000| 00:16:41.000001000| 00:00:01.1000000000|" +
			" 00:00:01.2294966296| 00:00:00.1000000000| 00:00:01.1000000000"},
	} {
		p := NewLine(Options{Time: c.style, Nano: c.nano, Location: time.UTC})
		var got []string
		for i := range micro {
			f := ethernet(frameSYN, len(frameSYN))
			f.Odd, f.Time = &micro[i], int64(micro[i].Sec)*second+int64(micro[i].Frac)*1000
			if i < 2 || i == len(micro)-1 {
				f.Odd = nil // these are ordinary
			}
			text, _, _ := strings.Cut(string(p.Append(nil, f)), " IP ")
			got = append(got, text)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("style %d, nano %v:\n     %s\nwant %s", c.style, c.nano, s, c.want)
		}
	}
}

// TestLineOddNanoseconds is the same for a file with nanoseconds, whose fractions may look negative.
func TestLineOddNanoseconds(t *testing.T) {
	for _, c := range []struct {
		odd  OddTime
		nano bool
		want string
	}{
		{OddTime{1002, 1<<31 - 1, true}, false, "00:16:42.2147483"},
		{OddTime{1003, -1, true}, false, "00:16:43.000000"},
		{OddTime{2000, 1500000000, true}, false, "00:33:20.1500000"},
		{OddTime{1003, -1, true}, true, "00:16:43.4294967295"},
	} {
		p := NewLine(Options{Nano: c.nano, Location: time.UTC})
		f := ethernet(frameSYN, len(frameSYN))
		f.Odd = &c.odd
		if got, _, _ := strings.Cut(string(p.Append(nil, f)), " IP "); got != c.want {
			t.Errorf("%+v: %s, want %s", c.odd, got, c.want)
		}
	}
}

// TestLineLateTimes prints times from 2038 on that come without a file's odd form, as in pcapng.
func TestLineLateTimes(t *testing.T) {
	for _, c := range []struct {
		time  int64
		style TimeStyle
		want  string
	}{
		{1<<31*second - 1, TimeUnix, "2147483647.999999"},
		{1 << 31 * second, TimeUnix, "[Error converting time]"},
		{1<<32*second - 1, TimeDate, "[Error converting time]"},
		{1 << 32 * second, TimeDate, "2106-02-07 06:28:16.000000"},
		{1<<32*second + 5*second, TimeUnix, "5.000000"},
	} {
		p := NewLine(Options{Time: c.style, Location: time.UTC})
		f := ethernet(frameSYN, len(frameSYN))
		f.Time = c.time
		if got, _, _ := strings.Cut(string(p.Append(nil, f)), " IP "); got != c.want {
			t.Errorf("%d: %s, want %s", c.time, got, c.want)
		}
	}
}

// TestLineInvalidHeaders prints records whose lengths contradict each other.
func TestLineInvalidHeaders(t *testing.T) {
	for _, c := range []struct {
		caplen, wire int
		want         string
	}{
		{54, 20, "[Invalid header: len(20) < caplen(54)]\n"},
		{54, 0, "[Invalid header: len==0]\n"},
		{54, 300000, "[Invalid header: len(300000) > 262144]\n"},
		{0, 0, "[Invalid header: caplen==0, len==0]\n"},
		{0, 60, "[Invalid header: caplen==0]\n"},
		{0, 300000, "[Invalid header: caplen==0, len(300000) > 262144]\n"},
	} {
		var d dissect.Packet
		d.Decode(dissect.LinkEthernet, frameSYN[:c.caplen], c.wire)
		if got := string(NewLine(Options{}).Append(nil, &Frame{Packet: &d})); got != c.want {
			t.Errorf("caplen %d, len %d: %q, want %q", c.caplen, c.wire, got, c.want)
		}
	}
}
