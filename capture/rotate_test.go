package capture

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

// rotateTest writes packets of 84 bytes (100 with the record's header) one second apart.
func rotateTest(t *testing.T, name string, r Rotation, packets int) (dir string, done []string, err error) {
	t.Helper()
	dir = t.TempDir()
	r.Location = time.UTC
	r.Done = func(name string) { done = append(done, filepath.Base(name)) }
	w, err := NewRotator(filepath.Join(dir, name), []Interface{{Link: dissect.LinkEthernet, Name: "eth0"}}, FileOptions{}, r)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano()
	for i := range packets {
		data := make([]byte, 84)
		data[0] = byte(i)
		if err = w.Write(&Packet{Time: start + int64(i)*int64(time.Second), Data: data, Len: 84, Link: dissect.LinkEthernet}); err != nil {
			break
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, done, err
}

// firstBytes gives the first byte of every packet in a file.
func firstBytes(t *testing.T, name string) []byte {
	t.Helper()
	r, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b []byte
	for {
		p, err := r.Next()
		if err == io.EOF {
			return b
		}
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, p.Data[0])
	}
}

func TestRotate(t *testing.T) {
	for _, tt := range []struct {
		what    string
		name    string
		r       Rotation
		packets int
		files   []string // what is left at the end
		first   []byte   // the first packet in each
		err     error
	}{
		{
			what: "by size: a file ends before the packet that finds it too large", name: "x.pcap", r: Rotation{Size: 200}, packets: 7,
			files: []string{"x.pcap", "x.pcap1", "x.pcap2", "x.pcap3"}, first: []byte{0, 2, 4, 6},
		}, {
			what: "a ring", name: "x.pcap", r: Rotation{Size: 200, Files: 3}, packets: 8,
			files: []string{"x.pcap0", "x.pcap1", "x.pcap2"}, first: []byte{6, 2, 4},
		}, {
			what: "a ring of ten has two digits from ten on", name: "x.pcap", r: Rotation{Size: 100, Files: 11}, packets: 2,
			files: []string{"x.pcap00", "x.pcap01"}, first: []byte{0, 1},
		}, {
			what: "by time, in the name", name: "x-%H%M%S.pcap", r: Rotation{Interval: 3 * time.Second}, packets: 7,
			files: []string{"x-030405.pcap", "x-030408.pcap", "x-030411.pcap"}, first: []byte{0, 3, 6},
		}, {
			what: "by time, with a name that stays the same: nothing is overwritten", name: "x-%H.pcap", r: Rotation{Interval: 3 * time.Second}, packets: 7,
			files: []string{"x-03.pcap", "x-03.pcap1", "x-03.pcap2"}, first: []byte{0, 3, 6},
		}, {
			what: "by time, a number of files", name: "x.pcap", r: Rotation{Interval: 3 * time.Second, Files: 2}, packets: 20,
			files: []string{"x.pcap", "x.pcap1"}, first: []byte{0, 3}, err: ErrRotationDone,
		}, {
			what: "by time and size", name: "x-%S.pcap", r: Rotation{Interval: 3 * time.Second, Size: 200}, packets: 6,
			files: []string{"x-05.pcap", "x-07.pcap", "x-08.pcap", "x-10.pcap"}, first: []byte{0, 2, 3, 5},
		}, {
			what: "a cap on disk use removes the oldest", name: "x.pcap", r: Rotation{Size: 200, DiskLimit: 500}, packets: 9,
			files: []string{"x.pcap3", "x.pcap4"}, first: []byte{6, 8},
		}, {
			what: "a cap counts the file that is being written", name: "x.pcap", r: Rotation{Size: 200, DiskLimit: 300}, packets: 8,
			files: []string{"x.pcap3"}, first: []byte{6},
		}, {
			what: "a cap alone: a file ends at a quarter of it", name: "x.pcap", r: Rotation{DiskLimit: 1000}, packets: 12,
			files: []string{"x.pcap1", "x.pcap2", "x.pcap3"}, first: []byte{3, 6, 9},
		}, {
			what: "by time and size, a number of files", name: "x-%S.pcap", r: Rotation{Interval: 3 * time.Second, Size: 200, Files: 2}, packets: 6,
			files: []string{"x-08.pcap", "x-10.pcap"}, first: []byte{3, 5},
		}, {
			what: "pcapng, packed", name: "x.pcapng.gz", r: Rotation{Size: 250}, packets: 3,
			files: []string{"x.pcapng.gz", "x.pcapng1.gz"}, first: []byte{0, 2},
		},
	} {
		t.Run(tt.what, func(t *testing.T) {
			dir, done, err := rotateTest(t, tt.name, tt.r, tt.packets)
			if !errors.Is(err, tt.err) {
				t.Errorf("ended with %v, want %v", err, tt.err)
			}
			list, _ := os.ReadDir(dir)
			var files []string
			var first []byte
			for _, f := range list {
				files = append(files, f.Name())
				first = append(first, firstBytes(t, filepath.Join(dir, f.Name()))[0])
			}
			if !slices.Equal(files, tt.files) || !slices.Equal(first, tt.first) {
				t.Errorf("files %q begin with packets %v, want %q with %v", files, first, tt.files, tt.first)
			}
			if len(done) < len(files) {
				t.Errorf("only %q were reported as done", done)
			}
		})
	}
}

// Every packet is in exactly one file.
func TestRotateLosesNothing(t *testing.T) {
	for size := int64(1); size < 700; size += 37 {
		dir, done, err := rotateTest(t, "x.pcapng", Rotation{Size: size}, 50)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for _, name := range done {
			got = append(got, firstBytes(t, filepath.Join(dir, name))...)
		}
		for i, b := range got {
			if b != byte(i) {
				t.Fatalf("size %d: packet %d is %d", size, i, b)
			}
		}
		if len(got) != 50 {
			t.Fatalf("size %d: %d packets of 50", size, len(got))
		}
	}
}

// What another capture has left stays as it is, but for a ring, which is meant to be overwritten.
func TestRotateKeepsOldFiles(t *testing.T) {
	for _, tt := range []struct {
		what  string
		r     Rotation
		old   map[string]string
		files map[string]string // what must be there at the end; "packets" for a capture
		taken []string
	}{
		{
			what: "by size", r: Rotation{Size: 200},
			old:   map[string]string{"x.pcap": "old", "x.pcap1": "old", "x.pcap3": "old"},
			files: map[string]string{"x.pcap": "old", "x.pcap1": "old", "x.pcap2": "packets", "x.pcap3": "old", "x.pcap4": "packets"},
			taken: []string{"x.pcap x.pcap2", "x.pcap x.pcap4"},
		}, {
			what: "by time", r: Rotation{Interval: 2 * time.Second},
			old:   map[string]string{"x.pcap": "old"},
			files: map[string]string{"x.pcap": "old", "x.pcap1": "packets", "x.pcap2": "packets"},
			taken: []string{"x.pcap x.pcap1"},
		}, {
			what: "an empty file is nobody's", r: Rotation{Size: 200},
			old:   map[string]string{"x.pcap": ""},
			files: map[string]string{"x.pcap": "packets", "x.pcap1": "packets"},
		}, {
			what: "a ring", r: Rotation{Size: 200, Files: 2},
			old:   map[string]string{"x.pcap0": "old", "x.pcap1": "old", "x.pcap": "old"},
			files: map[string]string{"x.pcap": "old", "x.pcap0": "packets", "x.pcap1": "packets"},
		},
	} {
		t.Run(tt.what, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tt.old {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var taken []string
			tt.r.Taken = func(name, instead string) { taken = append(taken, filepath.Base(name)+" "+filepath.Base(instead)) }
			w, err := NewRotator(filepath.Join(dir, "x.pcap"), []Interface{{Link: dissect.LinkEthernet}}, FileOptions{}, tt.r)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 4 {
				if err := w.Write(&Packet{Time: int64(i+1) * int64(time.Second), Data: make([]byte, 84), Len: 84, Link: dissect.LinkEthernet}); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			list, _ := os.ReadDir(dir)
			for _, f := range list {
				text, _ := os.ReadFile(filepath.Join(dir, f.Name()))
				if want, ok := tt.files[f.Name()]; !ok || want == "old" && string(text) != "old" || want == "packets" && len(firstBytes(t, filepath.Join(dir, f.Name()))) == 0 {
					t.Errorf("%s holds %.20q, want %s", f.Name(), text, want)
				}
			}
			if len(list) != len(tt.files) {
				t.Errorf("%d files, want %d", len(list), len(tt.files))
			}
			if !slices.Equal(taken, tt.taken) {
				t.Errorf("told of %q, want %q", taken, tt.taken)
			}
		})
	}
}

// A second capture finds the packed file of the first as soon as that has begun.
func TestRotateTwice(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		w, err := NewRotator(filepath.Join(dir, "x.pcap.gz"), []Interface{{Link: dissect.LinkEthernet}}, FileOptions{}, Rotation{Size: 200})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
	}
	if list, _ := os.ReadDir(dir); len(list) != 2 {
		t.Errorf("%d files, want 2", len(list))
	}
}

// Two captures into one file would ruin it: the second is refused, until the first has ended.
func TestCreateTwice(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("files are locked on some systems only")
	}
	name := filepath.Join(t.TempDir(), "x.pcap")
	create := func() (Writer, error) {
		return Create(name, []Interface{{Link: dissect.LinkEthernet}}, FileOptions{})
	}
	first, err := create()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Write(&Packet{Data: make([]byte, 84), Len: 84, Link: dissect.LinkEthernet}); err != nil {
		t.Fatal(err)
	}
	if _, err := create(); !errors.Is(err, errWritten) {
		t.Errorf("the second capture: %v, want %v", err, errWritten)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if got := firstBytes(t, name); len(got) != 1 {
		t.Errorf("%d packets, want 1", len(got))
	}
	again, err := create()
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	if got := firstBytes(t, name); len(got) != 0 {
		t.Errorf("%d packets after it was emptied", len(got))
	}
}

// A cap counts what a packed file takes, and takes away what the command of -z has made of a finished file.
func TestRotateDiskLimitPacked(t *testing.T) {
	dir := t.TempDir()
	var limit int64 = 2000
	most := int64(0)
	r := Rotation{Size: 20_000, DiskLimit: limit, Done: func(name string) {
		if err := os.Rename(name, name+".xz"); err != nil {
			t.Error(err)
		}
	}}
	w, err := NewRotator(filepath.Join(dir, "x.pcap.gz"), []Interface{{Link: dissect.LinkEthernet}}, FileOptions{}, r)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20_000 {
		if err := w.Write(&Packet{Time: int64(i), Data: make([]byte, 84), Len: 84, Link: dissect.LinkEthernet}); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			most = max(most, dirSize(t, dir))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if most > limit+1000 || most < limit/2 {
		t.Errorf("the files took up to %d bytes, want nearly %d", most, limit)
	}
}

func dirSize(t *testing.T, dir string) (n int64) {
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if info, err := f.Info(); err == nil {
			n += info.Size()
		}
	}
	return n
}
