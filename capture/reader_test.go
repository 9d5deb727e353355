package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/gopacket/pcapgo"
)

// FuzzReader reads noise. Whatever it is, reading ends with one error, packets keep their promises, and a copy
// that is written of them holds the same.
func FuzzReader(f *testing.F) {
	for _, s := range samples() {
		f.Add(s.file.b)
		f.Add(compressed(f, Gzip, s.file.b))
		f.Add(compressed(f, Zstd, s.file.b))
		for _, at := range []int{8, 20, 32, 40, 60, 90} {
			if at+4 <= len(s.file.b) {
				damaged := bytes.Clone(s.file.b)
				binary.LittleEndian.PutUint32(damaged[at:], 0xfffffff5)
				f.Add(damaged)
			}
		}
	}
	const most = 1000 // packets, since a few packed bytes may hold millions
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file), "fuzz")
		if err != nil {
			var damage *FormatError
			if r != nil || !errors.As(err, &damage) || damage.Packet != 0 {
				t.Fatalf("%v, %T %v", r, err, err)
			}
			return
		}
		var got []wantPacket
		var copied bytes.Buffer
		w, err := NewPcapngWriter(&copied, nil, FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for len(got) < most {
			var p Packet
			if p, err = r.Next(); err != nil {
				break
			}
			if p.Len < 0 || p.Interface < 0 || p.Interface >= len(r.Interfaces()) || p.Link != r.Interfaces()[p.Interface].Link {
				t.Fatalf("packet %d: %+v", len(got)+1, p)
			}
			for len(w.interfaces) < len(r.Interfaces()) {
				i := r.Interfaces()[len(w.interfaces)]
				i.Snaplen = 0
				if _, err := w.AddInterface(i); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Write(&p); err != nil {
				t.Fatal(err)
			}
			got = append(got, asWanted(&p))
		}
		if err != nil {
			var damage *FormatError
			switch {
			case err == io.EOF:
			case !errors.As(err, &damage) || damage.Packet < 1 || damage.Packet > int64(len(got)+1):
				t.Fatalf("%T %v after %d packets", err, err, len(got))
			case !damage.Unpacked && damage.Offset >= int64(len(file)):
				t.Fatalf("%v in a file of %d bytes", err, len(file))
			}
			if _, again := r.Next(); again != err {
				t.Fatalf("%v, and then %v", err, again)
			}
		}

		// How the bytes come makes no difference.
		slow, slowErr := NewReader(iotest.HalfReader(bytes.NewReader(file)), "fuzz")
		if slowErr != nil {
			t.Fatal(slowErr)
		}
		for i := range got {
			if p, err := slow.Next(); err != nil || asWanted(&p) != got[i] {
				t.Fatalf("packet %d is %+v, %v; before it was %+v", i+1, p, err, got[i])
			}
		}

		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := readFile(copied.Bytes())
		if err != io.EOF || len(again) != len(got) {
			t.Fatalf("copy: %d of %d packets, %v", len(again), len(got), err)
		}
		for i, want := range got {
			// What the writer cannot say: times before 1970 (and none, except in a simple block), and packets or
			// comments longer than others would read.
			if want.time < 0 && again[i].time != NoTime {
				want.time = 0
			}
			want.data = want.data[:min(len(want.data), maxCaplen(want.link))]
			want.comment = want.comment[:min(len(want.comment), 0xffff)]
			if again[i] != want {
				t.Fatalf("copy: packet %d is %+v, want %+v", i+1, again[i], want)
			}
		}
	})
}

// benchmarkFiles are files of 100000 frames of many lengths.
func benchmarkFiles(b *testing.B) map[string][]byte {
	b.Helper()
	const n = 100_000
	var pcap, ng bytes.Buffer
	p, err := NewPcapWriter(&pcap, 1, 0, false)
	if err != nil {
		b.Fatal(err)
	}
	w, err := NewPcapngWriter(&ng, []Interface{{Link: 1}}, FileOptions{})
	if err != nil {
		b.Fatal(err)
	}
	frame := num(1514)
	for i := range n {
		q := Packet{Time: int64(i) * 1e6, Data: frame[:60+i*i%1455], Link: 1, Len: 1514}
		for _, w := range []Writer{p, w} {
			if err := w.Write(&q); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, w := range []Writer{p, w} {
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	return map[string][]byte{
		"pcap": pcap.Bytes(), "pcapng": ng.Bytes(),
		"pcap.gz": compressed(b, Gzip, pcap.Bytes()), "pcap.zst": compressed(b, Zstd, pcap.Bytes()),
	}
}

// BenchmarkRead reports packets per second beside bytes, and gopacket's reader for comparison.
func BenchmarkRead(b *testing.B) {
	files := benchmarkFiles(b)
	for _, name := range []string{"pcap", "pcapng", "pcap.gz", "pcap.zst"} {
		file := files[name]
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			n := 0
			for range b.N {
				r, err := NewReader(bytes.NewReader(file), name)
				for err == nil {
					_, err = r.Next()
					n++
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "packets/s")
		})
	}
	b.Run("gopacket", func(b *testing.B) {
		b.SetBytes(int64(len(files["pcap"])))
		n := 0
		for range b.N {
			r, err := pcapgo.NewReader(bytes.NewReader(files["pcap"]))
			for err == nil {
				_, _, err = r.ZeroCopyReadPacketData()
				n++
			}
			if err != io.EOF {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "packets/s")
	})
}

func BenchmarkWrite(b *testing.B) {
	pcap, err := NewPcapWriter(io.Discard, 1, 0, false)
	if err != nil {
		b.Fatal(err)
	}
	ng, err := NewPcapngWriter(io.Discard, []Interface{{Link: 1}}, FileOptions{})
	if err != nil {
		b.Fatal(err)
	}
	p := Packet{Time: 1, Data: num(500), Len: 500, Link: 1}
	for name, w := range map[string]Writer{"pcap": pcap, "pcapng": ng} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(p.Data)))
			b.ReportAllocs()
			for range b.N {
				if err := w.Write(&p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
