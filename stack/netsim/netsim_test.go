package netsim_test

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// sink is a node that keeps what it receives, with the time.
type sink struct {
	sim    *netsim.Sim
	end    *netsim.End
	frames [][]byte
	times  []time.Duration
}

func (k *sink) NextPoll() stack.Time { return stack.Never }
func (k *sink) Poll(now stack.Time) bool {
	for {
		b, err := k.end.Recv()
		if b == nil || err != nil {
			return false
		}
		k.frames = append(k.frames, bytes.Clone(b))
		k.times = append(k.times, time.Duration(now))
	}
}

// pipe is a link with a sink at its far end.
func pipe(seed uint64, cfg netsim.LinkConfig) (*netsim.Sim, *netsim.End, *sink) {
	sim := netsim.New(seed)
	a, b := sim.Link(cfg)
	k := &sink{sim: sim, end: b}
	sim.Attach(k, b)
	return sim, a, k
}

// send sends frame number i, of n bytes.
func send(e *netsim.End, i, n int) bool {
	b := make([]byte, n)
	binary.BigEndian.PutUint32(b, uint32(i))
	ok, err := e.Send([][]byte{b[:3], b[3:]})
	return ok && err == nil
}

func number(b []byte) int { return int(binary.BigEndian.Uint32(b)) }

func TestLinkTimes(t *testing.T) {
	sim, a, k := pipe(1, netsim.LinkConfig{Delay: 10 * time.Millisecond, Rate: 8e6}) // a byte takes 1 us
	for i := range 3 {
		send(a, i, 1000)
	}
	sim.Run(time.Second)
	want := []time.Duration{11 * time.Millisecond, 12 * time.Millisecond, 13 * time.Millisecond}
	for i, w := range want {
		if i >= len(k.times) || k.times[i] != w || number(k.frames[i]) != i {
			t.Fatalf("arrivals %v, want %v", k.times, want)
		}
	}
	if sim.Now() != stack.Time(time.Second) {
		t.Errorf("the clock shows %v", sim.Now())
	}
}

func TestLinkQueues(t *testing.T) {
	sim, a, k := pipe(1, netsim.LinkConfig{Rate: 8e6, TxRing: 4})
	n := 0
	for send(a, n, 1000) {
		n++
	}
	if n != 4 {
		t.Errorf("a ring of four took %d", n)
	}
	sim.Run(time.Second)
	if len(k.frames) != 4 || !send(a, n, 1000) {
		t.Errorf("%d arrived, and then no room", len(k.frames))
	}

	sim, a, k = pipe(1, netsim.LinkConfig{Rate: 8e6, Queue: 4})
	for i := range 10 {
		if !send(a, i, 1000) {
			t.Error("a router said that it is full")
		}
	}
	sim.Run(time.Second)
	if len(k.frames) != 4 || a.Stats.Overflowed != 6 {
		t.Errorf("%d arrived, %d overflowed", len(k.frames), a.Stats.Overflowed)
	}
	if _, err := a.Send([][]byte{make([]byte, 1519)}); err == nil {
		t.Error("a frame beyond the MTU was taken")
	}
	a.SetDown(true)
	if send(a, 1, 100) {
		t.Error("a link that is down took a frame")
	}
	a.SetDown(false)
	if !send(a, 1, 100) {
		t.Error("a link that is up again took none")
	}
}

// The rates of what goes wrong are those asked for.
func TestLinkFaults(t *testing.T) {
	const n = 20000
	count := func(cfg netsim.LinkConfig) (*netsim.End, *sink) {
		sim, a, k := pipe(3, cfg)
		for i := range n {
			send(a, i, 100)
			sim.Run(100 * time.Microsecond)
		}
		sim.Run(time.Second)
		return a, k
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if got < want*0.85 || got > want*1.15 {
			t.Errorf("%s: %.4f, want about %.4f", what, got, want)
		}
	}
	a, k := count(netsim.LinkConfig{Loss: 0.1})
	near("loss", 1-float64(len(k.frames))/n, 0.1)
	near("loss counted", float64(a.Stats.Lost)/n, 0.1)

	_, k = count(netsim.LinkConfig{Loss: 0.1, Burst: 8})
	near("loss in bursts", 1-float64(len(k.frames))/n, 0.1)
	bursts, last := 0, -1
	for _, f := range k.frames {
		if number(f) != last+1 {
			bursts++
		}
		last = number(f)
	}
	near("length of a burst", float64(n-len(k.frames))/float64(bursts), 8)

	_, k = count(netsim.LinkConfig{Loss: 0.1, Burst: 40, BurstLoss: 0.5})
	near("loss in bad times", 1-float64(len(k.frames))/n, 0.1)
	bursts, last = 0, -1
	for _, f := range k.frames {
		if number(f) != last+1 {
			bursts++
		}
		last = number(f)
	}
	near("length of a loss in a bad time", float64(n-len(k.frames))/float64(bursts), 2)

	_, k = count(netsim.LinkConfig{Duplicate: 0.1})
	near("duplication", float64(len(k.frames))/n-1, 0.1)

	_, k = count(netsim.LinkConfig{Reorder: 0.1, Delay: time.Millisecond})
	late, top := 0, -1
	for _, f := range k.frames {
		if number(f) < top {
			late++
		}
		top = max(top, number(f))
	}
	near("reordering", float64(late)/n, 0.1)
	if len(k.frames) != n {
		t.Errorf("reordering lost or made frames: %d", len(k.frames))
	}

	_, k = count(netsim.LinkConfig{Corrupt: 0.1})
	wrong := 0
	for i, f := range k.frames {
		b := make([]byte, 100)
		binary.BigEndian.PutUint32(b, uint32(i))
		flipped := 0
		for j := range f {
			flipped += bits.OnesCount8(f[j] ^ b[j])
		}
		switch flipped {
		case 0:
		case 1:
			wrong++
		default:
			t.Errorf("frame %d has %d bits inverted", i, flipped)
		}
	}
	near("corruption", float64(wrong)/n, 0.1)

	_, k = count(netsim.LinkConfig{Jitter: 5 * time.Millisecond, Delay: time.Millisecond})
	for i, f := range k.frames {
		if number(f) != i {
			t.Fatal("jitter reorders")
		}
	}
}

// On a hub everybody hears everybody, and stations find each other.
func TestHub(t *testing.T) {
	sim := netsim.New(5)
	ends := sim.Hub(5, netsim.LinkConfig{Delay: time.Millisecond})
	var hosts []*stack.Stack
	for i, e := range ends {
		hosts = append(hosts, host(t, sim, e, byte(i+1), stack.Config{}))
	}
	got := map[string]int{}
	for i, s := range hosts {
		u, err := s.ListenUDP(netip.MustParseAddrPort("0.0.0.0:7"), stack.UDPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		u.SetHandler(func() {
			var buf [100]byte
			for {
				n, _, err := u.Recv(buf[:])
				if err != nil {
					return
				}
				got[string(buf[:n])]++
			}
		})
		if err := u.SendTo([]byte("to all"), netip.MustParseAddrPort("10.0.0.255:7")); err != nil {
			t.Fatal(err)
		}
		if err := u.SendTo([]byte("to one"), netip.AddrPortFrom(addr(byte((i+1)%5+1)), 7)); err != nil {
			t.Fatal(err)
		}
	}
	sim.Run(time.Second)
	if got["to all"] != 20 || got["to one"] != 5 {
		t.Errorf("received %v", got)
	}
	if hosts[0].Counters().RxNotForUs == 0 {
		t.Error("nobody heard what was not for him")
	}
}

// ARP is lost like everything else: a connection is opened all the same, unless nobody is there.
func TestLostARP(t *testing.T) {
	sim := netsim.New(9)
	a, b := sim.Link(netsim.LinkConfig{Delay: time.Millisecond})
	client, server := host(t, sim, a, 1, stack.Config{}), host(t, sim, b, 2, stack.Config{})
	sim.Run(10 * time.Second)
	lost := 0
	b.Tap = func(_ stack.Time, f []byte) {
		// The first two replies go to nobody.
		if dissect.Ethernet(f).Type() == dissect.EtherTypeARP && lost < 2 {
			lost++
			copy(f, []byte{2, 0, 0, 0, 0, 99})
		}
	}
	took := exchange(t, sim, client, server, 1, 100<<10, time.Minute)
	if lost != 2 || took < 2*time.Second || took > 4*time.Second {
		t.Errorf("%d replies lost, took %v", lost, took)
	}
	b.SetDown(true)
	c, err := client.DialTCP(netip.AddrPortFrom(addr(3), 80), stack.TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !sim.Until(func() bool { return c.State() == tcp.Closed }, 10*time.Second) || c.Err() != stack.ErrHostUnreachable {
		t.Errorf("nobody there: %s %v", c.State(), c.Err())
	}
}

// Datagrams of every size, also fragmented, come back whole or not at all.
func TestUDPEcho(t *testing.T) {
	for _, c := range []struct {
		name string
		link netsim.LinkConfig
		all  bool // nothing may be lost
	}{
		{"clean", netsim.LinkConfig{Delay: time.Millisecond, Rate: 100e6, TxRing: 16}, true},
		{"reordering and duplication", netsim.LinkConfig{Delay: time.Millisecond, Rate: 100e6, Reorder: 0.1, Duplicate: 0.1, ReorderDelay: time.Millisecond}, true},
		{"everything", netsim.LinkConfig{Delay: time.Millisecond, Rate: 100e6, Reorder: 0.02, Duplicate: 0.02, Loss: 0.01, Corrupt: 0.01}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim := netsim.New(11)
			a, b := sim.Link(c.link)
			client, server := host(t, sim, a, 1, stack.Config{}), host(t, sim, b, 2, stack.Config{})
			echo, err := server.ListenUDP(netip.MustParseAddrPort("0.0.0.0:7"), stack.UDPOptions{})
			if err != nil {
				t.Fatal(err)
			}
			echo.SetHandler(func() {
				for {
					b, m, err := echo.Peek()
					if err != nil {
						return
					}
					if err := echo.Send(b, m); err != nil {
						t.Error(err)
					}
					_, _, _ = echo.Recv(nil)
				}
			})
			u, err := client.DialUDP(netip.AddrPortFrom(addr(2), 7), stack.UDPOptions{})
			if err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 65507)
			answered, bytesBack := 0, 0
			sizes := []int{0, 1, 17, 18, 100, 1472, 1473, 2953, 9000, 30000, 65507}
			const rounds = 20
			for round := range rounds {
				for _, n := range sizes {
					for i := range n {
						buf[i] = pattern(i, uint32(round*100000+n))
					}
					if err := u.Write(buf[:n]); err != nil {
						t.Fatal(err)
					}
					seen := false
					sim.Until(func() bool { return u.Readable() }, 100*time.Millisecond)
					sim.Run(5 * time.Millisecond) // duplicates
					for u.Readable() {
						b, _, err := u.Peek()
						if err != nil {
							t.Fatal(err)
						}
						for i := range b {
							if len(b) == n && b[i] != pattern(i, uint32(round*100000+n)) {
								t.Fatalf("byte %d of %d is wrong", i, n)
							}
						}
						if len(b) != n && c.all && !strings.Contains(c.name, "dup") {
							t.Errorf("%d bytes came back for %d", len(b), n)
						}
						seen = seen || len(b) == n
						_, _, _ = u.Recv(nil)
					}
					if seen {
						answered++
						bytesBack += n
					} else if c.all {
						t.Errorf("no answer to %d bytes", n)
					}
				}
			}
			t.Logf("%d of %d datagrams answered, %d bytes", answered, rounds*len(sizes), bytesBack)
			if answered < rounds*len(sizes)/3 {
				t.Errorf("only %d of %d answered", answered, rounds*len(sizes))
			}
			sim.Run(2 * time.Minute)
			if next := server.NextPoll(); next != stack.Never {
				t.Errorf("an idle stack wants to be polled at %v", next)
			}
		})
	}
}

// A link that goes down for a while holds a transfer up and breaks nothing.
func TestOutage(t *testing.T) {
	sim := netsim.New(13)
	a, b := sim.Link(netsim.LinkConfig{Delay: time.Millisecond, Rate: 10e6, TxRing: 16})
	client, server := host(t, sim, a, 1, stack.Config{}), host(t, sim, b, 2, stack.Config{})
	for at := range 5 {
		sim.After(time.Duration(1+10*at)*100*time.Millisecond, func() { a.SetDown(true) })
		sim.After(time.Duration(1+10*at)*100*time.Millisecond+time.Duration(at)*200*time.Millisecond, func() { a.SetDown(false) })
	}
	took := exchange(t, sim, client, server, 4, 1<<20, 10*time.Minute)
	t.Logf("took %v", took)
	if client.Counters().TxStalls == 0 {
		t.Error("nothing was stalled")
	}
}
