package stack

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// The table of connections against a map, also where hashes collide and shards grow, shrink and wrap.
func TestConnTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var table connTable
	table.init()
	model := make(map[tuple]*TCPSocket)
	var all []*TCPSocket // what is in, in any order
	ends := func(i int) (local, remote netip.AddrPort) {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], 10<<24|uint32(i/7))
		return netip.AddrPortFrom(ourIP, 80), netip.AddrPortFrom(netip.AddrFrom4(a), uint16(1+i%7))
	}
	check := func(i int) {
		t.Helper()
		local, remote := ends(i)
		if got, want := table.find(local, remote), model[makeTuple(local, remote)]; got != want {
			t.Fatalf("%s: found %p, want %p", remote, got, want)
		}
	}
	most := 0
	for step := range 60_000 {
		i := rng.IntN(8000)
		switch grow := step/15_000%2 == 0; {
		case grow && rng.IntN(4) > 0, rng.IntN(8) == 0:
			c := &TCPSocket{}
			c.local, c.remote = ends(i)
			if old := model[makeTuple(c.local, c.remote)]; old != nil {
				for k := range all {
					if all[k] == old {
						all[k] = c
					}
				}
			} else {
				all = append(all, c)
			}
			table.add(c)
			model[makeTuple(c.local, c.remote)] = c
		case len(all) > 0:
			k := rng.IntN(len(all))
			c := all[k]
			table.remove(c)
			table.remove(c) // nothing happens
			delete(model, makeTuple(c.local, c.remote))
			all[k] = all[len(all)-1]
			all = all[:len(all)-1]
		}
		check(i)
		check(rng.IntN(8000))
		most = max(most, table.len())
		if table.len() != len(model) {
			t.Fatalf("%d connections, want %d", table.len(), len(model))
		}
	}
	for i := range 8000 {
		check(i)
	}
	if most < 3000 {
		t.Errorf("never more than %d connections", most)
	}
	for _, c := range all {
		table.remove(c)
	}
	for i := range table.shards {
		if s := &table.shards[i]; table.len() != 0 || s.n != 0 || s.groups != nil {
			t.Fatalf("shard %d of an empty table: %d connections, %d slots", i, s.n, s.slots())
		}
	}
}

// Those with the same hash are told apart by what they are, wherever they stand.
func TestConnTableCollisions(t *testing.T) {
	const tag = 0xffff_fff1 // home is the last slot, so that the rest wraps
	s := &connShard{}
	s.resize(2)
	var socks [6]*TCPSocket
	for i := range socks {
		socks[i] = &TCPSocket{}
		k := s.home(tag)
		for *s.tag(k) != 0 {
			k = s.after(k)
		}
		*s.tag(k), *s.sock(k) = tag, socks[i]
		s.n++
	}
	if *s.sock(15) != socks[0] || *s.sock(0) != socks[1] || *s.sock(4) != socks[5] {
		t.Fatal("they do not stand behind each other")
	}
	s.vacate(15)
	for _, groups := range []int{2, 4, 1} {
		s.resize(groups)
		left := map[*TCPSocket]bool{socks[1]: true, socks[2]: true, socks[3]: true, socks[4]: true, socks[5]: true}
		for i := s.home(tag); *s.tag(i) != 0; i = s.after(i) {
			delete(left, *s.sock(i))
		}
		if len(left) > 0 {
			t.Errorf("%d slots: %d are not behind their home", s.slots(), len(left))
		}
	}
}

// Finding, adding and removing do not allocate, growth apart.
func TestConnTableDoesNotAllocate(t *testing.T) {
	var table connTable
	table.init()
	socks := make([]*TCPSocket, 100)
	for i := range socks {
		socks[i] = &TCPSocket{local: netip.AddrPortFrom(ourIP, 80), remote: netip.AddrPortFrom(peerIP, uint16(i))}
		table.add(socks[i])
	}
	if n := testing.AllocsPerRun(100, func() {
		for _, c := range socks {
			if table.find(c.local, c.remote) != c {
				t.Fatal("lost")
			}
		}
		table.remove(socks[0])
		table.add(socks[0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The short form of a path says the same as the long one, and connections through one gateway share its address.
func TestHop(t *testing.T) {
	h := newBench(t, Config{})
	gateways := []netip.Addr{peer(7), peer(8)}
	for i, g := range gateways {
		prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(20 + i), 0, 0, 0}), 8)
		if err := h.AddRoute(Route{Prefix: prefix, Gateway: g, Interface: h.ifc}); err != nil {
			t.Fatal(err)
		}
	}
	check := func(c *TCPSocket) {
		t.Helper()
		want, err := h.Stack.route(c.remote.Addr(), c.local.Addr(), c.on)
		if err != nil || c.route() != want {
			t.Errorf("%s: path %+v, want %+v, %v", c.remote, c.route(), want, err)
		}
	}
	var socks []*TCPSocket
	for i := range 40 {
		to := netip.AddrFrom4([4]byte{byte(20 + i%2), 0, 0, byte(i)})
		if i%4 == 3 {
			to = peer(30 + i)
		}
		c, err := h.DialTCP(netip.AddrPortFrom(to, 80), TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		check(c)
		socks = append(socks, c)
	}
	if n := len(h.tcp.vias); n != 2 || socks[0].path.via != socks[2].path.via || socks[3].path.via != nil {
		t.Errorf("%d gateways", n)
	}
	// With other routes the list begins anew.
	if !h.RemoveRoute(Route{Prefix: netip.MustParsePrefix("21.0.0.0/8"), Gateway: gateways[1], Interface: h.ifc}) ||
		h.AddRoute(Route{Prefix: netip.MustParsePrefix("21.0.0.0/8"), Gateway: peer(9), Interface: h.ifc}) != nil {
		t.Fatal("routes")
	}
	for _, c := range socks {
		if !c.findPath() {
			t.Fatalf("%s: no path", c.remote)
		}
		check(c)
	}
	if n := len(h.tcp.vias); n != 2 {
		t.Errorf("%d gateways after the change", n)
	}
}
