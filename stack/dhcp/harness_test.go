package dhcp

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

var (
	testMAC  = dissect.MAC{2, 0, 0, 0, 0, 1}
	testAddr = netip.MustParseAddr("10.0.0.57")
	server1  = netip.MustParseAddr("10.0.0.1")
	server2  = netip.MustParseAddr("10.0.0.2")
	mask24   = option{dissect.DHCPOptSubnetMask, []byte{255, 255, 255, 0}}
)

// sent4 is a message and when it was sent.
type sent4 struct {
	at Time
	Message4
}

func (s sent4) dhcp() dissect.DHCP { return dissect.DHCP(s.Data) }

// String is the message as tests write it: "4s Discover 0.0.0.0>255.255.255.255".
func (s sent4) String() string {
	return fmt.Sprintf("%s %s %s>%s", time.Duration(s.at).Round(time.Second), s.Type, s.Src, s.Dst)
}

// rig4 is a client in virtual time.
type rig4 struct {
	t      *testing.T
	c      *Client4
	now    Time
	sent   []sent4
	events []Event4

	// answer, if set, is the server: what it gives for a message goes back at once.
	answer func(m sent4) [][]byte
	// taken says what a probe finds, if probing is answered at all.
	probing func(netip.Addr) bool
}

// newRig4 makes a client that is not started.
func newRig4(t *testing.T, seed byte, change func(*Config4)) *rig4 {
	t.Helper()
	r := &rig4{t: t}
	cfg := Config4{HardwareAddr: testMAC, NoDelay: true, NoProbe: true, Rand: rand.NewChaCha8([32]byte{seed})}
	if change != nil {
		change(&cfg)
	}
	cfg.Events = r.event
	c, err := New4(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r.c = c
	return r
}

func (r *rig4) event(e Event4) {
	if e.Time != r.now {
		r.t.Errorf("at %d: an event of %d: %s", r.now, e.Time, e)
	}
	r.events = append(r.events, e)
	if e.Kind == EventProbe && r.probing != nil {
		r.c.Probed(r.now, e.Lease.Addr.Addr(), r.probing(e.Lease.Addr.Addr()))
	}
}

// output takes what is to be sent now.
func (r *rig4) output() {
	r.t.Helper()
	for n := 0; ; n++ {
		var m Message4
		if !r.c.Output(r.now, &m) {
			break
		}
		if n == 10 {
			r.t.Fatalf("at %s: no end of messages in %s", time.Duration(r.now), r.c.state)
		}
		s := sent4{r.now, m}
		r.sent = append(r.sent, s)
		if r.answer != nil {
			for _, b := range r.answer(s) {
				r.c.Input(r.now, b)
			}
		}
	}
	if d := r.c.Deadline(); d <= r.now {
		r.t.Fatalf("at %s: nothing to do, and the deadline is %s, in %s", time.Duration(r.now), time.Duration(d), r.c.state)
	}
}

// run goes on until the clock says so, from deadline to deadline.
func (r *rig4) run(until time.Duration) {
	r.t.Helper()
	r.output()
	for r.c.Deadline() <= Time(until) {
		r.now = r.c.Deadline()
		r.output()
	}
	r.now = Time(until)
}

// input gives the client a message now.
func (r *rig4) input(b []byte) {
	r.t.Helper()
	r.c.Input(r.now, b)
	r.output()
}

func (r *rig4) last() sent4 {
	r.t.Helper()
	if len(r.sent) == 0 {
		r.t.Fatal("nothing was sent")
	}
	return r.sent[len(r.sent)-1]
}

// is checks the state.
func (r *rig4) is(want State4) {
	r.t.Helper()
	if r.c.State() != want {
		r.t.Fatalf("at %s: in %s, want %s; sent %v", time.Duration(r.now), r.c.State(), want, r.sent)
	}
}

// kinds gives the events of these kinds in words.
func (r *rig4) kinds(kinds ...EventKind) (list []string) {
	for _, e := range r.events {
		if slices.Contains(kinds, e.Kind) {
			list = append(list, e.String())
		}
	}
	return list
}

type option struct {
	t    dissect.DHCPOptionType
	data []byte
}

func seconds32(t dissect.DHCPOptionType, n uint32) option {
	return option{t, binary.BigEndian.AppendUint32(nil, n)}
}

// reply writes a server's answer to m: the options are appended, and the first one of a type that is there replaces the usual one.
func reply(m sent4, kind dissect.DHCPMessageType, server, addr netip.Addr, lease time.Duration, options ...option) []byte {
	d := m.dhcp()
	h := dissect.DHCPHeader{Op: dissect.DHCPOpReply, XID: d.XID(), YourIP: addr, ClientMAC: d.ClientMAC()}
	b := h.Append(nil)
	b = dissect.AppendDHCPOption(b, dissect.DHCPOptMessageType, byte(kind))
	if server.IsValid() {
		b = dissect.AppendDHCPOption(b, dissect.DHCPOptServerID, server.AsSlice()...)
	}
	if lease > 0 {
		o := seconds32(dissect.DHCPOptLeaseTime, uint32(lease/time.Second))
		b = dissect.AppendDHCPOption(b, o.t, o.data...)
	}
	for _, o := range append(options, mask24) {
		if o.t == mask24.t && dissect.DHCP(b).Option(mask24.t) != nil {
			continue
		}
		b = dissect.AppendDHCPOption(b, o.t, o.data...)
	}
	return append(b, byte(dissect.DHCPOptEnd))
}

// serve answers as a server that has testAddr for so long.
func serve(lease time.Duration, options ...option) func(sent4) [][]byte {
	return func(m sent4) [][]byte {
		switch m.Type {
		case dissect.DHCPDiscover:
			return [][]byte{reply(m, dissect.DHCPOffer, server1, testAddr, lease, options...)}
		case dissect.DHCPRequest:
			return [][]byte{reply(m, dissect.DHCPAck, server1, testAddr, lease, options...)}
		}
		return nil
	}
}

// boundRig4 gives a client that got a lease at time zero, from a server that says nothing any more.
func boundRig4(t *testing.T, seed byte, lease time.Duration, change func(*Config4), options ...option) *rig4 {
	t.Helper()
	r := newRig4(t, seed, change)
	r.probing = func(netip.Addr) bool { return false }
	r.answer = serve(lease, options...)
	r.c.Start(0)
	r.output()
	r.is(Bound)
	r.answer, r.sent, r.events = nil, nil, nil
	return r
}
