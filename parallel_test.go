package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"smoltcp/capture"
	"smoltcp/commands"
)

// longCaptures writes the packets of the small captures again and again, with times of their own, into a pcap file and a pcapng
// file, several batches long.
func longCaptures(t *testing.T) (names []string) {
	t.Helper()
	for _, name := range []string{"long.pcap", "long.pcapng"} {
		name = filepath.Join(t.TempDir(), name)
		var w capture.Writer
		size := 0
		for round := int64(0); size < 500_000; round++ {
			for _, small := range pcaps(t) {
				r, err := capture.Open(small)
				if err != nil {
					continue // one that is damaged at its beginning
				}
				for r.Info().Link == 1 {
					p, err := r.Next()
					if err != nil {
						break
					}
					if p.Link != 1 {
						continue
					}
					if w == nil {
						if w, err = capture.Create(name, r.Interfaces(), capture.FileOptions{}); err != nil {
							t.Fatal(err)
						}
					}
					p.Time, p.Interface, p.Odd = p.Time+round*1e9, 0, nil
					if err := w.Write(&p); err != nil {
						t.Fatal(err)
					}
					size += len(p.Data)
				}
				r.Close()
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// piped is a reader that is no regular file.
type piped struct{ io.Reader }

// TestParallel compares what is printed of a file, by several goroutines, with what is printed of the same bytes from a pipe, by one.
func TestParallel(t *testing.T) {
	for _, name := range longCaptures(t) {
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cut := filepath.Join(t.TempDir(), "cut"+filepath.Ext(name))
		if err := os.WriteFile(cut, whole[:len(whole)*2/3+5], 0o600); err != nil {
			t.Fatal(err)
		}
		damaged := filepath.Join(t.TempDir(), "damaged"+filepath.Ext(name))
		broken := bytes.Clone(whole)
		copy(broken[len(broken)/2:], bytes.Repeat([]byte{0xff}, 2000))
		if err := os.WriteFile(damaged, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{name, cut, damaged} {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range []string{
				"", "-v", "--format line", "--format line -v -#", "--format json", "--format line -c 1", "--format line -c 2500 --skip 77",
				"--count", "--format line -S -tttt", "--format line -ttt", "-ttttt",
				"--format line -# + tcp", "--format json + udp or arp", "-c 900 + tcp", "--count + icmp", "+ port 1 and port 2", "+ vlan and vlan and vlan",
			} {
				options, filter, _ := strings.Cut(line, "+")
				run := func(stdin io.Reader, from string) string {
					args := append(append([]string{"decode"}, strings.Fields(options)...), from)
					out, stderr, code := smoltcp(stdin, append(args, strings.Fields(filter)...)...)
					said := strings.ReplaceAll(strings.ReplaceAll(string(stderr), file, "FILE"), "standard input", "FILE")
					said = strings.ReplaceAll(said, "file -,", "file FILE,")
					return fmt.Sprintf("%d\n%s\n%s", code, said, out)
				}
				want := run(piped{bytes.NewReader(content)}, "-")
				if got := run(nil, file); got != want {
					at := 0
					for at < len(got) && at < len(want) && got[at] == want[at] {
						at++
					}
					t.Errorf("%s %s: differs at %d of %d: ...%.300q\nwant ...%.300q", filepath.Base(file), line, at, len(want), got[max(0, at-100):], want[max(0, at-100):])
				}
			}
		}
	}
}

// TestParallelEnds: a reader that is gone, and an interrupt, end the work in the middle of a file.
func TestParallelEnds(t *testing.T) {
	name := longCaptures(t)[0]
	for _, room := range []int{0, 1, 100_000, 300_000} {
		var stderr bytes.Buffer
		w := &closing{left: room}
		if code := runWith(context.Background(), w, &stderr, "decode", "--format", "line", name); code != 1 || !strings.Contains(stderr.String(), "smoltcp: decode: standard output: no more room") {
			t.Errorf("room for %d bytes: exit code %d, %s", room, code, stderr.String())
		}
	}
	ctx, interrupt := context.WithCancel(context.Background())
	var stderr bytes.Buffer
	w := &closing{left: 1 << 30, then: interrupt}
	if code := runWith(ctx, w, &stderr, "decode", "-v", name); code != 0 || strings.Contains(stderr.String(), "smoltcp: ") {
		t.Errorf("interrupted: exit code %d, %s", code, stderr.String())
	}
	if all, _, _ := smoltcp(nil, "decode", "-v", name); w.got == 0 || w.got >= len(all) {
		t.Errorf("interrupted after %d of %d bytes", w.got, len(all))
	}
}

// runWith is smoltcp with another context and standard output.
func runWith(ctx context.Context, stdout, stderr io.Writer, args ...string) (code int) {
	env := commands.Env{Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr}
	err := commands.New(env).RunContext(ctx, commands.Arrange(append([]string{"smoltcp"}, args...)))
	if err != nil && !commands.Silent(err) {
		fmt.Fprintf(stderr, "smoltcp: %v\n", err)
	}
	return commands.ExitCode(err)
}

// closing is a writer that has room for so many bytes, and calls then at the first.
type closing struct {
	left, got int
	then      func()
}

func (w *closing) Write(b []byte) (int, error) {
	if w.then != nil {
		w.then()
	}
	if len(b) > w.left {
		return 0, errors.New("no more room")
	}
	w.left, w.got = w.left-len(b), w.got+len(b)
	return len(b), nil
}
