package stack

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// serveFuzz opens a TCP listener on port 80 and a UDP socket on port 7 of an address, which echo what comes.
func serveFuzz(h *bench, addr string) {
	l := h.listen(addr+":80", TCPOptions{})
	l.SetHandler(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.SetHandler(func() {
				a, b := c.Peek()
				n, _ := c.Write(a)
				m, _ := c.Write(b[:min(len(b), len(a))])
				c.Discard(n + m)
				if c.EOF() || c.State() == tcp.Closed {
					c.Close()
				}
			})
		}
	})
	u := h.openUDP(addr+":7", UDPOptions{ReportErrors: true})
	u.SetHandler(func() {
		var buf [64]byte
		for {
			n, m, err := u.Recv(buf[:])
			if errors.Is(err, ErrWouldBlock) {
				return
			}
			if err == nil {
				_ = u.Send(buf[:n], m)
			}
		}
	})
}

// watchFuzz opens raw sockets, one of which sends back what comes, and taps. Two are never read.
func watchFuzz(h *bench, local string, proto dissect.IPProto) {
	h.openRaw(local, proto, RawOptions{ReportErrors: true})
	k := h.openRaw(local, 200, RawOptions{ReportErrors: true})
	k.SetHandler(func() {
		for {
			b, m, err := k.Peek()
			if err == nil {
				_ = k.SendTo(b[m.HeaderLen:], m.Src)
			}
			if _, _, err := k.Recv(nil); errors.Is(err, ErrWouldBlock) {
				return
			}
		}
	})
	h.OpenTap(nil, TapOptions{RcvBuf: 2048})
	tap := h.OpenTap(h.ifc, TapOptions{Snaplen: 100})
	tap.SetHandler(func() {
		for {
			if _, err := tap.Next(); err != nil {
				return
			}
		}
	})
}

// fuzzHost is a stack with every kind of socket open, all of them with handlers that use what they get.
func fuzzHost(t testing.TB) *bench {
	h := newBench(t, Config{
		TCP: tcp.Config{RcvBuf: 512, SndBuf: 512, FastOpen: true, AccurateECN: true, AccurateECNOption: true}, Backlog: 4, MaxConns: 32, Neighbors: 8, NeighborQueueBytes: 4096,
		ReassemblyMemory: 16384, UDPRcvBuf: 2048, UDPSndBuf: 2048, TxQueue: 16, Redirects: true, Events: func(e Event) { _ = e.String() },
	})
	serveFuzz(h, "0.0.0.0")
	watchFuzz(h, "0.0.0.0", dissect.ProtoICMP)
	if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: peerIP}); err != nil {
		t.Fatal(err)
	}
	h.openUDP("0.0.0.0:9", UDPOptions{}) // never read
	_, _ = h.DialTCP(netip.AddrPortFrom(peerIP, 80), TCPOptions{Local: ap("0.0.0.0:1000")})
	e, err := h.OpenEcho(EchoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	delete(h.echoes, e.id)
	e.id = 0x1234 // that of the seeds
	h.echoes[e.id] = e
	e.SetHandler(func() {
		for {
			if _, _, err := e.Recv(nil); err != nil {
				return
			}
		}
	})
	if err := e.Send(peerIP, 1, nil); err != nil {
		t.Fatal(err)
	}
	h.poll()
	h.dev.out = nil
	return h
}

// FuzzStack gives a stack frames, each preceded by its length and by how much time passes before it. Nothing may
// panic, hang, escape the accounts, or grow without bound.
func FuzzStack(f *testing.F) {
	var all []byte
	add := func(frames ...[]byte) {
		var in []byte
		for _, b := range frames {
			in = append(binary.BigEndian.AppendUint16(in, uint16(len(b))), 1)
			in = append(in, b...)
		}
		all = append(all, in...)
		f.Add(in)
	}
	seg := func(flags dissect.TCPFlags, seq, ack uint32, data string) []byte {
		return tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: seq, Ack: ack, Flags: flags}, data)
	}
	add(arpFrame(dissect.ARPRequest, peerMAC, peerIP, dissect.MAC{}, ourIP), echoFrame(dissect.IPv4Header{}, 10))
	add(seg(dissect.SYN, 1000, 0, ""), seg(dissect.ACK, 1001, 1, "data"), seg(dissect.FIN|dissect.ACK, 1005, 1, ""), seg(dissect.RST, 1001, 0, ""))
	add(tcpFrame(dissect.IPv4Header{}, dissect.TCPHeader{SrcPort: 80, DstPort: 1000, Flags: dissect.SYN | dissect.ACK}, ""))
	add(udpFrame(dissect.IPv4Header{}, 9, 7, "hello"), udpFrame(dissect.IPv4Header{}, 9, 9, "hello"), udpFrame(dissect.IPv4Header{}, 9, 10, "hello"))
	add(fragmentsOf(dissect.IPv4Header{ID: 7, Protocol: dissect.ProtoICMP}, icmpMessage(8, 0, bytesOf(100)), 40)...)
	add(ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(3, 3, ipPacket(dissect.IPv4Header{Src: ourIP, Dst: peerIP, Protocol: 17}, make([]byte, 8)))))
	add(ipFrame(dissect.IPv4Header{Protocol: 200, Options: ipOptions(131, 7, 4, 1, 2, 3, 4, 0)}, nil))
	add(echoFrame(dissect.IPv4Header{Options: ipOptions(7, 7, 4, 0, 0, 0, 0, 1, 68, 12, 5, 3, 192, 168, 69, 1, 0, 0, 0, 0)}, 10),
		ipFrame(dissect.IPv4Header{Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4Timestamp, 0, make([]byte, 12))))
	add(redirectFrame(peerIP, 1, "192.168.69.101", dissect.IPv4Header{Src: ourIP, Dst: netip.MustParseAddr("8.8.8.8")}))
	add(ipFrame(dissect.IPv4Header{Protocol: 200}, []byte("raw")))
	f.Add(all)
	f.Fuzz(func(t *testing.T, in []byte) {
		h := fuzzHost(t)
		for len(in) >= 3 {
			n, pause := int(binary.BigEndian.Uint16(in)), in[2]
			in = in[3:]
			n = min(n, len(in))
			frame := append([]byte{}, in[:n]...)
			in = in[n:]
			heal(frame)
			h.dev.room = int(pause&3) * 4
			h.rx(frame)
			if pause > 200 {
				h.wait(time.Duration(pause-200) * time.Second)
			} else {
				h.wait(time.Duration(pause) * time.Millisecond)
			}
		}
		checkAccounts(t, h.Stack)
		checkBounds(t, h)
		h.dev.room = 1 << 30
		h.wait(time.Hour)
		checkBounds(t, h)
		if h.reassembly.cost != 0 || h.ifc.neighbors.waiting != 0 || h.ifc.Stalled() {
			t.Errorf("after an hour: %d bytes of fragments, %d waiting for neighbors, stalled %v", h.reassembly.cost, h.ifc.neighbors.waiting, h.ifc.Stalled())
		}
	})
}

// heal makes the checksums and addresses of most frames right, so that noise gets behind the first checks.
func heal(f []byte) {
	if len(f) < 34 || f[0]&0x40 != 0 { // this bit of the destination leaves the frame alone
		return
	}
	copy(f, ourMAC[:])
	ip := dissect.IPv4(f[14:])
	if dissect.Ethernet(f).Type() != dissect.EtherTypeIPv4 || ip.Check() != nil {
		return
	}
	if ip[1]&0x80 == 0 {
		ip.SetTotalLen(len(ip))
		dst := ourIP.As4()
		copy(ip[16:], dst[:])
		ip[12], ip[13], ip[14] = 192, 168, 69
	}
	if p := ip.Payload(); !ip.IsFragment() {
		pseudo := dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), ip.Protocol(), len(p))
		switch {
		case ip.Protocol() == dissect.ProtoTCP && dissect.TCP(p).Check() == nil:
			dissect.TCP(p).FillChecksum(pseudo)
		case ip.Protocol() == dissect.ProtoUDP && len(p) >= 8:
			dissect.UDP(p).SetLength(len(p))
			dissect.UDP(p).FillChecksum(pseudo)
		case ip.Protocol() == dissect.ProtoICMP && len(p) >= 8:
			dissect.ICMPv4(p).FillChecksum()
		}
	}
	ip.FillChecksum()
}

// checkBounds checks that nothing exceeds its configured limit.
func checkBounds(t testing.TB, h *bench) {
	t.Helper()
	c := &h.ifc.neighbors
	for _, b := range []struct {
		name     string
		n, limit int
	}{
		{"connections", h.tcp.conns.len(), h.cfg.MaxConns},
		{"bytes of TCP buffers", h.tcp.memory.Used(), h.cfg.TCPMemory + h.tcp.conns.len()*4096},
		{"neighbors", c.known.len, h.cfg.Neighbors},
		{"neighbors being resolved", c.pending.len, h.cfg.Neighbors},
		{"neighbor entries", len(c.entries), c.known.len + c.pending.len},
		{"bytes waiting for neighbors", c.waiting, h.cfg.NeighborQueueBytes + h.cfg.Neighbors*largeBuffer},
		{"bytes of fragments", h.reassembly.cost, h.cfg.ReassemblyMemory},
		{"frames waiting for the device", h.ifc.txq.len(), h.cfg.TxQueue + 64},
		{"request times", len(c.limit.last), requestsPerSecond},
		{"timers", len(h.timers.heap), h.tcp.conns.len() + len(c.entries) + len(h.ifc.addrs4) + 2},
		{"redirections", len(h.ifc.redirects), maxRedirects},
	} {
		if b.n > b.limit {
			t.Errorf("%d %s, limit %d", b.n, b.name, b.limit)
		}
	}
	for _, k := range h.raws {
		if k.rcvBytes > k.rcvBuf && k.rcv.len() > 1 || k.sndBytes > k.sndBuf && k.snd.len() > 1 {
			t.Errorf("a raw socket holds %d and %d bytes", k.rcvBytes, k.sndBytes)
		}
	}
	for _, k := range h.taps {
		if k.bytes > k.opt.RcvBuf && k.queue.len() > 1 {
			t.Errorf("a tap holds %d bytes", k.bytes)
		}
	}
	for port, list := range h.udp.ports {
		for _, u := range list {
			if u.rcvBytes > u.rcvBuf && u.rcv.len() > 1 || u.sndBytes > u.sndBuf && u.snd.len() > 1 {
				t.Errorf("UDP port %d holds %d and %d bytes", port, u.rcvBytes, u.sndBytes)
			}
		}
	}
}
