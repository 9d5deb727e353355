package dns

import (
	"fmt"
	"math/rand"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

var (
	ourPrefixes = []netip.Prefix{netip.MustParsePrefix("192.168.69.1/24"), netip.MustParsePrefix("fe80::1/64")}
	peer        = netip.MustParseAddrPort("192.168.69.7:5353")
	program     = netip.MustParseAddrPort("192.168.69.7:40000")
)

// desk drives a responder in virtual time.
type desk struct {
	t   *testing.T
	m   *Responder
	now Time
}

func newDesk(t *testing.T, name string) *desk {
	t.Helper()
	m, err := NewResponder(ResponderConfig{Name: name, Rand: rand.New(rand.NewSource(1))})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, m: m, now: 1000 * sec}
	d.m.SetAddrs(d.now, ourPrefixes)
	return d
}

// up probes and announces to the end.
func (d *desk) up() *desk {
	d.t.Helper()
	for range 5 {
		d.tick()
	}
	if at, ok := d.m.Deadline(); ok || d.m.state != ready {
		d.t.Fatalf("state %v, deadline %v", d.m.state, at)
	}
	d.drop()
	d.now += 10 * sec
	return d
}

func (d *desk) drop() {
	for _, ok := d.m.Output(); ok; _, ok = d.m.Output() {
	}
	for _, ok := d.m.Event(); ok; _, ok = d.m.Event() {
	}
}

func (d *desk) tick() {
	d.t.Helper()
	at, ok := d.m.Deadline()
	if !ok || at < d.now {
		d.t.Fatalf("deadline %v %v, now %v", at, ok, d.now)
	}
	d.now = at
	d.m.Advance(at)
	if next, ok := d.m.Deadline(); ok && next <= at {
		d.t.Fatalf("the deadline %v did not move", at)
	}
}

// sent is the next message, as text: where to, and the sections.
func (d *desk) sent() string {
	d.t.Helper()
	out, ok := d.m.Output()
	if !ok {
		return ""
	}
	m, err := ParseMessage(out.Data)
	if err != nil {
		d.t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprint(&b, out.To, " ", m.Header.ID)
	for _, q := range m.Questions {
		fmt.Fprintf(&b, " ? %v %v %#x", q.Name, TypeText(q.Type), q.Class)
	}
	for i, list := range [][]Record{m.Answer, m.Authority, m.Additional} {
		for _, r := range list {
			flush := ""
			if r.Class&topBit != 0 {
				flush = "!"
			}
			fmt.Fprintf(&b, " %c %v %d%s %v %v", "=<+"[i], r.Name, r.TTL, flush, TypeText(r.Type), r.DataString())
		}
	}
	if m.Header.Response != m.Header.Authoritative || m.Header.RecursionDesired {
		d.t.Errorf("header %+v", m.Header)
	}
	return b.String()
}

func (d *desk) want(list ...string) {
	d.t.Helper()
	for _, want := range list {
		if got := d.sent(); got != want {
			d.t.Errorf("sent\n%s, want\n%s", got, want)
		}
	}
	if got := d.sent(); got != "" {
		d.t.Errorf("sent %s besides", got)
	}
}

// twice is a message to the one group and the other.
func twice(text string) []string {
	return []string{"224.0.0.251:5353 0" + text, "[ff02::fb]:5353 0" + text}
}

func (d *desk) ask(from netip.AddrPort, m *Message) bool {
	return d.m.Receive(d.now, from, m.Append(nil))
}

func question(name string, t Type, class uint16) *Message {
	return &Message{Header: dissect.DNSHeader{ID: 77}, Questions: []Question{{mustName(name), t, class}}}
}

func response(records ...Record) *Message {
	return &Message{Header: dissect.DNSHeader{Response: true, Authoritative: true}, Answer: records}
}

const (
	ourA      = "host.local. 120! A 192.168.69.1"
	ourAAAA   = "host.local. 120! AAAA fe80::1"
	our4      = "1.69.168.192.in-addr.arpa. 120! PTR host.local."
	our6      = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa. 120! PTR host.local."
	ourProbe  = " ? host.local. ANY 0x8001 < host.local. 120 A 192.168.69.1 < host.local. 120 AAAA fe80::1"
	ourRecord = " = " + ourA + " = " + ourAAAA + " = " + our4 + " = " + our6
)

// Three probes, then two announcements, then silence (RFC 6762 section 8).
func TestProbeAndAnnounce(t *testing.T) {
	for _, name := range []string{"host", "host.local", "host.local."} {
		d := newDesk(t, name)
		start := d.now
		var times []Time
		for i := range 5 {
			d.tick()
			times = append(times, d.now)
			if i < 3 {
				d.want(twice(ourProbe)...)
			} else {
				d.want(twice(ourRecord)...)
			}
		}
		if times[0]-start >= 250*ms || times[1]-times[0] != 250*ms || times[2]-times[1] != 250*ms || times[3]-times[2] != 250*ms || times[4]-times[3] != sec {
			t.Errorf("times %v", times)
		}
		if e, ok := d.m.Event(); !ok || e != Claimed {
			t.Errorf("event %v %v", e, ok)
		}
		if _, ok := d.m.Deadline(); ok {
			t.Error("there is a deadline")
		}
	}
	for _, name := range []string{"", "a.b", "local", strings.Repeat("x", 64)} {
		if _, err := NewResponder(ResponderConfig{Name: name}); err != ErrBadName {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// What a responder says to whom (RFC 6762 section 6).
func TestResponderAnswers(t *testing.T) {
	known := question("host.local", typeA, 1)
	known.Answer = []Record{rr("host.local", typeA, 60, 192, 168, 69, 1)}
	old := question("host.local", typeA, 1)
	old.Answer = []Record{rr("host.local", typeA, 59, 192, 168, 69, 1)}
	other := question("host.local", typeA, 1)
	other.Answer = []Record{rr("host.local", typeA, 120, 192, 168, 69, 2)}
	both := question("host.local", typeA, 1)
	both.Questions = append(both.Questions, Question{mustName("x.local"), typeA, 1}, Question{mustName("host.local"), typeAAAA, 1})
	code := question("host.local", typeA, 1)
	code.Header.Rcode = 3
	opcode := question("host.local", typeA, 1)
	opcode.Header.Opcode = 5
	nsec := "host.local. 120! NSEC host.local. A AAAA"
	for _, c := range []struct {
		name string
		from netip.AddrPort
		q    *Message
		want []string
	}{
		{"A", peer, question("host.local", typeA, 1), twice(" = " + ourA + " + " + ourAAAA)},
		{"another case", peer, question("HOST.Local", typeA, 1), twice(" = " + ourA + " + " + ourAAAA)},
		{"AAAA", peer, question("host.local", typeAAAA, 1), twice(" = " + ourAAAA + " + " + ourA)},
		{"ANY", peer, question("host.local", TypeANY, 255), twice(" = " + ourA + " = " + ourAAAA)},
		{"both", peer, both, twice(" = " + ourA + " = " + ourAAAA)},
		{"PTR", peer, question("1.69.168.192.in-addr.arpa", dissect.DNSTypePTR, 1), twice(" = " + our4)},
		{"TXT, which is not there", peer, question("host.local", typeTXT, 1), twice(" = " + nsec)},
		{"another name", peer, question("host2.local", typeA, 1), nil},
		{"another class", peer, question("host.local", typeA, dissect.DNSClassCH), nil},
		{"known already", peer, known, nil},
		{"known, but old", peer, old, twice(" = " + ourA + " + " + ourAAAA)},
		{"known otherwise", peer, other, twice(" = " + ourA + " + " + ourAAAA)},
		{"unicast", peer, question("host.local", typeA, 0x8001), []string{peer.String() + " 0 = " + ourA + " + " + ourAAAA}},
		{"a program", program, question("host.local", typeA, 1), []string{program.String() + " 77 ? host.local. A 0x1 = host.local. 10 A 192.168.69.1 + host.local. 10 AAAA fe80::1"}},
		{"a program, of another name", program, question("x.local", typeA, 1), nil},
		{"with a code", peer, code, nil},
		{"another opcode", peer, opcode, nil},
		{"off the link", netip.MustParseAddrPort("192.0.2.1:5353"), question("host.local", typeA, 1), nil},
		{"a program off the link", netip.MustParseAddrPort("192.0.2.1:999"), question("host.local", typeA, 1), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, "host").up()
			if meant := d.ask(c.from, c.q); meant != (c.want != nil || c.name == "known already") {
				t.Errorf("meant %v", meant)
			}
			d.want(c.want...)
		})
	}

	// To the groups no record goes twice within a second, but for a defence.
	d := newDesk(t, "host").up()
	d.ask(peer, question("host.local", typeA, 1))
	d.drop()
	d.now += sec - 1
	d.ask(peer, question("host.local", typeA, 1))
	d.want()
	probe := question("host.local", TypeANY, 0x8001)
	probe.Questions[0].Class = 1
	probe.Authority = []Record{rr("host.local", typeA, 120, 192, 168, 69, 7)}
	d.ask(peer, probe)
	d.want(twice(" = " + ourA + " = " + ourAAAA)...)
	// What the groups have not heard for long goes there, though one host asked for itself.
	d.now += 31 * sec
	d.ask(peer, question("host.local", typeA, 0x8001))
	d.want(twice(" = " + ourA + " + " + ourAAAA)...)

	// While it probes a responder does not answer.
	d = newDesk(t, "host")
	d.ask(peer, question("host.local", typeA, 1))
	d.ask(program, question("host.local", typeA, 1))
	d.want()
}

// Without an address of a family a responder says so.
func TestResponderOneFamily(t *testing.T) {
	d := newDesk(t, "host")
	d.m.SetAddrs(d.now, ourPrefixes[:1])
	d.up()
	d.ask(peer, question("host.local", typeAAAA, 1))
	d.want("224.0.0.251:5353 0 = host.local. 120! NSEC host.local. A")
	d.now += sec
	d.ask(peer, question("host.local", typeA, 1))
	d.want("224.0.0.251:5353 0 = " + ourA + " + host.local. 120! NSEC host.local. A")
}

// A question whose known answers come in further messages waits for them (RFC 6762 section 7.2).
func TestResponderKnownAnswers(t *testing.T) {
	q := question("host.local", TypeANY, 1)
	q.Header.Truncation = true
	more := &Message{Answer: []Record{rr("host.local", typeA, 100, 192, 168, 69, 1)}}
	d := newDesk(t, "host").up()
	start := d.now
	d.ask(peer, q)
	d.want()
	d.now += 100 * ms
	d.ask(netip.AddrPortFrom(peer.Addr().Next(), 5353), &Message{Answer: []Record{rr("host.local", typeAAAA, 100, ourPrefixes[1].Addr().AsSlice()...)}})
	d.ask(peer, more)
	d.want()
	d.tick()
	if waited := d.now - start; waited < 400*ms || waited > 500*ms {
		t.Errorf("waited %v", time.Duration(waited))
	}
	d.want(twice(" = " + ourAAAA + " + " + ourA)...)

	// Another host that says it first says it for us.
	d = newDesk(t, "host").up()
	d.ask(peer, q)
	d.ask(peer, response(flushed(rr("host.local", typeA, 120, 192, 168, 69, 1)), rr("host.local", typeAAAA, 120, ourPrefixes[1].Addr().AsSlice()...)))
	d.tick()
	d.want()

	// A flood of them is not kept.
	d = newDesk(t, "host").up()
	for i := range 1000 {
		d.ask(netip.AddrPortFrom(peer.Addr(), 5353), q)
		if len(d.m.delayed) > maxDelayed {
			t.Fatalf("%d kept after %d", len(d.m.delayed), i)
		}
	}
}

// Conflicts: who has the name keeps it; who probes for it takes another (RFC 6762 sections 8.1, 8.2 and 9).
func TestConflicts(t *testing.T) {
	theirs := flushed(rr("HOST.local", typeA, 120, 192, 168, 69, 7))
	d := newDesk(t, "host")
	d.tick()
	d.drop()
	d.ask(peer, response(flushed(rr("host.local", typeA, 120, 192, 168, 69, 1)))) // ours, as we hear ourselves
	d.ask(peer, response(flushed(rr("other.local", typeA, 120, 192, 168, 69, 7))))
	d.ask(peer, response(flushed(rr("host.local", typeA, 0, 192, 168, 69, 7)))) // a goodbye
	d.ask(program, response(theirs))                                            // not from the port
	d.ask(netip.MustParseAddrPort("192.0.2.1:5353"), response(theirs))
	if d.m.Name() != mustName("host.local") {
		t.Fatalf("name %v", d.m.Name())
	}
	d.ask(peer, response(theirs))
	if e, _ := d.m.Event(); e != Renamed || d.m.Name() != mustName("host-2.local") {
		t.Fatalf("event %v, name %v", e, d.m.Name())
	}
	d.tick()
	d.want(twice(strings.ReplaceAll(ourProbe, "host", "host-2"))...)

	// Later on the name is probed again, and lost only if the other one insists.
	d = newDesk(t, "host").up()
	d.ask(peer, response(rr("host.local", typeTXT, 120, 0))) // a type that we do not have
	d.want()
	d.ask(peer, response(theirs))
	if e, _ := d.m.Event(); e != Conflict || d.m.Name() != mustName("host.local") {
		t.Fatalf("event %v, name %v", e, d.m.Name())
	}
	d.tick()
	d.want(twice(ourProbe)...)
	d.ask(peer, response(theirs))
	if d.m.Name() != mustName("host-2.local") {
		t.Errorf("name %v", d.m.Name())
	}

	// Many conflicts slow it down.
	d = newDesk(t, "host")
	for i := range manyConflicts {
		if at, _ := d.m.Deadline(); at > d.now+sec {
			t.Fatalf("slow after %d", i)
		}
		d.ask(peer, response(flushed(Record{d.m.Name(), typeA, 1, 120, []byte{1, 1, 1, 1}}))) // too early to count
		d.tick()
		d.ask(peer, response(flushed(Record{d.m.Name(), typeA, 1, 120, []byte{1, 1, 1, 1}})))
	}
	if at, _ := d.m.Deadline(); at != d.now+5*sec {
		t.Errorf("after %d conflicts it waits %v", manyConflicts, time.Duration(at-d.now))
	}
	if d.m.Name() != mustName("host-16.local") {
		t.Errorf("name %v", d.m.Name())
	}
	long := newDesk(t, strings.Repeat("é", 31))
	long.tick()
	long.ask(peer, response(flushed(Record{long.m.Name(), typeA, 1, 120, []byte{1, 1, 1, 1}})))
	if n := long.m.Name(); n[0] > 63 || !strings.HasPrefix(string(n[1:]), strings.Repeat("é", 30)+"-2") {
		t.Errorf("name %q", n)
	}
}

// Two that probe at once: the later records win, the others wait a second.
func TestTieBreak(t *testing.T) {
	for _, c := range []struct {
		name    string
		records []Record
		lost    bool
	}{
		{"greater", []Record{rr("host.local", typeA, 120, 192, 168, 200, 1)}, true},
		{"smaller", []Record{rr("host.local", typeA, 120, 192, 168, 69, 0), rr("host.local", typeAAAA, 120, make([]byte, 16)...)}, false},
		{"ours", []Record{rr("host.local", typeAAAA, 120, ourPrefixes[1].Addr().AsSlice()...), rr("HOST.local", typeA, 120, 192, 168, 69, 1)}, false},
		{"ours and more", []Record{rr("host.local", typeA, 120, 192, 168, 69, 1), rr("host.local", typeAAAA, 120, ourPrefixes[1].Addr().AsSlice()...), rr("host.local", dissect.DNSTypeSRV, 120, 0, 0, 0, 0, 0, 0, 0)}, true},
		{"fewer", []Record{rr("host.local", typeA, 120, 192, 168, 69, 1)}, false},
		{"signed bytes", []Record{rr("host.local", typeA, 120, 0x7f, 168, 69, 1)}, false},
		{"of another name", []Record{rr("x.local", typeA, 120, 255, 168, 69, 1)}, false},
	} {
		d := newDesk(t, "host")
		d.tick()
		before, _ := d.m.Deadline()
		q := question("host.local", TypeANY, 0x8001)
		q.Authority = c.records
		d.ask(peer, q)
		after, _ := d.m.Deadline()
		if want := map[bool]Time{true: d.now + sec, false: before}[c.lost]; after != want {
			t.Errorf("%s: next probe at %v, want %v", c.name, after, want)
		}
		if d.m.Name() != mustName("host.local") {
			t.Errorf("%s: name %v", c.name, d.m.Name())
		}
	}
}

// Addresses that come are announced, those that go and the end are said too.
func TestResponderAddresses(t *testing.T) {
	d := newDesk(t, "host").up()
	d.m.SetAddrs(d.now, ourPrefixes)
	d.want()
	d.m.SetAddrs(d.now, []netip.Prefix{netip.MustParsePrefix("192.168.69.2/24")})
	d.want("224.0.0.251:5353 0 = host.local. 0! A 192.168.69.1 = host.local. 0! AAAA fe80::1 = " + strings.ReplaceAll(our4, " 120", " 0") + " = " + strings.ReplaceAll(our6, " 120", " 0"))
	d.tick()
	d.want("224.0.0.251:5353 0 = host.local. 120! A 192.168.69.2 = 2.69.168.192.in-addr.arpa. 120! PTR host.local.")
	d.tick()
	d.drop()
	d.m.Close()
	d.want("224.0.0.251:5353 0 = host.local. 0! A 192.168.69.2 = 2.69.168.192.in-addr.arpa. 0! PTR host.local.")
	d.ask(peer, question("host.local", typeA, 1))
	d.want()
	if _, ok := d.m.Deadline(); ok {
		t.Error("closed, and there is a deadline")
	}
	d.m.SetAddrs(d.now, ourPrefixes)
	d.up()
	d.m.Restart(d.now)
	d.tick()
	d.want(twice(ourProbe)...)
	d.m.SetAddrs(d.now, nil)
	if _, ok := d.m.Deadline(); ok {
		t.Error("no address, and there is a deadline")
	}

	// Many addresses go in several messages.
	d = newDesk(t, "host")
	var many []netip.Prefix
	for i := range 100 {
		many = append(many, netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 15: byte(i)}), 64))
	}
	d.m.SetAddrs(d.now, many)
	for range 3 {
		d.tick()
	}
	d.drop()
	d.tick()
	records := 0
	for out, ok := d.m.Output(); ok; out, ok = d.m.Output() {
		m, err := ParseMessage(out.Data)
		if err != nil || len(out.Data) > messageSize || out.To != Group6 {
			t.Fatalf("%d bytes to %v: %v", len(out.Data), out.To, err)
		}
		records += len(m.Answer)
	}
	if records != 200 {
		t.Errorf("%d records announced", records)
	}
}

// The resolver of one host finds another by its name.
func TestResolverMeetsResponder(t *testing.T) {
	d := newDesk(t, "host").up()
	b := newBench(t, Config{})
	for _, name := range []string{"host.local", "1.69.168.192.in-addr.arpa"} {
		types := []Type{typeA, typeAAAA}
		if name != "host.local" {
			types = []Type{dissect.DNSTypePTR}
			b.r.cfg.Groups = []netip.AddrPort{Group4}
		}
		b.lookup(name, types...)
		if name != "host.local" {
			b.expect(OpenUDP, server1) // an address that is not link-local is for the servers
			continue
		}
		a, _ := b.sent()
		b.actions = nil
		d.m.Receive(d.now, program, a.Data)
		out, ok := d.m.Output()
		if !ok || out.To != program {
			t.Fatalf("%s: %+v", name, out)
		}
		b.receive(a.Flow, netip.MustParseAddrPort("192.168.69.1:5353"), out.Data)
		if res4, res6 := b.result(), b.result(); text(res4.Records) != "host.local. 10 IN A 192.168.69.1" || text(res6.Records) != "host.local. 10 IN AAAA fe80::1" {
			t.Errorf("%+v and %+v", res4, res6)
		}
	}
}
