package stack

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"smoltcp/dissect"
)

// Everything that the stack sends over IPv6 means to another parser what it means to ours: frames of each kind, their layers by name.
func TestGopacketReads(t *testing.T) {
	h := startBench6(t, Config{}, InterfaceConfig{Addrs: prefixes("fdaa::1/64", "fe80::1/64"), Autoconf: true})
	h.wait(20 * time.Second)
	h.rx(nsFrame(peerIP6, ourIP6, ourIP6, peerMAC), echo6Frame(dissect.IPv6Header{}, 56), udp6Frame(dissect.IPv6Header{}, 9, 9, "closed"),
		frame6(dissect.IPv6Header{NextHeader: 200}, []byte("data")), tcp6Frame(dissect.IPv6Header{}, dissect.TCPHeader{SrcPort: 9, DstPort: 9, Flags: dissect.SYN}, ""))
	u := h.openUDP("[::]:7", UDPOptions{})
	_ = u.SendTo([]byte("small"), netip.AddrPortFrom(peerIP6, 9))
	_ = u.SendTo(bytesOf(3000), netip.AddrPortFrom(peerIP6, 9))
	_ = u.SendTo([]byte("who is there"), netip.AddrPortFrom(ip6("fdaa::77"), 9))
	h.poll()
	seen := make(map[gopacket.LayerType]int)
	for _, f := range h.dev.out {
		p := gopacket.NewPacket(f, layers.LayerTypeEthernet, gopacket.Default)
		if e := p.ErrorLayer(); e != nil {
			t.Errorf("% x: %v", f, e.Error())
			continue
		}
		six, ok := p.Layer(layers.LayerTypeIPv6).(*layers.IPv6)
		// Known difference: gopacket takes the length of a packet for that of what follows the Hop-by-Hop header, and calls the
		// packet truncated.
		if !ok || int(six.Length) > len(f)-54 || p.Metadata().Truncated && six.HopByHop == nil {
			t.Errorf("% x: %v", f, p)
			continue
		}
		for _, l := range p.Layers() {
			seen[l.LayerType()]++
		}
		// Checksums: a layer that gopacket makes of the same bytes has the same.
		var sum, want uint16
		fill := func(l gopacket.SerializableLayer, payload []byte) {
			if err := gopacket.SerializeLayers(gopacket.NewSerializeBuffer(), gopacket.SerializeOptions{ComputeChecksums: true}, l, gopacket.Payload(payload)); err != nil {
				t.Fatal(err)
			}
		}
		if l, ok := p.Layer(layers.LayerTypeUDP).(*layers.UDP); ok {
			sum = l.Checksum
			_ = l.SetNetworkLayerForChecksum(six)
			fill(l, l.Payload)
			want = l.Checksum
		}
		if l, ok := p.Layer(layers.LayerTypeTCP).(*layers.TCP); ok {
			sum = l.Checksum
			_ = l.SetNetworkLayerForChecksum(six)
			fill(l, l.Payload)
			want = l.Checksum
		}
		if l, ok := p.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6); ok {
			sum = l.Checksum
			_ = l.SetNetworkLayerForChecksum(six)
			fill(l, l.Payload[:int(six.Length)-(len(l.Contents)+len(hopByHop(six)))])
			want = l.Checksum
		}
		if sum != want {
			t.Errorf("checksum %#x, want %#x: %v", sum, want, p)
		}
	}
	for _, want := range []gopacket.LayerType{
		layers.LayerTypeICMPv6NeighborSolicitation, layers.LayerTypeICMPv6NeighborAdvertisement, layers.LayerTypeICMPv6RouterSolicitation,
		layers.LayerTypeMLDv2MulticastListenerReport, layers.LayerTypeIPv6HopByHop, layers.LayerTypeICMPv6Echo, layers.LayerTypeUDP,
		layers.LayerTypeTCP, layers.LayerTypeIPv6Fragment,
	} {
		if seen[want] == 0 {
			t.Errorf("no %s among %v", want, seen)
		}
	}
	if n := seen[layers.LayerTypeIPv6Fragment]; n != 3 {
		t.Errorf("%d fragments", n)
	}
}

// hopByHop is the Hop-by-Hop header, empty if there is none.
func hopByHop(six *layers.IPv6) []byte {
	if six.HopByHop == nil {
		return nil
	}
	return six.HopByHop.Contents
}
