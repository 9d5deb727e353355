package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
)

// sharedBatch is what a goroutine found in one batch.
type sharedBatch struct {
	packets []Packet
	err     error
}

// readShared reads all packets with so many goroutines, and gives the batches in order.
func readShared(r *Reader, goroutines int) (batches []sharedBatch) {
	var mu sync.Mutex
	var ended sync.WaitGroup
	r.Share()
	for range goroutines {
		ended.Add(1)
		go func() {
			defer ended.Done()
			var b Batch
			for {
				err := r.Fill(&b)
				found := sharedBatch{err: err}
				b.Each(func(p *Packet) bool {
					found.packets = append(found.packets, kept(*p))
					return true
				})
				mu.Lock()
				for len(batches) <= b.Number() {
					batches = append(batches, sharedBatch{})
				}
				batches[b.Number()] = found
				mu.Unlock()
				if err != nil {
					return
				}
			}
		}()
	}
	ended.Wait()
	return batches
}

// compareShared checks that goroutines find the packets in a file that Next gives, and its error.
func compareShared(t *testing.T, name string, file []byte) {
	t.Helper()
	one, err := NewReader(bytes.NewReader(file), name)
	if err != nil {
		return
	}
	var want []Packet
	var end error
	for {
		var p Packet
		if p, end = one.Next(); end != nil {
			break
		}
		want = append(want, kept(p))
	}
	path := filepath.Join(t.TempDir(), "shared")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := NewReader(f, name)
	if err != nil {
		t.Fatal(err)
	}
	var got []Packet
	var gotEnd error
	for _, b := range readShared(r, 3) {
		if gotEnd != nil && len(b.packets) > 0 {
			t.Errorf("%s: packets behind the error", name)
		}
		got = append(got, b.packets...)
		if b.err != nil && gotEnd == nil {
			gotEnd = b.err
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %d packets, want %d, or they differ", name, len(got), len(want))
	}
	if gotEnd == nil || errors.Is(gotEnd, io.EOF) != errors.Is(end, io.EOF) || gotEnd.Error() != end.Error() {
		t.Errorf("%s: ends with %v, want %v", name, gotEnd, end)
	}
	if again := r.Fill(&Batch{}); again == nil || again.Error() != end.Error() {
		t.Errorf("%s: then with %v", name, again)
	}
}

// TestShare: goroutines that share a file find what one finds, in files that are whole, cut, damaged, packed, pcapng, and with records
// larger than a block.
func TestShare(t *testing.T) {
	more, _ := filepath.Glob("../testdata/pcaps/*.pcap*")
	if len(more) < 10 {
		t.Fatalf("only %d captures", len(more))
	}
	for _, name := range more {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		compareShared(t, name, file)
		compareShared(t, name+" cut", file[:len(file)*2/3])
	}
	for _, size := range []int{0, 60, 1500, 5000, 100000, inputBlock - 16, inputBlock} {
		file := manyRecords(t, size)
		compareShared(t, "many", file)
		for _, cut := range []int{len(file) - 1, len(file) - 17, inputBlock, inputBlock + 5, 2 * inputBlock} {
			compareShared(t, "many, cut", file[:min(cut, len(file))])
		}
		for _, at := range []int{inputBlock - 100, inputBlock, 2 * inputBlock} {
			damaged := slices.Clone(file)
			for i := at; i < min(at+3000, len(damaged)); i++ {
				damaged[i] = 0xff
			}
			compareShared(t, "many, damaged", damaged)
		}
	}
}

// TestShareBehindTheBeginning: standard input may be a file that somebody has read from already.
func TestShareBehindTheBeginning(t *testing.T) {
	file := manyRecords(t, 1500)
	path := filepath.Join(t.TempDir(), "behind")
	if err := os.WriteFile(path, append([]byte("something else\n"), file...), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(15, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(f, "behind")
	if err != nil {
		t.Fatal(err)
	}
	one, err := NewReader(bytes.NewReader(file), "behind")
	if err != nil {
		t.Fatal(err)
	}
	got, want := 0, 0
	for ; err == nil; want++ {
		_, err = one.Next()
	}
	want-- // the error
	for _, b := range readShared(r, 2) {
		got += len(b.packets)
	}
	if got != want || want == 0 {
		t.Errorf("%d packets, want %d", got, want)
	}
}

// TestShareAllocs: also records of which each block ends with a large part cost no memory of their own.
func TestShareAllocs(t *testing.T) {
	const runs = 20
	var content bytes.Buffer
	w, err := NewPcapWriter(&content, 1, 0, true)
	if err != nil {
		t.Fatal(err)
	}
	for data := make([]byte, 60000); content.Len() < (runs+8)*inputBlock; {
		if err := w.Write(&Packet{Data: data, Len: len(data), Link: 1}); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(name, content.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := NewReader(f, name)
	if err != nil {
		t.Fatal(err)
	}
	r.Share()
	var b Batch
	fill := func() {
		if err := r.Fill(&b); err != nil || b.Len() == 0 {
			t.Fatal(b.Len(), err)
		}
	}
	for range 5 { // of the lengths that the ends of blocks have
		fill()
	}
	if n := testing.AllocsPerRun(1, func() {
		for range runs / 2 {
			fill()
		}
	}); n != 0 {
		t.Errorf("%v allocations for %d blocks", n, runs/2)
	}
}
