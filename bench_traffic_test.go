//go:build linux

package main

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"os"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
)

// traffic makes packets as a server sees them, for measuring: mostly TCP with timestamps, a third of it bare acknowledgments, beside
// DNS, other UDP, ping and ARP, one packet in ten over IPv6 and one in thirty tagged. The same seed gives the same packets.
type traffic struct {
	rng   *rand.Rand
	now   int64
	flows []trafficFlow
	frame []byte
	text  [1500]byte
}

// trafficFlow is a connection or a conversation over UDP.
type trafficFlow struct {
	client, server netip.Addr
	port           uint16 // of the client
	service        uint16
	udp, tagged    bool
	seq            [2]uint32
}

var trafficStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newTraffic(flows int) *traffic {
	g := &traffic{rng: rand.New(rand.NewPCG(1, 2)), now: trafficStart.UnixNano()}
	for i := range g.text {
		g.text[i] = byte(g.rng.Uint32())
	}
	g.flows = make([]trafficFlow, flows)
	for i := range g.flows {
		f := &g.flows[i]
		// Connections first differ in the client's port, then in its address.
		host, port := i/20000, i%20000
		f.client, f.server = netip.AddrFrom4([4]byte{10, byte(host >> 16), byte(host >> 8), byte(host + 1)}), netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + i%7)})
		if i%10 == 9 {
			f.client = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 14: byte(host >> 8), 15: byte(host)})
			f.server = netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 0xff, 15: byte(1 + i%7)})
		}
		f.port = uint16(32768 + port)
		f.service = [...]uint16{443, 443, 443, 22, 8080, 5432, 443, 993}[i%8]
		f.udp, f.tagged = i%8 == 6, i%30 == 17
		f.seq = [2]uint32{g.rng.Uint32(), g.rng.Uint32()}
	}
	return g
}

// next gives the next packet, whose bytes are lent until the one after it.
func (g *traffic) next() (at int64, frame []byte) {
	g.now += int64(g.rng.IntN(20_000))
	switch n := g.rng.IntN(100); {
	case n < 2:
		g.arp()
	case n < 5:
		g.ping()
	case n < 15:
		g.dns()
	default:
		f := &g.flows[g.rng.IntN(len(g.flows))]
		if f.udp {
			g.datagram(f)
		} else {
			g.segment(f)
		}
	}
	return g.now, g.frame
}

var (
	trafficClient = dissect.MAC{0x02, 0, 0, 0, 0, 0x64}
	trafficServer = dissect.MAC{0x02, 0, 0, 0, 0, 0x01}
)

// ip begins a frame with an IP packet of n bytes behind its header.
func (g *traffic) ip(src, dst netip.Addr, out, tagged bool, proto dissect.IPProto, n int) {
	eth := dissect.EthernetHeader{Src: trafficClient, Dst: trafficServer, Type: dissect.EtherTypeIPv4}
	if out {
		eth.Src, eth.Dst = eth.Dst, eth.Src
	}
	network := dissect.EtherTypeIPv4
	if src.Is6() {
		network = dissect.EtherTypeIPv6
	}
	eth.Type = network
	if tagged {
		eth.Type = dissect.EtherTypeVLAN
	}
	g.frame = eth.Append(g.frame[:0])
	if tagged {
		tag := dissect.VLANHeader{ID: 7, Type: network}
		g.frame = tag.Append(g.frame)
	}
	if src.Is6() {
		h := dissect.IPv6Header{PayloadLen: n, NextHeader: proto, HopLimit: 64, Src: src, Dst: dst}
		g.frame = h.Append(g.frame)
		return
	}
	h := dissect.IPv4Header{TotalLen: dissect.IPv4MinHeaderLen + n, ID: uint16(g.now >> 10), DontFragment: true, TTL: 64, Protocol: proto, Src: src, Dst: dst}
	g.frame = h.Append(g.frame)
}

// data appends n bytes of text.
func (g *traffic) data(n int) { g.frame = append(g.frame, g.text[:n]...) }

// segment is the next of a connection.
func (g *traffic) segment(f *trafficFlow) {
	side := g.rng.IntN(2)
	n := 0
	switch kind := g.rng.IntN(20); {
	case kind < 7:
	case kind < 17:
		n = 20 + g.rng.IntN(200)
	default:
		n = 1448
		if f.client.Is6() {
			n = 1428
		}
	}
	src, dst, ports := f.client, f.server, [2]uint16{f.port, f.service}
	if side == 1 {
		src, dst, ports = dst, src, [2]uint16{f.service, f.port}
	}
	h := dissect.TCPHeader{SrcPort: ports[0], DstPort: ports[1], Seq: f.seq[side], Ack: f.seq[1-side], Flags: dissect.ACK, Window: 501}
	if n > 0 {
		h.Flags |= dissect.PSH
	}
	h.Options.AddNop()
	h.Options.AddNop()
	h.Options.AddTimestamps(uint32(g.now>>20), uint32(g.now>>20)-3)
	length := h.HeaderLen() + n
	g.ip(src, dst, side == 1, f.tagged, dissect.ProtoTCP, length)
	at := len(g.frame)
	g.frame = h.Append(g.frame)
	g.data(n)
	dissect.TCP(g.frame[at:]).FillChecksum(dissect.PseudoHeaderSum(src, dst, dissect.ProtoTCP, length))
	f.seq[side] += uint32(n)
}

// datagram is one of a conversation over UDP whose content nobody knows.
func (g *traffic) datagram(f *trafficFlow) {
	n := 30 + g.rng.IntN(1200)
	if g.rng.IntN(2) == 0 {
		g.udp(f.client, f.server, f.port, f.service, false, f.tagged, n, nil)
	} else {
		g.udp(f.server, f.client, f.service, f.port, true, f.tagged, n, nil)
	}
}

// udp makes a datagram of message, or of n bytes of text.
func (g *traffic) udp(src, dst netip.Addr, from, to uint16, out, tagged bool, n int, message []byte) {
	n += len(message)
	length := dissect.UDPHeaderLen + n
	g.ip(src, dst, out, tagged, dissect.ProtoUDP, length)
	at := len(g.frame)
	g.frame = dissect.UDPHeader{SrcPort: from, DstPort: to, Length: uint16(length)}.Append(g.frame)
	if message != nil {
		g.frame = append(g.frame, message...)
	} else {
		g.data(n)
	}
	dissect.UDP(g.frame[at:]).FillChecksum(dissect.PseudoHeaderSum(src, dst, dissect.ProtoUDP, length))
}

// dns is a question, or an answer with an address.
func (g *traffic) dns() {
	names := [...]string{"www.example.com", "cdn.example.net", "a-rather-long-name.of.a-service.example.org", "example.com"}
	name, answer := names[g.rng.IntN(len(names))], g.rng.IntN(2) == 1
	h := dissect.DNSHeader{ID: uint16(g.rng.Uint32()), RecursionDesired: true, Questions: 1}
	if answer {
		h.Response, h.RecursionAvailable, h.Answers = true, true, 1
	}
	m, err := dissect.AppendDNSQuestion(h.Append(nil), name, dissect.DNSTypeA, 1)
	if err != nil {
		panic(err)
	}
	client, server := netip.AddrFrom4([4]byte{10, 0, 0, 1}), netip.AddrFrom4([4]byte{192, 0, 2, 53})
	port := uint16(20000 + g.rng.IntN(20000))
	if answer {
		m = append(m, 0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 198, 51, 100, byte(g.rng.Uint32()))
		g.udp(server, client, 53, port, true, false, 0, m)
	} else {
		g.udp(client, server, port, 53, false, false, 0, m)
	}
}

// ping is an echo request.
func (g *traffic) ping() {
	g.ip(netip.AddrFrom4([4]byte{10, 0, 0, 1}), netip.AddrFrom4([4]byte{192, 0, 2, 1}), false, false, dissect.ProtoICMP, 64)
	at := len(g.frame)
	g.frame = append(g.frame, 8, 0, 0, 0, 0x12, 0x34, byte(g.now>>28), byte(g.now>>20))
	g.data(56)
	binary.BigEndian.PutUint16(g.frame[at+2:], dissect.Sum(0).Add(g.frame[at:]).Checksum())
}

// arp asks who has an address.
func (g *traffic) arp() {
	eth := dissect.EthernetHeader{Src: trafficClient, Dst: dissect.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, Type: dissect.EtherTypeARP}
	h := dissect.NewARPRequest(trafficClient, netip.AddrFrom4([4]byte{10, 0, 0, 1}), netip.AddrFrom4([4]byte{10, 0, 0, byte(g.rng.Uint32())}))
	g.frame = h.Append(eth.Append(g.frame[:0]))
}

// writeTraffic writes a pcap file of so many packets of so many flows, or of so many bytes if that comes to less, and tells how many
// packets there are.
func writeTraffic(t *testing.T, name string, flows, packets int, bytes int64) (written int) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w, err := capture.NewPcapWriter(file, dissect.LinkEthernet, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	g := newTraffic(flows)
	for size := int64(0); written < packets && size < bytes; written++ {
		at, frame := g.next()
		if err := w.Write(&capture.Packet{Time: at, Data: frame, Len: len(frame), Link: dissect.LinkEthernet}); err != nil {
			t.Fatal(err)
		}
		size += int64(16 + len(frame))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return written
}
