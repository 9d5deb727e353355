package capture

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"smoltcp/dissect"
)

// TestPcapOddTimes reads time stamps as they are: from 2038 on, and with fractions of a second and more.
func TestPcapOddTimes(t *testing.T) {
	const second = int64(time.Second)
	for _, c := range []struct {
		magic, sec, frac uint32
		time             int64
		odd              *OddTime
	}{
		{pcapMicros, 1, 999999, 1999999000, nil},
		{pcapMicros, 1<<31 - 1, 0, (1<<31 - 1) * second, nil},
		{pcapMicros, 1 << 31, 5, 1<<31*second + 5000, &OddTime{Sec: -1 << 31, Frac: 5}},
		{pcapMicros, 1<<32 - 1, 5, (1<<32-1)*second + 5000, &OddTime{Sec: -1, Frac: 5}},
		{pcapMicros, 7, 1000000, 8 * second, &OddTime{Sec: 7, Frac: 1000000}},
		{pcapMicros, 7, 1<<32 - 1, 7*second + (1<<32-1)*1000, &OddTime{Sec: 7, Frac: -1}},
		{pcapNanos, 7, 999999999, 7*second + 999999999, nil},
		{pcapNanos, 7, 1000000000, 8 * second, &OddTime{Sec: 7, Frac: 1000000000, Nano: true}},
	} {
		b := make([]byte, pcapFileHeaderLen+pcapRecordHeaderLen)
		for i, v := range map[int]uint32{0: c.magic, 4: 2 | 4<<16, 20: 1, 24: c.sec, 28: c.frac} {
			binary.LittleEndian.PutUint32(b[i:], v)
		}
		r, err := NewReader(bytes.NewReader(b), "test")
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if p.Time != c.time || (p.Odd == nil) != (c.odd == nil) || c.odd != nil && *p.Odd != *c.odd {
			t.Errorf("%d, %d: time %d, odd %+v, want %d, %+v", c.sec, c.frac, p.Time, p.Odd, c.time, c.odd)
		}
	}
}

// TestCanonicalLinks reads files with the numbers of link types that some kernels have.
func TestCanonicalLinks(t *testing.T) {
	for number, want := range map[uint32]dissect.LinkType{1: 1, 12: dissect.LinkRaw, 101: dissect.LinkRaw, 11: 100, 15: 102, 16: 103, 19: 106, 14: 14} {
		b := make([]byte, pcapFileHeaderLen)
		for i, v := range map[int]uint32{0: pcapMicros, 4: 2 | 4<<16, 20: number} {
			binary.LittleEndian.PutUint32(b[i:], v)
		}
		r, err := NewReader(bytes.NewReader(b), "test")
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Info().Link; got != want {
			t.Errorf("link type %d is read as %d, want %d", number, got, want)
		}
	}
}
