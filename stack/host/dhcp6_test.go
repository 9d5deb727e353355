package host_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/dhcp"
	"smoltcp/stack/host"
)

var routerLink = netip.MustParseAddr("fe80::99")

// send6 sends a packet from the router: t is what follows the IPv6 header, and check where its checksum is.
func (s *dhcpServer) send6(dst netip.Addr, proto dissect.IPProto, payload []byte, check int) {
	sum := dissect.PseudoHeaderSum(routerLink, dst, proto, len(payload)).Add(payload).Checksum()
	payload[check], payload[check+1] = byte(sum>>8), byte(sum)
	to := clientMAC
	if dst.IsMulticast() {
		a := dst.As16()
		to = dissect.MAC{0x33, 0x33, a[12], a[13], a[14], a[15]}
	}
	h := dissect.IPv6Header{PayloadLen: len(payload), NextHeader: proto, HopLimit: 255, Src: routerLink, Dst: dst}
	s.send(to, dissect.EtherTypeIPv6, append(h.Append(nil), payload...))
}

// advertise sends a router advertisement.
func (s *dhcpServer) advertise(other bool, options ...byte) {
	h := dissect.RouterAdvertisementHeader{Lifetime: 1800, Other: other}
	s.set(func() {
		s.send6(netip.MustParseAddr("ff02::1"), dissect.ProtoICMPv6, append(h.Append(nil), options...), 2)
	})
}

// answer6 answers an INFORMATION-REQUEST of DHCPv6.
func (s *dhcpServer) answer6(ip dissect.IPv6, d dissect.DHCPv6) {
	if err := d.CheckWhole(); err != nil {
		s.t.Error(err)
		return
	}
	s.said <- fmt.Sprintf("%s %s>%s", d.Type(), ip.Src(), ip.Dst())
	b := dissect.DHCPv6Header{Type: dissect.DHCPv6Reply, XID: d.XID()}.Append(nil)
	b = dissect.AppendDHCPv6Option(b, dissect.DHCPv6OptClientID, d.Option(dissect.DHCPv6OptClientID)...)
	b = dissect.AppendDHCPv6Option(b, dissect.DHCPv6OptServerID, 0, 3, 0, 1, 2, 0, 0, 0, 0, 9)
	for _, o := range s.options6 {
		b = append(b, o...)
	}
	u := dissect.UDPHeader{SrcPort: dhcp.ServerPort6, DstPort: dhcp.ClientPort6, Length: uint16(dissect.UDPHeaderLen + len(b))}
	s.send6(ip.Src(), dissect.ProtoUDP, append(u.Append(nil), b...), 6)
}

// What routers and, where these say so, DHCPv6 servers know of name servers is what the host has.
func TestDHCPv6(t *testing.T) {
	t.Parallel()
	events := make(chan string, 100)
	h, s := newDHCP(t, host.Config{
		Stack:       stack.Config{DADTransmits: -1},
		Interface:   stack.InterfaceConfig{Autoconf: true},
		Information: func(e dhcp.Event6) { events <- e.String() },
	})
	names := func(want string) {
		t.Helper()
		var got string
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			n := h.NameServers()
			if got = fmt.Sprint(n.Servers, n.Search); got == want {
				return
			}
		}
		t.Fatalf("names %s, want %s", got, want)
	}
	server := func(a string) []byte {
		b := netip.MustParseAddr(a).As16()
		return dissect.AppendDHCPv6Option(nil, dissect.DHCPv6OptDNSServers, b[:]...)
	}
	ask := "Information-request " + linkLocal(h) + ">ff02::1:2"

	rdnss := append([]byte{25, 3, 0, 0, 0, 0, 2, 88}, netip.MustParseAddr("fe80::99").AsSlice()...)
	dnssl := []byte{31, 2, 0, 0, 0, 0, 2, 88, 3, 'l', 'a', 'n', 0, 0, 0, 0}
	s.advertise(false, append(rdnss, dnssl...)...)
	names("[[fe80::99%eth0]:53] [lan]")

	s.set(func() {
		s.options6 = [][]byte{server("2001:db8::53"), dissect.AppendDHCPv6Option(nil, dissect.DHCPv6OptDomainList, []byte("\x07example\x00\x03lan\x00")...)}
	})
	s.advertise(true)
	s.hears(ask)
	names("[[2001:db8::53]:53 [fe80::99%eth0]:53] [example lan]")
	if got := <-events; !strings.HasPrefix(got, "information: DNS 2001:db8::53") {
		t.Errorf("event %q", got)
	}
	s.advertise(true) // no reason to ask again

	// The link comes up: whatever is asked there counts.
	s.set(func() { s.options6 = [][]byte{server("fe80::53")} })
	h.Do(func(*stack.Stack) {
		h.Interface().SetLink(false)
		h.Interface().SetLink(true)
	})
	s.hears(ask)
	names("[[fe80::53%eth0]:53 [fe80::99%eth0]:53] [lan]")

	// Nobody is to be asked any more.
	s.advertise(false)
	names("[[fe80::99%eth0]:53] [lan]")
	s.advertise(false, 25, 3, 0, 0, 0, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x99)
	names("[] [lan]")
}

// linkLocal is the host's link-local address.
func linkLocal(h *host.Host) (a string) {
	h.Do(func(*stack.Stack) {
		for _, p := range h.Interface().Addrs() {
			if p.Addr().IsLinkLocalUnicast() {
				a = p.Addr().String()
			}
		}
	})
	return a
}
