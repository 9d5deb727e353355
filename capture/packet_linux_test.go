package capture

import (
	"bytes"
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// TestTimespec: both sizes that kernels send.
func TestTimespec(t *testing.T) {
	long := binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(nil, 5_000_000_000), 999_999_999)
	short := binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, 1_700_000_000), 7)
	for _, tt := range []struct {
		b    []byte
		want int64
	}{
		{long, 5_000_000_000_999_999_999}, {short, 1_700_000_000_000_000_007}, {short[:7], NoTime}, {nil, NoTime},
	} {
		if got := timespec(tt.b); got != tt.want {
			t.Errorf("%x: %d, want %d", tt.b, got, tt.want)
		}
	}
}

// TestTag: how the kernel tells of a VLAN tag, in its versions.
func TestTag(t *testing.T) {
	for _, tt := range []struct {
		name      string
		status    uint32
		tci, tpid uint16
		want      dissect.EtherType
		ok        bool
	}{
		{"none", 0, 0, 0, 0, false},
		{"old kernel", 0, 5, 0, dissect.EtherTypeVLAN, true},
		{"VLAN 0", unix.TP_STATUS_VLAN_VALID, 0, 0, dissect.EtherTypeVLAN, true},
		{"service tag", unix.TP_STATUS_VLAN_VALID | unix.TP_STATUS_VLAN_TPID_VALID, 5, 0x88a8, dissect.EtherTypeQinQ, true},
	} {
		m := message{status: tt.status, tci: tt.tci, tpid: tt.tpid}
		if tpid, tci, ok := m.tag(); tpid != tt.want || ok != tt.ok || ok && tci != tt.tci {
			t.Errorf("%s: %v %v %v", tt.name, tpid, tci, ok)
		}
	}
}

// TestInsertTag: frames of every length, also those that end before the place of the tag.
func TestInsertTag(t *testing.T) {
	frame := []byte("ddddddssssssTTpayload")
	for n := range len(frame) + 1 {
		want := bytes.Clone(frame[:n])
		if n >= 12 {
			want = append([]byte("ddddddssssss\x88\xa8\x12\x34"), frame[12:n]...)
		}
		buf := append(make([]byte, vlanTag), frame[:n]...)
		if got := insertTag(buf, dissect.EtherTypeQinQ, 0x1234); !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %q, want %q", n, got, want)
		}
	}
}

// TestCook: packets of every length and of interfaces with headers of every kind.
func TestCook(t *testing.T) {
	data := []byte("0123456789abcdefghij")
	for _, tt := range []struct {
		hatype  uint16
		network int
		header  int // bytes that give way
	}{
		{1, 14, 14}, {1, 18, 14}, {772, 14, 14}, {65534, 0, 0}, {512, 4, 4}, {512, 60000, 0},
	} {
		for n := range len(data) + 1 {
			l := &Live{buf: make([]byte, headroom+len(data))}
			copy(l.buf[headroom:], data[:n])
			l.msg.captured, l.msg.network = n, tt.network
			l.msg.from = unix.RawSockaddrLinklayer{
				Protocol: networkOrder(0x0800), Ifindex: 0x01020304, Hatype: tt.hatype, Pkttype: 4, Halen: 20, // as InfiniBand has
				Addr: [8]uint8{1, 2, 3, 4, 5, 6, 7, 8},
			}
			header := tt.header
			if header > n {
				header = 0
			}
			want := []byte{8, 0, 0, 0, 1, 2, 3, 4, byte(tt.hatype >> 8), byte(tt.hatype), 4, 20, 1, 2, 3, 4, 5, 6, 7, 8}
			want = append(want, data[header:n]...)
			if got := l.cook(headroom+n, true); !bytes.Equal(got, want) {
				t.Errorf("hardware type %d, header %d, %d bytes:\n%x, want\n%x", tt.hatype, tt.network, n, got, want)
			}
		}
	}
}
