package packetdrill

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	scriptDir = flag.String("scripts", "", "run the packetdrill scripts in this folder instead of testdata")
	levelName = flag.String("level", "semantic", "how closely packets are compared: semantic or strict")
	mapIPv6   = flag.Bool("map6", false, "run scripts for IPv6 over IPv4 instead of skipping them")
)

// TestScripts runs every script in testdata, or in the folder that -scripts names:
//
//	go test ./stack/packetdrill -run TestScripts -v -args -scripts DIR -level semantic|strict
//
// A script of ours that fails although it is right is listed in testdata/known-failures.txt, with the reason; the test
// fails when one of those passes, so that the list does not grow old.
func TestScripts(t *testing.T) {
	opt := Options{IPv6OverIPv4: *mapIPv6}
	switch *levelName {
	case "semantic":
	case "strict":
		opt.Level = Strict
	default:
		t.Fatalf("-level %s: want semantic or strict", *levelName)
	}
	dir, own := "testdata", true
	if *scriptDir != "" {
		dir, own = *scriptDir, false
		if !filepath.IsAbs(dir) {
			// Tests run in the folder of their package; the user's is the module's, more likely.
			if there := filepath.Join("..", "..", dir); exists(there) {
				dir = there
			}
			if to, err := filepath.Abs(dir); err == nil {
				fmt.Println("scripts of", to)
			}
		}
	}
	known := map[string]string{}
	if own && opt.Level == Semantic {
		known = readKnown(t, "known-failures.txt")
	}
	var count [4]int
	paths, err := scripts(dir)
	if err != nil {
		t.Error(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		result := Result{Outcome: Error, Reason: fmt.Sprint(err)}
		if err == nil {
			result = Run(path, text, opt)
		}
		count[result.Outcome]++
		fmt.Println(line(path, result))
		name := strings.TrimPrefix(filepath.ToSlash(path), "testdata/")
		why, listed := known[name]
		delete(known, name)
		switch {
		case !own || opt.Level == Strict:
			if result.Outcome == Error {
				t.Errorf("%s: %v", path, result)
			} else if result.Outcome == Fail {
				t.Fail()
			}
		case listed && result.Outcome != Fail:
			t.Errorf("%s is %v, but known-failures.txt has it (%s)", name, result.Outcome, why)
		case !listed && result.Outcome != Pass:
			t.Errorf("%s: %v %v", name, result.Outcome, result)
		}
	}
	for name := range known {
		t.Errorf("known-failures.txt has %s, which is not there", name)
	}
	if count == [4]int{} {
		t.Errorf("no scripts (*.pkt) in %s", dir)
	}
	if count[Error] > 0 {
		fmt.Printf("%d errors: not in the language\n", count[Error])
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", count[Pass], count[Fail], count[Skip])
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// scripts finds all scripts below dir, or dir itself if it is one. Links to folders are followed, each folder being visited once.
func scripts(dir string) (paths []string, err error) {
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return []string{dir}, nil // reading it says what is wrong
	}
	seen := map[string]bool{}
	var walk func(dir string) error
	walk = func(dir string) error {
		to, err := filepath.EvalSymlinks(dir)
		if err != nil || seen[to] {
			return err
		}
		seen[to] = true
		entries, err := os.ReadDir(dir)
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if st, err := os.Stat(path); err == nil && st.IsDir() {
				if err := walk(path); err != nil {
					return err
				}
			} else if filepath.Ext(path) == ".pkt" {
				paths = append(paths, path)
			}
		}
		return err
	}
	return paths, walk(dir)
}

// line is what is printed of a script.
func line(path string, r Result) string {
	s := fmt.Sprintf("%v %s", r.Outcome, path)
	if text := r.String(); text != "" {
		s += ": " + text
	}
	return strings.ReplaceAll(s, "\n", " ")
}

// readKnown reads a list in testdata: a script and the reason on each line.
func readKnown(t *testing.T, list string) map[string]string {
	known := map[string]string{}
	f, err := os.Open(filepath.Join("testdata", list))
	if os.IsNotExist(err) {
		return known
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		text := strings.TrimSpace(sc.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		name, why, _ := strings.Cut(text, " ")
		if why == "" {
			t.Errorf("%s: %s without a reason", list, name)
		}
		known[name] = strings.TrimSpace(why)
	}
	return known
}

const open = `
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>
+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK,nop,wscale 8>
+.1 < . 1:1(0) ack 1 win 257
+0 accept(3, ..., ...) = 4
`

// TestOutcomes checks that what is wrong is found: an interpreter that passes everything is worth nothing.
func TestOutcomes(t *testing.T) {
	data := open + "+0 write(4, ..., 1000) = 1000\n"
	const prohibited = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n" +
		"+0 connect(3, ..., ...) = -1 EINPROGRESS (text)\n+0 > S 0:0(0) <...>\n+0 < icmp unreachable packet_filtered [0:0(0)]\n" +
		"+0 getsockopt(3, SOL_SOCKET, SO_ERROR, ["
	const marked = "`sysctl -q net.ipv4.tcp_ecn=1`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n" +
		"+0 < SEW 0:0(0) win 32792 <mss 1000>\n+0 > SE. 0:0(0) ack 1 <mss 1460>\n+.1 < . 1:1(0) ack 1 win 257\n" +
		"+0 accept(3, ..., ...) = 4\n+.1 <[ce] P. 1:101(100) ack 1 win 257\n"
	for _, c := range []struct {
		name, script string
		level        Level
		want         Outcome
		says         string
	}{
		{"right", data + "+0 > P. 1:1001(1000) ack 1", Semantic, Pass, ""},
		{"PSH missing from the script", data + "+0 > . 1:1001(1000) ack 1", Semantic, Pass, ""},
		{"PSH missing from the script, strict", data + "+0 > . 1:1001(1000) ack 1", Strict, Fail, "flags"},
		{"length", data + "+0 > P. 1:1002(1001) ack 1", Semantic, Fail, "1:1002(1001)"},
		{"number", data + "+0 > P. 2:1002(1000) ack 1", Semantic, Fail, "sequence number"},
		{"ack", data + "+0 > P. 1:1001(1000) ack 2", Semantic, Fail, "ack"},
		{"flags", data + "+0 > FP. 1:1001(1000) ack 1", Semantic, Fail, "> FP. 1:1001(1000)"},
		{"late", data + "+.1 > P. 1:1001(1000) ack 1", Semantic, Fail, "already"},
		{"nothing comes", open + "+5 > P. 1:1001(1000) ack 1", Semantic, Fail, "expected > P. 1:1001"},
		{"closed window", data + "+0 > P. 1:1001(1000) ack 1 win 0", Semantic, Fail, "window"},
		{"SACK", data + "+0 > P. 1:1001(1000) ack 1 <nop,nop,sack 5:6>", Semantic, Fail, "SACK"},
		{"timestamp", data + "+0 > P. 1:1001(1000) ack 1 <nop,nop,TS val 1 ecr 1>", Semantic, Fail, "option"},
		{"result", open + "+0 write(4, ..., 1000) = 999", Semantic, Fail, "1000"},
		{"errno", open + "+0 connect(4, ..., ...) = -1 EINPROGRESS (text)", Semantic, Fail, "EISCONN"},
		{"blocks", open + "+0 read(4, ..., 1000) = 1000", Semantic, Fail, "blocks"},
		{"returns early", data + "+0...1 write(4, ..., 10) = 10", Semantic, Fail, "at once"},
		{"never returns", open + "+0...0.1 read(4, ..., 1000) = 10", Semantic, Fail, "blocking still"},
		{"assertion", open + "+0 %{ assert tcpi_snd_cwnd == 11 }%", Semantic, Fail, "tcpi_snd_cwnd is 10"},
		{"assertion holds", open + "+0 %{ assert tcpi_snd_cwnd == 10 and 0 < tcpi_snd_mss <= 1000 }%", Semantic, Pass, ""},
		{"unknown name", open + "+0 %{ assert tcpi_nothing == 1 }%", Semantic, Skip, "tcpi_nothing"},
		{"unknown command", "`rm -rf /`\n" + open, Semantic, Skip, "rm -rf"},
		{"unknown sysctl", "`sysctl -w net.ipv4.tcp_foo=1`\n" + open, Semantic, Skip, "tcp_foo"},
		{"unknown call", open + "+0 sendfile(4, 5, [0], 10) = 10", Semantic, Skip, "sendfile"},
		{"unknown level of an option", open + "+0 setsockopt(4, SOL_FOO, TCP_NODELAY, [1], 4) = 0", Semantic, Skip, "SOL_FOO"},
		{"option of a kernel's routing", open + "+0 setsockopt(4, SOL_SOCKET, SO_MARK, [1], 4) = 0", Semantic, Skip, "SO_MARK"},
		{"echo for people", "`echo hello`" + open, Semantic, Pass, ""},
		{"echo that sets something", "`echo 0 > /proc/sys/net/ipv4/tcp_unheard_of`" + open, Semantic, Skip, "tcp_unheard_of"},
		{"echo that turns SACK off", "`echo 0 > /proc/sys/net/ipv4/tcp_sack`" + open, Semantic, Fail, "sackOK"},
		{"echo into a pipe", "`echo 0 | tee /proc/sys/net/ipv4/tcp_sack`" + open, Semantic, Skip, "tee"},
		{"sleep", open + "+0 `sleep 5`", Semantic, Skip, "sleep"},
		{"a way out", "`true || true`" + open, Semantic, Pass, ""},
		{"no way out", "`ip link add x || true`" + open, Semantic, Skip, "ip link"},
		{"script before the script", "--init_scripts=foo.sh\n" + open, Semantic, Skip, "foo.sh"},
		{"empty", "// nothing\n", Semantic, Skip, "empty"},
		{"unknown option", open + "+0 setsockopt(4, SOL_TCP, TCP_FOO, [1], 4) = 0", Semantic, Skip, "TCP_FOO"},
		{"IPv6", "--ip_version=ipv6\n" + open, Semantic, Pass, ""},
		{"sockstat", open + "+0 `sockstat -4 | grep packetdril | grep -c ESTABLISHED | grep 2`", Semantic, Fail, "got 1"},
		{"sockstat holds", open + "+0 `sockstat -4 | grep packetdril | grep -c ESTABLISHED | grep 1`", Semantic, Pass, ""},
		{"FIN behind the text", data + "+0 shutdown(4, SHUT_WR) = 0\n+0 > FP. 1:1001(1000) ack 1", Semantic, Pass, ""},
		{"several segments", open + "+0 write(4, ..., 2500) = 2500\n+0 > P. 1:2501(2500) ack 1", Semantic, Pass, ""},
		{"several segments, one wanted", "--strict_segments\n" + open + "+0 write(4, ..., 2500) = 2500\n+0 > P. 1:2501(2500) ack 1",
			Semantic, Fail, "length"},
		{"one segment missing", open + "+0 write(4, ..., 2000) = 2000\n+0 > P. 1:2501(2500) ack 1", Semantic, Fail, "2000 bytes"},
		{"other initial numbers", "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n" +
			"+0 < S 7000:7000(0) win 1000\n+0 > S. 500:500(0) ack 7001 <mss 1460>\n+0 < . 7001:7001(0) ack 501 win 1000\n" +
			"+0 accept(3, ..., ...) = 4\n+0 write(4, ..., 10) = 10\n+0 > P. 501:511(10) ack 7001", Semantic, Pass, ""},
		{"wrong initial number", open + "+0 < S 0:0(0) win 1000\n+0 > . 2:2(0) ack 1", Semantic, Fail, "sequence number"},
		{"repeated ACK passed over", open + "+.1 < S 0:0(0) win 1000\n+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1", Semantic, Pass, ""},
		{"repeated ACK counts", open + "+.1 < S 0:0(0) win 1000\n+.1 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1", Strict, Fail, "length"},
		{"listener", "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n" +
			"+0 %{ assert tcpi_state == TCPI_LISTEN }%", Semantic, Pass, ""},
		{"nothing to code about", "+0 %{ assert tcpi_state == TCPI_LISTEN }%", Semantic, Skip, "tcpi_state"},
		{"unread echo", "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n" +
			"+0 < S 0:0(0) win 1000 <TS val 77 ecr 0>\n+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 1 ecr 77>", Strict, Pass, ""},
		{"echo of another", "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n" +
			"+0 < S 0:0(0) win 1000 <TS val 77 ecr 0>\n+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 1 ecr 78!>", Semantic, Fail, "timestamp echo"},
		{"any time", data + "* > P. 1:1001(1000) ack 1\n* > P. 1:1001(1000) ack 1", Semantic, Pass, ""},
		{"ACK sooner than by a stack that delays it", open + "+.1 < P. 1:101(100) ack 1 win 257\n+.2 > . 1:1(0) ack 101", Semantic, Pass, ""},
		{"ACK sooner, strict", open + "+.1 < P. 1:101(100) ack 1 win 257\n+.2 > . 1:1(0) ack 101", Strict, Fail, "already"},
		{"ACK of a mark sooner", marked + "+.1 > E. 1:1(0) ack 101", Semantic, Pass, ""},
		{"ACK without the mark", marked + "+.1 > . 1:1(0) ack 101", Semantic, Fail, "flags"},
		{"prohibited, by FreeBSD's number", prohibited + "ECONNREFUSED], [4]) = 0", Semantic, Pass, ""},
		{"prohibited, by Linux's number", prohibited + "EHOSTUNREACH], [4]) = 0", Semantic, Pass, ""},
		{"prohibited, by another number", prohibited + "ETIMEDOUT], [4]) = 0", Semantic, Fail, "EACCES"},
		{"range", data + "+0 > P. 1:1001(1000) ack 1\n+.1~+1 > P. 1:1001(1000) ack 1", Semantic, Pass, ""},
		{"before the range", data + "+0 > P. 1:1001(1000) ack 1\n+3~+4 > P. 1:1001(1000) ack 1", Semantic, Fail, "already"},
		{"syntax", open + "+0 > ?", Semantic, Error, "flags expected"},
		{"bad length", open + "+0 > . 1:3(1) ack 1", Semantic, Error, "end of the segment"},
	} {
		r := Run(c.name, []byte(c.script), Options{Level: c.level})
		if r.Outcome != c.want || !strings.Contains(r.String(), c.says) {
			t.Errorf("%s: %v %v, want %v with %q", c.name, r.Outcome, r, c.want, c.says)
		}
	}
}

// TestTimes reads the forms of times.
func TestTimes(t *testing.T) {
	const ms = time.Millisecond
	for text, want := range map[string]eventTime{
		"0":            {},
		"1.5":          {at: 1500 * ms},
		"+.01":         {relative: true, at: 10 * ms},
		"*":            {any: true},
		"0.1~0.2":      {at: 100 * ms, until: 200 * ms, ranged: true},
		"+0.1~+0.2":    {relative: true, at: 100 * ms, until: 200 * ms, ranged: true},
		"0...0.2":      {until: 200 * ms, blocking: true},
		"+.1...0.200":  {relative: true, at: 100 * ms, until: 200 * ms, blocking: true},
		"+.1...+0.200": {relative: true, at: 100 * ms, until: 200 * ms, blocking: true},
	} {
		sc, err := Parse("", []byte(text+" close(3) = 0"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := sc.events[0].time; got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// TestExpressions evaluates code.
func TestExpressions(t *testing.T) {
	for code, want := range map[string]string{
		"assert 1 + 2 * 3 == 7":                     "",
		"assert 7 // 2 == 3 and 7 % 4 == 3":         "",
		"assert 1 <= 2 < 3, 'text'":                 "",
		"assert 1 <= 2 < 2":                         "assert",
		"a = 5; assert a & 4":                       "",
		"a = 5\nassert a == 6, a":                   "a is 5",
		"# nothing\nprint(3)":                       "",
		"assert abs(-3) == 3 and max(1, 2, 3) == 3": "",
		"assert not 0 or 1/0":                       "division",
		"import os":                                 "statement",
		"assert x":                                  "name x",
		"assert (1 << 3) | 1 == 9":                  "",
		"assert 'a' == 'a'":                         "",
		"assert (1,\n 2)":                           "",
		"assert ~0 == -1":                           "",
		"assert 2 ** 3 == 8":                        "",
		"assert int(2.7) == 2":                      "",
	} {
		err := exec(code, &infoVars{})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q: %q, want %q", code, got, want)
		}
	}
}

// TestDeterministic runs a script twice and wants the same.
func TestDeterministic(t *testing.T) {
	script := []byte(open + "+0 write(4, ..., 30000) = 30000\n+.2 > . 1:1(0) ack 1")
	a, b := Run("", script, Options{}), Run("", script, Options{})
	if a != b || a.Outcome != Fail {
		t.Errorf("%v and %v", a, b)
	}
}

// FuzzParse gives the parser anything, and runs what it takes for a script.
func FuzzParse(f *testing.F) {
	f.Add([]byte(open))
	f.Add([]byte("--tolerance_usecs=1\n`defaults.sh`\n0 socket(..., SOCK_DGRAM, 0) = 3\n+0 %{ assert 1 }%\n* > udp (1)"))
	f.Add([]byte("0 < [ect0] (tos 0x2) 1 > 2: SEWAU.P 1:2(1) ack 3 win 4 urg 5 <TS val 1 ecr 2,sack 1:2 3:4,eol>"))
	f.Add([]byte("0 poll([{fd=3, events=POLLIN|POLLOUT, revents=0}], 1, 0) = 0\n0...1 sendmsg(3, {msg_iov(1)=[{..., 3}]}, 0) = 3"))
	f.Add([]byte("0 < icmp unreachable frag_needed mtu 1200 [1:2(1)]\n0~1 > . 1:1(0) ack 1 // end"))
	for _, text := range []string{warm, listening, watching, received, freeBSD, six} {
		f.Add([]byte(text))
	}
	f.Add([]byte("0 < P6. 1:2(1) ack 3 {rep tcp flags 0x02} {ins ipv4 20 0x0101} {trun tcp 3 9} <FO 1234,ECN e1b 1 ceb 2>"))
	paths, err := filepath.Glob("testdata/*/*.pkt")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths[:min(len(paths), 20)] {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := Run("fuzz", text, Options{IPv6OverIPv4: true})
		if r.Outcome == Fail && strings.HasPrefix(r.Got, "panic") {
			t.Errorf("%v", r)
		}
		if !slices.Contains([]Outcome{Pass, Fail, Skip, Error}, r.Outcome) {
			t.Errorf("outcome %d", r.Outcome)
		}
	})
}
