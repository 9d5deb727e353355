package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// block adds a pcapng block whose body is what add appends.
func (f *captureFile) block(kind uint32, packet bool, add func()) *captureFile {
	return f.record(packet, func() {
		start := len(f.b)
		f.u32(kind, 0)
		add()
		size := uint32(len(f.b) - start + 4)
		f.order.(binary.ByteOrder).PutUint32(f.b[start+4:], size)
		f.u32(size)
	})
}

// option adds an option, padded.
func (f *captureFile) option(code uint16, value string) *captureFile {
	return f.u16(code, uint16(len(value))).padded(value)
}

func (f *captureFile) padded(s string) *captureFile {
	return f.raw(s + strings.Repeat("\xee", -len(s)&3)) // padding may be anything
}

func (f *captureFile) section() *captureFile {
	return f.block(ngSection, false, func() { f.u32(ngByteOrderMagic).u16(1, 0).u64(math.MaxUint64) })
}

func (f *captureFile) iface(link uint16, snaplen uint32, options func()) *captureFile {
	return f.block(ngInterface, false, func() {
		f.u16(link, 0).u32(snaplen)
		if options != nil {
			options()
		}
	})
}

func (f *captureFile) enhanced(iface uint32, ticks uint64, wire uint32, data string, options func()) *captureFile {
	return f.block(ngEnhancedPacket, true, func() {
		f.u32(iface, uint32(ticks>>32), uint32(ticks), uint32(len(data)), wire).padded(data)
		if options != nil {
			options()
		}
	})
}

func pcapngSamples() []sample {
	second := int64(time.Second)

	plain := &captureFile{order: binary.LittleEndian}
	plain.record(false, func() {
		plain.raw("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00" + // section header, 28 bytes
			"\x4d\x3c\x2b\x1a\x01\x00\x00\x00" + // byte order, version 1.0
			"\xff\xff\xff\xff\xff\xff\xff\xff\x1c\x00\x00\x00") // length not known
	})
	plain.record(false, func() {
		plain.raw("\x01\x00\x00\x00\x14\x00\x00\x00" + // interface description, 20 bytes
			"\x01\x00\x00\x00\x60\x00\x00\x00" + // Ethernet, snaplen 96
			"\x14\x00\x00\x00")
	})
	plain.record(true, func() {
		plain.raw("\x06\x00\x00\x00\x24\x00\x00\x00" + // enhanced packet, 36 bytes
			"\x00\x00\x00\x00\x05\x00\x00\x00\x07\x00\x00\x00" + // interface 0, 5*2^32+7 us
			"\x03\x00\x00\x00\x2c\x01\x00\x00" + // 3 of 300 bytes
			"abc\x00\x24\x00\x00\x00")
	})

	// Every kind of block and option that is read or passed over, in both byte orders.
	rich := func(order binary.AppendByteOrder) *captureFile {
		f := &captureFile{order: order}
		f.block(ngSection, false, func() {
			f.u32(ngByteOrderMagic).u16(1, 2).u64(math.MaxUint64).
				option(2, "hardware").option(3, "os").option(ngSectionApplication, "a program").option(ngOptEnd, "").u32(0xdddddddd)
		})
		f.block(ngSecrets, false, func() { f.u32(0x544c534b, 7).padded("secrets") })
		f.block(0x7fffffff, false, func() {}) // nobody knows
		f.iface(1, 0, func() {
			f.option(ngOptComment, "uplink").option(ngInterfaceName, "eth0").option(ngInterfaceDescription, "the first").
				option(ngInterfaceFilter, "\x00tcp").option(ngInterfaceResolution, "\x09").option(ngOptEnd, "")
		})
		f.block(ngNameResolution, false, func() { f.u16(1, 9).padded("\x7f\x00\x00\x01host\x00").u16(0, 0) })
		f.enhanced(0, 1_700_000_000_123456789, 2, "hi", func() {
			f.option(ngPacketFlags, string(order.AppendUint32(nil, 1))).option(ngOptComment, "said hello").option(ngOptEnd, "")
		})
		f.iface(113, 5, func() { // no end of options
			f.option(ngInterfaceResolution, "\x94").option(ngInterfaceTimeOffset, string(order.AppendUint64(nil, uint64(1<<64-3600))))
		})
		f.block(ngJournal, false, func() { f.padded("__REALTIME_TIMESTAMP=1\n") })
		f.enhanced(1, 7200<<20|1<<19, 9, "more than five", func() { // 2^-20 s, an hour less; longer than the snaplen
			f.option(ngPacketFlags, string(order.AppendUint32(nil, 0xffff0002))).
				option(ngPacketDropCount, string(order.AppendUint64(nil, 3))).
				option(ngOptComment, "one").option(ngOptComment, "").option(ngOptComment, "three")
		})
		f.block(ngObsoletePacket, true, func() {
			f.u16(0, 4).u32(0, 1000, 1, 1).padded("x").option(ngPacketFlags, string(order.AppendUint32(nil, 2)))
		})
		f.block(ngCustom, false, func() { f.u32(32473).padded("custom") })
		f.block(ngCustomNoCopy, false, func() { f.u32(32473) })
		f.block(ngSimplePacket, true, func() { f.u32(5).padded("fiver") })
		f.block(ngStatistics, false, func() {
			f.u32(0, 0, 2000).option(ngStatsReceived, string(order.AppendUint64(nil, 100))).
				option(ngStatsDropped, string(order.AppendUint64(nil, 1))).
				option(ngStatsAccepted, string(order.AppendUint64(nil, 70))).
				option(ngStatsOSDrops, string(order.AppendUint64(nil, 8))).option(ngOptEnd, "")
		})
		return f
	}
	richWant := []wantPacket{
		{time: 1_700_000_000_123456789, data: "hi", len: 2, link: 1, dir: DirIn, comment: "said hello"},
		{time: 3600*second + second/2, data: "more than five", len: 9, link: 113, iface: 1, dir: DirOut, comment: "one\n\nthree"},
		{time: 1000, data: "x", len: 1, link: 1, dir: DirOut},
		{time: NoTime, data: "fiver", len: 5, link: 1},
	}

	// Two sections of different byte order: the second counts its interfaces from 0, and a Simple Packet Block
	// belongs to the first of them and is cut at its snaplen.
	two := &captureFile{order: binary.BigEndian}
	two.section().iface(1, 0, nil).iface(101, 0, nil).enhanced(1, 2_000_000, 1, "a", nil)
	two.order = binary.LittleEndian
	two.section().iface(101, 3, nil).block(ngSimplePacket, true, func() { two.u32(10).padded("abc") })
	two.iface(101, 0, nil).enhanced(1, 3_000_000, 1, "b", nil)

	empty := &captureFile{order: binary.LittleEndian}
	empty.section()

	info := func(big bool, minor uint16, snaplen int, nano bool) FileInfo {
		return FileInfo{Format: Pcapng, BigEndian: big, Major: 1, Minor: minor, Link: 1, Snaplen: snaplen, Nano: nano}
	}
	none := info(false, 0, DefaultSnaplen, false)
	none.Link = 0
	return []sample{
		{"pcapng", plain, info(false, 0, 96, false), []wantPacket{{time: (5<<32 + 7) * 1000, data: "abc", len: 300, link: 1}}},
		{"pcapng of everything", rich(binary.LittleEndian), info(false, 2, DefaultSnaplen, true), richWant},
		{"pcapng in big endian", rich(binary.BigEndian), info(true, 2, DefaultSnaplen, true), richWant},
		{"pcapng of two sections", two, info(true, 0, DefaultSnaplen, false), []wantPacket{
			{time: 2 * second, data: "a", len: 1, link: 101, iface: 1},
			{time: NoTime, data: "abc", len: 10, link: 101, iface: 2},
			{time: 3 * second, data: "b", len: 1, link: 101, iface: 1}, // described as in the first section
		}},
		{"pcapng without interfaces", empty, none, nil},
	}
}

func TestPcapngInterfaces(t *testing.T) {
	s := pcapngSamples()[1]
	r, err := NewReader(bytes.NewReader(s.file.b), "test")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Interfaces()); n != 1 {
		t.Errorf("%d interfaces before the first packet", n)
	}
	if _, err := readAll(r); err != io.EOF {
		t.Fatal(err)
	}
	want := []Interface{
		{Name: "eth0", Description: "the first", Link: 1, Nano: true},
		{Link: 113, Snaplen: 5, Nano: true},
	}
	got := r.Interfaces()
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("interfaces are %+v", got)
	}
	// Of interface 0 the statistics count, of interface 1 the drop counts of its packets.
	if st, err := r.Stats(); err != nil || st != (Stats{Received: 70, Dropped: 8 + 3}) {
		t.Errorf("statistics are %+v, %v", st, err)
	}
}

// TestPcapngManySections reads a file put together from many, whose interfaces are always the same.
func TestPcapngManySections(t *testing.T) {
	f := &captureFile{order: binary.LittleEndian}
	const n = maxInterfaces
	for i := range n {
		f.section().iface(1, 0, nil).iface(1, 0, nil).enhanced(uint32(i%2), 0, 1, "x", nil)
	}
	r, err := NewReader(bytes.NewReader(f.b), "test")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(r)
	if len(got) != n || err != io.EOF || len(r.Interfaces()) != 2 {
		t.Errorf("%d packets, %d interfaces, %v", len(got), len(r.Interfaces()), err)
	}
	for i := range got {
		if got[i].iface != i%2 {
			t.Fatalf("packet %d is of interface %d", i+1, got[i].iface)
		}
	}
}

// TestPcapngBounded describes interfaces without end.
func TestPcapngBounded(t *testing.T) {
	for _, c := range []struct {
		name string
		add  func(f *captureFile, i int)
	}{
		{"in one section", func(f *captureFile, i int) { f.iface(1, 0, nil) }},
		{"in many", func(f *captureFile, i int) { f.section().iface(1, uint32(i), nil) }},
	} {
		f := &captureFile{order: binary.LittleEndian}
		f.section()
		for i := range maxInterfaces + 5 {
			c.add(f, i)
		}
		r, err := NewReader(bytes.NewReader(f.b), "test")
		if err != nil {
			t.Fatal(err)
		}
		_, err = readAll(r)
		if err == nil || !strings.HasSuffix(err.Error(), "before packet 1: more than 16384 interfaces") || len(r.Interfaces()) != maxInterfaces {
			t.Errorf("%s: %v, %d interfaces", c.name, err, len(r.Interfaces()))
		}
	}
	f := &captureFile{order: binary.LittleEndian}
	f.section().iface(1, 0, func() { f.option(ngInterfaceName, strings.Repeat("n", 60000)) })
	r, err := NewReader(bytes.NewReader(f.b), "test")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Interfaces()[0].Name); n != maxInterfaceText {
		t.Errorf("a name of %d bytes", n)
	}
}

// TestPcapngDamage puts something wrong between two good packets. Where it is clear how the file goes on, both are
// read and the error comes last; otherwise the first.
func TestPcapngDamage(t *testing.T) {
	const section, iface, packet = "section header block", "interface description block", "enhanced packet block"
	u32 := func(v ...uint32) string {
		f := captureFile{order: binary.LittleEndian}
		return string(f.u32(v...).b)
	}
	framed := func(kind uint32, body string) string {
		n := uint32(ngMinBlock + len(body))
		return u32(kind, n) + body + u32(n)
	}
	for _, c := range []struct {
		name, bytes string
		packets     int
		where, want string
	}{
		{"length 0", u32(6, 0, 0), 1, "packet 2 at offset 84: ", "block length of 0 bytes is not a multiple of 4, at least 12"},
		{"length 8", u32(1, 8, 8), 1, iface + " at offset 84, before packet 2: ", "block length of 8 bytes is not a multiple of 4, at least 12"},
		{"length 35", u32(6, 35, 0), 1, "packet 2 at offset 84: ", "block length of 35 bytes is not a multiple of 4, at least 12"},
		{"two lengths", u32(5, 16, 0, 20), 1, "interface statistics block at offset 84, before packet 2: ", "block length is 16 at its start and 20 at its end"},
		{"two lengths of an unknown block", u32(77, 16, 0, 20), 1, "block at offset 84, before packet 2: ", "block length is 16 at its start and 20 at its end"},
		{"byte order", framed(ngSection, u32(0x11223344, 1, 0, 0)), 1, section + " at offset 84, before packet 2: ", "pcapng byte-order magic is 44 33 22 11"},
		{"short section", framed(ngSection, u32(ngByteOrderMagic, 1)), 1, section + " at offset 84, before packet 2: ", "body of 8 bytes is too short"},
		{"version", framed(ngSection, u32(ngByteOrderMagic, 2, 0, 0)), 1, section + " at offset 84, before packet 2: ", "pcapng version 2.0 is not supported"},
		{"short interface", framed(ngInterface, u32(1)), 1, iface + " at offset 84, before packet 2: ", "body of 4 bytes is too short"},
		{"huge interface", u32(ngInterface, 1<<31, 0), 1, iface + " at offset 84, before packet 2: ", "block of 2147483648 bytes exceeds the limit of 16777216"},
		{"huge unknown", u32(99, 1<<31, 0), 1, "block at offset 84, before packet 2: ", "file ends in the middle of it: 48 of 2147483648 bytes"},

		{"interface option", framed(ngInterface, u32(1, 0)+"\x02\x00\x05\x00abcd"), 2, iface + " at offset 84, before packet 2: ", "option 2 of 5 bytes does not fit into the 4 that are left of its block"},
		{"resolution", framed(ngInterface, u32(1, 0)+"\x09\x00\x01\x00\x14abc"), 2, iface + " at offset 84, before packet 2: ", "time stamp resolution 0x14 is too fine, its packets have no time"},
		{"short packet", framed(ngEnhancedPacket, u32(0, 0, 0, 0)), 2, packet + " at offset 84, before packet 2: ", "body of 16 bytes is too short"},
		{"short obsolete packet", framed(ngObsoletePacket, ""), 2, "packet block at offset 84, before packet 2: ", "body of 0 bytes is too short"},
		{"short simple packet", framed(ngSimplePacket, ""), 2, "simple packet block at offset 84, before packet 2: ", "body of 0 bytes is too short"},
		{"simple packet", framed(ngSimplePacket, u32(5)+"abcd"), 2, "simple packet block at offset 84, before packet 2: ", "packet of 5 bytes does not fit into the 4 of its block"},
		{"no such interface", framed(ngEnhancedPacket, u32(1, 0, 0, 0, 0)), 2, packet + " at offset 84, before packet 2: ", "interface 1 is not among the 1 of the section"},
		{"no such interface at all", framed(ngEnhancedPacket, u32(1<<31, 0, 0, 0, 0)), 2, packet + " at offset 84, before packet 2: ", "interface 2147483648 is not among the 1 of the section"},
		{"no such obsolete interface", framed(ngObsoletePacket, u32(65535, 0, 0, 0, 0)), 2, "packet block at offset 84, before packet 2: ", "interface 65535 is not among the 1 of the section"},
		{"longer than its block", framed(ngEnhancedPacket, u32(0, 0, 0, 5, 5)+"abcd"), 2, packet + " at offset 84, before packet 2: ", "packet of 5 bytes does not fit into the 4 of its block"},
		{"longer than any packet", framed(ngEnhancedPacket, u32(0, 0, 0, 1<<31, 5)+"abcd"), 2, packet + " at offset 84, before packet 2: ", "packet of 2147483648 bytes exceeds the limit of 262144"},
		{"packet option", framed(ngEnhancedPacket, u32(0, 0, 1, 1, 1)+"a...\x01\x00\xff\xff"), 3, "packet 2 at offset 84: ", "option 1 of 65535 bytes does not fit into the 0 that are left of its block"},
		{"two packet options", strings.Repeat(framed(ngEnhancedPacket, u32(0, 0, 1, 1, 1)+"a...\x01\x00\xff\xff"), 2), 4, "packet 2 at offset 84: ", "option 1 of 65535 bytes does not fit into the 0 that are left of its block (and 1 more damaged)"},
		{"option, then a wrong length", framed(ngEnhancedPacket, u32(0, 0, 1, 1, 1)+"a...\x01\x00\xff\xff") + u32(6, 7, 0), 2, "packet 3 at offset 124: ", "block length of 7 bytes is not a multiple of 4, at least 12 (and 1 more damaged)"},
		{"short statistics", framed(ngStatistics, u32(0)), 2, "interface statistics block at offset 84, before packet 2: ", "body of 4 bytes is too short"},
		{"statistics of nothing", framed(ngStatistics, u32(7, 0, 0)), 2, "interface statistics block at offset 84, before packet 2: ", "interface 7 is not among the 1 of the section"},
		{"statistics option", framed(ngStatistics, u32(0, 0, 0)+"\x04\x00\x08\x00abcd"), 2, "interface statistics block at offset 84, before packet 2: ", "option 4 of 8 bytes does not fit into the 4 that are left of its block"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &captureFile{order: binary.LittleEndian}
			f.section().iface(1, 0, nil).enhanced(0, 1, 1, "1", nil).raw(c.bytes).enhanced(0, 2, 1, "2", nil)
			got, err := readFile(f.b)
			if want := "test: " + c.where + c.want; err == nil || err.Error() != want {
				t.Errorf("\n     %v\nwant %s", err, want)
			}
			var damage *FormatError
			if !errors.As(err, &damage) || damage.Offset < 84 {
				t.Errorf("%T %+v", err, err)
			}
			if len(got) != c.packets || got[0].data != "1" {
				t.Errorf("%d packets: %+v", len(got), got)
			}
		})
	}
}

// TestPcapngTooLargeToKeep passes over a packet that would cost more memory than any may.
func TestPcapngTooLargeToKeep(t *testing.T) {
	f := &captureFile{order: binary.LittleEndian}
	f.section().iface(189, 0, nil)
	f.enhanced(0, 1, 1, strings.Repeat("x", maxRecord), nil)
	f.enhanced(0, 2, 1, "small", nil)
	got, err := readFile(f.b)
	comparePackets(t, got, []wantPacket{{time: 2000, data: "small", len: 1, link: 189}})
	want := fmt.Sprintf("test: enhanced packet block at offset 48, before packet 1: block of %d bytes exceeds the limit of %d", maxRecord+32, maxRecord)
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestPcapngClock compares with arithmetic of unlimited size.
func TestPcapngClock(t *testing.T) {
	check := func(resolution byte, offset int64, ticks uint64) {
		c, ok := makeNgClock(resolution, offset)
		if !ok {
			t.Fatalf("resolution %#x is refused", resolution)
		}
		base := big.NewInt(10)
		if resolution&0x80 != 0 {
			base = big.NewInt(2)
		}
		units := new(big.Int).Exp(base, big.NewInt(int64(resolution&0x7f)), nil)
		n := new(big.Int).SetUint64(ticks)
		n.Mul(n, big.NewInt(1e9)).Div(n, units)
		n.Add(n, new(big.Int).Mul(big.NewInt(offset), big.NewInt(1e9)))
		got := c.nanos(ticks)
		if n.IsInt64() && n.Int64() == got {
			return
		}
		// What does not fit becomes the extreme, and so does the last second before it.
		edge := new(big.Int).Sub(big.NewInt(math.MaxInt64), big.NewInt(2e9))
		if n.Cmp(edge) > 0 && got == math.MaxInt64 || n.Cmp(edge.Neg(edge)) < 0 && got == NoTime+1 {
			return
		}
		t.Errorf("%d ticks of resolution %#x and offset %d are %d, want %v", ticks, resolution, offset, got, n)
	}
	ticks := []uint64{0, 1, 999, 1e6, 1e9, 1_700_000_000_123456, 1_700_000_000_123456789, 1 << 32, 1 << 62, 1 << 63, math.MaxInt64, math.MaxUint64}
	offsets := []int64{0, 1, -1, 1_700_000_000, -1_700_000_000, 9223372035, 9223372036, -9223372036, math.MaxInt64, math.MinInt64}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		ticks = append(ticks, random.Uint64()>>random.IntN(64))
		offsets = append(offsets, random.Int64()>>random.IntN(64), -random.Int64()>>random.IntN(64))
	}
	for power := range byte(64) {
		for _, n := range ticks {
			for _, offset := range offsets {
				check(0x80|power, offset, n)
				if power < 20 {
					check(power, offset, n)
				}
			}
		}
	}
	for _, resolution := range []byte{20, 0x7f, 0xc0, 0xff} {
		if c, ok := makeNgClock(resolution, 0); ok || c.nanos(5) != NoTime {
			t.Errorf("resolution %#x is accepted", resolution)
		}
	}
}
