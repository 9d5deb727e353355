package commands

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"smoltcp/capture"
	"smoltcp/dissect"
)

// writeSegments writes a capture of so many TCP segments of a few connections.
func writeSegments(t *testing.T, name string, packets int) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := capture.NewPcapWriter(file, dissect.LinkEthernet, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	frame := []byte("\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x64\x08\x00" +
		"\x45\x00\x00\x38\x00\x01\x40\x00\x40\x06\x00\x00\xc0\xa8\x45\x64\xc0\xa8\x45\x01" +
		"\x80\x00\x01\xbb\x00\x00\x10\x00\x00\x00\x20\x00\x80\x18\x01\xf6\x00\x00\x00\x00\x01\x01\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02text")
	for i := range packets {
		frame[34+1], frame[34+7] = byte(i%5), byte(i)
		if err := w.Write(&capture.Packet{Time: int64(i) * 1e6, Data: frame, Len: len(frame), Link: dissect.LinkEthernet}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDecodeDoesNotAllocate: three times as many packets cost no more memory, in parallel and one after the other.
func TestDecodeDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	const packets = 20_000
	names := [2]string{filepath.Join(t.TempDir(), "few.pcap"), filepath.Join(t.TempDir(), "many.pcap")}
	writeSegments(t, names[0], packets)
	writeSegments(t, names[1], 3*packets)
	for _, flags := range []string{"--format line", "--format line -ttt", "--format line tcp port 443", "--format line udp", "--format tree", "--format json", "-w /dev/null"} {
		var mallocs [2]uint64
		for i, name := range names {
			least := ^uint64(0)
			for range 2 { // what else the process does counts too
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				args := append([]string{"smoltcp", "decode", name}, strings.Fields(flags)...)
				env := Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}
				if err := New(env).RunContext(context.Background(), Arrange(args)); err != nil {
					t.Fatalf("%s: %v", flags, err)
				}
				runtime.ReadMemStats(&after)
				least = min(least, after.Mallocs-before.Mallocs)
			}
			mallocs[i] = least
		}
		if more := int64(mallocs[1]) - int64(mallocs[0]); more > packets/10 {
			t.Errorf("decode %s: %d packets more need %d allocations", flags, 2*packets, more)
		}
	}
}
