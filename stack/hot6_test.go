package stack

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// newPair6 is newPair over IPv6: fdaa::1 and fdaa::2.
func newPair6(t testing.TB, cfg Config) *pair {
	ca, cb := &cable{}, &cable{}
	ca.peer, cb.peer = cb, ca
	p := &pair{}
	cfg.DADTransmits = -1
	for i, dev := range []*cable{ca, cb} {
		cfg.Rand = rand.NewChaCha8([32]byte{byte(i)})
		s := New(cfg)
		_, err := s.AddInterface(dev, InterfaceConfig{
			HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, byte(i)},
			Addrs:        []netip.Prefix{netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfd, 0xaa, 15: byte(i + 1)}), 64)},
		})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			p.a = s
		} else {
			p.b = s
		}
	}
	return p
}

func (p *pair) connect6(t testing.TB) (c, d *TCPSocket) {
	to := netip.MustParseAddrPort("[fdaa::2]:80")
	l, err := p.b.ListenTCP(to, TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if c, err = p.a.DialTCP(to, TCPOptions{}); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		p.round()
	}
	if d, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return c, d
}

// bulk6 has c write and d read for ever, and counts what d got.
func bulk6(c, d *TCPSocket, total *int) {
	buf := bytesOf(64 << 10)
	c.SetHandler(func() {
		for {
			if _, err := c.Write(buf); err != nil {
				return
			}
		}
	})
	d.SetHandler(func() {
		x, y := d.Peek()
		*total += len(x) + len(y)
		d.Discard(len(x) + len(y))
	})
}

// Moving bulk data over IPv6 allocates nothing, in whole Polls of both ends.
func TestBulkDoesNotAllocate6(t *testing.T) {
	p := newPair6(t, Config{TCP: tcp.Config{RcvBuf: 1 << 18, SndBuf: 1 << 18}})
	c, d := p.connect6(t)
	total := 0
	bulk6(c, d, &total)
	for range 1000 {
		p.round()
	}
	before := total
	if allocs := testing.AllocsPerRun(1000, p.round); allocs != 0 {
		t.Errorf("%v allocations in two Polls", allocs)
	}
	if moved := (total - before) / 1000; moved < 10000 {
		t.Errorf("only %d bytes moved in a round", moved)
	}
}

// Nor do datagrams, pings, solicitations and extension headers.
func TestSmallPacketsDoNotAllocate6(t *testing.T) {
	h := newBench6(t, Config{ICMPPeerRate: 1 << 30, ICMPRate: 1 << 30})
	h.knowPeer6()
	u := h.openUDP("[::]:7", UDPOptions{})
	var buf [64]byte
	u.SetHandler(func() {
		for {
			n, m, err := u.Recv(buf[:])
			if err != nil {
				return
			}
			_ = u.Send(buf[:n], m)
		}
	})
	pad := []byte{1, 4, 0, 0, 0, 0}
	dev := &replay{frames: [][]byte{
		udp6Frame(dissect.IPv6Header{}, 9, 7, "hello"), echo6Frame(dissect.IPv6Header{}, 56), udp6Frame(dissect.IPv6Header{}, 9, 8, "nobody"),
		udp6Frame(dissect.IPv6Header{Src: peerLink, Dst: ourLink}, 9, 7, "with a zone"), nsFrame(peerIP6, ourIP6, ourIP6, peerMAC),
		chained(dissect.IPv6Header{}, header6{dissect.ProtoHopByHop, pad}, header6{dissect.ProtoDestOpts, pad}),
		tcp6Frame(dissect.IPv6Header{}, dissect.TCPHeader{SrcPort: 9, DstPort: 9, Flags: dissect.SYN}, ""),
	}}
	h.ifc.dev = dev
	run := func() {
		dev.left = 7
		h.Stack.Poll(h.at)
	}
	run()
	if allocs := testing.AllocsPerRun(100, run); allocs != 0 {
		t.Errorf("%v allocations for seven packets", allocs)
	}
	if dev.sent < 600 {
		t.Errorf("%d answers", dev.sent)
	}
}

func BenchmarkBulk6(b *testing.B) {
	p := newPair6(b, Config{TCP: tcp.Config{RcvBuf: 1 << 20, SndBuf: 1 << 20}})
	c, d := p.connect6(b)
	total := 0
	bulk6(c, d, &total)
	for range 1000 {
		p.round()
	}
	total = 0
	b.SetBytes(64 << 10)
	b.ReportAllocs()
	for b.Loop() {
		for total < 64<<10 {
			p.round()
		}
		total -= 64 << 10
	}
}
