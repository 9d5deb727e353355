package netsim_test

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

// Fast Open over a network that loses, doubles and reorders: every request is answered, byte for byte, whether the SYN's text got
// through or not (RFC 7413 section 4.2).
func TestFastOpenOverLoss(t *testing.T) {
	sim := netsim.New(7)
	ca, cb := sim.Link(netsim.LinkConfig{Delay: 20 * time.Millisecond, Loss: 0.1, Duplicate: 0.05, Reorder: 0.1})
	cfg := stack.Config{TCP: tcp.Config{FastOpen: true}}
	client, server := host(t, sim, ca, 1, cfg), host(t, sim, cb, 2, cfg)
	l, err := server.ListenTCP(netip.AddrPortFrom(addr(2), 80), stack.TCPOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const size = 4000
	l.SetHandler(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			e := &endpoint{c: c, size: size, salt: 1, buf: make([]byte, 1000)}
			c.SetHandler(e.run)
		}
	})
	for i := range 60 {
		c, err := client.DialTCP(netip.AddrPortFrom(addr(2), 80), stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		e := &endpoint{c: c, size: size, salt: 0, buf: make([]byte, 1000)}
		e.run()
		c.SetHandler(e.run)
		if !sim.Until(func() bool { return e.eof || e.err != nil }, 2*time.Minute) || e.err != nil || e.received != size {
			t.Fatalf("connection %d: %d received, %v, %+v", i, e.received, e.err, c.Info())
		}
		c.Close()
		sim.Run(70 * time.Minute) // a network that lost a SYN is not given up for ever
	}
	n := server.Counters()
	if n.TCPFastOpenAccepted < 10 || client.Counters().TCPFastOpenBlackhole == 0 {
		t.Errorf("%d SYNs with text, %d given up\n%v", n.TCPFastOpenAccepted, client.Counters().TCPFastOpenBlackhole, n)
	}
}
