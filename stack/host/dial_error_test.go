package host_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// routerDevice is a wire behind which a router refuses every SYN: with the ICMP error that the test sets.
type routerDevice struct {
	capture.Device
	router capture.Device // the other end

	mu   sync.Mutex
	code uint8
}

func (d *routerDevice) Send(pieces [][]byte) (bool, error) {
	var frame []byte
	for _, p := range pieces {
		frame = append(frame, p...)
	}
	eth := dissect.Ethernet(frame)
	back := dissect.EthernetHeader{Src: routerMAC, Dst: eth.Src(), Type: eth.Type()}
	switch eth.Type() {
	case dissect.EtherTypeARP:
		if a := dissect.ARP(frame[dissect.EthernetHeaderLen:]); a.Op() == dissect.ARPRequest {
			sender, target := netip.AddrFrom4([4]byte(a.SenderProtocol())), netip.AddrFrom4([4]byte(a.TargetProtocol()))
			reply := dissect.ARPHeader{Op: dissect.ARPReply, SenderMAC: routerMAC, SenderIP: target, TargetMAC: eth.Src(), TargetIP: sender}
			d.router.Send([][]byte{reply.Append(back.Append(nil))})
		}
	case dissect.EtherTypeIPv4:
		d.mu.Lock()
		defer d.mu.Unlock()
		ip := dissect.IPv4(frame[dissect.EthernetHeaderLen:])
		icmp := append([]byte{3, d.code, 0, 0, 0, 0, 0, 0}, ip[:dissect.IPv4MinHeaderLen+8]...)
		dissect.ICMPv4(icmp).FillChecksum()
		h := dissect.IPv4Header{TTL: 64, Protocol: dissect.ProtoICMP, Src: netip.MustParseAddr(addrB), Dst: ip.Src(), TotalLen: dissect.IPv4MinHeaderLen + len(icmp)}
		d.router.Send([][]byte{append(h.Append(back.Append(nil)), icmp...)})
	}
	return true, nil
}

var routerMAC = dissect.MAC{2, 0, 0, 0, 0, 0xee}

// Whoever dials hears at once that a router refuses (RFC 5461 section 4.1), and nothing of the connection stays.
func TestDialUnreachable(t *testing.T) {
	x, y := capture.Pipe(1500)
	dev := &routerDevice{Device: x, router: y}
	h, err := host.New(dev, host.Config{
		Interface: stack.InterfaceConfig{HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 1}, Addrs: []netip.Prefix{netip.MustParsePrefix(addrA + "/24")}},
		Routes:    []stack.Route{{Prefix: netip.MustParsePrefix("0.0.0.0/0"), Gateway: netip.MustParseAddr(addrB)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	defer func() {
		h.Close()
		<-ended
	}()
	for code, want := range map[uint8]error{
		0: syscall.ENETUNREACH, 1: syscall.EHOSTUNREACH, 2: syscall.ENOPROTOOPT, 3: syscall.ECONNREFUSED, 13: syscall.EACCES,
	} {
		dev.mu.Lock()
		dev.code = code
		dev.mu.Unlock()
		started := time.Now()
		if _, err := h.Dial(context.Background(), "tcp", "192.0.2.1:80"); !errors.Is(err, want) {
			t.Errorf("unreachable, code %d: %v, want %v", code, err, want)
		}
		if d := time.Since(started); d > patience {
			t.Errorf("code %d: it took %v", code, d)
		}
	}
	h.Do(func(s *stack.Stack) {
		for c := range s.TCPSockets() {
			t.Errorf("there is left: %v %v", c.RemoteAddr(), c.State())
		}
	})
}
