package peertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	gstack "gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// patience is how long anything may take: the tests wait for what happens.
const patience = 20 * time.Second

// stream is a connection whose directions end one by one.
type stream interface {
	net.Conn
	CloseWrite() error
}

// node is one of the two hosts on a wire, whichever stack it runs.
type node interface {
	name() string
	addr(version int) netip.Addr
	dial(to netip.AddrPort) (stream, error)
	listen(at netip.AddrPort) (net.Listener, error)
	listenUDP(at netip.AddrPort) (net.PacketConn, error)
	dialUDP(to netip.AddrPort) (net.Conn, error)
	ping(to netip.Addr, data []byte) ([]byte, error)
}

// identity is what the host n of a wire is called.
func identity(n byte) (mac dissect.MAC, v4, v6 netip.Prefix) {
	return dissect.MAC{2, 0, 0, 0, 0, n}, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, n}), 24),
		netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 15: n}), 64)
}

// ours is a host of this repository.
type ours struct {
	*host.Host
	n byte
}

func newOurs(t testing.TB, dev host.Device, n byte) node {
	t.Helper()
	mac, v4, v6 := identity(n)
	h, err := host.New(dev, host.Config{
		Stack:     stack.Config{DADTransmits: -1},
		Interface: stack.InterfaceConfig{HardwareAddr: mac, Addrs: []netip.Prefix{v4, v6}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	t.Cleanup(func() {
		h.Close()
		if err := <-ended; err != nil && !errors.Is(err, capture.ErrGone) {
			t.Errorf("Run: %v", err)
		}
	})
	return &ours{h, n}
}

func (h *ours) name() string { return "smoltcp" }

func (h *ours) addr(version int) netip.Addr {
	_, v4, v6 := identity(h.n)
	if version == 4 {
		return v4.Addr()
	}
	return v6.Addr()
}

func (h *ours) dial(to netip.AddrPort) (stream, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := h.Dial(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	return c.(stream), nil
}

func (h *ours) listen(at netip.AddrPort) (net.Listener, error) { return h.Listen("tcp", at.String()) }

func (h *ours) listenUDP(at netip.AddrPort) (net.PacketConn, error) {
	return h.ListenPacket("udp", at.String())
}

func (h *ours) dialUDP(to netip.AddrPort) (net.Conn, error) {
	return h.Dial(context.Background(), "udp", to.String())
}

func (h *ours) ping(to netip.Addr, data []byte) (reply []byte, err error) {
	var e *stack.EchoSocket
	h.Do(func(s *stack.Stack) {
		if e, err = s.OpenEcho(stack.EchoOptions{}); err == nil {
			err = e.Send(to, 1, data)
		}
	})
	if err != nil {
		return nil, err
	}
	defer h.Do(func(*stack.Stack) { e.Close() })
	reply = make([]byte, 1<<16)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		n := 0
		h.Do(func(*stack.Stack) { n, _, err = e.Recv(reply) })
		if err == nil {
			return reply[:n], nil
		}
	}
	return nil, fmt.Errorf("no reply: %w", err)
}

// theirs is gVisor's netstack.
type theirs struct {
	s *gstack.Stack
	n byte
}

const nic = 1

// newTheirs makes a netstack as its users configure one: with SACK and buffers that grow, as far as ours do.
func newTheirs(t testing.TB, dev host.Device, n byte) node {
	t.Helper()
	mac, v4, v6 := identity(n)
	s := gstack.New(gstack.Options{
		NetworkProtocols:   []gstack.NetworkProtocolFactory{arp.NewProtocol, ipv4.NewProtocol, ipv6.NewProtocol},
		TransportProtocols: []gstack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6},
	})
	must := func(err tcpip.Error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const most = 4 << 20
	sack, moderate := tcpip.TCPSACKEnabled(true), tcpip.TCPModerateReceiveBufferOption(true)
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &moderate))
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &tcpip.TCPReceiveBufferSizeRangeOption{Min: 4096, Default: 1 << 20, Max: most}))
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &tcpip.TCPSendBufferSizeRangeOption{Min: 4096, Default: 1 << 20, Max: most}))
	w := newWire(dev, tcpip.LinkAddress(mac[:]))
	must(s.CreateNIC(nic, ethernet.New(w)))
	for _, p := range []netip.Prefix{v4, v6} {
		a := tcpip.AddrFromSlice(p.Addr().AsSlice())
		protocol := tcpip.ProtocolAddress{Protocol: network(p.Addr()), AddressWithPrefix: tcpip.AddressWithPrefix{Address: a, PrefixLen: p.Bits()}}
		must(s.AddProtocolAddress(nic, protocol, gstack.AddressProperties{}))
		s.AddRoute(tcpip.Route{Destination: protocol.AddressWithPrefix.Subnet(), NIC: nic})
	}
	t.Cleanup(func() {
		dev.Close()
		s.Close()
		<-w.ended
	})
	return &theirs{s, n}
}

func network(a netip.Addr) tcpip.NetworkProtocolNumber {
	if a.Is4() {
		return ipv4.ProtocolNumber
	}
	return ipv6.ProtocolNumber
}

func full(a netip.AddrPort) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: nic, Addr: tcpip.AddrFromSlice(a.Addr().AsSlice()), Port: a.Port()}
}

func (g *theirs) name() string { return "gVisor" }

func (g *theirs) addr(version int) netip.Addr { return (&ours{n: g.n}).addr(version) }

func (g *theirs) dial(to netip.AddrPort) (stream, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := gonet.DialContextTCP(ctx, g.s, full(to), network(to.Addr()))
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (g *theirs) listen(at netip.AddrPort) (net.Listener, error) {
	return gonet.ListenTCP(g.s, full(at), network(at.Addr()))
}

func (g *theirs) listenUDP(at netip.AddrPort) (net.PacketConn, error) {
	a := full(at)
	return gonet.DialUDP(g.s, &a, nil, network(at.Addr()))
}

func (g *theirs) dialUDP(to netip.AddrPort) (net.Conn, error) {
	a := full(to)
	return gonet.DialUDP(g.s, nil, &a, network(to.Addr()))
}

func (g *theirs) ping(to netip.Addr, data []byte) ([]byte, error) {
	var wq waiter.Queue
	transport, echo := icmp.ProtocolNumber4, byte(header.ICMPv4Echo)
	if !to.Is4() {
		transport, echo = icmp.ProtocolNumber6, byte(header.ICMPv6EchoRequest)
	}
	ep, terr := g.s.NewEndpoint(transport, network(to), &wq)
	if terr != nil {
		return nil, errors.New(terr.String())
	}
	c := gonet.NewUDPConn(&wq, ep) // it reads and writes whatever the endpoint does
	defer c.Close()
	if terr := ep.Connect(full(netip.AddrPortFrom(to, 0))); terr != nil {
		return nil, errors.New(terr.String())
	}
	c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(append([]byte{echo, 0, 0, 0, 0, 0, 0, 1}, data...)); err != nil {
		return nil, err
	}
	b := make([]byte, 1<<16)
	n, err := c.Read(b)
	if err != nil || n < 8 {
		return nil, fmt.Errorf("%d bytes: %w", n, err)
	}
	return b[8:n], nil
}

// wire is gVisor's end of a device: what is below its Ethernet.
type wire struct {
	dev   host.Device
	mac   tcpip.LinkAddress
	ended chan struct{}

	mu         sync.Mutex // of sending, and of the dispatcher
	dispatcher gstack.NetworkDispatcher
	start      sync.Once
}

func newWire(dev host.Device, mac tcpip.LinkAddress) *wire {
	return &wire{dev: dev, mac: mac, ended: make(chan struct{})}
}

// MTU is that of the device and the header that gVisor's Ethernet takes off it.
func (w *wire) MTU() uint32                                   { return uint32(w.dev.MTU()) + header.EthernetMinimumSize }
func (w *wire) SetMTU(uint32)                                 {}
func (w *wire) MaxHeaderLength() uint16                       { return 0 }
func (w *wire) LinkAddress() tcpip.LinkAddress                { return w.mac }
func (w *wire) SetLinkAddress(tcpip.LinkAddress)              {}
func (w *wire) Capabilities() gstack.LinkEndpointCapabilities { return 0 }
func (w *wire) ARPHardwareType() header.ARPHardwareType       { return header.ARPHardwareNone }
func (w *wire) AddHeader(*gstack.PacketBuffer)                {}
func (w *wire) ParseHeader(*gstack.PacketBuffer) bool         { return true }
func (w *wire) Close()                                        {}
func (w *wire) SetOnCloseAction(func())                       {}
func (w *wire) Wait()                                         {}

func (w *wire) Attach(d gstack.NetworkDispatcher) {
	w.mu.Lock()
	w.dispatcher = d
	w.mu.Unlock()
	w.start.Do(func() { go w.receive() })
}

func (w *wire) IsAttached() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dispatcher != nil
}

// receive gives gVisor every frame that comes.
func (w *wire) receive() {
	defer close(w.ended)
	for w.dev.Wait(-1, false) == nil {
		for {
			frame, err := w.dev.Recv()
			if frame == nil || err != nil {
				break
			}
			pkt := gstack.NewPacketBuffer(gstack.PacketBufferOptions{Payload: buffer.MakeWithData(frame)})
			w.mu.Lock()
			d := w.dispatcher
			w.mu.Unlock()
			if d != nil {
				d.DeliverNetworkPacket(0, pkt)
			}
			pkt.DecRef()
		}
	}
}

// fullFor is how long a full device holds up who sends, as a kernel would; then the frame is lost.
const fullFor = 10 * time.Millisecond

func (w *wire) WritePackets(pkts gstack.PacketBufferList) (int, tcpip.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, pkt := range pkts.AsSlice() {
		slices := pkt.AsSlices()
		var since time.Time
		for {
			ok, err := w.dev.Send(slices)
			if ok || err != nil {
				break
			}
			if since.IsZero() {
				since = time.Now()
			} else if time.Since(since) > fullFor {
				break
			}
			w.mu.Unlock() // the other end may have to be answered before it can take more
			runtime.Gosched()
			w.mu.Lock()
		}
	}
	return pkts.Len(), nil
}

// maker makes hosts of one of the two kinds.
type maker struct {
	ours bool
	host func(t testing.TB, dev host.Device, n byte) node
}

var smoltcp, gvisor = maker{true, newOurs}, maker{false, newTheirs}

// pairs are who opens a connection to whom.
var pairs = []struct {
	name string
	a, b maker
}{{"to gVisor", smoltcp, gvisor}, {"from gVisor", gvisor, smoltcp}}

// join makes two hosts on a wire. Frames in both directions meet the faults, at an end that is ours: a Fault is for one goroutine.
func join(t testing.TB, a, b maker, mtu int, faults capture.FaultConfig) (x, y node) {
	t.Helper()
	start := time.Now()
	one, two := capture.Pipe(mtu)
	ends := [2]host.Device{one, two}
	if faults.Active() {
		i := 0
		if !a.ours {
			i = 1
		}
		f, err := capture.NewFault([]capture.Device{one, two}[i], faults, func() int64 { return int64(time.Since(start)) })
		if err != nil {
			t.Fatal(err)
		}
		ends[i] = f
	}
	return a.host(t, ends[0], 1), b.host(t, ends[1], 2)
}

// connect opens a connection from a to a port of b's, and gives both ends.
func connect(t testing.TB, a, b node, version int) (client, server stream) {
	t.Helper()
	at := netip.AddrPortFrom(b.addr(version), nextPort())
	l, err := b.listen(at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	type result struct {
		c   net.Conn
		err error
	}
	accepted := make(chan result, 1)
	go func() {
		c, err := l.Accept()
		accepted <- result{c, err}
	}()
	client, err = a.dial(at)
	if err != nil {
		t.Fatalf("%s dials %s at %s: %v", a.name(), b.name(), at, err)
	}
	r := <-accepted
	if r.err != nil {
		t.Fatal(r.err)
	}
	server = r.c.(stream)
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, server
}

var ports struct {
	sync.Mutex
	last uint16
}

func nextPort() uint16 {
	ports.Lock()
	defer ports.Unlock()
	ports.last++
	return 2000 + ports.last%8000
}

func label(parts ...any) string {
	s := ""
	for i, p := range parts {
		if i > 0 {
			s += ", "
		}
		switch p := p.(type) {
		case int:
			s += "IPv" + strconv.Itoa(p)
		default:
			s += fmt.Sprint(p)
		}
	}
	return s
}
