package format

import (
	"encoding/binary"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"smoltcp/dissect"
)

// Recorded with tcpdump 4.99.3 -n -t and the flag, the packet's own line taken off.
var recordedDumps = []struct {
	style HexStyle
	flag  string
	want  string
}{
	{HexPacket, "-x", "\t0x0000:  4500 0024 0001 0000 40fd 0000 0a00 0001\n" +
		"\t0x0010:  0a00 0002 6120 6209 630d 0a64 0d65 007f\n\t0x0020:  80ff 7e0d\n"},
	{HexFrame, "-xx", "\t0x0000:  0200 0000 0001 aa64 4735 a4bd 0800 4500\n" +
		"\t0x0010:  0024 0001 0000 40fd 0000 0a00 0001 0a00\n\t0x0020:  0002 6120 6209 630d 0a64 0d65 007f 80ff\n\t0x0030:  7e0d\n"},
	{HexASCIIPacket, "-X", "\t0x0000:  4500 0024 0001 0000 40fd 0000 0a00 0001  E..$....@.......\n" +
		"\t0x0010:  0a00 0002 6120 6209 630d 0a64 0d65 007f  ....a.b.c..d.e..\n" +
		"\t0x0020:  80ff 7e0d                                ..~.\n"},
	{HexASCIIFrame, "-XX", "\t0x0000:  0200 0000 0001 aa64 4735 a4bd 0800 4500  .......dG5....E.\n" +
		"\t0x0010:  0024 0001 0000 40fd 0000 0a00 0001 0a00  .$....@.........\n" +
		"\t0x0020:  0002 6120 6209 630d 0a64 0d65 007f 80ff  ..a.b.c..d.e....\n" +
		"\t0x0030:  7e0d                                     ~.\n"},
	{ASCIIPacket, "-A", "E..$....@...\n...\n...a b\tc\nd.e....~\n"},
	{ASCIIFrame, "-AA", ".......dG5....E..$....@...\n...\n...a b\tc\nd.e....~\n"},
}

func dumpOf(style HexStyle, link dissect.LinkType, data []byte) string {
	var p dissect.Packet
	p.Decode(link, data, len(data))
	b := appendDump(nil, style, data, linkHeaderLen(&p))
	return strings.TrimPrefix(string(b)+"\n", "\n")
}

func TestDumpsAsRecorded(t *testing.T) {
	for _, r := range recordedDumps {
		if got := dumpOf(r.style, dissect.LinkEthernet, frameOdd); got != r.want {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", r.flag, got, r.want)
		}
	}
}

// TestDumpsAsTcpdump asks the tcpdump that is installed, about frames on which its other text is one line.
func TestDumpsAsTcpdump(t *testing.T) {
	tcpdump := needTcpdump(t)
	packet := frame(hexIPOdd, hexOdd)
	var long []byte
	long = append(long, frame("45000114 00010000 40fd0000 0a000001 0a000002")...)
	for i := range 256 {
		long = append(long, byte(i))
	}
	for _, c := range []struct {
		name string
		link dissect.LinkType
		data []byte
	}{
		{"ethernet", dissect.LinkEthernet, frameOdd},
		{"every byte", dissect.LinkRaw, long},
		{"even line", dissect.LinkRaw, long[:64]},
		{"padding", dissect.LinkEthernet, append(append([]byte(nil), frameOdd...), make([]byte, 10)...)},
		{"no ethernet header", dissect.LinkEthernet, frameOdd[:9]},
		{"vlan", dissect.LinkEthernet, append(frame("020000000001 aa644735a4bd 8100 0005 0800"), packet...)},
		{"cut vlan", dissect.LinkEthernet, frame("020000000001 aa644735a4bd 8100 00")},
		{"two vlans", dissect.LinkEthernet, append(frame("020000000001 aa644735a4bd 88a8 0005 8100 0006 0800"), packet...)},
		{"raw", dissect.LinkRaw, packet},
		{"null", dissect.LinkNull, append(frame("02000000"), packet...)},
		{"sll", dissect.LinkSLL, append(frame("0000 0001 0006 aa644735a4bd 0000 0800"), packet...)},
		{"sll2", dissect.LinkSLL2, append(frame("0800 0000 00000001 0001 00 06 aa644735a4bd 0000"), packet...)},
	} {
		var file []byte
		le := binary.LittleEndian
		for _, v := range []uint32{0xa1b2c3d4, 4<<16 | 2, 0, 0, 65535, uint32(c.link), 1, 0, uint32(len(c.data)), uint32(len(c.data))} {
			file = le.AppendUint32(file, v)
		}
		name := filepath.Join(t.TempDir(), "dump.pcap")
		if err := os.WriteFile(name, append(file, c.data...), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, r := range recordedDumps {
			out, err := exec.Command(tcpdump, "-n", "-t", r.flag, "-r", name).Output()
			if err != nil {
				t.Skip("tcpdump does not run here: ", err)
			}
			_, want, _ := strings.Cut(string(out), "\n")
			if got := dumpOf(r.style, c.link, c.data); got != want {
				t.Errorf("%s %s:\ngot\n%s\nwant\n%s", c.name, r.flag, got, want)
			}
		}
	}
}

func TestHexNumbers(t *testing.T) {
	for _, c := range []struct {
		v      uint64
		digits int
		want   string
	}{
		{0, 1, "0x0"}, {0, 4, "0x0000"}, {0x800, 4, "0x0800"}, {0x12345, 4, "0x12345"}, {1<<64 - 1, 16, "0xffffffffffffffff"}, {7, 0, "0x7"},
	} {
		if got := string(appendHexNumber(nil, c.v, c.digits)); got != c.want {
			t.Errorf("%#x, %d digits: %s, want %s", c.v, c.digits, got, c.want)
		}
	}
}

func TestHexBytes(t *testing.T) {
	var all []byte
	for i := range 259 {
		all = append(all, byte(i*7))
	}
	for n := range all {
		if got, want := string(appendHexBytes([]byte("x"), all[:n])), "x"+hex.EncodeToString(all[:n]); got != want {
			t.Fatalf("%d bytes: %s, want %s", n, got, want)
		}
	}
}
