package dns

import (
	"encoding/binary"
	"math/rand"
	"net/netip"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

const (
	typeA     = dissect.DNSTypeA
	typeAAAA  = dissect.DNSTypeAAAA
	typeCNAME = dissect.DNSTypeCNAME
	typeTXT   = dissect.DNSTypeTXT
)

const (
	ms  = Time(time.Millisecond)
	sec = Time(time.Second)
)

var (
	server1 = netip.MustParseAddrPort("192.0.2.1:53")
	server2 = netip.MustParseAddrPort("192.0.2.2:53")
	server3 = netip.MustParseAddrPort("[2001:db8::3]:53")
	onLink  = netip.MustParseAddrPort("192.168.69.7:5353")
)

// bench drives a resolver in virtual time and keeps what it did.
type bench struct {
	t       *testing.T
	r       *Resolver
	now     Time
	open    map[Flow]Action // by the action that opened it
	actions []Action        // not looked at yet
	results []Result        // likewise
}

func newBench(t *testing.T, cfg Config) *bench {
	t.Helper()
	if cfg.Rand == nil {
		cfg.Rand = rand.New(rand.NewSource(1))
	}
	if cfg.Servers == nil {
		cfg.Servers = []netip.AddrPort{server1, server2}
	}
	b := &bench{t: t, r: NewResolver(cfg), now: 1000 * sec, open: map[Flow]Action{}}
	b.r.SetLinks([]netip.Prefix{netip.MustParsePrefix("192.168.69.1/24")})
	return b
}

// drain takes what the resolver gives out.
func (b *bench) drain() {
	for a, ok := b.r.Action(); ok; a, ok = b.r.Action() {
		switch a.Op {
		case Close:
			if _, ok := b.open[a.Flow]; !ok {
				b.t.Fatalf("%v of flow %d, which is not open", a.Op, a.Flow)
			}
			delete(b.open, a.Flow)
		case Again:
			if _, ok := b.open[a.Flow]; !ok {
				b.t.Fatalf("%v on flow %d, which is not open", a.Op, a.Flow)
			}
			b.actions = append(b.actions, a)
		default:
			if _, ok := b.open[a.Flow]; ok {
				b.t.Fatalf("flow %d opened twice", a.Flow)
			}
			b.open[a.Flow] = a
			b.actions = append(b.actions, a)
		}
	}
	for res, ok := b.r.Result(); ok; res, ok = b.r.Result() {
		b.results = append(b.results, res)
	}
	if len(b.r.queries) == 0 && (len(b.open) > 0 || len(b.r.flows) > 0 || len(b.r.lookups) > 0) {
		b.t.Fatalf("nothing is asked, and there are %d sockets, %d flows, %d lookups", len(b.open), len(b.r.flows), len(b.r.lookups))
	}
}

func (b *bench) lookup(name string, types ...Type) ID {
	b.t.Helper()
	id, err := b.r.Lookup(b.now, name, types...)
	if err != nil {
		b.t.Fatalf("lookup of %s: %v", name, err)
	}
	b.drain()
	return id
}

// sent is the next message: what was done, and the question.
func (b *bench) sent() (Action, *Message) {
	b.t.Helper()
	if len(b.actions) == 0 {
		b.t.Fatal("nothing was sent")
	}
	a := b.actions[0]
	b.actions = b.actions[1:]
	data := a.Data
	if a.Op == OpenTCP {
		if len(data) < 2 || int(binary.BigEndian.Uint16(data)) != len(data)-2 {
			b.t.Fatalf("TCP prefix of %x", data)
		}
		data = data[2:]
	}
	m, err := ParseMessage(data)
	if err != nil || len(m.Questions) == 0 || m.Header.Response {
		b.t.Fatalf("sent %x: %v", data, err)
	}
	return a, m
}

// expect is sent, of a certain kind and to a certain server.
func (b *bench) expect(op Op, to netip.AddrPort) (Action, *Message) {
	b.t.Helper()
	a, m := b.sent()
	if a.Op != op || a.To != to {
		b.t.Fatalf("%v to %v, want %v to %v", a.Op, a.To, op, to)
	}
	return a, m
}

func (b *bench) quiet() {
	b.t.Helper()
	if len(b.actions)+len(b.results) > 0 {
		b.t.Fatalf("sent %v, results %+v, want nothing", b.actions, b.results)
	}
}

func (b *bench) receive(flow Flow, from netip.AddrPort, data []byte) bool {
	counted := b.r.Receive(b.now, flow, from, data)
	b.drain()
	return counted
}

// reply is an answer to a message that was sent.
func reply(m *Message, rcode Rcode, answer ...Record) *Message {
	h := m.Header
	h.Response, h.RecursionAvailable, h.Rcode = true, true, dissect.DNSRcode(rcode&15)
	return &Message{Header: h, Questions: slices.Clone(m.Questions), Answer: answer}
}

// answer sends an answer to what was sent.
func (b *bench) answer(a Action, m *Message) bool {
	data := m.Append(nil)
	if b.open[a.Flow].Op == OpenTCP {
		data = AppendPrefixed(nil, data)
	}
	return b.receive(a.Flow, a.To, data)
}

// result is the next result.
func (b *bench) result() Result {
	b.t.Helper()
	if len(b.results) == 0 {
		b.t.Fatal("there is no result")
	}
	res := b.results[0]
	b.results = b.results[1:]
	return res
}

// tick goes to the next deadline.
func (b *bench) tick() {
	b.t.Helper()
	at, ok := b.r.Deadline()
	if !ok {
		b.t.Fatal("there is no deadline")
	}
	if at < b.now {
		b.t.Fatalf("the deadline %v is %v in the past", at, b.now-at)
	}
	b.now = at
	b.r.Advance(b.now)
	b.drain()
	if next, ok := b.r.Deadline(); ok && next <= at {
		b.t.Fatalf("the deadline %v did not move", at)
	}
}

func rr(name string, t Type, ttl uint32, data ...byte) Record {
	return Record{mustName(name), t, dissect.DNSClassIN, ttl, data}
}

func cname(name, target string, ttl uint32) Record {
	return rr(name, typeCNAME, ttl, []byte(mustName(target))...)
}

func soa(zone string, ttl, minimum uint32) Record {
	data := append([]byte(mustName("ns."+zone)), mustName("root."+zone)...)
	data = append(data, make([]byte, 16)...)
	return rr(zone, dissect.DNSTypeSOA, ttl, binary.BigEndian.AppendUint32(data, minimum)...)
}
