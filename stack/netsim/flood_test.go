package netsim_test

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// synFlood sends a SYN each interval from random addresses outside of the network, as hping3 --flood --rand-source does,
// through a router that has the address 10.0.0.254.
func synFlood(sim *netsim.Sim, to *netsim.End, interval, length time.Duration) {
	end := sim.Now().Add(length)
	router, server := dissect.MAC{2, 0, 0, 0, 0, 254}, dissect.MAC{2, 0, 0, 0, 0, 1}
	var one func()
	one = func() {
		if sim.Now() >= end {
			return
		}
		r := sim.Rand().Uint64()
		src := netip.AddrFrom4([4]byte{172, byte(r), byte(r >> 8), byte(r >> 16)})
		h := dissect.TCPHeader{SrcPort: uint16(r>>24) | 1, DstPort: 80, Seq: uint32(r >> 32), Flags: dissect.SYN, Window: 512}
		seg := dissect.TCP(h.Append(nil))
		seg.FillChecksum(dissect.PseudoHeaderSum(src, addr(1), dissect.ProtoTCP, len(seg)))
		eth := dissect.EthernetHeader{Dst: server, Src: router, Type: dissect.EtherTypeIPv4}
		ip := dissect.IPv4Header{TotalLen: 20 + len(seg), TTL: 60, Protocol: dissect.ProtoTCP, Src: src, Dst: addr(1)}
		to.Inject(append(ip.Append(eth.Append(nil)), seg...))
		sim.After(interval, one)
	}
	one()
}

// trap: a full backlog costs new clients a delay at most, no RST (RFC 4987 3): here not even a delay.
//
// RFC 4987: while 20000 SYNs a second come from nowhere, clients connect as ever, nothing grows, and when it is over the port is
// back to normal in seconds.
func TestSynFlood(t *testing.T) {
	sim := netsim.New(11)
	ends := sim.Hub(3, netsim.LinkConfig{Delay: 5 * time.Millisecond})
	server := host(t, sim, ends[0], 1, stack.Config{Backlog: 64})
	client := host(t, sim, ends[1], 2, stack.Config{})
	host(t, sim, ends[2], 254, stack.Config{}) // answers ARP for the router
	if err := server.AddRoute(stack.Route{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: addr(254)}); err != nil {
		t.Fatal(err)
	}
	l, err := server.ListenTCP(netip.AddrPortFrom(addr(1), 80), stack.TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l.SetHandler(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var b [100]byte
			c.SetHandler(func() {
				n, err := c.Read(b[:])
				c.Write(b[:n])
				if err != nil && err != stack.ErrWouldBlock {
					c.Close()
				}
			})
		}
	})
	// try connects, has a line echoed, and gives the time it took and what was agreed.
	try := func() (time.Duration, tcp.Info) {
		t.Helper()
		c, err := client.DialTCP(netip.AddrPortFrom(addr(1), 80), stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.Write([]byte("hello"))
		start := sim.Now()
		if !sim.Until(func() bool { return c.Readable() == 5 || c.Err() != nil }, 30*time.Second) || c.Err() != nil {
			t.Fatalf("no answer: %v %v\n%v", c.State(), c.Err(), server.Counters())
		}
		took, info := sim.Now().Sub(start), c.Info()
		c.Close()
		return took, info
	}
	if took, _ := try(); took > 100*time.Millisecond {
		t.Fatalf("%v without a flood", took)
	}
	synFlood(sim, ends[0], 50*time.Microsecond, 3*time.Second)
	sim.Run(100 * time.Millisecond)
	for i := range 20 {
		took, info := try()
		if took > 40*time.Millisecond || !info.SACK || !info.WindowScale || !info.Timestamps {
			t.Errorf("connection %d took %v during the flood: %+v", i, took, info)
		}
		conns := 0
		for range server.TCPSockets() {
			conns++
		}
		if conns > 64+40 {
			t.Fatalf("%d connections", conns)
		}
		sim.Run(50 * time.Millisecond)
	}
	sim.Run(3 * time.Second) // over
	if n := server.Counters(); n.TCPCookiesSent < 30_000 || n.TCPCookiesAccepted < 10 || n.TCPBacklogFull != 0 {
		t.Errorf("%v", n)
	}
	took, _ := try()
	if took > 40*time.Millisecond {
		t.Errorf("%v just after the flood", took)
	}
	sim.Run(8 * time.Second)
	before := server.Counters().TCPCookiesSent
	for range 10 {
		if took, _ := try(); took > 40*time.Millisecond {
			t.Errorf("%v some seconds after the flood", took)
		}
	}
	if n := server.Counters().TCPCookiesSent - before; n != 0 {
		t.Errorf("%d cookies though nobody floods", n)
	}
	sim.Run(2 * time.Minute)
	for c := range server.TCPSockets() {
		t.Errorf("left over: %v %v", c.RemoteAddr(), c.State())
	}
}
