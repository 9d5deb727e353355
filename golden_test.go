package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"smoltcp/commands"
)

var update = flag.Bool("update", false, "write NAME.tree and NAME.json in testdata/pcaps as they are printed now")

// TestMain lets the test binary be smoltcp: when it is started under that name, it runs main. A directory with it comes
// first in PATH.
func TestMain(m *testing.M) {
	os.Setenv("TZ", "UTC")
	time.Local = time.UTC
	// The tests in namespaces mostly wait for other programs: more of them at once are done sooner. -parallel still decides.
	flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
	testscript.Main(m, map[string]func(){"smoltcp": main})
}

// smoltcp runs a command line in this process, as main would, and gives what it prints and its exit code.
func smoltcp(stdin io.Reader, args ...string) (stdout, stderr []byte, code int) {
	var out, errs bytes.Buffer
	env := commands.Env{Stdin: stdin, Stdout: &out, Stderr: &errs}
	err := commands.New(env).RunContext(context.Background(), commands.Arrange(append([]string{"smoltcp"}, args...)))
	if err != nil && !commands.Silent(err) {
		fmt.Fprintf(&errs, "smoltcp: %v\n", err)
	}
	return out.Bytes(), errs.Bytes(), commands.ExitCode(err)
}

// pcaps lists the captures of testdata.
func pcaps(t *testing.T) []string {
	files, err := filepath.Glob("testdata/pcaps/*.pcap*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures in testdata/pcaps: %v", err)
	}
	return files
}

// bare is a capture's name without directory and extension.
func bare(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// verboseTrees are the captures whose tree is recorded with -v too: every field of every protocol is in one of them.
var verboseTrees = []string{
	"arp", "ethernet-llc-snap", "hostile", "icmpv4", "icmpv6-errors", "icmpv6-mld", "icmpv6-ndp", "ipv4-options", "ipv6-extensions", "sll",
	"sll2", "tcp-options", "tour", "udp", "vlan-qinq",
}

// TestGolden compares what decode prints for each capture with what is recorded beside it. The trees and the JSON are
// written with -update, to be read before they are committed.
func TestGolden(t *testing.T) {
	for _, file := range pcaps(t) {
		recorded := map[string][]string{
			".tree": {"--color", "never"},
			".json": {"--format", "json"},
		}
		if slices.Contains(verboseTrees, bare(file)) {
			recorded["-v.tree"] = []string{"--color", "never", "-v"}
		}
		for suffix, flags := range recorded {
			beside := strings.TrimSuffix(file, filepath.Ext(file)) + suffix
			got, stderr, code := smoltcp(nil, append([]string{"decode", file}, flags...)...)
			if code != 0 {
				t.Errorf("decode %s %q: exit code %d: %s", file, flags, code, stderr)
				continue
			}
			if *update {
				if err := os.WriteFile(beside, got, 0o666); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(beside)
			if err != nil {
				t.Errorf("%v (go test . -update writes it)", err)
				continue
			}
			compareLines(t, beside, got, want)
		}
	}
}

// compareLines reports the first line that differs.
func compareLines(t *testing.T, name string, got, want []byte) {
	t.Helper()
	if bytes.Equal(got, want) {
		return
	}
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(g), len(w)) {
		var gl, wl []byte
		if i < len(g) {
			gl = g[i]
		}
		if i < len(w) {
			wl = w[i]
		}
		if i >= len(g) || i >= len(w) || !bytes.Equal(gl, wl) {
			t.Errorf("%s:%d (of %d lines, now %d):\n got %.400s\nwant %.400s", name, i+1, len(w), len(g), gl, wl)
			return
		}
	}
}

// unrecorded are the captures that tcpdump cannot read to their end, and why.
var unrecorded = map[string]string{
	"several-interfaces": "libpcap reads interfaces of one link type only",
	"sections":           "libpcap reads sections of one byte order only",
}

// TestLineIsTcpdump compares --format line with what tcpdump printed, byte for byte.
func TestLineIsTcpdump(t *testing.T) {
	for _, file := range pcaps(t) {
		for suffix, flags := range map[string][]string{"": {"-n"}, "-v": {"-n", "-v"}} {
			recording := bare(file) + suffix
			want, err := os.ReadFile(filepath.Join("testdata/pcaps", recording+".txt"))
			if reason := unrecorded[bare(file)]; reason != "" {
				if err == nil {
					t.Errorf("%s.txt exists, although %s", recording, reason)
				}
				continue
			}
			if err != nil {
				t.Errorf("%v (make golden writes it)", err)
				continue
			}
			got, stderr, code := smoltcp(nil, append([]string{"decode", "--format", "line", file}, flags...)...)
			if code != 0 {
				t.Errorf("decode %s %q: exit code %d: %s", file, flags, code, stderr)
				continue
			}
			g, w := textPackets(got), textPackets(want)
			for i := range max(len(g), len(w)) {
				if gp, wp := elem(g, i), elem(w, i); gp != wp {
					t.Errorf("%s packet %d:\n got %q\nwant %q", recording, i+1, gp, wp)
				}
			}
		}
	}
}

func elem(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return "(nothing)"
}

var timestamped = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{6}`)

// textPackets splits what tcpdump prints into packets: a line with a time and those that follow.
func textPackets(text []byte) (packets []string) {
	starts := timestamped.FindAllIndex(text, -1)
	for i, s := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		packets = append(packets, string(text[s[0]:end]))
	}
	return packets
}

// TestGenerator checks that the captures are what the generator makes.
func TestGenerator(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go tool, to run testdata/generate")
	}
	dir := t.TempDir()
	if out, err := exec.Command(goTool, "run", "./testdata/generate", "-dir", dir).CombinedOutput(); err != nil {
		t.Fatalf("go run ./testdata/generate: %v\n%s", err, out)
	}
	made, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(made) == 0 {
		t.Fatalf("the generator made nothing: %v", err)
	}
	for _, file := range made {
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join("testdata/pcaps", filepath.Base(file)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("testdata/pcaps/%s is not what the generator makes: run make golden (%v)", filepath.Base(file), err)
		}
	}
	for _, file := range pcaps(t) {
		generated := slices.Contains(made, filepath.Join(dir, filepath.Base(file)))
		if recorded := strings.HasPrefix(filepath.Base(file), "real-"); generated == recorded {
			t.Errorf("%s is neither made by the generator nor called real-", file)
		}
	}
}

// TestTcpdumpStillPrints checks the recordings against the tcpdump that is installed, if it is the version they are of.
func TestTcpdumpStillPrints(t *testing.T) {
	const version = "4.99.3" // as in testdata/pcaps/README.md
	if readme, err := os.ReadFile("testdata/pcaps/README.md"); err != nil || !bytes.Contains(readme, []byte("tcpdump "+version)) {
		t.Errorf("testdata/pcaps/README.md does not say that the recordings are of tcpdump %s (%v)", version, err)
	}
	tool, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("needs tcpdump")
	}
	// It prints its version to stdout and, in an old one, exits with 1.
	have, _ := exec.Command(tool, "--version").Output()
	if !strings.HasPrefix(string(have), "tcpdump version "+version+"\n") {
		t.Skipf("needs tcpdump %s, which made the recordings; this is %.40q", version, have)
	}
	for _, file := range pcaps(t) {
		if unrecorded[bare(file)] != "" {
			continue
		}
		for suffix, flags := range map[string][]string{".txt": {"-n"}, "-v.txt": {"-n", "-v"}} {
			got, err := exec.Command(tool, append(flags, "-r", file)...).Output()
			if err != nil {
				t.Errorf("tcpdump %s: %v", file, err)
				continue
			}
			beside := strings.TrimSuffix(file, filepath.Ext(file)) + suffix
			want, err := os.ReadFile(beside)
			if err != nil {
				t.Error(err)
				continue
			}
			compareLines(t, beside, got, want)
		}
	}
}

// fileRecords finds the records of a capture file by their length fields alone: ends are the offsets behind the packets,
// whole those where the file may end without damage.
func fileRecords(b []byte) (ends, whole []int) {
	if binary.LittleEndian.Uint32(b) == 0x0a0d0d0a {
		order := binary.ByteOrder(binary.LittleEndian)
		for at := 0; at < len(b); {
			kind := order.Uint32(b[at:])
			if kind == 0x0a0d0d0a {
				order = binary.LittleEndian
				if order.Uint32(b[at+8:]) != 0x1a2b3c4d {
					order = binary.BigEndian
				}
			}
			at += int(order.Uint32(b[at+4:]))
			if kind == 3 || kind == 6 {
				ends = append(ends, at)
			}
			whole = append(whole, at)
		}
		return ends, whole
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if b[0] == 0xa1 {
		order = binary.BigEndian
	}
	whole = []int{24}
	for at := 24; at < len(b); {
		at += 16 + int(order.Uint32(b[at+8:]))
		ends, whole = append(ends, at), append(whole, at)
	}
	return ends, whole
}

// formats are the shapes of output, each as verbose as it gets.
var formats = [][]string{{"--format", "tree", "-vv", "--color", "always", "-XX"}, {"--format", "line", "-vvv", "-e", "-XX"}, {"--format", "json"}}

// TestPrefixes decodes beginnings of each capture: all packets that are whole must be printed as in the whole file, and
// the exit code tells whether something is missing.
func TestPrefixes(t *testing.T) {
	for _, file := range pcaps(t) {
		if fi, err := os.Stat(file); err != nil || fi.Size() > 20<<10 {
			continue // recorded data: the same again
		}
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ends, boundaries := fileRecords(whole)
		// What a format prints for a file of so many packets and nothing else.
		known := map[[2]int][]byte{}
		first := func(f, count int) []byte {
			if count == 0 {
				return nil
			}
			out, ok := known[[2]int{f, count}]
			if !ok {
				out, _, _ = smoltcp(bytes.NewReader(whole[:ends[count-1]]), append([]string{"decode", "-"}, formats[f]...)...)
				known[[2]int{f, count}] = out
			}
			return out
		}
		for f, flags := range formats {
			out, stderr, code := smoltcp(nil, append([]string{"decode", file}, flags...)...)
			all, most := first(f, len(ends)), first(f, len(ends)-1)
			if code != 0 || !bytes.Equal(out, all) {
				t.Fatalf("%s %q: exit code %d, or another output than from standard input: %s", file, flags, code, stderr)
			}
			if !bytes.HasPrefix(all, most) || len(all) == len(most) {
				t.Fatalf("%s %q: the last packet does not add to the output", file, flags)
			}
		}
		// The beginning of the file and of its last record byte by byte, the rest in strides.
		last := ends[len(ends)-2]
		near := func(n int) bool { return n <= 64 || n >= last && n < last+24 }
		for n := 0; n < len(whole); n++ {
			if !near(n) && n%211 != 0 {
				continue
			}
			f := n % len(formats)
			out, stderr, code := smoltcp(bytes.NewReader(whole[:n]), append([]string{"decode", "-"}, formats[f]...)...)
			count, exact := slices.BinarySearch(ends, n)
			if exact {
				count++
			}
			wantCode := 1
			if slices.Contains(boundaries, n) {
				wantCode = 0
			}
			if code != wantCode {
				t.Fatalf("%s, %d of %d bytes, %q: exit code %d, want %d\n%s", file, n, len(whole), formats[f], code, wantCode, stderr)
			}
			if !bytes.Equal(out, first(f, count)) {
				t.Fatalf("%s, %d of %d bytes, %q: not the text of the first %d packets", file, n, len(whole), formats[f], count)
			}
			if complaint := complaints(stderr); len(complaint) != wantCode {
				t.Fatalf("%s, %d of %d bytes: want %d lines of complaint, have %q", file, n, len(whole), wantCode, complaint)
			}
		}
	}
}

// complaints are the lines of stderr that are not about what is read.
func complaints(stderr []byte) (lines []string) {
	for line := range strings.Lines(string(stderr)) {
		if !strings.HasPrefix(line, "reading from ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// TestDamage decodes captures in which a few bytes have other values, in the file's own structure too: the only
// requirement is an orderly end with exit code 0 or 1, and clean text.
func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewPCG(2026, 1))
	for _, file := range pcaps(t) {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			b := bytes.Clone(whole)
			for range 1 + rng.IntN(8) {
				b[rng.IntN(len(b))] ^= byte(1 << rng.IntN(8))
			}
			flags := formats[i%len(formats)]
			out, stderr, code := smoltcp(bytes.NewReader(b), append([]string{"decode", "-"}, flags...)...)
			if code != 0 && code != 1 || len(complaints(stderr)) != code {
				t.Fatalf("%s with damage %d, %q: exit code %d\n%s", file, i, flags, code, stderr)
			}
			checkClean(t, file, out, slices.Contains(flags, "always"))
		}
	}
}

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// checkClean fails if text has bytes that a terminal would act upon: controls, or what is not UTF-8. Colours are taken out
// first where they were asked for.
func checkClean(t *testing.T, name string, text []byte, colours bool) {
	t.Helper()
	if colours {
		text = colour.ReplaceAll(text, nil)
	}
	if !utf8.Valid(text) {
		t.Fatalf("%s: the output is not UTF-8", name)
	}
	for i, r := range string(text) {
		if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\u202e' {
			t.Fatalf("%s: %q reaches the output in %q", name, r, text[max(0, i-60):min(len(text), i+20)])
		}
	}
}

// TestHostile checks that nothing in a capture reaches the terminal as it is.
func TestHostile(t *testing.T) {
	for _, flags := range [][]string{
		{}, {"-vv"}, {"--color", "always", "-vv"}, {"--format", "json"}, {"--format", "line", "-vvv"}, {"-A"}, {"-AA"}, {"-X"}, {"-XX"},
		{"--format", "line", "-A"}, {"--format", "line", "-X"}, {"--format", "json", "-v"},
	} {
		out, stderr, code := smoltcp(nil, append([]string{"decode", "testdata/pcaps/hostile.pcapng"}, flags...)...)
		if code != 0 || len(out) == 0 {
			t.Fatalf("%q: exit code %d: %s", flags, code, stderr)
		}
		checkClean(t, fmt.Sprintf("hostile.pcapng %q", flags), out, slices.Contains(flags, "always"))
	}
}

// errWriter fails after some bytes.
type errWriter struct{ left int }

func (w *errWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(b), nil
}

// TestOutputFails checks that an output that cannot be written is an error, in one line.
func TestOutputFails(t *testing.T) {
	env := commands.Env{Stdin: strings.NewReader(""), Stdout: &errWriter{left: 100}, Stderr: io.Discard}
	err := commands.New(env).RunContext(context.Background(), commands.Arrange([]string{"smoltcp", "decode", "testdata/pcaps/tour.pcapng"}))
	if commands.ExitCode(err) != 1 || !strings.Contains(err.Error(), "no space left on device") || strings.Contains(err.Error(), "\n") {
		t.Fatalf("error %v", err)
	}
}
