package dhcp

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"smoltcp/dissect"
)

// pool is a server with a few addresses.
type pool struct {
	lease time.Duration
	addrs []poolAddr
}

type poolAddr struct {
	addr  netip.Addr
	owner dissect.MAC
	until Time // of the lease, or of what was offered
}

// find gives the address that mac may have: the one it had, or wants, or any.
func (p *pool) find(now Time, mac dissect.MAC, wanted netip.Addr) *poolAddr {
	for _, fits := range []func(a *poolAddr) bool{
		func(a *poolAddr) bool { return a.owner == mac },
		func(a *poolAddr) bool { return a.until <= now && a.addr == wanted },
		func(a *poolAddr) bool { return a.until <= now },
	} {
		if i := slices.IndexFunc(p.addrs, func(a poolAddr) bool { return fits(&a) }); i >= 0 {
			return &p.addrs[i]
		}
	}
	return nil
}

func (p *pool) answer(now Time, m sent4) []byte {
	d := m.dhcp()
	addr := func(t dissect.DHCPOptionType) netip.Addr {
		if v := d.Option(t); len(v) == 4 {
			return netip.AddrFrom4([4]byte(v))
		}
		return d.ClientIP()
	}
	a := p.find(now, d.ClientMAC(), addr(dissect.DHCPOptRequestedIP))
	switch m.Type {
	case dissect.DHCPDiscover:
		if a != nil {
			a.owner, a.until = d.ClientMAC(), max(a.until, now.Add(time.Minute))
			return reply(m, dissect.DHCPOffer, server1, a.addr, p.lease)
		}
	case dissect.DHCPRequest:
		if a == nil || a.addr != addr(dissect.DHCPOptRequestedIP) {
			return reply(m, dissect.DHCPNak, server1, netip.Addr{}, 0)
		}
		a.owner, a.until = d.ClientMAC(), now.Add(p.lease)
		return reply(m, dissect.DHCPAck, server1, a.addr, p.lease)
	case dissect.DHCPRelease:
		if a != nil && a.owner == d.ClientMAC() && a.addr == d.ClientIP() {
			a.until = now
		}
	}
	return nil
}

// Clients of a network that loses, repeats, delays and swaps messages: all get leases, and no address has two users at any time,
// because each client stops using its address before the server thinks that it did.
func TestNetwork(t *testing.T) {
	for name, c := range map[string]struct {
		clients, addrs int
		lease          time.Duration
		loss, repeat   float64
		delay          time.Duration
		restarts       bool
	}{
		"clean":        {4, 4, 2 * time.Minute, 0, 0, time.Millisecond, false},
		"20 % lost":    {4, 6, 2 * time.Minute, 0.2, 0.1, 2 * time.Second, false},
		"half lost":    {6, 6, 10 * time.Minute, 0.5, 0.3, 5 * time.Second, false},
		"too few":      {6, 3, time.Minute, 0.2, 0.1, time.Second, true},
		"short leases": {4, 3, 10 * time.Second, 0.3, 0.1, 4 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewChaCha8([32]byte{7}))
			server := &pool{lease: c.lease}
			for i := range c.addrs {
				server.addrs = append(server.addrs, poolAddr{addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(100 + i)})})
			}
			type flight struct {
				at     Time
				client int
				m      sent4  // to the server
				data   []byte // or to the client
			}
			var wire []flight
			send := func(now Time, f flight) {
				for copies := 1; copies > 0; copies-- {
					if rng.Float64() < c.repeat {
						copies++
					}
					if rng.Float64() >= c.loss {
						f.at = now.Add(time.Duration(rng.Int64N(int64(c.delay))))
						wire = append(wire, f)
					}
				}
			}
			rigs := make([]*rig4, c.clients)
			bound := make([]int, c.clients)
			for i := range rigs {
				r := newRig4(t, byte(i), func(cfg *Config4) {
					cfg.HardwareAddr[5] = byte(i)
					cfg.NoDelay = false
				})
				r.answer = func(m sent4) [][]byte {
					send(r.now, flight{client: i, m: m})
					return nil
				}
				r.c.Start(0)
				rigs[i] = r
			}
			held := time.Duration(0)
			for now := Time(0); now < Time(2*time.Hour); {
				next := Time(2 * time.Hour)
				for _, r := range rigs {
					next = min(next, r.c.Deadline())
				}
				for _, f := range wire {
					next = min(next, f.at)
				}
				users := map[netip.Addr]int{}
				for i, r := range rigs {
					if l, ok := r.c.Lease(); ok {
						held += next.Sub(now)
						if other, ok := users[l.Addr.Addr()]; ok {
							t.Fatalf("at %s: %d and %d use %s", time.Duration(now), i, other, l.Addr)
						}
						users[l.Addr.Addr()] = i
					}
				}
				now = next
				due := wire[:0:0]
				wire = slices.DeleteFunc(wire, func(f flight) bool {
					if f.at <= now {
						due = append(due, f)
					}
					return f.at <= now
				})
				for _, f := range due {
					if f.data != nil {
						rigs[f.client].now = now
						rigs[f.client].c.Input(now, f.data)
					} else if b := server.answer(now, f.m); b != nil {
						send(now, flight{client: f.client, data: b})
					}
				}
				for i, r := range rigs {
					r.now = now
					r.output()
					bound[i] += len(r.kinds(EventBound))
					r.events, r.sent = nil, nil
					if _, ok := r.c.Lease(); ok && c.restarts && rng.IntN(50) == 0 {
						var m Message4
						if r.c.Release(now, &m) {
							send(now, flight{client: i, m: sent4{now, m}})
						}
						r.c.Start(now)
					}
				}
			}
			if slices.Contains(bound, 0) && c.addrs >= c.clients {
				t.Errorf("leases got: %v", bound)
			}
			share := held.Hours() / 2 / float64(min(c.clients, c.addrs))
			t.Logf("leases got: %v; addresses were in use %.0f %% of the time", bound, 100*share)
			if want := 0.9; share < want && !c.restarts {
				t.Errorf("in use %.0f %% of the time, want %.0f %%", 100*share, 100*want)
			}
		})
	}
}

// FuzzClient4 plays a server, a driver and a clock out of the input, and checks that events alternate as the driver needs them, that the
// deadline is honest, and that no message is larger than every server takes.
func FuzzClient4(f *testing.F) {
	f.Add([]byte{0, 1, 2, 0, 0, 3, 0, 0, 4, 0, 5, 0, 6, 7})
	f.Add([]byte{1, 1, 2, 0, 0, 3, 0, 0, 8, 0, 1, 3, 0, 0, 1, 1, 1, 9, 1, 1, 1})
	f.Add([]byte{1, 1, 2, 1, 40, 3, 1, 120, 4, 1, 1, 10, 4, 0, 0, 7, 8, 9, 10, 11})
	f.Fuzz(func(t *testing.T, b []byte) {
		take := func() (v byte) {
			if len(b) > 0 {
				v, b = b[0], b[1:]
			}
			return v
		}
		seed := take()
		r := newRig4(t, seed, func(c *Config4) { c.NoProbe, c.NoDelay, c.Broadcast = seed&1 != 0, seed&2 != 0, seed&4 != 0 })
		answer := func(kind dissect.DHCPMessageType) []byte {
			server, addr := server1, testAddr
			switch how := take(); {
			case how&1 != 0:
				server = server2
			case how&2 != 0:
				addr = addr.Next()
			case how&4 != 0:
				server = netip.Addr{}
			}
			var options []option
			if n := take(); n&1 != 0 {
				options = append(options, seconds32(dissect.DHCPOptRenewalTime, uint32(n)*uint32(take())))
				options = append(options, seconds32(dissect.DHCPOptRebindingTime, uint32(n)*uint32(take())))
			}
			d := reply(r.last(), kind, server, addr, []time.Duration{time.Hour, time.Minute, 10 * time.Second, 0, seconds(infinite)}[take()%5], options...)
			if n := take(); n > 200 && len(d) > 0 {
				d[(int(n)*int(take()))%len(d)] ^= take()
			}
			return d
		}
		used := false // the driver's view
		for step := 0; len(b) > 0 && step < 300; step++ {
			switch op := take() % 12; op {
			case 0:
				r.c.Start(r.now)
			case 1:
				if d := r.c.Deadline(); d < Never {
					r.now = max(r.now, d)
				}
			case 2, 3, 4:
				if len(r.sent) > 0 {
					r.c.Input(r.now, answer([]dissect.DHCPMessageType{dissect.DHCPOffer, dissect.DHCPAck, dissect.DHCPNak}[op-2]))
				}
			case 5:
				r.c.Probed(r.now, testAddr, take()&1 != 0)
			case 6:
				r.c.Conflict(r.now, testAddr)
			case 7:
				r.c.Link(r.now)
			case 8:
				var m Message4
				_, held := r.c.Lease()
				if r.c.Release(r.now, &m) {
					used = false
				} else if l, _ := r.c.Lease(); held && r.c.State() == Stopped && l.Addr.IsValid() {
					t.Fatal("a lease is left")
				}
			case 9:
				r.now = r.now.Add(time.Duration(take()) * time.Duration(take()) * time.Second)
			case 10:
				n := min(int(take()), len(b))
				r.c.Input(r.now, b[:n])
				b = b[n:]
			case 11:
				if len(r.sent) > 0 {
					n := min(int(take()), len(b))
					head := reply(r.last(), dissect.DHCPAck, server1, testAddr, 0)[:dissect.DHCPHeaderLen]
					r.c.Input(r.now, append(head, b[:n]...))
					b = b[n:]
				}
			}
			r.output()
			for _, e := range r.events {
				switch e.Kind {
				case EventBound, EventLost:
					if used == (e.Kind == EventBound) {
						t.Fatalf("%s, and used is %v", e, used)
					}
					used = !used
					fallthrough
				case EventRenewed, EventProbe:
					if l := e.Lease; !isHost(l.Addr.Addr()) || !isHost(l.Server) || l.T1 > l.T2 || l.T2 > l.Expires {
						t.Fatalf("%s: %+v", e, l)
					}
				}
				for _, c := range []byte(e.String()) {
					if c < 0x20 || c > 0x7e {
						t.Fatalf("%q", e.String())
					}
				}
			}
			r.events = nil
			if l, ok := r.c.Lease(); ok != used || ok && l.Expires <= r.now {
				t.Fatalf("held %v, used %v, %+v", ok, used, l)
			}
			for _, m := range r.sent {
				if len(m.Data) < minPadded || len(m.Data) > maxMessage || m.dhcp().CheckWhole() != nil {
					t.Fatalf("%x", m.Data)
				}
			}
			if n := len(r.sent); n > 1 {
				r.sent = r.sent[n-1:]
			}
		}
	})
}

// FuzzClient6 gives a client answers that are almost right.
func FuzzClient6(f *testing.F) {
	for _, s := range []string{"", "\x00\x17\x00\x10 0123456789abcdef", "\x00\x20\x00\x04\x00\x00\x00\x01", "\x00\x18\x00\x05\x03com\x00\x00\x53\x00\x04\xff\xff\xff\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig6(t, 1, true)
		r.c.Start(0)
		for range 3 {
			r.run(time.Duration(r.now) + 2*time.Second)
			r.c.Input(r.now, append(reply6(t, r.last(), ""), b...))
			r.c.Input(r.now, b)
			i, ok := r.c.Information()
			if ok && (len(i.DNS) > MaxServers || len(i.NTP) > MaxServers || len(i.Search) > MaxSearch || i.Refresh < r.now.Add(refreshMinimum)) {
				t.Fatalf("%+v", i)
			}
			for _, e := range r.events {
				for _, c := range []byte(e) {
					if c < 0x20 || c > 0x7e {
						t.Fatalf("%q", e)
					}
				}
			}
			r.events = nil
			r.c.Start(r.now)
		}
	})
}
