package stack

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// lastPacket gives the IPv4 packet of the only frame that was sent, having checked it.
func (h *bench) lastPacket() dissect.IPv4 {
	h.t.Helper()
	if len(h.dev.out) != 1 {
		h.t.Fatalf("%d frames:\n%s", len(h.dev.out), h.sent())
	}
	ip := dissect.IPv4(h.dev.out[0][14:])
	h.sent()
	return ip[:ip.TotalLen()]
}

// Options that contradict themselves are answered by a Parameter Problem that points at what is wrong; others change nothing about whom a
// packet is for (RFC 1122 sections 3.2.1.8 and 3.2.2.5).
func TestOptionsReceived(t *testing.T) {
	const delivered = -1
	room := func(typ byte, b ...byte) []byte { return append([]byte{typ, byte(2 + len(b))}, b...) }
	for _, c := range []struct {
		name    string
		options []byte
		pointer int // into the header
	}{
		{"end and what is behind it", []byte{0, 7, 0, 0}, delivered},
		{"no-operation", []byte{1, 1, 1, 1}, delivered},
		{"router alert", []byte{148, 4, 0, 0}, delivered},
		{"of nobody", []byte{30, 3, 1, 0}, delivered},
		{"a length of 1", []byte{1, 30, 1, 0}, 22},
		{"without a length", []byte{1, 1, 1, 30}, 23},
		{"beyond the header", []byte{30, 5, 0, 0}, 21},
		{"record route", room(7, 4, 0, 0, 0, 0), delivered},
		{"record route, full", room(7, 8, 1, 2, 3, 4), delivered},
		{"record route without a pointer", []byte{7, 2, 0, 0}, 21},
		{"record route, pointer at itself", room(7, 3, 0, 0, 0, 0), 22},
		{"record route, room for three bytes", room(7, 4, 0, 0, 0), 22},
		{"timestamps", room(68, 5, 0, 0, 0, 0, 0), delivered},
		{"timestamps, full", room(68, 9, 0, 0, 0, 0, 0), delivered},
		{"timestamps, full for the 16th", room(68, 9, 0xf0, 0, 0, 0, 0), 23},
		{"timestamps without flags", []byte{68, 3, 5, 0}, 21},
		{"timestamps, pointer at flags", room(68, 4, 0, 0, 0, 0, 0), 22},
		{"timestamps, room for half", room(68, 5, 1, 0, 0, 0, 0), 22},
		{"a finished source route", room(131, 8, 10, 0, 0, 1), delivered},
		{"two of them", append(room(131, 8, 10, 0, 0, 1), room(137, 8, 10, 0, 0, 1)...), 27},
		{"a source route with a pointer at itself", room(131, 3, 10, 0, 0, 1), 22},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newBench(t, Config{})
			h.knowPeer()
			u := h.openUDP("192.168.69.1:7", UDPOptions{})
			h.rx(udpFrame(dissect.IPv4Header{Options: dissect.MakeIPv4Options(c.options)}, 9, 7, "x"))
			checkAccounts(t, h.Stack)
			if c.pointer == delivered {
				_, m, err := u.Recv(nil)
				if err != nil || !strings.HasPrefix(string(m.Options.Bytes()), string(c.options)) {
					t.Errorf("options % x, %v", m.Options.Bytes(), err)
				}
				h.expect()
				return
			}
			m := dissect.ICMPv4(h.lastPacket().Payload())
			if u.Readable() || m.Type() != dissect.ICMPv4ParameterProblem || m.Code() != 0 || int(m.Pointer()) != c.pointer {
				t.Errorf("delivered %v, answered by %v at %d, want %d", u.Readable(), m.Type(), m.Pointer(), c.pointer)
			}
			h.counted("IPv4BadOption", 1)
		})
	}
}

// What records the way goes on doing so in the answers to echo and timestamp requests, and nothing else is sent back (RFC 1122 sections
// 3.2.2.6 and 3.2.2.8).
func TestAnswerOptions(t *testing.T) {
	const noon = "\x02\x93\x2e\x0f" // 43200015 ms
	epoch := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC).Add(-10*time.Second + 15*time.Millisecond)
	const us = "\xc0\xa8\x45\x01"
	for _, c := range []struct{ name, options, want string }{
		{"nothing to record", "\x01\x1e\x04\x01\x02\x94\x04\x00\x00", ""},
		{"a route", "\x07\x0b\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\x07\x0b\x08" + us + "\x00\x00\x00\x00\x00"},
		{"a route with somebody in it", "\x01\x07\x0b\x08\x0a\x00\x00\x01\x00\x00\x00\x00", "\x07\x0b\x0c\x0a\x00\x00\x01" + us + "\x00"},
		{"a full route", "\x07\x07\x08\x0a\x00\x00\x01\x00", "\x07\x07\x08\x0a\x00\x00\x01\x00"},
		{"times", "\x44\x0c\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\x44\x0c\x09\x00" + noon + "\x00\x00\x00\x00"},
		{"times and addresses", "\x44\x0c\x05\x01\x00\x00\x00\x00\x00\x00\x00\x00", "\x44\x0c\x0d\x01" + us + noon},
		{"no room for a time", "\x44\x08\x09\x20\x00\x00\x00\x01", "\x44\x08\x09\x30\x00\x00\x00\x01"},
		{"our time is asked for", "\x44\x0c\x05\x03" + us + "\x00\x00\x00\x00", "\x44\x0c\x0d\x03" + us + noon},
		{"another's time is asked for", "\x44\x0c\x05\x03\x0a\x00\x00\x01\x00\x00\x00\x00", "\x44\x0c\x05\x03\x0a\x00\x00\x01\x00\x00\x00\x00"},
		{"both", "\x07\x07\x04\x00\x00\x00\x00\x01\x44\x08\x05\x00\x00\x00\x00\x00", "\x07\x07\x08" + us + "\x44\x08\x09\x00" + noon + "\x00"},
	} {
		for _, typ := range []dissect.ICMPv4Type{dissect.ICMPv4EchoRequest, dissect.ICMPv4Timestamp} {
			h := newBench(t, Config{Epoch: epoch})
			h.knowPeer()
			h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP, Options: ipOptions([]byte(c.options)...)}, icmpMessage(typ, 0, make([]byte, 12))))
			ip := h.lastPacket()
			if got := string(ip.Options()); got != c.want || len(ip.Payload()) != 20 {
				t.Errorf("%s, %v: % x, want % x, and %d bytes", c.name, typ, got, c.want, len(ip.Payload()))
			}
		}
	}
}

// Without Epoch, times are marked as not being those of the day.
func TestNonstandardTimestamp(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	h.wait(90 * time.Minute)
	h.sent()
	h.knowPeer()
	h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4Timestamp, 0, []byte("\x01\x02\x03\x04\xff\xff\xff\xff\xff\xff\xff\xffmore"))))
	p := h.lastPacket().Payload()
	now := binary.BigEndian.Uint32(p[12:])
	if len(p) != 20 || string(p[8:12]) != "\x01\x02\x03\x04" || now != 1<<31+(90*60+10)*1000 || binary.BigEndian.Uint32(p[16:]) != now {
		t.Errorf("% x", p)
	}
	h.counted("ICMPTimestamps", 1)
	// It answers one host alone, and may be told not to.
	f := ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP, Dst: broadcast4}, icmpMessage(dissect.ICMPv4Timestamp, 0, make([]byte, 12)))
	h.rx(broadcastFrame(f))
	h.expect()
	checkAccounts(t, h.Stack)
	h = newBench(t, Config{NoTimestamps: true})
	h.knowPeer()
	h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4Timestamp, 0, make([]byte, 12))))
	h.expect()
	h.counted("ICMPIgnored", 1)
}

// An address mask request, and what else hosts do not answer.
func TestICMPRequestsIgnored(t *testing.T) {
	h := newBench(t, Config{EchoBroadcast: true})
	h.knowPeer()
	for i, typ := range []dissect.ICMPv4Type{
		dissect.ICMPv4Mask, dissect.ICMPv4MaskReply, dissect.ICMPv4Information, dissect.ICMPv4RouterSolicitation, dissect.ICMPv4RouterAdvertisement,
		dissect.ICMPv4TimestampReply, dissect.ICMPv4Redirect, 200,
	} {
		body := make([]byte, 12)
		if typ == dissect.ICMPv4Redirect {
			body = ipPacket(dissect.IPv4Header{Src: ourIP, Dst: netip.MustParseAddr("8.8.8.8"), Protocol: 17}, make([]byte, 8))
		}
		h.rx(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(typ, 0, body)))
		h.counted("ICMPIgnored", uint64(i+1))
	}
	h.expect()
	if len(h.Routes()) != 0 {
		t.Errorf("routes %v", h.Routes())
	}
}

// trap fragments.9: options without the copied flag are in the first fragment only (RFC 791 3.1, X-138).
func TestOptionsOfFragments(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	options := ipOptions(7, 7, 4, 0, 0, 0, 0, 1, 148, 4, 0, 0)
	u := h.openUDP("192.168.69.1:7", UDPOptions{Options: options, ECN: dissect.ECT0})
	if err := u.SendTo(bytesOf(4000), netip.AddrPortFrom(peerIP, 9)); err != nil {
		t.Fatal(err)
	}
	h.poll()
	whole := make([]byte, 4008)
	n := 0
	for i, f := range h.dev.out {
		ip := dissect.IPv4(f[14:])
		want := string(options.Bytes())
		if i > 0 {
			want = "\x94\x04\x00\x00"
		}
		if string(ip.Options()) != want || ip.TotalLen() > 1500 || ip.ECN() != dissect.ECT0 {
			t.Errorf("fragment %d: options % x, %d bytes", i, ip.Options(), ip.TotalLen())
		}
		n += copy(whole[ip.FragmentOffset():], ip[:ip.TotalLen()].Payload())
	}
	h.sent()
	if n != len(whole) || !dissect.UDP(whole).ChecksumOK(dissect.PseudoHeaderSum(ourIP, peerIP, dissect.ProtoUDP, n)) {
		t.Errorf("%d bytes, wrong together", n)
	}
}

// trap fragments.8: what is cut and is a fragment already keeps its ID, its place, and that others follow (RFC 791 3.2, X-029, X-136). One with DF
// is not cut.
func TestCutFragment(t *testing.T) {
	h := newBench(t, Config{})
	payload := bytesOf(1400)
	p := ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, ID: 77, Protocol: 200, FragmentOffset: 800, MoreFragments: true}, payload)
	h.ifc.mtu = 576
	h.ifc.transmit(p, peerMAC)
	h.expectPieces(t, 77, 800, payload)
	h.ifc.transmit(ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, DontFragment: true, Protocol: 200}, payload), peerMAC)
	h.expect()
	h.counted("TxTooBig", 1)
}

// expectPieces checks that the frames sent are a fragment, from base on, in pieces.
func (h *bench) expectPieces(t *testing.T, id uint16, base int, payload []byte) {
	t.Helper()
	off := 0
	for _, f := range h.dev.out {
		ip := dissect.IPv4(f[14:])
		b := ip.Payload()
		if ip.ID() != id || !ip.MoreFragments() || ip.FragmentOffset() != base+off || off+len(b) > len(payload) || string(b) != string(payload[off:off+len(b)]) {
			t.Errorf("piece at %d: %+v", off, ip.Header())
		}
		off += len(b)
	}
	if off != len(payload) || len(h.dev.out) < 2 {
		t.Errorf("%d bytes in %d pieces", off, len(h.dev.out))
	}
	h.dev.out = nil
}

// Options of a program's own: they count for sizes, IPv6 has none of them, and source routes are refused.
func TestUDPOptionsSent(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	for _, b := range [][]byte{{131, 7, 4, 10, 0, 0, 1, 0}, {137, 7, 8, 10, 0, 0, 1, 0}, {7, 1}, {7, 9, 4}, {30}} {
		if _, err := h.ListenUDP(ap("192.168.69.1:7"), UDPOptions{Options: ipOptions(b...)}); err != ErrBadOptions {
			t.Errorf("% x: %v", b, err)
		}
		if _, err := h.ListenRaw(any4, 200, RawOptions{Options: ipOptions(b...)}); err != ErrBadOptions {
			t.Errorf("raw, % x: %v", b, err)
		}
	}
	u := h.openUDP("[::]:7", UDPOptions{Options: ipOptions(148, 4, 0, 0, 1), DontFragment: true})
	peer := netip.AddrPortFrom(peerIP, 9)
	if err := u.SendTo(make([]byte, 1465), peer); err != ErrMessageSize {
		t.Errorf("%v", err)
	}
	if err := u.SendTo(make([]byte, 1464), peer); err != nil {
		t.Errorf("%v", err)
	}
	h.poll()
	if ip := h.lastPacket(); len(ip) != 1500 || string(ip.Options()) != "\x94\x04\x00\x00\x01\x00\x00\x00" {
		t.Errorf("%d bytes, options % x", len(ip), ip.Options())
	}
	lo := h.openUDP("[::1]:8", UDPOptions{})
	if err := u.SendTo([]byte("x"), lo.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	h.poll()
	if recv(lo) != "x" {
		t.Error("IPv6 is disturbed")
	}
}
