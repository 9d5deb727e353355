package dns

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
)

// mdnsAnswer is what a responder sends to a one-shot question.
func mdnsAnswer(q *Message, answer ...Record) *Message {
	m := &Message{Questions: q.Questions, Answer: answer}
	m.Header = dissect.DNSHeader{ID: q.Header.ID, Response: true, Authoritative: true}
	return m
}

func flushed(r Record) Record {
	r.Class |= topBit
	return r
}

// traps dns.3, dns.11 and dns.14: a one-shot question is for both families at once, goes to both groups without RD, and is over in a few
// seconds.
func TestMulticastQuestion(t *testing.T) {
	for _, name := range []string{"printer.local", "PRINTER.LOCAL.", "a.b.Local", "4.3.254.169.in-addr.arpa"} {
		b := newBench(t, Config{Search: []Name{mustName("example")}})
		b.lookup(name, typeA, typeAAAA)
		for _, op := range []Op{OpenMulticast, Again} {
			for _, group := range []netip.AddrPort{Group4, Group6} {
				_, q := b.expect(op, group)
				if q.Header.RecursionDesired || len(q.Questions) != 2 || q.Questions[0].Type != typeA || q.Questions[1].Type != typeAAAA ||
					q.Questions[0].Class != 1 || len(q.Additional) != 0 {
					t.Errorf("%s: %+v", name, q)
				}
			}
			b.quiet()
			b.tick()
		}
		for range 2 {
			if res := b.result(); res.Err != ErrTimeout || res.Elapsed != 3*time.Second || !res.Multicast || res.Cached {
				t.Errorf("%s: %+v", name, res)
			}
		}
	}
	b := newBench(t, Config{NoMulticast: true})
	b.lookup("printer.local", typeA)
	b.expect(OpenUDP, server1)
	b = newBench(t, Config{Search: []Name{mustName("local"), mustName("example")}})
	b.lookup("printer", typeA)
	b.expect(OpenMulticast, Group4)
	b.expect(OpenMulticast, Group6)
	b.tick()
	b.actions = nil
	b.tick()
	if a, q := b.expect(OpenUDP, server1); q.Questions[0].Name != mustName("printer.example") {
		t.Errorf("after silence: %v %+v", a, q)
	}
}

// Answers end the question: both at once, one and a while for the other, or one that says that there is no other.
func TestMulticastAnswers(t *testing.T) {
	v4, v6 := flushed(rr("printer.local", typeA, 120, 192, 168, 69, 7)), flushed(rr("printer.local", typeAAAA, 120, make([]byte, 16)...))
	noV6 := flushed(rr("printer.local", dissect.DNSTypeNSEC, 120, appendTypeSet([]byte(mustName("printer.local")), typeA)...))
	for _, c := range []struct {
		name       string
		answer     *Message
		wait       Time
		err4, err6 error
	}{
		{"both", &Message{Answer: []Record{v4, v6}}, 0, nil, nil},
		{"one as an extra", &Message{Answer: []Record{v4}, Additional: []Record{v6}}, 0, nil, nil},
		{"only one", &Message{Answer: []Record{v4}, Additional: []Record{noV6}}, 0, nil, ErrNoData},
		{"one", &Message{Answer: []Record{v4}}, multicastGrace, nil, ErrNoData},
		{"another case", &Message{Answer: []Record{flushed(rr("Printer.LOCAL", typeA, 9, 1, 2, 3, 4)), v6}}, 0, nil, nil},
	} {
		b := newBench(t, Config{})
		b.lookup("printer.local", typeA, typeAAAA)
		_, _ = b.sent()
		a, q := b.expect(OpenMulticast, Group6)
		m := mdnsAnswer(q, c.answer.Answer...)
		m.Additional = c.answer.Additional
		b.now += 50 * ms
		start := b.now
		if !b.receive(a.Flow, onLink, m.Append(nil)) {
			t.Errorf("%s: did not count", c.name)
		}
		if c.wait > 0 {
			b.quiet()
			b.tick()
		}
		if b.now-start != c.wait {
			t.Errorf("%s: took %v", c.name, b.now-start)
		}
		res4, res6 := b.result(), b.result()
		if res4.Err != c.err4 || res6.Err != c.err6 || res4.Server != onLink || !res4.Multicast || res4.Records[0].Class != 1 {
			t.Errorf("%s: %+v and %+v", c.name, res4, res6)
		}
		// It is remembered, though not for long.
		b.lookup("PRINTER.local", typeA)
		if res := b.result(); !res.Cached || res.Records[0].TTL > 10 {
			t.Errorf("%s: %+v", c.name, res)
		}
		b.now += Time(legacyTTL)
		b.lookup("printer.local", typeA)
		b.expect(OpenMulticast, Group4)
	}
}

// traps dns.12 and dns.13: what does not count as an answer to a multicast question, and changes nothing.
func TestMulticastHostile(t *testing.T) {
	for _, c := range []struct {
		name   string
		from   string
		change func(m *Message)
	}{
		{"from off the link", "192.0.2.1:5353", nil},
		{"from off the link, IPv6", "[2001:db8::1]:5353", nil},
		{"from another port", "192.168.69.7:53", nil},
		{"NXDOMAIN", "192.168.69.7:5353", func(m *Message) { m.Header.Rcode, m.Answer = 3, nil }},
		{"records with a code", "192.168.69.7:5353", func(m *Message) { m.Header.Rcode = 2 }},
		{"a query", "192.168.69.7:5353", func(m *Message) { m.Header.Response = false }},
		{"another opcode", "192.168.69.7:5353", func(m *Message) { m.Header.Opcode = 5 }},
		{"another ID", "192.168.69.7:5353", func(m *Message) { m.Header.ID++ }},
		{"another question", "192.168.69.7:5353", func(m *Message) { m.Questions = []Question{{mustName("x.local"), typeA, 1}} }},
		{"another name", "192.168.69.7:5353", func(m *Message) { m.Answer[0].Name = mustName("x.local") }},
		{"nothing", "192.168.69.7:5353", func(m *Message) { m.Answer = nil }},
		{"an address of 5 bytes", "192.168.69.7:5353", func(m *Message) { m.Answer[0].Data = make([]byte, 5) }},
	} {
		b := newBench(t, Config{})
		b.lookup("printer.local", typeA)
		a, q := b.sent()
		b.actions = nil
		m := mdnsAnswer(q, rr("printer.local", typeA, 120, 6, 6, 6, 6))
		if c.change != nil {
			c.change(m)
		}
		before, _ := b.r.Deadline()
		if b.receive(a.Flow, netip.MustParseAddrPort(c.from), m.Append(nil)) {
			t.Errorf("%s: counted", c.name)
		}
		if after, _ := b.r.Deadline(); after != before {
			t.Errorf("%s: deadline %v, before %v", c.name, after, before)
		}
		b.quiet()
		if coded := m.Header.Rcode != 0; coded != (b.r.Counters.RejectedCode == 1) {
			t.Errorf("%s: counters %+v", c.name, b.r.Counters)
		}
		if !b.receive(a.Flow, onLink, mdnsAnswer(q, rr("printer.local", typeA, 120, 1, 2, 3, 4)).Append(nil)) {
			t.Errorf("%s: then the good one did not count", c.name)
		}
		if res := b.result(); text(res.Records) != "printer.local. 120 IN A 1.2.3.4" {
			t.Errorf("%s: %+v", c.name, res)
		}
	}

	// An answer of multicast DNS is none to a question for a server.
	b := newBench(t, Config{})
	b.lookup("www.example.", typeA)
	a, q := b.sent()
	if b.receive(a.Flow, onLink, mdnsAnswer(q, rr("www.example", typeA, 120, 6, 6, 6, 6)).Append(nil)) || len(b.results) > 0 {
		t.Error("multicast DNS answered for a server")
	}
	// Link-local sources are on the link.
	b = newBench(t, Config{})
	b.lookup("printer.local.", typeA)
	a, q = b.sent()
	if !b.receive(a.Flow, netip.MustParseAddrPort("[fe80::7%tap0]:5353"), mdnsAnswer(q, rr("printer.local", typeA, 120, 1, 2, 3, 4)).Append(nil)) {
		t.Error("fe80::7 is not on the link")
	}
}

// A socket that fails leaves the other group; without any the lookup fails.
func TestMulticastFail(t *testing.T) {
	b := newBench(t, Config{})
	b.lookup("printer.local", typeA)
	a4, _ := b.sent()
	a6, q6 := b.sent()
	noRoute := errors.New("no route")
	b.r.Fail(b.now, a4.Flow, noRoute)
	b.drain()
	b.quiet()
	b.receive(a6.Flow, onLink, mdnsAnswer(q6, rr("printer.local", typeA, 0, 1, 2, 3, 4)).Append(nil))
	if res := b.result(); res.Err != nil {
		t.Error(res.Err)
	}
	b.lookup("printer.local", typeA)
	for range 2 {
		a, _ := b.sent()
		b.r.Fail(b.now, a.Flow, noRoute)
		b.drain()
	}
	if res := b.result(); res.Err != noRoute {
		t.Error(res.Err)
	}
}
