package filter

import (
	"encoding/binary"
	"testing"

	"smoltcp/dissect"
)

// datagram is a frame with a UDP datagram to port 80 behind so many tags, cut to n bytes if n is not zero.
func datagram(tags, n int) []byte {
	f := make([]byte, 12, 64)
	for range tags {
		f = append(f, 0x81, 0, 0, 69)
	}
	f = append(f, 8, 0)
	ip := make([]byte, 28)
	ip[0], ip[9] = 0x45, 17
	binary.BigEndian.PutUint16(ip[22:], 80)
	f = append(f, ip...)
	if n > 0 {
		f = f[:n]
	}
	return f
}

// TestBehindTags: what the program accepts is what the expression would accept behind tags, and does not as it is.
func TestBehindTags(t *testing.T) {
	for _, tt := range []struct {
		expr string
		want []int // numbers of tags behind which it finds the datagram
	}{
		{"port 80", []int{1, 2}},
		{"udp dst port 80 and not host 10.0.0.1", []int{1, 2}},
		{"port 81", nil},
		{"ip or ip6", []int{1, 2}},
		{"len > 10", nil}, // tags or not
	} {
		for _, kernel := range []bool{false, true} {
			p, err := BehindTags(tt.expr, Options{Link: dissect.LinkEthernet, Kernel: kernel, File: !kernel})
			if err != nil {
				t.Fatalf("%q: %v", tt.expr, err)
			}
			plain, err := Compile(tt.expr, Options{Link: dissect.LinkEthernet, Kernel: kernel, File: !kernel})
			if err != nil {
				t.Fatal(err)
			}
			for tags := range 4 {
				seen, aux := datagram(tags, 0), Aux{}
				want := false
				for _, n := range tt.want {
					want = want || n == tags
				}
				if kernel && tags > 0 {
					seen, aux = datagram(tags-1, 0), Aux{VLAN: true, VLANTCI: 69} // the kernel has taken the outer one out
				}
				matches := plain.MatchAux(seen, len(seen), &aux)
				want = want && !matches
				if got := p != nil && p.MatchAux(seen, len(seen), &aux); got != want {
					t.Errorf("%q behind %d tags, kernel %v: %v, want %v", tt.expr, tags, kernel, got, want)
				}
				if matches && p != nil && p.MatchAux(seen, len(seen), &aux) {
					t.Errorf("%q behind %d tags, kernel %v: both match", tt.expr, tags, kernel)
				}
			}
			if p != nil && p.KernelProblem() != nil {
				t.Errorf("%q: %v", tt.expr, p.KernelProblem())
			}
		}
	}
	for _, tt := range []struct {
		expr string
		o    Options
	}{
		{"vlan and port 80", Options{Link: dissect.LinkEthernet}},
		{"port 80", Options{Link: dissect.LinkEthernet, ThroughTags: true}},
		{"ip6 protochain 6", Options{Link: dissect.LinkEthernet, Kernel: true}},
		{"port 80", Options{Link: dissect.LinkRaw}},
		{"", Options{Link: dissect.LinkEthernet}},
	} {
		if p, err := BehindTags(tt.expr, tt.o); p != nil || err != nil {
			t.Errorf("%q on %v: %v, %v; want none", tt.expr, tt.o.Link, p, err)
		}
	}
	if _, err := BehindTags("port", Options{Link: dissect.LinkEthernet}); err == nil {
		t.Error("no error of the expression")
	}
}
