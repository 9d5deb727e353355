package stack

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
)

// linkFuzz is a stack whose interfaces come, go and change while frames arrive.
type linkFuzz struct {
	*bench
	in   []byte
	tcps []*TCPSocket
}

func (z *linkFuzz) byte() byte {
	if len(z.in) == 0 {
		return 0
	}
	b := z.in[0]
	z.in = z.in[1:]
	return b
}

// addr is one of few, so that they meet.
func (z *linkFuzz) addr() netip.Addr {
	b := z.byte()
	switch b >> 6 {
	case 0:
		return netip.AddrFrom4([4]byte{169, 254, 1, b & 7})
	case 1:
		return netip.AddrFrom16([16]byte{0xfd, 0xaa, 15: b & 7})
	}
	return netip.AddrFrom4([4]byte{192, 168, 69, b & 7})
}

func (z *linkFuzz) prefix() netip.Prefix {
	a := z.addr()
	return netip.PrefixFrom(a, 24+int(z.byte())%8*(a.BitLen()/32))
}

// pick is an interface, which may be the loopback.
func (z *linkFuzz) pick() *Interface { return z.interfaces[int(z.byte())%len(z.interfaces)] }

// step does one thing.
func (z *linkFuzz) step() {
	s := z.Stack
	switch z.byte() % 20 {
	case 0:
		_, _ = s.AddInterface(z.dev, InterfaceConfig{
			Name: string('a' + rune(z.byte()%4)), HardwareAddr: dissect.MAC{2, z.byte() & 3}, Addrs: []netip.Prefix{z.prefix(), z.prefix()},
			ProbeAddrs: z.byte()&1 != 0, LinkLocal4: LinkLocalMode(z.byte() % 3), Autoconf: z.byte()&1 != 0, Temporary: true,
		})
	case 1:
		_, _ = z.pick().AddVLAN(uint16(z.byte()%6), InterfaceConfig{Addrs: []netip.Prefix{z.prefix()}, ProbeAddrs: z.byte()&1 != 0})
	case 2:
		if len(s.interfaces) > 3 || z.byte() < 64 {
			s.RemoveInterface(z.pick())
		}
	case 3:
		z.pick().SetLink(z.byte()&1 != 0)
	case 4:
		_ = z.pick().SetHardwareAddr(dissect.MAC{2, z.byte() & 3})
	case 5:
		ifc := z.pick()
		_ = ifc.AddAddrWith(z.prefix(), AddrOptions{Origin: AddrOrigin(z.byte() % 5), Probe: z.byte()&1 != 0, GiveUp: z.byte()&1 != 0, Conflict: func(dissect.MAC) {
			ifc.RemoveAddr(z.addr())
		}})
	case 6:
		_ = z.pick().SetAddrs([]netip.Prefix{z.prefix(), z.prefix()})
	case 7:
		z.pick().RemoveAddr(z.addr())
	case 8:
		if p, err := z.pick().ProbeAddr(z.addr(), func(bool, dissect.MAC) {}); err == nil && z.byte()&1 != 0 {
			p.Stop()
		}
	case 9:
		z.pick().SetLinkLocal4(LinkLocalMode(z.byte() % 3))
	case 10:
		if u, err := s.ListenUDP(netip.AddrPortFrom(any6, uint16(z.byte()%4)+1), UDPOptions{Interface: z.pick()}); err == nil {
			_ = u.JoinGroup(netip.AddrFrom4([4]byte{224, 5, 5, z.byte()}), nil)
			_ = u.SendTo(make([]byte, 100), netip.AddrPortFrom(z.addr(), 1))
		}
	case 11:
		if c, err := s.DialTCP(netip.AddrPortFrom(z.addr(), 80), TCPOptions{}); err == nil {
			z.tcps = append(z.tcps, c)
		}
	case 12:
		_ = s.AddRoute(Route{Prefix: z.prefix(), Gateway: z.addr(), Interface: z.pick()})
	case 13:
		z.dev.room = int(z.byte()) % 4
	case 14:
		z.dev.room = 1 << 30
	case 15:
		_, _ = z.pick(), z.pick().JoinGroup(netip.AddrFrom4([4]byte{224, 5, 5, z.byte()}))
	case 16:
		z.wait(time.Duration(z.byte()) * 100 * time.Millisecond)
	default: // a frame
		mac := dissect.MAC{2, z.byte() & 3}
		f := ethFrame(peerMAC, mac, dissect.EtherTypeARP, nil)
		if a, b := z.addr(), z.addr(); a.Is4() && b.Is4() {
			f = arpFrame(dissect.ARPOp(1+z.byte()&1), dissect.MAC{0xaa, z.byte() & 3}, a, mac, b)
			if z.byte()&1 != 0 {
				f = ethFrame(peerMAC, mac, dissect.EtherTypeIPv4, ipPacket(dissect.IPv4Header{Src: a, Dst: b, Protocol: dissect.ProtoICMP}, icmpMessage(dissect.ICMPv4EchoRequest, 0, nil)))
			}
		}
		for range z.byte() % 3 {
			f = tagged(f, uint16(z.byte()%6))
		}
		z.rx(f)
	}
	z.poll()
	z.dev.out = nil
}

// FuzzLink lets interfaces, addresses, links and VLANs change in any order: nothing panics or spins, every rule of Verify holds, and
// what is removed leaves nothing behind.
func FuzzLink(f *testing.F) {
	for seed := range byte(30) {
		b := make([]byte, 600)
		random := rand.NewChaCha8([32]byte{seed})
		_, _ = random.Read(b)
		f.Add(b)
	}
	f.Fuzz(fuzzLink)
}

func fuzzLink(t *testing.T, in []byte) {
	z := &linkFuzz{bench: newInterface(t, InterfaceConfig{Addrs: []netip.Prefix{netip.PrefixFrom(ourIP, 24)}}), in: in}
	z.cfg.Events = func(e Event) { _ = e.String() }
	for len(z.in) > 0 {
		z.step()
		if len(z.interfaces) > 40 {
			break
		}
	}
	checkAccounts(t, z.Stack)
	for len(z.interfaces) > 1 {
		z.RemoveInterface(z.interfaces[1])
	}
	for _, a := range z.interfaces[0].Addrs() {
		z.interfaces[0].RemoveAddr(a.Addr())
	}
	for _, c := range z.tcps {
		c.Abort()
	}
	z.wait(time.Hour)
	for _, e := range z.timers.heap {
		if e.t.at != Never {
			t.Errorf("timer of a %T is left", e.t.owner)
		}
	}
	if len(z.routes) != 0 || len(z.locals) != 2 {
		t.Errorf("left: routes %v, addresses %v", z.routes, z.locals)
	}
}
