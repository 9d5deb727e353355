package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"smoltcp/dissect"
)

// captureFile builds a capture file byte by byte and remembers where its records are.
type captureFile struct {
	order   binary.AppendByteOrder
	b       []byte
	records []fileRecord
}

// fileRecord is a part of a file that is read as a whole: its header, a packet, a block.
type fileRecord struct {
	start, end int
	packet     bool
}

func (f *captureFile) u16(v ...uint16) *captureFile {
	for _, v := range v {
		f.b = f.order.AppendUint16(f.b, v)
	}
	return f
}

func (f *captureFile) u32(v ...uint32) *captureFile {
	for _, v := range v {
		f.b = f.order.AppendUint32(f.b, v)
	}
	return f
}

func (f *captureFile) u64(v ...uint64) *captureFile {
	for _, v := range v {
		f.b = f.order.AppendUint64(f.b, v)
	}
	return f
}

func (f *captureFile) raw(s string) *captureFile {
	f.b = append(f.b, s...)
	return f
}

// record adds what add appends as one record.
func (f *captureFile) record(packet bool, add func()) *captureFile {
	start := len(f.b)
	add()
	f.records = append(f.records, fileRecord{start, len(f.b), packet})
	return f
}

// wantPacket is a packet as a value that can be compared.
type wantPacket struct {
	time    int64
	data    string
	len     int
	link    dissect.LinkType
	iface   int
	dir     Direction
	comment string
}

func asWanted(p *Packet) wantPacket {
	return wantPacket{p.Time, string(p.Data), p.Len, p.Link, p.Interface, p.Direction, string(p.Comment)}
}

// readAll gives all packets of a source and the error that ended it.
func readAll(s Source) (got []wantPacket, err error) {
	for {
		p, err := s.Next()
		if err != nil {
			return got, err
		}
		got = append(got, asWanted(&p))
	}
}

// readFile is readAll of a file that need not be one.
func readFile(b []byte) ([]wantPacket, error) {
	r, err := NewReader(bytes.NewReader(b), "test")
	if err != nil {
		return nil, err
	}
	return readAll(r)
}

func comparePackets(t *testing.T, got, want []wantPacket) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("packet %d is missing: %+v", i+1, want[i])
		case i >= len(want):
			t.Errorf("packet %d is too many: %+v", i+1, got[i])
		case got[i] != want[i]:
			t.Errorf("packet %d is\n     %+v\nwant %+v", i+1, got[i], want[i])
		}
	}
}

// sample is a file without damage and what it holds.
type sample struct {
	name string
	file *captureFile
	info FileInfo
	want []wantPacket
}

func samples() []sample { return append(pcapSamples(), pcapngSamples()...) }

func TestReadSamples(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			for _, way := range []struct {
				name string
				read func(io.Reader) io.Reader
			}{
				{"at once", func(r io.Reader) io.Reader { return r }},
				{"byte by byte", iotest.OneByteReader},
				{"data with EOF", iotest.DataErrReader},
			} {
				r, err := NewReader(way.read(bytes.NewReader(s.file.b)), "test")
				if err != nil {
					t.Fatalf("%s: %v", way.name, err)
				}
				if r.Info() != s.info {
					t.Errorf("%s: info is\n     %+v\nwant %+v", way.name, r.Info(), s.info)
				}
				got, err := readAll(r)
				comparePackets(t, got, s.want)
				if err != io.EOF {
					t.Errorf("%s: ends with %v", way.name, err)
				}
				if _, again := r.Next(); again != err {
					t.Errorf("%s: Next after the end gives %v, and gave %v", way.name, again, err)
				}
			}
		})
	}
}

// TestPrefixes cuts every sample at every byte: the packets that are whole come first, then one error
// that says which is not.
func TestPrefixes(t *testing.T) {
	for _, s := range samples() {
		for n := range s.file.b {
			whole, cut := 0, fileRecord{start: -1}
			for _, r := range s.file.records {
				switch {
				case r.end <= n && r.packet:
					whole++
				case r.start < n && n < r.end:
					cut = r
				}
			}
			got, err := readFile(s.file.b[:n])
			if len(got) != whole {
				t.Fatalf("%s cut at %d: %d packets, want %d", s.name, n, len(got), whole)
			}
			comparePackets(t, got, s.want[:whole])
			if cut.start < 0 && n > 0 {
				if err != io.EOF {
					t.Errorf("%s cut between records at %d: %v", s.name, n, err)
				}
				continue
			}
			var damage *FormatError
			if !errors.As(err, &damage) {
				t.Fatalf("%s cut at %d: %v", s.name, n, err)
			}
			wantNumber := int64(whole + 1)
			if n < s.file.records[0].end {
				wantNumber = 0 // the beginning of the file
			} else if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s cut at %d: %v is not an unexpected EOF", s.name, n, err)
			}
			if damage.Packet != wantNumber || damage.Offset != int64(max(cut.start, 0)) || damage.Others != 0 {
				t.Errorf("%s cut at %d: %+v, want packet %d, offset %d", s.name, n, damage, wantNumber, cut.start)
			}
		}
	}
}

// TestBadStart gives files that are no captures and what is said about them.
func TestBadStart(t *testing.T) {
	zip := func(c Compression, s string) string { return string(compressed(t, c, []byte(s))) }
	for _, c := range []struct{ name, file, want string }{
		{"empty", "", "empty file: not a pcap or pcapng capture"},
		{"two bytes", "\xd4\xc3", "file of 2 bytes: too short for a pcap or pcapng capture"},
		{"text", "hello\x1b[2J", "not a capture file (it starts with 68 65 6c 6c): expected pcap or pcapng, plain or packed with gzip or zstd"},
		{"bzip2", "BZh91AY", "not a capture file but bzip2 data, which has to be unpacked first: expected pcap or pcapng, plain or packed with gzip or zstd"},
		{"variant", "\xcd\x34\xb2\xa1", "not a capture file but a pcap variant that is not supported: expected pcap or pcapng, plain or packed with gzip or zstd"},
		{"pcap cut", "\xd4\xc3\xb2\xa1\x02\x00", "file ends in the middle of its header: 6 of 24 bytes"},
		{"pcap 1.3", "\xd4\xc3\xb2\xa1\x01\x00\x03\x00" + strings.Repeat("\x00", 16), "pcap version 1.3 is not supported"},
		{"pcapng magic", "\x0a\x0d\x0d\x0a\x1c\x00\x00\x00abcd" + strings.Repeat("\x00", 16), "pcapng byte-order magic is 61 62 63 64"},
		{"gzip of nothing", zip(Gzip, ""), "empty file: not a pcap or pcapng capture"},
		{"gzip of text", zip(Gzip, "hello"), "not a capture file (it starts with 68 65 6c 6c): expected pcap or pcapng, plain or packed with gzip or zstd"},
		{"gzip twice", zip(Gzip, zip(Gzip, "hello")), "not a capture file but packed twice: expected pcap or pcapng, plain or packed with gzip or zstd"},
		{"gzip cut", "\x1f\x8b\x08\x00", "the gzip data ends in the middle"},
		{"gzip damaged", "\x1f\x8b\x09\x00\x00\x00\x00\x00\x00\x00\x00", "the gzip data is damaged: gzip: invalid header"},
		{"zstd of nothing", zip(Zstd, ""), "empty file: not a pcap or pcapng capture"},
		{"zstd cut", "\x28\xb5\x2f\xfd", "the zstd data ends in the middle"},
		{"zstd window", "\x28\xb5\x2f\xfd\x00\x80\x01\x00\x00", "the zstd data needs a window of more than 32 MiB: unpack it first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(c.file), "x.pcap")
			if r != nil || err == nil {
				t.Fatal("was opened")
			}
			var damage *FormatError
			if want := "x.pcap: " + c.want; err.Error() != want || !errors.As(err, &damage) {
				t.Errorf("%T %q, want %q", err, err, want)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing.pcap")
	if _, err := Open(missing); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), dir) || strings.Count(err.Error(), dir) != 1 {
		t.Errorf("directory: %v", err)
	}
	name := filepath.Join(dir, "cut.pcap")
	file := pcapSamples()[0].file
	if err := os.WriteFile(name, file.b[:len(file.b)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	last := file.records[len(file.records)-1]
	_, err = readAll(r)
	want := fmt.Sprintf("%s: packet %d at offset %d: file ends in the middle of it: %d of %d bytes",
		name, len(file.records)-1, last.start, last.end-last.start-1, last.end-last.start)
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestReadError passes an error of the underlying reader on, behind what could be read.
func TestReadError(t *testing.T) {
	broken := errors.New("disk on fire")
	s := pcapSamples()[0]
	half := s.file.records[2].start + 5
	r, err := NewReader(io.MultiReader(bytes.NewReader(s.file.b[:half]), iotest.ErrReader(broken)), "x.pcap")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(r)
	comparePackets(t, got, s.want[:1])
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "x.pcap: packet 2 at offset ") {
		t.Errorf("ends with %v", err)
	}
}

// TestCloseUnblocks closes a pipe while Next waits for its packets.
func TestCloseUnblocks(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	s := pcapSamples()[0]
	if _, err := write.Write(s.file.b[:s.file.records[1].end]); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(read, "pipe")
	if err != nil {
		t.Fatal(err)
	}
	r.closer = read // as Open does with a named pipe
	// The one packet that is there comes although nothing follows.
	p, err := r.Next()
	if err != nil || asWanted(&p) != s.want[0] {
		t.Fatalf("first packet: %+v, %v", p, err)
	}
	done := make(chan error)
	go func() {
		_, err := r.Next()
		done <- err
	}()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Next gives %v", err)
	}
}

// compressed packs b.
func compressed(t testing.TB, c Compression, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := compress(c, &out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCompressed(t *testing.T) {
	for _, s := range samples() {
		for _, c := range []Compression{Gzip, Zstd} {
			packed := compressed(t, c, s.file.b)
			if c == Zstd {
				// A skippable frame may stand first, as pzstd writes it.
				packed = append([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"), packed...)
			}
			r, err := NewReader(bytes.NewReader(packed), "test")
			if err != nil {
				t.Errorf("%s in %v: %v", s.name, c, err)
				continue
			}
			info := s.info
			info.Compression = c
			if r.Info() != info {
				t.Errorf("%s in %v: info is %+v", s.name, c, r.Info())
			}
			got, err := readAll(r)
			comparePackets(t, got, s.want)
			if err != io.EOF {
				t.Errorf("%s in %v: ends with %v", s.name, c, err)
			}
		}
	}
}

// TestCompressedCut cuts packed files. What can be unpacked is read, and then one error says how far it went.
func TestCompressedCut(t *testing.T) {
	file, want := longPcap(4000)
	for _, c := range []Compression{Gzip, Zstd} {
		packed := compressed(t, c, file)
		last := 0
		for cut := 20; cut < len(packed); cut += len(packed) / 23 {
			unpacked := unpack(t, c, packed[:cut])
			whole := max(0, wholeRecords(unpacked[min(len(unpacked), pcapFileHeaderLen):]))
			got, err := readFile(packed[:cut])
			size := 0
			for i := range got {
				size += pcapRecordHeaderLen + len(got[i].data)
				if got[i] != want[i] {
					t.Fatalf("%v cut at %d: packet %d is %+v", c, cut, i+1, got[i])
				}
			}
			if size != whole || len(got) < last {
				t.Errorf("%v cut at %d: %d packets of %d bytes, %d could be unpacked", c, cut, len(got), size, whole)
			}
			last = len(got)
			var damage *FormatError
			if !errors.As(err, &damage) || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), c.String()+" data ends in the middle") {
				t.Errorf("%v cut at %d: %v", c, cut, err)
			} else if len(unpacked) >= pcapFileHeaderLen && (damage.Packet != int64(len(got)+1) || damage.Offset != int64(pcapFileHeaderLen+whole)) {
				t.Errorf("%v cut at %d: %+v after %d packets", c, cut, damage, len(got))
			}
		}
		if last < 1000 {
			t.Errorf("%v: no more than %d packets of any cut file", c, last)
		}
	}
}

// unpack gives as much as a library finds in packed data that may be cut.
func unpack(t *testing.T, c Compression, packed []byte) []byte {
	t.Helper()
	var r io.Reader
	var err error
	if c == Gzip {
		r, err = gzip.NewReader(bytes.NewReader(packed))
	} else {
		r, err = zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1))
	}
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, _ = io.Copy(&out, r) // the error is what cutting is about
	return out.Bytes()
}

// TestChecksumOfPackedData reads all of a file whose gzip checksum is wrong, and then says so.
func TestChecksumOfPackedData(t *testing.T) {
	s := pcapSamples()[0]
	packed := compressed(t, Gzip, s.file.b)
	packed[len(packed)-5]++ // the CRC is followed by four bytes of length
	got, err := readFile(packed)
	comparePackets(t, got, s.want)
	if !errors.Is(err, gzip.ErrChecksum) || !strings.Contains(err.Error(), "of the unpacked data: the gzip data is damaged") {
		t.Errorf("ends with %v", err)
	}
}

// longPcap makes a file of n packets with bytes that do not compress, and gives what it holds.
func longPcap(n int) ([]byte, []wantPacket) {
	f := &captureFile{order: binary.LittleEndian}
	pcapHeader(f, pcapNanos, DefaultSnaplen, 1)
	var want []wantPacket
	x := uint32(1)
	for i := range n {
		data := make([]byte, 60+i*37%1400)
		for j := range data {
			x = x*1664525 + 1013904223
			data[j] = byte(x >> 24)
		}
		f.u32(uint32(i), uint32(i), uint32(len(data)), uint32(len(data))).raw(string(data))
		want = append(want, wantPacket{time: int64(i) * 1_000_000_001, data: string(data), len: len(data), link: 1})
	}
	return f.b, want
}

// TestMemoryIsBounded claims huge lengths in small files.
func TestMemoryIsBounded(t *testing.T) {
	for _, link := range []uint32{1, 189} {
		f := &captureFile{order: binary.LittleEndian}
		pcapHeader(f, pcapMicros, 0x7fffffff, link)
		f.u32(1, 2, maxRecord, maxRecord).raw("a few bytes")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if packets, err := readFile(f.b); len(packets) != 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(packets, err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 2*inputBlock {
			t.Errorf("link type %d: %d bytes allocated for a file of %d", link, n, len(f.b))
		}
	}
}

func TestFileInfoString(t *testing.T) {
	for _, c := range []struct {
		info FileInfo
		want string
	}{
		{FileInfo{Link: 1, Snaplen: 262144}, "link-type EN10MB (Ethernet), snapshot length 262144"},
		{FileInfo{Link: 65000, Snaplen: 96}, "link-type 65000, snapshot length 96"},
	} {
		if got := c.info.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestReaderAllocates(t *testing.T) {
	file, _ := longPcap(2000)
	var ng bytes.Buffer
	w, err := NewPcapngWriter(&ng, []Interface{{Link: 1}}, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2000 {
		if err := w.Write(&Packet{Time: int64(i), Data: make([]byte, 60), Len: 60, Link: 1, Direction: DirIn, Comment: []byte("seen")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"pcap": file, "pcapng": ng.Bytes()} {
		r, err := NewReader(bytes.NewReader(b), name)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(1500, func() {
			if p, err := r.Next(); err != nil || len(p.Data) < 60 {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations per packet", name, n)
		}
	}
}
