package host_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/dhcp"
	"smoltcp/stack/host"
)

var (
	serverMAC = dissect.MAC{2, 0, 0, 0, 0, 0xfe}
	serverIP  = netip.MustParseAddr("10.0.0.254")
	clientMAC = dissect.MAC{2, 0, 0, 0, 0, 1}
)

// dhcpServer is the other end of a host's wire: a DHCP server and, for ARP, stations.
type dhcpServer struct {
	t    *testing.T
	dev  capture.Device
	said chan string // what the client said

	mu       sync.Mutex
	offer    netip.Addr // none: no answers
	nak      bool       // REQUESTs are refused
	lease    uint32     // seconds
	t1       uint32
	options  []dhcp.Option4
	stations []netip.Addr // that answer ARP
	options6 [][]byte     // of DHCPv6
}

// newDHCP makes a host without an IPv4 address, on a wire with a server.
func newDHCP(t *testing.T, cfg host.Config) (*host.Host, *dhcpServer) {
	t.Helper()
	x, y := capture.Pipe(1500)
	s := &dhcpServer{t: t, dev: y, said: make(chan string, 1000), offer: netip.MustParseAddr("10.0.0.57"), lease: 3600, stations: []netip.Addr{serverIP}}
	cfg.Interface.Name, cfg.Interface.HardwareAddr = "eth0", clientMAC
	h, err := host.New(x, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	served := make(chan struct{})
	go func() {
		defer close(served)
		s.run()
	}()
	t.Cleanup(func() {
		h.Close()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		y.Close()
		<-served
	})
	return h, s
}

// set changes what the server does.
func (s *dhcpServer) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *dhcpServer) run() {
	for {
		b, err := s.dev.Recv()
		if err != nil {
			return
		}
		if b != nil {
			s.frame(dissect.Ethernet(b))
		} else if s.dev.Wait(-1, false) != nil {
			return
		}
	}
}

func (s *dhcpServer) frame(eth dissect.Ethernet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch eth.Type() {
	case dissect.EtherTypeARP:
		h, err := dissect.ARP(eth.Payload()).Header()
		if err == nil && h.Op == dissect.ARPRequest && slices.Contains(s.stations, h.TargetIP) {
			reply := h.Reply(serverMAC)
			s.send(eth.Src(), dissect.EtherTypeARP, reply.Append(nil))
		}
		if err == nil && h.Op == dissect.ARPRequest && h.SenderIP == h.TargetIP {
			s.said <- "announced " + h.SenderIP.String()
		}
	case dissect.EtherTypeIPv4:
		ip := dissect.IPv4(eth.Payload())
		u := dissect.UDP(ip.Payload())
		if ip.Protocol() != dissect.ProtoUDP || u.DstPort() != dhcp.ServerPort4 {
			return
		}
		s.answer(ip, dissect.DHCP(u.Payload()[:int(u.Length())-dissect.UDPHeaderLen]))
	case dissect.EtherTypeIPv6:
		ip := dissect.IPv6(eth.Payload())
		if ip.NextHeader() != dissect.ProtoUDP {
			return
		}
		u := dissect.UDP(ip.Payload())
		if u.DstPort() == dhcp.ServerPort6 {
			s.answer6(ip, dissect.DHCPv6(u.Payload()[:int(u.Length())-dissect.UDPHeaderLen]))
		}
	}
}

func (s *dhcpServer) answer(ip dissect.IPv4, d dissect.DHCP) {
	if err := d.CheckWhole(); err != nil {
		s.t.Error(err)
		return
	}
	text := fmt.Sprintf("%s %s>%s", d.MessageType(), ip.Src(), ip.Dst())
	if v := d.Option(dissect.DHCPOptRequestedIP); v != nil {
		text += " for " + netip.AddrFrom4([4]byte(v)).String()
	}
	if d.ClientMAC() != clientMAC {
		text += " by " + d.ClientMAC().String()
	}
	s.said <- text
	kind := dissect.DHCPOffer
	switch {
	case d.MessageType() == dissect.DHCPRequest && s.nak:
		kind = dissect.DHCPNak
	case d.MessageType() == dissect.DHCPRequest:
		kind = dissect.DHCPAck
	case d.MessageType() != dissect.DHCPDiscover:
		return
	}
	if !s.offer.IsValid() {
		return
	}
	h := dissect.DHCPHeader{Op: dissect.DHCPOpReply, XID: d.XID(), ClientMAC: d.ClientMAC()}
	dst, to := netip.AddrFrom4([4]byte{255, 255, 255, 255}), dissect.BroadcastMAC
	if kind != dissect.DHCPNak {
		h.YourIP, dst, to = s.offer, s.offer, d.ClientMAC() // unicast, before the client has the address
	}
	b := dissect.AppendDHCPOption(h.Append(nil), dissect.DHCPOptMessageType, byte(kind))
	b = dissect.AppendDHCPOption(b, dissect.DHCPOptServerID, serverIP.AsSlice()...)
	if kind != dissect.DHCPNak {
		b = dissect.AppendDHCPOption(b, dissect.DHCPOptSubnetMask, 255, 255, 255, 0)
		b = dissect.AppendDHCPOption(b, dissect.DHCPOptLeaseTime, binary.BigEndian.AppendUint32(nil, s.lease)...)
		if s.t1 > 0 {
			b = dissect.AppendDHCPOption(b, dissect.DHCPOptRenewalTime, binary.BigEndian.AppendUint32(nil, s.t1)...)
		}
		for _, o := range s.options {
			b = dissect.AppendDHCPOption(b, o.Type, o.Data...)
		}
	}
	b = append(b, byte(dissect.DHCPOptEnd))
	u := dissect.UDP(append(dissect.UDPHeader{SrcPort: dhcp.ServerPort4, DstPort: dhcp.ClientPort4, Length: uint16(dissect.UDPHeaderLen + len(b))}.Append(nil), b...))
	u.FillChecksum(dissect.PseudoHeaderSum(serverIP, dst, dissect.ProtoUDP, len(u)))
	p := dissect.IPv4Header{TotalLen: dissect.IPv4MinHeaderLen + len(u), TTL: 64, Protocol: dissect.ProtoUDP, Src: serverIP, Dst: dst}
	s.send(to, dissect.EtherTypeIPv4, append(p.Append(nil), u...))
}

func (s *dhcpServer) send(to dissect.MAC, t dissect.EtherType, payload []byte) {
	eth := dissect.EthernetHeader{Dst: to, Src: serverMAC, Type: t}
	if _, err := s.dev.Send([][]byte{eth.Append(nil), payload}); err != nil {
		s.t.Log(err)
	}
}

// hears waits until the client says this, and passes over what else it says.
func (s *dhcpServer) hears(want string) {
	s.t.Helper()
	var others []string
	end := time.After(15 * time.Second)
	for {
		select {
		case got := <-s.said:
			if got == want {
				return
			}
			others = append(others, got)
		case <-end:
			s.t.Fatalf("the client does not say %q, but %q", want, others)
		}
	}
}

func option4(t dissect.DHCPOptionType, data ...byte) dhcp.Option4 {
	return dhcp.Option4{Type: t, Data: data}
}

// eventually waits until f holds.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s", what)
		}
	}
}

// configured says in words what the host has of IPv4.
func configured(h *host.Host) string {
	var b strings.Builder
	h.Do(func(s *stack.Stack) {
		ifc := h.Interface()
		for _, p := range ifc.Addrs() {
			if p.Addr().Is4() {
				o, _ := ifc.Origin(p.Addr())
				fmt.Fprintf(&b, "%s %s, ", p, o)
			}
		}
		for _, r := range s.Routes() {
			fmt.Fprintf(&b, "%s by %s, ", r.Prefix, r.Gateway)
		}
		fmt.Fprintf(&b, "MTU %d", ifc.MTU())
	})
	n := h.NameServers()
	return fmt.Sprintf("%s, DNS %v, search %v", &b, n.Servers, n.Search)
}

const nothing = "MTU 1500, DNS [], search []"

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// quick is a client that does not wait where it need not, and not for long where chance decides.
func quick() host.DHCPConfig {
	return host.DHCPConfig{Client: dhcp.Config4{NoDelay: true, Rand: rand.NewChaCha8([32]byte{3})}, QuickProbe: true}
}

// A lease from its beginning to its end, and what the host has of it meanwhile.
func TestDHCP(t *testing.T) {
	t.Parallel()
	h, s := newDHCP(t, host.Config{})
	s.set(func() {
		s.lease, s.t1 = 10, 2
		s.options = []dhcp.Option4{
			option4(dissect.DHCPOptRouter, 10, 0, 0, 254), option4(dissect.DHCPOptDNSServer, 10, 0, 0, 254, 10, 0, 0, 253),
			option4(dissect.DHCPOptDomainName, []byte("lan")...), option4(dissect.DHCPOptInterfaceMTU, 1400>>8, 1400&255),
		}
	})
	d, err := h.StartDHCP(quick())
	if err != nil {
		t.Fatal(err)
	}
	l, err := d.Wait(within(t, 15*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if want := "10.0.0.57/24 from 10.0.0.254 for 10s; 0.0.0.0/0 via 10.0.0.254; DNS 10.0.0.254 10.0.0.253; domain lan; MTU 1400"; l.String() != want {
		t.Errorf("lease %s; want %s", l, want)
	}
	s.hears("Discover 0.0.0.0>255.255.255.255")
	s.hears("Request 0.0.0.0>255.255.255.255 for 10.0.0.57")
	s.hears("announced 10.0.0.57")
	const first = "10.0.0.57/24 leased, 0.0.0.0/0 by 10.0.0.254, MTU 1400, DNS [10.0.0.254:53 10.0.0.253:53], search [lan]"
	if got := configured(h); got != first {
		t.Errorf("configured: %s\nwant: %s", got, first)
	}
	conn, err := h.ListenPacket("udp", "10.0.0.57:99")
	if err != nil {
		t.Fatalf("a socket on the address: %v", err)
	}
	defer conn.Close()

	// The renewal brings other parameters; routes by hand stay.
	h.Do(func(st *stack.Stack) {
		if err := st.AddRoute(stack.Route{Prefix: netip.MustParsePrefix("10.9.0.0/16"), Gateway: netip.MustParseAddr("10.0.0.9")}); err != nil {
			t.Error(err)
		}
	})
	s.set(func() {
		s.options = []dhcp.Option4{
			option4(dissect.DHCPOptClasslessRoute, 8, 10, 0, 0, 0, 0, 16, 10, 9, 10, 0, 0, 9, 0, 10, 0, 0, 253), option4(dissect.DHCPOptDNSServer, 10, 0, 0, 253),
		}
	})
	s.hears("Request 10.0.0.57>10.0.0.254")
	const second = "10.0.0.57/24 leased, 10.9.0.0/16 by 10.0.0.9, 10.0.0.0/8 by invalid IP, 0.0.0.0/0 by 10.0.0.253, MTU 1500, DNS [10.0.0.253:53], search []"
	eventually(t, second, func() bool { return configured(h) == second })

	// The server has changed its mind: what the lease brought goes, and nothing else; then there is another one.
	s.set(func() { s.nak = true })
	s.hears("Request 10.0.0.57>10.0.0.254")
	s.set(func() { s.offer, s.nak, s.options = netip.MustParseAddr("10.0.0.58"), false, nil })
	eventually(t, "without an address", func() bool {
		return configured(h) == "10.9.0.0/16 by 10.0.0.9, "+nothing
	})
	if _, ok := d.Lease(); ok {
		t.Error("a lease after a NAK")
	}
	s.hears("Request 0.0.0.0>255.255.255.255 for 10.0.0.58")
	if _, err := d.Wait(within(t, 15*time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := h.Shutdown(within(t, time.Second)); err != nil {
		t.Error(err)
	}
	s.hears("Release 10.0.0.58>10.0.0.254")
	if _, err := d.Wait(context.Background()); !errors.Is(err, host.ErrNoLease) {
		t.Errorf("Wait after the end: %v", err)
	}
}

// An address that another station has is refused, and nothing of it is configured.
func TestDHCPDecline(t *testing.T) {
	t.Parallel()
	h, s := newDHCP(t, host.Config{})
	s.set(func() { s.stations = append(s.stations, s.offer) })
	var mu sync.Mutex
	var events []string
	cfg := quick()
	cfg.Client.Events = func(e dhcp.Event4) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e.String())
	}
	d, err := h.StartDHCP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.hears("Decline 0.0.0.0>255.255.255.255 for 10.0.0.57")
	_, err = d.Wait(within(t, 10*time.Millisecond))
	if !errors.Is(err, host.ErrNoLease) || !strings.Contains(err.Error(), "another host has 10.0.0.57") {
		t.Errorf("Wait: %v", err)
	}
	if got := configured(h); got != nothing || d.State() != dhcp.Init {
		t.Errorf("configured: %s, in %s", got, d.State())
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Contains(events, "probing 10.0.0.57") || !slices.Contains(events, "refused: another host has 10.0.0.57") {
		t.Errorf("events %q", events)
	}
}

// A conflict that defence does not end costs the address, and the server hears of it.
func TestDHCPConflict(t *testing.T) {
	t.Parallel()
	h, s := newDHCP(t, host.Config{})
	d, err := h.StartDHCP(quick())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Wait(within(t, 15*time.Second)); err != nil {
		t.Fatal(err)
	}
	s.hears("announced 10.0.0.57")
	for range 2 {
		s.set(func() {
			claim := dissect.NewARPRequest(serverMAC, s.offer, s.offer)
			s.send(dissect.BroadcastMAC, dissect.EtherTypeARP, claim.Append(nil))
		})
	}
	s.hears("Decline 0.0.0.0>255.255.255.255 for 10.0.0.57")
	if got := configured(h); got != nothing {
		t.Errorf("configured: %s", got)
	}
}

// Addresses and routes that were there before the lease are there after it, and count more. An address that is leased and set by
// hand stays what it is.
func TestDHCPBesideManual(t *testing.T) {
	t.Parallel()
	h, s := newDHCP(t, host.Config{
		Interface: stack.InterfaceConfig{Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.0.57/24")}},
		Routes:    []stack.Route{{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: serverIP}},
	})
	h.SetNameServers(host.NameServers{Servers: []netip.AddrPort{netip.MustParseAddrPort("9.9.9.9:53")}})
	s.set(func() {
		s.options = []dhcp.Option4{option4(dissect.DHCPOptRouter, 10, 0, 0, 254), option4(dissect.DHCPOptDNSServer, 10, 0, 0, 254), option4(dissect.DHCPOptDomainName, []byte("lan")...)}
	})
	before := configured(h)
	d, err := h.StartDHCP(quick())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Wait(within(t, 15*time.Second)); err != nil {
		t.Fatal(err)
	}
	if got, want := configured(h), strings.Replace(before, "search []", "search [lan]", 1); got != want || !strings.Contains(got, "10.0.0.57/24 manual, 0.0.0.0/0 by 10.0.0.254") {
		t.Errorf("configured: %s\nwant: %s", got, want)
	}
	d.Release()
	s.hears("Release 10.0.0.57>10.0.0.254")
	if got := configured(h); got != before {
		t.Errorf("released: %s\nwant: %s", got, before)
	}
	if _, err := h.StartDHCP(quick()); err != nil {
		t.Errorf("started again: %v", err)
	}
}

// A link that comes up keeps the lease and has it confirmed; another hardware address is another client.
func TestDHCPLink(t *testing.T) {
	t.Parallel()
	h, s := newDHCP(t, host.Config{})
	d, err := h.StartDHCP(quick())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Wait(within(t, 15*time.Second)); err != nil {
		t.Fatal(err)
	}
	s.hears("announced 10.0.0.57")
	before := configured(h)
	h.Do(func(*stack.Stack) {
		h.Interface().SetLink(false)
		h.Interface().SetLink(true)
	})
	s.hears("Request 0.0.0.0>255.255.255.255 for 10.0.0.57")
	if got := configured(h); got != before {
		t.Errorf("configured: %s\nwant: %s", got, before)
	}
	eventually(t, "bound", func() bool { return d.State() == dhcp.Bound })

	h.Do(func(*stack.Stack) {
		if err := h.Interface().SetHardwareAddr(dissect.MAC{2, 0, 0, 0, 0, 7}); err != nil {
			t.Error(err)
		}
	})
	s.hears("Discover 0.0.0.0>255.255.255.255 by 02-00-00-00-00-07")
	if _, err := d.Wait(within(t, 15*time.Second)); err != nil {
		t.Fatal(err)
	}
	if got := configured(h); got != before {
		t.Errorf("configured: %s\nwant: %s", got, before)
	}
}

func TestDHCPErrors(t *testing.T) {
	t.Parallel()
	h, s := newDHCP(t, host.Config{})
	s.set(func() { s.offer = netip.Addr{} })
	if _, err := h.StartDHCP(host.DHCPConfig{Client: dhcp.Config4{HostName: "no name"}}); !errors.Is(err, dhcp.ErrConfig) {
		t.Errorf("a host name that is none: %v", err)
	}
	d, err := h.StartDHCP(quick())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.StartDHCP(quick()); !errors.Is(err, stack.ErrAddrInUse) {
		t.Errorf("a second client: %v", err)
	}
	_, err = d.Wait(within(t, 50*time.Millisecond))
	if !errors.Is(err, host.ErrNoLease) || err.Error() != "no lease: no DHCP server answers" {
		t.Errorf("Wait: %v", err)
	}
	waited := make(chan error, 1)
	go func() {
		_, err := d.Wait(context.Background())
		waited <- err
	}()
	h.Close()
	if err := <-waited; !errors.Is(err, host.ErrNoLease) {
		t.Errorf("Wait at the end of the host: %v", err)
	}
}

// Two servers have the same address for two interfaces of a host: one of them hears that it is taken.
func TestDHCPTwice(t *testing.T) {
	t.Parallel()
	h, s := newDHCP(t, host.Config{})
	x, y := capture.Pipe(1500)
	other := &dhcpServer{t: t, dev: y, said: make(chan string, 1000), offer: s.offer, lease: 3600, stations: []netip.Addr{serverIP}}
	go other.run()
	defer y.Close()
	defer h.Close() // before that: a wire that is cut ends the host with an error
	ifc, err := h.Attach(x, stack.InterfaceConfig{Name: "eth1", HardwareAddr: clientMAC})
	if err != nil {
		t.Fatal(err)
	}
	cfg := quick()
	cfg.Interface = ifc
	a, err := h.StartDHCP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b, err := h.StartDHCP(quick())
	if err != nil {
		t.Fatal(err)
	}
	const decline = "Decline 0.0.0.0>255.255.255.255 for 10.0.0.57"
	for end := time.After(15 * time.Second); ; {
		text := ""
		select {
		case text = <-s.said:
		case text = <-other.said:
		case <-end:
			t.Fatal("nobody hears that the address is taken")
		}
		if text == decline {
			break
		}
	}
	_, first := a.Lease()
	_, second := b.Lease()
	if first && second {
		t.Error("both have a lease")
	}
	h.Do(func(*stack.Stack) {
		n := 0
		for _, on := range []*stack.Interface{h.Interface(), ifc} {
			if o, ok := on.Origin(s.offer); ok && o == stack.AddrLeased {
				n++
			}
		}
		if n > 1 {
			t.Errorf("%d interfaces have the address", n)
		}
	})
}

// A lease of one of two interfaces: what goes with that is the lease's alone.
func TestDHCPOnSeveral(t *testing.T) {
	t.Parallel()
	h, silent := newDHCP(t, host.Config{Interface: stack.InterfaceConfig{Addrs: []netip.Prefix{netip.MustParsePrefix("10.1.0.1/24")}}})
	silent.set(func() { silent.offer = netip.Addr{} })
	x, y := capture.Pipe(1500)
	s := &dhcpServer{t: t, dev: y, said: make(chan string, 1000), offer: netip.MustParseAddr("10.0.0.57"), lease: 3600, stations: []netip.Addr{serverIP}}
	s.options = []dhcp.Option4{option4(dissect.DHCPOptRouter, 10, 0, 0, 254), option4(dissect.DHCPOptDNSServer, 10, 0, 0, 254)}
	go s.run()
	defer y.Close()
	ifc, err := h.Attach(x, stack.InterfaceConfig{Name: "eth1", HardwareAddr: clientMAC})
	if err != nil {
		t.Fatal(err)
	}
	before := configured(h)
	cfg := quick()
	cfg.Interface = ifc
	d, err := h.StartDHCP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	first, err := h.StartDHCP(quick())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Wait(within(t, 15*time.Second)); err != nil {
		t.Fatal(err)
	}
	h.Do(func(*stack.Stack) {
		if o, ok := ifc.Origin(netip.MustParseAddr("10.0.0.57")); !ok || o != stack.AddrLeased {
			t.Errorf("origin %s, %v", o, ok)
		}
	})
	if got := h.NameServers().Servers; len(got) != 1 || got[0].Addr() != serverIP {
		t.Errorf("name servers %v", got)
	}
	first.Release()
	if err := h.Detach(ifc); err != nil {
		t.Fatal(err)
	}
	eventually(t, "as it was", func() bool { return configured(h) == before })
	if _, err := d.Wait(context.Background()); !errors.Is(err, host.ErrNoLease) {
		t.Errorf("Wait for a lease of an interface that is gone: %v", err)
	}
}
