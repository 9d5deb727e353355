package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"testing/iotest"
)

// kept is a packet with memory of its own.
func kept(p Packet) Packet {
	p.Data, p.Comment = slices.Clone(p.Data), slices.Clone(p.Comment)
	if len(p.Data) == 0 {
		p.Data = nil
	}
	if len(p.Comment) == 0 {
		p.Comment = nil
	}
	return p
}

// readBatches reads all packets by Fill, into three batches in turn, and looks at them only when all three are full.
func readBatches(t *testing.T, r *Reader) (all []Packet, err error) {
	t.Helper()
	var batches [3]Batch
	for err == nil {
		used := 0
		for used < len(batches) {
			if err = r.Fill(&batches[used]); err != nil {
				break
			}
			if used++; batches[used-1].Len() == 0 {
				t.Fatal("an empty batch without an error")
			}
		}
		for i := range batches[:used] {
			n := len(all)
			batches[i].Each(func(p *Packet) bool {
				all = append(all, kept(*p))
				return true
			})
			if len(all)-n != batches[i].Len() {
				t.Fatalf("%d packets of %d", len(all)-n, batches[i].Len())
			}
			for _, p := range all[n:] {
				if p.Interface >= len(batches[i].Interfaces()) {
					t.Fatalf("interface %d of %d", p.Interface, len(batches[i].Interfaces()))
				}
			}
		}
	}
	return all, err
}

// TestFill: batches hold the packets that Next gives, and end with its error; from files cut anywhere, in pieces of any size.
func TestFill(t *testing.T) {
	names, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	more, _ := filepath.Glob("../testdata/pcaps/*.pcap*")
	tried := 0
	for _, name := range append(names, more...) {
		file, err := os.ReadFile(name)
		if err != nil {
			continue // a folder
		}
		if _, err := NewReader(bytes.NewReader(file), name); err != nil {
			continue
		}
		tried++
		for _, cut := range []int{len(file), len(file) - 1, len(file) - 17, len(file) * 2 / 3, len(file) / 2} {
			compareFill(t, name, file[:max(cut, 0)])
		}
		damaged := slices.Clone(file)
		for i := len(damaged) / 2; i < len(damaged)/2+40 && i < len(damaged); i++ {
			damaged[i] = 0xff
		}
		compareFill(t, name, damaged)
	}
	if tried < 5 {
		t.Errorf("only %d files to try", tried)
	}
	// More than a batch, with packets of all sizes up to more than half of one.
	for _, size := range []int{0, 1, 60, 1500, 100000, inputBlock/2 + 1000} {
		compareFill(t, "many", manyRecords(t, size))
	}
}

// TestFillInterfaces: a packet of a batch is shown among the interfaces that Next knows with it, though more of them follow.
func TestFillInterfaces(t *testing.T) {
	var file bytes.Buffer
	w, err := NewPcapngWriter(&file, nil, FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if i%10 == 0 {
			if _, err := w.AddInterface(Interface{Name: string(rune('a' + i)), Link: 1}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Write(&Packet{Time: int64(i), Data: []byte("text"), Len: 4, Link: 1, Interface: i % (1 + i/10)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	one, err := NewReader(bytes.NewReader(file.Bytes()), "one")
	if err != nil {
		t.Fatal(err)
	}
	many, err := NewReader(bytes.NewReader(file.Bytes()), "many")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for {
		var b Batch
		if err = many.Fill(&b); err != nil {
			break
		}
		b.Each(func(*Packet) bool {
			if _, err := one.Next(); err != nil {
				t.Fatal(err)
			}
			if got, want := len(b.Interfaces()), len(one.Interfaces()); got != want || want != 1+seen/10 {
				t.Errorf("packet %d: %d interfaces, want %d", seen, got, want)
			}
			seen++
			return true
		})
	}
	if err != io.EOF || seen != 40 {
		t.Errorf("%d packets, %v", seen, err)
	}
}

func manyRecords(t *testing.T, size int) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := NewPcapWriter(&file, 1, 0, true)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, size)
	for i := 0; file.Len() < 3*inputBlock && i < 30000; i++ {
		for k := 0; k < len(data); k += 100 {
			data[k] = byte(i + k)
		}
		if err := w.Write(&Packet{Time: int64(i), Data: data[:size-i%7*size/10], Len: size, Link: 1}); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

func compareFill(t *testing.T, name string, file []byte) {
	t.Helper()
	one, err := NewReader(bytes.NewReader(file), name)
	if err != nil {
		return
	}
	var want []Packet
	var end error
	for {
		p, err := one.Next()
		if err != nil {
			end = err
			break
		}
		want = append(want, kept(p))
	}
	for _, src := range []io.Reader{bytes.NewReader(file), iotest.HalfReader(bytes.NewReader(file)), iotest.DataErrReader(bytes.NewReader(file))} {
		r, err := NewReader(src, name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readBatches(t, r)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d packets, want %d, or they differ", name, len(got), len(want))
		}
		if errors.Is(err, io.EOF) != errors.Is(end, io.EOF) || err.Error() != end.Error() {
			t.Errorf("%s: ends with %v, want %v", name, err, end)
		}
		if again := r.Fill(&Batch{}); again != err {
			t.Errorf("%s: then with %v", name, again)
		}
	}
}

// TestFillAllocs: batches that are used again cost no memory.
func TestFillAllocs(t *testing.T) {
	file := manyRecords(t, 60)
	r, err := NewReader(bytes.NewReader(file), "many")
	if err != nil {
		t.Fatal(err)
	}
	var b Batch
	if err := r.Fill(&b); err != nil {
		t.Fatal(err)
	}
	if err := r.Fill(&b); err != nil {
		t.Fatal(err)
	}
	sum := 0
	if n := testing.AllocsPerRun(1, func() {
		if err := r.Fill(&b); err != nil {
			t.Fatal(err)
		}
		b.Each(func(p *Packet) bool { sum += len(p.Data); return true })
	}); n > 0 {
		t.Errorf("%v allocations for a batch", n)
	}
	if sum == 0 {
		t.Error("nothing was read")
	}
}

func BenchmarkFill(b *testing.B) {
	var file bytes.Buffer
	w, _ := NewPcapWriter(&file, 1, 0, false)
	for range 5000 {
		_ = w.Write(&Packet{Data: make([]byte, 100), Len: 100, Link: 1})
	}
	_ = w.Flush()
	b.Run("Next", func(b *testing.B) {
		for n := 0; n < b.N; {
			r, _ := NewReader(bytes.NewReader(file.Bytes()), "")
			for ; ; n++ {
				if _, err := r.Next(); err != nil {
					break
				}
			}
		}
	})
	b.Run("Fill", func(b *testing.B) {
		var batch Batch
		for n := 0; n < b.N; {
			r, _ := NewReader(bytes.NewReader(file.Bytes()), "")
			for r.Fill(&batch) == nil {
				batch.Each(func(*Packet) bool { n++; return true })
			}
		}
	})
}
