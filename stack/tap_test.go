package stack

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

// A tap sees what an interface receives and sends, in order, as it was on the wire.
func TestTap(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	all := h.OpenTap(nil, TapOptions{})
	one := h.OpenTap(h.ifc, TapOptions{Snaplen: 20})
	lo := h.OpenTap(h.interfaces[0], TapOptions{})
	pings := h.OpenTap(h.ifc, TapOptions{Filter: func(f TapFrame) bool {
		ip := dissect.IPv4(f.Data[14:])
		return !f.Out && ip.Check() == nil && ip.Protocol() == dissect.ProtoICMP
	}})
	wakes := 0
	pings.SetHandler(func() { wakes++ })
	h.poll()
	wakes = 0
	in := [][]byte{
		echoFrame(dissect.IPv4Header{}, 100),
		unsum(echoFrame(dissect.IPv4Header{}, 4)),
		put(udpFrame(dissect.IPv4Header{}, 1, 2, "another's"), 0, 2, 9, 9, 9, 9, 9),
	}
	h.rx(in...)
	if len(h.dev.out) != 1 {
		t.Fatalf("%d answers", len(h.dev.out))
	}
	out := h.dev.out[0]
	h.sent()
	next := func(k *Tap) TapFrame {
		t.Helper()
		f, err := k.Next()
		if err != nil {
			t.Fatal(err)
		}
		if f.Time != h.at {
			t.Errorf("at %v", f.Time)
		}
		return f
	}
	for i, want := range [][]byte{in[0], out, in[1], in[2]} {
		f := next(all)
		if !bytes.Equal(f.Data, want) || f.Len != len(want) || f.Out != (i == 1) || f.Interface != h.ifc {
			t.Errorf("frame %d: % x out %v of %d, want % x", i, f.Data, f.Out, f.Len, want)
		}
		if f := next(one); !bytes.Equal(f.Data, want[:20]) || f.Len != len(want) {
			t.Errorf("frame %d, cut: % x of %d", i, f.Data, f.Len)
		}
	}
	if a, b := next(pings), next(pings); !bytes.Equal(a.Data[:14], in[0][:14]) || !bytes.Equal(b.Data, in[1]) || wakes == 0 {
		t.Errorf("filtered: % x, % x; %d wakes", a.Data, b.Data, wakes)
	}
	for name, k := range map[string]*Tap{"all": all, "one": one, "lo": lo, "pings": pings} {
		if _, err := k.Next(); err != ErrWouldBlock || k.Readable() {
			t.Errorf("%s: %v", name, err)
		}
	}
	// What is sent to ourselves passes the loopback twice.
	u := h.openUDP("127.0.0.1:7", UDPOptions{})
	if err := u.SendTo([]byte("self"), u.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	h.poll()
	if a, b := next(lo), next(lo); !a.Out || b.Out || string(a.Data[28:]) != "self" {
		t.Errorf("loopback: %+v %+v", a, b)
	}
	h.Stack.Close()
	if _, err := all.Next(); err != ErrClosed || len(h.taps) != 0 {
		t.Errorf("after the stack's close: %v", err)
	}
	all.Close()
}

// A frame that waits for a full device is seen when the device takes it; one that the device loses is not.
func TestTapOfFullDevice(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	k := h.OpenTap(h.ifc, TapOptions{Filter: func(f TapFrame) bool { return f.Out }})
	h.dev.room = 0
	h.rx(echoFrame(dissect.IPv4Header{}, 100))
	if k.Readable() {
		t.Error("seen before it was sent")
	}
	h.dev.room = 1
	h.poll()
	if f, err := k.Next(); err != nil || !bytes.Equal(f.Data, h.dev.out[0]) {
		t.Errorf("% x, %v", f.Data, err)
	}
	h.dev.sendErr = errDevice
	h.rx(echoFrame(dissect.IPv4Header{}, 100))
	if k.Readable() {
		t.Error("seen, and never sent")
	}
}

// A tap that nobody reads holds its limit and no more.
func TestTapIsBounded(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	k := h.OpenTap(h.ifc, TapOptions{RcvBuf: 1000})
	for range 100 {
		h.rx(udpFrame(dissect.IPv4Header{}, 9, 7, "x"))
	}
	if k.queue.len() != 3 || k.bytes != 960 || k.Dropped() == 0 {
		t.Errorf("%d frames, %d bytes, %d dropped", k.queue.len(), k.bytes, k.Dropped())
	}
	k.Close()
	k.Close()
	if _, err := k.Next(); !errors.Is(err, ErrClosed) || len(h.taps) != 0 {
		t.Errorf("after close: %v", err)
	}
}

// Taps and raw sockets cost no allocation for each packet.
func TestTapsDoNotAllocate(t *testing.T) {
	h := newBench(t, Config{})
	h.knowPeer()
	frames, packets := 0, 0
	k := h.OpenTap(nil, TapOptions{})
	k.SetHandler(func() {
		for {
			if _, err := k.Next(); err != nil {
				return
			}
			frames++
		}
	})
	raw := h.openRaw("0.0.0.0", dissect.ProtoICMP, RawOptions{Filter: func([]byte) bool { return true }})
	var buf [100]byte
	raw.SetHandler(func() {
		for {
			if _, _, err := raw.Recv(buf[:]); err != nil {
				return
			}
			packets++
			_ = raw.SendTo(buf[:20], peerIP)
		}
	})
	dev := &replay{frames: [][]byte{echoFrame(dissect.IPv4Header{}, 56)}}
	h.ifc.dev = dev
	run := func() {
		dev.left = 10
		h.Stack.Poll(h.at)
		h.Stack.Poll(h.at)
	}
	run()
	if allocs := testing.AllocsPerRun(100, run); allocs != 0 {
		t.Errorf("%v allocations for ten packets", allocs)
	}
	if frames < 3000 || packets < 1000 {
		t.Errorf("%d frames, %d packets", frames, packets)
	}
}

// A tap on a VLAN sees frames without the tag, one on the interface below with it; what was opened on an interface that is removed is told.
func TestTapVLAN(t *testing.T) {
	h := newBench(t, Config{})
	vlan, err := h.ifc.AddVLAN(5, InterfaceConfig{Addrs: prefixes("10.5.0.1/24")})
	if err != nil {
		t.Fatal(err)
	}
	h.wait(10 * time.Second)
	h.dev.out = nil
	above, below := h.OpenTap(vlan, TapOptions{}), h.OpenTap(h.ifc, TapOptions{})
	raw := h.openRaw("0.0.0.0", 200, RawOptions{Interface: vlan})
	sender := netip.MustParseAddr("10.5.0.9")
	f := arpFrame(dissect.ARPRequest, peerMAC, sender, dissect.MAC{}, netip.MustParseAddr("10.5.0.1"))
	tag := func(f []byte) []byte { return slices.Concat(f[:12], []byte{0x81, 0, 0, 5}, f[12:]) }
	h.rx(tag(f))
	if len(h.dev.out) != 1 {
		t.Fatalf("%d answers", len(h.dev.out))
	}
	for i, want := range [][]byte{tag(f), h.dev.out[0]} {
		if got, err := below.Next(); err != nil || !bytes.HasPrefix(got.Data, want[:46]) || got.Out != (i == 1) {
			t.Errorf("below, %d: % x, want % x, %v", i, got.Data, want, err)
		}
		want = append(want[:12:12], want[16:46]...)
		if got, err := above.Next(); err != nil || !bytes.HasPrefix(got.Data, want) || got.Out != (i == 1) {
			t.Errorf("above, %d: % x, want % x, %v", i, got.Data, want, err)
		}
	}
	woken := 0
	for _, k := range []interface{ SetHandler(func()) }{above, below, raw} {
		k.SetHandler(func() { woken++ })
	}
	h.poll()
	woken = 0
	h.RemoveInterface(vlan)
	h.poll()
	if _, err := above.Next(); err != ErrInterfaceGone || woken != 2 {
		t.Errorf("tap: %v, %d woken", err, woken)
	}
	if _, _, err := raw.Recv(nil); err != ErrInterfaceGone {
		t.Errorf("raw: %v", err)
	}
	if _, err := below.Next(); err != ErrWouldBlock {
		t.Errorf("below: %v", err)
	}
	if err := raw.SendTo(nil, sender); err == nil {
		t.Error("sent by an interface that is gone")
	}
}

// Frames that wait in a tap keep their link type when their interface is removed.
func TestTapOfRemovedInterface(t *testing.T) {
	h := newBench(t, Config{})
	tap := h.OpenTap(h.ifc, TapOptions{})
	h.rx(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP))
	h.RemoveInterface(h.ifc)
	if f, err := tap.Next(); err != nil || f.Link() != dissect.LinkEthernet {
		t.Errorf("a frame of %v, %v", f.Link(), err)
	}
	h.sent()
}
