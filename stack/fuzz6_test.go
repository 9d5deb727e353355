package stack

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// fuzzHost6 is fuzzHost over IPv6, on an interface that configures itself.
func fuzzHost6(t testing.TB) *bench {
	h := startBench6(t, Config{
		TCP: tcp.Config{RcvBuf: 512, SndBuf: 512}, Backlog: 4, MaxConns: 32, Neighbors: 8, NeighborQueueBytes: 4096, ReassemblyMemory: 16384,
		UDPRcvBuf: 2048, UDPSndBuf: 2048, TxQueue: 16, PathMTUs: 8, Events: func(e Event) { _ = e.String() },
	}, InterfaceConfig{Addrs: prefixes("fdaa::1/64", "fe80::1/64"), Autoconf: true, Temporary: true})
	serveFuzz(h, "[::]")
	watchFuzz(h, "::", dissect.ProtoICMPv6)
	_ = h.ifc.JoinGroup(ip6("ff15::7"))
	h.wait(3 * time.Second)
	_, _ = h.DialTCP(netip.AddrPortFrom(peerIP6, 80), TCPOptions{Local: ap("[::]:1000")})
	h.poll()
	h.dev.out = nil
	return h
}

// FuzzStack6 is FuzzStack for IPv6: frames, each preceded by its length and by how much time passes before it.
func FuzzStack6(f *testing.F) {
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
	plain := dissect.IPv6Header{}
	seg := func(flags dissect.TCPFlags, seq, ack uint32, data string) []byte {
		return tcp6Frame(plain, dissect.TCPHeader{SrcPort: 5000, DstPort: 80, Seq: seq, Ack: ack, Flags: flags}, data)
	}
	pad := []byte{1, 4, 0, 0, 0, 0}
	add(nsFrame(peerIP6, ourIP6, ourIP6, peerMAC), echo6Frame(plain, 10), naFrame(ourIP6, peerIP6, "SO", peerMAC))
	add(nsFrame(peerIP6, ourIP6, ourIP6, peerMAC), seg(dissect.SYN, 1000, 0, ""), seg(dissect.ACK, 1001, 1, "data"), seg(dissect.FIN|dissect.ACK, 1005, 1, ""))
	add(udp6Frame(plain, 9, 7, "hello"), udp6Frame(plain, 9, 10, "hello"), udp6Frame(dissect.IPv6Header{Src: peerLink, Dst: ourLink}, 9, 7, "hello"))
	add(fragments6(plain, 7, dissect.ProtoICMPv6, nil, echo6Message(100), 40)...)
	add(chained(plain, header6{dissect.ProtoHopByHop, pad}, header6{dissect.ProtoDestOpts, pad}, header6{dissect.ProtoRouting, []byte{0, 0}}, header6{kind: dissect.ProtoFragment}))
	add(raFrame(dissect.RouterAdvertisementHeader{Lifetime: 1800, HopLimit: 64, RetransTimer: 100, ReachableTime: 1000}, prefixOption(usual),
		mtuOption(1400), sourceOption(otherMAC), routeOption(netip.MustParsePrefix("2600::/16"), 0, 60, 8), dnsOption(60, "2600::53")))
	add(queryFrame(2, plain, any6, 1000), queryFrame(1, plain, ip6("ff15::7"), 10))
	add(error6Frame(dissect.ICMPv6PacketTooBig, 0, 1280, frame6(dissect.IPv6Header{Src: ourIP6, Dst: peerIP6, NextHeader: 17}, make([]byte, 8))[14:]))
	f.Add(all)
	f.Fuzz(func(t *testing.T, in []byte) {
		h := fuzzHost6(t)
		for len(in) >= 3 {
			n, pause := int(binary.BigEndian.Uint16(in)), in[2]
			in = in[3:]
			n = min(n, len(in))
			frame := append([]byte{}, in[:n]...)
			in = in[n:]
			heal6(frame)
			h.dev.room = int(pause&3) * 4
			h.rx(frame)
			if pause > 200 {
				h.wait(time.Duration(pause-200) * time.Second)
			} else {
				h.wait(time.Duration(pause) * time.Millisecond)
			}
			if err := h.Verify(); err != nil {
				t.Fatal(err)
			}
		}
		checkAccounts(t, h.Stack)
		checkBounds6(t, h)
		h.dev.room = 1 << 30
		h.wait(time.Hour)
		checkBounds6(t, h)
		if h.reassembly.cost != 0 || h.ifc.neighbors6.waiting != 0 || h.ifc.Stalled() {
			t.Errorf("after an hour: %d bytes of fragments, %d waiting for neighbors, stalled %v", h.reassembly.cost, h.ifc.neighbors6.waiting, h.ifc.Stalled())
		}
	})
}

// heal6 makes the addresses, lengths and checksums of most frames right, so that noise gets behind the first checks.
func heal6(f []byte) {
	if len(f) < 54 || f[0]&0x40 != 0 {
		return
	}
	ip := dissect.IPv6(f[14:])
	if dissect.Ethernet(f).Type() != dissect.EtherTypeIPv6 || ip.Check() != nil {
		return
	}
	if f[0]&1 == 0 {
		copy(f, ourMAC[:])
	}
	if ip[1]&0x80 == 0 {
		ip.SetPayloadLen(len(ip) - dissect.IPv6HeaderLen)
		if !ip.Dst().IsMulticast() && ip.Dst() != ourLink {
			dst := ourIP6.As16()
			copy(ip[24:], dst[:])
		}
		if src := ip.Src(); src.IsMulticast() {
			ip[8] = 0xfd
		}
	}
	proto, p, ok := transport6(ip)
	if !ok || ip.NextHeader() == dissect.ProtoFragment {
		return
	}
	pseudo := dissect.PseudoHeaderSum(ip.Src(), ip.Dst(), proto, len(p))
	switch {
	case proto == dissect.ProtoTCP && dissect.TCP(p).Check() == nil:
		dissect.TCP(p).FillChecksum(pseudo)
	case proto == dissect.ProtoUDP && len(p) >= 8:
		dissect.UDP(p).SetLength(len(p))
		dissect.UDP(p).FillChecksum(pseudo)
	case proto == dissect.ProtoICMPv6 && len(p) >= 4:
		dissect.ICMPv6(p).FillChecksum(pseudo)
	}
}

// checkBounds6 checks that nothing exceeds its limit.
func checkBounds6(t testing.TB, h *bench) {
	t.Helper()
	c, a := &h.ifc.neighbors6, h.ifc.auto
	for _, b := range []struct {
		name     string
		n, limit int
	}{
		{"connections", h.tcp.conns.len(), h.cfg.MaxConns},
		{"neighbors", c.known.len, h.cfg.Neighbors},
		{"neighbors being resolved", c.pending.len, h.cfg.Neighbors},
		{"neighbor entries", len(c.entries), c.known.len + c.pending.len},
		{"bytes waiting for neighbors", c.waiting, h.cfg.NeighborQueueBytes + h.cfg.Neighbors*largeBuffer},
		{"failed gateways", len(c.failed), maxAdvertised + maxRedirects},
		{"bytes of fragments", h.reassembly.cost, h.cfg.ReassemblyMemory},
		{"frames waiting for the device", h.ifc.txq.len(), h.cfg.TxQueue + 64},
		{"request times", len(c.limit.last), requestsPerSecond},
		{"path MTUs", len(h.paths.entries), h.cfg.PathMTUs},
		{"advertised routes", len(a.routes), maxAdvertised},
		{"routes", len(h.routes), maxAdvertised + maxRedirects},
		{"prefixes", len(a.prefixes), maxAutoPrefix},
		{"name servers", len(a.servers), maxDNSServers},
		{"redirections", len(h.ifc.redirects), maxRedirects},
		{"addresses", len(h.ifc.addrs6), 2 + 6*maxAutoPrefix},
		{"groups", len(h.ifc.groups), 2 + len(h.ifc.addrs6)},
		{"groups that were left", len(h.ifc.mld.leaving), maxLeaving},
		{"timers", len(h.timers.heap), h.tcp.conns.len() + len(c.entries) + 2*len(h.ifc.addrs6) + len(h.ifc.groups) + len(a.prefixes) + maxLeaving + 6},
	} {
		if b.n > b.limit {
			t.Errorf("%d %s, limit %d", b.n, b.name, b.limit)
		}
	}
}
