package format

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// oddTimes go backwards, over days, and through the zero that tcpdump takes for no time at all.
var oddTimes = []int64{
	1000_500000000, 1000_400000000, 999_900000001, 1002_000000000, 260207_000001999, 5_000000000, 0, 7_123456789,
}

// Recorded with tcpdump 4.99.3, TZ=UTC, from a nanosecond capture.
var recordedTimes = []struct {
	style TimeStyle
	flag  string
	nano  bool
	want  []string
}{
	{TimeOfDay, "", false, []string{"00:16:40.500000", "00:16:40.400000", "00:16:39.900000", "00:16:42.000000",
		"00:16:47.000001", "00:00:05.000000", "00:00:00.000000", "00:00:07.123456"}},
	{TimeOfDay, "", true, []string{"00:16:40.500000000", "00:16:40.400000000", "00:16:39.900000001", "00:16:42.000000000",
		"00:16:47.000001999", "00:00:05.000000000", "00:00:00.000000000", "00:00:07.123456789"}},
	{TimeUnix, "-tt", false, []string{"1000.500000", "1000.400000", "999.900000", "1002.000000", "260207.000001",
		"5.000000", "0.000000", "7.123456"}},
	{TimeUnix, "-tt", true, []string{"1000.500000000", "1000.400000000", "999.900000001", "1002.000000000",
		"260207.000001999", "5.000000000", "0.000000000", "7.123456789"}},
	{TimeDelta, "-ttt", false, []string{" 00:00:00.000000", "-00:00:00.100000", "-00:00:00.500000", " 00:00:02.100000",
		" 00:00:05.000001", "-00:16:42.000001", "-00:00:05.000000", " 00:00:00.000000"}},
	{TimeDelta, "-ttt", true, []string{" 00:00:00.000000000", "-00:00:00.100000000", "-00:00:00.499999999",
		" 00:00:02.099999999", " 00:00:05.000001999", "-00:16:42.000001999", "-00:00:05.000000000", " 00:00:00.000000000"}},
	{TimeDate, "-tttt", false, []string{"1970-01-01 00:16:40.500000", "1970-01-01 00:16:40.400000",
		"1970-01-01 00:16:39.900000", "1970-01-01 00:16:42.000000", "1970-01-04 00:16:47.000001",
		"1970-01-01 00:00:05.000000", "1970-01-01 00:00:00.000000", "1970-01-01 00:00:07.123456"}},
	{TimeOffset, "-ttttt", false, []string{" 00:00:00.000000", "-00:00:00.100000", "-00:00:00.600000", " 00:00:01.500000",
		" 00:00:06.500001", "-00:16:35.500000", "-00:16:40.500000", "-00:16:33.376544"}},
	{TimeOffset, "-ttttt", true, []string{" 00:00:00.000000000", "-00:00:00.100000000", "-00:00:00.599999999",
		" 00:00:01.500000000", " 00:00:06.500001999", "-00:16:35.500000000", "-00:16:40.500000000", "-00:16:33.376543211"}},
}

func printTimes(o Options, times []int64) (got []string) {
	c := newClock(&o)
	for _, t := range times {
		got = append(got, string(c.append(nil, t)))
	}
	return got
}

func TestTimesAsRecorded(t *testing.T) {
	for _, r := range recordedTimes {
		got := printTimes(Options{Time: r.style, Nano: r.nano, Location: time.UTC}, oddTimes)
		if !slices.Equal(got, r.want) {
			t.Errorf("%q nano %v:\ngot  %q\nwant %q", r.flag, r.nano, got, r.want)
		}
	}
}

// TestTimesAsTcpdump asks the tcpdump that is installed, in a zone whose offset changes.
func TestTimesAsTcpdump(t *testing.T) {
	tcpdump := needTcpdump(t)
	const zoneName = "Europe/Berlin"
	loc, err := time.LoadLocation(zoneName)
	if err != nil {
		t.Fatal(err)
	}
	times := append([]int64(nil), oddTimes...)
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		times = append(times, r.Int64N(1<<31)*second+r.Int64N(second))
	}
	for summer := time.Date(2026, 3, 29, 0, 59, 58, 0, time.UTC).UnixNano(); len(times) < 220; summer += second / 3 {
		times = append(times, summer)
	}
	var file []byte
	le := binary.LittleEndian
	for _, v := range []uint32{0xa1b23c4d, 4<<16 | 2, 0, 0, 65535, 101} {
		file = le.AppendUint32(file, v)
	}
	for _, ns := range times {
		for _, v := range []uint32{uint32(ns / second), uint32(ns % second), 20, 20} {
			file = le.AppendUint32(file, v)
		}
		file = append(file, frame(hexIPSYN)...)
	}
	name := filepath.Join(t.TempDir(), "times.pcap")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, r := range recordedTimes {
		args := []string{"-n", "-r", name}
		if r.flag != "" {
			args = append(args, r.flag)
		}
		if r.nano {
			args = append(args, "--nano")
		}
		cmd := exec.Command(tcpdump, args...)
		cmd.Env = append(os.Environ(), "TZ="+zoneName)
		out, err := cmd.Output()
		if err != nil {
			t.Skip("tcpdump does not run here: ", err)
		}
		var want []string
		for line := range strings.Lines(string(out)) {
			time, _, _ := strings.Cut(line, " IP ")
			want = append(want, time)
		}
		got := printTimes(Options{Time: r.style, Nano: r.nano, Location: loc}, times)
		if !slices.Equal(got, want) {
			for i := range got {
				if i >= len(want) || got[i] != want[i] {
					t.Errorf("%q nano %v, packet %d at %d: got %q, want %q", r.flag, r.nano, i, times[i], got[i], want[i:min(i+1, len(want))])
					break
				}
			}
		}
	}
}

// TestZone compares cached offsets and dates with the time package's answers, on both sides of every change.
func TestZone(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, name := range []string{"UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		var times []int64
		for at := time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2014; at = at.Add(20 * time.Minute) {
			times = append(times, at.UnixNano())
		}
		for range 2000 {
			times = append(times, r.Int64()-r.Int64())
		}
		c := newClock(&Options{Time: TimeDate, Nano: true, Location: loc})
		for _, ns := range times {
			want := time.Unix(0, ns).In(loc).Format("2006-01-02 15:04:05.000000000")
			if got := string(c.append(nil, ns)); got != want {
				t.Fatalf("%s, %d: got %s, want %s", name, ns, got, want)
			}
		}
	}
}

func TestNoTime(t *testing.T) {
	for style, want := range map[TimeStyle]string{
		TimeNone: "", TimeOfDay: noTimeText, TimeUnix: noTimeText, TimeDelta: noTimeText, TimeDate: noTimeText, TimeOffset: noTimeText,
	} {
		c := newClock(&Options{Time: style})
		if got := string(c.append(nil, NoTime)); got != want {
			t.Errorf("style %d: %q, want %q", style, got, want)
		}
	}
	// Such a packet is not what the next one's time is counted from.
	got := printTimes(Options{Time: TimeDelta}, []int64{noon, NoTime, noon + second})
	if want := []string{" 00:00:00.000000", noTimeText, " 00:00:01.000000"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLongDelta: a person is told of all the hours between two packets.
func TestLongDelta(t *testing.T) {
	c := newClock(&Options{Time: TimeDelta})
	c.days = true
	c.append(nil, noon)
	if got, want := string(c.append(nil, noon+100*3600*second)), " 100:00:00.000000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExtremeTimes(t *testing.T) {
	extremes := []int64{math.MinInt64 + 1, -second - 1, -1, 0, 1, math.MaxInt64}
	for style := TimeOfDay; style <= TimeOffset; style++ {
		for _, nano := range []bool{false, true} {
			for _, s := range printTimes(Options{Time: style, Nano: nano}, extremes) {
				if strings.Trim(s, "-:. 0123456789") != "" || len(s) > len("2262-04-11 23:47:16.854775807") {
					t.Errorf("style %d: %q", style, s)
				}
			}
		}
	}
	if got, want := printTimes(Options{Time: TimeUnix}, []int64{-1500 * second / 1000}), []string{"-1.500000"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRFC3339(t *testing.T) {
	var c calendar
	for _, ns := range []int64{1767323045_000000006, noon, noon + 86400*second, 0, -1} {
		got := string(c.appendRFC3339(nil, ns))
		if want := time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestClockAllocs(t *testing.T) {
	b := make([]byte, 0, 64)
	for style := TimeOfDay; style <= TimeOffset; style++ {
		c := newClock(&Options{Time: style})
		c.append(b, noon)
		if n := testing.AllocsPerRun(100, func() { c.append(b, noon+second) }); n != 0 {
			t.Errorf("style %d: %v allocations", style, n)
		}
	}
}
