package capture

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

func vnetHeader(flags, gso uint8, headLen, size, start, offset uint16) []byte {
	b := []byte{flags, gso}
	for _, v := range []uint16{headLen, size, start, offset} {
		b = binary.NativeEndian.AppendUint16(b, v)
	}
	return b
}

// The header says what the kernel is to do, in its own order of bytes.
func TestVnetSend(t *testing.T) {
	head4 := append(make([]byte, 14), 0x45)
	head4 = append(head4, make([]byte, 51)...)
	head6 := append(make([]byte, 0), 0x60)
	head6 = append(head6, make([]byte, 71)...)
	text := []byte("text")
	for _, test := range []struct {
		name               string
		head               []byte
		ethernet           bool
		transport, segment int
		want               []byte
	}{
		{"several over IPv4", head4, true, 34, 1448, vnetHeader(unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, unix.VIRTIO_NET_HDR_GSO_TCPV4, 66, 1448, 34, 16)},
		{"several over IPv6, TUN", head6, false, 40, 1428, vnetHeader(unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, unix.VIRTIO_NET_HDR_GSO_TCPV6, 72, 1428, 40, 16)},
		{"one", head4, true, 34, 0, vnetHeader(unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 0, 0, 34, 16)},
	} {
		var v vnet
		v.header[3] = 0xee // of the frame before
		got := bytes.Join(v.offload([][]byte{test.head, text}, test.ethernet, test.transport, test.segment), nil)
		if want := append(append(test.want, test.head...), text...); !bytes.Equal(got, want) {
			t.Errorf("%s:\n%x\n%x", test.name, got, want)
		}
	}
	var v vnet
	v.header[3] = 0xee
	if got := bytes.Join(v.plain([][]byte{head4}), nil); !bytes.Equal(got, append(make([]byte, 10), head4...)) {
		t.Errorf("complete: %x", got)
	}
}

// Received frames lose the header; checksums other than TCP's are completed, also where the header lies.
func TestVnetReceive(t *testing.T) {
	frame := func() []byte {
		b := make([]byte, 14+20)
		for i := range 30 {
			b = append(b, byte(i*7))
		}
		return b
	}
	const needs, valid = unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, unix.VIRTIO_NET_HDR_F_DATA_VALID
	for _, test := range []struct {
		name     string
		header   []byte
		verified bool
		changed  bool
	}{
		{"from a wire", vnetHeader(0, 0, 0, 0, 0, 0), false, false},
		{"found right", vnetHeader(valid, 0, 0, 0, 0, 0), true, false},
		{"TCP of this machine", vnetHeader(needs, unix.VIRTIO_NET_HDR_GSO_TCPV4, 54, 1448, 34, 16), true, false},
		{"UDP of this machine", vnetHeader(needs, 0, 0, 0, 34, 6), false, true},
		{"beyond the end", vnetHeader(needs, 0, 0, 0, 60000, 6), false, false},
		{"at the end", vnetHeader(needs, 0, 0, 0, 63, 6), false, false},
	} {
		var v vnet
		got, err := v.received(append(test.header, frame()...))
		if err != nil || v.verified != test.verified {
			t.Errorf("%s: verified %v, %v", test.name, v.verified, err)
		}
		if want := frame(); bytes.Equal(got, want) == test.changed {
			t.Errorf("%s: %x", test.name, got)
		}
		if test.changed && dissect.Sum(0).Add(got[34:]).Fold() != dissect.Sum(0).Add(frame()[34:]).Add(got[40:42]).AddUint16(^binary.BigEndian.Uint16(frame()[40:])).Fold() {
			t.Errorf("%s: checksum %x", test.name, got[40:42])
		}
	}
	for n := range vnetHeaderLen {
		var v vnet
		if _, err := v.received(make([]byte, n)); err == nil {
			t.Errorf("%d bytes: no error", n)
		}
	}
}

// Headers cost no allocation.
func TestVnetDoesNotAllocate(t *testing.T) {
	var v vnet
	b := append(vnetHeader(unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 0, 0, 34, 6), make([]byte, 80)...)
	pieces := [][]byte{make([]byte, 66), make([]byte, 100), make([]byte, 10)}
	if n := testing.AllocsPerRun(100, func() {
		v.received(b)
		v.offload(pieces, true, 34, 1448)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A TAP interface that a virtual machine left with longer headers is read with ours.
func TestVnetHeaderLength(t *testing.T) {
	newNamespace(t)
	needTUN(t)
	const left = 12
	before, err := openTAP("tap0", false, true)
	if err != nil {
		t.Fatal(err)
	}
	err = unix.IoctlSetPointerInt(before.poll.fd, unix.TUNSETVNETHDRSZ, left)
	if err == nil {
		err = unix.IoctlSetInt(before.poll.fd, unix.TUNSETPERSIST, 1)
	}
	before.Close()
	if err != nil {
		t.Fatal(err)
	}
	d := openDevice(t, DeviceOptions{Name: "tap0", Offload: true}).(*offloadTAP)
	if n, err := unix.IoctlGetInt(d.poll.fd, unix.TUNGETVNETHDRSZ); n != vnetHeaderLen || err != nil {
		t.Errorf("headers of %d bytes, %v", n, err)
	}
}
