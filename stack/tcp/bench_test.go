package tcp

import (
	"testing"

	"smoltcp/dissect"
)

// BenchmarkAck is what an ACK costs that acknowledges one segment of many in flight, alone and with a SACK block that grows.
func BenchmarkAck(b *testing.B) {
	for _, sack := range []bool{false, true} {
		name := "in order"
		if sack {
			name = "SACK"
		}
		b.Run(name, func(b *testing.B) {
			const flight = 512
			g := &Config{RcvBuf: 4 << 20, SndBuf: 4 << 20}
			p := newPair(g, g)
			text := make([]byte, flight*p.a.smss())
			next := flight
			var una Seq
			b.ReportAllocs()
			for b.Loop() {
				if next == flight {
					b.StopTimer()
					p.exchange()
					p.b.Discard(p.now, p.b.Readable())
					p.exchange()
					p.a.rec.cwnd, p.a.rec.phase, p.a.sndWnd = 1<<30, PhaseOpen, 4<<20
					p.a.Write(p.now, text)
					una = p.a.sndUna
					for p.a.Output(p.now, &p.out) {
					}
					if n := int(p.a.sndNxt - una); n != len(text) {
						b.Fatalf("%d bytes in flight of %d", n, len(text))
					}
					next = 0
					b.StartTimer()
				}
				next++
				p.now += 1000
				edge := una + Seq(next*p.a.smss())
				s := Segment{Seq: p.a.rcvNxt, Ack: edge, Flags: dissect.ACK, Window: uint16(60_000)}
				s.Options.HasTimestamps, s.Options.TSVal, s.Options.TSEcr = true, p.a.tsRecent, p.a.tsNow()
				if sack && next < flight {
					s.Ack = una
					s.Options.NumSACK = 1
					s.Options.SACK[0] = dissect.SACKBlock{Left: uint32(una) + uint32(p.a.smss()), Right: uint32(edge) + uint32(p.a.smss())}
				}
				p.a.Input(p.now, &s)
				p.a.Deadline()
				if next == flight {
					b.StopTimer()
					p.b.rcvNxt, p.b.rcvAdv = p.a.sndNxt, p.a.sndNxt+4<<20
					b.StartTimer()
				}
			}
		})
	}
}
