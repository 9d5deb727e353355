package capture

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// writeAll writes packets and closes w.
func writeAll(t *testing.T, w Writer, packets []wantPacket) {
	t.Helper()
	for i := range packets {
		p := packets[i].packet()
		if err := w.Write(&p); err != nil {
			t.Fatalf("packet %d: %v", i+1, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func (w wantPacket) packet() Packet {
	return Packet{
		Time: w.time, Data: []byte(w.data), Len: w.len, Link: w.link,
		Interface: w.iface, Direction: w.dir, Comment: []byte(w.comment),
	}
}

// packetsToWrite has every length up to the limit of a buffer and a bit, and times on both sides of a second.
func packetsToWrite() []wantPacket {
	var packets []wantPacket
	for i, n := range []int{0, 1, 2, 3, 4, 5, 60, 1514, 65535, 65536, 66000, 262144, 7} {
		packets = append(packets, wantPacket{
			time: 1_700_000_000_999_999_998 + int64(i), data: string(num(n)), len: n + i%2*10, link: 1,
		})
	}
	return packets
}

func TestPcapRoundTrip(t *testing.T) {
	for _, nano := range []bool{false, true} {
		var out bytes.Buffer
		w, err := NewPcapWriter(&out, 1, 0, nano)
		if err != nil {
			t.Fatal(err)
		}
		want := packetsToWrite()
		writeAll(t, w, want)
		if !nano {
			for i := range want {
				want[i].time -= want[i].time % 1000
			}
		}
		r, err := NewReader(&out, "test")
		if err != nil {
			t.Fatal(err)
		}
		if want := (FileInfo{Format: Pcap, Major: 2, Minor: 4, Link: 1, Snaplen: DefaultSnaplen, Nano: nano}); r.Info() != want {
			t.Errorf("info is %+v", r.Info())
		}
		got, err := readAll(r)
		comparePackets(t, got, want)
		if err != io.EOF {
			t.Error(err)
		}
	}
}

// TestPcapBytes compares with the format's description, from a buffer that held something else.
func TestPcapBytes(t *testing.T) {
	var out bytes.Buffer
	w, err := NewPcapWriter(&out, dissect.LinkSLL, 4, false)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.out.buf[:cap(w.out.buf)] {
		w.out.buf[:cap(w.out.buf)][i] = 0xdd
	}
	for _, at := range []int64{3_000_004_999, NoTime, -5, math.MaxInt64} {
		if err := w.Write(&Packet{Time: at, Data: []byte("abcdef"), Len: 9, Link: dissect.LinkSLL}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	lens := "\x04\x00\x00\x00\x09\x00\x00\x00abcd"
	want := "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x71\x00\x00\x00" +
		"\x03\x00\x00\x00\x04\x00\x00\x00" + lens +
		"\x00\x00\x00\x00\x00\x00\x00\x00" + lens +
		"\x00\x00\x00\x00\x00\x00\x00\x00" + lens +
		"\xff\xff\xff\xff\x3f\x42\x0f\x00" + lens
	if out.String() != want {
		t.Errorf("\n     %q\nwant %q", out.String(), want)
	}
	if err := w.Write(&Packet{Link: dissect.LinkSLL}); err == nil {
		t.Error("Write after Close succeeds")
	}
}

func TestPcapngRoundTrip(t *testing.T) {
	interfaces := []Interface{
		{Name: "eth0", Description: "to the left", Link: 1, Nano: true},
		{Name: "lo", Link: 101, Snaplen: 3, Nano: true},
	}
	var out bytes.Buffer
	w, err := NewPcapngWriter(&out, interfaces, FileOptions{Application: "test", Filter: "tcp or udp"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.out.buf[:cap(w.out.buf)] {
		w.out.buf[:cap(w.out.buf)][i] = 0xdd
	}
	want := packetsToWrite()
	for i := range want {
		want[i].dir = Direction(i % 3)
		want[i].comment = strings.Repeat("c", i/2)
	}
	want = append(want,
		wantPacket{time: NoTime, data: "simple", len: 6, link: 1},
		wantPacket{time: 0, data: "not simple", len: 11, link: 1},
		wantPacket{time: math.MaxInt64, data: "ab", len: 2, link: 101, iface: 1, dir: DirOut},
		wantPacket{time: 5, data: "abc", len: 100, link: 101, iface: 1},
	)
	given := slices.Clone(want)
	given[len(given)-1].data = "abcdefgh" // is cut
	for i := range given {
		p := given[i].packet()
		if err := w.Write(&p); err != nil {
			t.Fatal(err)
		}
	}
	added := Interface{Name: "late", Link: 113, Nano: true}
	if n, err := w.AddInterface(added); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	late := wantPacket{time: 6, data: "x", len: 1, link: 113, iface: 2, comment: "joined"}
	want = append(want, late)
	if err := w.SetStats(0, Stats{Received: 1 << 40, Dropped: 3}); err != nil {
		t.Fatal(err)
	}
	if err := w.SetStats(3, Stats{}); err == nil {
		t.Error("there is no interface 3")
	}
	writeAll(t, w, []wantPacket{late})

	r, err := NewReader(&out, "test")
	if err != nil {
		t.Fatal(err)
	}
	if want := (FileInfo{Format: Pcapng, Major: 1, Link: 1, Snaplen: DefaultSnaplen, Nano: true}); r.Info() != want {
		t.Errorf("info is %+v", r.Info())
	}
	got, err := readAll(r)
	comparePackets(t, got, want)
	if err != io.EOF {
		t.Error(err)
	}
	if got, want := r.Interfaces(), append(interfaces, added); !slices.Equal(got, want) {
		t.Errorf("interfaces are %+v, want %+v", got, want)
	}
	if s, _ := r.Stats(); s != (Stats{Received: 1 << 40, Dropped: 3}) {
		t.Errorf("statistics are %+v", s)
	}
}

func TestWriteRefuses(t *testing.T) {
	w, err := NewPcapWriter(io.Discard, 1, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&Packet{Link: 101}); err == nil || err.Error() != "packet of link type RAW in a pcap file of link type EN10MB: pcapng can mix them" {
		t.Error(err)
	}
	ng, err := NewPcapngWriter(io.Discard, []Interface{{Link: 1}}, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Packet{{Link: 101}, {Link: 1, Interface: 1}, {Link: 1, Interface: -1}} {
		if err := ng.Write(&p); err == nil {
			t.Errorf("%+v is written", p)
		}
	}
	// A packet that was refused leaves the file as it was.
	if err := w.Write(&Packet{Link: 1}); err != nil {
		t.Error(err)
	}
	if err := ng.Write(&Packet{Link: 1}); err != nil {
		t.Error(err)
	}
}

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	interfaces := []Interface{{Name: "eth0", Link: 1, Snaplen: 1000}}
	want := []wantPacket{{time: int64(time.Hour), data: "ab", len: 2, link: 1}}
	for _, c := range []struct {
		name   string
		format Format
		packed Compression
	}{
		{"a.pcap", Pcap, Plain},
		{"a", Pcap, Plain},
		{"a.pcapng", Pcapng, Plain},
		{"a.pcap.gz", Pcap, Gzip},
		{"a.pcapng.gz", Pcapng, Gzip},
		{"a.pcapng.zst", Pcapng, Zstd},
	} {
		name := filepath.Join(dir, c.name)
		w, err := Create(name, interfaces, FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		p := want[0].packet()
		if err := w.Write(&p); err != nil {
			t.Fatal(err)
		}
		// After Flush the file can be read as far as it goes, compressed or not.
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		check := func(end func(error) bool) {
			t.Helper()
			r, err := Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if i := r.Info(); i.Format != c.format || i.Compression != c.packed || i.Snaplen != 1000 {
				t.Errorf("%s: info is %+v", c.name, i)
			}
			got, err := readAll(r)
			comparePackets(t, got, want)
			if !end(err) {
				t.Errorf("%s: ends with %v", c.name, err)
			}
		}
		check(func(err error) bool { return err == io.EOF || c.packed != Plain && errors.Is(err, io.ErrUnexpectedEOF) })
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		check(func(err error) bool { return err == io.EOF })
	}
	if _, err := Create(filepath.Join(dir, "none.pcap"), nil, FileOptions{}); err == nil {
		t.Error("a file of no interface")
	}
	mixed := []Interface{{Link: 1}, {Link: 101}}
	if _, err := Create(filepath.Join(dir, "mixed.pcap"), mixed, FileOptions{}); err == nil || !strings.Contains(err.Error(), "cannot mix link types EN10MB and RAW") {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "mixed.pcap")); err == nil {
		t.Error("mixed.pcap was made")
	}
	if _, err := Create(filepath.Join(dir, "no", "such.pcap"), interfaces, FileOptions{}); err == nil || !strings.Contains(err.Error(), "such.pcap") {
		t.Error(err)
	}
}

// smallDisk is a file on a disk with room for some bytes.
type smallDisk struct {
	room   int
	b      []byte
	closed bool
}

var errFull = errors.New("write x.pcap: no space left on device")

func (d *smallDisk) Write(b []byte) (int, error) {
	n := min(len(b), d.room-len(d.b))
	d.b = append(d.b, b[:n]...)
	if n < len(b) {
		return n, errFull
	}
	return n, nil
}

func (d *smallDisk) Truncate(n int64) error { d.b = d.b[:n]; return nil }
func (d *smallDisk) Close() error           { d.closed = true; return nil }

// TestFullDisk fills disks of all sizes. The error comes once and the file ends with a whole packet.
func TestFullDisk(t *testing.T) {
	packet := Packet{Time: 1, Data: num(100), Len: 100, Link: 1}
	want := asWanted(&packet)
	for room := 0; room < 3*outputBlock; room += 777 {
		for _, format := range []Format{Pcap, Pcapng} {
			disk := &smallDisk{room: room}
			out := output{w: disk, file: disk}
			var w Writer
			var err error
			header := pcapFileHeaderLen
			if format == Pcap {
				w, err = newPcapWriter(out, 1, 0, true)
			} else {
				header = 28 + 32
				w, err = newPcapngWriter(out, []Interface{{Link: 1}}, FileOptions{})
			}
			if room < header {
				if !errors.Is(err, errFull) {
					t.Errorf("%v, room for %d: created with %v", format, room, err)
				}
				continue
			}
			written := 0
			for err == nil {
				written++
				err = w.Write(&packet)
			}
			if err != errFull || written > room/100+outputBlock/100+1 {
				t.Errorf("%v, room for %d: %v after %d packets", format, room, err, written)
			}
			if err := w.Write(&packet); err != errFull {
				t.Errorf("%v, room for %d: the following Write gives %v", format, room, err)
			}
			if err := w.Close(); err != nil || !disk.closed {
				t.Errorf("%v, room for %d: Close gives %v, closed %v", format, room, err, disk.closed)
			}
			got, err := readFile(disk.b)
			size := map[Format]int{Pcap: 116, Pcapng: 132}[format]
			if err != io.EOF || len(got) != (room-header)/size {
				t.Errorf("%v, room for %d: %d packets can be read, then %v", format, room, len(got), err)
			}
			for i := range got {
				if got[i] != want {
					t.Fatalf("%v, room for %d: packet %d is %+v", format, room, i+1, got[i])
				}
			}
		}
	}
}

// TestFullDevice meets the real error, at Flush and at Close.
func TestFullDevice(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip(err)
	}
	f, err := os.OpenFile(full, os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer f.Close()
	if _, err := NewPcapWriter(f, 1, 0, false); err == nil || !strings.Contains(err.Error(), full) {
		t.Errorf("NewPcapWriter gives %v", err)
	}
	if _, err := Create(full, []Interface{{Link: 1}}, FileOptions{}); err == nil || !strings.Contains(err.Error(), full) {
		t.Errorf("Create gives %v", err)
	}
}

func TestWriterAllocates(t *testing.T) {
	pcap, err := NewPcapWriter(io.Discard, 1, 0, true)
	if err != nil {
		t.Fatal(err)
	}
	ng, err := NewPcapngWriter(io.Discard, []Interface{{Link: 1}}, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := Packet{Time: 1, Data: num(200), Len: 200, Link: 1, Direction: DirOut, Comment: []byte("hello")}
	for _, w := range []Writer{pcap, ng} {
		if n := testing.AllocsPerRun(2000, func() {
			if err := w.Write(&p); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%T: %v allocations per packet", w, n)
		}
	}
}
