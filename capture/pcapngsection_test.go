package capture

import (
	"bytes"
	"encoding/binary"
	"testing"

	"smoltcp/dissect"
)

// optionsOf takes the options of the first block of a type apart, which start fixed bytes into its body.
func optionsOf(t *testing.T, file []byte, kind uint32, fixed int) map[uint16]string {
	t.Helper()
	for len(file) >= ngMinBlock {
		size := int(binary.LittleEndian.Uint32(file[4:]))
		if binary.LittleEndian.Uint32(file) == kind {
			options := make(map[uint16]string)
			for b := file[8+fixed : size-4]; len(b) >= 4; {
				code, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
				if code == ngOptEnd {
					break
				}
				options[code] = string(b[4 : 4+n])
				b = b[4+pad4(n):]
			}
			return options
		}
		file = file[size:]
	}
	t.Fatalf("no block of type %d", kind)
	return nil
}

// TestPcapngSays covers what a file says about its capture besides the packets.
func TestPcapngSays(t *testing.T) {
	var file bytes.Buffer
	w, err := NewPcapngWriter(&file, []Interface{{Name: "eth0", Description: "to the lab", Link: dissect.LinkEthernet}}, FileOptions{
		Application: "a", Hardware: "bb", OS: "ccc", Filter: "udp", Comment: "of day 2",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetStats(0, Stats{Received: 10, Dropped: 3, Missed: 2}); err != nil {
		t.Fatal(err)
	}
	const start, end = 5<<32 | 6, 7<<32 | 8
	if err := w.SetSpan(0, start, end); err != nil {
		t.Fatal(err)
	}
	if err := w.SetSpan(1, start, end); err == nil {
		t.Error("no error for an interface that is not there")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	number := func(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }
	for _, tt := range []struct {
		kind  uint32
		fixed int
		want  map[uint16]string
	}{
		{ngSection, 16, map[uint16]string{ngOptComment: "of day 2", 2: "bb", 3: "ccc", 4: "a"}},
		{ngInterface, 8, map[uint16]string{2: "eth0", 3: "to the lab", 9: "\x09", 11: "\x00udp"}},
		{ngStatistics, 12, map[uint16]string{
			2: "\x05\x00\x00\x00\x06\x00\x00\x00", 3: "\x07\x00\x00\x00\x08\x00\x00\x00", // upper halves first
			4: number(10), 5: number(5), 6: number(10), 7: number(3),
		}},
	} {
		got := optionsOf(t, file.Bytes(), tt.kind, tt.fixed)
		for code, want := range tt.want {
			if got[code] != want {
				t.Errorf("block %d, option %d: %q, want %q", tt.kind, code, got[code], want)
			}
		}
		if len(got) != len(tt.want) {
			t.Errorf("block %d: options %q", tt.kind, got)
		}
	}
	r, err := NewReader(bytes.NewReader(file.Bytes()), "file")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(); err == nil {
		t.Fatal("a packet")
	}
	if s, err := r.Stats(); err != nil || s != (Stats{Received: 10, Dropped: 3}) {
		t.Errorf("read again: %+v, %v", s, err)
	}
}
