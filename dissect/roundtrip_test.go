package dissect

import (
	"bytes"
	"slices"
	"testing"
)

// roundTrips write a layer's header again from its value. exact is false where the value leaves something out on
// purpose: then what was written must give the same value.
var roundTrips = map[LayerType]func(b, header []byte) (again []byte, exact bool, sameValue bool){
	LayerEthernet: func(b, header []byte) ([]byte, bool, bool) {
		h := Ethernet(header).Header()
		b = h.Append(b)
		return b, true, true
	},
	LayerVLAN: func(b, header []byte) ([]byte, bool, bool) {
		h := VLAN(header).Header()
		return h.Append(b), true, true
	},
	LayerLLC: func(b, header []byte) ([]byte, bool, bool) {
		return LLC(header).Header().Append(b), true, true
	},
	LayerSNAP: func(b, header []byte) ([]byte, bool, bool) {
		return SNAP(header).Header().Append(b), true, true
	},
	LayerSLL: func(b, header []byte) ([]byte, bool, bool) {
		h := SLL(header).Header()
		return h.Append(b), true, true
	},
	LayerSLL2: func(b, header []byte) ([]byte, bool, bool) {
		h, n := SLL2(header).Header(), len(b)
		b = h.Append2(b)
		// The reserved bytes are written as zero.
		return b, bytes.Equal(header[sll2Reserved:sll2Index], []byte{0, 0}), SLL2(b[n:]).Header() == h
	},
	LayerNull: func(b, header []byte) ([]byte, bool, bool) {
		h, n := Null(header).Header(), len(b)
		b = h.Append(b)
		return b, header[0] == 0 && header[1] == 0, Null(b[n:]).Header() == h // the byte order is the network's
	},
	LayerARP: func(b, header []byte) ([]byte, bool, bool) {
		h, err := ARP(header).Header()
		if err != nil {
			return append(b, header...), true, true // what is not about Ethernet and IPv4 has no value
		}
		n := len(b)
		b = h.Append(b)
		again, err := ARP(b[n:]).Header()
		return b, ARP(header).HardwareType() == ARPEthernet, err == nil && again == h
	},
	LayerIPv4: func(b, header []byte) ([]byte, bool, bool) {
		h, n := IPv4(header).Header(), len(b)
		b = h.Append(b)
		// The reserved bit is written as zero and the checksum as it should be.
		return b, !IPv4(header).Reserved() && IPv4(header).ChecksumOK(), IPv4(b[n:]).Header() == h
	},
	LayerUDP: func(b, header []byte) ([]byte, bool, bool) {
		return UDP(header).Header().Append(b), true, true
	},
	LayerTCP: func(b, header []byte) ([]byte, bool, bool) {
		h := TCP(header).Header()
		return h.Append(b), true, true
	},
}

// TestRoundTrips: the header of every sample, read as a value and written over old bytes, is the header.
func TestRoundTrips(t *testing.T) {
	dirty := bytes.Repeat([]byte{0xa5}, 256)
	seen := map[LayerType]int{}
	for _, s := range samples {
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		for i := range p.Layers() {
			l := &p.Layers()[i]
			lt := l.Type
			switch lt {
			case Layer8023:
				lt = LayerEthernet
			case LayerQinQ:
				lt = LayerVLAN
			}
			roundTrip := roundTrips[lt]
			if roundTrip == nil || l.Err != nil {
				continue
			}
			seen[lt]++
			header := slices.Clone(p.Data[l.Start:l.Payload])
			again, exact, same := roundTrip(slices.Clone(dirty)[:3], header)
			if !bytes.Equal(again[:3], dirty[:3]) {
				t.Errorf("%s: %v: what stood before it is %x", s.name, l.Type, again[:3])
			}
			if !same {
				t.Errorf("%s: %v: %x was written as %x, another value", s.name, l.Type, header, again[3:])
			}
			if exact && !bytes.Equal(again[3:], header) {
				t.Errorf("%s: %v: %x was written as %x", s.name, l.Type, header, again[3:])
			}
		}
	}
	for lt := range roundTrips {
		if seen[lt] < 2 {
			t.Errorf("%d samples of %v", seen[lt], lt)
		}
	}
}

// TestAppendAllocates: writing a header into a buffer with room for it allocates nothing.
func TestAppendAllocates(t *testing.T) {
	s := findSample("tcp/syn")
	eth, ip, tcp := Ethernet(s.data).Header(), IPv4(s.data[14:]).Header(), TCP(s.data[34:]).Header()
	arp := ARPHeader{Op: ARPRequest, SenderIP: ip.Src, TargetIP: ip.Dst}
	udp := UDPHeader{SrcPort: 1, DstPort: 2, Length: 8}
	tag := VLANHeader{ID: 5, Type: EtherTypeIPv4}
	buffer := make([]byte, 0, 256)
	n := testing.AllocsPerRun(100, func() {
		b := eth.Append(buffer)
		b = tag.Append(b)
		b = ip.Append(b)
		b = tcp.Append(b)
		b = udp.Append(b)
		b = arp.Append(b)
		if len(b) != 14+4+20+40+8+28 {
			t.Fatalf("%d bytes", len(b))
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
