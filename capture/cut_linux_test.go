package capture

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// checkDatagram checks lengths and checksums of a frame of UDP over IPv4 or IPv6, behind so many bytes of link headers, and gives its text and,
// over IPv4, its ID.
func checkDatagram(t *testing.T, frame []byte, link int) (text []byte, id uint16) {
	t.Helper()
	var u dissect.UDP
	var pseudo dissect.Sum
	if b := frame[link:]; b[0]>>4 == 4 {
		ip := dissect.IPv4(b)
		if err := ip.CheckWhole(); err != nil || ip.TotalLen() != len(ip) || !ip.ChecksumOK() {
			t.Fatalf("%v: %d bytes: %x", err, len(ip), ip[:20])
		}
		u, id = dissect.UDP(ip.Payload()), ip.ID()
		pseudo = dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), dissect.ProtoUDP, len(u))
	} else {
		ip := dissect.IPv6(b)
		u = dissect.UDP(b[dissect.IPv6HeaderLen:])
		if int(ip.PayloadLen()) != len(u) {
			t.Fatalf("payload length %d of %d", ip.PayloadLen(), len(u))
		}
		pseudo = dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), dissect.ProtoUDP, len(u))
	}
	if int(u.Length()) != len(u) || !u.ChecksumOK(pseudo) {
		t.Fatalf("length %d of %d, or a wrong checksum", u.Length(), len(u))
	}
	return u.Payload(), id
}

// Datagrams in one are cut where they were joined, whatever is around them.
func TestDatagramCutter(t *testing.T) {
	var p dissect.Packet
	var c datagramCutter
	for _, test := range []struct {
		name     string
		src, dst string
		tags     int
		text     int
		want     []int
	}{
		{"IPv4", "10.0.0.1", "10.0.0.2", 0, 2500, []int{1000, 1000, 500}},
		{"IPv6, odd", "2001:db8::1", "2001:db8::2", 0, 2001, []int{1000, 1000, 1}},
		{"tagged, even", "10.0.0.1", "10.0.0.2", 1, 2000, []int{1000, 1000}},
	} {
		frame, at := offloaded(test.src, test.dst, dissect.ProtoUDP, test.tags, test.text)
		whole := string(frame[at+dissect.UDPHeaderLen:])
		link := 14 + 4*test.tags
		ids := uint16(0)
		if !c.start(&p, dissect.LinkEthernet, append(frame, 0, 0, 0), 1000) { // padding is no part of it
			t.Fatalf("%s: nothing to cut", test.name)
		}
		got := ""
		for i, want := range test.want {
			text, id := checkDatagram(t, c.next(), link)
			if len(text) != want || id != ids {
				t.Errorf("%s: datagram %d has %d bytes, want %d; ID %d", test.name, i, len(text), want, id)
			}
			if got += string(text); netip.MustParseAddr(test.src).Is4() {
				ids++
			}
		}
		if got != whole || c.next() != nil {
			t.Errorf("%s: the text differs, or something is left", test.name)
		}
	}
	small, _ := offloaded("10.0.0.1", "10.0.0.2", dissect.ProtoUDP, 0, 1000)
	tcp, _ := offloaded("10.0.0.1", "10.0.0.2", dissect.ProtoTCP, 0, 3000)
	for _, frame := range [][]byte{nil, small, tcp, small[:30]} {
		if c.start(&p, dissect.LinkEthernet, frame, 1000) || c.next() != nil {
			t.Errorf("%d bytes were cut", len(frame))
		}
	}
	large, _ := offloaded("10.0.0.1", "10.0.0.2", dissect.ProtoUDP, 0, 60000)
	if n := testing.AllocsPerRun(10, func() {
		c.start(&p, dissect.LinkEthernet, large, 1000)
		for c.next() != nil {
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestRawSegmentedUDP: a program beside the host gives its kernel many datagrams in one (UDP_SEGMENT, as QUIC does), and the kernel
// hands them on like that where nothing has to cut them. The host receives them one by one.
func TestRawSegmentedUDP(t *testing.T) {
	for _, offload := range []bool{false, true} {
		t.Run(fmt.Sprintf("offload %v", offload), func(t *testing.T) { segmentedUDP(t, offload) })
	}
}

func segmentedUDP(t *testing.T, offload bool) {
	newNamespace(t)
	newVeth(t)
	addAddr(t, "v1", "10.9.0.1/24")
	l, err := netlink.LinkByName("v1")
	if err != nil {
		t.Fatal(err)
	}
	err = netlink.NeighAdd(&netlink.Neigh{
		LinkIndex: l.Attrs().Index, IP: net.IPv4(10, 9, 0, 2), HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 9}, State: netlink.NUD_PERMANENT,
	})
	if err != nil {
		t.Fatal(err)
	}
	host := openDevice(t, DeviceOptions{Name: "v0", Offload: offload})
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_UDP, unix.UDP_SEGMENT, 1000); err != nil {
		t.Skipf("the kernel does not cut UDP: %v", err)
	}
	text := make([]byte, 3500)
	for i := range len(text) / 4 {
		binary.BigEndian.PutUint32(text[4*i:], uint32(i))
	}
	for range 2 {
		if err := unix.Sendto(fd, text, 0, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{10, 9, 0, 2}}); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, want := range []int{1000, 1000, 1000, 500} {
			part, _ := checkDatagram(t, receive(t, host), 14)
			if len(part) != want {
				t.Fatalf("a datagram of %d bytes, want %d", len(part), want)
			}
			got += string(part)
		}
		if got != string(text) {
			t.Error("the text differs")
		}
	}
}
