package capture

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
)

// The files that are written here have to be read alike by other programs.

// filesForTools writes a file of each kind and gives what they hold.
func filesForTools(t *testing.T) (names []string, want []wantPacket) {
	t.Helper()
	dir := t.TempDir()
	frame := "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x88\xb5" + strings.Repeat("data", 12) // a local experiment's EtherType
	for i := range 50 {
		want = append(want, wantPacket{time: 1_700_000_000_000_000_000 + int64(i)*1_000_000_007, data: frame[:14+i%40], len: 14 + i%40, link: 1})
	}
	want[7].len = 9000
	for _, name := range []string{"micro.pcap", "nano.pcap", "a.pcapng"} {
		name = filepath.Join(dir, name)
		w, err := Create(name, []Interface{{Name: "eth0", Description: "of a test", Link: 1}},
			FileOptions{Nano: strings.Contains(name, "nano"), Application: "test", Filter: "ether"})
		if err != nil {
			t.Fatal(err)
		}
		if ng, ok := w.(*PcapngWriter); ok {
			if err := ng.SetStats(0, Stats{Received: 50, Dropped: 2}); err != nil {
				t.Fatal(err)
			}
		}
		given := make([]wantPacket, len(want))
		for i := range want {
			given[i] = want[i]
			given[i].dir = Direction(i % 3)
			given[i].comment = strings.Repeat("!", i%5)
		}
		writeAll(t, w, given)
		names = append(names, name)
	}
	return names, want
}

// run gives the output of a program, and skips the test if it is not installed.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(path, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", cmd, err, stderr.String())
	}
	return string(out)
}

func TestTcpdumpReads(t *testing.T) {
	names, want := filesForTools(t)
	for _, name := range names {
		// tcpdump copies the packets into a file of its own making, in nanoseconds.
		copied := filepath.Join(t.TempDir(), "copy.pcap")
		run(t, "tcpdump", "--nano", "-r", name, "-w", copied)
		b, err := os.ReadFile(copied)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readFile(b)
		if err != io.EOF {
			t.Fatal(err)
		}
		exact := make([]wantPacket, len(want))
		for i := range want {
			exact[i] = want[i]
			if strings.Contains(name, "micro") {
				exact[i].time -= exact[i].time % 1000
			}
		}
		comparePackets(t, got, exact)
	}
}

func TestTsharkReads(t *testing.T) {
	names, want := filesForTools(t)
	for _, name := range names {
		out := run(t, "tshark", "-n", "-r", name, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.cap_len", "-e", "frame.len",
			"-e", "frame.interface_name", "-e", "frame.packet_flags_direction", "-e", "frame.comment")
		var expect strings.Builder
		for i, p := range want {
			nanos := p.time % 1e9
			if strings.Contains(name, "micro") {
				nanos -= nanos % 1000
			}
			fmt.Fprintf(&expect, "%d.%09d\t%d\t%d\t", p.time/1e9, nanos, len(p.data), p.len)
			if strings.HasSuffix(name, "ng") {
				expect.WriteString("eth0\t" + []string{"", "0x00000001", "0x00000002"}[i%3] + "\t" + strings.Repeat("!", i%5))
			} else {
				expect.WriteString("\t\t")
			}
			expect.WriteString("\n")
		}
		if out != expect.String() {
			t.Errorf("%s:\n%s\nwant\n%s", filepath.Base(name), out, expect.String())
		}
	}
}

// TestGopacketReads has two readers read the same files: those written here, and the samples.
func TestGopacketReads(t *testing.T) {
	type file struct {
		name string
		b    []byte
		want []wantPacket
	}
	var files []file
	names, want := filesForTools(t)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file{filepath.Base(name), b, want})
	}
	// Why a sample cannot be compared with gopacket.
	differ := map[string]string{
		"pcap":                      "gopacket refuses a packet that is longer than the snaplen or its length on the wire",
		"pcap without snaplen":      "gopacket takes it to mean that packets are empty",
		"pcap of Kuznetzov":         "gopacket does not know the magic number",
		"pcap 2.2":                  "gopacket wants version 2.4",
		"pcap 2.3":                  "gopacket wants version 2.4",
		"pcapng of everything":      "gopacket refuses a packet that is longer than the snaplen",
		"pcapng in big endian":      "the same",
		"pcapng of two sections":    "gopacket gives the time 0 to a Simple Packet Block and numbers interfaces by section",
		"pcapng without interfaces": "gopacket waits for an interface",
	}
	for _, s := range samples() {
		if differ[s.name] == "" {
			files = append(files, file{s.name, s.file.b, s.want})
		}
	}
	for _, f := range files {
		var source gopacket.PacketDataSource
		var link func() layers.LinkType
		if bytes.HasPrefix(f.b, ngMagic[:]) {
			r, err := pcapgo.NewNgReader(bytes.NewReader(f.b), pcapgo.DefaultNgReaderOptions)
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			source, link = r, r.LinkType
		} else {
			r, err := pcapgo.NewReader(bytes.NewReader(f.b))
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			source, link = r, r.LinkType
		}
		ours, err := readFile(f.b)
		if err != io.EOF || len(ours) != len(f.want) {
			t.Fatalf("%s: %d packets, %v", f.name, len(ours), err)
		}
		for i := range ours {
			data, info, err := source.ReadPacketData()
			if err != nil {
				t.Fatalf("%s: packet %d: %v", f.name, i+1, err)
			}
			p := ours[i]
			if string(data) != p.data || info.Length != p.len || info.Timestamp.UnixNano() != p.time || int(link()) != int(p.link) {
				t.Errorf("%s: packet %d is %+v, by gopacket %q %+v", f.name, i+1, p, data, info)
			}
		}
		if _, _, err := source.ReadPacketData(); err != io.EOF {
			t.Errorf("%s: gopacket ends with %v", f.name, err)
		}
	}
}
