package capture

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"

	"smoltcp/dissect"
)

// offloaded is an Ethernet frame with a transport packet whose checksum covers the pseudo-header only.
func offloaded(src, dst string, proto dissect.IPProto, tags int, payload int) (frame []byte, transport int) {
	a, b := netip.MustParseAddr(src), netip.MustParseAddr(dst)
	f := make([]byte, 12)
	for range tags {
		f = append(f, 0x81, 0, 0, 7)
	}
	header := map[dissect.IPProto]int{dissect.ProtoTCP: 20, dissect.ProtoUDP: 8}[proto]
	n := header + payload
	if a.Is4() {
		f = append(f, 8, 0, 0x45, 0, byte((20+n)>>8), byte(20+n), 0, 0, 0, 0, 64, byte(proto), 0, 0)
		ip := len(f) - 12
		f = append(append(f, a.AsSlice()...), b.AsSlice()...)
		dissect.IPv4(f[ip:]).FillChecksum()
	} else {
		f = append(f, 0x86, 0xdd, 0x60, 0, 0, 0, byte(n>>8), byte(n), byte(proto), 64)
		f = append(append(f, a.AsSlice()...), b.AsSlice()...)
	}
	transport = len(f)
	segment := make([]byte, n)
	for i := range segment[header:] {
		segment[header+i] = byte(i * 7)
	}
	sum := dissect.PseudoHeaderSum(a, b, proto, n).Fold()
	if proto == dissect.ProtoTCP {
		segment[12], segment[13] = 0x50, 0x10
		binary.BigEndian.PutUint16(segment[16:], sum)
	} else {
		binary.BigEndian.PutUint16(segment[4:], uint16(n))
		binary.BigEndian.PutUint16(segment[6:], sum)
	}
	return append(f, segment...), transport
}

func TestCompleteChecksum(t *testing.T) {
	var p dissect.Packet
	for _, tt := range []struct {
		name     string
		src, dst string
		proto    dissect.IPProto
		tags     int
		payload  int
	}{
		{"TCP", "10.0.0.1", "10.0.0.2", dissect.ProtoTCP, 0, 100},
		{"TCP, odd", "10.0.0.1", "10.0.0.2", dissect.ProtoTCP, 0, 101},
		{"TCP, merged segments", "10.0.0.1", "10.0.0.2", dissect.ProtoTCP, 0, 65000},
		{"TCP, no payload", "10.0.0.1", "10.0.0.2", dissect.ProtoTCP, 0, 0},
		{"UDP behind a tag", "10.0.0.1", "10.0.0.2", dissect.ProtoUDP, 1, 33},
		{"TCP over IPv6", "2001:db8::1", "2001:db8::2", dissect.ProtoTCP, 0, 77},
		{"UDP over IPv6", "2001:db8::1", "2001:db8::2", dissect.ProtoUDP, 0, 77},
	} {
		t.Run(tt.name, func(t *testing.T) {
			frame, at := offloaded(tt.src, tt.dst, tt.proto, tt.tags, tt.payload)
			padded := append(bytes.Clone(frame), make([]byte, 6)...) // padding is no part of it
			before := bytes.Clone(padded)
			completeChecksum(&p, dissect.LinkEthernet, padded)
			segment := padded[at:len(frame)]
			pseudo := dissect.PseudoHeaderSum(netip.MustParseAddr(tt.src), netip.MustParseAddr(tt.dst), tt.proto, len(segment))
			if pseudo.Add(segment).Fold() != 0xffff {
				t.Errorf("the checksum is wrong: %x", segment[:min(20, len(segment))])
			}
			field := at + map[dissect.IPProto]int{dissect.ProtoTCP: 16, dissect.ProtoUDP: 6}[tt.proto]
			copy(padded[field:field+2], before[field:])
			if !bytes.Equal(padded, before) {
				t.Error("other bytes changed")
			}

			// Neither a fragment nor a checksum that is complete already nor a frame cut short is touched.
			for name, change := range map[string]func(f []byte) []byte{
				"complete": func(f []byte) []byte { f[field+1]++; return f },
				"cut":      func(f []byte) []byte { return f[:len(f)-7] },
			} {
				f := change(bytes.Clone(frame))
				before := bytes.Clone(f)
				if completeChecksum(&p, dissect.LinkEthernet, f); !bytes.Equal(f, before) {
					t.Errorf("%s: frame changed", name)
				}
			}
		})
	}
	frame, _ := offloaded("10.0.0.1", "10.0.0.2", dissect.ProtoUDP, 0, 64)
	frame[14+6] = 0x20 // more fragments
	before := bytes.Clone(frame)
	if completeChecksum(&p, dissect.LinkEthernet, frame); !bytes.Equal(frame, before) {
		t.Error("a fragment was changed")
	}
	if n := testing.AllocsPerRun(100, func() { completeChecksum(&p, dissect.LinkEthernet, frame) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzCompleteChecksum: no frame is a reason to fail, and nothing but two bytes ever changes.
func FuzzCompleteChecksum(f *testing.F) {
	for _, proto := range []dissect.IPProto{dissect.ProtoTCP, dissect.ProtoUDP} {
		frame, _ := offloaded("10.0.0.1", "10.0.0.2", proto, 1, 40)
		f.Add(frame)
	}
	var p dissect.Packet
	f.Fuzz(func(t *testing.T, frame []byte) {
		before := bytes.Clone(frame)
		completeChecksum(&p, dissect.LinkEthernet, frame)
		changed := 0
		for i := range frame {
			if frame[i] != before[i] {
				changed++
			}
		}
		if changed > 2 {
			t.Errorf("%d bytes changed", changed)
		}
	})
}
