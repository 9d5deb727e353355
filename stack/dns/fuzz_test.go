package dns

import (
	"encoding/binary"
	"math/rand"
	"net/netip"
	"testing"
	"time"
)

// FuzzResolver gives a resolver answers that fit the question in what the input does not change, over UDP, TCP and multicast. Whatever
// comes: every lookup ends within its time, with records that were asked for, sockets are closed, and memory is bounded.
func FuzzResolver(f *testing.F) {
	q := &Message{Questions: []Question{{mustName("www.example"), typeA, 1}}}
	for _, m := range []*Message{
		reply(q, 0, rr("www.example", typeA, 60, 1, 2, 3, 4)),
		reply(q, 0, cname("www.example", "end.example", 60), rr("end.example", typeA, 60, 1, 2, 3, 4)),
		reply(q, 0, cname("www.example", "www.example", 60)),
		reply(q, RcodeNoName), reply(q, RcodeServFail),
		{Header: reply(q, RcodeNoName).Header, Questions: q.Questions, Authority: []Record{soa("example", 60, 60)}},
	} {
		f.Add(m.Append(nil), uint8(0))
		f.Add(m.Append(nil), uint8(0xff))
	}
	f.Fuzz(func(t *testing.T, data []byte, how uint8) {
		b := newBench(t, Config{CacheSize: 4 << 10, MixedCase: how&1 != 0, TCP: how&2 != 0, Timeout: 100 * time.Millisecond})
		name := "www.example"
		if how&4 != 0 {
			name = "www.local"
		}
		b.lookup(name, typeA, typeTXT)
		start := b.now
		for len(b.results) == 0 {
			for len(b.actions) > 0 && len(b.results) == 0 {
				a, q := b.sent()
				answer := append([]byte{}, data...)
				if len(answer) >= 2 && how&8 == 0 {
					binary.BigEndian.PutUint16(answer, q.Header.ID)
				}
				question := (&Message{Questions: q.Questions}).Append(nil)[12:]
				if end := 12 + len(question); len(answer) >= end && how&16 == 0 {
					copy(answer[12:], question)
				}
				if b.open[a.Flow].Op == OpenTCP && how&32 == 0 {
					answer = AppendPrefixed(nil, answer)
				}
				from := a.To
				if a.Op == OpenMulticast {
					from = onLink
				}
				b.receive(a.Flow, from, answer)
				b.receive(a.Flow, from, answer)
			}
			if len(b.results) == 0 {
				b.tick()
			}
			if b.now-start > 20*60*sec {
				t.Fatal("the lookup does not end")
			}
		}
		if len(b.results) != 2 || len(b.open) != 0 || b.r.cache.size > 4<<10 {
			t.Fatalf("%d results, %d sockets, %d bytes in the cache", len(b.results), len(b.open), b.r.cache.size)
		}
		for _, res := range b.results {
			at, end := res.Name, false
			for _, r := range res.Records {
				if end = r.Type == res.Type; !r.Name.Equal(at) || !end && r.Type != typeCNAME {
					t.Fatalf("asked for %v %v, got %s", res.Name, res.Type, text(res.Records))
				}
				if !end {
					at, _ = r.Target()
				}
			}
			if res.Err == nil && !end {
				t.Fatalf("no error and no records: %+v", res)
			}
		}
	})
}

// FuzzResponder gives a responder any message: it stays within its bounds, and every message it sends can be read.
func FuzzResponder(f *testing.F) {
	f.Add(question("host.local", typeA, 1).Append(nil), uint8(0))
	f.Add(response(flushed(rr("host.local", typeA, 120, 1, 2, 3, 4))).Append(nil), uint8(3))
	probe := question("host.local", TypeANY, 0x8001)
	probe.Authority = []Record{rr("host.local", typeA, 120, 192, 168, 69, 7)}
	f.Add(probe.Append(nil), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, how uint8) {
		m, err := NewResponder(ResponderConfig{Name: "host", Rand: rand.New(rand.NewSource(int64(how)))})
		if err != nil {
			t.Fatal(err)
		}
		d := &desk{t: t, m: m, now: sec}
		m.SetAddrs(d.now, ourPrefixes)
		for range how % 8 {
			if _, ok := m.Deadline(); ok {
				d.tick()
			}
		}
		for _, from := range []netip.AddrPort{peer, program, peer} {
			m.Receive(d.now, from, data)
			if len(m.out) > 64 || len(m.events) > 16 || len(m.delayed) > maxDelayed {
				t.Fatalf("%d messages, %d events, %d delayed", len(m.out), len(m.events), len(m.delayed))
			}
		}
		for range 20 {
			for d.sent() != "" {
			}
			if _, ok := m.Deadline(); ok {
				d.tick()
			}
		}
		if _, ok := m.Deadline(); ok {
			t.Fatal("it does not come to rest")
		}
	})
}
