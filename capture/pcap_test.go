package capture

import (
	"encoding/binary"
	"io"
	"testing"
	"time"
)

// pcapHeader adds the header of a pcap file of version 2.4.
func pcapHeader(f *captureFile, magic, snaplen, link uint32) {
	f.record(false, func() { f.u32(magic).u16(2, 4).u32(0, 0, snaplen, link) })
}

func pcapSamples() []sample {
	le := &captureFile{order: binary.LittleEndian}
	le.record(false, func() {
		le.raw("\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + // magic, version 2.4
			"\x00\x00\x00\x00\x00\x00\x00\x00" + // time zone and accuracy, never used
			"\x40\x00\x00\x00\x01\x00\x00\x00") // snaplen 64, Ethernet
	})
	le.record(true, func() {
		le.raw("\x05\x00\x00\x00\x07\x00\x00\x00" + // 5.000007 s
			"\x03\x00\x00\x00\x2c\x01\x00\x00" + // 3 of 300 bytes
			"abc")
	})
	le.record(true, func() { le.u32(0xffffffff, 999999, 0, 0) })          // in 2106, of no byte
	le.record(true, func() { le.u32(1, 1500000, 4, 2).raw("abcd") })      // too many microseconds, too short on the wire
	le.record(true, func() { le.u32(1, 0, 66, 66).raw(string(num(66))) }) // longer than the snaplen

	nano := &captureFile{order: binary.BigEndian}
	nano.record(false, func() {
		nano.raw("\xa1\xb2\x3c\x4d\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00" +
			"\x00\x00\x00\x60\x00\x00\x00\x71") // snaplen 96, Linux cooked
	})
	nano.record(true, func() {
		nano.raw("\x00\x00\x00\x01\x3b\x9a\xc9\xff\x00\x00\x00\x02\x00\x00\x00\x02hi") // 1.999999999 s
	})

	kuznetzov := &captureFile{order: binary.LittleEndian}
	pcapHeader(kuznetzov, pcapKuznetzov, 100, 1)
	for _, kind := range []uint32{0, 4} {
		kuznetzov.record(true, func() { kuznetzov.u32(1, 2, 2, 2).u32(3).u16(0x800).raw(string([]byte{byte(kind), 0}) + "ok") })
	}

	// Before 2.3 the length on the wire came first; in 2.3 it depended.
	old := func(minor uint16) *captureFile {
		f := &captureFile{order: binary.LittleEndian}
		f.record(false, func() { f.u32(pcapMicros).u16(2, minor).u32(0, 0, 100, 1) })
		f.record(true, func() { f.u32(1, 0, 9, 2).raw("ab") })
		return f
	}
	maybe := old(3)
	maybe.record(true, func() { maybe.u32(1, 0, 2, 9).raw("ab") })

	// The upper bits of the link type say how long the FCS is.
	fcs := &captureFile{order: binary.LittleEndian}
	pcapHeader(fcs, pcapMicros, 0xffffffff, 0x24000001)

	unlimited := &captureFile{order: binary.LittleEndian}
	pcapHeader(unlimited, pcapMicros, 0, 1)
	unlimited.record(true, func() { unlimited.u32(0, 0, 2, 2).raw("ab") })

	// A file may say that its packets are longer than usual.
	big := &captureFile{order: binary.LittleEndian}
	pcapHeader(big, pcapMicros, 600000, 1)
	big.record(true, func() { big.u32(0, 0, 1, 1).raw("a") })

	second := int64(time.Second)
	info := func(big bool, minor uint16, snaplen int, nano bool) FileInfo {
		return FileInfo{Format: Pcap, BigEndian: big, Major: 2, Minor: minor, Link: 1, Snaplen: snaplen, Nano: nano}
	}
	sll := info(true, 4, 96, true)
	sll.Link = 113
	return []sample{
		{"pcap", le, info(false, 4, 64, false), []wantPacket{
			{time: 5*second + 7000, data: "abc", len: 300, link: 1},
			{time: 4294967295*second + 999999000, link: 1},
			{time: 2*second + 500000000, data: "abcd", len: 2, link: 1},
			{time: second, data: string(num(64)), len: 66, link: 1},
		}},
		{"pcap nanoseconds", nano, sll, []wantPacket{{time: second + 999999999, data: "hi", len: 2, link: 113}}},
		{"pcap without snaplen", unlimited, info(false, 4, DefaultSnaplen, false), []wantPacket{{data: "ab", len: 2, link: 1}}},
		{"pcap of Kuznetzov", kuznetzov, info(false, 4, 114, false), []wantPacket{
			{time: second + 2000, data: "ok", len: 2, link: 1, dir: DirIn},
			{time: second + 2000, data: "ok", len: 2, link: 1, dir: DirOut},
		}},
		{"pcap 2.2", old(2), info(false, 2, 100, false), []wantPacket{{time: second, data: "ab", len: 9, link: 1}}},
		{"pcap 2.3", maybe, info(false, 3, 100, false), []wantPacket{
			{time: second, data: "ab", len: 9, link: 1}, {time: second, data: "ab", len: 9, link: 1},
		}},
		{"pcap with FCS", fcs, info(false, 4, DefaultSnaplen, false), nil},
		{"pcap of large snaplen", big, info(false, 4, 600000, false), []wantPacket{{data: "a", len: 1, link: 1}}},
	}
}

// num gives n bytes that count.
func num(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// TestPcapLargePackets reads packets that are longer than the buffer, where the file allows them.
func TestPcapLargePackets(t *testing.T) {
	f := &captureFile{order: binary.LittleEndian}
	pcapHeader(f, pcapMicros, 600000, 1)
	var want []wantPacket
	for _, n := range []int{1, 600000, 5, 300000, 599999, 0} {
		f.u32(1, 0, uint32(n), uint32(n)).raw(string(num(n)))
		want = append(want, wantPacket{time: 1e9, data: string(num(n)), len: n, link: 1})
	}
	got, err := readFile(f.b)
	comparePackets(t, got, want)
	if err != io.EOF {
		t.Error(err)
	}
}

func TestPcapDamage(t *testing.T) {
	for _, c := range []struct {
		name    string
		link    uint32
		lens    [2]uint32
		packets int
		want    string
	}{
		{"too long", 1, [2]uint32{262145, 262145}, 1, "record of 262145 bytes exceeds the limit of 262144"},
		{"2 GB", 1, [2]uint32{0x80000000, 60}, 1, "record of 2147483648 bytes exceeds the limit of 262144"},
		{"all ones", 1, [2]uint32{0xffffffff, 0xffffffff}, 1, "record of 4294967295 bytes exceeds the limit of 262144"},
		{"USB", 189, [2]uint32{16<<20 + 1, 60}, 1, "record of 16777217 bytes exceeds the limit of 16777216"},
		{"ends", 1, [2]uint32{262144, 60}, 1, "file ends in the middle of it: 20 of 262160 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &captureFile{order: binary.LittleEndian}
			pcapHeader(f, pcapMicros, 65535, c.link)
			f.u32(1, 2, 4, 4).raw("abcd").u32(1, 2).u32(c.lens[:]...).raw("abcd")
			got, err := readFile(f.b)
			if want := "test: packet 2 at offset 44: " + c.want; err == nil || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
			if len(got) != c.packets {
				t.Errorf("%d packets", len(got))
			}
		})
	}
}
