package dhcp

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

const (
	discover = dissect.DHCPDiscover
	request  = dissect.DHCPRequest
	offer    = dissect.DHCPOffer
	ack      = dissect.DHCPAck
	nak      = dissect.DHCPNak
)

// dhcp.1: the first DISCOVER waits one to ten seconds, differently each time, and those after it 4, 8, 16, 32 and 64 s, give or
// take one.
func TestBackoff(t *testing.T) {
	starts, fuzz := map[Time]bool{}, map[time.Duration]bool{}
	for seed := range byte(50) {
		r := newRig4(t, seed, func(c *Config4) { c.NoDelay = false })
		r.c.Start(0)
		r.run(10 * time.Minute)
		first := r.sent[0]
		if first.at < Time(time.Second) || first.at > Time(10*time.Second) {
			t.Errorf("the first one waits %s", time.Duration(first.at))
		}
		starts[first.at] = true
		for i, want := range []int{4, 8, 16, 32, 64, 64, 64, 64} {
			a, b := r.sent[i], r.sent[i+1]
			wait := b.at.Sub(a.at)
			off := wait - time.Duration(want)*time.Second
			if off < -time.Second || off > time.Second {
				t.Errorf("retry %d after %s, want about %d s", i+1, wait, want)
			}
			fuzz[off] = true
			if b.Type != discover || b.dhcp().XID() != first.dhcp().XID() {
				t.Errorf("retry %d: %s, of another exchange", i+1, b)
			}
			if want := b.at.Sub(first.at) / time.Second; int(b.dhcp().Seconds()) != int(want) {
				t.Errorf("retry %d: secs is %d, want %d", i+1, b.dhcp().Seconds(), want)
			}
		}
	}
	if len(starts) < 45 || len(fuzz) < 350 {
		t.Errorf("%d starts and %d retries are different, out of 50 and 400", len(starts), len(fuzz))
	}
}

// dhcp.2: a server that refuses, or gives nothing that lasts, is not asked at the speed of its answers.
func TestRefusalsWait(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(sent4) [][]byte
		most   int // messages in an hour
	}{
		"NAK of a request": {func(m sent4) [][]byte {
			if m.Type == discover {
				return [][]byte{reply(m, offer, server1, testAddr, time.Hour)}
			}
			return [][]byte{reply(m, nak, server1, netip.Addr{}, 0)}
		}, 130},
		"no time":      {serve(0), 70},
		"zero seconds": {serve(0, seconds32(dissect.DHCPOptLeaseTime, 0)), 70},
		"one second":   {serve(time.Second), 70},
		"T1 at once":   {serve(time.Hour, seconds32(dissect.DHCPOptRenewalTime, 1)), 4},
		"offer only": {func(m sent4) [][]byte {
			if m.Type == discover {
				return [][]byte{reply(m, offer, server1, testAddr, time.Hour)}
			}
			return nil
		}, 180},
		"ten seconds, and no renewal": {func(m sent4) [][]byte {
			if !m.dhcp().ClientIP().IsUnspecified() {
				return nil
			}
			return serve(10 * time.Second)(m)
		}, 1700},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig4(t, 1, nil)
			r.answer = c.answer
			r.c.Start(0)
			r.run(time.Hour)
			if len(r.sent) > c.most || len(r.sent) < 2 {
				t.Errorf("%d messages in an hour, want at most %d", len(r.sent), c.most)
			}
			for i, m := range r.sent[1:] {
				if m.Type == discover && m.at.Sub(r.sent[i].at) < time.Second {
					t.Errorf("%s follows %s", m, r.sent[i])
				}
			}
		})
	}
}

// dhcp.3: the lease counts from when its REQUEST was sent, the first one if there were several.
func TestLeaseCountsFromRequest(t *testing.T) {
	r := newRig4(t, 1, nil)
	r.c.Start(0)
	r.run(2 * time.Second)
	r.input(reply(r.last(), offer, server1, testAddr, time.Minute))
	asked := r.now
	r.run(9 * time.Second) // one retry
	if len(r.sent) != 3 || r.last().Type != request {
		t.Fatalf("sent %v", r.sent)
	}
	r.input(reply(r.last(), ack, server1, testAddr, time.Minute))
	l, ok := r.c.Lease()
	if !ok || l.Since != asked || l.Expires != asked.Add(time.Minute) || l.Duration() != time.Minute {
		t.Errorf("%+v, %v; asked at %d", l, ok, asked)
	}
	// A renewal counts from the REQUEST that is answered.
	r.run(time.Duration(l.T1) + time.Second)
	again := r.last().at
	r.input(reply(r.last(), ack, server1, testAddr, 2*time.Minute))
	if l, _ := r.c.Lease(); l.Since != again || l.Expires != again.Add(2*time.Minute) {
		t.Errorf("renewed %+v, asked at %d", l, again)
	}
	// What comes when the lease that it gives is over already gives none.
	r = newRig4(t, 1, nil)
	r.c.Start(0)
	r.output()
	r.input(reply(r.last(), offer, server1, testAddr, 10*time.Second))
	r.run(11 * time.Second)
	r.input(reply(r.last(), ack, server1, testAddr, 10*time.Second))
	if r.is(Requesting); r.c.Counters().Unusable != 1 {
		t.Errorf("%+v", r.c.Counters())
	}
}

// dhcp.4: T1 is before T2 and T2 before the end, whatever the server says of them, a little differently each time.
func TestRenewalTimes(t *testing.T) {
	const h = 3600
	for _, c := range []struct {
		lease, t1, t2 uint32 // said; zero for not
		want1, want2  uint32 // at most
	}{
		{24 * h, 0, 0, 12 * h, 21 * h},
		{24 * h, 6 * h, 0, 6 * h, 21 * h},
		{24 * h, 0, 14 * h, 8 * h, 14 * h},
		{24 * h, 6 * h, 12 * h, 6 * h, 12 * h},
		{24 * h, 12 * h, 12 * h, 12 * h * 4 / 7, 12 * h},
		{24 * h, 13 * h, 12 * h, 12 * h * 4 / 7, 12 * h},
		{24 * h, 30 * h, 30 * h, 12 * h, 21 * h},
		{24 * h, 24 * h, 24 * h, 12 * h, 21 * h},
		{24 * h, 1, 2, 12 * h, 21 * h},
		{24 * h, infinite, infinite, 12 * h, 21 * h},
		{120, 60, 105, 60, 105},
		{10, 0, 0, 5, 9},
		{infinite - 1, 0, 0, infinite / 2, infinite / 8 * 7},
	} {
		times := map[Time]bool{}
		for seed := range byte(20) {
			var options []option
			if c.t1 > 0 {
				options = append(options, seconds32(dissect.DHCPOptRenewalTime, c.t1))
			}
			if c.t2 > 0 {
				options = append(options, seconds32(dissect.DHCPOptRebindingTime, c.t2))
			}
			l, _ := boundRig4(t, seed, seconds(c.lease), nil, options...).c.Lease()
			t1, t2 := time.Duration(l.T1), time.Duration(l.T2)
			if l.Since != 0 || l.T1 <= 0 || l.T1 >= l.T2 || l.T2 >= l.Expires || l.Expires != Time(seconds(c.lease)) {
				t.Errorf("%+v: %s %s %s", c, t1, t2, time.Duration(l.Expires))
			}
			if t1 > seconds(c.want1) || t1 < seconds(c.want1)*14/16 || t2 > seconds(c.want2) || t2 < seconds(c.want2)*14/16 {
				t.Errorf("%+v: %s and %s", c, t1, t2)
			}
			times[l.T1] = true
		}
		if len(times) < 18 {
			t.Errorf("%+v: only %d different times", c, len(times))
		}
	}
	// A lease without end is never renewed.
	r := boundRig4(t, 1, seconds(infinite), nil, seconds32(dissect.DHCPOptRenewalTime, 600))
	if l, _ := r.c.Lease(); r.c.Deadline() != Never || l.Expires != Never || l.Duration() != 0 {
		t.Errorf("%+v", l)
	}
}

// fields are those that RFC 2131 table 5 speaks of.
type fields struct {
	kind              dissect.DHCPMessageType
	src, dst          string
	ciaddr            string
	requested, server string // options
	broadcast         bool
	wants             bool // has the parameter list
}

func fieldsOf(m sent4) fields {
	d := m.dhcp()
	addr := func(t dissect.DHCPOptionType) string {
		if v := d.Option(t); len(v) == 4 {
			return netip.AddrFrom4([4]byte(v)).String()
		}
		return ""
	}
	return fields{
		d.MessageType(), m.Src.String(), m.Dst.String(), d.ClientIP().String(), addr(dissect.DHCPOptRequestedIP), addr(dissect.DHCPOptServerID),
		d.Broadcast(), d.Option(dissect.DHCPOptParameters) != nil,
	}
}

const (
	nobody   = "0.0.0.0"
	everyone = "255.255.255.255"
	addr1    = "10.0.0.57"
)

// dhcp.5: a renewal goes to the server identifier, even if a relay brought the offer, and a rebinding to all. Each message has the
// fields that table 5 of RFC 2131 wants, and comes when section 4.4.5 says.
func TestMessagesOfALease(t *testing.T) {
	const lease = 8 * time.Hour
	r := newRig4(t, 1, func(c *Config4) { c.Broadcast = true })
	r.c.Start(0)
	r.output()
	check := func(want fields) {
		t.Helper()
		if got := fieldsOf(r.last()); got != want {
			t.Errorf("%s\n got %+v\nwant %+v", r.last(), got, want)
		}
	}
	check(fields{kind: discover, src: nobody, dst: everyone, ciaddr: nobody, broadcast: true, wants: true})
	xid := r.last().dhcp().XID()
	r.run(6 * time.Second)
	secs := r.last().dhcp().Seconds()
	// By way of a relay, whose address is in giaddr.
	b := reply(r.last(), offer, server1, testAddr, lease)
	copy(b[24:28], server2.AsSlice())
	r.input(b)
	check(fields{kind: request, src: nobody, dst: everyone, ciaddr: nobody, requested: addr1, server: "10.0.0.1", broadcast: true, wants: true})
	r.run(11 * time.Second)
	if d := r.last().dhcp(); d.XID() != xid || d.Seconds() != secs || secs == 0 || len(r.sent) != 4 {
		t.Errorf("xid %x, secs %d; in DISCOVER %x and %d; sent %v", d.XID(), d.Seconds(), xid, secs, r.sent)
	}
	r.input(reply(r.last(), ack, server1, testAddr, lease))
	r.is(Bound)
	l, _ := r.c.Lease()
	r.sent = nil
	r.run(time.Duration(l.T2) - 1)
	r.is(Renewing)
	for i, m := range r.sent {
		want := fields{kind: request, src: addr1, dst: "10.0.0.1", ciaddr: addr1, wants: true}
		if got := fieldsOf(m); got != want {
			t.Errorf("%s\n got %+v\nwant %+v", m, got, want)
		}
		due := l.T1
		if i > 0 {
			last := r.sent[i-1]
			due = last.at.Add(max(time.Minute, l.T2.Sub(last.at)/2))
			if m.dhcp().XID() == last.dhcp().XID() {
				t.Errorf("%s has the transaction of %s", m, last)
			}
		}
		if m.at != due {
			t.Errorf("%s, want at %s", m, time.Duration(due))
		}
	}
	if n := len(r.sent); n < 7 || n > 10 {
		t.Errorf("%d renewals: %v", n, r.sent)
	}
	r.sent = nil
	r.run(time.Duration(l.Expires) - 1)
	r.is(Rebinding)
	for i, m := range r.sent {
		want := fields{kind: request, src: addr1, dst: everyone, ciaddr: addr1, wants: true}
		if got := fieldsOf(m); got != want {
			t.Errorf("%s\n got %+v\nwant %+v", m, got, want)
		}
		due := l.T2
		if i > 0 {
			due = r.sent[i-1].at.Add(max(time.Minute, l.Expires.Sub(r.sent[i-1].at)/2))
		}
		if m.at != due {
			t.Errorf("%s, want at %s", m, time.Duration(due))
		}
	}
	// And that is the end of it; the address is asked for again.
	r.events, r.sent = nil, nil
	r.run(time.Duration(l.Expires))
	r.is(Init)
	if got := r.kinds(EventLost); !slices.Equal(got, []string{"lost 10.0.0.57: the lease is over"}) {
		t.Errorf("events %q", got)
	}
	if _, ok := r.c.Lease(); ok {
		t.Error("there is a lease still")
	}
	r.run(time.Duration(l.Expires) + 11*time.Second)
	check(fields{kind: discover, src: nobody, dst: everyone, ciaddr: nobody, requested: addr1, broadcast: true, wants: true})
}

// A lease of two minutes is asked for several times before it ends, against the letter of RFC 2131 section 4.4.5, so that losing
// one message does not lose it.
func TestShortLease(t *testing.T) {
	r := boundRig4(t, 1, 2*time.Minute, nil)
	r.run(2*time.Minute - 1)
	to := map[string]int{}
	for _, m := range r.sent {
		to[m.Dst.String()]++
	}
	if to["10.0.0.1"] != 3 || to[everyone] != 2 {
		t.Errorf("sent %v", r.sent)
	}
}

// dhcp.7: an ACK and a NAK count from the server that was asked, or in REBINDING and REBOOTING from any, which then has the lease.
func TestWhoseAnswer(t *testing.T) {
	const lease = time.Hour
	states := map[State4]func(t *testing.T) *rig4{
		Requesting: func(t *testing.T) *rig4 {
			r := newRig4(t, 1, nil)
			r.c.Start(0)
			r.output()
			r.input(reply(r.last(), offer, server1, testAddr, lease))
			return r
		},
		Renewing: func(t *testing.T) *rig4 {
			r := boundRig4(t, 1, lease, nil)
			r.run(lease / 2)
			return r
		},
		Rebinding: func(t *testing.T) *rig4 {
			r := boundRig4(t, 1, lease, nil)
			r.run(lease * 9 / 10)
			return r
		},
		Rebooting: func(t *testing.T) *rig4 {
			r := boundRig4(t, 1, lease, nil)
			r.c.Link(0)
			r.run(2 * time.Second)
			return r
		},
	}
	other := testAddr.Next()
	for _, c := range []struct {
		in     State4
		kind   dissect.DHCPMessageType
		server netip.Addr
		addr   netip.Addr
		to     State4
		change func(b []byte)
	}{
		{in: Requesting, kind: ack, server: server1, addr: testAddr, to: Bound},
		{in: Requesting, kind: ack, server: server2, addr: testAddr, to: Requesting},
		{in: Requesting, kind: ack, addr: testAddr, to: Requesting},
		{in: Requesting, kind: ack, server: server1, addr: other, to: Requesting},
		{in: Requesting, kind: nak, server: server1, to: Init},
		{in: Requesting, kind: nak, server: server2, to: Requesting},
		{in: Requesting, kind: nak, to: Requesting},
		{in: Requesting, kind: offer, server: server2, addr: testAddr, to: Requesting},
		{in: Renewing, kind: ack, server: server1, addr: testAddr, to: Bound},
		{in: Renewing, kind: ack, server: server2, addr: testAddr, to: Renewing},
		{in: Renewing, kind: ack, server: server1, addr: other, to: Renewing},
		{in: Renewing, kind: nak, server: server1, to: Init},
		{in: Renewing, kind: nak, server: server2, to: Renewing},
		{in: Rebinding, kind: ack, server: server1, addr: testAddr, to: Bound},
		{in: Rebinding, kind: ack, server: server2, addr: testAddr, to: Bound},
		{in: Rebinding, kind: ack, server: netip.MustParseAddr("255.255.255.255"), addr: testAddr, to: Rebinding},
		{in: Rebinding, kind: nak, server: server2, to: Init},
		{in: Rebinding, kind: nak, to: Rebinding},
		{in: Rebooting, kind: ack, server: server2, addr: testAddr, to: Bound},
		{in: Rebooting, kind: ack, server: server1, addr: other, to: Rebooting},
		{in: Rebooting, kind: nak, server: server2, to: Init},
		{in: Rebinding, kind: ack, server: server1, addr: testAddr, to: Rebinding, change: func(b []byte) { b[7]++ }},       // transaction
		{in: Rebinding, kind: ack, server: server1, addr: testAddr, to: Rebinding, change: func(b []byte) { b[33]++ }},      // client
		{in: Rebinding, kind: ack, server: server1, addr: testAddr, to: Rebinding, change: func(b []byte) { b[0] = 1 }},     // a request
		{in: Rebinding, kind: ack, server: server1, addr: testAddr, to: Rebinding, change: func(b []byte) { b[1] = 6 }},     // no Ethernet
		{in: Rebinding, kind: ack, server: server1, addr: testAddr, to: Rebinding, change: func(b []byte) { b[2] = 7 }},     // nor a MAC
		{in: Rebinding, kind: ack, server: server1, addr: testAddr, to: Rebinding, change: func(b []byte) { b[236]++ }},     // BOOTP
		{in: Rebinding, kind: ack, server: server1, addr: testAddr, to: Rebinding, change: func(b []byte) { b[241] = 200 }}, // broken
	} {
		r := states[c.in](t)
		r.is(c.in)
		b := reply(r.last(), c.kind, c.server, c.addr, lease)
		if c.change != nil {
			c.change(b)
		}
		r.input(b)
		if r.c.State() != c.to {
			t.Errorf("%s of %s in %s leads to %s, want %s", c.kind, c.server, c.in, r.c.State(), c.to)
		}
		l, ok := r.c.Lease()
		if ok != (c.to != Init && c.to != Requesting) {
			t.Errorf("%s of %s in %s: held: %v", c.kind, c.server, c.in, ok)
		}
		if c.to == Bound && l.Server != c.server {
			t.Errorf("%s of %s in %s: the server is %s", c.kind, c.server, c.in, l.Server)
		}
		n := r.c.Counters()
		dropped := n.Malformed + n.OtherClient + n.OtherXID + n.Unexpected + n.OtherServer + n.Unusable
		if (dropped == 1) != (c.to == c.in) {
			t.Errorf("%s of %s in %s: %+v", c.kind, c.server, c.in, n)
		}
	}
}

// dhcp.8: before T1 nothing that servers say counts.
func TestBoundHearsNothing(t *testing.T) {
	r := newRig4(t, 1, nil)
	r.answer = serve(time.Hour)
	r.c.Start(0)
	r.output()
	m := r.last()
	want, _ := r.c.Lease()
	r.run(time.Minute)
	r.events = nil
	for _, kind := range []dissect.DHCPMessageType{offer, ack, nak} {
		r.input(reply(m, kind, server1, testAddr, 2*time.Hour))
	}
	r.is(Bound)
	if got, ok := r.c.Lease(); !ok || !reflect.DeepEqual(got, want) || r.c.Counters().Unexpected != 3 {
		t.Errorf("%+v, want %+v; %+v", got, want, r.c.Counters())
	}
	if got := r.kinds(EventLost, EventRenewed, EventState); got != nil {
		t.Errorf("events %q", got)
	}
}

// A stale answer does not count between T1 and the first REQUEST of a renewal.
func TestAnswerBeforeRequest(t *testing.T) {
	r := newRig4(t, 1, nil)
	r.answer = serve(time.Hour)
	r.c.Start(0)
	r.output()
	m := r.last()
	r.now = Time(31 * time.Minute)
	r.c.Input(r.now, reply(m, nak, server1, testAddr, 0))
	if r.is(Renewing); r.c.Counters().Unexpected != 1 {
		t.Errorf("%+v", r.c.Counters())
	}
}

// dhcp.9: an address is probed before it is used, and given back if another host has it, then or later.
func TestProbe(t *testing.T) {
	r := newRig4(t, 1, func(c *Config4) { c.NoProbe = false; c.Requested = testAddr })
	r.answer = serve(time.Hour)
	r.c.Start(0)
	r.output()
	r.is(Checking)
	if _, ok := r.c.Lease(); ok || r.c.Deadline() != Time(time.Hour) {
		t.Errorf("held %v, deadline %s", ok, time.Duration(r.c.Deadline()))
	}
	r.run(5 * time.Second)
	r.c.Probed(r.now, testAddr.Next(), true) // about something else
	r.is(Checking)
	r.c.Probed(r.now, testAddr, true)
	r.is(Init)
	r.answer = nil
	at := r.now
	if d := r.c.Deadline(); d != at {
		t.Errorf("the DECLINE is due at %s", time.Duration(d))
	}
	r.run(time.Minute)
	want := fields{kind: dissect.DHCPDecline, src: nobody, dst: everyone, ciaddr: nobody, requested: addr1, server: "10.0.0.1"}
	if got := fieldsOf(r.sent[2]); got != want || r.sent[2].at != at {
		t.Errorf("%s\n got %+v\nwant %+v", r.sent[2], got, want)
	}
	if m := r.sent[3]; m.Type != discover || m.at.Sub(at) < 10*time.Second || fieldsOf(m).requested != "" {
		t.Errorf("%s, %+v, after a DECLINE at %s", m, fieldsOf(m), time.Duration(at))
	}
	if got := r.kinds(EventProbe, EventBound, EventLost, EventRefused); !slices.Equal(got, []string{"probing 10.0.0.57", "refused: another host has 10.0.0.57"}) {
		t.Errorf("events %q", got)
	}
	// Free: it is bound, in the hook too.
	r = newRig4(t, 1, func(c *Config4) { c.NoProbe = false })
	r.answer, r.probing = serve(time.Hour), func(netip.Addr) bool { return false }
	r.c.Start(0)
	r.output()
	r.is(Bound)
	wantEvents := []string{
		"STOPPED -> INIT", "INIT -> SELECTING", "SELECTING -> REQUESTING", "REQUESTING -> CHECKING", "probing 10.0.0.57",
		"CHECKING -> BOUND", "bound: 10.0.0.57/24 from 10.0.0.1 for 1h0m0s",
	}
	if got := r.kinds(EventState, EventProbe, EventBound); !slices.Equal(got, wantEvents) {
		t.Errorf("events %q", got)
	}
	// And found later.
	r.c.Conflict(r.now, testAddr.Next())
	r.is(Bound)
	r.c.Conflict(r.now, testAddr)
	r.is(Init)
	r.answer = nil
	r.output()
	if m := r.last(); m.Type != dissect.DHCPDecline || r.kinds(EventLost) == nil {
		t.Errorf("%s; events %v", m, r.events)
	}
	r.c.Conflict(r.now, testAddr) // ours no more
	r.c.Probed(r.now, testAddr, false)
	r.is(Init)
	// A lease that ends while it is probed is none.
	r = newRig4(t, 1, func(c *Config4) { c.NoProbe = false })
	r.answer = serve(10 * time.Second)
	r.c.Start(0)
	r.run(10 * time.Second)
	if r.is(Init); r.kinds(EventLost) != nil {
		t.Errorf("events %v", r.events)
	}
}

// dhcp.10: a link that comes up keeps a valid lease, which INIT-REBOOT confirms.
func TestLinkUp(t *testing.T) {
	const lease = time.Hour
	up := func(t *testing.T) *rig4 {
		r := boundRig4(t, 1, lease, nil)
		r.run(time.Minute)
		r.c.Link(r.now)
		r.is(InitReboot)
		r.run(61 * time.Second)
		r.is(Rebooting)
		want := fields{kind: request, src: nobody, dst: everyone, ciaddr: nobody, requested: addr1, wants: true}
		if got := fieldsOf(r.last()); got != want {
			t.Errorf("%s\n got %+v\nwant %+v", r.last(), got, want)
		}
		if _, ok := r.c.Lease(); !ok || r.kinds(EventLost) != nil {
			t.Errorf("the lease is not there: %v", r.events)
		}
		return r
	}
	t.Run("confirmed", func(t *testing.T) {
		r := up(t)
		at := r.last().at
		r.input(reply(r.last(), ack, server1, testAddr, lease))
		r.is(Bound)
		if l, _ := r.c.Lease(); l.Since != at || r.kinds(EventRenewed) == nil || r.kinds(EventBound, EventProbe, EventLost) != nil {
			t.Errorf("%+v, %v", l, r.events)
		}
	})
	t.Run("refused", func(t *testing.T) {
		r := up(t)
		r.input(reply(r.last(), nak, server2, netip.Addr{}, 0, option{dissect.DHCPOptMessage, []byte("wrong\x1b[31m network")}))
		r.is(Init)
		if got := r.kinds(EventLost); !slices.Equal(got, []string{"lost 10.0.0.57: 10.0.0.2 refused it: wrong?[31m network"}) {
			t.Errorf("events %q", got)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		r := up(t)
		want, _ := r.c.Lease()
		r.run(2 * time.Minute)
		r.is(Bound)
		if l, _ := r.c.Lease(); len(r.sent) != rebootTries || !reflect.DeepEqual(l, want) {
			t.Errorf("%+v, want %+v; sent %v", l, want, r.sent)
		}
		r.run(lease)
		if r.is(Init); len(r.kinds(EventLost)) != 1 {
			t.Errorf("events %v", r.events)
		}
	})
	t.Run("searching", func(t *testing.T) {
		r := newRig4(t, 1, nil)
		r.c.Link(0)
		r.is(Stopped)
		r.c.Start(0)
		r.run(time.Hour)
		xid := r.last().dhcp().XID()
		r.sent = nil
		r.c.Link(r.now)
		r.run(time.Hour + 10*time.Second)
		if len(r.sent) == 0 || r.sent[0].dhcp().XID() == xid || r.sent[0].at < Time(time.Hour+time.Second) {
			t.Errorf("sent %v", r.sent)
		}
	})
}

// A lease from before the program began is asked about, probed, and used to its end if no server answers.
func TestReboot(t *testing.T) {
	l, _ := boundRig4(t, 1, time.Hour, nil).c.Lease()
	for name, c := range map[string]struct {
		change func(*Lease4)
		at     Time
		answer func(sent4) [][]byte
		first  string
		events []string
	}{
		"confirmed": {nil, 0, serve(time.Hour), "0s Request 0.0.0.0>255.255.255.255", []string{
			"probing 10.0.0.57", "bound: 10.0.0.57/24 from 10.0.0.1 for 1h0m0s"}},
		"nobody": {nil, 0, nil, "0s Request 0.0.0.0>255.255.255.255", []string{
			"probing 10.0.0.57", "bound: 10.0.0.57/24 from 10.0.0.1 for 1h0m0s"}},
		"refused": {nil, 0, func(m sent4) [][]byte { return [][]byte{reply(m, nak, server2, netip.Addr{}, 0)} }, "0s Request 0.0.0.0>255.255.255.255",
			[]string{"refused: 10.0.0.2 refused it"}},
		"over":       {nil, Time(time.Hour), nil, "1h0m0s Discover 0.0.0.0>255.255.255.255", nil},
		"senseless":  {func(l *Lease4) { l.T1, l.T2 = l.T2, l.T1 }, 0, nil, "0s Discover 0.0.0.0>255.255.255.255", nil},
		"no server":  {func(l *Lease4) { l.Server = netip.Addr{} }, 0, nil, "0s Discover 0.0.0.0>255.255.255.255", nil},
		"no address": {func(l *Lease4) { l.Addr = netip.Prefix{} }, 0, nil, "0s Discover 0.0.0.0>255.255.255.255", nil},
		"short":      {func(l *Lease4) { l.T1, l.T2, l.Expires = 1, 2, 3 }, 0, nil, "0s Discover 0.0.0.0>255.255.255.255", nil},
		"too long":   {func(l *Lease4) { l.Since, l.Expires = -1<<62, Never-1 }, 0, nil, "0s Discover 0.0.0.0>255.255.255.255", nil},
		"endless T1": {func(l *Lease4) { l.Expires = Never }, 0, nil, "0s Discover 0.0.0.0>255.255.255.255", nil},
		"endless": {func(l *Lease4) { l.T1, l.T2, l.Expires = Never, Never, Never }, 0, nil, "0s Request 0.0.0.0>255.255.255.255", []string{
			"probing 10.0.0.57", "bound: 10.0.0.57/24 from 10.0.0.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := l.Clone()
			if c.change != nil {
				c.change(&l)
			}
			r := newRig4(t, 1, func(c *Config4) { c.NoProbe = false })
			r.probing = func(netip.Addr) bool { return false }
			r.answer, r.now = c.answer, c.at
			r.c.Reboot(r.now, l)
			r.run(time.Duration(c.at) + time.Minute)
			if got := r.sent[0].String(); got != c.first {
				t.Errorf("first %q, want %q", got, c.first)
			}
			if got := r.kinds(EventProbe, EventBound, EventLost, EventRefused)[:min(len(c.events), len(r.events))]; !slices.Equal(got, c.events) {
				t.Errorf("events %q, want %q", got, c.events)
			}
		})
	}
}

// A clock that jumps over T1, T2 and the end loses the lease at once, and sends nothing in its name.
func TestClockJumps(t *testing.T) {
	r := boundRig4(t, 1, time.Hour, nil)
	r.now = Time(2 * time.Hour)
	r.output()
	if r.is(Init); len(r.sent) != 0 || len(r.kinds(EventLost)) != 1 {
		t.Errorf("sent %v, events %v", r.sent, r.events)
	}
	r = boundRig4(t, 1, time.Hour, nil)
	r.now = Time(59 * time.Minute)
	r.output()
	if r.is(Rebinding); len(r.sent) != 1 || r.last().Dst != broadcast4 {
		t.Errorf("sent %v", r.sent)
	}
}

func TestRelease(t *testing.T) {
	r := boundRig4(t, 1, time.Hour, nil)
	var m Message4
	if !r.c.Release(r.now, &m) {
		t.Fatal("nothing to send")
	}
	want := fields{kind: dissect.DHCPRelease, src: addr1, dst: "10.0.0.1", ciaddr: addr1, server: "10.0.0.1"}
	if got := fieldsOf(sent4{r.now, m}); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	r.is(Stopped)
	if _, ok := r.c.Lease(); ok || r.c.Deadline() != Never || r.kinds(EventLost) != nil {
		t.Errorf("held %v, events %v", ok, r.events)
	}
	if r.c.Release(r.now, &m) {
		t.Error("released twice")
	}
	r.c.Start(r.now)
	r.output()
	r.is(Selecting)
	if r.c.Release(r.now, &m) {
		t.Error("released what there is not")
	}
	r.is(Stopped)
}

// Of a REQUEST that nobody answers there are four within a minute, and then a new DISCOVER.
func TestRequestUnanswered(t *testing.T) {
	r := newRig4(t, 1, nil)
	r.c.Start(0)
	r.output()
	r.input(reply(r.last(), offer, server1, testAddr, time.Hour))
	r.run(80 * time.Second)
	var kinds []string
	for _, m := range r.sent {
		kinds = append(kinds, m.Type.String())
	}
	if got := strings.Join(kinds, " "); !strings.HasPrefix(got, "Discover Request Request Request Request Discover") || r.sent[5].at < Time(57*time.Second) {
		t.Errorf("sent %v", r.sent)
	}
	if got := r.kinds(EventRefused); !slices.Equal(got, []string{"refused: 10.0.0.1 does not answer"}) {
		t.Errorf("events %q", got)
	}
}

// Renewed leases say what changed.
func TestRenewedParameters(t *testing.T) {
	r := boundRig4(t, 1, time.Hour, func(c *Config4) { c.Options = []dissect.DHCPOptionType{150, 151, dissect.DHCPOptRouter, 150} })
	r.run(31 * time.Minute)
	b := reply(r.last(), ack, server1, testAddr, 2*time.Hour, option{dissect.DHCPOptDNSServer, server2.AsSlice()}, option{150, []byte{1}}, option{150, []byte{2}})
	r.input(b)
	clear(b)
	if l, _ := r.c.Lease(); !reflect.DeepEqual(l.Options, []Option4{{150, []byte{1, 2}}}) {
		t.Errorf("options %v", l.Options)
	}
	if got := r.kinds(EventRenewed); !slices.Equal(got, []string{"renewed: 10.0.0.57/24 from 10.0.0.1 for 2h0m0s; DNS 10.0.0.2"}) {
		t.Errorf("events %q", got)
	}
	// What was told is the receiver's.
	r.events[len(r.events)-1].Lease.DNS[0] = server1
	if l, _ := r.c.Lease(); l.DNS[0] != server2 {
		t.Error("the event shares memory with the client")
	}
}
