package dissect

import (
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// benchFrames are what the two decoders are measured on.
func benchFrames() []sample {
	return []sample{
		findSample("tcp/syn"),
		findSample("vlan/udp"),
		findSample("ipv6/udp"),
	}
}

// referenceParser is gopacket's fastest way: layers that are decoded in place, again and again.
type referenceParser struct {
	eth    layers.Ethernet
	dot1q  layers.Dot1Q
	ip4    layers.IPv4
	ip6    layers.IPv6
	udp    layers.UDP
	tcp    layers.TCP
	data   gopacket.Payload
	parser *gopacket.DecodingLayerParser
	found  []gopacket.LayerType
}

func newReferenceParser() *referenceParser {
	r := &referenceParser{}
	r.parser = gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &r.eth, &r.dot1q, &r.ip4, &r.ip6, &r.udp, &r.tcp, &r.data)
	return r
}

func (r *referenceParser) decode(frame []byte) error { return r.parser.DecodeLayers(frame, &r.found) }

// BenchmarkDecode measures one frame on both decoders.
func BenchmarkDecode(b *testing.B) {
	for _, s := range benchFrames() {
		b.Run("smoltcp/"+s.name, func(b *testing.B) {
			var p Packet
			b.ReportAllocs()
			for b.Loop() {
				p.Decode(s.link, s.data, len(s.data))
			}
		})
		b.Run("gopacket/"+s.name, func(b *testing.B) {
			r := newReferenceParser()
			b.ReportAllocs()
			for b.Loop() {
				if err := r.decode(s.data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecodeRatio reports, for each frame, our time as a share of gopacket's: 0.4 at most is wanted. The two take
// turns, and the best round of each counts, so that a busy machine does not decide.
func BenchmarkDecodeRatio(b *testing.B) {
	for _, s := range benchFrames() {
		b.Run(s.name, func(b *testing.B) {
			var p Packet
			r := newReferenceParser()
			ours, theirs := time.Hour, time.Hour
			for b.Loop() {
				const decodes = 1000
				start := time.Now()
				for range decodes {
					p.Decode(s.link, s.data, len(s.data))
				}
				middle := time.Now()
				for range decodes {
					_ = r.decode(s.data)
				}
				ours, theirs = min(ours, middle.Sub(start)), min(theirs, time.Since(middle))
			}
			b.ReportMetric(float64(ours)/float64(theirs), "of-gopacket")
			b.ReportMetric(float64(ours)/1000, "ns/frame")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkFields measures describing every layer of a frame to a sink that does nothing.
func BenchmarkFields(b *testing.B) {
	for _, s := range benchFrames() {
		b.Run(s.name, func(b *testing.B) {
			var p Packet
			p.Decode(s.link, s.data, len(s.data))
			b.ReportAllocs()
			for b.Loop() {
				for i := range p.Layers() {
					p.Fields(&p.Layers()[i], nullSink{})
				}
			}
		})
	}
}
