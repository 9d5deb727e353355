package dns

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// A lookup of both families asks for both at once, gives them together, and then the cache has them for as long as they last.
func TestLookup(t *testing.T) {
	b := newBench(t, Config{})
	id := b.lookup("www.example.com", typeA, typeAAAA)
	a4, q4 := b.expect(OpenUDP, server1)
	a6, q6 := b.expect(OpenUDP, server1)
	if q4.Questions[0] != (Question{mustName("www.example.com"), typeA, 1}) || q6.Questions[0].Type != typeAAAA || !q4.Header.RecursionDesired {
		t.Fatalf("asked %+v and %+v", q4, q6)
	}
	if opt, ok := q4.EDNS(); !ok || opt.Class != 1232 || opt.TTL != 0 {
		t.Errorf("EDNS %v %+v", ok, opt)
	}
	b.now += 20 * ms
	if !b.answer(a4, reply(q4, 0, rr("WWW.example.COM", typeA, 60, 192, 0, 2, 9), rr("www.example.com", typeA, 50, 192, 0, 2, 8))) {
		t.Error("the answer did not count")
	}
	b.quiet()
	b.now += 10 * ms
	b.answer(a6, reply(q6, 0, rr("www.example.com", typeAAAA, 60, append([]byte{0x20, 1, 0xd, 0xb8}, make([]byte, 12)...)...)))
	for i, want := range []string{"www.example.com. 60 IN A 192.0.2.9; www.example.com. 50 IN A 192.0.2.8", "www.example.com. 60 IN AAAA 2001:db8::"} {
		res := b.result()
		if res.ID != id || res.Err != nil || res.Server != server1 || res.Cached || res.TCP || res.Elapsed != 30*time.Millisecond || res.Message == nil {
			t.Errorf("%d: %+v", i, res)
		}
		if got := text(res.Records); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
	if at, ok := b.r.Deadline(); ok {
		t.Errorf("deadline %v with nothing to do", at)
	}

	b.now += 49 * sec
	b.lookup("Www.Example.Com.", typeA)
	if res := b.result(); !res.Cached || text(res.Records) != "www.example.com. 0 IN A 192.0.2.9; www.example.com. 0 IN A 192.0.2.8" || res.Err != nil {
		t.Errorf("from the cache: %+v", res)
	}
	b.now += 2 * sec // TTLs of a set count as the smallest of them
	b.lookup("www.example.com", typeA)
	b.expect(OpenUDP, server1)
}

func text(records []Record) string {
	var lines []string
	for _, r := range records {
		lines = append(lines, strings.ReplaceAll(r.String(), "\t", " "))
	}
	return strings.Join(lines, "; ")
}

// traps dns.1 and dns.2: what comes instead of an answer, and does not count: a change of the right one. The right one counts afterwards.
func TestHostileAnswers(t *testing.T) {
	good := func(q *Message) *Message { return reply(q, 0, rr("example.com", typeA, 60, 192, 0, 2, 9)) }
	evil := rr("example.com", typeA, 600, 6, 6, 6, 6)
	for _, c := range []struct {
		name   string
		from   netip.AddrPort
		change func(m *Message)
		count  func(c *Counters) uint64
	}{
		{"another port", netip.AddrPortFrom(server1.Addr(), 5353), nil, func(c *Counters) uint64 { return c.RejectedSource }},
		{"another server", server2, nil, func(c *Counters) uint64 { return c.RejectedSource }},
		{"another ID", server1, func(m *Message) { m.Header.ID++ }, func(c *Counters) uint64 { return c.RejectedID }},
		{"a query", server1, func(m *Message) { m.Header.Response = false }, func(c *Counters) uint64 { return c.RejectedMessage }},
		{"another opcode", server1, func(m *Message) { m.Header.Opcode = dissect.DNSOpNotify }, func(c *Counters) uint64 { return c.RejectedMessage }},
		{"another name", server1, func(m *Message) { m.Questions[0].Name = mustName("example.org") }, nil},
		{"another type", server1, func(m *Message) { m.Questions[0].Type = typeAAAA }, nil},
		{"another class", server1, func(m *Message) { m.Questions[0].Class = dissect.DNSClassCH }, nil},
		{"no question", server1, func(m *Message) { m.Questions = nil }, nil},
		{"two questions", server1, func(m *Message) { m.Questions = append(m.Questions, m.Questions[0]) }, nil},
		{"NXDOMAIN for another name", server1, func(m *Message) {
			m.Questions[0].Name, m.Header.Rcode, m.Answer = mustName("example.org"), 3, nil
		}, nil},
		{"SERVFAIL for another name", server1, func(m *Message) {
			m.Questions[0].Name, m.Header.Rcode, m.Answer = mustName("example.org"), 2, nil
		}, nil},
		{"truncated for another name", server1, func(m *Message) { m.Questions[0].Name, m.Header.Truncation = mustName("example.org"), true }, nil},
	} {
		b := newBench(t, Config{})
		b.lookup("example.com", typeA)
		a, q := b.expect(OpenUDP, server1)
		m := reply(q, 0, evil)
		if c.change != nil {
			c.change(m)
		}
		before, _ := b.r.Deadline()
		if b.receive(a.Flow, c.from, m.Append(nil)) {
			t.Errorf("%s: counted", c.name)
		}
		after, _ := b.r.Deadline()
		count := c.count
		if count == nil {
			count = func(c *Counters) uint64 { return c.RejectedQuestion }
		}
		if before != after || count(&b.r.Counters) != 1 || len(b.open) != 1 {
			t.Errorf("%s: deadline %v, before %v; %+v", c.name, after, before, b.r.Counters)
		}
		b.quiet()
		if !b.answer(a, good(q)) {
			t.Errorf("%s: then the good answer did not count", c.name)
		}
		if res := b.result(); text(res.Records) != "example.com. 60 IN A 192.0.2.9" {
			t.Errorf("%s: %+v", c.name, res)
		}
		// Nothing of it is remembered.
		b.lookup("example.com", typeA)
		if res := b.result(); text(res.Records) != "example.com. 60 IN A 192.0.2.9" {
			t.Errorf("%s: remembered %+v", c.name, res)
		}
	}
}

// Records that were not asked for change nothing, wherever they stand.
func TestUnaskedRecords(t *testing.T) {
	b := newBench(t, Config{})
	b.lookup("a.example", typeA)
	a, q := b.sent()
	m := reply(q, 0, rr("bank.example", typeA, 900, 6, 6, 6, 6), cname("c.example", "bank.example", 900), rr("a.example", typeA, 60, 192, 0, 2, 1),
		rr("a.example", typeAAAA, 60, make([]byte, 16)...), rr("a.example", typeA, 60, 192, 0, 2, 1))
	m.Additional = []Record{rr("bank.example", typeA, 900, 6, 6, 6, 6)}
	m.Authority = []Record{soa("bank.example", 900, 900)}
	b.answer(a, m)
	if res := b.result(); text(res.Records) != "a.example. 60 IN A 192.0.2.1" {
		t.Errorf("%+v", res)
	}
	for _, name := range []string{"bank.example", "c.example"} {
		b.lookup(name, typeA)
		if a, _ := b.sent(); a.Op != OpenUDP {
			t.Errorf("%s was known", name)
		}
	}
	b.lookup("a.example", typeAAAA)
	b.expect(OpenUDP, server1)
}

// trap dns.3: names are the same in any case, but with MixedCase an answer in another case is asked again over TCP.
func TestCase(t *testing.T) {
	b := newBench(t, Config{})
	b.lookup("EXAMPLE.com", typeA)
	a, q := b.sent()
	m := reply(q, 0, rr("example.COM", typeA, 60, 192, 0, 2, 1))
	m.Questions[0].Name = mustName("example.com")
	if !b.answer(a, m) || b.result().Err != nil {
		t.Error("another case did not count")
	}
	b.lookup("example.Com", typeA)
	if res := b.result(); !res.Cached {
		t.Errorf("not remembered: %+v", res)
	}

	b = newBench(t, Config{MixedCase: true})
	b.lookup("abcdefghijklmnop.example", typeA)
	a, q = b.sent()
	mixed := q.Questions[0].Name
	if want := mustName("abcdefghijklmnop.example"); mixed == want || !mixed.Equal(want) || mixed.fold() != want {
		t.Errorf("asked for %q", mixed)
	}
	m = reply(q, 0, rr("abcdefghijklmnop.example", typeA, 60, 192, 0, 2, 1))
	m.Questions[0].Name = mixed.fold()
	if b.answer(a, m) || b.r.Counters.CaseMismatch != 1 {
		t.Error("another case counted")
	}
	a, q = b.expect(OpenTCP, server1)
	if b.answer(a, reply(q, 0, rr("abcdefghijklmnop.example", typeA, 60, 192, 0, 2, 1))); text(b.result().Records) != "abcdefghijklmnop.example. 60 IN A 192.0.2.1" {
		t.Error("not over TCP either")
	}
	b.lookup("another.example", typeA)
	a, q = b.sent()
	if !b.answer(a, reply(q, 0, rr("another.example", typeA, 60, 192, 0, 2, 1))) || b.result().Err != nil {
		t.Error("the same case did not count")
	}
}

// trap dns.4: what a server cannot answer the next one is asked at once, and it is not asked again; when all fail, so does the lookup.
func TestNextServer(t *testing.T) {
	refused := errors.New("connection refused")
	for _, c := range []struct {
		name string
		fail func(b *bench, a Action, q *Message)
		err  error
	}{
		{"SERVFAIL", func(b *bench, a Action, q *Message) { b.answer(a, reply(q, RcodeServFail)) }, ErrServer},
		{"REFUSED", func(b *bench, a Action, q *Message) { b.answer(a, reply(q, RcodeRefused)) }, ErrServer},
		{"FORMERR", func(b *bench, a Action, q *Message) { b.answer(a, reply(q, RcodeFormatError)) }, ErrServer},
		{"NOTIMP without a question", func(b *bench, a Action, q *Message) {
			m := reply(q, RcodeNotImpl)
			m.Questions = nil
			b.answer(a, m)
		}, ErrServer},
		{"unreachable", func(b *bench, a Action, q *Message) { b.r.Fail(b.now, a.Flow, refused); b.drain() }, refused},
		{"a referral", func(b *bench, a Action, q *Message) {
			m := reply(q, 0)
			m.Header.RecursionAvailable = false
			m.Authority = []Record{rr("example", dissect.DNSTypeNS, 60, []byte(mustName("ns.example"))...)}
			b.answer(a, m)
		}, ErrServer},
		{"records cut short", func(b *bench, a Action, q *Message) {
			data := reply(q, 0, rr("example", typeA, 60, 1, 2, 3, 4)).Append(nil)
			b.receive(a.Flow, a.To, data[:len(data)-1])
		}, ErrMessage},
		{"an address of 3 bytes", func(b *bench, a Action, q *Message) { b.answer(a, reply(q, 0, rr("example", typeA, 60, 1, 2, 3))) }, ErrMessage},
		{"NXDOMAIN with records", func(b *bench, a Action, q *Message) {
			b.answer(a, reply(q, RcodeNoName, rr("example", typeA, 60, 1, 2, 3, 4)))
		}, ErrMessage},
	} {
		for _, all := range []bool{false, true} {
			b := newBench(t, Config{UDPSize: 512, Servers: []netip.AddrPort{server1, server3}})
			b.lookup("example.", typeA)
			a, q := b.expect(OpenUDP, server1)
			c.fail(b, a, q)
			a, q = b.expect(OpenUDP, server3)
			if all {
				c.fail(b, a, q)
				if res := b.result(); res.Err != c.err || res.Elapsed != 0 || res.Records != nil || (res.Rcode != 0) != (res.Message != nil) {
					t.Errorf("%s by all: %+v", c.name, res)
				}
			} else {
				b.answer(a, reply(q, 0, rr("example", typeA, 60, 1, 2, 3, 4)))
				if res := b.result(); res.Err != nil || res.Server != server3 || res.Elapsed != 0 {
					t.Errorf("%s: %+v", c.name, res)
				}
			}
			b.quiet()
		}
	}
	b := newBench(t, Config{})
	b.lookup("example.", typeA)
	a, q := b.sent()
	b.answer(a, reply(q, RcodeRefused))
	for len(b.results) == 0 {
		b.tick()
	}
	if res := b.result(); res.Err != ErrServer || res.Rcode != RcodeRefused || res.Server != server1 || len(res.Message) == 0 {
		t.Errorf("one refuses and one is silent: %+v", res)
	}
	b = newBench(t, Config{Servers: []netip.AddrPort{}})
	b.lookup("example.", typeA)
	if res := b.result(); res.Err != ErrNoServers {
		t.Errorf("without servers: %v", res.Err)
	}
}

// trap dns.5: a silent server is asked again only after the others, by the same socket, and a late answer counts.
func TestSilentServers(t *testing.T) {
	b := newBench(t, Config{Servers: []netip.AddrPort{server1, server2, server3}})
	start := b.now
	b.lookup("example.", typeA)
	type step struct {
		at Time
		op Op
		to netip.AddrPort
	}
	var got []step
	var first Action
	var query *Message
	for len(b.results) == 0 {
		for len(b.actions) > 0 {
			a, q := b.sent()
			if first.To == (netip.AddrPort{}) {
				first, query = a, q
			}
			if _, edns := q.EDNS(); edns == (len(got) >= 6) {
				t.Errorf("question %d: EDNS %v", len(got), edns)
			}
			got = append(got, step{(b.now - start) / sec, a.Op, a.To})
		}
		b.tick()
	}
	want := []step{
		{0, OpenUDP, server1}, {2, OpenUDP, server2}, {4, OpenUDP, server3}, {6, Again, server1}, {10, Again, server2}, {14, Again, server3},
		{18, Again, server1}, {26, Again, server2}, {34, Again, server3},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("asked\n%v, want\n%v", got, want)
	}
	if res := b.result(); res.Err != ErrTimeout || res.Elapsed != 42*time.Second {
		t.Errorf("%+v", res)
	}
	if b.answer(first, reply(query, 0)) {
		t.Error("an answer after the end counted")
	}

	// The answer of the first comes when the second is asked.
	b = newBench(t, Config{})
	b.lookup("example.", typeA)
	a, q := b.expect(OpenUDP, server1)
	b.tick()
	b.expect(OpenUDP, server2)
	b.answer(a, reply(q, 0, rr("example", typeA, 60, 1, 2, 3, 4)))
	if res := b.result(); res.Err != nil || res.Server != server1 {
		t.Errorf("a late answer: %+v", res)
	}
	// One that stays silent comes behind the others for a while.
	b.lookup("b.example.", typeA)
	b.expect(OpenUDP, server1)
	b.tick()
	a, q = b.expect(OpenUDP, server2)
	b.answer(a, reply(q, 0, rr("b.example", typeA, 60, 1, 2, 3, 4)))
	b.result()
	b.lookup("c.example.", typeA)
	b.expect(OpenUDP, server2)
	b.now += silentTime
	b.lookup("d.example.", typeA)
	a, _ = b.expect(OpenUDP, server1)
	b.r.Fail(b.now, a.Flow, errors.New("unreachable")) // as good as silent
	b.drain()
	b.expect(OpenUDP, server2)
	b.lookup("e.example.", typeA)
	b.expect(OpenUDP, server2)
}

// trap dns.6: other servers: what is under way asks them from the start, and what was known is forgotten.
func TestSetServers(t *testing.T) {
	b := newBench(t, Config{})
	b.lookup("known.example.", typeA)
	a, q := b.sent()
	b.answer(a, reply(q, 0, rr("known.example", typeA, 600, 1, 2, 3, 4)))
	b.result()
	b.lookup("example.", typeA)
	old, oldQuery := b.expect(OpenUDP, server1)
	b.tick()
	b.expect(OpenUDP, server2)
	b.r.SetServers(b.now, []netip.AddrPort{netip.AddrPortFrom(server3.Addr(), 0)}, nil)
	b.drain()
	a, q = b.expect(OpenUDP, server3)
	if len(b.open) != 1 {
		t.Errorf("%d sockets are open", len(b.open))
	}
	if b.answer(old, reply(oldQuery, 0, rr("example", typeA, 60, 6, 6, 6, 6))) {
		t.Error("the answer of a former server counted")
	}
	b.answer(a, reply(q, 0, rr("example", typeA, 60, 1, 2, 3, 4)))
	if res := b.result(); res.Err != nil || res.Server != server3 {
		t.Errorf("%+v", res)
	}
	b.lookup("known.example.", typeA)
	b.expect(OpenUDP, server3)
}

// trap dns.7: a truncated answer is asked for again over TCP, and never taken as whole.
func TestTruncated(t *testing.T) {
	truncated := func(b *bench) (Action, *Message) {
		a, q := b.expect(OpenUDP, server1)
		m := reply(q, 0, rr("example", typeA, 60, 1, 2, 3, 4))
		m.Header.Truncation = true
		b.answer(a, m)
		a, q = b.expect(OpenTCP, server1)
		if len(b.open) != 1 || len(b.results) > 0 {
			b.t.Fatalf("open %v, results %v", b.open, b.results)
		}
		return a, q
	}
	b := newBench(t, Config{})
	b.lookup("example.", typeA)
	a, q := truncated(b)
	var many []Record
	for i := range 2000 {
		many = append(many, rr("example", typeA, 60, 10, 0, byte(i>>8), byte(i)))
	}
	stream := AppendPrefixed(nil, reply(q, 0, many...).Append(nil))
	for n := 1; len(stream) > 0; n = n*3 + 1 { // in pieces
		n = min(n, len(stream))
		b.receive(a.Flow, a.To, stream[:n])
		stream = stream[n:]
	}
	if res := b.result(); res.Err != nil || len(res.Records) != 2000 || !res.TCP {
		t.Errorf("%d records, %v", len(res.Records), res.Err)
	}

	for name, fail := range map[string]func(b *bench, a Action, q *Message){
		"end":    func(b *bench, a Action, q *Message) { b.r.Fail(b.now, a.Flow, io.EOF); b.drain() },
		"silent": func(b *bench, a Action, q *Message) { b.tick() },
		"truncated again": func(b *bench, a Action, q *Message) {
			m := reply(q, 0, rr("example", typeA, 60, 1, 2, 3, 4))
			m.Header.Truncation = true
			b.answer(a, m)
		},
	} {
		b := newBench(t, Config{Servers: []netip.AddrPort{server1}, Attempts: 1})
		b.lookup("example.", typeA)
		a, q := truncated(b)
		b.receive(a.Flow, a.To, []byte{0, 3, 1, 2, 3}) // no message, and half of one
		b.quiet()
		fail(b, a, q)
		if res := b.result(); !errors.Is(res.Err, ErrTruncated) || res.Records != nil {
			t.Errorf("%s: %+v", name, res)
		}
		b.quiet()

		b = newBench(t, Config{})
		b.lookup("example.", typeA)
		a, q = truncated(b)
		fail(b, a, q)
		a, q = b.expect(OpenUDP, server2)
		b.answer(a, reply(q, 0, rr("example", typeA, 60, 5, 6, 7, 8)))
		if res := b.result(); text(res.Records) != "example. 60 IN A 5.6.7.8" {
			t.Errorf("%s, then another server: %+v", name, res)
		}
	}
}

// A server that does not know EDNS is asked without it, at once and from then on.
func TestEDNSRefused(t *testing.T) {
	for _, code := range []Rcode{RcodeFormatError, RcodeNotImpl, RcodeBadVersion} {
		b := newBench(t, Config{})
		b.lookup("example.", typeA)
		a, q := b.expect(OpenUDP, server1)
		m := reply(q, code)
		if code > 15 {
			m.Additional = []Record{{Name: Root, Type: dissect.DNSTypeOPT, Class: 1232, TTL: uint32(code) >> 4 << 24}}
		}
		b.answer(a, m)
		a, q = b.expect(OpenUDP, server1)
		if _, ok := q.EDNS(); ok {
			t.Errorf("%v: EDNS again", code)
		}
		b.answer(a, reply(q, 0, rr("example", typeA, 0, 1, 2, 3, 4)))
		if res := b.result(); res.Err != nil {
			t.Errorf("%v: %v", code, res.Err)
		}
		b.lookup("example.", typeA) // its TTL was zero: it is asked again
		if _, q = b.expect(OpenUDP, server1); len(q.Additional) > 0 {
			t.Errorf("%v: EDNS was not forgotten", code)
		}
	}
}

// trap dns.8: pending questions have different IDs, even if the random source repeats itself, and sockets of their
// own; the same question is asked once for all who want it.
func TestPending(t *testing.T) {
	b := newBench(t, Config{Rand: bytes.NewReader(nil)})
	b.lookup("a.example.", typeA)
	b.lookup("b.example.", typeA)
	b.lookup("A.example.", typeA)
	a, qa := b.sent()
	c, qc := b.sent()
	b.quiet()
	if qa.Header.ID == qc.Header.ID || a.Flow == c.Flow {
		t.Fatalf("IDs %d and %d, flows %d and %d", qa.Header.ID, qc.Header.ID, a.Flow, c.Flow)
	}
	if b.receive(a.Flow, server1, reply(qc, 0).Append(nil)) {
		t.Error("the answer to one counted for the other")
	}
	b.answer(c, reply(qc, 0, rr("b.example", typeA, 60, 2, 2, 2, 2)))
	b.answer(a, reply(qa, 0, rr("a.example", typeA, 60, 1, 1, 1, 1)))
	for i, want := range []string{"b.example. 60 IN A 2.2.2.2", "a.example. 60 IN A 1.1.1.1", "a.example. 60 IN A 1.1.1.1"} {
		if res := b.result(); text(res.Records) != want {
			t.Errorf("%d: %+v, want %s", i, res, want)
		}
	}

	// IDs are random.
	b = newBench(t, Config{Rand: rand.New(rand.NewSource(7))})
	ids := map[uint16]bool{}
	for i := range 200 {
		b.lookup(fmt.Sprintf("h%d.example.", i), typeA)
		_, q := b.sent()
		ids[q.Header.ID>>8] = true
	}
	if len(ids) < 90 {
		t.Errorf("200 IDs have only %d different upper halves", len(ids))
	}
}

// Aliases are followed within an answer and by further questions, so far and no further.
func TestAliases(t *testing.T) {
	b := newBench(t, Config{})
	b.lookup("www.example.", typeA)
	a, q := b.sent()
	// The target's records are not there, and the order is odd.
	b.answer(a, reply(q, 0, cname("mid.example", "end.example", 50), cname("www.example", "mid.example", 60)))
	a, q = b.expect(OpenUDP, server1)
	if q.Questions[0].Name != mustName("end.example") {
		t.Fatalf("asked for %v", q.Questions[0].Name)
	}
	b.answer(a, reply(q, 0, rr("end.example", typeA, 40, 1, 2, 3, 4)))
	res := b.result()
	if got := text(res.Records); got != "www.example. 60 IN CNAME mid.example.; mid.example. 50 IN CNAME end.example.; end.example. 40 IN A 1.2.3.4" {
		t.Errorf("%s", got)
	}
	if res.Name != mustName("www.example") || res.Canonical() != mustName("end.example") {
		t.Errorf("name %v, canonical %v", res.Name, res.Canonical())
	}
	// Each part is remembered for itself.
	b.now += 45 * sec
	b.lookup("mid.example.", typeA)
	if _, q = b.sent(); q.Questions[0].Name != mustName("end.example") {
		t.Errorf("asked for %v", q.Questions[0].Name)
	}
	b.lookup("www.example.", typeCNAME)
	if res := b.result(); !res.Cached || text(res.Records) != "www.example. 15 IN CNAME mid.example." {
		t.Errorf("%+v", res)
	}

	// Who asks for no more gets the alias alone.
	b = newBench(t, Config{NoFollow: true})
	b.lookup("www.example.", typeA)
	a, q = b.sent()
	b.answer(a, reply(q, 0, cname("www.example", "end.example", 60)))
	if res := b.result(); res.Err != ErrNoData || text(res.Records) != "www.example. 60 IN CNAME end.example." {
		t.Errorf("not followed: %v, %s", res.Err, text(res.Records))
	}

	// An alias to nothing.
	for _, rcode := range []Rcode{RcodeSuccess, RcodeNoName} {
		b = newBench(t, Config{})
		b.lookup("www.example.", typeA)
		a, q = b.sent()
		m := reply(q, rcode, cname("www.example", "end.example", 60))
		m.Authority = []Record{soa("example", 60, 30)}
		b.answer(a, m)
		want := map[Rcode]error{RcodeSuccess: ErrNoData, RcodeNoName: ErrNoName}[rcode]
		if res := b.result(); res.Err != want || len(res.Records) != 1 || res.SOA == nil {
			t.Errorf("%v: %+v", rcode, res)
		}
		// It is the end that is not there.
		b.lookup("end.example.", typeA)
		if res := b.result(); res.Err != want || !res.Cached {
			t.Errorf("%v: %+v", rcode, res)
		}
	}

	// A ring in one answer, and one of many answers.
	b = newBench(t, Config{Servers: []netip.AddrPort{server1}})
	b.lookup("a.example.", typeA)
	a, q = b.sent()
	b.answer(a, reply(q, 0, cname("a.example", "b.example", 60), cname("b.example", "a.example", 60)))
	if res := b.result(); res.Err != ErrChain || res.Records != nil {
		t.Errorf("a ring: %+v", res)
	}
	b = newBench(t, Config{})
	b.lookup("h0.example.", typeA)
	for i := range MaxChain + 1 {
		a, q = b.sent()
		b.answer(a, reply(q, 0, cname(fmt.Sprintf("h%d.example", i), fmt.Sprintf("h%d.example", i+1), 0)))
	}
	if res := b.result(); res.Err != ErrChain {
		t.Errorf("a chain without an end: %+v", res)
	}
	b.quiet()
}

// trap dns.9: after an answer that did not count the same name is asked again, not one that the answer brought.
func TestRejectedAliasChangesNothing(t *testing.T) {
	b := newBench(t, Config{})
	b.lookup("www.example.", typeA)
	a, q := b.sent()
	data := reply(q, 0, cname("www.example", "evil.example", 60), rr("evil.example", typeA, 60, 1, 2, 3, 4)).Append(nil)
	b.receive(a.Flow, a.To, data[:len(data)-2])
	a, q = b.expect(OpenUDP, server2)
	if q.Questions[0].Name != mustName("www.example") {
		t.Errorf("asked for %v", q.Questions[0].Name)
	}
	b.tick()
	_, q = b.expect(Again, server2)
	if q.Questions[0].Name != mustName("www.example") {
		t.Errorf("then for %v", q.Questions[0].Name)
	}
}

// That there is nothing is remembered for as long as the SOA record says, and not without one (RFC 2308).
func TestNegativeCache(t *testing.T) {
	for _, c := range []struct {
		name       string
		rcode      Rcode
		soa        []Record
		same, more error         // of the same question, and of one for another type, afterwards; nil where it is asked
		lasts      time.Duration // at least and less than a second more
	}{
		{"NXDOMAIN", RcodeNoName, []Record{soa("example", 300, 60)}, ErrNoName, ErrNoName, time.Minute},
		{"NXDOMAIN, short SOA", RcodeNoName, []Record{soa("example", 20, 60)}, ErrNoName, ErrNoName, 20 * time.Second},
		{"NODATA", RcodeSuccess, []Record{soa("no.example", 300, 60)}, ErrNoData, nil, time.Minute},
		{"for years", RcodeNoName, []Record{soa("example", 1<<31-1, 1<<31-1)}, ErrNoName, ErrNoName, 3 * time.Hour},
		{"highest bit", RcodeNoName, []Record{soa("example", 1<<31, 1<<31)}, nil, nil, 0},
		{"SOA of others", RcodeNoName, []Record{soa("other", 300, 60)}, nil, nil, 0},
		{"without SOA", RcodeNoName, nil, nil, nil, 0},
	} {
		b := newBench(t, Config{})
		ask := func(typ Type, want error) {
			t.Helper()
			b.lookup("no.example.", typ)
			if want == nil {
				if len(b.actions) == 0 {
					t.Errorf("%s: known, %v", c.name, b.result().Err)
				}
				b.actions = nil
				return
			}
			if len(b.results) == 0 {
				t.Fatalf("%s: asked again", c.name)
			}
			if res := b.result(); res.Err != want || !res.Cached || res.SOA == nil {
				t.Errorf("%s: %+v", c.name, res)
			}
		}
		b.lookup("no.example.", typeA)
		a, q := b.sent()
		m := reply(q, c.rcode)
		m.Authority = c.soa
		b.answer(a, m)
		if res := b.result(); res.Err != ErrNoName && res.Err != ErrNoData || res.Rcode != c.rcode {
			t.Errorf("%s: %+v", c.name, res)
		}
		if c.lasts > 0 {
			b.now += Time(c.lasts) - sec
		}
		ask(typeA, c.same)
		ask(typeAAAA, c.more)
		if c.lasts > 0 {
			b.now += sec
			ask(typeA, nil)
		}
	}
}

// The cache keeps to its size, drops what was not used, and can be off.
func TestCacheBound(t *testing.T) {
	b := newBench(t, Config{CacheSize: 8 << 10})
	resolve := func(name string) bool {
		b.lookup(name, typeA)
		if len(b.actions) == 0 {
			return b.result().Cached
		}
		a, q := b.sent()
		b.answer(a, reply(q, 0, rr(name, typeA, 1<<31-1, 1, 2, 3, 4)))
		b.result()
		return false
	}
	resolve("kept.example.")
	for i := range 500 {
		resolve(fmt.Sprintf("h%d.example.", i))
		if !resolve("kept.example.") {
			t.Fatalf("what is used all the time was dropped after %d", i)
		}
		if b.r.cache.size > 8<<10 || len(b.r.cache.entries) != b.r.cache.order.Len() {
			t.Fatalf("the cache has %d bytes", b.r.cache.size)
		}
	}
	if resolve("h0.example.") || !resolve("h499.example.") {
		t.Error("it is not the oldest that was dropped")
	}
	b.now += Time(24 * time.Hour)
	if resolve("kept.example.") {
		t.Error("it was kept for more than a day")
	}
	b = newBench(t, Config{CacheSize: -1})
	resolve("a.example.")
	if resolve("a.example.") || b.r.cache.size != 0 {
		t.Error("there is a cache")
	}
}

// Which names are tried, in which order, and where that ends.
func TestSearchList(t *testing.T) {
	search := []Name{mustName("corp.example"), mustName("example")}
	long := strings.Repeat("a.", 122) + "b" // 245 characters
	for _, c := range []struct {
		name  string
		dots  int
		tried string
	}{
		{"host", 0, "host.corp.example. host.example. host."},
		{"host.", 0, "host."},
		{"a.host", 0, "a.host. a.host.corp.example. a.host.example."},
		{"a.host", 2, "a.host.corp.example. a.host.example. a.host."},
		{`a\.`, 0, `a\..corp.example. a\..example. a\..`},
		{long, 0, long + ". " + long + ".example."},
	} {
		b := newBench(t, Config{Search: search, Dots: c.dots})
		b.lookup(c.name, typeA, typeAAAA)
		var tried []string
		for len(b.results) == 0 {
			a, q := b.sent()
			if q.Questions[0].Type == typeA {
				tried = append(tried, q.Questions[0].Name.String())
			}
			b.answer(a, reply(q, RcodeNoName))
		}
		if got := strings.Join(tried, " "); got != c.tried || b.result().Err != ErrNoName || b.result().Err != ErrNoName {
			t.Errorf("%s: tried %s, want %s", c.name, got, c.tried)
		}
	}

	b := newBench(t, Config{Search: search})
	b.lookup("host", typeA, typeAAAA)
	for range 2 {
		a, q := b.sent()
		b.answer(a, reply(q, RcodeNoName))
	}
	a4, q4 := b.sent()
	a6, q6 := b.sent()
	b.answer(a6, reply(q6, 0)) // the name is there
	b.answer(a4, reply(q4, 0, rr("host.example", typeA, 60, 1, 2, 3, 4)))
	if res := b.result(); res.Name != mustName("host.example") || res.Err != nil {
		t.Errorf("%+v", res)
	}
	if res := b.result(); res.Name != mustName("host.example") || res.Err != ErrNoData {
		t.Errorf("%+v", res)
	}

	// A failure ends the search, and some name that is there is better than the last that is not.
	b = newBench(t, Config{Search: search, Servers: []netip.AddrPort{server1}})
	b.lookup("host", typeA)
	a, q := b.sent()
	b.answer(a, reply(q, RcodeServFail))
	if res := b.result(); res.Err != ErrServer || res.Rcode != RcodeServFail {
		t.Errorf("SERVFAIL: %+v", res)
	}
	b.lookup("host", typeA)
	for _, code := range []Rcode{RcodeSuccess, RcodeNoName, RcodeNoName} {
		a, q := b.sent()
		b.answer(a, reply(q, code))
	}
	if res := b.result(); res.Err != ErrNoData {
		t.Errorf("one of three is there: %+v", res)
	}
}

// trap dns.10: names that are too long or no names are refused before anything is sent; the longest fits every message.
func TestNameLengths(t *testing.T) {
	label := strings.Repeat("x", 63)
	longest := label + "." + label + "." + label + "." + label[:61]
	b := newBench(t, Config{MixedCase: true})
	b.lookup(longest, dissect.DNSTypeTXT)
	a, q := b.sent()
	if len(q.Questions[0].Name) != 255 {
		t.Errorf("a name of %d bytes", len(q.Questions[0].Name))
	}
	b.answer(a, reply(q, 0, Record{q.Questions[0].Name, typeTXT, 1, 60, []byte{1, 'x'}}))
	if res := b.result(); res.Err != nil || len(res.Records) != 1 {
		t.Errorf("%+v", res)
	}
	b.lookup(label+"."+label+"."+label+"."+label[:55]+".local", typeA, typeAAAA)
	for _, name := range []string{longest + "x", longest + ".x", label + "x", "a..b", ".a", "", strings.Repeat("a.", 128), `a\`, `a\25`, `a\256`} {
		if _, err := b.r.Lookup(b.now, name, typeA); err != ErrBadName {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	if _, err := b.r.Lookup(b.now, "a"); err != ErrNoType {
		t.Errorf("no type: %v", err)
	}
	b = newBench(t, Config{Lookups: 2})
	b.lookup("a.example.", typeA)
	b.lookup("b.example.", typeA)
	if _, err := b.r.Lookup(b.now, "c.example.", typeA); err != ErrTooMany {
		t.Errorf("a third lookup: %v", err)
	}
}

// A canceled lookup gives no result and closes what nobody else waits for.
func TestCancel(t *testing.T) {
	b := newBench(t, Config{})
	one := b.lookup("example.", typeA)
	two := b.lookup("example.", typeA)
	a, q := b.sent()
	b.r.Cancel(one)
	b.drain()
	if len(b.open) != 1 {
		t.Error("closed, and another waits")
	}
	b.answer(a, reply(q, 0, rr("example", typeA, 60, 1, 2, 3, 4)))
	if res := b.result(); res.ID != two {
		t.Errorf("%+v", res)
	}
	b.quiet()
	three := b.lookup("b.example.", typeA)
	b.r.Cancel(three)
	b.r.Cancel(three)
	b.drain()
	if len(b.open) != 0 || len(b.results) != 0 {
		t.Errorf("open %v, results %v", b.open, b.results)
	}
	if _, ok := b.r.Deadline(); ok {
		t.Error("there is a deadline")
	}
	// Before the driver opened anything nothing is opened.
	id, _ := b.r.Lookup(b.now, "c.example.", typeA)
	b.r.Cancel(id)
	if a, ok := b.r.Action(); ok {
		t.Errorf("%+v", a)
	}
}

// Names that no server is asked for.
func TestLocalNames(t *testing.T) {
	b := newBench(t, Config{Search: []Name{mustName("example")}})
	for name, want := range map[string]string{
		"localhost": "localhost. 0 IN A 127.0.0.1 | localhost. 0 IN AAAA ::1", "a.LOCALHOST.": "a.LOCALHOST. 0 IN A 127.0.0.1 | a.LOCALHOST. 0 IN AAAA ::1",
		"x.invalid": "no such name | no such name", "x.onion": "no such name | no such name",
	} {
		b.lookup(name, typeA, typeAAAA)
		var got []string
		for range 2 {
			if res := b.result(); res.Err != nil {
				got = append(got, res.Err.Error())
			} else {
				got = append(got, text(res.Records))
			}
		}
		if s := strings.Join(got, " | "); s != want {
			t.Errorf("%s: %s, want %s", name, s, want)
		}
		b.quiet()
	}
}
