package dhcp

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// rig6 is a Client6 in virtual time.
type rig6 struct {
	t      *testing.T
	c      *Client6
	now    Time
	at     []Time
	sent   []dissect.DHCPv6
	events []string
}

func newRig6(t *testing.T, seed byte, noDelay bool) *rig6 {
	t.Helper()
	r := &rig6{t: t}
	c, err := New6(Config6{HardwareAddr: testMAC, NoDelay: noDelay, Rand: rand.NewChaCha8([32]byte{seed}), Events: func(e Event6) {
		if e.Time != r.now {
			t.Errorf("at %d: an event of %d: %s", r.now, e.Time, e)
		}
		r.events = append(r.events, e.String())
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.c = c
	return r
}

func (r *rig6) run(until time.Duration) {
	r.t.Helper()
	for {
		for b := r.c.Output(r.now); b != nil; b = r.c.Output(r.now) {
			r.at, r.sent = append(r.at, r.now), append(r.sent, b)
		}
		d := r.c.Deadline()
		if d <= r.now {
			r.t.Fatalf("at %s: the deadline is %s, and there is nothing to send", time.Duration(r.now), time.Duration(d))
		}
		if d > Time(until) {
			r.now = Time(until)
			return
		}
		r.now = d
	}
}

func (r *rig6) last() dissect.DHCPv6 {
	r.t.Helper()
	if len(r.sent) == 0 {
		r.t.Fatal("nothing was sent")
	}
	return r.sent[len(r.sent)-1]
}

// reply6 answers m: the header, the client's and a server's identifier, and what is given.
func reply6(t *testing.T, m dissect.DHCPv6, options string) []byte {
	t.Helper()
	b := dissect.DHCPv6Header{Type: dissect.DHCPv6Reply, XID: m.XID()}.Append(nil)
	b = dissect.AppendDHCPv6Option(b, dissect.DHCPv6OptClientID, m.Option(dissect.DHCPv6OptClientID)...)
	b = dissect.AppendDHCPv6Option(b, dissect.DHCPv6OptServerID, unhex(t, "0003 0001 020000000009")...)
	return append(b, unhex(t, options)...)
}

// The first request comes within a second, those after it as RFC 8415 section 15 says, and each has what section 18.2.6 wants.
func TestInformationRequest(t *testing.T) {
	delays := map[Time]bool{}
	for seed := range byte(20) {
		r := newRig6(t, seed, false)
		r.c.Start(0)
		r.run(12 * time.Hour)
		delays[r.at[0]] = true
		if r.at[0] > Time(time.Second) {
			t.Errorf("the first one waits %s", time.Duration(r.at[0]))
		}
		rt := time.Duration(0)
		for i := range r.at[:len(r.at)-1] {
			wait := r.at[i+1].Sub(r.at[i])
			low, high := 900*time.Millisecond, 1100*time.Millisecond
			if i > 0 {
				low, high = rt*19/10, rt*21/10
			}
			if high > infMaxRT {
				low, high = min(low, infMaxRT*9/10), infMaxRT*11/10
			}
			if wait < low || wait > high {
				t.Errorf("retry %d after %s, want %s to %s", i+1, wait, low, high)
			}
			rt = wait
		}
		if n := len(r.at); n < 20 || n > 26 {
			t.Errorf("%d messages in twelve hours", n)
		}
		first := r.sent[0]
		for i, m := range r.sent {
			elapsed := min(r.at[i].Sub(r.at[0])/(10*time.Millisecond), 0xffff)
			want := dissect.DHCPv6Header{Type: dissect.DHCPv6InformationRequest, XID: first.XID()}.Append(nil)
			want = append(want, unhex(t, "0001 000a 0003 0001 020000000001 0008 0002")...)
			want = append(want, byte(elapsed>>8), byte(elapsed))
			want = append(want, unhex(t, "0006 000a 0017 0018 0020 0038 0053")...)
			if !bytes.Equal(m, want) {
				t.Errorf("message %d:\n got %x\nwant %x", i, []byte(m), want)
			}
		}
	}
	if len(delays) < 18 {
		t.Errorf("%d of 20 delays are different", len(delays))
	}
}

func TestInformation(t *testing.T) {
	const dns = "0017 0010 20010db8000000000000000000000035 "
	addrs := func(list ...string) (a []netip.Addr) {
		for _, s := range list {
			a = append(a, netip.MustParseAddr(s))
		}
		return a
	}
	for name, c := range map[string]struct {
		options string
		want    Information6
		refresh time.Duration // zero: never
	}{
		"all": {`0017 0020 20010db8000000000000000000000035 fe800000000000000000000000000035 0018 000e 03636f6d00 0161 03636f6d00 0000
			0038 0014 0001 0010 20010db8000000000000000000000123 0020 0004 00000e10 0053 0004 00000e10`,
			Information6{DNS: addrs("2001:db8::35", "fe80::35"), NTP: addrs("2001:db8::123"), Search: []string{"com", "a.com"}}, time.Hour},
		"nothing":       {"", Information6{}, 24 * time.Hour},
		"refresh soon":  {dns + "0020 0004 00000001", Information6{DNS: addrs("2001:db8::35")}, 10 * time.Minute},
		"refresh never": {dns + "0020 0004 ffffffff", Information6{DNS: addrs("2001:db8::35")}, 0},
		"no hosts":      {"0017 0030 ff020000000000000000000000000001 00000000000000000000000000000000 00000000000000000000ffff0a000001", Information6{}, 24 * time.Hour},
		"twice":         {dns + dns, Information6{DNS: addrs("2001:db8::35")}, 24 * time.Hour},
		"odd":           {"0017 0011 20010db8000000000000000000000035 00 0020 0003 000001 0038 0003 000100 0018 0002 0361", Information6{DNS: addrs("2001:db8::35")}, 24 * time.Hour},
		"success":       {dns + "000d 0004 0000 6f6b", Information6{DNS: addrs("2001:db8::35")}, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig6(t, 1, true)
			r.c.Start(0)
			r.run(2 * time.Second)
			r.c.Input(r.now, reply6(t, r.last(), c.options))
			got, ok := r.c.Information()
			c.want.Server = unhex(t, "0003 0001 020000000009")
			c.want.Refresh = Never
			if c.refresh > 0 {
				c.want.Refresh = r.now.Add(c.refresh)
			}
			if !ok || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			n := len(r.sent)
			if c.refresh == 0 {
				r.run(1000 * time.Hour)
				if len(r.sent) != n {
					t.Errorf("%d more messages", len(r.sent)-n)
				}
				return
			}
			// It is asked for again, with a new number; the same answer is no news, another is.
			xid := r.last().XID()
			r.run(2*time.Second + c.refresh + 1100*time.Millisecond)
			if len(r.sent) <= n || r.at[n] < Time(2*time.Second+c.refresh) || r.last().XID() == xid {
				t.Fatalf("%d more messages at %v", len(r.sent)-n, r.at[n:])
			}
			if _, ok := r.c.Information(); !ok {
				t.Error("what there was is gone")
			}
			r.events = nil
			r.c.Input(r.now, reply6(t, r.last(), c.options))
			if len(r.events) != 0 {
				t.Errorf("events %q", r.events)
			}
			r.c.Start(r.now)
			r.run(time.Duration(r.now) + time.Millisecond)
			r.c.Input(r.now, reply6(t, r.last(), "0017 0010 20010db8000000000000000000000099 0018 0003 016100"))
			if want := []string{"information: DNS 2001:db8::99 search a"}; !slices.Equal(r.events, want) {
				t.Errorf("events %q, want %q", r.events, want)
			}
		})
	}
}

// What does not answer the client's request is dropped (RFC 8415 section 16.10).
func TestReplyRefused(t *testing.T) {
	r := newRig6(t, 1, true)
	early := reply6(t, dissect.DHCPv6(unhex(t, "0b 000000 0001 000a 0003 0001 020000000001")), "")
	r.c.Input(0, early)
	r.c.Start(0)
	r.c.Input(0, early) // before the first message: an ID of zero is not ours
	r.run(0)
	m := r.last()
	for _, b := range [][]byte{
		nil, m, {7, 0, 0}, reply6(t, m, "0017 0010 2001"),
		func() []byte { b := reply6(t, m, ""); b[3]++; return b }(),
		func() []byte { b := reply6(t, m, ""); b[8]++; return b }(),
		dissect.DHCPv6Header{Type: dissect.DHCPv6Reply, XID: m.XID()}.Append(nil),
		func() []byte { b := reply6(t, m, ""); return b[:18] }(), // no server
		reply6(t, m, "000d 0002 0001"),
		reply6(t, m, "000d 0001 00"),
	} {
		r.c.Input(r.now, b)
	}
	want := []string{
		"dropped: nothing was asked", "dropped: nothing was asked", "dropped: malformed", "dropped: malformed", "dropped: malformed", "dropped: malformed",
		"dropped: of another exchange", "dropped: for another client", "dropped: for another client", "dropped: no server identifier",
		"dropped: the server reports a failure", "dropped: the server reports a failure",
	}
	if !slices.Equal(r.events, want) {
		t.Errorf("events:\n%s\nwant:\n%s", strings.Join(r.events, "\n"), strings.Join(want, "\n"))
	}
	if _, ok := r.c.Information(); ok {
		t.Error("there is information")
	}
	r.c.Input(r.now, reply6(t, m, ""))
	if _, ok := r.c.Information(); !ok {
		t.Error("there is none")
	}
	r.c.Input(r.now, reply6(t, m, "")) // a second server's
	if got := r.events[len(r.events)-1]; got != "dropped: nothing was asked" {
		t.Errorf("a second answer: %q", got)
	}
	r.c.Stop()
	if _, ok := r.c.Information(); ok || r.c.Deadline() != Never {
		t.Errorf("after Stop: %v, %d", ok, r.c.Deadline())
	}
}

// A server may slow its clients down, within limits (RFC 8415 section 21.25).
func TestInfMaxRT(t *testing.T) {
	for said, want := range map[string]time.Duration{"0000003b": time.Hour, "0000003c": time.Minute, "00015180": 24 * time.Hour, "00015181": time.Hour} {
		r := newRig6(t, 1, true)
		r.c.Start(0)
		r.run(0)
		r.c.Input(0, reply6(t, r.last(), "0053 0004"+said))
		r.c.Start(0)
		r.run(200 * time.Hour)
		n := len(r.at)
		if wait := r.at[n-1].Sub(r.at[n-2]); wait < want*9/10 || wait > want*11/10 {
			t.Errorf("%s: in the end every %s, want %s", said, wait, want)
		}
	}
}

func TestConfig6(t *testing.T) {
	for name, c := range map[string]struct {
		cfg Config6
		ok  bool
	}{
		"address": {Config6{HardwareAddr: testMAC}, true},
		"DUID":    {Config6{DUID: []byte{0, 2, 1}}, true},
		"neither": {Config6{}, false},
		"short":   {Config6{DUID: []byte{0, 2}}, false},
		"long":    {Config6{DUID: make([]byte, 131)}, false},
	} {
		if _, err := New6(c.cfg); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
