package dissect

import (
	"bytes"
	"testing"
	"time"
)

func init() {
	ntp := UDPHeader{SrcPort: 123, DstPort: 123}
	times := "e8fc1234 80000000 e8fc1235 00000000 e8fc1235 40000000 e8fc1235 40000001"
	addUDPSample("ntp/server", "eth ip udp ntp", ntp, unhex("24 02 06 ec 00012345 00023456 0a010203"+times))
	addUDPSample("ntp/leap-and-key", "eth ip udp ntp", ntp, unhex("64 01 0a e9 00000000 00000010 47505300"+times+"00000001 000102030405060708090a0b0c0d0e0f"))
	addUDPSample("ntp/extension", "eth ip udp ntp", ntp, unhex("23 00 06 ec 00000000 00000000 52415445"+times+
		"0104 0010 000000000000000000000000 0204 0014 00000000000000000000000000000000 00000001 000102030405060708090a0b0c0d0e0f"))
	addUDPSample("ntp/rest", "eth ip udp ntp", ntp, unhex("23 00 06 ec 00000000 00000000 52415445"+times+"010203"))
	addUDPSample("ntp/control", "eth ip udp ntp", ntp, unhex("16 c2 0001 0615 0005 0000 0004 61626364"))
	addUDPSample("ntp/private", "eth ip udp ntp", ntp, unhex("d7 00 03 2a 00000000"))
	addUDPSample("ntp/truncated", "eth ip udp ntp!", ntp, unhex("23 02 06 ec"))
}

func TestNTPHeader(t *testing.T) {
	for _, name := range []string{"ntp/server", "ntp/leap-and-key"} {
		n := NTP(findSample(name).data[42:])
		h := n.Header()
		if got := h.Append(bytes.Repeat([]byte{0xa5}, 64)[:0]); !bytes.Equal(got, n[:NTPHeaderLen]) {
			t.Errorf("%s: %x, want %x", name, got, n[:NTPHeaderLen])
		}
	}
	h := NTP(findSample("ntp/server").data[42:]).Header()
	want := NTPHeader{
		Version: 4, Mode: NTPServer, Stratum: 2, Poll: 6, Precision: -20, RootDelay: 0x12345, RootDispersion: 0x23456, RefID: 0x0a010203,
		RefTime: 0xe8fc1234_80000000, OriginTime: 0xe8fc1235_00000000, ReceiveTime: 0xe8fc1235_40000000, TransmitTime: 0xe8fc1235_40000001,
	}
	if h != want {
		t.Errorf("%+v, want %+v", h, want)
	}
}

// TestNTPTime: times of both eras.
func TestNTPTime(t *testing.T) {
	for _, c := range []struct {
		t    NTPTime
		want string
	}{
		{0xe8fc1234_80000000, "2023-11-13T03:10:44.5Z"},
		{2208988800 << 32, "1970-01-01T00:00:00Z"},
		{0xffffffff_ffffffff, "2036-02-07T06:28:15.999999999Z"},
		{0, "2036-02-07T06:28:16Z"},
		{0x80000000_00000000, "1968-01-20T03:14:08Z"},
	} {
		if got := time.Unix(0, c.t.Unix()).UTC().Format(time.RFC3339Nano); got != c.want {
			t.Errorf("%#x is %s, want %s", uint64(c.t), got, c.want)
		}
	}
}

func FuzzNTP(f *testing.F) { fuzzView(f, LayerNTP) }
